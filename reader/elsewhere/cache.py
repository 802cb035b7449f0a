"""newsboat's `cache.db`: what was read, flagged and deleted, and the stories that were flagged.

The file is hostile until it is read: it is opened read-only, its views, triggers, virtual tables and functions are shut
off (SQLite, "Defense Against The Dark Arts"), and only plain SELECTs on its two tables are run.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw
from msgspec import Struct

from reader.elsewhere.found import MAX_ENTRIES, MAX_HTML, Entry, Written, entries, feed_address, flag_tag
from reader.errors import ParseError
from reader.sources.feed.draft import Draft
from reader.text import NO_URL, SafeText, SafeUrl, safe_text, safe_url

MAX_CACHE_BYTES = 2 << 30
MAX_FEEDS = 20_000
_MAGIC = b"SQLite format 3\x00"
_FOREIGN = "This database is none of newsboat's."
_TABLES = ("rss_feed", "rss_item")
_DAMAGE = (apsw.Error, UnicodeDecodeError)
"""What reading a damaged database raises; names in its schema are decoded by apsw."""


class CachedFeed(Struct, frozen=True):
    """A feed that the cache holds stories of."""

    name: str
    """As the cache calls it: the key of its stories, and no more than that."""
    url: SafeUrl
    """"" where it is no address, as of a feed that a program makes."""
    title: SafeText
    home_url: SafeUrl
    flagged: int
    """Stories with a flag."""


class CachePage(Struct, frozen=True):
    """Some of a feed's stories, by their number in the cache."""

    entries: tuple[Entry, ...]
    following: int = 0
    """The last number, where there may be more behind it; else 0."""


def is_cache(head: bytes) -> bool:
    """Whether a file that begins so is a database."""
    return head.startswith(_MAGIC)


def read_cache(path: str) -> tuple[CachedFeed, ...]:
    """The feeds of a cache. Raises ParseError for any other database."""
    with _Cache(path) as cache:
        flagged = "sum(coalesce(flags, '') <> '')" if "flags" in cache.columns["rss_item"] else "0"
        rows = cache.every(
            f"""SELECT CAST(i.feedurl AS BLOB), CAST(f.title AS BLOB), CAST(f.url AS BLOB), i.flagged
            FROM (SELECT feedurl, {flagged} AS flagged FROM rss_item GROUP BY feedurl) AS i
            LEFT JOIN rss_feed AS f ON f.rssurl = i.feedurl LIMIT ?""",  # noqa: S608 - constants of ours
            (MAX_FEEDS,),
        )
    found = []
    for name, title, home, flags in rows:
        written = _text(name)
        is_made = written.startswith(("exec:", "filter:", "query:", "file:"))
        url = NO_URL if is_made else feed_address(written)
        found.append(CachedFeed(written, url, safe_text(_text(title)), safe_url(_text(home)), _number(flags)))
    return tuple(found)


def read_cached(path: str, name: str, after: int) -> CachePage:
    """A feed's stories with greater numbers than `after`; those with which nothing was done are left out."""
    written: list[Written] = []
    left, last, seen = MAX_HTML, after, 0
    with _Cache(path) as cache:
        there = cache.columns["rss_item"]
        columns = ", ".join(f"CAST({column} AS BLOB)" if column in there else "NULL" for column in _TEXTS)
        states = ", ".join(column if column in there else "0" for column in ("pubDate", "unread", "deleted"))
        rows = cache.walk(
            f"SELECT id, {states}, {columns} FROM rss_item WHERE feedurl = ? AND id > ? ORDER BY id LIMIT ?",  # noqa: S608
            (name, after, MAX_ENTRIES),
        )
        for story_id, published, unread, deleted, *texts in rows:
            one = _written(dict(zip(_TEXTS, map(_text, texts), strict=True)), _number(published))
            one.read, one.dropped = unread == 0 and type(unread) is int, bool(_number(deleted))
            left -= one.prepare()
            written.append(one)
            last, seen = _number(story_id), seen + 1
            if left <= 0:
                break
    return CachePage(entries(written, NO_URL), last if (seen == MAX_ENTRIES or left <= 0) and last > after else 0)


