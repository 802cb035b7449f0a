"""What a visit to a source writes: arrivals, edits and the versions they replace, and the keys of stories."""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import apsw

from reader.model import Item, Rule, TextKind, Told
from reader.store import subscriptions, twins
from reader.store.changes import Arrival, Changes, Edit, KnownStory, Written
from reader.store.rows import (
    TEXT_KINDS,
    every,
    maybe,
    number,
    numbers,
    one,
    pack,
    pack_media,
    text_kind,
    to_seconds,
    url_number,
)
from reader.store.stories import EXCERPT, add_url, fill_from_article
from reader.store.subscriptions import section_id
from reader.text import EMPTY, SafeText, excerpt, without_marks

MAX_KEYS = 12
"""A story whose publisher renames it each day is still found by the first keys; more would grow without bound."""
MAX_REVISIONS = 20
"""The newest ones are kept."""
LOST = 0
"""The item_hash of a story of which something was lost with a damaged file: its publisher's next word completes it."""


def known(db: apsw.Connection, source_id: int, keys: Collection[int]) -> dict[int, KnownStory]:
    """Which of these keys lead to a story, and what is to be known of it."""
    rows = db.execute(
        """SELECT i.key, i.story_id, t.item_hash, t.text_kind FROM json_each(?) AS k
        CROSS JOIN identities AS i ON i.source_id = ? AND i.key = k.value
        LEFT JOIN stories AS t ON t.id = i.story_id""",
        (numbers(keys), source_id),
    )
    return {
        key: KnownStory(number(story_id), number(item_hash or 0), TextKind.FULL if kind is None else text_kind(kind))
        for key, story_id, item_hash, kind in rows
    }


# A visit's changes


def apply(db: apsw.Connection, changes: Changes, rules: Sequence[Rule] = ()) -> Written:
    """Write a visit down, and do with what is new what the rules say."""
    subscriptions.get(db, changes.source_id)
    subscriptions.record_visit(db, changes)  # First, as where a source is at home says which pages are its own.
    new = add(db, changes)
    if changes.met:
        from reader.store.server import meet

        meet(db, changes.source_id, changes.met)  # before the rules: the server is to know what they do
    told: tuple[Told, ...] = ()
    if rules:
        from reader.store.rules import apply as apply_rules

        told = apply_rules(db, rules, new, changes.now)
    updated = sum(_change(db, changes, edit) for edit in changes.edits)
    twins.meet(db, {url_number(edit.item.url) for edit in changes.edits if edit.item.url}, changes.now)
    for key, story_id in changes.keys:
        _add_keys(db, changes.source_id, story_id, (key,))
    (shown,) = one(
        db,
        "SELECT count(*) FROM json_each(?) JOIN states ON story_id = value WHERE hidden = 0",
        (numbers(new),),
    )
    return Written(number(shown), updated, (*told, *_watched(db, changes.edits)))


def _watched(db: apsw.Connection, edits: Iterable[Edit]) -> tuple[Told, ...]:
    """Of what was revised, that which the reader watches."""
    revised = numbers(edit.story_id for edit in edits if edit.revised)
    rows = every(
        db,
        """SELECT story_id FROM json_each(?) CROSS JOIN states ON story_id = value
        WHERE watched = 1 AND hidden & 3 = 0 AND shown_at IS NOT NULL ORDER BY shown_at DESC, story_id DESC""",
        (revised,),
    )
    if not rows:
        return ()
    from reader.store.rules import telling

    return (telling(db, None, [number(story_id) for (story_id,) in rows]),)


