"""Sources of other distributions that raise, hang, answer nonsense or are gone: each is a sentence, and no more."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from reader.errors import ConfigError, FetchError, ParseError
from reader.fetch import Document
from reader.library import Library
from reader.model import StoryFilter
from reader.settings import load
from reader.sources import Desk, discover, kinds, plugins, source_for
from reader.text import NO_URL, SafeText, safe_url
from tests.webserver import WebServer

HEAD = """
import asyncio, sys, time
from datetime import datetime, timezone
from reader.errors import FetchError, LibraryError, RetryLaterError
from reader.model import Candidate, Enclosure, Item, Picture, Snapshot, Unchanged, Validators

class Odd:
    name = "odd"
    async def find(self, document, desk):
        {find}
    async def pull(self, subscription, desk):
        {pull}

SOURCE = Odd()
"""
NOTHING = "return ()"
WELL = "return Snapshot(items=(Item(guid='1', title='All is well'),))"
URL = safe_url("https://gazette.example/")


class Installed:
    """A plug-in in a folder on the path, as if it were installed beside the program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *, find: str = NOTHING, pull: str = WELL, code: str = "", name: str = "odd") -> None:
        self.remove()
        facts = self.folder / f"{name}-1.0.dist-info"
        facts.mkdir(parents=True, exist_ok=True)
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (facts / "entry_points.txt").write_text(f"[reader.sources]\n{name} = {name}_source:SOURCE\n")
        (self.folder / f"{name}_source.py").write_text(code or HEAD.format(find=find, pull=pull))

    def remove(self) -> None:
        """Uninstall it, as an upgrade of Python does."""
        for path in [*self.folder.glob("*-1.0.dist-info/*"), *self.folder.glob("*.py")]:
            path.unlink()
        sys.modules.pop("odd_source", None)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(plugins, "LIMIT_S", 0.2)
    yield (made := Installed(tmp_path / "site"))
    made.remove()


@pytest.fixture
async def library(tmp_path: Path, installed: Installed) -> AsyncIterator[Library]:
    made = Library(load(tmp_path / "home"))
    made._store.add_subscription("odd", URL, title=SafeText("Odd"))
    yield made
    await made.hang_up()
    made.close()


DESK = Desk(None, None, lambda _: False)  # type: ignore[arg-type]
PAGE = Document(URL, b"-")


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("raise ValueError('a \\x1b[31mred\\x1b[0m word')", "failed: ValueError: a [31mred[0m word."),
        ("raise RecursionError", "failed: RecursionError."),
        ("raise LibraryError('the disk is full')", "failed: LibraryError: the disk is full."),
        ("raise FetchError('gazette.example did not answer.')", "gazette.example did not answer."),
        ("raise TimeoutError('mine')", "failed: TimeoutError: mine."),
        ("sys.exit('enough')", "failed: SystemExit: enough."),
        ("await asyncio.Event().wait()", "took longer than 0.2 s and was stopped."),
        ("time.sleep(60)", "took longer than 0.2 s and was stopped."),
        ("while True: pass", "took longer than 0.2 s and was stopped."),
        ("await asyncio.sleep(0); time.sleep(60)", "took longer than 0.2 s and was stopped."),
        ("return None", "failed: "),
        ("return {'items': 3}", "failed: ValidationError"),
        ("return Snapshot(items=(Item(title=3),))", "failed: ValidationError"),
        ("return Snapshot(items=(object(),))", "failed: TypeError"),
        ("return Snapshot(items=5)", "failed: "),
        ("return Unchanged(validators='x')", "failed: "),
        ("return await 3", "failed: TypeError"),
        ("yield 3", "failed: TypeError"),
    ],
)
async def test_a_visit_that_goes_wrong_is_a_line_at_that_source(
    library: Library, installed: Installed, does: str, told: str
) -> None:
    installed(pull=does)
    began = time.monotonic()
    (outcome,) = [outcome async for outcome in library.refresh(everything=True)]
    assert told in outcome.error
    assert "\x1b" not in outcome.error
    (row,) = library.sources()
    assert row.subscription.health.error == outcome.error
    assert time.monotonic() - began < 30


async def test_one_that_catches_everything_is_stopped_too(library: Library, installed: Installed) -> None:
    installed(pull="\n        ".join(("try: time.sleep(60)", "except Exception: time.sleep(60)")))
    (outcome,) = [outcome async for outcome in library.refresh(everything=True)]
    assert "was stopped" in outcome.error


