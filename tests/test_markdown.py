"""HTML in, canonical Markdown out: case by case, and what must hold of any input."""

from __future__ import annotations

import re
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reader.extract import html_to_markdown
from reader.extract.inline import MAX_PARAGRAPH
from reader.text import MAX_BODY

BASE = "https://gazette.example/2025/story"

CASES = {
    # Blocks
    "paragraphs": ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
    "loose text": ("One.<p>Two.</p>three", "One.\n\nTwo.\n\nthree"),
    "two breaks are a paragraph": ("a<br>b<br><br>c", "a  \nb\n\nc"),
    "headings begin at two": ("<h1>A</h1><h3>B <b>c</b></h3>", "## A\n\n### B c"),
    "empty headings go": ("<h2> </h2><p>x</p>", "x"),
    "rules not at the ends": ("<hr><p>a</p><hr><p>b</p><hr>", "a\n\n---\n\nb"),
    "quotes": ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
    "blanks fold": ("<p>a\n  b\u00a0 c</p>", "a b c"),
    "nothing visible": ("<p>&#8203;</p><div> </div>&shy;", ""),
    "details": ("<details><summary>More</summary><p>x</p></details>", "**More**\n\nx"),
    # Lists
    "tight list": ("<ul><li>a<li>b</ul>", "- a\n- b"),
    "nested list": ("<ul><li>a<ul><li>b</ul><li>c</ul>", "- a\n  - b\n- c"),
    "loose list": ("<ul><li><p>a</p><p>b</p></li><li>c</li></ul>", "- a\n\n  b\n\n- c"),
    "starts elsewhere": ("<ol start=5><li>e<li>f</ol>", "5. e\n6. f"),
    "counts down": ("<ol reversed><li>c<li>b<li>a</ol>", "3. c\n2) b\n1. a"),
    "definitions": ("<dl><dt>Dek</dt><dd>Line under it.</dd></dl>", "- **Dek**: Line under it."),
    # Inline
    "emphasis": ("<p>a <b>b</b> <i>c</i> <s>d</s></p>", "a **b** *c* ~~d~~"),
    "blanks move out": ("<p>a<b> b </b>c</p>", "a **b** c"),
    "punctuation moves out": ("<p><b>Note:</b>text</p>", "**Note**:text"),
    "neighbours merge": ("<p><b>a</b><b>b</b></p>", "**ab**"),
    "no two changes of style in a word": ("<p><i><b>1</b>1<b>1</b></i></p>", "**1**1**1**"),
    "longer style outside": ("<p><b><i>x</i></b><i>y</i></p>", "***x**y*"),
    "links": ('<a href="/a b(c)">t</a>', "[t](https://gazette.example/a%20b%28c%29)"),
    "mail": ('<a href="mailto:desk@gazette.example?subject=x">w</a>', "[w](mailto:desk@gazette.example)"),
    "no other scheme": ('<a href="javascript:x()">t</a> <a href="file:///etc">u</a> <a href="#top">v</a>', "t u v"),
    "blocks in a link": (
        '<a href="/s"><h3>H</h3><p>p</p></a>',
        "### [H](https://gazette.example/s)\n\n[p](https://gazette.example/s)",
    ),
    "code": ("<p><code>a|b`c</code></p>", "`` a|b`c ``"),
    "raised and lowered": ("H<sub>2</sub>O, x<sup>2</sup>, 10<sup>th</sup>, e<sup>ab</sup>", "H₂O, x², 10th, e^(ab)"),
    "quotation": ("<q>yes</q>", "“yes”"),
    "ruby": ("<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>", "漢字（かんじ）"),
    "formula": ('<math alttext="E=mc"><mi>E</mi></math>', "E=mc"),
    "right to left": ("<p dir=rtl>مرحبا \u202eبكم</p>", "مرحبا بكم"),
    # Escapes
    "signs of Markdown": ("<p>*a* _b_ `c` ~d~ \\</p>", r"\*a\* \_b\_ \`c\` \~d\~ \\"),
    "snake_case stays": ("<p>snake_case</p>", "snake_case"),
    "tags as text": ("<p>a &lt;script&gt; &lt; b</p>", r"a \<script> < b"),
    "references as text": ("<p>&amp;copy; AT&amp;T</p>", r"\&copy; AT&T"),
    "brackets": ("<p>[sic] [a](b) [^1] [ ]</p>", r"[sic] \[a\](b) \[^1\] \[ \]"),
    "no picture by accident": ('<p>Wow!<a href="/x">y</a></p>', r"Wow\![y](https://gazette.example/x)"),
    "no heading by accident": (
        "<p># a</p><p>- b</p><p>1. c</p><p>+ d</p><p>&gt; e</p>",
        "\\# a\n\n\\- b\n\n1\\. c\n\n\\+ d\n\n\\> e",
    ),
    "no rule by accident": ("<p>a<br>---</p>", "a  \n\\---"),
    # Pictures
    "figure": (
        '<figure><img src="/a.jpg" alt="x"><figcaption>Say "a"</figcaption></figure>',
        '![x](https://gazette.example/a.jpg "Say \\"a\\"")',
    ),
    "lazy": ('<img src="data:image/gif;base64,R0" data-src="/a.jpg">', "![](https://gazette.example/a.jpg)"),
    "set": ('<img srcset="/s.jpg 300w, /m.jpg 1100w, /l.jpg 3000w">', "![](https://gazette.example/m.jpg)"),
    "picture": (
        '<picture><source type="image/avif" srcset="/a.avif"><img src="/a.webp"></picture>',
        "![](https://gazette.example/a.webp)",
    ),
    "noscript": (
        '<img class="lazy" src="/blank.gif"><noscript><img src="/a.jpg"></noscript>',
        "![](https://gazette.example/a.jpg)",
    ),
    "once": ('<img src="/a.jpg"><noscript><img src="/a.jpg?x=1"></noscript>', "![](https://gazette.example/a.jpg)"),
    "pixel": ('<p>a<img src="/p.gif" width="1" height="1"><img src="https://b.scorecardresearch.com/p"></p>', "a"),
    "before its paragraph": ('<p><img src="/a.jpg">Text.</p>', "![](https://gazette.example/a.jpg)\n\nText."),
    "after its paragraph": ('<p>Te<img src="/a.jpg">xt.</p>', "Text.\n\n![](https://gazette.example/a.jpg)"),
    "emoji": ('<p>Hi <img class="emoji" alt="🙂" src="/e.png"></p>', "Hi 🙂"),
    "linked picture": ('<a href="/big.jpg"><img src="/a.jpg"></a>', "![](https://gazette.example/a.jpg)"),
    "old caption": (
        '<div class="wp-caption"><img src="/a.jpg"><p class="wp-caption-text">Cap</p></div>',
        '![](https://gazette.example/a.jpg "Cap")',
    ),
    # Tables
    "table": ("<table><tr><th>A<th>B<tr><td>1<td>x|y</table>", "| A | B |\n| --- | --- |\n| 1 | x\\|y |"),
    "table without header": (
        "<table><tr><td>a<td>b<tr><td>c<td>d</table>",
        "|  |  |\n| --- | --- |\n| a | b |\n| c | d |",
    ),
    "first row names the numbers": (
        "<table><tr><td>Y<td>N<tr><td>2001<td>5<tr><td>2002<td>6</table>",
        "| Y | N |\n| --- | --- |\n| 2001 | 5 |\n| 2002 | 6 |",
    ),
    "spans": (
        "<table><tr><th>A<th>B<tr><td rowspan=2>1<td>2<tr><td>3</table>",
        "| A | B |\n| --- | --- |\n| 1 | 2 |\n|  | 3 |",
    ),
    "one column is no table": ("<table><tr><td>a<tr><td>b</table>", "a\n\nb"),
    "layout": ("<table><tr><td><h2>H</h2><p>a</p><td>b</table>", "## H\n\na\n\nb"),
    # Code
    "fence": ('<pre class="language-py"><code>a\n  b</code></pre>', "```py\na\n  b\n```"),
    "longer fence": ("<pre>```\nx</pre>", "````\n```\nx\n````"),
    # Embeds
    "video": (
        '<iframe src="https://www.youtube.com/embed/abcdefghijk"></iframe>',
        "[YouTube](https://www.youtube.com/watch?v=abcdefghijk)",
    ),
    "frames of nobody": ('<p>a</p><iframe src="https://ads.example/x"></iframe>', "a"),
    "post": (
        '<blockquote class="twitter-tweet"><p>Hm.</p>— A <a href="https://x.com/a/status/1">May 1</a></blockquote>',
        "> Hm.\n>\n> — A [May 1](https://x.com/a/status/1)",
    ),
    # Notes
    "footnote": (
        '<p>a<sup><a href="#n1">1</a></sup></p><ol><li id="n1">Note. <a href="#r1">↩</a></li></ol>',
        "a[^1]\n\n[^1]: Note.",
    ),
    # What is not shown
    "hostile": ("<p>a<script>x</script><style>y</style><form><input value=z>f</form></p><svg><p>s</p></svg>", "a"),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    html, markdown = CASES[name]
    assert html_to_markdown(html, BASE) == markdown


def shown(markdown: str) -> str:
    """The text that a reader of Markdown sees, blanks folded."""
    parts: list[str] = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown):
        for child in token.children or ():
            parts.append(" " if child.type in ("softbreak", "hardbreak") else child.content)
        parts.append(" " if token.block else "")
        if token.type in ("fence", "code_block", "html_block"):
            parts.append(token.content)
    return " ".join("".join(parts).split())


