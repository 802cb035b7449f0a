"""Coming from elsewhere: feeds are followed, states go to the stories that have them, and twice is the same as once."""

from __future__ import annotations

import gzip
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import apsw
import pytest
from msgspec.structs import astuple

from reader.elsewhere.archive import MAX_UNPACKED, read_archive
from reader.errors import ParseError, ReaderError
from reader.identity import decide, identity_keys
from reader.importing import Importer
from reader.model import ImportReport, StoryFilter
from reader.parsing import Parser
from reader.sources.feed.read import parse_feed
from reader.store import Store
from tests.storing import all_is_well

CORPUS = Path(__file__).parent / "corpus" / "elsewhere"
NEWSBOAT = CORPUS / "newsboat"
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
async def parser() -> AsyncIterator[Parser]:
    async with Parser() as parser:
        yield parser


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store.open(tmp_path / "library.db")
    yield store
    while store.index_pending():
        pass
    assert all_is_well(store)
    store.close()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    path = tmp_path / "cache.db"
    path.write_bytes(gzip.decompress((NEWSBOAT / "cache.db.gz").read_bytes()))
    return path


def states(store: Store) -> dict[str, tuple[bool, bool, tuple[str, ...]]]:
    """By the number of feed and story that the address ends with."""
    stories = [store.story(headline.id) for headline in store.headlines(StoryFilter())]
    return {
        story.url.rpartition("article/")[2]: (story.state.read, story.state.starred, story.state.tags)
        for story in stories
    }


def cached_states(path: Path, feeds: str) -> dict[str, tuple[bool, bool, tuple[str, ...]]]:
    """The same of a newsboat's cache, asked directly; of the feeds with these numbers, without deleted stories."""
    db = apsw.Connection(str(path))
    rows = db.execute("SELECT url, unread, flags FROM rss_item WHERE deleted = 0").fetchall()
    db.close()
    told = {
        url.rpartition("article/")[2]: (not unread, bool(flags), tuple(f"flag-{flag}" for flag in flags or ""))
        for url, unread, flags in rows
    }
    return {name: state for name, state in told.items() if name[0] in feeds}


def visit(store: Store, source_id: int) -> None:
    """What a refresh does with the answer that newsboat had from the same address."""
    subscription = store.subscription(source_id)
    number = subscription.url.rpartition("/")[2][0]
    snapshot = parse_feed((NEWSBOAT / f"feed-{number}.xml").read_bytes(), subscription.url)
    keys = identity_keys(snapshot.items)
    known = store.known(source_id, {key for its_keys in keys for key in its_keys})
    store.apply(decide(snapshot, keys, known, subscription, NOW))


@pytest.mark.parametrize("order", ["urls first", "cache first", "stories first"])
async def test_newsboat_s_states_are_the_same_here(store: Store, parser: Parser, cache: Path, order: str) -> None:
    async def bring(path: Path) -> ImportReport:
        return await Importer(store, parser, NOW).bring(path)

    if order == "cache first":
        report = await bring(cache)
        assert (report.stories, report.brought, report.waiting, report.tagged) == (8, 4, 3, 4)
        assert "3 feeds that you do not follow" in report.notes[0]
        assert store.subscriptions() == ()
    urls = await bring(NEWSBOAT / "urls")
    assert (urls.added, urls.known, len(urls.rejected)) == (3, 0, 3)
    assert urls.searches == (("Unread ones", "is:unread"), ("Marked this month", "tag:flag-s since:30d"))
    followed = {row.subscription.url[-5]: row.subscription.id for row in store.subscriptions()}
    if order == "stories first":
        for number in "01":
            visit(store, followed[number])
    if order != "cache first":
        report = await bring(cache)
        assert "1 feed that you do not follow" in report.notes[0]
    for number in "01":
        visit(store, followed[number])
    assert states(store) == {**cached_states(cache, "01"), "3/4.html": (False, True, ("flag-s",))} | (
        {"0/1.html": (True, False, ())} if order == "stories first" else {}
    ), "the deleted story is read where it had come before, and stays away where not"
    (sections, titles) = (
        {h.section for h in store.headlines(StoryFilter(source_id=followed["0"]))},
        store.subscriptions(),
    )
    assert sections == {"World"}
    assert [row.subscription.title for row in titles][::2] == ["Feed 0001 Auckland Herald", "Nairobi, renamed"]
    before = states(store)
    again = await bring(cache)
    assert astuple(again)[5:11] == (0, 0, 0, 0, 0, 0)
    assert ((await bring(NEWSBOAT / "urls")).added, states(store)) == (0, before)
    store.add_subscription("feed", titles[0].subscription.url.replace("1.xml", "3.xml"))  # type: ignore[arg-type]
    visit(store, next(row.subscription.id for row in store.subscriptions() if "3.xml" in row.subscription.url))
    there = {name: state for name, state in states(store).items() if name[0] == "3"}
    assert there == cached_states(cache, "3"), "what waited for a feed that was not followed yet"


