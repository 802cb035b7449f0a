"""The library as a client of a sync server, over the wire: what comes, what goes, and whose word counts."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from reader.cli.sources import refresh as refresh_command
from reader.errors import ConfigError, FetchError
from reader.fetch import Web
from reader.library import Library
from reader.model import Counts, Outcome, StoryFilter
from reader.newsroom import Newsroom
from reader.parsing import Parser
from reader.refresh import Refresher
from reader.settings import Rule, Settings, Sync, load
from reader.text import SafeText
from tests.syncserver import LONG, PASSWORD, USER, SyncServer
from tests.webserver import Answer

pytestmark = pytest.mark.asyncio(loop_scope="module")
ALL = StoryFilter()
FEED = "http://gazette.example/feed"


@pytest.fixture(params=["freshrss", "miniflux"])
def server(request: pytest.FixtureRequest) -> Iterator[SyncServer]:
    with SyncServer(request.param) as made:
        yield made


@pytest.fixture
def fresh() -> Iterator[SyncServer]:
    with SyncServer() as made:
        yield made


def settings_for(server: SyncServer, home: Path, **changes: object) -> Settings:
    secret = home / "secret"
    home.mkdir(exist_ok=True)
    secret.write_text(f"{PASSWORD}\nnot this\n", "utf-8")
    secret.chmod(0o600)
    sync = Sync(server.address, USER, password_file=str(secret))
    return replace(load(home), sync=replace(sync, **changes))  # type: ignore[arg-type]


class Desk(Library):
    """A library with a parser that all tests of the module share: starting one costs more than most of them."""

    def __init__(self, settings: Settings, parser: Parser) -> None:
        super().__init__(settings)
        self.parser, self.web = parser, Web(offline=settings.offline)

    async def _refresher(self) -> Refresher:
        return Refresher(self._store, self.web, self.parser, self.settings)

    async def hang_up(self) -> None:
        await self.web.__aexit__()


class Told(Library):
    """A library whose refresh has been."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        self.outcomes = outcomes

    async def refresh(self, *args: object, **kwargs: object) -> AsyncIterator[Outcome]:  # type: ignore[override]
        for outcome in self.outcomes:
            yield outcome

    async def hang_up(self) -> None: ...


class Client:
    """A library that visits one server; made anew for each step, as a program that is started again."""

    def __init__(self, server: SyncServer, home: Path, parser: Parser) -> None:
        self.settings, self.parser = settings_for(server, home), parser

    async def __aenter__(self) -> Library:
        self.library = Desk(self.settings, self.parser)
        return self.library

    async def __aexit__(self, *exc: object) -> None:
        await self.library.hang_up()
        self.library.close()

    async def visit(self, **errand: bool) -> Outcome:
        async with self as library:
            outcomes = [one async for one in library.refresh(everything=True, **errand)]
        return next(one for one in outcomes if not one.source_id)


@pytest.fixture
def client(server: SyncServer, tmp_path: Path, news_parser: Parser) -> Client:
    return Client(server, tmp_path / "home", news_parser)


@pytest.fixture
def fresh_client(fresh: SyncServer, tmp_path: Path, news_parser: Parser) -> Client:
    return Client(fresh, tmp_path / "home", news_parser)


async def good(client: Client) -> Outcome:
    outcome = await client.visit()
    assert not outcome.error, outcome.error
    return outcome


def by_title(library: Library) -> dict[str, int]:
    return {row.title: row.id for row in library.headlines(ALL, limit=10_000)}


def waiting(library: Library) -> int:
    return library._store.server.waiting()


# What comes


async def test_sources_sections_stories_and_states_come_over(server: SyncServer, client: Client) -> None:
    gazette = server.add_feed(FEED, "The Gazette &amp; Herald", "Politics")
    ferry = server.add_feed("https://ferry.example/rss", "Ferry", "")
    server.add_story(
        gazette, "Councils win power &amp; buses", html="<p>The <b>bill</b> passed.</p><p>It was close.</p>"
    )
    server.add_story(gazette, "Read there already", read=True)
    server.add_story(ferry, "Starred long ago", age_s=90 * 86_400, read=True, starred=True)
    server.add_story(ferry, "Read long ago", age_s=90 * 86_400, read=True)
    outcome = await good(client)
    assert outcome.new == 3, "what was read long ago is not fetched"
    async with client as library:
        rows = {row.subscription.title: row.subscription for row in library.sources()}
        assert {(one.kind, one.section, one.title) for one in rows.values()} == {
            ("greader", "Politics", "The Gazette & Herald"),
            ("greader", "", "Ferry"),
        }
        assert rows["Ferry"].url == "https://ferry.example/rss"
        assert all(not one.health.error and one.health.next_due_at for one in rows.values())
        ids = by_title(library)
        story = library.story(ids["Councils win power & buses"])
        assert story.markdown == "The **bill** passed.\n\nIt was close."
        assert (story.section, story.authors, story.state.read) == ("Politics", "Ada Byron", False)
        assert library.story(ids["Read there already"]).state.read
        assert library.story(ids["Starred long ago"]).state.starred
        assert library.search("bill")
        assert waiting(library) == 0
    assert server.changes == []


async def test_one_visit_asks_for_everything_once_and_for_no_story_twice(server: SyncServer, client: Client) -> None:
    feeds = [server.add_feed(f"http://feed{n}.example/rss", f"Feed {n}") for n in range(20)]
    for feed in feeds:
        server.add_story(feed, f"First of {feed}")
    await good(client)
    assert server.asked.count("stream/items/contents") == 1
    server.web.requests.clear()
    server.add_story(feeds[3], "One more")
    outcome = await good(client)
    assert outcome.new == 1
    once = ["token", "subscription/list", "stream/items/ids", "stream/items/ids", "stream/items/ids"]
    assert server.asked[-6:] == [*once, "stream/items/contents"]
    assert len([one for one in server.web.requests if one.body.count(b"&i=") == 1]) == 1


