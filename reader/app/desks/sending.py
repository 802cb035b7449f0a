"""Sending: stories to commands of the reader's own, those that the config names and whatever is written after `|`."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from reader.app import launcher
from reader.app.desks import Desk, errand
from reader.errors import ReaderError

if TYPE_CHECKING:
    from asyncio import Future

    from reader.app.launcher import Ended
    from reader.app.screens.front_page import FrontPage
    from reader.model import Story
    from reader.settings import OwnCommand


class Sending(Desk):
    """Runs a command with what it wants of a story, and says how it ended."""

    def __init__(self, paper: FrontPage) -> None:
        super().__init__(paper)
        self._last_pipe = ""

    # The config's commands

    def fitting(self, story_id: int, *, opening: bool = False) -> tuple[int, ...]:
        """The places in the config of the commands that are for this story; `opening` for those that open it."""
        # What asks nothing of the library, or for one row of the index, is too little to leave the key for.
        return tuple(
            at
            for at, one in enumerate(self.settings.commands)
            if (one.open or not opening) and (not one.wanted or self.library.fits(story_id, one.wanted))
        )

    def choose(self) -> None:
        """Ask which command the story is to be given to."""
        from reader.app.widgets.dialogs import Choice

        commands = self.settings.commands
        if not commands:
            self.say("The config has no [[commands]] to send a story to; the README shows two.")
        elif story := self.paper.reading.target_story():
            try:
                fitting = self.fitting(story.id)
            except ReaderError as error:
                self.paper.excuse(error)
                return
            if not fitting:
                self.say("None of your commands is for this story.")
                return
            rows = [(commands[at].name, " ".join(commands[at].run)) for at in fitting]
            choice = Choice("Send the story to", rows, self.paper.marks)
            self.paper.app.push_screen(choice, partial(self.chosen, story, fitting))

    def chosen(self, story: Story, fitting: tuple[int, ...], row: int | None) -> None:
        """Give the story to the command that was chosen, if one was."""
        if row is not None:
            self.run(story, fitting[row])

    def send(self, at: int) -> None:
        """Give the story to one of them, if it is for such stories."""
        if story := self.paper.reading.target_story():
            try:
                fits = at in self.fitting(story.id)
            except ReaderError as error:
                self.paper.excuse(error)
                return
            if fits:
                self.run(story, at)
            else:
                own = self.settings.commands[at]
                self.say(f"{own.name} is for other stories: {own.wanted}")

    @errand("outside")
    async def run(self, story: Story, at: int) -> None:
        """Give the story to a command."""
        await self.give(story, self.settings.commands[at])

    async def give(self, story: Story, own: OwnCommand) -> bool:
        """Start a command with what it wants of the story; whether it was started."""
        url = story.item.url
        if own.needs_url and not url:
            self.say("This story has no page of its own.")
            return False
        outside = self.paper.outside
        if own.needs_url and not await outside.is_meant(url):
            return False
        command = launcher.filled(own.run, url, story.id)
        text = await asyncio.to_thread(launcher.given, story, own.input, self.settings.ui.measure)
        facts = launcher.facts(story)

        def on_the_terminal() -> None:
            with self.paper.app.suspend():
                code = launcher.pipe(command, text, facts)
                if own.wait:
                    launcher.wait_for_enter()
            self.tell_end(own.name, launcher.Ended(code))

        def beside_the_paper() -> None:
            ended = launcher.begin(command, text, facts)
            self.say(f"{own.name}: begun.")
            self.follow(own.name, ended)

        return outside.attempt(on_the_terminal if own.terminal else beside_the_paper)

    @errand("outside")
    async def follow(self, name: str, ended: Future[Ended]) -> None:
        """Say how a command ended that runs beside the paper."""
        self.tell_end(name, await ended)

    def tell_end(self, name: str, ended: Ended) -> None:
        """In one sentence; a failure stays longer, with what the command said of it."""
        if not ended.code:
            self.say(f"{name}: done.")
        else:
            self.tell(f"{name} failed with {ended.code}. {ended.complaint}".strip())

    # A command that is written

    def pipe(self) -> None:
        """Ask for a command, and give it the story as Markdown."""
        import shlex

        from reader.app.widgets.dialogs import AskLines

        if story := self.paper.reading.target_story():
            line = (("Command", self._last_pipe or shlex.join(self.settings.open.pipe), ()),)
            ask = AskLines("Pipe the story to", line, yes="run it", no="nothing", anew=True)
            self.paper.app.push_screen(ask, partial(self.pipe_to, story))

    def pipe_to(self, story: Story, written: tuple[str, ...] | None) -> None:
        """Give a story to the command that was written."""
        if written and written[0].strip():
            self._last_pipe = written[0]
            self.run_pipe(story, written[0])

    @errand("outside")
    async def run_pipe(self, story: Story, line: str) -> None:
        """Lend the terminal to a command."""
        text = await asyncio.to_thread(launcher.given, story, "markdown")

        def run() -> None:
            command = launcher.words(line)
            with self.paper.app.suspend():
                code = launcher.pipe(command, text, launcher.facts(story))
                launcher.wait_for_enter()
            self.tell_end(command[0], launcher.Ended(code))

        self.paper.outside.attempt(run)
