"""The command palette: every command of the keymap, every section and source, every theme. Loaded when asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from msgspec import Struct
from textual import on
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.command import Command, CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input
from textual.worker import WorkerError

from reader.app import wording
from reader.app.keymap import BY_ID, Place, in_place
from reader.app.listing import Listing
from reader.app.screens.front_page import FrontPage
from reader.errors import ReaderError
from reader.model import SourceRow, StoryFilter, TagCount

if TYPE_CHECKING:
    from reader.app.app import ReaderApp


FIRST = (
    "search.open", "list.filter", "list.view", "story.star", "story.later", "story.tags", "story.open", "story.text",
    "story.send", "list.mark_read", "mark.undo", "refresh.all", "source.add", "go.sources", "config.edit", "app.help",
)  # fmt: skip
"""What is wanted most by its name, and fills the first page."""
LEFT_OUT = frozenset(("app.palette", *(f"section.{n}" for n in range(1, 10))))
WIDEST, AROUND = 90, 19
"""Cells of the palette; and of a line, those that are not the name's."""
PATIENCE_S = 0.5
"""How long the library may take to say what it has; the next letter finds what has come since."""
REMEMBERED = 5
"""How many that were chosen in this session stand before all others."""


class Entry(Struct, frozen=True):
    """One thing to do."""

    name: str
    act: Callable[[], object]
    key: str = ""
    about: str = ""
    """Its id for the config, or what kind of place it is."""


class Commands(Provider):
    """What can be done from here, by its name; names from outside are never markup."""

    _tags: tuple[TagCount, ...] = ()
    _fitting: tuple[int, ...] = ()
    """The reader's own commands for the story at hand, by their places in the config."""
    _sources: tuple[SourceRow, ...] = ()

    @property
    def reader(self) -> ReaderApp:
        """The app, as what it is."""
        return cast("ReaderApp", self.app)

    _looked_up: asyncio.Task[None] | None = None

    async def _look_up_once(self) -> None:
        """Look up what only the library knows. A next letter breaks off a search, and must not break off this.

        Textual's own `startup` is given up with the search that waits for it, and the palette stays empty.
        """
        if self._looked_up is None:
            self._looked_up = asyncio.create_task(self._look_up())
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.shield(self._looked_up)

    async def _look_up(self) -> None:
        """The tags and sources there are now; a library that cannot be read has none to offer."""
        app = self.reader
        story = app.paper.reading.target
        with suppress(ReaderError):
            self._tags = await asyncio.to_thread(app.library.tags)
            if story is not None:
                self._fitting = await asyncio.to_thread(app.paper.sending.fitting, story.id)
            self._sources = await asyncio.to_thread(app.library.sources)

    def _all(self) -> Iterator[Entry]:
        """Everything there is, in groups: what is wanted most, places, the rest, and last what has a key to be held."""
        commands = self._commands()
        first = [commands.pop(one) for one in FIRST if one in commands]
        motions = [commands.pop(one) for one in tuple(commands) if self._is_motion(one)]
        places = list(self._places()) if isinstance(self.screen, FrontPage) else []
        sections = [entry for entry in places if entry.about == "section"]
        own = list(self._own()) if isinstance(self.screen, FrontPage) else []
        yield from (*own, *first, *sections, *commands.values())
        yield from (entry for entry in places if entry.about != "section")
        app = self.reader
        for name in sorted(app.available_themes):
            yield Entry(f"Theme: {name}", partial(self._put_on, name), about="colours")
        yield from motions

    def _commands(self) -> dict[str, Entry]:
        """The commands that can be called from here."""
        app = self.reader
        places: tuple[Place, ...] = ("paper", "app") if isinstance(self.screen, FrontPage) else ("app",)
        return {
            command.id: Entry(
                command.help.rstrip("."),
                partial(app.run_action, command.textual_action, app.paper if command.place == "paper" else app),
                app.keys.shown(command.id),
                command.id,
            )
            for command in in_place(*places)
            if command.id not in LEFT_OUT
        }

    @staticmethod
    def _is_motion(command_id: str) -> bool:
        return BY_ID[command_id].takes_count or command_id.startswith(("story.page_", "history.", "pane."))

    def _own(self) -> Iterator[Entry]:
        """The reader's own commands for the story at hand."""
        app = self.reader
        for at in self._fitting:
            own = app.settings.commands[at]
            yield Entry(own.name, partial(app.paper.sending.send, at), app.keys.shown(own.id), own.id)

    def _places(self) -> Iterator[Entry]:
        """Lists that can be put on the table, and headings of the story."""
        app = self.reader
        paper = app.paper
        for row in paper.section_list.rows:
            if row.listing and row.section is None and not row.depth:
                yield Entry(f"Go to {row.label}", partial(paper.lists.go_to, row.listing), about="section")
        for listing in paper.sections.listings():
            yield Entry(f"Go to {listing.title}", partial(paper.lists.go_to, listing), about="section")
        for source in self._sources:
            title = source.subscription.title
            wanted = Listing("stories", title, StoryFilter(source_id=source.subscription.id))
            yield Entry(f"Go to {title}", partial(paper.lists.go_to, wanted), about="source")
        for heading in paper.story_view.headings():
            go = partial(paper.reading.go_to_heading, heading)
            yield Entry(f"Go to heading: {heading.text}", go, about="in the story")
        for tag in self._tags:
            wanted = Listing("stories", tag.name, StoryFilter(tag=tag.name))
            go_there = partial(paper.lists.go_to, wanted)
            yield Entry(f"Go to tag {tag.name}", go_there, about=f"{tag.counts.unread:,} unread")

    def _put_on(self, theme: str) -> None:
        """Show a theme's colours, and tell how they are kept: the config is never written by us."""
        app: ReaderApp = self.app  # type: ignore[assignment]
        app.theme = theme
        app.paper.say(f'[ui] theme = "{theme}" in the config keeps it.')

    def _done(self, entry: Entry) -> object:
        """Do it, and remember that it was done."""
        app = self.reader
        app.chosen = [entry.name, *(name for name in app.chosen if name != entry.name)][:REMEMBERED]
        return entry.act()

    async def discover(self) -> Hits:
        """Everything: what was chosen here last, and then in order, a line each."""
        await self._look_up_once()
        app = self.reader
        place = {name: at for at, name in enumerate(app.chosen)}
        for entry in sorted(self._all(), key=lambda entry: place.get(entry.name, REMEMBERED)):
            key = Content.styled(f"{entry.key:>9}  ", "$text-muted")
            name = wording.fit(entry.name, max(20, min(WIDEST, app.size.width) - AROUND))
            yield DiscoveryHit(Content.assemble(key, name), partial(self._done, entry), text=entry.name)

    async def search(self, query: str) -> Hits:
        """What a few letters mean."""
        await self._look_up_once()
        matcher = self.matcher(query)
        for entry in self._all():
            score = fit(query, entry.name, entry.about) or matcher.match(entry.name) / 1000
            if score > 0:
                about = f"{entry.key}   {entry.about}".strip()
                act = partial(self._done, entry)
                yield Hit(score, _highlighted(entry.name, query), act, text=entry.name, help=about)


