"""A news site from its address alone: what is a story link, whose section it is, what a visit asks for."""

# ruff: noqa: E501 - a piece of markup is read more easily on one line

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from reader.library import Library
from reader.model import StoryFilter, TextKind, Unchanged
from reader.settings import Settings, folders
from reader.sources.front import FrontPage, PageKind, read_front
from reader.sources.links import (
    can_be_section,
    first_folder,
    is_list,
    is_service,
    is_story_shaped,
    sections_by_path,
    story_shape,
)
from reader.sources.pages import MAX_PAGES
from reader.sources.site import MAX_SECTION_PAGES
from reader.text import SafeUrl
from tests.newsdesk import Visitor, by_story, together, words_of
from tests.newssite import MARKUPS, Addresses, Answer, Markup, NewsSite

HOME = SafeUrl("https://gazette.example/")
HEADLINES = (
    "Ferry crews accept the new winter timetable",
    "Museum finds a letter nobody had opened",
    "Rain delays the start of the harvest again",
)
EXCERPT = "The first sentence of the story runs to about here and then it is cut…"


def front(html: str, url: str = HOME) -> FrontPage:
    return read_front(html.encode(), SafeUrl(url))


def slug(headline: str) -> str:
    return headline.lower().replace(" ", "-")


def each(template: str) -> str:
    """The template once for each headline: {n} from 1, {head}, its {slug}, and a {text} to go with it."""
    return "".join(
        template.format(n=n, head=head, slug=slug(head), text=EXCERPT) for n, head in enumerate(HEADLINES, 1)
    )


# Addresses


@pytest.mark.parametrize(
    "path",
    [
        "/politics/councils-win-power-to-set-fares/",
        "/2025/09/20/fares.html",
        "/2025-09-20/fares",
        "/20250920/fares",
        "/news/articles/c4g8xyz123o",
        "/s/10482",
        "/a/1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901",
        "/index.php?id=10482",
        "/2025/09/fares-rise-again",
        "/archives/fares-rise-again-in-march",
        "/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1-%D8%A7%D9%84%D9%8A%D9%88%D9%85-%D9%81%D9%8A-%D9%85%D8%B5%D8%B1",
        "/wirtschaft/die-preise-steigen-a-1234567.html",
        "/news/uk-politics-12345678",
        "/contact-lens-maker-recalls-its-blue-tint",
    ],
)
def test_an_address_that_can_only_be_a_storys(path: str) -> None:
    assert is_story_shaped(SafeUrl(f"https://gazette.example{path}"))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/tag/transport-policy-and-roads",
        "/author/marta-lindqvist-of-the-desk",
        "/topics/the-winter-timetable-dispute",
        "/about-the-gazette/",
        "/privacy-policy",
        "/terms-and-conditions-of-use",
        "/login?next=/2025/09/20/fares.html",
        "/politics?page=2",
        "/politics/page/2/",
        "/pictures/2025/09/20/ferry.jpg",
        "/feed.xml",
        "/search?q=ferry",
    ],
)
def test_an_address_that_can_be_no_storys(path: str) -> None:
    assert story_shape(SafeUrl(f"https://gazette.example{path}")) < 1


@pytest.mark.parametrize(
    "path", ["/politics", "/politics/", "/world/middle-east", "/sport/football/", "/?cat=4", "/uk"]
)
def test_an_address_that_may_be_a_sections(path: str) -> None:
    assert can_be_section(SafeUrl(f"https://gazette.example{path}"))


@pytest.mark.parametrize(
    "path", ["/", "/about/", "/login", "/video", "/tag/ferry", "/politics?page=2", "/2025/09/20/fares.html", "/map.pdf"]
)
def test_an_address_that_is_no_sections(path: str) -> None:
    assert not can_be_section(SafeUrl(f"https://gazette.example{path}"))


def test_lists_and_services_are_told_by_their_folders() -> None:
    assert is_list(SafeUrl("https://gazette.example/autor/lindqvist"))
    assert is_service(SafeUrl("https://gazette.example/impressum.html"))
    assert not is_service(SafeUrl("https://gazette.example/jobs/unemployment-falls-for-third-month"))


