"""Values out of JSON that may have any shape: what is of another kind than it should be is not there."""

from __future__ import annotations

from typing import Any


def text(value: Any) -> str:
    """A string, or ""."""
    return value if isinstance(value, str) else ""


def sequence(value: Any) -> list[Any]:
    """An array, or an empty one."""
    return value if isinstance(value, list) else []


def record(value: Any) -> dict[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def records(value: Any) -> list[dict[str, Any]]:
    """The objects of an array."""
    return [one for one in sequence(value) if isinstance(one, dict)]
