"""A block and a width -> lines: indents, bars, tables that fit, code that wraps, captions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from reader.blocks import (
    Alignment,
    Block,
    Code,
    Figure,
    Footnote,
    Group,
    Heading,
    Inline,
    ListBlock,
    Paragraph,
    Quote,
    Rule,
    Table,
    figure_caption,
    note_mark,
)
from reader.patterns import late
from reader.text import NO_URL
from reader.typeset.lines import EMPTY_LINE, NOWHERE, Flow, Hyphenate, Line, Look, Span, cells, set_flow, take_cells
from reader.typeset.plates import PlateFor, PlateRow, captions_alone

LEAST = 12
"""Cells below which nothing is indented any further."""
MAX_WORD = 16
"""Cells of a word that a table's column is kept wide enough for."""
MAX_COLUMN = 36
"""Cells of a column in a table that is wider than the measure; its cells wrap within that."""

Wide = Literal["wrap", "slide", "records"]
"""What becomes of tables and code that are wider than the measure: broken up to fit; lines that are too long, for a
view that goes sideways; or broken up, and every table row by row, to be heard."""


class Glyphs(Struct, frozen=True):
    """The characters that we set ourselves."""

    bullets: tuple[str, ...] = ("•", "–", "·")
    """By depth."""
    bar: str = "│"
    """Before a quote's first line."""
    bar_below: str = "│"
    """Before its other lines."""
    rule: str = "─"
    """A line is drawn of these; "" for none."""
    picture: str = "▪"
    goes_on: str = "↳"
    """Before the rest of a line of code that was too long."""
    stars: str = "*   *   *"
    states: tuple[str, str] = ("★", "◷")
    """Starred, to be read later."""
    more: tuple[str, str] = ("‹", "›")
    """Where a line goes on to the left, to the right."""


UNICODE = Glyphs()
ASCII = Glyphs(
    bullets=("*", "-", "+"), bar="|", bar_below="|", rule="-", picture="#", goes_on=">", states=("*", "@"),
    more=("<", ">"),
)  # fmt: skip
SPOKEN = Glyphs(
    bullets=("-", "-", "-"), bar=">", bar_below=" ", rule="", picture="", goes_on=" ", stars="", states=("*", "@"),
    more=("<", ">"),
)  # fmt: skip
"""For ears: nothing that is there for the eye alone."""


def set_block(
    block: Block,
    width: int,
    *,
    numbers_from: int | None = None,
    glyphs: Glyphs = UNICODE,
    wide: Wide = "wrap",
    hyphenate: Hyphenate | None = None,
    justify: bool = False,
    plate_for: PlateFor = captions_alone,
) -> list[Line]:
    """The block as lines of at most `width` cells (a grapheme that is wider than that stands alone; see also `Wide`).

    With `numbers_from`, links carry their number; it is the number of the block's first link. Offsets are those of
    `blocks.plain`, and links are counted as `blocks.links` does, marks of footnotes as `blocks.notes`. `plate_for`
    tells what is kept free for a picture.
    """
    setter = _Setter(numbers_from, glyphs, wide=wide, hyphenate=hyphenate, justify=justify, plate_for=plate_for)
    return setter.block(block, max(1, width))


