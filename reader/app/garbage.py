"""When Python looks for garbage: the cycles that counting references does not free. Screens and widgets are such.

To look through all that lives takes 10 ms and more. Left to itself Python does it whenever a quarter more has come to
live, which is in the middle of a key; a reader at rest has the time. What is new is looked through as ever.
"""

from __future__ import annotations

import gc

SOON, NOT_SO_SOON = 700, 10
"""Python's own: new objects, and looks at those, after which to look at the new and the not so new."""
AT_LAST = 100
"""Looks at the not so new, for 700,000 objects more, after which all may be looked through although nobody rests."""


def begin() -> None:
    """Look for garbage from now on, and not among what the start has made. The start itself switches it off."""
    if not gc.isenabled():
        gc.set_threshold(SOON, NOT_SO_SOON, AT_LAST)
        gc.freeze()
        gc.enable()


def look_through() -> None:
    """The reader rests: look through everything, if anything has come to live since the last time."""
    if gc.isenabled() and gc.get_count()[2]:
        gc.collect()
