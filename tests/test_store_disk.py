"""A full disk and a folder that cannot be written: a sentence each, nothing lost, and on again when it is over."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reader.model import StoryFilter
from reader.store import Store
from tests.damage import make
from tests.fulldisk import small_disk
from tests.storing import NOW

ROOT = Path(__file__).parent.parent


def full_disks(tmp_path: Path, *words: str) -> list[str]:
    command = [sys.executable, "-m", "tests.fulldisk", *words]
    ended = subprocess.run(
        command, cwd=ROOT, env={"TMPDIR": str(tmp_path), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def test_every_write_on_a_full_disk_is_told_and_made_good(tmp_path: Path) -> None:
    (told,) = full_disks(tmp_path, "--cycles", "0", "--limits", "7")
    done = json.loads(told.removeprefix("limits: "))
    assert done["failed with a sentence"] >= 20
    assert done["went well"] >= 20


def test_the_command_line_on_a_disk_that_fills_up(tmp_path: Path) -> None:
    *_, told = full_disks(tmp_path, "--cycles", "1", "--seed", "3", "--limits", "5")
    if "mounted" in told:
        pytest.skip("no file system may be mounted here")
    done = json.loads(told.split(": ", 1)[1])
    assert done["failed with a sentence"] >= 1
    assert done["went well"] >= 2, "at least reading goes on"


def test_a_file_system_without_writing_is_read_and_said_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with small_disk(home) as disk:
        if disk is None:
            pytest.skip("no file system may be mounted here")
        make(home / "data" / "broadsheet.db")
        subprocess.run(["mount", "-o", "remount,ro", str(home)], check=True)
        for words, code in ((["stories"], 0), (["export", "opml"], 0), (["mark", "read", "1"], 1), (["refresh"], 1)):
            command = [sys.executable, "-m", "reader", "--home", str(home), "--offline", *words]
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            assert ended.returncode == code, ended
            assert ended.stderr.count("\n") == (code and 1), ended.stderr
            assert not code or "cannot be written; what is there can still be read" in ended.stderr
        subprocess.run(["mount", "-o", "remount,rw", str(home)], check=True)
        store = Store.open(home / "data" / "broadsheet.db")
        assert store.mark([2], read=True, now=NOW) == (2,)
        assert store.count(StoryFilter(unread=True)) == store.totals().unread
        store.close()
