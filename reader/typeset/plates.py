"""Pictures on the page: how many cells one takes, before it is there, so that nothing moves when it comes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from msgspec import Struct

from reader.beacons import SMALLEST
from reader.text import SafeUrl

UNKNOWN = (0, 0)
USUAL = (3, 2)
"""The shape of a picture of which nothing is known."""
LEAST_COLUMNS = 8
"""Cells below which there is no room for a picture."""

Size = tuple[int, int]


class PlateFor(Protocol):
    """Tells which cells are kept for a picture where there are so many columns."""

    def __call__(self, url: SafeUrl, room: int, declared: Size = UNKNOWN) -> Plate | None:
        """None where the picture is not shown, and its caption has to do."""
        ...


def captions_alone(url: SafeUrl, room: int, declared: Size = UNKNOWN) -> Plate | None:  # noqa: ARG001
    """Shows no picture."""
    return None


class Plate(NamedTuple):
    """A picture and the cells that are kept for it."""

    url: SafeUrl
    columns: int
    rows: int


class PlateRow(NamedTuple):
    """One line of a picture."""

    plate: Plate
    row: int
    link: int = 0
    """Which link of its block the picture is, from 1; 0 for none."""


class Plates(Struct, frozen=True):
    """How pictures are set: which ones, how large, and in cells of which shape."""

    size_of: Callable[[SafeUrl], Size | None]
    """Width and height in pixels, as far as is known now; (0, 0) when it is not, None for what is not to be shown."""
    most_rows: int
    cell: Size
    """Width and height of a cell in pixels; for those of small pictures a cell counts as a nominal one."""
    nominal_cell: int
    medium: str = ""
    """What draws them: another one sets the page anew."""

    def plate(self, url: SafeUrl, room: int, declared: Size = UNKNOWN) -> Plate | None:
        """The cells for a picture, by its true size, else the declared one, else a usual shape."""
        known = self.size_of(url) if url and room >= LEAST_COLUMNS else None
        if known is None or any(0 < side < SMALLEST for side in declared):
            return None
        is_known = all(known) or all(declared)
        width, height = known if all(known) else declared if all(declared) else USUAL
        columns = min(room, -(-width // self.nominal_cell)) if is_known else room
        shape = height * self.cell[0] / (width * self.cell[1])  # rows for a column
        columns = max(1, min(columns, round(self.most_rows / shape)))
        return Plate(url, columns, max(1, min(self.most_rows, round(columns * shape))))
