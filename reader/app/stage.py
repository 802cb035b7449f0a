"""The terminal as the interface drives it: it takes over from the kept screen, and can fall silent before the end."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from textual.drivers.linux_driver import LinuxDriver

from reader import curtain
from reader.text import safe_text

if TYPE_CHECKING:
    from textual.geometry import Size

    from reader.app.app import ReaderApp

OTHER_SCREEN = "\x1b[?1049h"
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


class Outlet:
    """What Textual's writing thread writes to. A terminal that is gone takes nothing more, and that is no fault.

    A thread that ended with the error would leave a full queue, and whoever puts into it waiting for ever.
    """

    def __init__(self, file: IO[str] | None) -> None:
        self._file = file or io.StringIO()

    def write(self, text: str) -> None:
        """Write, as long as there is somebody to read it."""
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        """Have it sent, as long as there is somebody to read it."""
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        """The terminal's."""
        return self._file.fileno()


class Stage(LinuxDriver):
    """Textual's driver for a terminal on which our screen may be already."""

    silent = False
    """Nothing is written until the interface leaves: what is drawn now is not for the reader."""
    _is_shown = False

    def __init__(self, app: ReaderApp, **options: Any) -> None:
        super().__init__(app, **options)
        outlet: Any = Outlet(sys.__stderr__)  # where Textual writes; only as much of a file as it needs
        self._file = outlet
        self._follows_cursor = app.settings.ui.plain  # a screen reader goes where the cursor is
        app.stage = self

    def _sigcont_application(self, *arguments: object) -> None:
        """Take over again after Ctrl+Z. A terminal that hangs up wakes us too, and then everything runs already."""
        if self._must_signal_resume:
            super()._sigcont_application(*arguments)
        else:
            self._app.call_later(self._app.refresh, layout=True)

    def write(self, data: str) -> None:
        """Write, except when silent; some terminals clear the other screen when it is asked for again."""
        if data == HIDE_CURSOR and self._follows_cursor:
            data = SHOW_CURSOR
        if not self.silent and not (self._is_shown and data == OTHER_SCREEN):
            super().write(data)

    def give_notice(self, text: str) -> None:
        """Have the terminal show a notice of its own, as many do (OSC 9); the others pass over it."""
        if os.environ.get("TERM", "") not in ("linux", "dumb", ""):
            self.write(f"\x1b]9;Broadsheet: {safe_text(text)}\x1b\\")
            self.flush()

    def fall_silent(self, size: Size) -> None:
        """Write no more; the size stays what it was, even if there is no terminal any more that could tell."""
        self.silent = True
        self._size = size.width, size.height

    def start_application_mode(self) -> None:
        """Take over; in the end the terminal is to be as the kept screen found it."""
        self._is_shown = curtain.shown()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._is_shown = False
        found = curtain.hand_over()
        if found is not None:
            self.attrs_before = found

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        self.silent = False
        super().stop_application_mode()
