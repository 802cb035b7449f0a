"""The contract of a source, over every kind that is registered."""

from __future__ import annotations

import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from reader import sources
from reader.errors import ConfigError, FetchError, OfflineError, ParseError, ReaderError
from reader.fetch import Document, Web
from reader.model import Candidate, Item, Snapshot, Subscription, TextKind, Unchanged, Validators
from reader.parsing import Parser
from reader.sources import BUILT_IN, Desk, discover, kinds, source_for, typed_address
from reader.sources.sample import publications
from reader.text import MAX_BODY, MAX_SUMMARY, MAX_TITLE, safe_block, safe_text, safe_url, url_key
from tests.newsdesk import LOOPBACK, Visitor, together
from tests.newssite import Answer, NewsSite
from tests.webserver import WebServer

TLS = Path(__file__).parent / "corpus" / "tls"
FEED = b"<rss version='2.0'><channel><title>Tides</title><item><title>High water</title></item></channel></rss>"
ONLINE = ("feed", "sitemap", "site", "greader")
"""Kinds that ask the network."""


@dataclass
class Scene:
    """A publication of one kind, and a visitor."""

    kind: str
    visitor: Visitor
    site: NewsSite
    address: str

    async def candidates(self) -> tuple[Candidate, ...]:
        document = Document(safe_url(self.address), b"-")
        if self.kind != "sample":
            document = await self.visitor.page(self.address)
        return await source_for(self.kind).find(document, self.visitor.desk)

    async def snapshot(self) -> Snapshot:
        (candidate, *_) = await self.candidates()
        return await self.visitor.snapshot(self.kind, candidate.url)


@pytest_asyncio.fixture(params=sorted(BUILT_IN), loop_scope="module")
async def scene(request: pytest.FixtureRequest, visitor: Visitor) -> AsyncIterator[Scene]:
    kind = request.param
    with NewsSite(feed=kind in ("feed", "greader"), sitemap="robots" if kind == "sitemap" else "").serving() as site:
        address = publications()[0][0] if kind == "sample" else f"{site.origin}/"
        yield Scene(kind, visitor, site, address)


# The registry


def test_kinds_come_in_the_order_in_which_an_address_is_tried() -> None:
    assert kinds()[:4] == ("feed", "sitemap", "site", "sample")


@pytest.mark.parametrize("kind", sorted(BUILT_IN))
def test_a_source_is_found_under_its_own_name(kind: str) -> None:
    assert source_for(kind).name == kind


def test_an_unknown_kind_is_named_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"“gopher”.*feed, sitemap, site, sample"):
        source_for("gopher")


def test_listing_the_kinds_imports_none_of_them() -> None:
    code = (
        "import sys, reader.sources as s; s.kinds(); print([m for m in sys.modules if m.startswith('reader.sources.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", sorted(BUILT_IN))
def test_importing_a_source_loads_no_parser(kind: str) -> None:
    heavy = ("lxml", "trafilatura", "markdownify", "bs4", "httpx", "feedparser", "textual")
    code = f"import sys, reader.sources as s; s.source_for({kind!r}); print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Looking at an address


@together
async def test_what_it_finds_can_be_shown_and_followed(scene: Scene) -> None:
    found = await scene.candidates()
    assert found
    for candidate in found:
        assert candidate.kind == scene.kind
        assert candidate.url == safe_url(candidate.url) != ""
        assert candidate.stories > 0
        for text in (candidate.title, candidate.says):
            assert text == safe_text(text) != ""
        assert not candidate.says.endswith("."), "it is put into a sentence"


NOTHING = {
    "a sign-in page": (b"<title>Sign in</title><form><input name=user><input type=password></form>", "text/html"),
    "an empty page": (b"<html></html>", "text/html"),
    "blanks": (b"   \n", "text/html"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "image/png"),
    "what is no text": (bytes(range(256)) * 40, ""),
    "JSON of something else": (b'{"status": "ok", "items": 3}', "application/json"),
    "XML of something else": (b"<?xml version='1.0'?><config><port>4</port></config>", "application/xml"),
    "two million brackets": (b"<" * 2_000_000, "text/html"),
    "deep nesting": (b"<div>" * 100_000, "text/html"),
}


