"""What the reader changed and the library has yet to write: in order, one at a time, by a thread that ends with us.

A queue of the interface's own workers would be lost when they are cancelled; and a pool's threads would keep the
program from ending for as long as another program has the file locked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from reader.errors import LibraryError, ReaderError

Change = Callable[[], Any]


def _is_well(future: Future[Any]) -> bool:
    """Whether it has been written."""
    return future.done() and future.exception() is None


class Outbox:
    """Changes on their way into the library."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[tuple[Future[Any], Change] | None] = SimpleQueue()
        self._unheard: list[Future[Any]] = []
        self._thread: Thread | None = None

    def put(self, change: Change) -> Future[Any]:
        """Have it written after all that was put before."""
        future: Future[Any] = Future()
        self._unheard = [*(known for known in self._unheard if not _is_well(known)), future]
        self._queue.put((future, change))
        if self._thread is None:
            self._thread = Thread(target=self._write_all, name="outbox", daemon=True)
            self._thread.start()
        return future

    @property
    def is_at_work(self) -> bool:
        """Whether something is still to be written."""
        return any(not future.done() for future in self._unheard)

    async def written(self, future: Future[Any]) -> Any:
        """What the library answered; to be cancelled while waiting takes nothing back. Raises ReaderError."""
        try:
            return await asyncio.shield(asyncio.wrap_future(future))
        except ReaderError:
            self._unheard = [known for known in self._unheard if known is not future]
            raise

    async def emptied(self) -> None:
        """Wait until all that was put so far has been written, or has failed, which its own waiter is told."""
        with suppress(ReaderError):
            await self.written(self.put(lambda: None))

    async def close(self, patience_s: float) -> str:
        """Wait for what is not written yet; a sentence when some of it could not be, or not in that time."""
        self._queue.put(None)
        unheard, self._unheard = self._unheard, []
        if not unheard:
            return ""
        done, late = await asyncio.wait([asyncio.wrap_future(future) for future in unheard], timeout=patience_s)
        failures = [error for future in done if (error := future.exception()) is not None]
        if not late and not failures:
            return ""
        why = str(failures[0]) if failures else "Another program is holding the library."
        number = len(late) + len(failures)
        return f"{number} of your last changes could not be written. {why}"

    def _write_all(self) -> None:
        while (entry := self._queue.get()) is not None:
            future, change = entry
            try:
                answer = change()
            except BaseException as error:  # noqa: BLE001 - it is raised where the answer is awaited
                future.set_exception(error)
                if isinstance(error, LibraryError) and self._refuse(error):
                    return
            else:
                future.set_result(answer)

    def _refuse(self, error: LibraryError) -> bool:
        """What waited behind a library that could not be used fails with it; whether the end was among it."""
        while True:
            try:
                entry = self._queue.get_nowait()
            except Empty:
                return False
            if entry is None:
                return True
            entry[0].set_exception(error)
