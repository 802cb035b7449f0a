"""The script that runs one address through everything, and with it the whole way from the wire to the reader's eyes."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reader.text import SafeUrl
from tests import hostile_adapter as adapter
from tests.webserver import WebServer

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>The Gazette</title>
<item><title>Bridge\x9b reopens &amp;#27;[2J</title><guid>1</guid><link>http://gazette.test/1</link>
<description>After nine months.</description></item></channel></rss>"""
STORY = "<h1>Bridge reopens</h1>" + "<p>" + "Engineers replaced the bearings one by one. " * 20 + "</p>"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path))
    with WebServer() as running:
        yield running


async def visit(url: str) -> dict[str, Any]:
    return await adapter.feed(SafeUrl(url))


async def test_a_feed_is_visited_again_and_keeps_what_it_had(server: WebServer) -> None:
    url = server.page("/feed", RSS, media_type="application/rss+xml", etag='"1"')
    first = await visit(url)
    assert first["outcome"] == "ok"
    assert [entry["title"] for entry in first["entries"]] == ["Bridge reopens [2J"]
    assert "After nine months." in first["entries"][0]["content"]
    again = await visit(url)
    assert (again["outcome"], again["entries"]) == ("not_modified", first["entries"])
    assert server.requests[1].headers["if-none-match"] == '"1"'
    for status, headers, outcome in (
        (500, {}, "error"),
        (200, {}, "error"),
        (503, {"Retry-After": "300"}, "retry"),
        (410, {}, "gone"),
    ):
        server.page("/feed", "<html>down</html>", status=status, headers=headers)
        after = await visit(url)
        assert (after["outcome"], after["entries"]) == (outcome, first["entries"])
        assert after.get("retry_after", 300) == 300
    asked = len(server.requests)
    assert (await visit(url))["outcome"] == "gone"
    assert len(server.requests) == asked, "what is gone is not asked again"


async def test_an_article(server: WebServer) -> None:
    page = f"<html><title>x</title><body><nav>Menu</nav><article>{STORY}</article></body></html>"
    found = await adapter.article(SafeUrl(server.page("/1", page)))
    assert (found["outcome"], found["title"]) == ("ok", "Bridge reopens")
    assert "replaced the bearings" in found["text"]


async def test_a_picture(server: WebServer) -> None:
    file = io.BytesIO()
    Image.new("L", (30, 20)).save(file, "PNG")
    found = await adapter.image(SafeUrl(server.page("/1.png", file.getvalue())))
    assert found == {"outcome": "ok", "width": 30, "height": 20}


def test_a_failure_is_one_line_of_json(server: WebServer) -> None:
    script = Path(adapter.__file__)
    command = [sys.executable, str(script), "image", server.url("/missing")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == {"outcome": "error", "error": f"{server.origin} answered 404 (not found)."}
    assert done.stderr == ""
