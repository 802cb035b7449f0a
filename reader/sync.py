"""A visit to the reader's sync server: one for all the sources that it has.

    sources   what was added or removed here is done there; then what it follows is followed here
    states    it says what is unread and starred; what was marked here since is told, unless it knows
    stories   those that are not here yet are fetched, and written down source by source
    states    what it said is taken over, but for marks that were made here meanwhile

Killed anywhere in between, nothing is lost: a mark leaves the outbox when the server has said that it took it, and what
was told twice is the same as told once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from msgspec.structs import replace

from reader.errors import FetchError, NotFoundError, ParseError
from reader.identity import decide, identity_keys
from reader.model import Outcome, Snapshot, Told
from reader.passwords import password
from reader.remote import (
    KIND,
    OF_THE_SERVER,
    Followed,
    Mark,
    Met,
    RemoteSource,
    RemoteSources,
    RemoteStory,
    States,
    marked,
    to_tell,
)
from reader.sources import Desk, Session, SyncSource, source_for
from reader.store.subscriptions import address_of
from reader.text import SafeText, safe_url

if TYPE_CHECKING:
    from reader.model import Rule
    from reader.settings import Sync
    from reader.store import Store

SERVER = 0
"""What stands for the sync server where a source is named by its number."""
SERVER_TITLE = SafeText("Your sync server")
FIRST_LOOK = timedelta(days=30)
"""How far back the first visit asks for stories that are read and not starred."""
MARGIN = timedelta(days=2)
"""How far before the last visit the next one looks: some servers go by the date of publication."""
MAX_NEW = 20_000
"""Stories of one visit; the next goes on."""
AT_ONCE = 50
"""Stories that are asked for in one request."""
TOLD = 200
"""Marks that are told in one request."""


class Visit:
    """One visit."""

    def __init__(
        self,
        sync: Sync,
        store: Store,
        desk: Desk,
        rules: Sequence[Rule],
        *,
        now: Callable[[], datetime],
        clear: Callable[[], Awaitable[None]],
    ) -> None:
        """`clear` is waited for before more is fetched or written."""
        self.sync, self.store, self.desk, self.rules, self.now = sync, store, desk, rules, now
        self.clear = clear
        self.server = store.server
        self.source = cast("SyncSource", source_for(KIND))
        self.new = 0
        self.told: tuple[Told, ...] = ()
        self.failure: FetchError | ParseError | None = None
        """What went wrong with some of the stories."""
        self.refused: list[tuple[int, str]] = []
        """Sources of ours that the server did not take, and why."""

    async def run(self) -> Outcome:
        """The whole of it. Raises FetchError, ParseError, ConfigError; LibraryError."""
        secret = await password(self.sync.password_command, self.sync.password_file)
        address = safe_url(self.sync.server)
        session = await self.source.log_in(address, self.sync.user, secret, self.desk)
        since = self.server.health(self.sync.name).last_ok_at
        self.server.begin(self.sync.name)
        listed, sources = await self.agree_on_sources(session)
        since = since - MARGIN if since else self.now() - FIRST_LOOK
        states = await self.source.states(session, int(since.timestamp()))
        states = await self.tell(session, states)
        await self.bring(session, states, listed, sources)
        changed = self.server.take(states, now=self.now())
        if self.failure:
            raise self.failure
        return Outcome(
            SERVER,
            SERVER_TITLE,
            new=self.new,
            unchanged=not self.new + changed,
            told=self.told,
            sources=len(set(sources.values())),
        )

    # Sources

    async def agree_on_sources(self, session: Session) -> tuple[dict[str, RemoteSource], dict[str, int]]:
        """What the server follows, and which source of ours each is, after both have what the other was given."""
        ours = self.server.followed()
        for source in ours:
            if source.removed:
                await self._remove_there(session, source)
        listed = await self.source.subscriptions(session)
        for source in ours:
            if not source.removed and not source.remote_ids:
                listed = await self._add_there(session, source, listed)
        sources = self.server.follow(listed, now=self.now())
        return {one.id: one for one in listed.listed}, sources

    async def _remove_there(self, session: Session, source: Followed) -> None:
        for remote_id in source.remote_ids:
            try:
                await self.source.unsubscribe(session, remote_id)
            except OF_THE_SERVER:
                raise
            except FetchError:
                pass  # it may be gone there too; else it is tried again
            else:
                self.server.forget_source(remote_id)

    async def _add_there(self, session: Session, source: Followed, before: RemoteSources) -> RemoteSources:
        """The server's list with a source of ours in it. A refusal is that source's matter, and ends nothing."""
        if any(address_of(one.url) == address_of(source.url) for one in before.listed):
            return before
        why = f"{self.sync.host} did not take it."
        try:
            await self.source.subscribe(session, source.url, source.title, source.section)
        except OF_THE_SERVER:
            raise
        except FetchError as error:
            why = str(error)
        known = {one.id for one in before.listed}
        after = await self.source.subscriptions(session)
        added = [one for one in after.listed if one.id not in known]
        same = [one for one in added if address_of(one.url) == address_of(source.url)]
        if named := same or (added if len(added) == 1 else []):
            self.server.name_source(source.id, named[0])
        else:
            self.refused.append((source.id, why))
        return after

    # States

    async def tell(self, session: Session, states: States) -> States:
        """Tell what was marked here, in batches; the server's side after that."""
        news, known = to_tell(states, self.server.marks())
        self.server.told(known)
        for batch in _batches(news):
            await self.source.push(session, batch)
            self.server.told(batch)
            states = marked(states, batch)
        return states

    # Stories

    async def bring(
        self, session: Session, states: States, listed: dict[str, RemoteSource], sources: dict[str, int]
    ) -> None:
        """Fetch the stories that are not here, the newest of them if there are very many, and write them down."""
        ids = list(reversed(self.server.unknown(states.recent)[:MAX_NEW]))
        for first in range(0, len(ids), AT_ONCE):
            await self.clear()
            try:
                came = await self.source.stories(session, ids[first : first + AT_ONCE])
            except OF_THE_SERVER:
                raise
            except (FetchError, ParseError) as error:
                self.failure = self.failure or error
                continue  # one story that the server stumbles over keeps nothing else from coming
            grouped: dict[str, list[RemoteStory]] = {}
            for story in came:
                grouped.setdefault(story.source, []).append(story)
            for name, group in grouped.items():
                await self.clear()
                with suppress(NotFoundError, KeyError):  # of a source that nobody follows, or that was just removed
                    self._write(sources[name], listed[name], group)

    def _write(self, source_id: int, source: RemoteSource, stories: Sequence[RemoteStory]) -> None:
        """One transaction for each source, as for any visit. What is here already is joined, and not written anew."""
        subscription = self.store.subscription(source_id)
        items = tuple(story.item for story in stories)
        keys = identity_keys(items)
        known = self.store.known(source_id, {key for its_keys in keys for key in its_keys})
        changes = decide(Snapshot(source.title, source.home_url, items=items), keys, known, subscription, self.now())
        lost = {story.id for story in known.values() if not story.item_hash}
        met = tuple(
            Met(story.id, its_keys, story.read, story.starred) for story, its_keys in zip(stories, keys, strict=True)
        )
        edits = tuple(edit for edit in changes.edits if edit.story_id in lost)
        written = self.store.apply(replace(changes, edits=edits, met=met), self.rules)
        self.new += written.new
        self.told += written.told


def _batches(marks: Iterable[Mark]) -> list[tuple[Mark, ...]]:
    """Marks of one kind each, and no more of them than one request should bear."""
    kinds: dict[tuple[str, bool], list[Mark]] = {}
    for mark in marks:
        kinds.setdefault((mark.field, mark.value), []).append(mark)
    return [tuple(group[at : at + TOLD]) for group in kinds.values() for at in range(0, len(group), TOLD)]
