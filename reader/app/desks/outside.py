"""Out of the program: browser, player, clipboard and editor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual.app import SuspendNotSupported

from reader.app import keymap, launcher, wording
from reader.app.desks import Desk, errand
from reader.errors import ConfigError
from reader.settings import parse

if TYPE_CHECKING:
    from reader.model import Story

NOT_LENT = "This terminal cannot be lent to another program."


class Outside(Desk):
    """What leaves the program, and only when the reader asks for it."""

    # Browser

    @errand("outside")
    async def open_in_browser(self) -> None:
        """Open the story's page, or the story in what opens such stories."""
        if story := self.paper.reading.target_story():
            await self.open_story(story)

    @errand("outside")
    async def open_and_go_on(self) -> None:
        """Open the story's page, mark it read, go on."""
        reading = self.paper.reading
        headline = reading.target_or_say()
        if headline and (story := reading.target_story()) and await self.open_story(story):
            if not headline.read:
                self.paper.marking.mark(headline, replace(headline, read=True))
            reading.step(1)

    async def open_story(self, story: Story) -> bool:
        """In the reader's own command for such stories, else its page in the browser; whether it was opened."""
        sending = self.paper.sending
        for at in await self.ask(sending.fitting, story.id, opening=True) or ():
            return await sending.give(story, self.settings.commands[at])
        return await self.launch(story.item.url)

    async def launch(self, url: str, words: str = "") -> bool:
        """Open an address in the browser, after a question where its words name another host; whether it was."""
        if not url:
            self.say("This story has no page of its own.")
            return False
        if not await self.is_meant(url, words):
            return False
        try:
            launcher.open_url(url, self.settings.open.browser)
        except launcher.LaunchError as error:
            self.say(str(error))
            return False
        self.say(f"Opened {launcher.shown_host(url)} in the browser.")
        return True

    async def is_meant(self, url: str, words: str = "") -> bool:
        """Whether an address is to be opened: the reader is asked where its words, or its own letters, mislead."""
        if not launcher.disagree(words or launcher.shown_host(url), url):
            return True
        from reader.app.widgets.dialogs import Confirm

        question = f"The words of this link are “{wording.fit(words, 60)}”. It leads to:" if words else "It leads to:"
        confirm = Confirm("Open this address?", question, url, yes="open it")
        is_meant: bool = await self.paper.app.push_screen_wait(confirm)
        return is_meant

    @errand("outside")
    async def open_link(self, url: str, words: str) -> None:
        """Open a link of the story."""
        await self.launch(url, words)

    # Clipboard

    @errand("outside")
    async def copy_link(self) -> None:
        """The story's address to the clipboard."""
        if story := self.paper.reading.target_story():
            if story.item.url:
                await self.copy(story.item.url, "The address is copied.")
            else:
                self.say("This story has no page of its own.")

    @errand("outside")
    async def copy_citation(self) -> None:
        """A citation to the clipboard."""
        if story := self.paper.reading.target_story():
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
        if story := self.paper.reading.target_story():
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

    # The editor

    @errand("outside")
    async def edit_story(self) -> None:
        """A copy of the story as Markdown in the reader's editor."""
        if story := self.paper.reading.target_story():
            text = await asyncio.to_thread(launcher.given, story, "markdown")

            def edit() -> None:
                editor = launcher.editor()
                with self.paper.app.suspend():
                    launcher.edit_copy(editor, f"story-{story.id}.md", text or "")

            self.attempt(edit)

    def edit_config(self) -> None:
        """The config file in $VISUAL or $EDITOR; what is changed holds from the next start on, if it is right."""
        path = self.settings.folders.config_file

        def edit() -> None:
            editor = launcher.editor()
            launcher.make_folder(path)
            with self.paper.app.suspend():
                launcher.edit(editor, str(path))

        if not self.attempt(edit, f"The config is {path}."):
            return
        try:
            edited = parse(path.read_bytes(), str(path), self.settings)
            keymap.build(edited.keys, edited.commands)
        except FileNotFoundError:
            self.say("There is no config; all settings are the defaults. `broadsheet config show` lists them.")
        except OSError as error:
            self.say(f"{path} could not be read: {error.strerror}.")
        except ConfigError as error:
            self.tell(str(error))
        else:
            self.say("Changes of the config hold from the next start on.")

    def attempt(self, act: Callable[[], None], otherwise: str = "") -> bool:
        """Start a program, or lend it the terminal; where that cannot be, say why, and what there is `otherwise`."""
        try:
            act()
        except SuspendNotSupported:
            fault = NOT_LENT
        except launcher.LaunchError as error:
            fault = str(error)
        else:
            return True
        self.tell(f"{fault} {otherwise}".strip())
        return False
