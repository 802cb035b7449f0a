"""Each binding does something: one row for every command of the keymap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from reader.app import keymap, launcher, voice
from reader.app.app import ReaderApp
from reader.app.listing import LATER, LATEST, STARRED, UNREAD
from reader.app.screens.changes import Changes
from reader.app.screens.first_start import FirstStart
from reader.app.screens.help import Help
from reader.app.screens.links import LinkList
from reader.app.screens.search import Search
from reader.app.screens.sources import Sources
from reader.app.widgets.dialogs import Card
from tests.app.canned import BODY, CannedLibrary, a_story
from tests.app.desk import Start, app_of, paper_of, press, screen_text, settle, until

Check = Callable[[Pilot[Any], CannedLibrary], object]

LAST = 60  # the newest story, which the paper opens with


def opened(story_id: int) -> Check:
    return lambda pilot, _: paper_of(pilot).open_story.id == story_id  # type: ignore[union-attr]


def pane(name: str) -> Check:
    return lambda pilot, _: paper_of(pilot).pane == name


def cursor(index: int) -> Check:
    return lambda pilot, _: paper_of(pilot).headline_list.cursor == index


def asked(*what: object) -> Check:
    return lambda _, library: what in library.asked


def lists(title: str) -> Check:
    return lambda pilot, _: paper_of(pilot).listing.title == title


def says(words: str) -> Check:
    return lambda pilot, _: words in paper_of(pilot).status.said


def toasts(words: str) -> Check:
    return lambda pilot, _: any(words in toast.message for toast in pilot.app._notifications)


def at_top(is_top: bool) -> Check:
    return lambda pilot, _: (paper_of(pilot).story_view.border_subtitle.strip() == "Top") is is_top


def on_screen(kind: type) -> Check:
    return lambda pilot, _: isinstance(pilot.app.screen, kind)


def copied(words: str) -> Check:
    return lambda pilot, _: words in pilot.app.clipboard


# id: (keys before, keys, what holds then)
CASES: dict[str, tuple[tuple[str, ...], tuple[str, ...], Check]] = {
    "story.next": ((), ("J",), opened(59)),
    "story.previous": (("J", "J"), ("K",), opened(59)),
    "story.next_unread": ((), ("n",), opened(59)),
    "story.previous_unread": (("J", "J", "K", "m"), ("J", "N"), opened(59)),
    "story.page_on": ((), ("space",), at_top(False)),
    "story.page_back": (("space",), ("b",), at_top(True)),
    "history.back": (("J", "J"), ("alt+left",), opened(59)),
    "history.forward": (("J", "J", "alt+left"), ("right_curly_bracket",), opened(58)),
    "pane.open": ((), ("enter",), pane("story")),
    "pane.back": ((), ("h",), pane("sections")),
    "pane.next": ((), ("tab",), pane("sections")),
    "pane.previous": ((), ("shift+tab",), pane("story")),
    "story.toggle_read": ((), ("m",), asked("mark", (LAST,), {"read": True})),
    "list.mark_read": ((), ("A",), toasts("20 stories marked read. u takes it back.")),
    "list.mark_above": (("j", "j"), ("M", "k"), toasts("3 stories marked read.")),
    "list.mark_below": (("g", "l", "G", "k"), ("M", "j"), toasts("1 story marked read.")),
    "list.mark_section": ((), ("M", "s"), toasts("15 stories marked read.")),
    "list.mark_older": ((), ("M", "o", "backspace", "0", "enter"), toasts("stories marked read.")),
    "list.mark_unread": (("A",), ("M", "u"), toasts("20 stories marked unread. u takes it back.")),
    "mark.undo": ((), ("u",), says("There is nothing to take back.")),
    "mark.redo": ((), ("ctrl+r",), says("There is nothing to do again.")),
    "story.tags": ((), ("t", "b", "u", "s", "enter"), asked("retag", (LAST,), {"bus": True})),
    "story.watch": ((), ("w",), asked("mark", (LAST,), {"watched": True})),
    "story.play": ((), ("p",), says("This story comes without sound or film.")),
    "story.pipe": ((), ("|",), lambda pilot, _: "Pipe" in pilot.app.screen._title),
    "story.send": ((), ("c",), says("The config has no [[commands]]")),
    "story.edit": ((), ("ctrl+e",), toasts("terminal")),
    "aloud.toggle": ((), ("S",), says("No voice is installed.")),
    "aloud.next": ((), (";",), says("No voice is installed.")),
    "aloud.previous": ((), (",",), says("No voice is installed.")),
    "go.watched": ((), ("g", "w"), lists("Watched")),
    "story.star": ((), ("s",), asked("mark", (LAST,), {"starred": True})),
    "story.later": ((), ("L",), asked("mark", (LAST,), {"later": True})),
    "story.open": ((), ("o",), says("Opened example.org")),
    "story.open_and_on": (("l",), ("O",), opened(59)),
    "story.copy_link": ((), ("y",), copied("https://example.org/story/60")),
    "story.copy_citation": ((), ("Y",), copied("[Headline 60: councils win")),
    "story.text": ((), ("x",), says("The feed gives the full text")),
    "story.pictures": ((), ("i",), says("ictures")),
    "story.elsewhere": ((), ("g", "o"), says("Only The Gazette has this story.")),
    "story.changes": ((), ("D",), on_screen(Changes)),
    "find.open": ((), ("slash",), lambda pilot, _: paper_of(pilot).ask_line.is_asking),
    "search.open": ((), ("g", "slash"), on_screen(Search)),
    "list.filter": ((), ("equals_sign",), lambda pilot, _: paper_of(pilot).ask_line.is_asking),
    "link.hints": ((), ("f",), lambda pilot, _: paper_of(pilot).story_view.hints),
    "link.list": ((), ("g", "k"), on_screen(LinkList)),
    "list.view": ((), ("v",), lambda pilot, _: paper_of(pilot).listing.view == "unread"),
    "list.excerpts": ((), ("-",), lambda pilot, _: paper_of(pilot).headline_list.row_height == 2),
    "list.take_in": ((), (), asked("take in")),
    "go.front_page": (("g", "l"), ("g", "f"), lists("Front page")),
    "go.latest": ((), ("g", "l"), lists(LATEST.title)),
    "go.unread": ((), ("g", "u"), lists(UNREAD.title)),
    "go.starred": ((), ("g", "b"), lists(STARRED.title)),
    "go.later": ((), ("g", "a"), lists(LATER.title)),
    "go.history": ((), ("g", "h"), lists("History")),
    "go.sources": ((), ("g", "s"), on_screen(Sources)),
    "go.catalogue": ((), ("g", "c"), on_screen(FirstStart)),
    "section.previous": ((), ("left_square_bracket",), lists("World")),
    "section.next": ((), ("right_square_bracket",), lists(LATEST.title)),
    "sections.empty": ((), ("V",), says("Only what has unread stories.")),
    "refresh.section": (("2",), ("r",), asked("refresh", (1, 2, 3), False)),
    "refresh.all": ((), ("R",), asked("refresh", (), True)),
    "source.add": ((), ("a",), lambda pilot, _: pilot.app.screen.query("#address")),
    "source.errors": ((), ("e",), on_screen(Sources)),
    "config.edit": ((), ("E",), lambda pilot, _: pilot.app._notifications),
    "page.zen": ((), ("z",), lambda pilot, _: not paper_of(pilot).latest.display or paper_of(pilot).zen),
    "page.narrower": ((), ("less_than_sign",), lambda pilot, _: paper_of(pilot).story_view.measure == 66),
    "page.wider": ((), ("greater_than_sign",), lambda pilot, _: paper_of(pilot).story_view.measure == 74),
    "reading.down": (("l",), ("j",), at_top(False)),
    "reading.up": (("l", "j"), ("k",), at_top(True)),
    "reading.half_down": (("l",), ("ctrl+d",), at_top(False)),
    "reading.half_up": (("l", "ctrl+d"), ("ctrl+u",), at_top(True)),
    "reading.page_down": (("l",), ("pagedown",), at_top(False)),
    "reading.page_up": (("l", "pagedown"), ("pageup",), at_top(True)),
    "reading.top": (("l", "G"), ("g", "g"), at_top(True)),
    "link.numbers": (("l",), ("number_sign",), lambda pilot, _: paper_of(pilot).story_view.show_link_numbers),
    "reading.bottom": (("l",), ("G",), lambda pilot, _: paper_of(pilot).story_view.at_end),
    "list.down": ((), ("j",), cursor(1)),
    "list.up": (("j", "j"), ("k",), cursor(1)),
    "list.half_down": ((), ("ctrl+d",), cursor(2)),
    "list.half_up": (("ctrl+d", "ctrl+d"), ("ctrl+u",), cursor(2)),
    "list.page_down": ((), ("pagedown",), cursor(4)),
    "list.page_up": (("pagedown", "pagedown"), ("pageup",), cursor(4)),
    "list.top": (("G",), ("g", "g"), cursor(0)),
    "list.bottom": ((), ("G",), cursor(19)),
    "sections.open": (("h", "G"), ("l",), lambda pilot, _: paper_of(pilot).section_list.selected.unfolded),
    "sections.close": (("h", "G", "l"), ("h",), lambda pilot, _: not paper_of(pilot).section_list.selected.unfolded),
    "sources.add": (("g", "s"), ("a",), lambda pilot, _: pilot.app.screen.query("#address")),
    "sources.refresh": (("g", "s", "j"), ("r",), asked("refresh", (2,), False)),
    "sources.refresh_all": (("g", "s"), ("R",), asked("refresh", (), True)),
    "sources.details": (("g", "s"), ("e",), lambda pilot, _: pilot.app.screen.has_class("-wide-details")),
    "sources.edit": (("g", "s"), ("t",), lambda pilot, _: len(pilot.app.screen.query("Input")) == 2),
    "sources.remove": (("g", "s"), ("d", "enter"), asked("remove_source", 1)),
    "sources.undo": (("g", "s"), ("u",), asked("undo")),
    "sources.redo": (("g", "s"), ("ctrl+r",), asked("redo")),
    "sources.stories": (("g", "s"), ("l",), lists("The Gazette")),
    "sources.back": (("g", "s"), ("h",), lambda pilot, _: pilot.app.screen is paper_of(pilot)),
    "app.palette": ((), ("colon",), lambda pilot, _: type(pilot.app.screen).__name__ == "Palette"),
    "app.help": ((), ("question_mark",), on_screen(Help)),
    "app.back": ((), ("q",), lambda pilot, _: pilot.app._exit),
    "app.suspend": ((), ("ctrl+z",), lambda pilot, _: pilot.app.slept),
    "app.quit": (("question_mark",), ("ctrl+q",), lambda pilot, _: pilot.app._exit),
}

# What leads to a screen, and on it: id: (keys, what holds then). Each place is one run of the program.
ON_SCREENS: dict[tuple[str, ...], dict[str, tuple[tuple[str, ...], Check]]] = {
    ("g", "slash", *"fares"): {
        "search.order": (("ctrl+t",), lambda pilot, _: pilot.app.screen.listing.ranked),
        "search.language": (("f1",), on_screen(Card)),
        "search.save": (("ctrl+s",), copied('[[searches]]\nname = "fares"')),
        "search.back": (("escape",), lambda pilot, _: pilot.app.screen is paper_of(pilot)),
        "search.choose": (("enter",), lists("“fares*”")),
    },
    ("g", "k"): {
        "links.open": (("enter",), says("Opened example.org")),
        "links.copy": (("j", "y"), copied("https://example.org/2")),
        "links.subscribe": (("a",), lambda pilot, _: pilot.app.screen.query_one("#address").value),
        "links.back": (("escape",), lambda pilot, _: pilot.app.screen is paper_of(pilot)),
    },
    ("D",): {
        "changes.older": (("h",), lambda pilot, _: "change 1 of 2" in screen_text(pilot)),
        "changes.newer": (("h", "l"), lambda pilot, _: "change 2 of 2" in screen_text(pilot)),
        "changes.next": (("n",), lambda pilot, _: pilot.app.screen.text.scroll_offset.y > 10),
        "changes.previous": (("n", "N"), lambda pilot, _: pilot.app.screen.text.scroll_offset.y < 10),
        "changes.back": (("escape",), lambda pilot, _: pilot.app.screen is paper_of(pilot)),
    },
}

FIRST_DAY: dict[str, tuple[tuple[str, ...], Check]] = {
    "catalogue.pick": (("space",), lambda pilot, _: len(pilot.app.screen.publications.picked) == 1),
    "catalogue.subscribe": (("enter",), lambda _, lib: any(asked[0] == "subscribe" for asked in lib.asked)),
    "catalogue.sample": (("s",), asked("subscribe_sample")),
    "catalogue.add": (("a",), lambda pilot, _: pilot.app.screen.query("#address")),
    "catalogue.back": (("escape",), lambda pilot, _: pilot.app.screen is paper_of(pilot)),
}


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that shows nothing, and a sleep from which one wakes."""
    monkeypatch.setattr(ReaderApp, "action_suspend_process", lambda self: setattr(self, "slept", True))
    monkeypatch.setattr(launcher, "_system_opener", lambda: ("true",))
    monkeypatch.setattr(voice.shutil, "which", lambda name: None)


