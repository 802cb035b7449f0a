"""What the formats have in common: a feed and its entries as written, before anything is cleaned."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

MAX_ENTRIES = 5_000
"""Of one answer."""
_MAX_PARTS = 64
"""Authors, categories, pictures or enclosures of one entry that are looked at."""

_NAMESPACES = {
    # Namespace as written, without scheme, "www.", case and closing "/" or "#" -> the prefix that specifications use.
    "purl.org/rss/1.0": "",
    "my.netscape.com/rdf/simple/0.9": "",
    "channel.netscape.com/rdf/simple/0.9": "",
    "backend.userland.com/rss": "",
    "backend.userland.com/rss2": "",
    "backend.userland.com/rss091": "",
    "blogs.law.harvard.edu/tech/rss": "",
    "cyber.law.harvard.edu/rss": "",
    "purl.org/net/rss1.1": "",
    "w3.org/2005/atom": "atom",
    "purl.org/atom/ns": "atom",
    "w3.org/1999/02/22-rdf-syntax-ns": "rdf",
    "w3.org/1999/xhtml": "xhtml",
    "purl.org/dc/elements/1.1": "dc",
    "purl.org/dc/elements/1.0": "dc",
    "purl.org/dc/terms": "dcterms",
    "purl.org/rss/1.0/modules/content": "content",
    "purl.org/rss/1.0/modules/syndication": "sy",
    "search.yahoo.com/mrss": "media",
    "rssboard.org/media-rss": "media",
    "tools.search.yahoo.com/mrss": "media",
    "itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "rssnamespace.org/feedburner/ext/1.0": "feedburner",
}
_XML = "{http://www.w3.org/XML/1998/namespace}"


class Shot(Struct):
    """A picture as named by a feed."""

    url: str
    rank: int
    """The kind of element that names it; the highest is shown."""
    width: int | None = None
    height: int | None = None
    caption: str = ""
    alt: str = ""


class Draft(Struct):
    """One entry as written: markup, dates and addresses untouched. What comes first of a kind is kept."""

    base: str = ""
    """What relative addresses are relative to."""
    guid: str = ""
    guid_is_url: bool = False
    url: str = ""
    original_url: str = ""
    """The address before the feed's host put its counter in front (`feedburner:origLink`)."""
    title: str = ""
    title_is_text: bool = False
    summary: str = ""
    summary_is_text: bool = False
    content: str = ""
    content_is_text: bool = False
    content_base: str = ""
    media_text: str = ""
    """The description of a Media RSS object: a caption, or all there is to read."""
    credit: str = ""
    authors: list[str] = field(default_factory=list)
    source: str = ""
    """The publication that an aggregator took the entry from."""
    categories: list[str] = field(default_factory=list)
    published: str = ""
    updated: str = ""
    language: str = ""
    shots: list[Shot] = field(default_factory=list)
    enclosures: list[tuple[str, str, int | None]] = field(default_factory=list)
    """Address, media type, bytes."""

    def add_author(self, name: str) -> None:
        """A name as written; empty ones and what exceeds any byline are ignored."""
        if name and len(self.authors) < _MAX_PARTS:
            self.authors.append(name)

    def add_category(self, name: str) -> None:
        """A category as written."""
        if name and len(self.categories) < _MAX_PARTS:
            self.categories.append(name)

    def add_file(self, url: str, media_type: str, size: str = "", shot: Shot | None = None) -> None:
        """An enclosure, or the lead picture if it is one; `shot` says what else is known about it."""
        if not url:
            return
        if media_type.startswith("image/") or (not media_type and looks_like_picture(url)):
            self.add_shot(shot or Shot(url, 2))
        elif len(self.enclosures) < _MAX_PARTS:
            self.enclosures.append((url, media_type, number(size)))

    def add_shot(self, shot: Shot) -> None:
        """A picture."""
        if shot.url and len(self.shots) < _MAX_PARTS:
            self.shots.append(shot)

    def is_empty(self) -> bool:
        """Whether nothing in it could be shown or followed."""
        return not (self.title or self.url or self.guid or self.summary or self.content or self.enclosures)


