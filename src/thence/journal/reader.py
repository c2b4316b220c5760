"""Reading a segment: its whole records in order, whatever happened to the file, while it is still being written too.

A reader looks at the length once, when it begins, and at nothing beyond it: what is below the length of a file that is
only appended to is final, and what comes later is the next reading's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from thence.journal import layout

__all__ = ["Health", "Record", "check", "read"]

_WINDOW: Final = 1 << 18
_MARKER_SIZE: Final = 8


class Record(NamedTuple):
    """A record and where it stands: from ``offset`` up to ``end``, which is where to read on another time.

    An ``offset`` beyond the ``end`` of the record before says that the bytes between them are corrupt.
    """

    offset: int
    end: int
    sequence: int
    header: bytes
    payload: bytes


class Health(NamedTuple):
    """What is in a segment.

    ``torn_bytes`` is the length of a last record that broke off; ``corrupt`` has the ranges, as (start, end), that
    changed after they were written; ``version`` is None where the preamble is damaged. A segment of another version
    is not looked into.
    """

    records: int
    torn_bytes: int
    corrupt: list[tuple[int, int]]
    version: int | None = layout.VERSION


class _Damage(NamedTuple):
    start: int
    end: int
    torn: bool


def read(path: Path, offset: int = 0) -> Iterator[Record]:
    """The records of a segment from ``offset`` on (0, or some record's ``end``), with one of them in memory at a time.

    Ends at the last whole record. Corrupt bytes are stepped over; a segment of another version has no records for us.

    Raises:
        OSError: the file can't be read.
    """
    with path.open("rb", buffering=0) as file:
        for found in _Reading(file.fileno()).walk(offset):
            if isinstance(found, Record):
                yield found


def check(path: Path) -> Health:
    """Read a segment through and say what is in it.

    Raises:
        OSError: the file can't be read.
    """
    records, torn, corrupt = 0, 0, []
    with path.open("rb", buffering=0) as file:
        reading = _Reading(file.fileno())
        for found in reading.walk(0):
            if isinstance(found, Record):
                records += 1
            elif found.torn:
                torn += found.end - found.start
            else:
                corrupt.append((found.start, found.end))
    return Health(records, torn, corrupt, reading.preamble.version if reading.preamble else None)


class _Reading:
    """One reading of one file, as long as it was when the reading began."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._size = os.fstat(fd).st_size
        self.preamble = layout.parse_preamble(self._bytes(0, 1 << 16))
        self._marker = self.preamble.marker if self.preamble else b""

    def walk(self, offset: int) -> Iterator[Record | _Damage]:
        if self.preamble is None:
            if not self._find_marker():
                if self._size:
                    yield _Damage(0, self._size, torn=self._size < layout.PREAMBLE_SIZE)
                return
            if not offset:
                yield _Damage(0, layout.PREAMBLE_SIZE, torn=False)
        elif self.preamble.version != layout.VERSION:
            return
        at = max(offset, self.preamble.size if self.preamble else layout.PREAMBLE_SIZE)
        while at < self._size:
            record = self._record(at) or self._next_record(at + 1)
            if record is None:
                yield _Damage(at, self._size, torn=self._torn(at))
                return
            if record.offset > at:
                yield _Damage(at, record.offset, torn=False)
            yield record
            at = record.end

    def _find_marker(self) -> bool:
        """Take the marker from where the first record must be, if a record is there."""
        self._marker = self._bytes(layout.PREAMBLE_SIZE, _MARKER_SIZE)
        return self._record(layout.PREAMBLE_SIZE) is not None

    def _record(self, at: int) -> Record | None:
        """The record that begins at ``at``, if a whole one does."""
        prefix = layout.parse_prefix(self._bytes(at, layout.PREFIX_SIZE))
        if prefix is None or prefix.marker != self._marker:
            return None
        start = at + layout.PREFIX_SIZE
        middle = start + prefix.header_size
        end = middle + prefix.payload_size
        if end > self._size:
            return None
        header = self._bytes(start, prefix.header_size)
        payload = self._bytes(middle, prefix.payload_size)
        if layout.checksum_of(prefix, header, payload) != prefix.checksum:
            return None
        return Record(at, end, prefix.sequence, header, payload)

    def _next_record(self, start: int) -> Record | None:
        """The first record that begins at ``start`` or later."""
        while start < self._size:
            window = self._bytes(start, _WINDOW)
            found = window.find(self._marker)
            while found >= 0:
                record = self._record(start + found)
                if record is not None:
                    return record
                found = window.find(self._marker, found + 1)
            if len(window) < _MARKER_SIZE:
                return None
            start += len(window) - _MARKER_SIZE + 1
        return None

    def _torn(self, at: int) -> bool:
        """Whether the rest of the file is the beginning of a record, as a write that broke off leaves it."""
        start = self._bytes(at, layout.PREFIX_SIZE)
        if start[:_MARKER_SIZE] != self._marker[: len(start)]:
            return False
        if len(start) < layout.PREFIX_SIZE:
            return True
        prefix = layout.parse_prefix(start)
        return prefix is not None and at + layout.PREFIX_SIZE + prefix.header_size + prefix.payload_size > self._size

    def _bytes(self, at: int, count: int) -> bytes:
        return os.pread(self._fd, max(0, min(count, self._size - at)), at)
