"""What in a story leads elsewhere, or is marked: links, footnotes, headings, wide tables, matches, what is read aloud.

It is the lowest of the story pane's three classes, and looks at the page; `Illustrated` adds pictures, and `StoryView`
sets stories, draws them, and reports.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from msgspec import Struct
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from reader.app.widgets.kept import KeptLines
from reader.app.widgets.story_ink import Ink
from reader.model import Position
from reader.typeset import (
    TOP,
    Crosshead,
    Find,
    Line,
    Link,
    Look,
    Match,
    Page,
    Place,
    Sentence,
    Span,
    cells,
    mark,
)


class VisibleLink(Struct, frozen=True):
    """A link, or the mark of a footnote, that is in view; one that goes over two lines is where it begins."""

    key: tuple[int, int]
    """What it is called in `hints`."""
    x: int
    """Cells from the left edge of the view's content."""
    y: int
    """Lines from its top."""
    url: str
    """"" for a footnote, which is in the story."""
    text: str


def _holds(span: Span, offset: int) -> bool:
    """Whether a character of the text is in a span; those that we have set ourselves hold none."""
    return 0 <= span.start <= offset < span.start + len(span.text)


class StoryLeads(KeptLines):
    """A page of which some lines are in view."""

    measure: reactive[int] = reactive(70, repaint=False)
    """The widest line, in cells."""

    show_link_numbers: reactive[bool] = reactive(False, repaint=False)
    hints: reactive[Mapping[tuple[int, int], str]] = reactive({}, repaint=False)
    """Labels over the links in view, by the `key` of each; they end when the view moves."""
    spoken: reactive[Sentence | None] = reactive(None, repaint=False)
    """The sentence that is being read aloud; it is marked and kept in view."""

    class LinkChosen(Message):
        """A link was clicked, or chosen by its number."""

        def __init__(self, url: str, text: str) -> None:
            super().__init__()
            self.url, self.text = url, text

    class Refused(Message):
        """A key had nothing to do here; the sentence says why."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    class Found(Message):
        """A find has a result, or went on to another match."""

        def __init__(self, query: str, current: int, total: int) -> None:
            super().__init__()
            self.query = query
            self.current = current
            """From 1; 0 when there is none."""
            self.total = total

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id, classes=classes)
        self._ink = Ink(self)
        self._page: Page | None = None
        self._top = TOP
        self._view: list[tuple[Place, Line]] | None = None
        self._strips: dict[Place, Strip] = {}
        self._shifts: dict[int, int] = {}  # how far the parts that are too wide have slid
        self._jumps: deque[Position] = deque(maxlen=50)  # where `action_jump_back` leads
        self._noted: Sentence | None = None  # the footnote that was jumped to
        self._origin = (0, 0)  # the mark that led there
        self._found = Find()
        self._labels: dict[int, list[tuple[int, str]]] = {}  # by line of the view: column, and a hint's label

    # The view

    @property
    def _column(self) -> tuple[int, int]:
        """Left margin and width of the text, in cells: left of the middle, never wider than the pane."""
        room = self.size.width
        margin = 1 if room < 48 else 2 if room < 76 else 3
        width = max(1, min(self.measure, room - margin - 1))
        return min(margin + max(0, room - width - 2 * margin) // 3, max(0, room - width)), width

    def _go(self, place: Place) -> bool:
        """Put a line at the top of the view, as far as there is text to fill it; whether that moved the text."""
        page, height = self._page, self.size.height
        self._view = None
        if page is None or not height:
            return False
        if page.is_end(place, height):
            place = min(place, page.last_view(height))
        moved = place != self._top
        self._top = place
        if moved:
            self.hints = {}
            self.refresh()
        return moved

    def _draw_anew(self) -> None:
        """Other marks on the same lines."""
        self._strips.clear()
        self.refresh()

    def _redraw(self) -> None:
        """Other lines, from the same place on."""
        self.hints = {}
        self._strips.clear()
        self._go(self._top)
        self.refresh()

    def _in_view(self) -> list[tuple[Place, Line]]:
        """The lines in view."""
        if self._view is None:
            self._view = self._page.view(self._top, self.size.height) if self._page else []
        return self._view

    # What is marked

    @property
    def position(self) -> Position:
        """Where the reader is."""
        return self._page.position_of(self._top) if self._page else Position()

    def _begin(self) -> None:
        """Another story: what was marked in the last one is no more."""
        self._shifts.clear()
        self._jumps.clear()
        self._noted = self.spoken = None
        self._ink.turn_page()
        if self._found:
            self._found = Find()
            self.post_message(self.Found("", 0, 0))

    def _renew_marks(self) -> None:
        """Another text of the same story: offsets in the last one mean nothing."""
        self._noted = self.spoken = None
        self._ink.turn_page()
        if self._found and self._page:
            self._found.again(self._page)

    def _shown(self, page: Page, place: Place, line: Line) -> Line:
        """A line with all that is marked in it, as far to the side as the reader went."""
        if ranges := self._found.ranges(place.part):
            line = mark(line, ranges)
        for marked in (self._noted, self.spoken):
            if marked is not None and marked.part == place.part:
                line = mark(line, [(marked.start, marked.end, Look.SPOKEN)])
        return page.slid(place.part, line, self._shifts.get(place.part, 0))

    # What is wider than the column

    def action_table_right(self) -> None:
        """Tables and code that are too wide: further to the right."""
        self._refuse(self._slide(1))

    def action_table_left(self) -> None:
        """Tables and code that are too wide: back to the left."""
        self._refuse(self._slide(-1))

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """As the key does."""
        event.stop()
        self._slide(1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """As the key does."""
        event.stop()
        self._slide(-1)

    def _slide(self, direction: int) -> str:
        """By half the column, all that is in view, so that nothing is out of reach where two tables stand together.

        Why nothing moved, or "".
        """
        page, before = self._page, dict(self._shifts)
        wide = False
        for part in dict.fromkeys(place.part for place, _ in self._in_view()):
            if page is not None and (slack := page.slack(part)):
                wide, step = True, max(1, page.width // 2)
                self._shifts[part] = max(0, min(slack, before.get(part, 0) + direction * step))
        self.hints = {}
        self._draw_anew()
        if not wide:
            return "No table and no code in view is wider than the page."
        if any(shift != before.get(part, 0) for part, shift in self._shifts.items()):
            return ""
        return f"This is its {'right' if direction > 0 else 'left'} edge."

    def _refuse(self, why: str) -> None:
        if why:
            self.post_message(self.Refused(why if self._page else "No story is open."))

    def _bring_aside(self, part: int, place: Place, offset: int) -> None:
        """Slide a part so far that what stands at an offset of its text is to be seen."""
        page = self._page
        if page is None or not (slack := page.slack(part)):
            return
        column = 0
        for span in page.part(part)[place.line].spans:
            if _holds(span, offset):
                column += cells(span.text[: offset - span.start])
                break
            column += cells(span.text)
        shift = self._shifts.get(part, 0)
        if not shift < column < shift + page.width - 8:
            self._shifts[part] = max(0, min(slack, column - page.width // 3))

    # Links

    def links(self) -> tuple[Link, ...]:
        """Every link of the story, in the order of the text."""
        return self._page.links() if self._page else ()

    def visible_links(self) -> tuple[VisibleLink, ...]:
        """Links and marks of footnotes that are in view, from the top: `hints` labels them, `follow` chooses one."""
        found: dict[tuple[int, int], VisibleLink] = {}
        if page := self._page:
            for y in range(len(self._in_view())):
                for x, key, _ in self._leads_on(page, y):
                    if key[1] and key not in found and (target := self._target(page, *key)):
                        found[key] = VisibleLink(key, x, y, *target)
        return tuple(found.values())

    def _leads_on(self, page: Page, y: int) -> Iterator[tuple[int, tuple[int, int], int]]:
        """Column, key (its second part is 0 where nothing is led to) and cells of each span of a line in view."""
        place, line = self._in_view()[y]
        x = self._column[0]
        for span in page.slid(place.part, line, self._shifts.get(place.part, 0)).spans:
            size = cells(span.text)
            yield x, (place.part, span.link), size
            x += size

    def _target(self, page: Page, part: int, number: int) -> tuple[str, str] | None:
        """Address and text of what a span leads to; the address of a footnote is ""."""
        if number < 0:
            label = page.note(part, -number)
            return ("", label) if page.position_of_note(label) else None
        return page.target(part, number)

    def watch_hints(self, hints: Mapping[tuple[int, int], str]) -> None:
        """Other labels."""
        self._labels.clear()
        for link in self.visible_links() if hints else ():
            if label := hints.get(link.key):
                self._labels.setdefault(link.y, []).append((link.x, label))
        self.refresh()

    def follow(self, key: tuple[int, int]) -> None:
        """Choose a link by its `key`; a footnote's mark leads to the note."""
        part, number = key
        if self._page is not None and number < 0:
            self._go_to_note(self._page, key)
        elif self._page is not None and (target := self._page.target(part, number)):
            self.post_message(self.LinkChosen(*target))

    def action_link_numbers(self) -> None:
        """Show the numbers of the links, or hide them."""
        if self.links():
            self.show_link_numbers = not self.show_link_numbers
        else:
            self._refuse("There is no link in this story.")

    def action_link(self, number: int) -> None:
        """Choose a link by its number."""
        links = self.links()
        if 0 < number <= len(links):
            link = links[number - 1]
            self.post_message(self.LinkChosen(link.url, link.text))
        else:
            self._refuse(f"There is no link {number} in this story.")

    def _key_at(self, x: int, y: int) -> tuple[int, int] | None:
        """What is at a cell of the content: a part, and a span's link in it."""
        if self._page is None or not 0 <= y < len(self._in_view()):
            return None
        place, line = self._in_view()[y]
        if line.plate and 0 <= x - self._column[0] - cells(line.text) < line.plate.plate.columns:
            return place.part, line.plate.link
        spans = self._leads_on(self._page, y)
        return next((key for begin, key, size in spans if begin <= x < begin + size), None)

    def on_click(self, event: events.Click) -> None:
        """Choose the link under the pointer."""
        offset = event.get_content_offset(self)
        key = self._key_at(offset.x, offset.y) if offset is not None and event.button == 1 else None
        if key and key[1]:
            event.stop()
            self.follow(key)

    # Footnotes and headings

    def action_footnote(self) -> None:
        """From a footnote back to the text; else to the note of the next mark in view."""
        if self._noted is not None and self._row_of(self._noted) is not None:
            self.action_jump_back()
            return
        marks = [link.key for link in self.visible_links() if link.key[1] < 0]
        if marks and self._page is not None:
            later = [key for key in marks if (key[0], -key[1]) > (self._origin[0], -self._origin[1])]
            self._go_to_note(self._page, (later or marks)[0])
        else:
            self._refuse("No mark of a footnote is in view.")

    def _go_to_note(self, page: Page, key: tuple[int, int]) -> None:
        there = page.position_of_note(page.note(key[0], -key[1]))
        if there is None:
            return
        self._origin = key
        end = page.text(there.block).find("\n", there.character)
        self._noted = Sentence(there.block, there.character, end if end >= 0 else len(page.text(there.block)))
        self._jump(there)

    def headings(self) -> tuple[Crosshead, ...]:
        """The outline of the story."""
        return self._page.headings() if self._page else ()

    def go_to_heading(self, heading: Crosshead) -> None:
        """Put a heading at the top of the view."""
        self._jump(Position(heading.part, 0))

    def _jump(self, there: Position) -> None:
        if self._page is not None:
            self._jumps.append(self.position)
            self._go(self._page.place_of(there))
            self._draw_anew()

    def action_jump_back(self) -> None:
        """To where the last jump to a footnote or heading began."""
        self._noted = None
        if self._jumps and self._page is not None:
            self._go(self._page.place_of(self._jumps.pop()))
        else:
            self._refuse("There is no jump to go back from.")
        self._draw_anew()

    # Find

    @property
    def finding(self) -> bool:
        """Whether a find is active."""
        return bool(self._found)

    def find(self, query: str) -> int:
        """Mark every place where these words stand, go to the first from here on, and give their number.

        Case, accents and kinds of quotes do not matter. An empty query ends the find.
        """
        self._found.start(query, self._page, self.position)
        self._show_match()
        return len(self._found.matches)

    def find_next(self, step: int = 1) -> None:
        """So many matches on, or back; the first comes after the last."""
        if self._found.matches:
            self._found.step(step)
            self._show_match()

    def _show_match(self) -> None:
        """Go to the current match and tell of it; the view stays where it is when it shows the match already."""
        if match := self._found.match:
            self._show(match.part, match.start)
        self._draw_anew()
        self.post_message(self.Found(self._found.query, self._found.number, len(self._found.matches)))

    def _show(self, part: int, offset: int) -> None:
        """Bring a place of the text into view, a third from the top where the view has to move."""
        page = self._page
        if page is None:
            return
        place = page.place_in(part, offset)
        if place not in [seen for seen, _ in page.view(self._top, self.size.height)]:
            self._go(page.move(place, -(self.size.height // 3)))
        self._bring_aside(part, place, offset)

    # Reading aloud

    def sentences(self) -> Iterator[Sentence]:
        """What is to be read aloud, from the top of the view on."""
        from reader.typeset.sentences import sentences

        return sentences(self._page, self.position) if self._page else iter(())

    def text_of(self, sentence: Sentence) -> str:
        """What a sentence says, on one line."""
        text = self._page.text(sentence.part) if self._page else ""
        return " ".join(text[sentence.start : sentence.end].split())

    def watch_spoken(self, sentence: Sentence | None) -> None:
        """Mark another sentence, in view."""
        if sentence is not None:
            self._show(sentence.part, sentence.end - 1)
            self._show(sentence.part, sentence.start)
        self._draw_anew()

    @property
    def caret(self) -> Offset:
        """The cell of the content where reading goes on: what is spoken, what was found, or the first line of text."""
        marked = self.spoken or self._noted or self._found.match
        row = self._row_of(marked) if marked else None
        if row is None:
            row = next((y for y, (_, line) in enumerate(self._in_view()) if line.spans), 0)
        return Offset(self._column[0], row)

    def _row_of(self, marked: Sentence | Match) -> int | None:
        """The line of the view in which something begins; None where that is out of sight."""
        return next(
            (
                y
                for y, (place, line) in enumerate(self._in_view())
                if place.part == marked.part and any(_holds(span, marked.start) for span in line.spans)
            ),
            None,
        )
