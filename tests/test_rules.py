"""Rules on arrivals, and what a refresh tells of watched searches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reader.model import Rule, StoryFilter
from reader.store import Changes, Store
from reader.store.changes import Arrival, Written
from reader.text import SafeText
from tests.storing import HOUR, NOW, all_is_well, an_arrival, an_edit, an_item, follow


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path / "library.db")
    follow(store)
    yield store
    store.close()


TEXTS = (
    ("Harbour bridge reopens", "The ferry is idle."),
    ("Card games", "A horoscope for all."),
    ("東京の新聞", "日本語の新聞は朝に届く。"),
    ("Ferry fares rise", "No bridge."),
)


def arrivals() -> tuple[Arrival, ...]:
    return tuple(
        an_arrival(an_item(number, title=title, markdown=text), section="Sport" if number == 2 else "News", age=HOUR)
        for number, (title, text) in enumerate(TEXTS, 1)
    )


def rule(query: str, *, tag: str = "", **marks: bool) -> Rule:
    return Rule(SafeText(query), query, tag=SafeText(tag), **marks)


def visit(store: Store, *rules: Rule) -> Written:
    return store.apply(Changes(1, NOW, arrivals=arrivals()), rules)


@pytest.mark.parametrize(
    ("query", "caught"),
    [
        ("ferry", [4, 1]),
        ("ferry -title:ferry", [1]),
        ("新聞 OR section:sport", [3, 2]),
        ("-ferry", [3, 2]),
        ("is:unread since:2h", [4, 3, 2, 1]),
        ("source:courier", []),
    ],
)
def test_a_rule_catches_what_its_query_finds_in_the_whole_text(store: Store, query: str, caught: list[int]) -> None:
    visit(store, rule(query, tag="caught"))
    assert [one.id for one in store.headlines(StoryFilter(tag=SafeText("caught")))] == caught


def test_rules_act_in_their_order_and_only_once(store: Store) -> None:
    written = visit(
        store,
        rule("horoscope OR card*", muted=True),
        rule("is:unread OR is:read", later=True),
        rule("title:bridge", starred=True, tag="bridges"),
        rule("fares", read=True),
    )
    assert written == (3, 0, ()), "what is muted is not counted as new"
    one, two, _, four = (store.story(number).state for number in (1, 2, 3, 4))
    assert (one.starred, one.later, one.tags, one.read) == (True, True, ("bridges",), False)
    assert (two.muted, two.read, two.later) == (True, True, False)
    assert (four.read, four.starred) == (True, False)
    assert store.undo(NOW) is None, "what a rule does is no step of the reader's"
    store.mark([1], starred=False, now=NOW)
    store.mark([2], muted=False, now=NOW)
    edits = (an_edit(1, an_item(1, title="The bridge again")), an_edit(2, an_item(2, title="Card games again")))
    again = Changes(1, NOW, arrivals=arrivals(), edits=edits)
    assert store.apply(again, (rule("bridge", starred=True), rule("card", muted=True)))[:2] == (0, 2)
    assert not store.story(1).state.starred, "what the reader has touched is the reader's"
    assert not store.story(2).state.muted
    assert all_is_well(store)


def test_watched_searches_tell_of_what_is_new_and_not_muted(store: Store) -> None:
    written = visit(store, rule("title:fares", muted=True), rule("ferry", notify=True), rule("zeppelin", notify=True))
    (told,) = written.told
    assert (told.search, told.count, told.story_id, told.title) == ("ferry", 1, 1, "Harbour bridge reopens")
    assert store.apply(Changes(1, NOW), (rule("ferry", notify=True),)).told == ()
    assert not store.story(1).state.read
