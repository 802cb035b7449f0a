"""Reading: opening stories, going from one to the next, keeping the place, and having full texts fetched."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from reader.app import wording
from reader.app.desks import Desk, errand
from reader.app.shelf import Shelf, with_states
from reader.app.trail import Stop, Trail
from reader.app.widgets.story_view import StoryView
from reader.errors import ReaderError
from reader.model import Headline, Story, TextKind

if TYPE_CHECKING:
    from reader.app.screens.front_page import FrontPage
    from reader.typeset import Crosshead

FULL_TEXT_AFTER_S = 0.3
"""How long a story is open before its page is asked for."""
RESTS_AFTER_S = 0.3
"""How long the reader stays at a place before it is kept."""


class Reading(Desk):
    """From story to story, within the list that is on the table."""

    def __init__(self, paper: FrontPage) -> None:
        super().__init__(paper)
        self.shelf = Shelf()
        self.opened: list[int] = []
        """The stories that were opened in this session, the last one first; the library has those of earlier ones."""
        self.trail = Trail()
        self._paged_back = 0
        """How many stories `page_back` has gone back along the trail; `page_on` comes the same way again."""
        self.place: StoryView.PositionChanged | None = None
        """Where the reader came to, until it is on its way into the library."""

    @property
    def open_story(self) -> Story | None:
        """The story in the story pane."""
        return self.paper.story_view.story

    # Which story is meant

    @property
    def target(self) -> Headline | None:
        """The headline that a command is about: the selected one in the list, else that of the open story."""
        rows = self.paper.headline_list
        if rows.has_focus:
            return rows.selected
        story = self.open_story
        if story is None:
            return rows.selected
        return self._headline(story.id)

    def _headline(self, story_id: int) -> Headline | None:
        """A story's row as it is listed, else one made of the story at hand."""
        pages, story = self.paper.headline_list.pages, self.at_hand(story_id)
        at = pages.index_of(story_id)
        return (pages[at] if at is not None else None) or (as_headline(story) if story else None)

    def target_or_say(self) -> Headline | None:
        """The headline that a command is about; that there is none is said."""
        headline = self.target
        if headline is None:
            self.say("No story is selected.")
        return headline

    def at_hand(self, story_id: int) -> Story | None:
        """The whole story, if it is open or on the shelf."""
        story = self.open_story
        return story if story is not None and story.id == story_id else self.shelf.get(story_id)

    def target_story(self) -> Story | None:
        """The whole story that a command is about."""
        headline = self.target_or_say()
        return self.fetch_story(headline.id) if headline else None

    def fetch_story(self, story_id: int) -> Story | None:
        """The whole story, as it is at hand or from the library; None when it is gone, which is said.

        At once: a row or two of the library are too little to leave the key for, and the next key is about this story.
        """
        try:
            return self.at_hand(story_id) or self.library.story(story_id)
        except ReaderError as error:
            self.paper.excuse(error)
            return None

    # Opening

    def open_selected(self) -> None:
        """Open the story under the cursor and go to it."""
        if selected := self.paper.headline_list.selected:
            self.open(selected.id)
            self.paper.enter("story")
        else:
            self.say("No story is selected.")

    def open(self, story_id: int, *, reading: bool = True, at_end: bool = False) -> None:
        """Show a story; `reading` when the reader asks for another one, and does not come back or start the program."""
        if reading:
            self.paper.uncover_story()
        self.paper.headline_list.open_id = story_id
        self.paper.aloud.stop()
        story = self.fetch_story(story_id)
        if story is not None:
            self.shelf.put(story)
            self.show_story(story, reading, at_end)
            self.go_on_with(story)

    def show_story(self, story: Story, reading: bool, at_end: bool = False) -> None:
        """Put it in the story pane, and mark it read: all in one frame."""
        self.paper.story_view.story = story
        if at_end:
            self.paper.story_view.action_bottom()
        if reading:
            self.count_as_opened(story)

    @errand("story", exclusive=True)
    async def go_on_with(self, story: Story) -> None:
        """Prepare the neighbours of the open story, and have its page fetched if need be."""
        await asyncio.sleep(0.02)
        await self.prepare_neighbours(story.id)
        if self.lacks_text(story):
            await asyncio.sleep(FULL_TEXT_AFTER_S)
            await self.fetch_text(story)

    def count_as_opened(self, story: Story) -> None:
        """Remember it, and mark it read where opening is reading."""
        self.opened = [story.id, *(seen for seen in self.opened if seen != story.id)]
        self.trail.visit(Stop(story.id, self.paper.listing))
        self._paged_back = 0
        self.remember(self.paper.outbox.put(partial(self.library.note_opened, story.id)))
        reads = self.settings.ui.mark_read
        if reads == "open":
            self.mark_read(story.id)
        elif isinstance(reads, int):
            self.read_after(story.id, reads)

    @errand("remembering")
    async def remember(self, writing: Future[Any]) -> None:
        """Wait for the history to be written; where that fails, the story is read all the same."""
        try:
            await self.paper.outbox.written(writing)
        except ReaderError as error:
            self.paper.excuse(error)

    @errand("reads", exclusive=True)
    async def read_after(self, story_id: int, seconds: int) -> None:
        """Mark it read once it has been open for so long."""
        await asyncio.sleep(seconds)
        self.mark_read(story_id)

    def mark_read(self, story_id: int) -> None:
        """Mark one story read, if it is not, or if its publisher changed it since."""
        headline = self._headline(story_id)
        if headline is not None and (headline.updated or not headline.read):
            self.paper.marking.mark(headline, replace(headline, read=True, updated=False))

    async def prepare_neighbours(self, story_id: int) -> None:
        """Read what is likely to be opened next, while the reader reads."""
        pages = self.paper.headline_list.pages
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
            self.paper.story_view.prepare(story)

    async def renew_story(self, story_id: int) -> None:
        """Have the newest of a story at hand, and show it where it is open."""
        if story := await self.ask(self.library.story, story_id):
            self.shelf.put(story)
            self.paper.story_view.renew(story)

    def show_states(self, headlines: list[Headline]) -> None:
        """Show stories with the states they have now, in the list and in the story pane."""
        self.paper.headline_list.renew_stories(headlines)
        self.shelf.renew(headlines)
        story = self.open_story
        for headline in headlines:
            if story is not None and headline.id == story.id:
                state = with_states(story.state, headline)
                if state != story.state:
                    self.paper.story_view.renew(replace(story, state=state))

    # From one to the next

    def leave_first_story(self) -> None:
        """The story that was shown at the start, unasked, is read once the reader goes on in it or from it."""
        story = self.open_story
        if story is not None and story.id not in self.opened and not self.paper.hides_story:
            self.count_as_opened(story)

    @property
    def _in_sight(self) -> int | None:
        """The open story, where the reader can see it."""
        return None if self.paper.hides_story else self.paper.headline_list.open_id

    def _here(self) -> int:
        """The place in the list of the story in sight, else of the cursor."""
        rows = self.paper.headline_list
        at = rows.pages.index_of(self._in_sight)
        return rows.cursor if at is None else at

    def step(self, step: int) -> None:
        """The story so many before or after the open one; of several, as far as there are."""
        self.leave_first_story()
        rows = self.paper.headline_list
        is_listed = rows.pages.index_of(rows.open_id) is not None
        at = self._here() + step if is_listed else rows.cursor
        if abs(step) > 1:
            at = max(0, min(at, len(rows.pages) - 1))
        headline = rows.pages[at]
        if headline is None:
            end = "last" if step > 0 else "first"
            if not 0 <= at < len(rows.pages):
                self.say(f"This is the {end} story of {self.paper.listing.title}.")
            return
        rows.follow(at)
        self.open(headline.id)

    def unread(self, step: int) -> None:
        """The nearest unread story in that direction, here or in another section; or the next match of a find."""
        if not self.paper.finding.step(step):
            self.find_unread(step)

    def find_unread(self, step: int) -> None:
        """Open the nearest unread story in that direction, or the second or third; past the list's end, the nearest."""
        self.leave_first_story()
        wanted, step = abs(step), 1 if step > 0 else -1
        rows = self.paper.headline_list
        here = self._here()
        start = rows.pages[here]
        if start is not None and not start.read and start.id != self._in_sight:
            here -= step
        at = here + step
        while (headline := rows.pages[at]) is not None:
            wanted -= not headline.read and headline.id != self._in_sight
            if not wanted:
                rows.follow(at)
                self.open(headline.id)
                return
            at += step
        self.paper.lists.seek_unread(step)

    def page_on(self) -> None:
        """A page of the story; at its end, the next unread one."""
        view = self.paper.story_view
        if view.story is None or self.paper.hides_story:
            self.open_selected()
            return
        self.leave_first_story()
        if view.page_down():
            return
        if self._paged_back and self.follow_trail(1):
            self._paged_back -= 1
        else:
            self.find_unread(1)

    @errand("elsewhere", exclusive=True)
    async def elsewhere(self) -> None:
        """Go to the next telling of the story, in another source; the list stays as it is."""
        if (headline := self.target_or_say()) is None or (story := self.target_story()) is None:
            return
        if not story.also_in:
            self.say(f"Only {story.source} has this story.")
            return
        after = [telling.story_id for telling in story.also_in if telling.story_id > story.id]
        other = await self.ask(self.library.story, min(after or (telling.story_id for telling in story.also_in)))
        if other is not None:
            # What is still on its way into the library is in all tellings as it is in the one on the screen.
            self.shelf.put(replace(other, state=replace(other.state, read=headline.read)))
            self.paper.enter("story")
            self.open(other.id)
            self.say(f"The same story in {other.source}.")

    def go_to_heading(self, heading: Crosshead) -> None:
        """To a heading of the story."""
        self.paper.story_view.go_to_heading(heading)
        self.paper.enter("story")

    def page_back(self) -> None:
        """A page back; at the top, the end of the story that was read before, in whatever list."""
        view = self.paper.story_view
        if (view.story is None or not view.page_up()) and self.follow_trail(-1, at_end=True):
            self._paged_back += 1

    def travel(self, step: int) -> None:
        """Back or forward along the way the reader has come."""
        self._paged_back = 0
        self.follow_trail(step)

    def follow_trail(self, step: int, *, at_end: bool = False) -> bool:
        """Show the story before or after on the trail, with its list; whether there was one."""
        paper, stop = self.paper, self.trail.travel(step)
        if stop is None:
            self.say("This is where you began." if step < 0 else "You have not been further than this.")
            return False
        paper.uncover_story()
        self.open(stop.story_id, reading=False, at_end=at_end)
        at = paper.headline_list.pages.index_of(stop.story_id)
        if stop.listing != paper.listing:
            paper.lists.show_listing(stop.listing, "", stop.story_id)
            paper.section_list.select(stop.listing)
        elif at is not None:
            paper.headline_list.follow(at)
        return True

    # The place

    def keep_position(self, event: StoryView.PositionChanged) -> None:
        """The reader moved in the story."""
        if self.place is not None and self.place.story_id != event.story_id:
            self.put_place()
        self.place = event
        self.write_position()
        if event.at_end and self.settings.ui.mark_read == "end" and event.story_id in self.opened:
            self.mark_read(event.story_id)

    @errand("position", exclusive=True)
    async def write_position(self) -> None:
        """Keep the place once the reader rests there."""
        await asyncio.sleep(RESTS_AFTER_S)
        if (writing := self.put_place()) is None:
            return
        try:
            await self.paper.outbox.written(writing)
        except ReaderError as error:
            self.paper.excuse(error)

    def put_place(self) -> Future[Any] | None:
        """Have the place kept, if the reader came to another one."""
        place, self.place = self.place, None
        if place is None:
            return None
        return self.paper.outbox.put(partial(self.library.set_position, place.story_id, place.position))

    # The text

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
        self.say("Fetching the full text …")
        try:
            full = await self.library.full_story(story.id)
        except ReaderError as error:
            if self.open_story and self.open_story.id == story.id:
                self.say(f"Only the teaser is here. {wording.sentence(str(error))}")
            return
        self.shelf.put(full)
        if self.open_story and self.open_story.id == story.id:
            self.say("The full text is here.")
            self.paper.story_view.renew(replace(full, state=self.open_story.state))

    def toggle_text(self) -> None:
        """The page's text, or the feed's."""
        story = self.open_story
        if story is None:
            self.say("No story is open.")
            return
        view, whole = self.paper.story_view, self.shelf.get(story.id) or story
        if whole.article is None or not whole.article.markdown:
            if whole.text is TextKind.FULL:
                self.say("The feed gives the full text; there is no other.")
            elif not whole.item.url:
                self.say("This story has no page of its own.")
            else:
                self.ask_for_text(whole)
        elif story.article is None:
            view.renew(replace(whole, state=story.state))
            self.say("The full text.")
        else:
            view.renew(replace(story, article=None))
            self.say("The feed's own text.")

    @errand("story", exclusive=True)
    async def ask_for_text(self, story: Story) -> None:
        """Have the page fetched because the reader asks for it."""
        await self.fetch_text(story)

    def measure(self, change: int) -> None:
        """A narrower or wider column."""
        view = self.paper.story_view
        view.measure = max(40, min(120, view.measure + change))
        self.say(f"The measure is {view.measure} cells.")


def as_headline(story: Story) -> Headline:
    """The row of a story that is not in the list."""
    return Headline(
        story.id,
        story.source_id,
        story.source,
        story.section,
        story.title,
        story.item.summary,
        story.item.published_at or story.first_seen_at,
        read=story.state.read,
        starred=story.state.starred,
        later=story.state.later,
        watched=story.state.watched,
    )
