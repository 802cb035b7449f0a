"""Pictures made into what a terminal can show, decoded here again; and hostile ones in the real child."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from reader.errors import ParseError, ReaderError
from reader.model import Picture
from reader.mosaic import CELL_BYTES, QUARTERS, mosaic
from reader.parsing import Parser
from reader.pictures import MAX_DRAWN, Drawing, Frame, Medium, draw_picture, is_worth_asking
from reader.sixel import WELL_FORMED, encode
from reader.text import safe_url
from tests.sixels import decoded

RED, BLUE = (255, 0, 0), (0, 0, 255)


def halves(size: tuple[int, int] = (160, 80), kind: str = "PNG", mode: str = "RGB") -> bytes:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, *size))
    file = io.BytesIO()
    picture.convert(mode).save(file, kind)
    return file.getvalue()


def a_png(width: int, height: int, rows: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def a_film(frames: int) -> bytes:
    """A GIF of so many frames, four pixels each."""
    head = b"GIF89a" + struct.pack("<HHBBB", 4, 4, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 4, 4, 0) + b"\x02\x05\x84\x8f\x09\x06\x05\x00"
    return head + frame * frames + b"\x3b"


def test_sixels_paint_every_pixel_in_its_colour_and_no_other() -> None:
    width, height = 11, 16  # two bands and a part of one
    pixels = bytes((x * y) % 3 for y in range(height) for x in range(width))
    sixels = encode(pixels, width, [(0, 0, 0), (255, 0, 0), (51, 102, 255)])
    assert WELL_FORMED.fullmatch(sixels)
    colours = ((0, 0, 0), (100, 0, 0), (20, 40, 100))
    expected = {(x, y): colours[pixels[y * width + x]] for y in range(height) for x in range(width)}
    assert decoded(sixels) == (width, height, expected)


def test_a_mosaic_shows_edges_within_a_cell() -> None:
    left = bytes((*RED, *BLUE))
    cells = mosaic(left + left + bytes(RED * 4)[:12], 2)
    assert len(cells) == 2 * CELL_BYTES
    quarters = QUARTERS[cells[0]]
    ink, ground = tuple(cells[1:4]), tuple(cells[4:7])
    assert (quarters, ink, ground) in [("▌", RED, BLUE), ("▐", BLUE, RED)]
    assert (QUARTERS[cells[7]], tuple(cells[11:14])) == (" ", RED)


@pytest.mark.parametrize("medium", ["blocks", "kitty", "sixel"])
def test_a_picture_fills_its_frame_as_far_as_its_shape_allows(medium: Medium) -> None:
    drawing = draw_picture(halves(), Frame(medium, 40, 10, (8, 16)))
    assert (drawing.width, drawing.height, drawing.columns, drawing.rows) == (160, 80, 20, 5)  # not larger than it is
    drawing = draw_picture(halves((1600, 800)), Frame(medium, 40, 8, (8, 16)))
    assert (drawing.columns, drawing.rows) == (32, 8)
    assert seen(medium, drawing) == (RED, BLUE)


def seen(medium: Medium, drawing: Drawing) -> tuple[object, object]:
    """The colours at the left and right ends of the first line."""
    if medium == "blocks":
        assert len(drawing.pixels) == drawing.columns * drawing.rows * CELL_BYTES
        first, last = drawing.pixels[:7], drawing.pixels[(drawing.columns - 1) * 7 : drawing.columns * 7]
        return tuple(first[4:]), tuple(last[4:])
    if medium == "kitty":
        picture = Image.open(io.BytesIO(drawing.pixels))
        assert (picture.format, picture.size, picture.info) == ("PNG", (drawing.columns * 8, drawing.rows * 16), {})
        return picture.getpixel((0, 0)), picture.getpixel((picture.width - 1, 0))
    assert len(drawing.sixels) == drawing.rows
    width, height, painted = decoded(drawing.sixels[0])
    assert (width, height, len(painted)) == (drawing.columns * 8, 16, drawing.columns * 8 * 16)
    as_bytes = {(100, 0, 0): RED, (0, 0, 100): BLUE}
    return as_bytes.get(painted[0, 0]), as_bytes.get(painted[width - 1, 0])


@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "RGBA", "LA"])
def test_every_kind_of_pixel_is_drawn(mode: str) -> None:
    made = Image.new("L", (64, 64), 255)
    picture = Image.new("I;16", (64, 64), 65_535) if mode == "I;16" else made.convert(mode)
    if mode == "RGBA":
        picture.putalpha(0)
    file = io.BytesIO()
    picture.save(file, "PNG")
    drawing = draw_picture(file.getvalue(), Frame("blocks", 8, 4, ground=(1, 2, 3)))
    assert tuple(drawing.pixels[4:7]) == ((1, 2, 3) if mode == "RGBA" else (255, 255, 255))


def test_what_is_drawn_is_never_too_much_for_a_line() -> None:
    drawing = draw_picture(halves((3000, 3000)), Frame("kitty", 120, 60, (30, 60)))
    size = Image.open(io.BytesIO(drawing.pixels)).size
    assert size[0] * size[1] <= MAX_DRAWN * 1.1


async def test_hostile_pictures_harm_nobody() -> None:
    whole = halves((600, 400), "JPEG")
    frame = Frame("blocks", 70, 20)
    async with Parser() as parser:
        for hostile in (
            whole[: len(whole) // 2],
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"GIF89a" + whole,
            a_png(65_535, 65_535, b""),
            a_png(2**31 - 1, 1, b""),
            a_png(5_000, 3_900, b"\0" * 1_000),
            a_png(1, 1, b"\0\0"),
            b"",
        ):
            with pytest.raises(ReaderError):
                await parser.call(draw_picture, hostile, frame)
        bomb = a_png(4_999, 4_000, bytes(5_000 * 4_000))  # 20 kB that unpack to 20 MB, and are allowed to
        assert len(bomb) < 30_000
        assert (await parser.call(draw_picture, bomb, frame)).width == 4_999
        film = await parser.call(draw_picture, a_film(10_000), frame)
        assert (film.width, film.columns, film.rows) == (4, 1, 1)


@pytest.mark.parametrize(
    ("url", "size", "worth"),
    [
        ("https://gazette.example/lead.jpg", (None, None), True),
        ("https://gazette.example/lead.jpg", (640, 480), True),
        *(
            ("https://gazette.example/lead.jpg", size, False)
            for size in ((0, 0), (1, 1), (2, 300), (600, 1), (None, 1))
        ),
        ("https://pixel.wp.com/b.gif?x=1", (None, None), False),
        ("https://ad.doubleclick.net/lead.jpg", (None, None), False),
        ("https://gazette.example/track/lead.gif", (None, None), False),
        ("https://gazette.example/pixel.gif?id=9", (None, None), False),
        ("https://gazette.example/drawing.svg?v=2", (None, None), False),
        ("data:image/png;base64,iVBORw0KGgo=", (None, None), False),
        ("file:///etc/passwd", (None, None), False),
    ],
)
def test_beacons_and_other_kinds_are_not_asked_for(url: str, size: tuple[int | None, int | None], worth: bool) -> None:
    assert is_worth_asking(Picture(safe_url(url), width=size[0], height=size[1])) is worth


def test_a_drawing_needs_a_picture() -> None:
    with pytest.raises(ParseError, match="too small"):
        draw_picture(halves((2, 2)), Frame("blocks", 8, 4))
