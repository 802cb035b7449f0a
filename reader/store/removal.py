"""The end of a source: hidden for a day with its stories, so that it can come back as it was, and then gone."""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

from datetime import datetime

import apsw

from reader.store import twins
from reader.store.rows import every, numbers, to_seconds
from reader.store.stories import KEPT, forget

DAY_S = 86_400
"""For how long what was done can be undone; also after a clock that was ahead for a while."""
_HIDDEN = "source_id = ? AND shown_at IS NOT NULL AND hidden & 2"


def hide(db: apsw.Connection, source_id: int, *, now: datetime) -> tuple[int, ...]:
    """No longer follow it, nor list its stories, but for those that the reader kept; the ids of those hidden.

    Where another source tells them too, its telling comes forward.
    """
    db.execute(
        "UPDATE subscriptions SET removed_at = ? WHERE id = ? AND removed_at IS NULL", (to_seconds(now), source_id)
    )
    return _ids(
        db,
        f"""UPDATE states INDEXED BY states_source SET hidden = hidden & 1 | 2
        WHERE source_id = ? AND shown_at IS NOT NULL AND hidden & 2 = 0 AND NOT ({KEPT}) RETURNING story_id""",
        source_id,
    )


def restore(db: apsw.Connection, source_id: int) -> tuple[int, ...]:
    """Follow it again, with the stories that were hidden; their ids."""
    db.execute("UPDATE subscriptions SET removed_at = NULL WHERE id = ?", (source_id,))
    return _ids(
        db,
        f"UPDATE states INDEXED BY states_source SET hidden = hidden & ~2 WHERE {_HIDDEN} RETURNING story_id",
        source_id,
    )


def _ids(db: apsw.Connection, sql: str, source_id: int) -> tuple[int, ...]:
    ids = tuple(sorted(story_id for (story_id,) in db.execute(sql, (source_id,))))
    twins.settle_around(db, ids)
    return ids


def ended(db: apsw.Connection, now: datetime) -> list[int]:
    """Sources whose removal can no longer be undone, and of which more is there than what the reader kept.

    One that was never followed, and for whose stories states from another program wait, is none of them; nor is one
    that the sync server is still to be told of.
    """
    rows = every(
        db,
        f"""SELECT id FROM subscriptions AS f WHERE removed_at NOT BETWEEN ?1 - {DAY_S} AND ?1 + {DAY_S}
            AND id NOT IN (SELECT source_id FROM remote_sources) AND (
            EXISTS (SELECT 1 FROM states INDEXED BY states_source WHERE {_HIDDEN.replace("?", "f.id")})
            OR NOT EXISTS (SELECT 1 FROM counts WHERE source_id = f.id AND stories > 0)
                AND NOT EXISTS (SELECT 1 FROM read_elsewhere WHERE source_id = f.id))""",
        (to_seconds(now),),
    )
    return [row[0] for row in rows]


def purge(db: apsw.Connection, source_id: int) -> None:
    """Let go of a removed source for good. What the reader kept stays, and the source's name with it."""
    states = every(
        db,
        f"SELECT story_id, shown_at IS NOT NULL AND ({KEPT}) FROM states WHERE source_id = ?",
        (source_id,),
    )
    leaving = [story_id for story_id, kept in states if not kept]
    forget(db, leaving)
    db.execute("DELETE FROM states WHERE story_id IN (SELECT value FROM json_each(?))", (numbers(leaving),))
    if len(leaving) < len(states):
        db.execute(
            "DELETE FROM identities WHERE source_id = ? AND story_id IN (SELECT value FROM json_each(?))",
            (source_id, numbers(leaving)),
        )
        db.execute("UPDATE subscriptions SET login = '' WHERE id = ?", (source_id,))
    else:
        db.execute("DELETE FROM identities WHERE source_id = ?", (source_id,))
        db.execute("DELETE FROM counts WHERE source_id = ?", (source_id,))
        db.execute("DELETE FROM subscriptions WHERE id = ?", (source_id,))
