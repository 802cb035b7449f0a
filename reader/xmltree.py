"""XML as publishers send it -> a tree: strictly first, then with its entities mended, then what libxml2 can save.

No document type is ever given to the parser: with it go external entities, DTDs and entities that multiply (XML 1.0
section 4). XInclude and stylesheets are not asked for, processing instructions dropped.
"""

from __future__ import annotations

import re
from functools import cache
from html.entities import html5
from typing import TYPE_CHECKING

from reader.charset import declared_in_xml, decode

if TYPE_CHECKING:
    from lxml.etree import XMLParser, XPath, _Element

MAX_DEPTH = 200
"""Of elements; deeper ones are left out."""
_MAX_ENTITIES = 500
_MAX_EXPANSIONS = 20_000

_DOCTYPE = re.compile(r"<!DOCTYPE\b[^\[<>]{0,1000}(?:\[((?:[^\]<]|<[^>]{0,2000}>|\](?!\s{0,100}>))*+)\]\s*)?>", re.I)
_ENTITY = re.compile(r"""<!ENTITY\s+([A-Za-z_][\w.-]{0,60})\s+(["'])([^"'<&%]{0,100})\2\s*>""")
_REFERENCE = re.compile(r"&(?:#(?:(\d{1,10})|[xX]([0-9a-fA-F]{1,8}));|([A-Za-z][\w.-]{0,60});)?", re.ASCII)
_C1_REFERENCE = re.compile(r"&#(?:0{0,5}(1[2-5]\d)|[xX]0{0,5}([89][0-9a-fA-F]));")
_SURROGATE_REFERENCE = re.compile(r"&#(?:0{0,5}(5[5-7]\d{3})|[xX]0{0,5}([dD][89a-fA-F][0-9a-fA-F]{2}));")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_STRAY_LESS = re.compile(r"<(?![A-Za-z_/!?])")
_XML_OWN = {"amp": "&#38;", "lt": "&#60;", "gt": "&#62;", "quot": "&#34;", "apos": "&#39;"}
"""As numbers, since libxml2 drops the named ones once it has met an error (2.14)."""


def read_xml(body: bytes, charset: str = "") -> tuple[_Element | None, str]:
    """The root element, and where the document is damaged: "at line 7", or "" when nothing was lost.

    None when there is no element at all. Text may hold any character that XML allows; tags of undeclared prefixes are
    kept as written (`media:content`).
    """
    return parse_xml(decode(body, charset, declared_in_xml(body)))


def parse_xml(text: str) -> tuple[_Element | None, str]:
    """As `read_xml`, for text."""
    from lxml import etree

    text, entities = _without_prolog(text)
    if not text:
        return None, ""
    text = _without_surrogates(_windows_references(text))
    if entities is None:
        try:
            return _shallow(etree.fromstring(text.encode("utf-8", "replace"), _parser(recover=False))), ""
        except (etree.XMLSyntaxError, ValueError):
            pass
    data = _mended(text, entities or {}).encode("utf-8", "replace")
    try:
        return _shallow(etree.fromstring(data, _parser(recover=False))), ""
    except (etree.XMLSyntaxError, ValueError) as error:
        damage = _told(error)
    forgiving = _parser(recover=True)
    try:
        root = etree.fromstring(data, forgiving)
    except (etree.XMLSyntaxError, ValueError):
        return None, damage
    if all(entry.domain == etree.ErrorDomains.NAMESPACE for entry in forgiving.error_log):
        damage = ""  # prefixes that nobody declared: everything is there
    return (None if root is None else _shallow(root)), damage


@cache
def _parser(*, recover: bool) -> XMLParser:
    from lxml.etree import XMLParser

    return XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )


