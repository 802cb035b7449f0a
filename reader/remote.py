"""What is exchanged with a sync server: its sources, its stories, and states of stories. Values only, no I/O."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from reader.errors import OfflineError, RefusedError, RetryLaterError
from reader.model import Item
from reader.text import EMPTY, NO_URL, SafeText, SafeUrl

KIND = "greader"
"""Of the sources that a sync server has, in `Subscription.kind`."""
OF_THE_SERVER = (OfflineError, RefusedError, RetryLaterError)
"""Failures that end a visit: it is not there, or wants none of us now. Any other is a matter of that one request."""


class Field(StrEnum):
    """A state that both sides know. Read later, watched, muted and tags are ours alone."""

    READ = "read"
    STARRED = "starred"


class RemoteSource(Struct, frozen=True):
    """A subscription as the server lists it."""

    id: str
    """Its stream, such as `feed/12`; printable, as given."""
    url: SafeUrl
    """Of the feed that the server fetches."""
    title: SafeText = EMPTY
    home_url: SafeUrl = NO_URL
    section: SafeText = EMPTY
    """Its first category; "" for none."""


class RemoteSources(Struct, frozen=True):
    """The subscriptions of a server."""

    listed: tuple[RemoteSource, ...]
    whole: bool = True
    """Whether every one could be read, so that the list also says what is not followed."""


class RemoteStory(Struct, frozen=True):
    """A story as the server gives it."""

    id: str
    """As `sources.stream.item_id` makes them equal."""
    source: str
    """The stream that it is of."""
    item: Item
    read: bool = False
    starred: bool = False


class Met(Struct, frozen=True):
    """A story of the server's as one of ours, found by its keys, with the states that it has there."""

    id: str
    keys: tuple[int, ...]
    read: bool
    starred: bool


class States(Struct, frozen=True):
    """The server's side of all stories at one moment, by their ids."""

    unread: frozenset[str]
    starred: frozenset[str]
    recent: tuple[str, ...] = ()
    """All that it should be asked for where it is not here: what is unread, starred or came lately, newest first."""
    whole: frozenset[Field] = frozenset(Field)
    """Of which state the list is complete, so that it also says which stories have it not."""

    def has(self, field: Field, remote_id: str) -> bool | None:
        """Whether a story has that state there; None where that is not known."""
        listed = remote_id in (self.unread if field is Field.READ else self.starred)
        if not listed and field not in self.whole:
            return None
        return listed is not (field is Field.READ)


class Mark(Struct, frozen=True):
    """A state that was given to a story here, and that the server is to be told."""

    story_id: int
    field: Field
    value: bool
    ids: tuple[str, ...]
    """The story's at the server; more than one where it has the story more than once."""


class Followed(Struct, frozen=True):
    """A source of ours that is the server's, or is to be."""

    id: int
    url: SafeUrl
    title: SafeText
    section: SafeText
    remote_ids: tuple[str, ...]
    """() for one that the server has not been told of."""
    removed: bool
    """The reader no longer follows it."""


def marked(states: States, marks: tuple[Mark, ...]) -> States:
    """How the server's side is after it was told these marks."""
    unread, starred = set(states.unread), set(states.starred)
    for mark in marks:
        listed, there = (unread, not mark.value) if mark.field is Field.READ else (starred, mark.value)
        (listed.update if there else listed.difference_update)(mark.ids)
    return States(frozenset(unread), frozenset(starred), states.recent, states.whole)


def to_tell(states: States, marks: tuple[Mark, ...]) -> tuple[tuple[Mark, ...], tuple[Mark, ...]]:
    """Of what was marked here, what the server does not know yet, and what it has already.

    The latter is not told: some servers take a second "read" for "unread".
    """
    news: list[Mark] = []
    known: list[Mark] = []
    for mark in marks:
        is_news = any(states.has(mark.field, one) is not mark.value for one in mark.ids)
        (news if is_news else known).append(mark)
    return tuple(news), tuple(known)
