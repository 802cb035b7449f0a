"""Drafts -> Items: everything that a publisher wrote is cleaned, cut, resolved and judged here, whatever the format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from html import unescape

from reader.dates import parse_date
from reader.extract import html_to_markdown
from reader.model import Enclosure, Item, Picture, TextKind
from reader.sources.feed.draft import Channel, Draft
from reader.text import (
    EMPTY,
    MAX_AUTHORS,
    MAX_BODY,
    MAX_SUMMARY,
    MAX_TITLE,
    NO_URL,
    SafeText,
    SafeUrl,
    count_words,
    plain_text,
    safe_block,
    safe_text,
    safe_url,
)

FULL_WORDS = 200
"""A description of so many words is the story and not a teaser for it."""
MAX_CONVERTED = 10_000_000
"""Characters of HTML of one feed that become Markdown; what comes after is left to the stories' pages (CPU time)."""
_MAX_CATEGORY = 100
_MAX_CATEGORIES = 32

_MORE = (
    r"(?:read (?:more|on|the (?:full|rest|whole)\b[^.<]{0,60})|(?:continue|keep) reading\b[^.<]{0,120}"
    r"|full (?:story|article)|more…|weiterlesen|mehr lesen|lire (?:la suite|plus|l[’']article)|leer m[áa]s"
    r"|seguir leyendo|sigue leyendo|leia mais|ler mais|continua a leggere|leggi (?:tutto|di più|l[’']articolo)"
    r"|lees (?:meer|verder)|läs mer|læs mere|les mer|lue lisää|czytaj (?:więcej|dalej)|читать (?:далее|полностью)"
    r"|devamını oku|続きを読む|阅读全文|阅读更多|더 보기)"
)
_MORE_STEMS = (
    *("read", "full ", "more…", "lesen", "lire ", "leer ", "leyendo", "leia ", "ler ", "legge", "leggi", "lees "),
    *("läs ", "læs ", "les ", "lue ", "czytaj", "читать", "devam", "続き", "阅读", "보기"),
)
"""One of these is in whatever _MORE finds; looking for them first is a hundred times as fast."""
_SIGNS = r"[\s»›→>.…:*_)\]\\]*"
_DOTS_AT_END = re.compile(rf"(?:…|\.\.\.){_SIGNS}$")
_MORE_AT_END = re.compile(rf"[\s(\[]*\b{_MORE}{_SIGNS}$", re.I)
_MORE_LINK = re.compile(
    rf"(?:<p[^<>]{{0,500}}>\s*)?<a\s[^<>]{{1,2000}}>(?:\s|<[^<>]{{1,200}}>){{0,20}}{_MORE}"
    r"(?:[^<]|<(?!/a>)[^<>]{0,200}>){0,40}</a>\s*(?:</p>)?\s*$",
    re.I,
)
_BRACKETED_DOTS = re.compile(r"\s*[\[(](?:…|\.\.\.)[\])]\s*$")
_MARKDOWN_LINK = re.compile(r"!?\[([^\]]{0,200})\]\([^)\s]{0,2000}\)")
_APPEARED_FIRST = re.compile(
    r"<p>\s*(?:The post|L[’']article|Der Beitrag|La entrada|Il post|O post)\s<a .{1,3000}$", re.I | re.S
)
_FEEDFLARE = re.compile(
    r'<div class="feedflare">.*?</div>|<img [^<>]{0,500}feeds\.feedburner\.com/~r/[^<>]{0,500}>', re.I | re.S
)

