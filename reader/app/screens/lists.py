"""The lists: what is on the table, its rows and views, what waits above it, and the counts of the sections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Literal

from textual import on, work
from textual.getters import query_one

from reader.app import wording
from reader.app.keymap import Keymap
from reader.app.listing import FRONT_PAGE, PLACES, Listing, section_rows
from reader.app.pages import PAGE, Pages, Request
from reader.app.refreshing import NewsArrived, NothingFollowed
from reader.app.screens.reading import Reading
from reader.app.widgets.latest import Arrivals, HeadlineList, LatestPane
from reader.app.widgets.masthead import Masthead
from reader.app.widgets.rows import Rows
from reader.app.widgets.section_list import SectionList
from reader.errors import ReaderError
from reader.model import Counts, Headline, Section, SourceRow, StoryFilter
from reader.settings import SavedSearch, Settings

if TYPE_CHECKING:
    from reader.library import Library

SEARCH_LIMIT = 200
ASKED_FOR_S = 4.0
"""How long a question in the status line waits for its answer."""


@dataclass(frozen=True, slots=True)
class PaperCounts:
    """What the sections and the masthead tell."""

    sections: tuple[Section, ...]
    totals: Counts
    on_front_page: int
    """Unread."""
    searches: tuple[tuple[SavedSearch, int], ...]
    sources: tuple[SourceRow, ...]

    @property
    def looked_at(self) -> datetime | None:
        """When a source was last read."""
        moments = [row.subscription.health.last_ok_at for row in self.sources]
        return max((moment for moment in moments if moment), default=None)


class Lists(Reading):
    """The part of the paper that puts lists on the table."""

    masthead = query_one(Masthead)
    section_list = query_one(SectionList)
    latest = query_one(LatestPane)
    arrivals = query_one(Arrivals)

    def __init__(self, library: Library, settings: Settings, clock: Callable[[], datetime], keys: Keymap) -> None:
        super().__init__(library, settings, clock)
        self.keys = keys
        self.listing = FRONT_PAGE
        self.listed_up_to = 0
        """The newest story there was when the list was made."""
        self.counts: PaperCounts | None = None
        self._unfolded: set[str] = set()
        self._mark_question: Listing | None = None
        self._news: int | None = None

    # What the paper provides

    def go_to_list(self) -> None:
        """Give the list the focus."""
        raise NotImplementedError

    def tell(self, sentence: str) -> None:
        """A toast."""
        raise NotImplementedError

    @property
    def list_name(self) -> str:
        """The list on the table, in words."""
        return self.listing.title

    # What is listed

    @work(exclusive=True, group="listing")
    async def show_listing(
        self, wanted: Listing, then: Literal["", "first", "unread", "typing"], keep: int | None = None
    ) -> None:
        """Put a list on the table; then show its first story, or open the first unread one."""
        try:
            pages, newest = await asyncio.to_thread(self.read_listing, wanted)
        except ReaderError as error:
            if then != "typing":  # a query that is half written is no fault yet
                self.tell(str(error))
            return
        self.put_on_table(wanted, pages, newest, keep)
        first = pages[0]
        if then == "first" and first is not None and self.open_story is None:
            self.open(first.id, reading=False)
        elif then == "unread":
            self.action_next_unread()

    def put_on_table(self, wanted: Listing, pages: Pages, newest: int, keep: int | None = None) -> None:
        """Show a list that has been read."""
        self.listing, self.listed_up_to = wanted, newest
        self._mark_question = None
        self.headline_list.now = self.masthead.now = self.clock()
        self.headline_list.set_pages(pages, wanted.empty(), keep=keep)
        self.latest.set_title(wanted.heading)
        self.section_list.current = wanted
        self.arrivals.waiting = 0
        self.story_view.empty = "" if len(pages) else "No story is open."

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
        rows = await self.ask(self.read_rows, request, wanted.filter)
        if rows is not None and self.listing == wanted:
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
        self.go_to_list()

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
        if self._mark_question == self.listing:
            self._mark_question = None
            self.mark_all_read()
        else:
            self.ask_to_mark()

    @work(exclusive=True, group="question")
    async def ask_to_mark(self) -> None:
        """Say how many stories it would be."""
        pages, wanted = self.headline_list.pages, self.listing
        if wanted.pages:
            counted = await self.ask(self.library.count, replace(wanted.filter, unread=True))
            if counted is None:
                return
            number = counted
        else:
            number = sum(not headline.read for headline in pages.loaded())
        if not number:
            self.say("Everything here is read.")
            return
        stories = wording.counted(number, "story", "stories")
        self._mark_question = wanted
        self.say(f"Mark {stories} read? Press {self.keys.shown('list.mark_read')} again.")
        await asyncio.sleep(ASKED_FOR_S)
        self._mark_question = None

    @work(group="marks")
    async def mark_all_read(self) -> None:
        """Mark what the list shows, and only what had arrived when it was made."""
        wanted, pages = self.listing, self.headline_list.pages
        unread = [headline for headline in pages.loaded() if not headline.read]
        self.show_states([replace(headline, read=True) for headline in unread])
        if wanted.pages:
            writing = self.outbox.put(partial(self.library.mark_listed, wanted.filter, self.listed_up_to))
        else:
            writing = self.outbox.put(partial(self.library.mark, [row.id for row in unread], read=True))
        try:
            changed = await self.outbox.written(writing)
        except ReaderError as error:
            self.tell(str(error))
            self.show_states(unread)
            return
        self.say(f"{wording.counted(len(changed), 'story', 'stories')} marked read.")
        self.recount()

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
        due = await self.ask(self.library.next_look_at)
        look = wording.next_look(due, self.clock()) if self.settings.refresh.automatic else ""
        self.say(f"You are up to date. {look}".strip())

    async def load_all_between(self) -> None:
        """Read the list until its next unread story is loaded, or its end."""
        rows, wanted = self.headline_list, self.listing
        while not rows.pages.complete and self.listing == wanted:
            request = rows.pages.wanted(0, len(rows.pages) - 1)
            if request is None:
                return
            got = await self.ask(self.read_rows, replace(request, limit=2_000), wanted.filter)
            if got is None:
                return
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

    # Counts, news and refreshes

    def recount(self) -> None:
        """The counts may have changed; read them once things are quiet."""
        self.read_counts()

    @work(exclusive=True, group="counts")
    async def read_counts(self) -> None:
        """Sections, totals, and when the sources were last read."""
        await asyncio.sleep(0.05)
        counts = await self.ask(self.count_all)
        if counts is not None:
            self.take_counts(counts)

    def take_counts(self, counts: PaperCounts) -> None:
        """Show the counts; without any source this is the first day."""
        self.counts = counts
        self.draw_sections()
        if not counts.sources:
            self.app.post_message(NothingFollowed())

    def count_all(self) -> PaperCounts:
        """Everything that is counted; runs in a thread."""
        library = self.library
        unread = sum(not headline.read for headline in library.front_page(self.clock()).headlines)
        searches = tuple((saved, self._count_search(saved)) for saved in self.settings.searches)
        return PaperCounts(library.sections(), library.totals(), unread, searches, library.sources())

    def _count_search(self, saved: SavedSearch) -> int:
        try:
            return self.library.count(StoryFilter(query=saved.query, unread=True))
        except ReaderError:
            return 0  # choosing it will say what is wrong with it

    def draw_sections(self) -> None:
        """Show the counts as they are known."""
        counts = self.counts
        if counts is None:
            return
        rows = section_rows(counts.sections, counts.totals, counts.on_front_page, counts.searches, self._unfolded)
        self.section_list.set_rows(rows)
        self.section_list.current = self.listing
        news = f"{self._news:,} new" if self._news is not None else f"{counts.totals.unread:,} unread"
        looked = counts.looked_at
        self.masthead.news = news + (f" · updated {wording.looked_at(looked, self.clock())}" if looked else "")

    @on(NewsArrived)
    def count_arrivals(self, event: NewsArrived) -> None:
        """Stories came in: let them wait above the list."""
        if event.finished:
            self._news = event.new
            self.renew_shelf()
        self.look_for_arrivals()
        self.recount()

    @work(exclusive=True, group="shelf")
    async def renew_shelf(self) -> None:
        """Stories may have been changed by their publishers: have the new texts at hand, and say so in the rows."""
        self.shelf.clear()
        story = self.open_story
        if story is not None and (newest := await self.ask(self.library.story, story.id)):
            self.shelf.put(newest)
        if story is not None:
            await self.prepare_neighbours(story.id)
        seen = [row.id for row in self.headline_list.pages.loaded() if row.read and not row.updated]
        rows = await self.ask(self.library.headlines_by_id, seen[:PAGE])
        self.show_states([row for row in rows or () if row.updated])

    @work(exclusive=True, group="arrivals")
    async def look_for_arrivals(self) -> None:
        """How many stories the list would have more; an empty list takes them in by itself."""
        wanted, rows = self.listing, self.headline_list
        waiting = await self.ask(self.count_new, wanted, frozenset(row.id for row in rows.pages.loaded()))
        if waiting is None or wanted != self.listing:
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
