"""Calls counted and summed by the database, group by group.

Calls are grouped by what distinguishes them in rows of their own: columns, and the configuration. A program has a few
dozen configurations, so what is asked about a parameter is answered by reading those, and adding their groups up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import case, func, select

from thence.params import ResolvedConfig
from thence.store.schema import calls as table
from thence.store.select import kept_by_calls

if TYPE_CHECKING:
    from thence.store.calls import Calls

__all__ = ["COLUMNS", "Total", "per_call", "totals"]

COLUMNS: Final = (
    "branch",
    "provider",
    "operation",
    "endpoint",
    "status",
    "request_model",
    "response_model",
    "label",
    "callsite",
    "error",
)
"""The columns by which calls can be grouped."""

_SUMMED: Final = ("input_tokens", "output_tokens", "cache_read_input_tokens", "duration")


class Total(NamedTuple):
    """A group: what its calls have in common, and their sums; None where no call of it says anything.

    ``duration`` is in seconds, of ``timed`` calls.
    """

    by: tuple[Any, ...]
    config: ResolvedConfig
    calls: int
    failed: int
    timed: int
    input_tokens: int | None
    output_tokens: int | None
    cache_read_input_tokens: int | None
    duration: float | None


def totals(calls: Calls, columns: Sequence[str]) -> list[Total]:
    """The groups of ``calls`` by ``columns`` and by configuration.

    Args:
        calls: which.
        columns: among :data:`COLUMNS`.
    """
    store, choice = calls._store, calls._choice
    found = []
    for tract in calls._tracts():
        question = calls._question(tract, datetime.now(timezone.utc))
        question = replace(question, newest=True, limit=choice.newest)
        wanted = [table.c[name] for name in dict.fromkeys((*columns, "configuration_hash", "status", *_SUMMED))]
        chosen = question.flat(table.c.tract_id, *wanted).subquery()
        by = [chosen.c[name] for name in ("tract_id", "configuration_hash", *columns)]
        failed = func.sum(case((chosen.c.status.in_(("failed", "interrupted")), 1), else_=0))
        sums = [func.sum(chosen.c[name]).label(f"sum_{name}") for name in _SUMMED]
        counts = (func.count().label("calls"), failed.label("failed"), func.count(chosen.c.duration).label("timed"))
        query = select(*by, *counts, *sums).group_by(*by)
        found += [_total(store, row, columns) for row in store.rows(query)]
    return found


def per_call(calls: Calls, name: str) -> bool:
    """Whether calls keep a parameter for themselves, so that no configuration says what it was."""
    tracts = tuple(calls._tracts())
    return bool(calls._store.rows(kept_by_calls([name], tracts)))


def _total(store: Any, row: Any, columns: Sequence[str]) -> Total:
    summed = {name: row[f"sum_{name}"] for name in _SUMMED}
    tokens = {name: None if summed[name] is None else int(summed[name]) for name in _SUMMED[:-1]}
    seconds = None if summed["duration"] is None else float(summed["duration"]) / 1e9
    by = tuple(row[name] for name in columns)
    with store.reading() as connection:
        config = store._shared(connection, row["tract_id"], row["configuration_hash"])
    counts = {name: row[name] for name in ("calls", "failed", "timed")}
    return Total(by, config, **counts, **tokens, duration=seconds)  # type: ignore[arg-type]  # of both kinds
