"""One story: what its publisher said, what its page says, what the reader does with it, and its end."""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

import apsw

from reader.errors import NotFoundError
from reader.model import Article, Item, Picture, Position, Revision, State, Story, Telling
from reader.store import twins
from reader.store.rows import (
    Row,
    every,
    maybe,
    number,
    number_or_none,
    numbers,
    one,
    pack,
    pack_media,
    text,
    text_kind,
    to_instant,
    to_seconds,
    unpack,
    unpack_media,
    url,
    url_number,
)
from reader.store.subscriptions import section_id
from reader.text import SafeText, SafeUrl, count_words, url_key

MAX_ARTICLE_FAILURES = 5
EXCERPT = 160
KEPT = """starred = 1 OR later = 1 OR watched = 1
    OR EXISTS (SELECT 1 FROM tags WHERE tags.story_id = states.story_id)"""
"""What the reader starred, put by, watches or tagged, of `states`."""


# Articles


def save_article(db: apsw.Connection, story_id: int, article: Article, *, now: datetime) -> None:
    """Keep what a story's page holds, in place of an earlier article. Raises NotFoundError."""
    if maybe(db, "SELECT 1 FROM stories WHERE id = ?", (story_id,)) is None:
        raise _no_story(story_id)
    db.execute(
        "INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(story_id, article.url, article.title, article.summary, article.authors, article.section),
            *(to_seconds(article.published_at), to_seconds(article.updated_at), article.language),
            *(pack_media(article.picture), article.is_story, to_seconds(now), pack(article.markdown)),
        ),
    )
    db.execute(
        "UPDATE stories SET article = 1, article_failures = 0, article_failed_at = NULL,"
        " words = CASE WHEN ? THEN ? ELSE words END WHERE id = ?",
        (bool(article.markdown), count_words(article.markdown), story_id),
    )
    section_before = _publisher_section(db, story_id)
    fill_from_article(db, story_id)
    if article.section and not section_before:
        _file_under(db, story_id, article.section)
    if article.url:
        add_url(db, story_id, article.url)
        twins.meet(db, [url_number(article.url)], now)
    db.execute("INSERT OR IGNORE INTO pending VALUES (?, 1)", (story_id,))


def _publisher_section(db: apsw.Connection, story_id: int) -> str:
    (section,) = one(db, "SELECT section FROM stories WHERE id = ?", (story_id,))
    return str(section)


def _file_under(db: apsw.Connection, story_id: int, section: SafeText) -> None:
    """The publisher's section becomes the story's, unless the reader put its source in one."""
    db.execute(
        """UPDATE states SET section_id = ? WHERE story_id = ? AND
            (SELECT section FROM subscriptions WHERE id = states.source_id) = ''""",
        (section_id(db, section), story_id),
    )


def fill_from_article(db: apsw.Connection, story_id: int) -> None:
    """Where the item says nothing, what the page says. Its place in lists stays: nothing moves under the cursor."""
    db.execute(
        """UPDATE stories SET
            summary = CASE stories.summary WHEN '' THEN a.summary ELSE stories.summary END,
            authors = CASE stories.authors WHEN '' THEN a.authors ELSE stories.authors END,
            section = CASE stories.section WHEN '' THEN a.section ELSE stories.section END,
            language = CASE stories.language WHEN '' THEN a.language ELSE stories.language END,
            published_at = coalesce(stories.published_at, a.published_at),
            updated_at = coalesce(stories.updated_at, a.updated_at)
        FROM articles AS a WHERE a.story_id = stories.id AND stories.id = ?""",
        (story_id,),
    )


def add_url(db: apsw.Connection, story_id: int, page: SafeUrl) -> None:
    """The story is found at that address too."""
    if page:
        db.execute("INSERT OR IGNORE INTO story_urls VALUES (?, ?)", (url_number(page), story_id))


def record_article_failure(db: apsw.Connection, story_id: int, *, now: datetime) -> None:
    """Remember that the page gave nothing."""
    db.execute(
        "UPDATE stories SET article_failures = article_failures + 1, article_failed_at = ? WHERE id = ?",
        (to_seconds(now), story_id),
    )


