"""Branches: names that move. Every move is a compare and swap, and the reflog says what moved where.

A branch that calls are recorded on means the *newest answer* on it; recorded answers that turn out to be older in
time move nothing, so the order in which journals are read plays no part. Where the newest answer is no descendant of
the one before (an edited history, a retry, a new conversation), the branch forks: it moves over, and the reflog says
from where. What it leaves stays reachable through its calls, as the alternatives of a sweep or the conversations of a
server must, without a name for each. A line that was committed by hand has no calls: it gets a name of its own,
``main-2``. A tag never moves: calls that are recorded on a branch of its name are recorded on one that is spelled
otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import Connection, LargeBinary, and_, exists, insert, or_, select, tuple_, type_coerce, update

from thence.errors import Conflict
from thence.store.dialects import insert_into
from thence.store.identity import new_id
from thence.store.naming import spelled
from thence.store.schema import answers, calls, commits, reflog, refs

__all__ = ["Move", "advance", "descends", "move"]

_NEAR = 8  # commits
_CHUNK = 400


class Move(NamedTuple):
    """An answer that a branch may move to.

    ``chain`` holds the commits between ``after`` (None: the root) and the answer, which is the last of them.
    """

    tract: str
    branch: str
    at: int
    chain: Sequence[bytes]
    after: bytes | None


@dataclass
class _Tip:
    """Where a branch was when the transaction began, and where it is by now."""

    was: bytes | None
    moved_at: int
    now: bytes | None
    log: list[dict[str, Any]] = field(default_factory=list)


def advance(connection: Connection, moves: Iterable[Move]) -> None:
    """Move each branch to its newest answer.

    Raises:
        Conflict: a branch moved meanwhile; the transaction must be tried again.
    """
    tips: dict[tuple[str, str], _Tip] = {}
    moves = _beside_tags(connection, moves)
    for step in sorted(moves, key=lambda step: (step.at, step.chain[-1])):
        key = (step.tract, step.branch)
        tip = tips.get(key)
        if tip is None:
            tip = tips[key] = _tip(connection, *key)
        if step.at > tip.moved_at:
            _step(connection, tip, step)
    for (tract, branch), tip in tips.items():
        if tip.log:
            move(connection, tract, branch, tip.was, tip.now, tip.moved_at)
            connection.execute(insert(reflog), tip.log)


def _beside_tags(connection: Connection, moves: Iterable[Move]) -> list[Move]:
    """The moves, of branches that have no tag's name."""
    moves = list(moves)
    keys = sorted({(each.tract, each.branch) for each in moves})
    query = select(refs.c.tract_id, refs.c.name).where(refs.c.kind == "tag")
    tags = {
        tuple(row)
        for start in range(0, len(keys), _CHUNK)
        for row in connection.execute(
            query.where(tuple_(refs.c.tract_id, refs.c.name).in_(keys[start : start + _CHUNK]))
        )
    }
    return [each._replace(branch=spelled(each.branch)) if each[:2] in tags else each for each in moves]


def move(connection: Connection, tract: str, name: str, was: bytes | None, now: bytes | None, at: int) -> None:
    """Let the branch ``name`` mean ``now``, if it still means ``was`` (None: it is not there, or empty).

    Raises:
        Conflict: it means something else.
    """
    row = {"tract_id": tract, "name": name, "kind": "branch", "commit_hash": now, "moved_at": at}
    if was is None:
        new = insert_into(connection.dialect.name, refs).values(row)
        new = new.on_conflict_do_update(
            index_elements=["tract_id", "name"],
            set_={"commit_hash": now, "moved_at": at},
            where=and_(refs.c.commit_hash.is_(None), refs.c.kind == "branch"),
        )
        moved = connection.execute(new.execution_options(preserve_rowcount=True))
    else:
        here = and_(refs.c.tract_id == tract, refs.c.name == name, refs.c.kind == "branch", refs.c.commit_hash == was)
        moved = connection.execute(update(refs).where(here).values(commit_hash=now, moved_at=at))
    if moved.rowcount != 1:
        raise Conflict(f"the branch {name} moved meanwhile", hint="look where it is now, and try again")


def descends(connection: Connection, tract: str, commit: bytes, ancestor: bytes) -> bool:
    """Whether ``ancestor`` is ``commit`` or stands before it."""
    columns = (commits.c.hash, commits.c.parent)
    line = select(*columns).where(commits.c.tract_id == tract, commits.c.hash == commit).cte("line", recursive=True)
    before = select(*columns).where(commits.c.tract_id == tract, commits.c.hash == line.c.parent)
    line = line.union_all(before)
    return bool(connection.execute(select(exists().where(line.c.hash == ancestor))).scalar())


def _tip(connection: Connection, tract: str, branch: str) -> _Tip:
    query = select(type_coerce(refs.c.commit_hash, LargeBinary), refs.c.moved_at)
    found = connection.execute(query.where(refs.c.tract_id == tract, refs.c.name == branch)).first()
    was = bytes(found[0]) if found and found[0] is not None else None
    return _Tip(was, found[1] if found and was else -1, was)


def _step(connection: Connection, tip: _Tip, step: Move) -> None:
    old, new = tip.now, step.chain[-1]
    tip.moved_at = step.at
    known = old in step.chain[-_NEAR:] or old in step.chain  # mostly it is near the end of what may be thousands
    forward = old is None or known or bool(step.after and descends(connection, step.tract, step.after, old))
    if not forward and old == tip.was:
        _keep(connection, step, old)
    if new == old:
        return
    tip.now = new
    if forward and tip.log and tip.log[-1]["action"] == "answer":
        tip.log[-1].update(new=new, moved_at=step.at)  # one entry for one way forward, as a fast-forward has
        return
    tip.log.append(_entry(step, old, new, "answer" if forward else "fork"))


def _entry(step: Move, old: bytes | None, new: bytes | None, action: str, name: str | None = None) -> dict[str, Any]:
    return {
        "tract_id": step.tract,
        "name": name or step.branch,
        "id": new_id(step.at),
        "old": old,
        "new": new,
        "action": action,
        "message": None,
        "moved_at": step.at,
    }


def _keep(connection: Connection, step: Move, old: bytes | None) -> None:
    """Give a tip that no call reaches a name, before its branch leaves it."""
    reached = or_(
        exists().where(answers.c.tract_id == step.tract, answers.c.commit_hash == old),
        exists().where(calls.c.tract_id == step.tract, calls.c.base == old),
        exists().where(refs.c.tract_id == step.tract, refs.c.commit_hash == old, refs.c.name != step.branch),
    )
    if old is None or connection.execute(select(reached)).scalar():
        return
    taken = set(connection.execute(select(refs.c.name).where(refs.c.tract_id == step.tract)).scalars())
    name = next(name for number in count(2) if (name := f"{step.branch}-{number}") not in taken)
    move(connection, step.tract, name, None, old, step.at)
    connection.execute(insert(reflog), [_entry(step, None, old, "fork", name)])
