"""Tables on PostgreSQL, parted by a hash of their tract: the same names, keys and rows, in several relations each.

What a table has is asked of the database, as the migrations have made it, and made again on its successor: keys,
foreign keys and indexes of the same names, so that later migrations find them. No statement names a partition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

from thence.store.dialects import define
from thence.store.schema import metadata

__all__ = ["partition", "partitions_of", "renew"]

_CONSTRAINTS = """
    SELECT c.relname, k.contype, 'ALTER TABLE ' || quote_ident(c.relname) || ' ADD CONSTRAINT '
           || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND k.contype IN ('p', 'f') ORDER BY k.conname"""
_INDEXES = """
    SELECT c.relname, 'i', pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND NOT i.indisprimary ORDER BY i.indexrelid"""
_UNPARTED = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
_COUNT = "SELECT count(*) FROM pg_inherits WHERE inhparent = to_regclass('calls')"


class _Part(NamedTuple):
    """Something that a table has: a primary key, a foreign key or an index, and the statement that makes it."""

    table: str
    kind: str
    statement: str


def partitions_of(connection: Connection) -> int:
    """How many partitions each table has; 0: they are not parted."""
    if connection.dialect.name != "postgresql":
        return 0
    return int(connection.scalar(text(_COUNT)) or 0)


def renew(connection: Connection) -> None:
    """Part the tables that a migration has made as the others are."""
    number = partitions_of(connection)
    if number:
        partition(connection, number)


def partition(connection: Connection, number: int) -> None:
    """Part the tables that are not parted into so many partitions."""
    found = {*connection.scalars(text(_UNPARTED))}
    tables = [table for table in metadata.sorted_tables if table.name in found]
    names = {table.name for table in tables}
    parts = [_Part(*row) for query in (_CONSTRAINTS, _INDEXES) for row in connection.execute(text(query))]
    for table in tables:
        define(connection, "ALTER TABLE %(table)s RENAME TO %(table)s_whole", table)
    for table in tables:
        define(connection, "CREATE TABLE %(table)s (LIKE %(table)s_whole) PARTITION BY HASH (tract_id)", table)
        for at in range(number):
            values = f"FOR VALUES WITH (MODULUS {number:d}, REMAINDER {at:d})"
            define(connection, f"CREATE TABLE %(table)s_{at:d} PARTITION OF %(table)s {values}", table)
        define(connection, "INSERT INTO %(table)s SELECT * FROM %(table)s_whole", table)
    define(connection, "DROP TABLE " + ", ".join(f"{table.name}_whole" for table in tables))
    for kind in ("p", "i", "f"):
        _make(connection, [part for part in parts if part.kind == kind and part.table in names])


def _make(connection: Connection, parts: Sequence[_Part]) -> None:
    for part in parts:
        define(connection, part.statement.replace("%", "%%"))
