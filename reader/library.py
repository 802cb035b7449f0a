"""The verbs of the program. Both front ends speak to the Library and to nothing below it.

What only reads or marks is an ordinary method that a thread may call; what waits for the network is a coroutine, and
imports its heavy modules when first used. An interface takes `reader.newsroom.Newsroom`, a Library whose coroutines run
in a process of their own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing, contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from reader.edition import front_page
from reader.errors import ConfigError, LibraryDamagedError, NotFoundError, ParseError, ReaderError
from reader.model import (
    Candidate,
    Change,
    Counts,
    Finding,
    Following,
    Headline,
    ImportReport,
    Key,
    Listed,
    Outcome,
    Picture,
    Position,
    Revision,
    RuleTest,
    SearchCount,
    Section,
    Snippet,
    SourceRow,
    Story,
    StoryFilter,
    Subscription,
    TagCount,
    TextKind,
)
from reader.settings import Settings
from reader.store import Inquiry, Store
from reader.text import EMPTY, NO_URL, SafeText, SafeUrl, safe_text, safe_url

if TYPE_CHECKING:
    from reader.pictures import Drawing, Frame
    from reader.refresh import Refresher

PAGE = 200
PAGE_OF_HITS = 10_000
"""Of a query: each page looks at all hits again."""
PRUNE_EVERY = 32
"""Pictures that are fetched one by one before it is looked at whether they have become too many."""
INDEX_STEP = 100
"""Stories that are put into the search index in one transaction."""
COUNTED = 1_000
"""Unread stories of a saved search beyond which it is enough to know that there are more."""
EXAMPLES = 5
"""Stories that are shown of what a rule would have caught."""
FRONT_PAGE_STORIES = 400
"""How many of the newest stories the front page is chosen from."""


class Library:
    """The reader's library: open it once, close it at the end; cheap until it is first asked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._network: AsyncExitStack | None = None
        self._pictures_fetched = 0
        self._looked_at: Refresher | None = None
        """Remembers what the last `discover` fetched, for a `subscribe` that follows."""

    @cached_property
    def _store(self) -> Store:
        return Store.open(self.settings.folders.library_file)

    def close(self) -> None:
        """Give back the file."""
        if "_store" in self.__dict__:
            self._store.close()
            del self._store

    # Reading: from the cache

    def front_page(self, now: datetime) -> tuple[Headline, ...]:
        """What the front page shows at this moment, newest first."""
        return self._store.headlines_by_id([arrival.id for arrival in self._chosen(now)])

    def front_page_unread(self, now: datetime) -> int:
        """How many of those are unread."""
        return sum(not arrival.read for arrival in self._chosen(now))

    def _chosen(self, now: datetime) -> tuple[Listed, ...]:
        return front_page(self._store.newest(FRONT_PAGE_STORIES), now)

    def headlines(
        self, wanted: StoryFilter, *, after: Key | None = None, before: Key | None = None, limit: int = 100
    ) -> tuple[Headline, ...]:
        """One page of a list, newest first; `after` continues towards the older, `before` gives the page just newer."""
        return self._store.headlines(wanted, after=after, before=before, limit=limit)

    def oldest(self, wanted: StoryFilter, limit: int = 100) -> tuple[Headline, ...]:
        """The last page of a list, newest first."""
        return self._store.oldest(wanted, limit)

    def headlines_by_id(self, ids: Collection[int]) -> tuple[Headline, ...]:
        """These rows as they are now, in the given order; those that are gone are left out."""
        return self._store.headlines_by_id(ids)

    def stories(self, wanted: StoryFilter, *, limit: int | None = None) -> Iterator[Story]:
        """Whole stories, newest first; page by page, so that any number of them takes little memory."""
        after: Key | None = None
        size = PAGE_OF_HITS if wanted.query else PAGE
        while limit is None or limit > 0:
            page = self._store.headlines(wanted, after=after, limit=min(limit or size, size))
            for headline in page:
                yield self._store.story(headline.id)
            if len(page) < size:
                return
            after = page[-1].key
            limit = limit and limit - len(page)

    def count(self, wanted: StoryFilter) -> int:
        """How many stories a list holds."""
        return self._store.count(wanted)

    def newer_than(self, wanted: StoryFilter, last_id: int) -> int:
        """How many stories came in after the list was made (whose newest id was `last_id`)."""
        return self._store.newer_than(wanted, last_id)

    def newest_id(self) -> int:
        """The id of the story that came in last; 0 when there is none."""
        return self._store.newest_id()

    def sections(self, opened: Collection[str] = ()) -> tuple[Section, ...]:
        """The reader's sections with their counts, and with the sources of those that are opened."""
        return self._store.sections(opened)

    def sources_in(self, section: SafeText) -> tuple[int, ...]:
        """The sources with stories in a section, or in one within it."""
        return self._store.sources_in(section)

    def totals(self) -> Counts:
        """Of the whole library."""
        return self._store.totals()

    def story(self, story_id: int) -> Story:
        """One story as far as it is in the cache. Raises NotFoundError."""
        return self._store.story(story_id)

    def story_id(self, name: str) -> int:
        """The story that an id or a URL names. Raises NotFoundError."""
        if (number := _as_id(name)) is not None:
            return self._store.story(number).id
        if (url := safe_url(name)) and (story_id := self._store.find_story(url)):
            return story_id
        raise NotFoundError(f"There is no story {safe_text(name, 80)}.")

    def stored_picture(self, url: SafeUrl) -> tuple[str, bytes] | None:
        """Media type and bytes of a picture that is in the library; nothing is fetched."""
        image = self._store.image(url)
        return (image.media_type, image.data) if image else None

    def revisions(self, story_id: int) -> tuple[Revision, ...]:
        """How the story stood before its publisher changed it, oldest first."""
        return self._store.revisions(story_id)

    def inquire(self) -> Inquiry:
        """For questions that may be overtaken: asked within it, they end when it is given up."""
        return self._store.inquire()

    def search(self, query: str, *, limit: int = 50, newest_first: bool = True) -> tuple[Headline, ...]:
        """Stories that a query finds. Raises QueryError, which says where the query is wrong."""
        return self._store.search(query, limit=limit, newest_first=newest_first)

    def fits(self, story_id: int, query: str) -> bool:
        """Whether a query finds this one story, muted or not. Raises QueryError."""
        return self._store.fits(story_id, query)

    def snippets(self, query: str, ids: Collection[int]) -> dict[int, Snippet]:
        """Where a query found its words in these stories, for the hits that are looked at. Raises QueryError."""
        from reader.highlight import snippet
        from reader.query import parse

        node, found = parse(query), {}
        for headline in self._store.headlines_by_id(ids):
            with suppress(NotFoundError):
                found[headline.id] = snippet(node, headline, self._store.story(headline.id))
        return found

    def searches(self) -> tuple[SearchCount, ...]:
        """The saved searches, in the config's order, each with how much of what it finds is unread."""
        rows = []
        for saved in self.settings.searches:
            unread = self._store.count(StoryFilter(query=saved.query, unread=True), limit=COUNTED + 1)
            rows.append(SearchCount(safe_text(saved.name), saved.query, min(unread, COUNTED), unread > COUNTED))
        return tuple(rows)

    def test_rules(self) -> tuple[RuleTest, ...]:
        """What each rule would have caught among what is in the library, muted stories included."""
        from reader.query import WHATEVER

        tests = []
        for rule in (saved.desk_rule for saved in self.settings.rules):
            wanted = StoryFilter(query=f"{rule.query} {WHATEVER}")
            found = self._store.headlines(wanted, limit=EXAMPLES)
            tests.append(RuleTest(rule, self._store.count(wanted), found))
        return tuple(tests)

    async def full_story(self, story_id: int) -> Story:
        """The story with its whole text: from the cache, else fetched, extracted and kept.

        Raises FetchError or ParseError; `story()` still gives what there is.
        """
        story = self._store.story(story_id)
        if story.text is TextKind.FULL or not story.item.url:
            return story
        refresher = await self._refresher()
        try:
            subscription = self._store.subscription(story.source_id)
        except NotFoundError:  # no longer followed, or never: what was kept of it can be read all the same
            subscription = Subscription(story.source_id, "feed", NO_URL, story.source)
        if await refresher.fetch_text(subscription, story_id, story.item.url) is None:
            raise ParseError("The story's page holds no text that can be told from what surrounds it.")
        self._store.index_pending(INDEX_STEP)
        return self._store.story(story_id)

    def picture_size(self, url: SafeUrl) -> tuple[int, int] | None:
        """Width and height in pixels of a picture that is in the cache."""
        return self._store.image_size(url)

    async def picture(self, story_id: int, url: SafeUrl, frame: Frame) -> Drawing:
        """A picture of a story, drawn to fit: from the cache, else fetched and kept.

        Raises FetchError or ParseError.
        """
        from reader.pictures import draw_picture

        refresher = await self._refresher()
        if image := self._store.image(url):
            data = image.data
        else:
            story = self._store.story(story_id)
            named = story.picture if story.picture and story.picture.url == url else Picture(url)
            data = await refresher.fetch_picture(self._store.subscription(story.source_id), named)
            self._pictures_fetched += 1
            if self._pictures_fetched % PRUNE_EVERY == 0:
                self._store.prune_images(self.settings.retention.images << 20)
        return await refresher.parser.call(draw_picture, data, frame)

    # What the reader does with stories; each returns the ids that really changed, and is one step of `undo`

    def mark(
        self,
        ids: Collection[int],
        *,
        read: bool | None = None,
        starred: bool | None = None,
        later: bool | None = None,
        watched: bool | None = None,
        muted: bool | None = None,
        label: SafeText = EMPTY,
    ) -> tuple[int, ...]:
        """Change states; None leaves one as it is. `label` says what it was about when it is undone."""
        return self._store.mark(
            ids, read=read, starred=starred, later=later, watched=watched, muted=muted, label=label, now=_now()
        )

    def mark_listed(
        self,
        wanted: StoryFilter,
        up_to_id: int,
        *,
        read: bool = True,
        also: Collection[int] = (),
        down_to: Key | None = None,
        below: Key | None = None,
        label: SafeText = EMPTY,
    ) -> tuple[int, ...]:
        """Mark what a list shows read, or unread, and only what had arrived when it was made.

        With `down_to` no further than that row, itself included; with `below` only the rows under that one. `also` are
        rows that are still shown and no longer in the list: of the unread, those that were read meanwhile.
        """
        return self._store.mark_listed(
            wanted, up_to_id, read=read, also=also, down_to=down_to, below=below, label=label, now=_now()
        )

    def tag(self, ids: Collection[int], name: str) -> tuple[int, ...]:
        """Give stories a tag, in the spelling that it first had. Raises ReaderError for a name that is none."""
        return self._store.tag(ids, _tag_name(name), now=_now())

    def untag(self, ids: Collection[int], name: str) -> tuple[int, ...]:
        """Take a tag from stories."""
        return self._store.tag(ids, _tag_name(name), there=False, now=_now())

    def retag(self, ids: Collection[int], names: Mapping[str, bool]) -> tuple[int, ...]:
        """Give stories several tags, or take them (False), as one step."""
        return self._store.retag(ids, {_tag_name(name): there for name, there in names.items()}, now=_now())

    def tags(self) -> tuple[TagCount, ...]:
        """The reader's tags with their counts, by name."""
        return self._store.tags()

    def undo(self) -> Change | None:
        """Take back the last step of the last day, also one of another start; None when there is none.

        What somebody has changed since is left as it is. The removal of a source is a step too.
        """
        return self._store.undo(_now())

    def redo(self) -> Change | None:
        """Take again the step that was undone last; None when there is none, or when something was done since."""
        return self._store.redo(_now())

    def set_position(self, story_id: int, position: Position) -> None:
        """Keep the place where the reader stopped."""
        self._store.set_position(story_id, position)

    def note_opened(self, story_id: int) -> None:
        """Remember that the reader opened a story."""
        self._store.note_opened(story_id)

    def opened(self) -> tuple[int, ...]:
        """Ids of the stories that the reader opened, the last one first, over restarts; some hundreds of them."""
        return self._store.opened()

    # Sources

    async def discover(self, address: str, kind: str = "") -> tuple[Candidate, ...]:
        """What can be followed at an address, best first; feeds also by the reader's sync server, if there is one.

        Raises FetchError when it does not answer, and ParseError with what was tried when there is nothing to follow.
        """
        from reader.remote import KIND
        from reader.sources import Notebook, by_server, discover, typed_address

        sync = self.settings.sync
        if kind == KIND and not sync.server:
            raise ConfigError("The config names no sync server ([sync]) that could follow it.")
        refresher = await self._refresher()
        self._looked_at = refresher.through(Notebook(refresher.web))
        known_login = await refresher.login_for(typed_address(address)[0])
        found = await discover(address, self._looked_at.web, refresher.parser, kind, known_login)
        at_server = by_server(found, sync.host) if sync.server and not known_login else ()
        return at_server if kind == KIND else (*found, *at_server)

    async def subscribe(
        self, candidate: Candidate, *, section: SafeText = EMPTY, title: SafeText = EMPTY
    ) -> tuple[Subscription, Outcome]:
        """Follow it, and fetch what it has now. An address already followed is renewed and not doubled."""
        subscription, is_new = self._store.add_subscription(
            candidate.kind,
            candidate.url,
            title=candidate.title,
            given_title=title,
            section=section,
            login=candidate.login,
            typed_host=candidate.typed_host,
        )
        from asyncio import CancelledError

        try:
            outcome = await (self._looked_at or await self._refresher()).visit(subscription)
        except CancelledError:
            if is_new:
                self._store.remove_subscription(subscription.id, now=_now(), for_good=True)
            raise
        finally:
            self._looked_at = None
        self._store.index_pending(INDEX_STEP)
        return self._store.subscription(subscription.id), outcome

    async def subscribe_sample(self) -> tuple[Subscription, ...]:
        """Put the sample edition on the table, the morning's and then the evening's; needs no network."""
        from reader.sources.sample import publications

        ids = [self._store.add_subscription("sample", url, title=title)[0].id for url, title in publications()]
        for _edition in ("morning", "evening"):
            async for outcome in self.refresh(ids):
                if outcome.error:
                    raise ParseError(f"The sample edition could not be read: {outcome.error}")
        return tuple(self._store.subscription(source_id) for source_id in ids)

    def following(self) -> Following:
        """How many sources there are, and when one was last read."""
        return self._store.following()

    def sources(self) -> tuple[SourceRow, ...]:
        """All subscriptions with their health and counts, by section and title."""
        return self._store.subscriptions()

    def source(self, source_id: int) -> Subscription:
        """One subscription. Raises NotFoundError."""
        return self._store.subscription(source_id)

    def source_id(self, name: str) -> int:
        """The source that an id or a URL names. Raises NotFoundError."""
        if (number := _as_id(name)) is not None:
            return self._store.subscription(number).id
        if (url := safe_url(name)) and (found := self._store.find_subscription(url)):
            return found.id
        raise NotFoundError(f"There is no source {safe_text(name, 80)}.")

    def edit_source(
        self,
        source_id: int,
        *,
        title: SafeText | None = None,
        section: SafeText | None = None,
        url: SafeUrl | None = None,
        full_text: bool | None = None,
    ) -> Subscription:
        """Change what is not None; an empty title goes back to the publisher's."""
        return self._store.edit_subscription(source_id, title=title, section=section, url=url, full_text=full_text)

    def remove_source(self, source_id: int) -> None:
        """Stop following it; for a day `undo` brings it back with its stories."""
        self._store.remove_subscription(source_id, now=_now())

    # Fetching

    def next_look_at(self) -> datetime | None:
        """When the next source is due; None when there is nothing to look at."""
        from datetime import timedelta

        now, interval = _now(), timedelta(minutes=self.settings.refresh.interval)
        at = self._store.next_due_at(now, interval=interval)
        if not (sync := self.settings.sync).server:
            return at
        server = self._store.server.next_due_at(sync.name, now, interval)
        return min(at, server) if at else server

    async def refresh(
        self, ids: Collection[int] = (), *, everything: bool = False, full: bool = False, images: bool = False
    ) -> AsyncIterator[Outcome]:
        """Visit what is due (or `ids`, or everything); one Outcome a source (one for the sync server).

        After the last one the search index is brought up to date. Closing the iterator ends the visits.
        """
        from reader.refresh import Errand

        refresher = await self._refresher()
        async with aclosing(refresher.run(Errand(tuple(ids), everything, full, images))) as outcomes:
            async for outcome in outcomes:
                yield outcome
        await self._index()
        self._keep_house()

    def give_way(self) -> None:
        """The reader waits for an answer: for a moment a refresh that is running begins nothing new."""
        if self._network is not None:
            self.__refresher.way.give()

    async def _index(self) -> None:
        """Let searches find the whole text of what came in, and what an older version left apart be one story.

        In small steps, as marks may wait for one.
        """
        import asyncio

        way, more = (await self._refresher()).way, True
        while more:
            await way.clear()
            more = self._store.index_pending(INDEX_STEP) + self._store.gather(_now()) > 0
            await asyncio.sleep(0)

    def _keep_house(self) -> None:
        """Let go of what the reader does not want to keep."""
        from datetime import timedelta

        keep = self.settings.retention
        older_than = _now() - timedelta(days=keep.days) if keep.days else None
        self._store.forget_steps(_now())
        self._store.prune(keep_per_source=keep.stories, older_than=older_than)
        self._store.prune_images(keep.images << 20)
        self._store.keep_daily(_now())

    async def _refresher(self) -> Refresher:
        """The network, made on first use; `hang_up` ends it."""
        if self._network is None:
            from reader.refresh import set_up

            async with AsyncExitStack() as stack:
                self.__refresher = await set_up(self._store, self.settings, stack)
                self._network = stack.pop_all()
        return self.__refresher

    async def hang_up(self) -> None:
        """End what the coroutines started: connections, children, locks."""
        self._looked_at = None
        if self._network is not None:
            stack, self._network = self._network, None
            await stack.aclose()

    # Coming and going

    async def import_file(self, path: Path) -> ImportReport:
        """Bring over what a file of another reader holds; twice is the same as once. No network is used.

        Feeds of an OPML file, of newsboat's list or of Miniflux; what was read, starred and tagged in newsboat's cache
        and in exports of web readers. Raises ReaderError; ParseError when the file is none of these.
        """
        from reader.importing import Importer

        refresher = await self._refresher()
        report = await Importer(self._store, refresher.parser, _now()).bring(path)
        await self._index()
        return report

    def export_opml(self) -> str:
        """The subscriptions as OPML 2.0."""
        from reader.opml import write_opml

        return write_opml([row.subscription for row in self._store.subscriptions()], "Broadsheet", _now())

    async def book_pictures(self, urls: Iterable[SafeUrl]) -> dict[SafeUrl, tuple[str, bytes]]:
        """Those of the pictures that are in the library, each in a form that all readers of books show."""
        from reader.reprint import reprint_all

        pictures = {url: picture for url in urls if (picture := self.stored_picture(url))}
        return await reprint_all(pictures, (await self._refresher()).parser)

    # Care

    def doctor(self, *, repair: bool = False, config_fault: str = "") -> tuple[Finding, ...]:
        """What is well and what is not; `config_fault` is why the config, if it is wrong, had to be left out."""
        from reader.doctor import examine

        mend = self._repair if repair else None
        settings = self.settings
        return tuple(
            examine(
                settings.folders, lambda: self._store, _now(), sync=settings.sync, config_fault=config_fault, mend=mend
            )
        )

    def _repair(self) -> tuple[Finding, ...]:
        """Mend the library; where its file is damaged, save what can be saved of it into a new one."""
        try:
            return self._store.repair(_now())
        except LibraryDamagedError:
            from reader.identity import identity_keys
            from reader.store.repair import repair_file

            self.close()
            return repair_file(self.settings.folders.library_file, now=_now(), keys_of=identity_keys)

    @contextmanager
    def salvaged(self) -> Iterator[tuple[Library, list[str]]]:
        """What can still be read of a damaged library, as one of its own for a while, and what became of the rest."""
        import tempfile

        from reader.identity import identity_keys
        from reader.store.salvage import salvage

        self.close()
        with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
            folders = replace(self.settings.folders, data=Path(folder))
            library = Library(replace(self.settings, folders=folders))
            source, target = self.settings.folders.library_file, folders.library_file
            found = salvage(source, target, now=_now(), keys_of=identity_keys)
            try:
                yield library, found.says()
            finally:
                library.close()


def _as_id(name: str) -> int | None:
    """The number that a name is, such as SQLite can hold."""
    return int(name) if name.isascii() and name.isdecimal() and len(name) < 19 else None


def _tag_name(name: str) -> SafeText:
    """A tag that can stand in quotes in a query."""
    if not (cleaned := safe_text(name.replace('"', ""), 60)):
        raise ReaderError("A tag needs a name.")
    if "," in cleaned:
        raise ReaderError(f"{cleaned} is not one tag; a comma stands between two.")
    return cleaned


def _now() -> datetime:
    return datetime.now(UTC)
