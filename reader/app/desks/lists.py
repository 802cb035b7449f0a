"""The lists: what is on the table, its rows and views, and where the next unread story is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, cast

from msgspec.structs import replace

from reader.app import wording
from reader.app.desks import Desk, errand
from reader.app.listing import FRONT_PAGE, PLACES, VIEW_IN_WORDS, Listing, View
from reader.app.pages import PAGE, Pages, Request
from reader.errors import ReaderError
from reader.model import Headline, StoryFilter

if TYPE_CHECKING:
    from reader.app.screens.front_page import FrontPage
    from reader.library import Library

BEST = 200
"""Stories of a search that has the best first."""
WRITTEN_WITHIN_S = 0.2
"""How long a list waits for what is still being written; longer, and another program holds the library."""
TYPED_AFTER_S = 0.1
"""How long nothing is written before a list is narrowed: it is counted too."""
SEEK = 2_000
"""Rows that are read at once on the way to an unread story."""

Then = Literal["", "first", "unread", "typing"]
"""What follows when a list is there: nothing, its first story is shown, its first unread one is opened; or more words
of the query that narrows it."""


class Lists(Desk):
    """Puts lists on the table."""

    def __init__(self, paper: FrontPage) -> None:
        super().__init__(paper)
        self.listing = self.as_opened(FRONT_PAGE)
        self._is_there = asyncio.Event()
        """Set while no list is on its way."""
        self.excerpts = self.settings.ui.excerpts
        self.listed_up_to = 0
        """The newest story there was when the list was made."""
        self._left_at: dict[Listing, int] = {}
        """The story at the cursor where a list was left, to come back to in this session."""

    def as_opened(self, listing: Listing) -> Listing:
        """The list in the view in which the reader wants lists to be opened."""
        return listing.opened_as(cast("View", self.settings.ui.view))

    def show_listing(self, wanted: Listing, then: Then, keep: int | None = None) -> None:
        """Put a list on the table; then show its first story, or open the first unread one."""
        self._is_there.clear()
        self.fetch_listing(wanted, then, keep)

    @errand("listing", exclusive=True)
    async def fetch_listing(self, wanted: Listing, then: Then, keep: int | None) -> None:
        """Read it first."""
        if then == "typing":
            await asyncio.sleep(TYPED_AFTER_S)
        if self.paper.outbox.is_at_work:  # a row is to show what was done with its story a moment ago
            with suppress(TimeoutError):
                await asyncio.wait_for(self.paper.outbox.emptied(), WRITTEN_WITHIN_S)
        try:
            pages, newest = await asyncio.to_thread(self.read_listing, wanted)
        except ReaderError as error:
            self._is_there.set()
            self.tell(str(error))
            return
        if keep is None and then != "unread" and wanted != self.listing:
            keep = self._left_at.get(wanted)
        self.put_on_table(wanted, pages, newest, keep)
        first = pages[0]
        if then == "first" and first is not None and self.paper.open_story is None:
            self.paper.reading.open(first.id, reading=False)
        elif then == "unread":
            self.paper.reading.find_unread(1)

    def put_on_table(self, wanted: Listing, pages: Pages, newest: int, keep: int | None = None) -> None:
        """Show a list that has been read."""
        paper, selected = self.paper, self.paper.headline_list.selected
        self._is_there.set()
        if selected is not None and not (self.listing.narrowed or self.listing.ranked):
            self._left_at[self.listing] = selected.id
        self.listing, self.listed_up_to = wanted, newest
        paper.headline_list.now = paper.masthead.now = paper.clock()
        paper.headline_list.set_pages(pages, self._emptiness(wanted), keep=keep)
        paper.latest.set_title(wanted.heading)
        paper.section_list.current = wanted
        paper.arrivals.waiting = 0
        paper.story_view.empty = "" if len(pages) else "No story is open."

    def say_why_empty(self) -> None:
        """A refresh has begun or ended, which is what there is to say of a list without stories."""
        rows, says = self.paper.headline_list, self._emptiness(self.listing)
        if not len(rows.pages) and rows.empty and rows.empty != says:
            rows.empty = says
            rows.renew()

    def _emptiness(self, wanted: Listing) -> str:
        if self.paper.masthead.progress.running and wanted.lacks_news:
            return "Looking for news …"
        return wanted.empty(self.paper.keys.shown)

    async def wait_for_list(self, patience_s: float) -> None:
        """Wait for the list that is on its way, if it comes soon."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_there.wait(), patience_s)

    def read_listing(self, wanted: Listing) -> tuple[Pages, int]:
        """The beginning of a list, and the newest story of the library; runs in a thread."""
        newest = self.library.newest_id()
        if wanted.pages:
            total = self.library.count(wanted.filter)
            return Pages(total, self.library.headlines(wanted.filter, limit=PAGE)), newest
        if wanted.kind == "search":
            rows = self.library.search(wanted.filter.query, limit=BEST, newest_first=False)
        else:
            if wanted.kind == "front_page":
                rows = self.library.front_page(self.paper.clock())
            else:
                # What was opened a moment ago may still be on its way into the library.
                opened = dict.fromkeys((*self.paper.reading.opened, *self.library.opened()))
                rows = self.library.headlines_by_id(tuple(opened))
            rows = self.found_among(rows, wanted.narrowed)
        if wanted.view != "all":
            rows = tuple(row for row in rows if (not row.read if wanted.view == "unread" else row.starred))
        return Pages(0, rows), newest

    def found_among(self, rows: tuple[Headline, ...], query: str) -> tuple[Headline, ...]:
        """Those rows that a query finds, in their order; all without one. Runs in a thread."""
        if not rows or not query.strip():
            return rows
        wanted = StoryFilter(query=query, since=min(row.shown_at for row in rows))
        found: set[int] = set()
        page = self.library.headlines(wanted, limit=SEEK)
        while page:
            found.update(row.id for row in page)
            page = self.library.headlines(wanted, after=page[-1].key, limit=SEEK) if len(page) == SEEK else ()
        return tuple(row for row in rows if row.id in found)

    # Rows

    @errand("rows")
    async def fetch_rows(self, request: Request) -> None:
        """Read a page of the list, whose rows have come into view."""
        wanted = self.listing
        rows = await self.ask(read_rows, self.library, request, wanted.filter)
        if rows is not None and self.listing == wanted:
            self.paper.headline_list.fill(request, rows)

    # Going to one

    def go(self, place: str) -> None:
        """To one of the standing lists."""
        self.go_to(PLACES[place])

    def go_to(self, wanted: Listing) -> None:
        """Put a list on the table and go to it."""
        self.show_listing(self.as_opened(wanted), "")
        self.paper.section_list.select(wanted)
        self.paper.enter("latest")

    def cycle_view(self) -> None:
        """All, unread, starred; says which."""
        selected, wanted = self.paper.headline_list.selected, self.listing.with_next_view()
        self.show_listing(wanted, "", selected.id if selected else None)
        self.say(VIEW_IN_WORDS[wanted.view])

    def toggle_excerpts(self) -> None:
        """Show how the stories begin, or headlines and dates alone."""
        self.excerpts = not self.excerpts
        self.paper.arrange_for(*self.paper.app.size)
        self.say("Headlines with excerpts." if self.excerpts else "Headlines and dates alone.")

    # The next unread story

    @errand("unread", exclusive=True)
    async def seek_unread(self, step: int) -> None:
        """Look where no rows are loaded, then above, then in the other sections."""
        rows, wanted = self.paper.headline_list, self.listing
        if wanted.pages and not rows.pages.complete:
            await self.load_until(lambda row: not row.read)
        unread = [row for row in rows.pages.loaded() if not row.read and row.id != rows.open_id]
        if unread:
            headline = unread[0 if step > 0 else -1]
            rows.cursor = rows.pages.index_of(headline.id) or 0
            self.paper.reading.open(headline.id)
            return
        if step > 0 and (target := await self.paper.sections.next_with_news()):
            self.paper.section_list.select(target)
            self.show_listing(self.as_opened(target), "unread")
            return
        totals = await self.ask(self.library.totals)
        if totals is not None and not totals.stories:
            key = self.paper.keys.shown("source.errors")
            self.say(f"No stories have come yet. {key} says how the sources are doing.")
            return
        due = await self.ask(self.library.next_look_at)
        look = wording.next_look(due, self.paper.clock()) if self.settings.refresh.automatic else ""
        self.say(f"You are up to date. {look}".strip())

    async def load_until(self, holds: Callable[[Headline], bool]) -> None:
        """Read the list until a row for which this holds is loaded, or to its end."""
        rows, wanted = self.paper.headline_list, self.listing
        while not rows.pages.complete and self.listing == wanted:
            request = rows.pages.wanted(0, len(rows.pages) - 1)
            if request is None:
                return
            request = replace(request, limit=SEEK)
            got = await self.ask(read_rows, self.library, request, wanted.filter)
            if got is None:
                return
            rows.pages.add(request, got)
            if any(map(holds, got)):
                break
        rows.renew()


def read_rows(library: Library, request: Request, wanted: StoryFilter) -> tuple[Headline, ...]:
    """What a request asks for; runs in a thread."""
    if request.direction == "oldest":
        return library.oldest(wanted, request.limit)
    after = request.key if request.direction == "after" else None
    before = request.key if request.direction == "before" else None
    return library.headlines(wanted, after=after, before=before, limit=request.limit)