class Channel(Struct):
    """A feed as written."""

    format: str
    """As a reader of the news would call it: RSS, Atom, JSON."""
    base: str
    title: str = ""
    title_is_text: bool = False
    home_url: str = ""
    language: str = ""
    authors: list[str] = field(default_factory=list)
    fresh_for_s: int | None = None
    entries: list[Draft] = field(default_factory=list)
    omitted: int = 0
    """Entries beyond the limit."""


@lru_cache(maxsize=4_096)
def field_name(tag: str) -> str:
    """A tag's name as the specifications write it: `pubdate`, `atom:link`, `media:content`; lower case.

    Kinder than XML: case, `www.` and slashes of the namespace do not matter, nor whether a prefix was ever declared.
    """
    if not tag.startswith("{"):
        prefix, colon, local = tag.lower().partition(":")
        return f"{prefix}:{local}" if colon and prefix not in ("rss", "rss1") else local or prefix
    namespace, _, local = tag[1:].partition("}")
    namespace = namespace.lower().rpartition("://")[2].removeprefix("www.").rstrip("/#")
    prefix = _NAMESPACES.get(namespace, "?")
    return f"{prefix}:{local.lower()}" if prefix else local.lower()


def text_of(element: _Element) -> str:
    """All text within, stripped; its own text only if it swallowed its siblings for want of a closing tag."""
    text: str = element.text or ""
    if len(element) and not any(field_name(str(child.tag)) in _SIBLINGS for child in element):
        text = "".join(element.itertext())
    return text.strip()


_SIBLINGS = frozenset(("item", "link", "guid", "description", "pubdate", "title", "atom:entry", "atom:link", "atom:id"))


def markup_of(element: _Element) -> str:
    """What stands within, as HTML: character data as it is, elements (XHTML, or forgotten escapes) serialised."""
    if not len(element):
        return (element.text or "").strip()
    from lxml.etree import cleanup_namespaces, tostring

    for node in element.iterdescendants():
        if isinstance(node.tag, str):
            node.tag = node.tag.rpartition("}")[2].rpartition(":")[2] or "span"
    cleanup_namespaces(element)
    children = (tostring(child, encoding="unicode", method="html") for child in element)
    return (escape(element.text or "", quote=False) + "".join(children)).strip()


def xml_base(element: _Element, default: str) -> str:
    """The base address in force at an element (XML Base section 3), never anything but http(s)."""
    chain = [base for node in (element, *element.iterancestors()) if (base := node.get(_XML + "base"))]
    base = default
    for part in reversed(chain[:20]):
        try:
            joined = urljoin(base, part.strip())
        except ValueError:
            continue
        base = joined if joined.startswith(("http://", "https://")) else base
    return base


def xml_lang(element: _Element) -> str:
    """The language in force at an element (XML 1.0 section 2.12), or ""."""
    for node in (element, *element.iterancestors()):
        if language := node.get(_XML + "lang"):
            return language
    return ""


def number(text: str | None) -> int | None:
    """A plausible whole number, or None."""
    text = (text or "").strip().removesuffix("px")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def looks_like_picture(url: str) -> bool:
    """Whether the address ends as those of pictures do."""
    return url.partition("?")[0].lower().endswith((".jpg", ".jpeg", ".png", ".webp", ".gif"))


def attributes_of(element: _Element) -> Mapping[str, str]:
    """The attributes by lower-case local name, for feeds that write `URL=` or `rss:url=`."""
    attributes = element.attrib
    if all(name.islower() and name.isalnum() for name in attributes):
        return attributes  # type: ignore[return-value]
    return {str(name).rpartition("}")[2].rpartition(":")[2].lower(): value for name, value in attributes.items()}
