"""The text of one paragraph: escapes, emphasis, line breaks and length, as strings.

While a paragraph is put together, what is markup of ours is one control character (none is left in foreign text), and
only the finished paragraph gets its asterisks and backslashes: whether `**` opens depends on both its neighbours
(CommonMark 0.31, section 6.2), and whether `[` must be escaped on what follows the bracket.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby, pairwise

STRONG, STRONG_END, EM, EM_END, STRIKE, STRIKE_END = "\x01\x02\x03\x04\x10\x11"
ATOM, ATOM_END = "\x05", "\x06"
"""Around Markdown that is finished and is not looked into again: links, code, footnote marks."""
BREAK = "\x07"
FIGURE, FIGURE_END = "\x13", "\x14"
"""Around the number of a picture that was met within text."""
_OPEN_BRACKET, _CLOSE_BRACKET, _AMPERSAND, _LESS = "\x0e\x0f\x15\x16"

MAX_PARAGRAPH = 8_000
"""Characters; longer ones are split at the end of a sentence, since a view wraps a block at a time."""

_SPECIAL = re.compile(r"[\\`*~\[\]]|(?<![^\W_])_|_(?![^\W_])")
_MAYBE_SPECIAL = re.compile(r"[\\`*~\[\]_]").search
_AS_BRACKET = {"[": _OPEN_BRACKET, "]": _CLOSE_BRACKET}
_REFERENCE = re.compile(r"&(?=#\w|\w{1,40};)")
_TAG_OPENS = re.compile(r"<(?=[A-Za-z/!?])")
_EMPHASIS = re.compile("([\x01-\x04\x10\x11])")
_SIGN = re.compile("[\x01-\x07\x10\x11\x13\x14]")
_MARKUP = re.compile("[\x01-\x07\x0e-\x11\x13-\x16]")
_BRACKETED = re.compile("\x0e([^\x0e\x0f\n]*)\x0f(?![(\\[:\x05])")
_LINE_START = re.compile(
    r"^(?:(?P<sign>#{1,6}(?=\s|$)|[-+](?=\s|$)|>|=+\s*$|--+[\s|:-]*$|\|(?=[\s|:-]+$)|:(?=[-\s]))|(?P<number>\d{1,9})(?=[.)](?:\s|$)))"
)
_STARTERS = frozenset("#-+>=|:0123456789")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]\x02\x04\x11]*(?=\s)|[。!?…｡][」』”）]*")
_STYLES = {STRONG: 1, STRONG_END: -1, EM: 2, EM_END: -2, STRIKE: 4, STRIKE_END: -4}
_SIGNS = {1: "**", 2: "*", 4: "~~"}
_OPENERS = {1: STRONG, 2: EM, 4: STRIKE}
_ENDS = {1: STRONG_END, 2: EM_END, 4: STRIKE_END}


def escape(text: str) -> str:
    """Foreign text for a paragraph; `render` does the rest, when the neighbours are known."""
    if not _MAYBE_SPECIAL(text):
        return text
    return _SPECIAL.sub(lambda m: _AS_BRACKET.get(m[0]) or "\\" + m[0], text)


def atom(markdown: str) -> str:
    """Finished Markdown, to be put among the text of a paragraph."""
    return ATOM + markdown.replace("&", _AMPERSAND).replace("<", _LESS) + ATOM_END


def with_edges(raw: str, content: str) -> str:
    """The content with the blanks around it that the raw text has."""
    text = _SIGN.sub("", raw)
    return " " * text[:1].isspace() + content + " " * text[-1:].isspace()


def visible(raw: str) -> bool:
    """Whether anything but blanks and our own signs is in the text."""
    return raw[:1].isalnum() or bool(_SIGN.sub("", raw).strip())


def render(raw: str, *, in_link: bool = False) -> str:
    """One line of Markdown. Within a link all brackets are escaped, and no line of a paragraph may begin there."""
    text = " ".join(raw.split())
    marked = _MARKUP.search(text)
    if marked:
        if _EMPHASIS.search(text):
            text = _emphasise(text)
        if _OPEN_BRACKET in text or _CLOSE_BRACKET in text:
            text = _set_brackets(text, in_link)
        text = text.replace("!" + ATOM + "[", "\\!" + ATOM + "[")
    if "&" in text:
        text = _REFERENCE.sub(r"\\&", text)
    if "<" in text:
        text = _TAG_OPENS.sub(r"\\<", text)
    if marked:
        text = text.replace(ATOM, "").replace(ATOM_END, "").replace(_AMPERSAND, "&").replace(_LESS, "<")
    return text


def _set_brackets(text: str, in_link: bool) -> str:
    """`[sic]` may stay, since no reference is ever defined; what could be a link, a note or a tick box may not."""

    def bare(pair: re.Match[str]) -> str:
        inner = pair[1]
        return pair[0] if inner[:1] == "^" or inner.strip() in ("", "x", "X") else f"[{inner}]"

    if not in_link:
        text = _BRACKETED.sub(bare, text)
    return text.replace(_OPEN_BRACKET, "\\[").replace(_CLOSE_BRACKET, "\\]")


def paragraphs(raw: str) -> list[str]:
    """The blocks that a run of inline content makes: two line breaks in a row begin a new paragraph."""
    if BREAK not in raw:
        whole = raw.strip()
        return [line_safe(render(piece)) for piece in _split_long(whole) if visible(piece)] if whole else []
    blocks = []
    for paragraph in _balanced(re.split(r"\x07(?:\s*\x07)+", raw)):
        lines: list[str] = []
        length = 0
        for piece in _balanced(paragraph.split(BREAK)):
            if length + len(piece) > MAX_PARAGRAPH and lines:
                blocks.append("  \n".join(lines))
                lines, length = [], 0
            if len(piece) > MAX_PARAGRAPH:
                blocks += paragraphs(piece)
            elif visible(piece):
                lines.append(line_safe(render(piece)))
                length += len(piece) + 3
        blocks += ["  \n".join(lines)] if lines else []
    return blocks


def line_safe(line: str) -> str:
    """The line with a backslash before what would make it a heading, list item, quote, rule or table."""
    if line[:1] in _STARTERS and (found := _LINE_START.match(line)):
        at = found.end("number") if found["number"] else 0
        return line[:at] + "\\" + line[at:]
    return line


def _balanced(pieces: list[str]) -> list[str]:
    """The pieces of a text, emphasis that reaches over a cut ended before it and begun anew after it."""
    carried: list[int] = []
    balanced = []
    for piece in pieces:
        opened = "".join(_OPENERS[style] for style in carried)
        if _EMPHASIS.search(piece):
            for sign in _EMPHASIS.findall(piece):
                style = _STYLES[sign]
                if style > 0:
                    carried.append(style)
                elif -style in carried:
                    carried.remove(-style)
        balanced.append(opened + piece + "".join(_ENDS[style] for style in reversed(carried)))
    return balanced


def _split_long(raw: str) -> list[str]:
    if len(raw) <= MAX_PARAGRAPH:
        return [raw]
    pieces = []
    while len(raw) > MAX_PARAGRAPH:
        at = _place_to_split(raw)
        pieces.append(raw[:at])
        raw = raw[at:]
    return _balanced([*pieces, raw])


def _place_to_split(raw: str) -> int:
    """After the last sentence, else word, else character that ends within the limit and outside of links."""
    window = raw[: MAX_PARAGRAPH - 100]
    for pattern in (_SENTENCE_END, re.compile(r"\s")):
        for end in reversed([m.end() for m in pattern.finditer(window, len(window) // 4)][-200:]):
            if raw.count(ATOM, 0, end) == raw.count(ATOM_END, 0, end):
                return end
    inside = raw.count(ATOM, 0, len(window)) > raw.count(ATOM_END, 0, len(window))
    if inside:
        start, end = window.rfind(ATOM), raw.find(ATOM_END, len(window)) + 1
        return start if start > 0 else end
    return len(window) - (len(window) - len(window.rstrip("\\"))) % 2


# Emphasis. A style is a bit; a run is a stretch of text with one set of them.

_Run = tuple[str, int]
_PLAIN_CASE = re.compile(
    "(?<![^\\s(])([\x01\x03\x10])(\\w(?:[^\x01-\x04\x10\x11]*\\w)?)[\x02\x04\x11](?![^\\s.,;:!?)…])"
)
"""A word or more, with blanks or punctuation outside: nearly all emphasis there is."""


def _emphasise(text: str) -> str:
    text = _PLAIN_CASE.sub(lambda m: _SIGNS[_STYLES[m[1]]] + m[2] + _SIGNS[_STYLES[m[1]]], text)
    if not _EMPHASIS.search(text):
        return text
    runs = _runs(text)
    for style in _SIGNS:
        runs = _feasible(runs, style)
    runs = _told_apart(runs)
    out: list[str] = []
    opened: list[int] = []
    for i, (piece, styles) in enumerate([*runs, ("", 0)]):
        while any(not style & styles for style in opened):
            out.append(_SIGNS[opened.pop()])
        missing = [style for style in _SIGNS if style & styles and style not in opened]
        for style in sorted(missing, key=lambda style: _reach(runs, i, style), reverse=True):
            opened.append(style)
            out.append(_SIGNS[style])
        out.append(piece)
    return " ".join("".join(out).split())


def _told_apart(runs: list[_Run]) -> list[_Run]:
    """The runs without the weaker style where a stretch changes style twice within words: its asterisks would be taken
    for one another's."""
    plain: list[_Run] = []
    for styled, group in groupby(runs, key=lambda run: run[1] & 3 != 0):
        stretch = list(group)
        changes = sum(
            styles ^ others in (1, 2) and _is_letter(text[-1:]) and _is_letter(following[:1])
            for (text, styles), (following, others) in pairwise(stretch)
        )
        plain += [(text, styles & ~2) for text, styles in stretch] if styled and changes > 1 else stretch
    return _merged(plain)


