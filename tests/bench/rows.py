"""The benchmarks: what each figure is, beside its yardstick in the same run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import libraries
from tests.bench.programs import (
    BARE,
    BARE_ROW,
    HEADLINE,
    NEWSBOAT,
    NEWSBOAT_ROW,
    Newsboat,
    Ours,
    fetch,
    first,
    library,
    news,
    newsboat,
    timed,
)
from tests.bench.terminal import Terminal

COUNTED_AFTER_S = 0.19
"""How long a search waits, from the last key on, before it counts what it found."""
KEYS = 40
"""Keys that are pressed for a median."""


@dataclass
class Row:
    """One figure beside its yardstick."""

    what: str
    unit: str
    ours: float
    yardstick: str
    theirs: float
    budget: float

    @property
    def ratio(self) -> float:
        """Ours to theirs."""
        return self.ours / self.theirs if self.theirs else float("nan")

    @property
    def met(self) -> bool:
        """Whether it is within its budget."""
        return self.ratio <= self.budget

    def line(self) -> str:
        """As it is printed."""
        return (
            f"{self.what:48} {self.ours:10.1f} {self.unit:3} {self.yardstick:24} {self.theirs:10.1f} "
            f"{self.ratio:7.3f} x  <= {self.budget:5.3f}  {'met' if self.met else 'NOT MET'}"
        )


@dataclass
class Bench:
    """All benchmarks. What they make anew is in `folder`; libraries are kept in `kept` and found again."""

    folder: Path
    kept: Path
    runs: int
    sizes: list[int]
    newsboat_up_to: int

    def boat(self, stories: int) -> Newsboat | None:
        """newsboat with so many stories, where it is installed and can be waited for."""
        return newsboat(self.kept, stories) if NEWSBOAT and stories <= self.newsboat_up_to else None

    def medians(self, *measures: Callable[[], float]) -> list[float]:
        """The medians of several runs, in turn (A B A B …), so that a busy minute falls on all."""
        rounds = [[measure() for measure in measures] for _ in range(self.runs)]
        return [statistics.median(column) for column in zip(*rounds, strict=True)]

    def start(self) -> Iterator[Row]:
        """From the command to the first headline: painted as it was kept, and live."""
        live: dict[int, float] = {}
        for size in self.sizes:
            ours, boat = library(self.kept, size), self.boat(size)
            live[size], bare = self.medians(ours.live, lambda: first(BARE, BARE_ROW))
            yield Row(f"live with {size:,} stories", "ms", live[size], "bare Textual", bare, 1.15)
            if boat:
                ours.read_and_leave()
                painted, theirs = self.medians(
                    lambda ours=ours: first(ours.command, HEADLINE),  # type: ignore[misc]
                    lambda boat=boat: first(boat.command, NEWSBOAT_ROW),  # type: ignore[misc]
                )
                at_once = 0.35 if size <= 10_000 else 0.05  # below, newsboat is as quick as any program
                if size >= 10_000:
                    yield Row(f"first headlines painted, {size:,} stories", "ms", painted, "newsboat", theirs, at_once)
                if size >= 100_000:
                    budget = 0.5 if size < 1_000_000 else 0.05
                    yield Row(f"live with {size:,} stories", "ms", live[size], "newsboat", theirs, budget)
        if len(live) > 1:
            least, most = min(live), max(live)
            yield Row(f"live with {most:,} stories", "ms", live[most], f"with {least:,}", live[least], 1.1)

    def keys(self) -> Iterator[Row]:
        """One row down and the next story, against ready-made lines; at the largest size, which must not matter."""
        ours = library(self.kept, max(self.sizes))
        with Terminal(ours.command) as terminal, Terminal(BARE) as bare:
            open_list(terminal)
            bare.wait(BARE_ROW)
            bare.settle(1.0)
            for what, key, budget in (("next story", "J", 1.5), ("one row down", "j", 1.2)):
                pairs = [(calm(terminal, key), calm(bare, key)) for _ in range(KEYS)]
                mine, floor = (statistics.median(side) for side in zip(*pairs, strict=True))
                yield Row(f"{what}, p50", "ms", mine, "ready-made lines", floor, budget)

    def busy(self) -> Iterator[Row]:
        """A key while a thousand sources refresh, against the same key when nothing happens."""
        with news(1000, 100, 20) as address:
            ours = Ours(self.folder / "busy", fetch(f"{address}/opml"))
            ours.reload()
            with Terminal(ours.command) as terminal:
                open_list(terminal)
                idle = sorted(calm(terminal, "J") for _ in range(KEYS))
                os.write(terminal.handle, b"R")
                terminal.wait(r"\d+ of 1,?000", patience_s=30)
                during = sorted(calm(terminal, "J", settle_s=0.02) for _ in range(KEYS))
            p95 = KEYS * 95 // 100
            what = "a key while 1,000 sources refresh"
            yield Row(f"{what}, p95", "ms", during[p95], "the same key, idle, p95", idle[p95], 1.5)
            yield Row(f"{what}, worst", "ms", during[-1], "50 ms", 50, 1.0)

    def loads(self) -> Iterator[Row]:
        """First load and a reload in which everything answers 304."""
        with news(1000, 100, 50) as address:
            ours = Ours(self.folder / "load", fetch(f"{address}/opml"))
            readable, cpu = ours.first_load()
            again, _ = ours.reload()
            if not NEWSBOAT:
                sys.stderr.write(f"first load {readable:.1f} s wall, {cpu:.1f} s CPU; all-304 reload {again:.1f} s\n")
                return
            boat = Newsboat(self.folder / "load-newsboat", fetch(f"{address}/urls"))
            boat_wall, boat_cpu = boat.reload()
            boat_again, _ = boat.reload()
            yield Row("first load, 1,000 x 100, readable, wall", "s", readable, "newsboat", boat_wall, 0.5)
            yield Row("first load, 1,000 x 100, indexed, CPU", "s", cpu, "newsboat", boat_cpu, 0.7)
            yield Row("reload, 1,000 all 304", "s", again, "newsboat", boat_again, 0.12)
            theirs = boat.cache.stat().st_size / 100_000
            yield Row("bytes a story, full text and index", "B", ours.bytes_kept / 100_000, "newsboat", theirs, 0.85)

    def search(self) -> Iterator[Row]:
        """From a key in the search line to what it finds, of three letters or more."""
        for size in self.sizes:
            with Terminal(library(self.kept, size).command) as terminal:
                open_list(terminal)
                took = []
                for word in (libraries.WORD_OF_ALL, libraries.RARE_WORD, "committee"):
                    os.write(terminal.handle, b"g/")
                    terminal.wait("how to write")
                    for at, letter in enumerate(word, 1):
                        terminal.settle(0.3)
                        drawn = last_drawn(terminal, letter)
                        if at >= 3:
                            took.append(drawn)
                    os.write(terminal.handle, b"\x1b")
                    terminal.settle(0.3)
            typed = statistics.median(took)
            yield Row(f"search as you type, {size:,} stories, p50", "ms", typed, "25 ms", 25, 1.0)
            if size >= 100_000 and (boat := self.boat(size)):
                theirs = self.medians(lambda boat=boat: search_in_newsboat(boat))[0]  # type: ignore[misc]
                budget = 0.06 if size < 1_000_000 else 0.003
                yield Row(f"search, {size:,} stories", "ms", typed, "newsboat", theirs, budget)

    def commands(self) -> Iterator[Row]:
        """The command line, against Python doing nothing."""
        ours = library(self.kept, max(self.sizes))
        for what, arguments, budget in (
            ("stories --limit 20 --json", ["stories", "--limit", "20", "--json"], 4.0),
            ("--help", ["--help"], 2.5),
        ):
            mine, bare = self.medians(
                lambda arguments=arguments: timed([*ours.command, *arguments])[0] * 1000,  # type: ignore[misc]
                lambda: timed([sys.executable, "-c", "pass"])[0] * 1000,
            )
            yield Row(what, "ms", mine, "bare Python", bare, budget)

    def opml(self) -> Iterator[Row]:
        """An OPML file of five thousand sources."""
        rows = "".join(f'<outline type="rss" text="F {n}" xmlUrl="{libraries.feed_url(n)}"/>' for n in range(5_000))
        ours = Ours(self.folder / "opml", f'<opml version="2.0"><head/><body>{rows}</body></opml>')
        yield Row("import of an OPML of 5,000", "s", ours.import_seconds, "2 s", 2, 1.0)

    def memory(self) -> Iterator[Row]:
        """What the interface holds after a look around."""
        for size in self.sizes:
            boat = self.boat(size)
            with Terminal(library(self.kept, size).command) as terminal, Terminal(BARE) as bare:
                open_list(terminal)
                bare.wait(BARE_ROW)
                for key in "JJJJJJjjjjjjG":
                    calm(terminal, key)
                terminal.settle(1.0)
                ours, floor = terminal.resident_mb(), bare.resident_mb()
            yield Row(f"memory with {size:,} stories", "MB", ours, "bare Textual", floor, 1.7)
            if boat and size >= 1_000_000:
                with Terminal(boat.command) as theirs:
                    theirs.wait(NEWSBOAT_ROW, patience_s=300)
                    yield Row(f"memory with {size:,} stories", "MB", ours, "newsboat", theirs.resident_mb(), 0.07)


def open_list(terminal: Terminal) -> None:
    """The latest stories, from the top: the front page is too short for many keys."""
    terminal.wait(HEADLINE, patience_s=120)
    terminal.settle(1.0)
    os.write(terminal.handle, b"gl")
    terminal.settle(1.0)


def last_drawn(terminal: Terminal, key: str) -> float:
    """Milliseconds from a key of a search to the last that is drawn for it, before the hits are counted."""
    sent = time.perf_counter()
    drawn = sent
    os.write(terminal.handle, key.encode())
    while time.perf_counter() - sent < COUNTED_AFTER_S:
        if (at := terminal.take()) is None:
            time.sleep(0.0005)
        else:
            drawn = at
    return (drawn - sent) * 1000


def calm(terminal: Terminal, key: str, settle_s: float = 0.06) -> float:
    """Milliseconds that one key takes on a screen that has come to rest."""
    terminal.settle(settle_s, patience_s=1.0)
    return terminal.key(key)


def search_in_newsboat(boat: Newsboat) -> float:
    """Milliseconds from Enter to what it found."""
    with Terminal(boat.command) as terminal:
        terminal.wait(NEWSBOAT_ROW, patience_s=300)
        terminal.settle(0.5)
        os.write(terminal.handle, f"/{libraries.WORD_OF_ALL}".encode())
        terminal.wait(libraries.WORD_OF_ALL)
        sent = time.perf_counter()
        os.write(terminal.handle, b"\r")
        return terminal.wait(r"Search [Rr]esult", since=sent, patience_s=300)


def machine() -> str:
    """What it ran on, in words that name nobody."""
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        model = next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), "unknown")
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    boat = subprocess.run([NEWSBOAT, "--version"], capture_output=True, text=True, check=False) if NEWSBOAT else None
    told = boat.stdout.splitlines()[0] if boat and boat.stdout else "no newsboat"
    return f"{os.cpu_count()} x {model}; Python {sys.version.split()[0]}; {told}; load {load}"
