"""RSS 0.90 to 0.94, 1.0 (RDF) and 2.0: a tree -> a Channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reader.sources.feed import modules
from reader.sources.feed.draft import (
    MAX_ENTRIES,
    Channel,
    Draft,
    Shot,
    attributes_of,
    field_name,
    markup_of,
    text_of,
    xml_base,
    xml_lang,
)
from reader.text import safe_url

if TYPE_CHECKING:
    from lxml.etree import _Element

_PERIODS_S = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}


def read_rss(root: _Element, url: str, *, based: bool = True, tongued: bool = True) -> Channel:
    """The feed below `<rss>`, `<rdf:RDF>` or a lone `<channel>`; items at any depth, since RSS 1.0 puts them beside it.

    `based` and `tongued`: whether xml:base and xml:lang occur at all, so that they need not be looked for in vain.
    """
    channel = Channel("RSS", url)
    head = next((e for e in (root, *root) if field_name(str(e.tag)) == "channel"), root)
    _read_head(channel, head)
    elements = [e for e in root.iter("{*}item", "item") if field_name(str(e.tag)) == "item"]
    if not elements:  # <ITEM>, or Atom's entries in a channel
        elements = [e for e in root.iter() if field_name(str(e.tag)).rpartition(":")[2] in ("item", "entry")]
    for element in elements[:MAX_ENTRIES]:
        draft = Draft(base=xml_base(element, channel.base) if based else channel.base)
        draft.language = xml_lang(element) if tongued else ""
        read_item(draft, element)
        channel.entries.append(draft)
    channel.omitted = max(0, len(elements) - MAX_ENTRIES)
    return channel


def _read_head(channel: Channel, head: _Element) -> None:
    ttl = period = frequency = ""
    for child in head:
        match field_name(str(child.tag)):
            case "title":
                channel.title = channel.title or text_of(child)
            case "link" | "atom:link":
                channel.home_url = channel.home_url or _home(child)
            case "language" | "dc:language":
                channel.language = channel.language or text_of(child)
            case "ttl":
                ttl = text_of(child)
            case "sy:updateperiod":
                period = text_of(child).lower()
            case "sy:updatefrequency":
                frequency = text_of(child)
    channel.language = channel.language or xml_lang(head)
    channel.fresh_for_s = _freshness(ttl, period, frequency)
    # Relative addresses are relative to the site: feeds move to other hosts (FeedBurner), sites stay.
    channel.base = safe_url(channel.home_url, xml_base(head, channel.base)) or xml_base(head, channel.base)


def _home(link: _Element) -> str:
    """RSS 2.0 `<link>`, or an Atom link within RSS; never the feed's own address."""
    attributes = attributes_of(link)
    if attributes.get("rel", "alternate") == "alternate":
        return text_of(link) or attributes.get("href", "")
    return ""


def _freshness(ttl: str, period: str, frequency: str) -> int | None:
    """Seconds: RSS 2.0 `<ttl>` is in minutes; syndication module: so many times a period. Nonsense is None."""
    if ttl.isascii() and ttl.isdigit() and 0 < len(ttl) <= 6 and int(ttl):
        return int(ttl) * 60
    if period not in _PERIODS_S:
        return None
    times = int(frequency) if frequency.isascii() and frequency.isdigit() and len(frequency) <= 6 else 1
    return _PERIODS_S[period] // max(1, times) or None


def read_item(draft: Draft, item: _Element) -> None:
    """RSS 2.0 `<item>`; RSS 1.0 section 5.5, where `rdf:about` identifies it and is its address."""
    for child in item:
        if read := _READERS.get(field_name(str(child.tag))):
            read(draft, child)
    if not draft.guid and item.attrib:
        draft.guid, draft.guid_is_url = attributes_of(item).get("about", ""), True


def _title(draft: Draft, element: _Element) -> None:
    draft.title = draft.title or text_of(element)


def _link(draft: Draft, element: _Element) -> None:
    """RSS 2.0 `<link>`; or Atom's, which RSS feeds borrow for alternates and enclosures."""
    attributes = attributes_of(element)
    rel, href = attributes.get("rel", "alternate"), attributes.get("href", "")
    if rel == "enclosure":
        draft.add_file(href, attributes.get("type", ""), attributes.get("length", ""))
    elif rel == "alternate":
        draft.url = draft.url or text_of(element) or href


def _guid(draft: Draft, element: _Element) -> None:
    """RSS 2.0 `<guid>`: an address unless `isPermaLink="false"`."""
    draft.guid = draft.guid or text_of(element)
    draft.guid_is_url = attributes_of(element).get("ispermalink", "true").lower() != "false"


def _description(draft: Draft, element: _Element) -> None:
    draft.summary = draft.summary or markup_of(element)


def _author(draft: Draft, element: _Element) -> None:
    """RSS 2.0 `<author>` is an address with a name in parentheses; atom:author has a name within."""
    for child in element:
        if field_name(str(child.tag)).endswith("name"):
            draft.add_author(text_of(child))
            return
    draft.add_author(text_of(element))


def _enclosure(draft: Draft, element: _Element) -> None:
    attributes = attributes_of(element)
    draft.add_file(attributes.get("url", ""), attributes.get("type", ""), attributes.get("length", ""))


def _source(draft: Draft, element: _Element) -> None:
    """RSS 2.0 `<source>`: the channel that the item came from."""
    title = next((text_of(child) for child in element if field_name(str(child.tag)).endswith("title")), "")
    draft.source = draft.source or title or text_of(element)


def _image(draft: Draft, element: _Element) -> None:
    """`<image>` in an item is in no specification; feeds put an address there, or a `<url>` within."""
    url = next((text_of(child) for child in element if field_name(str(child.tag)) == "url"), "")
    draft.add_shot(Shot(url or text_of(element) or attributes_of(element).get("href", ""), 1))


_READERS: dict[str, modules.Reader] = {
    **modules.MODULES,
    "title": _title,
    "atom:title": _title,
    "dc:title": _title,
    "link": _link,
    "atom:link": _link,
    "guid": _guid,
    "atom:id": _guid,
    "dc:identifier": _guid,
    "description": _description,
    "dc:description": _description,
    "atom:summary": _description,
    "summary": _description,
    "abstract": _description,
    "atom:content": modules.content,
    "body": modules.content,
    "fulltext": modules.content,
    "author": _author,
    "atom:author": _author,
    "category": modules.category,
    "pubdate": modules.published,
    "date": modules.published,
    "atom:published": modules.published,
    "atom:updated": modules.updated,
    "enclosure": _enclosure,
    "source": _source,
    "image": _image,
}
