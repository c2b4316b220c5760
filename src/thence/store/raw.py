"""Rows as the database holds them: bytes of names, texts of JSON. What upkeep reads, compares and carries over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    literal,
    select,
    tuple_,
    type_coerce,
)

from thence.hashing import to_text
from thence.store.columns import CallId, Hash, Json

__all__ = ["Row", "bases_in", "every_row", "named", "pages", "rows_as_stored"]

Row = Mapping[str, Any]
_PAGE = 500
_HASH = 33


@cache
def rows_as_stored(table: Table) -> Select[Any]:
    """All columns of a table, as they are stored."""
    return select(*(type_coerce(column, _stored(column.type)).label(column.name) for column in table.columns))


def _stored(type_: Any) -> Any:
    if isinstance(type_, (Hash, CallId)):
        return LargeBinary()
    if isinstance(type_, Json):
        return Text()
    return Integer() if isinstance(type_, Boolean) else type_


def pages(connection: Connection, table: Table, tract: str, size: int = _PAGE) -> Iterator[list[Row]]:
    """The rows of a tract, a page at a time, in the order of their keys."""
    keys = [column for column in table.primary_key.columns if column.name != "tract_id"]
    raw = [type_coerce(key, _stored(key.type)) for key in keys]
    first = rows_as_stored(table).where(table.c.tract_id == tract).order_by(*keys).limit(size)
    query = first
    while True:
        page = [_plain(row) for row in connection.execute(query).mappings()]
        if page:
            yield page
        if len(page) < size:
            return
        if keys:
            last = tuple_(*(literal(page[-1][key.name], column.type) for key, column in zip(keys, raw, strict=True)))
            query = first.where(tuple_(*raw) > last)


def every_row(connection: Connection, table: Table, tract: str) -> Iterator[Row]:
    """The same, row by row."""
    for page in pages(connection, table, tract):
        yield from page


def named(connection: Connection, table: Table, tract: str, name: bytes) -> Row | None:
    """The row of a hash; None where there is none."""
    query = rows_as_stored(table).where(table.c.tract_id == tract, table.c.hash == name)
    row = connection.execute(query).mappings().first()
    return None if row is None else _plain(row)


def bases_in(row: Row) -> list[str]:
    """The names of the blobs that the body of a blob's row repeats."""
    packed = row["bases"] or b""
    return [to_text(packed[at : at + _HASH]) for at in range(0, len(packed), _HASH)]


def _plain(row: Any) -> Row:
    return {name: bytes(value) if type(value) is memoryview else value for name, value in row.items()}
