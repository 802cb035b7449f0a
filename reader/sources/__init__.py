"""Where entries come from: the Source protocol, and the registry of the kinds we know.

A source is stateless: one instance serves every subscription of its kind. It asks the network through `web` only, has
foreign bytes parsed through `parser` only, and returns values; it never sees the store. Another distribution adds a
kind by an entry point in the group "reader.sources" that names an instance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Protocol, cast, runtime_checkable
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from reader.errors import ConfigError, FetchError, ParseError, ReaderError, UnreachableError
from reader.fetch import Document, Purpose, Web
from reader.model import Candidate, Snapshot, Subscription, Unchanged, Validators
from reader.parsing import Parser
from reader.remote import KIND, Mark, RemoteSources, RemoteStory, States
from reader.text import SafeText, SafeUrl, safe_text, safe_url

BUILT_IN = {
    "feed": "reader.sources.feed:SOURCE",
    "sitemap": "reader.sources.sitemap:SOURCE",
    "site": "reader.sources.site:SOURCE",
    "sample": "reader.sources.sample:SOURCE",
    KIND: "reader.sources.greader:SOURCE",
}
"""In the order in which an address is tried; the last only when it is asked for."""
TRY_HTTPS_S = 3.0
"""How long a host may take to be connected to, and to agree on an encryption, before http is tried too; for an address
without a scheme only."""
PLUGINS = "reader.sources"
"""The group of entry points by which other distributions add kinds."""


class Desk(Struct, frozen=True):
    """What a source works with during one visit."""

    web: Web
    parser: Parser
    is_known: Callable[[SafeUrl], bool]
    """Whether the story at this page is in the library already, so that its page need not be asked for."""
    allow: frozenset[str] = frozenset()
    """Hosts (host:port or host) that the user typed, and that may therefore be private addresses."""


class Source(Protocol):
    """A way to obtain a publication's items."""

    name: str
    """As in `subscriptions.kind` and the entry point."""

    async def find(self, document: Document, desk: Desk) -> tuple[Candidate, ...]:
        """What of this kind the page at an address offers, best first; may fetch what it links to."""
        ...

    async def pull(self, subscription: Subscription, desk: Desk) -> Snapshot | Unchanged:
        """Visit the publication once. Raises FetchError or ParseError."""
        ...


class Session(Struct, frozen=True):
    """Being logged in at a sync server."""

    api: SafeUrl
    """Where its API begins, without a slash at the end."""
    auth: str
    """What stands for the password until it is changed; never shown, logged or kept."""
    token: str
    """What each change has to bear."""
    allow: frozenset[str]
    """The server itself (host:port), which the reader typed; nothing else that may be private."""
    desk: Desk
    """Its door to the network, and who parses what comes through it."""


class SyncSource(Source, Protocol):
    """A source that is a server with subscriptions and states of its own. Methods raise FetchError or ParseError."""

    async def log_in(self, address: SafeUrl, user: str, password: str, desk: Desk) -> Session:
        """Begin a visit."""
        ...

    async def subscriptions(self, session: Session) -> RemoteSources:
        """All that it follows."""
        ...

    async def states(self, session: Session, since_s: int) -> States:
        """What is unread and what is starred, and what came since (Unix time)."""
        ...

    async def stories(self, session: Session, ids: Sequence[str]) -> tuple[RemoteStory, ...]:
        """These stories, as far as it still has them."""
        ...

    async def push(self, session: Session, marks: Sequence[Mark]) -> None:
        """Tell it marks, all of them of one field and value."""
        ...

    async def subscribe(self, session: Session, url: SafeUrl, title: str, section: str) -> None:
        """Have it follow a feed."""
        ...

    async def unsubscribe(self, session: Session, remote_id: str) -> None:
        """Have it follow a source no longer."""
        ...


@runtime_checkable
class Illustrated(Protocol):
    """A source that brings its stories' pictures itself."""

    def picture(self, url: SafeUrl) -> Document | None:
        """The picture at an address; None when it is not one of its own."""
        ...


async def picture_at(url: SafeUrl, source: Source, web: Web, allow: frozenset[str]) -> Document:
    """The picture at an address: from its source where that brings it, else from the network. Raises FetchError."""
    if isinstance(source, Illustrated) and (own := source.picture(url)):
        return own
    answer = await web.get(url, Purpose.PICTURE, allow=allow)
    if isinstance(answer, Unchanged):
        raise FetchError(f"{url} answered that it is unchanged, though it was never asked before.")
    return answer


def kinds() -> tuple[str, ...]:
    """The names of all kinds, built in first; imports none of them."""
    added = {point.name for point in entry_points(group=PLUGINS)} - BUILT_IN.keys()
    return (*BUILT_IN, *sorted(added))


def source_for(kind: str) -> Source:
    """The source of that kind, imported now. Raises ConfigError when there is none or it cannot be loaded."""
    if path := BUILT_IN.get(kind):
        module, name = path.split(":")
        return cast("Source", getattr(import_module(module), name))
    from reader.sources import plugins

    for point in entry_points(group=PLUGINS, name=kind):
        return plugins.load(point)
    raise ConfigError(f"There is no kind of source called “{kind}”. Known: {', '.join(kinds())}.")


