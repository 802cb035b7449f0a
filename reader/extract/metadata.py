"""What a page says of its story outside of the text: JSON-LD, meta tags, microdata, links; nothing is guessed here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from lxml.html import HtmlElement
from msgspec import Struct, field

from reader.dates import parse_date
from reader.extract.layout import letters
from reader.extract.tree import words
from reader.text import (
    EMPTY,
    MAX_AUTHORS,
    MAX_SUMMARY,
    NO_URL,
    SafeText,
    SafeUrl,
    host_of,
    plain_text,
    safe_text,
    safe_url,
    url_key,
)

ARTICLE_TYPES = words(
    "article newsarticle reportagenewsarticle analysisnewsarticle opinionnewsarticle backgroundnewsarticle "
    "reviewnewsarticle askpublicnewsarticle liveblogposting blogposting scholarlyarticle techarticle report "
    "satiricalarticle advertisercontentarticle socialmediaposting medicalscholarlyarticle review"
)
OTHER_TYPES = words(
    "collectionpage contactpage aboutpage searchresultspage profilepage itemlist faqpage checkoutpage imagegallerypage"
)
_MAX_NODES = 400
_MAX_SCRIPT = 2_000_000

_TITLES = (
    "og:title",
    "twitter:title",
    "dc.title",
    "dcterms.title",
    "citation_title",
    "sailthru.title",
    "parsely-title",
    "title",
    "headline",
)
_SUMMARIES = (
    "og:description",
    "description",
    "twitter:description",
    "dc.description",
    "dcterms.abstract",
    "sailthru.description",
)
_PUBLISHED = (
    "article:published_time",
    "article:published",
    "og:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "citation_publication_date",
    "citation_date",
    "citation_online_date",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date",
    "dcterms.date",
    "dc.date.created",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "article.published",
    "originalpublicationdate",
    "article_date_original",
    "date",
    "cxenseparse:recs:publishtime",
    "bt:pubdate",
)
_UPDATED = (
    "article:modified_time",
    "article:modified",
    "og:updated_time",
    "og:modified_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
    "lastmod",
    "article.updated",
)
_SECTIONS = (
    "article:section",
    "og:article:section",
    "parsely-section",
    "section",
    "sailthru.section",
    "article.section",
    "cxenseparse:section",
    "dc.subject.section",
)
_AUTHORS = (
    "author",
    "article:author",
    "og:article:author",
    "parsely-author",
    "sailthru.author",
    "citation_author",
    "dc.creator",
    "dcterms.creator",
    "article.author",
    "byl",
    "twitter:data1",
)
_PICTURES = (
    "og:image:secure_url",
    "og:image",
    "og:image:url",
    "twitter:image",
    "twitter:image:src",
    "parsely-image-url",
    "sailthru.image.full",
)
_NO_LEAD = re.compile(
    r"logo|default|placeholder|favicon|avatar|blank\.|spacer|no[-_]?image|fallback|share[-_]?(?:image|card)|og[-_]image\.|\.svg(?:\?|$)|generic",
    re.I,
)


class Declared(Struct):
    """What the page's head and its microdata declare; every field may be empty."""

    titles: list[SafeText] = field(default_factory=list)
    """Best first; those of `<title>` last, whole."""
    site: SafeText = EMPTY
    summaries: list[SafeText] = field(default_factory=list)
    authors: SafeText = EMPTY
    section: SafeText = EMPTY
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language: SafeText = EMPTY
    picture: SafeUrl = NO_URL
    picture_size: tuple[int | None, int | None] = (None, None)
    picture_caption: SafeText = EMPTY
    url: SafeUrl = NO_URL
    body: str = ""
    """JSON-LD `articleBody`, as it is: text or HTML."""
    is_article: bool = False
    is_other: bool = False
    """It is declared to be a page of another kind."""


