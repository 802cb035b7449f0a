"""Marking: what the reader does with stories, shown at once, then written, and undone as far back as a day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from msgspec.structs import replace

from reader import steps
from reader.app import wording
from reader.app.desks import Desk, errand
from reader.errors import ReaderError
from reader.model import Change, Headline, Key, Story, StoryFilter, Verb
from reader.nesting import lies_in
from reader.text import counted

if TYPE_CHECKING:
    from textual.worker import Worker

STATES = ("read", "starred", "later", "watched")

Part = Literal["listed", "above", "below"]


class Marking(Desk):
    """Read, starred, later, watched, tagged: of the story that is meant, or of many; and back again."""

    def mark(self, before: Headline, after: Headline) -> None:
        """Show a change of state at once, and have it written."""
        self.paper.reading.show_states([after, *(self.other_tellings(after) if before.read != after.read else ())])
        change = {name: getattr(after, name) for name in STATES if getattr(after, name) != getattr(before, name)}
        if before.updated and not after.updated:
            change["read"] = True  # the library takes the one off with the other
        ids = (after.id,)
        self.write(ids, self.paper.outbox.put(partial(self.library.mark, ids, **change)))

    def other_tellings(self, headline: Headline) -> list[Headline]:
        """Rows of the same story in other sources, as far as they are on the screen: read as this one is."""
        story, pages = self.paper.reading.at_hand(headline.id), self.paper.headline_list.pages
        places = [pages.index_of(telling.story_id) for telling in story.also_in] if story else []
        rows = [row for at in places if at is not None and (row := pages[at])]
        return [replace(row, read=headline.read, updated=row.updated and not headline.read) for row in rows]

    @errand("marks")
    async def write(self, ids: Sequence[int], writing: Future[Any]) -> None:
        """Wait for states to be written; where that fails, show what the library says."""
        try:
            await self.paper.outbox.written(writing)
        except ReaderError as error:
            self.say(str(error))
            await self.show_anew(ids)
        self.paper.sections.recount()

    async def show_anew(self, ids: Collection[int]) -> None:
        """Show stories as the library has them, as far as they are on the screen."""
        pages, story = self.paper.headline_list.pages, self.paper.open_story
        shown = [one for one in ids if pages.index_of(one) is not None or (story is not None and story.id == one)]
        self.paper.reading.show_states(list(await self.ask(self.library.headlines_by_id, shown) or ()))
        if story is not None and story.id in ids:
            await self.paper.reading.renew_story(story.id)

    # One story

    def toggle_read(self) -> None:
        """Read, or unread again."""
        self._toggle("read", "Marked read.", "Unread again.")

    def star(self) -> None:
        """Star, or no star."""
        self._toggle("starred", "Starred.", "The star is taken away.")

    def later(self) -> None:
        """To read later, or no more."""
        self._toggle("later", "Kept to read later.", "No longer kept for later.")

    def watch(self) -> None:
        """Be told when the publisher revises it, or no more."""
        self._toggle("watched", "Watched: you will be told when it is revised.", "No longer watched.")

    def _toggle(self, state: str, on: str, off: str) -> None:
        if headline := self.paper.reading.target_or_say():
            wanted = not getattr(headline, state)
            self.mark(headline, replace(headline, **{state: wanted}))
            self.say(on if wanted else off)

    def tags(self) -> None:
        """Ask for the story's tags, and change them to what is written."""
        from reader.app.widgets.dialogs import AskLines

        if story := self.paper.reading.target_story():
            written = ", ".join(story.state.tags)
            ask = AskLines("Tags of this story", (("Separated by commas", written, self.known_tags),))
            self.paper.app.push_screen(ask, partial(self.tag, story))

    async def known_tags(self) -> tuple[str, ...]:
        """What the reader's tags are called."""
        return tuple(tag.name for tag in await self.ask(self.library.tags) or ())

    def tag(self, story: Story, written: tuple[str, ...] | None) -> None:
        """Give a story the tags that were written."""
        if written is not None:
            self.retag(story, [name for part in written[0].split(",") if (name := part.strip())])

    @errand("marks")
    async def retag(self, story: Story, names: Sequence[str]) -> None:
        """Give a story these tags and no others."""
        before = {tag.casefold(): tag for tag in story.state.tags}
        after = {name.casefold(): name for name in names}
        changes = {name: True for key, name in after.items() if key not in before}
        changes |= {tag: False for key, tag in before.items() if key not in after}
        if not changes:
            return
        try:
            await self.paper.outbox.written(self.paper.outbox.put(partial(self.library.retag, (story.id,), changes)))
        except ReaderError as error:
            self.tell(str(error))
        else:
            self.say(f"Tagged {wording.listed(list(after.values()))}." if after else "No tags.")
            await self.paper.reading.renew_story(story.id)

    # Many stories

    def listed(self) -> None:
        """Mark the list read."""
        self.mark_part("listed")

    def above(self) -> None:
        """Mark the list read from its top to the selected row."""
        self.mark_part("above")

    def below(self) -> None:
        """Mark the list read below the selected row."""
        self.mark_part("below")

    def mark_part(self, part: Part) -> None:
        """Mark what is listed read: all of it, down to the selected row, or from the one under it on."""
        rows, lists = self.paper.headline_list, self.paper.lists
        at, here = rows.cursor, rows.selected
        if part != "listed" and here is None:
            self.say("No story is selected.")
            return
        wanted = [
            headline
            for headline in rows.pages.loaded()
            if part == "listed" or ((rows.pages.index_of(headline.id) or 0) <= at) is (part == "above")
        ]
        unread = [headline for headline in wanted if not headline.read]
        listing = lists.listing
        if listing.pages:
            down_to: Key | None = here.key if here and part == "above" else None
            below: Key | None = here.key if here and part == "below" else None
            verb = partial(self.library.mark_listed, listing.filter, lists.listed_up_to, down_to=down_to, below=below)
        else:
            verb = partial(self.library.mark, [row.id for row in unread], read=True)
        self.mark_many(unread, verb)

    def listed_unread(self) -> None:
        """Mark the list unread; of a list of the unread, what has been read while it was on the table."""
        lists = self.paper.lists
        shown = [row for row in self.paper.headline_list.pages.loaded() if row.read]
        ids = [row.id for row in shown]
        if lists.listing.pages:
            wanted = lists.listing.filter
            verb = partial(self.library.mark_listed, wanted, lists.listed_up_to, read=False, also=ids)
        else:
            verb = partial(self.library.mark, ids, read=False)
        self.mark_many(shown, verb, read=False)

    def section(self) -> None:
        """Mark everything read in the section of the selected story and those within it, also what the list does not
        show."""
        headline = self.paper.reading.target_or_say()
        if headline is None:
            return
        wanted = StoryFilter(section=headline.section)
        seen = [row for row in self.paper.headline_list.pages.loaded() if lies_in(row.section, headline.section)]
        self.mark_many(seen, partial(self.library.mark_listed, wanted, self.paper.lists.listed_up_to))

    def older(self) -> None:
        """Ask for a number of days, and mark what is older read, in every section."""
        from reader.app.widgets.dialogs import AskLines

        days = (("Older than how many days", "7", ()),)
        ask = AskLines("Mark older stories read", days, yes="mark", no="leave them", anew=True)
        self.paper.app.push_screen(ask, self.mark_older)

    def mark_older(self, written: tuple[str, ...] | None) -> None:
        """Mark read what is older than the number of days that was written."""
        if written is None:
            return
        if not written[0].strip().isdecimal() or int(written[0]) > 36_500:
            self.say("That is no number of days.")
            return
        moment = self.paper.clock() - timedelta(days=int(written[0]))
        seen = [row for row in self.paper.headline_list.pages.loaded() if row.shown_at < moment]
        wanted = StoryFilter(before=moment)
        self.mark_many(seen, partial(self.library.mark_listed, wanted, self.paper.lists.listed_up_to))

    @errand("marks")
    async def mark_many(
        self, seen: Sequence[Headline], verb: Callable[[], Sequence[int]], *, read: bool = True
    ) -> None:
        """Show the rows in sight as read, or unread, and have all of them marked; then say how many there were."""
        others = [headline for headline in seen if headline.read is not read]
        self.paper.reading.show_states([replace(headline, read=read) for headline in others])
        try:
            changed = await self.paper.outbox.written(self.paper.outbox.put(verb))
        except ReaderError as error:
            self.tell(str(error))
            self.paper.reading.show_states(others)
            return
        state = "read" if read else "unread"
        if changed:
            stories = counted(len(changed), "story")
            self.tell(f"{stories} marked {state}. {self.paper.keys.shown('mark.undo')} takes it back.")
        else:
            self.say(f"All of it is {state}.")
        self.paper.sections.recount()

    def passed(self, headlines: Sequence[Headline]) -> None:
        """Rows were scrolled past, which is reading where the reader wants it so."""
        unread = [headline for headline in headlines if not headline.read]
        if unread and self.settings.ui.mark_read == "scroll":
            self.paper.reading.show_states([replace(headline, read=True) for headline in unread])
            ids = tuple(headline.id for headline in unread)
            self.write(ids, self.paper.outbox.put(partial(self.library.mark, ids, read=True)))

    # Back, and forth

    def undo(self) -> Worker[None]:
        """Take the last step back."""
        return self.take_step(self.library.undo, "There is nothing to take back.", undone=True)

    def redo(self) -> Worker[None]:
        """Take the step again that was taken back."""
        return self.take_step(self.library.redo, "There is nothing to do again.", undone=False)

    @errand("marks")
    async def take_step(self, verb: Callable[[], Change | None], nothing: str, *, undone: bool) -> None:
        """After all that is still to be written, undo or redo, and show what has changed."""
        try:
            change = await self.paper.outbox.written(self.paper.outbox.put(verb))
        except ReaderError as error:
            self.tell(str(error))
            return
        if change is None:
            self.say(nothing)
            return
        tell = self.tell if len(change.story_ids) > 1 or change.verb is Verb.REMOVE else self.say
        tell(steps.in_words(change, undone=undone))
        if change.verb is Verb.REMOVE:
            self.paper.start_over()
            return
        await self.show_anew((*change.story_ids, *change.told_again))
        self.paper.sections.recount()
