"""The library's coroutines through a process of their own: answers, errors, ends, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from reader import newsroom as newsroom_module
from reader import refresh as refresh_module
from reader.errors import BlockedError, FetchError, NotFoundError, OfflineError, ParseError, ReaderError
from reader.library import Library
from reader.model import Outcome, Picture, StoryFilter, TextKind
from reader.newsroom import Newsroom
from reader.settings import Settings, load
from reader.text import MAX_BODY, SafeText, SafeUrl
from tests.test_library import RSS, entry, feed, follow, page, visit, visit_one
from tests.webserver import Answer, Request, WebServer, Wire

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked at through /proc")


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(tmp_path / "home")


@pytest.fixture
async def newsroom(settings: Settings) -> AsyncIterator[Newsroom]:
    made = Newsroom(settings)
    yield made
    await made.hang_up()
    made.close()
    gc.collect()  # What was not given back would be a ResourceWarning here, and so an error.
    assert children_of(os.getpid()) == []


def children_of(pid: int) -> list[int]:
    """The processes that it started and that are still there, zombies too."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def newsroom_pid(newsroom: Newsroom) -> int:
    """The process that is at work for it."""
    assert newsroom._line is not None
    return newsroom._line.process.pid


async def until_gone(*pids: int) -> None:
    """Until none of these processes is there any more."""
    async with asyncio.timeout(20):
        while any(Path(f"/proc/{pid}").exists() for pid in pids):
            await asyncio.sleep(0.01)


async def test_every_verb(newsroom: Newsroom, web: WebServer, tmp_path: Path) -> None:
    web.page("/story", page("Ferry 1 sails again this winter"))
    web.page("/feed.xml", feed(entry(1, link=web.url("/story"))), media_type=RSS, etag='"1"')
    web.page("/other.xml", feed(2, 1, title="Other"), media_type=RSS)
    subscription = await follow(newsroom, web.url("/feed.xml"), section=SafeText("Sea"), title=SafeText("Mine"))
    assert (subscription.id, subscription.title, subscription.section) == (1, "Mine", "Sea")
    assert subscription.health.last_ok_at is not None
    assert web.paths == ["/feed.xml"]

    file = tmp_path / "feeds.opml"
    file.write_text(f'<opml version="2.0"><body><outline text="O" xmlUrl="{web.url("/other.xml")}"/></body></opml>')
    report = await newsroom.import_file(file)
    assert (report.added, report.known, report.rejected) == (1, 0, ())

    outcomes = {outcome.source_id: outcome for outcome in await visit(newsroom)}
    assert outcomes[1].unchanged
    assert (outcomes[2].new, outcomes[2].total) == (2, 2)
    assert {outcome.done for outcome in outcomes.values()} == {1, 2}

    story = await newsroom.full_story(1)
    assert story.text is TextKind.FULL
    assert story == newsroom.story(1), "what crosses the pipe is what is in the library"
    assert newsroom.export_opml().count("<outline type") == 2


async def test_the_sample_edition(newsroom: Newsroom) -> None:
    sources = await newsroom.subscribe_sample()
    assert len(sources) > 1
    assert newsroom.totals().stories >= 24


async def test_errors_arrive_as_they_were(
    newsroom: Newsroom, settings: Settings, web: WebServer, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match="There is no story 99"):
        await newsroom.full_story(99)
    with pytest.raises(ParseError, match="no address"):
        await newsroom.discover("gopher://gazette.example/")
    with pytest.raises(FetchError, match="refused"):
        await newsroom.discover("http://127.0.0.1:1/")
    with pytest.raises(ReaderError, match="could not be read"):
        await newsroom.import_file(tmp_path / "none.opml")
    web.page("/feed.xml", feed(entry(1, link="http://127.0.0.9:1/secret")), media_type=RSS)
    await follow(newsroom, web.url("/feed.xml"))
    with pytest.raises(BlockedError, match="private"):
        await newsroom.full_story(1)
    away = Newsroom(replace(settings, offline=True))
    try:
        with pytest.raises(OfflineError):
            await away.full_story(1)
        assert (await visit_one(away)).offline
    finally:
        await away.hang_up()
        away.close()


