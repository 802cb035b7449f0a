"""Everything the command line understands."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from reader import __version__
from reader.cli.care import config, doctor
from reader.cli.moving import FORMATS, export, import_file
from reader.cli.output import USAGE
from reader.cli.sources import add, edit, refresh, remove, sources
from reader.cli.stories import MARKS, TAGS, mark, rules, search, show, stories, undo


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
    made.add_argument(
        "--kind", help="only look for this kind: feed, sitemap, site; greader: a feed, by your sync server"
    )
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
    if not (text.isascii() and text.isdecimal() and int(text[:9]) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text[:9])


def _story_commands(command: Adder) -> None:
    made = command("stories", stories, "list stories, newest first")
    made.add_argument("--section", help="only of this section")
    made.add_argument("--source", metavar="ID", help="only of this source")
    made.add_argument("--unread", action="store_true")
    made.add_argument("--starred", action="store_true")
    made.add_argument("--later", action="store_true")
    made.add_argument("--watched", action="store_true")
    made.add_argument("--tag", metavar="NAME", default="", help="only what you gave this tag")
    made.add_argument("--since", metavar="WHEN", help="2w, 3d, 12h, today, yesterday or 2026-01-31")
    made.add_argument("--before", metavar="WHEN", help="only what is older; as with --since")
    made.add_argument("--query", default="", help="only what a search finds; in the language of `search`")
    made.add_argument("--search", metavar="NAME", default="", help="only what a saved search of the config finds")
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
    made.add_argument("state", choices=(*MARKS, *TAGS))
    made.add_argument("id", metavar="ID", nargs="+", help="id or URL; with tag and untag the tag's name comes first")
    command("undo", undo, "take back the last change of states, or the removal of a source, within a day")
    command("redo", undo, "do again what was undone last")
    made = command("rules", rules, "list the rules of the config")
    made.add_argument("--test", action="store_true", help="say what each would have caught in the library")
    _json(made)


def _care_commands(command: Adder) -> None:
    made = command("import", import_file, "bring over what another reader left in a file")
    made.add_argument(
        "file",
        metavar="FILE",
        help="OPML, newsboat's urls or cache.db, starred.json and its like, Miniflux's JSON, or one address a line; "
        "which of them it is shows by itself",
    )
    _json(made)
    made = command("export", export, "write out subscriptions or stories")
    made.add_argument("format", choices=FORMATS, help="opml holds the sources, the others stories; epub is a book")
    made.add_argument("id", metavar="ID", nargs="*", help="these stories: id or URL")
    made.add_argument("--section", help="only of this section")
    made.add_argument("--since", metavar="WHEN", help="2w, 3d, 12h, today, yesterday or 2026-01-31")
    made.add_argument("--starred", action="store_true")
    made.add_argument("--later", action="store_true")
    made.add_argument("--query", metavar="QUERY", help="only what this search finds, newest first")
    made.add_argument("--edition", action="store_true", help="what is on the front page now")
    made.add_argument("-o", "--output", metavar="FILE", help="write there instead of stdout")
    made = command("doctor", doctor, "check config, library, disk and sources")
    made.add_argument("--repair", action="store_true", help="mend what can be mended")
    _json(made)
    made = command("config", config, "where the config is, whether it is right, what is in force")
    made.add_argument("what", choices=("path", "check", "show"))
