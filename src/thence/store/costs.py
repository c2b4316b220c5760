"""What calls cost, one by one and added up by the database.

Prices are linear in the counts but for three things: some depend on the size of a request, on the date, or on the time
of the day. So calls are added up within groups that share all of these (:func:`kinds`): each is a :class:`Bill`, and
bills that share them are added up once more. Such a sum is priced as one call is: by the mean of its counts, times its
number. That is the sum of the calls' own costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, literal, not_, or_

from thence.params import ResolvedConfig
from thence.prices import EXTRA, Cost, Priced, PriceList, billed
from thence.prices.billed import APART, COUNTS, FREE, LISTED, WRITES, counts_of
from thence.providers.endpoint import dig
from thence.store.inside import json_count, json_text
from thence.store.records import moment
from thence.store.rereading import READ, reads_again
from thence.store.schema import calls

if TYPE_CHECKING:
    from thence.store.call import Call

__all__ = ["KINDS", "SUMS", "Bill", "bill", "cost_of", "kinds", "paid", "sums"]

DAY: Final = 86_400 * 10**9
_HALF_HOUR: Final = 1_800 * 10**9  # no provider changes its prices more often
_SAID: Final = ("service_tier", "speed", "inference_geo")  # parameters that prices depend on

_TIERS: Final = {"messages": "service_tier", "gemini": "serviceTier"}  # shapes whose usage says it

_LISTING: Final = {
    "gemini": ("promptTokensDetails", "candidatesTokensDetails"),
    "messages": ("iterations",),
    "converse": ("cacheDetails",),
}
"""Shapes whose usage holds lists -> those of :data:`~thence.prices.billed.LISTED` that it may hold."""

_EXTRA: Final = {
    "input_audio": ("chat_completions", "transcriptions"),
    "output_audio": ("chat_completions",),
    "input_image": ("images",),
    "output_image": ("images",),
    "tool_input": ("gemini",),
    "web_searches": ("messages",),
}  # shapes whose usage says it

KINDS: Final = ("provider", "shape", "seam", "operation", "request_model", "response_model")
SUMS: Final = (*COUNTS, *EXTRA)


def cost_of(call: Call, prices: PriceList | None = None) -> Cost | str:
    """What a call cost, or why that is not known.

    Args:
        call: which.
        prices: those in force here, where it is None.
    """
    if call.operation in FREE or (call.method == READ and call.is_reread):
        return "nothing is charged for it"
    counts = counts_of(call.usage, call.usage_verbatim)
    if counts is None:
        return "tokens of sound and pictures, of a compaction, an advisor, or an hour in a cache are not priced"
    known = billed(counts, shape=call.shape, seam=call.seam, operation=call.operation)
    if known is None:
        return "the provider did not say how many tokens were used"
    models = (call.response_model, call.request_model)
    context = _context(call.params, _tier(call.shape, call.usage_verbatim))
    return (prices or PriceList.load()).cost(Priced(call.provider, models, known, call.started_at, context))


def kinds(prices: PriceList) -> dict[str, ColumnElement[Any]]:
    """What calls must share to be priced together, by name, beside :data:`KINDS` and the configuration."""
    c = calls.c
    apart = and_(c.shape.in_(APART), c.seam != "litellm")
    caches = func.coalesce(c.cache_read_input_tokens, 0) + func.coalesce(c.cache_creation_input_tokens, 0)
    read = c.input_tokens + case((apart, caches), else_=0)
    read += case((c.shape == "gemini", func.coalesce(_extra("tool_input"), 0)), else_=0)
    told = and_(
        func.coalesce(c.operation, "").not_in(FREE),
        not_(reads_again()),
        c.input_tokens.is_not(None),
        or_(
            c.output_tokens.is_not(None),
            func.coalesce(c.reasoning_output_tokens, 0) > 0,
            func.coalesce(c.operation, "").not_in(WRITES),
        ),
        caches <= read,
        case(*((c.shape == shape, and_(*map(_without, names))) for shape, names in _LISTING.items()), else_=True),
    )
    size: ColumnElement[Any] = literal(0)
    for threshold in prices.thresholds:
        size += case((read > threshold, 1), else_=0)
    span = case((c.provider.in_(sorted(prices.clocked)), _HALF_HOUR), else_=DAY)
    return {
        "told": func.coalesce(case((told, 1), else_=0), 0),
        "size": size,
        "span": c.started_at - c.started_at % span,
        "tier": case(*((c.shape == shape, json_text(c.usage_verbatim, name)) for shape, name in _TIERS.items())),
    }


def sums() -> dict[str, ColumnElement[Any]]:
    """What is added up, by name."""
    return {name: _extra(name) if name in EXTRA else calls.c[name] for name in SUMS}


class Kind(NamedTuple):
    """What calls that are priced together share: :data:`KINDS`, the size of the request, when, and the tier."""

    provider: str | None
    shape: str | None
    seam: str | None
    operation: str | None
    request_model: str | None
    response_model: str | None
    size: int
    span: int
    context: tuple[tuple[str, str | None], ...]


class Bill(NamedTuple):
    """Calls of one kind added up: how many, and their :data:`SUMS` in that order, None where none of them says."""

    kind: Kind
    calls: int
    counts: tuple[int | None, ...]


def bill(row: Mapping[str, Any], config: ResolvedConfig) -> Bill | None:
    """What is to be paid for the calls of a group; None where that is not known.

    Args:
        row: :data:`KINDS`, those of :func:`kinds`, and the sums by name.
        config: the parameters that the calls share.
    """
    if not row["told"]:
        return None
    context = tuple(_context(config, row["tier"]).items())
    kind = Kind(**{name: row[name] for name in KINDS}, size=row["size"], span=row["span"], context=context)
    return Bill(kind, row["calls"], tuple(_whole(row[f"sum_{name}"]) for name in SUMS))


def paid(bills: Iterable[Bill], prices: PriceList) -> tuple[Decimal | None, int]:
    """What bills cost together, in US dollars, None where no price is known; and how many calls have one."""
    alike: dict[Kind, list[Bill]] = {}
    for each in bills:
        alike.setdefault(each.kind, []).append(each)
    total, priced = None, 0
    for kind, members in alike.items():
        calls = sum(each.calls for each in members)
        cost = _cost(kind, calls, map(_added, zip(*(each.counts for each in members), strict=True)), prices)
        if cost is not None:
            total, priced = cost + (total or 0), priced + calls
    return total, priced


def _cost(kind: Kind, calls: int, counts: Iterable[int | None], prices: PriceList) -> Decimal | None:
    # The mean of the requests is as large as each: on the same side of every threshold.
    mean = {name: None if count is None else count / Decimal(calls) for name, count in zip(SUMS, counts, strict=True)}
    known = billed(mean, shape=kind.shape, seam=kind.seam, operation=kind.operation)
    if known is None:
        return None
    models = (kind.response_model, kind.request_model)
    cost = prices.cost(Priced(kind.provider, models, known, moment(kind.span), dict(kind.context)))
    return None if isinstance(cost, str) else cost.total * calls


def _added(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _whole(count: Any) -> int | None:
    """A sum as an integer: PostgreSQL's are decimals."""
    return None if count is None else int(count)


