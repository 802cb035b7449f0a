"""What on a page is not its story: by tag and role, by the words of class names, by shape, and, weakest, by phrases."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from reader.dates import parse_date
from reader.extract import phrases
from reader.extract.layout import HEADINGS, INLINE, Passage
from reader.extract.media import embed_of
from reader.extract.tree import words

_NEVER = words(
    "script style template nav menu button input select option textarea dialog svg canvas object applet link meta "
    "base datalist progress meter amp-ad frameset frame noframes"
)
_ROLES = words(
    "navigation banner complementary contentinfo search dialog alertdialog menu menubar tablist toolbar alert "
    "status tooltip"
)


def is_dateline(text: str) -> bool:
    """Whether the text is a date (and perhaps a time), and little else."""
    if len(text) > 60:
        return False
    if phrases.RELATIVE_TIME.match(text):
        return True
    if any(not any(c.isdigit() for c in part) for part in re.split(r"\s*[|·•]\s*", text) if len(part) > 12):
        return False
    if sum(c.isdigit() for c in text) < 2 or sum(c.isalpha() for c in text) > 35:
        return False
    return parse_date(text) is not None


def is_label(text: str) -> bool:
    """Whether it is a caption of the page's machinery: Share, Advertisement, 12 comments."""
    return len(text) < 60 and bool(phrases.LABEL.match(text))


def says_see_also(text: str) -> bool:
    """Whether the text begins as a pointer to other stories does, in one of some twenty languages."""
    return bool(phrases.SEE_ALSO.match(text))


def begins_comments(text: str) -> bool:
    """Whether the text is the heading over readers' comments."""
    return len(text) < 60 and bool(phrases.COMMENTS.match(text))


@lru_cache(maxsize=512)  # of a page's passages each is asked about twice
def sounds_like_notice(text: str) -> bool:
    """Whether the text may be a notice of the site rather than its news."""
    lowered = text.lower()
    return any(word in lowered for word in phrases.NOTICES) or bool(phrases.LEGAL.match(text[:200]))


def prune(root: HtmlElement, base: str) -> set[HtmlElement]:
    """Take out what no story is in, unless most of the page is; returns the blocks that held a button or a field."""
    interactive = _holders_of_controls(root)
    for element in list(root.iter(*_NEVER, "iframe", "embed", "noscript")):
        tag = element.tag
        if tag in ("iframe", "embed") and embed_of(element, base) is not None:
            continue
        if tag != "noscript" or element.find(".//img") is None or element.text_content().strip():
            _drop(element)
    prose = _prose_held(root)
    total = max(1, prose.get(root, 0))
    for element in list(root.iter()):
        tag = element.tag
        if tag in ("body", "head", "html") or not isinstance(tag, str):
            continue
        if _is_aside(element, tag) and prose.get(element, 0) < total * _most(tag):
            _drop(element)
    return interactive


def _prose_held(root: HtmlElement) -> dict[HtmlElement, int]:
    """How many characters of running text, not of links and labels, each element holds."""
    held: dict[HtmlElement, int] = {}
    for element in reversed(list(root.iter())):  # what is in an element before the element
        text, tail = element.text, element.tail
        size = held.get(element, 0)
        if text and len(text) > 60 and element.tag != "a":
            size += len(text)
            held[element] = size
        if tail and len(tail) > 60:
            size += len(tail)
        holder = element.getparent() if size and element is not root else None
        if holder is not None:
            held[holder] = held.get(holder, 0) + size
    return held


def _drop(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _most(tag: str) -> float:
    """The largest share of the page's text that may still be dropped with it."""
    return 0.5 if tag in ("footer", "aside", "form") else 0.35


def _holders_of_controls(root: HtmlElement) -> set[HtmlElement]:
    """The blocks in which buttons and fields stand; for those of a form, the block that the form is in."""
    holders = set()
    for control in root.iter("button", "input", "select", "textarea"):
        if control.get("type") == "hidden":
            continue
        form = next(control.iterancestors("form"), control)
        holder = form.getparent()
        while holder is not None and holder.tag in INLINE:
            holder = holder.getparent()
        if holder is not None and holder.tag not in ("body", "main", "article", "html", "header"):
            holders.add(holder)
    return holders


def _is_aside(element: HtmlElement, tag: str) -> bool:
    """Whether tag, role, class or style say that the element stands beside the story."""
    if tag in ("aside", "form"):
        return True
    if tag == "footer":
        return next(element.iterancestors("blockquote", "figure"), None) is None
    attributes = element.attrib
    if not attributes or tag in ("main", "article"):
        return False
    if attributes.get("role", "").lower() in _ROLES and tag != "header":
        return True
    if "hidden" in attributes and attributes.get("hidden") != "until-found":
        return True
    style = attributes.get("style")
    if style and "display:none" in style.replace(" ", "").lower():
        return True
    if (
        tag in HEADINGS
        or (tag == "p" and len(element.text_content()) > 80)
        or (tag in ("p", "a", "span", "img", "b", "strong", "em", "i") and len(element) == 0)
    ):
        return False
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}"
    return _names_noise(names) and not phrases.STORY_NAMES.search(names)