WORDS = st.text(st.sampled_from(" ab1.-*_`[]()<>&#!|~\\\"'«é漢:+="), max_size=12)
STYLES = st.sampled_from(["b", "i", "s", "em", "strong", "span", "u"])
INLINE = st.recursive(
    WORDS.map(lambda text: escape(text, quote=False)),
    lambda inner: st.one_of(
        st.tuples(STYLES, inner).map(lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>"),
        st.lists(inner, max_size=4).map("".join),
        inner.map(lambda text: f'<a href="/x">{text}</a>'),
    ),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(INLINE)
def test_what_is_read_is_what_was_written(html: str) -> None:
    text = " ".join(
        re.sub(r"<[^>]*>", "", html).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").split()
    )
    assert shown(html_to_markdown(f"<p>{html}</p>", BASE)) == text


TAGS = "p div b a ul ol li table tr td th h2 blockquote pre code br img hr figure figcaption sup dl dt dd details span"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from([f"<{tag}>" for tag in TAGS.split()] + [f"</{tag}>" for tag in TAGS.split()]),
            st.sampled_from(
                ["<img src=a.jpg>", "<a href=/x>", "<!--", "&#0;", "&#x202e;", "<![CDATA[", "\x1b[2J", "\ud800"]
            ),
            st.text(max_size=8),
        ),
        max_size=40,
    ).map("".join)
)
def test_any_markup_gives_canonical_markdown(html: str) -> None:
    markdown = html_to_markdown(html, BASE)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", markdown)
    assert markdown == markdown.strip("\n")
    if "```" not in markdown:
        assert "\n\n\n" not in markdown
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    assert not any(token.type == "html_block" for token in tokens)
    assert not any(child.type == "html_inline" for token in tokens for child in token.children or ())


