"""Values as JSON that says exactly what they are, and their comparison.

JSON alone loses what a parameter can be: NaN and the infinities are no JSON, integers beyond 2**53 are rounded by many
readers, and Python refuses to print an integer of more than 4,300 digits. Such values are *tagged*: an object with one
member whose name begins with ``$``.

========================  ==============================================================
``{"$float": "NaN"}``     also ``Infinity`` and ``-Infinity``
``{"$int": "0x1f..."}``   an integer beyond 2**53 - 1 either way, in hexadecimal
``{"$number": "1.10"}``   a ``decimal.Decimal``
``{"$bytes": "aGk="}``    bytes, in base64
``{"$dict": [[k, v]]}``   a mapping that would be taken for a tag, or whose keys are no text
``{"$opaque": "p.Type"}`` a value that JSON can't say: its type only, never its ``repr``
========================  ==============================================================
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

__all__ = ["Opaque", "decode", "encode", "same"]

_SAFE: Final = 2**53 - 1
_DEEPEST: Final = 200


@dataclass(frozen=True, slots=True)
class Opaque:
    """Stands for a value that was not kept: ``kind`` is its type's qualified name, or why it was not kept."""

    kind: str


def encode(value: Any, depth: int = 0) -> Any:
    """``value`` as plain JSON data, tagged where JSON can't say it. Tuples become lists. Never raises, calls no method
    of a type it does not know.
    """
    if value is None or type(value) is str or type(value) is bool:
        return value
    if depth > _DEEPEST:
        return {"$opaque": f"deeper than {_DEEPEST} levels"}
    known = _ENCODERS.get(type(value))
    return known(value, depth + 1) if known else {"$opaque": f"{type(value).__module__}.{type(value).__qualname__}"}


def decode(value: Any) -> Any:
    """The value that :func:`encode` encoded; the same but for tuples.

    Raises:
        ValueError: a tag is unknown or says something impossible.
    """
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((tag, inner),) = value.items()
        if tag.startswith("$"):
            return _untag(tag, inner)
    return {key: decode(item) for key, item in value.items()}


def same(one: Any, other: Any, *, numbers: bool = False) -> bool:
    """Whether two JSON values are the same: 1, 1.0, True and "1" are four values, NaN is itself, -0.0 is not 0.0.

    Args:
        one: a value.
        other: another.
        numbers: take 1 and 1.0 for the same, as JSON does: an answer's echo may spell a number otherwise.
    """
    try:
        return _same(one, other, numbers)
    except RecursionError:  # nested beyond what can be told
        return False


def _same(one: Any, other: Any, numbers: bool) -> bool:
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(_same(a, b, numbers) for a, b in zip(one, other, strict=True))
    if numbers and {type(one), type(other)} == {int, float}:
        return bool(one == other)
    if type(one) is not type(other):
        return False
    if type(one) is dict:
        return one.keys() == other.keys() and all(_same(item, other[key], numbers) for key, item in one.items())
    if type(one) is float:
        return repr(one) == repr(other)
    if type(one) is Decimal:
        return str(one) == str(other)  # a NaN is itself, and 1.0 is not 1.00
    return one is other or (type(one) in _COMPARED and bool(one == other))


_COMPARED: Final = frozenset({bool, int, str, bytes, Opaque})


def _name(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _encode_float(value: float, _depth: int) -> Any:
    return value if math.isfinite(value) else {"$float": _name(value)}


def _encode_int(value: int, _depth: int) -> Any:
    return value if -_SAFE <= value <= _SAFE else {"$int": hex(value)}


def _encode_list(value: Sequence[Any], depth: int) -> Any:
    return [encode(item, depth) for item in value]


def _encode_dict(value: Mapping[Any, Any], depth: int) -> Any:
    lone = next(iter(value)) if len(value) == 1 else None
    if (type(lone) is str and lone.startswith("$")) or not all(type(key) is str for key in value):
        return {"$dict": [[encode(key, depth), encode(item, depth)] for key, item in value.items()]}
    return {key: encode(item, depth) for key, item in value.items()}


_ENCODERS: Final[Mapping[type, Callable[[Any, int], Any]]] = {
    int: _encode_int,
    float: _encode_float,
    dict: _encode_dict,
    list: _encode_list,
    tuple: _encode_list,
    Decimal: lambda value, _: {"$number": str(value)},
    bytes: lambda value, _: {"$bytes": base64.b64encode(value).decode()},
    Opaque: lambda value, _: {"$opaque": value.kind},
}

_TAGS: Final[Mapping[str, Callable[[str], Any]]] = {
    "$float": float,
    "$int": lambda text: int(text, 16),
    "$number": Decimal,
    "$bytes": lambda text: base64.b64decode(text, validate=True),
    "$opaque": Opaque,
}


def _untag(tag: str, inner: Any) -> Any:
    if tag == "$dict" and isinstance(inner, list):
        return {decode(key): decode(item) for key, item in inner}
    if tag not in _TAGS or not isinstance(inner, str):
        raise ValueError(f"{tag} is no tag, or holds no text")
    try:
        return _TAGS[tag](inner)
    except ArithmeticError as error:
        raise ValueError(f"{inner!r} is no number") from error
