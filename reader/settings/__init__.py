"""The reader's settings, declared once: config.toml is checked against these values, and help is drawn from them.

How the file is read is in `reader.settings.file`, for who has one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_origin

from msgspec import Struct, field
from msgspec.structs import fields, replace

from reader.errors import ConfigError, QueryError

if TYPE_CHECKING:
    from reader.model import Rule as DeskRule


class Allowed(Struct, frozen=True):
    """What a setting may be. It stands in the annotation of each, and is all that reading the file goes by."""

    says: str
    """In words, after "it must be"."""
    check: Callable[[Any], bool]
    """Whether a value of the file, as TOML gives it, is such a one."""
    fault: Callable[[Any], str] = lambda _: ""
    """Why a value that is such a one cannot be used all the same; "" when it can."""
    make: Callable[[Any], Any] = lambda value: value
    """The setting for a value."""


LINE = r"[^\x00-\x1f\x7f]*"
NAME = r'[^\x00-\x1f\x7f"]{1,60}'
"""Such as can stand in quotes in a query."""
TITLE = r"[^\x00-\x1f\x7f]{1,60}"
"""Of a table, for the eye alone."""
PROXY = r"(?:https?|socks5h?)://(?:[^\s/@]+@)?[^\s/:@]+(?::\d{1,5})?/?|"
SERVER = r"https?://[^\s/@?#\x00-\x1f\x7f]+(?:/[^\s@?#\x00-\x1f\x7f]*)?"


def one_of(*words: str) -> Allowed:
    """One of a few words."""
    listed = ", ".join(f'"{word}"' for word in words)
    return Allowed(f"one of {listed}", lambda value: isinstance(value, str) and value in words)


def one_of_or(*words: str, low: int, high: int) -> Allowed:
    """One of a few words, or a number of seconds."""
    word, seconds = one_of(*words), number(low, high, "seconds")
    return Allowed(f"{word.says}, or {seconds.says}", lambda value: word.check(value) or seconds.check(value))


def number(low: int, high: int, unit: str) -> Allowed:
    """A whole number within bounds."""
    return Allowed(
        f"a whole number of {unit} from {low} to {high}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high,
    )


def flag() -> Allowed:
    """On or off."""
    return Allowed("true or false", lambda value: isinstance(value, bool))


def text(what: str, pattern: str = LINE) -> Allowed:
    """One line of text."""
    return Allowed(what, lambda value: _fits(value, pattern))


def names(what: str) -> Allowed:
    """A list of names."""
    return Allowed(what, lambda value: isinstance(value, list) and all(_fits(name, NAME) for name in value), make=tuple)


def _fits(value: object, pattern: str) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def command(what: str) -> Allowed:
    """A program and its arguments; a shell never sees it."""
    return Allowed(
        f'{what}: a list of words such as ["firefox", "--new-tab"], never a shell line',
        lambda value: isinstance(value, list) and all(isinstance(word, str) and word for word in value),
        make=tuple,
    )


def a_query() -> Allowed:
    """A query in the language of searches."""
    return replace(text("a query as in `search`", r"[^\x00-\x1f\x7f]{1,500}"), fault=_query_fault)


def _query_fault(value: str) -> str:
    from reader.query import parse

    try:
        parse(value)
    except QueryError as error:
        return f"at character {error.position + 1}: {error}"
    return ""


THEMES = (
    "newsprint", "late-edition", "high-contrast-light", "high-contrast-dark",
    "textual-dark", "textual-light", "nord", "gruvbox", "catppuccin-mocha", "dracula",
    "tokyo-night", "monokai", "flexoki", "catppuccin-latte", "catppuccin-frappe", "catppuccin-macchiato",
    "solarized-light", "solarized-dark", "rose-pine", "rose-pine-moon", "rose-pine-dawn", "atom-one-dark",
    "atom-one-light", "ansi-dark", "ansi-light",
)  # fmt: skip
"""Ours, then those that come with Textual 8."""


class Ui(Struct, frozen=True):
    """`[ui]`: how the paper looks."""

    theme: Annotated[str, one_of(*THEMES)] = "late-edition"
    measure: Annotated[int, number(40, 120, "cells")] = 70
    """The widest line of a story."""
    layout: Annotated[str, one_of("auto", "wide", "medium", "narrow")] = "auto"
    images: Annotated[str, one_of("off", "auto", "kitty", "sixel", "blocks")] = "off"
    """How pictures are shown; `auto` is as the terminal's name suggests. Off until the reader says so."""
    excerpts: Annotated[bool, flag()] = True
    """Whether lists show how the stories begin; without, two or three times as many headlines are in view."""
    view: Annotated[str, one_of("all", "unread", "starred")] = "all"
    """What of a list is shown when it is opened."""
    empty_sections: Annotated[str, one_of("show", "hide")] = "show"
    """Whether sections and sources with nothing unread are listed."""
    dates: Annotated[str, one_of("relative", "iso", "long")] = "relative"
    marks: Annotated[str, one_of("auto", "unicode", "ascii")] = "auto"
    mark_read: Annotated[str | int, one_of_or("open", "end", "manual", "scroll", low=1, high=600)] = "open"
    """When a story counts as read: opened, at its end, only by a key, scrolled past in a list, or open so long."""
    justify: Annotated[bool, flag()] = False
    """Put blanks between the words until lines are full."""
    hyphenate: Annotated[bool, flag()] = False
    """Divide words at the ends of lines; needs the package's extra `hyphenation`."""
    plain: Annotated[bool, flag()] = False
    """For a screen reader: one pane at a time, no ornament, the terminal's cursor where reading goes on."""


