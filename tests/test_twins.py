"""One story that several sources tell: it stands in lists once, is read once, and comes forward when it must."""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reader.errors import LibraryError
from reader.identity import identity_keys
from reader.model import Article, Counts, Position, Rule, StoryFilter
from reader.remote import Met, RemoteSource, RemoteSources, States
from reader.store import Carried, Changes, Store, schema
from reader.store.connection import Database
from reader.store.repair import repair_file
from reader.store.salvage import salvage
from reader.text import EMPTY, SafeText, safe_url
from tests.damage import WAYS
from tests.older import schema_of
from tests.storing import HOUR, NOW, all_is_well, an_arrival, an_edit, an_item, deliver, edit, follow

ALL = StoryFilter()
UNREAD = StoryFilter(unread=True)
DAY = timedelta(days=1)
SEA = SafeText("sea")
PAGE = "https://gazette.example/story/1"
WIRE = "The harbour's second bridge was opened on Monday, nine months late, before a crowd of some two thousand. " * 3


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path / "library.db")
    yield store
    assert all_is_well(store)
    store.close()


def papers(store: Store, *names: str) -> list[int]:
    return [follow(store, name).id for name in names or ("gazette", "courier", "herald")]


def tell(store: Store, source_id: int, number: int, url: str = PAGE, **changes: str) -> None:
    """A story with a key, a headline and an address arrives."""
    deliver(store, source_id, an_arrival(an_item(number, url=url, **changes), section=changes.get("section", "News")))


def ids(store: Store, wanted: StoryFilter = ALL) -> list[int]:
    """Of the listed stories; the exact counter says as many."""
    listed = [one.id for one in store.headlines(wanted, limit=1000)]
    assert store.count(wanted) == len(listed)
    return listed


def of(source_id: int) -> StoryFilter:
    return StoryFilter(source_id=source_id)


# Who is one


def test_the_same_page_in_three_sources_is_one_story(store: Store) -> None:
    gazette, courier, herald = papers(store)
    tell(store, gazette, 1)
    tell(store, courier, 2, "http://www.gazette.example/story/1/?utm_source=feed#top", title="Told otherwise")
    tell(store, courier, 3, "https://gazette.example/story/3")
    assert deliver(store, herald, an_arrival(an_item(4, url=PAGE))) == (0, 0), "nothing new in the lists"
    assert ids(store) == ids(store, UNREAD) == [3, 1]
    assert [ids(store, of(source)) for source in (gazette, courier, herald)] == [[1], [3, 2], [4]]
    assert store.newer_than(ALL, 1) == 1
    assert store.newer_than(of(herald), 3) == 1
    assert [store.story(one).cluster for one in (1, 2, 3, 4)] == [1, 1, None, 1]
    assert [(also.story_id, also.source) for also in store.story(2).also_in] == [(1, "Gazette"), (4, "Herald")]
    assert store.story(3).also_in == ()
    assert store.totals() == Counts(stories=2, unread=2)
    (news,) = store.sections(["News"])
    assert news.counts == Counts(stories=2, unread=2)
    assert [source.counts.unread for source in news.sources] == [2, 1, 1]
    assert [row.counts.unread for row in store.subscriptions()] == [2, 1, 1]
    assert store.find_story(safe_url(PAGE)) == 1, "by its address, the one in the lists"


def test_searches_find_a_story_once_unless_they_ask_for_a_source(store: Store) -> None:
    gazette, courier, _ = papers(store)
    tell(store, gazette, 1, title="The harbour opens")
    tell(store, courier, 2, title="The harbour opens")
    for _indexed in (False, True):
        for query in ("harbour", "harbour is:unread", "title:harbour -tag:sea"):
            assert ids(store, StoryFilter(query=query)) == [1]
            assert [one.id for one in store.search(query)] == [1]
            assert [one.id for one in store.search(query, newest_first=False)] == [1]
        assert [one.id for one in store.search("harbour source:courier")] == [2]
        store.index_pending()


