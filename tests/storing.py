"""Stories and libraries for the tests of the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from reader.model import Item, Subscription, TextKind
from reader.store import Arrival, Changes, Edit, Store
from reader.text import EMPTY, SafeText, safe_url

NOW = datetime(2026, 11, 20, 7, 42, tzinfo=UTC)
HOUR = timedelta(hours=1)


def an_item(
    number: int = 1, *, title: str = "", summary: str = "", markdown: str = "", url: str = "", section: str = ""
) -> Item:
    return Item(
        guid=SafeText(f"guid {number}"),
        url=safe_url(url or f"https://gazette.example/story/{number}"),
        title=SafeText(title or f"Story number {number}"),
        summary=SafeText(summary),
        authors=SafeText("Ada Byron"),
        section=SafeText(section),
        markdown=SafeText(markdown),
        text=TextKind.FULL if markdown else TextKind.NONE,
    )


def an_arrival(
    item: Item, *, keys: Iterable[int] = (), section: str = "News", age: timedelta = timedelta(0)
) -> Arrival:
    number = int(item.guid.split()[-1])
    return Arrival(item, tuple(keys) or (number,), number, SafeText(section), NOW - age, words=3)


def an_edit(
    story_id: int, item: Item, *, revised: bool = True, keys: Sequence[int] = (), section: str = "News"
) -> Edit:
    return Edit(story_id, item, tuple(keys), item_hash=-1, section=SafeText(section), revised=revised, words=4)


def follow(store: Store, name: str = "gazette", *, section: str = "") -> Subscription:
    url = safe_url(f"https://{name}.example/feed")
    return store.add_subscription("feed", url, title=SafeText(name.title()), section=SafeText(section) or EMPTY)[0]


def deliver(store: Store, source_id: int, *arrivals: Arrival, now: datetime = NOW) -> tuple[int, int]:
    return store.apply(Changes(source_id, now, arrivals=arrivals, next_due_at=now + HOUR))[:2]


def edit(store: Store, source_id: int, *edits: Edit, now: datetime = NOW) -> tuple[int, int]:
    return store.apply(Changes(source_id, now, edits=edits, next_due_at=now + HOUR))[:2]


def fill(
    store: Store, count: int = 20, *, name: str = "gazette", sections: Sequence[str] = ("World", "Politics")
) -> int:
    """A source with `count` stories, one an hour, the last of them the newest; its id."""
    source_id = follow(store, name).id
    deliver(
        store,
        source_id,
        *(
            an_arrival(
                an_item(
                    number,
                    markdown=f"The text of story {number}, with a harbour in it.",
                    summary=f"Dek {number}",
                    url=f"https://{name}.example/story/{number}",
                ),
                section=sections[number % len(sections)],
                age=HOUR * (count - number),
            )
            for number in range(1, count + 1)
        ),
    )
    return source_id


def all_is_well(store: Store) -> bool:
    return all(finding.ok for finding in store.check())
