"""The identity rule and what a document changes, as pure functions."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from reader.errors import FetchError, OfflineError, RetryLaterError
from reader.identity import decide, identity_keys
from reader.model import Item, Snapshot, Subscription, TextKind
from reader.refresh import next_due, next_try
from reader.store import Changes, KnownStory
from reader.text import SafeText, SafeUrl, safe_url

NOW = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
SOURCE = Subscription(1, "feed", safe_url("https://gazette.example/feed"), SafeText("The Gazette"))


def item(number: int = 1, **changes: object) -> Item:
    made = Item(
        guid=SafeText(f"tag:gazette.example,2026:{number}"),
        url=safe_url(f"https://gazette.example/politics/story-{number}"),
        title=SafeText(f"Councils win power number {number}"),
        summary=SafeText("The transport bill passed its third reading."),
        published_at=NOW - timedelta(hours=number),
        markdown=SafeText("The transport bill passed.\n\nIt was close."),
        text=TextKind.FULL,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


class Kept:
    """What a store would know after taking in changes: keys to stories."""

    def __init__(self) -> None:
        self.known: dict[int, KnownStory] = {}
        self.ids = 0

    def take(self, *items: Item, source: Subscription = SOURCE) -> Changes:
        keys = identity_keys(items)
        changes = decide(Snapshot(items=items), keys, self.known, source, NOW)
        for arrival in changes.arrivals:
            self.ids += 1
            story = KnownStory(self.ids, arrival.item_hash, arrival.item.text)
            self.known.update(dict.fromkeys(arrival.keys, story))
        for edit in changes.edits:
            story = KnownStory(edit.story_id, edit.item_hash, edit.item.text)
            self.known = {key: story if old.id == story.id else old for key, old in self.known.items()}
        by_id = {story.id: story for story in self.known.values()}
        self.known.update({key: by_id[story_id] for key, story_id in changes.keys})
        return changes


@pytest.mark.parametrize(
    "changed",
    [
        {"guid": SafeText("quite-another")},
        {"guid": SafeText("")},
        {"url": safe_url("http://www.gazette.example/politics/story-1/?utm_source=rss#top")},
        {"url": SafeUrl("")},
        {"url": safe_url("https://gazette.example/moved/elsewhere")},
        {"title": SafeText("A better headline")},
        {"published_at": NOW},
        {"published_at": None},
        {"guid": SafeText("new"), "url": safe_url("https://gazette.example/new")},
    ],
    ids="+".join,
)
def test_a_story_stays_the_same_when_its_publisher_changes(changed: dict[str, object]) -> None:
    kept = Kept()
    assert len(kept.take(item()).arrivals) == 1
    assert kept.take(item(**changed)).arrivals == ()


def test_every_key_it_was_seen_under_is_remembered() -> None:
    kept = Kept()
    kept.take(item())
    kept.take(item(guid=SafeText("second")))
    assert kept.take(item(guid=SafeText("second"), url=safe_url("https://gazette.example/third"))).arrivals == ()
    assert kept.take(item(guid=SafeText(""), url=safe_url("https://gazette.example/third"))).arrivals == ()


def test_a_guid_that_is_an_address_is_compared_as_one() -> None:
    kept = Kept()
    kept.take(item(guid=SafeText("http://gazette.example/?p=1"), url=SafeUrl(""), published_at=None))
    again = item(
        guid=SafeText("https://www.gazette.example/?p=1"), url=SafeUrl(""), title=SafeText("New"), published_at=None
    )
    assert kept.take(again).arrivals == ()


def test_listed_twice_in_one_document_is_one_story() -> None:
    assert len(Kept().take(item(), item(), item(url=safe_url("https://gazette.example/x"))).arrivals) == 1


def test_a_guid_given_to_all_entries_names_none_of_them() -> None:
    stories = [item(n, guid=SafeText("same")) for n in range(1, 6)]
    kept = Kept()
    assert len(kept.take(*stories).arrivals) == 5
    assert kept.take(*stories).arrivals == ()


def test_a_link_given_to_all_entries_names_none_of_them() -> None:
    home = safe_url("https://gazette.example/")
    assert len(Kept().take(*(item(n, url=home) for n in range(1, 6))).arrivals) == 5


def test_entries_without_a_title_are_told_apart_by_their_guids() -> None:
    home = safe_url("https://gazette.example/")
    bare = [Item(guid=SafeText(f"id-{n}"), url=home, summary=SafeText("Alike")) for n in range(3)]
    assert len(Kept().take(*bare).arrivals) == 3


def test_without_guid_and_link_the_title_names_the_story() -> None:
    bare = [Item(title=SafeText(title)) for title in ("One", "Two", "One")]
    kept = Kept()
    assert len(kept.take(*bare).arrivals) == 2
    assert kept.take(*bare).arrivals == ()


def test_a_feed_whose_ids_and_links_change_each_time_does_not_grow() -> None:
    kept = Kept()
    for visit in range(3):
        kept.take(item(guid=SafeText(f"id-{visit}"), url=safe_url(f"https://gazette.example/r/{visit}")))
    assert kept.ids == 1


def test_without_link_and_date_the_words_name_a_story_whose_id_changes() -> None:
    kept = Kept()
    for visit in range(3):
        kept.take(*(Item(guid=SafeText(f"{visit}-{n}"), title=SafeText(f"Tide table {n}")) for n in range(3)))
    assert kept.ids == 3


def test_a_story_listed_twice_with_different_words_is_not_revised_at_every_visit() -> None:
    kept = Kept()
    twice = (item(), item(summary=SafeText("Another teaser of the same story.")))
    kept.take(*twice)
    assert kept.take(*twice).edits == ()


def test_different_stories_are_different() -> None:
    assert len(Kept().take(item(1), item(2), item(3)).arrivals) == 3


def test_an_unchanged_document_changes_nothing() -> None:
    kept = Kept()
    kept.take(item(1), item(2))
    changes = kept.take(item(1), item(2))
    assert (changes.arrivals, changes.edits, changes.keys) == ((), (), ())


def test_new_words_are_a_revision_and_other_changes_are_not() -> None:
    kept = Kept()
    kept.take(item())
    (edit,) = kept.take(item(section=SafeText("Politics"))).edits
    assert edit.revised is False
    (edit,) = kept.take(item(title=SafeText("Councils win power over buses"))).edits
    assert edit.revised is True


def test_a_front_page_that_only_mentions_a_story_does_not_replace_what_its_page_said() -> None:
    kept = Kept()
    kept.take(item())
    mention = item(markdown=SafeText(""), text=TextKind.TEASER, title=SafeText("Councils win"))
    assert kept.take(mention).edits == ()


def test_dates_that_cannot_be_are_first_seen() -> None:
    impossible = (NOW + timedelta(days=400), datetime(1969, 5, 1, tzinfo=UTC), None)
    for date in impossible:
        (arrival,) = Kept().take(item(published_at=date)).arrivals
        assert arrival.shown_at == NOW
        assert arrival.item.published_at is None


def test_a_date_a_few_hours_ahead_does_not_stick_to_the_top() -> None:
    (arrival,) = Kept().take(item(published_at=NOW + timedelta(hours=5))).arrivals
    assert arrival.shown_at == NOW
    assert arrival.item.published_at == NOW + timedelta(hours=5)


def test_the_newest_story_gets_the_highest_id() -> None:
    undated = [item(n, published_at=None) for n in (1, 2, 3)]
    arrivals = Kept().take(*undated).arrivals
    assert [arrival.item.guid[-1] for arrival in arrivals] == ["3", "2", "1"]


def test_the_section_is_the_readers_then_the_publishers() -> None:
    politics = item(section=SafeText("Politics"))
    assert Kept().take(politics).arrivals[0].section == "Politics"
    assert Kept().take(item()).arrivals[0].section == "News"
    mine = replace(SOURCE, section=SafeText("Buses"))
    assert Kept().take(politics, source=mine).arrivals[0].section == "Buses"


def test_when_to_look_again() -> None:
    half_hour = timedelta(minutes=30)
    assert next_due(half_hour, NOW) == NOW + half_hour
    assert next_due(half_hour, NOW, fresh_for_s=3600) == NOW + timedelta(hours=1)
    assert next_due(half_hour, NOW, fresh_for_s=10**9) == NOW + timedelta(hours=4)
    assert next_due(half_hour, NOW, fresh_for_s=-5) == NOW + half_hour


def test_failures_wait_longer_each_time_and_at_most_a_day() -> None:
    half_hour = timedelta(minutes=30)
    waits = [next_try(FetchError("x"), n, half_hour, NOW, 0.5) - NOW for n in range(1, 12)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(hours=1)
    assert waits[-1] <= timedelta(days=1)
    assert next_try(FetchError("x"), 1, half_hour, NOW, 0.0) < next_try(FetchError("x"), 1, half_hour, NOW, 1.0)
    assert next_try(RetryLaterError("x", 777), 9, half_hour, NOW, 0.5) == NOW + timedelta(seconds=777)
    assert next_try(OfflineError("x"), 9, half_hour, NOW, 0.5) == NOW + timedelta(minutes=2)
