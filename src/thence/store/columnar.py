"""Calls as plain dicts and as columns, for data frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from thence.errors import Erased
from thence.store.columns import plain_text
from thence.store.projection import encode, plain
from thence.store.together import with_params, with_texts

if TYPE_CHECKING:
    from thence.store.call import Call
    from thence.store.store import Store

__all__ = ["as_arrow", "as_dict", "read_ahead", "texts"]

_FIELDS: Final = (
    "id",
    "tract",
    "branch",
    "status",
    "started_at",
    "duration",
    "time_to_first_chunk",
    "provider",
    "operation",
    "endpoint",
    "request_model",
    "response_model",
    "response_id",
    "finish_reasons",
    "error",
    "label",
    "callsite",
    "trace_id",
    "span_id",
    "tags",
    "metadata",
)
_TEXTS: Final = ("input_text", "output_text")
_COLUMNS: Final = (*_FIELDS, "base", "commit", *_TEXTS)
_LISTS: Final = ("finish_reasons", "tags")
_BATCH: Final = 256


def read_ahead(calls: Iterable[Call]) -> Iterator[Call]:
    """The same calls, whose parameters and texts are read together, some hundreds at a time."""
    left = iter(calls)
    while batch := list(islice(left, _BATCH)):
        for tract in {call.tract for call in batch}:
            mine = [call for call in batch if call.tract == tract]
            store = cast("Store", mine[0]._source)
            with_texts(store, tract, with_params(store, tract, mine))
        yield from batch


def as_dict(call: Call) -> dict[str, Any]:
    """A call's fields and texts; hashes of ``base`` and ``commit``; ``usage``; ``params``, by name; ``sources``."""
    params = call.params
    return {
        **{name: getattr(call, name) for name in _FIELDS},
        "base": call.base_hash,
        "commit": call.commit_hash,
        **{name: _text(call, name) for name in _TEXTS},
        "usage": msgspec.structs.asdict(call.usage),
        "params": params.to_dict(),
        "sources": {name: parameter.source.name for name, parameter in params.items()},
    }


def _text(call: Call, name: str) -> str | None:
    try:
        text: str | None = getattr(call, name)
    except Erased:
        return None
    return text


def as_arrow(calls: Iterable[Call]) -> Any:
    """A table with a row for each call.

    Fields and ``usage.*`` are typed columns, ``metadata`` is JSON text. Each parameter has columns ``param.NAME`` and
    ``source.NAME``; a parameter whose values are all numbers, all text or all booleans has that type, any other holds
    JSON text.
    """
    pa = import_module("pyarrow")
    rows = [as_dict(call) for call in read_ahead(calls)]
    text, number, count = pa.string(), pa.float64(), pa.int64()
    types = {"started_at": pa.timestamp("us", tz="UTC"), **dict.fromkeys(_LISTS, pa.list_(text))}
    types |= dict.fromkeys(("duration", "time_to_first_chunk"), number)
    for row in rows:
        row |= {name: texts(row[name]) for name in _LISTS}
        row["metadata"] = encode(row["metadata"]) if row["metadata"] else None
        row |= {name: plain_text(said) for name in _TEXTS if (said := row[name])}
    columns = {name: pa.array([row[name] for row in rows], types.get(name, text)) for name in _COLUMNS}
    for name in dict.fromkeys(name for row in rows for name in row["usage"]):
        columns[f"usage.{name}"] = pa.array([row["usage"][name] for row in rows], count)
    for name in sorted({name for row in rows for name in row["params"]}):
        said = plain_text(name)
        columns[f"param.{said}"] = _parameter(pa, [row["params"].get(name) for row in rows])
        columns[f"source.{said}"] = pa.array([row["sources"].get(name) for row in rows], text)
    return pa.table(columns)


def texts(value: Any) -> list[str | None] | None:
    """The texts of a list, as a column holds them: what no UTF-8 says is escaped. None where there is no list."""
    return [plain_text(each) for each in value if isinstance(each, str)] if isinstance(value, (list, tuple)) else None


def _parameter(pa: Any, values: list[Any]) -> Any:
    """A column of a parameter's values, in the one type that they all have, else as JSON text."""
    values = [plain(value) for value in values]
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool}:
        return pa.array(values, pa.bool_())
    if kinds <= {int, float} and all(not isinstance(value, int) or abs(value) < 2**53 for value in values):
        return pa.array(values, pa.int64() if kinds == {int} else pa.float64())
    if kinds <= {str} and all(value is None or _is_unicode(value) for value in values):
        return pa.array(values, pa.string())
    return pa.array([None if value is None else encode(value) for value in values], pa.string())


def _is_unicode(text: str) -> bool:
    """Whether ``text`` has no half of a character in it, which no column can hold."""
    return text.encode(errors="replace").decode() == text
