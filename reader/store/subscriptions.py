"""The tables subscriptions, sections and counts: who is followed, how their visits went, where their stories stand."""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import apsw
from msgspec import Struct

from reader.errors import NotFoundError, ReaderError
from reader.model import (
    Counts,
    Following,
    Health,
    Section,
    SourceCount,
    SourceRow,
    Subscription,
    Unchanged,
    Validators,
)
from reader.nesting import lies_in
from reader.store import twins
from reader.store.changes import Changes
from reader.store.rows import (
    Row,
    every,
    maybe,
    number,
    number_or_none,
    numbers,
    one,
    text,
    to_instant,
    to_seconds,
)
from reader.store.rows import url as to_url
from reader.text import EMPTY, NO_URL, SafeText, SafeUrl, host_of

_COLUMNS = """id, kind, url, name, section, home_url, language, full_text, login, typed_host, etag, last_modified,
    body_hash, last_fetch_at, last_ok_at, next_due_at, error, failures, gone"""

_DUE_AT_ONCE = "gone = 0, error = '', failures = 0, next_due_at = NULL"
"""What an edit by the reader resets."""
_NO_VALIDATORS = "etag = '', last_modified = '', body_hash = ''"


def address_of(url: SafeUrl) -> str:
    """What makes two addresses the same subscription.

    Stricter than text.url_key: a parameter that only tracks on a story's page may choose the feed here (`?rss=sport`).
    """
    parts = urlsplit(url)
    return parts.netloc.removeprefix("www.") + parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")


def _subscription(row: Row) -> Subscription:
    return Subscription(
        id=row[0],
        kind=text(row[1]),
        url=to_url(row[2]),
        title=text(row[3]),
        section=text(row[4]),
        home_url=to_url(row[5]),
        language=text(row[6]),
        full_text=bool(row[7]),
        login=text(row[8]),
        typed_host=text(row[9]),
        validators=Validators(text(row[10]), text(row[11]), text(row[12])),
        health=Health(
            *(to_instant(row[13]), to_instant(row[14]), to_instant(row[15])),
            *(text(row[16]), number(row[17]), bool(row[18])),
        ),
    )


def get(db: apsw.Connection, source_id: int) -> Subscription:
    """One that is followed. Raises NotFoundError."""
    row = maybe(db, f"SELECT {_COLUMNS} FROM subscriptions WHERE id = ? AND removed_at IS NULL", (source_id,))
    if row is None:
        raise NotFoundError(f"There is no source {source_id}.")
    return _subscription(row)


def find(db: apsw.Connection, url: SafeUrl) -> Subscription | None:
    """The one at an address."""
    row = maybe(
        db, f"SELECT {_COLUMNS} FROM subscriptions WHERE address = ? AND removed_at IS NULL", (address_of(url),)
    )
    return _subscription(row) if row else None


class NewSubscription(Struct, frozen=True):
    """What is known of a source before it was first visited."""

    kind: str
    url: SafeUrl
    title: SafeText = EMPTY
    title_given: SafeText = EMPTY
    section: SafeText = EMPTY
    home_url: SafeUrl = NO_URL
    login: str = ""
    typed_host: str = ""

    @classmethod
    def of(cls, one: Subscription) -> NewSubscription:
        """As a file of the reader's has it: its title is their own name for it, and its host one that they typed."""
        return cls(
            one.kind,
            one.url,
            title_given=one.title,
            section=one.section,
            home_url=one.home_url,
            login=one.login,
            typed_host=one.typed_host or urlsplit(one.url).hostname or "",
        )


def trust_no_more(db: apsw.Connection, source_id: int) -> None:
    """Forget that the reader typed its host."""
    db.execute("UPDATE subscriptions SET typed_host = '' WHERE id = ?", (source_id,))


