"""The order of the steps from a page's bytes to its story."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from copy import copy
from html import escape
from urllib.parse import urlsplit

from lxml.html import HtmlElement
from msgspec import Struct

from reader.extract import body, head, layout, metadata, noise
from reader.extract.layout import Passage, letters
from reader.extract.markdown import fragment_to_markdown, tree_to_markdown
from reader.extract.media import picture_of
from reader.extract.metadata import Declared
from reader.extract.tree import clean_text, parse_page
from reader.model import Article, Picture
from reader.text import EMPTY, SafeText, SafeUrl, count_words, safe_text

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

_NO_STORY_PATH = re.compile(
    r"/(?:contact(?:-us)?|kontakt|about(?:-us)?|impressum|imprint|privacy(?:-policy)?|datenschutz\w*|terms(?:-[\w-]+)?|agb|legal"
    r"|login|signin|sign-in|log-in|register|signup|subscribe|account|search|suche|recherche|sitemap|advertise|jobs|careers|faq|help"
    r"|cookies?(?:-policy)?|mentions-legales|newsletters?|tags?/[^/]+|authors?/[^/]+|category/[^/]+|topics?/[^/]+)(?:\.\w{2,5})?/?$",
    re.I,
)
_STORY_PATH = re.compile(r"/(?:19|20)\d\d/|\d{4,}|[^/]+(?:-[^/-]+){2,}|/[^/]+\.(?:html?|php|aspx?)$")


_MOST_ELEMENTS = 25_000
"""A page of more (there are hardly any) is read without trafilatura's advice, which would take minutes to give."""


class _Page(Struct):
    """What is known of a page half way."""

    url: SafeUrl
    declared: Declared
    row: list[Passage]
    headline: Passage | None = None
    title: SafeText = EMPTY
    asks_password: bool = False
    asks_mail: bool = False


def article_of_page(page: bytes, url: SafeUrl, charset: str = "") -> Article:
    """See `reader.extract.extract_article`."""
    root = parse_page(page, charset)
    held = list(root.iter())  # lxml makes an element's Python object anew each time, unless somebody holds it
    declared = metadata.declared_by(root, url)
    sections = head.section_links(root, url)
    signs = _Page(url, declared, [])
    signs.asks_password = root.find(".//input[@type='password']") is not None
    signs.asks_mail = root.find(".//textarea") is not None or root.find(".//input[@type='email']") is not None
    interactive = noise.prune(root, url)
    del held
    held = list(root.iter())
    clean_text(root)
    layout.level(root)
    signs.row = layout.passages(root)
    signs.headline, signs.title = head.find_headline(signs.row, declared)
    if signs.headline is not None:
        signs.headline.noise = "headline"
    noise.mark(signs.row, interactive, url)
    core = body.core_of(signs.row, signs.headline)
    if not body.is_plain(signs.row, core):
        _weigh(root, signs, len(held))
        core = body.core_of(signs.row, signs.headline)
    kept = body.fill(signs.row, core)
    facts = head.read(signs.row, kept, signs.headline, declared=declared, sections=sections, url=url)
    kept = facts.kept
    picture = _picture(signs, kept)
    markdown = _markdown(kept, signs)
    return Article(
        url=declared.url,
        title=signs.title,
        summary=facts.summary,
        authors=facts.authors,
        section=facts.section,
        published_at=facts.published_at,
        updated_at=facts.updated_at,
        language=declared.language or head.language_of(markdown),
        markdown=markdown,
        picture=picture,
        is_story=_is_story(signs, facts, core, markdown),
    )


def _weigh(root: HtmlElement, page: _Page, elements: int) -> None:
    """Mark the passages that the publisher's own `articleBody`, or else trafilatura, takes for the story."""
    declared = letters(_plain(page.declared.body))
    if len(declared) > 400:
        body.choose(page.row, declared)
        if sum(len(passage.key) for passage in page.row if passage.chosen) > 0.8 * len(declared):
            return
    if elements > _MOST_ELEMENTS:
        return
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    tree = copy(root)
    for cell in tree.iter("td", "th"):
        cell.attrib.pop("colspan", None)  # it writes as many empty cells as are asked for
    try:
        found = bare_extraction(
            tree,
            url=page.url or None,
            fast=True,
            include_comments=False,
            include_tables=True,
            with_metadata=False,
        )
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, AssertionError, RecursionError):
        # It is not made for every tree; ours goes without its advice then.
        return
    if isinstance(found, Document) and found.body is not None:
        body.choose(page.row, " ".join(found.body.itertext()))


