"""Putting a salvaged library in a damaged one's place. The damaged file is set aside under a dated name, and kept."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from reader.errors import LibraryError
from reader.model import Finding
from reader.store.salvage import KeysOf, Salvage, salvage

_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
"""The bytes that whoever has the file open holds a lock on (SQLite's os.h)."""


def repair_file(path: Path, *, now: datetime, keys_of: KeysOf) -> tuple[Finding, ...]:
    """Save what can be saved of a damaged library into a new one, which takes its place; what became of it, in words.

    Killed at any moment, it leaves the damaged file or the new one where the library is, never neither.

    Raises LibraryError, and then everything is as it was: another program has the file open, it is another program's
    or a newer version's, or there is no room.
    """
    try:
        before = _stamp(path)
        with _alone(path):
            pass
        with tempfile.TemporaryDirectory(prefix=".repair-", dir=path.parent) as folder:
            new = Path(folder) / path.name
            found = salvage(path, new, now=now, keys_of=keys_of)
            with _alone(path):
                if _stamp(path) != before:
                    raise LibraryError(f"{path} has been written to meanwhile. Repair it again.")
                aside = _set_aside(path, new, now)
    except OSError as error:
        raise LibraryError(f"{path} could not be repaired: {error.strerror}. It has been left as it is.") from error
    return _told(found, aside)


def _told(found: Salvage, aside: Path) -> tuple[Finding, ...]:
    told = [Finding("library", True, f"The damaged file is kept as {aside}.")]
    told += [Finding("library", True, says) for says in found.says()]
    return tuple(told)


def _stamp(path: Path) -> list[tuple[int, int]]:
    """What changes when somebody writes."""
    stamps = []
    for end in ("", "-wal"):
        with suppress(FileNotFoundError):
            told = path.with_name(path.name + end).stat()
            stamps.append((told.st_size, told.st_mtime_ns))
    return stamps


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock of one who writes alone. Raises LibraryError when another program has the file open.

    The lock goes when this process closes any handle of the file, so nothing here may open it meanwhile (fcntl(2)).
    """
    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        except (BlockingIOError, PermissionError):
            raise LibraryError(
                f"Another program has {path} open. End it, and repair again; the file has been left as it is."
            ) from None
        except OSError:
            pass  # A file system without locks: nobody can be asked.
        yield


def _set_aside(path: Path, new: Path, now: datetime) -> Path:
    """Give the old file a dated name and the new one its place; the dated name."""
    aside = _dated(path, now)
    _sync(new)
    try:
        os.link(path, aside)
    except OSError:  # A file system without links.
        shutil.copy2(path, aside)
    # The log has to be gone first: it would be taken for the new file's.
    for end in ("-wal", "-journal"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).replace(aside.with_name(aside.name + end))
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    new.replace(path)
    _sync(path.parent)
    return aside


def _dated(path: Path, now: datetime) -> Path:
    """A name that is still free."""
    first = path.with_name(f"{path.name}.damaged-{now.astimezone(UTC):%Y-%m-%d}")
    aside, number = first, 1
    while aside.exists():
        number += 1
        aside = first.with_name(f"{first.name}-{number}")
    return aside


def _sync(path: Path) -> None:
    """See to it that a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
