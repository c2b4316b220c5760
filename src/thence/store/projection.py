"""Values as JSON text that reads back equal, whatever they are.

The text is ASCII JSON with the tags of :mod:`thence.params.exact`, so that NaN, huge integers, NUL and lone surrogates
break neither database nor any reader of JSON. Exact numbers, as providers read them, become plain ones where a plain
one says the same.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from thence.params import exact
from thence.providers.exact import ExactFloat, ExactInt

__all__ = ["Encoded", "compact", "decode", "encode", "plain"]

_SAFE = 2**53 - 1
_PLAIN = frozenset({str, int, float, bool, type(None)})
_dumps = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode


class Encoded(str):
    """JSON text of :func:`encode`, which need not be encoded again."""

    __slots__ = ()


def encode(value: Any) -> Encoded:
    """``value`` as JSON text."""
    return Encoded(_dumps(value if _simple(value) else exact.encode(plain(value))))


def compact(value: Any) -> Encoded:
    """The same, for a value that is known to need no tag."""
    return Encoded(_dumps(value))


def _simple(value: Any, depth: int = 20) -> bool:
    """Whether JSON says ``value`` as it is, without a tag. Most are simple, and to look costs less than to copy."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        return bool(-_SAFE <= value <= _SAFE)
    if kind is float:
        return isfinite(value)
    if kind is dict and depth:
        return all(type(name) is str and name[:1] != "$" and _simple(value[name], depth - 1) for name in value)
    return kind is list and depth > 0 and all(_simple(item, depth - 1) for item in value)


def decode(text: str | bytes) -> Any:
    """The value that :func:`encode` wrote.

    Raises:
        ValueError: the text is none of ours.
    """
    return exact.decode(json.loads(text))


def plain(value: Any, depth: int = 200) -> Any:
    """``value`` without the number types that remember their text; a number that only text can say is a Decimal."""
    kind = type(value)
    if kind in _PLAIN or not depth:
        return value
    if kind is dict:
        return {name: member if type(member) in _PLAIN else plain(member, depth - 1) for name, member in value.items()}
    if kind is list:
        return [item if type(item) in _PLAIN else plain(item, depth - 1) for item in value]
    if kind is ExactInt:
        return int.__int__(value)
    if kind is ExactFloat:
        return _number(value)
    return value


def _number(value: ExactFloat) -> float | Decimal:
    nearest = float.__float__(value)
    try:
        said = Decimal(value.text)
        return nearest if said == Decimal(repr(nearest)) else said
    except InvalidOperation:
        return nearest
