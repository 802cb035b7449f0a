"""The story pane: one widget on Textual's line API, whose cost follows the screen and not the length of the story.

It scrolls by itself and is no ScrollView: there, every better guess of a long story's height would be a new
`virtual_size`, which lays out the whole screen again. Here the view holds on to a line of a paragraph
(`typeset.Place`), so that nothing that becomes known above it can move the text under the eyes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from reader import blocks
from reader.app import keymap
from reader.app.widgets.kept import KeptLines
from reader.model import Position, Story
from reader.typeset import ASCII, TOP, UNICODE, Line, Link, Look, Manner, Match, Page, Place, cells, mark

PREPARED = 8
"""Stories that are kept set."""
REMEMBERED = 1_000
"""Stories whose places are known here, beside what the library keeps."""
WHEEL = 3
"""Lines a notch of the wheel moves."""

_COMPONENTS = (
    (Look.MUTED, "story--muted"),
    (Look.ACCENT, "story--accent"),
    (Look.RULE, "story--rule"),
    (Look.HEADLINE, "story--headline"),
    (Look.CODE, "story--code"),
    (Look.LINK, "story--link"),
    (Look.MATCH, "story--match"),
    (Look.HERE, "story--here"),
)
_ATTRIBUTES = (
    (Look.BOLD, Style(bold=True)),
    (Look.ITALIC, Style(italic=True)),
    (Look.STRIKE, Style(strike=True)),
)


class StoryView(KeptLines, can_focus=True):
    """Shows one story and reports where the reader is in it, and which link was chosen."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("story")]
    COMPONENT_CLASSES: ClassVar[set[str]] = {name for _, name in _COMPONENTS}
    DEFAULT_CSS = """
    StoryView {
        height: 1fr; color: $ink; background: $paper;
        border: round $rule; border-subtitle-align: right; border-subtitle-color: $muted;
        &:focus { border: heavy $muted; }
        & > .story--muted { color: $muted; }
        & > .story--accent { color: $accent; }
        & > .story--rule { color: $muted; }
        & > .story--headline { text-style: bold; }
        & > .story--code { background: $band; }
        & > .story--link { text-style: underline; }
        & > .story--match { text-style: bold underline; background: $band; color: $accent; }
        & > .story--here { text-style: bold reverse; }
    }
    """

    story: reactive[Story | None] = reactive(None, repaint=False)
    """What is shown. Another story opens where it was left; a newer version of the same one stays where it is."""
    measure: reactive[int] = reactive(70, repaint=False)
    """The widest line, in cells."""
    show_link_numbers: reactive[bool] = reactive(False, repaint=False)
    offline: reactive[bool] = reactive(False, repaint=False)
    """Whether to say that the story comes from the cache."""
    iso_dates: reactive[bool] = reactive(False, repaint=False)
    ascii_marks: reactive[bool] = reactive(False, repaint=False)
    empty: reactive[str] = reactive("")
    """The sentence in place of a story."""

    @dataclass
    class PositionChanged(Message):
        """The reader has come to another place of the story, or to its end."""

        story_id: int
        position: Position
        at_end: bool
        """Whether the last line is in view."""

        def can_replace(self, message: Message) -> bool:
            """Of one story, only the last place matters."""
            return isinstance(message, StoryView.PositionChanged) and message.story_id == self.story_id

    @dataclass
    class LinkChosen(Message):
        """A link was clicked, or chosen by its number."""

        url: str
        text: str

    @dataclass
    class Found(Message):
        """A find has a result, or went on to another match."""

        query: str
        current: int
        """From 1; 0 when there is none."""
        total: int

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id, classes=classes)
        self._page: Page | None = None
        self._pages: OrderedDict[int, Page] = OrderedDict()
        self._top = TOP
        self._view: list[tuple[Place, Line]] | None = None
        self._strips: dict[Place, Strip] = {}
        self._styles: dict[Look, Style] = {}
        self._left: OrderedDict[int, Position] = OrderedDict()  # where stories were left since the start
        self._reported: tuple[int, Position, bool] | None = None
        self._query = ""
        self._matches: list[Match] = []
        self._match = 0

    def on_mount(self) -> None:
        """Have the Markdown parser loaded beside the first paint and not before it."""
        self.call_after_refresh(self._warm_up)

    def _warm_up(self) -> None:
        self.run_worker(blocks.warm_up, thread=True, group="warm-up")

    # Setting the story

    @property
    def _column(self) -> tuple[int, int]:
        """Left margin and width of the text, in cells: left of the middle, never wider than the pane."""
        room = self.size.width
        margin = 1 if room < 48 else 2 if room < 76 else 3
        width = max(1, min(self.measure, room - margin - 1))
        return min(margin + max(0, room - width - 2 * margin) // 3, max(0, room - width)), width

    @property
    def _manner(self) -> Manner:
        return Manner(
            numbers=self.show_link_numbers,
            from_cache=self.offline,
            iso_dates=self.iso_dates,
            glyphs=ASCII if self.ascii_marks else UNICODE,
        )

    def _page_of(self, story: Story) -> Page:
        """The story as set now, out of those that are kept if it is there."""
        page = self._pages.get(story.id)
        width, manner = self._column[1], self._manner
        if page is None or not page.renew(story):
            page = Page(story, width, manner)
        page.set_to(width, manner)
        self._pages[story.id] = page
        self._pages.move_to_end(story.id)
        while len(self._pages) > PREPARED:
            self._pages.popitem(last=False)
        return page

    def prepare(self, story: Story) -> None:
        """Set the first screen of a story that is likely to be opened next."""
        if self.size.height:
            page = self._page_of(story)
            page.view(page.place_of(self._left.get(story.id, story.state.position)), self.size.height)
            if self._page is not None:
                self._pages.move_to_end(self._page.story.id)

    def renew(self, story: Story) -> None:
        """Show a newer version of the open story: its state, or its text. Another story is left alone."""
        if self.story is not None and self.story.id == story.id:
            self.story = story

    def watch_story(self, before: Story | None, story: Story | None) -> None:
        """Open it where it was left, or stay where we are when it is the same one."""
        if story is None:
            self._page = None
            self._drop_find()
        elif self._page is not None and before is not None and before.id == story.id:
            here = self._page.position_of(self._top)
            self._page = self._page_of(story)
            self._top = self._page.place_of(here)
            self._drop_find(keep_query=True)
        else:
            self._page = self._page_of(story)
            position = self._left.get(story.id, story.state.position)
            self._top = self._page.place_of(position)
            self._reported = (story.id, position, False)
            self._drop_find()
        self._redraw()

    def _set_anew(self) -> None:
        """The width or the manner has changed: the paragraph at the top stays there."""
        page = self._page
        if page is None:
            return
        here = page.position_of(self._top)
        if page.set_to(self._column[1], self._manner):
            self._top = page.place_of(here)
            self._redraw()

    def _redraw(self) -> None:
        self._strips.clear()
        self._go(self._top)
        self.refresh()

    def watch_measure(self) -> None:
        """Another width."""
        self._set_anew()
        self._redraw()

    def watch_show_link_numbers(self) -> None:
        """Numbers take room."""
        self._set_anew()

    watch_offline = watch_iso_dates = watch_ascii_marks = watch_show_link_numbers

    def on_resize(self) -> None:
        """As many lines as there is room for, from the same paragraph on."""
        self._set_anew()
        self._redraw()

    def notify_style_update(self) -> None:
        """The theme or the focus has changed."""
        self._styles.clear()
        self._strips.clear()
        super().notify_style_update()

    # Drawing

    def render_line(self, y: int) -> Strip:
        """One line of the view."""
        page = self._page
        ground = self._style(Look.PLAIN)
        if page is None:
            return self._sentence(y, ground)
        if self._view is None:
            self._view = page.view(self._top, self.size.height)
        if y >= len(self._view):
            return Strip.blank(self.size.width, ground)
        place, line = self._view[y]
        strip = self._strips.get(place)
        if strip is None:
            strip = self._strips[place] = self._strip(place, line)
        return strip

    def _strip(self, place: Place, line: Line) -> Strip:
        if self._matches:
            line = mark(line, self._ranges(place.part))
        ground, room = self._style(Look.PLAIN), self.size.width
        used = left = self._column[0]
        segments = [Segment(" " * left, ground)] if left else []
        for span in line.spans:
            if span.text:
                segments.append(Segment(span.text, self._style(span.look)))
                used += cell_len(span.text)
        if used < room:
            segments.append(Segment(" " * (room - used), ground))
        strip = Strip(segments, max(used, room))
        return strip if used <= room else strip.crop(0, room)

    def _style(self, look: Look) -> Style:
        style = self._styles.get(look)
        if style is None:
            style = self.rich_style
            for flag, name in _COMPONENTS:
                if look & flag:
                    style += self.get_component_rich_style(name, partial=True)
            for flag, attributes in _ATTRIBUTES:
                if look & flag:
                    style += attributes
            self._styles[look] = style
        return style

    def _sentence(self, y: int, ground: Style) -> Strip:
        left = self._column[0]
        if y != self.size.height // 3 or not self.empty:
            return Strip.blank(self.size.width, ground)
        segments = [Segment(" " * left, ground), Segment(self.empty, self._style(Look.MUTED))]
        return Strip(segments).adjust_cell_length(self.size.width, ground)

    # Moving

    def _go(self, place: Place) -> bool:
        """Put a line at the top of the view, as far as there is text to fill it; whether that moved the text."""
        page = self._page
        self._view = None
        if page is None or not self.size.height:
            self.border_subtitle = None
            return False
        height = self.size.height
        if at_end := page.is_end(place, height):
            place = min(place, page.last_view(height))
        moved = place != self._top
        self._top = place
        if moved:
            self.refresh()
        subtitle = self._progress(page, at_end=at_end)
        if self._border_subtitle is None or self._border_subtitle.plain != subtitle:
            self.border_subtitle = Content(subtitle)
        self._report(page, at_end=at_end)
        return moved

    def _progress(self, page: Page, *, at_end: bool) -> str:
        if self._top == TOP:
            return "All" if at_end else "Top"
        if at_end:
            return "End"
        room = page.height - self.size.height
        return f"{max(1, min(99, page.line_at(self._top) * 100 // max(1, room)))}%"

    def _report(self, page: Page, *, at_end: bool) -> None:
        where = (page.story.id, page.position_of(self._top), at_end)
        if where != self._reported:
            self._reported = where
            self._left[page.story.id] = where[1]
            if len(self._left) > REMEMBERED:
                self._left.popitem(last=False)
            self.post_message(self.PositionChanged(*where))

    def _move(self, by: int) -> bool:
        return self._page is not None and self._go(self._page.move(self._top, by))

    @property
    def at_end(self) -> bool:
        """Whether the last line is in view; so it is when there is no story."""
        return self._page is None or self._page.is_end(self._top, self.size.height)

    @property
    def position(self) -> Position:
        """Where the reader is."""
        return self._page.position_of(self._top) if self._page else Position()

    def page_down(self) -> bool:
        """A page on, the last line staying for the eye; whether there was anything left to move to."""
        return self._move(max(1, self.size.height - 1))

    def action_line_down(self) -> None:
        """One line on."""
        self._move(1)

    def action_line_up(self) -> None:
        """One line back."""
        self._move(-1)

    def action_half_page_down(self) -> None:
        """Half a page on."""
        self._move(max(1, self.size.height // 2))

    def action_half_page_up(self) -> None:
        """Half a page back."""
        self._move(-max(1, self.size.height // 2))

    def action_page_down(self) -> None:
        """A page on."""
        self.page_down()

    def action_page_up(self) -> None:
        """A page back, the first line staying for the eye."""
        self._move(-max(1, self.size.height - 1))

    def action_top(self) -> None:
        """To the headline."""
        self._go(TOP)

    def action_bottom(self) -> None:
        """To the last line; what lies between is not set for it."""
        if self._page is not None:
            self._go(self._page.last_view(self.size.height))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """A few lines on."""
        event.stop()
        self._move(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """A few lines back."""
        event.stop()
        self._move(-WHEEL)

    # Links

    def links(self) -> tuple[Link, ...]:
        """Every link of the story, in the order of the text."""
        return self._page.links() if self._page else ()

    def action_link_numbers(self) -> None:
        """Show the numbers of the links, or hide them."""
        self.show_link_numbers = not self.show_link_numbers

    def action_link(self, number: int) -> None:
        """Choose a link by its number."""
        links = self.links()
        if 0 < number <= len(links):
            self._choose(links[number - 1])

    def _choose(self, link: Link) -> None:
        self.post_message(self.LinkChosen(link.url, link.text))

    def link_at(self, x: int, y: int) -> Link | None:
        """The link at a cell of the content, if there is one."""
        if self._page is None or not self._view or not 0 <= y < len(self._view):
            return None
        place, line = self._view[y]
        at = x - self._column[0]
        for span in line.spans:
            size = cells(span.text)
            if 0 <= at < size:
                return self._page.link(place.part, span.link)
            at -= size
        return None

    def on_click(self, event: events.Click) -> None:
        """Choose the link under the pointer."""
        offset = event.get_content_offset(self)
        if offset is not None and event.button == 1 and (link := self.link_at(offset.x, offset.y)):
            event.stop()
            self._choose(link)

    # Find

    @property
    def finding(self) -> bool:
        """Whether a find is active."""
        return bool(self._query)

    def find(self, query: str) -> int:
        """Mark every place where these words stand, go to the first from here on, and give their number.

        Case, accents and kinds of quotes do not matter. An empty query ends the find.
        """
        self._query = query.strip()
        page = self._page
        self._matches = page.find(self._query) if page and self._query else []
        self._match = 0
        if self._matches:
            first = bisect_left(self._matches, (self._top.part, self.position.character, 0))
            self._show_match(first)
        else:
            self._strips.clear()
            self.refresh()
            self.post_message(self.Found(self._query, 0, 0))
        return len(self._matches)

    def find_next(self) -> None:
        """To the next match; after the last, the first."""
        if self._matches:
            self._show_match(self._match + 1)

    def find_previous(self) -> None:
        """To the match before; before the first, the last."""
        if self._matches:
            self._show_match(self._match - 1)

    def _drop_find(self, *, keep_query: bool = False) -> None:
        had = bool(self._query)
        self._matches, self._match = [], 0
        if keep_query and self._query and self._page:
            self._matches = self._page.find(self._query)
        elif had:
            self._query = ""
            self.post_message(self.Found("", 0, 0))

    def _show_match(self, number: int) -> None:
        """Go to a match, the view staying where it is when it shows the match already."""
        page = self._page
        if page is None:
            return
        self._match = number % len(self._matches)
        match = self._matches[self._match]
        place = page.place_in(match.part, match.start)
        shown = [seen for seen, _ in page.view(self._top, self.size.height)]
        if place not in shown:
            self._go(page.move(place, -(self.size.height // 3)))
        self._strips.clear()
        self.refresh()
        self.post_message(self.Found(self._query, self._match + 1, len(self._matches)))

    def _ranges(self, part: int) -> list[tuple[int, int, Look]]:
        """What is to be marked in a part."""
        first = bisect_left(self._matches, (part, -1, -1))
        ranges: list[tuple[int, int, Look]] = []
        for at in range(first, len(self._matches)):
            match = self._matches[at]
            if match.part != part:
                break
            ranges.append((match.start, match.end, Look.MATCH | Look.HERE if at == self._match else Look.MATCH))
        return ranges
