"""News: looking for it, by hand and by the clock, and what came; how the sources are doing, and adding one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from reader.app import garbage, wording
from reader.app.desks import Desk, errand
from reader.app.listing import Listing
from reader.app.pages import PAGE
from reader.app.refreshing import NewsArrived, RefreshWanted
from reader.errors import ReaderError
from reader.nesting import lies_in
from reader.text import SafeText


class News(Desk):
    """What concerns the sources."""

    def refresh_listed(self) -> None:
        """Look for news at the sources of this list."""
        wanted = self.paper.listing.wanted
        if wanted.source_id is not None:
            self.paper.app.post_message(RefreshWanted((wanted.source_id,)))
        elif wanted.section is None:
            self.refresh_all()
        else:
            self.refresh_section(wanted.section)

    def refresh_all(self) -> None:
        """Look for news everywhere."""
        self.paper.app.post_message(RefreshWanted(everything=True))

    @errand("refresh section", exclusive=True)
    async def refresh_section(self, name: SafeText) -> None:
        """Look for news at the sources that have stories in a section, or were put there and have none yet."""
        rows, known = await self.ask(self.library.sources), await self.ask(self.library.sources_in, name)
        if rows is None or known is None:
            return
        there = {row.subscription.id for row in rows if lies_in(row.subscription.section, name)}
        if ids := there.union(known):
            self.paper.app.post_message(RefreshWanted(tuple(sorted(ids))))
        else:
            key = self.paper.keys.shown("refresh.all")
            self.say(f"No source is in {name}. {key} looks for news everywhere.")

    @errand("clock", exclusive=True)
    async def look_at_the_clock(self) -> None:
        """Turn the date at midnight; look for news when a source is due; and clear away while the reader reads."""
        paper, now = self.paper, self.paper.clock()
        if paper.rests:
            garbage.look_through()
        if wording.local(now).date() != wording.local(paper.masthead.now).date():
            paper.masthead.now = paper.headline_list.now = now
            paper.headline_list.renew()
        if self.settings.refresh.automatic and not self.settings.offline:
            due = await self.ask(self.library.next_look_at)
            if due is not None and due <= now + timedelta(seconds=1):
                paper.app.post_message(RefreshWanted(unasked=True))

    # What came

    def arrived(self, event: NewsArrived) -> None:
        """Stories came in: let them wait above the list."""
        if event.finished:
            self.paper.sections.new_stories = event.new or None  # none: what is unread says more
            self.renew_shelf()
            if self.settings.sync.server:
                self.take_in_states()
        self.look_for_arrivals()
        self.paper.sections.recount()

    @errand("shelf", exclusive=True)
    async def renew_shelf(self) -> None:
        """Stories may have been changed by their publishers: have the new texts at hand, and say so in the rows."""
        reading = self.paper.reading
        reading.shelf.clear()
        story = reading.open_story
        if story is not None and (newest := await self.ask(self.library.story, story.id)):
            reading.shelf.put(newest)
        if story is not None:
            await reading.prepare_neighbours(story.id)
        seen = [row.id for row in self.paper.headline_list.pages.loaded() if row.read and not row.updated]
        rows = await self.ask(self.library.headlines_by_id, seen[:PAGE])
        reading.show_states([row for row in rows or () if row.updated])

    @errand("states", exclusive=True)
    async def take_in_states(self) -> None:
        """What was read and starred elsewhere is so in the rows, but for those that a key has changed meanwhile."""
        rows = self.paper.headline_list.pages.loaded
        before = {row.id: row for row in rows()}
        await self.paper.outbox.emptied()
        stored = await self.ask(self.library.headlines_by_id, tuple(before)[:2_000])
        now = {row.id: row for row in rows()}
        changed = [row for row in stored or () if now.get(row.id) == before[row.id] != row]
        self.paper.reading.show_states(changed)

    @errand("arrivals", exclusive=True)
    async def look_for_arrivals(self) -> None:
        """How many stories the list would have more; an empty list takes them in by itself."""
        paper, wanted = self.paper, self.paper.listing
        rows = paper.headline_list
        waiting = await self.ask(self.count_new, wanted, frozenset(row.id for row in rows.pages.loaded()))
        if waiting is None or wanted != paper.listing:
            return
        if waiting and not len(rows.pages):
            paper.lists.show_listing(wanted, "first")
        else:
            paper.arrivals.waiting = waiting

    def count_new(self, wanted: Listing, known: frozenset[int]) -> int:
        """Stories that came in after the list was made; runs in a thread."""
        listed_up_to = self.paper.lists.listed_up_to
        if wanted.pages:
            return self.library.newer_than(wanted.filter, listed_up_to)
        if wanted.kind == "front_page":
            rows = self.library.front_page(self.paper.clock())
            new = tuple(row for row in rows if row.id > listed_up_to and row.id not in known)
            return len(self.paper.lists.found_among(new, wanted.narrowed))
        return 0

    def take_in(self) -> None:
        """Take in what waits; the story that is open stays open."""
        paper = self.paper
        if paper.arrivals.waiting:
            paper.sections.new_stories = None
            paper.lists.show_listing(paper.listing, "")
            paper.sections.recount()
            if paper.arrivals.has_focus:
                paper.headline_list.focus()
        else:
            self.say("No new stories wait above this list.")

    # Other screens

    def sources(self) -> None:
        """The sources and how they are doing."""
        self.show_sources(None)

    def errors(self) -> None:
        """The sources, at the first of this list that failed."""
        wanted = self.paper.listing.wanted
        here: Sequence[int] = () if wanted.source_id is None else (wanted.source_id,)
        try:
            failing = [row.subscription.id for row in self.library.sources() if row.subscription.health.error]
            if wanted.source_id is None and wanted.section is not None:
                here = self.library.sources_in(wanted.section)
        except ReaderError as error:
            self.say(str(error))
            return
        mine = [source_id for source_id in failing if not here or source_id in here]
        if not failing and wanted.source_id is None:
            self.say("All sources are well.")
        else:
            self.show_sources((mine or here or failing)[0])

    def show_sources(self, select: int | None) -> None:
        """The sources screen, at one of them."""
        from reader.app.screens.sources import Sources

        self.paper.app.push_screen(Sources(self.paper, select))

    def catalogue(self) -> None:
        """The publications to choose from, as on the first day."""
        from reader.app.screens.first_start import FirstStart

        paper = self.paper
        paper.app.push_screen(
            FirstStart(self.library, paper.keys, paper.marks, paper.clock),
            lambda followed: paper.start_over() if followed else None,
        )

    def add(self, address: str = "") -> None:
        """The dialog, with an address to begin with; what was added is on the front page at once."""
        from reader.app.screens.add_source import AddSource

        paper = self.paper
        paper.app.push_screen(
            AddSource(self.library, address), lambda is_added: paper.start_over() if is_added else None
        )
