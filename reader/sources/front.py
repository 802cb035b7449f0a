"""A page of links -> the stories it lists. Pure, for the child process.

No class name is relied on, since none means anything. A story link is one whose address looks like a story's and whose
words look like a headline; its *card* is the largest element that holds no other story, and what else stands in the
card is its excerpt, date, section and picture. Cards beside each other are a *group*: the main list, or a sidebar.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from reader.extract import parse_html
from reader.sources.cards import HEADINGS, SILENT, Block, Card, is_furniture, is_hidden, is_read_more, text_blocks
from reader.sources.links import can_be_section, is_list, is_service, is_story_shaped, path_of, site_of, story_shape
from reader.sources.pages import Teaser
from reader.text import (
    EMPTY,
    SafeText,
    SafeUrl,
    count_words,
    host_of,
    safe_text,
    safe_url,
    url_key,
    without_tracking,
)

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_LINKS = 5_000
MAX_SECTIONS = 40
_MAX_CARD = 900
"""Characters; what holds more text is no card."""
_MAX_CARD_LINKS = 4
"""To other pages of the site: section, author, comments."""
_LONG = 120
"""Characters of a paragraph of a story."""


class PageKind(StrEnum):
    """What a page of a news site is."""

    FRONT = "front"
    SECTION = "section"
    STORY = "story"
    OTHER = "other"


class SectionLink(Struct, frozen=True):
    """A section that the navigation names."""

    url: SafeUrl
    name: SafeText


class FrontPage(Struct, frozen=True):
    """A page of a news site, read for what it links to."""

    kind: PageKind = PageKind.OTHER
    title: SafeText = EMPTY
    """The publication's name."""
    section: SafeText = EMPTY
    """The section that the page is the front of; "" on the site's front page."""
    language: SafeText = EMPTY
    teasers: tuple[Teaser, ...] = ()
    """Each story once, top first."""
    groups: tuple[tuple[int, ...], ...] = ()
    """Lists on the page, as indices into `teasers`; a story may stand in several."""
    sections: tuple[SectionLink, ...] = ()
    """In the order of the navigation, without this page."""
    sitemaps: tuple[SafeUrl, ...] = ()
    """`<link rel="sitemap">`."""


def read_front(body: bytes, url: SafeUrl, charset: str = "") -> FrontPage:
    """The stories and sections that a page links to. Raises ParseError when the page is empty."""
    page = _Page(parse_html(body, charset), url)
    sections = page.sections()
    teasers, groups = page.teasers(sections)
    kind, section = page.kind(teasers, sections)
    return FrontPage(
        kind=kind,
        title=page.publication(section),
        section=section,
        language=SafeText(safe_text(page.root.get("lang"), 35).lower()),
        teasers=teasers,
        groups=groups,
        sections=sections,
        sitemaps=tuple(filter(None, (safe_url(link.get("href"), page.base) for link in page.links_in_head("sitemap")))),
    )


_WHOLE = frozenset(("html", "body", "main"))
_SEVERAL = "*"
_LANGUAGE = re.compile(
    r"english|deutsch|français|español|italiano|português|nederlands|polski|русский|українська|türkçe|العربية|中文|日本語|한국어",
    re.I,
)
_PRICE = re.compile(r"[€$£¥₹]\s?\d|\d\s?(?:€|EUR|USD|GBP|zł|kr)\b")