def test_a_folder_names_a_section_when_stories_share_it() -> None:
    urls = [
        SafeUrl(f"https://gazette.example/{path}")
        for path in ("en/middle-east/a-b-c", "middle-east/d-e-f", "lonely/g", "2025/09/20/h", "news/i")
    ]
    assert sections_by_path(urls) == {"middle-east": "Middle East"}
    assert [first_folder(url) for url in urls] == ["middle-east", "middle-east", "lonely", "", ""]


# Lists of stories in whatever markup


CARDS = {
    "a whole card in one link": '<a href="/a/100{n}"><img src="/{n}.jpg"><span>Culture</span><h3>{head}</h3><p>{text}</p><i>{n} May 2025</i></a>',
    "only “read more” is a link": '<div><h2>{head}</h2><p>{text}</p><p>{n} May 2025</p><a href="/story.php?id=80{n}">Read more</a></div>',
    "no boxes": '<h3><a href="/{slug}">{head}</a></h3><p>{text}</p><span>{n} May 2025</span>',
    "no boxes, the date first": '<span>{n} May 2025</span><h3><a href="/{slug}">{head}</a></h3><p>{text}</p>',
    "nothing but spans": '<p><a href="/n/7700{n}"><span>{head}</span><span>{text}</span><span>May {n}, 2025</span></a></p>',
    "terms and definitions": '<dt><a href="/archives/1{n}">{head}</a> <small>({n}.5.2025)</small></dt><dd>{text}</dd>',
    "rows of a table": '<tr><td>0{n}.05.2025</td><td><a href="/news.asp?nid=1{n}">{head}</a></td><td>{text}</td></tr>',
    "a byline beside the date": (
        '<article><h2><a href="/{slug}">{head}</a></h2><p>{text}</p><p>By <a href="/author/lee">Ann Lee</a> · {n} May 2025</p></article>'
    ),
    "a machine's date": '<li><a href="/{slug}">{head}</a><p>{text}</p><time datetime="2025-05-0{n}T01:00:00+01:00">just now</time></li>',
    "the picture and the headline linked apart": (
        '<div><a href="/{slug}?ref=pic"><img src="/{n}.jpg" alt="{head}"></a><div><a href="/{slug}#top">{head}</a></div><div>{text}</div><div>{n} May 2025</div></div>'
    ),
    "comments counted": '<div><h2><a href="/{slug}">{head}</a></h2><a href="/{slug}#comments">12 comments</a><p>{text}</p><p>{n} May 2025</p></div>',
}


@pytest.mark.parametrize("name", CARDS)
def test_each_story_once_with_headline_excerpt_and_date(name: str) -> None:
    inside = {"rows of a table": "table", "terms and definitions": "dl"}.get(name, "div")
    page = front(f"<{inside}>{each(CARDS[name])}</{inside}>")
    assert page.kind is PageKind.FRONT
    assert [teaser.title for teaser in page.teasers] == list(HEADLINES)
    assert {teaser.summary for teaser in page.teasers} == {EXCERPT}
    dates = [teaser.published_at for teaser in page.teasers]
    assert dates == [datetime(2025, 5, day, tzinfo=UTC) for day in (1, 2, 3)]


NOT_STORIES = {
    "another site's": '<li><a href="https://elsewhere.example/{slug}">{head}</a></li>',
    "in the navigation": '<nav><a href="/{slug}">{head}</a></nav>',
    "in the page's footer": '<footer><p><a href="/{slug}">{head}</a></p></footer>',
    "in a dialog": '<div role="dialog"><a href="/{slug}">{head}</a></div>',
    "not shown": '<div hidden><a href="/{slug}">{head}</a></div><div style="display: none"><a href="/{slug}">{head}</a></div>',
    "about a tag": '<li><a href="/tag/{slug}">{head}</a></li>',
    "a file": '<li><a href="/{slug}.pdf">{head}</a></li>',
    "the pages after this one": '<li><a href="?page={n}">{head}</a></li>',
    "a way to sign in": '<form><a href="/account/recover">Forgot your password again?</a><input></form>',
    "nothing": "",
}


@pytest.mark.parametrize("name", NOT_STORIES)
def test_links_that_lead_to_no_story(name: str) -> None:
    page = front(f"<p>Welcome back to the site.</p>{each(NOT_STORIES[name])}")
    assert page.teasers == ()
    assert page.kind is PageKind.OTHER


