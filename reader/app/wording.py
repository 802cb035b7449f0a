"""Dates and lines of text as a newspaper would print them; pure, with the moment passed in."""

from __future__ import annotations

import locale
import os
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

from reader.settings import Ui
from reader.text import counted

MARKS: Mapping[str, tuple[str, str]] = {
    "unread": ("●", "*"),
    "starred": ("★", "#"),
    "later": ("◷", "@"),
    "updated": ("+", "+"),
    "watched": ("◎", "o"),
    "failing": ("▲", "!"),
    "folded": ("▸", ">"),
    "unfolded": ("▾", "v"),
    "current": ("▌", "|"),
    "cursor": ("›", ">"),
    "picked": ("✓", "x"),
    "bar": ("━", "="),
    "rule": ("─", "-"),
}
"""Each mark, and its twin for terminals and fonts that have only ASCII."""

IN_WORDS: Mapping[str, str] = {
    "unread": "not read yet",
    "starred": "starred: kept for good",
    "later": "kept to read later",
    "updated": "changed by its publisher since you read it",
    "watched": "watched: a revision will be told",
    "failing": "the source did not answer; {source.errors} says why",
    "folded": "a section; {sections.open} opens it to the sections and sources in it",
    "unfolded": "a section that is open; {sections.close} closes it",
    "current": "what is open now",
    "cursor": "what is selected",
}
"""What the marks mean, for the help."""


def use_ascii(setting: str, environment: Mapping[str, str] | None = None) -> bool:
    """Whether marks are to be plain ASCII: as set, or where the locale is not UTF-8."""
    if setting != "auto":
        return setting == "ascii"
    environment = os.environ if environment is None else environment
    spoken = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or ""
    return "utf" not in spoken.lower()


def marks(*, ascii_only: bool) -> Mapping[str, str]:
    """The marks in force by name."""
    return {name: twins[ascii_only] for name, twins in MARKS.items()}


def marks_of(ui: Ui) -> Mapping[str, str]:
    """The marks that the settings ask for; where the page is to be heard, none that is only for the eye."""
    if ui.plain:
        return {**marks(ascii_only=True), "current": " ", "bar": " ", "rule": " "}
    return marks(ascii_only=use_ascii(ui.marks))


# Dates. strftime speaks the language of the locale that the command line has set (LC_TIME).


def local(moment: datetime) -> datetime:
    """The moment on the reader's clock."""
    return moment.astimezone()


def clock(moment: datetime) -> str:
    """`7:42`, or `7:42 PM` where the locale writes it so."""
    here = local(moment)
    return f"{here.hour}:{here.minute:02}" if _twenty_four_hours() else here.strftime("%I:%M %p").lstrip("0")


@lru_cache(maxsize=1)
def _twenty_four_hours() -> bool:
    written = getattr(locale, "nl_langinfo", lambda _what: "")(getattr(locale, "T_FMT", 0))
    return "%I" not in written and "%r" not in written and "%p" not in written


def long_date(day: date) -> str:
    """`20 September 2024`, the month in the reader's language."""
    return f"{day.day} {day.strftime('%B')} {day.year}"


def today_line(now: datetime, width: int) -> str:
    """The masthead's date, as long as there is room for: `Today: Sunday, 22 November 2026`."""
    here = local(now)
    full = f"{here.strftime('%A')}, {long_date(here)}"
    for line in (f"Today: {full}", full, f"{here.strftime('%a')} {here.day} {here.strftime('%b')}"):
        if cell_len(line) <= width:
            return line
    return ""


def when(moment: datetime, now: datetime, style: str = "relative") -> str:
    """A story's date: `40 min ago` today, the weekday within the last week, the date before that.

    `style` is the setting ui.dates: relative, iso or long.
    """
    here, today = local(moment), local(now)
    if style == "iso":
        return here.strftime("%Y-%m-%d %H:%M")
    if style == "long":
        return f"{long_date(here)}, {clock(moment)}"
    seconds = (now - moment).total_seconds()
    if 0 <= seconds < 60:
        return "just now"
    if 0 <= seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if here.date() == today.date() and seconds >= 0:
        return f"{counted(int(seconds // 3600), 'hour')} ago"
    days = (today.date() - here.date()).days
    if days == 1:
        return f"yesterday, {clock(moment)}"
    if 1 < days < 7:
        return f"{here.strftime('%A')}, {clock(moment)}"
    if here.year == today.year:
        return f"{here.day} {here.strftime('%B')}"
    return long_date(here)


def when_in_short(moment: datetime, now: datetime, style: str = "relative") -> str:
    """The same in a few cells, for the end of a line: `40 min`, `3 h`, the weekday, `20 Sep`, `Sep 2024`."""
    here, today = local(moment), local(now)
    if style == "iso":
        return here.strftime("%Y-%m-%d")
    seconds = (now - moment).total_seconds()
    if style == "relative" and here.date() == today.date() and seconds >= 0:
        return "now" if seconds < 60 else f"{int(seconds // 60)} min" if seconds < 3600 else f"{int(seconds // 3600)} h"
    if style == "relative" and 0 < (today.date() - here.date()).days < 7:
        return here.strftime("%a")
    return f"{here.day} {here.strftime('%b')}" if here.year == today.year else here.strftime("%b %Y")


