"""The child process in which foreign bytes are parsed: started when first needed, limited, killed when it overruns.

What runs in the child is a pure module-level function of ours, named by module and qualified name; arguments and result
cross as MessagePack, decoded to the annotated types, so a child gone wrong can give us wrong values but not objects.
The other end is `reader.parsing_child`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, ParamSpec, TypeVar, get_type_hints

import msgspec

from reader.errors import ParseError, ParserDiedError
from reader.parsing_child import Reply
from reader.text import safe_text

P = ParamSpec("P")
R = TypeVar("R")

MAX_REPLY_BYTES = 64 << 20
"""A reply that says it is longer comes from a child that is not ours any more."""

_BROKEN = "Reading it broke the parser, which is started anew."

_encoder = msgspec.msgpack.Encoder()
_reply_decoder = msgspec.msgpack.Decoder(Reply)


class Parser:
    """A small pool of children. Use as an async context manager; cheap until first called."""

    def __init__(
        self, *, children: int = 1, wall_s: float = 12, cpu_s: int = 8, memory_bytes: int = 1 << 30, nice: int = 0
    ) -> None:
        self._wall_s = wall_s
        self._limits = _Limits(cpu_s, memory_bytes, nice)
        self._slots = asyncio.Semaphore(children)
        self._idle: list[_Child] = []

    async def __aenter__(self) -> Parser:
        return self

    async def __aexit__(self, *exc: object) -> None:
        while self._idle:
            await self._idle.pop().end()

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`function(*args, **kwargs)` in a child.

        Raises:
            ParseError: the function raised one; or any other exception, told in a sentence.
            ParserDiedError: the child overran its limits or died.
        """
        decoder = _decoder_for(function)
        request = _encoder.encode((_name_of(function), args, kwargs))
        async with self._slots:
            reply = await self._reply(request)
        if reply.problem is not None:
            raise ParseError(safe_text(reply.problem, 300))
        try:
            value: R = decoder.decode(reply.value)
        except msgspec.MsgspecError as error:
            raise ParserDiedError(_BROKEN) from error
        return value

    async def _reply(self, request: bytes) -> Reply:
        """What a child says. Raises ParserDiedError; whatever happens, no busy child is left behind."""
        while True:
            child = await self._child()
            was_used, child.used = child.used, True
            try:
                async with asyncio.timeout(self._wall_s):
                    reply = _reply_decoder.decode(await child.ask(request))
            except TimeoutError:
                await child.end()
                raise ParserDiedError(f"Reading it took longer than {self._wall_s:g} s and was given up.") from None
            except (EOFError, OSError, msgspec.MsgspecError) as error:
                raise ParserDiedError(self._limits.cause(await child.end())) from error
            except BaseException:
                await child.end()
                raise
            if not reply.over:
                self._idle.append(child)
                return reply
            await child.end()
            if not was_used:
                raise ParserDiedError(self._limits.cause(None))
            # What ran out may have been what earlier calls left behind: once more, in a child that is new.

    async def _child(self) -> _Child:
        while self._idle:
            child = self._idle.pop()
            if child.alive:
                return child
            await child.end()
        return await _Child.start(self._limits)


class _Limits(msgspec.Struct, frozen=True):
    """What one child may use."""

    cpu_s: int
    memory_bytes: int
    nice: int

    def cause(self, exit_code: int | None) -> str:
        """Why a child ended, as a sentence; None when it ran out of memory and could still say so."""
        if exit_code is None:
            return f"Reading it needed more than {self.memory_bytes >> 20:,} MB of memory and was given up."
        if exit_code == -signal.SIGXCPU:
            return f"Reading it took more than {self.cpu_s} s of computing and was given up."
        return _BROKEN


class _Child:
    """One process that parses; used by one call at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._in = process.stdin
        self._out = process.stdout
        self.used = False
        """Whether it has served a call."""

    @classmethod
    async def start(cls, limits: _Limits) -> _Child:
        # The child finds what we find, however we were started; -P keeps the working directory out of it. A session of
        # its own keeps the terminal's signals away. BLAS libraries would reserve a gigabyte for threads nobody needs.
        paths = os.pathsep.join(path for path in sys.path if path)
        quiet = {"PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "reader.parsing_child"),
                *(str(limits.cpu_s), str(limits.memory_bytes), str(limits.nice)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={**os.environ, **quiet},
                start_new_session=True,
            )
        )

    @property
    def alive(self) -> bool:
        """False once it is known to have ended."""
        return self._process.returncode is None and not self._out.at_eof()

    async def ask(self, request: bytes) -> bytes:
        """Send one frame and wait for the answer's. Raises EOFError or OSError when the child ends instead."""
        self._in.write(len(request).to_bytes(4, "big"))
        self._in.write(request)
        await self._in.drain()
        length = int.from_bytes(await self._out.readexactly(4), "big")
        if length > MAX_REPLY_BYTES:
            raise EOFError("an absurd reply")
        return await self._out.readexactly(length)

    async def end(self) -> int:
        """Kill it and wait until nothing of it is left; gives its exit code. Not interrupted by a cancellation."""
        return await asyncio.shield(asyncio.ensure_future(self._end()))

    async def _end(self) -> int:
        if self._process.returncode is None:
            # Not asyncio's kill(), which would collect the exit code of a child that has just ended by itself.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
        self._in.close()
        await self._process.communicate()
        assert self._process.returncode is not None
        return self._process.returncode


def _name_of(function: Callable[..., object]) -> str:
    """`module:qualname`. Raises TypeError for what another process could not find under it."""
    module, name = function.__module__, function.__qualname__
    if module == "__main__" or "<" in name:
        raise TypeError(f"{module}.{name} is not a function that another process can import")
    return f"{module}:{name}"


@cache
def _decoder_for(function: Callable[..., object]) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(get_type_hints(function).get("return", Any))