def test_an_agencys_copy_is_known_by_its_words(store: Store) -> None:
    gazette, courier, herald = papers(store)

    def copy(
        number: int, source_id: int, text: str, age: timedelta = HOUR, title: str = "Bridge opens at last"
    ) -> None:
        item = an_item(number, title=title, markdown=text, url=f"https://{source_id}.example/{number}")
        deliver(store, source_id, an_arrival(item, age=age))

    copy(1, gazette, f"**{WIRE}**", age=HOUR * 50)
    copy(2, courier, f"{WIRE.upper()}", title="BRIDGE “OPENS” AT LAST!")
    copy(3, herald, f"{WIRE} And more.", title="Bridge opens at last")
    copy(4, herald, "Too short a text to be told from a standing phrase.")
    copy(5, courier, "Too short a text to be told from a standing phrase.")
    copy(6, herald, WIRE, title="Another headline")
    assert [store.story(one).cluster for one in range(1, 7)] == [1, 1, None, None, None, None]
    store.forget_steps(NOW)
    copy(7, herald, WIRE, age=HOUR)
    assert store.story(7).cluster == 1
    copy(8, herald, f"Old. {WIRE}", age=5 * DAY)
    copy(9, gazette, f"Old. {WIRE}")
    assert store.story(9).cluster is None, "days apart"
    store.forget_steps(NOW + 7 * DAY)
    assert not store._db.connection.execute("SELECT 1 FROM headlines").fetchone()


@pytest.mark.parametrize(
    "url",
    ["https://gazette.example", "https://www.gazette.example/index.html", "https://gazette.example/live/home"],
)
def test_an_address_of_a_front_page_joins_nothing(store: Store, url: str) -> None:
    home = safe_url("https://gazette.example/live/home")
    for number, source_id in enumerate(papers(store), 1):
        arrival = an_arrival(an_item(number, url=url))
        store.apply(Changes(source_id, NOW, arrivals=(arrival,), home_url=home if number == 1 else safe_url("")))
        assert store.story(number).cluster is None
    assert ids(store) == [3, 2, 1]


def test_an_address_that_two_stories_of_a_source_share_joins_nothing(store: Store) -> None:
    gazette, courier, herald = papers(store)
    live = "https://gazette.example/live"
    tell(store, courier, 1, live)
    deliver(store, gazette, an_arrival(an_item(2, url=live)), an_arrival(an_item(3, url=live)))
    tell(store, herald, 4, live)
    assert ids(store) == [4, 3, 2, 1]


def test_who_writes_about_a_page_tells_another_story(store: Store) -> None:
    gazette, courier, herald = papers(store)
    tell(store, gazette, 1, summary=WIRE[:120])
    tell(store, courier, 2, markdown=f"What the Gazette forgets to say. {'It was the third bridge. ' * 8}")
    tell(store, herald, 3, markdown=f"By our wire. {WIRE}")
    assert [store.story(one).cluster for one in (1, 2, 3)] == [1, None, 1]
    tell(store, follow(store, "evening").id, 4, title="A headline and a link alone")
    assert store.story(4).cluster == 1


def test_a_source_is_at_home_where_it_says_unless_another_is_by_its_own_host(store: Store) -> None:
    courier, gazette_at_anothers, gazette = papers(store, "courier", "feedpress", "gazette")
    tell(store, courier, 1, title="Two lines and a link")
    for number, source_id in ((2, gazette_at_anothers), (3, gazette)):
        arrival = an_arrival(an_item(number, url=PAGE, markdown=WIRE))
        home = safe_url("https://www.gazette.example/")
        store.apply(Changes(source_id, NOW, arrivals=(arrival,), home_url=home))
        assert ids(store) == [number], "its text is the page's, whatever the others say of it"
    assert store.story(1).cluster == 1


def test_an_address_that_names_nothing_parts_only_what_it_joined(store: Store) -> None:
    gazette, courier, _ = papers(store)
    tell(store, gazette, 1)
    tell(store, courier, 2)
    tell(store, gazette, 3, "https://gazette.example/story/3")
    for number in (1, 3):
        store.save_article(number, Article(url=safe_url("https://gazette.example/please/consent")), now=NOW)
    assert [store.story(one).cluster for one in (1, 2, 3)] == [1, 1, None]


@pytest.mark.parametrize(("host", "page"), [("feeds.gazette.example", "gazette.example"), ("gazette", "news.gazette")])
def test_a_source_is_at_home_on_pages_of_its_hosts(store: Store, host: str, page: str) -> None:
    sources = papers(store, "courier", host.removesuffix(".example"))
    for number, source_id in enumerate(sources, 1):
        tell(store, source_id, number, f"https://{page.removesuffix('.example')}.example/1")
    assert ids(store) == [2]


def test_what_an_address_joined_is_parted_when_a_second_story_comes_under_it(store: Store) -> None:
    gazette, courier, _ = papers(store)
    live = "https://gazette.example/live"
    tell(store, gazette, 1, live)
    tell(store, courier, 2, live)
    assert ids(store) == [1]
    tell(store, gazette, 3, live)
    assert ids(store) == [3, 2, 1]
    assert {store.story(one).cluster for one in (1, 2, 3)} == {None}


