"""The short way for the markup that most entries of feeds consist of: no tree is built, tags are taken as they come.

Paragraphs, headings, quotes and flat lists of plain inline content, every tag closed where it should be. For all else
the answer is None, and the tree decides. Both ways give the same Markdown; this one takes a seventh of the time, and
there are a hundred thousand entries in a first load.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from reader.extract import inline
from reader.extract.markdown import NewsConverter
from reader.extract.syntax import join_list, quoted
from reader.text import SafeText

MAX_LENGTH = 200_000
"""Characters; longer ones may have to be cut, which is the tree's trade."""
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,9})((?:[\s/][^<>]*)?)>")
_ATTRIBUTE = re.compile(r"""\s+([a-zA-Z][\w-]*)(?:=(?:"([^"]*)"|'([^']*)'))?(?=[\s/]|$)""")
_KNOWN_REFERENCE = re.compile(
    r"&(?:amp|lt|gt|quot|nbsp|hellip|[lr][sd]quo|[mn]dash|#x(?:2[0-9a-f]|3[0-9a-f]|20[12][0-9a-f])|#(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6]|1[6-9]\d|[2-9]\d\d|[1-9]\d{3}));"
)
"""Those that everybody resolves to the same character."""
_STYLES = {
    "b": (inline.STRONG, inline.STRONG_END),
    "strong": (inline.STRONG, inline.STRONG_END),
    "i": (inline.EM, inline.EM_END),
    "em": (inline.EM, inline.EM_END),
}
_ODD_LETTER = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0e31-\u0e4e\u115f\u1160\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\u3164\ufe20-\ufe2f\uffa0]"
).search
"""What `safe_block` may take away though it is printable; all else that passes `_is_printable` stays as it is."""
_SPECIAL = re.compile(r"[\\`*~\[\]_&\x01-\x08\x0e-\x1f]").search
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = ("ul", "ol")


class _NotSimpleError(Exception):
    """The markup wants a tree."""


def simple_to_markdown(markup: str, base_url: str) -> SafeText | None:
    """What `fragment_to_markdown` would give; None when that is not plain to see."""
    if len(markup) > MAX_LENGTH or not _is_printable(markup) or (not markup.isascii() and _ODD_LETTER(markup)):
        return None
    if "&" in markup and markup.count("&") != len(_KNOWN_REFERENCE.findall(markup)):
        return None
    try:
        return SafeText(_Simple(base_url, plain=not _SPECIAL(markup)).convert(_TAG.split(markup)))
    except _NotSimpleError:
        return None


def _is_printable(text: str) -> bool:
    return text.replace("\n", " ").replace("\r", " ").replace("\t", " ").replace("\xa0", " ").isprintable()


def _resolved(text: str) -> str:
    text = unescape(text)
    if not _is_printable(text) or _ODD_LETTER(text):
        raise _NotSimpleError
    return text


class _Element(dict[str, str]):
    """A tag's attributes, as far as the converter asks an element for anything."""

    def getparent(self) -> None:
        """It has none that matters."""


