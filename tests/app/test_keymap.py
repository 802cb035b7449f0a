"""The table of keys, and what readers write into the config."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from textual.keys import _character_to_key

from reader.app import keymap
from reader.app.desks import Desk
from reader.app.screens.front_page import FrontPage
from reader.errors import ConfigError
from reader.library import Library
from reader.settings import Keys
from tests.app.canned import CannedLibrary, settings_in


def test_every_command_has_a_sentence_and_keys() -> None:
    ids = [command.id for command in keymap.COMMANDS]
    assert len(ids) == len(set(ids))
    for command in keymap.COMMANDS:
        assert command.help.endswith(".")
        assert command.label
        assert all(keymap.is_key(part) for key in command.keys.split(",") for part in key.split(" "))
        assert command.id.count(".") == 1


@pytest.mark.parametrize("place", keymap.PLACES)
def test_no_key_is_bound_twice_in_a_place(place: keymap.Place) -> None:
    keys = [keymap.spelled(key) for command in keymap.in_place(place) for key in command.keys.split(",")]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("character", [chr(code) for code in range(33, 127)])
def test_characters_are_spelled_as_textual_does(character: str) -> None:
    assert keymap.spelled(character) == _character_to_key(character)


def test_sequences_and_their_prefixes() -> None:
    keys = keymap.build(Keys())
    assert keys.prefixes == {"g", "M"}
    assert {"g l", "g g"} < keys.sequences
    assert keys.shown("go.latest") == "g l"
    assert keys.shown("story.page_on") == "Space"
    assert keys.shown("app.palette", every=True) == ": Ctrl+p"


def test_rebinding() -> None:
    keys = keymap.build(Keys(bindings={"story.star": "*, ctrl+s", "story.later": "s", "go.latest": "g n"}))
    assert keys.keys["story.star"] == ("asterisk", "ctrl+s")
    assert keys.changed == {"story.star": "asterisk,ctrl+s", "story.later": "s", "go.latest": "g n"}


@pytest.mark.parametrize(
    ("bindings", "words"),
    [
        ({"story.str": "x"}, "Did you mean story.star"),
        ({"story.star": "foo"}, "“foo” is no key"),
        ({"story.star": "ctlr+x"}, "“ctlr+x” is no key"),
        ({"story.star": "L"}, "L is taken by story.later"),
        ({"story.star": "ctrl+d"}, "is taken by reading.half_down"),
        ({"story.star": "?"}, "? is taken by app.help"),
        ({"story.star": "g"}, "hide each other"),
        ({"story.star": "s x"}, ""),
        ({"story.star": ""}, "is no key"),
    ],
)
def test_faults_are_told(bindings: dict[str, str], words: str) -> None:
    if not words:
        keymap.build(Keys(bindings=bindings))
        return
    with pytest.raises(ConfigError) as raised:
        keymap.build(Keys(bindings=bindings))
    assert words in str(raised.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as raised:
        keymap.build(Keys(bindings={"no.such": "x", "story.star": "foo"}))
    assert len(str(raised.value).splitlines()) == 2


def test_the_keymap_needs_no_textual() -> None:
    script = "import sys, reader.app.keymap as k; from reader.settings import Keys; k.build(Keys());"
    script += "sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_every_key_of_the_paper_is_a_verb_of_a_desk_or_an_action(tmp_path: Path) -> None:
    library, keys = cast("Library", CannedLibrary()), keymap.build(Keys())
    paper = FrontPage(library, settings_in(tmp_path), keys, lambda: datetime.now(UTC))
    for command in keymap.in_place("paper"):
        verb, _, _ = command.action.partition("(")
        if "." in verb:
            desk, name = verb.split(".")
            assert isinstance(getattr(paper, desk), Desk)
            assert callable(getattr(getattr(paper, desk), name))
        else:
            assert callable(getattr(paper, f"action_{verb}"))