def test_no_chain_of_addresses_makes_two_stories_of_one_source_one(store: Store) -> None:
    gazette, courier, _ = papers(store)
    tell(store, gazette, 1, "https://gazette.example/a")
    tell(store, gazette, 2, "https://gazette.example/b")
    tell(store, courier, 3, "https://gazette.example/a")
    store.save_article(3, Article(url=safe_url("https://gazette.example/b")), now=NOW)
    assert [store.story(one).cluster for one in (1, 2, 3)] == [1, None, 1]


def test_an_address_with_very_many_stories_joins_no_more(store: Store) -> None:
    for number in range(1, 53):
        tell(store, follow(store, f"paper{number}").id, number)
    assert len(ids(store)) == 3


def test_the_canonical_address_of_a_page_joins_later_and_so_does_an_edit(store: Store) -> None:
    gazette, courier, herald = papers(store)
    tell(store, gazette, 1)
    tell(store, courier, 2, "https://short.example/x")
    tell(store, herald, 3, "https://short.example/y")
    store.mark([2], read=True, now=NOW)
    store.save_article(2, Article(url=safe_url(PAGE), markdown=SafeText(WIRE)), now=NOW)
    assert ids(store) == [3, 2], "what is being read stays where it is"
    assert store.story(1).state.read
    edit(store, herald, an_edit(3, an_item(3, url=PAGE)))
    assert ids(store) == [2]
    assert ids(store, UNREAD) == ids(store, StoryFilter(source_id=herald, unread=True)) == []


# Who stands in the lists


def test_the_first_leads_unless_another_is_fuller_or_at_home_and_nobody_has_touched_it(store: Store) -> None:
    gazette, courier, herald = papers(store)
    tell(store, courier, 1, title="Bridge opens")
    tell(store, herald, 2, title="Bridge opens", markdown="The whole text.")
    assert ids(store) == [2], "the whole text"
    tell(store, gazette, 3)
    assert ids(store) == [3], "the page's own publisher"
    tell(store, follow(store, "evening").id, 4, title="Bridge opens", markdown="The whole text.")
    assert ids(store) == [3]
    assert [also.story_id for also in store.story(4).also_in] == [3, 2, 1]


@pytest.mark.parametrize("touch", ["read", "starred", "later", "watched", "position"])
def test_what_the_reader_touched_stays_in_the_lists(store: Store, touch: str) -> None:
    gazette, courier, _ = papers(store)
    tell(store, courier, 1)
    if touch == "position":
        store.set_position(1, Position(2, 3))
    else:
        store.mark([1], now=NOW, **{touch: True})  # type: ignore[arg-type]
    tell(store, gazette, 2, markdown="The whole text.")
    assert ids(store) == [1]
    assert store.story(2).state.read is (touch == "read"), "a twin of a read story arrives read"


def test_a_telling_that_was_read_elsewhere_makes_the_story_read(store: Store) -> None:
    gazette, courier, herald = papers(store)
    tell(store, gazette, 1)
    arrival = an_arrival(an_item(2, url=PAGE))
    store.take_over(courier, [Carried(arrival, read=True)], now=NOW)
    deliver(store, courier, arrival)
    assert ids(store, UNREAD) == []
    tell(store, herald, 3)
    assert store.story(3).state.read
    store.mark([1], read=False, now=NOW)
    store.take_over(herald, [Carried(an_arrival(an_item(3, url=PAGE)), read=True)], now=NOW)
    assert ids(store, UNREAD) == ids(store, StoryFilter(source_id=gazette, unread=True)) == []


def test_a_removed_source_makes_way_for_the_other_telling_until_it_comes_back(store: Store) -> None:
    gazette, courier, herald = papers(store)
    for number, source_id in enumerate((gazette, courier, herald), 1):
        tell(store, source_id, number)
    store.remove_subscription(gazette, now=NOW)
    assert ids(store) == [2]
    assert [also.story_id for also in store.story(2).also_in] == [3]
    store.remove_subscription(courier, now=NOW)
    assert ids(store) == [3]
    store.undo(NOW)
    assert ids(store) == [2]
    store.undo(NOW)
    assert ids(store) == [1]
    store.redo(NOW)
    assert ids(store) == [2]
    follow(store, "gazette")
    assert ids(store) == [1], "followed again, too"
    store.remove_subscription(gazette, now=NOW, for_good=True)
    assert ids(store) == [2]
    assert [store.story(one).cluster for one in (2, 3)] == [2, 2], "the smallest id that is there"
    store.remove_subscription(herald, now=NOW, for_good=True)
    assert store.story(2).cluster is None


