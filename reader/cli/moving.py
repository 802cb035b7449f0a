"""The commands that bring things over from other readers and out to them: import and export."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from reader.cli.output import FAILED, OK, PARTLY, count, print_json, say, wait

if TYPE_CHECKING:
    from reader.library import Library
    from reader.model import ImportReport


def import_file(library: Library, options: argparse.Namespace) -> int:
    """`import FILE`"""
    report: ImportReport = wait(library, library.import_file(Path(options.file)))
    if options.json:
        print_json(_record(report))
    else:
        _print(report, library.settings.folders.config_file)
    if not report.rejected:
        return OK
    return PARTLY if report.added or report.known or report.stories or report.searches else FAILED


def _record(report: ImportReport) -> dict[str, object]:
    """Names and meanings are kept from version to version."""
    return {
        "what": report.what,
        "sources": {"added": report.added, "known": report.known},
        "stories": {
            "treated": report.stories,
            "read": report.read,
            "starred": report.starred,
            "later": report.later,
            "tagged": report.tagged,
            "brought": report.brought,
            "waiting": report.waiting,
        },
        "searches": [line._asdict() for line in report.searches],
        "notes": list(report.notes),
        "rejected": list(report.rejected),
    }


def _print(report: ImportReport, config: Path) -> None:
    for says in report.rejected:
        say(says)
    print(f"This is {report.what}.")
    if report.added or report.known or not report.stories:
        print(f"{count(report.added, 'source')} added, {report.known} followed already.")
    if report.stories:
        marked = f"{report.read} marked read, {report.starred} starred, {report.tagged} tagged"
        later = f", {report.later} put by for later" if report.later else ""
        print(f"{count(report.stories, 'story', 'stories')} with states: {marked}{later} that were not before.")
        print(f"{report.brought} of them came along; {report.waiting} wait to arrive as read.")
    for says in report.notes:
        print(says)
    if report.rejected:
        print(f"{count(len(report.rejected), 'thing')} did not come over, as told above.")
    if report.searches:
        print(f"Saved searches; these lines belong into {config}:")
        for search in report.searches:
            print(f"\n[[searches]]\nname = {_toml(search.name)}\nquery = {_toml(search.query)}")


def _toml(text: str) -> str:
    """A basic string (TOML 1.0); what has passed `safe_text` holds nothing that JSON and TOML write differently."""
    return json.dumps(text, ensure_ascii=False)
