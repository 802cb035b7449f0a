"""The paper: widths, panes, lists, reading, refreshing; each as a reader would meet it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from textual import events
from textual.command import Hit
from textual.widgets import Input

from reader.app import keymap, palette, typist
from reader.app.desks.outside import Outside
from reader.app.refreshing import RefreshWanted
from reader.app.screens.first_start import FirstStart
from reader.app.screens.front_page import FrontPage
from reader.app.screens.help import Help
from reader.app.screens.sources import Sources
from reader.app.widgets.masthead import Progress
from reader.errors import FetchError, LibraryError
from reader.model import Candidate, Change, Counts, Item, Outcome, State, Story, TagCount, Telling, TextKind, Verb
from reader.settings import Keys, Open, OwnCommand, Refresh, SavedSearch, Sync, Ui
from reader.text import EMPTY, SafeText, SafeUrl
from tests.app.canned import CannedLibrary, a_story
from tests.app.desk import Start, app_of, drain, paper_of, press, screen_text, settle, type_ahead, until

HOSTILE = (
    "[/foo]",
    "[@click=app.quit]x[/]",
    "[/usr/bin] [bold",
    "[a=1, b=[x",
    "\x1b]0;pwned\x07\x1b[2J title",
    "\x9b31m \x00 \x7f",
    "$primary [$accent]x[/$accent] \\[b]",
    "# *not* `Markdown` <b>nor</b> &#x202e; HTML",
    "a" * 400,
    "\u202egnp.exe \u2066x",
    "东" * 120,
    "👩‍🔬👨‍👩‍👧‍👦 é́́́́",
)


@pytest.mark.parametrize(
    "size", [(300, 100), (120, 40), (100, 30), (80, 24), (60, 18), (40, 10), (20, 5), (10, 3), (1, 1)]
)
async def test_every_size_can_be_read(start: Start, size: tuple[int, int]) -> None:
    async with start(size=size) as pilot:
        for keys in (["l"], ["space"], ["J"], ["h"], ["h"], ["tab"], ["question_mark"], ["escape"], ["g", "s"], ["h"]):
            await press(pilot, *keys)
        lines = screen_text(pilot).splitlines()
        assert len(lines) == size[1]
        assert all(cell_len(line) <= size[0] for line in lines)


@pytest.mark.parametrize(
    ("width", "panes"),
    [(120, {"Sections", "Latest contents"}), (100, {"Latest contents"}), (60, {"Latest contents"})],
)
async def test_the_three_widths(start: Start, width: int, panes: set[str]) -> None:
    async with start(size=(width, 30)) as pilot:
        await press(pilot, "g", "l")
        text = screen_text(pilot)
        assert {pane for pane in ("Sections", "Latest contents") if f" {pane} " in text} == panes
        assert ("POLITICS" in text) is (width > 79)
        assert "BROADSHEET" in text
        assert "keys" in text.splitlines()[-1]


async def test_narrow_goes_deeper_and_back(start: Start) -> None:
    async with start(size=(60, 18)) as pilot:
        paper = paper_of(pilot)
        assert paper.latest.display
        assert paper.latest.outer_size.width == 60
        assert not paper.story_view.display
        await press(pilot, "enter")
        assert "POLITICS" in screen_text(pilot)
        await press(pilot, "h")
        assert paper.latest.display
        await press(pilot, "h")
        assert "Read later" in screen_text(pilot)
        await press(pilot, "G", "enter")
        assert paper.listing.title == "World"
        await press(pilot, "enter", "q")
        assert paper.pane == "latest"


async def test_no_story_is_read_behind_the_list(start: Start, library: CannedLibrary) -> None:
    async with start(size=(60, 18)) as pilot:
        paper = paper_of(pilot)
        await press(pilot, "j", "j", "J")
        assert (paper.pane, paper.open_story.id) == ("story", 57)
        await press(pilot, "h", "g", "g", "n")
        assert (paper.pane, paper.open_story.id) == ("story", 60)
        assert [what for what in library.asked if what[0] == "mark"] == [
            ("mark", (57,), {"read": True}), ("mark", (60,), {"read": True}),
        ]  # fmt: skip
        await press(pilot, "h", "alt+left")
        assert (paper.pane, paper.open_story.id) == ("story", 57)


async def test_the_drawer_lies_over_the_story_and_closes(start: Start) -> None:
    async with start(size=(90, 24)) as pilot:
        paper = paper_of(pilot)
        await press(pilot, "h")
        assert paper.drawer
        assert "Read later" in screen_text(pilot)
        await press(pilot, "G", "enter")
        assert not paper.drawer
        assert paper.listing.title == "World"
        await press(pilot, "h", "escape")
        assert not paper.drawer
        assert paper.pane == "latest"
        await press(pilot, "h")
        await pilot.resize_terminal(130, 30)
        await settle(pilot)
        assert paper.section_list.display
        assert not paper.drawer


async def test_resizing_never_loses_the_place(start: Start) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "j", "j", "j", "l", "space", "space")
        before = paper.story_view.position
        assert before.block > 0
        for size in ((60, 18), (100, 20), (40, 8), (200, 60), (20, 5), (120, 40)):
            await pilot.resize_terminal(*size)
            await settle(pilot)
            assert paper.open_story.id == 57
            assert paper.headline_list.cursor == 3
            assert paper.pane == "story"
            assert paper.story_view.display
        assert paper.story_view.position.block == before.block


@pytest.mark.parametrize(
    "theme", ["newsprint", "late-edition", "high-contrast-dark", "ansi-dark", "ansi-light", "nord"]
)
async def test_themes_can_be_changed(start: Start, theme: str) -> None:
    async with start(ui=Ui(theme="newsprint")) as pilot:
        pilot.app.theme = theme
        await settle(pilot)
        assert "BROADSHEET" in screen_text(pilot)


async def test_ascii_marks_are_ascii(start: Start) -> None:
    async with start(ui=Ui(marks="ascii")) as pilot:
        await press(pilot, "s", "j", "L")
        text = screen_text(pilot)
        assert "*" in text
        assert not set("●★◷▌▸") & set(text)


async def test_words_from_outside_are_only_words(start: Start, library: CannedLibrary) -> None:
    words = [SafeText(word) for word in HOSTILE]
    library.stories_by_id = {
        n: a_story(n, title=word, summary=word, authors=word, markdown=word, source=word, section=word)
        for n, word in enumerate(words, 1)
    }
    source = library.followed[0]
    library.followed = [
        replace(source, id=n, title=word, section=word, health=replace(source.health, error=word))
        for n, word in enumerate(words, 1)
    ]
    library.outcomes = [Outcome(n, word, error=word) for n, word in enumerate(words, 1)]
    library.discovered = tuple(Candidate("feed", SafeUrl("https://example.org/"), word, 3, word) for word in words)
    library.full_text = FetchError(words[0])
    searches = tuple(SavedSearch(word, word) for word in words)
    async with start(size=(120, 60), searches=searches) as pilot:
        await press(pilot, "l", *["J"] * len(words), "Y", "s", "v")
        await press(pilot, *"123456789")
        await press(pilot, "h", *"lj" * 20)
        await press(pilot, "g", "s", *"j" * 11, "t")
        await press(pilot, "escape", "d", "escape", "h", "R")
        await press(pilot, "colon", *"go to", "escape", "a", "x", "enter")
        await until(pilot, lambda: pilot.app.screen.found.has_focus)
        await press(pilot, "enter")
        await until(pilot, lambda: pilot.app.screen is paper_of(pilot))
        for notice in app_of(pilot)._notifications:
            assert not notice.markup
        assert pilot.app.is_running


async def test_a_story_is_marked_read_when_it_is_opened(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        assert not library.asked
        await press(pilot, "enter")
        assert library.asked == [("mark", (60,), {"read": True})]


@pytest.mark.parametrize("policy", ["manual", "end"])
async def test_other_ways_of_marking_read(start: Start, library: CannedLibrary, policy: str) -> None:
    async with start(ui=Ui(mark_read=policy)) as pilot:
        await press(pilot, "enter")
        assert not any(asked[0] == "mark" for asked in library.asked)
        await press(pilot, "G")
        marked = ("mark", (60,), {"read": True}) in library.asked
        assert marked is (policy == "end")


async def test_space_reads_to_the_end_and_goes_on(start: Start, library: CannedLibrary) -> None:
    library.stories_by_id = {n: a_story(n, markdown=SafeText("Short.")) for n in range(1, 4)}
    async with start() as pilot:
        paper = paper_of(pilot)
        for story_id in (3, 2, 1):
            assert paper.open_story.id == story_id
            await press(pilot, "space")
        await until(pilot, lambda: "You are up to date. Next look at" in paper.status.said)


async def test_b_goes_back_the_way_that_space_came(start: Start, library: CannedLibrary) -> None:
    body = SafeText("\n\n".join(f"Paragraph {n} of a story of two pages." for n in range(25)))
    library.stories_by_id = {n: a_story(n, markdown=body) for n in range(1, 6)}
    async with start() as pilot:
        paper, view = paper_of(pilot), paper_of(pilot).story_view
        await press(pilot, "4")
        await press(pilot, "enter", "space")
        assert view.at_end
        read = []
        while "You are up to date" not in paper.status.said:
            here = (paper.listing.title, paper.open_story.id)
            if here not in read:
                read.append(here)
            while view.page_down():
                pass
            await press(pilot, "space")
        assert len(read) == len({story for _, story in read}) == 5
        assert {title for title, _ in read} == {"Politics", "Science", "Technology", "World"}
        for title, story in reversed(read):
            assert (paper.listing.title, paper.open_story.id, view.at_end) == (title, story, True)
            while view.page_up():
                pass
            await press(pilot, "b")
        await press(pilot, "b")
        assert paper.status.said == "This is where you began."
        for title, story in read[1:]:  # and Space comes the same way again, though all of it is read
            while view.page_down():
                pass
            await press(pilot, "space")
            assert (paper.listing.title, paper.open_story.id) == (title, story)


async def test_marking_a_list_read_counts_and_tells_the_way_back(start: Start, library: CannedLibrary) -> None:
    def read() -> int:
        return sum(story.state.read for story in library.stories_by_id.values())

    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "1", "A")
        await until(pilot, lambda: read() == 15)
        assert "15 stories marked read. u takes it back." in [toast.message for toast in pilot.app._notifications]
        assert all(story.section == "Politics" for story in library.stories_by_id.values() if story.state.read)
        await press(pilot, "A")
        await until(pilot, lambda: paper.status.said == "All of it is read.")


@pytest.mark.parametrize("part", ["above", "below"])
async def test_marking_down_to_a_row_or_below_it_takes_no_other(
    start: Start, library: CannedLibrary, part: str
) -> None:
    async with start() as pilot:
        await press(pilot, "1")
        await press(pilot, "j", "j", "M", "k" if part == "above" else "j")
        rows = list(paper_of(pilot).headline_list.pages.loaded())
        assert [row.read for row in rows] == [(at <= 2) is (part == "above") for at in range(15)]
        await until(pilot, lambda: all(library.stories_by_id[row.id].state.read is row.read for row in rows))


async def test_undoing_shows_the_rows_as_they_were(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        rows = paper_of(pilot).headline_list
        await press(pilot, "j", "s")
        starred = rows.selected
        assert starred.starred
        story = library.stories_by_id[starred.id]
        library.stories_by_id[starred.id] = replace(story, state=replace(story.state, starred=False))
        library.steps = [Change(Verb.STAR, EMPTY, (starred.id,))]
        await press(pilot, "u")
        await until(pilot, lambda: not rows.selected.starred)
        assert paper_of(pilot).status.said == "Undone: 1 story is without a star again."


async def test_scrolling_past_is_reading_where_that_is_wanted(start: Start, library: CannedLibrary) -> None:
    async with start(ui=Ui(mark_read="scroll")) as pilot:
        rows = paper_of(pilot).headline_list
        await press(pilot, "j", "j")
        assert [row.read for row in rows.pages.loaded()][:4] == [True, True, False, False]
        await press(pilot, "G")  # a leap over what was never seen marks nothing
        assert sum(row.read for row in rows.pages.loaded()) == 2


async def test_an_empty_list_says_that_news_are_looked_for(start: Start, library: CannedLibrary) -> None:
    library.stories_by_id.clear()
    async with start() as pilot:
        assert "The front page is empty." in screen_text(pilot)
        app_of(pilot).progress = Progress(running=True)
        await settle(pilot)
        assert "Looking for news …" in screen_text(pilot)
        assert "looking for news" in screen_text(pilot).splitlines()[0]
        assert "0 of 0" not in screen_text(pilot)
        await press(pilot, "g", "b")
        assert "No story has a star yet." in screen_text(pilot)
        await press(pilot, "g", "f")
        assert "Looking for news …" in screen_text(pilot)
        app_of(pilot).progress = Progress()
        await settle(pilot)
        assert "The front page is empty." in screen_text(pilot)


async def test_a_paper_that_cannot_be_seen_follows_no_refresh_until_it_can(start: Start) -> None:
    async with start(size=(120, 40)) as pilot:
        paper = paper_of(pilot)
        await press(pilot, "g", "/")
        app_of(pilot).progress = Progress(3, 9, running=True)
        await settle(pilot)
        assert not paper.masthead.progress.running
        await press(pilot, "escape")
        assert "3 of 9" in screen_text(pilot)
        await press(pilot, "t")
        app_of(pilot).progress = Progress(4, 9, running=True)
        await settle(pilot)
        assert paper.masthead.progress.done == 4, "beside a dialog it can be seen"
        await press(pilot, "escape", "g", "/")
        app_of(pilot).progress = Progress()
        await press(pilot, "escape")
        assert not paper.masthead.progress.running
        assert "of 9" not in screen_text(pilot)


async def test_keys_typed_after_a_step_are_about_the_story_it_leads_to(start: Start, library: CannedLibrary) -> None:
    come, read = threading.Event(), library.story

    def story_when_it_comes(story_id: int) -> Story:
        if threading.current_thread() is not threading.main_thread():
            come.wait(0.2)
        return read(story_id)

    async with start() as pilot:
        await press(pilot, "enter")
        library.story = story_when_it_comes  # type: ignore[method-assign]
        await type_ahead(pilot, *"JJJJJJs")
        come.set()
        await settle(pilot)
        starred = [story.id for story in library.stories_by_id.values() if story.state.starred]
        story = paper_of(pilot).open_story
        assert story is not None
        assert starred == [story.id]


async def test_the_next_unread_story_may_be_in_another_section(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "1")
        assert paper.listing.title == "Politics"
        await press(pilot, "A")
        await until(pilot, lambda: "mark" in [asked[0] for asked in library.asked])
        await press(pilot, "n")
        await until(pilot, lambda: paper.listing.title == "Science")
        await until(pilot, lambda: paper.open_story.section == "Science")
        assert paper.open_story.section == "Science"


async def test_a_failed_mark_shows_what_the_library_says(start: Start, library: CannedLibrary) -> None:
    def refuse(*_: object, **__: object) -> tuple[int, ...]:
        raise FetchError("The disk is full.")

    library.mark = refuse  # type: ignore[method-assign]
    async with start() as pilot:
        await press(pilot, "s")
        paper = paper_of(pilot)
        await until(pilot, lambda: paper.status.said == "The disk is full.")
        assert not paper.headline_list.selected.starred


async def test_long_lists_load_as_they_are_looked_at(start: Start, library: CannedLibrary) -> None:
    library.stories_by_id = {n: a_story(n) for n in range(1, 1_501)}
    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "g", "l")
        rows = paper.headline_list
        assert len(rows) == 1_500
        assert rows.pages[400] is None
        await press(pilot, "G")
        await until(pilot, lambda: rows.selected is not None)
        assert rows.selected.id == 1
        await press(pilot, *["pageup"] * 30)
        await until(pilot, lambda: rows.selected is not None)
        assert rows.selected.id == 1_500 - rows.cursor
        await press(pilot, "g", "g")
        assert rows.cursor == 0


async def test_news_never_moves_the_cursor_or_the_text(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "g", "l")
        await press(pilot, "j", "j", "l", "space")
        before = screen_text(pilot).splitlines()
        library.waiting_news = [a_story(n) for n in range(61, 81)]
        library.outcomes = [Outcome(1, SafeText("The Gazette"), new=20, done=1, total=1)]
        await press(pilot, "R")
        await until(pilot, lambda: paper.arrivals.waiting == 20)
        await settle(pilot)
        after = screen_text(pilot).splitlines()
        changed = [at for at, (old, new) in enumerate(zip(before, after, strict=True)) if old[26:86] != new[26:86]]
        assert not [at for at in changed if 3 < at < 36]
        assert paper.headline_list.selected.id == 58
        assert "20 new" in screen_text(pilot)
        await press(pilot, "tab", "g", "g", "k")
        assert paper.arrivals.has_focus
        await press(pilot, "enter")
        assert paper.headline_list.pages[0].id == 80


async def test_a_refresh_shows_how_far_it_is_and_ends_in_a_sentence(start: Start, library: CannedLibrary) -> None:
    library.gate = asyncio.Event()
    library.outcomes = [
        Outcome(1, SafeText("The Gazette"), new=12, done=1, total=3),
        Outcome(2, SafeText("Winds"), error=SafeText("It did not answer (timed out after 30 s)"), done=2, total=3),
        Outcome(3, SafeText("Review"), unchanged=True, done=3, total=3),
    ]
    async with start() as pilot:
        app = app_of(pilot)
        await press(pilot, "R")
        assert app.progress.running
        await press(pilot, "R")
        assert any("under way" in notice.message for notice in app._notifications)
        await press(pilot, "j")  # a key is answered meanwhile
        assert paper_of(pilot).headline_list.cursor == 1
        library.gate.set()
        await until(pilot, lambda: not app.progress.running)
        said = [notice.message for notice in app._notifications]
        assert "12 new stories. Winds: It did not answer (timed out after 30 s)." in said


async def test_a_running_refresh_ends_with_the_app(start: Start, library: CannedLibrary) -> None:
    library.gate = asyncio.Event()
    library.outcomes = [Outcome(1, SafeText("The Gazette"), done=1, total=3)]
    async with start() as pilot:
        await press(pilot, "R")
        await press(pilot, "Q")
    assert ("hang_up",) in library.asked


async def test_the_full_text_comes_without_moving_the_text(start: Start, library: CannedLibrary) -> None:
    teaser = a_story(60, markdown=SafeText("Only this."), text=TextKind.TEASER)
    library.stories_by_id[60] = teaser
    library.full_text = a_story(60, markdown=SafeText("Only this.\n\nAnd this is the rest."), text=TextKind.FULL)
    async with start() as pilot:
        await until(pilot, lambda: ("full_story", 60) in library.asked)
        await until(pilot, lambda: "And this is the rest." in screen_text(pilot))


async def test_a_full_text_that_cannot_be_had_is_said(start: Start, library: CannedLibrary) -> None:
    library.stories_by_id[60] = a_story(60, markdown=SafeText("Only this."), text=TextKind.TEASER)
    library.full_text = FetchError("example.org did not answer")
    async with start() as pilot:
        await until(pilot, lambda: "Only the teaser is here. example.org did not answer." in screen_text(pilot))
        assert "Only this." in screen_text(pilot)


@pytest.mark.parametrize("changes", [{"offline": True}, {"refresh": Refresh(full_text="never")}])
async def test_no_page_is_fetched_when_that_is_not_wanted(
    start: Start, library: CannedLibrary, changes: dict[str, object]
) -> None:
    library.stories_by_id[60] = a_story(60, markdown=SafeText("Only this."), text=TextKind.TEASER)
    async with start(**changes) as pilot:
        await press(pilot, "enter")
        await pilot.pause(0.4)
        assert not any(asked[0] == "full_story" for asked in library.asked)


async def test_find_in_the_story(start: Start) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "l", "slash", *"Paragraph", "enter")
        assert paper.story_view.finding
        assert paper.status.said == "Match 1 of 29."
        await press(pilot, "n")
        assert paper.open_story.id == 60
        assert paper.status.said == "Match 2 of 29."
        await press(pilot, "escape")
        assert not paper.story_view.finding
        assert paper.pane == "story"


async def test_a_start_without_a_network_is_said_once(start: Start, library: CannedLibrary) -> None:
    offline = Outcome(1, SafeText("The Gazette"), error=SafeText("There is no network."), offline=True, done=1, total=1)
    library.outcomes = [offline]
    async with start(offline=True) as pilot:
        assert paper_of(pilot).status.said == "You are offline; reading from the cache."
        app = app_of(pilot)
        app._started_at -= 61
        for _ in range(3):
            app.post_message(RefreshWanted(unasked=True))
            await settle(pilot)
            await until(pilot, lambda: not app.progress.running)
        told = [notice.message for notice in app._notifications]
        assert told == ["You are offline; reading from the cache."]


async def test_no_look_by_itself_in_the_first_minute(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        app_of(pilot).post_message(RefreshWanted(unasked=True))
        await settle(pilot)
        assert not library.asked


async def test_empty_lists_are_sentences(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        await press(pilot, "g", "b")
        assert "No story has a star yet." in screen_text(pilot)


async def test_links_that_lie_are_asked_about(start: Start, library: CannedLibrary) -> None:
    body = SafeText("See [bank.example](https://evil.example/login).")
    library.stories_by_id[60] = a_story(60, markdown=body)
    async with start(open=Open(browser=("/does/not/exist",))) as pilot:
        await press(pilot, "l", "1")
        await until(pilot, lambda: "https://evil.example/login" in screen_text(pilot))
        await press(pilot, "escape")
        assert paper_of(pilot).status.said == ""
        await press(pilot, "1")
        await until(pilot, lambda: "evil.example" in screen_text(pilot))
        await press(pilot, "enter")
        await until(pilot, lambda: "could not be started" in paper_of(pilot).status.said)


async def test_a_source_is_added_by_its_address(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        await press(pilot, "a", *"example.org", "enter")
        await until(pilot, lambda: "There is nothing to follow at example.org." in screen_text(pilot))
        library.discovered = (
            Candidate("feed", SafeUrl("https://example.org/feed"), SafeText("Example"), 30, SafeText("an Atom feed")),
            Candidate("site", SafeUrl("https://example.org/"), SafeText("Example site"), 12, SafeText("a site")),
        )
        await press(pilot, "enter")
        await until(pilot, lambda: "an Atom feed" in screen_text(pilot))
        await until(pilot, lambda: pilot.app.screen.found.has_focus)
        await press(pilot, "j", "enter")
        await until(pilot, lambda: pilot.app.screen is paper_of(pilot))
        assert ("subscribe", "https://example.org/", "", "") in library.asked


async def test_the_sources_screen_says_why(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        await press(pilot, "g", "s")
        await press(pilot, "j", "j")
        await until(pilot, lambda: "It did not answer (timed out after 30 s)." in screen_text(pilot))
        assert "3 sources, 1 failing" in screen_text(pilot)
        await press(pilot, "t")
        await until(pilot, lambda: len(pilot.app.screen.query("Input")) == 2)
        await press(pilot, *" now", "enter", "enter")
        await until(pilot, lambda: ("edit_source", 3, {"title": "Review now", "section": None}) in library.asked)
        assert isinstance(pilot.app.screen, Sources)
        await press(pilot, "d", "enter")
        await until(pilot, lambda: ("remove_source", 3) in library.asked)
        await press(pilot, "u", "h")
        await until(pilot, lambda: ("undo",) in library.asked)
        assert "unread" in screen_text(pilot)  # not `0 new`: nobody looked for news


async def test_the_first_day(start: Start, library: CannedLibrary) -> None:
    library.followed, library.stories_by_id = [], {}
    async with start() as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, FirstStart))
        assert not library.asked
        assert "sample edition" in screen_text(pilot)
        await press(pilot, "s")
        await until(pilot, lambda: "Headline 9" in screen_text(pilot))


async def test_the_first_day_of_who_has_a_sync_server(start: Start, library: CannedLibrary) -> None:
    library.followed, library.stories_by_id = [], {}
    async with start(sync=Sync("https://rss.example/", "ann", password_command=("pass", "show", "rss"))) as pilot:
        assert isinstance(pilot.app.screen, FrontPage)
        assert not library.asked, "nothing is asked for unbidden"
        assert [notice.message for notice in pilot.app._notifications] == ["R brings what rss.example has for you."]


async def test_what_was_read_elsewhere_is_so_in_the_rows(start: Start, library: CannedLibrary) -> None:
    async with start(sync=Sync("https://rss.example/", "ann", password_command=("pass", "show", "rss"))) as pilot:
        paper = paper_of(pilot)
        await press(pilot, "g", "l")
        rows = {row.id: row for row in paper.headline_list.pages.loaded()}
        assert not rows[57].read
        library.stories_by_id[57] = replace(library.stories_by_id[57], state=State(read=True, starred=True))
        library.outcomes = [Outcome(0, SafeText("Your sync server"), done=1, total=1)]
        await press(pilot, "R")
        await until(pilot, lambda: {row.id: row for row in paper.headline_list.pages.loaded()}[57].starred)
        assert {row.id: row for row in paper.headline_list.pages.loaded()}[57].read


async def test_space_pages_through_the_help(start: Start) -> None:
    async with start(size=(80, 24)) as pilot:
        await press(pilot, "question_mark")
        shown = pilot.app.screen
        assert isinstance(shown, Help)
        before = screen_text(pilot)
        await press(pilot, "space")
        assert shown.help_list.scroll_offset.y == shown.help_list.size.height - 1
        assert shown.query_one(Input).value == ""
        await press(pilot, "pageup", "pageup")
        assert screen_text(pilot) == before
        await press(pilot, *"next story")
        assert shown.query_one(Input).value == "next story", "between words it is a blank"


async def test_the_help_is_drawn_from_the_keys_in_force(start: Start) -> None:
    async with start(keys=Keys(bindings={"story.star": "f5"})) as pilot:
        await press(pilot, "question_mark", *"star the")
        text = screen_text(pilot)
        assert "F5" in text
        assert "story.star" in text


async def test_newsboat_s_keys(start: Start) -> None:
    async with start(size=(60, 18), keys=Keys(preset="newsboat")) as pilot:
        paper = paper_of(pilot)
        await press(pilot, "question_mark")
        assert "p " in screen_text(pilot)
        await press(pilot, *"unread again")
        assert "N " in screen_text(pilot)
        await press(pilot, "escape", "N")
        assert paper.status.said == "Marked read."
        await press(pilot, "J", "N", "n", "p")
        assert paper.open_story.id == 59
        await press(pilot, "enter", "down", "q", "j")
        assert (paper.pane, paper.listing.title) == ("latest", "Latest contents")
        await press(pilot, "l")
        assert paper.listing.view == "unread"


async def test_emacs_keys(start: Start) -> None:
    async with start(keys=Keys(preset="emacs")) as pilot:
        paper = paper_of(pilot)
        await press(pilot, "n", "ctrl+n", "ctrl+n")
        assert (paper.open_story.id, paper.headline_list.cursor) == (59, 3)
        await press(pilot, "ctrl+f", "ctrl+v", "alt+v", "ctrl+g", "less_than_sign")
        assert (paper.open_story.id, paper.pane, paper.headline_list.cursor) == (57, "latest", 0)
        await press(pilot, "ctrl+x", "left_curly_bracket")
        assert paper.story_view.measure == 66
        await pilot.press("ctrl+x")
        await until(pilot, lambda: "Ctrl+c quit now" in screen_text(pilot))
        pilot.app.post_message(events.Key("ctrl+c", None))
        await until(pilot, lambda: pilot.app._exit)


@pytest.mark.parametrize("size", [(120, 40), (60, 18)])
async def test_a_prefix_tells_what_can_follow(start: Start, size: tuple[int, int]) -> None:
    async with start(size=size) as pilot:
        keys = app_of(pilot).keys.keys
        await pilot.press("g")
        await until(pilot, lambda: "l latest" in screen_text(pilot))
        text = screen_text(pilot)
        following = [(key, command) for command in keymap.in_place("paper", "list") for key in keys[command.id]]
        for key, command in following:
            if key.startswith("g "):
                assert f" {keymap.shown_key(key[2:])} {command.label}" in text
        assert text.endswith(" g … ")
        await press(pilot, "escape")
        assert app_of(pilot).pending == ""
        assert paper_of(pilot).pane == "latest"
        assert "g …" not in screen_text(pilot)
        await press(pilot, "g", "l")
        assert paper_of(pilot).listing.title == "Latest contents"


async def test_a_number_counts_what_follows_it(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typist, "DIGIT_WAITS_S", 3_600)
    async with start() as pilot:
        paper = paper_of(pilot)
        rows, view = paper.headline_list, paper.story_view
        await press(pilot, *"5j")
        assert (rows.cursor, paper.open_story.id) == (5, 60)
        await press(pilot, *"2k")
        assert rows.cursor == 3
        await press(pilot, *"10G")
        assert rows.cursor == 9
        await press(pilot, *"3gg")
        assert rows.cursor == 2
        await press(pilot, *"99j")
        assert rows.cursor == len(rows) - 1
        await press(pilot, *"gg3J")
        assert (rows.cursor, paper.open_story.id) == (3, 57)
        assert not any(row.read for row in [rows.pages[1], rows.pages[2]])
        await press(pilot, *"2K")
        assert paper.open_story.id == 59
        await press(pilot, *"2n")
        assert paper.open_story.id == 56
        await press(pilot, *"2]")
        await until(pilot, lambda: paper.listing.title == "Read later")
        await press(pilot, *"2[")
        await until(pilot, lambda: paper.listing.title == "Front page")
        await press(pilot, "l", *"12j")
        before = view.position
        await press(pilot, *"4k4j")
        assert view.position == before
        await press(pilot, *"gg13G")
        assert view.position == before
        await press(pilot, "1", "escape")
        assert app_of(pilot).pending == ""
        assert paper.pane == "story"


async def test_a_number_by_itself_may_be_above_nine(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(Outside, "open_link", lambda _, url, __: opened.append(url))
    async with start() as pilot:
        paper = paper_of(pilot)
        await type_ahead(pilot, *"12")
        assert paper.status.said == "There is no section 12."
        await type_ahead(pilot, *"3r")  # the digit first, and what follows it in its list
        assert paper.listing.title == "Technology"
        assert ("refresh", (1, 2, 3), False) in paper.library.asked
        await type_ahead(pilot, *"l12")
        assert opened == ["https://example.org/12"]


async def test_letters_after_a_slash_are_for_the_line_that_it_opens(start: Start) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        await type_ahead(pilot, *"g/Headline 12", "enter")
        await until(pilot, lambda: paper.listing.kind == "search")
        await type_ahead(pilot, *"lG")
        assert (paper.listing.title, paper.open_story.id, paper.pane) == ("“Headline 12”", 12, "story")
        assert paper.story_view.at_end


async def test_digits_act_at_once_where_numbers_are_not_wanted(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typist, "DIGIT_WAITS_S", 3_600)
    async with start(keys=Keys(counts=False)) as pilot:
        await press(pilot, "3")
        assert paper_of(pilot).listing.title == "Technology"


async def test_back_and_forward_along_the_way_with_the_lists(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "alt+left")
        assert paper.status.said == "This is where you began."
        await press(pilot, "J", "J", "3")
        await press(pilot, "J")
        assert [paper.listing.title, paper.open_story.id] == ["Technology", 59]
        await press(pilot, "J", "alt+left", "alt+left")
        assert [paper.listing.title, paper.open_story.id, paper.headline_list.cursor] == ["Front page", 58, 2]
        await press(pilot, "m", "alt+right", "alt+left")
        assert not library.stories_by_id[58].state.read  # coming back is not opening
        await press(pilot, "alt+right", "alt+right")
        assert [paper.listing.title, paper.open_story.id, paper.headline_list.cursor] == ["Technology", 55, 1]
        await press(pilot, "alt+right")
        assert paper.status.said == "You have not been further than this."
        await press(pilot, "alt+left", "K")
        assert paper.open_story.id == 59


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 18)])
async def test_the_same_story_in_another_source_is_told_and_gone_to(
    start: Start, library: CannedLibrary, size: tuple[int, int]
) -> None:
    also = {60: (58,), 58: (60,)}
    for number, others in also.items():
        story = library.stories_by_id[number]
        tellings = tuple(Telling(other, library.stories_by_id[other].source) for other in others)
        library.stories_by_id[number] = replace(story, cluster=58, also_in=tellings)
    async with start(size=size) as pilot:
        paper = paper_of(pilot)
        await press(pilot, "enter")
        assert paper.open_story
        assert paper.open_story.id == 60
        assert "Also in Winds" in screen_text(pilot)
        at = paper.headline_list.pages.index_of(58)
        assert at is not None
        row = paper.headline_list.pages[at]
        assert row
        assert row.read, "read in all its tellings"
        await press(pilot, "g", "o")
        assert paper.open_story.id == 58
        assert "Also in The Gazette" in screen_text(pilot)
        assert (paper.listing.title, paper.pane) == ("Front page", "story")
        await press(pilot, "g", "o")
        assert paper.open_story.id == 60, "round and back"
        await press(pilot, "J")
        assert paper.open_story.id == 59, "the list goes on where it was"


async def test_the_mouse_does_it_too(start: Start) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        await pilot.click("#headlines", offset=(10, 8))
        await settle(pilot)
        assert paper.open_story.id == 59
        await pilot.click("#sections", offset=(8, 7))
        await settle(pilot)
        assert paper.listing.title == "Politics"


async def test_the_palette_finds_commands_places_tags_and_headings(
    start: Start, library: CannedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = SafeText("\n\n".join(["Beginning.", *["Words."] * 60, "## The far end", *["Words."] * 60]))
    library.stories_by_id[60] = a_story(60, markdown=body)
    monkeypatch.setattr(library, "tags", lambda: (TagCount(SafeText("buses"), Counts()),))

    async def choose(words: str) -> None:
        await press(pilot, "colon", *words, "enter")

    async with start() as pilot:
        paper = paper_of(pilot)
        await choose("the far end")
        await until(pilot, lambda: "The far end" in screen_text(pilot) and paper.pane == "story")
        await choose("go to science")
        await until(pilot, lambda: paper.listing.title == "Science")
        await choose("go to tag buses")
        await until(pilot, lambda: paper.listing.wanted.tag == "buses")


async def test_what_is_typed_into_the_palette_in_a_burst_is_what_enter_does(start: Start) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        await type_ahead(pilot, "colon", *"go to science", "enter", "j", "j")
        await until(pilot, lambda: paper.listing.title == "Science" and paper.headline_list.cursor == 2)
        await type_ahead(pilot, "colon", *"go to", "down", "enter")
        await until(pilot, lambda: paper.listing.title == "Latest contents")
        await press(pilot, "colon")
        await type_ahead(pilot, *"politics", "enter")
        await until(pilot, lambda: paper.listing.title == "Politics")


@pytest.fixture
def held(library: CannedLibrary, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Until it is set the library does not say which tags there are."""
    go_on = threading.Event()

    def tags() -> tuple[TagCount, ...]:
        go_on.wait(60)
        return ()

    monkeypatch.setattr(library, "tags", tags)
    yield go_on
    go_on.set()


