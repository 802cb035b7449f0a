"""What has to hold for every input: a value that is clean, or one of our errors with a sentence, and nothing else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import asdict, replace

from reader import settings
from reader.app import keymap
from reader.blocks import parse_block, split
from reader.errors import ConfigError, FetchError, ParseError, QueryError, ReaderError
from reader.extract import extract_article, html_to_markdown
from reader.fetch import Document, Patience, Web
from reader.identity import decide, identity_keys
from reader.model import Article, Subscription, Unchanged
from reader.opml import parse_opml, write_opml
from reader.sources.feed import parse_feed
from reader.sources.sitemap import read_robots, read_sitemap
from reader.store import Store
from reader.text import safe_block, safe_text, safe_url
from reader.typeset import set_block
from tests.fuzz import strategies

NOW = datetime(2026, 11, 20, 7, 42, tzinfo=UTC)
URL = safe_url("https://gazette.example/feed")
MOST_ITEMS = 5_000


@dataclass(frozen=True)
class Target:
    """Something that takes in what others wrote."""

    inputs: st.SearchStrategy[bytes]
    claim: Callable[[bytes], None]
    share: float = 1.0
    """Of the examples asked for; less where one takes longer."""


def is_clean(value: object) -> bool:
    """Whether all text in it has passed the border, all addresses are addresses, and all moments know their zone."""
    if isinstance(value, str):
        return value == safe_block(value) or value == safe_text(value, 10_000)
    if isinstance(value, datetime):
        return value.utcoffset() is not None
    if isinstance(value, Struct):
        parts = asdict(value)
        urls = [url for name in ("url", "home_url", "moved_to") if (url := parts.get(name))]
        return all(url == safe_url(url) for url in urls) and all(
            is_clean(part) for name, part in parts.items() if name not in ("validators", "login", "typed_host")
        )
    return not isinstance(value, tuple | list) or all(map(is_clean, value))


@contextmanager
def only(*kinds: type[ReaderError]) -> Iterator[None]:
    """These errors may come, each with a sentence that may be shown."""
    said = "-"
    try:
        yield
    except kinds as error:
        said = str(error)
    assert said, "an error says nothing"
    assert said == safe_block(said), f"not to be shown: {said!r}"


def a_feed(data: bytes) -> None:
    with only(ParseError):
        snapshot = parse_feed(data, URL)
        assert is_clean(snapshot)
        assert len(snapshot.items) <= MOST_ITEMS
        keys = identity_keys(snapshot.items)
        assert all(keys)
        changes = decide(snapshot, keys, {}, Subscription(1, "feed", URL, safe_text("A")), NOW)
        assert all(arrival.shown_at <= NOW for arrival in changes.arrivals)


def a_page(data: bytes) -> None:
    with only(ParseError):
        article: Article = extract_article(data, URL)
        assert is_clean(article)
        a_text(article.markdown.encode())
    a_text(html_to_markdown(data.decode("utf-8", "replace"), URL).encode())


def a_text(markdown: bytes) -> None:
    """Markdown as it is stored: set at any width, its lines hold nothing that a terminal obeys."""
    for block in split(markdown.decode()):
        for width in (12, 70):
            for line in set_block(parse_block(block), width):
                assert is_clean(line.text), repr(line.text)


def an_opml(data: bytes) -> None:
    with only(ParseError):
        document = parse_opml(data)
        assert is_clean(document.rejected)
        assert is_clean(document.subscriptions)
        again = parse_opml(write_opml(document.subscriptions, "Mine", NOW).encode())
        assert sorted(row.url for row in again.subscriptions) == sorted(row.url for row in document.subscriptions)
        assert "secret" not in write_opml(document.subscriptions, "Mine", NOW)


def a_sitemap(data: bytes) -> None:
    assert all(url == safe_url(url) for url in read_robots(data, URL))
    with only(ParseError):
        assert is_clean(read_sitemap(data, URL, NOW))


def a_config(data: bytes) -> None:
    base = settings.Settings(settings.folders(Path("/nowhere")))
    with only(ConfigError):
        read = settings.parse(data, "config.toml", base)
        keymap.build(read.keys, read.commands)


@cache
def _library() -> Store:
    from tests.storing import fill

    store = Store.open(Path(mkdtemp(prefix="broadsheet-fuzz-")) / "broadsheet.db")
    fill(store, 5)
    store.index_pending()
    return store


def a_query(data: bytes) -> None:
    with only(QueryError):
        assert len(_library().search(data.decode("utf-8", "replace"))) <= 50
    assert _library().totals().stories == 5


def some_keys(data: bytes) -> None:
    asyncio.run(_typed(data.decode().split()))


async def _typed(strokes: list[str]) -> None:
    """Type them on the paper: whatever it is, the program runs on or ends as it should."""
    from unittest.mock import patch

    from reader.app import launcher
    from reader.app.app import ReaderApp
    from tests.app import canned
    from tests.app.desk import drain, settle

    home = canned.settings_in(Path("/nowhere"))
    library = canned.CannedLibrary([canned.a_story(n) for n in range(1, 10)], home)
    app = ReaderApp(library, home, keymap.build(home.keys), clock=lambda: canned.NOW)  # type: ignore[arg-type]
    with patch.object(launcher, "_system_opener", lambda: ("true",)):
        async with app.run_test(size=(100, 30)) as pilot:
            await settle(pilot)
            for stroke in strokes:
                if not app.is_running or app._exit:
                    break
                await pilot.press(stroke)
                await drain(pilot)
            assert app._exception is None
            app.workers.cancel_all()
            await asyncio.sleep(0)


def an_answer(data: bytes) -> None:
    asyncio.run(_asked(data))


async def _asked(data: bytes) -> None:
    """A server that says exactly this and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(data)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # it was hung up on, which is what many of these deserve
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, family=socket.AF_INET)
    port = server.sockets[0].getsockname()[1]
    try:
        async with Web(patience=Patience(2, 1, 3)) as web:
            with only(FetchError):
                url = safe_url(f"http://127.0.0.1:{port}/")
                answer = await web.get(url, allow=frozenset({"127.0.0.1"}))
                assert isinstance(answer, Document | Unchanged)
                if isinstance(answer, Document):
                    assert answer.body
                    assert is_clean(replace(answer, body=b"", links={}))
    finally:
        server.close()
        await server.wait_closed()


TARGETS = {
    "feeds": Target(strategies.feeds, a_feed),
    "pages": Target(strategies.pages, a_page, 0.5),
    "opml": Target(strategies.opml, an_opml),
    "sitemaps": Target(strategies.sitemaps, a_sitemap),
    "config": Target(strategies.config, a_config),
    "queries": Target(strategies.queries, a_query),
    "answers": Target(strategies.answers, an_answer),
    "keys": Target(strategies.keys, some_keys, 0.05),
}
