"""The writer: from any thread, any finaliser and either side of a fork, onto one segment after the other.

Four rules make it safe to stand in the way of somebody's call.

**It never waits for itself.** Code that runs in the middle of a write on the same thread (a finaliser, a signal
handler) finds that the lock is its own thread's and leaves its record in a queue. :meth:`Writer.append_soon` leaves it
there too when another thread holds the lock. Whoever releases the lock looks at the queue *afterwards*: a record is put
there before the lock is tried, so either the try succeeds, or there is a holder who has still to look. Whoever takes
the lock looks first, too: a thread's records stand in the order in which it left them.

**It trusts no file.** Before each write the segment must be what the last write left (see
:meth:`~thence.journal.segment.OpenSegment.intact`); if not, the writer lets go of it and begins another. One rule
covers a deleted folder, a closed or reused descriptor, a full disk and an interrupted write.

**It counts what it can't keep.** Every record takes a sequence number, kept or not. Losses are logged, and written down
as gap records, one a reason, before the next record that can be written, or when :meth:`Writer.settle` is called.

**It swallows only what is its own.** An exception that a signal handler raises in the middle of a write (a time limit,
an interrupt) passes. What it breaks off before a byte is written gives its number back, and waits on if it came from
the queue; after that it is a whole record, or a torn one.

After a fork the child has a new lock (the old one may be held by a thread that it hasn't got), an empty queue (its
records are the parent's), a marker, sequence and segment of its own.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from thence import faults, frames
from thence.forks import follow
from thence.journal import layout
from thence.journal.folder import SUFFIX
from thence.journal.room import PAUSE, Room
from thence.journal.segment import OpenSegment, contended, from_outside

__all__ = ["Writer", "gap_header"]

Payload = bytes | Sequence[bytes]
_TRIES = 5  # for a new segment, of which others may get hold before it is locked


class _NotKept(Exception):
    """A record can't be kept, for the reason that is the message."""


def gap_header(count: int, reason: str) -> bytes:
    """The header of a record that says that ``count`` records were not kept."""
    return frames.encode(frames.Gap(at=time.time_ns(), count=count, reason=reason))


