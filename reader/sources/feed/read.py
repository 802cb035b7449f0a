"""Bytes -> Snapshot: which format it is, how damaged it is, and who reads it. Pure; runs in the child process."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from reader.charset import declared_in_xml, decode
from reader.errors import ParseError
from reader.model import Snapshot
from reader.sources.feed.atom import read_atom
from reader.sources.feed.draft import MAX_ENTRIES, Channel, field_name
from reader.sources.feed.finish import Finisher, language_tag, title_text
from reader.sources.feed.jsonfeed import read_json
from reader.sources.feed.rss import read_rss
from reader.text import SafeText, SafeUrl, safe_text, safe_url
from reader.xmltree import parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

_HTML = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_FEED_ROOT = re.compile(r"<(?:rss|feed|rdf:rdf|channel)\b", re.I)
"""Some feeds carry a page's document type."""
_OTHER_ROOTS = {
    "opml": "This address holds a list of feeds (OPML), not a feed. It can be imported.",
    "urlset": "This address holds a sitemap, not a feed.",
    "sitemapindex": "This address holds an index of sitemaps, not a feed.",
    "html": "This address holds a web page, not a feed.",
}
_NO_FEED = "This address holds no feed: it is neither RSS nor Atom nor JSON Feed."
_ENTRY_TAG = re.compile(r"<(?:\w{1,20}:)?(?:item|entry)[\s>]", re.I)
_ENTRY_EDGE = re.compile(r"<(/?)(?:\w{1,20}:)?(?:item|entry)[\s>]", re.I)
_FALLBACK_CHARACTERS = 400_000
"""feedparser takes a second of CPU for so many at worst."""


class Preview(Struct, frozen=True):
    """What a feed is, without the work of reading its stories."""

    format: str
    """RSS, Atom or JSON."""
    title: SafeText
    stories: int


def parse_feed(body: bytes, url: SafeUrl, charset: str = "", media_type: str = "") -> Snapshot:
    """What a feed offers; `charset` and `media_type` are the HTTP header's, and only hints.

    A damaged feed gives the stories that can be read, and a warning. Raises ParseError when it is none.
    """
    channel, warning = _channel(body, url, charset, media_type)
    finisher = Finisher(channel)
    items = finisher.items()
    if finisher.unconverted:
        warning += f" The text of {finisher.unconverted} stories was too much to read at once."
    return Snapshot(
        title=title_text(channel.title, is_text=channel.title_is_text),
        home_url=safe_url(channel.home_url, channel.base),
        language=language_tag(channel.language),
        items=items,
        fresh_for_s=channel.fresh_for_s,
        warning=safe_text(warning),
    )


def preview_feed(body: bytes, url: SafeUrl, charset: str = "", media_type: str = "") -> Preview:
    """As `parse_feed`, for a choice among feeds. Raises ParseError when it is none."""
    channel, _ = _channel(body, url, charset, media_type)
    stories = sum(not draft.is_empty() for draft in channel.entries)
    return Preview(channel.format, title_text(channel.title, is_text=channel.title_is_text), stories)


def _channel(body: bytes, url: SafeUrl, charset: str, media_type: str) -> tuple[Channel, str]:
    text = decode(body, charset, declared_in_xml(body))
    start = text[:2_000].lstrip("\ufeff \t\r\n")
    if not start:
        raise ParseError("This address holds an empty document.")
    if _HTML.match(start) and not _FEED_ROOT.search(start):
        raise ParseError(_OTHER_ROOTS["html"])
    if start[0] in "{[" or (media_type.endswith("json") and "<" not in start[:1]):
        channel, damage = read_json(text.lstrip("\ufeff \t\r\n"), url)
    else:
        channel, damage = _xml_channel(text, url)
    return channel, _warning(channel, damage)


def _xml_channel(text: str, url: SafeUrl) -> tuple[Channel, str]:
    root, damage = parse_xml(text)
    channel = None if root is None else _by_root(root, url, based="xml:base" in text, tongued="xml:lang" in text)
    if channel and not damage:
        return channel, ""
    if root is not None and (other := _OTHER_ROOTS.get(field_name(str(root.tag)).rpartition(":")[2])) and not channel:
        raise ParseError(other)
    if not damage and root is not None:
        raise ParseError(_NO_FEED)
    if _stories(channel) < len(_ENTRY_TAG.findall(text)) and len(text) <= _FALLBACK_CHARACTERS:
        from reader.sources.feed.fallback import find_leniently

        lenient = find_leniently(text, url)
        channel = lenient if _stories(lenient) > _stories(channel) else channel
    if not channel:
        raise ParseError(_NO_FEED)
    if not _stories(channel):
        raise ParseError(f"The feed is damaged {damage}, and no story in it could be read.")
    if _is_cut(text) and len(channel.entries) > 1:
        channel.entries.pop()  # half an address leads elsewhere
    return channel, damage


def _stories(channel: Channel | None) -> int:
    return sum(not draft.is_empty() for draft in channel.entries) if channel else 0


def _is_cut(text: str) -> bool:
    """Whether the last entry is open at the end, as when a server hung up."""
    opened = closed = -1
    for match in _ENTRY_EDGE.finditer(text):
        opened, closed = (opened, match.start()) if match[1] else (match.start(), closed)
    return opened > closed


def _by_root(root: _Element, url: SafeUrl, *, based: bool, tongued: bool) -> Channel | None:
    """The feed that begins at the root, or at one of the first elements within where something was put around it."""
    for element in (root, *root.iterdescendants()):
        name = field_name(str(element.tag))
        _, _, local = name.rpartition(":")
        if name in ("html", "xhtml:html", "opml"):
            return None
        if (local == "rss" and name != "rss") or name == "?:feed":
            _strip_namespace(root, str(element.tag).partition("}")[0] + "}")
        if local in ("rss", "rdf", "channel", "item"):
            return read_rss(element, url, based=based, tongued=tongued)
        if local in ("feed", "entry"):
            return read_atom(element, url, based=based, tongued=tongued)
    return None


def _strip_namespace(root: _Element, namespace: str) -> None:
    """For feeds whose own elements lie in a namespace that is none of a feed's: `<rss xmlns="http://…/Atom">`."""
    for element in root.iter(namespace + "*"):
        with suppress(ValueError):  # a name that only damage makes, as `http:`; no field of a feed is called so
            element.tag = str(element.tag).removeprefix(namespace)


def _warning(channel: Channel, damage: str) -> str:
    sentences = []
    if damage:
        sentences.append(f"The feed is damaged {damage}; what could be read of it was kept.")
    if channel.omitted:
        sentences.append(f"The feed lists {MAX_ENTRIES + channel.omitted} stories; the first {MAX_ENTRIES} were read.")
    return " ".join(sentences)
