"""Inserts that may be repeated, and rows by the thousand through them.

SQLAlchemy writes the statement, once; the rows then go to the driver as they are, without the work for each row and
each parameter that results, defaults and expressions would need. That is half of what an insert costs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Table, case, func, or_

from thence.store import schema
from thence.store.dialects import insert_into

__all__ = ["insert_rows", "upsert"]

_UNSETTLED = ("pending", "interrupted")

Row = Mapping[str, Any]
Processor = Callable[[Any], Any]


@cache
def upsert(dialect: str, table: Table, keys: tuple[str, ...]) -> Any:
    """The insert that may be repeated; of a few columns the newer, or the older, value stays."""
    insert = insert_into(dialect, table)
    new = insert.excluded
    if table is schema.commits:
        older = new.created_at < table.c.created_at
        newer = new.produced_at > func.coalesce(table.c.produced_at, 0)
        changes = {"created_at": case((older, new.created_at), else_=table.c.created_at)} | {
            name: case((newer, new[name]), else_=table.c[name]) for name in ("generation_config_json", "produced_at")
        }
        return insert.on_conflict_do_update(index_elements=keys, set_=changes, where=or_(older, newer))
    if table is schema.calls:
        changes = {column.name: new[column.name] for column in table.columns if column.name not in keys}
        unsettled = or_(*(table.c.status == status for status in _UNSETTLED))
        return insert.on_conflict_do_update(index_elements=keys, set_=changes, where=unsettled)
    # What was erased and is said again, a content or a configuration, is there again.
    if table is schema.configurations:
        return insert.on_conflict_do_update(index_elements=keys, set_={"size": new.size}, where=table.c.size < 0)
    if table in {schema.blobs, schema.forms}:
        changes = {column.name: new[column.name] for column in table.columns if column.name not in keys}
        return insert.on_conflict_do_update(index_elements=keys, set_=changes, where=table.c.body.is_(None))
    if table is schema.open_calls:
        changes = {name: new[name] for name in ("journal", "segment", "position")}
        return insert.on_conflict_do_update(index_elements=keys, set_=changes)
    return insert.on_conflict_do_nothing(index_elements=keys)


def insert_rows(connection: Connection, table: Table, keys: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Upsert rows, all of which name the same columns."""
    dialect = connection.dialect
    text, names, processors, fixed = _prepared(dialect.name, table, keys, tuple(rows[0]), _Asked(dialect))
    pick = itemgetter(*names)
    values: list[Any] = [_bound(pick({**fixed, **row} if fixed else row), processors) for row in rows]
    if not dialect.positional:
        values = [dict(zip(names, row, strict=True)) for row in values]
    connection.exec_driver_sql(text, values)


class _Asked(NamedTuple):
    """A dialect that plays no part in a cache's key: its name does."""

    dialect: Dialect

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked)

    def __hash__(self) -> int:
        return 0


@cache
def _prepared(
    name: str, table: Table, keys: tuple[str, ...], columns: tuple[str, ...], asked: _Asked
) -> tuple[str, list[str], list[tuple[int, Processor]], dict[str, Any]]:
    """The statement's text; its parameters, in their order, with what the driver wants some to be made into; the values
    of those that no row gives.
    """
    dialect = asked.dialect
    compiled = upsert(name, table, keys).compile(dialect=dialect, column_keys=list(columns))
    parameters = list((compiled.positiontup or ()) if dialect.positional else compiled.params)
    processors: list[tuple[int, Processor]] = []
    for at, parameter in enumerate(parameters):
        column = table.c.get(parameter)
        made = None if column is None else column.type.dialect_impl(dialect).bind_processor(dialect)
        if made is not None:
            processors.append((at, made))
    return str(compiled), parameters, processors, {n: v for n, v in compiled.params.items() if n not in columns}


def _bound(values: tuple[Any, ...], processors: Sequence[tuple[int, Processor]]) -> tuple[Any, ...]:
    row = list(values)
    for at, made in processors:
        if row[at] is not None:
            row[at] = made(row[at])
    return tuple(row)
