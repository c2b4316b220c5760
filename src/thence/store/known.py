"""Names and values that a tract has, for who types a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from thence.store.schema import calls, parameters
from thence.store.select import configured_names

if TYPE_CHECKING:
    from thence.store.store import Store

__all__ = ["COLUMNS", "known_names", "known_values"]

COLUMNS: Final = ("branch", "provider", "operation", "endpoint", "response_model", "label", "callsite")
"""Fields of a call whose values are looked up."""

_WITHIN: Final = 1_000  # of the newest calls


def known_names(store: Store, tract: str) -> list[str]:
    """The parameters that configurations have."""
    return [row["name"] for row in store.rows(configured_names(tract))]


def known_values(store: Store, tract: str, name: str, most: int) -> list[str]:
    """Values of a parameter or of a field, as text: a field's of the newest 1,000 calls."""
    query: Any
    if name in COLUMNS:
        newest = select(calls.c[name]).where(calls.c.tract_id == tract).order_by(calls.c.id.desc()).limit(_WITHIN)
        found = newest.subquery().c[0]
        query = select(found.label("text")).where(found.is_not(None)).distinct().limit(most)
    else:
        row = parameters.c
        query = (
            select(row.text)
            .where(row.tract_id == tract, row.name == name, row.path == "", row.text.is_not(None))
            .where(row.type.in_(("string", "integer", "float", "boolean")))
            .distinct()
            .limit(most)
        )
    return sorted(str(row["text"]) for row in store.rows(query))
