"""The keys in force, and what the marks mean in words; typing narrows it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
from reader.app.keymap import PLACES, Keymap, shown_key
from reader.app.widgets.rows import Rows

NO_BREAK = "\N{NO-BREAK SPACE}"


class Line(Struct, frozen=True):
    """A row of the help, as wide as it may be."""

    keys: tuple[str, ...] = ()
    text: str = ""
    id: str = ""
    heading: bool = False


def help_lines(keymap: Keymap, marks: Mapping[str, str], sought: str = "") -> tuple[Line, ...]:
    """All keys by place, then the marks; only what holds the sought words, if any."""
    words = sought.lower().split()

    def fits(line: Line) -> bool:
        hay = f"{' '.join(line.keys)} {line.text} {line.id}".lower()
        return all(word in hay for word in words)

    lines: list[Line] = []
    for place, heading in PLACES.items():
        group = []
        for command in (one for one in keymap.commands if one.place == place):
            number = "" if command in keymap.own else command.id.rpartition(".")[2]
            if number.isdecimal() and number != "1":
                continue
            keys = tuple(map(shown_key, keymap.keys[command.id]))
            text = command.help
            if number == "1":
                last = keymap.shown(command.id.replace(".1", ".9"))
                keys, text = (f"{keys[0]}-{last}",), text.replace("1 ", "n ").replace(" 1.", " n.")
            group.append(Line(keys, text, command.id))
        group = [line for line in group if fits(line)]
        if group:
            lines += [Line(), Line(text=heading, heading=True), *group]
    told = [Line((marks[name],), with_keys(said, keymap)) for name, said in wording.IN_WORDS.items()]
    told = [line for line in told if fits(line)]
    if told:
        lines += [Line(), Line(text="The marks", heading=True), *told]
    return tuple(lines[1:]) or (Line(text="No key does that."),)


def with_keys(said: str, keymap: Keymap) -> str:
    """Words of our own, with the keys in force in place of ids: `{source.errors} says why`."""
    return re.sub(r"\{([\w.]+)\}", lambda found: keymap.shown(found[1]), said)


class Row(Struct, frozen=True):
    """One line of the help on the screen."""

    keys: str = ""
    text: str = ""
    id: str = ""
    heading: bool = False


def set_in_rows(lines: Sequence[Line], width: int) -> list[Row]:
    """The lines at a width: keys at the left, words beside them, the id at the right where there is room, or beneath;
    nothing is cut."""
    longest = max((cell_len(key) for line in lines for key in line.keys), default=0)
    beside = max(longest, min(18, width // 4)) + 2
    ids = max((len(line.id) for line in lines), default=0) if width >= 90 else 0
    rows: list[Row] = []
    for line in lines:
        keys = wording.wrap("  ".join(key.replace(" ", NO_BREAK) for key in line.keys), beside - 2, 9)
        words = wording.wrap(line.text, width - (0 if line.heading else beside) - ids, 9)
        at_right = ids or (len(words) == 1 and cell_len(words[0]) + 2 + len(line.id) <= width - beside)
        if not at_right and line.id:
            words += wording.wrap(line.id, width - beside, 9)
        for at in range(max(1, len(keys), len(words))):
            key, said = (part[at] if at < len(part) else "" for part in (keys, words))
            its_id = line.id if not at and at_right else ""
            rows.append(Row(key.replace(NO_BREAK, " ").strip(), said, its_id, line.heading))
    return rows


class HelpList(Rows):
    """Keys, words and ids, drawn line by line."""

    DEFAULT_CSS = """
    HelpList { height: 1fr; & > .rows--cursor { background: $paper; } }
    """

    cursor_mark = ""

    def __init__(self) -> None:
        super().__init__()
        self.lines: tuple[Line, ...] = ()
        self._rows: list[Row] = []
        self._beside = 0

    def __len__(self) -> int:
        return len(self._rows)

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show other lines, from the top."""
        self.lines = lines
        self.on_resize()
        self.set_reactive(Rows.cursor, 0)
        self.scroll_to(y=0, animate=False, force=True)

    def lay_out(self, index: int, width: int) -> list[list[Segment]]:
        """One line."""
        row = self._rows[index]
        if row.heading:
            return [[Segment(row.text, self.style("accent", "strong"))]]
        beside = self._beside
        room = width - beside - cell_len(row.id)
        return [
            [
                Segment(row.keys + " " * (beside - cell_len(row.keys)), self.style("strong")),
                Segment(row.text + " " * (room - cell_len(row.text))),
                Segment(row.id, self.style("quiet")),
            ]
        ]

    def on_resize(self) -> None:
        """Set the lines at this width."""
        self._rows = set_in_rows(self.lines, self.size.width - 1)
        self._beside = max((cell_len(row.keys) for row in self._rows), default=0) + 2
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
            box.border_subtitle = Content("type to search · ↑ ↓ Space · Esc closes")
            yield Input(placeholder="Search the keys")
            yield HelpList()

    def on_mount(self) -> None:
        """Everything at first."""
        self.help_list.show(help_lines(self._keymap, self._marks))

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """Only what is sought; a blank alone is the next page, as in the paper."""
        if event.value in {"?", " "}:
            with self.prevent(Input.Changed):
                event.input.value = ""
            if event.value == " ":
                self.action_scroll(max(1, self.help_list.size.height - 1))
            return
        self.help_list.show(help_lines(self._keymap, self._marks, event.value))

    def action_scroll(self, lines: int) -> None:
        """Move through the list while the line has the focus."""
        self.help_list.scroll_to(y=self.help_list.scroll_offset.y + lines, animate=False, force=True)

    def action_close(self) -> None:
        """Back to the paper."""
        self.dismiss()
