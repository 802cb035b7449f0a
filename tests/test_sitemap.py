"""News sitemaps: what a file says, where files are looked for, what a visit asks for."""

# ruff: noqa: E501 - a piece of markup is read more easily on one line

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from reader.errors import ParseError
from reader.model import TextKind, Unchanged
from reader.sources.pages import MAX_PAGES
from reader.sources.sitemap import MAX_ENTRIES, MAX_FILES, MAX_UNPACKED, Sitemap, read_robots, read_sitemap
from reader.text import SafeUrl
from tests.newsdesk import Visitor, by_story, together, words_of
from tests.newssite import MARKUPS, Answer, Markup, NewsSite

NOW = datetime(2025, 9, 21, 12, tzinfo=UTC)
AT = SafeUrl("https://gazette.example/sitemap-news.xml")
NEWS = 'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'


def urlset(rows: str, prolog: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    return f'{prolog}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {NEWS}>{rows}</urlset>'.encode()


def news(
    path: str, title: str = "A headline of some words", date: str = "2025-09-20T07:30:00+02:00", more: str = ""
) -> str:
    return (
        f"<url><loc>https://gazette.example{path}</loc><n:news><n:publication><n:name>The Gazette</n:name><n:language>en</n:language>"
        f"</n:publication><n:publication_date>{date}</n:publication_date><n:title>{title}</n:title></n:news>{more}</url>"
    )


def read(body: bytes) -> Sitemap:
    return read_sitemap(body, AT, NOW)


# Files


def test_an_entry_with_all_that_the_extensions_have() -> None:
    picture = "<image:image><image:loc>/ferry.jpg</image:loc><image:caption>The ferry</image:caption></image:image>"
    found = read(urlset(news("/a-story?utm_source=map#top", "Ferries &amp;amp; buses  agree", more=picture)))
    assert (found.title, found.language, found.is_news) == ("The Gazette", "en", True)
    (teaser,) = found.teasers
    assert (teaser.url, teaser.title, teaser.language) == (
        "https://gazette.example/a-story",
        "Ferries & buses agree",
        "en",
    )
    assert teaser.published_at == datetime(2025, 9, 20, 5, 30, tzinfo=UTC)
    assert teaser.picture is not None
    assert (teaser.picture.url, teaser.picture.caption) == ("https://gazette.example/ferry.jpg", "The ferry")


def test_the_newest_stories_come_first_and_each_once() -> None:
    rows = (
        news("/old", "The old one", "2025-09-18")
        + news("/new/", "The new one", "2025-09-20")
        + news("/new?ref=x", "Again", "2025-09-19")
    )
    assert [teaser.title for teaser in read(urlset(rows)).teasers] == ["The new one", "The old one"]


def test_entries_without_news_do_not_count_beside_those_with_it() -> None:
    rows = "<url><loc>https://gazette.example/about/</loc><lastmod>2025-09-21</lastmod></url>" + news("/one-story")
    assert [teaser.url for teaser in read(urlset(rows)).teasers] == ["https://gazette.example/one-story"]


@pytest.mark.parametrize(
    "body",
    [
        urlset(news("/x")).replace(b"xmlns:n=", b"xmlns:other="),
        urlset(news("/x")).replace(b"http://www.google", b"https://google"),
    ],
)
def test_a_namespace_that_is_missing_or_mistyped_is_no_loss(body: bytes) -> None:
    assert [teaser.title for teaser in read(body).teasers] == ["A headline of some words"]


def test_without_the_news_extension_what_is_recent_and_story_shaped_counts() -> None:
    def row(path: str, changed: str) -> str:
        return f"<url><loc>https://gazette.example{path}</loc><lastmod>{changed}</lastmod></url>"

    rows = (
        row("/2025/09/20/ferries-agree-on-winter", "2025-09-20T08:00:00Z")
        + row("/politics/", "2025-09-21")
        + row("/2025/09/01/long-past-and-done", "2025-09-01")
        + row("/2025/09/19/changed-in-the-future", "2031-01-01")
        + "<url><loc>https://gazette.example/2025/09/20/no-date-of-change</loc></url>"
    )
    found = read(urlset(rows))
    assert not found.is_news
    assert [(teaser.url, teaser.sure) for teaser in found.teasers] == [
        ("https://gazette.example/2025/09/20/ferries-agree-on-winter", False)
    ]


def test_an_index_names_its_files() -> None:
    files = "<sitemap><loc>/a.xml</loc><lastmod>2025-09-20</lastmod></sitemap><sitemap><loc>javascript:x</loc></sitemap><sitemap/>"
    found = read(f"<sitemapindex>{files}</sitemapindex>".encode())
    assert [(file.url, file.changed_at) for file in found.files] == [
        ("https://gazette.example/a.xml", datetime(2025, 9, 20, tzinfo=UTC))
    ]


def test_a_file_that_breaks_off_gives_what_came() -> None:
    body = urlset(news("/one") + news("/two") + news("/three"))
    assert len(read(body[:-150]).teasers) >= 2


def test_entities_are_not_expanded_and_nothing_is_fetched() -> None:
    bomb = '<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
    (teaser,) = read(urlset(news("/one", "Words &b;&x; here"), bomb)).teasers
    assert "root:" not in teaser.title
    assert len(teaser.title) < 200


def test_control_characters_end_here() -> None:
    (teaser,) = read(urlset(news("/one", "A &#x9b;31m headline&#x202e; of words"))).teasers
    assert teaser.title.isprintable()


def test_entries_beyond_the_limit_are_left() -> None:
    assert len(read(urlset("".join(news(f"/{n}") for n in range(MAX_ENTRIES + 10)))).teasers) == MAX_ENTRIES


def test_a_file_packed_twice() -> None:
    assert len(read(gzip.compress(urlset(news("/one")))).teasers) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Not found</body></html>",
        b"",
        b"plain words",
        b"\x1f\x8b\x08broken",
        gzip.compress(b" " * (MAX_UNPACKED + 1)),
        b"<rss/>",
    ],
    ids=["page", "empty", "words", "broken gzip", "bomb", "feed"],
)
def test_what_is_no_sitemap_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        read(body)


