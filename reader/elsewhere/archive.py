"""ZIP archives, as FreshRSS and Google Takeout hand out: the files in them that may be lists or exports."""

from __future__ import annotations

import io
import zlib
from zipfile import BadZipFile, ZipFile

from reader.errors import ParseError
from reader.text import SafeText, safe_text

MAX_FILES = 200
MAX_UNPACKED = 48 << 20
"""Bytes, of all files together."""
_MAGIC = b"PK\x03\x04"
_ENDINGS = (".opml", ".xml", ".json", ".txt", "urls")


def is_archive(head: bytes) -> bool:
    """Whether a file that begins so is a ZIP archive."""
    return head.startswith(_MAGIC)


def read_archive(data: bytes) -> tuple[tuple[SafeText, bytes], ...]:
    """Name and bytes of each file that is worth a look. Raises ParseError for a broken archive, or one too large."""
    found: list[tuple[SafeText, bytes]] = []
    left = MAX_UNPACKED
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.lower().endswith(_ENDINGS)]
            for entry in entries[:MAX_FILES]:
                with archive.open(entry) as file:
                    part = file.read(left + 1)
                left -= len(part)
                if left < 0:
                    raise ParseError(f"What is in the archive is larger than {MAX_UNPACKED >> 20} MB.")
                found.append((safe_text(entry.filename, 100), part))
    except (BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError) as error:
        raise ParseError("The archive is damaged, or locked with a password.") from error
    if not found:
        raise ParseError("There is no list of feeds and no export in this archive.")
    return tuple(found)
