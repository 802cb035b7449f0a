"""The lists and the sections beside them: views, what is left out, and how much of a story a row shows."""

from __future__ import annotations

from msgspec.structs import replace

from reader.settings import Ui
from tests.app.canned import CannedLibrary
from tests.app.desk import Start, paper_of, press, screen_text, until


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
