"""Which conditions make sense: the one place where conditions are made, for both faces and for the parser.

A condition that could never be true, or that the databases would answer each in its own way, is refused with a
:class:`~thence.errors.QueryError` that says what would do instead.
"""

from __future__ import annotations

import operator as operators
import re
import sys
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final, cast

from thence.errors import QueryError
from thence.params.source import ParameterSource
from thence.query.fields import ALIASES, FIELDS, FUNCTIONS, Name, suggestion
from thence.query.literals import literal
from thence.query.tree import OPERATORS, And, Aspect, Condition, Expression, Field, Not, Operand, Or, Param, Step, Value

__all__ = [
    "MOST_CONDITIONS",
    "MOST_NESTED",
    "MOST_VALUES",
    "bounded",
    "choices",
    "condition",
    "function",
    "limited",
    "name_of",
    "named",
    "operator",
]

MOST_VALUES: Final = 5_000
"""Values of one condition at most."""

MOST_CONDITIONS: Final = 200
"""Conditions of one query at most."""

_SYNONYMS: Final = MappingProxyType({"==": "=", "<>": "!=", "is": "=", "is not": "!=", "not_in": "not in"})
MOST_NESTED: Final = 20
"""Levels of parentheses and of `not` at most: SQLite's own parser takes no more than a few dozen."""

_HASH: Final = re.compile(r"(t[1-9]\d?:)?[0-9a-fA-F][0-9a-fA-F\-]{0,70}")
_ORDER: Final = frozenset({">", ">=", "<", "<=", "between"})
_ACCEPTED: Final = MappingProxyType(
    {
        "json": frozenset({"null", "bool", "number", "text", "json"}),
        "text": frozenset({"text"}),
        "texts": frozenset({"text"}),
        "hash": frozenset({"text"}),
        "name": frozenset({"text"}),
        "number": frozenset({"number"}),
        "seconds": frozenset({"number"}),
        "time": frozenset({"time", "ago", "day"}),
    }
)
_MEANT: Final = MappingProxyType(
    {
        "json": "a JSON value",
        "text": "text",
        "texts": "texts",
        "hash": "a hash or an id",
        "name": "a name",
        "number": "a number",
        "seconds": "a duration",
        "time": "a time",
    }
)


def condition(operand: Operand, symbol: str, values: Sequence[Any] = ()) -> Condition:
    """The condition that asks ``operand`` by ``symbol`` for ``values``, each a :class:`Value` or a Python value.

    Raises:
        QueryError: it makes no sense; the message says why.
    """
    name = operator(symbol)
    literals = tuple(literal(_plain(operand, value)) for value in values)
    wanted = {"exists": 0, "missing": 0, "between": 2, "in": None, "not in": None}.get(name, 1)
    if wanted is not None and len(literals) != wanted:
        raise QueryError(f"`{name}` takes {wanted} value{'s' * (wanted != 1)}, not {len(literals)}")
    if len(literals) > MOST_VALUES:
        raise QueryError(f"a condition holds {MOST_VALUES:,} values at most, not {len(literals):,}")
    return Condition(operand, name, tuple(_accepted(operand, name, value) for value in literals))


def bounded(tree: Expression) -> Expression:
    """``tree``, if databases can take it.

    Raises:
        QueryError: it nests too deep, or holds too many conditions.
    """
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > MOST_NESTED:
            raise QueryError(f"a query nests {MOST_NESTED} levels at most")
        inner: list[Expression] = []
        for node in level:
            inner += node.terms if isinstance(node, (And, Or)) else (node.term,) if isinstance(node, Not) else ()
        level = inner
    if sum(1 for _ in tree.conditions()) > MOST_CONDITIONS:
        raise QueryError(f"a query holds {MOST_CONDITIONS} conditions at most")
    return tree


def limited(count: int | None) -> int | None:
    """How many are wanted at most, as iterators and both databases take it; None where there is no limit.

    Raises:
        QueryError: it is less than none, or no whole number.
    """
    if count is None:
        return None
    try:
        number = operators.index(count)
    except TypeError as error:
        raise QueryError(f"{count!r:.80} is no number of them", hint="give a whole number, or None for all") from error
    if number < 0:
        raise QueryError("there are no fewer than 0 of anything", hint="give 0 or more, or None for all")
    return min(number, sys.maxsize)


def operator(symbol: str) -> str:
    """The operator that ``symbol`` names.

    Raises:
        QueryError: none; with the nearest one.
    """
    name = " ".join(symbol.lower().split())
    name = _SYNONYMS.get(name, name)
    if name not in OPERATORS:
        raise QueryError(f"`{symbol}` is no operator", hint=suggestion(name, OPERATORS) or f"use {_listed(OPERATORS)}")
    return name


