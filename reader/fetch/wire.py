# ruff: noqa: ASYNC109, ARG002 - the signatures are httpcore's
"""httpx, held on a short lead: connections to checked addresses only, and no more bytes than were agreed.

httpx's transports are used without its client, which would bring cookies, redirects, netrc, the environment and
unbounded decoders, all to be switched off again. A transport here serves one request at a time: one pool that many
share grows slower with each connection in it. This is the only module that imports httpx, and it is imported late.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore
import httpx

from reader.errors import BlockedError, ConfigError, TooLargeError
from reader.fetch.addresses import Resolve, is_public, look_up
from reader.text import safe_text

CONNECT_S = 10.0
READ_S = 15.0
HEAD_BYTES = 100_000
_IDLE_S = 20.0
_NEXT_ADDRESS_S = 0.25
"""How long an address has before the next one is tried beside it (RFC 8305 section 5)."""


def tls_context() -> ssl.SSLContext:
    """Trusts what the system trusts, SSL_CERT_FILE included.

    truststore asks macOS and Windows, and knows where a Linux without OpenSSL's folders keeps its certificates; but
    there it reads them again for each connection (22 ms), so it is not used where OpenSSL finds them.
    """
    paths = ssl.get_default_verify_paths()
    if sys.platform not in ("darwin", "win32") and (paths.cafile or paths.capath):
        return ssl.create_default_context()
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _Metered(httpcore.AsyncNetworkStream):
    """A connection that counts what it receives."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, dialer: Dialer) -> None:
        self._stream = stream
        self._dialer = dialer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        received = await self._stream.read(max_bytes, timeout)
        self._dialer.count(len(received))
        return received

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _Metered(await self._stream.start_tls(ssl_context, server_hostname, timeout), self._dialer)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Dialer(httpcore.AsyncNetworkBackend):
    """Looks up a host, checks each address, and connects to a checked one, so that no name can change in between."""

    def __init__(self, name: str, resolve: Resolve, *, trusted: bool) -> None:
        self._name = name
        self._resolve = resolve
        self._trusted = trusted
        self._backend = httpcore.AnyIOBackend()
        self.left_bytes = 0
        """What may still be received."""

    def count(self, received: int) -> None:
        """Raises TooLargeError once more has come than was agreed, counting chunk sizes, headers and all."""
        self.left_bytes -= received
        if self.left_bytes < 0:
            raise TooLargeError(f"{self._name} sent more than is accepted.")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await look_up(self._resolve, host, port)
                good = addresses if self._trusted else [address for address in addresses if is_public(address)]
                if not good:
                    raise BlockedError(
                        f"{self._name} is at a private address, which is only asked when you typed it yourself."
                    )
                return _Metered(await self._first(good[:6], port), self)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("no connection in time") from error

    async def _first(self, addresses: list[str], port: int) -> httpcore.AsyncNetworkStream:
        """The first that answers, each tried a little after the one before (RFC 8305)."""
        calls: set[asyncio.Task[httpcore.AsyncNetworkStream]] = set()
        errors: list[BaseException] = []
        try:
            for at, address in enumerate(addresses, 1):
                calls.add(asyncio.create_task(self._backend.connect_tcp(address, port)))
                last = at == len(addresses)
                while calls:
                    done, _ = await asyncio.wait(
                        calls, timeout=None if last else _NEXT_ADDRESS_S, return_when=asyncio.FIRST_COMPLETED
                    )
                    for call in done:
                        if not call.exception():
                            calls.discard(call)
                            return call.result()
                        calls.discard(call)
                        errors.append(_told(call))
                    if not last:
                        break
            raise errors[-1]
        finally:
            for call in calls:
                call.cancel()
            for outcome in await asyncio.gather(*calls, return_exceptions=True):
                if isinstance(outcome, httpcore.AsyncNetworkStream):
                    await outcome.aclose()


def _told(call: asyncio.Task[httpcore.AsyncNetworkStream]) -> BaseException:
    error = call.exception()
    assert error is not None
    return error


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool of ours: httpx gives no way to say who makes the connections."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool


class Lane:
    """A way to one origin for one request at a time, with at most one connection."""

    def __init__(self, name: str, *, resolve: Resolve, trusted: bool, tls: ssl.SSLContext | None, proxy: str) -> None:
        self.name = name
        self.first_stop = f"The proxy {safe_text(urlsplit(proxy).hostname, 100)}" if proxy else name
        """Who is to blame as long as there is no answer."""
        self.used = False
        """Whether its connection may be one that the server has closed meanwhile."""
        self.reusable = True
        """Whether the last answer was read to its end."""
        self._dialer = Dialer(name, resolve, trusted=trusted or bool(proxy))
        self._transport = _Transport(_pool(self._dialer, tls, proxy))

    async def send(self, url: str, headers: list[tuple[bytes, bytes]], body_bytes: int) -> httpx.Response:
        """The head of the answer; its stream is the body as it is on the wire. Raises httpx.TransportError, OSError."""
        # A quarter more for what chunked coding puts between the pieces of a body.
        self._dialer.left_bytes = body_bytes + body_bytes // 4 + HEAD_BYTES
        timeout = {"connect": CONNECT_S, "read": READ_S, "write": READ_S, "pool": None}
        request = httpx.Request("GET", url, headers=headers, extensions={"timeout": timeout})
        response = await self._transport.handle_async_request(request)
        self.used = True
        return response

    async def close(self) -> None:
        """End its connection."""
        await self._transport.aclose()


def _pool(dialer: Dialer, tls: ssl.SSLContext | None, proxy: str) -> httpcore.AsyncConnectionPool:
    if not proxy:
        return httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=1,
            max_keepalive_connections=1,
            keepalive_expiry=_IDLE_S,
            network_backend=dialer,
        )
    parts = urlsplit(proxy)
    default = {"http": 80, "https": 443}.get(parts.scheme, 1080)
    url = httpcore.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port or default, target=b"/")
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    if parts.scheme.startswith("socks5"):
        try:
            return httpcore.AsyncSOCKSProxy(
                url, proxy_auth=auth, ssl_context=tls, max_connections=1, network_backend=dialer
            )
        except ImportError as error:
            raise ConfigError("A socks5 proxy needs the package “socksio”, which is not installed.") from error
    return httpcore.AsyncHTTPProxy(
        url,
        proxy_auth=auth,
        ssl_context=tls,
        proxy_ssl_context=tls_context() if parts.scheme == "https" else None,
        max_connections=1,
        keepalive_expiry=_IDLE_S,
        network_backend=dialer,
    )
