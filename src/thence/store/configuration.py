"""Parameters as rows: for provenance, and as the index that queries are answered from.

A parameter has one row for its whole value (``path`` is empty), which also carries its whole story as exact JSON, and a
row for each value inside (``path`` is a JSON pointer, :rfc:`6901`), so that ``response_format.type`` is found like any
other. How a value becomes a row, :mod:`thence.store.typed` says; the story keeps it exactly.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from thence.hashing import content_hash, to_text
from thence.params import Parameter, ResolvedConfig, exact
from thence.providers import VOLATILE
from thence.providers.exact import loads
from thence.store.projection import encode, plain
from thence.store.typed import NAME_BYTES, held, parameter_rows

__all__ = [
    "INLINE",
    "as_number",
    "columns_of",
    "config_text",
    "is_volatile",
    "read_config",
    "read_parameters",
    "rows_of",
]

INLINE = 1024  # bytes up to which a story stands in its row

Row = dict[str, Any]
_NUMBERS = ("temperature", "top_p", "top_k", "max_tokens", "seed")
_BARE: Row = {"change": None, "origin": None, "record": None, "record_hash": None}


def is_volatile(name: str) -> bool:
    """Whether a parameter may differ on every call, so that it is kept with the call and makes no configuration."""
    return name in VOLATILE or name.endswith(("_id", "_key", "_nonce"))


def rows_of(parameter: Parameter) -> tuple[list[Row], tuple[bytes, bytes] | None]:
    """The rows of a parameter, and the blob (name, bytes) that holds its story where that is too long for a row."""
    record = ResolvedConfig([parameter]).to_json().encode()
    blob = None if len(record) <= INLINE else (content_hash(record), record)
    whole, *inner = ({"name": held(parameter.name, NAME_BYTES), **_BARE, **row} for row in parameter_rows(parameter))
    whole |= {
        "change": parameter.change,
        "origin": parameter.origin,
        "record": None if blob else record,
        "record_hash": blob[0] if blob else None,
    }
    return [whole, *inner], blob


def read_parameters(records: Iterable[bytes]) -> list[Parameter]:
    """The parameters of stored stories.

    Raises:
        ValueError: a story is damaged, or was written by a newer Thence.
    """
    return [parameter for record in records for parameter in ResolvedConfig.from_json(record).values()]


def columns_of(view: Mapping[str, Any]) -> Row:
    """The common fields (:func:`thence.providers.common`) that are columns of a call."""
    model, stream = view.get("request.model"), view.get("stream")
    columns: Row = {name: as_number(view.get(name)) for name in _NUMBERS}
    columns["request_model"] = model if isinstance(model, str) else None
    columns["stream"] = stream if isinstance(stream, bool) else None
    return columns


def as_number(value: Any) -> float | None:
    """A value as a column of numbers holds it; None of what is no number, or too large for one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return None if math.isnan(number) else number + 0.0  # of a zero SQLite keeps no sign


def config_text(values: Mapping[str, Any], large: Mapping[str, bytes]) -> str:
    """A generation config as the JSON text of a commit; ``large`` names the members that stand in blobs of their own.

    >>> config_text({"temperature": 0.2, "model": "gpt-4o"}, {})
    '{"temperature":0.2,"model":"gpt-4o"}'
    """
    members = (
        f'{encode(name)}:{{"$blob":"{to_text(large[name])}"}}' if name in large else f"{encode(name)}:{encode(value)}"
        for name, value in values.items()
    )
    return "{" + ",".join(members) + "}"


def read_config(text: str, blob: Callable[[str], bytes]) -> dict[str, Any]:
    """The generation config of :func:`config_text`; ``blob`` gives the bytes of a named blob."""
    members: dict[str, Any] = json.loads(text)
    return {
        name: plain(loads(blob(member["$blob"]).decode()))
        if isinstance(member, dict) and member.keys() == {"$blob"}
        else exact.decode(member)
        for name, member in members.items()
    }
