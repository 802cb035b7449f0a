"""The library file: schema, migrations and every SQL statement of the program; and the language of searches."""

from reader.store.changes import Arrival, Changes, Edit, KnownStory, StoredImage
from reader.store.connection import Inquiry
from reader.store.elsewhere import Carried, Taken
from reader.store.store import Store

__all__ = ["Arrival", "Carried", "Changes", "Edit", "Inquiry", "KnownStory", "Store", "StoredImage", "Taken"]
