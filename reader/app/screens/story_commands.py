"""What a reader does with a story, wherever it is selected: marks, browser, clipboard, full text, finding."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from textual import on, work
from textual.getters import query_one
from textual.screen import Screen

from reader.app import launcher, wording
from reader.app.outbox import Outbox
from reader.app.shelf import Shelf
from reader.app.widgets.latest import HeadlineList
from reader.app.widgets.story_view import StoryView
from reader.errors import ReaderError
from reader.model import Headline, Story

if TYPE_CHECKING:
    from reader.library import Library
    from reader.settings import Settings


STATES = ("read", "starred", "later")
LAST_CHANGES_S = 2.0
"""How long we wait, when leaving, for what the library has yet to write."""
SAID_ONCE_S = 10.0
"""How long a failure is not told a second time."""

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class StoryCommands(Screen[None]):
    """The part of the paper that acts on one story: the selected one in a list, the open one in the story pane."""

    headline_list = query_one("#headlines", HeadlineList)
    story_view = query_one(StoryView)

    def __init__(self, library: Library, settings: Settings, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.library, self.settings, self.clock = library, settings, clock
        self.shelf = Shelf()
        self.outbox = Outbox()
        self._excused: dict[str, float] = {}

    # What the paper provides

    @property
    def open_story(self) -> Story | None:
        """The story in the story pane."""
        return self.story_view.story

    @property
    def in_list(self) -> bool:
        """Whether the list has the focus, so that its selected row is meant."""
        return self.headline_list.has_focus

    def say(self, sentence: str) -> None:
        """Tell the reader in the status line."""
        raise NotImplementedError

    def recount(self) -> None:
        """The counts may have changed."""
        raise NotImplementedError

    def put_place(self) -> Future[Any] | None:
        """Have the place in the open story kept."""
        raise NotImplementedError

    def action_next_story(self) -> None:
        """Go on to the next story."""
        raise NotImplementedError

    # The library

    async def ask(self, verb: Callable[Asked, Answer], *args: Asked.args, **options: Asked.kwargs) -> Answer | None:
        """The library's answer, from a thread; None when it has none, which the reader is told."""
        try:
            return await asyncio.to_thread(verb, *args, **options)
        except ReaderError as error:
            self.excuse(error)
            return None

    def excuse(self, error: ReaderError) -> None:
        """Say what went wrong, and the same thing once only for a while: it may be many questions that failed."""
        sentence, now = str(error), monotonic()
        if now - self._excused.get(sentence, -SAID_ONCE_S) >= SAID_ONCE_S:
            self._excused[sentence] = now
            self.say(sentence)

    async def on_unmount(self) -> None:
        """Wait for what the library has yet to write; by now the terminal is the reader's again."""
        self.put_place()
        if sentence := await self.outbox.close(LAST_CHANGES_S):
            with suppress(OSError):  # the terminal may be gone
                sys.stderr.write(f"broadsheet: {sentence}\n")

    # Which story is meant

    @property
    def target(self) -> Headline | None:
        """The headline that a command is about."""
        rows = self.headline_list
        if self.in_list:
            return rows.selected
        story = self.open_story
        if story is None:
            return rows.selected
        at = rows.pages.index_of(story.id)
        return (rows.pages[at] if at is not None else None) or as_headline(story)

    async def target_story(self) -> Story | None:
        """The whole story that a command is about."""
        headline = self.target
        if headline is None:
            self.say("No story is selected.")
            return None
        story = self.open_story
        if story is not None and story.id == headline.id:
            return story
        return self.shelf.get(headline.id) or await self.ask(self.library.story, headline.id)

    # Marks

    def mark(self, before: Headline, after: Headline) -> None:
        """Show a change of state at once, and have it written."""
        self.show_states([after])
        change = {name: getattr(after, name) for name in STATES if getattr(after, name) != getattr(before, name)}
        if before.updated and not after.updated:
            change["read"] = True  # the library takes the one off with the other
        ids = (after.id,)
        self.write_marks(ids, self.outbox.put(partial(self.library.mark, ids, **change)))

    def show_states(self, headlines: list[Headline]) -> None:
        """Show these rows as they are now, in the list and in the open story."""
        self.headline_list.renew_stories(headlines)
        self.shelf.renew(headlines)
        story = self.open_story
        for headline in headlines:
            if story is not None and headline.id == story.id:
                state = replace(story.state, read=headline.read, starred=headline.starred, later=headline.later)
                if state != story.state:
                    self.story_view.renew(replace(story, state=state))

    @work(group="marks")
    async def write_marks(self, ids: tuple[int, ...], writing: Future[Any]) -> None:
        """Wait for states to be written; where that fails, show what the library says."""
        try:
            await self.outbox.written(writing)
        except ReaderError as error:
            self.say(str(error))
            self.show_states(list(await self.ask(self.library.headlines_by_id, ids) or ()))
        self.recount()

    def action_toggle_read(self) -> None:
        """Read, or unread again."""
        if headline := self.target:
            self.mark(headline, replace(headline, read=not headline.read))
            self.say("Unread again." if headline.read else "Marked read.")

    def action_star(self) -> None:
        """Star, or no star."""
        if headline := self.target:
            self.mark(headline, replace(headline, starred=not headline.starred))
            self.say("The star is taken away." if headline.starred else "Starred.")

    def action_later(self) -> None:
        """To read later, or no more."""
        if headline := self.target:
            self.mark(headline, replace(headline, later=not headline.later))
            self.say("No longer kept for later." if headline.later else "Kept to read later.")

    # Browser and clipboard

    @work(group="outside")
    async def action_open_in_browser(self) -> None:
        """Open the story's page."""
        if story := await self.target_story():
            await self.launch(story.item.url)

    @work(group="outside")
    async def action_open_and_go_on(self) -> None:
        """Open the story's page, mark it read, go on."""
        headline = self.target
        if headline and (story := await self.target_story()) and await self.launch(story.item.url):
            if not headline.read:
                self.mark(headline, replace(headline, read=True))
            self.action_next_story()

    async def launch(self, url: str, words: str = "") -> bool:
        """Open an address in the browser, after a question where its words name another host; whether it was."""
        if not url:
            self.say("This story has no page of its own.")
            return False
        if launcher.disagree(words or launcher.shown_host(url), url):
            from reader.app.widgets.dialogs import Confirm

            question = (
                f"The words of this link are “{wording.fit(words, 60)}”. It leads to:" if words else "It leads to:"
            )
            if not await self.app.push_screen_wait(Confirm("Open this address?", question, url, yes="open it")):
                return False
        try:
            launcher.open_url(url, self.settings.open.browser)
        except launcher.LaunchError as error:
            self.say(str(error))
            return False
        self.say(f"Opened {launcher.shown_host(url)} in the browser.")
        return True

    @on(StoryView.LinkChosen)
    def follow_link(self, event: StoryView.LinkChosen) -> None:
        """A link of the story was chosen."""
        self.open_link(event.url, event.text)

    @work(group="outside")
    async def open_link(self, url: str, words: str) -> None:
        """Open a link of the story."""
        await self.launch(url, words)

    @work(group="outside")
    async def action_copy_link(self) -> None:
        """The story's address to the clipboard."""
        if story := await self.target_story():
            if story.item.url:
                await self.copy(story.item.url, "The address is copied.")
            else:
                self.say("This story has no page of its own.")

    @work(group="outside")
    async def action_copy_citation(self) -> None:
        """A citation to the clipboard."""
        if story := await self.target_story():
            day = wording.long_date(wording.local(story.item.published_at or story.first_seen_at))
            await self.copy(launcher.citation(story, day), "A citation is copied.")

    async def copy(self, text: str, sentence: str) -> None:
        """To the clipboard, by the terminal and by the desktop's own program."""
        self.app.copy_to_clipboard(text)
        self.say(sentence)
        await asyncio.to_thread(launcher.copy_outside, text)


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
    )
