"""Stories for commands of the reader's own: real programs, and what reaches them of a story."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.app import App
from textual.pilot import Pilot

from reader.app import keymap, launcher
from reader.app.screens.help import help_lines
from reader.app.widgets.dialogs import Choice
from reader.app.wording import marks
from reader.errors import ConfigError
from reader.model import State
from reader.settings import Keys, OwnCommand
from reader.text import SafeText, SafeUrl
from tests.app.canned import CannedLibrary, a_story
from tests.app.desk import Start, paper_of, press, screen_text, until
from tests.app.test_launcher import wait_for, write_program

LAST = 60
HOSTILE = "--output=/etc/passwd $(id) `id`; rm -rf ~"


def taker(folder: Path, name: str = "taker") -> tuple[Path, Path]:
    """A program that writes down its arguments, what it was told of the story, and its input; and where."""
    out = folder / f"{name}.out"
    facts = '"$BROADSHEET_ID" "$BROADSHEET_URL" "$BROADSHEET_TITLE" "$BROADSHEET_TAGS"'
    script = f'(printf "%s\\n" "$#" "$@" {facts}; cat) > {out}.part; mv {out}.part {out}'
    return write_program(folder / name, script), out


def own(name: str, *run: object, **more: Any) -> OwnCommand:
    return OwnCommand(name, tuple(map(str, run)), **more)


def toast(pilot: Pilot[Any]) -> str:
    return " ".join(toast.message for toast in pilot.app._notifications)


# What reaches a command


def test_no_word_of_a_story_becomes_an_option_or_a_line_of_a_shell(tmp_path: Path) -> None:
    program, out = taker(tmp_path)
    address = SafeUrl("https://example.org/a?b=$(id)&c='d'")
    story = a_story(7, title=SafeText(HOSTILE), url=address, state=State(tags=(SafeText("-rf"), SafeText("two words"))))
    command = launcher.filled((str(program), "--link={url}", "{url}", "n{id}", "{{url}}", '{"a": 1}'), address, 7)
    assert launcher.pipe(command, "text", launcher.facts(story)) == 0
    arguments = ["5", f"--link={address}", address, "n7", "{{url}}", '{"a": 1}']
    assert out.read_text().splitlines() == [*arguments, "7", address, HOSTILE, "-rf,two words", "text"]


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("url", "https://example.org/story/7\n"),
        ("markdown", "# Headline 7: councils"),
        ("text", "Headline 7: councils"),
        ("html", "<h1>Headline 7: councils"),
    ],
)
def test_a_command_is_given_the_story_as_it_wants_it(form: str, begins: str) -> None:
    given = launcher.given(a_story(7), form)
    assert given is not None
    assert begins in given[:200]


def test_a_command_may_want_the_record_or_nothing() -> None:
    record = json.loads(launcher.given(a_story(7), "json") or "")["story"]
    assert (record["id"], record["url"]) == (7, "https://example.org/story/7")
    assert record["markdown"].startswith("Paragraph 1")
    assert record["html"].startswith("<p>")
    assert launcher.given(a_story(7), "none") is None


async def test_a_failure_has_its_number_and_the_last_line_it_said(tmp_path: Path) -> None:
    program = write_program(
        tmp_path / "fails", 'cat >/dev/null; echo "not this"; printf "a\\n\\033[31mno such host\\n\\n" >&2; exit 6'
    )
    ended = await launcher.begin((str(program),), "text", {})
    assert (ended.code, ended.complaint) == (6, "[31mno such host")
    assert (await launcher.begin(("true",), None, {})).code == 0
    with pytest.raises(launcher.LaunchError, match="could not be started"):
        launcher.begin((str(tmp_path / "none"),), None, {})


# From the paper


async def test_the_commands_that_fit_are_offered_and_one_is_run(
    start: Start, library: CannedLibrary, tmp_path: Path
) -> None:
    program, out = taker(tmp_path)
    commands = (
        own("Not this one", program, wanted="tag:video"),
        own("Save [it]", program, "{url}", input="url"),
        own("Another", "true"),
    )
    async with start(commands=commands) as pilot:
        await press(pilot, "c")
        assert isinstance(pilot.app.screen, Choice)
        assert "Save [it]" in screen_text(pilot)
        assert "Not this one" not in screen_text(pilot)
        await press(pilot, "escape", "c", "j", "k", "enter")
        url = f"https://example.org/story/{LAST}"
        assert wait_for(out).splitlines()[:2] == ["1", url]
        assert out.read_text().splitlines()[-1] == url
        await until(pilot, lambda: paper_of(pilot).status.said == "Save [it]: done.")
        await press(pilot, "c", "2")
        await until(pilot, lambda: paper_of(pilot).status.said == "Another: done.")


async def test_what_there_is_nothing_to_send_to_is_said(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        await press(pilot, "c")
        assert "The config has no [[commands]]" in paper_of(pilot).status.said
    async with start(commands=(own("Films", "true", wanted="tag:video"),)) as pilot:
        await press(pilot, "c")
        assert paper_of(pilot).status.said == "None of your commands is for this story."
    library.stories_by_id[LAST] = a_story(LAST, url=SafeUrl(""))
    async with start(commands=(own("Save", "true", "{url}"),)) as pilot:
        await press(pilot, "c", "enter")
        assert paper_of(pilot).status.said == "This story has no page of its own."


async def test_a_failure_is_one_sentence(start: Start, tmp_path: Path) -> None:
    program = write_program(tmp_path / "fails", "echo 'curl: (22) The server says 401' >&2; exit 22")
    async with start(commands=(own("Save", program), own("Gone", tmp_path / "none"))) as pilot:
        await press(pilot, "c", "1")
        await until(pilot, lambda: "Save failed with 22. curl: (22) The server says 401" in toast(pilot))
        await press(pilot, "c", "2")
        await until(pilot, lambda: "could not be started: No such file or directory." in toast(pilot))


async def test_a_key_of_its_own_and_the_palette_run_it(start: Start, tmp_path: Path) -> None:
    program, out = taker(tmp_path)
    commands = (own("Save to Wallabag", program, "{id}"), own("Films", program, wanted="tag:video"))
    keys = Keys(bindings={"send.save-to-wallabag": "X w", "send.films": "F"})
    async with start(commands=commands, keys=keys) as pilot:
        await press(pilot, "X", "w")
        assert wait_for(out).splitlines()[:2] == ["1", str(LAST)]
        await until(pilot, lambda: paper_of(pilot).status.said == "Save to Wallabag: done.")
        await press(pilot, "F")
        assert paper_of(pilot).status.said == "Films is for other stories: tag:video"
        out.unlink()
        await press(pilot, "colon", *"wallabag")
        await until(pilot, lambda: "send.save-to-wallabag" in screen_text(pilot))
        assert "send.films" not in screen_text(pilot)
        await press(pilot, "down", "enter")
        assert wait_for(out).splitlines()[:2] == ["1", str(LAST)]


async def test_such_stories_are_opened_by_it_and_others_in_the_browser(
    start: Start, library: CannedLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "_system_opener", lambda: ("true",))
    program, out = taker(tmp_path)
    film = replace(a_story(LAST), state=State(tags=(SafeText("video"),)))
    library.stories_by_id[LAST] = film
    commands = (own("Save", "true"), own("Films", program, "{url}", wanted="tag:video", open=True))
    async with start(commands=commands) as pilot:
        paper = paper_of(pilot)
        await press(pilot, "l", "O")
        assert wait_for(out).splitlines()[1] == film.item.url
        assert paper.open_story.id == LAST - 1  # type: ignore[union-attr]
        assert ("mark", (LAST,), {"read": True}) in library.asked
        await press(pilot, "o")
        await until(pilot, lambda: paper.status.said == "Opened example.org in the browser.")


async def test_an_address_that_is_not_what_it_looks_like_is_asked_about_first(
    start: Start, library: CannedLibrary, tmp_path: Path
) -> None:
    library.stories_by_id[LAST] = a_story(LAST, url=SafeUrl("https://xn--pple-43d.example/"))
    program, out = taker(tmp_path)
    async with start(commands=(own("Films", program, "{url}", open=True),)) as pilot:
        await press(pilot, "o")
        await until(pilot, lambda: "Open this address?" in screen_text(pilot))
        await press(pilot, "escape")
        assert not out.exists()
        await press(pilot, "o")
        await until(pilot, lambda: "Open this address?" in screen_text(pilot))
        await press(pilot, "enter")
        assert "xn--pple-43d" in wait_for(out)


async def test_the_terminal_is_lent_where_the_command_wants_it(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import nullcontext

    monkeypatch.setattr(App, "suspend", lambda self: nullcontext())
    waited: list[str] = []
    monkeypatch.setattr(launcher, "wait_for_enter", lambda: waited.append("yes"))
    program, out = taker(tmp_path)
    commands = (
        own("Mail", program, input="markdown", terminal=True),
        own("Print", program, input="text", terminal=True, wait=True),
    )
    async with start(commands=commands) as pilot:
        await press(pilot, "c", "1")
        assert "# Headline 60" in wait_for(out)
        await until(pilot, lambda: paper_of(pilot).status.said == "Mail: done.")
        assert not waited
        await press(pilot, "c", "2")
        await until(pilot, lambda: waited)


async def test_a_terminal_that_cannot_be_lent_is_said(start: Start) -> None:
    async with start(commands=(own("Mail", "true", terminal=True),)) as pilot:
        await press(pilot, "c", "1")
        await until(pilot, lambda: "This terminal cannot be lent to another program." in toast(pilot))


# Keys


def test_a_command_is_bound_by_its_name_and_clashes_are_told() -> None:
    commands = (own("Save to Wallabag!", "true"), own("1", "true"))
    keys = keymap.build(Keys(bindings={"send.save-to-wallabag": "W"}), commands)
    assert keys.keys["send.save-to-wallabag"] == ("W",)
    told = [line for line in help_lines(keys, marks(ascii_only=True)) if line.id.startswith("send.")]
    assert [(line.keys, line.text) for line in told] == [
        (("W",), "Save to Wallabag!: a command of yours."),
        ((), "1: a command of yours."),
    ]
    with pytest.raises(ConfigError, match=r"s is taken by story\.star"):
        keymap.build(Keys(bindings={"send.save-to-wallabag": "s"}), commands)
    with pytest.raises(ConfigError, match=r"Did you mean send\.save-to-wallabag"):
        keymap.build(Keys(bindings={"send.save-to-walabag": "W"}), commands)
