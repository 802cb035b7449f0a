"""The system's voice: a program that reads one sentence aloud and ends when it is said."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress

from reader.app.launcher import LaunchError
from reader.patterns import late

_LANGUAGE = late(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?\Z")


def voice_for(language: str, chosen: Sequence[str] = ()) -> tuple[str, ...]:
    """The command that reads its standard input aloud; the reader's own, or one that is installed here.

    `language` is a BCP 47 tag such as `en-GB`; what is no such tag is left out. Raises LaunchError when there is none.
    """
    if chosen:
        return tuple(chosen)
    spoken = language if _LANGUAGE.match(language) else ""
    if sys.platform == "darwin" and shutil.which("say"):
        return ("say", "-f", "-")
    for name in ("espeak-ng", "espeak"):
        if shutil.which(name):
            return (name, "--stdin", *(("-v", spoken.lower()) if spoken else ()))
    if shutil.which("spd-say"):
        return ("spd-say", "--wait", "--pipe-mode", *(("--language", spoken) if spoken else ()))
    raise LaunchError('No voice is installed. espeak-ng is one; or name yours in the config: [open] voice = ["…"].')


async def say(command: Sequence[str], sentence: str, language: str) -> None:
    """Have a sentence read, and wait for its end; being cancelled silences it at once. Raises LaunchError."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "BROADSHEET_LANGUAGE": language},
            start_new_session=True,
        )
    except OSError as error:
        raise LaunchError(f"{command[0]} could not be started: {error.strerror}.") from error
    try:
        await process.communicate(sentence.encode())
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        raise LaunchError(f"{command[0]} could not read this aloud (it ended with {process.returncode}).")
