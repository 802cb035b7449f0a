"""A page's full text as Markdown, against trafilatura alone: processor time, in turn, in one process."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

from tests.bench.rows import Bench, Row
from tests.bench.webpages import page

PAGES = 24


def extract(bench: Bench) -> Iterator[Row]:
    """What a story costs whose page is read, fetching aside: its text, and title, authors and dates with it.

    trafilatura gives those too when it is asked to; without them it has less to do than we ever have.
    """
    from trafilatura import extract as extract_markdown

    from reader.extract import extract_article
    from reader.text import SafeUrl

    pages = [(page(seed).encode(), SafeUrl(f"https://gazette.example/{seed}/a-story")) for seed in range(PAGES)]

    def theirs(html: bytes, url: SafeUrl, *, facts: bool = True) -> object:
        return extract_markdown(
            html, url=url, output_format="markdown", include_formatting=True, include_links=True, include_images=True,
            include_tables=True, include_comments=False, with_metadata=facts,
        )  # fmt: skip

    ways = (extract_article, theirs, partial(theirs, facts=False))
    for html, url in pages:  # once without a clock: what is imported and compiled is there afterwards
        if not extract_article(html, url).markdown or not theirs(html, url):
            raise RuntimeError("a page has no story")
    rounds = [[sum(_cpu(way, *a_page) for a_page in pages) for way in ways] for _ in range(bench.runs)]
    mine, alone, bare_text = (statistics.median(column) / PAGES * 1000 for column in zip(*rounds, strict=True))
    what = "a page's full text to Markdown, CPU"
    yield Row(what, "ms", mine, "trafilatura alone", alone, 1.2)
    yield Row(what, "ms", mine, "the same, without facts", bare_text, 1.2)


def _cpu(one: Callable[..., object], *arguments: object) -> float:
    gc.collect()
    begun = time.process_time()
    one(*arguments)
    return time.process_time() - begun
