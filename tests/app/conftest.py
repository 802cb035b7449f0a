"""The interface over a library in memory, at a fixed moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot

from reader.app import app, keymap, typist
from reader.app.app import ReaderApp
from reader.app.desks import reading
from reader.app.screens import front_page
from reader.settings import Settings
from tests.app import canned
from tests.app.desk import Start, settle


@pytest.fixture(scope="session", autouse=True)
def rules_parsed_once() -> Iterator[None]:
    """Each app parses the same style sheets, which is a seventh of its start."""
    parse, known = Stylesheet._parse_rules, {}

    def parse_once(sheet: Stylesheet, *what: Any, **more: Any) -> list[RuleSet]:
        key = (tuple(sheet._variables.items()), what, tuple(more.items()))
        if key not in known:
            known[key] = parse(sheet, *what, **more)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_once)
        yield


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


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Digits, hints and places wait for almost nothing; no key is given up for lost, and what is said stays."""
    monkeypatch.setattr(front_page, "SAID_FOR_S", 600)
    monkeypatch.setattr(app.ReaderApp, "NOTIFICATION_TIMEOUT", 600)
    monkeypatch.setattr(typist, "LOST_KEY_S", 5)
    monkeypatch.setattr(typist, "SLOW_KEY_S", 60)
    monkeypatch.setattr(reading, "RESTS_AFTER_S", 0.01)
    monkeypatch.setattr(typist, "DIGIT_WAITS_S", 0.01)
    monkeypatch.setattr(typist, "HINT_AFTER_S", 0.01)


@pytest.fixture
def start(library: canned.CannedLibrary, settings: Settings) -> Start:
    """Start the interface: `async with start(size=(80, 24)) as pilot`; further words change the settings."""

    @asynccontextmanager
    async def begin(size: tuple[int, int] = (120, 40), **changes: object) -> AsyncIterator[Pilot[None]]:
        library.settings = replace(settings, **changes)
        keys = keymap.build(library.settings.keys, library.settings.commands)
        reader = ReaderApp(library, library.settings, keys, clock=lambda: canned.NOW)  # type: ignore[arg-type]
        async with reader.run_test(size=size, notifications=True) as pilot:
            await settle(pilot)
            yield pilot
            reader.workers.cancel_all()
            await asyncio.sleep(0)

    return begin
