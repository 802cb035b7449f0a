"""What a query asks of the database: conditions in SQL with bound values, and words as FTS5 expressions in quotes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from reader.query import PIECE, SPACELESS_RUN, And, Condition, Node, Not, Or, Words, demanded, leaves, plain

LISTED = "s.hidden = 0"
"""Of what is in lists at all, that which is neither muted, nor gone with its source, nor behind another telling."""
TOLD = "s.hidden & 3 = 0"
"""The same with all tellings: of one source, or of what the reader marked."""
_OWN = frozenset({"starred", "later", "watched"})
_STATES = {
    "unread": "s.read = 0",
    "read": "s.read = 1",
    "starred": "s.starred = 1",
    "later": "s.later = 1",
    "updated": "s.updated = 1",
    "watched": "s.watched = 1",
    "muted": "s.hidden = 1",
}


class Conditions(Struct, frozen=True):
    """What a tree asks of a row of states (alias s) and stories (alias t)."""

    match: str = ""
    """An FTS5 expression that all results fulfil; "" when there is none."""
    texts: tuple[Node, ...] = ()
    """What `match` was made of: what is to be there,"""
    absent: tuple[Not, ...] = ()
    """and what is not."""
    where: tuple[str, ...] = ()
    """SQL, all to hold."""
    values: tuple[str | int, ...] = ()
    """For the question marks of `where`, in order."""
    listed: str = LISTED
    """SQL: what may be in the list at all; a query that speaks of what is muted looks at that too.

    And one that asks for a source, a tag or a mark finds it on whichever telling it is.
    """
    states: frozenset[str] = frozenset()
    """Those that every result has; some have an index of their own."""
    tag: str = ""
    """One that every result has."""
    stories: bool = False
    """Whether `where` looks at the stories' table."""

    def spelled_out(self, completions: Completions) -> str:
        """`match` with whole words in place of beginnings: cheap however common they are."""
        return _expression(self.texts, self.absent, completions)


Completions = Callable[[str], Collection[str] | None]
"""Gives the words that have a beginning, other than it; None leaves it a beginning."""


def _none(_beginning: str) -> None:
    return None


INDEXED = "SELECT rowid FROM main.search WHERE search MATCH ?"
"""SQL for the ids that fulfil one FTS5 expression."""


def conditions(node: Node, now: datetime, hits: str = INDEXED, *, zone: tzinfo | None = None) -> Conditions:
    """What the tree means. `now` is aware; a day begins at midnight in `zone`, None being that of this machine.

    `hits` is the SQL that gives story ids for one FTS5 expression; each of its question marks is bound to that.
    """
    parts = demanded(node)
    texts = [part for part in parts if _match(part)]
    absent = [part for part in parts if isinstance(part, Not) and _match(part.part)] if texts else []
    where: list[str] = []
    values: list[str | int] = []
    for part in parts:
        if part not in texts and part not in absent:
            sql, bound = _Sql(now, zone, hits).of(part)
            where.append(sql)
            values += bound
    fields = [leaf for leaf in leaves(node) if isinstance(leaf, Condition)]
    asked = [part for part in parts if isinstance(part, Condition)]
    return Conditions(
        *(_expression(texts, absent, _none), tuple(texts), tuple(absent), tuple(where), tuple(values)),
        listed=_listed(fields, asked),
        states=frozenset(str(part.value) for part in asked if part.field == "is"),
        tag=next((str(part.value) for part in asked if part.field == "tag"), ""),
        stories=any(leaf.field == "lang" for leaf in fields),
    )


def _listed(fields: list[Condition], asked: list[Condition]) -> str:
    if any(leaf.field == "is" and leaf.value == "muted" for leaf in fields):
        return "s.hidden & 2 = 0"
    own = any(one.field in {"source", "tag"} or (one.field == "is" and one.value in _OWN) for one in asked)
    return TOLD if own else LISTED


def _expression(texts: Collection[Node], absent: Collection[Not], completions: Completions) -> str:
    """With all of these texts and none of those; "" for no texts, as FTS5 has no NOT of its own."""
    present = " AND ".join(_match(text, completions) for text in texts)
    return " NOT ".join((f"({present})" if absent else present, *(f"({_match(one.part)})" for one in absent)))


