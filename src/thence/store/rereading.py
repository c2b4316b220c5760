"""Answers that are read again, with a GET: a response that the provider keeps, or a run of a thread.

Such an answer tells its usage each time that it is read, and one that was asked for in the background tells it only
then. So tokens count, and are paid for, at the first call that tells of them.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, or_, select

from thence.store.schema import calls

__all__ = ["READ", "reads_again"]

READ = "GET"
"""The method of calls that generate nothing."""


def reads_again() -> ColumnElement[bool]:
    """Whether a call only reads an answer whose usage another call has told before."""
    c, other = calls.c, calls.alias()
    first = or_(func.coalesce(other.c.method, "") != READ, other.c.id < c.id)
    told = select(other.c.id).where(
        other.c.tract_id == c.tract_id, other.c.response_id == c.response_id, other.c.input_tokens.is_not(None), first
    )
    return and_(func.coalesce(c.method, "") == READ, told.exists())
