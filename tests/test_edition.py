"""The front page is the day's news with every source heard."""

from datetime import UTC, datetime, timedelta

from reader.edition import ROOM, front_page
from reader.model import Listed

NOW = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)


def listed(story_id: int, source_id: int, hours_ago: float) -> Listed:
    return Listed(story_id, source_id, NOW - timedelta(hours=hours_ago), read=False)


def test_a_busy_source_does_not_push_out_a_quiet_one() -> None:
    busy = [listed(n, 1, n / 100) for n in range(1, 100)]
    quiet = listed(500, 2, 30)
    page = front_page([*busy, quiet], NOW)
    assert quiet in page
    assert len(page) == ROOM


def test_every_source_is_heard_where_many_are_busy() -> None:
    busy = [listed(source * 100 + n, source, n + source / 100) for source in range(1, 31) for n in range(1, 6)]
    weekly = listed(9_999, 99, 35)
    page = front_page(sorted([*busy, weekly], key=lambda row: row.shown_at, reverse=True), NOW)
    assert len(page) == ROOM
    assert {row.source_id for row in page} == {*range(1, 31), 99}


def test_newest_first_and_only_what_is_fresh() -> None:
    page = front_page([listed(1, 1, 1), listed(2, 2, 2), listed(3, 1, 90)], NOW)
    assert [row.id for row in page] == [1, 2]


def test_when_nothing_is_fresh_the_newest_there_are() -> None:
    page = front_page([listed(1, 1, 400), listed(2, 1, 500)], NOW)
    assert [row.id for row in page] == [1, 2]


def test_nothing_gives_an_empty_page() -> None:
    assert front_page([], NOW) == ()
