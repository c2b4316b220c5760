"""Conditions on a call's own fields, by the columns that hold them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, exists, false, func, literal_column, not_, or_, select, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from thence.params import ParameterSource
from thence.query import Condition, Value
from thence.query.fields import FIELDS
from thence.store.compare import Clause, field_clause
from thence.store.glob import contains, matches
from thence.store.inside import UNHELD
from thence.store.projection import encode
from thence.store.schema import answers, tracts
from thence.store.typed import escaped

__all__ = ["call_clause", "named_clause"]

_RENAMED: Final = MappingProxyType({"tag": "tags", "finish_reason": "finish_reasons"})


def call_clause(columns: Any, name: str, condition: Condition, now: datetime) -> Clause:
    """Whether the call in ``columns`` has a field ``name`` that meets ``condition``."""
    kind = FIELDS[name].type
    if name == "tract":
        named = select(tracts.c.tract_id).where(field_clause(tracts.c.name, condition, kind, now))
        tract: ColumnElement[Any] = columns.tract_id
        return tract.in_(named)
    if kind == "texts":
        return _any_text(columns[_RENAMED[name]], condition)
    if kind == "hash":
        return _hash_clause(columns, name, condition)
    column: ColumnElement[Any] = columns[name.removeprefix("usage.")]
    return field_clause(column, condition, kind, now)


def named_clause(column: ColumnElement[Any], condition: Condition, now: datetime) -> Clause:
    """Whether a parameter's source, origin or change meets ``condition``. Sources are ordered by rank, not by name."""
    if column.name == "source" and condition.operator in (">", ">=", "<", "<=", "between"):
        return field_clause(column, _spelled_out(condition), "name", now)
    return field_clause(column, condition, "text", now)


def _spelled_out(condition: Condition) -> Condition:
    """A comparison of sources as the list of those that it means."""
    ranks = [ParameterSource[value.value].rank for value in condition.values]
    low, high = ranks[0], ranks[-1]
    meant: Callable[[int], bool] = {
        ">": lambda rank: rank > low,
        ">=": lambda rank: rank >= low,
        "<": lambda rank: rank < low,
        "<=": lambda rank: rank <= low,
        "between": lambda rank: low <= rank <= high,
    }[condition.operator]
    names = tuple(Value("text", source.name) for source in ParameterSource if meant(source.rank))
    return Condition(condition.operand, "in", names)


def _any_text(column: ColumnElement[Any], condition: Condition) -> Clause:
    """Whether any text of a JSON list meets ``condition``; of ``!=`` and ``not in``, whether none of some does."""
    text = type_coerce(column, Text)
    there = and_(column.is_not(None), text != "[]")
    if condition.operator in ("exists", "missing"):
        return there if condition.operator == "exists" else not_(there)
    if condition.operator == "~":
        pattern = condition.values[0].value
        if escaped(pattern) != pattern:  # no database holds such a text
            return false()
        return and_(there, _AnyElement(text, matches(literal_column("element.value", Text), pattern)))
    inside = "," + func.substr(text, 2, func.length(text) - 2, type_=Text) + ","  # no element has a bare quote in it
    among = or_(false(), *(contains(inside, f",{encode(value.value)},") for value in condition.values))
    return and_(there, not_(among) if condition.operator in ("!=", "not in") else among)


class _AnyElement(FunctionElement[bool]):
    """Some element of a JSON list of texts, called ``element.value``, meets a clause."""

    name = "any_element"
    inherit_cache = True


@compiles(_AnyElement)
def _in_postgresql(element: _AnyElement, compiler: SQLCompiler, **options: Any) -> str:
    """PostgreSQL fails on NUL and on lone surrogates in JSON: a list with one is passed over."""
    listed, clause = (compiler.process(each, **options) for each in element.clauses)
    safe = f"CASE WHEN {listed} ~ '{UNHELD}' THEN '[]' ELSE {listed} END"
    return f"EXISTS (SELECT 1 FROM json_array_elements_text(({safe})::json) AS element(value) WHERE {clause})"  # noqa: S608


@compiles(_AnyElement, "sqlite")
def _in_sqlite(element: _AnyElement, compiler: SQLCompiler, **options: Any) -> str:
    listed, clause = (compiler.process(each, **options) for each in element.clauses)
    return f"EXISTS (SELECT 1 FROM json_each({listed}) AS element WHERE {clause})"  # noqa: S608


def _hash_clause(columns: Any, name: str, condition: Condition) -> Clause:
    """Whether an id or a hash meets ``condition``; of ``commit``, that of any answer."""
    if name != "commit":
        return _named(columns.id if name == "id" else columns.base, condition)
    positive = condition
    if condition.operator in ("!=", "not in", "missing"):
        opposite = {"!=": "=", "not in": "in", "missing": "exists"}[condition.operator]
        positive = Condition(condition.operand, opposite, condition.values)
    found = _any_commit(columns, positive)
    if positive is condition:
        return found
    there = _any_commit(columns, Condition(condition.operand, "exists"))
    return not_(found) if condition.operator == "missing" else and_(there, not_(found))


def _any_commit(columns: Any, condition: Condition) -> Clause:
    of_call = and_(answers.c.tract_id == columns.tract_id, answers.c.call_id == columns.id)
    return or_(
        _named(columns.commit_hash, condition), exists().where(of_call, _named(answers.c.commit_hash, condition))
    )


def _named(column: ColumnElement[Any], condition: Condition) -> Clause:
    if condition.operator == "missing":
        return column.is_(None)
    there = column.is_not(None)
    if condition.operator == "exists":
        return there
    ends = [hash_range(str(value.value), is_id=column.name == "id") for value in condition.values]
    among = or_(false(), *(and_(column >= low, column <= high) for low, high in ends))
    return and_(there, not_(among) if condition.operator in ("!=", "not in") else among)


def hash_range(text: str, *, is_id: bool) -> tuple[bytes, bytes]:
    """The first and the last name that begin with ``text``, which are hex digits as shown, and perhaps a ``*``."""
    version, _, digits = text.rstrip("*").rpartition(":")
    digits = digits.replace("-", "").lower()
    size = 32 if is_id else 64
    head = b"" if is_id else bytes([int(version[1:] or 1) if version else 1])
    return head + bytes.fromhex(digits.ljust(size, "0")[:size]), head + bytes.fromhex(digits.ljust(size, "f")[:size])
