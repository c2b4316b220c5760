"""The insert that may be repeated, of the database at hand: PostgreSQL's is imported only where it is the one."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sqlalchemy import Table

__all__ = ["insert_into"]


def insert_into(dialect: str, table: Table) -> Any:
    """An insert into ``table`` that knows ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)
