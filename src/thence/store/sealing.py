"""Seals: what makes a call's settings, usage and outcome tamper-evident, though no commit's hash covers them.

A seal covers every column of the call but those that can be told from others: ``commit_hash`` is the last of its
answers, token counts are a view of the verbatim usage. Stores of schema 0001 have seals without a call's facts; what
schema 0003 added is in the seal of the calls that have it, so that the seals of those before it hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Float

from thence.hashing import from_text, record_hash
from thence.providers import Usage
from thence.store.columns import plain_text
from thence.store.projection import Encoded, encode
from thence.store.schema import calls

__all__ = ["first_seal_of", "seal_of"]

_POINTERS = ("form_hash", "envelope_hash", "response_hash")
_NAMES = ("surroundings_hash", "parent_id")
_ADDED = ("span_id", "trace_id")
_SAID_ELSEWHERE = frozenset(
    {"tract_id", "id", "status", "base", "commit_hash", "configuration_hash", "usage_verbatim", "seal"}
    | {*_POINTERS, *_NAMES, *_ADDED, *Usage.__struct_fields__}
)
_FACTS = tuple(sorted(column.name for column in calls.columns if column.name not in _SAID_ELSEWHERE))
_FLOATS = frozenset(column.name for column in calls.columns if isinstance(column.type, Float))

Row = Mapping[str, Any]
Own = Iterable[tuple[str, bytes]]


def seal_of(row: Row, answers: Iterable[bytes], own: Own, usage: str | None) -> bytes:
    """The seal of a call.

    Args:
        row: its columns; those that are missing are null, hashes and ids are bytes or text.
        answers: the hashes of its answer commits, in their order.
        own: name and story of each parameter that is kept with the call, sorted by name.
        usage: the JSON text of the verbatim usage.
    """
    said = row.get
    fields: list[bytes | None] = [*_outcome(row, answers, own, usage), *[_bytes(said(name)) for name in _NAMES]]
    for name in _FACTS if said("span_id") is None and said("trace_id") is None else (*_FACTS, *_ADDED):
        value = said(name)  # most are null, most others text: one call less for each is a tenth of ingest
        fields.append(value if value is None else _WRITTEN.get(type(value), _fact)(name, value))
    return record_hash("thence.seal/2", fields)


def first_seal_of(row: Row, answers: Iterable[bytes], own: Own, usage: str | None) -> bytes:
    """The seal that schema 0001 gave a call."""
    return record_hash("thence.seal", _outcome(row, answers, own, usage))


def _outcome(row: Row, answers: Iterable[bytes], own: Own, usage: str | None) -> Iterable[bytes | None]:
    yield _bytes(row["id"])
    yield row["status"].encode()
    yield _bytes(row["base"])
    yield b"".join(answers)
    yield _bytes(row["configuration_hash"])
    for name, story in own:
        yield name.encode()
        yield bytes(story)
    yield None if usage is None else usage.encode()
    for name in _POINTERS:
        yield _bytes(row[name])


def _fact(name: str, value: Any) -> bytes:
    """A value of a JSON column."""
    del name
    return encode(value).encode()


def _text(name: str, value: str) -> bytes:
    del name
    return value.encode() if value.isascii() and "\0" not in value else str(plain_text(value)).encode()


def _number(name: str, value: float) -> bytes:
    return repr(float(value) if name in _FLOATS else value).encode()


_WRITTEN: dict[type, Callable[[str, Any], bytes]] = {
    str: _text,
    bytes: lambda _, value: value,
    int: _number,
    float: _number,
    bool: _number,
    Encoded: lambda _, value: value.encode(),
}


def _bytes(name: bytes | str | None) -> bytes | None:
    if not isinstance(name, str):
        return name
    return from_text(name) if name.startswith("t") else bytes.fromhex(name.replace("-", ""))