def test_a_muted_telling_makes_way_and_a_pruned_one_too(store: Store) -> None:
    gazette, courier, herald = papers(store)
    for number, source_id in enumerate((gazette, courier, herald), 1):
        tell(store, source_id, number)
    assert store.mark([1], muted=True, now=NOW) == (1,)
    assert ids(store) == [2]
    assert ids(store, UNREAD) == [], "what the reader does not want to see is read"
    assert ids(store, StoryFilter(muted=True)) == [1]
    store.mark([2], muted=True, now=NOW)
    assert (ids(store), ids(store, StoryFilter(muted=True))) == ([3], [2, 1])
    store.undo(NOW)
    store.undo(NOW)
    assert (ids(store), ids(store, UNREAD)) == ([1], [1])
    tell(store, gazette, 9, "https://gazette.example/9")
    store.prune(keep_per_source=1, older_than=None)
    assert ids(store) == [4, 2]
    assert [store.story(one).cluster for one in (2, 3)] == [2, 2]


# What the reader does


def test_a_story_is_read_in_all_its_tellings_in_one_step(store: Store) -> None:
    gazette, courier, herald = papers(store)
    for number, source_id in enumerate((gazette, courier, herald), 1):
        tell(store, source_id, number)
    tell(store, gazette, 4, "https://gazette.example/4")
    assert store.mark([2], read=True, now=NOW) == (2,)
    assert [store.story(one).state.read for one in (1, 2, 3, 4)] == [True, True, True, False]
    change = store.undo(NOW)
    assert change
    assert (change.story_ids, change.told_again) == ((1,), (2, 3)), "one story, told thrice"
    assert len(ids(store, UNREAD)) == 2
    assert store.mark_listed(ALL, 99, now=NOW) == (1, 4)
    assert [row.counts.unread for row in store.subscriptions()] == [0, 0, 0]
    store.mark([3], read=False, now=NOW)
    assert ids(store, UNREAD) == [1]


def test_a_star_belongs_to_the_telling_that_was_starred(store: Store) -> None:
    gazette, courier, _ = papers(store)
    tell(store, gazette, 1)
    tell(store, courier, 2)
    store.mark([2], starred=True, later=True, watched=True, now=NOW)
    store.tag([2], SEA, now=NOW)
    assert ids(store) == [1]
    for wanted in (
        *(StoryFilter(starred=True), StoryFilter(later=True), StoryFilter(watched=True), StoryFilter(tag=SEA)),
        *(StoryFilter(query="is:starred"), StoryFilter(query="tag:sea"), StoryFilter(starred=True, section=EMPTY)),
    ):
        assert ids(store, replace(wanted, section=None)) == [2]
    assert store.totals() == Counts(stories=1, unread=1, starred=1, later=1)
    (tag,) = store.tags()
    assert tag.counts.stories == 1
    assert not store.story(1).state.starred


def test_rules_keep_a_story_once_and_mute_one_telling_alone(store: Store) -> None:
    gazette, courier, herald = papers(store)
    star = Rule("stars", "bridge", starred=True, tag=SEA, notify=True)
    mute = Rule("mutes", "source:gazette", muted=True)
    told = []
    for number, source_id in ((1, gazette), (2, courier), (3, herald)):
        arrival = an_arrival(an_item(number, url=PAGE, title="The bridge opens"))
        told += store.apply(Changes(source_id, NOW, arrivals=(arrival,)), (mute, star)).told
    assert [one.story_id for one in told] == [2], "and not again when the third came"
    assert ids(store, StoryFilter(starred=True)) == ids(store, StoryFilter(tag=SEA)) == [2]
    assert ids(store) == [2], "the muted one is none to stand in lists"
    assert not store.story(2).state.read, "nor does it make the others read"
    assert ids(store, StoryFilter(muted=True)) == [1]


def test_a_rule_stars_the_telling_in_the_lists(store: Store) -> None:
    gazette, courier, _ = papers(store)
    rule = Rule("stars", "bridge", starred=True, later=True, tag=SEA)
    for number, source_id in ((1, gazette), (2, courier)):
        arrival = an_arrival(an_item(number, url=PAGE, title="The bridge opens"))
        store.apply(Changes(source_id, NOW, arrivals=(arrival,)), (rule,))
    for wanted in (StoryFilter(starred=True), StoryFilter(later=True), StoryFilter(tag=SEA)):
        assert ids(store, wanted) == [1]


# Care


def test_disorder_among_tellings_is_told_and_mended(store: Store) -> None:
    for number, source_id in enumerate(papers(store), 1):
        tell(store, source_id, number)
    for disorder in (
        "UPDATE states SET hidden = 0",
        "UPDATE states SET hidden = 4",
        "UPDATE stories SET cluster_id = 3",
        "UPDATE stories SET cluster_id = NULL WHERE id = 2",
        "UPDATE states SET hidden = 7 WHERE story_id = 2",
    ):
        with store._db.writing() as db:
            db.execute(disorder)
        assert not all_is_well(store), disorder
        assert any("one stands in the lists" in finding.says for finding in store.repair(NOW))
        assert all_is_well(store), disorder


