"""Pictures in the forms that every reader of books shows: WebP is none of them (EPUB 3.2, Core Media Types)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import suppress

from reader.errors import ParseError
from reader.parsing import Parser
from reader.pictures import read_picture
from reader.text import SafeUrl

QUALITY = 85


async def reprint_all(
    pictures: Mapping[SafeUrl, tuple[str, bytes]], parser: Parser
) -> dict[SafeUrl, tuple[str, bytes]]:
    """Media types and bytes with every WebP replaced; one that cannot be decoded is left out."""
    printed: dict[SafeUrl, tuple[str, bytes]] = {}
    for url, picture in pictures.items():
        with suppress(ParseError):
            printed[url] = await parser.call(reprinted, picture[1]) if picture[0] == "image/webp" else picture
    return printed


def reprinted(data: bytes) -> tuple[str, bytes]:
    """Media type and bytes of the picture's first frame, as PNG where parts of it are transparent, else as JPEG.

    Runs in the parsing child, as all decoding does. Raises ParseError.
    """
    read_picture(data)  # what it refuses is not opened once more
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(data)) as opened:
        picture = ImageOps.exif_transpose(opened)
        printed = io.BytesIO()
        if picture.has_transparency_data:
            picture.convert("RGBA").save(printed, "PNG")
            return "image/png", printed.getvalue()
        picture.convert("RGB").save(printed, "JPEG", quality=QUALITY)
        return "image/jpeg", printed.getvalue()
