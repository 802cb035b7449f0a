"""Nothing that a document points to is read while it is parsed: no file, no address, by no way that XML knows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reader.errors import ParseError
from reader.extract import extract_article
from reader.opml import parse_opml
from reader.sources.feed import parse_feed
from reader.sources.sitemap import read_sitemap
from reader.text import safe_url
from tests.webserver import WebServer

URL = safe_url("https://gazette.example/")
PARSERS: dict[str, Callable[[bytes], object]] = {
    "feed": lambda body: parse_feed(body, URL),
    "sitemap": lambda body: read_sitemap(body, URL, datetime(2026, 11, 20, tzinfo=UTC)),
    "opml": parse_opml,
    "page": lambda body: extract_article(body, URL),
}
BODIES = {
    "feed": "<rss><channel><title>&e;</title><item><title>A &e; story</title><description>&e;{i}</description></item>"
    "</channel></rss>",
    "sitemap": "<urlset><url><loc>https://gazette.example/2026/11/20/&e;{i}</loc></url></urlset>",
    "opml": '<opml><body><outline text="&e;" xmlUrl="https://a.example/&e;"/>{i}</body></opml>',
    "page": "<html><body><article><h1>A &e; headline</h1><p>It says &e;{i}, and so on.</p></article></body></html>",
}
HEADS = {
    "general": '<!DOCTYPE x [<!ENTITY e SYSTEM "{at}">]>',
    "public": '<!DOCTYPE x [<!ENTITY e PUBLIC "p" "{at}">]>',
    "subset": '<!DOCTYPE x SYSTEM "{at}">',
    "parameter": '<!DOCTYPE x [<!ENTITY % p SYSTEM "{at}"> %p;]>',
    "stylesheet": '<?xml-stylesheet type="text/xsl" href="{at}"?>',
}
INCLUDE = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="{at}"/>'


@pytest.mark.parametrize("kind", PARSERS)
def test_nothing_that_a_document_points_to_is_read(tmp_path: Path, kind: str) -> None:
    (tmp_path / "secret").write_text('<!ENTITY e "hush">')
    with WebServer() as canary:
        for at in (tmp_path.joinpath("secret").as_uri(), canary.page("/", '<!ENTITY e "hush">')):
            for head in HEADS.values():
                document = f'<?xml version="1.0"?>{head}{BODIES[kind].replace("{i}", INCLUDE)}'.replace("{at}", at)
                with suppress(ParseError):
                    assert "hush" not in repr(PARSERS[kind](document.encode()))
        assert canary.connections == 0


@pytest.mark.parametrize("kind", ["feed", "opml"])
def test_an_entity_of_its_own_is_read(kind: str) -> None:
    document = f'<!DOCTYPE x [<!ENTITY e "hush">]>{BODIES[kind].replace("{i}", "")}'
    assert "hush" in repr(PARSERS[kind](document.encode())), "or the test above could not fail"
