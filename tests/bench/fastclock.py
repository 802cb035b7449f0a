"""Broadsheet in days that pass quickly: `python -m tests.bench.fastclock TIMES ARGUMENT…`, from five to midnight on.

Every clock of the process runs so many times as fast, and it waits as much shorter; the program is as it is. What it
starts (the newsroom) lives in the days of everybody else.
"""

from __future__ import annotations

import selectors
import sys
import time
from datetime import UTC, datetime, timedelta

TIMES = float(sys.argv[1])
_monotonic, _select = time.monotonic, selectors.EpollSelector.select
BEGUN = _monotonic()
EVENING = datetime.now().astimezone().replace(hour=23, minute=55, second=0, microsecond=0).astimezone(UTC)


def monotonic() -> float:
    """Seconds, of which many pass in one."""
    return BEGUN + (_monotonic() - BEGUN) * TIMES


def now() -> datetime:
    """What the clock on the wall shows."""
    return EVENING + timedelta(seconds=monotonic() - BEGUN)


def select(self: selectors.EpollSelector, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
    """Wait for what the event loop waits for."""
    return _select(self, timeout / TIMES if timeout else timeout)


def main() -> int:
    """Start it as its command does."""
    time.monotonic = monotonic
    selectors.EpollSelector.select = select  # type: ignore[method-assign]
    sys.argv = ["broadsheet", *sys.argv[2:]]
    from reader.__main__ import main as run
    from reader.app.app import ReaderApp

    (ReaderApp.__init__.__kwdefaults__ or {})["clock"] = now
    return run()


if __name__ == "__main__":
    sys.exit(main())