def test_long_paragraphs_are_split_at_sentences() -> None:
    sentence = "This sentence has a <a href='/x'>link</a> and <b>some weight</b> in it. "
    blocks = html_to_markdown("<p>" + sentence * 600 + "</p>", BASE).split("\n\n")
    assert len(blocks) > 2
    assert all(len(block) < MAX_PARAGRAPH * 2 and block.endswith("it.") for block in blocks)
    assert shown("\n\n".join(blocks)) == " ".join(["This sentence has a link and some weight in it."] * 600)


def test_emphasis_over_a_split_begins_anew() -> None:
    blocks = html_to_markdown("<p><b>" + "All of this is bold. " * 800 + "</b></p>").split("\n\n")
    assert len(blocks) > 1
    assert all(block.startswith("**All") and block.endswith("**") for block in blocks)


def test_no_more_than_the_limit() -> None:
    assert len(html_to_markdown("<p>word word word</p>" * 100_000)) <= MAX_BODY


@pytest.mark.parametrize(
    "html",
    [
        "<p>a" + " " * 300_000 + "b</p>",
        "<b>" * 20_000 + "x",
        "<div>" * 20_000 + "x",
        "<ul><li>" * 5_000 + "x",
        "<blockquote>" * 5_000 + "x",
        "<!--" * 200_000 + "x",
        "<p " + " ".join(f"a{i}=1" for i in range(30_000)) + ">x</p>",
        "<table>" + "<tr><td colspan=1000 rowspan=1000>x</td></tr>" * 2_000 + "</table>",
        "[" * 200_000,
        "<p>" + "<i>a</i>b" * 20_000,
    ],
    ids=lambda html: html[:12],
)
def test_hostile_markup_is_only_markup(html: str) -> None:
    assert len(html_to_markdown(html)) <= MAX_BODY
