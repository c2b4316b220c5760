"""The ledger of the journal: how far each segment is in the store, and which calls are still open.

It is written in the same transaction as the calls themselves; that is what makes ingest exactly once.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, LargeBinary, bindparam, delete, select, type_coerce, update

from thence.store import division
from thence.store.dialects import insert_into
from thence.store.schema import calls, ingested, open_calls, tracts

__all__ = ["OpenCall", "Place", "claim", "close", "has_ended", "open_in", "places", "places_of", "retire"]

_CHUNK = 400
_columns = ingested.c
_MOVE = (
    update(ingested)
    .where(_columns.tract_id == bindparam("ledger"), _columns.segment == bindparam("named"))
    .where(_columns.position == bindparam("was_at"), _columns.sequence == bindparam("was_number"))
    .values({column.name: bindparam(column.name) for column in _columns if column.name != "tract_id"})
)


class Place(NamedTuple):
    """How far a segment is in the store, and what was found on the way. Sizes are bytes."""

    segment: str
    journal: str
    position: int = 0
    sequence: int = -1
    frames: int = 0
    corrupt: int = 0
    torn: int = 0
    lost: int = 0
    missing: int = 0
    retired: bool = False


_PLACES = select(*(_columns[name] for name in Place._fields))


class OpenCall(NamedTuple):
    """A call without an end so far, and where its begin frame stands."""

    tract: str
    call_id: bytes
    segment: str
    position: int


def places(connection: Connection) -> dict[str, Place]:
    """The places of all segments that were ever read, by segment."""
    return {row[0]: Place(*row) for row in connection.execute(_PLACES)}


def places_of(connection: Connection, journal: str, names: Collection[str]) -> dict[str, Place]:
    """The places of those of a journal's segments that are named: each process leaves some, and they are kept."""
    found: dict[str, Place] = {}
    wanted = sorted(names)
    here = _PLACES.where(_columns.tract_id == division.ledger_of(connection), _columns.journal == journal)
    for start in range(0, len(wanted), _CHUNK):
        query = here.where(_columns.segment.in_(wanted[start : start + _CHUNK]))
        found |= {row[0]: Place(*row) for row in connection.execute(query)}
    return found


def claim(connection: Connection, before: Place, after: Place) -> bool:
    """Move a segment's place from where it was to where it is now; False where another process has moved it since."""
    ledger = division.ledger_of(connection)
    if before.sequence < 0 and not before.position:
        first = insert_into(connection.dialect.name, ingested)
        first = first.on_conflict_do_nothing(index_elements=["tract_id", "segment"])
        connection.execute(first, {**before._asdict(), "tract_id": ledger, "moved_at": 0})
    was = {"ledger": ledger, "named": before.segment, "was_at": before.position, "was_number": before.sequence}
    moved = connection.execute(_MOVE, {**was, **after._asdict(), "moved_at": time.time_ns()})
    return moved.rowcount == 1


def retire(connection: Connection, segment: str) -> None:
    """Say that a segment's file is gone."""
    here = (ingested.c.tract_id == division.ledger_of(connection)) & (ingested.c.segment == segment)
    connection.execute(update(ingested).where(here).values(retired=True))


def open_in(connection: Connection, journal: str) -> dict[bytes, OpenCall]:
    """The open calls whose begin frame stands in a journal, by call id."""
    columns = (open_calls.c.tract_id, open_calls.c.call_id, open_calls.c.segment, open_calls.c.position)
    query = select(columns[0], type_coerce(columns[1], LargeBinary), *columns[2:]).where(
        open_calls.c.journal == journal
    )
    return {
        bytes(call): OpenCall(tract, bytes(call), segment, position)
        for tract, call, segment, position in connection.execute(query)
    }


def has_ended(connection: Connection, call_id: bytes) -> bool | None:
    """Whether a call that the store has, in whichever tract, has an end of its own there; None where it is open, or not
    there. One that others closed, because its writer was gone, has none.
    """
    query = select(calls.c.duration.is_not(None)).where(
        calls.c.tract_id.in_(select(tracts.c.tract_id)), calls.c.id == call_id, calls.c.status != "pending"
    )
    found = connection.execute(query).scalar()
    return None if found is None else bool(found)


def close(connection: Connection, ended: Sequence[OpenCall]) -> bool:
    """Take calls that have ended from the list; False where another process has taken one of them from it before."""
    named: dict[str, set[bytes]] = {}
    for call in ended:
        named.setdefault(call.tract, set()).add(call.call_id)
    taken = 0
    for tract, ids in sorted(named.items()):
        here = (open_calls.c.tract_id == tract) & open_calls.c.call_id.in_(sorted(ids))
        taken += connection.execute(delete(open_calls).where(here)).rowcount
    return taken == sum(map(len, named.values()))
