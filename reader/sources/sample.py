"""The edition that is packed in the wheel: three publications of our own that need no network.

Its stories are kept as Markdown, one file each under `reader/sample/stories/`, and pressed into what a news site
sends: an Atom feed for each publication and an HTML page for each story, with masthead, navigation, cookie notice,
sidebar and footer. Those bytes go the way of all others: `parse_feed` and `extract_article` in the child process.

The paper is always this morning's. A story says how many hours before its edition it appeared; the morning edition is
that of the last 06:00, and a second visit brings the evening edition with a few stories more and one corrected. Setting
BROADSHEET_SAMPLE_DAY (2026-11-22) prints the paper of that day instead, for pictures that are to come out the same.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template

from msgspec import Struct
from msgspec.structs import replace

from reader.errors import ConfigError, ParseError
from reader.fetch import Document
from reader.model import Article, Candidate, Item, Snapshot, Subscription, TextKind, Unchanged, Validators
from reader.sources import Desk
from reader.text import SafeText, SafeUrl, host_of, safe_text, safe_url

DAY_VARIABLE = "BROADSHEET_SAMPLE_DAY"
FIRST_EDITION = time(6)
LAST_EDITION = time(18)

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
_FRONT_MATTER = re.compile(r"\+\+\+\n(.*?)\n\+\+\+\n(.*)", re.S)
_FIRST_PICTURE = re.compile(r'<img src="([^"]+)"')
_TAG = re.compile(r"<[^>]+>")


class Publication(Struct, frozen=True):
    """One of the papers of the sample edition."""

    key: str
    url: SafeUrl
    title: SafeText
    motto: str
    page: str
    """The template of its pages, under `reader/sample/pages/`."""
    language: str


class Copy(Struct, frozen=True):
    """One story as its desk filed it."""

    slug: str
    section: str
    headline: str
    dek: str
    byline: str
    hours: float
    """How long before its edition it appeared."""
    evening: bool
    language: str
    text: str
    """Markdown, with HTML where Markdown has no words for it: figures, footnotes."""
    correction: str
    """What the evening edition says was wrong; "" for all stories but the corrected one."""
    misprint: tuple[str, str] | None
    """The words as they are and as the morning edition had them."""

    def path(self) -> str:
        """Its page, relative to its publication."""
        return f"{_slug(self.section)}/{self.slug}"


class Edition(Struct, frozen=True):
    """One printing of a publication."""

    morning_at: datetime
    evening_at: datetime | None = None
    """None in the morning edition."""

    @property
    def printed_at(self) -> datetime:
        """The hour on the masthead."""
        return self.evening_at or self.morning_at

    def validators(self) -> Validators:
        """What the next visit brings along, so that it is known which edition the reader has."""
        return Validators(etag=f"{'evening' if self.evening_at else 'morning'} {self.morning_at.isoformat()}")

    def published_at(self, copy: Copy) -> datetime:
        """When the story appeared."""
        edition_at = self.printed_at if copy.evening else self.morning_at
        return edition_at - timedelta(minutes=round(copy.hours * 60))

    def updated_at(self, copy: Copy) -> datetime:
        """When it was last changed: at its publication, or in the evening when it was corrected."""
        return self.evening_at if self.evening_at and copy.correction else self.published_at(copy)

    def has(self, copy: Copy) -> bool:
        """Whether the story is in this edition."""
        return self.evening_at is not None or not copy.evening

    def is_news(self, copy: Copy) -> bool:
        """Whether a reader of the edition before this one has not seen the story so."""
        return self.evening_at is None or copy.evening or bool(copy.correction)


class Sample:
    """The source of kind `sample`; it never asks the network."""

    name = "sample"

    async def find(self, document: Document, desk: Desk) -> tuple[Candidate, ...]:  # noqa: ARG002 - every source has it
        """The publication at that address, if it is one of ours."""
        return candidates(document.url)

    async def pull(self, subscription: Subscription, desk: Desk) -> Snapshot | Unchanged:
        """The morning edition, then the evening edition, then nothing new. Raises ParseError for other addresses."""
        from reader.extract import extract_article
        from reader.sources.feed import parse_feed

        publication = publication_at(subscription.url)
        if publication is None:
            raise ParseError("The sample edition has no publication at this address.")
        edition = next_edition(subscription.validators, _now(), _given_day())
        if edition is None:
            return Unchanged(validators=subscription.validators)
        feed = feed_document(publication, edition)
        snapshot = await desk.parser.call(parse_feed, feed.body, feed.url, feed.charset, feed.media_type)
        items = []
        for item in snapshot.items:
            page = page_document(publication, edition, item.url)
            if page:
                article = await desk.parser.call(extract_article, page.body, page.url, page.charset)
                items.append(_with_article(item, article))
        return replace(snapshot, items=tuple(items), validators=edition.validators(), fresh_for_s=None)

    def picture(self, url: SafeUrl) -> Document | None:
        """A picture of one of our publications, out of the package."""
        document = document_at(url)
        return document if document and document.media_type == "image/png" else None


SOURCE = Sample()


def publications() -> tuple[tuple[SafeUrl, SafeText], ...]:
    """Address and title of each publication, the chief one first."""
    return tuple((publication.url, publication.title) for publication in _publications())


def candidates(url: SafeUrl) -> tuple[Candidate, ...]:
    """What `find` says of an address; asks nothing, so that an address of ours need not be fetched to be added."""
    publication = publication_at(url)
    if publication is None:
        return ()
    stories = sum(not copy.evening for copy in _copies(publication.key))
    says = safe_text(f"the sample edition of {publication.title} with {stories} stories")
    return (Candidate(kind="sample", url=publication.url, title=publication.title, stories=stories, says=says),)


def document_at(url: SafeUrl) -> Document | None:
    """A feed, page or picture of the latest edition as its server would send it; None when it is not one of ours."""
    publication = publication_at(url)
    if publication is None:
        return None
    path = url.removeprefix(publication.url)
    if path.startswith("pictures/"):
        return _picture_document(url, path.removeprefix("pictures/"))
    now, day = _now(), _given_day()
    morning_at = _morning(now, day)
    edition = Edition(morning_at, _evening(morning_at, now, day))
    return feed_document(publication, edition) if path in ("", "feed.xml") else page_document(publication, edition, url)


def publication_at(url: SafeUrl) -> Publication | None:
    """The publication that an address belongs to."""
    host = host_of(url)
    return next((publication for publication in _publications() if host_of(publication.url) == host), None)


# Which edition


def next_edition(validators: Validators, now: datetime, day: date | None = None) -> Edition | None:
    """The edition after the one that the reader has; None when that is the last. `now` is in the reader's time zone."""
    kind, _, morning = validators.etag.partition(" ")
    try:
        morning_at = datetime.fromisoformat(morning) if morning else _morning(now, day)
    except ValueError:
        return Edition(_morning(now, day))
    if kind == "morning":
        return Edition(morning_at, _evening(morning_at, now, day))
    return None if kind == "evening" else Edition(_morning(now, day))


