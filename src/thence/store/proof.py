"""What ``fsck`` asks the database: whether its file is whole, and which names lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, LargeBinary, Table, and_, exists, func, not_, or_, select, type_coerce
from sqlalchemy.exc import SQLAlchemyError

from thence.store.engine import connect, reading, url_of
from thence.store.migrations import bring_up_to_date
from thence.store.projection import Encoded
from thence.store.raw import Row, rows_as_stored
from thence.store.schema import (
    annotated,
    answers,
    blobs,
    call_parameters,
    calls,
    commits,
    configurations,
    forms,
    open_calls,
    parameters,
    reflog,
    refs,
    tracts,
)

__all__ = [
    "Dangling",
    "answers_to",
    "as_written",
    "broken_depths",
    "dangling",
    "file_faults",
    "known_tracts",
    "own_parameters",
    "producers",
    "rows_of_configurations",
    "schema_faults",
    "unclaimed",
]

_LINKS: tuple[tuple[Table, str, Table], ...] = (
    (commits, "parent", commits),
    (commits, "edit_target", commits),
    (commits, "content_hash", blobs),
    (forms, "parent", forms),
    (forms, "content_hash", blobs),
    (parameters, "record_hash", blobs),
    (call_parameters, "record_hash", blobs),
    (calls, "configuration_hash", configurations),
    (calls, "form_hash", forms),
    (calls, "envelope_hash", blobs),
    (calls, "response_hash", blobs),
    (calls, "surroundings_hash", blobs),
    (calls, "base", commits),
    (calls, "commit_hash", commits),
    (answers, "commit_hash", commits),
    (refs, "commit_hash", commits),
    (reflog, "old", commits),
    (reflog, "new", commits),
    (annotated, "commit_hash", commits),
)

_BOOLEANS = ("stream", "streamed", "truncated")
_JSON = ("finish_reasons", "attempts", "tags", "metadata")


class Dangling(NamedTuple):
    """A column of a row that names what is not there."""

    table: str
    column: str
    row: str
    target: bytes
    missing: str


def file_faults(connection: Connection) -> Iterator[str]:
    """What SQLite's own check says of the file, its trees and its indexes; nothing on a server, which has its own."""
    if connection.dialect.name != "sqlite":
        return
    for (said,) in connection.exec_driver_sql("PRAGMA integrity_check(1000)"):
        if said != "ok":
            yield str(said)
    for table, row, owner, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"row {row} of {table} is a part of no row of {owner}"


def schema_faults(connection: Connection) -> Iterator[str]:
    """Tables and indexes that are not as the migrations make them; what others have added is theirs."""
    if connection.dialect.name == "sqlite":
        found = _definitions(connection)
        for name, definition in _expected().items():
            if found.get(name) != definition:
                yield f"{name} is {'not as it was made' if name in found else 'missing'}"


@cache
def _expected() -> dict[str, tuple[Any, ...]]:
    engine = connect(url_of("sqlite://"))
    bring_up_to_date(engine)
    with reading(engine) as connection:
        return _definitions(connection)


def _definitions(connection: Connection) -> dict[str, tuple[Any, ...]]:
    rows = connection.exec_driver_sql("SELECT name, type, tbl_name, sql FROM sqlite_schema")
    return {row[0]: tuple(row) for row in rows}


def known_tracts(connection: Connection) -> list[str]:
    """The tracts that any row is of, whether or not it has one of its own in ``tracts``."""
    found: set[str] = set()
    for table in (tracts, commits, calls, refs, blobs):
        try:
            found.update(connection.execute(select(table.c.tract_id).distinct()).scalars())
        except SQLAlchemyError:
            continue  # a damaged table is told of by its own checks
    return sorted(str(tract) for tract in found)


def dangling(connection: Connection, tract: str, roots: frozenset[bytes]) -> Iterator[Dangling]:
    """Names that lead nowhere. ``roots`` are names that stand for a beginning and need no row."""
    for table, column, target in _LINKS:
        here, there = table.c[column], target.alias()
        raw = type_coerce(here, LargeBinary)
        absent = not_(exists().where(there.c.tract_id == tract, there.c.hash == here))
        keys = [type_coerce(key, LargeBinary) if _binary(key) else key for key in table.primary_key.columns]
        query = select(raw, *keys).where(table.c.tract_id == tract, here.is_not(None), absent)
        for name, *key in connection.execute(query):
            if bytes(name) not in roots:
                shown = " ".join(part.hex() if isinstance(part, bytes) else str(part) for part in key[1:])
                yield Dangling(table.name, column, shown, bytes(name), target.name)


