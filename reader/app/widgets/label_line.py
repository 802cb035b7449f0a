"""The line at the bottom while links have labels: takes every letter, until one is meant or none can be."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

Use = Literal["open", "copy", "subscribe"]
PREFIXES: dict[str, Use] = {"y": "copy", "a": "subscribe"}
"""Letters before a label, and what they make of it."""
_SAYS: dict[Use, str] = {"open": "Open which link?", "copy": "Copy which link?", "subscribe": "Follow which link?"}


class LabelLine(Widget, can_focus=True):
    """Reports the label that was typed, and for what."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    LabelLine { height: 1; color: $muted; background: $paper; padding: 0 1; }
    """

    use: reactive[Use] = reactive("open")
    typed: reactive[str] = reactive("")

    class Chosen(Message):
        """A label was typed."""

        def __init__(self, label: str, use: Use) -> None:
            super().__init__()
            self.label, self.use = label, use

    class Left(Message):
        """No label was meant."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._labels: frozenset[str] = frozenset()

    def begin(self, labels: Collection[str]) -> None:
        """Wait for one of these."""
        self._labels = frozenset(labels)
        self.use, self.typed = "open", ""
        self.focus()

    def render(self) -> Content:
        """The question, and what else a letter may say."""
        return Content.assemble(
            (f"{_SAYS[self.use]} {self.typed}", "$accent"), "   ",
            ("y", "bold $ink"), " copy, or capitals   ",
            ("a", "bold $ink"), " follow   ", ("Esc", "bold $ink"), " none",
        )  # fmt: skip

    def check_consume_key(self, key: str, character: str | None) -> bool:  # noqa: ARG002 (of Textual)
        """Every character is for us."""
        return character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        """One letter more; what is no letter of ours ends it."""
        event.stop()
        event.prevent_default()
        character = event.character or ""
        if not self.typed and self.use == "open" and character in PREFIXES:
            self.use = PREFIXES[character]
            return
        if character.isupper():
            self.use = "copy"
        typed = self.typed + character.lower() if character.isprintable() else ""
        if typed in self._labels:
            self.post_message(self.Chosen(typed, self.use))
        elif character and any(label.startswith(typed) for label in self._labels if typed):
            self.typed = typed
        else:
            self.post_message(self.Left())

    def on_blur(self) -> None:
        """The reader went elsewhere."""
        self.post_message(self.Left())
