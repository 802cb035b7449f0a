"""The border for text from outside. What has passed has the type SafeText or SafeUrl; nothing else is stored or shown.

A terminal obeys the control characters it is sent, whoever wrote them; a right-to-left override makes one address look
like another. Both end here, once, before storage.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NewType
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from reader.patterns import late

SafeText = NewType("SafeText", str)
"""Printable text: no control, bidi, tag or noncharacter, no lone surrogate, at most four combining marks in a row."""
SafeUrl = NewType("SafeUrl", str)
"""An absolute http(s) URL without credentials, of ASCII characters only; or "" for none."""

EMPTY = SafeText("")
NO_URL = SafeUrl("")

MAX_TITLE = 500
MAX_AUTHORS = 200
MAX_SUMMARY = 1_000
MAX_BODY = 1_000_000
MAX_URL = 4_000

_FORBIDDEN = late(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 (tab and newline are dealt with below), DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi marks, embeddings, overrides, isolates
    "\u00ad\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # invisible and deprecated format characters
    "\u115f\u1160\u3164\uffa0\u180e"  # letters that draw nothing
    "\ud800-\udfff\ufdd0-\ufdef\U000e0000-\U000e007f"  # surrogates, noncharacters, tags
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_BLANK_LETTERS = late("[\u115f\u1160\u3164\uffa0]")
_LINE_BREAKS = late("\r\n?|\x85|\u2028|\u2029|\x0b|\x0c")
# Five or more in a row of what is no letter, digit, blank or common sign: among these are all runs of marks.
_PILES = late(r"[^\w\s\x00-\u02ff\u2010-\u206f\u2190-\u2bff\u3000-\u303f\uff00-\uff65]{5,}")
MAX_MARKS = 4
_MARKUP = late(r"<[A-Za-z/!?][^<>]{0,2000}>")


def _clean(text: str) -> str:
    # What Python calls printable holds none of the forbidden characters but four, and is told much faster. A text of a
    # megabyte is read while a key waits, so that the rest looks at each character that is in it, and not at each place.
    unusual = not text.replace("\n", "").isprintable() or _BLANK_LETTERS.search(text)
    if unusual and _FORBIDDEN.search("".join(set(text))):
        text = _FORBIDDEN.sub("", text)
    return _without_piles(text) if not text.isascii() and _PILES.search(text) else text


def _without_piles(text: str) -> str:
    """With at most four combining marks in a row; a joiner between them starts no new count."""
    marks = "".join(one for one in set(text) if unicodedata.category(one) in ("Mn", "Me"))
    if not marks:
        return text
    mark, joiners = f"[{''.join(sorted(marks))}]", "[\u200c\u200d]*"
    return re.sub(f"({mark}(?:{joiners}{mark}){{{MAX_MARKS - 1}}}{joiners})(?:{mark}{joiners})+", r"\1", text)


def safe_text(text: str | None, limit: int = MAX_TITLE) -> SafeText:
    """One line of printable text: white space folded, at most `limit` characters, cut at a word with an ellipsis."""
    if not text:
        return EMPTY
    text = " ".join(text[: limit * 8 + 1_000].split())
    if text.isascii() and text.isprintable():  # most of what feeds hold; there is nothing to look for in it
        return excerpt(SafeText(text), limit)
    text = " ".join(_clean(text).split())
    if not any(not unicodedata.combining(c) for c in text):
        return EMPTY
    return excerpt(SafeText(text), limit)


def safe_block(text: str | None, limit: int = MAX_BODY) -> SafeText:
    """Text of many lines: newlines and indents are kept, tabs become four blanks."""
    if not text:
        return EMPTY
    text = _clean(_LINE_BREAKS.sub("\n", text[: limit * 2]).replace("\t", "    "))
    return SafeText(text[:limit])


_TAGS = r"(?:<[A-Za-z/!?][^<>]{0,2000}>){1,4}"
_AT_A_SIGN = late(rf"(?<=[(\[“‘«]){_TAGS}|{_TAGS}(?=[.,;:!?)\]…’”»])")
"""Tags beside which there is no blank: `said <a>the council</a>.`"""


def plain_text(markup: str | None, limit: int = MAX_TITLE) -> SafeText:
    """One safe line out of a fragment that may hold tags and character references, as titles and teasers do."""
    if not markup:
        return EMPTY
    from html import unescape  # two thousand names, which nothing needs that only shows what is stored

    text = markup[: limit * 20 + 10_000]
    if "<" in text:
        text = _MARKUP.sub(" ", _AT_A_SIGN.sub("", text))
    return safe_text(unescape(text), limit)


_LINKS = late(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = late(r"^\s{0,3}(?:#{1,6}|>|[-*+]|\d+\.)\s+|[*_`\\]", re.M)


def without_marks(markdown: str) -> SafeText:
    """Safe Markdown as one line of plain text: for excerpts, in which a mark too many does no harm."""
    return SafeText(" ".join(_MARKS.sub("", _LINKS.sub(r"\1", markdown)).split()))


def excerpt(text: SafeText, limit: int) -> SafeText:
    """The text, or as many whole words of it as leave room for `…`."""
    if len(text) <= limit:
        return text
    cut = text[: max(1, limit - 1)]
    at = cut.rfind(" ", len(cut) * 2 // 3)
    return SafeText((cut[:at] if at > 0 else cut).rstrip(" ,;:.–—-") + "…")


def count_words(text: str) -> int:
    """Words as a reader meets them; two characters of a script without spaces count as one word."""
    if text.isascii() or not _WIDE.search(text):
        return len(text.split())
    wide = len(_WIDE.findall(text))
    return len(_WIDE.sub(" ", text).split()) + (wide + 1) // 2


_WIDE = late("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def counted(number: int, one: str, many: str = "") -> str:
    """`1 story`, `2 stories`, `1,204 sources`; `many` for what does not follow the rule."""
    if number == 1:
        return f"1 {one}"
    regular = f"{one[:-1]}ies" if one.endswith("y") and one[-2:-1] not in "aeiou" else f"{one}s"
    return f"{number:,} {many or regular}"


def reading_minutes(words: int) -> int:
    """Whole minutes at 230 words a minute, at least one."""
    return max(1, round(words / 230))


# URLs (RFC 3986)

_URL_JUNK = late("[\x00-\x20\x7f-\x9f]")
_CLEAN_URL = late(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?\.){1,8}[a-z0-9]{1,18}(?::[1-9][0-9]{3})?"
    r"/[A-Za-z0-9/%:@!$&'()*+,=~._-]*(?:\?[A-Za-z0-9/?%:@!$&'()*+,;=~._-]+)?(?:\#[A-Za-z0-9/?%:@!$&'()*+,;=~._-]+)?"
)
"""Those that `_rebuilt` gives back unchanged."""
_HOST = late(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\]")
TRACKING = late(
    r"(?:utm_.*|at_(?:medium|campaign|custom\d|link.*|ptr_name|format|bbc_team)|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid"
    r"|ns_(?:mchannel|source|campaign|linkname|fee)|cmpid?|ocid|ito|smid|smtyp|partner|ref|ref_src|referrer"
    r"|spm|xtor|__twitter_impression|guccounter|share(?:_id|source)?|rss|cid|pk_.*|mtm_.*|wt_.*|_ga|oly_.*|vero_.*|s_cid)",
    re.I,
)
"""Names of query parameters that say where a visitor came from and not which page is meant."""


def safe_url(url: str | None, base: str = "") -> SafeUrl:
    """An absolute http(s) URL in ASCII (host as punycode, the rest percent-encoded), or "" when it is none.

    Credentials are dropped, and so is anything but http and https: nothing else is ever fetched or opened.
    """
    if not url or len(url) > MAX_URL:
        return NO_URL
    if _CLEAN_URL.fullmatch(url):  # nearly all are as they should be, and taking apart is what costs
        return SafeUrl(url)
    return _rebuilt(url, base)


def _rebuilt(url: str, base: str) -> SafeUrl:
    try:
        joined = urljoin(base, _URL_JUNK.sub("", _clean(url.strip())).replace("\\", "/"))
        parts = urlsplit(joined)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
        if scheme not in ("http", "https") or not host:
            return NO_URL
        host = f"[{host}]" if ":" in host else host.encode("idna").decode("ascii").lower()
    except (ValueError, UnicodeError):
        return NO_URL
    if not _HOST.fullmatch(host):
        return NO_URL
    netloc = host if port is None or port == {"http": 80, "https": 443}[scheme] else f"{host}:{port}"
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._") or "/"
    query = quote(parts.query, safe="/?%:@!$&'()*+,;=~-._[]")
    fragment = quote(parts.fragment, safe="/?%:@!$&'()*+,;=~-._")
    clean = urlunsplit((scheme, netloc, path, query, fragment))
    return SafeUrl(clean) if len(clean) <= MAX_URL else NO_URL


def without_tracking(url: SafeUrl) -> SafeUrl:
    """The URL without fragment and without parameters that only say where a visitor came from."""
    parts = urlsplit(url)
    query = parts.query
    if query:
        kept = [
            (name, value) for name, value in parse_qsl(query, keep_blank_values=True) if not TRACKING.fullmatch(name)
        ]
        query = urlencode(kept) if len(kept) != len(parse_qsl(query, keep_blank_values=True)) else query
    return SafeUrl(urlunsplit((parts.scheme, parts.netloc, parts.path, query, "")))


def url_key(url: SafeUrl) -> str:
    """What two addresses of the same page have in common: no scheme, `www.`, tracking, fragment or trailing slash."""
    parts = urlsplit(without_tracking(url))
    path = re.sub(r"/(?:index|default)\.(?:html?|php|aspx?)$", "/", parts.path).rstrip("/")
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    return parts.netloc.removeprefix("www.").removeprefix("m.") + path + (f"?{query}" if query else "")


def host_of(url: str) -> str:
    """The host, as a name for a publication that gives none; "" when there is none."""
    return (urlsplit(url).hostname or "").removeprefix("www.")