async def test_several_at_once_in_one_process(newsroom: Newsroom, web: WebServer) -> None:
    for n in range(4):
        web.page(f"/{n}.xml", feed(1, title=f"Paper {n}"), media_type=RSS)
    found = await asyncio.gather(*(newsroom.discover(web.url(f"/{n}.xml")) for n in range(4)))
    assert [candidates[0].title for candidates in found] == [f"Paper {n}" for n in range(4)]
    assert children_of(os.getpid()) == [newsroom_pid(newsroom)]
    await asyncio.gather(*(newsroom.subscribe(candidates[0]) for candidates in found))
    held, go_on = threads_event(web, "/0.xml")
    slow = asyncio.create_task(visit_one(newsroom, newsroom.source_id(web.url("/0.xml"))))
    await held.wait()
    assert (await visit_one(newsroom, newsroom.source_id(web.url("/1.xml")))).unchanged, "a slow one holds up nobody"
    go_on.set()
    assert (await slow).new == 1


def threads_event(web: WebServer, path: str) -> tuple[asyncio.Event, asyncio.Event]:
    """Let a path answer a feed of two stories only once told; the first event is set when it is asked."""
    held, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def answer(_: Request) -> Answer:
        loop.call_soon_threadsafe(held.set)
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        return Answer(feed(2, 1), media_type=RSS)

    web.answer(path, answer)
    return held, go_on


def hold_forever(web: WebServer, path: str) -> asyncio.Event:
    """Let a path never answer; the event is set when it is asked."""
    reached = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def forever(wire: Wire) -> None:
        loop.call_soon_threadsafe(reached.set)
        await wire.until_hung_up()

    web.script(path, forever)
    return reached


async def test_closing_a_refresh_ends_the_work_there(newsroom: Newsroom, web: WebServer) -> None:
    for n in range(3):
        web.page(f"/{n}.xml", feed(n + 1, title=str(n)), media_type=RSS)
        await follow(newsroom, web.url(f"/{n}.xml"))
    web.page("/0.xml", feed(11, 1), media_type=RSS)
    reached = hold_forever(web, "/1.xml")
    hold_forever(web, "/2.xml")
    refresh = newsroom.refresh((1, 2, 3))
    assert (await anext(refresh)).new == 1  # type: ignore[arg-type]
    await reached.wait()
    await refresh.aclose()  # type: ignore[attr-defined]
    for n in (1, 2):
        web.page(f"/{n}.xml", feed(n + 11, n + 1, title=str(n)), media_type=RSS)
    async with asyncio.timeout(20):
        while (outcome := await visit_one(newsroom, 2)).skipped:
            await asyncio.sleep(0.01)  # Until the visit that was ended has given its source back.
    assert outcome.new == 1
    assert newsroom.source(2).health.failures == 0, "what was ended is no failure"
    assert children_of(os.getpid()) == [newsroom_pid(newsroom)], "and the process is the same"


@pytest.fixture
async def library(settings: Settings) -> AsyncIterator[Library]:
    made = Library(settings)
    yield made
    await made.hang_up()
    made.close()


async def somebody_waits(library: Library) -> None:
    """Until a step of the refresh stands aside."""
    way = library._Library__refresher.way  # type: ignore[attr-defined]
    async with asyncio.timeout(20):
        while not way._is_clear._waiters:
            await asyncio.sleep(0.005)


