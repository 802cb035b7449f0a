"""What the reader did with stories in another program, taken over: onto those that are here, those that the reader kept
brought along, and the rest left waiting under their keys until they arrive."""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import apsw
from msgspec import Struct
from msgspec.structs import astuple, replace

from reader.store import stories, subscriptions, twins, visits
from reader.store.changes import Arrival, Changes
from reader.store.rows import maybe, number, numbers, one, text, to_seconds
from reader.store.subscriptions import NewSubscription, address_of, section_id
from reader.store.tags import spelling
from reader.text import SafeText


class Carried(Struct, frozen=True):
    """A story of another program, and what was done with it there."""

    arrival: Arrival
    """As it is added if the reader kept it and it is not here: its publisher may never list it again."""
    read: bool = False
    starred: bool = False
    later: bool = False
    tags: tuple[SafeText, ...] = ()
    dropped: bool = False
    """It was deleted there, and is not to come up here."""

    @property
    def kept(self) -> bool:
        """Whether it is to be brought along."""
        return bool(self.starred or self.later or self.tags)


class Taken(Struct, frozen=True):
    """How many stories were changed, and in which way. Sums add up."""

    read: int = 0
    starred: int = 0
    later: int = 0
    tagged: int = 0
    added: int = 0
    """Were not here, and were brought along."""
    waiting: int = 0
    """Are to arrive as read."""

    def __add__(self, other: Taken) -> Taken:
        return Taken(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))


def source_for(db: apsw.Connection, new: NewSubscription, now: datetime) -> tuple[int, SafeText, bool]:
    """Id and section of the source at an address, and whether it is followed.

    One that is not gets a row all the same, as a source has that was removed: what is kept of it has a place then, and
    what waits for its stories is found when it is followed one day.
    """
    query = "SELECT id, section, removed_at IS NULL FROM subscriptions WHERE address = ?"
    row = maybe(db, query, (address_of(new.url),))
    if row is None:
        subscriptions.add(db, new)
        row = one(db, query, (address_of(new.url),))
        db.execute("UPDATE subscriptions SET removed_at = ? WHERE id = ?", (to_seconds(now), row[0]))
        return number(row[0]), text(row[1]), False
    return number(row[0]), text(row[1]), bool(row[2])


def take_over(db: apsw.Connection, source_id: int, carried: Sequence[Carried], *, now: datetime) -> Taken:
    """Take over what was done with stories of one source; nothing that was done here is undone by it."""
    here = _ids(db, source_id, carried)
    strangers = [story for story in carried if _id_of(story, here) is None]
    kept = [replace(story.arrival, item_hash=visits.LOST) for story in strangers if story.kept]
    added = visits.add(db, Changes(source_id, now, arrivals=tuple(sorted(kept, key=lambda new: new.shown_at))))
    for story in strangers:
        if story.dropped and not story.kept:
            _keep_out(db, source_id, story.arrival)
    waiting = _wait(db, source_id, (story for story in strangers if story.read and not (story.kept or story.dropped)))
    return replace(_mark(db, _ids(db, source_id, carried), carried, now), added=len(added), waiting=waiting)


def _ids(db: apsw.Connection, source_id: int, carried: Sequence[Carried]) -> dict[int, int]:
    """The stories that are here, by key; those of a source that is not followed also where another one has them.

    For it may be the same source, which has moved to another address since.
    """
    keys = {key for story in carried for key in story.arrival.keys}
    here = {key: story.id for key, story in visits.known(db, source_id, keys).items()}
    if maybe(db, "SELECT 1 FROM subscriptions WHERE id = ? AND removed_at IS NULL", (source_id,)) is None:
        for arrival in (story.arrival for story in carried if _id_of(story, here) is None and story.arrival.item.url):
            if elsewhere := stories.find(db, arrival.item.url):
                here.update(dict.fromkeys(arrival.keys, elsewhere))
    return here


def _id_of(story: Carried, here: dict[int, int]) -> int | None:
    return next((here[key] for key in story.arrival.keys if key in here), None)


def _mark(db: apsw.Connection, here: dict[int, int], carried: Iterable[Carried], now: datetime) -> Taken:
    there = [(story_id, story) for story in carried if (story_id := _id_of(story, here)) is not None]
    read = [story_id for story_id, story in there if story.read or story.dropped]
    starred = [story_id for story_id, story in there if story.starred]
    later = [story_id for story_id, story in there if story.later]
    tagged = set()
    for story_id, story in there:
        for tag in story.tags:
            db.execute("INSERT OR IGNORE INTO tags (story_id, tag) VALUES (?, ?)", (story_id, spelling(db, tag)))
            if db.changes():
                tagged.add(story_id)
    taken = Taken(
        read=_set(db, read, "read = 1, updated = 0", "read = 0", now),
        starred=_set(db, starred, "starred = 1, hidden = hidden & ~1", "starred = 0", now),
        later=_set(db, later, "later = 1, hidden = hidden & ~1", "later = 0", now),
        tagged=len(tagged),
    )
    _set(db, twins.others(db, read), "read = 1, updated = 0", "read = 0", now)
    twins.settle_around(db, (*starred, *later))
    return taken


def _set(db: apsw.Connection, ids: Iterable[int], assignments: str, where: str, now: datetime) -> int:
    """Change states of stories that are there; how many. An import is no step of the reader's that could be undone."""
    db.execute(
        f"""UPDATE states SET {assignments}, changed_at = ?
        WHERE story_id IN (SELECT value FROM json_each(?)) AND shown_at IS NOT NULL AND {where}""",
        (to_seconds(now), numbers(ids)),
    )
    return db.changes()


def _keep_out(db: apsw.Connection, source_id: int, arrival: Arrival) -> None:
    """Be known as a story that was here and has been pruned, which no visit brings back."""
    keys = arrival.keys[: visits.MAX_KEYS]
    (story_id,) = one(
        db,
        "INSERT INTO states (source_id, section_id, read, key_count) VALUES (?, ?, 1, ?) RETURNING story_id",
        (source_id, section_id(db, arrival.section), len(keys)),
    )
    db.executemany("INSERT OR IGNORE INTO identities VALUES (?, ?, ?)", [(source_id, key, story_id) for key in keys])


def _wait(db: apsw.Connection, source_id: int, read: Iterable[Carried]) -> int:
    """Leave the keys of stories that are to arrive as read; how many stories were not waited for before."""
    waiting = 0
    for story in read:
        before = db.total_changes()
        rows = [(source_id, key) for key in story.arrival.keys]
        db.executemany("INSERT OR IGNORE INTO read_elsewhere VALUES (?, ?)", rows)
        waiting += db.total_changes() > before
    return waiting
