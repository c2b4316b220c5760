"""Which calls a place outside has: one mark for each call and place, written once the place has taken the call.

Marks, not a watermark in time: calls of another process, or of an imported bundle, come into the store later than
younger ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, not_, select

from thence.store.dialects import insert_into
from thence.store.schema import calls, exported

__all__ = ["mark", "unexported", "unexported_count"]


def _waiting(tract: str, destination: str) -> Any:
    theirs = and_(exported.c.destination == destination, exported.c.call_id == calls.c.id)
    marked = exists().where(exported.c.tract_id == calls.c.tract_id, theirs)
    ended = calls.c.status.not_in(("pending", "recorded", "erased"))
    return and_(calls.c.tract_id == tract, ended, not_(marked))


def unexported(tract: str, destination: str, limit: int) -> Select[Any]:
    """The oldest calls of a tract that have ended and that ``destination`` has not."""
    return select(calls).where(_waiting(tract, destination)).order_by(calls.c.id).limit(limit)


def unexported_count(tract: str, destination: str) -> Select[Any]:
    """How many there are."""
    return select(func.count()).select_from(calls).where(_waiting(tract, destination))


def mark(connection: Connection, tract: str, destination: str, ids: Iterable[str]) -> None:
    """Say that ``destination`` has these calls."""
    rows = [{"tract_id": tract, "destination": destination, "call_id": name} for name in ids]
    keys = ("tract_id", "destination", "call_id")
    connection.execute(insert_into(connection.dialect.name, exported).on_conflict_do_nothing(index_elements=keys), rows)
