"""Atom 1.0 (RFC 4287) and 0.3: a tree -> a Channel."""

from __future__ import annotations

from base64 import b64decode
from itertools import islice
from typing import TYPE_CHECKING

from reader.sources.feed import modules
from reader.sources.feed.draft import (
    MAX_ENTRIES,
    Channel,
    Draft,
    attributes_of,
    field_name,
    markup_of,
    text_of,
    xml_base,
    xml_lang,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

_HTML = frozenset(("html", "text/html", "xhtml", "application/xhtml+xml"))


def read_atom(root: _Element, url: str, *, based: bool = True, tongued: bool = True) -> Channel:
    """The feed below `<feed>`, or a lone `<entry>` (RFC 4287 section 2); `based` and `tongued` as for `read_rss`."""
    channel = Channel("Atom", xml_base(root, url), language=xml_lang(root))
    for child in root:
        match _name(child):
            case "title":
                channel.title, channel.title_is_text = _text_construct(child)
            case "link":
                attributes = attributes_of(child)
                if attributes.get("rel", "alternate") == "alternate":
                    channel.home_url = channel.home_url or attributes.get("href", "") or text_of(child)
            case "author":
                channel.authors += _person(child)
    elements = root.iter("{*}entry", "entry")
    for element in islice(elements, MAX_ENTRIES):
        draft = Draft(base=xml_base(element, url) if based else channel.base)
        draft.language = xml_lang(element) if tongued else channel.language
        _read_entry(draft, element, url if based else "")
        channel.entries.append(draft)
    channel.omitted = sum(1 for _ in elements)
    return channel


def _name(element: _Element) -> str:
    return field_name(str(element.tag)).removeprefix("atom:")


def _read_entry(draft: Draft, entry: _Element, document_url: str) -> None:
    """RFC 4287 section 4.1.2; `document_url` is "" where no xml:base is to be looked for."""
    for child in entry:
        if read := _READERS.get(_name(child)):
            read(draft, child)
            if document_url and read is _content:
                draft.content_base = xml_base(child, document_url)
    if not draft.url and draft.guid.startswith(("http://", "https://")):
        draft.guid_is_url = True


def _text_construct(element: _Element) -> tuple[str, bool]:
    """Its markup or text, and whether it is text (RFC 4287 section 3.1; Atom 0.3: `mode` and a media type)."""
    kind, mode = element.get("type", "text").lower(), element.get("mode", "")
    if mode == "base64" or (mode == "" and "/" in kind and not kind.startswith("text/") and not len(element)):
        return _base64(text_of(element)), kind not in _HTML
    if len(element) or kind in _HTML or mode == "escaped":
        return markup_of(element), False
    return text_of(element), True


def _base64(text: str) -> str:
    """Content of other media types is base64 (RFC 4287 section 4.1.3.3); what is no UTF-8 then is no text for us."""
    try:
        return b64decode(text, validate=False).decode("utf-8")
    except ValueError:
        return ""


def _title(draft: Draft, element: _Element) -> None:
    if not draft.title:
        draft.title, draft.title_is_text = _text_construct(element)


def _summary(draft: Draft, element: _Element) -> None:
    if not draft.summary:
        draft.summary, draft.summary_is_text = _text_construct(element)


def _content(draft: Draft, element: _Element) -> None:
    """RFC 4287 section 4.1.3; content that is elsewhere (`src`) is a file, or the page."""
    attributes = attributes_of(element)
    kind = attributes.get("type", "text").lower()
    if source := attributes.get("src", ""):
        if kind in _HTML:
            draft.url = draft.url or source
        else:
            draft.add_file(source, kind if "/" in kind else "")
        return
    content, is_text = _text_construct(element)
    if len(content) > len(draft.content):
        draft.content, draft.content_is_text = content, is_text


def _link(draft: Draft, element: _Element) -> None:
    """RFC 4287 section 4.2.7: alternates and enclosures; a page is preferred, and text understood."""
    attributes = attributes_of(element)
    rel, kind = attributes.get("rel", "alternate"), attributes.get("type", "")
    href = attributes.get("href", "") or text_of(element)
    if rel == "enclosure":
        draft.add_file(href, kind, attributes.get("length", ""))
    elif rel.rpartition("/")[2] == "alternate" and (not draft.url or (kind in _HTML and not draft.original_url)):
        draft.url = draft.url if draft.url and kind not in _HTML else href


def _id(draft: Draft, element: _Element) -> None:
    draft.guid = draft.guid or text_of(element)


def _person(element: _Element) -> list[str]:
    """Names of an author (RFC 4287 section 3.2); the mail address where there is no name."""
    named = {_name(child): text_of(child) for child in element}
    name = named.get("name") or named.get("email") or ("" if named else text_of(element))
    return [name] if name else []


def _author(draft: Draft, element: _Element) -> None:
    for name in _person(element):
        draft.add_author(name)


def _category(draft: Draft, element: _Element) -> None:
    """RFC 4287 section 4.2.2: the label, else the term; Blogger's own kinds of entry are no subjects."""
    attributes = attributes_of(element)
    if not attributes.get("scheme", "").endswith("#kind"):
        draft.add_category(attributes.get("label") or attributes.get("term") or text_of(element))


def _source(draft: Draft, element: _Element) -> None:
    """RFC 4287 section 4.2.11: the feed that the entry was copied from."""
    for child in element:
        if _name(child) == "title":
            draft.source = draft.source or text_of(child)
        elif _name(child) == "author" and not draft.authors:
            _author(draft, child)


_READERS: dict[str, modules.Reader] = {
    **modules.MODULES,
    "title": _title,
    "link": _link,
    "id": _id,
    "summary": _summary,
    "content": _content,
    "author": _author,
    "category": _category,
    "published": modules.published,
    "updated": modules.updated,
    "issued": modules.published,
    "created": modules.published,
    "modified": modules.updated,
    "source": _source,
}