def add(db: apsw.Connection, new: NewSubscription) -> bool:
    """Follow it; False when it was followed already, and then only a name, section or login that it lacked is added."""
    if new.section:
        section_id(db, new.section)
    address = address_of(new.url)
    values = (new.kind, new.url, new.title, new.title_given, new.section, new.home_url, new.login, new.typed_host)
    old = maybe(db, "SELECT id, removed_at, section FROM subscriptions WHERE address = ?", (address,))
    if old is None:
        db.execute(
            "INSERT INTO subscriptions"
            " (kind, url, title, title_given, section, home_url, login, typed_host, address, host)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, address, host_of(new.url) or new.url),
        )
    elif old[1] is not None:
        db.execute(
            "UPDATE subscriptions SET kind = ?, url = ?, title = coalesce(nullif(?, ''), title), title_given = ?,"
            " section = ?, home_url = ?,"
            f" login = ?, typed_host = ?, removed_at = NULL, {_DUE_AT_ONCE}, {_NO_VALIDATORS} WHERE id = ?",
            (*values, old[0]),
        )
        db.execute("DELETE FROM batches WHERE source_id = ?", (old[0],))  # Its removal has been undone.
        back = "UPDATE states SET hidden = hidden & ~2 WHERE source_id = ? AND hidden & 2 RETURNING story_id"
        twins.settle_around(db, [row[0] for row in every(db, back, (old[0],))])
        _move_stories(db, old[0], new.section)
    else:
        db.execute(
            "UPDATE subscriptions SET title_given = coalesce(nullif(title_given, ''), ?),"
            " login = coalesce(nullif(?, ''), login), typed_host = coalesce(nullif(?, ''), typed_host) WHERE id = ?",
            (new.title_given, new.login, new.typed_host, old[0]),
        )
        if new.section and not old[2]:
            edit(db, old[0], section=new.section)
    return old is None or old[1] is not None


def edit(
    db: apsw.Connection,
    source_id: int,
    *,
    title: SafeText | None = None,
    section: SafeText | None = None,
    url: SafeUrl | None = None,
    full_text: bool | None = None,
) -> None:
    """Change what is not None, and look at the source anew when next asked."""
    db.execute(f"UPDATE subscriptions SET {_DUE_AT_ONCE} WHERE id = ?", (source_id,))
    if title is not None:
        db.execute("UPDATE subscriptions SET title_given = ? WHERE id = ?", (title, source_id))
    if full_text is not None:
        db.execute("UPDATE subscriptions SET full_text = ? WHERE id = ?", (full_text, source_id))
    if url is not None:
        if not _move(db, source_id, url):
            raise ReaderError(f"{url} is followed already, by another source.")
        typed_host = urlsplit(url).hostname or ""
        db.execute(f"UPDATE subscriptions SET typed_host = ?, {_NO_VALIDATORS} WHERE id = ?", (typed_host, source_id))
    if section is not None:
        put_into(db, source_id, section)


def put_into(db: apsw.Connection, source_id: int, section: SafeText) -> None:
    """Put a source and its stories into a section."""
    if section:
        section_id(db, section)
    db.execute("UPDATE subscriptions SET section = ? WHERE id = ?", (section, source_id))
    _move_stories(db, source_id, section)


def _move(db: apsw.Connection, source_id: int, url: SafeUrl) -> bool:
    """Give a source a new address, unless another has it. A login never goes to another origin."""
    address = address_of(url)
    db.execute(  # One that was removed, and is there for its stories' sake only, makes way.
        "UPDATE subscriptions SET address = address || ' ' || id WHERE address = ? AND removed_at IS NOT NULL",
        (address,),
    )
    taken = maybe(db, "SELECT 1 FROM subscriptions WHERE address = ? AND id <> ?", (address, source_id))
    if taken:
        return False
    host = host_of(url) or url
    old = one(db, "SELECT url FROM subscriptions WHERE id = ?", (source_id,))
    if not _may_have_login(to_url(old[0]), url):
        db.execute("UPDATE subscriptions SET login = '' WHERE id = ?", (source_id,))
    db.execute("UPDATE subscriptions SET url = ?, address = ?, host = ? WHERE id = ?", (url, address, host, source_id))
    return True


def _may_have_login(old: SafeUrl, new: SafeUrl) -> bool:
    """Whether a login for the old address is one for the new: the same origin, or its step from http to https."""
    before, after = urlsplit(old), urlsplit(new)
    if before.hostname != after.hostname:
        return False
    return (before.scheme, before.port) == (after.scheme, after.port) or after.scheme == "https"


def _move_stories(db: apsw.Connection, source_id: int, section: SafeText) -> None:
    """Put a source's stories into a section; with "", each into the one that its publisher named."""
    if section:
        db.execute(
            "UPDATE states SET section_id = ?1 WHERE source_id = ?2 AND shown_at IS NOT NULL AND section_id <> ?1",
            (section_id(db, section), source_id),
        )
        return
    named = every(
        db,
        "SELECT s.story_id, t.section FROM states AS s JOIN stories AS t ON t.id = s.story_id"
        " WHERE s.source_id = ? AND s.shown_at IS NOT NULL AND t.section <> ''",
        (source_id,),
    )
    ids = {name: section_id(db, name) for name in {name for _, name in named}}
    db.executemany("UPDATE states SET section_id = ? WHERE story_id = ?", [(ids[name], story) for story, name in named])


