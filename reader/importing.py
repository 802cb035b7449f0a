"""The steps of an import: the file is read in the parsing child, its feeds are followed, and what was done with their
stories is taken over source by source, under the identity rule. No network is used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from reader.elsewhere import (
    CachedFeed,
    Feed,
    Found,
    is_archive,
    is_cache,
    read_archive,
    read_cache,
    read_cached,
    read_file,
)
from reader.errors import ParseError, ParserDiedError, ReaderError
from reader.identity import arrival_of, identity_keys
from reader.model import ImportReport
from reader.parsing import Parser
from reader.store import Carried, Store, Taken
from reader.text import SafeText, counted, safe_text

LIMIT_BYTES = 32 << 20
MAX_STORIES = 300_000
"""Of one file; an import is no archive."""
MAX_SENTENCES = 1_000


class Importer:
    """Brings one file at a time into a library."""

    def __init__(self, store: Store, parser: Parser, now: datetime) -> None:
        self._store = store
        self._parser = parser
        self._now = now
        self._report = ImportReport(0, 0)
        self._strangers: set[int] = set()

    async def bring(self, path: Path) -> ImportReport:
        """What a file holds; twice is the same as once.

        Raises ReaderError when it cannot be read, ParseError when it is nothing that is known.
        """
        try:
            head = _beginning(path)
            if is_cache(head):
                feeds = self._cached(path)
            else:
                feeds = (self._archived if is_archive(head) else self._listed)(_whole(path))
        except OSError as error:
            raise ReaderError(f"{path} could not be read: {error.strerror}.") from error
        try:
            async for feed in feeds:
                self._take(feed)
                if self._report.stories >= MAX_STORIES:
                    self._reject(f"Only {MAX_STORIES:,} stories of a file are taken over; the rest did not come.")
                    break
        except ParseError as error:
            raise type(error)(f"{path}: {error}") from error
        self._tell_of_strangers()
        return self._report

    async def _listed(self, data: bytes) -> AsyncIterator[Feed]:
        """Follow what the file lists, and give the feeds of which it holds stories, some at a time."""
        first = 0
        while True:
            found = await self._parser.call(read_file, data, first)
            self._note(found)
            if found.subscriptions:
                added = self._store.add_subscriptions(found.subscriptions)
                self._count(added=added, known=len(found.subscriptions) - added)
            for feed in found.feeds:
                yield feed
            if not found.following:
                return
            first = found.following

    async def _archived(self, data: bytes) -> AsyncIterator[Feed]:
        """The same for each file of an archive; one that is nothing we know is told, and keeps nothing back."""
        for name, part in await self._parser.call(read_archive, data):
            try:
                async for feed in self._listed(part):
                    yield feed
            except ParseError as error:
                self._reject(f"{name}: {error}")
        self._report = replace(self._report, what=SafeText("an archive of a web reader"))

    async def _cached(self, path: Path) -> AsyncIterator[Feed]:
        """The feeds of newsboat's cache with their stories, some at a time."""
        name = str(path)
        self._report = replace(self._report, what=SafeText("newsboat's cache"))
        for cached in await self._parser.call(read_cache, name):
            if not cached.url:
                if cached.flagged:
                    stories = counted(cached.flagged, "flagged story")
                    self._reject(f"{stories} of “{cached.name}” stayed behind: it is no address.")
                continue
            with suppress(_Unreadable):
                async for feed in self._cached_stories(name, cached):
                    yield feed

    async def _cached_stories(self, name: str, cached: CachedFeed) -> AsyncIterator[Feed]:
        after = 0
        while True:
            try:
                page = await self._parser.call(read_cached, name, cached.name, after)
            except ParserDiedError as error:
                self._reject(f"Stories of “{cached.title or cached.url}” stayed behind. {error}")
                raise _Unreadable from error
            yield Feed(cached.url, cached.title, cached.home_url, page.entries)
            if not page.following:
                return
            after = page.following

    # Into the library

    def _take(self, feed: Feed) -> None:
        if not feed.entries:
            return
        source_id, section, followed = self._store.source_elsewhere(
            feed.url, title=feed.title, home_url=feed.home_url, now=self._now
        )
        if not followed:
            self._strangers.add(source_id)
        keys = identity_keys([entry.item for entry in feed.entries])
        carried = [
            Carried(
                arrival_of(entry.item, its_keys, section, self._now),
                *(entry.read, entry.starred, entry.later, entry.tags, entry.dropped),
            )
            for entry, its_keys in zip(feed.entries, keys, strict=True)
        ]
        self._add(self._store.take_over(source_id, carried, now=self._now), len(carried))

    # What is told

    def _count(self, *, added: int, known: int) -> None:
        self._report = replace(self._report, added=self._report.added + added, known=self._report.known + known)

    def _add(self, taken: Taken, stories: int) -> None:
        report = self._report
        self._report = replace(
            report,
            stories=report.stories + stories,
            read=report.read + taken.read,
            starred=report.starred + taken.starred,
            later=report.later + taken.later,
            tagged=report.tagged + taken.tagged,
            brought=report.brought + taken.added,
            waiting=report.waiting + taken.waiting,
        )

    def _note(self, found: Found) -> None:
        report = self._report
        self._report = replace(
            report,
            what=found.what,
            searches=report.searches + found.searches,
            notes=report.notes + found.notes,
            rejected=(report.rejected + found.rejected)[:MAX_SENTENCES],
        )

    def _reject(self, says: str) -> None:
        self._report = replace(self._report, rejected=(*self._report.rejected, safe_text(says))[:MAX_SENTENCES])

    def _tell_of_strangers(self) -> None:
        if count := len(self._strangers):
            says = (
                f"Some of the stories are of {counted(count, 'feed')} that you do not follow here: what you kept of "
                "them came, the rest waits until you follow them."
            )
            self._report = replace(self._report, notes=(*self._report.notes, safe_text(says)))


class _Unreadable(Exception):  # noqa: N818 - told in the report already
    """One feed of a cache could not be read; the others may."""


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(100)


def _whole(path: Path) -> bytes:
    """Raises OSError; ReaderError for more than there is any need of."""
    with path.open("rb") as file:
        data = file.read(LIMIT_BYTES + 1)
    if len(data) > LIMIT_BYTES:
        raise ReaderError(f"{path} is larger than {LIMIT_BYTES >> 20} MB; that is no list of subscriptions.")
    return data