def test_robots_names_sitemaps_in_any_spelling() -> None:
    robots = b"User-agent: *\r\nDisallow: /x\r\nSITEMAP : /one.xml # the first\r\nsitemap:https://cdn.example/two.xml\nSitemap: ftp://x/y\nSitemap: /one.xml\n"
    assert read_robots(robots, SafeUrl("https://gazette.example/robots.txt")) == (
        "https://gazette.example/one.xml",
        "https://cdn.example/two.xml",
    )


# Visits


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("where", ["robots", "well-known", "index", "gzip"])
@together
async def test_every_story_once_and_whole(markup: Markup, where: str, visitor: Visitor) -> None:
    with NewsSite(markup, sitemap=where, html=False).serving() as site:  # type: ignore[arg-type]
        (candidate,) = await visitor.find("sitemap", site.origin)
        assert (candidate.title, candidate.stories, candidate.says) == (
            "The Harbour Gazette",
            8,
            "a news sitemap with 8 stories",
        )
        site.requests.clear()
        snapshot = await visitor.snapshot("sitemap", candidate.url)
    assert max(site.asked.values()) == 1
    assert (snapshot.title, snapshot.language, snapshot.home_url) == ("The Harbour Gazette", "en", f"{site.origin}/")
    found = by_story(site, snapshot)
    assert list(found) == site.stories
    for story, item in found.items():
        assert (item.title, item.summary, item.section) == (story.headline, story.dek, story.section)
        assert item.published_at is not None
        assert item.published_at.date() == story.date.date()
        assert (words_of(item.markdown), item.text) == (story.paragraphs, TextKind.FULL)


@together
async def test_the_day_of_the_sitemap_is_the_moment_where_the_page_has_none(visitor: Visitor) -> None:
    with NewsSite("divs", "id", sitemap="robots").serving() as site:
        late = site.stories[0]
        site.faults[site.path(late)] = Answer(b"", status=500)
        snapshot = await visitor.snapshot("sitemap", f"{site.origin}/sitemaps/news.xml")
    item = by_story(site, snapshot)[late]
    assert (item.title, item.published_at, item.text) == (late.headline, late.date, TextKind.NONE)
    assert snapshot.warning == "1 of 8 story pages could not be read."


@together
async def test_a_sitemap_without_news_lists_what_changed_of_late(visitor: Visitor) -> None:
    with NewsSite(sitemap="plain").serving() as site:
        recent = datetime.now(UTC) - timedelta(hours=3)
        site.stories[0] = replace(site.stories[0], date=recent)
        (candidate,) = await visitor.find("sitemap", site.origin)
        assert candidate.says == "a sitemap with 1 story"
        snapshot = await visitor.snapshot("sitemap", candidate.url)
    assert list(by_story(site, snapshot)) == site.stories[:1]


@together
async def test_unknown_stories_alone_are_asked_for_and_the_unchanged_file_costs_one_request(visitor: Visitor) -> None:
    with NewsSite(sitemap="robots").serving() as site:
        url = f"{site.origin}/sitemaps/news.xml"
        first = await visitor.snapshot("sitemap", url)
        site.requests.clear()
        assert isinstance(await visitor.pull("sitemap", url, first.validators), Unchanged)
        assert site.requests == ["/sitemaps/news.xml"]
        fresh = replace(
            site.stories[0], id=10490, slug="pier-clock-strikes-thirteen", headline="Pier clock strikes thirteen"
        )
        site.stories.insert(0, fresh)
        site.requests.clear()
        second = await visitor.snapshot("sitemap", url, first.validators)
    assert site.requests == ["/sitemaps/news.xml", site.path(fresh)]
    found = by_story(site, second)
    assert found.pop(fresh).title == fresh.headline
    assert {item.title for item in found.values()} == {""}


