"""Files of other readers: what they hold, what it becomes, and that nothing in them does anything but be read."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader import query
from reader.elsewhere import Entry, Found, read_cache, read_cached, read_file
from reader.elsewhere.filters import Inexpressible, as_query
from reader.elsewhere.found import MAX_HTML
from reader.errors import ParseError
from reader.model import TextKind
from reader.text import safe_text, safe_url

CORPUS = Path(__file__).parent / "corpus" / "elsewhere"
NOON = datetime(2025, 11, 17, 8, tzinfo=UTC)


def read(name: str) -> Found:
    return read_file((CORPUS / name).read_bytes())


def told(entry: Entry) -> tuple[str, bool, bool, bool, tuple[str, ...]]:
    return (entry.item.title, entry.read, entry.starred, entry.later, entry.tags)


# newsboat's urls


def test_newsboat_s_urls() -> None:
    found = read_file(
        b"# my feeds\n"
        b"https://one.example/feed.xml\n"
        b'https://two.example/rss "politics" "~The \\"Second\\""\n'
        b"https://three.example/atom world ~Third\n"
        b'https://ann:pw@four.example/f "!hidden" "~Four" "science & art" world\n'
        b'"query:Unread:unread = \\"yes\\" and tags # \\"politics\\""\n'
        b'query:Odd:articleindex>5\n"query:Two:tags # \\"world\\""\n'
        b"exec:~/bin/feed.py --all\n"
        b'"filter:~/bin/filter.py -x:https://five.example/rss" tag\n'
        b"file:///etc/passwd\n"
    )
    assert found.what == "newsboat's list of feeds"
    assert [(s.url, s.title, s.section, s.login) for s in found.subscriptions] == [
        ("https://one.example/feed.xml", "", "", ""),
        ("https://two.example/rss", 'The "Second"', "politics", ""),
        ("https://three.example/atom", "Third", "world", ""),
        ("https://four.example/f", "Four", "science & art", "ann:pw"),
    ]
    assert found.searches == (("Unread", "is:unread section:politics"),)
    assert [says.split(":")[0] for says in found.rejected] == [
        "This line holds no address that can be followed",
        "This feed is a program's output, and nothing that is imported is ever run",
        "This feed goes through a program, and nothing that is imported is ever run",
        "The query feed “Odd” has no like here",
        "The query feed “Two” has no like here",
    ]
    assert "~/bin/filter.py -x:https://five.example/rss" in found.rejected[2]
    assert [says.split(";")[0] for says in found.notes] == [
        "1 feed has several tags",
        "1 hidden feed is followed like any other.",
    ]


def test_a_plain_list_of_addresses() -> None:
    found = read_file("https://one.example/f\r\n\r\ntwo.example/rss\n".encode("utf-16"))
    assert found.what == "a list of addresses"
    assert [s.url for s in found.subscriptions] == ["https://one.example/f", "https://two.example/rss"]


@pytest.mark.parametrize(
    ("filter_", "meaning"),
    [
        ('unread = "yes"', "is:unread"),
        ('unread != "yes"', "is:read"),
        ('unread="no"', "is:read"),
        ('title =~ "linux"', "title:linux*"),
        ('title =~ "open source|OR"', 'title:"open source"* OR title:"OR"*'),
        ('title !~ "a1|b2"', "-(title:a1* OR title:b2*)"),
        ('content =~ "tide" and author = "Ann Other"', 'tide* by:"Ann Other"'),
        ('feedtitle =~ "Gazette" or feedtitle != "Sun"', "source:Gazette OR -source:Sun"),
        ('tags # "news" and tags !# "old news"', 'section:news -section:"old news"'),
        ('flags # "s"', "tag:flag-s"),
        ('flags !~ "S"', "-tag:flag-capital-s"),
        ('flags != ""', "is:starred"),
        ('flags = ""', "-is:starred"),
        ('flags =~ "."', "is:starred"),
        ("age < 7", "since:7d"),
        ("age <= 7", "since:8d"),
        ("age > 7", "before:8d"),
        ("age >= 7", "before:7d"),
        ("age between 0:10", "since:11d"),
        ("age between 2:3", "since:4d before:2d"),
        ('(unread = "yes" or age<1) and (flags # "a")', "(is:unread OR since:1d) tag:flag-a"),
        ('age<1 and unread="yes" or flags#"a"', "(since:1d is:unread) OR tag:flag-a"),
    ],
)
def test_filters_that_can_be_said(filter_: str, meaning: str) -> None:
    assert as_query(filter_, {"news", "old news"}) == meaning
    query.parse(meaning)


@pytest.mark.parametrize(
    "filter_",
    [
        'title =~ "^Linux.*"',
        "unread_count > 0",
        'tags # "unknown"',
        'flags = "s"',
        'title =~ ""',
        'rssurl =~ "x"',
        "age < x",
        "age < -1",
        '(unread = "yes"',
        'unread = "yes")',
        'unread = "yes" and',
        "and",
        "",
        "`id`",
        "(" * 500 + 'unread="no"' + ")" * 500,
        " or ".join(['unread="no"'] * 100),
    ],
)
def test_filters_that_cannot(filter_: str) -> None:
    with pytest.raises(Inexpressible):
        as_query(filter_, {"news"})


@given(
    st.text(st.sampled_from("\"'\\()=~!#<>|:* \nabOR-"), max_size=40), st.sampled_from(("title =~", "tags #", "age <"))
)
@settings(max_examples=150)
def test_whatever_a_filter_says_is_a_search_or_told(noise: str, operator: str) -> None:
    escaped = noise.replace("\\", "\\\\").replace('"', '\\"')
    for text in (noise, f'{operator} "{escaped}" or unread = "yes"'):
        try:
            meaning = as_query(text, {noise})
        except Inexpressible:
            continue
        assert safe_text(meaning) == meaning
        query.parse(meaning)


# newsboat's cache


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """One that newsboat 2.21 made."""
    path = tmp_path / "cache.db"
    path.write_bytes(gzip.decompress((CORPUS / "newsboat" / "cache.db.gz").read_bytes()))
    return path


def test_newsboat_s_own_cache(cache: Path) -> None:
    before = cache.read_bytes()
    feeds = read_cache(str(cache))
    assert [(feed.url[-10:], feed.title, feed.flagged) for feed in feeds] == [
        ("feed/0.xml", "Feed 0000 Nairobi Post", 2),
        ("feed/1.xml", "Feed 0001 Auckland Herald", 1),
        ("feed/2.xml", "Feed 0002 Lisbon Tribune", 0),
        ("feed/3.xml", "Feed 0003 Lagos Journal", 1),
    ]
    page = read_cached(str(cache), feeds[0].name, 0)
    assert page.following == 0
    assert [(told(entry)[0][:8], *told(entry)[1:], entry.dropped) for entry in page.entries] == [
        ("Lawmaker", True, False, False, (), True),
        ("The tran", True, True, False, ("flag-r", "flag-s"), False),
        ("Accra: l", False, True, False, ("flag-s",), False),
        ("Athens: ", True, False, False, (), False),
    ]
    kept, plain = page.entries[1].item, page.entries[3].item
    assert kept.guid == "tag:feed0.example,2026:2"
    assert kept.published_at == datetime(2026, 1, 14, 19, 57, 8, tzinfo=UTC)
    assert len(kept.markdown) > 300
    assert not plain.markdown
    assert cache.read_bytes() == before
    assert [file.name for file in cache.parent.iterdir()] == [cache.name]


def database(path: Path, *statements: str) -> str:
    path.unlink(missing_ok=True)
    db = apsw.Connection(str(path))
    for statement in statements:
        db.execute(statement)
    db.close()
    return str(path)


FEEDS = "CREATE TABLE rss_feed (rssurl, url, title)"
ITEMS = "CREATE TABLE rss_item (id INTEGER PRIMARY KEY, guid, title, url, feedurl, unread)"


def test_a_cache_of_an_older_newsboat_and_with_rows_of_any_kind(tmp_path: Path) -> None:
    path = database(
        tmp_path / "old.db",
        *(FEEDS, ITEMS, "INSERT INTO rss_feed VALUES ('http://a.example/f', 3, x'ff00')"),
        "INSERT INTO rss_item VALUES (-5, 'g', 'Read', 'http://a.example/1', 'http://a.example/f', 0),"
        " (2, NULL, x'80', 7.5, 'http://a.example/f', 'x'), (3, 'g3', NULL, NULL, 'http://a.example/f', 0),"
        " (4, 'g', 't', 'u', 'exec:touch /tmp/x', 0), (5, 'g', 't', 'u', NULL, 0)",
    )
    feeds = read_cache(path)
    assert {feed.name: feed.url for feed in feeds} == {
        "": "",
        "exec:touch /tmp/x": "",
        "http://a.example/f": "http://a.example/f",
    }
    assert [told(entry)[:2] for entry in read_cached(path, "http://a.example/f", -10).entries] == [
        ("Read", True),
        ("", True),
    ]


@pytest.mark.parametrize(
    "statements",
    [
        (FEEDS,),
        (
            FEEDS,
            "CREATE VIEW rss_item AS SELECT 1 AS id, 'g' AS guid, 't' AS title, 'u' AS url, 'f' AS feedurl, 0 unread",
        ),
        (FEEDS, "CREATE VIRTUAL TABLE rss_item USING fts5(id, guid, title, url, feedurl, unread)"),
        (FEEDS, "CREATE TABLE rss_item (id, guid, title, url, feedurl, unread AS (hex(zeroblob(99999))))"),
        ("CREATE TABLE other (a)",),
    ],
)
def test_other_databases_are_none_of_newsboat_s(tmp_path: Path, statements: tuple[str, ...]) -> None:
    with pytest.raises(ParseError, match="none of newsboat"):
        read_cache(database(tmp_path / "other.db", *statements))


def test_damaged_caches_are_told(cache: Path) -> None:
    whole = bytearray(cache.read_bytes())
    for start in range(100, len(whole), 4_099):
        cache.write_bytes(bytes(whole[:start]) + b"\xff" * 600 + bytes(whole[start + 600 :]))
        try:
            for feed in read_cache(str(cache)):
                read_cached(str(cache), feed.name, 0)
        except ParseError as error:
            assert "database" in str(error)  # noqa: PT017 - either is right, and nothing else
    cache.write_bytes(whole.replace(b"CREATE TABLE rss_item", b"CREATE TABLE \xbfss_item"))
    with pytest.raises(ParseError, match="could not be read"):
        read_cache(str(cache))
    cache.write_bytes(whole[:5_000])
    with pytest.raises(ParseError):
        read_cache(str(cache))


# Web readers


def test_freshrss_s_favourites() -> None:
    found = read("starred-freshrss.json")
    (feed,) = found.feeds
    assert (feed.url, feed.title, feed.home_url) == (
        *("https://gazette.example/feed", "The Gazette", "https://gazette.example/"),
    )
    assert list(map(told, feed.entries)) == [
        ("A pier & its keeper", True, True, False, ("harbours",)),
        ("Unread and starred", False, True, False, ("harbours",)),
    ]
    item = feed.entries[0].item
    assert (item.guid, item.url, item.authors) == ("gazette-1", "https://gazette.example/pier", "Ann Other")
    assert (item.published_at, item.categories) == (NOON, ("Sea",))
    assert item.markdown == "The pier **stands**.\n\nIt has a keeper."
    assert item.enclosures[0].size_bytes == 1234
    assert found.rejected == ("“From nowhere” names neither its feed nor its page.",)
    assert found.what == "stories of a web reader, “List of favourite articles”"


def test_inoreader_s_starred_stories_with_a_folder_that_is_no_tag() -> None:
    (feed,) = read("starred-inoreader.json").feeds
    assert feed.url == "http://ferry.example/rss"
    assert list(map(told, feed.entries)) == [
        ("One", True, True, False, ("keep",)),
        ("Two", False, True, False, ()),
        ("Three", False, True, False, ()),
    ]
    assert feed.entries[0].item.summary == "Short."
    assert feed.entries[0].item.text is TextKind.TEASER


def test_feedly_s_saved_stories() -> None:
    found = read("saved-feedly.json")
    tech, page = found.feeds
    assert list(map(told, tech.entries)) == [("Saved", True, False, True, ("Ideas",))]
    assert (tech.entries[0].item.guid, tech.entries[0].item.url) == (
        *("https://tech.example/?p=1", "https://tech.example/saved"),
    )
    assert tech.entries[0].item.published_at == NOON
    assert (page.url, list(map(told, page.entries))) == (
        "https://page.example/",
        [("Nowhere but its page", False, False, True, ())],
    )
    assert found.rejected == ("“A story” names neither its feed nor its page.",)


def test_miniflux() -> None:
    found = read("miniflux-entries.json")
    (feed,) = found.feeds
    assert [
        (*told(entry)[:3], entry.dropped, bool(entry.item.markdown or entry.item.summary)) for entry in feed.entries
    ] == [
        ("Read", True, False, False, False),
        ("Starred", False, True, False, True),
        ("Removed", False, False, True, False),
    ]
    assert found.rejected == ("“Homeless” does not name its feed.",)
    feeds = read("miniflux-feeds.json")
    assert [(s.url, s.title, s.section, s.login) for s in feeds.subscriptions] == [
        ("https://gazette.example/feed", "The Gazette", "World", "ann:pa:ss"),
        ("https://tides.example/rss", "Tides", "", ""),
    ]
    assert len(feeds.rejected) == len(feeds.notes) == 1


def test_half_a_surrogate_costs_no_more_than_itself() -> None:
    data = (
        b'\xef\xbb\xbf{"items": [{"title": "A \\ud83d title", "unread": false, "canonicalUrl": "https://a.example/1"}]}'
    )
    assert told(read_file(data).feeds[0].entries[0])[0] == "A title"


def test_an_export_of_any_size_is_read_in_portions() -> None:
    body = "<p>" + "word " * 100_000 + "</p>"
    items = [
        {"title": f"Story {n}", "alternate": [{"href": f"https://a.example/{n}"}], "content": {"content": body}}
        for n in range(MAX_HTML // len(body) + 5)
    ]
    data = json.dumps({"id": "user/-/state/com.google/starred", "items": items}).encode()
    first = read_file(data)
    rest = read_file(data, first.following)
    assert 0 < first.following < len(items)
    assert rest.following == 0
    assert sum(len(feed.entries) for found in (first, rest) for feed in found.feeds) == len(items)


# Whatever else there is


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "neither OPML"),
        (b"{}", "neither OPML"),
        (b"[1, 2]", "neither OPML"),
        (b'{"items": [', "cut off"),
        (b"[" * 100_000, "cut off"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', "is a feed"),
        (bytes(range(256)) * 40, "neither OPML"),
        (b"<html><body>Hello</body></html>", "not OPML"),
    ],
)
def test_other_files_are_refused(data: bytes, says: str) -> None:
    with pytest.raises(ParseError, match=says):
        read_file(data)


NAMES = (
    *("title", "origin", "streamId", "categories", "tags", "published", "content", "alternate", "href", "canonical"),
    *("id", "label", "feed", "feed_url", "starred", "status", "enclosure", "category"),
)
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=20,
)


@given(SHAPES)
@settings(max_examples=60)
def test_any_shape_of_json_is_read_or_refused(value: object) -> None:
    for document in ({"items": [value]}, {"entries": [{"status": 1}, value]}, {"feeds": [{"feed_url": value}, value]}):
        try:
            found = read_file(json.dumps(document).encode())
        except ParseError:
            continue
        for feed in found.feeds:
            assert feed.url == safe_url(feed.url) != ""
