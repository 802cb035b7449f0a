"""What was done with stories in another program: onto those that are here, along with those kept, or waiting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reader.model import StoryFilter
from reader.store import Carried, Store, Taken
from reader.text import EMPTY, NO_URL, SafeText, safe_url
from tests.storing import HOUR, NOW, all_is_well, an_arrival, an_edit, an_item, deliver, edit, fill, follow


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path / "library.db")
    yield store
    assert all_is_well(store)
    store.close()


def carried(number: int, *, tags: tuple[str, ...] = (), **states: bool) -> Carried:
    return Carried(an_arrival(an_item(number), age=HOUR * number), tags=tuple(map(SafeText, tags)), **states)


def test_each_story_gets_what_was_done_with_it_and_twice_is_the_same_as_once(store: Store) -> None:
    source = fill(store, 3)
    stories = [
        carried(1, read=True),
        carried(2, starred=True, later=True, tags=("buses", "Buses")),
        carried(3),
        carried(4, read=True),
        carried(5, read=True, starred=True),
        carried(6, dropped=True),
    ]
    assert store.take_over(source, stories, now=NOW) == Taken(2, 2, 1, tagged=1, added=1, waiting=1)
    for _ in range(2):
        states = [store.story(number).state for number in (1, 2, 3, 4)]
        assert [(s.read, s.starred, s.later) for s in states] == [
            (True, False, False),
            (False, True, True),
            (False, False, False),
            (True, True, False),
        ]
        assert states[1].tags == ("buses",)
        assert store.story(4).title == "Story number 5"
        assert store.totals().stories == 4
        assert store.take_over(source, stories, now=NOW) == Taken()
    store.mark([1], read=False, now=NOW)
    assert store.take_over(source, [carried(1)], now=NOW) == Taken(), "what was not done there undoes nothing here"


def test_what_waits_is_taken_up_once_and_what_was_deleted_stays_away(store: Store) -> None:
    source = follow(store).id
    store.take_over(source, [carried(4, read=True), carried(6, dropped=True)], now=NOW)
    assert deliver(store, source, *(an_arrival(an_item(number)) for number in (4, 5, 6))) == (2, 0)
    assert [(h.title, h.read) for h in store.headlines(StoryFilter())] == [
        ("Story number 5", False),
        ("Story number 4", True),
    ]
    assert store.take_over(source, [carried(4, read=True)], now=NOW) == Taken()
    assert (store.totals().stories, store.totals().unread) == (2, 1)


def test_any_key_of_a_story_that_waits_will_do(store: Store) -> None:
    source = follow(store).id
    store.take_over(source, [Carried(an_arrival(an_item(1), keys=(11, 12)), read=True)], now=NOW)
    deliver(store, source, an_arrival(an_item(1), keys=(13, 12)))
    assert store.totals().unread == 0


def test_a_story_that_was_brought_along_is_completed_by_its_publisher_unmarked(store: Store) -> None:
    source = follow(store).id
    store.take_over(source, [carried(1, starred=True, read=True)], now=NOW)
    assert store.known(source, [1])[1].item_hash == 0
    edit(store, source, an_edit(1, an_item(1, markdown="The whole of it."), keys=(1,)))
    story = store.story(1)
    assert (story.markdown, story.revisions) == ("The whole of it.", 0)
    assert not store.headlines_by_id([1])[0].updated


def test_a_source_that_is_not_followed_has_a_place_and_comes_back_with_it(store: Store) -> None:
    url = safe_url("https://harbour.example/feed")
    source, section, followed = store.source_elsewhere(url, title=SafeText("Harbour"), home_url=NO_URL, now=NOW)
    assert (section, followed) == (EMPTY, False)
    store.take_over(source, [carried(1, starred=True), carried(2, read=True)], now=NOW)
    assert store.subscriptions() == ()
    assert [(h.source, h.starred) for h in store.headlines(StoryFilter())] == [("Harbour", True)]
    subscription, is_new = store.add_subscription("feed", url, title=SafeText("Harbour"), section=SafeText("Sea"))
    assert (subscription.id, is_new) == (source, True)
    assert store.source_elsewhere(url, title=EMPTY, home_url=NO_URL, now=NOW) == (source, "Sea", True)
    deliver(store, source, *(an_arrival(an_item(number)) for number in (1, 2, 3)))
    assert [h.read for h in store.headlines(StoryFilter())] == [False, True, False]
    store.mark([1], starred=False, now=NOW)
    store.take_over(source, [carried(9, read=True)], now=NOW)
    store.remove_subscription(source, now=NOW)
    store.forget_steps(NOW + 48 * HOUR)
    assert store.totals().stories == 0
    assert store.add_subscription("feed", url)[0].id != source, "what waited for a source that was removed goes with it"


def test_what_waits_for_a_source_that_was_never_followed_waits_longer_than_a_day(store: Store) -> None:
    url = safe_url("https://harbour.example/feed")
    source, _, _ = store.source_elsewhere(url, title=EMPTY, home_url=NO_URL, now=NOW)
    store.take_over(source, [carried(1, read=True), carried(2, dropped=True)], now=NOW)
    store.forget_steps(NOW + 480 * HOUR)
    assert store.add_subscription("feed", url)[0].id == source
    deliver(store, source, *(an_arrival(an_item(number)) for number in (1, 2, 3)))
    assert [(h.title, h.read) for h in store.headlines(StoryFilter())] == [
        ("Story number 3", False),
        ("Story number 1", True),
    ]


def test_stories_of_a_source_that_has_moved_are_found_by_their_pages(store: Store) -> None:
    fill(store, 2)
    old, _, _ = store.source_elsewhere(safe_url("https://old.example/feed"), title=EMPTY, home_url=NO_URL, now=NOW)
    moved = [
        Carried(an_arrival(an_item(1), keys=(71,)), read=True, starred=True),
        Carried(an_arrival(an_item(2), keys=(72,)), read=True),
        Carried(an_arrival(an_item(3), keys=(73,)), starred=True),
    ]
    assert store.take_over(old, moved, now=NOW) == Taken(read=2, starred=2, added=1)
    assert store.take_over(old, moved, now=NOW) == Taken()
    assert [(h.title, h.read, h.starred) for h in store.headlines(StoryFilter(source_id=1))] == [
        ("Story number 2", True, False),
        ("Story number 1", True, True),
    ]
