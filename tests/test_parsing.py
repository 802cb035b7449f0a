"""The child process that parses: what crosses over, what stops it, and that nothing of it is left behind."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reader.errors import ParseError, ParserDiedError
from reader.model import Article, Enclosure, Item, Picture, Snapshot, TextKind, Validators
from reader.parsing import Parser
from reader.text import SafeText, SafeUrl
from tests import parsing_jobs as jobs

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def alive(pid: int) -> bool:
    """Whether the process exists, as a zombie too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# What crosses over


async def test_values_arrive_as_what_they_were() -> None:
    item = Item(
        guid=SafeText("tag:gazette.test,2026:1"),
        url=SafeUrl("https://gazette.test/1"),
        title=SafeText("Ω 漢字 \N{GRINNING FACE}"),
        categories=(SafeText("a"), SafeText("b")),
        published_at=datetime(2026, 11, 22, 7, 42, 1, 500, tzinfo=UTC),
        text=TextKind.TEASER,
        picture=Picture(SafeUrl("https://gazette.test/1.png"), width=640),
        enclosures=(Enclosure(SafeUrl("https://gazette.test/1.mp3"), SafeText("audio/mpeg"), 1 << 40),),
    )
    snapshot = Snapshot(title=SafeText("The Gazette"), items=(item, Item()), validators=Validators('"\xff"'))
    async with Parser() as parser:
        assert await parser.call(jobs.echo, snapshot) == snapshot


async def test_arguments_by_place_and_by_name() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    async with Parser() as parser:
        article = await parser.call(
            jobs.article, SafeText("t"), SafeUrl("https://gazette.test/"), at=at, words=("two", "words")
        )
        assert article == Article(
            url=SafeUrl("https://gazette.test/"), title=SafeText("t"), markdown=SafeText("two words"), published_at=at
        )
        assert await parser.call(jobs.nothing) is None
        assert await parser.call(jobs.counts) == {"a": 1, "b": None}


@pytest.mark.parametrize("size", [0, 65_536, 16 << 20])
async def test_large_values_cross_too(size: int) -> None:
    async with Parser() as parser:
        assert await parser.call(jobs.size, b"x" * size) == size
        assert await parser.call(jobs.repeated, size) == b"x" * size


async def test_nothing_is_started_before_the_first_call() -> None:
    async with Parser() as parser:
        assert not parser._idle


async def test_one_child_serves_many_calls() -> None:
    async with Parser() as parser:
        assert [await parser.call(jobs.calls_so_far) for _ in range(3)] == [1, 2, 3]


async def test_what_a_library_prints_is_not_taken_for_an_answer() -> None:
    async with Parser() as parser:
        assert await parser.call(jobs.chatter) == ""
        assert await parser.call(jobs.nothing) is None


async def test_only_what_another_process_can_import_is_called() -> None:
    def nested() -> None: ...

    async with Parser() as parser:
        for function in (nested, lambda: None):
            with pytest.raises(TypeError):
                await parser.call(function)


# What goes wrong in it


async def test_a_parse_error_arrives_as_one() -> None:
    async with Parser() as parser:
        with pytest.raises(ParseError, match=r"^There is no news in it\]0;pwned\.$") as error:
            await parser.call(jobs.no_news)
    assert not isinstance(error.value, ParserDiedError)


async def test_any_other_error_is_told_in_a_sentence() -> None:
    async with Parser() as parser:
        with pytest.raises(ParseError, match=r"^It could not be read \(ValueError: a\[2J b\?\)\.$"):
            await parser.call(jobs.clumsy, "a\x1b[2J\n\u202eb\ud800".encode("utf-8", "replace").decode())
        with pytest.raises(ParseError, match="RecursionError"):
            await parser.call(jobs.deep, 0)
        with pytest.raises(ParseError) as error:
            await parser.call(jobs.clumsy, "x" * 100_000)
        assert len(str(error.value)) <= 300
        assert await parser.call(jobs.calls_so_far) == 1


async def test_a_value_of_another_type_than_was_promised_does_not_come_through() -> None:
    async with Parser() as parser:
        with pytest.raises(ParserDiedError):
            await parser.call(jobs.number)
        assert await parser.call(jobs.nothing) is None


# Limits


async def dies(parser: Parser, function: object, *args: object) -> str:
    with pytest.raises(ParserDiedError) as error:
        await parser.call(function, *args)  # type: ignore[arg-type]
    assert await parser.call(jobs.calls_so_far) == 1, "the next call has a new child"
    return str(error.value)


async def test_wall_time_is_limited() -> None:
    async with Parser(wall_s=0.5) as parser:
        with pytest.raises(ParserDiedError, match=r"^Reading it took longer than 0\.5 s and was given up\.$"):
            await parser.call(jobs.hang)
    async with Parser() as parser:
        assert await parser.call(jobs.calls_so_far) == 1


