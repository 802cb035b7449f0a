"""Every payload in every field of a feed, through the whole program and onto a terminal: not one byte is obeyed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from html import escape
from pathlib import Path

from reader.library import Library
from reader.settings import load
from tests.app.test_paper import HOSTILE
from tests.app.test_terminal import ended
from tests.bench.terminal import Terminal
from tests.crash import refresh
from tests.fuzz.strategies import NASTY
from tests.webserver import WebServer

PAYLOADS = (*(word.decode("utf-8", "replace") for word in NASTY), *HOSTILE)
PLAIN = tuple(f"Harbour {number}" for number in range(len(PAYLOADS)))
SEQUENCE = re.compile(
    r"\x1b\](?P<osc>\d*)[^\x07\x1b]*(?:\x07|\x1b\\)|\x1b(?P<string>[P_^X])[^\x1b\x07]*(?:\x1b\\|\x07)"
    r"|\x1b\[(?P<csi>[?<>=]?)[0-?]*(?P<final>[ -/]*[@-~])|\x1b(?P<other>[ -/]*[0-~])|(?P<control>[\x00-\x1f\x7f-\x9f])"
)


def feed_of(words: Iterable[str]) -> str:
    """Each of them in every field, as itself where XML allows it and spelled in references to characters."""
    words = tuple(words)
    head = " ".join(escape(word[:9]) for word in words if word.isprintable())
    items = []
    for number, word in enumerate(words):
        whole = escape(re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", word))
        spelled = "".join(f"&amp;#{ord(character)};" for character in word[:60])
        either = f"{number} {whole} {spelled} {escape(whole)}"
        items.append(
            f"<item><guid>{number}</guid><title>{either}</title><author>{either}</author>"
            f"<category>{either}</category>"
            f"<link>https://gazette.example/{number}?{whole[:40]}</link><description>{either}</description>"
            f"<content:encoded>{either} &lt;a href=&quot;{whole[:40]}&quot;&gt;{spelled}&lt;/a&gt;</content:encoded>"
            "</item>"
        )
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{head}</title>{''.join(items)}</channel></rss>"
    )


async def told(home: Path, words: tuple[str, ...]) -> set[tuple[str, ...]]:
    """The kinds of orders that the terminal is given while somebody reads all of it."""
    with WebServer() as web:
        web.page("/feed.xml", feed_of(words), media_type="application/rss+xml")
        library = Library(load(home))
        library._store.add_subscription("feed", web.url("/feed.xml"), typed_host="127.0.0.1")  # type: ignore[arg-type]
        (outcome,) = await refresh(library)
        assert (outcome.new, outcome.error) == (len(words), "")
        library.close()
    command = [sys.executable, "-m", "reader", "--home", str(home), "--offline"]
    with Terminal(command, env={"COLUMNS": "", "LINES": ""}) as terminal:
        terminal.wait(rf"{len(words)} unread")
        os.write(terminal.handle, b"gl" + b"J" * 30)
        terminal.settle()
        os.write(terminal.handle, b"J" * (len(words) - 30) + b"Yslh")
        terminal.settle()
        os.write(terminal.handle, b"gs")
        terminal.wait("1 source")
        os.write(terminal.handle, b"Q")
        assert ended(terminal) == 0
        terminal.settle()
        written = b"".join(data for _, data in terminal.chunks)
        assert b"Traceback" not in written
    orders = {tuple(sorted(found.groupdict(default="").items())) for found in SEQUENCE.finditer(written.decode())}
    return {tuple(value for _, value in order) for order in orders}


async def test_what_a_terminal_is_told_does_not_depend_on_what_is_read(tmp_path: Path) -> None:
    harmless = await told(tmp_path / "plain", PLAIN)
    assert await told(tmp_path / "hostile", PAYLOADS) - harmless == set()
    assert len(PAYLOADS) >= 50
