"""What other processes do to a library while a test looks on: `python -m tests.store_jobs FILE NAME [COUNT]`."""

from __future__ import annotations

import sys
from pathlib import Path

from reader.store import Store
from tests.storing import HOUR, NOW, an_arrival, an_item, deliver, follow


def write(path: Path, name: str, count: int) -> None:
    """Bring stories, mark and index them, and say after each round what has been committed.

    Sources whose names differ in a number only tell the same stories.
    """
    store, paper = Store.open(path), name.rstrip("0123456789")
    source_id = follow(store, name).id
    for number in range(1, count + 1):
        first = number * 3
        arrivals = [
            an_arrival(
                an_item(one, markdown=f"Text of {paper} {one}. " * 200, url=f"https://{paper}.example/story/{one}"),
                age=HOUR * (count - number),
            )
            for one in range(first, first + 3)
        ]
        deliver(store, source_id, *arrivals)
        newest = store.known(source_id, (first,))[first].id
        store.mark([newest], read=True, starred=True, now=NOW)
        store.index_pending(2)
        print(newest, flush=True)
    store.close()


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000)
