"""From a list of links to stories: the pages that are not known yet are asked for, politely and a bounded number."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from reader.errors import FetchError, OfflineError, ParseError, RetryLaterError
from reader.extract import extract_article
from reader.fetch import Document, Purpose
from reader.model import Article, Item, Picture, Subscription, TextKind, Unchanged, Validators
from reader.sources import Desk
from reader.sources.links import path_of, words
from reader.text import EMPTY, NO_URL, SafeText, SafeUrl, safe_text, url_key

MAX_PAGES = 60
"""Story pages that one visit asks for; the other stories are listed, and get their text when they are opened."""
READ_PAGES_S = 180
"""After that many seconds no more pages are waited for."""
_AT_ONCE = 3
"""Two on the way, as many as one host is asked, and one in the parser."""
_VAGUE = words("news home article articles latest nachrichten noticias actualités 新闻 ニュース")
"""What publishers write where a section should stand."""


class Teaser(Struct, frozen=True):
    """What a list says of a story; only `url` is never empty."""

    url: SafeUrl
    """As found, but for what tracks; all links to one page have the same `url_key`."""
    title: SafeText = EMPTY
    summary: SafeText = EMPTY
    """An excerpt or a dek: a list does not say which."""
    section: SafeText = EMPTY
    published_at: datetime | None = None
    language: SafeText = EMPTY
    picture: Picture | None = None
    sure: bool = True
    """Whether it is a story beyond doubt, even while its page has not been looked at."""

    def filled_from(self, other: Teaser) -> Teaser:
        """With what another list says of the same story, where this one says nothing."""
        return replace(
            self,
            summary=self.summary or other.summary,
            section=self.section or other.section,
            published_at=self.published_at or other.published_at,
            language=self.language or other.language,
            picture=self.picture or other.picture,
            sure=self.sure or other.sure,
        )


class Visit(Struct, frozen=True):
    """A desk, and what was typed to get in at one origin; nobody else is ever told."""

    desk: Desk
    home: SafeUrl = NO_URL
    login: str = ""

    @classmethod
    def of(cls, subscription: Subscription, desk: Desk) -> Visit:
        """A visit to what the reader follows."""
        return cls(desk, subscription.url, subscription.login)

    async def get(
        self, url: SafeUrl, purpose: Purpose = Purpose.FEED, validators: Validators | None = None
    ) -> Document | Unchanged:
        """As `Web.get`."""
        login = self.login if urlsplit(url)[:2] == urlsplit(self.home)[:2] else ""
        return await self.desk.web.get(url, purpose, validators=validators, allow=self.desk.allow, login=login)


class Reading(Struct, frozen=True):
    """What came of a list of links."""

    items: tuple[Item, ...]
    """In the order of the list, each story once."""
    warning: SafeText
    """A sentence about pages that did not come; "" when all did."""
    complete: bool
    """False when doubtful links were left for the next visit."""


async def read_stories(
    teasers: Sequence[Teaser], visit: Visit, sections: Mapping[str, SafeText] | None = None
) -> Reading:
    """The stories behind the links; up to MAX_PAGES unknown pages are asked for, and one that fails raises nothing.

    A known story is only mentioned: its item has no title and so says nothing that could look like a revision. A page
    that holds no story is left out. `sections` maps the names of sections in lower case to their spelling.
    """
    known = {teaser.url for teaser in teasers if visit.desk.is_known(teaser.url)}
    batch = _Batch(visit)
    await batch.read([teaser.url for teaser in teasers if teaser.url not in known][:MAX_PAGES])
    items: list[Item] = []
    titles: dict[str, SafeText] = {}
    for teaser in teasers:
        if teaser.url in known:
            items.append(Item(guid=SafeText(teaser.url), url=teaser.url))
            continue
        if (item := _item(teaser, batch.pages.get(teaser.url), sections or {})) is None:
            continue
        key = url_key(SafeUrl(item.guid))
        if key not in titles:
            items.append(item)
        elif titles[key] != item.title:
            # Different stories that name the same canonical address are their publisher's mistake.
            items.append(replace(item, guid=SafeText(item.url)))
        titles.setdefault(key, item.title)
    left = any(not teaser.sure and teaser.url not in known | batch.asked for teaser in teasers)
    return Reading(tuple(items), batch.warning(), complete=not left)


class _Batch:
    """The story pages that are asked for during one visit."""

    def __init__(self, visit: Visit) -> None:
        self.pages: dict[SafeUrl, Article] = {}
        """The pages that came, by the address that was asked; those without a story too."""
        self.asked: set[SafeUrl] = set()
        self._visit = visit
        self._wanted = 0
        self._weary: set[str] = set()
        """Hosts that asked for patience (429, 503)."""
        self._offline = False

    async def read(self, urls: Sequence[SafeUrl]) -> None:
        """Ask for the pages, in order, a few at once."""
        self._wanted = len(urls)
        waiting = iter(urls)
        try:
            async with asyncio.timeout(READ_PAGES_S), asyncio.TaskGroup() as workers:
                for _ in range(min(_AT_ONCE, len(urls))):
                    workers.create_task(self._work(waiting))
        except TimeoutError:
            return

    async def _work(self, waiting: Iterable[SafeUrl]) -> None:
        for url in waiting:
            host = urlsplit(url).netloc
            if self._offline or host in self._weary:
                continue
            self.asked.add(url)
            try:
                self.pages[url] = await self._page(url)
            except RetryLaterError:
                self._weary.add(host)
            except OfflineError:
                self._offline = True
            except (FetchError, ParseError):
                continue

    async def _page(self, url: SafeUrl) -> Article:
        answer = await self._visit.get(url, Purpose.PAGE)
        if not isinstance(answer, Document) or not is_page(answer):
            return Article()
        return await self._visit.desk.parser.call(extract_article, answer.body, answer.url, answer.charset)

    def warning(self) -> SafeText:
        """A sentence about what did not come; "" when everything did."""
        missing = self._wanted - len(self.pages)
        if not missing:
            return EMPTY
        if self._weary:
            return safe_text(f"The site asked for patience: {missing} of {self._wanted} new stories have no text yet.")
        return safe_text(f"{missing} of {self._wanted} story pages could not be read.")


def is_page(document: Document) -> bool:
    """Whether the answer can be a page of HTML."""
    return document.media_type in ("", "text/html", "application/xhtml+xml") or (
        document.media_type in ("text/plain", "application/xml", "text/xml")
        and b"<html" in document.body[:2_000].lower()
    )


def _item(teaser: Teaser, page: Article | None, sections: Mapping[str, SafeText]) -> Item | None:
    """The story, as far as it is known; what its page says goes first. None when it is none, or too doubtful."""
    if page is None:
        if not teaser.sure or not teaser.title:
            return None
        page = Article(summary=teaser.summary)
    elif not page.is_story:
        return None
    summary = page.summary or (EMPTY if _begins(page.markdown, teaser.summary) else teaser.summary)
    teaser_kind = TextKind.TEASER if summary else TextKind.NONE
    return Item(
        guid=SafeText(_canonical(page.url, teaser.url)),
        url=teaser.url,
        title=page.title or teaser.title,
        summary=summary,
        authors=page.authors,
        section=_section(page.section, teaser.section, sections),
        published_at=page.published_at or teaser.published_at,
        updated_at=page.updated_at,
        language=page.language or teaser.language,
        markdown=page.markdown,
        text=TextKind.FULL if page.markdown else teaser_kind,
        picture=page.picture or teaser.picture,
    )


def _canonical(named: SafeUrl, asked: SafeUrl) -> SafeUrl:
    """The address that the page gives for itself, unless it is a front page's, as some sites write on every page."""
    return named if named != NO_URL and (path_of(named) != "/" or urlsplit(named).query) else asked


def _section(of_page: SafeText, of_teaser: SafeText, sections: Mapping[str, SafeText]) -> SafeText:
    if not of_page or (of_page.casefold() in _VAGUE and of_teaser):
        return of_teaser
    return sections.get(of_page.casefold(), of_page)


_MARKUP = re.compile(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)")


def _begins(markdown: str, excerpt: str) -> bool:
    """Whether the excerpt is only the body's first words, which are no dek."""
    first = re.sub(r"\W+", "", excerpt).casefold()
    return bool(first) and first in re.sub(r"\W+", "", _MARKUP.sub("", markdown[:5_000])).casefold()