def declared_by(root: HtmlElement, url: SafeUrl) -> Declared:
    """Read head and microdata; JSON-LD goes before meta tags, which go before microdata."""
    metas = _metas(root)
    nodes = list(_nodes(root))
    title = root.find(".//head/title")
    title = title if title is not None else root.find(".//title")
    page_title = safe_text(title.text_content()) if title is not None else EMPTY
    node = _story_node(nodes, url, [*map(safe_text, _values(metas, _TITLES)), page_title])
    declared = Declared(
        site=safe_text(_first(metas, ("og:site_name", "application-name")), 100),
        language=_language(root, metas, node),
        url=_canonical(root, metas, url),
    )
    declared.titles = _unique(
        plain_text(text)
        for text in (_string(node.get("headline")), *_values(metas, _TITLES), _string(node.get("name")), page_title)
    )
    declared.summaries = _unique(
        plain_text(text, MAX_SUMMARY)
        for text in (
            _string(node.get("alternativeHeadline")),
            *_values(metas, _SUMMARIES),
            _string(node.get("description")),
        )
    )
    declared.authors = _authors(root, metas, node, declared.site)
    declared.section = _section(root, metas, node, nodes, declared)
    _read_dates(declared, root, metas, node)
    _read_picture(declared, metas, node, url)
    body = _string(node.get("articleBody")) or _live_updates(node)
    declared.body = body if len(body) > 80 else ""
    kinds = set(_types(node)) | {_first(metas, ("og:type",)).lower().removeprefix("og:")}
    declared.is_article = bool(kinds & ARTICLE_TYPES) or any(
        name.startswith(("article:published", "citation_title")) for name in metas
    )
    declared.is_other = any(OTHER_TYPES & set(_types(other)) for other in nodes[:20]) and not declared.is_article
    return declared


# JSON-LD 1.1 with the vocabulary of schema.org


def _nodes(root: HtmlElement) -> Iterator[dict[str, Any]]:
    """Every object that a page's JSON-LD describes at its upper levels, in order."""
    count = 0
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        waiting = [(_parse_json(script.text_content()[:_MAX_SCRIPT]), 0)]
        while waiting and count < _MAX_NODES:
            value, depth = waiting.pop(0)
            if isinstance(value, list):
                waiting[:0] = [(inner, depth) for inner in value[:_MAX_NODES]]
            elif isinstance(value, dict) and depth < 5:
                count += 1
                yield value
                names = ("@graph", "mainEntity", "mainEntityOfPage", "breadcrumb")
                waiting[:0] = [(value[name], depth + 1) for name in names if isinstance(value.get(name), (dict, list))]


def _parse_json(text: str) -> Any:
    """The value, after mending what publishers break: comments around it, trailing commas, control characters."""
    text = (
        re.sub(r"^\s*(?://\s*)?(?:<!\[CDATA\[|<!--)|(?://\s*)?(?:\]\]>|-->)\s*$", "", text.strip()).strip().rstrip(";")
    )
    for attempt in (
        text,
        re.sub(r",(\s*[}\]])", r"\1", re.sub(r"[\x00-\x1f]+", " ", text)),
        text + "}",
        text.replace("}{", "},{").join("[]"),
    ):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _types(node: dict[str, Any]) -> list[str]:
    kinds = node.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return [kind.rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower() for kind in kinds if isinstance(kind, str)]


def _story_node(nodes: list[dict[str, Any]], url: SafeUrl, titles: list[SafeText]) -> dict[str, Any]:
    """The object that is the page's story; {} when there is none, or several and none fits."""
    stories = [node for node in nodes if ARTICLE_TYPES & set(_types(node))]
    for node in stories:
        pages = [node.get("url"), node.get("@id"), node.get("mainEntityOfPage")]
        pages = [page.get("@id") or page.get("url") if isinstance(page, dict) else page for page in pages]
        if any(
            isinstance(page, str) and (safe := safe_url(page, url)) and url_key(safe) == url_key(url) for page in pages
        ):
            return node
    page_keys = [letters(title) for title in titles]
    for node in stories:
        key = letters(_string(node.get("headline")))
        if len(key) > 8 and any(key[:60] in other or (len(other) > 12 and other in key) for other in page_keys):
            return node
    return stories[0] if len(stories) == 1 else {}