async def test_starred_stories_come_along_with_their_text(store: Store, parser: Parser) -> None:
    report = await Importer(store, parser, NOW).bring(CORPUS / "starred-freshrss.json")
    assert (report.stories, report.brought, report.starred, report.read, report.tagged) == (2, 2, 2, 1, 2)
    assert len(report.rejected) == 1
    (row,) = store.headlines(StoryFilter(query="tag:harbours is:read"))
    story = store.story(row.id)
    assert (story.title, story.source, story.state.tags) == ("A pier & its keeper", "The Gazette", ("harbours",))
    assert story.markdown == "The pier **stands**.\n\nIt has a keeper."
    again = await Importer(store, parser, NOW).bring(CORPUS / "starred-freshrss.json")
    assert (again.stories, again.brought, again.starred, again.tagged) == (2, 0, 0, 0)


async def test_an_archive_of_several_files(store: Store, parser: Parser, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with ZipFile(path, "w") as archive:
        archive.write(CORPUS / "starred-freshrss.json", "starred_2026-11-17.json")
        archive.write(CORPUS.parent / "opml" / "freshrss.in.opml", "feeds_2026-11-17.opml.xml")
        archive.writestr("../../notes.txt", "nothing of the kind")
        archive.writestr("picture.png", b"\x89PNG")
    report = await Importer(store, parser, NOW).bring(path)
    assert (report.what, report.added, report.brought) == ("an archive of a web reader", 3, 2)
    assert [says.partition(" ")[0] for says in report.rejected] == ["“From", "“An", "../../notes.txt:"]
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ParseError, match="damaged"):
        await Importer(store, parser, NOW).bring(path)


def test_an_archive_that_unpacks_to_more_than_it_may_is_refused() -> None:
    bomb = io.BytesIO()
    with ZipFile(bomb, "w", ZIP_DEFLATED) as archive:
        archive.writestr("a.json", bytes(MAX_UNPACKED + 1))
    assert len(bomb.getvalue()) < 1 << 20
    with pytest.raises(ParseError, match="larger than 48 MB"):
        read_archive(bomb.getvalue())
    with pytest.raises(ParseError, match="no list of feeds"):
        read_archive(b"PK\x05\x06" + bytes(18))


async def test_nothing_that_is_imported_runs(store: Store, parser: Parser, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    urls = tmp_path / "urls"
    urls.write_text(
        f'https://a.example/f "`touch {touched}`" "$(touch {touched})"\nexec:touch {touched}\n'
        f'"filter:touch {touched}:https://a.example/g"\nquery:x:title =~ "`touch {touched}`"\n'
    )
    report = await Importer(store, parser, NOW).bring(urls)
    assert (report.added, len(report.rejected)) == (1, 3)
    db = apsw.Connection(str(tmp_path / "cache.db"))
    db.execute("CREATE TABLE rss_feed (rssurl, url, title)")
    db.execute("CREATE TABLE rss_item (id INTEGER PRIMARY KEY, guid, title, url, feedurl, unread, flags)")
    db.execute(f"INSERT INTO rss_item VALUES (1, 'g', 't', 'u', 'exec:touch {touched}', 0, 's')")
    db.close()
    report = await Importer(store, parser, NOW).bring(tmp_path / "cache.db")
    assert report.rejected == (f"1 flagged story of “exec:touch {touched}” stayed behind: it is no address.",)
    assert not touched.exists()
    assert [row.subscription.kind for row in store.subscriptions()] == ["feed"]


async def test_what_cannot_be_read_is_told_with_its_name(store: Store, parser: Parser, tmp_path: Path) -> None:
    importer = Importer(store, parser, NOW)
    with pytest.raises(ReaderError, match=r"none could not be read: No such file"):
        await importer.bring(tmp_path / "none")
    with pytest.raises(ReaderError, match="could not be read: Is a directory"):
        await importer.bring(tmp_path)
    (tmp_path / "large").write_bytes(bytes((32 << 20) + 1))
    with pytest.raises(ReaderError, match="larger than 32 MB"):
        await importer.bring(tmp_path / "large")
    with pytest.raises(ParseError, match=r"library\.db: This database is none of newsboat's"):
        await importer.bring(tmp_path / "library.db")