@pytest.fixture
def for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has been given way keeps it for as long as a test takes."""
    monkeypatch.setattr(refresh_module, "GIVES_WAY_S", 3_600)
    monkeypatch.setattr(refresh_module, "LONGEST_WAIT_S", 3_600)


@pytest.mark.usefixtures("for_long")
async def test_a_refresh_writes_nothing_while_somebody_waits_at_the_keyboard(
    library: Library, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.give_way()  # nothing is going on yet
    web.page("/feed.xml", feed(1), media_type=RSS)
    web.page("/asked.xml", feed(1), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    held, go_on = threads_event(web, "/feed.xml")
    refresh = asyncio.create_task(visit_one(library))
    await held.wait()
    said: list[bytes] = []
    newsroom_module._Server(library, said.append).take(b'{"number":7,"verb":"give_way","arguments":{}}')
    go_on.set()
    await somebody_waits(library)
    assert (library.count(StoryFilter()), said) == (1, [])
    assert (await follow(library, web.url("/asked.xml"))).id == 2, "what the reader asks for does not wait"
    monkeypatch.setattr(refresh_module, "GIVES_WAY_S", 0)
    library.give_way()
    assert (await refresh).new == 1


@pytest.mark.usefixtures("for_long")
@pytest.mark.parametrize("step", ["visit", "page", "picture", "index"])
async def test_a_refresh_begins_nothing_while_somebody_waits_at_the_keyboard(
    library: Library, web: WebServer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    web.page("/story", page("Ferry 1 sails again this winter"))
    web.page("/feed.xml", feed(1), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    library.give_way()
    if step != "visit":
        begins = {"page": "stories_without_text", "picture": "pictures_wanted", "index": "gather"}[step]
        plain = getattr(library._store, begins)
        way = library._Library__refresher.way  # type: ignore[attr-defined]
        way._is_clear.set()

        def then(*args: object, **options: object) -> object:
            library.give_way()
            found = plain(*args, **options)
            return (Picture(SafeUrl(web.url("/picture.png"))),) if step == "picture" else found

        monkeypatch.setattr(library._store, begins, then)
        web.page("/feed.xml", feed(entry(2, link=web.url("/story")), 1), media_type=RSS)
    before = list(web.paths)
    refresh = asyncio.create_task(visit(library, 1, full=step == "page", images=step == "picture"))
    await somebody_waits(library)
    assert web.paths[len(before) :] == ([] if step == "visit" else ["/feed.xml"])
    assert not refresh.done()
    monkeypatch.setattr(refresh_module, "GIVES_WAY_S", 0)
    if step != "visit":
        monkeypatch.setattr(library._store, begins, plain)
    library.give_way()
    assert [outcome.error for outcome in await refresh] == [""]


async def test_a_refresh_does_not_step_aside_for_ever(
    library: Library, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh_module, "GIVES_WAY_S", 3_600)
    monkeypatch.setattr(refresh_module, "LONGEST_WAIT_S", 0)
    web.page("/feed.xml", feed(1), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    web.page("/feed.xml", feed(2, 1), media_type=RSS)
    library.give_way()
    assert (await visit_one(library)).new == 1


async def test_giving_way_needs_no_newsroom_and_no_answer(
    newsroom: Newsroom, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.give_way()
    assert newsroom._line is None, "none is started for it"
    web.page("/feed.xml", feed(1), media_type=RSS)
    await follow(newsroom, web.url("/feed.xml"))
    told: list[str] = []
    tell = newsroom_module._Line.tell

    def listen(line: newsroom_module._Line, request: newsroom_module.Request) -> None:
        told.append(request.verb)
        tell(line, request)

    monkeypatch.setattr(newsroom_module._Line, "tell", listen)
    newsroom.give_way()
    assert told == ["give_way"]
    assert (await visit_one(newsroom)).error == ""


async def test_a_home_and_a_file_whose_names_are_no_text(tmp_path: Path) -> None:
    newsroom = Newsroom(load(tmp_path / os.fsdecode(b"caf\xe9")))
    file = tmp_path / os.fsdecode(b"\xff.opml")
    file.write_text('<opml version="2.0"><body><outline text="O" xmlUrl="https://example.org/feed"/></body></opml>')
    assert len(await newsroom.subscribe_sample()) == 3
    assert (await newsroom.import_file(file)).added == 1
    assert len(newsroom.sources()) == 4
    await newsroom.hang_up()
    newsroom.close()


async def test_hanging_up_during_a_refresh(newsroom: Newsroom, web: WebServer) -> None:
    web.page("/feed.xml", feed(1), media_type=RSS)
    await follow(newsroom, web.url("/feed.xml"))
    reached = hold_forever(web, "/feed.xml")
    refresh = asyncio.create_task(visit_one(newsroom))
    await reached.wait()
    pids = [newsroom_pid(newsroom), *children_of(newsroom_pid(newsroom))]
    await newsroom.hang_up()
    with pytest.raises(ReaderError, match="ended while it was at work"):
        await refresh
    await until_gone(*pids)
    web.wait_until_idle()
    web.page("/feed.xml", feed(2, 1), media_type=RSS)
    assert (await visit_one(newsroom)).new == 1, "it is started anew when needed"
    await newsroom.hang_up()
    await newsroom.hang_up()


async def test_a_newsroom_that_was_killed_is_started_anew(newsroom: Newsroom, web: WebServer) -> None:
    web.page("/feed.xml", feed(1), media_type=RSS)
    await follow(newsroom, web.url("/feed.xml"))
    reached = hold_forever(web, "/feed.xml")
    refresh = asyncio.create_task(visit_one(newsroom))
    await reached.wait()
    first = newsroom_pid(newsroom)
    pids = [first, *children_of(first)]
    os.kill(first, signal.SIGKILL)
    with pytest.raises(ReaderError, match="ended while it was at work"):
        await refresh
    await until_gone(*pids)
    web.page("/feed.xml", feed(2, 1), media_type=RSS)
    assert (await visit_one(newsroom)).new == 1
    assert newsroom_pid(newsroom) != first


async def test_one_that_goes_home_while_it_is_asked_is_asked_anew(newsroom: Newsroom, web: WebServer) -> None:
    web.page("/feed.xml", feed(1), media_type=RSS)
    going = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "input(); input()"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    line = newsroom_module._Line(going)
    line.stdin.write(b"{}\n")
    line.reading = asyncio.create_task(line.read())
    newsroom._line = line
    candidates = await newsroom.discover(web.url("/feed.xml"))
    assert candidates[0].stories == 1
    assert going.returncode == 0
    assert newsroom_pid(newsroom) != going.pid


async def test_a_newsroom_that_talks_nonsense_is_ended(newsroom: Newsroom) -> None:
    mad = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "input(); print('no JSON', flush=True); input(); input()"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    newsroom._line = line = newsroom_module._Line(mad)
    line.reading = asyncio.create_task(line.read())
    with pytest.raises(ReaderError, match="ended while it was at work"):
        await newsroom.full_story(1)
    assert mad.returncode == -signal.SIGKILL


async def test_a_story_of_a_million_characters_passes(newsroom: Newsroom, web: WebServer) -> None:
    paragraph = "<p>" + 'Größe 東京 "quoted" and so on. ' * 120 + "</p>"
    body = paragraph * (MAX_BODY // len(paragraph) + 1)
    web.page("/feed.xml", feed(entry(1, description=f"<![CDATA[{body}]]>")), media_type=RSS)
    await follow(newsroom, web.url("/feed.xml"))
    story = await newsroom.full_story(1)
    assert len(story.markdown) > MAX_BODY * 0.9
    assert story == newsroom.story(1)


PARENT = """
    import asyncio, sys
    from pathlib import Path
    from reader.newsroom import Newsroom
    from reader.settings import load

    async def main():
        newsroom = Newsroom(load(Path(sys.argv[1])))
        refresh = newsroom.refresh((1,))
        asking = asyncio.create_task(anext(refresh))
        while newsroom._line is None:
            await asyncio.sleep(0.01)
        print(newsroom._line.process.pid, flush=True)
        await asking

    asyncio.run(main())
