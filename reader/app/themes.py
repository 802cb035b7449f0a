"""The papers it can be printed on: two of our own, two of high contrast; Textual's stay available.

Colours beyond Textual's own names: `$rule` (lines), `$band` (the selected row), `$muted` (quiet text), `$ink` and
`$paper`.
"""

from __future__ import annotations

from textual.color import Color
from textual.theme import Theme


def _paper(name: str, *, dark: bool, paper: str, ink: str, muted: str, rule: str, accent: str, band: str) -> Theme:
    """A theme out of the six colours that a page needs."""
    return Theme(
        name=name,
        dark=dark,
        primary=accent,
        secondary=muted,
        accent=accent,
        warning=accent,
        error=accent,
        success=muted,
        foreground=ink,
        background=paper,
        surface=paper,
        panel=band,
        boost=band,
        text_alpha=1.0,
        variables={
            "paper": paper,
            "ink": ink,
            "muted": muted,
            "rule": rule,
            "band": band,
            "text": ink,
            "text-muted": muted,
            "text-disabled": muted,
            "text-accent": accent,
            "text-primary": accent,
            "text-error": accent,
            "text-warning": accent,
            "border": rule,
            "border-blurred": rule,
            "scrollbar": rule,
            "scrollbar-hover": muted,
            "scrollbar-active": accent,
            "scrollbar-background": paper,
            "scrollbar-background-hover": paper,
            "scrollbar-background-active": paper,
            "scrollbar-corner-color": paper,
            "block-cursor-background": band,
            "block-cursor-foreground": ink,
            "block-cursor-text-style": "none",
            "block-cursor-blurred-background": band,
            "block-cursor-blurred-foreground": ink,
            "block-hover-background": band,
            "input-cursor-background": ink,
            "input-cursor-foreground": paper,
            "input-selection-background": rule,
            "link-color": ink,
            "link-background": paper,
            "link-color-hover": paper,
            "link-background-hover": accent,
        },
    )


NEWSPRINT = _paper(
    "newsprint",
    dark=False,
    paper="#F6F1E7",
    ink="#1F1B16",
    muted="#6F665A",
    rule="#D8CFBF",
    accent="#8C1C13",
    band="#EBE3D3",
)
LATE_EDITION = _paper(
    "late-edition",
    dark=True,
    paper="#16181B",
    ink="#E8E4DA",
    muted="#8F8B82",
    rule="#2C3035",
    accent="#D9A441",
    band="#22262B",
)
HIGH_CONTRAST_LIGHT = _paper(
    "high-contrast-light",
    dark=False,
    paper="#FFFFFF",
    ink="#000000",
    muted="#333333",
    rule="#767676",
    accent="#8B0000",
    band="#E0E0E0",
)
HIGH_CONTRAST_DARK = _paper(
    "high-contrast-dark",
    dark=True,
    paper="#000000",
    ink="#FFFFFF",
    muted="#D0D0D0",
    rule="#8A8A8A",
    accent="#FFD75F",
    band="#303030",
)

THEMES = (NEWSPRINT, LATE_EDITION, HIGH_CONTRAST_LIGHT, HIGH_CONTRAST_DARK)


LEAST_CONTRAST = 4.5
"""Of quiet text on its ground, where a theme allows it (WCAG 2.2, 1.4.3)."""


def contrast(one: Color, other: Color) -> float:
    """From 1 to 21 (WCAG 2.2, contrast ratio)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in colour.normalized]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def with_our_names(variables: dict[str, str]) -> dict[str, str]:
    """A theme's CSS variables with ours filled in, so that Textual's own themes work too."""
    paper, ink = variables["background"], variables["foreground"]
    if "ansi" in paper:
        # Any of the sixteen may be unreadable on the terminal's own ground: quiet text is dim, the cursor has a mark.
        muted, band, rule = ink, paper, "ansi_bright_black"
        bars = {f"scrollbar-background{state}": paper for state in ("", "-hover", "-active")}
        variables = {**variables, **bars, "scrollbar": rule}  # Textual's are a coloured bar on a ground of its own
    else:
        ground, full = Color.parse(paper), Color.parse(ink)
        quiet = (full.blend(ground, share) for share in (0.3, 0.2, 0.1))
        muted = next((colour for colour in quiet if contrast(colour, ground) >= LEAST_CONTRAST), full).hex
        rule, band = variables["panel"], variables["surface"]
    return {"paper": paper, "ink": ink, "muted": muted, "rule": rule, "band": band, **variables}