def _morning(now: datetime, day: date | None) -> datetime:
    if day:
        return datetime.combine(day, FIRST_EDITION, now.tzinfo).astimezone(UTC)
    today = datetime.combine(now.date(), FIRST_EDITION, now.tzinfo)
    return (today if today <= now else today - timedelta(days=1)).astimezone(UTC)


def _evening(morning_at: datetime, now: datetime, day: date | None) -> datetime:
    if day:
        return datetime.combine(day, LAST_EDITION, now.tzinfo).astimezone(UTC)
    return max(morning_at, now.astimezone(UTC).replace(second=0, microsecond=0))


def _now() -> datetime:
    """The moment in the reader's time zone; the only clock here."""
    return datetime.now().astimezone()


def _given_day() -> date | None:
    """The day whose paper is asked for by the environment. Raises ConfigError."""
    day = os.environ.get(DAY_VARIABLE, "")
    try:
        return date.fromisoformat(day) if day else None
    except ValueError:
        raise ConfigError(f"{DAY_VARIABLE} is no date; write it as 2026-11-22.") from None


# The presses


def feed_document(publication: Publication, edition: Edition) -> Document:
    """An Atom feed (RFC 4287) of what is new in the edition."""
    entries = [
        f"""<entry>
<id>tag:{host_of(publication.url)},2026:{copy.slug}</id>
<title>{escape(copy.headline)}</title>
<link rel="alternate" type="text/html" href="{publication.url}{copy.path()}"/>
<summary>{escape(copy.dek)}</summary>
<author><name>{escape(copy.byline)}</name></author>
<category term="{escape(copy.section)}"/>
<published>{edition.published_at(copy).isoformat()}</published>
<updated>{edition.updated_at(copy).isoformat()}</updated>
</entry>"""
        for copy in _newest_first(publication, edition)
        if edition.is_news(copy)
    ]
    feed = f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{publication.language}">
