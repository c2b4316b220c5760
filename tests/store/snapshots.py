"""A whole store as text: every table, every row, in one order. What two stores are compared by."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from thence.store import Store
from thence.store.schema import metadata

__all__ = ["LOCAL", "snapshot"]

LOCAL = frozenset({"refs", "reflog", "ingested", "tracts", "alembic_version"})
"""Tables of what is a store's own: where its branches are, how far it has read. The others merge by union."""


def snapshot(store: Store, *, without: frozenset[str] = LOCAL) -> str:
    """Every row of every table but ``without``, as text."""
    lines: list[str] = []
    with store.reading() as connection:
        for table in metadata.sorted_tables:
            if table.name in without:
                continue
            rows = sorted(str(_plain(dict(row._mapping))) for row in connection.execute(select(table)))
            lines += [f"== {table.name}", *rows]
    return "\n".join(lines)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}
