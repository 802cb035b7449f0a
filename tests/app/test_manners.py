"""What a new reader would complain of: keys without an answer, words that are cut off, places without a way back."""

from __future__ import annotations

import pytest

from reader.app import keymap, wording
from reader.app.desks.outside import Outside
from reader.app.screens.first_start import FirstStart
from reader.app.screens.help import help_lines, set_in_rows
from reader.app.screens.sources import Sources
from reader.catalogue import catalogue
from reader.model import Candidate, Subscription
from reader.settings import Keys
from reader.text import SafeText, SafeUrl
from tests.app.canned import CannedLibrary
from tests.app.desk import Start, paper_of, press, screen_text, until


async def test_a_key_that_means_nothing_here_says_so(start: Start) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        for key, sentence in (
            ("#", "# is for the story: show or hide the numbers of the links."),
            ("W", "W means nothing here. ? shows the keys."),
            (".", "No new stories wait above this list."),
        ):
            await press(pilot, key)
            assert paper.status.said == sentence
        await press(pilot, "g", "x")
        assert paper.status.said == "g x means nothing here. ? shows the keys."
        paper.fall_silent()
        await press(pilot, "f9", "j", "k", "escape", "g", "escape")
        assert paper.status.said == ""


async def test_keys_about_a_story_say_that_there_is_none(start: Start, library: CannedLibrary) -> None:
    library.stories_by_id = {}
    async with start() as pilot:
        paper = paper_of(pilot)
        for key in ("m", "s", "L", "w", "O", "x", "enter", "space", "b"):
            paper.fall_silent()
            await press(pilot, key)
            assert paper.status.said, key


async def test_who_has_no_stories_yet_is_not_up_to_date(start: Start, library: CannedLibrary) -> None:
    library.stories_by_id = {}
    async with start() as pilot:
        await press(pilot, "n")
        assert paper_of(pilot).status.said == "No stories have come yet. e says how the sources are doing."


async def test_a_sentence_that_is_too_long_for_the_line_is_told_whole(start: Start) -> None:
    async with start(size=(60, 18)) as pilot:
        paper = paper_of(pilot)
        await press(pilot, "c")
        assert [toast.message[-21:] for toast in pilot.app._notifications] == ["the README shows two."]
        assert "shows two." in screen_text(pilot), "on a second line"
        assert paper.status.said == ""
        paper.say("Short.")
        assert paper.status.said == "Short."


async def test_back_in_the_list_leaves_a_find_in_the_story_alone(start: Start) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "l", "/", *"the", "enter", "h", "tab", "tab", "tab")
        await press(pilot, "l", "/", *"the", "enter")
        paper.enter("latest")
        await press(pilot, "=", *"headline", "enter")
        assert paper.listing.narrowed
        await press(pilot, "escape")
        assert not paper.listing.narrowed
        assert paper.story_view.finding
        await press(pilot, "l", "escape")
        assert not paper.story_view.finding


async def test_back_leaves_the_details_of_a_source_first(start: Start) -> None:
    async with start() as pilot:
        await press(pilot, "g", "s", "e", "escape")
        assert isinstance(pilot.app.screen, Sources)
        await press(pilot, "escape")
        assert pilot.app.screen is paper_of(pilot)


async def test_the_catalogue_can_be_come_back_to(start: Start, library: CannedLibrary) -> None:
    first, second = [entry for group in catalogue() for entry in group.entries][:2]
    library.followed.append(Subscription(9, "feed", first.url, first.title))
    async with start(size=(60, 18)) as pilot:
        await press(pilot, "g", "c")
        screen = pilot.app.screen
        assert isinstance(screen, FirstStart)
        assert f"{first.title}  you follow it" in screen_text(pilot)
        for key in ("space", "enter"):
            await press(pilot, key)
            assert screen.status.said == f"You follow {first.title} already."
        await press(pilot, "j", "space", "enter")
        await until(pilot, lambda: pilot.app.screen is paper_of(pilot))
        assert [asked[1] for asked in library.asked if asked[0] == "subscribe"] == [second.url]


async def test_the_empty_paper_tells_where_the_catalogue_is(start: Start, library: CannedLibrary) -> None:
    library.stories_by_id = {}
    async with start() as pilot:
        assert "g c shows" in screen_text(pilot)


async def test_the_first_day_fits_a_small_window(start: Start, library: CannedLibrary) -> None:
    library.followed, library.stories_by_id = [], {}
    async with start(size=(60, 18)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, FirstStart))
        assert pilot.app.screen.query_one("#welcome").size.height == 6


async def test_the_dialog_fits_a_small_window_and_shows_the_address(start: Start, library: CannedLibrary) -> None:
    address = SafeUrl("https://example.org/a/rather/long/address.xml")
    library.discovered = (
        Candidate("feed", address, SafeText("Example"), 30, SafeText("an Atom feed of some thirty stories, and more")),
    )
    async with start(size=(60, 18)) as pilot:
        await press(pilot, "a", *"example.org", "enter")
        await until(pilot, lambda: address in screen_text(pilot))
        assert "Esc cancel" in screen_text(pilot)


async def test_a_theme_tells_how_it_is_kept(start: Start) -> None:
    async with start() as pilot:
        await press(pilot, "colon")
        await pilot.press(*"theme: nord")
        await until(pilot, lambda: "Theme: nord" in screen_text(pilot))
        await press(pilot, "enter")
        await until(pilot, lambda: pilot.app.screen is paper_of(pilot))
        assert paper_of(pilot).status.said == '[ui] theme = "nord" in the config keeps it.'


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (None, "There is no config"),
        ("[ui]\nmeasure = 70\n", "Changes of the config hold from the next start on."),
        ("[ui]\nmeazure = 70\n", "meazure"),
        ('[keys]\n"story.star" = "J"\n', "J is taken by"),
    ],
)
async def test_a_config_that_was_edited_is_looked_at(
    start: Start, monkeypatch: pytest.MonkeyPatch, written: str | None, told: str
) -> None:
    monkeypatch.setattr(Outside, "attempt", lambda self, act, otherwise="": True)
    async with start() as pilot:
        paper = paper_of(pilot)
        path = paper.settings.folders.config_file
        if written is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(written)
        await press(pilot, "E")
        said = [paper.status.said, *(notice.message for notice in pilot.app._notifications)]
        assert any(told in sentence for sentence in said)


def test_the_innermost_section_is_told_where_there_is_no_room() -> None:
    assert wording.fit_path("Technology/Linux", 16) == "Technology/Linux"
    assert [wording.fit_path("Technology/Linux", width) for width in (12, 9, 8, 3)] == [
        "Techn…/Linux", "Te…/Linux", "Technol…", "Te…",
    ]  # fmt: skip
    assert wording.fit_path("Technology", 5) == "Tech…"


def test_the_help_stands_on_one_line_where_it_fits() -> None:
    lines = help_lines(keymap.build(Keys()), wording.marks(ascii_only=False), "next story")
    (row,) = [row for row in set_in_rows(lines, 76) if row.keys == "J"]
    assert (row.text, row.id) == ("Go to the next story of the list.", "story.next")