def test_a_shop_is_no_newspaper() -> None:
    page = front(each('<div><a href="/garden-set-of-oak-{n}"><b>{head}</b></a><span>€ 4{n}.90</span></div>'))
    assert page.kind is PageKind.OTHER


def test_the_mastheads_date_is_no_storys() -> None:
    nav = '<div><a href="/uk/">UK</a> <a href="/world/">World</a> <a href="/sport/">Sport</a></div>'
    head = '<div>Today : Nov 22, 2025</div><div><a href="/">The Gazette</a></div>'
    page = front(f'<div>{head}{nav}<div><a href="/uk/{slug(HEADLINES[0])}">{HEADLINES[0]}</a></div></div>')
    assert [(teaser.title, teaser.summary, teaser.published_at) for teaser in page.teasers] == [
        (HEADLINES[0], "", None)
    ]
    assert [section.name for section in page.sections] == ["UK", "World", "Sport"]


def test_a_headline_that_names_a_month_is_a_headline() -> None:
    page = front(
        "".join(
            f'<div><a href="/x/{n}/march-2024-was-hot">March 2024 was the hottest</a><p>It began on 3 May 2021 with one letter to the desk</p></div>'
            for n in range(3)
        )
    )
    assert {teaser.title for teaser in page.teasers} == {"March 2024 was the hottest"}
    assert {(teaser.summary[:8], teaser.published_at) for teaser in page.teasers} == {("It began", None)}


def test_scripts_without_spaces() -> None:
    heads = (
        "首相が新しい予算案を国会に提出した",
        "海岸の古い灯台が修復されて公開へ",
        "研究者が深海で新種の魚を発見した",
    )
    rows = "".join(
        f'<li><a href="/articles/AST9{n}0Q1">{head}</a><time>2025年9月{n}日</time></li>'
        for n, head in enumerate(heads, 1)
    )
    nav = '<ul><li><a href="/politics/">政治</a><li><a href="/world/">国際</a><li><a href="/science/">科学</a></ul>'
    page = front(f"{nav}<ul>{rows}</ul>")
    assert [teaser.title for teaser in page.teasers] == list(heads)
    assert [section.name for section in page.sections] == ["政治", "国際", "科学"]
    assert page.teasers[2].published_at == datetime(2025, 9, 3, tzinfo=UTC)


def test_a_picture_that_is_loaded_late_and_one_that_only_counts() -> None:
    page = front(
        each(
            '<div><img src="data:image/gif;base64,R0lGOD" data-src="/big/{n}.jpg"><img width="1" height="1" src="/count.gif">'
            '<h2><a href="/{slug}">{head}</a></h2></div>'
        )
    )
    assert [teaser.picture and teaser.picture.url for teaser in page.teasers] == [
        f"https://gazette.example/big/{n}.jpg" for n in (1, 2, 3)
    ]


def test_navigation_with_submenus_beside_a_bar_of_services() -> None:
    page = front(
        '<div><a href="/subscribe">Subscribe</a><a href="/newsletters">Newsletters</a><a href="/login">Log in</a></div>'
        '<div><ul><li><a href="/">Home</a><li><a href="/news">News</a><ul><li><a href="/news/uk">UK</a><li><a href="/news/world">World</a></ul>'
        '<li><a href="/sport">Sport</a><li><a href="/video">Video</a><li><a href="/de/">Deutsch</a></ul></div>'
        + each(
            '<section><h2><a href="/news/uk">UK</a></h2><div><a href="/news/articles/c{n}4g8xyz1o">{head}</a></div></section>'
        )
    )
    assert [section.name for section in page.sections] == ["News", "UK", "World", "Sport"]
    assert {teaser.section for teaser in page.teasers} == {"UK"}


EDITION = '<nav><a href="/en/">Home</a><a href="/en/politics">Politics</a><a href="/en/world">World</a></nav>'


def test_an_edition_in_a_folder_has_a_front_page_of_its_own() -> None:
    stories = each('<div><a href="/en/a-900{n}">{head}</a><p>{text}</p></div>')
    assert front(EDITION + stories, "https://gazette.example/en/").kind is PageKind.FRONT
    section = front(EDITION + stories, "https://gazette.example/en/politics")
    assert (section.kind, section.section, [s.name for s in section.sections]) == (
        PageKind.SECTION,
        "Politics",
        ["World"],
    )


