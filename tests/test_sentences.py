"""Sentences for reading aloud, in several languages."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.model import Position
from reader.typeset import Page
from reader.typeset.sentences import LONGEST, sentences, spoken
from tests.test_typeset import a_story


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["Mr. Smith met Dr. J. Doe at 3.5 p.m. on Monday.", "“Stop!” he said.", "“Why?”", "Nobody knew… why."]),
        ("en", ["See e.g. the U.S. Army, vol. 3 of it.", "No. 5 is right.", "No.", "So did I.", "(It ended.)"]),
        ("de", ["Am 3. Mai kam er z. B. nach Köln.", "Es war spät!", "»Komm«, sagte er.", "»Nein.«", "Dann ging er."]),
        ("en", ["There were 3.", "Then they left."]),
        ("fr", ["Il a dit : « Bonjour ! »", "Puis il est parti.", "M. Dupont, lui, est resté."]),
        ("es", ["¿Qué pasó?", "Nadie lo sabe.", "¡Vaya!", "La Sra. Ruiz, tampoco."]),
        ("el", ["Τι έγινε;", "Κανείς δεν ξέρει."]),
        ("ru", ["Это было в 1990 г. Москва.", "Он ушёл.", "«Да», — сказал он."]),
        ("ar", ["هل عادت الحافلات؟", "نعم.", "عادت اليوم."]),
        ("hi", ["बसें लौट आईं।", "सब खुश हैं।"]),
        ("", ["One line", "and another"]),
    ],
)  # fmt: skip
def test_where_sentences_end(language: str, told: list[str]) -> None:
    text = ("\n" if told[0] == "One line" else " ").join(told)
    assert [text[start:end] for start, end in spoken(text, language)] == told


@pytest.mark.parametrize(
    "told",
    [
        ["市は発表した。", "「明日です。」と市長は言った。", "バスは？", "戻る！"],
        ["市政府宣布。", "公交车将恢复！", "真的吗？"],
    ],
)
def test_where_sentences_end_without_blanks(told: list[str]) -> None:
    text = "".join(told)
    assert [text[start:end] for start, end in spoken(text)] == told


@given(st.text(alphabet='aB1 .!?…。」"»\n一', max_size=900), st.sampled_from(["", "de", "en"]))
@settings(max_examples=150, deadline=None)
def test_sentences_follow_each_other_and_leave_no_word_out(text: str, language: str) -> None:
    spans = list(spoken(text, language))
    assert all(0 < end - start <= LONGEST for start, end in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    said = "".join(text[start:end] for start, end in spans)
    assert [c for c in said if c.isalnum()] == [c for c in text if c.isalnum()]


def test_a_story_is_read_from_a_place_on_without_its_code() -> None:
    page = Page(a_story("First. Second one.\n\n```\ncode = 1\n```\n\n- Third.\n- Fourth.", title="Head"), 40)
    told = [page.text(at.part)[at.start : at.end] for at in sentences(page)]
    assert told[2:] == ["Head", "First.", "Second one.", "Third.", "Fourth."]
    later = [page.text(at.part)[at.start : at.end] for at in sentences(page, Position(1, 8))]
    assert later == ["Second one.", "Third.", "Fourth."]


def test_no_more_of_a_story_is_read_than_was_asked_for() -> None:
    page = Page(a_story("\n\n".join(f"Paragraph *{n}*. And more." for n in range(500))), 40)
    reading = sentences(page, Position(1, 0))
    assert next(reading).part == 1
    assert len(page._blocks) < 10
