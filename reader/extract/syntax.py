"""How Markdown is written: pictures, links, quotations and lists, as strings from strings (CommonMark 0.31)."""

from __future__ import annotations

import re

IMAGE_BLOCK = re.compile(r'^!\[(?P<alt>(?:[^\]\\]|\\.)*)\]\((?P<url>\S+?)(?: "(?P<title>(?:[^"\\]|\\.)*)")?\)$')
"""A picture alone in its paragraph: a figure, whose title is the caption."""


def image(alt: str, to: str, caption: str) -> str:
    """A picture; all but the caption is Markdown already."""
    title = re.sub(r'(["\\])', r"\\\1", caption)
    title = re.sub(r"&(?=#\w|\w{1,40};)", r"\\&", title)
    return f'![{alt}]({to} "{title}")' if title else f"![{alt}]({to})"


def with_caption(block: str, caption: str) -> str:
    """The figure with that caption in place of its own; any other block as it is."""
    found = IMAGE_BLOCK.match(block)
    if not found:
        return block
    alt = "" if found["alt"].replace("\\", "") == caption else found["alt"]
    return image(alt, found["url"], caption)


def target(url: str) -> str:
    """The URL as a link's destination (CommonMark, section 6.3): no blank, no parenthesis, no reference."""
    return (
        url.replace(" ", "%20").replace("(", "%28").replace(")", "%29").replace("&", "&amp;")
        if re.search(r"[ ()]|&#?\w{1,40};", url)
        else url
    )


def mail_target(href: str) -> str:
    """The address of a `mailto:` link without its headers (RFC 6068); "" for any other."""
    found = re.fullmatch(
        r"\s*mailto:([\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,200})(?:\?.*)?\s*", href, re.I | re.A | re.S
    )
    return "mailto:" + found[1] if found else ""


def quoted(text: str) -> str:
    """The blocks as a quotation."""
    return "\n".join("> " + line if line else ">" for line in text.split("\n"))


def indented(text: str, first: str, rest: str) -> str:
    """The lines with `first` before the first and `rest` before the others that are not empty."""
    return first + "\n".join(rest + line if line and i else line for i, line in enumerate(text.split("\n")))


def join_list(items: list[list[str]], markers: list[str]) -> str:
    """A tight list where each item is one paragraph, perhaps with lists under it; else a loose one."""
    loose = any(len(blocks) > 1 and any(not is_list(block) for block in blocks[1:]) for blocks in items)
    joint = "\n\n" if loose else "\n"
    lines = [
        indented(joint.join(blocks), marker, " " * len(marker)) for blocks, marker in zip(items, markers, strict=True)
    ]
    return joint.join(lines)


def is_list(block: str) -> bool:
    """Whether the block begins as a list does."""
    return bool(re.match(r"(?:-|\d{1,9}[.)]) ", block))


def define(term: list[str], blocks: list[str]) -> list[str]:
    """A term and its definition as the blocks of one list item."""
    if len(term) == 1 and term[0].startswith("**") and not re.match(r"[#>`|!-]|\d+[.)] ", blocks[0]):
        joint = " " if term[0].endswith((":**", "?**")) else ": "
        return [term[0] + joint + blocks[0], *blocks[1:]]
    return [*term, *blocks]
