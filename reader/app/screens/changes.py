"""What a publisher changed in a story: words that went and words that came, one change after another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.getters import query_one
from textual.screen import ModalScreen
from textual.widgets import Static

from reader.app import keymap, wording
from reader.app.keymap import Keymap
from reader.app.widgets.rows import Rows
from reader.app.widgets.status_line import StatusLine
from reader.compare import Fate, Passage, Version, compare
from reader.model import Revision, Story
from reader.text import counted
from reader.typeset.lines import EMPTY_LINE, Flow, Line, Look, Span, set_flow

MEASURE = 76
"""The widest line, in cells."""
_LOOKS = {Fate.STAYED: Look.PLAIN, Fate.WENT: Look.STRIKE | Look.MUTED, Fate.CAME: Look.BOLD | Look.ACCENT}
_BRACKETS = {Fate.STAYED: ("", ""), Fate.WENT: ("[-", "-]"), Fate.CAME: ("{+", "+}")}
_MARGINS = {Fate.STAYED: "  ", Fate.WENT: "- ", Fate.CAME: "+ ", None: "~ "}
"""What stands before each line of a passage, so that colour is not the only sign."""


def spans(versions: int, read: int | None) -> tuple[tuple[int, int], ...]:
    """Which versions are compared, by their places: each with the next, and at last the one that was read with the
    newest, where that is another step."""
    steps = tuple((at, at + 1) for at in range(versions - 1))
    return (*steps, (read, versions - 1)) if read is not None and read < versions - 2 else steps


def set_passages(passages: Sequence[Passage], width: int) -> Iterator[tuple[Line, bool]]:
    """The passages as lines, an empty one after each; and which of them begin a changed one."""
    for passage in passages:
        whole = passage.fate
        role = Look.HEADLINE if passage.role == "headline" else Look.ITALIC if passage.role == "dek" else Look.PLAIN
        pieces: list[Span] = []
        for text, fate in passage.pieces:
            before, after = _BRACKETS[fate] if whole is None else ("", "")
            core = text.strip()
            lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :] if core else ""
            pieces += [Span(lead, role), Span(f"{before}{core}{after}", role | _LOOKS[fate]), Span(trail, role)]
        lines, _ = set_flow(Flow([piece for piece in pieces if piece.text]), max(1, width - 2))
        for at, line in enumerate(lines):
            margin = Span(_MARGINS[whole], Look.ACCENT)
            yield Line((margin, *line.spans), line.start), not at and whole is not Fate.STAYED
        yield EMPTY_LINE, False


class ChangedText(Rows):
    """Lines of a comparison; the keys of a list scroll it."""

    DEFAULT_CSS = """
    ChangedText { height: 1fr; padding: 0 1; & > .rows--cursor { background: $paper; } }
    """
    cursor_mark = ""

    def __init__(self) -> None:
        super().__init__()
        self._passages: tuple[Passage, ...] = ()
        self._lines: list[Line] = []
        self.places: list[int] = []
        """The lines with which changed passages begin."""

    def __len__(self) -> int:
        return len(self._lines)

    def show(self, passages: Sequence[Passage]) -> None:
        """Show a comparison, from its first change on."""
        self._passages = tuple(passages)
        self._set()
        self.scroll_to(y=max(0, self.places[0] - 1) if self.places else 0, animate=False, force=True)

    def _set(self) -> None:
        told = list(set_passages(self._passages, min(MEASURE, max(1, self.size.width - 1))))
        self._lines = [line for line, _ in told]
        self.places = [at for at, (_, begins) in enumerate(told) if begins]
        self.renew()

    def on_resize(self) -> None:
        """Set it anew."""
        self._set()

    def go(self, step: int) -> None:
        """To the next or previous change."""
        here = self.scroll_offset.y + 1
        ahead = [at for at in self.places[::step] if (at - here) * step > 0]
        if ahead:
            self.scroll_to(y=max(0, ahead[0] - 1), animate=False, force=True)

    def move_to(self, index: int, towards: int = 1) -> bool:  # noqa: ARG002 (of Rows)
        """Scroll: there is no row to select here."""
        self.scroll_to(y=self.scroll_offset.y + index - self.cursor, animate=False, force=True)
        return True

    def show_row(self, index: int) -> None:
        """There is no cursor to keep in view."""

    def action_up(self) -> None:
        """A line up."""
        self.move_to(self.cursor - 1)

    def action_bottom(self) -> None:
        """To the end."""
        self.scroll_to(y=len(self), animate=False, force=True)

    def lay_out(self, index: int, width: int) -> list[list[Segment]]:  # noqa: ARG002 (of Rows)
        """One line."""
        return [[Segment(span.text, self._style_of(span.look)) for span in self._lines[index].spans]]

    def _style_of(self, look: Look) -> Style:
        names = {Look.MUTED: "quiet", Look.ACCENT: "accent", Look.HEADLINE: "strong"}
        style = self.style(*(name for flag, name in names.items() if look & flag))
        return style + Style(
            bold=True if look & Look.BOLD else None,
            italic=True if look & Look.ITALIC else None,
            strike=True if look & Look.STRIKE else None,
            underline=True if look & Look.BOLD else None,
        )


class Changes(ModalScreen[None]):
    """The comparison over the paper."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("changes")]
    DEFAULT_CSS = """
    Changes { align: center middle; background: $paper 60%; }
    Changes > Vertical {
        width: 84; max-width: 100%; height: 90%; background: $paper; border: round $muted; padding: 0 1;
        border-title-color: $accent; border-subtitle-color: $muted;
    }
    Changes #times { height: auto; max-height: 3; color: $muted; padding: 0 1; margin-bottom: 1; }
    """

    box = query_one(Vertical)
    text = query_one(ChangedText)
    times = query_one("#times", Static)

    def __init__(self, story: Story, revisions: Sequence[Revision], keys: Keymap, now: datetime) -> None:
        """`revisions` are the earlier versions, oldest first; at least one."""
        super().__init__()
        self._keys, self._now = keys, now
        self._versions = [
            *(Version(one.title, one.summary, one.markdown) for one in revisions),
            Version(story.title, story.summary, story.markdown),
        ]
        self._seen = [wording.when(one.seen_at, now) for one in revisions]
        self._read = max((at for at, one in enumerate(revisions) if one.read), default=None)
        self._spans = spans(len(self._versions), self._read)
        self._at = len(self._spans) - 1

    def compose(self) -> ComposeResult:
        """When, what, the keys."""
        with Vertical() as box:
            box.border_title = Content("What was changed")
            yield Static(id="times")
            yield ChangedText()
            yield StatusLine(self._keys, ())

    def on_mount(self) -> None:
        """Start with the last change."""
        self.query_one(StatusLine).commands = (
            "changes.next", "changes.older", "changes.newer", "changes.back", "changes.previous",
        )  # fmt: skip
        self.text.focus()
        self.show()

    @work(exclusive=True, group="compare")
    async def show(self) -> None:
        """Compare two versions, and say which."""
        first, last = self._spans[self._at]
        passages = await asyncio.to_thread(compare, self._versions[first], self._versions[last])
        pieces = [piece for passage in passages for piece in passage.pieces]
        went, came = (
            sum(len(piece.text.split()) for piece in pieces if piece.fate is fate) for fate in (Fate.WENT, Fate.CAME)
        )
        then = f"first seen {self._seen[last]}" if last < len(self._seen) else "that stands now"
        since = " · since you read it" if first == self._read else ""
        self.box.border_subtitle = Content(f"change {self._at + 1} of {len(self._spans)}{since}")
        words = f"[-{counted(went, 'word')} taken away-]  {{+{counted(came, 'word')} added+}}"
        self.times.update(Content(f"The text first seen {self._seen[first]}, beside the one {then}.\n{words}"))
        self.text.show(passages)

    def action_step(self, step: int) -> None:
        """To an earlier or a later change."""
        at = max(0, min(self._at + step, len(self._spans) - 1))
        if at != self._at:
            self._at = at
            self.show()

    def action_go(self, step: int) -> None:
        """To the next or the previous place that was changed."""
        self.text.go(step)

    def action_back(self) -> None:
        """Back to the paper."""
        self.dismiss()
