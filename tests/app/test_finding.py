"""Finding and what leads out: the search, the filter, words in a list, labels and lists of links, what was changed."""

from __future__ import annotations

import threading

import pytest
from msgspec.structs import replace
from textual.screen import Screen

from reader.app import typist
from reader.app.pages import PAGE
from reader.app.screens import search as search_module
from reader.app.screens.changes import spans
from reader.app.screens.search import Hits, Search
from reader.errors import LibraryError
from reader.model import StoryFilter
from reader.text import SafeText
from tests.app.canned import CannedLibrary, a_story, earlier
from tests.app.desk import Start, paper_of, press, screen_text, type_ahead, until


async def test_a_search_is_answered_as_it_is_written(start: Start, library: CannedLibrary) -> None:
    library.stories_by_id |= {n: a_story(n, title=SafeText(f"Tide [/foo] {n}")) for n in range(61, 311)}
    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "j", "g", "slash", *"ti")
        assert "Three letters begin the search" in screen_text(pilot)
        await press(pilot, "d")
        search = pilot.app.screen
        assert isinstance(search, Search)
        assert "250 stories, the newest first." in screen_text(pilot)
        assert (search.hits.selected.id, len(search.hits)) == (310, 250)
        await press(pilot, "ctrl+t")
        assert "The best 200 of 250 stories." in screen_text(pilot)
        assert (search.hits.selected.id, len(search.hits)) == (61, 200)
        await press(pilot, "ctrl+t", *'e" is:new')
        assert '"' in search.ask_line.line.value
        assert "^ This quotation mark is not closed." in screen_text(pilot)
        assert search.hits.selected.id == 310, "what was found before it went wrong stays"
        await press(pilot, "ctrl+u", *"tide 61", "enter")
        await until(pilot, lambda: paper.pane == "story")
        assert (paper.open_story.id, paper.listing.title, paper.listing.filter.query) == (61, "“tide 61”", "tide 61")
        assert [row.id for row in paper.headline_list.pages.loaded()] == [61]
        await press(pilot, "escape", "escape")
        assert (paper.listing.title, paper.pane) == ("Front page", "latest")


@pytest.mark.parametrize("number", [60, 30])  # listed where the search began, and not
async def test_a_story_that_was_searched_for_is_read_when_it_is_opened(
    start: Start, library: CannedLibrary, number: int
) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "j", "g", "slash", *f"headline {number}", "enter")
        await until(pilot, lambda: paper.open_story.id == number and paper.listing.filter.query)
        await until(pilot, lambda: library.stories_by_id[number].state.read)
        await until(pilot, lambda: [row.read for row in paper.headline_list.pages.loaded()] == [True])


async def test_a_search_has_a_pace_of_its_own(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "FRAME_S", 0.0007)
    assert "_update_timer" in vars(Screen), "Textual draws by another timer now"
    async with start() as pilot:
        await press(pilot, "g", "slash", *"cou")
        search = pilot.app.screen
        assert isinstance(search, Search)
        assert search._update_timer._interval == 0.0007


async def test_what_was_found_stays_while_a_longer_word_is_begun(start: Start, library: CannedLibrary) -> None:
    library.stories_by_id |= {n: a_story(n, title=SafeText(f"Tide {n} at the harbour")) for n in range(61, 64)}
    async with start() as pilot:
        await press(pilot, "g", "slash", *"tide ")
        assert library.asked.count(("give_way",)) == 5, "from the first letter on"
        search = pilot.app.screen
        assert isinstance(search, Search)
        for letter in "harb":
            await press(pilot, letter)
            assert [row.id for row in search.hits.pages.loaded()] == [63, 62, 61], search.ask_line.line.value
            waits = len(search.ask_line.line.value) < len("tide har")
            assert ("3 stories, the newest first. Enter opens the first" in screen_text(pilot)) is waits
        asked = [said[1] for said in library.asked if said[0] == "search"]
        assert asked == ["tid*", "tide*", "tide", "tide har*", "tide harb*"]
        await press(pilot, "ctrl+u", *"tide 62")
        assert len(search.hits) == 3
        await press(pilot, "enter")
        assert paper_of(pilot).open_story.id == 62  # type: ignore[union-attr]


