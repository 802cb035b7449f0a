"""Pictures in cells of text: each shows four pixels in two colours, by the quarter blocks of Unicode. Pure."""

from __future__ import annotations

from itertools import combinations
from typing import TypeAlias

QUARTERS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""By the quarters that are ink: upper left 1, upper right 2, lower left 4, lower right 8."""
CELL_BYTES = 7
"""Which quarters are ink; red, green and blue of the ink; and of the ground."""

Pixel: TypeAlias = tuple[int, int, int]


def mosaic(pixels: bytes, width: int) -> bytes:
    """Red, green and blue of an even number of pixels a line, and of lines, as cells from left to right."""
    line = width * 3
    cells = bytearray()
    for top in range(0, len(pixels), 2 * line):
        upper, lower = pixels[top : top + line], pixels[top + line : top + 2 * line]
        for at in range(0, line, 6):
            four = upper[at : at + 6] + lower[at : at + 6]
            cells += _cell([(four[n], four[n + 1], four[n + 2]) for n in (0, 3, 6, 9)])
    return bytes(cells)


def _cell(four: list[Pixel]) -> bytes:
    """Two colours for four pixels: the two that differ most, each with those that are nearer to it."""
    first, second = max(combinations(four, 2), key=lambda pair: _difference(*pair))
    if first == second:
        return bytes((0, *first, *first))
    inked = [_difference(pixel, first) <= _difference(pixel, second) for pixel in four]
    ink = _mean([pixel for pixel, is_ink in zip(four, inked, strict=True) if is_ink])
    ground = _mean([pixel for pixel, is_ink in zip(four, inked, strict=True) if not is_ink])
    return bytes((sum(1 << at for at, is_ink in enumerate(inked) if is_ink), *ink, *ground))


def _difference(one: Pixel, other: Pixel) -> int:
    """As the eye weighs it, about: most in green, least in blue."""
    return 3 * (one[0] - other[0]) ** 2 + 6 * (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2


def _mean(pixels: list[Pixel]) -> Pixel:
    count = len(pixels)
    return (
        sum(pixel[0] for pixel in pixels) // count,
        sum(pixel[1] for pixel in pixels) // count,
        sum(pixel[2] for pixel in pixels) // count,
    )
