"""A user's own prices, as a configuration file says them.

::

    [prices."my-model*"]             # US dollars for a million tokens
    input = 0.5
    cache_read = 0.05                # where it is left out, what a cache held costs what other input costs
    cache_write = 0.6
    output = 2
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any, Final

from thence.errors import ConfigError
from thence.params.known import check_kind, slip

__all__ = ["RATES", "Price", "price_of", "read_price"]

RATES: Final = ("input", "cache_read", "cache_write", "output")


@dataclass(frozen=True, slots=True)
class Price:
    """What a model's tokens cost.

    Attributes:
        model: a model's name, or a pattern of names with ``*``, ``?`` and ``[...]``.
        rates: US dollars for a million tokens, by the names in :data:`RATES`.
        origin: ``file:line`` of the table.
    """

    model: str
    rates: Mapping[str, Decimal]
    origin: str


def read_price(model: str, values: Any, origin: Callable[..., str]) -> Price:
    """A table of prices.

    Args:
        model: the table's name.
        values: what stands in it.
        origin: gives ``file:line`` of a key in it, or of the table itself.

    Raises:
        ConfigError: a key is none of :data:`RATES`, or its value no number from 0 on.
    """
    check_kind(model, values, "table", origin())
    rates = {}
    for key, value in values.items():
        if key not in RATES:
            meant = slip(key, RATES, 0.6)
            said = f": did you mean {meant}?" if meant else f"; a price is one of {', '.join(RATES)}"
            raise ConfigError(f"unknown price {key}{said}", origin=origin(key))
        check_kind(key, value, "number", origin(key))
        rate = Decimal(str(value))
        if not rate.is_finite() or rate < 0:
            raise ConfigError(f"{key} must be dollars for a million tokens, not {value}", origin=origin(key))
        rates[key] = rate
    return Price(model, rates, origin())


def price_of(prices: Iterable[Price], *models: str | None) -> Price | None:
    """The price of the first of ``models`` that any is for: a name before a pattern, a longer one before others."""
    for model in filter(None, models):
        found = [price for price in prices if price.model == model or fnmatchcase(model, price.model)]
        if found:
            return max(found, key=lambda price: (price.model == model, len(re.sub(r"[*?\[\]]", "", price.model))))
    return None
