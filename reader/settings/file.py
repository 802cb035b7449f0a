"""config.toml, held against what `reader.settings` declares. Loaded only where there is such a file.

The file belongs to the reader of the news: it is read and never written. Everything in it is optional; what is wrong in
it is said all at once, each with file, line, what was found and what is allowed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import fields, replace

from reader.errors import ConfigError
from reader.settings import LISTS, NEEDED, SECTIONS, Keys, Secret, Settings, rules_of, without_secret
from reader.text import safe_text


def read(content: bytes, path: str, settings: Settings) -> Settings:
    """`settings` with what a config file says. Raises ConfigError with every fault, one a line."""
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
        raise ConfigError(f"{path}:{line_number}: not TOML: {safe_text(what)}.") from error
    reading = _Reading(_Lines(path, source))
    changes = {name: reading.top(name, value) for name, value in document.items()}
    if reading.faults:
        raise ConfigError("\n".join(reading.faults))
    return replace(settings, **changes)


def check_secrets(settings: Settings, content: bytes, path: Path) -> None:
    """Raises ConfigError where other users may read a password, in the config or in a file that it names."""
    lines = _Lines(str(path), content.decode())
    if "@" in settings.refresh.proxy and _others_may_read(path):
        where = lines.of("refresh", "proxy")
        raise ConfigError(
            f"{where}: refresh.proxy holds a password, and other users may read it. Try: chmod 600 {path}"
        )
    if faults := [*_bare_secrets("sync", (settings.sync,), lines), *_bare_secrets("logins", settings.logins, lines)]:
        raise ConfigError("\n".join(faults))


def _bare_secrets(section: str, tables: Sequence[Secret], lines: _Lines) -> Iterator[str]:
    """Password files that other users may read; one that is not there matters when it is needed."""
    for nth, table in enumerate(tables):
        file = Path(table.password_file).expanduser()
        if table.password_file and file.exists() and _others_may_read(file):
            where = lines.of(section, "password_file", nth)
            yield f"{where}: other users may read the password in {file}. Try: chmod 600 {file}"


def _others_may_read(file: Path) -> bool:
    return bool(file.stat().st_mode & 0o077)


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


class _Reading(Struct):
    """One file on its way to settings. What is wrong goes to `faults`, and leaves the default in its place."""

    lines: _Lines
    faults: list[str] = []

    def top(self, name: str, value: Any) -> Any:
        """What stands at the top of the file under a name."""
        if name in SECTIONS and isinstance(value, dict):
            return self.table(SECTIONS[name], name, value)
        if name == "keys" and isinstance(value, dict):
            return self.keys(value)
        if name in LISTS and isinstance(value, list) and all(isinstance(row, dict) for row in value):
            made = tuple(self.table(LISTS[name], name, row, nth) for nth, row in enumerate(value))
            self.refuse_doubles(name, made)
            return made
        known = [*SECTIONS, "keys", *LISTS]
        if name in known:
            self.fault(self.lines.of(name), f"{name} must be a table that begins with {_header(name)}.")
        else:
            self.fault(self.lines.of(name), f"there is no section {_shown(name)}. Allowed: {', '.join(known)}.")
        return None

    def table(self, kind: type[Any], section: str, table: dict[str, Any], nth: int = 0) -> Any:
        """An instance of `kind` from the nth table of that name."""
        rules, before = rules_of(kind), len(self.faults)
        values: dict[str, Any] = {}
        for key, value in table.items():
            where = self.lines.of(section, key, nth)
            if (rule := rules.get(key)) is None:
                self.fault(where, f"[{section}] has no setting {_shown(key)}. Allowed: {', '.join(rules)}.")
            elif not rule.check(value):
                self.fault(where, f"{section}.{key} is {_shown(value)}; it must be {rule.says}.")
            else:
                values[key] = rule.make(value)
                if says := rule.fault(value):
                    self.fault(where, f"{section}.{key} is {_shown(value)}; {says}")
        here = self.lines.of(section, nth=nth)
        if missing := [name for name in NEEDED.get(section, ()) if name not in table]:
            self.fault(here, f"[[{section}]] needs {' and '.join(missing)}.")
        made = kind(**{one.name: values[one.encode_name] for one in fields(kind) if one.encode_name in values})
        if len(self.faults) == before and (says := getattr(made, "fault", "")):
            self.fault(here, f"{_header(section)} {says}")
        return made

    def refuse_doubles(self, section: str, tables: tuple[Any, ...]) -> None:
        """No two tables can be bound to keys by one id."""
        ids = [getattr(table, "id", "") for table in tables]
        for nth, one in enumerate(ids):
            if one and one in ids[:nth]:
                where = self.lines.of(section, nth=nth)
                self.fault(where, f"there are two [[{section}]] that keys would know as {_shown(one)}.")

    def keys(self, table: dict[str, Any]) -> Keys:
        """`[keys]`: its settings, and every other entry a binding's id with its keys; the keymap checks the ids."""
        bindings: dict[str, str] = {}
        settings = {name: table[name] for name in rules_of(Keys) if name in table}

        def collect(prefix: str, entries: dict[str, Any]) -> None:
            for key, value in entries.items():
                name = f"{prefix}{key}"
                if isinstance(value, dict):
                    collect(f"{name}.", value)
                elif isinstance(value, str) and value:
                    bindings[name] = value
                else:
                    self.fault(
                        self.lines.of("keys", name),
                        f"keys.{_shown(name)} is {_shown(value)}; it must be a key such as "
                        f'"s", "ctrl+d" or "g l", several separated by commas.',
                    )

        collect("", {key: value for key, value in table.items() if key not in settings})
        keys: Keys = self.table(Keys, "keys", settings)
        return replace(keys, bindings=bindings)

    def fault(self, where: str, says: str) -> None:
        """Something is wrong there."""
        self.faults.append(f"{where}: {says}")


def _header(name: str) -> str:
    """How a table of the file begins."""
    return f"[[{name}]]" if name in LISTS else f"[{name}]"


def _shown(value: object) -> str:
    """A value as a person would write it in the file, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    shown = f'"{value}"' if isinstance(value, str) else repr(value)
    return safe_text(without_secret(shown), 60)
