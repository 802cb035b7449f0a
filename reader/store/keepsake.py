"""The daily backup: who is followed, and what the reader starred, put by or tagged; small enough to write each day.

One gzipped JSON document beside the library for each of the last days on which there was a refresh. It does not hold
the stories' texts: what their publishers still list, and what lies at their addresses, comes again by itself.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import apsw
import msgspec

from reader.model import Finding, Item
from reader.store import visits
from reader.store.changes import Arrival, Changes
from reader.store.rows import Row, every, maybe, number, number_or_none, text, to_instant, url
from reader.store.subscriptions import NewSubscription, add, address_of
from reader.text import counted

KEEP = 7
LIMIT = 256 << 20
"""Bytes, unpacked."""
_DATED = re.compile(r"\.daily-(\d{4}-\d\d-\d\d)\.json\.gz")


class Source(msgspec.Struct, frozen=True):
    """A subscription as the reader made it."""

    id: int
    full_text: bool
    kind: str
    url: str
    title: str
    title_given: str
    section: str
    home_url: str
    language: str
    login: str
    typed_host: str


class Kept(msgspec.Struct, frozen=True):
    """A story that the reader kept: what names it, what was done with it, and what its publisher said in short."""

    id: int
    source: str
    """The address of its subscription."""
    keys: list[int]
    section: str
    shown_at: int
    read: bool
    starred: bool
    later: bool
    tags: list[str]
    position: tuple[int, int]
    guid: str
    url: str
    title: str
    summary: str
    authors: str
    published_section: str
    published_at: int | None
    language: str
    watched: bool = False


class Keepsake(msgspec.Struct, frozen=True):
    """One day's backup."""

    made_at: int
    sources: list[Source]
    stories: list[Kept]


# Making


def of(db: apsw.Connection, now: datetime) -> Keepsake:
    """What is worth keeping, as it stands."""
    rows = every(
        db,
        """SELECT id, full_text, kind, url, title, title_given, section, home_url, language, login, typed_host
        FROM subscriptions WHERE removed_at IS NULL ORDER BY id""",
    )
    sources = [Source(number(row[0]), bool(row[1]), *(text(value) for value in row[2:])) for row in rows]
    stories = [_kept(db, row) for row in every(db, _KEPT)]
    return Keepsake(int(now.timestamp()), sources, stories)


_KEPT = """SELECT s.story_id, s.source_id, f.url, c.name, s.shown_at, s.read, s.starred, s.later, s.position_block,
        s.position_character, t.guid, t.url, t.title, t.summary, t.authors, t.section, t.language, t.published_at,
        s.watched
    FROM states AS s JOIN stories AS t ON t.id = s.story_id JOIN subscriptions AS f ON f.id = s.source_id
    JOIN sections AS c ON c.id = s.section_id
    WHERE s.shown_at IS NOT NULL AND s.story_id IN (
        SELECT story_id FROM states INDEXED BY states_starred WHERE shown_at IS NOT NULL AND starred = 1 UNION
        SELECT story_id FROM states INDEXED BY states_later WHERE shown_at IS NOT NULL AND later = 1 UNION
        SELECT story_id FROM states INDEXED BY states_watched WHERE shown_at IS NOT NULL AND watched = 1 UNION
        SELECT story_id FROM tags)
    ORDER BY s.story_id"""


def _kept(db: apsw.Connection, row: Row) -> Kept:
    tags = every(db, "SELECT tag FROM tags WHERE story_id = ? ORDER BY tag", (row[0],))
    keys = every(db, "SELECT key FROM identities WHERE source_id = ? AND story_id = ?", (row[1], row[0]))
    return Kept(
        id=number(row[0]),
        source=url(row[2]),
        keys=[number(key) for (key,) in keys],
        section=text(row[3]),
        shown_at=number(row[4]),
        read=bool(row[5]),
        starred=bool(row[6]),
        later=bool(row[7]),
        tags=[text(tag) for (tag,) in tags],
        position=(number(row[8]), number(row[9])),
        guid=text(row[10]),
        url=url(row[11]),
        title=text(row[12]),
        summary=text(row[13]),
        authors=text(row[14]),
        published_section=text(row[15]),
        language=text(row[16]),
        published_at=number_or_none(row[17]),
        watched=bool(row[18]),
    )


def path_for(library: Path, now: datetime) -> Path:
    """Where a day's backup lies."""
    return library.with_name(f"{library.name}.daily-{now.astimezone(UTC):%Y-%m-%d}.json.gz")


def keep(library: Path, keepsake: Keepsake, now: datetime) -> bool:
    """Write it as the day's backup beside the library, and let go of the oldest; False where the system does not."""
    try:
        _write(path_for(library, now), keepsake)
    except OSError:
        return False
    for path in backups(library, now)[:-KEEP]:
        with suppress(OSError):
            path.unlink()
    return True


