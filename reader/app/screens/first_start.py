"""The first day: the catalogue, the sample edition, an address of one's own. Nothing is asked of the network before.

The catalogue can be come back to later; what is followed by then is told, and cannot be picked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.getters import query_one
from textual.screen import Screen
from textual.widgets import Static

from reader.app import keymap, wording
from reader.app.keymap import Keymap
from reader.app.widgets.masthead import Masthead, RefreshLine
from reader.app.widgets.rows import Rows
from reader.app.widgets.status_line import StatusLine
from reader.catalogue import CatalogueEntry, CatalogueGroup, catalogue
from reader.errors import ReaderError
from reader.model import Candidate
from reader.text import EMPTY, counted, host_of, url_key

if TYPE_CHECKING:
    from reader.library import Library

AT_ONCE = 4
"""Publications that are asked at the same time."""


class Line(Struct, frozen=True):
    """A row: a group's name, a publication, or a space."""

    heading: str = ""
    entry: CatalogueEntry | None = None


def catalogue_lines(groups: tuple[CatalogueGroup, ...]) -> tuple[Line, ...]:
    """The groups one after the other, a space between them."""
    lines: list[Line] = []
    for group in groups:
        lines += [Line(), Line(heading=group.name), *(Line(entry=entry) for entry in group.entries)]
    return tuple(lines[1:])


class CatalogueList(Rows):
    """The publications, with a mark before those that are picked."""

    DEFAULT_CSS = """
    CatalogueList { height: 1fr; margin: 0 2; }
    """

    def __init__(self, marks: Mapping[str, str]) -> None:
        super().__init__()
        self.marks = marks
        self.cursor_mark = marks["cursor"]
        self.lines = catalogue_lines(catalogue())
        self.picked: set[str] = set()
        self.followed: frozenset[str] = frozenset()
        """The addresses of the sources that there are, in the form in which they are compared."""

    def __len__(self) -> int:
        return len(self.lines)

    def is_stop(self, index: int) -> bool:
        """Only publications can be picked."""
        return 0 <= index < len(self.lines) and self.lines[index].entry is not None

    def is_followed(self, entry: CatalogueEntry) -> bool:
        """Whether this publication is a source already."""
        return bool(self.followed) and url_key(entry.url) in self.followed

    def lay_out(self, index: int, width: int) -> list[list[Segment]]:
        """A box, the name, the host; no box for what is followed."""
        line = self.lines[index]
        if line.entry is None:
            return [[Segment(f" {line.heading}", self.style("accent", "strong"))]]
        entry = line.entry
        is_picked = entry.url in self.picked
        box = f"  [{self.marks['picked'] if is_picked else ' '}] "
        host = host_of(entry.url)
        if self.is_followed(entry):
            box, host = " " * len(box), "you follow it"
        room = width - 6
        title = wording.fit(entry.title, room)
        left = room - cell_len(title) - 2
        return [
            [
                Segment(box, self.style("accent") if is_picked else self.style("quiet")),
                Segment(title, self.style("strong") if is_picked else Style.null()),
                Segment(f"  {wording.fit(host, left)}" if left > 8 else "", self.style("quiet")),
            ]
        ]

    def pick(self) -> None:
        """Pick the publication under the cursor, or leave it, and go on to the next."""
        if not self.is_stop(self.cursor) or (entry := self.lines[self.cursor].entry) is None or self.is_followed(entry):
            return
        self.picked ^= {entry.url}
        self.renew([self.cursor])
        if self.is_stop(self.cursor + 1):
            self.cursor += 1


