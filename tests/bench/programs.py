"""The programs that are measured, each in a folder of its own: Broadsheet, newsboat, a bare Textual program."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reader.store import schema
from tests.bench import libraries
from tests.bench.terminal import Terminal

READER = [sys.executable, "-c", "import sys; from reader.__main__ import main; sys.exit(main())"]
"""What the installed command does; `-m` would add what Python needs to find a module."""
BARE = [sys.executable, "-m", "tests.bench.bare_textual"]
NEWSBOAT = shutil.which("newsboat")
HEADLINE = r"· Feed \d"
"""The line under a headline of the list, whether the story is read or not."""
BARE_ROW, NEWSBOAT_ROW = r"ROW 0\.0", r"Feed \d{4}"


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


def fetch(url: str) -> str:
    """A text from our own server."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def timed(command: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of a command and its children."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def first(command: list[str], pattern: str) -> float:
    """Milliseconds from the command to something on the screen."""
    with Terminal(command) as terminal:
        return terminal.wait(pattern, patience_s=300)


class Newsboat:
    """newsboat with the same subscriptions, in a folder of its own."""

    def __init__(self, folder: Path, urls: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "urls").write_text(urls)
        (folder / "config").write_text("reload-threads 20\nauto-reload no\nsuppress-first-reload yes\nmax-items 0\n")
        self.cache = folder / "cache.db"
        paths = ["-u", folder / "urls", "-c", self.cache, "-C", folder / "config"]
        self.command = [NEWSBOAT or "newsboat", *map(str, paths)]

    def reload(self) -> tuple[float, float]:
        """Fetch everything; wall and processor seconds."""
        return timed([*self.command, "-x", "reload"])


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
        self.home, self.command = home, [*READER, "--home", str(home)]
        (home / "config").mkdir(parents=True, exist_ok=True)
        (home / "config" / "config.toml").write_text("[refresh]\nautomatic = false\n")
        if opml:
            (home / "feeds.opml").write_text(opml)
            self.import_seconds = timed([*self.command, "import", str(home / "feeds.opml")])[0]

    def reload(self) -> tuple[float, float]:
        """Fetch everything; wall and processor seconds."""
        return timed([*self.command, "refresh", "--all"])

    def first_load(self) -> tuple[float, float]:
        """Fetch everything: wall seconds until all can be read, processor seconds until all is indexed."""
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        with subprocess.Popen([sys.executable, "-c", FIRST_LOAD, str(self.home)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            readable = time.perf_counter() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return readable, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    @property
    def kept_screen(self) -> Path:
        """What the last reader left for the next start."""
        return self.home / "cache" / "last-screen"

    @property
    def bytes_kept(self) -> int:
        """Of the library file and its log."""
        return sum(path.stat().st_size for path in (self.home / "data").glob("broadsheet.db*"))

    def read_and_leave(self) -> None:
        """Open the paper and leave it, as a reader does: its screen is kept."""
        with Terminal(self.command) as terminal:
            terminal.wait(HEADLINE)
            terminal.settle(1.0)
            os.write(terminal.handle, b"Q")
            os.waitid(os.P_PID, terminal.child, os.WEXITED | os.WNOWAIT)
        if not self.kept_screen.exists():
            raise RuntimeError("no screen was kept")

    def live(self) -> float:
        """Milliseconds to the first headline without a kept screen."""
        self.kept_screen.unlink(missing_ok=True)
        return first(self.command, HEADLINE)


def library(kept: Path, stories: int) -> Ours:
    """Broadsheet with so many stories; built once and found again by the next run."""
    return _built(kept / f"broadsheet-{schema.VERSION}-{stories}", libraries.build, stories)


def long_reads(kept: Path, length: int) -> Ours:
    """Broadsheet with stories of so many words, kept likewise."""
    return _built(kept / f"broadsheet-{schema.VERSION}-words-{length}", libraries.build_of_length, length)


def _built(home: Path, build: Callable[[Path, int], None], size: int) -> Ours:
    if not home.exists():
        building = home.with_name(f"{home.name}.building")
        shutil.rmtree(building, ignore_errors=True)
        build(building, size)
        building.rename(home)
    return Ours(home)


def newsboat(kept: Path, stories: int) -> Newsboat:
    """newsboat with the same stories, and with the ANALYZE that makes its start bearable."""
    folder = kept / f"newsboat-{stories}"
    if not (folder / "cache.db").exists():
        building = kept / f"{folder.name}.building"
        shutil.rmtree(building, ignore_errors=True)
        boat = Newsboat(building, "".join(f"{libraries.feed_url(n)}\n" for n in range(stories // libraries.A_SOURCE)))
        timed([*boat.command, "-x", "print-unread"])  # so that it makes its tables
        libraries.fill_newsboat(boat.cache, stories)
        building.rename(folder)
    return Newsboat(folder, (folder / "urls").read_text())