def _reach(runs: list[_Run], start: int, style: int) -> int:
    """Up to which run the style lasts: what lasts longer is opened first."""
    end = start
    while end < len(runs) and end < start + 50 and runs[end][1] & style:
        end += 1
    return end


def _runs(text: str) -> list[_Run]:
    """The text cut where styles change, blanks at the edges of a style left outside of it."""
    runs: list[_Run] = []
    depth = {1: 0, 2: 0, 4: 0}
    for part in _EMPHASIS.split(text):
        if step := _STYLES.get(part):
            depth[abs(step)] = max(0, depth[abs(step)] + (1 if step > 0 else -1))
        elif part:
            runs.append((part, sum(style for style, level in depth.items() if level)))
    pieces: list[_Run] = []
    for i, (part, styles) in enumerate(runs):
        before = runs[i - 1][1] if i else 0
        after = runs[i + 1][1] if i + 1 < len(runs) else 0
        body = part.strip()
        if not body:
            pieces.append((part, before & styles & after))
            continue
        head = len(part) - len(part.lstrip())
        pieces += [(part[:head], before & styles), (body, styles), (part[head + len(body) :], after & styles)]
    return _merged(pieces)


def _merged(runs: list[_Run]) -> list[_Run]:
    kept = [run for run in runs if run[0]]
    return [("".join(text for text, _ in group), styles) for styles, group in groupby(kept, key=lambda run: run[1])]


