"""What is written into a line that asks: what it means while it is being written, where it is wrong, what was written
before. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from reader.app import wording
from reader.errors import QueryError
from reader.patterns import late

AT_LEAST = 3
"""Letters before a search begins by itself: fewer find too much to be of use."""
KEPT = 50
"""Lines that are remembered."""

_LAST_WORD = late(r"(?:^|[\s(])(?:title:|by:)?([^\W_]+)$")

_GLUE = late(r"(?:\s+(?:OR|AND))?\s*$")

LANGUAGE: Sequence[tuple[str, str]] = (
    ("harbour bridge", "both words, anywhere in the story"),
    ('"harbour bridge"', "next to each other"),
    ("harb*", "words that begin so"),
    ("-ferry", "without it"),
    ("harbour OR port", "either; ( ) make groups"),
    ("title:bridge  by:smith", "in the headline; in the byline"),
    ("source:gazette", "from a source"),
    ("section:world", "of a section"),
    ("tag:later  lang:en", "with a tag; in a language"),
    ("is:unread", "also read, starred, later, updated"),
    ("since:2w  before:3d", "h d w m y, today, yesterday, 2026-01-31"),
)
"""What a search may say, by example."""


def fault_of(query: str) -> QueryError | None:
    """What is wrong with a query, and where; None when nothing is, or nothing is asked."""
    from reader.query import parse

    try:
        if query.strip():
            parse(query)
    except QueryError as error:
        return error
    return None


def is_enough(query: str) -> bool:
    """Whether there is enough of it to search for while it is being written."""
    from reader.query import SPACELESS_RUN

    letters = [character for character in query if character.isalnum()]
    return len(letters) >= AT_LEAST or (len(letters) > 1 and any(map(SPACELESS_RUN.match, letters)))


def as_typed(query: str) -> str:
    """The query as far as it is written: its last word may be the beginning of a longer one.

    While that is too short to be searched for, what was written before it goes on being found: a word that is not
    finished would find nothing on the way to one that does.
    """
    whole = as_written(query)
    last = _LAST_WORD.search(query)
    if whole != query or not last or last[1] in ("OR", "AND") or is_enough(last[1]) or query.count('"') % 2:
        return whole
    before = _GLUE.sub("", query[: last.start()])
    return query if not is_enough(before) or fault_of(before) else before


def as_written(query: str) -> str:
    """The query when it is sent off: its last word may still be a beginning, and a short one counts."""
    from reader.query import SPACELESS_RUN

    last = _LAST_WORD.search(query)
    unclosed = query.count('"') % 2
    if not last or unclosed or last[1] in ("OR", "AND") or not is_enough(last[1]) or SPACELESS_RUN.search(last[1]):
        return query
    return f"{query}*"


def pointed_at(column: int, sentence: str, width: int) -> list[str]:
    """Lines under a text that is wrong: a caret below the place, and beside or under it why."""
    column = max(0, min(column, width - 1))
    if column + 2 + cell_len(sentence) <= width:
        return [f"{' ' * column}^ {sentence}"]
    if cell_len(sentence) + 1 <= column:
        return [f"{' ' * (column - cell_len(sentence) - 1)}{sentence} ^"]
    return [f"{' ' * column}^", *wording.wrap(sentence, width, 3)]


def as_saved(query: str) -> str:
    """The lines of the config file that make it a saved search."""
    # A JSON string is a basic string of TOML, but for DEL, which no text here has.
    return f"[[searches]]\nname = {_quoted(query)}\nquery = {_quoted(query)}\n"


def _quoted(text: str) -> str:
    import json

    return json.dumps(text.strip(), ensure_ascii=False)


class History:
    """The lines that were written in this session, and where among them the reader is."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._at = 0
        self._draft = ""

    def keep(self, line: str) -> None:
        """Remember a line as the newest, once; and begin from there again."""
        if line := line.strip():
            self._lines = [*(kept for kept in self._lines if kept != line), line][-KEPT:]
        self.begin()

    def begin(self) -> None:
        """Stand after the newest line."""
        self._at, self._draft = len(self._lines), ""

    def older(self, written: str) -> str | None:
        """The line before; None when there is none. What is written now comes back on the way down."""
        if not self._at:
            return None
        if self._at == len(self._lines):
            self._draft = written
        self._at -= 1
        return self._lines[self._at]

    def newer(self) -> str | None:
        """The line after, at last what was written; None when the reader is there already."""
        if self._at >= len(self._lines):
            return None
        self._at += 1
        return self._draft if self._at == len(self._lines) else self._lines[self._at]
