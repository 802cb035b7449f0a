"""Widgets whose lines are kept as strips and drawn as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

from rich.segment import Segment
from textual.color import Color
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

MOST = 512
"""Lines that are kept with their frame."""


class LineStrip(Strip):
    """A strip that does not hold itself, so that it is gone when nobody has it any more.

    Textual's keeps itself as the one part it was once divided into: each line that was ever drawn waits, with its seven
    little memories, until Python looks for garbage, and that is then most of what there is to look through. What is
    cropped of it, or made without colours, is one of Textual's again.
    """

    __slots__ = ()

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """Parts between these cells."""
        cuts = list(cuts)
        return (self,) if cuts == [self.cell_length] else super().divide(cuts)


class _Frame(NamedTuple):
    """What stands around the lines of a widget, and what it depends on."""

    top: Strip
    left: Segment
    right: Segment
    bottom: Strip
    depends_on: object


class Kept(Widget):
    """A widget that is drawn when it has changed, and else given as it was.

    The toolkit asks all widgets of the screen for their lines whenever one of them has changed, and looks through their
    styles each time. Beside a widget of Textual's this comes second among the bases: CSS is that of the first.
    """

    _drawn: tuple[object, list[Strip]] | None = None
    """All lines, and what they depend on besides what calls for `refresh`."""

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw anew."""
        self._drawn = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """Colours have changed."""
        self._drawn = None
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines in `crop`."""
        depends_on = crop, self.outer_size, self.app.theme
        if self._drawn is None or self._drawn[0] != depends_on:
            self._drawn = depends_on, self._draw_lines(crop)
        return self._drawn[1]

    def _draw_lines(self, crop: Region) -> list[Strip]:
        return super().render_lines(crop)


class KeptLines(Kept):
    """A widget on the line API that gives the same strip for a line while it looks the same.

    The toolkit takes every line apart and puts it together again, with frame, padding, opacity and tint, whenever the
    view moves. Here a line is framed once, and only the frame's own rows are left to the toolkit.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id, classes=classes)
        self._framed: dict[int, tuple[Strip, Strip]] = {}  # by the identity of the line, which is held for it
        self._sides: tuple[object, ...] = ()  # what they are framed with
        self._frame: _Frame | None = None

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw anew; without regions, the frame too."""
        if not regions:
            self._frame = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """Colours have changed."""
        self._frame = None
        super().notify_style_update()

    def content_lines(self, height: int) -> list[Strip]:
        """So many lines, without the frame; for widgets to look up once what all lines need."""
        return [self.render_line(y) for y in range(height)]

    def _draw_lines(self, crop: Region) -> list[Strip]:
        width, height = self.outer_size
        around = self.styles.gutter
        if crop != Region(0, 0, width, height) or any(self.styles.padding) or around not in ((0,) * 4, (1,) * 4):
            return super()._draw_lines(crop)
        colours = self.background_colors
        if not around.top:
            filters = self.get_line_filters()
            return [_filtered(line, filters, colours[1]) for line in self.content_lines(height)]
        if height < 3:
            return super()._draw_lines(crop)
        return self._draw_framed(width, height, colours)

    def _draw_framed(self, width: int, height: int, colours: tuple[Color, Color]) -> list[Strip]:
        depends_on = width, height, colours, self.app.theme
        frame = self._frame
        if frame is None or frame.depends_on != depends_on:
            top, (left, *_, right) = super()._draw_lines(Region(0, 0, width, 2))
            (bottom,) = super()._draw_lines(Region(0, height - 1, width, 1))
            frame = self._frame = _Frame(top, left, right, bottom, depends_on)
        sides = frame.left, frame.right, depends_on
        if sides != self._sides or len(self._framed) > MOST:
            self._framed.clear()
            self._sides = sides
        filters = self.get_line_filters()
        lines = [frame.top]
        for line in self.content_lines(height - 2):
            kept = self._framed.get(id(line))
            if kept is None:
                filtered = _filtered(line, filters, colours[1])
                whole = LineStrip([frame.left, *filtered, frame.right], filtered.cell_length + 2)
                kept = self._framed[id(line)] = line, whole
            lines.append(kept[1])
        lines.append(frame.bottom)
        return lines

    def get_line_filters(self) -> list[LineFilter]:
        """Those that have something to do here: our colours are true ones, or the terminal's own and to stay so."""
        return [one for one in super().get_line_filters() if not isinstance(one, ANSIToTruecolor)]


def _filtered(line: Strip, filters: Sequence[LineFilter], background: Color) -> Strip:
    """As the terminal is to have it: without colours, where it shall have none."""
    for one in filters:
        line = line.apply_filter(one, background)
    return line