class Refresh(Struct, frozen=True):
    """`[refresh]`: when and how the news is fetched."""

    automatic: Annotated[bool, flag()] = True
    """Look for news by itself while the reader is open; never in the first minute."""
    interval: Annotated[int, number(5, 10_080, "minutes")] = 30
    full_text: Annotated[str, one_of("open", "always", "never")] = "open"
    """When the page of a story that its feed cuts short is fetched."""
    concurrency: Annotated[int, number(1, 64, "sources at once")] = 48
    """Two of them of one host, at most."""
    proxy: Annotated[str, text("an http, https or socks5 URL", PROXY)] = ""


class Retention(Struct, frozen=True):
    """`[retention]`: what is kept. Starred, tagged and read-later stories always are."""

    days: Annotated[int, number(0, 36_500, "days (0: for ever)")] = 0
    stories: Annotated[int, number(50, 1_000_000, "stories a source")] = 10_000
    images: Annotated[int, number(0, 100_000, "megabytes of pictures")] = 200


class Open(Struct, frozen=True):
    """`[open]`: programs of the reader's own. Browser and player get the address as one more argument, the others the
    text as their standard input."""

    browser: Annotated[tuple[str, ...], command("the browser")] = ()
    player: Annotated[tuple[str, ...], command("the player for audio and video")] = ()
    pipe: Annotated[tuple[str, ...], command("the command that | offers")] = ()
    voice: Annotated[tuple[str, ...], command("the command that reads a sentence aloud")] = ()
    notify: Annotated[tuple[str, ...], command("the command that shows a notice")] = ()


class Secret(Struct, frozen=True, kw_only=True):
    """A password that is kept elsewhere."""

    password_command: Annotated[tuple[str, ...], command("the command that writes the password")] = ()
    password_file: Annotated[str, text("the path of a file with the password, which only you may read")] = ""

    @property
    def secret_fault(self) -> str:
        """What is wrong with where it is kept; "" when nothing is."""
        told = bool(self.password_command) != bool(self.password_file)
        return "" if told else "needs one of password_command and password_file."


class Sync(Secret, frozen=True):
    """`[sync]`: a server of the reader's that follows feeds and keeps states, by the Google Reader API."""

    server: Annotated[
        str, text("the server's address, http or https, without a name or password in it", f"{SERVER}|")
    ] = ""
    user: Annotated[str, text("the name that the server knows you by")] = ""

    @property
    def fault(self) -> str:
        """What is wrong with it as a whole; "" when nothing is."""
        if self == Sync():
            return ""
        return self.secret_fault if self.server and self.user else "needs server and user."

    @property
    def name(self) -> str:
        """Which account at which server this is."""
        return f"{self.user}@{self.server.rstrip('/')}"

    @property
    def host(self) -> str:
        """The server as sentences name it."""
        return self.server.partition("://")[2].partition("/")[0]


class Login(Secret, frozen=True):
    """`[[logins]]`: the name and the password for sources of one site, which are then not kept in the library."""

    site: Annotated[str, text("the site's address, http or https, without a name or password in it", SERVER)] = ""
    user: Annotated[str, text("the name that the site knows you by", r"[^\x00-\x1f\x7f:]+")] = ""

    @property
    def fault(self) -> str:
        """What is wrong with it as a whole; "" when nothing is."""
        return self.secret_fault


class Keys(Struct, frozen=True):
    """`[keys]`: a preset, and keys by the binding's id (`story.star = "asterisk"`); `?` shows the ids."""

    preset: Annotated[str, one_of("default", "newsboat", "emacs")] = "default"
    counts: Annotated[bool, flag()] = True
    """Whether a digit waits a moment for what it may be the count of: `5j`, `10G`."""
    bindings: Mapping[str, str] = field(default_factory=dict)


