"""The file and its connections: opening without harm, one connection a thread, apsw's errors made ours."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import apsw

from reader.errors import LibraryDamagedError, LibraryError, LibraryTooNewError
from reader.store import schema

BUSY_S = 15
"""How long a write waits for another program's."""
NETWORK_FILE_SYSTEMS = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "afs",
    "ceph",
    "glusterfs",
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.davfs",
)
_MAGIC = b"SQLite format 3\x00"
_DAMAGED = (
    "{path} is damaged ({why}). `broadsheet doctor --repair` sets it aside and saves what can be saved; "
    "it has been left as it is."
)


class Database:
    """The library file. Connections are made when a thread first asks, and closed with the thread or by `close`."""

    def __init__(self, path: Path, *, busy_s: float = BUSY_S) -> None:
        self.path = path
        self.busy_s = busy_s
        self._local = threading.local()
        self._connections: weakref.WeakSet[apsw.Connection] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._closed = False
        self.uri, self.read_only = "", False
        with self._border():
            self._prepare()
            self._open()

    # Opening

    def _prepare(self) -> None:
        try:
            if not self.path.exists():
                self._make()
            size = self.path.stat().st_size
            header = b""
            if size:
                with self.path.open("rb") as file:
                    header = file.read(100)
        except OSError as error:
            raise LibraryError(f"{self.path} could not be opened: {error.strerror}.") from error
        if size:
            _check_header(self.path, header, size)
        writable = os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)
        self.read_only = not writable
        self.uri = self._uri("" if writable else self._read_only_mode())
        self._new = not size

    def _open(self) -> None:
        """Make the first connection; where the system refuses to let WAL work, on a full disk for one, only to read."""
        try:
            self._bring_up_to_date()
        except (apsw.FullError, apsw.IOError, apsw.CantOpenError, apsw.ReadOnlyError):
            log = self.path.with_name(self.path.name + "-wal")
            if self._new or self.read_only or (log.exists() and log.stat().st_size):
                raise
            self._local = threading.local()
            self.uri, self.read_only = self._uri("?immutable=1"), True
            self._bring_up_to_date()

    def _uri(self, mode: str) -> str:
        return file_uri(self.path.resolve(), mode)

    def _make(self) -> None:
        """An empty file that only its owner can read, in a folder likewise."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):  # Another program of ours was quicker.
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def _read_only_mode(self) -> str:
        """WAL wants a second file beside the first; where it can neither be made nor is there, nobody writes either."""
        shared = self.path.with_name(self.path.name + "-shm")
        return "?mode=ro" if shared.exists() else "?immutable=1"

    def _bring_up_to_date(self) -> None:
        db = self.connection
        version = int(db.pragma("user_version"))
        if version > schema.VERSION:
            raise _too_new(self.path, version)
        if version and int(db.pragma("application_id")) != schema.APPLICATION_ID:
            raise _foreign(self.path)
        if self.read_only:
            if version < schema.VERSION:
                raise LibraryError(f"{self.path} is to be brought up to date first, but it cannot be written.")
            return
        if self._new or version < schema.VERSION:
            self._build(db)
        wanted = "delete" if on_network(self.path) else "wal"
        if db.pragma("journal_mode") != wanted:
            # After the schema: so the header of the file itself says whose it is, whatever happens to the WAL.
            with suppress(apsw.BusyError):
                db.pragma("journal_mode", wanted)

    def _build(self, db: apsw.Connection) -> None:
        with _transaction(db):
            version = int(db.pragma("user_version"))  # Another program may have been quicker.
            if version == 0:
                if db.execute("SELECT 1 FROM sqlite_schema").fetchone():
                    raise _foreign(self.path)
                schema.create(db)
                return
            if version == schema.VERSION:
                return
            self.copy_to(self.path.with_name(f"{self.path.name}.before-version-{schema.VERSION}"))
            schema.migrate(db)
        with suppress(apsw.FullError, apsw.IOError):  # It is done, and stands in the log until there is room.
            db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def _connect(self) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_URI | (apsw.SQLITE_OPEN_READONLY if self.read_only else apsw.SQLITE_OPEN_READWRITE)
        db = apsw.Connection(self.uri, flags=flags)
        db.set_busy_handler(self._wait)
        db.create_scalar_function("contains", _contains, 2, deterministic=True)
        db.execute("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY")
        db.pragma("journal_size_limit", 16 << 20)
        return db

    def _wait(self, tries: int) -> bool:
        """Whether to try again for a lock. SQLite's own timeout sleeps up to 100 ms, by which a mark would miss the
        gaps between a refresh's transactions: asked every millisecond, the worst wait fell from 500 ms to 40."""
        time.sleep(0.001)
        return tries < self.busy_s * 1000

    @property
    def connection(self) -> apsw.Connection:
        """This thread's."""
        with suppress(AttributeError):
            if not self._closed:
                existing: apsw.Connection = self._local.connection
                return existing
        with self._lock:
            if self._closed:
                raise LibraryError("The library has been closed.")
            db = self._connect()
            self._connections.add(db)
        self._local.connection = db
        return db

    def close(self) -> None:
        """Close every thread's connection; a statement that still runs is interrupted."""
        with self._lock:
            self._closed = True
            connections = list(self._connections)
        for db in connections:
            try:
                db.close()
            except apsw.Error:
                with suppress(apsw.Error):
                    db.interrupt()  # Not before: an interrupted connection leaves its WAL behind.
                    db.close(True)
        self._local = threading.local()

    # Using

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """This thread's connection, with apsw's errors made ours."""
        with self._border():
            yield self.connection

    @contextmanager
    def snapshot(self) -> Iterator[apsw.Connection]:
        """The same, where several statements are to see one state of the file."""
        with self._border(), _transaction(self.connection, "DEFERRED"):
            yield self.connection

    @contextmanager
    def writing(self) -> Iterator[apsw.Connection]:
        """One transaction. IMMEDIATE: a reader that turns writer would be refused at once, whatever the timeout."""
        with self._border(), _transaction(self.connection):
            yield self.connection

    def copy_to(self, target: Path) -> None:
        """A copy as of this moment, whole or not at all; readable by its owner only."""
        partial = target.with_name(target.name + ".part")
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial.unlink(missing_ok=True)
            os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with self._border():
                source, copy = self._connect(), connect_to(partial)
                try:
                    with copy.backup("main", source, "main") as backup:
                        backup.step()
                    copy.pragma("journal_mode", "delete")
                finally:
                    copy.close()
                    source.close()
            partial.replace(target)
        except OSError as error:
            raise LibraryError(f"{target} could not be written: {error.strerror}.") from error
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    @contextmanager
    def _border(self) -> Iterator[None]:
        try:
            yield
        except apsw.Error as error:
            raise self._ours(error) from error
        except UnicodeDecodeError as error:  # Nothing but UTF-8 is ever written.
            raise LibraryDamagedError(_DAMAGED.format(path=self.path, why="a text in it is none")) from error

    def _ours(self, error: apsw.Error) -> LibraryError:
        path = self.path
        if self._closed:
            return LibraryError("The library has been closed.")
        for kinds, sentence in _SENTENCES:
            if isinstance(error, kinds):
                return LibraryError(sentence(path, error))
        if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
            return LibraryDamagedError(_DAMAGED.format(path=path, why=str(error).rpartition(": ")[2]))
        return LibraryError(f"{path} could not be used: {error}.")


