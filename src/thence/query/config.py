"""Conditions on a configuration, as values: one condition, several, a dict, a Pydantic model.

What they ask is the value *sent*, the one that ``generation_config`` shows, and names are always those of parameters:
a parameter called ``status`` needs no prefix here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from thence.errors import QueryError
from thence.query.check import MOST_CONDITIONS, condition
from thence.query.parse import read_path
from thence.query.tree import And, Condition, Expression, Param, Step

__all__ = ["config_query"]


def config_query(*what: Any) -> Expression:
    """The query that ``what`` describes.

    ``("temperature", ">", 0.8)``, as a tuple or as three arguments
        one condition: field, operator, value. ``exists`` and ``missing`` take no value, ``between`` two in a pair.
    ``[("temperature", ">", 0.8), ("model", "=", "gpt-4o")]``
        several, which must all hold.
    ``{"model": "gpt-4o", "response_format": {"type": "json_object"}}``, or a Pydantic model
        a part of a configuration: each value in it must be the configuration's. Of a model, the fields that were set.

    Fields are paths: ``response_format.type``, and in quotes where a key has a dot: ``"a.b".c``.

    Raises:
        QueryError: it describes none.
    """
    if what and isinstance(what[0], str):
        return _one(*what)
    if len(what) != 1:
        raise QueryError("a query is (field, operator, value), a list of such, a dict or a model")
    given = what[0]
    if isinstance(given, Expression):
        return given
    if isinstance(given, tuple) and given and isinstance(given[0], str):
        return _one(*given)
    dump = getattr(given, "model_dump", None)
    if callable(dump):
        given = dump(exclude_unset=True)
    if isinstance(given, Mapping):
        conditions: Iterable[Condition] = _parts((), given)
    elif isinstance(given, Sequence):
        conditions = (_one(*triple) for triple in given)
    else:
        raise QueryError(
            f"a {type(given).__name__} describes no query", hint="give a dict, a model or a list of triples"
        )
    terms = tuple(conditions)
    if not terms:
        raise QueryError("a query needs a condition")
    if len(terms) > MOST_CONDITIONS:
        raise QueryError(f"a query holds {MOST_CONDITIONS} conditions at most, not {len(terms)}")
    return terms[0] if len(terms) == 1 else And(terms)


def _one(field: str, symbol: str = "exists", *value: Any) -> Condition:
    """One condition; the values of ``in`` and ``between`` come as one list or one by one."""
    if len(value) == 1 and isinstance(value[0], (list, tuple, set, frozenset)) and _takes_list(symbol):
        value = tuple(value[0])
    if not value and symbol not in ("exists", "missing") and not _takes_list(symbol):
        raise QueryError(f"`{symbol}` needs a value")
    return condition(Param(read_path(field), "sent"), symbol, value)


def _takes_list(symbol: str) -> bool:
    return symbol.lower().replace("_", " ") in ("in", "not in", "between")


def _parts(path: tuple[Step, ...], part: Mapping[Any, Any]) -> Iterator[Condition]:
    """A condition for each value of a part of a configuration; an empty mapping must only be there."""
    for key, value in part.items():
        step = (*path, str(key))
        if isinstance(value, Mapping):
            yield from _parts(step, value) if value else [condition(Param(step, "sent"), "exists")]
        else:
            yield condition(Param(step, "sent"), "=", [value])
