"""One exchange with a server, read within its limits, and what the answer means."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from datetime import UTC, datetime

import httpx
from msgspec import Struct
from msgspec.structs import replace

from reader import __version__
from reader.errors import BlockedError, FetchError, GoneError, RetryLaterError, TooLargeError
from reader.fetch import headers
from reader.fetch.documents import Document
from reader.fetch.failures import failure, status_words
from reader.fetch.wire import HEAD_BYTES, Lane
from reader.model import Unchanged, Validators
from reader.text import SafeUrl, safe_url

USER_AGENT = f"Broadsheet/{__version__} (+terminal news reader)".encode()
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
_GZIP = b"\x1f\x8b"
_MAX_MEMBERS = 1_000
_SKIP_BYTES, _SKIP_S = 16_000, 1.0
"""Of an unwanted body; reading so much is cheaper than a new connection."""
_PLAIN_CODINGS = frozenset({"", "identity", "gzip", "x-gzip"})


class Answer(Struct, frozen=True):
    """What a server said to one request; the body only of an answer we want (200)."""

    status: int
    fields: headers.Fields
    body: bytes = b""


async def exchange(
    lane: Lane, url: SafeUrl, fields: headers.Fields, limit: int, body: bytes | None = None
) -> Answer | None:
    """Ask and read; with a body it is a POST. Raises FetchError.

    None when a kept connection had been closed meanwhile: ask again. What we POST may be said twice.
    """
    ask = [*fields, (b"User-Agent", USER_AGENT), (b"Accept-Encoding", b"gzip")]
    was_used, lane.reusable = lane.used, False
    response = None
    try:
        response = await lane.send(url, ask, limit, body)
        answer = Answer(response.status_code, response.headers.raw)
        if was_used and answer.status == 408:  # said to the connection when it was idle, not to this request
            return None
        if sum(len(key) + len(value) + 4 for key, value in answer.fields) > HEAD_BYTES:
            raise TooLargeError(f"{lane.name} sent headers that are longer than is accepted.")
        if answer.status == 200:
            answer = replace(answer, body=await _read(response, answer.fields, lane.name, limit))
            lane.reusable = True
        else:
            lane.reusable = await _skip(response, answer)
        return answer
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        if response is None and was_used and not isinstance(error, httpx.TimeoutException):
            return None
        raise failure(lane.name if response else lane.first_stop, error, lane.patience) from error
    finally:
        if response is not None:
            await response.aclose()


class Unpacker:
    """A body as it comes in: counted, and one layer of gzip taken off.

    Its first two bytes say whether it is gzip, since headers lie both ways: a sitemap.xml.gz arrives unpacked, and
    plain text called gzip as it is.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._received = 0
        self._size = 0
        self._parts: list[bytes] = []
        self._start = b""
        self._gzip: zlib._Decompress | None = None
        self._members = 0
        self._begun = False

    @property
    def complete(self) -> bool:
        """Whether gzip itself says that this was all."""
        return self._gzip is not None and self._gzip.eof

    def expect(self, size: int | None) -> None:
        """Refuse at once what says itself that it is too large. Raises TooLargeError."""
        if size is not None and size > self._limit:
            self._refuse()

    def feed(self, piece: bytes) -> None:
        """Take the next piece. Raises TooLargeError, FetchError."""
        self._received += len(piece)
        if self._received > self._limit:
            self._refuse()
        if not self._begun:
            self._start += piece
            if len(self._start) < 2:
                return
            piece, self._begun = self._start, True
            if piece.startswith(_GZIP):
                self._gzip = zlib.decompressobj(31)
        if self._gzip is None:
            self._keep(piece)
        else:
            self._unpack(piece)

    def body(self) -> bytes:
        """All of it."""
        if self._gzip is not None and not self._gzip.eof:
            raise FetchError(f"{self._name} broke off in the middle of its answer.")
        return b"".join(self._parts) if self._begun else self._start

    def _unpack(self, piece: bytes) -> None:
        assert self._gzip is not None
        try:
            while piece:
                if self._gzip.eof:
                    # gzip files may be joined (RFC 1952 section 2.2); anything else behind the end is ignored.
                    if not piece.startswith(_GZIP) or self._members >= _MAX_MEMBERS:
                        return
                    self._gzip, self._members = zlib.decompressobj(31), self._members + 1
                self._keep(self._gzip.decompress(piece, self._limit - self._size + 1))
                piece = self._gzip.unused_data
        except zlib.error as error:
            raise FetchError(f"{self._name} sent an answer that is damaged (gzip).") from error

    def _keep(self, part: bytes) -> None:
        self._parts.append(part)
        self._size += len(part)
        if self._size > self._limit:
            self._refuse()

    def _refuse(self) -> None:
        raise TooLargeError(f"{self._name} sent more than the {self._limit >> 20} MB that are accepted.")


