"""Several programs on one library at once, for as long as is wanted: no error, no lost mark, nothing twice.

    python -m tests.crowd --minutes 10 [--seed N]

Two programs do what an interface does, list, open and mark without a pause; `broadsheet refresh --all` runs as by cron,
on feeds that go on publishing; and `broadsheet mark` is called again and again. At the end every mark that was told to
be made is there, `doctor` finds nothing, and every story stands there once. `tests/test_store_crowd.py` runs seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from reader.library import Library
from reader.model import Position, StoryFilter
from reader.settings import load
from tests.crash import Memory, Press, refresh
from tests.webserver import WebServer

ROOT = Path(__file__).parent.parent
KINDS = ("read", "starred", "later")
COMMANDS = {"read": "read", "starred": "star", "later": "later"}


def look(home: Path, seed: int, seconds: float) -> None:
    """What an interface does, without a pause: a line for each mark that was made, and how long the slowest took."""
    dice, library = random.Random(seed), Library(load(home))
    until, slowest, unread = time.monotonic() + seconds, 0.0, StoryFilter(unread=True)
    while time.monotonic() < until:
        headlines = library.headlines(dice.choice((StoryFilter(), unread)), limit=80)
        library.sections()
        if not headlines:
            continue
        chosen, kind = dice.choice(headlines), dice.choice(KINDS)
        library.story(chosen.id)
        before = time.perf_counter()
        library.mark([chosen.id], **{kind: True})
        slowest = max(slowest, time.perf_counter() - before)
        print(chosen.id, kind, flush=True)
        library.set_position(chosen.id, Position(dice.randrange(9), 1))
        if dice.random() < 0.02:
            library.search("story")
    library.close()
    print(round(slowest * 1_000), "ms", flush=True)


@dataclass
class Crowd:
    """One library, and all who use it."""

    home: Path
    press: Press
    seed: int = 1
    memory: Memory = field(default_factory=Memory)
    refreshes: int = 0
    commands: int = 0
    marks: int = 0
    slowest_ms: int = 0
    faults: list[str] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        """Let them all work for so long, and look at what they leave. Raises AssertionError."""
        (self.home / "config").mkdir(parents=True)
        feeds = self.home / "feeds.opml"
        feeds.write_text(self.press.opml())
        library = Library(load(self.home))
        asyncio.run(self._begin(library, feeds))
        self.memory.compare(library)
        library.close()
        until = time.monotonic() + seconds
        looking = [
            self._started("-m", "tests.crowd", "look", str(self.home), str(self.seed + n), str(seconds)) for n in (1, 2)
        ]
        threads = [threading.Thread(target=work, args=(until,)) for work in (self._cron, self._stream)]
        for thread in threads:
            thread.start()
        said = [one.communicate() for one in looking]
        for thread in threads:
            thread.join()
        for process, (out, err) in zip(looking, said, strict=True):
            assert (process.returncode, err) == (0, ""), err
            self._remember(out)
        assert not self.faults, self.faults
        library = Library(load(self.home))
        try:
            outcomes = asyncio.run(refresh(library))
            assert not any(outcome.error or outcome.skipped for outcome in outcomes)
            self.memory.compare(library)
            assert len(self.memory.addresses) == self.press.total()
        finally:
            library.close()

    async def _begin(self, library: Library, feeds: Path) -> None:
        await library.import_file(feeds)
        await refresh(library)

    def _started(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, *words]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def _command(self, *words: str) -> bool:
        process = self._started("-m", "reader", "--home", str(self.home), *words)
        _, said = process.communicate()
        if process.returncode or said:
            self.faults.append(f"{' '.join(words)}: {process.returncode} {said}")
        return process.returncode == 0

    def _cron(self, until: float) -> None:
        while time.monotonic() < until:
            self.press.edition += 1
            self.refreshes += self._command("refresh", "--all")

    def _stream(self, until: float) -> None:
        dice, ids = random.Random(self.seed), sorted(self.memory.addresses)
        while time.monotonic() < until:
            story, kind = dice.choice(ids), dice.choice(KINDS)
            if self._command("mark", COMMANDS[kind], str(story)):
                self.commands += 1
                getattr(self.memory, kind).add(story)

    def _remember(self, out: str) -> None:
        *marks, slowest = out.splitlines()
        for line in marks:
            story, kind = line.split()
            getattr(self.memory, kind).add(int(story))
        self.marks += len(marks)
        self.slowest_ms = max(self.slowest_ms, int(slowest.split()[0]))

    def says(self) -> str:
        """What was done."""
        return (
            f"{self.marks} marks by two programs (the slowest {self.slowest_ms} ms), {self.commands} by commands, "
            f"{self.refreshes} refreshes, {len(self.memory.addresses)} stories: no error, no mark lost."
        )


def main() -> int:
    """Run for as long as was asked for, and say how it went."""
    if sys.argv[1:2] == ["look"]:
        look(Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
        return 0
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="broadsheet-crowd-") as folder, WebServer() as web:
        crowd = Crowd(Path(folder) / "home", Press(web), asked.seed)
        crowd.run(asked.minutes * 60)
        print(crowd.says())
    return 0


if __name__ == "__main__":
    sys.exit(main())
