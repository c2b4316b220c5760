"""What ingest asks the store: few questions, each one statement, none of them for a conversation that is in memory.

Names are bytes here, as ingest holds them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, LargeBinary, and_, select, tuple_, type_coerce

from thence.store.schema import calls, commits, forms, tracts

__all__ = ["CONVERSATION", "READ", "Followed", "depth_known", "epochs", "followers", "link_of", "next_in", "status_of"]

_CHUNK = 400


CONVERSATION = "conversation/"
"""What ``calls.follows`` begins with where a call continues a conversation that the provider keeps."""

READ = "response/"
"""What ``calls.follows`` begins with where a call reads a response that another one asked for."""


class Followed(NamedTuple):
    """What a call goes on from: another call, the commit in it, and how many commits there are up to that."""

    call_id: bytes
    commit: bytes
    depth: int


def depth_known(connection: Connection, tract: str, chain: Sequence[bytes]) -> int:
    """How many forms of a chain, from its root on, the store has. A form is never there without those before it."""
    for end in range(len(chain), 0, -_CHUNK):
        names = chain[max(0, end - _CHUNK) : end]
        query = select(_bytes(forms.c.hash)).where(forms.c.tract_id == tract, forms.c.hash.in_(names))
        found = {bytes(name) for name in connection.execute(query).scalars()}
        for depth in range(end, end - len(names), -1) if found else ():
            if chain[depth - 1] in found:
                return depth
    return 0


def link_of(connection: Connection, tract: str, follows: str, before: bytes) -> Followed | None:
    """What a call goes on from: the answer of the response, or the newest of the conversation, that ``follows`` names;
    of a response that it reads, the context that this was asked in.

    Only calls earlier than ``before`` count, so that no two can continue each other. Of several calls that were given
    one response id, the earliest counts that read it to the end.
    """
    after = calls.c.base if follows.startswith(READ) else calls.c.commit_hash
    query = (
        select(_bytes(calls.c.id), _bytes(after), commits.c.depth)
        .join(commits, and_(commits.c.tract_id == calls.c.tract_id, commits.c.hash == after))
        .where(calls.c.tract_id == tract, calls.c.id < before)
        .limit(1)
    )
    if follows.startswith(CONVERSATION):
        query = query.where(calls.c.follows == follows).order_by(calls.c.id.desc())
    elif follows.startswith(READ):
        query = query.where(calls.c.response_id == follows.removeprefix(READ)).order_by(calls.c.id)
    else:
        query = query.where(calls.c.response_id == follows).order_by(calls.c.truncated, calls.c.id)
    found = connection.execute(query).first()
    return Followed(bytes(found[0]), bytes(found[1]), found[2] + 1) if found else None


def followers(connection: Connection, tract: str, response_ids: Collection[str]) -> list[tuple[str, bytes]]:
    """The calls that continue or read one of these responses: (what they follow, call id), oldest call first."""
    names = [name for response_id in response_ids for name in (response_id, READ + response_id)]
    query = (
        select(calls.c.follows, _bytes(calls.c.id))
        .where(calls.c.tract_id == tract, calls.c.follows.in_(names))
        .order_by(calls.c.id)
    )
    return [(follows, bytes(call)) for follows, call in connection.execute(query)]


def next_in(connection: Connection, tract: str, conversation: str, call_id: bytes | str) -> bytes | None:
    """The call of a conversation that came next after another."""
    query = select(_bytes(calls.c.id)).where(
        calls.c.tract_id == tract, calls.c.follows == conversation, calls.c.id > call_id
    )
    found = connection.execute(query.order_by(calls.c.id).limit(1)).scalar()
    return None if found is None else bytes(found)


def status_of(connection: Connection, keys: Sequence[tuple[str, bytes]]) -> dict[tuple[str, bytes], str]:
    """Of the calls with these keys (tract, id): those that the store has, and their status."""
    found: dict[tuple[str, bytes], str] = {}
    for start in range(0, len(keys), _CHUNK):
        query = select(calls.c.tract_id, _bytes(calls.c.id), calls.c.status).where(
            tuple_(calls.c.tract_id, calls.c.id).in_(keys[start : start + _CHUNK])
        )
        found |= {(tract, bytes(call)): status for tract, call, status in connection.execute(query)}
    return found


def epochs(connection: Connection) -> dict[str, int]:
    """Each tract's epoch: where one has risen, what a writer remembers of the tract may be gone."""
    return {row[0]: row[1] for row in connection.execute(select(tracts.c.tract_id, tracts.c.epoch))}


def _bytes(column: Any) -> Any:
    return type_coerce(column, LargeBinary)
