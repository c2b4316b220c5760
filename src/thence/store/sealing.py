"""Seals: what makes a call's settings, usage and outcome tamper-evident, though no commit's hash covers them.

A seal covers every column of the call but those that can be told from others: ``commit_hash`` is the last of its
answers, token counts are a view of the verbatim usage. Stores of schema 0001 have seals without a call's facts; what
schema 0003 added is in the seal of the calls that have it, so that the seals of those before it hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    facts = [_fact(name, row.get(name)) for name in _FACTS]
    added = [_fact(name, row.get(name)) for name in _ADDED]
    names = (_bytes(row.get(name)) for name in _NAMES)
    facts += added if any(added) else []
    return record_hash("thence.seal/2", (*_outcome(row, answers, own, usage), *names, *facts))


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


def _fact(name: str, value: Any) -> bytes | None:
    if value is None:
        return None
    if type(value) is Encoded:
        return value.encode()
    if type(value) is str:
        return str(plain_text(value)).encode()
    if type(value) is bytes:
        return value
    if type(value) in (int, float, bool):
        return repr(float(value) if name in _FLOATS else value).encode()
    return encode(value).encode()


def _bytes(name: bytes | str | None) -> bytes | None:
    if not isinstance(name, str):
        return name
    return from_text(name) if name.startswith("t") else bytes.fromhex(name.replace("-", ""))
