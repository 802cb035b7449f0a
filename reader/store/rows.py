"""How values stand in columns: instants as Unix seconds, texts compressed, media as JSON; and how rows are asked."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b
from types import ModuleType
from typing import Any, overload

import apsw

from reader.model import Enclosure, Picture, TextKind
from reader.text import SafeText, SafeUrl, url_key

Row = tuple[Any, ...]


def one(db: apsw.Connection, sql: str, values: tuple[Any, ...] = ()) -> Row:
    """The row of a statement that always gives one."""
    row: Row | None = db.execute(sql, values).fetchone()
    if row is None:
        raise LookupError(f"No row for {sql!r}.")
    return row


def maybe(db: apsw.Connection, sql: str, values: tuple[Any, ...] = ()) -> Row | None:
    """The first row of a statement, if there is one."""
    row: Row | None = db.execute(sql, values).fetchone()
    return row


def every(db: apsw.Connection, sql: str, values: tuple[Any, ...] = ()) -> list[Row]:
    """All rows of a statement."""
    return db.execute(sql, values).fetchall()


def numbers(values: Iterable[int]) -> str:
    """A JSON array for json_each: one bound parameter for any number of ids."""
    return f"[{','.join(map(str, values))}]"


PLAIN, ZSTD = b"\x00", b"\x01"
"""The first byte of a text names its codec."""
_SHORT = 120
"""Bytes below which compressing gains nothing."""

TEXT_KINDS = (TextKind.NONE, TextKind.TEASER, TextKind.FULL)
"""A kind's index is its number in the file."""


def to_seconds(instant: datetime | None) -> int | None:
    """Unix seconds, rounded down."""
    return None if instant is None else int(instant.timestamp() // 1)


@overload
def to_instant(seconds: int) -> datetime: ...
@overload
def to_instant(seconds: None) -> None: ...
def to_instant(seconds: int | None) -> datetime | None:
    """An aware datetime in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


@cache
def _zstd() -> ModuleType:
    """RFC 8878: as small as zlib's output here, at a third of its time. In the standard library from Python 3.14."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def pack(text: str) -> bytes | None:
    """A text as it is stored; None for ""."""
    if not text:
        return None
    raw = text.encode()
    return PLAIN + raw if len(raw) < _SHORT else ZSTD + _compressor().compress(raw, 2)


@cache
def _compressor() -> Any:
    """Made once, since that takes longer than a text; it locks itself, and each text is a frame of its own."""
    return _zstd().ZstdCompressor(level=3)


def unpack(stored: bytes | None) -> SafeText:
    """The text again."""
    if stored is None:
        return SafeText("")
    raw: bytes = stored[1:]
    if stored[:1] != PLAIN:
        try:
            raw = _zstd().decompress(raw)
        except _zstd().ZstdError as error:
            raise apsw.CorruptError("CorruptError: a text cannot be unpacked") from error
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
