"""Dates, sentences and lines of text."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from reader.app import wording
from reader.text import counted

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)  # a Sunday


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    os.environ.pop("TZ", None)
    time.tzset()


@pytest.mark.parametrize(
    ("ago", "written"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=40), "40 min ago"),
        (timedelta(minutes=60), "1 hour ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(hours=18, minutes=20), "yesterday, 21:10"),
        (timedelta(days=3), "Thursday, 15:30"),
        (timedelta(days=6), "Monday, 15:30"),
        (timedelta(days=7), "15 November"),
        (timedelta(days=300), "26 January"),
        (timedelta(days=800), "13 September 2024"),
        (timedelta(minutes=-30), "22 November"),  # in the future: its date, and no nonsense
    ],
)
def test_a_date_is_written_as_near_as_it_is(ago: timedelta, written: str) -> None:
    assert wording.when(NOW - ago, NOW) == written


@pytest.mark.parametrize(
    ("ago", "written"),
    [
        (timedelta(seconds=20), "now"),
        (timedelta(minutes=40), "40 min"),
        (timedelta(hours=5), "5 h"),
        (timedelta(hours=18, minutes=20), "Sat"),
        (timedelta(days=6), "Mon"),
        (timedelta(days=7), "15 Nov"),
        (timedelta(days=800), "Sep 2024"),
        (timedelta(minutes=-30), "22 Nov"),
    ],
)
def test_a_date_at_the_end_of_a_line_is_short(ago: timedelta, written: str) -> None:
    assert wording.when_in_short(NOW - ago, NOW) == written
    assert wording.when_in_short(NOW - ago, NOW, "iso") == str((NOW - ago).astimezone().date())
    assert len(wording.when_in_short(NOW - ago, NOW, "long")) <= 8


def test_other_styles_of_dates() -> None:
    assert wording.when(NOW, NOW, "iso") == "2026-11-22 15:30"
    assert wording.when(NOW, NOW, "long") == "22 November 2026, 15:30"


@pytest.mark.parametrize(
    ("width", "line"),
    [(60, "Today: Sunday, 22 November 2026"), (26, "Sunday, 22 November 2026"), (12, "Sun 22 Nov"), (5, "")],
)
def test_the_masthead_date_gives_way(width: int, line: str) -> None:
    assert wording.today_line(NOW, width) == line


def test_the_next_look() -> None:
    assert wording.next_look(None, NOW) == ""
    assert wording.next_look(NOW - timedelta(hours=1), NOW) == "Next look in a minute."
    assert wording.next_look(NOW + timedelta(minutes=42), NOW) == "Next look at 16:12."
    assert wording.next_look(NOW + timedelta(hours=20), NOW) == "Next look Monday at 11:30."
    assert wording.looked_at(None, NOW) == "never"
    assert wording.looked_at(NOW - timedelta(hours=2), NOW) == "13:30"


def test_counts_and_lists() -> None:
    assert counted(1, "story", "stories") == "1 story"
    assert counted(1204, "story") == "1,204 stories"
    assert counted(3, "day") == "3 days"
    assert counted(2, "mark waits", "marks wait") == "2 marks wait"
    assert wording.listed(["a"]) == "a"
    assert wording.listed(["a", "b", "c"]) == "a, b and c"
    assert wording.listed(["a", "b", "c", "d", "e"]) == "a, b and 3 others"
    assert wording.sentence("It failed") == "It failed."
    assert wording.sentence("It failed!") == "It failed!"


@pytest.mark.parametrize(
    ("text", "width", "most", "lines"),
    [
        ("", 10, 2, []),
        ("one two three", 20, 2, ["one two three"]),
        ("one two three", 8, 2, ["one two", "three"]),
        ("one two three four five", 8, 2, ["one two", "three…"]),
        ("abcdefghijkl", 5, 2, ["abcde", "fghi…"]),
        ("東京の新しい駅", 6, 2, ["東京の", "新し…"]),
        ("a b c", 0, 2, []),
    ],
)
def test_wrapping(text: str, width: int, most: int, lines: list[str]) -> None:
    assert wording.wrap(text, width, most) == lines


@given(st.text(st.sampled_from("ab cd東京é́👩‍🔬 ,."), max_size=120), st.integers(2, 40), st.integers(1, 4))
def test_wrapped_lines_always_fit(text: str, width: int, most: int) -> None:
    lines = wording.wrap(text, width, most)
    assert len(lines) <= most
    assert all(cell_len(line) <= width for line in lines)


@given(st.text(max_size=60), st.integers(0, 30))
def test_what_is_fitted_fits(text: str, width: int) -> None:
    assert cell_len(wording.fit(text, width)) <= width


@given(st.text("ab 日\n"), st.integers(1, 20), st.integers(1, 5), st.integers(0, 20), st.integers(1, 5))
def test_ranges_lie_where_their_words_came_to_lie(text: str, width: int, most: int, first: int, size: int) -> None:
    text = " ".join(text.split())
    lines = wording.wrap(text, width, most)
    placed = wording.ranges_in(text, lines, [(first, first + size)])
    found = "".join(line[low:high] for line, at in zip(lines, placed, strict=True) for low, high in at)
    sought = text[first : first + size].replace(" ", "")
    assert sought.startswith(found.replace(" ", "")), "what was cut away is not marked"
    if "…" not in "".join(lines):
        assert found.replace(" ", "") == sought


def test_marks_have_twins_and_words() -> None:
    plain = wording.marks(ascii_only=True)
    assert all(mark.isascii() for mark in plain.values())
    assert all(cell_len(mark) == 1 for mark in wording.marks(ascii_only=False).values())
    assert wording.IN_WORDS.keys() <= wording.MARKS.keys()


@pytest.mark.parametrize(
    ("setting", "environment", "is_ascii"),
    [
        ("ascii", {"LANG": "en_GB.UTF-8"}, True),
        ("unicode", {"LANG": "C"}, False),
        ("auto", {"LANG": "en_GB.UTF-8"}, False),
        ("auto", {"LANG": "en_GB.UTF-8", "LC_ALL": "C"}, True),
        ("auto", {}, True),
    ],
)
def test_when_marks_are_ascii(setting: str, environment: dict[str, str], is_ascii: bool) -> None:
    assert wording.use_ascii(setting, environment) is is_ascii