def test_what_is_salvaged_is_one_as_before(store: Store, tmp_path: Path) -> None:
    for number, source_id in enumerate(papers(store), 1):
        tell(store, source_id, number)
    store.remove_subscription(1, now=NOW)
    salvage(tmp_path / "library.db", tmp_path / "saved.db", now=NOW, keys_of=identity_keys)
    saved = Store.open(tmp_path / "saved.db")
    assert ids(saved) == ids(store) == [2]
    assert saved.story(3).cluster == 1
    saved.close()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_damaged_library_of_twins_is_repaired(
    way: Callable[[bytearray, random.Random], None], tmp_path: Path
) -> None:
    path = tmp_path / "library.db"
    store = Store.open(path)
    for name in ("gazette", "courier", "herald"):
        arrivals = [an_arrival(an_item(n, url=f"https://gazette.example/{n}")) for n in range(1, 60)]
        deliver(store, follow(store, name).id, *arrivals)
    assert len(ids(store)) == 59
    store.close()
    whole = path.read_bytes()
    for seed in range(4):
        data = bytearray(whole)
        way(data, random.Random(seed))
        path.write_bytes(data)
        repair_file(path, now=NOW, keys_of=identity_keys)
        with closing(Store.open(path)) as repaired:
            assert all_is_well(repaired)
            while repaired.gather(NOW):
                pass
            assert len(ids(repaired)) <= 59
            assert all_is_well(repaired)


def test_an_older_library_finds_its_twins_little_by_little(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "library.db")
    gazette, courier, herald = papers(store)
    for number, (source_id, page) in enumerate(itertools.product((gazette, courier, herald), range(4)), 1):
        tell(store, source_id, number, f"https://gazette.example/{page or f'own/{number}'}")
    with store._db.writing() as db:  # As the migration leaves it.
        db.execute("UPDATE stories SET cluster_id = NULL, cluster_rank = 0; UPDATE states SET hidden = 0")
        db.execute("INSERT INTO meetings SELECT url_number FROM story_urls GROUP BY url_number HAVING count(*) > 1")
    assert len(ids(store)) == 12
    assert [store.gather(NOW, 2) for _ in range(3)] == [2, 1, 0]
    assert len(ids(store)) == 6
    assert all_is_well(store)
    store.close()


def test_the_migration_leaves_what_is_to_be_looked_at(tmp_path: Path) -> None:
    db = apsw.Connection(str(tmp_path / "library.db"))
    db.execute(schema_of(1).read_text())
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = 1")
    db.execute("INSERT INTO story_urls VALUES (7, 1), (7, 2), (8, 3)")
    db.close()
    store = Store.open(tmp_path / "library.db")
    assert store._db.connection.execute("SELECT url_number FROM meetings").fetchall() == [(7,)]
    store.close()


# Who would like to be taken for another


def canonical(store: Store, story_id: int, page: str = PAGE) -> None:
    """The story's page, when it was fetched, said that it is that one."""
    store.save_article(story_id, Article(url=safe_url(page), markdown=SafeText(f"Buy this. {WIRE}")), now=NOW)


def test_a_page_that_says_it_is_anothers_takes_no_lead(store: Store) -> None:
    gazette, thief, _ = papers(store)
    tell(store, gazette, 1, summary=WIRE[:120])
    tell(store, thief, 2, "https://courier.example/copied")
    canonical(store, 2)
    assert ids(store, of(gazette)) == [1]
    assert 1 in ids(store)
    tell(store, thief, 3, "https://courier.example/to-come")
    canonical(store, 3, "https://gazette.example/story/2")
    tell(store, gazette, 4, "https://gazette.example/story/2", summary=WIRE[:120])
    assert 4 in ids(store), "nor before the other has come"


def test_two_who_say_that_they_are_at_home_are_both_guests(store: Store) -> None:
    gazette, thief, _ = papers(store, "feedpress", "thief", "herald")
    home = safe_url("https://gazette.example/")
    for number, source_id, text in ((1, gazette, ""), (2, thief, "Buy this instead. " * 30)):
        arrival = an_arrival(an_item(number, url=PAGE, summary=WIRE[:120], markdown=text))
        store.apply(Changes(source_id, NOW, arrivals=(arrival,), home_url=home))
    assert ids(store) == [2, 1], "who has another text under that address tells another story"


