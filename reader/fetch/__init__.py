"""The one door to the network: httpx behind limits of address, size, time and politeness (PROMISES: network)."""

from __future__ import annotations

import asyncio
import base64
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reader import __version__
from reader.errors import BlockedError, ConfigError, FetchError, OfflineError
from reader.fetch.addresses import Resolve, is_allowed, is_literal, is_public, system_addresses
from reader.model import Unchanged, Validators
from reader.text import NO_URL, SafeUrl, safe_text, safe_url

if TYPE_CHECKING:
    import ssl

    from reader.fetch.answers import Answer
    from reader.fetch.wire import Lane

USER_AGENT = f"Broadsheet/{__version__} (+terminal news reader)"
MAX_HOPS = 5
TOTAL_S = 30.0
CONNECTIONS_A_HOST = 2
_LONGEST_GAP_S = 8.0
_SHORTEST_GAP_S = 0.5


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of an answer is taken, in bytes, on the wire and unpacked alike; and what is asked for."""

    bytes: int
    accept: str = "*/*"


class Purpose(Enum):
    """What is asked for; each has its own limit (PROMISES: body, article, picture)."""

    FEED = Limit(
        16 << 20,
        "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
        "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, text/html;q=0.6, */*;q=0.1",
    )
    PAGE = Limit(5 << 20, "text/html, application/xhtml+xml, */*;q=0.1")
    PICTURE = Limit(8 << 20, "image/webp, image/png, image/jpeg, image/gif")


@dataclass(frozen=True, slots=True)
class Document:
    """An answer, whole and within its limits."""

    url: SafeUrl
    """Where it came from, after redirects."""
    body: bytes
    """Never empty; unpacked if it was gzip, whatever the headers said."""
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
    `allow`: the hosts of the addresses that the user typed. No cookies, no Referer, no netrc; the environment names no
    proxy, only `proxy` does (http, https or socks5; credentials in it are for the proxy). Raises ConfigError for a
    proxy that is none.
    """

    def __init__(
        self, *, offline: bool = False, proxy: str = "", concurrency: int = 16, resolve: Resolve = system_addresses
    ) -> None:
        self._offline = offline
        self._proxy = _checked_proxy(proxy)
        self._resolve = resolve
        self._turns = asyncio.Semaphore(concurrency)
        self._hosts: dict[str, _Host] = {}
        self._idle: OrderedDict[_LaneKey, list[Lane]] = OrderedDict()
        self._max_idle = max(concurrency, 8)
        self._tls: ssl.SSLContext | None = None

    async def __aenter__(self) -> Web:
        return self

    async def __aexit__(self, *exc: object) -> None:
        for lanes in self._idle.values():
            for lane in lanes:
                await lane.close()
        self._idle.clear()

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
        at = safe_url(url)
        if not at:
            raise BlockedError("That is not an address of the web (http or https).")
        if self._offline:
            raise OfflineError(f"{_name(at)} was not asked: Broadsheet is offline.")
        from reader.fetch import answers, headers

        ask = [(b"Accept", purpose.value.accept.encode()), *headers.conditions(validators)]
        seen, permanent, left_s = {at}, True, TOTAL_S
        first = _origin(at)
        for _ in range(MAX_HOPS + 1):
            secret = _basic(login) if login and _origin(at) == first else []
            answer, took_s = await self._ask(at, [*ask, *secret], purpose.value.bytes, allow, left_s)
            left_s -= took_s
            self._host(at).learn(answer.status)
            if answer.status not in answers.REDIRECTS:
                moved = at if permanent and len(seen) > 1 else NO_URL
                return answers.judge(_name(at), at, answer, validators, moved)
            permanent = permanent and answer.status in answers.PERMANENT
            at = answers.next_hop(_name(at), at, answer)
            if at in seen:
                raise FetchError(f"{_name(at)} redirects in a circle.")
            seen.add(at)
        raise FetchError(f"{_name(at)} redirected more than {MAX_HOPS} times.")

    async def _ask(
        self, at: SafeUrl, fields: list[tuple[bytes, bytes]], limit: int, allow: frozenset[str], left_s: float
    ) -> tuple[Answer, float]:
        """One request, once it is its turn; the answer and the seconds it took, waiting for the turn not counted."""
        from reader.fetch.answers import exchange

        key = self._lane_key(at, allow)
        if self._proxy and not key.trusted and _is_private_name(key.host):
            raise BlockedError(f"{_name(at)} is at a private address, which is only asked when you typed it yourself.")
        async with self._host(at).turn(), self._turns:
            loop = asyncio.get_running_loop()
            began = loop.time()
            try:
                async with asyncio.timeout(left_s):
                    while True:
                        async with self._lane(key) as lane:
                            answer = await exchange(lane, _name(at), self._proxy_name, at, fields, limit)
                        if answer is not None:
                            return answer, loop.time() - began
            except TimeoutError:
                raise FetchError(f"{_name(at)} took longer than {TOTAL_S:g} s, which is the limit.") from None

    @asynccontextmanager
    async def _lane(self, key: _LaneKey) -> AsyncIterator[Lane]:
        """A lane to that origin for one request; kept for the next when the exchange was completed, else closed."""
        from reader.fetch.wire import Lane, tls_context

        lanes = self._idle.pop(key, [])
        if lanes:
            lane = lanes.pop()
            if lanes:
                self._idle[key] = lanes
        else:
            if key.scheme == "https" and self._tls is None:
                self._tls = tls_context()
            tls = self._tls if key.scheme == "https" else None
            lane = Lane(resolve=self._resolve, trusted=key.trusted, tls=tls, proxy=self._proxy)
        try:
            yield lane
        except BaseException:
            await lane.close()
            raise
        if not lane.reusable:
            await lane.close()
            return
        self._idle.setdefault(key, []).append(lane)
        self._idle.move_to_end(key)
        if len(self._idle) > self._max_idle:
            _, oldest = self._idle.popitem(last=False)
            for old in oldest:
                await old.close()

    def _lane_key(self, at: SafeUrl, allow: frozenset[str]) -> _LaneKey:
        scheme, host, port = _origin(at)
        return _LaneKey(scheme, host, port, is_allowed(host, port, allow))

    def _host(self, at: SafeUrl) -> _Host:
        return self._hosts.setdefault(_origin(at)[1], _Host())

    @property
    def _proxy_name(self) -> str:
        return f"The proxy {safe_text(urlsplit(self._proxy).hostname, 100)}" if self._proxy else ""


