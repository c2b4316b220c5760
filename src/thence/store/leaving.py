"""What becomes of the names that calls leave when they are named anew (see :mod:`thence.store.relinking`).

A name stays that another call was asked after, or answers with: it means then what it would mean had the call that left
never had it. So do names that somebody went on from by hand. What nothing holds is taken away, and what was said of it
(annotations, usage, a message, tags) is said of the new name from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, exists, func, insert, literal, or_, select, update

from thence.hashing import from_text
from thence.store.identity import new_id
from thence.store.naming import branch_of
from thence.store.producing import config_of
from thence.store.projection import encode
from thence.store.schema import annotated, answers, call_parameters, calls, commits, reflog, refs
from thence.store.sealing import seal_of

__all__ = ["Left", "leave", "point"]

_ended = calls.c.started_at + func.coalesce(calls.c.duration, 0)


class Left(NamedTuple):
    """A name that a call has left for another.

    ``branch`` is the call's, ``said`` the time at which the call said it, ``ended`` that of the call's end.
    """

    old: str
    new: str
    depth: int
    branch: str
    said: int
    ended: int


def leave(connection: Connection, tract: str, left: Iterable[Left]) -> None:
    """Let each old name mean what is left of it; of what the calls named anew hold, nothing is."""
    by_name: dict[str, list[Left]] = {}
    for each in left:
        by_name.setdefault(each.old, []).append(each)
    for name in sorted(by_name, key=lambda name: -by_name[name][0].depth):  # so that nothing is held by what goes too
        _leave(connection, tract, name, sorted(by_name[name], key=lambda each: each.ended))


def point(connection: Connection, row: Any, base: str | None, tip: str | None, said: Sequence[str]) -> None:
    """Let a call's row mean other commits: those that it was asked after, and answers with."""
    own = connection.execute(
        select(call_parameters.c.name, call_parameters.c.record)
        .where(call_parameters.c.tract_id == row["tract_id"], call_parameters.c.call_id == row["id"])
        .where(call_parameters.c.path == "")
        .order_by(call_parameters.c.name)
    )
    usage = None if row["usage_verbatim"] is None else encode(row["usage_verbatim"])
    seal = seal_of({**row, "base": base}, map(from_text, said), [(name, record) for name, record in own], usage)
    here = and_(calls.c.tract_id == row["tract_id"], calls.c.id == row["id"])
    connection.execute(update(calls).where(here).values(base=base, commit_hash=tip, seal=seal))


def _leave(connection: Connection, tract: str, name: str, left: Sequence[Left]) -> None:
    """``left``: who has left it, the newest last."""
    shared = or_(
        exists().where(calls.c.tract_id == tract, calls.c.base == name, calls.c.status != "recorded"),
        _answering(tract, name).where(calls.c.status != "recorded").exists(),
    )
    _move_refs(connection, tract, name, left, shared=bool(connection.scalar(select(shared))))
    held = or_(
        shared,
        exists().where(commits.c.tract_id == tract, commits.c.parent == name),
        exists().where(commits.c.tract_id == tract, commits.c.edit_target == name),
        exists().where(refs.c.tract_id == tract, refs.c.commit_hash == name),
    )
    here = and_(commits.c.tract_id == tract, commits.c.hash == name)
    row = connection.execute(select(commits).where(here)).mappings().first()
    if row is None:
        return
    if connection.scalar(select(held)):
        _say_anew(connection, row, left)
    else:
        _take_along(connection, row, left[-1].new)
        connection.execute(delete(commits).where(here))


def _answering(tract: str, name: str) -> Any:
    of_call = and_(answers.c.tract_id == calls.c.tract_id, answers.c.call_id == calls.c.id)
    return select(calls).join(answers, of_call).where(answers.c.tract_id == tract, answers.c.commit_hash == name)


def _move_refs(connection: Connection, tract: str, name: str, left: Sequence[Left], *, shared: bool) -> None:
    """Let branches and tags mean the new name. Of a name that other calls have, too, only the branches whose newest
    answer has left it, and that nobody has moved since.
    """
    found = connection.execute(select(refs).where(refs.c.tract_id == tract, refs.c.commit_hash == name)).mappings()
    for ref in found.all():
        mine = [each for each in left if each.branch == ref["name"]]
        last = (mine or left)[-1]
        values = {"commit_hash": last.new, "moved_at": ref["moved_at"]}
        if shared:
            newest = max([ref["moved_at"], *_times(connection, tract, name, ref["name"])])
            if ref["kind"] != "branch" or not mine or newest > last.ended:
                continue
            values["moved_at"] = last.ended
            _log(connection, ref, last)
        here = and_(refs.c.tract_id == tract, refs.c.name == ref["name"])
        connection.execute(update(refs).where(here).values(values))