def looked_at(moment: datetime | None, now: datetime) -> str:
    """When a source was last read: `7:42`, `yesterday, 21:10`, `3 November`, `never`."""
    if moment is None:
        return "never"
    here, today = local(moment), local(now)
    days = (today.date() - here.date()).days
    return clock(moment) if days == 0 else when(moment, now)


def next_look(moment: datetime | None, now: datetime) -> str:
    """`Next look at 8:12.`, the day named when it is another; "" when nothing is due."""
    if moment is None:
        return ""
    if moment <= now + timedelta(minutes=1):
        return "Next look in a minute."
    if local(moment).date() == local(now).date():
        return f"Next look at {clock(moment)}."
    return f"Next look {local(moment).strftime('%A')} at {clock(moment)}."


# Sentences


def listed(names: Sequence[str], most: int = 3) -> str:
    """`The Gazette, Winds and two others`, in plain words."""
    if len(names) > most:
        rest = len(names) - most + 1
        names = [*names[: most - 1], f"{rest} others"]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def sentence(text: str) -> str:
    """With a full stop at its end."""
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."


# Lines


def fit(text: str, width: int) -> str:
    """At most `width` cells, cut with an ellipsis."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def fit_path(name: str, width: int) -> str:
    """As `fit`, but of a section within a section the innermost is told: `Techno…/Linux`."""
    outer, slash, inner = name.rpartition("/")
    room = width - cell_len(slash + inner)
    return fit(outer, room) + slash + inner if slash and room > 2 else fit(name, width)


def wrap(text: str, width: int, most: int) -> list[str]:
    """At most `most` lines of `width` cells, broken between words (or within a word that fills a line, or between
    characters of a script without spaces); what does not fit ends in an ellipsis."""
    if width < 1 or most < 1:
        return []
    lines: list[str] = []
    line, used = "", 0
    for piece in _pieces(text):
        size = cell_len(piece)
        if used + cell_len(piece.rstrip()) <= width:
            line, used = line + piece, used + size
            continue
        if line.strip():
            lines.append(line.rstrip())
        if len(lines) > most:
            break
        line = piece
        while cell_len(line.rstrip()) > width and len(lines) <= most:
            lines.append(_head(line, width))
            line = line[len(lines[-1]) :]
        used = cell_len(line)
    if line.strip() and len(lines) <= most:
        lines.append(line.rstrip())
    if len(lines) > most:
        rest = f"{lines[most - 1]} {lines[most]}"
        lines = [*lines[: most - 1], _cut(rest, width)]
    return lines


def _pieces(text: str) -> list[str]:
    """Words with the blanks after them; a wide character is a piece of its own, since a line may break after it."""
    pieces: list[str] = []
    word = ""
    for character in text:
        if character == " ":
            pieces.append(f"{word} ")
            word = ""
        elif unicodedata.east_asian_width(character) in "WF" and not unicodedata.combining(character):
            if word:
                pieces.append(word)
            word = character
        elif word and unicodedata.east_asian_width(word[0]) in "WF" and character.isalnum():
            pieces.append(word)
            word = character
        else:
            word += character
    return [*pieces, word] if word else pieces


def _head(piece: str, width: int) -> str:
    """As many characters as fill a line; at least one."""
    used = 0
    for at, character in enumerate(piece):
        used += cell_len(character)
        if used > width:
            return piece[: max(at, 1)]
    return piece


def _cut(text: str, width: int) -> str:
    """A line that ends in an ellipsis, at a word where that costs little."""
    if cell_len(text) < width:
        return text.rstrip(" ,;:.–—-…") + "…"
    kept = _head(text, width - 1)
    if cell_len(kept) >= width:
        return "…"
    at = kept.rfind(" ", len(kept) * 2 // 3)
    if at > 0 and text[len(kept) : len(kept) + 1] not in ("", " "):
        kept = kept[:at]
    return kept.rstrip(" ,;:.–—-…") + "…"


Range = tuple[int, int]
"""From the first character to after the last."""


def ranges_in(text: str, lines: Sequence[str], ranges: Sequence[Range]) -> list[list[Range]]:
    """Where ranges of a text have come to lie in the lines that `wrap` made of it."""
    if not ranges:
        return [[] for _ in lines]
    placed: list[list[Range]] = []
    at = 0
    for line in lines:
        found: list[Range] = []
        while at < len(text) and text[at] == " ":
            at += 1
        start = at
        while at < len(text) and at - start < len(line) and text[at] == line[at - start]:
            at += 1
        for first, last in ranges:
            low, high = max(first, start), min(last, at)
            if low < high:
                found.append((low - start, high - start))
        placed.append(found)
    return placed
