"""What a publisher changed in a story: two versions -> passages of words that stayed, went and came. Pure.

Paragraphs are matched first, and then the words within those that are alike. What a reader sees is compared, not the
Markdown: a link that leads elsewhere now is no change of the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Literal, NamedTuple

from msgspec import Struct

from reader import blocks
from reader.patterns import late
from reader.text import SafeText

MAX_PARAGRAPHS = 1_000
"""Of what lies between the same beginning and end; more is not matched, but told as gone and come."""
MAX_WORDS = 1_000
"""Of a paragraph, likewise."""
ALL_WORDS = 20_000
"""Words that are compared in one story; difflib is quadratic, and stories are whatever comes in."""
ALIKE = 0.5
"""The least part of their words that two versions of one paragraph have in common."""
NEAR = 6
"""Paragraphs among which the other version of one is looked for."""

_WORD = late(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[\\w’'-]+|\\s+|."
)


class Fate(StrEnum):
    """What became of words."""

    STAYED = "stayed"
    WENT = "went"
    CAME = "came"


class Piece(NamedTuple):
    """Words that share a fate."""

    text: str
    fate: Fate = Fate.STAYED


Role = Literal["headline", "dek", "text"]


class Passage(Struct, frozen=True):
    """A headline, a dek or a paragraph; what went stands before what came in its place."""

    role: Role
    pieces: tuple[Piece, ...]

    @property
    def fate(self) -> Fate | None:
        """That of the whole passage; None where only some of its words changed."""
        fates = {piece.fate for piece in self.pieces}
        return fates.pop() if len(fates) == 1 else None


class Version(Struct, frozen=True):
    """A story as it stood at one time."""

    title: SafeText
    summary: SafeText
    markdown: SafeText


def compare(before: Version, after: Version) -> tuple[Passage, ...]:
    """Every passage of both versions, in order, those that stayed too."""
    budget = _Budget()
    pairs: list[tuple[Role, str, str]] = [
        ("headline", before.title, after.title),
        ("dek", before.summary, after.summary),
        *(("text", old, new) for old, new in _paired(_paragraphs(before.markdown), _paragraphs(after.markdown))),
    ]
    return tuple(Passage(role, budget.words(old, new)) for role, old, new in pairs if old or new)


def _paragraphs(markdown: str) -> list[str]:
    """What can be read of each block, as one line."""
    texts = (" ".join(blocks.plain(blocks.parse_block(chunk)).split()) for chunk in blocks.split(markdown))
    return [text for text in texts if text]


# Paragraphs


def _paired(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each paragraph with its other version, in the order of the text; "" where there is none."""
    first, last = _shared_ends(old, new)
    yield from ((text, text) for text in new[:first])
    rest_old, rest_new = old[first : len(old) - last], new[first : len(new) - last]
    if max(len(rest_old), len(rest_new)) > MAX_PARAGRAPHS:
        yield from _unmatched(rest_old, rest_new)
    else:
        for tag, a, b, c, d in SequenceMatcher(None, rest_old, rest_new, autojunk=False).get_opcodes():
            if tag == "equal":
                yield from ((text, text) for text in rest_new[c:d])
            else:
                yield from _matched(rest_old[a:b], rest_new[c:d])
    yield from ((text, text) for text in new[len(new) - last :])


def _shared_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many at the beginning, and how many at the end, are the same."""
    most = min(len(old), len(new))
    first = next((at for at in range(most) if old[at] != new[at]), most)
    last = next((at for at in range(most - first) if old[-1 - at] != new[-1 - at]), most - first)
    return first, last


def _matched(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Those that were rewritten with what they were; before each, what went without a counterpart and what came."""
    at, come = 0, list[str]()
    for text in new:
        near = [(_likeness(old[place], text), -place) for place in range(at, min(at + NEAR, len(old)))]
        likeness, place = max(near, default=(0.0, 0))
        if likeness < ALIKE:
            come.append(text)
            continue
        yield from _unmatched(old[at:-place], come)
        yield old[-place], text
        at, come = 1 - place, []
    yield from _unmatched(old[at:], come)


def _unmatched(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield from ((text, "") for text in old)
    yield from (("", text) for text in new)


def _likeness(old: str, new: str) -> float:
    """The part of their words that two paragraphs share, whatever the order; cheap."""
    one, other = set(old.lower().split()), set(new.lower().split())
    if len(one) == len(other) == 1 and not old.isascii():
        one, other = set(old), set(new)
    return 2 * len(one & other) / max(1, len(one) + len(other))


# Words


class _Budget:
    """Compares words, as long as there are not too many in all."""

    def __init__(self) -> None:
        self._left = ALL_WORDS

    def words(self, old: str, new: str) -> tuple[Piece, ...]:
        """The pieces of one passage."""
        if old == new:
            return (Piece(new),)
        one, other = _WORD.findall(old), _WORD.findall(new)
        size = len(one) + len(other)
        if not old or not new or max(len(one), len(other)) > MAX_WORDS or size > self._left:
            return tuple(piece for piece in (Piece(old, Fate.WENT), Piece(new, Fate.CAME)) if piece.text)
        self._left -= size
        return _pieces(one, other)


def _pieces(old: Sequence[str], new: Sequence[str]) -> tuple[Piece, ...]:
    """Runs of words; a blank that alone stayed between two changes goes with them, so that phrases stay together."""
    changes: list[tuple[str, str, str]] = []  # stayed, went, came
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        stayed = "".join(new[c:d]) if tag == "equal" else ""
        gone, come = ("", "") if stayed else ("".join(old[a:b]), "".join(new[c:d]))
        if changes and (gone or come) and len(changes) > 1 and not changes[-1][0].strip():
            (blank, _, _), (_, gone_before, come_before) = changes.pop(), changes.pop()
            gone, come = f"{gone_before}{blank}{gone}", f"{come_before}{blank}{come}"
        changes.append((stayed, gone, come))
    return tuple(
        Piece(text, fate)
        for stayed, gone, come in changes
        for text, fate in ((stayed, Fate.STAYED), (gone, Fate.WENT), (come, Fate.CAME))
        if text
    )
