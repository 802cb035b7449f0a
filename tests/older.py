"""Libraries as older versions of the program left them, made of one of this version.

`tests/corpus/store/schema-N.sql` is SCHEMA as version N had it; never edited once that version is released.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw

from reader.store import schema

OLDER = (1, 2)


def schema_of(version: int) -> Path:
    """Where the schema of a version is."""
    return Path(__file__).parent / "corpus" / "store" / f"schema-{version}.sql"


def make_older(source: Path, target: Path, version: int) -> None:
    """A library of that version with everything of `source` that it knew of: no clusters, no server, no history."""
    with closing(apsw.Connection(str(target))) as db:
        db.execute(schema_of(version).read_text())
        db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = {version}")
        db.execute("ATTACH ? AS newer", (str(source),))
        with db:
            for (table,) in db.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
                " AND name NOT LIKE 'search%' AND name NOT LIKE 'sqlite%' AND name <> 'counts'"
            ).fetchall():
                theirs = {row[1] for row in db.execute(f"PRAGMA newer.table_info({table})")}
                columns = ", ".join(row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] in theirs)
                values = columns.replace("hidden", "hidden & 3").replace("cluster_id", "NULL")
                db.execute(f"INSERT INTO {table} ({columns}) SELECT {values} FROM newer.{table}")
            db.execute("INSERT OR IGNORE INTO pending SELECT id, 0 FROM stories")
            db.execute(
                "UPDATE main.sqlite_sequence AS mine SET seq = theirs.seq FROM newer.sqlite_sequence AS theirs"
                " WHERE mine.name = theirs.name"
            )
        db.execute("DETACH newer")
