"""The paper itself: masthead, sections, story, latest contents; in three widths."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.getters import query_one
from textual.reactive import reactive
from textual.widgets import Input

from reader.app import keymap, wording
from reader.app.keymap import Keymap
from reader.app.listing import FRONT_PAGE, PLACES, Layout, Listing, layout_for, section_rows
from reader.app.pages import PAGE, Pages, Request
from reader.app.refreshing import NewsArrived, NothingFollowed, RefreshWanted
from reader.app.screens.story_commands import StoryCommands
from reader.app.shelf import Shelf
from reader.app.widgets.latest import Arrivals, HeadlineList, LatestPane
from reader.app.widgets.masthead import Masthead, Progress, RefreshLine
from reader.app.widgets.rows import Rows
from reader.app.widgets.section_list import SectionList
from reader.app.widgets.status_line import StatusLine
from reader.app.widgets.story_view import StoryView
from reader.errors import ReaderError
from reader.model import Counts, Headline, Section, Story, StoryFilter, TextKind
from reader.settings import SavedSearch, Settings

if TYPE_CHECKING:
    from reader.library import Library

Pane = Literal["sections", "story", "latest"]
PANES: tuple[Pane, ...] = ("sections", "story", "latest")
FULL_TEXT_AFTER_S = 0.3
"""How long a story is open before its page is asked for."""
SAID_FOR_S = 4.0
SEARCH_LIMIT = 200

USEFUL: dict[Pane, tuple[str, ...]] = {
    "story": (
        "story.next", "story.previous", "story.next_unread", "story.page_on", "story.star", "story.later",
        "story.open", "find.open", "pane.back", "refresh.section", "page.zen",
    ),
    "latest": (
        "pane.open", "story.next", "story.next_unread", "story.star", "story.later", "list.view", "find.open",
        "list.mark_read", "refresh.section", "source.add", "go.sources",
    ),
    "sections": ("pane.open", "sections.open", "sections.close", "refresh.section", "source.add", "go.sources"),
}  # fmt: skip
"""What the status line tells in each pane."""


class FrontPage(StoryCommands):
    """Three panes and what moves between them. Reads from the library in workers and never fetches."""

    AUTO_FOCUS = "#headlines"
    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("paper")]

    arrangement: reactive[Layout] = reactive("wide", init=False)
    """How many panes stand side by side."""
    pane: reactive[Pane] = reactive("latest", init=False)
    """Where the reader is; alone on the screen when it is narrow."""
    drawer: reactive[bool] = reactive(False, init=False)
    """Whether the sections lie over the story (medium width)."""
    zen: reactive[bool] = reactive(False, init=False)

    masthead = query_one(Masthead)
    refresh_line = query_one(RefreshLine)
    section_list = query_one(SectionList)
    latest = query_one(LatestPane)
    arrivals = query_one(Arrivals)
    status = query_one(StatusLine)
    ask = query_one("#ask", Input)

    def __init__(self, library: Library, settings: Settings, keys: Keymap, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.library, self.settings, self.keys, self.clock = library, settings, keys, clock
        self.marks = wording.marks(ascii_only=wording.use_ascii(settings.ui.marks))
        self.shelf = Shelf()
        self.listing = FRONT_PAGE
        self.listed_up_to = 0
        """The newest story there was when the list was made."""
        self.opened: list[int] = []
        """The stories that were opened in this session, the last one first."""
        self._unfolded: set[str] = set()
        self._before_search: Listing | None = None
        self._mark_question: tuple[Listing, int] | None = None
        self._said_until = None
        self._news: int | None = None

    def compose(self) -> ComposeResult:
        """Masthead, rule, panes, status line."""
        yield Masthead()
        yield RefreshLine(self.marks)
        with Horizontal(id="panes"):
            yield SectionList(self.marks, id="sections")
            yield StoryView(id="story", measure=self.settings.ui.measure)
            yield LatestPane(self.marks, self.settings.ui.dates, id="latest")
        yield StatusLine(self.keys)
        yield Input(id="ask")

    def on_mount(self) -> None:
        """Draw the empty page, and have it filled."""
        self.section_list.border_title = Content("Sections")
        self.latest.set_title(self.listing.heading)
        self.arrivals.key = self.keys.shown("list.take_in")
        self.section_list.current = self.listing
        self.arrange_for(self.app.size.width, self.app.size.height)
        self.headline_list.focus()
        self.masthead.now = self.headline_list.now = self.clock()
        self.watch(self.app, "progress", self.show_progress)
        self.watch(self.app, "pending", self.show_pending)
        self.set_interval(30, self.look_at_the_clock)
        self.show_listing(self.listing, "first")
        self.recount()

    # Layout and focus

    def on_resize(self, event: events.Resize) -> None:
        """Arrange the panes anew; the reader stays where they are."""
        self.arrange_for(event.size.width, event.size.height)

    def arrange_for(self, width: int, height: int) -> None:
        """Choose the layout for a size."""
        self.arrangement = layout_for(width, self.settings.ui.layout)
        for name in ("wide", "medium", "narrow"):
            self.set_class(self.arrangement == name, f"-{name}")
        self.set_class(height < 14, "-short")
        self.set_class(height < 8 or width < 30, "-tiny")
        self._show_pane()
        if self.arrangement != "medium":
            self.drawer = False
        elif self.section_list.has_focus:
            self.drawer = True

    def _show_pane(self) -> None:
        for name in PANES:
            self.set_class(self.pane == name, f"-at-{name}")
        self.status.commands = USEFUL[self.pane]

    def watch_pane(self) -> None:
        """Show the pane where it is alone, and its keys."""
        self._show_pane()

    def watch_drawer(self, is_open: bool) -> None:
        """Lay the sections over the page, or take them away."""
        self.set_class(is_open, "-drawer")

    def watch_zen(self, alone: bool) -> None:
        """The story alone."""
        self.set_class(alone, "-zen")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The reader is where the focus is."""
        for node in event.widget.ancestors_with_self:
            if node.id in PANES:
                self.pane = node.id
                break
        if self.drawer and self.pane != "sections":
            self.drawer = False

    def enter(self, pane: Pane) -> None:
        """Go to a pane, and make it visible where it is not."""
        if pane != "story":
            self.zen = False
        self.pane = pane
        if pane == "sections" and self.arrangement == "medium":
            self.drawer = True
        widget = {"sections": self.section_list, "story": self.story_view, "latest": self.headline_list}[pane]
        widget.focus(scroll_visible=False)

    def action_next_pane(self) -> None:
        """In the order in which they stand on the page."""
        self.enter(PANES[(PANES.index(self.pane) + 1) % 3])

    def action_previous_pane(self) -> None:
        """As next, backwards."""
        self.enter(PANES[(PANES.index(self.pane) - 1) % 3])

    def action_deeper(self) -> None:
        """From the sections to their stories, from a headline to its story."""
        if self.pane == "sections":
            self.choose_section()
        elif self.pane == "latest":
            self.open_selected()

    def action_shallower(self) -> None:
        """Back: out of the find, the zen view, the story, the list."""
        if self.story_view.finding:
            self.story_view.end_find()
        elif self.zen:
            self.zen = False
        elif self.pane == "story":
            self.enter("latest")
        elif self.pane == "latest":
            self.enter("sections")
        else:
            self.drawer = False
            self.enter("latest")

    def go_back(self) -> bool:
        """What `q` does before it quits: leave the find, zen, the drawer, a search; whether there was such a thing."""
        if self.story_view.finding or self.zen or self.drawer:
            self.action_shallower()
        elif self.pane == "story" and self.arrangement == "narrow":
            self.enter("latest")
        elif self.listing.kind == "search" and self._before_search:
            self.show_listing(self._before_search, "")
        else:
            return False
        return True

    @on(SectionList.Entered)
    def leave_sections_for_stories(self) -> None:
        """`l` on a section that is open."""
        self.choose_section()

    @on(SectionList.Left)
    def leave_sections(self) -> None:
        """`h` on a section that is closed."""
        if self.arrangement == "medium":
            self.enter("latest")

    # What is listed

    @work(exclusive=True, group="listing")
    async def show_listing(
        self, wanted: Listing, then: Literal["", "first", "unread"], keep: int | None = None
    ) -> None:
        """Put a list on the table; then show its first story, or open the first unread one."""
        try:
            pages, newest = await asyncio.to_thread(self.read_listing, wanted)
        except ReaderError as error:
            self.tell(str(error))
            return
        self.listing, self.listed_up_to = wanted, newest
        self._mark_question = None
        self.headline_list.now = self.masthead.now = self.clock()
        self.headline_list.set_pages(pages, wanted.empty(), keep=keep)
        self.latest.set_title(wanted.heading)
        self.section_list.current = wanted
        self.arrivals.waiting = 0
        first = pages[0]
        if then == "first" and first is not None and self.open_story is None:
            self.open(first.id, reading=False)
        elif then == "unread":
            self.action_next_unread()

    def read_listing(self, wanted: Listing) -> tuple[Pages, int]:
        """The beginning of a list, and the newest story of the library; runs in a thread."""
        newest = self.library.newest_id()
        if wanted.pages:
            total = self.library.count(wanted.filter)
            return Pages(total, self.library.headlines(wanted.filter, limit=PAGE)), newest
        if wanted.kind == "front_page":
            rows = self.library.front_page(self.clock()).headlines
        elif wanted.kind == "search":
            rows = self.library.search(wanted.wanted.query, limit=SEARCH_LIMIT)
        else:
            rows = self.library.headlines_by_id(self.opened)
        if wanted.view != "all":
            rows = tuple(row for row in rows if (not row.read if wanted.view == "unread" else row.starred))
        return Pages(0, rows), newest

    @on(HeadlineList.RowsWanted)
    def load_rows(self, event: HeadlineList.RowsWanted) -> None:
        """Rows have come into view that are not there yet."""
        self.fetch_rows(event.request, self.listing)

    @work(group="rows")
    async def fetch_rows(self, request: Request, wanted: Listing) -> None:
        """Read a page of the list."""
        rows = await asyncio.to_thread(self.read_rows, request, wanted.filter)
        if self.listing == wanted:
            self.headline_list.fill(request, rows)

    def read_rows(self, request: Request, wanted: StoryFilter) -> tuple[Headline, ...]:
        """What a request asks for; runs in a thread."""
        if request.direction == "oldest":
            return self.library.oldest(wanted, request.limit)
        after = request.key if request.direction == "after" else None
        before = request.key if request.direction == "before" else None
        return self.library.headlines(wanted, after=after, before=before, limit=request.limit)

    def action_go(self, place: str) -> None:
        """To one of the standing lists."""
        self.go_to(PLACES[place])

    def go_to(self, wanted: Listing) -> None:
        """Put a list on the table and go to it."""
        self.show_listing(wanted, "")
        self.section_list.select(wanted)
        self.enter("latest")

    def choose_section(self) -> None:
        """The list of the selected section."""
        row = self.section_list.selected
        if row and row.listing:
            self.go_to(row.listing)

    @on(Rows.Chosen, "#sections")
    def section_clicked(self) -> None:
        """A click chooses the section."""
        self.choose_section()

    @on(SectionList.Folded)
    def fold(self, event: SectionList.Folded) -> None:
        """Open a section to its sources, or close it."""
        (self._unfolded.add if event.unfolded else self._unfolded.discard)(event.section)
        self.draw_sections()

    def action_section(self, number: int) -> None:
        """Section n of the reader's own sections."""
        rows = [row for row in self.section_list.rows if row.section is not None]
        if number <= len(rows) and (wanted := rows[number - 1].listing):
            self.go_to(wanted)

    def action_step_section(self, step: int) -> None:
        """The previous or next row of the sections."""
        rows, stops = self.section_list.rows, self.section_list.stops()
        if not stops:
            return
        here = [n for n, at in enumerate(stops) if rows[at].listing == replace(self.listing, view="all")]
        target = rows[stops[(here[0] + step) % len(stops) if here else 0]].listing
        if target:
            self.show_listing(target, "")
            self.section_list.select(target)

    def action_cycle_view(self) -> None:
        """All, unread, starred."""
        selected = self.headline_list.selected
        self.show_listing(self.listing.with_next_view(), "", selected.id if selected else None)

    def action_take_in(self) -> None:
        """Take in what waits; the story that is open stays open."""
        if self.arrivals.waiting:
            self._news = None
            self.show_listing(self.listing, "")
            self.recount()
            if self.arrivals.has_focus:
                self.headline_list.focus()

    @on(Arrivals.TakenIn)
    def arrivals_chosen(self) -> None:
        """Enter or a click on the line."""
        self.action_take_in()

    def action_mark_listed(self) -> None:
        """Mark the list read; the first press asks, the second within a few seconds does it."""
        if self._mark_question and self._mark_question[0] == self.listing:
            self._mark_question = None
            self.mark_all_read()
        else:
            self.ask_to_mark()

    @work(exclusive=True, group="question")
    async def ask_to_mark(self) -> None:
        """Say how many stories it would be."""
        pages, wanted = self.headline_list.pages, self.listing
        if wanted.pages:
            number = await asyncio.to_thread(self.library.count, replace(wanted.filter, unread=True))
        else:
            number = sum(not headline.read for headline in pages.loaded())
        if not number:
            self.say("Everything here is read.")
            return
        stories = wording.counted(number, "story", "stories")
        self._mark_question = (wanted, number)
        self.say(f"Mark {stories} read? Press {self.keys.shown('list.mark_read')} again.")
        await asyncio.sleep(SAID_FOR_S)
        self._mark_question = None

    @work(group="marks")
    async def mark_all_read(self) -> None:
        """Mark what the list shows, and only what had arrived when it was made."""
        wanted, pages = self.listing, self.headline_list.pages
        unread = [headline for headline in pages.loaded() if not headline.read]
        self.show_states([replace(headline, read=True) for headline in unread])
        async with self.marking:
            try:
                if wanted.pages:
                    changed = await asyncio.to_thread(self.library.mark_listed, wanted.filter, self.listed_up_to)
                else:
                    changed = await asyncio.to_thread(self.library.mark, [row.id for row in unread], read=True)
            except ReaderError as error:
                self.tell(str(error))
                self.show_states(unread)
                return
        self.tell(f"{wording.counted(len(changed), 'story', 'stories')} marked read.")
        self.recount()

    # Stories

    def open_selected(self) -> None:
        """Open the story under the cursor and go to it."""
        if selected := self.headline_list.selected:
            self.open(selected.id)
            self.enter("story")

    @on(Rows.Chosen, "#headlines")
    def headline_clicked(self) -> None:
        """A click opens the story."""
        self.open_selected()

    def open(self, story_id: int, *, reading: bool = True) -> None:
        """Show a story; `reading` when the reader asked for it and not the start of the program."""
        self.headline_list.open_id = story_id
        at_hand = self.shelf.get(story_id)
        if at_hand is not None:
            self.show_story(at_hand)
        self.read_story(story_id, reading)

    def show_story(self, story: Story) -> None:
        """Put it in the story pane."""
        self.story_view.story = story

    @work(exclusive=True, group="story")
    async def read_story(self, story_id: int, reading: bool) -> None:
        """Show a story from the cache, mark it read, prepare its neighbours, and have its page fetched if need be."""
        try:
            story = self.shelf.get(story_id) or await asyncio.to_thread(self.library.story, story_id)
        except ReaderError as error:
            self.say(str(error))
            return
        self.shelf.put(story)
        if self.open_story is None or self.open_story.id != story_id:
            self.show_story(story)
        if reading:
            self.count_as_opened(story)
        await asyncio.sleep(0.02)
        await self.prepare_neighbours(story_id)
        if self.lacks_text(story):
            await asyncio.sleep(FULL_TEXT_AFTER_S)
            await self.fetch_text(story)

    def count_as_opened(self, story: Story) -> None:
        """Remember it, and mark it read where opening is reading."""
        self.opened = [story.id, *(seen for seen in self.opened if seen != story.id)]
        if self.settings.ui.mark_read == "open":
            self.mark_read(story.id)

    def mark_read(self, story_id: int) -> None:
        """Mark one story read, if it is not."""
        headline = self.target if self.open_story and self.open_story.id == story_id else None
        at = self.headline_list.pages.index_of(story_id)
        headline = (self.headline_list.pages[at] if at is not None else None) or headline
        if headline is not None and headline.id == story_id and not headline.read:
            self.mark(headline, read=True)

    def lacks_text(self, story: Story) -> bool:
        """Whether its page is to be fetched."""
        return (
            story.text is not TextKind.FULL
            and bool(story.item.url)
            and self.settings.refresh.full_text != "never"
            and not self.settings.offline
        )

    async def fetch_text(self, story: Story) -> None:
        """Have the story's page fetched, and put the text in place under the reader's eyes."""
        self.story_view.note = "fetching the full text …"
        try:
            full = await self.library.full_story(story.id)
        except ReaderError as error:
            if self.open_story and self.open_story.id == story.id:
                self.story_view.note = ""
                self.say(wording.sentence(str(error)))
            return
        self.shelf.put(full)
        if self.open_story and self.open_story.id == story.id:
            self.story_view.note = ""
            self.story_view.renew(replace(full, state=self.open_story.state))

    async def prepare_neighbours(self, story_id: int) -> None:
        """Read what is likely to be opened next, while the reader reads."""
        pages = self.headline_list.pages
        at = pages.index_of(story_id)
        if at is None:
            return
        for neighbour in (pages[at + 1], pages[at - 1] if at else None, pages[at + 2]):
            if neighbour is None:
                continue
            story = self.shelf.get(neighbour.id)
            if story is None:
                try:
                    story = await asyncio.to_thread(self.library.story, neighbour.id)
                except ReaderError:
                    continue  # it is gone; opening it will say so
                self.shelf.put(story)
            self.story_view.prepare(story)

    def _here(self) -> int:
        """The place of the open story in the list, else of the cursor."""
        at = self.headline_list.pages.index_of(self.headline_list.open_id)
        return self.headline_list.cursor if at is None else at

    def step(self, step: int) -> None:
        """The story before or after the open one."""
        rows = self.headline_list
        is_listed = rows.pages.index_of(rows.open_id) is not None
        at = self._here() + step if is_listed else rows.cursor
        headline = rows.pages[at]
        if headline is None:
            end = "last" if step > 0 else "first"
            if not 0 <= at < len(rows.pages):
                self.say(f"This is the {end} story of {self.listing.title}.")
            return
        rows.cursor = at
        self.open(headline.id)

    def action_next_story(self) -> None:
        """The next story of the list."""
        self.step(1)

    def action_previous_story(self) -> None:
        """The story before it."""
        self.step(-1)

    def action_next_unread(self) -> None:
        """The next unread story, here or in another section; or the next match."""
        if self.story_view.finding:
            self.story_view.next_match(1)
        else:
            self.find_unread(1)

    def action_previous_unread(self) -> None:
        """The previous unread story of the list; or the previous match."""
        if self.story_view.finding:
            self.story_view.next_match(-1)
        else:
            self.find_unread(-1)

    def find_unread(self, step: int) -> None:
        """Open the nearest unread story in that direction."""
        rows = self.headline_list
        here = self._here()
        start = rows.pages[here]
        if start is not None and not start.read and start.id != rows.open_id:
            here -= step
        at = here + step
        while (headline := rows.pages[at]) is not None:
            if not headline.read and headline.id != rows.open_id:
                rows.cursor = at
                self.open(headline.id)
                return
            at += step
        self.seek_unread(step)

    @work(exclusive=True, group="unread")
    async def seek_unread(self, step: int) -> None:
        """Look where no rows are loaded, then above, then in the other sections."""
        rows, wanted = self.headline_list, self.listing
        if wanted.pages and not rows.pages.complete:
            await self.load_all_between()
        unread = [row for row in rows.pages.loaded() if not row.read and row.id != rows.open_id]
        if unread:
            headline = unread[0 if step > 0 else -1]
            rows.cursor = rows.pages.index_of(headline.id) or 0
            self.open(headline.id)
            return
        if step > 0 and (target := self.next_section_with_news()):
            self.section_list.select(target)
            self.show_listing(target, "unread")
            return
        due = await asyncio.to_thread(self.library.next_look_at)
        look = wording.next_look(due, self.clock()) if self.settings.refresh.automatic else ""
        self.say(f"You are up to date. {look}".strip())

    async def load_all_between(self) -> None:
        """Read the list until its next unread story is loaded, or its end."""
        rows, wanted = self.headline_list, self.listing
        while not rows.pages.complete and self.listing == wanted:
            request = rows.pages.wanted(0, len(rows.pages) - 1)
            if request is None:
                return
            got = await asyncio.to_thread(self.read_rows, replace(request, limit=2_000), wanted.filter)
            rows.pages.add(replace(request, limit=2_000), got)
            if any(not row.read for row in got):
                break
        rows.renew()

    def next_section_with_news(self) -> Listing | None:
        """The next section, after the one on the table, that has unread stories."""
        rows = [row for row in self.section_list.rows if row.section is not None and row.listing]
        here = [n for n, row in enumerate(rows) if row.listing == replace(self.listing, view="all")]
        start = here[0] + 1 if here else 0
        for row in rows[start:] + rows[:start]:
            if row.count and row.listing and row.listing.wanted != self.listing.wanted:
                return row.listing
        return None

    def action_page_on(self) -> None:
        """A page of the story; at its end, the next unread one."""
        story = self.open_story
        if story is None or (self.arrangement == "narrow" and self.pane != "story"):
            self.action_deeper()
            return
        if story.id not in self.opened:
            self.count_as_opened(story)
        if not self.story_view.page_down():
            if self.settings.ui.mark_read == "end":
                self.mark_read(story.id)
            self.find_unread(1)

    def action_page_back(self) -> None:
        """A page back."""
        self.story_view.page_up()

    @on(StoryView.PositionChanged)
    def keep_position(self, event: StoryView.PositionChanged) -> None:
        """The reader moved in the story."""
        self.write_position(event)

    @work(exclusive=True, group="position")
    async def write_position(self, event: StoryView.PositionChanged) -> None:
        """Keep the place once the reader rests there."""
        await asyncio.sleep(0.3)
        await asyncio.to_thread(self.library.set_position, event.story_id, event.position)

    def action_toggle_text(self) -> None:
        """The page's text, or the feed's."""
        self.story_view.toggle_text()

    def action_zen(self) -> None:
        """The story alone, or everything."""
        self.zen = not self.zen
        self.enter("story")

    def action_measure(self, change: int) -> None:
        """A narrower or wider column."""
        self.story_view.measure = max(40, min(120, self.story_view.measure + change))
        self.say(f"The measure is {self.story_view.measure} cells.")

    # Finding

    def action_find(self) -> None:
        """Ask for words: to find in the story, or to search every story."""
        in_story = self.pane == "story"
        self.ask.value = ""
        self.ask.placeholder = "Find in this story" if in_story else "Search every story"
        self.ask.tooltip = None
        self.add_class("-asking")
        self.set_class(in_story, "-finding")
        self.ask.focus()

    @on(Input.Changed, "#ask")
    def search_as_typed(self, event: Input.Changed) -> None:
        """Show what is found while it is typed."""
        if not self.has_class("-asking"):
            return
        if self.has_class("-finding"):
            self.story_view.find(event.value)
        elif len(event.value.strip()) >= 3:
            self.search_for(event.value.strip())

    def search_for(self, query: str) -> None:
        """List what a query finds."""
        if self.listing.kind != "search":
            self._before_search = self.listing
        self.show_listing(Listing("search", f"“{query}”", StoryFilter(query=query)), "")

    @on(Input.Submitted, "#ask")
    def end_asking(self, event: Input.Submitted) -> None:
        """Go to what was found."""
        in_story = self.has_class("-finding")
        self.remove_class("-asking", "-finding")
        if in_story:
            found = self.story_view.find(event.value)
            self.enter("story")
            if event.value:
                self.say(
                    f"{wording.counted(found, 'match', 'matches')} in this story." if found else "Not in this story."
                )
        else:
            if event.value.strip():
                self.search_for(event.value.strip())
            self.enter("latest")

    def on_key(self, event: events.Key) -> None:
        """Esc leaves the question."""
        if event.key == "escape" and self.ask.has_focus:
            event.stop()
            event.prevent_default()
            in_story = self.has_class("-finding")
            self.remove_class("-asking", "-finding")
            if in_story:
                self.story_view.end_find()
                self.enter("story")
            else:
                if self.listing.kind == "search" and self._before_search:
                    self.show_listing(self._before_search, "")
                self.enter("latest")

    # Counts, news and refreshes

    def recount(self) -> None:
        """The counts may have changed; read them once things are quiet."""
        self.read_counts()

    @work(exclusive=True, group="counts")
    async def read_counts(self) -> None:
        """Sections, totals, and when the sources were last read."""
        await asyncio.sleep(0.05)
        counts = await asyncio.to_thread(self._read_counts)
        self._counts = counts
        self.draw_sections()
        if not counts[4]:
            self.app.post_message(NothingFollowed())

    def _read_counts(
        self,
    ) -> tuple[tuple[Section, ...], Counts, int, list[tuple[SavedSearch, int]], int, datetime | None]:
        library = self.library
        edition = library.front_page(self.clock())
        searches = []
        for saved in self.settings.searches:
            try:
                searches.append((saved, library.count(StoryFilter(query=saved.query, unread=True))))
            except ReaderError:
                searches.append((saved, 0))  # the search itself says what is wrong with it
        sources = library.sources()
        looked = [row.subscription.health.last_ok_at for row in sources if row.subscription.health.last_ok_at]
        unread = sum(not headline.read for headline in edition.headlines)
        return library.sections(), library.totals(), unread, searches, len(sources), max(looked, default=None)

    _counts: tuple[tuple[Section, ...], Counts, int, list[tuple[SavedSearch, int]], int, datetime | None] | None = None

    def draw_sections(self) -> None:
        """Show the counts as they are known."""
        if self._counts is None:
            return
        sections, totals, on_front_page, searches, _, looked = self._counts
        self.section_list.set_rows(section_rows(sections, totals, on_front_page, searches, self._unfolded))
        self.section_list.current = self.listing
        news = f"{self._news:,} new" if self._news is not None else f"{totals.unread:,} unread"
        updated = f" · updated {wording.looked_at(looked, self.clock())}" if looked else ""
        self.masthead.news = news + updated

    def show_progress(self, progress: Progress) -> None:
        """How far a refresh is."""
        self.refresh_line.progress = self.masthead.progress = progress

    def show_pending(self, prefix: str) -> None:
        """The beginning of a sequence of keys."""
        self.status.pending = keymap.shown_key(prefix) if prefix else ""

    @on(NewsArrived)
    def count_arrivals(self, event: NewsArrived) -> None:
        """Stories came in: let them wait above the list."""
        if event.finished:
            self._news = event.new
        self.look_for_arrivals()
        self.recount()

    @work(exclusive=True, group="arrivals")
    async def look_for_arrivals(self) -> None:
        """How many stories the list would have more; an empty list takes them in by itself."""
        wanted, rows = self.listing, self.headline_list
        waiting = await asyncio.to_thread(self.count_new, wanted, frozenset(row.id for row in rows.pages.loaded()))
        if wanted != self.listing:
            return
        if waiting and not len(rows.pages):
            self.show_listing(wanted, "first")
        else:
            self.arrivals.waiting = waiting

    def count_new(self, wanted: Listing, known: frozenset[int]) -> int:
        """Stories that came in after the list was made; runs in a thread."""
        if wanted.pages:
            return self.library.newer_than(wanted.filter, self.listed_up_to)
        if wanted.kind == "front_page":
            edition = self.library.front_page(self.clock())
            return sum(headline.id > self.listed_up_to for headline in edition.headlines if headline.id not in known)
        return 0

    def action_refresh_listed(self) -> None:
        """Look for news at the sources of this list."""
        wanted = self.listing.wanted
        if wanted.source_id is not None:
            ids: tuple[int, ...] = (wanted.source_id,)
        elif wanted.section is not None and self._counts:
            ids = tuple(
                source.source_id
                for section in self._counts[0]
                if section.name == wanted.section
                for source in section.sources
            )
        else:
            ids = ()
        self.app.post_message(RefreshWanted(ids, everything=not ids))

    def action_refresh_all(self) -> None:
        """Look for news everywhere."""
        self.app.post_message(RefreshWanted(everything=True))

    @work(exclusive=True, group="clock")
    async def look_at_the_clock(self) -> None:
        """Turn the date at midnight; look for news when a source is due."""
        now = self.clock()
        if wording.local(now).date() != wording.local(self.masthead.now).date():
            self.masthead.now = self.headline_list.now = now
            self.headline_list.renew()
        if self.settings.refresh.automatic and not self.settings.offline:
            due = await asyncio.to_thread(self.library.next_look_at)
            if due is not None and due <= now + timedelta(seconds=1):
                self.app.post_message(RefreshWanted(unasked=True))

    # Words

    def say(self, sentence: str) -> None:
        """In the status line, for a few seconds."""
        self.status.said = sentence
        if self._said_until is not None:
            self._said_until.stop()
        self._said_until = self.set_timer(SAID_FOR_S, self.fall_silent)

    def fall_silent(self) -> None:
        """The keys again."""
        self.status.said = ""

    def tell(self, sentence: str) -> None:
        """As a toast: for what comes without being asked for, or matters more."""
        self.notify(sentence, markup=False, timeout=5)
