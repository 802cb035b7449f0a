"""What stands over a story on the page itself: headline, kicker, dates, byline and dek."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement
from msgspec import Struct, field

from reader.dates import parse_date
from reader.extract.layout import Passage, letters
from reader.extract.metadata import Declared, host_title, join_authors, section_name
from reader.extract.noise import is_dateline, is_label, says_see_also, sounds_like_notice
from reader.text import EMPTY, MAX_SUMMARY, SafeText, SafeUrl, host_of, safe_text

_SEPARATOR = re.compile(r"\s+(?:[|–—·•»«:/-]|::|\|\|)\s+|\s*[|｜]\s*")
_TODAY = re.compile(
    r"^\W*(?:today|heute|aujourd|hoy\b|oggi|hoje|vandaag|idag|i dag|сегодня|bugün|今日|今天|اليوم|היום)", re.I
)
_UPDATED = re.compile(
    r"(?:last\s)?(?:updated|modified|edited)|aktualisiert|geändert|mis à jour|modifié|actualizado|aggiornato|atualizado"
    r"|bijgewerkt|обновлен\w*|изменен\w*|güncellen\w+|更新|تحديث|עודכן",
    re.I,
)
_BYLINE = re.compile(
    r"^\W*(?:by|von|par|por|di|door|av|af|autor(?:en|es|as|a|i)?|authors?|autore|auteurs?|redaktor\w*|(?:reporting|analysis|story)\s+by|words\s+by|written\s+by|text|автор|текст|yazan|文|記者|作者|著者|بقلم|كتب(?:ه|ته)?|מאת)"
    r"(?:\s*[:：・]\s*|\s+)(?P<names>\S.{1,150})$",
    re.I,
)
_DEK_CLASS = re.compile(
    r"(?:^|[\s_-])(?:dek|deck|standfirst|sub-?title|sub-?head(?:line|ing)?|lead|lede|intro(?:duction)?|summary|chapo|vorspann|teaser|abstract|kicker-text|excerpt|sapo|ingress|bajada)(?=$|[\s_-])",
    re.I,
)
_AFTER_DATE = re.compile(r"(.{6,40}?)[\s,|·•–—-]+((?:by|von|par|por|di|автор:?|بقلم|文|作者)\s?.{2,100})$", re.I)
_NAME = re.compile(r"(?:[^\W\d_a-z][\w.'’-]*(?:\s+(?:and|und|et|y|e|de|van|von|der|al)(?=\s))?\s*){2,8}")
_SHORT_PATH = re.compile(r"(?:https?:)?(?://(?P<host>[^/?#:]+)(?::\d+)?)?/(?P<path>[^/?#]{1,60}(?:/[^/?#]{1,60})?)/?$")
_SECTION_LINK_MOST = 400


class Facts(Struct):
    """What was read over the story, with what is declared where the page shows nothing."""

    kept: list[Passage]
    """The body without headline, dek, byline and dates at its beginning."""
    summary: SafeText = EMPTY
    authors: SafeText = EMPTY
    section: SafeText = EMPTY
    published_at: datetime | None = None
    updated_at: datetime | None = None
    above: list[Passage] = field(default_factory=list)


def section_links(root: HtmlElement, url: SafeUrl) -> dict[str, SafeText]:
    """Last part of the path -> text, of links that may lead to sections of the same site."""
    found: dict[str, SafeText] = {}
    host = host_of(url)
    for link in root.iter("a"):
        if len(found) >= _SECTION_LINK_MOST:
            break
        href = link.get("href") or ""
        if not href or href.startswith("#") or len(href) > 200:
            continue
        found_path = _SHORT_PATH.match(href)
        if not found_path or (found_path["host"] or host).removeprefix("www.") != host:
            continue
        steps = found_path["path"].strip("/").split("/")
        if steps[-1].lower() in found:
            continue
        name = section_name(" ".join(link.text_content().split()))
        if name:
            found.setdefault(unquote(steps[-1]).lower().rsplit(".", 1)[0], name)
    return found


def find_headline(row: Sequence[Passage], declared: Declared) -> tuple[Passage | None, SafeText]:
    """The passage that is the headline, and its text; without one, a declared title without the site's name."""
    whole = [*declared.titles, *(without_site(title, declared) for title in declared.titles)]
    titles = list(dict.fromkeys(key for title in whole if (key := letters(title))))
    parts = {key: whole for title in declared.titles for key, whole in _parts(title)}
    site = {letters(declared.site), host_title(declared.url)} - {""}
    best, best_score = None, 2.4
    for i, passage in enumerate(row):
        if passage.kind not in ("heading", "text") or not 2 < len(passage.key) < 400 or passage.key in site:
            continue
        score = _headline_score(passage, titles, parts) - i / 2_000
        if score > best_score:
            best, best_score = passage, score
    if best is not None:
        return best, safe_text(best.text)
    title = declared.titles[0] if declared.titles else EMPTY
    return None, without_site(title, declared)


