"""Rows on their way into the store: gathered from many calls, written by a few statements in one transaction.

Everything that is named by its content may be offered any number of times, by any number of writers; the first stays.
What was written before is remembered (names only), so that a system prompt, a tool list or a configuration that a
thousand calls share is packed and offered once. Rows are written in one order of tables and keys, so that two writers
on a server can't wait for each other in a circle.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam

from thence.store import schema
from thence.store.ledger import OpenCall
from thence.store.packing import pack
from thence.store.upserts import insert_rows

__all__ = ["Batch", "Remembered"]

Row = dict[str, Any]

_ORDER: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (schema.tracts, ("tract_id",)),
    (schema.blobs, ("tract_id", "hash")),
    (schema.commits, ("tract_id", "hash")),
    (schema.forms, ("tract_id", "hash")),
    (schema.configurations, ("tract_id", "hash")),
    (schema.parameters, ("tract_id", "configuration_hash", "name", "path")),
    (schema.calls, ("tract_id", "id")),
    (schema.call_parameters, ("tract_id", "call_id", "name", "path")),
    (schema.answers, ("tract_id", "call_id", "choice", "position")),
    (schema.open_calls, ("tract_id", "call_id")),
)
_EMPTY_CALL: Row = dict.fromkeys(column.name for column in schema.calls.columns)
_commits = schema.commits.c
_EARLIER = (
    schema.commits.update()
    .where(_commits.tract_id == bindparam("in_tract"), _commits.hash == bindparam("named"))
    .where(_commits.created_at > bindparam("at"))
    .values(created_at=bindparam("at"))
)


class Remembered:
    """The names of the rows that were last written or offered; the oldest go first. Void when a transaction fails."""

    def __init__(self, limit: int = 200_000) -> None:
        self._limit = limit
        self._names: OrderedDict[tuple[str, str, bytes], None] = OrderedDict()

    def new(self, kind: str, tract: str, name: bytes) -> bool:
        """Whether ``name`` was not offered lately; from now on it was."""
        key = (kind, tract, name)
        if key in self._names:
            self._names.move_to_end(key)
            return False
        self._names[key] = None
        if len(self._names) > self._limit:
            self._names.popitem(last=False)
        return True

    def clear(self) -> None:
        """Forget everything."""
        self._names.clear()


class Batch:
    """The rows of one transaction."""

    def __init__(self, remembered: Remembered) -> None:
        self._remembered = remembered
        self._rows: dict[str, list[Row]] = {table.name: [] for table, _ in _ORDER}
        self._earlier: list[Row] = []

    def tract(self, tract: str, name: str, at: int) -> None:
        """A tract."""
        if self._remembered.new("tract", tract, b""):
            self.add(schema.tracts, tract_id=tract, name=name, head="main", epoch=0, created_at=at)

    def blob(self, tract: str, name: bytes, content: bytes, bases: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Exact bytes under their name; ``bases`` are (name, bytes) of blobs that they likely repeat."""
        if not self._remembered.new("blob", tract, name):
            return
        codec, body = pack(content, [each for _, each in bases])
        leans = b"".join(base for base, _ in bases) if codec in ("zlib+dict", "splice") else None
        self._rows["blobs"].append(
            {"tract_id": tract, "hash": name, "codec": codec, "size": len(content), "body": body, "bases": leans}
        )

    def configuration(self, tract: str, name: bytes, parameters: Sequence[Row]) -> None:
        """A configuration and its rows."""
        if self._remembered.new("configuration", tract, name):
            size = sum(not row["path"] for row in parameters)
            self.add(schema.configurations, tract_id=tract, hash=name, size=size)
            self._rows["parameters"] += [{"tract_id": tract, "configuration_hash": name, **row} for row in parameters]

    def earlier(self, tract: str, commits: Sequence[bytes], at: int) -> None:
        """Commits that are known, and were said at ``at`` already."""
        self._earlier += [{"in_tract": tract, "named": name, "at": at} for name in commits]

    def call(self, **columns: Any) -> None:
        """A call; columns that are not given are null."""
        self._rows["calls"].append({**_EMPTY_CALL, **columns})

    def open(self, journal: str, call: OpenCall) -> None:
        """A call that has no end yet, and where its begin frame stands."""
        place = {"tract_id": call.tract, "call_id": call.call_id, "segment": call.segment, "position": call.position}
        self._rows["open_calls"].append({**place, "journal": journal})

    def add(self, table: Table, **columns: Any) -> None:
        """A row of any table; every row of a table names the same columns."""
        self._rows[table.name].append(columns)

    def write(self, connection: Connection) -> None:
        """Write everything; a transaction that is tried again writes it again."""
        for table, keys in _ORDER:
            rows = self._rows[table.name]
            if rows:
                if connection.dialect.name != "sqlite":
                    rows.sort(key=lambda row: tuple(row[key] for key in keys))
                insert_rows(connection, table, keys, rows)
        if self._earlier:
            connection.execute(_EARLIER, self._earlier)

    def mark(self) -> dict[str, int]:
        """How far the batch is, for :meth:`back_to`."""
        return {name: len(rows) for name, rows in self._rows.items()}

    def back_to(self, mark: Mapping[str, int]) -> None:
        """Take out what was put in since ``mark``."""
        for name, length in mark.items():
            del self._rows[name][length:]
