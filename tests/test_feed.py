"""Feeds: what each quirk gives, that nothing harmful or endless comes out, and how they are found and visited."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reader.errors import GoneError, OfflineError, ParseError
from reader.fetch import Web
from reader.model import Snapshot, Subscription, TextKind, Unchanged
from reader.parsing import Parser
from reader.sources import Desk, source_for
from reader.sources.feed import SOURCE, parse_feed, preview_feed
from reader.sources.feed.discover import find_links, looks_like_feed, well_known
from reader.sources.feed.draft import MAX_ENTRIES, field_name
from reader.sources.feed.finish import FULL_WORDS, language_tag, plain_to_markdown, sections, text_kind, title_text
from reader.text import MAX_BODY, SafeText, safe_block, safe_text, safe_url
from tests.feedcorpus import INPUTS, URL, expectation_of, seen
from tests.webserver import Answer, WebServer


def rss(items: str, head: str = "") -> bytes:
    return f'<rss version="2.0"><channel><title>T</title>{head}{items}</channel></rss>'.encode()


def item(n: int = 1, **fields: str) -> str:
    return f"<item><guid>g{n}</guid>" + "".join(f"<{name}>{text}</{name}>" for name, text in fields.items()) + "</item>"


# Quirks


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_corpus(path: Path) -> None:
    assert seen(path) == json.loads(expectation_of(path).read_text("utf-8"))


ITS_OWN_WAY = (
    *("json_feed", "json_truncated", "truncated", "guid_and_links", "xml_base", "mismatched_tags"),
    *("bare_ampersands", "entity_with_backslash", "textinput_in_item"),
)
"""Where feedparser knows no JSON, keeps half an entry, follows what we refuse, loses an entry, raises, drops text."""
AS_WRITTEN = {"resolve_relative_uris": False, "sanitize_html": False}


@pytest.mark.filterwarnings("ignore::DeprecationWarning:feedparser")
@pytest.mark.parametrize("path", [p for p in INPUTS if p.stem not in ITS_OWN_WAY], ids=lambda path: path.stem)
def test_feedparser_sees_no_more(path: Path) -> None:
    theirs = feedparser.parse(path.read_bytes(), response_headers={"content-location": URL}, **AS_WRITTEN).entries
    ours = parse_feed(path.read_bytes(), URL).items
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert other.get("id", "") in ("", one.guid, safe_url(one.guid, URL))  # it resolves ids, too
        assert other.get("link", "") in ("", one.url, safe_url(one.guid, URL))
        moment = other.get("published_parsed") or other.get("updated_parsed")
        assert one.published_at == (datetime(*moment[:6], tzinfo=UTC) if moment else None)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty document"),
        (b"  \n", "empty document"),
        (b"<!DOCTYPE html><html><head></head></html>", "web page"),
        (b"\xef\xbb\xbf <!-- x --><HTML lang=en><body>", "web page"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "web page"),
        (b'<opml version="2.0"><body/></opml>', "OPML"),
        (b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>', "sitemap"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "no feed"),
        (b'{"a": 1}', "no feed"),
        (b"[1, 2]", "no feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": {}}', "no feed"),
        (b'{"items": ' + b"[" * 100_000, "JSON"),
        (b"words and words", "no feed"),
        (b"<rss><channel><title>T</title><item>", "no story in it"),
        (bytes(range(256)) * 40, "no feed"),
    ],
)
def test_what_is_no_feed_is_told(body: bytes, says: str) -> None:
    with pytest.raises(ParseError, match=says):
        parse_feed(body, URL)


def test_a_feed_without_stories_is_a_feed() -> None:
    assert parse_feed(rss(""), URL) == Snapshot(title=SafeText("T"))


def test_no_more_entries_than_allowed() -> None:
    snapshot = parse_feed(rss("".join(item(n) for n in range(MAX_ENTRIES + 7))), URL)
    assert len(snapshot.items) == MAX_ENTRIES
    assert f"lists {MAX_ENTRIES + 7} stories" in snapshot.warning


def test_lengths_are_bounded() -> None:
    long = "word " * 300_000
    (one,) = parse_feed(rss(item(title=long, author=long, description=long, category=long)), URL).items
    assert len(one.title) <= 500
    assert len(one.authors) <= 200
    assert len(one.markdown) <= MAX_BODY
    assert all(len(name) <= 100 for name in one.categories)


def test_two_long_ids_that_begin_alike_stay_two() -> None:
    one, two = parse_feed(
        rss(f"<item><guid>{'x' * 900}1</guid></item><item><guid>{'x' * 900}2</guid></item>"), URL
    ).items
    assert one.guid != two.guid


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        ("<ttl>60</ttl>", 3_600),
        ("<ttl>-1</ttl>", None),
        ("<ttl>0</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>99999999999999</ttl>", None),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", 86_400),
        ("<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 900),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>999999999</sy:updateFrequency>", 3_600),
        ("<sy:updatePeriod>never</sy:updatePeriod>", None),
    ],
)
def test_freshness(head: str, seconds: int | None) -> None:
    assert parse_feed(rss("", head), URL).fresh_for_s == seconds


# Rules


@pytest.mark.parametrize(
    ("body", "from_content", "kind"),
    [
        ("", True, TextKind.NONE),
        ("  \n", False, TextKind.NONE),
        ("A whole short note.", True, TextKind.FULL),
        ("A whole short note.", False, TextKind.TEASER),
        ("word " * FULL_WORDS, False, TextKind.FULL),
        ("word " * (FULL_WORDS - 1), False, TextKind.TEASER),
        ("汉" * 2 * FULL_WORDS, False, TextKind.FULL),
        ("word " * 500 + "…", False, TextKind.TEASER),
        ("It ends...", True, TextKind.TEASER),
        ("It ends [...]", True, TextKind.TEASER),
        ("It ends \\[…\\]", True, TextKind.TEASER),
        ("It ends. Read more", True, TextKind.TEASER),
        ("It ends.\n\n[Read more »](https://x.example/1)", True, TextKind.TEASER),
        ("It ends.\n\n**[Continue reading “It ends” →](https://x.example/1)**", True, TextKind.TEASER),
        ("Der Anfang. [Weiterlesen](https://x.example/)", True, TextKind.TEASER),
        ("Le début. [Lire la suite](https://x.example/)", True, TextKind.TEASER),
        ("El comienzo (Leer más)", True, TextKind.TEASER),
        ("始まり 続きを読む", True, TextKind.TEASER),
        ("They like to read more than one paper.", True, TextKind.FULL),
        ("A pause … and then an end.", True, TextKind.FULL),
    ],
)
def test_how_much_of_a_story_it_is(body: str, from_content: bool, kind: TextKind) -> None:
    assert text_kind(body, from_content=from_content) is kind


def test_categories_are_sections_when_they_are_few() -> None:
    def named(*names: str) -> list[tuple[SafeText, ...]]:
        return [(SafeText(name), SafeText("else")) if name else () for name in names]

    few = [f"s{n}" for n in range(8)]
    assert sections(named(*few, "")) == (*few, "")
    assert sections(named(*few, "s8")) == ("",) * 9
    twenty = [f"s{n % 20}" for n in range(40)]
    assert sections(named(*twenty)) == tuple(twenty)
    assert sections(named(*twenty[:39])) == ("",) * 39
    assert sections(named(*[f"s{n % 21}" for n in range(200)])) == ("",) * 200
    assert sections([]) == ()


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("en", "en"),
        ("en-GB", "en-gb"),
        ("pt_BR", "pt-br"),
        ("zh-Hant-TW", "zh-hant-tw"),
        ("English", ""),
        ("", ""),
        ("x" * 99, ""),
    ],
)
def test_languages(written: str, tag: str) -> None:
    assert language_tag(written) == tag


@pytest.mark.parametrize(
    ("plain", "markdown"),
    [
        ("# not a heading", "\\# not a heading"),
        ("- no list\n+ nor here", "\\- no list  \n\\+ nor here"),
        ("1. no list", "1\\. no list"),
        ("1999 was a year", "1999 was a year"),
        ("a *b* _c_ `d` [e](f) <g> h|i", "a \\*b\\* \\_c\\_ \\`d\\` \\[e\\](f) \\<g\\> h\\|i"),
        ("&amp; stays, & too", "\\&amp; stays, & too"),
        ("one\n\n\n  two", "one\n\ntwo"),
    ],
)
def test_plain_text_stays_plain(plain: str, markdown: str) -> None:
    assert plain_to_markdown(plain) == markdown


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("pubDate", "pubdate"),
        ("{http://purl.org/rss/1.0/}item", "item"),
        ("{http://search.yahoo.com/mrss}content", "media:content"),
        ("{https://www.rssboard.org/media-rss/}thumbnail", "media:thumbnail"),
        ("{http://WWW.ITUNES.COM/dtds/podcast-1.0.dtd}image", "itunes:image"),
        ("media:content", "media:content"),
        ("{urn:other}item", "?:item"),
        ("{http://www.w3.org/2005/Atom}entry", "atom:entry"),
    ],
)
def test_names_of_fields(tag: str, name: str) -> None:
    assert field_name(tag) == name


# Foreign input


def is_safe(snapshot: Snapshot) -> None:
    for one in snapshot.items:
        for line in (
            snapshot.title,
            snapshot.warning,
            one.guid,
            one.title,
            one.summary,
            one.authors,
            one.section,
            *one.categories,
        ):
            assert line == safe_text(line, 10_000)
        assert one.markdown == safe_block(one.markdown, 2 * MAX_BODY)
        pictures = [one.picture.url] if one.picture else []
        for url in (snapshot.home_url, one.url, *pictures, *(file.url for file in one.enclosures)):
            assert url == safe_url(url)
        for moment in (one.published_at, one.updated_at):
            assert moment is None or moment.tzinfo is UTC


NASTY = [
    *(b"\x00", b"\x1b]0;pwn\x07", b"\xc2\x9b2J", b"&#27;[2J", b"&#xD800;", b"&#0;", b"&#x110000;"),
    *(b"\xed\xa0\x80", b"\xff\xfe", b"]]>", b"<![CDATA[", b"<!--", b"<!DOCTYPE x [", b"<!ENTITY a 'b'>"),
    *(b"&a;", b"&", b"<", b">", b'"', b"</item>", b"<item>", b"javascript:alert(1)", b"http://[::1"),
    *(b"\xe2\x80\xae", b" " * 3_000, b"A" * 3_000, b"\xcc\x81" * 90, b"[" * 999, b"<b>" * 400),
    *(b"0000-00-00", b"9999-12-31T23:59:59-23:59", b"1e999", b"null", b'xml:base="file:///"', b"<p>a" + b" " * 2_000),
]  # fmt: skip
BODIES = [path.read_bytes() for path in INPUTS]


def mutated(dice: random.Random) -> bytes:
    data = dice.choice(BODIES)
    for _ in range(dice.choice((1, 1, 2, 4))):
        at, end = sorted((dice.randrange(len(data) + 1), dice.randrange(len(data) + 1)))
        end = min(end, at + 200)
        replacements = (
            dice.choice(NASTY),
            data[at:end] * 3,
            b"",
            bytes([dice.randrange(256)]),
            dice.choice(BODIES)[:300],
        )
        data = data[:at] + dice.choice(replacements) + data[dice.choice((at, at, end)) :]
    return data if dice.random() < 0.9 else data[: dice.randrange(len(data) + 1)]


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False))
def test_of_a_mutated_feed_comes_a_clean_one_or_a_parse_error(dice: random.Random) -> None:
    try:
        snapshot = parse_feed(mutated(dice), URL)
    except ParseError:
        return
    is_safe(snapshot)


@settings(max_examples=80, deadline=None)
@given(
    st.binary(max_size=200), st.text(max_size=20), st.sampled_from(["", "text/html", "application/json", "text/xml"])
)
def test_of_noise_too(noise: bytes, charset: str, media_type: str) -> None:
    for body in (
        noise,
        b"<rss><channel><item><title>" + noise,
        b'{"version": "https://jsonfeed.org/version/1", "items": [' + noise,
    ):
        try:
            is_safe(parse_feed(body, URL, charset, media_type))
        except ParseError:
            continue


@pytest.mark.parametrize(
    "flood",
    [
        "<!--", "<![CDATA[", "<", "&", "&amp", "&#", "<a>", "<item>", "<item><title>", "<p>a" + " " * 500,
        "<!DOCTYPE x [", "]]>", "<!ENTITY a 'b'>", "&lt;a", "&lt;!--", "a@a.",
        "<media:group>", "[", "<a href='", "Read more ",
    ],
)  # fmt: skip
def test_floods_end(flood: str) -> None:
    times = 20_000 // len(flood)
    for start in (
        "",
        "<rss><channel><item><title>",
        "<rss><channel><item><description>",
        "<rss><channel><item><author>",
    ):
        try:
            is_safe(parse_feed((start + flood * times).encode(), URL))
        except ParseError:
            continue


@pytest.mark.parametrize("depth", [150, 250, 5_000, 50_000])
def test_depth_is_bounded(depth: int) -> None:
    nested = "<b>" * depth + "deep" + "</b>" * depth
    content = f'<content type="xhtml"><div>{nested}</div></content>'
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>kept</title>{content}</entry></feed>'
    assert parse_feed(atom.encode(), URL).items[0].title == "kept"
    assert parse_feed(rss(item(title="kept", description=f"<![CDATA[{nested}]]>")), URL).items[0].title == "kept"


def test_nothing_is_read_or_multiplied_by_a_document_type(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush")
    bombs = "<!ENTITY l0 'lol'>" + "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    doctype = (
        f'<!DOCTYPE rss [<!ENTITY e SYSTEM "{secret.as_uri()}"><!ENTITY % p SYSTEM "{secret.as_uri()}"> %p;{bombs}]>'
    )
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret.as_uri()}" parse="text"/>'
    body = doctype.encode() + rss(item(title="a &e; &l9; b", description=include))
    snapshot = parse_feed(body, URL)
    assert snapshot.items[0].title == "a &e; &l9; b"
    assert "hush" not in repr(snapshot)


def test_a_short_entity_does_not_stand_for_a_gigabyte() -> None:
    body = f"<!DOCTYPE x [<!ENTITY a '{'A' * 100}'>]>".encode() + rss(item(title="&a;" * 100_000))
    assert len(parse_feed(body, URL).items[0].title) <= 500


# Finding


PAGE = b"""<!doctype html><html><head><base href="/news/"><title>P</title>
<link rel="alternate" type="application/rss+xml" title="Comments on P" href="/comments/feed/">
<link rel="alternate" type="application/rss+xml" title="P" href="rss.xml">
<link rel="ALTERNATE nofollow" type="application/feed+json; charset=utf-8" href="feed.json">
<link rel="alternate" hreflang="de" href="/de/">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)"></head><body>
<a href="feed:https://example.com/sport/feed">Sport</a><a href="https://elsewhere.example/feed">Not ours</a>
<a href="https://feeds.feedburner.com/P">Burnt</a><a href="/about">About</a></body></html>"""


def test_links_of_a_page() -> None:
    links = find_links(PAGE, safe_url("https://example.com/index.html"))
    assert [(link.url, link.rank) for link in links] == [
        ("https://example.com/news/rss.xml", 0),
        ("https://example.com/news/feed.json", 0),
        ("https://example.com/sport/feed", 1),
        ("https://feeds.feedburner.com/P", 1),
        ("https://example.com/comments/feed/", 2),
    ]
    assert links[0].title == "P"


@given(st.binary(max_size=300))
def test_links_of_any_page(noise: bytes) -> None:
    for link in find_links(PAGE[:400] + noise, safe_url("https://example.com/")):
        assert link.url == safe_url(link.url) != ""


@pytest.mark.parametrize(
    ("href", "yes"),
    [
        ("/feed", True), ("/feed/", True), ("/blog/rss.xml", True), ("/index.xml", True), ("/atom.xml", True),
        ("/x.rss", True), ("/rss/politics", True), ("/?feed=rss2", True), ("/feeds/posts/default", True),
        ("//x.example/feeds/all.atom.xml", True), ("feed:https://x.example/rss", True), ("/feedback", False),
        ("/", False), ("/compass", False), ("mailto:feed@x.example", False), ("/about/feeding-birds", False),
        ("http://[", False),
    ],
)  # fmt: skip
def test_addresses_named_as_feeds_are(href: str, yes: bool) -> None:
    assert looks_like_feed(href) is yes


def test_usual_places_begin_at_the_page() -> None:
    places = well_known(safe_url("https://example.com/blog/"))
    assert places[:3] == ("https://example.com/blog/feed", "https://example.com/blog/rss", "https://example.com/feed")
    assert len(set(places)) == len(places)
    assert well_known(safe_url("https://example.com/"))[0] == "https://example.com/feed"


def test_a_preview_is_what_the_feed_says_of_itself() -> None:
    preview = preview_feed(rss(item(1, title="a") + item(2, title="b")), URL)
    assert (preview.format, preview.title, preview.stories) == ("RSS", "T", 2)


# Visiting


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with Web() as web, Parser() as parser:
        yield Desk(web, parser, is_known=lambda url: False, allow=frozenset({"127.0.0.1"}))


def subscription(url: str) -> Subscription:
    return Subscription(1, "feed", safe_url(url), SafeText("S"))


async def test_a_visit_brings_stories_and_the_next_one_nothing(server: WebServer, desk: Desk) -> None:
    body = rss(item(title="One"), "<ttl>30</ttl>")
    server.page("/f", body, media_type="application/rss+xml", etag='"1"')
    first = await SOURCE.pull(subscription(server.url("/f")), desk)
    assert isinstance(first, Snapshot)
    assert [one.title for one in first.items] == ["One"]
    assert first.validators.etag == '"1"'
    assert first.fresh_for_s == 1_800
    again = await SOURCE.pull(replace(subscription(server.url("/f")), validators=first.validators), desk)
    assert isinstance(again, Unchanged)


async def test_a_visit_follows_a_move_and_heeds_the_longer_wish(server: WebServer, desk: Desk) -> None:
    server.page("/old", status=301, headers={"Location": "/new"})
    server.page("/new", rss("", "<ttl>1</ttl>"), headers={"Cache-Control": "max-age=600"})
    snapshot = await SOURCE.pull(subscription(server.url("/old")), desk)
    assert isinstance(snapshot, Snapshot)
    assert snapshot.moved_to == server.url("/new")
    assert snapshot.fresh_for_s == 600


async def test_a_page_where_a_feed_was_is_an_error_and_so_is_gone(server: WebServer, desk: Desk) -> None:
    server.page("/f", PAGE)
    with pytest.raises(ParseError, match="web page"):
        await SOURCE.pull(subscription(server.url("/f")), desk)
    server.page("/f", status=410)
    with pytest.raises(GoneError):
        await SOURCE.pull(subscription(server.url("/f")), desk)


async def test_an_address_that_is_a_feed_is_found_at_once(server: WebServer, desk: Desk) -> None:
    server.page("/f", rss(item(title="One")), media_type="text/html")
    document = await desk.web.get(safe_url(server.url("/f")), allow=desk.allow)
    (found,) = await SOURCE.find(document, desk)
    assert (found.kind, found.url, found.title, found.stories) == ("feed", server.url("/f"), "T", 1)
    assert found.says == "an RSS feed with 1 story"
    assert server.paths == ["/f"]


async def test_declared_feeds_are_verified_and_comments_come_last(server: WebServer, desk: Desk) -> None:
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" title="{title}" href="/{path}">'
        for title, path in (("Comments", "comments"), ("Gone", "gone"), ("Empty", "empty"), ("News", "news"))
    )
    server.page("/", f"<!doctype html><head>{links}</head><a href='/sport.rss'>Sport</a>".encode())
    server.page("/comments", rss(item(1) + item(2)))
    server.page("/empty", rss(""))
    server.page("/news", rss(item(1) + item(2)))
    server.page("/sport.rss", rss(item(1)))
    document = await desk.web.get(safe_url(server.url("/")), allow=desk.allow)
    found = await SOURCE.find(document, desk)
    assert [candidate.url for candidate in found] == [
        server.url(p) for p in ("/news", "/sport.rss", "/empty", "/comments")
    ]
    assert found[2].says == "an RSS feed with no stories now"


async def test_usual_places_are_asked_until_one_answers(server: WebServer, desk: Desk) -> None:
    server.page("/", b"<!doctype html><title>No links</title>")
    server.page("/feed", b"<!doctype html><title>Not here</title>")
    server.page("/rss.xml", rss(item(1)))
    server.page("/feed.xml", rss(item(1)))
    document = await desk.web.get(safe_url(server.url("/")), allow=desk.allow)
    (found,) = await SOURCE.find(document, desk)
    assert found.url == server.url("/rss.xml")
    assert "/feed.xml" not in server.paths


async def test_nothing_found_is_no_error_but_no_network_is(server: WebServer, desk: Desk) -> None:
    server.answer("/", lambda request: Answer(b"<!doctype html><title>Nothing</title>"))
    document = await desk.web.get(safe_url(server.url("/")), allow=desk.allow)
    assert await SOURCE.find(document, desk) == ()
    async with Web(offline=True) as web:
        with pytest.raises(OfflineError):
            await SOURCE.find(document, replace(desk, web=web))


def test_the_registry_knows_it() -> None:
    assert source_for("feed") is SOURCE
    assert SOURCE.name == "feed"


def test_titles_of_text_keep_their_angle_brackets() -> None:
    assert title_text("a <b> c", is_text=True) == "a <b> c"
    assert title_text("a <b>c</b>") == "a c"
    assert parse_feed(rss(item(title="x", pubDate="Fri, 20 Sep 2024 12:00:00 GMT")), URL).items[
        0
    ].published_at == datetime(2024, 9, 20, 12, tzinfo=UTC)