def _parts(title: SafeText) -> list[tuple[str, int]]:
    """The letters of what stands before and behind each separator of a title, with the number of the whole's."""
    cuts = [m.span() for m in _SEPARATOR.finditer(title)][:6]
    parts = [letters(part) for start, end in cuts for part in (title[:start], title[end:])]
    return [(part, len(letters(title))) for part in parts if part]


def _headline_score(passage: Passage, titles: Sequence[str], parts: Mapping[str, int]) -> float:
    tag = passage.element.tag
    score = {"h1": 2.5, "h2": 1.0, "h3": 0.5}.get(str(tag), 0.0)
    if passage.key in titles:
        score += 4
    elif whole := parts.get(passage.key):
        score += 2 + 2 * len(passage.key) / whole
    else:
        score += max(
            (3 * len(passage.key) / len(t) for t in titles if len(passage.key) > 8 and passage.key in t), default=0
        )
        score += max(
            (2 for t in titles if len(t) > 20 and t in passage.key and len(passage.key) < 2 * len(t)), default=0
        )
        if tag == "h1" and titles:
            score += 2 * max(_overlap(passage.text, t) for t in titles)
    links = [link.get("href") or "" for link in passage.links]
    if passage.linked > 0.8:
        score -= 3 if any(urlsplit(href).path in ("", "/") for href in links) else 1.5
    return score


def _overlap(text: str, title_key: str) -> float:
    """The share of the words that are in the title."""
    words = [word for word in map(letters, text.split()) if len(word) > 2]
    return sum(word in title_key for word in words) / len(words) if words else 0.0


def without_site(title: SafeText, declared: Declared) -> SafeText:
    """The title of the page without the name of the publication: `Bridge opens | The Gazette` -> `Bridge opens`."""
    parts = _SEPARATOR.split(title)
    if len(parts) < 2:
        return title
    names = {letters(declared.site), host_title(declared.url)} - {""}
    cuts = [m.span() for m in _SEPARATOR.finditer(title)]
    last, first = letters(parts[-1]), letters(parts[0])
    long = cuts[-1][0] > 15 or bool(re.search("[\u3040-\u9fff\uac00-\ud7af]{4}", title[: cuts[-1][0]]))
    if last in names or (len(parts[-1].split()) <= 4 and long and first not in names):
        return (
            without_site(SafeText(title[: cuts[-1][0]]), declared) if len(parts) > 2 else SafeText(title[: cuts[-1][0]])
        )
    if first in names:
        return SafeText(title[cuts[0][1] :])
    return title


def read(
    row: Sequence[Passage],
    kept: list[Passage],
    headline: Passage | None,
    *,
    declared: Declared,
    sections: Mapping[str, SafeText],
    url: SafeUrl,
) -> Facts:
    """Everything over the story: from the page where it is shown, from what is declared where that is better known."""
    place = headline.at if headline is not None else -1
    first = kept[0].at if kept else min(len(row), place + 6)
    above = list(row[max(0, place - 6) : place]) if place >= 0 else []
    below = list(row[place + 1 : max(first, place + 1) + 1]) if place >= 0 else list(row[max(0, first - 6) : first])
    facts = Facts(kept, authors=declared.authors, published_at=declared.published_at, updated_at=declared.updated_at)
    facts.section = declared.section or _kicker(above, below, declared, sections) or _section_of_path(url, sections)
    _dates(facts, above, below, declared)
    if not facts.authors:
        facts.authors = _byline([*below, *above[-3:]], declared)
    title = headline.key if headline is not None else letters(declared.titles[0]) if declared.titles else ""
    _dek(facts, below, title, declared)
    _trim(facts, title)
    _trim_end(facts)
    if facts.updated_at and facts.published_at and facts.updated_at <= facts.published_at:
        facts.updated_at = None
    return facts


