"""Calls that continue a response, or a conversation that the provider keeps, and were stored before it was.

Such a call's commits begin at the root, for want of anything better. When the response turns up (its journal was read
later, another store was pulled), they are named anew, after its commit: the same history as if it had come first. What
continued *their* answers follows, and what nothing reaches then is taken away.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, exists, select, update

from thence.hashing import commit_hash, from_text, to_text
from thence.store import queries
from thence.store.projection import encode
from thence.store.recall import CONVERSATION, Followed, followers, link_of, next_in
from thence.store.schema import answers, call_parameters, calls, commits, forms, reflog, refs
from thence.store.sealing import seal_of
from thence.store.upserts import upsert

__all__ = ["Answered", "relink"]


class Answered(NamedTuple):
    """A call that was answered, by its response id and what it itself continued."""

    tract: str
    call_id: bytes
    response_id: str | None
    follows: str | None


def relink(connection: Connection, answered: Sequence[Answered]) -> bool:
    """Name the calls anew that continue what these answers say; True where any were."""
    left: list[tuple[str, str]] = []
    waiting = deque(_followers(connection, answered))
    while waiting:
        tract, follows, call_id = waiting.popleft()
        after = link_of(connection, tract, follows, call_id)
        row = connection.execute(select(calls).where(calls.c.tract_id == tract, calls.c.id == call_id)).mappings().one()
        old = _moved(connection, row, after) if after else []
        if old:
            left += [(tract, name) for name in old]
            again = Answered(tract, call_id, row["response_id"], row["follows"])
            waiting.extend(_followers(connection, [again]))
    for tract, name in reversed(left):  # the newest first, so that nothing is held by what goes too
        _drop(connection, tract, name)
    return bool(left)


def _followers(connection: Connection, answered: Sequence[Answered]) -> Iterator[tuple[str, str, bytes]]:
    """The calls that continue these answers: tract, what they follow, id."""
    by_tract: dict[str, set[str]] = {}
    for answer in answered:
        if answer.response_id:
            by_tract.setdefault(answer.tract, set()).add(answer.response_id)
        if answer.follows and answer.follows.startswith(CONVERSATION):
            after = next_in(connection, answer.tract, answer.follows, answer.call_id)
            if after is not None:
                yield answer.tract, answer.follows, after
    for tract, ids in by_tract.items():
        for response_id, call_id in followers(connection, tract, ids):
            yield tract, response_id, call_id


def _moved(connection: Connection, row: Any, after: Followed) -> list[str]:
    """Name a call's commits anew, after another commit; the old names, oldest first."""
    tract = row["tract_id"]
    asked = _asked(connection, row)
    before = asked[0]["parent"] if asked else row["base"]
    if before == to_text(after.commit):
        return []
    renamed: dict[str, str] = {}
    began = row["started_at"]
    ended = began + (row["duration"] or 0)
    point = _copy(connection, asked, (to_text(after.commit), after.depth), renamed, {"created_at": began})
    said = connection.execute(queries.answers_of(tract, row["id"])).mappings().all()
    for choice in dict.fromkeys(each["choice"] for each in said):
        line = [each for each in said if each["choice"] == choice]
        _copy(connection, line, point, renamed, {"created_at": ended, "produced_at": ended})
    _point_anew(connection, row, point[0], renamed, [from_text(renamed[each["hash"]]) for each in said])
    return list(renamed)


def _asked(connection: Connection, row: Any) -> list[Any]:
    """The commits that a call's request added, oldest first: as many as it has items."""
    count = 0
    at = row["form_hash"]
    while at is not None:
        query = select(forms.c.parent).where(forms.c.tract_id == row["tract_id"], forms.c.hash == at)
        found = connection.execute(query).first()
        at = found[0] if found else None
        count += found is not None
    if not count or row["base"] is None:
        return []
    line = connection.execute(queries.ancestors(row["tract_id"], row["base"], count)).mappings().all()
    return list(reversed(line))


def _copy(
    connection: Connection,
    line: Sequence[Any],
    after: tuple[str, int],
    renamed: dict[str, str],
    times: Mapping[str, int],
) -> tuple[str, int]:
    """Commits like those of ``line``, after another one and as said at ``times``; where they end."""
    parent, depth = after
    statement = upsert(connection.dialect.name, commits, ("tract_id", "hash"))
    columns = ("content_type", "role", "operation", "edit_target", "content_hash", "metadata_json", "message")
    for commit in line:
        target = commit["edit_target"]
        name = to_text(
            commit_hash(
                from_text(parent),
                commit["content_type"],
                commit["operation"],
                from_text(target) if target else None,
                from_text(commit["content_hash"]),
            )
        )
        row = {column: commit[column] for column in ("tract_id", *columns)}
        row |= {"hash": name, "parent": parent, "depth": depth, "produced_at": None, **times}
        row["generation_config_json"] = commit["generation_config_json"] if row["produced_at"] else None
        connection.execute(statement, row)
        renamed[commit["hash"]] = name
        parent, depth = name, depth + 1
    return parent, depth


def _point_anew(connection: Connection, row: Any, base: str, renamed: dict[str, str], said: Sequence[bytes]) -> None:
    """Let the call, its answers, and the branches at its answers mean the new commits."""
    tract, call = row["tract_id"], row["id"]
    tip = renamed.get(row["commit_hash"])
    own = connection.execute(
        select(call_parameters.c.name, call_parameters.c.record)
        .where(call_parameters.c.tract_id == tract, call_parameters.c.call_id == call, call_parameters.c.path == "")
        .order_by(call_parameters.c.name)
    )
    usage = None if row["usage_verbatim"] is None else encode(row["usage_verbatim"])
    seal = seal_of({**row, "base": base}, said, [(name, record) for name, record in own], usage)
    here = and_(calls.c.tract_id == tract, calls.c.id == call)
    connection.execute(update(calls).where(here).values(base=base, commit_hash=tip, seal=seal))
    for old, new in renamed.items():
        answered = and_(answers.c.tract_id == tract, answers.c.call_id == call, answers.c.commit_hash == old)
        connection.execute(update(answers).where(answered).values(commit_hash=new))
        connection.execute(
            update(refs).where(refs.c.tract_id == tract, refs.c.commit_hash == old).values(commit_hash=new)
        )
        for column in (reflog.c.old, reflog.c.new):
            connection.execute(update(reflog).where(reflog.c.tract_id == tract, column == old).values({column: new}))


def _drop(connection: Connection, tract: str, name: str) -> None:
    """Take a commit away that nothing reaches."""
    child = commits.alias()
    connection.execute(
        delete(commits).where(
            commits.c.tract_id == tract,
            commits.c.hash == name,
            ~exists().where(child.c.tract_id == tract, child.c.parent == name),
            ~exists().where(answers.c.tract_id == tract, answers.c.commit_hash == name),
            ~exists().where(calls.c.tract_id == tract, calls.c.base == name),
            ~exists().where(refs.c.tract_id == tract, refs.c.commit_hash == name),
        )
    )
