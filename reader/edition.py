"""What is on the front page, and why. Pure: headlines and the time in, an Edition out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from reader.model import Edition, Headline

FRESH = timedelta(hours=36)
"""How old the news of the day may be."""
ROOM = 40
"""How many stories the front page holds."""


def front_page(headlines: Iterable[Headline], now: datetime) -> Edition:
    """The front page out of the newest stories (newest first): the day's news, with every source heard.

    A source that prints a hundred stories a day would push out the one that prints two a week. So the page is filled in
    rounds: the newest of every source, then the second of every source, and so on while there is room. When nothing is
    fresh, the newest stories there are.
    """
    newest = list(headlines)
    fresh = [headline for headline in newest if headline.shown_at > now - FRESH] or newest[:ROOM]
    given: Counter[int] = Counter()
    rounds: list[tuple[int, Headline]] = []
    for headline in fresh:
        given[headline.source_id] += 1
        rounds.append((given[headline.source_id], headline))
    rounds.sort(key=lambda place: place[0])  # stable: within a round the newest stay first
    chosen = {headline.id: _reason(nth, headline) for nth, headline in rounds[:ROOM]}
    return Edition(tuple(headline for headline in fresh if headline.id in chosen), chosen)


def _reason(nth: int, headline: Headline) -> str:
    return f"the newest from {headline.source}" if nth == 1 else f"number {nth} from {headline.source}"
