"""The other end of `reader.parsing`: reads a frame, calls a function, writes a frame, until its input ends.

A frame is four bytes of length, big-endian, and a MessagePack value. This module imports only what every call needs.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, BinaryIO, get_type_hints

import msgspec

from reader.errors import ParseError

_PR_SET_PDEATHSIG = 1


class Reply(msgspec.Struct, array_like=True):
    """How a call went."""

    value: msgspec.Raw = msgspec.Raw(b"\xc0")
    """What the function returned; nil when it raised."""
    problem: str | None = None
    """A sentence, when it raised instead."""
    over: bool = False
    """The memory ran out; the process is not to be used again."""


class _Request(msgspec.Struct, array_like=True):
    """Which function is called with what; each argument is decoded to the type its parameter is annotated with."""

    function: str
    args: tuple[msgspec.Raw, ...]
    kwargs: dict[str, msgspec.Raw]


_encoder = msgspec.msgpack.Encoder()
_request_decoder = msgspec.msgpack.Decoder(_Request)


def main() -> None:
    """Serve calls from standard input. Arguments: seconds of CPU a call, bytes of memory, niceness."""
    cpu_s, memory_bytes, nice = map(int, sys.argv[1:4])
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, memory_bytes)
    os.nice(nice)
    requests, replies = _take_pipes()
    while head := requests.read(4):
        request = requests.read(int.from_bytes(head, "big"))
        _allow_cpu(cpu_s)
        reply = _answer(request)
        del request
        replies.write(len(reply).to_bytes(4, "big"))
        replies.write(reply)
        replies.flush()


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes under other numbers, so that nothing a library prints or reads is taken for the protocol."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    return requests, replies


def _die_with_parent() -> None:
    """Be killed when the parent ends, where the system can do that; elsewhere the end of the input is the sign."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _limit(what: int, most: int) -> None:
    """No more than that of it, or than the system already allows. macOS knows no limit of memory and says so."""
    _, hard = resource.getrlimit(what)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _allow_cpu(seconds: int) -> None:
    """So much computing from now on; after that the system ends the process with SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds)


def _answer(frame: bytes) -> bytes:
    """The reply to one request. Whatever the function raises becomes a sentence."""
    try:
        request = _request_decoder.decode(frame)
        function, positional, named, rest = _callee(request.function)
        args = [_decode(raw, positional[at] if at < len(positional) else rest) for at, raw in enumerate(request.args)]
        kwargs = {name: _decode(raw, named.get(name, Any)) for name, raw in request.kwargs.items()}
        return _encoder.encode(Reply(msgspec.Raw(_encoder.encode(function(*args, **kwargs)))))
    except ParseError as error:
        return _encoder.encode(Reply(problem=str(error)[:2_000]))
    except MemoryError:
        return _encoder.encode(Reply(problem="", over=True))
    except Exception as error:  # noqa: BLE001 - whatever a parser raises is told to the parent as a sentence
        said = str(error)[:500].encode("utf-8", "replace").decode()
        return _encoder.encode(Reply(problem=f"It could not be read ({type(error).__name__}: {said})."))


def _decode(raw: msgspec.Raw, to: Any) -> Any:
    return msgspec.msgpack.decode(raw, type=to)


@cache
def _callee(name: str) -> tuple[Callable[..., object], list[Any], dict[str, Any], Any]:
    """A function, and the types of its arguments: by place, by name, and of the rest."""
    module, _, path = name.partition(":")
    function: Any = import_module(module)
    for part in path.split("."):
        function = getattr(function, part)
    hints = get_type_hints(function)
    code = getattr(function, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code else ()
    return function, [hints.get(name, Any) for name in names], hints, Any


if __name__ == "__main__":
    main()
