"""What a publisher changed, word for word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader import compare as module
from reader.compare import Fate, Passage, Version, compare
from reader.text import EMPTY, SafeText

BILL = "The bill passed on Tuesday after nine hours of debate."


def text(markdown: str) -> Version:
    return Version(SafeText("A headline"), EMPTY, SafeText(markdown))


def told(passage: Passage) -> str:
    """As the screen brackets it."""
    marks = {Fate.STAYED: "{}", Fate.WENT: "[-{}-]", Fate.CAME: "[+{}+]"}
    return "".join(marks[piece.fate].format(piece.text) for piece in passage.pieces)


def changes(before: str, after: str) -> list[str]:
    return [told(passage) for passage in compare(text(before), text(after)) if passage.role == "text"]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (BILL, BILL, [BILL]),
        (
            BILL,
            BILL.replace("Tuesday", "Wednesday"),
            ["The bill passed on [-Tuesday-][+Wednesday+] after nine hours of debate."],
        ),
        # Neighbouring words are one phrase; a blank between them is no reason to tell them apart.
        ("It cost nine million now.", "It cost ten billion now.", ["It cost [-nine million-][+ten billion+] now."]),
        (BILL, f"{BILL}\n\nMore came.", [BILL, "[+More came.+]"]),
        (f"Away.\n\n{BILL}", BILL, ["[-Away.-]", BILL]),
        # A paragraph that was rewritten is found again behind one that was put in.
        ("One two three.", "Quite new.\n\nOne two four.", ["[+Quite new.+]", "One two [-three-][+four+]."]),
        ("Nothing alike here.", "Something else now.", ["[-Nothing alike here.-]", "[+Something else now.+]"]),
        ("日本語の文章です。", "日本語の長い文章です。", ["日本語の[+長い+]文章です。"]),
        # What is read counts, and not where a link leads or how a word is set.
        ("See [this](https://a.example/).", "See **[this](https://b.example/)**.", ["See this."]),
        ("", BILL, [f"[+{BILL}+]"]),
    ],
)  # fmt: skip
def test_words_that_went_and_came(before: str, after: str, says: list[str]) -> None:
    assert changes(before, after) == says


def test_headline_and_dek_are_passages_of_their_own() -> None:
    before = Version(SafeText("Councils win power"), EMPTY, SafeText(BILL))
    after = Version(SafeText("Councils win new power"), SafeText("A dek."), SafeText(BILL))
    first, second, third = compare(before, after)
    assert (first.role, told(first), first.fate) == ("headline", "Councils win [+new +]power", None)
    assert (second.role, told(second), second.fate) == ("dek", "[+A dek.+]", Fate.CAME)
    assert (third.role, third.fate) == ("text", Fate.STAYED)


PARAGRAPHS = st.lists(
    st.lists(st.sampled_from(["the", "bill", "passed", "on", ",", "nine", "日", "hours"]), max_size=8), max_size=8
)


@given(PARAGRAPHS, PARAGRAPHS)
def test_both_versions_can_be_read_out_of_the_comparison(before: list[list[str]], after: list[list[str]]) -> None:
    old, new = ("\n\n".join(" ".join(words) for words in version if words) for version in (before, after))
    passages = [passage for passage in compare(text(old), text(new)) if passage.role == "text"]
    for version, gone in ((old, Fate.CAME), (new, Fate.WENT)):
        said = ["".join(piece.text for piece in passage.pieces if piece.fate is not gone) for passage in passages]
        assert [line for line in said if line] == [line for line in version.split("\n\n") if line]


def test_what_is_too_long_is_told_as_gone_and_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WORDS", 6)
    assert changes(BILL, BILL.replace("nine", "ten")) == [f"[-{BILL}-][+{BILL.replace('nine', 'ten')}+]"]
    monkeypatch.setattr(module, "MAX_PARAGRAPHS", 1)
    assert changes("Same.\n\na b\n\nc d", "Same.\n\na e\n\nc f\n\n") == [
        "Same.",
        "[-a b-]",
        "[-c d-]",
        "[+a e+]",
        "[+c f+]",
    ]
