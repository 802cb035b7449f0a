"""A whole morning in a real pseudo-terminal, and where the reader is when the paper is opened again."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tests.bench.terminal import Terminal
from tests.morning import MORNING, begin, lay_out, live


def quit_now(terminal: Terminal) -> None:
    os.write(terminal.handle, b"Q")
    state = os.waitid(os.P_PID, terminal.child, os.WEXITED | os.WNOWAIT)
    assert state is not None
    assert state.si_status == 0


def first_line(terminal: Terminal) -> list[str]:
    """The words of the story's first line in view; none when it is not there."""
    return next((words for line in terminal.text().splitlines() if (words := re.findall(r"w\d{4}", line))), [])


def test_a_morning_ends_and_goes_on_at_the_same_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    lay_out(home)
    with begin(home) as terminal:
        terminal.wait("10 unread")
        live(terminal, MORNING)
        terminal.settle()
        left = first_line(terminal)
        quit_now(terminal)
    assert left[0] != "w0000"
    with begin(home) as terminal:
        os.write(terminal.handle, b"?")
        terminal.wait("Search the keys")  # It is open: what stood there before may have been painted for the start.
        os.write(terminal.handle, b"\x1b")
        terminal.until(lambda: first_line(terminal) == left)
        terminal.resize_now(84, 40)
        terminal.until(lambda: first_line(terminal) != left and left[0] in first_line(terminal))
        quit_now(terminal)
