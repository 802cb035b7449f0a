"""What the commands say, where they say it, and with which exit code they end."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

TYPE_CHECKING = False  # type checkers know it by its name, and `typing` takes a tenth of the time of `--help`
if TYPE_CHECKING:
    from typing import Any

    from reader.errors import ReaderError
    from reader.library import Library

OK, FAILED, USAGE, PARTLY, INTERRUPTED = 0, 1, 2, 3, 130


def wait(library: Library, work: Any) -> Any:
    """Run a coroutine of the library to its end, and the network with it."""

    import asyncio

    async def all_of_it() -> Any:
        try:
            return await work
        finally:
            await library.hang_up()

    return asyncio.run(all_of_it())


def fail(error: ReaderError, code: int) -> int:
    print(f"broadsheet: {error}", file=sys.stderr)
    return code


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def print_json(document: dict[str, object]) -> None:
    if _writes_utf8():
        import msgspec

        with suppress(UnicodeEncodeError):  # an argument that was no text
            print(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
            return
    import json

    print(json.dumps(document, indent=2))


def _writes_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def columns() -> int:
    """How wide the terminal is, or what its place is taken by: as `shutil` tells it, which reads archives, too."""
    if (told := os.environ.get("COLUMNS", "")).isdecimal() and int(told) > 0:
        return int(told)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80
