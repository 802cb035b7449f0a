"""SIGKILL at any moment of whatever writes but a refresh: all of it or nothing, and no star is lost."""

from __future__ import annotations

from pathlib import Path

from tests.crash_verbs import VERBS, VerbCrashes
from tests.syncserver import SyncServer


def test_whatever_writes_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    with SyncServer() as server:
        crashes = VerbCrashes(tmp_path / "home", server)
        for number in range(2 * len(VERBS)):
            crashes.cycle(number)
    assert crashes.killed.total() > 2, "most of them were killed in the midst of their work"
