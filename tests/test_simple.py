"""The short way to Markdown gives what the tree gives, or nothing: for plain markup, broken markup and all else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.extract.markdown import fragment_to_markdown
from reader.extract.simple import simple_to_markdown

BASE = "https://gazette.example/politics/"

PLAIN = [
    "<p>One.</p>\n<p>Two <strong>bold</strong>, <em>slanted</em> and <a href='/x?a=1&amp;b=2'>linked</a>.</p>",
    '<p><img src="/p.jpg" alt="A ferry" width="320" height="200"></p><h3>Heading</h3><p>a_b<br>b<br/><br />c</p>',
    "<blockquote><p>Said.</p>\n<p>Again.</p></blockquote><ul><li>one</li><li><em>two</em></li></ul><ol><li>a</li></ol>",
    "<p>Tom &amp; Jerry &lt;b&gt; &#8217;s &hellip; [sic] 1. * _x_ # - &nbsp; end</p>",
    "<p># no heading</p><p>1. no list</p>",
    "<h1>One</h1><h2>Two <b>bold</b> #</h2><p></p><p> </p><ul><li></li></ul>",
    '<p>pict<a href="/big.jpg"><img src="/s.jpg" title="Caption"/></a>ures</p><p><img src="/s.jpg"></p>',
    '<P CLASS="x">Upper</P><p><b>a</b><i>b</i> x<b> y </b>z</p><p>東京で<strong>新しい</strong>計画</p>',
    "<p><a href=\"mailto:desk@gazette.example\">Write</a> <a>none</a> <a href='javascript:x()'>bad</a></p>",
]
STRANGE = [
    *(
        "<p>unclosed",
        "<p>a<p>b</p>",
        "<p><b>x</p></b>",
        "<p><b><i>x</b></i></p>",
        "loose <p>text</p>",
        "<div><p>x</p></div>",
    ),
    *(
        "<ul><p>x</p></ul>",
        "<ul><li><p>x</p></li></ul>",
        "<ol start=3><li>x</li></ol>",
        "<p>a < b</p>",
        "<!-- x --><p>y</p>",
    ),
    *(
        '<p title="a > b">x</p>',
        "<p>&copy 2026 &#150; &#0; &bogus;</p>",
        "<p>\x1b[31m\u202e</p>",
        "<p>&#8203;&#8238;x</p>",
    ),
    *(
        "<a href='#n1'>1</a>",
        "<p>x<sup><a href='#n1'>1</a></sup></p>",
        "<table><tr><td>x</td></tr></table>",
        "</p>",
        "<p",
        "",
    ),
    *(
        "<blockquote></blockquote>",
        "<blockquote cite='https://x.com/a/status/1'></blockquote>",
        "<p><script>x</script></p>",
    ),
    *("<p>" + "a" * 300_000 + "</p>", "<h2><p>x</p></h2>", "<li>x</li>", "<p><a href='/1'>a<a href='/2'>b</a></a></p>"),
]


@pytest.mark.parametrize("markup", PLAIN)
def test_plain_markup_takes_the_short_way_and_comes_out_the_same(markup: str) -> None:
    assert simple_to_markdown(markup, BASE) == fragment_to_markdown(markup, BASE)


@pytest.mark.parametrize("markup", STRANGE, ids=lambda markup: markup[:30].encode("unicode_escape").decode())
def test_strange_markup_is_left_to_the_tree(markup: str) -> None:
    assert simple_to_markdown(markup, BASE) in (None, fragment_to_markdown(markup, BASE))


TAGS = [
    "p",
    "strong",
    "em",
    "b",
    "i",
    "a",
    "blockquote",
    "h2",
    "h3",
    "ul",
    "ol",
    "li",
    "br",
    "img",
    "div",
    "span",
    "sup",
]
PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS]),
    st.sampled_from(
        ["<a href='/x'>", '<a href="https://other.example/?a=1&amp;b=2">', '<img src="/p.png" alt="Alt">', "<br />"]
    ),
    st.sampled_from(
        [
            "text ",
            " ",
            "\n",
            "word",
            "(",
            ")",
            "[x]",
            "*",
            "_",
            "#",
            "1. ",
            "- ",
            "&amp;",
            "&nbsp;",
            "&#8217;",
            "é",
            "東京",
            "!",
            "`",
        ]
    ),
    st.text(max_size=4),
)
INLINE = st.recursive(
    st.sampled_from(
        [
            "text",
            " ",
            " more.",
            "[x]",
            "*",
            "_",
            "1. ",
            "- ",
            "&amp;",
            "“é”",
            "東京",
            "<br>",
            '<img src="/p.png" alt="A">',
            "!",
        ]
    ),
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag.split()[0]}>",
        st.sampled_from(["strong", "em", "b", "i", "a href='/x'", 'a href="https://other.example/(y)"']),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)
BLOCK = st.builds(
    lambda form, parts: form.format("".join(parts)),
    st.sampled_from(["<p>{}</p>", "<p>{}</p>\n", "<h3>{}</h3>", "<ul><li>{}</li>\n<li>two</li></ul>",
                     "<ol><li>{}</li></ol>", "<blockquote><p>{}</p></blockquote>"]),
    st.lists(INLINE, max_size=5),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_any_soup_of_tags(markup: str) -> None:
    assert simple_to_markdown(markup, BASE) in (None, fragment_to_markdown(markup, BASE))


@settings(max_examples=400, deadline=None)
@given(st.lists(BLOCK, max_size=4).map("".join))
def test_well_formed_blocks(markup: str) -> None:
    assert simple_to_markdown(markup, BASE) in (None, fragment_to_markdown(markup, BASE))
