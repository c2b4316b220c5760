"""Conditions on parameters, answered from typed rows: which configurations or calls have a row that meets one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Table, and_, exists, false, or_, select

from thence.query import Condition, Param
from thence.store.compare import Clause, TypedColumns, typed_clause, typed_equal
from thence.store.fields import named_clause
from thence.store.glob import one_below
from thence.store.schema import call_parameters
from thence.store.typed import NAME_BYTES, SAME, held, pointer

__all__ = ["in_tracts", "name_of", "owners", "present"]


def owners(table: Table, condition: Condition, tract_ids: Sequence[str], now: datetime) -> Select[Any]:
    """The owners of rows that meet ``condition``: configurations of ``parameters``, calls of ``call_parameters``."""
    row, operand = table.c, condition.operand
    assert isinstance(operand, Param)
    whole = operand.aspect in ("source", "origin", "change")
    path = "" if whole else held(pointer(operand.path[1:]), NAME_BYTES)
    return select(_owner(table)).where(
        in_tracts(row.tract_id, tract_ids),
        row.name == name_of(operand),
        row.path == path,
        named_clause(row[operand.aspect], condition, now) if whole else _value_clause(table, condition, path),
    )


def _value_clause(table: Table, condition: Condition, path: str) -> Clause:
    """Whether a row holds a value, of the aspect that is asked for, which meets ``condition``."""
    found: list[Clause] = []
    for there, columns in _sides(table, condition.operand):
        meets = typed_clause(columns, condition)
        if condition.operator == "contains":
            meets = or_(meets, and_(columns.type == "array", _has_element(table, condition, path)))
        found.append(and_(there, meets))
    return or_(false(), *found)


def _sides(table: Table | FromClause, operand: Any) -> list[tuple[Clause, TypedColumns]]:
    """Where a row holds the value of an aspect: whether it does, and in which columns."""
    row: Any = table.c
    value = TypedColumns(row.type, row.text, row.num)
    if operand.aspect == "value":
        return [(row.type != "absent", value)]
    if operand.aspect == "sent":
        return [(and_(row.type != "absent", row.state.is_not(None), row.state.in_(("sent", "null"))), value)]
    own = TypedColumns(*(row[f"{operand.aspect}_{part}"] for part in TypedColumns._fields))
    there = own.type.is_not(None)
    return [(and_(there, own.type == SAME), value), (and_(there, own.type != SAME), own)]


def _has_element(table: Table, condition: Condition, path: str) -> Clause:
    """Whether the list in a row has an element that is the value asked for: elements have rows of their own."""
    element = table.alias("element")
    owner = _owner(table).name
    meets = [
        and_(there, typed_equal(columns, condition.values)) for there, columns in _sides(element, condition.operand)
    ]
    return exists().where(
        element.c.tract_id == table.c.tract_id,
        element.c[owner] == table.c[owner],
        element.c.name == table.c.name,
        one_below(element.c.path, path),
        or_(*meets),
    )


def present(condition: Condition) -> Condition:
    """What must be found: of ``missing``, that which must not."""
    return Condition(condition.operand, "exists") if condition.operator == "missing" else condition


def _owner(table: Table) -> ColumnElement[Any]:
    return table.c.call_id if table is call_parameters else table.c.configuration_hash


def name_of(operand: Param) -> str:
    """A parameter's name as rows have it."""
    return held(str(operand.path[0]), NAME_BYTES)


def in_tracts(column: ColumnElement[Any], tract_ids: Sequence[str]) -> Clause:
    """Whether a row is of one of these tracts."""
    return column == tract_ids[0] if len(tract_ids) == 1 else column.in_(tract_ids)
