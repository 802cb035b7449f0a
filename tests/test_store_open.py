"""Opening the file without harm: what is refused, what is made, what is brought up to date, and what a failure says."""

from __future__ import annotations

import inspect
import os
import random
import re
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from reader.errors import LibraryDamagedError, LibraryError, LibraryTooNewError, ReaderError
from reader.identity import identity_keys
from reader.model import Article, Position, StoryFilter, Unchanged
from reader.store import Carried, Changes, Store, connection, schema
from reader.store.connection import Database, Inquiry, on_network
from reader.store.salvage import salvage
from reader.text import EMPTY, SafeText, safe_url
from tests.damage import make as make_full
from tests.older import OLDER, make_older, schema_of
from tests.storing import NOW, all_is_well, an_arrival, an_item, deliver, fill, follow

ROOT = Path(__file__).parent.parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "library.db"


def make(path: Path, count: int = 3) -> None:
    store = Store.open(path)
    fill(store, count)
    store.close()


def contents(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.parent.iterdir()}


# Making and opening


def test_only_the_owner_can_read_what_is_made(path: Path) -> None:
    before = os.umask(0)
    try:
        store = Store.open(path)
        fill(store, 1)
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        store.close()
    finally:
        os.umask(before)


def test_the_file_says_whose_it_is_and_uses_wal(path: Path) -> None:
    make(path)
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA application_id").fetchone() == (schema.APPLICATION_ID,)
    assert db.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()


