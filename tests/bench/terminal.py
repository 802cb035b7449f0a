"""A terminal with a stopwatch: runs a program in a pseudo-terminal and times what it paints.

A thread does nothing but stamp and store what comes; it is parsed afterwards, so that a slow emulator does not make the
program look slow.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyte
from wcwidth import wcwidth

REPLIES = {b"\x1b[c": b"\x1b[?62;22c", b"\x1b[6n": b"\x1b[1;1R", b"\x1b[?2026$p": b"\x1b[?2026;0$y"}


class Terminal:
    """One program on one screen; use as a context manager."""

    def __init__(
        self, command: list[str], *, columns: int = 120, lines: int = 40, env: dict[str, str] | None = None
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.Stream(self.screen)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.chunks: list[tuple[float, bytes]] = []
        self.taken = 0
        self.begun = time.perf_counter()
        self.child, self.handle = pty.fork()
        if self.child == 0:
            os.environ.update({"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", **(env or {})})
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.execvp(command[0], command)
        self.ended = threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *exc: object) -> None:
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        self.ended.set()
        self.reader.join()
        os.close(self.handle)

    def _read(self) -> None:
        while not self.ended.is_set():
            if not select.select([self.handle], [], [], 0.05)[0]:
                continue
            try:
                data = os.read(self.handle, 1 << 16)
            except OSError:
                return
            self.chunks.append((time.perf_counter(), data))
            for question, answer in REPLIES.items():
                if question in data:
                    os.write(self.handle, answer)

    def take(self) -> float | None:
        """Draw the next chunk; when it came, or None when there is none."""
        if self.taken == len(self.chunks):
            return None
        at, data = self.chunks[self.taken]
        self.taken += 1
        self.stream.feed(self.decoder.decode(data))
        return at

    def next_chunk(self, patience_s: float) -> float | None:
        """Draw the next chunk as `take`, and wait so long for it."""
        deadline = time.perf_counter() + patience_s
        while (at := self.take()) is None and time.perf_counter() < deadline:
            time.sleep(0.0005)
        return at

    def text(self) -> str:
        """What stands on the screen now. pyte's own `display` fails on a wide character that is half written over."""
        columns = range(self.screen.columns)
        rows = (self.screen.buffer[line] for line in range(self.screen.lines))
        return "\n".join(_whole([row[column].data for column in columns]) for row in rows)

    def wait(self, pattern: str, patience_s: float = 60, since: float | None = None) -> float:
        """Milliseconds since the start (or `since`) until the pattern stands on the screen."""
        wanted = re.compile(pattern)
        at = self.until(lambda: wanted.search(self.text()), patience_s, pattern)
        return (at - (since or self.begun)) * 1000

    def until(self, holds: Callable[[], object], patience_s: float = 60, what: str = "that") -> float:
        """Draw what comes until something holds of the screen; when the last of it came."""
        deadline = time.perf_counter() + patience_s
        at: float | None = time.perf_counter()
        while not holds():
            while (at := self.take()) is None:
                if time.perf_counter() > deadline:
                    raise TimeoutError(f"{what} never stood on the screen:\n{self.text()}")
                time.sleep(0.0005)
        return at or time.perf_counter()

    def settle(self, quiet_s: float = 0.15, patience_s: float = 30) -> None:
        """Until nothing has come for a while."""
        deadline = time.perf_counter() + patience_s
        last = time.perf_counter()
        while time.perf_counter() - last < quiet_s and time.perf_counter() < deadline:
            if self.take() is not None:
                last = time.perf_counter()
            else:
                time.sleep(0.002)

    def key(self, keys: str, patience_s: float = 5, part: Callable[[Terminal], str] | None = None) -> float:
        """Milliseconds from sending the keys until the screen, or a part of it, is another one."""
        part = part or Terminal.text
        while self.take() is not None:
            pass
        before = part(self)
        sent = time.perf_counter()
        os.write(self.handle, keys.encode())
        while True:
            at = self.take()
            if at is not None and part(self) != before:
                return (at - sent) * 1000
            if at is None:
                if time.perf_counter() - sent > patience_s:
                    raise TimeoutError(f"{keys!r} changed nothing:\n{self.text()}")
                time.sleep(0.0005)

    def last_byte(self, act: Callable[[], object], quiet_s: float = 0.12, patience_s: float = 20) -> float:
        """Milliseconds from an act to the last byte written in answer: to the end of it, however many frames it takes.

        What is drawn only after `quiet_s` of calm is no answer any more.
        """
        self.settle()
        seen, sent = len(self.chunks), time.perf_counter()
        act()
        last = sent + patience_s - quiet_s  # until something has come
        while time.perf_counter() < last + quiet_s:
            if len(self.chunks) > seen:
                seen, last = len(self.chunks), self.chunks[-1][0]
            time.sleep(0.002)
        if last == sent + patience_s - quiet_s:
            raise TimeoutError(f"nothing was written:\n{self.text()}")
        return (last - sent) * 1000

    def press(self, keys: str) -> None:
        """Press keys, and wait for nothing."""
        os.write(self.handle, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Give the program another size of terminal."""
        self.settle()
        self.resize_now(columns, lines)

    def resize_now(self, columns: int, lines: int) -> None:
        """The same, whatever it is doing."""
        self.screen.resize(lines, columns)
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def is_given_back(self) -> bool:
        """Whether lines are edited and echoed as on a terminal that nobody has taken over."""
        attributes = termios.tcgetattr(self.handle)
        edits = termios.ECHO | termios.ICANON | termios.ISIG
        return bool(attributes[0] & termios.ICRNL) and attributes[3] & edits == edits

    def resident_mb(self) -> float:
        """Memory of the program itself, without its children."""
        status = Path(f"/proc/{self.child}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        return int(found[1]) / 1024 if found else 0.0

    def wakeups(self) -> int:
        """How often a thread of the program has waited for something so far, and gone on."""
        threads = [path.read_text() for path in Path(f"/proc/{self.child}/task").glob("*/status")]
        return sum(int(text.partition("\nvoluntary_ctxt_switches:")[2].split()[0]) for text in threads)

    def cpu_s(self) -> float:
        """Processor time used so far by the program itself."""
        fields = Path(f"/proc/{self.child}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _whole(cells: list[str]) -> str:
    """A line of cells, of which the second of a wide character is empty; one whose other half is gone is blank."""
    line, before = [], ""
    for cell, after in zip(cells, [*cells[1:], " "], strict=True):
        is_wide = bool(cell) and wcwidth(cell[0]) == 2
        is_half = bool(after) if is_wide else not cell and not (before and wcwidth(before[0]) == 2)
        line.append(" " if is_half else cell)
        before = cell
    return "".join(line)
