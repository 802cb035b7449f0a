"""The pipeline of a refresh: what is due -> source -> decide -> store -> full texts. Deciding and identity are pure.

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

import asyncio
import fcntl
import os
import random
import re
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from reader.errors import (
    BlockedError,
    FetchError,
    GoneError,
    LibraryError,
    NotFoundError,
    OfflineError,
    ParseError,
    ReaderError,
    RetryLaterError,
)
from reader.fetch import Purpose, Web
from reader.model import Article, Item, Outcome, Picture, Snapshot, Subscription, TextKind, Unchanged
from reader.parsing import Parser
from reader.pictures import is_worth_asking, read_picture
from reader.settings import Settings
from reader.sources import Desk, picture_at, source_for
from reader.store import Arrival, Changes, Edit, KnownStory, Store
from reader.text import SafeText, SafeUrl, count_words, host_of, safe_text, url_key

if TYPE_CHECKING:
    from asyncio import Queue

DAY = timedelta(days=1)
OLDEST = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULT_SECTION = SafeText("News")
PAGES_LIMIT_S = 1_800
"""How long the pages and pictures of one source may take in one refresh; the next goes on where this one stopped."""
PULL_LIMIT_S = 300
"""A source that takes longer than this in all fails; each single request has a shorter deadline."""


# Deciding: pure


def _key(kind: str, value: str) -> int:
    """A signed 64-bit number for an identity; within one source a collision is not to be expected."""
    return int.from_bytes(blake2b(f"{kind}:{value}".encode(), digest_size=8).digest(), "big", signed=True)


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


def next_due(interval: timedelta, now: datetime, *, fresh_for_s: int | None = None) -> datetime:
    """When to look again after a good visit; the publisher may ask for up to four hours more patience."""
    wanted = timedelta(seconds=min(max(fresh_for_s or 0, 0), 4 * 3600))
    return now + max(interval, wanted)


def next_try(error: ReaderError, failures: int, interval: timedelta, now: datetime, chance: float) -> datetime:
    """When to look again after a failure: later each time, up to a day, spread by `chance` (0 to 1) over a fifth."""
    if isinstance(error, OfflineError):
        return now + timedelta(minutes=2)
    if isinstance(error, RetryLaterError):
        return now + timedelta(seconds=error.retry_after_s)
    wait_s = min(interval.total_seconds() * 2.0 ** min(failures, 10), DAY.total_seconds())
    return now + timedelta(seconds=min(wait_s * (0.9 + 0.2 * chance), DAY.total_seconds()))


# Doing


class Errand(Struct, frozen=True):
    """What a refresh is asked to do."""

    ids: tuple[int, ...] = ()
    """These sources, due or not; () for those that are due."""
    everything: bool = False
    full: bool = False
    """Also the whole text of every story that has none."""
    images: bool = False
    """Also their pictures."""


class Refresher:
    """Runs errands on one library, with one door to the network and one pool of parsers."""

    def __init__(self, store: Store, web: Web, parser: Parser, settings: Settings) -> None:
        self.store = store
        self.web = web
        self.parser = parser
        self.locks = SourceLocks(settings.folders.data)
        self.interval = timedelta(minutes=settings.refresh.interval)
        self.settings = settings

    def close(self) -> None:
        """Give back the locks; the store, web and parser belong to the caller."""
        self.locks.close()

    def through(self, web: Web) -> Refresher:
        """The same, by another door to the network."""
        other = copy(self)
        other.web = web
        return other

    async def run(self, errand: Errand) -> AsyncGenerator[Outcome, None]:
        """One Outcome a source, in the order they finish."""
        subscriptions = self.store.due(_now(), errand.ids, everything=errand.everything, interval=self.interval)
        finished: Queue[Outcome | Exception] = asyncio.Queue()
        waiting = iter(subscriptions)

        async def work() -> None:
            for subscription in waiting:
                try:
                    finished.put_nowait(await self.visit(subscription, errand))
                except Exception as error:  # noqa: BLE001 - raised below, where somebody hears it
                    finished.put_nowait(error)

        count = min(self.settings.refresh.concurrency, len(subscriptions))
        workers = [asyncio.create_task(work()) for _ in range(count)]
        try:
            for done in range(1, len(subscriptions) + 1):
                outcome = await finished.get()
                if isinstance(outcome, Exception):
                    raise outcome
                yield replace(outcome, done=done, total=len(subscriptions))
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def visit(self, listed: Subscription, errand: Errand | None = None) -> Outcome:
        """One source, from the network to the library. A failure is an Outcome, never an exception."""
        errand = errand or Errand()
        with self.locks.hold(listed.id) as ours:
            subscription = self._as_it_stands(listed) if ours else None
            if subscription is None:
                return Outcome(listed.id, listed.title, skipped=True, unchanged=True)
            try:
                async with asyncio.timeout(PULL_LIMIT_S):
                    outcome = await self._pull(subscription)
            except LibraryError:
                raise  # nothing can be written: that ends the refresh, and is no fault of the source
            except TimeoutError:
                return self._failed(subscription, FetchError(f"took longer than {PULL_LIMIT_S // 60} minutes"))
            except ReaderError as error:
                return self._failed(subscription, error)
            except Exception as error:  # noqa: BLE001 - a source, ours or a plug-in's, that breaks is a line, not the end
                says = safe_text(f"could not be read ({type(error).__name__}: {error})", 300)
                return self._failed(subscription, FetchError(says))
            with suppress(TimeoutError):
                async with asyncio.timeout(PAGES_LIMIT_S):
                    if errand.full or subscription.full_text or self.settings.refresh.full_text == "always":
                        await self.fetch_texts(subscription)
                    if errand.images:
                        await self.fetch_pictures(subscription)
            return outcome

    def _as_it_stands(self, listed: Subscription) -> Subscription | None:
        """The subscription now; None when another program has visited or removed it since it was listed."""
        with suppress(NotFoundError):
            subscription = self.store.subscription(listed.id)
            if subscription.health.last_fetch_at == listed.health.last_fetch_at:
                return subscription
        return None

    async def _pull(self, subscription: Subscription) -> Outcome:
        library = self.settings.folders.library_file
        if subscription.login and library.stat().st_mode & 0o077:
            raise FetchError(
                f"Other users may read the password for it, which is in {library}. Try: chmod 600 {library}"
            )
        answer = await source_for(subscription.kind).pull(subscription, self.desk(subscription))
        if subscription.typed_host and self.web.is_public(subscription.typed_host):
            self.store.trust_no_more(subscription.id)
        now = _now()
        due = next_due(self.interval, now, fresh_for_s=answer.fresh_for_s)
        if isinstance(answer, Unchanged):
            self.store.record_unchanged(subscription.id, answer, now=now, next_due_at=due)
            return Outcome(subscription.id, subscription.title, unchanged=True)
        keys = identity_keys(answer.items)
        known = self.store.known(subscription.id, {key for its_keys in keys for key in its_keys})
        changes = decide(answer, keys, known, subscription, now)
        new, updated, told = self.store.apply(replace(changes, next_due_at=due), self.settings.desk_rules)
        title = subscription.title or changes.title
        return Outcome(subscription.id, title, new=new, updated=updated, unchanged=not new + updated, told=told)

    def _failed(self, subscription: Subscription, error: ReaderError) -> Outcome:
        """The failure written down at its source; a reader without a network is not the source's failure."""
        now, says = _now(), safe_text(str(error), 300)
        offline = isinstance(error, OfflineError)
        if offline and self.settings.offline:
            return Outcome(subscription.id, subscription.title, error=says, offline=True)
        failures = subscription.health.failures + 1
        due = next_try(error, failures, self.interval, now, random.random())  # noqa: S311 - jitter, not a secret
        self.store.record_failure(
            subscription.id, says, now=now, next_due_at=due, gone=isinstance(error, GoneError), counts=not offline
        )
        return Outcome(subscription.id, subscription.title, error=says, offline=offline)

    def desk(self, subscription: Subscription) -> Desk:
        """What a source works with. The host that the reader typed may be a private one."""

        def is_known(url: SafeUrl) -> bool:
            return bool(self.store.known(subscription.id, (_key("link", url_key(url)),)))

        return Desk(self.web, self.parser, is_known, _allowed(subscription))

    async def fetch_texts(self, subscription: Subscription, limit: int = 500) -> int:
        """The whole text of the source's stories that have none yet; how many came. One that fails is passed over."""
        pages = iter(self.store.stories_without_text((subscription.id,), limit=limit))
        came = 0

        async def work() -> None:
            nonlocal came
            for story_id, url in pages:
                with suppress(FetchError, ParseError):
                    came += await self.fetch_text(subscription, story_id, url) is not None

        # Two at once, as many as one host is asked anyway.
        await asyncio.gather(work(), work())
        return came

    async def fetch_text(self, subscription: Subscription, story_id: int, url: SafeUrl) -> Article | None:
        """The story's page, extracted and kept; None when the page holds no story. Raises FetchError or ParseError."""
        try:
            article = await read_article(url, self.web, self.parser, _allowed(subscription))
        except OfflineError:
            raise
        except ReaderError:
            self.store.record_article_failure(story_id, now=_now())
            raise
        if not article.markdown:
            self.store.record_article_failure(story_id, now=_now())
            return None
        self.store.save_article(story_id, article, now=_now())
        return article

    async def fetch_pictures(self, subscription: Subscription) -> None:
        """The pictures of the source's stories, each once; one that fails is passed over."""
        pictures = iter(self.store.pictures_wanted(subscription.id))

        async def work() -> None:
            for picture in pictures:
                with suppress(FetchError, ParseError):
                    await self.fetch_picture(subscription, picture)

        await asyncio.gather(work(), work())

    async def fetch_picture(self, subscription: Subscription, picture: Picture) -> bytes:
        """The picture of a story, kept; raises FetchError or ParseError, as for what is not worth asking for."""
        if not is_worth_asking(picture):
            raise BlockedError("It counts readers, or is of a kind that is not shown; it was not asked for.")
        answer = await picture_at(picture.url, source_for(subscription.kind), self.web, _allowed(subscription))
        facts = await self.parser.call(read_picture, answer.body)
        self.store.add_image(picture.url, facts.media_type, facts.width, facts.height, answer.body, now=_now())
        return answer.body


