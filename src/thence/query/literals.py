"""Python values as literals of a query."""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from thence.errors import QueryError
from thence.query import spelling
from thence.query.tree import Value

__all__ = ["NULL", "literal", "time"]

NULL = Value("null", None)


def literal(value: Any) -> Value:
    """``value`` as a literal: a JSON value, a number of any type, a date or time, a duration, an enum's member.

    A time without a zone is local, as typed by a person; a ``timedelta`` stands for its seconds; lists and mappings are
    compared whole, as JSON.

    Raises:
        QueryError: a query can't compare with such a value.
    """
    if isinstance(value, Value):
        return value
    if isinstance(value, enum.Enum):
        return literal(value.value)
    return next((make(value) for kind, make in _MAKERS if isinstance(value, kind)), None) or _number(value)


def time(moment: datetime | date) -> Value:
    """A moment; a date is the begin of that day, and what has no zone is local.

    Raises:
        QueryError: no clock shows it.
    """
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001  # local, as said
    try:
        return Value("time", moment.astimezone(timezone.utc))
    except (OverflowError, ValueError, OSError) as error:
        raise QueryError(f"{moment.isoformat()} is no moment that a clock shows") from error


def _number(value: Any) -> Value:
    """A number: an int where it is whole by type, a float else."""
    if isinstance(value, int):
        return Value("number", int(value))
    if isinstance(value, (float, Decimal)) or hasattr(type(value), "__float__"):
        if hasattr(type(value), "__index__"):
            return Value("number", value.__index__())
        if isinstance(value, Decimal) and value.is_nan():  # of a signaling one, no float is made
            return Value("number", math.nan)
        plain = float(value)
        return Value("number", math.nan if math.isnan(plain) else plain)
    raise QueryError(
        f"a query can't compare with a {type(value).__name__}",
        hint="give text, a number, a boolean, None, a date or time, a duration, a list or a dict",
    )


def _json(value: Any) -> Value:
    try:
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return Value("json", spelling.whole(text))
    except (TypeError, ValueError, RecursionError) as error:
        raise QueryError(f"a query can't compare with this {type(value).__name__}: {error}") from error


_MAKERS: Final[tuple[tuple[Any, Callable[[Any], Value]], ...]] = (
    (type(None), lambda _: NULL),
    (bool, lambda value: Value("bool", value)),
    (str, lambda value: Value("text", spelling.whole(str(value)))),
    (date, time),
    (timedelta, lambda value: Value("number", value.total_seconds())),
    ((list, tuple, Mapping), _json),
)
