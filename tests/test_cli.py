"""The command line from outside: what goes to stdout and stderr, the exit codes, the JSON fields."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reader import __version__
from reader.cli import main
from reader.settings import folders, load
from reader.store import Store
from tests.bookcheck import faults
from tests.storing import fill
from tests.webserver import WebServer

STORY_FIELDS = {
    "id", "source_id", "source", "section", "headline", "dek", "byline", "url", "published", "updated", "fetched",
    "read", "starred", "later", "tags", "words", "text", "revisions", "cluster",
}  # fmt: skip
SOURCE_FIELDS = {
    "id", "kind", "title", "url", "section", "stories", "unread", "last_ok", "next_due", "error",
}  # fmt: skip


@dataclass
class Done:
    """A command that has run."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


class Program:
    """`broadsheet --home …` in a process of its own, as a shell starts it."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: object, code: int | None = 0) -> Done:
        command = [sys.executable, "-m", "reader", "--home", str(self.home), *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        if code is not None:
            assert done.returncode == code, done.stdout + done.stderr
        return Done(done.returncode, done.stdout, done.stderr)


class Command(Program):
    """The same command in this process: what it does is the same, and a start costs more than most of them."""

    def __call__(self, *arguments: object, code: int | None = 0) -> Done:
        streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)]
        with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
            try:
                ended = main(["--home", str(self.home), *map(str, arguments)])
            except SystemExit as left:
                ended = int(left.code or 0)
        out, err = (stream.buffer.getvalue().decode() for stream in streams)  # type: ignore[attr-defined]
        if code is not None:
            assert ended == code, out + err
        return Done(ended, out, err)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "home")


@pytest.fixture
def broadsheet(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


def rss(*numbers: int, title: str = "The Gazette") -> bytes:
    """A feed of the stories with these numbers, newest first."""
    items = "".join(
        f"<item><title>Ferry {n} sails again</title><guid>urn:ferry:{n}</guid>"
        f"<link>http://gazette.example/ferry/{n}</link>"
        f"<pubDate>Wed, 04 Mar 2026 {n:02}:00:00 GMT</pubDate><category>Harbour</category>"
        f"<description>The {n}th ferry of the day left on time.</description></item>"
        for n in numbers
    )
    return f'<rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'.encode()


def page(body: str) -> bytes:
    return f"<html><head><title>A page</title></head><body>{body}</body></html>".encode()


def test_version_and_help(broadsheet: Command, program: Program) -> None:
    assert program("--version").out == f"broadsheet {__version__}\n"
    told = program("--help").out
    assert told == broadsheet("--help").out
    for command in ("add", "sources", "remove", "edit", "refresh", "stories", "show", "search", "mark", "import",
                    "export", "doctor", "config"):  # fmt: skip
        assert command in told
        assert "usage:" in broadsheet(command, "--help").out


def test_wrong_usage_is_two_and_a_line(broadsheet: Command, program: Program) -> None:
    assert "See broadsheet" in program("fetch", code=2).err
    assert "invalid choice" in broadsheet("mark", "green", "1", code=2).err
    assert "no time" in broadsheet("stories", "--since", "soon", code=2).err


def test_without_a_terminal_the_reader_says_so_in_a_line(program: Program) -> None:
    done = program(code=2)
    assert done.err.count("\n") == 1
    assert "needs a terminal" in done.err


def test_a_feed_from_its_address_to_reading(program: Program) -> None:
    with WebServer() as web:
        web.page("/feed.xml", rss(3, 2, 1), media_type="application/rss+xml", etag='"one"')
        added = program("add", web.url("/feed.xml"), "--json").json
        (source,) = added["sources"]
        assert set(source) == SOURCE_FIELDS
        assert (source["kind"], source["title"], source["stories"], source["unread"]) == ("feed", "The Gazette", 3, 3)
        assert source["error"] is None
        assert web.paths == ["/feed.xml"], "what discovery fetched is not fetched again"

        listed = program("stories", "--json").json["stories"]
        assert [story["headline"] for story in listed] == [f"Ferry {n} sails again" for n in (3, 2, 1)]
        assert set(listed[0]) == STORY_FIELDS
        assert listed[0]["published"] == "2026-03-04T03:00:00Z"
        assert listed[0]["section"] == "Harbour"
        assert listed[0]["dek"] == "The 3th ferry of the day left on time."

        counted = program("refresh", "--all", "--json").json
        assert counted == {"refreshed": 1, "new": 0, "updated": 0, "unchanged": 1, "failed": []}
        assert web.requests[-1].headers["if-none-match"] == '"one"'

        web.page("/feed.xml", rss(4, 3, 2), media_type="application/rss+xml", etag='"two"')
        counted = program("refresh", source["id"], "--json").json
        assert (counted["new"], counted["updated"]) == (1, 0)
        assert len(program("stories", "--json").json["stories"]) == 4


def test_states_and_filters(broadsheet: Command) -> None:
    with WebServer() as web:
        web.page("/feed.xml", rss(3, 2, 1), media_type="application/rss+xml")
        broadsheet("add", web.url("/feed.xml"), "--section", "Sea/Ferries")
    ids = [story["id"] for story in broadsheet("stories", "--json").json["stories"]]
    broadsheet("mark", "read", ids[0], ids[1])
    broadsheet("mark", "star", "http://gazette.example/ferry/1")
    broadsheet("mark", "later", ids[1])

    def listed(*options: str) -> list[int]:
        return [story["id"] for story in broadsheet("stories", "--json", *options).json["stories"]]

    assert listed("--unread") == [ids[2]]
    assert listed("--starred") == [ids[2]]
    assert listed("--later") == [ids[1]]
    assert listed("--limit", "1") == [ids[0]]
    assert listed("--section", "Sea") == listed("--section", "sea/ferries") == ids, "a section, and what lies in it"
    assert listed("--section", "Land") == []
    assert "<title>Broadsheet: Sea, " in broadsheet("export", "html", "--section", "sea").out
    assert listed("--source", "1", "--since", "2026-03-04T02:30:00+00:00") == [ids[0]]
    broadsheet("mark", "unread", *ids)
    assert listed("--unread") == ids
    assert "no story" in broadsheet("mark", "read", "999", code=1).err
    partly = broadsheet("mark", "read", "999", ids[0], code=3).err
    assert partly == "broadsheet: There is no story 999.\n1 story is read.\n"
    assert [s["id"] for s in broadsheet("search", "ferry", "--newest", "--json").json["stories"]] == ids
    assert broadsheet("search", 'title:"Ferry 2"', "--json").json["stories"][0]["id"] == ids[1]
    assert broadsheet("search", '"unclosed', code=2).err


def test_a_story_in_every_format(broadsheet: Command) -> None:
    with WebServer() as web:
        body = " ".join(f"Sentence {n} of the story says something about the ferry and the harbour." for n in range(20))
        web.page("/story", page(f"<article><h1>Ferry sails</h1><p>{body}</p><p>The end of it.</p></article>"))
        feed = rss(1).replace(b"http://gazette.example/ferry/1", web.url("/story").encode())
        web.page("/feed.xml", feed, media_type="application/rss+xml")
        broadsheet("add", web.url("/feed.xml"))
        story = broadsheet("show", 1, "--format", "json").json["story"]
        assert story["text"] == "full"
        assert "Sentence 19" in story["markdown"]
        assert "<p>The end of it.</p>" in story["html"]
        asked = len(web.requests)
        assert set(story) == STORY_FIELDS | {"markdown", "html"}
        assert max(map(len, broadsheet("show", 1, "--width", 50).out.splitlines())) <= 50
        assert broadsheet("show", 1, "--format", "md").out.startswith("# Ferry 1 sails again\n")
        assert "The end of it." in broadsheet("show", web.url("/story"), "--format", "html").out
        assert len(web.requests) == asked, "what is in the library is not fetched again"
    assert "Sentence 19" in broadsheet("--offline", "show", 1).out


def test_after_a_full_refresh_everything_opens_without_a_request(broadsheet: Command) -> None:
    with WebServer() as web:
        for n in (1, 2):
            web.page(
                f"/ferry/{n}", page(f"<article><h1>Ferry {n}</h1><p>{'The whole text of it. ' * 30}</p></article>")
            )
        feed = rss(2, 1).replace(b"http://gazette.example", web.url("/")[:-1].encode())
        web.page("/feed.xml", feed, media_type="application/rss+xml")
        broadsheet("add", web.url("/feed.xml"))
        # The paper has looked a moment ago, and nothing is due: the texts are wanted all the same.
        told = broadsheet("refresh", "--full").out
        assert told == "No source is due. --all looks at every one. 2 whole texts came.\n"
        assert web.paths.count("/feed.xml") == 1
        assert [story["text"] for story in broadsheet("stories", "--json").json["stories"]] == ["full", "full"]
        assert broadsheet("refresh").out == "No source is due. --all looks at every one.\n"
    for story_id in (1, 2):
        assert "The whole text of it." in broadsheet("show", story_id).out


def test_one_failing_source_does_not_stop_the_others(broadsheet: Command) -> None:
    with WebServer() as web:
        web.page("/a.xml", rss(1, title="A"), media_type="application/rss+xml")
        web.page("/b.xml", rss(2, title="B"), media_type="application/rss+xml")
        broadsheet("add", web.url("/a.xml"))
        broadsheet("add", web.url("/b.xml"))
        web.page("/a.xml", b"down", status=500)
        done = broadsheet("refresh", "--all", "--json", code=3)
        (failure,) = done.json["failed"]
        assert failure["source_id"] == 1
        assert "500" in failure["error"]
        assert done.json["refreshed"] == 1
        health = {row["id"]: row for row in broadsheet("sources", "--json").json["sources"]}
        assert "500" in health[1]["error"]
        assert health[2]["error"] is None
        assert health[1]["stories"] == 1, "a failed answer removes no story"
    assert "A" in broadsheet("refresh", "--all", code=1).err
    before = broadsheet("sources", "--json").json
    assert "no network" in broadsheet("--offline", "refresh", "--all", code=1).err
    assert broadsheet("sources", "--json").json == before, "to be offline is no failure of a source"


def test_an_address_without_news_says_what_was_tried(broadsheet: Command) -> None:
    with WebServer() as web:
        web.page("/", page("<form><input name=user><input type=password></form>"))
        done = broadsheet("add", web.url("/"), code=1)
        assert "no news" in done.err
        assert "feed" in done.err
    assert broadsheet("sources", "--json").json == {"sources": []}
    assert "http://" in broadsheet("add", "ftp://gazette.example/", code=1).err
    broadsheet("add", "http://127.0.0.1:1/", code=1)
    assert broadsheet("--offline", "add", "http://127.0.0.1:1/", code=1).err


def test_editing_and_removing_a_source(broadsheet: Command) -> None:
    with WebServer() as web:
        web.page("/feed.xml", rss(1), media_type="application/rss+xml")
        broadsheet("add", web.url("/feed.xml"))
        edited = broadsheet("edit", 1, "--title", "My ferries", "--section", "Sea", "--json").json["sources"][0]
        assert (edited["title"], edited["section"]) == ("My ferries", "Sea")
        assert broadsheet("stories", "--json").json["stories"][0]["section"] == "Sea"
        broadsheet("remove", web.url("/feed.xml"))
        assert broadsheet("sources", "--json").json == {"sources": []}
    assert "no source" in broadsheet("remove", 1, code=1).err


def test_opml_comes_and_goes(broadsheet: Command, tmp_path: Path) -> None:
    opml = tmp_path / "feeds.opml"
    opml.write_text(
        '<opml version="2.0"><body><outline text="Sea">'
        '<outline text="Ferries" xmlUrl="http://gazette.example/f"/></outline>'
        '<outline text="Broken"/></body></opml>'
    )
    broadsheet("import", opml, code=None)
    again = broadsheet("import", opml, code=None)
    assert "0 sources added, 1 followed already" in again.out
    (source,) = broadsheet("sources", "--json").json["sources"]
    assert (source["title"], source["section"], source["url"]) == ("Ferries", "Sea", "http://gazette.example/f")
    exported = broadsheet("export", "opml").out
    assert 'xmlUrl="http://gazette.example/f"' in exported
    target = tmp_path / "out.opml"
    broadsheet("export", "opml", "-o", target)
    undated = [re.sub("<dateCreated>.*</dateCreated>", "", text) for text in (target.read_text(), exported)]
    assert undated[0] == undated[1]
    assert "could not be read" in broadsheet("import", tmp_path / "none", code=1).err
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 500)
    assert "neither OPML" in broadsheet("import", tmp_path / "noise", code=1).err
    assert len(broadsheet("sources", "--json").json["sources"]) == 1


def test_what_newsboat_left_comes_over(broadsheet: Command, tmp_path: Path) -> None:
    folder = Path(__file__).parent / "corpus" / "elsewhere" / "newsboat"
    (tmp_path / "cache.db").write_bytes(gzip.decompress((folder / "cache.db.gz").read_bytes()))
    told = broadsheet("import", tmp_path / "cache.db", "--json").json
    assert (told["what"], told["sources"]) == ("newsboat's cache", {"added": 0, "known": 0})
    counts = {"treated": 8, "read": 1, "starred": 4, "later": 0, "tagged": 4, "brought": 4, "waiting": 3}
    assert told["stories"] == counts
    done = broadsheet("import", folder / "urls", code=3)
    assert "3 sources added, 0 followed already" in done.out
    assert "exec:/bin/true" in done.err
    lines = done.out.partition("[[searches]]")
    assert [search["query"] for search in tomllib.loads(lines[1] + lines[2])["searches"]] == [
        "is:unread",
        "tag:flag-s since:30d",
    ]
    assert "0 marked read, 0 starred" in broadsheet("import", tmp_path / "cache.db").out
    assert len(broadsheet("stories", "--starred", "--json").json["stories"]) == 4


def test_export_of_stories(broadsheet: Command, tmp_path: Path) -> None:
    with WebServer() as web:
        web.page("/feed.xml", rss(2, 1), media_type="application/rss+xml")
        broadsheet("add", web.url("/feed.xml"))
    assert [story["id"] for story in broadsheet("export", "json").json["stories"]] == [2, 1]
    text = broadsheet("export", "md", "--section", "Harbour").out
    assert "Ferry 2 sails again" in text
    assert broadsheet("export", "json", "--section", "Land").json == {"stories": []}
    broadsheet("mark", "star", "1")
    assert [story["id"] for story in broadsheet("export", "json", "--starred").json["stories"]] == [1]
    assert [story["id"] for story in broadsheet("export", "json", "2", "1", "2").json["stories"]] == [2, 1]
    page = broadsheet("export", "html", "--query", "title:2").out
    assert "Ferry 2 sails again" in page
    assert "Ferry 1" not in page
    book = tmp_path / "edition.epub"
    broadsheet("export", "epub", "--edition", "-o", book)
    assert faults(book.read_bytes()) == []
    assert "no story" in broadsheet("export", "epub", "--later", code=1).err
    for wrong in (("md", "1", "--later"), ("opml", "--starred"), ("md", "--edition", "--section", "Harbour")):
        assert broadsheet("export", *wrong, code=2).err.startswith("broadsheet: ")


def test_a_story_in_two_sources_is_told_once(broadsheet: Command) -> None:
    with WebServer() as web:
        for name, numbers in (("gazette", (2, 1)), ("courier", (3, 2))):
            web.page(f"/{name}.xml", rss(*numbers, title=name), media_type="application/rss+xml")
            (source,) = broadsheet("add", web.url(f"/{name}.xml"), "--json").json["sources"]
            assert (source["stories"], source["unread"]) == (2, 2), "also of what another has told already"

    def listed(*command: str) -> list[tuple[int, int | None]]:
        return [(story["id"], story["cluster"]) for story in broadsheet(*command, "--json").json["stories"]]

    assert listed("stories") == listed("search", "ferry", "--newest") == [(4, None), (2, 2), (1, None)]
    assert listed("stories", "--source", "2") == [(4, None), (3, 2)]
    assert broadsheet("show", "3", "--json").json["story"]["cluster"] == 2
    assert "Also in gazette" in broadsheet("show", "3").out
    for chosen in (("--section", "Harbour"), ("--edition",)):
        told = [story["id"] for story in broadsheet("export", "json", *chosen).json["stories"]]
        assert told.count(2) + told.count(3) == 1
    broadsheet("mark", "read", "3")
    assert listed("stories", "--unread") == [(4, None), (1, None)]
    assert broadsheet("undo").out == "Undone: 1 story is unread again.\n", "which two sources tell"
    assert listed("stories", "--source", "2", "--unread") == [(4, None), (3, 2)]
    assert broadsheet("doctor", "--json").json["ok"] is True


def test_what_is_not_there_is_told_and_a_script_reads_nothing(broadsheet: Command) -> None:
    with WebServer() as web:
        broadsheet(
            "add", web.page("/feed.xml", rss(2, 1), media_type="application/rss+xml"), "--section", "Sea/Ferries"
        )
    for told, *asked in (
        ("There is no section Nope.", "stories", "--section", "Nope"),
        ("No story is like that.", "stories", "--section", "Sea", "--starred"),
        ("Nothing was found.", "search", "zeppelin"),
    ):
        done = broadsheet(*asked)
        assert (done.out, done.err) == ("", f"{told}\n")
        assert broadsheet(*asked, "--json").json == {"stories": []}


def test_a_home_whose_name_is_no_text(tmp_path: Path) -> None:
    broadsheet = Command(tmp_path / os.fsdecode(b"caf\xe9 50%"))
    file = tmp_path / os.fsdecode(b"\xff.opml")
    file.write_text('<opml version="2.0"><body><outline text="O" xmlUrl="https://example.org/feed"/></body></opml>')
    assert broadsheet("--offline", "import", file, "--json").json["sources"]["added"] == 1
    assert broadsheet("sources", "--json").json["sources"][0]["url"] == "https://example.org/feed"
    found = broadsheet("doctor", "--json", code=None).json["findings"]
    assert any("caf" in finding["says"] for finding in found)
    library = folders(broadsheet.home).library_file
    library.write_bytes(library.read_bytes()[:8192])
    broadsheet("doctor", "--repair", code=None)
    assert broadsheet("stories", "--json").json == {"stories": []}


def test_what_is_no_plain_file_is_written_into_and_not_replaced(broadsheet: Command, tmp_path: Path) -> None:
    pipe, link, real = tmp_path / "pipe", tmp_path / "link", tmp_path / "real.opml"
    os.mkfifo(pipe)
    real.write_text("old")
    link.symlink_to(real)
    with ThreadPoolExecutor() as pool:
        heard = pool.submit(pipe.read_bytes)
        broadsheet("export", "opml", "-o", pipe)
        assert heard.result(60).startswith(b"<?xml")
    broadsheet("export", "opml", "-o", link)
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert real.read_text().startswith("<?xml")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["link", "real.opml"]


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no disk that is always full")
@pytest.mark.parametrize("command", [["--sample", "stories"], ["--sample", "export", "json"]])
def test_an_output_that_takes_nothing_is_told_in_one_line(command: list[str]) -> None:
    words = [sys.executable, "-m", "reader", *command]
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "broadsheet: The output could not be written: No space left on device.\n",
    )
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *words], stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_json_for_an_output_that_knows_ascii_only(broadsheet: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = broadsheet("--sample", "stories", "--json").json
    monkeypatch.setattr("reader.cli.output._writes_utf8", lambda: False)
    told = broadsheet("--sample", "stories", "--json")
    assert told.out.isascii()
    assert [story["headline"] for story in told.json["stories"]] == [story["headline"] for story in wanted["stories"]]


def test_doctor_on_a_good_and_a_damaged_library(broadsheet: Command) -> None:
    findings = broadsheet("doctor", "--json").json["findings"]
    assert all(finding["ok"] for finding in findings)
    (disk,) = [finding["says"] for finding in findings if finding["subject"] == "disk"]
    assert not disk.startswith("0 MB"), "of the folder that the library is going to be in"
    library = broadsheet.home / "data" / "broadsheet.db"
    for beside in library.parent.glob("broadsheet.db-*"):
        beside.unlink()
    library.write_bytes(b"not a database, though somebody thought so" * 100)
    done = broadsheet("stories", code=1)
    assert str(library) in done.err
    told = broadsheet("doctor", "--json", code=1).json
    assert [finding["subject"] for finding in told["findings"] if not finding["ok"]] == ["library"]
    assert library.read_bytes().startswith(b"not a database"), "a file that is not ours is left as it is"


def test_config_commands(broadsheet: Command) -> None:
    path = Path(broadsheet("config", "path").out.strip())
    assert path.is_relative_to(broadsheet.home)
    assert "defaults" in broadsheet("config", "check").out
    path.parent.mkdir(parents=True)
    path.write_text("[ui]\nmeasure = 9\n")
    for command in (("config", "check"), ("stories",)):
        assert f"{path}:2: ui.measure is 9" in broadsheet(*command, code=2).err
    told = broadsheet("doctor", "--json", code=1).json
    (finding,) = [finding for finding in told["findings"] if not finding["ok"]]
    assert finding["subject"] == "config"
    assert f"{path}:2: ui.measure is 9" in finding["says"]
    assert finding["remedy"]
    path.write_text('[ui]\nmeasure = 60\n[keys]\n"story.star" = "asterisk"\n')
    assert "measure = 60" in broadsheet("config", "show").out
    path.write_text("[refresh]\nproxy = 'http://ann:s3cret@proxy.example'\n")
    assert "chmod 600" in broadsheet("config", "check", code=2).err
    path.chmod(0o600)
    assert "http://…@proxy.example" in broadsheet("config", "show").out
    path.write_text('[keys]\n"story.sta" = "z"\n')
    assert "story.sta" in broadsheet("config", "check", code=2).err
    assert "story.sta" in broadsheet("doctor", code=1).out


CONFIG = """
[[searches]]
name = "Harbours"
query = "harbour -title:2"
[[rules]]
name = "No cards"
query = "title:3 OR tag:sea"
mute = true
tag = "cards"
"""


def test_tags_rules_searches_and_steps(broadsheet: Command) -> None:
    (broadsheet.home / "config").mkdir(parents=True)
    (broadsheet.home / "config" / "config.toml").write_text(CONFIG)
    store = Store.open(load(broadsheet.home).folders.library_file)
    fill(store, 3)
    store.index_pending()
    store.close()

    def listed(*options: str) -> list[int]:
        return [story["id"] for story in broadsheet("stories", "--json", *options).json["stories"]]

    broadsheet("mark", "tag", "sea", 1, 2)
    broadsheet("mark", "untag", "Sea", 2)
    broadsheet("mark", "watch", 3)
    assert (listed("--tag", "SEA"), listed("--watched")) == ([1], [3])
    assert broadsheet("show", 1, "--json").json["story"]["tags"] == ["sea"]
    assert listed("--search", "harbours") == [3, 1]
    assert listed("--search", "Harbours", "--query", "is:watched") == [3]
    assert "There are: Harbours" in broadsheet("stories", "--search", "x", code=2).err
    assert "At character 3 of the search" in broadsheet("stories", "--query", "a (b", code=2).err
    assert "NAME ID" in broadsheet("mark", "tag", "sea", code=2).err
    assert "\n1 story no longer has the tag port.\n" in broadsheet("mark", "untag", "port", 999, 2, code=3).err
    (rule,) = broadsheet("rules", "--json").json["rules"]
    does = {"name": "No cards", "query": "(title:3 OR tag:sea)", "does": ["mute", "tag cards"]}
    assert rule == {**does, "caught": None, "stories": None}
    (rule,) = broadsheet("rules", "--test", "--json").json["rules"]
    assert (rule["caught"], [story["id"] for story in rule["stories"]]) == (2, [3, 1])
    assert "would have caught 2 stories" in broadsheet("rules", "--test").out
    broadsheet("remove", 1)
    assert listed() == [3, 1], "what has a tag or is watched stays"
    assert broadsheet("undo").out == "Undone: Gazette is followed again.\n"
    assert listed() == [3, 2, 1]
    assert broadsheet("redo").out == "Done again: Gazette is no longer followed.\n"
    for _ in range(4):
        broadsheet("undo")
    assert "nothing to undo" in broadsheet("undo", code=1).err
    assert (listed("--tag", "sea"), listed("--watched")) == ([], [])
    shown = broadsheet("config", "show").out
    assert 'tag = "cards"' in shown
    assert "notify" not in shown.partition("[[")[2], "what is at its default is not told of a table"


def test_the_sample_edition_on_the_command_line(broadsheet: Command) -> None:
    listed = broadsheet("--sample", "stories", "--json").json["stories"]
    assert len(listed) >= 24
    assert len({story["section"] for story in listed}) >= 6
    assert any(story["revisions"] for story in listed)
    assert not broadsheet.home.exists(), "nothing of the reader's is touched"
