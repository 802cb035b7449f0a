"""Regular expressions that are compiled when they are first used: a start needs few of them, and each costs time."""

from __future__ import annotations

import re
from typing import Any, cast


class _Late:
    """Becomes its pattern when it is first asked for something."""

    def __init__(self, source: str, flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(self._source, self._flags)
        for method in ("search", "match", "fullmatch", "sub", "findall", "finditer", "split"):
            setattr(self, method, getattr(compiled, method))  # so that this is the last time we are asked
        return getattr(compiled, name)


def late(source: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`, but a mistake in `source` shows at the first use."""
    return cast("re.Pattern[str]", _Late(source, flags))