async def test_under_a_query_that_is_wrong_stands_nothing_but_what_is_wrong(start: Start) -> None:
    async with start() as pilot:
        await press(pilot, "g", "slash", *"nowhere")
        assert "Nothing was found." in screen_text(pilot)
        await press(pilot, *" is:x")
        assert "A story is one of" in screen_text(pilot)
        assert "Nothing was found." not in screen_text(pilot)
        await press(pilot, *["backspace"] * 5)
        assert "Nothing was found." in screen_text(pilot)


async def test_searches_are_remembered_and_few_letters_wait_for_enter(start: Start, library: CannedLibrary) -> None:
    library.stories_by_id[61] = a_story(61, title=SafeText("What the EU said"))
    async with start() as pilot:
        await press(pilot, "g", "slash", *"councils", "escape", "g", "slash", "up")
        search = pilot.app.screen
        assert isinstance(search, Search)
        assert search.ask_line.line.value == "councils"
        await press(pilot, "space", *"win", "down")
        assert search.hits.has_focus
        await press(pilot, "j")
        assert search.hits.cursor == 1
        await press(pilot, "k", "k", "ctrl+u", *"eu")
        assert not len(search.hits)
        await press(pilot, "enter")
        assert search.hits.selected.id == 61
        library.search = lambda *_, **__: (_ for _ in ()).throw(LibraryError("The disk is full."))
        await press(pilot, "ctrl+t")
        assert "The disk is full." in screen_text(pilot)
        await press(pilot, "escape")
        assert paper_of(pilot).listing.title == "Front page"


