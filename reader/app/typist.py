"""The typist: takes keys one after the other, and makes sequences and numbers of them.

A key changes what the next one means: after `/` letters are for the line that it opens, after `3` an `r` is for the
list that comes. What is typed ahead, in a burst or before the paper has opened, waits until the key before it has had
its effect.
"""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import TYPE_CHECKING

from textual import events
from textual.message import Message
from textual.timer import Timer

from reader.app.keymap import Command
from reader.app.keymap.gathering import Gatherer, Press
from reader.app.widgets.following import Following

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.widget import Widget

    from reader.app.app import ReaderApp

HINT_AFTER_S = 0.5
"""How long the beginning of a sequence waits before what may follow is shown."""
DIGIT_WAITS_S = 0.35
"""How long a digit waits for what it may be the count of, before it chooses a section or a link."""
LOST_KEY_S = 0.2
"""How long one key may keep the next one waiting, should its widget have gone."""
SLOW_KEY_S = 5.0
"""The same of one whose widget is there: a screen that opens for the first time on a busy machine takes a while."""

RESTS_AFTER_S = 2.0
"""How long no key has come when the reader is taken to be reading."""


class KeyTaken(Message):
    """Follows a key through widgets and screens, and tells the app that all of them had it."""

    def __init__(self, again: bool = True) -> None:
        super().__init__()
        self.again = again
        """It goes round a second time, after what the key's widget itself had to say."""


class Typist:
    """Keys in, commands out; for the whole app."""

    def __init__(self, app: ReaderApp) -> None:
        self._app = app
        self._gatherer = Gatherer(app.keys)
        self._waiting: deque[events.Key] = deque()
        self._is_taking = False  # a key is on its way through widgets and screens
        self._given_at = self._pressed_at = 0.0
        self._way: Widget | None = None  # whom the key goes through first
        self._patience: Timer | None = None
        self._hint_due: Timer | None = None
        self._hint: Following | None = None

    @property
    def is_done(self) -> bool:
        """Whether no key is on its way or waits for another one, nor a digit for what it counts."""
        is_under_way = self._is_taking and self._way is not None and self._way.is_running
        return not is_under_way and not self._waiting and (bool(self._gatherer.prefix) or not self._gatherer.number)

    @property
    def rests(self) -> bool:
        """Whether nothing has been pressed for a moment."""
        return self.is_done and not self._gatherer.pending and monotonic() - self._pressed_at > RESTS_AFTER_S

    # One after the other

    async def press(self, event: events.Key) -> None:
        """A key was pressed."""
        self._pressed_at = monotonic()
        if not self._app.is_open or (self._is_taking and not self._is_lost()):
            self._waiting.append(event)
            self._be_patient()
        elif await self._take(event):
            self._follow()

    def _is_lost(self) -> bool:
        """Whether the key on its way has been given up: it takes too long, or nobody is there to bring it back."""
        is_there = self._way is not None and self._way.is_running
        return monotonic() - self._given_at > (SLOW_KEY_S if is_there else LOST_KEY_S)

    async def _look_after_it(self) -> None:
        """A key keeps others waiting for a while now."""
        self._patience = None
        if self._is_lost():
            await self.go_on()
        else:
            self._be_patient()

    async def go_on(self) -> None:
        """The paper has opened, or a key has had its effect: what was typed meanwhile comes next."""
        self._is_taking = False
        if self._patience is not None:
            self._patience.stop()
            self._patience = None
        while self._waiting:
            if not self._is_text(self._waiting[0]):
                await self._app.paper.lists.wait_for_list(LOST_KEY_S)
            if await self._take(self._waiting.popleft()):
                self._follow()
                return
        self._app.is_open = True

    def _follow(self) -> None:
        """Send a message after the key. The focus moves by messages too, and ours comes through the same doors."""
        self._set_out()
        self._be_patient()
        self._send(KeyTaken())

    def _set_out(self) -> None:
        """From now on a key is on its way."""
        self._is_taking, self._given_at = True, monotonic()
        self._way = self._app.focused or self._app.screen

    def key_taken(self, event: KeyTaken) -> None:
        """It has come back."""
        if event.again:
            self._send(KeyTaken(again=False))
        elif self._waiting or not self._app.is_open:
            self._app.call_later(self.go_on)
        else:
            self._is_taking = False

    def _send(self, message: KeyTaken) -> None:
        self._way = self._app.focused or self._app.screen
        self._way.post_message(message)

    def _be_patient(self) -> None:
        if self._is_taking and self._waiting and self._patience is None:
            self._patience = self._app.set_timer(LOST_KEY_S, self._look_after_it)

    # What they make

    async def _take(self, event: events.Key) -> bool:
        """One more key; whether there was anything to do yet."""
        if self._is_text(event):
            self._gatherer.forget()
            presses = [Press(event.key)]
        else:
            begun = self._gatherer.prefix
            presses = self._gatherer.press(event.key, self._meaning)
            if begun and not presses and not self._gatherer.pending and event.key != "escape":
                self._say_of_no_use(f"{begun} {event.key}")
        self._show_pending()
        if not presses:
            return False
        first, *rest = presses
        if first == Press(event.key):
            await self._app.give_key(event)
        else:
            await self._give(first)
        self._waiting.extendleft(events.Key(press.key, None) for press in reversed(rest))
        return True

    async def _give(self, press: Press) -> None:
        """Give a sequence to where the focus is; do here what a number makes of a key, which no binding can tell."""
        if press.number is None:
            await self._app.give_key(events.Key(press.key, None))
            return
        command, node = self._bound(press.key)
        if command is not None:
            await self._app.run_action(command.counted(press.number), node)

    def _meaning(self, key: str) -> Command | None:
        return self._bound(key)[0]

    def _bound(self, key: str) -> tuple[Command | None, DOMNode | None]:
        """What a key means where the focus is, and who does it."""
        active = self._app.screen.active_bindings.get(key)
        return (self._app.keys.by_id.get(active.binding.id or ""), active.node) if active else (None, None)

    def _is_text(self, event: events.Key) -> bool:
        """Whether the key is a character for the text that is being written."""
        focused = self._app.focused
        return focused is not None and focused.check_consume_key(event.key, event.character)

    def _say_of_no_use(self, keys: str) -> None:
        """Tell that no sequence goes on like that; on the paper, which has a line for it."""
        if self._app.screen is self._app.paper:
            self._app.paper.say(self._app.keys.of_no_use(keys))

    # What waits for more

    def _show_pending(self) -> None:
        """Show it, and after a moment what may follow."""
        if self._hint_due is not None:
            self._hint_due.stop()
            self._hint_due = None
        if self._hint is not None:
            self._hint.remove()
            self._hint = None
        self._app.pending = self._gatherer.pending
        if self._app.pending:
            wait = HINT_AFTER_S if self._gatherer.prefix else DIGIT_WAITS_S
            self._hint_due = self._app.set_timer(wait, self._wait_no_longer)

    async def _wait_no_longer(self) -> None:
        """A number stands for itself now; of a sequence, show what may follow."""
        if self._gatherer.prefix:
            self._hint = Following(self._following())
            self._app.screen.mount(self._hint)
            return
        for press in self._gatherer.lapse():
            self._set_out()
            await self._give(press)
            self._follow()
        self._show_pending()

    def _following(self) -> dict[str, str]:
        """The keys that go on with the sequence here, and what each does."""
        prefix = f"{self._gatherer.prefix} "
        keys = [key for key in self._app.screen.active_bindings if key.startswith(prefix)]
        commands = {key.removeprefix(prefix): self._meaning(key) for key in keys}
        return {key: command.label for key, command in commands.items() if command is not None}
