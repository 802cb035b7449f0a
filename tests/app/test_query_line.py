"""Lines that ask: what they mean while they are being written, where they are wrong, what was written before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from reader.app import query_line
from reader.app.labels import LETTERS, labels
from reader.app.query_line import History
from reader.query import parse
from reader.settings import parse as parse_settings
from tests.app.canned import settings_in


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("harb", "harb*"),
        ("tide harb", "tide harb*"),
        ("(tide OR harb", "(tide OR harb*"),
        ("title:harb", "title:harb*"),
        ("by:Åse", "by:Åse*"),
        # A word that is ended, excluded or quoted, a field, and what is no word, stay as they are.
        ("harb ", "harb "),
        ("tide -harb", "tide -harb"),
        ('"tide harb', '"tide harb'),
        ('"tide harb"', '"tide harb"'),
        ("harb*", "harb*"),
        ("is:unread", "is:unread"),
        ("since:2w", "since:2w"),
        ("tide OR", "tide OR"),
        # A short word at the end waits until it is longer, or is ended; what it needs or leaves nothing of, does not.
        ("tide e", "tide"),
        ("tide eu", "tide"),
        ("tide title:eu", "tide"),
        ("tide OR eu", "tide"),
        ("tide is:unread e", "tide is:unread"),
        ('"low tide" eu', '"low tide"'),
        ("tide eu ", "tide eu "),
        ("tide -eu", "tide -eu"),
        ("eu it", "eu it"),
        ("(tide eu", "(tide eu"),
        ("tide (eu", "tide"),
        ('"tide eu', '"tide eu'),
        ("日本", "日本"),
        ("", ""),
    ],
)
def test_the_last_word_may_be_the_beginning_of_a_longer_one(written: str, means: str) -> None:
    assert query_line.as_typed(written) == means


@pytest.mark.parametrize(
    ("written", "enough"),
    [
        ("", False),
        ("eu", False),
        ("e u", False),
        ("bus", True),
        ("-bus", True),
        ("日", False),
        ("日本", True),
        ("ไทย", True),
    ],
)
def test_few_letters_search_for_nothing_by_themselves(written: str, enough: bool) -> None:
    assert query_line.is_enough(written) is enough


@pytest.mark.parametrize(
    ("written", "at"), [('bus "fares', 4), ("bus is:late", 7), ("bus (fares", 4), ("bus)", 3), ("bus OR", 6)]
)
def test_a_wrong_query_says_where(written: str, at: int) -> None:
    fault = query_line.fault_of(written)
    assert fault is not None
    assert fault.position == at


def test_nothing_is_no_wrong_query() -> None:
    assert query_line.fault_of("  ") is None
    assert query_line.fault_of("bus -fares") is None


@given(st.text("ab日 ."), st.integers(-5, 200), st.integers(1, 120))
def test_a_caret_stands_under_the_place_at_any_width(sentence: str, column: int, width: int) -> None:
    lines = query_line.pointed_at(column, sentence.strip() or "Wrong.", width)
    assert cell_len(lines[0].partition("^")[0]) == max(0, min(column, width - 1))
    assert all(cell_len(line) <= max(width, 2) for line in lines)


def test_the_sentence_stands_where_there_is_room() -> None:
    assert query_line.pointed_at(2, "Not closed.", 20) == ["  ^ Not closed."]
    assert query_line.pointed_at(18, "Not closed.", 20) == ["      Not closed. ^"]
    assert query_line.pointed_at(8, "Not closed.", 14) == ["        ^", "Not closed."]


@pytest.mark.parametrize("query", ['tide* -surf "low water"', "title:Ångström", "tide\\ (a OR b)"])
def test_a_search_can_be_put_into_the_config(tmp_path, query: str) -> None:
    settings = parse_settings(query_line.as_saved(query).encode(), "config.toml", settings_in(tmp_path))
    assert [(saved.name, saved.query) for saved in settings.searches] == [(query, query)]


def test_what_the_help_shows_can_be_searched_for() -> None:
    for example, _ in query_line.LANGUAGE:
        assert parse(example)


def test_what_was_written_comes_back_with_the_newest_first() -> None:
    history = History()
    assert history.older("") is None
    for line in ("bus", "tide", "bus", "  "):
        history.keep(line)
    assert history.newer() is None
    assert [history.older("now"), history.older(""), history.older("")] == ["bus", "tide", None]
    assert [history.newer(), history.newer(), history.newer()] == ["bus", "now", None]


@pytest.mark.parametrize("number", [0, 1, 8, 9, 64, 65, 600])
def test_no_label_is_the_beginning_of_another(number: int) -> None:
    given_out = labels(number)
    assert len(set(given_out)) == number
    assert len({len(label) for label in given_out}) <= 1
    assert set("".join(given_out)) <= set(LETTERS)
    assert not set("ay") & set(LETTERS)
