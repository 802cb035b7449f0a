"""Dividing and filling lines, what is wider than the page, languages, the outline and the footnotes of a story."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from reader.blocks import parse_block, plain
from reader.model import Position
from reader.typeset import (
    SPOKEN,
    TOP,
    Find,
    Look,
    Manner,
    Page,
    Span,
    cells,
    hyphens,
    mark,
    set_block,
    slide,
    wrap,
)
from reader.typeset.language import guess, language_of
from reader.typeset.lines import Line
from tests.test_typeset import TABLE, a_story, lines_of, shown

TEXT = (
    "Der Bundesgerichtshof hat die Verfassungsbeschwerde der Verkehrsbetriebe gegen die Tariferhöhung am "
    "Donnerstagnachmittag zurückgewiesen, wie die Pressestelle mitteilte."
)


def divide(word: str) -> tuple[int, ...]:
    """Stands in for patterns: a word may be divided after every third letter."""
    return tuple(range(3, len(word) - 2, 3))


# Hyphens


def test_words_are_divided_where_the_patterns_say() -> None:
    german = hyphens.load("de")
    assert german is not None
    lines = [TEXT[line.start : line.end] + "-" * line.hyphen for line in wrap(TEXT, 30, german)]
    assert lines == [
        "Der Bundesgerichtshof hat die",
        "Verfassungsbeschwerde der Ver-",
        "kehrsbetriebe gegen die Tarif-",
        "erhöhung am",
        "Donnerstagnachmittag zurückge-",
        "wiesen, wie die Pressestelle",
        "mitteilte.",
    ]
    assert hyphens.known("de") is german
    assert hyphens.load("pt-br") is not None
    assert hyphens.load("ja") is None
    assert hyphens.is_known("ja")
    assert not hyphens.is_known("xx")


def test_addresses_short_words_and_the_ends_of_three_lines_are_not_divided() -> None:
    assert all(not line.hyphen for line in wrap("see https://gazette.example/a/verylongword now", 12, divide))
    assert all(not line.hyphen for line in wrap("aaaa bbbbb ccccc ddddd", 8, divide))
    run = [line.hyphen for line in wrap("abcdefghijkl " * 20, 17, divide)]
    assert any(run)
    assert not any(a and b and c for a, b, c in zip(run, run[1:], run[2:], strict=False))


@given(st.text(alphabet="abcdefgh -/.\n一é\u0301", max_size=200), st.integers(2, 30))
@settings(max_examples=150, deadline=None)
def test_divided_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = wrap(text, width, divide)
    assert all(cells(text[line.start : line.end]) + line.hyphen <= width for line in lines)
    assert "".join("".join(text[a:b] for a, b, _ in lines).split()) == "".join(text.split())


# Justification


def test_lines_are_filled_but_the_last_and_those_that_somebody_ended() -> None:
    block = parse_block("one **two three** four five six seven\\\neight nine ten\n")
    lines = set_block(block, 20, justify=True)
    assert [line.text for line in lines] == ["one two  three  four", "five six seven", "eight nine ten"]
    filled = [span for span in lines[0].spans if span.start >= 0]
    text = plain(block)
    assert all(text[span.start : span.start + len(span.text)] == span.text for span in filled)
    assert shown("one\n\ntwo", 20, justify=True) == "one\n\ntwo"


def test_a_line_that_would_be_mostly_gaps_stays_ragged() -> None:
    assert shown("ab cdefghijklmnopqrstuvwxyz", 26, justify=True).split("\n")[0] == "ab"
    assert shown("a b cdefghijklmnopqrstuvw", 22, justify=True).split("\n")[0] == "a b"


def test_what_was_found_is_marked_through_the_gaps() -> None:
    (first, *_) = set_block(parse_block("one two three four five six"), 20, justify=True)
    assert cells(first.text) == 20
    marked = mark(first, [(0, 13, Look.MATCH)])
    assert "".join(span.text for span in marked.spans if span.look & Look.MATCH) == "one two  three"


@given(st.text(alphabet="abc  一", max_size=120), st.integers(2, 30))
@settings(max_examples=100, deadline=None)
def test_a_filled_paragraph_is_never_too_wide(text: str, width: int) -> None:
    for hyphenate in (None, divide):
        lines = set_block(parse_block(text.strip() or "a"), width, justify=True, hyphenate=hyphenate)
        assert all(cells(line.text) <= width for line in lines)


# Chinese, Japanese, emoji


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("価格は￥五〇", 8, ["価格は", "￥五〇"]),
        ("約五〇％です", 6, ["約五", "〇％で", "す"]),
        ("そう――だ", 5, ["そう", "――だ"]),
        ("「はい」〜と", 8, ["「は", "い」〜と"]),
        ("すごい⁉と", 6, ["すご", "い⁉と"]),
        ("👩\u200d👩\u200d👧🇩🇪❤️🇩🇪", 4, ["👩\u200d👩\u200d👧🇩🇪", "❤️🇩🇪"]),
        ("กำน้ำ", 3, ["กำ", "น้ำ"]),
    ],
)
def test_what_may_not_begin_or_end_a_line(text: str, width: int, lines: list[str]) -> None:
    assert lines_of(text, width) == lines


@pytest.mark.parametrize(
    "text", ["👩\u200d👩\u200d👧", "👍🏽", "🇩🇪", "❤️", "☺︎", "1️⃣", "🏳️\u200d🌈", "e\u0301", "한국", "क्षि", "กำ", "ﷺ", "－"]
)
def test_the_toolkit_counts_cells_as_we_do(text: str) -> None:
    assert cell_len(text) == cells(text)


# What is wider than the page

WIDE = "|" + "|".join(f"column {n}" for n in range(9)) + "|\n" + "|-" * 9 + "|\n|" + "|".join("abcdefghi") + "|"


def test_a_table_that_does_not_fit_keeps_its_columns_where_it_can_slide() -> None:
    page = Page(a_story(f"Before.\n\n{WIDE}"), 40, Manner(wide="slide"))
    assert page.slack(1) == 0
    assert page.slack(2) == 9 * 10 - 2 - 40
    head = page.part(2)[0]
    seen = [page.slid(2, head, shift).text for shift in (0, 20, page.slack(2))]
    assert seen[0] == "column 0  column 1  column 2  column 3 ›"
    assert seen[1].startswith("‹olumn 2  column 3")
    assert seen[2].endswith("column 8")
    assert Page(a_story(WIDE), 40).slack(1) == 0
    assert shown(TABLE, 60, wide="slide") == shown(TABLE, 60)


def test_code_slides_on_a_ground_of_one_width() -> None:
    lines = set_block(parse_block("```\nabcdefghijkl\nx\n```"), 10, wide="slide")
    assert [cells(line.text) for line in lines] == [15, 15]
    assert [slide(line, 0, 10, ("‹", "›")).text for line in lines] == ["  abcdefg›", "  x       "]
    assert [slide(line, 5, 10, ("‹", "›")).text.rstrip() for line in lines] == ["‹efghijkl", "‹"]


@given(st.text(alphabet="ab 一👍é", min_size=1, max_size=60), st.integers(2, 20))
@settings(max_examples=150, deadline=None)
def test_all_of_a_wide_line_can_be_reached(text: str, width: int) -> None:
    line = Line((Span(text[:7], Look.PLAIN, 0, 0), Span(text[7:], Look.BOLD, 0, len(text[:7]))), 0)
    slack, step = max(0, cells(text) - width), max(1, width // 2)
    reached: set[int] = set()
    shift = 0
    while True:
        view = slide(line, shift, width, ("<", ">"))
        assert cells(view.text) <= max(width, cells(text) if not slack else width)
        for span in view.spans:
            if span.start >= 0:
                assert text[span.start : span.start + len(span.text)] == span.text
                reached.update(range(span.start, span.start + len(span.text)))
        if shift >= slack:
            break
        shift = min(slack, shift + step)
    if width >= 6:
        assert all(at in reached for at, character in enumerate(text) if not character.isspace())


def test_what_is_to_be_heard_has_no_columns_and_no_ornament() -> None:
    assert shown(TABLE, 60, wide="records", glyphs=SPOKEN).startswith("Council: Harrow Quay\nFare: 2.90\n")
    assert shown("> one two three four", 14, glyphs=SPOKEN) == "> one two\n  three four"
    assert shown("---", 20, glyphs=SPOKEN) == ""
    page = Page(a_story("A[^1].\n\n[^1]: n"), 20, Manner(glyphs=SPOKEN))
    assert not any(set(line.text) & set("─│•▪") for _, line in page.view(TOP, 100))


# Languages


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "The council has said that the buses will be back by the end of the week, and it was not to blame.",
        ),
        ("de", "Der Rat hat mitgeteilt, dass die Busse bis zum Ende der Woche wieder fahren und nicht teurer werden."),
        (
            "fr",
            "Le conseil a annoncé que les bus seront de retour avant la fin de la semaine, et le prix ne change pas.",
        ),
        ("es", "El consejo anunció que los autobuses volverán antes del fin de semana y que el precio no cambiará."),
        ("pt", "O conselho anunciou que os autocarros voltarão antes do fim da semana e que o preço não vai mudar."),
        ("pl", "Rada ogłosiła, że autobusy wrócą do końca tygodnia i że cena nie zmieni się w tym roku."),
        ("ru", "Совет сообщил, что автобусы вернутся до конца недели и что цена не изменится."),
        ("ja", "バスは今週末までに戻ると市は発表した。"),
        ("zh", "市政府宣布公交车将在周末前恢复。"),
        ("ar", "أعلنت البلدية أن الحافلات ستعود"),
        ("", "xyz 123"),
        ("", ""),
    ],
)
def test_the_language_that_a_text_gives_away(language: str, text: str) -> None:
    assert guess(text) == language


def test_what_a_story_says_of_its_language_goes_first() -> None:
    assert language_of(a_story("Der Rat und die Busse, das ist nicht neu.", language="nl")) == "nl"
    assert language_of(a_story("Der Rat und die Busse, das ist nicht neu.")) == "de"


# Outline and footnotes

NOTED = (
    "One[^a] and two[^1].\n\n## A *first* head\n\nText.\n\nSecond\n---\n\n> ### Not of the outline\n\n# Third\n\n"
    "[^1]: The note of one.\n\n    Goes on.\n[^a]: The note of a."
)


def test_the_outline_and_the_footnotes_of_a_story() -> None:
    page = Page(a_story(NOTED), 40)
    assert [(head.text, head.level) for head in page.headings()] == [("A first head", 2), ("Second", 2), ("Third", 1)]
    assert all(page.text(head.part) == head.text for head in page.headings())
    marks = [span.link for line in page.part(1) for span in line.spans if span.link]
    assert marks == [-1, -2]
    assert [page.note(1, -number) for number in marks] == ["a", "1"]
    assert page.note(1, 3) == page.note(0, 1) == page.note(99, 1) == ""
    places = [page.position_of_note(label) for label in ("1", "a")]
    assert [page.text(at.block)[at.character :].split("\n")[0] for at in places if at] == [
        "The note of one.",
        "The note of a.",
    ]
    assert page.position_of_note("z") is None
    assert page.links() == ()


# Find and places


def test_a_find_keeps_to_its_match_when_the_text_is_renewed() -> None:
    page = Page(a_story("word one\n\nword two\n\nword three"), 40)
    find = Find()
    assert not find
    assert find.number == 0
    find.start("WORD ", page, Position(2, 0))
    assert (find.number, len(find.matches)) == (2, 3)
    find.step(1)
    assert find.match is not None
    assert page.text(find.match.part).endswith("three")
    assert [look for _, _, look in find.ranges(3)] == [Look.MATCH | Look.HERE]
    assert [look for _, _, look in find.ranges(1)] == [Look.MATCH]
    find.step(1)
    assert find.number == 1
    find.step(-1)
    find.again(Page(a_story("word one\n\nanother\n\nword three"), 40))
    assert (find.number, len(find.matches)) == (2, 2)
    find.start("nowhere", page, Position())
    assert find
    assert find.match is None
    assert find.ranges(1) == []


def test_a_match_takes_the_marks_of_its_last_letter_with_it() -> None:
    page = Page(a_story("cafe\u0301 olé"), 40)
    assert [page.text(m.part)[m.start : m.end] for m in page.find("cafe")] == ["cafe\u0301"]


STORY = "\n\n".join(
    [
        "Some words and more words " * 9,
        "- one two three\n- four five",
        WIDE,
        "市は木曜日に発表した。" * 9,
        "```\ncode " * 5,
    ]
)


@given(st.integers(0, 5), st.integers(0, 250), st.lists(st.integers(8, 120), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_place_survives_any_change_of_width(part: int, offset: int, widths: list[int]) -> None:
    page = Page(a_story(STORY), 44, Manner(wide="slide"))
    here = page.position_of(page.place_of(Position(part, offset)))
    for width in widths:
        page.set_to(width, Manner(wide="slide", justify=width % 2 == 0, hyphenate=divide if width % 3 == 0 else None))
        place = page.place_of(here)
        assert place.part == here.block
        starts = [line.start for line in page.part(place.part) if line.spans]
        # The line that holds it: it begins at or before the place, and the next one behind it.
        assert page.part(place.part)[place.line].start <= here.character
        assert not any(low <= here.character < high for low, high in pairwise(starts) if low > max(0, here.character))
        page.set_to(44, Manner(wide="slide"))
        assert page.position_of(page.place_of(here)) == here
