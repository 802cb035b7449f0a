"""What is on the front page. Pure: what has arrived and the time in, what is chosen out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from reader.model import Arrival

FRESH = timedelta(hours=36)
"""How old the news of the day may be."""
ROOM = 40
"""How many stories the front page holds."""


def front_page(arrivals: Iterable[Arrival], now: datetime) -> tuple[Arrival, ...]:
    """The front page out of the newest stories, both newest first: the day's news, with every source heard.

    A source that prints a hundred stories a day would push out the one that prints two a week. So the page is filled in
    rounds: the newest of every source, then the second of every source, and so on while there is room. When nothing is
    fresh, the newest stories there are.
    """
    newest = list(arrivals)
    fresh = [arrival for arrival in newest if arrival.shown_at > now - FRESH] or newest[:ROOM]
    given: Counter[int] = Counter()
    rounds: list[tuple[int, int]] = []
    for arrival in fresh:
        given[arrival.source_id] += 1
        rounds.append((given[arrival.source_id], arrival.id))
    rounds.sort(key=lambda place: place[0])  # stable: within a round the newest stay first
    chosen = {story_id for _, story_id in rounds[:ROOM]}
    return tuple(arrival for arrival in fresh if arrival.id in chosen)
