"""A damaged library: whatever its file holds, only our own errors come out, and only safe text."""

from __future__ import annotations

import random
from pathlib import Path

import apsw
import pytest

from reader.store import rows
from tests.damage import FORGED, WAYS, columns, forge, make_met, only_our_errors

FILES = 30


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "library.db"
    make_met(path)
    return path.read_bytes()


@pytest.mark.parametrize("stored", ["http://[x/", "https://a b/\x1b", "http://x:99999/", "https://", "javascript:x"])
def test_an_address_that_is_none_is_none(stored: str) -> None:
    assert rows.url(stored) in ("", "https://ab/")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_damaged_file_gives_our_errors_only(way: type, whole: bytes, tmp_path: Path) -> None:
    failed = 0
    for seed in range(FILES):
        data, path = bytearray(whole), tmp_path / f"{seed}.db"
        way(data, random.Random(seed))
        path.write_bytes(data)
        failed += only_our_errors(path) > 0
    assert failed, "so much damage is noticed now and then"


def test_a_forged_value_gives_our_errors_only(whole: bytes, tmp_path: Path) -> None:
    path, dice, done = tmp_path / "library.db", random.Random(3), 0
    for table, column in columns():
        path.write_bytes(whole)
        if forge(path, table, column, dice.choice(FORGED)):
            only_our_errors(path)
            done += 1
    assert done > 80


@pytest.mark.parametrize("value", [b"", b"\x07", b"\x01", b"\x01abc", b"\x00\xff\xfe", "text", 7, 1.5])
def test_a_body_that_is_none_is_told(value: object) -> None:
    with pytest.raises(apsw.CorruptError):
        rows.unpack(value)  # type: ignore[arg-type]


def test_a_body_does_not_unpack_without_bound() -> None:
    bomb = rows.ZSTD + rows._compressor().compress(b"0" * (rows.MAX_UNPACKED + 1), 2)
    assert len(bomb) < 2_000
    with pytest.raises(apsw.CorruptError):
        rows.unpack(bomb)


def test_what_leaves_the_file_is_safe() -> None:
    assert rows.text("a\x1b[31mb\u202ec") == "a[31mbc"
    assert rows.unpack(rows.PLAIN + b"one\x1b]0;two\x07\nthree") == "one]0;two\nthree"
    assert rows.url("javascript:alert(1)") == rows.url("file:///etc/passwd") == ""
    assert rows.url("https://gazette.example/a") == "https://gazette.example/a"
    assert rows.text_kind(99) is rows.TextKind.NONE
    for value in (b"a", 7, None, 1.5):
        with pytest.raises(apsw.CorruptError):
            rows.text(value)
    for value in ("7", None, 7.0, b"7"):
        with pytest.raises(apsw.CorruptError):
            rows.number(value)


@pytest.mark.parametrize("seconds", [1 << 62, -(1 << 62), 0])
def test_every_number_is_an_instant(seconds: int) -> None:
    assert 1900 <= rows.to_instant(seconds).year <= 3000


@pytest.mark.parametrize(
    "stored", ["", "[1,2", "7", "[]", '[["a"],[]]', '[["https://a.example/",7,"","",1],[]]', "[" * 9_000]
)
def test_media_that_make_no_sense_are_none(stored: str) -> None:
    assert rows.unpack_media(stored) == (None, ())
