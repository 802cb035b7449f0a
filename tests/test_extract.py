"""Every template with every story: all paragraphs in order and nothing else, and what stands over the story."""

from __future__ import annotations

import json
import re
import tomllib
from html import escape
from pathlib import Path
from typing import Any

import pytest

from reader.extract import extract_article
from reader.text import SafeUrl

PAGES = Path(__file__).parent / "corpus" / "pages"
STORIES: dict[str, dict[str, Any]] = tomllib.loads((PAGES / "stories.toml").read_text("utf-8"))
TEMPLATES: dict[str, dict[str, Any]] = tomllib.loads((PAGES / "templates.toml").read_text("utf-8"))
URL = SafeUrl("https://quay.example/x/the-ferry-crews-agree-118")


def block_html(block: str, template: dict[str, Any]) -> str:
    """One block of a story in the template's markup."""
    text = escape(block, quote=False)
    kind, rest = (
        text[:2],
        text[3:] if text.startswith("## ") else text[2:] if not text.startswith("&gt; ") else text[5:],
    )
    if text.startswith("&gt; "):
        return template.get("q", "<blockquote><p>%s</p></blockquote>") % rest
    if kind == "##":
        return template.get("h", "<h2>%s</h2>") % rest
    if kind == "- ":
        return "<ul>" + "".join(f"<li>{line[2:]}</li>" for line in text.split("\n")) + "</ul>"
    if kind == "| ":
        rows = [[cell.strip() for cell in line[2:].split("|")] for line in text.split("\n")]
        cells = [
            "".join(f"<{'td' if i else 'th'}>{cell}</{'td' if i else 'th'}>" for cell in row)
            for i, row in enumerate(rows)
        ]
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"
    if kind == "! ":
        name, caption = rest.split(", ", 1)
        return f'<figure><img src="/i/{name}" alt="A lamp"><figcaption>{caption}</figcaption></figure>'
    return template["p"] % text


def page_of(story: dict[str, Any], template: dict[str, Any]) -> bytes:
    """The page that the template makes of the story."""
    blocks = [block_html(block, template) for block in story["body"]]
    if template.get("jsonld"):
        body = json.dumps("\n\n".join(block for block in story["body"]), ensure_ascii=False)[1:-1]
    else:
        if "amid" in template:
            blocks.insert(min(2, len(blocks) - 1), template["amid"])
        if every := template.get("section_at"):
            groups = ["".join(blocks[i : i + every]) for i in range(0, len(blocks), every)]
            blocks = [template["open"] + group + template["close"] for group in groups]
        body = "\n".join(blocks)
    places = {"date": story["printed"], "iso": story["date"], "body": body}
    page = template["page"]
    for name in ("headline", "dek", "section", "byline", "lang"):
        page = page.replace("{" + name + "}", escape(story[name], quote=False))
    for name, value in places.items():
        page = page.replace("{" + name + "}", value)
    return page.encode()


def pieces_of(block: str) -> list[str]:
    """The texts that must be found of one block, in order."""
    if block.startswith("! "):
        return [block[2:].split(", ", 1)[1]]
    lines = block.split("\n")
    if block.startswith("| "):
        return [cell.strip() for line in lines for cell in line[2:].split("|")]
    return [re.sub(r"^(?:## |> |- )", "", line) for line in lines]


def plain(markdown: str) -> str:
    """The words of Markdown without its signs, blanks folded."""
    text = re.sub(r'!\[[^\]]*\]\(\S+?(?: "((?:[^"\\]|\\.)*)")?\)', lambda m: m[1] or "", markdown)
    text = re.sub(r"^\|(?: --- \|)+$|^(?:#+|>|-|\|)(?= |$)|\*\*|(?<!\w)\*|\*(?!\w)|\|", " ", text, flags=re.M)
    text = re.sub(r"\\(?=\W)", "", text)
    return " ".join(text.split())


CASES = [(t, s) for t in TEMPLATES for s in STORIES if not (t == "scripted" and s in ("lively", "points"))]


@pytest.mark.parametrize(("template", "name"), CASES)
def test_all_of_the_story_and_nothing_else(template: str, name: str) -> None:
    story = STORIES[name]
    article = extract_article(page_of(story, TEMPLATES[template]), URL)
    text, at = plain(article.markdown), 0
    pieces = [" ".join(piece.split()) for block in story["body"] for piece in pieces_of(block)]
    for piece in pieces:
        found = text.find(piece, at)
        assert found >= 0, f"missing or out of order: {piece}\n{article.markdown}"
        at = found + len(piece)
    rest = text
    for piece in sorted(pieces, key=len, reverse=True):
        rest = rest.replace(piece, "", 1)
    assert not rest.strip(), f"noise: {rest}"
    assert article.is_story


@pytest.mark.parametrize(("template", "name"), CASES)
def test_what_stands_over_the_story(template: str, name: str) -> None:
    story, page = STORIES[name], TEMPLATES[template]["page"]
    article = extract_article(page_of(story, TEMPLATES[template]), URL)
    assert article.title == story["headline"]
    assert article.summary == story["dek"]
    assert article.language in (story["lang"], "")
    if "{section}" in page:
        assert article.section == story["section"]
    if "{date}" in page or "{iso}" in page:
        assert article.published_at is not None
        assert f"{article.published_at:%Y-%m-%d}" == story["date"]
    if "{byline}" in page:
        assert article.authors.replace(", ", " and ") == story["byline"]
