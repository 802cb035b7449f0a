"""Lists of headlines: each a walk along one index of states, a page continuing after the last key seen."""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import apsw
from msgspec import Struct
from msgspec.structs import replace

from reader.model import Headline, Key, Listed, StoryFilter
from reader.query import parse
from reader.store import search as index
from reader.store import subscriptions
from reader.store.conditions import LISTED, TOLD, Conditions, conditions
from reader.store.rows import maybe, number, numbers, one, text, to_instant, to_seconds
from reader.store.stories import EXCERPT
from reader.store.tags import as_spelled, spelling
from reader.text import excerpt

_HEADLINE = f"""SELECT s.story_id, s.source_id, f.name, c.name, t.title,
    CASE t.summary WHEN '' THEN coalesce(t.excerpt, '') ELSE substr(t.summary, 1, {EXCERPT + 1}) END,
    s.shown_at, s.read, s.starred, s.later, s.updated, t.language, s.watched"""
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
    place: str = "s.shown_at, s.story_id"
    """A row's place in the list, as that index spells it."""
    stretches: tuple[Walk, ...] = ()
    """The walks to be merged for a list in order, where the index has a stretch for each of several sections."""


def walk(db: apsw.Connection, wanted: StoryFilter) -> Walk | None:
    """The way through `states` for what is wanted; None when nothing can be. Raises QueryError."""
    asked = index.understood(db, wanted.query, datetime.now(UTC)) if wanted.query.strip() else Conditions()
    sections: list[int] = []
    if wanted.section is not None:
        sections = subscriptions.family(db, wanted.section, alone=wanted.alone)
        if not sections:
            return None
    way = _walk(db, wanted, asked, sections)
    if len(sections) > 1 and way.source.endswith("_section"):
        return replace(way, stretches=tuple(_walk(db, wanted, asked, [section]) for section in sections))
    return way


def _walk(db: apsw.Connection, wanted: StoryFilter, asked: Conditions, sections: list[int]) -> Walk:
    where, values = ["s.shown_at IS NOT NULL"], list[str | int]()
    own = wanted.source_id is not None or wanted.starred or wanted.later or wanted.watched or wanted.tag
    where.append("s.hidden = 1" if wanted.muted else TOLD if own and asked.listed == LISTED else asked.listed)
    where += [condition for flag, condition in _FLAGS.items() if getattr(wanted, flag)]
    if wanted.source_id is not None:
        where.append("s.source_id = ?")
        values.append(wanted.source_id)
    if len(sections) == 1:
        where.append("s.section_id = ?")
        values.append(sections[0])
    elif sections:
        where.append("s.section_id IN (SELECT value FROM json_each(?))")
        values.append(numbers(sections))
    for moment, sign in ((wanted.since, ">="), (wanted.before, "<")):
        if moment is not None:
            where.append(f"s.shown_at {sign} ?")
            values.append(to_seconds(moment) or 0)
    where += asked.where
    values += asked.values
    if asked.match:
        # Few rows fulfil an expression, as a rule: from them to the states, and then into order.
        hits = index.hits_sql(db)
        values[:0] = [asked.match] * hits.count("?")
        if wanted.tag:
            where.append("s.story_id IN (SELECT story_id FROM tags WHERE tag = ?)")
            values.append(spelling(db, wanted.tag))
        source = f"({hits}) AS h CROSS JOIN states AS s ON s.story_id = h.rowid"
        return Walk(source, tuple(where), tuple(values), asked.stories)
    if tag := spelling(db, wanted.tag) if wanted.tag else asked.tag:
        source = "tags AS g INDEXED BY tags_tag CROSS JOIN states AS s ON s.story_id = g.story_id"
        where = ["g.tag = ?", "g.shown_at IS NOT NULL", *where]
        return Walk(source, tuple(where), (tag, *values), asked.stories, place="g.shown_at, g.story_id")
    return Walk(
        f"states AS s INDEXED BY {_index_for(wanted, asked, sections)}", tuple(where), tuple(values), asked.stories
    )


