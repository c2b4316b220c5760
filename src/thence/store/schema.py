"""The tables, for SQLite and PostgreSQL alike.

- ``tract_id`` stands first in every key, index and foreign key: a tract is a shard. There are no sequences; ids come
  with the records and sort by time, so that the newest calls are the last of the primary key. The tables may be
  hash-partitioned by ``tract_id`` as they are.
- Times are integers: nanoseconds since the epoch, or nanoseconds of a duration. Both databases hold them exactly.
- Rows are only ever added, but for ``refs`` and ``tracts.head`` (moved by compare and swap), calls in flight (closed
  once), projections that can be rebuilt, and what ``gc`` and ``erase`` take away.
- Links between commits, calls and blobs are names (hashes), not foreign keys: they are proven by ``fsck``, and stores
  must merge by union in any order. Foreign keys stand where one row is a part of another.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from thence.store.columns import CallId, Hash, Json, Plain

__all__ = [
    "annotated",
    "answers",
    "blobs",
    "call_parameters",
    "calls",
    "commits",
    "configurations",
    "erasures",
    "exported",
    "forms",
    "ingested",
    "metadata",
    "open_calls",
    "parameters",
    "reflog",
    "refs",
    "tracts",
]

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _tract() -> Column[str]:
    return Column("tract_id", String(64), nullable=False)


def _part_of(owner: str, here: str, there: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tract_id", here], [f"{owner}.tract_id", f"{owner}.{there}"], ondelete="CASCADE")


tracts = Table(
    "tracts",
    metadata,
    _tract(),
    Column("name", Plain, nullable=False),
    Column("head", String(255), nullable=False),  # the branch that HEAD means
    Column(
        "epoch", Integer, nullable=False, default=0
    ),  # raised by gc, erase, pull, relinking: what is remembered is void
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tract_id"),
)

refs = Table(
    "refs",
    metadata,
    _tract(),
    Column("name", String(255), nullable=False),
    Column("kind", String(8), nullable=False),  # branch, tag
    Column("commit_hash", Hash),  # null: a branch without commits yet
    Column("moved_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tract_id", "name"),
)

reflog = Table(
    "reflog",
    metadata,
    _tract(),
    Column("name", String(255), nullable=False),
    Column("id", CallId, nullable=False),
    Column("old", Hash),
    Column("new", Hash),
    Column("action", String(16), nullable=False),  # answer, fork, commit, reset, branch, tag, delete, ...
    Column("message", Plain),
    Column("moved_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tract_id", "name", "id"),
)

commits = Table(
    "commits",
    metadata,
    _tract(),
    Column("hash", Hash, nullable=False),
    Column("parent", Hash),
    Column("depth", Integer, nullable=False),  # commits before it
    Column("content_type", String(16), nullable=False),
    Column("operation", String(8), nullable=False),  # append, edit
    Column("edit_target", Hash),
    Column("content_hash", Hash, nullable=False),
    Column("role", Plain),
    Column("generation_config_json", Text),  # of the newest call that produced it, or as given by hand
    Column("metadata_json", Json),
    Column("message", Plain),
    Column("produced_at", BigInteger),  # the end of that newest call
    Column("created_at", BigInteger, nullable=False),  # the earliest call or hand that said it
    PrimaryKeyConstraint("tract_id", "hash"),
    Index(None, "tract_id", "parent"),
)

annotated = Table(
    "annotations",
    metadata,
    _tract(),
    Column("id", CallId, nullable=False),
    Column("commit_hash", Hash, nullable=False),
    Column("kind", String(16), nullable=False),  # pin, skip, normal
    Column("note", Plain),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tract_id", "id"),
    Index(None, "tract_id", "commit_hash"),
)

blobs = Table(
    "blobs",
    metadata,
    _tract(),
    Column("hash", Hash, nullable=False),
    Column("codec", String(12), nullable=False),  # see thence.store.packing
    Column("size", BigInteger, nullable=False),  # of the exact bytes
    Column("body", LargeBinary),  # null: erased; the name stays, so that history can still be verified
    Column("bases", LargeBinary),  # hashes of the blobs that the body repeats, end to end
    PrimaryKeyConstraint("tract_id", "hash"),
)

forms = Table(
    "forms",
    metadata,
    _tract(),
    Column("hash", Hash, nullable=False),
    Column("parent", Hash),
    Column("content_hash", Hash, nullable=False),  # the canonical form, which the exact text mostly repeats
    Column("codec", String(12), nullable=False),
    Column("body", LargeBinary),
    PrimaryKeyConstraint("tract_id", "hash"),
)

configurations = Table(
    "configurations",
    metadata,
    _tract(),
    Column("hash", Hash, nullable=False),
    Column("size", Integer, nullable=False),  # parameters in it
    PrimaryKeyConstraint("tract_id", "hash"),
)


def _parameter() -> tuple[Column[object], ...]:
    """What is kept of one parameter, in a configuration or in a call."""
    return (
        Column("name", String(255), nullable=False),
        Column("path", String(255), nullable=False),  # a JSON pointer into the value; empty: the whole
        Column("type", String(8), nullable=False),  # string, integer, float, boolean, null, array, object, absent
        Column("text", Text),  # of the effective value: a string itself, exact text of a number, canonical JSON
        Column("num", Float(53)),  # a number's nearest double, for comparisons
        Column("asked_type", String(8)),  # likewise the value asked for; "same": it is the effective one
        Column("asked_text", Text),
        Column("asked_num", Float(53)),
        Column("used_type", String(8)),  # likewise the value that the provider used
        Column("used_text", Text),
        Column("used_num", Float(53)),
        Column("state", String(16)),
        Column("source", String(16)),
        Column("change", String(16)),
        Column("origin", Plain),
        Column("record", LargeBinary),  # the whole Parameter as exact JSON, where path is empty ...
        Column("record_hash", Hash),  # ... or the blob that holds it, beyond 1 KiB
    )


parameters = Table(
    "parameters",
    metadata,
    _tract(),
    Column("configuration_hash", Hash, nullable=False),
    *_parameter(),
    PrimaryKeyConstraint("tract_id", "configuration_hash", "name", "path"),
    _part_of("configurations", "configuration_hash", "hash"),
    Index("ix_parameters_num", "tract_id", "name", "path", "num", "configuration_hash"),
    Index("ix_parameters_text", "tract_id", "name", "path", "text", "configuration_hash"),
)

calls = Table(
    "calls",
    metadata,
    _tract(),
    Column("id", CallId, nullable=False),
    Column("status", String(12), nullable=False),  # pending, completed, closed, failed, interrupted, recorded
    Column("started_at", BigInteger, nullable=False),
    Column("duration", BigInteger),
    Column("time_to_first_chunk", BigInteger),
    Column("provider", Plain),
    Column("operation", Plain),
    Column("shape", Plain),  # the wire shape that read it: chat_completions, responses, ...
    Column("method", Plain),
    Column("url", Plain),
    Column("endpoint", Plain),
    Column("seam", Plain),
    Column("label", Plain),
    Column("callsite", Plain),  # file:line function
    Column("branch", Plain),
    Column("parent_id", CallId),
    Column("capture", String(8)),
    # what was asked for
    Column("configuration_hash", Hash),
    Column("request_model", Plain),
    Column("temperature", Float(53)),
    Column("top_p", Float(53)),
    Column("top_k", Float(53)),
    Column("max_tokens", Float(53)),
    Column("seed", Float(53)),
    Column("stream", Boolean),
    # what came back
    Column("response_id", Plain),
    Column("response_model", Plain),
    Column("finish_reasons", Json),
    Column("error", Plain),
    Column("attempt_count", Integer, nullable=False, default=0),
    Column("http_status", Integer),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("total_tokens", BigInteger),
    Column("cache_read_input_tokens", BigInteger),
    Column("cache_creation_input_tokens", BigInteger),
    Column("reasoning_output_tokens", BigInteger),
    Column("usage_verbatim", Json),
    Column("attempts", Json),
    Column("tags", Json),
    Column("metadata", Json),
    Column("surroundings_hash", Hash),  # blob: versions, client, headers; the same for most calls of a program
    # context
    Column("base", Hash),
    Column("commit_hash", Hash),  # the last commit of the first answer
    Column("follows", Plain),  # the response id that the request continues
    # exactness
    Column("body", String(8)),  # what the request's body was: json, form, bytes, unread, none, options
    Column("form_hash", Hash),
    Column("envelope_hash", Hash),  # blob: the shape, and the names of its large members
    Column("request_size", BigInteger),
    Column("request_digest", LargeBinary(32)),  # sha256 of a body that was too large to keep
    Column("response_hash", Hash),
    Column("response_size", BigInteger),
    Column("response_digest", LargeBinary(32)),
    Column("response_type", Plain),
    Column("parts", Integer),
    Column("streamed", Boolean),
    Column("truncated", Boolean),
    Column("seal", Hash),
    Column("trace_id", String(32)),  # of the caller's span, in hex
    Column("span_id", String(16)),
    PrimaryKeyConstraint("tract_id", "id"),
    Index(None, "tract_id", "configuration_hash", "id"),
    Index(None, "tract_id", "base"),
)

# Partial, on PostgreSQL too, where the migrations make them so: "postgresql_where" here would import that dialect, and
# asyncio with it, into every program that reads a SQLite file.
Index("ix_calls_response", calls.c.tract_id, calls.c.response_id, sqlite_where=calls.c.response_id.is_not(None))
Index("ix_calls_follows", calls.c.tract_id, calls.c.follows, sqlite_where=calls.c.follows.is_not(None))
Index("ix_calls_trace", calls.c.tract_id, calls.c.trace_id, sqlite_where=calls.c.trace_id.is_not(None))

call_parameters = Table(
    "call_parameters",
    metadata,
    _tract(),
    Column("call_id", CallId, nullable=False),
    *_parameter(),
    Column("exact", LargeBinary),  # the member's text in the request, as sent
    PrimaryKeyConstraint("tract_id", "call_id", "name", "path"),
    _part_of("calls", "call_id", "id"),
    Index("ix_call_parameters_num", "tract_id", "name", "path", "num", "call_id"),
    Index("ix_call_parameters_text", "tract_id", "name", "path", "text", "call_id"),
)

answers = Table(
    "answers",
    metadata,
    _tract(),
    Column("call_id", CallId, nullable=False),
    Column("choice", Integer, nullable=False),
    Column("position", Integer, nullable=False),  # within the choice: a reasoning item, then a message, ...
    Column("commit_hash", Hash, nullable=False),
    PrimaryKeyConstraint("tract_id", "call_id", "choice", "position"),
    _part_of("calls", "call_id", "id"),
    Index(None, "tract_id", "commit_hash"),
)

open_calls = Table(
    "open_calls",
    metadata,
    _tract(),
    Column("call_id", CallId, nullable=False),
    Column("journal", Text, nullable=False),  # which folder of which host
    Column("segment", String(255), nullable=False),  # where its begin frame stands
    Column("position", BigInteger, nullable=False),
    PrimaryKeyConstraint("tract_id", "call_id"),
)

ingested = Table(
    "ingested",
    metadata,
    _tract(),  # of no tract: a segment holds calls of any. Empty, or a tenant's (see thence.store.division)
    Column("segment", String(255), nullable=False),
    Column("journal", Text, nullable=False),
    Column("position", BigInteger, nullable=False),  # read and stored up to this byte
    Column("sequence", BigInteger, nullable=False),  # of the last record
    Column("frames", BigInteger, nullable=False),
    Column("corrupt", BigInteger, nullable=False),  # bytes that changed after they were written
    Column("torn", BigInteger, nullable=False),  # bytes of a last record that broke off
    Column("lost", BigInteger, nullable=False),  # records that the writer said it could not keep
    Column("missing", BigInteger, nullable=False),  # sequence numbers that never came
    Column("retired", Boolean, nullable=False),  # the file is gone
    Column("moved_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tract_id", "segment"),
)

erasures = Table(
    "erasures",
    metadata,
    _tract(),
    Column("id", CallId, nullable=False),
    Column("kind", String(8), nullable=False),  # calls, commits, tract
    Column("calls", LargeBinary),  # ids of the calls to be wiped, end to end
    Column("commits", LargeBinary),  # hashes of the commits whose content goes; null once the rows are written
    Column("step", String(8), nullable=False),  # rows, journal, file, done
    Column("began_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    PrimaryKeyConstraint("tract_id", "id"),
)

exported = Table(
    "exported",
    metadata,
    _tract(),
    Column("destination", String(255), nullable=False),  # where to
    Column("call_id", CallId, nullable=False),
    PrimaryKeyConstraint("tract_id", "destination", "call_id"),
    _part_of("calls", "call_id", "id"),
)

# What no hash, seal or other row says again stands in an index too, so that SQLite's own check compares the two and a
# changed byte shows. PostgreSQL's pages have checksums for that: there these indexes hold nothing.
MIRRORED = {
    tracts: ("name", "head", "epoch", "created_at"),
    refs: ("name", "kind", "commit_hash", "moved_at"),
    reflog: ("name", "old", "new", "action", "message", "moved_at"),
    commits: ("created_at", "produced_at", "role", "message", "metadata_json"),
    annotated: ("commit_hash", "kind", "note", "created_at"),
    call_parameters: ("exact",),
    open_calls: ("journal", "segment", "position"),
    ingested: tuple(column.name for column in ingested.columns if column.name != "tract_id"),
    erasures: ("kind", "calls", "commits", "step", "began_at", "ended_at"),
}
for _table, _names in MIRRORED.items():
    _columns = (_table.c.tract_id, *(_table.c[name] for name in _names))
    Index(f"mirror_{_table.name}", *_columns)
