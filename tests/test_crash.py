"""SIGKILL at any moment, and several programs at once: nothing that was written is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from reader.library import Library
from reader.model import StoryFilter
from reader.settings import load
from tests.crash import FEEDS, Crashes, Press, all_headlines, refresh
from tests.webserver import Answer, Request, WebServer


def test_a_refresh_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    with WebServer() as web:
        crashes = Crashes(tmp_path / "home", web)
        for number in range(7):
            crashes.cycle(number)
        assert crashes.killed >= 4, "most of them were killed in the midst of their work"


def test_two_refreshes_and_a_stream_of_marks_at_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("[refresh]\nconcurrency = 3\n")
    with WebServer() as web:
        press = Press(web)
        (home / "feeds.opml").write_text(press.opml())
        library = Library(load(home))
        asyncio.run(_import_and_refresh(library, home / "feeds.opml"))
        ids = [headline.id for headline in all_headlines(library)]
        press.edition += 3
        _let_both_arrive_first(web, press)
        asked = len(web.requests)
        command = [sys.executable, "-m", "reader", "--home", str(home)]
        refreshes = [_started([*command, "refresh", "--all"]) for _ in range(2)]
        marks = _started([*command, "mark", "star", *map(str, ids[:5])])
        marked = set()
        while any(process.poll() is None for process in refreshes):
            story_id = ids[len(marked) % len(ids)]
            library.mark([story_id], read=True)
            marked.add(story_id)
        said = [process.communicate() for process in (*refreshes, marks)]
        assert [process.returncode for process in (*refreshes, marks)] == [0, 0, 0], said
        assert [err for _, err in said] == ["", "", ""]
        assert sorted(web.paths[asked:]) == sorted(f"/{n}.xml" for n in range(FEEDS)), "nothing is fetched twice"
        counted = [int(out.split(":")[1].split()[0]) for out, _ in said[:2]]
        assert sum(counted) == press.total() - len(ids), said
        headlines = all_headlines(library)
        assert len(headlines) == press.total()
        assert {headline.id for headline in headlines if headline.read} == marked
        assert {headline.id for headline in headlines if headline.starred} == set(ids[:5])
        assert library.totals().unread == library.count(StoryFilter(unread=True)) == len(headlines) - len(marked)
        assert all(finding.ok for finding in library.doctor())
        library.close()


async def _import_and_refresh(library: Library, opml: Path) -> None:
    await library.import_file(opml)
    await refresh(library)


def _let_both_arrive_first(web: WebServer, press: Press) -> None:
    """Answer nobody before both programs have asked; each asks one host twice at once and no more."""
    before = len(web.requests)

    def handler(number: int) -> None:
        async def answer(_: Request) -> Answer:
            while len(web.requests) < before + 3:
                await asyncio.sleep(0.005)
            return await press.answer(number)

        web.answer(f"/{number}.xml", answer)

    for number in range(FEEDS):
        handler(number)


def _started(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
