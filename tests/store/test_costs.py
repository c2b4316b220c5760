"""What the database adds up is what the calls cost, one by one; the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.store.journals import CHAT, Spoken, stored

from thence.params.prices import Price
from thence.prices import PriceList
from thence.prices.published import published
from thence.store.costs import Bill, cost_of, paid
from thence.store.totals import Total, totals

ANTHROPIC = "https://api.anthropic.com/v1/messages"
DEEPSEEK = "https://api.deepseek.com/chat/completions"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent"
DAY = 86_400


def chat(model: str, usage: Any, **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "ok"}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return {"object": "chat.completion", "model": model, "choices": choices, "usage": usage, **more}


def claude(model: str, **usage: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": "ok"}]
    return {"type": "message", "role": "assistant", "model": model, "content": content, "usage": usage}


def gemini(**usage: Any) -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": "ok"}]}
    return {"candidates": [{"content": content}], "modelVersion": "gemini-2.5-flash", "usageMetadata": usage}


HEARD = "https://api.openai.com/v1/audio/transcriptions"
DRAWN = "https://api.openai.com/v1/images/generations"


CONVERSE = "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-sonnet-4-5-20250929-v1:0/converse"
COUNTED = {"input_tokens": 1000, "output_tokens": 100}
IMAGE = {"output_tokens_details": {"image_tokens": 60}}


def sonnet(iteration: str) -> dict[str, Any]:
    """An answer of one iteration, of the kind that is named."""
    return claude(
        "claude-sonnet-4-6", iterations=[{"type": iteration, "input_tokens": 5, "output_tokens": 1}], **COUNTED
    )


def converse(lifetime: str) -> dict[str, Any]:
    """An answer of Bedrock's that wrote into a cache for so long."""
    usage: dict[str, Any] = {"inputTokens": 10, "outputTokens": 3, "totalTokens": 513, "cacheWriteInputTokens": 500}
    usage |= {"cacheDetails": [{"ttl": lifetime, "inputTokens": 500}]}
    return {"output": {"message": {"role": "assistant", "content": [{"text": "ok"}]}}, "usage": usage}


def spoken() -> list[Spoken]:
    """Every rule on which prices depend: caches, thresholds, dates, the time of the day, tiers, and what is unknown."""
    answers: list[tuple[str, str, Any]] = []
    for tokens in (10, 333, 271_999, 272_001, 300_000):
        usage = {"prompt_tokens": tokens, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 5}}
        answers.append(("", "gpt-5.4", chat("gpt-5.4", usage)))
    for hour, size in ((0, 199_000), (2_056, 10), (0, 210_000)):
        written = {"ephemeral_5m_input_tokens": 14, "ephemeral_1h_input_tokens": hour}
        usage = {"input_tokens": size, "output_tokens": 9, "cache_read_input_tokens": 70, "cache_creation": written}
        usage |= {"cache_creation_input_tokens": 14 + hour, "server_tool_use": {"web_search_requests": 1}}
        answers.append((ANTHROPIC, "claude-sonnet-4-5", claude("claude-sonnet-4-5-20250929", **usage)))
    for at in range(5):
        usage = {"prompt_tokens": 10 + at, "completion_tokens": 7, "prompt_cache_hit_tokens": 4}
        answers.append((DEEPSEEK, "deepseek-chat", chat("deepseek-chat", usage)))
    sound = [{"modality": "AUDIO", "tokenCount": 9}]
    answers += [
        (GEMINI, "", gemini(promptTokenCount=9, candidatesTokenCount=3, thoughtsTokenCount=5)),
        (GEMINI, "", gemini(promptTokenCount=9, thoughtsTokenCount=5, toolUsePromptTokenCount=100)),
        (GEMINI, "", gemini(promptTokenCount=9, candidatesTokenCount=3, promptTokensDetails=sound)),
        (ANTHROPIC, "claude-sonnet-4-6", sonnet("message")),
        (ANTHROPIC, "claude-sonnet-4-6", sonnet("compaction")),
        (ANTHROPIC, "claude-sonnet-4-6", sonnet("advisor_message")),
        (ANTHROPIC, "claude-opus-4-6", claude("claude-opus-4-6", inference_geo="us", **COUNTED)),
        (ANTHROPIC, "claude-opus-4-6", claude("claude-opus-4-6", inference_geo="global", **COUNTED)),
        (CONVERSE, "", converse("5m")),
        (CONVERSE, "", converse("1h")),
        (HEARD, "gpt-4o-transcribe", {"usage": {**COUNTED, "input_token_details": {"audio_tokens": 900}}}),
        (DRAWN, "gpt-image-1.5", {"usage": {**COUNTED, "input_tokens_details": {"image_tokens": 300}, **IMAGE}}),
        ("", "gpt-4o", chat("gpt-4o", {"prompt_tokens": 5, "completion_tokens": 1}, service_tier="scale")),
        ("", "gpt-4o", chat("gpt-4o", {"prompt_tokens": 5, "completion_tokens": 1}, service_tier="default")),
        ("", "gpt-4o", chat("gpt-4o", {"prompt_tokens": 5, "note": "\0\ud800"})),
        ("", "gpt-4o", chat("gpt-4o", None)),
        ("", "gpt-99", chat("gpt-99", {"prompt_tokens": 5, "completion_tokens": 1})),
        ("", "my-tune", chat("my-tune", {"prompt_tokens": 5, "completion_tokens": 1})),
        ("", "gpt-4o", chat("gpt-4o", {"prompt_tokens": 5, "completion_tokens": 1, "cached_tokens": 9})),
    ]
    calls = []
    for number, (url, model, answer) in enumerate(answers):
        body = {"messages": [{"role": "user", "content": f"q{number}"}], **({"model": model} if model else {})}
        at = number * 5 * 3600 + 90 * DAY * (number % 2)
        calls.append(Spoken(at, body, answer, url=url or CHAT))
    return calls


