"""ReaderApp: opens the paper, registers screens, themes and keymap, runs the refreshes, and little else."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import PurePath
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import constants, events, on, work
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.driver import Driver
from textual.geometry import Offset
from textual.reactive import var
from textual.screen import Screen
from textual.widgets import Input

from reader.app import garbage, launcher, themes
from reader.app import keymap as keys_of
from reader.app.keymap import Keymap
from reader.app.refreshing import NewsArrived, NothingFollowed, RefreshWanted, Tally
from reader.app.screens.front_page import FrontPage
from reader.app.typist import KeyTaken, Typist
from reader.app.widgets.masthead import Progress
from reader.errors import ConfigError, ReaderError
from reader.model import Outcome
from reader.settings import Settings

if TYPE_CHECKING:
    from rich.console import RenderableType

    from reader.app.stage import Stage
    from reader.library import Library

SHOW_EVERY_S = 0.2
"""How often the screen follows a refresh."""
THREADS = 2
"""For the library: each has a connection of its own."""
QUIET_AT_FIRST_S = 60
"""No refresh begins by itself before."""
REHEARSAL_S = 0.6
"""The longest that leaving may take for the sake of the next start."""


def _now() -> datetime:
    return datetime.now(UTC)


def _stage() -> type[Driver]:
    """Textual's driver in our version, which other platforms cannot import."""
    from reader.app.stage import Stage

    return Stage


@contextlib.asynccontextmanager
async def closing(outcomes: AsyncIterator[Outcome]) -> AsyncIterator[None]:
    """End a refresh when nobody follows it any more."""
    try:
        yield
    finally:
        if isinstance(outcomes, AsyncGenerator):
            await outcomes.aclose()


