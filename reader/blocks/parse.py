"""Reading one chunk with markdown-it: CommonMark 0.31, GFM tables and strikethrough, no HTML; then cleaning it.

Character references are decoded here, after the text was cleaned for storage, so everything is cleaned once more.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from reader.blocks.chunks import NOTE, split
from reader.blocks.model import (
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
    Run,
    Table,
    figures,
    note_mark,
)
from reader.patterns import late
from reader.text import EMPTY, NO_URL, SafeText, SafeUrl, safe_block, safe_text, safe_url

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_NEEDS_PARSER = late(r"[*_`\[<&\\\n]|~~|^(?:\s|[#>+=-]|\d{1,9}[.)])")
_NOTE_MARK = late(r"\[\^([^\]\s]{1,40})\](?!\()")


def parse_block(chunk: str) -> Block:
    """What one chunk of `split` says. Never raises: what is no Markdown is prose."""
    if not _NEEDS_PARSER.search(chunk):
        return Paragraph((Run(safe_block(chunk)),))
    if NOTE.match(chunk):
        return _footnotes(chunk)
    children = _Reader(_parser().parse(chunk)).blocks()
    if not children:
        return Paragraph(())
    return children[0] if len(children) == 1 else Group(children)


def figures_in(markdown: SafeText) -> Iterator[Figure]:
    """The pictures that stand in a story, in its order; only the blocks that may hold one are read."""
    if "![" in markdown:
        for chunk in split(markdown):
            if "![" in chunk:
                yield from figures(parse_block(chunk))


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
        if mark := NOTE.match(line):
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