def _times(connection: Connection, tract: str, name: str, branch: str) -> list[int]:
    """When the calls of a branch ended that answer with a commit."""
    found = connection.execute(_answering(tract, name).with_only_columns(calls.c.branch, _ended))
    return [ended for said, ended in found if branch_of(said) == branch]


def _log(connection: Connection, ref: Any, last: Left) -> None:
    """Let the reflog say where the call moved the branch, which it may not have had to."""
    here = and_(reflog.c.tract_id == ref["tract_id"], reflog.c.name == ref["name"], reflog.c.new == last.old)
    changed = update(reflog).where(here, reflog.c.moved_at == last.ended).values(new=last.new)
    if not connection.execute(changed).rowcount:
        row = {"tract_id": ref["tract_id"], "name": ref["name"], "id": new_id(last.ended), "old": last.old}
        row |= {"new": last.new, "action": "fork", "message": None, "moved_at": last.ended}
        connection.execute(insert(reflog), row)


def _say_anew(connection: Connection, row: Any, left: Sequence[Left]) -> None:
    """What the calls said that have left a commit, those that are left with it say: when it was said, with what."""
    tract, name = row["tract_id"], row["hash"]
    values: dict[str, Any] = {}
    if row["produced_at"] in {each.ended for each in left}:
        giver = _answering(tract, name).where(calls.c.configuration_hash.is_not(None)).order_by(_ended.desc())
        newest = connection.execute(giver.limit(1)).mappings().first()
        values |= config_of(connection, newest) if newest else {"generation_config_json": None, "produced_at": None}
    if row["created_at"] in {each.said for each in left}:
        first = _first_said(connection, tract, name)
        values |= {} if first is None else {"created_at": first}
    if values:
        here = and_(commits.c.tract_id == tract, commits.c.hash == name)
        connection.execute(update(commits).where(here).values(values))


def _first_said(connection: Connection, tract: str, name: str) -> int | None:
    """When the first of the calls said a commit that were asked after it, or answer with it."""
    line = select(commits.c.hash).where(commits.c.tract_id == tract, commits.c.hash == name)
    after = line.cte("after", recursive=True)
    line = select(commits.c.hash).where(commits.c.tract_id == tract, commits.c.parent == after.c.hash)
    after = after.union_all(line)
    asked = (
        select(func.min(calls.c.started_at))
        .join(after, calls.c.base == after.c.hash)
        .where(calls.c.tract_id == tract, calls.c.status != "recorded")
    )
    answered = _answering(tract, name).where(calls.c.status != "recorded").with_only_columns(func.min(_ended))
    times = [connection.scalar(asked), connection.scalar(answered)]
    return min((at for at in times if at is not None), default=None)


def _take_along(connection: Connection, row: Any, new: str) -> None:
    """Say of another commit what hands have said of one that goes."""
    tract, old = row["tract_id"], row["hash"]
    there = and_(commits.c.tract_id == tract, commits.c.hash == new)
    told = [column for column in (commits.c.message, commits.c.metadata_json) if row[column.name] is not None]
    said = {column.name: func.coalesce(column, literal(row[column.name], column.type)) for column in told}
    if said:
        connection.execute(update(commits).where(there).values(said))
    notes = and_(annotated.c.tract_id == tract, annotated.c.commit_hash == old)
    connection.execute(update(annotated).where(notes).values(commit_hash=new))
    for column in (reflog.c.old, reflog.c.new):
        moves = and_(reflog.c.tract_id == tract, column == old)
        connection.execute(update(reflog).where(moves).values({column: new}))
    parent = connection.scalar(select(commits.c.parent).where(there))
    for call in connection.execute(_answering(tract, old)).mappings().all():
        base = {old: new, row["parent"]: parent}.get(call["base"], call["base"])
        mine = and_(answers.c.tract_id == tract, answers.c.call_id == call["id"], answers.c.commit_hash == old)
        connection.execute(update(answers).where(mine).values(commit_hash=new))
        point(connection, call, base, new, [new])
        _give(connection, call, new)


def _give(connection: Connection, call: Any, name: str) -> None:
    """Put the configuration that a hand gave on a commit, unless it has a newer one."""
    given = config_of(connection, call)
    if given["produced_at"] is not None:
        here = and_(commits.c.tract_id == call["tract_id"], commits.c.hash == name)
        older = func.coalesce(commits.c.produced_at, 0) < given["produced_at"]
        connection.execute(update(commits).where(here, older).values(given))
