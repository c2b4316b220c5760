"""Calls, newest first, with what joins each to the call that it goes on from, and what changed since the one before.

A call goes on from the call whose answer is the nearest before it in its context. That is looked for a few messages up;
a context that was handed in whole begins a line of its own. What changed is told against the call before on the same
branch: what a person who made the one after the other may have changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from thence.params import ParameterSource
from thence.params.exact import same
from thence.reading.differing import differing_parameters
from thence.reading.graph import Row, rails
from thence.store.together import Glimpse, answered_by, before_on_branch, contexts, glimpses, with_params

if TYPE_CHECKING:
    from thence.params import Parameter
    from thence.reading.record import Record
    from thence.store import Call, CommitInfo

__all__ = ["ALTOGETHER", "LARGE", "Line", "timeline"]

LARGE: Final = 1 << 20
"""Bytes of a content beyond which a list does not read it. A question about a picture is smaller."""

ALTOGETHER: Final = 1 << 23
"""Bytes that a list reads, the smallest contents first."""

_STEPS: Final = 8  # messages up to which the answer before is looked for

Pair = tuple["Parameter | None", "Parameter | None"]


class Line(NamedTuple):
    """One call of a timeline.

    Attributes:
        call: the call.
        row: where it stands among the rails.
        asked, answered: the last message of its context, and the last of its answer; None where there is none.
        before: the call before it on its branch, where one is near.
        changed: parameters that differ from that call's, by name: before and now. What only the provider named is none.
    """

    call: Call
    row: Row
    asked: Glimpse | None
    answered: Glimpse | None
    before: Call | None
    changed: dict[str, Pair]


def timeline(record: Record, calls: Sequence[Call], *, whole: bool) -> list[Line]:
    """One line for each call.

    Args:
        record: where they are.
        calls: of one tract, newest first.
        whole: whether these are all that were made between the first and the last of them.
    """
    if not calls:
        return []
    store, tract = record.store, calls[0].tract
    befores = _befores(record, calls, whole=whole)
    with_params(store, tract, [*calls, *(each for each in befores if each)])
    seen = contexts(store, tract, calls, LARGE, ALTOGETHER)
    parents = _parents(record, tract, {call.id: base.commit for call in calls if (base := seen[call.id][0])})
    rows = rails((call.id, parents.get(call.id)) for call in calls)
    return [
        Line(call, row, *seen[call.id], before, _changed(before, call) if before else {})
        for call, row, before in zip(calls, rows, befores, strict=True)
    ]


def _befores(record: Record, calls: Sequence[Call], *, whole: bool) -> list[Call | None]:
    """The call before each on its branch: in the list where that is whole, else in the store."""
    listed: dict[str, Call] = {}
    newer: dict[str | None, Call] = {}
    for call in calls if whole else ():
        if call.branch in newer:
            listed[newer[call.branch].id] = call
        newer[call.branch] = call
    rest = [call for call in calls if call.id not in listed]
    found = before_on_branch(record.store, calls[0].tract, rest)
    return [listed.get(call.id) or found.get(call.id) for call in calls]


def _changed(before: Call, call: Call) -> dict[str, Pair]:
    pairs = differing_parameters(before, call)
    return {name: pair for name, pair in pairs.items() if any(map(_is_ours, pair)) and not _only_resolved(*pair)}


def _is_ours(parameter: Parameter | None) -> bool:
    return parameter is not None and parameter.source < ParameterSource.PROVIDER


def _only_resolved(one: Parameter | None, other: Parameter | None) -> bool:
    """Whether all that differs is what the provider made of it."""
    if one is None or other is None or "dropped" in (one.change, other.change):
        return False
    return one.source == other.source and same(one.value, other.value)


def _parents(record: Record, tract: str, bases: Mapping[str, CommitInfo]) -> dict[str, str]:
    """Call -> the call that gave the answer it goes on from."""
    known = {base.hash: base.parent for base in bases.values()}
    waiting = {call: base.hash for call, base in bases.items()}
    found: dict[str, str] = {}
    for _ in range(_STEPS):
        if not waiting:
            break
        answered = answered_by(record.store, tract, waiting.values())
        unknown = set(waiting.values()) - known.keys()
        known |= {name: each.commit.parent for name, each in glimpses(record.store, tract, unknown, 0).items()}
        for call, commit in list(waiting.items()):
            older = next((each for each in answered.get(commit, ()) if each < call), None)
            parent = known.get(commit)
            if older is not None:
                found[call] = older
            if older is not None or parent is None:
                del waiting[call]
            else:
                waiting[call] = parent
    return found
