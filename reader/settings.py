"""The reader's settings, declared once: config.toml is checked against these values, and help is drawn from them.

The file belongs to the reader of the news: it is read and never written. Everything in it is optional; what is wrong in
it is said all at once, each with file, line, what was found and what is allowed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_origin

from msgspec import Struct, field
from msgspec.structs import fields, replace

from reader.errors import ConfigError, QueryError

if TYPE_CHECKING:
    from reader.model import Rule as DeskRule


def one_of(*allowed: str) -> Mapping[str, Any]:
    """A setting that is one of a few words."""
    words = ", ".join(f'"{word}"' for word in allowed)
    return {"allowed": f"one of {words}", "check": lambda value: isinstance(value, str) and value in allowed}


def one_of_or(*allowed: str, low: int, high: int) -> Mapping[str, Any]:
    """A setting that is one of a few words, or a number of seconds."""
    word, seconds = one_of(*allowed), number(low, high, "seconds")
    return {
        "allowed": f"{word['allowed']}, or {seconds['allowed']}",
        "check": lambda value: word["check"](value) or seconds["check"](value),
    }


def number(low: int, high: int, unit: str) -> Mapping[str, Any]:
    """A setting that is a whole number within bounds."""
    return {
        "allowed": f"a whole number of {unit} from {low} to {high}",
        "check": lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high,
    }


LINE = r"[^\x00-\x1f\x7f]*"


def text(what: str, pattern: str = LINE) -> Mapping[str, Any]:
    """A setting that is one line of text."""
    return {"allowed": what, "check": lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None}


def names(what: str) -> Mapping[str, Any]:
    """A setting that is a list of names."""
    return {
        "allowed": what,
        "check": lambda value: isinstance(value, list) and all(_is_name(name) for name in value),
        "make": tuple,
    }


def _is_name(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(NAME, value) is not None


def a_query() -> Mapping[str, Any]:
    """A setting in the language of searches; `fault` says where a wrong one is wrong."""
    return {**text("a query as in `search`", r"[^\x00-\x1f\x7f]{1,500}"), "fault": _query_fault}


def _query_fault(value: str) -> str:
    from reader.query import parse

    try:
        parse(value)
    except QueryError as error:
        return f"at character {error.position + 1}: {error}"
    return ""


NAME = r'[^\x00-\x1f\x7f"]{1,60}'
"""Such as can stand in quotes in a query."""


PROXY = r"(?:https?|socks5h?)://(?:[^\s/@]+@)?[^\s/:@]+(?::\d{1,5})?/?|"


THEMES = (
    "newsprint", "late-edition", "high-contrast-light", "high-contrast-dark",
    "textual-dark", "textual-light", "nord", "gruvbox", "catppuccin-mocha", "dracula",
    "tokyo-night", "monokai", "flexoki", "catppuccin-latte", "catppuccin-frappe", "catppuccin-macchiato",
    "solarized-light", "solarized-dark", "rose-pine", "rose-pine-moon", "rose-pine-dawn", "atom-one-dark",
    "atom-one-light", "ansi-dark", "ansi-light",
)  # fmt: skip
"""Ours, then those that come with Textual 8."""


def flag() -> Mapping[str, Any]:
    """A setting that is on or off."""
    return {"allowed": "true or false", "check": lambda value: isinstance(value, bool)}


def command(what: str) -> Mapping[str, Any]:
    """A setting that is a program and its arguments; a shell never sees it."""
    return {
        "allowed": f'{what}: a list of words such as ["firefox", "--new-tab"], never a shell line',
        "check": lambda value: isinstance(value, list) and all(isinstance(word, str) and word for word in value),
        "make": tuple,
    }


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


SERVER = r"https?://[^\s/@?#\x00-\x1f\x7f]+(?:/[^\s@?#\x00-\x1f\x7f]*)?|"


class Sync(Struct, frozen=True):
    """`[sync]`: a server of the reader's that follows feeds and keeps states, by the Google Reader API."""

    server: Annotated[str, text("the server's address, http or https, without a name or password in it", SERVER)] = ""
    user: Annotated[str, text("the name that the server knows you by")] = ""
    password_command: Annotated[tuple[str, ...], command("the command that writes the password")] = ()
    password_file: Annotated[str, text("the path of a file with the password, which only you may read")] = ""

    @property
    def fault(self) -> str:
        """What is wrong with it as a whole; "" when nothing is."""
        if self == Sync():
            return ""
        return _secret_fault(self) if self.server and self.user else "needs server and user."

    @property
    def name(self) -> str:
        """Which account at which server this is."""
        return f"{self.user}@{self.server.rstrip('/')}"

    @property
    def host(self) -> str:
        """The server as sentences name it."""
        return self.server.partition("://")[2].partition("/")[0]