@lru_cache(maxsize=4_096)
def _names_noise(names: str) -> bool:
    words = re.split(r"[\s_-]+", names.lower())
    return any(word in phrases.NOISE_NAMES for word in words) or any(
        f"{first}-{second}" in phrases.NOISE_NAME_PAIRS for first, second in pairwise(words)
    )


def mark(row: Sequence[Passage], interactive: set[HtmlElement], url: str) -> None:
    """Say of each passage by its shape and its neighbours why it is not of the story."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    for passage in row:
        passage.noise = passage.noise or _own_noise(passage, host)
    _mark_switches(row)
    _mark_beside_controls(row, interactive)
    _mark_teasers(row)
    _mark_cards(row, host)
    _mark_boxes(row)
    _mark_comments(row)
    _mark_headings_over_noise(row)


def _own_noise(passage: Passage, host: str) -> str:
    text = passage.text
    if passage.kind in ("figure", "code", "table"):
        return "links" if passage.kind == "table" and passage.linked > 0.7 else ""
    if is_dateline(text):
        return "date"
    if is_label(text):
        return "label"
    if passage.size < 300 and phrases.LEGAL.match(text):
        return "legal"
    if passage.kind == "list":
        return "links" if passage.linked > 0.6 and _stays_on(passage, host) else ""
    if (
        passage.links
        and passage.linked > (0.75 if passage.size < 300 else 0.9)
        and passage.kind == "text"
        and _stays_on(passage, host)
    ):
        return "links"
    if passage.linked > 0.3 and says_see_also(text):
        return "see also"
    return ""


def _stays_on(passage: Passage, host: str) -> bool:
    """Whether its links lead to the same site: a story's own references mostly lead away."""
    hosts = [(urlsplit(link.get("href") or "").hostname or host) for link in passage.links if link.get("href")]
    return sum(h.removeprefix("www.") == host for h in hosts) * 2 >= len(hosts)


def _mark_switches(row: Sequence[Passage]) -> None:
    """Numbers and arrows in a row, and short lines that the page repeats again and again: galleries, players."""
    counts = Counter(passage.key for passage in row if passage.kind == "text" and passage.size < 60)
    bare = [passage.kind == "text" and passage.size < 4 and not passage.key.isalpha() for passage in row]
    for i, passage in enumerate(row):
        beside = (i > 0 and bare[i - 1]) or (i + 1 < len(row) and bare[i + 1])
        if (bare[i] and beside) or (counts[passage.key] > 3 and not passage.ends_sentence and passage.kind == "text"):
            passage.noise = passage.noise or "label"


def _mark_beside_controls(row: Sequence[Passage], holders: set[HtmlElement]) -> None:
    """A few lines in one block with a button or field: consent, newsletter, search. Not next to the headline."""
    if not holders:
        return
    inside: dict[HtmlElement, list[Passage]] = {}
    for passage in row:
        for holder in (passage.element, *passage.element.iterancestors()):
            if holder in holders:
                inside.setdefault(holder, []).append(passage)
    place = next((i for i, passage in enumerate(row) if passage.noise == "headline"), -10)
    guarded = set(map(id, row[max(0, place - 3) : place + 5]))
    prose = sum(p.size for p in row if p.is_prose and not p.noise)
    for group in inside.values():
        size = sum(p.size for p in group)
        notice = any(sounds_like_notice(p.text) for p in group)
        if len(group) > 6 or size > 900 or any(p.noise == "headline" for p in group):
            continue
        if notice or (size < 0.5 * prose and not any(id(p) in guarded for p in group)):
            for passage in group:
                passage.noise = passage.noise or "control"


