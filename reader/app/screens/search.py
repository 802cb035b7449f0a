"""Searching everything that is kept, as it is written: a line, and the stories in which its words stand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct
from rich.segment import Segment
from rich.style import Style
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.getters import query_one
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from reader.app import keymap, launcher, query_line, wording
from reader.app.desks.lists import BEST, read_rows
from reader.app.keymap import Keymap
from reader.app.listing import Listing
from reader.app.pages import PAGE, Pages
from reader.app.query_line import History
from reader.app.widgets.ask_line import AskLine
from reader.app.widgets.latest import HeadlineList
from reader.app.widgets.masthead import Masthead
from reader.app.widgets.rows import Rows
from reader.app.widgets.status_line import StatusLine
from reader.errors import ReaderError
from reader.model import Headline, Snippet, StoryFilter
from reader.settings import Settings
from reader.text import counted

if TYPE_CHECKING:
    from reader.library import Library

AT_ONCE = 25
"""Stories that are shown before they are counted."""
SEEN_AT_ONCE = 7
"""Of them, those whose passages come with them."""
RESTS_AFTER_S = 0.2
"""How long nothing is written before what was found is counted, which for common words takes longer than finding it."""
FRAME_S = 0.001
"""The least time between two frames."""
MEASURE = 96
"""The widest line, in cells."""


class Found(Struct, frozen=True):
    """What the reader takes from a search to the paper."""

    listing: Listing
    story_id: int


class Hits(HeadlineList):
    """Headlines with the passage in which the words stand; asks for the passages of what is in view."""

    DEFAULT_CSS = """
    Hits { padding: 0 1; scrollbar-size-vertical: 0; }
    """

    class SnippetsWanted(Message):
        """Rows have come into view whose passages are not there."""

        def __init__(self, ids: tuple[int, ...]) -> None:
            super().__init__()
            self.ids = ids

    def __init__(self, marks: Mapping[str, str], dates: str) -> None:
        super().__init__(marks, dates)
        self._snippets: dict[int, Snippet] = {}

    def show(self, pages: Pages, snippets: Mapping[int, Snippet], empty: str, *, keep: int | None = None) -> None:
        """Show what was found, and its first passages."""
        self._snippets = dict(snippets)
        self.set_pages(pages, empty, keep=keep)

    def take(self, snippets: Mapping[int, Snippet]) -> None:
        """Show passages that were asked for."""
        self._snippets.update(snippets)
        self.renew([at for one in snippets if (at := self.pages.index_of(one)) is not None])

    def ask_for_rows(self) -> None:
        """Ask for the rows in view, and for their passages."""
        super().ask_for_rows()
        first = self.scroll_offset.y // self.row_height
        rows = [self.pages[at] for at in range(first, first + self._rows_in_view + 1)]
        wanted = tuple(row.id for row in rows if row is not None and row.id not in self._snippets)
        if wanted:
            self.post_message(self.SnippetsWanted(wanted))

    def lay_out(self, index: int, width: int) -> list[list[Segment]]:
        """Mark column, headline, passage, date."""
        headline = self.pages[index]
        if headline is None:
            return super().lay_out(index, width)
        snippet = self._snippets.get(headline.id)
        quiet, room = self.style("quiet"), max(1, min(MEASURE, width - 4))
        title = wording.wrap(headline.title, room, 1)
        found = wording.ranges_in(headline.title, title, snippet.title if snippet else ())
        marks = self._marks(headline)
        tone = quiet if headline.read else Style.null()
        lines = [[*self._margin(headline, marks[:1]), *self.marked("".join(title), [*chain(*found)], tone)]]
        text = snippet.text if snippet else headline.excerpt
        passage = wording.wrap(text, room, max(0, self.row_height - 2 - self.gap))
        found = wording.ranges_in(text, passage, snippet.matches if snippet else ())
        margin = self._margin(headline, "")
        lines += [[*margin, *self.marked(line, at, quiet)] for line, at in zip(passage, found, strict=True)]
        return [*lines, [*margin, Segment(self._date_line(headline, marks, room), quiet)]]


class Search(Screen[Found | None]):
    """A line to write in; what it finds, ranked or newest first. Returns the story that was chosen, with its list."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("search")]
    DEFAULT_CSS = """
    Search { layout: vertical; }
    Search AskLine { margin: 1 1 0 1; }
    Search #tally { height: 1; padding: 0 2; margin-bottom: 1; color: $muted; }
    Search Hits { height: 1fr; }
    Search.-short Masthead { display: none; }
    Search.-short AskLine, Search.-short #tally { margin: 0; }
    """

    ask_line = query_one(AskLine)
    tally = query_one("#tally", Static)
    hits = query_one(Hits)

    def __init__(
        self,
        library: Library,
        settings: Settings,
        keys: Keymap,
        marks: Mapping[str, str],
        clock: Callable[[], datetime],
        *,
        history: History,
        at_hand: Listing | None = None,
    ) -> None:
        """`at_hand` is the search to go on with."""
        super().__init__()
        self.library, self.keys, self.marks, self.settings, self.clock = library, keys, marks, settings, clock
        self.history = history
        self.listing = at_hand or _listing("", ranked=False)
        self._shown: Listing | None = None
        self._wanted_first: Listing | None = None  # Enter came before its answer
        self._said = self._tells = ""  # of what is shown, and what stands in the tally

    def compose(self) -> ComposeResult:
        """Masthead, the line, how many, the stories, the keys."""
        yield Masthead()
        yield AskLine(self.history)
        yield Static(id="tally")
        yield Hits(self.marks, self.settings.ui.dates)
        yield StatusLine(self.keys, ())

    def on_mount(self) -> None:
        """Write first."""
        masthead = self.query_one(Masthead)
        masthead.now = self.hits.now = self.clock()
        masthead.news = "Search"
        self.query_one(StatusLine).commands = (
            "search.choose", "search.order", "search.language", "search.save", "search.back",
        )  # fmt: skip
        self.arrange_for(self.app.size.height)
        written = self.listing.wanted.query
        self.ask_line.begin(self.history, "Search every story that is kept here", written)
        self.ask_line.line.select_all()
        self.watch(self.app, "pending", self.show_pending)
        self.look()

    def show_pending(self, prefix: str) -> None:
        """The beginning of a sequence of keys."""
        self.query_one(StatusLine).pending = keymap.shown_key(prefix) if prefix else ""

    def on_resize(self, event: events.Resize) -> None:
        """As many lines for a story as there is room for."""
        self.arrange_for(event.size.height)

    def arrange_for(self, height: int) -> None:
        """Choose the height of a row."""
        self.set_class(height < 20, "-short")
        self.hits.set_row_height(5 if height >= 30 else 4 if height >= 12 else 2)

    @cached_property
    def _update_timer(self) -> Timer:
        """Textual's own, at its own pace: the letter and what it finds are two frames, some milliseconds apart, and
        the second must not wait for a slot after the first."""
        return self.set_interval(FRAME_S, self._on_timer_update, name="screen_update", pause=True)

    # Looking

    @on(AskLine.Written)
    def written(self, event: AskLine.Written) -> None:
        """Look for what is written so far, if that is enough of it; what is done in the background waits meanwhile."""
        self.library.give_way()
        if query_line.is_enough(event.value):
            self.look_for(query_line.as_typed(event.value))
        else:
            self.look_for("")

    def look_for(self, query: str) -> None:
        """Another query, in the same order; one that is wrong is pointed at, and what is shown stays."""
        self.ask_line.fault = query_line.fault_of(query)
        wanted = _listing(query.rstrip(), ranked=self.listing.ranked)
        if self.ask_line.fault is None and wanted != self.listing:
            self.listing = wanted
            self.look()
        self.show_tally()

    @work(exclusive=True, group="search")
    async def look(self) -> None:
        """Show the first stories at once, and then how many there are; a later query ends this one."""
        wanted = self.listing
        if not wanted.wanted.query.strip():
            self.show(wanted, Pages(), {})
            self.say("Three letters begin the search; Enter searches for fewer.")
            return
        inquiry = self.library.inquire()
        try:
            rows, snippets = await asyncio.to_thread(self.first_of, wanted, inquiry)
            self.show(wanted, Pages(0, rows), snippets)
            if len(rows) < AT_ONCE:
                self.tell_number(len(rows))
                return
            self.say(f"At least {AT_ONCE} stories …")
            await asyncio.sleep(RESTS_AFTER_S)
            number, rows = await asyncio.to_thread(self.whole_of, wanted, inquiry)
        except ReaderError as error:
            self.say(str(error))
            return
        finally:
            inquiry.give_up()  # where a later query has ended this one, its threads are needed
        selected = self.hits.selected
        total = 0 if wanted.ranked else number  # of the best there are no more pages: what follows goes by date
        self.hits.show(Pages(total, rows), snippets, "", keep=selected.id if selected else None)
        self.tell_number(number)

    def first_of(
        self, wanted: Listing, inquiry: AbstractContextManager[None]
    ) -> tuple[tuple[Headline, ...], dict[int, Snippet]]:
        """The first stories, and the passages of those that are in view; runs in a thread."""
        query = wanted.filter.query
        with inquiry:
            rows = self.library.search(query, limit=AT_ONCE, newest_first=not wanted.ranked)
        with inquiry:
            return rows, self.library.snippets(query, [row.id for row in rows[:SEEN_AT_ONCE]])

    def whole_of(self, wanted: Listing, inquiry: AbstractContextManager[None]) -> tuple[int, tuple[Headline, ...]]:
        """How many stories there are, and the first of them; runs in a thread."""
        with inquiry:
            if wanted.ranked:
                rows = self.library.search(wanted.filter.query, limit=BEST, newest_first=False)
            else:
                rows = self.library.headlines(wanted.filter, limit=PAGE)
        with inquiry:
            return self.library.count(wanted.filter), rows

    def show(self, wanted: Listing, pages: Pages, snippets: Mapping[int, Snippet]) -> None:
        """Put an answer in place."""
        self._shown = wanted if len(pages) else None
        self.hits.show(pages, snippets, "")
        if self._shown is not None and self._shown == self._wanted_first:
            self.action_choose()

    def tell_number(self, number: int) -> None:
        """How many, and in which order."""
        stories = counted(number, "story")
        if not number:
            says = "Nothing was found."
        elif self.listing.ranked:
            says = f"{stories}, the best first." if number <= BEST else f"The best {BEST} of {stories}."
        else:
            says = f"{stories}, the newest first."
        self.say(says)

    def say(self, sentence: str) -> None:
        """Under the line."""
        self._said = sentence
        self.show_tally()

    def show_tally(self) -> None:
        """What there is to say of what is shown: nothing under a query that is wrong, if nothing is; and that a word
        which is too short to be looked for while it is written waits for Enter."""
        written, says = self.ask_line.line.value, self._said
        if self._shown is None and self.ask_line.fault is not None:
            says = ""
        elif self._shown is not None and self._is_shortened(written):
            says += f" Enter opens the first that has “{written.split()[-1]}” too."
        if says != self._tells:  # or its frame would keep that of the stories waiting
            self._tells = says
            self.tally.update(Content(says), layout=False)

    def _is_shortened(self, written: str) -> bool:
        query = self.listing.wanted.query
        return query_line.is_enough(written) and query == query_line.as_typed(written) != query_line.as_written(written)

    @on(Hits.RowsWanted)
    @work
    async def load_rows(self, event: Hits.RowsWanted) -> None:
        """Rows have come into view that are not there yet."""
        wanted = self._shown
        if wanted is None:
            return
        try:
            rows = await asyncio.to_thread(read_rows, self.library, event.request, wanted.filter)
        except ReaderError as error:
            self.say(str(error))
            return
        if wanted == self._shown:
            self.hits.fill(event.request, rows)

    @on(Hits.SnippetsWanted)
    @work
    async def load_snippets(self, event: Hits.SnippetsWanted) -> None:
        """Passages of what has come into view."""
        wanted = self._shown
        if wanted is None:
            return
        try:
            snippets = await asyncio.to_thread(self.library.snippets, wanted.filter.query, event.ids)
        except ReaderError as error:
            self.say(str(error))
            return
        if wanted == self._shown:
            self.hits.take(snippets)

    # Choosing

    @on(AskLine.Done)
    def done(self, event: AskLine.Done) -> None:
        """Enter in the line: open the selected story, at once or when it is there; or search for a short word too."""
        if self.ask_line.fault is not None:
            return
        if self._is_shortened(event.value):
            self.look_for(query_line.as_written(event.value))
            self._wanted_first = self.listing
        elif self._shown == self.listing:
            self.action_choose()
        elif query_line.is_enough(event.value):
            self._wanted_first = self.listing
        else:
            self.look_for(event.value.strip())

    @on(AskLine.Left)
    def go_down(self) -> None:
        """From the line to the stories, also while they are being looked for."""
        self.hits.focus()

    @on(Rows.WentAbove)
    def go_up(self) -> None:
        """From the first story to the line."""
        self.ask_line.line.focus()

    @on(Rows.Chosen)
    def action_choose(self) -> None:
        """Take the selected story, and its list, to the paper."""
        selected = self.hits.selected
        if self._shown is not None and selected is not None:
            self.leave(Found(self._shown, selected.id))

    def action_back(self) -> None:
        """Leave it."""
        self.leave(None)

    def leave(self, found: Found | None) -> None:
        """Remember what was written, if it was enough to search for."""
        if query_line.is_enough(self.ask_line.line.value):
            self.history.keep(self.ask_line.line.value)
        self.dismiss(found)

    # The rest

    def action_order(self) -> None:
        """Best first, or newest first."""
        self.listing = _listing(self.listing.wanted.query, ranked=not self.listing.ranked)
        self.look()

    def action_language(self) -> None:
        """What a search may say."""
        from reader.app.widgets.dialogs import Card

        width = max(len(example) for example, _ in query_line.LANGUAGE) + 3
        parts: list[str | tuple[str, str]] = []
        for example, meaning in query_line.LANGUAGE:
            parts += [(f"{example:{width}}", "bold $ink"), (f"{meaning}\n", "$muted")]
        self.app.push_screen(Card("What a search may say", Content.assemble(*parts).rstrip()))

    @work(group="outside")
    async def action_save(self) -> None:
        """Show the lines that keep this search in the config, and copy them."""
        from reader.app.widgets.dialogs import Card

        written = self.ask_line.line.value.strip()
        if not written or query_line.fault_of(written):
            self.say("Write what to search for first.")
            return
        lines, path = query_line.as_saved(written), str(self.settings.folders.config_file)
        says = "These lines are copied. In the config they make a row of the sections, from the next start on."
        text = Content.assemble(says, "\n\n", (lines, "bold $ink"), "\n", (path, "$muted"))
        self.app.push_screen(Card("Keep this search", text))
        await launcher.copy(self.app, lines)


def _listing(query: str, *, ranked: bool) -> Listing:
    return Listing("search", f"“{query.strip()}”", StoryFilter(query=query), ranked=ranked)