def _write(target: Path, keepsake: Keepsake) -> None:
    """The whole file or none, readable by its owner only. Raises OSError."""
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        with open(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
            file.write(gzip.compress(msgspec.json.encode(keepsake), 6, mtime=0))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def backups(library: Path, now: datetime) -> list[Path]:
    """Those that are there, oldest first. One that is dated after today is from a clock that went wrong: the oldest."""
    today = f"{now.astimezone(UTC):%Y-%m-%d}"
    dated = [
        (found[1] <= today, found[1], path)
        for path in library.parent.glob(f"{library.name}.daily-*.json.gz")
        if (found := _DATED.search(path.name))
    ]
    return [path for _, _, path in sorted(dated)]


# Taking up again


def newest(library: Path, now: datetime) -> Keepsake | None:
    """The last backup that can be read."""
    for path in reversed(backups(library, now)):
        if keepsake := read(path):
            return keepsake
    return None


def read(path: Path) -> Keepsake | None:
    """A backup; None when it is damaged."""
    try:
        with gzip.open(path, "rb") as file:
            return msgspec.json.decode(file.read(LIMIT), type=Keepsake)
    except (OSError, EOFError, zlib.error, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def restore_all(db: apsw.Connection, library: Path, now: datetime) -> tuple[Finding, ...]:
    """What the last backup holds, into a library without subscriptions; what was done, in words."""
    if (saved := newest(library, now)) is None:
        return ()
    sources, stories = restore_sources(db, saved), restore_stories(db, saved, (), now)
    brought = f"{counted(sources, 'source')} and {counted(stories, 'kept story')}"
    says = f"{brought} came back from the daily backup of {_date(saved.made_at)}."
    return (Finding("library", True, says),)


def _date(seconds: int) -> str:
    return f"{to_instant(seconds):%Y-%m-%d}"


def restore_sources(db: apsw.Connection, keepsake: Keepsake) -> int:
    """Follow again who is missing, under the old number where that is free; how many."""
    restored = 0
    for source in keepsake.sources:
        if not (address := url(source.url)):
            continue
        new = NewSubscription(
            text(source.kind),
            address,
            title=text(source.title),
            title_given=text(source.title_given),
            section=text(source.section),
            home_url=url(source.home_url),
            login=text(source.login),
            typed_host=text(source.typed_host),
        )
        if not add(db, new):
            continue
        restored += 1
        db.execute(
            "UPDATE subscriptions SET full_text = ?, language = ? WHERE address = ?",
            (source.full_text, text(source.language), address_of(address)),
        )
        db.execute(
            """UPDATE subscriptions SET id = ?1 WHERE address = ?2 AND ?1 BETWEEN 1 AND 1 << 32
            AND ?1 NOT IN (SELECT id FROM subscriptions)""",
            (source.id, address_of(address)),
        )
    return restored


def restore_stories(db: apsw.Connection, keepsake: Keepsake, stateless: Collection[int], now: datetime) -> int:
    """Put back what was kept and is missing, and the state of those that are `stateless`; how many."""
    return sum(_restore(db, kept, stateless, now) for kept in keepsake.stories)


def _restore(db: apsw.Connection, kept: Kept, stateless: Collection[int], now: datetime) -> bool:
    address = url(kept.source)
    source = maybe(db, "SELECT id FROM subscriptions WHERE address = ?", (address_of(address),)) if address else None
    if source is None or not kept.keys:
        return False
    source_id = number(source[0])
    known = visits.known(db, source_id, kept.keys)
    if story_id := next((found.id for found in known.values()), 0):
        worded = _restore_words(db, story_id, _item(kept), now)
        return _restore_state(db, story_id, kept) if story_id in stateless else worded
    if _restore_words(db, kept.id, _item(kept), now):
        # Nothing else is left of it than what the reader did, under its number.
        db.executemany("INSERT INTO identities VALUES (?, ?, ?)", [(source_id, key, kept.id) for key in kept.keys])
        db.execute("UPDATE states SET source_id = ? WHERE story_id = ?", (source_id, kept.id))
        return True
    arrival = Arrival(_item(kept), tuple(kept.keys), visits.LOST, text(kept.section), to_instant(kept.shown_at))
    visits.add(db, Changes(source_id, now, arrivals=(arrival,)))
    return _restore_state(db, visits.newest_id(db), kept)


def _item(kept: Kept) -> Item:
    return Item(
        guid=text(kept.guid),
        url=url(kept.url),
        title=text(kept.title),
        summary=text(kept.summary),
        authors=text(kept.authors),
        section=text(kept.published_section),
        published_at=to_instant(kept.published_at),
        language=text(kept.language),
    )


def _restore_state(db: apsw.Connection, story_id: int, kept: Kept) -> bool:
    db.execute(
        """UPDATE states SET read = ?, starred = ?, later = ?, watched = ?, position_block = ?, position_character = ?
        WHERE story_id = ?""",
        (kept.read, kept.starred, kept.later, kept.watched, *kept.position, story_id),
    )
    db.executemany(
        "INSERT OR IGNORE INTO tags (story_id, tag) VALUES (?, ?)", [(story_id, text(tag)) for tag in kept.tags]
    )
    return True


def _restore_words(db: apsw.Connection, story_id: int, item: Item, now: datetime) -> bool:
    """What the publisher said, for a listed story of which only the reader's side is left; whether it was."""
    missing = maybe(
        db,
        """SELECT 1 FROM states WHERE story_id = ? AND shown_at IS NOT NULL
            AND story_id NOT IN (SELECT id FROM stories)""",
        (story_id,),
    )
    if missing:
        visits.add_items(db, [(story_id, item, visits.LOST, 0)], int(now.timestamp()))
    return missing is not None
