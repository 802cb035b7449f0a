"""Where a query's words stand in a text: ranges of characters to mark, and the passage to show of a story. Pure.

It finds what the search index finds: without regard to case and accents, whole words, beginnings of words and phrases,
and any part of a text in a script without spaces. What is not to be there (`-ferry`) marks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from reader.folding import fold, with_marks
from reader.model import Headline, Snippet, Story
from reader.query import PIECE, SPACELESS_RUN, And, Node, Or, Words, plain
from reader.text import SafeText, without_marks

PASSAGE = 160
"""Characters of a snippet."""
_BEFORE = 40
"""Of them before the first match, at most."""
_SIGNS = "\u0900-\u0963\u0966-\u0dff\u0f00-\u0fff"
"""Vowel signs of India and Tibet are parts of words, which Python does not know."""
_WORD = re.compile(rf"(?:[^\W_]|[{_SIGNS}])+")
_BETWEEN = rf"(?:(?![{_SIGNS}])[\W_])*"
_START, _END = rf"(?<![^\W_]|[{_SIGNS}])", rf"(?![^\W_]|[{_SIGNS}])"

Ranges = tuple[tuple[int, int], ...]


def matches(node: Node, text: str, column: str = "") -> Ranges:
    """Ranges of `text` that the query's words name, in order and apart; only words of that column or of none."""
    pattern = _pattern(node, column)
    return _ranges(pattern, text) if pattern else ()


def snippet(node: Node, headline: Headline, story: Story) -> Snippet:
    """The headline's matches, and the first passage that has one; else the beginning of the story."""
    title = matches(node, headline.title, "title")
    pattern = _pattern(node, "text")
    if pattern:
        for paragraph in (story.summary, *story.markdown.split("\n")):
            if paragraph and pattern.search(fold(paragraph)[0]):
                line = _in_words(paragraph)
                if found := _ranges(pattern, line):
                    return Snippet(title, *_cut(line, found))
    return Snippet(title, headline.excerpt, ())


def _in_words(paragraph: str) -> SafeText:
    """A line of Markdown without its marks; of a table's row, the cells side by side."""
    line = without_marks(paragraph)
    if not line.startswith("|"):
        return line
    return SafeText(" · ".join(cell for part in line.split("|") if (cell := part.strip())))


def _cut(line: str, found: Ranges) -> tuple[SafeText, Ranges]:
    """The part of a safe line around its first match, of whole words, and the matches in it."""
    first, last = found[0]
    start = max(0, min(first - _BEFORE, len(line) - PASSAGE))
    if start:
        start = line.find(" ", start, first) + 1 or start
    end = min(len(line), start + PASSAGE)
    if end < len(line) and (space := line.rfind(" ", last, end)) > 0:
        end = space
    before, after = "…" if start else "", "…" if end < len(line) else ""
    moved = start - len(before)
    inside = tuple((one - moved, other - moved) for one, other in found if other <= end)
    return SafeText(f"{before}{line[start:end]}{after}"), inside


# Patterns


@lru_cache(maxsize=64)
def _pattern(node: Node, column: str) -> re.Pattern[str] | None:
    """One for all words that are to be there, longest first; it is for folded text."""
    wanted = {_word_pattern(words) for words in _present(node) if words.column in ("", column) or not column}
    parts = sorted(wanted - {""}, key=len, reverse=True)
    return re.compile("|".join(parts)) if parts else None


def _present(node: Node) -> Iterator[Words]:
    if isinstance(node, Words):
        yield node
    elif isinstance(node, (And, Or)):
        for part in node.parts:
            yield from _present(part)


def _word_pattern(words: Words) -> str:
    """Words in a row with whatever is no word between them; "" for what the index has no words for."""
    parts: list[str] = []
    text, _ = fold(plain(words.text))
    for piece in PIECE.findall(text):
        if SPACELESS_RUN.fullmatch(piece):
            parts.append(re.escape(piece))
        else:
            parts += [f"{_START}{re.escape(word)}{_END}" for word in _WORD.findall(piece)]
    if parts and words.prefix:
        parts[-1] = parts[-1].removesuffix(_END)
    return _BETWEEN.join(parts)


def _ranges(pattern: re.Pattern[str], text: str) -> Ranges:
    folded, places = fold(text)
    spans = [found.span() for found in pattern.finditer(folded)]
    if places is None:
        return tuple(spans)
    return tuple((places[first], with_marks(text, places[last - 1] + 1)) for first, last in spans)
