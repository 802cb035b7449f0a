"""How values stand in columns: instants as Unix seconds, texts compressed, media as JSON; and how rows are asked.

This is also the file's border. Disks flip bits, and other programs write into files: whatever leaves a column leaves it
through a function of this module, which gives a value of the promised type, or raises `apsw.CorruptError`. Of the right
type but impossible values are made possible ones, so that one bad byte does not cost the list it stands in.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from types import ModuleType
from typing import Any, overload

import apsw
import msgspec

from reader.model import Enclosure, Picture, TextKind
from reader.text import EMPTY, SafeText, SafeUrl, safe_block, safe_text, safe_url, url_key

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


_EARLIEST, _LATEST = -2_208_988_800, 32_503_680_000
"""The years 1900 and 3000, beyond which neither feeds nor zones have dates."""


@overload
def to_instant(seconds: int) -> datetime: ...
@overload
def to_instant(seconds: None) -> None: ...
def to_instant(seconds: int | None) -> datetime | None:
    """An aware datetime in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(min(max(number(seconds), _EARLIEST), _LATEST), UTC)


def forged(what: str) -> apsw.CorruptError:
    """What is raised for a value that is none of ours."""
    return apsw.CorruptError(f"CorruptError: {what} is none")


def number(value: Any) -> int:
    """A whole number. Raises apsw.CorruptError."""
    if type(value) is not int:
        raise forged("a number in it")
    return value


def number_or_none(value: Any) -> int | None:
    """The same, where there need not be one."""
    return None if value is None else number(value)


def text(value: Any) -> SafeText:
    """One printable line. Raises apsw.CorruptError for what is no text."""
    if type(value) is not str:
        raise forged("a text in it")
    # What was stored is safe, and nearly always of characters that Python calls printable: told in a tenth of the time.
    return SafeText(value) if value.isprintable() else safe_text(value, max(1, len(value)))


def url(value: Any) -> SafeUrl:
    """An address, or "" for what is none. Raises apsw.CorruptError for what is no text."""
    return safe_url(text(value))


def text_kind(value: Any) -> TextKind:
    """How much of a story its text is."""
    return TEXT_KINDS[value] if value in range(len(TEXT_KINDS)) else TextKind.NONE


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


MAX_UNPACKED = 8 << 20
"""Bytes; a body has at most a million characters."""


def unpack(stored: bytes | None) -> SafeText:
    """The text again. Raises apsw.CorruptError."""
    if stored is None:
        return EMPTY
    if type(stored) is not bytes or stored[:1] not in (PLAIN, ZSTD):
        raise forged("a text in it")
    raw: bytes = stored[1:]
    if stored[:1] == ZSTD:
        packed = _zstd().ZstdDecompressor()
        try:
            raw = packed.decompress(raw, MAX_UNPACKED)
        except (_zstd().ZstdError, MemoryError) as error:
            raise forged("a text in it") from error
        if not packed.eof:
            raise forged("a text in it")
    try:
        body = raw.decode()
    except UnicodeDecodeError as error:
        raise forged("a text in it") from error
    return SafeText(body) if body.replace("\n", "").isprintable() else safe_block(body)


def url_number(url: SafeUrl) -> int:
    """A signed 64-bit number that addresses of the same page share."""
    from hashlib import blake2b  # and with it OpenSSL, which reading a list needs not

    return int.from_bytes(blake2b(url_key(url).encode(), digest_size=8).digest(), "big", signed=True)


def pack_media(picture: Picture | None, enclosures: tuple[Enclosure, ...] = ()) -> str | None:
    """Lead picture and enclosures as one JSON array; None when there are none."""
    if picture is None and not enclosures:
        return None
    lead = picture and [picture.url, picture.caption, picture.alt, picture.width, picture.height]
    files = [[file.url, file.media_type, file.size_bytes] for file in enclosures]
    return msgspec.json.encode([lead, files]).decode()


def unpack_media(stored: str | None) -> tuple[Picture | None, tuple[Enclosure, ...]]:
    """The lead picture and the enclosures again; none of them where it makes no sense."""
    if stored is None:
        return None, ()
    try:
        lead, files = msgspec.json.decode(stored)
        return _picture(*lead) if lead else None, tuple(_enclosure(*file) for file in files)
    except (ValueError, TypeError, RecursionError, apsw.CorruptError):
        return None, ()


def _picture(address: Any, caption: Any, alt: Any, width: Any, height: Any) -> Picture:
    return Picture(url(address), text(caption), text(alt), number_or_none(width), number_or_none(height))


def _enclosure(address: Any, media_type: Any, size_bytes: Any) -> Enclosure:
    return Enclosure(url(address), text(media_type), number_or_none(size_bytes))
