"""What is alike for whoever looks for words, whatever their keyboard has: case, accents, quotes and dashes. Pure."""

from __future__ import annotations

import unicodedata

_ALIKE = str.maketrans("“”„‟«»‘’‚‛´`–—‐‑−\u00a0\u202f\u2009\n", "\"\"\"\"\"\"''''''-----    ")


class _Folding(dict[int, str]):
    """What a character is without case and accents; worked out once for each that occurs."""

    def __missing__(self, code: int) -> str:
        decomposed = unicodedata.normalize("NFKD", chr(code))
        bare = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
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


def with_marks(text: str, end: int) -> int:
    """The end of a match after the combining marks of its last letter."""
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return end
