"""Usage: calls, tokens, dollars, seconds and failures over time, in groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from thence.errors import QueryError
from thence.prices import PriceList
from thence.reading.usage import SPANS, over_time
from thence.web.page import newest

if TYPE_CHECKING:
    from thence.web.page import Asked

__all__ = ["document"]

_OFFERED: Final = ("model", "provider", "branch", "status", "label", "temperature", "source(temperature)")
_CHARTS: Final = (
    ("tokens", "Tokens", "tokens"),
    ("cost", "Cost", "dollars"),
    ("mean", "Time of a call", "mean seconds"),
    ("failed", "Failed", "calls"),
)


def document(asked: Asked) -> dict[str, Any]:
    """The URL says ``q`` (a query), ``by`` (what tells groups apart: as in ``thence stats``) and ``every`` (a span);
    ``all=1``: add up all calls, not the newest :data:`~thence.web.page.NEWEST`.
    """
    query, by = asked.text("q"), asked.text("by", "model") or "model"
    shown: dict[str, Any] = {"q": query, "by": by, "offered": _OFFERED, "lengths": list(SPANS), "error": None}
    shown |= {"counted": 0, "whole": 0}
    prices = PriceList.load()
    calls = asked.record.store.calls(asked.record.tract)
    try:
        calls, counts = newest(calls.where(query) if query else calls, asked)
        found = counts | over_time(calls, by, asked.text("every"), prices)
    except QueryError as error:
        shown["error"] = {"message": error.message, "hint": error.hint}
        found = {"every": "", "spans": [], "groups": [], "rows": [], "totals": []}
    charts = [chart for chart in _CHARTS if _is_known(chart[0], found["totals"])]
    step = SPANS.get(found["every"], 0) // 10**9
    return {**shown, **found, "charts": charts, "step": step, "prices": prices.sources}


def _is_known(chart: str, totals: list[dict[str, Any]]) -> bool:
    """Whether there is anything to draw. That no call failed is told by the table."""
    if chart == "tokens":
        return any(each["in"] is not None or each["out"] is not None for each in totals)
    return any(each[chart] for each in totals) if chart == "failed" else any(each[chart] is not None for each in totals)
