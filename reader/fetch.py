"""The one door to the network: httpx behind limits of address, size, time and politeness (PROMISES: network)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from reader.model import Unchanged, Validators
from reader.text import NO_URL, SafeUrl


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of an answer is taken, in bytes, on the wire and unpacked alike."""

    bytes: int


class Purpose(Enum):
    """What is asked for; each has its own limit (PROMISES: body, article, picture)."""

    FEED = Limit(16 << 20)
    PAGE = Limit(5 << 20)
    PICTURE = Limit(8 << 20)


@dataclass(frozen=True, slots=True)
class Document:
    """An answer, whole and within its limits."""

    url: SafeUrl
    """Where it came from, after redirects."""
    body: bytes
    media_type: str = ""
    """Lower case, without parameters."""
    charset: str = ""
    """As the Content-Type header names it; "" when it does not."""
    validators: Validators = field(default_factory=Validators)
    fresh_for_s: int | None = None
    moved_to: SafeUrl = NO_URL
    """Where to ask from now on, when every redirect up to there was permanent (301, 308)."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Link header: rel -> URL (RFC 8288)."""


class Web:
    """Asks politely: at most two connections a host, one deadline over the whole chain, at most five redirects.

    Use as an async context manager. A private, loopback or link-local address is only connected to when its host is in
    `allow`: the hosts of the addresses that the user typed.
    """

    def __init__(self, *, offline: bool = False, proxy: str = "", concurrency: int = 16) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Web:
        raise NotImplementedError

    async def __aexit__(self, *exc: object) -> None:
        raise NotImplementedError

    async def get(
        self,
        url: SafeUrl,
        purpose: Purpose = Purpose.FEED,
        *,
        validators: Validators | None = None,
        allow: frozenset[str] = frozenset(),
        login: str = "",
    ) -> Document | Unchanged:
        """One document. Unchanged only when validators were given (304, or the same body hash).

        Raises the FetchError that fits: OfflineError, BlockedError, TooLargeError, GoneError, RetryLaterError, FetchError.
        """
        raise NotImplementedError
