"""A small web on loopback for tests: pages, raw bytes on the wire, answers by a function, and a log of the requests.

    with WebServer() as web:
        web.page("/feed", b"<rss/>", media_type="application/rss+xml", etag='"1"')
        web.page("/old", status=301, headers={"Location": "/feed"})
        web.raw("/broken", b"HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nhal")
        web.answer("/count", lambda request: Answer(str(len(web.requests)).encode()))
        ... ask for web.url("/feed") ...
        assert web.paths == ["/old", "/feed"]

It serves from a thread of its own, so tests may be synchronous or asynchronous; every method may be called at any time.
A page with an ETag or Last-Modified answers 304 to a request that carries it. Unknown paths get a 404.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(frozen=True)
class Request:
    """What a client asked, as it was on the wire."""

    method: str
    target: str
    headers: Mapping[str, str]
    """Names in lower case; a repeated one has the last value. Latin-1, so that each byte is a character."""
    raw: bytes
    """The whole head."""
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True)
class Answer:
    """A response; Content-Length is added unless the headers hold one or a Transfer-Encoding."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "text/html; charset=utf-8"

    def head(self) -> bytes:
        """The status line and headers as bytes."""
        phrase = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Whatever"
        fields = {"Content-Type": self.media_type, "Content-Length": str(len(self.body)), **self.headers}
        if "Transfer-Encoding" in self.headers or self.status in (204, 304):
            del fields["Content-Length"]
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in fields.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


@dataclass
class Wire:
    """The connection itself, for answers that no well-behaved server gives."""

    request: Request
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Put bytes on the wire; raises ConnectionError once the client has gone."""
        self.writer.write(data)
        await self.writer.drain()
        await asyncio.sleep(0)

    async def until_hung_up(self) -> None:
        """Wait until the client closes the connection, saying nothing."""
        while await self.reader.read(1 << 16):
            pass


Made = Answer | bytes | None
Handler = Callable[[Request], Made | Awaitable[Made]]
Script = Callable[[Wire], Awaitable[None]]


class WebServer:
    """A web server for one test. Without `tls` it speaks http; with a server-side context it speaks https."""

    def __init__(self, host: str = "127.0.0.1", *, tls: ssl.SSLContext | None = None) -> None:
        self.host = host
        self.port = 0
        self.requests: list[Request] = []
        """Everything that was asked, in order of arrival."""
        self.connections = 0
        """How many were opened, ever."""
        self.open_connections = 0
        self.most_open = 0
        """The largest number of connections that were open at the same time."""
        self.most_at_once = 0
        """The largest number of requests that were being answered at the same time."""
        self._at_once = 0
        self._tls = tls
        self._handlers: dict[str, Handler] = {}
        self._scripts: dict[str, Script] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = threading.Condition()
        self._server: asyncio.Server | None = None

    # What it serves

    def page(
        self,
        path: str,
        body: bytes | str = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str = "text/html; charset=utf-8",
        etag: str = "",
        last_modified: str = "",
    ) -> str:
        """The same answer each time, until the path is given another; returns its URL."""
        content = body.encode() if isinstance(body, str) else body
        validators = {name: v for name, v in (("ETag", etag), ("Last-Modified", last_modified)) if v}
        whole = Answer(content, status, {**validators, **(headers or {})}, media_type)
        unchanged = Answer(b"", 304, validators, media_type)

        def answer(request: Request) -> Answer:
            asked = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
            same = asked[0] == etag if asked[0] is not None else bool(last_modified) and asked[1] == last_modified
            return unchanged if same and (etag or last_modified) else whole

        return self.answer(path, answer)

    def redirect(self, path: str, to: str, status: int = 302) -> str:
        """A redirect to `to`, as it stands."""
        return self.page(path, status=status, headers={"Location": to})

    def answer(self, path: str, handler: Handler) -> str:
        """An answer made by a function, plain or async; bytes are a whole body, None hangs up."""
        self._scripts.pop(path, None)
        self._handlers[path] = handler
        return self.url(path)

    def raw(self, path: str, *pieces: bytes) -> str:
        """Exactly these bytes, status line and all, then the connection is closed."""

        async def script(wire: Wire) -> None:
            for piece in pieces:
                await wire.send(piece)

        return self.script(path, script)

    def script(self, path: str, script: Script) -> str:
        """A conversation on the bare wire; the connection is closed after it."""
        self._handlers.pop(path, None)
        self._scripts[path] = script
        return self.url(path)

    # What was asked

    def url(self, path: str = "/") -> str:
        """The address of a path here."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    @property
    def origin(self) -> str:
        """host:port, as `allow` wants it."""
        return f"{self.host}:{self.port}"

    @property
    def paths(self) -> list[str]:
        """The targets that were asked for, in order."""
        return [request.target for request in self.requests]

    def wait_for_requests(self, count: int, timeout_s: float = 20) -> None:
        """Until that many requests have arrived. Raises TimeoutError."""
        self._wait(lambda: len(self.requests) >= count, timeout_s, f"{count} requests")

    def wait_until_idle(self, timeout_s: float = 20) -> None:
        """Until no connection is open any more. Raises TimeoutError."""
        self._wait(lambda: self.open_connections == 0, timeout_s, "idle")

    def _wait(self, reached: Callable[[], bool], timeout_s: float, what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(reached, timeout_s):
                raise TimeoutError(f"never came: {what}")

    # Its life

    def __enter__(self) -> WebServer:
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(self, *exc: object) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self, work: Awaitable[None]) -> None:
        async def main() -> None:
            await work

        asyncio.run_coroutine_threadsafe(main(), self._loop).result(10)

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, self.host, 0, ssl=self._tls, limit=1 << 20, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._loop.shutdown_default_executor()

    def _count(self, opened: int, at_once: int) -> None:
        with self._changed:
            self.connections += max(0, opened)
            self.open_connections += opened
            self.most_open = max(self.most_open, self.open_connections)
            self._at_once += at_once
            self.most_at_once = max(self.most_at_once, self._at_once)
            self._changed.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._count(1, 0)
        try:
            while await self._answer_one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()  # an orderly end would wait for the client
        finally:
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()
            self._count(-1, 0)

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read one request and answer it; whether the connection stays open for another."""
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _version = first.split(" ", 2)
        fields = (line.partition(":") for line in lines)
        named = {name.strip().lower(): value.strip() for name, _, value in fields}
        body = await reader.readexactly(int(named.get("content-length", 0)))
        request = Request(method, target, named, head, body)
        with self._changed:
            self.requests.append(request)
        self._count(0, 1)
        try:
            if script := self._scripts.get(request.path):
                await script(Wire(request, reader, writer))
                return False
            handler = self._handlers.get(request.path)
            made = handler(request) if handler else Answer(b"no such page", 404)
            if isinstance(made, Awaitable):
                made = await made
            if made is None:
                return False
            answer = Answer(made) if isinstance(made, bytes) else made
            writer.write(answer.head() + (answer.body if answer.status not in (204, 304) else b""))
            await writer.drain()
            return answer.headers.get("Connection", "").lower() != "close"
        finally:
            self._count(0, -1)