def without_text(
    db: apsw.Connection, source_ids: Collection[int], *, limit: int, failed_before: datetime | None
) -> tuple[tuple[int, SafeUrl], ...]:
    """Stories whose page is still to be fetched, newest first."""
    rows = db.execute(
        """SELECT t.id, t.url FROM stories AS t INDEXED BY stories_thin CROSS JOIN states AS s ON s.story_id = t.id
        WHERE t.text_kind < 2 AND t.article <> 1 AND t.url <> '' AND t.article_failures < ? AND s.hidden = 0
            AND (t.article_failed_at IS NULL OR t.article_failed_at < ?)
            AND (? OR s.source_id IN (SELECT value FROM json_each(?)))
        ORDER BY t.id DESC LIMIT ?""",
        (MAX_ARTICLE_FAILURES, to_seconds(failed_before) or 0, not source_ids, numbers(source_ids), limit),
    )
    return tuple((row[0], address) for row in rows if (address := url(row[1])))


# One story


def _no_story(story_id: int) -> NotFoundError:
    return NotFoundError(f"There is no story {story_id}.")


def get(db: apsw.Connection, story_id: int) -> Story:
    """A story whole. Raises NotFoundError, also for one that has been pruned."""
    row = maybe(
        db,
        """SELECT s.source_id, f.name, c.name, s.read, s.starred, s.later, s.position_block, s.position_character,
            t.first_seen_at, t.fetched_at, t.words, t.revision_count, t.cluster_id, t.article,
            t.guid, t.url, t.title, t.summary, t.authors, t.section, t.categories, t.published_at, t.updated_at,
            t.language, (SELECT body FROM texts WHERE story_id = t.id), t.text_kind, t.media, s.watched, s.hidden = 1
        FROM stories AS t JOIN states AS s ON s.story_id = t.id JOIN subscriptions AS f ON f.id = s.source_id
        JOIN sections AS c ON c.id = s.section_id WHERE t.id = ? AND s.shown_at IS NOT NULL AND s.hidden & 2 = 0""",
        (story_id,),
    )
    if row is None:
        raise _no_story(story_id)
    tagged = db.execute("SELECT tag FROM tags WHERE story_id = ? ORDER BY tag", (story_id,))
    tags = tuple(text(tag) for (tag,) in tagged)
    return Story(
        *(story_id, number(row[0]), text(row[1]), text(row[2])),
        item=_item(row[14:]),
        article=_article(db, story_id) if row[13] else None,
        state=State(
            *(bool(row[3]), bool(row[4]), bool(row[5]), tags, Position(number(row[6]), number(row[7]))),
            watched=bool(row[27]),
            muted=bool(row[28]),
        ),
        first_seen_at=to_instant(number(row[8])),
        fetched_at=to_instant(number(row[9])),
        words=number(row[10]),
        revisions=number(row[11]),
        cluster=number_or_none(row[12]),
        also_in=_also_in(db, story_id, row[12]) if row[12] is not None else (),
    )


def _also_in(db: apsw.Connection, story_id: int, cluster: int) -> tuple[Telling, ...]:
    rows = every(
        db,
        """SELECT t.id, f.name FROM stories AS t INDEXED BY stories_cluster CROSS JOIN states AS s ON s.story_id = t.id
        CROSS JOIN subscriptions AS f ON f.id = s.source_id WHERE t.cluster_id = ? AND t.id <> ?
            AND s.shown_at IS NOT NULL AND s.hidden & 3 = 0 ORDER BY t.cluster_rank, t.id""",
        (cluster, story_id),
    )
    return tuple(Telling(number(row[0]), text(row[1])) for row in rows)


