"""Lines of spans, and where text may be broken into them: cells by wcwidth, words, CJK, long addresses. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntFlag
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct

from reader.patterns import late
from reader.typeset.plates import PlateRow


class Look(IntFlag):
    """How a span is to look; what colours that means is the front end's affair."""

    PLAIN = 0
    BOLD = 1
    ITALIC = 2
    STRIKE = 4
    CODE = 8
    """Code, also within a sentence."""
    LINK = 16
    MUTED = 32
    ACCENT = 64
    HEADLINE = 128
    RULE = 256
    """A line or bar, not text."""
    MATCH = 512
    """Found."""
    HERE = 1024
    """Found, and the one that we are at."""
    SPOKEN = 2048
    """Being read aloud."""


NOWHERE = -1
"""The offset of what we have set ourselves: bullets, bars, padding."""


class Span(NamedTuple):
    """Characters of one look."""

    text: str
    look: Look = Look.PLAIN
    link: int = 0
    """Which link of its block this is, from 1; which mark of a footnote, from -1 down; 0 for neither."""
    start: int = NOWHERE
    """Offset of the first character in the text of its block."""


class Line(NamedTuple):
    """One line, without the blanks at its end."""

    spans: tuple[Span, ...]
    start: int
    """Offset in the text of the block that this line has come to."""
    plate: PlateRow | None = None
    """What stands behind the spans, where this is a line of a picture."""

    @property
    def text(self) -> str:
        """The characters alone."""
        return "".join(span.text for span in self.spans)


EMPTY_LINE = Line((), NOWHERE)


# Widths


# One cell each, whatever stands beside them: Latin, Greek, Cyrillic, Armenian, dashes and quotes, our glyphs.
_NARROW = late("[ -~\xa0-\u02ff\u0370-\u0482\u048a-\u058f\u2010-\u2027\u2030-\u205e\u2190-\u2319\u2500-\u25fc]*")


def _is_narrow(text: str) -> bool:
    return text.isascii() or _NARROW.fullmatch(text) is not None


def cells(text: str) -> int:
    """How many cells a terminal gives the text."""
    if _is_narrow(text):
        return len(text)
    return _word_cells(text) if len(text) < 40 else _cells(text)


def _cells(text: str) -> int:
    from wcwidth import wcswidth  # its tables take longer to load than most stories to set

    width = wcswidth(text)
    return width if width >= 0 else sum(max(0, wcswidth(character)) for character in text)


_word_cells = lru_cache(maxsize=8_192)(_cells)


def take_cells(text: str, width: int) -> int:
    """How many characters fit in `width` cells, whole graphemes only; at least one grapheme."""
    if _is_narrow(text):
        return max(1, width)
    taken = used = 0
    for grapheme in _graphemes(text):
        used += cells(grapheme)
        if taken and used > width:
            break
        taken += len(grapheme)
    return taken


def _graphemes(text: str) -> Iterator[str]:
    from wcwidth import iter_graphemes

    return iter_graphemes(text)


