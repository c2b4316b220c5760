"""A JSON value as typed rows, which both databases index and compare alike.

A parameter becomes one row for itself and one for each value inside it, by JSON pointer: that is what queries are
answered from. Neither database could answer from JSON itself: they disagree on NaN, NUL, duplicate keys and the text of
numbers, and use no index once the path is bound.

- Strings stand as they are, so that patterns and order work; numbers by their exact text and the nearest double.
  Nothing but a number has a ``num``, and NaN has none: so ``num > 0`` is never true of ``true``, ``"1"`` or NaN.
- U+0000 and lone surrogates, which PostgreSQL refuses, are one private character each (:func:`escaped`).
- A text too long for an index keeps its beginning and its hash: equality is exact for any length, and patterns see
  the beginning.
- A value with very many members keeps its first :data:`MOST_ROWS`, outermost first; the value itself is never cut.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from thence.params import ABSENT, Parameter
from thence.providers.exact import ExactFloat, ExactInt, canonical_text

__all__ = [
    "MOST_ROWS",
    "NAME_BYTES",
    "SAME",
    "TEXT_BYTES",
    "Typed",
    "escaped",
    "held",
    "parameter_rows",
    "pointer",
    "typed",
    "typed_rows",
]

MOST_ROWS = 512
"""Rows of one parameter at most."""

TEXT_BYTES = 1000
"""UTF-8 bytes of a text at most: with name and path it must fit PostgreSQL's 2,704 bytes of an index entry."""

NAME_BYTES = 255
"""UTF-8 bytes of a name or path at most."""

SAME = "same"
"""The type of a value that is the effective one."""

_NOTHING = (None, None, None)
_NUL = 0x10F7FF  # private code points, from here on, stand for U+0000 and for D800 to DFFF
_MARK = chr(_NUL - 1)  # stands before such a code point that stands for itself
_UNHELD = re.compile("[\x00\ud800-\udfff\U0010f7fe-\U0010ffff]")


Row = dict[str, Any]


class Typed(NamedTuple):
    """A value as a row: its type, its text, and the nearest double of a number."""

    type: str
    text: str | None
    num: float | None


def parameter_rows(parameter: Parameter) -> Iterator[Row]:
    """The rows of a parameter: of its effective value, and beside it of the values asked for and used.

    A value that was asked for or used and is the effective one has the type :data:`SAME` and nothing else. The row of
    the whole (its ``path`` is empty) is always there and comes first; a row's ``type`` is ``absent`` where no value is.
    """
    sides = [dict(_present(side)) for side in (parameter.effective, parameter.asked, parameter.used)]
    for path in dict.fromkeys(["", *sides[0], *sides[1], *sides[2]]):
        value, asked, used = (side.get(path) for side in sides)
        row = {"path": path, **(value or Typed("absent", None, None))._asdict()}
        for name, other in (("asked", asked), ("used", used)):
            beside = (SAME, None, None) if other is not None and other == value else other or _NOTHING
            row |= {f"{name}_{column}": part for column, part in zip(Typed._fields, beside, strict=True)}
        yield row | {"state": parameter.state, "source": parameter.source.name}


def _present(value: Any) -> Iterator[tuple[str, Typed]]:
    return iter(()) if value is ABSENT else typed_rows(value)


def typed_rows(value: Any) -> Iterator[tuple[str, Typed]]:
    """``value`` and all values within it, each with its path, outermost first."""
    waiting: deque[tuple[str, Any]] = deque([("", value)])
    left = MOST_ROWS
    while waiting and left:
        path, item = waiting.popleft()
        yield held(path, NAME_BYTES), typed(item)
        left -= 1
        if len(waiting) < left:
            members = item.items() if isinstance(item, dict) else enumerate(item) if _is_list(item) else ()
            waiting.extend((path + pointer((step,)), member) for step, member in members)


def typed(value: Any) -> Typed:
    """The row of one value."""
    if value is None:
        return Typed("null", None, None)
    if isinstance(value, bool):
        return Typed("boolean", "true" if value else "false", None)
    if isinstance(value, str):
        return Typed("string", held(value, TEXT_BYTES), None)
    if isinstance(value, (int, float, Decimal)):
        return _typed_number(value)
    kind = "array" if _is_list(value) else "object"
    try:
        return Typed(kind, held(canonical_text(value), TEXT_BYTES), None)
    except (RecursionError, TypeError):  # too deep to be compared as a whole, or no JSON at all
        return Typed(kind, None, None)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _typed_number(value: float | Decimal) -> Typed:
    if isinstance(value, int):
        text = str(value) if isinstance(value, ExactInt) else format(Decimal(value), "f")
        return Typed("integer", held(text, TEXT_BYTES), nearest(value))
    text = value.text if isinstance(value, ExactFloat) else str(value)
    return Typed("float", held(text, TEXT_BYTES), nearest(value))


def nearest(number: float | Decimal) -> float | None:
    """The double nearest to ``number``, infinite beyond their range; None for NaN, which compares with nothing.

    There is one zero: SQLite keeps no sign of it, and PostgreSQL does.
    """
    if isinstance(number, Decimal) and number.is_nan():  # of a signaling one, no float is made
        return None
    try:
        double = float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
    return None if math.isnan(double) else double + 0.0


def held(text: str, most: int) -> str:
    """``text`` as every database holds it, in at most ``most`` bytes of UTF-8. Different texts stay different."""
    text = escaped(text)
    encoded = text.encode()
    if len(encoded) <= most:
        return text
    mark = f"{_MARK}#{hashlib.sha256(encoded).hexdigest()}"
    return encoded[: most - len(mark)].decode(errors="ignore") + mark


def escaped(text: str) -> str:
    """``text`` with stand-ins for what PostgreSQL refuses, one for one; different texts stay different."""
    if not _UNHELD.search(text):
        return text
    return _UNHELD.sub(_stand_in, text)


def _stand_in(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code >= _NUL - 1:
        return _MARK + found[0]
    return chr(_NUL + (code - 0xD800 + 1 if code else 0))


def pointer(steps: tuple[str | int, ...]) -> str:
    """The JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