_TEXTS = ("guid", "title", "author", "url", "content", "base", "flags", "enclosure_url", "enclosure_type")


def _written(texts: dict[str, str], published: int) -> Written:
    draft = Draft(
        base=texts["base"],
        guid=texts["guid"],
        url=texts["url"],
        title=texts["title"],
        content=texts["content"],
        published=str(published) if published > 0 else "",
    )
    draft.add_author(texts["author"])
    draft.add_file(texts["enclosure_url"], texts["enclosure_type"])
    flags = [flag for flag in texts["flags"] if flag.isascii() and flag.isalpha()]
    return Written(draft, starred=bool(flags), tags=[flag_tag(flag) for flag in flags])


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _number(value: object) -> int:
    return value if isinstance(value, int) and abs(value) < 1 << 53 else 0


class _Cache:
    """The file, open for reading. Use as a context manager; errors of SQLite are ParseErrors."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self.columns: dict[str, set[str]] = {}

    def __enter__(self) -> _Cache:
        try:
            if self._path.stat().st_size > MAX_CACHE_BYTES:
                raise ParseError(f"The database is larger than {MAX_CACHE_BYTES >> 30} GB.")
        except OSError as error:
            raise ParseError(f"It could not be read: {error.strerror}.") from error
        try:
            self._db = self._open("?mode=ro")
        except _DAMAGE:
            try:  # A journal is left, or the folder cannot be written: as it lies there, then.
                self._db = self._open("?immutable=1")
            except _DAMAGE as error:
                raise _unreadable(error) from error
        return self

    def __exit__(self, *exc: object) -> None:
        self._db.close(True)

    def _open(self, mode: str) -> apsw.Connection:
        uri = f"file:{quote(os.fsencode(self._path.resolve()))}{mode}"
        db = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
        try:
            _disarm(db)
            self._look(db)
        except BaseException:
            db.close(True)
            raise
        return db

    def _look(self, db: apsw.Connection) -> None:
        """Only ordinary tables of the names we know are asked for anything."""
        schema = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name IN (?, ?)", _TABLES)
        tables = {str(name): str(sql) for name, sql in schema}
        if set(tables) != set(_TABLES) or any(not sql.upper().startswith("CREATE TABLE") for sql in tables.values()):
            raise ParseError(_FOREIGN)
        for table in _TABLES:
            # Hidden and computed columns have another number than 0 in the last place.
            info = db.execute(f"PRAGMA table_xinfo({table})").fetchall()
            self.columns[table] = {str(row[1]) for row in info if row[6] == 0}
        if not {"rssurl", "title", "url"} <= self.columns["rss_feed"]:
            raise ParseError(_FOREIGN)
        if not {"id", "guid", "url", "feedurl", "unread"} <= self.columns["rss_item"]:
            raise ParseError(_FOREIGN)

    def every(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """All rows of a SELECT."""
        return list(self.walk(sql, values))

    def walk(self, sql: str, values: tuple[Any, ...]) -> Any:
        """Its rows, one by one."""
        try:
            yield from self._db.execute(sql, values)
        except _DAMAGE as error:
            raise _unreadable(error) from error


def _disarm(db: apsw.Connection) -> None:
    """What a schema may make SQLite do beyond reading rows is switched off."""
    for option, value in (
        (apsw.SQLITE_DBCONFIG_DEFENSIVE, 1),
        (apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
        (apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
        (apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0),
        (apsw.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0),
    ):
        db.config(option, value)
    db.limit(apsw.SQLITE_LIMIT_LENGTH, 32 << 20)
    db.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
    db.limit(apsw.SQLITE_LIMIT_COLUMN, 100)
    db.execute("PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0")


def _unreadable(error: Exception) -> ParseError:
    return ParseError(f"The database could not be read ({safe_text(str(error), 100)}).")