def test_a_link_within_a_site_is_not_less_safe_than_the_page() -> None:
    page = front(each('<p><a href="http://gazette.example/{slug}">{head}</a></p>'))
    assert {teaser.url.partition(":")[0] for teaser in page.teasers} == {"https"}


def test_a_form_around_the_whole_page_hides_nothing() -> None:
    menu = "".join(f'<a href="/part{n}">Part {chr(65 + n)}</a>' for n in range(12))
    assert len(front(f"<form>{menu}<div>{each('<p><a href=/{slug}>{head}</a></p>')}</div></form>").teasers) == 3


def test_a_page_of_many_links_is_cut() -> None:
    many = "".join(f'<p><a href="/news/{n:05}/{slug(HEADLINES[0])}">{HEADLINES[0]}</a></p>' for n in range(6_000))
    assert len(front(f"<div>{many}</div>").teasers) == 5_000


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("addresses", ["slug", "id", "date"])
def test_what_each_page_of_the_site_is(markup: Markup, addresses: Addresses) -> None:
    site = NewsSite(markup, addresses, origin=HOME.rstrip("/"))

    def page(path: str) -> FrontPage:
        return read_front(site.answer(path).body, SafeUrl(site.origin + path))

    kinds = {
        path: page(path).kind.value for path in ("/", "/politics/", site.path(site.stories[0]), "/about/", "/login/")
    }
    assert list(kinds.values()) == ["front", "section", "story", "other", "other"]
    home = page("/")
    assert (home.title, home.language) == ("The Harbour Gazette", "en")
    assert [section.name for section in home.sections] == ["Politics", "World", "Science", "Culture"]
    assert [teaser.title for teaser in home.teasers] == [story.headline for story in site.stories[:6]]
    assert [len(group) for group in home.groups] == [6, 4]
    assert page("/politics/").section == "Politics"


# A visit


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("addresses", ["slug", "id", "date"])
@together
async def test_every_story_once_and_whole(markup: Markup, addresses: Addresses, visitor: Visitor) -> None:
    with NewsSite(markup, addresses).serving() as site:
        (candidate,) = await visitor.find("site", site.origin)
        assert (candidate.title, candidate.stories) == ("The Harbour Gazette", 6)
        assert candidate.says == "a news site with 6 stories on its front page in 4 sections, read from its pages"
        site.requests.clear()
        snapshot = await visitor.snapshot("site", candidate.url)
    assert max(site.asked.values()) == 1
    assert (snapshot.title, snapshot.language, snapshot.warning) == ("The Harbour Gazette", "en", "")
    found = by_story(site, snapshot)
    assert list(found) == site.stories[:6] + [story for story in site.stories if story not in site.stories[:6]]
    for story, item in found.items():
        assert (item.title, item.summary, item.section) == (story.headline, story.dek, story.section)
        assert item.published_at is not None
        assert item.published_at.date() == story.date.date()
        assert words_of(item.markdown) == story.paragraphs
        assert (item.text, item.guid) == (TextKind.FULL, site.url(story))
        assert item.picture is not None


@together
async def test_known_stories_are_mentioned_and_not_asked_for(visitor: Visitor) -> None:
    with NewsSite().serving() as site:
        await visitor.snapshot("site", site.origin)
        fresh = replace(
            site.stories[0],
            id=10490,
            slug="pier-clock-strikes-thirteen-again",
            headline="Pier clock strikes thirteen again",
        )
        site.stories.insert(0, fresh)
        site.requests.clear()
        snapshot = await visitor.snapshot("site", site.origin)
    found = by_story(site, snapshot)
    assert found.pop(fresh).title == fresh.headline
    assert len(found) == 8
    for item in found.values():
        assert (item.title, item.summary, item.markdown, item.section, item.published_at) == ("", "", "", "", None)
    assert [path for path in site.requests if path.count("/") > 2] == [site.path(fresh)]