def _plain(markup: str) -> str:
    return re.sub(r"<[^>]{0,2000}>", " ", markup) if "<" in markup else markup


def _markdown(kept: Sequence[Passage], page: _Page) -> SafeText:
    """The body: the page's own markup, or `articleBody` where the page shows (nearly) nothing of it."""
    text = ""
    if kept:
        size = sum(len(passage.key) for passage in kept)
        if len(letters(_plain(page.declared.body))) < 3 * size or size > 4_000:
            return tree_to_markdown(body.cut_to(kept, page.row), page.url)
    text = page.declared.body
    if not text:
        return EMPTY
    if not re.search(r"<(?:p|br|div|h\d|ul|ol)\b", text, re.I):
        text = "".join(f"<p>{escape(line, False)}</p>" for line in re.split(r"\s*\n\s*", text) if line.strip())
    return fragment_to_markdown(text, page.url)


def _picture(page: _Page, kept: Sequence[Passage]) -> Picture | None:
    """The lead picture: the one declared, with the caption it has on the page; else the first of the story."""
    declared = page.declared
    start = page.headline.at if page.headline is not None else 0
    figures = [p for p in page.row[max(0, start - 3) :] if p.kind == "figure"]
    name = urlsplit(declared.picture).path.rsplit("/", 1)[-1]
    for figure in figures:
        for img in figure.element.iter("img"):
            found = picture_of(img, page.url)
            if not found:
                continue
            same = bool(name) and (_stem(found.url) == _stem(declared.picture))
            if same or (not declared.picture and _near_top(figure, kept)):
                caption = safe_text(" ".join(c.text_content() for c in figure.element.iter("figcaption")), 1_000)
                width, height = declared.picture_size if same else (None, None)
                return Picture(
                    declared.picture if same else found.url, caption or found.caption, found.alt, width, height
                )
    if not declared.picture:
        return None
    width, height = declared.picture_size
    caption = declared.picture_caption if letters(declared.picture_caption) != letters(page.title) else EMPTY
    return Picture(declared.picture, caption, EMPTY, width, height)


def _stem(url: str) -> str:
    """A picture's file name without what says its size."""
    name = urlsplit(url).path.rsplit("/", 1)[-1].rsplit(".", 1)[0].lower()
    return re.sub(r"[-_@]?(?:\d{2,4}x\d{2,4}|\d{3,4}w?|scaled|large|medium|small|thumb(?:nail)?|\dx)$", "", name)


def _near_top(figure: Passage, kept: Sequence[Passage]) -> bool:
    return not kept or figure.at <= kept[min(1, len(kept) - 1)].at


def _is_story(page: _Page, facts: head.Facts, core: Sequence[Passage], markdown: SafeText) -> bool:
    """Whether the page is one story. Each sign for it counts, and what speaks against it must be outweighed."""
    words = count_words(markdown)
    declared = page.declared
    path = urlsplit(page.url).path
    if words < 12 or not page.title:
        return False
    if declared.is_article:
        return words >= 20 or facts.published_at is not None
    if declared.is_other or path in ("", "/") or re.fullmatch(r"/(?:index|home|default)\.\w+", path):
        return False
    size = sum(passage.size for passage in core)
    if (page.asks_password or page.asks_mail) and size < 400 and facts.published_at is None:
        return False
    if _NO_STORY_PATH.search(path) and facts.published_at is None:
        return False
    if _is_listing(page.row, core, size):
        return False
    score = 2 * (facts.published_at is not None) + bool(facts.authors) + (page.headline is not None)
    score += bool(_STORY_PATH.search(path)) + (words >= 150)
    return score >= 3 or (page.headline is not None and words >= 40 and bool(_STORY_PATH.search(path)))


def _is_listing(row: Sequence[Passage], core: Sequence[Passage], size: int) -> bool:
    """Whether the prose is excerpts: each under a headline that is a link, or fewer words than the teasers have."""
    places = {id(passage): i for i, passage in enumerate(row)}
    headed = 0
    for passage in core:
        above = row[max(0, places[id(passage)] - 2) : places[id(passage)]]
        headed += passage.linked > 0.8 or any(p.linked > 0.8 and 12 < p.size < 300 for p in above)
    if headed >= 2 and headed * 2 > len(core):
        return True
    teasers = sum(passage.size for passage in row if passage.noise in ("teaser", "links"))
    return size < 500 and teasers > 4 * size