_FLAGS = {
    "unread": "s.read = 0",
    "starred": "s.starred = 1",
    "later": "s.later = 1",
    "watched": "s.watched = 1",
}


MERGED = 100
"""Sections whose stretches of an index are merged; of more, the stories are looked for among all there are."""


def _index_for(wanted: StoryFilter, asked: Conditions, sections: list[int]) -> str:
    """The index that leaves least to be skipped; named, so that the plan does not depend on statistics."""
    for state in ("muted", "watched", "starred", "later", "updated"):
        if getattr(wanted, state, False) or state in asked.states:
            return f"states_{state}"
    unread = wanted.unread or "unread" in asked.states
    name = "states_unread" if unread else "states"
    if wanted.source_id is not None:
        return f"{name}_source"
    if 0 < len(sections) <= MERGED:
        return f"{name}_section"
    return "states_unread" if unread else "states_latest"


def page(
    db: apsw.Connection, wanted: StoryFilter, *, after: Key | None, before: Key | None, limit: int, oldest: bool = False
) -> tuple[Headline, ...]:
    """One page, newest first, whichever end it is counted from."""
    way = walk(db, wanted)
    if way is None:
        return ()
    upwards = oldest or (before is not None and after is None)
    down = "" if upwards else " DESC"
    if way.stretches:
        # SQLite merges walks that are in order already, and reads no further than the page.
        parts = [_page(stretch, after, before) for stretch in way.stretches]
        joined = _JOINED if way.stories else ""
        merged = " UNION ALL ".join(f"SELECT {way.place} FROM {source} {joined} {rest}" for source, rest, _ in parts)
        bound = [value for _, _, values in parts for value in values]
        places = db.execute(f"{merged} ORDER BY 1{down}, 2{down} LIMIT ?", (*bound, limit)).fetchall()
        found = by_id(db, [number(story_id) for _, story_id in places])
        return found[::-1] if upwards else found
    source, rest, values = _page(way, after, before)
    order = f"{way.place}{down}".replace(",", f"{down},")
    rows = db.execute(
        f"{_HEADLINE} FROM {source} {_JOINED} {rest} ORDER BY {order} LIMIT ?", (*values, limit)
    ).fetchall()
    if upwards:
        rows.reverse()
    return tuple(_headline(row) for row in rows)


def newest(db: apsw.Connection, limit: int) -> tuple[Listed, ...]:
    """The newest of all that is listed."""
    rows = db.execute(
        """SELECT s.story_id, s.source_id, s.shown_at, s.read FROM states AS s INDEXED BY states_latest
        WHERE s.shown_at IS NOT NULL AND s.hidden = 0 ORDER BY s.shown_at DESC, s.story_id DESC LIMIT ?""",
        (limit,),
    )
    return tuple(Listed(story_id, source_id, to_instant(at), bool(read)) for story_id, source_id, at, read in rows)


def _page(way: Walk, after: Key | None, before: Key | None) -> tuple[str, str, list[str | int]]:
    """What stands after FROM, the conditions after it, and their values: of the rows between two places."""
    where, values = list(way.where), list(way.values)
    for key, sign in ((after, "<"), (before, ">")):
        if key is not None:
            where.append(f"({way.place}) {sign} (?, ?)")
            values += key
    return way.source, f"WHERE {' AND '.join(where)}", values


def by_id(db: apsw.Connection, ids: Collection[int]) -> tuple[Headline, ...]:
    """In the given order; those that are gone are left out."""
    rows = db.execute(
        f"""{_HEADLINE} FROM json_each(?) AS k CROSS JOIN states AS s ON s.story_id = k.value {_JOINED}
        WHERE s.shown_at IS NOT NULL AND s.hidden & 2 = 0""",
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
        watched=bool(row[12]),
    )


