"""What SQLAlchemy has no one word for: the insert that may be repeated, and statements about tables.

PostgreSQL's dialect is imported only where it is the one.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sqlalchemy import DDL, Connection, Table

__all__ = ["define", "insert_into"]


def define(connection: Connection, statement: str, table: Table | None = None, **names: str) -> None:
    """Run a statement that defines something. ``%(table)s`` and ``%(name)s`` stand for names, which are quoted."""
    quote = connection.dialect.identifier_preparer.quote
    context = {key: quote(name) for key, name in names.items()}
    told: Any = DDL(statement, context=context)  # type: ignore[no-untyped-call]
    connection.execute(told if table is None else told.against(table))


def insert_into(dialect: str, table: Table) -> Any:
    """An insert into ``table`` that knows ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)
