"""What differs between two calls, or commits: parameters with their sources, the context, the answer, the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from thence.params import Parameter
from thence.params.exact import same
from thence.reading.record import Record, is_call

if TYPE_CHECKING:
    from thence.store import Call, CommitInfo

__all__ = ["Compared", "compare", "differing_parameters"]

Pair = tuple["CommitInfo | None", "CommitInfo | None"]


class Compared(NamedTuple):
    """Only what differs.

    Attributes:
        parameters: name to the parameter here and there; None where it is not there.
        shared: how many items of the context both have.
        context: the others, the one's and the other's side by side.
        answer: the commits of the first choice side by side, where they differ.
        outcome: other facts by name, here and there: status, finish reasons, tokens, the model that answered.
    """

    parameters: dict[str, tuple[Parameter | None, Parameter | None]]
    shared: int
    context: list[Pair]
    answer: list[Pair]
    outcome: dict[str, tuple[Any, Any]]

    def __bool__(self) -> bool:
        return bool(self.parameters or self.context or self.answer or self.outcome)


def compare(record: Record, one: Call | CommitInfo, other: Call | CommitInfo) -> Compared:
    """How ``other`` differs from ``one``."""
    if not (is_call(one) and is_call(other)):  # what a commit is compared with is a call's answer, context and all
        shared, context = _apart(*(_line(record, _last(each)) for each in (one, other)))
        return Compared({}, shared, context, [], {})
    shared, context = _apart(_line(record, one.base), _line(record, other.base))
    said, instead = (call.answers[0] if call.answers else [] for call in (one, other))
    answer: list[Pair] = list(zip_longest(said, instead)) if said != instead else []
    return Compared(differing_parameters(one, other), shared, context, answer, dict(_outcome(one, other)))


def _last(of: Call | CommitInfo) -> CommitInfo | None:
    """A commit itself; of a call, its answer, or where there is none the context that it was asked in."""
    return of.commit or of.base if is_call(of) else of


def _line(record: Record, tip: CommitInfo | None) -> list[CommitInfo]:
    """The commits up to a commit, oldest first."""
    return [] if tip is None else record.store.walk(tip)[::-1]


def _apart(here: Sequence[CommitInfo], there: Sequence[CommitInfo]) -> tuple[int, list[Pair]]:
    """How many items both have, and the others side by side.

    Contents are compared: a commit is named by its lineage too, so behind a difference equal contents have other names.
    """
    contents, others = ([commit.content_hash for commit in line] for line in (here, there))
    shared = 0
    pairs: list[Pair] = []
    for kind, start, end, begin, finish in SequenceMatcher(None, contents, others, autojunk=False).get_opcodes():
        if kind == "equal":
            shared += end - start
        else:
            pairs += zip_longest(here[start:end], there[begin:finish])
    return shared, pairs


def differing_parameters(one: Call, other: Call) -> dict[str, tuple[Parameter | None, Parameter | None]]:
    """The parameters whose value or source differs, or that were sent in one only, by name: here and there.

    Other changes, such as a value that the provider answers with its own name for it, make no difference by themselves.
    """
    names = dict.fromkeys([*one.params, *other.params])
    pairs = {name: (one.params.get(name), other.params.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if not _alike(*pair)}


def _alike(one: Parameter | None, other: Parameter | None) -> bool:
    if one is None or other is None:
        return one is other
    there = [each.state != "dropped" for each in (one, other)]
    return one.source == other.source and there[0] == there[1] and same(one.value, other.value)


def _outcome(one: Call, other: Call) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for name in ("provider", "endpoint", "status", "error", "response_model", "finish_reasons"):
        pair = (getattr(one, name), getattr(other, name))
        if pair[0] != pair[1]:
            yield name, pair
    counts = [msgspec.structs.asdict(call.usage) for call in (one, other)]
    for name in counts[0]:
        if counts[0][name] != counts[1][name]:
            yield f"usage.{name}", (counts[0][name], counts[1][name])
    costs = [None if cost is None else float(cost.total) for cost in (one.cost, other.cost)]
    if costs[0] != costs[1]:
        yield "cost", (costs[0], costs[1])
