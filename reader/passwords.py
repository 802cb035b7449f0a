"""Passwords that the reader keeps elsewhere: in a program's keeping, or in a file of their own."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from reader.errors import ConfigError

LIMIT_S = 30.0
"""How long a command may take: enough to unlock something, not for ever."""
MAX_BYTES = 10_000


async def password(command: Sequence[str], file: str) -> str:
    """What the command writes as its first line, or the first line of the file. Raises ConfigError.

    The command is run without a shell. Nothing that it or the file says is ever in a message.
    """
    said = await (asyncio.to_thread(_asked, command) if command else asyncio.to_thread(_read, file))
    line, giver = said.split(b"\n", 1)[0].rstrip(b"\r"), command[0] if command else file
    if not line:
        raise ConfigError(f"{giver} gave no password.")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{giver} gave a password that is no UTF-8 text.") from None


def _asked(command: Sequence[str]) -> bytes:
    nowhere = subprocess.DEVNULL
    try:
        done = subprocess.run(  # noqa: S603 - a list of words from the reader's own config
            command, stdin=nowhere, stdout=subprocess.PIPE, stderr=nowhere, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise ConfigError(f"The password command {command[0]} took longer than {LIMIT_S:g} s.") from None
    except (OSError, ValueError) as error:
        says = getattr(error, "strerror", "") or "its words cannot be"
        raise ConfigError(f"The password command {command[0]} could not be started: {says}.") from None
    if done.returncode:
        raise ConfigError(f"The password command {command[0]} failed (exit code {done.returncode}).")
    return done.stdout


def _read(file: str) -> bytes:
    path = Path(file).expanduser()
    try:
        with path.open("rb") as opened:
            if os.fstat(opened.fileno()).st_mode & 0o077:
                raise ConfigError(f"Other users may read the password in {path}. Try: chmod 600 {path}")
            return opened.readline(MAX_BYTES)
    except OSError as error:
        raise ConfigError(f"The password file {path} could not be read: {error.strerror}.") from error
