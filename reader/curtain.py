"""The screen that is on the terminal before the interface is: kept when the reader leaves, painted at the next start.

Importing the interface takes ten times as long as all that is done here, so this imports next to nothing, and reads
neither the config nor the library: a kept screen begins with the terms under which it was drawn (size, colours, state
of the config file, ...), and is painted only where the very same terms hold. What was kept is looked at again before it
is painted: a file that another program had its hands on can show wrong words for a moment, and no more.
"""

from __future__ import annotations

import os
import sys
import time

from reader import __version__

NAME = "last-screen"
LIMIT_BYTES = 1 << 20
MATTERS = (
    "TERM", "COLORTERM", "NO_COLOR", "COLUMNS", "LINES", "TZ", "LC_ALL", "LC_CTYPE", "LC_TIME", "LANG",
    "TEXTUAL_COLOR_SYSTEM", "TEXTUAL_FILTERS", "TEXTUAL_DIM_FACTOR",
)  # fmt: skip
"""Variables that change how the same paper looks."""
_BIDI = "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

_PAINT = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2026h"  # the other screen, no cursor, no wrapping, all at once
_PAINTED = "\x1b[0m\x1b[?2026l"
_TAKE_AWAY = b"\x1b[0m\x1b[?7h\x1b[?1049l\x1b[?25h"

_found: list[int | list[bytes | int]] | None = None
"""How the terminal was set when the kept screen was painted; None when none is, or when it is another's by now."""


# What is kept


def config_stamp(config_file: str) -> tuple[int, ...]:
    """Tells one state of a config file from another; empty when there is none."""
    try:
        found = os.stat(config_file)
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns


def terms(size: tuple[int, int], stamp: tuple[int, ...], *, offline: bool) -> bytes:
    """Everything that must be as it was when the screen was kept: one line. `size` is columns and lines."""
    around = [os.environ.get(name) for name in MATTERS]
    return repr((__version__, size, stamp, offline, around)).encode()


def today() -> str:
    """The day on the reader's clock."""
    return time.strftime("%Y-%m-%d")


def keep(folder: str, under: bytes, rows: list[str], top_on_other_days: str) -> bool:
    """Keep a screen for the next start, under the terms that hold; whether it could be.

    `rows` are the lines from the top as text and colours (SGR); the first is replaced by `top_on_other_days` when the
    screen is painted on a later day.
    """
    lines = [today(), top_on_other_days, *rows]
    page = under + b"\n" + "\n".join(lines).encode(errors="replace")
    if len(page) > LIMIT_BYTES or not all(map(sound, lines)):
        discard(folder)
        return False
    draft = os.path.join(folder, f".{NAME}.{os.getpid()}")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write(page)
        os.replace(draft, os.path.join(folder, NAME))
    except OSError:  # a full disk, a folder that is not ours to write: the next start is a plain one
        _remove(draft)
        return False
    return True