async def test_what_it_brings_passes_the_border(library: Library, installed: Installed) -> None:
    installed(
        pull="""return Snapshot(title="\\x1b]0;x\\x07Odd", home_url="javascript:x", moved_to="file:///etc/passwd",
            items=(Item(guid="1\\x00", url="javascript:alert(1)", title="\\x1b[2J" + "long " * 500,
                summary="\\u202eflow",
                authors="\\x9b31m", section="a" * 999, categories=("\\x07",), published_at=datetime(2026, 3, 4),
                updated_at=datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.min), markdown="two\\x1b\\nlines",
                picture=Picture("file:///x"), enclosures=(Enclosure("ftp://x/y"), Enclosure("https://x.example/y"))),)
            + tuple(Item(guid=str(n), title=f"Story {n}") for n in range(6_000)))"""
    )
    snapshot = await source_for("odd").pull(None, DESK)  # type: ignore[arg-type]
    story, *others = snapshot.items  # type: ignore[union-attr]
    assert (snapshot.title, snapshot.moved_to) == ("]0;xOdd", NO_URL)  # type: ignore[union-attr]
    assert (story.guid, story.url, story.authors, story.markdown) == ("1", "", "31m", "two\nlines")
    assert len(story.title) <= 500
    assert story.published_at.utcoffset().total_seconds() == 0
    assert story.updated_at is None
    assert story.picture is None
    assert [one.url for one in story.enclosures] == ["https://x.example/y"]
    assert len(others) == plugins.MAX_ITEMS - 1
    (outcome,) = [outcome async for outcome in library.refresh(everything=True)]
    assert not outcome.error
    for kept in library.stories(StoryFilter()):
        assert not {"\x1b", "\x9b", "\u202e"} & set(kept.title + kept.summary + kept.authors + kept.section)


async def test_one_that_is_gone_after_an_upgrade_is_a_line_and_its_stories_stay(
    library: Library, installed: Installed
) -> None:
    installed()
    assert [outcome.new async for outcome in library.refresh(everything=True)] == [1]
    installed.remove()
    (outcome,) = [outcome async for outcome in library.refresh(everything=True)]
    assert "no kind of source called “odd”" in outcome.error
    assert library.totals().stories == 1
    installed()
    assert [outcome.error async for outcome in library.refresh(everything=True)] == [""]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import nowhere", "could not be loaded: ModuleNotFoundError"),
        ("raise SystemExit", "could not be loaded: SystemExit"),
        ("import time; time.sleep(60)", "could not be loaded: it took longer than 0.2 s"),
        ("this is no Python", "could not be loaded: SyntaxError"),
        ("SOURCE = 3", "needs the methods find and pull"),
    ],
)
async def test_one_that_cannot_be_loaded_is_named(installed: Installed, code: str, told: str) -> None:
    installed(code=code)
    with pytest.raises(ConfigError, match="“odd”") as error:
        source_for("odd")
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("find", "told"),
    [
        ("raise ValueError('odd')", "The plug-in “odd” failed: ValueError: odd."),
        ("time.sleep(60)", "took longer than"),
        ("return ('what',)", "The plug-in “odd” failed"),
        ("return (Candidate('odd', 'file:///etc/passwd', 'x', 1, 'x'),)", "no address of the web"),
    ],
)
async def test_one_that_fails_to_look_keeps_no_other_from_being_tried(
    installed: Installed, find: str, told: str
) -> None:
    from reader.fetch import Web
    from reader.parsing import Parser

    installed(find=find)
    assert kinds()[-1] == "odd"
    with WebServer() as server:
        server.page("/today-in-brief", "<rss><channel><item><title>News</title></item></channel></rss>")
        server.page("/empty", "<p>nothing")
        async with Web() as web, Parser() as parser:
            assert (await discover(server.url("/today-in-brief"), web, parser))[0].kind == "feed"
            with pytest.raises(ParseError, match="offers no news") as error:
                await discover(server.url("/empty"), web, parser)
            assert told in str(error.value)
            with pytest.raises((ParseError, FetchError), match="odd"):
                await discover(server.url("/today-in-brief"), web, parser, "odd")


async def test_what_it_offers_passes_the_border(installed: Installed) -> None:
    installed(
        find="return (Candidate('other', 'https://x.example/\\x1b', '\\x1b]0;', 3, '\\x07', 'ann:secret', '10.0.0.1'),)"
    )
    (candidate,) = await source_for("odd").find(PAGE, DESK)
    assert (candidate.kind, candidate.url, candidate.title, candidate.says) == ("odd", "https://x.example/", "]0;", "")
    assert (candidate.login, candidate.typed_host) == ("", "")
