"""Keys while a page is parsed that was made to keep parsers busy: each answer is to come as if nothing happened."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.bench.feeds import EPOCH, words
from tests.bench.programs import HEADLINE, Ours
from tests.bench.rows import Bench, Row
from tests.bench.terminal import Terminal

PROSE = "".join(f"<p>{words(n, 40).capitalize()}.</p>" for n in range(12))
PAGES = {
    "blanks": f"<p>a{' ' * 150_000}</p>{PROSE}",
    "nested": f"{'<div>' * 150_000}{'<b>' * 50_000}{PROSE}",
    "attributes": f'<p class="{"x " * 1_500_000}" {" ".join(f"a{n}=b" for n in range(120_000))}>{PROSE}',
    "marks": "<p>" + "".join(f'<b>a</b><i>b</i><a href="{n}">c</a><code>d</code> ' for n in range(92_000)),
    "breaks": "<p>" + "a<br>" * 500_000,
    "paragraphs": "".join(f"<p>{n} {words(n, 6)}.</p>" for n in range(55_000)),
    "cells": f"<table>{'<tr><td>a</td><td>b</td></tr>' * 70_000}</table>{PROSE}",
}
"""Up to the five megabytes that are read of a page: what costs a parser seconds, or gives a story without end."""
ANSWER = r"full text is here|Only the teaser"
PATIENCE_S, REPEATS_S = 30, 0.03
LINGERS_S = 1.5
"""How long keys are pressed after the page has come: it has to be shown, too."""


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The feed, or a page by its name."""
        kind, body = "text/html", PAGES.get(self.path.strip("/"), "")
        if self.path == "/feed.xml":
            host = self.headers["Host"]
            items = "".join(
                f"<item><title>{name}</title><link>http://{host}/{name}</link><guid>{name}</guid>"
                f"<pubDate>{formatdate(EPOCH - n * 3600)}</pubDate><description>A teaser.</description></item>"
                for n, name in enumerate(("first", *PAGES))
            )
            kind, body = (
                "application/rss+xml",
                f"<rss version='2.0'><channel><title>Feed 0</title>{items}</channel></rss>",
            )
        sent = body.encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        """Nothing is said."""


@contextmanager
def _served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/feed.xml"
    finally:
        server.shutdown()
        server.server_close()


def hostile(bench: Bench) -> Iterator[Row]:
    """`j` and `k` in the list while a page is fetched, parsed and shown that its story asked for with `x`."""
    with _served() as address:
        ours = Ours(bench.folder / "hostile", config='[refresh]\nautomatic = false\nfull_text = "never"\n')
        subprocess.run([*ours.command, "add", address], check=True, capture_output=True)
        with Terminal(ours.command) as terminal:
            terminal.wait(HEADLINE)
            terminal.settle(1.0)
            terminal.press("gl")
            terminal.settle(1.0)
            idle = [_in_list(terminal, "jk"[n % 2]) for n in range(100)]
            sys.stderr.write(f"  idle: {len(idle)} keys, worst {max(idle):.1f} ms\n")
            worst, took = {}, []
            for name in PAGES:
                terminal.press("J")
                terminal.settle(0.5)
                terminal.wait(r"\? keys")  # what was said of the page before is gone
                terminal.press("x")
                during, parsed = _while_parsed(terminal)
                worst[name], took = max(during), [*took, *during]
                sys.stderr.write(f"  {name}: {parsed:.1f} s, {len(during)} keys, worst {worst[name]:.1f} ms\n")
    slowest = max(worst, key=lambda name: worst[name])
    what = "a key while a hostile page is parsed"
    yield Row(f"{what}, p50", "ms", statistics.median(took), "the same key, idle", statistics.median(idle), 1.5)
    yield Row(f"{what}, worst ({slowest})", "ms", worst[slowest], "100 ms", 100, 1.0)


def _while_parsed(terminal: Terminal) -> tuple[list[float], float]:
    """What keys took until the page had come and was shown, and the seconds until it came."""
    begun, came = time.perf_counter(), 0.0
    took: list[float] = []
    while not came or time.perf_counter() - came < LINGERS_S:
        took.append(_in_list(terminal, "kj"[len(took) % 2]))
        if not came and re.search(ANSWER, terminal.text()):
            came = time.perf_counter()
        elif time.perf_counter() - begun > PATIENCE_S:
            raise TimeoutError(f"the page never came:\n{terminal.text()}")
    return took, came - begun


def _in_list(terminal: Terminal, key: str) -> float:
    """Milliseconds from a key, as a held one repeats, to the list that shows it."""
    rest = time.perf_counter() + REPEATS_S
    while terminal.take() is not None or time.perf_counter() < rest:
        time.sleep(0.001)
    return terminal.key(key, part=latest_contents)


def latest_contents(terminal: Terminal) -> str:
    """The list at the right; what is said has another place."""
    return "\n".join(line[-33:] for line in terminal.screen.display[2:-2])