def _match(node: Node, completions: Completions = _none) -> str:
    """The node as one FTS5 expression (SQLite FTS5, section 3); "" when it is not about the presence of words only."""
    if isinstance(node, Words):
        return _phrases(node, completions)
    if isinstance(node, (And, Or)):
        texts = [_match(part, completions) for part in node.parts]
        glue = " AND " if isinstance(node, And) else " OR "
        return f"({glue.join(texts)})" if all(texts) else ""
    return ""


def _phrases(words: Words, completions: Completions) -> str:
    """In quotes, in which only a quotation mark has a meaning.

    The shorter a beginning, the more words have it, and FTS5 reads the entries of them all. So two letters or three
    count as a beginning in headlines only, and one not at all.
    """
    text = plain(words.text).replace('"', " ")
    pieces = [piece for piece in PIECE.findall(text) if any(character.isalnum() for character in piece)]
    quoted = [_quoted(piece) for piece in pieces]
    column, last = words.column, quoted[-1]
    if words.prefix and len(text) > 1 and not last.endswith("*"):
        found = completions(pieces[-1])
        begun = f"{last}*" if found is None else " OR ".join((last, *map(_quoted, found)))
        if len(text) > 3 or column or not text.isascii():
            quoted[-1] = begun if found is None else f"({begun})"
        elif found is None:
            quoted[-1] = f"({last} OR title:{begun})"
        else:
            quoted[-1] = f"({last} OR title:({begun}))"
    joined = " AND ".join(f"{column}:{piece}" if column else piece for piece in quoted)
    return f"({joined})" if len(quoted) > 1 else joined


def _quoted(piece: str) -> str:
    """One piece, of words or of a script without spaces; there a character alone is the beginning of pairs."""
    if not SPACELESS_RUN.fullmatch(piece):
        return f'"{piece}"'
    if len(piece) == 1:
        return f'"{piece}"*'
    return f'"{" ".join(piece[at : at + 2] for at in range(len(piece) - 1))}"'


class _Sql(Struct, frozen=True):
    """Makes SQL of trees, at one moment."""

    now: datetime
    zone: tzinfo | None
    hits: str

    def of(self, node: Node) -> tuple[str, list[str | int]]:
        """A condition, and the values of its question marks."""
        if match := _match(node):
            return f"s.story_id IN ({self.hits})", [match] * self.hits.count("?")
        if isinstance(node, Not):
            sql, values = self.of(node.part)
            return f"NOT ({sql})", values
        if isinstance(node, (And, Or)):
            each = [self.of(part) for part in node.parts]
            glue = " AND " if isinstance(node, And) else " OR "
            return f"({glue.join(sql for sql, _ in each)})", [value for _, values in each for value in values]
        assert isinstance(node, Condition)
        return self.condition(node)

    def condition(self, condition: Condition) -> tuple[str, list[str | int]]:
        field, value = condition.field, condition.value
        if isinstance(value, (timedelta, date)):
            return f"s.shown_at {'>=' if field == 'since' else '<'} ?", [self.moment(value)]
        if field == "is":
            return _STATES[value], []
        if field == "tag":
            return "s.story_id IN (SELECT story_id FROM tags WHERE tag = ?)", [value]
        if field == "lang":
            return "(t.language = ? OR t.language LIKE ? ESCAPE '\\')", [value.lower(), _like(value.lower()) + "-%"]
        if field == "section":
            return "s.section_id IN (SELECT id FROM sections WHERE contains(name, ?))", [value]
        named = "SELECT id FROM subscriptions WHERE contains(name, ?) OR contains(host, ?)"
        return f"s.source_id IN ({named})", [value, value]

    def moment(self, value: timedelta | date) -> int:
        """Unix seconds. A day (`today` is days and a microsecond ago) begins by the clock as it went on that day."""
        try:
            if isinstance(value, timedelta) and not value.microseconds:
                return int((self.now - value).timestamp())
            today = self.now.astimezone(self.zone).date()
            day = today - timedelta(days=value.days) if isinstance(value, timedelta) else value
            return int(datetime.combine(day, time(), self.zone).timestamp())
        except (OverflowError, ValueError, OSError):
            return 0


def _like(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)
