"""Rows as plain JSON, the same from any database: hashes and ids as text, other bytes in base64."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, LargeBinary, Table

from thence.hashing import from_text, to_text
from thence.store.columns import CallId, Hash, Json
from thence.store.projection import decode
from thence.store.raw import Row

__all__ = ["from_portable", "to_portable"]

_TYPES: dict[type[Any], tuple[type[Any], ...]] = {Float: (int, float), Integer: (int,), BigInteger: (int,)}


def to_portable(table: Table, row: Row) -> dict[str, Any]:
    """A raw row as JSON's types; columns that are null, and the tract, are left out."""
    return {
        column.name: _write(column)(row[column.name])
        for column in table.columns
        if column.name != "tract_id" and row[column.name] is not None
    }


def from_portable(table: Table, tract: str, said: Any) -> Row:
    """The raw row that :func:`to_portable` wrote.

    Raises:
        ValueError: it is none of this table's.
    """
    if not isinstance(said, dict):
        raise ValueError("a row is an object")  # noqa: TRY004 - what a file says is no type of ours
    unknown = said.keys() - {column.name for column in table.columns} | said.keys() & {"tract_id"}
    if unknown:
        raise ValueError(f"{table.name} has no column {min(unknown)[:40]!r}")
    row: dict[str, Any] = {"tract_id": tract}
    for column in table.columns:
        if column.name != "tract_id":
            value = said.get(column.name)
            if value is None and not column.nullable:
                raise ValueError(f"{table.name}.{column.name} is missing")
            row[column.name] = None if value is None else _read(column)(value)
    return row


@cache
def _write(column: Column[Any]) -> Callable[[Any], Any]:
    if isinstance(column.type, Hash):
        return to_text
    if isinstance(column.type, CallId):
        return lambda value: str(uuid.UUID(bytes=value))
    if isinstance(column.type, LargeBinary):
        return lambda value: base64.b64encode(value).decode()
    return bool if isinstance(column.type, Boolean) else lambda value: value


@cache
def _read(column: Column[Any]) -> Callable[[Any], Any]:
    if isinstance(column.type, Hash):
        return lambda value: from_text(_is(str, column, value))
    if isinstance(column.type, CallId):
        return lambda value: uuid.UUID(_is(str, column, value)).bytes
    if isinstance(column.type, LargeBinary):
        return lambda value: base64.b64decode(_is(str, column, value), validate=True)
    if isinstance(column.type, Json):
        return lambda value: _json(_is(str, column, value))
    if isinstance(column.type, Boolean):
        return lambda value: int(_is(bool, column, value))
    kinds = next((kinds for kind, kinds in _TYPES.items() if isinstance(column.type, kind)), (str,))
    return lambda value: _number(_is(kinds, column, value))


def _is(kind: Any, column: Column[Any], value: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{column.table.name}.{column.name} can't be a {type(value).__name__}")
    return value


def _number(value: Any) -> Any:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("a number out of bounds")
    return value


def _json(text: str) -> str:
    decode(text)
    return text
