"""Every template with every story: all paragraphs in order and nothing else, and what stands over the story."""

from __future__ import annotations

import json
import re
import tomllib
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.errors import ParseError
from reader.extract import extract_article
from reader.text import SafeUrl

PAGES = Path(__file__).parent / "corpus" / "pages"
STORIES: dict[str, dict[str, Any]] = tomllib.loads((PAGES / "stories.toml").read_text("utf-8"))
TEMPLATES: dict[str, dict[str, Any]] = tomllib.loads((PAGES / "templates.toml").read_text("utf-8"))
URL = SafeUrl("https://quay.example/x/the-ferry-crews-agree-118")


def block_html(block: str, template: dict[str, Any]) -> str:
    """One block of a story in the template's markup."""
    text = escape(block, quote=False)
    kind, rest = (
        text[:2],
        text[3:] if text.startswith("## ") else text[2:] if not text.startswith("&gt; ") else text[5:],
    )
    if text.startswith("&gt; "):
        return template.get("q", "<blockquote><p>%s</p></blockquote>") % rest
    if kind == "##":
        return template.get("h", "<h2>%s</h2>") % rest
    if kind == "- ":
        return "<ul>" + "".join(f"<li>{line[2:]}</li>" for line in text.split("\n")) + "</ul>"
    if kind == "| ":
        rows = [[cell.strip() for cell in line[2:].split("|")] for line in text.split("\n")]
        cells = [
            "".join(f"<{'td' if i else 'th'}>{cell}</{'td' if i else 'th'}>" for cell in row)
            for i, row in enumerate(rows)
        ]
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"
    if kind == "! ":
        name, caption = rest.split(", ", 1)
        return f'<figure><img src="/i/{name}" alt="A lamp"><figcaption>{caption}</figcaption></figure>'
    return template["p"] % text


def page_of(story: dict[str, Any], template: dict[str, Any]) -> bytes:
    """The page that the template makes of the story."""
    blocks = [block_html(block, template) for block in story["body"]]
    if template.get("jsonld"):
        body = json.dumps("\n\n".join(block for block in story["body"]), ensure_ascii=False)[1:-1]
    else:
        if "amid" in template:
            blocks.insert(min(2, len(blocks) - 1), template["amid"])
        if every := template.get("section_at"):
            groups = ["".join(blocks[i : i + every]) for i in range(0, len(blocks), every)]
            blocks = [template["open"] + group + template["close"] for group in groups]
        body = "\n".join(blocks)
    places = {"date": story["printed"], "iso": story["date"], "body": body}
    page = template["page"]
    for name in ("headline", "dek", "section", "byline", "lang"):
        page = page.replace("{" + name + "}", escape(story[name], quote=False))
    for name, value in places.items():
        page = page.replace("{" + name + "}", value)
    return page.encode()


def pieces_of(block: str) -> list[str]:
    """The texts that must be found of one block, in order."""
    if block.startswith("! "):
        return [block[2:].split(", ", 1)[1]]
    lines = block.split("\n")
    if block.startswith("| "):
        return [cell.strip() for line in lines for cell in line[2:].split("|")]
    return [re.sub(r"^(?:## |> |- )", "", line) for line in lines]


def plain(markdown: str) -> str:
    """The words of Markdown without its signs, blanks folded."""
    text = re.sub(r'!\[[^\]]*\]\(\S+?(?: "((?:[^"\\]|\\.)*)")?\)', lambda m: m[1] or "", markdown)
    text = re.sub(r"^\|(?: --- \|)+$|^(?:#+|>|-|\|)(?= |$)|\*\*|(?<!\w)\*|\*(?!\w)|\|", " ", text, flags=re.M)
    text = re.sub(r"\\(?=\W)", "", text)
    return " ".join(text.split())


CASES = [(t, s) for t in TEMPLATES for s in STORIES if not (t == "scripted" and s in ("lively", "points"))]


@pytest.mark.parametrize(("template", "name"), CASES)
def test_all_of_the_story_and_nothing_else(template: str, name: str) -> None:
    story = STORIES[name]
    article = extract_article(page_of(story, TEMPLATES[template]), URL)
    text, at = plain(article.markdown), 0
    pieces = [" ".join(piece.split()) for block in story["body"] for piece in pieces_of(block)]
    for piece in pieces:
        found = text.find(piece, at)
        assert found >= 0, f"missing or out of order: {piece}\n{article.markdown}"
        at = found + len(piece)
    rest = text
    for piece in sorted(pieces, key=len, reverse=True):
        rest = rest.replace(piece, "", 1)
    assert not rest.strip(), f"noise: {rest}"
    assert article.is_story


