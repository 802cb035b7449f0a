"""Feeds: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed 1.x, as publishers really send them.

read.py      bytes -> Snapshot: decides on format and repair        draft.py     an entry as written
rss.py, atom.py, jsonfeed.py, modules.py  one vocabulary each       finish.py    drafts -> clean Items
fallback.py  feedparser, for what lxml gives up on                  discover.py  a page -> the feeds it links to
source.py    the Source: find and pull
"""

from __future__ import annotations

from reader.sources.feed.read import Preview, parse_feed, preview_feed
from reader.sources.feed.source import SOURCE, Feed

__all__ = ["SOURCE", "Feed", "Preview", "parse_feed", "preview_feed"]
