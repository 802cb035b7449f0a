"""The verbs of the library on a real store, a real web on loopback and the real parsing child."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from PIL import Image

from reader import library as library_module
from reader import refresh as refresh_module
from reader.errors import BlockedError, FetchError, NotFoundError, OfflineError, ParseError, ReaderError
from reader.library import Library
from reader.model import Counts, Health, Outcome, StoryFilter, Subscription, TextKind
from reader.pictures import Frame
from reader.settings import Login, Settings, load
from reader.settings import parse as parse_settings
from reader.text import SafeText, safe_url
from tests.webserver import Answer, Request, WebServer, Wire

ALL = StoryFilter()
RSS = "application/rss+xml"
LONG = " ".join(f"Sentence {n} of the story says something about the ferry and the harbour." for n in range(40))


def entry(number: int, **changes: str) -> str:
    """One `<item>`; a part given as "" is left out."""
    parts = {
        "title": f"Ferry {number} sails again this winter",
        "guid": f"urn:ferry:{number}",
        "link": f"http://gazette.example/ferry/{number}",
        "pubDate": f"Wed, 04 Mar 2026 {number:02}:00:00 GMT",
        "description": f"Ferry {number} left on time.",
        **changes,
    }
    return "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in parts.items() if value) + "</item>"


def feed(*entries: str | int, title: str = "The Gazette", more: str = "") -> bytes:
    """An RSS 2.0 document; a number stands for the entry of that number."""
    items = "".join(entry(one) if isinstance(one, int) else one for one in entries)
    return f'<rss version="2.0"><channel><title>{title}</title>{more}{items}</channel></rss>'.encode()


def page(headline: str, text: str = LONG) -> str:
    return (
        f"<html><head><title>{headline}</title></head><body><article><h1>{headline}</h1><p>{text}</p></article></body>"
    )


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(tmp_path / "home")


@pytest.fixture
async def library(settings: Settings) -> AsyncIterator[Library]:
    made = Library(settings)
    yield made
    await made.hang_up()
    made.close()


async def follow(library: Library, address: str, **given: Any) -> Subscription:
    """Discover and subscribe."""
    candidates = await library.discover(address)
    subscription, outcome = await library.subscribe(candidates[0], **given)
    assert not outcome.error, outcome.error
    return subscription


async def visit(library: Library, *ids: int, **options: bool) -> list[Outcome]:
    """A refresh of these, or of everything."""
    return [outcome async for outcome in library.refresh(ids, everything=not ids, **options)]


async def visit_one(library: Library, source_id: int = 1) -> Outcome:
    (outcome,) = await visit(library, source_id)
    return outcome


def titles(library: Library, wanted: StoryFilter = ALL) -> list[str]:
    return [headline.title for headline in library.headlines(wanted)]


def health(library: Library, source_id: int = 1) -> Health:
    return library.source(source_id).health


# Following


async def test_what_discovery_fetched_is_not_fetched_again(library: Library, web: WebServer) -> None:
    web.page("/", '<link rel="alternate" type="application/rss+xml" href="/feed.xml"><p>News</p>')
    web.page("/feed.xml", feed(2, 1), media_type=RSS, etag='"one"')
    (candidate, *_) = await library.discover(web.url("/"))
    assert (candidate.kind, candidate.title, candidate.stories) == ("feed", "The Gazette", 2)
    subscription, outcome = await library.subscribe(candidate, section=SafeText("Sea"), title=SafeText("My ferries"))
    assert (outcome.new, outcome.error) == (2, "")
    assert sorted(web.paths) == ["/", "/feed.xml"]
    assert (subscription.title, subscription.section, subscription.validators.etag) == ("My ferries", "Sea", '"one"')
    assert (await visit_one(library)).unchanged
    assert web.requests[-1].headers["if-none-match"] == '"one"', "the second visit asks the network again"


async def test_an_address_is_followed_once(library: Library, web: WebServer) -> None:
    for path in ("/feed.xml", "/feed.xml/"):
        web.page(path, feed(1), media_type=RSS)
    first = await follow(library, web.url("/feed.xml"))
    second = await follow(library, f"{web.url('/feed.xml')}/")
    assert first.id == second.id
    assert len(library.sources()) == 1
    assert len(titles(library)) == 1


async def test_discovery_says_what_was_tried(library: Library, web: WebServer) -> None:
    web.page("/", "<form><input name=user></form>")
    with pytest.raises(ParseError, match="Tried: "):
        await library.discover(web.url("/"))
    with pytest.raises(FetchError):
        await library.discover("http://127.0.0.1:1/")
    with pytest.raises(ParseError, match="no address"):
        await library.discover("gopher://gazette.example/")
    assert library.sources() == ()


# Visiting


async def test_each_outcome_of_a_visit(library: Library, web: WebServer) -> None:
    web.page("/feed.xml", feed(2, 1), media_type=RSS, etag='"1"')
    source = await follow(library, web.url("/feed.xml"))
    first = health(library).last_ok_at

    assert (await visit_one(library)).unchanged, "304"
    web.page("/feed.xml", feed(2, 1), media_type=RSS, etag='"2"')
    assert (await visit_one(library)).unchanged, "the same bytes under another ETag"
    assert library.source(source.id).validators.etag == '"2"'
    web.page("/feed.xml", feed(2, 1, more="<ttl>90</ttl>"), media_type=RSS)
    assert (await visit_one(library)).unchanged, "other bytes, the same stories"
    assert health(library).next_due_at - health(library).last_fetch_at == timedelta(minutes=90)  # type: ignore[operator]

    web.page("/feed.xml", feed(3, entry(2, description="It left late."), 1), media_type=RSS)
    outcome = await visit_one(library)
    assert (outcome.new, outcome.updated, outcome.unchanged) == (1, 1, False)
    assert (outcome.done, outcome.total) == (1, 1)

    for answer in (Answer(b"down", 500), Answer(b"<html>Not here</html>"), Answer(b""), Answer(b"<rss><cha")):
        web.answer("/feed.xml", lambda _, answer=answer: answer)  # type: ignore[misc]
        outcome = await visit_one(library)
        assert outcome.error, answer
        assert not outcome.offline
        assert len(titles(library)) == 3, "a failed answer removes no story"
    assert health(library).failures == 4
    assert health(library).last_ok_at is not None
    assert health(library).last_ok_at >= first  # type: ignore[operator]
    web.page("/feed.xml", feed(3), media_type=RSS)
    assert not (await visit_one(library)).error
    assert (health(library).failures, health(library).error) == (0, "")
    assert len(titles(library)) == 3, "what the publisher no longer lists stays"


async def test_who_is_due_is_visited_and_nobody_else(library: Library, web: WebServer) -> None:
    for name in "ab":
        web.page(f"/{name}.xml", feed(1, title=name), media_type=RSS)
        await follow(library, web.url(f"/{name}.xml"))
    asked = len(web.requests)
    assert [outcome async for outcome in library.refresh()] == []
    assert len(web.requests) == asked
    library.edit_source(2, title=SafeText("B"))
    assert [outcome.title async for outcome in library.refresh()] == ["B"]
    due = library.next_look_at()
    assert due is not None
    assert timedelta(minutes=25) < due - datetime.now(UTC) < timedelta(minutes=31)


async def test_two_programs_that_refresh_at_once_fetch_nothing_twice(
    settings: Settings, library: Library, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = datetime.now(UTC)
    monkeypatch.setattr(refresh_module, "_now", lambda: second)  # all of it, and the first visits too
    for name in "ab":
        web.page(f"/{name}.xml", feed(1, title=name), media_type=RSS)
        await follow(library, web.url(f"/{name}.xml"))
    reached, go_on = asyncio.Event(), asyncio.Event()
    loop, asked = asyncio.get_running_loop(), len(web.requests)

    async def slow(_: Request) -> Answer:
        loop.call_soon_threadsafe(reached.set)
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        return Answer(feed(2, 1, title="a"), media_type=RSS)

    web.answer("/a.xml", slow)
    one_at_a_time = Library(replace(settings, refresh=replace(settings.refresh, concurrency=1)))
    try:
        other = asyncio.create_task(visit(one_at_a_time, 1, 2))
        await reached.wait()
        ours = await visit_one(library, 2)
        go_on.set()
        theirs = await other
    finally:
        await one_at_a_time.hang_up()
        one_at_a_time.close()
    assert not ours.skipped
    assert [(one.new, one.skipped) for one in theirs] == [(1, False), (0, True)]
    assert len(web.requests) - asked == 2


async def test_a_source_that_is_being_visited_is_skipped(library: Library, web: WebServer) -> None:
    web.page("/feed.xml", feed(1), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    reached = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def forever(wire: Wire) -> None:
        loop.call_soon_threadsafe(reached.set)
        await wire.until_hung_up()

    web.script("/feed.xml", forever)
    first = asyncio.create_task(visit_one(library))
    await reached.wait()
    assert (await visit_one(library)).skipped
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    web.page("/feed.xml", feed(2, 1), media_type=RSS)
    assert (await visit_one(library)).new == 1, "a visit that was ended gives its source back"


async def test_closing_a_refresh_ends_its_visits(library: Library, web: WebServer) -> None:
    for n in range(6):
        web.page(f"/{n}.xml", feed(1, title=str(n)), media_type=RSS)
        await follow(library, web.url(f"/{n}.xml"))
    asked = len(web.requests)
    web.answer("/0.xml", lambda _: Answer(feed(2, 1), media_type=RSS))
    for n in range(1, 6):
        web.script(f"/{n}.xml", lambda wire: wire.until_hung_up())
    refresh = library.refresh((1, 2, 3, 4, 5, 6))
    assert (await anext(refresh)).new == 1  # type: ignore[arg-type]
    await refresh.aclose()  # type: ignore[attr-defined]
    assert len(asyncio.all_tasks()) == 1, "nothing goes on behind the reader's back"
    await library.hang_up()
    web.wait_until_idle()
    assert len(web.requests) - asked <= 3, "no more than two at once of one host"
    assert health(library, 2).error == ""


async def test_retry_after_and_back_off(library: Library, web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reader.fetch._LONGEST_GAP_S", 0)  # between two requests of a host that is struggling
    monkeypatch.setattr("reader.fetch._SHORTEST_GAP_S", 0)
    web.page("/feed.xml", feed(1), media_type=RSS)
    await follow(library, web.url("/feed.xml"))

    async def wait_after(answer: Answer) -> timedelta:
        web.answer("/feed.xml", lambda _: answer)
        assert (await visit_one(library)).error
        at = health(library)
        return at.next_due_at - at.last_fetch_at  # type: ignore[operator]

    assert await wait_after(Answer(b"", 429, {"Retry-After": "777"})) == timedelta(seconds=777)
    assert await wait_after(Answer(b"", 503, {"Retry-After": "9999999"})) == timedelta(days=1)
    assert await wait_after(Answer(b"", 429, {"Retry-After": "1"})) == timedelta(minutes=1)
    waits = [await wait_after(Answer(b"", 500)) for _ in range(3)]
    assert waits == sorted(waits)
    assert waits[-1] <= timedelta(days=1)


async def test_a_publisher_that_says_gone_is_not_asked_again_until_edited(library: Library, web: WebServer) -> None:
    web.page("/feed.xml", feed(1), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    web.page("/feed.xml", status=410)
    assert (await visit_one(library)).error
    assert health(library).gone
    asked = len(web.requests)
    assert await visit(library) == []
    assert library.next_look_at() is None
    assert len(web.requests) == asked
    assert titles(library), "its stories stay"
    web.page("/moved.xml", feed(2, 1), media_type=RSS)
    edited = library.edit_source(1, url=safe_url(web.url("/moved.xml")))
    assert not edited.health.gone
    assert [outcome.new async for outcome in library.refresh()] == [1]


async def test_a_permanent_redirect_is_remembered_and_a_temporary_one_is_not(library: Library, web: WebServer) -> None:
    web.page("/new.xml", feed(1), media_type=RSS)
    web.page("/other.xml", feed(2, 1), media_type=RSS)
    await follow(library, web.url("/new.xml"))
    web.redirect("/new.xml", "/other.xml", 302)
    await visit_one(library)
    assert library.source(1).url == web.url("/new.xml")
    web.redirect("/new.xml", "/other.xml", 301)
    await visit_one(library)
    assert library.source(1).url == web.url("/other.xml")
    assert library.source_id(web.url("/other.xml")) == 1


# The network gone


async def test_without_a_network_all_is_as_before(settings: Settings, library: Library, web: WebServer) -> None:
    web.page("/feed.xml", feed(2, 1), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    before, was = library.headlines(ALL), health(library)
    away = Library(replace(settings, offline=True))
    try:
        (outcome,) = await visit(away)
        assert outcome.offline
        assert outcome.error
        assert health(away) == was, "to be offline is no failure of a source"
        assert away.headlines(ALL) == before
        assert away.search("ferry")
        assert len(away.front_page(datetime(2026, 3, 4, 8, tzinfo=UTC))) == 2
        with pytest.raises(OfflineError):
            await away.discover(web.url("/feed.xml"))
        with pytest.raises(OfflineError):
            await away.full_story(before[0].id)
        assert away.mark([before[0].id], starred=True) == (before[0].id,)
    finally:
        await away.hang_up()
        away.close()
    assert not (await visit_one(library)).error
    assert health(library).error == ""


# Identity


@pytest.mark.parametrize(
    "changed",
    [
        {"guid": "urn:quite:another"},
        {"guid": ""},
        {"link": "https://www.gazette.example/ferry/1/?utm_source=rss&amp;fbclid=x#top"},
        {"link": "http://gazette.example/moved"},
        {"title": "Ferry 1 does not sail"},
        {"description": "It did not leave."},
        {"pubDate": ""},
        {"pubDate": "Wed, 04 Mar 2026 05:00:00 GMT"},
        {"guid": "urn:new", "link": "http://gazette.example/new"},
    ],
    ids=lambda changed: "+".join(f"{name}:{value[:12]}" for name, value in changed.items()),
)
async def test_a_story_is_one_and_unread_once(library: Library, web: WebServer, changed: dict[str, str]) -> None:
    web.page("/feed.xml", feed(2, 1), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    ids = [headline.id for headline in library.headlines(ALL)]
    library.mark(ids, read=True)
    library.mark(ids[1:], starred=True, later=True)
    places = [headline.key for headline in library.headlines(ALL)]
    for document in (feed(2, entry(1, **changed)), feed(2), feed(2, entry(1, **changed)), feed(2, 1), feed(1, 2)):
        web.page("/feed.xml", document, media_type=RSS)
        assert (await visit_one(library)).new == 0
    listed = library.headlines(ALL)
    assert [headline.key for headline in listed] == places, "nothing moves under the cursor"
    assert all(headline.read for headline in listed)
    assert listed[1].starred
    assert listed[1].later
    assert library.totals().unread == 0


async def test_a_changed_story_is_marked_and_its_earlier_version_kept(library: Library, web: WebServer) -> None:
    web.page("/feed.xml", feed(1), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    library.mark([1], read=True)
    web.page("/feed.xml", feed(entry(1, title="Ferry 1 sails no more", description="It sank.")), media_type=RSS)
    assert (await visit_one(library)).updated == 1
    (headline,) = library.headlines(ALL)
    assert (headline.title, headline.read, headline.updated) == ("Ferry 1 sails no more", True, True)
    (revision,) = library.revisions(1)
    assert (revision.title, revision.summary) == ("Ferry 1 sails again this winter", "Ferry 1 left on time.")
    assert [found.id for found in library.search("sank")] == [1]
    assert library.search("winter") == ()


async def test_a_feed_whose_ids_change_each_time_does_not_grow(library: Library, web: WebServer) -> None:
    for n in range(4):
        changing = [entry(m, guid=f"urn:{n}:{m}", link=f"http://gazette.example/r/{n}/{m}") for m in (3, 2, 1)]
        web.page("/feed.xml", feed(*changing), media_type=RSS)
        if n:
            await visit_one(library)
        else:
            await follow(library, web.url("/feed.xml"))
    assert len(titles(library)) == 3


async def test_the_same_story_in_two_sources_is_one_in_the_paper_and_one_of_each(
    library: Library, web: WebServer
) -> None:
    for name in "ab":
        web.page(f"/{name}.xml", feed(1, title=name), media_type=RSS)
        await follow(library, web.url(f"/{name}.xml"))
    assert [headline.source for headline in library.headlines(ALL)] == ["a"]
    of_each = [library.headlines(StoryFilter(source_id=source_id)) for source_id in (1, 2)]
    assert [[one.id for one in listed] for listed in of_each] == [[1], [2]]
    assert library.totals() == Counts(stories=1, unread=1)
    first, second = library.story(1), library.story(2)
    assert (first.cluster, second.cluster) == (1, 1)
    assert [(one.story_id, one.source) for one in first.also_in + second.also_in] == [(2, "b"), (1, "a")]
    assert library.mark([1], read=True) == (1,)
    assert library.story(2).state.read
    assert library.totals() == Counts(stories=1)
    assert [headline.id for headline in library.front_page(datetime(2026, 3, 4, 2, tzinfo=UTC))] == [1]


async def test_what_an_older_version_left_apart_is_joined_by_a_refresh(library: Library, web: WebServer) -> None:
    for name in "ab":
        web.page(f"/{name}.xml", feed(*range(1, 31), title=name), media_type=RSS)
        await follow(library, web.url(f"/{name}.xml"))
    with library._store._db.writing() as db:  # As its migration leaves it.
        db.execute("UPDATE stories SET cluster_id = NULL; UPDATE states SET hidden = 0")
        db.execute("INSERT INTO meetings SELECT DISTINCT url_number FROM story_urls")
    assert library.totals().stories == 60
    await visit(library)
    assert library.totals().stories == 30
    assert all(finding.ok for finding in library.doctor() if finding.subject == "library")


# Whole texts


def with_pages(web: WebServer, *numbers: int) -> bytes:
    """A feed whose stories have pages on this server."""
    for n in numbers:
        web.page(f"/ferry/{n}", page(f"Ferry {n} sails again this winter"))
    return feed(*(entry(n, link=web.url(f"/ferry/{n}")) for n in numbers))


async def test_the_whole_text_is_fetched_once_and_found_by_search(library: Library, web: WebServer) -> None:
    web.page("/feed.xml", with_pages(web, 1), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    assert library.story(1).text is not TextKind.FULL
    story = await library.full_story(1)
    assert story.text is TextKind.FULL
    assert "Sentence 39" in story.markdown
    assert await library.full_story(1) == story
    assert web.paths.count("/ferry/1") == 1
    assert [found.id for found in library.search('"Sentence 39"')] == [1]
    assert library.story_id(web.url("/ferry/1?utm_source=x")) == 1
    with pytest.raises(NotFoundError):
        library.story_id("http://gazette.example/none")
    with pytest.raises(NotFoundError):
        await library.full_story(99)


async def test_a_page_without_a_story_leaves_the_teaser(library: Library, web: WebServer) -> None:
    web.page("/feed.xml", with_pages(web, 2, 1), media_type=RSS)
    web.page("/ferry/1", status=404)
    web.page("/ferry/2", "<html><body><nav><a href=/>Home</a></nav></body></html>")
    await follow(library, web.url("/feed.xml"))
    with pytest.raises(FetchError, match="404"):
        await library.full_story(library.story_id(web.url("/ferry/1")))
    with pytest.raises(ReaderError):
        await library.full_story(library.story_id(web.url("/ferry/2")))
    assert {library.story(story_id).summary for story_id in (1, 2)} == {
        "Ferry 1 left on time.",
        "Ferry 2 left on time.",
    }


async def test_a_full_refresh_fetches_each_text_once(library: Library, web: WebServer) -> None:
    web.page("/feed.xml", with_pages(web, 3, 2, 1), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    await visit(library, full=True)
    assert {library.story(n).text for n in (1, 2, 3)} == {TextKind.FULL}
    await visit(library, full=True)
    assert sorted(path for path in web.paths if path != "/feed.xml") == ["/ferry/1", "/ferry/2", "/ferry/3"]
    assert web.most_at_once <= 2


async def test_a_page_that_failed_is_asked_for_again_later_and_not_at_once(library: Library, web: WebServer) -> None:
    web.page("/feed.xml", with_pages(web, 2, 1), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    library._store.record_article_failure(1, now=datetime.now(UTC) - timedelta(hours=2))
    library._store.record_article_failure(2, now=datetime.now(UTC))
    await visit(library, full=True)
    assert (library.story(1).text, library.story(2).text) == (TextKind.FULL, TextKind.TEASER)


async def test_private_addresses_are_only_reached_at_hosts_that_were_typed(library: Library, web: WebServer) -> None:
    with WebServer("127.0.0.2") as canary:
        web.page("/feed.xml", feed(entry(1, link=canary.url("/secret"))), media_type=RSS)
        await follow(library, web.url("/feed.xml"))
        with pytest.raises(BlockedError):
            await library.full_story(1)
        web.redirect("/feed.xml", canary.url("/feed.xml"), 301)
        assert (await visit_one(library)).error
        assert library.source(1).url == web.url("/feed.xml")
        web.page("/feed.xml", feed(2, more=f"<image><url>{canary.url('/p.png')}</url></image>"), media_type=RSS)
        await visit(library, full=True, images=True)
        assert canary.connections == 0


async def test_a_typed_host_that_is_public_is_not_trusted_to_become_private(
    library: Library, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.page("/feed.xml", feed(1), media_type=RSS)
    assert (await follow(library, web.url("/feed.xml"))).typed_host == "127.0.0.1"
    await library.hang_up()
    with monkeypatch.context() as patch:
        patch.setattr("reader.fetch.wire.is_public", lambda address: True)
        assert not (await visit_one(library)).error
        assert library.source(1).typed_host == ""
        await library.hang_up()
    assert "private address" in (await visit_one(library)).error
    library.edit_source(1, url=safe_url(web.url("/feed.xml")))
    assert not (await visit_one(library)).error, "who types it again says that it is meant"


# Pictures


def a_picture(colour: str = "red", size: tuple[int, int] = (90, 60)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def with_pictures(number: int, *addresses: str, lead: str = "") -> str:
    """An entry with pictures in its text, and perhaps one beside it."""
    shown = "".join(f"&lt;p&gt;Words.&lt;/p&gt;&lt;img src='{address}'&gt;" for address in addresses)
    return entry(number, description=shown).replace("</item>", f"{lead}</item>")


async def test_a_picture_is_fetched_once_and_is_there_without_a_network(library: Library, web: WebServer) -> None:
    for name in ("one", "two"):
        web.page(f"/{name}.png", a_picture(), media_type="text/html")  # what the server calls it does not count
    web.page("/feed.xml", feed(with_pictures(1, web.url("/one.png"), web.url("/two.png"))), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    assert not [path for path in web.paths if path.endswith(".png")], "nobody has asked for pictures"
    frame, one = Frame("blocks", 20, 10), safe_url(web.url("/one.png"))
    assert library.picture_size(one) is None
    drawing = await library.picture(1, one, frame)
    assert (drawing.width, drawing.height, drawing.columns, drawing.rows) == (90, 60, 11, 4)
    await library.picture(1, one, replace(frame, medium="kitty"))
    assert web.paths.count("/one.png") == 1
    assert library.picture_size(one) == (90, 60)
    await visit(library, images=True)
    assert (web.paths.count("/one.png"), web.paths.count("/two.png")) == (1, 1)
    await library.hang_up()
    library.settings = replace(library.settings, offline=True)
    assert (await library.picture(1, safe_url(web.url("/two.png")), frame)).width == 90
    with pytest.raises(OfflineError):
        await library.picture(1, safe_url(web.url("/three.png")), frame)


async def test_what_counts_readers_or_is_private_is_never_asked_for(library: Library, web: WebServer) -> None:
    with WebServer("127.0.0.2") as canary:
        beacons = ["/pixel.gif", "/track/1.png", "/drawing.svg", "/1x1.png"]
        lead = f'<media:thumbnail xmlns:media="http://search.yahoo.com/mrss/" url="{web.url("/t.png")}" height="1"/>'
        private = canary.url("/private.png")
        web.page("/moved.png", status=302, headers={"Location": canary.url("/there.png")})
        entries = with_pictures(1, *map(web.url, [*beacons, "/moved.png"]), private, lead=lead)
        web.page("/feed.xml", feed(entries), media_type=RSS)
        await follow(library, web.url("/feed.xml"))
        await visit(library, images=True)
        for url in (*map(web.url, [*beacons, "/t.png"]), private, web.url("/moved.png")):
            with pytest.raises(BlockedError):
                await library.picture(1, safe_url(url), Frame("blocks", 20, 10))
        asked = {path for path in web.paths if path != "/feed.xml"}
        assert asked == {"/moved.png"}
        assert canary.connections == 0


async def test_no_more_pictures_are_kept_than_there_is_room_for(
    settings: Settings, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "PRUNE_EVERY", 2)
    made = Library(replace(settings, retention=replace(settings.retention, images=0)))
    try:
        web.page("/feed.xml", feed(with_pictures(1)), media_type=RSS)
        await follow(made, web.url("/feed.xml"))
        for name in ("one", "two"):
            web.page(f"/{name}.png", a_picture(), media_type="image/png")
            await made.picture(1, safe_url(web.url(f"/{name}.png")), Frame("blocks", 20, 10))
        assert made.picture_size(safe_url(web.url("/two.png"))) is None
    finally:
        await made.hang_up()
        made.close()


async def test_the_sample_edition_brings_its_pictures_itself(settings: Settings) -> None:
    made = Library(replace(settings, offline=True))
    try:
        await made.subscribe_sample()
        story = next(story for story in made.stories(ALL) if story.picture)
        assert (await made.picture(story.id, story.picture.url, Frame("sixel", 60, 20))).width == 880
    finally:
        await made.hang_up()
        made.close()


# Letting go


async def test_only_so_many_stories_are_kept_and_none_comes_back(settings: Settings, web: WebServer) -> None:
    made = Library(replace(settings, retention=replace(settings.retention, stories=3)))
    try:
        web.page("/feed.xml", feed(*range(8, 0, -1)), media_type=RSS)
        await follow(made, web.url("/feed.xml"))
        made.mark([1], starred=True)
        made.mark([2], later=True)
        for _ in range(2):
            web.page("/feed.xml", feed(*range(8, 0, -1), more="<ttl>1</ttl>"), media_type=RSS, etag='"new"')
            assert (await visit_one(made)).new == 0
            assert [headline.id for headline in made.headlines(ALL)] == [8, 7, 6, 2, 1]
        assert [found.id for found in made.search("winter")] == [8, 7, 6, 2, 1]
        assert all(finding.ok for finding in made.doctor())
    finally:
        await made.hang_up()
        made.close()


async def test_old_stories_go(settings: Settings, web: WebServer) -> None:
    made = Library(replace(settings, retention=replace(settings.retention, days=30)))
    try:
        today = datetime.now(UTC)
        fresh, old = ((today - timedelta(days=days)).strftime("%a, %d %b %Y %H:%M:%S GMT") for days in (2, 40))
        web.page("/feed.xml", feed(entry(2, pubDate=fresh), entry(1, pubDate=old)), media_type=RSS)
        await follow(made, web.url("/feed.xml"))
        await visit_one(made)
        assert titles(made) == ["Ferry 2 sails again this winter"]
    finally:
        await made.hang_up()
        made.close()


# Sources


async def test_editing_and_removing(library: Library, web: WebServer) -> None:
    web.page("/feed.xml", feed(entry(2, category="Harbour"), 1), media_type=RSS)
    await follow(library, web.url("/feed.xml"), section=SafeText("Sea"), title=SafeText("Mine"))
    assert {headline.section for headline in library.headlines(ALL)} == {"Sea"}
    edited = library.edit_source(1, title=SafeText(""), section=SafeText("Land"), full_text=True)
    assert (edited.title, edited.section, edited.full_text) == ("The Gazette", "Land", True)
    assert {headline.section for headline in library.headlines(ALL)} == {"Land"}
    assert library.source_id("1") == library.source_id(web.url("/feed.xml")) == 1
    for name in ("2", "http://gazette.example/none", "nonsense", "9" * 30):
        with pytest.raises(NotFoundError):
            library.source_id(name)
    library.mark([1], starred=True)
    library.remove_source(1)
    assert library.sources() == ()
    assert [headline.id for headline in library.headlines(ALL)] == [1], "what the reader starred is the reader's"
    with pytest.raises(NotFoundError):
        library.source(1)
    again = await follow(library, web.url("/feed.xml"))
    assert len(titles(library)) == 2
    assert not again.health.error


async def test_a_source_that_is_removed_during_its_visit_stays_removed(library: Library, web: WebServer) -> None:
    web.page("/feed.xml", feed(1), media_type=RSS)
    await follow(library, web.url("/feed.xml"))

    def answer(_: Request) -> Answer:
        library.remove_source(1)
        return Answer(feed(2, 1), media_type=RSS)

    web.answer("/feed.xml", answer)
    await visit_one(library)
    assert library.sources() == ()
    assert titles(library) == []
    assert all(finding.ok for finding in library.doctor())


async def test_subscriptions_come_and_go_as_opml(
    library: Library, settings: Settings, tmp_path: Path, web: WebServer
) -> None:
    for number, name, section in ((1, "a", "Sea"), (2, "b", "")):
        web.page(f"/{name}.xml", feed(number, title=f"Paper {name} & sons"), media_type=RSS)
        await follow(library, web.url(f"/{name}.xml"), section=SafeText(section))
    file = tmp_path / "feeds.opml"
    file.write_text(library.export_opml())
    assert (await library.import_file(file)).added == 0
    other = Library(replace(settings, folders=load(tmp_path / "other").folders))
    try:
        report = await other.import_file(file)
        assert (report.added, report.known, report.rejected) == (2, 0, ())
        again = await other.import_file(file)
        assert (again.added, again.known) == (0, 2)

        def told(one: Library) -> list[tuple[str, ...]]:
            rows = (row.subscription for row in one.sources())
            return [(source.kind, source.url, source.title, source.section) for source in rows]

        assert told(other) == told(library)
        assert {outcome.new async for outcome in other.refresh()} == {1}, "an imported source is due at once"
        with pytest.raises(ReaderError, match="could not be read"):
            await other.import_file(tmp_path / "none.opml")
        file.write_bytes(b"\x00\x01 nothing of the kind")
        with pytest.raises(ReaderError):
            await other.import_file(file)
    finally:
        await other.hang_up()
        other.close()


async def test_the_page_of_a_kept_story_is_asked_for_though_its_feed_is_not_followed(
    library: Library, web: WebServer, tmp_path: Path
) -> None:
    page = web.url("/ferry/1")
    starred = {"title": "Ferry", "canonicalUrl": page, "categories": ["user/-/state/com.google/starred"]}
    (tmp_path / "starred.json").write_text(json.dumps({"items": [starred]}))
    assert (await library.import_file(tmp_path / "starred.json")).brought == 1
    assert library.sources() == ()
    with pytest.raises(BlockedError, match="127"):  # nobody typed that address
        await library.full_story(library.story_id(page))
    assert await library.book_pictures([safe_url("https://nowhere.example/p.png")]) == {}


async def test_a_login_is_never_told(library: Library, web: WebServer) -> None:
    web.page("/feed.xml", feed(1), media_type=RSS)
    await follow(library, web.url("/feed.xml").replace("http://", "http://ann:s3cret@"))
    assert web.requests[-1].headers["authorization"].startswith("Basic ")
    assert library.source(1).login == "ann:s3cret"
    assert "s3cret" not in library.export_opml()
    assert "s3cret" not in library.source(1).url
    file = library.settings.folders.library_file
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    asked = len(web.requests)
    assert f"chmod 600 {file}" in (await visit_one(library)).error
    assert len(web.requests) == asked, "a password that others may read is not used"
    file.chmod(0o600)
    assert not (await visit_one(library)).error


async def test_a_login_from_the_config_is_used_at_its_site_and_kept_nowhere(
    library: Library, web: WebServer, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    secret.chmod(0o600)
    login = Login(web.url("/"), "ann", password_file=str(secret))
    library.settings = replace(library.settings, logins=(login,))
    web.page("/feed.xml", feed(1), media_type=RSS)
    with WebServer() as other:
        other.page("/feed.xml", feed(1), media_type=RSS)
        await follow(library, other.url("/feed.xml"))
        assert not any("authorization" in request.headers for request in other.requests)
    source = await follow(library, web.url("/feed.xml"))
    assert [request.headers.get("authorization") for request in web.requests] == ["Basic YW5uOnMzY3JldA=="]
    assert source.login == ""
    assert b"s3cret" not in library.settings.folders.library_file.read_bytes()
    secret.chmod(0o644)
    outcomes = {one.source_id: one async for one in library.refresh((source.id,))}
    assert f"chmod 600 {secret}" in outcomes[source.id].error
    assert len(web.requests) == 1


# Lists


async def test_lists_pages_and_the_front_page(library: Library, web: WebServer) -> None:
    web.page("/feed.xml", feed(*range(9, 0, -1)), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    first = library.headlines(ALL, limit=4)
    rest = library.headlines(ALL, after=first[-1].key, limit=100)
    assert [headline.id for headline in (*first, *rest)] == list(range(9, 0, -1))
    assert library.headlines(ALL, before=rest[0].key, limit=100) == first
    assert [headline.id for headline in library.oldest(ALL, 2)] == [2, 1]
    assert [story.id for story in library.stories(ALL, limit=3)] == [9, 8, 7]
    assert [story.id for story in library.stories(ALL)] == list(range(9, 0, -1))
    edition = library.front_page(datetime(2026, 3, 4, 10, tzinfo=UTC))
    assert [headline.id for headline in edition] == list(range(9, 0, -1))
    assert library.front_page_unread(datetime(2026, 3, 4, 10, tzinfo=UTC)) == 9
    library.mark([2, 5], read=True)
    assert library.front_page_unread(datetime(2026, 3, 4, 10, tzinfo=UTC)) == 7
    library.undo()
    top = library.newest_id()
    web.page("/feed.xml", feed(10, *range(9, 0, -1)), media_type=RSS)
    await visit_one(library)
    assert library.newer_than(ALL, top) == 1
    assert library.mark_listed(ALL, top) == tuple(range(1, 10))
    assert titles(library, StoryFilter(unread=True)) == ["Ferry 10 sails again this winter"]
    assert library.count(ALL) == 10
    (section,) = library.sections()
    assert (section.counts.stories, section.counts.unread) == (10, 1)


async def test_stories_are_given_page_by_page(
    library: Library, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "PAGE", 3)
    web.page("/feed.xml", feed(*range(9, 0, -1)), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    for limit in (1, 3, 4, 6, 8, 9, 20):
        assert [s.id for s in library.stories(ALL, limit=limit)] == list(range(9, 0, -1))[:limit]
    assert len(list(library.stories(ALL))) == 9


async def test_everything_that_came_is_in_the_search_index_after_a_refresh(library: Library, web: WebServer) -> None:
    body = "<p>A word that stands nowhere else: tintinnabulation.</p>"
    more = entry(1, description=f"<![CDATA[{LONG}{body}]]>")
    web.page("/feed.xml", feed(more, *range(20, 2, -1)), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    web.page("/feed.xml", feed(more, *range(23, 2, -1)), media_type=RSS)
    await visit_one(library)
    assert library._store.index_pending() == 0
    assert len(library.search("tintinnabulation")) == 1


async def test_doctor_tells_of_failing_sources(library: Library, web: WebServer) -> None:
    web.page("/feed.xml", feed(1), media_type=RSS)
    await follow(library, web.url("/feed.xml"))
    assert all(finding.ok for finding in library.doctor())
    web.page("/feed.xml", status=500)
    await visit_one(library)
    (finding,) = [finding for finding in library.doctor() if not finding.ok]
    assert finding.subject == "sources"
    assert "The Gazette" in finding.says


# What the reader asked for


async def test_rules_and_watched_searches_in_a_refresh(settings: Settings, web: WebServer) -> None:
    config = b"""
        [[searches]]
        name = "Seven"
        query = "title:7 OR title:8"
        notify = true
        [[rules]]
        name = "No eight"
        query = "title:8"
        mute = true
        sources = ["gazette"]
        """
    library = Library(parse_settings(config, "config.toml", settings))
    web.page("/feed.xml", feed(9, 8, 7), media_type=RSS)
    candidates = await library.discover(web.url("/feed.xml"))
    _, outcome = await library.subscribe(candidates[0])
    await library.hang_up()
    assert (outcome.new, [(one.search, one.count, one.title[:7]) for one in outcome.told]) == (
        2,
        [("Seven", 1, "Ferry 7")],
    )
    assert [(one.name, one.unread, one.more) for one in library.searches()] == [("Seven", 1, False)]
    (test,) = library.test_rules()
    assert (test.rule.name, test.caught, [one.title[:7] for one in test.headlines]) == ("No eight", 1, ["Ferry 8"])
    library.mark([2, 3], read=True)
    change = library.undo()
    assert change is not None
    assert library.redo() == change
    with pytest.raises(ReaderError, match="needs a name"):
        library.tag([3], ' " ')
    with pytest.raises(ReaderError, match="a comma stands between two"):
        library.tag([3], "a,b")
    assert library.tag([3], '"Sea"') == (3,)
    assert library.retag([3], {"bus": True, "SEA": False}) == (3,)
    assert [one.name for one in library.tags()] == ["bus"]
    assert library.undo()
    assert [one.name for one in library.tags()] == ["Sea"]
    found = library.snippets("left ferry", [3, 99])
    assert found.keys() == {3}
    assert [found[3].text[first:last] for first, last in found[3].matches] == ["Ferry", "left"]
    library.close()
