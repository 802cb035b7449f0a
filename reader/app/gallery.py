"""The pictures of the story pane: whether they are shown, how large, which are at hand, and how they come to be.

The library draws them elsewhere, few at a time, and only those near what is being read; so a picture never keeps a key
waiting, and a story without pictures does not come here at all.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style

from reader.app import graphics
from reader.errors import ReaderError
from reader.model import Picture
from reader.mosaic import CELL_BYTES
from reader.pictures import NOMINAL_CELL, Drawing, Frame, Medium, is_worth_asking
from reader.text import SafeUrl
from reader.typeset import Plate, PlateRow, Plates, Size

if TYPE_CHECKING:
    from reader.library import Library

AT_ONCE = 2
"""Pictures that are being drawn at the same time."""
BUDGET_BYTES = 12 << 20
"""Of drawings that are kept at hand."""
SMALLEST_VIEW = 8
"""Lines of a view in which there is room for a picture."""
_ON = {"kitty": "Pictures on.", "sixel": "Pictures on, as sixels.", "blocks": "Pictures on, in coloured blocks."}
_FIRST_NUMBER = 0x10_0000 + os.getpid() % 0x1000 * 0x100
"""Of a picture given to the terminal, which other programs give pictures too."""


class Colours(NamedTuple):
    """What a plate is drawn in: the page, a plate that is still empty, and words on it."""

    page: Style
    plate: Style
    words: Style

    @property
    def ground(self) -> tuple[int, int, int]:
        """The page's own colour, behind what is transparent."""
        colour = self.page.bgcolor
        red, green, blue = colour.get_truecolor(foreground=False) if colour else (0, 0, 0)
        return red, green, blue


