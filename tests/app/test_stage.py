"""The terminal as the interface drives it, where it is gone or wakes us."""

from __future__ import annotations

import io
import os
import selectors
import signal
import sys
from pathlib import Path
from queue import Queue
from threading import Event, Thread

import pytest
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread
from textual.drivers.linux_driver import LinuxDriver

from reader.app.stage import ESC_ALONE_S, Outlet, Stage
from tests.bench.terminal import Terminal


class Gone(io.StringIO):
    """A terminal that has hung up."""

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")

    def flush(self) -> None:
        raise OSError(5, "Input/output error")

    def fileno(self) -> int:
        return 2


def test_nobody_waits_for_a_terminal_that_is_gone() -> None:
    thread = WriterThread(Outlet(Gone()))  # type: ignore[arg-type]
    thread.start()
    for _ in range(3 * MAX_QUEUED_WRITES):
        thread.write("news")
    thread.stop()
    assert not thread.is_alive()


def test_an_outlet_is_its_file_otherwise() -> None:
    file = io.StringIO()
    Outlet(file).write("news")
    assert file.getvalue() == "news"
    assert Outlet(Gone()).fileno() == 2


def test_being_woken_takes_over_no_second_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path))
    with Terminal([sys.executable, "-m", "reader", "--sample"], env={"COLUMNS": "", "LINES": ""}) as terminal:
        terminal.wait(r"[1-9]\d* unread")
        os.kill(terminal.child, signal.SIGCONT)
        os.write(terminal.handle, b"?")
        terminal.wait("Search the keys")
        assert b"".join(data for _, data in terminal.chunks).count(b"\x1b[?1049h") == 1


def test_the_keyboard_is_waited_for_and_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []
    pressed: Queue[str] = Queue()

    class Selector(selectors.SelectSelector):
        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            waits.append(timeout)
            return super().select(timeout)

    monkeypatch.setattr(selectors, "SelectSelector", Selector)
    stage = Stage.__new__(Stage)
    stage._debug, stage.exit_event = False, Event()
    stage.fileno, keyboard = os.pipe()
    bell = stage._bell = os.pipe()
    stage.process_message = lambda message: pressed.put(message.key)  # type: ignore[attr-defined, method-assign]
    thread = Thread(target=stage.run_input_thread)
    thread.start()
    for sent, key in ((b"\x1b", "escape"), (b"j\xff", "j")):
        os.write(keyboard, sent)
        assert pressed.get(timeout=10) == key
    assert waits[:3] == [None, ESC_ALONE_S, None]
    stage.exit_event.set()
    os.write(bell[1], b"\a")
    thread.join(timeout=10)
    assert not thread.is_alive()
    for end in (stage.fileno, keyboard, *bell):
        os.close(end)


def test_a_screen_reader_is_left_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(LinuxDriver, "write", lambda _, data: sent.append(data))
    stage = Stage.__new__(Stage)  # a terminal of its own is not needed to write
    for follows in (False, True):
        stage._follows_cursor = follows
        stage.write("\x1b[?25l")
    assert sent == ["\x1b[?25l", "\x1b[?25h"]


def test_a_notice_is_one_sequence_whatever_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Written(Stage):
        def __init__(self) -> None:
            self.told: list[str] = []

        def write(self, data: str) -> None:
            self.told.append(data)

        def flush(self) -> None: ...

    stage = Written()
    monkeypatch.setenv("TERM", "xterm-256color")
    stage.give_notice("Tides: 2 new stories. Bridge\x1b]52;c;aGk=\x07 reopens")
    assert stage.told == ["\x1b]9;Broadsheet: Tides: 2 new stories. Bridge]52;c;aGk= reopens\x1b\\"]
    monkeypatch.setenv("TERM", "linux")
    stage.give_notice("Tides")
    assert len(stage.told) == 1