async def test_computing_is_limited_for_each_call() -> None:
    async with Parser(cpu_s=0) as parser:
        assert await parser.call(jobs.nothing) is None
        assert await dies(parser, jobs.compute) == "Reading it took more than 0 s of computing and was given up."


async def test_memory_is_limited() -> None:
    async with Parser(memory_bytes=400 << 20) as parser:
        said = await dies(parser, jobs.hoard, 500)
        assert said == "Reading it needed more than 400 MB of memory and was given up."
        assert await parser.call(jobs.hoard, 10) == 10 << 20


async def test_what_earlier_calls_left_behind_is_not_held_against_a_later_one() -> None:
    async with Parser(memory_bytes=400 << 20) as parser:
        assert [await parser.call(jobs.keep, 80) for _ in range(6)][-1] < 6


@pytest.mark.parametrize("job", [jobs.crash, jobs.leave, jobs.babble])
async def test_a_child_that_breaks_is_replaced(job: object) -> None:
    async with Parser() as parser:
        assert await dies(parser, job) == "Reading it broke the parser, which is started anew."


@linux
async def test_the_limits_are_in_force() -> None:
    async with Parser(nice=3) as parser:
        assert await parser.call(jobs.limits) == (1 << 30, 0, 3 + os.nice(0))


async def test_an_interrupt_from_the_keyboard_is_not_for_the_child() -> None:
    async with Parser() as parser:
        assert await parser.call(jobs.interrupt) == "still here"


# Several at once, and giving up


async def test_calls_are_spread_over_the_children() -> None:
    async with Parser(children=2) as parser:
        pids = await asyncio.gather(*(parser.call(jobs.process_id) for _ in range(8)))
    assert len(set(pids)) == 2
    async with Parser() as parser:
        pids = await asyncio.gather(*(parser.call(jobs.process_id) for _ in range(4)))
    assert len(set(pids)) == 1


async def test_a_cancelled_call_kills_its_child_and_nothing_else() -> None:
    async with Parser(children=2) as parser:
        first = await parser.call(jobs.process_id)
        busy = asyncio.create_task(parser.call(jobs.hang))
        while parser._idle:
            await asyncio.sleep(0)
        busy.cancel()
        with pytest.raises(asyncio.CancelledError):
            await busy
        assert not alive(first)
        assert await parser.call(jobs.process_id) != first


async def test_a_call_that_is_cancelled_while_it_waits_costs_nothing() -> None:
    async with Parser() as parser:
        calls = [asyncio.create_task(parser.call(jobs.process_id)) for _ in range(3)]
        await asyncio.sleep(0)
        calls[1].cancel()
        pids = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(pids[1], asyncio.CancelledError)
        assert pids[0] == pids[2]


async def test_a_child_that_died_while_idle_is_nobody_s_fault() -> None:
    async with Parser() as parser:
        pid = await parser.call(jobs.process_id)
        child = parser._idle[0]
        os.kill(pid, signal.SIGKILL)
        await child._process.wait()
        assert await parser.call(jobs.process_id) != pid


# Nothing is left behind


@linux
async def test_no_process_and_no_descriptor_is_left() -> None:
    async with Parser() as parser:
        await parser.call(jobs.nothing)
    before = len(os.listdir("/proc/self/fd"))
    pids = []
    for _ in range(3):
        async with Parser(children=2) as parser:
            pids += await asyncio.gather(*(parser.call(jobs.process_id) for _ in range(2)))
            with pytest.raises(ParserDiedError):
                await parser.call(jobs.crash)
    assert not any(alive(pid) for pid in pids)
    assert len(os.listdir("/proc/self/fd")) == before


@linux
def test_a_child_dies_with_its_parent() -> None:
    program = """
import asyncio
from reader.parsing import Parser
from tests import parsing_jobs as jobs

async def main():
    async with Parser() as parser:
        print(await parser.call(jobs.process_id), flush=True)
        await parser.call(jobs.hang)

asyncio.run(main())
"""
    root = Path(__file__).parent.parent
    with subprocess.Popen([sys.executable, "-c", program], cwd=root, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    try:
        ended, _, _ = select.select([child], [], [], 20)
    finally:
        os.close(child)
    assert ended


def test_nothing_is_left_open_when_the_loop_ends() -> None:
    program = """
import asyncio
from reader.errors import ParserDiedError
from reader.parsing import Parser
from tests import parsing_jobs as jobs

async def main():
    async with Parser(children=2) as parser, Parser(wall_s=0.3) as hasty:
        await asyncio.gather(parser.call(jobs.nothing), parser.call(jobs.nothing))
        try:
            await hasty.call(jobs.hang)
        except ParserDiedError:
            pass

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