def _feasible(runs: list[_Run], style: int) -> list[_Run]:
    """The runs with that style only where its signs will be taken for emphasis; punctuation at its edges moves out."""
    fitted: list[_Run] = []
    i = 0
    while i < len(runs):
        end = i
        while end < len(runs) and runs[end][1] & style:
            end += 1
        if end == i:
            fitted.append(runs[i])
            i += 1
            continue
        before = fitted[-1][0][-1:] if fitted else ""
        after = runs[end][0][:1] if end < len(runs) else ""
        fitted += _fit(runs[i:end], style, before, after)
        i = end
    return _merged(fitted)


_EDGE_START = re.compile(r"(?:\\[^\w\s]|[^\w\s\\\x05\x06\x0e\x0f`<&])+")
_EDGE_END = re.compile(r"(?:\\[^\w\s]|[^\w\s\\\x05\x06\x0e\x0f`<&])+$")


def _fit(group: list[_Run], style: int, before: str, after: str) -> list[_Run]:
    head: list[_Run] = []
    tail: list[_Run] = []
    first, first_styles = group[0]
    if _is_letter(before) and not _is_letter(_first_sign(first)):
        edge = _EDGE_START.match(first)
        if edge and edge.end() < len(first) and not first[edge.end()].isspace() and _is_letter(first[edge.end()]):
            head = [(edge[0], first_styles & ~style)]
            group = [(first[edge.end() :], first_styles), *group[1:]]
        else:
            return [(text, styles & ~style) for text, styles in group]
    last, last_styles = group[-1]
    if _is_letter(after) and not _is_letter(last[-1:]):
        edge = _EDGE_END.search(last)
        if edge and edge.start() and _is_letter(last[edge.start() - 1]):
            tail = [(edge[0], last_styles & ~style)]
            group = [*group[:-1], (last[: edge.start()], last_styles)]
        else:
            return [(text, styles & ~style) for text, styles in head + group]
    return head + group + tail


def _first_sign(text: str) -> str:
    return text[:1]


def _is_letter(sign: str) -> bool:
    """Neither blank nor punctuation nor nothing, as CommonMark counts for flanking."""
    return (
        bool(sign)
        and not sign.isspace()
        and sign not in "\x05\x06\x0e\x0f"
        and unicodedata.category(sign)[0] not in "PS"
    )
