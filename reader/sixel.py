"""Pictures as sixels (DEC STD 070, chapter 9; VT330/VT340 Programmer Reference, volume 2, chapter 14). Pure.

A sixel is a column of six pixels of one colour, written as one character. What is encoded here is one line of cells at
a time, so that a picture can be scrolled, and drawn over, like the lines of text around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reader.patterns import late

BAND = 6
"""Lines of pixels that one line of sixels holds."""
WELL_FORMED = late(r"\x1bP0;1;0q[!-~]*\x1b\\")
"""What `encode` gives, and nothing that could mean anything else to a terminal."""

_RUN = re.compile(rb"(.)\1{3,}", re.S)
_CHARACTERS = bytes(63 + bits % 64 for bits in range(256))


def encode(pixels: bytes, width: int, palette: Sequence[tuple[int, int, int]]) -> str:
    """Lines of pixels, each a byte that is its place in the palette, as one picture."""
    height = len(pixels) // width
    parts = [f'\x1bP0;1;0q"1;1;{width};{height}'.encode()]
    parts += [_register(number, palette[number]) for number in sorted(set(pixels))]
    for top in range(0, height, BAND):
        rows = [pixels[at * width : (at + 1) * width] for at in range(top, min(height, top + BAND))]
        parts.append(b"$".join(_colour(number, rows) for number in sorted(set(b"".join(rows)))))
        parts.append(b"-")
    parts[-1] = b"\x1b\\"  # in place of the last line feed, which would move on to the next line of cells
    return b"".join(parts).decode("ascii")


def _register(number: int, colour: tuple[int, int, int]) -> bytes:
    """A colour register; its parts are in per cent."""
    red, green, blue = (round(part * 100 / 255) for part in colour)
    return b"#%d;2;%d;%d;%d" % (number, red, green, blue)


def _colour(number: int, rows: Sequence[bytes]) -> bytes:
    """The pixels of one colour in a band: six lines of bytes laid over each other as six bits."""
    laid = 0
    for at, row in enumerate(rows):
        bits = bytearray(256)
        bits[number] = 1 << at
        laid |= int.from_bytes(row.translate(bits))
    characters = laid.to_bytes(len(rows[0])).translate(_CHARACTERS).rstrip(b"?")
    return b"#%d" % number + _RUN.sub(_repeated, characters)


def _repeated(run: re.Match[bytes]) -> bytes:
    return b"!%d%b" % (len(run[0]), run[1])