def _string(value: Any) -> str:
    """The text in a value that may be a string, a list of them, or an object with a name."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("name") or value.get("@value") or value.get("url") or ""
    return value if isinstance(value, str) else ""


def _live_updates(node: dict[str, Any]) -> str:
    updates = node.get("liveBlogUpdate")
    if not isinstance(updates, list):
        return ""
    return "\n\n".join(_string(update.get("articleBody")) for update in updates if isinstance(update, dict))


# Meta tags


def _metas(root: HtmlElement) -> dict[str, list[str]]:
    metas: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        content = (meta.get("content") or "").strip()
        if not content:
            continue
        inside = next(meta.iterancestors("body"), None) is not None
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            for name in (meta.get(attribute) or "").lower().split():
                if attribute != "itemprop" or not inside:
                    metas.setdefault(name, []).append(content[:20_000])
    return metas


def _values(metas: dict[str, list[str]], names: tuple[str, ...]) -> list[str]:
    return [value for name in names for value in metas.get(name, ())[:10]]


def _first(metas: dict[str, list[str]], names: tuple[str, ...]) -> str:
    return next(iter(_values(metas, names)), "")


def _unique(texts: Iterator[SafeText]) -> list[SafeText]:
    return list({letters(text): text for text in reversed([text for text in texts if text])}.values())[::-1]


def _item(root: HtmlElement, name: str) -> Iterator[HtmlElement]:
    """Microdata of that name that belongs to the story and not to one in a list beside it."""
    for element in root.xpath("//*[@itemprop]"):
        if name in (element.get("itemprop") or "").split():
            scope = element.getparent()
            while scope is not None and scope.get("itemscope") is None:
                scope = scope.getparent()
            kind = (scope.get("itemtype") or "").rsplit("/", 1)[-1].lower() if scope is not None else "article"
            if (kind in ARTICLE_TYPES or kind == "article") and next(
                element.iterancestors("aside", "nav"), None
            ) is None:
                yield element


# Fields


def _language(root: HtmlElement, metas: dict[str, list[str]], node: dict[str, Any]) -> SafeText:
    named = (
        root.get("lang"),
        root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang"),
        _first(metas, ("og:locale", "content-language", "dc.language", "language")),
        _string(node.get("inLanguage")),
    )
    for value in named:
        tag = (value or "").strip().split(",")[0].split(".")[0].replace("_", "-").lower()
        if re.fullmatch(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}", tag):
            return safe_text(tag, 30)
    return EMPTY


def _canonical(root: HtmlElement, metas: dict[str, list[str]], url: SafeUrl) -> SafeUrl:
    """What the page calls its address, when that is on the same host; RFC 6596 allows others, we do not follow them."""
    named = [link.get("href") for link in root.iter("link") if "canonical" in (link.get("rel") or "").lower().split()]
    for value in (*named, _first(metas, ("og:url",))):
        canonical = safe_url(value, url)
        if not canonical or _host(canonical) != _host(url):
            continue
        if (
            urlsplit(canonical).path in ("", "/")
            and not urlsplit(canonical).query
            and urlsplit(url).path not in ("", "/")
        ):
            continue
        if url.startswith("https:") and canonical.startswith("http:"):
            canonical = safe_url("https:" + canonical[5:])
        return canonical
    return url


def _host(url: str) -> str:
    parts = urlsplit(url)
    return re.sub(r"^(?:www|m|mobile|amp)\.", "", parts.netloc)


def _authors(root: HtmlElement, metas: dict[str, list[str]], node: dict[str, Any], site: SafeText) -> SafeText:
    value = node.get("author") or node.get("creator")
    values = value if isinstance(value, list) else [value]
    names = [_string(entry) for entry in values]
    if not any(map(author_name, names)):
        names = _values(metas, _AUTHORS)
    if not any(map(author_name, names)):
        names = [element.get("content") or element.text_content() for element in _item(root, "author")]
    return join_authors(names, site)


def join_authors(names: list[str], site: SafeText = EMPTY) -> SafeText:
    """The names, each once, separated by commas; the publication itself is no author."""
    found = _unique(
        SafeText(name)
        for text in names
        for name in map(author_name, re.split(r"\s*[;|]\s*|,\s+(?=\w+\s)", text)[:20])
        if name
    )
    return safe_text(", ".join(name for name in found if letters(name) != letters(site)), MAX_AUTHORS)


def author_name(text: str) -> str:
    """The name in what a page gives for one; "" when it is an address, a number, or a sentence."""
    name = plain_text(text, 100).strip(" ,.:;|–—-")
    name = re.sub(r"^(?:by|von|par|por|di|de la rédaction|autor(?:es)?|author)\s*:?\s+", "", name, flags=re.I)
    if not name or re.search(r"https?:|www\.|@|\d{3}|/", name) or len(name.split()) > 8:
        return ""
    return (
        ""
        if name.lower()
        in ("admin", "administrator", "staff", "unknown", "null", "none", "editor", "undefined", "anonymous")
        else name
    )


def _section(
    root: HtmlElement,
    metas: dict[str, list[str]],
    node: dict[str, Any],
    nodes: list[dict[str, Any]],
    declared: Declared,
) -> SafeText:
    sections = node.get("articleSection")
    for value in (*(sections if isinstance(sections, list) else [sections]), *_values(metas, _SECTIONS)):
        if named := section_name(_string(value)):
            return named
    for element in _item(root, "articleSection"):
        if named := section_name(element.get("content") or element.text_content()):
            return named
    trail: list[SafeText] = []
    for other in nodes:
        if "breadcrumblist" in _types(other) and isinstance(other.get("itemListElement"), list):
            trail = [section_name(_crumb(item)) for item in other["itemListElement"] if isinstance(item, dict)]
            break
    return section_of_trail([*trail] or breadcrumb_texts(root), [*declared.titles, declared.site])


def _crumb(item: dict[str, Any]) -> str:
    return _string(item.get("name")) or _string(item.get("item"))


def breadcrumb_texts(root: HtmlElement) -> list[SafeText]:
    """The words of a trail marked as one by class, role or label, first to last."""
    for element in root.xpath(
        "//*[contains(@class, 'readcrumb') or contains(@id, 'readcrumb') or contains(@aria-label, 'readcrumb')"
        " or contains(@itemtype, 'BreadcrumbList')]"
    ):
        links = [a for a in element.iter("a") if a.text_content().strip()]
        if 1 <= len(links) <= 8:
            return [section_name(a.text_content()) for a in links]
    return []


def section_of_trail(trail: list[SafeText], titles: list[SafeText]) -> SafeText:
    """The deepest step of a trail that is neither the home page nor the story."""
    not_sections = {letters(title) for title in titles}
    steps = [step for step in trail if step and letters(step) not in not_sections and letters(step) not in _HOME]
    steps = [
        step
        for step in steps
        if not any(len(letters(step)) > 25 and letters(step)[:25] in title for title in not_sections)
    ]
    return steps[-1] if steps else EMPTY


_HOME = frozenset(
    letters(word)
    for word in [
        "home",
        "homepage",
        "home page",
        "startseite",
        "start",
        "accueil",
        "inicio",
        "portada",
        "início",
        "главная",
        "ホーム",
        "トップ",
        "首页",
        "首頁",
        "홈",
        "الرئيسية",
        "ראשי",
        "forside",
        "etusivu",
        "front page",
        "frontpage",
        "news home",
        "hjem",
        "hem",
        "strona główna",
    ]
)


def section_name(text: str) -> SafeText:
    """A section's name, or "" for what is too long to be one, an address or a number."""
    name = plain_text(text, 80).strip(" /|›»>·:-–")
    if (
        not name
        or len(name) > 40
        or len(name.split()) > 5
        or re.search(r"https?:|^\W*\d+\W*$", name)
        or letters(name) in _HOME
    ):
        return EMPTY
    return SafeText(name)


