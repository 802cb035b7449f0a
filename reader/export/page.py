"""Stories as one HTML file that stands alone: pictures within it, a small style, nothing active, nothing loaded."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from html import escape

from reader.export.markup import EXTENSIONS, STYLE, PictureOf, story_markup
from reader.model import Story
from reader.text import SafeUrl

_STYLE = f"""{STYLE}
body {{ max-width: 38em; margin: 2em auto; padding: 0 1em; color: #1f1b16; background: #f6f1e7; }}
a {{ color: inherit; }}
article {{ border-top: 1px solid #d8cfbf; margin-top: 3em; padding-top: 1em; }}
nav ol {{ list-style: none; padding-left: 1em; }}
@media (prefers-color-scheme: dark) {{ body {{ color: #e8e4da; background: #16181b; }} }}
@media print {{
  body {{ max-width: none; margin: 0; color: #000; background: #fff; font-size: 11pt; }}
  nav {{ display: none; }}
  article {{ border: 0; break-before: page; }}
  article:first-of-type {{ break-before: auto; }}
  figure, table, blockquote {{ break-inside: avoid; }}
  .original a::after {{ content: " (" attr(href) ")"; }}
}}
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def html_page(stories: Iterable[Story], title: str, picture_of: PictureOf) -> str:
    """The stories in their order, with a list of them by section when there are several."""

    @cache
    def source_of(url: SafeUrl) -> str:
        picture = picture_of(url)
        if picture is None or picture[0] not in EXTENSIONS:
            return ""
        return f"data:{picture[0]};base64,{b64encode(picture[1]).decode()}"

    listed: dict[str, list[str]] = {}
    articles: list[str] = []
    for story in {story.id: story for story in stories}.values():
        articles.append(story_markup(story, source_of))
        listed.setdefault(story.section, []).append(f'<li><a href="#s{story.id}">{escape(story.title)}</a></li>')
    contents = [
        f"<li>{escape(section)}<ol>{''.join(links)}</ol></li>" if section else "".join(links)
        for section, links in listed.items()
    ]
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8"/>',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>',
        '<meta name="referrer" content="no-referrer"/>',
        '<meta name="viewport" content="width=device-width"/>',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
    ]
    if len(articles) > 1:
        lines += [f"<nav><p>{escape(title)}</p><ol>", *contents, "</ol></nav>"]
    return "\n".join((*lines, *(articles or ["<p>There are no stories in it.</p>"]), "</body>", "</html>", ""))
