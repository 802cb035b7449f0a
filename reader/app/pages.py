"""The rows of a list that is too long to hold: how many there are, and those that were loaded so far. Pure.

A list is known from both ends. Its pages continue after the last key seen, so the middle is reached from the nearer
end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from reader.model import Headline, Key

PAGE = 100
"""Rows a request asks for; more where the view is far away."""


class Request(Struct, frozen=True):
    """Rows that are wanted next."""

    direction: Literal["first", "after", "before", "oldest"]
    key: Key | None = None
    limit: int = PAGE


class Pages:
    """The headlines of one list."""

    def __init__(self, total: int = 0, headlines: Sequence[Headline] = ()) -> None:
        self.total = max(total, len(headlines))
        """How many rows the list has, loaded or not."""
        self._newest: list[Headline] = list(headlines)
        self._oldest: list[Headline] = []  # the end of the list, last row first
        self._index: dict[int, int] = {headline.id: at for at, headline in enumerate(self._newest)}

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, at: int) -> Headline | None:
        """The row, or None while it is not loaded."""
        if 0 <= at < len(self._newest):
            return self._newest[at]
        from_end = self.total - 1 - at
        return self._oldest[from_end] if 0 <= from_end < len(self._oldest) else None

    def index_of(self, story_id: int | None) -> int | None:
        """Where a story stands; None when it is not in the list, or not loaded."""
        at = self._index.get(story_id) if story_id is not None else None
        return at if at is None or at >= 0 else self.total + at

    def loaded(self) -> Iterable[Headline]:
        """What there is, newest first."""
        yield from self._newest
        yield from reversed(self._oldest)

    @property
    def complete(self) -> bool:
        """Whether every row is loaded."""
        return len(self._newest) + len(self._oldest) >= self.total

    def wanted(self, first: int, last: int) -> Request | None:
        """What to ask for so that rows `first` to `last` can be shown; None when they can."""
        first, last = max(0, first), min(last, self.total - 1)
        if self.complete or last < first:
            return None
        top, bottom = len(self._newest), self.total - len(self._oldest)
        if last < top or first >= bottom:
            return None
        if not top:
            return Request("first")
        from_top, from_bottom = last - top + 1, bottom - first
        if from_top <= from_bottom:
            return Request("after", self._newest[-1].key, _enough(from_top))
        if not self._oldest:
            return Request("oldest", None, _enough(from_bottom))
        return Request("before", self._oldest[-1].key, _enough(from_bottom))

    def add(self, request: Request, headlines: Sequence[Headline]) -> None:
        """Take in the answer to a request; rows that are there already are passed over."""
        fresh = [headline for headline in headlines if headline.id not in self._index]
        if request.direction in ("first", "after"):
            for headline in fresh:
                self._index[headline.id] = len(self._newest)
                self._newest.append(headline)
            ended = len(headlines) < request.limit
        else:
            for headline in reversed(fresh):
                self._oldest.append(headline)
                self._index[headline.id] = -len(self._oldest)
            ended = len(headlines) < request.limit
        known = len(self._newest) + len(self._oldest)
        if ended or len(fresh) < len(headlines) or known > self.total:
            self.total = known  # the ends have met: what was counted has changed since

    def renew(self, headlines: Iterable[Headline]) -> list[int]:
        """Replace rows by newer versions of themselves; the places that changed."""
        changed = []
        for headline in headlines:
            at = self._index.get(headline.id)
            if at is None:
                continue
            rows, place = (self._newest, at) if at >= 0 else (self._oldest, -at - 1)
            if rows[place] != headline:
                rows[place] = headline
                changed.append(at if at >= 0 else self.total + at)
        return changed


def _enough(rows: int) -> int:
    """A page, or as much as bridges the distance, within what one answer may hold."""
    return max(PAGE, min(rows + PAGE // 2, 2_000))
