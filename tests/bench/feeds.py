"""A news web on loopback for benchmarks: N feeds of E entries on 50 hosts, deterministic, with ETags and a latency.

    python -m tests.bench.feeds FEEDS ENTRIES LATENCY_MS [FIRST]

prints its port on the first line and serves until its standard input ends: /feed/<i>.xml, /opml, /urls, /stats; each
request for /publish gives every feed one entry more.
"""

from __future__ import annotations

import asyncio
import functools
import json
import sys
from collections import Counter
from email.utils import formatdate

EPOCH = 1_780_000_000
HOSTS = 50
"""127.0.0.1 and so on: a polite program asks one host for two things at once, and no more."""
WORDS = [
    "harbour", "council", "ferry", "timetable", "winter", "engine", "museum", "treaty", "glacier", "orchard", "signal",
    "lantern", "archive", "river", "bridge", "census", "budget", "turbine", "reactor", "network", "valley", "orchestra",
    "sensor", "ballot", "forecast", "pipeline", "tunnel", "market", "licence", "committee", "almanac", "cathedral",
]  # fmt: skip


def words(seed: int, count: int) -> str:
    """So many words, always the same for the same seed."""
    state, chosen = seed * 2654435761 % 2**32 or 1, []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        chosen.append(WORDS[(state >> 16) % len(WORDS)])
    return " ".join(chosen)


@functools.cache
def feed(number: int, entries: int, port: int) -> bytes:
    """Feed `number` as RSS 2.0 with bodies of about three kilobytes."""
    items = []
    for n in range(entries):
        seed = number * 100_003 + n
        link = f"http://127.0.0.1:{port}/article/{number}/{n}.html"
        body = "".join(f"<p>{words(seed * 31 + part, 70).capitalize()}.</p>" for part in range(6))
        items.append(
            f"<item><title>{words(seed, 7).capitalize()} {n}</title><link>{link}</link>"
            f'<guid isPermaLink="false">tag:feed{number}.example,2026:{n}</guid>'
            f"<pubDate>{formatdate(EPOCH - n * 3600 - number)}</pubDate>"
            f"<description>{words(seed + 7, 20)}</description>"
            f'<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/"><![CDATA[{body}]]>'
            "</content:encoded></item>"
        )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Feed {number:04d}</title>'
        f"<link>http://127.0.0.1:{port}/</link>{''.join(items)}</channel></rss>"
    ).encode()


class Server:
    """Answers GET requests on kept connections."""

    def __init__(self, feeds: range, entries: int, latency_s: float) -> None:
        self.feeds, self.entries, self.latency_s, self.port = feeds, entries, latency_s, 0
        self.stats: Counter[str] = Counter()

    def answer(self, path: str, headers: dict[str, str]) -> tuple[str, bytes, str]:
        """Status line, body and extra headers."""
        if path == "/stats":
            return "200 OK", json.dumps(self.stats).encode(), "Content-Type: application/json\r\n"
        if path == "/publish":
            self.entries += 1
            return "200 OK", b"", ""
        if path == "/urls":
            return "200 OK", "".join(f"{self.url(n)}\n" for n in self.feeds).encode(), ""
        if path == "/opml":
            rows = "".join(f'<outline type="rss" text="Feed {n}" xmlUrl="{self.url(n)}"/>' for n in self.feeds)
            return "200 OK", f'<opml version="2.0"><head/><body>{rows}</body></opml>'.encode(), ""
        if path.startswith("/feed/"):
            number = int(path.removeprefix("/feed/").removesuffix(".xml"))
            etag = f'"{number}-{self.entries}"'
            extra = f"ETag: {etag}\r\nContent-Type: application/rss+xml\r\n"
            if headers.get("if-none-match") == etag:
                self.stats["304"] += 1
                return "304 Not Modified", b"", extra
            self.stats["200"] += 1
            return "200 OK", feed(number, self.entries, self.port), extra
        return "404 Not Found", b"", ""

    def url(self, number: int) -> str:
        """Where feed `number` is."""
        return f"http://127.0.0.{1 + number % HOSTS}:{self.port}/feed/{number}.xml"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it is closed."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *rest = head.decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
                path = first.split()[1]
                if path.startswith("/feed/"):
                    await asyncio.sleep(self.latency_s)
                status, body, extra = self.answer(path, headers)
                writer.write(f"HTTP/1.1 {status}\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def main() -> None:
    """Serve until standard input ends."""
    count, entries, latency_ms, first = map(int, (*sys.argv[1:], 0)[:4])
    feeds = range(first, first + count)
    news = Server(feeds, entries, latency_ms / 1000)
    server = await asyncio.start_server(news.talk, "127.0.0.1", 0)
    news.port = server.sockets[0].getsockname()[1]
    others = [await asyncio.start_server(news.talk, f"127.0.0.{n}", news.port) for n in range(2, HOSTS + 1)]
    for number in feeds:
        feed(number, entries, news.port)
    print(news.port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for one in (server, *others):
        one.close()


if __name__ == "__main__":
    asyncio.run(main())