def _read_dates(declared: Declared, root: HtmlElement, metas: dict[str, list[str]], node: dict[str, Any]) -> None:
    published = [_string(node.get(name)) for name in ("datePublished", "dateCreated", "uploadDate")] + _values(
        metas, _PUBLISHED
    )
    updated = [_string(node.get("dateModified")), *_values(metas, _UPDATED)]
    published += [_moment(element) for element in _item(root, "datePublished")]
    updated += [_moment(element) for element in _item(root, "dateModified")]
    published += [_moment(time) for time in root.iter("time") if time.get("pubdate") is not None]
    declared.published_at = next((date for text in published if text and (date := parse_date(text))), None)
    declared.updated_at = next((date for text in updated if text and (date := parse_date(text))), None)


def _moment(element: HtmlElement) -> str:
    return element.get("content") or element.get("datetime") or element.text_content()


def _read_picture(declared: Declared, metas: dict[str, list[str]], node: dict[str, Any], url: SafeUrl) -> None:
    image = node.get("image")
    images = image if isinstance(image, list) else [image]
    candidates: list[tuple[str, int | None, int | None, str]]
    candidates = [(value, None, None, "") for value in _values(metas, _PICTURES)]
    if candidates:
        width, height = _first(metas, ("og:image:width",)), _first(metas, ("og:image:height",))
        alt = _first(metas, ("og:image:alt", "twitter:image:alt"))
        candidates[0] = (candidates[0][0], _pixels(width), _pixels(height), alt)
    for entry in images:
        if isinstance(entry, dict):
            address = _string(entry.get("url")) or _string(entry.get("contentUrl")) or _string(entry.get("@id"))
            candidates.append(
                (address, _pixels(entry.get("width")), _pixels(entry.get("height")), _string(entry.get("caption")))
            )
        elif isinstance(entry, str):
            candidates.append((entry, None, None, ""))
    for address, wide, high, caption in candidates:
        found = safe_url(address, url)
        if found and not _NO_LEAD.search(urlsplit(found).path) and (wide or 999) > 100:
            declared.picture, declared.picture_size, declared.picture_caption = (
                found,
                (wide, high),
                plain_text(caption, 1_000),
            )
            return


def _pixels(value: Any) -> int | None:
    if isinstance(value, dict):
        value = value.get("value")
    found = re.match(r"\s*(\d{1,5})(?!\d)", str(value)) if value is not None else None
    return int(found[1]) if found and int(found[1]) else None


def host_title(url: str) -> str:
    """The letters of the host's own name: `gazette` of www.gazette.example.org."""
    return letters(host_of(url).rsplit(".", 1)[0])
