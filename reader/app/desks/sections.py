"""The sections: the list at the left, what is counted in it, and going from one to the next."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from reader.app import wording
from reader.app.desks import Desk, errand
from reader.app.listing import Listing
from reader.app.refreshing import NothingFollowed
from reader.app.section_rows import SectionRow, branches, section_rows, tree
from reader.errors import ReaderError
from reader.model import Counts, Following, SearchCount, Section

if TYPE_CHECKING:
    from reader.app.screens.front_page import FrontPage


class PaperCounts(Struct, frozen=True):
    """What the sections and the masthead tell."""

    sections: tuple[Section, ...]
    totals: Counts
    on_front_page: int
    """Unread."""
    searches: tuple[SearchCount, ...]
    following: Following


class Sections(Desk):
    """Counts and draws them, and opens what is chosen there."""

    def __init__(self, paper: FrontPage) -> None:
        super().__init__(paper)
        self.counts: PaperCounts | None = None
        self.new_stories: int | None = None
        """How many the last refresh brought, until they are taken in."""
        self._unfolded: set[str] = set()
        self.hides_empty = self.settings.ui.empty_sections == "hide"

    # Counts

    @errand("counts", exclusive=True)
    async def recount(self) -> None:
        """The counts may have changed; read them once things are quiet."""
        await asyncio.sleep(0.05)
        counts = await self.ask(self.count_all)
        if counts is not None:
            self.take_counts(counts)

    def take_counts(self, counts: PaperCounts) -> None:
        """Show the counts; without any source this is the first day."""
        self.counts = counts
        self.draw()
        if not counts.following.sources:
            self.paper.app.post_message(NothingFollowed())

    def count_all(self) -> PaperCounts:
        """Everything that is counted; runs in a thread."""
        library = self.library
        unread = library.front_page_unread(self.paper.clock())
        sections = library.sections(self._unfolded)
        return PaperCounts(sections, library.totals(), unread, library.searches(), library.following())

    def draw(self) -> None:
        """Show the counts as they are known."""
        counts, paper = self.counts, self.paper
        if counts is None:
            return
        selected = paper.section_list.selected
        in_use = [paper.listing, selected.listing if selected else None]  # these never vanish under the reader
        shown = [listing for listing in in_use if listing] if self.hides_empty else None
        on_page = counts.on_front_page
        rows = section_rows(counts.sections, counts.totals, on_page, counts.searches, self._unfolded, shown=shown)
        paper.section_list.set_rows(rows)
        paper.section_list.current = paper.listing
        new, looked = self.new_stories, counts.following.last_ok_at
        news = f"{new:,} new" if new is not None else f"{counts.totals.unread:,} unread"
        paper.masthead.news = news + (f" · updated {wording.looked_at(looked, paper.clock())}" if looked else "")

    # Choosing

    @property
    def of_the_reader(self) -> list[SectionRow]:
        """The rows of the reader's own sections, without the standing lists and what lies in the sections."""
        return [row for row in self.paper.section_list.rows if row.section is not None and not row.depth]

    def listings(self) -> list[Listing]:
        """The lists of all sections, also those that are hidden or lie in others."""
        return [branch.listing for branch in branches(tree(self.counts.sections if self.counts else ()))]

    def choose(self) -> None:
        """The list of the selected row."""
        row = self.paper.section_list.selected
        if row and row.listing:
            self.paper.lists.go_to(row.listing)

    def fold(self, section: str, unfolded: bool) -> None:
        """Open a section to its sources, or close it."""
        (self._unfolded.add if unfolded else self._unfolded.discard)(section)
        if unfolded and self.counts is not None:
            try:
                # At once, for the next key may go to one of them; a few milliseconds with ten thousand sources.
                self.counts = replace(self.counts, sections=self.library.sections(self._unfolded))
            except ReaderError as error:
                self.paper.excuse(error)
        self.draw()

    def toggle_empty(self) -> None:
        """Hide the sections and sources that have nothing unread, or show them, for this session."""
        self.hides_empty = not self.hides_empty
        self.draw()
        self.say("Only what has unread stories." if self.hides_empty else "All sections and sources.")

    def number(self, number: int) -> None:
        """Section n of the reader's own sections."""
        rows = self.of_the_reader
        if number > len(rows):
            self.say(f"There is no section {number}.")
        elif wanted := rows[number - 1].listing:
            self.paper.lists.go_to(wanted)

    def step(self, step: int) -> None:
        """The previous or next row of the sections."""
        section_list = self.paper.section_list
        rows, stops = section_list.rows, section_list.stops()
        if not stops:
            return
        listing = self.paper.listing
        here = [n for n, at in enumerate(stops) if rows[at].holds(listing)]
        if here and step < 0 and not rows[stops[here[0]]].is_for(listing):
            step += 1  # from within a section, the first one back is that section
        target = rows[stops[(here[0] + step) % len(stops) if here else 0]].listing
        if target:
            self.paper.lists.show_listing(self.paper.lists.as_opened(target), "")
            section_list.select(target)

    async def next_with_news(self) -> Listing | None:
        """The next section with unread stories once all marks are written: first the one that the list on the table
        lies in, then those after it."""
        await self.paper.outbox.emptied()
        sections = await self.ask(self.library.sections, self._unfolded)
        if self.counts is not None and sections is not None:
            self.take_counts(replace(self.counts, sections=sections))
        rows, listing = self.of_the_reader, self.paper.listing
        here = [n for n, row in enumerate(rows) if row.holds(listing)]
        start = here[0] + rows[here[0]].is_for(listing) if here else 0
        for row in rows[start:] + rows[:start]:
            if row.count and row.listing and row.listing.wanted != listing.wanted:
                return row.listing
        return None
