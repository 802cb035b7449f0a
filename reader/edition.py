"""What is on the front page, and why. Pure: headlines and the time in, an Edition out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from reader.model import Edition, Headline

FRESH = timedelta(hours=36)
"""How old the news of the day may be."""
SHARE = 5
"""How many stories one source may have on the front page while others have any to give."""
ROOM = 40
"""How many stories the front page holds."""


def front_page(headlines: Iterable[Headline], now: datetime) -> Edition:
    """The front page out of the newest stories (newest first): the day's news, with every source heard.

    A source that prints a hundred stories a day would push out the one that prints two a week. So each gives its newest
    few; only where there is room left do the busy ones give more. When nothing is fresh, the newest stories there are.
    """
    newest = list(headlines)
    fresh = [headline for headline in newest if headline.shown_at > now - FRESH] or newest[:ROOM]
    given: Counter[int] = Counter()
    chosen: dict[int, str] = {}
    waiting: list[Headline] = []
    for headline in fresh:
        given[headline.source_id] += 1
        if given[headline.source_id] <= SHARE:
            chosen[headline.id] = f"one of the newest from {headline.source}"
        else:
            waiting.append(headline)
    for headline in waiting[: max(0, ROOM - len(chosen))]:
        chosen[headline.id] = "there was room"
    on_page = [headline for headline in fresh if headline.id in chosen][: ROOM * 2]
    return Edition(tuple(on_page), {headline.id: chosen[headline.id] for headline in on_page})
