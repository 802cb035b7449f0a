"""SIGKILL at any moment of a mark, an import, a migration and a repair: all of it or nothing, and no star is lost."""

from __future__ import annotations

from pathlib import Path

from tests.crash_verbs import VERBS, VerbCrashes


def test_marks_imports_migrations_and_repairs_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    crashes = VerbCrashes(tmp_path / "home")
    for number in range(2 * len(VERBS)):
        crashes.cycle(number)
    assert crashes.killed.total() > 2, "most of them were killed in the midst of their work"
