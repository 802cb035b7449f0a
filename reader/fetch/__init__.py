"""The one door to the network: httpx behind limits of address, size, time and politeness."""

from __future__ import annotations

import asyncio
import base64
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from reader.errors import (
    BlockedError,
    ConfigError,
    FetchError,
    MissingError,
    OfflineError,
    RefusedError,
    UnreachableError,
)
from reader.fetch.addresses import Resolve, is_allowed, is_private_name, system_addresses
from reader.fetch.documents import Document, Limit, Patience, Purpose
from reader.model import Unchanged, Validators
from reader.text import NO_URL, SafeUrl, safe_text, safe_url

if TYPE_CHECKING:
    import ssl

    from reader.fetch.answers import Answer
    from reader.fetch.headers import Fields
    from reader.fetch.wire import Lane

__all__ = ["Document", "Limit", "Patience", "Purpose", "Web"]

MAX_HOPS = 5
CONNECTIONS_A_HOST = 2
_LONGEST_GAP_S = 8.0
_SHORTEST_GAP_S = 0.5


class Web:
    """Asks politely: at most two connections a host, one deadline over the whole chain, at most five redirects.

    Use as an async context manager. A private, loopback or link-local address is only connected to when its host is in
    `allow`: the hosts of the addresses that the user typed; and no longer once that host was reached at a public one,
    or whoever owns its name could lead us into the user's network by changing it (DNS rebinding). No cookies, no
    Referer, no netrc; the environment names no proxy, only `proxy` does (http, https or socks5; credentials in it are
    for the proxy). Raises ConfigError for a proxy that is none.
    """

    def __init__(
        self,
        *,
        offline: bool = False,
        proxy: str = "",
        concurrency: int = 16,
        patience: Patience | None = None,
        resolve: Resolve = system_addresses,
    ) -> None:
        self._offline = offline
        self._proxy = _checked_proxy(proxy)
        self._patience = patience or Patience()
        self._resolve = resolve
        self._turns = asyncio.Semaphore(concurrency)
        self._hosts: dict[str, _Host] = {}
        self._public: set[str] = set()
        self._idle: OrderedDict[str, list[tuple[_Way, Lane]]] = OrderedDict()
        self._max_idle_hosts = max(concurrency, 8)
        self._tls: ssl.SSLContext | None = None

    async def __aenter__(self) -> Web:
        return self

    async def __aexit__(self, *exc: object) -> None:
        while self._idle:
            await self._close_idle(next(iter(self._idle)))

    async def get(
        self,
        url: SafeUrl,
        purpose: Purpose = Purpose.FEED,
        *,
        validators: Validators | None = None,
        allow: frozenset[str] = frozenset(),
        login: str = "",
        connect_s: float | None = None,
    ) -> Document | Unchanged:
        """One document. Unchanged only when validators were given (304, or the same body hash).

        `connect_s` is how long the host itself may take to be connected to, and as long again to agree on an
        encryption; where it redirects to has its time. Raises FetchError, or its kind that fits: Unreachable- (only
        of the host itself), Offline-, Blocked-, TooLarge-, Gone- or RetryLaterError.
        """
        at = SafeUrl(safe_url(url).partition("#")[0])
        if not at:
            raise BlockedError("That is not an address of the web (http or https).")
        if self._offline:
            raise OfflineError(f"{_name(at)} was not asked: Broadsheet is offline.")
        from reader.fetch import answers, headers

        ask = [(b"Accept", purpose.value.accept.encode()), *headers.conditions(validators)]
        first, seen, permanent, left_s = self._way(at, allow).origin, {at}, True, self._patience.total_s
        for _ in range(MAX_HOPS + 1):
            way = self._way(at, allow)
            secret = _basic(login) if login and way.origin == first else []
            try:
                way = replace(way, connect_s=connect_s if len(seen) == 1 else None)
                answer, took_s = await self._ask(way, at, [*ask, *secret], purpose.value.bytes, left_s)
            except UnreachableError as error:
                raise error if len(seen) == 1 else FetchError(str(error)) from error
            left_s -= took_s
            if answer.status == 401 and secret:
                raise FetchError(f"{way.name} did not accept the name and the password.")
            if answer.status not in answers.REDIRECTS:
                moved_to = at if permanent and len(seen) > 1 else NO_URL
                return answers.judge(way.name, at, answer, validators, moved_to)
            permanent = permanent and answer.status in answers.PERMANENT
            at = answers.next_hop(way.name, at, answer)
            if at in seen:
                raise FetchError(f"{way.name} redirects in a circle.")
            seen.add(at)
        raise FetchError(f"{way.name} redirected more than {MAX_HOPS} times.")

    async def call(
        self,
        url: SafeUrl,
        *,
        form: Sequence[tuple[str, str]] | None = None,
        authorization: str = "",
        allow: frozenset[str] = frozenset(),
    ) -> Document:
        """One request to a server of the reader's own; with a `form` (name, value) it is a POST.

        What a POST says and who asks are for this origin alone, so no redirect is followed. Raises FetchError as `get`
        does, and RefusedError for a server that does not accept who asks.
        """
        if self._offline:
            raise OfflineError(f"{_name(url)} was not asked: Broadsheet is offline.")
        from urllib.parse import urlencode

        from reader.fetch import answers

        limit, way = Purpose.API.value, self._way(url, allow)
        ask = [(b"Accept", limit.accept.encode())]
        if authorization:
            ask.append((b"Authorization", authorization.encode("ascii", "replace")))
        body = None if form is None else urlencode(form).encode()
        if body is not None:
            ask.append((b"Content-Type", b"application/x-www-form-urlencoded"))
        answer, _ = await self._ask(way, url, ask, limit.bytes, self._patience.total_s, body)
        if answer.status in answers.REDIRECTS:
            to = answers.next_hop(way.name, url, answer)
            raise FetchError(f"{way.name} redirects to {to}; its address has to be the one where it answers.")
        if answer.status in (401, 403):
            raise RefusedError(f"{way.name} did not accept the name and the password.")
        if answer.status == 404:
            raise MissingError(f"{way.name} has nothing at that address.")
        document = answers.judge(way.name, url, answer, None, NO_URL)
        assert isinstance(document, Document)
        return document

    def _way(self, at: SafeUrl, allow: frozenset[str]) -> _Way:
        parts = urlsplit(at)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        trusted = is_allowed(host, port, allow) and host not in self._public
        return _Way(parts.scheme, host, port, trusted, _name(at))

    def is_public(self, host: str) -> bool:
        """Whether it was reached at an address of the open internet, so that it may not be anything else any more."""
        return host in self._public

    async def _ask(  # noqa: PLR0917 - one request in full
        self, way: _Way, at: SafeUrl, fields: Fields, limit: int, left_s: float, body: bytes | None = None
    ) -> tuple[Answer, float]:
        """One request, once it is its turn; the answer and the seconds it took, not counting the wait for the turn."""
        from reader.fetch.answers import exchange

        if self._proxy and not way.trusted and is_private_name(way.host):
            raise BlockedError(f"{way.name} is a private address, which is only asked when you typed it yourself.")
        host = self._hosts.setdefault(way.host, _Host())
        async with host.turn(), self._turns:
            loop = asyncio.get_running_loop()
            began = loop.time()
            try:
                async with asyncio.timeout(left_s):
                    answer = None
                    while answer is None:
                        async with self._lane(way) as lane:
                            answer = await exchange(lane, at, fields, limit, body)
            except TimeoutError:
                most_s = self._patience.total_s
                raise FetchError(f"{way.name} took longer than the {most_s:g} s that are allowed.") from None
            host.learn(answer.status)
            return answer, loop.time() - began

    @asynccontextmanager
    async def _lane(self, way: _Way) -> AsyncIterator[Lane]:
        """A lane for one request; kept for the next one when its answer was read to the end, else closed."""
        lane = await self._take_lane(way)
        try:
            yield lane
        except BaseException:
            await lane.close()
            raise
        if lane.is_public:
            self._public.add(way.host)
            way = replace(way, trusted=False)
        way = replace(way, connect_s=None)  # it is connected
        if not lane.reusable:
            await lane.close()
            return
        self._idle.setdefault(way.host, []).append((way, lane))
        self._idle.move_to_end(way.host)
        if len(self._idle) > self._max_idle_hosts:
            await self._close_idle(next(iter(self._idle)))

    async def _take_lane(self, way: _Way) -> Lane:
        idle = self._idle.get(way.host, [])
        for at, (other, lane) in enumerate(idle):
            if other == replace(way, connect_s=None):
                del idle[at]
                return lane
        # Another scheme, port or trust: what is kept open would be a third connection.
        await self._close_idle(way.host)
        from reader.fetch.wire import Lane, tls_context

        if self._tls is None and (way.scheme == "https" or self._proxy.startswith("https:")):
            self._tls = tls_context()
        patience = self._patience
        if way.connect_s is not None:
            patience = replace(patience, connect_s=min(way.connect_s, patience.connect_s))
        return Lane(way.name, patience, resolve=self._resolve, trusted=way.trusted, tls=self._tls, proxy=self._proxy)

    async def _close_idle(self, host: str) -> None:
        for _, lane in self._idle.pop(host, []):
            await lane.close()


