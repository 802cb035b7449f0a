"""The interface over a library in memory, at a fixed moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from reader.app import keymap
from reader.app.app import ReaderApp
from reader.settings import Settings
from tests.app import canned
from tests.app.desk import Start, settle


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The defaults, under a folder of the test."""
    return canned.settings_in(tmp_path)


@pytest.fixture
def library(settings: Settings) -> canned.CannedLibrary:
    """Sixty unread stories in four sections, from three sources of which one is failing."""
    return canned.CannedLibrary([canned.a_story(n) for n in range(1, 61)], settings)


@pytest.fixture(autouse=True)
def nothing_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' machine has a desktop at most by accident: no clipboard program is asked."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def start(library: canned.CannedLibrary, settings: Settings) -> Start:
    """Start the interface: `async with start(size=(80, 24)) as pilot`; further words change the settings."""

    @asynccontextmanager
    async def begin(size: tuple[int, int] = (120, 40), **changes: object) -> AsyncIterator[Pilot[None]]:
        library.settings = replace(settings, **changes)
        keys = keymap.build(library.settings.keys)
        app = ReaderApp(library, library.settings, keys, clock=lambda: canned.NOW)  # type: ignore[arg-type]
        async with app.run_test(size=size, notifications=True) as pilot:
            await settle(pilot)
            yield pilot
            app.workers.cancel_all()
            await asyncio.sleep(0)

    return begin
