"""Why nothing came, as sentences a newspaper would print: which host, and the cause in words."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus

import httpx

from reader.errors import BlockedError, FetchError, OfflineError, TooLargeError, UnreachableError
from reader.fetch.addresses import has_route
from reader.fetch.documents import Patience
from reader.fetch.wire import NO_NETWORK

_CERTIFICATE = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is signed by nobody but itself",
    19: "its certificate is signed by an authority that this system does not know",
    20: "its certificate is signed by an authority that this system does not know",
    21: "its certificate is signed by an authority that this system does not know",
    23: "its certificate has been revoked",
    62: "its certificate is for another host",
    64: "its certificate is for another address",
}
"""OpenSSL's X509_V_ERR_ codes."""


def failure(who: str, error: Exception, patience: Patience) -> FetchError:
    """What to tell the reader about an exception of the transport; `who` is the host, or the proxy before it."""
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, FetchError):
            return cause
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = _CERTIFICATE.get(getattr(cause, "verify_code", 0), "its certificate is not one to be trusted")
            return FetchError(f"{who} cannot be trusted: {reason}.")
        if isinstance(cause, ssl.SSLError):
            return UnreachableError(f"{who} and this system could not agree on an encrypted connection.")
        if isinstance(cause, socket.gaierror):
            return _no_address(who, cause)
        if isinstance(cause, httpx.InvalidURL):
            return BlockedError(f"{who} is not an address that can be asked.")
    for cause in chain:
        if isinstance(cause, OSError) and cause.errno:
            said = _os_error(who, cause)
            # Read and write errors come of connections that there were.
            never = type(said) is FetchError and isinstance(error, httpx.ConnectError)
            return UnreachableError(str(said)) if never else said
    return _http_error(who, error, patience)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from error.exceptions
        error = error.__cause__ or error.__context__


def _no_address(who: str, error: socket.gaierror) -> FetchError:
    if not has_route():
        return OfflineError("There is no network.")
    if error.errno == socket.EAI_AGAIN:
        return OfflineError(f"The address of {who} could not be looked up: the name service does not answer.")
    return FetchError(f"There is no host called {who}.")


def _os_error(who: str, error: OSError) -> FetchError:
    if error.errno in NO_NETWORK or (error.errno == errno.EHOSTUNREACH and not has_route()):
        return OfflineError("There is no network.")
    if error.errno == errno.ECONNREFUSED:
        return FetchError(f"{who} refused the connection.")
    if error.errno in (errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED):
        return FetchError(f"{who} broke off the connection.")
    return FetchError(f"{who} could not be reached.")


def _http_error(who: str, error: Exception, patience: Patience) -> FetchError:
    if isinstance(error, httpx.ConnectTimeout):
        return UnreachableError(f"{who} could not be reached within {patience.connect_s:g} s.")
    if isinstance(error, httpx.TimeoutException):
        return FetchError(f"{who} did not answer within {patience.read_s:g} s.")
    if isinstance(error, httpx.ProxyError):
        return FetchError(f"The proxy did not let us through to {who}.")
    if isinstance(error, httpx.RemoteProtocolError):
        said = str(error).lower()
        if "too long" in said:
            return TooLargeError(f"{who} sent headers that are longer than is accepted.")
        if "disconnected" in said:
            return FetchError(f"{who} hung up without an answer.")
        if "closed connection" in said or "incomplete" in said:
            return FetchError(f"{who} broke off in the middle of its answer.")
        return FetchError(f"{who} answered in something that is not HTTP.")
    if isinstance(error, httpx.ConnectError):
        return UnreachableError(f"{who} could not be reached.")
    return FetchError(f"{who} broke off the connection.")


def status_words(status: int) -> str:
    """`404 (not found)`: the words are the standard's, never the server's."""
    words = _OWN_WORDS.get(status)
    if words is None:
        words = HTTPStatus(status).phrase.lower() if status in set(HTTPStatus) else ""
    return f"{status} ({words})" if words else str(status)


_OWN_WORDS = {
    400: "it did not understand the request",
    401: "it asks for a name and a password",
    402: "it asks for payment",
    403: "it does not let us in",
    406: "it has nothing in a form we read",
    418: "it is a teapot",
    421: "it does not serve that address",
    451: "withheld for legal reasons",
    500: "it has a fault of its own",
    502: "a server behind it has a fault",
    503: "it is not available now",
    504: "a server behind it did not answer",
    **dict.fromkeys((520, 521, 522, 523, 524, 525, 526, 530), "the server behind Cloudflare does not answer"),
}
