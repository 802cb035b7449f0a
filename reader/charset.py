"""Bytes -> text: which characters a feed, page or list consists of. Pure, and never an error."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE, lookup

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (BOM_UTF32_LE, "utf-32-le"),
    (BOM_UTF32_BE, "utf-32-be"),
    (BOM_UTF8, "utf-8"),
    (BOM_UTF16_LE, "utf-16-le"),
    (BOM_UTF16_BE, "utf-16-be"),
)
_SUPERSETS = {
    # What documents are labelled with -> what they then hold (WHATWG Encoding Standard, section 4.2).
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "utf-16": "utf-16-le",
    "utf-32": "utf-32-le",
}
_MULTI_BYTE = frozenset(
    ("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "johab", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
)
_ESCAPING = frozenset(("iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_ext", "iso2022_kr", "hz"))
"""Written in ASCII bytes, so that they would pass for UTF-8."""
_SINGLE_BYTE = re.compile(r"iso8859-\d+|cp(?:125\d|874|866|437|850|852|855)|koi8-[ru]|mac-\w+|tis-620")
_XML_DECLARATION = re.compile(rb"""^[\s\x00]*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([\w:.+-]{2,40})""")
_SAMPLE_BYTES = 32_000


def decode(body: bytes, charset: str = "", declared: str = "") -> str:
    """The text of a document, without its byte order mark; unreadable bytes become U+FFFD.

    In order: byte order mark, `charset` (the HTTP header's, RFC 9110 section 8.3.2), `declared` (the document's own),
    UTF-8, a guess, windows-1252. Kinder than the letter: bytes beyond ASCII that are valid UTF-8 are UTF-8 though a
    label names one of the eight-bit sets, which is how servers' defaults mislabel them.
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace").removeprefix("\ufeff")
    # Before any label: `utf-16` alone does not say in which order the bytes are.
    claims = [codec for codec in (_by_zeros(body), codec_named(charset), codec_named(declared)) if codec]
    first = [codec for codec in claims if codec in _MULTI_BYTE or codec in _ESCAPING]
    for codec in (*first, "utf-8", *claims):
        try:
            return _without_zeros(body.decode(codec))
        except UnicodeDecodeError:
            continue
    return _without_zeros(_repaired(body, claims))


def declared_in_xml(body: bytes) -> str:
    """The encoding that an XML declaration names (XML 1.0 section 4.3.3), or ""."""
    match = _XML_DECLARATION.search(body[:1_024].replace(b"\x00", b""))
    return match[1].decode("ascii", "replace") if match else ""


def codec_named(label: str) -> str:
    """Python's codec for a charset label, or "" for what is none: zlib, idna, utf-7, unicode_escape."""
    label = label.strip().strip("\"'").lower().removeprefix("x-")
    if not label or not label.isascii() or len(label) > 40:
        return ""
    try:
        name = lookup(label).name
    except (LookupError, ValueError):
        return ""
    name = _SUPERSETS.get(name, name)
    known = name == "utf-8" or name in _MULTI_BYTE or name in _ESCAPING or _SINGLE_BYTE.fullmatch(name)
    return name if known else ""


def _by_zeros(body: bytes) -> str:
    """UTF-16 without a byte order mark, told by where the zeros about the first `<` are (XML 1.0 appendix F)."""
    if body.startswith(b"<\x00") and body[3:4] == b"\x00":
        return "utf-16-le"
    return "utf-16-be" if body.startswith(b"\x00<\x00") else ""


def _without_zeros(text: str) -> str:
    return text.replace("\x00", "") if "\x00" in text else text


def _repaired(body: bytes, claims: list[str]) -> str:
    """The reading that loses least of a body in which no codec reads every byte."""
    text = body.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    beyond_ascii = sum(1 for byte in body[:1_000_000] if byte >= 0xC2)
    if lost * 2 <= beyond_ascii:  # UTF-8 with a few bytes of something else
        return text
    if claims and claims[0] != "utf-8":
        return body.decode(claims[0], "replace")
    return body.decode(_guess(body) or "cp1252", "replace")


def _guess(body: bytes) -> str:
    """By statistics over the neighbourhood of the first bytes beyond ASCII; "" when nothing stands out."""
    from charset_normalizer import from_bytes

    found = re.search(rb"[\x80-\xff]", body)
    start = max(0, found.start() - 2_000) if found else 0
    best = from_bytes(body[start : start + _SAMPLE_BYTES]).best()
    # With a handful of letters statistics find anything from Baltic to Hebrew; the Western set is the best bet then.
    few = len(re.findall(rb"[\x80-\xff]", body[start : start + _SAMPLE_BYTES])) < 12
    return codec_named(best.encoding) if best and not few else ""
