"""Calls that have ended, in ranges of their ids: what exports count and read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, LargeBinary, func, literal, select

from thence.store.proof import own_parameters, rows_of_configurations
from thence.store.raw import Row, rows_as_stored
from thence.store.schema import calls

__all__ = ["settings_of_calls", "settled", "settled_count"]

_PAGE = 5_000


def _between(tract: str, after: bytes, upto: bytes | None) -> Any:
    here = (calls.c.tract_id == tract) & (calls.c.id > literal(after, LargeBinary)) & (calls.c.status != "pending")
    return here if upto is None else here & (calls.c.id <= literal(upto, LargeBinary))


def settled_count(connection: Connection, tract: str, after: bytes, upto: bytes | None = None) -> int:
    """How many calls of a tract with an id beyond ``after``, up to ``upto``, have ended."""
    return int(connection.scalar(select(func.count()).select_from(calls).where(_between(tract, after, upto))) or 0)


def settled(
    connection: Connection, tract: str, after: bytes, upto: bytes | None = None, limit: int = _PAGE
) -> list[Row]:
    """The first of these calls, oldest first."""
    query = rows_as_stored(calls).where(_between(tract, after, upto)).order_by(calls.c.id).limit(limit)
    return [
        {name: bytes(value) if type(value) is memoryview else value for name, value in row.items()}
        for row in connection.execute(query).mappings()
    ]


def settings_of_calls(connection: Connection, tract: str, rows: list[Row]) -> dict[bytes, list[Row]]:
    """The parameter rows of calls, one for each whole parameter, by call."""
    names = sorted({row["configuration_hash"] for row in rows} - {None})
    shared = rows_of_configurations(connection, tract, names)
    own = own_parameters(connection, tract, [row["id"] for row in rows])
    return {
        row["id"]: [
            each for each in (*shared.get(row["configuration_hash"], ()), *own.get(row["id"], ())) if not each["path"]
        ]
        for row in rows
    }
