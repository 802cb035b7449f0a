"""The pipeline of a refresh: what is due -> source -> decide -> store -> full texts, and when to look again."""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

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
from reader.identity import decide, identity_keys, link_key
from reader.model import Article, Outcome, Picture, Subscription, Unchanged
from reader.parsing import Parser
from reader.passwords import password
from reader.pictures import is_worth_asking, read_picture
from reader.remote import KIND
from reader.settings import Settings
from reader.sources import Desk, picture_at, source_for
from reader.store import Store
from reader.sync import SERVER, SERVER_TITLE, Visit
from reader.text import EMPTY, SafeUrl, safe_text, safe_url

if TYPE_CHECKING:
    from asyncio import Queue

DAY = timedelta(days=1)
PARSERS = 2
"""Processes that read what came: a second one starts when the first is busy, as in a first load."""
PAGE_AGAIN_AFTER = timedelta(hours=1)
"""How long a story's page that could not be read is left alone."""
PAGES_LIMIT_S = 1_800
"""How long the pages and pictures of one source may take in one refresh; the next goes on where this one stopped."""
SERVER_LIMIT_S = 1_800
"""How long a visit to it may take; the first may bring thousands of stories."""
SERVER_SOURCES_AT_ONCE = 8
"""Whose pages and pictures are fetched after it."""
PULL_LIMIT_S = 300
"""A source that takes longer than this in all fails; each single request has a shorter deadline."""
GIVES_WAY_S = 1.0
"""How long a refresh steps aside after a key whose answer is waited for; the next one comes sooner, if one comes."""
LONGEST_WAIT_S = 5.0
"""How long it does at most, before it takes its next step all the same."""


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


