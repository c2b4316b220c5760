"""The Python face: ``P.temperature > 0.8``, ``source(P.temperature) == "preset"``."""

from __future__ import annotations

from typing import Any, Union

from thence.errors import QueryError
from thence.query.check import condition, function, named
from thence.query.tree import Condition, Operand, Param, Step, Value

__all__ = ["Asked", "Names", "P", "asked", "change", "origin", "sent", "source", "used"]


class Asked:
    """An operand that Python's operators ask: each comparison is a condition of a query.

    Join conditions by ``&``, ``|`` and ``~``, in parentheses: Python's ``and``, ``or``, ``not`` and ``a < x < b`` can't
    be given another meaning, and raise.
    """

    __slots__ = ("_path",)
    __hash__ = None  # type: ignore[assignment]  # equality asks, and tells nothing

    def __init__(self, path: Union[tuple[Step, ...], Param]) -> None:
        self._path = path

    def _operand(self) -> Operand:
        return self._path if isinstance(self._path, Param) else named(self._path)

    def _ask(self, symbol: str, *values: Any) -> Condition:
        return condition(self._operand(), symbol, values)

    def __eq__(self, value: object) -> Condition:  # type: ignore[override]
        return self._ask("=", value)

    def __ne__(self, value: object) -> Condition:  # type: ignore[override]
        return self._ask("!=", value)

    def __gt__(self, value: Any) -> Condition:
        return self._ask(">", value)

    def __ge__(self, value: Any) -> Condition:
        return self._ask(">=", value)

    def __lt__(self, value: Any) -> Condition:
        return self._ask("<", value)

    def __le__(self, value: Any) -> Condition:
        return self._ask("<=", value)

    def in_(self, *values: Any) -> Condition:
        """It is one of ``values``, given one by one or as one list."""
        return self._ask("in", *_spread(values))

    def not_in(self, *values: Any) -> Condition:
        """It is there, and is none of ``values``."""
        return self._ask("not in", *_spread(values))

    def between(self, low: Any, high: Any) -> Condition:
        """``low <= it <= high``."""
        return self._ask("between", low, high)

    def glob(self, pattern: str) -> Condition:
        """It is text that matches ``pattern``: ``*`` stands for any text, ``?`` for one character."""
        return self._ask("~", pattern)

    def contains(self, value: Any) -> Condition:
        """It is text with ``value`` in it, or a list with ``value`` as an element."""
        return self._ask("contains", value)

    def exists(self) -> Condition:
        """It is there, be it null."""
        return self._ask("exists")

    def missing(self) -> Condition:
        """It is not there."""
        return self._ask("missing")

    def __repr__(self) -> str:
        return f"<{self._operand()}>"


class Names(Asked):
    """A name of the query language that grows by ``.name``, ``["any name"]`` and ``[0]``.

    A name that is also a method here is written in brackets: ``P["contains"]``.
    """

    __slots__ = ()
    _path: tuple[Step, ...]

    def __getattr__(self, name: str) -> Names:
        if name.startswith("__"):
            raise AttributeError(name)
        return Names((*self._path, name))

    def __getitem__(self, step: Step) -> Names:
        if isinstance(step, bool) or not isinstance(step, (str, int)) or (isinstance(step, int) and step < 0):
            raise TypeError(f"a name is text or a list's index from 0 on, not {step!r}")
        return Names((*self._path, step))

    def __iter__(self) -> Any:
        raise TypeError("a name of a query is nothing to iterate over")

    def _operand(self) -> Operand:
        if not self._path:
            raise QueryError("P is no name by itself", hint="write P.temperature")
        return named(self._path)


P = Names(())
"""Every name of a query: ``P.temperature``, ``P["a.b"].c``, ``P.tools[0]``, ``P.status``, ``P.params.status``."""


def source(name: Names | str) -> Asked:
    """The layer that a parameter's value came from: ``source(P.temperature) == ParameterSource.PRESET``."""
    return _aspect("source", name)


def origin(name: Names | str) -> Asked:
    """Where in that layer: ``origin(P.temperature).glob("*thence.toml*")``."""
    return _aspect("origin", name)


def asked(name: Names | str) -> Asked:
    """The value that the winning layer asked for."""
    return _aspect("asked", name)


def sent(name: Names | str) -> Asked:
    """The value on the wire."""
    return _aspect("sent", name)


def used(name: Names | str) -> Asked:
    """The value that the provider says it used."""
    return _aspect("used", name)


def change(name: Names | str) -> Asked:
    """How asked, sent and used differ: ``change(P.max_tokens) == "filled"``."""
    return _aspect("change", name)


def _aspect(of: str, name: Names | str) -> Asked:
    if isinstance(name, str):
        from thence.query.parse import read_path

        return Asked(function(of, read_path(name)))
    return Asked(function(of, name._path))


def _spread(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(values) == 1 and isinstance(values[0], (list, tuple, set, frozenset, range)):
        return tuple(values[0])
    return tuple(value.value if isinstance(value, Value) else value for value in values)
