"""What people do to a history by hand: commits, branches, tags, annotations, usage.

Every function here works within a transaction of its caller's and moves refs by compare and swap. On a server the row
that it is about is locked first, so that a loser waits, sees where the winner left the branch, and goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, LargeBinary, and_, delete, func, insert, select, type_coerce, update

from thence.errors import Conflict, NotFound
from thence.store import refs as moving
from thence.store.identity import new_id
from thence.store.schema import annotated, answers, call_parameters, calls, commits, reflog, refs, tracts

__all__ = [
    "Moved",
    "Tip",
    "add_ref",
    "annotate",
    "describe",
    "drop_ref",
    "kind_of",
    "move",
    "parameters_of",
    "reconfigure",
    "set_head",
    "settings_of",
    "tip",
]


class Moved(Conflict):
    """A branch moved between the looking and the moving: the transaction must be tried again."""


class Tip(NamedTuple):
    """Where a branch is: ``depth`` is how many commits there are. ``exists`` is false where there is no such branch."""

    commit: bytes | None
    depth: int
    moved_at: int
    exists: bool = True

    @property
    def now(self) -> int:
        """The time, in nanoseconds since the epoch, and later than the branch last moved whatever the clock says."""
        return max(time.time_ns(), self.moved_at + 1)


def tip(connection: Connection, tract: str, branch: str) -> Tip:
    """Where a branch is, for a transaction that moves it.

    The branch is locked first and its commit is looked up afterwards, by a statement of its own: one that joins the two
    would, where it had to wait for the lock, meet the branch as it is now and the commits as they were before.
    """
    query = (
        select(type_coerce(refs.c.commit_hash, LargeBinary), refs.c.moved_at)
        .where(refs.c.tract_id == tract, refs.c.name == branch, refs.c.kind == "branch")
        .with_for_update()
    )
    row = connection.execute(query).first()
    if row is None:
        return Tip(None, 0, 0, exists=False)
    if row[0] is None:
        return Tip(None, 0, row[1])
    name = bytes(row[0])
    depth = connection.scalar(select(commits.c.depth).where(commits.c.tract_id == tract, commits.c.hash == name))
    return Tip(name, 0 if depth is None else depth + 1, row[1])


def move(connection: Connection, tract: str, branch: str, was: Tip, now: bytes | None, action: str, at: int) -> None:
    """Move a branch, and say so in its reflog.

    Raises:
        Moved: somebody else moved it meanwhile.
    """
    try:
        moving.move(connection, tract, branch, was.commit, now, at)
    except Conflict as error:
        raise Moved(error.message, hint=error.hint) from error
    _log(connection, tract, branch, was.commit, now, action, at)


def add_ref(connection: Connection, tract: str, name: str, kind: str, commit: bytes | None, at: int) -> None:
    """A new branch or tag.

    Raises:
        Conflict: the name is taken.
    """
    taken = kind_of(connection, tract, name)
    if taken:
        raise Conflict(f"there is a {taken} {name} already", hint="choose another name, or delete that one first")
    row = {"tract_id": tract, "name": name, "kind": kind, "commit_hash": commit, "moved_at": at}
    connection.execute(insert(refs), row)
    _log(connection, tract, name, None, commit, kind, at)


def kind_of(connection: Connection, tract: str, name: str) -> str | None:
    """What has a name: a branch, a tag, or nothing."""
    return connection.execute(select(refs.c.kind).where(refs.c.tract_id == tract, refs.c.name == name)).scalar()


def drop_ref(connection: Connection, tract: str, name: str, at: int) -> None:
    """Take a branch or tag away; what it named stays reachable through the reflog.

    Raises:
        NotFound: there is none of this name.
    """
    here = (refs.c.tract_id == tract, refs.c.name == name)
    was = connection.execute(select(type_coerce(refs.c.commit_hash, LargeBinary)).where(*here)).first()
    if was is None:
        raise NotFound(f"no branch or tag {name}", hint="thence branch")
    connection.execute(delete(refs).where(*here))
    _log(connection, tract, name, was[0], None, "delete", at)


def set_head(connection: Connection, tract: str, branch: str) -> None:
    """Let the tract's HEAD mean ``branch``."""
    connection.execute(update(tracts).where(tracts.c.tract_id == tract).values(head=branch))


def describe(connection: Connection, tract: str, commit: bytes, **given: Any) -> None:
    """Set the message and metadata of a commit; what is None stays as it is."""
    values = {name: value for name, value in given.items() if value is not None}
    if values:
        here = (commits.c.tract_id == tract, commits.c.hash == commit)
        connection.execute(update(commits).where(*here).values(values))


def reconfigure(connection: Connection, tract: str, commit: bytes, config: str, at: int) -> None:
    """Overwrite the generation config of a commit, and let every reader know."""
    here = (commits.c.tract_id == tract, commits.c.hash == commit)
    connection.execute(update(commits).where(*here).values(generation_config_json=config, produced_at=at))
    annotate(connection, tract, commit, "config", None)


def annotate(connection: Connection, tract: str, commit: bytes, kind: str, note: str | None) -> None:
    """An annotation. Its id is greater than any before it in the tract: the newest id tells whether there are new ones.

    Kinds are ``pin``, ``skip`` and ``normal``; and ``config`` and ``usage``, which tell readers that what a commit's
    calls say is not what it was.
    """
    locked = select(tracts.c.tract_id).where(tracts.c.tract_id == tract).with_for_update()
    connection.execute(locked)
    newest = select(func.max(type_coerce(annotated.c.id, LargeBinary))).where(annotated.c.tract_id == tract)
    last = connection.execute(newest).scalar()
    now = time.time_ns()
    name = new_id(now)
    if last is not None and bytes(last) >= name:
        name = (int.from_bytes(last, "big") + 1).to_bytes(16, "big")
    row = {"tract_id": tract, "id": name, "commit_hash": commit, "kind": kind, "note": note, "created_at": now}
    connection.execute(insert(annotated), row)


def settings_of(connection: Connection, tract: str, commit: bytes) -> dict[str, Any] | None:
    """The row of the call, or hand, that a commit's generation config is of; None where it has none."""
    query = (
        select(calls)
        .join(answers, and_(answers.c.tract_id == calls.c.tract_id, answers.c.call_id == calls.c.id))
        .join(commits, and_(commits.c.tract_id == answers.c.tract_id, commits.c.hash == answers.c.commit_hash))
        .where(answers.c.tract_id == tract, answers.c.commit_hash == commit)
        .where(calls.c.started_at + func.coalesce(calls.c.duration, 0) == commits.c.produced_at)
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def parameters_of(connection: Connection, tract: str, call: Any) -> Sequence[dict[str, Any]]:
    """The rows of the parameters that a call keeps for itself, without their owner."""
    own = call_parameters.c
    rows = connection.execute(select(call_parameters).where(own.tract_id == tract, own.call_id == call)).mappings()
    return [{name: row[name] for name in row if name not in ("tract_id", "call_id")} for row in rows]


def _log(
    connection: Connection, tract: str, name: str, old: bytes | None, new: bytes | None, action: str, at: int
) -> None:
    row = {"tract_id": tract, "name": name, "id": new_id(at), "old": old, "new": new, "action": action}
    connection.execute(insert(reflog), {**row, "message": None, "moved_at": at})
