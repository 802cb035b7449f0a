"""A day in a corner of the screen: the clock ticks, and nothing grows."""

from __future__ import annotations

import gc
from datetime import timedelta

from tests.app.canned import NOW
from tests.app.desk import Start, paper_of, settle

TICKS = 144
"""A look at the clock every ten minutes, for a day."""


async def test_a_day_of_the_clock_leaves_nothing_behind(start: Start) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        moment = NOW

        async def pass_a_day() -> int:
            nonlocal moment
            for _ in range(TICKS):
                moment += timedelta(minutes=10)
                await paper.news.look_at_the_clock().wait()
            await settle(pilot)
            gc.collect()
            return len(gc.get_objects())

        paper.clock = lambda: moment
        first, second = await pass_a_day(), await pass_a_day()
        assert paper.masthead.now.date() == moment.date() != NOW.date()
        # One object a tick would be 144; what varies by itself is the odd timer or message that is on its way.
        assert second - first < TICKS // 2
        assert not [worker for worker in pilot.app.workers if worker.group == "clock"]