async def test_lists_go_on_over_pages(server: SyncServer, client: Client) -> None:
    server.page = 7
    gazette = server.add_feed(FEED)
    for number in range(50):
        server.add_story(gazette, f"Story number {number}", read=number % 2 == 0)
    await good(client)
    async with client as library:
        totals = library.totals()
        assert (totals.stories, totals.unread) == (50, 25)
        assert waiting(library) == 0


async def test_a_story_is_one_however_its_id_is_written(fresh: SyncServer, fresh_client: Client) -> None:
    gazette = fresh.add_feed(FEED)
    fresh.add_story(gazette, "Short and long")
    await good(fresh_client)
    await good(fresh_client)
    assert fresh.asked.count("stream/items/contents") == 1
    async with fresh_client as library:
        assert library.totals().stories == 1


async def test_the_clock_knows_when_the_server_is_due(fresh: SyncServer, fresh_client: Client) -> None:
    fresh.add_story(fresh.add_feed(FEED), "A story")
    async with fresh_client as library:
        before = library.next_look_at()
        assert [one.new async for one in library.refresh()] == [1]
        after = library.next_look_at()
        assert before
        assert after
        assert after > before
        assert [one async for one in library.refresh()] == [], "it is not due"
        source = library.sources()[0].subscription.id
        assert len([one async for one in library.refresh((source,))]) == 1, "one is all"
        library.mark(tuple(by_title(library).values()), read=True)
        sooner = library.next_look_at()
        assert sooner is not None
        assert sooner < after, "a mark waits no longer than five minutes"


async def test_local_sources_stay_local_beside_them(fresh: SyncServer, fresh_client: Client) -> None:
    fresh.add_story(fresh.add_feed(FEED), "From the server")
    local = fresh.web.page("/local", _rss("From its publisher"), media_type="application/rss+xml")
    async with fresh_client as library:
        (candidate, *_) = await library.discover(local)
        await library.subscribe(candidate)
        outcomes = [one async for one in library.refresh(everything=True)]
        assert [one.error for one in outcomes] == ["", ""]
        assert {row.subscription.title: row.subscription.kind for row in library.sources()} == {
            "Local": "feed",
            "The Gazette": "greader",
        }
        library.mark((by_title(library)["From its publisher"],), read=True, starred=True)
        assert waiting(library) == 0, "what the server does not have is not for it"


def _rss(*titles: str, link: str = "http://local.example") -> bytes:
    items = "".join(f"<item><title>{one}</title><link>{link}/{n}</link></item>" for n, one in enumerate(titles))
    return f"<rss version='2.0'><channel><title>Local</title>{items}</channel></rss>".encode()


async def test_a_source_that_both_have_becomes_the_servers_and_keeps_its_stories(
    fresh: SyncServer, fresh_client: Client
) -> None:
    body = _rss("Read here", "Read there", "Starred here")
    local = fresh.web.page("/local", body, media_type="application/rss+xml")
    async with fresh_client as library:
        offline = replace(fresh_client.settings, sync=Sync())
        library.settings = offline
        (candidate, *_) = await library.discover(local)
        await library.subscribe(candidate, section=SafeText("Mine"))
        ids = by_title(library)
        library.mark((ids["Read here"],), read=True)
        library.mark((ids["Starred here"],), starred=True)
    feed = fresh.add_feed(local.replace("http://", "https://"), "Local", "Theirs")
    at = {
        title: fresh.add_story(feed, title, url=f"https://local.example/{n}", read=title == "Read there")
        for n, title in enumerate(("Read here", "Read there", "Starred here"))
    }
    await good(fresh_client)
    await good(fresh_client)
    async with fresh_client as library:
        (row,) = library.sources()
        assert (row.subscription.kind, row.subscription.section) == ("greader", "Mine")
        assert by_title(library) == ids, "no story came twice"
        assert not any(row.updated for row in library.headlines(ALL)), "its text is not told as a revision"
        states = {title: library.story(one).state for title, one in ids.items()}
    assert [title for title, state in states.items() if state.read] == ["Read here", "Read there"]
    assert states["Starred here"].starred
    assert fresh.stories[at["Read here"]].read
    assert fresh.stories[at["Starred here"]].starred
    assert not fresh.stories[at["Starred here"]].read


# States


async def test_marks_go_to_the_server_and_come_from_it(server: SyncServer, client: Client) -> None:
    gazette = server.add_feed(FEED)
    mine, theirs, both = (server.add_story(gazette, title) for title in ("Mine", "Theirs", "Both of us"))
    await good(client)
    async with client as library:
        ids = by_title(library)
        library.mark((ids["Mine"],), read=True, starred=True)
        library.mark((ids["Both of us"],), read=True)
        assert waiting(library) == 3
    server.stories[theirs].read = server.stories[both].read = True
    await good(client)
    async with client as library:
        assert library.story(ids["Theirs"]).state.read
        assert waiting(library) == 0
        library.mark((ids["Theirs"],), read=False)
        library.mark((ids["Mine"],), starred=False)
    assert [server.stories[one].read for one in (mine, theirs, both)] == [True, True, True]
    assert server.stories[mine].starred
    await good(client)
    assert not server.stories[theirs].read
    assert not server.stories[mine].starred
    server.stories[theirs].starred = True
    server.stories[mine].read = False
    await good(client)
    async with client as library:
        assert library.story(ids["Theirs"]).state.starred
        assert not library.story(ids["Mine"]).state.read
        assert waiting(library) == 0, "what the server says is nothing to tell it"


