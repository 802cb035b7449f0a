"""What the next start will show, drawn while the program is left, so that it can be painted before there is a program.

The screen that the reader leaves would not do: keys that are typed while the kept screen stands belong to what is seen,
and the paper always opens at the front page.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip

from reader import curtain
from reader.app.desks.reading import Reading
from reader.app.screens.front_page import FrontPage
from reader.app.widgets.story_view import StoryView
from reader.errors import ReaderError

if TYPE_CHECKING:
    from reader.app.app import ReaderApp
    from reader.app.keymap import Keymap
    from reader.library import Library
    from reader.settings import Settings


class Onlooker(Reading):
    """Reading where nobody reads: what stands there is no place that the reader came to."""

    def keep_position(self, event: StoryView.PositionChanged) -> None:
        """Forget it; the reader's own place is in the library."""


class Rehearsal(FrontPage):
    """The paper as it opens."""

    is_whole = False
    """Whether there was something to show, and all of it."""

    def __init__(self, library: Library, settings: Settings, keys: Keymap, clock: Callable[[], datetime]) -> None:
        super().__init__(library, settings, keys, clock)
        self.reading = Onlooker(self)

    def begin(self) -> None:
        """As the paper does; a library that cannot be read now gives no screen."""
        try:
            super().begin()
        except ReaderError:
            return
        self.is_whole = len(self.headline_list.pages) > 0


async def rehearse(app: ReaderApp) -> None:
    """Draw the paper as the next start will, and keep it. Nobody sees it: the stage is silent."""
    folders, ui = app.settings.folders, app.settings.ui
    if (writing := app.paper.reading.put_place()) is not None:
        await asyncio.wait([asyncio.wrap_future(writing)])  # the next start opens there
    app.theme = ui.theme
    page = Rehearsal(app.library, app.settings, app.keys, app.clock)
    await app.push_screen(page)
    page.query("ToastRack").set(visible=False)
    drawn = asyncio.Event()
    app.call_later(page.call_after_refresh, drawn.set)  # later than the focus, which the paper asks for when it opens
    await drawn.wait()
    stamp = curtain.config_stamp(str(folders.config_file))
    speaks_utf8 = "utf" in getattr(sys.__stderr__, "encoding", "")  # what is kept is, and Textual writes there
    if not page.is_whole or stamp != app.config_stamp or not speaks_utf8:
        curtain.discard(str(folders.cache))
        return
    strips = page._compositor.render_strips()  # Textual tells it only to a terminal
    under = curtain.terms((app.size.width, app.size.height), stamp, offline=app.settings.offline)
    top = strips[0]
    if page.masthead.display and page.masthead.region.y == 0:
        top = without_news(top)
    curtain.keep(str(folders.cache), under, [ansi(app, strip) for strip in strips], ansi(app, top))


def without_news(masthead: Strip) -> Strip:
    """The paper's name alone: neither the date nor the hour of the last refresh is true on another day."""
    text = masthead.text
    end = text.find("  ", len(text) - len(text.lstrip()))
    if end < 0:
        return masthead
    name = masthead.crop(0, end)
    return name.extend_cell_length(masthead.cell_length, next(iter(masthead.crop(end, end + 1))).style)


def ansi(app: ReaderApp, strip: Strip) -> str:
    """A line as it goes to this terminal, without what links make of it."""
    bare = [Segment(text, style.update_link() if style and style.link else style) for text, style, _ in strip]
    return Strip(bare).simplify().render(app.console)
