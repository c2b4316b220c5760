"""Faults of the programs that record here, where another process can read them: ``thence doctor`` does.

A line of JSON for the first fault of each kind in a process, in a file beside the segments. It is bounded, and it says
nothing that a caller said: of what is not Thence's own error or the system's, only the class.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["Told", "tell", "told"]

NAME: Final = "faults.jsonl"
_LIMIT: Final = 64 << 10
_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class Told(NamedTuple):
    """A fault: when, in seconds since the epoch, in which process, of which kind, and what it said."""

    at: float
    pid: int
    kind: str
    said: str


def tell(folder: Path, kind: str, said: str) -> None:
    """Write a fault down; where that can't be, the log of the process has it all the same."""
    line = json.dumps(Told(time.time(), os.getpid(), kind, said[:300]))
    with suppress(OSError):
        descriptor = os.open(folder / NAME, _FLAGS, 0o600)
        try:
            if os.fstat(descriptor).st_size > _LIMIT:
                os.ftruncate(descriptor, 0)
            os.write(descriptor, line.encode() + b"\n")
        finally:
            os.close(descriptor)


def told(folder: Path) -> list[Told]:
    """The newest fault of each kind, the newest last; lines that can't be read are stepped over."""
    found: dict[str, Told] = {}
    with suppress(OSError):
        for line in (folder / NAME).read_bytes()[-2 * _LIMIT :].splitlines():
            with suppress(ValueError, TypeError):
                at, pid, kind, said = json.loads(line)
                found[str(kind)] = Told(float(at), int(pid), str(kind), str(said))
    return sorted(found.values())
