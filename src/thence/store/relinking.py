"""Calls that continue or read a response, or go on with a conversation that the provider keeps, stored before it was.

Such a call's commits begin at the root, for want of anything better. When the response turns up (its journal was read
later, another store was pulled), they are named anew, after its commit: the same history as if it had come first. What
continued *their* answers follows, and the old names mean what is left of them (see :mod:`thence.store.leaving`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, select, update

from thence.hashing import commit_hash, from_text, to_text
from thence.store import queries
from thence.store.changing import hold
from thence.store.leaving import Left, leave, point
from thence.store.naming import branch_of
from thence.store.producing import config_of
from thence.store.recall import CONVERSATION, Followed, followers, link_of, next_in
from thence.store.schema import answers, calls, commits, forms
from thence.store.upserts import upsert

__all__ = ["Answered", "relink"]


_LIKE = ("tract_id", "content_type", "role", "operation", "edit_target", "content_hash")
_BARE = dict.fromkeys(("generation_config_json", "produced_at", "metadata_json", "message"))


class Answered(NamedTuple):
    """A call that was answered, or will be, by its response id and what it itself continued."""

    tract: str
    call_id: bytes
    response_id: str | None
    follows: str | None


class _Renamed(NamedTuple):
    """One commit of a call: its names, its depth under the old one, and when the call said it."""

    old: str
    new: str
    depth: int
    said: int


class _Moved:
    """A call that was named anew, perhaps more than once: what it continues may itself be, later."""

    def __init__(self, row: Any) -> None:
        self._row = row
        self._renamed: list[_Renamed] = []

    def add(self, renamed: Sequence[_Renamed]) -> None:
        """Take in that its commits have got other names."""
        now = {each.old: each.new for each in renamed}
        self._renamed = [each._replace(new=now.get(each.new, each.new)) for each in self._renamed] + [*renamed]

    def left(self) -> Iterator[Left]:
        """The names that it has left."""
        branch = branch_of(self._row["branch"])
        ended = self._row["started_at"] + (self._row["duration"] or 0)
        for each in self._renamed:
            yield Left(each.old, each.new, each.depth, branch, each.said, ended)


def relink(connection: Connection, answered: Sequence[Answered]) -> bool:
    """Name the calls anew that continue what these answers say; True where any were."""
    moved: dict[tuple[str, bytes], _Moved] = {}
    held: set[str] = set()
    waiting = deque(_followers(connection, answered))
    while waiting:
        tract, follows, call_id = waiting.popleft()
        after = link_of(connection, tract, follows, call_id)
        row = connection.execute(select(calls).where(calls.c.tract_id == tract, calls.c.id == call_id)).mappings().one()
        asked = _asked(connection, row) if after else []
        if after is None or (asked[0]["parent"] if asked else row["base"]) == to_text(after.commit):
            continue
        if tract not in held:  # nobody else goes on from the old names, and who has meanwhile is found now
            held.add(tract)
            hold(connection, tract)
            waiting = deque(_followers(connection, answered))
            continue
        moved.setdefault((tract, call_id), _Moved(row)).add(_move(connection, row, asked, after))
        waiting.extend(_followers(connection, [Answered(tract, call_id, row["response_id"], row["follows"])]))
    for tract in held:
        leave(connection, tract, (each for key, one in moved.items() if key[0] == tract for each in one.left()))
    return bool(moved)


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
        for follows, call_id in followers(connection, tract, ids):
            yield tract, follows, call_id


def _move(connection: Connection, row: Any, asked: Sequence[Any], after: Followed) -> list[_Renamed]:
    """Name a call's commits anew, after another commit; oldest first."""
    tract = row["tract_id"]
    began = row["started_at"]
    ended = began + (row["duration"] or 0)
    base, renamed = _copy(connection, asked, (to_text(after.commit), after.depth), {"created_at": began})
    said = connection.execute(queries.answers_of(tract, row["id"])).mappings().all()
    given = {"created_at": ended, **config_of(connection, row)} if said else {}
    answered: list[_Renamed] = []
    for choice in dict.fromkeys(each["choice"] for each in said):
        line = [each for each in said if each["choice"] == choice]
        answered += _copy(connection, line, base, given)[1]
    for each in answered:
        here = and_(answers.c.tract_id == tract, answers.c.call_id == row["id"], answers.c.commit_hash == each.old)
        connection.execute(update(answers).where(here).values(commit_hash=each.new))
    tip = next((each.new for each in answered if each.old == row["commit_hash"]), None)
    point(connection, row, base[0], tip, [each.new for each in answered])
    return [*renamed, *answered]


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
    connection: Connection, line: Sequence[Any], after: tuple[str, int], given: Mapping[str, Any]
) -> tuple[tuple[str, int], list[_Renamed]]:
    """Commits like those of ``line``, after another one, with what the call gives them; where they end."""
    parent, depth = after
    statement = upsert(connection.dialect.name, commits, ("tract_id", "hash"))
    renamed = []
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
        row = {column: commit[column] for column in _LIKE} | {"hash": name, "parent": parent, "depth": depth}
        connection.execute(statement, {**row, **_BARE, **given})
        renamed.append(_Renamed(commit["hash"], name, commit["depth"], given["created_at"]))
        parent, depth = name, depth + 1
    return (parent, depth), renamed
