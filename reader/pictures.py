"""Pictures as they come from the network: only four formats, only whole ones, only of a sensible size.

Runs in the parsing child: decoders written in C meet bytes that anyone may have written. What is drawn there for the
screen is made of pixels alone; no byte of the file goes any further.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from reader.beacons import SMALLEST, is_beacon
from reader.errors import ParseError
from reader.model import Picture
from reader.patterns import late

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 20_000_000
MAX_DRAWN = 600_000
"""Pixels that are drawn for the screen at most: a terminal may be far away, and a line slow."""
NOMINAL_CELL = 8
"""Pixels that a cell is wide for a small picture, however fine the screen: it is not drawn larger than that."""
SIXEL_COLOURS = 128

Medium = Literal["kitty", "sixel", "blocks"]

_FORMATS = (
    (b"\x89PNG\r\n\x1a\n", "PNG", "image/png"),
    (b"\xff\xd8\xff", "JPEG", "image/jpeg"),
    (b"GIF87a", "GIF", "image/gif"),
    (b"GIF89a", "GIF", "image/gif"),
    (b"RIFF", "WEBP", "image/webp"),
)
_OTHER_KIND = late(r"\.(?:svgz?|avif|heic|bmp|ico|tiff?|mp4|webm)$", re.I)


class PictureFacts(Struct, frozen=True):
    """What a picture is, from its own bytes; what the server said of it does not count."""

    media_type: str
    width: int
    """Pixels, as it is to be looked at: a photograph taken sideways is turned."""
    height: int


class Frame(Struct, frozen=True):
    """Where a picture is to hang."""

    medium: Medium
    columns: int
    rows: int
    cell: tuple[int, int] = (8, 16)
    """Width and height of a cell in pixels."""
    ground: tuple[int, int, int] = (0, 0, 0)
    """The colour behind it, for what is transparent."""


class Drawing(Struct, frozen=True):
    """A picture as large as its frame allows, ready for a terminal."""

    width: int
    """Of the picture itself, in pixels."""
    height: int
    columns: int
    """Of what is drawn, in cells; it hangs in the upper left corner of its frame."""
    rows: int
    pixels: bytes = b""
    """`blocks`: the cells of a mosaic, row by row. `kitty`: a PNG file made here."""
    sixels: tuple[str, ...] = ()
    """`sixel`: one sequence for each row of cells."""


def is_worth_asking(picture: Picture) -> bool:
    """Whether its address and declared size are those of a picture that could be shown: no beacon, no other format."""
    if is_beacon(picture.url, picture.width, picture.height):
        return False
    return bool(picture.url) and not _OTHER_KIND.search(urlsplit(picture.url).path)


def read_picture(data: bytes) -> PictureFacts:
    """The facts of a PNG, JPEG, GIF or WebP picture whose first frame can be decoded whole.

    Its size is read from the header and judged before anything is unpacked. Raises ParseError.
    """
    with _opened(data) as picture:
        picture.load()
        width, height = _turned(picture).size
    _judge(width, height)
    return PictureFacts(_format_of(data)[1], width, height)


def draw_picture(data: bytes, frame: Frame) -> Drawing:
    """The picture's first frame, scaled to fit. Raises ParseError."""
    with _opened(data) as picture:
        width, height = _true_size(picture)
        if min(width, height) < SMALLEST:
            raise ParseError("The picture is too small to show anything.")
        room = frame.columns * frame.cell[0], frame.rows * frame.cell[1]
        scale = min(room[0] / width, room[1] / height, max(1, frame.cell[0] / NOMINAL_CELL))
        scale = min(scale, (MAX_DRAWN / (width * height)) ** 0.5)
        columns = max(1, round(width * scale / frame.cell[0]))
        rows = max(1, round(height * scale / frame.cell[1]))
        size = columns * frame.cell[0], rows * frame.cell[1]  # whole cells, though it be wider or narrower by a little
        picture.draft("RGB", size)  # a large JPEG need not be decoded in full
        flat = _flat(_turned(picture), frame.ground)
    if frame.medium == "blocks":
        return Drawing(width, height, columns, rows, _cells(_scaled(flat, (2 * columns, 2 * rows))))
    flat = _scaled(flat, size)
    if frame.medium == "kitty":
        return Drawing(width, height, columns, rows, _png(flat))
    return Drawing(width, height, columns, rows, sixels=tuple(_sixels(flat, frame.cell[1])))


@contextmanager
def _opened(data: bytes) -> Iterator[Image]:
    """The picture as its decoder sees it, its size judged; what goes wrong within becomes a ParseError."""
    name = _format_of(data)[0]
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=[name]) as picture:
                _judge(*picture.size)
                yield picture
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ParseError(_TOO_LARGE) from error
    except UnidentifiedImageError as error:
        raise ParseError(f"The picture is not the {name} that it begins like.") from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise ParseError(f"The picture ({name}) is damaged or cut off.") from error


def _turned(picture: Image) -> Image:
    """A photograph as it was seen (Exif 2.3, tag 0x0112)."""
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture)


def _true_size(picture: Image) -> tuple[int, int]:
    """Width and height once it is turned."""
    width, height = picture.size
    return (height, width) if picture.getexif().get(0x0112) in {5, 6, 7, 8} else (width, height)


def _flat(picture: Image, ground: tuple[int, int, int]) -> Image:
    """Opaque, in red, green and blue; 16 bits of grey become eight."""
    from PIL import Image

    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    over = picture.convert("RGBA")
    flat = Image.new("RGB", over.size, ground)
    flat.paste(over, mask=over)
    return flat


def _scaled(picture: Image, size: tuple[int, int]) -> Image:
    from PIL.Image import Resampling

    return picture.resize(size, Resampling.LANCZOS, reducing_gap=3)


def _cells(picture: Image) -> bytes:
    from reader.mosaic import mosaic

    return mosaic(picture.tobytes(), picture.width)


def _png(picture: Image) -> bytes:
    """A file with these pixels and nothing else in it."""
    from PIL import Image

    file = io.BytesIO()
    Image.frombytes("RGB", picture.size, picture.tobytes()).save(file, "PNG")
    return file.getvalue()


def _sixels(picture: Image, cell_height: int) -> Iterator[str]:
    """One sequence for each row of cells, all in the colours of the whole."""
    from reader.sixel import encode

    quantized = picture.quantize(SIXEL_COLOURS)
    values = quantized.getpalette() or []
    palette = [(values[at], values[at + 1], values[at + 2]) for at in range(0, len(values) - 2, 3)]
    pixels, step = quantized.tobytes(), cell_height * picture.width
    for at in range(0, len(pixels), step):
        yield encode(pixels[at : at + step], picture.width, palette)


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
