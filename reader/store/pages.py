"""Records straight from the pages of a database, for a file whose own ways to them are broken.

The b-tree pages of SQLite's file format (https://sqlite.org/fileformat2.html, sections 1.6 and 2.1) say by themselves
what they are, so every whole page gives its records, whether or not anything still leads to it. With a broken header
that includes pages that were let go of: what is found is to be held against what else is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap
from typing import Any

TABLE_LEAF, INDEX_LEAF, INDEX_INTERIOR = 0x0D, 0x0A, 0x02
_INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)
MAX_PAYLOAD = 64 << 20
"""Bytes; the largest thing that is ever stored is a picture."""

Data = bytes | bytearray | mmap
Record = tuple[int | None, tuple[Any, ...]]
"""The rowid (None in an index or a table without) and the columns; INTEGER PRIMARY KEY stands there as None."""


class _BrokenError(ValueError):
    """These bytes are no cell."""


def page_size_of(data: Data) -> int:
    """As the header says, where what it says can be; else what SQLite takes."""
    size = int.from_bytes(data[16:18], "big")
    size = 65536 if size == 1 else size
    return size if size in {1 << power for power in range(9, 17)} else 4096


def replayed(data: bytes, log: bytes) -> bytearray:
    """The file with the committed pages of its write-ahead log put in (section 4), the frames' checksums left alone."""
    pages = bytearray(data)
    size = int.from_bytes(log[8:12], "big")
    if size not in {1 << power for power in range(9, 17)}:
        return pages
    waiting: dict[int, int] = {}
    for at in range(32, len(log) - size - 23, size + 24):
        if log[at + 8 : at + 16] != log[16:24]:
            break  # The salts of an earlier round: what follows has been put in already.
        number = int.from_bytes(log[at : at + 4], "big")
        if not 0 < number <= len(data) // size + len(log) // size + 1:
            break
        waiting[number] = at + 24
        if log[at + 4 : at + 8] != b"\0\0\0\0":  # The last of a transaction.
            for page, start in waiting.items():
                if len(pages) < page * size:
                    pages.extend(bytes(page * size - len(pages)))
                pages[(page - 1) * size : page * size] = log[start : start + size]
            waiting.clear()
    return pages


def free_pages(data: Data) -> set[int]:
    """The pages that the file's free list names (section 1.5); they hold what was deleted."""
    size, last = page_size_of(data), len(data) // page_size_of(data)
    found: set[int] = set()
    trunk = int.from_bytes(data[32:36], "big")
    while 1 < trunk <= last and trunk not in found:
        found.add(trunk)
        page = data[(trunk - 1) * size : trunk * size]
        count = min(int.from_bytes(page[4:8], "big"), size // 4 - 2)
        found.update(int.from_bytes(page[at : at + 4], "big") for at in range(8, 8 + 4 * count, 4))
        trunk = int.from_bytes(page[:4], "big")
    return found


def records(data: Data) -> Iterator[Record]:
    """Every record that can be made out, in no order."""
    size, free = page_size_of(data), free_pages(data)
    for start in range(0, len(data) - size + 1, size):
        if start // size + 1 in free:
            continue
        page = data[start : start + size]
        at = 100 if start == 0 else 0
        kind = page[at]
        if kind not in (TABLE_LEAF, INDEX_LEAF, INDEX_INTERIOR):
            continue
        cells = at + (12 if kind == INDEX_INTERIOR else 8)
        count = min(int.from_bytes(page[at + 3 : at + 5], "big"), (size - cells) // 2)
        for pointer in range(cells, cells + 2 * count, 2):
            try:
                yield _cell(data, size, start + int.from_bytes(page[pointer : pointer + 2], "big"), kind)
            except (_BrokenError, IndexError, UnicodeDecodeError):
                continue


def _cell(data: Data, size: int, at: int, kind: int) -> Record:
    if kind == INDEX_INTERIOR:
        at += 4
    length, at = _varint(data, at)
    rowid: int | None = None
    if kind == TABLE_LEAF:
        unsigned, at = _varint(data, at)
        rowid = unsigned - (1 << 64) if unsigned >> 63 else unsigned
    return rowid, _values(_payload(data, size, at, length, kind))


def _payload(data: Data, size: int, at: int, length: int, kind: int) -> bytes:
    """What stands in the cell, and then in its chain of overflow pages (section 1.6)."""
    if not 1 < length <= MAX_PAYLOAD:
        raise _BrokenError
    usable = size - data[20] if data[20] < 64 else size
    most = usable - 35 if kind == TABLE_LEAF else (usable - 12) * 64 // 255 - 23
    if length <= most:
        return _part(data, at, length)
    least = (usable - 12) * 32 // 255 - 23
    here = least + (length - least) % (usable - 4)
    here = here if here <= most else least
    parts, missing = [_part(data, at, here)], length - here
    page = int.from_bytes(_part(data, at + here, 4), "big")
    while missing > 0:
        if not 1 < page <= len(data) // size:
            raise _BrokenError
        start = (page - 1) * size
        parts.append(_part(data, start + 4, min(missing, usable - 4)))
        missing -= len(parts[-1])
        page = int.from_bytes(data[start : start + 4], "big")
    return b"".join(parts)


def _part(data: Data, at: int, length: int) -> bytes:
    part = bytes(data[at : at + length])
    if len(part) < length:
        raise _BrokenError
    return part


def _values(payload: bytes) -> tuple[Any, ...]:
    """The columns of a record (section 2.1)."""
    end, at = _varint(payload, 0)
    if end > len(payload):
        raise _BrokenError
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values = []
    for kind in kinds:
        if kind in (10, 11):
            raise _BrokenError
        length = 8 if kind == 7 else 0 if kind in (8, 9) else _INTEGER_BYTES[kind] if kind < 7 else (kind - 12) // 2
        raw = _part(payload, end, length)
        end += length
        values.append(_value(kind, raw))
    if end != len(payload):
        raise _BrokenError
    return tuple(values)


def _value(kind: int, raw: bytes) -> Any:
    if kind == 0:
        return None
    if kind < 7:
        return int.from_bytes(raw, "big", signed=True)
    if kind in (8, 9):
        return kind - 8
    if kind == 7:
        return float("nan")  # No column of ours holds one.
    return raw.decode() if kind % 2 else raw


def _varint(data: Data, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    value = 0
    for end in range(at, at + 8):
        byte = data[end]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, end + 1
    return value << 8 | data[at + 8], at + 9
