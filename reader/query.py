"""The language of searches, rules and filters: text -> tree. Pure; the store makes conditions of a tree.

    harbour bridge              both words, anywhere
    "harbour bridge"            next to each other
    harb*                       words that begin so
    -ferry                      without it
    harbour OR port             either; (…) groups
    title:bridge  by:smith      in the headline, in the byline
    source:gazette  section:world  tag:later  lang:en
    is:unread  is:read  is:starred  is:later  is:updated  is:watched  is:muted
    since:2w  since:2026-01-01  since:today  before:3d

Whatever is typed becomes a tree or a QueryError, which says where in the query it is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from msgspec import Struct

from reader.errors import QueryError
from reader.patterns import late
from reader.text import safe_text

MAX_CHARACTERS = 1_000
MAX_TERMS = 60
MAX_DEPTH = 30
STATES = ("unread", "read", "starred", "later", "updated", "watched", "muted")
_TEXT_FIELDS = {"title": "title", "by": "authors"}
_NAME_FIELDS = ("source", "section", "tag", "lang")
_TIME_FIELDS = ("since", "before")
FIELDS = (*_TEXT_FIELDS, *_NAME_FIELDS, "is", *_TIME_FIELDS)

_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_SPACELESS += "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
SPACELESS_RUN = late(f"[{_SPACELESS}]+")
_ODD = late(f"[{_SPACELESS}\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\uff00-\uffef]")
PIECE = late(f"[{_SPACELESS}]+|[^{_SPACELESS}]+")
_MARKS = late("[\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]+")
_WIDE_FORMS = late("[\uff00-\uffef]+")


# Text as the index holds it


def fold(text: str) -> str:
    """Text as it is indexed: full-width forms made plain, vowel points left out, spaceless scripts cut in pairs."""
    if text.isascii() or not _ODD.search(text):
        return text
    return SPACELESS_RUN.sub(_pairs, plain(text))


def plain(text: str) -> str:
    """Full-width forms made plain, vowel points left out."""
    if _WIDE_FORMS.search(text):
        import unicodedata

        text = unicodedata.normalize("NFKC", text)
    return _MARKS.sub("", text)


def _pairs(run: re.Match[str]) -> str:
    """日本語 -> 日本 本語 語: any two characters in a row are one word, and so is the last."""
    characters = run[0]
    return f" {' '.join(characters[at : at + 2] for at in range(len(characters)))} "


WHATEVER = "(is:muted OR -is:muted)"
"""Added to a query: what is muted is looked at too."""


# The tree


class Words(Struct, frozen=True):
    """A word, a phrase, or the beginning of a word."""

    text: str
    prefix: bool = False
    column: str = ""
    """Of the search index; "" for all."""


class Condition(Struct, frozen=True):
    """A field that is no text: its name and what was written after the colon."""

    field: str
    value: str | timedelta | date


class Not(Struct, frozen=True):
    """Without it."""

    part: Node


class And(Struct, frozen=True):
    """All of them."""

    parts: tuple[Node, ...]


class Or(Struct, frozen=True):
    """At least one of them."""

    parts: tuple[Node, ...]


Node = Words | Condition | Not | And | Or


def leaves(node: Node) -> Iterator[Words | Condition]:
    """Its words and fields, in the order in which they were written."""
    if isinstance(node, Not):
        yield from leaves(node.part)
    elif isinstance(node, (And, Or)):
        for part in node.parts:
            yield from leaves(part)
    else:
        yield node


def demanded(node: Node) -> tuple[Node, ...]:
    """The parts that have to hold together."""
    return node.parts if isinstance(node, And) else (node,)


# Reading

_TOKEN = late(r'\s*(?:(?P<open>\()|(?P<close>\))|(?P<minus>-+(?=[^\s-]))|(?P<quote>")|(?P<word>[^\s()"]+))')
_NO_TEXT = late("[\x00\ud800-\udfff]")  # the second is what a shell's bytes become that are no UTF-8
_FIELD = late(r"([A-Za-z]+):(?!//)(.*)", re.S)


def parse(query: str) -> Node:
    """The tree of a query.

    Raises:
        QueryError: with the position and a sentence.
    """
    if len(query) > MAX_CHARACTERS:
        raise QueryError(f"A search may have {MAX_CHARACTERS} characters; this one has {len(query)}.", MAX_CHARACTERS)
    if wrong := _NO_TEXT.search(query):
        raise QueryError("A search is made of printable characters.", wrong.start())
    return _Parser(query).whole()


class _Parser:
    """Recursive descent; `at` is where the next token begins."""

    def __init__(self, query: str) -> None:
        self.query = query
        self.at = 0
        self.terms = 0
        self.depth = 0

    def whole(self) -> Node:
        if not self.query.strip():
            raise QueryError("There is nothing to search for.", 0)
        node = self.either()
        if token := self.peek():
            raise QueryError("This closing parenthesis has no opening one.", token.start("close"))
        return node

    def peek(self) -> re.Match[str] | None:
        return _TOKEN.match(self.query, self.at)

    def either(self) -> Node:
        parts = [self.all_of()]
        while (token := self.peek()) and token["word"] == "OR":
            at = token.start("word")
            self.at = token.end()
            following = self.peek()
            if following is None or following["close"]:
                raise QueryError("After OR there is something missing.", len(self.query) if following is None else at)
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def all_of(self) -> Node:
        parts = []
        while (token := self.peek()) and not token["close"] and token["word"] != "OR":
            if token["word"] == "AND":
                self.at = token.end()
                continue
            parts.append(self.one(token))
        if not parts:
            token = self.peek()
            at = token.end() - 1 if token else len(self.query)
            raise QueryError("Here a word is missing.", at)
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def one(self, token: re.Match[str]) -> Node:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise QueryError(f"A search may have {MAX_TERMS} parts.", token.end() - 1)
        self.at = token.end()
        if token["minus"]:
            following = self.peek()
            if following is None or following["close"] or following["word"] in ("OR", "AND"):
                raise QueryError("After the minus there is something missing.", self.at)
            part = self.deeper(token.start("minus"), following)
            return Not(part) if len(token["minus"]) % 2 else part
        if token["open"]:
            return self.group(token.start("open"))
        if token["quote"]:
            return self.phrase(token.start("quote"), "")
        return self.word(token.start("word"), token["word"])

    def deeper(self, at: int, token: re.Match[str] | None) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise QueryError("This is nested too deeply.", at)
        node = self.one(token) if token else self.either()
        self.depth -= 1
        return node

    def group(self, at: int) -> Node:
        node = self.deeper(at, None)
        token = self.peek()
        if token is None or not token["close"]:
            raise QueryError("This parenthesis is not closed.", at)
        self.at = token.end()
        return node

    def phrase(self, at: int, column: str) -> Words:
        """What stands in quotes; `self.at` is just after the first. An asterisk behind them makes it a beginning."""
        text, end = self.quoted(at)
        prefix = self.query[end : end + 1] == "*"
        self.at = end + prefix
        return _words(text, at, prefix=prefix, column=column)

    def quoted(self, at: int) -> tuple[str, int]:
        end = self.query.find('"', self.at)
        if end < 0:
            raise QueryError("This quotation mark is not closed.", at)
        return self.query[self.at : end], end + 1

    def word(self, at: int, text: str) -> Node:
        field = _FIELD.fullmatch(text)
        if field is None:
            return _words(text.rstrip("*"), at, prefix=text.endswith("*"))
        name, value = field[1].lower(), field[2]
        if name not in FIELDS:
            raise QueryError(f"There is no field “{name}”. There are: {', '.join(FIELDS)}.", at)
        value_at = at + len(name) + 1
        if value:
            if name in _TEXT_FIELDS:
                column = _TEXT_FIELDS[name]
                return _words(value.rstrip("*"), value_at, prefix=value.endswith("*"), column=column)
            return Condition(name, _value(name, value, value_at))
        if self.query[self.at : self.at + 1] != '"':
            raise QueryError(f"After “{name}:” there is something missing.", value_at)
        self.at += 1
        if name in _TEXT_FIELDS:
            return self.phrase(value_at, _TEXT_FIELDS[name])
        text, self.at = self.quoted(value_at)
        if not text.strip():
            raise QueryError(f"After “{name}:” there is something missing.", value_at)
        return Condition(name, _value(name, text.strip(), value_at))


def _words(text: str, at: int, *, prefix: bool = False, column: str = "") -> Words:
    if not any(character.isalnum() for character in plain(text)):
        raise QueryError(f"In “{safe_text(text, 40)}” there is no letter and no digit to search for.", at)
    return Words(text, prefix, column)


_AGO = late(r"(\d{1,4})([hdwmy])")
_UNITS = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "m": timedelta(days=30),
    "y": timedelta(days=365),
}


def _value(field: str, value: str, at: int) -> str | timedelta | date:
    if field == "is":
        if value.lower() not in STATES:
            raise QueryError(f"A story is one of: {', '.join(STATES)}; not “{safe_text(value, 40)}”.", at)
        return value.lower()
    if field not in _TIME_FIELDS:
        return value
    if value.lower() in ("today", "yesterday"):
        return timedelta(days=value.lower() == "yesterday", microseconds=1)
    if ago := _AGO.fullmatch(value.lower()):
        return int(ago[1]) * _UNITS[ago[2]]
    try:
        return date.fromisoformat(value if value.count("-") == 2 else f"{value}-01")
    except ValueError:
        raise QueryError(
            f"“{safe_text(value, 40)}” is no time. Write 3h, 2d, 2w, 6m, 1y, today, yesterday or 2026-01-31.", at
        ) from None