class ReaderApp(App[None]):
    """The terminal interface over one library."""

    TITLE = "Broadsheet"
    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss", "screens/front_page.tcss"]
    # Textual reads no CSS of its own for a default screen, so that of the paper stands here.
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "f24"  # ours is the binding app.palette; Textual insists on one
    BINDINGS: ClassVar[list[BindingType]] = [*keys_of.bindings("app")]

    progress: var[Progress] = var(Progress())
    """How far the refresh is that is running."""
    pending: var[str] = var("")
    """The number and the beginning of a sequence of keys, as pressed so far."""

    def __init__(
        self,
        library: Library,
        settings: Settings,
        keys: Keymap,
        *,
        clock: Callable[[], datetime] = _now,
        config_stamp: tuple[int, ...] = (),
    ) -> None:
        """`config_stamp` is that of the config file when it was read. Raises ConfigError when the theme is unknown."""
        super().__init__(
            driver_class=None if constants.DRIVER or sys.platform == "win32" else _stage(),
            # Textual makes greys of colours; who asks for none gets none.
            ansi_color=True if "NO_COLOR" in os.environ else None,
        )
        self.library, self.settings, self.keys, self.clock = library, settings, keys, clock
        self.config_stamp = config_stamp
        self.is_open = self.is_leaving = False
        self.chosen: list[str] = []
        """What was done from the palette in this session, the last first."""
        self.stage: Stage | None = None
        self.typist = Typist(self)
        self.animation_level = "none"
        self._started_at = monotonic()
        self._is_offline = False  # the reader has been told that there is no network
        for theme in themes.THEMES:
            self.register_theme(theme)
        if settings.ui.theme not in self.available_themes:
            allowed = ", ".join(sorted(self.available_themes))
            raise ConfigError(f"ui.theme: there is no theme “{settings.ui.theme}”. Allowed: {allowed}.")
        if settings.ui.hyphenate:
            from reader.typeset import hyphens

            if not hyphens.is_installed():
                raise ConfigError("ui.hyphenate needs the package pyphen: pip install 'broadsheet[hyphenation]'.")
        self.theme = settings.ui.theme
        self.set_class(settings.ui.plain, "-plain")
        if keys.changed:
            self.set_keymap(dict(keys.changed))

    def get_css_variables(self) -> dict[str, str]:
        """The theme's colours, under our names too."""
        return themes.with_our_names(super().get_css_variables())

    def refresh_css(self, animate: bool = True) -> None:
        """Take over the theme's colours. Before there is a screen nothing is parsed: the first one has it done."""
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> Screen[None]:
        """The paper; on it, the keys of the reader's own commands, which no table of bindings can have before."""
        own = [replace(one, keys=",".join(keys)) for one in self.keys.own if (keys := self.keys.keys[one.id])]
        paper: type[FrontPage] = FrontPage
        if own:
            paper = type("FrontPage", (FrontPage,), {"BINDINGS": keys_of.bindings_of(own)})
        return paper(self.library, self.settings, self.keys, self.clock)

    @property
    def cursor_position(self) -> Offset:
        """Where the terminal's cursor is put after each frame: where reading goes on, for those who follow it there."""
        focused = self.focused
        caret = getattr(focused, "caret", None)  # of a story or a list: a cell of its content
        if focused is None or not isinstance(caret, Offset):
            return self._cursor_position
        return focused.content_region.offset + caret

    @cursor_position.setter
    def cursor_position(self, position: Offset) -> None:
        self._cursor_position = position

    @on(events.DescendantFocus)
    def keep_still(self, event: events.DescendantFocus) -> None:
        """Nothing on the screen moves by itself, not even a cursor that blinks."""
        if isinstance(event.widget, Input):
            event.widget.cursor_blink = False

    @property
    def paper(self) -> FrontPage:
        """The screen under all others."""
        paper = self.screen_stack[0]
        assert isinstance(paper, FrontPage)
        return paper

    def on_load(self) -> None:
        """Leave in order when we are told to go, before there is anything on the terminal to leave behind."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(THREADS, "library"))
        if sys.platform != "win32":
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self.leave_at, number)

    def leave_at(self, number: signal.Signals) -> None:
        """Give the terminal back and end as that signal would."""
        self.exit(return_code=128 + number)

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leave; on a terminal, after the screen has been drawn with which the next start begins."""
        if self.stage is None or not self.is_open or self.is_leaving or self.settings.sample or message:
            super().exit(result, return_code, message)
            return
        self.is_leaving = True
        self.stage.fall_silent(self.screen.size)
        self.prepare_next_start(return_code)

    @work(group="leaving")
    async def prepare_next_start(self, return_code: int) -> None:
        """Keep the screen that will be painted before the next start has imported anything."""
        from reader.app.rehearsal import rehearse

        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(rehearse(self), REHEARSAL_S)
        finally:
            super().exit(return_code=return_code)

    async def on_unmount(self) -> None:
        """End the newsroom with us."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.library.hang_up(), timeout=0.5)

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Have keys taken in their order; while leaving neither keys nor sizes mean anything."""
        if self.is_leaving and isinstance(event, events.Key | events.Resize):
            return
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self.typist.press(event)
        else:
            await super().on_event(event)

    async def give_key(self, key: events.Key) -> None:
        """Give a key, or a sequence as one key of that name, to where the focus is."""
        await super().on_event(key)

    async def on_ready(self) -> None:
        """The first list is there."""
        self.call_after_refresh(garbage.begin)
        await self.typist.go_on()

    @on(KeyTaken)
    def key_taken(self, event: KeyTaken) -> None:
        """The next one, after the focus has moved."""
        self.typist.key_taken(event)

    # Looking for news

    @on(RefreshWanted)
    def begin_refresh(self, event: RefreshWanted) -> None:
        """One refresh at a time; by itself none in the first minute."""
        if event.unasked and (self.progress.running or monotonic() - self._started_at < QUIET_AT_FIRST_S):
            return
        if self.progress.running:
            self.tell("A look for news is under way already.")
        else:
            self.progress = Progress(0, 0, running=True)
            self.refresh_sources(event)

    @work(group="refresh")
    async def refresh_sources(self, event: RefreshWanted) -> None:
        """Follow a refresh, a few times a second, and say at its end what came of it."""
        tally, shown_at, told = Tally(), monotonic(), 0
        try:
            outcomes = self.library.refresh(event.ids, everything=event.everything)
            async with closing(outcomes):
                async for outcome in outcomes:
                    tally.add(outcome)
                    if monotonic() - shown_at >= SHOW_EVERY_S:
                        shown_at = monotonic()
                        self.progress = Progress(tally.done, tally.total, running=True)
                        if tally.new > told:
                            told = tally.new
                            self.spread(NewsArrived(tally.new, finished=False))
        except ReaderError as error:
            self.tell(str(error))
        else:
            if not event.unasked or tally.new or (tally.offline and not self._is_offline):
                self.tell(tally.says(self.keys.shown("source.errors")))
            self._is_offline = tally.offline
            self.give_notice(tally.notices())
        finally:
            self.progress = Progress()
        self.spread(NewsArrived(tally.new))

    def give_notice(self, notices: Iterable[tuple[str, str]]) -> None:
        """Tell what the reader asked to be told of: here, and on the desktop by its program or by the terminal's."""
        for title, text in notices:
            self.tell(f"{title}. {text}")
            if not launcher.notify(title, text, self.settings.open.notify) and self.stage is not None:
                self.stage.give_notice(f"{title}. {text}")

    def spread(self, news: NewsArrived) -> None:
        """Tell every screen; while a refresh goes on, those that can be seen.

        After each message to a screen that is covered, the toolkit draws the one that covers it.
        """
        beneath = news.finished or self.screen.is_modal
        for screen in self.screen_stack if beneath else (self.screen,):
            screen.post_message(NewsArrived(news.new, news.finished))

    def tell(self, sentence: str) -> None:
        """As a toast beside those before; never markup. What a key did is told by `FrontPage.tell`."""
        self.notify(sentence, markup=False)

    # Screens

    def pop_screen(self) -> AwaitComplete:
        """Take the screen on top away. What it was about to show ends first: it would look in vain for its widgets,
        which go before Textual ends the workers of the screen itself.
        """
        self.workers.cancel_node(self.screen)
        return super().pop_screen()

    @on(NothingFollowed)
    def welcome(self) -> None:
        """Offer the catalogue on the first day; the sample edition is laid out at once.

        Who has a sync server has chosen already.
        """
        if self.settings.sample:
            self.lay_out_sample()
            return
        if self.settings.sync.server:
            self.tell(f"{self.keys.shown('refresh.all')} brings what {self.settings.sync.host} has for you.")
            return
        from reader.app.screens.first_start import FirstStart

        if len(self.screen_stack) == 1:
            self.push_screen(FirstStart(self.library, self.keys, self.paper.marks, self.clock), self.first_paper)

    @work(exclusive=True, group="sample")
    async def lay_out_sample(self) -> None:
        """Put the sample edition on the table."""
        self.progress = Progress(0, 0, running=True)
        try:
            await self.library.subscribe_sample()
        except ReaderError as error:
            self.tell(str(error))
        finally:
            self.progress = Progress()
        self.paper.start_over()

    def first_paper(self, followed: bool | None) -> None:
        """The reader chose something, or wants to see the empty paper."""
        if followed:
            self.paper.start_over()

    def action_palette(self) -> None:
        """Any command by its name."""
        from reader.app.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_help(self) -> None:
        """The keys in force."""
        from reader.app.screens.help import Help

        if not isinstance(self.screen, Help):
            self.push_screen(Help(self.keys, self.paper.marks))

    def action_back_or_quit(self) -> None:
        """Leave the screen on top; leave what lies over the paper; leave."""
        if len(self.screen_stack) > 1:
            self.screen.dismiss()
        elif not self.paper.go_back():
            self.exit()
