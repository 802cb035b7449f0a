"""`make bench`: measure what the budgets promise, each figure beside its yardstick in the same run.

    python -m tests.bench [--only NAME,…] [--runs N] [--sizes 10000,100000] [--json FILE]

The yardsticks are a bare Textual program, bare Python, and newsboat where it is installed; a machine that is shared and
noisy tells ratios, not milliseconds. Without newsboat its rows are left out. Libraries are kept in the system's folder
for temporary files and found again by the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from tests.bench import drawing, extracting, hostile, resting, searching
from tests.bench.rows import Bench, Row, machine

ALL: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "start": Bench.start,
    "keys": Bench.keys,
    "resize": drawing.resize,
    "theme": drawing.theme,
    "length": drawing.length,
    "busy": Bench.busy,
    "hostile": hostile.hostile,
    "loads": Bench.loads,
    "search": Bench.search,
    "busysearch": searching.busy_search,
    "extract": extracting.extract,
    "commands": Bench.commands,
    "opml": Bench.opml,
    "memory": Bench.memory,
    "idle": resting.idle,
    "day": resting.day,
}


def main() -> int:
    """Run what was asked for and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default=",".join(ALL), help=f"some of {', '.join(ALL)}")
    options.add_argument("--runs", type=int, default=5, help="for each median (5)")
    options.add_argument("--sizes", default="10000,100000", help="stories in the libraries: 1000,10000,100000,1000000")
    options.add_argument("--newsboat-up-to", type=int, default=100_000, help="stories; at a million it takes minutes")
    options.add_argument("--json", type=Path, help="write the rows here, too")
    asked = options.parse_args()
    names = asked.only.split(",")
    if unknown := set(names) - ALL.keys():
        options.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    print(machine(), flush=True)
    kept = Path(tempfile.gettempdir()) / "broadsheet-bench"
    kept.mkdir(exist_ok=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as folder:
        # An installed program is compiled once; here so is everything, whatever the machine's habits are.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = f"{folder}/compiled"
        bench = Bench(
            Path(folder), kept, asked.runs, [int(size) for size in asked.sizes.split(",")], asked.newsboat_up_to
        )
        for name in names:
            for row in ALL[name](bench):
                rows.append(row)
                print(row.line(), flush=True)
    if asked.json:
        told = [{**asdict(row), "ratio": round(row.ratio, 4), "met": row.met} for row in rows]
        asked.json.write_text(json.dumps({"machine": machine(), "rows": told}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
