"""A morning with the paper, in a terminal: what is pressed, and what stands there then.

    python -m tests.morning

prints the screens of docs/morning.md: after each step but the pages in between. To tell more of the morning, add steps.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from reader.store import Arrival, Changes, Store
from reader.text import SafeText
from tests.bench.terminal import Terminal
from tests.storing import an_arrival, an_item, follow

SECTIONS = {"Politics": (1, 2, 3, 4), "Science": (5, 6, 7), "World": (8, 9, 10)}
"""Ten stories in the order in which Space reads them. The first is the newest, and the longest."""
CONFIG = """
[refresh]
automatic = false
[open]
browser = ["true"]
"""
HARBOURS = (2, 5, 9)
"""The paragraphs of the first story that have the word which is looked for."""


@dataclass(frozen=True)
class Step:
    """Keys, and what stands on the screen when they have done their work."""

    does: str
    keys: str
    shows: str
    """A regular expression."""


def reading() -> Iterator[Step]:
    """Space, from the first story to the last; in a terminal of forty lines each has two pages."""
    for section, stories in SECTIONS.items():
        for story in stories:
            if story > 1:
                yield Step(f"{section}: the next unread story", " ", f"Story {story} begins here")
            yield Step("its second page", " ", f"Story {story} ends here")


MORNING = (
    Step("Politics", "1", "━ Politics ━"),
    Step("its first story", "\r", "┏━+┓╭─ Politics"),
    *reading(),
    Step("nothing else is new", " ", r"(?s)─ World ─.*You are up to date"),
    Step("a star for this one", "s", r"Starred\."),
    Step("a tag for it", "tbuses\r", "Tagged buses"),
    Step("and the tag taken back", "u", "no longer has the tag buses"),
    Step("search everything", "g/lighthouse", "(?s)Headline 1.*A lighthouse"),
    Step("open what was found, where it was left", "\r", "Story 1 ends here"),
    Step("a label on each link in sight", "f", r"Open which link\?"),
    Step("open the first", "f", r"Opened example\.org in the browser"),
    Step("find the harbours in it", "/harbour\r", "Match 2 of 3"),
    Step("the next one", "n", "Match 3 of 3"),
    Step("leave the find, for the beginning", "\x1b[Dgg", "Story 1 begins here"),
    Step("and thirteen lines on", "13j", r"(?s)\A(?!.*Story 1 begins here)"),
)


HEAD = """# A morning

Ten stories in three sections, read with Space; then a star, a tag that is taken back, a search, a link by its label,
and a find within the story. `python -m tests.morning` lived it in a terminal of 120x40 and wrote this page;
`tests/app/test_morning.py` lives it in the suite, quits, starts again, and stands at the same line. The stories are
made of numbered words, so that one sees where each line is."""


def lay_out(home: Path) -> None:
    """A library with the ten stories, and a config that keeps the newsroom quiet."""
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(CONFIG, "utf-8")
    (home / "data").mkdir()
    now = datetime.now(UTC)
    store = Store.open(home / "data" / "broadsheet.db")
    arrivals = [_arrival(number, section, now) for section, numbers in SECTIONS.items() for number in numbers]
    store.apply(Changes(follow(store).id, now, arrivals=arrivals, next_due_at=now + timedelta(hours=1)))
    store.index_pending()
    store.close()


def _arrival(number: int, section: str, now: datetime) -> Arrival:
    item = an_item(number, title=f"Headline {number}", summary=f"Dek {number}", markdown=body(number))
    return replace(an_arrival(item, section=SafeText(section)), shown_at=now - timedelta(minutes=number))


def body(number: int) -> str:
    """Paragraphs of words that are all different, so that each says where it stands."""
    paragraphs = [f"Story {number} begins here."]
    for nth in range(11 if number == 1 else 8):
        words = " ".join(f"w{nth:02}{word:02}" for word in range(30))
        paragraphs.append(f"{words} harbour" if number == 1 and nth in HARBOURS else words)
    return "\n\n".join(
        [
            *paragraphs,
            *(["A [lighthouse](https://example.org/light)."] if number == 1 else []),
            f"Story {number} ends here.",
        ]
    )


def begin(home: Path, columns: int = 120) -> Terminal:
    """The program over that home."""
    command = [sys.executable, "-m", "reader", "--home", str(home), "--offline"]
    return Terminal(command, columns=columns, env={"COLUMNS": "", "LINES": ""})


def live(terminal: Terminal, steps: tuple[Step, ...], look: Callable[[Step], object] = lambda _: None) -> None:
    """Press the keys of each step and wait for what it shows."""
    for step in steps:
        os.write(terminal.handle, step.keys.encode())
        terminal.wait(step.shows)
        look(step)


def main() -> None:
    """Tell the morning."""
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder) / "home")
        with begin(Path(folder) / "home") as terminal:
            terminal.wait(r"10 unread")
            print(HEAD)

            def look(step: Step) -> None:
                if "second page" in step.does or "next unread" in step.does:
                    return
                terminal.settle()
                print(f"\n## {step.keys!r}: {step.does}\n\n```\n{terminal.text()}\n```")

            live(terminal, MORNING, look)


if __name__ == "__main__":
    main()
