"""Looking after the file: what `doctor` checks in it, and what can be made again from the rest."""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

from datetime import datetime

import apsw

from reader.model import Finding
from reader.store import twins
from reader.store.rows import every, numbers, one, to_seconds, unpack
from reader.store.visits import LOST

REMEDY = "broadsheet doctor --repair"
NETWORK = Finding(
    "disk",
    True,
    "The library lies on a network file system. It does without a write-ahead log there, and programs on two machines "
    "are only safe from each other as far as that file system's locks are.",
)

_TALLY = """SELECT source_id, section_id, count(*), sum(read = 0), sum(starred), sum(later),
        sum(hidden = 4), sum(hidden = 4 AND read = 0)
    FROM states WHERE shown_at IS NOT NULL AND hidden & 3 = 0 GROUP BY source_id, section_id"""
PLACED = """UPDATE tags SET shown_at = s.shown_at FROM states AS s
    WHERE s.story_id = tags.story_id AND tags.shown_at IS NOT s.shown_at"""
"""Gives tags their stories' places in lists again."""
TALLIED = f"DELETE FROM counts; INSERT INTO counts {_TALLY}"
"""Makes the counters again."""
_KEPT = """SELECT source_id, section_id, stories, unread, starred, later, behind, behind_unread
    FROM counts WHERE stories <> 0"""


def check(db: apsw.Connection, now: datetime | None = None) -> tuple[Finding, ...]:
    """All checks, those of dates only with a `now`; each is a finding, good or bad."""
    faults = [str(row[0]) for row in every(db, "PRAGMA integrity_check(10)") if row[0] != "ok"]
    in_index = [fault for fault in faults if "fts5" in fault.lower()]
    in_file = [fault for fault in faults if fault not in in_index]
    if in_file:
        # Whatever else is wrong follows from that, and asking for it would meet the damage.
        says = f"The library file is damaged: {in_file[0]} ({len(in_file)} faults or more)."
        return (Finding("library", False, says, REMEDY),)
    return (_rows(db), _counts(db), _states(db), _twins(db), _texts(db), _clock(db, now), _index(db, in_index))


def _rows(db: apsw.Connection) -> Finding:
    if strays := every(db, "PRAGMA foreign_key_check"):
        return Finding("library", False, f"{len(strays)} rows of the library belong to nothing.", REMEDY)
    (stories,) = one(db, "SELECT count(*) FROM stories")
    return Finding("library", True, f"The library file is in order and holds {stories:,} stories.")


def _counts(db: apsw.Connection) -> Finding:
    wrong = one(db, f"SELECT count(*) FROM ({_TALLY} EXCEPT {_KEPT})")[0]
    wrong += one(db, f"SELECT count(*) FROM ({_KEPT} EXCEPT {_TALLY})")[0]
    if wrong:
        return Finding("library", False, "The counters of sections and sources are wrong.", REMEDY)
    return Finding("library", True, "The counters of sections and sources are right.")


def _states(db: apsw.Connection) -> Finding:
    (ghosts,) = one(
        db, "SELECT count(*) FROM states WHERE shown_at IS NOT NULL AND story_id NOT IN (SELECT id FROM stories)"
    )
    (hidden,) = one(db, "SELECT count(*) FROM stories JOIN states ON story_id = stories.id WHERE shown_at IS NULL")
    (astray,) = one(
        db, "SELECT count(*) FROM tags JOIN states USING (story_id) WHERE tags.shown_at IS NOT states.shown_at"
    )
    if wrong := ghosts + hidden + astray:
        return Finding("library", False, f"{wrong} stories are listed but gone, or kept but not listed.", REMEDY)
    return Finding("library", True, "Every listed story is there.")


def _twins(db: apsw.Connection) -> Finding:
    if wrong := twins.astray(db):
        return Finding("library", False, f"{wrong} stories are told twice, or hidden behind nothing.", REMEDY)
    return Finding("library", True, "Of every story that several sources tell, one telling stands in the lists.")


def _broken_bodies(db: apsw.Connection) -> dict[str, list[int]]:
    """Stories with a body that cannot be unpacked, by table."""
    broken: dict[str, list[int]] = {}
    for table in ("texts", "articles", "revisions"):
        for story_id, body in db.execute(f"SELECT story_id, body FROM {table} WHERE body IS NOT NULL"):
            try:
                unpack(body)
            except apsw.CorruptError:
                broken.setdefault(table, []).append(story_id)
    return broken


def _texts(db: apsw.Connection) -> Finding:
    if broken := _broken_bodies(db):
        return Finding("library", False, f"{sum(map(len, broken.values()))} texts are damaged.", REMEDY)
    return Finding("library", True, "Every text can be read.")


_IMPOSSIBLE = "shown_at IS NOT NULL AND (shown_at > ?1 OR shown_at < -2208988800)"
DAY_S = 86_400


