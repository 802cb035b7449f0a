"""Where words may be divided, by the patterns of a library that is there only where the reader installed it.

`pyphen` (used under the MPL) is the extra `hyphenation`. Some languages have patterns that take half a second to read:
`load` does that, in whatever thread it is called, and `known` only says what has been read.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from reader.typeset.lines import Hyphenate

if TYPE_CHECKING:
    from pyphen import Pyphen

LEFT, RIGHT = 2, 3
"""Letters that must stay before and after a hyphen."""

_known: dict[str, Hyphenate | None] = {}


def is_installed() -> bool:
    """Whether the library is there; importing it is put off."""
    return find_spec("pyphen") is not None


def is_known(language: str) -> bool:
    """Whether `load` has been there for this language, with or without success."""
    return language in _known


def known(language: str) -> Hyphenate | None:
    """How words of a language are divided; None where that is not known, or not yet."""
    return _known.get(language)


def load(language: str) -> Hyphenate | None:
    """Read the patterns of a language (BCP 47); None where the library has none."""
    if language not in _known:
        _known[language] = _read(language)
    return _known[language]


def _read(language: str) -> Hyphenate | None:
    if not language or not is_installed():
        return None
    import pyphen

    found = pyphen.language_fallback(language.replace("-", "_"))
    return None if found is None else _divider(pyphen.Pyphen(lang=found, left=LEFT, right=RIGHT))


def _divider(patterns: Pyphen) -> Hyphenate:
    @lru_cache(maxsize=4_096)
    def divide(word: str) -> tuple[int, ...]:
        # Where a division would change letters (Hungarian, older German), the word is left whole.
        return tuple(int(at) for at in patterns.positions(word) if not at.data)

    return divide
