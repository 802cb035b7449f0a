"""Pictures: showing them in the story, once the reader wants them."""

from __future__ import annotations

from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import App

from reader.app import wording
from reader.app.desks import Desk

if TYPE_CHECKING:
    from reader.app.gallery import Gallery


class Pictures(Desk):
    """Hangs a gallery in the story pane when it is first asked for; until then nothing of it is loaded."""

    def begin(self) -> None:
        """Show them from the start, where the config says so."""
        if self.paper.settings.ui.images != "off":
            self.hang()

    def cycle(self) -> None:
        """Show them, or their captions alone."""
        if self.paper.story_view.gallery is None:
            self.hang()
            if self.paper.settings.ui.images != "off":
                return
        self.say(self.paper.story_view.cycle_pictures())

    def hang(self) -> None:
        """Give the story pane its gallery."""
        view = self.paper.story_view
        if view.gallery is None:
            view.hang(self.gallery())

    def gallery(self) -> Gallery:
        """Pictures out of the library, for this terminal."""
        from reader.app.gallery import Gallery

        app = self.paper.app
        return Gallery(
            self.paper.library,
            colours=None if app.no_color else app.console.color_system,
            ascii_only=wording.use_ascii(self.paper.settings.ui.marks),
            start=self.start,
            changed=self.paper.story_view.show_picture,
            send=partial(_send, app),
        )

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Have a picture drawn; not any more when the reader leaves, and the next start's first screen is drawn."""
        if getattr(self.paper.app, "is_leaving", False):
            work.close()
        else:
            self.paper.run_worker(work, group="pictures")


def _send(app: App[object], data: str) -> None:
    """Straight to the terminal, in order with what is drawn."""
    stage = getattr(app, "stage", None)
    if stage is not None:
        stage.write(data)
