"""ReaderApp: opens the paper, registers screens, themes and keymap, runs the refreshes, and little else."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import constants, events, on, work
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver
from textual.geometry import Offset
from textual.message import Message
from textual.reactive import var
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input

from reader.app import keymap as keys_of
from reader.app import themes
from reader.app.keymap import BY_ID, Command, Keymap
from reader.app.keymap.gathering import Gatherer, Press
from reader.app.refreshing import NewsArrived, NothingFollowed, RefreshWanted, Tally
from reader.app.screens.front_page import FrontPage
from reader.app.widgets.following import Following
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
HINT_AFTER_S = 0.5
"""How long the beginning of a sequence waits before what may follow is shown."""
DIGIT_WAITS_S = 0.35
"""How long a digit waits for what it may be the count of, before it chooses a section or a link."""
LOST_KEY_S = 0.2
"""How long one early key may keep the next one waiting, should its widget have gone."""
REHEARSAL_S = 0.6
"""The longest that leaving may take for the sake of the next start."""


def _now() -> datetime:
    return datetime.now(UTC)


def _collect_again() -> None:
    """Look for garbage from now on, and not among what the start has made."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


@dataclass
class KeyTaken(Message):
    """Follows a key through widgets and screens, and tells the app that all of them had it."""

    again: bool = True
    """It goes round a second time, after what the key's widget itself had to say."""


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
        self.stage: Stage | None = None
        self._gatherer = Gatherer(keys)
        self._hint_due: Timer | None = None
        self._hint: Following | None = None
        self._waiting: deque[events.Key] = deque()
        self._is_taking = False  # a key is on its way through widgets and screens
        self._patience: Timer | None = None
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
        """The paper."""
        return FrontPage(self.library, self.settings, self.keys, self.clock)

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

    # Keys that come in sequences

    async def on_event(self, event: events.Event) -> None:
        """Keep keys until there is something they can mean; while leaving neither keys nor sizes mean anything."""
        if self.is_leaving and isinstance(event, events.Key | events.Resize):
            return
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif not self.is_open or self._is_taking:
            self._waiting.append(event)
            self.be_patient()
        elif await self.take_key(event):
            self.follow_key()

    async def on_ready(self) -> None:
        """The first list is there."""
        self.call_after_refresh(_collect_again)
        await self.take_next_keys()

    async def take_next_keys(self) -> None:
        """The last key has had its effect, or the paper has opened: those that were typed meanwhile come next."""
        self._is_taking = False
        if self._patience is not None:
            self._patience.stop()
            self._patience = None
        while self._waiting:
            if not self._is_typing(self._waiting[0]):
                await self.paper.lists.wait_for_list(LOST_KEY_S)  # what a key asked for, the next one is meant for
            if await self.take_key(self._waiting.popleft()):
                self.follow_key()
                return
        self.is_open = True

    def follow_key(self) -> None:
        """Have the next key taken when this one has had its effect: letters after `/` are for the line that it opens.

        A key moves the focus by messages of its own; ours comes through the same doors after them.
        """
        self._is_taking = True
        self.be_patient()
        (self.focused or self.screen).post_message(KeyTaken())

    def be_patient(self) -> None:
        """Should the widget that has the key be gone, no other key waits for it for long."""
        if self._is_taking and self._waiting and self._patience is None:
            self._patience = self.set_timer(LOST_KEY_S, self.take_next_keys)

    @on(KeyTaken)
    def key_taken(self, event: KeyTaken) -> None:
        """The next one, after the focus has moved."""
        if event.again:
            (self.focused or self.screen).post_message(KeyTaken(again=False))
        elif self._waiting or not self.is_open:
            self.call_later(self.take_next_keys)
        else:
            self._is_taking = False

    async def take_key(self, event: events.Key) -> bool:
        """Turn a sequence such as `g l` into one key of that name, and a number before a key into its command.

        Returns whether there was anything to do yet.
        """
        if self._is_typing(event):
            self._gatherer.forget()
            presses = [Press(event.key)]
        else:
            presses = self._gatherer.press(event.key, self.meaning)
        self.show_pending()
        if not presses:
            return False
        first, *rest = presses
        await self.pass_on(event if first == Press(event.key) else first)
        self._waiting.extendleft(events.Key(press.key, None) for press in reversed(rest))
        return True

    async def pass_on(self, press: Press | events.Key) -> None:
        """Give a key to where the focus is; do here what a number makes of it, which no binding can tell."""
        if isinstance(press, events.Key):
            await super().on_event(press)
        elif press.number is None:
            await super().on_event(events.Key(press.key, None))
        elif (command := self.meaning(press.key)) is not None:
            await self.run_action(command.counted(press.number), self.screen.active_bindings[press.key].node)

    def meaning(self, key: str) -> Command | None:
        """What a key means where the focus is."""
        active = self.screen.active_bindings.get(key)
        return BY_ID.get(active.binding.id or "") if active else None

    def show_pending(self) -> None:
        """Show what waits for more, and after a moment what that may be."""
        if self._hint_due is not None:
            self._hint_due.stop()
            self._hint_due = None
        if self._hint is not None:
            self._hint.remove()
            self._hint = None
        self.pending = self._gatherer.pending
        if self.pending:
            wait = HINT_AFTER_S if self._gatherer.prefix else DIGIT_WAITS_S
            self._hint_due = self.set_timer(wait, self.wait_no_longer)

    async def wait_no_longer(self) -> None:
        """A number stands for itself now; of a sequence, show what may follow."""
        for press in self._gatherer.lapse():
            await self.pass_on(press)
            self.follow_key()
        self.show_pending()
        if self._hint_due is not None:
            self._hint_due.stop()
            self._hint = Following(self.what_follows())
            self.screen.mount(self._hint)

    def what_follows(self) -> dict[str, str]:
        """The keys that go on with the sequence here, and what each does."""
        prefix = f"{self._gatherer.prefix} "
        active = self.screen.active_bindings.items()
        commands = {
            key.removeprefix(prefix): BY_ID.get(at.binding.id or "") for key, at in active if key.startswith(prefix)
        }
        return {key: command.label for key, command in commands.items() if command is not None}

    def _is_typing(self, event: events.Key) -> bool:
        """Whether the key is a character for the text that is being written."""
        focused = self.focused
        return focused is not None and focused.check_consume_key(event.key, event.character)

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
        finally:
            self.progress = Progress()
        self.spread(NewsArrived(tally.new))

    def spread(self, news: NewsArrived) -> None:
        """Tell every screen."""
        for screen in self.screen_stack:
            screen.post_message(NewsArrived(news.new, news.finished))

    def tell(self, sentence: str) -> None:
        """As a toast; never markup."""
        self.notify(sentence, markup=False, timeout=6)

    # Screens

    @on(NothingFollowed)
    def welcome(self) -> None:
        """Offer the catalogue on the first day; the sample edition is laid out at once."""
        if self.settings.sample:
            self.lay_out_sample()
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
        from textual.command import CommandPalette

        from reader.app.palette import Commands

        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette([Commands], placeholder="Command, section, source or theme"))

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