def add(db: apsw.Connection, changes: Changes) -> list[int]:
    """Add what is new, table by table; the ids. Another program may have been quicker with some of it."""
    source_id, now = changes.source_id, to_seconds(changes.now)
    met = {key: story.id for key, story in known(db, source_id, _all_keys(changes.arrivals)).items()}
    sections: dict[SafeText, int] = {}
    added: list[tuple[int, Arrival]] = []
    story_id = last_id = newest_id(db)
    for arrival in changes.arrivals:
        if twin := next((met[key] for key in arrival.keys if key in met), None):
            if twin <= last_id:  # One of this very visit is written below.
                _add_keys(db, source_id, twin, arrival.keys)
            continue
        story_id += 1
        met.update(dict.fromkeys(arrival.keys, story_id))
        if arrival.section not in sections:
            sections[arrival.section] = section_id(db, arrival.section)
        added.append((story_id, arrival))
    read = _taken_from_elsewhere(db, source_id, _all_keys(new for _, new in added))
    db.executemany(
        """INSERT INTO states (story_id, source_id, section_id, shown_at, key_count, read, changed_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, iif(?6, ?7, NULL))""",
        [
            (
                *(one, source_id, sections[new.section], to_seconds(new.shown_at), len(new.keys[:MAX_KEYS])),
                *(not read.isdisjoint(new.keys), now),
            )
            for one, new in added
        ],
    )
    add_items(db, [(one, new.item, new.item_hash, new.words) for one, new in added], now or 0)
    bodies = [(one, pack(new.item.markdown)) for one, new in added if new.item.markdown]
    db.executemany("INSERT INTO texts (story_id, body) VALUES (?, ?)", bodies)
    keys = [(source_id, key, one) for one, new in added for key in new.keys[:MAX_KEYS]]
    db.executemany("INSERT OR IGNORE INTO identities VALUES (?, ?, ?)", keys)
    db.executemany("INSERT INTO pending VALUES (?, 0)", [(one,) for one, _ in added])
    _meet(db, added, changes.now)
    return [one for one, _ in added]


def _meet(db: apsw.Connection, added: Collection[tuple[int, Arrival]], now: datetime) -> None:
    """Write down the addresses and headlines of what is new, and let it meet what is known by them already."""
    urls = [(url_number(new.item.url), one) for one, new in added if new.item.url]
    first_day = (to_seconds(now) or 0) - twins.DAYS_S
    headlines = [
        (headline, one, shown_at)
        for one, new in added
        if (shown_at := to_seconds(new.shown_at) or 0) >= first_day
        and (headline := twins.headline_number(new.item.title)) is not None
    ]
    shared = _known_numbers(db, "story_urls", "url_number", (row[0] for row in urls))
    copied = _known_numbers(db, "headlines", "number", (row[0] for row in headlines))
    db.executemany("INSERT INTO story_urls VALUES (?, ?)", urls)
    db.executemany("INSERT INTO headlines VALUES (?, ?, ?)", headlines)
    if shared:
        twins.meet(db, shared, now)
    if copied:
        twins.meet_by_headline(db, copied, now)


def _known_numbers(db: apsw.Connection, table: str, column: str, wanted: Iterable[int]) -> list[int]:
    found = f"SELECT value FROM json_each(?) AS k WHERE EXISTS (SELECT 1 FROM {table} WHERE {column} = k.value)"
    return [row[0] for row in db.execute(found, (numbers(set(wanted)),))]


def _taken_from_elsewhere(db: apsw.Connection, source_id: int, keys: Collection[int]) -> set[int]:
    """The keys that were waiting for a story of this source to arrive as read; they wait no longer."""
    if maybe(db, "SELECT 1 FROM read_elsewhere WHERE source_id = ?", (source_id,)) is None:
        return set()
    gone = "DELETE FROM read_elsewhere WHERE source_id = ? AND key IN (SELECT value FROM json_each(?)) RETURNING key"
    return {number(key) for (key,) in db.execute(gone, (source_id, numbers(keys))).fetchall()}


def add_items(db: apsw.Connection, items: Iterable[tuple[int, Item, int, int]], now: int) -> None:
    """What publishers said, for ids that have a state: (id, item, its hash, words)."""
    db.executemany(
        f"INSERT INTO stories (id, first_seen_at, {', '.join(_ITEM_COLUMNS)}) VALUES (?, ?, {_ITEM_MARKS})",
        [(one, now, *_item_values(item, item_hash, words, now)) for one, item, item_hash, words in items],
    )


def _all_keys(arrivals: Iterable[Arrival]) -> set[int]:
    return {key for arrival in arrivals for key in arrival.keys}


def newest_id(db: apsw.Connection) -> int:
    """Of the story that arrived last, even if it is gone; 0 when there never was one."""
    row = maybe(db, "SELECT seq FROM sqlite_sequence WHERE name = 'states'")
    return number(row[0]) if row else 0


