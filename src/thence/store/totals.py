"""Calls counted and summed by the database, group by group.

Calls are grouped by what distinguishes them in rows of their own: columns, and the configuration. A program has a few
dozen configurations, so what is asked about a parameter is answered by reading those, and adding their groups up.
Where costs are asked for too, groups are as fine as prices are (:mod:`thence.store.costs`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, select

from thence.params import ResolvedConfig
from thence.store import costs
from thence.store.rereading import reads_again
from thence.store.schema import calls as table
from thence.store.select import kept_by_calls

if TYPE_CHECKING:
    from thence.prices import PriceList
    from thence.store.calls import Calls

__all__ = ["COLUMNS", "Total", "per_call", "span", "totals"]

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

_COUNTED: Final = ("input_tokens", "output_tokens", "cache_read_input_tokens", "reasoning_output_tokens")


class Total(NamedTuple):
    """A group: what its calls have in common, and their sums; None where no call of it says anything.

    Attributes:
        by: the columns asked for.
        config: the parameters that the calls share.
        at: the beginning of the span of time that the calls began in, in nanoseconds; None where none was asked for.
        calls, failed: how many.
        timed, duration, slowest: how many have a duration, the sum of these and the longest, in seconds.
        bill: what is to be paid for them; None where that is not known, or was not asked for.
    """

    by: tuple[Any, ...]
    config: ResolvedConfig
    at: int | None
    calls: int
    failed: int
    timed: int
    input_tokens: int | None
    output_tokens: int | None
    cache_read_input_tokens: int | None
    reasoning_output_tokens: int | None
    duration: float | None
    slowest: float | None
    bill: costs.Bill | None


def totals(
    calls: Calls,
    columns: Sequence[str],
    *,
    every: int | None = None,
    ahead: int = 0,
    prices: PriceList | None = None,
) -> list[Total]:
    """The groups of ``calls`` by ``columns`` and by configuration; some that are alike may come apart.

    Args:
        calls: which.
        columns: among :data:`COLUMNS`.
        every: group by the time at which calls began, too: spans of so many nanoseconds.
        ahead: nanoseconds by which the clock is ahead of UTC that says when a day begins.
        prices: by which calls come apart that can't be paid for together; None: don't ask for bills.
    """
    store = calls._store
    found: list[Total] = []
    for tract in calls._tracts():
        rows = store.rows(_query(calls, tract, columns, every, ahead, prices))
        with store.reading() as connection:
            configs = store._configs(connection, tract, {name for row in rows if (name := row["configuration_hash"])})
        for row in rows:
            config = configs.get(row["configuration_hash"]) or ResolvedConfig()
            found.append(_total(row, config, columns, priced=prices is not None))
    return found


def span(calls: Calls) -> tuple[int, int] | None:
    """When the first and the last of ``calls`` began, in nanoseconds since the epoch; None where there are none."""
    ends: list[int] = []
    for tract in calls._tracts():
        question = calls._question(tract, datetime.now(timezone.utc))
        question = replace(question, newest=True, limit=calls._choice.newest)
        chosen = question.unordered(table.c.started_at).subquery()
        query = select(func.min(chosen.c.started_at).label("first"), func.max(chosen.c.started_at).label("last"))
        (row,) = calls._store.rows(query)
        ends += [row[name] for name in ("first", "last") if row[name] is not None]
    return (min(ends), max(ends)) if ends else None


def per_call(calls: Calls, name: str) -> bool:
    """Whether calls keep a parameter for themselves, so that no configuration says what it was."""
    tracts = tuple(calls._tracts())
    return bool(calls._store.rows(kept_by_calls([name], tracts)))


def _query(
    calls: Calls, tract: str, columns: Sequence[str], every: int | None, ahead: int, prices: PriceList | None
) -> Select[Any]:
    question = calls._question(tract, datetime.now(timezone.utc))
    question = replace(question, newest=True, limit=calls._choice.newest)
    by: dict[str, ColumnElement[Any]] = {}  # numbers first: what is sorted is compared by them
    if every is not None:
        by["at"] = table.c.started_at - (table.c.started_at + ahead) % every
    if prices is not None:
        by |= costs.kinds(prices)
    names = ["configuration_hash", *columns, "tract_id", *(costs.KINDS if prices else ())]
    by |= {name: table.c[name] for name in names}
    summed: dict[str, ColumnElement[Any]] = costs.sums() if prices else {}
    summed |= {name: case((reads_again(), None), else_=table.c[name]) for name in _COUNTED}
    summed["duration"] = table.c.duration
    wanted = {**by, **summed, "status": table.c.status}
    chosen = question.unordered(*(column.label(name) for name, column in wanted.items())).subquery()
    return select(*(chosen.c[name] for name in by), *_figures(chosen.c, summed)).group_by(*(chosen.c[n] for n in by))


def _figures(chosen: Any, summed: Sequence[str] | dict[str, Any]) -> Iterator[ColumnElement[Any]]:
    yield func.count().label("calls")
    yield func.sum(case((chosen.status.in_(("failed", "interrupted")), 1), else_=0)).label("failed")
    yield func.count(chosen.duration).label("timed")
    yield func.max(chosen.duration).label("slowest")
    for name in summed:
        yield func.sum(chosen[name]).label(f"sum_{name}")


def _total(row: Any, config: ResolvedConfig, columns: Sequence[str], *, priced: bool) -> Total:
    tokens = {name: None if row[f"sum_{name}"] is None else int(row[f"sum_{name}"]) for name in _COUNTED}
    return Total(
        by=tuple(row[name] for name in columns),
        config=config,
        at=row.get("at"),
        calls=row["calls"],
        failed=int(row["failed"]),
        timed=row["timed"],
        duration=_seconds(row["sum_duration"]),
        slowest=_seconds(row["slowest"]),
        bill=costs.bill(row, config) if priced else None,
        **tokens,
    )


def _seconds(nanoseconds: Any) -> float | None:
    return None if nanoseconds is None else float(nanoseconds) / 1e9
