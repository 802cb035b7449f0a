"""The floor that the toolkit leaves us: three panes of ready-made lines, changed by `j` and `J`; themes by ctrl+p."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.theme import ThemeProvider
from textual.widgets import Static


class Rows(ScrollView, can_focus=True):
    """Ten thousand rows that cost nothing to make."""

    page = 0

    def on_mount(self) -> None:
        self.virtual_size = Size(60, 10_000)

    def render_line(self, y: int) -> Strip:
        text = f"ROW {self.page}.{y + self.scroll_offset.y} " + "lorem ipsum dolor sit amet " * 3
        return Strip([Segment(text)]).adjust_cell_length(self.size.width)


class Bare(App[None]):
    """Nothing but the toolkit."""

    CSS = "Static { width: 24; } #list { width: 32; } Rows { width: 1fr; }"
    BINDINGS: ClassVar = [("j", "down", "Down"), ("J", "next", "Next"), ("q", "quit", "Quit")]
    COMMANDS: ClassVar = {ThemeProvider}

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("Sections")
            yield Rows(id="text")
            yield Rows(id="list")

    def action_down(self) -> None:
        """One row down."""
        rows = self.query_one("#list", Rows)
        rows.page += 1
        rows.refresh()

    def action_next(self) -> None:
        """Another text, of ready-made lines."""
        text = self.query_one("#text", Rows)
        text.page += 1
        text.refresh()


if __name__ == "__main__":
    Bare().run()
