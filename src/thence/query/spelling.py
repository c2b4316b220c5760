"""How the query language writes names, numbers, texts and times; what it writes, :mod:`thence.query.parse` reads."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Union

from thence.query.fields import ALIASES, FIELDS

__all__ = ["KEYWORDS", "UNITS", "ago", "is_reserved", "number", "path", "read_text", "shown", "text", "whole"]

KEYWORDS: Final = frozenset(["and", "or", "not", "in", "between", "exists", "missing", "contains", "since", "until"])
"""Words that are names only in quotes."""

UNITS: Final = MappingProxyType({"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 0.001})
"""Units of duration, in seconds."""

_PLAIN_NAME: Final = re.compile(r"[^\W\d][\w\-]*")
_ESCAPED: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPES: Final = MappingProxyType({"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "0": "\0"})
_UNSHOWN: Final = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def is_reserved(path: Sequence[Union[str, int]]) -> bool:
    """Whether a parameter's path would be read as something else without ``params.`` before it."""
    first = path[0]
    known = {name.partition(".")[0] for name in FIELDS} | set(ALIASES)
    return first == "params" or (first == "extra_body" and len(path) > 1) or first in known


def path(steps: Sequence[Union[str, int]]) -> str:
    """A path: names joined by dots, quoted where they must be, and list indexes in brackets."""
    out = ""
    for step in steps:
        if isinstance(step, int):
            out += f"[{step}]"
        else:
            plain = _PLAIN_NAME.fullmatch(step) and step.lower() not in KEYWORDS
            out += ("." if out else "") + (step if plain else text(step))
    return out


def number(value: float) -> str:
    """A number, exactly. Integers of any length: Python itself refuses to print more than 4,300 digits."""
    if isinstance(value, int):
        return format(Decimal(value), "f")
    if math.isnan(value) or math.isinf(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return repr(value)


def text(value: str) -> str:
    """Text in quotes."""
    return shown(json.dumps(value, ensure_ascii=False))


def shown(text: str) -> str:
    """JSON text in which what a terminal would obey, and what no encoding can carry, stands as an escape."""
    return _UNSHOWN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def read_text(quoted: str) -> str:
    """The text that stands in single or double quotes."""

    def escaped(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else _ESCAPES.get(match[2], match[2])

    return whole(_ESCAPED.sub(escaped, quoted[1:-1]))


def whole(value: str) -> str:
    """``value`` with the halves of a character joined to that character; lone halves stay."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return value


def ago(seconds: float) -> str:
    """A time before now, in the largest unit that says it in whole numbers."""
    if seconds == 0:
        return "now"
    for unit, size in UNITS.items():
        if size >= 1 and seconds % size == 0:
            return f"{int(seconds // size)}{unit} ago"
    return f"{Decimal(repr(float(seconds))):f}s ago"
