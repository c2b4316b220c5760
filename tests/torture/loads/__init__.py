"""What is carried: calls by the thousand, from many threads, tasks and processes, large ones, for a long time."""

from __future__ import annotations

from tests.torture.loads import costs, crowds, large, long, tasks
from tests.torture.trial import Trial

__all__ = ["LOADS"]

LOADS: tuple[Trial, ...] = (*crowds.ROWS, *tasks.ROWS, *large.ROWS, *long.ROWS, *costs.ROWS)