async def test_marks_that_are_made_offline_are_told_later(server: SyncServer, client: Client) -> None:
    gazette = server.add_feed(FEED)
    numbers = [server.add_story(gazette, f"Story {n}") for n in range(450)]
    await good(client)
    server.web.requests.clear()
    online, client.settings = client.settings, replace(client.settings, offline=True)
    outcome = await client.visit()
    assert outcome.offline
    async with client as library:
        assert not library.sources()[0].subscription.health.error, "that is no fault of the source"
        assert len(library.mark_listed(ALL, library.newest_id())) == 450
        assert waiting(library) == 450
    assert server.web.requests == []
    client.settings = online
    await good(client)
    assert all(server.stories[one].read for one in numbers)
    assert [one.count(" ") for one in server.changes] == [200, 200, 50], "in batches"
    server.changes.clear()
    await good(client)
    assert server.changes == []


async def test_undo_and_redo_are_told_too(server: SyncServer, client: Client) -> None:
    gazette = server.add_feed(FEED)
    number = server.add_story(gazette, "A story")
    await good(client)
    async with client as library:
        library.mark(tuple(by_title(library).values()), read=True, starred=True)
    await good(client)
    assert server.stories[number].read
    assert server.stories[number].starred
    async with client as library:
        library.undo()
    await good(client)
    assert not server.stories[number].read
    assert not server.stories[number].starred
    async with client as library:
        library.redo()
        library.undo()
        library.redo()
        assert waiting(library) == 2, "the last word for each state"
    await good(client)
    assert server.stories[number].read
    assert server.stories[number].starred


async def test_a_story_that_two_of_its_sources_tell_is_read_in_both_on_both_sides(
    fresh: SyncServer, fresh_client: Client
) -> None:
    gazette, ferry = fresh.add_feed(FEED), fresh.add_feed("https://ferry.example/rss", "Ferry")
    page = "https://gazette.example/story"
    one, other = (fresh.add_story(feed, "A story", url=page) for feed in (gazette, ferry))
    await good(fresh_client)
    async with fresh_client as library:
        assert library.totals() == Counts(stories=1, unread=1)
    fresh.stories[one].read = True  # in the server's own pages
    await good(fresh_client)
    async with fresh_client as library:
        assert library.totals() == Counts(stories=1)
        assert [library.story(story_id).state.read for story_id in (1, 2)] == [True, True]
    await good(fresh_client)
    assert fresh.stories[other].read, "it is told of the other telling"
    fresh.stories[other].read = False
    await good(fresh_client)
    async with fresh_client as library:
        assert library.totals() == Counts(stories=1, unread=1), "and so for what is unread again"
    await good(fresh_client)
    assert not fresh.stories[one].read


async def test_a_telling_that_comes_when_the_story_was_read_is_read_on_the_server_too(
    fresh: SyncServer, fresh_client: Client
) -> None:
    gazette, ferry = fresh.add_feed(FEED), fresh.add_feed("https://ferry.example/rss", "Ferry")
    page = "https://gazette.example/story"
    fresh.add_story(gazette, "A story", url=page, read=True)
    await good(fresh_client)
    late = fresh.add_story(ferry, "A story", url=page)
    await good(fresh_client)
    async with fresh_client as library:
        assert library.totals() == Counts(stories=1)
    await good(fresh_client)
    assert fresh.stories[late].read


async def test_what_rules_do_is_told(fresh: SyncServer, fresh_client: Client) -> None:
    rules = (Rule("No horoscopes", "title:horoscope", mute=True), Rule("Buses", "title:bus*", star=True))
    fresh_client.settings = replace(fresh_client.settings, rules=rules)
    gazette = fresh.add_feed(FEED)
    muted, starred = fresh.add_story(gazette, "Horoscope for May"), fresh.add_story(gazette, "Buses run again")
    assert (await good(fresh_client)).new == 1
    async with fresh_client as library:
        assert waiting(library) == 2
    await good(fresh_client)
    assert fresh.stories[muted].read
    assert fresh.stories[starred].starred
    async with fresh_client as library:
        assert waiting(library) == 0


async def test_read_later_and_tags_stay_here(fresh: SyncServer, fresh_client: Client) -> None:
    fresh.add_story(fresh.add_feed(FEED), "A story")
    await good(fresh_client)
    async with fresh_client as library:
        ids = tuple(by_title(library).values())
        library.mark(ids, later=True, watched=True)
        library.tag(ids, "buses")
        assert waiting(library) == 0


async def test_a_mark_made_while_the_server_is_asked_wins(fresh: SyncServer, fresh_client: Client) -> None:
    gazette = fresh.add_feed(FEED)
    number = fresh.add_story(gazette, "A story")
    await good(fresh_client)
    async with fresh_client as library:
        (story_id,) = by_title(library).values()
        marks = iter((True,))

        def meanwhile() -> object:
            if next(marks, False):
                library.mark((story_id,), read=True)
            return NotImplemented

        fresh.faults["/subscription/list"] = NotImplemented
        fresh.faults["/stream/items/ids"] = meanwhile
        assert [one.error async for one in library.refresh(everything=True)] == [""]
        assert library.story(story_id).state.read
    await good(fresh_client)
    assert fresh.stories[number].read


async def test_a_mark_changed_while_it_is_told_is_told_again(fresh: SyncServer, fresh_client: Client) -> None:
    gazette = fresh.add_feed(FEED)
    number = fresh.add_story(gazette, "A story")
    await good(fresh_client)
    async with fresh_client as library:
        (story_id,) = by_title(library).values()
        library.mark((story_id,), read=True)

        def meanwhile() -> object:
            if not fresh.changes:
                library.mark((story_id,), read=False)
            return NotImplemented

        fresh.faults["/edit-tag"] = meanwhile
        assert [one.error async for one in library.refresh(everything=True)] == [""]
        assert not library.story(story_id).state.read
        assert waiting(library) == 1
    await good(fresh_client)
    assert not fresh.stories[number].read


