"""Which reader a file comes from, told by what it holds and never by its name."""

from __future__ import annotations

import json
from typing import Any

from reader.charset import declared_in_xml, decode
from reader.elsewhere.found import UNKNOWN, Found
from reader.elsewhere.greader import is_stream, read_stream
from reader.elsewhere.miniflux import is_entries, is_feeds, read_entries, read_feeds
from reader.elsewhere.urls import read_urls
from reader.errors import ParseError
from reader.opml import is_opml, parse_opml
from reader.text import safe_text


def read_file(data: bytes, first: int = 0) -> Found:
    """What a file holds; of very many stories those from the number `first` on. Raises ParseError."""
    start = data[:100].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start in (b"{", b"["):
        return _read_json(data, first)
    text = decode(data, "", declared_in_xml(data)).lstrip("\ufeff \t\r\n")
    if not is_opml(text):
        return read_urls(text)
    document = parse_opml(data)
    if _is_noise(len(document.subscriptions), len(document.rejected)):
        raise ParseError(UNKNOWN)
    what = f"an OPML file, “{document.title}”" if document.title else "an OPML file"
    return Found(safe_text(what), document.subscriptions, rejected=document.rejected)


def _is_noise(found: int, rejected: int) -> bool:
    return not found or rejected > 10 + 5 * found


def _read_json(data: bytes, first: int) -> Found:
    try:
        document = json.loads(data)  # msgspec's is faster, and refuses the whole for half a surrogate in one title
    except (ValueError, RecursionError) as error:
        raise ParseError("It begins like JSON, and is none or is cut off: nothing was taken from it.") from error
    return _read_document(document, first)


def _read_document(document: Any, first: int) -> Found:
    if isinstance(document, dict) and "jsonfeed.org" in str(document.get("version", ""))[:200]:
        raise ParseError("It is a feed and no export of a reader; follow its address with `broadsheet add`.")
    if is_stream(document):
        return read_stream(document, first)
    if is_entries(document):
        return read_entries(document, first)
    if is_feeds(document):
        return read_feeds(document)
    raise ParseError(UNKNOWN)
