"""Records of one segment, understood: which calls ended in them, which are open behind them, and what was wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from thence import faults, frames, journal
from thence.frames import Begin, End
from thence.ingest.reading import Call
from thence.journal import Record
from thence.store.ledger import Place

__all__ = ["PREAMBLE", "Chunk", "Report", "begin_at", "understood", "unknown"]

PREAMBLE = 24  # bytes of a segment before its first record


@dataclass
class Report:
    """What a draining found: frames read, calls stored, and whatever was not as it should be.

    ``corrupt`` and ``torn`` are bytes; ``lost`` are records that a writer said it could not keep, ``missing`` sequence
    numbers that never came, ``unreadable`` frames that made no sense. ``pending`` calls are still in flight.
    ``complete`` is false where the time ran out or another process was at it.
    """

    frames: int = 0
    calls: int = 0
    pending: int = 0
    interrupted: int = 0
    corrupt: int = 0
    torn: int = 0
    lost: int = 0
    missing: int = 0
    unreadable: int = 0
    retired: int = 0
    complete: bool = True


@dataclass
class Chunk:
    """Records of one segment.

    Attributes:
        place: behind them.
        calls: that ended in them.
        opened: calls that began in them and did not end, with the place of the begin frame.
        unreadable: frames that made no sense.
    """

    place: Place
    calls: list[Call] = field(default_factory=list)
    opened: dict[bytes, tuple[Call, int]] = field(default_factory=dict)
    unreadable: int = 0


def understood(
    records: Sequence[Record],
    place: Place,
    begin_of: Callable[[bytes], Call | None],
    has_ended: Callable[[bytes], bool | None],
) -> Chunk:
    """The chunk of records that stand at ``place``.

    Args:
        records: of one segment, in their order.
        place: where they stand.
        begin_of: gives the begin of a call that was open before.
        has_ended: whether a call that is settled in the store has an end of its own; None for one that is not settled.
    """
    chunk = Chunk(place)
    lost = 0
    ended: set[bytes] = set()
    for record in records:
        try:
            frame = frames.decode(record.header)
        except (msgspec.MsgspecError, ValueError) as error:
            faults.note("ingest.frame", str(error))
            chunk.unreadable += 1
            continue
        if isinstance(frame, Begin):
            chunk.opened[frame.call_id] = (Call(frame, record.payload), record.offset)  # a retry's body is the newer
        elif isinstance(frame, End):
            began = chunk.opened.pop(frame.call_id, None)
            call = began[0] if began else begin_of(frame.call_id)
            settled = True if frame.call_id in ended else has_ended(frame.call_id) if call is None else None
            if settled is not None:
                # An interrupt came when it was written, and it was written again. What others closed stays as it is:
                # the request that they kept is worth more than an answer to nothing.
                chunk.unreadable += not settled
                continue
            ended.add(frame.call_id)
            if call is None:
                call = Call(unknown(frame.call_id), b"")
                chunk.unreadable += 1
            chunk.calls.append(call._replace(end=frame, answer=record.payload, status=frame.status))
        else:
            lost += frame.count
    chunk.place = _behind(records, place, lost)
    return chunk


def begin_at(path: Path, position: int) -> Call | None:
    """The call whose begin frame stands at a position of a segment; None where that is gone or damaged."""
    try:
        record = next(journal.read(path, position), None)
        frame = frames.decode(record.header) if record and record.offset == position else None
    except (OSError, msgspec.MsgspecError, ValueError):
        return None
    return Call(frame, record.payload) if record and isinstance(frame, Begin) else None


def _behind(records: Sequence[Record], place: Place, lost: int) -> Place:
    end, sequence = place.position or PREAMBLE, place.sequence
    corrupt = missing = 0
    for record in records:
        corrupt += max(0, record.offset - end)
        if sequence >= 0:
            missing += max(0, record.sequence - sequence - 1)
        end, sequence = record.end, record.sequence
    return place._replace(
        position=end,
        sequence=sequence,
        frames=place.frames + len(records),
        corrupt=place.corrupt + corrupt,
        lost=place.lost + lost,
        missing=place.missing + missing,
    )


def unknown(call_id: bytes) -> Begin:
    """A begin for a call whose own is gone: the id says when it was made."""
    at = int.from_bytes(call_id[:6], "big") * 1_000_000
    return Begin(call_id=call_id, at=at, seam="", method="", url="", body="none")
