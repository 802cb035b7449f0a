"""The part of the story view that shows pictures, once it has been given a gallery of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.errors import NoWidget
from textual.geometry import Region
from textual.strip import Strip

from reader.app.widgets.kept import KeptLines
from reader.text import SafeUrl
from reader.typeset import Line, Look, Page, Place, PlateRow, Plates, cells

if TYPE_CHECKING:
    from reader.app.gallery import Colours, Gallery


class Illustrated(KeptLines):
    """A view over a page on which cells are kept for pictures; without a gallery, none are."""

    gallery: Gallery | None = None
    _paints = False
    _page: Page | None
    _top: Place
    _view: list[tuple[Place, Line]] | None
    _strips: dict[Place, Strip]

    # What the view provides

    @property
    def _column(self) -> tuple[int, int]:
        raise NotImplementedError

    def _style(self, look: Look) -> Style:
        raise NotImplementedError

    def _set_anew(self) -> None:
        raise NotImplementedError

    def _redraw(self) -> None:
        raise NotImplementedError

    # Pictures

    def hang(self, gallery: Gallery) -> None:
        """Show pictures from there, as far as it has any."""
        self.gallery = gallery
        self.app.app_resume_signal.subscribe(self, self._hang_anew)
        self.screen.screen_layout_refresh_signal.subscribe(self, self._paint_soon)
        self.watch(self.screen, "stack_updates", self._paint_soon, init=False)
        self._set_anew()
        self._redraw()

    def cycle_pictures(self) -> str:
        """Show pictures, or their captions alone, the text staying where it is; a sentence that says so."""
        if self.gallery is None:
            return "There are no pictures here."
        says = self.gallery.cycle()
        self._set_anew()
        self._redraw()
        return says

    def show_picture(self, url: SafeUrl) -> None:
        """A picture has come: draw its lines again, and no others; where none can be seen, its cells may change."""
        page = self._page
        if page is None:
            return
        self._strips.clear()
        view = page.view(self._top, self.size.height)
        seen = {place.part for place, _ in view} | {self._top.part}
        if view and view[-1][1].plate:  # nothing is to be seen below it that could move
            seen -= {view[-1][0].part} - {self._top.part}
        if page.refit(seen):
            self._redraw()
        for y, (_, line) in enumerate(view):
            if line.plate and line.plate.plate.url == url:
                self.refresh(Region(0, y, self.size.width, 1))

    def _hang_anew(self, _: object) -> None:
        if self.gallery:
            self.gallery.send_anew()
            self._redraw()

    def _paint_soon(self, _: object = None) -> None:
        if self.gallery and self.gallery.medium == "sixel" and not self._paints:
            self._paints = True
            self.call_after_refresh(self._paint)

    def _paint(self) -> None:
        """Have sixels drawn over the blank cells that are kept for them, after the text and not where it is covered.

        They are no part of the lines: a line of which Textual draws a piece again would be cut within a sequence.
        """
        self._paints = False
        page, gallery = self._page, self.gallery
        if page is None or gallery is None or not self.screen.is_active:
            return
        left, top = self.content_region.offset
        lowest = min(self.size.height, self.app.size.height - 1 - top)  # below the last one a terminal would scroll
        for y, (_, line) in enumerate(page.view(self._top, lowest)):
            if line.plate:
                x = left + self._column[0] + cells(line.text)
                if self._is_on_top(x, top + y) and self._is_on_top(x + line.plate.plate.columns - 1, top + y):
                    gallery.paint(line.plate, x, top + y)

    def _is_on_top(self, x: int, y: int) -> bool:
        try:
            return self.screen.get_widget_at(x, y)[0] is self
        except NoWidget:
            return False

    @property
    def _plates(self) -> Plates | None:
        """How pictures are set now."""
        return self.gallery.plates(self.size.height) if self.gallery else None

    def _picture_row(self, row: PlateRow) -> Sequence[Segment]:
        """One line of a picture."""
        return self.gallery.row(row, self._colours) if self.gallery else ()

    @property
    def _colours(self) -> Colours:
        from reader.app.gallery import Colours

        return Colours(self._style(Look.PLAIN), self._style(Look.CODE), self._style(Look.CODE | Look.MUTED))

    def _look_ahead(self) -> None:
        """Have the pictures drawn that are in view, then those of the pages after and before."""
        page, height = self._page, self.size.height
        if page is None or self.gallery is None or not height:
            return
        here = page.view(self._top, 2 * height)
        before = page.view(page.move(self._top, -height), height)
        plates = dict.fromkeys(line.plate.plate for _, line in (*here, *before) if line.plate)
        self.gallery.want(page.story.id, tuple(plates), self._colours.ground)
