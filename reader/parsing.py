"""The child process in which foreign bytes are parsed: started when first needed, limited, killed when it overruns.

What runs in the child is a pure module-level function of ours, named by module and qualified name; arguments and result
cross as MessagePack, decoded to the annotated types, so a child gone wrong can give us wrong values but not objects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Parser:
    """A small pool of children. Use as an async context manager; cheap until first called."""

    def __init__(self, *, children: int = 1, wall_s: float = 12, cpu_s: int = 8, memory_bytes: int = 1 << 30) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Parser:
        raise NotImplementedError

    async def __aexit__(self, *exc: object) -> None:
        raise NotImplementedError

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`function(*args, **kwargs)` in a child.

        Raises:
            ParseError: the function raised one; or any other exception, told in a sentence.
            ParserDiedError: the child overran its limits or died.
        """
        raise NotImplementedError
