"""Several programs on one library, and programs that are killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

from reader.model import Counts, StoryFilter
from reader.store import Store
from tests.storing import NOW, all_is_well, fill

ROOT = Path(__file__).parent.parent
ROUNDS = 40
KILLS = 12
ALL = StoryFilter()


def writer(path: Path, name: str, *count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.store_jobs", str(path), name, *map(str, count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_programs_write_at_once_and_a_third_marks(tmp_path: Path) -> None:
    path = tmp_path / "library.db"  # It is not there yet: both make it.
    programs = [writer(path, name, ROUNDS) for name in ("one", "other")]
    for program in programs:
        assert program.stdout is not None
        program.stdout.readline()
    store = Store.open(path)
    mine = fill(store, 30, name="mine")
    ids = [headline.id for headline in store.headlines(StoryFilter(source_id=mine))]
    for story_id in ids:
        assert store.mark([story_id], later=True, now=NOW) == (story_id,)
    for program in programs:
        _, errors = program.communicate(timeout=60)
        assert (program.returncode, errors) == (0, "")
    assert store.totals() == Counts(
        stories=2 * 3 * ROUNDS + 30, unread=2 * 2 * ROUNDS + 30, starred=2 * ROUNDS, later=30
    )
    assert all_is_well(store)
    store.close()


def test_a_killed_writer_loses_nothing_that_it_committed(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    dice = random.Random(7)
    committed: set[int] = set()
    for kill in range(KILLS):
        program = writer(path, f"paper{kill}")
        assert program.stdout is not None
        committed.update(int(program.stdout.readline()) for _ in range(dice.randrange(1, 30)))
        program.send_signal(signal.SIGKILL)
        program.communicate()
        store = Store.open(path)
        starred = {headline.id for headline in store.headlines(StoryFilter(starred=True), limit=100_000)}
        assert committed <= starred
        assert all_is_well(store)
        listed = [store.story(headline.id).cluster or headline.id for headline in store.headlines(ALL, limit=100_000)]
        assert len(listed) == len(set(listed)), "and no story that all of them tell is listed twice"
        store.close()
    assert len(listed) < len(committed) * 3


def test_killed_while_it_makes_the_file(tmp_path: Path) -> None:
    for attempt in range(3):
        path = tmp_path / f"library{attempt}.db"
        program = writer(path, "paper")
        while not path.exists():
            assert program.poll() is None
        program.kill()
        program.communicate()
        store = Store.open(path)
        assert fill(store, 1)
        assert all_is_well(store)
        store.close()