@together
async def test_a_new_day_on_the_masthead_is_no_news(visitor: Visitor) -> None:
    with NewsSite(etags=True).serving() as site:
        first = await visitor.snapshot("site", site.origin)
        site.requests.clear()
        again = await visitor.pull("site", site.origin, first.validators)
        assert isinstance(again, Unchanged)
        assert site.requests == ["/"], "the front page leads with all sections, so its 304 is enough"
        site.today = "Today : Nov 23, 2025"
        tomorrow = await visitor.pull("site", site.origin, again.validators)
    assert isinstance(tomorrow, Unchanged)
    assert tomorrow.validators.body_hash == first.validators.body_hash
    assert tomorrow.validators.etag != first.validators.etag


@together
async def test_sections_are_looked_at_when_the_front_page_does_not_lead_with_them(visitor: Visitor) -> None:
    with NewsSite(etags=True, front=3, latest=0).serving() as site:
        first = await visitor.snapshot("site", site.origin)
        assert len(first.items) == 8
        fresh = replace(
            site.stories[-1],
            id=10491,
            slug="a-bell-is-heard-below-the-bay",
            headline="A bell is heard below the bay",
        )
        site.stories.insert(3, fresh)  # first in its section, and not on the front page
        second = await visitor.snapshot("site", site.origin, first.validators)
    assert by_story(site, second)[fresh].title == fresh.headline


@together
async def test_a_page_that_fails_leaves_its_teaser(visitor: Visitor) -> None:
    with NewsSite("jsonld").serving() as site:
        gone = site.stories[1]
        site.faults[site.path(gone)] = Answer(b"gone", status=404)
        snapshot = await visitor.snapshot("site", site.origin)
    item = by_story(site, snapshot)[gone]
    assert (item.title, item.summary, item.section) == (gone.headline, gone.excerpt, gone.section)
    assert (item.markdown, item.text, item.published_at) == ("", TextKind.TEASER, datetime(2025, 9, 20, tzinfo=UTC))
    assert snapshot.warning == "1 of 8 story pages could not be read."


@pytest.mark.parametrize("status", [429, 503])
@together
async def test_a_site_that_asks_for_patience_is_left_alone(status: int, visitor: Visitor) -> None:
    with NewsSite(addresses="id").serving() as site:
        for story in site.stories:
            site.faults[site.path(story)] = Answer(b"later", status=status, headers={"Retry-After": "120"})
        snapshot = await visitor.snapshot("site", site.origin)
    assert len(by_story(site, snapshot)) == 8
    assert snapshot.warning == "The site asked for patience: 8 of 8 new stories have no text yet."
    assert sum(path.startswith("/s/") for path in site.requests) <= 3


@together
async def test_a_section_that_fails_is_named(visitor: Visitor) -> None:
    with NewsSite().serving() as site:
        site.faults["/world/"] = Answer(b"", status=500)
        snapshot = await visitor.snapshot("site", site.origin)
    assert snapshot.warning == "No answer from the page of World."
    assert len(by_story(site, snapshot)) == 8
    assert snapshot.validators.etag == ""


@together
async def test_a_link_whose_page_is_no_story_is_left_out(visitor: Visitor) -> None:
    with NewsSite().serving() as site:
        site.faults[site.path(site.stories[0])] = Answer(
            b"<title>Offers</title><h1>Our offers</h1><p>Subscribe now.</p>"
        )
        snapshot = await visitor.snapshot("site", site.origin)
    assert set(by_story(site, snapshot)) == set(site.stories[1:])


@together
async def test_the_same_canonical_address_on_every_page_is_not_believed(visitor: Visitor) -> None:
    with NewsSite(addresses="id").serving() as site:
        wrong = f'<link rel="canonical" href="{site.origin}/s/1">'
        for story in site.stories:
            page = site.answer(site.path(story)).body.decode()
            named = f'<link rel="canonical" href="{site.url(story)}">'
            site.faults[site.path(story)] = Answer(page.replace(named, wrong).encode())
        snapshot = await visitor.snapshot("site", site.origin)
    assert len({item.guid for item in snapshot.items}) == len(site.stories)