def test_every_command_is_in_the_table() -> None:
    numbered = {f"{what}.{n}" for what in ("section", "link") for n in range(1, 10)}
    in_one_story = {"table.left", "table.right", "note.follow", "reading.jump_back"}
    on_screens = {command_id for cases in ON_SCREENS.values() for command_id in cases}
    told = CASES.keys() | FIRST_DAY.keys() | numbered | in_one_story | on_screens
    assert {command.id for command in keymap.COMMANDS} == told


async def test_keys_that_lead_about_in_a_story(start: Start, library: CannedLibrary) -> None:
    wide = "|" + "|".join(f"a-wide-column-{n}" for n in range(9)) + "|\n" + "|-" * 9 + "|"
    library.stories_by_id[LAST] = a_story(LAST, markdown=f"Noted[^1].\n\n{wide}\n\n{BODY}\n\n[^1]: The note.")
    async with start() as pilot:
        await press(pilot, "l", ")")
        assert "a-wide-column-0" not in screen_text(pilot)
        await press(pilot, "shift+left")
        assert "a-wide-column-0" in screen_text(pilot)
        await press(pilot, "^")
        assert "The note." in screen_text(pilot)
        await press(pilot, "ctrl+o")
        assert "Noted¹." in screen_text(pilot)


async def test_numbers_choose_sections_and_in_the_story_links(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        for n, title in enumerate(("Politics", "Science", "Technology", "World", *["World"] * 5), 1):
            await press(pilot, str(n))
            assert paper.listing.title == title
        await press(pilot, "l")
        for n in range(1, 10):
            paper.fall_silent()
            await press(pilot, str(n))
            await until(pilot, lambda: "Opened example.org" in paper.status.said)


@pytest.mark.parametrize("command_id", [name for name in CASES if name != "list.take_in"])
async def test_the_key_does_it(start: Start, library: CannedLibrary, command_id: str) -> None:
    before, keys, holds = CASES[command_id]
    async with start() as pilot:
        for key in before:
            await press(pilot, key)
        for key in keys:
            await press(pilot, key)
        await until(pilot, lambda: holds(pilot, library))


@pytest.mark.parametrize("opening", ON_SCREENS)
async def test_the_keys_of_a_screen_do_it(start: Start, library: CannedLibrary, opening: tuple[str, ...]) -> None:
    async with start() as pilot:
        for keys, holds in ON_SCREENS[opening].values():
            await press(pilot, *opening)
            await press(pilot, *keys)
            await until(pilot, lambda holds=holds: holds(pilot, library))
            while pilot.app.screen is not paper_of(pilot):
                await press(pilot, "escape")


@pytest.mark.parametrize("command_id", FIRST_DAY)
async def test_the_key_does_it_on_the_first_day(start: Start, library: CannedLibrary, command_id: str) -> None:
    library.followed, library.stories_by_id = [], {}
    keys, holds = FIRST_DAY[command_id]
    async with start() as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, FirstStart))
        await press(pilot, *keys)
        await until(pilot, lambda: holds(pilot, library))


