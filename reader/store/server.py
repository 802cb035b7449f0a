"""The sync server's side in the library: what of ours it has, what it is still to be told, and what it says.

Marks come into the outbox by triggers on `states`, in the transaction that makes them, whoever makes them; and leave it
when the server has them. As long as one is there, nothing that the server says of that state counts.
"""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

import apsw
import msgspec

from reader.model import Health
from reader.remote import KIND, Field, Followed, Mark, Met, RemoteSource, RemoteSources, States
from reader.store import marks, subscriptions, twins
from reader.store.connection import Database
from reader.store.rows import (
    every,
    forged,
    maybe,
    number,
    number_or_none,
    numbers,
    one,
    text,
    to_instant,
    to_seconds,
    url,
)
from reader.store.subscriptions import NewSubscription, address_of
from reader.text import SafeText

BATCH = 500
"""States that one transaction takes over: another program's mark waits no longer than that."""
SOON = timedelta(minutes=5)
"""How long a mark waits at most while news is looked for by itself."""
_OURS = f"kind = '{KIND}' AND removed_at IS NULL"


class Server:
    """The part of a `Store` that a sync server is about. Each method is one transaction, or one look."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # Visits

    def health(self, name: str) -> Health:
        """How the last visits to a server went; of one that was never visited, that it is due."""
        with self._db.reading() as db:
            row = maybe(
                db,
                "SELECT last_fetch_at, last_ok_at, next_due_at, error, failures FROM servers WHERE name = ?",
                (name,),
            )
            if row is None:
                return Health()
            fetched, well, due = (to_instant(number_or_none(at)) for at in row[:3])
            return Health(fetched, well, due, error=text(row[3]), failures=number(row[4]))

    def next_due_at(self, name: str, now: datetime, interval: timedelta) -> datetime:
        """When a server is to be visited next: sooner where a mark waits and the last visit went well.

        A date that a clock which was ahead has left behind counts for nothing.
        """
        health = self.health(name)
        if health.last_fetch_at is None or health.next_due_at is None:
            return now
        at = health.next_due_at
        if not health.error and self.waiting():
            at = min(at, health.last_fetch_at + SOON)
        return at if at <= now + interval + timedelta(days=1) and health.last_fetch_at <= now + SOON else now

    def begin(self, name: str) -> None:
        """A visit to this server begins. If it was another before, what that one called things means nothing any more.

        Its sources are the reader's own from now on, and nothing that this one is to be given unasked. What is still to
        be told stays, for the stories that this one turns out to have.
        """
        with self._db.writing() as db:
            if maybe(db, "SELECT 1 FROM servers WHERE name = ? AND is_ours = 1", (name,)) is None:
                had = "id IN (SELECT source_id FROM remote_sources)"
                db.execute(f"UPDATE subscriptions SET kind = 'feed' WHERE {_OURS} AND {had}")
                db.execute("DELETE FROM servers; DELETE FROM remote_sources; DELETE FROM remote_stories")
                db.execute("INSERT INTO servers (name, is_ours) VALUES (?, 1)", (name,))

    def record(self, name: str, *, now: datetime, next_due_at: datetime, error: SafeText, counts: bool = True) -> None:
        """Write down how a visit went, at the server and at each of its sources; `counts` a failure in a row."""
        at, due = to_seconds(now), to_seconds(next_due_at)
        with self._db.writing() as db:
            db.execute("INSERT OR IGNORE INTO servers (name) VALUES (?)", (name,))
            for table, where, values in (("servers", "name = ?", (name,)), ("subscriptions", _OURS, ())):
                db.execute(
                    f"""UPDATE {table} SET error = ?1, last_fetch_at = ?2, next_due_at = ?3,
                        last_ok_at = CASE ?1 WHEN '' THEN ?2 ELSE last_ok_at END,
                        failures = CASE ?1 WHEN '' THEN 0 ELSE failures + ?4 END
                    WHERE {where.replace("?", "?5")}""",
                    (error, at, due, counts, *values),
                )

    # Sources

    def followed(self) -> tuple[Followed, ...]:
        """The sources that the server has or had, or is to have."""
        with self._db.snapshot() as db:
            named: dict[int, list[str]] = {}
            for remote_id, source_id in db.execute("SELECT remote_id, source_id FROM remote_sources"):
                named.setdefault(number(source_id), []).append(text(remote_id))
            rows = every(
                db,
                f"""SELECT id, url, title_given, section, removed_at IS NOT NULL FROM subscriptions
                WHERE kind = '{KIND}' AND (removed_at IS NULL OR id IN (SELECT source_id FROM remote_sources))""",
            )
            return tuple(
                Followed(
                    *(number(row[0]), url(row[1]), text(row[2]), text(row[3])),
                    *(tuple(named.get(row[0], ())), bool(row[4])),
                )
                for row in rows
            )

    def forget_source(self, remote_id: str) -> None:
        """The server no longer has it."""
        with self._db.writing() as db:
            db.execute("DELETE FROM remote_sources WHERE remote_id = ?", (remote_id,))

    def name_source(self, source_id: int, remote: RemoteSource) -> None:
        """A source that was added here is at the server under that name now."""
        with self._db.writing() as db:
            db.execute("INSERT OR REPLACE INTO remote_sources VALUES (?, ?, ?)", (remote.id, source_id, remote.section))

    def refuse_source(self, source_id: int, error: SafeText) -> None:
        """The server did not take it."""
        with self._db.writing() as db:
            db.execute("UPDATE subscriptions SET error = ? WHERE id = ?", (error, source_id))

    def follow(self, there: RemoteSources, *, now: datetime) -> dict[str, int]:
        """Follow what the server follows, in its sections; what it has no longer is removed as the reader would do it.

        A source of the reader's at the same address becomes the server's, with its stories. A list that is empty or not
        whole removes nothing. What is given is the source of ours for each of the server's.
        """
        listed = there.listed
        for first in range(0, len(listed), BATCH):
            with self._db.writing() as db:
                for remote in listed[first : first + BATCH]:
                    _follow_one(db, remote)
        if listed and there.whole:
            self._remove_all_but({remote.id for remote in listed}, now)
        with self._db.reading() as db:
            rows = every(
                db,
                f"""SELECT remote_id, source_id FROM remote_sources
                JOIN subscriptions ON id = source_id WHERE {_OURS}""",
            )
            return {text(remote_id): number(source_id) for remote_id, source_id in rows}

    def _remove_all_but(self, names: Collection[str], now: datetime) -> None:
        with self._db.reading() as db:
            there = [text(row[0]) for row in every(db, "SELECT remote_id FROM remote_sources")]
        for name in there:
            if name in names:
                continue
            with self._db.writing() as db:
                gone = db.execute("DELETE FROM remote_sources WHERE remote_id = ? RETURNING source_id", (name,))
                for (source_id,) in gone.fetchall():
                    row = maybe(db, f"SELECT name FROM subscriptions WHERE id = ? AND {_OURS}", (source_id,))
                    other = maybe(db, "SELECT 1 FROM remote_sources WHERE source_id = ?", (source_id,))
                    if row and not other:
                        marks.remove_source(db, number(source_id), text(row[0]), now=now)

    # Stories

    def unknown(self, ids: Iterable[str]) -> list[str]:
        """Those that are none of ours yet, in the given order."""
        asked = list(ids)
        with self._db.reading() as db:
            rows = db.execute(
                """SELECT value FROM json_each(?) WHERE NOT EXISTS
                    (SELECT 1 FROM remote_stories WHERE remote_id = value)""",
                (_names(asked),),
            )
            missing = {row[0] for row in rows}
        return [one for one in asked if one in missing]

    # States

    def waiting(self) -> int:
        """How many marks the server is still to be told, of stories that it has."""
        with self._db.reading() as db:
            told = "story_id IN (SELECT story_id FROM remote_stories)"
            return number(one(db, f"SELECT count(*) FROM outbox WHERE {told}")[0])

    def marks(self) -> tuple[Mark, ...]:
        """What the server is still to be told, of stories that it has."""
        with self._db.reading() as db:
            rows = every(
                db,
                """SELECT story_id, field, value, remote_id FROM outbox JOIN remote_stories USING (story_id)
                ORDER BY field, value, story_id""",
            )
            found: dict[tuple[int, str], Mark] = {}
            for story_id, field, value, remote_id in rows:
                if field not in tuple(Field):
                    raise forged("a state in the outbox")
                before = found.get((story_id, field))
                ids = (*(before.ids if before else ()), text(remote_id))
                found[story_id, field] = Mark(number(story_id), Field(field), bool(value), ids)
            return tuple(found.values())

    def told(self, marks_told: Collection[Mark]) -> None:
        """The server has these; one that was changed again meanwhile is still to be told."""
        with self._db.writing() as db:
            db.executemany(
                "DELETE FROM outbox WHERE story_id = ? AND field = ? AND value = ?",
                [(mark.story_id, mark.field, mark.value) for mark in marks_told],
            )

    def take(self, states: States, *, now: datetime) -> int:
        """Take over what the server says of its stories, but for what it is still to be told; how many states changed.

        Only of sources that it has: what it lets go of with a source is no wish of the reader's. Where it says that
        nothing is starred, no star goes; and where it has no stories at all, it does not say that all are read.
        """
        changed = self._take(Field.READ, states.unread, False, now) + self._take(
            Field.STARRED, states.starred, True, now
        )
        if Field.READ in states.whole and states.recent:
            changed += self._take(Field.READ, states.unread, True, now, listed=False)
        if Field.STARRED in states.whole and states.starred:
            changed += self._take(Field.STARRED, states.starred, False, now, listed=False)
        return changed

    def _take(self, field: Field, ids: Collection[str], value: bool, now: datetime, *, listed: bool = True) -> int:
        named = "story_id IN (SELECT story_id FROM remote_stories WHERE remote_id IN (SELECT value FROM json_each(?2)))"
        with self._db.reading() as db:
            rows = every(
                db,
                f"""SELECT DISTINCT story_id FROM remote_stories JOIN states AS s USING (story_id)
                WHERE {field} = NOT ?1 AND {"" if listed else "NOT "}{named}
                    AND source_id IN (SELECT source_id FROM remote_sources)
                    AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.story_id = s.story_id AND field = '{field}')""",
                (value, _names(ids)),
            )
            changing = [number(row[0]) for row in rows]
        for first in range(0, len(changing), BATCH):
            with self._db.writing() as db:
                set_states(db, changing[first : first + BATCH], field, value, now=now)
        return len(changing)


def meet(db: apsw.Connection, source_id: int, met: Sequence[Met]) -> None:
    """Join stories of ours and of the server's for the first time: what either side read or starred is so on both."""
    keys = numbers(key for one_met in met for key in one_met.keys)
    found = db.execute(
        "SELECT key, story_id FROM identities WHERE source_id = ? AND key IN (SELECT value FROM json_each(?))",
        (source_id, keys),
    )
    here = {number(key): number(story_id) for key, story_id in found}
    found_by = ((one_met, next((here[key] for key in one_met.keys if key in here), None)) for one_met in met)
    joined = [(one_met, story_id) for one_met, story_id in found_by if story_id is not None]
    db.executemany(
        "INSERT OR REPLACE INTO remote_stories VALUES (?, ?)", [(one_met.id, story_id) for one_met, story_id in joined]
    )
    for field in Field:
        there = {story_id for one_met, story_id in joined if getattr(one_met, field)}
        set_states(db, there, field, True, now=None)
        db.execute(
            f"""INSERT OR IGNORE INTO outbox SELECT story_id, '{field}', 1 FROM states
            WHERE story_id IN (SELECT value FROM json_each(?)) AND {field} = 1""",
            (numbers({story_id for _, story_id in joined} - there),),
        )


