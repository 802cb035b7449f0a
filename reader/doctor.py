"""What `doctor` looks at and says: config, disk, the library's rows, daily backup, sources, sync server."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from reader.errors import LibraryDamagedError, LibraryError
from reader.model import Finding
from reader.remote import KIND
from reader.settings import Folders, Sync
from reader.store import Store
from reader.text import counted

LEAST_MB = 50
"""Free disk below which something is said."""


def examine(
    folders: Folders,
    store: Callable[[], Store],
    now: datetime,
    *,
    sync: Sync,
    config_fault: str = "",
    mend: Callable[[], Iterable[Finding]] | None = None,
) -> Iterator[Finding]:
    """All findings, from the outside in; the library is opened by `store`, and first of all repaired by `mend`."""
    yield config_finding(folders.config_file, config_fault)
    yield disk_finding(folders.data)
    try:
        if mend is not None:
            yield from mend()
        yield from store().check(now)
        yield backup_finding(store(), now)
        yield from sync_findings(store(), sync)
        yield from source_findings(store(), sync)
    except LibraryError as error:
        remedy = "broadsheet doctor --repair" if isinstance(error, LibraryDamagedError) and mend is None else ""
        yield Finding("library", False, str(error), remedy)


def config_finding(path: Path, fault: str) -> Finding:
    """Whether the config is right; `fault` is what is wrong with it."""
    if fault:
        return Finding("config", False, fault, f"Mend {path}, or move it aside: everything in it is optional.")
    says = f"{path} is in order." if path.exists() else f"There is no {path}; all settings are the defaults."
    return Finding("config", True, says)


def disk_finding(folder: Path) -> Finding:
    """Whether there is room where the library is."""
    there = next(one for one in (folder, *folder.parents) if one.exists())  # before the first start
    free_mb = shutil.disk_usage(there).free >> 20
    if free_mb < LEAST_MB:
        return Finding("disk", False, f"Only {free_mb} MB are free where the library is.", "Make room on the disk.")
    return Finding("disk", True, f"{free_mb} MB are free where the library is.")


def backup_finding(store: Store, now: datetime) -> Finding:
    """How old the daily backup is; two days behind the news is too old."""
    visits = [row.subscription.health.last_ok_at for row in store.subscriptions()]
    newest = max((at for at in visits if at), default=None)
    last = store.daily_backup(now)
    if last is None:
        says = "There is no daily backup of subscriptions and stars yet; the next refresh writes one."
        return Finding("backup", newest is None or newest > now - timedelta(days=2), says, "broadsheet refresh")
    made_at, sources, stories = last
    held = f"{counted(sources, 'source')} and {counted(stories, 'kept story')}"
    says = f"The daily backup holds {held}, as of {made_at.astimezone():%Y-%m-%d %H:%M}."
    old = newest is not None and newest - made_at > timedelta(days=2)
    return Finding("backup", not old, says, "broadsheet refresh --all" if old else "")


def sync_findings(store: Store, sync: Sync) -> Iterator[Finding]:
    """How it stands with the sync server, if there is or was one, and how many marks it is still to be told."""
    theirs = sum(row.subscription.kind == KIND for row in store.subscriptions())
    waiting = store.server.waiting()
    marks = f"{counted(waiting, 'mark waits', 'marks wait')} to be told." if waiting else "No mark waits."
    sources = counted(theirs, "source")
    if not sync.server:
        if theirs or waiting:
            says = f"The config names no sync server; {sources} that it had {'is' if theirs == 1 else 'are'} asked for"
            yield Finding("sync", True, f"{says} at the publishers. {marks}")
        return
    health = store.server.health(sync.name)
    if health.error:
        yield Finding("sync", False, f"The sync server: {health.error} {marks}", "broadsheet refresh --all")
    elif health.last_ok_at is None:
        yield Finding("sync", True, f"{sync.host} has not been asked yet.", "broadsheet refresh")
    else:
        at = f"{health.last_ok_at.astimezone():%Y-%m-%d %H:%M}"
        yield Finding("sync", True, f"{sync.host} has {sources} and was last asked at {at}. {marks}")


def source_findings(store: Store, sync: Sync) -> Iterator[Finding]:
    """Each source that is failing, or that none is; what ails the sync server is said once, and not at each of its."""
    once = store.server.health(sync.name).error if sync.server else ""
    failing = [
        row.subscription
        for row in store.subscriptions()
        if row.subscription.health.error and (row.subscription.kind != KIND or row.subscription.health.error != once)
    ]
    for source in failing:
        yield Finding("sources", False, f"{source.title}: {source.health.error}", f"broadsheet refresh {source.id}")
    if not failing:
        yield Finding("sources", True, "No source is failing.")
