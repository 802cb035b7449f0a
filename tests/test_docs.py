"""What the documents say is so."""

import re
from pathlib import Path

import pytest

from reader.app import keymap
from reader.app.keymap.presets import PRESETS
from reader.cli.arguments import parser
from reader.settings import Folders, Keys, Settings, parse

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
KEYS = (ROOT / "docs" / "keys.md").read_text("utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def block(language: str, having: str) -> str:
    """The first fenced block of the README in that language that has those words."""
    return next(text for text in re.findall(rf"```{language}\n(.*?)```", README, re.S) if having in text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_the_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8")):
        if not target.startswith("screenshots/"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_and_tests_that_are_named_exist(page):
    for path in re.findall(r"\b((?:reader|tests|tools)/[\w/]+\.(?:py|md|toml))\b", page.read_text("utf-8")):
        assert (ROOT / path).exists(), path
    for name in re.findall(r"`(test_\w+\.py)`", page.read_text("utf-8")):
        assert list((ROOT / "tests").glob(f"**/{name}")), name
    named = set(re.findall(r"`(test_\w+)`", page.read_text("utf-8")))
    if named:
        written = {
            name
            for path in ROOT.glob("tests/**/test_*.py")
            for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
        }
        assert named <= written, named - written


def test_the_keys_are_those_of_the_keymap():
    bound = {keymap.shown_key(keymap.spelled(key)) for command in keymap.COMMANDS for key in command.keys.split(",")}
    table = README.partition("| keys | what they do |")[2].partition("\n## ")[0]
    named = [
        key
        for row in table.replace(r"\|", "|").splitlines()
        if row.startswith("| `")
        for key in re.findall(r"`([^`]+)`", row.split(" | ")[0])
    ]
    assert len(named) > 50
    assert [key for key in named if key not in bound] == []


def table(page: str, head: str) -> list[list[str]]:
    """The cells of a page's table below its head."""
    rows = page.partition(head)[2].partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in rows if row.startswith("| ")]


def cell(keys: keymap.Keymap, *ids: str) -> str:
    return "; ".join(
        " ".join(f"`{keymap.shown_key(key)}`".replace("|", r"\|") for key in keys.keys[one]) for one in ids
    )


def test_our_column_beside_the_peers_is_true():
    ours = keymap.build(Keys())
    rows = [line for line in KEYS.splitlines() if line.startswith("| ") and line.count(" | ") == 8][1:]
    assert len(rows) > 25
    for row in rows:
        what, told, *_, ids = row.strip("| ").split(" | ")
        assert told == cell(ours, *re.findall(r"`([\w.]+)`", ids)), what


def test_the_presets_are_told_as_they_are():
    keymaps = [keymap.build(Keys(preset=name)) for name in ("default", *PRESETS)]
    rows = table(KEYS, "| command | default | newsboat | emacs |")
    assert rows == [
        [f"`{command.id}`", *(cell(keys, command.id) for keys in keymaps)]
        for command in keymap.COMMANDS
        if any(command.id in changes for changes in PRESETS.values())
    ]


def test_every_command_is_named_and_every_example_is_understood():
    examples = [line.partition(" #")[0] for line in README.splitlines() if line.startswith("broadsheet ")]
    named = set()
    for example in examples:
        words = [part.strip("'\"") for part in re.findall(r"""'[^']*'|"[^"]*"|\S+""", example)]
        named.add(parser().parse_args(words[1:]).command)
    commands = next(action for action in parser()._actions if action.dest == "command")
    assert named == set(commands.choices)


def test_the_config_of_the_readme_is_right(tmp_path):
    settings = parse(block("toml", "[ui]").encode(), "config.toml", Settings(Folders(tmp_path, tmp_path, tmp_path)))
    assert settings.ui.theme == "newsprint"
    assert settings.searches[0].name == "Tides"
    keymap.build(settings.keys, settings.commands)
    server = parse(block("toml", "[sync]").encode(), "config.toml", settings).sync
    assert (server.user, server.password_command[0]) == ("ann", "pass")


def test_the_commands_that_are_shown_are_right(tmp_path):
    config = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "commands.md").read_text("utf-8"), re.S)[0]
    settings = parse(config.encode(), "config.toml", Settings(Folders(tmp_path, tmp_path, tmp_path)))
    assert keymap.build(settings.keys, settings.commands).shown("send.save-to-linkding") == "W"
