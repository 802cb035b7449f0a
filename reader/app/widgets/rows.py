"""The list that every list is: rows of one height, drawn by the line API, so that the cost follows the screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from math import ceil
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from reader.app import keymap
from reader.app.widgets.kept import KeptLines, LineStrip

NOTHING = Style()


def _strip(line: list[Segment], width: int, ground: Style) -> Strip:
    """One line on its ground, as wide as the list."""
    segments = [Segment(text, ground + style if style else ground) for text, style, _ in line if text]
    used = sum(cell_len(segment.text) for segment in segments)
    if used < width:
        segments.append(Segment(" " * (width - used), ground))
    strip = LineStrip(segments, max(used, width))
    return strip if used <= width else strip.crop(0, width)


class Rows(KeptLines, ScrollView, can_focus=True):
    """Rows with one selected; draws what a subclass lays out and reports what was chosen."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("list")]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--cursor",
        "rows--quiet",
        "rows--accent",
        "rows--strong",
        "rows--match",
    }
    DEFAULT_CSS = """
    Rows {
        background: $paper; color: $ink; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > .rows--cursor { background: $band; }
        & > .rows--quiet { color: $muted; }
        & > .rows--accent { color: $accent; }
        & > .rows--strong { text-style: bold; }
        & > .rows--match { color: $accent; text-style: bold underline; }
        &:ansi > .rows--quiet { text-style: dim; }
    }
    """

    cursor: reactive[int] = reactive(0, repaint=False)
    """The selected row."""

    class Selected(Message):
        """The cursor went to another row."""

        def __init__(self, rows: Rows, index: int) -> None:
            super().__init__()
            self.rows, self.index = rows, index

        @property
        def control(self) -> Rows:
            """The list, for `@on(..., "#id")`."""
            return self.rows

        def can_replace(self, message: Message) -> bool:
            """Only where the cursor came to rest matters."""
            return isinstance(message, Rows.Selected) and message.rows is self.rows

    class Chosen(Message):
        """A row was clicked."""

        def __init__(self, rows: Rows, index: int) -> None:
            super().__init__()
            self.rows, self.index = rows, index

        @property
        def control(self) -> Rows:
            """The list, for `@on(..., "#id")`."""
            return self.rows

    class WentAbove(Message):
        """The cursor was on the first row and was to go up."""

        def __init__(self, rows: Rows) -> None:
            super().__init__()
            self.rows = rows

    row_height = 1
    """Lines a row takes, the same for all."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id, classes=classes)
        self._strips: dict[tuple[int, int], list[Strip]] = {}
        self._styles: dict[str, Style] = {}
        self._grounds: tuple[Style, Style] | None = None

    # What a subclass says

    def __len__(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def lay_out(self, index: int, width: int) -> list[list[Segment]]:
        """A row as at most `row_height` lines of at most `width` cells, without background."""
        raise NotImplementedError

    def is_stop(self, index: int) -> bool:
        """Whether the cursor may stand on this row."""
        return 0 <= index < len(self)

    # What is shown

    def style(self, *names: str) -> Style:
        """The style of some of the component classes, without background: `style("quiet")`."""
        key = " ".join(names)
        if key not in self._styles:
            parts = [self.get_component_rich_style(f"rows--{name}", partial=True) for name in names]
            self._styles[key] = Style.combine(parts) if parts else NOTHING
        return self._styles[key]

    def marked(self, line: str, ranges: Sequence[tuple[int, int]], tone: Style) -> list[Segment]:
        """A line in which ranges of characters are marked as found."""
        segments, at = [], 0
        for first, last in ranges:
            segments += [Segment(line[at:first], tone), Segment(line[first:last], tone + self.style("match"))]
            at = last
        return [*segments, Segment(line[at:], tone)]

    def renew(self, indexes: Iterable[int] | None = None) -> None:
        """Draw some rows anew, or all when their number or layout has changed."""
        if indexes is None:
            self._strips.clear()
            self.virtual_size = Size(0, len(self) * self.row_height)
            self.refresh()
            return
        for index in indexes:
            self._forget(index)
            self._refresh_row(index)

    def notify_style_update(self) -> None:
        """Colours have changed."""
        self._styles.clear()
        self._strips.clear()
        self._grounds = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        return self._line(y, self.scroll_offset.y, self.size.width)

    def content_lines(self, height: int) -> list[Strip]:
        """The lines of the screen."""
        top, width = self.scroll_offset.y, self.size.width
        return [self._line(y, top, width) for y in range(height)]

    def _line(self, y: int, top: int, width: int) -> Strip:
        index, line = divmod(y + top, self.row_height)
        if not 0 <= index < len(self):
            return Strip.blank(width, self.grounds[0])
        strips = self._strips.get((index, width))
        if strips is None:
            if len(self._strips) > 400:
                self._strips.clear()
            strips = self._strips[index, width] = self._draw(index, width)
        return strips[line]

    @property
    def grounds(self) -> tuple[Style, Style]:
        """Of a row, and of the selected one."""
        if self._grounds is None:
            plain = self.rich_style
            band = Style(bgcolor=self.get_component_rich_style("rows--cursor").bgcolor)
            self._grounds = plain, plain + band
        return self._grounds

    def _draw(self, index: int, width: int) -> list[Strip]:
        """The strips of one row, the band under it when it is selected."""
        plain, band = self.grounds
        selected = index == self.cursor and self.is_stop(index)
        ground = band if selected else plain
        lines = self.lay_out(index, width - 1)  # the last column is the scrollbar's
        if selected and lines and lines[0]:
            lines[0] = self._with_cursor(lines[0])
        lines += [[] for _ in range(self.row_height - len(lines))]
        band_ends = self.row_height - self.gap
        return [
            _strip(line, width, ground if at < band_ends else plain) for at, line in enumerate(lines[: self.row_height])
        ]

    def _with_cursor(self, line: list[Segment]) -> list[Segment]:
        """The line with the cursor's mark in its first cell, if that is free: colour is never the only sign."""
        first = line[0]
        if not self.cursor_mark or not first.text.startswith(" "):
            return line
        return [Segment(self.cursor_mark, self.style("accent")), Segment(first.text[1:], first.style), *line[1:]]

    cursor_mark = "›"
    """Stands in the first cell of the selected row; "" for none."""

    gap = 0
    """Lines at the end of a row that keep the rows apart and do not take the band."""

    def _forget(self, index: int) -> None:
        self._strips.pop((index, self.size.width), None)

    def _refresh_row(self, index: int) -> None:
        top = index * self.row_height - self.scroll_offset.y
        if -self.row_height < top < self.size.height:
            self.refresh(Region(0, top, self.size.width, self.row_height))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw what is in view now. The bar is a widget of its own, drawn only when its thumb comes to another cell."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = self._bar_position(new_value)
        if round(old_value) != round(new_value):
            self.refresh(self.size.region)

    def _bar_position(self, scrolled: float) -> float:
        """What to tell the bar of a view that begins at a line: the same for all that put its thumb in one cell."""
        lines, seen = self.virtual_size.height, self.size.height
        last = lines - seen
        if last <= 0:
            return scrolled
        way = seen - max(1.0, seen * seen / lines)  # in cells of the bar
        line = last / way * round(scrolled / last * way) if way >= 1 else scrolled
        return min(ceil(line * 8) / 8, last)  # the bar cuts it to eighths, and that must not cost it the cell

    # The cursor

    def watch_cursor(self, before: int, after: int) -> None:
        """Move the band, and the view when it must."""
        for index in (before, after):
            self._forget(index)
            self._refresh_row(index)
        self.show_row(after)
        if before != after:
            self.post_message(self.Selected(self, after))

    def show_row(self, index: int) -> None:
        """Bring a row into view, by as little as possible."""
        height = self.size.height
        if not height:
            return
        top, view = index * self.row_height, self.scroll_offset.y
        if top < view or self.row_height > height:
            self.scroll_to(y=top, animate=False, force=True)
        elif top + self.row_height > view + height:
            self.scroll_to(y=top + self.row_height - height, animate=False, force=True)

    def move_to(self, index: int, towards: int = 1) -> bool:
        """Put the cursor on a row, or the next one that can be selected; whether it moved."""
        last = len(self) - 1
        index = max(0, min(index, last))
        for step in (towards, -towards):
            at = index
            while 0 <= at <= last and not self.is_stop(at):
                at += step
            if 0 <= at <= last:
                moved = at != self.cursor
                self.cursor = at
                return moved
        return False

    def action_down(self) -> None:
        """To the next row."""
        self.move_to(self.cursor + 1, 1)

    def action_up(self) -> None:
        """To the row above; above the first, say so."""
        if self.cursor <= 0 or not any(self.is_stop(at) for at in range(self.cursor)):
            self.scroll_to(y=0, animate=False, force=True)
            self.post_message(self.WentAbove(self))
        else:
            self.move_to(self.cursor - 1, -1)

    def action_rows(self, by: int) -> None:
        """So many rows down, or up, as far as there are."""
        ahead = range(self.cursor + 1, len(self)) if by > 0 else range(self.cursor - 1, -1, -1)
        stops = list(islice(filter(self.is_stop, ahead), abs(by)))
        if stops:
            self.move_to(stops[-1])

    def action_to_row(self, number: int) -> None:
        """To a row by its number, from 1; to the last one where there are not so many."""
        stops = list(islice(filter(self.is_stop, range(len(self))), number))
        if stops:
            self.move_to(stops[-1])

    def action_half_page(self, direction: int) -> None:
        """Half a screen of rows."""
        self.move_to(self.cursor + direction * max(1, self._rows_in_view // 2), direction)

    def action_page(self, direction: int) -> None:
        """A screen of rows, one less for the eye."""
        self.move_to(self.cursor + direction * max(1, self._rows_in_view - 1), direction)

    def action_top(self) -> None:
        """To the first row."""
        self.move_to(0, 1)
        self.scroll_to(y=0, animate=False, force=True)

    def action_bottom(self) -> None:
        """To the last row."""
        self.move_to(len(self) - 1, -1)

    @property
    def _rows_in_view(self) -> int:
        return max(1, self.size.height // self.row_height)

    @property
    def caret(self) -> Offset:
        """The first cell of the selected row, as far as it is in view."""
        return Offset(0, max(0, self.cursor * self.row_height - self.scroll_offset.y))

    # The mouse and the size

    def on_click(self, event: events.Click) -> None:
        """Select and choose the row under the pointer; the other buttons are the screen's."""
        if event.button != 1:
            return
        at = event.get_content_offset(self)
        index = -1 if at is None else (at.y + self.scroll_offset.y) // self.row_height
        if self.is_stop(index):
            event.stop()
            self.cursor = index
            self.post_message(self.Chosen(self, index))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three lines, or a row when it is higher; the cursor stays."""
        event.stop()
        self.scroll_to(y=self.scroll_offset.y + max(3, self.row_height), animate=False)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """As down."""
        event.stop()
        self.scroll_to(y=self.scroll_offset.y - max(3, self.row_height), animate=False)

    def on_resize(self) -> None:
        """Keep the selected row in view at any size."""
        self.show_row(self.cursor)