async def read_article(url: SafeUrl, web: Web, parser: Parser, allow: frozenset[str]) -> Article:
    """The story at an address. Raises FetchError or ParseError."""
    from reader.extract import extract_article

    answer = await web.get(url, Purpose.PAGE, allow=allow)
    if isinstance(answer, Unchanged):
        return Article()
    return await parser.call(extract_article, answer.body, answer.url, answer.charset)


def _allowed(subscription: Subscription) -> frozenset[str]:
    """The hosts that may be private addresses: what the reader typed, wherever the source has moved since."""
    return frozenset({subscription.typed_host} - {""})


class SourceLocks:
    """Which sources this process is refreshing; no other program refreshes the same ones meanwhile.

    One byte of one file for each source, as POSIX record locks (fcntl(2)): the kernel gives them back however we end.
    They belong to the process and go when any handle of the file is closed, hence one handle for all.
    """

    def __init__(self, folder: Path) -> None:
        self._held: set[int] = set()
        try:
            self._handle: int | None = os.open(folder / "refresh.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            self._handle = None  # A folder that cannot be written: nothing will be, so there is nothing to guard.

    def close(self) -> None:
        """Give back all of them."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    @contextmanager
    def hold(self, source_id: int) -> Iterator[bool]:
        """Whether the source is ours to refresh now."""
        if source_id in self._held:
            yield False
            return
        try:
            if self._handle is not None:
                fcntl.lockf(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, source_id)
        except OSError:
            yield False
            return
        self._held.add(source_id)
        try:
            yield True
        finally:
            self._held.discard(source_id)
            if self._handle is not None:
                fcntl.lockf(self._handle, fcntl.LOCK_UN, 1, source_id)


def _now() -> datetime:
    return datetime.now(UTC)
