"""Libraries of any size, written straight through the store, and a cache of newsboat's for the same stories.

    python -m tests.bench.libraries HOME STORIES

A hundred stories a source, three kilobytes each, one every few minutes; always the same for the same size.
"""

from __future__ import annotations

import random
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reader.model import Item, Subscription, TextKind
from reader.settings import folders
from reader.store import Arrival, Changes, Store
from reader.text import SafeText, SafeUrl
from tests.bench.feeds import EPOCH, words

A_SOURCE = 100
"""Stories of one source."""
LONG_READS = 60
"""Stories of a library of one length."""
SECTIONS = ("World", "Politics", "Science", "Business", "Culture", "Sport", "Local", "Technology")
NEWEST = datetime.fromtimestamp(EPOCH, UTC)
WORD_OF_ALL, RARE_WORD = "harbour", "zeppelin"
"""What nearly every story holds, and what one in ten thousand does."""


def items(source: int) -> Iterator[tuple[Item, datetime]]:
    """The stories of one source, oldest first, with the moment each appeared."""
    dice = random.Random(source)
    paragraphs = [f"{words(source * 31 + part, 70).capitalize()}." for part in range(24)]
    for n in reversed(range(A_SOURCE)):
        seed = source * A_SOURCE + n
        body = dice.sample(paragraphs, 6)
        if seed % 10_000 == 0:
            body.append(f"A {RARE_WORD} was seen.")
        at = NEWEST - timedelta(minutes=n * 60 + source % 60)
        item = Item(
            guid=SafeText(f"tag:feed{source}.example,2026:{n}"),
            url=SafeUrl(f"https://feed{source}.example/article/{n}"),
            title=SafeText(f"{words(seed, 7).capitalize()} {n}"),
            summary=SafeText(words(seed + 7, 20)),
            markdown=SafeText("\n\n".join(body)),
            published_at=at,
            text=TextKind.FULL,
        )
        yield item, at


def build(home: Path, stories: int) -> None:
    """A library of so many stories in `home`, indexed: as a refresh would have left it."""
    store = Store.open(folders(home).library_file)
    try:
        sources = range(stories // A_SOURCE)
        store.add_subscriptions(Subscription(0, "feed", feed_url(n), SafeText(f"Feed {n}")) for n in sources)
        for subscription in sorted((row.subscription for row in store.subscriptions()), key=lambda one: one.id):
            source = subscription.id - 1
            arrivals = tuple(
                Arrival(item, (source * A_SOURCE + n,), 1, SafeText(SECTIONS[source % len(SECTIONS)]), at, words=430)
                for n, (item, at) in enumerate(items(source))
            )
            store.apply(Changes(subscription.id, NEWEST, arrivals, next_due_at=NEWEST + timedelta(days=36_500)))
        while store.index_pending(2_000):
            pass
    finally:
        store.close()


def build_of_length(home: Path, length: int) -> None:
    """A library of sixty stories of so many words each, one source, with what long stories have: crossheads, links,
    quotes and lists."""
    store = Store.open(folders(home).library_file)
    try:
        store.add_subscriptions([Subscription(0, "feed", feed_url(0), SafeText("Feed 0"))])
        arrivals = []
        for n in range(LONG_READS):
            at = NEWEST - timedelta(hours=n)
            item = Item(
                guid=SafeText(f"tag:feed0.example,2026:{n}"),
                url=SafeUrl(f"https://feed0.example/long/{n}"),
                title=SafeText(f"{words(n, 7).capitalize()} {n}"),
                summary=SafeText(words(n + 7, 20)),
                markdown=SafeText(long_read(n, length)),
                published_at=at,
                text=TextKind.FULL,
            )
            arrivals.append(Arrival(item, (n,), 1, SafeText("World"), at, words=length))
        store.apply(Changes(1, NEWEST, tuple(arrivals), next_due_at=NEWEST + timedelta(days=36_500)))
        while store.index_pending(10):
            pass
    finally:
        store.close()


def long_read(seed: int, length: int) -> str:
    """Markdown of so many words: mostly prose, some of it with links and emphasis, every tenth block something else."""
    dice, blocks, written = random.Random(seed), [], 0
    while written < length:
        count = min(length - written, dice.randrange(40, 110))
        text = words(dice.randrange(10**9), count).capitalize()
        written += count
        match len(blocks) % 10:
            case 4:
                text = f"## {text[:40]}\n\n{text[40:].capitalize()}."
            case 6:
                text = f"> {text}."
            case 8:
                text = "\n".join(f"- {text[at : at + 90].strip()}" for at in range(0, len(text), 90))
            case 1 | 5:
                first, _, rest = text.partition(" ")
                text = f"{first} [the {first}](https://feed0.example/{written}) *{rest[:20].strip()}* {rest[20:]}."
            case _:
                text += "."
        blocks.append(text)
    return "\n\n".join(blocks)


def feed_url(source: int) -> SafeUrl:
    """Where a source would be, if there were one."""
    return SafeUrl(f"https://feed{source}.example/feed")


def fill_newsboat(cache: Path, stories: int) -> None:
    """Put the same stories into a cache that newsboat has made."""
    with closing(sqlite3.connect(cache)) as db, db:
        for source in range(stories // A_SOURCE):
            feed = feed_url(source)
            db.execute(
                "INSERT OR REPLACE INTO rss_feed (rssurl, url, title) VALUES (?, ?, ?)",
                (feed, feed, f"Feed {source:04d}"),
            )
            db.executemany(
                "INSERT INTO rss_item (guid, title, author, url, feedurl, pubDate, content, unread)"
                " VALUES (?, ?, '', ?, ?, ?, ?, 1)",
                [
                    (item.guid, item.title, item.url, feed, int(at.timestamp()), _html(item.markdown))
                    for item, at in items(source)
                ],
            )
        db.execute("ANALYZE")


def _html(markdown: str) -> str:
    return "".join(f"<p>{paragraph}</p>" for paragraph in markdown.split("\n\n"))


if __name__ == "__main__":
    build(Path(sys.argv[1]), int(sys.argv[2]))
