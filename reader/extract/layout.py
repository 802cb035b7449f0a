"""A page as a row of passages: the pieces of text a person sees as one block, in order, with what surrounds each.

Markup is levelled first, so that whatever follows meets one shape only: loose text among blocks and the parts of a text
that two `<br>` divide are put into paragraphs of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from reader.extract.tree import words

INLINE = words(
    "a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd label mark math picture q rb rp "
    "rt ruby s samp small source span strike strong sub sup time tt u var wbr"
)
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_WHOLE = frozenset(("pre", "figure"))
"""Seen as one passage, whatever is in them."""
_LISTS = frozenset(("ul", "ol", "dl"))

_NO_LETTERS = re.compile(r"[\W_]+")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_SENTENCE_ENDS = tuple(".!?…。！？｡؟۔।:;")
_CLOSING = "\"'”’»“)]）」』 "
_CUT_ENDS = ("…", "...", "[…]", "[...]", "(…)", "(...)")


def letters(text: str) -> str:
    """What two spellings of the same text have in common: letters and digits, in lower case."""
    return _NO_LETTERS.sub("", text).lower()


@dataclass(slots=True, eq=False)
class Passage:
    """A block of text. `size` counts characters, those of scripts that write a word in one or two signs three times."""

    element: HtmlElement
    kind: str
    """text, heading, list, table, code or figure."""
    text: str
    link_size: int
    size: int = 0
    key: str = ""
    at: int = -1
    """Its place in the row."""
    noise: str = ""
    """Why it is not of the story; "" while nothing speaks against it."""
    lines: tuple[str, ...] = ()
    """The text as line breaks divide it."""
    chosen: bool = False
    """Another method found it to be of the story."""
    links: list[HtmlElement] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.size = len(self.text) + (0 if self.text.isascii() else 2 * len(_WIDE.findall(self.text)))
        self.key = letters(self.text)

    @property
    def linked(self) -> float:
        """The share of its text that is in links, 0 to 1."""
        return self.link_size / len(self.text) if self.text else 0.0

    @property
    def ends_sentence(self) -> bool:
        """Whether the text ends as a sentence does."""
        return self.text.rstrip(_CLOSING).endswith(_SENTENCE_ENDS)

    @property
    def is_cut(self) -> bool:
        """Whether the text ends in an ellipsis, as excerpts do."""
        return self.text.endswith(_CUT_ENDS)

    @property
    def is_prose(self) -> bool:
        """A paragraph: long enough, mostly not links."""
        if self.kind == "list":
            return self.size > 200 and self.linked < 0.3
        return (
            self.kind == "text" and self.linked < 0.4 and (self.size >= 140 or (self.size >= 45 and self.ends_sentence))
        )

    @property
    def signature(self) -> tuple[object, ...]:
        """What paragraphs of the same text share: tag, class and the kind of place."""
        parent = self.element.getparent()
        return (self.element.tag, self.element.get("class"), parent is not None and (parent.tag, parent.get("class")))


def level(root: HtmlElement) -> None:
    """Give every text a block of its own. Changes the tree, and no word of it."""
    doubled = {
        br.getparent() for br in root.iter("br") if (before := br.getprevious()) is not None and before.tag == "br"
    }
    for element in doubled:
        if element is not None and element.tag in INLINE:
            _divide_at_breaks(element)
    for element in list(root.iter()):
        tag = element.tag
        if (tag in INLINE and not _is_block(element)) or tag in (
            "table",
            "tbody",
            "thead",
            "tfoot",
            "tr",
            "ul",
            "ol",
            "dl",
            "pre",
            "figure",
            "html",
            "head",
        ):
            continue
        if any(_is_block(child) for child in element):
            _wrap_loose_text(element)
        elif tag not in HEADINGS and element.find(".//br") is not None:
            _divide_at_breaks(element)


def _is_block(element: HtmlElement) -> bool:
    if element.tag not in INLINE:
        return True
    return len(element) > 0 and any(inner.tag not in INLINE for inner in element.iterdescendants())


def _wrap_loose_text(element: HtmlElement) -> None:
    run: list[HtmlElement] = []
    text, element.text = element.text or "", None

    def close(following: HtmlElement | None) -> None:
        if not text.strip() and all(child.tag in ("br", "wbr") for child in run):
            for child in run:
                element.remove(child)
            return
        paragraph = element.makeelement("p")
        paragraph.text = text
        if following is None:
            element.append(paragraph)
        else:
            following.addprevious(paragraph)
        paragraph.extend(run)
        if sum(1 for child in run if child.tag == "br") > 1:
            _divide_at_breaks(paragraph)

    for child in list(element):
        if _is_block(child):
            close(child)
            run = []
            text, child.tail = child.tail or "", None
        else:
            run.append(child)
    close(None)


def _divide_at_breaks(element: HtmlElement) -> None:
    """`a<br><br>b` -> `<p>a</p><p>b</p>`, where the breaks are children of the element."""
    children = list(element)
    cuts = [
        i
        for i, child in enumerate(children)
        if child.tag == "br" and i and children[i - 1].tag == "br" and not (children[i - 1].tail or "").strip()
    ]
    if not cuts:
        return
    parts: list[tuple[str, list[HtmlElement]]] = [(element.text or "", [])]
    for i, child in enumerate(children):
        doubled = i in cuts or (i + 1 in cuts)
        if doubled:
            parts.append((child.tail or "", []))
        else:
            parts[-1][1].append(child)
    for child in children:
        tail = child.tail
        element.remove(child)
        child.tail = tail
    element.text = None
    for text, inner in parts:
        if text.strip() or any(child.tag != "br" for child in inner):
            paragraph = element.makeelement("p")
            paragraph.text = text
            paragraph.extend(inner)
            element.append(paragraph)


def passages(root: HtmlElement) -> list[Passage]:
    """All texts of a levelled tree in document order; empty ones are left out, figures with a picture are not."""
    body = root.find("body")
    row = list(_passages(root if body is None else body))
    for at, passage in enumerate(row):
        passage.at = at
    return row


def _passages(element: HtmlElement) -> Iterator[Passage]:
    stack = [element]
    while stack:
        current = stack.pop()
        kind = _kind(current)
        if kind:
            lines = _lines(current, kind)
            text = " ".join(lines)
            if text or (kind == "figure" and current.find(".//img") is not None):
                links = [current] if current.tag == "a" else list(current.iter("a"))
                links = links or list(current.iterancestors("a"))[:1]
                linked = sum(
                    len(" ".join(link.text_content().split())) for link in links if link.get("href") is not None
                )
                yield Passage(current, kind, text, min(len(text), linked), links=links, lines=lines)
        else:
            stack.extend(reversed(list(current)))


def _lines(element: HtmlElement, kind: str) -> tuple[str, ...]:
    if kind in ("list", "table", "figure"):
        return (" ".join(" ".join(element.itertext()).split()),)
    if element.find(".//br") is None:
        return (" ".join("".join(element.itertext()).split()),)
    for line_break in element.iter("br"):
        line_break.text = "\n"
    lines = "".join(element.itertext()).split("\n")
    for line_break in element.iter("br"):
        line_break.text = None
    return tuple(line for line in (" ".join(line.split()) for line in lines) if line)


def _kind(element: HtmlElement) -> str:
    """What passage the element is, or "" where one must look inside of it."""
    tag = element.tag
    if tag in HEADINGS:
        return "heading"
    if tag in _WHOLE:
        return "code" if tag == "pre" else "figure" if len(element.text_content()) < 1_500 else ""
    if tag == "table":
        return "table" if _is_data(element) else ""
    if tag in _LISTS:
        return "list" if _is_simple_list(element) else ""
    if tag in ("html", "body", "tr", "tbody"):
        return "" if len(element) else "text"
    return "" if any(_is_block(child) for child in element) else "text"


def _is_simple_list(element: HtmlElement) -> bool:
    """Points rather than an article laid out as a list."""
    for inner in element.iterdescendants():
        if inner.tag in HEADINGS or inner.tag in ("figure", "table", "blockquote", "section", "article", "pre"):
            return False
        following = inner.getnext()
        if inner.tag == "p" and following is not None and following.tag == "p":
            return False
    return True


def _is_data(table: HtmlElement) -> bool:
    rows = list(table.iter("tr"))
    if table.find(".//table") is not None or not rows or table.get("role") in ("presentation", "none"):
        return False
    cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
    if max(map(len, cells)) < 2:
        return False
    return not any(
        len(cell.text_content()) > 600
        or cell.find(".//h1") is not None
        or cell.find(".//h2") is not None
        or len(cell.findall(".//p")) > 2
        for row in cells
        for cell in row
    )
