"""What can be saved of a damaged library, row by row, into a new one; the damaged file itself is never written.

A copy is read in three ways, each for what the one before left out: table by table, from both ends; record by record
from the pages themselves; and the last daily backup. Then what refers to something lost is made whole again: a story
the reader kept stays, if only by name, and what its publisher still lists comes again with the next refresh.
"""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

import mmap
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import apsw

from reader.errors import LibraryError
from reader.model import Item
from reader.store import care, keepsake, pages, schema, twins, visits
from reader.store.connection import Database, connect_to, refuse_what_is_not_ours
from reader.store.rows import PLAIN, Row, every, one, text, to_instant, unpack, url, url_number
from reader.store.search import index_pending
from reader.store.stories import KEPT
from reader.store.subscriptions import section_id
from reader.text import SafeText, counted

KeysOf = Callable[[Sequence[Item]], list[tuple[int, ...]]]
"""The identity rule, which is not the store's."""
TABLES = (
    *("subscriptions", "sections", "states", "stories", "texts", "articles", "revisions", "identities", "tags"),
    *("images", "image_urls", "read_elsewhere", "remote_sources", "remote_stories", "outbox"),
)
"""What is saved; the rest follows from it, but for what was opened, which is let go."""
_WALKED_ONLY = ("images", "image_urls", "read_elsewhere", "remote_sources", "remote_stories", "outbox")
"""Pictures are fetched again more easily than found, files of other readers read again, a sync server asked again."""
_BATCH = 500
_LEAST_KEY = 1 << 40
"""Keys are hashes of 64 bits; in an index of the same shape there are seconds and small numbers."""
UNREADABLE = (apsw.Error, UnicodeDecodeError, OverflowError)
"""What reading a damaged database raises."""
LOST_TITLE = SafeText("A story that was lost when the library was damaged")
LOST_SOURCE = SafeText("A source that was lost when the library was damaged")


@dataclass
class Salvage:
    """What was found, and what was not."""

    sources: int = 0
    stories: int = 0
    kept: int = 0
    """Of them starred, put by or tagged."""
    named: int = 0
    """Of them without words."""
    from_backup: tuple[int, int] = (0, 0)
    """Sources and stories that only the daily backup still knew."""
    backup_at: datetime | None = None
    lost: dict[str, int] = field(default_factory=dict)
    """How many of what."""
    broken: set[str] = field(default_factory=set)
    """Tables that could not be read to their end."""
    expected: int = 0
    """Stories that the counters knew of."""

    def says(self) -> list[str]:
        """Sentences for the reader."""
        told = [
            f"Saved: {counted(self.sources, 'source')} and {counted(self.stories, 'story')}, {self.kept} of them kept."
        ]
        if any(self.from_backup) and self.backup_at:
            sources, stories = self.from_backup
            told.append(
                f"{counted(sources, 'source')} and {counted(stories, 'story')} of them came from the daily backup "
                f"of {self.backup_at:%Y-%m-%d}."
            )
        lost = ", ".join(counted(count, what) for what, count in self.lost.items() if count)
        if lost:
            told.append(f"Lost: {lost}. What publishers still list comes again with the next refresh.")
        elif self.broken - set(_WALKED_ONLY) and not self.expected:
            told.append("How much there was before cannot be told any more; what publishers still list comes again.")
        else:
            told.append("Nothing was lost.")
        if self.named:
            told.append(f"{counted(self.named, 'story')} that you had kept could be saved by name only.")
        return told


def salvage(path: Path, target: Path, *, now: datetime, keys_of: KeysOf) -> Salvage:
    """Make a library at `target` (which is not there yet) of what can be read at `path`, which is left as it is.

    Raises LibraryError: the file is another program's or a newer version's, or there is no room.
    """
    found = Salvage()
    library = Database(target)
    try:
        with _scratch(path, target.parent) as copy, closing(_Old(copy)) as old, library.reading() as db:
            refuse_what_is_not_ours(path, old.tables or _tables_by_their_rows(db, copy))
            db.execute("PRAGMA foreign_keys = OFF")
            _fill(db, copy, old, found)
        with library.writing() as db:
            _make_whole(db, path, found, now, keys_of)
            care.mend(db, now)
        more = True
        while more:
            with library.writing() as db:
                more = index_pending(db, _BATCH) > 0
        with library.reading() as db:
            faults = [finding.says for finding in care.check(db, now) if not finding.ok]
        if faults:
            raise LibraryError(f"{path} could not be saved: {faults[0]} It has been left as it is.")
    finally:
        library.close()
    return found


