"""The terminal interface. Importing this loads nothing; `run` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reader.library import Library
    from reader.settings import Settings


def run(library: Library, settings: Settings) -> int:
    """Show the paper until the reader leaves; the exit code of the program. The library stays open.

    Raises ConfigError when the reader's keys or theme are wrong, and LibraryError when the library cannot be read, both
    before the terminal is touched.
    """
    import gc
    import os

    from reader import curtain
    from reader.app import keymap

    config_stamp = curtain.config_stamp(str(settings.folders.config_file))
    keys = keymap.build(settings.keys, settings.commands)
    library.newest_id()
    os.environ.setdefault("TEXTUAL_FPS", "240")  # a change that takes several passes waits one frame for each
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    # Textual looks for a lone Esc every tenth of a second; with its own wait of as much, Esc and a quick key were one.
    os.environ.setdefault("ESCDELAY", "50")
    gc.disable()  # the way to the first screen makes many objects and no garbage; once it is painted, it is on again
    from reader.app.app import ReaderApp

    app = ReaderApp(library, settings, keys, config_stamp=config_stamp)
    app.run()
    return app.return_code or 0
