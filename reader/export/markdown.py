"""Stories as Markdown, as the HTML of it, and as plain text. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from reader.model import Story
from reader.patterns import late
from reader.text import safe_block, safe_url

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_NOTE = late(r"(?<!\\)\[\^(?=[^\]\s]{1,40}\])")
_MARKUP = late(r"[\\`*_\[\]<>~|&]|^[#+=-]")
_ITEM = late(r"^(\d{1,9})(?=[.)])")
_LAST = late(r"(?<= )#(?=#*$)")
"""At the end of a heading they would be its closing sequence (CommonMark section 4.2)."""


def escaped(text: str) -> str:
    """One line of plain text so that Markdown shows just that."""
    text = _MARKUP.sub(lambda found: f"\\{found[0]}" if found[0] != "&" else "&amp;", text)
    return _LAST.sub(r"\\#", _ITEM.sub(r"\1\\", text))


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
    if story.state.tags:
        parts.append("Tags: " + ", ".join(map(escaped, story.state.tags)))
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
