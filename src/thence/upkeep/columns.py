"""The columns of exported files: one table that writing and documentation share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from thence.hashing import to_text
from thence.store.columnar import texts
from thence.store.projection import decode
from thence.store.raw import Row

__all__ = ["COLUMNS", "PARAMETER", "PARTITIONS", "SCHEMA_VERSION", "arrow_schema", "call_row", "partition_of"]

SCHEMA_VERSION = 1


class Column(NamedTuple):
    """A column: its name, its Arrow type, what it says, and how it is read off a call's row."""

    name: str
    type: str
    meaning: str
    read: Callable[[Row], Any]


def _same(name: str) -> Callable[[Row], Any]:
    return lambda row: row[name]


def _hash(name: str) -> Callable[[Row], Any]:
    return lambda row: None if row[name] is None else to_text(row[name])


def _id(name: str) -> Callable[[Row], Any]:
    return lambda row: None if row[name] is None else str(uuid.UUID(bytes=row[name]))


def _seconds(name: str) -> Callable[[Row], Any]:
    return lambda row: None if row[name] is None else row[name] / 1e9


def _list(name: str) -> Callable[[Row], Any]:
    return lambda row: None if row[name] is None else texts(decode(row[name]))


def _flag(name: str) -> Callable[[Row], Any]:
    return lambda row: None if row[name] is None else bool(row[name])


COLUMNS: tuple[Column, ...] = (
    Column("id", "string", "the call's UUIDv7; sorts by time", _id("id")),
    Column("tract", "string", "the tract's id", _same("tract_id")),
    Column("status", "string", "completed, closed, failed, interrupted, recorded, erased", _same("status")),
    Column("started_at", "timestamp[us, tz=UTC]", "when it began", lambda row: row["started_at"] // 1000),
    Column("duration", "double", "seconds until the end of the answer", _seconds("duration")),
    Column("time_to_first_chunk", "double", "seconds", _seconds("time_to_first_chunk")),
    Column("provider", "string", "whose host it was", _same("provider")),
    Column("operation", "string", "chat, embeddings, ...", _same("operation")),
    Column("endpoint", "string", "the path", _same("endpoint")),
    Column("request_model", "string", "the model asked for", _same("request_model")),
    Column("response_model", "string", "the model that answered", _same("response_model")),
    Column("temperature", "double", "as sent; null where it was not", _same("temperature")),
    Column("top_p", "double", "likewise", _same("top_p")),
    Column("top_k", "double", "likewise", _same("top_k")),
    Column("max_tokens", "double", "likewise, whatever the vendor calls it", _same("max_tokens")),
    Column("seed", "double", "likewise", _same("seed")),
    Column("stream", "bool", "likewise", _flag("stream")),
    Column("response_id", "string", "as the provider named it", _same("response_id")),
    Column("finish_reasons", "list<string>", "one for each choice", _list("finish_reasons")),
    Column("error", "string", "what went wrong", _same("error")),
    Column("http_status", "int64", "of the last attempt", _same("http_status")),
    Column("attempt_count", "int64", "HTTP requests", _same("attempt_count")),
    Column("input_tokens", "int64", "null where the vendor says nothing; so all tokens", _same("input_tokens")),
    Column("output_tokens", "int64", "", _same("output_tokens")),
    Column("total_tokens", "int64", "", _same("total_tokens")),
    Column("cache_read_input_tokens", "int64", "", _same("cache_read_input_tokens")),
    Column("cache_creation_input_tokens", "int64", "", _same("cache_creation_input_tokens")),
    Column("reasoning_output_tokens", "int64", "", _same("reasoning_output_tokens")),
    Column("usage", "string", "the vendor's own usage, as JSON", _same("usage_verbatim")),
    Column("branch", "string", "of the session", _same("branch")),
    Column("label", "string", "the decorated function's", _same("label")),
    Column("callsite", "string", "file:line function", _same("callsite")),
    Column("tags", "list<string>", "of the session", _list("tags")),
    Column("metadata", "string", "of the session, as JSON", _same("metadata")),
    Column("base", "string", "hash of the context that it was asked in", _hash("base")),
    Column("commit", "string", "hash of the answer", _hash("commit_hash")),
    Column("configuration", "string", "hash of the parameters that it shares with others", _hash("configuration_hash")),
    Column("parent_id", "string", "the call within which it was made", _id("parent_id")),
    Column("trace_id", "string", "of the caller's span, in hex", _same("trace_id")),
    Column("span_id", "string", "likewise", _same("span_id")),
)

PARAMETER: Mapping[str, str] = {
    "name": "string",
    "type": "string",
    "text": "string",
    "number": "double",
    "source": "string",
    "origin": "string",
    "state": "string",
    "change": "string",
    "asked": "string",
    "used": "string",
}
"""The members of ``parameters``, a list of one struct for each parameter of the call."""


def _moment(row: Row) -> datetime:
    return datetime.fromtimestamp(row["started_at"] // 10**9, tz=timezone.utc)


PARTITIONS: Mapping[str, Callable[[Row], Any]] = {
    "day": lambda row: _moment(row).strftime("%Y-%m-%d"),
    "month": lambda row: _moment(row).strftime("%Y-%m"),
    "hour": lambda row: _moment(row).strftime("%Y-%m-%dT%H"),
    "tract": _same("tract_id"),
    "provider": _same("provider"),
    "operation": _same("operation"),
    "status": _same("status"),
    "request_model": _same("request_model"),
}
"""What files may be parted by, as ``name=value`` folders; a name that is a column is then in no file."""


def partition_of(row: Row, by: Sequence[str]) -> tuple[str | None, ...]:
    """The values that a call is filed under."""
    values = (PARTITIONS[name](row) for name in by)
    return tuple(None if value is None else str(value) for value in values)


@cache
def arrow_schema(by: tuple[str, ...]) -> Any:
    """The ``pyarrow.Schema`` of files that are parted by these names."""
    pa = import_module("pyarrow")
    known = {
        "string": pa.string(),
        "double": pa.float64(),
        "int64": pa.int64(),
        "bool": pa.bool_(),
        "list<string>": pa.list_(pa.string()),
        "timestamp[us, tz=UTC]": pa.timestamp("us", tz="UTC"),
    }
    fields = [pa.field(column.name, known[column.type]) for column in COLUMNS if column.name not in by]
    members = [pa.field(name, known[kind]) for name, kind in PARAMETER.items()]
    fields.append(pa.field("parameters", pa.list_(pa.struct(members))))
    return pa.schema(fields, metadata={"thence.schema_version": str(SCHEMA_VERSION)})


def call_row(row: Row, settings: Sequence[Row], by: Sequence[str]) -> dict[str, Any]:
    """A call as the columns say it."""
    said = {column.name: column.read(row) for column in COLUMNS if column.name not in by}
    return {**said, "parameters": [_parameter(each) for each in settings]}


def _parameter(row: Row) -> dict[str, Any]:
    said = {name: row[name] for name in ("name", "type", "text", "source", "origin", "state", "change")}
    sides = {side: row["text"] if row[f"{side}_type"] == "same" else row[f"{side}_text"] for side in ("asked", "used")}
    return {**said, "number": row["num"], **sides}
