"""How the reader's tags are spelled: as each first was, whatever the case in which it is named later.

SQLite's NOCASE, by which the table is indexed, knows the case of ASCII letters only. So a name is looked up here before
it is written or asked for, by Unicode's rule, which is the interface's too.
"""

from __future__ import annotations

import apsw
from msgspec.structs import replace

from reader.query import And, Condition, Node, Not, Or
from reader.store.rows import maybe, text
from reader.text import SafeText

_EACH = """WITH RECURSIVE each_of (tag) AS (
    SELECT min(tag) FROM tags
    UNION ALL SELECT (SELECT min(tag) FROM tags WHERE tag > each_of.tag) FROM each_of WHERE tag IS NOT NULL
) SELECT tag FROM each_of WHERE tag IS NOT NULL"""
"""Every tag once, from one to the next along the index: the cost is that of the tags, not of what has them."""


def spelling(db: apsw.Connection, name: SafeText) -> SafeText:
    """The tag of that name as it is spelled here; the name itself where there is none."""
    if known := maybe(db, "SELECT tag FROM tags WHERE tag = ? LIMIT 1", (name,)):
        return text(known[0])
    folded = name.casefold()
    return next((tag for (one,) in db.execute(_EACH) if (tag := text(one)).casefold() == folded), name)


def as_spelled(db: apsw.Connection, node: Node) -> Node:
    """A query with its tags as they are spelled here."""
    if isinstance(node, Condition):
        return replace(node, value=spelling(db, SafeText(str(node.value)))) if node.field == "tag" else node
    if isinstance(node, Not):
        return Not(as_spelled(db, node.part))
    if isinstance(node, (And, Or)):
        return type(node)(tuple(as_spelled(db, part) for part in node.parts))
    return node
