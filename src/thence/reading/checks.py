"""What ``thence doctor`` looks at: each check gives findings, and a finding that is bad says what to do."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from thence.journal import check, folder_for, segments
from thence.settings import Settings

__all__ = ["Finding", "Verdict", "examine", "without_password"]

Verdict = Literal["ok", "note", "bad"]

# SDK -> the first version that is not supported any more; what is supported from below is in pyproject.toml.
_CEILINGS: Final = {"openai": 4, "anthropic": 3}
_FREE_BYTES: Final = 200 << 20
_EARLIEST: Final = 1_700_000_000  # a clock before this is wrong, and call ids sort by it


class Finding(NamedTuple):
    """What was found; ``advice`` says what to do about it."""

    subject: str
    verdict: Verdict
    said: str
    advice: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, from the program down to the disk."""
    yield _finding("thence", f"{version('thence')} on Python {sys.version.partition(' ')[0]}")
    yield from _sdks()
    yield from _recording(settings)
    file = _file(settings.store)
    yield from _rights(file)
    yield from _journal(settings)
    yield from _machine(file)


def without_password(url: str) -> str:
    """A store's URL as it can be shown."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@")))


def _finding(subject: str, said: str) -> Finding:
    return Finding(subject, "ok", said)


def _file(store: str) -> Path | None:
    return None if "://" in store else Path(store)


def _sdks() -> Iterator[Finding]:
    found = False
    for name, ceiling in _CEILINGS.items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue
        found = True
        if int(installed.partition(".")[0]) < ceiling:
            yield _finding(name, installed)
        else:
            yield Finding(name, "note", f"{installed} is newer than Thence knows", "calls are recorded; check a few")
    if not found:
        yield Finding("SDKs", "note", "neither openai nor anthropic is installed here", "pip install 'thence[openai]'")


def _recording(settings: Settings) -> Iterator[Finding]:
    where = without_password(settings.store)
    yield _finding("store", f"{where} ({settings.origin_of('store')})")
    if settings.config_path:
        yield _finding("config", str(settings.config_path))
    if settings.disabled:
        origin = settings.origin_of("disabled")
        yield Finding("recording", "bad", f"switched off by {origin}", f"take {origin} away to record again")
    elif settings.capture != "full":
        yield Finding("recording", "note", f"capture is {settings.capture} ({settings.origin_of('capture')})")
    else:
        yield _finding("recording", f"everything, safe against {_safety(settings.durability)}")


def _safety(durability: str) -> str:
    return "a power cut" if durability == "power" else "kill -9"


def _rights(file: Path | None) -> Iterator[Finding]:
    if file is None:
        return
    place = file if file.exists() else next((folder for folder in file.parents if folder.exists()), file.parent)
    if not os.access(place, os.W_OK):
        yield Finding("rights", "bad", f"{place} can't be written", "give the program a store elsewhere: THENCE_STORE")
    elif file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield Finding("rights", "bad", f"others can read {file}", f"chmod 600 {file}")
    else:
        yield _finding("rights", f"{place} can be written" if place != file else "yours alone")


def _journal(settings: Settings) -> Iterator[Finding]:
    folder = folder_for(settings.store, settings.journal_dir)
    waiting = segments(folder)
    size = sum(segment.size for segment in waiting)
    if size > settings.journal_max_bytes // 2:
        advice = "is the store reachable? thence ingest"
        yield Finding("journal", "bad", f"{size >> 20} MiB of {settings.journal_max_mb} MiB are full", advice)
    else:
        owners = sum(segment.alive for segment in waiting)
        yield _finding("journal", f"{len(waiting)} segments, {size / 1024:.0f} KiB, {owners} being written")
    for segment in waiting:
        health = check(segment.path)
        if health.corrupt:
            said = f"{segment.name}: {len(health.corrupt)} places were changed after they were written"
            yield Finding("journal", "bad", said, "what is whole is ingested; look at the disk")
        elif health.torn_bytes and not segment.alive:
            yield Finding("journal", "note", f"{segment.name}: the last record broke off, {health.torn_bytes} bytes")


def _machine(file: Path | None) -> Iterator[Finding]:
    if time.time() < _EARLIEST:
        yield Finding("clock", "bad", "the clock is years behind", "set it: calls are sorted by time")
    folder = next((parent for parent in (file or Path.cwd()).parents if parent.exists()), Path.cwd())
    free = shutil.disk_usage(folder).free
    if free < _FREE_BYTES:
        yield Finding("disk", "bad", f"{free >> 20} MiB free", "make room: a full disk loses calls")
    else:
        yield _finding("disk", f"{free >> 30} GiB free")
