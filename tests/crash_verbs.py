"""Kill whatever writes where it stands, but for refreshes, and look whether the library keeps every promise.

    python -m tests.crash_verbs --cycles 200 [--seed N]

The counterpart of `tests.crash`, which kills refreshes: here it is marks, imports, migrations, upgrades of libraries of
older versions, repairs, stories that meet in several sources, and visits to a sync server. Each cycle starts one of
these as a process of its own, waits until it has begun, and kills it by SIGKILL at a moment drawn from what the same
work took before. Then the file must be whole, with all of the work in it or nothing of it, or in a sync visit what was
marked; and done once more, the work must come to its end.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from reader.library import Library
from reader.model import StoryFilter, Subscription
from reader.settings import load
from reader.store import Store, keepsake, schema
from reader.text import SafeText, safe_url
from tests.damage import make
from tests.older import OLDER, make_older
from tests.storing import HOUR, NOW, all_is_well, an_arrival, an_item, deliver, follow
from tests.syncserver import PASSWORD, USER, SyncServer

ROOT = Path(__file__).parent.parent
IMPORTED = 400
COPIERS, COPIED = ("courier", "herald"), 200
SYNCED = 60
"""Stories that the sync server has more in each cycle."""
OURS = schema.VERSION
MIGRATION = """
    ALTER TABLE stories ADD COLUMN remote_id TEXT;
    UPDATE stories SET remote_id = hex(randomblob(400));
    CREATE INDEX stories_remote ON stories (remote_id)"""


# What is killed


def mark(home: Path, seed: int) -> None:
    """Star story after story, and say so once it is done."""
    library, dice = Library(load(home)), random.Random(seed)
    ids = [headline.id for headline in library.headlines(StoryFilter(), limit=1_000)]
    while True:
        story_id = dice.choice(ids)
        library.mark([story_id], starred=True)
        print(story_id, flush=True)


def import_(home: Path, seed: int) -> None:
    """Follow many at once."""
    with closing(Store.open(load(home).folders.library_file)) as store:
        store.add_subscriptions(_wanted(seed))


def _wanted(seed: int) -> list[Subscription]:
    addresses = [safe_url(f"https://paper{seed}.example/{number}") for number in range(IMPORTED)]
    return [Subscription(0, "feed", address, SafeText("A paper"), SafeText("New")) for address in addresses]


def migrate(home: Path, seed: int) -> None:
    """Open the library with a program that is newer by one version."""
    schema.VERSION, schema.MIGRATIONS[OURS] = OURS + 1, MIGRATION
    Store.open(load(home).folders.library_file).close()


def repair(home: Path, seed: int) -> None:
    """What `doctor --repair` does."""
    library = Library(load(home))
    library.doctor(repair=True)
    library.close()


def upgrade(home: Path, seed: int) -> None:
    """Open a library of an older version."""
    Store.open(load(home).folders.library_file).close()


def join(home: Path, seed: int) -> None:
    """Bring the stories of another paper once more, by two sources; then lose one of these, and take that back."""
    with closing(Store.open(load(home).folders.library_file)) as store:
        for name in COPIERS:
            source_id = follow(store, name).id
            deliver(store, source_id, *(an_arrival(an_item(n), age=HOUR * n) for n in range(1, COPIED + 1)))
        store.mark(range(1, COPIED, 2), read=True, now=NOW)
        store.remove_subscription(source_id, now=NOW)
        store.undo(NOW)


def sync(home: Path, seed: int) -> None:
    """Visit the sync server."""

    async def visit(library: Library) -> list[str]:
        try:
            return [outcome.error async for outcome in library.refresh(everything=True)]
        finally:
            await library.hang_up()

    with closing(Library(load(home))) as library:
        assert asyncio.run(visit(library)) == [""]


VERBS: dict[str, Callable[[Path, int], None]] = {
    "mark": mark,
    "import": import_,
    "migrate": migrate,
    "upgrade": upgrade,
    "repair": repair,
    "join": join,
    "sync": sync,
}


# Killing


class VerbCrashes:
    """One library, and as many killed processes as wanted."""

    def __init__(self, home: Path, server: SyncServer, seed: int = 1) -> None:
        self.home, self.server = home, server
        self.path = load(home).folders.library_file
        self.random = random.Random(seed)
        self.took_s: dict[str, float] = {}
        self.killed: Counter[str] = Counter()
        make(self.path, 300)
        with closing(Store.open(self.path)) as store:
            store.keep_daily(NOW)
            self.starred = {headline.id for headline in store.headlines(StoryFilter(starred=True), limit=1_000)}
            self.stories = store.totals().stories
            self.sources = len(store.subscriptions())

    def cycle(self, number: int) -> None:
        """Kill one of them, and look."""
        name = list(VERBS)[number % len(VERBS)]
        getattr(self, f"_{name}")(number)

    def _run(self, name: str, home: Path, seed: int, *, to_the_end: bool = False) -> list[str]:
        """What it said until it was killed, or until its end."""
        command = [sys.executable, "-m", "tests.crash_verbs", "do", name, str(home), str(seed)]
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdout.readline()
            began = time.monotonic()
            process.stdin.write("\n")
            process.stdin.flush()
            if not to_the_end:
                time.sleep(self.random.random() * self.took_s.get(name, 0.2) * 1.2)
                process.kill()
            out, err = process.communicate()
            if to_the_end:
                self.took_s[name] = time.monotonic() - began
            assert process.returncode == (0 if to_the_end or process.returncode >= 0 else -9), err
            self.killed[name] += process.returncode < 0
            return out.splitlines()

    def _look(self, path: Path, sources: int, more: int = 0) -> None:
        with closing(Store.open(path)) as store:
            assert all_is_well(store), store.check()
            assert store.totals().stories == self.stories + more
            assert len(store.subscriptions()) == sources
            starred = {headline.id for headline in store.headlines(StoryFilter(starred=True), limit=1_000)}
            assert starred >= self.starred, f"lost: {self.starred - starred}"
            self.starred = starred if path == self.path else self.starred

    def _mark(self, number: int) -> None:
        said = self._run("mark", self.home, number)
        self.starred.update(map(int, said))
        self._look(self.path, self.sources)

    def _import(self, number: int) -> None:
        self._run("import", self.home, number)
        with closing(Store.open(self.path)) as store:
            now = len(store.subscriptions())
        assert now in (self.sources, self.sources + IMPORTED), "all of a file or nothing"
        self._look(self.path, now)
        self._run("import", self.home, number, to_the_end=True)
        self.sources += IMPORTED
        self._look(self.path, self.sources)
        with closing(Store.open(self.path)) as store:  # The next ones are not to take longer and longer.
            for row in store.subscriptions()[2:]:
                if row.subscription.title == "A paper":
                    store.remove_subscription(row.subscription.id, now=datetime.now(UTC))
            self.sources = len(store.subscriptions())

    def _copied(self, number: int) -> tuple[Path, Path]:
        home = self.home.with_name(f"copy-{number}")
        path = load(home).folders.library_file
        path.parent.mkdir(parents=True)
        shutil.copyfile(self.path, path)
        return home, path

    def _migrate(self, number: int) -> None:
        home, path = self._copied(number)
        before = path.read_bytes()
        self._run("migrate", home, number)
        backup = path.with_name(f"{path.name}.before-version-{OURS + 1}")
        if path.read_bytes()[60:64] == OURS.to_bytes(4, "big") and not path.with_name(f"{path.name}-wal").exists():
            assert path.read_bytes() == before
        if backup.exists():
            self._look(backup, self.sources)
        self._run("migrate", home, number, to_the_end=True)
        assert path.read_bytes()[60:64] == (OURS + 1).to_bytes(4, "big")
        self._look(backup, self.sources)
        shutil.rmtree(home)

    def _upgrade(self, number: int) -> None:
        home, path = self._copied(number)
        path.unlink()
        version = OLDER[number // len(VERBS) % len(OLDER)]
        make_older(self.path, path, version)
        before = path.read_bytes()
        self._run("upgrade", home, number)
        if path.read_bytes()[60:64] == version.to_bytes(4, "big") and not path.with_name(f"{path.name}-wal").exists():
            assert path.read_bytes() == before
        self._look(path, self.sources)
        self._run("upgrade", home, number, to_the_end=True)
        assert path.read_bytes()[60:64] == OURS.to_bytes(4, "big")
        shutil.rmtree(home)

    def _join(self, number: int) -> None:
        home, path = self._copied(number)
        self._run("join", home, number)
        self._look_at_copies(path)
        self._run("join", home, number, to_the_end=True)
        assert self._look_at_copies(path) == [COPIED, COPIED]
        shutil.rmtree(home)

    def _look_at_copies(self, path: Path) -> list[int]:
        """All of a visit or nothing, and no story twice in the lists; how many came with each visit."""
        with closing(Store.open(path)) as store:
            rows = {row.subscription.title: row for row in store.subscriptions()}
            came = [rows[name.title()].counts.stories for name in COPIERS if name.title() in rows]
        assert set(came) <= {0, COPIED}
        self._look(path, len(rows), more=came.count(COPIED))  # two of the paper's stories are under one address
        return came

    def _sync(self, number: int) -> None:
        """What either side marked is so on both in the end, and what was marked here is so at every moment."""
        home, server = self.home.with_name("synced"), self.server
        if not server.feeds:
            _set_up(home, server)
        news = [
            server.add_story(feed, f"Story {number} {n} of {feed}", age_s=60 * n, starred=n % 9 == 0)
            for feed in server.feeds
            for n in range(SYNCED // len(server.feeds))
        ]
        with closing(Library(load(home))) as library:
            ours = {row.title: row.id for row in library.headlines(StoryFilter(), limit=100_000)}
            titles = self.random.sample(sorted(ours), min(40, len(ours)))
            library.mark([ours[title] for title in titles[:20]], read=True)
            library.mark([ours[title] for title in titles[20:]], starred=True)
        for story in server.stories.values():
            story.read = story.read or (story.title not in titles and self.random.random() < 0.1)
        self._run("sync", home, number)
        self._look_at_synced(home, titles)
        self._run("sync", home, number, to_the_end=True)
        here = self._look_at_synced(home, titles)
        there = {story.title: (story.read, story.starred) for story in server.stories.values()}
        assert here == there, sorted(here.items() ^ there.items())[:5]
        assert len(news) == SYNCED

    def _look_at_synced(self, home: Path, marked: list[str]) -> dict[str, tuple[bool, bool]]:
        with closing(Library(load(home))) as library:
            assert all(one.ok for one in library.doctor() if one.subject not in ("sync", "sources")), library.doctor()
            rows = library.headlines(StoryFilter(), limit=100_000)
        states = {row.title: (row.read, row.starred) for row in rows}
        assert len(states) == len(rows), "a story is there twice"
        assert all(states[title][0] for title in marked[:20])
        assert all(states[title][1] for title in marked[20:])
        return states

    def _repair(self, number: int) -> None:
        home, path = self._copied(number)
        data = bytearray(path.read_bytes())
        page = self.random.randrange(1, len(data) // 4096) * 4096
        data[page : page + 4096] = b"\xaa" * 4096
        path.write_bytes(data)
        shutil.copyfile(keepsake.path_for(self.path, NOW), keepsake.path_for(path, NOW))
        self._run("repair", home, number)
        assert path.exists(), "the damaged file or the new one, never neither"
        if path.read_bytes() != data:
            self._in_order(path)
        self._run("repair", home, number, to_the_end=True)
        self._in_order(path)
        asides = [file for file in path.parent.glob(f"{path.name}.damaged-*") if not file.name.endswith("-wal")]
        assert not asides or any(file.read_bytes() == data for file in asides)
        shutil.rmtree(home)

    def _in_order(self, path: Path) -> None:
        with closing(Store.open(path)) as store:
            assert all_is_well(store), store.check()


def _set_up(home: Path, server: SyncServer) -> None:
    """A home with that server in its config, which follows three feeds."""
    secret, config = home / "secret", home / "config" / "config.toml"
    config.parent.mkdir(parents=True)
    secret.write_text(PASSWORD, "utf-8")
    secret.chmod(0o600)
    config.write_text(f'[sync]\nserver = "{server.address}"\nuser = "{USER}"\npassword_file = "{secret}"\n', "utf-8")
    for n in range(3):
        server.add_feed(f"http://paper{n}.example/feed", f"Paper {n}", f"Section {n}")


def main() -> int:
    """Run the cycles that were asked for, and say how it went."""
    if sys.argv[1:2] == ["do"]:
        print("ready", flush=True)
        sys.stdin.readline()
        VERBS[sys.argv[2]](Path(sys.argv[3]), int(sys.argv[4]))
        return 0
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cycles", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="broadsheet-crash-") as folder, SyncServer() as server:
        crashes = VerbCrashes(Path(folder) / "home", server, asked.seed)
        for number in range(asked.cycles):
            crashes.cycle(number)
            if number % 20 == 19:
                killed = ", ".join(f"{count} {name}" for name, count in crashes.killed.items())
                print(f"{number + 1} cycles, killed: {killed}; all well", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
