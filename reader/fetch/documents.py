"""What is asked for and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct, field

from reader.model import Validators
from reader.text import NO_URL, SafeUrl


class Limit(Struct, frozen=True):
    """How much of an answer is taken, in bytes, on the wire and unpacked alike; and what is asked for."""

    bytes: int
    accept: str


class Purpose(Enum):
    """What is asked for; each has its own limit."""

    FEED = Limit(
        16 << 20,
        "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
        "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, text/html;q=0.6, */*;q=0.1",
    )
    PAGE = Limit(5 << 20, "text/html, application/xhtml+xml, */*;q=0.1")
    PICTURE = Limit(8 << 20, "image/webp, image/png, image/jpeg, image/gif")
    API = Limit(16 << 20, "application/json, */*;q=0.1")


class Patience(Struct, frozen=True):
    """How long a server may take, in seconds."""

    connect_s: float = 10
    """To be found and connected to; and as long again to agree on an encryption."""
    read_s: float = 15
    """Between one piece of an answer and the next."""
    total_s: float = 30
    """For everything, redirects included; waiting for our own turn is not counted."""


class Document(Struct, frozen=True):
    """An answer, whole and within its limits."""

    url: SafeUrl
    """Where it came from, after redirects; without a fragment."""
    body: bytes
    """Never empty; unpacked if it was gzip, whatever the headers said."""
    media_type: str = ""
    """Lower case, without parameters."""
    charset: str = ""
    """As the Content-Type header names it, in lower case; "" when it does not."""
    validators: Validators = field(default_factory=Validators)
    fresh_for_s: int | None = None
    moved_to: SafeUrl = NO_URL
    """Where to ask from now on, when every redirect up to there was permanent (301, 308)."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Link header: rel -> URL (RFC 8288)."""