class Writer:
    """Appends records to a journal. No file is touched before the first one.

    Args:
        folder: the journal's; made when needed, for its owner alone.
        durability: ``process``: a record survives the end of the process; ``power``: a power cut too.
        limit: bytes that all segments of the folder together may take; beyond it records are counted, not kept.
            Checked every few megabytes, so that several writers may pass it by that much each.
        segment_size: bytes after which a new segment is begun.
        gap: makes the header that says how many records were lost, and why.

    Raises:
        ValueError: no such durability.
    """

    def __init__(
        self,
        folder: Path,
        *,
        durability: str = "process",
        limit: int = 1 << 30,
        segment_size: int = 64 << 20,
        gap: Callable[[int, str], bytes] = gap_header,
    ) -> None:
        if durability not in ("process", "power"):
            raise ValueError(f"durability is process or power, not {durability!r}")
        self.folder = Path(folder).absolute()
        self._power = durability == "power"
        self._limit = limit
        self._segment_size = segment_size
        self._gap = gap
        self._closed = False
        self._segment: OpenSegment | None = None
        self._begin()
        follow(self)

    def _begin(self) -> None:
        """Begin as a writer that has written nothing: when it is made, and in the child of a fork."""
        self._lock = threading.RLock()
        self._writing_here: Callable[[], bool] = self._lock._is_owned  # type: ignore[attr-defined]
        self._later: deque[tuple[bytes, Payload]] = deque()
        self._marker = b""
        self._name = ""
        self._segments = 0
        self._sequence = 0
        self._room = Room(self.folder, self._limit)
        self._try_again = 0.0
        self._refusal = "closed" if self._closed else ""
        self._unsaid: Counter[str] = Counter()
        self._losses: Counter[str] = Counter()
        self.kept = 0
        self.dropped = 0

    @property
    def position(self) -> tuple[str, int] | None:
        """The name of the segment being written and its length; None while there is none."""
        segment = self._segment
        return (segment.path.name, segment.end) if segment else None

    @property
    def losses(self) -> dict[str, int]:
        """How many records of this process were not kept, by reason: ``limit``, ``ENOSPC``, ``too large``, ..."""
        return dict(self._losses)

    def append(self, header: bytes, payload: Payload = b"") -> bool:
        """Write a record. When this returns True, the record survives the end of the process.

        False says that it was not kept: it is counted, and a gap record will say so. Raises nothing of its own, and
        waits for nothing but other threads' writes. From a signal handler that interrupts a write, the record is
        written as soon as that write is done.

        Args:
            header: at most 16 MiB.
            payload: the bytes, or the parts that make them; at most 256 MiB.
        """
        if self._writing_here():
            self._later.append((header, payload))
            return True
        dropped = self.dropped
        try:
            with self._lock:
                while self._later:
                    self._keep_next()
                kept = self._keep(header, payload)
        finally:
            if self._later:
                self._catch_up()
        if self.dropped > dropped:
            self._tell()
        return kept

    def append_soon(self, header: bytes, payload: Payload = b"") -> None:
        """Write a record now if nobody is writing; else whoever is writes it next. For finalisers: never waits."""
        self._later.append((header, payload))
        self._catch_up()

    def close(self) -> None:
        """Write what is waiting, let go of the segment; whatever comes later is not kept."""
        self._catch_up()
        with self._lock:
            if self._unsaid:
                self._say_losses()
            self._closed, self._refusal = True, "closed"
            self._let_go()

    def settle(self) -> bool:
        """Say the losses that are not said yet, if that can be written now. True: there are none left to say."""
        if self._unsaid and not self._writing_here():
            with self._lock:
                if not self._room.refused_lately():
                    self._say_losses()
        return not self._unsaid

    def _tell(self) -> None:
        """A loss is logged, too: where nothing can be written, the log is the one place that can say so."""
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.losses.items())
        faults.note("journal", f"records were not kept in {self.folder}: {reasons}")

    def _catch_up(self) -> None:
        dropped = self.dropped
        self._write_later()
        if self.dropped > dropped:
            self._tell()

    def _write_later(self) -> None:
        while self._later and not self._writing_here():
            try:
                if not self._lock.acquire(blocking=False):
                    return
                while self._later:
                    self._keep_next()
            finally:
                # A signal handler may raise after any call, so nothing is called before this one: neither to ask
                # whether the lock was acquired, nor to make a context that suppresses.
                try:  # noqa: SIM105
                    self._lock.release()
                except RuntimeError:
                    pass

    def _keep_next(self) -> None:
        """Write the first record of the queue; it stays there where an interrupt came before a byte was written."""
        record, sequence = self._later.popleft(), self._sequence
        try:
            self._keep(*record)
        except BaseException as error:
            if self._sequence == sequence and not faults.is_own(error):
                self._later.appendleft(record)
            raise

    def _keep(self, header: bytes, payload: Payload) -> bool:
        if self._unsaid and not self._room.refused_lately():
            self._say_losses()
        reason = self._numbered(header, payload)
        if reason:
            self.dropped += 1
            self._losses[reason] += 1
            self._unsaid[reason] += 1
            return False
        self.kept += 1
        return True

    def _numbered(self, header: bytes, payload: Payload) -> str:
        """Write a record under the next number; a signal handler that raises before a byte is written uses up none."""
        before, sequence = self._segment, self._sequence
        end = before.end if before else 0
        try:
            self._sequence = sequence + 1
            return self._try(sequence, header, payload)
        except BaseException:
            segment = self._segment
            end = end if segment is before else layout.PREAMBLE_SIZE
            if segment is None or (segment.end == end and segment.intact()):
                self._sequence = sequence
            raise

    def _say_losses(self) -> None:
        for reason, count in list(self._unsaid.items()):
            if self._try(self._sequence, self._gap(count, reason), b""):
                return
            self._sequence += 1
            del self._unsaid[reason]

    def _try(self, sequence: int, header: bytes, payload: Payload) -> str:
        """Write a record and give "", or the reason why not."""
        try:
            if self._refusal:
                self._reconsider()
            if not self._marker:
                self._introduce()
            self._write(*layout.record(self._marker, sequence, header, payload))
        except OSError as error:
            if from_outside(error):
                raise
            self._refusal = errno.errorcode.get(error.errno or 0, "OSError")
            self._try_again = time.monotonic() + PAUSE
            return self._refusal
        except (_NotKept, layout.TooLarge) as refusal:
            return str(refusal)
        except (TypeError, ValueError, MemoryError, RecursionError) as error:
            if faults.from_outside(error):
                raise
            return type(error).__name__
        return ""

    def _reconsider(self) -> None:
        """Stand by a refusal for a while; a closed writer stands by it for good."""
        if self._closed or time.monotonic() < self._try_again:
            raise _NotKept(self._refusal)
        self._refusal = ""

    def _introduce(self) -> None:
        """Take a marker and a name: segments are named so that those of one writer stand together, in order."""
        self._marker = layout.new_marker()
        since = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        self._name = f"{since}-{os.getpid()}-{self._marker.hex()}"

    def _write(self, buffers: list[bytes], size: int) -> None:
        if not self._room.has(size):
            raise _NotKept("limit")
        if not self._write_on(buffers, size):
            self._open().append(buffers, size)
        self._room.take(size)

    def _write_on(self, buffers: list[bytes], size: int) -> bool:
        """Append to the segment at hand; False where there is none, it is full, or another one may do better."""
        segment = self._segment
        if segment is None or not segment.intact():
            return False
        if segment.end + size > self._segment_size and segment.end > layout.PREAMBLE_SIZE:
            return False
        try:
            segment.append(buffers, size)
        except OSError as error:
            if from_outside(error):
                raise
            return False
        return True

    def _open(self) -> OpenSegment:
        """Begin another segment, and only then let go of the one at hand: a writer without any is taken for dead."""
        before, self._segment = self._segment, None
        try:
            self._segment = opened = self._another()
        finally:
            self._release(before)
        return opened

    def _another(self) -> OpenSegment:
        """A new segment, under the next number; under another one where somebody else got hold of the file first."""
        tries = _TRIES
        while True:
            self._segments += 1
            path = self.folder / f"{self._name}-{self._segments:06d}{SUFFIX}"
            try:
                return OpenSegment(path, self._marker, power=self._power)
            except OSError as error:
                tries -= 1
                if not tries or not contended(error):
                    raise

    def _let_go(self) -> None:
        segment, self._segment = self._segment, None
        self._release(segment)

    def _release(self, segment: OpenSegment | None) -> None:
        if segment is None:
            return
        if segment.end > layout.PREAMBLE_SIZE:
            segment.close()
        else:
            segment.remove()  # its first write failed: a full disk shall not fill with empty segments too

    def forked(self) -> None:
        """In the child: the segment, its lock and whatever was waiting stay with the parent."""
        segment, self._segment = self._segment, None
        if segment is not None:
            segment.forget()
        self._begin()
