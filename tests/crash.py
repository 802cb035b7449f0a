"""Kill a refresh where it stands, again and again, and look whether the library keeps every promise.

    python -m tests.crash --cycles 500 [--seed N]

Each cycle publishes new and changed stories, starts `broadsheet refresh --all`, marks stories meanwhile, and kills the
process by SIGKILL at a moment told by its progress: when the web has been asked so many times, or when the library has
grown by so many pages. Then the library is opened: `doctor` must find nothing, no story that was ever seen may be
missing, no mark lost; and the next refresh must bring exactly what was published. It takes one to two seconds a cycle;
`tests/test_crash.py` runs a few cycles, the long run is for releases.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from reader.library import Library
from reader.model import Headline, Outcome, StoryFilter
from reader.settings import Settings, load
from tests.webserver import Answer, WebServer

FEEDS = 10
LISTED = 12
"""Entries of one document: the newest."""
LATENCY_S = 0.01
PATIENCE_S = 30
EVERYTHING = StoryFilter()


@dataclass
class Press:
    """Publishes feeds on a web server; each edition has some stories more and some changed."""

    web: WebServer
    edition: int = 0

    def __post_init__(self) -> None:
        for number in range(FEEDS):
            self.web.answer(f"/{number}.xml", lambda _, number=number: self.answer(number))  # type: ignore[misc]

    async def answer(self, number: int) -> Answer:
        """The feed as it stands, after a while: so that a refresh has many moments at which it may end."""
        await asyncio.sleep(LATENCY_S)
        return Answer(self.document(number), media_type="application/rss+xml")

    def count(self, number: int) -> int:
        """Stories that a feed has ever had."""
        return 6 + self.edition * (1 + number % 3)

    def total(self) -> int:
        """Stories of all feeds."""
        return sum(self.count(number) for number in range(FEEDS))

    def document(self, number: int) -> bytes:
        """RSS 2.0; the third story from the top is another one each time, and has been rewritten."""
        count = self.count(number)
        items = []
        for n in range(count - 1, max(-1, count - 1 - LISTED), -1):
            rewritten = f", rewritten for edition {self.edition}" if n == count - 3 else ""
            body = f"<p>Story {n} of paper {number}{rewritten}.</p>" + "<p>It goes on for a while.</p>" * 40
            items.append(
                f"<item><title>Paper {number}, story {n}{rewritten}</title><guid>urn:{number}:{n}</guid>"
                f"<link>http://paper{number}.example/{n}</link><description><![CDATA[{body}]]></description></item>"
            )
        return f'<rss version="2.0"><channel><title>Paper {number}</title>{"".join(items)}</channel></rss>'.encode()

    def opml(self) -> str:
        """All feeds, in three sections."""
        rows = "".join(
            f'<outline text="Section {n % 3}">'
            f'<outline type="rss" text="Paper {n}" xmlUrl="{self.web.url(f"/{n}.xml")}"/></outline>'
            for n in range(FEEDS)
        )
        return f'<opml version="2.0"><head/><body>{rows}</body></opml>'


@dataclass
class Memory:
    """What the library has been seen to hold; none of it may ever be otherwise."""

    addresses: dict[int, str] = field(default_factory=dict)
    read: set[int] = field(default_factory=set)
    starred: set[int] = field(default_factory=set)
    later: set[int] = field(default_factory=set)

    def compare(self, library: Library) -> None:
        """Raises AssertionError when something was lost; remembers what is new."""
        for finding in library.doctor():
            assert finding.ok or finding.subject == "sources", finding
        headlines = all_headlines(library)
        addresses = {story.id: story.item.url for story in library.stories(EVERYTHING)}
        lost = self.addresses.items() - addresses.items()
        assert not lost, f"lost: {sorted(lost)[:5]}"
        assert len(set(addresses.values())) == len(addresses), "a story is there twice"
        self.addresses = addresses
        for name in ("read", "starred", "later"):
            seen = {headline.id for headline in headlines if getattr(headline, name)}
            assert seen == getattr(self, name), f"{name}: {sorted(seen ^ getattr(self, name))[:5]}"

    def mark(self, library: Library, story_id: int, kind: str) -> None:
        """Mark one story, and remember it once that is done."""
        library.mark([story_id], **{kind: True})
        getattr(self, kind).add(story_id)


def all_headlines(library: Library) -> list[Headline]:
    """Every row of the latest list."""
    return list(library.headlines(EVERYTHING, limit=1_000_000))


async def refresh(library: Library) -> list[Outcome]:
    """Everything, to the end."""
    try:
        return [outcome async for outcome in library.refresh(everything=True)]
    finally:
        await library.hang_up()


class Crashes:
    """One library, one web, and as many crashes as wanted."""

    def __init__(self, home: Path, web: WebServer, seed: int = 1) -> None:
        self.settings: Settings = load(home)
        self.web = web
        self.press = Press(web)
        self.memory = Memory()
        self.random = random.Random(seed)
        self.grown = 150_000
        """Bytes of the log that a whole refresh writes: the most that was seen."""
        self.killed = 0
        """Processes that were really killed, and had not ended before."""
        library = Library(self.settings)
        (home / "config").mkdir(parents=True, exist_ok=True)
        (home / "feeds.opml").write_text(self.press.opml())
        try:
            asyncio.run(self._begin(library, home / "feeds.opml"))
            self.memory.compare(library)
        finally:
            library.close()

    async def _begin(self, library: Library, opml: Path) -> None:
        await library.import_file(opml)
        await refresh(library)

    def moment(self, *, by_requests: bool) -> Callable[[], bool]:
        """When to kill: after so many requests, or at so many bytes in the library's log."""
        log = self.settings.folders.library_file.with_name("broadsheet.db-wal")
        asked = len(self.web.requests)
        requests, share = self.random.randrange(1, FEEDS + 1), self.random.random()

        def grown() -> bool:
            size = _size(log)
            self.grown = max(self.grown, size)
            return size >= share * self.grown

        return (lambda: len(self.web.requests) >= asked + requests) if by_requests else grown

    def cycle(self, number: int) -> None:
        """Publish, refresh, kill, look, refresh; in every third cycle with marks meanwhile."""
        self.press.edition += 1
        with_marks = number % 3 == 0
        reached = self.moment(by_requests=with_marks)
        command = [sys.executable, "-m", "reader", "--home", str(self.settings.folders.data.parent), "refresh", "--all"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            self._mark_until(lambda: reached() or process.poll() is not None, marking=with_marks)
            process.kill()
            _, said = process.communicate()
        self.killed += process.returncode < 0
        assert process.returncode in (0, -9), f"ended by itself with {process.returncode}: {said}"
        assert "Traceback" not in said, said
        library = Library(self.settings)
        try:
            self.memory.compare(library)
            outcomes = asyncio.run(refresh(library))
            assert [outcome.error for outcome in outcomes] == [""] * FEEDS
            assert not any(outcome.skipped for outcome in outcomes), "a lock outlived its holder"
            self.memory.compare(library)
            assert len(self.memory.addresses) == self.press.total()
        finally:
            library.close()

    def _mark_until(self, done: Callable[[], bool], *, marking: bool) -> None:
        """Mark stories until it is time, or only wait: then the refresh alone has the file open."""
        until = time.monotonic() + PATIENCE_S
        library = Library(self.settings)
        ids = sorted(self.memory.addresses)
        try:
            while not done():
                assert time.monotonic() < until, "the moment never came"
                if marking:
                    self.memory.mark(library, self.random.choice(ids), self.random.choice(["read", "starred", "later"]))
                time.sleep(0.001)
        finally:
            library.close()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def main() -> int:
    """Run the cycles that were asked for, and say how it went."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cycles", type=int, default=500)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="broadsheet-crash-") as folder, WebServer() as web:
        crashes = Crashes(Path(folder), web, asked.seed)
        for number in range(asked.cycles):
            crashes.cycle(number)
            if number % 10 == 9:
                print(
                    f"{number + 1} cycles, {crashes.killed} killed, {len(crashes.memory.addresses)} stories, all well"
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
