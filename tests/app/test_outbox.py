"""What the reader did is written, or its failure is said: in order, though we leave, and never with a traceback."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from reader.app.listing import Listing
from reader.app.outbox import Outbox
from reader.app.refreshing import NewsArrived
from reader.app.screens import front_page
from reader.errors import LibraryError
from reader.model import StoryFilter
from tests.app.canned import CannedLibrary, a_story, settings_in
from tests.app.desk import Start, app_of, paper_of, press, screen_text, until

VERBS = (
    "front_page", "headlines", "oldest", "headlines_by_id", "count", "newer_than", "newest_id", "sections", "totals",
    "search", "story", "full_story", "mark", "mark_listed", "set_position", "following", "sources",
    "next_look_at",
)  # fmt: skip
KEYS = (
    *("s", "J", "enter", "G", "ctrl+d", "m", "J", "b", "l", "A", "v", "g", "l", "G", "g", "g", "n"),
    *("1", "A", "n", "g", "o", "w", "y", "r", "]"),
)


def refusing(sentence: str = "The disk is full.") -> Callable[..., Any]:
    def refuse(*_: object, **__: object) -> Any:
        raise LibraryError(sentence)

    return refuse


@pytest.mark.parametrize("verb", VERBS)
async def test_a_verb_that_fails_is_a_sentence_and_no_end(
    start: Start, library: CannedLibrary, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    async with start() as pilot:
        said: list[str] = []
        paper = paper_of(pilot)
        monkeypatch.setattr(paper, "excuse", lambda error: said.append(str(error)))
        monkeypatch.setattr(paper, "say", said.append)
        monkeypatch.setattr(paper, "tell", said.append)
        monkeypatch.setattr(library, verb, refusing())
        await press(pilot, *KEYS)
        paper.post_message(NewsArrived(3))
        paper.news.look_at_the_clock()
        paper.lists.show_listing(Listing("search", "fares", StoryFilter(query="fares"), ranked=True), "")
        await press(pilot, "s")
        assert pilot.app.is_running
        if verb not in {"full_story", "next_look_at", "oldest", "sources"}:  # not needed for what was pressed
            assert "The disk is full." in said


async def test_a_library_that_fails_at_the_start_is_said(start: Start, library: CannedLibrary) -> None:
    library.sections = refusing()  # type: ignore[method-assign]
    async with start() as pilot:
        assert "The disk is full." in screen_text(pilot)


async def test_the_same_failure_is_said_once(start: Start) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        paper.excuse(LibraryError("The disk is full."))
        paper.fall_silent()
        paper.excuse(LibraryError("The disk is full."))
        assert not paper.status.said
        paper.excuse(LibraryError("Something else."))
        assert paper.status.said == "Something else."


async def test_all_marks_and_the_place_are_written_though_the_reader_leaves(
    start: Start, library: CannedLibrary
) -> None:
    lock, waits = threading.Event(), threading.Event()
    write = library.mark

    def mark(*args: Any, **change: Any) -> tuple[int, ...]:
        waits.set()
        lock.wait(10)
        return write(*args, **change)

    library.mark = mark  # type: ignore[method-assign]
    async with start() as pilot:
        for key in ("s", "j", "s", "j", "s"):
            pilot.app.post_message(_key(key))
        await until(pilot, waits.is_set)
        await until(pilot, lambda: sum(row.starred for row in paper_of(pilot).headline_list.pages.loaded()) == 3)
        paper_of(pilot).story_view.page_down()
        await until(pilot, lambda: paper_of(pilot).reading.place is not None or _places(library))
        app_of(pilot).exit()
        threading.Timer(0.1, lock.set).start()
    assert sum(story.state.starred for story in library.stories_by_id.values()) == 3
    assert _places(library) == [60]


async def test_what_cannot_be_written_in_time_is_told_after_the_end(
    start: Start, library: CannedLibrary, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(front_page, "LAST_CHANGES_S", 0.05)
    lock, waits = threading.Event(), threading.Event()

    def mark(*_: object, **__: object) -> tuple[int, ...]:
        waits.set()
        lock.wait(10)
        return ()

    library.mark = mark  # type: ignore[method-assign]
    async with start() as pilot:
        for key in ("s", "j", "s"):
            pilot.app.post_message(_key(key))
        await until(pilot, lambda: waits.is_set() and paper_of(pilot).headline_list.cursor == 1)
        await until(pilot, lambda: paper_of(pilot).headline_list.selected.starred)
        app_of(pilot).exit()
    lock.set()
    assert "2 of your last changes could not be written." in capsys.readouterr().err


async def test_changes_are_written_in_order_and_fail_together() -> None:
    outbox, written, gate = Outbox(), [], threading.Event()
    first = outbox.put(lambda: (gate.wait(10), written.append(1)))
    second = outbox.put(lambda: written.append(2))
    bad = outbox.put(refusing("The library is locked."))
    behind = outbox.put(lambda: written.append(3))
    waiting = asyncio.ensure_future(outbox.written(first))
    await asyncio.sleep(0)
    waiting.cancel()
    gate.set()
    await outbox.written(second)
    for failed in (bad, behind):
        with pytest.raises(LibraryError, match="locked"):
            await outbox.written(failed)
    assert written == [1, 2]
    assert not await outbox.close(1)


async def test_a_revised_story_is_shown_as_it_is_now(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "J", "K")
        library.stories_by_id[59] = a_story(59, title="Revised", state=library.stories_by_id[59].state)
        paper.post_message(NewsArrived(0))
        await press(pilot, "J")
        assert paper.open_story.title == "Revised"


async def test_opening_a_revised_story_takes_its_mark_away(
    start: Start, library: CannedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = library._row
    monkeypatch.setattr(library, "_row", lambda story: replace(plain(story), updated=story.id == 59, read=True))
    async with start() as pilot:
        await press(pilot, "J")
        assert ("mark", (59,), {"read": True}) in library.asked
        assert not paper_of(pilot).headline_list.pages[1].updated


@pytest.mark.parametrize("what", ["quotes", "folder"])
async def test_a_config_that_cannot_be_edited_is_a_sentence(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "vi 'unbalanced" if what == "quotes" else "vi")
    (tmp_path / "file").write_text("")
    home = tmp_path / "file" if what == "folder" else tmp_path
    async with start(folders=settings_in(home).folders) as pilot:
        told: list[str] = []
        monkeypatch.setattr(paper_of(pilot), "tell", told.append)
        paper_of(pilot).outside.edit_config()
        assert "could not be" in told[0]


def _key(name: str) -> Any:
    from textual import events

    return events.Key(name, name)


def _places(library: CannedLibrary) -> list[object]:
    return [asked[1] for asked in library.asked if asked[0] == "set_position"]
