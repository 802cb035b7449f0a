"""The command line: each command is a few lines over Library. Data goes to stdout, all else to stderr."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from reader import __version__, curtain
from reader.errors import ConfigError, ReaderError
from reader.settings import Settings, defaults, load

if TYPE_CHECKING:
    from reader.library import Library
    from reader.model import Outcome, Story

OK, FAILED, USAGE, PARTLY, INTERRUPTED = 0, 1, 2, 3, 130

Command = Callable[["Library", argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        options = parser().parse_args(argv)
        return run(options)
    except ConfigError as error:
        return _fail(error, USAGE)
    except ReaderError as error:
        return _fail(error, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has seen enough; Python must not complain while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return OK


def run(options: argparse.Namespace) -> int:
    """Run what the options ask for, with the settings in force."""
    if options.command is None:
        try:
            return open_interface(options)
        finally:
            curtain.take_away()  # before anything is said about an error
    if options.command == "config":
        return config(options)
    command: Command = options.run
    if options.sample:
        with _sample_folder() as folder:
            return _with_library(load(folder, offline=True, sample=True), command, options)
    settings, options.config_fault = _settings_and_fault(options)
    if options.config_fault and command is not doctor:
        raise ConfigError(options.config_fault)
    return _with_library(settings, command, options)


def _settings_and_fault(options: argparse.Namespace) -> tuple[Settings, str]:
    """The settings in force; or the defaults, and what is wrong with the config."""
    try:
        return _settings_for(options), ""
    except ConfigError as error:
        return defaults(options.home, offline=options.offline), str(error)


def _settings_for(options: argparse.Namespace) -> Settings:
    return load(options.home, offline=options.offline)


@contextmanager
def _sample_folder() -> Iterator[Path]:
    """A home for the sample edition that is gone afterwards."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        yield Path(folder)


def _with_library(settings: Settings, command: Command, options: argparse.Namespace) -> int:
    from reader.library import Library

    library = Library(settings)
    try:
        if settings.sample:
            _wait(library, library.subscribe_sample())
        return command(library, options)
    finally:
        library.close()


def _wait(library: Library, work: Any) -> Any:
    """Run a coroutine of the library to its end, and the network with it."""

    import asyncio

    async def all_of_it() -> Any:
        try:
            return await work
        finally:
            await library.hang_up()

    return asyncio.run(all_of_it())


def _fail(error: ReaderError, code: int) -> int:
    print(f"broadsheet: {error}", file=sys.stderr)
    return code


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _print_json(document: dict[str, object]) -> None:
    print(json.dumps(document, ensure_ascii=not _writes_utf8(), indent=2))


def _writes_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


# The interface


