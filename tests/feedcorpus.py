"""The corpus of feeds: each quirk as an input and, beside it, what a reader is to see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from reader.errors import ParseError
from reader.model import Item, Snapshot
from reader.sources.feed import parse_feed
from reader.text import safe_url

CORPUS = Path(__file__).parent / "corpus" / "feeds"
URL = safe_url("https://feed.example/dir/feed.xml")
INPUTS = sorted(path for path in CORPUS.iterdir() if not path.name.endswith(".out.json"))


def expectation_of(path: Path) -> Path:
    """Where it is written what the input of that name gives."""
    return path.with_name(path.stem + ".out.json")


def seen(path: Path) -> dict[str, Any]:
    """What `parse_feed` makes of an input, without the fields that are empty."""
    try:
        fields: dict[str, Any] = json.loads(json.dumps(_filled(parse_feed(path.read_bytes(), URL))))
        return fields
    except ParseError as error:
        return {"error": str(error)}


def _filled(value: Snapshot | Item) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(value)
    if isinstance(value, Snapshot):
        fields["items"] = [_filled(item) for item in value.items]
    return {
        name: found for name, found in fields.items() if found not in (None, "", [], {}, ()) and name != "validators"
    }


if __name__ == "__main__":  # writes the expectations anew; look at the difference before it is committed
    for source in INPUTS:
        text = json.dumps(seen(source), ensure_ascii=False, indent=1)
        expectation_of(source).write_text(text + "\n", "utf-8")
