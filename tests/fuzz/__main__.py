"""The long run: as many inputs as wanted; what breaks a claim is made as small as it can be, and kept."""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
import traceback

from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.claims import TARGETS, Target
from tests.fuzz.strategies import CORPUS


def examine(target: Target, examples: int, *, derandomize: bool = False) -> None:
    """Try so many inputs. Raises what the smallest input raised that breaks the claim."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=derandomize,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs)
    def holds(data: bytes) -> None:
        target.claim(data)

    holds()


def _found(target: Target, examples: int) -> bytes | None:
    """The smallest input that breaks the claim."""
    failing: list[bytes] = []

    def claim(data: bytes) -> None:
        try:
            target.claim(data)
        except BaseException:
            failing.append(data)
            raise

    try:
        examine(Target(target.inputs, claim), examples)
    except Exception:
        traceback.print_exc()
        return failing[-1] if failing else b""
    return None


def main() -> int:
    """Run what was asked for, and say how it went."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--examples", type=int, default=5_000, help="of each kind (5000)")
    options.add_argument("--target", choices=TARGETS, action="append", help="only this kind")
    asked = options.parse_args()
    broken = 0
    for name in asked.target or TARGETS:
        target, began = TARGETS[name], time.monotonic()
        examples = max(2, int(asked.examples * target.share))
        found = _found(target, examples)
        print(f"{name}: {examples} inputs, {time.monotonic() - began:.0f} s, {'BROKEN' if found is not None else 'all well'}", flush=True)  # noqa: E501 # fmt: skip
        if found is not None:
            broken += 1
            kept = CORPUS / "fuzz" / name / hashlib.sha256(found).hexdigest()[:12]
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(found)
            print(f"  kept as {kept}: {found[:200]!r}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
