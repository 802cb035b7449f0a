"""The terminal as the interface drives it: it takes over from the kept screen, and can fall silent before the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.drivers.linux_driver import LinuxDriver

from reader import curtain

if TYPE_CHECKING:
    from textual.geometry import Size

    from reader.app.app import ReaderApp

OTHER_SCREEN = "\x1b[?1049h"


class Stage(LinuxDriver):
    """Textual's driver for a terminal on which our screen may be already."""

    silent = False
    """Nothing is written until the interface leaves: what is drawn now is not for the reader."""
    _is_shown = False

    def __init__(self, app: ReaderApp, **options: Any) -> None:
        super().__init__(app, **options)
        app.stage = self

    def write(self, data: str) -> None:
        """Write, except when silent; some terminals clear the other screen when it is asked for again."""
        if not self.silent and not (self._is_shown and data == OTHER_SCREEN):
            super().write(data)

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