class _Page:
    """A page, its links, and what stands around them."""

    def __init__(self, root: HtmlElement, url: SafeUrl) -> None:
        self.root = root
        self.url = url
        found = root.find(".//base")
        self.base: str = safe_url(found.get("href"), url) if found is not None else ""
        self.base = self.base or url
        self.key = url_key(url)
        self.links: list[tuple[HtmlElement, SafeUrl]] = []
        """Links within the site that are shown, with where they lead, in the order of the page."""
        self.furniture: set[HtmlElement] = set()
        """Links that stand in the page's own parts."""
        self._collect()
        self.length = _lengths(root)
        self.runs = self._runs()
        self.cards = self._cards()

    def _collect(self) -> None:
        site = site_of(self.url)
        waiting: list[tuple[HtmlElement, bool]] = [(self.root, False)]
        while waiting and len(self.links) < MAX_LINKS:
            node, inside = waiting.pop()
            if node.tag in SILENT or is_hidden(node):
                continue
            inside = inside or is_furniture(node)
            if node.tag == "a" and (url := safe_url(node.get("href"), self.base)) and site_of(url) == site:
                if self.url.startswith("https:") and urlsplit(url).netloc == urlsplit(self.url).netloc:
                    url = SafeUrl(re.sub("^http:", "https:", url))
                self.links.append((node, without_tracking(url)))
                if inside:
                    self.furniture.add(node)
            waiting.extend((child, inside) for child in reversed(node))

    def _runs(self) -> set[HtmlElement]:
        """The largest elements that are nothing but short links: navigation, whatever it is made of."""
        count: Counter[HtmlElement] = Counter()
        short: Counter[HtmlElement] = Counter()
        for link, _ in self.links:
            is_short = _is_short(link.text_content())
            for above in link.iterancestors():
                count[above] += 1
                short[above] += self.length[link] if is_short else -200
        runs = {
            element
            for element in count
            if count[element] >= 3 and short[element] >= 0.7 * self.length[element] and element.tag not in _WHOLE
        }
        return {element for element in runs if runs.isdisjoint(element.iterancestors())}

    # Sections

    def sections(self) -> tuple[SectionLink, ...]:
        """What the navigation names, else what headings over lists link to."""
        by_run: dict[HtmlElement, list[SectionLink]] = {}
        headed: list[SectionLink] = []
        for link, url in self.links:
            name = safe_text(link.text_content(), 60)
            if not self._names_section(name, url):
                continue
            run = next((above for above in link.iterancestors() if above in self.runs), None)
            if run is not None:
                by_run.setdefault(run, []).append(SectionLink(url, name))
            elif any(above.tag in HEADINGS for above in (*link, *link.iterancestors())):
                headed.append(SectionLink(url, name))
        navigation = [found for run, found in by_run.items() if len(found) > 1]
        main = [*navigation[:1], *(found for run, found in by_run.items() if _within_furniture(run))]
        chosen: dict[str, SectionLink] = {}
        for section in (*(section for found in main for section in found), *headed):
            chosen.setdefault(url_key(section.url), section)
        chosen.pop(self.key, None)
        return tuple(chosen.values())[:MAX_SECTIONS]

    def _names_section(self, name: str, url: SafeUrl) -> bool:
        return (
            _is_short(name)
            and any(letter.isalpha() for letter in name)
            and not _LANGUAGE.fullmatch(name)
            and can_be_section(url)
            and url_key(url) not in self._homes()
        )

    def _homes(self) -> set[str]:
        """Keys of the addresses above this page: the front page, and the edition it belongs to."""
        key = self.key.partition("?")[0]
        host = url_key(SafeUrl(f"http://{site_of(self.url)}/"))
        parts = key.removeprefix(host).strip("/").split("/")[:-1]
        return {
            host,
            *("/".join((host, *parts[: n + 1])) for n in range(len(parts)) if re.fullmatch(r"[a-z]{2}", parts[n])),
        }

    # Stories

    def teasers(self, sections: Iterable[SectionLink]) -> tuple[tuple[Teaser, ...], tuple[tuple[int, ...], ...]]:
        """The stories and the lists that they stand in."""
        names = {url_key(section.url): section.name for section in sections}
        places: dict[str, int] = {}
        teasers: list[Teaser] = []
        lists: dict[HtmlElement, list[int]] = {}
        for card in self.cards:
            teaser = card.teaser(names, self.base)
            if teaser is None:
                continue
            if card.key in places:
                teasers[places[card.key]] = teasers[places[card.key]].filled_from(teaser)
            else:
                places[card.key] = len(teasers)
                teasers.append(teaser)
            parent = card.element.getparent()
            lists.setdefault(card.element if parent is None else parent, []).append(places[card.key])
        return tuple(teasers), tuple(tuple(dict.fromkeys(members)) for members in lists.values())

    def _cards(self) -> list[Card]:
        """One for each place where a story is listed, in the order of the page."""
        wanted: list[tuple[HtmlElement, SafeUrl]] = []
        for link, url in self.links:
            if link in self.furniture or url_key(url) == self.key or story_shape(url) < 0:
                continue
            if not self.runs.isdisjoint(link.iterancestors()):
                continue
            text = link.text_content()
            if is_story_shaped(url) or count_words(text) >= 3 or (story_shape(url) > 0 and is_read_more(text)):
                wanted.append((link, url))
        stories: dict[HtmlElement, str] = {}
        for link, url in wanted:
            key = url_key(url)
            for above in link.iterancestors():
                if stories.setdefault(above, key) != key:
                    stories[above] = _SEVERAL
        chosen = {link for link, _ in wanted}
        others = Counter(above for link, _ in self.links if link not in chosen for above in link.iterancestors())
        # Whoever holds the navigation is no card, even if there is but one story below it.
        others.update({above: _MAX_CARD_LINKS + 1 for run in self.runs for above in (run, *run.iterancestors())})
        cards: dict[HtmlElement, Card] = {}
        for link, url in wanted:
            element = self._card_of(link, stories, others)
            cards.setdefault(element, Card(url_key(url), url, element))
        for card in cards.values():
            card.blocks = list(text_blocks(card.element, self.base))
        self._add_what_follows(cards)
        return list(cards.values())

    def _card_of(self, link: HtmlElement, stories: dict[HtmlElement, str], others: Counter[HtmlElement]) -> HtmlElement:
        """The largest element about the link that holds no other story and not much else."""
        element = link
        for above in link.iterancestors():
            if above.tag in _WHOLE or stories[above] == _SEVERAL:
                break
            if others[above] > _MAX_CARD_LINKS or self.length[above] > _MAX_CARD:
                break
            element = above
        return element

    def _add_what_follows(self, cards: dict[HtmlElement, Card]) -> None:
        """Excerpts and dates of lists without boxes: headline, excerpt, date, headline, excerpt, date."""
        lists: dict[HtmlElement, list[Card]] = {}
        for card in cards.values():
            parent = card.element.getparent()
            if parent is not None and all(block.link or block.date or len(block.text) < 8 for block in card.blocks):
                lists.setdefault(parent, []).append(card)
        for bare in lists.values():
            before = self._stands_before(bare[0].element)
            following = [self._what_follows(card.element, cards) for card in bare]
            # What stands only behind the last one belongs to none of them.
            if len(bare) < 2 or sum(map(bool, following)) * 2 <= len(bare):
                continue
            for card, blocks in zip(bare, following, strict=True):
                card.blocks += self._stands_before(card.element) if before else []
                card.blocks += [block for block in blocks if not (before and block.date)]

    def _stands_before(self, element: HtmlElement) -> list[Block]:
        """The date that stands right before a headline, as some lists have it."""
        previous = element.getprevious()
        blocks = [] if previous is None else list(text_blocks(previous, self.base))
        return blocks if len(blocks) == 1 and blocks[0].date else []

    def _what_follows(self, element: HtmlElement, cards: dict[HtmlElement, Card]) -> list[Block]:
        blocks: list[Block] = []
        for sibling in element.itersiblings():
            if (
                sibling in cards
                or sibling.tag in HEADINGS
                or len(blocks) > 4
                or next(sibling.iter("a"), None) is not None
            ):
                break
            blocks.extend(text_blocks(sibling, self.base))
        return blocks

    # The whole

    def kind(self, teasers: tuple[Teaser, ...], sections: tuple[SectionLink, ...]) -> tuple[PageKind, SafeText]:
        """What the page is, and the section it is the front of."""
        if is_service(self.url) or self._is_shop():
            return PageKind.OTHER, EMPTY
        if self._is_story(teasers):
            return PageKind.STORY, EMPTY
        path = path_of(self.url)
        inside = [section for section in sections if path_of(section.url).startswith(path) and path != "/"]
        is_root = path == "/" and "?" not in self.key
        if is_root or (sections and len(inside) * 2 > len(sections)):
            return PageKind.FRONT if teasers or sections else PageKind.OTHER, EMPTY
        if not teasers:
            return PageKind.OTHER, EMPTY
        named = bool(sections) or is_list(self.url)
        return (PageKind.SECTION, self._own_section()) if named else (PageKind.FRONT, EMPTY)

    def _own_section(self) -> SafeText:
        """The section's name: what the navigation calls this page, else its heading, else its folder."""
        for link, url in self.links:
            if url_key(url) == self.key and _is_short(name := safe_text(link.text_content(), 60)):
                return name
        for heading in self.root.iter("h1"):
            if _is_short(name := safe_text(heading.text_content(), 60)):
                return name
        title = self._titles()[0]
        return (
            title if _is_short(title) else safe_text(path_of(self.url).strip("/").rpartition("/")[2].capitalize(), 60)
        )

    def _is_story(self, teasers: tuple[Teaser, ...]) -> bool:
        if len(teasers) >= 40:
            return False
        card_text = {block.text for card in self.cards for block in card.blocks}
        texts = [block.text for block in text_blocks(self.root, self.base)]
        prose = sum(len(text) for text in texts if len(text) >= _LONG and text not in card_text)
        listed = sum(len(teaser.title) + len(teaser.summary) for teaser in teasers)
        if prose < 400:
            return False
        return self._says_it_is_a_story() or is_story_shaped(self.url) or (prose > 1_500 and prose > listed)

    def _says_it_is_a_story(self) -> bool:
        """Open Graph og:type, or schema.org Article and its kinds in JSON-LD."""
        if self._meta("og:type").lower() == "article":
            return True
        return any(
            re.search(
                r'"@type"\s*:\s*\[?\s*"(?:\w*NewsArticle|Article|ReportageNewsArticle|BlogPosting)"', script.text or ""
            )
            for script in self.root.iter("script")
            if "ld+json" in (script.get("type") or "") and "ItemList" not in (script.text or "")
        )

    def _is_shop(self) -> bool:
        if self._meta("og:type").lower().startswith("product"):
            return True
        priced = sum(any(_PRICE.search(b.text) and len(b.text) < 40 for b in card.blocks) for card in self.cards)
        return priced * 2 > len(self.cards)

    def publication(self, section: str) -> SafeText:
        """The name of the publication: as the page gives it to other programs, else from the page's title."""
        for name in ("og:site_name", "application-name", "apple-mobile-web-app-title"):
            if text := safe_text(self._meta(name), 100):
                return text
        titles = [title for title in self._titles() if title and title.casefold() != section.casefold()]
        if not titles:
            return safe_text(host_of(self.url))
        return titles[-1] if section else titles[0]

    def _titles(self) -> list[SafeText]:
        """The parts of `<title>`."""
        whole = self.root.findtext(".//title") or ""
        return [safe_text(part, 100) for part in re.split(r"\s+[|–—·:»-]+\s+", whole)]

    def links_in_head(self, rel: str) -> list[HtmlElement]:
        """`<link>` elements of that relation."""
        return [link for link in self.root.iter("link") if rel in (link.get("rel") or "").lower().split()]

    def _meta(self, name: str) -> str:
        for meta in self.root.iter("meta"):
            if name in (meta.get("property"), meta.get("name")):
                return meta.get("content") or ""
        return ""


def _is_short(text: str) -> bool:
    """Whether words are as few as those of a section's name."""
    return 0 < len(text.strip()) <= 40 and count_words(text) <= 4


def _within_furniture(element: HtmlElement) -> bool:
    return any(is_furniture(above) and above.tag != "footer" for above in (element, *element.iterancestors()))


def _lengths(root: HtmlElement) -> dict[HtmlElement, int]:
    """Characters of shown text in each element, without the blanks between its parts."""
    lengths: dict[HtmlElement, int] = {}
    for element in reversed(list(root.iter())):
        inside = sum(lengths[child] + len((child.tail or "").strip()) for child in element)
        lengths[element] = 0 if element.tag in SILENT else inside + len((element.text or "").strip())
    return lengths
