"""Parameters as compact text, grouped by source, most explicit first::

CALL
  temperature = 0.2         app.py:12 main
    over 0.7                SESSION app.py:8
    used 0.3                resolved
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from thence.params.exact import encode, same
from thence.params.source import ABSENT, Parameter

__all__ = ["display", "shown", "written"]


def shown(value: Any, width: int = 40) -> str:
    """A value as one line of JSON of at most ``width`` characters."""
    if value is ABSENT:
        return "-"
    plain = type(value) is float or (type(value) is int and value.bit_length() < 1000)
    text = str(value) if plain else written(value)
    return text if len(text) <= width else text[: width - 3] + "..."


def written(value: Any) -> str:
    """A value as JSON that people read: letters of every script as they are, and escapes for what no screen shows, or
    what it would obey.
    """
    text = json.dumps(encode(value), ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)


def display(parameters: Iterable[Parameter], width: int = 80) -> str:
    """The text; empty where there is no parameter. Lines are cut at ``width`` characters."""
    ordered = sorted(parameters, key=lambda p: (p.source, p.name))
    lines = []
    for source, group in groupby(ordered, key=lambda p: p.source):
        lines.append(source.name)
        for parameter in group:
            lines += (_row(left, right, width) for left, right in _told(parameter, width // 2))
    return "\n".join(lines)


def _told(p: Parameter, width: int) -> Iterator[tuple[str, str]]:
    told = " ".join(filter(None, (p.change, f"({p.alias})" if p.alias else None)))
    yield f"  {p.name} = {shown(p.value, width - len(p.name))}", " ".join(filter(None, (p.origin, told)))
    for candidate in p.shadowed:
        yield f"    over {shown(candidate.value, width)}", f"{candidate.source} {candidate.origin or ''}"
    if p.asked is not ABSENT and not same(p.asked, p.value):
        yield f"    asked {shown(p.asked, width)}", ""
    if p.used is not ABSENT and not same(p.used, p.value):
        yield f"    used {shown(p.used, width)}", ""


def _row(left: str, right: str, width: int) -> str:
    return f"{left:<28}  {right}".rstrip()[:width]
