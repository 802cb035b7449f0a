"""Lists of headlines: each a walk along one index of states, a page continuing after the last key seen."""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import apsw
from msgspec import Struct
from msgspec.structs import replace

from reader.model import Headline, Key, StoryFilter
from reader.store import search as index
from reader.store import subscriptions
from reader.store.rows import maybe, number, numbers, one, text, to_instant, to_seconds
from reader.store.stories import EXCERPT
from reader.text import excerpt

_HEADLINE = f"""SELECT s.story_id, s.source_id, f.name, c.name, t.title,
    CASE t.summary WHEN '' THEN coalesce(t.excerpt, '') ELSE substr(t.summary, 1, {EXCERPT + 1}) END,
    s.shown_at, s.read, s.starred, s.later, s.updated, t.language"""
_JOINED = """CROSS JOIN stories AS t ON t.id = s.story_id CROSS JOIN subscriptions AS f ON f.id = s.source_id
    CROSS JOIN sections AS c ON c.id = s.section_id"""


class Walk(Struct, frozen=True):
    """How the rows of a list are found."""

    source: str
    """What stands after FROM: `states AS s` and the index it is walked by, or what else leads to its rows."""
    where: tuple[str, ...]
    values: tuple[str | int, ...]
    """For the question marks of `source` and `where`, in order."""
    stories: bool = False
    """Whether a condition looks at the stories' table too."""
    sorts: bool = False
    """Whether the rows are not found in the list's order."""


def walk(db: apsw.Connection, wanted: StoryFilter) -> Walk | None:
    """The way through `states` for what is wanted; None when nothing can be. Raises QueryError."""
    where, values = ["s.shown_at IS NOT NULL"], list[str | int]()
    for flag, condition in (
        (wanted.unread, "s.read = 0"),
        (wanted.starred, "s.starred = 1"),
        (wanted.later, "s.later = 1"),
    ):
        if flag:
            where.append(condition)
    if wanted.source_id is not None:
        where.append("s.source_id = ?")
        values.append(wanted.source_id)
    if wanted.section is not None:
        row = maybe(db, "SELECT id FROM sections WHERE name = ?", (wanted.section,))
        if row is None:
            return None
        where.append("s.section_id = ?")
        values.append(row[0])
    if wanted.since is not None:
        where.append("s.shown_at >= ?")
        values.append(to_seconds(wanted.since) or 0)
    source, stories, sorts = f"states AS s INDEXED BY {_index_for(wanted)}", False, False
    if wanted.query.strip():
        asked = index.understood(db, wanted.query, datetime.now().astimezone())
        if asked.match:
            # Few rows fulfil an expression, as a rule: from them to the states, and then into order.
            hits = index.hits_sql(db)
            values[:0] = [asked.match] * hits.count("?")
            source = f"({hits}) AS h CROSS JOIN states AS s ON s.story_id = h.rowid"
        where += asked.where
        values += asked.values
        stories, sorts = bool(asked.where), bool(asked.match)
    return Walk(source, tuple(where), tuple(values), stories, sorts)


def _index_for(wanted: StoryFilter) -> str:
    """The index that leaves least to be skipped; named, so that the plan does not depend on statistics."""
    if wanted.starred or wanted.later:
        return "states_starred" if wanted.starred else "states_later"
    name = "states_unread" if wanted.unread else "states"
    if wanted.source_id is not None:
        return f"{name}_source"
    if wanted.section is not None:
        return f"{name}_section"
    return "states_unread" if wanted.unread else "states_latest"


def page(
    db: apsw.Connection, wanted: StoryFilter, *, after: Key | None, before: Key | None, limit: int, oldest: bool = False
) -> tuple[Headline, ...]:
    """One page, newest first, whichever end it is counted from."""
    way = walk(db, wanted)
    if way is None:
        return ()
    where, values = list(way.where), list[Any](way.values)
    for key, sign in ((after, "<"), (before, ">")):
        if key is not None:
            where.append(f"(s.shown_at, s.story_id) {sign} (?, ?)")
            values += key
    upwards = oldest or (before is not None and after is None)
    order = "s.shown_at, s.story_id" if upwards else "s.shown_at DESC, s.story_id DESC"
    rows = db.execute(
        f"{_HEADLINE} FROM {way.source} {_JOINED} WHERE {' AND '.join(where)} ORDER BY {order} LIMIT ?",
        (*values, limit),
    ).fetchall()
    if upwards:
        rows.reverse()
    return tuple(_headline(row) for row in rows)


