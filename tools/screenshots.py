"""Draw the pictures under screenshots/: the sample edition of a fixed day, each scene as SVG and PNG.

    python tools/screenshots.py [NAME...]

The same pictures come out on every machine that has the same fonts; they are looked at before they are committed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path

os.environ.update({"TZ": "UTC", "LC_ALL": "C.UTF-8", "COLORTERM": "truecolor", "TEXTUAL_ANIMATIONS": "none"})
os.environ["BROADSHEET_SAMPLE_DAY"] = "2026-11-22"
time.tzset()

import apsw  # noqa: E402
import resvg_py  # noqa: E402 (the environment above holds from the first import on)
from msgspec.structs import replace  # noqa: E402
from rich.cells import cell_len  # noqa: E402
from rich.segment import Segment  # noqa: E402
from rich.style import Style  # noqa: E402
from textual.strip import Strip  # noqa: E402

from reader.app import graphics, keymap  # noqa: E402
from reader.app.app import ReaderApp  # noqa: E402
from reader.library import Library  # noqa: E402
from reader.model import Candidate  # noqa: E402
from reader.mosaic import QUARTERS  # noqa: E402
from reader.settings import Folders, Refresh, Settings, Ui, folders  # noqa: E402
from reader.text import safe_text, safe_url  # noqa: E402

NOW = datetime(2026, 11, 22, 18, 42, tzinfo=UTC)
graphics.cell_size = lambda: graphics.USUAL_CELL  # whatever terminal this is started from
TARGET = Path(__file__).resolve().parent.parent / "screenshots"
FONTS = "'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', Menlo, Consolas, monospace"
SIZE, ADVANCE, LEADING, MARGIN = 14, 8.43, 18, 12
"""Pixels: of the type, of a cell, of a line, around the screen."""

ARMS = {
    character: tuple(map(int, arms))
    for characters, arms in (
        ("│┃", "1100"), ("─━", "0011"), ("╭┏", "0101"), ("╮┓", "0110"), ("╰┗", "1001"), ("╯┛", "1010"),
    )
    for character in characters
}  # fmt: skip
"""Lines of boxes: whether they go up, down, to the left and to the right."""
HEAVY = "┃━┏┓┗┛"
EIGHTHS = "▁▂▃▄▅▆▇"
DRAWN = {*ARMS, *EIGHTHS}


@dataclass(frozen=True)
class Scene:
    """One picture."""

    name: str
    columns: int
    lines: int
    keys: Sequence[str] = ()
    theme: str = "late-edition"
    is_first_day: bool = False
    images: str = "off"
    excerpts: bool = True
    sections: Sequence[str] = ()
    """Where the publications are put, in the order of their names; as they have it themselves by default."""
    offers: tuple[Candidate, ...] = ()
    """What every address offers, as no network is asked here."""


OFFERS = tuple(
    Candidate(kind, safe_url(url), safe_text(title), stories, safe_text(says))
    for kind, url, title, stories, says in (
        ("feed", "https://gazette.example/feed.xml", "The Harbour Gazette", 30, "an Atom feed with 30 stories"),
        (
            "sitemap", "https://gazette.example/news-sitemap.xml", "The Harbour Gazette", 112,
            "a news sitemap with 112 stories of the last two days",
        ),
    )
)  # fmt: skip

SCENES = (
    *(
        Scene(f"{name}-{word}", columns, lines, keys, theme)
        for word, theme in (("dark", "late-edition"), ("light", "newsprint"))
        for name, columns, lines, keys in (
            ("wide", 132, 38, ("J", "J", "s", "J", "L", "l")),
            ("medium", 90, 28, ("J", "J", "l")),
            ("narrow", 60, 24, ("J", "h", "s", "j")),
            ("narrow-story", 60, 24, ("J", "J", "l")),
        )
    ),
    Scene(
        "dense",
        132,
        38,
        ("tab", "G", "k", "l", "j", "l", "k", "enter", "n", "n", "s", "n", "n", "L", "n"),
        "newsprint",
        excerpts=False,
        sections=("World", "Dailies/Coast", "Dailies/Inland"),
    ),
    Scene("pictures", 132, 44, ("J", "J", "J", "l", "ctrl+d"), "newsprint", images="blocks"),
    Scene("search", 110, 30, ("g", "slash", *"telegraph -cable"), "newsprint"),
    Scene("hints", 110, 30, ("l", "G", "f")),
    Scene("sources", 120, 24, ("g", "s", "j")),
    Scene("help", 120, 36, ("question_mark",), "newsprint"),
    Scene("add-source", 100, 28, ("a", *"gazette.example", "enter"), "newsprint", offers=OFFERS),
    Scene("first-start", 100, 32, ("j", "space", "space"), "newsprint", is_first_day=True),
)


async def lay_out(home: Folders) -> None:
    """The sample edition in a library of its own."""
    library = Library(Settings(home))
    await library.subscribe_sample()
    await library.hang_up()
    library.close()
    connection = apsw.Connection(str(home.library_file))
    looked = int(NOW.timestamp()) - 18 * 60
    connection.execute(
        "UPDATE subscriptions SET last_ok_at = ?1, last_fetch_at = ?1, next_due_at = ?1 + 1800", (looked,)
    )
    connection.close()


async def draw(scene: Scene, home: Folders) -> str:
    """Start the interface, press the scene's keys, and take the screen as SVG."""
    ui = Ui(theme=scene.theme, images=scene.images, excerpts=scene.excerpts)
    settings = Settings(home, ui=ui, refresh=Refresh(automatic=False))
    library = Library(settings)
    for row, section in zip(library.sources(), scene.sections, strict=False):
        library.edit_source(row.subscription.id, section=safe_text(section))
    if scene.offers:
        library.discover = lambda *_: asyncio.sleep(0, scene.offers)  # type: ignore[method-assign]
    app = ReaderApp(library, settings, keymap.build(settings.keys), clock=lambda: NOW)
    async with app.run_test(size=(scene.columns, scene.lines), notifications=False) as pilot:
        await pilot.pause(0.5)
        for key in scene.keys:
            await pilot.press(key)
            await pilot.pause(0.2)
        await pilot.pause(0.5)
        if drawing := [worker for worker in app.workers if worker.group == "pictures"]:
            await app.workers.wait_for_complete(drawing)
        paper = app.paper
        paper.fall_silent()
        await pilot.pause(0.2)
        strips = app.screen._compositor.render_strips()  # Textual has no other door to what is on the screen
        ground = app.screen.rich_style
    await library.hang_up()
    library.close()
    return svg(strips, ground, scene.columns)


