"""Helpers of the interface's tests: waiting, pressing, and reading the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from time import monotonic
from typing import Any

from textual import events
from textual.keys import _character_to_key, key_to_character
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from reader.app.app import ReaderApp
from reader.app.screens.front_page import FrontPage

Start = Callable[..., AbstractAsyncContextManager[Pilot[None]]]
PATIENT = ("question", "refresh", "look", "change", "outside", "follow", "aloud")
"""Groups of workers that wait for the reader or the network."""


async def answers() -> bool:
    """Wait until the library has answered what it is asked in threads, but not for an answer that a test holds back.

    Whether there was anything to wait for.
    """
    threads = asyncio.get_running_loop()._default_executor  # type: ignore[attr-defined]
    for waited in range(100):
        if not threads._work_queue.qsize() and threads._idle_semaphore._value >= len(threads._threads):
            return waited > 0
        await asyncio.sleep(0.002)
    return True


async def settle(pilot: Pilot[None]) -> None:
    """Wait until every key has been taken, the workers are done, and what they changed is drawn."""
    await drain(pilot)
    app = pilot.app
    await until(pilot, lambda: app._exit or not isinstance(app, ReaderApp) or app.typist.is_done)
    for _ in range(3):
        await drain(pilot)
        await answers()
        workers = [worker for worker in pilot.app.workers if worker.group not in PATIENT]
        if workers:  # none would mean all of them
            with suppress(WorkerCancelled):  # another took its place; the next round waits for that
                await pilot.app.workers.wait_for_complete(workers)
    await drain(pilot)


async def drain(pilot: Pilot[None]) -> None:
    """Let every widget handle what has been sent to it, and what that sends on.

    The pilot's own pause waits until the whole process is idle, which on a busy machine is long; and it waits in vain
    for the widgets of a screen that is leaving.
    """
    for _ in range(40):
        await asyncio.sleep(0)
    with suppress(TimeoutError):
        await asyncio.wait_for(pilot.pause(0), 1)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, each as its own, and wait for what they cause."""
    for key in keys:
        name = _character_to_key(key) if len(key) == 1 else key
        pilot.app.post_message(events.Key(name, key_to_character(name)))
        await drain(pilot)
        if await answers():
            await drain(pilot)
    await settle(pilot)


async def type_ahead(pilot: Pilot[None], *keys: str) -> None:
    """Press keys all at once, as they come out of a terminal that was busy, and wait for what they cause."""
    for key in keys:
        name = _character_to_key(key) if len(key) == 1 else key
        pilot.app.post_message(events.Key(name, key_to_character(name)))
    await settle(pilot)


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    """Wait until something holds; how long that may take only says how busy the machine is."""
    deadline = monotonic() + 60
    while monotonic() < deadline:
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to hold")


def app_of(pilot: Pilot[Any]) -> ReaderApp:
    """The app, typed."""
    assert isinstance(pilot.app, ReaderApp)
    return pilot.app


def paper_of(pilot: Pilot[Any]) -> FrontPage:
    """The paper, typed."""
    return app_of(pilot).paper


def screen_text(pilot: Pilot[Any]) -> str:
    """What stands on the screen, line by line."""
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
