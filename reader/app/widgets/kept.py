"""Widgets whose lines are kept as strips and drawn as they are."""

from __future__ import annotations

from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

MOST = 512
"""Lines that are kept with their frame."""


class KeptLines(Widget):
    """A widget on the line API that gives the same strip for a line while it looks the same.

    The toolkit takes every line apart and puts it together again, with frame, padding, opacity and tint, whenever the
    view moves. Here a line is framed once; only the frame's own rows are left to the toolkit.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id, classes=classes)
        self._framed: dict[int, tuple[Strip, Strip]] = {}  # by the identity of the line, which is held for it
        self._frame: tuple[object, ...] = ()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines in `crop`, a frame of one cell around them where the style has one."""
        width, height = self.outer_size
        around = self.styles.gutter
        if crop != Region(0, 0, width, height) or any(self.styles.padding) or around not in ((0,) * 4, (1,) * 4):
            return super().render_lines(crop)
        colours = self.background_colors
        if not around.top:
            return [self._filtered(self.render_line(y), colours[1]) for y in range(height)]
        if height < 3:
            return super().render_lines(crop)
        top, sample = super().render_lines(Region(0, 0, width, 2))
        (bottom,) = super().render_lines(Region(0, height - 1, width, 1))
        left, *_, right = sample
        frame = (left, right, width, colours, self.app.theme)
        if frame != self._frame or len(self._framed) > MOST:
            self._framed.clear()
            self._frame = frame
        lines = []
        for y in range(height - 2):
            line = self.render_line(y)
            kept = self._framed.get(id(line))
            if kept is None:
                filtered = self._filtered(line, colours[1])
                kept = self._framed[id(line)] = line, Strip([left, *filtered, right], filtered.cell_length + 2)
            lines.append(kept[1])
        return [top, *lines, bottom]

    def _filtered(self, line: Strip, background: Color) -> Strip:
        """As the terminal is to have it: with ANSI colours made true ones, or without colours."""
        for one in self.get_line_filters():
            line = line.apply_filter(one, background)
        return line
