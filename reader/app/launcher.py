"""Programs outside: browser, player, editor, clipboard, notices, and the reader's own commands. Lists, no shell.

What shows itself elsewhere has a session of its own and nothing of our terminal; what needs the terminal gets it whole.

Only http and https are ever opened, and nothing that begins with a dash reaches another program as an option. (The
standard library's `webbrowser` passes both on, and blocks.)
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from reader.errors import ReaderError
from reader.model import Story
from reader.patterns import late
from reader.settings import PLACEHOLDER
from reader.text import EMPTY, SafeText, SafeUrl, host_of, safe_text, safe_url

if TYPE_CHECKING:
    from textual.app import App

COMPLAINT_BYTES = 4_000
"""The end of what a command wrote on stderr, from which its last line is told."""
COPY_TIMEOUT_S = 2
NOTICE_TIMEOUT_S = 10


class LaunchError(ReaderError):
    """No program could be started for that."""


def open_url(url: str, browser: Sequence[str] = ()) -> None:
    """Show a page in the reader's browser; returns at once. Raises LaunchError."""
    _hand_over(tuple(browser) or _system_opener(), url)


def play(url: str, player: Sequence[str] = ()) -> None:
    """Play what a story comes with, in the reader's player or what the system opens it with. Raises LaunchError."""
    known = shutil.which("mpv")
    _hand_over(tuple(player) or ((known,) if known else _system_opener()), url)


def _hand_over(command: tuple[str, ...], url: str) -> None:
    """Start a program with a web address as its last argument, and let it go."""
    if safe_url(url) != url or not url.startswith(("http://", "https://")):
        raise LaunchError("Only web addresses are opened; y copies this one.")
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


async def copy(app: App[Any], text: str) -> None:
    """To the clipboard, by the terminal (OSC 52) and by the desktop's own program."""
    app.copy_to_clipboard(text)
    await asyncio.to_thread(copy_outside, text)


def words(line: str) -> tuple[str, ...]:
    """A command line that the reader wrote, as a list of words; no shell reads it. Raises LaunchError."""
    import shlex

    try:
        command = tuple(shlex.split(line))
    except ValueError as error:  # quotes that do not close
        raise LaunchError(f"{line} could not be started: {error}.") from error
    if not command:
        raise LaunchError("This is no command.")
    return command


# Commands that are given a story


class Ended(Struct, frozen=True):
    """How a command ended."""

    code: int
    complaint: SafeText = EMPTY
    """The last line that it wrote on stderr, if anybody listened."""


def facts(story: Story) -> dict[str, str]:
    """What is known of a story, for the environment of a command: there no text can become an option."""
    return {
        "BROADSHEET_ID": str(story.id),
        "BROADSHEET_URL": story.item.url,
        "BROADSHEET_TITLE": story.title,
        "BROADSHEET_SOURCE": story.source,
        "BROADSHEET_SECTION": story.section,
        "BROADSHEET_TAGS": ",".join(story.state.tags),
    }


def given(story: Story, form: str, measure: int = 70) -> str | None:
    """The story in the form in which a command wants it on its standard input; None where it wants none.

    `json` is the document of `broadsheet show --json`, `text` is set in lines of at most `measure` cells.
    """
    import json

    from reader import export

    if form == "none":
        return None
    if form == "url":
        return f"{story.item.url}\n"
    if form == "json":
        return json.dumps({"story": export.whole_record(story)}, ensure_ascii=False)
    if form == "text":
        return export.to_text(story, measure)
    return export.to_html(export.to_markdown(story)) if form == "html" else export.to_markdown(story)


def filled(command: Sequence[str], url: SafeUrl, story_id: int) -> tuple[str, ...]:
    """A command with what its placeholders stand for, each within its own argument.

    A SafeUrl begins with its scheme and has no blank, and a number is one: neither can become an option.
    """
    values = {"url": str(url), "id": str(story_id)}
    return tuple(re.sub(PLACEHOLDER, lambda found: values[found[1]], word) for word in command)


def pipe(command: Sequence[str], text: str | None, facts: Mapping[str, str]) -> int:
    """Run the reader's command on the terminal; its exit code. Waits. Raises LaunchError.

    A text is its standard input; without one it has the keyboard. `facts` are added to its environment.
    """
    try:
        done = subprocess.run(  # noqa: S603 (the reader's own command, as a list)
            list(command),
            input=None if text is None else text.encode(),
            env={**os.environ, **facts},
            check=False,
        )
    except OSError as error:
        raise LaunchError(f"{command[0]} could not be started: {error.strerror}.") from error
    return done.returncode


