"""What is alike for whoever looks for words, whatever their keyboard has: case, accents, quotes and dashes. Pure.

The search index holds words so, but for the quotes and dashes between them. Scripts that write words without spaces are
left as they are: there a mark makes another letter, and a syllable taken apart would be found in another one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from reader.query import SPACELESS_RUN

_ALIKE = str.maketrans("“”„‟«»‘’‚‛´`–—‐‑−\u00a0\u202f\u2009\n", "\"\"\"\"\"\"''''''-----    ")
_TATWEEL = "\u0640"
"""It draws an Arabic word longer, and is no letter."""


class _Folding(dict[int, str]):
    """What a character is without case and accents; worked out once for each that occurs."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        bare = character
        if not SPACELESS_RUN.fullmatch(character):
            decomposed = unicodedata.normalize("NFKD", character)
            bare = "".join(c for c in decomposed if not unicodedata.combining(c) and c != _TATWEEL).casefold()
        self[code] = bare
        return bare


_FOLDING = _Folding()


def fold(text: str) -> tuple[str, list[int] | None]:
    """The text without case, accents and kinds of quotes; and each character's place in it, None where they agree."""
    text = text.translate(_ALIKE)
    if text.isascii():
        return text.lower(), None
    folded = text.translate(_FOLDING)
    if all(len(_FOLDING[ord(character)]) == 1 for character in set(text)):
        return folded, None
    return folded, [at for at, character in enumerate(text) for _ in _FOLDING[ord(character)]]


def found_in(text: str, wanted: str) -> Iterator[tuple[int, int]]:
    """Where folded words stand in a text: from, and to behind the marks of the last letter."""
    if not wanted:
        return
    folded, places = fold(text)
    at = folded.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        yield (at, end) if places is None else (places[at], with_marks(text, places[end - 1] + 1))
        at = folded.find(wanted, end)


def with_marks(text: str, end: int) -> int:
    """The end of a match after the combining marks of its last letter."""
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return end
