"""Pictures in the story pane: what a terminal is sent, when pictures are asked for, and that nothing moves."""

from __future__ import annotations

import asyncio
import base64
import io
import re
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyte
import pytest
from PIL import Image
from rich.console import Console
from rich.style import Style
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.strip import Strip

from reader.app import graphics
from reader.app.gallery import BUDGET_BYTES, Colours, Gallery
from reader.app.widgets.story_view import StoryView
from reader.errors import FetchError
from reader.pictures import Drawing, Frame, draw_picture
from reader.settings import Settings, Ui, folders
from reader.text import SafeUrl
from reader.typeset import Plate, PlateRow
from tests.app.desk import drain, settle
from tests.app.test_story_view import OneStory, a_story
from tests.sixels import decoded

BLANK = Style.parse("white on black")
COLOURS = Colours(BLANK, Style.parse("white on #222222"), BLANK)


def a_picture(colour: str = "red", size: tuple[int, int] = (320, 160)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def url_of(number: int) -> SafeUrl:
    return SafeUrl(f"https://x.example/{number}.png")


@dataclass
class Darkroom:
    """A library that has pictures, and draws them when it is told to."""

    settings: Settings
    sizes: dict[SafeUrl, tuple[int, int]] = field(default_factory=dict)
    asked: list[tuple[SafeUrl, Frame]] = field(default_factory=list)
    broken: set[SafeUrl] = field(default_factory=set)
    light: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: int = 0
    most_at_once: int = 0

    def picture_size(self, url: SafeUrl) -> tuple[int, int] | None:
        return self.sizes.get(url)

    async def picture(self, story_id: int, url: SafeUrl, frame: Frame) -> Drawing:
        self.asked.append((url, frame))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.light.wait()
        self.at_once -= 1
        if url in self.broken:
            raise FetchError("x.example did not answer.")
        return draw_picture(a_picture(), frame)


@asynccontextmanager
async def showing(
    tmp_path: Path,
    markdown: str,
    wanted: str,
    *,
    height: int = 24,
    known: tuple[int, ...] = (),
    offline: bool = False,
) -> AsyncIterator[tuple[Pilot[None], StoryView, Darkroom, list[str]]]:
    """The story pane alone, with a gallery; and what was sent to the terminal beside what is drawn."""
    library = Darkroom(Settings(folders(tmp_path), ui=Ui(images=wanted), offline=offline))
    library.sizes = {url_of(number): (320, 160) for number in known}
    app, sent = OneStory(a_story(markdown)), list[str]()
    async with app.run_test(size=(60, height)) as pilot:
        view = app.query_one(StoryView)
        view.hang(
            Gallery(
                library,  # type: ignore[arg-type]
                colours="truecolor",
                ascii_only=False,
                start=view.run_worker,
                changed=view.show_picture,
                send=sent.append,
            )
        )
        await drain(pilot)
        yield pilot, view, library, sent
        app.workers.cancel_all()


def strips_of(view: StoryView) -> list[Strip]:
    return [view.render_line(y) for y in range(view.size.height)]


def texts_of(view: StoryView) -> list[str]:
    return [strip.text.rstrip() for strip in strips_of(view)]


# What terminals know


@pytest.mark.parametrize(
    ("wanted", "environ", "colours", "ascii_only", "medium"),
    [
        ("auto", {"TERM": "xterm-kitty"}, "truecolor", False, "kitty"),
        ("auto", {"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "truecolor", False, "kitty"),
        ("auto", {"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "truecolor", False, "kitty"),
        ("off", {"TERM": "xterm-kitty"}, "truecolor", False, "kitty"),
        ("auto", {"TERM": "xterm-kitty"}, "256", False, "blocks"),
        ("auto", {"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1", "TMUX": "/tmp/x"}, "truecolor", False, "blocks"),
        ("auto", {"TERM": "foot"}, "truecolor", False, "sixel"),
        ("auto", {"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "truecolor", False, "sixel"),
        ("auto", {"TERM": "xterm-256color"}, "truecolor", False, "blocks"),
        ("auto", {"TERM": "xterm"}, "standard", False, None),
        ("auto", {"TERM": "xterm-256color"}, None, False, None),
        ("auto", {"TERM": "xterm-256color"}, "truecolor", True, None),
        ("kitty", {"TERM": "xterm"}, "truecolor", False, "kitty"),
        ("kitty", {"TERM": "xterm"}, "256", False, "blocks"),
        ("sixel", {"TERM": "xterm"}, "standard", True, "sixel"),
        ("sixel", {"TERM": "xterm"}, None, False, None),
        ("blocks", {"TERM": "xterm-kitty"}, "truecolor", False, "blocks"),
    ],
)
def test_the_way_of_drawing(
    wanted: str, environ: dict[str, str], colours: str | None, ascii_only: bool, medium: str | None
) -> None:
    assert graphics.medium_for(wanted, environ, colours, ascii_only=ascii_only) == medium


def test_cells_have_a_usual_size_where_nobody_tells_it() -> None:
    width, height = graphics.cell_size()
    assert width > 2
    assert height > 4


# Kitty's protocol


def kitty_commands(sent: str) -> list[tuple[dict[str, str], bytes]]:
    """The graphics commands of a stream, chunks put together."""
    assert re.sub(r"\x1b_G[^\x1b]*\x1b\\", "", sent) == "", "nothing else is sent"
    commands: list[tuple[dict[str, str], str]] = []
    is_open = False
    for body in re.findall(r"\x1b_G([^\x1b]*)\x1b\\", sent):
        control, _, payload = body.partition(";")
        assert len(payload) <= 4_096
        keys = dict(part.split("=") for part in control.split(","))
        if is_open:
            assert keys.keys() <= {"q", "m"}
            commands[-1] = (commands[-1][0], commands[-1][1] + payload)
        else:
            commands.append((keys, payload))
        is_open = keys.get("m") == "1"
    assert not is_open
    return [(keys, base64.b64decode(payload, validate=True)) for keys, payload in commands]


def test_a_picture_is_given_to_kitty_whole() -> None:
    file = io.BytesIO()
    Image.effect_noise((320, 160), 80).convert("RGB").save(file, "PNG")
    drawing = draw_picture(file.getvalue(), Frame("kitty", 40, 20, (8, 16)))
    ((keys, payload),) = kitty_commands(graphics.kitty_picture(77, drawing))
    assert payload == drawing.pixels
    assert len(payload) > 3 * 4_096
    assert (keys["a"], keys["U"], keys["f"], keys["q"]) == ("T", "1", "100", "2")
    assert (keys["i"], keys["c"], keys["r"]) == ("77", "40", "10")
    assert Image.open(io.BytesIO(payload)).size == (320, 160)
    assert kitty_commands(graphics.kitty_farewell(77)) == [({"a": "d", "d": "I", "i": "77", "q": "2"}, b"")]


def test_placeholders_name_row_column_and_picture() -> None:
    drawing = Drawing(0, 0, graphics.MOST_CELLS, graphics.MOST_CELLS, b"png")
    segment = graphics.kitty_row(0x10_2030, drawing, 3, BLANK)
    assert segment.cell_length == graphics.MOST_CELLS >= 120
    assert segment.style is not None
    assert segment.style.color is not None
    assert segment.style.color.get_truecolor() == (0x10, 0x20, 0x30)
    cells = re.findall("\U0010eeee(.)(.)", segment.text)
    assert "".join(f"\U0010eeee{row}{column}" for row, column in cells) == segment.text
    assert {row for row, _ in cells} == {"\u0310"}  # the fourth of the marks
    columns = [column for _, column in cells]
    assert columns[:4] == ["\u0305", "\u030d", "\u030e", "\u0310"]
    assert len(set(columns)) == len(columns)
    assert all(unicodedata.combining(mark) == 230 for mark in columns)
    first, last = segment.split_cells(30)
    assert (first.cell_length, last.cell_length) == (30, graphics.MOST_CELLS - 30)


# In the pane


async def test_blocks_stand_where_cells_were_kept_and_nothing_moves(tmp_path: Path) -> None:
    before, after = "Words before. " * 8, "Words after. " * 40
    markdown = f"{before}\n\n![What it shows]({url_of(1)} 'The caption')\n\n{after}"
    async with showing(tmp_path, markdown, "blocks", known=(1,)) as (pilot, view, library, sent):
        texts, position = texts_of(view), view.position
        rows = [y for y, (_, line) in enumerate(view._view or ()) if line.plate]
        assert len(rows) >= 8
        assert [frame.medium for _, frame in library.asked] == ["blocks"]
        assert all(not texts[y] for y in rows)

        drawn: list[Region | None] = []
        refresh = view.refresh
        view.refresh = lambda *regions, **how: (drawn.extend(regions or [None]), refresh(*regions, **how))[1]  # type: ignore[method-assign,assignment,func-returns-value]
        library.light.set()
        await settle(pilot)
        assert drawn == [Region(0, y, view.size.width, 1) for y in rows], "only its lines are drawn again"
        assert view.position == position
        assert [text for y, text in enumerate(texts_of(view)) if y not in rows] == [
            text for y, text in enumerate(texts) if y not in rows
        ]

        screen = pyte.Screen(view.size.width, view.size.height)
        stream = pyte.Stream(screen)
        for y, strip in enumerate(strips_of(view)):
            assert strip.cell_length == view.size.width
            stream.feed(f"\x1b[{y + 1};1H" + strip.render(Console(color_system="truecolor", force_terminal=True)))
        left = view._column[0]
        assert screen.buffer[rows[-1]][left].bg == "ff0000"
        assert screen.buffer[rows[-1]][left - 1].bg != "ff0000"
        assert screen.buffer[rows[-1] + 1][left].bg != "ff0000"
        assert not sent
        key = view._key_at(left + 2, rows[-1])
        assert key
        assert view._page
        assert view._page.target(*key) == (url_of(1), "The caption")

        assert view.cycle_pictures() == "Pictures off."
        await settle(pilot)
        assert any("▪ Picture: The caption (What it shows)" in text for text in texts_of(view))
        assert view.position == position
        assert view.cycle_pictures() == "Pictures on, in coloured blocks."


async def test_only_pictures_near_the_eye_are_drawn_and_few_at_a_time(tmp_path: Path) -> None:
    markdown = "\n\n".join(f"Words {n}.\n\n![Picture {n}]({url_of(n)})" for n in range(50))
    async with showing(tmp_path, markdown, "blocks", height=40) as (pilot, view, library, _):
        library.broken = {url_of(0)}
        assert len(library.asked) == 2
        library.light.set()
        await settle(pilot)
        assert library.most_at_once == 2
        assert len({url for url, _ in library.asked}) <= 6
        assert any("The picture did not come: x.example did" in text for text in texts_of(view))
        library.asked.clear()
        view.action_bottom()
        await settle(pilot)
        assert {url for url, _ in library.asked} <= {url_of(n) for n in range(40, 50)}
        library.asked.clear()
        view.action_top()
        await settle(pilot)
        assert not {url for url, _ in library.asked} & {url_of(0), url_of(1)}, "what is at hand, or failed, stays so"


async def test_kitty_is_given_each_picture_once_and_again_when_it_wakes(tmp_path: Path) -> None:
    async with showing(tmp_path, f"![Picture]({url_of(1)})\n\n{'Words. ' * 400}", "kitty") as (
        pilot,
        view,
        library,
        sent,
    ):
        library.light.set()
        await settle(pilot)
        strips = strips_of(view)
        assert any("\U0010eeee" in strip.text for strip in strips)
        assert all(strip.cell_length == view.size.width for strip in strips)
        view.action_line_down()
        await settle(pilot)
        assert len(sent) == 1
        ((keys, _),) = kitty_commands(sent[0])
        inks = {
            segment.style.color.get_truecolor()
            for strip in strips_of(view)
            for segment in strip
            if "\U0010eeee" in segment.text and segment.style and segment.style.color
        }
        assert {red << 16 | green << 8 | blue for red, green, blue in inks} == {int(keys["i"])}
        pilot.app.app_resume_signal.publish(pilot.app)
        await settle(pilot)
        strips_of(view)
        assert len(sent) == 2
        view.cycle_pictures()
        assert kitty_commands(sent[-1])[0][0]["a"] == "d"


def painted_at(sent: list[str]) -> dict[tuple[int, int], tuple[int, int]]:
    """Where sixels were drawn, by the column and row of the screen: width and height in pixels."""
    found = {}
    for sequence in sent:
        parts = re.fullmatch(r"\x1b7\x1b\[(\d+);(\d+)H(\x1bP.*\x1b\\)\x1b8", sequence, re.S)
        assert parts
        width, height, pixels = decoded(parts[3])
        assert len(pixels) == width * height
        found[int(parts[2]) - 1, int(parts[1]) - 1] = width, height
    return found


async def test_sixels_go_over_blank_cells_and_under_dialogs(tmp_path: Path) -> None:
    markdown = f"![Picture]({url_of(1)})\n\n{'Words. ' * 400}"
    async with showing(tmp_path, markdown, "sixel", known=(1,)) as (pilot, view, library, sent):
        library.light.set()
        await settle(pilot)
        rows = [y for y, (_, line) in enumerate(view._view or ()) if line.plate]
        left, top = view.content_region.x + view._column[0], view.content_region.y
        cell, columns = graphics.USUAL_CELL, 40
        where = {(left, top + y): (columns * cell[0], cell[1]) for y in rows}
        assert painted_at(sent) == where
        assert all(not texts_of(view)[y] for y in rows)
        sent.clear()
        view.action_line_down()
        await settle(pilot)
        assert set(painted_at(sent)) == {(x, y - 1) for x, y in where}

        await pilot.app.push_screen(ModalScreen())
        await settle(pilot)
        sent.clear()
        view.refresh()
        await settle(pilot)
        assert sent == []
        await pilot.app.pop_screen()
        await settle(pilot)
        assert set(painted_at(sent)) == {(x, y - 1) for x, y in where}


def test_what_the_child_says_is_not_believed(tmp_path: Path) -> None:
    library = Darkroom(Settings(folders(tmp_path), ui=Ui(images="sixel")))
    sent: list[str] = []
    gallery = Gallery(
        library,  # type: ignore[arg-type]
        colours="truecolor",
        ascii_only=False,
        start=lambda work: work.close(),
        changed=lambda _: None,
        send=sent.append,
    )
    plate, frame = Plate(url_of(1), 2, 1), Frame("sixel", 2, 1, gallery._cell)
    gallery._hang(plate, frame, Drawing(9, 9, 2, 1, sixels=("\x1bP0;1;0q#0~\x1b\\\x1b]0;owned\x07",)))
    gallery.paint(PlateRow(plate, 0), 3, 4)
    assert sent == [""]
    assert "".join(segment.text for segment in gallery.row(PlateRow(plate, 0), COLOURS)) == "  "
    for wrong in (Drawing(9, 9, 3, 1, sixels=("",)), Drawing(9, 9, 2, 1), Drawing(9, 9, 2, 9, sixels=("",) * 9)):
        gallery._failures.clear()
        gallery._hang(plate, frame, wrong)
        assert plate.url in gallery._failures
    for n in range(40):
        gallery._hang(Plate(url_of(n), 2, 1), frame, Drawing(9, 9, 2, 1, sixels=("x" * (1 << 20),)))
    assert len(gallery._drawings) == BUDGET_BYTES >> 20
    assert "does not" not in gallery.cycle()


async def test_without_a_network_only_what_is_kept_has_cells(tmp_path: Path) -> None:
    markdown = f"![One]({url_of(1)})\n\n![Two]({url_of(2)})"
    async with showing(tmp_path, markdown, "blocks", known=(2,), offline=True) as (_, view, library, _):
        assert {line.plate.plate.url for _, line in view._view or () if line.plate} == {url_of(2)}
        assert any("▪ Picture: One" in text for text in texts_of(view))
        assert {url for url, _ in library.asked} == {url_of(2)}


async def test_cells_below_the_view_become_right_before_they_are_seen(tmp_path: Path) -> None:
    markdown = f"{'Words. ' * 150}\n\n![One]({url_of(1)})\n\nAfter."
    async with showing(tmp_path, markdown, "blocks") as (pilot, view, library, _):
        before = texts_of(view)
        assert library.asked
        library.light.set()
        await settle(pilot)
        assert texts_of(view) == before
        view.action_bottom()
        await settle(pilot)
        rows = [line.plate for _, line in view._view or () if line.plate]
        assert rows[0].plate.rows == rows[0].plate.columns // 4, "as high as 2 : 1 is, and not 3 : 2"