class Gallery:
    """Has pictures drawn and hangs them; `changed` is told the address of each that has come, or will not come."""

    def __init__(
        self,
        library: Library,
        *,
        colours: str | None,
        ascii_only: bool,
        start: Callable[[Coroutine[Any, Any, None]], object],
        changed: Callable[[SafeUrl], None],
        send: Callable[[str], None],
    ) -> None:
        self._library = library
        self._cell = graphics.cell_size()
        self._wanted = library.settings.ui.images
        self._colours, self._ascii = colours, ascii_only
        self._start, self._changed, self._send = start, changed, send
        self._drawings: OrderedDict[Plate, Drawing] = OrderedDict()
        self._sizes: dict[SafeUrl, Size] = {}
        self._failures: dict[SafeUrl, str] = {}
        self._queue: list[tuple[int, Plate, Frame]] = []
        self._under_way: set[Plate] = set()
        self._working = 0
        self._numbers: dict[Plate, int] = {}
        self._next_number = _FIRST_NUMBER
        self._ground = (0, 0, 0)
        self.medium: Medium | None = self._best_medium() if self._wanted != "off" else None

    # On and off

    def cycle(self) -> str:
        """Show pictures, or their captions alone; a sentence that says so."""
        if self.medium is not None:
            self.medium = None
            self._forget()
            return "Pictures off."
        self.medium = medium = self._best_medium()
        if medium is None:
            return "This terminal has no way to show pictures; their captions have to do."
        return _ON[medium]

    def _best_medium(self) -> Medium | None:
        return graphics.medium_for(self._wanted, os.environ, self._colours, ascii_only=self._ascii)

    def _forget(self) -> None:
        for plate in list(self._drawings):
            self._take_down(plate)
        self._queue.clear()
        self._failures.clear()

    def send_anew(self) -> None:
        """The terminal may have lost what it was given."""
        self._numbers.clear()

    # What is known before a picture is there

    def plates(self, view_height: int) -> Plates | None:
        """How pictures are set in a view of so many lines; None for their captions alone."""
        if self.medium is None or view_height < SMALLEST_VIEW:
            return None
        return Plates(
            self.size_of, min(view_height * 3 // 5, graphics.MOST_CELLS), self._cell, NOMINAL_CELL, self.medium
        )

    def size_of(self, url: SafeUrl) -> Size | None:
        """Width and height in pixels; (0, 0) when they are not known yet, None for what is not to be shown."""
        if url in self._failures or not is_worth_asking(Picture(url)):
            return None
        size = self._sizes.get(url)
        if size is None:
            try:
                size = self._library.picture_size(url)
            except ReaderError:
                size = None  # whatever ails the library, the reader hears of it from what they do
            if size is None:
                return None if self._library.settings.offline and not self._library.settings.sample else (0, 0)
            self._sizes[url] = size
        return size if is_worth_asking(Picture(url, width=size[0], height=size[1])) else None

    # Having them drawn

    def want(self, story_id: int, plates: Sequence[Plate], ground: tuple[int, int, int]) -> None:
        """These are near what is being read, the nearest first; what was wanted before and is not, can wait."""
        medium = self.medium
        if medium is None:
            return
        if ground != self._ground:  # it shows through
            self._ground = ground
            self._forget()
        self._queue = []
        for plate in reversed(plates):
            if plate in self._drawings:
                self._drawings.move_to_end(plate)
        for plate in plates:
            if not (plate in self._drawings or plate in self._under_way or plate.url in self._failures):
                self._queue.append((story_id, plate, Frame(medium, plate.columns, plate.rows, self._cell, ground)))
        for _ in range(min(AT_ONCE - self._working, len(self._queue))):
            self._working += 1
            self._start(self._work())

    async def _work(self) -> None:
        try:
            while self._queue:
                story_id, plate, frame = self._queue.pop(0)
                self._under_way.add(plate)
                try:
                    drawing = await self._library.picture(story_id, plate.url, frame)
                except ReaderError as error:
                    self._failures[plate.url] = str(error)
                else:
                    self._hang(plate, frame, drawing)
                finally:
                    self._under_way.discard(plate)
                self._changed(plate.url)
        finally:
            self._working -= 1

    def _hang(self, plate: Plate, frame: Frame, drawing: Drawing) -> None:
        """Keep it, if it is what was asked for, and still wanted so."""
        if not _fits(frame, drawing):
            self._failures[plate.url] = "It was drawn wrong."
            return
        self._sizes[plate.url] = drawing.width, drawing.height
        if (frame.medium, frame.ground) != (self.medium, self._ground):
            return
        self._drawings[plate] = drawing
        while len(self._drawings) > 1 and sum(map(_bytes_of, self._drawings.values())) > BUDGET_BYTES:
            self._take_down(next(iter(self._drawings)))

    def _take_down(self, plate: Plate) -> None:
        del self._drawings[plate]
        if number := self._numbers.pop(plate, None):
            self._send(graphics.kitty_farewell(number))

    # Drawing them

    def row(self, line: PlateRow, colours: Colours) -> Sequence[Segment]:
        """One line of a picture, as wide as its plate: the picture, or an empty plate, or why it is empty."""
        plate, row, _ = line
        drawing = self._drawings.get(plate)
        if drawing is None:
            return [self._empty(plate, row, colours)]
        row -= plate.rows - drawing.rows  # what is left over lies above: the caption belongs to the picture
        if row < 0:
            return [Segment(" " * plate.columns, colours.page)]
        segments = list(self._drawn(plate, drawing, row, colours.page))
        if drawing.columns < plate.columns:
            segments.append(Segment(" " * (plate.columns - drawing.columns), colours.page))
        return segments

    def _drawn(self, plate: Plate, drawing: Drawing, row: int, page: Style) -> Sequence[Segment]:
        if self.medium == "kitty":
            return [graphics.kitty_row(self._number(plate, drawing), drawing, row, page)]
        if self.medium == "sixel":
            return [Segment(" " * drawing.columns, page)]
        return list(graphics.blocks_row(drawing, row))

    def paint(self, line: PlateRow, x: int, y: int) -> None:
        """Draw one line of a picture as sixels, at a cell of the screen."""
        plate, row, _ = line
        drawing = self._drawings.get(plate)
        if drawing is not None and row >= plate.rows - drawing.rows:
            self._send(graphics.sixels_at(x, y, drawing.sixels[row - plate.rows + drawing.rows]))

    def _number(self, plate: Plate, drawing: Drawing) -> int:
        """The picture's number in the terminal, which has been given it by then."""
        number = self._numbers.get(plate)
        if number is None:
            number = self._numbers[plate] = self._next_number
            self._next_number += 1
            self._send(graphics.kitty_picture(number, drawing))
        return number

    def _empty(self, plate: Plate, row: int, colours: Colours) -> Segment:
        says = self._failures.get(plate.url, "")
        if not says:
            return Segment(" " * plate.columns, colours.plate)
        words = f" The picture did not come: {says}" if row == plate.rows // 2 else ""
        return Segment(set_cell_size(words, plate.columns), colours.words)


def _fits(frame: Frame, drawing: Drawing) -> bool:
    """Whether what came has the size that it says, and no more than was asked for."""
    columns, rows = drawing.columns, drawing.rows
    whole = {
        "blocks": len(drawing.pixels) == columns * rows * CELL_BYTES,
        "sixel": len(drawing.sixels) == rows,
        "kitty": bool(drawing.pixels),
    }
    return 0 < columns <= frame.columns and 0 < rows <= frame.rows and whole[frame.medium]


def _bytes_of(drawing: Drawing) -> int:
    return len(drawing.pixels) + sum(map(len, drawing.sixels))