def open_interface(options: argparse.Namespace) -> int:
    """Open the reader on the terminal. Without one it says so in a line."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        _say("broadsheet: the reader needs a terminal; the command line works without one: broadsheet stories --help")
        return USAGE
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        _say("broadsheet: this terminal (TERM=dumb) cannot show the reader; the command line works: broadsheet stories")
        return USAGE
    if not options.sample:
        return _interface(_settings_for(options))
    with _sample_folder() as folder:
        return _interface(load(folder, offline=True, sample=True))


def _interface(settings: Settings) -> int:
    import gc

    gc.disable()  # importing makes many objects and no garbage; the interface switches it on again
    from reader.app import run as run_app
    from reader.newsroom import Newsroom

    return run_app(Newsroom(settings), settings)


# Sources


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

    candidates, subscription, outcome = _wait(library, work())
    if options.list:
        rows = [
            {"kind": found.kind, "url": found.url, "title": found.title, "stories": found.stories}
            for found in candidates
        ]
        if options.json:
            _print_json({"sources": rows})
        else:
            for found in candidates:
                print(f"{found.kind:8} {found.url}  {found.title}: {found.says}")
        return OK
    row = next(row for row in library.sources() if row.subscription.id == subscription.id)
    if options.json:
        _print_json({"sources": [source_record(row)]})
    else:
        print(f"{row.subscription.id}  {row.subscription.title}  {row.subscription.url}")
        _say(f"Found {candidates[0].says}; {row.counts.stories} stories are in the library.")
    if outcome.error:
        _say(f"{subscription.title} {outcome.error}")
        return PARTLY
    return OK


def sources(library: Library, options: argparse.Namespace) -> int:
    """`sources`"""
    from reader.export import source_record

    rows = library.sources()
    if options.json:
        _print_json({"sources": [source_record(row) for row in rows]})
        return OK
    for row in rows:
        source = row.subscription
        health = f"! {source.health.error}" if source.health.error else "ok"
        place = source.section or "-"
        print(f"{source.id:4} {source.kind:8} {row.counts.unread:6}/{row.counts.stories:<6} {place:16} {source.title}")
        print(f"     {source.url}  {health}")
    if not rows:
        _say("There are no sources yet. Add one: broadsheet add https://example.com")
    return OK


def remove(library: Library, options: argparse.Namespace) -> int:
    """`remove ID`"""
    source = library.source(library.source_id(options.id))
    library.remove_source(source.id)
    _say(f"{source.title} is no longer followed.")
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
        _print_json({"sources": [source_record(row)]})
    else:
        print(f"{row.subscription.id}  {row.subscription.title}  {row.subscription.url}")
    return OK


# Fetching


def refresh(library: Library, options: argparse.Namespace) -> int:
    """`refresh [ID…]`"""
    ids = [library.source_id(name) for name in options.id]
    outcomes: list[Outcome] = []

    async def work() -> None:
        visits = library.refresh(ids, everything=options.all, full=options.full, images=options.images)
        async for outcome in visits:
            outcomes.append(outcome)
            _progress(outcome)

    _wait(library, work())
    failed = [outcome for outcome in outcomes if outcome.error]
    well = [outcome for outcome in outcomes if not outcome.error and not outcome.skipped]
    new, updated = sum(outcome.new for outcome in well), sum(outcome.updated for outcome in well)
    if options.json:
        _print_json(
            {
                "refreshed": len(well),
                "new": new,
                "updated": updated,
                "unchanged": sum(outcome.unchanged for outcome in well),
                "failed": [{"source_id": outcome.source_id, "error": outcome.error} for outcome in failed],
            }
        )
    else:
        print(f"{_count(len(well), 'source')} refreshed: {new} new, {updated} updated.")
    if failed and all(outcome.offline for outcome in failed):
        _say("There is no network; what is in the library can be read.")
    else:
        for outcome in failed:
            _say(f"{outcome.title} (source {outcome.source_id}) {outcome.error}")
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
    title = str(outcome.title)[: max(0, shutil.get_terminal_size().columns - width - 24)]
    line = f"\r\x1b[K{'━' * filled}{'─' * (width - filled)} {outcome.done} of {outcome.total}  {title}"
    print(line if not end else f"\r\x1b[K{outcome.done} of {outcome.total}", end=end, file=sys.stderr, flush=True)


# Stories


def stories(library: Library, options: argparse.Namespace) -> int:
    """`stories`"""
    from reader.model import StoryFilter
    from reader.text import safe_text

    wanted = StoryFilter(
        section=safe_text(options.section) if options.section else None,
        source_id=library.source_id(options.source) if options.source else None,
        unread=options.unread,
        starred=options.starred,
        later=options.later,
        since=when(options.since) if options.since else None,
    )
    limit = options.limit or (50 if sys.stdout.isatty() and not options.json else None)
    return _print_stories(library.stories(wanted, limit=limit), options)


def search(library: Library, options: argparse.Namespace) -> int:
    """`search QUERY`"""
    found = library.search(" ".join(options.query), limit=options.limit, newest_first=options.newest)
    return _print_stories((library.story(headline.id) for headline in found), options)


def _print_stories(found: Iterable[Story], options: argparse.Namespace) -> int:
    from reader.export import story_record

    if options.json:
        _print_json({"stories": [story_record(story) for story in found]})
        return OK
    for story in found:
        marks = "".join(
            mark if on else " "
            for mark, on in (("*", story.state.starred), ("+", story.state.later), ("o", not story.state.read))
        )
        date = (story.item.published_at or story.first_seen_at).astimezone()
        print(f"{story.id:6} {marks} {date:%Y-%m-%d %H:%M}  {story.section}: {story.title}  ({story.source})")
    return OK


def show(library: Library, options: argparse.Namespace) -> int:
    """`show ID`"""
    from reader.export import story_record, to_html, to_markdown, to_text
    from reader.model import TextKind

    story_id = library.story_id(options.id)
    story = library.story(story_id)
    if story.text is not TextKind.FULL and story.item.url:
        try:
            story = _wait(library, library.full_story(story_id))
        except ReaderError as error:
            _say(f"Only the teaser is at hand. {error}")
    form = "json" if options.json else options.format
    if form == "json":
        _print_json({"story": {**story_record(story), "markdown": story.markdown, "html": to_html(story.markdown)}})
    elif form == "md":
        print(to_markdown(story))
    elif form == "html":
        print(to_html(to_markdown(story)))
    else:
        width = options.width or min(shutil.get_terminal_size().columns, library.settings.ui.measure)
        print(to_text(story, width))
    return OK


MARKS: dict[str, dict[str, bool]] = {
    "read": {"read": True},
    "unread": {"read": False},
    "star": {"starred": True},
    "unstar": {"starred": False},
    "later": {"later": True},
    "unlater": {"later": False},
}


def mark(library: Library, options: argparse.Namespace) -> int:
    """`mark STATE ID…`"""
    ids, unknown = [], 0
    for name in options.id:
        try:
            ids.append(library.story_id(name))
        except ReaderError as error:
            unknown += 1
            _say(f"broadsheet: {error}")
    library.mark(ids, **MARKS[options.state])
    if not unknown:
        return OK
    return PARTLY if ids else FAILED


# Coming and going


def import_file(library: Library, options: argparse.Namespace) -> int:
    """`import FILE`"""
    report = _wait(library, library.import_file(Path(options.file)))
    for says in report.rejected:
        _say(says)
    print(
        f"{_count(report.added, 'source')} added, {report.known} followed already, {len(report.rejected)} not usable."
    )
    if not report.rejected:
        return OK
    return PARTLY if report.added or report.known else FAILED


def export(library: Library, options: argparse.Namespace) -> int:
    """`export opml|json|md`"""
    from reader.export import edition_markdown, story_record
    from reader.model import StoryFilter
    from reader.text import safe_text

    wanted = StoryFilter(
        section=safe_text(options.section) if options.section else None,
        since=when(options.since) if options.since else None,
    )
    if options.format == "opml":
        text = library.export_opml()
    elif options.format == "md":
        text = edition_markdown(library.stories(wanted))
    else:
        rows = [{**story_record(story), "markdown": story.markdown} for story in library.stories(wanted)]
        text = json.dumps({"stories": rows}, ensure_ascii=False, indent=2) + "\n"
    if options.output is None or options.output == "-":
        sys.stdout.write(text)
        return OK
    _write_whole(Path(options.output), text)
    return OK


def _write_whole(path: Path, text: str) -> None:
    """The file as a whole or not at all, whatever happens meanwhile."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ReaderError(f"{path} could not be written: {error.strerror}.") from error


