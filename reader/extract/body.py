"""Which passages of a page are its story: where they lie densest, and what stands between them.

Most pages are plain: nearly all prose lies in one container. Of the others trafilatura says where the story is; but it
leaves out short paragraphs, headings and captions, and its own rendering loses pictures, tables and code. So its answer
only weighs the passages of the original tree. The container that holds the weight is taken whole, without what `noise`
found in it, and the rest of the page is cut away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lxml.html import HtmlElement

from reader.extract.layout import Passage, letters
from reader.extract.noise import begins_comments, is_dateline, sounds_like_notice

_SHARE = 0.8
"""A container is entered as long as one child holds that much of the weight."""


def choose(row: Sequence[Passage], page_text: str) -> None:
    """Mark the passages that are found in the text that another method took for the story."""
    haystack, at = letters(page_text), 0
    for passage in row:
        if len(passage.key) < 12:
            continue
        found = haystack.find(passage.key[:300], at)
        if found < 0 and len(haystack) < 400_000:
            found = haystack.find(passage.key[:300])
        if found >= 0:
            passage.chosen = True
            at = found


def core_of(row: Sequence[Passage], headline: Passage | None) -> list[Passage]:
    """The paragraphs that are the story's for certain, in order; empty when the page has none."""
    place = headline.at if headline is not None else -1
    end = _first_noise_after_prose(row, place)
    weights = [(passage, _weight(passage, i, place, end)) for i, passage in enumerate(row)]
    weights = [(passage, weight) for passage, weight in weights if weight]
    if not weights:
        return []
    held: Counter[HtmlElement] = Counter()
    for passage, weight in weights:
        held[passage.element] += weight
        for ancestor in passage.element.iterancestors():
            held[ancestor] += weight
    root = row[0].element.getroottree().getroot()
    total = held[root]
    container = root
    while True:
        best = max((child for child in container if held[child]), key=lambda child: held[child], default=None)
        if best is None or held[best] < _SHARE * held[container] or held[best] < 0.6 * total:
            break
        container = best
    members = [passage for passage, _ in weights if _within(passage.element, container)]
    shapes = Counter[tuple[object, ...]]()
    for passage in members:
        shapes[passage.signature] += passage.size
    outside = [p for p, _ in weights if not _within(p.element, container) and _belongs(p, row, members, shapes, place)]
    chosen = set(map(id, [*members, *outside]))
    return _trimmed([passage for passage in row if id(passage) in chosen])


def is_plain(row: Sequence[Passage], core: Sequence[Passage]) -> bool:
    """Whether nobody need be asked: nearly all prose is in the core, and nearly all of the core is set alike."""
    if len(core) < 3:
        return False
    shapes = Counter[object]()
    for passage in core:
        shapes[passage.signature] += passage.size
    size = sum(shapes.values())
    inside = set(map(id, core))
    outside = sum(p.size for p in row if p.is_prose and not p.noise and id(p) not in inside)
    return max(shapes.values()) >= 0.85 * size and outside <= 0.1 * size


def _trimmed(core: list[Passage]) -> list[Passage]:
    """Without what is alone of its kind at either edge and which the other method left out: captions, notices."""
    shapes = Counter(passage.signature for passage in core)
    size = sum(passage.size for passage in core)
    if sum(passage.size for passage in core if passage.chosen) < 0.7 * size:
        return core
    for edge in (0, -1):
        while len(core) > 3 and not core[edge].chosen and shapes[core[edge].signature] == 1:
            core.pop(edge)
    return core


def _first_noise_after_prose(row: Sequence[Passage], place: int) -> int:
    """Where other stories begin: below them there is rarely more of this one."""
    read = 0
    for i, passage in enumerate(row[place + 1 :], place + 1):
        if passage.noise in ("teaser", "links", "comments") or passage.noise.startswith("heading"):
            if read:
                return i
        elif passage.is_prose and not passage.noise:
            read += 1
    return len(row)


def _weight(passage: Passage, i: int, place: int, end: int) -> int:
    """How much the passage speaks for its container."""
    if passage.noise or not passage.is_prose:
        return 0
    weight = min(passage.size, 1_500.0)
    weight *= 1.0 if passage.chosen else 0.4
    if passage.size < 700 and sounds_like_notice(passage.text):
        weight *= 0.15
    if place >= 0 and i < place:
        weight *= 0.2
    elif place >= 0 and i <= place + 6:
        weight *= 1.5
    if i >= end:
        weight *= 0.5
    return int(weight) + 1


def _within(element: HtmlElement, container: HtmlElement) -> bool:
    return element is container or container in element.iterancestors()


def _belongs(
    passage: Passage,
    row: Sequence[Passage],
    members: Sequence[Passage],
    shapes: Counter[tuple[object, ...]],
    place: int,
) -> bool:
    """Whether a paragraph outside of the container is the story's too: an opening, or the same text going on."""
    if not members or (sounds_like_notice(passage.text) and not passage.chosen):
        return False
    i, first, last = passage.at, members[0].at, members[-1].at
    if place >= 0 and i < place:
        return False
    if i < first:
        between = row[i + 1 : first]
        return (
            passage.chosen
            and all(p.is_prose or not p.noise or p.noise == "label" for p in between)
            and len(between) < 12
        )
    between = row[last + 1 : i]
    if not passage.chosen or passage.signature[:2] not in {shape[:2] for shape in shapes}:
        return False
    parent = passage.element.getparent()
    if (
        parent is not None
        and len(parent) < 4
        and parent.find(".//img") is not None
        and parent not in {member.element.getparent() for member in members}
    ):
        return False
    return not any(begins_comments(p.text) or p.noise in ("teaser", "see also", "date") for p in between)


