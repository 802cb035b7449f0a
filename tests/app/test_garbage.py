"""When it is looked for garbage: not while the start makes things, and all of it only when the reader rests."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from reader.app import garbage, typist
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
    garbage.begin()
    assert gc.isenabled()
    assert gc.get_threshold() == (garbage.SOON, garbage.NOT_SO_SOON, garbage.AT_LAST)
    assert gc.get_freeze_count() > 10_000


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
