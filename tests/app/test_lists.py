"""The lists and the sections beside them: views, what is left out, and how much of a story a row shows."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from reader.settings import Ui
from reader.text import SafeText
from tests.app.canned import CannedLibrary, a_story
from tests.app.desk import Start, paper_of, press, screen_text, settle, until


def read_up(library: CannedLibrary, *sections: str) -> None:
    """Everything in some sections has been read."""
    for story in list(library.stories_by_id.values()):
        if story.section in sections:
            library.stories_by_id[story.id] = replace(story, state=replace(story.state, read=True))


async def test_the_unread_alone_from_the_start(start: Start, library: CannedLibrary) -> None:
    library.mark([60, 57], read=True)
    async with start(ui=Ui(view="unread")) as pilot:
        paper = paper_of(pilot)
        assert paper.listing.heading == "Front page · unread"
        assert paper.headline_list.selected.id == 59 == paper.open_story.id
        for keys, heading in (
            (["g", "l"], "Latest contents · unread"), (["1"], "Politics · unread"), (["]"], "Science · unread"),
            (["g", "b"], "Starred"), (["g", "h"], "History"),
        ):  # fmt: skip
            await press(pilot, *keys)
            assert paper.listing.heading == heading
        await press(pilot, "4")
        assert 57 not in [row.id for row in paper.headline_list.pages.loaded()]
        said = []
        for view in ("starred", "all", "unread"):
            await press(pilot, "v")
            assert paper.listing.view == view
            said.append(paper.status.said)
        assert said == ["The starred stories alone.", "All stories.", "The unread stories alone."]


async def test_the_row_that_was_left_is_come_back_to_in_that_view_too(start: Start) -> None:
    async with start(ui=Ui(view="unread")) as pilot:
        paper = paper_of(pilot)
        await press(pilot, "1", "j", "j", "j")
        left = paper.headline_list.selected
        await press(pilot, "2", "1")
        assert paper.headline_list.selected == left


async def test_sections_without_news_are_hidden_but_never_under_the_reader(
    start: Start, library: CannedLibrary
) -> None:
    read_up(library, "Science", "World")

    def sections() -> list[str]:
        return [row.label for row in paper.section_list.rows][5:]

    async with start(ui=Ui(empty_sections="hide")) as pilot:
        paper = paper_of(pilot)
        assert sections() == ["Politics", "Technology", "2 without news"]
        assert "2 without news" in screen_text(pilot)
        await press(pilot, "2")
        assert paper.listing.title == "Technology"
        await press(pilot, "V")
        assert sections() == ["Politics", "Science", "Technology", "World"]
        assert paper.status.said == "All sections and sources."
        await press(pilot, "2", "V")
        assert paper.listing.title == "Science"
        assert sections() == ["Politics", "Science", "Technology", "1 without news"]
        await press(pilot, "1", "A")
        await until(pilot, lambda: sections() == ["Politics", "Technology", "2 without news"])
        await press(pilot, "g", "f")
        paper.sections.draw()
        assert sections() == ["Technology", "3 without news"]


async def test_a_list_is_marked_unread_with_what_was_read_while_it_was_shown(
    start: Start, library: CannedLibrary
) -> None:
    async with start(ui=Ui(view="unread")) as pilot:
        paper = paper_of(pilot)
        await press(pilot, "1", "l", "J")  # Politics: two are opened, and so read
        assert sum(row.read for row in paper.headline_list.pages.loaded()) == 2
        await press(pilot, "M", "u")
        assert not any(row.read for row in paper.headline_list.pages.loaded())
        toasts = [toast.message for toast in pilot.app._notifications]
        assert toasts == ["2 stories marked unread. u takes it back."]
        await until(pilot, lambda: not any(story.state.read for story in library.stories_by_id.values()))
        await press(pilot, "M", "u")
        assert paper.status.said == "All of it is unread."


@pytest.fixture
def nested(library: CannedLibrary) -> CannedLibrary:
    """Technology with two sections in it, of which one has two more; fifteen stories each in Politics and Science."""
    places = ("Technology/Linux", "Technology/BSD", "Technology/BSD/Open", "Technology")
    for number, story in library.stories_by_id.items():
        if story.section in ("Technology", "World"):
            library.stories_by_id[number] = replace(story, section=SafeText(places[number // 2 % 4]))
    return library


async def test_sections_open_to_those_within_them(start: Start, nested: CannedLibrary) -> None:
    async with start(size=(120, 40)) as pilot:
        paper = paper_of(pilot)
        shown = paper.section_list

        def below() -> list[tuple[str, int, int | None]]:
            return [(row.label, row.depth, row.count) for row in shown.rows[7:]]

        assert below() == [("Technology", 0, 30)]
        await press(pilot, "h", "G", "l")
        assert [row[:2] for row in below()][:3] == [("Technology", 0), ("BSD", 1), ("Linux", 1)]
        assert sum(count or 0 for _, depth, count in below() if depth == 1) == 30
        await press(pilot, "j", "l")
        assert ("Open", 2) in [row[:2] for row in below()]
        assert "›  ▾ BSD" in screen_text(pilot)
        assert "      ▸ ▲ Open     7" in screen_text(pilot)
        await press(pilot, "j", "enter")
        assert paper.listing.title == "Technology/BSD/Open"
        assert {row.section for row in paper.headline_list.pages.loaded()} == {"Technology/BSD/Open"}
        await press(pilot, "h", "h")
        assert shown.selected.label == "BSD"
        await press(pilot, "enter")
        rows = list(paper.headline_list.pages.loaded())
        assert {row.section for row in rows} == {"Technology/BSD", "Technology/BSD/Open"}
        await press(pilot, "h", "h")
        assert not shown.selected.unfolded
        await press(pilot, "h", "h")
        assert below() == [("Technology", 0, 30)]
        await press(pilot, "enter")
        assert len(paper.headline_list.pages) == 30


async def test_from_within_a_section_one_goes_to_it_or_to_the_next(start: Start, nested: CannedLibrary) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)

        async def at_linux() -> None:
            listing = next(one for one in paper.sections.listings() if one.title == "Technology/Linux")
            paper.lists.go_to(listing)
            await settle(pilot)
            assert paper.listing.title == "Technology/Linux"
            assert paper.section_list.selected.label == "Technology", "the nearest that is in sight"

        for key, title in (("[", "Technology"), ("]", "Front page"), ("1", "Politics"), ("3", "Technology")):
            await at_linux()
            await press(pilot, key)
            assert paper.listing.title == title
        await at_linux()
        await press(pilot, "A", "n")
        assert paper.listing.title == "Technology", "first what else lies in it"
        await press(pilot, "r")
        await until(pilot, lambda: ("refresh", (1, 2, 3), False) in nested.asked)


async def test_the_palette_finds_sections_within_sections(start: Start, nested: CannedLibrary) -> None:
    async with start(ui=Ui(empty_sections="hide")) as pilot:
        await press(pilot, "colon", *"BSD/Open")
        await until(pilot, lambda: "Go to Technology/BSD/Open" in screen_text(pilot))
        await press(pilot, "enter")
        await until(pilot, lambda: paper_of(pilot).listing.title == "Technology/BSD/Open")


LONG = "Compiler team drops support for machines nobody has seen since the eighties, and for others too"


def rows_on_screen(pilot: Pilot[None]) -> list[str]:
    """The lines of the list as they stand on the screen, without marks and margins."""
    rows = paper_of(pilot).headline_list
    lines = [rows.render_line(y).text.strip(" ▌●›★◷") for y in range(rows.size.height)]
    return [re.sub(" {2,}", "  ", line) for line in lines]


HEADLINE = "Headline 60: councils win"


@pytest.mark.parametrize(
    ("size", "lines"),
    [
        (
            (120, 40),
            [
                HEADLINE, "power to set their…  now", "Compiler team drops support", "for machines…  37 min",
                "Short", "Winds  1 h",
            ],
        ),
        (
            (79, 24),
            [
                f"{HEADLINE} power to set their own fares  now",
                "Compiler team drops support for machines nobody has seen since…  37 min", "Short  1 h",
            ],
        ),
        (
            (60, 18),
            [
                f"{HEADLINE} power to set their own", "fares  now",
                "Compiler team drops support for machines nobody has",
                "seen since the eighties, and for others too  37 min",
            ],
        ),
        ((40, 9), [f"{HEADLINE} power", "to set their own fares  now"]),
        ((20, 9), ["Headline 60:", "councils win…"]),
    ],
)  # fmt: skip
async def test_a_list_without_excerpts(
    start: Start, library: CannedLibrary, size: tuple[int, int], lines: list[str]
) -> None:
    library.stories_by_id[59] = a_story(59, title=SafeText(LONG))
    library.stories_by_id[58] = a_story(58, title=SafeText("Short"))
    async with start(size=size, ui=Ui(excerpts=False)) as pilot:
        assert rows_on_screen(pilot)[: len(lines)] == lines


async def test_excerpts_go_and_come_at_once_and_the_row_stays(start: Start, library: CannedLibrary) -> None:
    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "g", "l", "G", *"kkk")
        at = paper.headline_list.selected
        assert "The transport bill passed" in " ".join(rows_on_screen(pilot))
        await press(pilot, "-")
        shown = rows_on_screen(pilot)
        assert paper.status.said == "Headlines and dates alone."
        assert "The transport bill passed" not in " ".join(shown)
        assert len([line for line in shown if line.startswith("Headline")]) == paper.headline_list.size.height // 2
        assert f"Headline {at.id}: councils win" in shown
        assert paper.headline_list.selected == at
        await press(pilot, "-")
        assert paper.status.said == "Headlines with excerpts."
        assert f"Headline {at.id}: councils win" in rows_on_screen(pilot)


async def test_a_row_without_excerpt_shows_its_marks_and_what_is_found(start: Start, library: CannedLibrary) -> None:
    library.mark([60], starred=True, later=True)
    for size, line in (((120, 40), 1), ((79, 24), 0)):
        async with start(size=size, ui=Ui(excerpts=False)) as pilot:
            rows = paper_of(pilot).headline_list
            text = "".join(rows.render_line(y).text for y in range(line + 1))
            assert all(mark in text for mark in "●★◷")
            rows.sought = "power"
            found = [
                segment.text for y in range(line + 1) for segment in rows.render_line(y) if segment.style.underline
            ]
            assert found == ["power"]


@pytest.mark.parametrize("zen", [False, True])
async def test_a_toast_hides_no_line_that_is_read(start: Start, library: CannedLibrary, zen: bool) -> None:
    def read() -> list[str]:
        """All lines of the screen but the lower edge of the panes, and the line below it."""
        lines = screen_text(pilot).splitlines()
        return lines[: -1 if zen else -2]

    async with start() as pilot:
        paper = paper_of(pilot)
        await press(pilot, "g", "l", *("z" if zen else ""))
        before = read()
        paper.tell(
            "The config could not be opened in your editor, since the terminal cannot be lent to it: see the help."
        )
        await settle(pilot)
        assert "since the terminal cannot be lent to it: see the help." in screen_text(pilot)
        assert read() == before
        paper.tell("20 stories marked read. u takes it back.")
        await settle(pilot)
        assert "20 stories marked read." in screen_text(pilot)
        assert "since the terminal" not in screen_text(pilot)
        assert read() == before
