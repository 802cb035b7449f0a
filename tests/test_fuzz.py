"""A few inputs of each kind, and every one that ever broke something; `python -m tests.fuzz` tries many."""

from __future__ import annotations

import pytest

from tests.fuzz.__main__ import examine
from tests.fuzz.claims import TARGETS
from tests.fuzz.strategies import CORPUS

KEPT = sorted((CORPUS / "fuzz").glob("*/*"))


@pytest.mark.parametrize("name", TARGETS)
def test_a_few_of_each_kind(name: str) -> None:
    examine(TARGETS[name], max(2, int(30 * TARGETS[name].share)), derandomize=True)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_broke_something_once(path: object) -> None:
    TARGETS[path.parent.name].claim(path.read_bytes())  # type: ignore[attr-defined]


def test_a_claim_that_does_not_hold_is_found() -> None:
    def claim(data: bytes) -> None:
        assert b"\x1b" not in data

    with pytest.raises(AssertionError):
        examine(type(TARGETS["feeds"])(TARGETS["feeds"].inputs, claim), 300, derandomize=True)
