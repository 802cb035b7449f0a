"""Exports in Google Reader's form, `starred.json` and its like: Inoreader, FreshRSS, Feedly, Google's own.

    {"id": "user/-/state/com.google/starred", "items": [{
        "title": …, "published": seconds, "canonical": [{"href": …}], "alternate": [{"href": …}],
        "content" or "summary": {"content": html}, "author": …, "categories": ["user/-/state/com.google/read", …],
        "origin": {"streamId": "feed/http://…", "title": …, "htmlUrl": …}}]}

FreshRSS adds `guid` and `origin.feedUrl`, Feedly writes milliseconds, `originId` and objects for tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from reader.elsewhere.found import MAX_REJECTED, Feed, Found, Written, entries, feed_address, portion
from reader.sources.feed.draft import Draft
from reader.sources.loose import record, records, sequence, text
from reader.sources.stream import draft_of
from reader.text import EMPTY, NO_URL, SafeText, SafeUrl, safe_text, safe_url

_STREAM = re.compile(r"user/[^/]+/(?:state/[^/]+|tag)/(?:global\.)?(.+)")
_LABEL = re.compile(r"user/[^/]+/(?:label|tag)/(.+)")
_NO_TAG = ("global.saved", "global.read", "global.all", "global.annotated", "global.highlighted")


def is_stream(document: Any) -> bool:
    """Whether it is a list of stories in that form."""
    return isinstance(document, dict) and isinstance(document.get("items"), list)


def read_stream(document: dict[str, Any], first: int) -> Found:
    """The stories from the number `first` on, by feed."""
    items = records(document["items"])
    whole = text(document.get("id"))
    grouped: dict[SafeUrl, tuple[SafeText, SafeUrl, list[Written]]] = {}
    rejected: list[SafeText] = []
    told, following = portion(items, first, lambda item: _written(item, whole))
    for item, written in told:
        url, title, home = _origin(item, written.draft)
        if url:
            grouped.setdefault(url, (title, home, []))[2].append(written)
        else:
            rejected.append(
                safe_text(f"“{written.draft.title or 'A story'}” names neither its feed nor its page.", 300)
            )
    if not _labels_are_tags(document, items):
        for _, _, group in grouped.values():
            _leave_out_folders(group)
    feeds = tuple(Feed(url, title, home, entries(group, url)) for url, (title, home, group) in grouped.items())
    title = safe_text(text(document.get("title")), 100)
    what = safe_text(f"stories of a web reader, “{title}”" if title else "stories of a web reader")
    return Found(what, feeds=feeds, rejected=tuple(rejected[:MAX_REJECTED]), following=following)


def _written(item: dict[str, Any], whole: str) -> Written:
    """One story; `whole` is the stream that it was exported from."""
    written = Written(draft_of(item), read=item.get("unread") is False)
    for name in _names(item):
        _apply(written, name)
    _apply(written, whole)
    return written


def _apply(written: Written, name: str) -> None:
    """A state, a label, or a category of the publisher's."""
    if state := _STREAM.fullmatch(name):
        match state[1]:
            case "starred":
                written.starred = True
                return
            case "saved":
                written.later = True
                return
            case "read":
                written.read = True
                return
    label = _LABEL.fullmatch(name)
    if label and label[1] not in _NO_TAG:
        written.tags.append(label[1])


def _names(item: dict[str, Any]) -> Iterator[str]:
    """Categories and tags; Feedly's categories, which are objects, are the folders of the feed."""
    yield from filter(None, map(text, sequence(item.get("categories"))))
    for tag in records(item.get("tags")):
        identity, label = text(tag.get("id")), text(tag.get("label"))
        yield identity if not label or identity.endswith(_NO_TAG) else f"user/-/tag/{label}"


def _labels_are_tags(document: dict[str, Any], items: Sequence[dict[str, Any]]) -> bool:
    """FreshRSS labels stories only; where one label was exported, all its stories bear it."""
    return bool(_LABEL.fullmatch(text(document.get("id")))) or any("guid" in item for item in items[:10])


def _leave_out_folders(group: Sequence[Written]) -> None:
    """Elsewhere a folder is a label as well: one that all stories of a feed bear."""
    if len(group) < 3:
        return
    folders = set(group[0].tags).intersection(*(written.tags for written in group[1:]))
    for written in group:
        written.tags = [tag for tag in written.tags if tag not in folders]


def _origin(item: dict[str, Any], draft: Draft) -> tuple[SafeUrl, SafeText, SafeUrl]:
    """Address, title and site of the feed; where it is not told, the site stands for it."""
    origin = record(item.get("origin"))
    home = safe_url(text(origin.get("htmlUrl")))
    stream = text(origin.get("streamId"))
    url = feed_address(text(origin.get("feedUrl"))) or (feed_address(stream[5:]) if "://" in stream else NO_URL)
    if not url and (page := home or safe_url(draft.original_url or draft.url)):
        parts = urlsplit(page)
        url = home or safe_url(f"{parts.scheme}://{parts.netloc}/")
    return url, safe_text(text(origin.get("title"))) or EMPTY, home