def fill(row: Sequence[Passage], core: Sequence[Passage]) -> list[Passage]:
    """The core, and what stands between its passages and around them in the same place and is not noise."""
    if not core:
        return []
    first, last = core[0].at, core[-1].at
    shapes = {passage.signature for passage in core}
    homes = Counter(passage.element.getparent() for passage in core)
    members = {passage.at for passage in core}
    above = _reach(row[:first][::-1], shapes)
    below = _reach(row[last + 1 :], shapes)
    quiet = next((p.at for p in row[last + 1 :] if p.noise and p.noise not in ("label", "control")), len(row))
    kept = []
    if first and row[first - 1].kind == "heading" and row[first - 1].element.getparent() in homes:
        members.add(first - 1)
    for passage in row:
        at = passage.at
        if at in members and not (passage.noise and at < first):
            kept.append(passage)
        elif passage.noise:
            continue
        elif first < at < last:
            if _fits_between(passage, homes):
                kept.append(passage)
        elif (first - above <= at <= last + below and passage.signature in shapes and _fits_at_edge(passage)) or (
            last < at < quiet and _goes_on(passage, homes)
        ):
            kept.append(passage)
    return _without_loose_headings(kept)


def _reach(passages: Sequence[Passage], shapes: set[tuple[object, ...]]) -> int:
    """How many passages at the beginning are set like the story's paragraphs, or are figures among them."""
    count = 0
    for passage in passages:
        if passage.noise or (passage.kind != "figure" and passage.signature not in shapes):
            break
        count += 1
    return count


def _fits_between(passage: Passage, homes: Counter[HtmlElement | None]) -> bool:
    """Whether a short passage amid the story is part of it, and not of a box that interrupts it."""
    parent = passage.element.getparent()
    if passage.kind in ("heading", "figure", "table", "code") or parent in homes:
        return True
    if parent is not None and parent.tag in (
        "blockquote",
        "li",
        "dd",
        "td",
        "figcaption",
        "section",
        "article",
        "details",
    ):
        return True
    if passage.linked > 0.5:
        return False
    if sounds_like_notice(passage.text) and not passage.chosen:
        return False
    return (
        passage.chosen
        or passage.is_prose
        or passage.ends_sentence
        or any(ancestor in homes for ancestor in passage.element.iterancestors())
    )


def _fits_at_edge(passage: Passage) -> bool:
    """A short first or last paragraph, set like the others and next to them."""
    return (passage.ends_sentence or passage.kind != "text") and not sounds_like_notice(passage.text)


def _goes_on(passage: Passage, homes: Counter[HtmlElement | None]) -> bool:
    """After the last paragraph, in the same place: a list, table, code, figure, quotation or heading of the story."""
    parent = passage.element.getparent()
    at_home = parent in homes or (parent is not None and parent.tag == "blockquote" and parent.getparent() in homes)
    if not at_home or is_dateline(passage.text):
        return False
    if passage.kind == "list":
        return passage.linked < 0.3 and passage.size > 30
    if passage.kind == "text":
        return (
            passage.ends_sentence and passage.linked < 0.4 and not sounds_like_notice(passage.text) and passage.chosen
        )
    return passage.kind in ("table", "code", "figure", "heading")


def _without_loose_headings(kept: list[Passage]) -> list[Passage]:
    """Without the headings at the end: what they stood over is gone."""
    while kept and (kept[-1].kind == "heading" or begins_comments(kept[-1].text)):
        kept.pop()
    return kept


def cut_to(kept: Sequence[Passage], row: Sequence[Passage]) -> HtmlElement:
    """The smallest container of what is kept, with everything else taken out of it. Changes the tree."""
    container = _common_container([passage.element for passage in kept])
    keep = {passage.element for passage in kept}
    upward: set[HtmlElement] = set()
    for element in keep:
        for ancestor in element.iterancestors():
            if ancestor in upward:
                break
            upward.add(ancestor)
    dropped = [passage for passage in row if passage.element not in keep]
    spoiled: set[HtmlElement] = set()
    for passage in dropped:
        for ancestor in passage.element.iterancestors():
            if ancestor in upward or ancestor in spoiled:
                break
            spoiled.add(ancestor)
    for passage in dropped:
        element = passage.element
        if element.getparent() is not None and element not in upward and element is not container:
            element.drop_tree()
    for element in spoiled:
        if element.getparent() is not None and element is not container:
            element.drop_tree()
    _cut_media_outside(container, keep, upward)
    return container


def _cut_media_outside(container: HtmlElement, keep: set[HtmlElement], upward: set[HtmlElement]) -> None:
    """Take out pictures and players above the first and below the last kept passage that do not stand beside one."""
    beside = {element.getparent() for element in keep}
    order = list(container.iter())
    places = [i for i, element in enumerate(order) if element in keep]
    if not places:
        return
    first, last = places[0], places[-1]
    inner: set[HtmlElement] = set()
    for element in keep:
        inner.update(element.iter())
    for i, element in enumerate(order):
        if (
            element.tag not in ("img", "iframe", "video", "audio", "embed", "hr", "picture")
            or element in inner
            or first <= i <= last
        ):
            continue
        if element.getparent() is None or any(a in beside and a in upward for a in list(element.iterancestors())[:3]):
            continue
        element.drop_tree()


def _common_container(elements: Sequence[HtmlElement]) -> HtmlElement:
    if len(elements) == 1:
        parent = elements[0].getparent()
        return parent if parent is not None else elements[0]
    path = list(reversed([*elements[0].iterancestors()]))
    for element in elements[1:]:
        ancestors = set(element.iterancestors())
        while path and path[-1] not in ancestors:
            path.pop()
    return path[-1] if path else elements[0].getroottree().getroot()
