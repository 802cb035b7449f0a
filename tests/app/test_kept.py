"""What is given as it was must be what would be drawn anew."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from reader.app.app import ReaderApp
from reader.app.widgets.kept import Kept
from reader.app.widgets.rows import Rows
from tests.app.desk import Start, paper_of, press, settle

KEYS = ["j", "J", "s", "L", "tab", "j", "space", "space", "tab", "j", "v", "v", "v", "greater_than_sign", "A", "u", "z"]
SIZES = [(120, 40), (90, 24), (60, 18)]


def on_screen(pilot: Pilot[None]) -> list[str]:
    """Every line with its styles."""
    return [repr(list(strip)) for strip in pilot.app.screen._compositor.render_strips()]


def draw_anew(pilot: Pilot[None]) -> None:
    for widget in [pilot.app.screen, *pilot.app.screen.query("*")]:
        widget.refresh()


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_kept_is_what_would_be_drawn(start: Start, size: tuple[int, int]) -> None:
    async with start(size=size) as pilot:
        for key in KEYS:
            await press(pilot, key)
            kept = on_screen(pilot)
            draw_anew(pilot)
            assert on_screen(pilot) == kept, key
        for theme in ("newsprint", "late-edition", "nord"):
            before = on_screen(pilot)
            pilot.app.theme = theme
            await settle(pilot)
            kept = on_screen(pilot)
            draw_anew(pilot)
            assert on_screen(pilot) == kept != before


async def test_a_pane_beside_a_change_is_given_as_it_was(start: Start) -> None:
    async with start(size=(120, 40)) as pilot:
        paper = paper_of(pilot)
        assert isinstance(pilot.app, ReaderApp)
        beside: list[Kept] = [paper, paper.masthead, paper.section_list, paper.story_view]
        before = [(widget.render_lines(widget.outer_size.region), widget) for widget in beside]
        await press(pilot, "j")
        for lines, widget in before:
            assert widget.render_lines(widget.outer_size.region) is lines, widget


class Shelf(Rows):
    """A hundred rows."""

    def __len__(self) -> int:
        return 100

    def lay_out(self, index: int, width: int) -> list[list[object]]:  # type: ignore[override]
        return []


class Bare(App[None]):
    CSS = "Shelf { height: 20; }"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict.fromkeys(("paper", "ink", "muted", "band"), "#000000")

    def compose(self) -> ComposeResult:
        yield Shelf()


async def test_the_bar_moves_by_whole_cells_and_reaches_both_ends() -> None:
    async with Bare().run_test(size=(40, 20)) as pilot:
        rows = pilot.app.query_one(Shelf)
        rows.renew()
        await pilot.pause()
        told = []
        for y in range(81):
            rows.scroll_to(y=y, animate=False, force=True)
            told.append(rows.vertical_scrollbar.position)
        assert told[0] == 0
        assert told[-1] == rows.max_scroll_y == 80
        assert told == sorted(told)
        assert len(set(told)) == 17  # sixteen cells of way for a thumb of four