def is_rtl(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left (UAX 9, rules P2 and P3)."""
    if text.isascii():
        return False
    for character in text[:400]:
        direction = unicodedata.bidirectional(character)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False


# Where a line may end

_WIDE = "\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003fffd"
_NOT_FIRST = (
    "、。，．・：；？！゛゜ヽヾゝゞ々〻ー〜゠‼⁇⁈⁉’”）〕］｝〉》」』】〙〗〟…‥％‰℃′″｠"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰ-ㇿ!),.:;?%\\]}»\u3099\u309a\ufe0f\u200d"
)
_NOT_LAST = "‘“（〔［｛〈《「『【〘〖〝｟￥＄￡＃([{«"
_CUT_IN_WORD = late(
    # JIS X 4051, in short; of a pair of dashes the second one stays with the first.
    f"(?:(?<=[{_WIDE}])|(?=[{_WIDE}]))(?<!^)(?<![{_NOT_LAST}])(?![{_NOT_FIRST}])(?!(?<=[—―])[—―])(?!$)"
    "|(?<=\\w[-‐–])(?=[^\\W\\d_])|(?<=—)(?=[\\w“‘(])"
)
_CUTTABLE = late(f"[-‐–—{_WIDE}]")
# A blank before «»!?:; and after an opening mark belongs to the word, and so does one before a dash.
_WORD = late(r"(?:[^ \n]++| (?=[»!?;:–—-](?:[ \n]|$))|(?<=[«“„‘(\[]) (?=[^ \n]))++")
_ADDRESS_CUTS = (late(r"[/?&#]+"), late(r"[=._%,;:@+~-]+"))


Hyphenate = Callable[[str], Sequence[int]]
"""A word -> the offsets at which it may be divided, in rising order."""
LEAST_DIVIDED = 6
"""Letters of a word that may be divided."""
_LETTERS = late(rf"[^\W\d_]{{{LEAST_DIVIDED},}}")


class Break(NamedTuple):
    """One line of a paragraph: where it begins and ends, and whether it ends within a word that gets a hyphen."""

    start: int
    end: int
    hyphen: bool = False


def wrap(text: str, width: int, hyphenate: Hyphenate | None = None) -> list[Break]:
    """The lines of a paragraph, blanks at their ends left out; "\\n" ends a line. At least one line.

    With `hyphenate`, words are divided where a line would stay short by more than a tenth, but not at the ends of
    three lines in a row.
    """
    width = max(1, width)
    lines: list[Break] = []
    start = end = column = 0
    used = False  # whether the line has anything on it
    for word in _WORD.finditer(text):
        between = text.count("\n", end, word.start())
        if between:
            lines.append(Break(start, end))
            lines.extend(Break(end, end) for _ in range(between - 1))
            used = False
        for first, last in _atoms(text, word.start(), word.end()):
            size = cells(text[first:last])
            gap = first - end if used else 0
            room = width - column - gap
            if used and size > room and (size <= width or room < max(2, min(24, width // 2))):
                cut = first
                if hyphenate and room > max(3, width // 10) and sum(line.hyphen for line in lines[-2:]) < 2:
                    cut += _division(text[first:last], room, hyphenate)
                if cut > first:
                    lines.append(Break(start, cut, hyphen=True))
                    first = cut  # noqa: PLW2901
                    size = cells(text[first:last])
                else:
                    lines.append(Break(start, end))
                used = False
            if not used:
                start, column, gap, used = first, 0, 0, True
            column += gap
            while column + size > width:  # longer than a line, wherever it begins
                cut = first + _address_cut(text[first:last], width - column)
                lines.append(Break(start, cut))
                start = first = cut  # noqa: PLW2901
                column, used, size = 0, first < last, cells(text[first:last])
            column += size
            end = last
    if used or not lines:
        lines.append(Break(start, end))
    return lines


def _division(word: str, room: int, hyphenate: Hyphenate) -> int:
    """Where to divide a word so that its beginning and a hyphen fit in `room` cells; 0 where that cannot be."""
    best = 0
    for letters in _LETTERS.finditer(word):
        for at in hyphenate(letters[0]):
            cut = letters.start() + at
            if cells(word[:cut]) + 1 > room:
                return best
            best = cut
    return best


def _atoms(text: str, start: int, end: int) -> Iterable[tuple[int, int]]:
    """The parts of a word that a line break may not tear."""
    word = text[start:end]
    if (word.isascii() and ("-" not in word or "://" in word)) or not _CUTTABLE.search(word):
        return ((start, end),)
    cuts = [start, *(start + cut.start() for cut in _CUT_IN_WORD.finditer(word)), end]
    return [(a, b) for a, b in pairwise(cuts) if b > a]


def _address_cut(text: str, width: int) -> int:
    """Where to cut what is longer than a line: after a mark as addresses have them, if that fills half of the line."""
    most = take_cells(text, max(1, width))
    for marks in _ADDRESS_CUTS:
        if ends := [mark.end() for mark in marks.finditer(text, most // 2, most)]:
            return ends[-1]
    return most


# Runs to lines


class Flow(Struct):
    """Text that is to be broken into lines, piece by piece as it looks."""

    pieces: list[Span]

    @property
    def text(self) -> str:
        """All characters, ours too."""
        return "".join(piece.text for piece in self.pieces)


def balanced(text: str, width: int) -> list[Break]:
    """As `wrap`, in no more lines, but lines of about the same length: no word alone under a headline."""
    breaks = wrap(text, width)
    low, high = max(1, width // 2), width
    while 1 < len(breaks) <= 6 and low < high:
        middle = (low + high) // 2
        narrower = wrap(text, middle)
        if len(narrower) == len(breaks):
            breaks, high = narrower, middle
        else:
            low = middle + 1
    return breaks


def set_flow(
    flow: Flow, width: int, *, most: int = 0, hyphenate: Hyphenate | None = None, justify: bool = False
) -> tuple[list[Line], bool]:
    """The flow as lines, and whether it was cut.

    With `most`, the lines are balanced, and what does not fit in so many ends in an ellipsis.
    """
    text = flow.text
    breaks = balanced(text, width) if most else wrap(text, width, hyphenate)
    was_cut = bool(most) and len(breaks) > most
    if was_cut:
        start, end, _ = breaks[most - 1]
        while end > start and cells(text[start:end]) > width - 1:
            blank = text.rfind(" ", start, end)
            end = blank if blank > start else end - 1
        while end > start and text[end - 1] in " ,;:.–—-":
            end -= 1
        breaks = [*breaks[: most - 1], Break(start, end)]
    lines = _slice(flow.pieces, breaks)
    if was_cut:
        look = lines[-1].spans[-1].look if lines[-1].spans else Look.PLAIN
        lines[-1] = lines[-1]._replace(spans=(*lines[-1].spans, Span("…", look)))
    if justify:
        full = [text[here.end : following.start].find("\n") < 0 for here, following in pairwise(breaks)]
        lines = [*(_justified(line, width) if on else line for line, on in zip(lines, full, strict=False)), lines[-1]]
    if is_rtl(text):
        lines = [_to_the_right(line, width) for line in lines]
    return lines, was_cut


def _slice(pieces: Sequence[Span], breaks: Sequence[Break]) -> list[Line]:
    lines: list[Line] = []
    at = 0  # the piece we are in, and where it begins
    begins = 0
    reached = next((piece.start for piece in pieces if piece.start >= 0), 0)
    for start, end, hyphen in breaks:
        spans: list[Span] = []
        while at < len(pieces) and begins + len(pieces[at].text) <= start:
            begins += len(pieces[at].text)
            at += 1
        here, begin = at, begins
        first = NOWHERE
        while here < len(pieces) and begin < end:
            text, look, link, offset = pieces[here]
            low, high = max(0, start - begin), min(len(text), end - begin)
            if high > low:
                inside = offset + low if offset >= 0 else NOWHERE
                if first < 0:
                    first = inside
                spans.append(Span(text[low:high], look, link, inside))
            begin += len(text)
            here += 1
        reached = first if first >= 0 else reached
        if hyphen and spans:
            spans.append(Span("-", spans[-1].look, spans[-1].link))
        lines.append(Line(tuple(spans), reached))
    return lines


WIDEST_GAP = 3
"""Cells that may come to stand between two words of a justified line, on average; beyond that it stays ragged."""


def _justified(line: Line, width: int) -> Line:
    """The line with blanks put between its words until it is full."""
    missing = width - cells(line.text)
    gaps = line.text.strip().count(" ")
    if missing <= 0 or not gaps or missing + gaps > gaps * WIDEST_GAP:
        return line
    spans: list[Span] = []
    seen = 0  # gaps so far
    begun = False
    for text, look, link, start in line.spans:
        done = 0
        for at, character in enumerate(text):
            if character != " ":
                begun = True
            elif begun and seen < gaps:
                seen += 1
                # The wider gaps are spread evenly over the line.
                if more := missing * seen // gaps - missing * (seen - 1) // gaps:
                    spans.append(Span(text[done : at + 1], look, link, start + done if start >= 0 else NOWHERE))
                    spans.append(Span(" " * more, look, link))
                    done = at + 1
        if done < len(text):
            spans.append(Span(text[done:], look, link, start + done if start >= 0 else NOWHERE))
    return line._replace(spans=tuple(spans))


def _to_the_right(line: Line, width: int) -> Line:
    """Pushed to the right edge, the characters in logical order: turning them round is the terminal's trade."""
    room = width - cells(line.text)
    return line._replace(spans=(Span(" " * room), *line.spans)) if room > 0 and line.spans else line


def mark(line: Line, ranges: Sequence[tuple[int, int, Look]]) -> Line:
    """The line with what lies in the ranges (offsets in the block, from and to) looking that way too."""
    spans: list[Span] = []
    end = NOWHERE
    for span in line.spans:
        text, look, link, start = span
        if start < 0:  # what we have set within a range is marked with it
            inside = next((extra for low, high, extra in ranges if low < end < high), Look.PLAIN)
            spans.append(Span(text, look | inside, link) if inside else span)
            continue
        end = start + len(text)
        at = start
        for low, high, extra in ranges:
            low, high = max(low, at), min(high, end)  # noqa: PLW2901
            if low >= high:
                continue
            if low > at:
                spans.append(Span(text[at - start : low - start], look, link, at))
            spans.append(Span(text[low - start : high - start], look | extra, link, low))
            at = high
        if at < end:
            spans.append(Span(text[at - start :], look, link, at))
    return line._replace(spans=tuple(spans))


# Lines that are wider than there is room


def slide(line: Line, shift: int, width: int, signs: tuple[str, str]) -> Line:
    """As much of a wide line as `width` cells show after going `shift` cells to the right.

    Where the line goes on to the left or right, its first or last cell is a sign that says so.
    """
    whole = cells(line.text.rstrip())
    before, after = shift > 0 and bool(line.text[: shift + 1].strip()), whole > shift + width
    if not shift and cells(line.text) <= width:
        return line
    low, high = shift + before, shift + width - after
    spans = [Span(signs[0], Look.ACCENT)] if before else []
    column = 0
    for text, look, link, start in line.spans:
        size = cells(text)
        if column < high and column + size > low:
            spans += _within(Span(text, look, link, start), column, low, high)
        column += size
    shown = sum(cells(span.text) for span in spans)
    if after:
        spans += [Span(" " * (width - 1 - shown))] if shown < width - 1 else []
        spans.append(Span(signs[1], Look.ACCENT))
    return line._replace(spans=tuple(spans))


def _within(span: Span, column: int, low: int, high: int) -> list[Span]:
    """What of a span that begins at `column` lies between two columns; of a wide character that is cut, a blank."""
    text, look, link, start = span
    first = last = 0
    pad = ""
    for grapheme in text if _is_narrow(text) else _graphemes(text):
        size = cells(grapheme)
        if column < low:
            first += len(grapheme)
            pad = " " * (min(column + size, high) - low)
        elif column + size > high:
            break
        last += len(grapheme)
        column += size
    shown = Span(text[first:last], look, link, start + first if start >= 0 else NOWHERE)
    return [*([Span(pad, look)] if pad else []), *([shown] if shown.text else [])]
