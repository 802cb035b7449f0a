"""The values that only the store and the refresh exchange."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from reader.model import Item, TextKind, Told, Validators
from reader.text import EMPTY, NO_URL, SafeText, SafeUrl

if TYPE_CHECKING:
    from reader.remote import Met


class KnownStory(Struct, frozen=True):
    """What a refresh has to know of a story that it meets again."""

    id: int
    item_hash: int
    """As it was given with the arrival or the last edit; 0 for a story that has been pruned."""
    text: TextKind = TextKind.NONE
    """How much of it the source itself gave; FULL for a story that has been pruned, which no edit brings back."""


class Arrival(Struct, frozen=True):
    """A story that was not known."""

    item: Item
    keys: tuple[int, ...]
    """Signed 64-bit numbers that identify the story within its source."""
    item_hash: int
    section: SafeText
    """Where it stands in the paper."""
    shown_at: datetime
    words: int = 0


class Edit(Struct, frozen=True):
    """A known story that its publisher changed."""

    story_id: int
    item: Item
    keys: tuple[int, ...]
    item_hash: int
    section: SafeText
    revised: bool
    """Its words changed, so the earlier version is kept and the reader is told."""
    words: int = 0


class Changes(Struct, frozen=True):
    """All that one visit to a source writes, in one transaction."""

    source_id: int
    now: datetime
    arrivals: tuple[Arrival, ...] = ()
    """Oldest first: ids grow in this order."""
    edits: tuple[Edit, ...] = ()
    keys: tuple[tuple[int, int], ...] = ()
    """Further keys of known stories: (key, story id)."""
    validators: Validators = field(default_factory=Validators)
    title: SafeText = EMPTY
    """The publisher's; "" leaves it as it is, as with the two that follow."""
    home_url: SafeUrl = NO_URL
    language: SafeText = EMPTY
    moved_to: SafeUrl = NO_URL
    warning: SafeText = EMPTY
    next_due_at: datetime | None = None
    met: tuple[Met, ...] = ()
    """Which of the stories are whose at the sync server."""


class Written(NamedTuple):
    """What a visit came to."""

    new: int
    """Stories that were added to lists: what a rule muted is not counted."""
    updated: int
    told: tuple[Told, ...] = ()


class StoredImage(Struct, frozen=True):
    """A picture as it was fetched."""

    media_type: str
    width: int
    height: int
    """Pixels."""
    data: bytes
