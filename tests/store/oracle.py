"""What the query language means, said in plain Python: the answer that SQL is held against."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from thence.params import ABSENT, Parameter, ParameterSource
from thence.query import FIELDS, And, Condition, Expression, Field, Not, Or, Param, Value
from thence.store.columns import plain_text
from thence.store.typed import TEXT_BYTES, escaped, held

NOW = datetime.fromisoformat("2026-11-22T12:00:00+00:00")


@dataclass(frozen=True)
class Told:
    """A call as a test tells it: plain values of its fields, and its parameters by name."""

    id: str
    fields: dict[str, Any]
    params: dict[str, Parameter] = field(default_factory=dict)


def matches(tree: Expression, call: Told) -> bool:
    """Whether ``tree`` is true of ``call``."""
    if isinstance(tree, And):
        return all(matches(term, call) for term in tree.terms)
    if isinstance(tree, Or):
        return any(matches(term, call) for term in tree.terms)
    if isinstance(tree, Not):
        return not matches(tree.term, call)
    assert isinstance(tree, Condition)
    found = value_of(tree.operand, call)
    kind = FIELDS[tree.operand.name].type if isinstance(tree.operand, Field) else ""
    if isinstance(tree.operand, Param) and tree.operand.aspect == "source" and found is not ABSENT:
        return ask(rank(found), tree.operator, [Value("number", rank(value.value)) for value in tree.values])
    if kind == "seconds" and found is not None:  # kept to the nanosecond
        return ask(ticks(found), tree.operator, [Value("number", ticks(value.value)) for value in tree.values])
    if kind == "texts":
        return of_texts(found or [], tree)
    if kind or (isinstance(tree.operand, Param) and tree.operand.aspect in ("origin", "change")):
        found, values = (
            plain(ABSENT if found is None else found),
            [replace(v, value=plain(v.value)) for v in tree.values],
        )
        return ask(found, tree.operator, values, one_text=True)
    return ask(found, tree.operator, list(tree.values))


def plain(value: Any) -> Any:
    """Text as the columns of a call have it: a backslash where no database could hold a character."""
    return plain_text(value) if isinstance(value, str) else value


def ticks(seconds: float) -> float:
    """Whole nanoseconds, as far as an integer of 64 bits goes; NaN stays."""
    if seconds != seconds:  # noqa: PLR0124  # NaN
        return seconds
    most = 2**63 - 1
    return max(-most, min(most, round(seconds * 10**9))) if abs(seconds) < most else most if seconds > 0 else -most


def rank(name: str) -> int:
    """A source as a number that orders it."""
    return ParameterSource[name].rank


def value_of(operand: Any, call: Told) -> Any:
    """What an operand is of a call."""
    if isinstance(operand, Field):
        return call.fields.get(operand.name)
    name, *inside = operand.path
    parameter = call.params.get(name)
    if parameter is None:
        return ABSENT
    if operand.aspect in ("source", "origin", "change"):
        found = {"source": parameter.source.name, "origin": parameter.origin, "change": parameter.change}
        return ABSENT if found[operand.aspect] is None else found[operand.aspect]
    value = parameter.effective if operand.aspect == "value" else getattr(parameter, operand.aspect)
    for step in inside:
        if isinstance(value, dict):
            value = value.get(str(step), ABSENT)
        elif isinstance(value, list):
            at = int(step) if re.fullmatch(r"0|[1-9]\d*", str(step)) else len(value)
            value = value[at] if at < len(value) else ABSENT
        else:
            return ABSENT
    return value


def of_texts(texts: list[str], condition: Condition) -> bool:
    """A condition on a field that holds several texts: any of them will do, of a negation none may."""
    symbol = condition.operator
    if symbol in ("exists", "missing"):
        return bool(texts) == (symbol == "exists")
    if symbol in ("!=", "not in"):
        return bool(texts) and not any(equal(text, value) for text in texts for value in condition.values)
    symbol = "=" if symbol == "contains" else symbol
    return any(ask(text, symbol, list(condition.values)) for text in texts)


def ask(found: Any, symbol: str, values: list[Value], *, one_text: bool = False) -> bool:
    """Whether a value, which may be absent, meets a condition."""
    if symbol in ("exists", "missing"):
        return (found is not ABSENT) == (symbol == "exists")
    if found is ABSENT:
        return False
    if symbol in ("=", "in"):
        return any(equal(found, value) for value in values)
    if symbol in ("!=", "not in"):
        return not any(equal(found, value) for value in values)
    if symbol == "between":
        return ordered(found, ">=", values[0]) and ordered(found, "<=", values[1])
    if symbol == "~":
        glob = pattern(escaped(values[0].value))
        return isinstance(found, str) and re.fullmatch(glob, seen(found), re.DOTALL) is not None
    if symbol == "contains":
        within = isinstance(found, str) and values[0].kind == "text" and escaped(values[0].value) in seen(found)
        return within or (not one_text and isinstance(found, list) and any(equal(each, values[0]) for each in found))
    return ordered(found, symbol, values[0])


def seen(text: str) -> str:
    """What patterns and order see of a text: all of it, unless it is very long."""
    return held(text, TEXT_BYTES)


def pattern(glob: str) -> str:
    """A pattern of the language as a regular expression."""
    return "".join({"*": ".*", "?": "."}.get(mark, re.escape(mark)) for mark in re.sub(r"\*+", "*", glob))


def number(value: Any) -> float:
    """The nearest double."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def equal(found: Any, value: Value) -> bool:
    """Whether a stored value is a literal."""
    if isinstance(found, bool) or value.kind == "bool":
        return isinstance(found, bool) and value.kind == "bool" and found is value.value
    if found is None or value.kind == "null":
        return found is None and value.kind == "null"
    if isinstance(found, datetime):
        return ordered(found, "<=", value) and ordered(found, ">=", value)
    if isinstance(found, (int, float)) and value.kind == "number":
        if isinstance(value.value, int) and abs(value.value) >= 2**53:
            return isinstance(found, int) and found == value.value
        one, other = number(found), number(value.value)
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(found, (list, dict)) and value.kind == "json":
        from thence.providers.exact import canonical_text, loads

        return canonical_text(found) == canonical_text(loads(value.value))
    return isinstance(found, str) and value.kind == "text" and found == value.value


def ordered(found: Any, symbol: str, value: Value) -> bool:
    """Whether a stored value stands so to a literal."""
    if isinstance(found, bool):
        return False
    if isinstance(found, datetime):
        one, other = found.timestamp(), when(value)
    elif isinstance(found, (int, float)) and value.kind == "number":
        one, other = number(found), number(value.value)
    elif isinstance(found, str) and value.kind == "text":
        # Python orders text by code points; what no database holds comes last.
        one, other = seen(found), seen(value.value)  # type: ignore[assignment]
    else:
        return False
    return {">": one > other, ">=": one >= other, "<": one < other, "<=": one <= other}[symbol]


def when(value: Value) -> float:
    """The moment that a literal means, in seconds."""
    if value.kind == "time":
        return float(value.value.timestamp())
    assert value.kind == "ago"
    return NOW.timestamp() - float(value.value)