def set_states(db: apsw.Connection, ids: Iterable[int], field: Field, value: bool, *, now: datetime | None) -> None:
    """Give stories a state that the server has: no step of the reader's, and nothing of these that it is to be told.

    `now` is when the reader did it; where that is not known, some time after the story appeared. What is read, or
    unread again, is so in all its tellings; and of the others the server is to be told.
    """
    # As where the reader does it: who reads a story has seen its revision, and a star takes it out of the muted.
    more = ", updated = 0" if field is Field.READ and value else ", hidden = hidden & ~1" if value else ""
    changed = db.execute(
        f"""UPDATE states SET {field} = ?1, changed_at = coalesce(?2, changed_at, shown_at){more}
        WHERE story_id IN (SELECT value FROM json_each(?3)) AND {field} <> ?1
            AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.story_id = states.story_id AND field = '{field}')
        RETURNING story_id""",
        (value, to_seconds(now), numbers(ids)),
    ).fetchall()
    changed_ids = [number(row[0]) for row in changed]
    db.execute(
        f"DELETE FROM outbox WHERE field = '{field}' AND story_id IN (SELECT value FROM json_each(?))",
        (numbers(changed_ids),),
    )
    if field is Field.READ and (tellings := twins.others(db, changed_ids)):
        db.execute(
            f"""UPDATE states SET read = ?1, changed_at = coalesce(?2, changed_at){more}
            WHERE story_id IN (SELECT value FROM json_each(?3)) AND read <> ?1 AND hidden & 1 = 0""",
            (value, to_seconds(now), numbers(tellings)),
        )
    twins.settle_around(db, changed_ids)