async def test_a_visit_that_breaks_off_loses_no_mark(fresh: SyncServer, fresh_client: Client) -> None:
    gazette = fresh.add_feed(FEED)
    numbers = [fresh.add_story(gazette, f"Story {n}") for n in range(300)]
    await good(fresh_client)
    async with fresh_client as library:
        library.mark_listed(ALL, library.newest_id())
    answers = iter((NotImplemented, Answer(b"oh", 500)))
    fresh.faults["/edit-tag"] = lambda: next(answers)
    outcome = await fresh_client.visit()
    assert "500" in outcome.error
    async with fresh_client as library:
        assert waiting(library) == 100, "what the server took is told, the rest waits"
        assert library.totals().unread == 0
        assert "500" in library.sources()[0].subscription.health.error
    fresh.faults.clear()
    await good(fresh_client)
    assert all(fresh.stories[one].read for one in numbers)


async def test_a_kill_between_telling_and_asking_loses_no_mark(
    fresh: SyncServer, fresh_client: Client, tmp_path: Path
) -> None:
    gazette = fresh.add_feed(FEED)
    numbers = [fresh.add_story(gazette, f"Story {n}") for n in range(30)]
    await good(fresh_client)
    async with fresh_client as library:
        library.mark_listed(ALL, library.newest_id())
    home = fresh_client.settings.folders.config.parent
    config = fresh_client.settings.folders.config_file
    config.parent.mkdir(exist_ok=True)
    secret = fresh_client.settings.sync.password_file
    config.write_text(f'[sync]\nserver = "{fresh.address}"\nuser = "{USER}"\npassword_file = "{secret}"\n')
    child: asyncio.subprocess.Process

    def killed() -> object:
        child.kill()
        return NotImplemented

    fresh.faults["/edit-tag"] = killed  # the server takes the marks, and nobody hears of it
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "reader", "--home", str(home), "refresh", "--all", stdout=asyncio.subprocess.PIPE
    )
    await child.communicate()
    assert child.returncode == -9
    async with fresh_client as library:
        assert waiting(library) == 30
        assert library.totals().unread == 0
    fresh.faults.clear()
    await good(fresh_client)
    assert all(fresh.stories[one].read for one in numbers)
    async with fresh_client as library:
        assert waiting(library) == 0


async def test_a_server_that_has_lost_everything_takes_no_star_and_no_source(
    fresh: SyncServer, fresh_client: Client
) -> None:
    fresh.add_story(fresh.add_feed(FEED), "Starred", starred=True)
    await good(fresh_client)
    fresh.feeds.clear()
    fresh.stories.clear()
    await good(fresh_client)
    async with fresh_client as library:
        assert len(library.sources()) == 1
        assert library.totals().starred == 1


# Sources


async def test_a_source_gone_from_the_server_is_removed_and_can_be_brought_back(
    fresh: SyncServer, fresh_client: Client
) -> None:
    gazette, ferry = fresh.add_feed(FEED), fresh.add_feed("http://ferry.example/rss", "Ferry")
    fresh.add_story(gazette, "A story")
    kept = fresh.add_story(gazette, "Kept", starred=True)
    assert kept
    fresh.add_story(ferry, "Another")
    await good(fresh_client)
    del fresh.feeds[gazette]
    fresh.stories = {one: story for one, story in fresh.stories.items() if story.feed != gazette}
    await good(fresh_client)
    async with fresh_client as library:
        assert [row.subscription.title for row in library.sources()] == ["Ferry"]
        assert set(by_title(library)) == {"Kept", "Another"}
        assert library.story(by_title(library)["Kept"]).state.starred, "what the server let go is no wish of mine"
        assert library.undo()
        assert set(by_title(library)) == {"A story", "Kept", "Another"}
    await good(fresh_client)
    assert fresh.changes == [f"subscribe {FEED}"], "who takes it back wants it there too"
    async with fresh_client as library:
        assert len(library.sources()) == 2


async def test_removing_a_source_here_removes_it_there_unless_it_is_taken_back(
    server: SyncServer, client: Client
) -> None:
    server.add_story(server.add_feed(FEED), "A story")
    server.add_feed("http://ferry.example/rss", "Ferry")
    await good(client)
    async with client as library:
        source = library.source_id(FEED)
        library.remove_source(source)
        library.undo()
    await good(client)
    assert server.changes == []
    async with client as library:
        library.remove_source(source)
    await good(client)
    await good(client)
    assert server.changes == [f"unsubscribe {FEED}"]
    async with client as library:
        assert len(library.sources()) == 1


async def test_a_removal_waits_for_the_server_however_long(fresh: SyncServer, fresh_client: Client) -> None:
    fresh.add_feed(FEED)
    fresh.add_feed("http://ferry.example/rss", "Ferry")
    await good(fresh_client)
    async with fresh_client as library:
        library.remove_source(library.source_id(FEED))
        db = apsw.Connection(str(fresh_client.settings.folders.library_file))
        db.execute("UPDATE subscriptions SET removed_at = removed_at - 10 * 86400 WHERE removed_at IS NOT NULL")
        db.close()
        library._keep_house()
    await good(fresh_client)
    assert fresh.changes == [f"unsubscribe {FEED}"]


async def test_a_source_is_added_at_the_server(server: SyncServer, client: Client) -> None:
    address = server.web.page("/local", _rss("From its publisher"), media_type="application/rss+xml")
    async with client as library:
        found = await library.discover(address)
        assert [one.kind for one in found] == ["feed", "greader"]
        assert found[1].says.endswith(f", by {client.settings.sync.host}")
        source, outcome = await library.subscribe(found[1], section=SafeText("Ports"), title=SafeText("My own"))
        assert not outcome.error
        assert server.changes == [f"subscribe {address}"]
        (feed,) = server.feeds.values()
        assert (feed.label, feed.title) == ("Ports", "My own")
        assert (source.kind, source.title, source.section) == ("greader", "My own", "Ports")
    await good(client)
    assert len(server.changes) == 1


