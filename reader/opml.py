"""OPML 2.0 (and 1.x) <-> subscriptions; pure. Reading is for the child process: such files come from anywhere.

Well-formed files are read as XML. Of all others the `<outline>` tags are read one by one: nothing else in them matters
here, and so a stray `&`, an unclosed quote or a cut end costs one outline at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from html import escape, unescape
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from reader.charset import declared_in_xml, decode
from reader.errors import ParseError
from reader.model import Subscription
from reader.nesting import joined, path_of, step_of
from reader.remote import KIND
from reader.text import EMPTY, MAX_TITLE, NO_URL, SafeText, SafeUrl, safe_text, safe_url

MAX_DEPTH = 200
"""Folders within folders; outlines below are taken to lie in the last of them."""
MAX_OUTLINES = 50_000
_MAX_REJECTED = 1_000
_NAMESPACE = "urn:x-broadsheet:opml"
"""Of our attribute `kind`, as OPML 2.0 asks for attributes that it does not define; other programs ignore it."""

_TAG = re.compile(r"<(/?)outline\b|</?(?:body|opml)\s*>", re.I)
_NEXT = re.compile(r"\S")
_JUNK = re.compile(r"[\w:.-]+|.", re.S)
_ATTRIBUTE = re.compile(r"""([A-Za-z_][\w:.-]{0,60})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'>][^\s>]*))""")
_REFERENCE = re.compile(r"&(?:#\w{1,8}|\w{2,31});")
_TAG_END = re.compile(r"(/?)>")
_SWALLOWED = re.compile(r"\s+[A-Za-z][\w:.-]{0,60}=$")
_SWALLOWED_LENGTH = 100
_BY_RULES = ("xml+", "json+", "html+xpath+")
_NO_SECTION = frozenset(("subscriptions", "feeds", "my feeds", "rss", "rss feeds", "uncategorized", "default"))


class OpmlDocument(Struct, frozen=True):
    """What a file of subscriptions holds, in its order; an address is listed once."""

    title: SafeText = EMPTY
    subscriptions: tuple[Subscription, ...] = ()
    """Id 0; the title "" where none is given; the section is the path of folders, else the `category`; the kind is a
    hint: feed, else site."""
    rejected: tuple[SafeText, ...] = ()
    """A sentence for each row that is no subscription and no folder."""


class _Outline(Struct, frozen=True):
    """One outline: its attributes by lower-case name, and the folders it lies in, outermost first."""

    attributes: Mapping[str, str]
    folders: tuple[str, ...]
    leaf: bool


def is_opml(text: str) -> bool:
    """Whether it is worth looking for outlines in it."""
    return text.startswith("<") or bool(re.search(r"<(?:opml|outline)\b", text[:20_000], re.I))


def parse_opml(data: bytes) -> OpmlDocument:
    """The subscriptions of an OPML file. Raises ParseError when it is none."""
    text = decode(data, "", declared_in_xml(data)).lstrip("\ufeff \t\r\n")
    title, outlines = _from_xml(text) or ("", _from_tags(text))
    if not outlines and not re.search(r"<(?:opml|outline)\b", text, re.I):
        raise ParseError("This file is not OPML.")
    return _collected(one_line(title), map(_subscribed, outlines))


_Row = Subscription | SafeText | None
"""A subscription, the reason why it is none, or nothing to speak of (a folder)."""


def _collected(title: SafeText, rows: Iterable[_Row]) -> OpmlDocument:
    found: dict[SafeUrl, Subscription] = {}
    rejected: list[SafeText] = []
    for row in rows:
        if isinstance(row, Subscription):
            found.setdefault(row.url, row)
        elif row and len(rejected) < _MAX_REJECTED:
            rejected.append(row)
    return OpmlDocument(title, tuple(found.values()), tuple(rejected))


