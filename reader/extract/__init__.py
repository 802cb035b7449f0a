"""A page's HTML -> the story on it, and HTML -> the Markdown that is stored, shown and exported.

Everything here is pure: bytes or text in, values out. It is meant for the child process that parses, since what it is
given is hostile; so this module imports next to nothing, and what it stands for (lxml, trafilatura, markdownify) is
loaded by the first call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reader.model import Article
from reader.text import SafeText, SafeUrl

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_PAGE_BYTES = 5_000_000
"""What lies behind that many bytes of a page is not read."""


def html_to_markdown(html: str, base_url: str = "") -> SafeText:
    """A fragment of HTML as canonical Markdown without raw HTML; "" when nothing in it can be shown.

    Blocks are separated by one empty line, headings are ATX, bullets `-`, links absolute http(s) or mailto. A picture
    alone in its paragraph is a figure, and its title is the caption. At most text.MAX_BODY characters.
    """
    from reader.extract.markdown import fragment_to_markdown
    from reader.extract.simple import simple_to_markdown

    simple = simple_to_markdown(html, base_url)
    return fragment_to_markdown(html, base_url) if simple is None else simple


def extract_article(body: bytes, url: SafeUrl, charset: str = "") -> Article:
    """The story of a page; `charset` is what the HTTP header says. Raises ParseError when it is no page at all."""
    from reader.extract.article import article_of_page

    return article_of_page(body, url, charset)


def parse_html(body: bytes, charset: str = "") -> HtmlElement:
    """The page as a tree of at most tree.MAX_DEPTH levels without comments. Raises ParseError when nothing is in it."""
    from reader.extract.tree import parse_page

    return parse_page(body, charset)