def count(db: apsw.Connection, wanted: StoryFilter, limit: int = -1) -> int:
    """How many stories a list holds, `limit` or more being `limit`; from the counters where they know."""
    way = walk(db, wanted)
    if way is None:
        return 0
    narrowed = wanted.since or wanted.before or wanted.query.strip() or wanted.tag or wanted.watched or wanted.muted
    if not narrowed and wanted.unread + wanted.starred + wanted.later <= 1:
        named = wanted.section is not None
        sections = subscriptions.family(db, wanted.section or "", alone=wanted.alone) if named else ()
        counts = subscriptions.count(db, sections, wanted.source_id)
        if wanted.unread:
            return counts.unread
        return counts.starred if wanted.starred else counts.later if wanted.later else counts.stories
    return _count(db, way, limit)


def newer_than(db: apsw.Connection, wanted: StoryFilter, last_id: int) -> int:
    """How many of a list's stories have a greater id."""
    way = walk(db, wanted)
    if way is None:
        return 0
    source = "states AS s NOT INDEXED" if way.source.startswith("states") else way.source
    return _count(db, replace(way, source=source, where=(*way.where, "s.story_id > ?"), values=(*way.values, last_id)))


def _count(db: apsw.Connection, way: Walk, limit: int = -1) -> int:
    joined = _JOINED if way.stories else ""
    rows = f"FROM {way.source} {joined} WHERE {' AND '.join(way.where)}"
    if limit >= 0:
        rows = f"FROM (SELECT 1 {rows} LIMIT {limit})"
    (counted,) = one(db, f"SELECT count(*) {rows}", way.values)
    return int(counted)


def ids_to_mark(
    db: apsw.Connection,
    wanted: StoryFilter,
    up_to_id: int,
    *,
    read: bool = True,
    down_to: Key | None = None,
    below: Key | None = None,
) -> list[int]:
    """Ids of a list's stories that are to become read, or unread, and are not greater than `up_to_id`: all of them,
    those above a place, or those below."""
    way = walk(db, replace(wanted, unread=wanted.unread or read))
    if way is None:
        return []
    where, values = [*way.where, "s.story_id <= ?"], [*way.values, up_to_id]
    if not read:
        where.append("s.read = 1")
    for key, sign in ((down_to, ">="), (below, "<")):
        if key is not None:
            where.append(f"({way.place}) {sign} (?, ?)")
            values += key
    joined = _JOINED if way.stories else ""
    rows = db.execute(f"SELECT s.story_id FROM {way.source} {joined} WHERE {' AND '.join(where)}", values)
    return [row[0] for row in rows]


def fits(db: apsw.Connection, story_id: int, query: str) -> bool:
    """Whether a query finds this story, in whatever list it is; looks at no other. Raises QueryError."""
    asked = conditions(as_spelled(db, parse(query)), datetime.now(UTC), hits := index.hits_sql(db, story_id))
    where, values = ["s.story_id = ?", "s.hidden & 2 = 0", *asked.where], [story_id, *asked.values]
    if asked.match:
        where.append(f"s.story_id IN ({hits})")
        values += [asked.match] * hits.count("?")
    joined = "states AS s CROSS JOIN stories AS t ON t.id = s.story_id"
    return maybe(db, f"SELECT 1 FROM {joined} WHERE {' AND '.join(where)}", tuple(values)) is not None


def found(db: apsw.Connection, query: str, *, limit: int, newest_first: bool) -> tuple[Headline, ...]:
    """What a query finds, by date or by relevance; of very many, the newest. Raises QueryError."""
    asked = index.understood(db, query, datetime.now(UTC))
    if not asked.match:
        return page(db, StoryFilter(query=query), after=None, before=None, limit=limit)
    if not newest_first:
        return by_id(db, index.ranked(db, asked)[:limit])
    rows = db.execute(
        """SELECT s.story_id FROM json_each(?) AS k CROSS JOIN states AS s ON s.story_id = k.value
        ORDER BY s.shown_at DESC, s.story_id DESC LIMIT ?""",
        (numbers(index.newest_hits(db, asked)[0]), limit),
    )
    return by_id(db, [row[0] for row in rows])
