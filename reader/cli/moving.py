"""The commands that bring things over from other readers and out to them: import and export."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reader.cli.output import FAILED, OK, PARTLY, print_json, say, wait
from reader.cli.stories import when
from reader.errors import ConfigError, LibraryDamagedError, ReaderError
from reader.nesting import path_of
from reader.text import counted

if TYPE_CHECKING:
    from reader.library import Library
    from reader.model import ImportReport, Story


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
        print(f"{counted(report.added, 'source')} added, {report.known} followed already.")
    if report.stories:
        marked = f"{report.read} marked read, {report.starred} starred, {report.tagged} tagged"
        later = f", {report.later} put by for later" if report.later else ""
        print(f"{counted(report.stories, 'story')} with states: {marked}{later} that were not before.")
        print(f"{report.brought} of them came along; {report.waiting} wait to arrive as read.")
    for says in report.notes:
        print(says)
    if report.rejected:
        print(f"{counted(len(report.rejected), 'thing')} did not come over, as told above.")
    if report.searches:
        print(f"Saved searches; these lines belong into {config}:")
        for search in report.searches:
            print(f"\n[[searches]]\nname = {_toml(search.name)}\nquery = {_toml(search.query)}")


def _toml(text: str) -> str:
    """A basic string (TOML 1.0); what has passed `safe_text` holds nothing that JSON and TOML write differently."""
    return json.dumps(text, ensure_ascii=False)


FORMATS = ("opml", "json", "md", "html", "epub")


def export(library: Library, options: argparse.Namespace) -> int:
    """`export FORMAT`; of a damaged library as far as it can be read, which the exit code tells."""
    _check(options)
    try:
        data, code = _exported(library, options), OK
    except LibraryDamagedError as error:
        say(f"broadsheet: {error}")
        with library.salvaged() as (rest, told):
            for says in told:
                say(says)
            data, code = _exported(rest, options), PARTLY
    if options.output not in (None, "-"):
        _write_whole(Path(options.output), data)
    elif options.format == "epub":
        sys.stdout.buffer.write(data)
    else:
        sys.stdout.write(data.decode())
    return code


def _check(options: argparse.Namespace) -> None:
    """Raises ConfigError for what makes no sense together."""
    described = [options.section, options.since, options.starred, options.later, options.query, options.edition]
    if options.format == "opml" and (options.id or any(described[2:])):
        raise ConfigError("OPML holds sources and no stories; json, md, html and epub hold stories.")
    if options.id and any(described):
        raise ConfigError("Name the stories or describe them, not both.")
    if options.edition and any(described[:-1]):
        raise ConfigError("The front page is chosen by the program; it cannot be described as well.")
    if options.format == "epub" and options.output is None and sys.stdout.isatty():
        raise ConfigError("A book is nothing to be shown in a terminal; name a file: -o edition.epub")


def _exported(library: Library, options: argparse.Namespace) -> bytes:
    from reader.export import edition_markdown, story_record

    if options.format == "opml":
        return library.export_opml().encode()
    stories = _wanted(library, options)
    if options.format == "md":
        return edition_markdown(stories).encode()
    if options.format == "json":
        rows = [{**story_record(story), "markdown": story.markdown} for story in stories]
        return (json.dumps({"stories": rows}, ensure_ascii=False, indent=2) + "\n").encode()
    now = datetime.now(UTC)
    listed = list(stories)
    title = _title(listed, options, now)
    if options.format == "html":
        from reader.export.page import html_page

        return html_page(listed, title, library.stored_picture).encode()
    from reader.export.epub import write_epub
    from reader.export.markup import picture_urls

    book = io.BytesIO()
    urls = {url: None for story in listed for url in picture_urls(story)}
    write_epub(book, listed, title, wait(library, library.book_pictures(urls)).get, now)
    return book.getvalue()


def _wanted(library: Library, options: argparse.Namespace) -> Iterable[Story]:
    """The stories that are named, those of the front page, or those that are described."""
    from reader.model import StoryFilter
    from reader.text import safe_text

    if options.id:
        ids = dict.fromkeys(library.story_id(name) for name in options.id)
        return (library.story(story_id) for story_id in ids)
    if options.edition:
        return (library.story(headline.id) for headline in library.front_page(datetime.now(UTC)))
    wanted = StoryFilter(
        section=safe_text(options.section) if options.section else None,
        since=when(options.since) if options.since else None,
        starred=options.starred,
        later=options.later,
        query=options.query or "",
    )
    return library.stories(wanted)


def _title(stories: list[Story], options: argparse.Namespace, now: datetime) -> str:
    """What the selection is called: a single story by its headline, all else by what was asked for and the day."""
    if options.id and len(stories) == 1:
        return stories[0].title
    named = [
        "Front page" if options.edition else "",
        *(name for name, on in (("Starred", options.starred), ("Read later", options.later)) if on),
        "/".join(path_of(stories[0].section)[: len(path_of(options.section))]) if options.section and stories else "",
    ]
    what = ", ".join(filter(None, named))
    today = now.astimezone()
    return f"Broadsheet{f': {what}' if what else ''}, {today.day} {today:%B %Y}"


def _write_whole(path: Path, data: bytes) -> None:
    """The file as a whole or not at all, whatever happens meanwhile; devices and pipes are written into."""
    if not path.name or path.is_dir():
        raise ReaderError(f"{path} is a folder; name a file to write.")
    target = path.resolve()  # a link stays one
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        draft.write_bytes(data)
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ReaderError(f"{path} could not be written: {error.strerror}.") from error
