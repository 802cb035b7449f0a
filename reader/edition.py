"""What is on the front page. Pure: what has arrived and the time in, what is chosen out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from reader.model import Listed

FRESH = timedelta(hours=36)
"""How old the news of the day may be."""
ROOM = 40
"""How many stories the front page holds."""


def front_page(rows: Iterable[Listed], now: datetime) -> tuple[Listed, ...]:
    """The front page out of the newest stories, both newest first: the day's news, with every source heard.

    A source that prints a hundred stories a day would push out the one that prints two a week. So the page is filled in
    rounds: the newest of every source, then the second of every source, and so on while there is room. When nothing is
    fresh, the newest stories there are.
    """
    newest = list(rows)
    fresh = [listed for listed in newest if listed.shown_at > now - FRESH] or newest[:ROOM]
    given: Counter[int] = Counter()
    rounds: list[tuple[int, int]] = []
    for listed in fresh:
        given[listed.source_id] += 1
        rounds.append((given[listed.source_id], listed.id))
    rounds.sort(key=lambda place: place[0])  # stable: within a round the newest stay first
    chosen = {story_id for _, story_id in rounds[:ROOM]}
    return tuple(listed for listed in fresh if listed.id in chosen)
