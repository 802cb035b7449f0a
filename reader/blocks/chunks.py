"""Cutting a text into its top-level chunks, in linear time and without a look at what is inside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from reader.patterns import late

MAX_CHUNK = 8_000
"""Characters that are read in one go; what is longer is cut, so that no single chunk can hold up a key."""
MAX_DENSE = 1_500
"""The same for text that is mostly marks and line breaks, each of which costs many times what a letter does."""
MAX_LINES = 120
"""Lines of a list or table that are read in one go; of code, five times as many."""
MANY = 20_000
"""Chunks from which on small neighbours are read as one."""

_BULLET = late(r"[-*+](?=[ \n]|$)")
_NUMBER = late(r"(\d{1,9})([.)])(?=[ \n]|$)")
_FENCE = late(r"(`{3,}|~{3,})([^\n`]*)")
_ITEM = late(r"^(?:[-*+]|\d{1,9}[.)])(?=[ \n]|$)", re.M)
NOTE = late(r"\[\^([^\]\s]{1,40})\]:(?=\s|$)")
_RULE = late(r" {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})")
_DELIMITERS = late(r" {0,3}\|?(?: *:?-+:? *\|)+(?: *:?-+:? *)?\|? *")
_BLOCK_START = late(r" *(?:#{1,6}(?=\s|$)|>|[-+*](?=\s|$)|=|\d{1,9}[.)](?=\s|$)|`{3}|~{3}|\||\[\^)")


def split(markdown: str) -> tuple[str, ...]:
    """The text's top-level chunks in order, none empty; linear in time and without a look at what is inside them.

    Fenced code, loose lists and footnotes hold empty lines and stay whole, unless they are longer than one go.
    """
    chunks = _split(markdown, 0)
    return tuple(chunks if len(chunks) <= MANY else _bundled(chunks))


def _bundled(chunks: Sequence[str]) -> Iterator[str]:
    """Neighbours as one, so that a text of nothing but one-letter paragraphs is no longer a list without end."""
    held: list[str] = []
    size = 0
    for chunk in chunks:
        if held and size + len(chunk) > 400:
            yield "\n\n".join(held)
            held, size = [], 0
        held.append(chunk)
        size += len(chunk) + 2
    yield "\n\n".join(held)


def is_continued(chunk: str, following: str) -> bool:
    """Whether no empty line belongs between these two: footnotes, or a list that was too long for one go."""
    if chunk.startswith("[^"):
        return following.startswith("[^")
    if "\n\n" in chunk:
        return False
    if _BULLET.match(chunk):
        return chunk[0] == following[:1] and bool(_BULLET.match(following))
    return bool(_NUMBER.match(chunk) and _NUMBER.match(following))


def _split(markdown: str, depth: int) -> list[str]:
    chunks: list[str] = []
    held: list[str] = []  # pieces of a chunk that an empty line does not end
    kind = ""
    for padded in markdown.split("\n\n"):
        if kind and kind[0] in "`~":
            held.append(padded)
            if kind in padded and _closes(kind, padded):
                kind = ""
            continue
        if kind and _continues(kind, padded):
            held.append(padded)
            continue
        if held:
            chunks.extend(_cut("\n\n".join(held).strip("\n"), depth))
            held.clear()
            kind = ""
        piece = padded.strip("\n")
        if not piece or piece.isspace():
            continue
        if (piece[0] in _SPECIAL_STARTS or "```" in piece or "~~~" in piece) and (kind := _kind(piece)):
            held.append(piece)
        elif len(piece) > MAX_DENSE:
            chunks.extend(_cut(piece, depth))
        else:
            chunks.append(piece)
    if held:
        chunks.extend(_cut("\n\n".join(held).strip("\n"), depth))
    return chunks


_SPECIAL_STARTS = frozenset("-*+0123456789`~[")


def _kind(piece: str) -> str:
    """What an empty line may not end: the open fence, `-`, `*`, `+`, `.`, `)` for lists, `[` for footnotes; else ""."""
    fence = ""
    if "```" in piece or "~~~" in piece:
        for line in piece.split("\n"):
            mark = _FENCE.match(line)
            if fence and mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
            elif not fence and mark:
                fence = mark[1]
        if fence:
            return fence
    if _BULLET.match(piece) and not _RULE.fullmatch(piece):
        return piece[0]
    if number := _NUMBER.match(piece):
        return number[2]
    return "[" if NOTE.match(piece) else ""


def _continues(kind: str, piece: str) -> bool:
    """Whether the piece belongs to the list or footnote before it."""
    if piece[:1] in ("", " "):
        return True
    if kind in "-*+":
        return piece[0] == kind and bool(_BULLET.match(piece)) and not (piece[2:3] == kind and _RULE.fullmatch(piece))
    if kind in ".)":
        number = _NUMBER.match(piece)
        return number is not None and number[2] == kind
    return False


def _closes(fence: str, piece: str) -> bool:
    """Whether the piece ends the fence (CommonMark section 4.5: as many marks or more, and nothing after them)."""
    lines = (line.strip(" ") for line in piece.split("\n"))
    return any(line.startswith(fence) and not line.strip(fence[0]) for line in lines)


# Cutting what is too long for one go; nothing is left out


_MARKS = late(r"[*_`~\[\]<&\\\n]")


def _cut(chunk: str, depth: int) -> Iterable[str]:
    """The chunk in pieces that can be read in one go each; mostly it is one already."""
    limit = MAX_CHUNK
    if len(chunk) > MAX_DENSE and len(_MARKS.findall(chunk, 0, MAX_CHUNK)) * 12 > min(len(chunk), MAX_CHUNK):
        limit = MAX_DENSE
    if len(chunk) <= limit and chunk.count("\n") <= MAX_LINES:
        return (chunk,)
    if _FENCE.match(chunk):
        return _cut_code(chunk, depth)
    if chunk[0] == ">" and depth < 4:
        return _cut_quote(chunk, depth)
    if NOTE.match(chunk):
        return _cut_notes(chunk, limit)
    if _BULLET.match(chunk) or _NUMBER.match(chunk):
        return _cut_list(chunk, limit)
    return _cut_table(chunk) or _cut_prose(chunk, limit)


def _cut_quote(chunk: str, depth: int) -> Iterator[str]:
    inner = "\n".join(line[2:] if line.startswith("> ") else line.removeprefix(">") for line in chunk.split("\n"))
    for piece in _split(inner, depth + 1):
        yield "\n".join(f"> {line}" if line else ">" for line in piece.split("\n"))


def _groups(
    lines: Sequence[str], limit: int, overhead: int = 0, lines_limit: int = MAX_LINES
) -> Iterator[Sequence[str]]:
    """The lines in bunches within both limits; a line that is longer is a bunch of its own."""
    for first in range(0, len(lines), lines_limit):
        bunch = lines[first : first + lines_limit]
        if overhead + sum(map(len, bunch)) + len(bunch) <= limit:
            yield bunch
            continue
        start, size = 0, overhead
        for at, line in enumerate(bunch):
            if at > start and size + len(line) > limit:
                yield bunch[start:at]
                start, size = at, overhead
            size += len(line) + 1
        yield bunch[start:]


def _cut_code(chunk: str, depth: int) -> Iterator[str]:
    first, *lines = chunk.split("\n")
    fence = _FENCE.match(first)
    closer = fence[1] if fence else "```"
    after = ""
    for at, line in enumerate(lines):
        if line.startswith(closer) and not line.strip(closer[0] + " "):
            lines, after = lines[:at], "\n".join(lines[at + 1 :]).strip("\n")
            break
    if max(map(len, lines), default=0) > MAX_CHUNK:
        lines = [line[at : at + MAX_CHUNK] for line in lines for at in range(0, max(1, len(line)), MAX_CHUNK)]
    for bunch in _groups(lines, 2 * MAX_CHUNK, lines_limit=5 * MAX_LINES):
        yield "\n".join((first, *bunch, closer))
    if after:
        yield from _split(after, depth + 1) if depth < 4 else _cut_prose(after, MAX_CHUNK)


def _cut_table(chunk: str) -> list[str]:
    """The table as pages that repeat the header; empty when it is no table, or one with lines too long to be read."""
    lines = chunk.split("\n")
    if len(lines) < 3 or not _DELIMITERS.fullmatch(lines[1][: MAX_CHUNK // 2]):
        return []
    head = len(lines[0]) + len(lines[1])
    if head > MAX_CHUNK // 2 or max(map(len, lines)) > MAX_CHUNK // 2:
        return []
    return ["\n".join((*lines[:2], *bunch)) for bunch in _groups(lines[2:], MAX_CHUNK // 2, head)]


def _cut_list(chunk: str, limit: int) -> Iterator[str]:
    """The list in bunches of items. A number is what the item's place makes it, whatever was written."""
    starts = [match.start() for match in _ITEM.finditer(chunk)]
    items = [chunk[start:end].rstrip("\n") for start, end in pairwise((*starts, len(chunk)))]
    number = _NUMBER.match(chunk)
    between = "\n\n" if "\n\n" in chunk else "\n"
    at = int(number[1]) if number else 0
    for bunch in _groups(items, limit):
        whole = between.join(bunch)
        if number:
            whole = _NUMBER.sub(rf"{at}\2", whole, count=1)
        at += len(bunch)
        if len(whole) <= limit and whole.count("\n") <= 4 * MAX_LINES:
            yield whole
        else:
            yield from _cut_prose("\n".join(line.lstrip(" ") for line in whole.split("\n")), limit)


def _cut_notes(chunk: str, limit: int) -> Iterator[str]:
    notes: list[str] = []
    for line in chunk.split("\n"):
        if notes and not NOTE.match(line):
            notes[-1] += "\n" + line
        else:
            notes.append(line)
        if len(notes[-1]) > limit:
            yield from _cut_prose("\n".join(notes), limit)
            notes = []
    for bunch in _groups(notes, limit):
        yield "\n".join(bunch)


def _cut_prose(text: str, limit: int) -> Iterator[str]:
    at = 0
    while at < len(text):
        end = at + limit
        if end < len(text):
            half = at + limit // 2
            for mark in ("\n", ". ", "。", " "):
                if (found := text.rfind(mark, half, end)) > 0:
                    end = found + len(mark)
                    break
        piece = text[at:end].strip("\n ")
        if at and (start := _BLOCK_START.match(piece)):
            # What stood within a sentence must not turn into a heading or a list because it now begins a chunk.
            mark_at = start.end() - 1
            piece = f"{piece[:mark_at]}\\{piece[mark_at:]}"
        if piece:
            yield piece
        at = end
