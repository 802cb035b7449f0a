"""Finding words on a page: every match is known, and one of them is where the reader is. Pure."""

from __future__ import annotations

from bisect import bisect_left

from reader.model import Position
from reader.typeset.lines import Look
from reader.typeset.page import Match, Page


class Find:
    """A query, its matches on one page, and the current one; an empty query finds nothing and is no find."""

    def __init__(self) -> None:
        self.query = ""
        self.matches: list[Match] = []
        self.current = 0
        """The index of the match that we are at."""

    def __bool__(self) -> bool:
        return bool(self.query)

    @property
    def match(self) -> Match | None:
        """The match that we are at."""
        return self.matches[self.current] if self.matches else None

    @property
    def number(self) -> int:
        """From 1; 0 when there is none."""
        return self.current + 1 if self.matches else 0

    def start(self, query: str, page: Page | None, here: Position) -> None:
        """Find words; the first match from `here` on is the current one, or the first of all."""
        self.query = query.strip()
        self.matches = page.find(self.query) if page and self.query else []
        first = bisect_left(self.matches, (here.block, here.character, 0))
        self.current = first % len(self.matches) if self.matches else 0

    def again(self, page: Page) -> None:
        """The text of the page has changed: find the same words, and stay at the match or the next one after it."""
        match = self.match or Match(0, 0, 0)
        self.start(self.query, page, Position(match.part, match.start))

    def step(self, by: int) -> None:
        """To another match; after the last comes the first."""
        if self.matches:
            self.current = (self.current + by) % len(self.matches)

    def ranges(self, part: int) -> list[tuple[int, int, Look]]:
        """What is to be marked in a part of the page."""
        found: list[tuple[int, int, Look]] = []
        for at in range(bisect_left(self.matches, (part, -1, -1)), len(self.matches)):
            match = self.matches[at]
            if match.part != part:
                break
            found.append((match.start, match.end, Look.MATCH | Look.HERE if at == self.current else Look.MATCH))
        return found
