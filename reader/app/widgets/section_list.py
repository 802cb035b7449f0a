"""The sections of the paper, with their counts; a section opens to its sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive

from reader.app import keymap, wording
from reader.app.listing import Listing
from reader.app.section_rows import SectionRow
from reader.app.widgets.rows import Rows


class SectionList(Rows):
    """Standing rows, saved searches, sections, sources; reports which section is to be opened or closed."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("sections")]
    DEFAULT_CSS = """
    SectionList { background: $paper; padding: 1 1 0 1; &:blur > .rows--cursor { background: $paper; } }
    """

    current: reactive[Listing | None] = reactive(None, repaint=False)
    """The list that is on the table."""

    class Folded(Message):
        """A section is to be opened to its sources, or closed."""

        def __init__(self, section: str, unfolded: bool) -> None:
            super().__init__()
            self.section, self.unfolded = section, unfolded

    class Entered(Message):
        """The reader goes on to the stories of the selected row."""

    class Left(Message):
        """The reader goes back, out of the sections."""

    def __init__(self, marks: Mapping[str, str], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.marks = marks
        self.cursor_mark = marks["cursor"]
        self.rows: tuple[SectionRow, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def is_stop(self, index: int) -> bool:
        """The spaces between the groups are no stops."""
        return 0 <= index < len(self.rows) and self.rows[index].listing is not None

    def set_rows(self, rows: Sequence[SectionRow]) -> None:
        """Show the sections as they are now; the cursor stays on its row."""
        before, selected = self.rows, self.selected
        self.rows = tuple(rows)
        places = [at for at, row in enumerate(rows) if selected and row.is_for(selected.listing)]
        at = places[0] if places else min(self.cursor, max(0, len(rows) - 1))
        if len(before) == len(rows) and at == self.cursor:
            self.renew([at for at, row in enumerate(rows) if row != before[at]])
        else:
            self.set_reactive(Rows.cursor, at)
            self.renew()

    @property
    def selected(self) -> SectionRow | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.is_stop(self.cursor) else None

    def stops(self) -> list[int]:
        """The places of the rows that can be chosen and lie in no section."""
        return [at for at, row in enumerate(self.rows) if row.listing and not row.depth]

    def watch_current(self, before: Listing | None, after: Listing | None) -> None:
        """Move the mark of the list on the table."""
        self.renew([at for at, row in enumerate(self.rows) if row.is_for(before) or row.is_for(after)])

    def select(self, listing: Listing) -> None:
        """Put the cursor on a list's row, or on the nearest section in sight that it lies in."""
        if places := [at for at, row in enumerate(self.rows) if row.holds(listing)]:
            self.cursor = places[-1]

    def lay_out(self, index: int, width: int) -> list[list[Segment]]:
        """Mark, label, count at the right."""
        row = self.rows[index]
        if row.listing is None:
            return [[Segment(f"   {row.label}", self.style("quiet"))] if row.label else []]
        is_current = row.is_for(self.current)
        accent, quiet = self.style("accent"), self.style("quiet")
        mark = self.marks["current"] if is_current else " "
        fold = " "
        if row.section is not None:
            fold = self.marks["unfolded" if row.unfolded else "folded"]
        count = f"{row.count:,}{'+' if row.more else ''}" if row.count else ""
        failing = f"{self.marks['failing']} " if row.failing else ""
        indent = " " * (2 * row.depth)
        room = width - 3 - len(indent) - cell_len(failing) - (len(count) + 1 if count else 0)
        label = wording.fit_path(row.label, max(1, room)) if row.section else wording.fit(row.label, max(1, room))
        filling = " " * max(0, room - cell_len(label))
        tone = self.style("strong") if is_current else quiet if not row.count else Style.null()
        return [
            [
                Segment(mark, accent),
                Segment(f"{indent}{fold} ", quiet),
                Segment(failing, accent),
                Segment(label, tone),
                Segment(f"{filling} {count}" if count else "", quiet),
            ]
        ]

    def action_unfold(self) -> None:
        """Open the section; one that is open already is gone on into."""
        row = self.selected
        if row and row.section is not None and not row.unfolded:
            self.post_message(self.Folded(row.section, unfolded=True))
        elif row:
            self.post_message(self.Entered())

    def action_fold(self) -> None:
        """Close the section; from what is closed or a source, go to the section that it lies in; else leave."""
        row = self.selected
        if row and row.unfolded and row.section is not None:
            self.post_message(self.Folded(row.section, unfolded=False))
        elif row and row.depth:
            above = [at for at in range(self.cursor) if self.rows[at].depth < row.depth]
            self.cursor = above[-1]
        else:
            self.post_message(self.Left())
