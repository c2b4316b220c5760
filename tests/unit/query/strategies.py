"""Queries to try: any expression that the checks let pass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from functools import reduce
from operator import and_, or_
from typing import Any

from hypothesis import strategies as st

from thence.errors import QueryError
from thence.query import FIELDS, OPERATORS, Condition, Expression, Field, Param, Value
from thence.query.check import choices, condition, name_of
from thence.query.tree import Operand

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**53 + 1, 2**63, 10**30, -(10**4000)]),
    st.floats(),
    st.text(max_size=12),
    st.text(st.characters(categories=["Cs", "Cc", "Cf"]), max_size=4),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
TIMES = st.one_of(
    st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=st.just(timezone.utc)),  # noqa: DTZ001
    st.builds(Value, st.just("ago"), st.floats(0, 1e9) | st.integers(0, 10**6).map(float)),
    st.builds(Value, st.just("day"), st.integers(0, 1)),
)
PATHS = st.lists(st.text(max_size=8) | st.integers(0, 30), min_size=1, max_size=4).filter(
    lambda path: isinstance(path[0], str)
)
ASPECTS = ("value", "value", "value", "sent", "asked", "used", "source", "origin", "change")


def params(paths: st.SearchStrategy[Sequence[Any]] = PATHS) -> st.SearchStrategy[Operand]:
    """Parameters, and aspects of them."""
    return st.builds(lambda path, aspect: Param(tuple(path), aspect), paths, st.sampled_from(ASPECTS))


OPERANDS: st.SearchStrategy[Operand] = params() | st.sampled_from(sorted(FIELDS)).map(Field)


@st.composite
def conditions(
    draw: st.DrawFn,
    operands: st.SearchStrategy[Operand] = OPERANDS,
    values: st.SearchStrategy[Any] = SCALARS | VALUES,
    times: st.SearchStrategy[Any] = TIMES,
) -> Condition:
    """A condition that makes sense: of any operand, with values of its type."""
    operand = draw(operands)
    kind = name_of(operand).type
    if kind == "name":
        values = st.sampled_from(choices(operand))
    elif kind == "time":
        values = times
    elif kind in ("number", "seconds"):
        values = values.filter(lambda value: isinstance(value, (int, float)) and not isinstance(value, bool))
    elif kind in ("text", "texts"):
        values = values.filter(lambda value: isinstance(value, str))
    symbol = draw(st.sampled_from(sorted(OPERATORS)))
    if symbol in ("~", "contains") and kind == "json":
        values = values.filter(lambda value: isinstance(value, str)) if symbol == "~" else values
    wanted = {"exists": 0, "missing": 0, "between": 2, "in": 3, "not in": 2}.get(symbol, 1)
    drawn = [draw(values) for _ in range(wanted)]
    try:
        return condition(operand, symbol, drawn)
    except QueryError:
        return condition(operand, "exists")


def expressions(leaves: st.SearchStrategy[Condition] | None = None) -> st.SearchStrategy[Expression]:
    """Conditions joined by and, or, not."""
    return st.recursive(
        leaves if leaves is not None else conditions(),
        lambda inner: st.one_of(
            inner.map(lambda term: ~term),
            st.lists(inner, min_size=2, max_size=4).map(lambda terms: reduce(and_, terms)),
            st.lists(inner, min_size=2, max_size=4).map(lambda terms: reduce(or_, terms)),
        ),
        max_leaves=8,
    )
