"""A news sitemap: what publishers give to search engines, for sites that give readers neither a feed nor plain HTML.

Sitemaps protocol 0.9 (`<urlset>`, `<sitemapindex>`), with Google's news extension 0.9 (`<news:title>`,
`<news:publication_date>`, `<news:publication>`) and image extension 1.1. Kinder than the texts: names are compared
without their namespace, which is often mistyped. A sitemap without the news extension counts for what it says changed
within two days and what has an address like a story's. Dek, section and body come from the stories' pages.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from reader.dates import parse_date
from reader.errors import FetchError, OfflineError, ParseError, RetryLaterError
from reader.fetch import Document
from reader.model import Candidate, Picture, Snapshot, Subscription, Unchanged, Validators
from reader.sources import Desk
from reader.sources.front import FrontPage, PageKind, read_front
from reader.sources.links import first_folder, is_related, is_story_shaped, path_of, sections_by_path
from reader.sources.pages import Teaser, Visit, is_page, read_stories
from reader.text import (
    EMPTY,
    SafeText,
    SafeUrl,
    counted,
    host_of,
    plain_text,
    safe_text,
    safe_url,
    url_key,
    without_tracking,
)
from reader.xmltree import read_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_ENTRIES = 5_000
MAX_FILES = 5
"""Files of an index that one visit asks for."""
MAX_UNPACKED = 16 << 20
RECENT = timedelta(days=2)
_MAX_TRIED = 8
"""Places that are asked when an address is looked at."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_PLACES = ("/sitemap-news.xml", "/news-sitemap.xml", "/sitemap_index.xml", "/sitemap.xml")


class SitemapFile(Struct, frozen=True):
    """A file that an index names."""

    url: SafeUrl
    changed_at: datetime | None = None


class Sitemap(Struct, frozen=True):
    """One sitemap, read."""

    title: SafeText = EMPTY
    """`<news:name>`, where all entries agree."""
    language: SafeText = EMPTY
    teasers: tuple[Teaser, ...] = ()
    """Newest first, each address once."""
    files: tuple[SitemapFile, ...] = ()
    """Of an index."""
    is_news: bool = False
    """Whether it has the news extension."""


class NewsSitemap:
    """Reads news sitemaps and the pages of the stories that they list."""

    name = "sitemap"

    async def find(self, document: Document, desk: Desk) -> tuple[Candidate, ...]:
        """The news sitemap of the site whose front page this is, or the document itself if it is one."""
        if _is_sitemap(document.body):
            found = await _look(document.url, desk, document)
            return (_candidate(document.url, found, EMPTY),) if found else ()
        if not is_page(document):
            return ()
        try:
            page = await desk.parser.call(read_front, document.body, document.url, document.charset)
        except ParseError:
            return ()
        # A section's page or a story's: the reader did not mean the whole site. A page without links at the root of a
        # site is drawn by scripts, and its sitemap is all there is.
        if page.kind is not PageKind.FRONT and not (page.kind is PageKind.OTHER and path_of(document.url) == "/"):
            return ()
        for place in await _places(document, page, desk):
            found = await _look(place, desk)
            if found and _is_of(found, document.url, page):
                return (_candidate(place, found, page.title),)
        return ()

    async def pull(self, subscription: Subscription, desk: Desk) -> Snapshot | Unchanged:
        """Read the sitemap, or the newest files of an index, and the pages of new stories."""
        visit = Visit.of(subscription, desk)
        answer = await visit.get(subscription.url, validators=subscription.validators)
        if isinstance(answer, Unchanged):
            return answer
        found = await _collect(answer, visit, datetime.now(UTC))
        reading = await read_stories(found.teasers, visit)
        # The files of an index change without it.
        lasting = reading.complete and not found.files
        parts = urlsplit(answer.url)
        return Snapshot(
            title=found.title,
            home_url=safe_url(f"{parts.scheme}://{parts.netloc}/"),
            language=found.language,
            items=reading.items,
            validators=answer.validators if lasting else Validators(),
            fresh_for_s=answer.fresh_for_s,
            moved_to=answer.moved_to,
            warning=reading.warning,
        )


# Asking


async def _look(place: SafeUrl, desk: Desk, answer: Document | Unchanged | None = None) -> Sitemap | None:
    """The sitemap at a place where one may be; None when there is none, or no story in it, which is no error."""
    try:
        answer = answer or await desk.web.get(place, allow=desk.allow)
        if isinstance(answer, Unchanged) or not _is_sitemap(answer.body):
            return None
        found = await _collect(answer, Visit(desk), datetime.now(UTC))
    except OfflineError:
        raise
    except (FetchError, ParseError):
        return None
    return found if found.teasers else None