def _subscribed(outline: _Outline) -> _Row:
    """OPML 2.0, Subscription Lists: `type`, `text`, `xmlUrl`; `htmlUrl` alone, or a link, is a site to look into."""
    attributes = outline.attributes
    name = one_line(attributes.get("title") or attributes.get("text") or attributes.get("description"))
    address = next((value for key in ("xmlurl", "feedurl", "rssurl", "xml") if (value := attributes.get(key))), "")
    home = next((value for key in ("htmlurl", "html", "homepage") if (value := attributes.get(key))), "")
    other = attributes.get("url", "")
    form = attributes.get("type", "").lower()
    kind = "feed" if address or (other and form not in ("link", "include")) else "site"
    given = address or other or (home if outline.leaf else "")
    if not given:
        is_folder = not outline.leaf or (name and not attributes.keys() & {"xmlurl", "url", "type"})
        return None if is_folder else safe_text(f"“{name or 'An outline'}” names no address.")
    url, login = address_and_login(given)
    if form == "html+xpath":
        kind = "site"
    if form.startswith(_BY_RULES):
        return safe_text(
            f"“{name or given}” is made by FreshRSS out of a page, by rules that only FreshRSS knows: {url}"
        )
    if not url:
        return safe_text(f"“{name or given}” has an address that cannot be followed: {given}")
    kind = safe_text(attributes.get("kind", ""), 40) or kind
    home_url = address_and_login(home)[0]
    return Subscription(0, kind, url, name, section=_section(outline), home_url=home_url, login=login)


def one_line(written: str | None, limit: int = MAX_TITLE) -> SafeText:
    """A name as one line; some writers escape it twice."""
    return safe_text(unescape(written or ""), limit)


def _section(outline: _Outline) -> SafeText:
    """The folders with a name, as a path; else the first category, which is one (OPML 2.0: `/World/Asia,/Sport`)."""
    folders = [one_line(folder, 100) for folder in outline.folders]
    steps = [step_of(folder) for folder in folders if folder.lower() not in _NO_SECTION]
    if not any(steps):
        steps = [step.strip() for step in outline.attributes.get("category", "").split(",")[0].split("/")]
    return one_line(joined(filter(None, steps), 100), 100)


def address_and_login(given: str) -> tuple[SafeUrl, str]:
    """The address and its login, from what people write: `feed:` schemes, no scheme at all, a password within."""
    given = given.strip()
    if given[:5].lower() == "feed:":
        given = "http:" + given[5:] if given[5:7] == "//" else given[5:]
    if re.match(r"[\w-]+(?:\.[\w-]+)+(?:[/:?]|$)", given):
        given = "https://" + given
    url = safe_url(given)
    if not url:
        return NO_URL, ""
    try:
        parts = urlsplit(given)
    except ValueError:
        return url, ""
    if not parts.username:
        return url, ""
    return url, f"{unquote(parts.username)}:{unquote(parts.password or '')}"


# Well-formed files


def _from_xml(text: str) -> tuple[str, list[_Outline]] | None:
    """Title and outlines, or None when the file is not well-formed."""
    from reader.xmltree import parse_xml

    root, damage = parse_xml(text)
    if root is None or damage:
        return None
    title, outlines = "", []
    folders: list[str] = []
    # Depth is told by counting, so that a file as deep as it may be costs no more than a flat one.
    from lxml.etree import iterwalk

    for event, element in iterwalk(root, events=("start", "end")):
        tag = str(element.tag).rpartition("}")[2].lower()
        if tag == "title" and not title:
            title = element.text or ""
        elif tag == "outline" and event == "start":
            attributes = _lowered((str(name), str(value)) for name, value in element.items())
            outlines.append(_Outline(attributes, _path(folders), leaf=len(element) == 0))
            folders.append(_folder_name(attributes))
        elif tag == "outline":
            folders.pop()
        if len(outlines) >= MAX_OUTLINES:
            break
        if len(folders) > MAX_DEPTH - 10:  # the tree is cut at such a depth, the tags are not
            return None
    return title, outlines


def _folder_name(attributes: Mapping[str, str]) -> str:
    """What an outline is to those within it; a feed is no folder, though some writers forget to close it."""
    if any(attributes.get(key) for key in ("xmlurl", "url", "htmlurl")):
        return ""
    return attributes.get("title") or attributes.get("text") or ""


def _path(folders: list[str]) -> tuple[str, ...]:
    return tuple(name for name in folders[-8:] if name)