async def test_a_search_that_is_left_shows_nothing_any_more(
    start: Start, library: CannedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting, go_on = threading.Event(), threading.Event()
    at_work = []

    def count(_: StoryFilter) -> int:
        counting.set()
        return 60 if go_on.wait(20) else 0

    def on_unmount(hits: Hits) -> None:
        at_work.append([one for one in hits.app.workers if one.node is hits.screen and not one.is_cancelled])

    monkeypatch.setattr(search_module, "RESTS_AFTER_S", 0)
    monkeypatch.setattr(Hits, "on_unmount", on_unmount, raising=False)
    try:
        async with start() as pilot:
            await press(pilot, "g", "slash")
            monkeypatch.setattr(library, "count", count)
            search = pilot.app.screen
            assert isinstance(search, Search)
            search.look_for("councils")
            await until(pilot, counting.is_set)
            search.action_back()
            await until(pilot, lambda: not search.is_running)
    finally:
        go_on.set()
    assert at_work == [[]], "when its widgets go, nothing is about to be shown in them"


async def test_what_is_typed_ahead_waits_for_a_search_that_opens_slowly(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typist, "LOST_KEY_S", 0)  # each key takes longer than that
    async with start() as pilot:
        await type_ahead(pilot, *"g/councils")
        search = pilot.app.screen
        assert isinstance(search, Search)
        assert search.ask_line.line.value == "councils"


async def test_a_filter_leaves_some_stories_of_the_list(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)

        def listed() -> list[int]:
            return [row.id for row in paper.headline_list.pages.loaded()]

        await press(pilot, "equals_sign", *"(50 OR 30")
        assert library.asked.count(("give_way",)) == len("(50 OR 30")
        assert "^ This parenthesis is not closed." in screen_text(pilot)
        await press(pilot, ")", "enter")
        assert listed() == [50], "story 30 is not on the front page"
        assert paper.listing.heading == "= (50 OR 30) · Front page"
        assert paper.section_list.rows[0].listing == paper.listing.whole
        await press(pilot, "escape")
        assert len(listed()) == 20
        await press(pilot, "g", "l", "equals_sign", *"(50 OR 30)", "enter", "m", "v")
        assert listed() == [30], "of what is narrowed, the unread"
        await press(pilot, "equals_sign", "ctrl+u", "enter")
        assert paper.listing.heading == "Latest contents · unread"
        await press(pilot, "equals_sign", *"nothing", "escape")
        assert paper.listing.heading == "Latest contents · unread"


async def test_words_are_found_among_the_headlines(start: Start, library: CannedLibrary) -> None:
    library.stories_by_id = {n: a_story(n) for n in range(1, PAGE + 60)}
    async with start() as pilot:
        paper = paper_of(pilot)
        rows = paper.headline_list
        await press(pilot, "g", "l", "j", "slash", *"HEADLINE 22:", "enter")
        assert rows.selected.id == 22, "the list was read as far as that"
        assert rows.sought == "headline 22:"
        await press(pilot, "slash", *"21", "enter")
        found = [row.id for row in rows.pages.loaded() if "21" in row.title]
        assert rows.selected.id == 21
        assert paper.status.said == f"Match {len(found)} of {len(found)}."
        await press(pilot, "n")
        assert rows.selected.id == found[0], "round again"
        await press(pilot, "N", "N")
        assert rows.selected.id == found[-2]
        await press(pilot, "escape")
        assert not rows.sought
        assert paper.pane == "latest"
        await press(pilot, "slash", *"no such", "escape")
        assert rows.selected.id == found[-2], "back to where it began"


MISLEADING = (
    "A [[/foo]](https://gazette.example/a), then [https://bank.example/](https://evil.example/login) and "
    "[apple.com](https://xn--80ak6aa92e.com/)."
)


async def test_labels_over_links_open_copy_and_follow(start: Start, library: CannedLibrary) -> None:
    library.stories_by_id[60] = a_story(60, markdown=SafeText(MISLEADING))
    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "f")
        assert sorted(paper.story_view.hints.values()) == ["d", "f", "j"]
        await press(pilot, "y", "d")
        assert pilot.app.clipboard == "https://xn--80ak6aa92e.com/"
        assert not paper.story_view.hints
        assert paper.pane == "latest"
        await press(pilot, "f", "F")
        assert pilot.app.clipboard == "https://gazette.example/a"
        await press(pilot, "f", "x")
        assert not paper.story_view.hints
        await press(pilot, "f", "j")
        assert "https://evil.example/login" in screen_text(pilot), "asked first: the words name another host"
        await press(pilot, "escape", "f", "a", "f")
        assert pilot.app.screen.query_one("#address").value == "https://gazette.example/a"
        assert not any(asked[0] == "discover" for asked in library.asked), "nothing was asked of it yet"
        await press(pilot, "escape", "g", "k", "j", "j")
        assert "This leads to xn--80ak6aa92e.com, whatever its words look like." in screen_text(pilot)


@pytest.mark.parametrize(
    ("versions", "read", "compared"),
    [
        (2, None, [(0, 1)]),
        (4, None, [(0, 1), (1, 2), (2, 3)]),
        (4, 0, [(0, 1), (1, 2), (2, 3), (0, 3)]),
        (4, 1, [(0, 1), (1, 2), (2, 3), (1, 3)]),
        (4, 2, [(0, 1), (1, 2), (2, 3)]),
    ],
)
def test_the_last_comparison_is_with_what_was_read(
    versions: int, read: int | None, compared: list[tuple[int, int]]
) -> None:
    assert list(spans(versions, read)) == compared


async def test_what_was_changed_is_marked_in_words(start: Start, library: CannedLibrary) -> None:
    first, second = earlier(library.stories_by_id[60])
    library.earlier[60] = (first, replace(second, read=True))
    async with start(size=(80, 24)) as pilot:
        await press(pilot, "D", "g", "g")
        assert "~ Paragraph 1 of the story, [-quite long-]{+long enough+} to be wrapped" in screen_text(pilot)
        assert "change 2 of 2 · since you read it" in screen_text(pilot)
        await press(pilot, "left_square_bracket")
        assert "~ [-Councils may-]{+Headline 60: councils win power to+} set" in screen_text(pilot)
        library.earlier[60] = ()
        await press(pilot, "escape", "D")
        assert "The publisher has not changed this story since it came." in screen_text(pilot)
