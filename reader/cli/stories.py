"""The commands about stories: list, find, show, mark."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from reader.cli.output import FAILED, OK, PARTLY, columns, print_json, say, wait
from reader.errors import ConfigError, ReaderError
from reader.text import counted

if TYPE_CHECKING:
    from reader.library import Library
    from reader.model import Story


def stories(library: Library, options: argparse.Namespace) -> int:
    """`stories`"""
    from reader.model import StoryFilter
    from reader.nesting import lies_in
    from reader.text import safe_text

    wanted = StoryFilter(
        section=safe_text(options.section) if options.section else None,
        source_id=library.source_id(options.source) if options.source else None,
        unread=options.unread,
        starred=options.starred,
        later=options.later,
        since=when(options.since) if options.since else None,
        before=when(options.before) if options.before else None,
        watched=options.watched,
        tag=safe_text(options.tag),
        query=_query(library, options),
    )
    limit = options.limit or (50 if sys.stdout.isatty() and not options.json else None)
    section = wanted.section
    has_it = section is None or any(lies_in(one.name, section) for one in library.sections())
    none = "No story is like that." if has_it else f"There is no section {section}."
    return _print_stories(library.stories(wanted, limit=limit), options, none)


def _query(library: Library, options: argparse.Namespace) -> str:
    """What `--query` and the saved search of `--search` ask together."""
    if not options.search:
        return str(options.query)
    if options.query:
        from reader.query import parse

        parse(options.query)  # so that its faults are told as it was typed
    for saved in library.settings.searches:
        if saved.name.casefold() == options.search.casefold():
            return f"({saved.query}) ({options.query})" if options.query else saved.query
    names = ", ".join(saved.name for saved in library.settings.searches) or "none yet"
    raise ConfigError(f"There is no saved search {options.search!r}. There are: {names}.")


def search(library: Library, options: argparse.Namespace) -> int:
    """`search QUERY`"""
    found = library.search(" ".join(options.query), limit=options.limit, newest_first=options.newest)
    return _print_stories((library.story(headline.id) for headline in found), options, "Nothing was found.")


def _print_stories(found: Iterable[Story], options: argparse.Namespace, none: str) -> int:
    """A line each, or one document; of `none` the reader is told, and a script reads nothing."""
    from reader.export import story_record

    if options.json:
        print_json({"stories": [story_record(story) for story in found]})
        return OK
    is_empty = True
    for story in found:
        is_empty = False
        marks = "".join(
            mark if on else " "
            for mark, on in (("*", story.state.starred), ("+", story.state.later), ("o", not story.state.read))
        )
        date = (story.item.published_at or story.first_seen_at).astimezone()
        print(f"{story.id:6} {marks} {date:%Y-%m-%d %H:%M}  {story.section}: {story.title}  ({story.source})")
    if is_empty:
        say(none)
    return OK


def show(library: Library, options: argparse.Namespace) -> int:
    """`show ID`"""
    from reader.export import to_html, to_markdown, to_text, whole_record
    from reader.model import TextKind

    story_id = library.story_id(options.id)
    story = library.story(story_id)
    if story.text is not TextKind.FULL and story.item.url:
        try:
            story = wait(library, library.full_story(story_id))
        except ReaderError as error:
            say(f"Only the teaser is at hand. {error}")
    form = "json" if options.json else options.format
    if form == "json":
        print_json({"story": whole_record(story)})
    elif form == "md":
        print(to_markdown(story))
    elif form == "html":
        print(to_html(to_markdown(story)))
    else:
        width = options.width or min(columns(), library.settings.ui.measure)
        print(to_text(story, width))
    return OK


MARKS: dict[str, tuple[str, bool]] = {
    "read": ("read", True),
    "unread": ("read", False),
    "star": ("starred", True),
    "unstar": ("starred", False),
    "later": ("later", True),
    "unlater": ("later", False),
    "watch": ("watched", True),
    "unwatch": ("watched", False),
    "mute": ("muted", True),
    "unmute": ("muted", False),
}
TAGS = ("tag", "untag")
"""What `mark` does with a tag, whose name comes before the ids."""


def mark(library: Library, options: argparse.Namespace) -> int:
    """`mark STATE ID…`, `mark tag NAME ID…`"""
    names, ids, unknown = list(options.id), [], 0
    tag = names.pop(0) if options.state in TAGS else ""
    if not names:
        raise ConfigError(f"`mark {options.state}` needs a tag and at least one story: mark {options.state} NAME ID…")
    for name in names:
        try:
            ids.append(library.story_id(name))
        except ReaderError as error:
            unknown += 1
            say(f"broadsheet: {error}")
    if options.state == "tag":
        library.tag(ids, tag)
    elif options.state == "untag":
        library.untag(ids, tag)
    else:
        field, value = MARKS[options.state]
        library.mark(ids, **{field: value})  # type: ignore[arg-type]
    if not unknown:
        return OK
    if ids:
        from reader.model import Verb
        from reader.steps import as_they_are

        say(as_they_are(Verb(options.state), len(ids), tag))
    return PARTLY if ids else FAILED


def undo(library: Library, options: argparse.Namespace) -> int:
    """`undo`, `redo`"""
    forward = options.command == "redo"
    change = library.redo() if forward else library.undo()
    if change is None:
        say(f"There is nothing to {options.command} of the last day.")
        return FAILED
    from reader.steps import in_words

    print(in_words(change, undone=not forward))
    return OK


def rules(library: Library, options: argparse.Namespace) -> int:
    """`rules`"""
    from reader.export import rule_record

    if options.test:
        tests = library.test_rules()
        records = [rule_record(test.rule, test) for test in tests]
    else:
        records = [rule_record(rule.desk_rule) for rule in library.settings.rules]
    if options.json:
        print_json({"rules": records})
        return OK
    for record in records:
        print(f"{record['name']}: {', '.join(record['does'])}  [{record['query']}]")
        if options.test:
            print(f"  would have caught {counted(record['caught'] or 0, 'story')}")
            for story in record["stories"] or ():
                print(f"  {story['id']:6}  {story['headline']}  ({story['source']})")
    if not records:
        say("There are no rules. A [[rules]] table in the config makes one; broadsheet config path says where that is.")
    return OK


def when(text: str) -> datetime:
    """The instant that `2w`, `3d`, `12h`, `90min`, `today`, `yesterday` or a date names. Raises ConfigError."""
    now = datetime.now(UTC)
    try:
        if found := re.fullmatch(r"(\d{1,4})(w|d|h|min)", text):
            unit = {"w": "weeks", "d": "days", "h": "hours", "min": "minutes"}[found[2]]
            return now - timedelta(**{unit: int(found[1])})
        if text in ("today", "yesterday"):
            # A day of the calendar, not 24 hours: it begins at midnight by the clock of that day.
            day = now.astimezone().date() - timedelta(days=text == "yesterday")
            return datetime.combine(day, time()).astimezone(UTC)
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigError(f"{text!r} is no time; write 2w, 3d, 12h, today, yesterday or 2026-01-31.") from None
