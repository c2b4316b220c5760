"""The span that was active around a call, an index to find the calls of a trace, and which calls were exported."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from thence.store import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns, null for the calls that are there, their index, and the table."""
    op.add_column("calls", sa.Column("trace_id", sa.String(length=32), nullable=True))
    op.add_column("calls", sa.Column("span_id", sa.String(length=16), nullable=True))
    traced = sa.text("trace_id IS NOT NULL")
    op.create_index("ix_calls_trace", "calls", ["tract_id", "trace_id"], sqlite_where=traced, postgresql_where=traced)
    op.create_table(
        "exported",
        sa.Column("tract_id", sa.String(length=64), nullable=False),
        sa.Column("destination", sa.String(length=255), nullable=False),
        sa.Column("call_id", columns.CallId(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tract_id", "call_id"],
            ["calls.tract_id", "calls.id"],
            name=op.f("fk_exported_calls"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tract_id", "destination", "call_id", name=op.f("pk_exported")),
    )
