"""One story in one place of a page: the words of its card, and which are its headline, excerpt, date and section."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from reader.dates import parse_date
from reader.model import Picture
from reader.sources.links import is_story_shaped, story_shape, words
from reader.sources.pages import Teaser
from reader.text import EMPTY, MAX_SUMMARY, NO_URL, SafeText, SafeUrl, count_words, safe_text, safe_url, url_key

if TYPE_CHECKING:
    from datetime import datetime

    from lxml.html import HtmlElement

HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
SILENT = words("script style noscript template svg select option button textarea input iframe head title")
"""Elements whose text is not shown, or is no text."""
_INLINE = words("a abbr b bdi bdo cite code data em font i img ins kbd label mark q s small span strong sub sup u")
_FURNITURE_ROLES = words("navigation banner contentinfo dialog alertdialog search menu menubar")
_MAX_FORM_LINKS = 10

_READ_MORE = re.compile(
    r"(?:read|continue|more|full|view|watch|see|listen|weiter|mehr|lire|leer|ler|leia|leggi|lees|läs|czytaj|читать)\b",
    re.I,
)
_BYLINE = re.compile(r"(?:by|von|par|por|di|da|door|av|af|från|przez|автор)\b:?\s+\S", re.I)
_TODAY = re.compile(r"(?:today|heute|aujourd|hoy|oggi|hoje|vandaag|idag|i dag|dziś|сегодня|今日|本日)", re.I)
_CUT = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])\s*$")
_MAX_HEADLINE = 300
_MAX_DATE_LINE = 80
_MAX_DATE_WORDS = 5
"""Beside the numbers: a weekday, a month, a zone, a name. A sentence that mentions a day has more."""
_ENOUGH = 4
"""Points of address and words together that make a link a story's."""


class Block(Struct):
    """A run of text that stands by itself."""

    text: SafeText
    heading: bool = False
    link: SafeUrl = NO_URL
    """Where all of it links to, if it does."""
    moment: str = ""
    """`<time datetime>`."""

    @property
    def date(self) -> datetime | None:
        """The date that a short block is or holds; the masthead's “Today: …” is none."""
        if _TODAY.match(self.text):
            return None
        if self.moment and (date := parse_date(self.moment)):
            return date
        if len(self.text) > _MAX_DATE_LINE or not re.search(r"\d", self.text) or self._names > _MAX_DATE_WORDS:
            return None
        return parse_date(self.text)

    @property
    def _names(self) -> int:
        """Words that are no numbers."""
        return len(re.findall(r"[^\W\d_]+", self.text))

    @property
    def is_headline(self) -> bool:
        """Whether the words could be a headline, and are no “read more” and no excerpt."""
        length = count_words(self.text)
        if length < 2 or len(self.text) > _MAX_HEADLINE or _CUT.search(self.text):
            return False
        if is_read_more(self.text):
            return False
        # “March 2024 was the hottest on record” holds a date, and is none.
        return self.heading or self._names > 3 or not self.date


def is_read_more(text: str) -> bool:
    """Whether a link's words say only that there is more."""
    return _READ_MORE.match(text.strip()) is not None and count_words(text) <= 4


def text_blocks(element: HtmlElement, base: str) -> Iterator[Block]:
    """The shown text of an element, block by block."""
    collected: list[str] = []
    now = Block(EMPTY)

    def flush() -> Iterator[Block]:
        if text := safe_text("".join(collected), MAX_SUMMARY):
            yield Block(text, now.heading, now.link, now.moment)
        collected.clear()

    def walk(node: HtmlElement, apart: bool) -> Iterator[Block]:
        if node.tag in SILENT or is_hidden(node):
            return
        outside = now.heading, now.link, now.moment
        if apart:
            yield from flush()
            now.heading = now.heading or node.tag in HEADINGS
            now.link = safe_url(node.get("href"), base) if node.tag == "a" else now.link
            now.moment = (node.get("datetime") or "") if node.tag == "time" else now.moment
        collected.append(node.text or "")
        children = list(node)
        beside = len((node.text or "").strip()) + sum(len((child.tail or "").strip()) for child in children)
        for child in children:
            yield from walk(child, _stands_apart(child, beside, len(children)))
            collected.append(child.tail or "")
        if apart:
            yield from flush()
            now.heading, now.link, now.moment = outside

    yield from walk(element, apart=True)