# Care


def doctor(library: Library, options: argparse.Namespace) -> int:
    """`doctor`"""
    try:
        check_keys(library.settings)
    except ConfigError as error:
        options.config_fault = str(error)
    findings = library.doctor(repair=options.repair, config_fault=options.config_fault)
    wrong = [finding for finding in findings if not finding.ok]
    if options.json:
        rows = [
            {"subject": finding.subject, "ok": finding.ok, "says": finding.says, "remedy": finding.remedy or None}
            for finding in findings
        ]
        _print_json({"ok": not wrong, "findings": rows})
    else:
        for finding in findings:
            print(f"{'ok ' if finding.ok else 'NOT'} {finding.subject}: {finding.says}")
            if finding.remedy:
                print(f"    {finding.remedy}")
        print("All is well." if not wrong else f"{_count(len(wrong), 'thing')} to see to.")
    if not wrong:
        return OK
    return PARTLY if all(finding.subject == "sources" for finding in wrong) else FAILED


def config(options: argparse.Namespace) -> int:
    """`config path|check|show`"""
    from reader.settings import described, folders

    home = options.home or (Path(value) if (value := os.environ.get("BROADSHEET_HOME")) else None)
    path = folders(home).config_file
    if options.what == "path":
        print(path)
        return OK
    settings = _settings_for(options)
    check_keys(settings)
    if options.what == "check":
        print(f"{path} is in order." if path.exists() else f"There is no {path}; all settings are the defaults.")
        return OK
    section = ""
    for name, setting, _default, allowed in described():
        if name == "searches":
            continue
        if name != section:
            print(f"{'' if not section else chr(10)}[{name}]")
            section = name
        value = getattr(getattr(settings, name), setting)
        print(f"{setting} = {json.dumps(value, ensure_ascii=False)}  # {allowed}")
    for binding, keys in settings.keys.bindings.items():
        print(f"{json.dumps(binding)} = {json.dumps(keys)}")
    for saved in settings.searches:
        print(f"\n[[searches]]\nname = {json.dumps(saved.name)}\nquery = {json.dumps(saved.query)}")
    return OK