def _kicker(
    above: Sequence[Passage], below: Sequence[Passage], declared: Declared, sections: Mapping[str, SafeText]
) -> SafeText:
    """The short line over the headline that names the section; dates may stand between the two."""
    known = {letters(name): name for name in sections.values()}
    for i, passage in enumerate(reversed(above)):
        if passage.kind == "figure" or all(map(is_dateline, passage.lines)) or is_label(passage.text):
            continue
        name = _undated(passage, declared)
        alone = not _in_menu(passage, above)
        return name if name and alone and i < 4 else EMPTY
    for passage in below[:5]:
        if passage.size < 90:
            for part in re.split(r"\s*[|·•/,–—>]\s*|\s{2,}", passage.text):
                if letters(part) in known:
                    return known[letters(part)]
    return EMPTY


def _undated(passage: Passage, declared: Declared) -> SafeText:
    """What a kicker names beside a date: `Politics · 19 September 2024`; the last step of a trail `Home > Politics`."""
    if (
        passage.size > 90
        or _TODAY.match(passage.text)
        or sounds_like_notice(passage.text)
        or says_see_also(passage.text)
    ):
        return EMPTY
    parts = [part for line in passage.lines for part in re.split(r"\s*[|·•/›»>]\s*|\s+[–—-]\s+", line)]
    parts = [part for part in parts if part and not is_dateline(part)]
    names = [name for part in parts if (name := section_name(part))]
    names = [name for name in names if letters(name) not in (letters(declared.site), host_title(declared.url))]
    return names[-1] if names and len(names) <= 4 else EMPTY


def _in_menu(passage: Passage, above: Sequence[Passage]) -> bool:
    """Whether it is one of several links in a row, set alike."""
    alike = [p for p in above if p.signature == passage.signature and p.linked > 0.8 and p.size < 60]
    return passage.linked > 0.8 and len(alike) >= 3


def _section_of_path(url: SafeUrl, sections: Mapping[str, SafeText]) -> SafeText:
    steps = [unquote(step).lower() for step in urlsplit(url).path.split("/") if step]
    return next((sections[step] for step in steps[:-1][:3] if step in sections and not step.isdigit()), EMPTY)


def _dates(facts: Facts, above: Sequence[Passage], below: Sequence[Passage], declared: Declared) -> None:
    """The dates printed nearest to the headline; the masthead's own date is not the story's."""
    if facts.published_at is not None and facts.updated_at is not None:
        return
    near = sorted(
        [(i, 0, p) for i, p in enumerate(below[:8])] + [(i, 1, p) for i, p in enumerate(reversed(above))],
        key=lambda entry: entry[:2],
    )
    for _, _, passage in near:
        text = passage.text
        if passage.size > 160 or _TODAY.match(text) or passage.kind == "figure":
            continue
        marked = _UPDATED.search(text)
        if marked and marked.start() > 5:
            facts.published_at = facts.published_at or _date_in(text[: marked.start()], None)
        found = _date_in(text[marked.start() :] if marked else text, passage.element)
        if found and marked:
            facts.updated_at = facts.updated_at or found
        elif found:
            facts.published_at = facts.published_at or found
    if facts.published_at is None and (
        found_in_url := re.search(r"/((?:19|20)\d\d)[/-]([01]\d)[/-]([0-3]\d)(?=/|-|$)", declared.url)
    ):
        facts.published_at = parse_date("-".join(found_in_url.groups()))