def test_an_empty_file_becomes_a_library(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    make(path)


def test_a_closed_store_says_so(path: Path) -> None:
    store = Store.open(path)
    store.close()
    store.close()
    with pytest.raises(LibraryError, match="closed"):
        store.totals()


# Refusing


@pytest.mark.parametrize(
    "data",
    [b"hello, I am a text file" * 100, b"\0" * 5000, b"SQLite format 3\0", b"x"],
    ids=["text", "zeros", "cut in its header", "one byte"],
)
def test_what_is_no_database_is_refused_untouched(path: Path, data: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(LibraryDamagedError, match=r"left as it is\.$"):
        Store.open(path)
    assert contents(path) == {path.name: data}


@pytest.mark.parametrize("wal", [False, True])
def test_another_programs_database_is_refused_untouched(path: Path, wal: bool) -> None:
    path.parent.mkdir()
    db = sqlite3.connect(path)
    db.executescript(
        f"PRAGMA journal_mode = {'wal' if wal else 'delete'}; CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)"
    )
    db.close()
    before = contents(path)
    with pytest.raises(LibraryDamagedError, match="another program"):
        Store.open(path)
    assert contents(path) == before


def test_a_newer_library_is_refused_untouched(path: Path) -> None:
    make(path)
    db = apsw.Connection(str(path))
    db.execute("PRAGMA user_version = 99")
    db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    db.close()
    before = contents(path)
    with pytest.raises(LibraryTooNewError, match="version 99"):
        Store.open(path)
    assert contents(path) == before


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_library_without_its_end_is_refused_untouched(path: Path, share: float) -> None:
    make(path, 200)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    before = contents(path)
    with pytest.raises(LibraryDamagedError, match="its end is missing"):
        Store.open(path)
    assert contents(path) == before


def test_damage_inside_is_told_when_it_is_met(path: Path) -> None:
    make(path, 300)
    data = bytearray(path.read_bytes())
    for page in range(1, len(data) // 4096):
        data[page * 4096 : page * 4096 + 2048] = b"\xff" * 2048
    path.write_bytes(data)
    with pytest.raises(LibraryDamagedError, match="damaged"), closing(Store.open(path)) as store:
        store.headlines(StoryFilter())


@pytest.mark.parametrize("seed", range(12))
def test_any_damage_is_our_error_or_none(path: Path, seed: int) -> None:
    make(path, 60)
    dice, data = random.Random(seed), bytearray(path.read_bytes())
    for _ in range(40):
        data[dice.randrange(100, len(data))] = dice.randrange(256)
    path.write_bytes(data)
    try:
        store = Store.open(path)
        try:
            store.index_pending(100)
            store.sections()
            store.search("harbour")
            for headline in store.headlines(StoryFilter()):
                store.story(headline.id)
            store.check()
            store.repair()
        finally:
            store.close()
    except ReaderError:
        pass  # Ours, whatever it met.


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LibraryError, match="could not be opened"):
        Store.open(tmp_path / "file" / "library.db")
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(LibraryError, match="could not be opened"):
        Store.open(tmp_path / "folder.db")


# Migrating


def make_first(path: Path) -> None:
    """A library as version 1 left it: two stories, one of them tagged."""
    path.parent.mkdir(parents=True)
    db = apsw.Connection(str(path))
    db.execute(FIRST_SCHEMA.read_text())
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = 1")
    db.execute(
        """INSERT INTO subscriptions (kind, url, address, host)
            VALUES ('feed', 'https://gazette.example/feed', 'gazette.example/feed', 'gazette.example');
        INSERT INTO sections (name) VALUES ('World');
        INSERT INTO states (source_id, section_id, shown_at, read) VALUES (1, 1, 1700000000, 0), (1, 1, 1700000100, 1);
        INSERT INTO stories SELECT story_id, 7, 'g', 'https://gazette.example/' || story_id, 'Story', '', NULL, '', '',
            '', 1700000000, NULL, '', 0, NULL, 1700000000, 1700000000, 0, 0, 0, 0, NULL, NULL FROM states;
        INSERT INTO identities SELECT 1, 9000000000000 + story_id, story_id FROM states;
        INSERT INTO tags VALUES (1, 'sea'); INSERT INTO pending SELECT story_id, 0 FROM states;"""
    )
    db.close()


@pytest.mark.parametrize("way", ["migrated", "salvaged", "salvaged from its pages"])
def test_a_library_of_version_1_keeps_everything(path: Path, tmp_path: Path, way: str) -> None:
    make_first(path)
    if way == "salvaged from its pages":
        path.write_bytes(b"\xff" * 4096 + path.read_bytes()[4096:])
    if way != "migrated":
        old, path = path, tmp_path / "saved.db"
        assert salvage(old, path, now=NOW, keys_of=identity_keys).stories == 2
    store = Store.open(path)
    (tagged,) = store.headlines(StoryFilter(tag=SafeText("SEA")))
    assert (tagged.id, store.totals().stories, store.totals().unread) == (1, 2, 1)
    store.mark([1, 2], read=True, watched=True, now=NOW)
    assert store.undo(NOW) is not None
    assert store.totals().unread == 1
    assert all_is_well(store)
    store.close()


FIRST_SCHEMA = schema_of(1)


@pytest.mark.parametrize("version", OLDER)
def test_an_older_library_keeps_what_the_reader_did_and_the_way_back(tmp_path: Path, version: int) -> None:
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    make_full(new)
    with closing(Store.open(new)) as store:
        store.mark([5, 6], read=True, starred=True, now=NOW)
        store.mark([9], muted=version > 1, now=NOW)
    make_older(new, old, version)
    one, other = Store.open(new), Store.open(old)
    assert other._db.connection.pragma("user_version") == schema.VERSION
    assert all_is_well(other)
    every = StoryFilter()
    for wanted in (every, StoryFilter(starred=True), StoryFilter(later=True), StoryFilter(tag=SafeText("bridges"))):
        assert other.headlines(wanted, limit=1000) == one.headlines(wanted, limit=1000)
    assert (other.totals(), other.tags(), other.sections()) == (one.totals(), one.tags(), one.sections())
    assert [row.subscription for row in other.subscriptions()] == [row.subscription for row in one.subscriptions()]
    for story in (one.story(row.id) for row in one.headlines(every, limit=1000)):
        assert other.story(story.id) == story
    if version > 1:
        assert [other.undo(NOW) for _ in range(3)] == [one.undo(NOW) for _ in range(3)]
        assert other.headlines(every, limit=1000) == one.headlines(every, limit=1000)
    assert all_is_well(other)
    one.close()
    other.close()


@pytest.mark.parametrize("version", OLDER)
def test_each_older_schema_leads_to_the_newest(path: Path, tmp_path: Path, version: int) -> None:
    make(path)
    migrated, new = apsw.Connection(str(tmp_path / "migrated.db")), apsw.Connection(str(path))
    migrated.execute(schema_of(version).read_text())
    migrated.pragma("user_version", version)
    schema.migrate(migrated)
    master = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    assert _without_comments(migrated.execute(master)) == _without_comments(new.execute(master))
    migrated.close()
    new.close()


def _without_comments(rows: apsw.Cursor) -> list[tuple[object, ...]]:
    def plain(value: object) -> object:
        lines = str(value).splitlines()
        told = " ".join(" ".join(line.split("--")[0].split()) for line in lines)
        return re.sub(r" *([(),]) *", r"\1", told)

    return [tuple(plain(value) for value in row) for row in rows]


def test_an_older_library_is_migrated_after_a_backup(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(path)
    first, last = schema.VERSION, schema.VERSION + 2
    monkeypatch.setattr(schema, "VERSION", last)
    steps = {first: "CREATE TABLE one (a)", first + 1: "ALTER TABLE one ADD COLUMN b"}
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    store = Store.open(path)
    assert store.totals().stories == 3
    store.close()
    assert path.read_bytes()[60:64] == last.to_bytes(4, "big"), "in the file itself, not in its WAL"
    backup = path.with_name(f"library.db.before-version-{last}")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    monkeypatch.undo()
    store = Store.open(backup)
    assert store.totals().stories == 3
    store.close()
    with pytest.raises(LibraryTooNewError, match=f"version {last}"):
        Store.open(path)


def test_a_migration_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(path)
    first = schema.VERSION
    monkeypatch.setattr(schema, "VERSION", first + 2)
    monkeypatch.setattr(schema, "MIGRATIONS", {first: "CREATE TABLE one (a)", first + 1: "no SQL"})
    with pytest.raises(LibraryError, match="syntax error"):
        Store.open(path)
    monkeypatch.undo()
    store = Store.open(path)
    assert all_is_well(store)
    store.close()


# Where it lies


def test_a_network_file_system_gets_no_wal(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(path)
    monkeypatch.setattr(connection, "on_network", lambda path: True)
    store = Store.open(path)
    fill(store, 2, name="other")
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    monkeypatch.setattr("reader.store.store.on_network", lambda path: True)
    assert "network file system" in store.check()[-1].says
    store.close()


@pytest.mark.parametrize(
    ("where", "network"),
    [
        ("/mnt/share/a b/library.db", True),
        ("/mnt/share/local/library.db", False),
        ("/mnt/sharer/library.db", False),
        ("/ssh/library.db", True),
        ("/windows/library.db", True),
    ],
)
def test_network_file_systems_are_recognised(tmp_path: Path, where: str, network: bool) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda1 / ext4 rw 0 0\nserver:/x /mnt/share nfs4 rw 0 0\n/dev/sdb1 /mnt/share/local ext4 rw 0 0\n"
        "u@h:/ /ssh fuse.sshfs rw 0 0\n//h/s /windows cifs rw 0 0\nshort\n"
    )
    assert on_network(Path(where), mounts) is network
    assert on_network(Path(where), tmp_path / "none") is False


@pytest.fixture(params=["with its WAL", "without"])
def read_only(path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A library in a place where nothing can be written; root could, so the system's answer is given in its place."""
    make(path)
    keeper = Store.open(path)
    if request.param == "without":
        keeper.close()
    else:
        keeper.mark([1], read=True, now=NOW)
    monkeypatch.setattr(os, "access", lambda *_: False)
    store = Store.open(path)
    yield store
    store.close()
    keeper.close()


def test_what_cannot_be_written_is_read(read_only: Store) -> None:
    assert len(read_only.headlines(StoryFilter())) == 3
    assert read_only.story(1).title == "Story number 1"
    assert len(read_only.search("story")) == 3
    assert all_is_well(read_only)
    with pytest.raises(LibraryError, match="cannot be written; what is there can still be read"):
        read_only.mark([2], read=True, now=NOW)
    assert read_only.totals().stories == 3


def test_a_full_disk_is_told_and_overcome(path: Path) -> None:
    store = Store.open(path)
    source_id = fill(store, 3)
    db = store._db.connection
    pages = db.pragma("page_count")
    db.pragma("max_page_count", pages)
    body = random.Random(1).randbytes(200_000).hex()
    with pytest.raises(LibraryError, match=r"disk .* is full"):
        deliver(store, source_id, an_arrival(an_item(50, markdown=body)))
    assert len(store.headlines(StoryFilter())) == 3
    assert all_is_well(store)
    db.pragma("max_page_count", 1 << 30)
    assert deliver(store, source_id, an_arrival(an_item(50, markdown=body))) == (1, 0)
    store.close()


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from reader.errors import LibraryError
from reader.model import StoryFilter
from reader.store import Store
from tests.damage import make as make_full
from tests.older import OLDER, make_older, schema_of
from tests.storing import NOW

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
store = Store.open(Path(sys.argv[1]))
print(len(store.headlines(StoryFilter())), store.story(1).title, len(store.search("harbour")))
try:
    store.mark([1], read=True, now=NOW)
except LibraryError as error:
    print(error)
store.close()
"""


def test_a_library_on_a_full_disk_is_opened_to_read(path: Path) -> None:
    make(path)
    store = Store.open(path)
    store.index_pending()
    store.close()
    command = [sys.executable, "-c", FULL_DISK, str(path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stdout.splitlines()[0] == "3 Story number 1 3", ended.stderr
    assert "can still be read" in ended.stdout
    store = Store.open(path)
    assert store.mark([1], read=True, now=NOW) == (1,)
    store.close()


# A contract over every method: another program holds the lock for longer than we wait

ARTICLE = Article(markdown=SafeText("Text"))
URL = safe_url("https://gazette.example/feed")
READING: dict[str, Callable[[Store], object]] = {
    "subscription": lambda store: store.subscription(1),
    "find_subscription": lambda store: store.find_subscription(URL),
    "subscriptions": lambda store: store.subscriptions(),
    "due": lambda store: store.due(NOW),
    "next_due_at": lambda store: store.next_due_at(NOW),
    "known": lambda store: store.known(1, (1,)),
    "stories_without_text": lambda store: store.stories_without_text(),
    "sections": lambda store: store.sections(["World"]),
    "sources_in": lambda store: store.sources_in("World"),
    "totals": lambda store: store.totals(),
    "headlines": lambda store: store.headlines(StoryFilter()),
    "newest": lambda store: store.newest(10),
    "inquire": lambda store: store.inquire(),
    "oldest": lambda store: store.oldest(StoryFilter()),
    "headlines_by_id": lambda store: store.headlines_by_id([1]),
    "count": lambda store: store.count(StoryFilter()),
    "newer_than": lambda store: store.newer_than(StoryFilter(), 0),
    "newest_id": lambda store: store.newest_id(),
    "following": lambda store: store.following(),
    "story": lambda store: store.story(1),
    "find_story": lambda store: store.find_story(URL),
    "revisions": lambda store: store.revisions(1),
    "search": lambda store: store.search("harbour story*"),
    "pictures_wanted": lambda store: store.pictures_wanted(1),
    "image": lambda store: store.image(URL),
    "image_size": lambda store: store.image_size(URL),
    "fits": lambda store: store.fits(1, "harbour is:unread"),
    "opened": lambda store: store.opened(),
    "tags": lambda store: store.tags(),
    "check": lambda store: store.check(),
    "keep_daily": lambda store: store.keep_daily(NOW),
    "daily_backup": lambda store: store.daily_backup(NOW),
    "gather": lambda store: store.gather(NOW),  # Nothing waits.
}
WRITING: dict[str, Callable[[Store], object]] = {
    "add_subscription": lambda store: store.add_subscription("feed", URL),
    "add_subscriptions": lambda store: store.add_subscriptions(()),
    "edit_subscription": lambda store: store.edit_subscription(1, title=EMPTY),
    "source_elsewhere": lambda store: store.source_elsewhere(URL, title=EMPTY, home_url=URL, now=NOW),
    "take_over": lambda store: store.take_over(1, [Carried(an_arrival(an_item(9)), read=True)], now=NOW),
    "trust_no_more": lambda store: store.trust_no_more(1),
    "apply": lambda store: store.apply(Changes(1, NOW)),
    "record_failure": lambda store: store.record_failure(1, EMPTY, now=NOW, next_due_at=NOW),
    "record_unchanged": lambda store: store.record_unchanged(1, Unchanged(), now=NOW, next_due_at=NOW),
    "index_pending": lambda store: store.index_pending(),
    "save_article": lambda store: store.save_article(1, ARTICLE, now=NOW),
    "record_article_failure": lambda store: store.record_article_failure(1, now=NOW),
    "mark": lambda store: store.mark([1], read=True, now=NOW),
    "mark_listed": lambda store: store.mark_listed(StoryFilter(), 9, now=NOW),
    "tag": lambda store: store.tag([1], SafeText("sea"), now=NOW),
    "retag": lambda store: store.retag([1], {SafeText("sea"): False, SafeText("port"): True}, now=NOW),
    "undo": lambda store: store.undo(NOW),
    "redo": lambda store: store.redo(NOW),
    "forget_steps": lambda store: store.forget_steps(NOW),
    "note_opened": lambda store: store.note_opened(1),
    "set_position": lambda store: store.set_position(1, Position(1, 1)),
    "add_image": lambda store: store.add_image(URL, "image/png", 1, 1, b"x", NOW),
    "prune_images": lambda store: store.prune_images(0),
    "prune": lambda store: store.prune(keep_per_source=100, older_than=None),
    "repair": lambda store: store.repair(),
    "remove_subscription": lambda store: store.remove_subscription(1, now=NOW),
}
OTHERS = {"open", "close", "backup"}


def test_the_contract_names_every_method() -> None:
    methods = {name for name, _ in inspect.getmembers(Store, callable) if not name.startswith("_")}
    assert methods == READING.keys() | WRITING.keys() | OTHERS


@pytest.mark.parametrize("name", [*READING, *WRITING])
def test_a_locked_library_reads_on_and_says_why_it_cannot_write(path: Path, name: str) -> None:
    make(path)
    store = Store(Database(path, busy_s=0.01))
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE; UPDATE states SET read = 1")
    if name in READING:
        READING[name](store)
    else:
        with pytest.raises(LibraryError, match="locked by another program"):
            WRITING[name](store)
    other.execute("ROLLBACK")
    other.close()
    if name in WRITING:
        WRITING[name](store)
    store.close()


def test_a_writer_waits_for_another_that_finishes_in_time(path: Path) -> None:
    import threading

    make(path)
    store, other = Store.open(path), apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    ended = threading.Event()

    def mark() -> None:
        store.mark([1], read=True, now=NOW)
        ended.set()

    thread = threading.Thread(target=mark)
    thread.start()
    assert not ended.is_set()
    other.execute("COMMIT")
    thread.join()
    assert ended.is_set()
    assert store.totals().unread == 2
    other.close()
    store.close()


# Care


def test_doctor_finds_and_mends_what_follows_from_the_rest(path: Path) -> None:
    make(path, 5)
    store = Store.open(path)
    store.index_pending(100)
    db = apsw.Connection(str(path))
    db.execute(
        "UPDATE counts SET unread = 7; DELETE FROM search WHERE rowid = 2; PRAGMA foreign_keys = OFF;"
        "DELETE FROM stories WHERE id = 3"
    )
    db.close()
    bad = {finding.subject for finding in store.check() if not finding.ok}
    assert bad == {"library", "search index"}
    assert all(finding.remedy for finding in store.check() if not finding.ok)
    assert store.repair()
    assert all_is_well(store)
    assert store.totals().stories == 4
    assert len(store.search("harbour")) == 4
    assert store.repair() == ()
    store.close()


def test_a_damaged_search_index_is_made_again(path: Path) -> None:
    make(path, 30)
    store = Store.open(path)
    store.index_pending(100)
    db = apsw.Connection(str(path))
    db.execute("PRAGMA writable_schema = ON; DELETE FROM search_data WHERE id > 10")
    db.close()
    assert [finding.subject for finding in store.check() if not finding.ok] == ["search index"]
    store.repair()
    assert all_is_well(store)
    assert len(store.search("harbour")) == 30
    store.close()


def test_a_backup_is_whole_and_replaces_the_last_one(path: Path, tmp_path: Path) -> None:
    make(path)
    store = Store.open(path)
    target = tmp_path / "backups" / "today.db"
    store.backup(target)
    fill(store, 2, name="other")
    store.backup(target)
    assert [file.name for file in target.parent.iterdir()] == [target.name]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    copy = Store.open(target)
    assert copy.totals() == store.totals()
    assert all_is_well(copy)
    copy.close()
    with pytest.raises(LibraryError, match="could not be written"):
        store.backup(path / "under a file")
    store.close()


def test_opening_reads_little(path: Path) -> None:
    make(path, 200)
    store = Store.open(path)
    db = store._db.connection
    assert db.status(apsw.SQLITE_DBSTATUS_CACHE_MISS)[0] < 8, "pages read"
    assert follow(store).id == 1
    store.close()


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def test_a_question_that_nobody_waits_for_ends_and_its_thread_reads_on(path: Path) -> None:
    make(path)
    database = Database(path)
    inquiry, asked = Inquiry(database), threading.Event()

    def walk_on_and_on() -> None:
        with inquiry, database.reading() as db:
            asked.set()
            db.execute(ENDLESS).fetchall()

    def ask() -> int:
        with pytest.raises(LibraryError):
            walk_on_and_on()
        with database.reading() as db:
            return len(db.execute("SELECT 1 FROM states").fetchall())

    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(ask)
        asked.wait(10)
        while not answer.done():
            inquiry.give_up()  # it may not have begun to walk yet
        assert answer.result() == 3
    with pytest.raises(LibraryError, match="not wanted"), inquiry:
        pass
    database.close()


def test_to_give_up_what_has_been_answered_disturbs_nothing(path: Path) -> None:
    make(path)
    store = Store(Database(path))
    inquiry = store.inquire()
    with inquiry:
        before = store.headlines(StoryFilter())
    inquiry.give_up()
    assert store.headlines(StoryFilter()) == before
    store.close()