class SavedSearch(Struct, frozen=True):
    """`[[searches]]`: a row of the section list."""

    name: Annotated[str, text("a name", TITLE)] = ""
    query: Annotated[str, a_query()] = ""
    notify: Annotated[bool, flag()] = False
    """Tell when a refresh brings stories that it finds."""


class Rule(Struct, frozen=True):
    """`[[rules]]`: what is done with each story that arrives and that the query finds."""

    name: Annotated[str, text("a name", TITLE)] = ""
    query: Annotated[str, a_query()] = ""
    mute: Annotated[bool, flag()] = False
    """Read, and in no list; `is:muted` finds it."""
    read: Annotated[bool, flag()] = False
    star: Annotated[bool, flag()] = False
    later: Annotated[bool, flag()] = False
    tag: Annotated[str, text("a tag", f"(?:{NAME})?")] = ""
    sources: Annotated[tuple[str, ...], names('names of sources, such as ["The Gazette"]')] = ()
    """Only stories of one of these."""
    section: Annotated[str, text("a section's name", f"(?:{NAME})?")] = ""
    """Only stories of this section."""

    @property
    def fault(self) -> str:
        """What is wrong with it as a whole; "" when nothing is."""
        from reader.query import WHATEVER

        if not (self.mute or self.read or self.star or self.later or self.tag):
            return "needs one of mute, read, star, later and tag."
        says = _query_fault(f"{self.desk_rule.query} {WHATEVER}")
        return says and f"asks for too much, with its sources and section: {says.partition(': ')[2]}"

    @property
    def desk_rule(self) -> DeskRule:
        """With what it is narrowed to in the query, as the store is told."""
        from reader.model import Rule as DeskRule
        from reader.text import safe_text

        sources = " OR ".join(f'source:"{name}"' for name in self.sources)
        parts = (f"({self.query})", sources and f"({sources})", self.section and f'section:"{self.section}"')
        asked = " ".join(part for part in parts if part)
        marks = {"read": self.read, "starred": self.star, "later": self.later, "muted": self.mute}
        return DeskRule(safe_text(self.name), asked, tag=safe_text(self.tag), **marks)


PLACEHOLDER = r"(?<!\{)\{([a-z]+)\}(?!\})"
"""What stands in an argument of a command for a fact of the story."""
PLACEHOLDERS = ("url", "id")
"""No headline, tag or name: whoever writes them could write an option. These are in the environment."""


def a_program() -> Allowed:
    """A program and its arguments, some with placeholders."""
    any_command = command("a program and its arguments")
    return replace(any_command, check=lambda value: any_command.check(value) and bool(value), fault=_run_fault)


def _run_fault(words: list[str]) -> str:
    for at, word in enumerate(words):
        for name in re.findall(PLACEHOLDER, word):
            if name not in PLACEHOLDERS:
                return "arguments take {url} and {id}; the rest is in the environment, as BROADSHEET_TITLE and so on."
            is_line = at and re.search(r"(?:^|[/ ])\w*sh [-+]\w*c$", " ".join(words[:at]))
            if not at or is_line or re.search(r"\s", word):
                return f"{{{name}}} stands in an argument without blanks: no program and no shell line is made of it."
    return ""


class OwnCommand(Struct, frozen=True, rename={"wanted": "for"}):
    """`[[commands]]`: a program of the reader's own that a story is given to."""

    name: Annotated[str, text("a name", TITLE)] = ""
    run: Annotated[tuple[str, ...], a_program()] = ()
    input: Annotated[str, one_of("none", "url", "markdown", "text", "html", "json")] = "none"
    """What of the story is its standard input."""
    wanted: Annotated[str, a_query()] = ""
    """`for`: which stories it is offered for; "" for all."""
    open: Annotated[bool, flag()] = False
    """Such stories are opened by it, in place of the browser."""
    terminal: Annotated[bool, flag()] = False
    """It is lent the terminal until it ends."""
    wait: Annotated[bool, flag()] = False
    """What it wrote on the terminal stays until Enter."""

    @property
    def id(self) -> str:
        """As which it is bound to a key: `send.save-to-wallabag`."""
        words = re.findall(r"\w+", self.name.casefold())
        return f"send.{'-'.join(words)}"

    @property
    def needs_url(self) -> bool:
        """Whether it can do nothing for a story without a page."""
        return self.input == "url" or any("url" in re.findall(PLACEHOLDER, word) for word in self.run)

    @property
    def fault(self) -> str:
        """What is wrong with it as a whole; "" when nothing is."""
        if self.id == "send.":
            return "needs a letter or a digit in its name."
        return "waits for Enter on the terminal only: wait = true needs terminal = true." * (
            self.wait and not self.terminal
        )


