"""What is alike for whoever looks for words, and where it stands."""

from __future__ import annotations

import pytest

from reader.folding import fold, found_in


@pytest.mark.parametrize(
    ("text", "sought", "ranges"),
    [
        ("Ångström, ANGSTROM", "angstrom", [(0, 8), (10, 18)]),
        ("ﬁre", "fire", [(0, 3)]),
        ("Die STRASSE, die Straße", "straße", [(4, 11), (17, 23)]),
        ("Bru\u0308cke", "bru", [(0, 4)]),
        ("محمـــد", "محمد", [(0, 7)]),
        ("が", "か", []),
        ("각", "가", []),
        ("대각의", "각", [(1, 2)]),
        ("กำลัง", "กำลัง", [(0, 5)]),
        ("bus", "", []),
        ("bus", "tide", []),
    ],
)
def test_words_are_sought_whatever_their_case_and_accents(text: str, sought: str, ranges: list[object]) -> None:
    assert list(found_in(text, fold(sought)[0])) == ranges
