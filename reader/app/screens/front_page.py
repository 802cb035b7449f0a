"""The paper itself: masthead, sections, story, latest contents; in three widths."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.getters import query_one
from textual.reactive import reactive
from textual.screen import Screen
from textual.timer import Timer

from reader.app import keymap, wording
from reader.app.desks.aloud import Aloud
from reader.app.desks.comparing import Comparing
from reader.app.desks.finding import Finding
from reader.app.desks.links import Links
from reader.app.desks.lists import Lists
from reader.app.desks.marking import Marking
from reader.app.desks.news import News
from reader.app.desks.outside import Outside
from reader.app.desks.pictures import Pictures
from reader.app.desks.reading import Reading
from reader.app.desks.sections import Sections
from reader.app.desks.sending import Sending
from reader.app.keymap import Keymap
from reader.app.listing import Layout, Listing, layout_for, row_height_for
from reader.app.outbox import Outbox
from reader.app.refreshing import NewsArrived
from reader.app.widgets.ask_line import AskLine
from reader.app.widgets.kept import Kept
from reader.app.widgets.label_line import LabelLine
from reader.app.widgets.latest import Arrivals, HeadlineList, LatestPane
from reader.app.widgets.masthead import Masthead, Progress, RefreshLine
from reader.app.widgets.rows import Rows
from reader.app.widgets.section_list import SectionList
from reader.app.widgets.status_line import StatusLine
from reader.app.widgets.story_view import StoryView
from reader.errors import ReaderError
from reader.model import Story
from reader.settings import Settings

if TYPE_CHECKING:
    from reader.app.app import ReaderApp
    from reader.library import Library

Pane = Literal["sections", "story", "latest"]
PANES: tuple[Pane, ...] = ("sections", "story", "latest")
SAID_FOR_S = 4.0
RIGHT = 3
"""Textual's number of that mouse button."""
SAID_ONCE_S = 10.0
"""How long a failure is not told a second time."""
LAST_CHANGES_S = 2.0
"""How long we wait, when leaving, for what the library has yet to write."""

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


class Panes(Horizontal, Kept):
    """What stands side by side."""


