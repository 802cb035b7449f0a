"""The Source of kind `feed`: looks for feeds at an address, and visits them."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from reader.errors import FetchError, OfflineError, ParseError
from reader.fetch import Document, Purpose
from reader.model import Candidate, Snapshot, Subscription, Unchanged
from reader.sources import Desk
from reader.sources.feed.discover import FeedLink, find_links, well_known
from reader.sources.feed.read import Preview, parse_feed, preview_feed
from reader.text import EMPTY, SafeText, SafeUrl, counted, host_of, safe_text, safe_url

MAX_FRESH_S = 86_400
"""A publisher who asks for more patience than a day is visited daily all the same."""


class Feed:
    """Publications that are feeds; stateless."""

    name = "feed"

    async def find(self, document: Document, desk: Desk) -> tuple[Candidate, ...]:
        """The document itself if it is a feed; else those the page declares, links to, or keeps in the usual places."""
        if own := await self._preview(document, desk):
            return (_candidate(document.url, own, EMPTY),)
        found = await self._declared(document, desk)
        return found or await self._usual(document, desk)

    async def pull(self, subscription: Subscription, desk: Desk) -> Snapshot | Unchanged:
        """Ask with the last validators, and read what is new. Raises FetchError or ParseError."""
        answer = await desk.web.get(
            subscription.url,
            Purpose.FEED,
            validators=subscription.validators,
            allow=desk.allow,
            login=subscription.login,
        )
        if isinstance(answer, Unchanged):
            return answer
        snapshot = await desk.parser.call(parse_feed, answer.body, answer.url, answer.charset, answer.media_type)
        wishes = [wish for wish in (snapshot.fresh_for_s, answer.fresh_for_s) if wish is not None and wish > 0]
        return replace(
            snapshot,
            validators=answer.validators,
            fresh_for_s=min(max(wishes), MAX_FRESH_S) if wishes else None,
            moved_to=answer.moved_to,
        )

    async def _declared(self, document: Document, desk: Desk) -> tuple[Candidate, ...]:
        """The feeds of the page's links that are feeds indeed, those with stories first, comments last."""
        links = list(await desk.parser.call(find_links, document.body, document.url, document.charset))
        if header := safe_url(document.links.get("alternate"), document.url):
            links.append(FeedLink(header, EMPTY, 1))
        links = list({link.url: link for link in reversed(links)}.values())[::-1]
        previews = await asyncio.gather(*(self._visit(link.url, desk) for link in links))
        found = [
            (link.rank, preview.stories == 0, place, _candidate(url, preview, link.title))
            for place, (link, visited) in enumerate(zip(links, previews, strict=True))
            if visited
            for url, preview in (visited,)
        ]
        found.sort(key=lambda row: (row[0] == 2, row[1], row[0], row[2]))
        unique = {candidate.url: candidate for *_, candidate in reversed(found)}
        return tuple(unique.values())[::-1]

    async def _usual(self, document: Document, desk: Desk) -> tuple[Candidate, ...]:
        """The first feed at one of the usual places, asked one after the other."""
        for url in well_known(document.url):
            if visited := await self._visit(url, desk):
                return (_candidate(*visited, EMPTY),)
        return ()

    async def _visit(self, url: SafeUrl, desk: Desk) -> tuple[SafeUrl, Preview] | None:
        try:
            document = await desk.web.get(url, Purpose.FEED, allow=desk.allow)
        except OfflineError:
            raise
        except FetchError:
            return None  # a page may name a feed that is gone
        if isinstance(document, Unchanged):
            return None
        preview = await self._preview(document, desk)
        return (document.moved_to or url, preview) if preview else None

    async def _preview(self, document: Document, desk: Desk) -> Preview | None:
        try:
            return await desk.parser.call(
                preview_feed, document.body, document.url, document.charset, document.media_type
            )
        except ParseError:
            return None


def _candidate(url: SafeUrl, preview: Preview, title: SafeText) -> Candidate:
    kind = {"JSON": "a JSON feed", "Atom": "an Atom feed", "RSS": "an RSS feed"}.get(preview.format, "a feed")
    count = counted(preview.stories, "story") if preview.stories else "no stories now"
    name = preview.title or title or safe_text(host_of(url))
    return Candidate("feed", url, name, preview.stories, safe_text(f"{kind} with {count}"))


SOURCE = Feed()
