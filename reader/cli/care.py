"""The commands that look after the program itself: doctor and config."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from reader.cli.output import FAILED, OK, PARTLY, print_json
from reader.errors import ConfigError
from reader.text import counted

if TYPE_CHECKING:
    from reader.library import Library
    from reader.settings import Settings


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
        print_json({"ok": not wrong, "findings": rows})
    else:
        for finding in findings:
            print(f"{'ok ' if finding.ok else 'NOT'} {finding.subject}: {finding.says}")
            if finding.remedy:
                print(f"    {finding.remedy}")
        print("All is well." if not wrong else f"{counted(len(wrong), 'thing')} to see to.")
    if not wrong:
        return OK
    return PARTLY if all(finding.subject in ("sources", "sync") for finding in wrong) else FAILED


def config(options: argparse.Namespace) -> int:
    """`config path|check|show`"""
    import json

    from msgspec.structs import fields

    from reader.settings import LISTS, defaults, described, load, without_secret

    path = defaults(options.home).folders.config_file
    if options.what == "path":
        print(path)
        return OK
    settings = load(options.home, offline=options.offline)
    check_keys(settings)
    if options.what == "check":
        print(f"{path} is in order." if path.exists() else f"There is no {path}; all settings are the defaults.")
        return OK
    section = ""
    for name, setting, _default, allowed in described():
        if name in LISTS:
            continue
        if name != section:
            print(f"{'' if not section else chr(10)}[{name}]")
            section = name
        value = json.dumps(getattr(getattr(settings, name), setting), ensure_ascii=False)
        print(f"{setting} = {without_secret(value)}  # {allowed}")
    for binding, keys in settings.keys.bindings.items():
        print(f"{json.dumps(binding)} = {json.dumps(keys)}")
    for name in LISTS:
        for table in getattr(settings, name):
            print(f"\n[[{name}]]")
            for one in fields(table):
                if (value := getattr(table, one.name)) != one.default:
                    print(f"{one.encode_name} = {json.dumps(value, ensure_ascii=False)}")
    return OK


def check_keys(settings: Settings) -> None:
    """Raises ConfigError when a binding of the config names no action, no key, or a key twice."""
    from reader.app.keymap import build

    build(settings.keys, settings.commands)
