"""Which story an entry is, and what a document therefore changes. Pure: no clock, no database, no network.

The identity rule. Within one source two entries are the same story when they share one of these, tried in this order:

1. the GUID (an address used as a GUID is compared as an address),
2. the link, without scheme, `www.`, tracking parameters, fragment and trailing slash,
3. the title together with the moment of publication,
4. title and text, where there is neither a link nor a date; the title alone where there is nothing else.

A GUID, link or text that one document gives to entries that differ names nothing, and is not used. Every story keeps
all the keys it was ever seen under, so that any of them may change without making it new, and a story is unread once:
what the publisher edits or lists again keeps what the reader did with it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from msgspec.structs import replace

from reader.model import Item, Snapshot, Subscription, TextKind
from reader.store import Arrival, Changes, Edit, KnownStory
from reader.text import SafeText, SafeUrl, count_words, host_of, safe_text, url_key

DAY = timedelta(days=1)
OLDEST = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULT_SECTION = SafeText("News")


def _key(kind: str, value: str) -> int:
    """A signed 64-bit number for an identity; within one source a collision is not to be expected."""
    return int.from_bytes(blake2b(f"{kind}:{value}".encode(), digest_size=8).digest(), "big", signed=True)


def link_key(url: SafeUrl) -> int:
    """The key of every entry that leads to this address."""
    return _key("link", url_key(url))


def _guid_of(item: Item) -> str:
    """The GUID as it is compared."""
    return url_key(SafeUrl(item.guid)) if re.match(r"https?://\S+$", item.guid) else item.guid


def _title_of(item: Item) -> str:
    """What an entry is called, for comparing: the title, else the beginning of its text."""
    return (item.title or item.summary or item.markdown[:200]).casefold()


def _overused(names: Sequence[tuple[str, str]]) -> set[str]:
    """Those first parts that stand beside several different second parts."""
    return {name for name, count in Counter(name for name, _ in set(names)).items() if name and count > 1}


def identity_keys(items: Sequence[Item]) -> list[tuple[int, ...]]:
    """The keys of each entry of one document, strongest first; never empty."""
    overused_guids = _overused([(_guid_of(item), _title_of(item)) for item in items])
    links = [(url_key(item.url) if item.url else "", item.title.casefold() or _guid_of(item)) for item in items]
    overused_links = _overused(links)
    overused_words = _overused([(_words_of(item), _guid_of(item)) for item in items])
    return [_keys_of(item, overused_guids, overused_links, overused_words) for item in items]


def _keys_of(
    item: Item, overused_guids: Collection[str], overused_links: Collection[str], overused_words: Collection[str]
) -> tuple[int, ...]:
    keys = []
    guid, link, title = _guid_of(item), url_key(item.url) if item.url else "", _title_of(item)
    if guid and guid not in overused_guids:
        keys.append(_key("guid", guid))
    if link and link not in overused_links:
        keys.append(_key("link", link))
    elif not item.published_at and (words := _words_of(item)) not in overused_words:
        keys.append(_key("words", words))
    if item.published_at and len(title) >= 12:
        keys.append(_key("dated", f"{item.published_at.timestamp():.0f} {title}"))
    if not keys:
        keys.append(_key("title", f"{guid} {link} {title}"))
    return tuple(keys)


def _words_of(item: Item) -> str:
    """Title and beginning of the text: what names an entry that has neither a link nor a date."""
    return f"{item.title} {item.summary or item.markdown[:500]}".casefold()


def _fingerprint(item: Item) -> int:
    """Upper half: the words of the story. Lower half: all else. Equal numbers mean that there is nothing to write."""
    words = f"{item.title}\0{item.summary}\0{item.markdown}"
    rest = "\n".join(
        (
            *(item.url, item.authors, item.section, *item.categories, item.language, item.text),
            repr((item.published_at, item.updated_at, item.picture, item.enclosures)),
        )
    )
    halves = (blake2b(part.encode(), digest_size=4).digest() for part in (words, rest))
    return int.from_bytes(b"".join(halves), "big", signed=True)


def _same_words(one: int, other: int) -> bool:
    return one >> 32 == other >> 32


def _shown_at(item: Item, now: datetime) -> datetime:
    """Where a story stands in lists: its date, or now where that is missing, impossible or still to come."""
    date = item.published_at or item.updated_at
    if date is None or not OLDEST < date <= now + DAY:
        return now
    return min(date, now)


def _dated(item: Item, now: datetime) -> Item:
    """The entry without dates that cannot be."""

    def possible(date: datetime | None) -> datetime | None:
        return date if date and OLDEST < date <= now + DAY else None

    return replace(item, published_at=possible(item.published_at), updated_at=possible(item.updated_at))


def _only_mentions(item: Item, known: KnownStory) -> bool:
    """Whether the entry says less than what is kept, as a front page does of a story whose page has been read."""
    rank = {TextKind.NONE: 0, TextKind.TEASER: 1, TextKind.FULL: 2}
    return not item.title or rank[item.text] < rank[known.text]


def decide(
    snapshot: Snapshot,
    keys: Sequence[tuple[int, ...]],
    known: dict[int, KnownStory],
    subscription: Subscription,
    now: datetime,
) -> Changes:
    """What a document changes: stories to add, to renew, and keys to remember. `keys` are those of snapshot.items."""
    arrivals: list[Arrival] = []
    edits: dict[int, Edit] = {}
    more_keys: list[tuple[int, int]] = []
    arriving: set[int] = set()
    met: set[int] = set()
    for listed, its_keys in zip(snapshot.items, keys, strict=True):
        item = _dated(listed, now)
        story = next((known[key] for key in its_keys if key in known), None)
        if story is None:
            if not arriving.intersection(its_keys):
                arrivals.append(arrival_of(item, its_keys, subscription.section, now))
            arriving.update(its_keys)
            continue
        more_keys.extend((key, story.id) for key in its_keys if key not in known)
        if story.id in met:
            continue  # listed twice: the first, which publishers put higher, is the story
        met.add(story.id)
        fingerprint = _fingerprint(item)
        if fingerprint != story.item_hash and not _only_mentions(item, story):
            edits[story.id] = Edit(
                story_id=story.id,
                item=item,
                keys=its_keys,
                item_hash=fingerprint,
                section=_section(item, subscription.section),
                revised=not _same_words(fingerprint, story.item_hash),
                words=count_words(item.markdown or item.summary),
            )
    # Publishers list the newest first; ids are to grow with time, since lists of equal dates and search go by id.
    arrivals.reverse()
    arrivals.sort(key=lambda arrival: arrival.shown_at)
    return Changes(
        source_id=subscription.id,
        now=now,
        arrivals=tuple(arrivals),
        edits=tuple(edits.values()),
        keys=tuple(more_keys),
        validators=snapshot.validators,
        title=snapshot.title or safe_text(host_of(subscription.url)),
        home_url=snapshot.home_url,
        language=snapshot.language,
        moved_to=snapshot.moved_to,
        warning=snapshot.warning,
        next_due_at=None,
    )


def arrival_of(item: Item, keys: tuple[int, ...], section: SafeText, now: datetime) -> Arrival:
    """A story that is new, in a source that the reader put in that section."""
    item = _dated(item, now)
    return Arrival(
        item=item,
        keys=keys,
        item_hash=_fingerprint(item),
        section=_section(item, section),
        shown_at=_shown_at(item, now),
        words=count_words(item.markdown or item.summary),
    )


def _section(item: Item, given: SafeText) -> SafeText:
    """Where the story stands in the paper: where the reader put its source, else where its publisher put it."""
    return given or item.section or DEFAULT_SECTION
