"""Markdown as we write it, cut into blocks: the model that the page, the text output and find-in-story share.

Opening a story must not cost what the whole of it costs, so the work is in two steps: `split` cuts the text into
top-level chunks without looking into them, and `parse_block` reads one chunk when it is first looked at. What is
written is CommonMark 0.31 with GFM's tables and strikethrough, no HTML, and `[^1]` footnotes.

Character references are decoded here, after the text was cleaned for storage, so everything is cleaned once more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

from reader.text import EMPTY, NO_URL, SafeText, SafeUrl, safe_block, safe_text, safe_url

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

MAX_CHUNK = 8_000
"""Characters that are read in one go; what is longer is cut, so that no single chunk can hold up a key."""
MAX_DENSE = 1_500
"""The same for text that is mostly marks and line breaks, each of which costs many times what a letter does."""
MAX_LINES = 120
"""Lines of a list or table that are read in one go; of code, five times as many."""
MANY = 20_000
"""Chunks from which on small neighbours are read as one."""

Alignment = Literal["", "left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Run:
    """Characters that look alike. A newline in the text is a hard break."""

    text: SafeText
    bold: bool = False
    italic: bool = False
    code: bool = False
    strike: bool = False
    url: SafeUrl = NO_URL
    """Where it leads; runs of one link follow each other and share it."""
    note: SafeText = EMPTY
    """The label of the footnote that this run is the mark of."""


Inline: TypeAlias = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Prose."""

    runs: Inline


@dataclass(frozen=True, slots=True)
class Heading:
    """A crosshead within the story."""

    level: int
    """1 to 6."""
    runs: Inline


