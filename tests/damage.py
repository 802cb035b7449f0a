"""Damage a library in every way that disks, programs and forgers know, and use all of it: only our own errors come out.

    python -m tests.damage --files 5000 [--seed N]

Each file is a whole library in which bytes were changed, pages swapped or overwritten, the end cut off, or values put
into rows that the program never writes. It is opened, read, written, checked, exported and repaired. Whatever it holds,
nothing but a LibraryError may come out, and after `doctor --repair` there is a library in order. It takes a
tenth of a second a file; `tests/test_store_damage.py` and `tests/test_store_repair.py` run some.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
from msgspec import Struct
from msgspec.structs import astuple, replace

from reader.errors import LibraryError, ReaderError
from reader.identity import identity_keys
from reader.model import Article, Enclosure, Item, Picture, Position, StoryFilter, Subscription, Unchanged
from reader.remote import Met, RemoteSource, RemoteSources, States
from reader.store import Arrival, Changes, Store, keepsake, schema
from reader.store.repair import repair_file
from reader.text import SafeText, safe_url
from tests.storing import HOUR, NOW, an_arrival, an_edit, an_item, deliver, edit, follow

PAGE = 4096
URL = safe_url("https://gazette.example/story/3")
THEIRS = RemoteSources((RemoteSource("feed/7", safe_url("https://theirs.example/feed")),))
TWIN = 5
PICTURE = safe_url("https://gazette.example/picture.png")


def make(path: Path, stories: int = 40) -> None:
    """A library with something in each of its tables, closed."""
    store = Store.open(path)
    source_id = _fill(store, "gazette", stories, ("World", "Politics"))
    _fill(store, "other", stories // 4, ("Sport",))
    store.index_pending(stories)
    text = SafeText("The harbour opened its second bridge. " * 60)
    store.save_article(2, Article(url=URL, title=SafeText("Two"), markdown=text), now=NOW)
    edit(store, source_id, an_edit(3, an_item(3, title="Story three, told anew", markdown=text)))
    with_media = an_item(stories + 1, markdown=text, summary="With a picture", url=PICTURE)
    picture, sound = (
        Picture(PICTURE, SafeText("A bridge"), width=640, height=480),
        Enclosure(PICTURE, SafeText("a/b"), 9),
    )
    deliver(store, source_id, _arrival(replace(with_media, picture=picture, enclosures=(sound,))))
    store.mark(range(1, stories, 3), read=True, now=NOW)
    store.mark(range(1, stories, 7), starred=True, later=True, now=NOW)
    store.set_position(4, Position(3, 14))
    store.note_opened(4)
    store.add_image(PICTURE, "image/png", 1, 1, b"x" * 6_000, NOW)
    store.record_failure(2, SafeText("did not answer"), now=NOW, next_due_at=NOW + HOUR)
    with store._db.writing() as db:
        db.execute("INSERT INTO tags (story_id, tag) VALUES (5, 'bridges'), (8, 'bridges'), (8, 'harbours')")
    store.close()


def make_met(path: Path) -> None:
    """The same, with a story in two sources, one of them a sync server's, and a mark that it is still to be told."""
    make(path)
    store = Store.open(path)
    (theirs,) = store.server.follow(THEIRS, now=NOW).values()
    store.server.record("ann@reader.example", now=NOW, next_due_at=NOW + HOUR, error=SafeText("did not answer"))
    twin = _arrival(an_item(TWIN, url=f"https://gazette.example/story/{TWIN}"))
    met = (Met("000000000000000a", twin.keys, read=False, starred=False),)
    store.apply(Changes(theirs, NOW, arrivals=(twin,), met=met))
    store.mark([store.newest_id()], later=True, now=NOW)
    store.mark([TWIN], read=True, now=NOW)
    with store._db.writing() as db:
        db.execute("INSERT INTO meetings VALUES (7)")
    store.close()


def _arrival(item: Item, section: str = "World", hours: int = 0) -> Arrival:
    """With the keys that a refresh gives."""
    return an_arrival(item, keys=identity_keys([item])[0], section=section, age=HOUR * hours)


def _fill(store: Store, name: str, count: int, sections: tuple[str, ...]) -> int:
    source_id = follow(store, name).id
    items = [
        an_item(n, markdown=f"The text of story {n}, with a harbour in it.", url=f"https://{name}.example/story/{n}")
        for n in range(1, count + 1)
    ]
    arrivals = [_arrival(item, sections[n % len(sections)], count - n) for n, item in enumerate(items)]
    deliver(store, source_id, *arrivals)
    return source_id


