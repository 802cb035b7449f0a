"""A library in memory with the surface that the interface uses: as many stories as a test wants, at a fixed moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from reader.errors import NotFoundError, ParseError, ReaderError
from reader.highlight import matches, snippet
from reader.model import (
    Candidate,
    Change,
    Counts,
    Following,
    Headline,
    Health,
    Item,
    Key,
    Outcome,
    Position,
    Revision,
    SearchCount,
    Section,
    Snippet,
    SourceCount,
    SourceRow,
    State,
    Story,
    StoryFilter,
    Subscription,
    TagCount,
    TextKind,
)
from reader.nesting import lies_in
from reader.query import Condition, demanded, parse
from reader.settings import Settings, folders
from reader.text import EMPTY, SafeText, SafeUrl

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECTIONS = ("Politics", "World", "Science", "Technology")
SOURCES = ("The Gazette", "Winds", "Review")
BODY = "\n\n".join(
    f"Paragraph {n} of the story, long enough to be wrapped over several lines of the column in which it is set, so "
    f"that there is something to scroll through. It has a [link {n}](https://example.org/{n})."
    for n in range(1, 30)
)


def a_story(number: int, **changes: object) -> Story:
    """Story `number`; the newest has the highest number."""
    item = Item(
        guid=SafeText(f"g{number}"),
        url=SafeUrl(f"https://example.org/story/{number}"),
        title=SafeText(f"Headline {number}: councils win power to set their own fares"),
        summary=SafeText("The transport bill passed its third reading on Tuesday after a debate of nine hours."),
        authors=SafeText("A. Reporter"),
        published_at=NOW - timedelta(minutes=37 * (10_000 - number) % 60_000),
        markdown=SafeText(BODY),
        text=TextKind.FULL,
    )
    story = Story(
        id=number,
        source_id=number % len(SOURCES) + 1,
        source=SafeText(SOURCES[number % len(SOURCES)]),
        section=SafeText(SECTIONS[number % len(SECTIONS)]),
        item=replace(item, **{key: value for key, value in changes.items() if hasattr(item, key)}),
        article=None,
        state=State(),
        first_seen_at=NOW - timedelta(hours=1),
        fetched_at=NOW - timedelta(hours=1),
        words=800,
    )
    return replace(story, **{key: value for key, value in changes.items() if not hasattr(item, key)})


def earlier(story: Story) -> tuple[Revision, ...]:
    """Two versions that came before: one with less at the beginning and the end, and one with another headline."""
    first, *middle, _ = story.item.markdown.split("\n\n")
    shorter = SafeText("\n\n".join((first.replace("long enough", "quite long"), *middle)))
    return (
        Revision(1, NOW - timedelta(hours=3), SafeText("Councils may set fares"), story.item.summary, shorter),
        Revision(2, NOW - timedelta(hours=2), story.title, story.item.summary, shorter),
    )


def settings_in(home: Path, **changes: object) -> Settings:
    """Settings under a folder of the test."""
    return replace(Settings(folders(home)), **changes)


class Inquiry(nullcontext[None]):
    """Nothing here takes long enough to be given up."""

    def give_up(self) -> None:
        pass


class CannedLibrary:
    """Answers from memory, and writes down what it was asked to do."""

    def __init__(self, stories: Collection[Story] = (), settings: Settings | None = None) -> None:
        self.settings = settings
        self.stories_by_id = {story.id: story for story in stories}
        self.asked: list[tuple[object, ...]] = []
        self.followed = [
            Subscription(
                n + 1,
                "feed",
                SafeUrl(f"https://example.org/{n}/feed"),
                SafeText(title),
                health=Health(
                    last_ok_at=NOW - timedelta(minutes=18),
                    next_due_at=NOW + timedelta(minutes=12),
                    error=SafeText("It did not answer (timed out after 30 s).") if n == 2 else SafeText(""),
                ),
            )
            for n, title in enumerate(SOURCES)
        ]
        self.earlier = {story.id: earlier(story) for story in stories}
        self.waiting_news: list[Story] = []
        self.outcomes: list[Outcome] = []
        self.discovered: tuple[Candidate, ...] | ReaderError = ()
        self.full_text: Story | ReaderError | None = None
        self.history: tuple[int, ...] = ()
        self.steps: list[Change] = []
        """What there is to undo."""
        self.gate: asyncio.Event | None = None
        """A refresh waits for it after its first outcome."""

    def close(self) -> None: ...

    def give_way(self) -> None:
        self.asked.append(("give_way",))

    async def hang_up(self) -> None:
        self.asked.append(("hang_up",))

    # Lists

    def _all(self, wanted: StoryFilter) -> list[Headline]:
        rows = []
        for story in self.stories_by_id.values():
            state = story.state
            if (
                (wanted.section is None or lies_in(story.section, wanted.section))
                and (not wanted.alone or story.section == wanted.section)
                and (wanted.source_id is None or story.source_id == wanted.source_id)
                and (not wanted.unread or not state.read)
                and (not wanted.starred or state.starred)
                and (not wanted.later or state.later)
                and (not wanted.query or all(matches(part, story.title) for part in demanded(parse(wanted.query))))
            ):
                rows.append(self._row(story))
        rows = [row for row in rows if wanted.before is None or row.shown_at < wanted.before]
        return sorted(rows, key=lambda row: row.key, reverse=True)

    def _row(self, story: Story) -> Headline:
        return Headline(
            story.id,
            story.source_id,
            story.source,
            story.section,
            story.title,
            story.item.summary,
            NOW - timedelta(minutes=37) * (max(self.stories_by_id) - story.id),
            read=story.state.read,
            starred=story.state.starred,
            later=story.state.later,
        )

    def front_page(self, now: datetime) -> tuple[Headline, ...]:
        return tuple(self._all(StoryFilter())[:20])

    def front_page_unread(self, now: datetime) -> int:
        return sum(not headline.read for headline in self.front_page(now))

    def headlines(
        self, wanted: StoryFilter, *, after: Key | None = None, before: Key | None = None, limit: int = 100
    ) -> tuple[Headline, ...]:
        rows = self._all(wanted)
        if after:
            return tuple([row for row in rows if row.key < after][:limit])
        if before:
            return tuple([row for row in rows if row.key > before][-limit:])
        return tuple(rows[:limit])

    def oldest(self, wanted: StoryFilter, limit: int = 100) -> tuple[Headline, ...]:
        return tuple(self._all(wanted)[-limit:])

    def headlines_by_id(self, ids: Collection[int]) -> tuple[Headline, ...]:
        return tuple(self._row(self.stories_by_id[story_id]) for story_id in ids if story_id in self.stories_by_id)

    def count(self, wanted: StoryFilter) -> int:
        return len(self._all(wanted))

    def newer_than(self, wanted: StoryFilter, last_id: int) -> int:
        return sum(row.id > last_id for row in self._all(wanted))

    def newest_id(self) -> int:
        return max(self.stories_by_id, default=0)

    def _counts(self, wanted: StoryFilter) -> Counts:
        rows = self._all(wanted)
        return Counts(
            len(rows), sum(not r.read for r in rows), sum(r.starred for r in rows), sum(r.later for r in rows)
        )

    def sections(self, opened: Collection[str] = ()) -> tuple[Section, ...]:
        return tuple(
            Section(
                SafeText(name),
                self._counts(StoryFilter(section=SafeText(name), alone=True)),
                any(source.health.error for source in self.followed),
                ()
                if name not in opened
                else tuple(
                    SourceCount(
                        source.id,
                        source.title,
                        self._counts(StoryFilter(section=SafeText(name), source_id=source.id, alone=True)),
                        failing=bool(source.health.error),
                    )
                    for source in self.followed
                ),
            )
            for name in sorted({story.section for story in self.stories_by_id.values()})
        )

    def sources_in(self, section: SafeText) -> tuple[int, ...]:
        rows = self._all(StoryFilter(section=section))
        return tuple(sorted({row.source_id for row in rows}))

    def totals(self) -> Counts:
        return self._counts(StoryFilter())

    def fits(self, story_id: int, query: str) -> bool:
        story = self.stories_by_id[story_id]
        return all(
            part.value in story.state.tags if isinstance(part, Condition) else matches(part, story.title)
            for part in demanded(parse(query))
        )

    def inquire(self) -> Inquiry:
        return Inquiry()

    def search(self, query: str, *, limit: int = 50, newest_first: bool = True) -> tuple[Headline, ...]:
        self.asked.append(("search", query))
        parse(query)
        rows = self._all(StoryFilter(query=query))
        return tuple(rows[:limit] if newest_first else rows[::-1][:limit])

    def snippets(self, query: str, ids: Collection[int]) -> dict[int, Snippet]:
        node = parse(query)
        return {one: snippet(node, self._row(self.stories_by_id[one]), self.stories_by_id[one]) for one in ids}

    def searches(self) -> tuple[SearchCount, ...]:
        assert self.settings is not None
        return tuple(
            SearchCount(SafeText(saved.name), saved.query, self.count(StoryFilter(query=saved.query, unread=True)))
            for saved in self.settings.searches
        )

    def revisions(self, story_id: int) -> tuple[Revision, ...]:
        return self.earlier.get(story_id, ())

    # Stories

    def story(self, story_id: int) -> Story:
        if story_id not in self.stories_by_id:
            raise NotFoundError(f"There is no story {story_id}.")
        return self.stories_by_id[story_id]

    async def full_story(self, story_id: int) -> Story:
        self.asked.append(("full_story", story_id))
        if isinstance(self.full_text, ReaderError):
            raise self.full_text
        assert self.full_text is not None
        return self.full_text

    def mark(
        self,
        ids: Collection[int],
        *,
        read: bool | None = None,
        starred: bool | None = None,
        later: bool | None = None,
        watched: bool | None = None,
    ) -> tuple[int, ...]:
        states = {"read": read, "starred": starred, "later": later, "watched": watched}
        change = {name: value for name, value in states.items() if value is not None}
        self.asked.append(("mark", tuple(ids), change))
        for story_id in ids:
            story = self.stories_by_id[story_id]
            self.stories_by_id[story_id] = replace(story, state=replace(story.state, **change))
        return tuple(ids)

    def mark_listed(
        self,
        wanted: StoryFilter,
        up_to_id: int,
        *,
        read: bool = True,
        also: Collection[int] = (),
        down_to: Key | None = None,
        below: Key | None = None,
    ) -> tuple[int, ...]:
        ids = [
            row.id
            for row in self._all(wanted)
            if row.id <= up_to_id
            and row.read is not read
            and (down_to is None or row.key >= down_to)
            and (below is None or row.key < below)
        ]
        ids += [one for one in also if one not in ids]
        return self.mark(ids, read=read) if ids else ()

    def tags(self) -> tuple[TagCount, ...]:
        return ()

    def retag(self, ids: Collection[int], names: Mapping[str, bool]) -> tuple[int, ...]:
        self.asked.append(("retag", tuple(ids), names))
        for story_id in ids:
            story = self.stories_by_id[story_id]
            kept = [tag for tag in story.state.tags if names.get(tag, True)]
            tags = (*kept, *(SafeText(name) for name, there in names.items() if there))
            self.stories_by_id[story_id] = replace(story, state=replace(story.state, tags=tags))
        return tuple(ids)

    def undo(self) -> Change | None:
        self.asked.append(("undo",))
        return self.steps.pop() if self.steps else None

    def redo(self) -> Change | None:
        self.asked.append(("redo",))
        return None

    def note_opened(self, story_id: int) -> None:
        self.history = (story_id, *(one for one in self.history if one != story_id))

    def opened(self) -> tuple[int, ...]:
        return self.history

    def set_position(self, story_id: int, position: Position) -> None:
        self.asked.append(("set_position", story_id, position))

    # Sources

    async def discover(self, address: str, kind: str = "") -> tuple[Candidate, ...]:
        self.asked.append(("discover", address))
        if isinstance(self.discovered, ReaderError):
            raise self.discovered
        if not self.discovered:
            raise ParseError(f"There is nothing to follow at {address}.")
        return self.discovered

    async def subscribe(
        self, candidate: Candidate, *, section: SafeText = EMPTY, title: SafeText = EMPTY
    ) -> tuple[Subscription, Outcome]:
        self.asked.append(("subscribe", candidate.url, section, title))
        source = Subscription(len(self.followed) + 1, candidate.kind, candidate.url, title or candidate.title, section)
        self.followed.append(source)
        return source, Outcome(source.id, source.title, new=candidate.stories)

    async def subscribe_sample(self) -> tuple[Subscription, ...]:
        self.asked.append(("subscribe_sample",))
        self.followed = [Subscription(1, "sample", SafeUrl("https://sample.example/"), SafeText("Sample"))]
        self.stories_by_id = {n: a_story(n) for n in range(1, 10)}
        return tuple(self.followed)

    def following(self) -> Following:
        moments = [moment for source in self.followed if (moment := source.health.last_ok_at)]
        return Following(len(self.followed), max(moments, default=None))

    def sources(self) -> tuple[SourceRow, ...]:
        return tuple(SourceRow(source, self._counts(StoryFilter(source_id=source.id))) for source in self.followed)

    def source(self, source_id: int) -> Subscription:
        return next(source for source in self.followed if source.id == source_id)

    def edit_source(self, source_id: int, **changes: object) -> Subscription:
        self.asked.append(("edit_source", source_id, changes))
        return self.source(source_id)

    def remove_source(self, source_id: int) -> None:
        self.asked.append(("remove_source", source_id))
        self.followed = [source for source in self.followed if source.id != source_id]

    # Fetching

    def next_look_at(self) -> datetime | None:
        return NOW + timedelta(minutes=12)

    async def refresh(
        self, ids: Collection[int] = (), *, everything: bool = False, full: bool = False, images: bool = False
    ) -> AsyncIterator[Outcome]:
        self.asked.append(("refresh", tuple(ids), everything))
        for outcome in self.outcomes:
            yield outcome
            if self.gate is not None:
                await self.gate.wait()
        self.stories_by_id |= {story.id: story for story in self.waiting_news}
