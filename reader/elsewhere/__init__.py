"""What other readers leave behind: lists of feeds, exports and caches -> values of ours.

Everything here runs in the parsing child, since such files come from anywhere. It only reads: a line that would run a
program in the reader it was written for is a sentence in the report, and a database is opened so that nothing in it can
run either.
"""

from reader.elsewhere.archive import is_archive, read_archive
from reader.elsewhere.cache import CachedFeed, CachePage, is_cache, read_cache, read_cached
from reader.elsewhere.file import read_file
from reader.elsewhere.found import Entry, Feed, Found

__all__ = [
    "CachePage",
    "CachedFeed",
    "Entry",
    "Feed",
    "Found",
    "is_archive",
    "is_cache",
    "read_archive",
    "read_cache",
    "read_cached",
    "read_file",
]
