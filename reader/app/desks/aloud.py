"""Reading aloud: the open story, sentence by sentence, the spoken one marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reader.app.desks import Desk, errand
from reader.app.launcher import LaunchError
from reader.app.voice import say, voice_for

if TYPE_CHECKING:
    from reader.app.screens.front_page import FrontPage
    from reader.model import Story
    from reader.typeset.page import Sentence

GROUP = "aloud"


class Aloud(Desk):
    """Speaks, pauses, and skips a sentence; another story ends it."""

    def __init__(self, paper: FrontPage) -> None:
        super().__init__(paper)
        self._text: tuple[object, ...] | None = None
        """What the sentences are of: the full text may take the place of the feed's while it is read."""
        self._sentences: list[Sentence] = []
        self._at = 0
        self.speaking = False

    def toggle(self) -> None:
        """Read on from what is at the top of the view; or pause; or go on where it paused."""
        story = self.paper.open_story
        if self.speaking:
            self._silence()
            self.say(f"Paused. {self.paper.keys.shown('aloud.toggle')} goes on.")
        elif story is None:
            self.say("No story is open.")
        else:
            if self._at >= len(self._sentences):
                self._text = None
            self._keep_up(story)
            self.speak_on()

    def skip(self, step: int) -> None:
        """To the next sentence, or back to the one before."""
        if self._text is None or not self._sentences:
            self.toggle()
            return
        self._at = max(0, min(len(self._sentences) - 1, self._at + step))
        self.speak_on()

    def stop(self) -> None:
        """Another story is opened, or the reader leaves: it is over."""
        if self._text is not None:
            self._silence()
            self._text, self._sentences = None, []
            self.paper.story_view.spoken = None

    def _silence(self) -> None:
        self.speaking = False
        self.paper.workers.cancel_group(self.paper, GROUP)

    def _keep_up(self, story: Story) -> None:
        """Where another text is in view than the sentences are of, take down its own, from the top of the view on."""
        text = (story.id, story.item, story.article)
        if text != self._text:
            self._text, self._at = text, 0
            self._sentences = list(self.paper.story_view.sentences())

    @errand(GROUP, exclusive=True)
    async def speak_on(self) -> None:
        """Until the end of the story, or until it is cancelled."""
        view, story = self.paper.story_view, self.paper.open_story
        if story is None:
            return
        language = story.item.language
        self.speaking = True
        self._keep_up(story)
        try:
            command = voice_for(language, self.settings.open.voice)
            while self._at < len(self._sentences):
                view.spoken = self._sentences[self._at]
                await say(command, view.text_of(self._sentences[self._at]), language)
                self._at += 1
                self._keep_up(self.paper.open_story or story)
        except LaunchError as error:
            self.say(str(error))
        self.speaking = False
        view.spoken = None
