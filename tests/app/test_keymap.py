"""The table of keys, and what readers write into the config."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from rich.cells import cell_len
from textual.actions import parse
from textual.dom import DOMNode
from textual.keys import _character_to_key

from reader.app import keymap
from reader.app.app import ReaderApp
from reader.app.desks import Desk
from reader.app.keymap.building import clashes
from reader.app.keymap.commands import COUNTED
from reader.app.keymap.gathering import Gatherer
from reader.app.keymap.presets import PRESETS
from reader.app.listing import LATEST
from reader.app.screens.first_start import FirstStart
from reader.app.screens.front_page import FrontPage
from reader.app.screens.help import help_lines, set_in_rows
from reader.app.screens.sources import Sources
from reader.app.trail import LONGEST, Stop, Trail
from reader.app.widgets.latest import HeadlineList
from reader.app.widgets.section_list import SectionList
from reader.app.widgets.story_view import StoryView
from reader.app.wording import marks
from reader.errors import ConfigError
from reader.library import Library
from reader.settings import Keys, described
from tests.app.canned import CannedLibrary, settings_in


def test_every_command_has_a_sentence_and_keys() -> None:
    ids = [command.id for command in keymap.COMMANDS]
    assert len(ids) == len(set(ids))
    for command in keymap.COMMANDS:
        assert command.help.endswith(".")
        assert command.label
        assert all(keymap.is_key(part) for key in command.keys.split(",") for part in key.split(" "))
        assert command.id.count(".") == 1


PRESET_NAMES = ("default", *PRESETS)


def test_the_settings_know_every_preset() -> None:
    allowed = {name: says for section, name, _, says in described() if section == "keys"}["preset"]
    assert re.findall(r"\w+", allowed.partition("one of")[2]) == list(PRESET_NAMES)


@pytest.mark.parametrize("name", PRESET_NAMES)
def test_a_preset_has_keys_for_every_command_and_no_clash(name: str) -> None:
    keys = keymap.build(Keys(preset=name))
    assert keys.keys.keys() == keymap.BY_ID.keys()
    assert all(keys.keys.values())
    assert set(PRESETS.get(name, {})) <= keymap.BY_ID.keys()
    for spellings in keys.keys.values():
        assert all(keymap.is_key(part) for key in spellings for part in key.split(" "))
    assert clashes(keys, keymap.BY_ID) == []
    assert keys.prefixes.isdisjoint(key for spellings in keys.keys.values() for key in spellings)


@pytest.mark.parametrize("name", PRESET_NAMES)
@pytest.mark.parametrize("kind", [FrontPage, Sources, FirstStart, ReaderApp, StoryView, HeadlineList, SectionList])
def test_textual_binds_a_preset_as_we_do(name: str, kind: type[DOMNode]) -> None:
    keys = keymap.build(Keys(preset=name))
    bound = kind._merge_bindings()
    ids = {binding.id for key in bound.key_to_bindings.values() for binding in key} & keymap.BY_ID.keys()
    bound.apply_keymap(dict(keys.changed))
    for command_id in ids:
        assert all(bound.key_to_bindings[key][0].id == command_id for key in keys.keys[command_id])
    left = {key for key, those in bound.key_to_bindings.items() if those[0].id in ids}
    assert left == {key for command_id in ids for key in keys.keys[command_id]}


def test_a_reader_rebinds_over_a_preset() -> None:
    keys = keymap.build(Keys(preset="newsboat", bindings={"story.toggle_read": "m"}))
    assert keys.keys["story.toggle_read"] == ("m",)
    assert keys.keys["story.previous_unread"] == ("p",)
    with pytest.raises(ConfigError, match="N is taken by"):
        keymap.build(Keys(preset="newsboat", bindings={"story.star": "N"}))


@pytest.mark.parametrize("character", [chr(code) for code in range(33, 127)])
def test_characters_are_spelled_as_textual_does(character: str) -> None:
    assert keymap.spelled(character) == _character_to_key(character)


def test_sequences_and_their_prefixes() -> None:
    keys = keymap.build(Keys())
    assert keys.prefixes == {"g", "M"}
    assert {"g l", "g g"} < keys.sequences
    assert keys.shown("go.latest") == "g l"
    assert keys.shown("story.page_on") == "Space"
    assert keys.shown("app.palette") == ":"


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
        ({"sources.edit": "g"}, "hide each other"),
        ({"sections.open": "j"}, "j is taken by list.down"),
        ({"story.star": "* x"}, ""),
        ({"link.1": "1"}, ""),
        ({"pane.open": "enter,l"}, ""),
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


# The help


@pytest.mark.parametrize("name", PRESET_NAMES)
@pytest.mark.parametrize("width", [40, 56, 106])
def test_the_help_tells_every_key_of_a_preset_and_cuts_nothing(name: str, width: int) -> None:
    keys = keymap.build(Keys(preset=name))
    lines = help_lines(keys, marks(ascii_only=False))
    rows = set_in_rows(lines, width)
    beside = max(cell_len(row.keys) for row in rows) + 2
    assert all(beside + cell_len(row.text) + cell_len(row.id) <= width for row in rows if not row.heading)
    told = " ".join(row.keys for row in rows).split()
    said = " ".join(f"{row.text} {row.id}" for row in rows).split()
    assert not any("…" in word for word in [*told, *said])
    for command in keymap.COMMANDS:
        if not command.id[-1].isdigit():
            assert command.id in said
            assert all(part in told for key in keys.keys[command.id] for part in keymap.shown_key(key).split(" "))
    assert " ".join(command.help for command in keymap.in_place("app")) in " ".join(
        word for word in said if word not in keymap.BY_ID
    )


def test_the_help_speaks_of_the_keys_in_force() -> None:
    lines = help_lines(keymap.build(Keys(preset="emacs")), marks(ascii_only=False), "opens it to the")
    assert [line.text for line in lines if line.text.startswith("a section")] == [
        "a section; Ctrl+f opens it to the sections and sources in it"
    ]
    assert help_lines(keymap.build(Keys()), dict.fromkeys(marks(ascii_only=True), "x"), "no such thing")[0].text


# What is pressed before a command is complete

WORDS = {"5j": [("j", 5)], "10G": [("G", 10)], "12gg": [("g g", 12)], "3J": [("J", 3)], "j": [("j", None)]}
MADE = {
    **WORDS,
    "gl": [("g l", None)],
    "gx": [],
    "5gx": [],
    "2s": [("2", None), ("s", None)],
    "2gl": [("2", None), ("g l", None)],
    "12s": [("1", 12), ("s", None)],
    "0": [("0", None)],
    "20j": [("j", 20)],
    "9999999j": [("j", 999999)],
    "5gj": [],
    "5^": [],
    "g^j": [("j", None)],
    "5": [],
    "5g": [],
}


def gathered(typed: str, gatherer: Gatherer) -> list[tuple[str, int | None]]:
    keys = {key: keymap.BY_ID[name] for name, those in keymap.build(Keys()).keys.items() for key in those}
    presses = []
    for character in typed:
        presses += gatherer.press("escape" if character == "^" else character, keys.get)
    return [(press.key, press.number) for press in presses]


@pytest.mark.parametrize("typed", MADE)
def test_numbers_and_sequences(typed: str) -> None:
    gatherer = Gatherer(keymap.build(Keys()))
    assert gathered(typed, gatherer) == MADE[typed]
    assert gatherer.pending == {"5": "5", "5g": "5 g"}.get(typed, "")


def test_a_number_that_waited_stands_for_itself() -> None:
    gatherer = Gatherer(keymap.build(Keys()))
    for typed, means in (("5", [("5", None)]), ("12", [("1", 12)]), ("g", []), ("l2", [("2", None)])):
        gathered(typed, gatherer)
        assert [(press.key, press.number) for press in gatherer.lapse()] == means
    assert gatherer.pending == ""
    without = Gatherer(keymap.build(Keys(counts=False)))
    assert gathered("5j", without) == [("5", None), ("j", None)]


def test_what_takes_a_number_is_an_action_that_can_be_called() -> None:
    for command_id in COUNTED:
        action = keymap.BY_ID[command_id].counted(7)
        assert "7" in action
        assert parse(action)


def test_the_trail_is_that_of_a_browser() -> None:
    trail = Trail()
    assert (trail.here, trail.travel(-1)) == (None, None)
    for number in (1, 2, 2, 3):
        trail.visit(Stop(number, LATEST))
    assert [trail.travel(step) for step in (-1, -1, -1)] == [Stop(2, LATEST), Stop(1, LATEST), None]
    assert trail.travel(1) == Stop(2, LATEST)
    trail.visit(Stop(9, LATEST))
    assert trail.travel(1) is None
    assert trail.travel(-1) == Stop(2, LATEST)
    for number in range(LONGEST + 20):
        trail.visit(Stop(number + 100, LATEST))
    assert [trail.travel(1 - LONGEST), trail.travel(-1)] == [Stop(120, LATEST), None]