def begin(command: Sequence[str], text: str | None, facts: Mapping[str, str]) -> asyncio.Future[Ended]:
    """Start the reader's command beside the paper, in a session of its own; what is returned tells how it ended.

    Its input and what it complains of are files without a name, and not pipes to us: it may outlive the program.
    Raises LaunchError.
    """
    from tempfile import TemporaryFile

    ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
    with ExitStack() as stack:
        try:
            complaint = stack.enter_context(TemporaryFile())
            source = subprocess.DEVNULL if text is None else stack.enter_context(TemporaryFile())
            if text is not None and not isinstance(source, int):
                source.write(text.encode())
                source.seek(0)
            process = subprocess.Popen(  # noqa: S603 (the reader's own command, as a list)
                list(command),
                stdin=source,
                stdout=subprocess.DEVNULL,
                stderr=complaint,
                env={**os.environ, **facts},
                start_new_session=True,
            )
        except OSError as error:
            raise LaunchError(f"{command[0]} could not be started: {error.strerror}.") from error
        threading.Thread(target=_follow, args=(process, complaint, ended, stack.pop_all()), daemon=True).start()
    return ended


def _follow(
    process: subprocess.Popen[bytes], complaint: IO[bytes], ended: asyncio.Future[Ended], files: ExitStack
) -> None:
    with files:
        code = process.wait()
        complaint.seek(max(0, complaint.seek(0, os.SEEK_END) - COMPLAINT_BYTES))
        lines = [
            line for part in complaint.read().decode(errors="replace").splitlines() if (line := safe_text(part, 200))
        ]
    with suppress(RuntimeError):  # the program has been left meanwhile
        ended.get_loop().call_soon_threadsafe(_settle, ended, Ended(code, lines[-1] if lines else EMPTY))


def _settle(ended: asyncio.Future[Ended], how: Ended) -> None:
    if not ended.done():
        ended.set_result(how)


def wait_for_enter() -> None:
    """Leave what a command printed on the terminal until the reader has seen it."""
    print("\nEnter goes back to the paper. ", end="", flush=True)  # noqa: T201 (the terminal is lent out)
    sys.stdin.readline()


def editor() -> tuple[str, ...]:
    """The reader's own: $VISUAL or $EDITOR. Raises LaunchError where that is no command."""
    return words(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")


def make_folder(path: Path) -> None:
    """Make the folder that a file is to be in. Raises LaunchError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LaunchError(f"The folder of {path.name} could not be made: {error.strerror}.") from error


def edit(command: Sequence[str], path: str) -> None:
    """Open a file in an editor on the terminal. Waits. Raises LaunchError."""
    try:
        subprocess.run([*command, path], check=False)  # noqa: S603 (the reader's own editor)
    except OSError as error:
        raise LaunchError(f"{command[0]} could not be started: {error.strerror}.") from error


def edit_copy(command: Sequence[str], name: str, text: str) -> None:
    """Open a text in an editor; what is changed in it is thrown away. Waits. Raises LaunchError."""
    from tempfile import TemporaryDirectory

    try:
        with TemporaryDirectory(prefix="broadsheet-") as folder:
            path = os.path.join(folder, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            edit(command, path)
    except OSError as error:
        raise LaunchError(f"The copy could not be written: {error.strerror}.") from error


def notify(title: str, text: str, notifier: Sequence[str] = ()) -> bool:
    """Say something on the desktop; whether there was a program for it. Never waits.

    A program of the reader's own gets the text as its standard input and the title as `BROADSHEET_TITLE`.
    """
    known = shutil.which("notify-send")
    if not notifier and known is None:
        return False
    command = list(notifier) or [str(known), "--app-name=Broadsheet", "--", title, text]
    threading.Thread(target=_tell, args=(command, title, text), daemon=True).start()
    return True


def _tell(command: list[str], title: str, text: str) -> None:
    with suppress(OSError, subprocess.SubprocessError):  # a notice that fails is not worth another
        subprocess.run(  # noqa: S603 (the reader's own command, or notify-send with the text as what it is)
            command,
            input=text.encode(),
            env={**os.environ, "BROADSHEET_TITLE": title},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=NOTICE_TIMEOUT_S,
            check=False,
            start_new_session=True,
        )


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
    from reader.export import escaped

    title, source, byline = map(escaped, (story.title, story.source, story.item.authors))
    linked = f"[{title}]({story.item.url.replace(')', '%29').replace('(', '%28')})" if story.item.url else title
    cited = f"{f'{byline}: ' if byline else ''}{linked}. *{source}*, {date}."
    return re.sub(r"^(\d{1,9})\. ", r"\1\. ", cited)  # a headline of nothing but a number would begin a list
