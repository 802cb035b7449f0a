"""Sections within sections: what a slash in a section's name means. Pure.

`Technology/Linux` lies in `Technology`, which need not be a section of its own. The slash is that of OPML's categories
and of every command line. As publishers and folders have it in names too, one with a blank beside it is only a letter:
`TV / Radio` lies in nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from reader.patterns import late

_SLASH = late("(?<=[^ /])/(?=[^ /])")
_SLASHES = late(r"\s*/[/\s]*")


def path_of(name: str) -> tuple[str, ...]:
    """The sections that it lies in, outermost first, and itself: `Technology/Linux` -> `Technology`, `Linux`."""
    return tuple(_SLASH.split(name)) if "/" in name else (name,)


def step_of(folder: str) -> str:
    """What a folder of that name, from a file of another program, is called on a path."""
    return _SLASHES.sub(" / ", folder).strip(" /")


def joined(steps: Iterable[str], limit: int) -> str:
    """The name of a path, without its outermost sections where it would have more characters than that."""
    name = ""
    for step in reversed(tuple(steps)):
        longer = f"{step}/{name}" if name else step
        if len(longer) > limit:
            break
        name = longer
    return name


def folded(name: str) -> bytes:
    """Equal for names that the library takes for the same: case matters in no ASCII letter (SQLite's NOCASE)."""
    return name.encode().lower()


def lies_in(name: str, section: str) -> bool:
    """Whether it is that section, or one within it."""
    whole, part = folded(name), folded(section)
    if whole == part:
        return True
    beyond = whole[len(part) : len(part) + 2]
    inside = beyond[:1] == b"/" and beyond[1:] not in (b"", b" ", b"/")
    return inside and whole.startswith(part) and part[-1:] not in (b"", b" ", b"/")
