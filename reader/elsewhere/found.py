"""What is found in a file of another reader, and how its stories become items: as those of a feed do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from msgspec import Struct, field

from reader.model import Item, SearchLine, Subscription
from reader.opml import address_and_login
from reader.sources.feed.draft import Channel, Draft
from reader.sources.feed.finish import Finisher
from reader.text import EMPTY, MAX_BODY, NO_URL, SafeText, SafeUrl, safe_text

MAX_HTML = 6_000_000
"""Characters of stories' texts that one call converts; the next call goes on behind them."""
MAX_ENTRIES = 5_000
"""Stories that one call reads."""
MAX_REJECTED = 1_000
MAX_TAGS = 32
UNKNOWN = (
    "It is neither OPML nor a list of addresses, nor an export or cache of a reader that is known here: "
    "nothing was taken from it."
)


class Entry(Struct, frozen=True):
    """A story, and what its reader did with it."""

    item: Item
    """With a body only where the reader kept the story."""
    read: bool = False
    starred: bool = False
    later: bool = False
    dropped: bool = False
    tags: tuple[SafeText, ...] = ()


class Feed(Struct, frozen=True):
    """Stories of one feed."""

    url: SafeUrl
    title: SafeText = EMPTY
    home_url: SafeUrl = NO_URL
    entries: tuple[Entry, ...] = ()


class Found(Struct, frozen=True):
    """What one file holds; each sequence in the file's order."""

    what: SafeText
    """The file's kind, as its reader would call it."""
    subscriptions: tuple[Subscription, ...] = ()
    feeds: tuple[Feed, ...] = ()
    searches: tuple[SearchLine, ...] = ()
    notes: tuple[SafeText, ...] = ()
    """Sentences on what came over in another form."""
    rejected: tuple[SafeText, ...] = ()
    """A sentence for each thing that did not come over."""
    following: int = 0
    """Where the next call is to go on; 0 at the end."""


class Written(Struct):
    """An entry as the other program wrote it."""

    draft: Draft
    read: bool = False
    starred: bool = False
    later: bool = False
    dropped: bool = False
    tags: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Whether the story itself is worth bringing along."""
        return bool(self.starred or self.later or self.tags)

    @property
    def counts(self) -> bool:
        """Whether anything was done with it."""
        return self.kept or self.read or self.dropped

    def prepare(self) -> int:
        """Leave out the body that is not needed; how many characters are to be converted."""
        draft = self.draft
        if not self.kept:
            draft.content = draft.summary = ""
        draft.content, draft.summary = draft.content[:MAX_BODY], draft.summary[:MAX_BODY]
        return len(draft.content) + len(draft.summary)


def entries(written: Sequence[Written], base: SafeUrl) -> tuple[Entry, ...]:
    """The entries that name anything and were treated in any way."""
    told = [one for one in written if one.counts and not one.draft.is_empty()]
    items = Finisher(Channel("", base, entries=[one.draft for one in told])).items()
    return tuple(
        Entry(item, one.read, one.starred, one.later, one.dropped, clean_tags(one.tags))
        for one, item in zip(told, items, strict=True)
    )


def portion(
    rows: Sequence[dict[str, Any]], first: int, written_of: Callable[[dict[str, Any]], Written]
) -> tuple[list[tuple[dict[str, Any], Written]], int]:
    """The rows from the number `first` on that one call should do, and where the next is to go on (0: nowhere)."""
    taken: list[tuple[dict[str, Any], Written]] = []
    left = MAX_HTML
    for row in islice(rows, first, first + MAX_ENTRIES):
        written = written_of(row)
        left -= written.prepare()
        taken.append((row, written))
        if left <= 0:
            break
    following = first + len(taken)
    return taken, following if following < len(rows) else 0


def clean_tags(tags: Iterable[str]) -> tuple[SafeText, ...]:
    """Each once, as the library keeps tags."""
    names = (safe_text(tag, 100) for tag in tags)
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_TAGS]


def feed_address(written: str) -> SafeUrl:
    """The address of a feed as its reader had it; "" for what cannot be followed."""
    return address_and_login(written)[0]


def flag_tag(flag: str) -> str:
    """The tag that stands for one of newsboat's flags; tags do not tell small letters from capitals, flags do."""
    return f"flag-{flag}" if flag.islower() else f"flag-capital-{flag.lower()}"
