"""The search index: what goes into it, when, and how a query walks it.

Rows are stored first and indexed afterwards, in small transactions. Until then a search finds them through a table of
this connection's own memory, by the same expression.
"""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from weakref import WeakKeyDictionary

import apsw
from msgspec import Struct

from reader.patterns import late
from reader.query import fold, parse
from reader.store.conditions import INDEXED, Conditions, conditions
from reader.store.rows import every, maybe, numbers, one, text, unpack
from reader.store.schema import TOKENIZER
from reader.store.tags import as_spelled

PENDING_LOOKED_AT = 100
"""Newest stories without an entry that a search looks at; headline, byline and summary only. While a refresh runs they
are others with every letter that is typed, so they must be few; it indexes them all when it has them."""
HITS_RANKED = 1_000
"""Newest hits that are put in order, by date or by relevance."""
MOST_COMPLETIONS = 200
"""Words that stand for the beginning of one. Each costs a look into the index; a beginning costs all their entries."""
MOST_BEGINNINGS = 16
"""Whose words are remembered at once."""
_STRUCTURE = 10
"""Where FTS5 keeps what its index is made of (FTS5, "The Structure Record"); it changes whenever the index does."""
_LEAST = "\x01"
"""Comes before all that a word may go on with."""
_TARGETS = late(r"\]\([^)\s]*(?: [^)]*)?\)")
_PENDING = "temp.pending_search"


class _Known(Struct):
    """Words by their beginnings, in an index of this shape."""

    shape: bytes
    words: dict[str, list[str]]


_KNOWN: WeakKeyDictionary[apsw.Connection, _Known] = WeakKeyDictionary()
"""What each connection, and so its thread alone, has looked up."""


def index_pending(db: apsw.Connection, limit: int) -> int:
    """Make the entries of at most `limit` stories that lack one, newest first; how many."""
    waiting = every(db, "SELECT story_id, replaces FROM pending ORDER BY story_id DESC LIMIT ?", (limit,))
    ids = [row[0] for row in waiting]
    db.executemany("DELETE FROM search WHERE rowid = ?", [(row[0],) for row in waiting if row[1]])
    enter(db, "main.search", ids)
    db.executemany("DELETE FROM pending WHERE story_id = ?", [(one,) for one in ids])
    return len(ids)


def enter(db: apsw.Connection, table: str, ids: Collection[int]) -> None:
    """Put stories, with all their words, into an index of the shape of `search` that does not have them."""
    rows = every(
        db,
        """SELECT t.id, t.title, t.authors, t.summary,
            coalesce((SELECT body FROM articles WHERE story_id = t.id AND body IS NOT NULL),
                     (SELECT body FROM texts WHERE story_id = t.id))
        FROM stories AS t WHERE t.id IN (SELECT value FROM json_each(?)) ORDER BY t.id""",
        (numbers(ids),),
    )
    db.executemany(
        f"INSERT INTO {table} (rowid, title, authors, text) VALUES (?, ?, ?, ?)",
        [(row[0], fold(text(row[1])), fold(text(row[2])), _text(text(row[3]), unpack(row[4]))) for row in rows],
    )


def index_of_its_own(db: apsw.Connection, name: str) -> None:
    """An index of the shape of `search` in this connection's own memory."""
    db.execute(f"""CREATE VIRTUAL TABLE temp.{name} USING fts5 (title, authors, text, content = '',
        contentless_delete = 1, tokenize = "{TOKENIZER}")""")


def _text(summary: str, body: str) -> str:
    """Body and, where it is not its beginning, summary; without the addresses of links."""
    body = _TARGETS.sub("] ", body)
    start = summary[:60].rstrip("… ")
    return fold(body if start and start in body[: len(summary) + 500] else f"{summary}\n{body}")


def hits_sql(db: apsw.Connection, story_id: int | None = None) -> str:
    """SQL for the ids that fulfil one FTS5 expression, those not yet indexed included; or for this one, if it does."""
    only = "" if story_id is None else f" AND rowid = {story_id:d}"
    if not _look_at_pending(db):
        return f"{INDEXED}{only}"
    return f"{INDEXED}{only} UNION SELECT rowid FROM {_PENDING} WHERE pending_search MATCH ?{only}"