@pytest.mark.parametrize("what", NOTHING)
@together
async def test_where_there_is_no_news_it_finds_nothing(scene: Scene, what: str) -> None:
    body, media_type = NOTHING[what]
    scene.site.feed, scene.site.sitemap = False, ""
    document = Document(safe_url(f"{scene.site.origin}/elsewhere"), body, media_type)
    assert await source_for(scene.kind).find(document, scene.visitor.desk) == ()


# Visiting


def check_item(item: Item) -> None:
    """What every item promises to whoever decides, stores and shows."""
    assert item.guid or item.url or item.title
    assert item.url == safe_url(item.url)
    assert item.title == safe_text(item.title, MAX_TITLE)
    assert item.summary == safe_text(item.summary, MAX_SUMMARY)
    assert item.section == safe_text(item.section)
    assert item.markdown == safe_block(item.markdown, MAX_BODY)
    assert bool(item.markdown) or item.text is not TextKind.FULL
    for date in (item.published_at, item.updated_at):
        assert date is None or (date.tzinfo is not None and not date.utcoffset())
    if item.picture:
        assert item.picture.url == safe_url(item.picture.url)


@together
async def test_a_visit_brings_stories_that_can_be_kept(scene: Scene) -> None:
    snapshot = await scene.snapshot()
    assert snapshot.items
    assert snapshot.title == safe_text(snapshot.title) != ""
    assert snapshot.home_url == safe_url(snapshot.home_url)
    for item in snapshot.items:
        check_item(item)
        assert item.title
        assert item.published_at
    links = [url_key(item.url) for item in snapshot.items if item.url]
    assert len(links) == len(set(links))


@together
async def test_after_a_few_visits_there_is_nothing_new(scene: Scene) -> None:
    (candidate, *_) = await scene.candidates()
    titles, validators = {""}, Validators()
    for _ in range(4):  # the sample has a morning and an evening edition
        answer = await scene.visitor.pull(scene.kind, candidate.url, validators)
        if isinstance(answer, Unchanged) or {item.title for item in answer.items} <= titles:
            return
        titles |= {item.title for item in answer.items}
        scene.visitor.known.update(url_key(item.url) for item in answer.items)
        validators = answer.validators
    pytest.fail("there is something new each time")


@pytest.mark.parametrize("kind", ONLINE)
@pytest.mark.parametrize("status", [404, 410, 429, 500, 503])
@together
async def test_an_address_that_fails_is_a_fetch_error(kind: str, status: int, visitor: Visitor) -> None:
    with NewsSite().serving() as site:
        site.faults["/x"] = Answer(b"<urlset/>", status=status)
        with pytest.raises(FetchError):
            await visitor.pull(kind, f"{site.origin}/x")


@pytest.mark.parametrize("kind", ONLINE)
@pytest.mark.parametrize("what", sorted(NOTHING))
@together
async def test_an_address_that_holds_something_else_is_a_parse_error(kind: str, what: str, visitor: Visitor) -> None:
    body, media_type = NOTHING[what]
    with NewsSite().serving() as site:
        site.faults["/x"] = Answer(body, media_type)
        with pytest.raises(ReaderError):
            await visitor.pull(kind, f"{site.origin}/x")


@pytest.mark.parametrize("kind", ONLINE)
@together
async def test_without_a_network_it_is_not_the_sources_fault(kind: str) -> None:
    async with Web(offline=True) as web, Parser() as parser:
        desk = Desk(web, parser, lambda _: False, LOOPBACK)
        subscription = Subscription(1, kind, safe_url("http://127.0.0.1:9/"), safe_text("test"))
        with pytest.raises(OfflineError):
            await source_for(kind).pull(subscription, desk)


@pytest.mark.parametrize("kind", ONLINE)
@together
async def test_a_private_address_that_nobody_typed_is_not_asked(kind: str) -> None:
    with NewsSite(feed=True, sitemap="well-known").serving() as site:
        async with Web() as web, Parser() as parser:
            subscription = Subscription(1, kind, safe_url(f"{site.origin}/"), safe_text("test"))
            with pytest.raises(FetchError):
                await source_for(kind).pull(subscription, Desk(web, parser, lambda _: False))
    assert site.requests == []