def discard(folder: str) -> None:
    """Keep nothing."""
    _remove(os.path.join(folder, NAME))


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def kept(folder: str, under: bytes, lines: int) -> list[str] | None:
    """The rows of the kept screen, when it was kept under these terms and is nothing but text and colours."""
    try:
        handle = os.open(os.path.join(folder, NAME), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(handle, "rb") as file:
            about = os.fstat(handle)
            if about.st_uid != os.geteuid() or about.st_size > LIMIT_BYTES:
                return None
            head, _, page = file.read(LIMIT_BYTES).partition(b"\n")
        if head != under:
            return None
        day, top_on_other_days, *rows = page.decode().split("\n")
    except (OSError, ValueError):
        return None
    if day != today() and rows:
        rows[0] = top_on_other_days
    return rows if len(rows) == lines and all(map(sound, rows)) else None


def sound(row: str) -> bool:
    """Whether a row holds printable text and colours (SGR), and nothing else that a terminal obeys."""
    text, *runs = row.split("\x1b[")
    if not _harmless(text):
        return False
    for run in runs:
        codes, ended, text = run.partition("m")
        if not ended or codes.strip("0123456789;") or not _harmless(text):
            return False
    return True


def _harmless(text: str) -> bool:
    # Python calls some characters unprintable that are merely rare, such as wide blanks and joiners.
    return text.isprintable() or not any(
        character < " " or "\x7f" <= character <= "\x9f" or character in _BIDI for character in text
    )


# Painting it


def show(arguments: list[str]) -> bool:
    """Paint the kept screen when these arguments open the interface here; whether it was.

    Keys typed from now on are neither echoed nor lost: they wait in the terminal until somebody reads. Whoever calls
    this sees to it that `take_away` is called, whatever happens.
    """
    wanted = asked(arguments)
    if wanted is None or not _at_a_terminal():
        return False
    home, offline = wanted
    places = _places(home)
    if places is None:
        return False
    config_file, folder = places
    try:
        size = os.get_terminal_size(1)
    except OSError:
        return False
    under = terms((size.columns, size.lines), config_stamp(config_file), offline=offline)
    rows = kept(folder, under, size.lines)
    if rows is None:
        return False
    _paint(rows)
    return True


def asked(arguments: list[str]) -> tuple[str, bool] | None:
    """The home and whether to stay offline, when the arguments open the interface; None when in doubt."""
    home, offline = os.environ.get("BROADSHEET_HOME", ""), False
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument == "--offline":
            offline = True
            continue
        name, _, home = argument.partition("=")
        if name == argument and waiting:
            home = waiting.pop(0)
        if name != "--home" or not home or home.startswith("-"):
            return None
    return home, offline


def _at_a_terminal() -> bool:
    """Whether all three streams are one terminal that shows what we write, and we are in its foreground."""
    if sys.platform == "win32" or os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        return False
    try:
        is_one = os.fstat(0).st_rdev == os.fstat(1).st_rdev == os.fstat(2).st_rdev
        return is_one and os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _places(home: str) -> tuple[str, str] | None:
    """The config file and the cache folder as `settings.folders` gives them; None when it takes more to know them.

    Asking platformdirs would take as long as all the rest. Where it knows better, nothing is found and nothing lost.
    """
    if home:
        home = os.path.expanduser(home)
        return os.path.join(home, "config", "config.toml"), os.path.join(home, "cache")
    user = os.environ.get("HOME", "")
    if not user.startswith("/"):
        return None
    mac = sys.platform == "darwin"
    usual = ("Library/Application Support", "Library/Caches") if mac else (".config", ".cache")
    config, cache = (
        os.path.join(said if said.startswith("/") else os.path.join(user, folder), "broadsheet")
        for folder, said in zip(usual, map(_variable, ("XDG_CONFIG_HOME", "XDG_CACHE_HOME")), strict=True)
    )
    return os.path.join(config, "config.toml"), cache


def _variable(name: str) -> str:
    return os.environ.get(name, "")


def _paint(rows: list[str]) -> None:
    """Write the rows at once, after switching off what would echo or hold back the keys."""
    global _found  # noqa: PLW0603 (there is one terminal)
    # `signal` without the enumerations around it, which take longer than all else here.
    import _signal as signal  # type: ignore[import-not-found]
    import termios

    found = termios.tcgetattr(0)
    changed = termios.tcgetattr(0)
    # As the interface will want it, but Ctrl+C still ends a start that takes too long.
    changed[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
    changed[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    changed[6][termios.VMIN], changed[6][termios.VTIME] = 1, 0
    changed[6][termios.VSUSP] = changed[6][termios.VQUIT] = b"\0"  # _POSIX_VDISABLE
    _found = found
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _go)
    termios.tcsetattr(0, termios.TCSANOW, changed)
    _write((_PAINT + "".join(f"\x1b[{line};1H\x1b[0m{row}" for line, row in enumerate(rows, 1)) + _PAINTED).encode())


def _write(data: bytes) -> None:
    try:
        while data:
            data = data[os.write(2, data) :]
    except OSError:
        return  # the terminal is gone, and whoever reads from it next will say so


def _go(number: int, _frame: object) -> None:
    """A signal ends the program before there is an interface: leave the terminal as it was found, and end by it."""
    import _signal as signal

    take_away()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def shown() -> bool:
    """Whether the kept screen is on the terminal, and nobody has taken over."""
    return _found is not None


def hand_over() -> list[int | list[bytes | int]] | None:
    """Leave the terminal to the interface: how it is to be set in the end, or None when nothing was painted."""
    global _found
    found, _found = _found, None
    return found


def take_away() -> None:
    """Leave the terminal as it was found, if it is still ours; keys that were meant for the interface are dropped."""
    found = hand_over()
    if found is None:
        return
    import termios

    _write(_TAKE_AWAY)
    try:
        termios.tcsetattr(0, termios.TCSAFLUSH, found)
    except termios.error:
        return  # the terminal is gone