def _item(row: Row) -> Item:
    picture, enclosures = unpack_media(row[12])
    return Item(
        guid=text(row[0]),
        url=url(row[1]),
        title=text(row[2]),
        summary=text(row[3]),
        authors=text(row[4]),
        section=text(row[5]),
        categories=tuple(map(text, str(row[6]).split("\n"))) if row[6] else (),
        published_at=to_instant(row[7]),
        updated_at=to_instant(row[8]),
        language=text(row[9]),
        markdown=unpack(row[10]),
        text=text_kind(row[11]),
        picture=picture,
        enclosures=enclosures,
    )


def _article(db: apsw.Connection, story_id: int) -> Article | None:
    row = maybe(
        db,
        """SELECT url, title, summary, authors, section, published_at, updated_at, language, body, media, is_story
        FROM articles WHERE story_id = ?""",
        (story_id,),
    )
    if row is None:
        return None
    return Article(
        url=url(row[0]),
        title=text(row[1]),
        summary=text(row[2]),
        authors=text(row[3]),
        section=text(row[4]),
        published_at=to_instant(row[5]),
        updated_at=to_instant(row[6]),
        language=text(row[7]),
        markdown=unpack(row[8]),
        picture=unpack_media(row[9])[0],
        is_story=bool(row[10]),
    )


def find(db: apsw.Connection, page: SafeUrl) -> int | None:
    """The story of that page, in whichever source: the one that stands in the lists, else the newest."""
    wanted = url_key(page)
    rows = db.execute(
        """SELECT u.story_id, t.url, (SELECT url FROM articles WHERE story_id = u.story_id) FROM story_urls AS u
        JOIN stories AS t ON t.id = u.story_id JOIN states AS s ON s.story_id = u.story_id
        WHERE u.url_number = ? AND s.hidden & 2 = 0 ORDER BY s.hidden = 4, u.story_id DESC""",
        (url_number(page),),
    )
    for story_id, item_url, article_url in rows:
        # The number is a hash, and a story may have moved to another address since.
        if wanted in (url_key(url(item_url)), url_key(url(article_url or ""))):
            return int(story_id)
    return None


def revisions(db: apsw.Connection, story_id: int) -> tuple[Revision, ...]:
    """Earlier versions, oldest first."""
    rows = db.execute(
        "SELECT number, seen_at, title, summary, body, was_read FROM revisions WHERE story_id = ? ORDER BY number",
        (story_id,),
    )
    return tuple(
        Revision(number(row[0]), to_instant(number(row[1])), text(row[2]), text(row[3]), unpack(row[4]), bool(row[5]))
        for row in rows
    )


def pictures_wanted(db: apsw.Connection, source_id: int, limit: int) -> tuple[Picture, ...]:
    """Pictures of the source's newest stories, those in the text too, that have not been fetched."""
    rows = every(
        db,
        """SELECT s.story_id FROM states AS s INDEXED BY states_source
        WHERE s.source_id = ? AND s.shown_at IS NOT NULL AND s.hidden = 0
        ORDER BY s.shown_at DESC, s.story_id DESC LIMIT ?""",
        (source_id, limit),
    )
    named = dict.fromkeys(picture for (story_id,) in rows for picture in _pictures_of(get(db, number(story_id))))
    return tuple(
        picture for picture in named if not maybe(db, "SELECT 1 FROM image_urls WHERE url = ?", (picture.url,))
    )


def pictures_to_keep(db: apsw.Connection) -> frozenset[SafeUrl]:
    """Addresses of the pictures in what the reader keeps: starred, put by, tagged."""
    rows = every(
        db,
        """SELECT story_id FROM states WHERE shown_at IS NOT NULL AND story_id IN (
            SELECT story_id FROM states WHERE shown_at IS NOT NULL AND starred = 1
            UNION SELECT story_id FROM states WHERE shown_at IS NOT NULL AND later = 1
            UNION SELECT story_id FROM tags)""",
    )
    return frozenset(picture.url for (story_id,) in rows for picture in _pictures_of(get(db, number(story_id))))


def _pictures_of(story: Story) -> Iterator[Picture]:
    from reader.blocks import figures_in  # the model of a text, which a list of stories needs not

    if story.picture and story.picture.url:
        yield story.picture
    for figure in figures_in(story.markdown):
        if figure.url:
            yield Picture(figure.url)


