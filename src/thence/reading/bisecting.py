"""The first call of a row of calls whose outcome is bad, found by halving; as ``git bisect`` does.

The first of the row is good and the last is bad: both are asked, for a check that says otherwise would find nothing but
its own fault. In between every verdict halves what is left, but for a skip, after which a neighbour is asked. Where the
outcome changed more than once, the halves lead to one of the changes; only asking of every call tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

__all__ = ["Found", "Verdict", "ask_all", "halve"]

Verdict = Literal["good", "bad", "skip"]
Ask = Callable[[int], Verdict]


@dataclass(frozen=True)
class Found:
    """Where the outcome changed.

    Attributes:
        changes: pairs of places: a good one and the bad one after it. Between the two nothing but skipped ones stand.
        back: pairs where it changed back: a bad one and the good one after it.
        verdicts: what was asked, by place.
    """

    changes: list[tuple[int, int]]
    back: list[tuple[int, int]] = field(default_factory=list)
    verdicts: Mapping[int, Verdict] = field(default_factory=dict)


def halve(count: int, ask: Ask) -> Found:
    """One change among ``count`` places, the first of which is known to be good and the last to be bad."""
    verdicts: dict[int, Verdict] = {0: "good", count - 1: "bad"}
    low, high = 0, count - 1
    while True:
        left = [place for place in range(low + 1, high) if place not in verdicts]
        if not left:
            return Found([(low, high)], verdicts=verdicts)
        middle = min(left, key=lambda place: abs(2 * place - low - high))
        verdicts[middle] = ask(middle)
        if verdicts[middle] == "good":
            low = middle
        elif verdicts[middle] == "bad":
            high = middle


def ask_all(count: int, ask: Ask) -> Found:
    """Every change among ``count`` places."""
    verdicts: dict[int, Verdict] = {place: ask(place) for place in range(count)}
    told = [place for place in range(count) if verdicts[place] != "skip"]
    pairs = [pair for pair in pairwise(told) if verdicts[pair[0]] != verdicts[pair[1]]]
    changes = [pair for pair in pairs if verdicts[pair[0]] == "good"]
    return Found(changes, [pair for pair in pairs if pair not in changes], verdicts)