@dataclass(frozen=True, slots=True)
class _LaneKey:
    """What one connection may be used for: a trusted one must not carry a request that was not to be trusted."""

    scheme: str
    host: str
    port: int
    trusted: bool


class _Host:
    """Politeness towards one host."""

    def __init__(self) -> None:
        self._connections = asyncio.Semaphore(CONNECTIONS_A_HOST)
        self._gap_s = 0.0
        self._next_at = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Until one of its two connections is free, and a pause after the last request if it asked for patience."""
        async with self._connections:
            if self._gap_s:
                now = asyncio.get_running_loop().time()
                start = max(now, self._next_at)
                self._next_at = start + self._gap_s
                await asyncio.sleep(start - now)
            yield

    def learn(self, status: int) -> None:
        """Slower after 429 and 503, twice as slow each time; and back by halves with every other answer."""
        if status in (429, 503):
            self._gap_s = min(max(self._gap_s * 2, _SHORTEST_GAP_S), _LONGEST_GAP_S)
            self._next_at = asyncio.get_running_loop().time() + self._gap_s
        elif self._gap_s:
            self._gap_s = self._gap_s / 2 if self._gap_s > _SHORTEST_GAP_S / 4 else 0.0


def _origin(at: SafeUrl) -> tuple[str, str, int]:
    parts = urlsplit(at)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _name(at: SafeUrl) -> str:
    """The host as sentences name it, with its port where that is not the usual one."""
    return safe_text(urlsplit(at).netloc, 100)


def _basic(login: str) -> list[tuple[bytes, bytes]]:
    """RFC 7617, in UTF-8."""
    return [(b"Authorization", b"Basic " + base64.b64encode(login.encode()))]


def _is_private_name(host: str) -> bool:
    """What a proxy would take for itself or its own network, as far as the name tells."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return is_literal(host) and not is_public(host)


def _checked_proxy(proxy: str) -> str:
    if not proxy:
        return ""
    try:
        parts = urlsplit(proxy)
        good = parts.scheme in ("http", "https", "socks5", "socks5h") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ConfigError("The proxy must be an address like http://host:port or socks5://host:port.")
    return proxy