# What the reader does


def set_position(db: apsw.Connection, story_id: int, position: Position) -> None:
    """Keep the place where the reader stopped."""
    db.execute(
        "UPDATE states SET position_block = ?, position_character = ? WHERE story_id = ?",
        (position.block, position.character, story_id),
    )


OPENED_KEPT = 500
"""How many stories that were opened are remembered."""


def note_opened(db: apsw.Connection, story_id: int) -> None:
    """Remember that the reader opened a story, as the last one."""
    db.execute("INSERT OR REPLACE INTO opened (story_id) SELECT story_id FROM states WHERE story_id = ?", (story_id,))
    db.execute("DELETE FROM opened WHERE turn <= (SELECT max(turn) FROM opened) - ?", (OPENED_KEPT,))


def opened(db: apsw.Connection) -> tuple[int, ...]:
    """The stories that the reader opened, the last one first."""
    return tuple(number(row[0]) for row in every(db, "SELECT story_id FROM opened ORDER BY turn DESC"))


# Letting go


def prune(db: apsw.Connection, *, keep_per_source: int, older_than: datetime | None, limit: int) -> int:
    """Let go of at most `limit` stories that are too many or too old; what the reader kept stays, and so do states."""
    free = f"hidden & 2 = 0 AND NOT ({KEPT})"
    ids: set[int] = set()
    if older_than is not None:
        ids.update(
            row[0]
            for row in db.execute(
                f"SELECT story_id FROM states INDEXED BY states_latest WHERE shown_at IS NOT NULL AND shown_at < ?"
                f" AND {free} ORDER BY shown_at LIMIT ?",
                (to_seconds(older_than), limit),
            )
        )
    crowded = every(
        db,
        """SELECT source_id, CASE WHEN removed_at IS NULL THEN ?1 ELSE 0 END AS keep FROM counts
        JOIN subscriptions ON id = source_id GROUP BY source_id HAVING sum(stories) > keep""",
        (keep_per_source,),
    )
    for source_id, keep in crowded:
        if len(ids) >= limit:
            break
        ids.update(
            row[0]
            for row in db.execute(
                f"""SELECT story_id FROM (
                    SELECT story_id, starred, later, watched, hidden FROM states INDEXED BY states_source
                    WHERE source_id = ? AND shown_at IS NOT NULL
                    ORDER BY shown_at DESC, story_id DESC LIMIT -1 OFFSET ?)
                AS states WHERE {free} LIMIT ?""",
                (source_id, keep, limit - len(ids)),
            )
        )
    forget(db, ids)
    return len(ids)


def forget(db: apsw.Connection, ids: Collection[int]) -> None:
    """Let go of stories; their states stay, in no list. Where one stood for others, the next comes forward."""
    forget_urls(db, ids)
    clusters = twins.clusters_of(db, ids)
    gone = "(SELECT value FROM json_each(?))"
    for statement in (
        f"DELETE FROM search WHERE rowid IN {gone}",
        f"DELETE FROM pending WHERE story_id IN {gone}",
        f"DELETE FROM stories WHERE id IN {gone}",
        f"UPDATE states SET shown_at = NULL, hidden = hidden & 3 WHERE story_id IN {gone}",
    ):
        db.execute(statement, (numbers(ids),))
    twins.regroup(db, clusters)


def forget_urls(db: apsw.Connection, ids: Collection[int]) -> None:
    """Stories that are about to go are no longer found by address."""
    rows = every(
        db,
        """SELECT t.id, t.url, a.url FROM json_each(?) AS k CROSS JOIN stories AS t ON t.id = k.value
        LEFT JOIN articles AS a ON a.story_id = t.id""",
        (numbers(ids),),
    )
    pairs = [(url_number(url(page)), story_id) for story_id, *pages in rows for page in pages if page]
    db.executemany("DELETE FROM story_urls WHERE url_number = ? AND story_id = ?", pairs)
