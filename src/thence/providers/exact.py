"""JSON that loses nothing: exact spans, exact numbers, one way to write.

The standard library's C scanner reads; what it can't keep is kept here. A float whose ``repr`` differs from its text
(``0.70``, ``1e5``, thirty digits, ``-0``) is an :class:`ExactFloat` that remembers the text. Integers have any size:
beyond the interpreter's limit on digits they are an :class:`ExactInt`. NaN, infinities and lone surrogates pass.

Writing has two forms. :func:`dumps` keeps order and number text. :func:`canonical_text` sorts keys and writes a number
by its value: ``5.00`` and ``5.0`` are one number (an SDK that parses and sends it back makes the one of the other),
``5`` and ``5.0`` are two (one is an integer), and a text that no double holds exactly stays as it was written.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

from typing_extensions import Self

__all__ = ["DEPTH", "ExactFloat", "ExactInt", "canonical_text", "dumps", "loads", "raw_decode"]

DEPTH = 100
"""Values nested deeper than this are not rewritten: :func:`dumps` and :func:`canonical_text` raise RecursionError."""

_PLAIN_DIGITS = 640  # the lowest limit on digits that the interpreter can be given
_PLAIN_INTEGER: int = 10**_PLAIN_DIGITS
_INTEGER_DIGITS = 100_000  # beyond, an integer is kept as text only: conversion would take seconds
_OPENING = frozenset("{[")
_WORDS = {None: "null", True: "true", False: "false"}
_SURROGATE = re.compile("[\ud800-\udfff]")


class ExactFloat(float):
    """A float that remembers the text it was read from, where ``repr`` would write another."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        """Read a number's text."""
        self = super().__new__(cls, text)
        self.text = text
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.text,)


class ExactInt(int):
    """An integer beyond the interpreter's limit on digits; prints as the text it was read from."""

    text: str

    def __new__(cls, text: str) -> Self:
        """Read an integer's text, however long."""
        digits = text.lstrip("-")
        self = super().__new__(cls, -_integer(digits) if text[0] == "-" else _integer(digits))
        self.text = text
        return self

    def __repr__(self) -> str:
        return self.text

    __str__ = __repr__

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.text,)


def _integer(digits: str) -> int:
    if len(digits) <= _PLAIN_DIGITS:
        return int(digits)
    half = len(digits) // 2
    power: int = 10**half
    return _integer(digits[:-half]) * power + _integer(digits[-half:])


def _read_int(text: str) -> int | float:
    if len(text) < _PLAIN_DIGITS:
        return int(text) if text != "-0" else ExactFloat(text)
    return ExactInt(text) if len(text) <= _INTEGER_DIGITS else ExactFloat(text)


def _read_float(text: str) -> float:
    value = float(text)
    return value if float.__repr__(value) == text else ExactFloat(text)


_decoder = json.JSONDecoder(parse_float=_read_float, parse_int=_read_int)
raw_decode: Callable[[str, int], tuple[Any, int]] = _decoder.raw_decode
"""The value that begins at an index of a text, and where it ends. Raises ValueError or RecursionError."""


def loads(text: str) -> Any:
    """The value of a JSON text, with exact numbers.

    Raises:
        ValueError: the text is no JSON.
        RecursionError: it is nested too deeply to be read.
    """
    if text[:1] in _OPENING:
        value, end = raw_decode(text, 0)
        if end == len(text):
            return value
    return _decoder.decode(text)


def dumps(value: Any) -> str:
    """Compact JSON text: order kept, numbers as they were read, UTF-8 unescaped.

    Raises:
        RecursionError: ``value`` is nested deeper than :data:`DEPTH`.
    """
    return _encodable(_write(value, _as_read, sort=False, depth=DEPTH))


def canonical_text(value: Any) -> str:
    """Compact JSON text: sorted keys, numbers by their value, UTF-8 (lone surrogates escaped).

    Raises:
        RecursionError: ``value`` is nested deeper than :data:`DEPTH`.
    """
    return _encodable(_write(value, _by_value, sort=True, depth=DEPTH))


def _encodable(text: str) -> str:
    if text.isascii():
        return text
    return _SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _write(value: Any, number: Callable[[float], str], *, sort: bool, depth: int) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int):
        return repr(value) if isinstance(value, ExactInt) else _digits(value)
    if isinstance(value, float):
        return number(value)
    if depth == 0:
        raise RecursionError(f"nested deeper than {DEPTH}")
    if isinstance(value, dict):
        members = sorted(value.items(), key=_name) if sort else value.items()
        inner = [
            f"{encode_basestring(name)}:{_write(member, number, sort=sort, depth=depth - 1)}"
            for name, member in members
        ]
        return "{" + ",".join(inner) + "}"
    return "[" + ",".join([_write(member, number, sort=sort, depth=depth - 1) for member in value]) + "]"


def _digits(value: int) -> str:
    """An integer in digits, however many: ``repr`` refuses those beyond the interpreter's limit."""
    return int.__repr__(value) if -_PLAIN_INTEGER < value < _PLAIN_INTEGER else format(Decimal(value), "f")


def _name(member: tuple[str, Any]) -> str:
    return member[0]


def _as_read(value: float) -> str:
    if isinstance(value, ExactFloat):
        return value.text
    if math.isfinite(value):
        return float.__repr__(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _by_value(value: float) -> str:
    if not isinstance(value, ExactFloat) or not math.isfinite(value):
        return _as_read(value)
    shortest = float.__repr__(value)
    try:
        same = Decimal(value.text) == Decimal(shortest)
    except ArithmeticError:  # an exponent that Decimal can't hold
        same = False
    return shortest if same else value.text
