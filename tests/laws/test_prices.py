"""Real usage costs what the price list's own reading of the whole answer says: the two read it by different rules."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from typing import Any

import pytest
from tests.laws.traffic import Interaction, sample

from thence.prices import Priced, PriceList, billed
from thence.prices.billed import counts_of
from thence.prices.published import published

genai_prices = pytest.importorskip("genai_prices")
AT = datetime(2026, 11, 1, tzinfo=timezone.utc)
FLAVOURS = {
    ("openai", "chat_completions"): ("openai", "chat"),
    ("openai", "responses"): ("openai", "responses"),
    ("openai", "embeddings"): ("openai", "embeddings"),
    ("anthropic", "messages"): ("anthropic", "default"),
    ("gemini", "gemini"): ("google", "default"),
}


def ours(prices: PriceList, it: Interaction, body: dict[str, Any]) -> Any:
    answer = it.read()
    counts = counts_of(answer.usage, answer.usage_verbatim)
    shape, operation = it.endpoint.name, it.endpoint.operation
    known = None if counts is None else billed(counts, shape=shape, seam="stainless", operation=operation)
    if known is None:
        return None
    model = body.get("model") or body.get("modelVersion")
    cost = prices.cost(Priced(it.provider, (model,), known, AT, {}))
    return None if isinstance(cost, str) else cost.total


def theirs(it: Interaction, body: dict[str, Any]) -> Any:
    provider, flavour = FLAVOURS[it.provider, it.endpoint.name]
    try:
        extracted = genai_prices.extract_usage(body, provider_id=provider, api_flavor=flavour)
        return extracted.calc_price(genai_request_timestamp=AT).total_price
    except (ValueError, LookupError):
        return None


@pytest.mark.parametrize("full", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["sample", "all"])
def test_two_readings_of_real_usage_agree(full: bool) -> None:
    prices = PriceList((), published())
    compared: Counter[str] = Counter()
    for it in sample(full, 3):
        body = it.read().body if (it.provider, it.endpoint.name) in FLAVOURS else None
        if not isinstance(body, dict):
            continue
        mine = ours(prices, it, body)
        if mine is not None:  # where it is None, Gemini counts sound and pictures, or leaves the output count out
            assert mine == theirs(it, body), it.id
            compared[it.provider] += 1
    assert min(compared["openai"], compared["anthropic"], compared["gemini"]) > 100
