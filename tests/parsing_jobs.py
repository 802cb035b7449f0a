"""What the parsing tests have done in the child: well-behaved functions, and some that are not."""

import itertools
import os
import resource
import signal
import sys
import time
from collections.abc import Mapping
from datetime import datetime

from reader.errors import ParseError
from reader.model import Article, Item, Snapshot, TextKind
from reader.text import SafeText, SafeUrl

_calls = itertools.count(1)


def echo(snapshot: Snapshot) -> Snapshot:
    assert isinstance(snapshot, Snapshot)
    assert all(isinstance(item, Item) and isinstance(item.text, TextKind) for item in snapshot.items)
    return snapshot


def article(title: SafeText, url: SafeUrl, at: datetime, *, words: tuple[str, ...] = ()) -> Article:
    assert isinstance(at, datetime)
    assert isinstance(words, tuple)
    return Article(url=url, title=title, markdown=SafeText(" ".join(words)), published_at=at)


def size(body: bytes) -> int:
    assert isinstance(body, bytes)
    return len(body)


def repeated(times: int) -> bytes:
    return b"x" * times


def nothing() -> None:
    return None


def counts() -> Mapping[str, int | None]:
    return {"a": 1, "b": None}


def number() -> int:
    return "not a number"  # type: ignore[return-value]


def chatter() -> str:
    print("HTTP/1.1 200 OK", flush=True)
    os.write(1, b"\x00\x00\x00\x01\xc0")
    print("a complaint", file=sys.stderr)
    return sys.stdin.read()


def process_id() -> int:
    return os.getpid()


def calls_so_far() -> int:
    return next(_calls)


def limits() -> tuple[int, int, int]:
    """Memory, core dumps, niceness."""
    return resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_CORE)[0], os.nice(0)


def no_news() -> str:
    raise ParseError("There is no news in it\x1b]0;pwned\x07.")


def clumsy(said: str) -> str:
    raise ValueError(said)


def deep(levels: int) -> int:
    return 1 + deep(levels + 1)


def hang() -> None:
    time.sleep(600)


def compute() -> None:
    while True:
        pass


def hoard(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


_kept: list[bytearray] = []


def keep(megabytes: int) -> int:
    """A library that does not forget."""
    _kept.append(bytearray(megabytes << 20))
    return len(_kept)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    raise SystemExit(3)


def babble() -> None:
    """Write rubbish on every open descriptor but the standard ones, then go on as if nothing was."""
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b"\xff" * 64)
        except OSError:
            continue


def interrupt() -> str:
    os.kill(os.getpid(), signal.SIGINT)
    return "still here"
