"""Finding: in the story, among the listed headlines, in everything; and narrowing the list on the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from reader.app import query_line
from reader.app.desks import Desk, errand
from reader.app.desks.lists import Then
from reader.app.listing import Listing
from reader.app.query_line import History
from reader.app.widgets.story_view import StoryView
from reader.folding import fold

if TYPE_CHECKING:
    from reader.app.screens.front_page import FrontPage
    from reader.app.screens.search import Found

Purpose = Literal["", "story", "list", "filter"]
_PLACEHOLDERS = {
    "story": "Find in this story",
    "list": "Find among these headlines",
    "filter": 'Only the stories that … (words, "phrases", -not, is:unread, since:2w)',
}


class Finding(Desk):
    """Asks for words and shows where they are."""

    def __init__(self, paper: FrontPage) -> None:
        super().__init__(paper)
        self.queries = History()
        """Of searches and filters, which speak one language."""
        self._words = History()
        self._purpose: Purpose = ""
        self._from: tuple[Listing, int] = (paper.listing, 0)  # the list and the row when the question was put
        self._search: tuple[Listing, Listing] | None = None  # a search on the table, and what was there before it

    # Asking

    def find(self) -> None:
        """Ask for words to find in the story, or among the headlines of the list."""
        self._ask("story" if self.paper.pane == "story" else "list", self._words)

    def filter(self) -> None:
        """Ask which stories of the list are to stay."""
        self._ask("filter", self.queries, self.paper.listing.narrowed)

    def _ask(self, purpose: Purpose, history: History, value: str = "") -> None:
        paper = self.paper
        self._purpose, self._from = purpose, (paper.listing, paper.headline_list.cursor)
        paper.add_class("-asking")
        paper.ask_line.begin(history, _PLACEHOLDERS[purpose], value)

    def typed(self, value: str) -> None:
        """Show what is found while it is written."""
        if self._purpose == "story":
            self.paper.story_view.find(value)
        elif self._purpose == "list":
            self._seek(value, load=False)
        elif self._purpose == "filter":
            self.paper.library.give_way()
            if not value.strip() or query_line.is_enough(value):
                self._narrow(value, "typing")

    def submitted(self, value: str) -> None:
        """Go to what was found."""
        paper, purpose = self.paper, self._purpose
        if purpose == "filter" and not self._narrow(value):
            return
        self._stop_asking(value)
        if purpose == "story":
            found = paper.story_view.find(value)
            paper.enter("story")
            if value and not found:
                self.say("Not in this story.")
        else:
            paper.enter("latest")
            if purpose == "list":
                self._seek(value, load=True)

    def leave(self) -> None:
        """Give up the question, and go back to what was there before."""
        paper, purpose = self.paper, self._purpose
        self._stop_asking("")
        listing, row = self._from
        if purpose == "story":
            paper.story_view.find("")
            paper.enter("story")
        else:
            if purpose == "list":
                self.forget_words()
                paper.headline_list.cursor = row
            else:
                paper.lists.show_listing(listing, "", self._selected_id)
            paper.enter("latest")

    def _stop_asking(self, value: str) -> None:
        self.paper.ask_line.history.keep(value)
        self._purpose = ""
        self.paper.remove_class("-asking")

    # In the story and in the list

    @property
    def is_in_story(self) -> bool:
        """Whether something is being found in the story, and the reader is not in the list, which has a find of its
        own."""
        return self.paper.story_view.finding and self.paper.pane != "latest"

    def step(self, step: int) -> bool:
        """So many matches on, or back; False when nothing is being found here."""
        view, rows = self.paper.story_view, self.paper.headline_list
        if self.is_in_story:
            view.find_next(step)
        elif rows.sought and self.paper.pane == "latest":
            self.go_to_match(rows.cursor + (1 if step > 0 else -1), step)
        else:
            return False
        return True

    def tell_match(self, event: StoryView.Found) -> None:
        """Which match the reader is at."""
        if event.total:
            self.say(f"Match {event.current:,} of {event.total:,}.")

    def forget_words(self) -> bool:
        """Mark no words in the list any more; whether there were any."""
        rows = self.paper.headline_list
        was_finding, rows.sought = bool(rows.sought), ""
        return was_finding

    def _seek(self, words: str, *, load: bool) -> None:
        """Mark the words in the list, and go to the first headline from the old place on that has them."""
        self.paper.headline_list.sought = fold(" ".join(words.split()))[0]
        if self.paper.headline_list.sought:
            self.go_to_match(self._from[1], 1, load=load)

    @errand("find", exclusive=True)
    async def go_to_match(self, start: int, step: int, *, load: bool = True) -> None:
        """Select a headline that has the words: the nearest from a row on and round, or the second or third; read the
        list on the way."""
        rows, sought = self.paper.headline_list, self.paper.headline_list.sought
        direction = 1 if step > 0 else -1
        ahead = self._matches(start, direction)
        if load and not ahead and not rows.pages.complete:
            await self.paper.lists.load_until(lambda row: step > 0 and sought in fold(row.title)[0])
            ahead = self._matches(start, direction)
        found = self._matches(0, 1)
        if not found:
            self.say("None of these headlines has that.")
            return
        at = rows.cursor = list(dict.fromkeys([*ahead, *found[::direction]]))[(abs(step) - 1) % len(found)]
        so_far = "" if rows.pages.complete else " so far"
        self.say(f"Match {found.index(at) + 1:,} of {len(found):,}{so_far}.")

    def _matches(self, start: int, direction: int) -> list[int]:
        """The places from a row on whose headlines have the words, as far as they are loaded."""
        rows = self.paper.headline_list
        places = [rows.pages.index_of(row.id) for row in rows.pages.loaded() if rows.sought in fold(row.title)[0]]
        ahead = [at for at in places if at is not None and (at - start) * direction >= 0]
        return ahead[::direction]

    # Narrowing the list

    @property
    def _selected_id(self) -> int | None:
        selected = self.paper.headline_list.selected
        return selected.id if selected else None

    def _narrow(self, written: str, then: Then = "") -> bool:
        """Leave only what a query finds; False where it is wrong, which is pointed at."""
        query = (query_line.as_typed if then else query_line.as_written)(written).strip()
        fault = self.paper.ask_line.fault = query_line.fault_of(query)
        if fault is not None:
            return False
        self.paper.lists.show_listing(replace(self.paper.listing, narrowed=query), then, self._selected_id)
        return True

    def widen(self) -> bool:
        """Show the whole list again; whether it was narrowed."""
        listing = self.paper.listing
        if not listing.narrowed:
            return False
        self.paper.lists.show_listing(replace(listing, narrowed=""), "", self._selected_id)
        return True

    # Everything

    def search(self) -> None:
        """Ask for words to search everything for."""
        from reader.app.screens.search import Search

        paper, listing = self.paper, self.paper.listing
        at_hand = listing if self._search and listing == self._search[0] else None
        desk = paper.library, paper.settings, paper.keys, paper.marks, paper.clock
        paper.app.push_screen(Search(*desk, history=self.queries, at_hand=at_hand), self.take_up)

    def take_up(self, found: Found | None) -> None:
        """Put what was searched for on the table, and open the story that was chosen."""
        if found is None:
            return
        before = self._search[1] if self._search and self.paper.listing == self._search[0] else self.paper.listing
        self._search = (found.listing, before)
        self.paper.lists.show_listing(found.listing, "", found.story_id)
        self.paper.reading.open(found.story_id)
        self.paper.enter("story")

    def leave_search(self) -> bool:
        """Put the list back that was there before a search; whether there was one."""
        search, self._search = self._search, None
        if search is None or self.paper.listing.whole != search[0].whole:
            return False
        self.paper.lists.show_listing(search[1], "", self.paper.headline_list.open_id)
        return True
