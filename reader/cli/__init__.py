"""The command line: each command is a few lines over Library. Data goes to stdout, all else to stderr."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from reader import curtain
from reader.cli.output import FAILED, INTERRUPTED, OK, USAGE, fail, say, wait
from reader.errors import ConfigError, QueryError, ReaderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from reader.library import Library
    from reader.settings import Settings

    Command = Callable[[Library, argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us: nothing is to be heard
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - as long as we run
        with suppress(AttributeError, ValueError):
            getattr(sys, name).reconfigure(errors="replace")
    try:
        code = run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
        return code
    except QueryError as error:
        say(f"broadsheet: At character {error.position + 1} of the search: {error}")
        return USAGE
    except ConfigError as error:
        return fail(error, USAGE)
    except ReaderError as error:
        return fail(error, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has seen enough; Python must not complain while it closes stdout.
        _write_no_more()
        return OK
    except OSError as error:
        if error.filename is not None:  # of a file, and so a fault of ours: all those are told in their own words
            raise
        _write_no_more()
        return fail(ReaderError(f"The output could not be written: {error.strerror}."), FAILED)


def _write_no_more() -> None:
    """Let what is left of the output go nowhere, also what Python writes while it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def run(arguments: Sequence[str]) -> int:
    """Open the interface, or run a command."""
    try:
        if (asked := curtain.asked(list(arguments))) is not None:  # so it need not wait for what only commands take
            return open_interface(*asked)
        from reader.cli.arguments import parser

        options = parser(arguments).parse_args(arguments)
        from pathlib import Path  # now that it is clear that there is more to do than to help

        options.home = None if options.home is None else Path(options.home)
        if options.command is None:
            return open_interface(options.home, options.offline, sample=options.sample)
    finally:
        curtain.take_away()  # before anything is said about an error
    return run_command(options)


def _import_msgspec() -> None:
    """As it is imported where it is alone: with Python's own typing, which has all that it wants.

    It takes typing_extensions where that is installed, and so for Textual, and that is a tenth of a short command.
    """
    if not {"msgspec", "typing_extensions"} & sys.modules.keys():
        sys.modules["typing_extensions"] = None  # type: ignore[assignment]  # how Python says that there is none
        try:
            import msgspec  # noqa: F401
        finally:
            del sys.modules["typing_extensions"]


def run_command(options: argparse.Namespace) -> int:
    """Run the command that the options name, with the settings in force."""
    _import_msgspec()
    from reader.settings import load

    if options.command == "config":
        return int(options.run(options))
    command: Command = options.run
    if options.sample:
        with _sample_folder() as folder:
            return _with_library(load(folder, offline=True, sample=True), command, options)
    settings, options.config_fault = _settings_and_fault(options)
    if options.config_fault and options.command != "doctor":
        raise ConfigError(options.config_fault)
    return _with_library(settings, command, options)


def _settings_and_fault(options: argparse.Namespace) -> tuple[Settings, str]:
    """The settings in force; or the defaults, and what is wrong with the config."""
    from reader.settings import defaults, load

    try:
        return load(options.home, offline=options.offline), ""
    except ConfigError as error:
        return defaults(options.home, offline=options.offline), str(error)


@contextmanager
def _sample_folder() -> Iterator[Path]:
    """A home for the sample edition that is gone afterwards."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        yield Path(folder)


def _with_library(settings: Settings, command: Command, options: argparse.Namespace) -> int:
    from reader.library import Library

    gc.enable()  # all that is large has been loaded
    library = Library(settings)
    try:
        if settings.sample:
            wait(library, library.subscribe_sample())
        return command(library, options)
    finally:
        library.close()


def open_interface(home: Path | str | None, offline: bool, *, sample: bool = False) -> int:
    """Open the reader on the terminal. Without one it says so in a line."""
    from pathlib import Path

    from reader.settings import load

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        say("broadsheet: the reader needs a terminal; the command line works without one: broadsheet stories --help")
        return USAGE
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown", "") and not _wanted_all_the_same():
        return OK
    if not sample:
        return _interface(load(Path(home) if home else None, offline=offline))
    with _sample_folder() as folder:
        return _interface(load(folder, offline=True, sample=True))


def _wanted_all_the_same() -> bool:
    """Say that this terminal calls itself dumb, and wait for one of two keys."""
    import termios
    import tty

    before = termios.tcgetattr(0)
    try:
        tty.setcbreak(0, termios.TCSADRAIN)  # before a key is asked for, and none that is typed early is lost
        say("broadsheet: this terminal (TERM=dumb) says that it cannot place text; the command line works on any:")
        say("broadsheet stories --help. Press o to open the reader all the same, q to leave.")
        while (key := os.read(0, 1)) not in b"qQ\x04":
            if key in b"oO":
                return True
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
    return False


def _interface(settings: Settings) -> int:
    from reader.app import run as run_app
    from reader.newsroom import Newsroom

    return run_app(Newsroom(settings), settings)
