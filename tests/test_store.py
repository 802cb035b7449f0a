"""What the store keeps, lists and counts."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reader.errors import NotFoundError, ReaderError
from reader.model import (
    Article,
    Counts,
    Enclosure,
    Following,
    Headline,
    Item,
    Key,
    Picture,
    Position,
    StoryFilter,
    Subscription,
    TextKind,
    Unchanged,
    Validators,
    Verb,
)
from reader.store import Changes, Store, lists
from reader.store.connection import Database
from reader.text import EMPTY, SafeText, SafeUrl, safe_url
from tests.storing import HOUR, NOW, all_is_well, an_arrival, an_edit, an_item, deliver, edit, fill, follow

ALL = StoryFilter()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with_file = Store.open(tmp_path / "library.db")
    yield with_file
    assert all_is_well(with_file)
    with_file.close()


def ids(headlines: tuple[object, ...]) -> list[int]:
    return [headline.id for headline in headlines]  # type: ignore[attr-defined]


# Subscriptions


def test_an_address_is_followed_once(store: Store) -> None:
    first, new = store.add_subscription(
        "feed", safe_url("https://www.gazette.example/feed/"), title=SafeText("Gazette")
    )
    again, new_again = store.add_subscription(
        "site", safe_url("http://gazette.example/feed"), section=SafeText("World")
    )
    assert new
    assert not new_again
    assert (again.id, again.kind, again.title, again.section) == (first.id, "feed", "Gazette", "World")


def test_a_parameter_that_chooses_the_feed_is_no_tracking(store: Store) -> None:
    sport, _ = store.add_subscription("feed", safe_url("https://gazette.example/index.php?rss=sport"))
    culture, new = store.add_subscription("feed", safe_url("https://gazette.example/index.php?rss=culture"))
    assert new
    assert sport.id != culture.id


def test_the_readers_name_comes_before_the_publishers_before_the_host(store: Store) -> None:
    source_id = store.add_subscription("feed", safe_url("https://www.gazette.example/feed"))[0].id
    assert store.subscription(source_id).title == "gazette.example"
    store.apply(Changes(source_id, NOW, title=SafeText("The Gazette")))
    assert store.subscription(source_id).title == "The Gazette"
    assert store.edit_subscription(source_id, title=SafeText("My paper")).title == "My paper"
    store.apply(Changes(source_id, NOW, title=SafeText("The New Gazette")))
    assert store.subscription(source_id).title == "My paper"
    assert store.edit_subscription(source_id, title=EMPTY).title == "The New Gazette"


def test_many_from_a_file_count_as_new_once(store: Store) -> None:
    wanted = [
        Subscription(0, "feed", safe_url(f"https://paper{number % 4}.example/feed"), SafeText(f"Paper {number}"))
        for number in range(6)
    ]
    assert store.add_subscriptions(wanted) == 4
    assert store.add_subscriptions(wanted) == 0
    assert [row.subscription.title for row in store.subscriptions()] == ["Paper 0", "Paper 1", "Paper 2", "Paper 3"]


def test_subscriptions_come_by_section_then_title_with_counts(store: Store) -> None:
    for name, section in (("zebra", "Arts"), ("Apple", "World"), ("mango", "arts")):
        follow(store, name, section=section)
    source_id = fill(store, 3, name="bare")
    rows = store.subscriptions()
    assert [row.subscription.title for row in rows] == ["Bare", "Mango", "Zebra", "Apple"]
    assert rows[0].counts == Counts(stories=3, unread=3)
    assert store.following() == Following(4, NOW)
    assert store.find_subscription(safe_url("http://bare.example/feed/")) == store.subscription(source_id)
    assert store.find_subscription(safe_url("https://other.example/")) is None


def test_who_is_due(store: Store) -> None:
    never, soon, later, gone = (follow(store, name).id for name in ("never", "soon", "later", "gone"))
    for source_id, due in ((soon, NOW - HOUR), (later, NOW + HOUR)):
        store.record_unchanged(source_id, Unchanged(), now=NOW - 2 * HOUR, next_due_at=due)
    store.record_failure(gone, SafeText("is gone"), now=NOW, next_due_at=NOW - HOUR, gone=True)
    assert {one.id for one in store.due(NOW)} == {never, soon}
    assert {one.id for one in store.due(NOW, everything=True)} == {never, soon, later}
    assert {one.id for one in store.due(NOW, (later, gone, 99))} == {later, gone}
    assert store.next_due_at(NOW) == datetime(1970, 1, 1, tzinfo=UTC), "one was never visited"
    store.record_unchanged(never, Unchanged(), now=NOW, next_due_at=NOW + 2 * HOUR)
    assert store.next_due_at(NOW) == NOW - HOUR
    assert store.edit_subscription(gone).health.gone is False
    assert gone in {one.id for one in store.due(NOW)}


def test_nothing_is_due_where_nobody_is_followed(store: Store) -> None:
    assert store.next_due_at(NOW) is None
    assert store.due(NOW, everything=True) == ()


def test_health_tells_of_the_last_visits(store: Store) -> None:
    source_id = follow(store).id
    for number in (1, 2):
        store.record_failure(source_id, SafeText("did not answer"), now=NOW, next_due_at=NOW + HOUR)
        assert store.subscription(source_id).health.failures == number
    store.record_failure(source_id, SafeText("no network"), now=NOW, next_due_at=NOW, counts=False)
    health = store.subscription(source_id).health
    assert (health.failures, health.error, health.last_ok_at) == (2, "no network", None)
    deliver(store, source_id, an_arrival(an_item()))
    health = store.subscription(source_id).health
    assert (health.failures, health.error, health.last_ok_at, health.next_due_at) == (0, "", NOW, NOW + HOUR)
    store.apply(Changes(source_id, NOW, warning=SafeText("one entry could not be read")))
    health = store.subscription(source_id).health
    assert (health.failures, health.error, health.last_ok_at) == (0, "one entry could not be read", NOW)


def test_validators_are_kept_exactly_and_a_304_may_leave_them_out(store: Store) -> None:
    source_id = follow(store).id
    sent = Validators('W/"a  b"', "Sat, 1 Jan 2000 0:0:0 GMT", "ff")
    store.apply(Changes(source_id, NOW, validators=sent))
    assert store.subscription(source_id).validators == sent
    store.record_unchanged(source_id, Unchanged(Validators(etag='"c"')), now=NOW, next_due_at=NOW)
    assert store.subscription(source_id).validators == replace(sent, etag='"c"')
    store.edit_subscription(source_id, title=SafeText("T"))
    assert store.subscription(source_id).validators.etag == '"c"'
    store.edit_subscription(source_id, url=safe_url("https://elsewhere.example/"))
    assert store.subscription(source_id).validators == Validators()


def test_a_permanent_redirect_is_remembered_unless_another_source_has_the_address(store: Store) -> None:
    one, other = follow(store, "one"), follow(store, "other")
    store.record_unchanged(one.id, Unchanged(moved_to=safe_url("https://new.example/feed")), now=NOW, next_due_at=NOW)
    assert store.subscription(one.id).url == "https://new.example/feed"
    store.apply(Changes(one.id, NOW, moved_to=other.url))
    assert store.subscription(one.id).url == "https://new.example/feed"


def test_an_address_that_another_source_has_is_refused(store: Store) -> None:
    one, other = follow(store, "one"), follow(store, "other")
    fill(store, 2, name="removed")
    store.mark([1], starred=True, now=NOW)
    with pytest.raises(ReaderError, match="followed already"):
        store.edit_subscription(one.id, url=other.url)
    store.remove_subscription(3, now=NOW)
    address = safe_url("https://removed.example/feed")
    assert store.edit_subscription(one.id, url=address).url == address
    assert store.find_subscription(address) == store.subscription(one.id)


def test_stories_move_with_their_source_and_back_to_where_their_publisher_put_them(store: Store) -> None:
    source_id = follow(store).id
    deliver(
        store,
        source_id,
        an_arrival(an_item(1, section="Politics"), section="Politics"),
        an_arrival(an_item(2), section="News"),
    )
    store.edit_subscription(source_id, section=SafeText("Morning"))
    assert [(one.name, one.counts.stories) for one in store.sections()] == [("Morning", 2)]
    store.edit_subscription(source_id, section=EMPTY)
    assert {(one.name, one.counts.stories) for one in store.sections()} == {("Morning", 1), ("Politics", 1)}


def test_removing_a_source_keeps_what_the_reader_kept(store: Store) -> None:
    source_id, other_id = fill(store, 6), fill(store, 2, name="other")
    store.mark([1], starred=True, now=NOW)
    store.mark([2], later=True, now=NOW)
    store.remove_subscription(source_id, now=NOW)
    assert ids(store.headlines(ALL)) == [8, 7, 2, 1]
    assert store.story(1).source == "Gazette"
    assert [row.subscription.id for row in store.subscriptions()] == [other_id]
    assert [one.id for one in store.due(NOW, (source_id,), everything=True)] == []
    with pytest.raises(NotFoundError):
        store.subscription(source_id)
    with pytest.raises(NotFoundError):
        deliver(store, source_id, an_arrival(an_item(50)))
    with pytest.raises(NotFoundError):
        store.remove_subscription(source_id, now=NOW)
    assert all_is_well(store)
    again, new = store.add_subscription("feed", safe_url("https://gazette.example/feed"))
    assert new
    assert again.id == source_id
    assert ids(store.headlines(ALL)) == [8, 6, 7, 5, 4, 3, 2, 1], "within a day it comes back with its stories"
    assert store.undo(NOW) is not None
    assert ids(store.headlines(StoryFilter(later=True))) == [], "its return was no step, its removal is none any more"
    store.mark([2], later=True, now=NOW)
    store.remove_subscription(source_id, now=NOW)
    store.forget_steps(NOW + 25 * HOUR)
    assert store.undo(NOW) is None
    again, new = store.add_subscription("feed", safe_url("https://gazette.example/feed"))
    assert new
    assert again.id == source_id
    assert store.known(source_id, range(10)).keys() == {1, 2}, "what was kept is still known, the rest is new again"
    assert all_is_well(store)


def test_removing_a_source_without_kept_stories_leaves_nothing(store: Store, tmp_path: Path) -> None:
    store.remove_subscription(fill(store, 6), now=NOW)
    store.index_pending()
    store.forget_steps(NOW + 25 * HOUR)
    db = apsw.Connection(str(tmp_path / "library.db"))
    tables = ("subscriptions", "states", "stories", "texts", "identities", "story_urls", "counts", "pending", "batches")
    for table in (*tables, "search_docsize"):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    db.close()
    assert store.newest_id() == 6, "ids are never used twice"
    fill(store, 1)
    assert ids(store.headlines(ALL)) == [7]


# Arriving


def test_a_story_comes_back_as_it_was_given(store: Store) -> None:
    item = Item(
        guid=SafeText("guid 1"),
        url=safe_url("https://gazette.example/a?b=c"),
        title=SafeText('Councils [win] power; it\'s "theirs"'),
        summary=SafeText("The dek — 日本語"),
        authors=SafeText("Ada Byron, Grace Hopper"),
        section=SafeText("Politics"),
        categories=(SafeText("Buses"), SafeText("Fares, and more")),
        published_at=NOW - HOUR,
        updated_at=NOW,
        language=SafeText("en-gb"),
        markdown=SafeText("A *long* text.\n\n" * 200),
        text=TextKind.FULL,
        picture=Picture(safe_url("https://gazette.example/p.png"), SafeText("C"), SafeText("A"), 640, None),
        enclosures=(Enclosure(safe_url("https://gazette.example/a.mp3"), SafeText("audio/mpeg"), 123),),
    )
    source_id = follow(store).id
    assert deliver(store, source_id, replace(an_arrival(item, section="Home"), words=600)) == (1, 0)
    story = store.story(1)
    assert story.item == item
    assert (story.source_id, story.source, story.section) == (source_id, "Gazette", "Home")
    assert (story.words, story.first_seen_at, story.fetched_at, story.article) == (600, NOW, NOW, None)
    assert (story.revisions, story.cluster, story.text) == (0, None, TextKind.FULL)


@pytest.mark.parametrize(
    ("item", "title", "excerpt"),
    [
        (Item(title=SafeText("T"), summary=SafeText("S" * 300)), "T", "S" * 159 + "…"),
        (
            Item(title=SafeText("T"), markdown=SafeText("# Head\n\nThe **text** [goes](http://x) on")),
            "T",
            "Head The text goes on",
        ),
        (Item(summary=SafeText("Only a summary.")), "Only a summary.", "Only a summary."),
        (Item(markdown=SafeText("- Only a text")), "Only a text", "Only a text"),
        (Item(url=SafeUrl("https://gazette.example/x")), "https://gazette.example/x", ""),
        (Item(guid=SafeText("some guid")), "some guid", ""),
        (Item(), "…", ""),
    ],
)
def test_a_headline_is_never_empty(store: Store, item: Item, title: str, excerpt: str) -> None:
    source_id = follow(store).id
    deliver(store, source_id, replace(an_arrival(an_item(1)), item=item))
    (headline,) = store.headlines(ALL)
    assert (headline.title, headline.excerpt) == (title, excerpt)
    assert store.story(1).title == title
    assert store.story(1).item.summary == item.summary


def test_a_story_that_another_program_added_meanwhile_is_not_doubled(store: Store) -> None:
    source_id = follow(store).id
    deliver(store, source_id, an_arrival(an_item(1), keys=(1, 2)))
    assert deliver(store, source_id, an_arrival(an_item(1), keys=(2, 3)), an_arrival(an_item(2), keys=(4,))) == (1, 0)
    assert {key: known.id for key, known in store.known(source_id, range(9)).items()} == {1: 1, 2: 1, 3: 1, 4: 2}


def test_one_document_that_lists_a_story_twice_brings_it_once(store: Store) -> None:
    source_id = follow(store).id
    assert deliver(store, source_id, an_arrival(an_item(1), keys=(1, 2)), an_arrival(an_item(1), keys=(2, 3))) == (1, 0)


def test_keys_are_of_one_source_and_bounded_for_each_story(store: Store) -> None:
    one, other = follow(store, "one").id, follow(store, "other").id
    deliver(store, one, an_arrival(an_item(1), keys=(-(2**63), 2**63 - 1)))
    deliver(store, other, an_arrival(an_item(1), keys=(-(2**63),)))
    assert store.known(one, (-(2**63), 5))[-(2**63)].id == 1
    assert store.known(other, (-(2**63),))[-(2**63)].id == 2
    for key in range(100):
        store.apply(Changes(one, NOW, keys=((key, 1),)))
    assert 5 < len(store.known(one, range(100))) < 20
    assert store.known(one, (2**63 - 1,)), "the first ones stay"


def test_an_edit_keeps_the_earlier_version_and_what_the_reader_did(store: Store) -> None:
    source_id = follow(store).id
    item = an_item(1, title="Before", summary="Dek before", markdown="Text before")
    deliver(store, source_id, an_arrival(item), an_arrival(an_item(2)))
    store.mark([1], read=True, starred=True, later=True, now=NOW)
    store.set_position(1, Position(3, 14))
    before = store.headlines_by_id([1])[0]
    changed = an_item(1, title="After", summary="Dek after", markdown="Text after")
    assert edit(store, source_id, an_edit(1, changed, keys=(71,)), now=NOW + HOUR) == (0, 1)
    after = store.headlines_by_id([1])[0]
    assert after == replace(before, title=SafeText("After"), excerpt=SafeText("Dek after"), updated=True)
    story = store.story(1)
    assert (story.item, story.state.position, story.revisions) == (changed, Position(3, 14), 1)
    assert (story.first_seen_at, story.fetched_at, story.words) == (NOW, NOW + HOUR, 4)
    (revision,) = store.revisions(1)
    assert (revision.number, revision.seen_at) == (1, NOW)
    assert (revision.title, revision.summary, revision.markdown) == ("Before", "Dek before", "Text before")
    edit(store, source_id, an_edit(1, an_item(1, title="Later still")), now=NOW + HOUR)
    assert [revision.read for revision in store.revisions(1)] == [True, False], "the second one was not read"
    assert store.known(source_id, (71,))[71].item_hash == -1
    assert store.mark([1], read=True, now=NOW) == (1,), "reading it again takes off the mark"
    assert not store.headlines_by_id([1])[0].updated


def test_an_edit_that_changes_no_words_tells_nobody(store: Store) -> None:
    source_id = fill(store, 1)
    store.mark([1], read=True, now=NOW)
    assert edit(store, source_id, an_edit(1, an_item(1, section="Sport"), revised=False, section="Sport")) == (0, 1)
    headline = store.headlines_by_id([1])[0]
    assert (headline.updated, headline.read, headline.section) == (False, True, "Sport")
    assert store.revisions(1) == ()


def test_an_edit_of_an_unread_story_is_no_update(store: Store) -> None:
    edit(store, fill(store, 1), an_edit(1, an_item(1, title="New")))
    assert not store.headlines_by_id([1])[0].updated


def test_revisions_are_bounded_and_the_newest_stay(store: Store) -> None:
    source_id = fill(store, 1)
    for number in range(30):
        edit(store, source_id, an_edit(1, an_item(1, title=f"Version {number}")))
    versions = store.revisions(1)
    assert len(versions) == store.story(1).revisions == 20
    assert versions[-1].title == "Version 28"
    assert [version.number for version in versions] == list(range(11, 31))


# Articles


def test_an_article_gives_the_text_and_what_the_item_lacked(store: Store) -> None:
    source_id = follow(store).id
    deliver(
        store,
        source_id,
        an_arrival(replace(an_item(1), authors=EMPTY)),
        an_arrival(an_item(2, summary="Own dek", section="Arts"), section="Arts"),
    )
    assert [one[0] for one in store.stories_without_text((source_id,))] == [2, 1]
    article = Article(
        url=safe_url("https://gazette.example/canonical/1"),
        summary=SafeText("The page's dek"),
        authors=SafeText("Page Author"),
        section=SafeText("Sport"),
        published_at=NOW - 5 * HOUR,
        language=SafeText("de"),
        markdown=SafeText("The whole text of it."),
        picture=Picture(safe_url("https://gazette.example/lead.jpg")),
        is_story=True,
    )
    for story_id in (1, 2):
        store.save_article(story_id, article, now=NOW)
    bare, rich = store.story(1), store.story(2)
    assert bare.article == article
    assert (bare.markdown, bare.text, bare.words, bare.picture) == (article.markdown, TextKind.FULL, 5, article.picture)
    assert (bare.item.summary, bare.item.authors, bare.section) == ("The page's dek", "Page Author", "Sport")
    assert (bare.item.published_at, bare.item.language) == (NOW - 5 * HOUR, "de")
    assert (rich.item.summary, rich.item.authors, rich.section) == ("Own dek", "Ada Byron", "Arts")
    assert store.stories_without_text((source_id,)) == ()
    assert [headline.shown_at for headline in store.headlines(ALL)] == [NOW, NOW], "nothing moves in a list"
    assert store.find_story(safe_url("http://www.gazette.example/canonical/1/?utm_source=x")) == 2
    with pytest.raises(NotFoundError):
        store.save_article(99, article, now=NOW)


def test_an_article_does_not_take_a_story_out_of_the_readers_section(store: Store) -> None:
    source_id = follow(store, section="Morning").id
    deliver(store, source_id, an_arrival(an_item(1), section="Morning"))
    store.save_article(1, Article(section=SafeText("Sport"), markdown=SafeText("Text")), now=NOW)
    assert store.story(1).section == "Morning"


def test_a_revised_story_asks_for_its_page_again_and_keeps_the_article_meanwhile(store: Store) -> None:
    source_id = follow(store).id
    deliver(store, source_id, an_arrival(an_item(1)))
    store.save_article(1, Article(markdown=SafeText("Whole text"), authors=SafeText("Page Author")), now=NOW)
    edit(store, source_id, an_edit(1, replace(an_item(1, title="Other"), authors=EMPTY)))
    story = store.story(1)
    assert (story.markdown, story.item.authors, story.words) == ("Whole text", "Page Author", 2)
    assert store.revisions(1)[0].markdown == "Whole text"
    assert [one[0] for one in store.stories_without_text((source_id,))] == [1]


def test_a_page_that_failed_is_not_asked_again_at_once(store: Store) -> None:
    source_id, _ = fill_bare(store, 3)
    store.record_article_failure(2, now=NOW)
    assert [one[0] for one in store.stories_without_text((source_id,))] == [3, 1]
    assert [one[0] for one in store.stories_without_text((source_id,), failed_before=NOW + HOUR)] == [3, 2, 1]
    for _ in range(9):
        store.record_article_failure(2, now=NOW)
    assert [one[0] for one in store.stories_without_text(failed_before=NOW + HOUR)] == [3, 1]
    assert [one[0] for one in store.stories_without_text((source_id,), limit=1)] == [3]
    assert store.stories_without_text((99,)) == ()


def fill_bare(store: Store, count: int) -> tuple[int, tuple[int, int]]:
    source_id = follow(store).id
    return source_id, deliver(store, source_id, *(an_arrival(an_item(number)) for number in range(1, count + 1)))


# Lists


def test_pages_follow_one_another_in_both_directions(store: Store) -> None:
    fill(store, 25)
    everything = store.headlines(ALL, limit=100)
    assert ids(everything) == list(range(25, 0, -1))
    pages, after = [], None
    while page := store.headlines(ALL, after=after, limit=7):
        pages.append(page)
        after = page[-1].key
    assert tuple(itertools.chain(*pages)) == everything
    assert store.headlines(ALL, before=pages[2][0].key, limit=7) == pages[1]
    assert store.headlines(ALL, before=pages[0][0].key) == ()
    assert store.oldest(ALL, 4) == everything[-4:]


def test_equal_times_are_told_apart_by_id(store: Store) -> None:
    source_id = follow(store).id
    deliver(store, source_id, *(an_arrival(an_item(number)) for number in range(1, 10)))
    seen, after = [], None
    while page := store.headlines(ALL, after=after, limit=2):
        seen += ids(page)
        after = page[-1].key
    assert seen == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert ids(store.headlines(ALL, after=Key(int(NOW.timestamp()), 4))) == [3, 2, 1]


def test_filters_narrow_lists_counts_and_marks_alike(store: Store) -> None:
    gazette, other = fill(store, 10), fill(store, 6, name="other", sections=("World",))
    store.mark(range(1, 9), read=True, now=NOW)
    store.mark([1, 2, 12], starred=True, now=NOW)
    store.mark([2, 3], later=True, now=NOW)
    world = SafeText("world")
    expected = {
        StoryFilter(): set(range(1, 17)),
        StoryFilter(unread=True): set(range(9, 17)),
        StoryFilter(section=world): {2, 4, 6, 8, 10, *range(11, 17)},
        StoryFilter(section=world, unread=True): {10, *range(11, 17)},
        StoryFilter(section=SafeText("Nowhere")): set(),
        StoryFilter(source_id=gazette): set(range(1, 11)),
        StoryFilter(source_id=gazette, unread=True): {9, 10},
        StoryFilter(source_id=other, section=world): set(range(11, 17)),
        StoryFilter(source_id=other, section=SafeText("Politics")): set(),
        StoryFilter(starred=True): {1, 2, 12},
        StoryFilter(starred=True, unread=True): {12},
        StoryFilter(starred=True, later=True): {2},
        StoryFilter(later=True, section=world): {2},
        StoryFilter(since=NOW - 2 * HOUR): {8, 9, 10, 14, 15, 16},
        StoryFilter(query="is:starred -is:later"): {1, 12},
        StoryFilter(query="source:other harbour"): set(range(11, 17)),
        StoryFilter(query="harbour", unread=True, section=world): {10, *range(11, 17)},
    }
    store.index_pending(100)
    for wanted, found in expected.items():
        assert set(ids(store.headlines(wanted))) == found, wanted
        assert set(ids(store.oldest(wanted, 100))) == found, wanted
        assert store.count(wanted) == len(found), wanted
        assert store.newer_than(wanted, 9) == len([one for one in found if one > 9]), wanted
    listed = store.headlines(StoryFilter(query="harbour"))
    assert [one.key for one in listed] == sorted((one.key for one in listed), reverse=True)
    assert store.headlines(StoryFilter(query="harbour"), after=listed[3].key) == listed[4:]
    assert store.headlines(StoryFilter(query="harbour"), before=listed[5].key, limit=2) == listed[3:5]


def test_headlines_by_id_come_in_the_given_order(store: Store) -> None:
    fill(store, 5)
    assert ids(store.headlines_by_id([3, 99, 1, 5])) == [3, 1, 5]
    assert store.headlines_by_id([]) == ()


def test_arrivals_are_counted_from_the_newest_id(store: Store) -> None:
    assert store.newest_id() == 0
    fill(store, 3)
    before = store.newest_id()
    fill(store, 2, name="other", sections=("World",))
    assert store.newer_than(ALL, before) == 2
    assert store.newer_than(StoryFilter(section=SafeText("Politics")), before) == 0
    assert store.newest_id() == 5


def test_sections_hold_their_sources_largest_first(store: Store) -> None:
    fill(store, 4, sections=("Arts", "world"))
    fill(store, 6, name="other", sections=("World",))
    failing = follow(store, "empty", section="Zoo")
    store.record_failure(2, SafeText("no answer"), now=NOW, next_due_at=NOW)
    store.mark([2], read=True, now=NOW)
    assert [section.sources for section in store.sections()] == [(), (), ()]
    arts, world, zoo = store.sections(["world"])
    assert (arts.name, world.name, zoo.name) == ("Arts", "world", "Zoo"), "the first spelling stays"
    assert world.counts == Counts(stories=8, unread=8)
    assert arts.counts == Counts(stories=2, unread=1)
    assert [(one.title, one.counts.stories, one.failing) for one in world.sources] == [
        ("Other", 6, True),
        ("Gazette", 2, False),
    ]
    assert (zoo.counts, zoo.sources, arts.sources) == (Counts(), (), ())
    assert (arts.failing, world.failing, zoo.failing) == (False, True, False)
    assert store.sources_in("WORLD") == (1, 2)
    assert store.sources_in("Zoo") == store.sources_in("Nowhere") == ()
    assert store.totals() == Counts(stories=10, unread=9)
    store.remove_subscription(failing.id, now=NOW)
    assert [section.name for section in store.sections()] == ["Arts", "world"]


def test_a_story_is_found_by_any_spelling_of_its_address(store: Store) -> None:
    fill(store, 3)
    assert store.find_story(safe_url("http://www.gazette.example/story/2/?utm_medium=feed#top")) == 2
    assert store.find_story(safe_url("https://gazette.example/story/22")) is None
    with pytest.raises(NotFoundError, match="no story 99"):
        store.story(99)


# Marks


def test_marks_tell_what_really_changed(store: Store) -> None:
    fill(store, 5)
    assert store.mark([1, 2, 99], read=True, now=NOW) == (1, 2)
    assert store.mark([1, 2, 3], read=True, now=NOW) == (3,)
    assert store.mark([1], read=False, starred=True, now=NOW) == (1,)
    assert store.mark([], read=True, now=NOW) == ()
    assert store.mark([1], now=NOW) == ()
    headline = store.headlines_by_id([1])[0]
    assert (headline.read, headline.starred, headline.later) == (False, True, False)


def test_mark_listed_takes_only_what_had_arrived(store: Store) -> None:
    fill(store, 4)
    up_to = store.newest_id()
    fill(store, 2, name="other")
    assert store.mark_listed(StoryFilter(section=SafeText("World")), up_to, now=NOW) == (2, 4)
    assert store.mark_listed(ALL, up_to, now=NOW) == (1, 3)
    assert store.mark_listed(StoryFilter(query="is:starred"), up_to, now=NOW) == ()
    assert store.totals() == Counts(stories=6, unread=2)


def test_mark_listed_marks_unread_too_and_what_the_list_still_shows(store: Store) -> None:
    fill(store, 4)
    up_to = store.newest_id()
    fill(store, 1, name="other")
    store.mark([1, 2, 3, 5], read=True, now=NOW)
    world = StoryFilter(section=SafeText("World"))
    assert store.mark_listed(world, up_to, read=False, now=NOW) == (2,)
    assert store.mark_listed(StoryFilter(unread=True), up_to, read=False, also=[3, 4], now=NOW) == (3,)
    assert store.mark_listed(ALL, up_to, read=False, now=NOW) == (1,), "5 was not on the list yet"
    change = store.undo(NOW)
    assert change is not None
    assert (change.verb, change.story_ids) == (Verb.UNREAD, (1,))
    assert store.totals() == Counts(stories=5, unread=3)


# Retention


def test_pruning_leaves_what_the_reader_kept_and_nothing_comes_back(store: Store) -> None:
    source_id = fill(store, 20)
    store.mark([1], starred=True, now=NOW)
    store.mark([2], later=True, now=NOW)
    store.mark([3], read=True, now=NOW)
    assert store.prune(keep_per_source=10, older_than=None) == 8
    assert ids(store.headlines(ALL)) == [*range(20, 10, -1), 2, 1]
    assert store.prune(keep_per_source=100, older_than=NOW - 5 * HOUR) == 4
    assert store.totals() == Counts(stories=8, unread=8, starred=1, later=1)
    assert all_is_well(store)
    known = store.known(source_id, range(1, 21))
    assert len(known) == 20, "identities stay"
    assert (known[3].item_hash, known[3].text) == (0, TextKind.FULL)
    assert deliver(store, source_id, an_arrival(an_item(3))) == (0, 0)
    assert edit(store, source_id, an_edit(3, an_item(3, title="Again"))) == (0, 0)
    with pytest.raises(NotFoundError):
        store.story(3)
    assert store.find_story(safe_url("https://gazette.example/story/3")) is None
    assert store.mark([3], starred=True, now=NOW) == ()
    assert store.prune(keep_per_source=10, older_than=None) == 0


def test_pruning_goes_on_over_many_batches(store: Store) -> None:
    fill(store, 1_300)
    assert store.prune(keep_per_source=50, older_than=None) == 1_250
    assert store.totals().stories == 50


def test_a_removed_source_goes_when_its_last_story_is_let_go(store: Store) -> None:
    source_id = fill(store, 3)
    store.mark([1], starred=True, now=NOW)
    store.remove_subscription(source_id, now=NOW)
    assert store.prune(keep_per_source=100, older_than=None) == 0
    store.mark([1], starred=False, now=NOW)
    assert store.prune(keep_per_source=100, older_than=None) == 1
    assert store.headlines(ALL) == ()


# Pictures


def test_pictures_are_kept_once_and_let_go_oldest_first(store: Store) -> None:
    urls = [safe_url(f"https://gazette.example/{number}.png") for number in range(4)]
    hashes = [
        store.add_image(url, "image/png", 3, 2, bytes([number // 2]) * 1000, NOW + number * HOUR)
        for number, url in enumerate(urls)
    ]
    assert hashes[0] == hashes[1] != hashes[2]
    image = store.image(urls[1])
    assert image is not None
    assert (image.media_type, image.width, image.height, image.data) == ("image/png", 3, 2, b"\0" * 1000)
    assert store.image(safe_url("https://gazette.example/none.png")) is None
    assert store.prune_images(1_500) == 1
    assert [store.image(url) is not None for url in urls] == [False, False, True, True]


def test_pictures_wanted_are_those_that_are_not_here(store: Store) -> None:
    source_id = follow(store).id
    pictures = [Picture(safe_url(f"https://gazette.example/{number}.png")) for number in range(3)]
    deliver(store, source_id, *(an_arrival(replace(an_item(n), picture=pictures[n % 3])) for n in range(1, 7)))
    assert set(store.pictures_wanted(source_id)) == set(pictures)
    store.add_image(pictures[1].url, "image/png", 1, 1, b"x", NOW)
    assert set(store.pictures_wanted(source_id)) == {pictures[0], pictures[2]}


def test_pictures_in_the_text_are_wanted_too_and_those_of_kept_stories_stay(store: Store) -> None:
    source_id = follow(store).id
    inside = "Words.\n\n![A](https://gazette.example/in-{}.png)\n\n> ![B](https://gazette.example/quoted-{}.png)"
    deliver(store, source_id, *(an_arrival(an_item(n, markdown=inside.format(n, n))) for n in range(1, 5)))
    urls = [picture.url for picture in store.pictures_wanted(source_id)]
    assert len(urls) == 8
    for url in sorted(urls):  # in-1 is the oldest
        store.add_image(url, "image/png", 40, 30, url.encode() + bytes(1_000), NOW)
    assert store.pictures_wanted(source_id) == ()
    assert store.image_size(urls[0]) == (40, 30)
    assert store.image_size(safe_url("https://gazette.example/none.png")) is None
    store.mark([1], starred=True, now=NOW)
    store.mark([2], later=True, now=NOW)
    assert store.prune_images(20_000) == 0
    store.prune_images(4_500)
    left = {url.rpartition("/")[2] for url in urls if store.image(url)}
    assert left == {"in-1.png", "quoted-1.png", "in-2.png", "quoted-2.png"}
    store.prune_images(0)
    assert len([url for url in urls if store.image(url)]) == 4, "the budget is for what nobody keeps"


# Sections within sections

NESTED = ("Technology", "Technology/Linux", "technology/BSD", "Technology/Linux/Kernel", "Technology Today", "World")


def test_a_section_is_itself_and_all_within_it(store: Store) -> None:
    fill(store, 60, sections=NESTED)
    fill(store, 20, name="other", sections=NESTED[1:3])
    store.mark(range(1, 60, 4), read=True, now=NOW)
    store.mark(range(1, 60, 5), starred=True, now=NOW)
    for name, inside in (
        ("Technology", NESTED[:4]), ("TECHNOLOGY/linux", (NESTED[1], NESTED[3])), ("World", ("World",)), ("Tech", ()),
    ):  # fmt: skip
        for more in ({}, {"unread": True}, {"starred": True}, {"source_id": 1}, {"query": "is:read"}, {"query": "dek"}):
            wanted = StoryFilter(SafeText(name), **more)  # type: ignore[arg-type]
            whole = StoryFilter(**more)  # type: ignore[arg-type]
            expected = [row for row in store.headlines(whole, limit=100) if row.section in inside]
            assert list(store.headlines(wanted, limit=100)) == expected
            assert store.count(wanted) == len(expected)
            assert list(store.oldest(wanted, 7)) == expected[-7:]
            paged: list[Headline] = []
            while page := store.headlines(wanted, after=paged[-1].key if paged else None, limit=7):
                paged += page
            assert paged == expected
            if len(expected) > 10:
                assert list(store.headlines(wanted, before=expected[9].key, limit=4)) == expected[5:9]
            assert store.newer_than(wanted, 60) == sum(row.id > 60 for row in expected)
    alone = StoryFilter(SafeText("Technology"), alone=True)
    assert {row.section for row in store.headlines(alone)} == {"Technology"}
    assert store.count(alone) == 10
    counted = {section.name: section.counts.stories for section in store.sections()}
    assert store.count(StoryFilter(SafeText("Technology"))) == sum(counted[name] for name in NESTED[:4])
    changed = store.mark_listed(StoryFilter(SafeText("Technology/Linux")), store.newest_id(), now=NOW)
    assert {row.section for row in store.headlines_by_id(changed)} == {NESTED[1], NESTED[3]}
    assert {row.section for row in store.headlines(StoryFilter(query="section:technology/linux"))} == {
        NESTED[1],
        NESTED[3],
    }


def test_more_sections_than_can_be_merged_are_one_list_all_the_same(store: Store) -> None:
    names = tuple(f"x/{number}" for number in range(lists.MERGED + 5))
    fill(store, 2 * len(names), sections=names)
    wanted = StoryFilter(SafeText("x"))
    assert store.headlines(wanted, limit=1_000) == store.headlines(ALL, limit=1_000)
    assert store.count(replace(wanted, unread=True)) == 2 * len(names)


# Promises about cost


def test_no_list_scans_or_sorts(tmp_path: Path) -> None:
    database = Database(tmp_path / "library.db")
    fill(Store(database), 3, sections=("World", "Technology/Linux", "Technology/BSD"))
    explaining, plans = apsw.Connection(str(database.path)), list[tuple[str, str]]()

    def explain(_cursor: apsw.Cursor, statement: str, bindings: apsw.Bindings | None) -> bool:
        if "AS s" in statement:
            rows = explaining.execute(f"EXPLAIN QUERY PLAN {statement}", bindings).fetchall()
            plans.extend((statement, str(row[3])) for row in rows)
        return True

    db = database.connection
    db.exec_trace = explain
    key = Key(1, 1)
    flags = [
        (unread, starred, later) for unread in (False, True) for starred in (False, True) for later in (False, True)
    ]
    more: tuple[dict[str, Any], ...] = (
        *({}, {"tag": SafeText("sea")}, {"watched": True}, {"muted": True}, {"before": NOW}),
        *({"query": "is:updated"}, {"query": "tag:sea is:later"}),
    )
    for section, source, since, narrowed, (unread, starred, later) in itertools.product(
        (None, SafeText("World"), SafeText("Technology")), (None, 1), (None, NOW), more, flags
    ):
        wanted = StoryFilter(section, source, unread=unread, starred=starred, later=later, since=since, **narrowed)
        for after, before, oldest in ((None, None, False), (key, None, False), (None, key, False), (None, None, True)):
            lists.page(db, wanted, after=after, before=before, limit=10, oldest=oldest)
        lists.count(db, wanted)
        lists.newer_than(db, wanted, 1)
        lists.ids_to_mark(db, wanted, 1, below=key)
        lists.ids_to_mark(db, wanted, 1, read=False)
    lists.newest(db, 400)
    explaining.close()
    database.close()
    assert len(plans) > 500
    assert any(line.startswith("MERGE") for _, line in plans), "stretches of several sections are merged"
    for statement, line in plans:
        assert "TEMP B-TREE" not in line, statement
        # A list without section or source is its whole index, walked from one end until LIMIT.
        its_own = re.fullmatch(
            r"SCAN s USING (COVERING )?INDEX states_(latest|unread|starred|later|updated|watched|muted)", line
        )
        given = re.fullmatch(r"SCAN (k|json_each) VIRTUAL TABLE INDEX 1:", line)  # the ids of a page, of sections
        assert its_own or given or not line.startswith("SCAN"), (line, statement)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["read", "star", "later", "unread", "unstar", "move", "edit", "prune", "add"]),
            st.integers(1, 12),
        ),
        max_size=25,
    )
)
def test_counters_are_exact_after_anything(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    store = Store.open(tmp_path_factory.mktemp("counters") / "library.db")
    source_id, number = fill(store, 8), itertools.count(100)
    marks = {"read": ("read", True), "unread": ("read", False), "star": ("starred", True), "unstar": ("starred", False)}
    marks["later"] = ("later", True)
    for step, which in steps:
        if step in marks:
            name, value = marks[step]
            store.mark([which], now=NOW, **{name: value})  # type: ignore[arg-type]
        elif step == "move":
            store.edit_subscription(source_id, section=SafeText(("", "One", "Two")[which % 3]))
        elif step == "edit":
            edit(store, source_id, an_edit(which, an_item(which, title=f"T{which}"), section=f"S{which % 3}"))
        elif step == "prune":
            store.prune(keep_per_source=which, older_than=None)
        else:
            deliver(store, source_id, an_arrival(an_item(next(number)), age=HOUR * which))
    assert all_is_well(store)
    listed = store.headlines(ALL, limit=1000)
    unread, starred = sum(not one.read for one in listed), sum(one.starred for one in listed)
    assert store.totals() == Counts(len(listed), unread, starred, sum(one.later for one in listed))
    store.close()


def test_each_thread_has_its_own_connection_and_all_are_closed(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "library.db")
    fill(store, 3)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(store.headlines(ALL)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3] * 8
    store.close()
    assert not [one for one in apsw.connections() if str(tmp_path) in one.filename]


def test_times_before_1970_and_fractions_are_kept_in_order(store: Store) -> None:
    source_id = follow(store).id
    old = datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)
    deliver(store, source_id, replace(an_arrival(an_item(1)), shown_at=old))
    (headline,) = store.headlines(ALL)
    assert headline.shown_at == datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert headline.key == Key(-1, 1)
    assert headline.shown_at - old < timedelta(0)


def test_a_login_never_goes_to_another_origin(store: Store) -> None:
    def moved(login: str, old: str, new: str) -> str:
        subscription, _ = store.add_subscription("feed", safe_url(old), login=login, typed_host="gazette.example")
        after = store.edit_subscription(subscription.id, url=safe_url(new)).login
        store.remove_subscription(subscription.id, now=NOW)
        return after

    assert moved("ann:salt", "http://gazette.example/feed", "https://gazette.example/news") == "ann:salt"
    assert moved("ann:salt", "https://gazette.example/feed", "https://elsewhere.example/feed") == ""
    assert moved("ann:salt", "https://gazette.example/feed", "http://gazette.example/feed") == ""


def test_the_typed_host_survives_a_redirect_and_follows_an_edit(store: Store) -> None:
    url = safe_url("http://gazette.example/feed")
    subscription, _ = store.add_subscription("feed", url, typed_host="gazette.example")
    store.record_unchanged(
        subscription.id, Unchanged(moved_to=safe_url("http://rebind.example/feed")), now=NOW, next_due_at=NOW
    )
    after = store.subscription(subscription.id)
    assert (after.url, after.typed_host) == ("http://rebind.example/feed", "gazette.example")
    edited = store.edit_subscription(subscription.id, url=safe_url("http://mine.example/feed"))
    assert edited.typed_host == "mine.example"