async def test_the_palette_answers_while_the_library_does_not(start: Start, held: threading.Event) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        await type_ahead(pilot, "colon", *"science", "down", "escape")
        await until(pilot, lambda: pilot.app.screen is paper)
        typing = asyncio.create_task(type_ahead(pilot, "colon", *"go to science", "enter"))
        await until(pilot, lambda: isinstance(pilot.app.screen, palette.Palette))
        await until(pilot, lambda: pilot.app.screen is paper)
        held.set()  # both of its threads are held, and the list is read by one of them
        await typing
        await until(pilot, lambda: paper.listing.title == "Science")


async def test_the_palette_is_closed_once_whatever_is_done_while_it_looks(
    start: Start, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(palette, "PATIENCE_S", 60)
    async with start() as pilot:
        paper = paper_of(pilot)
        paper.app.action_palette()  # type: ignore[attr-defined]
        await drain(pilot)
        closing = pilot.app.screen
        line = closing.query_one(Input)
        line.value = "go to science"
        await drain(pilot)
        closing.post_message(Input.Submitted(line, line.value))
        closing.post_message(events.Click(closing, 1, 1, 0, 0, 1, False, False, False, 1, 1))  # beside it
        await drain(pilot)
        assert pilot.app.screen is closing
        held.set()
        await until(pilot, lambda: pilot.app.screen is paper and paper.listing.title == "Science")


async def test_enter_where_nothing_was_found_does_nothing(start: Start) -> None:
    async with start() as pilot:
        await press(pilot, "colon", *"zzzz")
        await until(pilot, lambda: "No matches found" in screen_text(pilot))
        await press(pilot, "enter", "down", "enter")
        assert isinstance(pilot.app.screen, palette.Palette)
        await press(pilot, "escape")
        assert pilot.app.screen is paper_of(pilot)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("undo", "mark.undo"),
        ("redo", "mark.redo"),
        ("refresh", "refresh.all"),
        ("config", "config.edit"),
        ("help", "app.help"),
        ("star", "story.star"),
        ("list.mark_read", "list.mark_read"),
        ("sour", "source.add"),
        ("quit", "app.quit"),
        ("Go to Scie", "section"),
        ("zen", "page.zen"),
    ],
)
async def test_the_palette_knows_what_things_are_called(start: Start, typed: str, first: str) -> None:
    async with start() as pilot:
        provider = palette.Commands(pilot.app.screen)
        entries = {(hit.text, hit.help): hit.score async for hit in provider.search(typed) if isinstance(hit, Hit)}
        best = max(entries, key=lambda one: entries[one])
        assert (best[1] or "").split()[-1:] == [first], sorted(entries.items(), key=lambda one: -one[1])[:4]


