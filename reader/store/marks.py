"""What the reader does with stories, in steps: each can be undone and done again, over restarts, for a day.

A step (a batch) is written down first, as what each story's state was and is to become, and then taken; undoing it is
taking it backwards. A field that has not the value it is left from has been changed by somebody since, and stays.
"""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache

import apsw
from msgspec import Struct

from reader.model import Change, Counts, TagCount, Verb
from reader.store import removal, twins
from reader.store.rows import every, forged, maybe, number, number_or_none, numbers, one, text, to_seconds
from reader.store.tags import spelling
from reader.text import EMPTY, SafeText

READ, STARRED, LATER, UPDATED, WATCHED, MUTED = (1 << bit for bit in range(6))
"""A state as a number."""
_FIELDS = (
    *((READ, "read"), (STARRED, "starred"), (LATER, "later"), (UPDATED, "updated"), (WATCHED, "watched")),
    (MUTED, "hidden & 1"),
)
_BITS = " | ".join(f"{bit} * ({field})" for bit, field in _FIELDS)
_THERE = "shown_at IS NOT NULL AND hidden & 2 = 0"


class Marks(Struct, frozen=True):
    """Which fields are to change, and to what; None leaves one as it is."""

    read: bool | None = None
    starred: bool | None = None
    later: bool | None = None
    watched: bool | None = None
    muted: bool | None = None

    @property
    def bits(self) -> tuple[int, int]:
        """Those to clear and those to set. Reading takes off `updated`; what the reader wants to see is not muted."""
        wanted = {READ: self.read, STARRED: self.starred, LATER: self.later, WATCHED: self.watched, MUTED: self.muted}
        off, on = (sum(bit for bit, value in wanted.items() if value is side) for side in (False, True))
        if self.read:
            off |= UPDATED
        if self.muted:
            on |= READ
        elif self.read is False or self.starred or self.later or self.watched:
            off |= MUTED
        return off, on

    @property
    def verb(self) -> Verb:
        """What is done, for a sentence; of several things the one that is told."""
        for value, yes, no in (
            (self.muted, Verb.MUTE, Verb.UNMUTE),
            (self.starred, Verb.STAR, Verb.UNSTAR),
            (self.later, Verb.LATER, Verb.UNLATER),
            (self.watched, Verb.WATCH, Verb.UNWATCH),
        ):
            if value is not None:
                return yes if value else no
        return Verb.UNREAD if self.read is False else Verb.READ


# Steps


def mark(
    db: apsw.Connection, ids: Collection[int], marks: Marks, *, about: SafeText = EMPTY, now: datetime
) -> tuple[int, ...]:
    """Change states; the ids of those that were otherwise before. What is read is read in all its tellings."""
    batch = _begin(db, marks.verb, about, now)
    off, on = marks.bits
    _note_states(db, batch, ids, off, on)
    if (off | on) & READ and (tellings := twins.others(db, ids)):
        _note_states(db, batch, tellings, off & (READ | UPDATED), on & READ)
        return tuple(sorted(set(ids).intersection(_take(db, batch, now))))
    return _take(db, batch, now)


def retag(
    db: apsw.Connection, ids: Collection[int], names: Mapping[SafeText, bool], *, now: datetime
) -> tuple[int, ...]:
    """Give stories tags, in their first spelling, or take them (False), in one step; the ids of those that changed."""
    wanted: dict[SafeText, bool] = {}
    for name in {name.casefold(): name for name in names}.values():
        wanted[spelling(db, name)] = names[name]
    name, there = next(iter(wanted.items())) if len(wanted) == 1 else (EMPTY, False)
    batch = _begin(db, (Verb.TAG if there else Verb.UNTAG) if name else Verb.RETAG, name, now)
    db.executemany(
        f"""INSERT OR IGNORE INTO batch_changes SELECT ?1, story_id, ?2, NOT ?3, ?3 FROM states
        WHERE story_id IN (SELECT value FROM json_each(?4)) AND {_THERE}
            AND ?3 <> EXISTS (SELECT 1 FROM tags WHERE tags.story_id = states.story_id AND tag = ?2)""",
        [(batch, name, there, numbers(ids)) for name, there in wanted.items()],
    )
    if any(wanted.values()):
        _note_states(db, batch, ids, MUTED, 0)
    return _take(db, batch, now)


def remove_source(db: apsw.Connection, source_id: int, title: SafeText, *, now: datetime) -> None:
    """Stop following a source, as a step that can be undone."""
    batch = _begin(db, Verb.REMOVE, title, now, source_id)
    db.execute(_CUT_OFF)
    _turn(db, batch, source_id, now, forward=True)


def _begin(db: apsw.Connection, verb: Verb, about: SafeText, now: datetime, source_id: int | None = None) -> int:
    (batch,) = one(
        db,
        "INSERT INTO batches (made_at, verb, about, source_id) VALUES (?, ?, ?, ?) RETURNING id",
        (to_seconds(now), verb, about, source_id),
    )
    return number(batch)


def _note_states(db: apsw.Connection, batch: int, ids: Collection[int], off: int, on: int) -> None:
    db.execute(
        f"""INSERT INTO batch_changes SELECT ?1, story_id, '', {_BITS}, ({_BITS}) & ~?2 | ?3 FROM states
        WHERE story_id IN (SELECT value FROM json_each(?4)) AND {_THERE} AND ({_BITS}) <> (({_BITS}) & ~?2 | ?3)""",
        (batch, off, on, numbers(ids)),
    )


