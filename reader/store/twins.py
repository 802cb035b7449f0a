"""Several tellings of one story, in different sources: which they are, and which of them stands for all.

They are a cluster, and its first member that is to be seen stands in every list. The others stand behind it
(`states.hidden` 4): in the lists of their own sources, and wherever the reader marked them. Which one is first is
decided when they meet, and then stays, so that nothing moves under the cursor and every step can be taken back.

What makes them one: the address of their page, but not one that two stories of a source share, which names no story,
and not for whoever writes about that page; or the same headline over the same text within a few days, which is an
agency's copy.
"""

# ruff: noqa: S608 - what is put into statements are our own constants; values are bound

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

import apsw

from reader.store.rows import every, number, numbers, one, text, to_seconds, unpack, url, url_number
from reader.text import NO_URL, SafeUrl, host_of, without_marks

BEHIND = 4
"""`states.hidden` of a story that is to be seen, but for which another one stands."""
MOST = 50
"""An address that more stories have is no story's page, and no story is told by more."""
FLOOD = 500
"""Stories under one address or headline that are looked at at all."""
DAYS_S = 3 * 86_400
"""How far apart copies of one text are published at most."""
LEAST_WORDING = 160
"""Letters and digits that a headline and its text must have together to be told from a standing phrase."""
LEAST_HEADLINE = 12
"""Of them, those of the headline."""
LEAST_ALIKE = 80
"""Of a text, those that stand in another one too if both tell the same."""
_WORDING = 1_000
"""Characters of a text by which it is known again."""

_FIRSTS = """SELECT t.id, row_number() OVER (PARTITION BY t.cluster_id ORDER BY t.cluster_rank, t.id) > 1 AS behind
    FROM {clusters} CROSS JOIN states AS s ON s.story_id = t.id WHERE s.shown_at IS NOT NULL AND s.hidden & 3 = 0"""
_THESE = """json_each(?) AS k
    CROSS JOIN stories AS t INDEXED BY stories_cluster ON t.cluster_id = k.value AND t.cluster_id IS NOT NULL"""
_ALL = "(SELECT * FROM stories INDEXED BY stories_cluster WHERE cluster_id IS NOT NULL) AS t"


# Looking


def clusters_of(db: apsw.Connection, ids: Iterable[int]) -> list[int]:
    """The clusters that these stories are in."""
    rows = every(
        db,
        """SELECT DISTINCT t.cluster_id FROM json_each(?) AS k
        CROSS JOIN stories AS t INDEXED BY stories_told ON t.id = k.value AND t.cluster_id IS NOT NULL""",
        (numbers(ids),),
    )
    return [number(row[0]) for row in rows]


def _members(db: apsw.Connection, clusters: Collection[int]) -> list[int]:
    return [number(row[0]) for row in db.execute(f"SELECT t.id FROM {_THESE}", (numbers(clusters),))]


def others(db: apsw.Connection, ids: Collection[int]) -> list[int]:
    """The other tellings of these stories."""
    clusters = clusters_of(db, ids)
    return sorted(set(_members(db, clusters)).difference(ids)) if clusters else []


