"""When it is looked for garbage: not while the start makes things, and all of it only when the reader rests."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from reader.app import garbage, typist
from reader.app.widgets import kept
from tests.app.desk import Start, paper_of, press


class Ring:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.enable()


def test_the_start_leaves_it_alone_until_it_is_done() -> None:
    gc.disable()
    frozen = gc.get_freeze_count()
    new = [Ring() for _ in range(100)]
    garbage.begin()
    assert gc.isenabled()
    assert gc.get_threshold() == (garbage.SOON, garbage.NOT_SO_SOON, garbage.AT_LAST)
    assert gc.get_freeze_count() >= frozen + len(new)


def test_who_never_switched_it_off_keeps_it_as_it_is() -> None:
    before = gc.get_threshold()
    garbage.begin()
    assert gc.get_threshold() == before


async def test_the_clock_clears_away_while_the_reader_rests(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        gc.set_threshold(1_000_000)
        ring = Ring()
        gone = weakref.ref(ring)
        gc.collect(1)
        gc.collect(1)
        del ring
        gc.collect(1)
        await press(pilot, "j")
        monkeypatch.setattr(typist, "RESTS_AFTER_S", 3_600)
        await paper.news.look_at_the_clock().wait()
        assert gone() is not None, "it has grown old, and nobody rests"
        monkeypatch.setattr(typist, "RESTS_AFTER_S", -1)
        await paper.news.look_at_the_clock().wait()
        assert gone() is None


async def test_a_line_that_is_drawn_no_more_is_gone_at_once(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 1)
    async with start() as pilot:
        await press(pilot, "J")
        gc.collect()
        gc.disable()
        view = paper_of(pilot).story_view
        assert view._drawn is not None
        assert any(isinstance(line, kept.LineStrip) for line in view._drawn[1])
        await press(pilot, "J", "J")
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            gc.collect()
            assert not [one for one in gc.garbage if isinstance(one, kept.LineStrip)]
        finally:
            gc.set_debug(0)
            gc.garbage.clear()


async def test_a_worker_is_not_described_by_the_whole_story_that_it_is_about(start: Start) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        work = paper.marking.retag(paper.open_story, ["sea"])
        assert work.description == "retag"
        await work.wait()
