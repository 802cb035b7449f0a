"""The sources and how they are doing: when each was read, what it gave, and why it failed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.getters import query_one
from textual.screen import Screen
from textual.widgets import Static

from reader.app import keymap, wording
from reader.app.listing import Listing
from reader.app.refreshing import NewsArrived, RefreshWanted
from reader.app.section_rows import NO_SECTION
from reader.app.widgets.masthead import Masthead, Progress, RefreshLine
from reader.app.widgets.rows import Rows
from reader.app.widgets.status_line import StatusLine
from reader.errors import ReaderError
from reader.model import SourceRow, StoryFilter
from reader.remote import KIND
from reader.text import counted, safe_text

if TYPE_CHECKING:
    from reader.app.screens.front_page import FrontPage


class Column(Struct, frozen=True):
    """A column of the table."""

    title: str
    width: int
    """Cells; 0 takes what is left."""
    least: int
    """Shown from so many cells on."""
    right: bool = False


GAP = 2
"""Cells between columns."""
COLUMNS = (
    Column("Source", 0, 0),
    Column("Section", 16, 70),
    Column("Kind", 8, 100),
    Column("Stories", 8, 50, right=True),
    Column("Unread", 7, 36, right=True),
    Column("Last read", 18, 84),
    Column("Next look", 18, 110),
)


def cells(row: SourceRow, now: datetime) -> tuple[str, ...]:
    """What stands in each column."""
    source, health = row.subscription, row.subscription.health
    due = "never again" if health.gone else "now" if not health.next_due_at else _coming(health.next_due_at, now)
    return (
        source.title,
        source.section or "as published",
        source.kind,
        f"{row.counts.stories:,}",
        f"{row.counts.unread:,}" if row.counts.unread else "",
        wording.looked_at(health.last_ok_at, now),
        due,
    )


def _coming(due: datetime, now: datetime) -> str:
    if due <= now:
        return "now"
    here = wording.local(due)
    if here.date() == wording.local(now).date():
        return wording.clock(due)
    return f"{here.strftime('%A')}, {wording.clock(due)}"


def in_full(row: SourceRow, now: datetime) -> list[tuple[str, str]]:
    """All there is to say about a source, as label and value."""
    source, health = row.subscription, row.subscription.health
    facts: list[tuple[str, str]] = [("Address", source.url)]
    if source.kind == KIND:
        facts.append(("Followed by", "your sync server"))
    if source.home_url and source.home_url != source.url:
        facts.append(("Home page", source.home_url))
    if health.error:
        since = f" ({counted(health.failures, 'time')} in a row)" if health.failures > 1 else ""
        facts.append(("Error", f"{wording.sentence(health.error)}{since}"))
        facts.append(("Last read", wording.looked_at(health.last_ok_at, now)))
    if health.gone:
        facts.append(("Gone", "Its publisher says that it is no more; it is not asked again."))
    return facts


class SourceTable(Rows):
    """One line for each source."""

    DEFAULT_CSS = """
    SourceTable { height: 1fr; }
    """

    def __init__(self, marks: Mapping[str, str]) -> None:
        super().__init__(id="table")
        self.marks = marks
        self.cursor_mark = marks["cursor"]
        self.sources: tuple[SourceRow, ...] = ()
        self.now = datetime.now(UTC)

    def __len__(self) -> int:
        return len(self.sources)

    def set_sources(self, sources: Sequence[SourceRow], now: datetime) -> None:
        """Show the sources as they are now; the cursor stays on its source."""
        selected = self.selected
        self.sources, self.now = tuple(sources), now
        ids = [row.subscription.id for row in sources]
        at = ids.index(selected.subscription.id) if selected and selected.subscription.id in ids else self.cursor
        self.set_reactive(Rows.cursor, max(0, min(at, len(sources) - 1)))
        self.renew()

    @property
    def selected(self) -> SourceRow | None:
        """The source under the cursor."""
        return self.sources[self.cursor] if self.cursor < len(self.sources) else None

    def lay_out(self, index: int, width: int) -> list[list[Segment]]:
        """Mark and columns."""
        row = self.sources[index]
        failing = bool(row.subscription.health.error)
        mark = Segment(f" {self.marks['failing'] if failing else ' '} ", self.style("accent"))
        return [[mark, *self.columns(cells(row, self.now), width - 3)]]

    def columns(self, texts: Sequence[str], width: int, tone: Style | None = None) -> list[Segment]:
        """Texts in the columns that there is room for."""
        shown = [(column, text) for column, text in zip(COLUMNS, texts, strict=True) if width >= column.least]
        left = width - sum(column.width + GAP for column, _ in shown if column.width)
        segments = []
        for column, text in shown:
            room = column.width or max(1, left - GAP)
            written = wording.fit(text, room)
            padding = " " * (room - cell_len(written))
            style = tone if tone is not None else Style.null() if not column.width else self.style("quiet")
            segments.append(Segment((padding + written if column.right else written + padding) + " " * GAP, style))
        return segments


class TableHead(Static):
    """The columns' titles, over the table."""

    DEFAULT_CSS = """
    TableHead { height: 1; color: $muted; }
    """

    def __init__(self, table: SourceTable) -> None:
        super().__init__()
        self._table = table

    def render(self) -> Content:
        """As the rows are laid out."""
        segments = self._table.columns([column.title for column in COLUMNS], self.size.width - 4, Style.null())
        return Content("   " + "".join(segment.text for segment in segments))


