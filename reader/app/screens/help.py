"""The keys in force, and what the marks mean in words; typing narrows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from msgspec import Struct
from rich.cells import cell_len
from rich.segment import Segment
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.getters import query_one
from textual.screen import ModalScreen
from textual.widgets import Input

from reader.app import wording
from reader.app.keymap import PLACES, Keymap, in_place, shown_key
from reader.app.widgets.rows import Rows


class Line(Struct, frozen=True):
    """A row of the help."""

    keys: str = ""
    text: str = ""
    id: str = ""
    heading: bool = False


def help_lines(keymap: Keymap, marks: Mapping[str, str], sought: str = "") -> tuple[Line, ...]:
    """All keys by place, then the marks; only what holds the sought words, if any."""
    words = sought.lower().split()

    def fits(line: Line) -> bool:
        hay = f"{line.keys} {line.text} {line.id}".lower()
        return all(word in hay for word in words)

    lines: list[Line] = []
    for place, heading in PLACES.items():
        group = []
        for command in in_place(place):
            number = command.id.rpartition(".")[2]
            if number.isdecimal() and number != "1":
                continue
            keys = "  ".join(map(shown_key, keymap.keys[command.id]))
            text = command.help
            if number == "1":
                first, last = keys, keymap.shown(command.id.replace(".1", ".9"))
                keys, text = f"{first}-{last}", text.replace("1 ", "n ")
            group.append(Line(keys, text, command.id))
        group = [line for line in group if fits(line)]
        if group:
            lines += [Line(), Line(text=heading, heading=True), *group]
    told = [Line(marks[name], words_for, "") for name, words_for in wording.IN_WORDS.items()]
    told = [line for line in told if fits(line)]
    if told:
        lines += [Line(), Line(text="The marks", heading=True), *told]
    return tuple(lines[1:]) or (Line(text="No key does that."),)


class HelpList(Rows):
    """Keys at the left, words at the right, the binding's id last."""

    DEFAULT_CSS = """
    HelpList { height: 1fr; & > .rows--cursor { background: $paper; } }
    """

    cursor_mark = ""

    def __init__(self) -> None:
        super().__init__()
        self.lines: tuple[Line, ...] = ()

    def __len__(self) -> int:
        return len(self.lines)

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show other lines, from the top."""
        self.lines = lines
        self.set_reactive(Rows.cursor, 0)
        self.renew()
        self.scroll_to(y=0, animate=False, force=True)

    def lay_out(self, index: int, width: int) -> list[list[Segment]]:
        """One line."""
        line = self.lines[index]
        if line.heading:
            return [[Segment(wording.fit(line.text, width), self.style("accent", "strong"))]]
        key_width = min(18, max(8, width // 4))
        keys = wording.fit(line.keys, key_width - 1)
        id_width = 24 if line.id and width >= 90 else 0
        room = width - key_width - id_width
        text, *more = wording.wrap(line.text, room, self.row_height) or [""]
        padding = " " * (room - cell_len(text))
        return [
            [
                Segment(keys + " " * (key_width - cell_len(keys)), self.style("strong")),
                Segment(text + padding),
                Segment(line.id if id_width else "", self.style("quiet")),
            ],
            *([Segment(" " * key_width + further)] for further in more),
        ]

    def on_resize(self) -> None:
        """Two lines for each where one is too short for a sentence."""
        self.row_height = 1 if self.size.width >= 100 else 2
        self.renew()


class Help(ModalScreen[None]):
    """The help over the paper."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1", "close", "close"),
        Binding("down", "scroll(1)", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(20)", show=False),
        Binding("pageup", "scroll(-20)", show=False),
    ]
    DEFAULT_CSS = """
    Help { align: center middle; background: $paper 60%; }
    Help > Vertical {
        width: 110; max-width: 100%; height: 90%; background: $paper; border: round $muted; padding: 0 1;
        border-title-color: $accent; border-subtitle-color: $muted;
    }
    Help Input { margin: 0 0 1 0; }
    """

    help_list = query_one(HelpList)

    def __init__(self, keymap: Keymap, marks: Mapping[str, str]) -> None:
        super().__init__()
        self._keymap, self._marks = keymap, marks

    def compose(self) -> ComposeResult:
        """A line to type in, and the list."""
        with Vertical() as box:
            box.border_title = Content("Keys")
            box.border_subtitle = Content("type to search · ↑ ↓ · Esc closes")
            yield Input(placeholder="Search the keys")
            yield HelpList()

    def on_mount(self) -> None:
        """Everything at first."""
        self.help_list.show(help_lines(self._keymap, self._marks))

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """Only what is sought."""
        if event.value == "?":
            event.input.value = ""
            return
        self.help_list.show(help_lines(self._keymap, self._marks, event.value))

    def action_scroll(self, lines: int) -> None:
        """Move through the list while the line has the focus."""
        self.help_list.scroll_to(y=self.help_list.scroll_offset.y + lines, animate=False, force=True)

    def action_close(self) -> None:
        """Back to the paper."""
        self.dismiss()
