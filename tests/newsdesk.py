"""What the tests of sources share: a desk with the real web and parser, and how to compare what it brought."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from reader.fetch import Document, Web
from reader.model import Candidate, Item, Snapshot, Subscription, Unchanged, Validators
from reader.parsing import Parser
from reader.sources import Desk, source_for
from reader.text import SafeUrl, safe_text, safe_url, url_key
from tests.newssite import NewsSite, Story

LOOPBACK = frozenset({"127.0.0.1"})


@dataclass
class Visitor:
    """A reader of sources who remembers which pages are known, as a library does."""

    web: Web
    parser: Parser
    known: set[str] = field(default_factory=set)

    @property
    def desk(self) -> Desk:
        return Desk(self.web, self.parser, lambda url: url_key(url) in self.known, LOOPBACK)

    async def page(self, url: str) -> Document:
        """The document at an address."""
        answer = await self.web.get(safe_url(url), allow=LOOPBACK)
        assert isinstance(answer, Document)
        return answer

    async def find(self, kind: str, url: str) -> tuple[Candidate, ...]:
        """What of one kind there is at an address."""
        return await source_for(kind).find(await self.page(url), self.desk)

    async def pull(self, kind: str, url: str, validators: Validators | None = None) -> Snapshot | Unchanged:
        """One visit."""
        subscription = Subscription(1, kind, safe_url(url), safe_text("test"), validators=validators or Validators())
        return await source_for(kind).pull(subscription, self.desk)

    async def snapshot(self, kind: str, url: str, validators: Validators | None = None) -> Snapshot:
        """One visit that brings something; what it brings is known from then on."""
        answer = await self.pull(kind, url, validators)
        assert isinstance(answer, Snapshot)
        self.known.update(url_key(item.url) for item in answer.items)
        return answer


together = pytest.mark.asyncio(loop_scope="module")
"""Tests of a module that share the loop, and so the parser: starting one costs more than most of them."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def news_parser() -> AsyncIterator[Parser]:
    """The parser of a module's tests."""
    async with Parser() as parser:
        yield parser


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(news_parser: Parser) -> AsyncIterator[Visitor]:
    """Somebody who knows nothing yet."""
    async with Web() as web:
        yield Visitor(web, news_parser)


def by_story(site: NewsSite, snapshot: Snapshot) -> dict[Story, Item]:
    """Which item is which story; fails when one is listed twice or is no story of the site."""
    stories = {url_key(SafeUrl(site.url(story))): story for story in site.stories}
    keys = [url_key(item.url) for item in snapshot.items]
    assert len(keys) == len(set(keys)), "a story is listed twice"
    assert set(keys) <= set(stories), "something is listed that is no story"
    return {stories[key]: item for key, item in zip(keys, snapshot.items, strict=True)}


def words_of(markdown: str) -> tuple[str, ...]:
    """The text of a body, block by block, without the marks of headings, quotations and lists, without pictures."""
    lines = (line for line in markdown.split("\n") if line and not line.startswith("!["))
    return tuple(line.removeprefix("## ").removeprefix("> ").removeprefix("- ") for line in lines)