async def test_new_stories_wait_until_they_are_taken_in(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        await press(pilot, "g", "l")
        paper = paper_of(pilot)
        library.waiting_news = [a_story(61), a_story(62)]
        await press(pilot, "R")
        await until(pilot, lambda: paper.arrivals.waiting == 2)
        assert paper.headline_list.selected.id == LAST
        assert paper.open_story.id == LAST
        await press(pilot, "full_stop")
        assert paper.arrivals.waiting == 0
        assert paper.headline_list.pages[0].id == 62
        assert paper.open_story.id == LAST


async def test_rebound_keys_hold_and_the_old_ones_do_not(start: Start, library: CannedLibrary) -> None:
    from reader.settings import Keys

    async with start(keys=Keys(bindings={"story.star": "ctrl+y, g x"})) as pilot:
        await press(pilot, "s")
        assert not library.asked
        await press(pilot, "g", "x")
        assert library.asked == [("mark", (LAST,), {"starred": True})]
        await press(pilot, "ctrl+y")
        assert len(library.asked) == 2
        assert app_of(pilot).pending == ""
        await settle(pilot)


async def test_keys_with_nothing_to_do_in_a_story_say_why(start: Start, library: CannedLibrary) -> None:
    wide = "|" + "|".join(f"a-wide-column-{n}" for n in range(9)) + "|\n" + "|-" * 9 + "|"
    library.stories_by_id[LAST] = a_story(LAST, markdown="A paragraph, and nothing else.")
    library.stories_by_id[LAST - 1] = a_story(LAST - 1, markdown=f"Wide.\n\n{wide}")
    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "l")
        for key, sentence in (
            ("(", "No table and no code in view is wider than the page."),
            (")", "No table and no code in view is wider than the page."),
            ("^", "No mark of a footnote is in view."),
            ("ctrl+o", "There is no jump to go back from."),
            ("#", "There is no link in this story."),
            ("7", "There is no link 7 in this story."),
        ):
            paper.fall_silent()
            await press(pilot, key)
            await until(pilot, lambda sentence=sentence: paper.status.said == sentence)
        assert not paper.story_view.show_link_numbers
        await press(pilot, "J", "(")
        assert paper.status.said == "This is its left edge."
        paper.fall_silent()
        await press(pilot, ")")
        assert paper.status.said == ""
        for _ in range(12):
            await press(pilot, ")")
        assert paper.status.said == "This is its right edge."


async def test_without_a_story_the_keys_of_the_story_say_so(start: Start, library: CannedLibrary) -> None:
    library.stories_by_id = {}
    async with start() as pilot:
        paper = paper_of(pilot)
        paper.enter("story")
        for key in ("(", ")", "^", "#", "ctrl+o"):
            paper.fall_silent()
            await press(pilot, key)
            assert paper.status.said == "No story is open."
