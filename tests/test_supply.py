"""What the program is made of: bounds with both ends, a lock file for everybody, a bill of materials that is whole."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NEEDED = PROJECT["project"]["dependencies"]
LOCK = (ROOT / "requirements-dev.lock").read_text("utf-8")


def spelled(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", name)[0]).lower()  # type: ignore[index]


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


@pytest.mark.parametrize("requirement", NEEDED)
def test_every_dependency_has_both_bounds_and_is_within_them(requirement: str) -> None:
    low, high = re.fullmatch(r"[\w.-]+>=([\d.]+),<([\d.]+)(?:;.*)?", requirement).groups()  # type: ignore[union-attr]
    pinned = re.search(rf"^{re.escape(spelled(requirement))}==([\w.]+)", LOCK, re.M)
    assert pinned, "not in the lock file; `make lock` makes it anew"
    for tested in (pinned[1], version(spelled(requirement))):
        assert numbers(low) <= numbers(tested) < numbers(high)


def test_the_lock_file_names_no_place_and_every_hash() -> None:
    assert not re.search(r"://|file:|^\s*-(?!-hash)|@ ", LOCK, re.M), "anyone is to use it, whatever their index is"
    pins = re.findall(
        r"^([\w.-]+)==[\w.]+ (?:; [^\\]*)?\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", LOCK, re.M
    )
    assert len(pins) == len(re.findall(r"^[\w.-]+==", LOCK, re.M))
    groups = [name for name in PROJECT["dependency-groups"]["dev"] if isinstance(name, str)]
    assert {spelled(name) for name in (*NEEDED, *groups)} <= {spelled(name) for name, _ in pins}


def test_the_bill_of_materials_is_whole() -> None:
    made = subprocess.run([sys.executable, "tools/sbom.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    bill = json.loads(made.stdout)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    named = {part["name"]: part for part in bill["components"]}
    wanted = {spelled(name) for name in NEEDED if "python_version" not in name}
    assert wanted <= named.keys()
    assert {"pytest", "hypothesis", "mypy"}.isdisjoint(named), "what only the tests need is no part of a release"
    assert named["lxml"]["purl"] == f"pkg:pypi/lxml@{version('lxml')}"
    refs = {part["bom-ref"] for part in (*bill["components"], bill["metadata"]["component"])}
    for link in bill["dependencies"]:
        assert {link["ref"], *link["dependsOn"]} <= refs


def test_nothing_runs_at_install() -> None:
    assert PROJECT["build-system"]["build-backend"] == "hatchling.build"
    assert not (ROOT / "setup.py").exists()
    assert "hooks" not in PROJECT["tool"].get("hatch", {}).get("build", {})
