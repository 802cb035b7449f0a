"""The language of searches: what is read from a query, where a wrong one is wrong, and what it asks of the database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reader.errors import QueryError
from reader.model import Article, StoryFilter
from reader.query import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_TERMS,
    And,
    Condition,
    Not,
    Or,
    Words,
    fold,
    parse,
)
from reader.store import Store
from reader.store.conditions import conditions
from reader.text import SafeText
from tests.storing import HOUR, NOW, an_arrival, an_edit, an_item, deliver, edit, follow

# Reading


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("harbour", Words("harbour")),
        ("harbour bridge", And((Words("harbour"), Words("bridge")))),
        ("harbour AND bridge", And((Words("harbour"), Words("bridge")))),
        ('"harbour bridge"', Words("harbour bridge")),
        ('"harbour bri"*', Words("harbour bri", prefix=True)),
        ("harb*", Words("harb", prefix=True)),
        ("-ferry", Not(Words("ferry"))),
        ("--ferry", Words("ferry")),
        ('-"a ferry"', Not(Words("a ferry"))),
        ("well-known", Words("well-known")),
        ("a OR b c", Or((Words("a"), And((Words("b"), Words("c")))))),
        ("(a OR b) c", And((Or((Words("a"), Words("b"))), Words("c")))),
        ("-(a b)", Not(And((Words("a"), Words("b"))))),
        ("a or b", And((Words("a"), Words("or"), Words("b")))),
        ("title:bridge", Words("bridge", column="title")),
        ("TITLE:bri*", Words("bri", prefix=True, column="title")),
        ('by:"Ada Byron"', Words("Ada Byron", column="authors")),
        ("source:gazette", Condition("source", "gazette")),
        ('section:"Local news"', Condition("section", "Local news")),
        ("is:Unread", Condition("is", "unread")),
        ("-is:starred", Not(Condition("is", "starred"))),
        ("since:2w", Condition("since", timedelta(weeks=2))),
        ("before:2026-01-31", Condition("before", datetime(2026, 1, 31).date())),  # noqa: DTZ001
        ("since:2026-01", Condition("since", datetime(2026, 1, 1).date())),  # noqa: DTZ001
        ("http://gazette.example/a", Words("http://gazette.example/a")),
        ("10:30", Words("10:30")),
        ("日本語", Words("日本語")),
    ],
)
def test_what_is_read(query: str, tree: object) -> None:
    assert parse(query) == tree
    assert parse(f"  {query}\t") == tree


@pytest.mark.parametrize(
    ("query", "position", "says"),
    [
        ("", 0, "nothing to search for"),
        ("   ", 0, "nothing to search for"),
        ('a "b', 2, "not closed"),
        ("a (b", 2, "not closed"),
        ("a) b", 1, "no opening"),
        ("a OR", 4, "After OR"),
        ("OR a", 1, "word is missing"),
        ("a OR OR b", 6, "word is missing"),
        ("()", 1, "word is missing"),
        ("a -", 2, "no letter"),
        ("a -)", 3, "something missing"),
        ("…", 0, "no letter"),
        ("a *", 2, "no letter"),
        ('""', 0, "no letter"),
        ("colour:red", 0, "no field “colour”"),
        ("a title:", 8, "something missing"),
        ('source:""', 7, "something missing"),
        ("is:great", 3, "not “great”"),
        ("since:soon", 6, "is no time"),
        ("since:2026-13-01", 6, "is no time"),
        ("before:9999999w", 7, "is no time"),
        ("a\0b", 1, "printable"),
        ("caf\udcff", 3, "printable"),
        ("x" * (MAX_CHARACTERS + 1), MAX_CHARACTERS, "1000 characters"),
        ("a " * (MAX_TERMS + 1), 2 * MAX_TERMS, "60 parts"),
        ("(" * (MAX_DEPTH + 1) + "a", MAX_DEPTH, "nested"),
    ],
)
def test_where_a_wrong_query_is_wrong(query: str, position: int, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query)
    assert says in str(caught.value)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Plain text, as it is", "Plain text, as it is"),
        ("日本語", " 日本 本語 語 "),
        ("in 東京 today", "in  東京 京  today"),
        ("ＡＢＣ", "ABC"),
        ("مُحَمَّد", "محمد"),
        ("naïve Übergröße", "naïve Übergröße"),
    ],
)
def test_text_as_the_index_holds_it(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("query", "match"),
    [
        ('say "AND" NEAR(a)', '"say" AND "AND" AND "NEAR" AND "a"'),
        ("a^b {c} d:e", None),
        ("transp*", '"transp"*'),
        ("tra*", '("tra" OR title:"tra"*)'),
        ("t*", '"t"'),
        ("title:tr*", 'title:"tr"*'),
        ("語", '"語"*'),
        ("日本語", '"日本 本語"'),
        ("日本語abc", '("日本 本語" AND "abc")'),
    ],
)
def test_words_reach_the_index_in_quotes(query: str, match: str | None) -> None:
    if match is None:
        with pytest.raises(QueryError):
            parse(query)
        return
    assert conditions(parse(query), NOW).match == match


def test_a_day_begins_where_the_reader_is() -> None:
    tokyo = datetime(2026, 11, 20, 3, 0, tzinfo=timezone(timedelta(hours=9)))
    for query, begins in (
        ("since:today", datetime(2026, 11, 19, 15, tzinfo=UTC)),
        ("since:yesterday", datetime(2026, 11, 18, 15, tzinfo=UTC)),
        ("since:2026-01-01", datetime(2025, 12, 31, 15, tzinfo=UTC)),
        ("since:3h", datetime(2026, 11, 19, 15, tzinfo=UTC)),
        ("since:9999y", datetime(1970, 1, 1, tzinfo=UTC)),
    ):
        assert conditions(parse(query), tokyo, zone=tokyo.tzinfo).values == (int(begins.timestamp()),), query


def test_a_day_begins_by_the_clock_as_it_went_on_that_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        now = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)  # Summer time ended the day before, at one o'clock UTC.
        for query, begins in (
            ("since:today", datetime(2026, 10, 25, 23, tzinfo=UTC)),
            ("since:yesterday", datetime(2026, 10, 24, 22, tzinfo=UTC)),
            ("before:2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC)),
            ("before:2026-01-01", datetime(2025, 12, 31, 23, tzinfo=UTC)),
        ):
            assert conditions(parse(query), now).values == (int(begins.timestamp()),), query
    finally:
        monkeypatch.undo()
        time.tzset()


# Finding


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store.open(tmp_path_factory.mktemp("search") / "library.db")
    gazette, courier = follow(store, "gazette"), follow(store, "courier")
    texts = {
        1: ("Harbour bridge reopens", "The **bridge** by the [harbour](https://secret.example/token) is open.", "en"),
        2: ("Ferry fares rise", "A ferry is no bridge. C++ costs 10:30.", "en-gb"),
        3: ("東京の新聞", "日本語の新聞は朝に届く。ニュース", "ja"),
        4: ("أخبار اليوم", "قال مُحَمَّد إن الجسر مفتوح", "ar"),
        5: ("Größte Brücke Österreichs", "Die Straße über den Fluß", "de"),
        6: ("ข่าววันนี้", "หนังสือพิมพ์กำลังมา", "th"),
        7: ("한국어 신문", "대한민국의 신문을 읽다", "ko"),
        8: ("हिन्दी समाचार", "पुल खुला है", "hi"),
    }
    for number, (title, text, language) in texts.items():
        item = replace(an_item(number, title=title, markdown=text), language=SafeText(language))
        arrival = an_arrival(item, section="Local news" if number % 2 else "Sport", age=HOUR * 24 * (8 - number))
        deliver(store, (gazette if number < 5 else courier).id, arrival)
    store.index_pending(100)
    store.mark([1, 2], read=True, now=NOW)
    store.mark([2], starred=True, now=NOW)
    store.mark([3], later=True, now=NOW)
    yield store
    store.close()


def found(store: Store, query: str) -> set[int]:
    by_search = {headline.id for headline in store.search(query)}
    by_relevance = {headline.id for headline in store.search(query, newest_first=False)}
    listed = {headline.id for headline in store.headlines(StoryFilter(query=query))}
    assert by_search == by_relevance == listed
    assert store.count(StoryFilter(query=query)) == len(listed)
    assert {number for number in range(1, 9) if store.fits(number, query)} == listed
    return listed


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("bridge", {1, 2}),
        ("BRIDGE harbour", {1}),
        ('"harbour bridge"', {1}),
        ('"bridge harbour"', set()),
        ("bridge -ferry", {1}),
        ("-bridge", {3, 4, 5, 6, 7, 8}),
        ("-bridge -is:later section:sport", {4, 6, 8}),
        ("ferry OR harbour", {1, 2}),
        ("(ferry OR harbour) -fares", {1}),
        ("ferry OR is:later", {2, 3}),
        ("-(ferry OR is:later) is:unread", {4, 5, 6, 7, 8}),
        ("harb*", {1}),
        ("ope*", set()),
        ("open*", {1}),
        ("ha*", {1}),
        ("secret", set()),
        ("title:ferry", {2}),
        ("title:bridge", {1}),
        ("by:byron", {1, 2, 3, 4, 5, 6, 7, 8}),
        ('by:"ada byron" ferry', {2}),
        ("source:COURIER", {5, 6, 7, 8}),
        ("source:courier.example section:local", {5, 7}),
        ("lang:en", {1, 2}),
        ("lang:EN-GB", {2}),
        ("lang:%", set()),
        ("is:read", {1, 2}),
        ("is:starred OR is:later", {2, 3}),
        ("is:updated", set()),
        ("is:watched OR is:muted", set()),
        ("-is:muted is:starred", {2}),
        ("before:2026-11-15", {1, 2}),
        ("tag:none", set()),
        ("C++", {2}),
        ("10:30", {2}),
        ("新聞", {3}),
        ("聞", {3}),
        ("東", {3}),
        ("日本語の", {3}),
        ("本日", set()),
        ("ニュース", {3}),
        ("新聞 朝", {3}),
        ("محمد", {4}),
        ("مُحَمَّد", {4}),
        ("brucke", {5}),
        ("BRÜCKE", {5}),
        ("österreich*", {5}),
        ("พิมพ์", {6}),
        ("กำลัง", {6}),
        ("민국", {7}),
        ("신문", {7}),
        ("हिन्दी", {8}),
        ("पुल", {8}),
        ("ह", set()),
    ],
)
def test_what_a_query_finds(store: Store, query: str, ids: set[int]) -> None:
    assert found(store, query) == ids


def test_one_story_fits_a_query_also_before_it_is_indexed_and_when_it_is_muted(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "library.db")) as store:
        source = follow(store).id
        deliver(store, source, an_arrival(an_item(1, title="Harbour bridge")), an_arrival(an_item(2, title="Ferry")))
        store.mark([1], muted=True, now=NOW)
        store.tag([2], SafeText("video"), now=NOW)
        assert store.fits(1, "bridge is:muted")
        assert not store.fits(2, "bridge")
        assert store.fits(2, "tag:VIDEO -bridge")
        assert not store.fits(3, "is:unread")
        with pytest.raises(QueryError):
            store.fits(1, "is:x")


def test_nothing_typed_finds_nothing(store: Store) -> None:
    assert store.search("  ") == ()


TYPED = st.lists(
    st.one_of(
        st.text(max_size=6),
        st.sampled_from(
            [
                "(",
                ")",
                '"',
                "-",
                "*",
                "OR",
                "AND",
                "NOT",
                "NEAR",
                "title:",
                "by:",
                "is:unread",
                "since:2w",
                "^",
                "+",
                ":",
            ]
        ),
        st.sampled_from(["source:", "section:x", "tag:", "lang:", "before:1d", "日本", "กำ", "'", ";--", "{a b}", " "]),
    ),
    max_size=12,
).map(" ".join)


@settings(max_examples=400, deadline=None)
@given(query=st.one_of(TYPED, st.text(max_size=60)))
@example(query='"\u0301"')
@example(query="ـ")
@example(query="\udcff")
@example(query="caf\udcff")
@example(query="🯰 ²")
def test_whatever_is_typed_runs_or_says_where_it_is_wrong(store: Store, query: str) -> None:
    wrong = None
    try:
        parse(query)
    except QueryError as error:
        wrong = error
    if wrong is None:
        found(store, query)
    else:
        assert 0 <= wrong.position <= len(query)
        assert str(wrong).endswith(".")


# When stories are found


def test_a_story_is_found_by_its_headline_at_once_and_by_its_text_after_indexing(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "library.db")
    source_id = follow(store).id
    deliver(store, source_id, an_arrival(an_item(1, title="Harbour opens", summary="A dek", markdown="A bridge")))
    assert found(store, "harbour") == found(store, "dek") == found(store, "hxyz OR by:ada") == {1}
    assert found(store, "bridge") == set()
    assert store.index_pending() == 1
    assert store.index_pending() == 0
    assert found(store, "harbour") == found(store, "dek") == found(store, "bridge") == {1}

    edit(store, source_id, an_edit(1, an_item(1, title="Port opens", markdown="A tunnel")))
    assert found(store, "port") == {1}
    store.index_pending()
    assert found(store, "bridge OR harbour") == set()
    assert found(store, "port tunnel") == {1}

    store.save_article(1, Article(markdown=SafeText("The whole text has a viaduct")), now=NOW)
    store.index_pending()
    assert found(store, "viaduct") == {1}
    assert found(store, "tunnel") == set()

    deliver(store, source_id, an_arrival(an_item(2, title="Not yet indexed")))
    store.prune(keep_per_source=1, older_than=None)
    assert found(store, "viaduct OR port") == set()
    assert found(store, "indexed") == {2}
    store.remove_subscription(source_id, now=NOW)
    assert found(store, "indexed") == set()
    store.close()


def test_very_many_hits_give_the_newest_of_them(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "library.db")
    source_id = follow(store).id
    arrivals = [
        an_arrival(an_item(number, title=f"Common word{number % 7}"), age=HOUR * (1_500 - number))
        for number in range(1_500)
    ]
    deliver(store, source_id, *arrivals)
    store.index_pending(2_000)
    assert [headline.id for headline in store.search("common", limit=3)] == [1_500, 1_499, 1_498]
    assert [headline.id for headline in store.search("common*", limit=3)] == [1_500, 1_499, 1_498]
    assert [headline.id for headline in store.search("common -word0", limit=3)] == [1_500, 1_498, 1_497]
    assert store.count(StoryFilter(query="common")) == 1_500
    best = store.search("common OR word3", limit=2, newest_first=False)
    assert all("word3" in headline.title for headline in best)
    store.close()
