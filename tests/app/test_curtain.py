"""The screen that is painted before the interface is imported: what is kept and refused, and the terminal's state."""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import signal
import stat
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from reader import curtain
from reader.app.rehearsal import rehearse
from reader.library import Library
from reader.settings import folders, load
from tests.app.canned import CannedLibrary
from tests.app.desk import Start, app_of, paper_of, press, screen_text, until
from tests.bench.terminal import Terminal

COLUMNS, LINES = 100, 24
AROUND = {
    "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", "COLUMNS": "", "LINES": "",
    "BROADSHEET_HOME": "",
}  # fmt: skip
ROWS = [f"\x1b[1;38;2;216;164;65mRow {n}\x1b[0m of the kept screen" for n in range(LINES)]
UNDER = b"(these, terms)"
ESC = "\x1b"
LEFT = b"\x1b[?1049l\x1b[?25h"


def text_of(row: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", row)


# Rows


@pytest.mark.parametrize(
    "row",
    [
        "",
        "Councils win power",
        f"{ESC}[1;38;2;1;2;3mbold{ESC}[0m and plain",
        f"{ESC}[mreset",
        "28\N{NO-BREAK SPACE}May · 東京\N{IDEOGRAPHIC SPACE}株 · 👩\N{ZERO WIDTH JOINER}🔬",
    ],
)
def test_text_and_colours_are_sound(row: str) -> None:
    assert curtain.sound(row)


@pytest.mark.parametrize(
    "row",
    [
        f"{ESC}]0;another title\x07",
        f"{ESC}]52;c;aGk=\x07",
        f"{ESC}P1$r0m{ESC}\\",
        f"{ESC}[2J",
        f"{ESC}[1;1H",
        f"{ESC}[?1049l",
        f"{ESC}[>4;2m",
        f"{ESC}[38:2m",
        f"{ESC}[1",
        f"{ESC}c",
        f"text{ESC}",
        "\x9b2J",
        "\x9d0;title\x9c",
        "a\rb",
        "a\tb",
        "a\x07",
        "a\x7f",
        "\N{RIGHT-TO-LEFT OVERRIDE}txt.exe",
    ],
)
def test_whatever_else_a_terminal_obeys_is_not(row: str) -> None:
    assert not curtain.sound(row)


@given(st.text(st.sampled_from("\x1b[]0;1m\x07Am\x9b?H\n\x00 é東"), max_size=30) | st.text(max_size=30))
def test_a_sound_row_holds_no_control_character_outside_of_colours(row: str) -> None:
    if curtain.sound(row):
        assert re.fullmatch(r"(?:[^\x00-\x1f\x7f-\x9f]|\x1b\[[0-9;]*m)*", row)


# The file


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    folder = str(tmp_path / "cache")
    assert curtain.keep(folder, UNDER, ROWS, "another day")
    assert curtain.kept(folder, UNDER, LINES) == ROWS
    file = tmp_path / "cache" / curtain.NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [curtain.NAME]


def test_it_comes_back_under_the_same_terms_only(tmp_path: Path) -> None:
    curtain.keep(str(tmp_path), UNDER, ROWS, "")
    assert curtain.kept(str(tmp_path), b"(other, terms)", LINES) is None
    assert curtain.kept(str(tmp_path), UNDER, LINES + 1) is None
    assert curtain.kept(str(tmp_path / "nowhere"), UNDER, LINES) is None


def test_the_terms_name_what_changes_the_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.toml"
    told = set()

    def tell(size: tuple[int, int] = (80, 24), offline: bool = False) -> None:
        told.add(curtain.terms(size, curtain.config_stamp(str(config)), offline=offline))

    tell()
    tell((80, 25))
    tell(offline=True)
    config.write_text('[ui]\ntheme = "newsprint"\n')
    tell()
    monkeypatch.setenv("NO_COLOR", "")
    tell()
    monkeypatch.setenv("TERM", "line\nbreak \udc80")
    tell()
    assert len(told) == 6
    assert not any(b"\n" in terms for terms in told)


def test_on_another_day_the_masthead_is_the_one_without_a_date(tmp_path: Path) -> None:
    curtain.keep(str(tmp_path), UNDER, ROWS, "BROADSHEET")
    file = tmp_path / curtain.NAME
    file.write_bytes(file.read_bytes().replace(curtain.today().encode(), b"2026-01-01", 1))
    assert curtain.kept(str(tmp_path), UNDER, LINES) == ["BROADSHEET", *ROWS[1:]]


def test_a_screen_that_is_not_sound_is_not_kept_and_the_old_one_goes(tmp_path: Path) -> None:
    curtain.keep(str(tmp_path), UNDER, ROWS, "")
    assert not curtain.keep(str(tmp_path), UNDER, [*ROWS[1:], f"{ESC}[2J"], "")
    assert not list(tmp_path.iterdir())


def test_a_screen_of_unheard_of_size_is_not_kept(tmp_path: Path) -> None:
    assert not curtain.keep(str(tmp_path), UNDER, ["x" * curtain.LIMIT_BYTES], "")


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not curtain.keep(str(tmp_path / "file"), UNDER, ROWS, "")


def test_a_stranger_s_file_is_refused(tmp_path: Path) -> None:
    for name, change in {
        "bytes that are no text": lambda page: page + b"\xff",
        "too little": lambda page: page[:-400],
        "too much": lambda page: page + b"\none more",
        "a command": lambda page: page.replace(b"Row 7", b"\x1b]0;7\x07"),
        "far too much": lambda page: page + b" " * curtain.LIMIT_BYTES,
        "nothing": lambda page: b"",
        "terms alone": lambda page: UNDER,
    }.items():
        curtain.keep(str(tmp_path), UNDER, ROWS, "")
        file = tmp_path / curtain.NAME
        file.write_bytes(change(file.read_bytes()))
        assert curtain.kept(str(tmp_path), UNDER, LINES) is None, name


def test_neither_a_link_nor_a_pipe_is_followed(tmp_path: Path) -> None:
    curtain.keep(str(tmp_path / "real"), UNDER, ROWS, "")
    (tmp_path / curtain.NAME).symlink_to(tmp_path / "real" / curtain.NAME)
    assert curtain.kept(str(tmp_path), UNDER, LINES) is None
    (tmp_path / curtain.NAME).unlink()
    os.mkfifo(tmp_path / curtain.NAME)
    assert curtain.kept(str(tmp_path), UNDER, LINES) is None


# Where it is, and when it is asked for


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is painted there")
def test_it_is_looked_for_where_the_settings_keep_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variables in (
        {},
        {"XDG_CACHE_HOME": str(tmp_path / "c"), "XDG_CONFIG_HOME": str(tmp_path / "d")},
        {"XDG_CACHE_HOME": "relative", "XDG_CONFIG_HOME": ""},
    ):
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        for home in (None, tmp_path, Path("~/news"), Path("news")):
            places = folders(home)
            found = curtain._places(str(home or ""))
            assert found is not None
            assert [Path(place).absolute() for place in found] == [places.config_file, places.cache]


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ([], ("", False)),
        (["--offline"], ("", True)),
        (["--home", "h"], ("h", False)),
        (["--offline", "--home=h"], ("h", True)),
        (["--home"], None),
        (["--home="], None),
        (["--home", "--offline"], None),
        (["--sample"], None),
        (["--help"], None),
        (["stories"], None),
        (["--home", "h", "refresh"], None),
    ],
)
def test_only_the_interface_begins_with_it(
    arguments: list[str], asked: tuple[str, bool] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BROADSHEET_HOME", raising=False)
    assert curtain.asked(arguments) == asked


def test_without_a_terminal_nothing_is_painted() -> None:
    code = "from reader import curtain; assert not curtain.show([]) and not curtain.shown(); curtain.take_away()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert done.stdout + done.stderr == b""


def test_it_imports_next_to_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules)\nfrom reader import curtain\nprint(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert set(done.stdout.split()) <= {"reader", "reader.curtain", "__future__", "time"}


# What is rehearsed


async def test_the_next_start_is_kept_wherever_the_reader_is(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    async with start(size=(COLUMNS, LINES)) as pilot:
        app = app_of(pilot)
        await press(pilot, "g", "l", "j", "j", "enter", "z")
        app.theme = "newsprint"
        app.tell("A toast.")
        await rehearse(app)
        cache = str(app.settings.folders.cache)
    rows = curtain.kept(cache, curtain.terms((COLUMNS, LINES), (), offline=False), LINES)
    assert rows is not None
    border = LINES - 2  # it says how far the story was read, once that is known
    kept = [text_of(row) for row in rows]
    del kept[border]
    async with start(size=(COLUMNS, LINES)) as pilot:

        def shown() -> list[str]:
            lines = screen_text(pilot).split("\n")
            del lines[border]
            return lines

        await until(pilot, lambda: shown() == kept)
    assert any("48;2;22;24;27m" in row for row in rows), "the theme of the config, not the one of the moment"


async def test_the_masthead_of_another_day_is_the_name_alone(start: Start) -> None:
    async with start(size=(COLUMNS, LINES)) as pilot:
        app = app_of(pilot)
        await rehearse(app)
        file = app.settings.folders.cache / curtain.NAME
    file.write_bytes(file.read_bytes().replace(curtain.today().encode(), b"2026-01-01", 1))
    rows = curtain.kept(str(file.parent), curtain.terms((COLUMNS, LINES), (), offline=False), LINES)
    assert rows is not None
    assert text_of(rows[0]) == " BROADSHEET".ljust(COLUMNS)


async def test_an_empty_paper_is_not_kept(start: Start, library: CannedLibrary) -> None:
    library.stories_by_id.clear()
    async with start() as pilot:
        app = app_of(pilot)
        cache = app.settings.folders.cache
        curtain.keep(str(cache), UNDER, ROWS, "")
        await rehearse(app)
    assert not list(cache.iterdir())


async def test_another_config_than_the_one_in_force_is_not_painted_over(start: Start) -> None:
    async with start() as pilot:
        app = app_of(pilot)
        app.settings.folders.config.mkdir(parents=True)
        app.settings.folders.config_file.write_text('[ui]\ntheme = "newsprint"\n')
        await rehearse(app)
    assert not app.settings.folders.cache.exists()


async def test_keys_that_come_before_the_first_list_take_effect_one_by_one(start: Start) -> None:
    async with start() as pilot:
        app, paper = app_of(pilot), paper_of(pilot)
        app.is_open = False
        for character in "j/ag":
            app.post_message(events.Key({"/": "slash"}.get(character, character), character))
        await pilot.pause()
        assert paper.headline_list.cursor == 0
        await app.typist.go_on()
        await until(pilot, lambda: app.is_open)
        assert paper.headline_list.cursor == 1
        assert paper.ask_line.line.value == "ag"


# On a terminal

GATE = """
import fcntl, os, sys
os.write(2, b"\\x1b[999;1Hat the gate")
with open(os.environ["GATE"]) as gate:
    fcntl.flock(gate, fcntl.LOCK_SH)
sys.path.remove(os.path.dirname(os.path.dirname(__file__)))
del sys.modules["textual"]
import textual
"""
"""Stands where the toolkit is imported from, says so, and goes on with the real one when the test lets it."""


class Stop:
    """Programs started in `around` stop where they import the toolkit, until the gate is opened."""

    def __init__(self, folder: Path) -> None:
        package = folder / "stop" / "textual"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(GATE)
        self.around = {**AROUND, "PYTHONPATH": str(package.parent), "GATE": str(folder / "gate")}
        self.gate = (folder / "gate").open("w")
        fcntl.flock(self.gate, fcntl.LOCK_EX)

    def open(self) -> None:
        """Let them go on."""
        self.gate.close()


@pytest.fixture
def stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stop]:
    for name in ("NO_COLOR", "TZ", "LC_CTYPE", "LC_TIME", "LANG"):
        monkeypatch.delenv(name, raising=False)
    stop = Stop(tmp_path)
    yield stop
    stop.open()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which a screen of the tests' own is kept for a terminal of the usual size."""
    for name, value in AROUND.items():
        monkeypatch.setenv(name, value)
    config = tmp_path / "home" / "config" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[refresh]\nautomatic = false\n")
    under = curtain.terms((COLUMNS, LINES), curtain.config_stamp(str(config)), offline=False)
    assert curtain.keep(str(tmp_path / "home" / "cache"), under, ROWS, ROWS[0])
    return tmp_path / "home"


def reader(home: Path, around: dict[str, str], columns: int = COLUMNS, lines: int = LINES) -> Terminal:
    command = [sys.executable, "-m", "reader", "--home", str(home)]
    return Terminal(command, columns=columns, lines=lines, env=around)


def ended(terminal: Terminal) -> tuple[int, bytes]:
    """How the program ended, as waitid tells it, and all it has written."""
    for _ in range(1_000):
        state = os.waitid(os.P_PID, terminal.child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if state is not None:
            terminal.settle()
            return state.si_status, b"".join(data for _, data in terminal.chunks)
        time.sleep(0.01)
    raise AssertionError("the program did not end")


def test_it_is_painted_before_the_toolkit_is_imported(stop: Stop, home: Path) -> None:
    with reader(home, stop.around) as terminal:
        terminal.wait("at the gate")
        assert [row.rstrip() for row in terminal.screen.display[:-1]] == [text_of(row) for row in ROWS[:-1]]
        assert terminal.screen.cursor.hidden
        assert not termios.tcgetattr(terminal.handle)[3] & (termios.ECHO | termios.ICANON)


def test_it_is_not_painted_on_another_terminal(stop: Stop, home: Path) -> None:
    for around, columns, lines in (
        (stop.around, COLUMNS + 1, LINES),
        (stop.around, COLUMNS, LINES - 1),
        ({**stop.around, "NO_COLOR": "1"}, COLUMNS, LINES),
        ({**stop.around, "TERM": "vt100"}, COLUMNS, LINES),
    ):
        with reader(home, around, columns, lines) as terminal:
            terminal.wait("at the gate")
            assert "Row" not in terminal.text()


def test_it_is_not_painted_when_the_config_has_changed_or_the_file(stop: Stop, home: Path) -> None:
    kept = home / "cache" / curtain.NAME
    page = kept.read_bytes()
    kept.write_bytes(page.replace(b"Row 7", b"\x1b]0;7\x07"))
    with reader(home, stop.around) as terminal:
        terminal.wait("at the gate")
        assert "Row" not in terminal.text()
    kept.write_bytes(page)
    (home / "config" / "config.toml").write_text('[ui]\ntheme = "newsprint"\n')
    with reader(home, stop.around) as terminal:
        terminal.wait("at the gate")
        assert "Row" not in terminal.text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_before_there_is_an_interface_gives_the_terminal_back(
    number: signal.Signals, stop: Stop, home: Path
) -> None:
    with reader(home, stop.around) as terminal:
        terminal.wait("at the gate")
        if number == signal.SIGINT:
            os.write(terminal.handle, b"\x03")
        else:
            os.kill(terminal.child, number)
        status, written = ended(terminal)
        assert status == (130 if number == signal.SIGINT else number)
        assert LEFT in written
        assert b"Traceback" not in written
        assert terminal.is_given_back()


def test_what_goes_wrong_before_there_is_an_interface_is_said_where_it_is_read(stop: Stop, home: Path) -> None:
    (home / "data").mkdir()
    (home / "data" / "broadsheet.db").mkdir()
    with reader(home, stop.around) as terminal:
        status, written = ended(terminal)
        assert status == 1
        assert b"Row 3" in written
        assert b"broadsheet: " in written.partition(LEFT)[2]
        assert terminal.is_given_back()


def test_from_one_start_to_the_next(stop: Stop, home: Path) -> None:
    """What stands in the end of the first is what the second begins with, and keys find their way."""
    library = Library(load(home, sample=True))
    try:
        asyncio.run(sample_in(library))
        unread = library.totals().unread
    finally:
        library.close()
    with reader(home, AROUND) as terminal:
        terminal.wait(f"{unread} unread")
        terminal.settle()
        first = terminal.screen.display
        os.write(terminal.handle, b"Q")
        status, written = ended(terminal)
        assert status == 0
        assert b"Traceback" not in written
        assert terminal.is_given_back()
    with reader(home, stop.around) as terminal:
        terminal.wait("at the gate")
        assert terminal.screen.display[:-1] == first[:-1]
        os.write(terminal.handle, b"jJ")
        stop.open()
        terminal.wait(f"{unread - 2} unread")
        os.write(terminal.handle, b"Q")
        status, written = ended(terminal)
        assert status == 0
        assert written.count(b"\x1b[?1049h") == 1
        assert terminal.is_given_back()


async def sample_in(library: Library) -> None:
    await library.subscribe_sample()
    await library.hang_up()