class _Way(Struct, frozen=True):
    """What one connection may be used for: a trusted one must not carry a request that is not to be trusted."""

    scheme: str
    host: str
    port: int
    trusted: bool
    """The user typed this host."""
    name: str
    """The host as sentences name it, with its port where that is not the usual one."""
    connect_s: float | None = None
    """How long to wait for the connection, where that is less than usual."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """What a login is for (RFC 6454)."""
        return self.scheme, self.host, self.port


def _name(at: SafeUrl) -> str:
    return safe_text(urlsplit(at).netloc, 100)


class _Host:
    """Politeness towards one host."""

    def __init__(self) -> None:
        self._connections = asyncio.Semaphore(CONNECTIONS_A_HOST)
        self._gap_s = 0.0
        self._next_at = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Until one of its two connections is free, and some time after the last request if it asked for patience."""
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


def _basic(login: str) -> Fields:
    """RFC 7617, in UTF-8."""
    return [(b"Authorization", b"Basic " + base64.b64encode(login.encode("utf-8", "replace")))]


def _checked_proxy(proxy: str) -> str:
    try:
        parts = urlsplit(proxy)
        good = parts.scheme in ("http", "https", "socks5", "socks5h") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if proxy and not good:
        raise ConfigError("The proxy must be an address like http://host:port or socks5://host:port.")
    return proxy
