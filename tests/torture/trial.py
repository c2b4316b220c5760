"""A row of the table: what is done, what must hold, how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.torture.place import Place

__all__ = ["SLOW", "Trial"]

SLOW = "slow"  # the kind of a finding that another program on the machine can cause


@dataclass(frozen=True)
class Trial:
    """A fault or a load.

    Attributes:
        name: in plain words; what ``--fault`` and ``--load`` take.
        done: how it is broken, or what is carried.
        holds: what must hold, beside what the checker asks of every round.
        run: one round.
        rounds: of the full form.
        short: of the short form.
        alone: nothing else may run meanwhile: it measures time.
        patience: seconds after which a round has hung.
    """

    name: str
    done: str
    holds: str
    run: Callable[[Place], None]
    rounds: int = 1
    short: int = 1
    alone: bool = False
    patience: float = 400.0
