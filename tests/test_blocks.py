"""Markdown of our own writing -> chunks -> blocks, and what becomes of Markdown that someone meant ill with."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader import blocks
from reader.blocks import (
    Block,
    Code,
    Figure,
    Footnote,
    Group,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    Rule,
    Run,
    Table,
    parse_block,
    plain,
    split,
)
from reader.text import SafeText, SafeUrl


def runs(markdown: str) -> tuple[Run, ...]:
    block = parse_block(markdown)
    assert isinstance(block, Paragraph)
    return block.runs


def text_of(markdown: str) -> str:
    return "\n".join(plain(parse_block(chunk)) for chunk in split(markdown))


@pytest.mark.parametrize(
    ("markdown", "chunks"),
    [
        ("", ()),
        ("\n\n\n \n\n", ()),
        ("One.\n\nTwo.", ("One.", "Two.")),
        ("One.\n\n\n\nTwo.\n", ("One.", "Two.")),
        ("# A\n\ntext", ("# A", "text")),
        ("```\na\n\nb\n```\n\nafter", ("```\na\n\nb\n```", "after")),
        ("````\n```\n\n```\n````\n\nafter", ("````\n```\n\n```\n````", "after")),
        ("~~~ python\nx\n\n\ny\n~~~", ("~~~ python\nx\n\n\ny\n~~~",)),
        ("```\nnever closed\n\nmore", ("```\nnever closed\n\nmore",)),
        ("- a\n\n- b\n\n  more of b\n\nafter", ("- a\n\n- b\n\n  more of b", "after")),
        ("- a\n\n* b", ("- a", "* b")),
        ("- a\n\n---\n\n- b", ("- a", "---", "- b")),
        ("3. a\n\n4. b\n\n1) c", ("3. a\n\n4. b", "1) c")),
        ("- a\n\n  ```\n  x\n\n  y\n  ```\n\nafter", ("- a\n\n  ```\n  x\n\n  y\n  ```", "after")),
        ("> a\n>\n> b\n\nafter", ("> a\n>\n> b", "after")),
        ("| a |\n|---|\n| b |\n\nafter", ("| a |\n|---|\n| b |", "after")),
        ("[^1]: a\n\n    more\n\nafter", ("[^1]: a\n\n    more", "after")),
        ("2024 was a year.\n\n1999 too.", ("2024 was a year.", "1999 too.")),
    ],
)
def test_chunks_are_whole_blocks(markdown: str, chunks: tuple[str, ...]) -> None:
    assert split(markdown) == chunks


def test_a_chunk_is_cut_where_it_is_too_long_for_one_go_and_nothing_is_lost() -> None:
    prose = " ".join(f"word{n}" for n in range(20_000))
    chunks = split(prose)
    assert len(chunks) > 5
    assert all(len(chunk) <= blocks.MAX_CHUNK + 1 for chunk in chunks)
    assert " ".join(chunks).split() == prose.split()


def test_what_stood_within_a_sentence_does_not_become_a_heading_because_a_chunk_begins_there() -> None:
    for inside in ("# 5", "- x", "12. y", "> z", "```"):
        prose = "a" * (blocks.MAX_CHUNK - 1) + f" {inside} " + "b" * 100
        second = parse_block(split(prose)[1])
        assert isinstance(second, Paragraph), inside
        assert plain(second).startswith(inside[0]), inside


def test_a_long_table_becomes_pages_that_repeat_the_header() -> None:
    table = "| n | name |\n|--:|---|\n" + "\n".join(f"| {n} | row {n} |" for n in range(10_000))
    pages = [parse_block(chunk) for chunk in split(table)]
    assert len(pages) > 50
    found = []
    for page in pages:
        assert isinstance(page, Table)
        assert page.alignments == ("right", "")
        assert page.header[1][0].text == "name"
        found += [row[0][0].text for row in page.rows]
    assert found == [str(n) for n in range(10_000)]


def test_a_long_numbered_list_goes_on_counting() -> None:
    markdown = "\n".join(f"{n}. item {n}" for n in range(7, 1_007))
    found = []
    for chunk in split(markdown):
        block = parse_block(chunk)
        assert isinstance(block, ListBlock)
        assert block.tight
        found += [(number, plain(item[0])) for number, item in enumerate(block.items, block.start)]
    assert found == [(n, f"item {n}") for n in range(7, 1_007)]


def test_numbers_are_those_of_the_place_even_where_each_was_written_as_one() -> None:
    chunks = split("\n".join(f"1. item {n}" for n in range(300)))
    second = parse_block(chunks[1])
    assert isinstance(second, ListBlock)
    assert plain(second.items[0][0]) == f"item {second.start - 1}"


def test_long_code_quotes_and_notes_are_cut_into_their_own_kind() -> None:
    code = "```python\n" + "\n".join(f"x = {n}" for n in range(5_000)) + "\n```\n\nafter"
    *pieces, after = split(code)
    parsed = [parse_block(piece) for piece in pieces]
    assert "\n".join(block.text for block in parsed if isinstance(block, Code)).split("\n") == [
        f"x = {n}" for n in range(5_000)
    ]
    assert all(isinstance(block, Code) and block.language == "python" for block in parsed)
    assert after == "after"

    quote = "\n>\n".join("> " + f"word{n} " * 300 for n in range(40))
    assert all(isinstance(parse_block(piece), Quote) for piece in split(quote))
    assert re.findall(r"word\d+", text_of(quote)) == re.findall(r"word\d+", quote)

    notes = "\n".join(f"[^{n}]: note {n}" for n in range(1_000))
    assert re.findall(r"note \d+", text_of(notes)) == re.findall(r"note \d+", notes)


def test_a_text_of_one_letter_paragraphs_is_no_list_without_end() -> None:
    chunks = split("a\n\n" * 30_000)
    assert len(chunks) < 1_000
    assert isinstance(parse_block(chunks[0]), Group)
    assert text_of("a\n\n" * 30_000).count("a") == 30_000


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 40_000,
        "![" * 20_000,
        "[a](" * 10_000,
        "**a*" * 10_000,
        ">" * 40_000,
        "> " * 20_000 + "a",
        "- " * 20_000,
        "".join("`" * n + "a" for n in range(1, 300)),
        "&" * 40_000,
        "a" + " " * 40_000 + "b",
        "\n".join("  " * n + "- a" for n in range(400)),
        "|a" * 10_000 + "|\n" + "|-" * 10_000 + "|\n" + "|b" * 10_000,
        "\\" * 40_001,
        "~~~" * 9_000,
        "[^1]: " * 9_000,
    ],
)
def test_no_chunk_is_long_whatever_the_text(hostile: str) -> None:
    for chunk in split(hostile)[:3]:
        assert len(chunk) <= 2 * blocks.MAX_CHUNK + 20
        plain(parse_block(chunk))


@given(st.text(alphabet="ab #>-*_`~|[]()!^:&;\\.1\n", max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_without_an_error_and_no_letter_of_prose_is_lost(text: str) -> None:
    shown = text_of(text)
    if not re.search(r"[\[\]()<>`~|&]", text):
        assert sorted(re.findall("[ab]", shown)) == sorted(re.findall("[ab]", text))


# What a chunk says


def test_prose_without_marks_is_one_run() -> None:
    assert runs("Plain, with 3 < 4 and a tail.") == (Run(SafeText("Plain, with 3 < 4 and a tail.")),)


def test_styles_of_runs() -> None:
    found = runs("a **b *c*** `d` ~~e~~ [f **g**](https://x.example/)")
    assert [(run.text, run.bold, run.italic, run.code, run.strike, bool(run.url)) for run in found] == [
        ("a ", False, False, False, False, False),
        ("b ", True, False, False, False, False),
        ("c", True, True, False, False, False),
        (" ", False, False, False, False, False),
        ("d", False, False, True, False, False),
        (" ", False, False, False, False, False),
        ("e", False, False, False, True, False),
        (" ", False, False, False, False, False),
        ("f ", False, False, False, False, True),
        ("g", True, False, False, False, True),
    ]
    assert blocks.links(Paragraph(found)) == ((SafeUrl("https://x.example/"), "f g"),)


def test_links_that_are_none_keep_their_words() -> None:
    assert runs("[a](javascript:alert(1)) and [b](file:///etc/passwd)") == (Run(SafeText("a and b")),)
    assert runs("[b](%66ile:///etc/passwd)") == (Run(SafeText("b")),)
    assert runs("[me](mailto:a@b.example?subject=x)")[0].text == "me (a@b.example)"
    assert runs("<a@b.example>")[0].text == "a@b.example"
    assert runs("[x](https://user:secret@h.example/)")[0].url == "https://h.example/"


def test_what_decodes_to_a_control_character_is_cleaned_again() -> None:
    assert runs("a&#x202e;b&#xfeff;&#8294;c&#9;d&#10;e")[0].text == "abc    d e"
    assert not re.search("[\x00-\x1f\x7f-\x9f]", runs("a&#x1b;[31m&#x9b;&#0;&#x7f;")[0].text)
    assert parse_block("&#x202e;") == Paragraph(())
    code = parse_block("```a&#x202e;b\n\x1b[0m\n```")
    assert isinstance(code, Code)
    assert "\x1b" not in code.text
    assert "\u202e" not in code.language
    figure = parse_block('![a&#x202e;](https://x.example/p.png "c&#x202e;d")')
    assert figure == Figure(SafeUrl("https://x.example/p.png"), SafeText("a"), SafeText("cd"))


def test_combining_marks_are_bounded_across_runs() -> None:
    found = runs("a&#x300;&#x300;&#x300;&#x300;" + "*&#x300;&#x300;&#x300;&#x300;*" * 5 + "b")
    assert not re.search("[\u0300-\u036f]{5,}", "".join(run.text for run in found))


def test_breaks() -> None:
    assert runs("one\ntwo")[0].text == "one two"
    assert runs("one\\\ntwo")[0].text == "one\ntwo"
    assert runs("一二\n三")[0].text == "一二三"


def test_tags_are_text() -> None:
    assert "".join(run.text for run in runs("<script>x</script> <b>y</b>")) == "<script>x</script> <b>y</b>"
    assert plain(parse_block("<div>\n*a*\n</div>")) == "<div> a </div>"


def test_headings_rules_and_code() -> None:
    assert parse_block("### A *b*") == Heading(3, (Run(SafeText("A ")), Run(SafeText("b"), italic=True)))
    assert parse_block("---") == Rule()
    assert parse_block("```py x\n  a\n\nb\n```") == Code(SafeText("  a\n\nb"), SafeText("py"))


def test_lists_nest_and_start_anywhere() -> None:
    block = parse_block("9. a\n10. b\n    - c\n    - d\n\n      e")
    assert isinstance(block, ListBlock)
    assert (block.ordered, block.start, block.tight) == (True, 9, True)
    inner = block.items[1][1]
    assert isinstance(inner, ListBlock)
    assert not inner.tight
    assert plain(block) == "a\nb\nc\nd\ne"


def test_quotes_nest() -> None:
    block = parse_block("> a\n>\n> > b")
    assert block == Quote((Paragraph((Run(SafeText("a")),)), Quote((Paragraph((Run(SafeText("b")),)),))))


def test_tables_have_the_header_s_width() -> None:
    block = parse_block("| a | b |\n|:-:|---|\n| *x* \\| y |\n| 1 | 2 | 3 |")
    assert isinstance(block, Table)
    assert block.alignments == ("center", "")
    assert [len(row) for row in block.rows] == [2, 2]
    assert plain(block) == "a\nb\nx | y\n\n1\n2"


def test_a_picture_alone_is_a_figure_and_one_in_a_sentence_is_a_word() -> None:
    linked = parse_block('[![alt](https://x.example/s.png "cap")](https://x.example/l.png)')
    assert linked == Figure(
        SafeUrl("https://x.example/s.png"), SafeText("alt"), SafeText("cap"), SafeUrl("https://x.example/l.png")
    )
    assert blocks.links(linked) == ((SafeUrl("https://x.example/l.png"), "cap"),)
    assert parse_block("![](file:///x)") == Figure(SafeUrl(""))
    assert parse_block("![a \\[*b*\\] &amp; c](https://x.example/p)") == Figure(
        SafeUrl("https://x.example/p"), SafeText("a [b] & c")
    )
    assert "".join(run.text for run in runs("See ![a map](https://x.example/m.png) here")) == "See [a map] here"


def test_captions() -> None:
    def caption(alt: str, title: str) -> str:
        found = blocks.figure_caption(Figure(SafeUrl("https://x.example/"), SafeText(alt), SafeText(title)))
        return "".join(run.text for run in found)

    assert caption("a bus", "The last one") == "The last one (a bus)"
    assert caption("bus", "The last bus") == "The last bus"
    assert (caption("a bus", ""), caption("", "The last one"), caption("", "")) == ("a bus", "The last one", "")


def test_footnotes() -> None:
    marked = runs("Said so.[^1] And again[^a], but not \\`[^1]\\` in `[^1]`.")
    assert [(run.text, run.note) for run in marked if run.note] == [("¹", "1"), ("[a]", "a"), ("¹", "1")]
    assert runs("no \\[^1\\] mark") == (Run(SafeText("no [^1] mark")),)
    assert runs("[^1](https://x.example/)")[0].url
    block = parse_block("[^1]: One.\n\n    Two.")
    assert isinstance(block, Footnote)
    assert (block.label, plain(block)) == ("1", "One.\nTwo.")
    both = parse_block("[^1]: One.\n[^2]: Two.")
    assert isinstance(both, Group)
    assert [child.label for child in both.children if isinstance(child, Footnote)] == ["1", "2"]


def test_a_chunk_of_several_blocks_keeps_them_all() -> None:
    block: Block = parse_block("text\n# Heading\n- item")
    assert isinstance(block, Group)
    assert [type(child) for child in block.children] == [Paragraph, Heading, ListBlock]


def test_what_belongs_together() -> None:
    assert blocks.is_continued("- a", "- b")
    assert blocks.is_continued("[^1]: a", "[^2]: b")
    assert blocks.is_continued("1. a", "2. b")
    assert not blocks.is_continued("- a\n\n- b", "- c")
    assert not blocks.is_continued("- a", "* b")
    assert not blocks.is_continued("a", "b")