class Sources(Screen[None]):
    """The sources screen."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("sources")]
    DEFAULT_CSS = """
    Sources { background: $paper; layout: vertical; }
    Sources #details { height: auto; max-height: 9; border-top: solid $rule; padding: 0 3 1 3; }
    Sources.-wide-details #details { max-height: 60%; border-top: heavy $muted; }
    """

    table = query_one(SourceTable)
    details = query_one("#details", VerticalScroll)
    status = query_one(StatusLine)

    def __init__(self, paper: FrontPage, select: int | None = None) -> None:
        super().__init__()
        self.paper = paper
        self.library, self.keys, self.marks, self.clock = paper.library, paper.keys, paper.marks, paper.clock
        self._select = select
        """The source to begin with."""

    def compose(self) -> ComposeResult:
        """Masthead, table, the selected source in full, status line."""
        table = SourceTable(self.marks)
        yield Masthead()
        yield RefreshLine(self.marks)
        yield TableHead(table)
        yield table
        with VerticalScroll(id="details", can_focus=False):
            yield Static(id="facts")
        yield StatusLine(self.keys)

    def on_mount(self) -> None:
        """Have it filled."""
        self.query_one(Masthead).now = self.clock()
        self.query_one(Masthead).news = "Sources"
        self.status.commands = (
            "sources.add", "sources.refresh", "sources.edit", "sources.remove", "sources.stories", "sources.details",
            "sources.back",
        )  # fmt: skip
        self.table.focus()
        self.watch(self.app, "progress", self.show_progress)
        self.watch(self.app, "pending", self.show_pending)
        self.load()

    def show_progress(self, progress: Progress) -> None:
        """How far a refresh is."""
        self.query_one(RefreshLine).progress = self.query_one(Masthead).progress = progress

    def show_pending(self, prefix: str) -> None:
        """The beginning of a sequence of keys."""
        self.status.pending = keymap.shown_key(prefix) if prefix else ""

    @work(exclusive=True, group="sources")
    async def load(self) -> None:
        """Read the sources."""
        try:
            sources = await asyncio.to_thread(self.library.sources)
        except ReaderError as error:
            self.notify(str(error), markup=False)
            return
        self.table.set_sources(sources, self.clock())
        if self._select is not None:
            places = [at for at, row in enumerate(sources) if row.subscription.id == self._select]
            self.table.move_to(places[0] if places else 0)
            self._select = None
        failing = sum(bool(row.subscription.health.error) for row in sources)
        news = counted(len(sources), "source")
        self.query_one(Masthead).news = f"{news}, {failing} failing" if failing else news
        self.show_details()

    @on(NewsArrived)
    def news_arrived(self) -> None:
        """Health and counts have changed."""
        self.load()

    @on(Rows.Selected)
    def show_details(self) -> None:
        """The selected source in full, under the table."""
        row = self.table.selected
        facts = self.query_one("#facts", Static)
        if row is None:
            facts.update(Content(f"You follow no sources yet. {self.keys.shown('sources.add')} adds one."))
            return
        parts: list[str | tuple[str, str]] = [(row.subscription.title, "bold")]
        for label, value in in_full(row, self.clock()):
            parts += ["\n", (f"{label}  ", "$muted"), (value, "$accent" if label == "Error" else "")]
        facts.update(Content.assemble(*parts))

    def on_resize(self, event: events.Resize) -> None:
        """Small windows keep the table and give the details up until they are asked for."""
        self.details.display = event.size.height >= 16 or self.has_class("-wide-details")

    @on(Rows.Chosen)
    def clicked(self) -> None:
        """A click selects; the details follow."""
        self.show_details()

    def action_details(self) -> None:
        """More room for the details, or less."""
        self.toggle_class("-wide-details")
        self.details.display = self.size.height >= 16 or self.has_class("-wide-details")

    def action_refresh(self) -> None:
        """Look for news at the selected source."""
        if row := self.table.selected:
            self.app.post_message(RefreshWanted((row.subscription.id,)))

    def action_refresh_all(self) -> None:
        """Look for news everywhere."""
        self.app.post_message(RefreshWanted(everything=True))

    def action_add(self) -> None:
        """Add one."""
        from reader.app.screens.add_source import AddSource

        self.app.push_screen(AddSource(self.library), lambda is_added: self._changed() if is_added else None)

    @work(group="change")
    async def action_edit(self) -> None:
        """Another title, another section."""
        from reader.app.widgets.dialogs import AskLines

        row = self.table.selected
        if row is None:
            return
        source = row.subscription
        sections = sorted({row.subscription.section for row in self.table.sources if row.subscription.section})
        answer = await self.app.push_screen_wait(
            AskLines(
                "Title and section",
                (
                    ("Title (empty: the publisher's own)", source.title, ()),
                    ("Section (empty: as the publisher has it)", source.section, sections),
                ),
            )
        )
        if answer is None:
            return
        title, section = safe_text(answer[0], 120), safe_text(answer[1], 80)
        try:
            await asyncio.to_thread(
                self.library.edit_source,
                source.id,
                title=title if title != source.title else None,
                section=section if section != source.section else None,
            )
        except ReaderError as error:
            self.notify(str(error), markup=False)
        self._changed()

    @work(group="change")
    async def action_remove(self) -> None:
        """Stop following it, after a question."""
        from reader.app.widgets.dialogs import Confirm

        row = self.table.selected
        if row is None:
            return
        title, stories = row.subscription.title, counted(row.counts.stories, "story")
        question = Confirm("Remove a source", f"Stop following {title}?", f"It has {stories} here.", yes="remove")
        if not await self.app.push_screen_wait(question):
            return
        try:
            await asyncio.to_thread(self.library.remove_source, row.subscription.id)
        except ReaderError as error:
            self.notify(str(error), markup=False)
        else:
            back = f"{self.keys.shown('sources.undo')} takes it back."
            self.notify(f"You no longer follow {title}. {back}", markup=False)
        self._changed()

    @work(group="change")
    async def action_undo(self) -> None:
        """Take the last change back; the paper knows how, and says what it was."""
        await self.paper.marking.undo().wait()
        self.load()

    @work(group="change")
    async def action_redo(self) -> None:
        """Make it again."""
        await self.paper.marking.redo().wait()
        self.load()

    def _changed(self) -> None:
        """Tell every screen, this one too."""
        for screen in self.app.screen_stack:
            screen.post_message(NewsArrived())

    def action_stories(self) -> None:
        """Read what this source has."""
        if row := self.table.selected:
            source = row.subscription
            listing = Listing("stories", source.title or NO_SECTION, StoryFilter(source_id=source.id))
            self.app.call_later(self.paper.lists.go_to, listing)
            self.dismiss()

    def action_back(self) -> None:
        """Back from the details, and to the paper."""
        if self.has_class("-wide-details"):
            self.action_details()
        else:
            self.dismiss()