def _follow_one(db: apsw.Connection, remote: RemoteSource) -> None:
    known = maybe(
        db,
        f"""SELECT source_id, r.section, {_OURS} FROM remote_sources AS r JOIN subscriptions AS f ON f.id = source_id
        WHERE remote_id = ?""",
        (remote.id,),
    )
    if known is not None and not known[2]:
        return  # removed here, and the server could not be told
    if known is None:
        source_id = _adopt(db, remote)
    else:
        source_id = number(known[0])
        if text(known[1]) != remote.section:
            subscriptions.put_into(db, source_id, remote.section)
    db.execute("INSERT OR REPLACE INTO remote_sources VALUES (?, ?, ?)", (remote.id, source_id, remote.section))
    db.execute(
        """UPDATE subscriptions SET title = coalesce(nullif(?, ''), title), home_url = coalesce(nullif(?, ''), home_url)
        WHERE id = ?""",
        (remote.title, remote.home_url, source_id),
    )


def _adopt(db: apsw.Connection, remote: RemoteSource) -> int:
    """The source at that address, from now on the server's; its section stays where the reader chose one."""
    new = NewSubscription(KIND, remote.url, remote.title, section=remote.section, home_url=remote.home_url)
    is_new = subscriptions.add(db, new)
    source_id, section = one(db, "SELECT id, section FROM subscriptions WHERE address = ?", (address_of(remote.url),))
    if not is_new:
        db.execute(f"UPDATE subscriptions SET kind = '{KIND}', gone = 0 WHERE id = ?", (source_id,))
        if not section:
            subscriptions.put_into(db, number(source_id), remote.section)
    return number(source_id)


def _names(ids: Iterable[str]) -> str:
    return msgspec.json.encode(list(ids)).decode()