def section_id(db: apsw.Connection, name: str) -> int:
    """The section of that name, made when it is new."""
    row = maybe(db, "SELECT id FROM sections WHERE name = ?", (name,))
    if row is None:
        row = one(db, "INSERT INTO sections (name) VALUES (?) RETURNING id", (name,))
    return int(row[0])


def family(db: apsw.Connection, section: str, *, alone: bool = False) -> list[int]:
    """Ids of the section of that name and of those that lie in it; itself need not be there."""
    inside = "" if alone else "OR (name > ?1 || '/' AND name < ?1 || '0')"  # in ASCII, 0 follows the slash
    rows = every(db, f"SELECT id, name FROM sections WHERE name = ?1 {inside} ORDER BY name", (section,))
    return [number(row[0]) for row in rows if lies_in(text(row[1]), section)]


# Visits


_WAITS = "next_due_at > ? AND next_due_at <= ? AND coalesce(last_fetch_at, 0) <= ?"
"""Who is not due, with the values of `_clock`."""


def _clock(now: datetime, interval: timedelta) -> tuple[int, int, int]:
    """Now, the latest that a visit is ever put off to, and the latest that the last one can have been.

    A clock that was ahead for a while leaves dates behind that it takes years to reach: who waits for one is due.
    """
    at = int(now.timestamp())
    return at, at + 86_400 + int(interval.total_seconds()), at + 3_600


def due(
    db: apsw.Connection, now: datetime, ids: Collection[int], *, everything: bool, interval: timedelta
) -> tuple[Subscription, ...]:
    """Who is to be visited, the longest unvisited first."""
    where: str
    values: tuple[int | str | None, ...]
    if ids:
        where, values = "id IN (SELECT value FROM json_each(?))", (numbers(ids),)
    elif everything:
        where, values = "gone = 0", ()
    else:
        where, values = f"gone = 0 AND (next_due_at IS NULL OR NOT ({_WAITS}))", _clock(now, interval)
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM subscriptions WHERE removed_at IS NULL AND {where} ORDER BY last_fetch_at, id", values
    )
    return tuple(_subscription(row) for row in rows)


def next_due_at(db: apsw.Connection, now: datetime, interval: timedelta) -> datetime | None:
    """When the next visit is due: the epoch for one that is due at once, None when there is nobody to visit."""
    row = one(
        db,
        f"""SELECT min(CASE WHEN next_due_at <= ? OR {_WAITS} THEN next_due_at ELSE 0 END) FROM subscriptions
        WHERE removed_at IS NULL AND gone = 0""",
        (int(now.timestamp()), *_clock(now, interval)),
    )
    return to_instant(number_or_none(row[0]))


def record_visit(db: apsw.Connection, changes: Changes) -> None:
    """A good visit: what the publisher says of itself, what to send next time, when that is."""
    now = to_seconds(changes.now)
    db.execute(
        """UPDATE subscriptions SET etag = ?, last_modified = ?, body_hash = ?, error = ?, failures = 0, gone = 0,
            last_fetch_at = ?, last_ok_at = ?, next_due_at = ?,
            title = coalesce(nullif(?, ''), title), home_url = coalesce(nullif(?, ''), home_url),
            language = coalesce(nullif(?, ''), language)
        WHERE id = ?""",
        (
            *(changes.validators.etag, changes.validators.last_modified, changes.validators.body_hash, changes.warning),
            *(now, now, to_seconds(changes.next_due_at)),
            *(changes.title, changes.home_url, changes.language, changes.source_id),
        ),
    )
    if changes.moved_to:
        _move(db, changes.source_id, changes.moved_to)


def record_unchanged(
    db: apsw.Connection, source_id: int, unchanged: Unchanged, *, now: datetime, next_due_at: datetime
) -> None:
    """A good visit that brought nothing; a 304 may leave out validators, which then stay (RFC 9110 section 15.4.5)."""
    at, validators = to_seconds(now), unchanged.validators
    db.execute(
        """UPDATE subscriptions SET error = '', failures = 0, gone = 0, last_fetch_at = ?, last_ok_at = ?,
            next_due_at = ?, etag = coalesce(nullif(?, ''), etag),
            last_modified = coalesce(nullif(?, ''), last_modified), body_hash = coalesce(nullif(?, ''), body_hash)
        WHERE id = ?""",
        (
            *(at, at, to_seconds(next_due_at)),
            *(validators.etag, validators.last_modified, validators.body_hash, source_id),
        ),
    )
    if unchanged.moved_to:
        _move(db, source_id, unchanged.moved_to)


