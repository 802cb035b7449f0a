"""What the author of a plug-in source runs with pytest, so that it behaves as the sources that come with the program.

    from lines_source import SOURCE
    from reader.testing import Page, SourceContract

    class TestLines(SourceContract):
        source = SOURCE
        site = {"/news.txt": Page(b"One thing happened\\n", media_type="text/plain")}
        address = "/news.txt"

The pages are served on loopback by this machine itself, the parser is the real child process, and what the source
answers goes through the same guard as in the program. Nothing here needs pytest: it finds the class by its name, and
each check is a method that asserts.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, TypeVar
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from reader.errors import FetchError, OfflineError, ParseError, ReaderError
from reader.fetch import Document, Web
from reader.identity import decide, identity_keys
from reader.model import Candidate, Snapshot, Subscription, Unchanged
from reader.parsing import Parser
from reader.sources import Desk, Source
from reader.sources.plugins import Guarded, clean_snapshot
from reader.store import KnownStory
from reader.text import safe_text, safe_url

__all__ = ["Page", "SourceContract"]

T = TypeVar("T")
HOSTILE = "\x1b]0;title\x07\x9b31m\u202e[@click=app.quit]"


class Page(Struct, frozen=True):
    """What the site answers at one path."""

    body: bytes
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    etag: str = ""
    """Answers 304 to whoever sends it back."""


class SourceContract:
    """The promises of a source, each a test. Inherit, and say what is to be visited."""

    source: ClassVar[Source]
    site: ClassVar[Mapping[str, Page]]
    """By path. A path that is not in it answers 404."""
    address: ClassVar[str]
    """The path that a reader would type."""
    _followed: ClassVar[str | None] = None

    # What a reader meets

    def test_what_it_finds_can_be_followed(self) -> None:
        """`find` offers something at the address, in words, with a count and an address of the web."""
        candidates = self._run(self._find)
        assert candidates, "find() offers nothing at the address of the test"
        for one in candidates:
            assert one.kind == self._name(), f"its kind is {one.kind!r}, which is not the name of the source"
            assert one.title, "a candidate has no title"
            assert one.says, "a candidate does not say what it is"
            assert one.stories > 0, "a candidate counts no stories"

    def test_a_visit_brings_stories(self) -> None:
        """`pull` brings stories, each with something to show and something that names it."""
        snapshot = self._run(self._snapshot)
        assert snapshot.items, "pull() brings no story"
        for item in snapshot.items:
            assert item.title or item.summary or item.markdown, f"{item.guid or item.url} has nothing to show"
            assert item.guid or item.url or item.title, "a story has nothing that names it"

    def test_its_text_is_clean(self) -> None:
        """What `pull` returns has passed `safe_text` and `safe_url` already, with dates that know their zone."""

        async def raw(visit: _Visit) -> object:
            return await self.source.pull(visit.subscription, visit.desk)

        snapshot = self._run(raw)
        assert isinstance(snapshot, Snapshot), f"pull() returned {type(snapshot).__name__}"
        assert snapshot == clean_snapshot(snapshot), "text, an address or a date has not passed the border"

    def test_a_second_visit_brings_nothing_new(self) -> None:
        """The same pages give the same stories: their names do not change from visit to visit."""

        async def twice(visit: _Visit) -> tuple[Snapshot, Snapshot]:
            return await self._snapshot(visit), await self._snapshot(visit)

        first, second = self._run(twice)
        subscription = Subscription(1, self._name(), safe_url("https://publisher.example/"), safe_text("Test"))
        now = datetime.now(UTC)
        known: dict[int, KnownStory] = {}
        changes = decide(first, identity_keys(first.items), known, subscription, now)
        for number, arrival in enumerate(changes.arrivals, 1):
            story = KnownStory(number, arrival.item_hash, arrival.item.text)
            known |= dict.fromkeys(arrival.keys, story)
        again = decide(second, identity_keys(second.items), known, subscription, now)
        assert not again.arrivals, f"new at the second visit: {[arrival.item.title for arrival in again.arrivals][:3]}"
        assert not again.edits, "a story is changed at the second visit, though its page is not"

    # What goes wrong

    def test_where_there_is_nothing_it_finds_nothing(self) -> None:
        """`find` is asked about every address that a reader types, and says () to what is none of its kind."""
        for page in (
            Page(b"<!doctype html><title>A page</title><p>Nothing to be followed."),
            Page(b"\x00\xff" * 500, "application/octet-stream"),
            Page(HOSTILE.encode()),
        ):

            async def look(visit: _Visit) -> tuple[Candidate, ...]:
                return await self._guarded.find(await visit.page(self.address), visit.desk)

            found = self._run(look, site={self.address: page})
            assert found == (), f"find() offers something where there is nothing: {found}"

    def test_an_address_that_fails_is_said(self) -> None:
        """A server's refusal comes out as the FetchError that the web raised; what makes no sense is a ParseError."""
        for status in (403, 404, 410, 500):
            self._fails(FetchError, dict.fromkeys(self.site, Page(b"no", status=status)))

    def test_nonsense_is_a_sentence(self) -> None:
        """Bytes that are nothing of the kind: stories or a ParseError, and no other exception."""
        for body in (b"\x00\xff\xfe" * 1_000, b"<" * 10_000, HOSTILE.encode(), b"{" * 10_000):
            site = {path: replace(page, body=body, etag="") for path, page in self.site.items()}
            with _only((FetchError, ParseError)):
                self._run(self._snapshot, site=site)

    def test_without_a_network_it_is_not_its_fault(self) -> None:
        """Offline, the OfflineError of the web comes through."""
        self._fails(OfflineError, self.site, offline=True)

    def test_it_asks_nobody_but_the_web(self) -> None:
        """Where this machine may not be asked, it is not: all requests go by `desk.web`, with `desk.allow`."""
        log = self._fails(ReaderError, self.site, allow=frozenset())
        assert not log, f"asked all the same: {log}"

    def test_unchanged_costs_little(self) -> None:
        """The validators of the last visit are sent back, and a 304 is Unchanged."""
        site = {path: replace(page, etag='"one"') for path, page in self.site.items()}

        async def twice(visit: _Visit) -> Snapshot | Unchanged:
            first = await self._guarded.pull(visit.subscription, visit.desk)
            visit.subscription = replace(visit.subscription, validators=first.validators)
            return await self._guarded.pull(visit.subscription, visit.desk)

        assert isinstance(self._run(twice, site=site), Unchanged), "pull() does not answer a 304 with Unchanged"

    # How

    @property
    def _guarded(self) -> Guarded:
        return Guarded(self._name(), self.source)

    def _name(self) -> str:
        return self.source.name

    async def _find(self, visit: _Visit) -> tuple[Candidate, ...]:
        return await self._guarded.find(await visit.page(self.address), visit.desk)

    async def _snapshot(self, visit: _Visit) -> Snapshot:
        answer = await self._guarded.pull(visit.subscription, visit.desk)
        assert isinstance(answer, Snapshot), "pull() says that nothing has changed at the first visit"
        return answer

    def _run(self, what: Callable[[_Visit], Awaitable[T]], *, site: Mapping[str, Page] | None = None) -> T:
        """What comes of it at a site that is served."""
        with _serving(self.site if site is None else site) as (origin, _):
            return asyncio.run(_visiting(origin, what, self._subscription(origin)))

    def _fails(
        self,
        kind: type[ReaderError],
        site: Mapping[str, Page],
        *,
        offline: bool = False,
        allow: frozenset[str] | None = None,
    ) -> list[str]:
        """Visit it and expect that error; the paths that were asked for."""
        with _serving(site) as (origin, log):
            work = _visiting(origin, self._snapshot, self._subscription(origin), offline=offline, allow=allow)
            with _only((kind,)) as raised:
                asyncio.run(work)
            assert raised, f"pull() raises no {kind.__name__}"
            return log

    def _subscription(self, origin: str) -> Subscription:
        """As somebody follows it who takes the first thing that `find` offers."""
        kind = type(self)
        if kind._followed is None:
            with _serving(self.site) as (own, _):
                at = Subscription(1, self._name(), safe_url(own + self.address), safe_text("Test"))
                found = asyncio.run(_visiting(own, self._find, at))
                kind._followed = found[0].url.removeprefix(own) if found else self.address
        assert kind._followed.startswith("/"), (
            f"find() offers an address that is not of the test's site: {kind._followed}"
        )
        return Subscription(1, self._name(), safe_url(origin + kind._followed), safe_text("Test"))


