"""Where a query's words stand in a text, and which passage shows them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reader.highlight import PASSAGE, matches, snippet
from reader.model import Headline, State, Story
from reader.query import parse
from reader.text import EMPTY, SafeText
from tests.storing import NOW, an_item


def marked(query: str, text: str, column: str = "") -> str:
    """The text with its matches in brackets."""
    for first, last in reversed(matches(parse(query), text, column)):
        text = f"{text[:first]}[{text[first:last]}]{text[last:]}"
    return text


@pytest.mark.parametrize(
    ("query", "text", "shown"),
    [
        ("bridge", "A Bridge, two bridges", "A [Bridge], two bridges"),
        (
            "bri*",
            "A Bridge, two bridges",
            "A [Bridge], two [bridges]".replace("[Bridge]", "[Bri]dge").replace("[bridges]", "[bri]dges"),
        ),
        (
            '"harbour bridge"',
            "Harbour-bridge; harbour, bridge; harbour a bridge",
            "[Harbour-bridge]; [harbour, bridge]; harbour a bridge",
        ),
        ("ferry OR port -boat", "ferry port boat", "[ferry] [port] boat"),
        ("title:ferry bridge", "ferry bridge", "[ferry] [bridge]"),
        ("is:unread since:2w", "is unread", "is unread"),
        ("brucke", "Die größte Brücke", "Die größte [Brücke]"),
        ("BRÜCKE", "Bru\u0308cke bricht", "[Bru\u0308cke] bricht"),
        ("新聞", "日本語の新聞は朝に", "日本語の[新聞]は朝に"),
        ("abc", "ＡＢＣ abcd", "[ＡＢＣ] abcd"),
        ("محمد", "قال مُحَمَّد إن", "قال [مُحَمَّد] إن"),
        ("हिन्दी", "हिन्दी समाचार", "[हिन्दी] समाचार"),
        ("신문", "대한민국의 신문을", "대한민국의 [신문]을"),
        ("snake", "snake_case", "[snake]_case"),
        ("か", "がか", "が[か]"),
        ("don't", "We don’t", "We [don’t]"),
    ],
)
def test_what_a_query_marks(query: str, text: str, shown: str) -> None:
    assert marked(query, text) == shown


def test_words_of_a_field_mark_in_that_field_only() -> None:
    assert marked("title:ferry bridge", "ferry bridge", "title") == "[ferry] [bridge]"
    assert marked("title:ferry bridge", "ferry bridge", "text") == "ferry [bridge]"
    assert marked("by:byron", "Ada Byron", "authors") == "Ada [Byron]"


def story(markdown: str, title: str = "The harbour") -> tuple[Headline, Story]:
    item = replace(an_item(1, title=title, markdown=markdown), summary=SafeText("A dek"))
    headline = Headline(1, 1, SafeText("Gazette"), SafeText("News"), item.title, SafeText("A dek"), NOW)
    return headline, Story(1, 1, EMPTY, EMPTY, item, None, State(), NOW, NOW, 0)


def test_the_passage_has_the_first_match_and_whole_words_around_it() -> None:
    text = (
        f"Nothing here.\n\n{'before ' * 30}the [old **ferry**](https://ferry.example/) {'after ' * 30}ferry\n\nA ferry."
    )
    found = snippet(parse("ferry harbour"), *story(text))
    assert [found.text[first:last] for first, last in found.matches] == ["ferry"]
    assert found.text.startswith("…before before")
    assert "the old ferry after" in found.text
    assert found.text.endswith("after…")
    assert len(found.text) <= PASSAGE + 2
    assert [story("")[0].title[first:last] for first, last in found.title] == ["harbour"]


def test_the_row_of_a_table_is_told_cell_by_cell() -> None:
    found = snippet(
        parse("fare"), *story("Fares.\n\n| Route | **Fare** in winter |  |\n| --- | --- | --- |\n| North | 2 | |")
    )
    assert found.text == "Route · Fare in winter"
    assert [found.text[first:last] for first, last in found.matches] == ["Fare"]


def test_a_story_whose_words_are_elsewhere_shows_its_beginning() -> None:
    found = snippet(parse("title:harbour is:unread"), *story("A text with a harbour"))
    assert (found.text, found.matches, found.title) == ("A dek", (), ((4, 11),))


@pytest.mark.parametrize("text", ["x" * 400, "字" * 400, "a " * 300])
def test_a_passage_without_spaces_is_cut_too(text: str) -> None:
    whole = f"{text} ferry {text}"
    found = snippet(parse("ferry"), *story(whole))
    assert [found.text[first:last] for first, last in found.matches] == ["ferry"]
    assert len(found.text) <= PASSAGE + 2
