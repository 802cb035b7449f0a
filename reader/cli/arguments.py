"""Everything the command line understands. A command is described, and its module loaded, when it is asked for."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection

from reader import __version__
from reader.cli.output import USAGE, columns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


class _Parser(argparse.ArgumentParser):
    """argparse, with our exit code and one line instead of the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}\nSee {self.prog} --help.\n")


class _Help(argparse.HelpFormatter):
    """Help as wide as the terminal, which argparse asks in a more roundabout way."""

    def __init__(self, prog: str, **others: Any) -> None:
        super().__init__(prog, **{"width": columns() - 2, **others})


def _common(made: _Parser) -> None:
    """The options that stand before or after the command; SUPPRESS keeps the one place from undoing the other."""
    unless_given = argparse.SUPPRESS
    made.add_argument("--home", metavar="DIR", default=unless_given, help="keep everything under DIR")
    made.add_argument("--offline", action="store_true", default=unless_given, help="ask the network for nothing")
    made.add_argument("--version", action="version", version=f"broadsheet {__version__}")


def parser(words: Collection[str] | None = None) -> _Parser:
    """Everything that is understood; of commands that are not among the words of a command line only the names."""
    top = _Parser(
        prog="broadsheet",
        description="A newspaper for the terminal. Alone it opens the reader; each command has its own --help.",
        formatter_class=_Help,
    )
    _common(top)
    top.add_argument("--sample", action="store_true", help="read the sample edition; nothing of yours is touched")
    top.set_defaults(home=None, offline=False, config_fault="")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, (says, describe) in COMMANDS.items():
        asked = words is None or name in words
        about = says[0].upper() + says[1:] + "."
        made = commands.add_parser(name, help=says, description=about, add_help=asked, formatter_class=_Help)
        if asked:
            _common(made)
            describe(made)
    return top


def _json(made: _Parser) -> None:
    made.add_argument("--json", action="store_true", help="print one JSON document")


def _add(made: _Parser) -> None:
    from reader.cli.sources import add

    made.set_defaults(run=add)
    made.add_argument("url", metavar="URL", help="a news site, a feed or a sitemap")
    made.add_argument("--section", default="", help="the section its stories go to; Technology/Linux lies in another")
    made.add_argument("--title", default="", help="your own name for it")
    made.add_argument(
        "--kind", help="only look for this kind: feed, sitemap, site; greader: a feed, by your sync server"
    )
    made.add_argument("--list", action="store_true", help="only show what was found")
    _json(made)


def _sources(made: _Parser) -> None:
    from reader.cli.sources import sources

    made.set_defaults(run=sources)
    _json(made)


def _remove(made: _Parser) -> None:
    from reader.cli.sources import remove

    made.set_defaults(run=remove)
    made.add_argument("id", metavar="ID", help="id or URL")


def _edit(made: _Parser) -> None:
    from reader.cli.sources import edit

    made.set_defaults(run=edit)
    made.add_argument("id", metavar="ID", help="id or URL")
    made.add_argument("--title", help="your own name for it; '' for the publisher's")
    made.add_argument("--section", help="the section its stories go to; '' for the publisher's")
    made.add_argument("--url", help="its new address")
    made.add_argument("--full-text", action=argparse.BooleanOptionalAction, help="fetch the page of each new story")
    _json(made)


def _refresh(made: _Parser) -> None:
    from reader.cli.sources import refresh

    made.set_defaults(run=refresh)
    made.add_argument("id", metavar="ID", nargs="*", help="only these sources, due or not")
    made.add_argument("--all", action="store_true", help="everything, due or not")
    made.add_argument(
        "--full", action="store_true", help="also the whole text of each story, of sources that are not due too"
    )
    made.add_argument("--images", action="store_true", help="also the pictures")
    _json(made)


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:9]) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text[:9])


def _stories(made: _Parser) -> None:
    from reader.cli.stories import stories

    made.set_defaults(run=stories)
    made.add_argument("--section", help="only of this section and those in it")
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