class _Simple:
    """One conversion."""

    def __init__(self, base_url: str, *, plain: bool) -> None:
        self.plain = plain
        """No character in it has a meaning in Markdown, but for the beginnings of lines."""
        converter: Any = NewsConverter(base_url)
        self.converter = converter
        self.blocks: list[str] = []
        self.around: list[str] = []
        """The blocks around, while a quote is open."""
        self.items: list[list[str]] = []
        self.container = ""
        """The quote or list that is open."""
        self.block = ""
        """The paragraph, heading or list item that is open."""
        self.run: list[str] = []
        """Its content."""
        self.marked = False
        """Whether anything but text is in it."""
        self.styles: list[tuple[str, list[str], str]] = []
        """What is open in it: tag, the content before, attributes."""

    def convert(self, parts: list[str]) -> str:
        """Markdown from text, slash, name, attributes, text, slash, …"""
        self.text(parts[0])
        for at in range(1, len(parts), 4):
            name = parts[at + 1].lower()
            if name in _STYLES or name == "a":
                self.style(name, parts[at] == "/", parts[at + 2])
            elif parts[at]:
                self.close(name)
            else:
                self.open(name, parts[at + 2])
            if (text := parts[at + 3]) and (text != "\n" or self.block):
                self.text(text)
        if self.block or self.container:
            raise _NotSimpleError
        return "\n\n".join(self.blocks)

    def text(self, text: str) -> None:
        """What stands between two tags."""
        if "<" in text:
            raise _NotSimpleError
        if "&" in text:
            text = _resolved(text)
        if self.block:
            self.run.append(text if self.plain else inline.escape(text))
        elif text and not text.isspace():
            raise _NotSimpleError

    def open(self, name: str, attributes: str) -> None:
        """A tag that is no style begins."""
        if self.block:
            self.marked = True
            if name == "br":
                self.run.append(inline.BREAK)
            elif name == "img" and self.block == "p":
                self.run.append(self.converter._picture(_attributes(attributes)))
            else:
                raise _NotSimpleError
        elif (
            (name == "p" and self.container not in _LISTS)
            or (name in _HEADINGS and not self.container)
            or (name == "li" and self.container in _LISTS)
        ):
            self.block, self.run, self.marked = name, [], False
        elif not self.container and (name in ("blockquote", "ul") or (name == "ol" and not attributes)):
            self.container, self.items = name, []
            if name == "blockquote":
                self.around, self.blocks = self.blocks, []
        else:
            raise _NotSimpleError
        if attributes and name != "img":
            _attributes(attributes)

    def style(self, name: str, closing: bool, attributes: str) -> None:
        """Emphasis or a link begins or ends."""
        if not self.block:
            raise _NotSimpleError
        self.marked = True
        if not closing:
            if name == "a" and any(other == "a" for other, _, _ in self.styles):
                raise _NotSimpleError
            self.styles.append((name, self.run, attributes))
            self.run = []
            return
        if not self.styles or self.styles[-1][0] != name:
            raise _NotSimpleError
        _, before, attributes = self.styles.pop()
        content = "".join(self.run)
        element = _attributes(attributes) if attributes else _Element()
        if name == "a":
            if element.get("href", "").startswith("#"):  # A footnote, perhaps.
                raise _NotSimpleError
            before.append(self.converter.convert_a(element, content, ()))
        else:
            before += [_STYLES[name][0], content, _STYLES[name][1]]
        self.run = before

    def close(self, name: str) -> None:
        """A block or container ends."""
        if self.block:
            if name != self.block or self.styles:
                raise _NotSimpleError
            self.block = ""
            if name in _HEADINGS:
                self.blocks += self.converter.heading_blocks(_HEADINGS[name], "".join(self.run))
            elif name == "li":
                if blocks := self.paragraphs():
                    self.items.append(blocks)
            else:
                self.blocks += self.paragraphs()
            return
        if not name or name != self.container:
            raise _NotSimpleError
        self.container = ""
        if name == "blockquote":
            if not self.blocks:  # An embedded post, perhaps.
                raise _NotSimpleError
            self.around.append(quoted("\n\n".join(self.blocks)))
            self.blocks = self.around
        elif self.items:
            markers = ["- "] * len(self.items) if name == "ul" else [f"{n}. " for n in range(1, len(self.items) + 1)]
            self.blocks.append(join_list(self.items, markers))

    def paragraphs(self) -> list[str]:
        """What the paragraph or list item in hand comes to."""
        if self.marked or not self.plain or sum(map(len, self.run)) > inline.MAX_PARAGRAPH:
            paragraphs: list[str] = self.converter._paragraphs(self.run)
            return paragraphs
        line = " ".join("".join(self.run).split())
        return [inline.line_safe(line)] if line else []


def _attributes(text: str) -> _Element:
    """A tag's attributes by name; what is written in any other way than names and quoted values is not simple."""
    found, at = _Element(), 0
    text = text.rstrip().removesuffix("/").rstrip()
    while at < len(text):
        attribute = _ATTRIBUTE.match(text, at)
        if not attribute:
            raise _NotSimpleError
        value = attribute[2] if attribute[2] is not None else attribute[3] or ""
        if "&" in value:
            value = _resolved(value)
        found.setdefault(attribute[1].lower(), value)
        at = attribute.end()
    return found