class Folders(Struct, frozen=True):
    """Where things are kept; `--home` puts all of them under one folder."""

    config: Path
    data: Path
    cache: Path

    @property
    def config_file(self) -> Path:
        """The reader's settings; need not exist."""
        return self.config / "config.toml"

    @property
    def library_file(self) -> Path:
        """The database; made on the first start."""
        return self.data / "broadsheet.db"


class Settings(Struct, frozen=True):
    """All settings in force, and where they came from."""

    folders: Folders
    ui: Ui = field(default_factory=Ui)
    keys: Keys = field(default_factory=Keys)
    refresh: Refresh = field(default_factory=Refresh)
    retention: Retention = field(default_factory=Retention)
    open: Open = field(default_factory=Open)
    sync: Sync = field(default_factory=Sync)
    searches: tuple[SavedSearch, ...] = ()
    rules: tuple[Rule, ...] = ()
    commands: tuple[OwnCommand, ...] = ()
    logins: tuple[Login, ...] = ()
    offline: bool = False
    sample: bool = False
    """The sample edition is on the table: a library of its own in a folder that is thrown away."""

    @property
    def desk_rules(self) -> tuple[DeskRule, ...]:
        """What is done with arrivals: the rules, and then the searches that tell of what they find."""
        from reader.model import Rule as DeskRule
        from reader.text import safe_text

        watched = [DeskRule(safe_text(one.name), one.query, notify=True) for one in self.searches if one.notify]
        return (*(rule.desk_rule for rule in self.rules), *watched)


SECTIONS: Mapping[str, type[Any]] = {"ui": Ui, "refresh": Refresh, "retention": Retention, "open": Open, "sync": Sync}
LISTS: Mapping[str, type[Any]] = {"searches": SavedSearch, "rules": Rule, "commands": OwnCommand, "logins": Login}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "searches": ("name", "query"),
    "rules": ("name", "query"),
    "commands": ("name", "run"),
    "logins": ("site", "user"),
}
"""What a table of LISTS cannot do without."""


def folders(home: Path | None) -> Folders:
    """The folders in force: under `home`, or where the platform keeps such things; makes none of them."""
    if home is not None:
        home = home.expanduser().absolute()
        return Folders(home / "config", home / "data", home / "cache")
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("broadsheet", appauthor=False)
    return Folders(dirs.user_config_path, dirs.user_data_path, dirs.user_cache_path)


def load(home: Path | None = None, *, offline: bool = False, sample: bool = False) -> Settings:
    """The settings in force. Raises ConfigError with every fault of the file, one a line."""
    settings = defaults(home, offline=offline, sample=sample)
    path = settings.folders.config_file
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return settings
    except OSError as error:
        raise ConfigError(f"{path} could not be read: {error.strerror}.") from error
    from reader.settings.file import check_secrets

    settings = parse(content, str(path), settings)
    check_secrets(settings, content, path)
    return settings


def defaults(home: Path | None = None, *, offline: bool = False, sample: bool = False) -> Settings:
    """What would be in force without a config file."""
    home = home or (Path(value) if (value := os.environ.get("BROADSHEET_HOME")) else None)
    return Settings(folders(home), offline=offline, sample=sample)


def parse(content: bytes, path: str, settings: Settings) -> Settings:
    """`settings` with what a config file says. Raises ConfigError with every fault, one a line."""
    from reader.settings.file import read

    return read(content, path, settings)


def described() -> Iterator[tuple[str, str, Any, str]]:
    """Every setting as (section, name, default, what is allowed), for help and documentation."""
    kinds: Mapping[str, type[Any]] = {**SECTIONS, "keys": Keys, **LISTS}
    for section, kind in kinds.items():
        unset = {one.encode_name: one.default for one in fields(kind)}
        for name, rule in rules_of(kind).items():
            yield section, name, unset[name], rule.says


def rules_of(kind: type[Any]) -> Mapping[str, Allowed]:
    """What is allowed for each setting of a section, by its name in the file."""
    return {one.encode_name: one.type.__metadata__[0] for one in fields(kind) if get_origin(one.type) is Annotated}


def without_secret(text: str) -> str:
    """The text, the name and the password of an address in it left out."""
    return re.sub(r"(?<=://)[^/\s]*@", "…@", text)
