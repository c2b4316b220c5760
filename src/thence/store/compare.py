"""Comparisons of a query in SQL: of a typed value (a parameter's) and of a typed column (a call's).

Every clause made here is true or false and never NULL, so that ``not`` means what it says. Names and values are bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Float, Text, and_, false, literal, not_, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from thence.errors import QueryError
from thence.providers.exact import canonical_text, loads
from thence.query import Condition, Value
from thence.store.columns import plain_text
from thence.store.glob import contains, matches
from thence.store.typed import TEXT_BYTES, escaped, held

__all__ = ["Clause", "TypedColumns", "field_clause", "nanoseconds", "typed_clause", "typed_equal"]

Clause = ColumnElement[bool]

_EXACT: Final = 2**53  # from here on, integers are compared by their digits where they must be equal
_MICRO: Final = 1_000  # nanoseconds
_LARGEST: Final = 2**63 - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_ORDER: Final[MappingProxyType[str, Callable[[Any, Any], Clause]]] = MappingProxyType(
    {
        ">": lambda column, value: column > value,
        ">=": lambda column, value: column >= value,
        "<": lambda column, value: column < value,
        "<=": lambda column, value: column <= value,
    }
)


class TypedColumns(NamedTuple):
    """The three columns that hold one typed value (:mod:`thence.store.typed`)."""

    type: ColumnElement[Any]
    text: ColumnElement[Any]
    num: ColumnElement[Any]


class _ByCodePoint(FunctionElement[str]):
    """A text, in the order of code points whatever the language of the database."""

    name = "by_code_point"
    type = Text()
    inherit_cache = True


@compiles(_ByCodePoint)
def _collated(element: _ByCodePoint, compiler: SQLCompiler, **options: Any) -> str:
    return f'({compiler.process(element.clauses, **options)} COLLATE "C")'


@compiles(_ByCodePoint, "sqlite")
def _as_it_is(element: _ByCodePoint, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


def typed_clause(columns: TypedColumns, condition: Condition) -> Clause:
    """Whether a value that is there meets ``condition``. Of a list, ``contains`` is for the caller to ask."""
    operator, values = condition.operator, condition.values
    if operator == "exists":
        return true()
    if operator in ("=", "in"):
        return typed_equal(columns, values)
    if operator in ("!=", "not in"):
        return not_(typed_equal(columns, values))
    if operator == "between":
        return and_(_typed_order(columns, ">=", values[0]), _typed_order(columns, "<=", values[1]))
    if operator in _ORDER:
        return _typed_order(columns, operator, values[0])
    if values[0].kind != "text":
        return false()
    match = matches if operator == "~" else contains
    return and_(columns.type == "string", match(columns.text, escaped(values[0].value)))


def typed_equal(columns: TypedColumns, values: Sequence[Value]) -> Clause:
    """Whether a value is one of ``values``. Each kind makes one list: thousands of ``or`` are too deep for SQLite."""
    of_kind: dict[str, list[Any]] = {}
    for value in values:
        of_kind.setdefault(value.kind, []).append(value.value)
    numbers = of_kind.get("number", [])
    wide = [number for number in numbers if _is_wide(number)]
    texts = {
        "string": [held(text, TEXT_BYTES) for text in of_kind.get("text", ())],
        "integer": [held(format(Decimal(number), "f"), TEXT_BYTES) for number in wide],
        "boolean": ["true" if truth else "false" for truth in of_kind.get("bool", ())],
        "array": (wholes := [_canonical(text) for text in of_kind.get("json", ())]),
        "object": wholes,
    }
    clauses: list[Clause] = [
        and_(columns.type == kind, columns.text.is_not(None), _among(columns.text, found))
        for kind, found in texts.items()
        if found
    ]
    doubles = [float(number) for number in numbers if not _is_wide(number)]
    finite = [literal(double, Float(53)) for double in doubles if not math.isnan(double)]
    if finite:
        clauses.append(and_(columns.num.is_not(None), _among(columns.num, finite)))
    if len(finite) < len(doubles):
        clauses.append(and_(columns.type == "float", columns.num.is_(None)))
    if "null" in of_kind:
        clauses.append(columns.type == "null")
    return or_(false(), *clauses)


def _typed_order(columns: TypedColumns, operator: str, value: Value) -> Clause:
    if value.kind == "text":
        ordered = _ORDER[operator](_ByCodePoint(columns.text), literal(held(value.value, TEXT_BYTES), Text))
        return and_(columns.type == "string", columns.text.is_not(None), ordered)
    if value.is_nan:
        return false()
    return and_(columns.num.is_not(None), _ORDER[operator](columns.num, literal(_double(value.value), Float(53))))


def field_clause(column: ColumnElement[Any], condition: Condition, kind: str, now: datetime) -> Clause:
    """Whether a call's column meets ``condition``. ``kind`` is the field's type in the tables of the language."""
    operator = condition.operator
    if operator == "missing":
        return column.is_(None)
    there = column.is_not(None)
    if kind == "time" and operator != "exists":
        return and_(there, _time_clause(column, operator, [nanoseconds(value, now) for value in condition.values]))
    bound = [_bound(value, kind) for value in condition.values]
    values = [value for value in bound if value is not None]
    if operator in ("=", "in"):
        return and_(there, _among(column, values)) if values else false()
    if operator in ("!=", "not in"):
        return and_(there, not_(_among(column, values))) if values else there
    if len(values) < len(bound):  # NaN has no order
        return false()
    if operator in ("~", "contains"):
        return and_(there, (matches if operator == "~" else contains)(column, str(_text(condition.values[0]))))
    ordered = _ByCodePoint(column) if kind in ("text", "name") else column
    if operator == "between":
        return and_(there, ordered >= values[0], ordered <= values[1])
    return and_(there, _ORDER[operator](ordered, values[0])) if operator in _ORDER else there


def _time_clause(column: ColumnElement[Any], operator: str, times: Sequence[int]) -> Clause:
    """Whether a time is as ``times`` are. Python shows it in microseconds, each of which is a thousand nanoseconds."""
    first = [literal(time - time % _MICRO, BigInteger) for time in times]
    last = [literal(min(time - time % _MICRO + _MICRO - 1, _LARGEST), BigInteger) for time in times]
    if operator in ("=", "!=", "in", "not in"):
        several = len(times) > 1
        found = (column - column % _MICRO).in_(first) if several else column.between(first[0], last[0])
        return not_(found) if operator in ("!=", "not in") else found
    if operator == "between":
        return column.between(first[0], last[1])
    return _ORDER[operator](column, last[0] if operator in (">", "<=") else first[0])


def nanoseconds(value: Value, now: datetime) -> int:
    """A time as the store has it: nanoseconds since the epoch.

    Args:
        value: a time, or one that is told from ``now`` on.
        now: an aware datetime.
    """
    if value.kind == "time":
        return _whole((value.value - _EPOCH) // timedelta(microseconds=1) * 1000)
    if value.kind == "ago":
        return _whole(((now - _EPOCH) // timedelta(microseconds=1)) * 1000 - _whole(value.value * 1e9))
    midnight = datetime.combine((now.astimezone() - timedelta(days=value.value)).date(), datetime.min.time())
    return _whole((midnight.astimezone() - _EPOCH) // timedelta(microseconds=1) * 1000)


def _bound(value: Value, kind: str) -> ColumnElement[Any] | None:
    """A value as a column of ``kind`` is compared with it; None for NaN."""
    if kind not in ("number", "seconds"):
        return literal(_text(value), Text)
    if value.is_nan:
        return None
    if kind == "seconds":
        return literal(_whole(value.value * 1e9 if isinstance(value.value, float) else value.value * 10**9), BigInteger)
    if abs(value.value) <= _LARGEST and value.value == int(value.value):  # a whole float, too: see _EXACT
        return literal(int(value.value), BigInteger)
    return literal(_double(value.value), Float(53))


def _is_wide(number: float) -> bool:
    return isinstance(number, int) and abs(number) >= _EXACT


def _text(value: Value) -> str | None:
    return plain_text(value.value)


def _among(column: ColumnElement[Any], values: Sequence[Any]) -> Clause:
    return column == values[0] if len(values) == 1 else column.in_(values)


def _whole(number: float) -> int:
    """The nearest integer that the databases hold."""
    if isinstance(number, float) and math.isinf(number):
        return _LARGEST if number > 0 else -_LARGEST
    return max(-_LARGEST, min(_LARGEST, round(number)))


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _canonical(text: str) -> str:
    try:
        return held(canonical_text(loads(text)), TEXT_BYTES)
    except RecursionError as error:
        raise QueryError("a query can't compare with a value nested as deep as this") from error
