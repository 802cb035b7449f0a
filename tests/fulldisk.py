"""Fill the disk at every write: a sentence is said, nothing is lost, and it goes on when there is room.

    python -m tests.fulldisk --cycles 50

First every method of the store that writes, a migration and a repair run under ever smaller limits of a file's size
(setrlimit(2), which needs no rights). Then refreshes, marks and imports of the command line run on a small file
system that is filled up to a random rest; that wants the right to mount one. `tests/test_store_disk.py` runs a
few of each.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from reader.errors import LibraryError
from reader.identity import identity_keys
from reader.library import Library
from reader.settings import load
from reader.store import Store, schema
from reader.store.repair import repair_file
from tests.crash import FEEDS, Memory, Press, refresh
from tests.damage import make
from tests.storing import NOW, all_is_well
from tests.test_store_open import WRITING
from tests.webserver import WebServer

SAID = ("is full", "could not be read or written by the system", "cannot be written", "could not be")
DISK_BYTES = 72 << 20
"""Beyond what `doctor` calls little."""


# Every method, under limits of a file's size


@contextlib.contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _migrate(path: Path) -> None:
    """Open a library with a program that is newer by one version."""
    ours = schema.VERSION
    schema.VERSION = ours + 1
    schema.MIGRATIONS[ours] = (
        "CREATE TABLE bulk AS SELECT title, hex(randomblob(500)) AS a FROM stories; DROP TABLE bulk"
    )
    try:
        store = Store.open(path)
        read_only = store._db.read_only
        store.close()
        if read_only:
            raise LibraryError("It cannot be written.")
    finally:
        schema.VERSION = ours
        del schema.MIGRATIONS[ours]


def _once(method: str) -> Callable[[Path], None]:
    def work(path: Path) -> None:
        store = Store.open(path)
        try:
            WRITING[method](store)
        finally:
            store.close()

    return work


WORK: dict[str, Callable[[Path], None]] = {
    **{method: _once(method) for method in WRITING},
    "migrate": _migrate,
    "repair_file": lambda path: (repair_file(path, now=NOW, keys_of=identity_keys), None)[1],
}


def under_limits(whole: bytes, folder: Path, limits: tuple[int, ...]) -> Counter[str]:
    """Each kind of work under each limit; how many went well and how many failed with a sentence."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    done: Counter[str] = Counter()
    for name, work in WORK.items():
        for limit in limits:
            path = folder / f"{name}-{limit}" / "library.db"
            path.parent.mkdir()
            path.write_bytes(whole)
            if said := _said(work, path, limit):
                assert any(words in said for words in SAID), f"{name} under {limit}: {said}"
                store = Store.open(path)
                assert all_is_well(store), f"{name} under {limit}"
                assert store.totals().starred == STARRED, f"{name} under {limit}"
                store.close()
                work(path)
            done["failed with a sentence" if said else "went well"] += 1
            assert not [file.name for file in path.parent.iterdir() if file.name.startswith(".")], (
                "nothing is left lying"
            )
            shutil.rmtree(path.parent)
    return done


def _said(work: Callable[[Path], None], path: Path, limit: int) -> str:
    try:
        with no_file_beyond(limit):
            work(path)
    except LibraryError as error:
        return str(error)
    return ""


STARRED = 6


# The command line, on a small file system


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A file system of DISK_BYTES; None where we may not mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=False)


class FullDisks:
    """One library on a small disk, one web, and as many full disks as wanted."""

    def __init__(self, disk: Path, web: WebServer, seed: int = 1) -> None:
        self.disk = disk
        self.home = disk / "home"
        self.press = Press(web)
        self.memory = Memory()
        self.random = random.Random(seed)
        self.done: Counter[str] = Counter()
        (self.home / "config").mkdir(parents=True)
        self.feeds = self.home / "feeds.opml"
        self.feeds.write_text(self.press.opml())
        library = Library(load(self.home))
        asyncio.run(self._begin(library))
        self.memory.compare(library)
        library.close()

    async def _begin(self, library: Library) -> None:
        await library.import_file(self.feeds)
        await refresh(library)

    def cycle(self) -> None:
        """Fill the disk up to a rest, do something, look, make room, look again."""
        self.press.edition += 1
        rest = self.random.choice((0, 4, 16, 40, 80, 150, 300, 600)) << 10
        ballast = self.disk / "ballast"
        _fill_up(ballast, shutil.disk_usage(self.disk).free - rest)
        mark = self.random.choice(["read", "star", "later"])
        story = self.random.choice(sorted(self.memory.addresses))
        for words in (["refresh", "--all"], ["mark", mark, str(story)], ["import", str(self.feeds)]):
            if self._run(*words) and words[0] == "mark":
                getattr(self.memory, {"star": "starred"}.get(mark, mark)).add(story)
        self._run("stories", must=True)
        ballast.unlink()
        library = Library(load(self.home))
        try:
            self.memory.compare(library)
            outcomes = asyncio.run(refresh(library))
            assert [outcome.error for outcome in outcomes] == [""] * FEEDS
            self.memory.compare(library)
            assert len(self.memory.addresses) == self.press.total()
        finally:
            library.close()

    def _run(self, *words: str, must: bool = False) -> bool:
        """Whether the command went well; if not, whether it said so in a sentence."""
        command = [sys.executable, "-m", "reader", "--home", str(self.home), *words]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "Traceback" not in ended.stderr, ended.stderr
        assert ended.returncode in ((0,) if must else (0, 1)), ended
        self.done["went well" if ended.returncode == 0 else "failed with a sentence"] += 1
        if ended.returncode:
            assert any(said in ended.stderr for said in SAID), ended.stderr
            assert ended.stderr.count("\n") == 1, ended.stderr
        return ended.returncode == 0


def _fill_up(ballast: Path, size: int) -> None:
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        for piece in (1 << 20, 1 << 12):
            while size >= piece:
                size -= file.write(bytes(piece))


def main() -> int:
    """Run the cycles that were asked for, and say how it went."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cycles", type=int, default=50)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--limits", type=int, default=24, help="limits of a file's size that are tried (24)")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="broadsheet-disk-") as folder:
        whole = Path(folder) / "whole.db"
        make(whole)
        data = whole.read_bytes()
        limits = tuple(len(data) * step // (asked.limits - 4) for step in range(asked.limits))
        print("limits:", json.dumps(under_limits(data, Path(folder), limits)), flush=True)
        if not asked.cycles:
            return 0
        with small_disk(Path(folder) / "disk") as disk, WebServer() as web:
            if disk is None:
                print("No file system could be mounted here; the command line was not tried.")
                return 0
            disks = FullDisks(disk, web, asked.seed)
            for number in range(asked.cycles):
                disks.cycle()
                if number % 10 == 9 or number + 1 == asked.cycles:
                    print(f"{number + 1} full disks: {json.dumps(disks.done)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
