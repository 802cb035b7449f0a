"""A story's blocks -> XHTML that is HTML as well: well-formed, its ids unique, nothing in it loaded from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from html import escape
from itertools import groupby

from reader import typeset
from reader.blocks import (
    Block,
    Code,
    Figure,
    Footnote,
    Group,
    Heading,
    Inline,
    ListBlock,
    Paragraph,
    Quote,
    Rule,
    Run,
    Table,
    note_mark,
    parse_block,
    split,
)
from reader.model import Story
from reader.text import NO_URL, SafeText, SafeUrl, host_of

PictureOf = Callable[[SafeUrl], tuple[str, bytes] | None]
"""Media type and bytes of a picture that is at hand."""
SourceOf = Callable[[SafeUrl], str]
"""What an `<img>` has to name for the picture at an address; "" where it is not at hand."""

EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
"""The kinds of pictures that are kept, and how their files end."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ORIGIN = re.compile(r"https?://[^/?#]*")

STYLE = """\
body { font-family: Georgia, "Times New Roman", serif; line-height: 1.5; }
h1, h2, h3, h4, h5, h6 { line-height: 1.2; }
.kicker { text-transform: uppercase; letter-spacing: .08em; font-size: .8em; margin-bottom: 0; }
.dek { font-style: italic; }
.facts, .original, figcaption, .note { font-size: .85em; }
figure { margin: 1.5em 0; }
img { max-width: 100%; height: auto; }
blockquote { border-left: .2em solid #999; margin-left: 0; padding-left: 1em; }
pre { white-space: pre-wrap; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid #999; padding: .2em .6em; text-align: left; }
.right { text-align: right; }
.center { text-align: center; }
"""


def story_markup(story: Story, source_of: SourceOf, *, epub: bool = False) -> str:
    """The story as an `<article>` with the id `s` and its number; its headline alone is of the first level."""
    chunks = split(story.markdown)
    blocks = [parse_block(chunk) for chunk in chunks]
    writer = _Writer(f"s{story.id}", source_of, _notes(blocks), epub)
    head = [f'<p class="kicker">{_text(" · ".join(filter(None, (story.section, story.source))))}</p>']
    head.append(f"<h1>{_text(story.title)}</h1>")
    if story.summary and not typeset.repeats(story.summary, chunks):
        head.append(f'<p class="dek">{_text(story.summary)}</p>')
    facts = (typeset.byline(story), day(story.published_at))
    if any(facts):
        head.append(f'<p class="facts">{_text(" · ".join(filter(None, facts)))}</p>')
    picture = story.picture
    if picture and picture.url and picture.url not in story.markdown and source_of(picture.url):
        blocks.insert(0, Figure(picture.url, picture.alt, picture.caption))
    body = [piece for block in blocks for piece in writer.block(block)]
    if story.url:
        where = f"The original at {story.source or host_of(story.url)}"
        body.append(f'<p class="original"><a href="{_attribute(href(story.url))}">{_text(where)}</a></p>')
    spoken = f' lang="{tag}" xml:lang="{tag}"' if (tag := language(story)) and epub else f' lang="{tag}"' if tag else ""
    lines = (f'<article id="s{story.id}" dir="auto"{spoken}>', "<header>", *head, "</header>", *body, "</article>")
    return "\n".join(lines)


def picture_urls(story: Story) -> dict[SafeUrl, None]:
    """The pictures that the story would show, its lead picture first."""
    asked: dict[SafeUrl, None] = {story.picture.url: None} if story.picture else {}
    story_markup(story, lambda url: asked.setdefault(url) or "")
    return asked


def language(story: Story) -> str:
    """The language of its text (BCP 47), or ""."""
    told = (story.article and story.article.language) or story.item.language
    return told if _LANGUAGE.fullmatch(told) else ""


