"""The latest contents: the headlines of one list, and the line behind which new arrivals wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.getters import query_one
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from reader.app import wording
from reader.app.pages import Pages, Request
from reader.app.widgets.kept import Kept
from reader.app.widgets.rows import Rows
from reader.folding import found_in
from reader.model import Headline


def headline_lines(headline: Headline, width: int, lines: int) -> tuple[list[str], list[str]]:
    """Headline and excerpt, wrapped into `lines` lines together: at most two for the headline, the rest for the
    excerpt, which ends in an ellipsis where something is left out."""
    title = wording.wrap(headline.title, width, min(2, lines))
    return title, wording.wrap(headline.excerpt, width, lines - len(title))


def _apart(left: str, right: str, width: int) -> str:
    """One at the left edge of a line, the other at its right."""
    return left + " " * (width - cell_len(left) - cell_len(right)) + right


class HeadlineList(Rows):
    """The headlines of one list, newest first; asks for the rows it is to show and never fetches."""

    DEFAULT_CSS = """
    HeadlineList { height: 1fr; padding: 0; overflow-y: scroll; }
    """

    open_id: reactive[int | None] = reactive(None, repaint=False)
    """The story that is open in the story pane."""
    sought: reactive[str] = reactive("", repaint=False)
    """Folded words that are marked in the headlines."""

    class RowsWanted(Message):
        """Rows have come into view that are not loaded."""

        def __init__(self, request: Request) -> None:
            super().__init__()
            self.request = request

    class Passed(Message):
        """The reader went on past these, row by row or page by page; not by a leap over rows that were never seen."""

        def __init__(self, headlines: tuple[Headline, ...]) -> None:
            super().__init__()
            self.headlines = headlines

    def __init__(self, marks: Mapping[str, str], dates: str = "relative", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.pages = Pages()
        self.marks = marks
        self.cursor_mark = marks["cursor"]
        self.dates = dates
        self.empty = ""
        """The sentence to show in place of rows."""
        self.now = datetime.now(UTC)
        """The moment that dates are relative to."""
        self._asked: Request | None = None

    def __len__(self) -> int:
        return len(self.pages)

    def set_row_height(self, lines: int) -> None:
        """Lines a row takes: text, a date and a blank. The row at the cursor stays in view."""
        if lines != self.row_height:
            self.row_height, self.gap = lines, 1 if lines > 2 else 0
            self.renew()
            self.show_row(self.cursor)
            self.ask_for_rows()

    row_height = 6
    gap = 1

    # What it shows

    def set_pages(self, pages: Pages, empty: str, *, keep: int | None = None) -> None:
        """Show another list, from the top, or with the cursor on story `keep` and the view as it is."""
        self.pages, self.empty, self._asked = pages, empty, None
        at = pages.index_of(keep)
        self.renew()
        self.set_reactive(Rows.cursor, at or 0)
        if at is None:
            self.scroll_to(y=0, animate=False, force=True)
        else:
            self.show_row(at)
        self.ask_for_rows()

    def fill(self, request: Request, headlines: Sequence[Headline]) -> None:
        """Take in rows that were asked for."""
        if request != self._asked:
            return
        self._asked = None
        self.pages.add(request, headlines)
        self.renew()
        self.ask_for_rows()

    def renew_stories(self, headlines: Sequence[Headline]) -> None:
        """Show stories as they are now."""
        self.renew(self.pages.renew(headlines))

    def follow(self, index: int) -> None:
        """Put the cursor where the reader has gone in the story pane. The list moves seldom, and then by most of
        its height, so that it is quiet beside the reading."""
        top, view = index * self.row_height, self.scroll_offset.y
        if not view <= top <= view + self.size.height - self.row_height:
            above = 0 if top > view else max(0, self._rows_in_view - 2)
            self.scroll_to(y=(index - above) * self.row_height, animate=False, force=True)
        self.cursor = index

    @property
    def selected(self) -> Headline | None:
        """The headline under the cursor."""
        return self.pages[self.cursor]

    def watch_open_id(self, before: int | None, after: int | None) -> None:
        """Move the mark of the open story."""
        places = (self.pages.index_of(before), self.pages.index_of(after))
        self.renew([at for at in places if at is not None])

    def watch_sought(self) -> None:
        """Mark other words."""
        self.renew()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """See to it that what comes into view is loaded."""
        super().watch_scroll_y(old_value, new_value)
        self._pass(int(old_value) // self.row_height, int(new_value) // self.row_height)
        self.ask_for_rows()

    def watch_cursor(self, before: int, after: int) -> None:
        """The selected row is another one."""
        super().watch_cursor(before, after)
        self._pass(before, after)

    def _pass(self, before: int, after: int) -> None:
        if 0 < after - before <= self._rows_in_view:
            rows = [self.pages[at] for at in range(before, after)]
            self.post_message(self.Passed(tuple(row for row in rows if row is not None)))

    def on_resize(self) -> None:
        """Keep the row at the cursor in view, whatever the height of a row is now."""
        super().on_resize()
        self.ask_for_rows()

    def ask_for_rows(self) -> None:
        """Ask for the rows in view, and a screen before and after; one request at a time."""
        if self._asked is not None or not self.size.height:
            return
        first = self.scroll_offset.y // self.row_height
        seen = self._rows_in_view
        request = self.pages.wanted(first - seen, first + 2 * seen) or self.pages.wanted(
            self.cursor, self.cursor + seen
        )
        if request:
            self._asked = request
            self.post_message(self.RowsWanted(request))

    # How it is drawn

    def _line(self, y: int, top: int, width: int) -> Strip:
        """A line of a row, or the sentence for a list without any."""
        if not len(self.pages) and self.empty:
            return self._empty_line(y)
        return super()._line(y, top, width)

    def _empty_line(self, y: int) -> Strip:
        lines = wording.wrap(self.empty, max(1, self.size.width - 4), 6)
        text = f"  {lines[y - 1]}" if 0 < y <= len(lines) else ""
        return (
            Strip([Segment(text, self.style("quiet"))]).adjust_cell_length(self.size.width).apply_style(self.rich_style)
        )

    def lay_out(self, index: int, width: int) -> list[list[Segment]]:
        """Mark column, headline, excerpt, date; in a row of one line or two the headline with the date at its end."""
        headline = self.pages[index]
        if headline is None:
            return [[Segment("   …", self.style("quiet"))]]
        quiet = self.style("quiet")
        tone = quiet if headline.read else Style.null()
        strong = tone + self.style("strong") if headline.id == self.open_id else tone
        text_width = max(1, width - 4)
        marks = self._marks(headline)
        end, below = "", list[str]()
        if self.row_height <= 2:
            title, end, below = self._short_lines(headline, marks, text_width)
        else:
            title, excerpt = headline_lines(headline, text_width, self.row_height - 2)
            below = [*excerpt, self._date_line(headline, marks, text_width)]
        found = wording.ranges_in(headline.title, title, list(found_in(headline.title, self.sought)))
        lines = [
            [*self._margin(headline, marks[at : at + 1]), *self.marked(line, ranges, strong)]
            for at, (line, ranges) in enumerate(zip(title, found, strict=True))
        ]
        lines += [[*self._margin(headline, ""), Segment(line, quiet)] for line in below]
        if end:
            lines[-1].append(Segment(end, quiet))
        return lines

    def _short_lines(self, headline: Headline, marks: str, width: int) -> tuple[list[str], str, list[str]]:
        """The headline in one line or two, what follows its last line, and what stands below it: the date is at the
        right edge of the row's last line, and the source too where the headline leaves that free."""
        most = self.row_height
        date = wording.when_in_short(headline.shown_at, self.now, self.dates)
        date = f"{marks[most:]} {date}".strip()
        room = width - cell_len(date) - 2
        if room < 12:
            return wording.wrap(headline.title, width, most), "", []
        title = wording.wrap(headline.title, width if most > 1 else room, most)
        if len(title) < most:
            return title, "", [_apart(wording.fit(headline.source, room), date, width)]
        if most > 1:
            rest = headline.title[len(title[0]) :].strip()
            title[1] = wording.wrap(rest, room, 1)[0]
        return title, _apart(title[-1], date, width).removeprefix(title[-1]), []

    def _marks(self, headline: Headline) -> str:
        """The marks that a row bears, the most telling first."""
        names = [
            ("updated", headline.updated),
            ("unread", not headline.read),
            ("starred", headline.starred),
            ("later", headline.later),
            ("watched", headline.watched),
        ]
        return "".join(self.marks[name] for name, holds in names if holds)

    def _margin(self, headline: Headline, mark: str) -> list[Segment]:
        """Two cells before the text: a bar where the story is open, and a mark."""
        is_open = headline.id == self.open_id
        accent = self.style("accent")
        return [
            Segment(self.marks["current"] if is_open else " ", accent),
            Segment(wording.fit(mark or " ", 1) + " ", accent),
        ]

    def _date_line(self, headline: Headline, marks: str, width: int) -> str:
        """When, and where there is room, where: `yesterday, 21:10 · The Gazette`; marks that found no line above."""
        when = wording.when(headline.shown_at, self.now, self.dates)
        more = f" {marks[2:]}" if len(marks) > 2 else ""
        full = f"{when}{more} · {headline.source}"
        return wording.fit(full, width) if cell_len(when) + 8 < width else wording.fit(when + more, width)