def svg(strips: Sequence[Strip], ground: Style, columns: int) -> str:
    """The lines of a screen as a picture without a frame."""
    width, height = columns * ADVANCE + 2 * MARGIN, len(strips) * LEADING + 2 * MARGIN
    paper, ink = colour(ground, of_ground=True), colour(ground, of_ground=False)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" font-family="{FONTS}" font-size="{SIZE}">',
        f'<rect width="100%" height="100%" rx="6" fill="{paper}"/>',
    ]
    for y, strip in enumerate(strips):
        x = 0
        for segment in strip:
            parts += run(segment, x, y, paper, ink)
            x += segment.cell_length
    return "\n".join([*parts, "</svg>\n"])


def run(segment: Segment, x: int, y: int, paper: str, ink: str) -> list[str]:
    """A run of one style: its ground, its words, the line under them."""
    style = segment.style or Style.null()
    fill, ground = colour(style, of_ground=False) or ink, colour(style, of_ground=True) or paper
    if style.reverse:
        fill, ground = ground, fill
    top, left = MARGIN + y * LEADING, MARGIN + x * ADVANCE
    parts = []
    if ground != paper:
        wide = segment.cell_length * ADVANCE
        parts.append(
            f'<rect x="{left:.2f}" y="{top}" width="{wide:.2f}" height="{LEADING}" fill="{ground}" '
            'shape-rendering="crispEdges"/>'
        )
    look = "".join(
        f' {name}="{value}"'
        for name, value, holds in (
            ("font-weight", "bold", style.bold),
            ("font-style", "italic", style.italic),
            ("text-decoration", "underline", style.underline),
        )
        if holds
    )
    if segment.text and not segment.text.strip(QUARTERS):
        return parts + blocks(segment.text, left, top, fill)
    text = segment.text
    if DRAWN.intersection(text):
        parts += rules(text, left, top, fill)
        text = "".join(" " if character in DRAWN else character for character in text)
    for words, at in pieces(text):
        length = cell_len(words) * ADVANCE
        parts.append(
            f'<text x="{left + at * ADVANCE:.2f}" y="{top + LEADING * 0.75:.2f}" fill="{fill}"{look} '
            f'textLength="{length:.2f}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">{escape(words)}</text>'
        )
    return parts