def _binary(column: Any) -> bool:
    return isinstance(column.type, LargeBinary)


def broken_depths(connection: Connection, tract: str) -> list[bytes]:
    """Commits whose depth is not their parent's and one."""
    parent = commits.alias()
    wrong = or_(
        and_(commits.c.parent.is_(None), commits.c.depth != 0),
        and_(parent.c.hash.is_not(None), commits.c.depth != parent.c.depth + 1),
    )
    joined = commits.outerjoin(parent, and_(parent.c.tract_id == tract, parent.c.hash == commits.c.parent))
    query = select(type_coerce(commits.c.hash, LargeBinary)).select_from(joined)
    return [bytes(name) for name in connection.scalars(query.where(commits.c.tract_id == tract, wrong))]


def answers_to(connection: Connection, tract: str, ids: list[bytes]) -> dict[bytes, list[Row]]:
    """The answer rows of calls, in their order."""
    query = rows_as_stored(answers).where(answers.c.tract_id == tract, answers.c.call_id.in_(ids))
    return _grouped(connection, query.order_by(answers.c.choice, answers.c.position), "call_id")


def own_parameters(connection: Connection, tract: str, ids: list[bytes]) -> dict[bytes, list[Row]]:
    """The parameter rows that calls keep for themselves, by name and path."""
    own = call_parameters
    query = rows_as_stored(own).where(own.c.tract_id == tract, own.c.call_id.in_(ids))
    return _grouped(connection, query.order_by(own.c.name, own.c.path), "call_id")


def rows_of_configurations(connection: Connection, tract: str, names: list[bytes]) -> dict[bytes, list[Row]]:
    """The parameter rows of configurations, by name and path."""
    mine = parameters.c
    query = rows_as_stored(parameters).where(mine.tract_id == tract, mine.configuration_hash.in_(names))
    return _grouped(connection, query.order_by(mine.name, mine.path), "configuration_hash")


def producers(connection: Connection, tract: str, names: list[bytes]) -> dict[bytes, list[Row]]:
    """The calls, or hands, that gave commits their generation config."""
    of_call = and_(answers.c.tract_id == calls.c.tract_id, answers.c.call_id == calls.c.id)
    of_commit = and_(commits.c.tract_id == answers.c.tract_id, commits.c.hash == answers.c.commit_hash)
    query = (
        select(
            type_coerce(commits.c.hash, LargeBinary).label("commit"),
            type_coerce(calls.c.id, LargeBinary).label("id"),
            type_coerce(calls.c.configuration_hash, LargeBinary).label("configuration_hash"),
        )
        .join(answers, of_call)
        .join(commits, of_commit)
        .where(commits.c.tract_id == tract, commits.c.hash.in_(names))
        .where(calls.c.started_at + func.coalesce(calls.c.duration, 0) == commits.c.produced_at)
    )
    return _grouped(connection, query, "commit")


def unclaimed(connection: Connection, tract: str) -> list[bytes]:
    """Pending calls that no journal is said to hold the beginning of."""
    held = exists().where(open_calls.c.tract_id == tract, open_calls.c.call_id == calls.c.id)
    query = select(type_coerce(calls.c.id, LargeBinary)).where(
        calls.c.tract_id == tract, calls.c.status == "pending", not_(held)
    )
    return [bytes(name) for name in connection.scalars(query)]


def _grouped(connection: Connection, query: Any, key: str) -> dict[bytes, list[Row]]:
    found: dict[bytes, list[Row]] = {}
    for row in connection.execute(query).mappings():
        plain = {name: bytes(value) if type(value) is memoryview else value for name, value in row.items()}
        found.setdefault(plain[key], []).append(plain)
    return found


def as_written(row: Row) -> dict[str, Any]:
    """A row as ingest sealed it."""
    values = dict(row)
    for name in _BOOLEANS:
        values[name] = {0: False, 1: True}.get(row[name], row[name])
    for name in _JSON:
        values[name] = None if row[name] is None else Encoded(row[name])
    return values
