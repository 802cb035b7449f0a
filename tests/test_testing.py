"""The tests that plug-ins are given: the example of the docs passes them, and each fails for what it is there for."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import pytest
from msgspec.structs import replace

from reader.errors import ParseError
from reader.fetch import Document
from reader.model import Candidate, Item, Snapshot, Unchanged
from reader.sources import Desk
from reader.testing import Page, SourceContract
from reader.text import SafeText, safe_text

DOCS = Path(__file__).parent.parent / "docs" / "plugins.md"
CHECKS = [name for name in vars(SourceContract) if name.startswith("test_")]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The files of the docs in a folder on the path; gives the module of their tests."""
    folder = tmp_path_factory.mktemp("example")
    source, tests = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.S)
    (folder / "lines_source.py").write_text(source)
    (folder / "test_lines.py").write_text(tests)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield import_module("test_lines")
    for name in ("lines_source", "test_lines"):
        del sys.modules[name]


@pytest.mark.parametrize("check", CHECKS)
def test_the_example_of_the_docs_passes(example: Any, check: str) -> None:
    getattr(example.TestLines(), check)()


def parse_lines(body: bytes) -> tuple[Item, ...]:
    """As in the docs."""
    lines = body.decode("utf-8", "replace").splitlines()
    return tuple(Item(guid=safe_text(line), title=safe_text(line)) for line in lines if line.strip())


class Lines:
    """A good source, of which each test below makes a bad one."""

    name = "lines"
    visits = 0

    async def find(self, document: Document, desk: Desk) -> tuple[Candidate, ...]:
        if document.media_type != "text/plain":
            return ()
        return (Candidate("lines", document.url, safe_text("Lines"), 2, safe_text("a text file")),)

    async def pull(self, subscription: Any, desk: Desk) -> Snapshot | Unchanged:
        answer = await desk.web.get(subscription.url, validators=subscription.validators, allow=desk.allow)
        if not isinstance(answer, Document):
            return Unchanged(validators=answer.validators)
        return Snapshot(items=self.items(answer), validators=answer.validators)

    def items(self, answer: Document) -> tuple[Item, ...]:
        return parse_lines(answer.body)


def contract(source: Any) -> SourceContract:
    class Contract(SourceContract):
        site: ClassVar = {"/today.txt": Page(b"One thing happened\nAnother did not\n", media_type="text/plain")}
        address = "/today.txt"

    Contract.source = source
    return Contract()


class OffersEverywhere(Lines):
    async def find(self, document: Document, desk: Desk) -> tuple[Candidate, ...]:
        return (Candidate("lines", document.url, safe_text("Lines"), 2, safe_text("a text file")),)


class OffersNothing(Lines):
    async def find(self, document: Document, desk: Desk) -> tuple[Candidate, ...]:
        return ()


class OffersMutely(Lines):
    async def find(self, document: Document, desk: Desk) -> tuple[Candidate, ...]:
        return tuple(replace(one, says=SafeText("")) for one in await super().find(document, desk))


class BringsNothing(Lines):
    def items(self, answer: Document) -> tuple[Item, ...]:
        return ()


class BringsWhatIsUnclean(Lines):
    def items(self, answer: Document) -> tuple[Item, ...]:
        return (Item(guid=SafeText("1"), title=SafeText("a \x1b[31mred title")),)


class NamesAnew(Lines):
    def items(self, answer: Document) -> tuple[Item, ...]:
        self.visits += 1
        return (Item(guid=SafeText(f"{self.visits}"), title=SafeText(f"Story {self.visits}")),)


class Swallows(Lines):
    async def pull(self, subscription: Any, desk: Desk) -> Snapshot | Unchanged:
        try:
            return await super().pull(subscription, desk)
        except Exception:
            return Snapshot()


class Breaks(Lines):
    def items(self, answer: Document) -> tuple[Item, ...]:
        answer.body.decode()
        return super().items(answer)


class Trusts(Lines):
    async def pull(self, subscription: Any, desk: Desk) -> Snapshot | Unchanged:
        return await super().pull(subscription, replace(desk, allow=frozenset({"127.0.0.1"})))


class Forgets(Lines):
    async def pull(self, subscription: Any, desk: Desk) -> Snapshot | Unchanged:
        answer = await desk.web.get(subscription.url, allow=desk.allow)
        assert isinstance(answer, Document)
        return Snapshot(items=self.items(answer))


class Blames(Lines):
    async def pull(self, subscription: Any, desk: Desk) -> Snapshot | Unchanged:
        try:
            return await super().pull(subscription, desk)
        except Exception as error:
            raise ParseError("Something went wrong.") from error


@pytest.mark.parametrize(
    ("source", "fails"),
    [
        (OffersNothing, "test_what_it_finds_can_be_followed"),
        (OffersMutely, "test_what_it_finds_can_be_followed"),
        (BringsNothing, "test_a_visit_brings_stories"),
        (BringsWhatIsUnclean, "test_its_text_is_clean"),
        (NamesAnew, "test_a_second_visit_brings_nothing_new"),
        (OffersEverywhere, "test_where_there_is_nothing_it_finds_nothing"),
        (Swallows, "test_an_address_that_fails_is_said"),
        (Breaks, "test_nonsense_is_a_sentence"),
        (Blames, "test_without_a_network_it_is_not_its_fault"),
        (Trusts, "test_it_asks_nobody_but_the_web"),
        (Forgets, "test_unchanged_costs_little"),
    ],
)
def test_each_check_fails_for_what_it_is_there_for(source: type[Lines], fails: str) -> None:
    with pytest.raises((AssertionError, ParseError)):
        getattr(contract(source()), fails)()
    getattr(contract(Lines()), fails)()


def test_every_check_is_tried() -> None:
    tried = {fails for _, fails in test_each_check_fails_for_what_it_is_there_for.pytestmark[0].args[1]}
    assert tried == set(CHECKS)


def test_the_program_loads_neither_pytest_nor_this() -> None:
    code = (
        "import sys, reader.cli, reader.library, reader.refresh, reader.newsroom, reader.app.app;"
        " print({'pytest', '_pytest', 'reader.testing'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    code = "import sys, reader.testing; print('pytest' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
