"""Comparing: what the publisher changed in a story since it came, or since it was read."""

from __future__ import annotations

from reader.app.desks import Desk, errand


class Comparing(Desk):
    """Shows the changes of the story that is meant."""

    @errand("compare", exclusive=True)
    async def show(self) -> None:
        """The last change, or all since the story was read."""
        story = self.paper.reading.target_story()
        if story is None:
            return
        revisions = await self.ask(self.library.revisions, story.id)
        if revisions is None:
            return
        if not revisions:
            self.say("The publisher has not changed this story since it came.")
            return
        from reader.app.screens.changes import Changes

        paper = self.paper
        paper.app.push_screen(Changes(story, revisions, paper.keys, paper.clock()))