"""


async def test_it_ends_with_its_parent(newsroom: Newsroom, settings: Settings, web: WebServer) -> None:
    web.page("/feed.xml", feed(1), media_type=RSS)
    await follow(newsroom, web.url("/feed.xml"))
    await newsroom.hang_up()
    reached = hold_forever(web, "/feed.xml")
    home = settings.folders.data.parent
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), str(home)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(await asyncio.to_thread(parent.stdout.readline))
        await reached.wait()
        pids = [pid, *children_of(pid)]
        assert Path(f"/proc/{pid}").exists()
        parent.kill()
    await until_gone(*pids)
    web.wait_until_idle()
    assert all(finding.ok for finding in newsroom.doctor())


async def test_the_interface_reads_and_marks_while_it_refreshes(newsroom: Newsroom, web: WebServer) -> None:
    for n in range(8):
        at = f"http://{n}.example/ferry/"
        there = (entry(m, link=f"{at}{m}") for m in range(1, 21))
        web.page(f"/{n}.xml", feed(*there, title=str(n)), media_type=RSS)
        candidates = await newsroom.discover(web.url(f"/{n}.xml"))
        await newsroom.subscribe(candidates[0])
        changed = (entry(m, title=f"Ferry {m} sails no more this winter", link=f"{at}{m}") for m in range(1, 24))
        web.page(f"/{n}.xml", feed(*changed, title=str(n)), media_type=RSS)
    ids = [headline.id for headline in newsroom.headlines(StoryFilter(), limit=1000)]
    assert len(ids) == 160
    outcomes: list[Outcome] = []

    async def refresh() -> None:
        outcomes.extend(await visit(newsroom))

    at_work = asyncio.create_task(refresh())
    for story_id in ids:
        assert newsroom.mark([story_id], read=True, starred=True) == (story_id,)
        await asyncio.sleep(0)
    await at_work
    assert sum(outcome.new for outcome in outcomes) == 24
    assert sum(outcome.updated for outcome in outcomes) == 160
    assert newsroom.totals().starred == 160
    assert newsroom.count(StoryFilter(unread=True)) == 24
