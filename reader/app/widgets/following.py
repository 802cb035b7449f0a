"""What may follow the keys that were pressed, in a small panel over the line at the bottom."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from reader.app.keymap import shown_key


class Following(Widget):
    """Keys and their words in columns, as many as there is room for."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Following {
        layer: following; overlay: screen; dock: bottom; margin: 0 0 1 0; padding: 0 1; width: 100%; height: auto;
        background: $band; color: $ink;
    }
    """

    def __init__(self, following: Mapping[str, str]) -> None:
        """`following` is what each next key does, in two or three words."""
        super().__init__()
        self._pairs = [(shown_key(key), words) for key, words in following.items()]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 (Textual's)
        """As many lines as the columns need."""
        return self._lines(width)

    def _cell(self) -> tuple[int, int]:
        """Widths of the widest key and of the widest pair, with the blanks after them."""
        key = max((cell_len(key) for key, _ in self._pairs), default=0) + 1
        return key, key + max((cell_len(words) for _, words in self._pairs), default=0) + 2

    def _lines(self, width: int) -> int:
        columns = max(1, width // self._cell()[1])
        return -(-len(self._pairs) // columns)

    def render(self) -> Content:
        """Down the columns, as one reads a list."""
        key_width, cell_width = self._cell()
        lines = max(1, self._lines(self.content_size.width))
        rows = []
        for first in range(lines):
            parts: list[str | Content | tuple[str, str]] = []
            for key, words in self._pairs[first::lines]:
                room = cell_width - key_width - cell_len(words)
                parts += [(key.ljust(key_width), "bold"), words + " " * room]
            rows.append(Content.assemble(*parts))
        return Content("\n").join(rows)
