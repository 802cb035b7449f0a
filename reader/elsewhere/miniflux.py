"""Miniflux's JSON, as its API gives it: `/v1/feeds` with the subscriptions, `/v1/entries` with what was done."""

from __future__ import annotations

from typing import Any

from reader.elsewhere.found import MAX_REJECTED, Feed, Found, Written, entries, feed_address, portion
from reader.model import Subscription
from reader.opml import address_and_login, one_line
from reader.sources.feed.draft import Draft
from reader.sources.loose import record, records, sequence, text
from reader.text import SafeText, SafeUrl, safe_text, safe_url

_FEEDS = SafeText("Miniflux's list of feeds")
_ENTRIES = SafeText("Miniflux's entries")


def is_entries(document: Any) -> bool:
    """Whether it is a list of entries."""
    return _has(_rows(document, "entries"), "status")


def is_feeds(document: Any) -> bool:
    """Whether it is a list of feeds."""
    return _has(_rows(document, "feeds"), "feed_url")


def _rows(document: Any, name: str) -> list[dict[str, Any]]:
    return records(record(document).get(name)) or records(document)


def _has(rows: list[dict[str, Any]], name: str) -> bool:
    return any(name in row for row in rows[:10])


def read_feeds(document: Any) -> Found:
    """The subscriptions; a category is a section."""
    found: dict[SafeUrl, Subscription] = {}
    rejected: list[SafeText] = []
    ruled = 0
    for row in _rows(document, "feeds"):
        given, title = text(row.get("feed_url")), one_line(text(row.get("title")))
        url, login = address_and_login(given)
        if not url:
            rejected.append(safe_text(f"“{title or given}” has an address that cannot be followed: {given}", 300))
            continue
        if name := text(row.get("username")):
            login = f"{name}:{text(row.get('password'))}"
        ruled += any(text(row.get(rule)) for rule in ("blocklist_rules", "keeplist_rules", "rewrite_rules"))
        section = one_line(text(record(row.get("category")).get("title")), 100)
        home = safe_url(text(row.get("site_url")))
        found.setdefault(
            url,
            Subscription(
                *(0, "feed", url, title),
                section=SafeText("") if section in ("All", "Uncategorized") else section,
                home_url=home,
                login=login,
            ),
        )
    notes = (safe_text(f"Rules that Miniflux applies to stories did not come over ({ruled} feeds have some)."),)
    return Found(_FEEDS, tuple(found.values()), notes=notes if ruled else (), rejected=tuple(rejected[:MAX_REJECTED]))


def read_entries(document: Any, first: int) -> Found:
    """The stories from the number `first` on, by feed."""
    rows = _rows(document, "entries")
    grouped: dict[SafeUrl, tuple[dict[str, Any], list[Written]]] = {}
    rejected: list[SafeText] = []
    told, following = portion(rows, first, _written)
    for row, written in told:
        feed = record(row.get("feed"))
        if url := feed_address(text(feed.get("feed_url"))):
            grouped.setdefault(url, (feed, []))[1].append(written)
        else:
            rejected.append(safe_text(f"“{written.draft.title or 'An entry'}” does not name its feed.", 300))
    feeds = tuple(
        Feed(url, one_line(text(feed.get("title"))), safe_url(text(feed.get("site_url"))), entries(group, url))
        for url, (feed, group) in grouped.items()
    )
    return Found(_ENTRIES, feeds=feeds, rejected=tuple(rejected[:MAX_REJECTED]), following=following)


def _written(row: dict[str, Any]) -> Written:
    """`tags` are the publisher's categories; Miniflux has none of the reader's."""
    draft = Draft(
        url=text(row.get("url")),
        title=text(row.get("title")),
        content=text(row.get("content")),
        published=text(row.get("published_at")),
    )
    draft.add_author(text(row.get("author")))
    for name in sequence(row.get("tags")):
        draft.add_category(text(name))
    for file in records(row.get("enclosures")):
        draft.add_file(text(file.get("url")), text(file.get("mime_type")), str(file.get("size", "")))
    status = text(row.get("status"))
    return Written(draft, read=status == "read", dropped=status == "removed", starred=row.get("starred") is True)
