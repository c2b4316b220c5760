"""Configurations, read: the parameters that calls share, of many of them at once."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from thence.params import ResolvedConfig
from thence.store import exact, queries
from thence.store.configuration import read_parameters

__all__ = ["configurations"]

_TOGETHER = 500  # in one statement


def configurations(connection: Connection, tract: str, names: Iterable[str]) -> dict[str, ResolvedConfig]:
    """Configurations by their hash; one of which nothing is stored is empty.

    Raises:
        Erased, NotFound, StoreCorrupt: what :func:`thence.store.exact.blobs_of` says of a long value.
    """
    wanted = sorted(set(names))
    rows = [
        row
        for start in range(0, len(wanted), _TOGETHER)
        for row in connection.execute(queries.parameters_of(tract, wanted[start : start + _TOGETHER]))
    ]
    blobs = exact.blobs_of(connection, tract, [row.record_hash for row in rows if row.record_hash])
    records: dict[str, list[bytes]] = {name: [] for name in wanted}
    for row in rows:
        records[row.configuration_hash].append(blobs[row.record_hash] if row.record_hash else bytes(row.record))
    return {name: ResolvedConfig(read_parameters(found)) for name, found in records.items()}