class FrontPage(Screen[None], Kept):
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

    masthead = query_one(Masthead)
    section_list = query_one(SectionList)
    story_view = query_one(StoryView)
    latest = query_one(LatestPane)
    headline_list = query_one("#headlines", HeadlineList)
    arrivals = query_one(Arrivals)
    refresh_line = query_one(RefreshLine)
    status = query_one(StatusLine)
    ask_line = query_one(AskLine)
    label_line = query_one(LabelLine)

    def __init__(self, library: Library, settings: Settings, keys: Keymap, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.library, self.settings, self.keys, self.clock = library, settings, keys, clock
        self.marks = wording.marks_of(settings.ui)
        self.outbox = Outbox()
        self.lists, self.sections = Lists(self), Sections(self)
        self.reading, self.marking = Reading(self), Marking(self)
        self.finding, self.news, self.outside, self.aloud = Finding(self), News(self), Outside(self), Aloud(self)
        self.pictures, self.links, self.comparing = Pictures(self), Links(self), Comparing(self)
        self.sending = Sending(self)
        self._progress = Progress()
        self._silence: Timer | None = None
        self._excused: dict[str, float] = {}

    def compose(self) -> ComposeResult:
        """Masthead, rule, panes, status line."""
        # While there are no children a class costs nothing; later, all of them are styled anew.
        self.add_class(f"-{layout_for(self.app.size.width, self.settings.ui.layout)}", update=False)
        yield Masthead()
        yield RefreshLine(self.marks)
        with Panes(id="panes"):
            yield SectionList(self.marks, id="sections")
            yield StoryView(id="story")
            yield LatestPane(self.marks, self.settings.ui.dates, id="latest")
        yield StatusLine(self.keys)
        yield LabelLine(id="labels")
        yield AskLine(self.finding.queries, id="ask")

    @property
    def listing(self) -> Listing:
        """The list on the table."""
        return self.lists.listing

    @property
    def open_story(self) -> Story | None:
        """The story in the story pane."""
        return self.story_view.story

    def action_do(self, verb: str, *arguments: int | str) -> None:
        """What a key stands for: a verb of a desk, such as `marking.star`."""
        desk, name = verb.split(".")
        getattr(getattr(self, desk), name)(*arguments)

    def on_mount(self) -> None:
        """Draw the empty page, and have it filled."""
        self.section_list.border_title = Content("Sections")
        self.latest.set_title(self.listing.heading)
        self.story_view.obey(self.settings.ui, ascii_marks=wording.use_ascii(self.settings.ui.marks))
        self.story_view.offline = self.settings.offline
        self.arrivals.key = self.keys.shown("list.take_in")
        self.section_list.current = self.listing
        self.arrange_for(self.app.size.width, self.app.size.height)
        self.set_focus(self.headline_list, scroll_visible=False)
        self.masthead.now = self.headline_list.now = self.clock()
        self.watch(self.app, "progress", self.show_progress)
        self.watch(self.app, "pending", self.show_pending)
        self.set_interval(30, self.news.look_at_the_clock)
        try:
            self.begin()
        except ReaderError as error:
            self.excuse(error)
        self.pictures.begin()
        if self.settings.offline and not self.settings.sample:
            self.say("You are offline; reading from the cache.")

    def begin(self) -> None:
        """Fill the first frame: the front page, its first story, the sections. Milliseconds, so not in a worker."""
        self.lists.put_on_table(self.listing, *self.lists.read_listing(self.listing))
        first = self.headline_list.pages[0]
        if first is not None:
            self.reading.shelf.put(self.library.story(first.id))
            self.reading.open(first.id, reading=False)
        self.sections.take_counts(self.sections.count_all())

    # Layout and focus

    def on_resize(self, event: events.Resize) -> None:
        """Arrange the panes anew; the reader stays where they are."""
        self.arrange_for(event.size.width, event.size.height)

    def arrange_for(self, width: int, height: int) -> None:
        """Choose the layout for a size."""
        self.arrangement = layout_for(width, "narrow" if self.settings.ui.plain else self.settings.ui.layout)
        for name in ("wide", "medium", "narrow"):
            self.set_class(self.arrangement == name, f"-{name}")
        excerpts = self.lists.excerpts
        self.headline_list.set_row_height(row_height_for(self.arrangement, width, height, excerpts=excerpts))
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

    @property
    def hides_story(self) -> bool:
        """Whether another pane has the screen to itself."""
        return self.arrangement == "narrow" and self.pane != "story"

    def uncover_story(self) -> None:
        """Go to the story where it is hidden: one that the reader asks for is to be seen."""
        if self.hides_story:
            self.enter("story")

    def action_next_pane(self) -> None:
        """In the order in which they stand on the page."""
        self.enter(PANES[(PANES.index(self.pane) + 1) % 3])

    def action_previous_pane(self) -> None:
        """As next, backwards."""
        self.enter(PANES[(PANES.index(self.pane) - 1) % 3])

    def action_deeper(self) -> None:
        """From the sections to their stories, from a headline to its story."""
        if self.pane == "sections":
            self.sections.choose()
        elif self.pane == "latest":
            self.reading.open_selected()

    def action_shallower(self) -> None:
        """Back: out of the find, the zen view, the story, the list."""
        if self.finding.is_in_story:
            self.story_view.find("")
        elif self.zen:
            self.zen = False
        elif self.pane == "story":
            self.enter("latest")
        elif self.pane == "latest":
            if not (self.finding.forget_words() or self.finding.widen() or self.finding.leave_search()):
                self.enter("sections")
        else:
            self.drawer = False
            self.enter("latest")

    def go_back(self) -> bool:
        """What `q` does before it quits: leave the find, zen, the drawer, the story, a search; whether it did."""
        if self.finding.is_in_story or self.zen or self.drawer:
            self.action_shallower()
        elif self.pane == "story":
            self.enter("latest")
        else:
            return self.finding.forget_words() or self.finding.widen() or self.finding.leave_search()
        return True

    def action_zen(self) -> None:
        """The story alone, or everything."""
        self.zen = not self.zen
        self.enter("story")

    # What the widgets report

    @on(HeadlineList.RowsWanted)
    def load_rows(self, event: HeadlineList.RowsWanted) -> None:
        """Rows have come into view that are not there yet."""
        self.lists.fetch_rows(event.request)

    @on(HeadlineList.Passed)
    def rows_passed(self, event: HeadlineList.Passed) -> None:
        """The reader went on in the list."""
        self.marking.passed(event.headlines)

    @on(Rows.Chosen, "#headlines")
    def headline_clicked(self) -> None:
        """A click opens the story."""
        self.reading.open_selected()

    @on(Rows.Chosen, "#sections")
    def section_clicked(self) -> None:
        """A click chooses the section."""
        self.sections.choose()

    @on(SectionList.Folded)
    def section_folded(self, event: SectionList.Folded) -> None:
        """A section is to be opened to its sources, or closed."""
        self.sections.fold(event.section, event.unfolded)

    @on(SectionList.Entered)
    def leave_sections_for_stories(self) -> None:
        """`l` on a section that is open."""
        self.sections.choose()

    @on(SectionList.Left)
    def leave_sections(self) -> None:
        """`h` on a section that is closed."""
        if self.arrangement == "medium":
            self.enter("latest")

    @on(Arrivals.TakenIn)
    def arrivals_chosen(self) -> None:
        """Enter or a click on the line."""
        self.news.take_in()

    @on(NewsArrived)
    def news_arrived(self, event: NewsArrived) -> None:
        """A refresh brought something."""
        self.news.arrived(event)

    @on(StoryView.PositionChanged)
    def position_changed(self, event: StoryView.PositionChanged) -> None:
        """The reader moved in the story."""
        self.reading.keep_position(event)

    @on(StoryView.LinkChosen)
    def link_chosen(self, event: StoryView.LinkChosen) -> None:
        """A link of the story was chosen."""
        self.outside.open_link(event.url, event.text)

    @on(StoryView.Refused)
    def key_refused(self, event: StoryView.Refused) -> None:
        """A key had nothing to do in the story."""
        self.say(event.sentence)

    @on(StoryView.Found)
    def match_found(self, event: StoryView.Found) -> None:
        """A find has come to a match."""
        self.finding.tell_match(event)

    @on(AskLine.Written)
    def asked_so_far(self, event: AskLine.Written) -> None:
        """Words are being written."""
        self.finding.typed(event.value)

    @on(AskLine.Done)
    def asked(self, event: AskLine.Done) -> None:
        """Words have been written."""
        self.finding.submitted(event.value)

    @on(LabelLine.Chosen)
    def label_typed(self, event: LabelLine.Chosen) -> None:
        """A link's label was typed."""
        self.links.labelled(event.label, event.use)

    @on(LabelLine.Left)
    def no_label(self) -> None:
        """None was meant."""
        self.links.stop_labelling()

    def on_click(self, event: events.Click) -> None:
        """The right button goes back, as Esc does."""
        if event.button == RIGHT:
            event.stop()
            self.action_shallower()

    def on_key(self, event: events.Key) -> None:
        """Esc leaves the question; a key that means nothing here says so."""
        if event.key == "escape" and self.ask_line.is_asking:
            event.stop()
            event.prevent_default()
            self.finding.leave()
        elif (sentence := self.keys.of_no_use(event.key)) and event.key not in self.active_bindings:
            self.say(sentence)

    @property
    def rests(self) -> bool:
        """Whether nothing has been pressed for a moment."""
        return cast("ReaderApp", self.app).typist.rests

    @property
    def is_covered(self) -> bool:
        """Whether another screen lies over all of the paper. The toolkit would draw that one for each change here."""
        top = self.app.screen
        return top is not self and not top.is_modal

    @on(events.ScreenResume)
    def uncovered(self) -> None:
        """Nothing lies over it any more: how far a refresh has come meanwhile."""
        self.show_progress(self._progress)
        if self._progress.running:
            self.news.arrived(NewsArrived(finished=False))

    def show_progress(self, progress: Progress) -> None:
        """How far a refresh is."""
        self._progress = progress
        if self.is_covered:
            return
        self.refresh_line.progress = self.masthead.progress = progress
        self.lists.say_why_empty()

    def show_pending(self, prefix: str) -> None:
        """The beginning of a sequence of keys."""
        self.status.pending = keymap.shown_key(prefix) if prefix else ""

    def start_over(self) -> None:
        """The library has other sources than before."""
        self.reading.shelf.clear()
        self.lists.show_listing(self.listing, "first")
        self.sections.recount()

    # Words

    def say(self, sentence: str) -> None:
        """In the status line, for a few seconds; in a toast, which may take several lines, where it is too long."""
        if not self.status.has_room_for(sentence):
            self.fall_silent()
            self.tell(sentence)
            return
        self.status.said = sentence
        if self._silence is not None:
            self._silence.stop()
        self._silence = self.set_timer(SAID_FOR_S, self.fall_silent)

    def fall_silent(self) -> None:
        """The keys again."""
        self.status.said = ""

    def tell(self, sentence: str) -> None:
        """As a toast, for what matters more; it takes the place of those before, so that none stands over the story."""
        self.app.clear_notifications()
        self.notify(sentence, markup=False)

    def excuse(self, error: ReaderError) -> None:
        """Say what went wrong, and the same thing once only for a while: it may be many questions that failed."""
        sentence, now = str(error), monotonic()
        if now - self._excused.get(sentence, -SAID_ONCE_S) >= SAID_ONCE_S:
            self._excused[sentence] = now
            self.say(sentence)

    async def on_unmount(self) -> None:
        """Wait for what the library has yet to write; by now the terminal is the reader's again."""
        self.reading.put_place()
        if sentence := await self.outbox.close(LAST_CHANGES_S):
            with suppress(OSError):  # the terminal may be gone
                sys.stderr.write(f"broadsheet: {sentence}\n")
