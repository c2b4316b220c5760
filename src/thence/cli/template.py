"""``--format``: a line for each document, made of its fields: ``'{commit.hash} {params.temperature.value:>8}'``.

A field is a path into the document that ``--json`` prints, parted by dots. Names that hold dots themselves are found
all the same: the longest name that is there is taken. What is not there is empty; a first name that no document can
have is a mistake, and said. After a colon stands Python's format of a number or a text. ``\\t`` and ``\\n`` are what
they are in C, for shells that pass them on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any, Final

import rich_click as click

from thence.params.display import written
from thence.query.fields import suggestion
from thence.reading.visible import visible

__all__ = ["filled"]

_NOTHING: Final = object()
_OF_NUMBERS: Final = re.compile(r"(\.\d+)?[a-zA-Z%]?\Z")


def filled(template: str, document: Mapping[str, Any]) -> str:
    """The template with the document's fields in their places; control characters are written out.

    Raises:
        click.UsageError: it can't be read, or names a field that documents of this kind don't have.
    """
    written = []
    try:
        for text, path, how, _ in Formatter().parse(template.replace("\\t", "\t").replace("\\n", "\n")):
            written.append(text)
            if path is not None:
                written.append(_field(document, path, how or ""))
    except ValueError as error:
        raise click.UsageError(f"--format {template!r}: {error}") from error
    return "".join(written)


def _field(document: Mapping[str, Any], path: str, how: str) -> str:
    found = _dug(document, path)
    if found is _NOTHING and path.partition(".")[0] not in document:
        meant = suggestion(path, document) or f"there are {', '.join(document)}"
        raise click.UsageError(f"--format: there is no field {path!r}; {meant}")
    if found is None or found is _NOTHING:
        return format("", _OF_NUMBERS.sub("", how))
    if isinstance(found, str):
        return format(visible(found), how)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return format(written(found), how)
    return format(found, how)


def _dug(held: Any, path: str) -> Any:
    """What a path leads to; the longest name first."""
    if isinstance(held, Mapping):
        if path in held:
            return held[path]
        ends = [place for place, sign in enumerate(path) if sign == "."]
        for end in reversed(ends):
            if path[:end] in held:
                return _dug(held[path[:end]], path[end + 1 :])
    elif isinstance(held, Sequence) and not isinstance(held, str):
        first, _, rest = path.partition(".")
        if first.isdecimal() and int(first) < len(held):
            return _dug(held[int(first)], rest) if rest else held[int(first)]
    return _NOTHING