<id>{publication.url}</id>
<title>{escape(publication.title)}</title>
<subtitle>{escape(publication.motto)}</subtitle>
<link rel="alternate" type="text/html" href="{publication.url}"/>
<link rel="self" href="{publication.url}feed.xml"/>
<updated>{edition.printed_at.isoformat()}</updated>
{chr(10).join(entries)}
</feed>
"""
    url = SafeUrl(f"{publication.url}feed.xml")
    return Document(url=url, body=feed.encode(), media_type="application/atom+xml", charset="utf-8")


def page_document(publication: Publication, edition: Edition, url: SafeUrl) -> Document | None:
    """The page of one story with all that surrounds it; None when the publication has no such story."""
    copies = _newest_first(publication, edition)
    copy = next((copy for copy in copies if publication.url + copy.path() == url), None)
    if copy is None:
        return None
    html = Template(_read(f"pages/{publication.page}")).substitute(_fields(publication, edition, copy, copies))
    return Document(url=url, body=html.encode(), media_type="text/html", charset="utf-8")


def _fields(publication: Publication, edition: Edition, copy: Copy, copies: Sequence[Copy]) -> dict[str, str]:
    body = _body(copy, corrected=edition.evening_at is not None)
    picture = _FIRST_PICTURE.search(body)
    picture_url = publication.url + picture[1].lstrip("/") if picture else ""
    published, updated = edition.published_at(copy), edition.updated_at(copy)
    sections = sorted({other.section for other in copies})
    return {
        "body": body,
        "byline": escape(copy.byline),
        "byline_line": escape(_byline_line(copy)),
        "dek": escape(copy.dek),
        "direction": "rtl" if copy.language.split("-")[0] in _RIGHT_TO_LEFT else "ltr",
        "headline": escape(copy.headline),
        "home": publication.url,
        "json_ld": _json_ld(publication, copy, published, updated, picture_url),
        "language": copy.language,
        "latest": "\n".join(_latest_entry(edition, other) for other in copies[:5] if other is not copy),
        "motto": escape(publication.motto),
        "nav": "".join(f'<li><a href="/{_slug(name)}/">{escape(name)}</a></li>' for name in sections),
        "picture_meta": f'<meta property="og:image" content="{picture_url}">' if picture else "",
        "publication": escape(publication.title),
        "published": published.isoformat(),
        "published_words": _words(published),
        "section": escape(copy.section),
        "section_url": f"/{_slug(copy.section)}/",
        "today": f"{_DAYS[edition.printed_at.weekday()]}, {_words(edition.printed_at)}",
        "updated": updated.isoformat(),
        "url": publication.url + copy.path(),
    }


def _body(copy: Copy, *, corrected: bool) -> str:
    from markdown_it import MarkdownIt

    text = copy.text
    if copy.misprint and not corrected:
        text = text.replace(*copy.misprint)
    if copy.correction and corrected:
        text += f"\n\n*{copy.correction}*\n"
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    return str(html)


def _json_ld(publication: Publication, copy: Copy, published: datetime, updated: datetime, picture_url: str) -> str:
    """The page's facts for machines (schema.org NewsArticle)."""
    facts: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": copy.headline,
        "description": copy.dek,
        "articleSection": copy.section,
        "author": [{"@type": "Person", "name": copy.byline}],
        "datePublished": published.isoformat(),
        "dateModified": updated.isoformat(),
        "inLanguage": copy.language,
        "mainEntityOfPage": publication.url + copy.path(),
        "publisher": {"@type": "NewsMediaOrganization", "name": publication.title},
    }
    if picture_url:
        facts["image"] = [picture_url]
    return json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")


