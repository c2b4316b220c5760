"""What stands at a path inside a JSON column, on either database."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Text, literal_column, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

__all__ = ["UNHELD", "json_count", "json_text"]

_LONE: Final = r"\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f]"
UNHELD: Final = rf"(^|[^\\])(\\\\)*(\\u0000|{_LONE})"  # no backslash that stands for itself begins an escape
"""A pattern of what PostgreSQL fails on inside JSON: NUL and lone surrogates."""


def json_count(column: ColumnElement[Any], path: str) -> ColumnElement[Any]:
    """The whole number from 0 on at a dotted path; NULL where there is none."""
    return _Count(type_coerce(column, Text), *_places(path))


def json_text(column: ColumnElement[Any], path: str) -> ColumnElement[Any]:
    """What stands at a dotted path, as text: a string itself, else its JSON; NULL where there is nothing."""
    return _Said(type_coerce(column, Text), *_places(path))


def _places(path: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """A path as each database writes it. Paths are ours: names of letters, digits and underscores."""
    assert path.replace(".", "").isidentifier()
    return literal_column(f"'$.{path}'"), literal_column(f"'{{{path.replace('.', ',')}}}'")


class _Count(FunctionElement[int]):
    name = "json_count"
    type = BigInteger()
    inherit_cache = True


class _Said(FunctionElement[str]):
    name = "json_text"
    type = Text()
    inherit_cache = True


@compiles(_Count)
def _count_in_postgresql(element: _Count, compiler: SQLCompiler, **options: Any) -> str:
    said = _said_in_postgresql(element, compiler, **options)
    return f"CASE WHEN {said} ~ '^[0-9]{{1,18}}$' THEN ({said})::bigint END"


@compiles(_Said)
def _said_in_postgresql(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    column, _, path = (compiler.process(each, **options) for each in element.clauses)
    return f"(CASE WHEN {column} !~ '{UNHELD}' THEN ({column})::json #>> {path} END)"


@compiles(_Count, "sqlite")
def _count_in_sqlite(element: _Count, compiler: SQLCompiler, **options: Any) -> str:
    column, path, _ = (compiler.process(each, **options) for each in element.clauses)
    return f"CASE WHEN json_type({column}, {path}) = 'integer' THEN max(json_extract({column}, {path}), 0) END"


@compiles(_Said, "sqlite")
def _said_in_sqlite(element: _Said, compiler: SQLCompiler, **options: Any) -> str:
    column, path, _ = (compiler.process(each, **options) for each in element.clauses)
    return f"json_extract({column}, {path})"
