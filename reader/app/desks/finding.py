"""Finding: the line in which words are written, for the open story or for every story."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reader.app.desks import Desk
from reader.app.listing import Listing
from reader.app.widgets.story_view import StoryView
from reader.model import StoryFilter

if TYPE_CHECKING:
    from reader.app.screens.front_page import FrontPage

AT_LEAST = 3
"""Letters before a search begins while it is written."""


class Finding(Desk):
    """Asks for words and shows where they are."""

    def __init__(self, paper: FrontPage) -> None:
        super().__init__(paper)
        self._before_search: Listing | None = None

    def begin(self) -> None:
        """Ask for words: to find in the story, or to search every story."""
        paper = self.paper
        in_story = paper.pane == "story"
        paper.ask_line.value = ""
        paper.ask_line.placeholder = "Find in this story" if in_story else "Search every story"
        paper.ask_line.tooltip = None
        paper.add_class("-asking")
        paper.set_class(in_story, "-finding")
        paper.ask_line.focus()

    def typed(self, value: str) -> None:
        """Show what is found while it is typed."""
        if not self.paper.has_class("-asking"):
            return
        if self.paper.has_class("-finding"):
            self.paper.story_view.find(value)
        elif len(value.strip()) >= AT_LEAST:
            self.search_for(value.strip(), "typing")

    def search_for(self, query: str, then: Literal["", "typing"] = "") -> None:
        """List what a query finds."""
        lists = self.paper.lists
        if lists.listing.kind != "search":
            self._before_search = lists.listing
        lists.show_listing(Listing("search", f"“{query}”", StoryFilter(query=query)), then)

    def submitted(self, value: str) -> None:
        """Go to what was found."""
        paper = self.paper
        in_story = paper.has_class("-finding")
        paper.remove_class("-asking", "-finding")
        if in_story:
            found = paper.story_view.find(value)
            paper.enter("story")
            if value and not found:
                self.say("Not in this story.")
        else:
            if value.strip():
                self.search_for(value.strip())
            paper.enter("latest")

    def leave(self) -> None:
        """Give up the question, and go back to what was there before."""
        paper = self.paper
        in_story = paper.has_class("-finding")
        paper.remove_class("-asking", "-finding")
        if in_story:
            paper.story_view.find("")
            paper.enter("story")
        else:
            self.leave_search()
            paper.enter("latest")

    def leave_search(self) -> bool:
        """Put the list back that was there before a search; whether there was one."""
        if self.paper.listing.kind != "search" or self._before_search is None:
            return False
        self.paper.lists.show_listing(self._before_search, "")
        return True

    def tell_match(self, event: StoryView.Found) -> None:
        """Which match the reader is at."""
        if event.total:
            self.say(f"Match {event.current:,} of {event.total:,}.")
