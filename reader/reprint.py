"""Pictures in the forms that every reader of books shows: WebP is none of them (EPUB 3.2, Core Media Types).

Runs in the parsing child, as all decoding does.
"""

from __future__ import annotations

import io

from reader.pictures import read_picture

QUALITY = 85


def reprinted(data: bytes) -> tuple[str, bytes]:
    """Media type and bytes of the picture's first frame, as PNG where parts of it are transparent, else as JPEG.

    Raises ParseError.
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
