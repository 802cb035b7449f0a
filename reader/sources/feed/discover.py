"""A page -> the feeds that it, or its place, may have. Pure; `find_links` runs in the child process."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from reader.errors import ParseError
from reader.extract import parse_html
from reader.text import SafeText, SafeUrl, plain_text, safe_url

MAX_LINKS = 12
"""Of one page that are looked at."""

_FEED_TYPES = frozenset(
    (
        *("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"),
        *("application/json", "application/x.atom+xml", "application/x-atom+xml", "application/xml"),
        *("text/xml", "text/rss", "text/rss+xml"),
    )
)
_FEED_PATH = re.compile(
    r"/(?:feeds?|rss(?:feed)?s?|atom)(?:/[\w.-]{0,60})?/?$|\.(?:rss|atom|rdf)$|(?:^|[/_.-])(?:rss|atom|feed|feeds|index)\.(?:xml|json|rdf|php)$"
    r"|/feeds/posts/default$",
    re.I,
)
_FEED_QUERY = re.compile(r"(?:^|&)(?:feed|format|type|alt)=(?:rss2?|atom|rdf|feed|xml|json)(?:&|$)", re.I)
_FEED_HOSTS = ("feeds.feedburner.com", "feeds.", "rss.")
_COMMENTS = re.compile(r"comment|kommentar|commentaire|comentario|reacti(?:es|ons)|/replies", re.I)
_WELL_KNOWN = ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json", "feeds/posts/default")


class FeedLink(Struct, frozen=True):
    """An address where a page says, or seems to say, that a feed is."""

    url: SafeUrl
    title: SafeText
    rank: int
    """0: declared by the page; 1: a link that looks like one; 2: comments."""


def find_links(body: bytes, url: SafeUrl, charset: str = "") -> tuple[FeedLink, ...]:
    """The feeds that a page declares (RSS Autodiscovery) or links to, most promising first."""
    try:
        page = parse_html(body, charset)
    except ParseError:
        return ()
    base = _base(page.xpath("//base/@href"), url)
    found: dict[SafeUrl, FeedLink] = {}
    for link in page.iter("link"):
        rel = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").lower().partition(";")[0].strip()
        declared = "alternate" in rel and (
            kind in _FEED_TYPES or (not kind and looks_like_feed(link.get("href") or ""))
        )
        if declared or "feed" in rel:
            _add(found, link.get("href"), base, link.get("title") or "", 0)
    for anchor in page.iter("a"):
        href = anchor.get("href") or ""
        kind = (anchor.get("type") or "").lower()
        if kind in _FEED_TYPES or looks_like_feed(href):
            _add(found, href, base, anchor.get("title") or anchor.text_content()[:300], 1, near=url)
    return tuple(sorted(found.values(), key=lambda link: link.rank))[:MAX_LINKS]


def looks_like_feed(href: str) -> bool:
    """Whether an address is named as feeds are."""
    try:
        parts = urlsplit(link_of_feed_scheme(href))
    except ValueError:
        return False
    if parts.scheme not in ("", "http", "https"):
        return False
    host = (parts.hostname or "").lower()
    return bool(
        _FEED_PATH.search(parts.path)
        or _FEED_QUERY.search(parts.query)
        or (host == _FEED_HOSTS[0] and len(parts.path) > 1)
    )


def well_known(url: SafeUrl) -> tuple[SafeUrl, ...]:
    """Where feeds usually are: below the page's own folder, then below the root of its host."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}/"
    folder = urljoin(url, "./") if not parts.path.endswith("/") else f"{root}{parts.path.lstrip('/')}"
    guesses = [safe_url(name, folder) for name in _WELL_KNOWN[:2]] if folder != root else []
    guesses += [safe_url(name, root) for name in _WELL_KNOWN]
    return tuple(dict.fromkeys(guess for guess in guesses if guess))


def link_of_feed_scheme(href: str) -> str:
    """`feed:https://…` and `feed://…` are how pages ask a reader to subscribe."""
    href = href.strip()
    if href[:5].lower() != "feed:":
        return href
    rest = href[5:]
    return f"http:{rest}" if rest.startswith("//") else rest


def _add(found: dict[SafeUrl, FeedLink], href: str | None, base: str, title: str, rank: int, *, near: str = "") -> None:
    url = safe_url(link_of_feed_scheme(href or ""), base)
    if not url or url in found or (near and not _related(url, near)):
        return
    comments = _COMMENTS.search(title) or _COMMENTS.search(urlsplit(url).path)
    found[url] = FeedLink(url, plain_text(title, 200), 2 if comments else rank)


def _related(url: str, page: str) -> bool:
    """Whether a linked feed is likely the page's own: the same site, or a known host of feeds."""
    host, own = (urlsplit(u).hostname or "" for u in (url, page))
    return ".".join(host.split(".")[-2:]) == ".".join(own.split(".")[-2:]) or host.startswith(_FEED_HOSTS)


def _base(hrefs: object, url: SafeUrl) -> str:
    href = hrefs[0] if isinstance(hrefs, list) and hrefs else ""
    return safe_url(str(href), url) or url
