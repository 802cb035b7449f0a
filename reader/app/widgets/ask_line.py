"""A line to write in: what was written before one key away, and what is wrong pointed at under it."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.getters import query_one
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input, Static

from reader.app.query_line import History, pointed_at
from reader.errors import QueryError


class AskLine(Vertical):
    """Reports what is written; a fault stays until something else is written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "older", "written before", show=False),
        Binding("down", "newer", "written after", show=False),
    ]
    DEFAULT_CSS = """
    AskLine { height: auto; background: $paper; }
    AskLine > Input { height: 1; border: none; background: $band; color: $ink; padding: 0 1; }
    AskLine > Static { height: auto; color: $accent; padding: 0 1; display: none; }
    AskLine.-wrong > Static { display: block; }
    """

    fault: reactive[QueryError | None] = reactive(None, always_update=True)
    """What is wrong with what is written."""

    line = query_one(Input)
    reason = query_one(Static)

    class Written(Message):
        """Something has been written so far."""

        def __init__(self, value: str) -> None:
            super().__init__()
            self.value = value

    class Done(Message):
        """Enter."""

        def __init__(self, value: str) -> None:
            super().__init__()
            self.value = value

    class Left(Message):
        """Down, after the newest of what was written before."""

    def __init__(self, history: History, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.history = history
        self._recalled = ""

    def compose(self) -> ComposeResult:
        """The line, and what is wrong with it."""
        yield Input()
        yield Static()

    def begin(self, history: History, placeholder: str, value: str = "") -> None:
        """Ask for something."""
        self.history = history
        history.begin()
        self.fault = None
        self.line.placeholder = placeholder
        with self.prevent(Input.Changed):
            self.line.value = value
        self.line.focus()

    @property
    def is_asking(self) -> bool:
        """Whether it has the focus."""
        return self.line.has_focus

    def watch_fault(self, fault: QueryError | None) -> None:
        """Point at it, or at nothing."""
        self.set_class(fault is not None, "-wrong")
        if fault is not None:
            self.reason.update(Content("\n".join(self._pointed_at(fault))))

    def _pointed_at(self, fault: QueryError) -> list[str]:
        before = cell_len(self.line.value[: fault.position])
        return pointed_at(before - self.line.scroll_offset.x, str(fault), max(1, self.size.width - 2))

    def on_resize(self) -> None:
        """Point at the same place."""
        self.watch_fault(self.fault)

    @on(Input.Changed)
    def written(self, event: Input.Changed) -> None:
        """What is wrong may be right now; what is changed is no line of the history any more."""
        event.stop()
        self.fault = None
        if event.value != self._recalled:
            self.history.begin()
        self.post_message(self.Written(event.value))

    @on(Input.Submitted)
    def done(self, event: Input.Submitted) -> None:
        """Hand it on; it is in the history only where it led to something."""
        event.stop()
        self.post_message(self.Done(event.value))

    def action_older(self) -> None:
        """What was written before."""
        self._write(self.history.older(self.line.value))

    def action_newer(self) -> None:
        """What was written after it; after the newest, leave."""
        newer = self.history.newer()
        if newer is None:
            self.post_message(self.Left())
        self._write(newer)

    def _write(self, line: str | None) -> None:
        if line is not None:
            self._recalled = self.line.value = line
            self.line.cursor_position = len(line)
