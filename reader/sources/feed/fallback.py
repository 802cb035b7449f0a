"""What neither a strict nor a forgiving XML parser could read, through feedparser: slower, and kinder than anyone."""

from __future__ import annotations

from typing import Any

from reader.sources.feed.draft import MAX_ENTRIES, Channel, Draft, Shot


def find_leniently(text: str, url: str) -> Channel | None:
    """The feed as feedparser sees it, or None when it sees no story."""
    import warnings

    import feedparser

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of its own dictionaries, at every look
        try:
            # Bytes, never a name: given an address or a path, feedparser would open it.
            parsed = feedparser.parse(
                text.encode("utf-8", "replace"),
                response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
                sanitize_html=False,
                resolve_relative_uris=False,
            )
        except Exception:  # noqa: BLE001 - on mutated feeds it raises whatever its many parsers do; then there is no help
            return None
        return _channel(parsed, url) if parsed.entries else None


def _channel(parsed: Any, url: str) -> Channel:
    channel = Channel("Atom" if str(parsed.get("version", "")).startswith("atom") else "RSS", url)
    channel.title, channel.home_url, channel.language = (
        _text(parsed.feed, key) for key in ("title", "link", "language")
    )
    channel.entries = [_draft(entry, url) for entry in parsed.entries[:MAX_ENTRIES]]
    channel.omitted = max(0, len(parsed.entries) - MAX_ENTRIES)
    return channel


def _draft(entry: Any, url: str) -> Draft:
    draft = Draft(
        base=url,
        guid=_text(entry, "id"),
        guid_is_url=bool(entry.get("guidislink")),
        url=_text(entry, "link"),
        title=_text(entry, "title"),
        summary=_text(entry, "summary"),
        content=max((_text(part, "value") for part in entry.get("content") or ()), key=len, default=""),
        published=_text(entry, "published"),
        updated=_text(entry, "updated"),
    )
    for author in entry.get("authors") or ():
        draft.add_author(_text(author, "name"))
    for tag in entry.get("tags") or ():
        draft.add_category(_text(tag, "label") or _text(tag, "term"))
    for picture in entry.get("media_thumbnail") or ():
        draft.add_shot(Shot(_text(picture, "url"), 1))
    for file in entry.get("enclosures") or ():
        draft.add_file(_text(file, "href"), _text(file, "type"), _text(file, "length"))
    return draft


def _text(values: Any, key: str) -> str:
    value = values.get(key)
    return value.strip() if isinstance(value, str) else ""
