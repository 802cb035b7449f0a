"""The story pane alone: what it draws, where it is, what it reports."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from textual import on
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot

from reader.app import themes
from reader.app.widgets.story_view import StoryView
from reader.model import Article, Item, Position, State, Story, TextKind
from reader.settings import Ui
from reader.text import SafeText, SafeUrl, count_words
from reader.typeset import Look

NOON = datetime(2024, 9, 19, 12, tzinfo=UTC)
LONG = "\n\n".join(
    f"Paragraph {n} has **some** words and a [link {n}](https://x.example/{n}), " + "and more words " * (n % 13) + "."
    for n in range(1, 81)
)


def a_story(markdown: str = LONG, *, number: int = 1, position: Position = Position(), **changes: str) -> Story:  # noqa: B008
    item = Item(
        title=SafeText(changes.get("title", "A headline")),
        summary=SafeText(changes.get("summary", "The dek.")),
        authors=SafeText("Ann Other"),
        url=SafeUrl("https://gazette.example/a"),
        published_at=NOON,
        markdown=SafeText(markdown),
        text=TextKind.FULL,
    )
    return Story(
        id=number,
        source_id=1,
        source=SafeText(changes.get("source", "The Gazette")),
        section=SafeText("Politics"),
        item=item,
        article=None,
        state=State(position=position),
        first_seen_at=NOON,
        fetched_at=NOON,
        words=count_words(markdown),
    )


class OneStory(App[None]):
    """Nothing but the pane; keeps what it reports."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, story: Story | None = None) -> None:
        super().__init__()
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = "late-edition"
        self.first = story
        self.reported: list[Message] = []

    def get_css_variables(self) -> dict[str, str]:
        return themes.with_our_names(super().get_css_variables())

    def compose(self) -> ComposeResult:
        yield StoryView()

    def on_mount(self) -> None:
        self.query_one(StoryView).focus()
        self.query_one(StoryView).story = self.first

    @on(StoryView.PositionChanged)
    @on(StoryView.LinkChosen)
    @on(StoryView.Found)
    def keep(self, event: Message) -> None:
        self.reported.append(event)


@asynccontextmanager
async def shown(story: Story | None, size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[StoryView, Pilot[None]]]:
    app = OneStory(story)
    async with app.run_test(size=size) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        yield app.query_one(StoryView), pilot


def content(view: StoryView) -> list[str]:
    """The lines between the borders, without the margin."""
    height = view.size.height
    left = view._column[0]
    return [view.render_line(y).text[left:].rstrip() for y in range(height)]


def reports(view: StoryView, kind: type[Message]) -> list[Message]:
    app = view.app
    assert isinstance(app, OneStory)
    return [message for message in app.reported if isinstance(message, kind)]


def subtitle(view: StoryView) -> str:
    assert view._border_subtitle is not None
    return view._border_subtitle.plain.strip()


@pytest.mark.parametrize(
    ("size", "left", "width"), [((120, 40), 18, 70), ((80, 24), 3, 70), ((60, 18), 2, 55), ((20, 6), 1, 16)]
)
async def test_the_column_keeps_its_measure_and_never_leaves_the_pane(
    size: tuple[int, int], left: int, width: int
) -> None:
    async with shown(a_story(), size) as (view, _):
        assert view._column[1] == width
        assert abs(view._column[0] - left) <= 2
        assert all(view.render_line(y).cell_length == view.size.width for y in range(view.size.height))


async def test_a_story_is_set_like_a_page() -> None:
    async with shown(a_story("The first paragraph.\n\n## Crosshead\n\nMore.")) as (view, _):
        lines = [line.replace("\u00a0", " ") for line in content(view)]
        assert lines[:14] == [
            "POLITICS · The Gazette",
            "19 September 2024 · 1 min · full text",
            "",
            "A headline",
            "",
            "The dek.",
            "",
            "By Ann Other",
            "",
            "The first paragraph.",
            "",
            "Crosshead",
            "More.",
            "",
        ]
        assert subtitle(view) == "All"
        assert view.at_end


