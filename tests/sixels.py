"""A decoder of sixels for tests: what a terminal would paint."""

from __future__ import annotations

import re


def decoded(data: str) -> tuple[int, int, dict[tuple[int, int], tuple[int, int, int]]]:
    """Width and height as declared, and the colour of every pixel that is painted, in per cent."""
    head = re.fullmatch(r'\x1bP0;1;0q"1;1;(\d+);(\d+)(.*)\x1b\\', data, re.S)
    assert head, data[:40]
    registers: dict[int, tuple[int, int, int]] = {}
    painted: dict[tuple[int, int], tuple[int, int, int]] = {}
    x = top = 0
    colour = -1
    for part in re.finditer(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])", head[3]):
        number, red, green, blue, count, repeated, single, move = part.groups()
        if number:
            colour = int(number)
            if red:
                registers[colour] = int(red), int(green), int(blue)
        elif move:
            x, top = 0, top + 6 * (move == "-")
        else:
            bits, end = ord(repeated or single) - 63, x + int(count or 1)
            for bit in range(6):
                if bits >> bit & 1:
                    painted.update({(column, top + bit): registers[colour] for column in range(x, end)})
            x = end
    assert "".join(m[0] for m in re.finditer(r"#[\d;]+|![\d]+[?-~]|[?-~]|[$-]", head[3])) == head[3]
    return int(head[1]), int(head[2]), painted
