"""Prices that the vendors publish, as the installed ``genai-prices`` has them. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from thence.prices.billed import Billed, Count

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, PriceCalculation, Provider

__all__ = ["Published", "published"]

_NAMES: Final = {
    "bedrock": "aws",
    "fireworks_ai": "fireworks",
    "gemini": "google",
    "moonshot": "moonshotai",
    "together_ai": "together",
    "vertex": "google",
    "vertex_ai": "google",
    "voyage": "voyageai",
    "xai": "x-ai",
}
"""Providers that have another name there."""

_USUAL: Final = frozenset(
    {None, "auto", "default", "standard", "standard_only", "on_demand", "global", "not_available"}
)


class Published:
    """The price list of ``genai-prices``.

    Attributes:
        name: of the package, with its version.
        thresholds: numbers of input tokens beyond which some model costs another price.
        clocked: providers that ask another price at another time of the day.
    """

    def __init__(self) -> None:
        from genai_prices import __version__
        from genai_prices.data import providers
        from genai_prices.data_snapshot import DataSnapshot
        from genai_prices.types import TieredPrices, TimeOfDateConstraint

        # Not the snapshot of the process: what another part of the program fetched is no part of this version.
        self._snapshot = DataSnapshot(providers=providers, from_auto_update=False)
        self.name = f"genai-prices {__version__}"
        thresholds, clocked = set(), set()
        for provider, _, rates, when in _rates(providers):
            tiers = [tier for rate in vars(rates).values() if isinstance(rate, TieredPrices) for tier in rate.tiers]
            thresholds |= {tier.start for tier in tiers}
            if isinstance(when, TimeOfDateConstraint):
                clocked.add(provider.id)
        self.thresholds = tuple(sorted(thresholds))
        self.clocked = frozenset(clocked | {ours for ours, theirs in _NAMES.items() if theirs in clocked})
        self._known = {provider.id for provider in providers}

    def price(
        self, provider: str | None, models: Iterable[str | None], billed: Billed, at: datetime, context: dict[str, str]
    ) -> PriceCalculation | str:
        """What ``billed`` cost, or why that is not known.

        Args:
            provider: whose host it was, by our name.
            models: names of the model, the most exact first.
            billed: how much of what.
            at: when; prices change.
            context: ``service_tier``, ``speed`` and ``inference_geo``, where the provider or the request says.
        """
        found = None
        for model in filter(None, models):
            found = found or self._find(_NAMES.get(provider or "", provider or ""), model)
        if found is None:
            return f"{self.name} has no price for {next(filter(None, models), 'a model without a name')}"
        unusual = {name: said for name, said in context.items() if said not in _USUAL}
        if unusual and not _has_variant(found[1], unusual, at):
            told = ", ".join(f"{name} {said}" for name, said in unusual.items())
            return f"{self.name} has no price for {found[1].id} with {told}"
        provided, model_info = found
        try:
            return model_info.calc_price(
                _usage(billed), provided, genai_request_timestamp=at, price_context=unusual or None
            )
        except ValueError as error:  # counts that contradict each other
            return str(error)

    @lru_cache(maxsize=4096)  # noqa: B019 - there is one, and it stays
    def _find(self, provider: str, model: str) -> tuple[Provider, ModelInfo] | None:
        if provider not in self._known:
            return None
        try:
            return self._snapshot.find_provider_model(model, None, provider, None)
        except LookupError:
            return None


@lru_cache(maxsize=1)
def published() -> Published | None:
    """The price list; None where ``genai-prices`` is not installed."""
    try:
        return Published()
    except ModuleNotFoundError:
        return None


def _rates(providers: Iterable[Provider]) -> Iterable[tuple[Provider, ModelInfo, Any, Any]]:
    """Every set of prices: whose, for which model, the prices, and when they hold."""
    for provider in providers:
        for model in provider.models:
            for each in model.prices if isinstance(model.prices, list) else [model.prices]:
                yield provider, model, getattr(each, "prices", each), getattr(each, "constraint", None)


def _has_variant(model: ModelInfo, context: dict[str, str], at: datetime) -> bool:
    variants = model.price_variants or ()
    return any(each.when == context and (each.constraint is None or each.constraint.active(at)) for each in variants)


def _usage(billed: Billed) -> Any:
    from genai_prices import Usage

    counts: dict[str, Count] = {
        "input_tokens": billed.input,
        "output_tokens": billed.output,
        "cache_read_tokens": billed.cache_read,
        "cache_write_tokens": billed.cache_write,
        "cache_write_1h_tokens": billed.cache_write_1h,
        "output_reasoning_tokens": billed.reasoning,
        "input_audio_tokens": billed.input_audio,
        "output_audio_tokens": billed.output_audio,
        "input_image_tokens": billed.input_image,
        "output_image_tokens": billed.output_image,
        "web_searches": billed.web_searches,
    }
    return Usage(
        **{name: count for name, count in counts.items() if count or name in ("input_tokens", "output_tokens")}
    )