# Getting at it


@contextmanager
def _scratch(path: Path, folder: Path) -> Iterator[Path]:
    """A copy with its log, in a folder that is gone afterwards."""
    try:
        with tempfile.TemporaryDirectory(prefix=".salvage-", dir=folder) as scratch:
            copy = Path(scratch) / "copy.db"
            for end in ("", "-wal", "-journal"):
                with suppress(FileNotFoundError):
                    shutil.copyfile(path.with_name(path.name + end), copy.with_name(copy.name + end))
            yield copy
    except OSError as error:
        raise LibraryError(f"{path} could not be copied to be saved: {error.strerror}.") from error


class _Old:
    """The copy as a database: as it is; else with its log put in by hand and a header of our own; else not at all."""

    def __init__(self, copy: Path) -> None:
        self._db = self._connected(copy)
        if "states" not in self.tables:
            self.close()
            self._rewrite(copy)
            self._db = self._connected(copy)

    def close(self) -> None:
        """End it; the file goes with its folder."""
        if self._db:
            self._db.close(True)

    @property
    def tables(self) -> set[str]:
        """Names of tables; none where the schema cannot be read."""
        return {str(row[0]) for row in self.every("SELECT name FROM sqlite_schema WHERE type = 'table'")}

    def every(self, sql: str) -> list[Row]:
        """All rows; none where they cannot be read."""
        with suppress(*UNREADABLE):
            return list(self.walk(sql))
        return []

    def walk(self, sql: str) -> Iterator[Row]:
        """Rows one by one, as far as it goes. Raises what is in UNREADABLE."""
        if self._db is None:
            raise apsw.CorruptError("CorruptError: no database")
        yield from self._db.execute(sql)

    @staticmethod
    def _connected(copy: Path) -> apsw.Connection | None:
        db = connect_to(copy)
        try:
            db.execute("PRAGMA writable_schema = ON; PRAGMA foreign_keys = OFF")  # One with faults is still a schema.
            db.pragma("journal_mode", "delete")  # Its log becomes part of it.
        except UNREADABLE:
            db.close(True)
            return None
        return db

    @staticmethod
    def _rewrite(copy: Path) -> None:
        log = copy.with_name(copy.name + "-wal")
        data = pages.replayed(copy.read_bytes(), log.read_bytes() if log.exists() else b"")
        if len(data) >= 512:
            data[:100] = _header(len(data), pages.page_size_of(data))
        copy.write_bytes(data)
        for end in ("-wal", "-shm", "-journal"):
            copy.with_name(copy.name + end).unlink(missing_ok=True)