def _clock(db: apsw.Connection, now: datetime | None) -> Finding:
    """Of a clock that went wrong for a while: what came then would stand above everything for years."""
    latest = (to_seconds(now) or 0) + DAY_S if now else 1 << 62
    (wrong,) = one(db, f"SELECT count(*) FROM states WHERE {_IMPOSSIBLE}", (latest,))
    if wrong:
        return Finding("library", False, f"{wrong} stories stand under a date that cannot be.", REMEDY)
    return Finding("library", True, "No story stands under a date that cannot be.")


def _index(db: apsw.Connection, faults: list[str]) -> Finding:
    if faults:
        return Finding("search index", False, "The search index is damaged.", REMEDY)
    (missing,) = one(
        db,
        """SELECT count(*) FROM stories WHERE id NOT IN (SELECT id FROM search_docsize)
            AND id NOT IN (SELECT story_id FROM pending)""",
    )
    if missing:
        return Finding("search index", False, f"{missing} stories are not in the search index.", REMEDY)
    (waiting,) = one(db, "SELECT count(*) FROM pending")
    says = f"{waiting} stories wait to be indexed." if waiting else "Every story is in the search index."
    return Finding("search index", True, says)


STRAYS = """
    DELETE FROM stories WHERE id NOT IN (SELECT story_id FROM states);
    DELETE FROM texts WHERE story_id NOT IN (SELECT id FROM stories);
    DELETE FROM articles WHERE story_id NOT IN (SELECT id FROM stories);
    DELETE FROM revisions WHERE story_id NOT IN (SELECT id FROM stories);
    DELETE FROM tags WHERE story_id NOT IN (SELECT story_id FROM states);
    DELETE FROM opened WHERE story_id NOT IN (SELECT story_id FROM states);
    DELETE FROM read_elsewhere WHERE source_id NOT IN (SELECT id FROM subscriptions);
    DELETE FROM remote_sources WHERE source_id NOT IN (SELECT id FROM subscriptions);
    DELETE FROM remote_stories WHERE story_id NOT IN (SELECT story_id FROM states);
    DELETE FROM outbox WHERE story_id NOT IN (SELECT story_id FROM states);
    DELETE FROM image_urls WHERE image_id NOT IN (SELECT id FROM images);
    DELETE FROM pending WHERE story_id NOT IN (SELECT id FROM stories)"""


def mend(db: apsw.Connection, now: datetime | None = None) -> tuple[Finding, ...]:
    """Make again what follows from the rest: counters, listing, and the list of what is to be indexed.

    Raises apsw.CorruptError for a file whose pages are damaged: that is not to be written to any more.
    """
    rows, *others = check(db, now)
    if not others:
        raise apsw.CorruptError(f"CorruptError: {rows.says}")
    counts, states, tellings, texts, clock, index = others
    findings = []
    if not rows.ok:
        db.execute(STRAYS)
        findings.append(Finding("library", True, "Rows that belonged to nothing were removed."))
    if not states.ok:
        db.execute(
            """UPDATE states SET shown_at = NULL
            WHERE shown_at IS NOT NULL AND story_id NOT IN (SELECT id FROM stories);
            UPDATE states SET shown_at = (SELECT coalesce(published_at, first_seen_at) FROM stories WHERE id = story_id)
            WHERE shown_at IS NULL AND story_id IN (SELECT id FROM stories)"""
        )
        db.execute(PLACED)
        findings.append(Finding("library", True, "Stories that were gone are no longer listed."))
    if not tellings.ok or not states.ok:
        twins.mend(db)
        findings.append(Finding("library", True, "Of every story that several sources tell, one stands in the lists."))
    if not texts.ok:
        _drop_bodies(db)
        findings.append(Finding("library", True, "Damaged texts were removed; they are fetched again where they are."))
    if not clock.ok:
        at = to_seconds(now) or 0
        db.execute(
            f"""UPDATE states SET shown_at = max(0, min(?2, coalesce(
                (SELECT coalesce(published_at, first_seen_at) FROM stories WHERE id = story_id), ?2)))
            WHERE {_IMPOSSIBLE}""",
            (at + DAY_S, at),
        )
        findings.append(Finding("library", True, "Stories under a date that cannot be stand under a possible one."))
    if not (counts.ok and states.ok and tellings.ok):
        db.execute(TALLIED)
        findings.append(Finding("library", True, "The counters were made again."))
    if not index.ok:
        db.execute("INSERT INTO search (search) VALUES ('delete-all')")
        db.execute("INSERT OR IGNORE INTO pending SELECT id, 0 FROM stories")
        findings.append(Finding("search index", True, "The search index was made again."))
    return tuple(findings)


def _drop_bodies(db: apsw.Connection) -> None:
    for table, ids in _broken_bodies(db).items():
        gone = "(SELECT value FROM json_each(?))"
        db.execute(f"DELETE FROM {table} WHERE story_id IN {gone}", (numbers(ids),))
        if table == "texts":
            db.execute(f"UPDATE stories SET text_kind = 0, item_hash = {LOST} WHERE id IN {gone}", (numbers(ids),))
        elif table == "articles":
            db.execute(f"UPDATE stories SET article = 0 WHERE id IN {gone}", (numbers(ids),))
        else:
            db.execute(f"UPDATE stories SET revision_count = 0 WHERE id IN {gone}", (numbers(ids),))