async def test_the_palette_begins_with_what_is_wanted_most_and_was_chosen_last(start: Start) -> None:
    async with start(size=(80, 24), commands=(OwnCommand("Save [it]", ("true",)),)) as pilot:

        async def lines(wanted: str) -> list[str]:
            await press(pilot, "colon")
            await until(pilot, lambda: wanted in screen_text(pilot))
            shown = screen_text(pilot).splitlines()
            await press(pilot, "escape")
            return [line.strip(" ▁▔▂▃▄▅▆▇█") for line in shown[6:20]]

        first = await lines("Save [it]")
        assert first[:2] == ["Save [it]", "g /  Search every story that is kept here, as you type"]
        assert "s  Star the story, or take the star away" in first
        assert not any("next story" in line for line in first), "what is a key held down is not looked for by name"
        await press(pilot, "colon", *"narrower")
        await until(pilot, lambda: "page.narrower" in screen_text(pilot))
        await press(pilot, "down", "enter")
        await until(pilot, lambda: paper_of(pilot).story_view.measure == 66)
        assert (await lines("narrower"))[0] == "<  Set the story in a narrower measure"


def test_items_can_be_empty(library: CannedLibrary) -> None:
    from reader.app.desks.reading import as_headline

    story = replace(a_story(1), item=Item(title=SafeText("x")))
    assert as_headline(story).shown_at == story.first_seen_at


