"""The language of searches: text -> tree -> conditions in SQL with bound values.

    harbour bridge              both words, anywhere
    "harbour bridge"            next to each other
    harb*                       words that begin so
    -ferry                      without it
    harbour OR port             either; (…) groups
    title:bridge  by:smith      in the headline, in the byline
    source:gazette  section:world  tag:later  lang:en
    is:unread  is:read  is:starred  is:later  is:updated
    since:2w  since:2026-01-01  since:today  before:3d

Whatever is typed becomes a tree or a QueryError; values reach SQLite as bound parameters, words reach FTS5 in quotes.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from msgspec import Struct

from reader.errors import QueryError
from reader.patterns import late

MAX_CHARACTERS = 1_000
MAX_TERMS = 60
MAX_DEPTH = 30
STATES = {
    "unread": "s.read = 0",
    "read": "s.read = 1",
    "starred": "s.starred = 1",
    "later": "s.later = 1",
    "updated": "s.updated = 1",
}
_TEXT_FIELDS = {"title": "title", "by": "authors"}
_NAME_FIELDS = ("source", "section", "tag", "lang")
_TIME_FIELDS = ("since", "before")
FIELDS = (*_TEXT_FIELDS, *_NAME_FIELDS, "is", *_TIME_FIELDS)

_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_SPACELESS += "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = late(f"[{_SPACELESS}]+")
_ODD = late(f"[{_SPACELESS}\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\uff00-\uffef]")
_PIECE = late(f"[{_SPACELESS}]+|[^{_SPACELESS}]+")
_MARKS = late("[\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]+")
_WIDE_FORMS = late("[\uff00-\uffef]+")


# Text as the index holds it


def fold(text: str) -> str:
    """Text as it is indexed: full-width forms made plain, vowel points left out, spaceless scripts cut in pairs."""
    if text.isascii() or not _ODD.search(text):
        return text
    return _RUN.sub(_pairs, _plain(text))


def _plain(text: str) -> str:
    if _WIDE_FORMS.search(text):
        import unicodedata

        text = unicodedata.normalize("NFKC", text)
    return _MARKS.sub("", text)


def _pairs(run: re.Match[str]) -> str:
    """日本語 -> 日本 本語 語: any two characters in a row are one word, and so is the last."""
    characters = run[0]
    return f" {' '.join(characters[at : at + 2] for at in range(len(characters)))} "


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


# Reading

_TOKEN = late(r'\s*(?:(?P<open>\()|(?P<close>\))|(?P<minus>-+(?=[^\s-]))|(?P<quote>")|(?P<word>[^\s()"]+))')
_FIELD = late(r"([A-Za-z]+):(?!//)(.*)", re.S)


def parse(query: str) -> Node:
    """The tree of a query.

    Raises:
        QueryError: with the position and a sentence.
    """
    if len(query) > MAX_CHARACTERS:
        raise QueryError(f"A search may have {MAX_CHARACTERS} characters; this one has {len(query)}.", MAX_CHARACTERS)
    if "\x00" in query:
        raise QueryError("A search is made of printable characters.", query.index("\x00"))
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
    if not any(character.isalnum() for character in _plain(text)):
        raise QueryError(f"In “{text[:40]}” there is no letter and no digit to search for.", at)
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
            raise QueryError(f"A story is one of: {', '.join(STATES)}; not “{value[:40]}”.", at)
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
            f"“{value[:40]}” is no time. Write 3h, 2d, 2w, 6m, 1y, today, yesterday or 2026-01-31.", at
        ) from None


# Conditions


class Conditions(Struct, frozen=True):
    """What a tree asks of a row of states (alias s) and stories (alias t)."""

    match: str = ""
    """An FTS5 expression that all results fulfil; "" when there is none."""
    exact: str = ""
    """The same with whole words in place of beginnings: stricter, and cheap however common they are."""
    where: tuple[str, ...] = ()
    """SQL, all to hold."""
    values: tuple[str | int, ...] = ()
    """For the question marks of `where`, in order."""


def conditions(node: Node, now: datetime, hits: str = "SELECT rowid FROM search WHERE search MATCH ?") -> Conditions:
    """What the tree means. `now` is aware; its time zone is the one in which a day begins.

    `hits` is the SQL that gives story ids for one FTS5 expression; each of its question marks is bound to that.
    """
    parts = node.parts if isinstance(node, And) else (node,)
    texts = [part for part in parts if _match(part)]
    where: list[str] = []
    values: list[str | int] = []
    for part in parts:
        if part not in texts:
            sql, bound = _sql(part, now, hits)
            where.append(sql)
            values += bound
    match, exact = (" AND ".join(_match(text, exact=exact) for text in texts) for exact in (False, True))
    return Conditions(match, exact, tuple(where), tuple(values))


def _match(node: Node, *, exact: bool = False) -> str:
    """The node as one FTS5 expression (SQLite FTS5, section 3); "" when it is not about the presence of words only."""
    if isinstance(node, Words):
        return _phrases(node, exact=exact)
    if isinstance(node, (And, Or)):
        texts = [_match(part, exact=exact) for part in node.parts]
        glue = " AND " if isinstance(node, And) else " OR "
        return f"({glue.join(texts)})" if all(texts) else ""
    return ""


def _phrases(words: Words, *, exact: bool) -> str:
    """In quotes, in which only a quotation mark has a meaning.

    The shorter a beginning, the more words have it, and FTS5 reads the entries of them all. So two letters or three
    count as a beginning in headlines only, and one not at all.
    """
    text = _plain(words.text).replace('"', " ")
    pieces = [piece for piece in _PIECE.findall(text) if any(character.isalnum() for character in piece)]
    quoted = [_quoted(piece) for piece in pieces]
    column, last = words.column, quoted[-1]
    if words.prefix and not exact and len(text) > 1 and not last.endswith("*"):
        if len(text) > 3 or column or not text.isascii():
            quoted[-1] += "*"
        else:
            quoted[-1] = f"({last} OR title:{last}*)"
    joined = " AND ".join(f"{column}:{piece}" if column else piece for piece in quoted)
    return f"({joined})" if len(quoted) > 1 else joined


def _quoted(piece: str) -> str:
    """One piece, of words or of a script without spaces; there a character alone is the beginning of pairs."""
    if not _RUN.fullmatch(piece):
        return f'"{piece}"'
    if len(piece) == 1:
        return f'"{piece}"*'
    return f'"{" ".join(piece[at : at + 2] for at in range(len(piece) - 1))}"'


def _sql(node: Node, now: datetime, hits: str) -> tuple[str, list[str | int]]:
    if match := _match(node):
        return f"s.story_id IN ({hits})", [match] * hits.count("?")
    if isinstance(node, Not):
        sql, values = _sql(node.part, now, hits)
        return f"NOT ({sql})", values
    if isinstance(node, (And, Or)):
        each = [_sql(part, now, hits) for part in node.parts]
        glue = " AND " if isinstance(node, And) else " OR "
        return f"({glue.join(sql for sql, _ in each)})", [value for _, values in each for value in values]
    assert isinstance(node, Condition)
    return _condition(node, now)


def _condition(condition: Condition, now: datetime) -> tuple[str, list[str | int]]:
    field, value = condition.field, condition.value
    if isinstance(value, (timedelta, date)):
        moment = _moment(value, now)
        return f"s.shown_at {'>=' if field == 'since' else '<'} ?", [moment]
    if field == "is":
        return STATES[value], []
    if field == "tag":
        return "s.story_id IN (SELECT story_id FROM tags WHERE tag = ?)", [value]
    if field == "lang":
        return "(t.language = ? OR t.language LIKE ? ESCAPE '\\')", [value.lower(), _like(value.lower()) + "-%"]
    if field == "section":
        return "s.section_id IN (SELECT id FROM sections WHERE contains(name, ?))", [value]
    return "s.source_id IN (SELECT id FROM subscriptions WHERE contains(name, ?) OR contains(host, ?))", [value, value]


def _like(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _moment(value: timedelta | date, now: datetime) -> int:
    """Unix seconds. A day begins where `now` is; `today` is a whole number of days and a microsecond ago."""
    if isinstance(value, timedelta) and not value.microseconds:
        try:
            return int((now - value).timestamp())
        except OverflowError:
            return 0
    day = now.date() - timedelta(days=value.days) if isinstance(value, timedelta) else value
    try:
        return int(datetime(day.year, day.month, day.day, tzinfo=now.tzinfo).timestamp())
    except (OverflowError, ValueError):
        return 0
