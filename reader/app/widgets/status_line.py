"""The line at the bottom: the most useful keys of the focused place, or a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive

from reader.app import wording
from reader.app.keymap import BY_ID, Keymap
from reader.app.widgets.kept import Kept


class StatusLine(Kept):
    """Keys and their words, as many as there is room for; the help's key always."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    StatusLine { height: 1; color: $muted; background: $paper; }
    """

    commands: reactive[tuple[str, ...]] = reactive(())
    """Ids of the commands to tell, the most useful first."""
    pending: reactive[str] = reactive("")
    """The number or the beginning of a sequence that was pressed; stands at the right end."""
    said: reactive[str] = reactive("")
    """A sentence that stands in place of the keys."""

    def __init__(self, keymap: Keymap, last: Sequence[str] = ("app.help", "app.palette")) -> None:
        super().__init__()
        self._keymap = keymap
        self._last = tuple(last)

    def render(self) -> Content:
        """One line."""
        pending = f" {self.pending} … " if self.pending else ""
        room = max(0, self.size.width - cell_len(pending))
        if self.said:
            line = Content.assemble((f" {wording.fit(self.said, room - 2)}", "$accent"))
        else:
            line = self._line(room, self._pairs(self.commands), self._pairs(self._last))
        return line.pad_right(max(0, room - line.cell_length)).append(Content.styled(pending, "bold $ink"))

    def has_room_for(self, sentence: str) -> bool:
        """Whether a sentence can be said here without losing its end; before the first frame, any can."""
        return not self.size.width or cell_len(sentence) <= self.size.width - 2

    def _pairs(self, ids: Sequence[str]) -> list[tuple[str, str]]:
        return [(self._keymap.shown(command), BY_ID[command].label) for command in ids]

    def _line(self, room: int, pairs: Sequence[tuple[str, str]], last: Sequence[tuple[str, str]]) -> Content:
        """The pairs that fit, and the last ones."""
        room -= 1
        kept_last = [pair for pair in last if _width(pair) <= room]
        while kept_last and sum(map(_width, kept_last)) > room:
            kept_last.pop()
        room -= sum(map(_width, kept_last))
        shown = []
        for pair in pairs:
            if _width(pair) <= room:
                shown.append(pair)
                room -= _width(pair)
        parts: list[str | tuple[str, str]] = [" "]
        for key, label in [*shown, *kept_last]:
            parts += [(key, "bold $ink"), f" {label}  " if label else "  "]
        return Content.assemble(*parts)


def _width(pair: tuple[str, str]) -> int:
    return cell_len(pair[0]) + cell_len(pair[1]) + (3 if pair[1] else 2)
