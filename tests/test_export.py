"""Records with stable names, Markdown that is read back as it was meant, HTML in which nothing is foreign."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from reader.app.launcher import citation
from reader.blocks import Heading, parse_block, plain, split
from reader.export import edition_markdown, rfc3339, source_record, story_record, to_html, to_markdown, to_text
from reader.model import Article, Counts, Health, Item, SourceRow, State, Story, Subscription, TextKind
from reader.text import SafeText, SafeUrl, safe_text

NOON = datetime(2024, 9, 19, 12, tzinfo=UTC)
STORY = Story(
    id=7,
    source_id=2,
    source=SafeText("The Gazette"),
    section=SafeText("Politics"),
    item=Item(
        title=SafeText("Councils *win* power"),
        summary=SafeText("The dek."),
        authors=SafeText("Ann Other"),
        url=SafeUrl("https://gazette.example/a?utm_source=x"),
        published_at=NOON,
        markdown=SafeText("The body.[^1]\n\n# Crosshead\n\n```\n# no heading\n```\n\n[^1]: A note."),
        text=TextKind.FULL,
    ),
    article=None,
    state=State(read=True, tags=(SafeText("buses"),)),
    first_seen_at=NOON,
    fetched_at=NOON + timedelta(minutes=5),
    words=120,
    revisions=1,
    cluster=3,
)


def test_a_story_s_record() -> None:
    assert json.loads(json.dumps(story_record(STORY))) == {
        "id": 7,
        "source_id": 2,
        "source": "The Gazette",
        "section": "Politics",
        "headline": "Councils *win* power",
        "dek": "The dek.",
        "byline": "Ann Other",
        "url": "https://gazette.example/a?utm_source=x",
        "published": "2024-09-19T12:00:00Z",
        "updated": None,
        "fetched": "2024-09-19T12:05:00Z",
        "read": True,
        "starred": False,
        "later": False,
        "tags": ["buses"],
        "words": 120,
        "text": "full",
        "revisions": 1,
        "cluster": 3,
    }


def test_what_the_feed_does_not_say_is_taken_from_the_page() -> None:
    bare = replace(STORY, item=Item(title=SafeText("T")))
    assert story_record(bare)["url"] is None
    assert story_record(bare)["text"] == "none"
    page = Article(
        url=SafeUrl("https://gazette.example/canonical"),
        summary=SafeText("From the page."),
        authors=SafeText("P. Age"),
        published_at=NOON,
        updated_at=NOON + timedelta(days=1),
        markdown=SafeText("Text."),
    )
    record = story_record(replace(bare, article=page))
    assert record["url"] == "https://gazette.example/canonical"
    assert (record["dek"], record["byline"], record["text"]) == ("From the page.", "P. Age", "full")
    assert (record["published"], record["updated"]) == ("2024-09-19T12:00:00Z", "2024-09-20T12:00:00Z")


def test_a_source_s_record_has_no_secret() -> None:
    source = Subscription(
        id=2,
        kind="feed",
        url=SafeUrl("https://gazette.example/feed"),
        title=SafeText("The Gazette"),
        section=SafeText("Politics"),
        login="me:secret",
        health=Health(last_ok_at=NOON, error=SafeText("did not answer")),
    )
    record = source_record(SourceRow(source, Counts(stories=30, unread=4)))
    assert record == {
        "id": 2,
        "kind": "feed",
        "title": "The Gazette",
        "url": "https://gazette.example/feed",
        "section": "Politics",
        "stories": 30,
        "unread": 4,
        "last_ok": "2024-09-19T12:00:00Z",
        "next_due": None,
        "error": "did not answer",
    }
    assert "secret" not in json.dumps(record)
    well = replace(source, health=Health())
    assert source_record(SourceRow(well, Counts()))["error"] is None


def test_instants_are_utc() -> None:
    assert rfc3339(datetime(2024, 9, 19, 14, 30, 59, 999_999, tzinfo=timezone(timedelta(hours=2)))) == (
        "2024-09-19T12:30:59Z"
    )
    assert rfc3339(None) is None


def test_markdown_of_a_story() -> None:
    assert to_markdown(STORY) == (
        "# Councils \\*win\\* power\n\n"
        "*The dek.*\n\n"
        "By Ann Other · The Gazette · Politics · 2024-09-19\n\n"
        "Tags: buses\n\n"
        "The body.[^1]\n\n## Crosshead\n\n```\n# no heading\n```\n\n[^1]: A note.\n\n"
        "[The original at The Gazette](<https://gazette.example/a?utm_source=x>)\n"
    )


@pytest.mark.parametrize(
    "title",
    [
        "# not a heading",
        "1. not a list",
        "2024) neither",
        "- dash",
        "a [b](http://c/) <d> `e` _f_ |g| ~~h~~ \\ & &amp;",
        "[^1]",
        "!",
        "> q",
    ],
)
def test_headlines_are_text_and_not_markdown(title: str) -> None:
    story = replace(STORY, item=replace(STORY.item, title=SafeText(title), summary=SafeText(title)))
    heading, dek, *_ = map(parse_block, split(to_markdown(story)))
    assert isinstance(heading, Heading)
    assert (plain(heading), plain(dek)) == (title, title)


def test_a_dek_that_the_body_repeats_is_left_out() -> None:
    story = replace(STORY, item=replace(STORY.item, summary=SafeText("The body")))
    assert "*The body*" not in to_markdown(story)


def test_an_edition_is_one_document() -> None:
    other = replace(STORY, id=8)
    edition = edition_markdown([STORY, other])
    assert edition.count("\n---\n") == 1
    assert edition.count("## Councils") == 2
    assert "### Crosshead" in edition
    assert "The body.[^7-1]" in edition
    assert "[^8-1]: A note." in edition
    assert edition_markdown([]) == ""


def test_html_is_that_of_the_markdown() -> None:
    html = to_html(
        '# A\n\n| a |\n|--:|\n| ~~b~~ |\n\n![p](https://x.example/p.png "c")\n\nText[^1] <a@b.example>\n\n[^1]: n'
    )
    for part in (
        "<h1>A</h1>",
        '<th style="text-align:right">a</th>',
        "<s>b</s>",
        '<img src="https://x.example/p.png" alt="p" title="c">',
        'href="mailto:a@b.example"',
        'class="footnote-ref"',
    ):
        assert part in html


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](file:///etc/passwd)",
        "[x](%66ile:///etc/passwd)",
        "[x](vbscript:x)",
        "![x](javascript:alert(1))",
        '[x](https://x.example/"onmouseover="alert)',
        '![a"onerror="b](https://x.example/ "c\\"onload=\\"d")',
        "<javascript:alert(1)>",
        "[x]\n\n[x]: javascript:alert(1)",
        '```x"onclick="y\ncode\n```',
    ],
)
def test_nothing_foreign_runs_in_the_html(markdown: str) -> None:
    from lxml import html as parser

    tree = parser.fragment_fromstring(to_html(markdown), create_parent=True)
    allowed = {"div", "p", "a", "img", "pre", "code"}
    for element in tree.iter():
        assert element.tag in allowed
        assert set(element.attrib) <= {"href", "src", "alt", "title", "class"}
        for name in ("href", "src"):
            assert element.get(name, "https://").startswith(("https://", "http://", "mailto:"))


def test_no_control_or_direction_comes_out_of_a_character_reference() -> None:
    html = to_html("a&#x202e;b&#x1b;c&#xfeff; `x\u202ey`")
    assert not any(character in html for character in "\u202e\x1b\ufeff")


def test_html_is_whole_however_long() -> None:
    html = to_html("&amp; " * 200_000)
    assert html.rstrip().endswith("</p>")


def test_plain_text_keeps_its_width() -> None:
    text = to_text(STORY, 30)
    assert max(map(len, text.split("\n")[:-2])) <= 30
    assert text.startswith("POLITICS · The Gazette\n")


WILD = st.text(
    st.sampled_from("ab1 #*_`~[]()<>!|\\&;:/.-+=^$@\"'{}%\u202e\u00a0é日\n\t") | st.characters(), max_size=40
)


@given(WILD.map(safe_text).filter(bool))
@settings(max_examples=200, deadline=None)
def test_no_headline_breaks_out_of_its_markdown(title: SafeText) -> None:
    """Read by a reader of all of CommonMark and GFM's tables, with raw HTML let through."""
    bare = replace(STORY, source=title, section=title, item=Item(title=title, authors=title))
    for text, tag in (
        (to_markdown(bare), "h1"),
        (edition_markdown([bare]), "h2"),
        (citation(bare, "today"), "p"),
        (citation(replace(bare, item=Item(title=title)), "today"), "p"),
    ):
        first, said, *tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
        assert first.tag == tag
        assert {(token.type[:4], token.tag) for token in (first, said, *tokens)} <= {
            *(("head", "h1"), ("head", "h2"), ("para", "p"), ("inli", "")),
        }
        inner = [child for token in (said, *tokens) for child in token.children or ()]
        assert {child.type for child in inner} <= {"text", "text_special", "em_open", "em_close"}
        line = "".join(child.content for child in said.children or ())
        assert title in line if tag == "p" else title == line