def by_id(db: apsw.Connection, ids: Collection[int]) -> tuple[Headline, ...]:
    """In the given order; those that are gone are left out."""
    rows = db.execute(
        f"""{_HEADLINE} FROM json_each(?) AS k CROSS JOIN states AS s ON s.story_id = k.value {_JOINED}
        WHERE s.shown_at IS NOT NULL""",
        (numbers(ids),),
    )
    return tuple(_headline(row) for row in rows)


def _headline(row: tuple[Any, ...]) -> Headline:
    return Headline(
        id=row[0],
        source_id=number(row[1]),
        source=text(row[2]),
        section=text(row[3]),
        title=text(row[4]),
        excerpt=excerpt(text(row[5]), EXCERPT),
        shown_at=to_instant(number(row[6])),
        read=bool(row[7]),
        starred=bool(row[8]),
        later=bool(row[9]),
        updated=bool(row[10]),
        language=text(row[11]),
    )


def count(db: apsw.Connection, wanted: StoryFilter) -> int:
    """How many stories a list holds; from the counters where they know."""
    way = walk(db, wanted)
    if way is None:
        return 0
    if not (wanted.since or wanted.query.strip()) and wanted.unread + wanted.starred + wanted.later <= 1:
        section = None
        if wanted.section is not None:
            (section,) = one(db, "SELECT id FROM sections WHERE name = ?", (wanted.section,))
        counts = subscriptions.count(db, section, wanted.source_id)
        if wanted.unread:
            return counts.unread
        return counts.starred if wanted.starred else counts.later if wanted.later else counts.stories
    return _count(db, way)


def newer_than(db: apsw.Connection, wanted: StoryFilter, last_id: int) -> int:
    """How many of a list's stories have a greater id."""
    way = walk(db, wanted)
    if way is None:
        return 0
    source = way.source if way.sorts else "states AS s NOT INDEXED"
    return _count(db, replace(way, source=source, where=(*way.where, "s.story_id > ?"), values=(*way.values, last_id)))


def _count(db: apsw.Connection, way: Walk) -> int:
    joined = _JOINED if way.stories else ""
    (number,) = one(db, f"SELECT count(*) FROM {way.source} {joined} WHERE {' AND '.join(way.where)}", way.values)
    return int(number)


def unread_ids(db: apsw.Connection, wanted: StoryFilter, up_to_id: int) -> list[int]:
    """Ids of a list's unread stories that are not greater than `up_to_id`."""
    way = walk(db, replace(wanted, unread=True))
    if way is None:
        return []
    joined = _JOINED if way.stories else ""
    rows = db.execute(
        f"SELECT s.story_id FROM {way.source} {joined} WHERE {' AND '.join(way.where)} AND s.story_id <= ?",
        (*way.values, up_to_id),
    )
    return [row[0] for row in rows]


def found(db: apsw.Connection, query: str, *, limit: int, newest_first: bool) -> tuple[Headline, ...]:
    """What a query finds, by date or by relevance; of very many, the newest. Raises QueryError."""
    asked = index.understood(db, query, datetime.now().astimezone())
    if not asked.match:
        return page(db, StoryFilter(query=query), after=None, before=None, limit=limit)
    if not newest_first:
        return by_id(db, index.ranked(db, asked)[:limit])
    rows = db.execute(
        """SELECT s.story_id FROM json_each(?) AS k CROSS JOIN states AS s ON s.story_id = k.value
        WHERE s.shown_at IS NOT NULL ORDER BY s.shown_at DESC, s.story_id DESC LIMIT ?""",
        (numbers(index.newest_hits(db, asked)), limit),
    )
    return by_id(db, [row[0] for row in rows])
