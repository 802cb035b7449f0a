"""`make bench`: measure what BUDGETS promise, each figure beside its yardstick in the same run.

    python -m tests.bench [--only TEXT] [--runs N] [--sizes 10000,100000] [--json FILE]

The yardsticks are a bare Textual program, and newsboat where it is installed; a machine that is shared and noisy tells
ratios, not milliseconds. Without newsboat its rows are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.terminal import Terminal

READER = [sys.executable, "-c", "import sys; from reader.__main__ import main; sys.exit(main())"]
"""What the installed command does; `-m` would add what Python needs to find a module."""
BARE = [sys.executable, "-m", "tests.bench.bare_textual"]
NEWSBOAT = shutil.which("newsboat")
HEADLINE = r"[●*] [A-Z][a-z]+ [a-z]+"
"""An unread story in the list."""


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

    def line(self) -> str:
        """As it is printed."""
        met = "met" if self.ratio <= self.budget else "NOT MET"
        return (
            f"{self.what:46} {self.ours:10.1f} {self.unit:3} {self.yardstick:24} {self.theirs:10.1f} "
            f"{self.ratio:7.3f} x  <= {self.budget:5.3f}  {met}"
        )


@contextmanager
def news(feeds: int, entries: int, latency_ms: int) -> Iterator[str]:
    """A news web on loopback; its address."""
    command = [sys.executable, "-m", "tests.bench.feeds", str(feeds), str(entries), str(latency_ms)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def timed(command: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of a command and its children."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - begun, cpu


class Newsboat:
    """newsboat with the same subscriptions, in a folder of its own."""

    def __init__(self, folder: Path, urls: str) -> None:
        folder.mkdir(parents=True)
        (folder / "urls").write_text(urls)
        (folder / "config").write_text("reload-threads 20\nauto-reload no\nsuppress-first-reload yes\nmax-items 0\n")
        paths = ["-u", folder / "urls", "-c", folder / "cache.db", "-C", folder / "config"]
        self.command = [NEWSBOAT or "newsboat", *map(str, paths)]

    def reload(self) -> tuple[float, float]:
        """Fetch everything; wall and processor seconds."""
        return timed([*self.command, "-x", "reload"])

    def tune(self) -> None:
        """What makes its start with a large cache bearable, and what a reader who suffers may find out."""
        with closing(sqlite3.connect(self.command[self.command.index("-c") + 1])) as cache:
            cache.execute("ANALYZE")


FIRST_LOAD = """
import asyncio, pathlib, sys
from reader.library import Library
from reader.settings import load

async def main():
    library = Library(load(pathlib.Path(sys.argv[1])))
    async for outcome in library.refresh(everything=True):
        if outcome.done == outcome.total:
            print("readable", flush=True)
    await library.hang_up()
    library.close()

asyncio.run(main())
"""
"""As `refresh --all`, and it tells when all stories can be read; then it goes on and indexes them."""


class Ours:
    """Broadsheet with the same subscriptions, in a home of its own."""

    def __init__(self, home: Path, opml: str = "") -> None:
        self.command = [*READER, "--home", str(home)]
        home.mkdir(parents=True)
        (home / "config").mkdir()
        (home / "config" / "config.toml").write_text("[refresh]\nautomatic = false\n")
        if opml:
            (home / "feeds.opml").write_text(opml)
            subprocess.run([*self.command, "import", str(home / "feeds.opml")], check=True, stdout=subprocess.DEVNULL)

    def reload(self) -> tuple[float, float]:
        """Fetch everything; wall and processor seconds."""
        return timed([*self.command, "refresh", "--all"])

    def first_load(self) -> tuple[float, float]:
        """Fetch everything: wall seconds until all can be read, processor seconds until all is indexed."""
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [sys.executable, "-c", FIRST_LOAD, self.command[-1]]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            readable = time.perf_counter() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return readable, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    @property
    def kept_screen(self) -> Path:
        """What the last reader left for the next start."""
        return Path(self.command[-1]) / "cache" / "last-screen"

    def read_and_leave(self) -> None:
        """Open the paper and leave it, as a reader does: its screen is kept."""
        with Terminal(self.command) as terminal:
            terminal.wait(HEADLINE)
            terminal.settle(1.0)
            os.write(terminal.handle, b"Q")
            os.waitid(os.P_PID, terminal.child, os.WEXITED | os.WNOWAIT)
        if not self.kept_screen.exists():
            raise RuntimeError("no screen was kept")


def fetch(url: str) -> str:
    """A text from our own server."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