class Arrivals(Kept, can_focus=True):
    """The line over the list that says how many stories wait; taking them in is up to the reader."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take_in", "take in", show=False),
        Binding("j,down", "leave", "down", show=False),
    ]
    DEFAULT_CSS = """
    Arrivals { height: 1; color: $accent; background: $paper; padding: 0 1 0 2; }
    Arrivals:focus { background: $band; }
    """

    waiting: reactive[int] = reactive(0)
    """How many."""
    key: reactive[str] = reactive(".")
    """The key that takes them in."""

    class TakenIn(Message):
        """The reader wants to see them."""

    class Left(Message):
        """The reader goes on to the list."""

    def render(self) -> Content:
        """`12 new · . shows them`, or nothing."""
        if not self.waiting:
            return Content("")
        return Content(f"↑ {self.waiting:,} new · {self.key} takes them in"[: max(0, self.size.width)])

    def on_click(self, event: events.Click) -> None:
        """A click takes them in too."""
        event.stop()
        self.action_take_in()

    def action_take_in(self) -> None:
        """Say that the reader wants them."""
        if self.waiting:
            self.post_message(self.TakenIn())

    def action_leave(self) -> None:
        """Go down to the list."""
        self.post_message(self.Left())


class LatestPane(Vertical, Kept):
    """The list with its title and the line of arrivals."""

    DEFAULT_CSS = """
    LatestPane { background: $paper; }
    """

    headline_list = query_one(HeadlineList)
    arrivals = query_one(Arrivals)

    def __init__(self, marks: Mapping[str, str], dates: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._marks, self._dates = marks, dates

    def compose(self) -> ComposeResult:
        """The line, and the list under it."""
        yield Arrivals()
        yield HeadlineList(self._marks, self._dates, id="headlines")

    def set_title(self, title: str) -> None:
        """Name the list over the pane; foreign text, hence never markup."""
        self.border_title = Content(title)

    @on(Rows.WentAbove)
    def go_to_arrivals(self) -> None:
        """Above the first row is the line of arrivals, while there are any."""
        if self.arrivals.waiting:
            self.arrivals.focus()

    @on(Arrivals.Left)
    def go_to_list(self) -> None:
        """Back into the list."""
        self.headline_list.focus()