def _change(db: apsw.Connection, changes: Changes, edit: Edit) -> bool:
    """Whether it was changed: a story that has been pruned stays so."""
    row = maybe(db, "SELECT title, summary, fetched_at, article, item_hash FROM stories WHERE id = ?", (edit.story_id,))
    _add_keys(db, changes.source_id, edit.story_id, edit.keys)
    if row is None:
        return False
    now, has_article = to_seconds(changes.now), bool(row[3])
    revised = edit.revised and row[4] != LOST
    if revised:
        _keep_revision(db, edit.story_id, *row[:3])
    assignments = ", ".join(f"{column} = ?" for column in _ITEM_COLUMNS)
    words = _words(db, edit.story_id) if has_article else edit.words
    db.execute(
        f"UPDATE stories SET {assignments} WHERE id = ?",
        (*_item_values(edit.item, edit.item_hash, words, now), edit.story_id),
    )
    _set_body(db, edit.story_id, edit.item.markdown)
    if has_article:
        fill_from_article(db, edit.story_id)
    if edit.item.url:
        add_url(db, edit.story_id, edit.item.url)
    db.execute(
        "UPDATE states SET updated = max(updated, ? AND read), section_id = ? WHERE story_id = ?",
        (revised, section_id(db, edit.section), edit.story_id),
    )
    if revised:
        db.execute(
            "UPDATE stories SET article = min(article * 2, 2), article_failures = 0, article_failed_at = NULL"
            " WHERE id = ?",
            (edit.story_id,),
        )
    db.execute("INSERT OR IGNORE INTO pending VALUES (?, 1)", (edit.story_id,))
    return True


_ITEM_COLUMNS = (
    *("item_hash", "guid", "url", "title", "summary", "excerpt", "authors", "section", "categories", "published_at"),
    *("updated_at", "language", "text_kind", "media", "words", "fetched_at"),
)


_ITEM_MARKS = ", ".join("?" * len(_ITEM_COLUMNS))


def _item_values(item: Item, item_hash: int, words: int, now: int | None) -> tuple[Any, ...]:
    """In the order of _ITEM_COLUMNS."""
    beginning = EMPTY if item.title and item.summary else plain(item.markdown)
    return (
        *(item_hash, item.guid, item.url),
        item.title or excerpt(item.summary or beginning, 100) or item.url or item.guid or "…",
        *(item.summary, None if item.summary else excerpt(beginning, EXCERPT) or None, item.authors, item.section),
        *("\n".join(item.categories), to_seconds(item.published_at), to_seconds(item.updated_at), item.language),
        *(TEXT_KINDS.index(item.text), pack_media(item.picture, item.enclosures), words, now),
    )


def plain(markdown: str) -> SafeText:
    """The beginning of a text as one line without marks; for excerpts."""
    return SafeText(without_marks(markdown[:1_000])[:400])


def _set_body(db: apsw.Connection, story_id: int, markdown: str) -> None:
    if body := pack(markdown):
        db.execute("INSERT OR REPLACE INTO texts (story_id, body) VALUES (?, ?)", (story_id, body))
    else:
        db.execute("DELETE FROM texts WHERE story_id = ?", (story_id,))


def _add_keys(db: apsw.Connection, source_id: int, story_id: int, keys: Iterable[int]) -> None:
    (has,) = maybe(db, "SELECT key_count FROM states WHERE story_id = ?", (story_id,)) or (MAX_KEYS,)
    added = 0
    for key in keys:
        if number(has) + added >= MAX_KEYS:
            break
        db.execute("INSERT OR IGNORE INTO identities VALUES (?, ?, ?)", (source_id, key, story_id))
        added += db.changes()
    if added:
        db.execute("UPDATE states SET key_count = key_count + ? WHERE story_id = ?", (added, story_id))


def _keep_revision(db: apsw.Connection, story_id: int, title: str, summary: str, seen_at: int) -> None:
    (last,) = one(db, "SELECT coalesce(max(number), 0) FROM revisions WHERE story_id = ?", (story_id,))
    db.execute(
        """INSERT INTO revisions SELECT ?1, ?2, ?3, ?4, ?5, coalesce(
            (SELECT body FROM articles WHERE story_id = ?1), (SELECT body FROM texts WHERE story_id = ?1)),
            coalesce((SELECT read AND NOT updated FROM states WHERE story_id = ?1), 0)""",
        (story_id, number(last) + 1, seen_at, title, summary),
    )
    db.execute("DELETE FROM revisions WHERE story_id = ? AND number <= ?", (story_id, last + 1 - MAX_REVISIONS))
    db.execute(
        "UPDATE stories SET revision_count = (SELECT count(*) FROM revisions WHERE story_id = ?1) WHERE id = ?1",
        (story_id,),
    )


def _words(db: apsw.Connection, story_id: int) -> int:
    (words,) = one(db, "SELECT words FROM stories WHERE id = ?", (story_id,))
    return number(words)
