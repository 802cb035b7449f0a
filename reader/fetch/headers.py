"""What the headers of an answer say: pure functions over the bytes as they came (RFC 9110, RFC 9111, RFC 8288)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from reader.model import Validators
from reader.text import SafeUrl, safe_url

Fields = list[tuple[bytes, bytes]]
"""Header fields in the order they came; names in any case."""

MINUTE_S = 60
DAY_S = 86_400
_UNTOLD_WAIT_S = 900
"""When a server asks for patience and does not say how much."""
_SENDABLE = re.compile(rb"[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,3998}[\x21-\x7e\x80-\xff])?")
"""A validator that cannot be sent back is none: no control characters, and servers refuse headers beyond 8 KB or so."""

_NAME = r"[A-Za-z0-9!#$&^_.+-]{1,100}"
_MEDIA_TYPE = re.compile(rf"\s*({_NAME}/{_NAME})")
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([A-Za-z0-9._:+-]{1,40})", re.I)
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,12})", re.I)
_NOT_FRESH = re.compile(r"(?:^|[,\s])no-(?:cache|store)\b", re.I)
_LINK = re.compile(
    r"<([^<>]{1,4000})>((?:\s*;\s*[A-Za-z*-]{1,40}\s*(?:=\s*(?:\"[^\"]{0,1000}\"|[^\s\",;]{0,1000}))?)*)"
)
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))", re.I)


def values(fields: Fields, name: bytes) -> list[bytes]:
    """Every value of that field; the name in lower case."""
    return [value for key, value in fields if key.lower() == name]


def value(fields: Fields, name: bytes) -> str:
    """All values of a field as one, "" when there is none. Latin-1: each byte is a character."""
    return b", ".join(values(fields, name)).decode("latin-1")


def content_length(fields: Fields) -> int | None:
    """What the answer says about its own size; None when it does not."""
    said = value(fields, b"content-length").strip()
    return int(said) if re.fullmatch(r"\d{1,20}", said, re.ASCII) else None


def media_type(fields: Fields) -> tuple[str, str]:
    """The media type in lower case and the charset as named; "" for what is missing (RFC 9110 section 8.3)."""
    said = (values(fields, b"content-type") or [b""])[0].decode("latin-1")
    kind = _MEDIA_TYPE.match(said)
    charset = _CHARSET.search(said)
    return (kind[1].lower() if kind else "", charset[1].lower() if charset else "")


def validators(fields: Fields, known: Validators | None = None) -> Validators:
    """ETag and Last-Modified, byte for byte; what is not renewed stays as known (RFC 9111 section 4.3.4)."""
    known = known or Validators()
    etag = _validator(values(fields, b"etag"))
    last_modified = _validator(values(fields, b"last-modified"))
    return Validators(
        etag=known.etag if etag is None else etag,
        last_modified=known.last_modified if last_modified is None else last_modified,
        body_hash=known.body_hash,
    )


def _validator(said: list[bytes]) -> str | None:
    """None when the server says nothing; "" when it says what cannot be sent back."""
    if not said:
        return None
    return said[0].decode("latin-1") if len(set(said)) == 1 and _SENDABLE.fullmatch(said[0]) else ""


def conditions(known: Validators | None) -> Fields:
    """The request fields that make an unchanged document cost nothing (RFC 9110 section 13.1)."""
    if known is None:
        return []
    pairs = ((b"If-None-Match", known.etag), (b"If-Modified-Since", known.last_modified))
    fields = [(name, said.encode("latin-1", "replace")) for name, said in pairs]
    return [(name, said) for name, said in fields if _SENDABLE.fullmatch(said)]


def retry_after_s(fields: Fields, now: datetime) -> int:
    """How long the server asks us to wait, within a minute and a day (RFC 9110 section 10.2.3: seconds or a date)."""
    said = value(fields, b"retry-after").strip()
    if not said:
        return _UNTOLD_WAIT_S
    if re.fullmatch(r"\d{1,12}(?:\.\d{0,9})?", said, re.ASCII):
        seconds = float(said)
    elif at := http_date(said):
        seconds = (at - (http_date(value(fields, b"date")) or now)).total_seconds()
    else:
        seconds = 0 if said.startswith("-") else _UNTOLD_WAIT_S
    return int(min(max(seconds, MINUTE_S), DAY_S))


def fresh_for_s(fields: Fields, now: datetime) -> int | None:
    """How long the answer stays good, at most a day; None when nothing useful is said (RFC 9111 section 4.2.1)."""
    control = value(fields, b"cache-control")
    if _NOT_FRESH.search(control):
        return None
    if age := _MAX_AGE.search(control):
        spent = value(fields, b"age").strip()
        seconds = int(age[1]) - (int(spent) if re.fullmatch(r"\d{1,12}", spent, re.ASCII) else 0)
    elif until := http_date(value(fields, b"expires")):
        seconds = int((until - (http_date(value(fields, b"date")) or now)).total_seconds())
    else:
        return None
    return min(seconds, DAY_S) if seconds > 0 else None


def http_date(said: str) -> datetime | None:
    """An HTTP-date in any of its three forms (RFC 9110 section 5.6.7), or None."""
    if not said or len(said) > 100:
        return None
    try:
        at = parsedate_to_datetime(said)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def links(fields: Fields, base: SafeUrl) -> Mapping[str, str]:
    """The Link header: rel -> absolute URL, the first of each; rels in lower case (RFC 8288)."""
    found: dict[str, str] = {}
    for target, parameters in _LINK.findall(value(fields, b"link")):
        url = safe_url(target, base)
        rel = _REL.search(parameters)
        if url and rel:
            for name in (rel[1] or rel[2] or "").lower().split():
                found.setdefault(name, url)
    return found