def _date_in(text: str, element: HtmlElement | None) -> datetime | None:
    """The date of a short passage; the machine's form of a `<time>` in it goes first."""
    times = [time for time in element.iter("time") if time.get("datetime")] if element is not None else []
    for time in times:
        if found := parse_date(time.get("datetime") or ""):
            return found
    if not re.search(r"\d", text):
        return None
    for part in (text, *re.split(r"\s*[|·•]\s*|\s+[–—-]\s+", text)):
        if sum(c.isalpha() for c in part) < 60 and (
            found := parse_date(
                re.sub(
                    r"^\W*(?:published|posted|veröffentlicht|publié|publicado|опубликовано)\W*(?:on\s|am\s|le\s|el\s)?",
                    "",
                    part,
                    flags=re.I,
                )
            )
        ):
            return found
    return None


def _byline(near: Sequence[Passage], declared: Declared) -> SafeText:
    for passage in near:
        for link in passage.element.xpath("descendant-or-self::*[@rel='author' or contains(@itemprop, 'author')]"):
            if names := join_authors([" ".join(link.text_content().split())], declared.site):
                return names
    for passage in near:
        if passage.size > 200 or passage.kind not in ("text", "heading"):
            continue
        text = passage.text
        if (dated := _AFTER_DATE.match(text)) and is_dateline(dated[1]):
            text = dated[2]
        if found := _BYLINE.match(text):
            people = re.split(r"\s*[|·•]\s*|\s+[–—]\s+|,?\s+\d", found["names"])[0]
            if passage.ends_sentence and len(people.split()) > 5:
                continue
            listed = re.split(r"\s*,\s*|\s+(?:and|und|et|y|e|en|и|&)\s+", people)
            if authors := join_authors([name for name in listed if 0 < len(name.split()) <= 5], declared.site):
                return authors
    for passage in near:
        parts = [part for line in passage.lines for part in re.split(r"\s*[|·•]\s*|\s+[–—]\s+", line)]
        undated = [part for part in parts if not is_dateline(part)]
        if len(undated) == 1 < len(parts) and passage.size < 120 and _NAME.fullmatch(undated[0]):
            return join_authors(undated, declared.site)
    for passage in near:
        parent = passage.element.getparent()
        classes = f"{passage.element.get('class')} {parent.get('class') if parent is not None else ''}"
        if re.search(r"byline|author", classes, re.I) and passage.size < 80 and not is_dateline(passage.text):
            return join_authors([passage.text], declared.site)
    return EMPTY


def _dek(facts: Facts, below: Sequence[Passage], title: str, declared: Declared) -> None:
    """The line under the headline; without one, a declared summary that is not just the body's beginning."""
    summaries = [key for summary in declared.summaries if (key := letters(summary))]
    body = set(map(id, facts.kept))
    pictured = False
    for i, passage in enumerate(below):
        pictured = pictured or passage.kind == "figure" or _follows_picture(passage)
        if not _may_be_dek(passage, title, facts.authors):
            continue
        if id(passage) in body:
            repeated = any(p.key == title for p in below[i + 1 :])
            if passage is not facts.kept[0] or not (repeated or _is_dek(passage, facts.kept, summaries)):
                break
        elif passage.noise.partition(" ")[0] not in ("", "heading") or (
            (pictured or passage.size < 25) and not _is_named_dek(passage, summaries)
        ):
            continue
        facts.summary = safe_text(passage.text, MAX_SUMMARY)
        facts.kept = [p for p in facts.kept if p is not passage]
        return
    start = "".join(passage.key for passage in facts.kept[:4])
    for summary in declared.summaries:
        key = letters(summary.rstrip("…. "))
        if key and key[:80] not in start[: len(key) + 200] and key != title:
            facts.summary = safe_text(summary, MAX_SUMMARY)
            return


def _may_be_dek(passage: Passage, title: str, authors: SafeText) -> bool:
    """Whether it is a line of text at all, and neither headline, date, byline nor notice."""
    if passage.kind not in ("text", "heading") or passage.key == title or not 15 <= passage.size <= 900:
        return False
    if is_dateline(passage.text) or is_label(passage.text):
        return False
    names = letters(authors)
    named = _BYLINE.match(passage.text) or (bool(names) and names in passage.key)
    return not (named and passage.size < 160) and not (passage.size < 200 and sounds_like_notice(passage.text))


def _follows_picture(passage: Passage) -> bool:
    """Whether a picture stands right above it, so that it may be the caption."""
    element = passage.element
    before = element.getprevious()
    if before is None and (parent := element.getparent()) is not None:
        before = parent.getprevious()
    if before is None or len(before.text_content()) > 60:
        return False
    return before.tag == "img" or before.find(".//img") is not None


