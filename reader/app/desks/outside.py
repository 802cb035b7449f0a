"""Out of the program: browser, clipboard, the reader's editor."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace
from textual.app import SuspendNotSupported

from reader.app import launcher, wording
from reader.app.desks import Desk, errand


class Outside(Desk):
    """What leaves the program, and only when the reader asks for it."""

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
        """To the clipboard, by the terminal and by the desktop's own program."""
        self.paper.app.copy_to_clipboard(text)
        self.say(sentence)
        await asyncio.to_thread(launcher.copy_outside, text)

    # Editor

    def edit_config(self) -> None:
        """The config file in $VISUAL or $EDITOR; what is changed holds from the next start on."""
        import os
        import shlex
        import subprocess

        path = self.settings.folders.config_file
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            command = shlex.split(editor)
            with self.paper.app.suspend():
                subprocess.run([*command, str(path)], check=False)  # noqa: S603 (the reader's own editor)
        except (OSError, ValueError, SuspendNotSupported) as error:  # ValueError: quotes that do not close
            self.tell(f"{editor} could not be started: {error}. The config is {path}.")
        else:
            self.say("Changes of the config hold from the next start on.")