async def test_a_source_that_the_server_follows_elsewhere_is_the_same(fresh: SyncServer, fresh_client: Client) -> None:
    address = fresh.web.page("/local", _rss("A story"), media_type="application/rss+xml")
    fresh.moves[address] = "https://moved.example/feed"
    async with fresh_client as library:
        (candidate,) = await library.discover(address, "greader")
        source, _ = await library.subscribe(candidate)
    await good(fresh_client)
    async with fresh_client as library:
        assert [row.subscription.id for row in library.sources()] == [source.id]
    assert len(fresh.changes) == 1


async def test_a_source_that_the_server_refuses_is_a_line_at_that_source(
    fresh: SyncServer, fresh_client: Client
) -> None:
    address = fresh.web.page("/local", _rss("A story"), media_type="application/rss+xml")
    fresh.refuses.add(address)
    fresh.add_feed(FEED)
    async with fresh_client as library:
        (candidate,) = await library.discover(address, "greader")
        source, outcome = await library.subscribe(candidate)
        assert not outcome.error
        errors = {row.subscription.id: row.subscription.health.error for row in library.sources()}
        assert errors.pop(source.id)
        assert set(errors.values()) == {""}


async def test_who_names_no_server_cannot_follow_by_it(tmp_path: Path) -> None:
    library = Library(load(tmp_path))
    with closing(library), pytest.raises(ConfigError, match=r"\[sync\]"):
        await library.discover("http://gazette.example/", "greader")


async def test_sections_follow_the_server_until_the_reader_chooses(fresh: SyncServer, fresh_client: Client) -> None:
    gazette = fresh.add_feed(FEED, label="News")
    fresh.add_story(gazette, "A story")
    await good(fresh_client)
    fresh.feeds[gazette].label = "Politics"
    await good(fresh_client)
    async with fresh_client as library:
        assert library.sources()[0].subscription.section == "Politics"
        assert [one.name for one in library.sections() if one.counts.stories] == ["Politics"]
        library.edit_source(library.source_id(FEED), section=SafeText("Mine"))
    await good(fresh_client)
    async with fresh_client as library:
        assert library.sources()[0].subscription.section == "Mine"


async def test_without_the_server_its_sources_are_fetched_from_their_publishers(
    fresh: SyncServer, fresh_client: Client
) -> None:
    fresh.add_story(fresh.add_feed("http://127.0.0.1:1/feed"), "A story")
    await good(fresh_client)
    fresh_client.settings = replace(fresh_client.settings, sync=Sync())
    fresh.web.requests.clear()
    async with fresh_client as library:
        (outcome,) = [one async for one in library.refresh(everything=True)]
        assert "is only asked when you typed it" in outcome.error, "the publisher itself was to be asked"
        library.mark(tuple(by_title(library).values()), read=True)
        assert waiting(library) == 1, "for when it comes back"
    assert fresh.web.requests == []


async def test_another_server_is_met_as_one_and_no_mark_is_lost(fresh: SyncServer, fresh_client: Client) -> None:
    fresh.add_story(fresh.add_feed(FEED), "A story", url="http://gazette.example/1")
    fresh.add_story(1, "Another", url="http://gazette.example/2", starred=True)
    await good(fresh_client)
    async with fresh_client as library:
        ids = by_title(library)
        library.mark((ids["A story"],), read=True)
    with SyncServer("miniflux") as other:
        feed = other.add_feed("https://www.gazette.example/feed", "Gazette")
        for at in range(50, 0, -1):
            other.add_story(feed, f"Old {at}", read=True)
        again = other.add_story(feed, "A story", url="http://gazette.example/1")
        star = other.add_story(feed, "Another", url="http://gazette.example/2")
        fresh_client.settings = replace(
            fresh_client.settings, sync=replace(fresh_client.settings.sync, server=other.address)
        )
        await good(fresh_client)
        await good(fresh_client)
        assert other.stories[again].read
        assert other.stories[star].starred
    async with fresh_client as library:
        assert {title: one for title, one in by_title(library).items() if not title.startswith("Old")} == ids
        assert len(library.sources()) == 1


async def test_a_server_that_was_never_reached_has_named_nothing(fresh: SyncServer, fresh_client: Client) -> None:
    number = fresh.add_story(fresh.add_feed(FEED), "Mine", url="http://gazette.example/1")
    await good(fresh_client)
    with SyncServer() as other:
        again = other.add_story(other.add_feed("http://ferry.example/rss", "Ferry"), "Another's")
        assert again == number, "what one calls a story says nothing of what another does"
        fresh_client.settings = replace(
            fresh_client.settings, sync=replace(fresh_client.settings.sync, server=other.address)
        )
        other.faults["/ClientLogin"] = Answer(b"no", 401)
        assert (await fresh_client.visit()).error
        async with fresh_client as library:
            assert "did not accept" in library.sources()[0].subscription.health.error
        other.faults.clear()
        await good(fresh_client)
        async with fresh_client as library:
            assert set(by_title(library)) == {"Mine", "Another's"}
            kinds = {row.subscription.title: row.subscription.kind for row in library.sources()}
            assert kinds == {"The Gazette": "feed", "Ferry": "greader"}
            assert other.changes == [], "it is not given what the first one had"
            library.mark((by_title(library)["Mine"],), read=True)
            library.mark((by_title(library)["Another's"],), starred=True)
            assert waiting(library) == 1
        assert not (await fresh_client.visit()).error
        assert other.stories[again].starred
        assert not other.stories[again].read


# What goes wrong


