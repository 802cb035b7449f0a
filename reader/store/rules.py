"""Rules on what has just arrived, and what of it the reader wants to be told of; once, as a part of the visit.

A rule looks at the whole text that the source gave, which is not in the search index yet: hence an index of this
connection's own, filled with the arrivals for as long as the rules take.
"""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import apsw
from msgspec.structs import replace

from reader.model import Rule, Told
from reader.query import Words, leaves, parse
from reader.store import search, twins
from reader.store.conditions import LISTED, TOLD, conditions
from reader.store.rows import every, number, numbers, one, text
from reader.store.tags import as_spelled, spelling
from reader.text import EMPTY

_ARRIVED = "SELECT rowid FROM temp.arrived WHERE arrived MATCH ?"


def apply(db: apsw.Connection, rules: Sequence[Rule], ids: Collection[int], now: datetime) -> tuple[Told, ...]:
    """Do with these stories what the rules say, in their order; what one mutes, those after it do not see.

    Raises QueryError.
    """
    trees = [(replace(one, tag=spelling(db, one.tag)), as_spelled(db, parse(one.query))) for one in rules]
    if not ids or not trees:
        return ()
    worded = any(isinstance(leaf, Words) for _, tree in trees for leaf in leaves(tree))
    if worded:
        if not db.table_exists("temp", "arrived"):
            search.index_of_its_own(db, "arrived")
        search.enter(db, "temp.arrived", ids)
    told = []
    for rule, tree in trees:
        asked = conditions(tree, now, _ARRIVED)
        where = [f"s.story_id IN ({_ARRIVED})"] if asked.match else []
        where.append(TOLD if asked.listed == LISTED else asked.listed)
        found = every(
            db,
            f"""SELECT s.story_id, s.hidden = 0 FROM json_each(?) AS k CROSS JOIN states AS s ON s.story_id = k.value
            CROSS JOIN stories AS t ON t.id = s.story_id WHERE {" AND ".join((*where, *asked.where))}
            ORDER BY s.shown_at DESC, s.story_id DESC""",
            (numbers(ids), *([asked.match] if asked.match else []), *asked.values),
        )
        if caught := [number(story_id) for story_id, _ in found]:
            _act(db, rule, caught)
        # Of a story that stands behind another telling, the reader was told when that one came.
        if rule.notify and (news := [number(story_id) for story_id, listed in found if listed]):
            told.append(telling(db, rule, news))
    if worded:
        db.execute("INSERT INTO temp.arrived (arrived) VALUES ('delete-all')")
    return tuple(told)


def _act(db: apsw.Connection, rule: Rule, ids: Collection[int]) -> None:
    """What is kept is the story: of several tellings the one that stands in the lists. Muted is this telling alone."""
    these = "story_id IN (SELECT value FROM json_each(?))"
    if rule.starred or rule.later or rule.tag:
        firsts = twins.standing_for(db, ids)
        db.execute(
            f"UPDATE states SET starred = max(starred, ?), later = max(later, ?) WHERE {these}",
            (rule.starred, rule.later, numbers(firsts)),
        )
        rows = [(one, rule.tag) for one in firsts if rule.tag]
        db.executemany("INSERT OR IGNORE INTO tags (story_id, tag) VALUES (?, ?)", rows)
    if rule.read or rule.muted:
        db.execute(f"UPDATE states SET read = 1 WHERE {these}", (numbers(ids),))
    if rule.muted:
        db.execute(f"UPDATE states SET hidden = hidden & 2 | 1 WHERE {these}", (numbers(ids),))
        twins.settle_around(db, ids)


def telling(db: apsw.Connection, rule: Rule | None, ids: Sequence[int]) -> Told:
    """What to tell of stories, the newest of them first."""
    (title,) = one(db, "SELECT title FROM stories WHERE id = ?", (ids[0],))
    return Told(rule.name if rule else EMPTY, len(ids), ids[0], text(title))
