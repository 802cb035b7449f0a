"""newsboat's `urls` file, and any list of addresses: an address a line, with tags, a `~title`, a `!` for hidden ones.

Lines that would have newsboat run a program (`exec:`, `filter:`) are told of and nothing else is done with them. A
`query:` line becomes a saved search where our language can say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct, field

from reader.elsewhere.filters import Inexpressible, as_query
from reader.elsewhere.found import MAX_REJECTED, UNKNOWN, Found
from reader.errors import ParseError
from reader.model import SearchLine, Subscription
from reader.opml import address_and_login, one_line
from reader.text import SafeText, safe_text

MAX_LINES = 50_000
_LINE = 4_000
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_ESCAPED = re.compile(r"\\(.)")
_PROGRAMS = ("exec:", "filter:")


class _List(Struct):
    """What has been read so far."""

    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    tags: dict[str, list[bool]] = field(default_factory=dict)
    """Of each tag, for each of its feeds: whether the tag is the feed's section here."""
    queries: list[tuple[str, str]] = field(default_factory=list)
    hidden: int = 0
    more_tags: int = 0
    programs: list[SafeText] = field(default_factory=list)
    noise: list[SafeText] = field(default_factory=list)


def read_urls(text: str) -> Found:
    """What a list holds. Raises ParseError where most of it is no list."""
    read = _List()
    for line in _lines(text):
        _take(read, line)
    known = len(read.subscriptions) + len(read.queries) + len(read.programs)
    if not known or len(read.noise) > 10 + 5 * known:
        raise ParseError(UNKNOWN)
    searches, unsaid = _searches(read)
    rejected = (*read.noise, *read.programs, *unsaid)[:MAX_REJECTED]
    is_newsboat = read.queries or read.programs or read.tags
    what = "newsboat's list of feeds" if is_newsboat else "a list of addresses"
    return Found(safe_text(what), tuple(read.subscriptions.values()), (), searches, tuple(_notes(read)), rejected)


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines()[:MAX_LINES]:
        if (line := line.strip()) and not line.startswith("#"):
            yield line[:_LINE]


def _take(read: _List, line: str) -> None:
    given, *tags = (
        _ESCAPED.sub(r"\1", match[1]) if match[1] is not None else match[2] for match in _TOKEN.finditer(line)
    )
    if given.startswith("query:"):
        name, colon, expression = given[6:].partition(":")
        if colon:
            read.queries.append((name, expression))
            return
    if given.startswith(_PROGRAMS):
        what = "is a program's output" if given.startswith("exec:") else "goes through a program"
        read.programs.append(safe_text(f"This feed {what}, and nothing that is imported is ever run: {given}", 300))
        return
    url, login = address_and_login(given)
    if not url or "." not in given:
        read.noise.append(safe_text(f"This line holds no address that can be followed: {line}", 300))
        return
    title = next((tag[1:] for tag in tags if tag.startswith("~")), "")
    named = [tag for tag in tags if tag and not tag.startswith(("~", "!"))]
    read.hidden += any(tag.startswith("!") for tag in tags)
    read.more_tags += len(named) > 1
    for tag in named:
        read.tags.setdefault(tag, []).append(tag == named[0])
    section = one_line(named[0] if named else "", 100)
    read.subscriptions.setdefault(url, Subscription(0, "feed", url, one_line(title), section=section, login=login))


def _searches(read: _List) -> tuple[tuple[SearchLine, ...], list[SafeText]]:
    """The queries that can be said in our language, and a sentence for each of the others."""
    sections = {tag for tag, first in read.tags.items() if all(first)}
    said, unsaid = [], []
    for name, expression in read.queries:
        try:
            said.append(SearchLine(safe_text(name, 60) or SafeText("Search"), as_query(expression, sections)))
        except Inexpressible as reason:
            unsaid.append(safe_text(f"The query feed “{name}” has no like here: {reason}", 300))
    return tuple(said), unsaid


def _notes(read: _List) -> Iterator[SafeText]:
    if read.more_tags:
        feeds = f"{read.more_tags} feeds have" if read.more_tags > 1 else "1 feed has"
        yield safe_text(f"{feeds} several tags; the first of them became the section, the others have no like here.")
    if read.hidden:
        feeds = f"{read.hidden} hidden feeds are" if read.hidden > 1 else "1 hidden feed is"
        yield safe_text(f"{feeds} followed like any other.")
