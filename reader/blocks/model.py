"""What a story is made of: paragraphs, headings, quotes, lists, tables, code, figures, footnotes. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

from reader.text import EMPTY, NO_URL, SafeText, SafeUrl

Alignment = Literal["", "left", "center", "right"]


class Run(Struct, frozen=True):
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


class Paragraph(Struct, frozen=True):
    """Prose."""

    runs: Inline


class Heading(Struct, frozen=True):
    """A crosshead within the story."""

    level: int
    """1 to 6."""
    runs: Inline


class Quote(Struct, frozen=True):
    """Someone else's words."""

    children: tuple[Block, ...]


class ListBlock(Struct, frozen=True):
    """A list; each item is blocks of its own."""

    items: tuple[tuple[Block, ...], ...]
    ordered: bool = False
    start: int = 1
    tight: bool = True
    """Without empty lines between the items."""


class Table(Struct, frozen=True):
    """A table (GFM section 4.10); every row has as many cells as the header."""

    header: tuple[Inline, ...]
    rows: tuple[tuple[Inline, ...], ...]
    alignments: tuple[Alignment, ...]


class Code(Struct, frozen=True):
    """Text whose lines and blanks are to be kept."""

    text: SafeText
    language: SafeText = EMPTY


class Figure(Struct, frozen=True):
    """A picture that stands alone."""

    url: SafeUrl
    alt: SafeText = EMPTY
    caption: SafeText = EMPTY
    link: SafeUrl = NO_URL
    """Where the picture leads, when it is the text of a link."""


class Rule(Struct, frozen=True):
    """A thematic break."""


class Footnote(Struct, frozen=True):
    """What a `[^label]` in the text refers to."""

    label: SafeText
    children: tuple[Block, ...]


class Group(Struct, frozen=True):
    """Several blocks that a chunk turned out to hold; in Markdown of our own writing it does not occur."""

    children: tuple[Block, ...]


Block: TypeAlias = Paragraph | Heading | Quote | ListBlock | Table | Code | Figure | Rule | Footnote | Group


# What a block says

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def note_mark(label: str) -> str:
    """How a footnote is marked in the text: `¹`, or `[a]` where the label is no number."""
    return label.translate(_SUPERSCRIPT) if label.isascii() and label.isdigit() else f"[{label}]"


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


def figures(block: Block) -> Iterator[Figure]:
    """The pictures in a block, in reading order."""
    match block:
        case Figure():
            yield block
        case Quote(children) | Footnote(children=children) | Group(children):
            for child in children:
                yield from figures(child)
        case ListBlock(items):
            for item in items:
                for child in item:
                    yield from figures(child)


def figure_caption(figure: Figure) -> Inline:
    """What stands under a picture: its caption, and in parentheses what it shows where that is told and differs."""
    caption, alt = figure.caption, figure.alt
    if caption and alt and alt not in caption:
        return (Run(SafeText(f"{caption} ({alt})")),)
    return (Run(caption or alt),) if caption or alt else ()


def plain(block: Block) -> str:
    """The block's text without any style; offsets in it are those of `model.Position`."""
    return "\n".join("".join(run.text for run in runs) for runs in inlines(block))


def notes(block: Block) -> tuple[SafeText, ...]:
    """The labels of the footnotes that the block's text has marks of, in reading order."""
    return tuple(run.note for runs in inlines(block) for run in runs if run.note)


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