@pytest.mark.parametrize(("template", "name"), CASES)
def test_what_stands_over_the_story(template: str, name: str) -> None:
    story, page = STORIES[name], TEMPLATES[template]["page"]
    article = extract_article(page_of(story, TEMPLATES[template]), URL)
    assert article.title == story["headline"]
    assert article.summary == story["dek"]
    assert article.language in (story["lang"], "")
    if "{section}" in page:
        assert article.section == story["section"]
    if "{date}" in page or "{iso}" in page:
        assert article.published_at is not None
        assert f"{article.published_at:%Y-%m-%d}" == story["date"]
    if "{byline}" in page:
        assert article.authors.replace(", ", " and ") == story["byline"]


# The same pages without what makes them easy to read


def bare(page: bytes) -> bytes:
    """Without classes, ids and roles, and without tags that mean anything but a block."""
    html = re.sub(r'\s(?:class|id|role)="[^"]*"', "", page.decode())
    html = re.sub(r"<(/?)(?:article|main|section|aside|header|footer|nav|p|h[2-6])\b", r"<\1div", html)
    return html.encode()


def undeclared(page: bytes) -> bytes:
    """Without meta tags, JSON-LD, times and headings of any kind."""
    html = re.sub(r"<meta [^>]*>|<script.*?</script>", "", page.decode(), flags=re.S)
    html = re.sub(r"<(/?)time\b[^>]*>", r"<\1span>", html)
    return re.sub(r"<(/?)h1\b", r"<\1div", html).encode()


@pytest.mark.parametrize("disguise", [bare, lambda page: undeclared(bare(page))], ids=["bare", "undeclared"])
@pytest.mark.parametrize(("template", "name"), [case for case in CASES if case[0] != "scripted"])
def test_names_and_tags_are_not_needed(template: str, name: str, disguise: Any) -> None:
    story = STORIES[name]
    article = extract_article(disguise(page_of(story, TEMPLATES[template])), URL)
    assert article.title == story["headline"]
    assert article.summary == story["dek"]
    text = plain(article.markdown)
    for piece in (" ".join(piece.split()) for block in story["body"] for piece in pieces_of(block)):
        assert piece in text
    assert len(text) <= len(" ".join(piece for block in story["body"] for piece in pieces_of(block))) + 2


# Single pages


TITLE = "The bell of the lower town rings again"


def page(body: str, head: str = "", title: str = f"{TITLE} | Quay Post") -> bytes:
    """A page of that title."""
    return f"<html><head><meta charset=utf-8><title>{title}</title>{head}</head><body>{body}</body></html>".encode()


HEADLINE = f"<h1>{TITLE}</h1>"
TEXT = (
    "<p>The bell of the lower town rang again on Monday, for the first time since the ferry borrowed its rope.</p>"
    "<p>It had been silent for eleven weeks, longer than during either of the great floods, the sexton said.</p>"
    "<p>The rope has been replaced by a chain, and the ferry has promised to ask before it borrows anything else.</p>"
)
TEASERS = "".join(
    f"<div><h3><a href='/town/{i}'>Something else happened in street number {i}</a></h3>"
    f"<p>It was noticed by several people who had nothing to do with it, and who said so at length.</p></div>"
    for i in range(8)
)


@pytest.mark.parametrize(
    ("path", "html"),
    [
        ("/", page(HEADLINE + TEXT)),
        ("/town", page("<h1>Town</h1>" + TEASERS, title="Town | Quay Post")),
        ("/town/", page("<div>Town</div>" + TEASERS, title="Town | Quay Post")),
        (
            "/contact",
            page(
                "<h1>Contact us</h1><p>Write to the desk of the Quay Post, 4 Rope Street, or use this form.</p>"
                "<form><input type=email><textarea></textarea></form>",
                title="Contact | Quay Post",
            ),
        ),
        (
            "/account/login",
            page(
                "<h1>Sign in</h1><p>Sign in with your address and the word you chose for it when you came.</p>"
                "<form><input><input type=password></form>",
                title="Sign in | Quay Post",
            ),
        ),
        ("/about-us", page("<h1>About us</h1>" + TEXT, title="About us | Quay Post")),
        ("/search?q=bell", page("<h1>Results for bell</h1><p>3 results</p>" + TEASERS[:600], title="Search")),
        ("/x", page("")),
    ],
    ids=["front", "section", "section without h1", "contact", "login", "about", "search", "empty"],
)
def test_pages_that_are_no_story(path: str, html: bytes) -> None:
    assert not extract_article(html, SafeUrl("https://quay.example" + path)).is_story


