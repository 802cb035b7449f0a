"""What is saved of a damaged library, what is said of it, and that nothing is ever thrown away."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest

from reader.errors import LibraryDamagedError, LibraryError, LibraryTooNewError
from reader.identity import identity_keys
from reader.library import Library
from reader.model import StoryFilter, Unchanged
from reader.remote import Met, RemoteSource, RemoteSources
from reader.settings import load
from reader.store import Changes, Store, keepsake, pages
from reader.store.repair import repair_file
from reader.store.salvage import LOST_TITLE, salvage
from reader.text import SafeText, safe_url
from tests.damage import WAYS, forge, make
from tests.storing import HOUR, NOW, all_is_well, an_arrival, an_edit, an_item, deliver, edit, fill, follow

STORIES, STARRED, KEPT = 121, 14, 15
PAGE = 4096
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "library.db"
    make(path, 96)
    return path.read_bytes()


@pytest.fixture(scope="module")
def daily(whole: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("daily") / "library.db"
    path.write_bytes(whole)
    store = Store.open(path)
    assert store.keep_daily(NOW)
    store.close()
    return keepsake.path_for(path, NOW).read_bytes()


def repair(path: Path) -> list[str]:
    return [finding.says for finding in repair_file(path, now=NOW, keys_of=identity_keys)]


def roots(data: bytes) -> dict[str, int]:
    """The first page of each table."""
    db = apsw.Connection(":memory:")
    db.deserialize("main", data[:18] + b"\1\1" + data[20:])
    found = dict(db.execute("SELECT name, rootpage FROM sqlite_schema WHERE type = 'table'"))
    db.close()
    return found


def blank_leaves(data: bytes, table: str) -> bytes:
    """The library with everything in one table overwritten, but for the page that leads to it."""
    from reader.store.pages import TABLE_LEAF

    root = roots(data)[table]
    broken, start = bytearray(data), (root - 1) * PAGE
    if broken[start] == TABLE_LEAF:
        broken[start : start + PAGE] = b"\xaa" * PAGE
        return bytes(broken)
    for cell in range(int.from_bytes(broken[start + 3 : start + 5], "big")):
        at = start + int.from_bytes(broken[start + 12 + 2 * cell : start + 14 + 2 * cell], "big")
        child = (int.from_bytes(broken[at : at + 4], "big") - 1) * PAGE
        broken[child : child + PAGE] = b"\xaa" * PAGE
    last = (int.from_bytes(broken[start + 8 : start + 12], "big") - 1) * PAGE
    broken[last : last + PAGE] = b"\xaa" * PAGE
    return bytes(broken)


def facts(path: Path) -> tuple[int, int, int, set[str]]:
    with closing(Store.open(path)) as store:
        assert all_is_well(store)
        totals = store.totals()
        tagged = {str(headline.title) for headline in store.search("tag:bridges OR tag:harbours")}
        return len(store.subscriptions()), totals.stories, totals.starred, tagged


def test_a_whole_library_is_saved_whole(whole: bytes, tmp_path: Path) -> None:
    source, target = tmp_path / "library.db", tmp_path / "saved.db"
    source.write_bytes(whole)
    found = salvage(source, target, now=NOW, keys_of=identity_keys)
    assert found.says() == [f"Saved: 2 sources and {STORIES} stories, {KEPT} of them kept.", "Nothing was lost."]
    dump = "SELECT * FROM {} ORDER BY 1, 2"
    one, other = (apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY) for path in (source, target))
    for table in ("sections", "states", "stories", "texts", "articles", "revisions", "identities", "tags", "images",
                  "image_urls", "counts", "story_urls", "subscriptions"):  # fmt: skip
        assert one.execute(dump.format(table)).fetchall() == other.execute(dump.format(table)).fetchall(), table
    highest = "SELECT name, seq FROM sqlite_sequence WHERE name <> 'batches' ORDER BY 1"
    assert one.execute(highest).fetchall() == other.execute(highest).fetchall()
    one.close()
    other.close()
    assert source.read_bytes() == whole


def test_what_a_sync_server_is_still_to_be_told_is_saved(tmp_path: Path) -> None:
    source, target = tmp_path / "old.db", tmp_path / "new.db"
    with closing(Store.open(source)) as store:
        (source_id,) = store.server.follow(
            RemoteSources((RemoteSource("feed/7", safe_url("https://gazette.example/feed")),)), now=NOW
        ).values()
        met = (Met("000000000000000a", (1,), read=False, starred=True),)
        store.apply(Changes(source_id, NOW, arrivals=(an_arrival(an_item(1)),), met=met))
        assert store.headlines(StoryFilter())[0].starred
        assert store.server.waiting() == 0
        store.mark([1], read=True, now=NOW)
        asked = store.server.marks()
        assert [(mark.field, mark.value, mark.ids) for mark in asked] == [("read", True, ("000000000000000a",))]
    salvage(source, target, now=NOW, keys_of=identity_keys)
    with closing(Store.open(target)) as store:
        assert store.server.marks() == asked
        assert store.server.unknown(["000000000000000a", "b"]) == ["b"]
        assert [one.remote_ids for one in store.server.followed()] == [("feed/7",)]
        assert all_is_well(store)


def test_pages_give_the_rows_that_sqlite_gives(whole: bytes) -> None:
    db = apsw.Connection(":memory:")
    db.deserialize("main", whole[:18] + b"\1\1" + whole[20:])
    found = list(pages.records(whole))
    for table, columns in (("stories", 24), ("states", 14), ("revisions", 7), ("images", 7)):
        mine = {values[1:] for _, values in found if len(values) == columns}
        theirs = {row[1:] for row in db.execute(f"SELECT * FROM {table}")}
        assert theirs <= mine, table
    db.close()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_after_any_damage_there_is_a_library_in_order(
    way: Callable[[bytearray, random.Random], None], whole: bytes, daily: bytes, tmp_path: Path
) -> None:
    for seed in range(8):
        data, path = bytearray(whole), tmp_path / str(seed) / "library.db"
        way(data, random.Random(seed))
        path.parent.mkdir()
        path.write_bytes(data)
        keepsake.path_for(path, NOW).write_bytes(daily)
        told = repair(path)
        aside = path.with_name("library.db.damaged-2026-11-20")
        assert aside.read_bytes() == data, "never thrown away, never written"
        assert told[0] == f"The damaged file is kept as {aside}."
        sources, stories, starred, _ = facts(path)
        assert (sources, starred) == (2, STARRED), told
        assert f"{stories:,} stories" in told[1]
        if stories < STORIES:
            assert any(says.startswith(("Lost:", "How much")) for says in told)
        assert not [file for file in path.parent.iterdir() if file.name.startswith(".")]


@pytest.mark.parametrize("with_backup", [False, True])
@pytest.mark.parametrize(
    "table", ["subscriptions", "sections", "states", "stories", "texts", "identities", "tags", "counts", "articles"]
)
def test_each_table_may_be_lost(table: str, with_backup: bool, whole: bytes, daily: bytes, tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(blank_leaves(whole, table))
    if with_backup:
        keepsake.path_for(path, NOW).write_bytes(daily)
    told = " ".join(repair(path))
    sources, stories, starred, tagged = facts(path)
    if table == "subscriptions" and not with_backup:
        assert sources == 0
        assert "Lost: 2 sources" in told
    else:
        assert sources == 2
    expected = KEPT if table == "stories" else STORIES
    assert stories == expected, told
    if table != "states" or with_backup:
        assert starred == STARRED, told
    if with_backup:
        assert len(tagged) == 2, told
    if table == "stories":
        assert ("by name only" in told) != with_backup
        assert f"Lost: {STORIES - (KEPT if with_backup else 0)} stories" in told
    if table == "texts":
        assert "texts" in told
    if table in ("counts", "sections"):
        assert "Nothing was lost" in told


def test_a_story_that_lost_its_words_gets_them_with_the_next_refresh(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(blank_leaves(whole, "stories"))
    repair(path)
    with closing(Store.open(path)) as store:
        (named, *_) = [one for one in store.headlines(StoryFilter(starred=True)) if one.source == "Gazette"]
        assert named.title == LOST_TITLE
        item = an_item(7, title="As its publisher says it", markdown="Words.")
        edit(store, 1, an_edit(named.id, item))
        story = store.story(named.id)
        assert (story.title, story.markdown, story.state.starred) == (item.title, "Words.", True)
        assert (story.revisions, store.headlines_by_id([named.id])[0].updated) == (0, False), "it was not revised"


def test_what_was_lost_is_asked_for_again_without_validators(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(blank_leaves(whole, "stories"))
    db = apsw.Connection(str(path))
    db.execute("UPDATE subscriptions SET etag = 'x', next_due_at = 99999999999")
    db.close()
    repair(path)
    with closing(Store.open(path)) as store:
        assert [one.validators.etag for one in store.due(NOW)] == ["", ""]


def test_a_story_keeps_its_identity_without_its_keys(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(blank_leaves(whole, "identities"))
    repair(path)
    with closing(Store.open(path)) as store:
        keys = identity_keys([an_item(9)])[0]
        assert {known.id for known in store.known(1, keys).values()} == {9}


def test_what_stands_only_in_the_log_is_saved(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(whole)
    store = Store.open(path)
    store.mark([2], starred=True, now=NOW)
    log = path.with_name("library.db-wal").read_bytes()
    store.close()
    for data in (blank_leaves(whole, "tags"), b"\xff" * 100 + whole[100:]):
        damaged = tmp_path / str(len(list(tmp_path.iterdir()))) / "library.db"
        damaged.parent.mkdir()
        damaged.write_bytes(data)
        damaged.with_name("library.db-wal").write_bytes(log)
        repair(damaged)
        assert damaged.with_name("library.db.damaged-2026-11-20-wal").read_bytes() == log
        assert facts(damaged)[2] == STARRED + 1


def test_what_is_no_database_gives_way_to_the_backup(daily: bytes, tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(b"This was a library once. " * 1_000)
    keepsake.path_for(path, NOW).write_bytes(daily)
    told = repair(path)
    assert told[2] == "2 sources and 15 stories of them came from the daily backup of 2026-11-20."
    assert facts(path)[:3] == (2, KEPT, STARRED)
    with closing(Store.open(path)) as store:
        first = store.headlines(StoryFilter(later=True))[-1]
        assert (first.title, first.read, store.story(first.id).url) == (
            "Story number 1", True, "https://gazette.example/story/1",
        )  # fmt: skip
        keys = identity_keys([an_item(1)])[0]
        assert {known.id for known in store.known(first.source_id, keys).values()} == {first.id}


def test_nothing_at_all_gives_an_empty_library(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    for data in (b"\0" * 9_000, b"SQLite format 3\0" + b"\1" * 60, b"SQLite format 3"):
        path.write_bytes(data)
        assert "cannot be told" in repair(path)[-1]
        assert facts(path)[:2] == (0, 0)


def test_impossible_values_are_put_right_on_the_way(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(blank_leaves(whole, "texts"))
    for column, value in (("shown_at", -(1 << 60)), ("shown_at", 1 << 60), ("section_id", 77), ("source_id", 88)):
        assert forge(path, "states", column, value)
        repair(path)
        with closing(Store.open(path)) as store:
            assert all(finding.ok for finding in store.check(NOW))
        path.write_bytes(blank_leaves(whole, "texts"))


def test_a_second_file_of_a_day_gets_a_name_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    for number in range(3):
        path.write_bytes(bytes([number]) * 5_000)
        repair(path)
    asides = sorted(file.name for file in tmp_path.glob("*damaged*"))
    assert asides == [f"library.db.damaged-2026-11-20{end}" for end in ("", "-2", "-3")]


def test_what_is_not_ours_is_left_alone(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    db = apsw.Connection(str(path))
    db.execute("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)")
    db.close()
    newer = tmp_path / "newer.db"
    newer.write_bytes(whole[:60] + (7).to_bytes(4, "big") + whole[64:])
    for file, error in ((path, LibraryDamagedError), (newer, LibraryTooNewError)):
        before = file.read_bytes()
        with pytest.raises(error, match="left as it is"):
            repair(file)
        assert file.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2


def test_our_own_file_with_anothers_mark_is_ours(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    for data in (whole[:68] + b"oops" + whole[72:], whole[:68] + b"oops" + b"\xff" * (PAGE - 72) + whole[PAGE:]):
        path.write_bytes(data)
        repair(path)
        assert facts(path)[:3] == (2, STORIES, STARRED)


HOLD = """
import sys
from pathlib import Path
from reader.store import Store
store = Store.open(Path(sys.argv[1]))
store.totals()
print("open", flush=True)
sys.stdin.read()
"""


def test_a_library_that_another_program_has_open_is_left_alone(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(blank_leaves(whole, "texts"))
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(
        command, cwd=Path(__file__).parent.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(LibraryError, match=r"Another program has .* open"):
            repair(path)
        other.communicate("")
    assert repair(path)


# By the library's verbs


@pytest.fixture
def home(tmp_path: Path, whole: bytes, daily: bytes) -> Path:
    path = load(tmp_path).folders.library_file
    path.parent.mkdir(parents=True)
    path.write_bytes(blank_leaves(whole, "texts"))
    keepsake.path_for(path, NOW).write_bytes(daily)
    return tmp_path


def test_doctor_touches_nothing_until_it_is_told_to(home: Path) -> None:
    library = Library(load(home))
    path = load(home).folders.library_file
    before = {file: file.read_bytes() for file in path.parent.iterdir()}
    (finding,) = [finding for finding in library.doctor() if not finding.ok]
    library.close()
    assert (finding.subject, finding.remedy) == ("library", "broadsheet doctor --repair")
    assert {file: file.read_bytes() for file in path.parent.iterdir()} == before
    said = [finding.says for finding in library.doctor(repair=True) if finding.subject == "library"]
    assert any(says.startswith("Saved: 2 sources and 121 stories") for says in said)
    assert all(finding.ok for finding in library.doctor() if finding.subject == "library")
    library.close()


@pytest.mark.parametrize("form", ["opml", "json"])
@pytest.mark.parametrize("no_database", [False, True])
def test_export_reads_a_damaged_file_as_far_as_it_goes(home: Path, form: str, no_database: bool) -> None:
    path = load(home).folders.library_file
    if no_database:
        path.write_bytes(b"\xff" * PAGE + path.read_bytes()[PAGE:])
    before = {file: file.read_bytes() for file in path.parent.iterdir()}
    command = [sys.executable, "-m", "reader", "--home", str(home), "export", form]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stderr
    met = no_database or form == "json"
    assert ended.returncode == (3 if met else 0), "subscriptions can be read though texts cannot"
    assert ("Saved: 2 sources" in ended.stderr) == met
    if form == "opml":
        assert ended.stdout.count("xmlUrl") == 2
    else:
        assert len(json.loads(ended.stdout)["stories"]) == STORIES
    assert {file: file.read_bytes() for file in path.parent.iterdir()} == before, "reading changes nothing"


# The daily backup


def test_a_backup_a_day_and_the_last_seven(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with closing(Store.open(path)) as store:
        assert not store.keep_daily(NOW), "nothing is followed, so there is nothing to keep"
        assert store.daily_backup(NOW) is None
        fill(store, 3)
        assert store.keep_daily(NOW)
        assert not store.keep_daily(NOW + HOUR)
        store.mark([1, 3], starred=True, now=NOW)
        assert store.daily_backup(NOW) == (NOW, 1, 0)
        for day in range(1, 10):
            assert store.keep_daily(NOW + DAY * day)
        assert store.daily_backup(NOW + DAY * 9) == (NOW + DAY * 9, 1, 2)
        assert len(keepsake.backups(path, NOW + DAY * 9)) == 7
        assert all(file.stat().st_mode & 0o777 == 0o600 for file in keepsake.backups(path, NOW))


def test_a_clock_that_was_wrong_does_not_hide_the_last_backup(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with closing(Store.open(path)) as store:
        fill(store, 1)
        for at in (NOW, NOW + 5_000 * DAY, NOW + DAY):
            assert store.keep_daily(at)
        assert store.daily_backup(NOW + DAY) == (NOW + DAY, 1, 0)
        for day in range(2, 9):
            store.keep_daily(NOW + DAY * day)
        assert "2040" not in " ".join(file.name for file in keepsake.backups(path, NOW + DAY * 8))


def test_a_damaged_backup_gives_way_to_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with closing(Store.open(path)) as store:
        fill(store, 1)
        store.keep_daily(NOW)
        for day, data in enumerate(
            (b"", b"nothing", b"\x1f\x8b\x08\x00", keepsake.backups(path, NOW)[0].read_bytes()[:-9]), 1
        ):
            keepsake.path_for(path, NOW + DAY * day).write_bytes(data)
        assert store.daily_backup(NOW + DAY * 9) == (NOW, 1, 0)


def test_a_backup_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with closing(Store.open(path)) as store:
        fill(store, 1)
        draft = keepsake.path_for(path, NOW)
        draft.with_name(f"{draft.name}.{os.getpid()}").mkdir()
        assert not store.keep_daily(NOW)


def test_an_empty_library_is_filled_from_the_backup(daily: bytes, tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with closing(Store.open(path)) as store:
        assert store.repair(NOW) == ()
        keepsake.path_for(path, NOW).write_bytes(daily)
        (finding,) = store.repair(NOW)
        assert finding.says == "2 sources and 15 kept stories came back from the daily backup of 2026-11-20."
        assert store.totals().starred == STARRED
        assert store.repair(NOW) == ()
        assert all_is_well(store)


def test_a_backup_brings_back_names_sections_and_logins(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with closing(Store.open(path)) as store:
        source = follow(store, section="Mornings")
        store.edit_subscription(source.id, title=SafeText("My own"), full_text=True)
        follow(store, "second")
        before = store.subscriptions()
        store.keep_daily(NOW)
    path.unlink()
    with closing(Store.open(path)) as store:
        store.repair(NOW)
        assert store.subscriptions() == before
        deliver(store, source.id)


# Clocks


def test_a_clock_that_was_ahead_freezes_no_source(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "library.db")) as store:
        sane, ahead, put_off = (follow(store, name).id for name in ("sane", "ahead", "off"))
        store.record_failure(sane, SafeText("is slow"), now=NOW, next_due_at=NOW + DAY)
        later = NOW + 5_000 * DAY
        store.record_failure(ahead, SafeText(""), now=later, next_due_at=later + HOUR)
        store.record_failure(put_off, SafeText(""), now=NOW - HOUR, next_due_at=NOW + 3 * DAY)
        assert {one.id for one in store.due(NOW, interval=HOUR)} == {ahead, put_off}
        assert {one.id for one in store.due(NOW, interval=3 * DAY)} == {ahead}
        assert store.next_due_at(NOW, interval=HOUR) == datetime(1970, 1, 1, tzinfo=UTC), "at once"
        store.record_failure(ahead, SafeText(""), now=NOW, next_due_at=NOW + HOUR)
        store.record_failure(put_off, SafeText(""), now=NOW, next_due_at=NOW + 2 * HOUR)
        assert store.due(NOW, interval=HOUR) == ()
        assert store.next_due_at(NOW, interval=HOUR) == NOW + HOUR


def test_a_clock_that_goes_back_asks_again(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "library.db")) as store:
        source_id = follow(store).id
        store.record_failure(source_id, SafeText(""), now=NOW, next_due_at=NOW + HOUR)
        assert store.due(NOW - HOUR / 2) == (), "a small step is no reason"
        assert [one.id for one in store.due(NOW - 2 * DAY)] == [source_id]


def test_stories_of_a_wrong_clock_are_put_right(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "library.db")) as store:
        fill(store, 3)
        later = NOW + 5_000 * DAY
        with store._db.writing() as db:
            db.execute("UPDATE states SET shown_at = ? WHERE story_id = 1", (int(later.timestamp()),))
            db.execute("UPDATE states SET shown_at = -(1 << 60) WHERE story_id = 2")
        (finding,) = [finding for finding in store.check(NOW) if not finding.ok]
        assert finding.says == "2 stories stand under a date that cannot be."
        assert store.repair(NOW)
        assert all(finding.ok for finding in store.check(NOW))
        assert all(headline.shown_at <= NOW for headline in store.headlines(StoryFilter()))


def test_damaged_texts_are_found_and_fetched_again(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "library.db")) as store:
        fill(store, 3)
        with store._db.writing() as db:
            db.execute("UPDATE texts SET body = x'01ff' WHERE story_id = 2")
        assert [finding.says for finding in store.check() if not finding.ok] == ["1 texts are damaged."]
        store.repair()
        assert all_is_well(store)
        assert store.story(2).markdown == ""
        assert store.known(1, (2,))[2].item_hash == 0, "so that the publisher's next word is taken"


async def test_a_refresh_writes_the_backup_and_doctor_tells_its_age(tmp_path: Path) -> None:
    library = Library(load(tmp_path, offline=True))

    def told() -> tuple[bool, str]:
        (finding,) = [finding for finding in library.doctor() if finding.subject == "backup"]
        return finding.ok, finding.says

    source = follow(library._store)
    assert told() == (True, "There is no daily backup of subscriptions and stars yet; the next refresh writes one.")
    async for _ in library.refresh():
        pass
    ok, says = told()
    assert ok
    assert says.startswith("The daily backup holds 1 source and 0 kept stories, as of 20")
    soon = datetime.now(UTC) + 3 * DAY
    library._store.record_unchanged(source.id, Unchanged(), now=soon, next_due_at=soon + HOUR)
    assert told() == (False, says)
    await library.hang_up()
    library.close()