class Notebook(Web):
    """A door to the network that hands out once more, once, what was fetched to look at it.

    So what an address offers is fetched once, though it is looked at first and followed afterwards.
    """

    def __init__(self, web: Web) -> None:
        super().__init__()
        self._web = web
        self._documents: dict[tuple[SafeUrl, frozenset[str], str], Document] = {}

    def is_public(self, host: str) -> bool:
        """As `Web.is_public`."""
        return self._web.is_public(host)

    async def call(
        self,
        url: SafeUrl,
        *,
        form: Sequence[tuple[str, str]] | None = None,
        authorization: str = "",
        allow: frozenset[str] = frozenset(),
    ) -> Document:
        """As `Web.call`."""
        return await self._web.call(url, form=form, authorization=authorization, allow=allow)

    async def get(
        self,
        url: SafeUrl,
        purpose: Purpose = Purpose.FEED,
        *,
        validators: Validators | None = None,
        allow: frozenset[str] = frozenset(),
        login: str = "",
        connect_s: float | None = None,
    ) -> Document | Unchanged:
        """As `Web.get`; from the notebook when the address was asked for once before."""
        if kept := self._documents.pop((url, allow, login), None):
            return kept
        answer = await self._web.get(url, purpose, validators=validators, allow=allow, login=login, connect_s=connect_s)
        if isinstance(answer, Document):
            self._documents[url, allow, login] = answer
            self._documents[answer.url, allow, login] = answer
        return answer


async def discover(
    address: str, web: Web, parser: Parser, kind: str = "", known_login: str = ""
) -> tuple[Candidate, ...]:
    """What can be followed at an address that the reader typed, best first; of one kind only when `kind` is given.

    `known_login` is for this origin, used where none was typed, and is in no candidate. Raises FetchError when the
    address does not answer, and ParseError with what was tried when there is no news.
    """
    url, login = typed_address(address)
    document = await _front_door(url, login, web, "://" in address, known_login)
    desk = Desk(web, parser, lambda _: False, frozenset({urlsplit(url).hostname or ""}))
    tried = (kind,) if kind else tuple(name for name in kinds() if name != KIND)
    faults = ""
    for name in tried:
        try:
            found = await source_for(name).find(document, desk)
        except ReaderError as error:
            if kind or name in BUILT_IN:
                raise
            faults += f" {error}"  # a plug-in that fails keeps no other from being tried
            continue
        if found:
            return tuple(_as_typed(candidate, url, login, by_https="://" not in address) for candidate in found)
    ways = ", ".join(_TRIED.get(name, name) for name in tried)
    raise ParseError(f"{document.url} offers no news that could be followed. Tried: {ways}.{faults}")


def by_server(candidates: Iterable[Candidate], host: str) -> tuple[Candidate, ...]:
    """Those that the reader's sync server can follow, as it would: feeds, and none that a password is sent to."""
    return tuple(
        replace(one, kind=KIND, says=safe_text(f"{one.says}, by {host}"), typed_host="")
        for one in candidates
        if one.kind in ("feed", KIND) and not one.login
    )


def _as_typed(candidate: Candidate, url: SafeUrl, login: str, *, by_https: bool) -> Candidate:
    """The candidate with what was typed; the login only when it is of the origin for which it was typed.

    `by_https` when https was tried unasked; what is followed without it is told.
    """
    typed, found = urlsplit(url), urlsplit(candidate.url)
    same = (typed.scheme, typed.netloc) == (found.scheme, found.netloc)
    says = [candidate.says] if candidate.says else []
    if by_https and found.scheme == "http":
        says.append(SafeText("not encrypted, as https did not answer"))
    return replace(
        candidate, says=SafeText("; ".join(says)), login=login if same else "", typed_host=typed.hostname or ""
    )


_TRIED = {
    "feed": "the page itself as a feed, the feeds it links to and the usual places for one",
    "sitemap": "a news sitemap in robots.txt and the usual places",
    "site": "the page as a front page with stories",
    "sample": "the sample edition",
    KIND: "the page itself as a feed, the feeds it links to and the usual places for one",
}


def typed_address(address: str) -> tuple[SafeUrl, str]:
    """The URL and the `user:password` in what a person typed; https where no scheme was typed. Raises ParseError."""
    text = address.strip()
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        text = f"https://{text.removeprefix('//')}"
    if re.search(r"\s", text) or not (url := safe_url(text)):
        typed = safe_text(address, 100)
        raise ParseError(
            f"{typed} is no address of a news site: write http:// or https:// and the rest without blanks."
        )
    parts = urlsplit(text)
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    return url, login


async def _front_door(url: SafeUrl, login: str, web: Web, scheme_typed: bool, known_login: str) -> Document:
    """The page at the address. If no scheme was typed and nothing speaks https there, http is asked, and it is told.

    An answer over https is one, whatever it says; so is a certificate that cannot be trusted. And no password that was
    typed goes over http because somebody on the way let no https through.
    """
    allow = frozenset({urlsplit(url).hostname or ""})
    hurry_s = None if scheme_typed else TRY_HTTPS_S
    try:
        answer = await web.get(url, Purpose.FEED, allow=allow, login=login or known_login, connect_s=hurry_s)
    except UnreachableError as error:
        if scheme_typed:
            raise
        if login:
            why = "A name and a password are sent over http only when you write http:// yourself."
            raise FetchError(f"{error} {why}") from error
        plain = SafeUrl("http" + url.removeprefix("https"))
        answer = await web.get(plain, Purpose.FEED, allow=allow, login=login)
    if isinstance(answer, Unchanged):
        raise FetchError(f"{url} answered that it is unchanged, though it was never asked before.")
    return answer