def named(path: tuple[Step, ...]) -> Operand:
    """What a path names: a field of a call, else a parameter.

    ``params.x`` is always the parameter ``x``, and ``extra_body.x`` too: on the wire it is a top-level member.

    Raises:
        QueryError: it begins as a field does and is none.
    """
    first = str(path[0])
    if first in ("params", "extra_body") and len(path) > 1 and isinstance(path[1], str):
        return Param(path[1:])
    dotted = ".".join(map(str, path))
    dotted = ALIASES.get(dotted, dotted)
    if dotted in FIELDS:
        return Field(dotted)
    groups = {name.partition(".")[0] for name in FIELDS} | set(ALIASES)
    if first in groups:
        known = [name for name in FIELDS if name.partition(".")[0] == first]
        meant = suggestion(dotted, known)
        hint = f"{meant} " * bool(meant) + f"a parameter of that name is params.{dotted}"
        raise QueryError(f"a call has no field `{dotted}`", hint=hint)
    return Param(path)


def function(name: str, path: tuple[Step, ...]) -> Param:
    """The aspect of a parameter that ``name(path)`` means.

    Raises:
        QueryError: there is no such function.
    """
    if name.lower() not in FUNCTIONS:
        raise QueryError(
            f"there is no function `{name}`", hint=suggestion(name, FUNCTIONS) or f"use {_listed(FUNCTIONS)}"
        )
    inner = named(path) if path[0] in ("params", "extra_body") else Param(path)
    return Param(inner.path if isinstance(inner, Param) else path, cast("Aspect", name.lower()))


def name_of(operand: Operand) -> Name:
    """The row of the tables that describes ``operand``."""
    if isinstance(operand, Field):
        return FIELDS[operand.name]
    return FUNCTIONS.get(operand.aspect) or Name("json", "a parameter's value")


def choices(operand: Operand) -> tuple[str, ...]:
    """The values that ``operand`` can have, in their order, where they are few; else none."""
    if isinstance(operand, Param) and operand.aspect == "source":
        return tuple(source.name for source in ParameterSource)
    return name_of(operand).choices


def _plain(operand: Operand, value: Any) -> Any:
    """A source's name, where a member of the chain was given."""
    return value.name if isinstance(value, ParameterSource) and choices(operand) else value


def _accepted(operand: Operand, name: str, value: Value) -> Value:
    """``value`` as it is compared, where comparing makes sense."""
    kind = name_of(operand).type
    if value.kind not in _ACCEPTED[kind]:
        raise QueryError(f"`{operand}` is {_MEANT[kind]}, and {value} is none", hint=_instead(kind, value))
    if kind == "name":
        value = _chosen(operand, value)
    if kind == "hash":
        _check_hash(operand, name, value)
    ordered = kind not in ("name", "texts", "hash") or (isinstance(operand, Param) and operand.aspect == "source")
    if name in _ORDER and not (ordered and value.kind in ("number", "text", "time", "ago", "day")):
        raise QueryError(f"`{name}` compares by order, and {value} has none", hint="use =, != or in")
    if name == "~" and (value.kind != "text" or kind == "name"):
        raise QueryError(f"`~` compares text with a pattern, and {value} is none", hint="use =")
    if name == "contains" and kind not in ("json", "text", "texts"):
        raise QueryError(f"`contains` asks text or a list, and `{operand}` is neither", hint="use =")
    return value


def _check_hash(operand: Operand, name: str, value: Value) -> None:
    """Ids and hashes are compared whole, or by how they begin: ``commit ~ "t1:9f3c*"``."""
    if not _HASH.fullmatch(value.value.removesuffix("*" if name == "~" else "")) or (
        name == "~" and not value.value.endswith("*")
    ):
        raise QueryError(f"{value} is no {'beginning of a ' * (name == '~')}hash", hint=f'write {operand} ~ "0123abc*"')
    if name not in ("=", "!=", "in", "not in", "~"):
        raise QueryError(f"`{name}` asks nothing of a hash", hint=f'write {operand} ~ "0123abc*"')
    digits = value.value.rpartition(":")[2].replace("-", "")
    if name != "~" and len(digits) != (32 if operand == Field("id") else 64):
        raise QueryError(f"{value} is no whole hash", hint=f'write {operand} ~ "{value.value}*" for how it begins')


def _chosen(operand: Operand, value: Value) -> Value:
    """One of the operand's few values, however it was spelled. Plug-in sources are known once they are registered."""
    known = {choice.lower(): choice for choice in choices(operand)}
    chosen = known.get(value.value.lower())
    if chosen is None:
        raise QueryError(
            f"`{operand}` is never {value}", hint=suggestion(value.value, known) or f"it is one of {_listed(known)}"
        )
    return Value("text", chosen)


def _instead(kind: str, value: Value) -> str | None:
    if kind == "time":
        return "write 2026-11-22, 2026-11-22T10:00 or 2h ago"
    if kind == "seconds":
        return "write 1.5, 500ms or 2m"
    if value.kind in ("time", "ago", "day"):
        return "put text in quotes"
    return None


def _listed(names: object) -> str:
    return ", ".join(map(str, names))  # type: ignore[call-overload]
