"""The search index: what goes into it, when, and how a query walks it.

Rows are stored first and indexed afterwards, in small transactions. Until then a search finds them through a table of
this connection's own memory, by the same expression.
"""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

import re
from datetime import datetime

import apsw

from reader.store import query as language
from reader.store.query import Conditions, Node, fold
from reader.store.rows import every, maybe, unpack
from reader.store.schema import TOKENIZER

PENDING_LOOKED_AT = 400
"""Newest stories without an entry that a search looks at; headline, byline and summary only."""
HITS_RANKED = 1_000
"""Newest hits that are put in order, by date or by relevance."""
_TARGETS = re.compile(r"\]\([^)\s]*(?: [^)]*)?\)")
_PENDING = "temp.pending_search"


def index_pending(db: apsw.Connection, limit: int) -> int:
    """Make the entries of at most `limit` stories that lack one, newest first; how many."""
    rows = every(
        db,
        """SELECT p.story_id, t.title, t.authors, t.summary,
            coalesce((SELECT body FROM articles WHERE story_id = p.story_id AND body IS NOT NULL),
                     (SELECT body FROM texts WHERE story_id = p.story_id))
        FROM (SELECT story_id FROM pending ORDER BY story_id DESC LIMIT ?) AS p
        JOIN stories AS t ON t.id = p.story_id ORDER BY p.story_id""",
        (limit,),
    )
    if not rows:
        return 0
    ids = [(row[0],) for row in rows]
    db.executemany("DELETE FROM search WHERE rowid = ?", ids)
    db.executemany(
        "INSERT INTO search (rowid, title, authors, text) VALUES (?, ?, ?, ?)",
        [(row[0], fold(row[1]), fold(row[2]), _text(row[3], unpack(row[4]))) for row in rows],
    )
    db.executemany("DELETE FROM pending WHERE story_id = ?", ids)
    return len(rows)


def _text(summary: str, body: str) -> str:
    """Body and, where it is not its beginning, summary; without the addresses of links."""
    body = _TARGETS.sub("] ", body)
    start = summary[:60].rstrip("… ")
    return fold(body if start and start in body[: len(summary) + 500] else f"{summary}\n{body}")


def hits_sql(db: apsw.Connection) -> str:
    """SQL for the ids that fulfil one FTS5 expression, those not yet indexed included."""
    indexed = "SELECT rowid FROM main.search WHERE search MATCH ?"
    if not _look_at_pending(db):
        return indexed
    return f"{indexed} UNION SELECT rowid FROM {_PENDING} WHERE pending_search MATCH ?"


def _look_at_pending(db: apsw.Connection) -> bool:
    """Bring this connection's own index of the newest pending stories up to date; False when nothing is pending."""
    newest = [
        row[0] for row in every(db, "SELECT story_id FROM pending ORDER BY story_id DESC LIMIT ?", (PENDING_LOOKED_AT,))
    ]
    made = db.table_exists("temp", "pending_search")
    if not newest and not made:
        return False
    if not made:
        db.execute(f"""CREATE VIRTUAL TABLE {_PENDING} USING fts5 (title, authors, text, content = '',
            contentless_delete = 1, tokenize = "{TOKENIZER}");
            CREATE TABLE temp.pending_held (story_id INTEGER PRIMARY KEY, fetched_at INTEGER)""")
    held = {row[0] for row in every(db, "SELECT story_id FROM temp.pending_held")}
    gone, come = held.difference(newest), sorted(set(newest) - held)
    db.executemany(f"DELETE FROM {_PENDING} WHERE rowid = ?", [(one,) for one in gone])
    db.executemany("DELETE FROM temp.pending_held WHERE story_id = ?", [(one,) for one in gone])
    for story_id in come:
        row = maybe(db, "SELECT title, authors, summary FROM stories WHERE id = ?", (story_id,))
        if row:
            db.execute(
                f"INSERT INTO {_PENDING} (rowid, title, authors, text) VALUES (?, ?, ?, ?)", (story_id, *map(fold, row))
            )
            db.execute("INSERT INTO temp.pending_held VALUES (?, 0)", (story_id,))
    return bool(newest)


def understood(db: apsw.Connection, query: str, now: datetime) -> Conditions:
    """A query as conditions on states and stories. Raises QueryError."""
    node: Node = language.parse(query)
    return language.conditions(node, now, hits_sql(db))


def newest_hits(db: apsw.Connection, match: str, limit: int) -> list[int]:
    """Ids that fulfil an expression, the last to arrive first; FTS5 walks its lists from that end."""
    rows = every(db, "SELECT rowid FROM main.search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?", (match, limit))
    ids = [row[0] for row in rows]
    if _look_at_pending(db):
        rows = every(db, f"SELECT rowid FROM {_PENDING} WHERE pending_search MATCH ?", (match,))
        ids = sorted({*ids, *(row[0] for row in rows)}, reverse=True)[:limit]
    return ids


def ranked(db: apsw.Connection, match: str, limit: int) -> list[int]:
    """The newest hits by relevance (bm25, a headline counting four times), the best first."""
    rows = every(
        db,
        """SELECT rowid, bm25(search, 4.0, 2.0, 1.0) FROM main.search WHERE search MATCH ?
        ORDER BY rowid DESC LIMIT ?""",
        (match, limit),
    )
    best = [row[0] for row in sorted(rows, key=lambda row: (row[1], -row[0]))]
    if _look_at_pending(db):
        waiting = [row[0] for row in every(db, f"SELECT rowid FROM {_PENDING} WHERE pending_search MATCH ?", (match,))]
        best = [*sorted(set(waiting) - set(best), reverse=True), *best]
    return best