@dataclass
class _Visit:
    """What one check works with."""

    origin: str
    desk: Desk
    subscription: Subscription

    async def page(self, path: str) -> Document:
        """The document that a reader's address leads to."""
        answer = await self.desk.web.get(safe_url(self.origin + path), allow=self.desk.allow)
        assert isinstance(answer, Document)
        return answer


async def _visiting(
    origin: str,
    what: Callable[[_Visit], Awaitable[T]],
    subscription: Subscription,
    *,
    offline: bool = False,
    allow: frozenset[str] | None = None,
) -> T:
    async with Web(offline=offline) as web, Parser() as parser:
        hosts = frozenset({urlsplit(origin).hostname or ""}) if allow is None else allow
        return await what(_Visit(origin, Desk(web, parser, lambda _: False, hosts), subscription))


@contextmanager
def _only(kinds: tuple[type[ReaderError], ...]) -> Iterator[list[ReaderError]]:
    """Takes these errors, and gives what came; but none that the guard made of something worse."""
    raised: list[ReaderError] = []
    try:
        yield raised
    except kinds as error:
        if str(error).startswith("The plug-in"):
            raise
        raised.append(error)


@contextmanager
def _serving(site: Mapping[str, Page]) -> Iterator[tuple[str, list[str]]]:
    """Serve the pages on loopback; gives the origin, and the list of paths that are asked for."""
    log: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            log.append(self.path)
            page = site.get(self.path, Page(b"There is no such page.", status=404))
            known = page.etag and self.headers["If-None-Match"] == page.etag
            self.send_response(304 if known else page.status)
            body = b"" if known else page.body
            for name, value in (("Content-Type", page.media_type), ("ETag", page.etag), ("Content-Length", len(body))):
                if value != "":
                    self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: the checks say what went wrong."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", log
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
