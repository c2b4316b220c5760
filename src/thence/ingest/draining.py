"""From the journal into the store: everything that segments hold, once, whoever reads it and however often.

A few hundred records make a transaction. It moves the segment's place in the ledger by compare and swap, and writes the
calls' rows; so what two processes read at the same time is stored by one of them, and a crash repeats what was not
stored. Rows of calls are upserts by name, so that a frame that comes twice all the same changes nothing.

A call whose end frame is not there yet is *open*: it is visible as pending, and the ledger says where its begin frame
stands. It is closed by its end frame, or, once its process is dead and its segments are read, as interrupted.

Nothing in a journal stops the rest of it: corrupt bytes, frames of another version and calls that can't be read are
counted, reported and stepped over.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from thence import faults, forks, journal
from thence.ingest.chunk import PREAMBLE, Chunk, Report, begin_at, understood, unknown
from thence.ingest.pace import Pace
from thence.ingest.reading import Call
from thence.ingest.weaving import Weaver
from thence.journal import Record, Segment
from thence.store import Store, ledger, recall
from thence.store.batch import Batch
from thence.store.ledger import OpenCall, Place
from thence.store.writing import Overtaken, Refused, Transaction

__all__ = ["Ingest"]

_RECORDS = 400  # in one transaction
_RECORDS_PACED = 100  # what is kept until it is stored, the collector of garbage goes through: less of it, less often
_BYTES = 16 << 20
_TRIES = 5
_FOLLOWED = 100  # retired segments, the newest, by which an earlier store is known


class Ingest:
    """The ingest of one store in this process. Safe to use from several threads: they take turns.

    Args:
        store: what is read goes there.
        folder: of the journal; None: the one that belongs to the store.
        pace: of a thread that nobody waits for: it works in small pieces, and rests between them.
    """

    def __init__(self, store: Store, folder: Path | None = None, *, pace: Pace | None = None) -> None:
        self.store = store
        self._rest: Callable[[], None] = pace.rest if pace else _without_rest
        self._most = _RECORDS if pace is None else _RECORDS_PACED
        if pace:
            store.after_statements(pace.rest)
        self._folder = folder or journal.folder_for(store.url)
        self._journal = f"{socket.gethostname()}:{self._folder}"
        self._turn = forks.Lock()
        self.forked()
        forks.follow(self)

    def forked(self) -> None:
        """Know nothing, as at the beginning and in the child of a fork, which may come in the middle of a draining."""
        self._weaver = Weaver(self.store.asked)
        self._epochs: dict[str, int] = {}
        self._reached: dict[str, int] = {}  # by segment: how far the store said it was read, or we stored
        self._open: dict[bytes, OpenCall] = {}
        self._begun: dict[bytes, Call] = {}  # of the open calls: those that this process has read itself

    def drain(self, timeout: float | None = None) -> Report:
        """Store everything that the journal holds by now.

        Raises:
            StoreLocked: another process holds the store.
            StoreError: the store can't be written.
        """
        until = None if timeout is None else time.monotonic() + timeout
        if not self._turn.acquire(timeout=-1 if timeout is None else timeout):
            return Report(complete=False)
        try:
            return self._drain(until)
        except BaseException:
            self._weaver.forget()
            raise
        finally:
            self._turn.release()

    def _drain(self, until: float | None) -> Report:
        report = Report()
        segments = journal.segments(self._folder)
        if not segments:
            return report
        places = self._recall(segment.name for segment in segments)
        for segment in segments:
            place = places.get(segment.name, Place(segment.name, self._journal))
            places[segment.name] = self._read(segment, place, report, until)
        if report.complete:
            self._interrupt(segments, report)
        if report.complete:
            self._retire(segments, places, report)
        report.pending = len(self._open)
        return report

    def _read(self, segment: Segment, place: Place, report: Report, until: float | None) -> Place:
        """Store what is new in a segment; where it is read to by now."""
        tries = 0
        while tries < _TRIES:
            if place.retired or segment.size <= max(place.position, PREAMBLE):
                return place
            try:
                return self._read_on(segment, place, report, until)
            except Overtaken:
                self._weaver.forget()
                found = self._recall([segment.name]).get(segment.name, place)
                tries = 0 if found.position > place.position else tries + 1  # where others go on, there is an end to it
                place = found
        report.complete = False
        return place

    def _read_on(self, segment: Segment, place: Place, report: Report, until: float | None) -> Place:
        try:
            for records in self._chunks(segment.path, place.position):
                place = self._keep(place, records, report)
                if until is not None and time.monotonic() > until:
                    report.complete = False
                    return place
            if not segment.alive and not place.torn and place.position < segment.size:
                place = self._tail(segment, place, report)
        except FileNotFoundError:
            return place._replace(retired=True)  # another process has read it to its end
        return place

    def _recall(self, segments: Iterable[str] = ()) -> dict[str, Place]:
        """What the store says by now of these segments and of those that are followed, and whether what is remembered
        of the store still holds.
        """
        with self.store.asked() as connection:
            places = ledger.places_of(connection, self._journal, self._reached.keys() | set(segments))
            self._open = ledger.open_in(connection, self._journal)
            epochs = recall.epochs(connection)
        self._begun = {name: call for name, call in self._begun.items() if name in self._open}  # others end calls, too
        collected = any(self._epochs.get(tract, 0) != epoch for tract, epoch in epochs.items())
        if collected or self._gone_back(places):
            self._weaver.forget()
        self._epochs = epochs
        return places

    def _gone_back(self, places: Mapping[str, Place]) -> bool:
        """Whether the store is an earlier one: after a crash or a failover, a server may lack what it said it had."""
        reached, self._reached = self._reached, {name: place.position for name, place in places.items()}
        gone_back = any(self._reached.get(name, 0) < position for name, position in reached.items())
        retired = sorted(name for name, place in places.items() if place.retired)
        for name in retired[:-_FOLLOWED]:
            del self._reached[name]
        return gone_back

    def _keep(self, place: Place, records: Sequence[Record], report: Report) -> Place:
        """Store records together; where the database refuses that, each half by itself, down to the one it refuses."""
        chunk = understood(records, place, self._begin_of, self._has_ended)
        try:
            self._commit(chunk, place)
        except Refused as error:
            self._weaver.forget()
            if len(records) > 1:
                middle = len(records) // 2
                return self._keep(self._keep(place, records[:middle], report), records[middle:], report)
            faults.note("ingest.refused", error)
            chunk = Chunk(chunk.place, unreadable=1)
            self._commit(chunk, place)
        report.calls += len(chunk.calls)
        report.unreadable += chunk.unreadable
        for name in ("frames", "corrupt", "lost", "missing"):
            setattr(report, name, getattr(report, name) + getattr(chunk.place, name) - getattr(place, name))
        return chunk.place

    def _commit(self, chunk: Chunk, before: Place | None) -> None:
        """Store a chunk; ``before`` is the place that it was read from, if it was read from one."""
        batch = Batch(self._weaver.remembered)
        ended = [self._open[call.begin.call_id] for call in chunk.calls if call.begin.call_id in self._open]
        after = chunk.place if before else None
        transaction = Transaction(batch, closed=ended, before=before, after=after, epochs=self._epochs)
        for call in chunk.calls:
            self._rest()
            transaction.add(self._weaver.weave(batch, call))
        opened = []
        for call, position in chunk.opened.values():
            self._rest()
            woven = self._weaver.weave(batch, call)
            opened.append(OpenCall(woven.tract, woven.call_id, chunk.place.segment, position))
            batch.open(self._journal, opened[-1])
        if self.store.apply(transaction):
            self._weaver.forget()
        if after:
            self._reached[after.segment] = after.position
        for open_call in opened:
            self._open[open_call.call_id] = open_call
            self._begun[open_call.call_id] = chunk.opened[open_call.call_id][0]
        for call in chunk.calls:
            self._open.pop(call.begin.call_id, None)
            self._begun.pop(call.begin.call_id, None)

    def _begin_of(self, call_id: bytes) -> Call | None:
        """The begin of an open call, from memory or from where the ledger says it stands."""
        known = self._begun.get(call_id)
        place = self._open.get(call_id)
        if known is None and place is not None:
            known = begin_at(self._folder / place.segment, place.position)
        return known

    def _has_ended(self, call_id: bytes) -> bool | None:
        with self.store.asked() as connection:
            return ledger.has_ended(connection, call_id)

    def _tail(self, segment: Segment, place: Place, report: Report) -> Place:
        """Count what is behind the last record of a segment that is not written to any more."""
        health = journal.check(segment.path)
        corrupt = sum(end - max(start, place.position) for start, end in health.corrupt if end > place.position)
        after = place._replace(torn=health.torn_bytes, corrupt=place.corrupt + corrupt)
        if after != place:
            report.torn += health.torn_bytes
            report.corrupt += corrupt
            self._commit(Chunk(after), place)
        return after

    def _interrupt(self, segments: Sequence[Segment], report: Report) -> None:
        """Close the open calls of writers that are gone: nobody will end them any more.

        What another process has closed meanwhile is left alone: its begin may be gone from the journal.
        """
        living = self._living(segments)
        for _ in range(_TRIES):
            dead = [each for each in self._open.values() if each.segment.rpartition("-")[0] not in living]
            try:
                for start in range(0, len(dead), _RECORDS):
                    self._close(dead[start : start + _RECORDS], report)
                return
            except Overtaken:
                self._weaver.forget()
                self._recall()
        report.complete = False

    def _close(self, dead: Sequence[OpenCall], report: Report) -> None:
        chunk = Chunk(Place("", self._journal))
        for open_call in dead:
            call = self._begin_of(open_call.call_id) or Call(unknown(open_call.call_id), b"")
            chunk.calls.append(call._replace(status="interrupted"))
        self._commit(chunk, None)
        report.interrupted += len(chunk.calls)

    def _living(self, segments: Sequence[Segment]) -> set[str]:
        """The writers that may still write. One that has begun another segment since the listing lives, too."""
        listed = {segment.name for segment in segments}
        now = journal.segments(self._folder) if self._open else ()
        begun = {segment.writer for segment in now if segment.name not in listed}
        return begun.union(segment.writer for segment in segments if segment.alive)

    def _retire(self, segments: Sequence[Segment], places: dict[str, Place], report: Report) -> None:
        """Delete the segments that are dead, read to their end, and needed by no open call."""
        needed = {open_call.segment for open_call in self._open.values()}
        for segment in segments:
            if segment.alive or segment.name in needed or not journal.retire(segment):
                continue
            report.retired += 1
            if segment.name in places:
                self.store.retired(segment.name)

    def _chunks(self, path: Path, position: int) -> Iterator[list[Record]]:
        """The records from a position on, in transactions' worth."""
        records: list[Record] = []
        size = 0
        for record in journal.read(path, position):
            self._rest()
            records.append(record)
            size += record.end - record.offset
            if len(records) >= self._most or size >= _BYTES:
                yield records
                records, size = [], 0
        if records:
            yield records


def _without_rest() -> None:
    """For a thread that somebody waits for."""
