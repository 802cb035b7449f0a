"""Stories and sources as JSON records with stable names. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypedDict

from reader.export.markdown import to_html
from reader.model import Rule, RuleTest, SourceRow, Story


class StoryRecord(TypedDict):
    """A story in JSON. Names and meanings are kept from version to version."""

    id: int
    source_id: int
    source: str
    section: str
    headline: str
    dek: str
    byline: str
    url: str | None
    published: str | None
    updated: str | None
    fetched: str | None
    read: bool
    starred: bool
    later: bool
    tags: list[str]
    words: int
    text: str
    """full, teaser or none"""
    revisions: int
    cluster: int | None


class SourceRecord(TypedDict):
    """A source in JSON. Names and meanings are kept from version to version."""

    id: int
    kind: str
    title: str
    url: str
    section: str
    stories: int
    unread: int
    last_ok: str | None
    next_due: str | None
    error: str | None


class RuleRecord(TypedDict):
    """A rule in JSON; what it would have caught is null where that was not asked."""

    name: str
    query: str
    does: list[str]
    caught: int | None
    stories: list[CaughtRecord] | None


class CaughtRecord(TypedDict):
    """One of the newest stories that a rule would have caught."""

    id: int
    headline: str
    source: str


def rfc3339(moment: datetime | None) -> str | None:
    """`2024-09-19T06:00:00Z` (RFC 3339 section 5.6, in UTC), whole seconds; None for none."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def story_record(story: Story) -> StoryRecord:
    """The story's fields without its body."""
    state = story.state
    return {
        "id": story.id,
        "source_id": story.source_id,
        "source": story.source,
        "section": story.section,
        "headline": story.title,
        "dek": story.summary,
        "byline": story.authors,
        "url": story.url or None,
        "published": rfc3339(story.published_at),
        "updated": rfc3339(story.updated_at),
        "fetched": rfc3339(story.fetched_at),
        "read": state.read,
        "starred": state.starred,
        "later": state.later,
        "tags": list(state.tags),
        "words": story.words,
        "text": story.text.value,
        "revisions": story.revisions,
        "cluster": story.cluster,
    }


def whole_record(story: Story) -> dict[str, object]:
    """The story's fields, and its text as Markdown and as HTML."""
    return {**story_record(story), "markdown": story.markdown, "html": to_html(story.markdown)}


def rule_record(rule: Rule, test: RuleTest | None = None) -> RuleRecord:
    """A rule, with its test."""
    marks = {"mute": rule.muted, "read": rule.read, "star": rule.starred, "later": rule.later}
    does = [mark for mark, on in marks.items() if on]
    caught: list[CaughtRecord] = [
        {"id": one.id, "headline": one.title, "source": one.source} for one in (test.headlines if test else ())
    ]
    return {
        "name": rule.name,
        "query": rule.query,
        "does": [*does, *([f"tag {rule.tag}"] if rule.tag else [])],
        "caught": test.caught if test else None,
        "stories": caught if test else None,
    }


def source_record(row: SourceRow) -> SourceRecord:
    """The source's fields; a login is never among them."""
    source, health = row.subscription, row.subscription.health
    return {
        "id": source.id,
        "kind": source.kind,
        "title": source.title,
        "url": source.url,
        "section": source.section,
        "stories": row.counts.stories,
        "unread": row.counts.unread,
        "last_ok": rfc3339(health.last_ok_at),
        "next_due": rfc3339(health.next_due_at),
        "error": health.error or None,
    }