def fit(query: str, name: str, about: str = "") -> int:
    """How well words fit an entry; 0 where they are not the beginnings of its words, nor of those of its id."""
    wanted, named = query.casefold(), name.casefold()
    command = about if "." in about and " " not in about else ""
    if wanted in {named, command, command.rpartition(".")[2]}:
        return 10
    by_name = _begin_words(wanted, named)
    by_id = bool(command) and _begin_words(wanted, command.replace(".", " ").replace("_", " "))
    return 2 * by_name + 3 * by_id + named.startswith(wanted)


def _begin_words(wanted: str, text: str) -> bool:
    words = text.split()
    return all(any(word.startswith(one) for word in words) for one in wanted.split())


class Palette(CommandPalette):
    """The palette; Enter and Down mean what the words find, however soon they come after the words."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("down", "go_down", show=False)]

    def __init__(self) -> None:
        super().__init__([Commands], placeholder="Command, section, source or theme")

    @on(Input.Submitted)
    async def _choose(self, event: Input.Submitted) -> None:
        event.prevent_default()
        await self._found()
        if not self.is_current:
            return
        chosen = self.query_one(CommandList).highlighted_option
        if isinstance(chosen, Command):
            self._selected_command, self._list_visible = chosen.hit, False
        self._select_or_command(event)

    async def action_go_down(self) -> None:
        """To the first line of what is found, or the next."""
        await self._found()
        if self.is_current:
            self._action_cursor_down()

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close it, once: what was pressed while it waited may close it too."""
        return super().dismiss(result) if self.is_current else AwaitComplete()

    async def _found(self) -> None:
        """Wait until the list is that of the words in the line; until then Textual shows the one of fewer words."""
        for worker in list(self.workers):
            is_looking = worker.group == self._GATHER_COMMANDS_GROUP and not worker.is_finished
            if is_looking and not worker.is_cancelled:
                with suppress(WorkerError):
                    await worker.wait()


def _highlighted(name: str, query: str) -> Content:
    """The name, with the letters that were typed underlined where they stand together."""
    at = name.lower().find(query.lower())
    content = Content(name)
    return content if at < 0 else content.stylize("underline", at, at + len(query))
