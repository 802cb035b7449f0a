"""JSON Feed 1.0 and 1.1: text -> a Channel."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from reader.errors import ParseError
from reader.sources.feed.draft import MAX_ENTRIES, Channel, Draft, Shot
from reader.text import safe_url


def read_json(text: str, url: str) -> tuple[Channel, str]:
    """The feed, and where it is damaged (as `read_xml` says). Raises ParseError when the JSON is of something else."""
    feed, damage = _load(text)
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or not ("jsonfeed.org" in str(feed.get("version", "")) or _looks_like_items(items)):
        raise ParseError("This address holds JSON, but no feed.")
    channel = Channel("JSON", url, title=_text(feed, "title"), title_is_text=True)
    channel.home_url = _text(feed, "home_page_url")
    channel.base = safe_url(channel.home_url, url) or url
    channel.language = _text(feed, "language")
    channel.authors = _authors(feed)
    for item in items[:MAX_ENTRIES]:
        if isinstance(item, dict):
            channel.entries.append(_draft(item, channel))
    channel.omitted = max(0, len(items) - MAX_ENTRIES)
    return channel, damage


def _looks_like_items(items: list[Any]) -> bool:
    return any(isinstance(i, dict) and "id" in i and ("url" in i or "content_html" in i) for i in items[:5])


def _draft(item: dict[str, Any], channel: Channel) -> Draft:
    """JSON Feed 1.1, Items."""
    draft = Draft(
        base=channel.base,
        guid=_text(item, "id"),
        url=_text(item, "url") or _text(item, "external_url"),
        title=_text(item, "title"),
        title_is_text=True,
        summary=_text(item, "summary"),
        summary_is_text=True,
        content=_text(item, "content_html") or _text(item, "content_text"),
        content_is_text=not _text(item, "content_html"),
        published=_text(item, "date_published"),
        updated=_text(item, "date_modified"),
        language=_text(item, "language") or channel.language,
    )
    draft.guid_is_url = not draft.url
    for name in _authors(item):
        draft.add_author(name)
    for tag in _list(item, "tags"):
        draft.add_category(tag if isinstance(tag, str) else "")
    draft.add_shot(Shot(_text(item, "image"), 2))
    draft.add_shot(Shot(_text(item, "banner_image"), 1))
    for file in _list(item, "attachments"):
        if isinstance(file, dict):
            draft.add_file(_text(file, "url"), _text(file, "mime_type"), _text(file, "size_in_bytes"))
    return draft


def _authors(item: dict[str, Any]) -> list[str]:
    """`authors` of 1.1, or the single `author` of 1.0."""
    people = [*_list(item, "authors"), item.get("author")]
    return [name for person in people if isinstance(person, dict) and (name := _text(person, "name"))]


def _text(item: dict[str, Any], key: str) -> str:
    """A string; a number where a publisher forgot the quotes; "" for everything else."""
    value = item.get(key)
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _list(item: dict[str, Any], key: str) -> list[Any]:
    value = item.get(key)
    return value if isinstance(value, list) else []


def _load(text: str) -> tuple[Any, str]:
    """The document, or of a broken one its head and the items before the break."""
    decoder = json.JSONDecoder(strict=False, parse_int=_int, parse_constant=lambda _: None)
    try:
        return decoder.decode(text), ""
    except RecursionError:
        raise ParseError("The JSON at this address is nested too deeply to be a feed.") from None
    except json.JSONDecodeError as error:
        return _salvaged(text, decoder), f"at line {error.lineno}"


def _int(digits: str) -> int | None:
    return int(digits) if len(digits) <= 18 else None


def _salvaged(text: str, decoder: json.JSONDecoder) -> dict[str, Any]:
    start = text.find('"items"')
    at = text.find("[", start) + 1 if start >= 0 else 0
    if not at:
        raise ParseError("The JSON at this address is broken.")
    try:
        head, _ = decoder.raw_decode(text[:start].rstrip().rstrip(",") + "}")
    except (json.JSONDecodeError, RecursionError):
        head = {}
    head = head if isinstance(head, dict) else {}
    return {"version": "jsonfeed.org", **head, "items": list(_items_at(text, at, decoder))}


def _items_at(text: str, at: int, decoder: json.JSONDecoder) -> Iterable[Any]:
    """The objects of a list, up to the first that cannot be read."""
    while (at := _skip(text, at)) < len(text) and text[at] == "{":
        try:
            item, at = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            return
        yield item


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at
