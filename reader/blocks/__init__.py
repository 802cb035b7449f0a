"""Markdown as we write it, cut into blocks: the model that the page, the text output and find-in-story share.

Opening a story must not cost what the whole of it costs, so the work is in two steps: `split` (in `chunks`) cuts the
text into top-level chunks without looking into them, and `parse_block` (in `parse`) reads one chunk when it is first
looked at. What is written is CommonMark with GFM's tables and strikethrough, no HTML, and `[^1]` footnotes.
"""

from __future__ import annotations

from reader.blocks.chunks import MAX_CHUNK, is_continued, split
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
    figure_caption,
    figures,
    inlines,
    links,
    note_mark,
    notes,
    plain,
)
from reader.blocks.parse import figures_in, parse_block, warm_up

__all__ = [
    "MAX_CHUNK",
    "Alignment",
    "Block",
    "Code",
    "Figure",
    "Footnote",
    "Group",
    "Heading",
    "Inline",
    "ListBlock",
    "Paragraph",
    "Quote",
    "Rule",
    "Run",
    "Table",
    "figure_caption",
    "figures",
    "figures_in",
    "inlines",
    "is_continued",
    "links",
    "note_mark",
    "notes",
    "parse_block",
    "plain",
    "split",
    "warm_up",
]