class Login(Struct, frozen=True):
    """`[[logins]]`: the name and the password for sources of one site, which are then not kept in the library."""

    site: Annotated[str, text("the site's address, http or https, without a name or password in it", SERVER[:-1])] = ""
    user: Annotated[str, text("the name that the site knows you by", r"[^\x00-\x1f\x7f:]+")] = ""
    password_command: Annotated[tuple[str, ...], command("the command that writes the password")] = ()
    password_file: Annotated[str, text("the path of a file with the password, which only you may read")] = ""

    @property
    def fault(self) -> str:
        """What is wrong with it as a whole; "" when nothing is."""
        return _secret_fault(self)


def _secret_fault(one: Sync | Login) -> str:
    told = bool(one.password_command) != bool(one.password_file)
    return "" if told else "needs one of password_command and password_file."


class Keys(Struct, frozen=True):
    """`[keys]`: a preset, and keys by the binding's id (`story.star = "asterisk"`); `?` shows the ids."""

    preset: Annotated[str, one_of("default", "newsboat", "emacs")] = "default"
    counts: Annotated[bool, flag()] = True
    """Whether a digit waits a moment for what it may be the count of: `5j`, `10G`."""
    bindings: Mapping[str, str] = field(default_factory=dict)


class SavedSearch(Struct, frozen=True):
    """`[[searches]]`: a row of the section list."""

    name: Annotated[str, text("a name", r"[^\x00-\x1f\x7f]{1,60}")] = ""
    query: Annotated[str, a_query()] = ""
    notify: Annotated[bool, flag()] = False
    """Tell when a refresh brings stories that it finds."""


class Rule(Struct, frozen=True):
    """`[[rules]]`: what is done with each story that arrives and that the query finds."""

    name: Annotated[str, text("a name", r"[^\x00-\x1f\x7f]{1,60}")] = ""
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


def a_program() -> Mapping[str, Any]:
    """A setting that is a program and its arguments, some with placeholders."""
    rule = command("a program and its arguments")
    return {**rule, "check": lambda value: rule["check"](value) and bool(value), "fault": _run_fault}


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

    name: Annotated[str, text("a name", r"[^\x00-\x1f\x7f]{1,60}")] = ""
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
    settings = parse(content, str(path), settings)
    if "@" in settings.refresh.proxy and path.stat().st_mode & 0o077:
        where = _Lines(str(path), content.decode()).of("refresh", "proxy")
        raise ConfigError(
            f"{where}: refresh.proxy holds a password, and other users may read it. Try: chmod 600 {path}"
        )
    lines = _Lines(str(path), content.decode())
    if faults := [*_bare_secrets("sync", (settings.sync,), lines), *_bare_secrets("logins", settings.logins, lines)]:
        raise ConfigError("\n".join(faults))
    return settings


def _bare_secrets(section: str, tables: Sequence[Sync | Login], lines: _Lines) -> Iterator[str]:
    """Password files that other users may read; one that is not there matters when it is needed."""
    for nth, table in enumerate(tables):
        file = Path(table.password_file).expanduser()
        if table.password_file and file.exists() and file.stat().st_mode & 0o077:
            where = lines.of(section, "password_file", nth)
            yield f"{where}: other users may read the password in {file}. Try: chmod 600 {file}"


def defaults(home: Path | None = None, *, offline: bool = False, sample: bool = False) -> Settings:
    """What would be in force without a config file."""
    home = home or (Path(value) if (value := os.environ.get("BROADSHEET_HOME")) else None)
    return Settings(folders(home), offline=offline, sample=sample)


def parse(content: bytes, path: str, settings: Settings) -> Settings:
    """`settings` with what a config file says. Raises ConfigError with every fault, one a line."""
    import tomllib  # two milliseconds, for who has a config

    try:
        source = content.decode()
        document = tomllib.loads(source)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: not UTF-8 text. Save the file as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line_number = found[1] if found else str(source.count("\n") + 1)
        what = re.sub(r" \(at .*\)", "", str(error))
        raise ConfigError(f"{path}:{line_number}: not TOML: {_printable(what)}.") from error
    lines = _Lines(path, source)
    faults: list[str] = []
    known = [*SECTIONS, "keys", *LISTS]
    changes: dict[str, Any] = {}
    for name, value in document.items():
        if name in SECTIONS and isinstance(value, dict):
            changes[name] = _section(SECTIONS[name], name, value, lines, faults)
        elif name == "keys" and isinstance(value, dict):
            changes[name] = _keys(value, lines, faults)
        elif name in LISTS and isinstance(value, list) and all(isinstance(row, dict) for row in value):
            changes[name] = tuple(
                _section(LISTS[name], name, row, lines, faults, nth=n, needed=NEEDED[name])
                for n, row in enumerate(value)
            )
            faults += _doubles(name, changes[name], lines)
        else:
            where = lines.of(name)
            if name in known:
                header = f"[[{name}]]" if name in LISTS else f"[{name}]"
                faults.append(f"{where}: {name} must be a table that begins with {header}.")
            else:
                faults.append(f"{where}: there is no section {_shown(name)}. Allowed: {', '.join(known)}.")
    if faults:
        raise ConfigError("\n".join(faults))
    return replace(settings, **changes)


