"""The program in a real pseudo-terminal: what stands there, and that the terminal is given back."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator

import pytest

from tests.bench.terminal import Terminal

SAMPLE = [sys.executable, "-m", "reader", "--sample"]
ENVIRONMENT = {"COLUMNS": "", "LINES": ""}  # what is set there would stand for the terminal's own size
TAKES, LEAVES = b"\x1b[?1049h", b"\x1b[?1049l"  # the alternate screen


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path))


def ended(terminal: Terminal) -> int:
    """Wait for the program's end, and give its exit code."""
    for _ in range(6_000):
        state = os.waitid(os.P_PID, terminal.child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if state is not None:
            return state.si_status
        time.sleep(0.01)
    raise AssertionError("the program did not end")


def written(terminal: Terminal) -> bytes:
    terminal.settle()
    return b"".join(data for _, data in terminal.chunks)


@pytest.fixture(params=[(120, 40), (80, 24), (60, 18)], ids=lambda size: f"{size[0]}x{size[1]}")
def terminal(request: pytest.FixtureRequest, no_home: None) -> Iterator[Terminal]:
    columns, lines = request.param
    with Terminal(SAMPLE, columns=columns, lines=lines, env=ENVIRONMENT) as terminal:
        terminal.wait(r"[1-9]\d* unread")
        yield terminal


def test_the_sample_edition_stands_on_the_screen(terminal: Terminal) -> None:
    terminal.settle()
    text = terminal.text()
    assert ("Sections" in text) is (terminal.screen.columns >= 120)
    os.write(terminal.handle, b"\r")
    terminal.wait(r"full\stext")
    os.write(terminal.handle, b"?")
    terminal.wait("Search the keys")
    os.write(terminal.handle, b"\x1b")
    terminal.wait(r"(?s)\A(?!.*Search the keys)")
    terminal.wait(r"full\stext")
    os.write(terminal.handle, b"Q")
    assert ended(terminal) == 0
    assert LEAVES in written(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back(no_home: None, number: signal.Signals) -> None:
    with Terminal(SAMPLE, env=ENVIRONMENT) as terminal:
        terminal.wait(r"[1-9]\d* unread")
        os.kill(terminal.child, number)
        assert ended(terminal) == 128 + number
        assert LEAVES in written(terminal)
        assert b"\x1b[?25h" in written(terminal)
        assert b"Traceback" not in written(terminal)
        assert terminal.is_given_back()


def test_it_sleeps_wakes_and_rides_out_a_storm_of_sizes(no_home: None) -> None:
    shell = ["bash", "-mc", f"'{sys.executable}' -m reader --sample; echo asleep; fg >/dev/null; echo it ended with $?"]
    with Terminal(shell, env=ENVIRONMENT) as terminal:
        terminal.wait(r"[1-9]\d* unread")
        os.write(terminal.handle, b"\x1a")
        for _ in range(500):
            if written(terminal).count(TAKES) == 2:
                break
        slept = written(terminal)
        assert slept.index(LEAVES) < slept.index(b"asleep"), "the terminal is given back before the shell has its turn"
        assert TAKES in slept[slept.index(b"asleep") :], "and taken again after it"
        for number in range(120):
            lines, columns = (5, 20) if number % 3 else (300, 1_000 - number)
            fcntl.ioctl(terminal.handle, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        fcntl.ioctl(terminal.handle, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        os.write(terminal.handle, b"Q")
        terminal.wait("it ended with 0")
        assert b"Traceback" not in written(terminal)


def test_a_terminal_that_goes_away_ends_the_program(no_home: None) -> None:
    with Terminal(SAMPLE, env=ENVIRONMENT) as terminal:
        terminal.wait(r"[1-9]\d* unread")
        terminal.ended.set()
        terminal.reader.join()
        spare = os.open(os.devnull, os.O_RDWR)
        os.dup2(spare, terminal.handle)  # closes our end, as a dropped connection does
        os.close(spare)
        ended(terminal)


def test_ascii_where_the_locale_is_not_utf8(no_home: None) -> None:
    with Terminal(SAMPLE, env={**ENVIRONMENT, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": ""}) as terminal:
        terminal.wait(r"[1-9]\d* unread")
        os.write(terminal.handle, b"JJQ")
        assert ended(terminal) == 0
        assert b"Traceback" not in written(terminal)


def test_a_dumb_terminal_is_told_so_and_may_be_tried_all_the_same(no_home: None) -> None:
    with Terminal(SAMPLE, env={**ENVIRONMENT, "TERM": "dumb"}) as terminal:
        terminal.wait("the command line works on any")
        os.write(terminal.handle, b"x\rq")
        assert ended(terminal) == 0
    with Terminal(SAMPLE, env={**ENVIRONMENT, "TERM": "dumb"}) as terminal:
        terminal.wait("o to open the reader")
        os.write(terminal.handle, b"o")
        terminal.wait("BROADSHEET")
        terminal.wait(r"[1-9]\d* unread")
        os.write(terminal.handle, b"Q")
        assert ended(terminal) == 0


def test_pictures_reach_a_terminal_that_can_show_them(no_home: None) -> None:
    """From the sample edition, through newsroom and parsing child, to kitty's protocol."""
    with Terminal(SAMPLE, env={**ENVIRONMENT, "TERM": "xterm-kitty"}) as terminal:
        terminal.wait(r"[1-9]\d* unread")
        os.write(terminal.handle, b"iJJ")
        terminal.wait("\U0010eeee")
        sent = written(terminal)
        os.write(terminal.handle, b"i")
        terminal.wait("Pictures off")
        os.write(terminal.handle, b"Q")
        assert ended(terminal) == 0
    first = re.search(rb"\x1b_Ga=T,U=1,q=2,f=100,i=(\d+),c=(\d+),r=(\d+),m=1;iVBORw0KGgo", sent)
    assert first, "a PNG, given to be shown where its placeholders stand"
    assert b"\x1b_Ga=d,d=I,i=" + first[1] in written(terminal)
