"""Steps of the reader's: what undo gives back, what it leaves alone, and lists by tag, watched and muted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reader.errors import NotFoundError
from reader.model import Change, Counts, StoryFilter, Verb
from reader.steps import in_words
from reader.store import Changes, Store, stories
from reader.store.connection import Database
from reader.text import EMPTY, SafeText
from tests.storing import HOUR, NOW, all_is_well, an_arrival, an_edit, an_item, deliver, edit, fill

ALL = StoryFilter()
SEA, PORT = SafeText("Sea"), SafeText("port")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path / "library.db")
    yield store
    store.close()


def listed(store: Store, wanted: StoryFilter = ALL) -> list[int]:
    return [headline.id for headline in store.headlines(wanted)]


def states(store: Store) -> dict[int, object]:
    return {one: store.story(one).state for one in listed(store, StoryFilter(query="is:muted OR -is:muted"))}


def test_a_step_is_undone_and_done_again_over_restarts(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "library.db")
    fill(store, 6)
    store.mark([2], read=True, now=NOW)
    before = states(store)
    assert store.mark([1, 2, 3], read=True, starred=True, label=SafeText("three"), now=NOW) == (1, 2, 3)
    after = states(store)
    store.close()
    store = Store.open(tmp_path / "library.db")
    assert store.undo(NOW + HOUR) == Change(Verb.STAR, SafeText("three"), (1, 2, 3))
    assert states(store) == before
    assert store.redo(NOW + HOUR) == Change(Verb.STAR, SafeText("three"), (1, 2, 3))
    assert states(store) == after
    assert store.redo(NOW) is None
    for verb in (Verb.STAR, Verb.READ):
        change = store.undo(NOW + 23 * HOUR)
        assert change is not None
        assert change.verb is verb
    assert store.undo(NOW) is None
    assert store.totals() == Counts(6, 6)
    assert all_is_well(store)
    store.close()


def test_something_new_ends_what_could_be_done_again_and_nothing_does_not(store: Store) -> None:
    fill(store, 3)
    store.mark([1], starred=True, now=NOW)
    store.undo(NOW)
    assert store.mark([1], starred=False, now=NOW) == (), "no step"
    assert store.redo(NOW) is not None
    store.undo(NOW)
    store.mark([2], later=True, now=NOW)
    assert store.redo(NOW) is None
    store.undo(NOW)
    change = store.redo(NOW)
    assert change is not None
    assert change.verb is Verb.LATER
    assert store.undo(NOW) is not None
    assert store.undo(NOW) is None, "what was undone is not undone twice"


def test_a_step_lasts_a_day_whatever_the_clock_does(store: Store) -> None:
    fill(store, 2)
    store.mark([1], read=True, now=NOW + timedelta(days=900))
    assert store.undo(NOW) is None
    store.mark([2], read=True, now=NOW)
    store.forget_steps(NOW + 23 * HOUR)
    assert store.undo(NOW + 23 * HOUR) is not None
    store.redo(NOW)
    store.forget_steps(NOW + 25 * HOUR)
    assert store.undo(NOW) is None
    assert store.story(2).state.read


def test_undo_leaves_what_was_changed_since(store: Store, tmp_path: Path) -> None:
    source_id = fill(store, 3)
    store.mark([1, 2, 3], read=True, starred=True, now=NOW)
    other = Store.open(tmp_path / "library.db")
    with other._db.writing() as db:  # A program of before steps, or a hand.
        db.execute("UPDATE states SET starred = 0 WHERE story_id = 1; UPDATE states SET read = 0 WHERE story_id = 2")
        db.execute("UPDATE states SET read = 0, starred = 0 WHERE story_id = 3")
    edit(other, source_id, an_edit(1, an_item(1, title="Told anew")))
    deliver(other, source_id, an_arrival(an_item(9)))
    other.close()
    assert store.undo(NOW) == Change(Verb.STAR, EMPTY, (1, 2))
    one, two, three = (store.story(number).state for number in (1, 2, 3))
    assert (one.read, one.starred, two.read, two.starred, three.read, three.starred) == (False,) * 6
    assert store.headlines_by_id([1])[0].updated, "its publisher's mark is not the reader's"
    assert all_is_well(store)


def test_the_updated_mark_comes_back(store: Store) -> None:
    source_id = fill(store, 2)
    store.mark([1], read=True, now=NOW)
    edit(store, source_id, an_edit(1, an_item(1, title="Told anew")))
    assert listed(store, StoryFilter(query="is:updated")) == [1]
    store.mark([1], read=True, now=NOW)
    assert listed(store, StoryFilter(query="is:updated")) == []
    store.undo(NOW)
    assert listed(store, StoryFilter(query="is:updated")) == [1]


def test_a_removed_source_comes_back_with_its_stories_and_their_states(store: Store) -> None:
    source_id, _ = fill(store, 6), fill(store, 2, name="other")
    store.mark([1], starred=True, now=NOW)
    store.mark([2, 3], read=True, now=NOW)
    store.mark([4], muted=True, now=NOW)
    before, totals = states(store), store.totals()
    store.remove_subscription(source_id, now=NOW)
    assert listed(store) == [8, 7, 1]
    assert listed(store, StoryFilter(query="is:muted")) == []
    assert store.search("harbour", newest_first=False) == ()
    with pytest.raises(NotFoundError):
        store.story(2)
    store.prune(keep_per_source=1_000, older_than=None)
    change = store.undo(NOW)
    assert change == Change(Verb.REMOVE, SafeText("Gazette"), (2, 3, 4, 5, 6), source_id)
    assert (states(store), store.totals()) == (before, totals)
    assert store.subscription(source_id).title == "Gazette"
    assert deliver(store, source_id, an_arrival(an_item(5)), an_arrival(an_item(60))) == (1, 0)
    again = store.redo(NOW)
    assert again is not None
    assert again.story_ids == (2, 3, 4, 5, 6, 9)
    assert listed(store) == [8, 7, 1], "what had come meanwhile goes with the rest"
    assert all_is_well(store)
    store.forget_steps(NOW + 25 * HOUR)
    assert store.undo(NOW + 25 * HOUR) is None
    assert store.story(1).source == "Gazette"
    assert store.known(source_id, range(1, 10)).keys() == {1}
    assert all_is_well(store)


def test_a_list_is_marked_up_to_a_row_or_below_it(store: Store) -> None:
    fill(store, 8)
    third, fifth = (store.headlines(ALL)[at] for at in (2, 4))
    assert (third.id, fifth.id) == (6, 4)
    assert store.mark_listed(ALL, 7, down_to=third.key, now=NOW) == (6, 7), "8 was not on the list yet"
    assert store.mark_listed(ALL, 7, below=fifth.key, now=NOW) == (1, 2, 3)
    assert store.mark_listed(StoryFilter(before=NOW - 3 * HOUR), 8, now=NOW) == (4,), "older than"
    store.tag([5, 8], SEA, now=NOW)
    assert store.mark_listed(StoryFilter(tag=SEA), 8, below=third.key, label=SEA, now=NOW) == (5,)
    change = store.undo(NOW)
    assert change == Change(Verb.READ, SEA, (5,))
    assert listed(store, StoryFilter(unread=True)) == [8, 5]


def test_tags_have_counts_and_lists(store: Store) -> None:
    fill(store, 6)
    assert store.tag([1, 3, 5], SEA, now=NOW) == (1, 3, 5)
    assert store.tag([5, 6], SafeText("SEA"), now=NOW) == (6,), "one tag, in its first spelling"
    assert store.tag([2], PORT, now=NOW) == (2,)
    store.mark([5], read=True, starred=True, now=NOW)
    assert [(one.name, one.counts) for one in store.tags()] == [(PORT, Counts(1, 1)), (SEA, Counts(4, 3, 1))]
    wanted = StoryFilter(tag=SafeText("sea"))
    assert listed(store, wanted) == listed(store, StoryFilter(query="tag:sea")) == [6, 5, 3, 1]
    assert store.count(wanted) == 4
    first = store.headlines(wanted, limit=2)
    assert [one.id for one in store.headlines(wanted, after=first[-1].key)] == [3, 1]
    assert [one.id for one in store.headlines(wanted, before=first[-1].key)] == [6]
    assert [one.id for one in store.oldest(wanted, 3)] == [5, 3, 1]
    assert listed(store, StoryFilter(tag=SEA, unread=True, query="number")) == [6, 3, 1]
    assert store.newer_than(wanted, 3) == 2
    assert store.tag([3, 4], SEA, there=False, now=NOW) == (3,)
    assert store.undo(NOW) == Change(Verb.UNTAG, SEA, (3,))
    assert listed(store, wanted) == [6, 5, 3, 1]
    assert store.story(3).state.tags == (SEA,)
    assert all_is_well(store)


def test_several_tags_at_once_are_one_step(store: Store) -> None:
    fill(store, 3)
    store.tag([1, 2], SEA, now=NOW)
    assert store.retag([1, 3], {PORT: True, SafeText("SEA"): False, SafeText("bus"): True}, now=NOW) == (1, 3)
    assert [store.story(one).state.tags for one in (1, 2, 3)] == [("bus", PORT), (SEA,), ("bus", PORT)]
    assert store.retag([1], {PORT: True, SEA: False}, now=NOW) == (), "nothing to do is no step"
    assert store.retag([2], {SafeText("Über"): True, SafeText("üBER"): True}, now=NOW) == (2,)
    assert store.story(2).state.tags == (SEA, "üBER"), "one tag, however it is written"
    assert store.undo(NOW)
    change = store.undo(NOW)
    assert change == Change(Verb.RETAG, EMPTY, (1, 3))
    assert in_words(change, undone=True) == "Undone: 2 stories have their earlier tags again."
    assert [store.story(one).state.tags for one in (1, 2, 3)] == [(SEA,), (SEA,), ()]
    change = store.redo(NOW)
    assert change
    assert in_words(change, undone=False) == "Done again: 2 stories have other tags."
    assert [store.story(one).state.tags for one in (1, 2, 3)] == [("bus", PORT), (SEA,), ("bus", PORT)]
    assert all_is_well(store)


@pytest.mark.parametrize(
    ("first", "later"), [("Ärger", "äRGER"), ("Straße", "STRASSE"), ("Ёлка", "ёлка"), ("Sea", "sEA")]
)
def test_a_tag_is_one_in_whatever_case_and_script_it_is_named(store: Store, first: str, later: str) -> None:
    fill(store, 4)
    one, other = SafeText(first), SafeText(later)
    assert store.tag([1], one, now=NOW) == (1,)
    assert store.tag([1, 2], other, now=NOW) == (2,)
    assert [(tag.name, tag.counts.stories) for tag in store.tags()] == [(one, 2)]
    for wanted in (StoryFilter(tag=other), StoryFilter(query=f"tag:{later}"), StoryFilter(tag=other, query="number")):
        assert listed(store, wanted) == [2, 1]
    assert listed(store, StoryFilter(query=f"-tag:{later}")) == [4, 3]
    assert store.fits(2, f"tag:{later} OR number5")
    assert store.tag([1], other, there=False, now=NOW) == (1,)
    assert store.story(1).state.tags == ()
    assert listed(store, StoryFilter(tag=SafeText(f"{later}x"))) == []


def test_muted_stories_are_in_no_list_but_there(store: Store) -> None:
    fill(store, 4)
    store.index_pending()
    assert store.mark([1, 2], muted=True, now=NOW) == (1, 2)
    assert listed(store) == [4, 3]
    assert store.totals() == Counts(2, 2)
    assert store.search("harbour") == store.headlines(StoryFilter(query="harbour")) == store.headlines(ALL)
    assert listed(store, StoryFilter(query="is:muted harbour")) == listed(store, StoryFilter(muted=True)) == [2, 1]
    assert [one.id for one in store.search("is:muted harbour", newest_first=False)] == [2, 1]
    assert (store.story(1).state.muted, store.story(1).state.read) == (True, True)
    store.tag([1], SEA, now=NOW)
    assert listed(store, StoryFilter(tag=SEA)) == [1], "what the reader wants to find is not muted"
    assert store.undo(NOW) is not None
    assert store.mark([1], starred=True, now=NOW) == (1,)
    assert listed(store) == [4, 3, 1]
    assert store.prune(keep_per_source=2, older_than=None) == 1
    assert listed(store, StoryFilter(muted=True)) == []
    store.mark([3, 4], watched=True, now=NOW)
    store.prune(keep_per_source=0, older_than=NOW + HOUR)
    assert listed(store) == [4, 3, 1], "starred and watched ones stay"
    assert all_is_well(store)


def test_a_watched_story_that_is_revised_is_told(store: Store) -> None:
    source_id = fill(store, 3)
    assert store.mark([2], watched=True, now=NOW) == (2,)
    assert listed(store, StoryFilter(watched=True)) == listed(store, StoryFilter(query="is:watched")) == [2]
    assert store.headlines(ALL)[1].watched
    edits = (an_edit(1, an_item(1, title="One anew")), an_edit(2, an_item(2, title="Two anew")))
    (told,) = store.apply(Changes(source_id, NOW, edits=edits)).told
    assert (told.search, told.count, told.story_id, told.title) == ("", 1, 2, "Two anew")
    assert store.apply(Changes(source_id, NOW, edits=(an_edit(2, an_item(2), revised=False),))).told == ()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["read", "unread", "starred", "later", "watched", "muted", "unmuted", "tag", "untag", "remove"]
        ),
        st.sets(st.integers(1, 5), min_size=1),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_was_done_is_undone_in_its_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, set[int]]]
) -> None:
    store = Store.open(tmp_path_factory.mktemp("steps") / "library.db")
    source_id = fill(store, 5)
    history = [(states(store), store.totals())]
    for step, which in steps:
        if step in ("tag", "untag"):
            changed = store.tag(which, SEA, there=step == "tag", now=NOW)
        elif step == "remove":
            if not store.subscriptions():
                continue
            store.remove_subscription(source_id, now=NOW)
            changed = (1,)
        else:
            marks = {step.removeprefix("un"): not step.startswith("un")}
            changed = store.mark(which, now=NOW, **marks)  # type: ignore[arg-type]
        if changed:
            history.append((states(store), store.totals()))
    for before in reversed(history[:-1]):
        assert store.undo(NOW) is not None
        assert (states(store), store.totals()) == before
    assert store.undo(NOW) is None
    for after in history[1:]:
        assert store.redo(NOW) is not None
        assert (states(store), store.totals()) == after
    assert all_is_well(store)
    store.close()


def test_no_step_looks_at_every_story(tmp_path: Path) -> None:
    database = Database(tmp_path / "library.db")
    store = Store(database)
    fill(store, 3)
    explaining, plans = apsw.Connection(str(database.path)), list[tuple[str, str]]()

    def explain(_cursor: apsw.Cursor, statement: str, bindings: apsw.Bindings | None) -> bool:
        if "states" in statement or "tags" in statement:
            rows = explaining.execute(f"EXPLAIN QUERY PLAN {statement}", bindings).fetchall()
            plans.extend((str(row[3]), statement) for row in rows)
        return True

    database.connection.exec_trace = explain
    store.mark([1], read=True, now=NOW)
    store.tag([1], SEA, now=NOW)
    store.tag([1], SEA, there=False, now=NOW)
    store.remove_subscription(1, now=NOW)
    for _ in range(4):
        store.undo(NOW)
    store.redo(NOW)
    explaining.close()
    database.close()
    assert len(plans) > 20
    for line, statement in plans:
        assert not line.startswith(("SCAN states", "SCAN tags")), statement
        assert "ON TABLE states FOR IN" not in line, statement


def test_what_was_opened_is_remembered_over_restarts_and_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "library.db"
    store = Store.open(path)
    fill(store, 3)
    gone = fill(store, 3, name="courier")
    monkeypatch.setattr(stories, "OPENED_KEPT", 3)
    for story_id in (1, 2, 1, 99):
        store.note_opened(story_id)
    store.close()
    store = Store.open(path)
    assert store.opened() == (1, 2)
    for story_id in (3, 4, 4, 5):
        store.note_opened(story_id)
    assert store.opened() == (5, 4)
    assert all_is_well(store)
    store.remove_subscription(gone, now=NOW, for_good=True)
    assert 5 not in store.opened()
    assert all_is_well(store)
    store.close()
