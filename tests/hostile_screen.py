"""Read everything that a hostile server offers in the interface, and look at what reaches the terminal.

    python -m tests.hostile_screen http://127.0.0.1:PORT [--seconds N]

The server tells in `/manifest.json` what it offers (`endpoints`, each with a `url`) and in `/log.json` what was asked
of it (`canaries`: addresses that must not be). Prints one line of JSON; the exit code is 0 when nothing was amiss.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from reader.library import Library
from reader.settings import load
from tests.app.test_payloads import SEQUENCE
from tests.app.test_terminal import ended
from tests.bench.terminal import Terminal

EXPECTED_OSC = {"", "8", "22"}
"""None, a link, the shape of the pointer."""
ROUND = ("gl", "j", "J", " ", "gs", "j", "h", "l")


def asked(address: str) -> Any:
    """A document of the server."""
    with urllib.request.urlopen(address, timeout=30) as answer:
        return json.load(answer)


def follow(home: Path, addresses: list[str]) -> None:
    """Put every address into a new library, as if the reader had typed it."""
    library = Library(load(home))
    for address in addresses:
        library._store.add_subscription("feed", address, typed_host="127.0.0.1")
    library.close()


def read(home: Path, seconds: float) -> tuple[int, bytes]:
    """Refresh everything and go about in it; the exit code, and all that the terminal was told."""
    with Terminal([sys.executable, "-m", "reader", "--home", str(home)], env={"COLUMNS": "", "LINES": ""}) as terminal:
        terminal.wait("BROADSHEET")
        os.write(terminal.handle, b"R")
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            for keys in ROUND:
                os.write(terminal.handle, keys.encode())
                terminal.settle(quiet_s=0.05, patience_s=2)
        os.write(terminal.handle, b"Q")
        code = ended(terminal)
        terminal.settle()
        return code, b"".join(data for _, data in terminal.chunks)


def main() -> int:
    """Follow, read, and tell."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("server")
    options.add_argument("--seconds", type=float, default=75)
    told = options.parse_args()
    server = told.server.rstrip("/")
    addresses = [one["url"] for one in asked(f"{server}/manifest.json")["endpoints"]]
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        home = Path(folder)
        follow(home, addresses)
        code, written = read(home, told.seconds)
        library = Library(load(home))
        findings = [one.says for one in library.doctor() if not one.ok and one.subject != "sources"]
        stories = library.totals().stories
        library.close()
    log = asked(f"{server}/log.json")
    orders = {found["osc"] or "" for found in SEQUENCE.finditer(written.decode("utf-8", "replace"))}
    answer = {
        "asked": sum(bool(one["hits"]) for one in log["endpoints"].values()),
        "of": len(addresses),
        "stories": stories,
        "exit": code,
        "canaries": log["canaries"],
        "unexpected_orders": sorted(orders - EXPECTED_OSC),
        "traceback": b"Traceback" in written,
        "findings": findings,
    }
    print(json.dumps(answer))
    amiss = code or answer["canaries"] or answer["unexpected_orders"] or answer["traceback"] or findings
    return int(bool(amiss) or answer["asked"] < answer["of"])


if __name__ == "__main__":
    sys.exit(main())
