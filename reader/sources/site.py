"""A news site from its address alone: the front page, the section pages that it names, and the pages of new stories.

Stories are told apart by `url_key`, so tracking parameters, schemes and fragments do not double them. What a visit
found last time is remembered as a hash of the set of stories, in the place of the body's hash: a front page that says
`Today: …` changes every day without having news. Its ETag and Last-Modified are only kept when the front page led
with whatever the section pages led with; then an unchanged front page means that nothing is new anywhere, and else the
section pages are to be looked at each time, for they change without it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from reader.errors import FetchError, OfflineError, ParseError, RetryLaterError
from reader.fetch import Document
from reader.model import Candidate, Snapshot, Subscription, Unchanged, Validators
from reader.sources import Desk
from reader.sources.front import FrontPage, PageKind, SectionLink, read_front
from reader.sources.links import path_of
from reader.sources.pages import Reading, Teaser, Visit, is_page, read_stories
from reader.text import EMPTY, SafeText, SafeUrl, counted, host_of, safe_text, url_key

MAX_SECTION_PAGES = 12
FEWEST_STORIES = 3
"""On a front page; with fewer it is not taken for a newspaper's."""
_AT_ONCE = 3


class Site:
    """Reads front pages, section pages and story pages of HTML."""

    name = "site"

    async def find(self, document: Document, desk: Desk) -> tuple[Candidate, ...]:
        """The site, or the one section whose page this is; nothing for a page that lists no stories."""
        if not is_page(document):
            return ()
        try:
            page = await desk.parser.call(read_front, document.body, document.url, document.charset)
        except ParseError:
            return ()
        if page.kind is PageKind.SECTION:
            own = await _own_teasers(document.url, page, Visit(desk))
            says = f"the section {page.section} with {counted(len(own), 'story')}, read from its page"
            found = Candidate(self.name, document.url, _name(page, document.url), len(own), safe_text(says))
            return (found,) if own else ()
        if page.kind is not PageKind.FRONT:
            return ()
        teasers: Sequence[Teaser] = page.teasers
        if len(teasers) < FEWEST_STORIES:
            teasers = (await _survey(page, Visit(desk))).teasers if page.sections else ()
        if len(teasers) < FEWEST_STORIES:
            return ()
        where = " on its front page" if teasers is page.teasers else ""
        named = f" in {len(page.sections)} sections" if len(page.sections) > 1 else ""
        says = f"a news site with {counted(len(teasers), 'story')}{where}{named}, read from its pages"
        return (Candidate(self.name, document.url, _name(page, document.url), len(teasers), safe_text(says)),)

    async def pull(self, subscription: Subscription, desk: Desk) -> Snapshot | Unchanged:
        """Visit the front page or section page, then what it leads to. Raises FetchError or ParseError."""
        last, visit = subscription.validators, Visit.of(subscription, desk)
        # The web is not told our hash: it would compare it with the body's.
        asked = Validators(etag=last.etag, last_modified=last.last_modified) if last.body_hash else Validators()
        answer = await visit.get(subscription.url, validators=asked)
        if isinstance(answer, Unchanged):
            return replace(answer, validators=last)
        if not is_page(answer):
            raise ParseError(f"{host_of(answer.url)} did not send a page, but {safe_text(answer.media_type, 60)}.")
        page = await desk.parser.call(read_front, answer.body, answer.url, answer.charset)
        survey = await self._survey(answer, page, visit)
        if not survey.teasers:
            raise ParseError(f"No stories were found on {answer.url}.")
        validators = survey.validators(answer.validators)
        if validators.body_hash == last.body_hash:
            return Unchanged(validators, fresh_for_s=answer.fresh_for_s, moved_to=answer.moved_to)
        names = {section.name.casefold(): section.name for section in page.sections}
        reading = await read_stories(survey.teasers, visit, names)
        return Snapshot(
            title=_name(page, answer.url),
            home_url=answer.url,
            language=page.language,
            items=reading.items,
            validators=validators if reading.complete else Validators(),
            fresh_for_s=answer.fresh_for_s,
            moved_to=answer.moved_to,
            warning=survey.warning(reading),
        )

    async def _survey(self, document: Document, page: FrontPage, visit: Visit) -> _Survey:
        if page.kind is not PageKind.SECTION:
            return await _survey(page, visit)
        own = await _own_teasers(document.url, page, visit)
        return _Survey(tuple(replace(teaser, section=page.section) for teaser in own))


class _Survey(Struct, frozen=True):
    """What the front page and its section pages list."""

    teasers: tuple[Teaser, ...]
    """Each story once, in the section that it belongs to as far as the lists say."""
    missing: tuple[SafeText, ...] = ()
    """Sections whose page did not come."""
    front_leads: bool = True
    """Whether the first story of every section stood on the front page as well."""

    def validators(self, of_front: Validators) -> Validators:
        """What tells next time that nothing is new."""
        keys = "\n".join(sorted(url_key(teaser.url) for teaser in self.teasers))
        stories = blake2b(keys.encode(), digest_size=32).hexdigest()
        if not self.front_leads or self.missing:
            return Validators(body_hash=stories)
        return replace(of_front, body_hash=stories)

    def warning(self, reading: Reading) -> SafeText:
        """A sentence or two about what did not come."""
        if not self.missing:
            return reading.warning
        sections = f"No answer from the page of {', '.join(self.missing[:3])}{' …' if len(self.missing) > 3 else ''}."
        return safe_text(f"{sections} {reading.warning}")


