"""Search as you type while the library is written to: the same keys when nothing happens, and during a refresh."""

from __future__ import annotations

import re
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

import apsw

from reader.settings import folders
from tests.bench import libraries
from tests.bench.programs import Ours, fetch, library, news
from tests.bench.rows import COUNTED_AFTER_S, Bench, Row, open_list
from tests.bench.terminal import Terminal

STORIES = 200_000
ENTRIES = 50
"""New stories of each source: enough to be busy for a while."""
WORDS = ("committee", libraries.WORD_OF_ALL, "cathedral", libraries.RARE_WORD, "timetable", "orchestra")
LETTERS = 3
"""From which on it is searched."""
FOUND = r"At least \d+ stories"
COUNTED = r"(?m)^  (?:\d[\d,]* stor(?:y|ies), the newest first\.|Nothing was found\.)"
LOOKING = r"\d[\d,]* of [\d,]+"


def busy_search(bench: Bench) -> Iterator[Row]:
    """Key to results, three letters or more, with two hundred thousand stories, while thousands more come in."""
    kept = library(bench.kept, STORIES)
    ours = Ours(bench.folder / "busy-search")
    shutil.copytree(kept.home / "data", ours.home / "data", dirs_exist_ok=True)
    sources = STORIES // libraries.A_SOURCE
    with (
        news(sources, ENTRIES, 20, first=1_000_000) as address,
        Terminal(_follow(ours, fetch(f"{address}/urls"))) as terminal,
    ):
        open_list(terminal)
        _, idle = (  # the first time warms what any reader's second search finds warm
            [took for word in WORDS for took in _typed(terminal, word)] for _ in range(2)
        )
        terminal.press("R")
        terminal.wait(LOOKING, patience_s=30)
        during: list[float] = []
        for word in WORDS * 3:
            took = _typed(terminal, word)
            if not re.search(LOOKING, terminal.text()):
                break  # it ended meanwhile
            during += took
    if not during:
        raise RuntimeError("the refresh was over before a word was written")
    sys.stderr.write(f"  {len(during)} keys while it ran, the worst {max(during):.0f} ms\n")
    what = f"search while a refresh runs, {STORIES:,}"
    for name, at in (("p50", statistics.median), ("p95", _p95)):
        yield Row(f"{what}, {name}", "ms", at(during), "25 ms", 25, 1.0)
        yield Row(f"{what}, {name}", "ms", at(during), "the same keys, idle", at(idle), 1.5)


def _follow(ours: Ours, urls: str) -> list[str]:
    """Have the sources of the library be where our server is; the command of its reader."""
    with apsw.Connection(str(folders(ours.home).library_file)) as db:
        db.executemany(
            "UPDATE subscriptions SET url = ?, address = ?, host = ?, typed_host = ? WHERE id = ?",
            (
                (url, url.partition("://")[2], host, host, number)
                for number, url in enumerate(urls.split(), 1)
                if (host := urlsplit(url).hostname)
            ),
        )
    db.close()
    return ours.command


def _typed(terminal: Terminal, word: str) -> list[float]:
    """What each key of a word took that brings results; back on the paper afterwards."""
    took = []
    terminal.press("g/")
    terminal.wait("how to write")
    for at, letter in enumerate(word, 1):
        if at > LETTERS:
            terminal.wait(COUNTED, patience_s=60)
        terminal.settle(0.1)
        if at < LETTERS:
            terminal.press(letter)
        elif word == libraries.RARE_WORD:  # too few to be counted: nothing is drawn after them
            took.append(terminal.last_byte(partial(terminal.press, letter), quiet_s=0.5))
        else:
            took.append(_to_results(terminal, letter))
    terminal.press("\x1b")
    terminal.settle(0.3)
    return took


def _to_results(terminal: Terminal, letter: str) -> float:
    """Milliseconds from a key to the last byte of its results, before they are counted."""
    sent = time.perf_counter()
    terminal.press(letter)
    drawn = terminal.wait(FOUND, since=sent)
    while (at := terminal.next_chunk(COUNTED_AFTER_S / 2)) is not None:
        drawn = (at - sent) * 1000
    return drawn


def _p95(times: list[float]) -> float:
    return sorted(times)[min(len(times) - 1, len(times) * 95 // 100)]
