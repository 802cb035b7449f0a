"""The sample edition: it is what it says it is, and goes the way of every other source."""

import re
import struct
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from importlib.resources import files
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from reader.errors import ConfigError, ParseError
from reader.fetch import Document
from reader.model import Snapshot, Subscription, TextKind, Unchanged, Validators
from reader.parsing import Parser
from reader.sources import Desk, sample, source_for
from reader.sources.sample import Edition, candidates, document_at, next_edition, page_document
from reader.text import EMPTY, SafeText, SafeUrl, count_words

MORNING = datetime(2026, 11, 22, 6, tzinfo=UTC)
EVENING = datetime(2026, 11, 22, 18, tzinfo=UTC)
PUBLICATIONS = sample._publications()
COPIES = [copy for publication in PUBLICATIONS for copy in sample._copies(publication.key)]
PICTURES = sorted((files("reader") / "sample" / "pictures").iterdir(), key=lambda file: file.name)


def subscription(url: str, validators: Validators | None = None) -> Subscription:
    return Subscription(1, "sample", SafeUrl(url), EMPTY, validators=validators or Validators())


@pytest.fixture(autouse=True)
def _one_day(monkeypatch):
    monkeypatch.setenv(sample.DAY_VARIABLE, "2026-11-22")


@pytest.fixture
async def desk():
    async with Parser() as parser:
        yield Desk(web=None, parser=parser, is_known=lambda url: False)


# What is in it


def test_it_is_a_paper_of_many_sections_and_several_publications():
    assert len(PUBLICATIONS) >= 2
    assert len(COPIES) >= 24
    assert len({copy.section for copy in COPIES}) >= 6


@pytest.mark.parametrize("copy", COPIES, ids=lambda copy: copy.slug)
def test_every_story_is_complete(copy):
    assert copy.headline
    assert len(copy.headline) <= 90
    assert not copy.headline.endswith((".", "!"))
    assert copy.dek.endswith((".", "。"))
    assert copy.byline
    assert copy.hours > 0
    assert 230 <= count_words(copy.text) <= 750 or copy.slug == "the-wire-that-took-twelve-years"
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", copy.slug)


def test_what_a_first_reader_should_meet_is_there():
    by_slug = {copy.slug: copy for copy in COPIES}
    assert count_words(by_slug["the-wire-that-took-twelve-years"].text) >= 2_500
    assert {"ar", "ja"} <= {copy.language for copy in COPIES}
    assert sum("\n| --- |" in copy.text for copy in COPIES) >= 1
    assert any("\n```xml\n" in copy.text for copy in COPIES)
    assert any("\n> " in copy.text for copy in COPIES)
    assert any('class="footnotes"' in copy.text for copy in COPIES)
    assert sum("<figure>" in copy.text for copy in COPIES) == len(PICTURES)
    assert sum(bool(copy.correction) for copy in COPIES) == 1


def test_one_event_is_told_by_two_publications_in_different_words():
    gazette, review = (
        next(copy for copy in sample._copies(key) if "Strasbourg petition" in copy.headline)
        for key in ("gazette", "review")
    )
    assert gazette.headline != review.headline
    assert gazette.byline != review.byline
    ours, theirs = (
        {" ".join(pair) for pair in zip(w, w[3:], strict=False)} for w in (gazette.text.split(), review.text.split())
    )
    assert len(ours & theirs) < len(ours) // 10


def test_links_lead_to_few_and_lasting_places():
    links = {urlsplit(link).hostname for copy in COPIES for link in re.findall(r"\]\((https?://[^)]+)\)", copy.text)}
    assert links <= {"www.rfc-editor.org", "www.w3.org", "en.wikipedia.org"}


def test_pictures_are_small_and_declare_their_true_size():
    sizes = {}
    for file in PICTURES:
        head = file.read_bytes()[:24]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        sizes[file.name] = struct.unpack(">II", head[16:24])
    assert sum(len(file.read_bytes()) for file in PICTURES) < 400_000
    declared = re.compile(r'<img src="/pictures/([^"]+)" alt="([^"]{20,})" width="(\d+)" height="(\d+)">')
    shown = [match.groups() for copy in COPIES for match in declared.finditer(copy.text)]
    assert {name: (int(width), int(height)) for name, _, width, height in shown} == sizes
    assert all("<figcaption>" in copy.text for copy in COPIES if "<figure>" in copy.text)


# Its editions


