"""The command palette: every command of the keymap, every section and source, every theme. Loaded when asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from reader.app.keymap import in_place
from reader.app.listing import Listing
from reader.app.screens.front_page import FrontPage
from reader.errors import ReaderError
from reader.model import StoryFilter, TagCount

if TYPE_CHECKING:
    from reader.app.app import ReaderApp


class Commands(Provider):
    """What can be done from here, by its name; names from outside are never markup."""

    _tags: tuple[TagCount, ...] = ()
    _fitting: tuple[int, ...] = ()
    """The reader's own commands for the story at hand, by their places in the config."""

    async def startup(self) -> None:
        """The tags there are now; a library that cannot be read has none to offer."""
        app: ReaderApp = self.app  # type: ignore[assignment]
        story = app.paper.reading.target
        with suppress(ReaderError):
            self._tags = await asyncio.to_thread(app.library.tags)
            if story is not None:
                self._fitting = await asyncio.to_thread(app.paper.sending.fitting, story.id)

    def _all(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        """Name, explanation, and what it does."""
        app: ReaderApp = self.app  # type: ignore[assignment]
        paper = app.paper
        on_paper = isinstance(self.screen, FrontPage)
        places = ("paper", "app") if on_paper else ("app",)
        numbered = tuple(f"section.{n}" for n in range(1, 10))
        for command in in_place(*places):
            if command.id not in numbered and command.id != "app.palette":
                node = paper if command.place == "paper" else app
                key = app.keys.shown(command.id)
                yield (
                    command.help.rstrip("."),
                    f"{key}   {command.id}",
                    partial(app.run_action, command.textual_action, node),
                )
        if on_paper:
            for at in self._fitting:
                own = app.settings.commands[at]
                key = app.keys.shown(own.id)
                yield own.name, f"{key}   {own.id}", partial(paper.sending.send, at)
            for row in paper.section_list.rows:
                if row.listing and not row.depth:
                    yield (
                        f"Go to {row.label}",
                        "section",
                        partial(paper.lists.go_to, row.listing),
                    )
            sections = paper.sections.counts.sections if paper.sections.counts else ()
            sources = {row.source_id: row.title for section in sections for row in section.sources}
            for source_id, title in sources.items():
                wanted = StoryFilter(source_id=source_id)
                yield f"Go to {title}", "source", partial(paper.lists.go_to, Listing("stories", title, wanted))
            for heading in paper.story_view.headings():
                go = partial(paper.reading.go_to_heading, heading)
                yield f"Go to heading: {heading.text}", "in the story", go
            for tag in self._tags:
                listing = Listing("stories", tag.name, StoryFilter(tag=tag.name))
                yield f"Go to tag {tag.name}", f"{tag.counts.unread:,} unread", partial(paper.lists.go_to, listing)
        for name in sorted(app.available_themes):
            yield f"Theme: {name}", "colours", partial(setattr, app, "theme", name)

    async def discover(self) -> Hits:
        """Everything, in order."""
        for name, explanation, act in self._all():
            yield DiscoveryHit(Content(name), act, text=name, help=explanation)

    async def search(self, query: str) -> Hits:
        """What a few letters mean."""
        matcher = self.matcher(query)
        for name, explanation, act in self._all():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, _highlighted(name, query), act, text=name, help=explanation)


def _highlighted(name: str, query: str) -> Content:
    """The name, with the letters that were typed underlined where they stand together."""
    at = name.lower().find(query.lower())
    content = Content(name)
    return content if at < 0 else content.stylize("underline", at, at + len(query))