def rules(text: str, left: float, top: float, fill: str) -> list[str]:
    """The lines of boxes and the ends of scroll bars, from cell to cell: letters of a font would leave gaps."""
    parts = []
    for n, character in enumerate(text):
        x, y = left + n * ADVANCE, float(top)
        boxes: list[tuple[float, float, float, float]] = []
        if character in ARMS:
            middle, centre = y + LEADING / 2, x + ADVANCE / 2
            up, down, west, east = ARMS[character]
            thick = 2.4 if character in HEAVY else 1.2
            half = thick / 2
            if up or down:
                high, low = y if up else middle - half, y + LEADING if down else middle + half
                boxes.append((centre - half, high, thick, low - high))
            if west or east:
                begin, end = x if west else centre - half, x + ADVANCE if east else centre + half
                boxes.append((begin, middle - half, end - begin, thick))
        elif character in EIGHTHS:
            high = LEADING * (EIGHTHS.index(character) + 1) / 8
            boxes.append((x, y + LEADING - high, ADVANCE, high))
        parts += [
            f'<rect x="{one:.2f}" y="{two:.2f}" width="{wide:.2f}" height="{high:.2f}" fill="{fill}" '
            'shape-rendering="crispEdges"/>'
            for one, two, wide, high in boxes
        ]
    return parts


def blocks(text: str, left: float, top: float, fill: str) -> list[str]:
    """Quarters of cells, which no two fonts draw alike."""
    wide, high = ADVANCE / 2, LEADING / 2
    return [
        f'<rect x="{left + n * ADVANCE + x * wide:.2f}" y="{top + y * high:.2f}" width="{wide:.2f}" '
        f'height="{high:.2f}" fill="{fill}" shape-rendering="crispEdges"/>'
        for n, character in enumerate(text)
        for at, (y, x) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1)))
        if QUARTERS.index(character) >> at & 1
    ]


def pieces(text: str) -> list[tuple[str, int]]:
    """The words of a run with their columns; lines and boxes are cut at blanks of two and more."""
    found: list[tuple[str, int]] = []
    column = 0
    for part in text.replace("\u00a0", " ").split("  "):
        words = part.strip(" ")
        if words:
            found.append((words, column + len(part) - len(part.lstrip(" "))))
        column += cell_len(part) + 2
    return found


def colour(style: Style, *, of_ground: bool) -> str:
    """A style's colour as CSS; "" when it has none."""
    chosen = style.bgcolor if of_ground else style.color
    return "" if chosen is None or chosen.is_default else chosen.get_truecolor().hex


async def main(names: Sequence[str]) -> None:
    """Draw the scenes of these names, or all."""
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        full, empty = folders(Path(folder) / "full"), folders(Path(folder) / "empty")
        await lay_out(full)
        for scene in SCENES:
            if names and scene.name not in names:
                continue
            home = empty
            if not scene.is_first_day:
                home = replace(full, data=Path(folder) / scene.name)
                home.data.mkdir()
                home.library_file.write_bytes(full.library_file.read_bytes())
            picture = await draw(scene, home)
            (TARGET / f"{scene.name}.svg").write_text(picture, "utf-8")
            png = resvg_py.svg_to_bytes(svg_string=picture, zoom=2, monospace_family="DejaVu Sans Mono")
            (TARGET / f"{scene.name}.png").write_bytes(bytes(png))
            print(f"screenshots/{scene.name}.svg", file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
