"""Proof of calls: their seals, and the columns and rows that repeat what the seals cover."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from thence.providers import Usage
from thence.providers.usage import usage_of
from thence.store import proof, schema
from thence.store.projection import decode
from thence.store.raw import Row, pages
from thence.store.sealing import first_seal_of, seal_of
from thence.upkeep.findings import Finding
from thence.upkeep.prove_contents import expected_rows, faulted, rows_differ

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["calls"]


def calls(connection: Connection, tract: str) -> Iterator[Finding]:
    """Calls whose seals do not hold, and those whose rows say something else than is sealed."""
    for page in pages(connection, schema.calls, tract):
        ids = [row["id"] for row in page]
        said = proof.answers_to(connection, tract, ids)
        own = proof.own_parameters(connection, tract, ids)
        for row in page:
            fault = faulted(partial(_fault, row, said.get(row["id"], []), own.get(row["id"], [])))
            if fault:
                yield Finding("call", row["id"].hex(), fault, tract=tract)


def _fault(row: Row, said: list[Row], own: list[Row]) -> str | None:
    if row["status"] == "pending":
        return None  # its process, or its journal, knows the rest
    if row["seal"] is None:
        return "has no seal: it was not understood when it was read"
    answers = [each["commit_hash"] for each in said]
    stories = [(each["name"], each["record"]) for each in own if not each["path"]]
    sealed = (proof.as_written(row), answers, stories, row["usage_verbatim"])
    if row["seal"] not in (seal_of(*sealed), first_seal_of(*sealed)):
        return "its seal does not hold: a fact, a parameter, its usage or its outcome was changed"
    first = [each["commit_hash"] for each in said if not each["choice"]]
    if row["commit_hash"] != (first[-1] if first else None):
        return "does not point at its answer"
    if _tokens(row) != {name: row[name] for name in Usage.__struct_fields__}:
        return "its token counts are not those of its usage"
    return rows_differ(own, expected_rows(own))


def _tokens(row: Row) -> dict[str, int | None]:
    verbatim = row["usage_verbatim"]
    return msgspec.structs.asdict(Usage() if verbatim is None else usage_of(decode(verbatim)))
