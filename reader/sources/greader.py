"""A sync server through the Google Reader API: FreshRSS, Miniflux, and whatever else speaks it.

Only what all of them have is used. Miniflux knows no `stream/contents`, takes the token of a POST from its form and not
from a header, and lists stories by offset; old versions of it take a second "read" for "unread", and short ids for
hexadecimal ones. So: lists of ids, stories by id, the long form of ids, both ways of saying who asks, one state a
request, and nothing told that the server knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from msgspec.structs import replace

from reader.errors import (
    FetchError,
    MissingError,
    ParseError,
    ParserDiedError,
    TooLargeError,
)
from reader.fetch import Document
from reader.model import Candidate, Snapshot, Subscription, Unchanged
from reader.remote import KIND, OF_THE_SERVER, Field, Mark, RemoteSources, RemoteStory, States
from reader.sources import Desk, Session
from reader.text import SafeUrl, safe_url

if TYPE_CHECKING:
    from reader.sources.feed.source import Feed

PAGE = 10_000
"""Ids that are asked for at once; a server that gives fewer says how to go on."""
MAX_IDS = 200_000
"""Of one list; what is beyond is left as it is."""
MAX_RECENT = 20_000
MAX_PAGES = 400
"""Of one list: no server gives fewer than some hundreds at once for long."""
ELSEWHERE = "/api/greader.php"
"""Where FreshRSS has its API, if the address is that of its front page."""


class GReader:
    """A sync server, and the feeds it has as sources; stateless."""

    name = KIND

    async def find(self, document: Document, desk: Desk) -> tuple[Candidate, ...]:
        """The feeds at an address, to be followed at the server."""
        return tuple(replace(found, kind=KIND) for found in await _feed().find(document, desk))

    async def pull(self, subscription: Subscription, desk: Desk) -> Snapshot | Unchanged:
        """The feed from its publisher: for one whose server is not in the config any more."""
        return await _feed().pull(subscription, desk)

    # The server

    async def log_in(self, address: SafeUrl, user: str, password: str, desk: Desk) -> Session:
        """ClientLogin, and the token for changes. Raises FetchError, ParseError."""
        from reader.sources.stream import read_auth, read_token

        allow = frozenset({_origin(address)})
        base = address.rstrip("/").removesuffix("/reader/api/0")
        form = [("Email", user), ("Passwd", password)]
        for start in (base, base + ELSEWHERE) if not base.endswith(ELSEWHERE) else (base,):
            with suppress(MissingError, ParseError):
                answer = await desk.web.call(safe_url(f"{start}/accounts/ClientLogin"), form=form, allow=allow)
                auth = await desk.parser.call(read_auth, answer.body)
                break
        else:
            raise ParseError(f"{_host(address)} does not answer as a server of the Google Reader API does.")
        session = Session(safe_url(f"{start}/reader/api/0"), auth, "", allow, desk)
        answer = await self._get(session, "token")
        return replace(session, token=await desk.parser.call(read_token, answer.body))

    async def subscriptions(self, session: Session) -> RemoteSources:
        """All that it follows."""
        from reader.sources.stream import read_subscriptions

        answer = await self._get(session, "subscription/list")
        return await session.desk.parser.call(read_subscriptions, answer.body, session.api)

    async def states(self, session: Session, since_s: int) -> States:
        """What is unread and what is starred, and what came since (Unix time)."""
        from reader.sources.stream import STATE

        everything = f"{STATE}reading-list"
        unread, all_unread = await self._ids(session, [("s", everything), ("xt", f"{STATE}read")], MAX_IDS)
        starred, all_starred = await self._ids(session, [("s", f"{STATE}starred")], MAX_IDS)
        recent, _ = await self._ids(session, [("s", everything), ("ot", str(since_s))], MAX_RECENT)
        whole = {Field.READ: all_unread, Field.STARRED: all_starred}
        return States(
            frozenset(unread),
            frozenset(starred),
            tuple(dict.fromkeys((*unread, *starred, *recent))),
            frozenset(field for field, is_whole in whole.items() if is_whole),
        )

    async def stories(self, session: Session, ids: Sequence[str]) -> tuple[RemoteStory, ...]:
        """These stories; those too large to be taken are left out, those that it has not, and any not asked for."""
        from reader.sources.stream import long_id, read_stories

        form = [("T", session.token), ("output", "json"), *(("i", long_id(one)) for one in ids)]
        try:
            answer = await self._post(session, "stream/items/contents", form)
            given = await session.desk.parser.call(read_stories, answer.body)
            return tuple({one.id: one for one in given if one.id in set(ids)}.values())
        except (TooLargeError, ParserDiedError):
            if len(ids) == 1:
                return ()
        half = len(ids) // 2
        return (*await self.stories(session, ids[:half]), *await self.stories(session, ids[half:]))

    async def push(self, session: Session, marks: Sequence[Mark]) -> None:
        """Tell it marks, all of them of one field and value, and no more than fit."""
        from reader.sources.stream import STATE, long_id

        field, value = marks[0].field, marks[0].value
        ids = [("i", long_id(one)) for mark in marks for one in mark.ids]
        form = [("T", session.token), ("a" if value else "r", f"{STATE}{field}"), *ids]
        await self._change(session, "edit-tag", form)

    async def subscribe(self, session: Session, url: SafeUrl, title: str, section: str) -> None:
        """Have it follow a feed, in a category if one is given."""
        from reader.sources.stream import LABEL

        form = [("T", session.token), ("ac", "subscribe"), ("s", f"feed/{url}")]
        form += [("a", LABEL + section)] if section else []
        form += [("t", title)] if title else []
        try:
            await self._change(session, "subscription/edit", form)
        except OF_THE_SERVER:
            raise
        except FetchError:  # not every server has that
            await self._post(session, "subscription/quickadd", [("T", session.token), ("quickadd", url)])

    async def unsubscribe(self, session: Session, remote_id: str) -> None:
        """Have it follow a source no longer."""
        form = [("T", session.token), ("ac", "unsubscribe"), ("s", remote_id)]
        await self._change(session, "subscription/edit", form)

    # Asking it

    async def _ids(self, session: Session, wanted: list[tuple[str, str]], limit: int) -> tuple[list[str], bool]:
        """All pages of a list of ids, and whether that is all of it."""
        from reader.sources.stream import read_ids

        found: dict[str, None] = {}
        continuation, seen, whole = "", {""}, True
        for _ in range(MAX_PAGES):
            if len(found) >= limit:
                break
            more = [("c", continuation)] if continuation else []
            answer = await self._get(session, "stream/items/ids", [*wanted, ("n", str(PAGE)), *more])
            page = await session.desk.parser.call(read_ids, answer.body)
            before = len(found)
            found.update(dict.fromkeys(page.ids))
            whole &= page.whole
            continuation = page.continuation
            if not continuation:
                return list(found), whole
            if len(found) == before:  # the page after the last, or a circle
                return list(found), whole and not page.ids
            if continuation in seen:
                break
            seen.add(continuation)
        return list(found), False

    async def _get(self, session: Session, what: str, query: Sequence[tuple[str, str]] = ()) -> Document:
        url = safe_url(f"{session.api}/{what}?{urlencode([*query, ('output', 'json')])}")
        return await session.desk.web.call(url, authorization=_who(session), allow=session.allow)

    async def _post(self, session: Session, what: str, form: Sequence[tuple[str, str]]) -> Document:
        url = safe_url(f"{session.api}/{what}?output=json")
        return await session.desk.web.call(url, form=form, authorization=_who(session), allow=session.allow)

    async def _change(self, session: Session, what: str, form: Sequence[tuple[str, str]]) -> None:
        """A change, which the server has to say it made: a page that somebody else puts in is no answer."""
        answer = await self._post(session, what, form)
        if answer.body[:100].strip().strip(b'"').upper() != b"OK":
            raise FetchError(f"{_host(session.api)} did not take a change ({what}).")


def _who(session: Session) -> str:
    return f"GoogleLogin auth={session.auth}"


def _origin(address: SafeUrl) -> str:
    parts = urlsplit(address)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _host(address: str) -> str:
    return urlsplit(address).netloc


def _feed() -> Feed:
    from reader.sources.feed.source import SOURCE as FEED

    return FEED


SOURCE = GReader()
