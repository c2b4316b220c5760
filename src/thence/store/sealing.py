"""Seals: what makes a call's settings, usage and outcome tamper-evident, though no commit's hash covers them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from thence.hashing import from_text, record_hash

__all__ = ["seal_of"]

_POINTERS = ("form_hash", "envelope_hash", "response_hash")


def seal_of(
    row: Mapping[str, Any], answers: Iterable[bytes], own: Iterable[tuple[str, bytes]], usage: str | None
) -> bytes:
    """The seal of a call.

    Args:
        row: its columns; hashes and ids as bytes or as text.
        answers: the hashes of its answer commits, in their order.
        own: name and story of each parameter that is kept with the call, sorted by name.
        usage: the JSON text of the verbatim usage.
    """
    stories = (part for name, story in own for part in (name.encode(), bytes(story)))
    return record_hash(
        "thence.seal",
        (
            _bytes(row["id"]),
            row["status"].encode(),
            _bytes(row["base"]),
            b"".join(answers),
            _bytes(row["configuration_hash"]),
            *stories,
            None if usage is None else usage.encode(),
            *(_bytes(row[name]) for name in _POINTERS),
        ),
    )


def _bytes(name: bytes | str | None) -> bytes | None:
    if not isinstance(name, str):
        return name
    return from_text(name) if name.startswith("t") else bytes.fromhex(name.replace("-", ""))
