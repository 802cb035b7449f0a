"""The built-in catalogue: small, safe, and free of middlemen."""

import tomllib
from collections import Counter
from importlib.resources import files

from reader.catalogue import catalogue
from reader.text import host_of, safe_url, without_tracking

MIDDLEMEN = ("feedburner", "feedblitz", "reddit", "google", "yahoo", "medium.com", "megaphone", "msn.", "flipboard")

ENTRIES = [entry for group in catalogue() for entry in group.entries]
FILE = tomllib.loads((files("reader") / "catalogue.toml").read_text("utf-8"))


def test_it_is_small_and_in_many_languages():
    assert 60 <= len(ENTRIES) <= 90
    assert len({group.language for group in catalogue()}) >= 8


def test_every_address_is_https_and_passes_the_border_unchanged():
    written = [entry["url"] for group in FILE["group"] for entry in group["entries"]]
    assert written == [entry.url for entry in ENTRIES]
    assert all(safe_url(url) == url and url.startswith("https://") for url in written)


def test_no_address_tracks_or_belongs_to_a_middleman():
    for entry in ENTRIES:
        assert without_tracking(entry.url) == entry.url
        assert not any(name in host_of(entry.url) for name in MIDDLEMEN), entry.url


def test_nothing_is_offered_twice_or_without_a_name():
    assert max(Counter(entry.url for entry in ENTRIES).values()) == 1
    assert max(Counter(entry.title for entry in ENTRIES).values()) == 1
    assert all(entry.title and entry.section and entry.language for entry in ENTRIES)


def test_groups_are_named_once_and_share_their_language_with_their_entries():
    groups = catalogue()
    assert len({group.name for group in groups}) == len(groups)
    assert all(entry.language == group.language for group in groups for entry in group.entries)
    assert all(group.entries for group in groups)