def _context(config: ResolvedConfig, tier: str | None) -> dict[str, str | None]:
    """What else a price depends on: what the provider says it used, else what was sent."""
    found: dict[str, str | None] = {}
    for name in _SAID:
        parameter = config.get(name)
        said = (parameter.used, parameter.sent, parameter.value) if parameter else ()
        found[name] = next((each for each in said if isinstance(each, str)), None)
    return {**found, "service_tier": tier or found["service_tier"]}


def _tier(shape: str, verbatim: Any) -> str | None:
    found = next(dig(verbatim, _TIERS.get(shape, "")), None)
    return found if isinstance(found, str) else None


def _extra(name: str) -> ColumnElement[Any]:
    """A count within the verbatim usage, where it may be: reading JSON is what takes the time."""
    there = calls.c.shape.in_(_EXTRA[name]) if name in _EXTRA else calls.c.cache_creation_input_tokens > 0
    first, *others = (json_count(calls.c.usage_verbatim, path) for path in EXTRA[name])
    return case((there, func.coalesce(first, *others) if others else first))


def _without(name: str) -> ColumnElement[bool]:
    """Whether a list has nothing that has a price of its own, or stands in no other count."""
    listed = func.coalesce(json_text(calls.c.usage_verbatim, name), "")
    return and_(*(listed.not_like(f'%"{kind}"%') for kind in LISTED[name]))