def _mark_comments(row: Sequence[Passage]) -> None:
    """What stands under a heading for comments; and repeated groups of name, date and text below the story."""
    place = next((i for i, passage in enumerate(row) if passage.noise == "headline"), -1)
    read = False
    for i, passage in enumerate(row[place + 1 :], place + 1):
        if read and begins_comments(passage.text) and passage.linked < 0.8:
            room = passage.element.getparent()
            for other in row[i:]:
                if room is None or room in other.element.iterancestors():
                    other.noise = other.noise or "comments"
            return
        read = read or (passage.is_prose and not passage.noise)
    groups: dict[tuple[object, ...], list[int]] = {}
    for i in range(1, len(row) - 1):
        name, date, text = row[i - 1], row[i], row[i + 1]
        if date.noise == "date" and text.is_prose and name.kind == "text" and name.size < 50 and not name.ends_sentence:
            groups.setdefault(date.signature, []).append(i)
    for places in groups.values():
        if len(places) > 1 and any(p.is_prose and not p.noise for p in row[place + 1 : places[0]]):
            for i in places:
                for passage in row[i - 1 : i + 2]:
                    passage.noise = passage.noise or "comments"


def _mark_teasers(row: Sequence[Passage]) -> None:
    """Excerpts that end in an ellipsis beside a date or a linked headline, and what belongs to them."""
    for i, passage in enumerate(row):
        if not passage.is_cut or passage.kind == "figure" or passage.noise:
            continue
        near = [
            p
            for p in (*row[max(0, i - 3) : i], *row[i + 1 : i + 3])
            if p.noise in ("date", "links", "label") or (p.size < 200 and p.linked > 0.8)
        ]
        if not near and not passage.linked > 0.8:
            continue
        passage.noise = "teaser"
        for before in reversed(row[max(0, i - 3) : i]):
            if (
                before.noise in ("date", "teaser")
                or before.size > 220
                or (
                    before.ends_sentence
                    and before.linked < 0.8
                    and before.kind == "text"
                    and not before.text.endswith("?")
                )
            ):
                break
            before.noise = before.noise or "teaser"


def _mark_cards(row: Sequence[Passage], host: str) -> None:
    """Boxes alike, each a headline that is a link and a text under it; unless most of the page's prose is in them."""
    cards: dict[tuple[object, ...], list[list[Passage]]] = {}
    for i, passage in enumerate(row[:-1]):
        if (
            passage.linked < 0.8
            or not 12 < passage.size < 300
            or passage.kind == "list"
            or not _stays_on(passage, host)
        ):
            continue
        box = row[i + 1].element.getparent()
        if (
            box is None
            or box not in passage.element.iterancestors()
            or (i and box in row[i - 1].element.iterancestors())
        ):
            continue
        card = [p for p in row[i : i + 5] if box in p.element.iterancestors()]
        if len(card) < 5:
            cards.setdefault((box.tag, box.get("class"), passage.element.tag), []).append(card)
    prose = sum(p.size for p in row if p.is_prose and not p.noise)
    for alike in cards.values():
        held = sum(p.size for card in alike for p in card if p.is_prose and not p.noise)
        if len(alike) > 1 and held * 2 < prose:
            for passage in (p for card in alike for p in card):
                passage.noise = passage.noise or "teaser"


def _mark_boxes(row: Sequence[Passage]) -> None:
    """A short line such as "Read also" makes noise of the box it stands in, when that holds links or teasers."""
    for i, passage in enumerate(row):
        text = passage.text
        if passage.size > 120 or not says_see_also(text):
            continue
        parent = passage.element.getparent()
        if parent is None or (i and parent in row[i - 1].element.iterancestors()):
            continue
        box = [p for p in row[i : i + 40] if p.element is parent or parent in p.element.iterancestors()]
        rest = [p for p in box if p is not passage]
        if (
            rest
            and len(rest) < 20
            and all(p.noise or p.size < 200 or p.linked > 0.3 for p in rest)
            and (any(p.links for p in box))
        ):
            for p in box:
                p.noise = p.noise or "see also"


def _mark_headings_over_noise(row: Sequence[Passage]) -> None:
    """A short line without an end, with noise under it, is the heading of the noise."""
    for i in range(len(row) - 2, -1, -1):
        passage, following = row[i], row[i + 1]
        short = passage.kind == "heading" or (
            passage.kind == "text" and passage.size < 90 and not passage.ends_sentence
        )
        if passage.noise or not short or not following.noise:
            continue
        if following.noise == "see also" and says_see_also(following.text):
            continue
        if following.noise in ("teaser", "see also", "links") and (
            passage.kind != "heading" or _all_noise_below(row, i)
        ):
            passage.noise = "heading over " + following.noise


def _all_noise_below(row: Sequence[Passage], i: int) -> bool:
    """Whether nothing but noise stands between that heading and the next one of its rank."""
    rank = str(row[i].element.tag)
    for passage in row[i + 1 : i + 80]:
        if passage.kind == "heading" and str(passage.element.tag) <= rank and not passage.noise:
            break
        if not passage.noise:
            return False
    return True
