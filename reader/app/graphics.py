"""What terminals can draw: which way of drawing pictures one knows, and the sequences and cells of each way. Pure.

Nothing is asked of the terminal: an answer would come among the keys that are typed meanwhile. What it is, it says in
the environment; and who knows better says so in the config.
"""

from __future__ import annotations

import base64
import fcntl
import struct
import sys
import termios
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import groupby

from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style

from reader.mosaic import CELL_BYTES, QUARTERS
from reader.pictures import Drawing, Medium
from reader.sixel import WELL_FORMED

USUAL_CELL = (9, 18)
"""Width and height of a cell in pixels where the terminal does not tell."""

_KITTY_TERMS = ("xterm-kitty", "xterm-ghostty")
_SIXEL_TERMS = ("foot", "mlterm", "contour", "yaft")
_SIXEL_PROGRAMS = ("wezterm", "iterm.app", "mintty", "rio")
_MULTIPLEXERS = ("TMUX", "STY", "ZELLIJ")


def medium_for(wanted: str, environ: Mapping[str, str], colours: str | None, *, ascii_only: bool) -> Medium | None:
    """How pictures are drawn on this terminal; None where they are not.

    `wanted` is a word of the config; `colours` is Rich's name of the colours there are, None for none.
    """
    if not colours:
        return None
    kitty = colours == "truecolor" and not ascii_only  # the number of a picture is written as a colour
    blocks = colours in {"truecolor", "256"} and not ascii_only
    if wanted == "sixel":
        return "sixel"
    if wanted == "kitty" and kitty:
        return "kitty"
    if wanted in {"auto", "off"} and not any(environ.get(name) for name in _MULTIPLEXERS):
        term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "").lower()
        if kitty and (term in _KITTY_TERMS or environ.get("KITTY_WINDOW_ID") or program == "ghostty"):
            return "kitty"
        knows_sixel = term.startswith(_SIXEL_TERMS) or program in _SIXEL_PROGRAMS
        if knows_sixel or environ.get("WT_SESSION") or environ.get("KONSOLE_VERSION"):
            return "sixel"
    return "blocks" if blocks else None


def cell_size() -> tuple[int, int]:
    """Width and height of the terminal's cells in pixels (TIOCGWINSZ, tty_ioctl(4)), or usual ones."""
    for stream in (sys.__stderr__, sys.__stdout__):
        try:
            answer = fcntl.ioctl(stream.fileno(), termios.TIOCGWINSZ, bytes(8)) if stream else bytes(8)
        except (OSError, ValueError):  # no terminal
            continue
        rows, columns, width, height = struct.unpack("HHHH", answer)
        if rows and columns and width // columns > 2 and height // rows > 4:
            return width // columns, height // rows
    return USUAL_CELL


# Blocks


def blocks_row(drawing: Drawing, row: int) -> Iterator[Segment]:
    """One line of a mosaic."""
    size = drawing.columns * CELL_BYTES
    line = drawing.pixels[row * size : (row + 1) * size]
    cells = [line[at : at + CELL_BYTES] for at in range(0, size, CELL_BYTES)]
    for cell, alike in groupby(cells):
        yield Segment(QUARTERS[cell[0] % 16] * len(list(alike)), _inks(cell[1:]))


@lru_cache(maxsize=4_096)
def _inks(colours: bytes) -> Style:
    return Style.from_color(_colour(colours[:3]), _colour(colours[3:]))


def _colour(parts: bytes) -> Color:
    """As `Color.from_rgb`, which takes ten times as long to give it a name."""
    return Color("", ColorType.TRUECOLOR, triplet=ColorTriplet(*parts))


# Kitty's graphics protocol, with Unicode placeholders

CHUNK = 4_096
_PLACEHOLDER = "\U0010eeee"
# Combining marks that stand for the numbers from 0 on; the terminal's documentation gives the list.
_MARK_RANGES = (
    "305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 59c-5a1 "
    "5a8-5a9 5ab-5ac 5af 5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733 "
    "735-736 73a 73d 73f-741 743 745 747 749-74a 7eb-7f1 7f3 816-819 81b-823 825-827 829-82d "
)
_MARKS = "".join(
    chr(code)
    for first, _, last in (part.partition("-") for part in _MARK_RANGES.split())
    for code in range(int(first, 16), int(last or first, 16) + 1)
)
MOST_CELLS = len(_MARKS)
"""Columns or rows that a placeholder can name."""


def kitty_picture(number: int, drawing: Drawing) -> str:
    """Give the terminal a picture, to be shown wherever its placeholders stand (a virtual placement, U=1)."""
    data = base64.b64encode(drawing.pixels).decode("ascii")
    parts = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    first = f"a=T,U=1,q=2,f=100,i={number},c={drawing.columns},r={drawing.rows}"
    keys = [first, *("q=2" for _ in parts[1:])]
    return "".join(
        f"\x1b_G{key},m={int(at < len(parts) - 1)};{part}\x1b\\"
        for at, (key, part) in enumerate(zip(keys, parts, strict=True))
    )


def kitty_farewell(number: int) -> str:
    """Have the terminal let go of a picture."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"


def kitty_row(number: int, drawing: Drawing, row: int, ground: Style) -> Segment:
    """One line of placeholders; the ink is the picture's number."""
    text = "".join(f"{_PLACEHOLDER}{_MARKS[row]}{_MARKS[column]}" for column in range(drawing.columns))
    ink = Color.from_rgb(number >> 16 & 255, number >> 8 & 255, number & 255)
    return Segment(text, ground + Style.from_color(ink))


# Sixel


def sixels_at(x: int, y: int, sixels: str) -> str:
    """Go to a cell, draw, and return.

    It is drawn only if it is what our encoder writes: what comes out of the child is not believed.
    """
    return f"\x1b7\x1b[{y + 1};{x + 1}H{sixels}\x1b8" if WELL_FORMED.fullmatch(sixels) else ""