def told_once(db: apsw.Connection, ids: Collection[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """These stories, and apart from them those of which another telling is among them."""
    rows = db.execute(
        """SELECT t.cluster_id, t.id FROM json_each(?) AS k
        CROSS JOIN stories AS t INDEXED BY stories_told ON t.id = k.value AND t.cluster_id IS NOT NULL
        CROSS JOIN states AS s ON s.story_id = t.id ORDER BY s.hidden, t.id""",
        (numbers(ids),),
    )
    seen, again = set[int](), set[int]()
    for cluster, story_id in rows:
        (again if cluster in seen else seen).add(story_id if cluster in seen else cluster)
    return tuple(story for story in ids if story not in again), tuple(sorted(again))


def standing_for(db: apsw.Connection, ids: Collection[int]) -> list[int]:
    """In place of each story that stands behind another, that one."""
    rows = every(
        db,
        f"""SELECT s.story_id, CASE s.hidden WHEN {BEHIND} THEN (
            SELECT first.id FROM stories AS first INDEXED BY stories_cluster CROSS JOIN states AS its
                ON its.story_id = first.id WHERE first.cluster_id = t.cluster_id AND its.hidden = 0) END
        FROM json_each(?) AS k CROSS JOIN states AS s ON s.story_id = k.value
        CROSS JOIN stories AS t ON t.id = k.value""",
        (numbers(ids),),
    )
    return list(dict.fromkeys(number(story if first is None else first) for story, first in rows))


# Meeting


def headline_number(title: str) -> int | None:
    """A signed 64-bit number that the same headline has everywhere; None for one too short to tell anything."""
    from hashlib import blake2b

    letters = _letters(title)
    if len(letters) < LEAST_HEADLINE:
        return None
    return int.from_bytes(blake2b(letters.encode(), digest_size=8).digest(), "big", signed=True)


def _letters(text: str) -> str:
    """Letters and digits alone: quotation marks and blanks are each paper's own."""
    return "".join(filter(str.isalnum, text.casefold()))


class _Telling(NamedTuple):
    """A story that is found at an address, or by its words."""

    story_id: int
    source_id: int
    cluster: int | None = None
    title: str = ""
    whole: bool = False
    """It has a text of its own."""
    page: SafeUrl = NO_URL
    article: SafeUrl = NO_URL
    """Where its page says that it is."""
    host: str = ""
    """Where its source is fetched from."""
    home: SafeUrl = NO_URL
    """Where its source says that it is at home."""


def meet(db: apsw.Connection, addresses: Collection[int], now: datetime) -> None:
    """Make one story of those that have one of these addresses (of `story_urls`) in common, where it names a story.

    An address that a second story of the same source comes under names none, and what it had joined is parted. But
    where somebody is at home, a guest that repeats itself only loses its own place.
    """
    rows = db.execute(
        """SELECT u.url_number, u.story_id, s.source_id, t.cluster_id, t.title, t.text_kind = 2, t.url,
            coalesce((SELECT a.url FROM articles AS a WHERE a.story_id = t.id), ''), f.host, f.home_url
        FROM json_each(?) AS k
        CROSS JOIN story_urls AS u ON u.url_number = k.value CROSS JOIN states AS s ON s.story_id = u.story_id
        CROSS JOIN stories AS t ON t.id = u.story_id CROSS JOIN subscriptions AS f ON f.id = s.source_id""",
        (numbers(_with_few(db, "story_urls", "url_number", addresses)),),
    )
    found = defaultdict[int, list[_Telling]](list)
    for address, story_id, source_id, cluster, title, whole, page, article, host, home in rows:
        told = _Telling(
            *(number(story_id), number(source_id), cluster, text(title), bool(whole)),
            *(url(page), url(article), text(host), url(home)),
        )
        found[address].append(told)
    for address, tellings in found.items():
        _meet_at(db, address, tellings, now)


def _with_few(db: apsw.Connection, table: str, column: str, values: Iterable[int]) -> list[int]:
    """Those of these numbers under which few enough stories are to look at each: a flood of them names nothing."""
    rows = db.execute(
        f"""SELECT value FROM json_each(?) AS k WHERE (SELECT count(*) FROM
            (SELECT 1 FROM {table} WHERE {column} = k.value LIMIT {FLOOD + 1})) BETWEEN 2 AND {FLOOD}""",
        (numbers(values),),
    )
    return [number(row[0]) for row in rows]


def _meet_at(db: apsw.Connection, address: int, tellings: list[_Telling], now: datetime) -> None:
    pages = (page for one in tellings for page in (one.page, one.article) if page)
    at_home = _at_home(next((page for page in pages if url_number(page) == address), NO_URL), tellings)
    counted = Counter(one.source_id for one in tellings)
    if at_home and all(counted[one.source_id] == 1 for one in tellings if one.story_id in at_home):
        guests = [one for one in tellings if counted[one.source_id] > 1]
        tellings = [one for one in tellings if counted[one.source_id] == 1]
        left = {one.cluster for one in guests if one.cluster is not None} & {one.cluster for one in tellings}
        if gone := [one.story_id for one in guests if one.cluster in left]:
            alone(db, gone)
            regroup(db, [cluster for cluster in left if cluster is not None])
    if not 2 <= len(tellings) <= MOST:
        return
    if not _of_different_sources(tellings):
        joined = Counter(one.cluster for one in tellings if one.cluster is not None)
        alone(db, _members(db, [cluster for cluster, count in joined.items() if count > 1]))
        return
    fronts = {front for one in tellings for front in (one.home, f"https://{host_of(one.page)}") if front}
    if address not in {url_number(SafeUrl(front)) for front in fronts}:
        _join(db, _without_comments(db, tellings, at_home), now, at_home=at_home, fuller=True)


def _at_home(page: SafeUrl, tellings: Collection[_Telling]) -> set[int]:
    """The stories whose sources are at home on a page: fetched from its very host, else from its site; else by claim.

    Anybody can say where they are at home. So that counts where nobody is who need not say it, and for one alone.
    """
    if not (where := host_of(page)):
        return set()

    def rank(one: _Telling) -> int:
        if one.host == where:
            return 3
        return 2 if _same_site(where, one.host) else int(_same_site(where, host_of(one.home)))

    ranks = {one.story_id: rank(one) for one in tellings}
    best = max(ranks.values())
    first = {story_id for story_id, its in ranks.items() if its == best}
    return first if best > 1 or (best == 1 and len(first) == 1) else set()


def _same_site(one: str, other: str) -> bool:
    return bool(one and other) and (one == other or one.endswith(f".{other}") or other.endswith(f".{one}"))


def _without_comments(db: apsw.Connection, tellings: Collection[_Telling], at_home: Collection[int]) -> list[int]:
    """Those that tell the story of the page, and not what somebody who links to it has to say of it.

    Who has a text of their own under the address of somebody else's page has that page's text, or says something of it.
    """
    comments = {one.story_id for one in tellings if one.whole and one.story_id not in at_home}
    if not comments:
        return [one.story_id for one in tellings]
    said = {one.story_id: _beginning(db, one.story_id) for one in tellings}

    def alike(one: _Telling, other: _Telling) -> bool:
        short, long = sorted((said[one.story_id], said[other.story_id]), key=len)
        if len(short) < LEAST_ALIKE:
            return _letters(one.title) == _letters(other.title)
        return short[:LEAST_ALIKE] in long

    return [
        one.story_id
        for one in tellings
        if one.story_id not in comments or any(alike(one, other) for other in tellings if other is not one)
    ]


def _beginning(db: apsw.Connection, story_id: int) -> str:
    """The letters and digits with which a story's text begins."""
    summary, body = one(
        db, "SELECT summary, (SELECT body FROM texts WHERE story_id = id) FROM stories WHERE id = ?", (story_id,)
    )
    return _letters(without_marks(unpack(body)[:_WORDING]) or text(summary))


def meet_by_headline(db: apsw.Connection, headlines: Collection[int], now: datetime) -> None:
    """Make one story of those that have one of these headlines, the same text, and were published within a few days."""
    rows = every(
        db,
        """SELECT h.number, h.story_id, s.source_id, h.shown_at, t.title FROM json_each(?) AS k
        CROSS JOIN headlines AS h ON h.number = k.value CROSS JOIN states AS s ON s.story_id = h.story_id
        CROSS JOIN stories AS t ON t.id = h.story_id""",
        (numbers(_with_few(db, "headlines", "number", headlines)),),
    )
    sources, found = defaultdict[int, set[int]](set), defaultdict[str, list[tuple[int, _Telling]]](list)
    for headline_id, _, source_id, *_ in rows:
        sources[headline_id].add(source_id)
    for headline_id, story_id, source_id, shown_at, title in rows:
        if len(sources[headline_id]) < 2:
            continue
        headline, words = _letters(text(title)), _beginning(db, number(story_id))
        if len(headline) + len(words) >= LEAST_WORDING:
            found[f"{headline} {words}"].append((number(shown_at), _Telling(number(story_id), number(source_id))))
    for dated in found.values():
        last = max(at for at, _ in dated)
        tellings = [telling for at, telling in dated if last - at <= DAYS_S]
        if 1 < len(tellings) <= MOST and _of_different_sources(tellings):
            _join(db, [one.story_id for one in tellings], now, at_home=(), fuller=False)


def _of_different_sources(tellings: Collection[_Telling | _Member]) -> bool:
    return len({one.source_id for one in tellings}) == len(tellings)


class _Member(NamedTuple):
    """One that is to be in a cluster, with what decides which of them comes first."""

    story_id: int
    source_id: int
    cluster: int | None
    rank: int
    touched: int
    whole: int
    was_read: int
    listed: int


def _join(db: apsw.Connection, ids: Collection[int], now: datetime, *, at_home: Collection[int], fuller: bool) -> None:
    """Make one cluster of these stories and of those that they are clustered with; read, if one of them was.

    The one that the reader did something with stays in the lists; else one that stands there for others and has not met
    these; else one that is at home where they met, and if it is for being `fuller`, one with the whole text; else the
    one that was here first. Nothing is done where that would join two stories of one source, or very many.
    """
    everyone = {*ids, *_members(db, clusters_of(db, ids))}
    if len(everyone) > MOST:
        return
    rows = every(
        db,
        """SELECT t.id, s.source_id, t.cluster_id, t.cluster_rank,
            s.read OR s.starred OR s.later OR s.watched OR s.position_block OR s.changed_at IS NOT NULL,
            t.text_kind = 2 OR t.article > 0, s.read AND s.hidden & 1 = 0 AND s.changed_at IS NOT NULL, s.hidden = 0
        FROM json_each(?) AS k CROSS JOIN stories AS t ON t.id = k.value CROSS JOIN states AS s ON s.story_id = t.id
        ORDER BY t.cluster_rank, t.id""",
        (numbers(everyone),),
    )
    members = [_Member._make(row) for row in rows]
    if len({one.cluster or -one.story_id for one in members}) < 2 or not _of_different_sources(members):
        return
    firsts: dict[int, _Member] = {}
    for member in sorted(members, key=lambda one: not one.listed):
        firsts.setdefault(member.cluster or -member.story_id, member)
    met = set(ids)

    def place(one: _Member) -> tuple[bool, int, bool, int]:
        stands = 0 if one.story_id not in met else 1 if one.story_id in at_home else 2
        return not one.touched, stands, fuller and not one.whole, one.story_id

    first = min(firsts.values(), key=place)
    cluster = min(one.story_id for one in members)
    db.execute(
        "UPDATE stories SET cluster_id = ? WHERE id IN (SELECT value FROM json_each(?))", (cluster, numbers(everyone))
    )
    if first is not members[0]:
        db.execute("UPDATE stories SET cluster_rank = ? WHERE id = ?", (members[0].rank - 1, first.story_id))
    if any(one.was_read for one in members):
        db.execute(
            """UPDATE states SET read = 1, changed_at = ?
            WHERE story_id IN (SELECT value FROM json_each(?)) AND read = 0 AND hidden & 1 = 0""",
            (to_seconds(now), numbers(everyone)),
        )
    settle(db, [cluster])


def alone(db: apsw.Connection, ids: Collection[int]) -> None:
    """Take stories out of their clusters, and from behind others."""
    these = "(SELECT value FROM json_each(?))"
    db.execute(f"UPDATE stories SET cluster_id = NULL, cluster_rank = 0 WHERE id IN {these}", (numbers(ids),))
    db.execute(f"UPDATE states SET hidden = hidden & 3 WHERE story_id IN {these} AND hidden > 3", (numbers(ids),))


# Keeping


def settle(db: apsw.Connection, clusters: Collection[int]) -> None:
    """In each of these clusters the first that is to be seen stands in the lists, and the others stand behind it."""
    _settle(db, _THESE, (numbers(clusters),))


def _settle(db: apsw.Connection, which: str, values: tuple[str, ...] = ()) -> None:
    db.execute(
        f"""WITH firsts AS ({_FIRSTS.format(clusters=which)})
        UPDATE states SET hidden = {BEHIND} * firsts.behind FROM firsts
        WHERE states.story_id = firsts.id AND states.hidden <> {BEHIND} * firsts.behind""",
        values,
    )


def settle_around(db: apsw.Connection, ids: Collection[int]) -> None:
    """The same, for the clusters of these stories, which have gone from the lists or come back."""
    if clusters := clusters_of(db, ids):
        settle(db, clusters)


def regroup(db: apsw.Connection, clusters: Collection[int]) -> None:
    """Some of these clusters' stories are gone: whoever is left alone is no cluster, and the others get their place."""
    rows = every(
        db,
        f"SELECT t.cluster_id, min(t.id), json_group_array(t.id), count(*) FROM {_THESE} GROUP BY t.cluster_id",
        (numbers(clusters),),
    )
    alone(db, [number(first) for _, first, _, count in rows if count < 2])
    renamed = [(first, members) for cluster, first, members, count in rows if count > 1 and first != cluster]
    db.executemany("UPDATE stories SET cluster_id = ? WHERE id IN (SELECT value FROM json_each(?))", renamed)
    settle(db, [number(first) for _, first, _, count in rows if count > 1])


def forget_old_headlines(db: apsw.Connection, now: datetime) -> None:
    """What no copy will come of any more."""
    db.execute("DELETE FROM headlines WHERE shown_at < ?", ((to_seconds(now) or 0) - 2 * DAYS_S,))


def are_waiting(db: apsw.Connection) -> bool:
    """Whether there are addresses that `meet_waiting` is to look at."""
    return bool(every(db, "SELECT 1 FROM meetings LIMIT 1"))


def meet_waiting(db: apsw.Connection, limit: int, now: datetime) -> int:
    """Let stories of an older library meet at a few of the addresses that they share; how many."""
    waiting = [number(row[0]) for row in db.execute("SELECT url_number FROM meetings LIMIT ?", (limit,))]
    if waiting:
        meet(db, waiting, now)
        db.execute("DELETE FROM meetings WHERE url_number IN (SELECT value FROM json_each(?))", (numbers(waiting),))
    return len(waiting)


# Care


def astray(db: apsw.Connection) -> int:
    """How many stories are clustered, or stand in lists or behind others, otherwise than they should."""
    (wrong,) = one(
        db,
        f"""SELECT (SELECT count(*) FROM states WHERE hidden NOT BETWEEN 0 AND {BEHIND})
        + (SELECT count(*) FROM states WHERE hidden = {BEHIND} AND (shown_at IS NULL
            OR story_id NOT IN (SELECT id FROM stories INDEXED BY stories_cluster WHERE cluster_id IS NOT NULL)))
        + (SELECT count(*) FROM ({_FIRSTS.format(clusters=_ALL)}) AS firsts CROSS JOIN states
            ON states.story_id = firsts.id WHERE states.hidden <> {BEHIND} * firsts.behind)
        + (SELECT count(*) FROM (SELECT 1 FROM stories INDEXED BY stories_cluster WHERE cluster_id IS NOT NULL
            GROUP BY cluster_id HAVING count(*) < 2 OR min(id) <> cluster_id))""",
    )
    return int(wrong)


def mend(db: apsw.Connection) -> None:
    """Make right what `astray` counts."""
    db.execute(f"UPDATE states SET hidden = hidden & 3 WHERE hidden NOT BETWEEN 0 AND {BEHIND - 1}")
    rows = every(db, "SELECT DISTINCT cluster_id FROM stories INDEXED BY stories_cluster WHERE cluster_id IS NOT NULL")
    regroup(db, [number(row[0]) for row in rows])
