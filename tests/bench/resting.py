"""What it does when nothing is to be done: for half a minute, and for days that pass quickly."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from tests.bench.programs import BARE, BARE_ROW, Ours, fetch, library, news
from tests.bench.rows import Bench, Row, open_list
from tests.bench.terminal import Terminal

TIMES = 1440
"""A day in a minute."""
DAY_S = 86_400 / TIMES
REFRESHES = 48
"""In a day: one each half hour."""
SOURCES, ENTRIES = 20, 30
"""In the library of that day, and stories of each when it begins."""
NOISE_MB = 0.5
"""Of a process's memory: what the allocator takes and gives back whatever the program does."""
DATE = re.compile(r"Today: \w+, (\d+ \w+ \d+)")


def idle(bench: Bench) -> Iterator[Row]:
    """Half a minute, after a minute; beside the bare program."""
    with Terminal(library(bench.kept, max(bench.sizes)).command) as terminal, Terminal(BARE) as bare:
        open_list(terminal)
        bare.wait(BARE_ROW)
        time.sleep(60)
        both = (terminal, bare)
        used, written, woken = terminal.cpu_s(), len(terminal.chunks), [one.wakeups() for one in both]
        time.sleep(30)
        spent = (terminal.cpu_s() - used) / 30 * 100
        yield Row("idle after a minute", "%", spent, "0.2 % of a processor", 0.2, 1.0)
        yield Row("idle: writes to the terminal in 30 s", "", len(terminal.chunks) - written, "a clock's", 1, 1.0)
        ours, theirs = (one.wakeups() - before for one, before in zip(both, woken, strict=True))
        yield Row("idle: wake-ups in 30 s", "", ours, "bare Textual", theirs, 1.0)


def day(bench: Bench) -> Iterator[Row]:
    """From midnight to midnight, as the masthead tells it: with nothing to do, then with news each half hour."""
    with Terminal(_fast(library(bench.kept, max(bench.sizes)))) as terminal:
        open_list(terminal)
        _midnight(terminal)
        held, written, woken = terminal.resident_mb(), len(terminal.chunks), terminal.wakeups()
        _midnight(terminal)
        grown = terminal.resident_mb() - held
        yield Row("idle for a day, simulated: memory", "MB", grown, "the noise of it", NOISE_MB, 1.0)
        frames = _frames([at for at, _ in terminal.chunks[written:]])
        yield Row("idle for a day: frames written", "", frames, "the date's", 1, 1.0)
        ticks = 2 * 24 * 60
        yield Row("idle for a day: wake-ups", "", terminal.wakeups() - woken, "the clock's", ticks, 1.1)
    with news(SOURCES, ENTRIES, 5) as address:
        ours = Ours(bench.folder / "day", fetch(f"{address}/opml"))
        ours.reload()
        with Terminal(_fast(ours)) as terminal:
            open_list(terminal)
            _half_hours(terminal, address)  # by then all that is ever loaded has been
            held = terminal.resident_mb()
            _half_hours(terminal, address)
            grown = terminal.resident_mb() - held
        told = json.loads(subprocess.check_output([*ours.command, "stories", "--json", "--limit", "100000"]))
        if len(told["stories"]) < SOURCES * (ENTRIES + 2 * REFRESHES) * 0.9:
            raise RuntimeError(f"only {len(told['stories'])} stories came in two days")
        yield Row(f"a day with {REFRESHES} refreshes, {SOURCES * REFRESHES} new: memory", "MB", grown, "2 MB", 2, 1.0)


def _fast(ours: Ours) -> list[str]:
    return [sys.executable, "-m", "tests.bench.fastclock", str(TIMES), "--home", str(ours.home)]


def _midnight(terminal: Terminal) -> None:
    """Until the masthead shows another date, and a moment more."""
    today = _date(terminal)
    deadline = time.perf_counter() + 2 * DAY_S
    while _date(terminal) == today:
        if terminal.take() is None:
            time.sleep(0.01)
        if time.perf_counter() > deadline:
            raise TimeoutError(f"no day passes:\n{terminal.text()}")
    terminal.settle(0.3)


def _frames(times: list[float]) -> int:
    """How often something was written; what comes in several pieces at one moment is one frame."""
    return sum(later - earlier > 0.05 for earlier, later in pairwise([0.0, *times]))


def _date(terminal: Terminal) -> datetime:
    found = DATE.search(terminal.text())
    if found is None:
        raise ValueError(f"there is no date:\n{terminal.text()}")
    return datetime.strptime(found[1], "%d %B %Y")  # noqa: DTZ007 (a day)


def _half_hours(terminal: Terminal, address: str) -> None:
    """A day of them: each source has one story more, and they are looked at."""
    for _ in range(REFRESHES):
        fetch(f"{address}/publish")
        begun = time.perf_counter()
        terminal.press("R")
        terminal.settle(0.3)
        time.sleep(max(0.0, begun + DAY_S / REFRESHES - time.perf_counter()))
    terminal.settle(1.0)