def test_a_text_under_anothers_address_is_looked_at_whatever_its_source_says(store: Store) -> None:
    thief, gazette, _ = papers(store, "thief", "gazette", "herald")
    arrival = an_arrival(an_item(1, url=PAGE, markdown="Buy this instead. " * 30))
    store.apply(Changes(thief, NOW, arrivals=(arrival,), home_url=safe_url("https://gazette.example/")))
    store.mark([1], read=True, now=NOW)
    tell(store, gazette, 2, markdown=WIRE)
    assert ids(store) == [2, 1]
    assert ids(store, UNREAD) == [2]


def test_a_neighbour_on_a_host_of_many_is_less_at_home_than_who_is_fetched_there(store: Store) -> None:
    neighbour, gazette, _ = papers(store, "evil.gazette", "gazette", "herald")
    tell(store, neighbour, 1, title="A headline and a link alone")
    tell(store, gazette, 2)
    assert ids(store) == [2]


def test_a_copy_of_the_words_does_not_take_the_lead(store: Store) -> None:
    gazette, thief, _ = papers(store, "feedpress", "thief", "herald")
    item = an_item(1, title="Bridge opens at last", summary=WIRE, url=PAGE)
    deliver(store, gazette, an_arrival(item))
    copied = an_item(2, title="Bridge opens at last", markdown=WIRE, url="https://thief.example/1")
    deliver(store, thief, an_arrival(copied))
    assert store.story(2).cluster == 1
    assert ids(store) == [1]


def test_a_guest_that_repeats_an_address_parts_nobody_else(store: Store) -> None:
    gazette, courier, guest = papers(store)
    tell(store, gazette, 1)
    tell(store, courier, 2)
    tell(store, guest, 3)
    assert ids(store) == [1]
    tell(store, guest, 4)
    assert [store.story(one).cluster for one in (1, 2, 3, 4)] == [1, 1, None, None]
    assert ids(store) == [4, 3, 1]
    tell(store, follow(store, "evening").id, 5)
    assert ids(store) == [4, 3, 1], "who comes later finds those two together"


def test_a_leader_of_others_makes_way_for_nobody_it_has_not_met(store: Store) -> None:
    gazette, first, second = papers(store)
    tell(store, gazette, 1)
    tell(store, first, 2)
    edit(store, first, an_edit(2, an_item(2, url="https://herald.example/1")))
    tell(store, second, 3, "https://herald.example/1", markdown="Buy this. " * 40)
    assert 1 in ids(store)


def test_no_story_is_told_by_more_than_fifty(store: Store) -> None:
    for number in range(1, 121):
        tell(store, follow(store, f"paper{number}").id, number, f"https://far.example/{number // 30}")
    for number in (30, 60, 90):  # chains that would make one of all
        store.save_article(number, Article(url=safe_url(f"https://far.example/{number // 30 - 1}")), now=NOW)
    rows = store._db.connection.execute("SELECT count(*) FROM stories WHERE cluster_id IS NOT NULL GROUP BY cluster_id")
    assert 1 < max(count for (count,) in rows) <= 50


def test_a_flood_under_one_address_and_headline_is_not_looked_through(store: Store) -> None:
    gazette, flood, _ = papers(store)
    title = "The same headline each time"
    tell(store, gazette, 1, markdown=WIRE, title=title)
    arrivals = [an_arrival(an_item(n, url=PAGE, markdown=f"{WIRE} {n}", title=title)) for n in range(2, 602)]
    deliver(store, flood, *arrivals)
    tell(store, flood, 900, markdown=WIRE, title=title)
    edit(store, flood, *(an_edit(n, an_item(n, url=PAGE, title=title)) for n in range(2, 602)))
    assert store.story(1).cluster is None
    assert len(ids(store)) == 602


# What a sync server says of them


@pytest.fixture
def theirs(store: Store) -> int:
    """A story of the Gazette's that the sync server has too, as number 2 and behind it."""
    (gazette,) = papers(store, "gazette")
    there = RemoteSource("feed/7", safe_url("https://theirs.example/feed"))
    (source_id,) = store.server.follow(RemoteSources((there,)), now=NOW).values()
    tell(store, gazette, 1)
    arrival, met = an_arrival(an_item(2, url=PAGE)), Met("0a", (2,), read=False, starred=False)
    store.apply(Changes(source_id, NOW, arrivals=(arrival,), met=(met,)))
    assert ids(store) == [1]
    return source_id


def the_server_says(store: Store, *, read: bool = False, starred: bool = False) -> None:
    """The server says what it knows of its story."""
    states = States(frozenset(() if read else ("0a",)), frozenset(("0a",) if starred else ()), ("0a",))
    store.server.take(states, now=NOW)