@dataclass(frozen=True, slots=True)
class Quote:
    """Someone else's words."""

    children: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A list; each item is blocks of its own."""

    items: tuple[tuple[Block, ...], ...]
    ordered: bool = False
    start: int = 1
    tight: bool = True
    """Without empty lines between the items."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table (GFM section 4.10); every row has as many cells as the header."""

    header: tuple[Inline, ...]
    rows: tuple[tuple[Inline, ...], ...]
    alignments: tuple[Alignment, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Text whose lines and blanks are to be kept."""

    text: SafeText
    language: SafeText = EMPTY


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture that stands alone."""

    url: SafeUrl
    alt: SafeText = EMPTY
    caption: SafeText = EMPTY
    link: SafeUrl = NO_URL
    """Where the picture leads, when it is the text of a link."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A thematic break."""


@dataclass(frozen=True, slots=True)
class Footnote:
    """What a `[^label]` in the text refers to."""

    label: SafeText
    children: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Several blocks that a chunk turned out to hold; in Markdown of our own writing it does not occur."""

    children: tuple[Block, ...]


Block: TypeAlias = Paragraph | Heading | Quote | ListBlock | Table | Code | Figure | Rule | Footnote | Group


# Cutting the text into chunks

_BULLET = re.compile(r"[-*+](?=[ \n]|$)")
_NUMBER = re.compile(r"(\d{1,9})([.)])(?=[ \n]|$)")
_FENCE = re.compile(r"(`{3,}|~{3,})([^\n`]*)")
_ITEM = re.compile(r"^(?:[-*+]|\d{1,9}[.)])(?=[ \n]|$)", re.M)
_NOTE = re.compile(r"\[\^([^\]\s]{1,40})\]:(?=\s|$)")
_RULE = re.compile(r" {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})")
_DELIMITERS = re.compile(r" {0,3}\|?(?: *:?-+:? *\|)+(?: *:?-+:? *)?\|? *")
_BLOCK_START = re.compile(r" *(?:#{1,6}(?=\s|$)|>|[-+*](?=\s|$)|=|\d{1,9}[.)](?=\s|$)|`{3}|~{3}|\||\[\^)")


def split(markdown: str) -> tuple[str, ...]:
    """The text's top-level chunks in order, none empty; linear in time and without a look at what is inside them.

    Fenced code, loose lists and footnotes hold empty lines and stay whole, unless they are longer than one go.
    """
    chunks = _split(markdown, 0)
    return tuple(chunks if len(chunks) <= MANY else _bundled(chunks))


def _bundled(chunks: Sequence[str]) -> Iterator[str]:
    """Neighbours as one, so that a text of nothing but one-letter paragraphs is no longer a list without end."""
    held: list[str] = []
    size = 0
    for chunk in chunks:
        if held and size + len(chunk) > 400:
            yield "\n\n".join(held)
            held, size = [], 0
        held.append(chunk)
        size += len(chunk) + 2
    yield "\n\n".join(held)


def is_continued(chunk: str, following: str) -> bool:
    """Whether no empty line belongs between these two: footnotes, or a list that was too long for one go."""
    if chunk.startswith("[^"):
        return following.startswith("[^")
    if "\n\n" in chunk:
        return False
    if _BULLET.match(chunk):
        return chunk[0] == following[:1] and bool(_BULLET.match(following))
    return bool(_NUMBER.match(chunk) and _NUMBER.match(following))


def _split(markdown: str, depth: int) -> list[str]:
    chunks: list[str] = []
    held: list[str] = []  # pieces of a chunk that an empty line does not end
    kind = ""
    for padded in markdown.split("\n\n"):
        if kind and kind[0] in "`~":
            held.append(padded)
            if kind in padded and _closes(kind, padded):
                kind = ""
            continue
        if kind and _continues(kind, padded):
            held.append(padded)
            continue
        if held:
            chunks.extend(_cut("\n\n".join(held).strip("\n"), depth))
            held.clear()
            kind = ""
        piece = padded.strip("\n")
        if not piece or piece.isspace():
            continue
        if (piece[0] in _SPECIAL_STARTS or "```" in piece or "~~~" in piece) and (kind := _kind(piece)):
            held.append(piece)
        elif len(piece) > MAX_DENSE:
            chunks.extend(_cut(piece, depth))
        else:
            chunks.append(piece)
    if held:
        chunks.extend(_cut("\n\n".join(held).strip("\n"), depth))
    return chunks


_SPECIAL_STARTS = frozenset("-*+0123456789`~[")


def _kind(piece: str) -> str:
    """What an empty line may not end: the open fence, `-`, `*`, `+`, `.`, `)` for lists, `[` for footnotes; else ""."""
    fence = ""
    if "```" in piece or "~~~" in piece:
        for line in piece.split("\n"):
            mark = _FENCE.match(line)
            if fence and mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
            elif not fence and mark:
                fence = mark[1]
        if fence:
            return fence
    if _BULLET.match(piece) and not _RULE.fullmatch(piece):
        return piece[0]
    if number := _NUMBER.match(piece):
        return number[2]
    return "[" if _NOTE.match(piece) else ""


def _continues(kind: str, piece: str) -> bool:
    """Whether the piece belongs to the list or footnote before it."""
    if piece[:1] in ("", " "):
        return True
    if kind in "-*+":
        return piece[0] == kind and bool(_BULLET.match(piece)) and not (piece[2:3] == kind and _RULE.fullmatch(piece))
    if kind in ".)":
        number = _NUMBER.match(piece)
        return number is not None and number[2] == kind
    return False


def _closes(fence: str, piece: str) -> bool:
    """Whether the piece ends the fence (CommonMark section 4.5: as many marks or more, and nothing after them)."""
    lines = (line.strip(" ") for line in piece.split("\n"))
    return any(line.startswith(fence) and not line.strip(fence[0]) for line in lines)


# Cutting what is too long for one go; nothing is left out


_MARKS = re.compile(r"[*_`~\[\]<&\\\n]")


def _cut(chunk: str, depth: int) -> Iterable[str]:
    """The chunk in pieces that can be read in one go each; mostly it is one already."""
    limit = MAX_CHUNK
    if len(chunk) > MAX_DENSE and len(_MARKS.findall(chunk, 0, MAX_CHUNK)) * 12 > min(len(chunk), MAX_CHUNK):
        limit = MAX_DENSE
    if len(chunk) <= limit and chunk.count("\n") <= MAX_LINES:
        return (chunk,)
    if _FENCE.match(chunk):
        return _cut_code(chunk, depth)
    if chunk[0] == ">" and depth < 4:
        return _cut_quote(chunk, depth)
    if _NOTE.match(chunk):
        return _cut_notes(chunk, limit)
    if _BULLET.match(chunk) or _NUMBER.match(chunk):
        return _cut_list(chunk, limit)
    return _cut_table(chunk) or _cut_prose(chunk, limit)


def _cut_quote(chunk: str, depth: int) -> Iterator[str]:
    inner = "\n".join(line[2:] if line.startswith("> ") else line.removeprefix(">") for line in chunk.split("\n"))
    for piece in _split(inner, depth + 1):
        yield "\n".join(f"> {line}" if line else ">" for line in piece.split("\n"))


def _groups(
    lines: Sequence[str], limit: int, overhead: int = 0, lines_limit: int = MAX_LINES
) -> Iterator[Sequence[str]]:
    """The lines in bunches within both limits; a line that is longer is a bunch of its own."""
    for first in range(0, len(lines), lines_limit):
        bunch = lines[first : first + lines_limit]
        if overhead + sum(map(len, bunch)) + len(bunch) <= limit:
            yield bunch
            continue
        start, size = 0, overhead
        for at, line in enumerate(bunch):
            if at > start and size + len(line) > limit:
                yield bunch[start:at]
                start, size = at, overhead
            size += len(line) + 1
        yield bunch[start:]


def _cut_code(chunk: str, depth: int) -> Iterator[str]:
    first, *lines = chunk.split("\n")
    fence = _FENCE.match(first)
    closer = fence[1] if fence else "```"
    after = ""
    for at, line in enumerate(lines):
        if line.startswith(closer) and not line.strip(closer[0] + " "):
            lines, after = lines[:at], "\n".join(lines[at + 1 :]).strip("\n")
            break
    if max(map(len, lines), default=0) > MAX_CHUNK:
        lines = [line[at : at + MAX_CHUNK] for line in lines for at in range(0, max(1, len(line)), MAX_CHUNK)]
    for bunch in _groups(lines, 2 * MAX_CHUNK, lines_limit=5 * MAX_LINES):
        yield "\n".join((first, *bunch, closer))
    if after:
        yield from _split(after, depth + 1) if depth < 4 else _cut_prose(after, MAX_CHUNK)


def _cut_table(chunk: str) -> list[str]:
    """The table as pages that repeat the header; empty when it is no table, or one with lines too long to be read."""
    lines = chunk.split("\n")
    if len(lines) < 3 or not _DELIMITERS.fullmatch(lines[1][: MAX_CHUNK // 2]):
        return []
    head = len(lines[0]) + len(lines[1])
    if head > MAX_CHUNK // 2 or max(map(len, lines)) > MAX_CHUNK // 2:
        return []
    return ["\n".join((*lines[:2], *bunch)) for bunch in _groups(lines[2:], MAX_CHUNK // 2, head)]


def _cut_list(chunk: str, limit: int) -> Iterator[str]:
    """The list in bunches of items. A number is what the item's place makes it, whatever was written."""
    starts = [match.start() for match in _ITEM.finditer(chunk)]
    items = [chunk[start:end].rstrip("\n") for start, end in pairwise((*starts, len(chunk)))]
    number = _NUMBER.match(chunk)
    between = "\n\n" if "\n\n" in chunk else "\n"
    at = int(number[1]) if number else 0
    for bunch in _groups(items, limit):
        whole = between.join(bunch)
        if number:
            whole = _NUMBER.sub(rf"{at}\2", whole, count=1)
        at += len(bunch)
        if len(whole) <= limit and whole.count("\n") <= 4 * MAX_LINES:
            yield whole
        else:
            yield from _cut_prose("\n".join(line.lstrip(" ") for line in whole.split("\n")), limit)


def _cut_notes(chunk: str, limit: int) -> Iterator[str]:
    notes: list[str] = []
    for line in chunk.split("\n"):
        if notes and not _NOTE.match(line):
            notes[-1] += "\n" + line
        else:
            notes.append(line)
        if len(notes[-1]) > limit:
            yield from _cut_prose("\n".join(notes), limit)
            notes = []
    for bunch in _groups(notes, limit):
        yield "\n".join(bunch)


def _cut_prose(text: str, limit: int) -> Iterator[str]:
    at = 0
    while at < len(text):
        end = at + limit
        if end < len(text):
            half = at + limit // 2
            for mark in ("\n", ". ", "。", " "):
                if (found := text.rfind(mark, half, end)) > 0:
                    end = found + len(mark)
                    break
        piece = text[at:end].strip("\n ")
        if at and (start := _BLOCK_START.match(piece)):
            # What stood within a sentence must not turn into a heading or a list because it now begins a chunk.
            mark_at = start.end() - 1
            piece = f"{piece[:mark_at]}\\{piece[mark_at:]}"
        if piece:
            yield piece
        at = end


# Reading one chunk

_NEEDS_PARSER = re.compile(r"[*_`\[<&\\\n]|~~|^(?:\s|[#>+=-]|\d{1,9}[.)])")
_NOTE_MARK = re.compile(r"\[\^([^\]\s]{1,40})\](?!\()")
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def parse_block(chunk: str) -> Block:
    """What one chunk of `split` says. Never raises: what is no Markdown is prose."""
    if not _NEEDS_PARSER.search(chunk):
        return Paragraph((Run(safe_block(chunk)),))
    if _NOTE.match(chunk):
        return _footnotes(chunk)
    children = _Reader(_parser().parse(chunk)).blocks()
    if not children:
        return Paragraph(())
    return children[0] if len(children) == 1 else Group(children)


def warm_up() -> None:
    """Load the Markdown parser now (some 30 ms), and not when the first story is opened."""
    _parser()


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    class AnyLink(MarkdownIt):
        """Reads every link as one; which may be followed is safe_url's decision, and the label is kept either way."""

        def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002 (the library's name)
            return True

    parser = AnyLink("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.inline.ruler.before("link", "note_mark", _note_mark)
    # Indented text is no code in what we write, and definitions of links would vanish unseen.
    return parser.disable(["code", "reference", "html_block", "html_inline"])


def _note_mark(state: StateInline, silent: bool) -> bool:
    """A rule for the parser: `[^label]`, where the bracket is not escaped and it is not the text of a link."""
    if not state.src.startswith("[^", state.pos):
        return False
    mark = _NOTE_MARK.match(state.src, state.pos, state.posMax)
    if mark is None:
        return False
    if not silent:
        state.push("note_mark", "", 0).content = mark[1]
    state.pos = mark.end()
    return True


def _footnotes(chunk: str) -> Block:
    """Definitions, one after the other; lines that do not begin one belong to the one before."""
    notes: list[tuple[str, list[str]]] = []
    for line in chunk.split("\n"):
        if mark := _NOTE.match(line):
            notes.append((mark[1], [line[mark.end() :].lstrip()]))
        else:
            notes[-1][1].append(line.removeprefix("    ") if line.startswith("    ") else line.lstrip(" "))
    blocks = tuple(
        Footnote(safe_text(label, 40), _Reader(_parser().parse("\n".join(lines))).blocks()) for label, lines in notes
    )
    return blocks[0] if len(blocks) == 1 else Group(blocks)


class _Reader:
    """Walks markdown-it's tokens once, from the first to the last."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def blocks(self, until: str = "") -> tuple[Block, ...]:
        """The blocks up to the closing token, which is consumed too."""
        found: list[Block] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.type == until:
                break
            if block := self._block(token):
                found.append(block)
        return tuple(found)

    def _block(self, token: Token) -> Block | None:
        match token.type:
            case "paragraph_open":
                return self._paragraph()
            case "heading_open":
                return Heading(int(token.tag[1]), self._inline())
            case "blockquote_open":
                return Quote(self.blocks("blockquote_close"))
            case "bullet_list_open" | "ordered_list_open":
                return self._list(token)
            case "table_open":
                return self._table()
            case "fence" | "code_block":
                language = safe_text(token.info.split()[0] if token.info.strip() else "", 40)
                return Code(safe_block(token.content.removesuffix("\n")), language)
            case "hr":
                return Rule()
        return None

    def _inline(self) -> Inline:
        """The runs of the inline token that comes next; consumes the closing token too."""
        token = self.tokens[self.at]
        self.at += 2
        return read_inline(token.children or ())

    def _paragraph(self) -> Block:
        if figure := _figure(self.tokens[self.at].children or ()):
            self.at += 2
            return figure
        return Paragraph(self._inline())

    def _list(self, token: Token) -> ListBlock:
        close = token.type.replace("open", "close")
        items: list[tuple[Block, ...]] = []
        first = self.at
        while self.tokens[self.at].type != close:
            self.at += 1  # list_item_open
            items.append(self.blocks("list_item_close"))
        tight = all(
            inner.hidden
            for inner in self.tokens[first : self.at]
            if inner.type == "paragraph_open" and inner.level == token.level + 2
        )
        self.at += 1
        return ListBlock(tuple(items), token.type == "ordered_list_open", int(token.attrs.get("start", 1)), tight)

    def _table(self) -> Table:
        rows: list[tuple[Inline, ...]] = []
        cells: list[Inline] = []
        alignments: list[Alignment] = []
        while (token := self.tokens[self.at]).type != "table_close":
            self.at += 1
            if token.type == "inline":
                cells.append(read_inline(token.children or ()))
            elif token.type == "th_open":
                alignments.append(_alignment(str(token.attrs.get("style", ""))))
            elif token.type == "tr_close":
                rows.append(tuple(cells))
                cells = []
        self.at += 1
        return Table(rows[0], tuple(rows[1:]), tuple(alignments))


def _alignment(style: str) -> Alignment:
    match style.removeprefix("text-align:"):
        case "left":
            return "left"
        case "right":
            return "right"
        case "center":
            return "center"
    return ""


def _figure(children: Sequence[Token]) -> Figure | None:
    """The picture, when there is nothing else; it may be the text of a link."""
    parts = [
        child for child in children if child.type not in ("softbreak",) and (child.content or child.type != "text")
    ]
    link = NO_URL
    if len(parts) == 3 and parts[0].type == "link_open" and parts[2].type == "link_close":
        link = safe_url(str(parts[0].attrs.get("href", "")))
        parts = parts[1:2]
    if len(parts) != 1 or parts[0].type != "image":
        return None
    image = parts[0]
    caption = safe_text(str(image.attrs.get("title", "")), 2_000)
    return Figure(safe_url(str(image.attrs.get("src", ""))), _alt(image), caption, link)


def _alt(image: Token) -> SafeText:
    """What a picture shows, in words without markup."""
    return safe_text("".join(run.text for run in read_inline(image.children or ())), 1_000)


def read_inline(tokens: Sequence[Token]) -> Inline:
    """Runs out of markdown-it's inline tokens: clean text, neighbours that look alike as one."""
    runs = _Runs()
    mail = ""
    for token in tokens:
        match token.type:
            case "note_mark":
                if label := safe_text(token.content, 40):
                    runs.add(note_mark(label), replace(runs.style, note=label))
            case "softbreak":
                runs.add("" if runs.ends_wide else " ")
            case "hardbreak":
                runs.add("\n", keep_breaks=True)
            case "code_inline":
                runs.add(token.content, replace(runs.style, code=True))
            case "strong_open" | "strong_close":
                runs.style = replace(runs.style, bold=token.nesting > 0)
            case "em_open" | "em_close":
                runs.style = replace(runs.style, italic=token.nesting > 0)
            case "s_open" | "s_close":
                runs.style = replace(runs.style, strike=token.nesting > 0)
            case "link_open":
                href = str(token.attrs.get("href", ""))
                mail = href[7:].partition("?")[0] if href[:7].lower() == "mailto:" else ""
                label_from = runs.start_link(safe_url(href))
            case "link_close":
                runs.style = replace(runs.style, url=NO_URL)
                if mail and mail not in "".join(runs.parts[label_from:]):
                    runs.add(f" ({mail})")
            case "image":
                runs.add(f"[{_alt(token) or 'picture'}]", replace(runs.style, italic=True))
            case _:
                runs.add(token.content)
    return runs.take()


class _Runs:
    """Gathers clean text; what looks like its neighbour becomes one run with it."""

    def __init__(self) -> None:
        self.style = Run(EMPTY)
        self.parts: list[str] = []  # of the run that is being gathered
        self.parts_style = self.style
        self.runs: list[Run] = []
        self.last = ""  # the last character there is

    @property
    def ends_wide(self) -> bool:
        """Whether the text ends in a script without spaces, where a line break in the source is no blank."""
        return self.last != "" and unicodedata.east_asian_width(self.last) in ("W", "F")

    def start_link(self, url: SafeUrl) -> int:
        """Text from now on leads to `url`; gives the place in `parts` where it begins."""
        self.style = replace(self.style, url=url)
        return len(self.parts)

    def add(self, text: str, style: Run | None = None, *, keep_breaks: bool = False) -> None:
        """Text that has come out of the parser, and so may hold anything again."""
        clean: str = safe_block(text)
        if not keep_breaks and "\n" in clean:
            clean = clean.replace("\n", " ")
        if clean and self.last and unicodedata.combining(clean[0]) and unicodedata.combining(self.last):
            # Four marks in a row are allowed, and four more in another token would be eight.
            clean = clean.lstrip("".join(mark for mark in set(clean) if unicodedata.combining(mark)))
        if not clean:
            return
        style = style or self.style
        if style != self.parts_style:
            self.close()
            self.parts_style = style
        self.parts.append(clean)
        self.last = clean[-1]

    def close(self) -> None:
        """End the run that is being gathered."""
        if self.parts:
            self.runs.append(replace(self.parts_style, text=SafeText("".join(self.parts))))
            self.parts = []

    def take(self) -> Inline:
        """All there is."""
        self.close()
        return tuple(self.runs)


def note_mark(label: str) -> str:
    """How a footnote is marked in the text: `¹`, or `[a]` where the label is no number."""
    return label.translate(_SUPERSCRIPT) if label.isascii() and label.isdigit() else f"[{label}]"


# What a block says


def inlines(block: Block) -> Iterator[Inline]:
    """The block's text in reading order, piece by piece; an offset in a block counts these, each with a break after."""
    match block:
        case Paragraph(runs) | Heading(runs=runs):
            yield runs
        case Quote(children) | Footnote(children=children) | Group(children):
            for child in children:
                yield from inlines(child)
        case ListBlock(items):
            for item in items:
                for child in item:
                    yield from inlines(child)
        case Table(header, rows):
            yield from header
            for row in rows:
                yield from row
        case Code(text):
            yield (Run(text, code=True),)
        case Figure():
            yield figure_caption(block)
        case Rule():
            return


def figure_caption(figure: Figure) -> Inline:
    """What stands under a picture: its caption, and in parentheses what it shows where that is told and differs."""
    caption, alt = figure.caption, figure.alt
    if caption and alt and alt not in caption:
        return (Run(SafeText(f"{caption} ({alt})")),)
    return (Run(caption or alt),) if caption or alt else ()


def plain(block: Block) -> str:
    """The block's text without any style; offsets in it are those of `model.Position`."""
    return "\n".join("".join(run.text for run in runs) for runs in inlines(block))


def links(block: Block) -> tuple[tuple[SafeUrl, str], ...]:
    """Address and text of each link in reading order; a picture leads to itself, or to what it is the link of."""
    found: list[tuple[SafeUrl, str]] = []
    match block:
        case Quote(children) | Footnote(children=children) | Group(children):
            return tuple(link for child in children for link in links(child))
        case ListBlock(items):
            return tuple(link for item in items for child in item for link in links(child))
        case Figure():
            target = block.link or block.url
            return ((target, block.caption or block.alt or "Picture"),) if target else ()
    for runs in inlines(block):
        previous = NO_URL
        for run in runs:
            if run.url and run.url == previous:
                found[-1] = (run.url, found[-1][1] + run.text)
            elif run.url:
                found.append((run.url, run.text))
            previous = run.url
    return tuple(found)
