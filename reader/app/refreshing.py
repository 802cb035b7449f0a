"""What a refresh told so far, and the sentence for it; the messages between the screens and the app about it."""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace
from textual.message import Message

from reader.app.wording import listed, sentence
from reader.model import Outcome, Told
from reader.text import counted


class Tally(Struct):
    """The outcomes of one refresh, added up."""

    done: int = 0
    total: int = 0
    new: int = 0
    updated: int = 0
    offline: bool = False
    skipped: int = 0
    failed: list[Outcome] = field(default_factory=list)
    told: dict[str, Told] = field(default_factory=dict)
    """What the reader asked to be told of, by the name of its search; "" for watched stories."""

    def add(self, outcome: Outcome) -> None:
        """Count one source in."""
        self.done = outcome.done or self.done + 1
        self.total = max(outcome.total, self.done)
        self.new += outcome.new
        self.updated += outcome.updated
        self.skipped += outcome.skipped
        for told in outcome.told:
            before = self.told.get(told.search)
            self.told[told.search] = replace(told, count=told.count + (before.count if before else 0))
        if outcome.offline:
            self.offline = True
        elif outcome.error:
            self.failed.append(outcome)

    def says(self, why: str) -> str:
        """What came of it: `12 new stories. The Gazette did not answer (timed out after 30 s).`

        `why` is the key that says more.
        """
        if self.offline and self.done and not self.new:
            return "You are offline; reading from the cache."
        if self.skipped and self.skipped == self.done:
            return "Another Broadsheet is looking for news already."
        news = f"{counted(self.new, 'new story')}." if self.new else "Nothing new."
        if self.updated:
            news = f"{news[:-1]}, {self.updated} updated."
        if not self.failed:
            return news
        if len(self.failed) == 1:
            failure = self.failed[0]
            return f"{news} {failure.title}: {sentence(failure.error)}"
        names = listed([outcome.title for outcome in self.failed])
        return f"{news} {len(self.failed)} sources failed: {names}. {why} says why."

    def notices(self) -> tuple[tuple[str, str], ...]:
        """What the reader asked to be told of, each as a title and a text."""
        return tuple(
            (f"{told.search}: {counted(told.count, 'new story')}", told.title)
            if told.search
            else (f"{counted(told.count, 'watched story was', 'watched stories were')} revised", told.title)
            for told in self.told.values()
        )


class RefreshWanted(Message):
    """The reader, or the clock, wants a look at the sources: these, all (`everything`), or those that are due."""

    def __init__(self, ids: tuple[int, ...] = (), everything: bool = False, unasked: bool = False) -> None:
        super().__init__()
        self.ids = ids
        self.everything = everything
        self.unasked = unasked
        """The clock wants it: no words when there is nothing to tell."""


class NewsArrived(Message):
    """The library has other stories or sources than a moment ago."""

    def __init__(self, new: int = 0, finished: bool = True) -> None:
        super().__init__()
        self.new, self.finished = new, finished

    def can_replace(self, message: Message) -> bool:
        """Only how it is now matters."""
        return isinstance(message, NewsArrived) and message.finished <= self.finished


class NothingFollowed(Message):
    """The library has no sources: this is a first start."""