def _is_named_dek(passage: Passage, summaries: Sequence[str]) -> bool:
    """Whether its class says so, or the page declares the same words as its summary."""
    if _DEK_CLASS.search(passage.element.get("class") or ""):
        return True
    return any(passage.key == key or (len(key) > 40 and passage.key.startswith(key)) for key in summaries)


def _is_dek(passage: Passage, kept: Sequence[Passage], summaries: Sequence[str]) -> bool:
    """Whether the first passage of the body is not part of it."""
    if len(kept) < 2 or passage.size > 500:
        return False
    others = [p for p in kept[1:] if p.kind == "text"]
    declared = any(key == passage.key or (len(key) > 40 and passage.key.startswith(key)) for key in summaries)
    parent = passage.element.getparent()
    names = (
        f"{passage.element.get('class') or ''} {parent.get('class') if parent is not None and len(parent) == 1 else ''}"
    )
    if _DEK_CLASS.search(names) or passage.kind == "heading":
        return passage.kind != "heading" or declared or not passage.ends_sentence
    alone = not any(p.signature == passage.signature for p in others)
    whole = next((child for child in passage.element if child.tag in ("em", "i", "strong", "b")), None)
    emphatic = whole is not None and len(whole.text_content().strip()) >= 0.95 * len(passage.text)
    if not passage.ends_sentence or passage.text.endswith(":"):
        return passage.size < 350 and bool(others) and others[0].ends_sentence
    if declared:
        return alone or emphatic or passage.size < 0.6 * median(p.size for p in others or [passage])
    return alone and (emphatic or passage.size < 300) and len(others) > 2


def _trim(facts: Facts, title: str) -> None:
    """Take from the beginning of the body what was read from it: headline, dek, byline, dates, section."""
    known = {
        title,
        letters(facts.summary),
        letters(facts.section),
        letters(facts.authors),
        letters("by " + facts.authors),
    } - {""}
    while facts.kept:
        passage = facts.kept[0]
        byline = passage.size < 120 and bool(_BYLINE.match(passage.text)) and not passage.is_prose
        if passage.kind == "figure" or not (passage.key in known or byline or is_dateline(passage.text)):
            break
        facts.kept = facts.kept[1:]
    facts.kept = [p for i, p in enumerate(facts.kept) if i > 3 or p.key != title or p.kind == "figure"]


_SCRIPTS = (
    ("ja", "\u3040-\u30ff"),
    ("ko", "\uac00-\ud7af"),
    ("zh", "\u4e00-\u9fff"),
    ("ar", "\u0600-\u06ff"),
    ("he", "\u0590-\u05ff"),
    ("th", "\u0e00-\u0e7f"),
    ("el", "\u0370-\u03ff"),
)


def language_of(markdown: str) -> SafeText:
    """The language that a text's script gives away; "" for scripts that many languages share."""
    sample = markdown[:2_000]
    total = sum(c.isalpha() for c in sample)
    for tag, script in _SCRIPTS:
        if total and len(re.findall(f"[{script}]", sample)) > total * (0.1 if tag == "ja" else 0.4):
            return SafeText(tag)
    return EMPTY


_OF_A_PERSON = re.compile(
    r"^\W*(?:is|was|has|writes|covers|reports|joined|works|ist|war|schreibt|arbeitet|est|écrit|es|escribe|è|scrive)\b",
    re.I,
)


def _trim_end(facts: Facts) -> None:
    """Take from the end of the body what tells about its author."""
    names = [name for name in facts.authors.split(", ") if len(letters(name)) > 4]
    shapes = [passage.signature for passage in facts.kept]
    while len(facts.kept) > 1:
        last = facts.kept[-1]
        name = next((name for name in names if last.text.startswith(name)), None) or (
            facts.authors if facts.authors and last.key.startswith(letters(facts.authors)) else None
        )
        strange = shapes.count(last.signature) == 1
        if not name or last.size > 700 or not (strange or _OF_A_PERSON.match(last.text[len(name) :])):
            break
        facts.kept = facts.kept[:-1]
        shapes.pop()
