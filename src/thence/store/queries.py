"""Named statements: what the store is asked for, each under the name of its meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, Select, and_, func, literal, select

from thence.store.rereading import reads_again
from thence.store.schema import answers, calls, commits, parameters, reflog, refs, tracts

__all__ = [
    "ancestors",
    "answers_of",
    "branches",
    "calls_of_commit",
    "counts",
    "heads",
    "moves",
    "named_commits",
    "parameters_of",
    "reread",
]


_DEEPEST = (1 << 31) - 1  # of commits, whose depth is an integer of a database


def ancestors(tract: str, commit: str, limit: int | None = None) -> Select[Any]:
    """A commit and those before it, newest first, by one statement however deep the chain is."""
    line = _line(tract, commit, limit)
    return (
        select(commits)
        .join(line, and_(commits.c.tract_id == tract, commits.c.hash == line.c.hash))
        .order_by(line.c.steps)
    )


def _line(tract: str, commit: str, limit: int | None) -> CTE:
    start = select(commits.c.hash, commits.c.parent, literal(0).label("steps")).where(
        commits.c.tract_id == tract, commits.c.hash == commit
    )
    line = start.cte("line", recursive=True)
    before = select(commits.c.hash, commits.c.parent, line.c.steps + 1).where(
        commits.c.tract_id == tract, commits.c.hash == line.c.parent
    )
    if limit is not None:
        before = before.where(line.c.steps < min(limit, _DEEPEST) - 1)
    return line.union_all(before)


def named_commits(tract: str, names: list[str]) -> Select[Any]:
    """Commits by their hashes."""
    return select(commits).where(commits.c.tract_id == tract, commits.c.hash.in_(names))


def answers_of(tract: str, call: str) -> Select[Any]:
    """The answer commits of a call, with choice and position, in that order."""
    return (
        select(answers.c.choice, commits)
        .join(commits, and_(commits.c.tract_id == answers.c.tract_id, commits.c.hash == answers.c.commit_hash))
        .where(answers.c.tract_id == tract, answers.c.call_id == call)
        .order_by(answers.c.choice, answers.c.position)
    )


def reread(tract: str, call: str) -> Select[Any]:
    """The call, where it only reads an answer whose usage another call has told before."""
    return select(calls.c.id).where(calls.c.tract_id == tract, calls.c.id == call, reads_again())


def calls_of_commit(tract: str, commit: str) -> Select[Any]:
    """The calls that answered with a commit, newest first."""
    return (
        select(calls)
        .join(answers, and_(answers.c.tract_id == calls.c.tract_id, answers.c.call_id == calls.c.id))
        .where(answers.c.tract_id == tract, answers.c.commit_hash == commit)
        .order_by(calls.c.id.desc())
    )


def parameters_of(tract: str, configurations: Sequence[str]) -> Select[Any]:
    """The stories of configurations' parameters: inline, or the name of a blob."""
    p = parameters.c
    return (
        select(p.configuration_hash, p.record, p.record_hash)
        .where(p.tract_id == tract, p.configuration_hash.in_(configurations), p.path == "")
        .order_by(p.configuration_hash, p.name)
    )


def branches(tract: str | None = None) -> Select[Any]:
    """Branches and tags, the last moved first."""
    query = select(refs).order_by(refs.c.moved_at.desc(), refs.c.name)
    return query if tract is None else query.where(refs.c.tract_id == tract)


def moves(tract: str, name: str) -> Select[Any]:
    """The reflog of a branch, newest first."""
    return select(reflog).where(reflog.c.tract_id == tract, reflog.c.name == name).order_by(reflog.c.id.desc())


def counts() -> Select[Any]:
    """How many calls there are of each status."""
    return select(calls.c.status, func.count()).group_by(calls.c.status)


def heads() -> Select[Any]:
    """Each tract and the branch that its HEAD means."""
    return select(tracts)
