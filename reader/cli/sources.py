"""The commands about sources: follow, list, change, fetch, bring over."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from reader.cli.output import FAILED, OK, PARTLY, columns, print_json, say, wait
from reader.errors import ConfigError
from reader.text import counted

if TYPE_CHECKING:
    from reader.library import Library
    from reader.model import Outcome


def add(library: Library, options: argparse.Namespace) -> int:
    """`add URL`"""
    from reader.export import source_record
    from reader.text import safe_text

    async def work() -> tuple[Any, ...]:
        candidates = await library.discover(options.url, options.kind or "")
        if options.list:
            return candidates, None, None
        return candidates, *await library.subscribe(
            candidates[0], section=safe_text(options.section), title=safe_text(options.title)
        )

    followed = {row.subscription.id for row in library.sources()}
    candidates, subscription, outcome = wait(library, work())
    if options.list:
        rows = [
            {"kind": found.kind, "url": found.url, "title": found.title, "stories": found.stories}
            for found in candidates
        ]
        if options.json:
            print_json({"sources": rows})
        else:
            for found in candidates:
                print(f"{found.kind:8} {found.url}  {found.title}: {found.says}")
        return OK
    row = next(row for row in library.sources() if row.subscription.id == subscription.id)
    if options.json:
        print_json({"sources": [source_record(row)]})
    else:
        print(f"{row.subscription.id}  {row.subscription.title}  {row.subscription.url}")
        found = "You follow it already" if subscription.id in followed else f"Found {candidates[0].says}"
        say(f"{found}; {counted(row.counts.stories, 'story')} in the library.")
    if outcome.error:
        say(f"{subscription.title} {outcome.error}")
        return PARTLY
    return OK


def sources(library: Library, options: argparse.Namespace) -> int:
    """`sources`"""
    from reader.export import source_record

    rows = library.sources()
    if options.json:
        print_json({"sources": [source_record(row) for row in rows]})
        return OK
    for row in rows:
        source = row.subscription
        health = f"! {source.health.error}" if source.health.error else "ok" if source.health.last_ok_at else "new"
        place = source.section or "-"
        print(f"{source.id:4} {source.kind:8} {row.counts.unread:6}/{row.counts.stories:<6} {place:16} {source.title}")
        print(f"     {source.url}  {health}")
    if not rows:
        say("There are no sources yet. Add one: broadsheet add https://example.com")
    return OK


def remove(library: Library, options: argparse.Namespace) -> int:
    """`remove ID`"""
    source = library.source(library.source_id(options.id))
    library.remove_source(source.id)
    say(f"{source.title} is no longer followed. Within a day `broadsheet undo` brings it back.")
    return OK


def edit(library: Library, options: argparse.Namespace) -> int:
    """`edit ID …`"""
    from reader.export import source_record
    from reader.text import safe_text, safe_url

    url = safe_url(options.url) if options.url is not None else None
    if url == "":
        raise ConfigError(f"{safe_text(options.url, 100)} is no http or https address.")
    source_id = library.source_id(options.id)
    library.edit_source(
        source_id,
        title=None if options.title is None else safe_text(options.title),
        section=None if options.section is None else safe_text(options.section),
        url=url,
        full_text=options.full_text,
    )
    row = next(row for row in library.sources() if row.subscription.id == source_id)
    if options.json:
        print_json({"sources": [source_record(row)]})
    else:
        print(f"{row.subscription.id}  {row.subscription.title}  {row.subscription.url}")
    return OK


def refresh(library: Library, options: argparse.Namespace) -> int:
    """`refresh [ID…]`"""
    ids = [library.source_id(name) for name in options.id]
    outcomes: list[Outcome] = []

    async def work() -> None:
        visits = library.refresh(ids, everything=options.all, full=options.full, images=options.images)
        async for outcome in visits:
            outcomes.append(outcome)
            _progress(outcome)

    wait(library, work())
    failed = [outcome for outcome in outcomes if outcome.error]
    well = [outcome for outcome in outcomes if not outcome.error and not outcome.skipped]
    new, updated = sum(outcome.new for outcome in well), sum(outcome.updated for outcome in well)
    if options.json:
        print_json(
            {
                "refreshed": sum(outcome.sources for outcome in well),
                "new": new,
                "updated": updated,
                "unchanged": sum(outcome.unchanged for outcome in well),
                "failed": [{"source_id": outcome.source_id, "error": outcome.error} for outcome in failed],
            }
        )
    else:
        visited = sum(outcome.sources for outcome in well)
        done = f"{counted(visited, 'source')} refreshed: {new} new, {updated} updated."
        due = any(outcome.sources for outcome in outcomes)
        texts = counted(sum(outcome.texts for outcome in outcomes), "whole text")
        print(done if due else "No source is due. --all looks at every one.", *[f"{texts} came."] * options.full)
        for told in (told for outcome in well for told in outcome.told):
            print(f"{told.search or 'Revised, and watched'}: {counted(told.count, 'story')}; {told.title}")
    if failed and all(outcome.offline for outcome in failed):
        say("There is no network; what is in the library can be read.")
    else:
        for outcome in failed:
            who = f"{outcome.title} (source {outcome.source_id})" if outcome.source_id else "The sync server:"
            say(f"{who} {outcome.error}")
    if not failed:
        return OK
    return PARTLY if well else FAILED


def _progress(outcome: Outcome) -> None:
    """How far the refresh is, on one line of a terminal that shows stderr."""
    if not sys.stderr.isatty():
        return
    width = 30
    filled = width * outcome.done // max(1, outcome.total)
    end = "\n" if outcome.done == outcome.total else ""
    title = str(outcome.title)[: max(0, columns() - width - 24)]
    line = f"\r\x1b[K{'━' * filled}{'─' * (width - filled)} {outcome.done} of {outcome.total}  {title}"
    print(line if not end else f"\r\x1b[K{outcome.done} of {outcome.total}", end=end, file=sys.stderr, flush=True)