async def _survey(front: FrontPage, visit: Visit) -> _Survey:
    """The front page and its section pages, as one list."""
    sections = sorted(front.sections, key=lambda section: path_of(section.url).count("/"))[:MAX_SECTION_PAGES]
    pages = await _section_pages(sections, visit)
    belongs = _sections_of(front, pages)
    listed = [front.teasers, *(page.teasers for _, page in pages)]
    merged: dict[str, Teaser] = {}
    for teaser in _interleaved(listed):
        key = url_key(teaser.url)
        merged[key] = merged[key].filled_from(teaser) if key in merged else teaser
    on_front = {url_key(teaser.url) for teaser in front.teasers}
    first: dict[str, str] = {}
    for section, page in pages:
        own = (key for teaser in page.teasers if belongs.get(key := url_key(teaser.url)) == section.name)
        first[section.name] = next(own, "")
    return _Survey(
        teasers=tuple(
            replace(teaser, section=teaser.section or belongs.get(key, EMPTY), language=front.language)
            for key, teaser in merged.items()
        ),
        missing=tuple(s.name for s in sections if all(s is not section for section, _ in pages)),
        front_leads=all(not key or key in on_front for key in first.values()),
    )


async def _section_pages(sections: Sequence[SectionLink], visit: Visit) -> list[tuple[SectionLink, FrontPage]]:
    """The pages that answered and that list stories, in the order of the sections."""
    pages: dict[SafeUrl, FrontPage] = {}
    waiting = iter(sections)
    tired = False

    async def work() -> None:
        nonlocal tired
        for section in waiting:
            if tired:
                return
            try:
                pages[section.url] = await _page_at(section.url, visit)
            except (RetryLaterError, OfflineError):
                tired = True
            except (FetchError, ParseError):
                continue

    async with asyncio.TaskGroup() as workers:
        for _ in range(_AT_ONCE):
            workers.create_task(work())
    return [(section, pages[section.url]) for section in sections if section.url in pages]


async def _page_at(url: SafeUrl, visit: Visit) -> FrontPage:
    answer = await visit.get(url)
    if isinstance(answer, Unchanged) or not is_page(answer):
        return FrontPage()
    return await visit.desk.parser.call(read_front, answer.body, answer.url, answer.charset)


# Which story belongs to which section: pure


def _sections_of(front: FrontPage, pages: Sequence[tuple[SectionLink, FrontPage]]) -> dict[str, SafeText]:
    """url_key -> section.

    The folder decides where sections have folders. Else a section page's own list is the one that stands on no other
    page, while a sidebar stands on all of them: a list weighs what it has that no other page lists.
    """
    lists = [(section.name, _lists(page)) for section, page in pages]
    on_pages = Counter(key for _, groups in lists for key in set().union(*groups))
    seen = Counter(group for group in (*_lists(front), *(group for _, groups in lists for group in set(groups))))
    claims: dict[str, tuple[tuple[int, int, int], SafeText]] = {}
    for name, groups in lists:
        for place, group in enumerate(groups):
            alone, only_here = sum(on_pages[key] == 1 for key in group), int(seen[group] == 1)
            if alone or only_here:
                claim = (alone, only_here, -place), name
                for key in group:
                    claims[key] = max(claims.get(key, claim), claim, key=lambda one: one[0])
    found = {key: name for key, (_, name) in claims.items()}
    for teaser in (*front.teasers, *(teaser for _, page in pages for teaser in page.teasers)):
        if folder := _by_folder(teaser.url, front.sections):
            found[url_key(teaser.url)] = folder
    return found


def _lists(page: FrontPage) -> list[frozenset[str]]:
    return [frozenset(url_key(page.teasers[at].url) for at in group) for group in page.groups]


def _by_folder(url: SafeUrl, sections: Iterable[SectionLink]) -> SafeText:
    """The section in whose folder the story lies; the deepest where folders lie in each other."""
    path = path_of(url)
    inside = [s for s in sections if path != path_of(s.url) != "/" and path.startswith(path_of(s.url))]
    return max(inside, key=lambda section: len(path_of(section.url))).name if inside else EMPTY


async def _own_teasers(url: SafeUrl, page: FrontPage, visit: Visit) -> tuple[Teaser, ...]:
    """The stories of a section page without those of its sidebars.

    Where stories lie in their section's folder, that tells them apart; else what the front page lists just so does.
    """
    folder = path_of(url)
    groups = [set(group) for group in page.groups]
    inside = {at for at, teaser in enumerate(page.teasers) if path_of(teaser.url).startswith(folder)}
    if any(group <= inside for group in groups):
        kept = set().union(*(group for group in groups if group <= inside))
    else:
        parts = urlsplit(url)
        try:
            elsewhere = set(_lists(await _page_at(SafeUrl(f"{parts.scheme}://{parts.netloc}/"), visit)))
        except (FetchError, ParseError):
            elsewhere = set()
        own = [group for group, keys in zip(groups, _lists(page), strict=True) if keys not in elsewhere]
        kept = set().union(*(own or groups))
    return tuple(teaser for at, teaser in enumerate(page.teasers) if at in kept)


def _interleaved(lists: Sequence[Sequence[Teaser]]) -> Iterable[Teaser]:
    """The first list, then the first of each other, the second of each, and so on: the top of every page early."""
    yield from lists[0]
    for row in range(max((len(teasers) for teasers in lists[1:]), default=0)):
        for teasers in lists[1:]:
            if row < len(teasers):
                yield teasers[row]


def _name(page: FrontPage, url: SafeUrl) -> SafeText:
    """What to call the source: the publication, and the section where it is only that."""
    title = page.title or safe_text(host_of(url))
    return safe_text(f"{title}: {page.section}") if page.section else title


SOURCE = Site()