def _is_of(found: Sitemap, url: SafeUrl, page: FrontPage) -> bool:
    """Whether a sitemap is that of this front page: a host may carry several publications, each in its folder."""
    folder, listed = path_of(url), {url_key(teaser.url) for teaser in page.teasers}
    own = [
        teaser
        for teaser in found.teasers
        if is_related(teaser.url, url) and (path_of(teaser.url).startswith(folder) or url_key(teaser.url) in listed)
    ]
    return len(own) * 2 > len(found.teasers)


async def _places(document: Document, page: FrontPage, desk: Desk) -> list[SafeUrl]:
    """Where to look, news sitemaps first: what the page and robots.txt name, then the usual places."""
    named = [*page.sitemaps, safe_url(document.links.get("sitemap"), document.url)]
    parts = urlsplit(document.url)
    origin = f"{parts.scheme}://{parts.netloc}"
    try:
        robots = await desk.web.get(safe_url(f"{origin}/robots.txt"), allow=desk.allow)
        if isinstance(robots, Document):
            named += await desk.parser.call(read_robots, robots.body, robots.url)
    except OfflineError:
        raise
    except (FetchError, ParseError):
        pass
    places = sorted(filter(None, named), key=_promise, reverse=True) + [safe_url(origin + place) for place in _PLACES]
    return list(dict.fromkeys(places))[:_MAX_TRIED]


async def _collect(document: Document, visit: Visit, now: datetime) -> Sitemap:
    """The document's stories, newest first; for an index, those of at most MAX_FILES of its files.

    Raises FetchError or ParseError when there is nothing to read.
    """
    top = await visit.desk.parser.call(read_sitemap, document.body, document.url, now)
    read, waiting, asked = [top], list(top.files), 0
    failure: FetchError | ParseError | None = None
    while waiting and asked < MAX_FILES:
        waiting.sort(key=lambda file: (_promise(file.url), file.changed_at or _LONG_AGO))
        file = waiting.pop()
        if _promise(file.url) < _NEWS and any(sitemap.is_news for sitemap in read):
            break
        asked += 1
        try:
            answer = await visit.get(file.url)
            if isinstance(answer, Document):
                read.append(await visit.desk.parser.call(read_sitemap, answer.body, answer.url, now))
                waiting.extend(read[-1].files)
        except (RetryLaterError, OfflineError):
            raise
        except (FetchError, ParseError) as error:
            failure = error
    if failure and len(read) == 1:
        raise failure
    return replace(_joined(read), files=top.files)


def _joined(read: Sequence[Sitemap]) -> Sitemap:
    """Several files as one: news alone where there is news, newest first, each story once."""
    chosen = [sitemap for sitemap in read if sitemap.is_news] or read
    stories: dict[str, Teaser] = {}
    for teaser in (teaser for sitemap in chosen for teaser in sitemap.teasers):
        stories.setdefault(url_key(teaser.url), teaser)
    newest = sorted(stories.values(), key=lambda teaser: teaser.published_at or _LONG_AGO, reverse=True)
    folders = sections_by_path(teaser.url for teaser in newest)
    return Sitemap(
        title=next((sitemap.title for sitemap in chosen if sitemap.title), EMPTY),
        language=next((sitemap.language for sitemap in chosen if sitemap.language), EMPTY),
        teasers=tuple(
            replace(teaser, section=folders.get(first_folder(teaser.url), EMPTY)) for teaser in newest[:MAX_ENTRIES]
        ),
        is_news=any(sitemap.is_news for sitemap in chosen),
    )


def _candidate(url: SafeUrl, found: Sitemap, title: SafeText) -> Candidate:
    count = len(found.teasers)
    says = f"a {'news ' if found.is_news else ''}sitemap with {counted(count, 'story')}"
    return Candidate(NewsSitemap.name, url, found.title or title or safe_text(host_of(url)), count, safe_text(says))


# Reading: pure, for the child process


def read_robots(body: bytes, url: SafeUrl) -> tuple[SafeUrl, ...]:
    """The sitemaps that a robots.txt names (sitemaps.org protocol, "Specifying the Sitemap location")."""
    lines = re.findall(r"^\s*sitemap\s*:\s*(\S+)", body[:500_000].decode("utf-8", "replace"), re.I | re.M)
    return tuple(dict.fromkeys(filter(None, (safe_url(line, url) for line in lines[:100]))))