class Bench:
    """All benchmarks; the libraries they need are made once."""

    def __init__(self, folder: Path, runs: int, sizes: list[int]) -> None:
        self.folder, self.runs, self.sizes = folder, runs, sizes
        self.libraries: dict[int, tuple[Ours, Newsboat | None]] = {}

    def library(self, stories: int) -> tuple[Ours, Newsboat | None]:
        """Both programs with so many stories in their caches."""
        if stories not in self.libraries:
            with news(stories // 100, 100, 0) as address:
                ours = Ours(self.folder / f"ours-{stories}", fetch(f"{address}/opml"))
                ours.reload()
                boat = Newsboat(self.folder / f"newsboat-{stories}", fetch(f"{address}/urls")) if NEWSBOAT else None
                if boat:
                    boat.reload()
                    boat.tune()
            self.libraries[stories] = ours, boat
        return self.libraries[stories]

    def median(self, measure: Callable[[], float]) -> float:
        """The median of several runs."""
        return statistics.median(measure() for _ in range(self.runs))

    def start(self) -> Iterator[Row]:
        """From the command to the first headline: painted as it was kept, and live."""

        def first(command: list[str], pattern: str) -> float:
            with Terminal(command) as terminal:
                return terminal.wait(pattern)

        for size in self.sizes:
            ours, boat = self.library(size)
            ours.read_and_leave()
            painted = self.median(lambda ours=ours: first(ours.command, HEADLINE))  # type: ignore[misc]
            ours.kept_screen.unlink()
            live = self.median(lambda ours=ours: first(ours.command, HEADLINE))  # type: ignore[misc]
            bare = self.median(lambda: first(BARE, r"ROW 0\.0"))
            yield Row(f"live with {size:,} stories", "ms", live, "bare Textual", bare, 1.15)
            if boat:
                theirs = self.median(lambda boat=boat: first(boat.command, r"Feed \d{4}"))  # type: ignore[misc]
                at_once = 0.35 if size <= 10_000 else 0.05
                yield Row(f"first headlines painted, {size:,} stories", "ms", painted, "newsboat", theirs, at_once)
                if size >= 100_000:
                    budget = 0.5 if size < 1_000_000 else 0.05
                    yield Row(f"live with {size:,} stories", "ms", live, "newsboat", theirs, budget)

    def keys(self) -> Iterator[Row]:
        """One row down and the next story, against ready-made lines."""
        ours, _boat = self.library(min(self.sizes))
        with Terminal(ours.command) as terminal, Terminal(BARE) as bare:
            terminal.wait(HEADLINE)
            bare.wait(r"ROW 0\.0")
            terminal.settle(1.0)
            os.write(terminal.handle, b"gl")  # the front page is too short for so many keys
            terminal.settle(1.0)
            bare.settle(1.0)
            for what, key, budget in (("next story", "J", 1.5), ("one row down", "j", 1.2)):
                pairs = [(_calm(terminal, key), _calm(bare, key)) for _ in range(30)]
                mine, floor = (statistics.median(side) for side in zip(*pairs, strict=True))
                yield Row(f"{what}, p50", "ms", mine, "ready-made lines", floor, budget)

    def busy(self) -> Iterator[Row]:
        """A key while a thousand sources refresh, against the same key when nothing happens."""
        with news(1000, 100, 20) as address:
            ours = Ours(self.folder / "busy", fetch(f"{address}/opml"))
            ours.reload()
            with Terminal(ours.command) as terminal:
                terminal.wait(HEADLINE)
                terminal.settle(1.0)
                os.write(terminal.handle, b"gl")  # the front page is too short for so many keys
                terminal.settle(1.0)
                idle = sorted(_calm(terminal, "J") for _ in range(60))
                os.write(terminal.handle, b"R")
                terminal.wait(r"\d+ of 1,?000", patience_s=30)
                during = sorted(_calm(terminal, "J", settle_s=0.02) for _ in range(60))
            yield Row(
                "a key while 1,000 sources refresh, p95", "ms", during[57], "the same key, idle, p95", idle[57], 1.5
            )
            yield Row("a key while 1,000 sources refresh, worst", "ms", during[-1], "50 ms", 50, 1.0)

    def loads(self) -> Iterator[Row]:
        """First load and a reload in which everything answers 304."""
        with news(1000, 100, 50) as address:
            ours = Ours(self.folder / "load", fetch(f"{address}/opml"))
            readable, cpu = ours.first_load()
            again, _ = ours.reload()
            if NEWSBOAT:
                boat = Newsboat(self.folder / "load-newsboat", fetch(f"{address}/urls"))
                boat_wall, boat_cpu = boat.reload()
                boat.tune()
                boat_again, _ = boat.reload()
                yield Row("first load, 1,000 x 100, readable, wall", "s", readable, "newsboat", boat_wall, 0.5)
                yield Row("first load, 1,000 x 100, indexed, CPU", "s", cpu, "newsboat", boat_cpu, 0.7)
                yield Row("reload, 1,000 all 304", "s", again, "newsboat", boat_again, 0.12)
            else:
                sys.stderr.write(f"first load {readable:.1f} s wall, {cpu:.1f} s CPU; all-304 reload {again:.1f} s\n")

    def commands(self) -> Iterator[Row]:
        """The command line, against Python doing nothing."""
        ours, _boat = self.library(max(self.sizes))
        for what, arguments, budget in (
            ("stories --limit 20 --json", ["stories", "--limit", "20", "--json"], 4.0),
            ("--help", ["--help"], 2.5),
        ):
            mine = self.median(lambda arguments=arguments: timed([*ours.command, *arguments])[0] * 1000)  # type: ignore[misc]
            bare = self.median(lambda: timed([sys.executable, "-c", "pass"])[0] * 1000)
            yield Row(what, "ms", mine, "bare Python", bare, budget)

    def sizes_on_disk(self) -> Iterator[Row]:
        """Bytes a story and memory, against newsboat's."""
        size = max(self.sizes)
        ours, boat = self.library(size)
        kept = sum(path.stat().st_size for path in Path(ours.command[-1]).rglob("broadsheet.db*"))
        with Terminal(ours.command) as terminal, Terminal(BARE) as bare:
            terminal.wait(HEADLINE)
            terminal.settle(1.0)
            bare.wait(r"ROW 0\.0")
            yield Row(
                f"memory at {size:,} stories", "MB", terminal.resident_mb(), "bare Textual", bare.resident_mb(), 1.7
            )
            before = terminal.cpu_s()
            time.sleep(10)
            yield Row("idle", "%", (terminal.cpu_s() - before) * 10, "0.2 %", 0.2, 1.0)
        if boat:
            theirs = (self.folder / f"newsboat-{size}" / "cache.db").stat().st_size
            yield Row("bytes a story, full text and index", "B", kept / size, "newsboat", theirs / size, 0.85)


def _calm(terminal: Terminal, key: str, settle_s: float = 0.06) -> float:
    """One key on a screen that has come to rest."""
    terminal.settle(settle_s, patience_s=1.0)
    return terminal.key(key)


def main() -> int:
    """Run what was asked for and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default="", help="only the benchmarks with this in their name")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--sizes", default="10000,100000")
    options.add_argument("--json", type=Path, help="write the rows here, too")
    asked = options.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as folder:
        # An installed program is compiled once; here so is everything, whatever the machine's habits are.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = f"{folder}/compiled"
        bench = Bench(Path(folder), asked.runs, [int(size) for size in asked.sizes.split(",")])
        for name in ("start", "keys", "busy", "loads", "commands", "sizes_on_disk"):
            if asked.only in name:
                for row in getattr(bench, name)():
                    rows.append(row)
                    print(row.line(), flush=True)
    if asked.json:
        document = [{**asdict(row), "ratio": round(row.ratio, 4), "met": row.ratio <= row.budget} for row in rows]
        asked.json.write_text(json.dumps(document, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
