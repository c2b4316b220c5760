"""The folder of a journal: where it is, which segments it holds, whose owners live, which may go."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from thence.journal import layout
from thence.settings import Settings

__all__ = ["SUFFIX", "Segment", "folder_for", "retire", "segments", "used"]

SUFFIX: Final = ".segment"


class Segment(NamedTuple):
    """A segment as it was when it was listed: ``size`` in bytes, ``alive`` while its owner may still write to it."""

    path: Path
    name: str
    size: int
    alive: bool

    @property
    def writer(self) -> str:
        """Which writer it is of: sequence numbers run on over all segments of one writer."""
        return self.name.rpartition("-")[0]


def segments(folder: Path) -> list[Segment]:
    """The segments of a folder, those of one writer in the order of writing; none where there is no folder."""
    found = []
    for entry in _entries(folder):
        path = folder / entry.name
        with suppress(FileNotFoundError):  # another process has just retired it
            alive = _alive(path)  # before its size: what is dead by now does not grow any more
            found.append(Segment(path, entry.name, path.stat().st_size, alive))
    return sorted(found, key=lambda segment: segment.name)


def used(folder: Path) -> int:
    """The bytes that a folder's segments take."""
    total = 0
    for entry in _entries(folder):
        with suppress(FileNotFoundError):
            total += entry.stat(follow_symlinks=False).st_size
    return total


def retire(segment: Segment) -> bool:
    """Delete a segment that has been read to its end.

    It stays, and the answer is False, while its owner lives, where it has grown since it was listed, and where this
    version could not have read it.
    """
    try:
        fd = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = os.fstat(fd)
        start = layout.parse_preamble(os.pread(fd, 1 << 16, 0))
        if status.st_size != segment.size or (start is not None and start.version != layout.VERSION):
            return False
        if not os.path.samestat(status, segment.path.stat()):
            return False
        segment.path.unlink()
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def folder_for(store_url: str, root: Path | None = None) -> Path:
    """The folder of a store's journal; it need not exist.

    ``<store>.journal`` beside a SQLite file, and a folder of its own in the user's state directory for any other
    store. With a ``root``, or ``journal_dir`` in the settings, it is in there, one folder a store. The password
    of a URL has no part in the name, and neither has the driver.

    Args:
        store_url: an SQLAlchemy URL, or the path of a SQLite file.
        root: where journals are to be; before the settings.
    """
    file = _sqlite_file(store_url)
    chosen = root or Settings.load().journal_dir
    if file is not None and not chosen:
        return file.with_name(file.name + ".journal")
    parent = chosen.expanduser().absolute() if chosen else _state_folder() / "journal"
    identity = str(file) if file is not None else _identity(store_url)
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    label = re.sub(r"[^A-Za-z0-9._-]+", "-", re.split(r"[/\\]", identity.partition("?")[0])[-1])[:40].strip(".-")
    return parent / f"{label or 'store'}-{digest}.journal"


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.name.endswith(SUFFIX)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _alive(path: Path) -> bool:
    """Whether somebody holds the lock, or locks can't tell."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise
        return True  # another user's: not ours to judge
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False


def _sqlite_file(store_url: str) -> Path | None:
    """The real path of a SQLite store; None for a server's or an in-memory store."""
    scheme, colon, rest = store_url.partition("://")
    if colon and scheme.partition("+")[0] != "sqlite":
        return None
    if not colon:
        return None if store_url == ":memory:" else Path(store_url).expanduser().resolve()
    path, _, query = rest.removeprefix("/").partition("?")
    if path.startswith("file:") and dict(parse_qsl(query)).get("uri") == "true":
        path = unquote(path.removeprefix("file:"))
    return None if path in ("", ":memory:") else Path(path).resolve()


def _identity(store_url: str) -> str:
    """What makes a store this one: its URL without driver and password. In-memory stores are their process's own."""
    parts = urlsplit(store_url)
    dialect = parts.scheme.partition("+")[0]
    if dialect in ("", "sqlite"):
        return f"memory?{os.getpid()}"
    user, at, host = parts.netloc.rpartition("@")
    query = urlencode(sorted((name, value) for name, value in parse_qsl(parts.query) if "pass" not in name.lower()))
    return f"{dialect}://{user.partition(':')[0]}{at}{host.lower()}{parts.path}?{query}"


def _state_folder() -> Path:
    chosen = os.environ.get("XDG_STATE_HOME")
    if chosen:
        return Path(chosen).absolute() / "thence"
    try:
        return Path.home() / ".local" / "state" / "thence"
    except RuntimeError:  # a user without a home
        import tempfile

        return Path(tempfile.gettempdir()) / f"thence-{os.getuid()}"
