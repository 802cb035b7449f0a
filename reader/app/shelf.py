"""The stories at hand: those just read and those that are likely next. Pure; the newest use is kept longest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from msgspec.structs import replace

from reader.model import Headline, State, Story

CAPACITY = 24


class Shelf:
    """A few whole stories by id."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._stories: OrderedDict[int, Story] = OrderedDict()

    def get(self, story_id: int) -> Story | None:
        """The story, if it is at hand."""
        if story := self._stories.get(story_id):
            self._stories.move_to_end(story_id)
            return story
        return None

    def put(self, story: Story) -> None:
        """Keep a story at hand, and let go of the one that was used longest ago."""
        self._stories[story.id] = story
        self._stories.move_to_end(story.id)
        while len(self._stories) > self._capacity:
            self._stories.popitem(last=False)

    def renew(self, headlines: Iterable[Headline]) -> None:
        """Take over states that have changed."""
        for headline in headlines:
            if story := self._stories.get(headline.id):
                self._stories[headline.id] = replace(story, state=with_states(story.state, headline))

    def clear(self) -> None:
        """The library has changed."""
        self._stories.clear()


def with_states(state: State, headline: Headline) -> State:
    """A story's state, as its row shows it now."""
    return replace(state, read=headline.read, starred=headline.starred, later=headline.later, watched=headline.watched)
