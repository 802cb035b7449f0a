"""The papers can be read."""

from __future__ import annotations

import pytest
from textual.theme import BUILTIN_THEMES, Theme

from reader import settings
from reader.app.themes import LATE_EDITION, NEWSPRINT, THEMES, with_our_names


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
        assert contrast(colours["muted"], colours["paper"]) >= 7


def test_our_two_papers_are_as_designed() -> None:
    names = ("paper", "ink", "muted", "rule", "band")
    assert [NEWSPRINT.variables[name] for name in names] == ["#F6F1E7", "#1F1B16", "#6F665A", "#D8CFBF", "#EBE3D3"]
    assert [LATE_EDITION.variables[name] for name in names] == ["#16181B", "#E8E4DA", "#8F8B82", "#2C3035", "#22262B"]
    assert (NEWSPRINT.primary, LATE_EDITION.primary) == ("#8C1C13", "#D9A441")


@pytest.mark.parametrize("name", BUILTIN_THEMES)
def test_our_names_stand_in_every_theme(name: str) -> None:
    variables = with_our_names(BUILTIN_THEMES[name].to_color_system().generate())
    assert {"paper", "ink", "muted", "rule", "band"} <= variables.keys()


def test_the_settings_allow_just_the_themes_there_are() -> None:
    assert set(settings.THEMES) == {theme.name for theme in THEMES} | set(BUILTIN_THEMES)