class _Setter:
    """Sets one block from its first character to its last, and counts characters and links on the way."""

    def __init__(
        self,
        numbers_from: int | None,
        glyphs: Glyphs,
        *,
        wide: Wide,
        hyphenate: Hyphenate | None,
        justify: bool,
        plate_for: PlateFor,
    ) -> None:
        self.numbers_from = numbers_from
        self.glyphs = glyphs
        self.wide = wide
        self.hyphenate = hyphenate
        self.justify = justify
        self.plate_for = plate_for
        self.offset = 0
        self.link = 0
        self.note = 0
        self.depth = 0  # of lists

    def block(self, block: Block, width: int) -> list[Line]:
        match block:
            case Paragraph(runs):
                return set_flow(self.flow(runs), width, hyphenate=self.hyphenate, justify=self.justify)[0]
            case Heading(level, runs):
                look = Look.BOLD if level <= 2 else Look.BOLD | Look.ITALIC if level == 3 else Look.ITALIC
                return set_flow(self.flow(runs, look), width)[0]
            case Quote(children):
                bar, below = Span(f"{self.glyphs.bar} ", Look.RULE), Span(f"{self.glyphs.bar_below} ", Look.RULE)
                return _hang(self.blocks(children, _inner(width, 2)), bar, below, width)
            case ListBlock():
                return self.list_block(block, width)
            case Table():
                return self.table(block, width)
            case Code(text):
                return self.code(text, width)
            case Figure():
                return self.figure(block, width)
            case Rule():
                stars = self.glyphs.stars
                ornament = (Span(" " * ((width - len(stars)) // 2) + stars, Look.MUTED),) if stars else ()
                return [Line(ornament, self.offset)]
            case Footnote(label, children):
                first = Span(f"{note_mark(label)} ", Look.ACCENT)
                size = cells(first.text)
                return _hang(self.blocks(children, _inner(width, size)), first, Span(" " * size), width)
            case Group(children):
                return self.blocks(children, width)

    def blocks(self, children: Iterable[Block], width: int, *, tight: bool = False) -> list[Line]:
        """Blocks one under the other, an empty line between them but where a list is tight or a heading was."""
        lines: list[Line] = []
        before: Block | None = None
        for child in children:
            if before is not None and not tight and not isinstance(before, Heading):
                lines.append(EMPTY_LINE)
            lines += self.block(child, width)
            before = child
        return lines

    # Text

    def flow(self, runs: Inline, look: Look = Look.PLAIN, link: int = 0) -> Flow:
        """The runs as pieces with their offsets; the numbers of links are put in where they are wanted."""
        pieces: list[Span] = []
        previous = NO_URL
        for run in runs:
            if previous and run.url != previous:
                self.number(pieces)
            if run.url and run.url != previous:
                self.link += 1
            previous = run.url
            style = look
            if run.bold:
                style |= Look.BOLD
            if run.italic:
                style ^= Look.ITALIC
            if run.code:
                style |= Look.CODE
            if run.strike:
                style |= Look.STRIKE
            if run.url:
                style |= Look.LINK
            here = self.link if run.url else link
            if run.note:
                style |= Look.ACCENT
                self.note += 1
                here = -self.note
            pieces.append(Span(run.text, style, here, self.offset))
            self.offset += len(run.text)
        if previous:
            self.number(pieces)
        self.offset += 1
        return Flow(pieces)

    def number(self, pieces: list[Span]) -> None:
        """Put the number of the link that has just ended behind it."""
        if self.numbers_from is not None:
            pieces.append(Span(f"[{self.numbers_from + self.link - 1}]", Look.ACCENT, self.link))

    # Lists, code, pictures

    def list_block(self, block: ListBlock, width: int) -> list[Line]:
        bullets = self.glyphs.bullets
        last = block.start + len(block.items) - 1
        size = len(str(last)) + 2 if block.ordered else 2
        lines: list[Line] = []
        for number, item in enumerate(block.items, block.start):
            sign = f"{number}. " if block.ordered else f"{bullets[self.depth % len(bullets)]} "
            self.depth += not block.ordered
            inner = self.blocks(item, _inner(width, size), tight=block.tight) or [Line((), self.offset)]
            self.depth -= not block.ordered
            if lines and not block.tight:
                lines.append(EMPTY_LINE)
            lines += _hang(inner, Span(sign.rjust(size), Look.MUTED), Span(" " * size), width)
        return lines

    def code(self, text: str, width: int) -> list[Line]:
        """Line for line on a ground of its own; what is too long slides, or goes on in the next line behind a mark."""
        lines: list[Line] = []
        sources = text.split("\n")
        if self.wide == "slide":
            width = max(width, 3 + max(map(cells, sources)))
        room = max(1, width - 3)
        for source in sources:
            at = 0
            while True:
                end = len(source)
                if cells(source[at:]) > room:
                    end = at + take_cells(source[at:], room)
                    end = source.rfind(" ", at + (end - at) * 2 // 3, end) + 1 or end
                sign = Span(f"{self.glyphs.goes_on} " if at else "  ", Look.CODE | Look.MUTED)
                part = source[at:end]
                pad = Span(" " * max(0, width - 2 - cells(part)), Look.CODE)
                body = (Span(part, Look.CODE, 0, self.offset + at),) if part else ()
                lines.append(Line((sign, *body, pad), self.offset + at))
                at = end
                if at >= len(source):
                    break
            self.offset += len(source) + 1
        return lines

    def figure(self, figure: Figure, width: int) -> list[Line]:
        """A picture over its caption, or `▪ Picture: caption` where it is not shown; either leads to it."""
        here = 0
        if figure.link or figure.url:
            self.link += 1
            here = self.link
        caption = figure_caption(figure)
        if plate := self.plate_for(figure.url, width):
            lines = [Line((), self.offset, PlateRow(plate, row, here)) for row in range(plate.rows)]
            flow = self.flow(caption, Look.MUTED, here)
            if here:
                self.number(flow.pieces)
            return lines + set_flow(flow, width)[0] if flow.text else lines
        pieces = [Span("Picture", Look.MUTED, here)]
        if here:
            self.number(pieces)
        if caption:
            pieces += [Span(": ", Look.MUTED), *self.flow(caption, Look.MUTED).pieces]
        if not self.glyphs.picture:
            return set_flow(Flow(pieces), width)[0]
        sign = Span(f"{self.glyphs.picture} ", Look.ACCENT)
        return _hang(set_flow(Flow(pieces), _inner(width, 2))[0], sign, Span("  "), width)

    # Tables

    def table(self, table: Table, width: int) -> list[Line]:
        """In columns where they fit, wrapped within the columns where they must; else sideways, or as records."""
        header = [self.flow(cell, Look.BOLD) for cell in table.header]
        rows = [[self.flow(cell) for cell in row] for row in table.rows]
        texts = [[flow.text for flow in row] for row in (header, *rows)]
        widths = [] if self.wide == "records" else _columns(texts, width)
        if not widths and self.wide == "slide":
            widths = [min(MAX_COLUMN, size) for size in _natural(texts)]
        if not widths:
            return _records(header, rows, width)
        alignments = [
            alignment or _usual_alignment([row[at] for row in texts[1:]])
            for at, alignment in enumerate(table.alignments)
        ]
        lines: list[Line] = []
        if any(texts[0]):
            lines = _row(header, widths, alignments)
        rule = Span("  ".join(self.glyphs.rule * size for size in widths), Look.RULE)
        lines.append(Line((rule,), lines[-1].start if lines else 0))
        set_rows = [_row(row, widths, alignments) for row in rows]
        airy = any(len(row) > 1 for row in set_rows)
        for at, row in enumerate(set_rows):
            if at and airy:
                lines.append(EMPTY_LINE)
            lines += row
        return lines


def _inner(width: int, indent: int) -> int:
    """What an indent leaves, or all where that would be too little to read."""
    return width - indent if width - indent >= LEAST else width


def _hang(lines: Sequence[Line], first: Span, rest: Span, width: int) -> list[Line]:
    """The lines behind an indent, the first of them behind its sign; text from right to left keeps to its edge."""
    size = cells(rest.text)
    indented = width - size >= LEAST
    hung: list[Line] = []
    for line in lines:
        lead = first if not hung else rest
        spans = line.spans
        # Where there is no room for an indent, only a sign that the line leaves room for is put before it.
        wanted = indented or (not hung and size + cells(line.text) <= width)
        if wanted and lead.text and (spans or line.plate or lead.look & Look.RULE or not hung):
            spans = (lead, *spans)
        hung.append(line._replace(spans=spans))
    return hung


_NUMERIC = late(r"[-+−±~≈<>]?[$€£¥]?\s?\d[\d.,'’\s]*\s?(?:%|‰|[€$£¥]|[a-zA-Zµ°²³/]{1,4})?|[-–—]?")


def _usual_alignment(texts: Sequence[str]) -> Alignment:
    """Numbers stand under each other; all else begins on the left."""
    return "right" if any(texts) and all(_NUMERIC.fullmatch(text[:40]) for text in texts) else "left"


def _natural(texts: Sequence[Sequence[str]]) -> list[int]:
    """The width of each column when none of its lines is broken."""
    columns = range(len(texts[0]))
    return [max(1, *(max(map(cells, row[at].split("\n"))) for row in texts)) for at in columns]


def _columns(texts: Sequence[Sequence[str]], width: int) -> list[int]:
    """The width of each column, two blanks between them; empty when they cannot stand side by side."""
    count = len(texts[0])
    room = width - 2 * (count - 1)
    if room < count:
        return []
    natural = _natural(texts)
    if sum(natural) <= room:
        return natural
    least = [
        max(1, min(size, max(min(MAX_WORD, cells(word)) for row in texts for word in (row[at].split() or [""]))))
        for at, size in enumerate(natural)
    ]
    spare = room - sum(least)
    if spare < 0:
        return []
    widths = least[:]
    wants = [high - low for high, low in zip(natural, least, strict=True)]
    small_first = sorted(range(count), key=wants.__getitem__)  # small wishes are granted whole
    for done, at in enumerate(small_first):
        share = min(wants[at], spare // (count - done))
        widths[at] += share
        spare -= share
    return widths


def _row(flows: Sequence[Flow], widths: Sequence[int], alignments: Sequence[Alignment]) -> list[Line]:
    """One row of a table, as many lines as its highest cell."""
    columns = [set_flow(flow, size)[0] for flow, size in zip(flows, widths, strict=True)]
    lines: list[Line] = []
    for at in range(max(map(len, columns))):
        spans: list[Span] = []
        start = NOWHERE
        owed = 0  # blanks not yet written, so that none stand at the end of a line
        for column, size, alignment in zip(columns, widths, alignments, strict=True):
            line = column[at] if at < len(column) else EMPTY_LINE
            own = cells(line.text)
            left = {"right": size - own, "center": (size - own) // 2}.get(alignment, 0) if own else 0
            owed += left
            if own:
                if owed:
                    spans.append(Span(" " * owed))
                spans += line.spans
                start = line.start if start < 0 else start
                owed = 0
            owed += max(0, size - own - left) + 2
        lines.append(Line(tuple(spans), start))
    return lines


def _records(header: Sequence[Flow], rows: Sequence[Sequence[Flow]], width: int) -> list[Line]:
    """The table row by row, each cell behind the name of its column; nothing is cut off."""
    if not rows:
        return [line for flow in header for line in set_flow(flow, width)[0] if line.spans]
    lines: list[Line] = []
    for row in rows:
        if lines:
            lines.append(EMPTY_LINE)
        for name, cell in zip(header, row, strict=True):
            if not cell.text:
                continue
            label = [Span(piece.text, piece.look | Look.MUTED) for piece in name.pieces]
            flow = Flow([*label, Span(": ", Look.MUTED), *cell.pieces] if name.text else cell.pieces)
            lines += _hang(set_flow(flow, _inner(width, 2))[0], Span(""), Span("  "), width)
    return lines
