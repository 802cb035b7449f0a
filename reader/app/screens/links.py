"""The links of a story, each with the address that it really leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from msgspec import Struct
from rich.cells import cell_len
from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.getters import query_one
from textual.screen import ModalScreen
from textual.widgets import Static

from reader.app import keymap, launcher, wording
from reader.app.keymap import Keymap
from reader.app.widgets.label_line import Use
from reader.app.widgets.rows import Rows
from reader.app.widgets.status_line import StatusLine
from reader.text import counted
from reader.typeset import Link

AROUND = 9
"""Lines of the dialog, and around it, that are not the list's."""


class Picked(Struct, frozen=True):
    """What the reader wants of a link."""

    link: Link
    use: Use


class LinkRows(Rows):
    """Number, words, and under them the address; the whole address of the selected one is shown by the screen."""

    DEFAULT_CSS = """
    LinkRows { height: 1fr; }
    """
    row_height = 3
    gap = 1

    def __init__(self, links: Sequence[Link], marks: Mapping[str, str]) -> None:
        super().__init__()
        self.links, self.marks = tuple(links), marks
        self.cursor_mark = marks["cursor"]

    def __len__(self) -> int:
        return len(self.links)

    @property
    def selected(self) -> Link:
        """The link under the cursor; a list without any is never shown."""
        return self.links[self.cursor]

    def lay_out(self, index: int, width: int) -> list[list[Segment]]:
        """Two lines; a mark where words and address disagree."""
        link = self.links[index]
        quiet, accent = self.style("quiet"), self.style("accent")
        number = f"{link.number:>4} "
        room = max(1, width - cell_len(number) - 2)
        warns = launcher.disagree(link.text, link.url)
        warning = f"{self.marks['failing']} " if warns else ""
        address = wording.fit(f"{warning}{link.url}", room)
        return [
            [Segment(number, quiet), Segment(wording.fit(link.text or link.url, room), self.style("strong"))],
            [Segment(" " * len(number)), Segment(address, accent if warns else quiet)],
        ]


class LinkList(ModalScreen[Picked | None]):
    """The list over the paper; returns what is wanted of which link."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("links")]
    DEFAULT_CSS = """
    LinkList { align: center middle; background: $paper 60%; }
    LinkList > Vertical {
        width: 100; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $paper; border: round $muted; border-title-color: $accent;
    }
    LinkList #address { height: auto; max-height: 5; padding: 0 1; border-top: solid $rule; }
    """

    rows = query_one(LinkRows)
    address = query_one("#address", Static)

    def __init__(self, links: Sequence[Link], marks: Mapping[str, str], keys: Keymap) -> None:
        super().__init__()
        self._links, self._marks, self._keys = links, marks, keys

    def compose(self) -> ComposeResult:
        """The links, the whole address of the selected one, the keys."""
        with Vertical() as box:
            box.border_title = Content(counted(len(self._links), "link"))
            yield LinkRows(self._links, self._marks)
            yield Static(id="address")
            yield StatusLine(self._keys, ())

    def on_mount(self) -> None:
        """Start with the first."""
        self.query_one(StatusLine).commands = ("links.open", "links.copy", "links.subscribe", "links.back")
        self.rows.focus()
        self.show_address()

    def on_resize(self, event: events.Resize) -> None:
        """As high as the links need, or as the screen allows."""
        self.rows.styles.height = max(2, min(len(self.rows) * LinkRows.row_height, event.size.height - AROUND))

    @on(Rows.Selected)
    def show_address(self) -> None:
        """In full, as it is asked for; and in words where it is not what it looks like."""
        link = self.rows.selected
        parts: list[str | tuple[str, str]] = [link.url]
        if launcher.disagree(link.text, link.url):
            parts.append((f"\nThis leads to {launcher.shown_host(link.url)}, whatever its words look like.", "$accent"))
        self.address.update(Content.assemble(*parts))

    @on(Rows.Chosen)
    def action_open(self) -> None:
        """Open it."""
        self.dismiss(Picked(self.rows.selected, "open"))

    def action_copy(self) -> None:
        """Copy its address."""
        self.dismiss(Picked(self.rows.selected, "copy"))

    def action_subscribe(self) -> None:
        """Follow it."""
        self.dismiss(Picked(self.rows.selected, "subscribe"))

    def action_back(self) -> None:
        """Nothing."""
        self.dismiss(None)
