# ruff: noqa: ASYNC109, ARG002 - the signatures are httpcore's
"""httpx, held on a short lead: connections to checked addresses only, and no more bytes than were agreed.

httpx's transports are used without its client, which would bring cookies, redirects, netrc, the environment and
unbounded decoders, all to be switched off again. A transport here serves one request at a time: one pool that many
share grows slower with each connection in it. This is the only module that imports httpx, and it is imported late.
"""

from __future__ import annotations

import asyncio
import errno
import ssl
import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore
import httpx

from reader.errors import BlockedError, ConfigError, TooLargeError
from reader.fetch.addresses import Resolve, is_public, look_up
from reader.fetch.documents import Patience
from reader.text import safe_text

# httpcore looks for sniffio twenty times a request, and Python searches the disk each time for what is not installed.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]

HEAD_BYTES = 100_000
_IDLE_S = 20.0
NO_NETWORK = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})
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


_Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Stream(httpcore.AsyncNetworkStream):
    """A connection over asyncio's own streams, which costs half of what anyio's does; counts what it receives."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, dialer: Dialer) -> None:
        self._reader = reader
        self._writer = writer
        self._dialer = dialer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            async with asyncio.timeout(timeout):
                received = await self._reader.read(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout("nothing came in time") from error
        except OSError as error:
            raise httpcore.ReadError("the connection broke") from error
        self._dialer.count(len(received))
        return received

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._writer.write(buffer)
            async with asyncio.timeout(timeout):
                await self._writer.drain()
        except TimeoutError as error:
            raise httpcore.WriteTimeout("nothing was taken in time") from error
        except OSError as error:
            raise httpcore.WriteError("the connection broke") from error

    async def aclose(self) -> None:
        # Nothing of ours is left to be sent, so there is no farewell to wait for.
        self._writer.transport.abort()
        await asyncio.sleep(0)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except TimeoutError as error:
            await self.aclose()
            raise httpcore.ConnectTimeout("no encryption in time") from error
        except OSError as error:  # ssl.SSLError is one
            await self.aclose()
            raise httpcore.ConnectError("no encryption") from error
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # asked of an idle connection: whether the server has closed it
            return self._reader.at_eof()
        return self._writer.get_extra_info(info)


class Dialer(httpcore.AsyncNetworkBackend):
    """Looks up a host, checks each address, and connects to a checked one, so that no name can change in between."""

    def __init__(self, name: str, resolve: Resolve, *, trusted: bool) -> None:
        self._name = name
        self._resolve = resolve
        self._trusted = trusted
        self.is_public = False
        """Whether the connection goes to an address of the open internet."""
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
                public = [address for address in addresses if is_public(address)]
                good = public or (addresses if self._trusted else [])
                if not good:
                    raise BlockedError(
                        f"{self._name} is at a private address, which is only asked when you typed it yourself."
                    )
                reader, writer = await self._first(good[:6], port)
                self.is_public = bool(public)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("no connection in time") from error
        except OSError as error:
            raise httpcore.ConnectError("no connection") from error
        return _Stream(reader, writer, self)

    async def _first(self, addresses: list[str], port: int) -> _Ends:
        """The first that answers, each tried a little after the one before (RFC 8305). Raises OSError."""
        waiting = list(addresses)
        calls: set[asyncio.Task[_Ends]] = set()
        errors: list[BaseException] = []
        try:
            while waiting or calls:
                if waiting:
                    calls.add(asyncio.create_task(asyncio.open_connection(waiting.pop(0), port)))
                pause_s = _NEXT_ADDRESS_S if waiting else None
                done, _ = await asyncio.wait(calls, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
                for call in done:
                    calls.discard(call)
                    if error := call.exception():
                        errors.append(error)
                    else:
                        return call.result()
            # That there is no way to the one kind of address says little beside what the other kind answered.
            raise min(errors, key=lambda error: getattr(error, "errno", 0) in NO_NETWORK)
        finally:
            for call in calls:
                call.cancel()
            for outcome in await asyncio.gather(*calls, return_exceptions=True):
                if not isinstance(outcome, BaseException):
                    outcome[1].transport.abort()


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool of ours: httpx gives no way to say who makes the connections."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool


class Lane:
    """A way to one origin for one request at a time, with at most one connection."""

    def __init__(
        self,
        name: str,
        patience: Patience,
        *,
        resolve: Resolve,
        trusted: bool,
        tls: ssl.SSLContext | None,
        proxy: str,
    ) -> None:
        self.name = name
        self.patience = patience
        self.first_stop = f"The proxy {safe_text(urlsplit(proxy).hostname, 100)}" if proxy else name
        """Who is to blame as long as there is no answer."""
        self.used = False
        """Whether its connection may be one that the server has closed meanwhile."""
        self.reusable = True
        """Whether the last answer was read to its end."""
        self._proxied = bool(proxy)
        self._dialer = Dialer(name, resolve, trusted=trusted or self._proxied)
        self._transport = _Transport(_pool(self._dialer, tls, proxy))

    async def send(
        self, url: str, headers: list[tuple[bytes, bytes]], body_bytes: int, content: bytes | None = None
    ) -> httpx.Response:
        """The head of the answer; its stream is the body as it is on the wire. Raises FetchError, httpx.HTTPError."""
        # A quarter more for what chunked coding puts between the pieces of a body.
        self._dialer.left_bytes = body_bytes + body_bytes // 4 + HEAD_BYTES
        most = self.patience
        timeout = {"connect": most.connect_s, "read": most.read_s, "write": most.read_s, "pool": None}
        method = "GET" if content is None else "POST"
        request = httpx.Request(method, url, headers=headers, content=content, extensions={"timeout": timeout})
        response = await self._transport.handle_async_request(request)
        self.used = True
        return response

    @property
    def is_public(self) -> bool:
        """Whether it goes to the host itself and to the open internet; what a proxy reaches cannot be known."""
        return self._dialer.is_public and not self._proxied

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
        proxy_ssl_context=tls if parts.scheme == "https" else None,
        max_connections=1,
        keepalive_expiry=_IDLE_S,
        network_backend=dialer,
    )
