"""The tables images and image_urls: pictures by the hash of their bytes, under every address they were found at."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import apsw

from reader.store.changes import StoredImage
from reader.store.rows import every, forged, maybe, number, one, text, to_seconds
from reader.text import SafeUrl


def add(db: apsw.Connection, url: SafeUrl, image: StoredImage, now: datetime) -> str:
    """Keep a picture; the hash of its bytes, in hexadecimal."""
    from hashlib import blake2b

    digest = blake2b(image.data, digest_size=20)
    row = one(
        db,
        """INSERT INTO images (hash, media_type, width, height, fetched_at, data) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (hash) DO UPDATE SET fetched_at = excluded.fetched_at RETURNING id""",
        (digest.digest(), image.media_type, image.width, image.height, to_seconds(now), image.data),
    )
    db.execute("INSERT OR REPLACE INTO image_urls VALUES (?, ?)", (url, row[0]))
    return digest.hexdigest()


def find(db: apsw.Connection, url: SafeUrl) -> StoredImage | None:
    """The picture at an address."""
    row = maybe(
        db,
        """SELECT i.media_type, i.width, i.height, i.data FROM image_urls AS u JOIN images AS i ON i.id = u.image_id
        WHERE u.url = ?""",
        (url,),
    )
    if row is None:
        return None
    if type(row[3]) is not bytes:
        raise forged("a picture in it")
    return StoredImage(text(row[0]), number(row[1]), number(row[2]), row[3])


def size(db: apsw.Connection, url: SafeUrl) -> tuple[int, int] | None:
    """Width and height of the picture at an address, in pixels."""
    row = maybe(
        db,
        """SELECT i.width, i.height FROM image_urls AS u JOIN images AS i ON i.id = u.image_id WHERE u.url = ?""",
        (url,),
    )
    return (number(row[0]), number(row[1])) if row else None


def total_bytes(db: apsw.Connection) -> int:
    """What all of them take; no picture is read for that."""
    return number(one(db, "SELECT coalesce(sum(length(data)), 0) FROM images")[0])


def prune(db: apsw.Connection, budget_bytes: int, keep: Collection[SafeUrl] = ()) -> int:
    """Let go of the pictures that were fetched first until the rest fits; those to keep come before all; how many."""
    import json

    rows = every(
        db,
        """SELECT i.id, length(i.data), i.id IN (
            SELECT image_id FROM image_urls WHERE url IN (SELECT value FROM json_each(?))) AS kept
        FROM images AS i ORDER BY kept DESC, i.fetched_at DESC, i.id DESC""",
        (json.dumps(sorted(keep)),),
    )
    kept_bytes = 0
    gone = []
    for image_id, size_bytes, kept in rows:
        kept_bytes += number(size_bytes)
        if kept_bytes > budget_bytes and not kept:
            gone.append((image_id,))
    db.executemany("DELETE FROM images WHERE id = ?", gone)
    return len(gone)
