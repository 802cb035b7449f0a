"""The terminal as the interface drives it: it takes over from the kept screen, and can fall silent before the end."""

from __future__ import annotations

import io
import os
import selectors
import sys
from codecs import getincrementaldecoder
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from reader import curtain
from reader.text import safe_text

if TYPE_CHECKING:
    from textual.geometry import Size

    from reader.app.app import ReaderApp

ESC_ALONE_S = constants.ESCAPE_DELAY + 0.005
"""How long nothing follows an Esc that is a key of its own."""
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
    _bell: tuple[int, int] | None = None
    """A pipe; what is written to it wakes the thread that waits for keys."""

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

    def run_input_thread(self) -> None:
        """Read keys; asleep when none come.

        Textual's own looks ten times a second, all day, whether an Esc has stood alone for long enough. Here that is
        looked at once, after something has come.
        """
        assert self._bell is not None
        parser, decode = XTermParser(self._debug), getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self._bell[0], selectors.EVENT_READ)
            patience: float | None = None
            while not self.exit_event.is_set():
                came = {key.fd for key, _ in selector.select(patience)}
                if self._bell[0] in came:
                    self.exit_event.wait(1)
                elif came:
                    data = os.read(self.fileno, 4096)
                    if not data:
                        return
                    for event in parser.feed(decode(data)):
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)
                patience = ESC_ALONE_S if came else None

    def disable_input(self) -> None:
        """Read no more keys."""
        if self._bell is not None:
            os.write(self._bell[1], b"\a")
        super().disable_input()
        if self._bell is not None:
            for end in self._bell:
                os.close(end)
            self._bell = None

    def start_application_mode(self) -> None:
        """Take over; in the end the terminal is to be as the kept screen found it."""
        self._bell = os.pipe()
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