def record_failure(
    db: apsw.Connection,
    source_id: int,
    error: SafeText,
    *,
    now: datetime,
    next_due_at: datetime,
    gone: bool,
    counts: bool,
) -> None:
    """A visit that failed; what is kept of the source stays as it is."""
    db.execute(
        """UPDATE subscriptions SET error = ?, failures = failures + ?, gone = max(gone, ?), last_fetch_at = ?,
            next_due_at = ? WHERE id = ?""",
        (error, counts, gone, to_seconds(now), to_seconds(next_due_at), source_id),
    )


# What the front ends show


def rows(db: apsw.Connection) -> tuple[SourceRow, ...]:
    """Everyone who is followed, with counts, by section and then title."""
    counted = {
        row[0]: Counts(*map(number, row[1:]))
        for row in db.execute(
            "SELECT source_id, sum(stories), sum(unread), sum(starred), sum(later) FROM counts GROUP BY source_id"
        )
    }
    found = [_subscription(row) for row in db.execute(f"SELECT {_COLUMNS} FROM subscriptions WHERE removed_at IS NULL")]
    found.sort(key=lambda one: (one.section.casefold(), one.title.casefold(), one.id))
    return tuple(SourceRow(one, counted.get(one.id, Counts())) for one in found)


def following(db: apsw.Connection) -> Following:
    """How many, and when one was last read; without a look at each."""
    count, last = one(db, "SELECT count(*), max(last_ok_at) FROM subscriptions WHERE removed_at IS NULL")
    return Following(number(count), to_instant(number_or_none(last)))


def sections(db: apsw.Connection, opened: Collection[str] = ()) -> tuple[Section, ...]:
    """Those that hold stories, or that a subscription names; placed ones first, then by name.

    A source counts all that it tells, a section each story once. The sources in them are told of those that are
    `opened`: there may be thousands, and few of them are looked at.
    """
    sums = db.execute(
        """SELECT section_id, sum(stories - behind), sum(unread - behind_unread), sum(starred), sum(later)
        FROM counts WHERE stories > 0 GROUP BY section_id"""
    )
    counts = {row[0]: Counts(*map(number, row[1:])) for row in sums}
    failing = {
        section
        for (section,) in db.execute(
            """SELECT DISTINCT c.section_id FROM subscriptions AS f JOIN counts AS c ON c.source_id = f.id
            WHERE f.error <> '' AND c.stories > 0"""
        )
    }
    named = {
        text(name).casefold()
        for (name,) in db.execute("SELECT DISTINCT section FROM subscriptions WHERE removed_at IS NULL")
    }
    found = []
    for section, stored_name, position in db.execute("SELECT id, name, position FROM sections"):
        name = text(stored_name)
        if section in counts or name.casefold() in named:
            its = _sources_in(db, section) if name in opened else ()
            order = (position is None, number_or_none(position) or 0, name.casefold())
            found.append((order, Section(name, counts.get(section, Counts()), section in failing, its)))
    return tuple(section for _, section in sorted(found, key=lambda pair: pair[0]))


def _sources_in(db: apsw.Connection, section: int) -> tuple[SourceCount, ...]:
    """Largest first."""
    rows = db.execute(
        """SELECT c.source_id, f.name, c.stories, c.unread, c.starred, c.later, f.error <> ''
        FROM counts AS c JOIN subscriptions AS f ON f.id = c.source_id WHERE c.section_id = ? AND c.stories > 0""",
        (section,),
    )
    its = [SourceCount(row[0], text(row[1]), Counts(*map(number, row[2:6])), failing=bool(row[6])) for row in rows]
    return tuple(sorted(its, key=lambda one: (-one.counts.stories, one.title.casefold(), one.source_id)))


def sources_in(db: apsw.Connection, section: str) -> tuple[int, ...]:
    """Those with stories in a section or in one within it."""
    rows = db.execute(
        """SELECT DISTINCT source_id FROM counts WHERE stories > 0
        AND section_id IN (SELECT value FROM json_each(?)) ORDER BY source_id""",
        (numbers(family(db, section)),),
    )
    return tuple(row[0] for row in rows)


def totals(db: apsw.Connection) -> Counts:
    """Of the whole library."""
    return count(db)


def count(db: apsw.Connection, sections: Collection[int] = (), source: int | None = None) -> Counts:
    """Of some sections, of a source, or what they share; of all with neither. A source counts all that it tells."""
    row = one(
        db,
        """SELECT coalesce(sum(stories - behind * (?2 IS NULL)), 0),
            coalesce(sum(unread - behind_unread * (?2 IS NULL)), 0),
            coalesce(sum(starred), 0), coalesce(sum(later), 0)
        FROM counts WHERE (?1 IS NULL OR section_id IN (SELECT value FROM json_each(?1)))
            AND (?2 IS NULL OR source_id = ?2)""",
        (numbers(sections) if sections else None, source),
    )
    return Counts(*map(number, row))