def described() -> Iterator[tuple[str, str, Any, str]]:
    """Every setting as (section, name, default, what is allowed), for help and documentation."""
    kinds: Mapping[str, type[Any]] = {**SECTIONS, "keys": Keys, **LISTS}
    for section, kind in kinds.items():
        unset = {one.encode_name: one.default for one in fields(kind)}
        for name, rule in _rules(kind).items():
            yield section, name, unset[name], rule["allowed"]


def _rules(kind: type[Any]) -> Mapping[str, Mapping[str, Any]]:
    """What is allowed for each setting of a section, by its name in the file."""
    return {one.encode_name: one.type.__metadata__[0] for one in fields(kind) if get_origin(one.type) is Annotated}


class _Lines(Struct, frozen=True):
    """Finds the line of a key, which tomllib does not tell."""

    path: str
    source: str

    def of(self, section: str, key: str = "", nth: int = 0) -> str:
        """`path:line` of the nth table `section`, or of a key within it."""
        header = re.compile(rf"\s*\[\[?\s*[\"']?{re.escape(section)}\b")
        spelled = r"[\"']?\s*\.\s*[\"']?".join(re.escape(part) for part in (key or section).split("."))
        wanted = re.compile(rf"\s*[\"']?{spelled}[\"']?\s*[.=]")
        tables, inside, best = -1, not key, 1
        for at, line in enumerate(self.source.splitlines(), 1):
            if re.match(r"\s*\[", line):
                tables += header.match(line) is not None
                inside = header.match(line) is not None and tables == nth
                best = at if inside else best
                if inside and not key:
                    break
            elif inside and wanted.match(line):
                best = at
                break
        return f"{self.path}:{best}"


def _section(
    kind: type[Any],
    section: str,
    table: dict[str, Any],
    lines: _Lines,
    faults: list[str],
    *,
    nth: int = 0,
    needed: tuple[str, ...] = (),
) -> Any:
    """An instance of `kind` from a table of the file; what is wrong goes to `faults` and keeps its default."""
    settings = _rules(kind)
    values: dict[str, Any] = {}
    before = len(faults)
    for key, value in table.items():
        where = lines.of(section, key, nth)
        if key not in settings:
            faults.append(f"{where}: [{section}] has no setting {_shown(key)}. Allowed: {', '.join(settings)}.")
        elif not settings[key]["check"](value):
            faults.append(f"{where}: {section}.{key} is {_shown(value)}; it must be {settings[key]['allowed']}.")
        else:
            make: Callable[[Any], Any] = settings[key].get("make", lambda given: given)
            values[key] = make(value)
            if says := settings[key].get("fault", lambda _: "")(value):
                faults.append(f"{where}: {section}.{key} is {_shown(value)}; {says}")
    if missing := [name for name in needed if name not in table]:
        faults.append(f"{lines.of(section, nth=nth)}: [[{section}]] needs {' and '.join(missing)}.")
    made = kind(**{one.name: values[one.encode_name] for one in fields(kind) if one.encode_name in values})
    if len(faults) == before and (says := getattr(made, "fault", "")):
        header = f"[[{section}]]" if section in LISTS else f"[{section}]"
        faults.append(f"{lines.of(section, nth=nth)}: {header} {says}")
    return made


def _doubles(section: str, tables: tuple[Any, ...], lines: _Lines) -> Iterator[str]:
    """Faults of tables that would be bound to keys by one id."""
    ids = [getattr(table, "id", "") for table in tables]
    for n, one in enumerate(ids):
        if one and one in ids[:n]:
            yield f"{lines.of(section, nth=n)}: there are two [[{section}]] that keys would know as {_shown(one)}."


def _keys(table: dict[str, Any], lines: _Lines, faults: list[str]) -> Keys:
    """`[keys]`: its settings, and every other entry a binding id with its keys; the ids are checked by the keymap."""
    bindings: dict[str, str] = {}
    settings = {name: table[name] for name in _rules(Keys) if name in table}

    def collect(prefix: str, entries: dict[str, Any]) -> None:
        for key, value in entries.items():
            name = f"{prefix}{key}"
            if isinstance(value, dict):
                collect(f"{name}.", value)
            elif isinstance(value, str) and value:
                bindings[name] = value
            else:
                faults.append(
                    f"{lines.of('keys', name)}: keys.{_shown(name)} is {_shown(value)}; it must be a key such as "
                    f'"s", "ctrl+d" or "g l", several separated by commas.'
                )

    collect("", {key: value for key, value in table.items() if key not in settings})
    keys: Keys = _section(Keys, "keys", settings, lines, faults)
    return replace(keys, bindings=bindings)


def without_secret(text: str) -> str:
    """The text, the name and the password of an address in it left out."""
    return re.sub(r"(?<=://)[^/\s]*@", "…@", text)


def _shown(value: object) -> str:
    """A value as a person would write it in the file, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    shown = f'"{value}"' if isinstance(value, str) else repr(value)
    return _printable(without_secret(shown), 60)


def _printable(text: str, limit: int = 500) -> str:
    from reader.text import safe_text  # only what is wrong needs it

    return safe_text(text, limit)
