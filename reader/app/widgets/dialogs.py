"""Questions to the reader, typed by their answers, which they only return; and cards that say something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ClassVar, TypeVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.getters import query_one
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Static

from reader.app import wording
from reader.app.widgets.rows import Rows

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer]):
    """A box with a title over the paper; its last line says what the keys do."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $paper 60%; }
    Dialog > .dialog-box {
        width: 72; max-width: 100%; height: auto; padding: 1 2; background: $paper;
        border: round $muted; border-title-color: $accent;
    }
    Dialog .dialog-keys { color: $muted; margin-top: 1; }
    """

    @staticmethod
    def keys_line(*keys: tuple[str, str]) -> Static:
        """Each key, and what it does."""
        words = [part for key, does in keys for part in ("   ", (key, "bold $ink"), f" {does}")]
        return Static(Content.assemble(*words[1:]), classes="dialog-keys")


class Confirm(Dialog[bool]):
    """A question with what it is about shown in full; Enter says yes, Esc says no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "answer(True)", "yes"),
        Binding("escape,n,q", "answer(False)", "no"),
    ]
    DEFAULT_CSS = """
    Confirm > .dialog-box { max-height: 100%; overflow-y: auto; }
    Confirm .dialog-detail { color: $muted; margin-top: 1; }
    """

    def __init__(self, title: str, question: str, detail: str = "", *, yes: str = "yes") -> None:
        super().__init__()
        self._title, self._question, self._detail, self._yes = title, question, detail, yes

    def compose(self) -> ComposeResult:
        """The question, the detail, the keys."""
        with Vertical(classes="dialog-box") as box:
            box.border_title = Content(self._title)
            box.can_focus = True
            yield Static(Content(self._question))
            if self._detail:
                yield Static(Content(self._detail), classes="dialog-detail")
            yield self.keys_line(("Enter", self._yes), ("Esc", "no"))

    def action_answer(self, answer: bool) -> None:
        """Return it."""
        self.dismiss(answer)


class Card(Dialog[None]):
    """Something to look at; any of the usual keys puts it away."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q,f1", "close", "close")]
    DEFAULT_CSS = """
    Card > .dialog-box { width: 76; max-height: 100%; }
    """

    def __init__(self, title: str, text: Content) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """The text, the key."""
        with VerticalScroll(classes="dialog-box") as box:
            box.border_title = Content(self._title)
            yield Static(self._text)
            yield self.keys_line(("Esc", "back"))

    def action_close(self) -> None:
        """Put it away."""
        self.dismiss()


class ChoiceRows(Rows):
    """Number, words, and quieter what they stand for."""

    DEFAULT_CSS = """
    ChoiceRows { height: auto; }
    """

    def __init__(self, rows: Sequence[tuple[str, str]], marks: Mapping[str, str]) -> None:
        super().__init__()
        self.choices, self.cursor_mark = rows, marks["cursor"]

    def __len__(self) -> int:
        return len(self.choices)

    def lay_out(self, index: int, width: int) -> list[list[Segment]]:
        """One line."""
        words, detail = self.choices[index]
        number = f"{index + 1}" if index < 9 else ""
        words = wording.fit(words, width - 4)
        words += " " * (min(26, max(cell_len(one) for one, _ in self.choices)) - cell_len(words))
        line = [Segment(f"{number:>2} ", self.style("quiet")), Segment(words, self.style("strong"))]
        room = width - cell_len(words) - 6
        return [[*line, Segment(f"  {wording.fit(detail, room)}", self.style("quiet"))] if room > 8 else line]


class Choice(Dialog[int | None]):
    """One of a few things; Enter or its number chooses, Esc returns None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,l,right", "take(0)", "choose"),
        Binding("escape,q,h,left", "give_up", "cancel"),
        *(Binding(str(n), f"take({n})", show=False) for n in range(1, 10)),
    ]
    rows = query_one(ChoiceRows)

    def __init__(self, title: str, rows: Sequence[tuple[str, str]], marks: Mapping[str, str]) -> None:
        """`rows` are (words, what they stand for)."""
        super().__init__()
        self._title, self._rows, self._marks = title, rows, marks

    def compose(self) -> ComposeResult:
        """The rows, the keys."""
        with Vertical(classes="dialog-box") as box:
            box.border_title = Content(self._title)
            yield ChoiceRows(self._rows, self._marks)
            yield self.keys_line(("Enter", "choose"), ("Esc", "nothing"))

    def on_mount(self) -> None:
        """Start with the first."""
        self.rows.focus()

    def on_resize(self, event: events.Resize) -> None:
        """As high as the rows need, or as the screen allows."""
        self.rows.styles.height = max(1, min(len(self._rows), event.size.height - 6))

    @on(Rows.Chosen)
    def action_take(self, number: int | Rows.Chosen = 0) -> None:
        """Return the row of that number, or the selected one."""
        at = number - 1 if isinstance(number, int) and number else self.rows.cursor
        if at < len(self._rows):
            self.dismiss(at)

    def action_give_up(self) -> None:
        """Return nothing."""
        self.dismiss(None)


Suggestions = Sequence[str] | Callable[[], Awaitable[Sequence[str]]]


class LastName(Suggester):
    """Goes on with the last of several names that are separated by commas."""

    def __init__(self, names: Suggestions) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = names

    async def get_suggestion(self, value: str) -> str | None:
        """The whole line with the name finished, or None."""
        begun = value.rpartition(",")[2].lstrip()
        if callable(self._names):
            self._names = await self._names()
        found = next((name for name in self._names if name.casefold().startswith(begun.casefold())), None)
        return value + found[len(begun) :] if begun and found else None


class AskLines(Dialog[tuple[str, ...] | None]):
    """A few lines of text with labels; Enter in the last one answers, Esc returns None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "cancel")]
    DEFAULT_CSS = """
    AskLines Input { height: 1; border: none; background: $band; padding: 0 1; margin-bottom: 1; }
    AskLines .dialog-label { color: $muted; }
    AskLines .dialog-keys { margin-top: 0; }
    """

    box = query_one(Vertical)

    def __init__(
        self,
        title: str,
        fields: Sequence[tuple[str, str, Suggestions]],
        *,
        yes: str = "keep",
        no: str = "leave as it was",
        anew: bool = False,
    ) -> None:
        """`fields` are (label, value, suggestions, which may still have to be asked for).

        `anew` when what is typed takes the place of the value.
        """
        super().__init__()
        self._title, self._fields, self._yes, self._no = title, tuple(fields), yes, no
        self._anew = anew

    def compose(self) -> ComposeResult:
        """A label and a line for each field."""
        with Vertical(classes="dialog-box") as box:
            box.border_title = Content(self._title)
            for label, value, suggestions in self._fields:
                yield Static(Content(label), classes="dialog-label")
                suggester = LastName(suggestions) if suggestions else None
                yield Input(value, suggester=suggester, select_on_focus=self._anew)
            yield self.keys_line(("Enter", self._yes), ("Esc", self._no))

    @on(Input.Submitted)
    def go_on(self, event: Input.Submitted) -> None:
        """To the next line, or answer after the last."""
        lines = list(self.query(Input))
        at = lines.index(event.input)
        if at + 1 < len(lines):
            lines[at + 1].focus()
        else:
            self.dismiss(tuple(line.value for line in lines))

    def action_give_up(self) -> None:
        """No answer."""
        self.dismiss(None)
