"""Where entries come from: the Source protocol, and the registry of the kinds we know.

A source is stateless: one instance serves every subscription of its kind. It asks the network through `web` only, has
foreign bytes parsed through `parser` only, and returns values; it never sees the store. Another distribution adds a
kind by an entry point in the group "reader.sources" that names an instance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Protocol, cast

from reader.errors import ConfigError
from reader.fetch import Document, Web
from reader.model import Candidate, Snapshot, Subscription, Unchanged
from reader.parsing import Parser
from reader.text import SafeUrl

BUILT_IN = {
    "feed": "reader.sources.feed:SOURCE",
    "sitemap": "reader.sources.sitemap:SOURCE",
    "site": "reader.sources.site:SOURCE",
    "sample": "reader.sources.sample:SOURCE",
}
"""In the order in which an address is tried."""


@dataclass(frozen=True, slots=True)
class Desk:
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


def kinds() -> tuple[str, ...]:
    """The names of all kinds, built in first; imports none of them."""
    plugins = sorted(point.name for point in entry_points(group="reader.sources"))
    return (*BUILT_IN, *(name for name in plugins if name not in BUILT_IN))


def source_for(kind: str) -> Source:
    """The source of that kind, imported now. Raises ConfigError when there is none or it cannot be loaded."""
    if path := BUILT_IN.get(kind):
        module, name = path.split(":")
        return cast("Source", getattr(import_module(module), name))
    for point in entry_points(group="reader.sources", name=kind):
        try:
            return cast("Source", point.load())
        except Exception as error:
            raise ConfigError(f"The plug-in source “{kind}” could not be loaded: {error}") from error
    raise ConfigError(f"There is no kind of source called “{kind}”. Known: {', '.join(kinds())}.")
