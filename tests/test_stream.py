"""What answers of the Google Reader API say, and what is to be told of marks: pure."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.errors import ParseError
from reader.model import TextKind
from reader.remote import Field, Mark, States, marked, to_tell
from reader.sources.stream import (
    LONG,
    item_id,
    long_id,
    read_auth,
    read_ids,
    read_stories,
    read_subscriptions,
    read_token,
)

API = "https://reader.example/reader/api/0"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "itemRefs", "items", "subscriptions", "origin", "streamId", "categories", "label"])
            | st.sampled_from(["continuation", "title", "summary", "content", "published", "alternate", "href", "url"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("tag:google.com,2005:reader/item/000000000000048c", "000000000000048c"),
        ("tag:google.com,2005:reader/item/48C", "000000000000048c"),
        ("1164", "000000000000048c"),
        (1164, "000000000000048c"),
        ("0000000000001164", "0000000000001164"),
        ("1700000000123456", "00060a2418202240"),
        ("tag:google.com,2005:reader/item/00060a2418202240", "00060a2418202240"),
        ("-1", "ffffffffffffffff"),
        ("0", "0000000000000000"),
        ("51d44ce6bd92b4cb0f000009", "51d44ce6bd92b4cb0f000009"),
        ("tag:google.com,2005:reader/item/51d44ce6bd92b4cb0f000009", "51d44ce6bd92b4cb0f000009"),
        ("", ""),
        ("x", ""),
        ("../../etc", ""),
        ("tag:google.com,2005:reader/item/\x1b[2J", ""),
        ("a" * 41, ""),
        ("９９", ""),
        (True, ""),
    ],
)
def test_an_id_is_one_however_it_is_written(written: Any, kept: str) -> None:
    assert item_id(written) == kept


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_short_and_long_ids_of_a_number_are_the_same(number: int) -> None:
    kept = item_id(str(number))
    assert len(kept) == 16
    assert item_id(LONG + kept) == kept
    assert item_id(long_id(kept)) == kept


def test_the_login_in_both_of_its_forms() -> None:
    assert read_auth(b"SID=1\nLSID=null\nAuth=ann/abc\n") == "ann/abc"
    assert read_auth(b'{"SID": "x", "Auth": "ann/abc"}') == "ann/abc"
    assert read_token(b"abc\n") == "abc"
    for nothing in (b"", b"Error=BadAuthentication", b"Auth=", b"Auth=a b", b"Auth=a\x1bb", b"\xff\xfe", b"[1]"):
        with pytest.raises(ParseError):
            read_auth(nothing)


def test_subscriptions_as_servers_list_them() -> None:
    listed = [
        {"id": "feed/7", "title": "A &amp; B", "url": "http://a.example/rss", "htmlUrl": "http://a.example",
         "categories": [{"id": "user/1/label/Sea", "label": "Sea"}]},
        {"id": "feed/http://b.example/rss", "title": "B", "categories": [{"id": "user/-/label/News"}]},
        {"id": "feed/9", "url": "javascript:alert(1)"},
        {"id": "feed/7", "title": "again"},
        {"id": "feed/http://münchen.example/rss", "title": "M"},
        {"id": "with a blank"},
        {"id": "feed/\ud800"},
        {"id": "feed/\x1b[2J"},
        {"title": "nameless"},
    ]  # fmt: skip
    found = read_subscriptions(json.dumps({"subscriptions": listed}).encode(), API)
    assert not found.whole
    assert [(one.id, one.title, one.url, one.section) for one in found.listed] == [
        ("feed/7", "A & B", "http://a.example/rss", "Sea"),
        ("feed/http://b.example/rss", "B", "http://b.example/rss", "News"),
        ("feed/9", "", f"{API}/stream/contents/feed%2F9", ""),
        ("feed/http://münchen.example/rss", "M", "http://xn--mnchen-3ya.example/rss", ""),
    ]


def test_a_list_with_what_cannot_be_read_is_not_the_whole_of_it() -> None:
    page = read_ids(b'{"itemRefs": [{"id": "2"}, {"id": "2"}, {"id": "?"}], "continuation": "next"}')
    assert (page.ids, page.continuation, page.whole) == (("0000000000000002",), "next", False)
    assert read_ids(b'{"itemRefs": null}').whole, "Go writes an empty list so"
    assert read_ids(b'{"itemRefs": [], "continuation": 50}').continuation == "50"
    for unusable in (b'"a b"', b'"\\u0000"', b'"\\ud800"', b"[1]"):
        page = read_ids(b'{"itemRefs": [{"id": "1"}], "continuation": ' + unusable + b"}")
        assert (page.continuation, page.whole) == ("", False)


def test_a_story_as_servers_give_it() -> None:
    item = {
        "id": LONG + "0f",
        "title": "Tea &amp; cake",
        "published": 1_772_600_000,
        "author": "Ada Byron",
        "canonical": [{"href": "http://a.example/1"}],
        "alternate": [{"href": "http://a.example/1?utm_source=rss"}],
        "categories": ["user/1/state/com.google/read", "user/1/state/com.google/starred", "user/1/label/Sea", "ports"],
        "summary": {"content": "<p>One.</p>" * 3},
        "enclosure": [{"url": "http://a.example/1.mp3", "type": "audio/mpeg", "length": 7}],
        "origin": {"streamId": "feed/7"},
    }
    (story,) = read_stories(json.dumps({"items": [item, {"id": "5"}, 7]}).encode())
    assert (story.id, story.source, story.read, story.starred) == ("000000000000000f", "feed/7", True, True)
    assert (story.item.title, story.item.url) == ("Tea & cake", "http://a.example/1")
    assert story.item.categories == ("ports",)
    assert story.item.guid == LONG + "000000000000000f"
    assert story.item.text is TextKind.TEASER, "what is short may be all that the feed gave"
    assert [one.size_bytes for one in story.item.enclosures] == [7]


@given(JSON)
def test_whatever_an_answer_holds_it_is_read_or_refused(value: Any) -> None:
    body = json.dumps(value).encode()
    for read in (read_ids, read_stories, read_auth, read_token, lambda given: read_subscriptions(given, API)):
        with suppress(ParseError):
            read(body)  # type: ignore[operator]


# What is to be told

READ, STARRED = Field.READ, Field.STARRED


def states(*, unread: str = "", starred: str = "", whole: frozenset[Field] = frozenset(Field)) -> States:
    return States(frozenset(unread), frozenset(starred), whole=whole)


def test_only_what_the_server_does_not_know_is_told() -> None:
    side = states(unread="ab", starred="c")
    marks = (
        Mark(1, READ, True, ("a",)),
        Mark(2, READ, True, ("c",)),
        Mark(3, READ, False, ("b",)),
        Mark(4, STARRED, True, ("c",)),
        Mark(5, STARRED, False, ("c",)),
        Mark(6, READ, True, ("a", "z")),
    )
    news, known = to_tell(side, marks)
    assert [mark.story_id for mark in news] == [1, 5, 6]
    assert [mark.story_id for mark in known] == [2, 3, 4]
    after = marked(side, news)
    assert after.unread == {"b"}
    assert after.starred == set()
    assert to_tell(after, news) == ((), news)


def test_a_list_that_is_cut_off_says_nothing_of_what_it_does_not_list() -> None:
    side = states(unread="a", whole=frozenset({STARRED}))
    assert side.has(READ, "a") is False
    assert side.has(READ, "z") is None
    assert side.has(STARRED, "z") is False
    assert len(to_tell(side, (Mark(1, READ, True, ("z",)),))[0]) == 1