PRICES = PriceList([Price("my-*", {"input": Decimal(1), "output": Decimal(3)}, "thence.toml:1")], published())


def bills(groups: Iterable[Total]) -> list[Bill]:
    return [group.bill for group in groups if group.bill is not None]


@pytest.fixture
def location(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path / "journal"))
    return store_url


def test_groups_cost_what_their_calls_cost(location: str) -> None:
    calls = spoken()
    store, _ = stored(location, calls)
    with store:
        singly = [cost_of(call, PRICES) for call in store.calls()]
        groups = totals(store.calls(), ["provider"], prices=PRICES)
        assert len(singly) == len(calls)
        known = [cost.total for cost in singly if not isinstance(cost, str)]
        together, priced = paid(bills(groups), PRICES)
        assert priced == len(known) == len(calls) - 10
        assert together is not None
        assert abs(together - sum(known, Decimal(0))) < Decimal("1e-18")
        assert sum(group.calls for group in groups) == len(calls)
        by_provider: dict[Any, Decimal] = defaultdict(Decimal)
        for call, cost in zip(store.calls(), singly, strict=True):
            by_provider[call.provider] += Decimal(0) if isinstance(cost, str) else cost.total
        for provider, sum_of_calls in by_provider.items():
            of, _ = paid(bills(group for group in groups if group.by == (provider,)), PRICES)
            assert abs((of or Decimal(0)) - sum_of_calls) < Decimal("1e-18"), provider


@pytest.mark.parametrize(
    ("url", "model", "answer", "millionths"),
    [
        (HEARD, "gpt-4o-transcribe", {"input_token_details": {"audio_tokens": 900}}, 100 * 2.5 + 900 * 6 + 100 * 10),
        (DRAWN, "gpt-image-1", {"input_tokens_details": {"image_tokens": 300}}, 700 * 5 + 300 * 10 + 100 * 40),
        (DRAWN, "gpt-image-1.5", IMAGE, 1000 * 5 + 40 * 10 + 60 * 32),
    ],
)
def test_sound_and_pictures_have_their_own_price(
    url: str, model: str, answer: dict[str, Any], millionths: float, location: str
) -> None:
    store, _ = stored(location, [Spoken(1, {"model": model}, {"usage": {**COUNTED, **answer}}, url=url)])
    with store:
        (cost,) = (cost_of(call, PRICES) for call in store.calls())
        assert not isinstance(cost, str)
        assert cost.total * 1_000_000 == Decimal(millionths)


def test_totals_in_spans_of_time(location: str) -> None:
    store, _ = stored(location, spoken())
    with store:
        groups = totals(store.calls(), [], every=DAY * 10**9)
        assert sum(group.calls for group in groups) == len(spoken())
        for call in store.calls():
            at = call._row["started_at"] // (DAY * 10**9) * (DAY * 10**9)
            assert any(group.at == at for group in groups)
        assert all(group.bill is None for group in groups)


def test_an_answer_that_is_read_again_is_counted_and_paid_for_once(location: str) -> None:
    usage = {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120}
    body = {"model": "gpt-5.4", "input": "hi"}

    def answer(name: str, **more: Any) -> dict[str, Any]:
        said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": name}]}
        return {"id": name, "object": "response", "model": "gpt-5.4", "output": [said], "usage": usage, **more}

    url = "https://api.openai.com/v1/responses"
    later = answer("resp_2", output=[], usage=None, status="queued")
    told = [Spoken(1, body, answer("resp_1"), url), Spoken(2, {**body, "background": True}, later, url)]
    told += [
        Spoken(at, b"", answer(name), f"{url}/{name}", method="GET")
        for at, name in enumerate(["resp_1", "resp_2", "resp_1", "resp_2", "resp_3"], 3)
    ]
    store, _ = stored(location, told)
    with store:
        counted = [call.request_model for call in store.calls() if call.usage.input_tokens and not call.is_reread]
        assert counted == ["gpt-5.4", None, None]  # the first was answered at once, the others when they were read
        groups = totals(store.calls(), [], prices=PRICES)
        assert (sum(g.input_tokens or 0 for g in groups), sum(g.output_tokens or 0 for g in groups)) == (300, 60)
        singly = [cost for call in store.calls() if not isinstance(cost := cost_of(call, PRICES), str)]
        assert paid(bills(groups), PRICES) == (sum(cost.total for cost in singly), 3)


def test_configurations_that_cost_the_same_are_priced_together(location: str) -> None:
    answer = chat("gpt-4o", {"prompt_tokens": 7, "completion_tokens": 3})
    body: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "q"}]}
    told = [Spoken(at, {**body, "temperature": at / 10}, answer) for at in range(8)]
    told += [Spoken(at, {**body, "service_tier": "flex", "top_p": at / 10}, answer) for at in range(8, 10)]
    store, _ = stored(location, told)
    with store:
        groups = totals(store.calls(), [], prices=PRICES)
        assert len(groups) == 10  # one for each configuration
        assert len({bill.kind for bill in bills(groups)}) == 2  # of each tier
        singly = [cost for call in store.calls() if not isinstance(cost := cost_of(call, PRICES), str)]
        total, priced = paid(bills(groups), PRICES)
        assert priced == len(singly)
        assert total is not None
        assert abs(total - sum((cost.total for cost in singly), Decimal(0))) < Decimal("1e-18")
