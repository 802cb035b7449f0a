"""Lists that are longer than what is loaded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reader.app.pages import Pages, Request
from reader.model import Headline
from reader.text import SafeText

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def headlines(number: int) -> list[Headline]:
    """Newest first."""
    text = SafeText("x")
    return [Headline(at, 1, text, text, text, text, BEGAN + timedelta(minutes=at)) for at in range(number, 0, -1)]


def answer(rows: list[Headline], request: Request) -> list[Headline]:
    """What a library gives."""
    if request.direction == "oldest":
        return rows[-request.limit :]
    if request.direction == "after":
        return [row for row in rows if row.key < request.key][: request.limit]
    if request.direction == "before":
        return [row for row in rows if row.key > request.key][-request.limit :]
    return rows[: request.limit]


def load(pages: Pages, rows: list[Headline], first: int, last: int) -> int:
    """Ask until rows first to last are there; how many requests it took."""
    for number in range(1_000):
        request = pages.wanted(first, last)
        if request is None:
            return number
        pages.add(request, answer(rows, request))
    raise AssertionError("no end of requests")


def test_pages_continue_from_the_top() -> None:
    rows = headlines(1_000)
    pages = Pages(1_000, rows[:100])
    assert pages.wanted(0, 99) is None
    assert pages.wanted(95, 105) == Request("after", rows[99].key)
    assert load(pages, rows, 95, 105) == 1
    assert [pages[at] for at in range(95, 106)] == rows[95:106]
    assert pages[500] is None


def test_the_end_comes_from_the_end() -> None:
    rows = headlines(100_000)
    pages = Pages(100_000, rows[:100])
    assert pages.wanted(99_990, 99_999) == Request("oldest", None)
    assert load(pages, rows, 99_990, 99_999) == 1
    assert pages[99_999] == rows[-1]
    assert pages.index_of(1) == 99_999
    assert load(pages, rows, 99_800, 99_999) == 1
    assert pages[99_800] == rows[99_800]


def test_a_jump_into_the_middle_takes_few_requests() -> None:
    rows = headlines(20_000)
    pages = Pages(20_000, rows[:100])
    assert load(pages, rows, 9_000, 9_010) <= 6
    assert pages[9_005] == rows[9_005]


def test_a_list_that_is_shorter_than_counted_ends() -> None:
    rows = headlines(120)
    pages = Pages(300, rows[:100])
    load(pages, rows, 0, 299)
    assert pages.total == 120
    assert pages.complete


def test_the_ends_meet_without_doubles() -> None:
    rows = headlines(250)
    pages = Pages(250, rows[:100])
    load(pages, rows, 245, 249)
    load(pages, rows, 0, 249)
    assert [pages[at] for at in range(250)] == rows


def test_rows_are_renewed_where_they_stand() -> None:
    rows = headlines(1_000)
    pages = Pages(1_000, rows[:100])
    load(pages, rows, 995, 999)
    assert pages.renew([replace(rows[3], read=True), replace(rows[999], starred=True), rows[5]]) == [3, 999]
    assert pages[3].read
    assert pages[999].starred


@settings(max_examples=60)
@given(st.integers(0, 700), st.lists(st.tuples(st.integers(0, 800), st.integers(0, 60)), max_size=8))
def test_any_views_show_the_right_rows(number: int, views: list[tuple[int, int]]) -> None:
    rows = headlines(number)
    pages = Pages(number, rows[:100])
    for first, size in views:
        load(pages, rows, first, first + size)
        for at in range(first, min(first + size, number - 1) + 1):
            assert pages[at] == rows[at]
    for headline in pages.loaded():
        assert pages[pages.index_of(headline.id)] == headline
