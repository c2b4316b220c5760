"""The prices in force: a user's own, then the published ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from thence.params import load_quietly
from thence.params.prices import Price, price_of
from thence.prices.billed import Billed, Count
from thence.prices.published import Published, published

__all__ = ["Cost", "PriceList", "Priced", "dollars"]

_MILLION: Final = Decimal(1_000_000)


@dataclass(frozen=True)
class Cost:
    """What was paid for a call, in US dollars.

    Attributes:
        total: of everything; with what is charged by the search and not by the token.
        input, output: of what was read, and of what was written.
        price: who says the price: ``genai-prices 0.2.3``, or ``thence.toml:12``.
        model: the name under which the price stands there.
    """

    total: Decimal
    input: Decimal
    output: Decimal
    price: str
    model: str


def dollars(amount: Decimal) -> str:
    """An amount for people to read: cents, or three digits of what is less."""
    if not amount or amount >= 1:
        return f"${amount:,.2f}"
    return f"${round(amount, 2 - amount.adjusted()).normalize():f}"


class Priced(NamedTuple):
    """What a price depends on; ``models`` is the most exact name first."""

    provider: str | None
    models: Sequence[str | None]
    billed: Billed
    at: datetime
    context: Mapping[str, str | None]


class PriceList:
    """Prices by model.

    Args:
        own: the user's.
        others: the published ones; None: there are none here.
    """

    def __init__(self, own: Sequence[Price] = (), others: Published | None = None) -> None:
        self._own = tuple(own)
        self._others = others

    @classmethod
    def load(cls) -> PriceList:
        """The prices in force in the working directory. A configuration file that can't be read has none."""
        return cls(tuple(load_quietly().prices.values()), published())

    @property
    def sources(self) -> list[str]:
        """Where prices come from, for people to read."""
        own = [f"{price.model} from {price.origin}" for price in self._own]
        return [*own, self._others.name if self._others else "no genai-prices: pip install 'thence[prices]'"]

    @property
    def thresholds(self) -> tuple[int, ...]:
        """Numbers of input tokens beyond which a call may cost another price; calls on the same side add up."""
        return self._others.thresholds if self._others else ()

    @property
    def clocked(self) -> frozenset[str]:
        """Providers whose prices depend on the time of the day; those of others may change with the date only."""
        return self._others.clocked if self._others else frozenset()

    def cost(self, priced: Priced) -> Cost | str:
        """What it costs, or why that is not known."""
        own = price_of(self._own, *priced.models)
        if own is not None:
            return _by_own(own, priced.billed)
        if self._others is None:
            return "genai-prices is not installed: pip install 'thence[prices]'"
        context = {name: said for name, said in priced.context.items() if said is not None}
        found = self._others.price(priced.provider, priced.models, priced.billed, priced.at, context)
        if isinstance(found, str):
            return found
        model = f"{found.provider.id}/{found.model.id}"
        return Cost(found.total_price, found.input_price, found.output_price, self._others.name, model)


def _by_own(price: Price, billed: Billed) -> Cost | str:
    plain = price.rates.get("input")
    counts: list[tuple[str, Count, Any]] = [
        ("input", billed.input - billed.cache_read - billed.cache_write, plain),
        ("cache_read", billed.cache_read, price.rates.get("cache_read", plain)),
        ("cache_write", billed.cache_write, price.rates.get("cache_write", plain)),
        ("output", billed.output, price.rates.get("output")),
    ]
    missing = [name for name, count, rate in counts if count and rate is None]
    if missing:
        return f"{price.origin} gives no price for {missing[0]}"
    *read, written = (Decimal(count) * (rate or Decimal(0)) / _MILLION for _, count, rate in counts)
    paid = sum(read, Decimal(0))
    return Cost(paid + written, paid, written, price.origin, price.model)
