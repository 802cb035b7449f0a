"""Blocks of a story -> lines of a given width, set as they are looked at. Pure: no terminal, no clock, no colours.

`lines` knows widths and where text may be broken, `setting` sets a block, `frame` what stands above and below the
body, and `page` the whole story, lazily. `find` goes from match to match. What a start needs not is imported by its
name: `sentences` for reading aloud, `language` and `hyphens` for dividing words.
"""

from __future__ import annotations

from reader.typeset.find import Find
from reader.typeset.frame import Manner, byline, dateline, provenance, repeats, states
from reader.typeset.lines import EMPTY_LINE, Hyphenate, Line, Look, Span, cells, mark, slide, wrap
from reader.typeset.page import TOP, Crosshead, Link, Match, Page, Place, Sentence, to_text
from reader.typeset.plates import Plate, PlateRow, Plates, Size
from reader.typeset.setting import ASCII, SPOKEN, UNICODE, Glyphs, Wide, set_block

__all__ = [
    "ASCII",
    "EMPTY_LINE",
    "SPOKEN",
    "TOP",
    "UNICODE",
    "Crosshead",
    "Find",
    "Glyphs",
    "Hyphenate",
    "Line",
    "Link",
    "Look",
    "Manner",
    "Match",
    "Page",
    "Place",
    "Plate",
    "PlateRow",
    "Plates",
    "Sentence",
    "Size",
    "Span",
    "Wide",
    "byline",
    "cells",
    "dateline",
    "mark",
    "provenance",
    "repeats",
    "set_block",
    "slide",
    "states",
    "to_text",
    "wrap",
]
