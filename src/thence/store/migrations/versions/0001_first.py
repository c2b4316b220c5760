"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from thence.store import columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "annotations",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("id", columns.CallId(), nullable=False),
        sa.Column("commit_hash", columns.Hash(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("note", columns.Plain(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tract_id", "id", name=op.f("pk_annotations")),
    )
    op.create_index(
        op.f("ix_annotations_tract_id_commit_hash"), "annotations", ["tract_id", "commit_hash"], unique=False
    )
    op.create_table(
        "blobs",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("hash", columns.Hash(), nullable=False),
        sa.Column("codec", sa.String(length=12), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("bases", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("tract_id", "hash", name=op.f("pk_blobs")),
    )
    op.create_table(
        "calls",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("id", columns.CallId(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=True),
        sa.Column("time_to_first_chunk", sa.BigInteger(), nullable=True),
        sa.Column("provider", columns.Plain(), nullable=True),
        sa.Column("operation", columns.Plain(), nullable=True),
        sa.Column("shape", columns.Plain(), nullable=True),
        sa.Column("method", columns.Plain(), nullable=True),
        sa.Column("url", columns.Plain(), nullable=True),
        sa.Column("endpoint", columns.Plain(), nullable=True),
        sa.Column("seam", columns.Plain(), nullable=True),
        sa.Column("label", columns.Plain(), nullable=True),
        sa.Column("callsite", columns.Plain(), nullable=True),
        sa.Column("branch", columns.Plain(), nullable=True),
        sa.Column("parent_id", columns.CallId(), nullable=True),
        sa.Column("capture", sa.String(length=8), nullable=True),
        sa.Column("configuration_hash", columns.Hash(), nullable=True),
        sa.Column("request_model", columns.Plain(), nullable=True),
        sa.Column("temperature", sa.Float(precision=53), nullable=True),
        sa.Column("top_p", sa.Float(precision=53), nullable=True),
        sa.Column("top_k", sa.Float(precision=53), nullable=True),
        sa.Column("max_tokens", sa.Float(precision=53), nullable=True),
        sa.Column("seed", sa.Float(precision=53), nullable=True),
        sa.Column("stream", sa.Boolean(), nullable=True),
        sa.Column("response_id", columns.Plain(), nullable=True),
        sa.Column("response_model", columns.Plain(), nullable=True),
        sa.Column("finish_reasons", columns.Json(), nullable=True),
        sa.Column("error", columns.Plain(), nullable=True),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("input_tokens", sa.BigInteger(), nullable=True),
        sa.Column("output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("total_tokens", sa.BigInteger(), nullable=True),
        sa.Column("cache_read_input_tokens", sa.BigInteger(), nullable=True),
        sa.Column("cache_creation_input_tokens", sa.BigInteger(), nullable=True),
        sa.Column("reasoning_output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("usage_verbatim", columns.Json(), nullable=True),
        sa.Column("attempts", columns.Json(), nullable=True),
        sa.Column("tags", columns.Json(), nullable=True),
        sa.Column("metadata", columns.Json(), nullable=True),
        sa.Column("surroundings_hash", columns.Hash(), nullable=True),
        sa.Column("base", columns.Hash(), nullable=True),
        sa.Column("commit_hash", columns.Hash(), nullable=True),
        sa.Column("follows", columns.Plain(), nullable=True),
        sa.Column("body", sa.String(length=8), nullable=True),
        sa.Column("form_hash", columns.Hash(), nullable=True),
        sa.Column("envelope_hash", columns.Hash(), nullable=True),
        sa.Column("request_size", sa.BigInteger(), nullable=True),
        sa.Column("request_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("response_hash", columns.Hash(), nullable=True),
        sa.Column("response_size", sa.BigInteger(), nullable=True),
        sa.Column("response_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("response_type", columns.Plain(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=True),
        sa.Column("streamed", sa.Boolean(), nullable=True),
        sa.Column("truncated", sa.Boolean(), nullable=True),
        sa.Column("seal", columns.Hash(), nullable=True),
        sa.PrimaryKeyConstraint("tract_id", "id", name=op.f("pk_calls")),
    )
    op.create_index(
        "ix_calls_follows",
        "calls",
        ["tract_id", "follows"],
        unique=False,
        sqlite_where=sa.text("follows IS NOT NULL"),
        postgresql_where=sa.text("follows IS NOT NULL"),
    )
    op.create_index(
        "ix_calls_response",
        "calls",
        ["tract_id", "response_id"],
        unique=False,
        sqlite_where=sa.text("response_id IS NOT NULL"),
        postgresql_where=sa.text("response_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_calls_tract_id_base"), "calls", ["tract_id", "base"], unique=False)
    op.create_index(
        op.f("ix_calls_tract_id_configuration_hash_id"), "calls", ["tract_id", "configuration_hash", "id"], unique=False
    )
    op.create_table(
        "commits",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("hash", columns.Hash(), nullable=False),
        sa.Column("parent", columns.Hash(), nullable=True),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.String(length=16), nullable=False),
        sa.Column("operation", sa.String(length=8), nullable=False),
        sa.Column("edit_target", columns.Hash(), nullable=True),
        sa.Column("content_hash", columns.Hash(), nullable=False),
        sa.Column("role", columns.Plain(), nullable=True),
        sa.Column("generation_config_json", sa.Text(), nullable=True),
        sa.Column("metadata_json", columns.Json(), nullable=True),
        sa.Column("message", columns.Plain(), nullable=True),
        sa.Column("produced_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tract_id", "hash", name=op.f("pk_commits")),
    )
    op.create_index(op.f("ix_commits_tract_id_parent"), "commits", ["tract_id", "parent"], unique=False)
    op.create_table(
        "configurations",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("hash", columns.Hash(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tract_id", "hash", name=op.f("pk_configurations")),
    )
    op.create_table(
        "forms",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("hash", columns.Hash(), nullable=False),
        sa.Column("parent", columns.Hash(), nullable=True),
        sa.Column("content_hash", columns.Hash(), nullable=False),
        sa.Column("codec", sa.String(length=12), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("tract_id", "hash", name=op.f("pk_forms")),
    )
    op.create_table(
        "ingested",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("segment", sa.String(length=255), nullable=False),
        sa.Column("journal", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("corrupt", sa.BigInteger(), nullable=False),
        sa.Column("torn", sa.BigInteger(), nullable=False),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.BigInteger(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tract_id", "segment", name=op.f("pk_ingested")),
    )
    op.create_table(
        "open_calls",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("call_id", columns.CallId(), nullable=False),
        sa.Column("journal", sa.Text(), nullable=False),
        sa.Column("segment", sa.String(length=255), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tract_id", "call_id", name=op.f("pk_open_calls")),
    )
    op.create_table(
        "reflog",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("id", columns.CallId(), nullable=False),
        sa.Column("old", columns.Hash(), nullable=True),
        sa.Column("new", columns.Hash(), nullable=True),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("message", columns.Plain(), nullable=True),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tract_id", "name", "id", name=op.f("pk_reflog")),
    )
    op.create_table(
        "refs",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("commit_hash", columns.Hash(), nullable=True),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tract_id", "name", name=op.f("pk_refs")),
    )
    op.create_table(
        "tracts",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("name", columns.Plain(), nullable=False),
        sa.Column("head", sa.String(length=255), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tract_id", name=op.f("pk_tracts")),
    )
    op.create_table(
        "answers",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("call_id", columns.CallId(), nullable=False),
        sa.Column("choice", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("commit_hash", columns.Hash(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tract_id", "call_id"], ["calls.tract_id", "calls.id"], name=op.f("fk_answers_calls"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tract_id", "call_id", "choice", "position", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_tract_id_commit_hash"), "answers", ["tract_id", "commit_hash"], unique=False)
    op.create_table(
        "call_parameters",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("call_id", columns.CallId(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("num", sa.Float(precision=53), nullable=True),
        sa.Column("asked_type", sa.String(length=8), nullable=True),
        sa.Column("asked_text", sa.Text(), nullable=True),
        sa.Column("asked_num", sa.Float(precision=53), nullable=True),
        sa.Column("used_type", sa.String(length=8), nullable=True),
        sa.Column("used_text", sa.Text(), nullable=True),
        sa.Column("used_num", sa.Float(precision=53), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=True),
        sa.Column("change", sa.String(length=16), nullable=True),
        sa.Column("origin", columns.Plain(), nullable=True),
        sa.Column("record", sa.LargeBinary(), nullable=True),
        sa.Column("record_hash", columns.Hash(), nullable=True),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tract_id", "call_id"],
            ["calls.tract_id", "calls.id"],
            name=op.f("fk_call_parameters_calls"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tract_id", "call_id", "name", "path", name=op.f("pk_call_parameters")),
    )
    op.create_index(
        "ix_call_parameters_num", "call_parameters", ["tract_id", "name", "path", "num", "call_id"], unique=False
    )
    op.create_index(
        "ix_call_parameters_text", "call_parameters", ["tract_id", "name", "path", "text", "call_id"], unique=False
    )
    op.create_table(
        "parameters",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("configuration_hash", columns.Hash(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("num", sa.Float(precision=53), nullable=True),
        sa.Column("asked_type", sa.String(length=8), nullable=True),
        sa.Column("asked_text", sa.Text(), nullable=True),
        sa.Column("asked_num", sa.Float(precision=53), nullable=True),
        sa.Column("used_type", sa.String(length=8), nullable=True),
        sa.Column("used_text", sa.Text(), nullable=True),
        sa.Column("used_num", sa.Float(precision=53), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=True),
        sa.Column("change", sa.String(length=16), nullable=True),
        sa.Column("origin", columns.Plain(), nullable=True),
        sa.Column("record", sa.LargeBinary(), nullable=True),
        sa.Column("record_hash", columns.Hash(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tract_id", "configuration_hash"],
            ["configurations.tract_id", "configurations.hash"],
            name=op.f("fk_parameters_configurations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tract_id", "configuration_hash", "name", "path", name=op.f("pk_parameters")),
    )
    op.create_index(
        "ix_parameters_num", "parameters", ["tract_id", "name", "path", "num", "configuration_hash"], unique=False
    )
    op.create_index(
        "ix_parameters_text", "parameters", ["tract_id", "name", "path", "text", "configuration_hash"], unique=False
    )