def _look_at_pending(db: apsw.Connection) -> bool:
    """Bring this connection's own index of the newest pending stories up to date; False when nothing is pending."""
    newest = [
        row[0] for row in every(db, "SELECT story_id FROM pending ORDER BY story_id DESC LIMIT ?", (PENDING_LOOKED_AT,))
    ]
    made = db.table_exists("temp", "pending_search")
    if not newest and not made:
        return False
    if not made:
        index_of_its_own(db, "pending_search")
        db.execute("CREATE TABLE temp.pending_held (story_id INTEGER PRIMARY KEY)")
    held = {row[0] for row in every(db, "SELECT story_id FROM temp.pending_held")}
    gone, come = held.difference(newest), sorted(set(newest) - held)
    db.executemany(f"DELETE FROM {_PENDING} WHERE rowid = ?", [(one,) for one in gone])
    db.executemany("DELETE FROM temp.pending_held WHERE story_id = ?", [(one,) for one in gone])
    for story_id in come:
        row = maybe(db, "SELECT title, authors, summary FROM stories WHERE id = ?", (story_id,))
        if row:
            db.execute(
                f"INSERT INTO {_PENDING} (rowid, title, authors, text) VALUES (?, ?, ?, ?)",
                (story_id, *(fold(text(value)) for value in row)),
            )
            db.execute("INSERT INTO temp.pending_held VALUES (?)", (story_id,))
    return bool(newest)


def understood(db: apsw.Connection, query: str, now: datetime) -> Conditions:
    """A query as conditions on states and stories. Raises QueryError."""
    return conditions(as_spelled(db, parse(query)), now, hits_sql(db))


def newest_hits(db: apsw.Connection, asked: Conditions) -> tuple[list[int], str]:
    """Ids of the newest HITS_RANKED stories that fulfil all conditions, last to arrive first; and the FTS5 expression
    by which they were found.

    FTS5 walks the entries of words from that end and stops when it has enough; only for the beginning of a word does
    it first read all entries of all words that have it. So where the word as it stands gives enough, that is the
    answer, and else the words that have that beginning are asked for by name, where they are not too many.
    """
    expression = asked.spelled_out(lambda _: ())
    ids = _walk(db, "main.search", expression, asked)
    if len(ids) == HITS_RANKED or expression == asked.match:
        more = ids
    else:
        expression = asked.spelled_out(partial(_completions, db))
        more = _walk(db, "main.search", expression, asked)
    if len(ids) < HITS_RANKED and db.table_exists("temp", "pending_search"):  # up to date since it was understood
        more = sorted({*more, *_walk(db, _PENDING, asked.match, asked)}, reverse=True)[:HITS_RANKED]
    return more, expression


def _completions(db: apsw.Connection, beginning: str) -> list[str] | None:
    """Other words of the index that begin so; None where they are too many to be asked for one by one.

    Words that were looked up for a shorter beginning are among its own: while one is written, the first look does.
    """
    if not (beginning.isascii() and beginning.isalnum()):
        return None
    beginning = beginning.lower()
    (shape,) = one(db, f"SELECT block FROM main.search_data WHERE id = {_STRUCTURE}")
    known = _KNOWN.get(db)
    if known is None or known.shape != shape or len(known.words) > MOST_BEGINNINGS:
        known = _KNOWN[db] = _Known(shape, {})
    for shorter, words in known.words.items():
        if beginning.startswith(shorter):
            return [word for word in words if word.startswith(beginning) and word != beginning]
    found = _look_up(db, beginning)
    if found is not None:
        known.words[beginning] = found
    return found


def _look_up(db: apsw.Connection, beginning: str) -> list[str] | None:
    """The same, from the index. To pass over a common word may cost it milliseconds."""
    if not db.table_exists("temp", "words"):
        db.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search, instance)")
    found: list[str] = []
    after = beginning + _LEAST
    while len(found) <= MOST_COMPLETIONS:
        row = maybe(db, "SELECT term FROM temp.words WHERE term >= ? LIMIT 1", (after,))
        if row is None or not text(row[0]).startswith(beginning):
            return found
        found.append(row[0])
        after = row[0] + _LEAST
    return None


def _walk(db: apsw.Connection, table: str, match: str, asked: Conditions) -> list[int]:
    name = table.partition(".")[2]
    joined = "CROSS JOIN states AS s ON s.story_id = i.rowid"
    if asked.stories:
        joined += " CROSS JOIN stories AS t ON t.id = i.rowid"
    where = " AND ".join((f"{name} MATCH ?", "s.shown_at IS NOT NULL", asked.listed, *asked.where))
    rows = db.execute(
        f"SELECT i.rowid FROM {table} AS i {joined} WHERE {where} ORDER BY i.rowid DESC LIMIT ?",
        (match, *asked.values, HITS_RANKED),
    )
    return [row[0] for row in rows]


def ranked(db: apsw.Connection, asked: Conditions) -> list[int]:
    """The same ids, best first (bm25, a headline counting four times); what waits to be indexed before all others."""
    ids, expression = newest_hits(db, asked)
    if not ids:
        return []
    rows = every(
        db,
        """SELECT rowid, bm25(search, 4.0, 2.0, 1.0) FROM main.search WHERE search MATCH ? AND rowid >= ?
        ORDER BY rowid DESC""",
        (expression, min(ids)),
    )
    scores: dict[int, float] = dict(rows)
    return sorted(ids, key=lambda one: (scores.get(one, float("-inf")), -one))
