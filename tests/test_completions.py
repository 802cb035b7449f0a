"""The beginning of a word finds the same, whether its words are asked for by name or all their entries are read."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from reader.model import StoryFilter
from reader.store import Store, search
from reader.text import SafeText
from tests.storing import an_arrival, an_item, deliver, follow

SYLLABLES = ("or", "chard", "ches", "tra", "com", "mit", "tee", "é", "ß", "ä", "7", "京都", "sea")
BEGINNINGS = (
    "o",
    "or",
    "orc",
    "orch",
    "ORCHE",
    "com",
    "commit",
    "committee",
    "é",
    "ch",
    "7",
    "7or",
    "京",
    "京都",
    "x",
    "sea",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    dice = random.Random(4)
    store = Store.open(tmp_path_factory.mktemp("words") / "library.db")
    source = follow(store, "gazette").id

    def words(count: int) -> SafeText:
        return SafeText(" ".join("".join(dice.choices(SYLLABLES, k=dice.randint(1, 3))) for _ in range(count)))

    for number in range(1, 121):
        deliver(store, source, an_arrival(an_item(number, title=words(4), markdown=words(30))))
        if number == 100:
            while store.index_pending(50):
                pass
    return store


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("form", ["{}*", "title:{}*", "sea {}*", "{}* -sea", "sea OR {}*"])
def test_named_words_find_what_a_beginning_does(
    store: Store, beginning: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = form.format(beginning)
    found = [row.id for row in store.search(query, limit=1000)]
    best = {row.id for row in store.search(query, limit=1000, newest_first=False)}
    monkeypatch.setattr(search, "MOST_COMPLETIONS", -1)
    search._KNOWN.clear()
    assert [row.id for row in store.search(query, limit=1000)] == found
    assert {row.id for row in store.search(query, limit=1000, newest_first=False)} == best == set(found)
    assert sorted(found) == sorted(row.id for row in store.headlines(StoryFilter(query=query), limit=1000))


def test_words_are_named_only_where_they_are_few(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    search._KNOWN.clear()
    with store._db.reading() as db:
        named = search._completions(db, "orch")
        assert named
        assert all(word.startswith("orch") and word != "orch" for word in named)
        assert len(set(named)) == len(named)
        monkeypatch.setattr(search, "MOST_COMPLETIONS", len(named) - 1)
        search._KNOWN.clear()
        assert search._completions(db, "orch") is None
        monkeypatch.setattr(search, "MOST_COMPLETIONS", len(named))
        assert search._completions(db, "orch") == named


def test_words_are_looked_up_once_while_one_is_written(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    search._KNOWN.clear()
    asked: list[str] = []
    look_up = search._look_up
    monkeypatch.setattr(search, "_look_up", lambda db, beginning: asked.append(beginning) or look_up(db, beginning))
    with store._db.reading() as db:
        found = {beginning: search._completions(db, beginning) for beginning in ("orc", "orch", "ORCHE", "or", "orc")}
        assert asked == ["orc", "or"]
        for beginning, words in found.items():
            search._KNOWN.clear()
            assert sorted(search._completions(db, beginning) or ()) == sorted(words or ())


def test_a_word_that_came_later_is_found_by_a_beginning_known_before(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "library.db")
    source = follow(store, "gazette").id
    for number, words in enumerate(("orchard", "orchestra", "orchid"), 1):
        deliver(store, source, an_arrival(an_item(number, title=SafeText("Nothing"), markdown=SafeText(words))))
        store.index_pending()
        for beginning in ("orch*", "orchi*"):
            found = [row.id for row in store.search(beginning)]
            assert found == [row.id for row in store.headlines(StoryFilter(query=beginning))]
        assert number in [row.id for row in store.search("orch*")]
    assert [row.id for row in store.search("orchi*")] == [3]
