"""The story pane: one widget on Textual's line API, whose cost follows the screen and not the length of the story.

It scrolls by itself and is no ScrollView: there, every better guess of a long story's height would be a new
`virtual_size`, which lays out the whole screen again. Here the view holds on to a line of a paragraph
(`typeset.Place`), so that nothing that becomes known above it can move the text under the eyes.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from reader import blocks
from reader.app import keymap
from reader.app.widgets.illustrated import Illustrated
from reader.app.widgets.story_ink import COMPONENTS
from reader.app.widgets.story_leads import VisibleLink
from reader.model import Position, Story
from reader.settings import Ui
from reader.typeset import (
    ASCII,
    SPOKEN,
    TOP,
    UNICODE,
    Hyphenate,
    Look,
    Manner,
    Page,
    Place,
)

if TYPE_CHECKING:
    from reader.app.gallery import Gallery

__all__ = ["StoryView", "VisibleLink"]

PREPARED = 8
"""Stories that are kept set."""
REMEMBERED = 1_000
"""Stories whose places are known here, beside what the library keeps."""
WHEEL = 3
"""Lines a notch of the wheel moves."""


class StoryView(Illustrated, can_focus=True):
    """Shows one story and reports where the reader is in it, and which link was chosen."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("story")]
    COMPONENT_CLASSES: ClassVar[set[str]] = {*(name for _, name in COMPONENTS), "story--hint"}
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
        & > .story--spoken { background: $band; text-style: bold; }
        & > .story--hint { background: $accent; color: $paper; text-style: bold; }
        &:ansi > .story--hint, &:ansi > .story--spoken { background: $paper; color: $ink; text-style: bold reverse; }
        &:ansi > .story--muted, &:ansi > .story--rule { text-style: dim; }
    }
    """

    story: reactive[Story | None] = reactive(None, repaint=False)
    """What is shown. Another story opens where it was left; a newer version of the same one stays where it is."""
    offline: reactive[bool] = reactive(False, repaint=False)
    """Whether to say that the story comes from the cache."""
    iso_dates: reactive[bool] = reactive(False, repaint=False)
    ascii_marks: reactive[bool] = reactive(False, repaint=False)
    justify: reactive[bool] = reactive(False, repaint=False)
    hyphenate: reactive[bool] = reactive(False, repaint=False)
    plain: reactive[bool] = reactive(False, repaint=False)
    """To be heard: no ornament, nothing in columns."""
    empty: reactive[str] = reactive("")
    """The sentence in place of a story."""

    class PositionChanged(Message):
        """The reader has come to another place of the story, or to its end."""

        def __init__(self, story_id: int, position: Position, at_end: bool) -> None:
            super().__init__()
            self.story_id = story_id
            self.position = position
            self.at_end = at_end
            """Whether the last line is in view."""

        def can_replace(self, message: Message) -> bool:
            """Of one story, only the last place matters."""
            return isinstance(message, StoryView.PositionChanged) and message.story_id == self.story_id

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id, classes=classes)
        self._pages: OrderedDict[int, Page] = OrderedDict()
        self.auto_links = False  # no colours that follow the pointer
        self._left: OrderedDict[int, Position] = OrderedDict()  # where stories were left since the start
        self._reported: tuple[int, Position, bool] | None = None

    def obey(self, ui: Ui, *, ascii_marks: bool) -> None:
        """Set stories as the reader's settings say."""
        self.measure = ui.measure
        self.iso_dates = ui.dates == "iso"
        self.ascii_marks = ascii_marks
        self.justify, self.hyphenate, self.plain = ui.justify, ui.hyphenate, ui.plain

    def on_mount(self) -> None:
        """Have the Markdown parser loaded beside the first paint and not before it."""
        self.call_after_refresh(self._warm_up)

    def _warm_up(self) -> None:
        self.run_worker(blocks.warm_up, thread=True, group="warm-up")

    # Setting the story

    def _manner(self, story: Story) -> Manner:
        divided = self.hyphenate and not self.plain
        return Manner(
            numbers=self.show_link_numbers,
            from_cache=self.offline,
            iso_dates=self.iso_dates,
            glyphs=SPOKEN if self.plain else ASCII if self.ascii_marks else UNICODE,
            wide="records" if self.plain else "slide",
            justify=self.justify and not self.plain,
            hyphenate=self._hyphens(story) if divided else None,
            plates=self._plates,
        )

    def _hyphens(self, story: Story) -> Hyphenate | None:
        """How words of the story's language are divided; reading that for the first time is not waited for."""
        from reader.typeset import hyphens
        from reader.typeset.language import language_of

        language = language_of(story)
        if not hyphens.is_known(language):
            self._load_hyphens(language)
        return hyphens.known(language)

    @work(group="hyphens")
    async def _load_hyphens(self, language: str) -> None:
        from reader.typeset import hyphens

        await asyncio.to_thread(hyphens.load, language)
        self._set_anew()

    def _page_of(self, story: Story) -> Page:
        """The story as set now, out of those that are kept if it is there."""
        page = self._pages.get(story.id)
        width, manner = self._column[1], self._manner(story)
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
            self._begin()
        elif self._page is not None and before is not None and before.id == story.id:
            here = self._page.position_of(self._top)
            self._page = self._page_of(story)
            self._top = self._page.place_of(here)
            if (before.item, before.article) != (story.item, story.article):
                self._renew_marks()
        else:
            self._page = self._page_of(story)
            self._page.refit()
            position = self._left.get(story.id, story.state.position)
            self._top = self._page.place_of(position)
            self._reported = (story.id, position, False)
            self._begin()
        self._redraw()

    def _set_anew(self) -> None:
        """The width or the manner has changed: the paragraph at the top stays there."""
        page = self._page
        if page is None:
            return
        here = page.position_of(self._top)
        if page.set_to(self._column[1], self._manner(page.story)):
            self._shifts.clear()
            self._top = page.place_of(here)
            self._redraw()

    def hang(self, gallery: Gallery) -> None:
        """Show pictures from there, as far as it has any."""
        super().hang(gallery)
        self._set_anew()
        self._redraw()

    def cycle_pictures(self) -> str:
        """Show pictures, or their captions alone, the text staying where it is; a sentence that says so."""
        if self.gallery is None:
            return "There are no pictures here."
        says = self.gallery.cycle()
        self._set_anew()
        self._redraw()
        return says

    def watch_measure(self) -> None:
        """Another width."""
        self._set_anew()
        self._redraw()

    def watch_show_link_numbers(self) -> None:
        """Numbers take room."""
        self._set_anew()

    watch_offline = watch_iso_dates = watch_ascii_marks = watch_show_link_numbers
    watch_justify = watch_hyphenate = watch_plain = watch_show_link_numbers

    def on_resize(self) -> None:
        """As many lines as there is room for, from the same paragraph on."""
        self._set_anew()
        self._redraw()

    def notify_style_update(self) -> None:
        """The theme or the focus has changed."""
        self._ink.renew()
        self._strips.clear()
        super().notify_style_update()

    # Drawing

    def render_line(self, y: int) -> Strip:
        """One line of the view."""
        return self._line(y, self._column[0], self.size.width)

    def content_lines(self, height: int) -> list[Strip]:
        """The lines of the view."""
        left, room = self._column[0], self.size.width
        return [self._line(y, left, room) for y in range(height)]

    def _line(self, y: int, left: int, room: int) -> Strip:
        page = self._page
        if page is None:
            return self._sentence(y, self._ink.style(Look.PLAIN))
        lines = self._in_view()
        if y >= len(lines):
            return Strip.blank(room, self._ink.style(Look.PLAIN))
        place, line = lines[y]
        if line.plate:
            self._paint_soon()
        strip = self._strips.get(place)
        if strip is None:
            shown = self._shown(page, place, line)
            picture = self._picture_row(line.plate) if line.plate else ()
            strip = self._ink.strip(shown, left, room, place.part, page.target, picture=picture)
            self._strips[place] = strip
        for x, label in self._labels.get(y, ()):
            strip = self._ink.label(strip, x, label)
        return strip

    def _sentence(self, y: int, ground: Style) -> Strip:
        left = self._column[0]
        if y != self.size.height // 3 or not self.empty:
            return Strip.blank(self.size.width, ground)
        segments = [Segment(" " * left, ground), Segment(self.empty, self._ink.style(Look.MUTED))]
        return Strip(segments).adjust_cell_length(self.size.width, ground)

    # Moving

    def _go(self, place: Place) -> bool:
        """Put a line at the top of the view, and say how far that is; whether it moved the text."""
        moved, page = super()._go(place), self._page
        if page is None or not self.size.height:
            self.border_subtitle = None
            return False
        at_end = self.at_end
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

    def page_down(self) -> bool:
        """A page on, the last line staying for the eye; whether there was anything left to move to."""
        return self._move(max(1, self.size.height - 1))

    def page_up(self) -> bool:
        """A page back, the first line staying for the eye; whether there was anything above."""
        return self._move(-max(1, self.size.height - 1))

    def action_lines(self, by: int) -> None:
        """So many lines on, or back."""
        self._move(by)

    def action_to_line(self, number: int) -> None:
        """To a line by its number, from 1."""
        if self._page is not None:
            self._go(self._page.move(TOP, number - 1))

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
        """A page back."""
        self.page_up()

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
