"""Programs outside: what is opened, what is asked about first, what is never passed on."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from reader.app import launcher
from reader.text import SafeText
from tests.app.canned import a_story


def write_program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def wait_for(path: Path) -> str:
    for _ in range(500):
        if path.exists() and (text := path.read_text()):
            return text
        os.sched_yield()
        import time

        time.sleep(0.01)
    raise AssertionError(f"{path} was not written")


def test_the_browser_gets_the_address_as_one_argument(tmp_path: Path) -> None:
    out = tmp_path / "out"
    browser = write_program(tmp_path / "browser", f'printf "%s\\n" "$#" "$@" > {out}.part; mv {out}.part {out}')
    address = "https://example.org/a?b=$(id)&c='d'"
    launcher.open_url(address, (str(browser), "--new tab"))
    assert wait_for(out).splitlines() == ["2", "--new tab", address]


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "javascript:alert(1)", "--version", "-h", "", "https://user:pw@example.org/", "http://"],
)
def test_other_addresses_are_never_opened(tmp_path: Path, address: str) -> None:
    out = tmp_path / "out"
    browser = write_program(tmp_path / "browser", f"touch {out}")
    with pytest.raises(launcher.LaunchError):
        launcher.open_url(address, (str(browser),))
    assert not out.exists()


def test_a_browser_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(launcher.LaunchError, match="could not be started"):
        launcher.open_url("https://example.org/", (str(tmp_path / "none"),))


def test_without_an_opener_the_config_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(launcher.LaunchError, match="browser"):
        launcher.open_url("https://example.org/")


@pytest.mark.parametrize(
    ("words", "address", "is_asked"),
    [
        ("the report", "https://example.org/", False),
        ("example.org", "https://example.org/report", False),
        ("www.example.org", "https://example.org/report", False),
        ("https://example.org/a", "https://news.example.org/b", False),
        ("https://bank.example/login", "https://evil.example/login", True),
        ("bank.example", "https://bank.example.evil.test/", True),
        ("the report", "https://xn--pple-43d.example/", True),
        ("e.g.", "https://example.org/", False),
    ],
)
def test_links_that_say_another_host_are_asked_about(words: str, address: str, is_asked: bool) -> None:
    assert launcher.disagree(words, address) is is_asked


def test_the_clipboard_program_gets_the_text_on_its_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_program(tmp_path / "wl-copy", f"cat > {tmp_path}/copied")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert launcher.copy_outside("https://example.org/ä")
    assert (tmp_path / "copied").read_text() == "https://example.org/ä"


def test_without_a_desktop_no_program_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert launcher.copiers({}) == ()


def test_a_citation_is_markdown_that_stays_what_it_is() -> None:
    story = a_story(7, title=SafeText("What [this] *is*"))
    assert launcher.citation(story, "19 September 2024") == (
        "A. Reporter: [What \\[this\\] \\*is\\*](https://example.org/story/7). *Winds*, 19 September 2024."
    )


def test_a_notice_is_text_for_the_readers_own_program(tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = write_program(tmp_path / "notice", f'(echo "$BROADSHEET_TITLE"; cat) > {out}.part; mv {out}.part {out}')
    assert launcher.notify("Tides: 2 new stories", "--version $(id)", (str(program),))
    assert wait_for(out) == "Tides: 2 new stories\n--version $(id)"


def test_without_a_program_a_notice_is_left_to_the_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not launcher.notify("Tides", "New")


def test_a_story_goes_to_a_command_as_its_standard_input(tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = write_program(tmp_path / "takes", f'(echo "$# $1 $BROADSHEET_URL"; cat) > {out}')
    command = launcher.words(f"'{program}' 'one; two'")
    assert launcher.pipe(command, "# Headline\n", {"BROADSHEET_URL": "https://example.org/"}) == 0
    assert out.read_text() == "1 one; two https://example.org/\n# Headline\n"
    with pytest.raises(launcher.LaunchError, match="could not be started"):
        launcher.pipe((str(tmp_path / "none"),), "", {})
    for line in ("'open", " "):
        with pytest.raises(launcher.LaunchError):
            launcher.words(line)


def test_a_copy_of_a_story_is_edited_and_thrown_away(tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = write_program(tmp_path / "editor", f'cat "$1" > {out}; echo "$1" >> {out}')
    launcher.edit_copy((str(program),), "story-1.md", "# Headline\n")
    text, path = out.read_text().splitlines()
    assert text == "# Headline"
    assert not Path(path).exists()
