"""Calls added up in groups: what ``thence stats`` and the viewer show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from thence.errors import QueryError
from thence.params import ABSENT
from thence.params.display import shown
from thence.query import Field, Param, parse
from thence.query.fields import suggestion
from thence.query.tree import Operand
from thence.store.costs import paid
from thence.store.totals import COLUMNS, Total, per_call, totals

if TYPE_CHECKING:
    from thence.prices import PriceList
    from thence.store import Calls

__all__ = ["tallied"]

Key = Callable[[Total], Any]

_SUMS = ("calls", "failed", "input_tokens", "output_tokens", "cache_read_input_tokens")
_HEADS = ("calls", "failed", "in", "out", "cached")


def tallied(
    calls: Calls,
    names: Sequence[str],
    *,
    every: int | None = None,
    ahead: int = 0,
    prices: PriceList | None = None,
) -> list[dict[str, Any]]:
    """A row for each group, the largest first: what its calls have in common, then counts, tokens and the mean time.

    Args:
        calls: which.
        names: what tells groups apart: fields, parameters, ``source(NAME)``.
        every: a row for each span of so many nanoseconds, too, with its beginning as ``at``; the earliest first.
        ahead: nanoseconds by which the clock is ahead of UTC that says when a day begins.
        prices: for what was paid, in US dollars; of ``priced`` calls, for the cost of others is not known.

    Raises:
        QueryError: a name can't be grouped by.
    """
    columns: list[str] = []
    keys = [_key(calls, name, columns) for name in names]
    groups: dict[str, tuple[list[Any], list[Total]]] = {}
    heads = names if every is None else [*names, "at"]
    for total in totals(calls, columns, every=every, ahead=ahead, prices=prices):
        by = [key(total) for key in keys] + ([] if every is None else [total.at])
        groups.setdefault(shown(by, 10_000), (by, []))[1].append(total)
    rows = [dict(zip(heads, by, strict=True)) | _sums(members, prices) for by, members in groups.values()]
    if every is not None:
        for row, (_, members) in zip(rows, groups.values(), strict=True):
            row["timed"] = sum(total.timed for total in members)
            row["slowest"] = max((total.slowest for total in members if total.slowest is not None), default=None)
    return sorted(rows, key=lambda row: (row.get("at", 0), -row["calls"], shown([row[name] for name in names], 200)))


def _sums(members: list[Total], prices: PriceList | None) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for head, name in zip(_HEADS, _SUMS, strict=True):
        counts = [count for total in members if (count := getattr(total, name)) is not None]
        row[head] = sum(counts) if counts else None
    timed = sum(total.timed for total in members)
    row["mean"] = sum(total.duration or 0 for total in members) / timed if timed else None
    if prices is not None:
        cost, priced = paid([total.bill for total in members if total.bill is not None], prices)
        row |= {"cost": None if cost is None else float(cost), "priced": priced}
    return row


def _key(calls: Calls, name: str, columns: list[str]) -> Key:
    """What a name reads off a group; a column that it needs is put into ``columns``."""
    column = "request_model" if name == "model" else name
    if column in COLUMNS:
        columns.append(column)
        place = len(columns) - 1
        return lambda total: total.by[place]
    operand = _operand(name)
    if isinstance(operand, Field):
        meant = suggestion(name, COLUMNS)
        raise QueryError(f"calls can't be grouped by {name}", hint=meant or f"by a parameter, or {', '.join(COLUMNS)}")
    assert isinstance(operand, Param)
    head = str(operand.path[0])
    if per_call(calls, head):
        raise QueryError(
            f"{head} is kept call by call, for it differs on each", hint=f"thence query '{name} exists' --csv"
        )
    return lambda total: _read(total, operand)


def _operand(name: str) -> Operand:
    """What a name reads.

    Raises:
        QueryError: it is no name.
    """
    hint = "by one field, parameter or source(NAME) at a time"
    try:
        found = list(parse(f"{name} exists").conditions())
    except QueryError as error:
        raise QueryError(f"calls can't be grouped by {name!r}", hint=hint) from error
    if [each.operator for each in found] != ["exists"]:
        raise QueryError(f"calls can't be grouped by {name!r}", hint=hint)
    return found[0].operand


def _read(total: Total, operand: Param) -> Any:
    parameter = total.config.get(str(operand.path[0]))
    if parameter is None:
        return None
    if operand.aspect == "source":
        return parameter.source.name
    found = getattr(parameter, operand.aspect)
    for step in operand.path[1:]:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return None
    if isinstance(found, float) and found.is_integer() and abs(found) < 2**53:
        return int(found)  # 1 and 1.0 are one number, as they are to a query
    return None if found is ABSENT else found
