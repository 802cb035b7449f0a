"""What must not depend on how long a story is: another size of terminal, another theme, and opening it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle

from tests.bench.programs import BARE, BARE_ROW, Ours, long_reads
from tests.bench.rows import Bench, Row, open_list
from tests.bench.terminal import Terminal

SHORT, LONG = 500, 50_000
"""Words of a story."""
TIMES = 15
"""Changes for a median."""
SIZES = ((110, 38), (120, 40))
THEMES = ("nord", "gruvbox")


def resize(bench: Bench) -> Iterator[Row]:
    """From another size of the terminal to the last byte of the screen, against the bare program's."""
    with ExitStack() as stack:
        terminals = _opened(stack, bench)
        took: dict[int, list[float]] = {length: [] for length in terminals}
        for columns, lines in (SIZES * TIMES)[: 2 * TIMES]:
            for length, terminal in terminals.items():
                took[length].append(terminal.last_byte(lambda: terminal.resize_now(columns, lines)))  # noqa: B023
    yield from _against_bare("resize", took)


def theme(bench: Bench) -> Iterator[Row]:
    """From Enter in the palette, a theme being selected, to the last byte; the bare program has the same palette."""
    with ExitStack() as stack:
        terminals = _opened(stack, bench)
        took: dict[int, list[float]] = {length: [] for length in terminals}
        for _, name in zip(range(TIMES), cycle(THEMES)):
            for length, terminal in terminals.items():
                terminal.press("\x10")
                terminal.settle(0.3)
                terminal.press(name)
                terminal.settle(0.5)
                took[length].append(terminal.last_byte(lambda: terminal.press("\r")))  # noqa: B023
    yield from _against_bare("theme change", took)


def length(bench: Bench) -> Iterator[Row]:
    """From a key to the last byte of a story of fifty thousand words, against one of five hundred.

    The next story has been prepared while the one before it was read; five further on nothing has.
    """
    for what, key, rounds in (("next story, 50,000 words", "J", 25), ("the same, five further on", "5J", 10)):
        with ExitStack() as stack:
            terminals = {words: _on_the_list(stack, long_reads(bench.kept, words)) for words in (SHORT, LONG)}
            took: dict[int, list[float]] = {words: [] for words in terminals}
            for _ in range(rounds):
                for words, terminal in terminals.items():
                    terminal.settle(0.4)
                    took[words].append(terminal.last_byte(lambda: terminal.press(key)))  # noqa: B023
        long, short = statistics.median(took[LONG]), statistics.median(took[SHORT])
        yield Row(what, "ms", long, "one of 500 words", short, 1.5)


def _on_the_list(stack: ExitStack, ours: Ours) -> Terminal:
    terminal = stack.enter_context(Terminal(ours.command))
    open_list(terminal)
    return terminal


def _opened(stack: ExitStack, bench: Bench) -> dict[int, Terminal]:
    """A story of each length, open; and by 0 the bare program."""
    terminals: dict[int, Terminal] = {}
    for words in (SHORT, LONG):
        terminals[words] = _on_the_list(stack, long_reads(bench.kept, words))
        terminals[words].press("J")
    bare = terminals[0] = stack.enter_context(Terminal(BARE))
    bare.wait(BARE_ROW)
    bare.settle(1.0)
    return terminals


def _against_bare(what: str, took: dict[int, list[float]]) -> Iterator[Row]:
    bare = statistics.median(took.pop(0))
    for words, times in took.items():
        yield Row(f"{what}, a story of {words:,} words", "ms", statistics.median(times), "bare Textual", bare, 1.5)
