"""Values as JSON text that reads back equal, whatever they are.

The text is ASCII JSON with the tags of :mod:`thence.params.exact`, so that NaN, huge integers, NUL and lone surrogates
break neither database nor any reader of JSON. Exact numbers, as providers read them, become plain ones where a plain
one says the same.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from thence.params import exact
from thence.providers.exact import ExactFloat, ExactInt

__all__ = ["decode", "encode", "plain"]

_PLAIN = frozenset({str, int, float, bool, type(None)})
_dumps = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode


def encode(value: Any) -> str:
    """``value`` as JSON text."""
    return _dumps(exact.encode(plain(value)))


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