def _latest_entry(edition: Edition, copy: Copy) -> str:
    start = _TAG.sub("", copy.text).split("\n\n")[0].replace("\n", " ")
    words = " ".join(start.split()[:16])
    return (
        f'  <div><h4><a href="/{copy.path()}">{escape(copy.headline)}</a></h4>'
        f"<p>{escape(words)}…</p><span>{_words(edition.published_at(copy))}</span></div>"
    )


def _picture_document(url: SafeUrl, name: str) -> Document | None:
    if not re.fullmatch(r"[a-z0-9-]+\.png", name):
        return None
    file = _folder() / "pictures" / name
    return Document(url=url, body=file.read_bytes(), media_type="image/png") if file.is_file() else None


def _with_article(item: Item, article: Article) -> Item:
    """The entry with the story of its page, as a feed that gives the full text would have it."""
    return replace(
        item,
        section=article.section or item.section,
        language=article.language or item.language,
        markdown=article.markdown,
        text=TextKind.FULL if article.markdown else item.text,
        picture=article.picture or item.picture,
    )


# The files


@cache
def _publications() -> tuple[Publication, ...]:
    table = tomllib.loads(_read("publications.toml"))
    return tuple(
        Publication(key, safe_url(row["url"]), safe_text(row["title"]), row["motto"], row["page"], row["language"])
        for key, row in table.items()
    )


@cache
def _copies(publication: str) -> tuple[Copy, ...]:
    """The stories of a publication in the order of their files."""
    found = sorted((_folder() / "stories" / publication).iterdir(), key=lambda file: file.name)
    return tuple(_read_copy(file) for file in found if file.name.endswith(".md"))


def _read_copy(file: Traversable) -> Copy:
    matter = _FRONT_MATTER.fullmatch(file.read_text("utf-8"))
    if matter is None:
        raise ParseError(f"The sample story {file.name} has no front matter.")
    facts = tomllib.loads(matter[1])
    correction = facts.get("correction", {})
    return Copy(
        slug=file.name.removesuffix(".md"),
        section=facts["section"],
        headline=facts["headline"],
        dek=facts["dek"],
        byline=facts["byline"],
        hours=float(facts["hours"]),
        evening=facts.get("edition") == "evening",
        language=facts.get("language", "en-GB"),
        text=matter[2],
        correction=correction.get("says", ""),
        misprint=(correction["now"], correction["was"]) if correction else None,
    )


def _newest_first(publication: Publication, edition: Edition) -> list[Copy]:
    copies = [copy for copy in _copies(publication.key) if edition.has(copy)]
    return sorted(copies, key=edition.published_at, reverse=True)


def _folder() -> Traversable:
    return files("reader") / "sample"


@cache
def _read(name: str) -> str:
    return (_folder() / name).read_text("utf-8")


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def _words(instant: datetime) -> str:
    return f"{instant.day} {_MONTHS[instant.month - 1]} {instant.year}"


def _byline_line(copy: Copy) -> str:
    return f"By {copy.byline}" if copy.language.startswith("en") else copy.byline