def check_keys(settings: Settings) -> None:
    """Raises ConfigError when a binding of the config names no action, no key, or a key twice."""
    from reader.app.keymap import build

    build(settings.keys)


def when(text: str) -> datetime:
    """The instant that `2w`, `3d`, `12h`, `90min`, `today`, `yesterday` or a date names. Raises ConfigError."""
    now = datetime.now(UTC)
    if found := re.fullmatch(r"(\d{1,4})(w|d|h|min)", text):
        unit = {"w": "weeks", "d": "days", "h": "hours", "min": "minutes"}[found[2]]
        return now - timedelta(**{unit: int(found[1])})
    today = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    if text in ("today", "yesterday"):
        return today - timedelta(days=text == "yesterday")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise ConfigError(f"{text!r} is no time; write 2w, 3d, 12h, today, yesterday or 2026-01-31.") from None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# What is understood


class _Parser(argparse.ArgumentParser):
    """argparse, with our exit code and one line instead of the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}\nSee {self.prog} --help.\n")


def _common() -> _Parser:
    """The options that stand before or after the command; SUPPRESS keeps the one place from undoing the other."""
    common = _Parser(add_help=False)
    common.add_argument("--home", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="keep everything under DIR")
    common.add_argument("--offline", action="store_true", default=argparse.SUPPRESS, help="ask the network for nothing")
    common.add_argument("--version", action="version", version=f"broadsheet {__version__}")
    return common


def parser() -> _Parser:
    """Everything the command line understands."""
    top = _Parser(
        prog="broadsheet",
        description="A newspaper for the terminal. Alone it opens the reader; each command has its own --help.",
        parents=[_common()],
    )
    top.add_argument("--sample", action="store_true", help="read the sample edition; nothing of yours is touched")
    top.set_defaults(home=None, offline=False, config_fault="")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    def command(name: str, run: Callable[..., int], says: str) -> _Parser:
        made = commands.add_parser(name, help=says, description=says[0].upper() + says[1:] + ".", parents=[_common()])
        made.set_defaults(run=run)
        return made

    _source_commands(command)
    _story_commands(command)
    _care_commands(command)
    return top


Adder = Callable[[str, Callable[..., int], str], _Parser]


def _json(made: argparse.ArgumentParser) -> None:
    made.add_argument("--json", action="store_true", help="print one JSON document")


def _source_commands(command: Adder) -> None:
    made = command("add", add, "find what an address offers, and follow it")
    made.add_argument("url", metavar="URL", help="a news site, a feed or a sitemap")
    made.add_argument("--section", default="", help="the section its stories go to")
    made.add_argument("--title", default="", help="your own name for it")
    made.add_argument("--kind", help="only look for this kind: feed, sitemap, site")
    made.add_argument("--list", action="store_true", help="only show what was found")
    _json(made)
    made = command("sources", sources, "list the sources and how they are")
    _json(made)
    made = command("remove", remove, "stop following a source")
    made.add_argument("id", metavar="ID", help="id or URL")
    made = command("edit", edit, "change a source")
    made.add_argument("id", metavar="ID", help="id or URL")
    made.add_argument("--title", help="your own name for it; '' for the publisher's")
    made.add_argument("--section", help="the section its stories go to; '' for the publisher's")
    made.add_argument("--url", help="its new address")
    made.add_argument("--full-text", action=argparse.BooleanOptionalAction, help="fetch the page of each new story")
    _json(made)
    made = command("refresh", refresh, "fetch what is due")
    made.add_argument("id", metavar="ID", nargs="*", help="only these sources, due or not")
    made.add_argument("--all", action="store_true", help="everything, due or not")
    made.add_argument("--full", action="store_true", help="also the whole text of each story")
    made.add_argument("--images", action="store_true", help="also the pictures")
    _json(made)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _story_commands(command: Adder) -> None:
    made = command("stories", stories, "list stories, newest first")
    made.add_argument("--section", help="only of this section")
    made.add_argument("--source", metavar="ID", help="only of this source")
    made.add_argument("--unread", action="store_true")
    made.add_argument("--starred", action="store_true")
    made.add_argument("--later", action="store_true")
    made.add_argument("--since", metavar="WHEN", help="2w, 3d, 12h, today, yesterday or 2026-01-31")
    made.add_argument("--limit", type=_positive, metavar="N", help="at most N (on a terminal 50, else all)")
    _json(made)
    made = command("show", show, "print one story; fetched when it is not in the library")
    made.add_argument("id", metavar="ID", help="id or URL")
    made.add_argument("--format", choices=("md", "text", "html", "json"), default="text")
    made.add_argument("--width", type=_positive, metavar="N", help="cells a line")
    _json(made)
    made = command("search", search, "find stories by their words")
    made.add_argument(
        "query", metavar="QUERY", nargs="+", help='words, "a phrase", prefix*, -not, title:word, since:2w'
    )
    made.add_argument("--limit", type=_positive, default=50, metavar="N", help="at most N (50)")
    made.add_argument("--newest", action="store_true", help="newest first instead of best first")
    _json(made)
    made = command("mark", mark, "change the state of stories")
    made.add_argument("state", choices=tuple(MARKS))
    made.add_argument("id", metavar="ID", nargs="+", help="id or URL")


def _care_commands(command: Adder) -> None:
    made = command("import", import_file, "follow what an OPML file names")
    made.add_argument("file", metavar="FILE", help="OPML, or one address a line")
    made = command("export", export, "print subscriptions or stories")
    made.add_argument("format", choices=("opml", "json", "md"))
    made.add_argument("--section", help="only of this section")
    made.add_argument("--since", metavar="WHEN", help="2w, 3d, 12h, today, yesterday or 2026-01-31")
    made.add_argument("-o", "--output", metavar="FILE", help="write there instead of stdout")
    made = command("doctor", doctor, "check config, library, disk and sources")
    made.add_argument("--repair", action="store_true", help="mend what can be mended")
    _json(made)
    made = command("config", config, "where the config is, whether it is right, what is in force")
    made.add_argument("what", choices=("path", "check", "show"))


if __name__ == "__main__":
    sys.exit(main())
