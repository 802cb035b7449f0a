"""What a release is made of, as CycloneDX 1.6: every distribution that is installed with the program.

    python tools/sbom.py > broadsheet-0.1.0.cdx.json

Run it in an environment that holds the program and what it needs and nothing else; `make sbom` makes one.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import uuid
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

ROOT = "broadsheet"


def name_of(requirement: str) -> str:
    """The distribution that a requirement names, spelled as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()  # type: ignore[index]


def wanted_by(found: Distribution) -> list[str]:
    """The names of what a distribution needs without any of its extras."""
    return [name_of(requirement) for requirement in found.requires or () if "extra ==" not in requirement]


def needed(root: str) -> dict[str, Distribution]:
    """The distribution and all that it needs here, by name; what only an extra needs is left out."""
    found: dict[str, Distribution] = {}
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue  # for another system or another Python
        waiting += wanted_by(found[name])
    return found


def component(name: str, found: Distribution) -> dict[str, Any]:
    """One entry: what it is, under which licence, and what its files add up to."""
    facts = found.metadata
    licence = facts.get("License-Expression") or facts.get("License") or ""
    entry: dict[str, Any] = {
        "type": "application" if name == ROOT else "library",
        "bom-ref": f"pkg:pypi/{name}@{found.version}",
        "name": name,
        "version": found.version,
        "purl": f"pkg:pypi/{name}@{found.version}",
    }
    if licence and len(licence) < 100:
        is_expression = bool(facts.get("License-Expression"))
        entry["licenses"] = [{"expression": licence} if is_expression else {"license": {"name": licence}}]
    if record := found.read_text("RECORD"):
        # The installed RECORD, which lists the hash of every file: there is no one file that was installed.
        entry["properties"] = [{"name": "record:sha-256", "value": hashlib.sha256(record.encode()).hexdigest()}]
    return entry


def bill() -> dict[str, Any]:
    """The whole document."""
    parts = needed(ROOT)
    links = []
    for name, found in sorted(parts.items()):
        wants = sorted(set(wanted_by(found)) & parts.keys())
        links.append(
            {
                "ref": f"pkg:pypi/{name}@{found.version}",
                "dependsOn": [f"pkg:pypi/{want}@{parts[want].version}" for want in wants],
            }
        )
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": component(ROOT, parts[ROOT]),
        },
        "components": [component(name, found) for name, found in sorted(parts.items()) if name != ROOT],
        "dependencies": links,
    }


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=1)
    print()
