"""What the answers of the Google Reader API say: bytes as they came -> values of ours. Pure.

The protocol was never specified; FeedHQ's documentation of it and what FreshRSS and Miniflux send are what is followed.
Whatever is of another shape than it should be is not there; an answer that is no such thing at all is a ParseError.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from reader.errors import ParseError
from reader.remote import RemoteSource, RemoteSources, RemoteStory
from reader.sources.feed.draft import MAX_ENTRIES, Channel, Draft
from reader.sources.feed.finish import Finisher, title_text
from reader.sources.loose import record, records, sequence, text
from reader.text import EMPTY, SafeText, safe_text, safe_url

LONG = "tag:google.com,2005:reader/item/"
STATE = "user/-/state/com.google/"
LABEL = "user/-/label/"

MAX_IDS = 200_000
"""Of one answer."""
MAX_SOURCES = 5_000
MAX_SECTION = 60
MAX_STREAM = 2_000
_NO_API = "It answers, but not as a server of the Google Reader API does."
_ID = re.compile(r"[0-9a-f]{1,40}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,1000}")
_OWN = re.compile(r"user/[^/]+/state/com\.google/(\w+)")


# Ids


def item_id(written: str | int) -> str:
    """A story's id in the one form that we keep; "" for what is none.

    There is a long form, `tag:google.com,2005:reader/item/` and 16 hexadecimal digits, and a short one, the same number
    as a signed decimal. The Old Reader has 24 hexadecimal digits for both.
    """
    name = str(written).strip().lower() if not isinstance(written, bool) else ""
    if name.startswith(LONG):
        name = name.removeprefix(LONG)
    elif re.fullmatch(r"-?[1-9][0-9]{0,19}|0", name, re.ASCII) or (len(name) < 16 and re.fullmatch(r"[0-9]+", name)):
        name = f"{int(name) & 0xFFFF_FFFF_FFFF_FFFF:x}"
    return name.rjust(16, "0") if _ID.fullmatch(name) else ""


def long_id(kept: str) -> str:
    """As it is sent: the form that every server takes."""
    return LONG + kept


# Answers


class Ids(Struct, frozen=True):
    """One page of a list of stories."""

    ids: tuple[str, ...]
    continuation: str = ""
    """What to ask the next page with; "" on the last."""
    whole: bool = True
    """Whether every id could be read."""


def read_auth(body: bytes) -> str:
    """The token that ClientLogin gives, from lines `Auth=…`; some servers give JSON instead."""
    written = body[:10_000].decode("utf-8", "replace")
    found = re.search(r"^Auth=(.*)$", written, re.M)
    said = found[1].strip() if found else text(record(_json(body[:10_000])).get("Auth"))
    return _checked(said)


def read_token(body: bytes) -> str:
    """The token that a change has to bear."""
    return _checked(body[:10_000].decode("utf-8", "replace").strip())


def _checked(token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise ParseError(_NO_API)
    return token


def read_subscriptions(body: bytes, api: str) -> RemoteSources:
    """The answer to `subscription/list` of the API at that address."""
    listed = record(_json(body)).get("subscriptions")
    if not isinstance(listed, list):
        raise ParseError(_NO_API)
    found: dict[str, RemoteSource] = {}
    for one in map(record, listed[:MAX_SOURCES]):
        if name := _stream(one.get("id")):
            found.setdefault(name, _source(one, name, api))
    if listed and not found:
        raise ParseError(_NO_API)
    whole = len(listed) <= MAX_SOURCES and all(_stream(record(one).get("id")) for one in listed)
    return RemoteSources(tuple(found.values()), whole)


def _stream(given: Any) -> str:
    """The name of a source there, as given; "" for what cannot be one."""
    name = text(given)
    return name if name.isprintable() and " " not in name and len(name) <= MAX_STREAM else ""


def _source(one: dict[str, Any], name: str, api: str) -> RemoteSource:
    own = f"{api}/stream/contents/{quote(name, safe='')}"  # where it names no feed, which a server need not
    url = safe_url(text(one.get("url"))) or safe_url(name.removeprefix("feed/")) or safe_url(own)
    categories = (_category(label) for label in records(one.get("categories")))
    section = next((label for label in categories if label), EMPTY)
    return RemoteSource(name, url, title_text(text(one.get("title"))), safe_url(text(one.get("htmlUrl"))), section)


def _category(label: dict[str, Any]) -> SafeText:
    return safe_text(text(label.get("label")) or text(label.get("id")).partition("/label/")[2], MAX_SECTION)


def read_ids(body: bytes) -> Ids:
    """The answer to `stream/items/ids`."""
    document = _json(body)
    if not isinstance(document, dict) or "itemRefs" not in document:
        raise ParseError(_NO_API)
    refs = document["itemRefs"]
    if not isinstance(refs, list | None):
        raise ParseError(_NO_API)
    refs = refs or []
    ids = [item_id(given) if isinstance(given := record(ref).get("id"), str | int) else "" for ref in refs[:MAX_IDS]]
    following = document.get("continuation")
    continuation = str(following) if following is not None else ""
    usable = not continuation or (isinstance(following, str | int) and _TOKEN.fullmatch(continuation) is not None)
    whole = usable and all(ids) and len(refs) <= MAX_IDS
    return Ids(tuple(dict.fromkeys(filter(None, ids))), continuation if usable else "", whole)


def read_stories(body: bytes) -> tuple[RemoteStory, ...]:
    """The answer to `stream/items/contents`."""
    document = _json(body)
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise ParseError(_NO_API)
    grouped: dict[str, list[tuple[str, dict[str, Any], Draft]]] = {}
    for item in records(document["items"])[:MAX_ENTRIES]:
        given, source = item.get("id"), _stream(record(item.get("origin")).get("streamId"))
        name = item_id(given) if isinstance(given, str | int) else ""
        draft = draft_of(item)
        if not draft.guid:
            draft.guid = long_id(name)
        if name and source:
            grouped.setdefault(source, []).append((name, item, draft))
    return tuple(story for source, group in grouped.items() for story in _stories(source, group))


def _stories(source: str, group: Sequence[tuple[str, dict[str, Any], Draft]]) -> list[RemoteStory]:
    items = Finisher(Channel("", "", entries=[draft for _, _, draft in group])).items()
    made = []
    for (name, item, _), finished in zip(group, items, strict=True):
        named = (_OWN.fullmatch(text(category)) for category in sequence(item.get("categories")))
        states = {state[1] for state in named if state}
        made.append(RemoteStory(name, source, finished, "read" in states, "starred" in states))
    return made


def draft_of(item: dict[str, Any]) -> Draft:
    """A story as it is written, in an answer and in an export alike; with the categories of its publisher alone."""
    draft = Draft(
        guid=text(item.get("guid") or item.get("originId")),
        url=_href(item.get("alternate")),
        original_url=text(item.get("canonicalUrl")) or _href(item.get("canonical")),
        title=text(item.get("title")),
        content=_content(item.get("content")),
        summary=_content(item.get("summary")),
        published=_moment(item.get("published")),
        updated=_moment(item.get("updated")),
    )
    draft.add_author(text(item.get("author")))
    for name in filter(None, map(text, sequence(item.get("categories")))):
        if not name.startswith(("user/", "feed/")):
            draft.add_category(name)
    for file in records(item.get("enclosure")):
        draft.add_file(text(file.get("href") or file.get("url")), text(file.get("type")), str(file.get("length", "")))
    return draft


def _moment(value: Any) -> str:
    """Seconds, milliseconds or microseconds, as the date parser takes them; or a date as it stands."""
    if isinstance(value, str):
        return value
    if not isinstance(value, int | float) or not 0 < value < 1 << 60:
        return ""
    seconds = int(value)
    while seconds > 99_999_999_999:
        seconds //= 1_000
    return str(seconds)


def _href(links: Any) -> str:
    return next((href for link in records(links) if (href := text(link.get("href")))), "")


def _content(value: Any) -> str:
    return text(record(value).get("content")) or text(value)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ParseError(_NO_API) from None