@pytest.mark.parametrize(
    ("path", "answer", "says"),
    [
        ("/ClientLogin", Answer(b"Unauthorized!", 401), "did not accept the name and the password"),
        ("/ClientLogin", Answer(b"<html>Welcome</html>"), "does not answer as a server of the Google Reader API"),
        ("/ClientLogin", Answer(b"Auth=\x1b]0;x\x07\n"), "does not answer as a server of the Google Reader API"),
        ("/ClientLogin", Answer(b"x" * (17 << 20)), "more than"),
        ("/ClientLogin", Answer(b"moved", 301, {"Location": "http://127.0.0.1:1/elsewhere"}), "redirects to"),
        ("/token", Answer(b"<html>\n</html>"), "not as a server of the Google Reader API"),
        ("/subscription/list", Answer(b"[]"), "not as a server of the Google Reader API"),
        ("/subscription/list", Answer(b'{"subscriptions": {"a": 1}}'), "not as a server of the Google Reader API"),
        ("/subscription/list", Answer(b'{"subscriptions": [1, null, {"id": 7}]}'), "not as a server"),
        ("/subscription/list", Answer(b"[" * 100_000), "not as a server of the Google Reader API"),
        ("/subscription/list", Answer(b"gone", 410), "gone for good"),
        ("/stream/items/ids", Answer(b"<html>Log in</html>"), "not as a server of the Google Reader API"),
        ("/stream/items/ids", Answer(b"{}"), "not as a server of the Google Reader API"),
        ("/stream/items/ids", Answer(b"busy", 503, {"Retry-After": "120"}), "patience"),
        ("/stream/items/ids", Answer(b"out", 401), "did not accept"),
        ("/stream/items/ids", Answer(b"", 302, {"Location": "http://169.254.169.254/latest"}), "redirects to"),
        ("/stream/items/ids", Answer(b"", 302, {"Location": "file:///etc/passwd"}), "not an address of the web"),
    ],
)
async def test_what_goes_wrong_is_one_sentence_at_its_sources_and_takes_nothing_away(
    fresh: SyncServer, fresh_client: Client, path: str, answer: Answer, says: str
) -> None:
    fresh.add_story(fresh.add_feed(FEED), "A story", starred=True)
    local = fresh.web.page("/local", _rss("From its publisher"), media_type="application/rss+xml")
    await good(fresh_client)
    async with fresh_client as library:
        (candidate, *_) = await library.discover(local)
        await library.subscribe(candidate)
        library.mark(tuple(by_title(library).values()), starred=False)
        library.undo()
        fresh.faults[path] = answer
        outcomes = {one.source_id: one async for one in library.refresh(everything=True)}
        assert says in outcomes[0].error
        assert "\x1b" not in outcomes[0].error
        assert PASSWORD not in outcomes[0].error
        assert [one.error for number, one in outcomes.items() if number] == [""], "the rest goes on"
        sources = {row.subscription.kind: row.subscription.health for row in library.sources()}
        assert sources["greader"].error == outcomes[0].error
        assert sources["greader"].failures == 1
        assert sources["greader"].next_due_at
        assert library.next_look_at()
        assert len(by_title(library)) == 2
        assert library.totals().starred == 1


async def test_a_server_that_is_not_there(tmp_path: Path, news_parser: Parser) -> None:
    with SyncServer() as gone:
        client = Client(gone, tmp_path / "home", news_parser)
    outcome = await client.visit()
    assert "refused" in outcome.error or "connect" in outcome.error
    async with client as library:
        assert library.sources() == ()
        at = library.next_look_at()
        assert at is not None, "it is tried again, later"
        assert [one async for one in library.refresh()] == []


async def test_stories_that_are_nonsense_do_no_harm(fresh: SyncServer, fresh_client: Client) -> None:
    gazette = fresh.add_feed(FEED)
    fresh.add_story(gazette, "A good one")
    item = fresh._item(next(iter(fresh.stories)))
    hostile = [
        {**item, "id": 7},
        {**item, "id": "tag:google.com,2005:reader/item/../../x\x1b[2J"},
        {**item, "id": ["x"], "title": {"a": 1}},
        {**item, "id": "tag:google.com,2005:reader/item/00000000000000aa", "title": "\x1b]0;owned\x07 and \ud800 too"},
        {**item, "id": "bb", "alternate": [{"href": "javascript:alert(1)"}], "title": "[/] [@click=app.quit]x[/]"},
        {**item, "id": "cc", "origin": {"streamId": "feed/999"}, "title": "Of nobody"},
        {**item, "id": "dd", "published": 1e300, "categories": "user/-/state/com.google/read", "title": "No date"},
        {**item, "id": "ee", "published": -5, "summary": {"content": 5}, "enclosure": [{"href": 4}], "title": "Bare"},
        None,
        "text",
    ]
    body = json.dumps({"items": [item, *hostile]}).encode()
    fresh.faults["/stream/items/contents"] = Answer(body, media_type="application/json")
    refs = [{"id": one} for one in ("170", "\x1b[2J", None, {"a": 1}, "-1", "99999999999999999999999", True)]
    ids = {"itemRefs": [*refs, *({"id": str(one)} for one in fresh.stories), 5, None], "continuation": "\x00"}
    fresh.faults["/stream/items/ids"] = Answer(json.dumps(ids).encode(), media_type="application/json")
    await good(fresh_client)
    async with fresh_client as library:
        for story in library.stories(ALL):
            assert "\x1b" not in story.title + story.markdown + story.item.guid
            assert story.item.url.startswith("http") or not story.item.url
        assert "Of nobody" not in by_title(library)
        assert library.totals().unread == library.totals().stories, "an unreadable list says nothing of what is read"


async def test_a_list_without_end_comes_to_one(fresh: SyncServer, fresh_client: Client) -> None:
    gazette = fresh.add_feed(FEED)
    number = fresh.add_story(gazette, "A story")
    pages = iter(range(10_000))

    def page() -> Answer:
        ids = {"itemRefs": [{"id": str(number)}], "continuation": f"page{next(pages)}"}
        return Answer(json.dumps(ids).encode())

    fresh.faults["/stream/items/ids"] = page
    await good(fresh_client)
    assert next(pages) < 10


