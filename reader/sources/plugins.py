"""Sources of other distributions, held at arm's length: they may raise, hang or answer nonsense, and it is one line.

A plug-in is code that the reader installed, and is trusted as such; but it is not trusted to be without faults, and
what it brings comes from outside like everything else.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from types import coroutine
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec
from msgspec.structs import replace

from reader.errors import ConfigError, FetchError, ParseError
from reader.fetch import Document
from reader.model import Candidate, Enclosure, Item, Picture, Snapshot, Subscription, Unchanged
from reader.text import (
    MAX_AUTHORS,
    MAX_SUMMARY,
    safe_block,
    safe_text,
    safe_url,
)

if TYPE_CHECKING:
    from reader.sources import Desk, Source

LIMIT_S = 30.0
"""How long a plug-in may take for one answer, waiting for the network included."""
MAX_ITEMS = 5_000

T = TypeVar("T")


class _StuckError(BaseException):
    """A plug-in has not given the program its turn; no `except Exception` of its own may hold this up."""


def load(point: EntryPoint) -> Guarded:
    """The plug-in that an entry point names, imported now. Raises ConfigError when it cannot be, or is no source."""
    kind = point.name
    try:
        with _alarm(LIMIT_S):
            source = point.load()
    except (Exception, SystemExit, _StuckError) as error:
        raise ConfigError(f"The plug-in source “{kind}” could not be loaded: {_told(error)}.") from error
    if not (callable(getattr(source, "find", None)) and callable(getattr(source, "pull", None))):
        raise ConfigError(f"The plug-in source “{kind}” is no source: it needs the methods find and pull.")
    return Guarded(kind, source)


class Guarded:
    """A plug-in as a source like ours: its errors are sentences, its time is limited, and its text is clean."""

    def __init__(self, name: str, source: Source) -> None:
        self.name = name
        self._source = source

    async def find(self, document: Document, desk: Desk) -> tuple[Candidate, ...]:
        """What it offers at an address. Raises FetchError or ParseError."""

        def check(given: object) -> tuple[Candidate, ...]:
            return tuple(_clean_candidate(one, self.name) for one in _typed(given, tuple[Candidate, ...]))

        return await self._guard(lambda: self._source.find(document, desk), check)

    async def pull(self, subscription: Subscription, desk: Desk) -> Snapshot | Unchanged:
        """One visit. Raises FetchError or ParseError."""

        def check(given: object) -> Snapshot | Unchanged:
            if isinstance(given, Unchanged):
                unchanged = _typed(given, Unchanged)
                return replace(unchanged, moved_to=safe_url(unchanged.moved_to))
            return clean_snapshot(_typed(given, Snapshot))

        return await self._guard(lambda: self._source.pull(subscription, desk), check)

    async def _guard(self, ask: Callable[[], Awaitable[object]], check: Callable[[object], T]) -> T:
        """What the plug-in answers, checked; whatever it does instead is a FetchError or ParseError."""

        async def asked() -> object:
            return await ask()

        try:
            async with asyncio.timeout(LIMIT_S) as limit:
                given = await _stepwise(asked(), LIMIT_S)
            return check(given)
        except (FetchError, ParseError):
            raise
        except (Exception, SystemExit, _StuckError) as error:
            if limit.expired() or isinstance(error, _StuckError):
                raise FetchError(
                    f"The plug-in “{self.name}” took longer than {LIMIT_S:g} s and was stopped."
                ) from error
            raise ParseError(f"The plug-in “{self.name}” failed: {_told(error)}.") from error


def _typed(given: object, kind: type[T]) -> T:
    """The value, of that type all through. Raises TypeError or msgspec.ValidationError (a ValueError)."""
    return msgspec.convert(msgspec.to_builtins(given), kind)


def _clean_candidate(given: Candidate, kind: str) -> Candidate:
    url = safe_url(given.url)
    if not url:
        raise ValueError("it offers something that has no address of the web")
    title, says = safe_text(given.title), safe_text(given.says)
    return replace(given, kind=kind, url=url, title=title, says=says, login="", typed_host="")


def clean_snapshot(given: Snapshot) -> Snapshot:
    """A snapshot of the right types whose text has passed the border."""
    return replace(
        given,
        title=safe_text(given.title),
        home_url=safe_url(given.home_url),
        language=safe_text(given.language, 40),
        moved_to=safe_url(given.moved_to),
        items=tuple(_clean_item(item) for item in given.items[:MAX_ITEMS]),
        warning=safe_text(given.warning, 300),
    )


def _clean_item(given: Item) -> Item:
    return replace(
        given,
        guid=safe_text(given.guid, 2_000),
        url=safe_url(given.url),
        title=safe_text(given.title),
        summary=safe_text(given.summary, MAX_SUMMARY),
        authors=safe_text(given.authors, MAX_AUTHORS),
        section=safe_text(given.section, 60),
        categories=tuple(safe_text(word, 100) for word in given.categories[:50]),
        published_at=_aware(given.published_at),
        updated_at=_aware(given.updated_at),
        language=safe_text(given.language, 40),
        markdown=safe_block(given.markdown),
        picture=given.picture and _clean_picture(given.picture),
        enclosures=tuple(
            Enclosure(safe_url(one.url), safe_text(one.media_type, 100), one.size_bytes)
            for one in given.enclosures[:50]
            if safe_url(one.url)
        ),
    )


def _clean_picture(given: Picture) -> Picture | None:
    url = safe_url(given.url)
    return replace(given, url=url, caption=safe_text(given.caption), alt=safe_text(given.alt)) if url else None


def _aware(at: datetime | None) -> datetime | None:
    """In UTC; a moment without a zone is taken for one in UTC, and one that no calendar holds there for none."""
    try:
        return at and (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC))
    except OverflowError:
        return None


def _told(error: BaseException) -> str:
    """An error of somebody else's as part of a sentence."""
    if isinstance(error, _StuckError):
        return f"it took longer than {LIMIT_S:g} s"
    return f"{type(error).__name__}: {safe_text(str(error), 200)}".rstrip(".: ")


# Time: one that waits is cancelled by asyncio; one that computes or sleeps is interrupted by the system's alarm


@coroutine
def _stepwise(work: Coroutine[Any, Any, T], limit_s: float) -> Generator[Any, Any, T]:
    """The result of a coroutine each of whose steps is interrupted when it holds up the program for too long."""
    thrown: BaseException | None = None
    try:
        while True:
            try:
                with _alarm(limit_s):
                    waits_for = work.send(None) if thrown is None else work.throw(thrown)
            except StopIteration as end:
                return cast("T", end.value)
            try:
                yield waits_for
                thrown = None
            except BaseException as error:  # noqa: BLE001 - a cancellation too is the coroutine's to hear of
                thrown = error
    finally:
        work.close()


@contextmanager
def _alarm(limit_s: float) -> Iterator[None]:
    """Interrupt what takes longer; only the main thread hears alarms, and elsewhere none is set."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise _StuckError

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, limit_s, 1)  # and again, should it not listen
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
