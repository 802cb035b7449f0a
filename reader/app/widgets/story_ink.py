"""Lines of a story as strips of the screen: what a look is in the theme's colours, and what leads where."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from reader.app import launcher
from reader.app.widgets.kept import LineStrip
from reader.text import safe_url
from reader.typeset import Line, Look

Target = Callable[[int, int], tuple[str, str] | None]
"""A part and the number of a link in it -> address and text."""

LONGEST_URL = 2_000
"""Characters of an address that is told to the terminal; some take no more than 2,083."""

COMPONENTS = (
    (Look.MUTED, "story--muted"),
    (Look.ACCENT, "story--accent"),
    (Look.RULE, "story--rule"),
    (Look.HEADLINE, "story--headline"),
    (Look.CODE, "story--code"),
    (Look.LINK, "story--link"),
    (Look.SPOKEN, "story--spoken"),
    (Look.MATCH, "story--match"),
    (Look.HERE, "story--here"),
)
_ATTRIBUTES = (
    (Look.BOLD, Style(bold=True)),
    (Look.ITALIC, Style(italic=True)),
    (Look.STRIKE, Style(strike=True)),
)


def may_open_itself(url: str, text: str) -> bool:
    """Whether the terminal may open a link by itself (OSC 8): not where the reader is to be asked first."""
    return len(url) <= LONGEST_URL and safe_url(url) == url and not launcher.disagree(text, url)


class Ink:
    """Draws lines in the styles of one widget, which it remembers until the theme changes."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._styles: dict[Look, Style] = {}
        self._links: dict[tuple[int, int, Look], Style] = {}
        # The Linux console would show the address as text.
        self._has_hyperlinks = os.environ.get("TERM", "") not in ("linux", "dumb", "")

    def renew(self) -> None:
        """The theme or the focus has changed."""
        self._styles.clear()
        self._links.clear()

    def turn_page(self) -> None:
        """There is another story, whose links are others."""
        self._links.clear()

    def style(self, look: Look) -> Style:
        """A look in the theme's colours."""
        style = self._styles.get(look)
        if style is None:
            style = self._widget.rich_style
            for flag, name in COMPONENTS:
                if look & flag:
                    style += self._widget.get_component_rich_style(name, partial=True)
            for flag, attributes in _ATTRIBUTES:
                if look & flag:
                    style += attributes
            self._styles[look] = style
        return style

    def strip(
        self, line: Line, left: int, room: int, part: int, target: Target, *, picture: Sequence[Segment] = ()
    ) -> Strip:
        """One line, `left` cells from the edge; `target` says where a link of the part leads, for the terminal.

        `picture` is what fills the cells that the line keeps for one.
        """
        ground = self.style(Look.PLAIN)
        segments = [Segment(" " * left, ground)] if left else []
        used = left
        for text, look, number, _ in line.spans:
            if text:
                leads = number > 0 and self._has_hyperlinks
                style = self._hyperlink(part, number, look, target) if leads else self.style(look)
                segments.append(Segment(text, style))
                used += cell_len(text)
        if line.plate:
            segments += picture
            used += line.plate.plate.columns
        if used < room:
            segments.append(Segment(" " * (room - used), ground))
        strip = LineStrip(segments, max(used, room))
        return strip if used <= room else strip.crop(0, room)

    def _hyperlink(self, part: int, number: int, look: Look, target: Target) -> Style:
        """A look that leads somewhere: one style on all lines of a link, so that the terminal sees that it is one."""
        style = self._links.get((part, number, look))
        if style is None:
            leads_to, style = target(part, number), self.style(look)
            if leads_to and may_open_itself(*leads_to):
                style = style.update_link(leads_to[0])
            self._links[part, number, look] = style
        return style

    def label(self, strip: Strip, x: int, label: str) -> Strip:
        """The strip with a hint's label over its cells from `x` on."""
        size = cell_len(label)
        x = max(0, min(x, strip.cell_length - size))
        hint = Segment(label, self._widget.get_component_rich_style("story--hint"))
        return Strip.join([strip.crop(0, x), Strip([hint]), strip.crop(x + size)])
