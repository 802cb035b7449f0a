"""OPML: what is written is read again, and of what the world sends every outline that can be read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.errors import ParseError
from reader.model import Subscription
from reader.opml import MAX_DEPTH, parse_opml, write_opml
from reader.text import SafeText, safe_text, safe_url

CORPUS = Path(__file__).parent / "corpus" / "opml"
NOW = datetime(2026, 11, 22, 7, 42, tzinfo=UTC)


def source(name: str, url: str, section: str = "", kind: str = "feed", home: str = "") -> Subscription:
    return Subscription(0, kind, safe_url(url), safe_text(name), section=safe_text(section), home_url=safe_url(home))


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.in.*")), ids=lambda path: path.name.partition(".")[0])
def test_corpus(path: Path) -> None:
    document = parse_opml(path.read_bytes())
    expected = json.loads(path.with_name(path.name.partition(".")[0] + ".out.json").read_text("utf-8"))
    rows = [[s.kind, s.url, s.title, s.section, s.home_url, s.login] for s in document.subscriptions]
    assert {"title": document.title, "subscriptions": rows, "rejected": list(document.rejected)} == expected


def test_what_is_written_is_read_again() -> None:
    rows = [
        source("Gazette & Herald", "https://gazette.example/feed?a=1&b=2", "Politics", home="https://gazette.example/"),
        source('The "Quoted" <Times>', "https://times.example/rss", "World & Asia"),
        source("A site", "https://site.example/", "Politics", kind="site"),
        source("In no section", "https://none.example/atom.xml"),
    ]
    text = write_opml(rows, "Mine & yours", NOW)
    document = parse_opml(text.encode())
    assert document.title == "Mine & yours"
    assert "Sun, 22 Nov 2026 07:42:00 +0000" in text
    assert sorted(document.subscriptions, key=lambda s: s.url) == sorted(rows, key=lambda s: s.url)
    assert document.rejected == ()


def test_sections_within_sections_are_folders_within_folders() -> None:
    rows = [
        source("Kernel", "https://kernel.example/f", "Technology/Linux"),
        source("Chips", "https://chips.example/f", "Technology"),
        source("Puffin", "https://puffin.example/f", "Technology/BSD & others/OpenBSD"),
        source("Waves", "https://waves.example/f", "TV / Radio"),
    ]
    text = write_opml(rows, "t", NOW)
    folders = [line.strip() for line in text.splitlines() if "<outline text" in line and "xmlUrl" not in line]
    assert [folder.partition('"')[2].partition('"')[0] for folder in folders] == [
        "Technology", "Linux", "BSD &amp; others", "OpenBSD", "TV / Radio",
    ]  # fmt: skip
    assert text.count("</outline>") == 5
    read = {row.title: row.section for row in parse_opml(text.encode()).subscriptions}
    assert read == {row.title: row.section for row in rows}


def test_a_slash_in_a_folder_s_name_makes_no_section_within_another() -> None:
    opml = '<opml><body><outline text="Arts"><outline text="TV/Radio">{}</outline></outline>{}</body></opml>'
    feed = '<outline text="{0}" xmlUrl="https://{0}.example/f"/>'
    text = opml.format(feed.format("waves"), '<outline text="//"><outline text="AC//DC/">' + feed.format("rock") * 2)
    text += "</outline></outline>"
    read = {str(row.title): row.section for row in parse_opml(text.encode()).subscriptions}
    assert read == {"waves": "Arts/TV / Radio", "rock": "AC / DC"}


def test_where_an_end_is_missing_no_folder_lies_in_another() -> None:
    opml = '<opml><body><outline text="A"><outline text="a" xmlUrl="https://a.example/f?x&y"/>'
    whole = f'{opml}<outline text="B"><outline text="b" xmlUrl="https://b.example/f"/></outline>'
    assert [row.section for row in parse_opml(f"{whole}</outline></body></opml>".encode()).subscriptions] == [
        "A",
        "A/B",
    ]
    assert [row.section for row in parse_opml(f"{whole}</body></opml>".encode()).subscriptions] == ["A", "B"]


def test_logins_are_read_and_never_written() -> None:
    (row,) = parse_opml(b'<opml><body><outline xmlUrl="https://ann:s%3Acret@x.example/f"/></body></opml>').subscriptions
    assert (row.url, row.login) == ("https://x.example/f", "ann:s:cret")
    assert "cret" not in write_opml([row], "t", NOW)


def test_what_a_sync_server_follows_is_a_feed_to_everybody_else() -> None:
    text = write_opml([source("The Gazette", "https://gazette.example/feed", kind="greader")], "t", NOW)
    assert [row.kind for row in parse_opml(text.encode()).subscriptions] == ["feed"]
    assert 'type="rss"' in text


names = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40).map(safe_text).filter(bool)


@given(st.lists(st.tuples(names, names), max_size=6))
def test_any_name_survives(pairs: list[tuple[SafeText, SafeText]]) -> None:
    rows = [source("", f"https://h{n}.example/f") for n in range(len(pairs))]
    named = [
        Subscription(0, "feed", row.url, title, section=section)
        for row, (title, section) in zip(rows, pairs, strict=True)
    ]
    document = parse_opml(write_opml(named, "t", NOW).encode())
    assert {row.url for row in document.subscriptions} == {row.url for row in named}


@given(st.binary(max_size=400), st.integers(0, 600))
def test_nothing_but_a_parse_error_comes_out(noise: bytes, at: int) -> None:
    whole = write_opml([source("A & B", "https://a.example/f?x=1&y=2", "S")] * 3, "t", NOW).encode()
    for data in (noise, whole[:at] + noise + whole[at:], whole[:at]):
        try:
            document = parse_opml(data)
        except ParseError:
            continue
        for row in document.subscriptions:
            assert row.url == safe_url(row.url) != ""
            assert row.title == safe_text(row.title)


def test_folders_deeper_than_any_tree_lose_nothing() -> None:
    depth = MAX_DEPTH * 5
    nested = '<outline text="f">' * depth + '<outline text="deep" xmlUrl="https://d.example/f"/>' + "</outline>" * depth
    after = '<outline text="after" xmlUrl="https://a.example/f"/>'
    document = parse_opml(f"<opml><body>{nested}{after}</body></opml>".encode())
    assert [row.title for row in document.subscriptions] == ["deep", "after"]


@pytest.mark.parametrize(
    "flood",
    ['<outline "', '<outline a="', "<outline a=", "<outline " + "a" * 500, "<outline" + " " * 500, "<!--", "&x;"],
)
def test_floods_end(flood: str) -> None:
    parse_opml(("<opml><body>" + flood * 2_000).encode())


def test_no_entity_is_read_from_a_file_or_multiplied() -> None:
    bombs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    document = parse_opml(
        f'<!DOCTYPE o [<!ENTITY e SYSTEM "file:///etc/hostname"><!ENTITY l0 "lol">{bombs}]>'
        '<opml><body><outline text="a &e; &l9; b" xmlUrl="https://a.example/f"/></body></opml>'.encode()
    )
    assert document.subscriptions[0].title == "a &e; &l9; b"


@pytest.mark.parametrize("data", [b"", b"just a sentence", b"<html><body>no</body></html>", b"\x00\x01\x02", b"{}"])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(ParseError):
        parse_opml(data)