def day(moment: datetime | None) -> str:
    """`2024-09-19`; "" for none."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d") if moment else ""


def href(url: SafeUrl) -> str:
    """The address as RFC 3986 has it: what publishers leave in theirs besides is percent-encoded."""
    origin = _ORIGIN.match(url)
    end = origin.end() if origin else 0
    rest = _STRAY_PERCENT.sub("%25", url[end:]).replace("[", "%5B").replace("]", "%5D")
    return url[:end] + rest


def _text(text: str) -> str:
    return escape(text, quote=False)


def _attribute(text: str) -> str:
    return escape(text)


def _notes(blocks: Iterable[Block]) -> dict[SafeText, int]:
    """The footnotes that are there, by label, with their numbers."""
    labels: dict[SafeText, int] = {}
    for block in blocks:
        for note in block.children if isinstance(block, Group) else (block,):
            if isinstance(note, Footnote):
                labels.setdefault(note.label, len(labels) + 1)
    return labels


class _Writer:
    """Writes the blocks of one story; `name` begins every id."""

    def __init__(self, name: str, source_of: SourceOf, notes: dict[SafeText, int], epub: bool) -> None:
        self._name = name
        self._source_of = source_of
        self._notes = notes
        self._epub = epub
        self._marked: set[int] = set()
        self._written: set[int] = set()

    def block(self, block: Block) -> Iterator[str]:
        """The block as lines, none where there is nothing to show."""
        match block:
            case Paragraph(runs):
                if runs:
                    yield f"<p>{self.inline(runs)}</p>"
            case Heading(level, runs):
                if runs:
                    tag = f"h{min(6, max(2, level))}"
                    yield f"<{tag}>{self.inline(runs)}</{tag}>"
            case Quote(children):
                yield from self._around("blockquote", children)
            case Group(children):
                for child in children:
                    yield from self.block(child)
            case ListBlock():
                yield from self._list(block)
            case Table():
                yield from self._table(block)
            case Code(text):
                yield f"<pre><code>{_text(text)}</code></pre>"
            case Figure():
                yield from self._figure(block)
            case Footnote():
                yield from self._footnote(block)
            case Rule():
                yield "<hr/>"

    def _around(self, tag: str, children: Iterable[Block]) -> Iterator[str]:
        inner = [piece for child in children for piece in self.block(child)]
        if inner:
            yield f"<{tag}>\n{chr(10).join(inner)}\n</{tag}>"

    def _list(self, block: ListBlock) -> Iterator[str]:
        if not block.items:
            return
        start = f' start="{block.start}"' if block.ordered and block.start != 1 else ""
        tag = "ol" if block.ordered else "ul"
        yield f"<{tag}{start}>"
        for item in block.items:
            if block.tight and item and isinstance(item[0], Paragraph):
                pieces = [self.inline(item[0].runs), *(piece for child in item[1:] for piece in self.block(child))]
            else:
                pieces = [piece for child in item for piece in self.block(child)]
            yield f"<li>{chr(10).join(pieces)}</li>"
        yield f"</{tag}>"

    def _table(self, block: Table) -> Iterator[str]:
        def row(cells: Iterable[Inline], tag: str) -> str:
            told = zip(cells, block.alignments, strict=False)
            return "".join(
                f"<{tag}{f' class={chr(34)}{align}{chr(34)}' if align in ('right', 'center') else ''}>"
                f"{self.inline(cell)}</{tag}>"
                for cell, align in told
            )

        yield f"<table>\n<thead><tr>{row(block.header, 'th')}</tr></thead>"
        if block.rows:
            yield "<tbody>"
            yield from (f"<tr>{row(cells, 'td')}</tr>" for cells in block.rows)
            yield "</tbody>"
        yield "</table>"

    def _figure(self, block: Figure) -> Iterator[str]:
        caption = block.caption or block.alt
        source = self._source_of(block.url) if block.url else ""
        if not source:
            target = block.link or block.url
            says = _text(f"Picture: {caption}" if caption else "Picture")
            linked = f'<a href="{_attribute(href(target))}">{says}</a>' if target else says
            if target or caption:
                yield f'<p class="note">{linked}</p>'
            return
        image = f'<img src="{_attribute(source)}" alt="{_attribute(block.alt or block.caption)}"/>'
        if block.link:
            image = f'<a href="{_attribute(href(block.link))}">{image}</a>'
        below = f"<figcaption>{_text(block.caption)}</figcaption>" if block.caption else ""
        yield f"<figure>{image}{below}</figure>"

    def _footnote(self, block: Footnote) -> Iterator[str]:
        number = self._notes.get(block.label, 0)
        inner = [piece for child in block.children for piece in self.block(child)]
        # A label that is defined twice: what it leads to is the first.
        place = f' id="{self._name}-n{number}"' if number and number not in self._written else ""
        self._written.add(number)
        kind = ' epub:type="footnote"' if self._epub else ""
        back = (
            f'<a href="#{self._name}-r{number}" role="doc-backlink">↩</a>' if number in self._marked and place else ""
        )
        mark = f"<p>{_text(note_mark(block.label))} {back}</p>"
        yield f'<aside class="note" role="doc-footnote"{place}{kind}>\n{chr(10).join((mark, *inner))}\n</aside>'

    def inline(self, runs: Inline) -> str:
        """Runs as text with tags; those of one link within one."""
        pieces: list[str] = []
        for url, together in groupby(runs, key=lambda run: run.url):
            linked = "".join(self._run(run, in_link=url != NO_URL) for run in together)
            pieces.append(f'<a href="{_attribute(href(url))}">{linked}</a>' if url else linked)
        return "".join(pieces)

    def _run(self, run: Run, *, in_link: bool) -> str:
        text = _text(run.text).replace("\n", "<br/>")
        if run.note:
            return f"<sup>{self._note(run.note, text, in_link=in_link)}</sup>"
        for on, tag in ((run.code, "code"), (run.strike, "s"), (run.italic, "em"), (run.bold, "strong")):
            if on:
                text = f"<{tag}>{text}</{tag}>"
        return text

    def _note(self, label: SafeText, text: str, *, in_link: bool) -> str:
        """The mark of a footnote; the first one is what the footnote leads back to."""
        number = self._notes.get(label)
        if number is None or in_link:
            return text
        place = "" if number in self._marked else f' id="{self._name}-r{number}"'
        self._marked.add(number)
        kind = ' epub:type="noteref"' if self._epub else ""
        return f'<a href="#{self._name}-n{number}"{place} role="doc-noteref"{kind}>{text}</a>'