def test_the_masthead_and_the_sidebar_have_other_dates() -> None:
    html = page(
        "<div>Today : Nov 20, 2025</div><div>18 November 2025</div>"
        + HEADLINE
        + "<div>Updated 19 November 2025</div>"
        + TEXT
        + "<div><h3><a href='/a'>Another story of the town</a></h3><p>It begins like this…</p>"
        + "<div>1 January 2020</div></div>"
    )
    article = extract_article(html, URL)
    assert article.published_at is not None
    assert article.updated_at is not None
    assert f"{article.published_at:%Y-%m-%d} {article.updated_at:%Y-%m-%d}" == "2025-11-18 2025-11-19"


@pytest.mark.parametrize(
    "script",
    [
        '{"@type":"NewsArticle","headline":"HEAD","datePublished":"2025-11-18","articleSection":"Town",}',
        '<!-- {"@type":["NewsArticle"],"datePublished":"2025-11-18","articleSection":["Town","Bells"]} -->',
        '[{"@type":"Organization"},{"@graph":[{"@type":"WebPage","mainEntity":'
        '{"@type":"Article","datePublished":"2025-11-18","articleSection":"Town"}}]}]',
        '{"@type":"NewsArticle","headline":"The bell\nof it","datePublished":"2025-11-18","articleSection":"Town"}',
        '{"@type":"http://schema.org/ReportageNewsArticle","datePublished":"2025-11-18","articleSection":"Town"};',
    ],
    ids=["comma", "comment", "nested", "line break", "semicolon"],
)
def test_json_ld_as_it_is_found(script: str) -> None:
    article = extract_article(page(HEADLINE + TEXT, f'<script type="application/ld+json">{script}</script>'), URL)
    assert article.published_at is not None
    assert f"{article.published_at:%Y-%m-%d}" == "2025-11-18"
    assert article.section == "Town"
    assert article.is_story


def test_broken_json_ld_is_as_good_as_none() -> None:
    for script in (
        '{"@type":',
        "[" * 100_000,
        '{"@type":"NewsArticle","author":[[[]]],"image":{"url":{}},"headline":5}',
    ):
        article = extract_article(page(HEADLINE + TEXT, f'<script type="application/ld+json">{script}</script>'), URL)
        assert article.title == TITLE
        assert article.markdown.count("\n\n") == 2


def test_the_page_goes_before_article_body() -> None:
    body = "The bell of the lower town rang again on Monday. " * 8
    script = f'<script type="application/ld+json">{{"@type":"NewsArticle","articleBody":"{body}"}}</script>'
    assert "chain" in extract_article(page(HEADLINE + TEXT, script), URL).markdown
    alone = extract_article(page(HEADLINE + "<div>Subscribe to read on.</div>", script), URL)
    assert alone.markdown == body.strip()
    assert alone.is_story


@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "utf-8", "utf-16"])
@pytest.mark.parametrize("told", ["header", "page", "nobody"])
def test_charsets(charset: str, told: str) -> None:
    text = (
        "Колокол нижнего города снова зазвонил в понедельник, впервые с тех пор, как паром занял его верёвку у церкви."
    )
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">' if told == "page" else ""
    title = "Колокол снова звонит"
    body = f"<h1>{title}</h1><p>{text}</p><p>{text}</p>"
    html = f"<html><head>{meta}<title>{title}</title></head><body>{body}</body></html>"
    if told == "nobody" and charset == "koi8-r":
        pytest.skip("a guess among the Cyrillic charsets of so short a text is a coin's toss")
    article = extract_article(html.encode(charset), URL, charset if told == "header" else "")
    assert article.title == title
    assert text in article.markdown


def test_the_canonical_url_is_of_the_same_host() -> None:
    for link, url in (
        ("/town/bell", "https://quay.example/town/bell"),
        ("https://www.quay.example/bell", "https://www.quay.example/bell"),
        ("https://elsewhere.example/bell", URL),
        ("/", URL),
        ("http://quay.example/bell", "https://quay.example/bell"),
        ("javascript:x", URL),
    ):
        assert extract_article(page(HEADLINE + TEXT, f'<link rel="canonical" href="{link}">'), URL).url == url


def test_the_lead_picture_has_its_caption() -> None:
    figure = '<figure><img src="/i/bell-640x480.jpg" alt="A bell"><figcaption>The bell, on Monday</figcaption></figure>'
    article = extract_article(
        page(HEADLINE + figure + TEXT, '<meta property="og:image" content="/i/bell-1200x900.jpg">'), URL
    )
    assert article.picture is not None
    assert (article.picture.url, article.picture.caption) == (
        "https://quay.example/i/bell-1200x900.jpg",
        "The bell, on Monday",
    )
    logo = extract_article(page(HEADLINE + TEXT, '<meta property="og:image" content="/i/default-logo.png">'), URL)
    assert logo.picture is None