def test_the_morning_edition_is_that_of_the_last_six_o_clock():
    zone = ZoneInfo("Europe/Vienna")
    late, early = datetime(2026, 11, 22, 9, 30, tzinfo=zone), datetime(2026, 11, 22, 4, tzinfo=zone)
    assert next_edition(Validators(), late) == Edition(datetime(2026, 11, 22, 5, tzinfo=UTC))
    assert next_edition(Validators(), early) == Edition(datetime(2026, 11, 21, 5, tzinfo=UTC))


def test_editions_follow_one_another_and_end():
    now = datetime(2026, 11, 22, 9, 30, 20, tzinfo=UTC)
    morning = next_edition(Validators(), now)
    evening = next_edition(morning.validators(), now + timedelta(days=3))
    assert evening == Edition(MORNING, datetime(2026, 11, 25, 9, 30, tzinfo=UTC))
    assert next_edition(evening.validators(), now) is None


@pytest.mark.parametrize("etag", ["noon", "morning tea", '"abc"'])
def test_validators_that_are_not_ours_bring_the_morning_edition(etag):
    assert next_edition(Validators(etag=etag), MORNING) == Edition(MORNING)


def test_a_given_day_is_printed_whatever_the_clock_says():
    now = datetime(2031, 1, 1, tzinfo=UTC)
    morning = next_edition(Validators(), now, date(2026, 11, 22))
    assert morning == Edition(MORNING)
    assert next_edition(morning.validators(), now, date(2026, 11, 22)) == Edition(MORNING, EVENING)


def test_no_story_is_dated_after_its_edition():
    for edition in (Edition(MORNING), Edition(MORNING, EVENING)):
        for copy in COPIES:
            assert edition.published_at(copy) < edition.printed_at
            assert edition.published_at(copy) <= edition.updated_at(copy) <= edition.printed_at


def test_the_evening_edition_brings_two_or_three_more_stories_and_the_corrected_one():
    evening = Edition(MORNING, EVENING)
    assert sum(evening.is_news(copy) for copy in COPIES) == 3
    assert all(not Edition(MORNING).has(copy) for copy in COPIES if copy.evening)


# What it prints


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)


@pytest.mark.parametrize("publication", PUBLICATIONS, ids=lambda publication: publication.key)
def test_pages_are_those_of_a_news_site(publication):
    edition = Edition(MORNING)
    copy = sample._copies(publication.key)[0]
    page = page_document(publication, edition, SafeUrl(publication.url + copy.path()))
    html, tags = page.body.decode(), _Tags()
    tags.feed(html)
    assert tags.tags.count("h1") == 1
    assert {"button", "time", "li"} <= set(tags.tags)
    for words in ("Today : Sunday, 22 November 2026", "Latest contents", "cookie", publication.motto, "$"):
        assert (words in html) is (words != "$")


def test_there_is_no_page_for_a_story_of_another_publication_or_edition():
    gazette, review, _ = PUBLICATIONS
    elsewhere = SafeUrl(gazette.url + sample._copies("review")[0].path())
    evening = next(copy for copy in sample._copies("review") if copy.evening)
    assert page_document(gazette, Edition(MORNING), elsewhere) is None
    assert page_document(review, Edition(MORNING), SafeUrl(review.url + evening.path())) is None
    assert page_document(review, Edition(MORNING, EVENING), SafeUrl(review.url + evening.path()))


def test_the_correction_is_made_in_the_evening():
    review = PUBLICATIONS[1]
    corrected = next(copy for copy in COPIES if copy.correction)
    url = SafeUrl(review.url + corrected.path())
    before = page_document(review, Edition(MORNING), url).body.decode()
    after = page_document(review, Edition(MORNING, EVENING), url).body.decode()
    assert ("Palitsch" in before, "Palitzsch" in before, "Correction" in before) == (True, False, False)
    assert ("Palitsch" in after, "Palitzsch" in after, "Correction" in after) == (False, True, True)


def test_everything_that_a_page_shows_can_be_had_without_a_network():
    for publication in PUBLICATIONS:
        assert document_at(publication.url).media_type == "application/atom+xml"
        for copy in sample._copies(publication.key):
            assert document_at(SafeUrl(publication.url + copy.path())).media_type == "text/html"
    assert document_at(SafeUrl(PUBLICATIONS[0].url + "pictures/cable.png")).body.startswith(b"\x89PNG")
    for path in ("pictures/none.png", "pictures/../publications.toml", "nothing"):
        assert document_at(SafeUrl(PUBLICATIONS[0].url + path)) is None
    assert document_at(SafeUrl("https://example.org/")) is None


