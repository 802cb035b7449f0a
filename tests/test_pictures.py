"""Pictures: four kinds, whole, and of a sensible size; made here with the library that reads them, then spoilt."""

import io
import struct
import zlib

import pytest
from PIL import Image

from reader.errors import ParseError
from reader.parsing import Parser
from reader.pictures import PictureFacts, read_picture


def drawn(kind: str, size: tuple[int, int] = (30, 20), **options: object) -> bytes:
    file = io.BytesIO()
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    picture.save(file, kind, **options)
    return file.getvalue()


def png_that_says(width: int, height: int) -> bytes:
    """A PNG of one chunk of pixels under a header of our choice."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}


@pytest.mark.parametrize(("kind", "media_type"), KINDS.items())
def test_the_four_kinds(kind: str, media_type: str) -> None:
    assert read_picture(drawn(kind)) == PictureFacts(media_type, 30, 20)


def test_a_photograph_taken_sideways_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_picture(drawn("JPEG", exif=exif)) == PictureFacts("image/jpeg", 20, 30)


def test_of_an_animation_the_first_frame_counts() -> None:
    file = io.BytesIO()
    frames = [Image.new("RGB", (8, 4), colour) for colour in ("red", "green", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert read_picture(file.getvalue()) == PictureFacts("image/gif", 8, 4)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"BM" + b"\0" * 60,
        b"RIFF\0\0\0\0WAVE",
        b"%PDF-1.7",
        b"\0" * 9,
    ],
)
def test_no_other_kind(data: bytes) -> None:
    with pytest.raises(ParseError, match="no picture of a kind"):
        read_picture(data)


def test_a_tiff_is_not_read_by_another_name() -> None:
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "TIFF")
    with pytest.raises(ParseError):
        read_picture(file.getvalue())
    with pytest.raises(ParseError):
        read_picture(b"GIF89a" + file.getvalue())


@pytest.mark.parametrize(("width", "height"), [(5_000, 4_001), (65_535, 65_535), (2**31 - 1, 1), (20_000_001, 1)])
def test_a_bomb_is_known_by_its_header(width: int, height: int) -> None:
    with pytest.raises(ParseError, match="20 million pixels"):
        read_picture(png_that_says(width, height))


@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 5), (2**32 - 1, 2**32 - 1)])
def test_an_impossible_size(width: int, height: int) -> None:
    with pytest.raises(ParseError):
        read_picture(png_that_says(width, height))


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_is_cut_or_spoilt_is_none(kind: str) -> None:
    whole = drawn(kind, (200, 200))
    with pytest.raises(ParseError):
        read_picture(whole[: len(whole) // 2])
    for at in range(12, min(len(whole), 400), 7):
        spoilt = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        try:
            facts = read_picture(spoilt)
        except ParseError:
            continue
        assert facts.width * facts.height <= 20_000_000


async def test_it_runs_in_the_child() -> None:
    async with Parser() as parser:
        assert await parser.call(read_picture, drawn("PNG")) == PictureFacts("image/png", 30, 20)
        with pytest.raises(ParseError, match="no picture"):
            await parser.call(read_picture, b"x")
