"""How keys are written: by readers in the config, by Textual, and for people to read."""

from __future__ import annotations

import re
import unicodedata

_NAMED = frozenset(
    ["space", "enter", "tab", "escape", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown",
     "up", "down", "left", "right", "comma", "plus", "minus"]
) | {f"f{n}" for n in range(1, 25)}  # fmt: skip
_MODIFIERS = ("ctrl", "shift", "alt", "super", "meta", "hyper")
_SHORT_NAMES = {
    "solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at", "hyphen_minus": "minus",
    "plus_sign": "plus", "low_line": "underscore",
}  # fmt: skip
_SHOWN = {
    "space": "Space", "enter": "Enter", "tab": "Tab", "escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn",
    "up": "↑", "down": "↓", "left": "←", "right": "→", "home": "Home", "end": "End", "delete": "Del",
    "backspace": "Backspace",
}  # fmt: skip


def is_key(key: str) -> bool:
    """Whether this is a key as a reader may write it: `s`, `?`, `ctrl+d`, `shift+f5`, `question_mark`."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    if any(modifier not in _MODIFIERS for modifier in modifiers):
        return False
    return (len(last) == 1 and last.isprintable()) or last in _NAMED or last in _PUNCTUATION


def spelled(key: str) -> str:
    """A key, or a sequence of keys, as Textual names it: `?` is `question_mark`."""
    return " ".join(_spelled_one(part) for part in key.split(" "))


def _spelled_one(key: str) -> str:
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return "+".join([*modifiers, _name_of(last)])


def _name_of(character: str) -> str:
    """Textual's name of a character: letters and digits stay, the others have their Unicode name."""
    if len(character) != 1 or character.isalnum():
        return character
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    return _SHORT_NAMES.get(name, name)


_PUNCTUATION = {_name_of(character): character for character in map(chr, range(33, 127)) if not character.isalnum()}


def shown_key(key: str) -> str:
    """A key as a person writes it."""
    return " ".join(_shown_one(part) for part in key.split(" "))


def _shown_one(key: str) -> str:
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    last = _SHOWN.get(last) or _PUNCTUATION.get(last) or re.sub(r"^f(\d+)$", r"F\1", last)
    return "+".join([*(modifier.capitalize() for modifier in modifiers), last])
