"""Tokens, dollars, seconds and failures over time, in groups: what the viewer draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from thence.params.display import shown
from thence.reading.tally import tallied
from thence.store.totals import span

if TYPE_CHECKING:
    from thence.prices import PriceList
    from thence.store import Calls

__all__ = ["GROUPS", "OTHERS", "SPANS", "over_time"]

_HOUR: Final = 3_600 * 10**9
SPANS: Final = {
    "minute": _HOUR // 60,
    "hour": _HOUR,
    "6 hours": 6 * _HOUR,
    "day": 24 * _HOUR,
    "week": 7 * 24 * _HOUR,
    "month": 30 * 24 * _HOUR,
    "year": 365 * 24 * _HOUR,
}
"""Spans of time by name, in nanoseconds."""

GROUPS: Final = 5  # that have a line of their own
OTHERS: Final = "others"
_FITTING: Final = 72  # spans, for each to be seen
_MOST: Final = 1_000
_SUMS: Final = ("calls", "failed", "in", "out", "cost", "priced")


def over_time(calls: Calls, by: str, every: str = "", prices: PriceList | None = None) -> dict[str, Any]:
    """Calls in spans of time and in groups.

    Args:
        calls: which.
        by: what tells groups apart: a field, a parameter or ``source(NAME)``.
        every: the length of a span, among :data:`SPANS`; what shows all of them on a page, where it is empty.
        prices: for what was paid.

    Returns:
        ``every``; ``spans``, the beginning of each, on the clock here; ``groups``, the largest first, then
        :data:`OTHERS`; ``rows``: for each of these a row for each span, None where it had no call; ``totals``: a row
        for each group.

    Raises:
        QueryError: calls can't be grouped so.
    """
    ends = span(calls)
    if ends is None:
        return {"every": every, "spans": [], "groups": [], "rows": [], "totals": []}
    if every not in SPANS or (ends[1] - ends[0]) // SPANS[every] > _MOST:
        every = _fitting(*ends)
    length = SPANS[every]
    zone = _zone(ends[1])
    ahead = int(zone.utcoffset(None).total_seconds()) * 10**9
    found = tallied(calls, [by], every=length, ahead=ahead, prices=prices)
    largest = [name for name, _ in _sizes(found, by).most_common()]
    groups = largest[:GROUPS] + ([OTHERS] if len(largest) > GROUPS else [])
    first, last = (at - (at + ahead) % length for at in ends)
    spans = list(range(first, last + 1, length))
    rows = [_line(found, by, name, largest[:GROUPS], spans) for name in groups]
    return {
        "every": every,
        "spans": [datetime.fromtimestamp(at // 10**9, zone).isoformat() for at in spans],
        "groups": groups,
        "rows": rows,
        "totals": [_added([row for row in found if _name(row, by) == name]) | {"name": name} for name in largest],
    }


def _zone(at: int) -> timezone:
    """How far the clock here is ahead of UTC at a moment; summer time moves no span, for all are equally long."""
    return timezone(datetime.fromtimestamp(at // 10**9).astimezone().utcoffset() or timedelta())


def _fitting(first: int, last: int) -> str:
    return next((name for name, length in SPANS.items() if (last - first) // length < _FITTING), "year")


def _name(row: dict[str, Any], by: str) -> str:
    held = row[by]
    return held if isinstance(held, str) else "not set" if held is None else shown(held, 60)


def _sizes(rows: Sequence[dict[str, Any]], by: str) -> Counter[str]:
    sizes: Counter[str] = Counter()
    for row in rows:
        sizes[_name(row, by)] += row["calls"]
    return sizes


def _line(
    found: Sequence[dict[str, Any]], by: str, group: str, own: Sequence[str], spans: Sequence[int]
) -> list[dict[str, Any] | None]:
    members: dict[int, list[dict[str, Any]]] = {}
    for row in found:
        name = _name(row, by)
        if name == group or (group == OTHERS and name not in own):
            members.setdefault(row["at"], []).append(row)
    return [_added(members[at]) if at in members else None for at in spans]


def _added(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Rows as one; None where none of them knows."""
    added: dict[str, Any] = {}
    for name in _SUMS:
        known = [row[name] for row in rows if row.get(name) is not None]
        added[name] = sum(known) if known else None
    timed = sum(row["timed"] for row in rows)
    added["mean"] = sum((row["mean"] or 0) * row["timed"] for row in rows) / timed if timed else None
    added["slowest"] = max((row["slowest"] for row in rows if row["slowest"] is not None), default=None)
    return added
