"""Programs outside: the browser and the clipboard. Argument lists, a session of their own, nothing on our terminal.

Only http and https are ever opened, and nothing that begins with a dash reaches another program as an option. (The
standard library's `webbrowser` passes both on, and blocks.)
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from reader.errors import ReaderError
from reader.model import Story
from reader.patterns import late
from reader.text import host_of, safe_url

COPY_TIMEOUT_S = 2


class LaunchError(ReaderError):
    """No program could be started for that."""


def open_url(url: str, browser: Sequence[str] = ()) -> None:
    """Show a page in the reader's browser; returns at once. Raises LaunchError."""
    if safe_url(url) != url or not url.startswith(("http://", "https://")):
        raise LaunchError("Only web addresses are opened; y copies this one.")
    command = tuple(browser) or _system_opener()
    try:
        process = subprocess.Popen(  # noqa: S603 (an argument list; the address is http(s) and checked)
            [*command, url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise LaunchError(f"{command[0]} could not be started: {error.strerror}.") from error
    threading.Thread(target=process.wait, daemon=True).start()


def _system_opener() -> tuple[str, ...]:
    name = "open" if sys.platform == "darwin" else "xdg-open"
    if path := shutil.which(name):
        return (path,)
    raise LaunchError('No program is known that opens a page. Name one in the config: [open] browser = ["firefox"].')


def copiers(environment: Mapping[str, str] | None = None) -> tuple[tuple[str, ...], ...]:
    """The commands that put their standard input on the clipboard here; may be empty."""
    environment = os.environ if environment is None else environment
    candidates: list[tuple[str, ...]] = []
    if sys.platform == "darwin":
        candidates.append(("pbcopy",))
    if environment.get("WAYLAND_DISPLAY"):
        candidates.append(("wl-copy",))
    if environment.get("DISPLAY"):
        candidates += [("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input")]
    return tuple(command for command in candidates if shutil.which(command[0]))


def copy_outside(text: str) -> bool:
    """Hand a text to the desktop's clipboard, beside what the terminal does; whether a program took it. May wait."""
    for command in copiers():
        try:
            subprocess.run(  # noqa: S603 (one of the fixed commands above)
                command,
                input=text.encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=COPY_TIMEOUT_S,
                check=True,
                start_new_session=True,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return True
    return False


_LOOKS_LIKE_A_HOST = late(r"(?:https?://)?((?:[\w-]+\.)+[^\W\d_]{2,24})(?:[:/?#].*)?\Z", re.I)


def disagree(text: str, url: str) -> bool:
    """Whether a link's words name another host than it leads to, or its host is not what it looks like (punycode)."""
    host = host_of(url)
    if "xn--" in host:
        return True
    named = _LOOKS_LIKE_A_HOST.match(text.strip())
    if not named:
        return False
    said = named[1].lower().removeprefix("www.")
    return not (host == said or host.endswith(f".{said}"))


def shown_host(url: str) -> str:
    """The host as it is asked, for a question to the reader."""
    return urlsplit(url).hostname or ""


def citation(story: Story, date: str) -> str:
    """A citation as Markdown: who, what with its link, where, when."""
    title = re.sub(r"([\\\[\]*_`<>])", r"\\\1", story.title)
    linked = f"[{title}]({story.item.url.replace(')', '%29').replace('(', '%28')})" if story.item.url else title
    source = re.sub(r"([\\\[\]*_`<>])", r"\\\1", story.source)
    byline = re.sub(r"([\\\[\]*_`<>])", r"\\\1", story.item.authors)
    return f"{f'{byline}: ' if byline else ''}{linked}. *{source}*, {date}."