def _show(made: _Parser) -> None:
    from reader.cli.stories import show

    made.set_defaults(run=show)
    made.add_argument("id", metavar="ID", help="id or URL")
    made.add_argument("--format", choices=("md", "text", "html", "json"), default="text")
    made.add_argument("--width", type=_positive, metavar="N", help="cells a line")
    _json(made)


def _search(made: _Parser) -> None:
    from reader.cli.stories import search

    made.set_defaults(run=search)
    made.add_argument(
        "query", metavar="QUERY", nargs="+", help='words, "a phrase", prefix*, -not, title:word, since:2w'
    )
    made.add_argument("--limit", type=_positive, default=50, metavar="N", help="at most N (50)")
    made.add_argument("--newest", action="store_true", help="newest first instead of best first")
    _json(made)


def _mark(made: _Parser) -> None:
    from reader.cli.stories import MARKS, TAGS, mark

    made.set_defaults(run=mark)
    made.add_argument("state", choices=(*MARKS, *TAGS))
    made.add_argument("id", metavar="ID", nargs="+", help="id or URL; with tag and untag the tag's name comes first")


def _undo(made: _Parser) -> None:
    from reader.cli.stories import undo

    made.set_defaults(run=undo)


def _rules(made: _Parser) -> None:
    from reader.cli.stories import rules

    made.set_defaults(run=rules)
    made.add_argument("--test", action="store_true", help="say what each would have caught in the library")
    _json(made)


def _import(made: _Parser) -> None:
    from reader.cli.moving import import_file

    made.set_defaults(run=import_file)
    made.add_argument(
        "file",
        metavar="FILE",
        help="OPML, newsboat's urls or cache.db, starred.json and its like, Miniflux's JSON, or one address a line; "
        "which of them it is shows by itself",
    )
    _json(made)


def _export(made: _Parser) -> None:
    from reader.cli.moving import FORMATS, export

    made.set_defaults(run=export)
    made.add_argument("format", choices=FORMATS, help="opml holds the sources, the others stories; epub is a book")
    made.add_argument("id", metavar="ID", nargs="*", help="these stories: id or URL")
    made.add_argument("--section", help="only of this section and those in it")
    made.add_argument("--since", metavar="WHEN", help="2w, 3d, 12h, today, yesterday or 2026-01-31")
    made.add_argument("--starred", action="store_true")
    made.add_argument("--later", action="store_true")
    made.add_argument("--query", metavar="QUERY", help="only what this search finds, newest first")
    made.add_argument("--edition", action="store_true", help="what is on the front page now")
    made.add_argument("-o", "--output", metavar="FILE", help="write there instead of stdout")


def _doctor(made: _Parser) -> None:
    from reader.cli.care import doctor

    made.set_defaults(run=doctor)
    made.add_argument("--repair", action="store_true", help="mend what can be mended")
    _json(made)


def _config(made: _Parser) -> None:
    from reader.cli.care import config

    made.set_defaults(run=config)
    made.add_argument("what", choices=("path", "check", "show"))


COMMANDS: dict[str, tuple[str, Callable[[_Parser], None]]] = {
    "add": ("find what an address offers, and follow it", _add),
    "sources": ("list the sources and how they are", _sources),
    "remove": ("stop following a source", _remove),
    "edit": ("change a source", _edit),
    "refresh": ("fetch what is due", _refresh),
    "stories": ("list stories, newest first", _stories),
    "show": ("print one story; fetched when it is not in the library", _show),
    "search": ("find stories by their words", _search),
    "mark": ("change the state of stories", _mark),
    "undo": ("take back the last change of states, or the removal of a source, within a day", _undo),
    "redo": ("do again what was undone last", _undo),
    "rules": ("list the rules of the config", _rules),
    "import": ("bring over what another reader left in a file", _import),
    "export": ("write out subscriptions or stories", _export),
    "doctor": ("check config, library, disk and sources", _doctor),
    "config": ("where the config is, whether it is right, what is in force", _config),
}
"""In the order in which help shows them: what each does, and how its options are written down."""