def test_what_is_read_at_the_server_is_read_in_all_its_tellings(store: Store, theirs: int) -> None:
    the_server_says(store, read=True)
    assert ids(store, UNREAD) == ids(store, StoryFilter(source_id=theirs, unread=True)) == []
    assert store.server.marks() == (), "nothing that the server is to be told"


def test_a_star_of_the_server_brings_no_muted_telling_beside_another(store: Store, theirs: int) -> None:
    store.mark([2], muted=True, now=NOW)
    the_server_says(store, read=True, starred=True)
    assert store.story(2).state.starred
    assert ids(store) == [1]
    assert ids(store, of(theirs)) == [2]


# Promises


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("tell", "tell", "tell", "words", "read", "unread", "starred", "muted", "unmuted", "tag", "article"),
                *("edit", "remove", "follow", "purge", "prune", "undo", "redo", "section", "known"),
            ]
        ),
        st.integers(1, 4),
        st.integers(1, 12),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_lists_and_counts_agree_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    store = Store.open(tmp_path_factory.mktemp("twins") / "library.db")
    names = ("gazette", "courier", "herald", "evening")
    sources = papers(store, *names)
    keys = itertools.count(100)
    for step, which, number in steps:
        act(store, step, which, number, next(keys), sources[which - 1], names[which - 1])
    assert all_is_well(store)
    listed = store.headlines(ALL, limit=1000)
    clusters = Counter(cluster for one in listed if (cluster := store.story(one.id).cluster) is not None)
    assert set(clusters.values()) <= {1}, "no article twice"
    told = {one.id for source in sources for one in store.headlines(of(source), limit=1000)}
    stood_for = {also.story_id for one in listed for also in store.story(one.id).also_in}
    assert told == {one.id for one in listed} | stood_for, "and none lost"
    for wanted in (
        *(ALL, UNREAD, StoryFilter(starred=True), *map(of, sources)),
        *(StoryFilter(section=section.name, unread=True) for section in store.sections()),
        *(replace(of(source), unread=True) for source in sources),
    ):
        ids(store, wanted)
    for section in store.sections():
        assert section.counts.stories == len(store.headlines(StoryFilter(section=section.name), limit=1000))
    store.close()


