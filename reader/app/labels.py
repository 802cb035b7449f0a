"""Labels for what is in sight: as short as can be, of letters that lie under the fingers. Pure."""

from __future__ import annotations

from itertools import product

LETTERS = "fjdkslgh"
"""The home row, the strongest fingers first; `a` is left for another use."""


def labels(number: int) -> tuple[str, ...]:
    """So many labels of one length, so that none is the beginning of another."""
    size = 1
    while len(LETTERS) ** size < number:
        size += 1
    return tuple("".join(letters) for _, letters in zip(range(number), product(LETTERS, repeat=size), strict=False))
