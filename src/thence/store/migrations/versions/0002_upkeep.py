"""Erasures that are under way, and indexes by which SQLite's own check finds any changed byte."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from thence.store import columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_MIRRORS = {
    "tracts": ("name", "head", "epoch", "created_at"),
    "refs": ("name", "kind", "commit_hash", "moved_at"),
    "reflog": ("name", "old", "new", "action", "message", "moved_at"),
    "commits": ("created_at", "produced_at", "role", "message", "metadata_json"),
    "annotations": ("commit_hash", "kind", "note", "created_at"),
    "call_parameters": ("exact",),
    "open_calls": ("journal", "segment", "position"),
    "ingested": (
        "segment",
        "journal",
        "position",
        "sequence",
        "frames",
        "corrupt",
        "torn",
        "lost",
        "missing",
        "retired",
        "moved_at",
    ),
    "erasures": ("kind", "calls", "commits", "step", "began_at", "ended_at"),
}


def upgrade() -> None:
    """Make the table and the indexes, which are empty on PostgreSQL."""
    op.create_table(
        "erasures",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("id", columns.CallId(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("calls", sa.LargeBinary(), nullable=True),
        sa.Column("commits", sa.LargeBinary(), nullable=True),
        sa.Column("step", sa.String(length=8), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tract_id", "id", name=op.f("pk_erasures")),
    )
    for table, names in _MIRRORS.items():
        op.create_index(f"mirror_{table}", table, ["tract_id", *names], postgresql_where=sa.text("false"))
