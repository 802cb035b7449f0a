"""Stories and sources for others to read: JSON records with stable names, Markdown, HTML, plain text. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, TypedDict

from reader.model import Rule, RuleTest, SourceRow, Story
from reader.patterns import late
from reader.text import safe_block, safe_url

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


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


# Markdown

_NOTE = late(r"(?<!\\)\[\^(?=[^\]\s]{1,40}\])")
_MARKUP = late(r"[\\`*_\[\]<>~|&]|^[#+=-]")
_ITEM = late(r"^(\d{1,9})(?=[.)])")


def escaped(text: str) -> str:
    """One line of plain text so that Markdown shows just that."""
    text = _MARKUP.sub(lambda found: f"\\{found[0]}" if found[0] != "&" else "&amp;", text)
    return _ITEM.sub(r"\1\\", text)


def to_markdown(story: Story) -> str:
    """The story: headline as `# `, dek, a line of facts, body, a link to the original; ends in a newline."""
    return _markdown(story, "#")


def edition_markdown(stories: Iterable[Story]) -> str:
    """Several stories as one document, under each other; their headlines are `## `. "" for none.

    Footnotes carry the story's id before their own label, since each story counts them from 1.
    """
    return "\n---\n\n".join(_NOTE.sub(rf"[^{story.id}-", _markdown(story, "##")) for story in stories)


def _markdown(story: Story, level: str) -> str:
    from reader import typeset
    from reader.blocks import split

    parts = [f"{level} {escaped(story.title)}"]
    if story.summary and not typeset.repeats(story.summary, split(story.markdown[:5_000])):
        parts.append(f"*{escaped(story.summary)}*")
    facts = [typeset.byline(story), story.source, story.section, _day(story.published_at)]
    parts.append(" · ".join(escaped(fact) for fact in facts if fact))
    if story.markdown:
        parts.append(_lowered(story.markdown, len(level)))
    if story.url:
        parts.append(f"[The original at {escaped(story.source)}](<{story.url}>)")
    return "\n\n".join(parts) + "\n"


def _day(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d") if moment else ""


_FENCE = late(r"(?: {0,3}> ?)*\s*(`{3,}|~{3,})")
_HEADING = late(r"#{1,6}(?= )")


def _lowered(markdown: str, by: int) -> str:
    """The body with its headings below the headline's level, at most six deep; code is left alone."""
    lines: list[str] = []
    fence = ""
    for line in markdown.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) else fence
        elif mark:
            fence = mark[1]
        elif heading := _HEADING.match(line):
            depth = min(6, max(len(heading[0]), by + 1))
            line = "#" * depth + line[heading.end() :]  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines)


# HTML


def to_html(markdown: str) -> str:
    """The Markdown as HTML without a tag of anyone else's; links and pictures lead to http(s) only, or mailto."""
    html = _renderer().render(safe_block(markdown, len(markdown)))
    return safe_block(html, len(html))


@cache
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin

    class OurLinks(MarkdownIt):
        """Follows our own rule of what an address is; what is no address stays text."""

        def validateLink(self, url: str) -> bool:  # noqa: N802 (the library's name)
            return bool(safe_url(url)) or url.lower().startswith("mailto:")

        def normalizeLink(self, url: str) -> str:  # noqa: N802 (the library's name)
            return safe_url(url) or super().normalizeLink(url)

    renderer = OurLinks("commonmark", {"html": False, "xhtmlOut": False}).enable(["table", "strikethrough"])
    return renderer.disable(["code", "html_block", "html_inline"]).use(footnote_plugin, inline=False)


# Plain text


def to_text(story: Story, width: int) -> str:
    """The story as it is set on the screen, without colours, in lines of at most `width` cells."""
    from reader import typeset

    return typeset.to_text(story, width)