class RightOfWay:
    """Whoever waits at the keyboard goes first: for a moment a refresh begins nothing new."""

    def __init__(self) -> None:
        self._is_clear = asyncio.Event()
        self._is_clear.set()
        self._back: asyncio.TimerHandle | None = None

    def give(self) -> None:
        """Step aside, until nothing has been asked for a while."""
        if self._back is not None:
            self._back.cancel()
        self._is_clear.clear()
        self._back = asyncio.get_running_loop().call_later(GIVES_WAY_S, self._is_clear.set)

    async def clear(self) -> None:
        """Wait until the way is clear; not for ever, since somebody may never stop typing."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_WAIT_S):
                await self._is_clear.wait()


class Errand(Struct, frozen=True):
    """What a refresh is asked to do."""

    ids: tuple[int, ...] = ()
    """These sources, due or not; () for those that are due."""
    everything: bool = False
    full: bool = False
    """Also the whole text of every story that has none, of the sources that are not due as well."""
    images: bool = False
    """Also their pictures."""


class Refresher:
    """Runs errands on one library, with one door to the network and one pool of parsers."""

    def __init__(self, store: Store, web: Web, parser: Parser, settings: Settings) -> None:
        self.store = store
        self.web = web
        self.parser = parser
        self.locks = SourceLocks(settings.folders.data)
        self.way = RightOfWay()
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
        visits = self._visits(errand)
        finished: Queue[Outcome | Exception] = asyncio.Queue()
        waiting = iter(visits)

        async def work() -> None:
            for visit in waiting:
                try:
                    await self.way.clear()
                    finished.put_nowait(await visit())
                except Exception as error:  # noqa: BLE001 - raised below, where somebody hears it
                    finished.put_nowait(error)

        count = min(self.settings.refresh.concurrency, len(visits))
        workers = [asyncio.create_task(work()) for _ in range(count)]
        try:
            for done in range(1, len(visits) + 1):
                outcome = await finished.get()
                if isinstance(outcome, Exception):
                    raise outcome
                yield replace(outcome, done=done, total=len(visits))
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    def _visits(self, errand: Errand) -> list[Callable[[], Awaitable[Outcome]]]:
        """What is to be visited; the sync server once, for all the sources that it has."""
        now, sync = _now(), self.settings.sync
        visits = self.locks.visits()
        due = self.store.due(now, errand.ids, everything=errand.everything, interval=self.interval)
        if not sync.server:
            return [*(partial(self.visit, one, errand, visits) for one in due), *self._fillings(errand, due)]
        ours = [partial(self.visit, one, errand, visits) for one in due if one.kind != KIND]
        at = self.store.server.next_due_at(sync.name, now, self.interval)
        is_due = errand.everything or (not errand.ids and at <= now)
        if is_due or len(ours) < len(due):
            return [partial(self.visit_server, errand), *ours, *self._fillings(errand, due, besides=KIND)]
        return [*ours, *self._fillings(errand, due)]

    def _fillings(
        self, errand: Errand, due: Iterable[Subscription], *, besides: str = ""
    ) -> list[Callable[[], Awaitable[Outcome]]]:
        """For the sources that are not due, only what the errand wants of their stories: who is about to leave the
        network wants it whenever the paper looked last."""
        if not (errand.full or errand.images) or errand.ids or errand.everything or self.settings.offline:
            return []
        visited = {one.id for one in due}
        every = self.store.due(_now(), (), everything=True, interval=self.interval)
        return [partial(self.fill, one, errand) for one in every if one.id not in visited and one.kind != besides]

    async def fill(self, listed: Subscription, errand: Errand) -> Outcome:
        """The texts and pictures that one source's stories lack, without a visit to the source."""
        texts = 0
        with self.locks.hold(listed.id) as ours, suppress(TimeoutError):
            if ours and self._as_it_stands(listed):
                async with asyncio.timeout(PAGES_LIMIT_S):
                    texts = await self._fetch_more(listed, errand)
        return Outcome(listed.id, listed.title, unchanged=True, sources=0, texts=texts)

    async def visit_server(self, errand: Errand | None = None) -> Outcome:
        """The reader's sync server. A failure is an Outcome, and a line at each of its sources."""
        clear, sync, errand = self._way_for(errand), self.settings.sync, errand or Errand()
        with self.locks.hold(SERVER) as ours:
            if not ours:
                return Outcome(SERVER, SERVER_TITLE, skipped=True, unchanged=True)
            desk = Desk(self.web, self.parser, lambda _: False)
            visit = Visit(sync, self.store, desk, self.settings.desk_rules, now=_now, clear=clear)
            try:
                async with asyncio.timeout(SERVER_LIMIT_S):
                    outcome = await visit.run()
            except LibraryError:
                raise
            except TimeoutError:
                error: ReaderError = FetchError(f"{sync.host} took longer than {SERVER_LIMIT_S // 60} minutes.")
                return self._server_failed(visit, error)
            except ReaderError as error:
                return self._server_failed(visit, error)
            except Exception as error:  # noqa: BLE001 - as for any source
                says = safe_text(f"{sync.host} could not be read ({type(error).__name__}: {error}).", 300)
                return self._server_failed(visit, FetchError(says))
            now = _now()
            self.store.server.record(sync.name, now=now, next_due_at=next_due(self.interval, now), error=EMPTY)
            for source_id, why in visit.refused:
                self.store.server.refuse_source(source_id, safe_text(why, 300))
            with suppress(TimeoutError):
                async with asyncio.timeout(PAGES_LIMIT_S):
                    theirs = self.store.due(now, errand.ids, everything=True)
                    outcome = replace(outcome, texts=await self._fetch_more_of_all(theirs, errand))
            return outcome

    def _server_failed(self, visit: Visit, error: ReaderError) -> Outcome:
        now, sync, says = _now(), self.settings.sync, safe_text(str(error), 300)
        offline = isinstance(error, OfflineError)
        if not (offline and self.settings.offline):
            failures = self.store.server.health(sync.name).failures + 1
            due = next_try(error, failures, self.interval, now, random.random())  # noqa: S311 - jitter, not a secret
            self.store.server.record(sync.name, now=now, next_due_at=due, error=says, counts=not offline)
        return Outcome(SERVER, SERVER_TITLE, new=visit.new, error=says, offline=offline, told=visit.told)

    async def visit(self, listed: Subscription, errand: Errand | None = None, visits: bytes | None = None) -> Outcome:
        """One source, from the network to the library. A failure is an Outcome, never an exception.

        `visits` are what the locks had counted when it was listed. Without an errand it is the reader who waits for it.
        """
        if listed.kind == KIND and self.settings.sync.server:
            return await self.visit_server(errand)
        clear, errand = self._way_for(errand), errand or Errand()
        with self.locks.hold(listed.id, visits) as ours:
            subscription = self._as_it_stands(listed) if ours else None
            if subscription is None:
                return Outcome(listed.id, listed.title, skipped=True, unchanged=True)
            try:
                async with asyncio.timeout(PULL_LIMIT_S):
                    outcome = await self._pull(subscription, clear)
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
                    outcome = replace(outcome, texts=await self._fetch_more(subscription, errand))
            return outcome

    async def _fetch_more_of_all(self, sources: Iterable[Subscription], errand: Errand) -> int:
        """As `_fetch_more`, of those that the sync server has, a few at once."""
        theirs = iter([source for source in sources if source.kind == KIND])

        async def work() -> int:
            return sum([await self._fetch_more(source, errand) for source in theirs])

        return sum(await asyncio.gather(*(work() for _ in range(SERVER_SOURCES_AT_ONCE))))

    async def _fetch_more(self, subscription: Subscription, errand: Errand) -> int:
        """What the errand, the source or the config asks for beyond what the source itself brings; how many whole
        texts came."""
        texts = 0
        if errand.full or subscription.full_text or self.settings.refresh.full_text == "always":
            texts = await self.fetch_texts(subscription)
        if errand.images:
            await self.fetch_pictures(subscription)
        return texts

    def _as_it_stands(self, listed: Subscription) -> Subscription | None:
        """The subscription now; None when another program has visited or removed it since it was listed.

        Or when it has become the sync server's.
        """
        with suppress(NotFoundError):
            subscription = self.store.subscription(listed.id)
            if subscription.health.last_fetch_at == listed.health.last_fetch_at and subscription.kind == listed.kind:
                return subscription
        return None

    def _way_for(self, errand: Errand | None) -> Callable[[], Awaitable[None]]:
        """What a visit waits for before it writes: for whoever is at the keyboard, unless that is who wants it."""
        return self.way.clear if errand is not None else _at_once

    async def _pull(self, subscription: Subscription, clear: Callable[[], Awaitable[None]]) -> Outcome:
        library = self.settings.folders.library_file
        if subscription.login and library.stat().st_mode & 0o077:
            raise FetchError(
                f"Other users may read the password for it, which is in {library}. Try: chmod 600 {library}"
            )
        login = subscription.login or await self.login_for(subscription.url)
        answer = await source_for(subscription.kind).pull(replace(subscription, login=login), self.desk(subscription))
        if subscription.typed_host and self.web.is_public(subscription.typed_host):
            self.store.trust_no_more(subscription.id)
        await clear()
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

    async def login_for(self, url: SafeUrl) -> str:
        """The `user:password` that the config has for the origin of an address; "" for none. Raises ConfigError."""
        for login in self.settings.logins:
            site = urlsplit(safe_url(login.site))
            if site[:2] == urlsplit(url)[:2]:
                return f"{login.user}:{await password(login.password_command, login.password_file)}"
        return ""

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
            return bool(self.store.known(subscription.id, (link_key(url),)))

        return Desk(self.web, self.parser, is_known, self._allowed(subscription))

    def _allowed(self, subscription: Subscription) -> frozenset[str]:
        """The hosts that may be private addresses: what the reader typed, wherever the source has moved since.

        None where the sync server says what is to be fetched: that was typed for the source's own publisher.
        """
        theirs = subscription.kind == KIND and self.settings.sync.server
        return frozenset() if theirs else frozenset({subscription.typed_host} - {""})

    async def fetch_texts(self, subscription: Subscription, limit: int = 500) -> int:
        """The whole text of the source's stories that have none yet; how many came. One that fails is passed over."""
        again = _now() - PAGE_AGAIN_AFTER
        pages = iter(self.store.stories_without_text((subscription.id,), limit=limit, failed_before=again))
        came = 0

        async def work() -> None:
            nonlocal came
            for story_id, url in pages:
                await self.way.clear()
                with suppress(FetchError, ParseError):
                    article = await self.fetch_text(subscription, story_id, url)
                    came += article is not None  # in a step of its own: two count here

        # Two at once, as many as one host is asked anyway.
        await asyncio.gather(work(), work())
        return came

    async def fetch_text(self, subscription: Subscription, story_id: int, url: SafeUrl) -> Article | None:
        """The story's page, extracted and kept; None when the page holds no story. Raises FetchError or ParseError."""
        try:
            article = await read_article(url, self.web, self.parser, self._allowed(subscription))
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
                await self.way.clear()
                with suppress(FetchError, ParseError):
                    await self.fetch_picture(subscription, picture)

        await asyncio.gather(work(), work())

    async def fetch_picture(self, subscription: Subscription, picture: Picture) -> bytes:
        """The picture of a story, kept; raises FetchError or ParseError, as for what is not worth asking for."""
        if not is_worth_asking(picture):
            raise BlockedError("It counts readers, or is of a kind that is not shown; it was not asked for.")
        answer = await picture_at(picture.url, source_for(subscription.kind), self.web, self._allowed(subscription))
        facts = await self.parser.call(read_picture, answer.body)
        self.store.add_image(picture.url, facts.media_type, facts.width, facts.height, answer.body, now=_now())
        return answer.body


