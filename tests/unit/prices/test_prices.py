"""What usage costs, against sums done by hand: recorded usage of real providers, and the prices they published."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from thence.errors import ConfigError
from thence.params.files import read_config
from thence.params.prices import Price
from thence.prices import Cost, Priced, PriceList, billed, dollars
from thence.prices.billed import counts_of
from thence.prices.published import published
from thence.providers import usage_of

AT = datetime(2026, 9, 1, 12, tzinfo=timezone.utc)

# provider, shape, model, usage as it was recorded, and what it cost in millionths of a dollar
RECORDED: dict[str, tuple[str, str, str, dict[str, Any], str]] = {
    "openai, cached": (
        "openai",
        "chat_completions",
        "gpt-4o-mini-2024-07-18",  # $0.15, cached $0.075, out $0.60 a million
        {
            "prompt_tokens": 1150,
            "completion_tokens": 357,
            "total_tokens": 1507,
            "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
        "309.9",  # 126 x 0.15 + 1024 x 0.075 + 357 x 0.6: the input count includes what was cached
    ),
    "openai, reasoning": (
        "openai",
        "responses",
        "gpt-5-2025-08-07",  # $1.25, cached $0.125, out $10
        {
            "input_tokens": 12594,
            "input_tokens_details": {"cached_tokens": 3200},
            "output_tokens": 1150,
            "output_tokens_details": {"reasoning_tokens": 1088},
            "total_tokens": 13744,
        },
        "23642.5",  # 9394 x 1.25 + 3200 x 0.125 + 1150 x 10: the output count includes what was thought
    ),
    "anthropic, into the cache": (
        "anthropic",
        "messages",
        "claude-sonnet-4-20250514",  # $3, into the cache $3.75 or $6 for an hour, from it $0.30, out $15
        {
            "input_tokens": 3,
            "cache_creation_input_tokens": 2070,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 14, "ephemeral_1h_input_tokens": 2056},
            "output_tokens": 459,
            "service_tier": "standard",
        },
        "19282.5",  # 3 x 3 + 14 x 3.75 + 2056 x 6 + 459 x 15: the input count leaves the cache out
    ),
    "anthropic, from the cache": (
        "anthropic",
        "messages",
        "claude-sonnet-4-5-20250929",
        {
            "input_tokens": 3,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 1217,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 5,
            "service_tier": "standard",
        },
        "449.1",  # 3 x 3 + 1217 x 0.3 + 5 x 15
    ),
    "gemini, thoughts": (
        "gemini",
        "gemini",
        "gemini-2.5-flash",  # $0.30, out $2.50
        {
            "promptTokenCount": 323,
            "candidatesTokenCount": 21,
            "totalTokenCount": 393,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 323}],
            "thoughtsTokenCount": 49,
            "serviceTier": "standard",
        },
        "271.9",  # 323 x 0.3 + (21 + 49) x 2.5: the output count leaves the thoughts out
    ),
}
OWN = Price("my-*", {"input": Decimal(2), "cache_read": Decimal("0.5"), "output": Decimal(8)}, "thence.toml:3")


def costs(
    prices: PriceList, provider: str, shape: str, model: str, usage: dict[str, Any], **context: str | None
) -> Cost | str:
    counts = counts_of(usage_of(usage), usage)
    known = None if counts is None else billed(counts, shape=shape, seam="stainless", operation="chat")
    return "unknown" if known is None else prices.cost(Priced(provider, (model,), known, AT, context))


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_usage_costs_what_the_vendor_asked(name: str) -> None:
    provider, shape, model, usage, millionths = RECORDED[name]
    cost = costs(PriceList((), published()), provider, shape, model, usage)
    assert isinstance(cost, Cost)
    assert cost.total == Decimal(millionths) / 1_000_000
    assert cost.total == cost.input + cost.output
    assert cost.price.startswith("genai-prices ")


def test_ones_own_price_goes_before_the_published() -> None:
    provider, shape, _, usage, _ = RECORDED["openai, cached"]
    cost = costs(PriceList([OWN], published()), provider, shape, "my-tune", usage)
    assert isinstance(cost, Cost)
    assert cost.total * 1_000_000 == 126 * 2 + Decimal(1024) / 2 + 357 * 8
    assert (cost.price, cost.model) == ("thence.toml:3", "my-*")


def test_a_price_of_nothing_is_known_to_be_nothing() -> None:
    free = Price("smollm2", {"input": Decimal(0), "output": Decimal(0)}, "thence.toml:1")
    cost = costs(
        PriceList([free]), "local", "chat_completions", "smollm2", {"prompt_tokens": 5, "completion_tokens": 9}
    )
    assert isinstance(cost, Cost)
    assert cost.total == 0
    assert dollars(cost.total) == "$0.00"


@pytest.mark.parametrize(
    ("provider", "model", "usage", "context", "said"),
    [
        ("local", "smollm2", {"prompt_tokens": 5, "completion_tokens": 9}, {}, "no price for smollm2"),
        ("example.com", "gpt-4o", {"prompt_tokens": 5, "completion_tokens": 9}, {}, "no price for gpt-4o"),
        ("openai", "gpt-99", {"prompt_tokens": 5, "completion_tokens": 9}, {}, "no price for gpt-99"),
        ("openai", "gpt-4o", {"prompt_tokens": 5}, {}, "unknown"),
        ("openai", "gpt-4o", {}, {}, "unknown"),
        ("openai", "gpt-4o", {"prompt_tokens": 5, "completion_tokens": 9}, {"service_tier": "scale"}, "tier scale"),
        (
            "openai",
            "gpt-4o",
            {"prompt_tokens": 5, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 6}},
            {},
            "unknown",
        ),
        (
            "gemini",
            "gemini-2.5-flash",
            {
                "promptTokenCount": 5,
                "candidatesTokenCount": 1,
                "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 5}],
            },
            {},
            "unknown",
        ),
    ],
)
def test_unknown_stays_unknown(
    provider: str, model: str, usage: dict[str, Any], context: dict[str, str], said: str
) -> None:
    cost = costs(PriceList((), published()), provider, "chat_completions", model, usage, **context)
    assert isinstance(cost, str)
    assert said in cost


def test_a_price_that_is_left_out_is_not_zero() -> None:
    half = Price("m", {"input": Decimal(1)}, "thence.toml:1")
    found = costs(PriceList([half]), "local", "chat_completions", "m", {"prompt_tokens": 5, "completion_tokens": 9})
    assert found == "thence.toml:1 gives no price for output"


def test_without_the_package_only_ones_own_prices_are_known() -> None:
    provider, shape, model, usage, _ = RECORDED["openai, cached"]
    assert "pip install 'thence[prices]'" in str(costs(PriceList([OWN]), provider, shape, model, usage))


def test_a_name_goes_before_a_pattern_and_a_longer_one_before_others() -> None:
    names = ("*", "my-*", "my-model")
    prices = PriceList([Price(name, {"input": Decimal(1), "output": Decimal(1)}, name) for name in names])
    usage = {"prompt_tokens": 1, "completion_tokens": 1}
    for model, expected in {"my-model": "my-model", "my-other": "my-*", "other": "*"}.items():
        cost = costs(prices, "local", "chat_completions", model, usage)
        assert isinstance(cost, Cost)
        assert cost.price == expected


def test_prices_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "thence.toml"
    path.write_text('\n[prices."my-*"]\ninput = 0.25\noutput = 2\n[profiles.eu.prices."my-*"]\noutput = 3\n')
    (price,) = read_config(path).prices.values()
    assert (price.model, dict(price.rates)) == ("my-*", {"input": Decimal("0.25"), "output": 2})
    assert price.origin.endswith("thence.toml:2")
    assert read_config(path, "eu").prices["my-*"].rates == {"output": 3}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("inptu = 1", "did you mean input"),
        ("input = -1", "must be dollars"),
        ("input = nan", "must be dollars"),
        ('input = "1"', "must be a number"),
    ],
)
def test_prices_that_make_no_sense_are_named_with_their_line(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "thence.toml"
    path.write_text(f"[prices.m]\n{line}\n")
    with pytest.raises(ConfigError, match=said) as error:
        read_config(path)
    assert str(error.value.origin).endswith("thence.toml:2")


@pytest.mark.parametrize(
    ("amount", "said"), [("1234.5", "$1,234.50"), ("0.0001675", "$0.000168"), ("0.00000002", "$0.00000002")]
)
def test_dollars_for_people(amount: str, said: str) -> None:
    assert dollars(Decimal(amount)) == said