def _lowered(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By lower-case local name; the first of a name that has a value counts."""
    attributes: dict[str, str] = {}
    for name, value in pairs:
        key = name.rpartition("}")[2].rpartition(":")[2].lower()
        if not attributes.get(key):
            attributes[key] = value.strip()
    return attributes


# All others


def _from_tags(text: str) -> list[_Outline]:
    """Every `<outline` with what attributes can be read, wherever it stands.

    Where an end is missing nobody knows which folder lies in which, and each is taken to lie in none.
    """
    folders: list[str] = []
    outlines: list[_Outline] = []
    at = 0
    for _ in range(2 * MAX_OUTLINES):
        if not (tag := _TAG.search(text, at)):
            break
        at = tag.end()
        if tag[1]:
            if folders:
                folders.pop()
        elif tag[1] is not None:
            attributes, at, closed = _attributes_at(text, at)
            name = _folder_name(attributes)
            outlines.append(_Outline(attributes, _path(folders), leaf=closed or not name))
            if not closed and len(folders) < MAX_DEPTH:
                folders.append(name)
    return [replace(outline, folders=outline.folders[-1:]) for outline in outlines] if folders else outlines


def _attributes_at(text: str, at: int) -> tuple[dict[str, str], int, bool]:
    """The attributes of a tag from there on, where it ends, and whether it closes itself."""
    pairs: list[tuple[str, str]] = []
    while following := _NEXT.search(text, at):
        at = following.start()
        if end := _TAG_END.match(text, at):
            return _lowered(pairs), end.end(), bool(end[1])
        if not (match := _ATTRIBUTE.match(text, at)):
            if text[at] == "<":
                break
            junk = _JUNK.match(text, at)
            at = junk.end() if junk else len(text)
            continue
        value = next((group for group in match.groups()[1:] if group is not None), "")
        at = match.end()
        # Where its closing quote was lost, it ends with the next attribute's name, and at that one's opening quote.
        if swallowed := _SWALLOWED.search(value, max(0, len(value) - _SWALLOWED_LENGTH)):
            value, at = value[: swallowed.start()], match.end() - (len(value) - swallowed.start()) - 1
        elif "<" in value and "\n" in value:  # no quote at all up to some later line
            value, at = value.splitlines()[0], match.start(2) + value.index("\n") if match[2] is not None else at
        pairs.append((match[1], _REFERENCE.sub(lambda m: unescape(m[0]), value)))
    return _lowered(pairs), at, True


# Writing


def write_opml(rows: Iterable[Subscription], title: str, now: datetime) -> str:
    """An OPML 2.0 document, sections as folders in the order in which they first occur; no logins, no state."""
    from email.utils import format_datetime

    root = _Folder()
    for row in rows:
        folder = root
        for step in path_of(row.section) if row.section else ():
            folder = folder.folders.setdefault(step, _Folder())
        folder.members.append(row)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:broadsheet="{_NAMESPACE}">',
        f"<head><title>{escape(title)}</title><dateCreated>{format_datetime(now)}</dateCreated></head>",
        "<body>",
    ]
    return "\n".join([*lines, *root.lines(""), "</body>", "</opml>", ""])


class _Folder(Struct):
    """A section with its sources and the sections within it."""

    members: list[Subscription] = []
    folders: dict[str, _Folder] = {}

    def lines(self, margin: str) -> Iterator[str]:
        """What stands in it; no deeper than names are long."""
        yield from (f"{margin}{_outline(member)}" for member in self.members)
        for name, folder in self.folders.items():
            yield f'{margin}<outline text="{escape(name)}" title="{escape(name)}">'
            yield from folder.lines(f"{margin}  ")
            yield f"{margin}</outline>"


def _outline(row: Subscription) -> str:
    """A feed as subscription lists have it; what is no feed as a link, which other programs leave alone."""
    name, address = escape(row.title), escape(row.url)
    home = f' htmlUrl="{escape(row.home_url)}"' if row.home_url else ""
    if row.kind in ("feed", KIND):  # what a sync server follows is a feed to everybody else
        return f'<outline type="rss" text="{name}" title="{name}" xmlUrl="{address}"{home}/>'
    kind = escape(row.kind)
    return f'<outline type="link" text="{name}" title="{name}" url="{address}"{home} broadsheet:kind="{kind}"/>'