async def test_keys_move_and_the_border_tells_how_far() -> None:
    async with shown(a_story()) as (view, pilot):
        assert subtitle(view) == "Top"
        first = content(view)
        await pilot.press("j")
        assert content(view)[:-1] == first[1:]
        await pilot.press("k", "k")
        assert content(view) == first
        await pilot.press("pagedown")
        assert content(view)[0] == first[-1]
        assert subtitle(view).endswith("%")
        await pilot.press("pageup")
        assert content(view) == first
        await pilot.press("ctrl+d")
        assert content(view)[0] == first[len(first) // 2]
        await pilot.press("ctrl+u", "G")
        assert subtitle(view) == "End"
        assert content(view)[-1].endswith(".")
        assert not view.page_down()
        await pilot.press("home")
        assert content(view) == first
        assert view.page_down()


async def test_scrolling_up_from_the_end_meets_the_same_lines_as_scrolling_down() -> None:
    async with shown(a_story()) as (view, pilot):
        downwards = [content(view)[0]]
        while not view.at_end:
            view.action_line_down()
            downwards.append(content(view)[0])
        fresh = a_story(number=2)
        view.story = fresh
        view.action_bottom()
        upwards = [content(view)[0]]
        while view._top != (0, 0):
            view.action_line_up()
            upwards.append(content(view)[0])
        assert upwards[::-1] == downwards
        await pilot.pause()


async def test_a_story_opens_where_it_was_left() -> None:
    async with shown(a_story(position=Position(40, 0))) as (view, _):
        assert content(view)[0].startswith("Paragraph 40 has")
        assert reports(view, StoryView.PositionChanged) == []
        view.action_line_down()
        view.action_line_down()
        there = view.position
        view.story = a_story(number=2)
        assert content(view)[0].startswith("POLITICS")
        view.story = a_story(position=Position(40, 0))
        assert view.position == there


async def test_the_paragraph_at_the_top_stays_there_at_another_width() -> None:
    async with shown(a_story(position=Position(40, 0))) as (view, pilot):
        for width in (60, 100, 40, 80):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            assert content(view)[0].startswith("Paragraph 40 has")
        view.measure = 30
        assert content(view)[0].startswith("Paragraph 40 has")
        assert max(map(len, content(view))) <= 30


async def test_a_newer_version_of_the_open_story_stays_where_it_is() -> None:
    async with shown(a_story(position=Position(40, 0))) as (view, _):
        story = a_story(position=Position(40, 0))
        view.renew(replace(story, state=State(starred=True)))
        assert content(view)[0].startswith("Paragraph 40 has")
        view.action_top()
        assert "starred" in content(view)[0]
        view.renew(replace(story, article=Article(markdown=SafeText("Short now."))))
        assert "Short now." in content(view)
        view.renew(a_story("Not asked for.", number=9))
        assert "Short now." in content(view)


async def test_positions_are_reported_with_the_end() -> None:
    async with shown(a_story()) as (view, pilot):
        view.action_bottom()
        await pilot.pause()
        message = reports(view, StoryView.PositionChanged)[-1]
        assert isinstance(message, StoryView.PositionChanged)
        assert (message.story_id, message.at_end) == (1, True)
        assert message.position.block > 60
    async with shown(a_story("Short.", number=7)) as (view, _):
        (only,) = reports(view, StoryView.PositionChanged)
        assert vars(only) == {"story_id": 7, "position": Position(), "at_end": True}


async def test_links_are_chosen_by_number_and_by_the_mouse() -> None:
    async with shown(a_story("See [the minutes](https://x.example/m) and [**the** vote](https://x.example/v).")) as (
        view,
        pilot,
    ):
        assert [(link.number, link.text) for link in view.links()] == [(1, "the minutes"), (2, "the vote")]
        await pilot.press("2")
        y = next(at for at, line in enumerate(content(view)) if line.startswith("See"))
        x = view._column[0] + 6
        await pilot.click(StoryView, offset=(x + 1, y + 1))  # the border is one cell
        await pilot.click(StoryView, offset=(x - 4, y + 1))
        await pilot.press("9")
        await pilot.pause()
        assert [vars(link) for link in reports(view, StoryView.LinkChosen)] == [
            {"url": "https://x.example/v", "text": "the vote"},
            {"url": "https://x.example/m", "text": "the minutes"},
        ]
        view.show_link_numbers = True
        assert "See the minutes[1] and the vote[2]." in content(view)


async def test_the_wheel_scrolls() -> None:
    async with shown(a_story()) as (view, pilot):
        first = content(view)
        await pilot._post_mouse_events([__import__("textual.events").events.MouseScrollDown], StoryView, (5, 5))
        assert content(view)[0] == first[3]
        await pilot._post_mouse_events([__import__("textual.events").events.MouseScrollUp], StoryView, (5, 5))
        assert content(view) == first


async def test_find_goes_from_match_to_match_and_round() -> None:
    async with shown(a_story()) as (view, pilot):
        assert view.find("PARAGRAPH 7") == 11
        assert view.finding
        view.find_next()
        assert any(line.startswith("Paragraph 70 has") for line in content(view))
        view.find_next(-1)
        view.find_next(-1)
        assert any(line.startswith("Paragraph 79 has") for line in content(view))
        await pilot.pause()
        assert [
            (message.current, message.total)
            for message in reports(view, StoryView.Found)
            if isinstance(message, StoryView.Found)
        ] == [(1, 11), (2, 11), (1, 11), (11, 11)]
        here = [
            segment.text
            for y in range(view.size.height)
            for segment in view.render_line(y)
            if segment.style and segment.style.reverse
        ]
        assert here == ["Paragraph 7"]
        assert view.find("no such words") == 0
        assert view.find("") == 0
        assert not view.finding


async def test_a_find_starts_at_what_is_in_view() -> None:
    async with shown(a_story(position=Position(40, 0))) as (view, _):
        before = content(view)
        view.find("has some words")
        assert content(view) == before
        assert view._found.current == 39


async def test_another_theme_is_drawn_at_once() -> None:
    async with shown(a_story()) as (view, pilot):
        before = [segment.style for segment in view.render_line(0)]
        view.app.theme = "newsprint"
        await pilot.pause()
        assert [segment.style for segment in view.render_line(0)] != before


async def test_text_from_outside_is_never_markup() -> None:
    hostile = "[/foo] [@click=app.quit]x[/] [b]y"
    story = a_story(hostile.replace("[", "\\["), title=hostile, summary=f"Dek: {hostile}", source=hostile)
    async with shown(story) as (view, pilot):
        await pilot.pause()
        assert "\n".join(content(view)).count("[@click=app.quit]x[/]") == 4


async def test_no_story_is_a_sentence() -> None:
    async with shown(None) as (view, pilot):
        view.empty = "No story is open."
        await pilot.pause()
        assert "No story is open." in "".join(content(view))
        assert view.at_end
        assert not view.page_down()
        await pilot.press("j", "k", "G", "home", "pageup", "1")
        assert view.links() == ()
        assert view.find("x") == 0
        view.story = a_story()
        assert content(view)[3] == "A headline"
        view.story = None
        await pilot.pause()
        assert "No story is open." in "".join(content(view))


@pytest.mark.parametrize("size", [(20, 5), (3, 3), (300, 100), (1, 1)])
async def test_any_size_is_drawn(size: tuple[int, int]) -> None:
    async with shown(a_story(), size) as (view, pilot):
        view.show_link_numbers = True
        view.find("words")
        await pilot.press("G", "home", "pagedown", "ctrl+u")
        content(view)


async def test_neighbours_are_prepared_and_few_are_kept() -> None:
    async with shown(a_story()) as (view, _):
        for number in range(2, 30):
            view.prepare(a_story(number=number))
        assert len(view._pages) <= 8
        assert 1 in view._pages
        view.story = a_story(number=29)
        assert content(view)[3] == "A headline"


RICH = "\n\n".join(
    [
        "See [the minutes](https://x.example/m;a=1), [gazette.example](https://elsewhere.example/), a note[^1], b[^b].",
        "## Fares",
        "| " + " | ".join(f"wide-column-{n}" for n in range(9)) + " |\n" + "|-" * 9 + "|\n| "
        + " | ".join(f"cell {n}" for n in range(9)) + " |",
        LONG.replace("[", "(").replace("]", ")"),
        "[^1]: First note.",
        "[^b]: Second note.",
    ]
)  # fmt: skip


def written(view: StoryView) -> str:
    """What goes to the terminal for the lines in view."""
    return "".join(view.render_line(y).render(view.app.console) for y in range(view.size.height))


async def test_links_in_view_are_told_labelled_and_followed() -> None:
    async with shown(a_story(RICH)) as (view, pilot):
        seen = view.visible_links()
        assert [(link.url, link.text) for link in seen] == [
            ("https://x.example/m;a=1", "the minutes"),
            ("https://elsewhere.example/", "gazette.example"),
            ("", "1"),
            ("", "b"),
        ]
        assert [content(view)[link.y][link.x - view._column[0] :][:3] for link in seen] == ["the", "gaz", "¹, ", "[b]"]
        before = content(view)
        view.hints = {seen[0].key: "as", seen[3].key: "d"}
        assert any("See ase minutes" in line for line in content(view))
        assert any("bdb]" in line for line in content(view))
        view.action_line_down()
        assert view.hints == {}
        view.action_top()
        assert content(view) == before
        view.follow(seen[1].key)
        view.follow(seen[2].key)
        assert view.at_end
        await pilot.pause()
        (chosen,) = reports(view, StoryView.LinkChosen)
        assert vars(chosen) == {"url": "https://elsewhere.example/", "text": "gazette.example"}


async def test_the_terminal_is_told_of_links_but_not_of_those_that_are_to_be_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    async with shown(a_story(RICH)) as (view, _):
        told = re.findall(r"\x1b\]8;id=([^;]*);([^\x1b]*)\x1b\\", written(view))
        assert {url for _, url in told} == {"https://x.example/m;a=1"}
        assert len({link for link, _ in told}) == 1
    monkeypatch.setenv("TERM", "linux")
    async with shown(a_story(RICH)) as (view, _):
        assert "\x1b]8" not in written(view)


async def test_footnotes_and_headings_lead_there_and_back() -> None:
    async with shown(a_story(RICH)) as (view, _):
        start = content(view)
        view.action_footnote()
        assert view.at_end
        assert content(view)[view.caret.y] == "¹ First note."
        view.action_footnote()
        assert content(view) == start
        view.action_footnote()
        assert content(view)[view.caret.y] == "[b] Second note."
        view.action_jump_back()
        assert content(view) == start
        (heading,) = view.headings()
        view.go_to_heading(heading)
        assert content(view)[0] == heading.text == "Fares"
        view.action_jump_back()
        view.action_jump_back()
        assert content(view) == start


async def test_a_wide_table_slides_and_a_find_slides_it() -> None:
    async with shown(a_story(RICH)) as (view, _):
        row = next(at for at, line in enumerate(content(view)) if line.startswith("wide-column-0"))
        seen = set[str]()
        for _ in range(10):
            seen.update(re.findall(r"column-\d", content(view)[row]))
            view.action_table_right()
        assert seen == {f"column-{n}" for n in range(9)}
        assert content(view)[row].endswith("column-8")
        for _ in range(10):
            view.action_table_left()
        assert content(view)[row].startswith("wide-column-0")
        view.find("cell 8")
        assert "cell 8" in content(view)[row + 2]
        # A mark that the reader sets on the story changes no text, and the find stays where it is.
        view.find("paragraph")
        view.find_next()
        assert view.story is not None
        view.renew(replace(view.story, state=State(starred=True)))
        assert view._found.number == 2


async def test_the_spoken_sentence_is_marked_and_in_view() -> None:
    async with shown(a_story(RICH)) as (view, _):
        reading = list(view.sentences())
        assert view.text_of(reading[2]) == "A headline"
        for sentence in (reading[2], reading[60], reading[4]):
            view.spoken = sentence
            marked = view._ink.style(Look.SPOKEN)
            said = [
                segment.text
                for y in range(view.size.height)
                for segment in view.render_line(y)
                if segment.style and segment.style.bgcolor == marked.bgcolor
            ]
            assert "".join("".join(said).split()) == "".join(view.text_of(sentence).split())
            assert view.render_line(view.caret.y).text.strip()[:4] in view.text_of(sentence)
        view.spoken = None
        assert view.caret == (view._column[0], 0)


async def test_a_story_is_set_as_the_settings_say() -> None:
    async with shown(a_story(RICH)) as (view, pilot):
        view.obey(Ui(measure=50, justify=True, hyphenate=True), ascii_marks=False)
        await view.app.workers.wait_for_complete()
        await pilot.pause()
        page = view._page
        assert page is not None
        assert page.manner.justify
        assert page.manner.hyphenate is not None
        view.obey(Ui(plain=True), ascii_marks=False)
        lines = [line.text for _, line in page.view((0, 0), 60)]  # type: ignore[arg-type]
        assert "wide-column-0: cell 0" in lines
        assert not any("─" in line for line in lines)
