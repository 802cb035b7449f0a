"""The keymap in force: the table's keys, a preset over them, and what the reader rebound over both."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from reader.app.keymap.commands import COMMANDS, Command, Place, of_the_readers_own
from reader.app.keymap.spelling import is_key, shown_key, spelled
from reader.errors import ConfigError
from reader.settings import Keys, OwnCommand

_TOGETHER: tuple[Collection[Place], ...] = (
    ("paper", "story"), ("paper", "list"), ("paper", "sections"), ("list", "sections"), ("list", "sources"),
    ("list", "first_start"),
)  # fmt: skip
"""Places whose keys can be pressed at the same moment, besides those that hold everywhere."""


class Keymap(Struct, frozen=True, dict=True):
    """The keys in force."""

    keys: Mapping[str, tuple[str, ...]]
    """Command id to its keys, in Textual's spelling; a sequence has blanks."""
    changed: Mapping[str, str]
    """Only what differs from the table, as Textual's `set_keymap` wants it."""
    counts: bool = True
    """Whether a digit may be the beginning of a number."""
    own: tuple[Command, ...] = ()
    """The reader's own commands, which the table does not have."""

    @property
    def commands(self) -> tuple[Command, ...]:
        """The table, and the reader's own."""
        return (*COMMANDS, *self.own)

    @cached_property
    def by_id(self) -> Mapping[str, Command]:
        """All of them."""
        return {command.id: command for command in self.commands}

    @cached_property
    def prefixes(self) -> frozenset[str]:
        """The beginnings of sequences: keys after which another is waited for."""
        return frozenset(
            " ".join(parts[:n])
            for keys in self.keys.values()
            for key in keys
            for parts in (key.split(" "),)
            for n in range(1, len(parts))
        )

    @cached_property
    def sequences(self) -> frozenset[str]:
        """Every sequence that means something somewhere."""
        return frozenset(key for keys in self.keys.values() for key in keys if " " in key)

    @cached_property
    def _of_use(self) -> frozenset[str]:
        """Keys that mean something in every pane."""
        places = ("paper", "list", "app")
        return frozenset(key for one in self.commands if one.place in places for key in self.keys[one.id])

    def of_no_use(self, key: str) -> str:
        """What to say of a key that means nothing in a list: what it is for in a story, or where the keys are told.

        "" where nothing is to be said: of keys that always mean something, and of those without a character, which
        terminals send for reasons of their own.
        """
        if key in self._of_use:
            return ""
        written = shown_key(key)
        for command in COMMANDS:
            if command.place == "story" and key in self.keys[command.id]:
                return f"{written} is for the story: {command.help[0].lower()}{command.help[1:]}"
        if len(written) > 1 and " " not in key:
            return ""
        return f"{written} means nothing here. {self.shown('app.help')} shows the keys."

    def shown(self, command_id: str) -> str:
        """The command's first key as a person writes it: `J`, `g l`, `Esc`."""
        keys = self.keys.get(command_id, ())
        return shown_key(keys[0]) if keys else ""


def build(settings: Keys, commands: Sequence[OwnCommand] = ()) -> Keymap:
    """The keymap in force, with the reader's own commands.

    Raises ConfigError with every fault: unknown ids, unknown keys, clashes.
    """
    own = of_the_readers_own(commands)
    table = {command.id: command for command in (*COMMANDS, *own)}
    changed = dict(_preset(settings.preset))
    faults: list[str] = []
    rebound: list[str] = []
    for command_id, written in settings.bindings.items():
        if fault := _fault(command_id, written, table):
            faults.append(fault)
        else:
            changed[command_id] = written
            rebound.append(command_id)
    keys = {command.id: _split(changed.get(command.id, command.keys)) for command in table.values()}
    keymap = Keymap(keys, {command_id: ",".join(keys[command_id]) for command_id in changed}, settings.counts, own)
    faults += clashes(keymap, rebound)
    if faults:
        from reader.text import safe_block

        raise ConfigError(safe_block("\n".join(faults)))
    return keymap


def _preset(name: str) -> Mapping[str, str]:
    if name == "default":
        return {}
    from reader.app.keymap.presets import PRESETS

    return PRESETS[name]


def _split(written: str) -> tuple[str, ...]:
    return tuple(spelled(part.strip()) for part in written.split(",")) if written else ()


def _fault(command_id: str, written: str, table: Collection[str]) -> str:
    """What is wrong with a rebinding by itself; nothing when it is right."""
    if command_id not in table:
        from difflib import get_close_matches

        near = get_close_matches(command_id, table, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else " The help (?) shows the ids."
        return f"keys: there is no binding “{command_id}”.{hint}"
    parts = [part.strip() for part in written.split(",")]
    wrong = [part for part in parts if not all(is_key(key) for key in part.split(" "))]
    if wrong:
        return (
            f"keys.{command_id}: “{'”, “'.join(wrong)}” is no key. Allowed: one character, a name such as space, "
            "enter, escape, pagedown, f5, comma, with ctrl+, shift+ or alt+ before it, or several with blanks "
            "between."
        )
    return ""


def clashes(keymap: Keymap, ids: Iterable[str]) -> list[str]:
    """Keys of these commands that another command has where both hold, or that hide a sequence, or it them."""
    faults = []
    for command_id in ids:
        meant = keymap.by_id[command_id]
        others = [other for other in keymap.commands if other is not meant]
        for key in keymap.keys[command_id]:
            taken = [
                other
                for other in others
                if key in keymap.keys[other.id]
                and _meet(meant.place, other.place)
                and not _shares_by_design(meant, other)
            ]
            # A sequence is waited for in every place, so it hides a key in every place.
            hidden = [other for other in others if any(_hides(key, rival) for rival in keymap.keys[other.id])]
            if taken:
                other = f"{taken[0].id} ({taken[0].label})"
                faults.append(f"keys.{command_id}: {shown_key(key)} is taken by {other}; rebind that too.")
            elif hidden:
                faults.append(f"keys.{command_id}: {shown_key(key)} and the longer {hidden[0].id} hide each other.")
    return faults


def _meet(one: Place, other: Place) -> bool:
    """Whether keys of both places can be pressed at the same moment."""
    return one == other or "app" in (one, other) or any({one, other} == set(places) for places in _TOGETHER)


def _shares_by_design(one: Command, other: Command) -> bool:
    """Whether the table gives both a key in common: `l` opens a section to its sources before it goes one deeper."""
    return not set(_split(one.keys)).isdisjoint(_split(other.keys))


def _hides(one: str, other: str) -> bool:
    return one.startswith(f"{other} ") or other.startswith(f"{one} ")