def _stands_apart(node: HtmlElement, beside: int, siblings: int) -> bool:
    """Whether an element's text is not one sentence with the characters that stand beside it in the same parent."""
    if node.tag == "a":
        return beside < 20 or beside < len(node.text_content())
    # Spans that share nothing but their parent are boxes, not words.
    return node.tag not in _INLINE or (node.tag == "span" and beside == 0 and siblings > 1)


def is_hidden(node: HtmlElement) -> bool:
    """Whether the element says itself that it is not shown."""
    return node.get("hidden") is not None or "display:none" in (node.get("style") or "").replace(" ", "").lower()


def is_furniture(node: HtmlElement) -> bool:
    """Whether an element is the page's own: navigation, masthead, footer, dialogs, forms."""
    if node.get("role") in _FURNITURE_ROLES or node.tag in ("nav", "dialog"):
        return True
    if node.tag == "form":
        # Some servers put a form around the whole page.
        return sum(1 for _ in node.iter("a")) <= _MAX_FORM_LINKS
    if node.tag not in ("header", "footer"):
        return False
    return not any(above.tag in ("article", "main", "section", "aside", "li") for above in node.iterancestors())


class Card(Struct):
    """The element that holds one story in one place of the page."""

    key: str
    """`url_key` of the story."""
    url: SafeUrl
    element: HtmlElement
    blocks: list[Block] = field(default_factory=list)
    """The words of the element, and of what follows it where a list has no boxes."""

    def teaser(self, sections: Mapping[str, SafeText], base: str) -> Teaser | None:
        """What the card says, or None when it is no story's. `sections` maps the `url_key` of sections to names."""
        title, in_heading = self._headline(base)
        if not title:
            return None
        by_name = {name.casefold(): name for name in sections.values()}
        date: datetime | None = None
        summary = section = EMPTY
        for block in self.blocks:
            if block.text == title:
                continue
            if kicker := sections.get(url_key(block.link) if block.link else "") or by_name.get(block.text.casefold()):
                section = section or kicker
            elif found := block.date:
                date = date or found
            elif not summary and not block.heading and _is_excerpt(block.text):
                summary = block.text
        length = count_words(title)
        points = story_shape(self.url) + min(max(length - 2, 0), 2) + in_heading + bool(summary) + bool(date)
        if points < _ENOUGH or (length < 3 and not is_story_shaped(self.url)):
            return None
        return Teaser(
            url=self.url,
            title=title,
            summary=summary,
            section=section,
            published_at=date,
            picture=_picture(self.element, base),
            sure=bool(date) or bool(summary) or is_story_shaped(self.url),
        )

    def _headline(self, base: str) -> tuple[SafeText, bool]:
        """The headline, and whether it stands in a heading."""
        fit = [block for block in self.blocks if block.is_headline]
        linked = [block for block in fit if block.link and url_key(block.link) == self.key]
        choices = (
            [block for block in linked if block.heading],
            [block for block in fit if block.heading],
            [block for block in linked if count_words(block.text) > 2],
            linked,
        )
        for blocks in choices:
            if blocks:
                return blocks[0].text, blocks[0].heading
        # A picture that is all there is says in its `alt` what it leads to.
        picture = _picture(self.element, base)
        return (picture.alt, False) if picture and count_words(picture.alt) > 3 else (EMPTY, False)


def _is_excerpt(text: str) -> bool:
    length = count_words(text)
    return length >= 5 and not (length <= 8 and (_BYLINE.match(text) or _TODAY.match(text)))


def _picture(element: HtmlElement, base: str) -> Picture | None:
    """The first picture that is large enough to be one."""
    for image in element.iter("img"):
        sizes = [size for name in ("width", "height") if (size := image.get(name) or "").isdecimal()]
        if any(len(size) < 3 and int(size) < 60 for size in sizes):
            continue
        srcset = (image.get("data-srcset") or image.get("srcset") or "").split(",")[0].split()
        for source in (image.get("data-src"), image.get("data-original"), image.get("src"), *srcset[:1]):
            if url := safe_url(source, base):
                return Picture(url, alt=safe_text(image.get("alt"), _MAX_HEADLINE))
    return None
