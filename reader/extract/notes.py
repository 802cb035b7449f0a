"""Footnotes: marks in the text, and the notes they lead to."""

from __future__ import annotations

import re

from lxml.html import HtmlElement
from msgspec import Struct, field

_LONGEST = 3_000
"""Characters; what a link leads to and is longer is a part of the text."""


class Notes(Struct):
    """The notes of one text, numbered in the order of their marks."""

    numbers: dict[str, int] = field(default_factory=dict)
    """By the id that a mark's link names."""
    bodies: dict[HtmlElement, int] = field(default_factory=dict)
    """The elements that hold the notes, in order."""
    back_links: set[HtmlElement] = field(default_factory=set)

    def number_of(self, link: HtmlElement) -> int | None:
        """Which note the link marks; None when it marks none."""
        if not self.numbers or not _is_mark(link):
            return None
        return self.numbers.get((link.get("href") or "")[1:])


def find_notes(root: HtmlElement) -> Notes:
    """Pairs of a mark (`<sup><a href="#n1">`) and its note (`<li id="n1">`, or what holds an anchor of that name)."""
    notes = Notes()
    marks = [link for link in root.iter("a") if _is_mark(link)]
    if not marks:
        return notes
    places: dict[str, HtmlElement] = {}
    for element in root.iter("a", "span", "li", "p", "div", "aside", "dd"):
        name = element.get("id") or element.get("name")
        place = next(element.iterancestors("li", "p"), None) if element.tag in ("a", "span") else element
        if name and place is not None and (element is place or name not in places):
            places[name] = place
    for mark in marks:
        name = (mark.get("href") or "")[1:]
        note = places.get(name)
        if note is None or note in mark.iterancestors() or name in notes.numbers or note in notes.bodies:
            continue
        if len(note.text_content()) <= _LONGEST:
            number = len(notes.numbers) + 1
            notes.numbers[name] = notes.bodies[note] = number
            notes.back_links.update(a for a in note.iter("a") if (a.get("href") or "").startswith("#"))
    return notes


def _is_mark(link: HtmlElement) -> bool:
    href = link.get("href") or ""
    if not href.startswith("#") or len(href) < 2:
        return False
    text = link.text_content().strip()
    if not re.fullmatch(r"[\[(]?(?:\d{1,4}|[a-z*†‡§])[\])]?", text, re.I):
        return False
    parent = link.getparent()
    return (
        link.get("role") == "doc-noteref"
        or bool(re.search("footnote|noteref|fn-", link.get("class") or ""))
        or (parent is not None and parent.tag == "sup")
        or link.find("sup") is not None
        or text[:1] == "["
    )
