"""Store: the library file as one object. Each method is one transaction, or one look."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from reader.model import (
    Article,
    Change,
    Counts,
    Finding,
    Following,
    Headline,
    Key,
    Listed,
    Picture,
    Position,
    Revision,
    Rule,
    Section,
    SourceRow,
    Story,
    StoryFilter,
    Subscription,
    TagCount,
    Unchanged,
)
from reader.store import elsewhere, images, lists, marks, removal, search, stories, subscriptions, twins, visits
from reader.store.changes import Changes, KnownStory, StoredImage, Written
from reader.store.connection import Database, Inquiry, on_network
from reader.store.elsewhere import Carried, Taken
from reader.store.marks import Marks
from reader.store.subscriptions import NewSubscription
from reader.text import EMPTY, SafeText, SafeUrl

if TYPE_CHECKING:
    from reader.store.server import Server

WEEK = timedelta(days=7)
"""The longest interval that the settings allow."""
BATCH = 500
"""Stories that one transaction lets go of: another program's mark waits no longer than that."""


class Store:
    """The library. Any thread may call any method; every one may raise LibraryError."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @classmethod
    def open(cls, path: Path) -> Store:
        """The library in that file, made if it is not there; one that cannot be written can still be read.

        Raises:
            LibraryTooNewError: it was written by a newer version.
            LibraryDamagedError: it is no library of ours, or a damaged one.
            LibraryError: the system does not let us.
        """
        return cls(Database(path))

    def close(self) -> None:
        """Close all threads' connections."""
        self._db.close()

    # Subscriptions

    def add_subscription(
        self,
        kind: str,
        url: SafeUrl,
        *,
        title: SafeText = EMPTY,
        given_title: SafeText = EMPTY,
        section: SafeText = EMPTY,
        login: str = "",
        typed_host: str = "",
    ) -> tuple[Subscription, bool]:
        """Follow an address, and whether it is new; `title` is the publisher's, `given_title` the reader's own."""
        new = NewSubscription(kind, url, title, given_title, section, login=login, typed_host=typed_host)
        with self._db.writing() as db:
            is_new = subscriptions.add(db, new)
            subscription = subscriptions.find(db, url)
        assert subscription is not None
        return subscription, is_new

    def add_subscriptions(self, wanted: Iterable[Subscription]) -> int:
        """Follow many at once, from a file; their titles are taken as the reader's own. How many are new."""
        with self._db.writing() as db:
            return sum(subscriptions.add(db, NewSubscription.of(one)) for one in wanted)

    def subscription(self, source_id: int) -> Subscription:
        """One that is followed. Raises NotFoundError."""
        with self._db.reading() as db:
            return subscriptions.get(db, source_id)

    def find_subscription(self, url: SafeUrl) -> Subscription | None:
        """The one at an address."""
        with self._db.reading() as db:
            return subscriptions.find(db, url)

    def following(self) -> Following:
        """All sources together."""
        with self._db.reading() as db:
            return subscriptions.following(db)

    def subscriptions(self) -> tuple[SourceRow, ...]:
        """All that are followed, by section and then title."""
        with self._db.snapshot() as db:
            return subscriptions.rows(db)

    def edit_subscription(
        self,
        source_id: int,
        *,
        title: SafeText | None = None,
        section: SafeText | None = None,
        url: SafeUrl | None = None,
        full_text: bool | None = None,
    ) -> Subscription:
        """Change what is not None, forget its errors, and make it due; its stories move with its section.

        Raises NotFoundError; ReaderError for an address that another source has.
        """
        with self._db.writing() as db:
            subscriptions.get(db, source_id)
            subscriptions.edit(db, source_id, title=title, section=section, url=url, full_text=full_text)
            return subscriptions.get(db, source_id)

    def trust_no_more(self, source_id: int) -> None:
        """Forget that the reader typed its host: it is on the open internet, and has to stay there."""
        with self._db.writing() as db:
            subscriptions.trust_no_more(db, source_id)

    def remove_subscription(self, source_id: int, *, now: datetime, for_good: bool = False) -> None:
        """Stop following it. Its stories go, but for those that the reader starred, put by or tagged.

        For a day `undo` brings them back, and so does following it again; `for_good` nothing does.

        Raises NotFoundError.
        """
        with self._db.writing() as db:
            title = subscriptions.get(db, source_id).title
            if for_good:
                removal.hide(db, source_id, now=now)
                removal.purge(db, source_id)
            else:
                marks.remove_source(db, source_id, title, now=now)

    def due(
        self, now: datetime, ids: Collection[int] = (), *, everything: bool = False, interval: timedelta = WEEK
    ) -> tuple[Subscription, ...]:
        """Who is to be visited: these, or all, or all that are due. One that is gone is visited only when named.

        Nobody waits longer than a day and an `interval`, whatever the clock said when that was written down.
        """
        with self._db.reading() as db:
            return subscriptions.due(db, now, ids, everything=everything, interval=interval)

    def next_due_at(self, now: datetime, *, interval: timedelta = WEEK) -> datetime | None:
        """When the next visit is due; in the past for one that is due at once, None when there is nobody to visit."""
        with self._db.reading() as db:
            return subscriptions.next_due_at(db, now, interval)

    @property
    def server(self) -> Server:
        """What concerns the sync server."""
        from reader.store.server import Server

        return Server(self._db)

    # Coming from elsewhere

    def source_elsewhere(
        self, url: SafeUrl, *, title: SafeText, home_url: SafeUrl, now: datetime
    ) -> tuple[int, SafeText, bool]:
        """Id and section of the source at an address that another program knew, and whether it is followed here."""
        with self._db.writing() as db:
            return elsewhere.source_for(db, NewSubscription("feed", url, title=title, home_url=home_url), now)

    def take_over(self, source_id: int, carried: Sequence[Carried], *, now: datetime) -> Taken:
        """Take over what was done elsewhere with stories of one source; in transactions that nobody waits long for."""
        parts = []
        for first in range(0, len(carried), BATCH):
            with self._db.writing() as db:
                parts.append(elsewhere.take_over(db, source_id, carried[first : first + BATCH], now=now))
        return sum(parts, Taken())

    # Refreshing

    def known(self, source_id: int, keys: Collection[int]) -> dict[int, KnownStory]:
        """Which of these keys lead to a story of this source."""
        with self._db.reading() as db:
            return visits.known(db, source_id, keys)

    def apply(self, changes: Changes, rules: Sequence[Rule] = ()) -> Written:
        """Write down a visit, with what the rules do to new stories; how many are new, how many were changed.

        An edit never touches what the reader did, nor the story's place in lists. What is new can be listed at once,
        and searched by its whole text after `index_pending`.

        Raises NotFoundError when the source is no longer followed; QueryError.
        """
        with self._db.writing() as db:
            return visits.apply(db, changes, rules)

    def record_failure(
        self,
        source_id: int,
        error: SafeText,
        *,
        now: datetime,
        next_due_at: datetime,
        gone: bool = False,
        counts: bool = True,
    ) -> None:
        """Write down a visit that failed; `counts` whether as one more in a row."""
        with self._db.writing() as db:
            subscriptions.record_failure(
                db, source_id, error, now=now, next_due_at=next_due_at, gone=gone, counts=counts
            )

    def record_unchanged(self, source_id: int, unchanged: Unchanged, *, now: datetime, next_due_at: datetime) -> None:
        """Write down a visit that brought nothing."""
        with self._db.writing() as db:
            subscriptions.record_unchanged(db, source_id, unchanged, now=now, next_due_at=next_due_at)

    def index_pending(self, limit: int = 50) -> int:
        """Put up to `limit` stories that came or changed into the search index, newest first; how many."""
        with self._db.writing() as db:
            return search.index_pending(db, limit)

    def gather(self, now: datetime, limit: int = 25) -> int:
        """Let stories of an older library meet at up to `limit` addresses that they share; how many there were."""
        with self._db.reading() as db:
            if not twins.are_waiting(db):
                return 0
        with self._db.writing() as db:
            return twins.meet_waiting(db, limit, now)

    def save_article(self, story_id: int, article: Article, *, now: datetime) -> None:
        """Keep what a story's page holds; where the item had no dek, byline, date or section, the page's are taken.

        Raises NotFoundError.
        """
        with self._db.writing() as db:
            stories.save_article(db, story_id, article, now=now)

    def stories_without_text(
        self, source_ids: Collection[int] = (), *, limit: int = 1_000, failed_before: datetime | None = None
    ) -> tuple[tuple[int, SafeUrl], ...]:
        """Ids and pages of stories whose whole text is still to be fetched, newest first.

        Without `failed_before` those whose page has failed are left out; with it, those that failed since.
        """
        with self._db.reading() as db:
            return stories.without_text(db, source_ids, limit=limit, failed_before=failed_before)

    def record_article_failure(self, story_id: int, *, now: datetime) -> None:
        """Remember that a story's page gave nothing."""
        with self._db.writing() as db:
            stories.record_article_failure(db, story_id, now=now)

    # Reading

    def sections(self, opened: Collection[str] = ()) -> tuple[Section, ...]:
        """Those that hold stories or that a subscription names, by name; with the sources of those that are opened."""
        with self._db.snapshot() as db:
            return subscriptions.sections(db, opened)

    def sources_in(self, section: str) -> tuple[int, ...]:
        """Sources with stories in a section, or in one within it."""
        with self._db.reading() as db:
            return subscriptions.sources_in(db, section)

    def totals(self) -> Counts:
        """Of the whole library."""
        with self._db.reading() as db:
            return subscriptions.count(db)

    def headlines(
        self, wanted: StoryFilter, *, after: Key | None = None, before: Key | None = None, limit: int = 100
    ) -> tuple[Headline, ...]:
        """One page, newest first: the first, the one `after` a key (older), or the one just `before` it (newer).

        Raises QueryError.
        """
        with self._db.reading() as db:
            return lists.page(db, wanted, after=after, before=before, limit=limit)

    def newest(self, limit: int) -> tuple[Listed, ...]:
        """The newest of all listed stories, newest first."""
        with self._db.reading() as db:
            return lists.newest(db, limit)

    def oldest(self, wanted: StoryFilter, limit: int = 100) -> tuple[Headline, ...]:
        """The last page, newest first. Raises QueryError."""
        with self._db.reading() as db:
            return lists.page(db, wanted, after=None, before=None, limit=limit, oldest=True)

    def fits(self, story_id: int, query: str) -> bool:
        """Whether a query finds this story. Raises QueryError."""
        with self._db.reading() as db:
            return lists.fits(db, story_id, query)

    def headlines_by_id(self, ids: Collection[int]) -> tuple[Headline, ...]:
        """In the given order; those that are gone are left out."""
        with self._db.reading() as db:
            return lists.by_id(db, ids)

    def count(self, wanted: StoryFilter, *, limit: int = -1) -> int:
        """How many stories a list holds; with a `limit` no more are counted. Raises QueryError."""
        with self._db.reading() as db:
            return lists.count(db, wanted, limit)

    def newer_than(self, wanted: StoryFilter, last_id: int) -> int:
        """How many of a list's stories arrived after that one. Raises QueryError."""
        with self._db.reading() as db:
            return lists.newer_than(db, wanted, last_id)

    def newest_id(self) -> int:
        """Of the story that arrived last, even if it is gone; 0 when there never was one."""
        with self._db.reading() as db:
            return visits.newest_id(db)

    def story(self, story_id: int) -> Story:
        """A story, whole. Raises NotFoundError."""
        with self._db.snapshot() as db:
            return stories.get(db, story_id)

    def find_story(self, url: SafeUrl) -> int | None:
        """The story of that page, in whichever source: the one that stands in the lists, else the newest."""
        with self._db.reading() as db:
            return stories.find(db, url)

    def revisions(self, story_id: int) -> tuple[Revision, ...]:
        """Earlier versions of a story, oldest first; may be empty."""
        with self._db.reading() as db:
            return stories.revisions(db, story_id)

    # Marking

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
        now: datetime,
    ) -> tuple[int, ...]:
        """Change states, None leaving one as it is; the ids that really changed. Reading takes off `updated`."""
        with self._db.writing() as db:
            return marks.mark(db, ids, Marks(read, starred, later, watched, muted), about=label, now=now)

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
        now: datetime,
    ) -> tuple[int, ...]:
        """Mark a list read, or unread, as far as it existed when its newest id was `up_to_id`; the ids that changed.

        Only as far as `down_to`, that story included; only what stands below `below`; and the ids of `also`, which the
        list may show and no longer hold. Raises QueryError.
        """
        with self._db.writing() as db:
            ids = lists.ids_to_mark(db, wanted, up_to_id, read=read, down_to=down_to, below=below)
            return marks.mark(db, {*ids, *also}, Marks(read=read), about=label, now=now)

    def tag(self, ids: Collection[int], name: SafeText, *, there: bool = True, now: datetime) -> tuple[int, ...]:
        """Give stories a tag, or take it away; the ids that really changed."""
        return self.retag(ids, {name: there}, now=now)

    def retag(self, ids: Collection[int], names: Mapping[SafeText, bool], *, now: datetime) -> tuple[int, ...]:
        """Give stories several tags, or take them away (False), in one step; the ids that really changed."""
        with self._db.writing() as db:
            return marks.retag(db, ids, names, now=now)

    def tags(self) -> tuple[TagCount, ...]:
        """Those that stories have, by name."""
        with self._db.reading() as db:
            return marks.tags(db)

    def undo(self, now: datetime) -> Change | None:
        """Take back the last step of the last day that has not been; None when there is none."""
        with self._db.writing() as db:
            return marks.undo(db, now)

    def redo(self, now: datetime) -> Change | None:
        """Take again the step that was undone last, unless something was done since."""
        with self._db.writing() as db:
            return marks.redo(db, now)

    def forget_steps(self, now: datetime) -> None:
        """What is of no use any more goes: steps older than a day, sources removed before that, old headlines."""
        with self._db.writing() as db:
            marks.forget(db, now)
            twins.forget_old_headlines(db, now)
        with self._db.reading() as db:
            ended = removal.ended(db, now)
        for source_id in ended:
            with self._db.writing() as db:
                if source_id in removal.ended(db, now):
                    removal.purge(db, source_id)

    def set_position(self, story_id: int, position: Position) -> None:
        """Keep the place where the reader stopped."""
        with self._db.writing() as db:
            stories.set_position(db, story_id, position)

    def note_opened(self, story_id: int) -> None:
        """Remember that the reader opened a story."""
        with self._db.writing() as db:
            stories.note_opened(db, story_id)

    def opened(self) -> tuple[int, ...]:
        """The stories that were opened, the last one first; some hundreds of them."""
        with self._db.reading() as db:
            return stories.opened(db)

    # Searching

    def inquire(self) -> Inquiry:
        """Reading that can be given up while it goes on in another thread."""
        return Inquiry(self._db)

    def search(self, query: str, *, limit: int = 50, newest_first: bool = True) -> tuple[Headline, ...]:
        """What a query finds, by date, else by relevance; () for an empty one. Raises QueryError."""
        if not query.strip():
            return ()
        with self._db.reading() as db:
            return lists.found(db, query, limit=limit, newest_first=newest_first)

    # Pictures

    def pictures_wanted(self, source_id: int, *, limit: int = 200) -> tuple[Picture, ...]:
        """Pictures of a source's newest stories that are not here yet."""
        with self._db.reading() as db:
            return stories.pictures_wanted(db, source_id, limit)

    def add_image(  # noqa: PLR0917 - a picture's own four facts
        self, url: SafeUrl, media_type: str, width: int, height: int, data: bytes, now: datetime
    ) -> str:
        """Keep a picture; the hash of its bytes."""
        with self._db.writing() as db:
            return images.add(db, url, StoredImage(media_type, width, height, data), now)

    def image(self, url: SafeUrl) -> StoredImage | None:
        """The picture at an address, if it is here."""
        with self._db.reading() as db:
            return images.find(db, url)

    def image_size(self, url: SafeUrl) -> tuple[int, int] | None:
        """Width and height in pixels of the picture at an address, if it is here."""
        with self._db.reading() as db:
            return images.size(db, url)

    def prune_images(self, budget_bytes: int) -> int:
        """Let go of the oldest pictures until the rest fits, never of those in what the reader keeps; how many."""
        with self._db.reading() as db:
            keep = stories.pictures_to_keep(db) if images.total_bytes(db) > budget_bytes else frozenset()
        with self._db.writing() as db:
            return images.prune(db, budget_bytes, keep)

    # Care

    def prune(self, *, keep_per_source: int, older_than: datetime | None) -> int:
        """Let go of stories beyond a source's newest, and of old ones; never of what was starred, put by or tagged.

        Their states and identities stay, so that none comes back as new. How many.
        """
        pruned = 0
        while True:
            with self._db.writing() as db:
                count = stories.prune(db, keep_per_source=keep_per_source, older_than=older_than, limit=BATCH)
            pruned += count
            if count < BATCH:
                return pruned

    def check(self, now: datetime | None = None) -> tuple[Finding, ...]:
        """Read the whole file and look whether everything in it agrees, dates only with a `now`; slow."""
        from reader.store import care

        with self._db.snapshot() as db:
            findings = care.check(db, now)
        return (*findings, care.NETWORK) if on_network(self._db.path) else findings

    def repair(self, now: datetime | None = None) -> tuple[Finding, ...]:
        """Make again what follows from the rest, counters and search index; what was done, () when nothing.

        An empty library gets what the last daily backup holds. Raises LibraryDamagedError for a file whose pages are
        damaged, and leaves it as it is: that is for `reader.store.repair.repair_file`.
        """
        from reader.store import care, keepsake

        with self._db.writing() as db:
            findings = care.mend(db, now)
            if now and not db.execute("SELECT 1 FROM subscriptions").fetchone():
                findings = (*findings, *keepsake.restore_all(db, self._db.path, now))
        while self.index_pending(BATCH):
            pass
        return findings

    def keep_daily(self, now: datetime) -> bool:
        """Write the daily backup of subscriptions and of what the reader kept, once a day; whether it was.

        A library without subscriptions is not worth one: it would push out those of before. One that cannot be
        written is not an error of the refresh that asks; `daily_backup` tells how old the last one is.
        """
        from reader.store import keepsake

        if self._db.read_only or keepsake.path_for(self._db.path, now).exists():
            return False
        with self._db.snapshot() as db:
            kept = keepsake.of(db, now)
        return bool(kept.sources) and keepsake.keep(self._db.path, kept, now)

    def daily_backup(self, now: datetime) -> tuple[datetime, int, int] | None:
        """When the last daily backup was written, and how many sources and kept stories are in it."""
        from reader.store import keepsake

        if (kept := keepsake.newest(self._db.path, now)) is None:
            return None
        return datetime.fromtimestamp(kept.made_at, UTC), len(kept.sources), len(kept.stories)

    def backup(self, target: Path) -> None:
        """A copy of the library as of this moment; `target` is replaced only by a whole one."""
        self._db.copy_to(target)
