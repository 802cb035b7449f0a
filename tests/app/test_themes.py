"""The papers can be read."""

from __future__ import annotations

import re

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from reader import settings
from reader.app import themes
from reader.app.themes import LATE_EDITION, NEWSPRINT, THEMES, with_our_names
from tests.app.desk import Start, app_of, paper_of, press, screen_text


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_contrast(theme: Theme) -> None:
    colours = theme.variables
    for ground in (colours["paper"], colours["band"]):
        assert contrast(colours["ink"], ground) >= 7
    assert contrast(colours["muted"], colours["paper"]) >= 4.5
    assert contrast(theme.primary, colours["paper"]) >= 4.5
    if theme.name.startswith("high"):
        assert contrast(colours["ink"], colours["paper"]) >= 21
        assert contrast(colours["ink"], colours["band"]) >= 12
        assert contrast(colours["muted"], colours["paper"]) >= 12
        assert contrast(theme.primary, colours["paper"]) >= 7
        assert contrast(colours["rule"], colours["paper"]) >= 4.5


def test_our_two_papers_are_as_designed() -> None:
    names = ("paper", "ink", "muted", "rule", "band")
    assert [NEWSPRINT.variables[name] for name in names] == ["#F6F1E7", "#1F1B16", "#6F665A", "#D8CFBF", "#EBE3D3"]
    assert [LATE_EDITION.variables[name] for name in names] == ["#16181B", "#E8E4DA", "#8F8B82", "#2C3035", "#22262B"]
    assert (NEWSPRINT.primary, LATE_EDITION.primary) == ("#8C1C13", "#D9A441")


@pytest.mark.parametrize("name", BUILTIN_THEMES)
def test_our_names_stand_in_every_theme(name: str) -> None:
    variables = with_our_names(BUILTIN_THEMES[name].to_color_system().generate())
    assert {"paper", "ink", "muted", "rule", "band"} <= variables.keys()
    if not BUILTIN_THEMES[name].ansi:
        of_ink = contrast(variables["ink"], variables["paper"])
        assert contrast(variables["muted"], variables["paper"]) >= min(4.5, of_ink)
        assert themes.contrast(Color.parse(variables["ink"]), Color.parse(variables["paper"])) == pytest.approx(of_ink)


async def test_where_no_colour_is_wanted_none_is_sent(monkeypatch: pytest.MonkeyPatch, start: Start) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "full")
    async with start(size=(130, 40)) as pilot:
        await press(pilot, "l", "slash")
        assert app_of(pilot).animation_level == "none"
        assert not paper_of(pilot).ask_line.line.cursor_blink
        await press(pilot, *"paragraph", "enter")
        sent = "".join(strip.render(pilot.app.console) for strip in pilot.app.screen._compositor.render_strips())
    looks = {code for codes in re.findall(r"\x1b\[([\d;]*)m", sent) for code in codes.split(";")}
    # Weight, dim, italic, underline, reverse; and the terminal's own ink and ground.
    assert {"1", "2", "3", "4", "7"} <= looks <= {"0", "1", "2", "3", "4", "7", "39", "49"}


@pytest.mark.parametrize("name", ["ansi-dark", "ansi-light"])
async def test_the_terminal_s_own_colours_are_the_only_ones_then(name: str, start: Start) -> None:
    async with start(size=(130, 40), ui=settings.Ui(theme=name)) as pilot:
        sent = "".join(strip.render(pilot.app.console) for strip in pilot.app.screen._compositor.render_strips())
    assert not re.search(r"\x1b\[[\d;]*[34]8;", sent)
    assert re.search(r"\x1b\[2[;m]", sent)
    assert not re.search(r"\x1b\[(?:\d+;)*(?:4|10)[0-7][;m]", sent), "a ground of its own"


async def test_a_plain_page_is_one_pane_without_ornament_and_a_cursor_to_follow(start: Start) -> None:
    async with start(size=(130, 30), ui=settings.Ui(plain=True)) as pilot:
        app, paper = app_of(pilot), paper_of(pilot)
        assert paper.arrangement == "narrow"
        for keys in ((), ("j", "j"), ("l",), ("j", "j"), ("h", "h")):
            await press(pilot, *keys)
            lines = screen_text(pilot).split("\n")
            assert not re.search("[─│╭╮╰╯┏┓━┃▌▁▂▃▄▅▆▇]", "".join(lines))
            assert lines[app.cursor_position.y][app.cursor_position.x :].strip()
        await press(pilot, "l", "j")
        assert "Headline 59" in screen_text(pilot).split("\n")[app.cursor_position.y]


def test_the_settings_allow_just_the_themes_there_are() -> None:
    assert set(settings.THEMES) == {theme.name for theme in THEMES} | set(BUILTIN_THEMES)
