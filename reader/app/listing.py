"""What a list shows, in the words of the paper: titles, views, empty states, layouts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from reader.model import StoryFilter

Kind = Literal["front_page", "stories", "search", "history"]
View = Literal["all", "unread", "starred"]
EVERYTHING = StoryFilter()
VIEWS: tuple[View, ...] = ("all", "unread", "starred")
Layout = Literal["wide", "medium", "narrow"]


class Listing(Struct, frozen=True):
    """One list of stories that can be on the table."""

    kind: Kind
    title: str
    wanted: StoryFilter = EVERYTHING
    """Without what `view` adds; the query of a search is in it."""
    view: View = "all"
    narrowed: str = ""
    """A query that leaves only some of its stories."""
    ranked: bool = False
    """Of a search: the best first, and not the newest."""

    @property
    def filter(self) -> StoryFilter:
        """What the library is asked for."""
        wanted = self.wanted
        queries = [query for query in (wanted.query, self.narrowed) if query.strip()]
        return replace(
            wanted,
            unread=wanted.unread or self.view == "unread",
            starred=wanted.starred or self.view == "starred",
            query=" ".join(f"({query})" for query in queries) if len(queries) > 1 else "".join(queries),
        )

    @property
    def heading(self) -> str:
        """The list's title over its pane; first what narrows it, as a narrow pane cuts off the end."""
        narrowed = f"= {self.narrowed.strip()}" if self.narrowed else ""
        return " · ".join(part for part in (narrowed, self.title, self.view if self.view != "all" else "") if part)

    @property
    def pages(self) -> bool:
        """Whether it is read page by page from the library, and not as a whole."""
        return self.kind == "stories" or (self.kind == "search" and not self.ranked)

    @property
    def whole(self) -> Listing:
        """The list as the sections name it."""
        return replace(self, view="all", narrowed="", ranked=False)

    @property
    def is_chosen(self) -> bool:
        """Whether it holds what the reader has, or has not, done something with."""
        wanted = self.wanted
        marked = wanted.unread or wanted.starred or wanted.later or wanted.watched or wanted.tag
        return bool(marked) or self.kind == "history"

    def opened_as(self, view: View) -> Listing:
        """The list as it is opened where the reader wants that view; what was kept or tagged is shown whole."""
        return self if self.is_chosen else replace(self, view=view)

    def with_next_view(self) -> Listing:
        """The same list with the next of all, unread, starred."""
        return replace(self, view=VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)])

    @property
    def lacks_news(self) -> bool:
        """Whether it is empty only as long as nothing has come in."""
        return not (self.is_chosen or self.kind == "search" or self.narrowed or self.view != "all")

    def empty(self, key: Callable[[str], str]) -> str:
        """The sentence in place of rows; `key` tells the key of a command."""
        if self.narrowed:
            return f"“{self.narrowed.strip()}” finds nothing in {self.title}. {key('pane.back')} shows the whole list."
        if self.kind == "search":
            return f"Nothing was found for “{self.wanted.query}”."
        if self.kind == "history":
            return "No story has been opened yet."
        if self.view == "unread" or self.wanted.unread:
            return f"Nothing unread in {self.title}." if self.title != UNREAD.title else "Nothing is unread."
        if self.view == "starred" or self.wanted.starred:
            gives = f"No story here has a star. {key('story.star')} gives one."
            return gives if self.view == "starred" else "No story has a star yet."
        if self.wanted.later:
            return f"Nothing is kept for later. {key('story.later')} keeps a story."
        if self.wanted.watched:
            return f"No story is watched. {key('story.watch')} watches one, and tells when it is revised."
        if self.wanted.tag:
            return f"No story has the tag {self.wanted.tag}."
        if self.kind == "front_page":
            return (
                f"The front page is empty. {key('refresh.section')} looks for news, {key('source.add')} adds a source, "
                f"{key('go.catalogue')} shows a catalogue of them."
            )
        return f"There are no stories in {self.title} yet. {key('refresh.section')} looks for news."


FRONT_PAGE = Listing("front_page", "Front page")
LATEST = Listing("stories", "Latest contents")
UNREAD = Listing("stories", "Unread", StoryFilter(unread=True))
LATER = Listing("stories", "Read later", StoryFilter(later=True))
STARRED = Listing("stories", "Starred", StoryFilter(starred=True))
WATCHED = Listing("stories", "Watched", StoryFilter(watched=True))
HISTORY = Listing("history", "History")

VIEW_IN_WORDS: Mapping[View, str] = {
    "all": "All stories.",
    "unread": "The unread stories alone.",
    "starred": "The starred stories alone.",
}

PLACES = {
    "front_page": FRONT_PAGE,
    "latest": LATEST,
    "unread": UNREAD,
    "starred": STARRED,
    "later": LATER,
    "watched": WATCHED,
    "history": HISTORY,
}
"""What the `go` commands go to."""


ACROSS = 70
"""Cells of a page across which most headlines stand on one line, with their dates."""


def row_height_for(layout: Layout, width: int, height: int, *, excerpts: bool = True) -> int:
    """Lines a headline takes on a screen of that size: fewer across a page than in a column, and up to two without an
    excerpt."""
    across = layout == "narrow"
    if not excerpts or height < 10:
        return 1 if across and width >= ACROSS else 2
    return 5 if across or height < 20 else 6


def layout_for(width: int, wish: str = "auto") -> Layout:
    """How many panes stand side by side at a width of so many cells; a layout that was asked for is kept while it
    can be drawn."""
    natural: Layout = "wide" if width >= 120 else "medium" if width >= 80 else "narrow"
    if wish == "wide" and width >= 96:
        return "wide"
    if wish == "medium" and width >= 60:
        return "medium"
    return "narrow" if wish == "narrow" else natural
