"""What a step came to, in words."""

from __future__ import annotations

import pytest

from reader.model import Change, Verb
from reader.steps import as_they_are, in_words
from reader.text import EMPTY, SafeText


@pytest.mark.parametrize(
    ("change", "undone", "sentence"),
    [
        (Change(Verb.READ, EMPTY, (1, 2)), True, "Undone: 2 stories are unread again."),
        (Change(Verb.READ, EMPTY, (1, 2)), False, "Done again: 2 stories are read."),
        (Change(Verb.STAR, EMPTY, (1,)), True, "Undone: 1 story is without a star again."),
        (Change(Verb.LATER, EMPTY, (1,)), True, "Undone: 1 story is no longer kept for later."),
        (Change(Verb.TAG, SafeText("bus"), (1,)), True, "Undone: 1 story no longer has the tag bus."),
        (Change(Verb.UNTAG, SafeText("bus"), (1, 2)), True, "Undone: 2 stories have the tag bus again."),
        (Change(Verb.REMOVE, SafeText("The Gazette"), (), 3), True, "Undone: The Gazette is followed again."),
        (Change(Verb.REMOVE, SafeText("The Gazette"), (), 3), False, "Done again: The Gazette is no longer followed."),
    ],
)
def test_an_undo_in_words(change: Change, undone: bool, sentence: str) -> None:
    assert in_words(change, undone=undone) == sentence


def test_every_step_has_words_for_one_and_for_many_and_for_going_back() -> None:
    for verb in Verb:
        for undone in (False, True):
            for ids in ((1,), tuple(range(1_204))):
                said = in_words(Change(verb, SafeText("sea"), ids), undone=undone)
                assert said.endswith(".")
                assert verb is Verb.REMOVE or ("1 story " in said) is (len(ids) == 1), said
                assert verb is Verb.REMOVE or len(ids) == 1 or "1,204 stories" in said
    assert as_they_are(Verb.TAG, 2, "sea") == "2 stories have the tag sea."