def test_a_gallery_keeps_its_pictures() -> None:
    pictures = "".join(
        f'<figure><img src="/i/{i}.jpg"><figcaption>Picture number {i} of the bell</figcaption></figure>'
        for i in range(12)
    )
    markdown = extract_article(
        page(HEADLINE + TEXT[: TEXT.index("</p>") + 4] + pictures + TEXT[TEXT.index("</p>") + 4 :]), URL
    ).markdown
    assert [m[1] for m in re.finditer(r'/i/(\d+)\.jpg "Picture number \1 ', markdown)] == [str(i) for i in range(12)]


def test_a_live_blog_keeps_its_entries_in_order() -> None:
    entries = "".join(
        f"<div class=e{i}><time datetime='2025-11-18T{9 + i:02}:30'>{9 + i}.30</time><h3>What happened at {9 + i}</h3>"
        f"<p>Entry {i}: somebody looked at the bell, and told us what it looked like from where they stood.</p></div>"
        for i in range(8)
    )
    script = '<script type="application/ld+json">{"@type":"LiveBlogPosting","headline":"The bell rings"}</script>'
    markdown = extract_article(
        page(HEADLINE + "<p>We report from under the tower all day long.</p>" + entries, script), URL
    ).markdown
    assert [int(m) for m in re.findall(r"Entry (\d):", markdown)] == list(range(8))
    assert markdown.count("### What happened at") == 8


def test_code_tables_quotes_and_lists_survive() -> None:
    html = TEXT + (
        "<h2>How to ring it</h2><pre><code class='language-py'>for _ in range(3):\n    ring()\n</code></pre>"
        "<table><tr><th>Hour<th>Strokes<tr><td>6<td>6<tr><td>12<td>12</table>"
        "<blockquote><p>A bell is a clock that shouts.</p></blockquote><ol start=4><li>Pull.<li>Wait.</ol>"
        + TEXT.replace("Monday", "Tuesday")
    )
    markdown = extract_article(page(HEADLINE + f"<div>{html}</div>"), URL).markdown
    for block in (
        "## How to ring it",
        "```py\nfor _ in range(3):\n    ring()\n```",
        "| Hour | Strokes |\n| --- | --- |\n| 6 | 6 |\n| 12 | 12 |",
        "> A bell is a clock that shouts.",
        "4. Pull.\n5. Wait.",
    ):
        assert f"\n\n{block}\n\n" in markdown


def test_a_long_read_is_whole() -> None:
    paragraphs = [
        f"Paragraph {i} tells what the bell did in the year {i}, and " + "on and on it goes, " * 12 + "to its end."
        for i in range(400)
    ]
    html = page(HEADLINE + "<div>" + "".join(f"<p>{p}</p>" for p in paragraphs) + "</div>" + TEASERS)
    assert extract_article(html, URL).markdown == "\n\n".join(paragraphs)


@pytest.mark.parametrize(
    "html", [b"", b"   ", b"\0" * 1_000, b"<!-- -->"], ids=["nothing", "blanks", "nulls", "a comment"]
)
def test_nothing_is_a_parse_error(html: bytes) -> None:
    with pytest.raises(ParseError):
        extract_article(html, URL)


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 30_000,
        "<p " + " ".join(f"a{i}=1" for i in range(30_000)) + ">x</p>",
        "<!--" * 100_000,
        "<p>a" + " " * 500_000 + "b",
        "<table>" + "<tr><td colspan=1000>x</td></tr>" * 3_000 + "</table>",
        "<h2>a</h2>" * 20_000,
        "word and more words here.<br><br>" * 10_000,
        "<form><input>" * 3_000,
    ],
    ids=lambda html: html[:14],
)
def test_hostile_pages_end(hostile: str) -> None:
    assert extract_article(page(HEADLINE + TEXT + hostile), URL).title == TITLE


MUTANTS = st.lists(
    st.tuples(
        st.integers(0, 6_000),
        st.integers(0, 300),
        st.sampled_from(
            [
                "",
                "</div>",
                "<p>",
                "<table><tr><td>",
                "<!--",
                "&#0;",
                "\x00",
                "<form><input>",
                "<a href=x>",
                "\ufffe",
                "</body>",
            ]
        ),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CASES), MUTANTS)
def test_damaged_pages_give_an_article_or_a_parse_error(
    case: tuple[str, str], mutations: list[tuple[int, int, str]]
) -> None:
    html = page_of(STORIES[case[1]], TEMPLATES[case[0]])
    for at, length, put in mutations:
        html = html[:at] + put.encode() + html[at + length :]
    try:
        article = extract_article(html, URL)
    except ParseError:
        return
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", article.markdown)
    assert not re.search("[\x00-\x1f\x7f-\x9f]", article.title + article.summary + article.section + article.authors)
