"""Named statements that find commits: by their configuration, in two lines at once, and what last moved a branch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, LargeBinary, Select, and_, func, select, type_coerce

from thence.query import Expression
from thence.store.schema import answers, calls, commits, reflog
from thence.store.select import Question, kept_by_calls, parameter_names

__all__ = ["common_ancestor", "configured", "last_move"]


def common_ancestor(connection: Connection, tract: str, one: bytes, other: bytes) -> bytes | None:
    """The newest commit that stands in both lines; None where there is none."""
    lines = [_ancestors(tract, tip, f"line{number}") for number, tip in enumerate((one, other))]
    query = (
        select(type_coerce(lines[0].c.hash, LargeBinary))
        .join(lines[1], lines[1].c.hash == lines[0].c.hash)
        .order_by(lines[0].c.depth.desc())
        .limit(1)
    )
    found = connection.execute(query).scalar()
    return None if found is None else bytes(found)


def _ancestors(tract: str, tip: bytes, name: str) -> Any:
    columns = (commits.c.hash, commits.c.parent, commits.c.depth)
    walk = select(*columns).where(commits.c.tract_id == tract, commits.c.hash == tip).cte(name, recursive=True)
    return walk.union_all(select(*columns).where(commits.c.tract_id == tract, commits.c.hash == walk.c.parent))


def last_move(connection: Connection, tract: str, name: str) -> str | None:
    """What last happened to a branch or tag: ``commit``, ``answer``, ``delete``, ...; None where nothing did."""
    query = select(reflog.c.action).where(reflog.c.tract_id == tract, reflog.c.name == name)
    return connection.execute(query.order_by(reflog.c.id.desc()).limit(1)).scalar()


def configured(
    connection: Connection, tract: str, where: Expression, now: datetime, *, newest: bool, limit: int | None
) -> Select[Any]:
    """The commits whose generation config meets ``where``: that of the newest call, or hand, that gave one."""
    rows = connection.execute(kept_by_calls(parameter_names(where), (tract,)))
    kept = {row.name: bool(row.shared) for row in rows}
    ended = (calls.c.started_at + func.coalesce(calls.c.duration, 0)).label("ended")
    question = Question(where, (tract,), kept, now).flat(calls.c.tract_id, calls.c.id, ended).order_by(None)
    # Once for all: of tables that it has no statistics of, PostgreSQL would ask it of each commit anew.
    matching = question.cte("matching").prefix_with("MATERIALIZED", dialect="postgresql")
    its_newest = and_(
        matching.c.tract_id == answers.c.tract_id,
        matching.c.id == answers.c.call_id,
        matching.c.ended == commits.c.produced_at,
    )
    of_commit = and_(answers.c.tract_id == commits.c.tract_id, answers.c.commit_hash == commits.c.hash)
    keys = (commits.c.produced_at, commits.c.depth, commits.c.hash)
    return (
        select(commits)
        .distinct()
        .join(answers, of_commit)
        .join(matching, its_newest)
        .where(commits.c.tract_id == tract)
        .order_by(*(key.desc() if newest else key for key in keys))
        .limit(limit)
    )
