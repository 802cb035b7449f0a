"""Adding a source by its address: look, choose what was found, follow it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.getters import query_one
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from reader.app import wording
from reader.app.widgets.rows import Rows
from reader.errors import ReaderError
from reader.model import Candidate, StoryFilter
from reader.text import counted, safe_text

if TYPE_CHECKING:
    from reader.library import Library

SHORT = 26
"""Lines of a screen on which the dialog has no room for empty ones."""


class Candidates(Rows):
    """What an address offers: a title, a sentence, and its own address."""

    DEFAULT_CSS = """
    Candidates { height: auto; min-height: 0; }
    """
    row_height = 3
    at_most = 3
    """How many are in view at once."""

    def __init__(self) -> None:
        super().__init__()
        self.candidates: tuple[Candidate, ...] = ()

    def __len__(self) -> int:
        return len(self.candidates)

    def show(self, candidates: Sequence[Candidate]) -> None:
        """Show what was found."""
        self.candidates = tuple(candidates)
        self.styles.height = self.row_height * min(self.at_most, len(candidates))
        self.set_reactive(Rows.cursor, 0)
        self.renew()

    def lay_out(self, index: int, width: int) -> list[list[Segment]]:
        """Title, what it is, and its address, which is what the reader agrees to."""
        found = self.candidates[index]
        room = max(1, width - 4)
        return [
            [Segment("  "), Segment(wording.fit(found.title or found.url, room), self.style("strong"))],
            [Segment("  "), Segment(wording.fit(found.says, room), self.style("quiet"))],
            [Segment("  "), Segment(wording.fit(found.url, room), self.style("quiet"))],
        ]


class AddSource(ModalScreen[bool]):
    """The dialog; True when a source was added."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel"),
        Binding("enter", "enter", "follow", show=False),
        Binding("down", "app.focus_next", show=False),
    ]
    DEFAULT_CSS = """
    AddSource { align: center middle; background: $paper 60%; }
    AddSource > Vertical {
        width: 84; max-width: 100%; height: auto; max-height: 100%; padding: 1 2; background: $paper;
        border: round $muted; border-title-color: $accent; overflow-y: auto;
    }
    AddSource Input { margin-bottom: 1; }
    AddSource .dialog-label, AddSource #keys { color: $muted; }
    AddSource #says, AddSource Candidates { margin-bottom: 1; }
    AddSource.-short > Vertical { padding: 0 2; }
    AddSource.-short Input, AddSource.-short Candidates, AddSource.-short #says { margin-bottom: 0; }
    """

    address = query_one("#address", Input)
    section = query_one("#section", Input)
    given_title = query_one("#title", Input)
    says = query_one("#says", Static)
    found = query_one(Candidates)

    def __init__(self, library: Library, address: str = "") -> None:
        """An `address` that the reader did not type is only written down: Enter says that it is meant."""
        super().__init__()
        self._address = address
        self._library = library
        self._looked_at = ""
        self._busy = False

    def compose(self) -> ComposeResult:
        """Three lines, what is found, a sentence, the keys."""
        with Vertical() as box:
            box.border_title = Content("Add a source")
            yield Static("Address of a news site, a section or a feed", classes="dialog-label")
            yield Input(self._address, placeholder="https://", id="address", select_on_focus=False)
            yield Static("Section (empty: as the publisher has it)", classes="dialog-label")
            yield Input(id="section")
            yield Static("Title (empty: the publisher's own)", classes="dialog-label")
            yield Input(id="title")
            yield Candidates()
            yield Static("", id="says")
            yield Static(
                Content.assemble(
                    ("Enter", "bold $ink"), " look, then follow   ", ("Tab ↓", "bold $ink"), " next   ",
                    ("Esc", "bold $ink"), " cancel",
                ),
                id="keys",
            )  # fmt: skip

    def on_resize(self, event: events.Resize) -> None:
        """Without empty lines where they would push the rest out of sight."""
        is_short = event.size.height < SHORT
        self.set_class(is_short, "-short")
        self.found.at_most = 1 if is_short else 3
        self.found.show(self.found.candidates)

    def on_mount(self) -> None:
        """Write the address first."""
        self.found.display = False
        self.address.focus()
        self.load_sections()

    @work(group="sections")
    async def load_sections(self) -> None:
        """Suggest the sections there are."""
        self.section.suggester = SuggestFromList(await known_sections(self._library), case_sensitive=False)

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Look at the address; what was looked at already is followed."""
        self.action_enter()

    @on(Rows.Chosen)
    def clicked(self) -> None:
        """A click follows it."""
        self.action_enter()

    def action_enter(self) -> None:
        """Look, or follow."""
        written = self.address.value.strip()
        if self._busy or not written:
            self.tell("" if self._busy else "Write the address of a site first, such as example.org.")
        elif written != self._looked_at or not self.found.candidates:
            self.look(written)
        else:
            self.follow(self.found.candidates[self.found.cursor])

    def tell(self, sentence: str) -> None:
        """A sentence in the dialog."""
        if sentence:
            self.says.update(Content(sentence))

    @work(exclusive=True, group="look")
    async def look(self, address: str) -> None:
        """Find out what the address offers."""
        self._busy = True
        self.found.display = False
        self.tell("Looking: is it a feed, does it name one, is there a news sitemap, which stories does it link to …")
        try:
            candidates = await self._library.discover(address)
        except ReaderError as error:
            self.tell(str(error))
            return
        finally:
            self._busy = False
        self._looked_at = address
        self.found.show(candidates)
        self.found.display = True
        self.found.focus()
        number = counted(len(candidates), "thing")
        self.tell(f"{number} to follow here. Enter follows the selected one.")

    @work(exclusive=True, group="look")
    async def follow(self, candidate: Candidate) -> None:
        """Subscribe, and fetch what it has now."""
        self._busy = True
        self.tell("Subscribing, and reading what it has now …")
        try:
            source, outcome = await self._library.subscribe(
                candidate, section=safe_text(self.section.value, 80), title=safe_text(self.given_title.value, 120)
            )
            # Also those that other sources have told already, and that are therefore not new.
            there = await asyncio.to_thread(self._library.count, StoryFilter(source_id=source.id))
        except ReaderError as error:
            self.tell(str(error))
            return
        finally:
            self._busy = False
        stories = counted(there, "story")
        what = wording.sentence(outcome.error) if outcome.error else f"{stories} came with it."
        self.notify(f"You follow {source.title} now. {what}", markup=False)
        self.dismiss(True)

    def action_leave(self) -> None:
        """Stop looking, or leave."""
        if self._busy:
            self.workers.cancel_group(self, "look")
            self._busy = False
            self.tell("Stopped.")
        else:
            self.dismiss(False)


async def known_sections(library: Library) -> tuple[str, ...]:
    """The names of the reader's sections, as suggestions; none where the library cannot be read now."""
    try:
        sections = await asyncio.to_thread(library.sections)
    except ReaderError:
        return ()
    return tuple(section.name for section in sections if section.name)