# Ways to damage


def flip(data: bytearray, dice: random.Random) -> None:
    """Change single bytes, the header included."""
    for _ in range(dice.choice((1, 5, 60))):
        data[dice.randrange(len(data))] = dice.randrange(256)


def flip_in_one_page(data: bytearray, dice: random.Random) -> None:
    """Change bytes of one page: damage that no count of pages betrays."""
    start = dice.randrange(len(data) // PAGE) * PAGE
    for _ in range(30):
        data[start + dice.randrange(PAGE)] ^= 1 << dice.randrange(8)


def blank(data: bytearray, dice: random.Random) -> None:
    """Overwrite a few pages whole, as a disk does that lost a write."""
    for _ in range(dice.choice((1, 3))):
        start = dice.randrange(len(data) // PAGE) * PAGE
        data[start : start + PAGE] = dice.choice((b"\0" * PAGE, b"\xff" * PAGE, dice.randbytes(PAGE)))


def swap(data: bytearray, dice: random.Random) -> None:
    """Exchange two pages, as a disk does that lost its map."""
    one, other = (dice.randrange(1, len(data) // PAGE) * PAGE for _ in range(2))
    data[one : one + PAGE], data[other : other + PAGE] = data[other : other + PAGE], data[one : one + PAGE]


def cut(data: bytearray, dice: random.Random) -> None:
    """Leave out the end."""
    del data[dice.randrange(len(data)) :]


WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (flip, flip_in_one_page, blank, swap, cut)

FORGED: tuple[object, ...] = (
    None,
    -1,
    7,
    1 << 62,
    -(1 << 62),
    1.5,
    "",
    "x\x1b[31m\x07",
    "\u202eabc",
    "[1,2",
    b"\x01\x02",
    b"",
)


def forge(path: Path, table: str, column: str, value: object) -> bool:
    """Put a value into the first rows of a column, of whichever type; False where even SQLite will not."""
    db = apsw.Connection(str(path))
    try:
        db.execute("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA writable_schema = ON")
        triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        ((strict,),) = db.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchall()
        loose = strict.replace(") STRICT,", ")").replace(") STRICT", ")").replace("NOT NULL", "")
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (loose, table))
        db.execute("PRAGMA writable_schema = RESET")
        some = "" if "WITHOUT ROWID" in strict else f"WHERE rowid IN (SELECT rowid FROM {table} LIMIT 3)"
        db.execute(f"UPDATE OR IGNORE {table} SET {column} = ? {some}", (value,))
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (strict, table))
        for _, sql in triggers:
            db.execute(sql)
    except apsw.Error:
        return False
    finally:
        db.close()
    return True


# Using what is left


def use(path: Path) -> Iterator[Callable[[], object]]:
    """Everything that a library is used for."""
    store = Store.open(path)
    everything = StoryFilter()
    try:
        yield from (
            store.subscriptions,
            store.sections,
            store.totals,
            lambda: store.next_due_at(NOW),
            store.newest_id,
            store.opened,
            lambda: store.due(NOW, everything=True),
            lambda: store.headlines(everything),
            lambda: store.oldest(everything),
            lambda: [store.count(StoryFilter(**{flag: True})) for flag in ("unread", "starred", "later")],  # type: ignore[arg-type]
            lambda: store.search("harbour story*"),
            lambda: store.search("tag:bridges source:gazette is:read", newest_first=False),
            lambda: store.find_story(URL),
            store.stories_without_text,
            lambda: store.pictures_wanted(1),
            lambda: store.image(PICTURE),
        )
        for story_id in range(1, 12):
            yield lambda story_id=story_id: _markdown(store, story_id)  # type: ignore[misc]
            yield lambda story_id=story_id: store.revisions(story_id)  # type: ignore[misc]
        yield from (
            lambda: store.known(1, identity_keys([an_item(3)])[0]),
            lambda: store.mark(range(60), read=True, starred=False, now=NOW),
            lambda: store.set_position(1, Position(1, 1)),
            lambda: store.note_opened(1),
            lambda: edit(store, 1, an_edit(1, an_item(1, title="Another"), keys=(901, 902))),
            lambda: deliver(store, 1, an_arrival(an_item(900))),
            lambda: store.record_unchanged(1, Unchanged(), now=NOW, next_due_at=NOW),
            lambda: store.index_pending(100),
            lambda: store.add_subscriptions(
                [Subscription(0, "feed", safe_url("https://third.example/"), SafeText("T"))]
            ),
            lambda: store.gather(NOW, 10),
            lambda: store.mark([TWIN], read=False, starred=True, now=NOW),
            lambda: store.undo(NOW),
            lambda: store.server.health("ann@reader.example"),
            lambda: store.server.next_due_at("ann@reader.example", NOW, HOUR),
            store.server.followed,
            store.server.waiting,
            store.server.marks,
            lambda: store.server.unknown(["000000000000000a", "000000000000000b"]),
            lambda: store.server.told(store.server.marks()),
            lambda: store.server.take(
                States(frozenset(), frozenset({"000000000000000a"}), ("000000000000000a",)), now=NOW
            ),
            lambda: store.server.follow(THEIRS, now=NOW),
            lambda: store.prune(keep_per_source=20, older_than=NOW - 20 * HOUR),
            lambda: store.prune_images(1_000),
            lambda: store.apply(Changes(2, NOW)),
            lambda: store.remove_subscription(2, now=NOW),
            store.check,
        )
    finally:
        store.close()


def _markdown(store: Store, story_id: int) -> object:
    story = store.story(story_id)
    return story, story.markdown, story.picture, story.updated_at


def _texts(value: object) -> Iterator[str]:
    """The lines of all texts in what the store gave."""
    if isinstance(value, str):
        yield from value.split("\n")
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, Struct):
        yield from _texts(astuple(value))


def only_our_errors(path: Path) -> int:
    """Use it; how many of its uses failed, as they may. Raises whatever is not ours."""
    failed = 0
    try:
        for step in use(path):
            try:
                assert all(line.isprintable() for line in _texts(step())), "nothing unsafe reaches a terminal"
            except ReaderError:
                failed += 1
    except LibraryError:
        failed += 1
    return failed


# The long run


def trial(whole: bytes, daily: bytes, seed: int, folder: Path) -> str:
    """Damage a library, use it, repair it; which damage it was. Raises whatever is not as it should be."""
    dice, data = random.Random(seed), bytearray(whole)
    way = dice.choice((*WAYS, None))
    path, used = folder / "library.db", folder / "used.db"
    if way:
        way(data, dice)
    path.write_bytes(data)
    if not way:
        table, column = dice.choice(columns())
        forge(path, table, column, dice.choice(FORGED))
    shutil.copyfile(path, used)
    before = path.read_bytes()
    only_our_errors(used)
    keepsake.path_for(path, NOW).write_bytes(daily)
    repair_file(path, now=NOW, keys_of=identity_keys)
    assert path.with_name("library.db.damaged-2026-11-20").read_bytes() == before
    store = Store.open(path)
    try:
        assert all(finding.ok for finding in store.check())
        assert way is None or len(store.subscriptions()) >= 2
        kept = Counter(headline.id for headline in store.headlines(StoryFilter(starred=True), limit=1_000))
        assert way is None or len(kept) >= STARRED, f"{STARRED - len(kept)} stars are lost"
    finally:
        store.close()
    return way.__name__ if way else "forge"


STARRED = 6


def columns() -> list[tuple[str, str]]:
    """Every column of every table of our own."""
    db = apsw.Connection(":memory:")
    schema.create(db)
    tables = [
        row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%STRICT%'")
    ]
    found = [(table, row[1]) for table in tables for row in db.execute(f"PRAGMA table_info({table})")]
    db.close()
    return found


def main() -> int:
    """Run the trials that were asked for, and say how it went."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--files", type=int, default=5_000)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    done: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="broadsheet-damage-") as top:
        first = Path(top) / "whole.db"
        make_met(first)
        store = Store.open(first)
        assert store.keep_daily(NOW)
        store.close()
        whole, daily = first.read_bytes(), keepsake.path_for(first, NOW).read_bytes()
        for seed in range(asked.seed, asked.seed + asked.files):
            with tempfile.TemporaryDirectory(dir=top) as folder:
                try:
                    done[trial(whole, daily, seed, Path(folder))] += 1
                except Exception:
                    print(f"Seed {seed}:")
                    raise
    print(
        f"{done.total()} damaged files, all well: {', '.join(f'{count} {way}' for way, count in sorted(done.items()))}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