async def test_a_story_too_large_leaves_the_others_alone(fresh: SyncServer, fresh_client: Client) -> None:
    gazette = fresh.add_feed(FEED)
    for n in range(3):
        fresh.add_story(gazette, f"Story {n}")
    fresh.add_story(gazette, "A monster", html="<p>" + "x" * (17 << 20))
    await good(fresh_client)
    async with fresh_client as library:
        assert set(by_title(library)) == {"Story 0", "Story 1", "Story 2"}


async def test_the_servers_stories_lead_into_no_private_network(fresh: SyncServer, fresh_client: Client) -> None:
    page = fresh.web.page("/inside", "<p>" + "secret " * 300)
    fresh.add_story(fresh.add_feed(FEED), "A story", url=page)
    await good(fresh_client)
    fresh.web.requests.clear()
    async with fresh_client as library:
        (outcome,) = [one async for one in library.refresh(everything=True, full=True, images=True)]
        assert not outcome.error
    assert "/inside" not in fresh.web.paths


async def test_a_list_of_sources_that_cannot_be_read_whole_takes_none_away(
    fresh: SyncServer, fresh_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh.add_story(fresh.add_feed(FEED), "A story")
    await good(fresh_client)
    other = {"id": "feed/77", "title": "Another", "url": "http://other.example/rss"}
    broken: tuple[object, ...] = (None, {"id": "feed/\x1b[2J"}, {"title": "nameless"}, {"id": "feed/" + "x" * 3_000})
    for one in broken:
        fresh.faults["/subscription/list"] = Answer(json.dumps({"subscriptions": [other, one]}).encode())
        await good(fresh_client)
        async with fresh_client as library:
            assert {row.subscription.title for row in library.sources()} == {"The Gazette", "Another"}
    many = [{"id": f"feed/{n}", "url": f"http://many.example/{n}"} for n in range(100, 5_101)]
    fresh.faults["/subscription/list"] = Answer(json.dumps({"subscriptions": many}).encode())
    await good(fresh_client)
    async with fresh_client as library:
        assert len(library.sources()) == 5_002, "as many as are taken at once, and nothing goes for what was not read"


async def test_a_server_that_has_lost_its_stories_does_not_say_that_all_are_read(
    fresh: SyncServer, fresh_client: Client
) -> None:
    fresh.add_story(fresh.add_feed(FEED), "A story")
    await good(fresh_client)
    fresh.stories.clear()
    await good(fresh_client)
    async with fresh_client as library:
        assert library.totals().unread == 1


async def test_stories_that_were_not_asked_for_are_not_taken(fresh: SyncServer, fresh_client: Client) -> None:
    fresh.add_story(fresh.add_feed(FEED), "A story")
    item = fresh._item(next(iter(fresh.stories)))
    flood = [{**item, "id": f"{LONG}{n:016x}", "title": f"Flood {n}", "alternate": []} for n in range(1, 300)]
    body = {"items": [*flood, item, {**item, "title": "The same id again", "guid": "urn:again", "alternate": []}]}
    fresh.faults["/stream/items/contents"] = Answer(json.dumps(body).encode())
    await good(fresh_client)
    async with fresh_client as library:
        assert len(by_title(library)) == 1


async def test_pages_with_one_new_story_each_come_to_an_end(
    fresh: SyncServer, fresh_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reader.sources.greader.MAX_PAGES", 5)
    fresh.add_story(fresh.add_feed(FEED), "A story")
    asked = iter(range(1, 10_000))

    def page() -> Answer:
        n = next(asked)
        return Answer(json.dumps({"itemRefs": [{"id": str(n)}], "continuation": f"page{n}"}).encode())

    await good(fresh_client)
    fresh.faults["/stream/items/ids"] = page
    await good(fresh_client)
    assert next(asked) == 3 * 5 + 1
    async with fresh_client as library:
        assert library.totals().unread == 1, "a list that was not read to its end says nothing of what it does not list"


async def test_a_source_that_became_the_servers_opens_no_door_of_the_readers(
    fresh: SyncServer, fresh_client: Client
) -> None:
    local = fresh.web.page("/local", _rss("From its publisher"), media_type="application/rss+xml")
    inside = fresh.web.page("/inside", "<p>" + "secret " * 300)
    async with fresh_client as library:
        (candidate, *_) = await library.discover(local)
        await library.subscribe(candidate)
        assert library.sources()[0].subscription.typed_host == "127.0.0.1"
    fresh.add_story(fresh.add_feed(local), "A story", url=inside)
    fresh.web.requests.clear()
    outcome = await fresh_client.visit(full=True, images=True)
    assert not outcome.error
    assert "/inside" not in fresh.web.paths
    async with fresh_client as library:
        with pytest.raises(FetchError, match="private address"):
            await library.full_story(by_title(library)["A story"])


async def test_labels_are_names_however_they_are_written(fresh: SyncServer, fresh_client: Client) -> None:
    labels = [
        "/".join("abcdefgh" * 125),
        "////",
        "../../etc",
        "\x1b[2J\x07",
        "[/] [@click=app.quit]x[/]",
        " a / b ",
        "x" * 9_999,
    ]
    for n, label in enumerate(labels):
        fresh.add_story(
            fresh.add_feed(f"http://paper{n}.example/rss", f"Paper {n}", label), f"{n}" + "T" * (1 << 20), age_s=60 * n
        )
    await good(fresh_client)
    async with fresh_client as library:
        names = [section.name for section in library.sections()]
        assert len(names) == len(labels)
        assert all(name.isprintable() and len(name) <= 60 for name in names)
        assert {len(row.title) for row in library.headlines(ALL)} == {500}
        for name in names:
            assert library.count(StoryFilter(section=name)) >= 1


async def test_a_visit_that_takes_too_long_ends_with_what_came(
    fresh: SyncServer, fresh_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    gazette = fresh.add_feed(FEED)
    for n in range(60):
        fresh.add_story(gazette, f"Story {n}")
    monkeypatch.setattr("reader.refresh.SERVER_LIMIT_S", 0.5)
    answered: list[int] = []

    async def slowly() -> Answer:
        await asyncio.sleep(60)
        return Answer()

    def second() -> object:
        answered.append(1)
        return slowly() if len(answered) > 1 else NotImplemented

    fresh.faults["/stream/items/contents"] = second
    assert "took longer than" in (await fresh_client.visit()).error
    async with fresh_client as library:
        assert library.totals().stories == 50
        assert all(one.ok for one in library.doctor() if one.subject not in ("sync", "sources"))
    fresh.faults.clear()
    monkeypatch.undo()
    await good(fresh_client)
    async with fresh_client as library:
        assert library.totals().stories == 60


# What is said


async def test_doctor_tells_how_it_stands(fresh: SyncServer, fresh_client: Client) -> None:
    def says(library: Library) -> tuple[bool, str]:
        ((finding,), others) = (
            [one for one in library.doctor() if one.subject == "sync"],
            [one for one in library.doctor() if one.subject != "sync"],
        )
        assert all(one.ok for one in others), "what ails the server is said once"
        return finding.ok, finding.says

    fresh.add_story(fresh.add_feed(FEED), "A story")
    host = fresh_client.settings.sync.host
    async with fresh_client as library:
        assert says(library) == (True, f"{host} has not been asked yet.")
    await good(fresh_client)
    async with fresh_client as library:
        library.mark(tuple(by_title(library).values()), read=True)
        ok, told = says(library)
        assert ok
        assert re.fullmatch(rf"{host} has 1 source and was last asked at \S+ \S+\. 1 mark waits to be told\.", told)
    fresh.faults["/ClientLogin"] = Answer(b"no", 403)
    await fresh_client.visit()
    async with fresh_client as library:
        refused = f"The sync server: {host} did not accept the name and the password. 1 mark waits to be told."
        assert says(library) == (False, refused)
        library.settings = replace(fresh_client.settings, sync=Sync())
        found = [one for one in library.doctor() if one.subject == "sync"]
        assert "names no sync server; 1 source that it had is asked for at the publishers" in found[0].says


async def test_the_command_line_counts_its_sources_and_names_it_when_it_fails(
    fresh: SyncServer, fresh_client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(3):
        fresh.add_story(fresh.add_feed(f"http://feed{n}.example/rss", f"Feed {n}"), f"Story {n}")
    options = argparse.Namespace(id=[], all=True, full=False, images=False, json=True)
    outcomes = [await fresh_client.visit()]
    assert [one.sources for one in outcomes] == [3]
    told = await asyncio.to_thread(refresh_command, Told(outcomes), options)
    assert (told, json.loads(capsys.readouterr().out)["refreshed"]) == (0, 3)
    fresh.faults["/ClientLogin"] = Answer(b"no", 401)
    outcomes = [await fresh_client.visit()]
    assert await asyncio.to_thread(refresh_command, Told(outcomes), options) == 1
    out, err = capsys.readouterr()
    assert [one["source_id"] for one in json.loads(out)["failed"]] == [0]
    assert err.startswith("The sync server: ")
    assert err.rstrip().endswith("did not accept the name and the password.")


async def test_the_newsroom_visits_it_for_the_interface(fresh: SyncServer, fresh_client: Client) -> None:
    fresh.add_story(fresh.add_feed(FEED), "A story")
    newsroom = Newsroom(fresh_client.settings)
    try:
        assert [(one.source_id, one.new, one.sources, one.error) async for one in newsroom.refresh()] == [(0, 1, 1, "")]
        newsroom.mark(tuple(by_title(newsroom).values()), read=True)
        assert [one.error async for one in newsroom.refresh(everything=True)] == [""]
        assert fresh.changes == ["+read 1700000000000002"]
    finally:
        await newsroom.hang_up()
        newsroom.close()


# Passwords


async def test_the_password_is_never_in_an_address_a_message_or_the_library(
    fresh: SyncServer, fresh_client: Client
) -> None:
    fresh.add_story(fresh.add_feed(FEED), "A story")
    await good(fresh_client)
    assert {one.path for one in fresh.web.requests if b"Passwd=" in one.body} <= {
        "/accounts/ClientLogin",
        "/api/greader.php/accounts/ClientLogin",
    }
    assert not any("s3cret" in one.target for one in fresh.web.requests)
    for file in fresh_client.settings.folders.data.iterdir():
        assert b"s3cret" not in file.read_bytes(), file
        assert b"0123456789abcdef" not in file.read_bytes(), file


async def test_the_password_of_a_command_is_its_first_line(
    fresh: SyncServer, fresh_client: Client, tmp_path: Path
) -> None:
    program = f"print({PASSWORD!r}); print('and more')"
    command = (sys.executable, "-X", "utf8", "-c", program)
    fresh_client.settings = settings_for(fresh, tmp_path / "home", password_command=command, password_file="")
    await good(fresh_client)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"password_command": ("/nowhere/at/all",)}, "could not be started: No such file"),
        ({"password_command": ("false",)}, r"failed \(exit code 1\)"),
        ({"password_command": ("true",)}, "gave no password"),
        ({"password_command": ("printf", r"\377\n")}, "no UTF-8"),
        ({"password_file": "/nowhere/at/all"}, "could not be read: No such file"),
    ],
)
async def test_a_password_that_cannot_be_had_is_said(
    fresh: SyncServer, fresh_client: Client, tmp_path: Path, changes: dict[str, object], says: str
) -> None:
    fresh_client.settings = settings_for(fresh, tmp_path / "home", **{"password_file": "", **changes})
    outcome = await fresh_client.visit()
    assert re.search(says, outcome.error), outcome.error
    assert fresh.web.requests == []


async def test_a_password_file_that_others_may_read_is_refused(fresh: SyncServer, fresh_client: Client) -> None:
    os.chmod(fresh_client.settings.sync.password_file, 0o640)
    outcome = await fresh_client.visit()
    assert "Other users may read the password" in outcome.error
    assert fresh.web.requests == []
