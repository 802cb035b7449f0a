"""The paper itself: masthead, sections, story, latest contents; in three widths."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events, on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.getters import query_one
from textual.reactive import reactive
from textual.timer import Timer
from textual.widgets import Input

from reader.app import keymap, wording
from reader.app.keymap import Keymap
from reader.app.listing import Layout, Listing, layout_for, row_height_for
from reader.app.refreshing import RefreshWanted
from reader.app.screens.lists import Lists
from reader.app.widgets.latest import LatestPane
from reader.app.widgets.masthead import Masthead, Progress, RefreshLine
from reader.app.widgets.section_list import SectionList
from reader.app.widgets.status_line import StatusLine
from reader.app.widgets.story_view import StoryView
from reader.errors import ReaderError
from reader.model import StoryFilter
from reader.settings import Settings
from reader.text import SafeText

if TYPE_CHECKING:
    from reader.library import Library

Pane = Literal["sections", "story", "latest"]
PANES: tuple[Pane, ...] = ("sections", "story", "latest")
SAID_FOR_S = 4.0

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


class FrontPage(Lists):
    """Three panes and what moves between them. Reads from the library in workers and never fetches."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("paper")]

    arrangement: reactive[Layout] = reactive("wide", init=False)
    """How many panes stand side by side."""
    pane: reactive[Pane] = reactive("latest", init=False)
    """Where the reader is; alone on the screen when it is narrow."""
    drawer: reactive[bool] = reactive(False, init=False)
    """Whether the sections lie over the story (medium width)."""
    zen: reactive[bool] = reactive(False, init=False)

    refresh_line = query_one(RefreshLine)
    status = query_one(StatusLine)
    ask_line = query_one("#ask", Input)

    def __init__(self, library: Library, settings: Settings, keys: Keymap, clock: Callable[[], datetime]) -> None:
        super().__init__(library, settings, clock, keys)
        self.marks = wording.marks(ascii_only=wording.use_ascii(settings.ui.marks))
        self._before_search: Listing | None = None
        self._silence: Timer | None = None

    def compose(self) -> ComposeResult:
        """Masthead, rule, panes, status line."""
        yield Masthead()
        yield RefreshLine(self.marks)
        with Horizontal(id="panes"):
            yield SectionList(self.marks, id="sections")
            yield StoryView(id="story")
            yield LatestPane(self.marks, self.settings.ui.dates, id="latest")
        yield StatusLine(self.keys)
        yield Input(id="ask")

    def on_mount(self) -> None:
        """Draw the empty page, and have it filled."""
        self.section_list.border_title = Content("Sections")
        self.latest.set_title(self.listing.heading)
        self.story_view.measure = self.settings.ui.measure
        self.story_view.iso_dates = self.settings.ui.dates == "iso"
        self.story_view.ascii_marks = wording.use_ascii(self.settings.ui.marks)
        self.story_view.offline = self.settings.offline
        self.arrivals.key = self.keys.shown("list.take_in")
        self.section_list.current = self.listing
        self.arrange_for(self.app.size.width, self.app.size.height)
        self.set_focus(self.headline_list, scroll_visible=False)
        self.masthead.now = self.headline_list.now = self.clock()
        self.watch(self.app, "progress", self.show_progress)
        self.watch(self.app, "pending", self.show_pending)
        self.set_interval(30, self.look_at_the_clock)
        try:
            self.begin()
        except ReaderError as error:
            self.excuse(error)
        if self.settings.offline and not self.settings.sample:
            self.say("You are offline; reading from the cache.")

    def begin(self) -> None:
        """Fill the first frame: the front page, its first story, the sections. Milliseconds, so not in a worker."""
        self.put_on_table(self.listing, *self.read_listing(self.listing))
        first = self.headline_list.pages[0]
        if first is not None:
            self.shelf.put(self.library.story(first.id))
            self.open(first.id, reading=False)
        self.take_counts(self.count_all())

    # Layout and focus

    def on_resize(self, event: events.Resize) -> None:
        """Arrange the panes anew; the reader stays where they are."""
        self.arrange_for(event.size.width, event.size.height)

    def arrange_for(self, width: int, height: int) -> None:
        """Choose the layout for a size."""
        self.arrangement = layout_for(width, self.settings.ui.layout)
        for name in ("wide", "medium", "narrow"):
            self.set_class(self.arrangement == name, f"-{name}")
        self.headline_list.set_row_height(row_height_for(self.arrangement, height))
        self.set_class(height < 14, "-short")
        self.set_class(height < 8 or width < 30, "-tiny")
        self._show_pane()
        if self.arrangement != "medium":
            self.drawer = False
        elif self.section_list.has_focus:
            self.drawer = True

    def _show_pane(self) -> None:
        for name in PANES:
            self.set_class(self.arrangement == "narrow" and self.pane == name, f"-at-{name}")
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
            self.story_view.find("")
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

    def go_to_story(self) -> None:
        """Give the story pane the focus."""
        self.enter("story")

    def go_to_list(self) -> None:
        """Give the list the focus."""
        self.enter("latest")

    def action_zen(self) -> None:
        """The story alone, or everything."""
        self.zen = not self.zen
        self.enter("story")

    # Finding

    def action_find(self) -> None:
        """Ask for words: to find in the story, or to search every story."""
        in_story = self.pane == "story"
        self.ask_line.value = ""
        self.ask_line.placeholder = "Find in this story" if in_story else "Search every story"
        self.ask_line.tooltip = None
        self.add_class("-asking")
        self.set_class(in_story, "-finding")
        self.ask_line.focus()

    @on(StoryView.Found)
    def tell_match(self, event: StoryView.Found) -> None:
        """Which match the reader is at."""
        if event.total:
            self.say(f"Match {event.current:,} of {event.total:,}.")

    @on(Input.Changed, "#ask")
    def search_as_typed(self, event: Input.Changed) -> None:
        """Show what is found while it is typed."""
        if not self.has_class("-asking"):
            return
        if self.has_class("-finding"):
            self.story_view.find(event.value)
        elif len(event.value.strip()) >= 3:
            self.search_for(event.value.strip(), "typing")

    def search_for(self, query: str, then: Literal["", "typing"] = "") -> None:
        """List what a query finds."""
        if self.listing.kind != "search":
            self._before_search = self.listing
        self.show_listing(Listing("search", f"“{query}”", StoryFilter(query=query)), then)

    @on(Input.Submitted, "#ask")
    def end_asking(self, event: Input.Submitted) -> None:
        """Go to what was found."""
        in_story = self.has_class("-finding")
        self.remove_class("-asking", "-finding")
        if in_story:
            found = self.story_view.find(event.value)
            self.enter("story")
            if event.value and not found:
                self.say("Not in this story.")
        else:
            if event.value.strip():
                self.search_for(event.value.strip())
            self.enter("latest")

    def on_key(self, event: events.Key) -> None:
        """Esc leaves the question."""
        if event.key == "escape" and self.ask_line.has_focus:
            event.stop()
            event.prevent_default()
            in_story = self.has_class("-finding")
            self.remove_class("-asking", "-finding")
            if in_story:
                self.story_view.find("")
                self.enter("story")
            else:
                if self.listing.kind == "search" and self._before_search:
                    self.show_listing(self._before_search, "")
                self.enter("latest")

    # Refreshes

    def show_progress(self, progress: Progress) -> None:
        """How far a refresh is."""
        self.refresh_line.progress = self.masthead.progress = progress

    def show_pending(self, prefix: str) -> None:
        """The beginning of a sequence of keys."""
        self.status.pending = keymap.shown_key(prefix) if prefix else ""

    def action_refresh_listed(self) -> None:
        """Look for news at the sources of this list."""
        wanted = self.listing.wanted
        if wanted.source_id is not None:
            self.app.post_message(RefreshWanted((wanted.source_id,)))
        elif wanted.section is None:
            self.action_refresh_all()
        else:
            self.refresh_section(wanted.section)

    @work(exclusive=True, group="refresh section")
    async def refresh_section(self, name: SafeText) -> None:
        """Look for news at the sources that have stories in a section, or were put there and have none yet."""
        try:
            rows = await asyncio.to_thread(self.library.sources)
        except ReaderError as error:
            self.say(str(error))
            return
        there = {row.subscription.id for row in rows if row.subscription.section == name}
        if ids := there.union(self.sources_listed()):
            self.app.post_message(RefreshWanted(tuple(sorted(ids))))
        else:
            self.say(f"No source is in {name}. R looks for news everywhere.")

    def sources_listed(self) -> list[int]:
        """The sources with stories in the section on the table; none when it is not a section."""
        wanted = self.listing.wanted.section
        sections = self.counts.sections if self.counts and wanted is not None else ()
        return [source.source_id for section in sections if section.name == wanted for source in section.sources]

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
            due = await self.ask(self.library.next_look_at)
            if due is not None and due <= now + timedelta(seconds=1):
                self.app.post_message(RefreshWanted(unasked=True))

    # Other screens

    def action_sources(self) -> None:
        """The sources and how they are doing."""
        self.show_sources(None)

    def action_source_errors(self) -> None:
        """The sources, at the first of this list that failed."""
        wanted = self.listing.wanted
        failing = [
            row.subscription.id for row in (self.counts.sources if self.counts else ()) if row.subscription.health.error
        ]
        here = [wanted.source_id] if wanted.source_id is not None else self.sources_listed()
        mine = [source_id for source_id in failing if not here or source_id in here]
        if not failing and wanted.source_id is None:
            self.say("All sources are well.")
        else:
            self.show_sources((mine or here or failing)[0])

    def show_sources(self, select: int | None) -> None:
        """The sources screen, at one of them."""
        from reader.app.screens.sources import Sources

        self.app.push_screen(Sources(self.library, self.keys, self.marks, self.clock, select))

    def action_add_source(self) -> None:
        """The dialog; what was added is on the front page at once."""
        from reader.app.screens.add_source import AddSource

        self.app.push_screen(AddSource(self.library), lambda is_added: self.start_over() if is_added else None)

    def start_over(self) -> None:
        """The library has other sources than before."""
        self.shelf.clear()
        self.show_listing(self.listing, "first")
        self.recount()

    def action_edit_config(self) -> None:
        """The config file in $VISUAL or $EDITOR; what is changed holds from the next start on."""
        import os
        import shlex
        import subprocess

        path = self.settings.folders.config_file
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            command = shlex.split(editor)
            with self.app.suspend():
                subprocess.run([*command, str(path)], check=False)  # noqa: S603 (the reader's own editor)
        except (OSError, ValueError, SuspendNotSupported) as error:  # ValueError: quotes that do not close
            self.tell(f"{editor} could not be started: {error}. The config is {path}.")
        else:
            self.say("Changes of the config hold from the next start on.")

    # Words

    def say(self, sentence: str) -> None:
        """In the status line, for a few seconds."""
        self.status.said = sentence
        if self._silence is not None:
            self._silence.stop()
        self._silence = self.set_timer(SAID_FOR_S, self.fall_silent)

    def fall_silent(self) -> None:
        """The keys again."""
        self.status.said = ""

    def tell(self, sentence: str) -> None:
        """As a toast: for what comes without being asked for, or matters more."""
        self.notify(sentence, markup=False, timeout=5)