class Inquiry:
    """Reading that another thread may give up: it is done within `with`, where it ends with a LibraryError."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._reading: apsw.Connection | None = None
        self._is_given_up = False

    def __enter__(self) -> None:
        connection = self._database.connection
        with self._lock:
            if self._is_given_up:
                raise LibraryError("This is not wanted any more.")
            self._reading = connection

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._reading = None

    def give_up(self) -> None:
        """Nobody waits for it any more; what has been read already is no matter."""
        with self._lock:
            self._is_given_up = True
            if self._reading is not None:
                self._reading.interrupt()


_SENTENCES: tuple[tuple[tuple[type[apsw.Error], ...], Callable[[Path, apsw.Error], str]], ...] = (
    (
        (apsw.BusyError, apsw.LockedError),
        lambda path, _: f"{path} has been locked by another program for too long. Try again when it has finished.",
    ),
    ((apsw.FullError,), lambda path, _: f"The disk that holds {path} is full; what is there can still be read."),
    (
        (apsw.ReadOnlyError, apsw.PermissionsError, apsw.AuthError),
        lambda path, _: f"{path} cannot be written; what is there can still be read.",
    ),
    (
        (apsw.CantOpenError, apsw.IOError),
        lambda path, error: f"{path} could not be read or written by the system ({error}).",
    ),
)


@contextmanager
def _transaction(db: apsw.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    db.execute(f"BEGIN {kind}")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with suppress(apsw.Error):
            if not db.get_autocommit():  # Some errors, a full disk among them, have rolled back already.
                db.execute("ROLLBACK")
        raise


def _contains(*values: object) -> bool:
    """contains(text, part), without regard to case in any script, which LIKE has in ASCII only."""
    text, part = map(str, values)
    return part.casefold() in text.casefold()


def _too_new(path: Path, version: int) -> LibraryTooNewError:
    return LibraryTooNewError(
        f"{path} was written by a newer Broadsheet (library version {version}; this one knows up to {schema.VERSION}). "
        "Use that one; the file has been left as it is."
    )


def _foreign(path: Path) -> LibraryDamagedError:
    return LibraryDamagedError(
        f"{path} is the database of another program. Name another folder with --home; it has been left as it is."
    )


PLAUSIBLE = 1_000
"""Versions beyond are damage, not progress."""


def _check_header(path: Path, header: bytes, size: int) -> None:
    """Refuse what is not ours before SQLite has a chance to write into it (SQLite file format, section 1.3)."""

    def number(offset: int) -> int:
        return int.from_bytes(header[offset : offset + 4], "big")

    if not header.startswith(_MAGIC) or len(header) < 100:
        raise LibraryDamagedError(
            f"{path} is not a Broadsheet library: it is no database, or its beginning is damaged. "
            "`broadsheet doctor --repair` sets it aside and saves what can be saved; it has been left as it is."
        )
    wal = path.with_name(path.name + "-wal")
    journal = path.with_name(path.name + "-journal")
    interrupted = any(side.exists() and side.stat().st_size for side in (wal, journal))
    if number(68) != schema.APPLICATION_ID and not (number(68) == 0 and interrupted):
        raise _foreign(path)
    if number(60) > PLAUSIBLE:
        raise LibraryDamagedError(_DAMAGED.format(path=path, why="its version is none"))
    if number(60) > schema.VERSION:
        raise _too_new(path, number(60))
    page_size = int.from_bytes(header[16:18], "big")
    page_size = 65536 if page_size == 1 else page_size
    if size < number(28) * page_size and not interrupted:
        raise LibraryDamagedError(_DAMAGED.format(path=path, why="its end is missing"))


def refuse_what_is_not_ours(path: Path, tables: Collection[str]) -> None:
    """Raises LibraryError for another program's database or a newer library; damage of whichever kind may pass.

    `tables` are the names in a copy of it, none where they cannot be read.
    """
    with path.open("rb") as file:
        header = file.read(100)
    if not header.startswith(_MAGIC) or len(header) < 100:
        return
    if int.from_bytes(header[68:72], "big") != schema.APPLICATION_ID:
        if not {"subscriptions", "states", "identities"} <= set(tables):
            raise _foreign(path)
    elif schema.VERSION < (version := int.from_bytes(header[60:64], "big")) <= PLAUSIBLE:
        raise _too_new(path, version)


def file_uri(path: Path, mode: str = "") -> str:
    """The file for SQLite (URI Filenames), whatever bytes its name is made of."""
    return f"file:{quote(os.fsencode(path))}{mode}"


def connect_to(path: Path) -> apsw.Connection:
    """A plain connection to a file, which is made where it is not there."""
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
    return apsw.Connection(file_uri(path.absolute()), flags=flags)


def on_network(path: Path, mounts: Path = Path("/proc/mounts")) -> bool:
    """Whether the file lies on a network file system, whose locks and shared memory WAL cannot rely on."""
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return False  # Not Linux: nothing to read it from.
    target = str(path.resolve())
    best, kind = "", ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        inside = target == point or target.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind.startswith(NETWORK_FILE_SYSTEMS)