async def test_letters_after_a_question_are_its_answer(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        await type_ahead(pilot, "t", *"bus stop, us", "enter")
        await until(pilot, lambda: library.stories_by_id[60].state.tags == ("bus stop", "us"))
        assert ("undo",) not in library.asked
        await type_ahead(pilot, "t", "backspace", "backspace", "backspace", "backspace", "enter")
        await until(pilot, lambda: library.stories_by_id[60].state.tags == ("bus stop",))
        await type_ahead(pilot, "M", "o", "backspace", "3", "6", "enter")
        await until(pilot, lambda: "All of it is read." in paper_of(pilot).status.said)


async def test_a_list_is_come_back_to_where_it_was_left(start: Start) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        rows = paper.headline_list

        async def go(number: str, title: str) -> None:
            await press(pilot, number)
            await until(pilot, lambda: paper.listing.title == title)

        await go("1", "Politics")
        await press(pilot, "j", "j", "j")
        left = rows.selected.id
        await go("2", "Science")
        assert rows.cursor == 0
        await go("1", "Politics")
        assert rows.selected.id == left
        await go("2", "Science")
        assert rows.cursor == 0


async def test_the_right_button_goes_back(start: Start) -> None:
    async with start((60, 24)) as pilot:
        paper = paper_of(pilot)
        await press(pilot, "enter")
        for pane in ("latest", "sections"):
            await pilot.click("#panes", offset=(20, 8), button=3)
            await settle(pilot)
            assert paper.pane == pane


async def test_what_is_typed_takes_the_place_of_the_days_offered(start: Start) -> None:
    async with start() as pilot:
        await press(pilot, "M", "o", "3")
        assert pilot.app.screen.query_one(Input).value == "3"
        await press(pilot, "escape", "t", "b", "enter", "t", *", c")
        assert pilot.app.screen.query_one(Input).value == "b, c"


async def test_the_history_begins_where_the_last_session_ended(start: Start, library: CannedLibrary) -> None:
    library.history = (12, 40)
    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "J", "J", "g", "h")
        assert [row.id for row in paper.headline_list.pages.loaded()] == [58, 59, 60, 12, 40]
    assert library.history == (58, 59, 60, 12, 40)


async def test_a_history_that_cannot_be_written_hinders_no_reading(start: Start, library: CannedLibrary) -> None:
    library.note_opened = lambda _: (_ for _ in ()).throw(LibraryError("The disk is full."))  # type: ignore[method-assign]
    async with start() as pilot:
        await press(pilot, "J")
        await until(pilot, lambda: paper_of(pilot).status.said == "The disk is full.")
        assert paper_of(pilot).open_story.id == 59  # type: ignore[union-attr]