@together
async def test_no_more_than_so_many_pages_a_visit(visitor: Visitor) -> None:
    with NewsSite(addresses="id", front=100).serving() as site:
        one = site.stories[0]
        site.stories = [replace(one, id=20_000 + n, headline=f"{one.headline}, for the {n}th time") for n in range(70)]
        snapshot = await visitor.snapshot("site", site.origin)
    read = [item for item in snapshot.items if item.text is TextKind.FULL]
    assert len(snapshot.items) == 70
    assert len(read) == MAX_PAGES
    assert list(by_story(site, snapshot))[:MAX_PAGES] == site.stories[:MAX_PAGES]


@together
async def test_no_more_than_so_many_sections_a_visit(visitor: Visitor) -> None:
    with NewsSite().serving() as site:
        more = [
            replace(site.stories[0], id=30_000 + n, section=f"Part {chr(65 + n)}", slug=f"a-story-of-part-{n}")
            for n in range(16)
        ]
        site.stories += [replace(story, section=story.section.replace(" ", "-")) for story in more]
        await visitor.snapshot("site", site.origin)
    assert sum(path.count("/") == 2 for path in site.requests) == MAX_SECTION_PAGES


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("addresses", ["slug", "id"])
@together
async def test_a_sections_address_means_that_section_only(
    markup: Markup, addresses: Addresses, visitor: Visitor
) -> None:
    with NewsSite(markup, addresses).serving() as site:
        (candidate,) = await visitor.find("site", f"{site.origin}/science/")
        assert (candidate.title, candidate.stories) == ("The Harbour Gazette: Science", 2)
        assert candidate.says == "the section Science with 2 stories, read from its page"
        snapshot = await visitor.snapshot("site", candidate.url)
    assert list(by_story(site, snapshot)) == [story for story in site.stories if story.section == "Science"]
    assert {item.section for item in snapshot.items} == {"Science"}


@pytest.mark.parametrize("path", ["/about/", "/login/", "/contact/"])
@pytest.mark.parametrize("markup", MARKUPS)
@together
async def test_a_page_that_is_no_news_offers_nothing(markup: Markup, path: str, visitor: Visitor) -> None:
    with NewsSite(markup).serving() as site:
        assert await visitor.find("site", site.origin + path) == ()


@pytest.mark.parametrize("markup", MARKUPS)
@together
async def test_a_single_story_offers_nothing(markup: Markup, visitor: Visitor) -> None:
    with NewsSite(markup).serving() as site:
        assert await visitor.find("site", site.url(site.stories[2])) == ()


@together
async def test_a_front_page_that_only_names_sections_is_a_newspapers(visitor: Visitor) -> None:
    with NewsSite(front=0, latest=0).serving() as site:
        (candidate,) = await visitor.find("site", site.origin)
    assert candidate.says == "a news site with 8 stories in 4 sections, read from its pages"


@together
async def test_what_becomes_no_newspaper_is_an_error_and_removes_nothing(visitor: Visitor) -> None:
    from reader.errors import ParseError

    with NewsSite().serving() as site:
        site.faults["/"] = Answer(b"<p>We are moving house.</p>")
        with pytest.raises(ParseError, match="No stories were found"):
            await visitor.pull("site", site.origin)
        site.faults["/"] = Answer(b"%PDF-1.7", media_type="application/pdf")
        with pytest.raises(ParseError, match="application/pdf"):
            await visitor.pull("site", site.origin)


@together
async def test_in_the_library_a_second_visit_changes_nothing(tmp_path: Path) -> None:
    with NewsSite("soup").serving() as site:
        library = Library(Settings(folders=folders(tmp_path)))
        try:
            (candidate, *_) = await library.discover(site.origin)
            subscription, outcome = await library.subscribe(candidate)
            assert (candidate.kind, outcome.new, outcome.error) == ("site", 8, "")
            site.stories.insert(
                0,
                replace(
                    site.stories[0], id=10492, slug="gulls-learn-the-timetable", headline="Gulls learn the timetable"
                ),
            )
            outcomes = [o async for o in library.refresh((subscription.id,))]
            assert [(o.new, o.updated) for o in outcomes] == [(1, 0)]
            titles = [headline.title for headline in library.headlines(StoryFilter())]
            sections = {section.name for section in library.sections()}
        finally:
            await library.hang_up()
            library.close()
    assert sorted(titles) == sorted(story.headline for story in site.stories)
    assert sections == {"Politics", "World", "Science", "Culture"}
