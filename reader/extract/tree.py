"""Bytes -> tree: which characters the bytes are, and what is cut off first so that no page takes long to parse."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, lookup

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from reader.errors import ParseError
from reader.extract import MAX_PAGE_BYTES
from reader.text import safe_block

MAX_DEPTH = 200
"""Deeper elements lose their tags and keep their text."""
_MAX_ATTRIBUTES = 500

_META_CHARSET = re.compile(rb"""<meta[^>]{0,400}?charset\s*=\s*["']?\s*([\w:.+-]{2,40})""", re.I)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w:.+-]{2,40})""", re.I)
_CLAIMED_IS_MEANT = {
    # What pages call themselves -> what they are (WHATWG Encoding Standard, section 4.2): each is a superset.
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "big5": "big5hkscs",
    "x-cp1251": "cp1251",
    "windows-31j": "cp932",
}


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set to look them up in."""
    return frozenset(text.split())


def decode_page(body: bytes, charset: str = "") -> str:
    """The page's text, by byte order mark, proof of UTF-8, HTTP header, declaration in the page, guess; never an error.

    Kinder than the HTML Standard (section 13.2.3): bytes that are valid UTF-8 beyond ASCII are UTF-8, whatever the
    server's default header claims.
    """
    for mark, name in ((BOM_UTF8, "utf-8"), (BOM_UTF16_LE, "utf-16-le"), (BOM_UTF16_BE, "utf-16-be")):
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    head = body[:4_096]
    declared = [m[1].decode("ascii", "replace") for p in (_META_CHARSET, _XML_ENCODING) if (m := p.search(head))]
    claims = [name for name in map(_codec, (charset, *declared)) if name]
    stateful = [name for name in claims if name.startswith(("iso2022", "hz", "utf-16", "utf-32"))]
    for name in (*stateful, "utf-8", *claims):
        try:
            # The limit may have cut the last character in two.
            return body.decode(name) if len(body) < MAX_PAGE_BYTES else body[:-3].decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    if claims:
        text = body.decode(claims[0], "replace")
        if text.count("\ufffd") * 50 < len(text):
            return text
    return body.decode(_guess(body), "replace")


def _codec(name: str) -> str:
    """Python's name for a codec of text that a page claims, or ""."""
    name = name.strip().strip("\"'").lower()
    name = _CLAIMED_IS_MEANT.get(name, name)
    try:
        return lookup(name).name if name and name.isascii() and lookup(name)._is_text_encoding else ""
    except (LookupError, ValueError):
        return ""


def _guess(body: bytes) -> str:
    from charset_normalizer import from_bytes

    sample = body[:64_000] if len(body) > 64_000 else body
    found = from_bytes(sample).best()
    return found.encoding if found else "cp1252"


_MANY = 80
_LONG_BLANKS = re.compile(rf"(?<![ \t\r\n\f\xa0])[ \t\r\n\f\xa0]{{{_MANY},}}")
_AS_BLANKS = bytes.maketrans(b"\t\r\n\f\xc2\xa0", b" " * 6)
_LONG_TAG = re.compile(r"<[a-zA-Z][^>]{6000}")
_TAG = re.compile(r"""<[a-zA-Z](?>[^"'>]++|"[^"]*+"|'[^']*+')*+""")


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_CONTROL_REFERENCE = re.compile(
    r"&#(?:0*(?:[0-8]|1[1-24-9]|2\d|3[01]|127|6553[45])|x0*(?:[0-8bcef]|1[0-9a-f]|7f|d[89a-f][0-9a-f]{2}|fff[ef]))(?![0-9a-f]);?",
    re.I,
)