def _without_prolog(text: str) -> tuple[str, dict[str, str] | None]:
    """The text from its first element on, and the plain entities of its document type (None without one)."""
    at, entities = max(text.find("<"), 0), None
    while at >= 0:
        head = text[at : at + 9].upper()
        if head.startswith("<?"):
            at = _after(text, "?>", at)
        elif head.startswith("<!--"):
            at = _after(text, "-->", at)
        elif head == "<!DOCTYPE":
            doctype = _DOCTYPE.match(text, at)
            entities = _entities(doctype[1] or "") if doctype else {}
            at = doctype.end() if doctype else _after(text, ">", at)
        else:
            return text[at:], entities
        at = text.find("<", at) if at >= 0 else -1
    return "", entities


def _after(text: str, end: str, start: int) -> int:
    at = text.find(end, start)
    return at + len(end) if at >= 0 else -1


def _entities(subset: str) -> dict[str, str]:
    """Those whose replacement is short and holds neither markup nor other entities, so that nothing multiplies."""
    entities: dict[str, str] = {}
    for match in _ENTITY.finditer(subset):
        if len(entities) >= _MAX_ENTITIES:
            break
        entities.setdefault(match[1], match[3])
    return entities


def _windows_references(text: str) -> str:
    """`&#146;` is an apostrophe to every author who wrote it (HTML Standard, numeric character reference end state)."""
    return _C1_REFERENCE.sub(lambda m: _windows_character(int(m[1] or m[2], 10 if m[1] else 16), m[0]), text)


def _without_surrogates(text: str) -> str:
    """Half a character is none; of a damaged document libxml2 would make bytes of it that are no text."""

    def replaced(found: re.Match[str]) -> str:
        code = int(found[1]) if found[1] else int(found[2], 16)
        return "" if 0xD800 <= code <= 0xDFFF else found[0]

    return _SURROGATE_REFERENCE.sub(replaced, text)


def _windows_character(code: int, as_written: str) -> str:
    if not 0x80 <= code <= 0x9F:
        return as_written
    return bytes([code]).decode("cp1252", "ignore")


def _mended(text: str, entities: dict[str, str]) -> str:
    """HTML's entities become characters, bare `&` and `<` are escaped, forbidden characters go; CDATA stays."""
    if _CONTROL.search(text):
        text = _CONTROL.sub("", text)
    mender = _Mender(entities)
    pieces, at = [], 0
    while at < len(text):
        start = text.find("<![CDATA[", at)
        end = text.find("]]>", start) if start >= 0 else -1
        if end < 0:
            pieces.append(mender.mend(text[at:]))
            break
        pieces += (mender.mend(text[at:start]), text[start : end + 3])
        at = end + 3
    return "".join(pieces)


class _Mender:
    """Replaces references; counts the document's own entities, so that a short name cannot stand for a gigabyte."""

    def __init__(self, entities: dict[str, str]) -> None:
        self.entities = entities
        self.expansions = 0

    def mend(self, text: str) -> str:
        if "&" in text:
            text = _REFERENCE.sub(self.replacement, text)
        return _STRAY_LESS.sub("&#60;", text)

    def replacement(self, match: re.Match[str]) -> str:
        decimal, hexadecimal, name = match.groups()
        if name in _XML_OWN:
            return _XML_OWN[name]
        if name:
            if name in self.entities and self.expansions < _MAX_EXPANSIONS:
                self.expansions += 1
                return self.entities[name]
            character = html5.get(name + ";")
            return character if character and character not in "<>&" else "&#38;" + match[0][1:]
        if decimal or hexadecimal:
            code = int(decimal) if decimal else int(hexadecimal, 16)
            legal = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0xFFFF < code < 0x110000
            return match[0] if legal else ""
        return "&#38;"


def _shallow(root: _Element) -> _Element:
    """The tree without what lies deeper than MAX_DEPTH, so that whoever walks it may recurse."""
    for element in _too_deep()(root):
        element.getparent().remove(element)
    return root


@cache
def _too_deep() -> XPath:
    from lxml.etree import XPath

    return XPath("/*" * (MAX_DEPTH + 1))


def _told(error: Exception) -> str:
    """Where the parser stumbled, as the end of a sentence; what it says is for programmers, and quotes the document."""
    line = getattr(error, "lineno", None)
    return f"at line {line}" if line else "from its beginning"