@together
async def test_an_index_is_read_again_since_its_files_change_without_it(visitor: Visitor) -> None:
    with NewsSite(sitemap="index", etags=True).serving() as site:
        first = await visitor.snapshot("sitemap", f"{site.origin}/sitemap_index.xml")
        assert (first.validators.etag, first.validators.body_hash) == ("", "")
    assert "/maps/pages.xml" not in site.requests


@together
async def test_of_an_index_only_so_many_files_the_news_and_the_newest_first(visitor: Visitor) -> None:
    with NewsSite().serving() as site:
        names = [*(f"posts-{n}" for n in range(8)), "images", "authors"]
        rows = "".join(
            f"<sitemap><loc>/maps/{name}.xml</loc><lastmod>2025-09-1{n}</lastmod></sitemap>"
            for n, name in enumerate(names)
        )
        site.faults["/index.xml"] = Answer(f"<sitemapindex>{rows}</sitemapindex>".encode(), "application/xml")
        with pytest.raises(Exception, match="404"):
            await visitor.pull("sitemap", f"{site.origin}/index.xml")
    assert site.requests[1:] == [f"/maps/posts-{n}.xml" for n in range(7, 7 - MAX_FILES, -1)]


@together
async def test_pages_beyond_a_visits_limit_are_listed_by_their_headline(visitor: Visitor) -> None:
    with NewsSite(addresses="id", sitemap="robots").serving() as site:
        one = site.stories[0]
        site.stories = [
            replace(one, id=20_000 + n, headline=f"{one.headline} ({n})", date=one.date - timedelta(hours=n))
            for n in range(MAX_PAGES + 5)
        ]
        snapshot = await visitor.snapshot("sitemap", f"{site.origin}/sitemaps/news.xml")
    kinds = [item.text for item in snapshot.items]
    assert kinds == [TextKind.FULL] * MAX_PAGES + [TextKind.NONE] * 5
    assert all(item.title for item in snapshot.items)


@pytest.mark.parametrize("path", ["/politics/", "/politics/councils-win-power-to-set-their-own-bus-fares/", "/about/"])
@together
async def test_other_pages_do_not_mean_the_whole_site(path: str, visitor: Visitor) -> None:
    with NewsSite(sitemap="robots").serving() as site:
        assert await visitor.find("sitemap", site.origin + path) == ()
    assert site.requests == [path]


@together
async def test_the_address_of_the_sitemap_itself(visitor: Visitor) -> None:
    with NewsSite(sitemap="well-known").serving() as site:
        (candidate,) = await visitor.find("sitemap", f"{site.origin}/sitemap-news.xml")
    assert (candidate.url, candidate.stories) == (f"{site.origin}/sitemap-news.xml", 8)


@together
async def test_a_sitemap_that_the_page_names(visitor: Visitor) -> None:
    with NewsSite(sitemap="well-known").serving() as site:
        site.faults["/"] = Answer(b'<link rel="sitemap" href="/elsewhere/news.xml"><p>Enable scripts.</p>')
        site.faults["/elsewhere/news.xml"] = site.answer("/sitemap-news.xml")
        (candidate,) = await visitor.find("sitemap", site.origin)
    assert candidate.url == f"{site.origin}/elsewhere/news.xml"


@together
async def test_places_that_hold_nothing_are_no_errors(visitor: Visitor) -> None:
    with NewsSite().serving() as site:
        site.faults["/robots.txt"] = Answer(b"Sitemap: /broken.xml", "text/plain")
        site.faults["/broken.xml"] = Answer(b"<urlset><url>", "application/xml")
        site.faults["/sitemap.xml"] = Answer(b"<h1>Welcome</h1>")
        site.faults["/sitemap_index.xml"] = Answer(b"", status=503)
        assert await visitor.find("sitemap", site.origin) == ()
    assert len(site.requests) <= 8


@together
async def test_a_sitemap_of_another_sites_stories_is_not_this_sites(visitor: Visitor) -> None:
    with NewsSite(sitemap="robots").serving() as site:
        site.faults["/sitemaps/news.xml"] = Answer(urlset(news("/one") + news("/two")), "application/xml")
        assert await visitor.find("sitemap", site.origin) == ()


@together
async def test_a_publication_in_a_folder_is_not_the_whole_host(visitor: Visitor) -> None:
    with NewsSite(sitemap="robots").serving() as site:
        site.faults["/town/"] = Answer(
            b"".join(
                b'<p><a href="/town/story-%d-of-the-town">A story of the town, the %dth</a></p>' % (n, n)
                for n in range(9)
            )
        )
        assert await visitor.find("sitemap", f"{site.origin}/town/") == ()


def test_a_sitemap_of_several_publications_has_the_name_of_none() -> None:
    assert read(urlset(news("/one") + news("/two").replace("The Gazette", "The Herald"))).title == ""
