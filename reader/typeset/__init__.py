"""Blocks of a story -> lines of a given width, set as they are looked at. Pure: no terminal, no clock, no colours.

`lines` knows widths and where text may be broken, `setting` sets a block, `frame` what stands above and below the
body, and `page` the whole story, lazily.
"""

from __future__ import annotations

from reader.typeset.frame import Manner, byline, dateline, provenance, repeats, states
from reader.typeset.lines import EMPTY_LINE, Line, Look, Span, cells, mark, wrap
from reader.typeset.page import TOP, Link, Match, Page, Place, fold, to_text
from reader.typeset.setting import ASCII, UNICODE, Glyphs, set_block

__all__ = [
    "ASCII",
    "EMPTY_LINE",
    "TOP",
    "UNICODE",
    "Glyphs",
    "Line",
    "Link",
    "Look",
    "Manner",
    "Match",
    "Page",
    "Place",
    "Span",
    "byline",
    "cells",
    "dateline",
    "fold",
    "mark",
    "provenance",
    "repeats",
    "set_block",
    "states",
    "to_text",
    "wrap",
]