def act(store: Store, step: str, which: int, number: int, key: int, source_id: int, name: str) -> None:
    followed = any(row.subscription.id == source_id for row in store.subscriptions())
    if step in ("tell", "words", "edit", "section", "remove", "purge") and not followed:
        return
    page = f"https://gazette.example/story/{number % 4}"
    if step == "tell":
        whole = "Whole." * (number % 2)
        item = an_item(key, url=page, title="Bridge opens", markdown=whole, section=f"S{number % 2}")
        deliver(store, source_id, an_arrival(item, age=HOUR * number, section=f"S{number % 2}"))
    elif step == "words":
        item = an_item(key, url=f"https://{name}.example/{key}", title="Bridge opens at last", markdown=WIRE)
        deliver(store, source_id, an_arrival(item))
    elif step in ("read", "starred", "muted"):
        store.mark([number], now=NOW, **{step: True})  # type: ignore[arg-type]
    elif step in ("unread", "unmuted"):
        store.mark([number], now=NOW, **{step.removeprefix("un"): False})  # type: ignore[arg-type]
    elif step == "tag":
        store.tag([number], SEA, now=NOW)
    elif step == "article" and number in {one.id for one in store.headlines(ALL, limit=1000)}:
        store.save_article(number, Article(url=safe_url(f"https://gazette.example/story/{which}")), now=NOW)
    elif step == "edit":
        mine = [one.id for one in store.headlines(of(source_id), limit=1000)]
        edit(store, source_id, *(an_edit(one, an_item(key, url=page)) for one in mine[:1]))
    elif step == "section":
        store.edit_subscription(source_id, section=SafeText(("", "One", "Two")[number % 3]))
    elif step in ("remove", "purge"):
        store.remove_subscription(source_id, now=NOW, for_good=step == "purge")
    elif step == "follow":
        follow(store, name)
    elif step == "prune":
        store.prune(keep_per_source=which, older_than=None)
    elif step == "undo":
        store.undo(NOW)
    elif step == "redo":
        store.redo(NOW)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["read", "unread", "muted", "unmuted", "starred", "tag", "remove"]), st.integers(1, 6)
        ),
        max_size=7,
    )
)
def test_every_step_is_taken_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    store = Store.open(tmp_path_factory.mktemp("steps") / "library.db")
    for number, (source_id, page) in enumerate(itertools.product(papers(store), (1, 2)), 1):
        tell(store, source_id, number, f"https://herald.example/story/{page}")

    def seen() -> tuple[object, ...]:
        states = store._db.connection.execute("SELECT story_id, hidden, read, starred FROM states").fetchall()
        return states, store.totals(), store.tags(), ids(store)

    history = [seen()]
    for step, number in steps:
        if step == "remove":
            if not any(row.subscription.id == (number + 1) // 2 for row in store.subscriptions()):
                continue
            store.remove_subscription((number + 1) // 2, now=NOW)
        elif step == "tag":
            if not store.tag([number], SEA, now=NOW):
                continue
        else:
            marks = {step.removeprefix("un"): not step.startswith("un")}
            if not store.mark([number], now=NOW, **marks) and seen() == history[-1]:  # type: ignore[arg-type]
                continue
        history.append(seen())
    for before in reversed(history[:-1]):
        assert store.undo(NOW)
        assert seen() == before
    for after in history[1:]:
        assert store.redo(NOW)
        assert seen() == after
    assert all_is_well(store)
    store.close()


def test_what_was_written_by_half_is_not_there(tmp_path: Path) -> None:
    """A visit that dies after its stories have met leaves nothing: it is one transaction."""
    database = Database(tmp_path / "library.db")
    store = Store(database)
    gazette, courier, _ = papers(store)
    tell(store, gazette, 1)

    def die(_cursor: apsw.Cursor, statement: str, _bindings: object) -> bool:
        return not statement.startswith("SELECT count(*) FROM json_each")

    database.connection.exec_trace = die
    with pytest.raises(LibraryError):
        tell(store, courier, 2)
    database.connection.exec_trace = None
    assert (ids(store), store.story(1).cluster, store.newest_id()) == ([1], None, 1)
    assert all_is_well(store)
    store.close()


def test_arrivals_and_marks_look_at_their_own_rows_only(tmp_path: Path) -> None:
    database = Database(tmp_path / "library.db")
    store = Store(database)
    explaining, plans = apsw.Connection(str(database.path)), list[tuple[str, str]]()

    def explain(_cursor: apsw.Cursor, statement: str, bindings: apsw.Bindings | None) -> bool:
        if "CREATE" not in statement and any(name in statement for name in ("stories", "story_urls", "headlines")):
            rows = explaining.execute(f"EXPLAIN QUERY PLAN {statement}", bindings).fetchall()
            plans.extend((str(row[3]), statement) for row in rows)
        return True

    sources = papers(store)
    database.connection.exec_trace = explain
    for number, source_id in enumerate(sources, 1):
        tell(store, source_id, number, markdown=WIRE)
    store.mark([1], read=True, now=NOW)
    store.mark([1], muted=True, now=NOW)
    store.remove_subscription(2, now=NOW)
    for _ in range(3):
        store.undo(NOW)
    explaining.close()
    database.close()
    assert len(plans) > 40
    for line, statement in plans:
        assert not re.match(r"SCAN (states|stories|story_urls|headlines|articles|[stuh])\b", line), (line, statement)


# Beside a sync server


def at_the_server(store: Store, **stories: int) -> None:
    """The server has these stories, and their sources, by these names."""
    with store._db.writing() as db:
        for name, story_id in stories.items():
            db.execute("INSERT INTO remote_stories VALUES (?, ?)", (name, story_id))
            db.execute(
                "INSERT OR IGNORE INTO remote_sources SELECT 'feed/' || source_id, source_id, '' FROM states"
                " WHERE story_id = ?",
                (story_id,),
            )


def says(*unread: str, starred: Collection[str] = ()) -> States:
    return States(frozenset(unread), frozenset(starred), ("one",))


def test_what_the_server_has_twice_and_knows_to_be_read_once_it_is_told(store: Store) -> None:
    gazette, courier = papers(store, "gazette", "courier")
    tell(store, gazette, 1)
    tell(store, courier, 2)
    at_the_server(store, one=1, two=2)
    store.server.take(says("one"), now=NOW)
    assert ids(store, UNREAD) == []
    assert [(mark.ids, mark.value) for mark in store.server.marks()] == [(("one",), True)]
    store.server.take(says("one"), now=NOW)
    assert ids(store, UNREAD) == [], "what it is still to be told it does not take back"


def test_a_star_of_the_servers_brings_no_muted_telling_into_the_lists_beside_another(store: Store) -> None:
    gazette, courier = papers(store, "gazette", "courier")
    tell(store, gazette, 1)
    tell(store, courier, 2)
    at_the_server(store, two=2)
    store.mark([2], muted=True, now=NOW)
    store.server.take(says("two", starred=["two"]), now=NOW)
    assert ids(store) == [1]
    assert ids(store, StoryFilter(starred=True)) == [2]
