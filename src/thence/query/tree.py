"""The expression tree that both faces of the query language build, and its text.

A query is a tree of :class:`Condition` joined by :class:`And`, :class:`Or` and :class:`Not`. A condition asks one
*operand* (a parameter of a call, or a field of the call itself) by one *operator* of :data:`OPERATORS` for values.
Trees are frozen: they compare by value, can be shared between threads, and ``str(tree)`` is canonical text that parses
back to an equal tree.

What a condition means:

- Every condition is either true or false of a call; nothing is "unknown". Of a value that is not there, only
  ``missing`` is true. So ``x != 1`` finds the calls that have another value, and ``not x = 1`` those without one too.
- Kinds never mix: ``"0.7"`` is not ``0.7``, ``true`` is not ``1``, ``null`` is a value and not a missing one.
- Numbers compare as doubles, except that an integer beyond 2**53 equals that very integer only. ``nan`` equals a stored
  NaN, and is neither less nor greater than anything.
- Text is ordered by code points, on every database.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, Union

from thence.query import spelling

__all__ = ["OPERATORS", "And", "Condition", "Expression", "Field", "Not", "Operand", "Or", "Param", "Step", "Value"]

Step = Union[str, int]
Kind = Literal["null", "bool", "number", "text", "json", "time", "ago", "day"]
Aspect = Literal["value", "source", "origin", "asked", "sent", "used", "change"]

OPERATORS: Final = MappingProxyType(
    {
        "=": "is this value",
        "!=": "is there, and is another value",
        ">": "is greater",
        ">=": "is greater or equal",
        "<": "is less",
        "<=": "is less or equal",
        "~": "is text that matches the pattern: `*` stands for any text, `?` for one character",
        "contains": "is text with this text in it, or a list with this element",
        "in": "is one of these values",
        "not in": "is there, and is none of these values",
        "between": "is neither less than the first value nor greater than the second",
        "exists": "is there, be it null",
        "missing": "is not there",
    }
)
"""Every operator and its meaning, from which the documentation and the error messages are made."""


class Expression:
    """What every part of a query is. Join them by ``&``, ``|`` and ``~``."""

    __slots__ = ()

    def __and__(self, other: Expression) -> And:
        return And(_terms(And, self) + _terms(And, other))

    def __or__(self, other: Expression) -> Or:
        return Or(_terms(Or, self) + _terms(Or, other))

    def __invert__(self) -> Not:
        return Not(self)

    def __bool__(self) -> bool:
        raise TypeError("a query has no truth of its own: join conditions by & | ~, and write `a < x < b` as between")

    def conditions(self) -> Iterator[Condition]:
        """Every condition of the tree, in order."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Value:
    """A literal. Its kind tells apart what Python's ``==`` does not: ``true`` and ``1``.

    ``time`` holds an aware datetime in UTC; ``ago`` seconds before now; ``day`` the start of the day so many days ago;
    ``json`` the canonical JSON text of a list or an object. Other kinds hold the plain value.
    """

    kind: Kind
    value: Any

    def __str__(self) -> str:
        return _WRITERS[self.kind](self.value)

    @property
    def is_nan(self) -> bool:
        """Whether this is the number that equals nothing by arithmetic."""
        return self.kind == "number" and isinstance(self.value, float) and math.isnan(self.value)


_WRITERS: Final[Mapping[Kind, Callable[[Any], str]]] = {
    "null": lambda _: "null",
    "bool": lambda value: "true" if value else "false",
    "number": spelling.number,
    "text": spelling.text,
    "json": spelling.shown,
    "time": lambda value: str(value.isoformat().replace("+00:00", "Z")),
    "ago": spelling.ago,
    "day": lambda days: "yesterday" if days else "today",
}


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a call, by its path on the wire, or an aspect of it: ``source(temperature)``.

    The ``value`` is the one that the call ran with: the value sent, else the one that the provider says it used.
    """

    path: tuple[Step, ...]
    aspect: Aspect = "value"

    def __str__(self) -> str:
        path = spelling.path(self.path)
        if self.aspect != "value":
            return f"{self.aspect}({path})"
        return f"params.{path}" if spelling.is_reserved(self.path) else path


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the call itself: ``status``, ``usage.output_tokens``."""

    name: str

    def __str__(self) -> str:
        return self.name


Operand = Union[Param, Field]


@dataclass(frozen=True, slots=True)
class Condition(Expression):
    """One question: of ``operand``, by an operator of :data:`OPERATORS`, for ``values``.

    Make one by :func:`thence.query.check.condition`, which refuses what makes no sense.
    """

    operand: Operand
    operator: str
    values: tuple[Value, ...] = ()

    def __str__(self) -> str:
        values = [str(value) for value in self.values]
        if self.operator in ("in", "not in"):
            return f"{self.operand} {self.operator} ({', '.join(values)})"
        return " ".join([str(self.operand), self.operator, " and ".join(values)]).rstrip()

    def conditions(self) -> Iterator[Condition]:
        """This one."""
        yield self


@dataclass(frozen=True, slots=True)
class And(Expression):
    """True where every term is."""

    terms: tuple[Expression, ...]

    def __str__(self) -> str:
        return " and ".join(f"({term})" if isinstance(term, Or) else str(term) for term in self.terms)

    def conditions(self) -> Iterator[Condition]:
        """Those of every term, in order."""
        for term in self.terms:
            yield from term.conditions()


@dataclass(frozen=True, slots=True)
class Or(Expression):
    """True where any term is."""

    terms: tuple[Expression, ...]

    def __str__(self) -> str:
        return " or ".join(str(term) for term in self.terms)

    def conditions(self) -> Iterator[Condition]:
        """Those of every term, in order."""
        for term in self.terms:
            yield from term.conditions()


@dataclass(frozen=True, slots=True)
class Not(Expression):
    """True where its term is not."""

    term: Expression

    def __str__(self) -> str:
        return f"not ({self.term})" if isinstance(self.term, (And, Or)) else f"not {self.term}"

    def conditions(self) -> Iterator[Condition]:
        """Those of its term."""
        yield from self.term.conditions()


def _terms(kind: type[And | Or], expression: Expression) -> tuple[Expression, ...]:
    """The terms of a chain of the same kind, so that chains stay flat."""
    return expression.terms if isinstance(expression, (And, Or)) and type(expression) is kind else (expression,)
