"""How values stand in columns: instants as Unix seconds, texts deflated, media as JSON."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from hashlib import blake2b

from reader.model import Enclosure, Picture, TextKind
from reader.text import SafeText, SafeUrl, url_key

PLAIN, DEFLATED = b"\x00", b"\x01"
"""The first byte of a text names its codec."""
_SHORT = 120
"""Bytes below which deflating gains nothing."""

TEXT_KINDS = (TextKind.NONE, TextKind.TEASER, TextKind.FULL)
"""A kind's index is its number in the file."""


def to_seconds(instant: datetime | None) -> int | None:
    """Unix seconds, rounded down."""
    return None if instant is None else int(instant.timestamp() // 1)


def to_instant(seconds: int | None) -> datetime | None:
    """An aware datetime in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def pack(text: str) -> bytes | None:
    """A text as it is stored; None for "". Deflate without the zlib header (RFC 1951): SQLite keeps the length."""
    if not text:
        return None
    raw = text.encode()
    if len(raw) < _SHORT:
        return PLAIN + raw
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    return DEFLATED + deflate.compress(raw) + deflate.flush()


def unpack(stored: bytes | None) -> SafeText:
    """The text again."""
    if stored is None:
        return SafeText("")
    raw = stored[1:] if stored[:1] == PLAIN else zlib.decompress(stored[1:], -15)
    return SafeText(raw.decode())


def url_number(url: SafeUrl) -> int:
    """A signed 64-bit number that addresses of the same page share."""
    return int.from_bytes(blake2b(url_key(url).encode(), digest_size=8).digest(), "big", signed=True)


def pack_media(picture: Picture | None, enclosures: tuple[Enclosure, ...] = ()) -> str | None:
    """Lead picture and enclosures as one JSON array; None when there are none."""
    if picture is None and not enclosures:
        return None
    import json

    lead = picture and [picture.url, picture.caption, picture.alt, picture.width, picture.height]
    files = [[file.url, file.media_type, file.size_bytes] for file in enclosures]
    return json.dumps([lead, files], ensure_ascii=False, separators=(",", ":"))


def unpack_media(stored: str | None) -> tuple[Picture | None, tuple[Enclosure, ...]]:
    """The lead picture and the enclosures again."""
    if stored is None:
        return None, ()
    import json

    lead, files = json.loads(stored)
    return Picture(*lead) if lead else None, tuple(Enclosure(*file) for file in files)
