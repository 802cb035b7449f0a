"""What a person types before a command is complete: sequences such as `g l`, and numbers such as `5` before `j`. Pure.

A sequence waits for its next key as long as the reader likes. A digit means two things: alone it chooses a section, or
in a story a link; before a motion it counts. So it waits, but no longer than a person needs who types `5j`: then
`lapse` is called, and the number stands for itself.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from reader.app.keymap.building import Keymap
from reader.app.keymap.commands import Command

MOST_DIGITS = 6
Meaning = Callable[[str], Command | None]
"""What a key, or a sequence, means where the reader is now."""


class Press(Struct, frozen=True):
    """A key or a whole sequence, complete with the number before it."""

    key: str
    number: int | None = None


class Gatherer:
    """Takes keys one by one, and gives what they make."""

    def __init__(self, keymap: Keymap) -> None:
        self._keymap = keymap
        self.number = ""
        """The digits so far."""
        self.prefix = ""
        """The beginning of a sequence, as pressed so far."""

    @property
    def pending(self) -> str:
        """All that was pressed and has not had its effect."""
        return f"{self.number} {self.prefix}".strip()

    def forget(self) -> None:
        """What was pressed so far is nothing."""
        self.number = self.prefix = ""

    def press(self, key: str, meaning: Meaning) -> list[Press]:
        """One more key: what is complete with it; nothing while it is the beginning of something."""
        if key == "escape" and self.pending:
            self.forget()
            return []
        if not self.prefix and self._is_digit(key, meaning):
            self.number = (self.number + key)[:MOST_DIGITS]
            return []
        pressed = f"{self.prefix} {key}".strip()
        if pressed in self._keymap.prefixes:
            self.prefix = pressed
            return []
        number, before = self.number, self.prefix
        if before and pressed not in self._keymap.sequences:
            self.forget()
            return []
        if not number:
            self.forget()
            return [Press(pressed)]
        command = meaning(pressed)
        if command is not None and command.takes_count:
            self.forget()
            return [Press(pressed, int(number))]
        self.prefix = ""
        return [*self.lapse(), Press(pressed)]

    def lapse(self) -> list[Press]:
        """Time has passed: a number that waited for a motion stands for itself; a sequence goes on waiting."""
        if self.prefix or not self.number:
            return []
        number = self.number
        self.forget()
        return [Press(number) if len(number) == 1 else Press(number[0], int(number))]

    def _is_digit(self, key: str, meaning: Meaning) -> bool:
        """Whether it begins a number or goes on with one; a digit that means something else does not."""
        if len(key) != 1 or not key.isascii() or not key.isdigit():
            return False
        if self.number:
            return True
        command = meaning(key)
        return self._keymap.counts and key != "0" and (command is None or command.takes_count)