@together
async def test_a_password_is_for_its_own_origin_only(visitor: Visitor) -> None:
    with NewsSite(sitemap="robots").serving() as site, NewsSite().serving() as other:
        site.faults["/sitemaps/news.xml"] = other_sitemap = site.answer("/sitemaps/news.xml")
        other_sitemap.body = other_sitemap.body.replace(site.origin.encode(), other.origin.encode())
        address = safe_url(f"{site.origin}/sitemaps/news.xml")
        subscription = Subscription(1, "sitemap", address, safe_text("test"), login="ann:secret")
        snapshot = await source_for("sitemap").pull(subscription, visitor.desk)
    assert isinstance(snapshot, Snapshot)
    assert len(other.requests) == len(snapshot.items) == 8
    assert (len(site.logins), other.logins) == (1, {""})
    assert "" not in site.logins


# From an address to a kind


@pytest.mark.parametrize(
    ("site", "kind"),
    [
        (NewsSite(feed=True, sitemap="robots"), "feed"),
        (NewsSite(sitemap="robots"), "sitemap"),
        (NewsSite(), "site"),
        (NewsSite(html=False, sitemap="well-known"), "sitemap"),
    ],
    ids=["feed", "sitemap", "site", "drawn by scripts"],
)
@together
async def test_the_best_way_that_a_site_offers(site: NewsSite, kind: str, visitor: Visitor) -> None:
    with site.serving():
        (candidate, *_) = await discover(f"{site.origin}/", visitor.web, visitor.parser)
    assert candidate.kind == kind


@together
async def test_a_kind_that_is_asked_for_is_the_only_one_tried(visitor: Visitor) -> None:
    with NewsSite(feed=True, sitemap="robots").serving() as site:
        (candidate, *_) = await discover(f"{site.origin}/", visitor.web, visitor.parser, "site")
    assert candidate.kind == "site"


@together
async def test_where_there_is_no_news_it_is_said_what_was_tried(visitor: Visitor) -> None:
    with NewsSite().serving() as site, pytest.raises(ParseError, match=r"Tried: .*feed.*sitemap.*front page"):
        await discover(f"{site.origin}/login/", visitor.web, visitor.parser)


@together
async def test_an_address_without_a_scheme_is_asked_by_https_and_then_openly_by_http(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "TRY_HTTPS_S", 0.05)
    with WebServer() as server:  # it waits for the rest of what is no request
        server.page("/feed", FEED, media_type="application/rss+xml")
        (found,) = await discover(f"127.0.0.1:{server.port}/feed", visitor.web, visitor.parser)
        assert found.url == server.url("/feed")
        assert found.says.endswith("; not encrypted, as https did not answer")
        (typed,) = await discover(server.url("/feed"), visitor.web, visitor.parser)
        assert "encrypted" not in typed.says
        seen = len(server.requests)
        with pytest.raises(FetchError, match="over http only when you write http://"):
            await discover(f"ann:secret@127.0.0.1:{server.port}/feed", visitor.web, visitor.parser)
        assert len(server.requests) == seen


@together
@pytest.mark.parametrize("certificate", ["good", "self-signed"])
async def test_what_https_answers_is_never_asked_by_http(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, certificate: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "ca.pem"))
    said = {"good": "404", "self-signed": "signed by nobody but itself"}[certificate]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / f"{certificate}.pem")
    async with Web() as web:
        with WebServer(tls=context) as server, pytest.raises(FetchError, match=said):
            await discover(f"127.0.0.1:{server.port}/feed", web, visitor.parser)
    assert all(request.path == "/feed" for request in server.requests)


@pytest.mark.parametrize(
    ("typed", "url", "login"),
    [
        ("gazette.example", "https://gazette.example/", ""),
        ("http://gazette.example/a", "http://gazette.example/a", ""),
        ("https://ann:s%40lt@gazette.example/", "https://gazette.example/", "ann:s@lt"),
        ("//gazette.example/x", "https://gazette.example/x", ""),
    ],
)
def test_an_address_as_people_type_it(typed: str, url: str, login: str) -> None:
    assert typed_address(typed) == (url, login)


@pytest.mark.parametrize(
    "typed", ["", "   ", "not an address", "ftp://gazette.example/", "file:///etc/passwd", "https://"]
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(ParseError):
        typed_address(typed)
