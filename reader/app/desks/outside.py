"""Out of the program: browser, player, clipboard, editor, and whatever command the reader names."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual.app import SuspendNotSupported

from reader.app import launcher, wording
from reader.app.desks import Desk, errand

if TYPE_CHECKING:
    from reader.app.screens.front_page import FrontPage
    from reader.model import Story


NOT_LENT = "This terminal cannot be lent to another program."


class Outside(Desk):
    """What leaves the program, and only when the reader asks for it."""

    def __init__(self, paper: FrontPage) -> None:
        super().__init__(paper)
        self._last_pipe = ""

    # Browser

    @errand("outside")
    async def open_in_browser(self) -> None:
        """Open the story's page."""
        if story := await self.paper.reading.target_story():
            await self.launch(story.item.url)

    @errand("outside")
    async def open_and_go_on(self) -> None:
        """Open the story's page, mark it read, go on."""
        reading = self.paper.reading
        headline = reading.target
        if headline and (story := await reading.target_story()) and await self.launch(story.item.url):
            if not headline.read:
                self.paper.marking.mark(headline, replace(headline, read=True))
            reading.step(1)

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
            confirm = Confirm("Open this address?", question, url, yes="open it")
            if not await self.paper.app.push_screen_wait(confirm):
                return False
        try:
            launcher.open_url(url, self.settings.open.browser)
        except launcher.LaunchError as error:
            self.say(str(error))
            return False
        self.say(f"Opened {launcher.shown_host(url)} in the browser.")
        return True

    @errand("outside")
    async def open_link(self, url: str, words: str) -> None:
        """Open a link of the story."""
        await self.launch(url, words)

    # Clipboard

    @errand("outside")
    async def copy_link(self) -> None:
        """The story's address to the clipboard."""
        if story := await self.paper.reading.target_story():
            if story.item.url:
                await self.copy(story.item.url, "The address is copied.")
            else:
                self.say("This story has no page of its own.")

    @errand("outside")
    async def copy_citation(self) -> None:
        """A citation to the clipboard."""
        if story := await self.paper.reading.target_story():
            day = wording.long_date(wording.local(story.item.published_at or story.first_seen_at))
            await self.copy(launcher.citation(story, day), "A citation is copied.")

    async def copy(self, text: str, sentence: str) -> None:
        """To the clipboard, which is said."""
        self.say(sentence)
        await launcher.copy(self.paper.app, text)

    # The reader's own programs

    @errand("outside")
    async def play(self) -> None:
        """Play what the story comes with."""
        if story := await self.paper.reading.target_story():
            sounds = [file.url for file in story.item.enclosures if file.media_type.startswith(("audio/", "video/"))]
            if not sounds:
                self.say("This story comes without sound or film.")
                return
            try:
                launcher.play(sounds[0], self.settings.open.player)
            except launcher.LaunchError as error:
                self.say(str(error))
            else:
                self.say(f"Playing from {launcher.shown_host(sounds[0])}.")

    def pipe(self) -> None:
        """Ask for a command, and give it the story as Markdown."""
        import shlex

        from reader.app.widgets.dialogs import AskLines

        if story := self.paper.reading.story_at_once():
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
        from reader.export import to_markdown

        facts = {
            "BROADSHEET_URL": story.item.url,
            "BROADSHEET_TITLE": story.title,
            "BROADSHEET_SOURCE": story.source,
        }
        try:
            command, text = launcher.words(line), await asyncio.to_thread(to_markdown, story)
            with self.paper.app.suspend():
                code = launcher.pipe(command, text, facts)
                launcher.wait_for_enter()
        except SuspendNotSupported:
            self.tell(NOT_LENT)
        except launcher.LaunchError as error:
            self.tell(str(error))
        else:
            self.say(f"{command[0]} is done." if not code else f"{command[0]} ended with {code}.")

    @errand("outside")
    async def edit_story(self) -> None:
        """A copy of the story as Markdown in the reader's editor."""
        from reader.export import to_markdown

        story = await self.paper.reading.target_story()
        if story is None:
            return
        try:
            text = await asyncio.to_thread(to_markdown, story)
            editor = launcher.editor()
            with self.paper.app.suspend():
                launcher.edit_copy(editor, f"story-{story.id}.md", text)
        except SuspendNotSupported:
            self.tell(NOT_LENT)
        except launcher.LaunchError as error:
            self.tell(str(error))

    def edit_config(self) -> None:
        """The config file in $VISUAL or $EDITOR; what is changed holds from the next start on."""
        path = self.settings.folders.config_file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            editor = launcher.editor()
            with self.paper.app.suspend():
                launcher.edit(editor, str(path))
        except SuspendNotSupported:
            self.tell(f"{NOT_LENT} The config is {path}.")
        except OSError as error:
            self.tell(f"The folder of the config could not be made: {error.strerror}. The config is {path}.")
        except launcher.LaunchError as error:
            self.tell(f"{error} The config is {path}.")
        else:
            self.say("Changes of the config hold from the next start on.")
