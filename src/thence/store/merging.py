"""Rows of one store put into another: by union, in the order of their parts, never over what is there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Boolean, Connection, LargeBinary, Select, Table, and_, func, or_, select, type_coerce

from thence.store import schema
from thence.store.columns import Json
from thence.store.projection import Encoded
from thence.store.raw import Row, pages
from thence.store.relinking import Answered, relink
from thence.store.upserts import insert_rows

__all__ = [
    "CALLS",
    "COMMITS",
    "HISTORY",
    "Erasures",
    "count",
    "erased_calls",
    "heads_of",
    "merge",
    "merge_refs",
    "offered",
    "relink_all",
]

HISTORY: tuple[Table, ...] = (
    schema.tracts,
    schema.blobs,
    schema.commits,
    schema.forms,
    schema.configurations,
    schema.parameters,
    schema.calls,
    schema.call_parameters,
    schema.answers,
    schema.annotated,
)
"""The tables that merge by union, parts after wholes. Refs and their log are a store's own."""

CALLS, COMMITS = schema.calls, schema.commits

_PARTS = {"parameters": "configuration_hash", "call_parameters": "call_id"}


class Erasures:
    """What a store has erased and must not be given back, but what calls bring ``again`` that it has not erased."""

    def __init__(self, connection: Connection, tract: str, again: Collection[bytes] = ()) -> None:
        gone = schema.configurations
        bare = select(type_coerce(gone.c.hash, LargeBinary)).where(gone.c.tract_id == tract, gone.c.size < 0)
        wiped = _wiped(tract)
        blank = {
            table.name: select(type_coerce(table.c.hash, LargeBinary)).where(
                table.c.tract_id == tract, table.c.body.is_(None)
            )
            for table in (schema.blobs, schema.forms)
        }
        of_commit = and_(
            schema.blobs.c.tract_id == schema.commits.c.tract_id, schema.blobs.c.hash == schema.commits.c.content_hash
        )
        silent = (
            select(type_coerce(schema.commits.c.hash, LargeBinary))
            .join(schema.blobs, of_commit)
            .where(schema.commits.c.tract_id == tract, schema.blobs.c.body.is_(None))
        )
        queries = {"commits": silent, "configurations": bare, "parameters": bare, **blank}
        queries |= {"call_parameters": wiped, "calls": wiped}
        found = {name: {bytes(each) for each in connection.scalars(query)} for name, query in queries.items()}
        self._names = {name: names.difference(again) for name, names in found.items()}

    def allow(self, table: Table, row: Row) -> bool:
        """Whether a row may be put in."""
        names = self._names.get(table.name)
        return not names or row[_PARTS.get(table.name) or ("id" if table is schema.calls else "hash")] not in names


def _wiped(tract: str) -> Select[Any]:
    calls = schema.calls.c
    return select(type_coerce(calls.id, LargeBinary)).where(calls.tract_id == tract, calls.status == "erased")


def erased_calls(connection: Connection, tract: str) -> set[bytes]:
    """The ids of the calls that were erased."""
    return {bytes(each) for each in connection.scalars(_wiped(tract))}


def offered(connection: Connection, tract: str) -> Iterator[tuple[Table, list[Row]]]:
    """The rows of a tract as another store takes them, a page at a time."""
    for table in HISTORY:
        for page in pages(connection, table, tract):
            rows = [row for row in page if table is not schema.calls or row["status"] != "pending"]
            if rows:
                yield table, rows


def merge(
    connection: Connection,
    tract: str,
    batches: Iterable[tuple[Table, list[Row]]],
    again: Collection[bytes] = (),
) -> None:
    """Put rows in, but what was erased here and does not come ``again``. A call that is settled here stays as it is."""
    erasures = Erasures(connection, tract, again)
    for table, rows in batches:
        keys = tuple(column.name for column in table.primary_key.columns)
        taken = [_carried(table, row) for row in rows if erasures.allow(table, row)]
        if taken:
            insert_rows(connection, table, keys, taken)


def _carried(table: Table, row: Row) -> Mapping[str, Any]:
    """A row as statements take it."""
    values = dict(row)
    for column in table.columns:
        value = values[column.name]
        if value is not None and isinstance(column.type, Json):
            values[column.name] = Encoded(value)
        elif value is not None and isinstance(column.type, Boolean):
            values[column.name] = bool(value)
    return values


def relink_all(connection: Connection, tract: str) -> None:
    """Link every call that continues a response which is here by now."""
    calls = schema.calls
    waiting = select(calls.c.follows).where(calls.c.tract_id == tract, calls.c.follows.is_not(None))
    query = select(type_coerce(calls.c.id, LargeBinary), calls.c.response_id, calls.c.follows).where(
        calls.c.tract_id == tract, or_(calls.c.response_id.in_(waiting), calls.c.follows.is_not(None))
    )
    found = connection.execute(query.order_by(calls.c.id)).all()
    relink(connection, [Answered(tract, bytes(call), response, follows) for call, response, follows in found])


def heads_of(connection: Connection, tract: str) -> list[Row]:
    """Branches and tags, with what each means."""
    return [row for page in pages(connection, schema.refs, tract) for row in page]


def merge_refs(connection: Connection, tract: str, theirs: Iterable[Row]) -> list[str]:
    """Put in branches and tags of new names; those that mean something else here, which stay as they are."""
    refs = schema.refs
    query = select(refs.c.name, type_coerce(refs.c.commit_hash, LargeBinary)).where(refs.c.tract_id == tract)
    here = {name: None if commit is None else bytes(commit) for name, commit in connection.execute(query)}
    theirs = list(theirs)
    new = [row for row in theirs if row["name"] not in here]
    if new:
        insert_rows(connection, refs, ("tract_id", "name"), [dict(row) for row in new])
    return sorted(row["name"] for row in theirs if row["name"] in here and here[row["name"]] != row["commit_hash"])


def count(connection: Connection, tract: str, table: Table = schema.calls) -> int:
    """How many rows a tract has."""
    return int(connection.scalar(select(func.count()).select_from(table).where(table.c.tract_id == tract)) or 0)
