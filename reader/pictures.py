"""Pictures as they come from the network: only four formats, only whole ones, only of a sensible size.

Runs in the parsing child: decoders written in C meet bytes that anyone may have written.
"""

from __future__ import annotations

import io
import warnings

from msgspec import Struct

from reader.errors import ParseError

MAX_PIXELS = 20_000_000

_FORMATS = (
    (b"\x89PNG\r\n\x1a\n", "PNG", "image/png"),
    (b"\xff\xd8\xff", "JPEG", "image/jpeg"),
    (b"GIF87a", "GIF", "image/gif"),
    (b"GIF89a", "GIF", "image/gif"),
    (b"RIFF", "WEBP", "image/webp"),
)


class PictureFacts(Struct, frozen=True):
    """What a picture is, from its own bytes; what the server said of it does not count."""

    media_type: str
    width: int
    """Pixels, as it is to be looked at: a photograph taken sideways is turned."""
    height: int


def read_picture(data: bytes) -> PictureFacts:
    """The facts of a PNG, JPEG, GIF or WebP picture whose first frame can be decoded whole.

    Its size is read from the header and judged before anything is unpacked. Raises ParseError.
    """
    name, media_type = _format_of(data)
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=[name]) as picture:
                _judge(*picture.size)
                picture.load()
                turned = ImageOps.exif_transpose(picture)
                width, height = turned.size
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ParseError(_TOO_LARGE) from error
    except UnidentifiedImageError as error:
        raise ParseError(f"The picture is not the {name} that it begins like.") from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise ParseError(f"The picture ({name}) is damaged or cut off.") from error
    _judge(width, height)
    return PictureFacts(media_type, width, height)


_TOO_LARGE = f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels."


def _format_of(data: bytes) -> tuple[str, str]:
    for magic, name, media_type in _FORMATS:
        if data.startswith(magic) and (name != "WEBP" or data[8:12] == b"WEBP"):
            return name, media_type
    raise ParseError("It is no picture of a kind that is shown (PNG, JPEG, GIF or WebP).")


def _judge(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise ParseError("The picture has no size.")
    if width * height > MAX_PIXELS:
        raise ParseError(_TOO_LARGE)