def read_sitemap(body: bytes, url: SafeUrl, now: datetime) -> Sitemap:
    """An `<urlset>` or `<sitemapindex>`, at most MAX_ENTRIES of it. Raises ParseError when it is neither."""
    root, _ = read_xml(_unpacked(body))
    if root is None:
        raise ParseError("The sitemap is empty.")
    name = _name(root)
    if name == "sitemapindex":
        files = (_fields(entry) for entry in root if _name(entry) == "sitemap")
        found = [SitemapFile(safe_url(file.get("loc"), url), parse_date(file.get("lastmod", ""))) for file in files]
        return Sitemap(files=tuple(file for file in found if file.url)[:MAX_ENTRIES])
    if name != "urlset":
        raise ParseError("That is no sitemap.")
    entries = [_fields(entry) for entry in root if _name(entry) == "url"]
    news = [entry for entry in entries if "news" in entry]
    teasers: dict[str, Teaser] = {}
    for entry in sorted(news or entries, key=_changed_at, reverse=True):
        address = safe_url(entry.get("loc"), url)
        if len(teasers) < MAX_ENTRIES and address and (news or _is_recent_story(address, entry, now)):
            teasers.setdefault(url_key(address), _teaser(without_tracking(address), entry, url))
    first = news[0] if news else {}
    names = {entry.get("news/publication/name") for entry in news}
    return Sitemap(
        title=plain_text(names.pop(), 100) if len(names) == 1 else EMPTY,
        language=safe_text(first.get("news/publication/language"), 35),
        teasers=tuple(teasers.values()),
        is_news=bool(news),
    )


def _unpacked(body: bytes) -> bytes:
    """A .xml.gz that came packed twice, which servers do that pack whatever they send."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        unpacked = zlib.decompressobj(31).decompress(body, MAX_UNPACKED + 1)
    except zlib.error as error:
        raise ParseError("The sitemap is damaged (gzip).") from error
    if len(unpacked) > MAX_UNPACKED:
        raise ParseError(f"The sitemap is larger than {MAX_UNPACKED >> 20} MB.")
    return unpacked


def _name(element: _Element) -> str:
    return re.sub(r".*[}:]", "", str(element.tag)).lower()


def _fields(entry: _Element, above: str = "") -> dict[str, str]:
    """The texts in an entry by their path, `news/publication/name`; the first where one is repeated."""
    found: dict[str, str] = {}
    for child in entry:
        path = f"{above}/{_name(child)}" if above else _name(child)
        found.setdefault(path, (child.text or "").strip())
        if above.count("/") < 2 and len(child):
            for name, text in _fields(child, path).items():
                found.setdefault(name, text)
    return found


def _teaser(url: SafeUrl, entry: dict[str, str], base: SafeUrl) -> Teaser:
    title = plain_text(entry.get("news/title"))
    picture = safe_url(entry.get("image/loc"), base)
    return Teaser(
        url=url,
        title=title,
        published_at=parse_date(entry.get("news/publication_date") or ""),
        language=SafeText(safe_text(entry.get("news/publication/language"), 35).lower()),
        picture=Picture(picture, caption=plain_text(entry.get("image/caption"))) if picture else None,
        sure=bool(title),
    )


def _changed_at(entry: dict[str, str]) -> datetime:
    return parse_date(entry.get("news/publication_date") or entry.get("lastmod", "")) or _LONG_AGO


def _is_recent_story(url: SafeUrl, entry: dict[str, str], now: datetime) -> bool:
    return now - RECENT <= _changed_at(entry) <= now + RECENT and is_story_shaped(url)


_SNIFF = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b")


def _is_sitemap(body: bytes) -> bool:
    return body.startswith(b"\x1f\x8b") or _SNIFF.search(body[:4_000]) is not None


_NEWS = 2
_OTHER = re.compile(
    r"image|video|author|category|categories|tag|topic|page|static|product|event|archive|gallery|people|section", re.I
)


def _promise(url: SafeUrl) -> int:
    """How likely a file of that name lists news: 2 yes, 1 perhaps, 0 no."""
    path = urlsplit(url).path
    return _NEWS if "news" in path.lower() else 0 if _OTHER.search(path) else 1


SOURCE = NewsSitemap()
