"""Looking after the file: what `doctor` checks in it, and what can be made again from the rest."""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

import apsw

from reader.model import Finding
from reader.store.rows import every, one

REMEDY = "broadsheet doctor --repair"

_TALLY = """SELECT source_id, section_id, count(*), sum(read = 0), sum(starred), sum(later)
    FROM states WHERE shown_at IS NOT NULL GROUP BY source_id, section_id"""
_KEPT = "SELECT source_id, section_id, stories, unread, starred, later FROM counts WHERE stories <> 0"


def check(db: apsw.Connection) -> tuple[Finding, ...]:
    """All checks; each is a finding, good or bad."""
    faults = [str(row[0]) for row in every(db, "PRAGMA integrity_check(10)") if row[0] != "ok"]
    in_index = [fault for fault in faults if "fts5" in fault.lower()]
    in_file = [fault for fault in faults if fault not in in_index]
    return (_file(db, in_file), _counts(db), _states(db), _index(db, in_index))


def _file(db: apsw.Connection, faults: list[str]) -> Finding:
    if faults:
        says = f"The library file is damaged: {faults[0]} ({len(faults)} faults or more)."
        return Finding("library", False, says, "Restore a backup, or export what can be read and begin anew.")
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
    if ghosts or hidden:
        return Finding(
            "library", False, f"{ghosts + hidden} stories are listed but gone, or kept but not listed.", REMEDY
        )
    return Finding("library", True, "Every listed story is there.")


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


_STRAYS = """
    DELETE FROM stories WHERE id NOT IN (SELECT story_id FROM states);
    DELETE FROM texts WHERE story_id NOT IN (SELECT id FROM stories);
    DELETE FROM articles WHERE story_id NOT IN (SELECT id FROM stories);
    DELETE FROM revisions WHERE story_id NOT IN (SELECT id FROM stories);
    DELETE FROM tags WHERE story_id NOT IN (SELECT story_id FROM states);
    DELETE FROM image_urls WHERE image_id NOT IN (SELECT id FROM images);
    DELETE FROM pending WHERE story_id NOT IN (SELECT id FROM stories)"""


def mend(db: apsw.Connection) -> tuple[Finding, ...]:
    """Make again what follows from the rest: counters, listing, and the list of what is to be indexed."""
    file, counts, states, index = check(db)
    findings = []
    if file.remedy == REMEDY:
        db.execute(_STRAYS)
        findings.append(Finding("library", True, "Rows that belonged to nothing were removed."))
    if not states.ok:
        db.execute(
            """UPDATE states SET shown_at = NULL
            WHERE shown_at IS NOT NULL AND story_id NOT IN (SELECT id FROM stories);
            UPDATE states SET shown_at = (SELECT coalesce(published_at, first_seen_at) FROM stories WHERE id = story_id)
            WHERE shown_at IS NULL AND story_id IN (SELECT id FROM stories)"""
        )
        findings.append(Finding("library", True, "Stories that were gone are no longer listed."))
    if not counts.ok or not states.ok:
        db.execute(f"DELETE FROM counts; INSERT INTO counts {_TALLY}")
        findings.append(Finding("library", True, "The counters were made again."))
    if not index.ok:
        db.execute("INSERT INTO search (search) VALUES ('delete-all')")
        db.execute("INSERT OR IGNORE INTO pending SELECT id, 0 FROM stories")
        findings.append(Finding("search index", True, "The search index was made again."))
    return tuple(findings)