# The source


async def test_only_its_own_addresses_are_recognised(desk):
    found = await source_for("sample").find(Document(url=SafeUrl("https://example.org/"), body=b""), desk)
    assert found == ()
    for url, title in sample.publications():
        (candidate,) = await source_for("sample").find(Document(url=url, body=b""), desk)
        assert (candidate.kind, candidate.url, candidate.title) == ("sample", url, title)
        assert candidates(SafeUrl(f"{url}feed.xml")) == (candidate,)


async def test_other_addresses_cannot_be_pulled(desk):
    with pytest.raises(ParseError, match="no publication"):
        await source_for("sample").pull(subscription("https://example.org/"), desk)


async def test_it_comes_out_of_the_pipeline_as_it_was_written(desk):
    for publication in PUBLICATIONS:
        snapshot = await source_for("sample").pull(subscription(publication.url), desk)
        assert isinstance(snapshot, Snapshot)
        assert snapshot.title == publication.title
        assert not snapshot.warning
        copies = {copy.headline: copy for copy in sample._copies(publication.key) if not copy.evening}
        assert {item.title for item in snapshot.items} == set(copies)
        for item in snapshot.items:
            copy = copies[item.title]
            assert (item.summary, item.section, item.authors) == (copy.dek, copy.section, copy.byline)
            assert item.language == copy.language.lower()
            assert item.published_at == Edition(MORNING).published_at(copy)
            assert item.text is TextKind.FULL
            assert (item.picture is not None) is ("<figure>" in copy.text)
            assert_same_story(item.markdown, copy)


def assert_same_story(markdown: SafeText, copy: sample.Copy) -> None:
    """Every paragraph is there and nothing of what surrounds it."""
    for noise in ("cookie", "Latest contents", "Share this story", "Letters to the editor", "Subscribe", "Today :"):
        assert noise not in markdown or noise in copy.text, (copy.slug, noise)
    paragraphs = [
        part for part in copy.text.split("\n\n") if re.match(r"\w", part) and not re.search(r"[*_`<\[]|^\d\. ", part)
    ]
    missing = [part[:60] for part in paragraphs if part.strip() not in markdown.replace("\\", "")]
    assert len(missing) <= bool(copy.correction), (copy.slug, missing)
    headings = re.findall(r"^## .*$", copy.text, re.M)
    assert [line for line in markdown.splitlines() if line.startswith("## ")] == headings, copy.slug
    assert markdown.count("\n| ") == copy.text.count("\n| "), copy.slug
    assert markdown.count("```") == copy.text.count("```"), copy.slug
    assert markdown.count("![") == copy.text.count("<figure>"), copy.slug
    assert markdown.count("\n[^") == copy.text.count('<li id="fn'), copy.slug


async def test_a_second_visit_brings_the_evening_edition_and_a_third_nothing(desk):
    review = PUBLICATIONS[1]
    source = source_for("sample")
    morning = await source.pull(subscription(review.url), desk)
    evening = await source.pull(subscription(review.url, morning.validators), desk)
    assert [item.title for item in evening.items] == [
        copy.headline
        for copy in sample._newest_first(review, Edition(MORNING, EVENING))
        if Edition(MORNING, EVENING).is_news(copy)
    ]
    before = {item.guid: item for item in morning.items}
    (again,) = [item for item in evening.items if item.guid in before]
    assert again.published_at == before[again.guid].published_at
    assert again.updated_at == EVENING
    assert again.markdown != before[again.guid].markdown
    assert isinstance(await source.pull(subscription(review.url, evening.validators), desk), Unchanged)


def test_a_day_that_is_none_is_said(monkeypatch):
    monkeypatch.setenv(sample.DAY_VARIABLE, "yesterday")
    with pytest.raises(ConfigError, match=sample.DAY_VARIABLE):
        document_at(PUBLICATIONS[0].url)


def test_without_a_given_day_the_paper_is_of_today(monkeypatch):
    monkeypatch.delenv(sample.DAY_VARIABLE)
    page = document_at(SafeUrl(PUBLICATIONS[0].url + sample._copies("gazette")[0].path()))
    assert re.search(r"Today : \w+day, \d+ \w+ 20\d\d", page.body.decode())
