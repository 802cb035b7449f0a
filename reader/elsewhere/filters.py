"""newsboat's filter language -> our language of searches, where both can say the same.

    unread = "yes" and tags # "news"        is:unread section:news
    title =~ "linux|bsd" or flags # "s"     (title:linux* OR title:bsd*) OR tag:flag-s
    age < 7                                 since:7d

What newsboat compares as a regular expression is taken when it is plain words with `|` between; words are then found at
their beginnings, not in their middle.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from reader.elsewhere.found import flag_tag
from reader.text import SafeText, safe_text

MAX_QUERY = 500
MAX_TERMS = 60
_TOKEN = re.compile(r"""\s*(?:([()])|(and|or)\b|([a-z_]+)\s*(=~|!~|==|!=|<=|>=|!\#|[=<>\#]|between\b)\s*
    (?:"((?:[^"\\]|\\.)*)"|(-?\d+:-?\d+|-?\d+)))""", re.X)  # fmt: skip
_PLAIN = re.compile(r"[\w\s.,:;'’&/@%-]+(?:\|[\w\s.,:;'’&/@%-]+)*")
_WORD = re.compile(r"\w+")
_TEXTS = {"title": "title:", "author": "by:", "content": "", "feedtitle": "source:"}


class Inexpressible(Exception):  # noqa: N818 - it is no error, but what it says
    """`str()` says what in the filter has no like."""


def as_query(expression: str, sections: Collection[str]) -> SafeText:
    """The filter in our language; `sections` are the tags that became sections. Raises Inexpressible."""
    reader = _Reader(expression, sections)
    query = reader.whole()
    if len(query) > MAX_QUERY or reader.terms > MAX_TERMS or safe_text(query, MAX_QUERY) != query:
        raise Inexpressible("it is too long.")
    return SafeText(query)


class _Reader:
    """newsboat gives `and` and `or` the same weight, from left to right."""

    def __init__(self, expression: str, sections: Collection[str]) -> None:
        self.tokens = list(_tokens(expression))
        self.at = 0
        self.terms = 0
        self.depth = 0
        self.sections = sections

    def whole(self) -> str:
        query, _ = self.chain()
        if self.at < len(self.tokens):
            raise Inexpressible("it cannot be read.")
        return query

    def chain(self) -> tuple[str, str]:
        """The query, and the word that joins its parts ("" for a single one)."""
        query, joined_by = self.one()
        while self.at < len(self.tokens) and (word := self.tokens[self.at][2]):
            self.at += 1
            other, its = self.one()
            left = f"({query})" if joined_by not in ("", word) else query
            right = f"({other})" if its not in ("", word) else other
            query, joined_by = f"{left} OR {right}" if word == "or" else f"{left} {right}", word
        return query, joined_by

    def one(self) -> tuple[str, str]:
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        self.at += 1
        if token and token[1] == "(" and self.depth < 20:
            self.depth += 1
            inner = self.chain()
            closing = self.tokens[self.at] if self.at < len(self.tokens) else None
            if closing is None or closing[1] != ")":
                raise Inexpressible("a parenthesis is not closed.")
            self.at += 1
            self.depth -= 1
            return inner
        if token is None or not token[3]:
            raise Inexpressible("it cannot be read.")
        self.terms += 1
        value = re.sub(r"\\(.)", r"\1", token[5]) if token[5] is not None else token[6]
        return _comparison(token[3], token[4], value, self.sections)


def _tokens(expression: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(expression.rstrip()):
        if not (token := _TOKEN.match(expression, at)):
            raise Inexpressible("it cannot be read.")
        yield token
        at = token.end()


def _comparison(name: str, operator: str, value: str, sections: Collection[str]) -> tuple[str, str]:
    """One condition; and "or" when it is several with OR between."""
    no = "-" if operator.startswith("!") else ""
    if name == "unread" and operator in ("=", "==", "!="):
        return ("is:unread" if (value == "yes") != bool(no) else "is:read"), ""
    if name == "age":
        return _age(operator, value), ""
    if name == "flags":
        return _flags(operator, value), ""
    if name == "tags" and operator in ("#", "!#"):
        if value not in sections:
            raise Inexpressible(f"the tag “{value}” is no section here.")
        return f"{no}section:{_quoted(value)}", ""
    if name in _TEXTS and operator in ("=~", "!~"):
        return _words(_TEXTS[name], no, value)
    if name in ("feedtitle", "author") and operator in ("=", "==", "!="):
        return f"{no}{_TEXTS[name]}{_quoted(value)}", ""
    raise Inexpressible(f"“{name} {operator}” cannot be asked.")


def _words(prefix: str, no: str, value: str) -> tuple[str, str]:
    if not _PLAIN.fullmatch(value):
        raise Inexpressible(f"“{value}” is a regular expression.")
    star = "" if prefix == "source:" else "*"
    each = [f"{prefix}{_quoted(part.strip())}{star}" for part in value.split("|")]
    if len(each) == 1:
        return no + each[0], ""
    return (f"-({' OR '.join(each)})", "") if no else (" OR ".join(each), "or")


def _quoted(text: str) -> str:
    if not any(character.isalnum() for character in text) or '"' in text:
        raise Inexpressible(f"“{text}” holds no word.")
    return text if _WORD.fullmatch(text) and text not in ("OR", "AND") else f'"{text}"'


def _flags(operator: str, value: str) -> str:
    """Any flag is a star here, and each one a tag."""
    no = "-" if operator in ("=", "==", "!~", "!#") else ""
    if (value == "" and operator in ("=", "==", "!=")) or (value in (".", ".+") and operator in ("=~", "!~")):
        return f"{no}is:starred"
    if len(value) == 1 and value.isascii() and value.isalpha() and operator in ("=~", "!~", "#", "!#"):
        return f"{no}tag:{flag_tag(value)}"
    raise Inexpressible(f"“flags {operator} {value}” cannot be asked.")


def _age(operator: str, value: str) -> str:
    """Whole days, rounded down: an age of 0 is less than a day."""
    low, _, high = value.partition(":")
    days = int(low) if re.fullmatch(r"\d{1,3}", low) else -1
    if days >= 0:
        match operator:
            case "<":
                return f"since:{days}d"
            case "<=":
                return f"since:{days + 1}d"
            case ">":
                return f"before:{days + 1}d"
            case ">=":
                return f"before:{days}d"
            case "=" | "==":
                return f"since:{days + 1}d before:{days}d"
            case "between" if re.fullmatch(r"\d{1,3}", high):
                return f"since:{int(high) + 1}d" + (f" before:{days}d" if days else "")
    raise Inexpressible(f"“age {operator} {value}” cannot be asked.")