def _take(db: apsw.Connection, batch: int, now: datetime) -> tuple[int, ...]:
    """Do what was noted; a step that would change nothing is none, and leaves what was undone to be done again."""
    if maybe(db, "SELECT 1 FROM batch_changes WHERE batch_id = ?", (batch,)) is None:
        db.execute("DELETE FROM batches WHERE id = ?", (batch,))
        return ()
    db.execute(_CUT_OFF)
    return _turn(db, batch, None, now, forward=True)


def _turn(db: apsw.Connection, batch: int, source_id: int | None, now: datetime, *, forward: bool) -> tuple[int, ...]:
    """Take a step, or take it back; the ids of stories that changed."""
    if source_id is not None:
        return removal.hide(db, source_id, now=now) if forward else removal.restore(db, source_id)
    start, end = ("was", "became") if forward else ("became", "was")
    changed = {story_id for (story_id,) in db.execute(_states_sql(start, end), (to_seconds(now), batch))}
    twins.settle_around(db, changed)
    noted = f"SELECT story_id, tag FROM batch_changes WHERE batch_id = ? AND tag <> '' AND {end} ="
    come = db.execute(
        f"""INSERT OR IGNORE INTO tags (story_id, tag) {noted} 1
        AND EXISTS (SELECT 1 FROM states WHERE states.story_id = batch_changes.story_id) RETURNING story_id""",
        (batch,),
    ).fetchall()
    gone = db.execute(f"DELETE FROM tags WHERE (story_id, tag) IN ({noted} 0) RETURNING story_id", (batch,)).fetchall()
    return tuple(sorted({*changed, *(row[0] for row in (*come, *gone))}))


@cache
def _states_sql(start: str, end: str) -> str:
    """Sets each field that still has the value of `start` to that of `end`."""

    def value(bit: int, column: str) -> str:
        return f"c.{column} & {bit} <> 0"

    def moved(bit: int, field: str) -> str:
        return f"CASE WHEN ({field}) = ({value(bit, start)}) THEN {value(bit, end)} ELSE {field} END"

    sets = [f"{field} = {moved(bit, field)}" for bit, field in _FIELDS if bit != MUTED]
    # What is muted stands behind nothing, and what is no longer muted finds its place when its cluster is settled.
    was, becomes = "hidden & 1", moved(MUTED, "hidden & 1")
    sets.append(f"hidden = CASE WHEN ({becomes}) = ({was}) THEN hidden ELSE hidden & 2 | ({becomes}) END")
    stale = " OR ".join(
        f"({value(bit, start)}) <> ({value(bit, end)}) AND ({field}) = ({value(bit, start)})" for bit, field in _FIELDS
    )
    return f"""UPDATE states SET {", ".join(sets)}, changed_at = ? FROM batch_changes AS c
        WHERE c.batch_id = ? AND c.tag = '' AND states.story_id = c.story_id AND ({stale}) RETURNING states.story_id"""


# Back and forth

_RECENT = f"made_at BETWEEN ?1 - {removal.DAY_S} AND ?1 + {removal.DAY_S}"
_LAST_DONE = f"SELECT max(id) FROM batches WHERE undone = 0 AND {_RECENT}"
_NEXT_UNDONE = f"SELECT min(id) FROM batches WHERE undone = 1 AND {_RECENT}"
_CUT_OFF = "UPDATE batches SET undone = 2 WHERE undone = 1"
"""What was undone before something new was done is not done again."""


def undo(db: apsw.Connection, now: datetime) -> Change | None:
    """Take the last step back; what that did, None when there is no step."""
    return _walk(db, _LAST_DONE, now, forward=False)


def redo(db: apsw.Connection, now: datetime) -> Change | None:
    """Take again the step that was taken back last."""
    return _walk(db, _NEXT_UNDONE, now, forward=True)


def _walk(db: apsw.Connection, which: str, now: datetime, *, forward: bool) -> Change | None:
    row = maybe(db, f"SELECT id, verb, about, source_id FROM batches WHERE id = ({which})", (to_seconds(now),))
    if row is None:
        return None
    batch, source_id = number(row[0]), number_or_none(row[3])
    changed = _turn(db, batch, source_id, now, forward=forward)
    db.execute("UPDATE batches SET undone = ? WHERE id = ?", (not forward, batch))
    if row[1] not in tuple(Verb):
        raise forged("a verb in it")
    stories, again = (changed, ()) if source_id is not None else twins.told_once(db, changed)
    return Change(Verb(row[1]), text(row[2]), stories, source_id, again)


def forget(db: apsw.Connection, now: datetime) -> None:
    """Let go of the steps of earlier days."""
    db.execute(f"DELETE FROM batches WHERE NOT ({_RECENT})", (to_seconds(now),))


# Tags


def tags(db: apsw.Connection) -> tuple[TagCount, ...]:
    """Those that stories have, by name."""
    rows = every(
        db,
        """SELECT min(g.tag), count(*), sum(s.read = 0), sum(s.starred), sum(s.later)
        FROM tags AS g INDEXED BY tags_tag CROSS JOIN states AS s ON s.story_id = g.story_id
        WHERE g.shown_at IS NOT NULL AND s.hidden & 3 = 0 GROUP BY g.tag""",
    )
    found = [TagCount(text(row[0]), Counts(*map(number, row[1:]))) for row in rows]
    return tuple(sorted(found, key=lambda one: one.name.casefold()))
