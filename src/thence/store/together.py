"""What a list of calls needs, read together: a few statements, however long the list is.

A call or commit by itself loads its heavy parts when it is asked for them, each by a statement of its own. A list of
fifty would ask three hundred.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import LargeBinary, func, literal, select

from thence.params import ResolvedConfig
from thence.providers.exact import loads
from thence.providers.said import said
from thence.store import exact, queries
from thence.store.call import Call, spoken
from thence.store.configuration import read_parameters
from thence.store.projection import plain
from thence.store.records import CommitInfo
from thence.store.schema import answers, blobs, call_parameters, calls

if TYPE_CHECKING:
    from thence.store.store import Store

__all__ = ["Glimpse", "answered_by", "before_on_branch", "contexts", "glimpses", "with_params", "with_texts"]

_MOST_ANSWERS = 10_000  # rows of answers that are looked through
_WITHIN = 1_000  # calls among which the one before on a branch is looked for


class Glimpse(NamedTuple):
    """A commit with its content, unless that is larger than was asked for.

    Attributes:
        commit: the commit.
        content: as :attr:`CommitInfo.content`; None where it was not read.
        size: bytes of the canonical text.
        erased: whether it was erased.
    """

    commit: CommitInfo
    content: Any
    size: int
    erased: bool


def glimpses(
    store: Store, tract: str, names: Iterable[str], most: int, altogether: int | None = None
) -> dict[str, Glimpse]:
    """Commits by their hashes, with contents of at most ``most`` bytes; the smallest, up to ``altogether`` bytes."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    found = [CommitInfo(store, row) for row in store.rows(queries.named_commits(tract, wanted))]
    held = {commit.content_hash for commit in found}
    query = select(blobs.c.hash, blobs.c.size, blobs.c.body.is_(None).label("erased"))
    rows = store.rows(query.where(blobs.c.tract_id == tract, blobs.c.hash.in_(held)))
    facts = {row["hash"]: (row["size"], bool(row["erased"])) for row in rows}
    small = sorted((size, name) for name, (size, erased) in facts.items() if size <= most and not erased)
    if altogether is not None:
        ends = accumulate(size for size, _ in small)
        small = [each for each, end in zip(small, ends, strict=True) if end <= altogether]
    with store.reading() as connection:
        texts = exact.blobs_of(connection, tract, [name for _, name in small])
    return {commit.hash: _glimpse(commit, texts, *facts.get(commit.content_hash, (0, True))) for commit in found}


def _glimpse(commit: CommitInfo, texts: dict[str, bytes], size: int, erased: bool) -> Glimpse:
    text = texts.get(commit.content_hash)
    return Glimpse(commit, None if text is None else plain(loads(text.decode())), size, erased)


def contexts(
    store: Store, tract: str, of: Sequence[Call], most: int, altogether: int | None = None
) -> dict[str, tuple[Glimpse | None, Glimpse | None]]:
    """Call -> the commit that it was asked in and the one that answers it, as :func:`glimpses` gives them."""
    ends = {call.id: (call._row["base"], call._row["commit_hash"]) for call in of}
    seen = glimpses(store, tract, {name for pair in ends.values() for name in pair if name}, most, altogether)
    return {name: (seen.get(base), seen.get(answer)) for name, (base, answer) in ends.items()}


def with_params(store: Store, tract: str, of: Sequence[Call]) -> Sequence[Call]:
    """The same calls of one tract, whose parameters are here already."""
    own = call_parameters.c
    query = select(own.call_id, own.record).where(
        own.tract_id == tract, own.call_id.in_([call.id for call in of]), own.path == ""
    )
    kept: dict[str, list[bytes]] = {}
    for row in store.rows(query) if of else ():
        kept.setdefault(row["call_id"], []).append(bytes(row["record"]))
    with store.reading() as connection:
        configs = store._configs(connection, tract, {name for call in of if (name := call._row["configuration_hash"])})
    for call in of:
        shared = configs.get(call._row["configuration_hash"]) or ResolvedConfig()
        mine = read_parameters(kept.get(call.id, ()))
        call.__dict__["params"] = ResolvedConfig([*shared.values(), *mine]) if mine else shared
    return of


def with_texts(store: Store, tract: str, of: Sequence[Call]) -> Sequence[Call]:
    """The same calls of one tract, whose ``input_text`` and ``output_text``, unless erased, are here already."""
    ids = [call.id for call in of]
    query = select(answers.c.call_id, answers.c.choice, answers.c.commit_hash).where(
        answers.c.tract_id == tract, answers.c.call_id.in_(ids)
    )
    first: dict[str, dict[int, list[str]]] = {}
    for row in store.rows(query.order_by(answers.c.choice, answers.c.position)) if of else ():
        first.setdefault(row["call_id"], {}).setdefault(row["choice"], []).append(row["commit_hash"])
    ends = {name: next(iter(choices.values())) for name, choices in first.items()}
    asked = {call.base_hash for call in of if call.base_hash}
    seen = glimpses(store, tract, asked.union(*ends.values()), sys.maxsize)
    for call in of:
        base, spoke = seen.get(call.base_hash or ""), [seen[name] for name in ends.get(call.id, ()) if name in seen]
        if base is None or not base.erased:
            call.__dict__["input_text"] = None if base is None else said(base.content)
        if not any(each.erased for each in spoke):
            call.__dict__["output_text"] = spoken(each.content for each in spoke) if spoke else None
    return of


def answered_by(store: Store, tract: str, names: Iterable[str]) -> dict[str, list[str]]:
    """The ids of the calls that answered with commits, newest first.

    They are sorted here: asked for in an order, SQLite walks all answers in that order.
    """
    query = (
        select(answers.c.commit_hash, answers.c.call_id)
        .where(answers.c.tract_id == tract, answers.c.commit_hash.in_(sorted(set(names))))
        .limit(_MOST_ANSWERS)
    )
    found: dict[str, list[str]] = {}
    for row in sorted(store.rows(query), key=lambda row: row["call_id"], reverse=True):
        found.setdefault(row["commit_hash"], []).append(row["call_id"])
    return found


def before_on_branch(store: Store, tract: str, of: Sequence[Call]) -> dict[str, Call]:
    """Call -> the call before it on its branch, where one of the 1,000 calls before it is of that branch."""
    if not of:
        return {}
    here, there, bound = calls.alias("here"), calls.alias("there"), calls.alias("bound")
    within = (
        select(bound.c.id)
        .where(bound.c.tract_id == tract, bound.c.id < here.c.id)
        .order_by(bound.c.id.desc())
        .offset(_WITHIN - 1)
        .limit(1)
        .correlate(here)
        .scalar_subquery()
    )
    before = (
        select(there.c.id)
        .where(there.c.tract_id == tract, there.c.id < here.c.id)
        .where(there.c.branch.is_not_distinct_from(here.c.branch))
        .where(there.c.id >= func.coalesce(within, literal(b"", LargeBinary)))
        .order_by(there.c.id.desc())
        .limit(1)
        .correlate(here)
        .scalar_subquery()
    )
    pairs = select(here.c.id, before.label("before")).where(
        here.c.tract_id == tract, here.c.id.in_([call.id for call in of])
    )
    names = {row["id"]: row["before"] for row in store.rows(pairs) if row["before"]}
    query = select(calls).where(calls.c.tract_id == tract, calls.c.id.in_(sorted(set(names.values()))))
    found = {row["id"]: Call(store, row) for row in store.rows(query)}
    return {name: found[other] for name, other in names.items()}