def _header(size: int, page_size: int) -> bytes:
    """The first hundred bytes of a library of that size (SQLite file format, section 1.3), its free list forgotten."""
    header = bytearray(100)
    header[:16] = b"SQLite format 3\0"
    header[16:18] = (1 if page_size == 65536 else page_size).to_bytes(2, "big")
    header[18:24] = bytes((1, 1, 0, 64, 32, 32))
    for offset, value in ((24, 1), (28, size // page_size), (44, 4), (56, 1), (92, 1)):
        header[offset : offset + 4] = value.to_bytes(4, "big")
    header[60:64], header[68:72] = schema.VERSION.to_bytes(4, "big"), schema.APPLICATION_ID.to_bytes(4, "big")
    return bytes(header)


# Reading it


@dataclass(frozen=True)
class _Table:
    """A table of ours as it is stored."""

    name: str
    columns: tuple[tuple[str, type, bool], ...]
    """Name, type, and whether there may be NULL; without those that are computed."""
    rowid: int | None
    """Which column is the rowid."""
    added: tuple[Any, ...] = ()
    """What the columns that a file of an older version has not got, the last ones, hold where they are missing."""

    def row(self, values: Sequence[Any], rowid: int | None = None) -> Row | None:
        """The row, if it is one that we may have written, completed if it was written by an older version."""
        if self.added and len(values) == len(self.columns) - len(self.added):
            values = (*values, *self.added)
        if len(values) != len(self.columns) or (rowid is None) != (self.rowid is None):
            return None
        if self.rowid is not None:
            if values[self.rowid] not in (None, rowid) or not 0 < (rowid or 0) < 1 << 40:
                return None
            values = (*values[: self.rowid], rowid, *values[self.rowid + 1 :])
        for value, (_, kind, nullable) in zip(values, self.columns, strict=True):
            if not (nullable if value is None else type(value) is kind):
                return None
        return tuple(values) if _PLAUSIBLE.get(self.name, _always)(values) else None


def _always(_: Sequence[Any]) -> bool:
    return True


def _unpacks(body: Any) -> bool:
    """Whether it is a text as we store it; blobs of the search index are not, though they may begin alike."""
    try:
        told = unpack(body)
        return body is None or body[:1] != PLAIN or told.encode() == body[1:]
    except apsw.CorruptError:
        return False


_PLAUSIBLE: dict[str, Callable[[Sequence[Any]], bool]] = {
    "texts": lambda row: _unpacks(row[1]),
    "articles": lambda row: _unpacks(row[12]),
    "revisions": lambda row: _unpacks(row[5]),
    "stories": lambda row: bool(row[4]),
    "subscriptions": lambda row: bool(url(row[2])),
}
_ADDED: dict[str, tuple[Any, ...]] = {"states": (0, 0), "tags": (None,), "stories": (0,)}
_KINDS = {"INTEGER": int, "TEXT": str, "BLOB": bytes}


def _table(db: apsw.Connection, name: str) -> _Table:
    stored = [row for row in every(db, f"PRAGMA table_xinfo({name})") if row[6] == 0]
    keys = [index for index, row in enumerate(stored) if row[5]]
    rowid = keys[0] if len(keys) == 1 and stored[keys[0]][2] == "INTEGER" else None
    columns = tuple(
        (row[1], _KINDS[row[2]], not row[3] and not row[5]) if index != rowid else (row[1], int, False)
        for index, row in enumerate(stored)
    )
    return _Table(name, columns, rowid, _ADDED.get(name, ()))


def _fill(db: apsw.Connection, copy: Path, old: _Old, found: Salvage) -> None:
    """All rows that can be had, into the new library; in as many transactions as it takes, nobody sees it yet."""
    tables = [_table(db, name) for name in TABLES]
    for (stories,) in old.every("SELECT sum(stories) FROM counts"):
        # A count may be damaged too: each story takes more than 20 bytes.
        found.expected = min(stories, copy.stat().st_size // 20) if type(stories) is int else 0
    for table in tables:
        walk = _Walk(old, table)
        _insert(db, table, walk.rows())
        if walk.broken:
            found.broken.add(table.name)
    wanted = [table for table in tables if table.name in found.broken and table.name not in _WALKED_ONLY]
    if wanted and copy.stat().st_size >= 512:
        with copy.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for table in wanted:
                _insert(db, table, _from_pages(data, table))
    for (highest,) in old.every("SELECT seq FROM sqlite_sequence WHERE name = 'states'"):
        if type(highest) is int and highest < _LEAST_KEY:
            db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'states'", (highest,))


def _from_pages(data: mmap.mmap, table: _Table) -> Iterator[Row]:
    for rowid, values in pages.records(data):
        if (row := table.row(values, rowid)) and (table.name != "identities" or abs(row[1]) > _LEAST_KEY):
            yield row


def _insert(db: apsw.Connection, table: _Table, rows: Iterable[Row]) -> None:
    """Add rows whose place is still free."""
    names = ", ".join(name for name, _, _ in table.columns)
    marks = ", ".join("?" * len(table.columns))
    with db:
        db.executemany(f"INSERT OR IGNORE INTO {table.name} ({names}) VALUES ({marks})", rows)


def _tables_by_their_rows(db: apsw.Connection, copy: Path) -> set[str]:
    """Our tables, where a page of a file without a schema holds a subscription of ours."""
    if copy.stat().st_size < 512:
        return set()
    with copy.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return set(TABLES) if next(_from_pages(data, _table(db, "subscriptions")), None) else set()


class _Walk:
    """A table as SQLite reads it: from its beginning, and where that comes to an end too early, from its end."""

    def __init__(self, old: _Old, table: _Table) -> None:
        self.old = old
        self.table = table
        self.broken = False
        """Whether something is missing; known when `rows` has come to its end."""

    def rows(self) -> Iterator[Row]:
        """Rows of which each is one that we may have written."""
        yield from self._towards("ASC")
        if self.broken:
            yield from self._towards("DESC")

    def _towards(self, order: str) -> Iterator[Row]:
        table, last = self.table, None
        key = table.rowid or 0
        there = {row[1] for row in self.old.every(f"PRAGMA table_xinfo({table.name})")}
        names = [name for name, _, _ in table.columns]
        if table.added and not there.issuperset(names):
            names = names[: -len(table.added)]
        columns = ", ".join(name if name in there else "NULL" for name in names)
        source = f"{table.name} NOT INDEXED" if table.rowid is not None else table.name
        try:
            for row in self.old.walk(f"SELECT {columns} FROM {source} ORDER BY {table.columns[key][0]} {order}"):
                if (made := table.row(row, row[key] if table.rowid is not None else None)) is None:
                    self.broken = True
                    continue
                if last is not None and (row[key] < last if order == "ASC" else row[key] > last):
                    raise apsw.CorruptError("CorruptError: out of order")  # A ring of pages would have no end.
                last = row[key]
                yield made
        except UNREADABLE:
            self.broken = True


# Making it whole


def _make_whole(db: apsw.Connection, path: Path, found: Salvage, now: datetime, keys_of: KeysOf) -> None:
    """Mend what refers to something lost, and make again what follows from the rest."""
    empty = not one(db, "SELECT count(*) FROM subscriptions")[0]
    saved = keepsake.newest(path, now) if found.broken or empty else None
    sources = keepsake.restore_sources(db, saved) if saved else 0
    found.lost["source"] = _adopt_states(db, now)
    stateless = _adopt_stories(db)
    (dropped,) = one(db, "SELECT count(*) FROM stories WHERE id NOT IN (SELECT story_id FROM states)")
    db.execute(care.STRAYS)
    db.execute("DELETE FROM identities WHERE story_id NOT IN (SELECT story_id FROM states)")
    _identify(db, keys_of)
    if saved:
        found.from_backup = sources, keepsake.restore_stories(db, saved, stateless, now)
        found.backup_at = to_instant(saved.made_at)
    wordless, found.named = _drop_unknown(db, now)
    _mend_texts(db, found)
    _derive(db)
    if found.broken:
        db.execute("UPDATE subscriptions SET etag = '', last_modified = '', body_hash = '', next_due_at = NULL")
    (found.sources,) = one(db, "SELECT count(*) FROM subscriptions WHERE removed_at IS NULL")
    found.stories, found.kept = one(
        db,
        f"SELECT count(*), count(*) FILTER (WHERE {KEPT}) FROM states WHERE shown_at IS NOT NULL",
    )
    found.lost["story"] = max(dropped + wordless, found.expected - (found.stories - found.named))


def _adopt_states(db: apsw.Connection, now: datetime) -> int:
    """States whose source or section is lost get another; how many sources are."""
    lost = every(db, "SELECT DISTINCT source_id FROM states WHERE source_id NOT IN (SELECT id FROM subscriptions)")
    for (source_id,) in lost:
        db.execute(
            """INSERT INTO subscriptions (id, kind, url, address, host, title, removed_at)
            VALUES (?1, 'feed', 'https://lost.invalid/' || ?1, 'lost.invalid/' || ?1, 'lost.invalid', ?2, ?3)""",
            (source_id, LOST_SOURCE, int(now.timestamp())),
        )
    rows = every(
        db,
        """SELECT s.story_id, coalesce(nullif(f.section, ''), nullif(t.section, ''), 'News') FROM states AS s
        JOIN subscriptions AS f ON f.id = s.source_id LEFT JOIN stories AS t ON t.id = s.story_id
        WHERE s.section_id NOT IN (SELECT id FROM sections)""",
    )
    ids = {name: section_id(db, text(name)) for name in {name for _, name in rows}}
    db.executemany("UPDATE states SET section_id = ? WHERE story_id = ?", [(ids[name], story) for story, name in rows])
    return len(lost)


def _adopt_stories(db: apsw.Connection) -> set[int]:
    """Stories whose state is lost get a new one, where a key still says whose they are; their ids."""
    rows = every(
        db,
        """SELECT t.id, min(i.source_id), coalesce(nullif(f.section, ''), nullif(t.section, ''), 'News'),
            coalesce(t.published_at, t.first_seen_at) FROM stories AS t JOIN identities AS i ON i.story_id = t.id
        JOIN subscriptions AS f ON f.id = i.source_id WHERE t.id NOT IN (SELECT story_id FROM states) GROUP BY t.id""",
    )
    ids = {name: section_id(db, text(name)) for name in {row[2] for row in rows}}
    db.executemany(
        "INSERT INTO states (story_id, source_id, section_id, shown_at) VALUES (?, ?, ?, ?)",
        [(story_id, source_id, ids[section], at) for story_id, source_id, section, at in rows],
    )
    return {row[0] for row in rows}


def _drop_unknown(db: apsw.Connection, now: datetime) -> tuple[int, int]:
    """Stories of which only the reader's side is left: how many there are, and how many of them stay by name.

    Those stay that the reader kept; the others go, to come again as new ones.
    """
    rows = every(
        db,
        f"""SELECT story_id, {KEPT} FROM states
        WHERE shown_at IS NOT NULL AND story_id NOT IN (SELECT id FROM stories)""",
    )
    named = [story for story, kept in rows if kept]
    visits.add_items(db, [(story, Item(title=LOST_TITLE), visits.LOST, 0) for story in named], int(now.timestamp()))
    db.executemany("DELETE FROM states WHERE story_id = ?", [(story,) for story, kept in rows if not kept])
    db.execute("DELETE FROM identities WHERE story_id NOT IN (SELECT story_id FROM states)")
    return len(rows), len(named)


def _mend_texts(db: apsw.Connection, found: Salvage) -> None:
    """What stories say of their texts, articles and revisions is made true."""
    missing = "text_kind > 0 AND id NOT IN (SELECT story_id FROM texts)"
    article = "(SELECT count(*) FROM articles WHERE story_id = id)"
    gone = f"count(*) FILTER (WHERE {missing}) + count(*) FILTER (WHERE article > 0 AND {article} = 0)"
    (found.lost["text"],) = one(db, f"SELECT {gone} FROM stories")
    db.execute(f"UPDATE stories SET text_kind = 0, item_hash = {visits.LOST} WHERE {missing}")
    db.execute(f"UPDATE stories SET article = {article} WHERE (article > 0) <> {article}")
    db.execute("UPDATE stories SET revision_count = (SELECT count(*) FROM revisions WHERE story_id = id)")


def _identify(db: apsw.Connection, keys_of: KeysOf) -> None:
    """Stories without a key get those that their publisher's words give, so that they are not taken for new."""
    rows = every(
        db,
        """SELECT t.id, s.source_id, t.guid, t.url, t.title, t.summary, t.published_at FROM stories AS t
        JOIN states AS s ON s.story_id = t.id WHERE t.id NOT IN (SELECT story_id FROM identities)""",
    )
    for story_id, source_id, guid, address, title, summary, published_at in rows:
        published = to_instant(published_at)
        item = Item(text(guid), url(address), text(title), text(summary), published_at=published)
        keys = [(source_id, key, story_id) for key in keys_of([item])[0]]
        db.executemany("INSERT OR IGNORE INTO identities VALUES (?, ?, ?)", keys)


def _derive(db: apsw.Connection) -> None:
    """Addresses, counters, which stories are one, and the list of what is to be indexed."""
    rows = every(db, "SELECT id, url FROM stories UNION ALL SELECT story_id, url FROM articles")
    numbered = [(url_number(address), story_id) for story_id, stored in rows if (address := url(stored))]
    db.executemany("INSERT OR IGNORE INTO story_urls VALUES (?, ?)", numbered)
    db.execute(
        """UPDATE states SET key_count = n FROM (SELECT story_id AS id, count(*) AS n FROM identities GROUP BY 1)
        WHERE story_id = id"""
    )
    db.execute(care.PLACED)
    twins.mend(db)
    db.execute(care.TALLIED)
    db.execute("INSERT INTO meetings SELECT url_number FROM story_urls GROUP BY url_number HAVING count(*) > 1")
    db.execute("INSERT OR IGNORE INTO pending SELECT id, 0 FROM stories")
