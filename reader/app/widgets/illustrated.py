"""The part of the story view that shows pictures, once it has been given a gallery of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.errors import NoWidget
from textual.geometry import Region

from reader.app.widgets.story_leads import StoryLeads
from reader.text import SafeUrl
from reader.typeset import Look, Place, PlateRow, Plates, cells

if TYPE_CHECKING:
    from reader.app.gallery import Colours, Gallery


class Illustrated(StoryLeads):
    """A view over a page on which cells are kept for pictures; without a gallery, none are."""

    gallery: Gallery | None = None
    _paints = False

    def hang(self, gallery: Gallery) -> None:
        """Show pictures from there, as far as it has any."""
        self.gallery = gallery
        self.app.app_resume_signal.subscribe(self, self._hang_anew)
        self.screen.screen_layout_refresh_signal.subscribe(self, self._paint_soon)
        self.watch(self.screen, "stack_updates", self._paint_soon, init=False)

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

        style = self._ink.style
        return Colours(style(Look.PLAIN), style(Look.CODE), style(Look.CODE | Look.MUTED))

    def _go(self, place: Place) -> bool:
        moved = super()._go(place)
        if self.gallery and self._page and self._page.has_plates and self.size.height:
            self.call_after_refresh(self._look_ahead)
        return moved

    def _look_ahead(self) -> None:
        """Have the pictures drawn that are in view, then those of the pages after and before."""
        page, height = self._page, self.size.height
        if page is None or self.gallery is None or not height:
            return
        here = page.view(self._top, 2 * height)
        before = page.view(page.move(self._top, -height), height)
        plates = dict.fromkeys(line.plate.plate for _, line in (*here, *before) if line.plate)
        self.gallery.want(page.story.id, tuple(plates), self._colours.ground)
