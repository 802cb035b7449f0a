"""Every key of the interface: the table of commands, presets over it, and the keymap that is in force.

Help, status line, palette and the widgets' bindings are drawn from here, and readers rebind by id in `[keys]`. Nothing
here needs Textual before bindings are asked for, so that `config check` is quick.
"""

from reader.app.keymap.building import Keymap, build
from reader.app.keymap.commands import BY_ID, COMMANDS, PLACES, Command, Place, bindings, bindings_of, in_place
from reader.app.keymap.spelling import is_key, shown_key, spelled

__all__ = [
    "BY_ID",
    "COMMANDS",
    "PLACES",
    "Command",
    "Keymap",
    "Place",
    "bindings",
    "bindings_of",
    "build",
    "in_place",
    "is_key",
    "shown_key",
    "spelled",
]
