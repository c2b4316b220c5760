"""What ``thence doctor`` looks at: each check gives findings, and a finding that is bad says what to do."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from thence.errors import ConfigError, ThenceError
from thence.journal import Segment, check, folder_for, segments, told
from thence.settings import Settings

__all__ = ["Finding", "Verdict", "examine", "without_password"]

Verdict = Literal["ok", "note", "bad"]


class _Range(NamedTuple):
    """The releases of a package that are supported: from the one, below the other, and not these."""

    first: tuple[int, int]
    ceiling: int
    never: tuple[str, ...] = ()


_PACKAGES: Final = {
    "openai": _Range((1, 40), 4),
    "anthropic": _Range((0, 40), 3),
    "litellm": _Range((1, 80), 2, ("1.82.7", "1.82.8")),
}
_FREE_BYTES: Final = 200 << 20
_EARLIEST: Final = 1_700_000_000  # a clock before this is wrong, and call ids sort by it
_AHEAD: Final = 3600  # seconds by which something written may be newer than now
_RECENT: Final = 7 * 86400
_OPTIONS = "what it may say: docs/reference/configuration.md"


class Finding(NamedTuple):
    """What was found; ``advice`` says what to do about it."""

    subject: str
    verdict: Verdict
    said: str
    advice: str = ""


def examine() -> Iterator[Finding]:
    """Every finding, from the program down to the disk. Nothing is made or changed."""
    yield _finding("thence", f"{version('thence')} on Python {sys.version.partition(' ')[0]}")
    yield from _packages()
    try:
        settings = Settings.load()
    except ConfigError as error:
        yield Finding("config", "bad", error.message, error.hint or _OPTIONS)
        return
    yield from _recording(settings)
    file = _file(settings.store)
    yield from _rights(file)
    yield from _store(settings)
    folder = folder_for(settings.store, settings.journal_dir)
    try:
        waiting = segments(folder)
    except PermissionError:
        yield Finding("journal", "bad", f"{folder} can't be reached", "name another: THENCE_JOURNAL_DIR")
        waiting = []
    yield from _journal(settings, folder, waiting)
    yield from _faults(folder)
    yield from _clock(waiting)
    yield from _disk(file)


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


def _packages() -> Iterator[Finding]:
    found = False
    for name, supported in _PACKAGES.items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue
        found = True
        yield _package(name, installed, supported)
    if not found:
        yield Finding("SDKs", "note", "neither openai nor anthropic is installed here", "pip install 'thence[openai]'")


def _package(name: str, installed: str, supported: _Range) -> Finding:
    release = tuple(int(part) for part in re.findall(r"\d+", installed)[:2])
    first = ".".join(map(str, supported.first))
    if installed in supported.never:
        return Finding(
            name, "bad", f"{installed} was a malicious release", f"pip install -U {name}, and change your keys"
        )
    if release < supported.first:
        return Finding(name, "bad", f"{installed} is too old, it must be {first}", f"pip install -U {name}")
    if release >= (supported.ceiling, 0):
        return Finding(name, "note", f"{installed} is newer than Thence knows", "calls are recorded; check a few")
    return _finding(name, installed)


def _recording(settings: Settings) -> Iterator[Finding]:
    where = without_password(settings.store)
    yield _finding("store", f"{where} ({settings.origin_of('store')})")
    if settings.config_path:
        yield _finding("config", str(settings.config_path))
    if settings.disabled:
        origin = settings.origin_of("disabled")
        yield Finding("recording", "bad", f"switched off by {origin}", f"take {origin} away to record again")
    elif settings.capture == "off":
        origin = settings.origin_of("capture")
        yield Finding(
            "recording", "bad", f"capture is off ({origin})", f"say full or params there, or take {origin} away"
        )
    elif settings.capture == "params":
        yield Finding("recording", "note", f"parameters, and no text ({settings.origin_of('capture')})")
    else:
        yield _finding("recording", f"everything, safe against {_safety(settings.durability)}")


def _safety(durability: str) -> str:
    return "a power cut" if durability == "power" else "kill -9"


def _rights(file: Path | None) -> Iterator[Finding]:
    if file is None:
        return
    advice = "give the program a store elsewhere: THENCE_STORE"
    try:
        place = file if file.exists() else next((folder for folder in file.parents if folder.exists()), file.parent)
    except PermissionError:
        yield Finding("rights", "bad", f"{file} can't be reached: a folder on the way is somebody else's", advice)
        return
    if not _writable(place):
        yield Finding("rights", "bad", f"{place} can't be written", advice)
    elif file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield Finding("rights", "bad", f"others can read {file}", f"chmod 600 {file}")
    else:
        yield _finding("rights", f"{place} can be written" if place != file else "yours alone")


def _writable(place: Path) -> bool:
    return os.access(place, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _store(settings: Settings) -> Iterator[Finding]:
    """What is there; a server is asked with little patience."""
    from thence.store.look import look

    try:
        seen = look(settings.store)
    except ThenceError as error:
        yield Finding("schema", "bad", error.message, error.hint or "thence status")
        return
    if seen.schema is None:
        yield Finding("schema", "note", "there is no store yet", "the first call makes it")
    elif seen.schema != seen.newest:
        yield Finding("schema", "note", f"{seen.schema}, of an older Thence", "the next opening migrates it")
    else:
        yield _finding("schema", seen.schema)
    if seen.lost or seen.corrupt:
        said = f"{seen.lost} records and {seen.corrupt} bytes were lost before they got to the store"
        yield Finding("losses", "bad", said, "thence status says which; look at the disk and at journal_max_mb")


def _journal(settings: Settings, folder: Path, waiting: Sequence[Segment]) -> Iterator[Finding]:
    place = next((each for each in (folder, *folder.parents) if _is_there(each)), folder)
    if not place.is_dir() or not _writable(place):
        yield Finding("journal", "bad", f"{place} is no folder that can be written", "name another: THENCE_JOURNAL_DIR")
        return
    size = sum(segment.size for segment in waiting)
    if size > settings.journal_max_bytes // 2:
        said = f"{size >> 20} MiB of {settings.journal_max_mb} MiB are full; beyond it calls are lost"
        yield Finding("journal", "bad", said, "is the store reachable? thence ingest")
    else:
        owners = sum(segment.alive for segment in waiting)
        yield _finding("journal", f"{len(waiting)} segments, {size / 1024:.0f} KiB, {owners} being written")
    for segment in waiting:
        health = check(segment.path)
        if health.corrupt:
            said = f"{segment.name}: {len(health.corrupt)} places were changed after they were written"
            yield Finding("journal", "bad", said, "what is whole is ingested; look at the disk")
        elif health.torn_bytes and not segment.alive:
            said = f"{segment.name}: the last record broke off, {health.torn_bytes} bytes"
            yield Finding("journal", "note", said, "nothing to do: its process ended while it was writing")


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return False


def _faults(folder: Path) -> Iterator[Finding]:
    """What went wrong in the programs that record here, and was kept from them."""
    for fault in told(folder):
        if time.time() - fault.at < _RECENT:
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(fault.at))
            yield Finding(
                "fault", "note", f"{fault.kind}: {fault.said} ({when}, process {fault.pid})", _advice(fault.kind)
            )


def _advice(kind: str) -> str:
    if kind.startswith("ingest"):
        return "calls wait in the journal; when the store can be used: thence ingest"
    if kind.startswith("redact"):
        return "what the rule was given was replaced as a whole; mend the rule"
    return "the program was not disturbed; THENCE_STRICT=1 raises it, for a report"


def _clock(waiting: Sequence[Segment]) -> Iterator[Finding]:
    now = time.time()
    newest = max((segment.path.stat().st_mtime for segment in waiting), default=0)
    if now < _EARLIEST:
        yield Finding("clock", "bad", "the clock is years behind", "set it: calls are sorted by time")
    elif newest > now + _AHEAD:
        said = f"the journal was written {(newest - now) / 3600:.0f} hours from now: the clock went back"
        yield Finding("clock", "bad", said, "set it: calls are sorted by time")
    else:
        yield _finding("clock", time.strftime("%Y-%m-%d %H:%M %Z"))


def _disk(file: Path | None) -> Iterator[Finding]:
    folder = next((parent for parent in (file or Path.cwd()).parents if _is_there(parent)), Path.cwd())
    free = shutil.disk_usage(folder).free
    if free < _FREE_BYTES:
        yield Finding("disk", "bad", f"{free >> 20} MiB free", "make room: a full disk loses calls")
    else:
        yield _finding("disk", f"{free >> 30} GiB free")