async def _read(response: httpx.Response, fields: headers.Fields, name: str, limit: int) -> bytes:
    """The body. Raises TooLargeError, FetchError, httpx.TransportError."""
    if headers.value(fields, b"content-encoding").strip().lower() not in _PLAIN_CODINGS:
        raise FetchError(f"{name} sent its answer packed in a way that was not asked for.")
    unpacker = Unpacker(name, limit)
    unpacker.expect(headers.content_length(fields))
    assert isinstance(response.stream, httpx.AsyncByteStream)
    try:
        async for piece in response.stream:
            unpacker.feed(piece)
    except httpx.RemoteProtocolError:
        # A Content-Length that is wrong is no harm when gzip says that nothing is missing.
        if not unpacker.complete:
            raise
    return unpacker.body()


async def _skip(response: httpx.Response, answer: Answer) -> bool:
    """Read past a small body that nobody wants; whether the connection can be used again."""
    size = 0 if answer.status in (204, 304) else headers.content_length(answer.fields)
    if size is None or size > _SKIP_BYTES:
        return False
    assert isinstance(response.stream, httpx.AsyncByteStream)
    try:
        async with asyncio.timeout(_SKIP_S):
            async for _ in response.stream:
                pass
    except (TimeoutError, httpx.HTTPError):
        return False
    return True


def next_hop(name: str, at: SafeUrl, answer: Answer) -> SafeUrl:
    """Where a redirect leads. Raises BlockedError, FetchError."""
    said = headers.values(answer.fields, b"location")
    if not said:
        raise FetchError(f"{name} redirected to nowhere.")
    to = safe_url(said[0].decode("utf-8", "replace"), at)
    if not to:
        raise BlockedError(f"{name} redirected to something that is not an address of the web.")
    to = SafeUrl(to.partition("#")[0])
    if at.startswith("https:") and not to.startswith("https:"):
        raise BlockedError(f"{name} redirected from an encrypted address to one that is not.")
    return to


def judge(name: str, at: SafeUrl, answer: Answer, known: Validators | None, moved_to: SafeUrl) -> Document | Unchanged:
    """What an answer that is no redirect comes to. Raises GoneError, RetryLaterError, FetchError."""
    now = datetime.now(UTC)
    fields, status = answer.fields, answer.status
    fresh_for_s = headers.fresh_for_s(fields, now)
    if status == 304 and headers.conditions(known):
        return Unchanged(headers.validators(fields, known), fresh_for_s, moved_to)
    if status == 410:
        raise GoneError(f"{name} says that this is gone for good.")
    if status in (429, 503):
        wait_s = headers.retry_after_s(fields, now)
        raise RetryLaterError(f"{name} asks for patience: {status_words(status)}.", wait_s)
    if status != 200:
        raise FetchError(f"{name} answered {status_words(status)}.")
    if not answer.body:
        raise FetchError(f"{name} sent an empty answer.")
    body_hash = hashlib.blake2b(answer.body, digest_size=16).hexdigest()
    fresh = replace(headers.validators(fields), body_hash=body_hash)
    if known is not None and known.body_hash == body_hash:
        return Unchanged(fresh, fresh_for_s, moved_to)
    kind, charset = headers.media_type(fields)
    return Document(at, answer.body, kind, charset, fresh, fresh_for_s, moved_to, headers.links(fields, at))