class FirstStart(Screen[bool]):
    """What to read; True when something is followed now."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("first_start")]
    AUTO_FOCUS = "CatalogueList"
    DEFAULT_CSS = """
    FirstStart { background: $paper; layout: vertical; }
    FirstStart #welcome { margin: 1 3; height: auto; }
    """

    publications = query_one(CatalogueList)
    status = query_one(StatusLine)

    def __init__(self, library: Library, keys: Keymap, marks: Mapping[str, str], clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.library, self.keys, self.marks, self.clock = library, keys, marks, clock
        self._busy = False

    def compose(self) -> ComposeResult:
        """A welcome, the publications, the keys."""
        yield Masthead()
        yield RefreshLine(self.marks)
        yield Static(id="welcome")
        yield CatalogueList(self.marks)
        yield StatusLine(self.keys)

    def welcome(self) -> Content:
        """What can be done, in a few lines of at most 54 cells."""
        key = self.keys.shown
        first_day = not self.publications.followed
        return Content.assemble(
            ("A newspaper of your own" if first_day else "The catalogue", "bold"), "\n",
            (key("catalogue.pick"), "bold"), " picks, ", (key("catalogue.subscribe"), "bold"),
            " follows what you picked.\n",
            (key("catalogue.sample"), "bold"), "  the sample edition, at once and without a network\n",
            (key("catalogue.add"), "bold"), "  any news site or feed, by its address",
            ("\nFrom another reader:  broadsheet import FILE"
             "\nFreshRSS, Miniflux:   [sync] in the config (README)" if first_day else "", "$muted"),
        )  # fmt: skip

    def on_mount(self) -> None:
        """Begin at the first publication."""
        self.query_one(Masthead).now = self.clock()
        self.status.commands = (
            "catalogue.pick", "catalogue.subscribe", "catalogue.sample", "catalogue.add", "catalogue.back"
        )  # fmt: skip
        self.watch(self.app, "pending", self.show_pending)
        with suppress(ReaderError):  # then none is known to be followed
            sources = (row.subscription for row in self.library.sources())
            self.publications.followed = frozenset(url_key(source.url) for source in sources)
        self.query_one(Masthead).news = "Catalogue" if self.publications.followed else "First edition"
        self.query_one("#welcome", Static).update(self.welcome())
        self.publications.move_to(0)

    def show_pending(self, prefix: str) -> None:
        """The beginning of a sequence of keys."""
        self.status.pending = keymap.shown_key(prefix) if prefix else ""

    @on(Rows.Chosen)
    def action_pick(self) -> None:
        """Pick, or leave; a click does it too."""
        here = self.publications.lines[self.publications.cursor].entry
        self.publications.pick()
        if here and self.publications.is_followed(here):
            self.status.said = f"You follow {here.title} already."
            return
        picked = len(self.publications.picked)
        chosen = counted(picked, "publication")
        self.status.said = f"{chosen} picked. {self.keys.shown('catalogue.subscribe')} follows." if picked else ""

    def action_subscribe(self) -> None:
        """Follow what is picked; without a pick, the one under the cursor."""
        chosen = [line.entry for line in self.publications.lines if line.entry]
        picked = [entry for entry in chosen if entry.url in self.publications.picked]
        here = self.publications.lines[self.publications.cursor].entry
        if self._busy:
            return
        if not picked and here and self.publications.is_followed(here):
            self.status.said = f"You follow {here.title} already."
        elif picked or here:
            self.follow(picked or [here])

    @work(group="follow")
    async def follow(self, entries: list[CatalogueEntry]) -> None:
        """Subscribe to these, a few at a time; those that do not answer stay and are asked again later."""
        self._busy = True
        at_once, done = asyncio.Semaphore(AT_ONCE), 0
        failed: list[str] = []

        async def one(entry: CatalogueEntry) -> None:
            nonlocal done
            candidate = Candidate("feed", entry.url, entry.title, 0, EMPTY)
            async with at_once:
                try:
                    _, outcome = await self.library.subscribe(candidate, section=entry.section)
                except ReaderError:
                    failed.append(entry.title)
                else:
                    if outcome.error:
                        failed.append(entry.title)
            done += 1
            self.status.said = f"{done} of {len(entries)} …"

        self.status.said = f"Fetching {counted(len(entries), 'publication')} …"
        await asyncio.gather(*(one(entry) for entry in entries))
        self._busy = False
        if failed:
            does, they = ("does", "It is") if len(failed) == 1 else ("do", "They are")
            self.notify(f"{wording.listed(failed)} {does} not answer now. {they} asked again later.", markup=False)
        self.dismiss(True)

    @work(group="follow")
    async def action_sample(self) -> None:
        """The sample edition."""
        if self._busy:
            return
        self._busy = True
        self.status.said = "Laying out the sample edition …"
        try:
            await self.library.subscribe_sample()
        except ReaderError as error:
            self.status.said = str(error)
            return
        finally:
            self._busy = False
        self.dismiss(True)

    def action_add(self) -> None:
        """An address of the reader's own."""
        from reader.app.screens.add_source import AddSource

        self.app.push_screen(AddSource(self.library), self.leave_with)

    def leave_with(self, is_added: bool | None) -> None:
        """Go to the paper when there is something to read."""
        if is_added:
            self.dismiss(True)

    def action_back(self) -> None:
        """To the paper, empty as it is."""
        self.dismiss(False)
