"""Recorded traffic asked again through the real SDKs, over a real socket: one record a call, which says what was sent,
what was asked for, and what the SDK gave its caller.
"""

from __future__ import annotations

import inspect
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from tests.laws.traffic import Interaction, sample

import thence
from thence.params import ABSENT
from thence.testing import Answer, Provider

METHODS = {
    "chat_completions": ("openai", "chat.completions.create"),
    "responses": ("openai", "responses.create"),
    "embeddings": ("openai", "embeddings.create"),
    "completions": ("openai", "completions.create"),
    "messages": ("anthropic", "messages.create"),
    "count_tokens": ("anthropic", "messages.count_tokens"),
}
_HOP = {"content-length", "transfer-encoding", "content-encoding", "connection", "keep-alive", "retry-after"}


def answer_of(it: Interaction) -> Answer:
    """The answer as it came: its stream in pieces, an event each."""
    headers = {name: value for name, value in it.headers.items() if name not in _HOP and "\n" not in value}
    pieces = it.answer.splitlines(keepends=True) if it.streamed and b"data:" in it.answer else None
    return Answer(pieces or it.answer, status=it.status, headers=headers)


def asked(client: Any, path: str, request: dict[str, Any]) -> Any:
    """Call a method as a program would: what its signature knows by keyword, the rest as ``extra_body``."""
    method = client
    for name in path.split("."):
        method = getattr(method, name)
    known = inspect.signature(method).parameters.keys() - {"extra_body", "extra_headers", "extra_query", "timeout"}
    keywords = {name: value for name, value in request.items() if name in known}
    more = {name: value for name, value in request.items() if name not in known}
    if client.max_retries == 0 and path == "messages.create":
        keywords["timeout"] = 60  # without one, the SDK refuses a large max_tokens
    return method(**keywords, **({"extra_body": more} if more else {}))


def driven(clients: dict[str, Any], it: Interaction) -> Any:
    """Ask, and read to the end; what the SDK gives, or None where it refuses what came."""
    assert it.request is not None
    sdk, path = METHODS.get(it.endpoint.name, ("openai", ""))
    try:
        if not path:
            return clients[sdk].post(it.path, body=it.request, cast_to=object)
        result = asked(clients[sdk], path, it.request)
        if it.request.get("stream") is True:
            for _ in result:
                pass
            return None
        return result
    except (openai.OpenAIError, anthropic.AnthropicError, ValueError, TypeError, AttributeError, KeyError):
        return None


def wanted(full: bool) -> Iterator[Interaction]:
    """What can be asked again: of a known shape, with a JSON body, by the method that carries one."""
    for it in sample(full, step=31):
        if it.request is not None and it.method == "POST" and it.endpoint.name != "unknown":
            yield it


@pytest.mark.parametrize("full", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["sample", "all"])
def test_one_record_that_says_what_went_over_the_wire(
    full: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[tuple[Interaction, Any, Any]] = []
    with Provider() as provider:
        urls = {"openai": f"{provider.url}/v1", "anthropic": provider.url}
        clients = {
            sdk: thence.wrap(make(api_key="sk-test", base_url=urls[sdk], max_retries=0), store=tmp_path / "store.db")
            for sdk, make in (("openai", openai.OpenAI), ("anthropic", anthropic.Anthropic))
        }
        for it in wanted(full):
            provider.answer(answer_of(it))
            result = driven(clients, it)
            if not provider.seen:  # refused before it was sent: then nothing is on record either
                provider._queue.clear()
                continue
            sent.append((it, provider.seen.pop().json, result))
            assert not provider.seen, it.id
    kinds = Counter[str]()
    with thence.open(tmp_path / "store.db") as store:
        store.flush(60)
        calls = list(store.calls())
        assert len(calls) == len(sent)
        for call, (it, body, result) in zip(calls, sent, strict=True):
            check(call, it, body, result)
            kinds[it.endpoint.name] += 1
        assert not store.fsck()
    with capsys.disabled():
        print(f"\n  one record each: {dict(kinds.most_common())}", end="")


def check(call: thence.Call, it: Interaction, body: Any, result: Any) -> None:
    """One record against the wire, and against what the SDK gave."""
    assert call.request == body, it.id
    content = {content.field for content in it.endpoint.content}
    named = {name: value for name, value in body.items() if name not in content or value is None}  # null is no content
    assert {n: p.sent for n, p in call.params.items() if p.sent is not ABSENT} == named, it.id
    assert {name: call.generation_config.get(name) for name in named} == named, it.id
    assert call.status in {"completed", "closed", "failed"}, it.id
    assert [attempt.status for attempt in call.attempts] == [it.status], it.id
    if it.status >= 400 or result is None or not hasattr(result, "to_dict"):
        return
    given = result.to_dict(warnings=False)
    if "usage" in given and it.endpoint.usage:
        assert call.usage_verbatim == json.loads(it.answer)["usage"], it.id
    if it.endpoint.conversation and isinstance(given, dict):
        # An empty name names nothing: answers that have one don't continue each other.
        assert call.response_id == (given.get("id") or None), it.id
        assert call.response_model == (given.get("model") or None), it.id
