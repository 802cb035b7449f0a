# ruff: noqa: E402 - a script that is run from anywhere: it makes the checkout importable before it imports it
"""Runs one address through the real fetch, parse, store and sanitiser, and prints what a screen would get, as one line.

    python tests/hostile_adapter.py feed|article|image URL

A line of JSON: `outcome` (ok, error, not_modified, gone, retry) with `error` or `retry_after`, then what is held now:
the `entries` of a feed; `title`, `text` and `images` of an article; `width` and `height` of a picture. The library lies
in the HOME that is given, so that a second run is the second visit. The host of the address is what the user typed.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from reader.errors import GoneError, ReaderError, RetryLaterError
from reader.export import to_text
from reader.fetch import Document, Purpose, Web
from reader.library import Library
from reader.model import Candidate, Item, State, Story, StoryFilter, TextKind, Unchanged
from reader.parsing import Parser
from reader.pictures import read_picture
from reader.refresh import read_article
from reader.settings import load
from reader.text import EMPTY, SafeUrl, safe_text, safe_url

WIDTH_CELLS = 80


class Listening:
    """The door to the network, remembering how the last question ended."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self.last: Document | Unchanged | ReaderError | None = None

    def is_public(self, host: str) -> bool:
        """As Web.is_public."""
        return self._web.is_public(host)

    async def get(self, *args: Any, **options: Any) -> Document | Unchanged:
        """As Web.get."""
        try:
            self.last = await self._web.get(*args, **options)
        except ReaderError as error:
            self.last = error
            raise
        return self.last


def failed(error: ReaderError) -> dict[str, Any]:
    """What went wrong, in the kit's words."""
    if isinstance(error, RetryLaterError):
        return {"outcome": "retry", "error": str(error), "retry_after": error.retry_after_s}
    return {"outcome": "gone" if isinstance(error, GoneError) else "error", "error": str(error)}


async def feed(url: SafeUrl) -> dict[str, Any]:
    """Follow the address, or visit it again as `refresh --all` does; and all that is held of it now."""
    library = Library(load())
    try:
        followed = library.sources()
        if followed and followed[0].subscription.health.gone:
            return {"outcome": "gone", "error": followed[0].subscription.health.error, "entries": entries(library)}
        refresher = await library._refresher()
        web = Listening(refresher.web)
        library._looked_at = refresher.through(cast("Web", web))
        candidate = Candidate("feed", url, EMPTY, 0, EMPTY, typed_host=urlsplit(url).hostname or "")
        _, outcome = await library.subscribe(candidate)
        if isinstance(web.last, ReaderError):
            said = failed(web.last)
        elif outcome.error:
            said = {"outcome": "error", "error": outcome.error}
        else:
            said = {"outcome": "not_modified" if isinstance(web.last, Unchanged) else "ok"}
        return {**said, "entries": entries(library)}
    finally:
        await library.hang_up()
        library.close()


def entries(library: Library) -> list[dict[str, Any]]:
    """The stories as lists and the story pane show them, newest first."""
    headlines = {row.id: row for row in library.headlines(StoryFilter(), limit=20_000)}
    return [
        {
            "id": story.id,
            "title": headlines[story.id].title if story.id in headlines else story.title,
            "excerpt": headlines[story.id].excerpt if story.id in headlines else "",
            "link": story.item.url,
            "author": story.item.authors,
            "section": story.section,
            "categories": list(story.item.categories),
            "published": story.item.published_at.isoformat() if story.item.published_at else None,
            "enclosures": [enclosure.url for enclosure in story.item.enclosures],
            "content": to_text(story, WIDTH_CELLS),
        }
        for story in library.stories(StoryFilter())
    ]


async def article(url: SafeUrl) -> dict[str, Any]:
    """The story of a page, set as the story pane sets it."""
    async with Web() as web, Parser() as parser:
        found = await read_article(url, web, parser, frozenset({urlsplit(url).hostname or ""}))
    now = datetime.now(UTC)
    item = Item(url=url, title=found.title, summary=found.summary, authors=found.authors, text=TextKind.NONE)
    story = Story(1, 1, safe_text("source"), safe_text("section"), item, found, State(), now, now, 0)
    return {
        "outcome": "ok",
        "title": found.title,
        "text": to_text(story, WIDTH_CELLS),
        "url": found.url,
        "images": [found.picture.url] if found.picture else [],
    }


async def image(url: SafeUrl) -> dict[str, Any]:
    """A picture's size, once it has been decoded."""
    async with Web() as web, Parser() as parser:
        answer = await web.get(url, Purpose.PICTURE, allow=frozenset({urlsplit(url).hostname or ""}))
        assert isinstance(answer, Document)
        facts = await parser.call(read_picture, answer.body)
    return {"outcome": "ok", "width": facts.width, "height": facts.height}


def main() -> None:
    kind, address = sys.argv[1:3]
    work = {"feed": feed, "article": article, "image": image}[kind]
    try:
        said = asyncio.run(work(safe_url(address)))
    except ReaderError as error:
        said = failed(error)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
