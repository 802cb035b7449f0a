"""The publications that the first-start screen offers, as `catalogue.toml` beside this module lists them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from msgspec import Struct

from reader.text import SafeText, SafeUrl, safe_text, safe_url


class CatalogueEntry(Struct, frozen=True):
    """A publication that can be followed."""

    title: SafeText
    url: SafeUrl
    section: SafeText
    """Where its stories are put, in the language of its group."""
    language: SafeText
    """BCP 47."""


class CatalogueGroup(Struct, frozen=True):
    """Publications of one subject in English, or of one other language."""

    name: SafeText
    language: SafeText
    entries: tuple[CatalogueEntry, ...]


@cache
def catalogue() -> tuple[CatalogueGroup, ...]:
    """All groups in the order in which they are shown; reads the file once."""
    table = tomllib.loads((files("reader") / "catalogue.toml").read_text("utf-8"))
    groups = []
    for row in table["group"]:
        section, language = safe_text(row["section"]), safe_text(row["language"])
        entries = tuple(
            CatalogueEntry(safe_text(entry["title"]), safe_url(entry["url"]), section, language)
            for entry in row["entries"]
        )
        groups.append(CatalogueGroup(safe_text(row["name"]), language, entries))
    return tuple(groups)
