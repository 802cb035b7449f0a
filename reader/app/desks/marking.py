"""Marking: what the reader does with stories, shown at once and then written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from reader.app import wording
from reader.app.desks import Desk, errand
from reader.app.listing import Listing
from reader.errors import ReaderError
from reader.model import Headline

if TYPE_CHECKING:
    from reader.app.screens.front_page import FrontPage

STATES = ("read", "starred", "later")
ASKED_FOR_S = 4.0
"""How long a question in the status line waits for its answer."""


class Marking(Desk):
    """Read, starred, later: of the story that is meant, or of all that are listed."""

    def __init__(self, paper: FrontPage) -> None:
        super().__init__(paper)
        self._question: Listing | None = None

    def mark(self, before: Headline, after: Headline) -> None:
        """Show a change of state at once, and have it written."""
        self.paper.reading.show_states([after])
        change = {name: getattr(after, name) for name in STATES if getattr(after, name) != getattr(before, name)}
        if before.updated and not after.updated:
            change["read"] = True  # the library takes the one off with the other
        ids = (after.id,)
        self.write(ids, self.paper.outbox.put(partial(self.library.mark, ids, **change)))

    @errand("marks")
    async def write(self, ids: Sequence[int], writing: Future[Any]) -> None:
        """Wait for states to be written; where that fails, show what the library says."""
        try:
            await self.paper.outbox.written(writing)
        except ReaderError as error:
            self.say(str(error))
            self.paper.reading.show_states(list(await self.ask(self.library.headlines_by_id, ids) or ()))
        self.paper.sections.recount()

    def toggle_read(self) -> None:
        """Read, or unread again."""
        if headline := self.paper.reading.target:
            self.mark(headline, replace(headline, read=not headline.read))
            self.say("Unread again." if headline.read else "Marked read.")

    def star(self) -> None:
        """Star, or no star."""
        if headline := self.paper.reading.target:
            self.mark(headline, replace(headline, starred=not headline.starred))
            self.say("The star is taken away." if headline.starred else "Starred.")

    def later(self) -> None:
        """To read later, or no more."""
        if headline := self.paper.reading.target:
            self.mark(headline, replace(headline, later=not headline.later))
            self.say("No longer kept for later." if headline.later else "Kept to read later.")

    # The whole list

    def forget_question(self) -> None:
        """Another list is on the table."""
        self._question = None

    def listed(self) -> None:
        """Mark the list read; the first press asks, the second within a few seconds does it."""
        if self._question == self.paper.listing:
            self._question = None
            self.mark_all_read()
        else:
            self.ask_to_mark()

    @errand("question", exclusive=True)
    async def ask_to_mark(self) -> None:
        """Say how many stories it would be."""
        pages, wanted = self.paper.headline_list.pages, self.paper.listing
        if wanted.pages:
            counted = await self.ask(self.library.count, replace(wanted.filter, unread=True))
            if counted is None:
                return
            number = counted
        else:
            number = sum(not headline.read for headline in pages.loaded())
        if not number:
            self.say("Everything here is read.")
            return
        stories = wording.counted(number, "story", "stories")
        self._question = wanted
        self.say(f"Mark {stories} read? Press {self.paper.keys.shown('list.mark_read')} again.")
        await asyncio.sleep(ASKED_FOR_S)
        self._question = None

    @errand("marks")
    async def mark_all_read(self) -> None:
        """Mark what the list shows, and only what had arrived when it was made."""
        lists, outbox = self.paper.lists, self.paper.outbox
        wanted, pages = lists.listing, self.paper.headline_list.pages
        unread = [headline for headline in pages.loaded() if not headline.read]
        self.paper.reading.show_states([replace(headline, read=True) for headline in unread])
        if wanted.pages:
            writing = outbox.put(partial(self.library.mark_listed, wanted.filter, lists.listed_up_to))
        else:
            writing = outbox.put(partial(self.library.mark, [row.id for row in unread], read=True))
        try:
            changed = await outbox.written(writing)
        except ReaderError as error:
            self.tell(str(error))
            self.paper.reading.show_states(unread)
            return
        self.say(f"{wording.counted(len(changed), 'story', 'stories')} marked read.")
        self.paper.sections.recount()