_TAG = re.compile(
    r"</?(?:a|abbr|acronym|b|bdi|bdo|big|blink|cite|code|del|dfn|em|font|i|img|ins|kbd|mark|nobr|q|s|samp|small|span|strike"
    r"|strong|sub|sup|tt|u|var|wbr)(?:\s[^<>]{0,2000})?/?>",
    re.I,
)
_BLOCK_TAG = re.compile(r"</?(?:br|div|h[1-6]|li|ol|p|ul)(?:\s[^<>]{0,2000})?/?>", re.I)
_ESCAPED_TAG = re.compile(r"&lt;/?(?:a|b|blockquote|br|div|em|figure|h[1-6]|i|img|li|p|span|strong|table|ul)\b", re.I)
_ESCAPED_TWICE = re.compile(r"&(?:amp|quot|apos|nbsp|hellip|[lr][sd]quo|[mn]dash|#\d{2,6}|#x[0-9a-f]{2,5});", re.I)
_ONE_PARAGRAPH = re.compile(r"\s*(?:<(p|div)(?:\s[^<>]{0,300})?>)?([^<]*)(?:</\1>)?\s*")
_STRUCTURE = re.compile(r"<(?:a|ol|ul|table|pre|blockquote|h[1-6]|video|audio|iframe|figure|figcaption)\b", re.I)
_PARAGRAPH = re.compile(r"<p[\s>]|<br\s*/?>\s*<br", re.I)
_IMAGE = re.compile(r"<img\s[^<>]{0,4000}>", re.I)
_IMAGE_PART = re.compile(r"""\b(src|width|height|alt)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.I)
_MAIL_AND_NAME = re.compile(r"[^\s@<>()]{1,200}@[^\s@<>()]{1,200}\s*\(([^()]{0,200})\)")
_NAME_AND_MAIL = re.compile(r"([^<>@]{1,200})<[^\s<>]{1,200}@[^\s<>]{1,200}>")
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]<>~|])|^([ ]*)([#+=-]|\d{1,9}(?=[.)]\s))|(&)(?=#|\w{1,40};)", re.M)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}")
_DEAD_TYPES = frozenset(("application/x-shockwave-flash",))
_NOT_A_NAME = frozenset(("unknown", "admin", "noreply", "author", "none", "null", "no author"))
_NOT_A_SECTION = frozenset(
    ("uncategorized", "uncategorised", "allgemein", "non classé", "sin categoría", "unkategorisiert")
)


class Finisher:
    """Turns the drafts of one feed into items, and stops converting bodies when enough time has gone into it."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._authors = _names(channel.authors, "")
        self._left = MAX_CONVERTED
        self.unconverted = 0
        """Bodies that were left out for their number and size."""

    def items(self) -> tuple[Item, ...]:
        """The entries that hold anything, clean, in the publisher's order."""
        drafts = [draft for draft in self._channel.entries if not draft.is_empty()]
        categories = [_categories(draft.categories) for draft in drafts]
        return tuple(map(self._item, drafts, categories, sections(categories)))

    def _item(self, draft: Draft, categories: tuple[SafeText, ...], section: SafeText) -> Item:
        url = _address(draft)
        published, updated = parse_date(draft.published), parse_date(draft.updated)
        body = self._body(draft, url)
        picture = _picture(draft) or body.picture
        return Item(
            guid=_guid(draft.guid),
            url=url,
            title=title_text(draft.title, is_text=draft.title_is_text),
            summary=body.summary,
            authors=_names(draft.authors, draft.source) or self._authors,
            section=section,
            categories=categories,
            published_at=published or updated,
            updated_at=updated if updated and published and updated > published else None,
            language=language_tag(draft.language or self._channel.language),
            markdown=body.markdown,
            text=body.kind,
            picture=picture,
            enclosures=_enclosures(draft),
        )

    def _body(self, draft: Draft, url: SafeUrl) -> Body:
        base = _http_only(draft.content_base or draft.base or url)
        content, content_is_text = draft.content, draft.content_is_text
        summary, summary_is_text = draft.summary, draft.summary_is_text
        if content and len(summary) > len(content):  # the two the wrong way round
            content, content_is_text, summary, summary_is_text = summary, summary_is_text, content, content_is_text
        if not content or (content.strip() == summary.strip() and summary):
            return self._described(summary or draft.media_text, summary_is_text or not summary, base)
        dek = self._described(summary, summary_is_text, base, only_dek=True).summary if summary else EMPTY
        markdown, cut = self._markdown(content, content_is_text, base)
        kind = TextKind.TEASER if cut and markdown else text_kind(markdown, from_content=True)
        if kind is TextKind.NONE and dek:
            kind = TextKind.TEASER
        return Body(dek, markdown, kind)

    def _described(self, text: str, is_text: bool, base: str, *, only_dek: bool = False) -> Body:
        """What a description is: the dek alone, or a text of its own when it is long or more than a line of words."""
        if not text:
            return Body()
        text, is_text, cut = _prepared(text, is_text)
        line = _without_more(text if is_text else _flat(text))
        simple = (
            "\n\n" not in text.strip()
            if is_text
            else not (_STRUCTURE.search(text) or len(_PARAGRAPH.findall(text)) > 1)
        )
        picture = None if is_text else first_picture(text, base)
        if only_dek or (simple and len(line) <= MAX_SUMMARY and (cut or _is_short(line))):
            dek = safe_text(line, MAX_SUMMARY)
            return Body(dek, EMPTY, TextKind.TEASER if dek else TextKind.NONE, picture)
        markdown, cut_here = self._markdown(text, is_text, base)
        kind = TextKind.TEASER if (cut or cut_here) and markdown else text_kind(markdown, from_content=False)
        dek = EMPTY if kind is TextKind.FULL else safe_text(line, MAX_SUMMARY)
        if kind is TextKind.NONE and dek:
            kind = TextKind.TEASER
        return Body(dek, markdown, kind, picture if "](" not in markdown else None)

    def _markdown(self, text: str, is_text: bool, base: str) -> tuple[SafeText, bool]:
        """The body as Markdown, and whether a link to the rest stood at its end."""
        text, is_text, cut = _prepared(text, is_text)
        if is_text:
            return plain_to_markdown(text), cut
        if self._left <= 0:
            self.unconverted += 1
            return EMPTY, cut
        text = text[: 3 * MAX_BODY]
        self._left -= len(text)
        return SafeText(html_to_markdown(text, base)[:MAX_BODY]), cut


class Body:
    """What an entry has to read."""

    __slots__ = ("kind", "markdown", "picture", "summary")

    def __init__(
        self,
        summary: SafeText = EMPTY,
        markdown: SafeText = EMPTY,
        kind: TextKind = TextKind.NONE,
        picture: Picture | None = None,
    ) -> None:
        self.summary, self.markdown, self.kind, self.picture = summary, markdown, kind, picture


def text_kind(body: str, *, from_content: bool) -> TextKind:
    """How much of the story a body (Markdown or plain text) is.

    FULL when it does not end as a cut text does (`…`, `...`, `[…]`, "Read more", "Continue reading" and their like in
    other languages, also as a link) and the publisher either put it in the element meant for the whole text
    (content:encoded, Atom content, content_html) or wrote at least FULL_WORDS words. Else TEASER; NONE when empty.
    """
    body = body.strip()
    if not body:
        return TextKind.NONE
    tail = body[-2_500:]
    tail = (_MARKDOWN_LINK.sub(r"\1", tail) if "](" in tail else tail)[-200:]
    dotted = ("…" in tail or "..." in tail) and _DOTS_AT_END.search(tail)
    cut = dotted or (_may_end_in_more(tail) and _MORE_AT_END.search(tail))
    if cut or not (from_content or not _is_short(body)):
        return TextKind.TEASER
    return TextKind.FULL


def _is_short(text: str) -> bool:
    return len(text) <= FULL_WORDS or count_words(text) < FULL_WORDS


def _may_end_in_more(tail: str) -> bool:
    tail = tail.lower()
    return any(stem in tail for stem in _MORE_STEMS)


def sections(categories: Sequence[tuple[SafeText, ...]]) -> tuple[SafeText, ...]:
    """The section of each item of a feed, given the categories of each; "" for all where categories are keywords.

    The first category of an item is its section if there are at most 8 different ones, or at most 20 and each stands
    for two items on average.
    """
    firsts = [of_item[0] if of_item and of_item[0].lower() not in _NOT_A_SECTION else EMPTY for of_item in categories]
    named = [name for name in firsts if name]
    distinct = len(set(named))
    if distinct <= 8 or (distinct <= 20 and len(named) >= 2 * distinct):
        return tuple(firsts)
    return (EMPTY,) * len(firsts)


def title_text(text: str, *, is_text: bool = False) -> SafeText:
    """A headline as one line. RSS titles may be markup, escaped once or twice; only tags of HTML are taken for tags."""
    text = text[: MAX_TITLE * 20]
    if "<" in text and not is_text:
        text = _BLOCK_TAG.sub(" ", _TAG.sub("", text))
    if "&" in text:
        text = text if is_text else unescape(text)
        if _ESCAPED_TWICE.search(text):
            text = unescape(text)
        if not is_text and "<" in text:
            text = _BLOCK_TAG.sub(" ", _TAG.sub("", text))
    return safe_text(text, MAX_TITLE)


def language_tag(text: str) -> SafeText:
    """BCP 47 in lower case, or ""; `en_GB` is understood."""
    tag = text.strip().lower().replace("_", "-")
    return SafeText(tag) if _LANGUAGE.fullmatch(tag) else EMPTY


def plain_to_markdown(text: str) -> SafeText:
    """Plain text as Markdown that shows the same: paragraphs at empty lines, signs of Markdown escaped."""
    text = safe_block(text.strip())
    text = _MARKDOWN_SPECIAL.sub(_escaped, text)
    paragraphs = (re.sub(r"\s*\n\s*", "  \n", part.strip()) for part in re.split(r"\n\s*\n", text))
    return SafeText("\n\n".join(part for part in paragraphs if part)[:MAX_BODY])


def _escaped(match: re.Match[str]) -> str:
    character, indent, sign, ampersand = match.groups()
    if sign:
        return f"{indent}\\{sign}" if not sign[0].isdigit() else f"{indent}{sign}\\"
    return "\\" + (character or ampersand)


def _prepared(text: str, is_text: bool) -> tuple[str, bool, bool]:
    """Text or markup without what feeds' hosts add; whether it is text; whether it ended in a link to the rest."""
    if not is_text and "<" not in text:
        if _ESCAPED_TAG.search(text):  # escaped once too often
            text = unescape(text)
        else:
            return unescape(text) if "&" in text else text, True, False
    if is_text:
        return text, True, False
    if one := _ONE_PARAGRAPH.fullmatch(text):
        return unescape(one[2]) if "&" in one[2] else one[2], True, False
    if "feedburner" in text or "feedflare" in text:
        text = _FEEDFLARE.sub("", text)
    tail = text[-3_000:].rstrip()
    if not tail.endswith(("</a>", "</p>", ".")) or "<a " not in tail:
        return text, False, False
    if appeared := _APPEARED_FIRST.search(tail):
        tail = tail[: appeared.start()].rstrip()
    more = _MORE_LINK.search(tail) if _may_end_in_more(tail[-400:]) else None
    return text[:-3_000] + (tail[: more.start()] if more else tail), False, more is not None


def _flat(markup: str) -> str:
    """One line of the text in a markup; twice what a dek may be, so that its end is still seen."""
    return plain_text(markup, MAX_SUMMARY * 2)


def _without_more(line: str) -> str:
    """A teaser without the words of its link; what was left out is told by an ellipsis."""
    line = line.rstrip()
    if _may_end_in_more(line[-200:]):
        line = _MORE_AT_END.sub("", line)
    return _BRACKETED_DOTS.sub("…", line).strip() if line.endswith(("]", ")")) else line.strip()


def _http_only(url: str) -> str:
    """The address if it is http(s), else "": nothing foreign is ever resolved against a file or a script."""
    return url if url.startswith(("http://", "https://")) else ""


def _url(written: str, base: str) -> SafeUrl:
    """The address as meant: blanks within are part of it (`my film.mp4`), those around it are not."""
    return safe_url(written.strip().replace(" ", "%20"), base)


def _address(draft: Draft) -> SafeUrl:
    for written in (draft.original_url, draft.url):
        if written and (url := _url(written, draft.base)):
            return url
    if draft.guid_is_url and draft.guid.startswith(("http://", "https://")):
        return safe_url(draft.guid)
    return NO_URL


def _guid(guid: str) -> SafeText:
    """As given; one that is too long ends in a digest, so that two which begin alike stay two."""
    safe = safe_text(guid, MAX_TITLE)
    if len(guid) <= MAX_TITLE or len(safe) < MAX_TITLE // 2:
        return safe
    digest = blake2b(guid.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return SafeText(f"{safe_text(guid[:400])}…{digest}")


def _names(names: Iterable[str], source: str) -> SafeText:
    """The byline: each name once, without mail addresses; the publication it comes from where there is no name."""
    found: dict[str, None] = {}
    for name in names:
        if match := _MAIL_AND_NAME.match(name) or _NAME_AND_MAIL.match(name):
            name = match[1]  # noqa: PLW2901 - the name within is what the rest is about
        clean = plain_text(name, MAX_AUTHORS).strip(" ,;")
        clean = re.sub(r"^by\s+", "", clean, flags=re.I)
        if clean and clean.lower() not in _NOT_A_NAME and not clean.lower().startswith("noreply@"):
            found.setdefault(clean)
    if not found and source:
        return safe_text(title_text(source), MAX_AUTHORS)
    return safe_text(", ".join(found), MAX_AUTHORS)


def _categories(names: Iterable[str]) -> tuple[SafeText, ...]:
    found: dict[SafeText, None] = {}
    for name in names:
        clean = plain_text(name, _MAX_CATEGORY)
        if clean and not clean.startswith(("http://", "https://")):
            found.setdefault(clean)
    return tuple(found)[:_MAX_CATEGORIES]


def _picture(draft: Draft) -> Picture | None:
    """The best of the pictures that are named beside the text: the full size, else the widest thumbnail."""
    shots = draft.shots
    if not shots:
        return None
    for shot in sorted(shots, key=lambda s: (s.rank, s.width or 0), reverse=True):
        if (shot.width is None or shot.width > 1) and (url := _url(shot.url, draft.base)):
            caption = shot.caption or _caption(draft)
            return Picture(url, title_text(caption), title_text(shot.alt), shot.width, shot.height)
    return None


def _caption(draft: Draft) -> str:
    """What Media RSS says of the whole entry, unless it is all that there is to read."""
    has_text = bool(draft.summary or draft.content)
    parts = [draft.media_text if has_text and draft.media_text != draft.summary else "", draft.credit]
    return f"{parts[0]} ({parts[1]})" if all(parts) else "".join(parts)


def first_picture(markup: str, base: str) -> Picture | None:
    """The first `<img>` of a teaser that is large enough to be one, and no pixel that counts readers."""
    for image in _IMAGE.finditer(markup):
        parts = {m[1].lower(): unescape(m[2] or m[3] or m[4] or "") for m in _IMAGE_PART.finditer(image[0])}
        width, height = (
            int(p) if (p := parts.get(side, "")).isascii() and p.isdigit() and len(p) < 6 else None
            for side in ("width", "height")
        )
        small = (width is not None and width < 40) or (height is not None and height < 40)
        if not small and (url := _url(parts.get("src", ""), base)):
            return Picture(url, EMPTY, safe_text(parts.get("alt")), width, height)
    return None


def _enclosures(draft: Draft) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for url, media_type, size in draft.enclosures:
        if media_type not in _DEAD_TYPES and (safe := _url(url, draft.base)):
            found.setdefault(safe, Enclosure(safe, safe_text(media_type.lower(), 100), size))
    return tuple(found.values())
