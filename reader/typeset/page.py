"""A story set at a width, line by line as it is looked at: opening a long story costs what its first screen costs.

The parts of a page are its head, the chunks of its body, and a tail. What has been set is known to the line; what has
not is guessed from its length. So the view holds on to a *place* (a part, and a line in it), which no better guess can
move, and line numbers over the whole page are for the percentage and for those who ask.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from itertools import accumulate
from typing import NamedTuple

from msgspec import Struct

from reader import blocks
from reader.folding import fold, found_in
from reader.model import Position, Story
from reader.patterns import late
from reader.text import SafeUrl
from reader.typeset.frame import Frame, Manner, head, tail
from reader.typeset.lines import EMPTY_LINE, Line, Look, Span, cells, slide
from reader.typeset.plates import UNKNOWN, Plate, Size, captions_alone
from reader.typeset.setting import set_block


class Place(NamedTuple):
    """A line of a page: exact, whatever is not yet set above it."""

    part: int
    line: int


TOP = Place(0, 0)


class Link(Struct, frozen=True):
    """Something in a story that leads elsewhere."""

    number: int
    """From 1, in the order of the text."""
    url: SafeUrl
    text: str
    part: int


class Crosshead(Struct, frozen=True):
    """A heading within a story, for its outline."""

    text: str
    level: int
    """1 to 6."""
    part: int


class Match(NamedTuple):
    """Where a find met the text: part, and offsets from and to."""

    part: int
    start: int
    end: int


class Sentence(Struct, frozen=True):
    """What is said in one breath: a stretch of the text of one part."""

    part: int
    start: int
    end: int


class Page:
    """One story at one width: part 0 is the head, the body's chunks follow, then a tail where there is need of one."""

    def __init__(self, story: Story, width: int, manner: Manner = Manner()) -> None:  # noqa: B008 (frozen)
        self.story = story
        self.width = max(1, width)
        self.manner = manner
        self.chunks = blocks.split(story.markdown)
        self._has_figures = "![" in story.markdown
        self._blocks: dict[int, blocks.Block] = {}
        self._links: dict[int, tuple[tuple[SafeUrl, str], ...]] = {}
        self._link_counts: list[int] = []
        self._notes: dict[str, Position] | None = None
        self._plates: dict[int, dict[tuple[SafeUrl, int, Size], Plate | None]] = {}
        self._set_anew()

    def set_to(self, width: int, manner: Manner) -> bool:
        """Set it at another width or in another manner; whether anything changed."""
        width = max(1, width)
        if (width, manner) == (self.width, self.manner):
            return False
        self.width, self.manner = width, manner
        self._set_anew()
        return True

    @property
    def has_plates(self) -> bool:
        """Whether any picture may stand on it."""
        return self.manner.plates is not None and (self._has_figures or self.story.picture is not None)

    def _plate_for(self, part: int, url: SafeUrl, room: int, declared: Size = UNKNOWN) -> Plate | None:
        """The cells for a picture; the same ones until the part is set anew, whatever becomes known of it."""
        if self.manner.plates is None:
            return None
        wanted, plates = (url, room, declared), self._plates.setdefault(part, {})
        if wanted not in plates:
            plates[wanted] = self.manner.plates.plate(*wanted)
        return plates[wanted]

    def refit(self, leave: Collection[int] = ()) -> bool:
        """Keep the cells for pictures that are known to be right by now, but not in parts that are looked at."""
        changed = False
        for part, plates in list(self._plates.items()):
            again = self.manner.plates.plate if self.manner.plates else captions_alone
            if part not in leave and any(again(*wanted) != plate for wanted, plate in plates.items()):
                del self._plates[part]
                self._lines.pop(part, None)
                if part == 0:
                    self._set_frame()
                changed = True
        return changed

    def renew(self, story: Story) -> bool:
        """Take a newer version of the same story whose body is unchanged; False, and nothing, where it is not."""
        if story == self.story:
            return True
        if story.id != self.story.id or story.markdown != self.story.markdown:
            return False
        self.story = story
        links = self._head.links
        self._set_frame()
        if self._head.links != links:
            self._set_anew()
        return True

    def _set_anew(self) -> None:
        self._lines: dict[int, tuple[Line, ...]] = {}
        self._slack: dict[int, int] = {}
        self._link_counts.clear()
        self._plates.clear()
        width = max(1, self.width - 3)  # lines are not quite full
        figure = self.manner.plates.most_rows * 2 // 3 if self.manner.plates else 0
        self._heights = [0, *(_guess(chunk, width) + figure * chunk.startswith("![") for chunk in self.chunks)]
        self._set_frame()

    def _set_frame(self) -> None:
        self._head = head(self.story, self.chunks, self.width, self.manner, partial(self._plate_for, 0))
        self._tail = self._set_tail(1)
        self._tail_is_numbered = False
        self.parts = 1 + len(self.chunks) + bool(self._tail.lines)
        last = len(self.chunks)
        for part in (0, last, last + 1):
            self._lines.pop(part, None)
        del self._heights[last + 1 :]
        if self._tail.lines:
            self._heights.append(len(self._tail.lines))
        self._starts: list[int] | None = None
        self.part(0)

    def _set_tail(self, first_link: int) -> Frame:
        return tail(self.story, self._head.cut, first_link, self.width, self.manner)

    # Parts

    def block(self, part: int) -> blocks.Block:
        """What a part of the body says."""
        found = self._blocks.get(part)
        if found is None:
            found = self._blocks[part] = blocks.parse_block(self.chunks[part - 1])
        return found

    def part(self, part: int) -> tuple[Line, ...]:
        """The lines of a part and the empty line after it; at least one line."""
        lines = self._lines.get(part)
        if lines is None:
            lines = self._lines[part] = self._set(part)
            if self._heights[part] != len(lines):
                self._heights[part] = len(lines)
                self._starts = None
        return lines

    def _set(self, part: int) -> tuple[Line, ...]:
        if part == 0:
            lines = list(self._head.lines)
        elif part > len(self.chunks):
            if self.manner.numbers and not self._tail_is_numbered:
                self._tail = self._set_tail(self._links_before(part) + 1)
                self._tail_is_numbered = True
            lines = list(self._tail.lines)
        else:
            numbers_from = self._links_before(part) + 1 if self.manner.numbers else None
            manner = self.manner
            lines = set_block(
                self.block(part),
                self.width,
                numbers_from=numbers_from,
                glyphs=manner.glyphs,
                wide=manner.wide,
                hyphenate=manner.hyphenate,
                justify=manner.justify,
                plate_for=partial(self._plate_for, part),
            )
            if manner.glyphs.rule and self._is_note(part) and not self._is_note(part - 1):
                lines.insert(0, Line((Span(manner.glyphs.rule * min(12, self.width), Look.RULE),), 0))
        gap = 0 if part == self.parts - 1 else self._gap_after(part)
        return (*lines, *(EMPTY_LINE,) * gap) or (EMPTY_LINE,)

    def _is_note(self, part: int) -> bool:
        return 0 < part <= len(self.chunks) and self.chunks[part - 1].startswith("[^")

    def _gap_after(self, part: int) -> int:
        """Empty lines: none below a crosshead, between footnotes, or within a list that was cut."""
        if part == 0 or part >= len(self.chunks):
            return 1
        this, following = self.chunks[part - 1], self.chunks[part]
        if this.startswith("#") and isinstance(self.block(part), blocks.Heading):
            return 0
        return 0 if blocks.is_continued(this, following) else 1

    def text(self, part: int) -> str:
        """A part's characters, in which the offsets of spans, positions and matches count."""
        if part == 0:
            return self._head.text
        return self._tail.text if part > len(self.chunks) else blocks.plain(self.block(part))

    # What is wider than the page

    def slack(self, part: int) -> int:
        """How far the lines of a part can slide: the cells by which the widest is wider than the page."""
        if self.manner.wide != "slide" or not 0 < part <= len(self.chunks):
            return 0
        found = self._slack.get(part)
        if found is None:
            found = 0
            if not isinstance(self.block(part), blocks.Paragraph | blocks.Heading | blocks.Figure | blocks.Rule):
                widest = max(cells(line.text) for line in self.part(part))
                found = max(0, widest - self.width)
            self._slack[part] = found
        return found

    def slid(self, part: int, line: Line, shift: int) -> Line:
        """What is to be seen of a line when its part has slid by so many cells."""
        return slide(line, shift, self.width, self.manner.glyphs.more) if self.slack(part) else line

    def is_code(self, part: int) -> bool:
        """Whether a part of the body is code."""
        return 0 < part <= len(self.chunks) and isinstance(self.block(part), blocks.Code)

    # Places

    def move(self, place: Place, by: int) -> Place:
        """So many lines further down, or up; stops at the first and the last line. Sets what lies between, no more."""
        part, line = place
        line += by
        while line < 0:
            if part == 0:
                return TOP
            part -= 1
            line += len(self.part(part))
        while line >= (height := len(self.part(part))):
            if part == self.parts - 1:
                return Place(part, height - 1)
            part += 1
            line -= height
        return Place(part, line)

    def last_view(self, height: int) -> Place:
        """Where a view of so many lines begins when it shows the end."""
        last = self.parts - 1
        return self.move(Place(last, len(self.part(last)) - 1), 1 - max(1, height))

    def is_end(self, place: Place, height: int) -> bool:
        """Whether a view of so many lines from here shows the last one."""
        last = self.move(place, height - 1)
        return last.part == self.parts - 1 and last.line == len(self.part(last.part)) - 1

    def view(self, place: Place, height: int) -> list[tuple[Place, Line]]:
        """At most so many lines from a place on."""
        part, line = place
        found: list[tuple[Place, Line]] = []
        while part < self.parts and len(found) < height:
            lines = self.part(part)
            while line < len(lines) and len(found) < height:
                found.append((Place(part, line), lines[line]))
                line += 1
            part, line = part + 1, 0
        return found

    def position_of(self, place: Place) -> Position:
        """The place as what holds at any width: the part, and how far into its text."""
        lines = self.part(place.part)
        starts = [line.start for line in lines[: place.line + 1] if line.start >= 0]
        return Position(place.part, starts[-1] if starts and place.line else 0)

    def place_of(self, position: Position) -> Place:
        """The line that holds a position; the nearest there is, when the story has become shorter."""
        part = max(0, min(position.block, self.parts - 1))
        if part != position.block:
            return Place(part, 0)
        return self.place_in(part, position.character)

    def place_in(self, part: int, offset: int) -> Place:
        """The line of a part that an offset in its text has come to lie in."""
        best = 0
        if offset > 0:
            for at, line in enumerate(self.part(part)):
                if 0 <= line.start <= offset and line.spans:
                    best = at
        return Place(part, best)

    # Line numbers over the whole page: exact above what is set, guessed between

    def _start_of(self, part: int) -> int:
        if self._starts is None:
            self._starts = [0, *accumulate(self._heights)]
        return self._starts[part]

    @property
    def height(self) -> int:
        """Lines of the whole page, as far as is known."""
        return self._start_of(self.parts)

    def line_at(self, place: Place) -> int:
        """The number of a line, as far as is known."""
        return self._start_of(place.part) + place.line

    def place_at(self, line: int) -> Place:
        """The place of a line by its number."""
        line = max(0, line)
        low, high = 0, self.parts - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self._start_of(middle) <= line:
                low = middle
            else:
                high = middle - 1
        start = self._start_of(low)
        return Place(low, max(0, min(line - start, len(self.part(low)) - 1)))

    def lines(self, first: int, count: int) -> list[Line]:
        """Lines by number; setting them changes no number at or above the first."""
        return [line for _, line in self.view(self.place_at(first), count)]

    # Links

    def _links_of(self, part: int) -> tuple[tuple[SafeUrl, str], ...]:
        if part == 0:
            return self._head.links
        if part > len(self.chunks):
            return self._tail.links
        found = self._links.get(part)
        if found is None:
            chunk = self.chunks[part - 1]
            found = blocks.links(self.block(part)) if "](" in chunk or "<" in chunk else ()
            self._links[part] = found
        return found

    def _links_before(self, part: int) -> int:
        counts = self._link_counts
        while len(counts) <= part:
            counts.append(counts[-1] + len(self._links_of(len(counts) - 1)) if counts else 0)
        return counts[part]

    def links(self) -> tuple[Link, ...]:
        """All of them in the order of the text; reads the whole story."""
        found = [(part, url, text) for part in range(self.parts) for url, text in self._links_of(part)]
        return tuple(Link(number, url, text, part) for number, (part, url, text) in enumerate(found, 1))

    def target(self, part: int, number: int) -> tuple[SafeUrl, str] | None:
        """Address and text of the link that a span names, the so-manieth of its part; reads that part alone."""
        found = self._links_of(part)
        return found[number - 1] if 0 < number <= len(found) else None

    # Headings and footnotes

    def headings(self) -> tuple[Crosshead, ...]:
        """The story's outline; reads its headings and nothing else."""
        found = []
        for part, chunk in enumerate(self.chunks, 1):
            if _HEADING.match(chunk):
                block = self.block(part)
                if isinstance(block, blocks.Heading):
                    found.append(Crosshead(" ".join(blocks.plain(block).split()), block.level, part))
        return tuple(found)

    def note(self, part: int, number: int) -> str:
        """The label of a footnote whose mark a span names: the so-manieth of its part; "" when it is none."""
        if not 0 < part <= len(self.chunks) or number < 1:
            return ""
        found = blocks.notes(self.block(part))
        return found[number - 1] if number <= len(found) else ""

    def position_of_note(self, label: str) -> Position | None:
        """Where a footnote stands; None where the story has no such note."""
        if self._notes is None:
            self._notes = {}
            for part in filter(self._is_note, range(1, len(self.chunks) + 1)):
                block, offset = self.block(part), 0
                for child in block.children if isinstance(block, blocks.Group) else (block,):
                    if isinstance(child, blocks.Footnote):
                        self._notes.setdefault(child.label, Position(part, offset))
                    offset += len(blocks.plain(child)) + 1
        return self._notes.get(label)

    # Find

    def find(self, query: str) -> list[Match]:
        """Every place where the words stand, whatever their case and accents; reads the whole story."""
        wanted = fold(" ".join(query.split()))[0]
        return list(self._matches(wanted)) if wanted else []

    def _matches(self, wanted: str) -> Iterator[Match]:
        for part in range(self.parts):
            for start, end in found_in(self.text(part), wanted):
                yield Match(part, start, end)


def to_text(story: Story, width: int, manner: Manner = Manner()) -> str:  # noqa: B008 (frozen)
    """The whole story as plain text, lines of at most `width` cells, ending in its address."""
    page = Page(story, width, manner)
    lines = [line.text.rstrip() for part in range(page.parts) for line in page.part(part)]
    if story.url:
        lines += ["", story.url]
    return "\n".join(lines) + "\n"


_HEADING = late(r" {0,3}#{1,6}(?:\s|$)|[^\n]+(?:\n[^\n]+)*\n {0,3}(?:=+|-+) *$")


def _guess(chunk: str, width: int) -> int:
    """About how many lines the chunk takes with the empty one after it, its beginning standing for the rest."""
    size = len(chunk)
    if not chunk.isascii():
        sample = chunk[:48]
        size = size * cells(sample) // len(sample)
    return max(size // width, chunk.count("\n") if chunk[0] in "-*+0123456789`~|[" else 0) + 2
