"""The masthead: the paper's name, the date, what is new; and the rule under it that shows how far a refresh is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar

from msgspec import Struct
from rich.cells import cell_len
from rich.segment import Segment
from textual.content import Content
from textual.reactive import reactive
from textual.strip import Strip

from reader.app import wording
from reader.app.widgets.kept import Kept


class Progress(Struct, frozen=True):
    """How far a refresh is; the default is that none is running."""

    done: int = 0
    total: int = 0
    running: bool = False

    @property
    def words(self) -> str:
        """Beside the date while it runs; how many sources there are to look at is known a moment later."""
        return f"{self.done} of {self.total}" if self.total else "looking for news"


class Masthead(Kept):
    """One line: name, date, news."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Masthead { height: 1; color: $ink; background: $paper; }
    """

    now: reactive[datetime] = reactive(lambda: datetime.now(UTC))
    """The moment; the date is drawn from it."""
    news: reactive[str] = reactive("")
    """What stands at the right: `12 new · updated 7:42`."""
    progress: reactive[Progress] = reactive(Progress())

    def render(self) -> Content:
        """As much as there is room for; the date gives way first."""
        width = self.size.width
        name = "BROADSHEET"
        right = self.progress.words if self.progress.running else self.news
        right = wording.fit(right, max(0, width - len(name) - 4))
        room = width - len(name) - cell_len(right) - 10
        date = wording.today_line(self.now, room)
        gap = max(0, width - len(name) - cell_len(right) - cell_len(date) - 2)
        left = (width - cell_len(date)) // 2 - len(name) - 1
        before = left if 1 <= left <= gap - 3 else gap // 2
        before = before if date else gap
        return Content.assemble(
            (f" {name}", "bold $accent"), " " * before, date, " " * (gap - before), (f"{right} ", "$muted")
        )


class RefreshLine(Kept):
    """A rule that is always there; while a refresh runs, its part that is done is drawn heavier."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"refresh-line--done"}
    DEFAULT_CSS = """
    RefreshLine { height: 1; color: $rule; background: $paper; & > .refresh-line--done { color: $accent; } }
    """

    progress: reactive[Progress] = reactive(Progress())

    def __init__(self, marks: Mapping[str, str]) -> None:
        super().__init__()
        self._marks = marks

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 (there is only one)
        """The rule and the bar on it."""
        width = self.size.width
        progress = self.progress
        done = 0
        if progress.running:
            done = max(1, width * progress.done // progress.total) if progress.total else 1
        heavy = self.get_component_rich_style("refresh-line--done")
        return Strip(
            [Segment(self._marks["bar"] * done, heavy), Segment(self._marks["rule"] * (width - done), self.rich_style)],
            width,
        )
