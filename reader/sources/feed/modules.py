"""The vocabularies that feeds of every XML format borrow: Dublin Core, content, Media RSS, iTunes, FeedBurner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from reader.sources.feed.draft import Draft, Shot, attributes_of, field_name, markup_of, number, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element

Reader = Callable[[Draft, "_Element"], None]
"""Takes from an element what it says about the entry."""

_THUMBNAIL, _FULL_SIZE, _COVER = 1, 2, 0


def published(draft: Draft, element: _Element) -> None:
    """RSS 2.0 `<pubDate>`, RFC 4287 section 4.2.9 and what older formats call it."""
    draft.published = draft.published or text_of(element)


def updated(draft: Draft, element: _Element) -> None:
    """RFC 4287 section 4.2.15, dcterms:modified."""
    draft.updated = draft.updated or text_of(element)


def author(draft: Draft, element: _Element) -> None:
    """dc:creator, itunes:author: one name or several."""
    draft.add_author(text_of(element))


def category(draft: Draft, element: _Element) -> None:
    """RSS 2.0 `<category>`, dc:subject."""
    draft.add_category(text_of(element))


def content(draft: Draft, element: _Element) -> None:
    """content:encoded (RSS 1.0 module), xhtml:body and the like: the whole text as HTML; the longest counts."""
    markup = markup_of(element)
    if len(markup) > len(draft.content):
        draft.content, draft.content_is_text = markup, False


def spare_summary(draft: Draft, element: _Element) -> None:
    """itunes:summary, itunes:subtitle: for entries without a description."""
    draft.media_text = draft.media_text or text_of(element)


def original_link(draft: Draft, element: _Element) -> None:
    """feedburner:origLink."""
    draft.original_url = draft.original_url or text_of(element)


def language(draft: Draft, element: _Element) -> None:
    """dc:language."""
    draft.language = draft.language or text_of(element)


def cover(draft: Draft, element: _Element) -> None:
    """itunes:image, which is often the cover of the whole series."""
    draft.add_shot(Shot(attributes_of(element).get("href", ""), _COVER))


def _media_content(draft: Draft, element: _Element) -> None:
    """Media RSS 1.5.1, `<media:content>`: a picture, or a file to play."""
    attributes = attributes_of(element)
    url, medium, kind = (attributes.get(name, "").strip() for name in ("url", "medium", "type"))
    inside = Draft()
    for child in element:
        if read := MEDIA.get(field_name(str(child.tag))):
            read(inside, child)
    if medium == "image" or kind.startswith("image/") or (not medium and not kind):
        kind = "image/" if medium or kind or _is_shot(url, attributes) else kind
    shot = Shot(url, _FULL_SIZE, *_size(attributes), _caption(inside), inside.title)
    draft.add_file(
        url, kind or {"video": "video/*", "audio": "audio/*"}.get(medium, ""), attributes.get("filesize", ""), shot
    )
    draft.shots += inside.shots
    draft.authors += inside.authors
    if not url or draft.media_text == "":
        draft.media_text = draft.media_text or inside.media_text


def _is_shot(url: str, attributes: Mapping[str, str]) -> bool:
    """An object of no declared kind is a picture unless it has what only films have, or another file's name."""
    last = url.partition("?")[0].rpartition("/")[2].lower()
    return "duration" not in attributes and not last.endswith(
        (".mp4", ".mp3", ".m4a", ".m3u8", ".webm", ".mov", ".ogg")
    )


def _caption(inside: Draft) -> str:
    return (
        f"{inside.media_text} ({inside.credit})"
        if inside.media_text and inside.credit
        else inside.media_text or inside.credit
    )


def _media_thumbnail(draft: Draft, element: _Element) -> None:
    attributes = attributes_of(element)
    draft.add_shot(Shot(attributes.get("url", "") or text_of(element), _THUMBNAIL, *_size(attributes)))


def _media_group(draft: Draft, element: _Element) -> None:
    for child in element:
        name = field_name(str(child.tag))
        if name != "media:group" and (read := MEDIA.get(name)):
            read(draft, child)


def _media_title(draft: Draft, element: _Element) -> None:
    draft.title = draft.title or text_of(element)


def _media_description(draft: Draft, element: _Element) -> None:
    draft.media_text = draft.media_text or text_of(element)


def _media_credit(draft: Draft, element: _Element) -> None:
    if attributes_of(element).get("role", "") in ("author", "reporter", "writer"):
        draft.add_author(text_of(element))
    else:
        draft.credit = draft.credit or text_of(element)


def _size(attributes: Mapping[str, str]) -> tuple[int | None, int | None]:
    return number(attributes.get("width")), number(attributes.get("height"))


MEDIA: dict[str, Reader] = {
    "media:content": _media_content,
    "media:thumbnail": _media_thumbnail,
    "media:group": _media_group,
    "media:title": _media_title,
    "media:description": _media_description,
    "media:credit": _media_credit,
}

MODULES: dict[str, Reader] = {
    **MEDIA,
    "media:category": category,
    "dc:creator": author,
    "dc:author": author,
    "dc:subject": category,
    "dc:date": published,
    "dc:language": language,
    "dcterms:issued": published,
    "dcterms:created": published,
    "dcterms:modified": updated,
    "content:encoded": content,
    "xhtml:body": content,
    "itunes:author": author,
    "itunes:summary": spare_summary,
    "itunes:subtitle": spare_summary,
    "itunes:image": cover,
    "feedburner:origlink": original_link,
}
"""Field name -> reader, for entries of every XML format."""