def tame(markup: str) -> str:
    """The markup without control characters (lxml refuses them as text) and without what only costs time.

    That is runs of blanks, tags of a thousand attributes, floods of comments.
    """
    if _CONTROL.search(markup):
        markup = _CONTROL.sub("", markup)
    if "&#" in markup:
        markup = _CONTROL_REFERENCE.sub("", markup)
    if _may_hold_long_blanks(markup):
        markup = _LONG_BLANKS.sub(lambda run: "\n" if "\n" in run[0] else " ", markup)
    if _LONG_TAG.search(markup):
        markup = _TAG.sub(_without_absurd_attributes, markup)
    if markup.count("<!--") > 5_000:
        markup = _without_comments(markup)
    return markup


def _may_hold_long_blanks(markup: str) -> bool:
    """Whether there is a run of blanks, or of what shares a byte with them: a twentieth of the time of the pattern."""
    return b" " * _MANY in markup.encode("utf-8", "replace").translate(_AS_BLANKS)


def _without_comments(markup: str) -> str:
    kept, at = [], 0
    while (start := markup.find("<!--", at)) >= 0 and (end := markup.find("-->", start + 4)) >= 0:
        kept.append(markup[at:start])
        at = end + 3
    return "".join([*kept, markup[at:]]).replace("<!--", "")


def _without_absurd_attributes(tag: re.Match[str]) -> str:
    text = tag[0]
    if len(text) < 6_000 or len(text.split(None, _MAX_ATTRIBUTES)) <= _MAX_ATTRIBUTES:
        return text
    # 100,000 attributes take libxml2 a minute and a half: it compares each with each.
    return re.split(r"[\s/]", text, maxsplit=1)[0]


def parse_page(body: bytes, charset: str = "") -> HtmlElement:
    """See `reader.extract.parse_html`."""
    return parse_markup(decode_page(body[:MAX_PAGE_BYTES], charset))


_NESTING_TAG = re.compile(
    r"</?(?!/?(?:p|br|h[1-6]|hr|img|html|head|body|title|meta|script|style)\b)[a-zA-Z][^<>]*>", re.I
)


def parse_markup(markup: str) -> HtmlElement:
    """The tree of a page or fragment: `<html>` with a `<body>`. Raises ParseError when nothing is in it."""
    markup = tame(markup)
    try:
        root, complete = _parse(markup)
        if not complete:
            root, _ = _parse(_NESTING_TAG.sub(" ", markup))
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise ParseError("The page is empty.") from error
    _empty_voids(root)
    _flatten(root)
    return root


def _empty_voids(root: HtmlElement) -> None:
    """Take out of `<source>` and its kind what libxml2, which does not know that they are void, put into them."""
    for element in list(root.iter("source", "track", "wbr")):
        for child in reversed(list(element)):
            element.addnext(child)
        if inner := element.text:
            element.text, element.tail = None, inner + (element.tail or "")


def _parse(markup: str) -> tuple[HtmlElement, bool]:
    """The tree, and whether the parser read to the end (it stops where tags are nested 2,048 deep)."""
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
    root = document_fromstring(markup.encode("utf-8", "replace"), parser=parser, ensure_head_body=True)
    deepest = any("depth" in entry.message for entry in parser.error_log) if len(markup) > 8_000 else False
    return root, not deepest


def _flatten(root: HtmlElement) -> None:
    """Unwrap what lies deeper than MAX_DEPTH: everything after this may recurse."""
    level, depth = [root], 0
    while level:
        depth += 1
        children = [child for element in level for child in element]
        if depth >= MAX_DEPTH and children:
            for element in level:
                _to_text(element)
            return
        level = children


def _to_text(element: HtmlElement) -> None:
    text = element.text_content()
    for child in list(element):
        element.remove(child)
    element.text = text


def clean_text(root: HtmlElement) -> None:
    """Take from all text what `safe_block` takes: references can bring it in, and no block is to be made of it."""
    text = root.text_content()
    if text.isascii() and text.replace("\n", "").replace("\t", "").replace("\r", "").isprintable():
        return
    if safe_block(text, len(text)) == text.replace("\t", "    "):
        return
    for element in root.iter():
        if element.text:
            element.text = safe_block(element.text)
        if element.tail:
            element.tail = safe_block(element.tail)
