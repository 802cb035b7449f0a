"""Blocks at a width -> lines; a page that is set as it is looked at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from wcwidth import wcwidth

from reader import typeset
from reader.blocks import parse_block, plain, split
from reader.model import Article, Enclosure, Item, Picture, Position, State, Story, Telling, TextKind
from reader.text import SafeText, SafeUrl, count_words
from reader.typeset import ASCII, TOP, Line, Look, Manner, Page, Place, Plates, cells, set_block, to_text, wrap

NOON = datetime(2024, 9, 19, 12, tzinfo=UTC)
TIED = "\u00a0"


def a_story(
    markdown: str = "The body.",
    *,
    title: str = "A headline",
    summary: str = "",
    state: State | None = None,
    **item: object,
) -> Story:
    values: dict[str, object] = {
        "url": SafeUrl("https://gazette.example/a"),
        "published_at": NOON,
        "text": TextKind.FULL,
        **item,
    }
    said = Item(
        title=SafeText(title),
        summary=SafeText(summary),
        markdown=SafeText(markdown),
        **values,  # type: ignore[arg-type]
    )
    return Story(
        id=1,
        source_id=1,
        source=SafeText("The Gazette"),
        section=SafeText("Politics"),
        item=said,
        article=None,
        state=state or State(),
        first_seen_at=NOON,
        fetched_at=NOON,
        words=count_words(markdown),
    )


def shown(markdown: str, width: int = 40, **options: object) -> str:
    return "\n".join(line.text.rstrip() for line in set_block(parse_block(markdown), width, **options))  # type: ignore[arg-type]


def lines_of(text: str, width: int) -> list[str]:
    return [text[start:end] for start, end, _ in wrap(text, width)]


# Breaking lines


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("one  two", 20, ["one  two"]),
        ("one two", 3, ["one", "two"]),
        ("one\ntwo\n\nthree", 20, ["one", "two", "", "three"]),
        ("a long-winded word", 8, ["a long-", "winded", "word"]),
        ("born 1998-2024, say", 10, ["born", "1998-2024,", "say"]),
        ("he said — no", 9, ["he said —", "no"]),
        ("Il dit « non » !", 10, ["Il dit", "« non » !"]),
        ("word “ quoted ”", 8, ["word", "“ quoted", "”"]),
        ("https://x.example/aaaa/bbbb/cccc", 20, ["https://x.example/", "aaaa/bbbb/cccc"]),
        ("see https://x.example/aa-bb/cc ok", 16, ["see https://", "x.example/aa-bb/", "cc ok"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("一二三四五", 4, ["一二", "三四", "五"]),
        ("一二三。四五", 6, ["一二", "三。四", "五"]),
        ("一「二三」四", 4, ["一", "「二", "三」", "四"]),
        ("日本のTokyo駅", 8, ["日本の", "Tokyo駅"]),
        ("한국어 문장입니다", 8, ["한국어", "문장입니", "다"]),
        ("e\u0301a\u0301e\u0301a\u0301", 2, ["e\u0301a\u0301", "e\u0301a\u0301"]),
        ("👩\u200d👩\u200d👧👩\u200d👩\u200d👧", 2, ["👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"]),
        ("一", 1, ["一"]),
        (f"tied{TIED}words here", 10, [f"tied{TIED}words", "here"]),
    ],
)
def test_where_lines_end(text: str, width: int, lines: list[str]) -> None:
    assert lines_of(text, width) == lines


@given(st.text(alphabet="ab -/.—“”«»!一二。「」é\u0301\n👍", max_size=200), st.integers(1, 30))
@settings(max_examples=300, deadline=None)
def test_no_line_is_too_wide_and_nothing_is_lost(text: str, width: int) -> None:
    lines = lines_of(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    breaks = wrap(text, width)
    assert all(line.start <= line.end for line in breaks)
    assert list(breaks) == sorted(breaks)
    if width >= 2:
        assert all(cells(line) <= width for line in lines)


def test_cells() -> None:
    assert [cells(text) for text in ("abc", "日本", "e\u0301", "👍🏽", "“—”", "")] == [3, 4, 1, 2, 3, 0]


def test_what_is_taken_for_narrow_is() -> None:
    printable = [chr(number) for number in range(0x3000) if chr(number).isprintable()]
    assert [cells(character) for character in printable] == [wcwidth(character) for character in printable]


# Blocks


def test_a_quote_has_a_bar_all_the_way() -> None:
    assert shown("> one two\n>\n> > three", 20) == "│ one two\n│\n│ │ three"


def test_lists_hang() -> None:
    assert shown("- one two three four\n- five\n  - six", 14) == "• one two\n  three four\n• five\n  – six"
    assert shown("9. nine\n10. ten eleven", 14) == " 9. nine\n10. ten eleven"
    assert shown("- a\n\n- b", 14) == "• a\n\n• b"
    assert shown("- a\n-\n- c", 14) == "• a\n•\n• c"


def test_glyphs_have_ascii_twins() -> None:
    markdown = "> - a\n>   - b\n>\n> ![p](https://x.example/)\n>\n> ---"
    assert shown(markdown, 30, glyphs=ASCII).isascii()


def test_nothing_is_indented_to_death() -> None:
    deep = "\n".join("> " * n + f"level{n}\n" + "> " * n for n in range(1, 15))
    lines = set_block(parse_block(deep), 20)
    assert all(cells(line.text) <= 20 for line in lines)
    assert "level14" in "".join(line.text for line in lines)


def test_a_heading_within_a_quote_stands_on_its_text() -> None:
    assert shown("> ## A\n>\n> b\n>\n> c", 20) == "│ A\n│ b\n│\n│ c"


def test_code_goes_on_behind_a_mark() -> None:
    assert shown("```\nabcdefghijkl\n\n  x\n```", 10) == "  abcdefg\n↳ hijkl\n\n    x"
    lines = set_block(parse_block("```\nab\n```"), 10)
    assert [cells(line.text) for line in lines] == [10]
    assert all(span.look & Look.CODE for span in lines[0].spans)


def test_a_figure_is_its_caption() -> None:
    assert shown('![a bus](https://x.example/b.png "The last one")', 24) == "▪ Picture: The last one\n  (a bus)"
    assert shown("![](https://x.example/b.png)") == "▪ Picture"
    assert shown("![](https://x.example/b.png)", numbers_from=3) == "▪ Picture[3]"


def test_links_are_numbered_where_that_is_asked_for() -> None:
    markdown = "[a](https://x.example/1), [**b** c](https://x.example/2)."
    assert shown(markdown) == "a, b c."
    assert shown(markdown, numbers_from=5) == "a[5], b c[6]."
    lines = set_block(parse_block(markdown), 40, numbers_from=5)
    assert [(span.text, span.link) for span in lines[0].spans] == [
        ("a", 1), ("[5]", 1), (", ", 0), ("b", 2), (" c", 2), ("[6]", 2), (".", 0),
    ]  # fmt: skip


TABLE = (
    "| Council | Fare | Note |\n|---|---|---|\n| Harrow Quay | 2.90 | a cap for all of the day |\n| Stone | 13.10 | |"
)


def test_a_table_fits_in_columns_and_numbers_stand_under_each_other() -> None:
    assert shown(TABLE, 60) == (
        "Council       Fare  Note\n"
        "───────────  ─────  ────────────────────────\n"
        "Harrow Quay   2.90  a cap for all of the day\n"
        "Stone        13.10"
    )


def test_a_table_that_is_too_wide_wraps_in_its_columns() -> None:
    assert shown(TABLE, 34) == (
        "Council       Fare  Note\n"
        "───────────  ─────  ──────────────\n"
        "Harrow Quay   2.90  a cap for all\n"
        "                    of the day\n"
        "\n"
        "Stone        13.10"
    )


def test_a_table_that_cannot_stand_side_by_side_becomes_records() -> None:
    assert shown(TABLE, 14) == (
        "Council:\n  Harrow Quay\nFare: 2.90\nNote: a cap\n  for all of\n  the day\n\nCouncil:\n  Stone\nFare: 13.10"
    )
    wide = "|" + "h|" * 60 + "\n|" + "-|" * 60 + "\n|" + "cell|" * 60
    assert shown(wide, 70).count("h: cell") == 60


def test_right_to_left_paragraphs_keep_to_the_right_in_logical_order() -> None:
    text = "أعلنت البلدية يوم الخميس أن الحافلات ستعود"
    lines = set_block(parse_block(text), 20)
    assert all(cells(line.text) == 20 for line in lines)
    assert " ".join(line.text.strip() for line in lines) == text


def test_offsets_are_those_of_the_plain_text() -> None:
    for markdown in (
        "a **b** [c](https://x.example/)\\\nd e f g h",
        "> q\n>\n> - one two three four five\n> - two",
        TABLE,
        "```\nline one is long\n\nthree\n```",
        '![alt](https://x.example/ "caption of it")',
        "[^1]: note\n\n    more",
    ):
        block = parse_block(markdown)
        text = plain(block)
        for width in (12, 30, 80):
            for line in set_block(block, width, numbers_from=1):
                for span in line.spans:
                    if span.start >= 0:
                        assert text[span.start : span.start + len(span.text)] == span.text, (markdown, width)


def test_what_is_found_is_marked() -> None:
    (line,) = set_block(parse_block("one **two** three"), 40)
    marked = typeset.mark(line, [(2, 5, Look.MATCH), (8, 9, Look.HERE)])
    assert [(span.text, span.look) for span in marked.spans] == [
        ("on", Look.PLAIN),
        ("e ", Look.MATCH),
        ("t", Look.BOLD | Look.MATCH),
        ("wo", Look.BOLD),
        (" ", Look.PLAIN),
        ("t", Look.HERE),
        ("hree", Look.PLAIN),
    ]
    assert marked.text == line.text


# The head and the tail


def head_of(story: Story, width: int = 60, manner: Manner = Manner()) -> str:  # noqa: B008
    return "\n".join(line.text for line in Page(story, width, manner).part(0)).replace(TIED, " ")


def test_the_head_of_a_story() -> None:
    story = a_story("The body. " * 200, summary="The dek.", authors=SafeText("Ann Other"))
    assert head_of(story) == (
        "POLITICS · The Gazette\n19 September 2024 · 2 min · full text\n\nA headline\n\nThe dek.\n\nBy Ann Other\n"
    )


def test_dates_and_states_in_the_dateline() -> None:
    def line(story: Story, **manner: bool) -> str:
        return typeset.dateline(story, Manner(**manner)).replace(TIED, " ")

    story = a_story(updated_at=datetime(2024, 9, 20, 9, tzinfo=UTC))
    assert line(story) == "19 September 2024 · updated 20 Sep · 1 min · full text"
    later = replace(story, item=replace(story.item, updated_at=datetime(2025, 2, 1, 12, tzinfo=UTC)))
    assert "updated 1 Feb 2025" in line(later)
    corrected = replace(story, item=replace(story.item, updated_at=NOON))
    assert "updated" not in line(corrected)
    undated = replace(story, item=replace(story.item, published_at=None))
    assert line(undated).startswith("updated 20 September 2024")
    assert line(replace(story, item=replace(story.item, text=TextKind.TEASER)), from_cache=True).endswith(
        "teaser only, from cache"
    )
    tagged = replace(story, state=State(starred=True, tags=(SafeText("buses"),)))
    assert line(tagged).endswith("full text · #buses")
    assert line(story, iso_dates=True).startswith("2024-09-19")


def test_states_stand_beside_the_source_and_never_take_a_line_of_their_own() -> None:
    kept = replace(a_story(), state=State(starred=True, later=True))
    assert typeset.states(kept, 40, Manner()) == " · starred · read later"
    assert typeset.states(kept, 10, Manner()) == " ★ ◷"
    assert typeset.states(kept, 10, Manner(glyphs=typeset.ASCII)) == " * @"
    assert typeset.states(kept, 2, Manner()) == ""
    assert typeset.states(a_story(), 40, Manner()) == ""


def test_a_dateline_that_is_too_long_is_written_shorter_and_breaks_after_a_dot() -> None:
    story = a_story(updated_at=datetime(2024, 9, 20, 9, tzinfo=UTC))
    assert head_of(story, 50).split("\n")[1] == "19 Sep 2024 · updated 20 Sep · 1 min · full text"
    assert head_of(story, 40).split("\n")[1:3] == ["19 Sep 2024 · updated 20 Sep · 1 min ·", "full text"]


def test_a_headline_is_balanced_and_at_most_three_lines_and_the_rest_is_told_below() -> None:
    story = a_story(title="Councils win power to set their own bus fares, forty years after they lost it")
    assert "Councils win power to set their own\nbus fares, forty years after they lost it"[:30] in head_of(story, 50)
    long = a_story(title="A very long headline " * 20, summary="A dek that goes on and on " * 20)
    page = Page(long, 40)
    head = [line.text for line in page.part(0)]
    assert sum("headline" in line for line in head) == 3
    assert sum("on and on" in line or "A dek" in line for line in head) <= 4
    assert head[5].endswith("…")
    text = " ".join(to_text(long, 40).split())
    assert " ".join(("A very long headline " * 20).split()) in text
    assert " ".join(("A dek that goes on and on " * 20).split()) in text


def test_a_dek_that_the_body_repeats_is_not_shown_twice() -> None:
    body = "The transport bill passed its third reading on Thursday. It was late.\n\nMore."
    assert head_of(a_story(body, summary="The transport bill passed its third reading…")).count("transport") == 0
    assert (
        head_of(a_story(f"![p](https://x.example/)\n\n{body}", summary="The transport bill passed")).count("transport")
        == 0
    )
    assert head_of(a_story(body, summary="Something else.")).count("Something else.") == 1


def test_the_byline_speaks_the_story_s_language() -> None:
    assert typeset.byline(a_story(authors=SafeText("Ann"))) == "By Ann"
    assert typeset.byline(a_story(authors=SafeText("By Ann"))) == "By Ann"
    assert typeset.byline(a_story(authors=SafeText("Ana"), language=SafeText("pt-br"))) == "Ana"


@pytest.mark.parametrize(
    ("sources", "says"),
    [
        ("", ""),
        ("Gazette", "Also in Gazette"),
        ("Gazette Gazette", "Also in Gazette"),
        ("Gazette Courier", "Also in Gazette and Courier"),
        ("Gazette Courier Herald", "Also in Gazette, Courier and Herald"),
        ("Gazette Courier Herald Echo", "Also in Gazette, Courier and 2 others"),
    ],
)
def test_a_story_says_where_else_it_was_told(sources: str, says: str) -> None:
    tellings = tuple(Telling(n, SafeText(source)) for n, source in enumerate(sources.split()))
    for authors in ("", "Ann"):
        story = replace(a_story(authors=SafeText(authors)), also_in=tellings)
        assert [line for line in head_of(story).split("\n") if line.startswith("Also")] == ([says] if says else [])


def test_a_lead_picture_is_named_once() -> None:
    picture = Picture(SafeUrl("https://x.example/lead.jpg"), caption=SafeText("The lead"))
    assert "▪ Picture: The lead" in head_of(a_story(picture=picture))
    assert "Picture" not in head_of(a_story("![a](https://x.example/lead.jpg)", picture=picture))


CELL = (8, 16)
LEAD = Picture(SafeUrl("https://x.example/lead.jpg"), SafeText("The lead"), width=320, height=160)
FIGURE = '![What it shows](https://x.example/in.jpg "The caption")'


def plates(**sizes: tuple[int, int] | None) -> Plates:
    """Pictures by the last part of their address; of others nothing is known."""
    known = {f"https://x.example/{name}.jpg": size for name, size in sizes.items()}
    return Plates(lambda url: known.get(url, (0, 0)), 12, CELL, 8)


def heights(page: Page, url: str) -> set[int]:
    """The rows that are kept for a picture."""
    lines = [line for part in range(page.parts) for line in page.part(part)]
    return {line.plate.plate.rows for line in lines if line.plate and line.plate.plate.url == url}


@pytest.mark.parametrize(
    ("size", "declared", "cells_kept"),
    [
        ((320, 160), (0, 0), (40, 10)),
        ((0, 0), (320, 160), (40, 10)),
        ((0, 0), (0, 0), (36, 12)),  # 3 : 2, as high as may be
        ((1600, 400), (0, 0), (50, 6)),  # as wide as there is room
        ((10, 4000), (0, 0), (1, 12)),
        ((4000, 10), (0, 0), (50, 1)),
        ((24, 24), (0, 0), (3, 2)),  # not larger than it is
    ],
)
def test_cells_are_kept_by_the_true_size_then_the_declared_then_a_usual_one(
    size: tuple[int, int], declared: tuple[int, int], cells_kept: tuple[int, int]
) -> None:
    assert plates(a=size).plate(SafeUrl("https://x.example/a.jpg"), 50, declared)[1:] == cells_kept


def test_no_cells_for_what_is_not_shown() -> None:
    url = SafeUrl("https://x.example/a.jpg")
    assert plates(a=None).plate(url, 50) is None
    assert plates().plate(url, 5) is None
    assert plates().plate(url, 50, (1, 1)) is None


def test_a_picture_stands_over_its_caption_and_both_lead_to_it() -> None:
    body = f"Before.\n\n{FIGURE}\n\n> ![Quoted](https://x.example/quoted.jpg)\n\nAfter [all](https://x.example/)."
    page = Page(a_story(body, picture=LEAD), 40, Manner(numbers=True, plates=plates(quoted=(320, 160))))
    lines = [(line.text, line.plate) for part in range(page.parts) for line in page.part(part)]
    rows = [plate for _, plate in lines if plate]
    assert [plate.row for plate in rows] == [*range(10), *range(12), *range(10)]
    assert [text for text, plate in lines if plate and text] == ["│ "] * 10
    texts = [text for text, _ in lines]
    assert texts[texts.index("The lead[1]") - 1] == ""
    assert "The caption (What it shows)[2]" in texts
    assert "│ Quoted[3]" in texts
    assert "After all[4]." in texts
    assert not [text for text in texts if "Picture:" in text]
    found = [(part, line.plate) for part in range(page.parts) for line in page.part(part) if line.plate]
    links = page.links()
    pictured = [page.target(part, row.link) for part, row in found if not row.row]
    assert pictured == [(link.url, link.text) for link in links[:3]]


def test_a_picture_without_a_caption_and_one_in_text_output() -> None:
    story = a_story("![](https://x.example/a.jpg)")
    lines = Page(story, 40, Manner(plates=plates(a=(320, 160)))).part(1)
    assert [line.text for line in lines] == [""] * 10
    assert "▪ Picture" in to_text(story, 40)


def test_cells_change_only_where_nobody_looks() -> None:
    known: dict[str, tuple[int, int]] = {}
    asking = Plates(lambda url: known.get(url, (0, 0)), 12, CELL, 8)
    url = "https://x.example/in.jpg"
    page = Page(a_story(f"Before.\n\n{FIGURE}\n\nAfter."), 40, Manner(plates=asking))
    assert heights(page, url) == {12}
    place = page.place_of(Position(3, 0))
    known[url] = (320, 160)
    assert not page.refit({2})
    page.renew(replace(page.story, state=State(starred=True)))
    assert heights(page, url) == {12}
    assert page.refit()
    assert heights(page, url) == {10}
    assert page.place_of(Position(3, 0)) == place
    assert not page.refit()


def test_the_tail_says_where_the_rest_is() -> None:
    teaser = a_story("Beginning.", text=TextKind.TEASER)
    assert "This is all that the feed gives. The whole story is at" in " ".join(to_text(teaser, 200).split())
    page = Page(teaser, 60)
    assert [(link.url, link.text) for link in page.links()] == [("https://gazette.example/a", "gazette.example")]
    assert "The feed gives no text." in to_text(a_story("", text=TextKind.NONE, url=SafeUrl("")), 60)
    recording = Enclosure(SafeUrl("https://x.example/a.mp3"), SafeText("audio/mpeg"), 12_300_000)
    assert "Recording: audio/mpeg, 12.3 MB, at x.example" in to_text(a_story(enclosures=(recording,)), 70)


# The page


LONG = "\n\n".join(
    f"Paragraph {n} has **some** words, and a [link {n}](https://x.example/{n}), " + "and more words " * (n % 17) + "."
    for n in range(120)
)


def all_lines(page: Page) -> list[tuple[Place, Line]]:
    return page.view(TOP, 1_000_000)


def test_moving_line_by_line_meets_every_line_once() -> None:
    page, fresh = Page(a_story(LONG), 44), Page(a_story(LONG), 44)
    wanted = [place for place, _ in all_lines(page)]
    place, met = TOP, [TOP]
    while (following := fresh.move(place, 1)) != place:
        place = following
        met.append(place)
    assert met == wanted
    assert page.height == len(wanted)
    assert fresh.move(place, -len(wanted)) == TOP


def test_only_what_is_looked_at_is_set() -> None:
    page = Page(a_story(LONG), 44)
    page.view(TOP, 30)
    assert len(page._lines) < 20
    page.last_view(30)
    assert len(page._lines) < 40


def test_what_becomes_known_above_does_not_move_what_is_looked_at() -> None:
    page = Page(a_story(LONG), 44)
    there = page.place_of(Position(60, 0))
    before = page.view(there, 30)
    page.move(there, -200)
    assert page.view(there, 30) == before
    assert page.move(page.move(there, -37), 37) == there


def test_setting_lines_changes_no_number_at_or_above_the_first() -> None:
    page = Page(a_story(LONG), 44)
    first = page.height // 2
    place = page.place_at(first)
    number = page.line_at(place)
    page.lines(first, 40)
    assert page.line_at(place) == number


def test_line_numbers_and_positions_agree_once_all_is_set() -> None:
    page = Page(a_story(LONG), 44)
    lines = all_lines(page)
    for number in range(0, len(lines), 7):
        place, line = lines[number]
        assert page.line_at(place) == number
        assert page.place_at(number) == place
        assert page.lines(number, 1) == [line]
        if line.spans:
            assert page.line_at(page.place_of(page.position_of(place))) == number


@pytest.mark.parametrize("width", [20, 37, 70, 100])
def test_a_position_is_found_again_at_any_width(width: int) -> None:
    page = Page(a_story(LONG), 44)
    for position in (Position(), Position(1, 0), Position(16, 120), Position(50, 40), Position(120, 0)):
        word = page.text(position.block)[position.character : position.character + 5]
        page.set_to(width, Manner())
        place = page.place_of(position)
        (_, line) = page.view(place, 1)[0]
        assert line.start <= position.character
        assert word.split()[0] in line.text
        assert page.place_of(page.position_of(place)) == place


def test_a_position_beyond_the_end_is_the_last_part() -> None:
    page = Page(a_story("One.\n\nTwo."), 44)
    assert page.place_of(Position(99, 5)).part == page.parts - 1
    assert page.place_of(Position(1, 10_000)) == Place(1, 0)


def test_the_end() -> None:
    page = Page(a_story(LONG), 44)
    assert not page.is_end(TOP, 30)
    last = page.last_view(30)
    assert page.is_end(last, 30)
    assert not page.is_end(page.move(last, -1), 30)
    assert len(page.view(last, 100)) == 30
    assert page.view(last, 30)[-1][1].spans
    short = Page(a_story("Short."), 44)
    assert short.is_end(TOP, 30)
    assert short.last_view(30) == TOP


def test_a_crosshead_stands_on_its_text_and_notes_on_each_other() -> None:
    page = Page(a_story("One.\n\n## Two\n\nThree.\n\n[^1]: n\n\n[^2]: m"), 20)
    body = [line.text for _, line in all_lines(page)][len(page.part(0)) :]
    assert body == ["One.", "", "Two", "Three.", "", "────────────", "¹ n", "² m"]


def test_links_are_numbered_through_the_story() -> None:
    picture = Picture(SafeUrl("https://x.example/lead.jpg"))
    story = a_story(LONG, picture=picture, text=TextKind.TEASER)
    page = Page(story, 60, Manner(numbers=True))
    links = page.links()
    assert [link.number for link in links] == list(range(1, 123))
    assert links[1].text == "link 0"
    assert links[-1].url == "https://gazette.example/a"
    text = "\n".join(line.text for _, line in all_lines(page))
    assert "link 7[9]" in text
    assert f"{TIED}gazette.example[122]" in text
    assert page.target(8, 1) == (links[8].url, links[8].text)
    assert page.target(8, 2) is None


def test_find_minds_neither_case_nor_accents_nor_kinds_of_quotes() -> None:
    story = a_story("Der ÄRGER mit “Café” — STRASSE.\n\nEin ärger: Straße, ﬁnal.", title="Arger")
    page = Page(story, 40)

    def found(query: str) -> list[tuple[int, str]]:
        return [(match.part, page.text(match.part)[match.start : match.end]) for match in page.find(query)]

    assert found("arger") == [(0, "Arger"), (1, "ÄRGER"), (2, "ärger")]
    assert found('"cafe"') == [(1, "“Café”")]
    assert found("strasse") == [(1, "STRASSE"), (2, "Straße")]
    assert found("fin") == [(2, "ﬁn")]
    assert found('mit  "cafe" - str') == [(1, "mit “Café” — STR")]
    assert found("  ") == []
    assert found("nowhere") == []


def test_a_newer_version_of_the_same_text_keeps_what_is_set() -> None:
    story = a_story(LONG)
    page = Page(story, 44)
    all_lines(page)
    known = len(page._lines)
    assert page.renew(replace(story, state=State(starred=True)))
    assert len(page._lines) >= known - 2
    assert "starred" in "".join(line.text for line in page.part(0))
    changed = replace(story, article=Article(markdown=SafeText("Another text.")))
    assert not page.renew(changed)


@given(st.text(alphabet="ab #>-*_`~|[](!).1\n", max_size=300), st.integers(1, 50))
@settings(max_examples=150, deadline=None)
def test_any_text_is_set_at_any_width(text: str, width: int) -> None:
    page = Page(a_story(text), width)
    lines = all_lines(page)
    assert page.height == len(lines)
    if width >= 8:
        assert all(cells(line.text) <= width for _, line in lines)
    last = page.last_view(10)
    assert page.is_end(last, 10)


def test_text_output_is_the_page_without_blanks_at_its_lines_ends() -> None:
    text = to_text(a_story(TABLE, authors=SafeText("Ann Other")), 60)
    assert not any(line.endswith(" ") for line in text.split("\n"))
    assert text.endswith("\n\nhttps://gazette.example/a\n")


def test_split_is_not_asked_twice_for_what_is_known() -> None:
    assert Page(a_story(LONG), 40).chunks == split(LONG)
