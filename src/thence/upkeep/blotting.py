"""Journal segments whose records are in the store, overwritten where they stand.

A segment goes when its writer is gone and everything in it is stored. One whose writer lives, or that holds the
beginning of a call in flight, stays, and what it holds must be erasable all the same. So what the store has of it is
overwritten with gap records that say nothing was lost: a reader steps over them, the writer goes on behind them.

Only whole regions are overwritten, filling first and its record's prefix last, and by places that are known without
reading the region. So a process that is killed in between has done no harm, and the next begins again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from thence import frames
from thence.journal import layout

__all__ = ["blot"]

_FILLING = 4 << 20  # bytes of one record at most
_GAP = frames.encode(frames.Gap(at=0, count=0, reason="erased"))
_LEAST = layout.PREFIX_SIZE + len(_GAP)


def blot(path: Path, upto: int, keep: list[tuple[int, int]], sequence: int) -> None:
    """Overwrite a segment's records from the first on.

    Args:
        path: the segment.
        upto: where to stop: how far the store has read it.
        keep: (start, end) of records that stay.
        sequence: the number that the new records have; a reader takes numbers that don't rise for nothing missing.

    Raises:
        OSError: it can't be written.
    """
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        start = layout.parse_preamble(os.pread(fd, 1 << 16, 0))
        if start is None or start.version != layout.VERSION:
            return
        for begin, end in _between(start.size, upto, keep):
            for at, size in _pieces(begin, end):
                _overwrite(fd, at, size, start.marker, sequence)
        os.fsync(fd)
    finally:
        os.close(fd)


def _between(start: int, upto: int, keep: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The regions that do not stay."""
    at = start
    for begin, end in sorted(keep):
        if begin > at:
            yield at, min(begin, upto)
        at = max(at, end)
    if at < upto:
        yield at, upto


def _pieces(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """A region as records' worth: none too small to be one."""
    at = begin
    while at < end:
        size = min(_FILLING, end - at)
        if 0 < end - at - size < _LEAST:
            size -= _LEAST
        yield at, size
        at += size


def _overwrite(fd: int, at: int, size: int, marker: bytes, sequence: int) -> None:
    if size < _LEAST:
        os.pwrite(fd, bytes(size), at)  # no record of ours is so small: damage, which stays what it is
        return
    filling = bytes(size - _LEAST)
    buffers, _ = layout.record(marker, sequence, _GAP, filling)
    os.pwrite(fd, filling, at + _LEAST)
    os.pwrite(fd, b"".join(buffers[:-1]), at)
