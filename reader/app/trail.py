"""The way the reader has come, as a browser keeps it: stories with the lists they were opened from. Pure."""

from __future__ import annotations

from msgspec import Struct

from reader.app.listing import Listing

LONGEST = 500


class Stop(Struct, frozen=True):
    """A story that was opened, and the list that was on the table."""

    story_id: int
    listing: Listing


class Trail:
    """Stops in order, and which of them the reader is at."""

    def __init__(self) -> None:
        self._stops: list[Stop] = []
        self._at = -1

    @property
    def here(self) -> Stop | None:
        """Where the reader is; None before the first story."""
        return self._stops[self._at] if self._stops else None

    def visit(self, stop: Stop) -> None:
        """The reader went on to another story; what lay ahead is no longer ahead."""
        if self.here is not None and self.here.story_id == stop.story_id:
            return
        del self._stops[self._at + 1 :]
        self._stops.append(stop)
        del self._stops[:-LONGEST]
        self._at = len(self._stops) - 1

    def travel(self, step: int) -> Stop | None:
        """Go back or forward along it; None, and nothing, where it ends."""
        at = self._at + step
        if not 0 <= at < len(self._stops):
            return None
        self._at = at
        return self._stops[at]