async def _at_once() -> None:
    """Waits for nothing."""


async def read_article(url: SafeUrl, web: Web, parser: Parser, allow: frozenset[str]) -> Article:
    """The story at an address. Raises FetchError or ParseError."""
    from reader.extract import extract_article

    answer = await web.get(url, Purpose.PAGE, allow=allow)
    if isinstance(answer, Unchanged):
        return Article()
    return await parser.call(extract_article, answer.body, answer.url, answer.charset)


class SourceLocks:
    """Which sources this process is refreshing; no other program refreshes the same ones meanwhile.

    One byte of one file for each source, as POSIX record locks (fcntl(2)): the kernel gives them back however we end.
    They belong to the process and go when any handle of the file is closed, hence one handle for all. The byte itself
    counts the visits, modulo 256: the library's times are whole seconds, in which two programs may do a lot.
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

    def visits(self) -> bytes:
        """What is counted now, of each source at the place of its id; those beyond the end have no visits."""
        return b"" if self._handle is None else os.pread(self._handle, os.fstat(self._handle).st_size, 0)

    @contextmanager
    def hold(self, source_id: int, visits: bytes | None = None) -> Iterator[bool]:
        """Whether the source is ours to refresh now: nobody else does, nor has since so many visits were counted.

        It has been visited once more when the block ends without an exception.
        """
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
        place = slice(source_id, source_id + 1)
        counted = self.visits()[place] or b"\0"
        try:
            ours = visits is None or counted == (visits[place] or b"\0")
            yield ours
            if ours and self._handle is not None:
                with suppress(OSError):  # A full disk: then at worst something is fetched twice.
                    os.pwrite(self._handle, bytes([(counted[0] + 1) % 256]), source_id)
        finally:
            self._held.discard(source_id)
            if self._handle is not None:
                fcntl.lockf(self._handle, fcntl.LOCK_UN, 1, source_id)


def _now() -> datetime:
    return datetime.now(UTC)


async def set_up(store: Store, settings: Settings, stack: AsyncExitStack) -> Refresher:
    """A refresher for a library; its connections, children and locks end with `stack`."""
    wanted = settings.refresh
    web = Web(offline=settings.offline, proxy=wanted.proxy, concurrency=wanted.concurrency)
    await stack.enter_async_context(web)
    parser = await stack.enter_async_context(Parser(children=PARSERS))
    refresher = Refresher(store, web, parser, settings)
    stack.callback(refresher.close)
    return refresher
