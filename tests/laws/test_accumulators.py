"""Streams fold to what the SDKs' own accumulators find: message, usage, model, id and finish reason.

Where an SDK's accumulator refuses a real stream there is nothing to compare; how often that is, is printed.
"""

from __future__ import annotations

import inspect
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from tests.laws.traffic import Interaction, sample

from thence.providers import Answer
from thence.providers.answer import events_of

openai = pytest.importorskip("openai")
anthropic = pytest.importorskip("anthropic")


def _values(it: Interaction) -> list[Any]:
    found: list[Any] = []
    for event in events_of(it.answer, it.content_type) or []:
        if event.data.startswith("[DONE]"):
            break
        if isinstance(event.value, dict):
            found.append(json.loads(event.data))
    return found


def _plain(value: Any) -> Any:
    """An SDK's model as plain values, nulls left out."""
    if hasattr(value, "to_dict"):
        value = value.to_dict()
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items() if member is not None}
    return [_plain(member) for member in value] if isinstance(value, list) else value


def _chat(values: list[Any]) -> dict[str, Any]:
    from openai.lib.streaming.chat import ChatCompletionStreamState
    from openai.types.chat import ChatCompletionChunk

    state: Any = ChatCompletionStreamState()
    usage = None
    for value in values:
        chunk = ChatCompletionChunk.construct(**value)
        state.handle_chunk(chunk)
        usage = _plain(chunk.usage) or usage
    whole = _plain(state.current_completion_snapshot)
    return {
        "id": whole.get("id"),
        "model": whole.get("model"),
        "usage": usage,
        "finish": [choice.get("finish_reason") for choice in whole["choices"]],
        "said": [_said(choice["message"]) for choice in whole["choices"]],
    }


def _said(message: dict[str, Any]) -> dict[str, Any]:
    calls = [
        {"id": call.get("id"), "name": call["function"].get("name"), "arguments": call["function"].get("arguments")}
        for call in message.get("tool_calls") or []
        if "function" in call
    ]
    return {"content": message.get("content") or "", "refusal": message.get("refusal"), "calls": calls}


def _our_chat(answer: Answer) -> dict[str, Any]:
    choices = _plain(answer.body["choices"])
    return {
        "id": answer.body.get("id"),
        "model": answer.body.get("model"),
        "usage": _plain(answer.body.get("usage")),
        "finish": [choice.get("finish_reason") for choice in choices],
        "said": [_said(choice["message"]) for choice in choices],
    }


def _messages(values: list[Any]) -> dict[str, Any]:
    from anthropic.lib.streaming._messages import accumulate_event

    snapshot: Any = None
    takes_buffers = "json_bufs" in inspect.signature(accumulate_event).parameters  # since 1.0
    more: dict[str, Any] = {"json_bufs": {}} if takes_buffers else {}
    for value in values:
        if value.get("type") in {"ping", "error"}:
            continue
        snapshot = accumulate_event(event=value, current_snapshot=snapshot, **more)
    whole = _plain(snapshot)
    return {
        name: whole.get(name) for name in ("id", "model", "role", "stop_reason", "stop_sequence", "content", "usage")
    }


def _our_messages(answer: Answer) -> dict[str, Any]:
    whole = _plain(answer.body)
    return {
        name: whole.get(name) for name in ("id", "model", "role", "stop_reason", "stop_sequence", "content", "usage")
    }


def _responses(values: list[Any]) -> dict[str, Any]:
    from openai._models import construct_type_unchecked
    from openai._types import omit
    from openai.lib.streaming.responses._responses import ResponseStreamState
    from openai.types.responses import ResponseStreamEvent

    kind: Any = ResponseStreamEvent
    state: Any = ResponseStreamState(text_format=omit, input_tools=omit)
    for value in values:
        state.handle_event(construct_type_unchecked(type_=kind, value=value))
    whole = _plain(state._completed_response)
    return {name: whole.get(name) for name in ("id", "model", "status", "usage", "output")}


def _our_responses(answer: Answer) -> dict[str, Any]:
    whole = _plain(answer.body)
    return {name: whole.get(name) for name in ("id", "model", "status", "usage", "output")}


def _agrees(found: Any, expected: Any) -> bool:
    """Whether all that the SDK found is found; what its models don't know, it loses, and what comes late, it misses."""
    if isinstance(expected, dict) and str(expected.get("type", "")).startswith("mcp_"):
        expected = {name: value for name, value in expected.items() if name in {"type", "id", "tool_use_id"}}
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(_agrees(found.get(name), value) for name, value in expected.items())
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(_agrees, found, expected))
    if isinstance(expected, str) and isinstance(found, list):  # parts as deltas: of these it keeps the plain text only
        return expected in "".join(part.get("text", "") for part in found if isinstance(part, dict))
    return expected in {"", found} if isinstance(expected, str) else bool(found == expected)


CASES: list[tuple[str, Callable[[list[Any]], dict[str, Any]], Callable[[Answer], dict[str, Any]]]] = [
    ("chat_completions", _chat, _our_chat),
    ("messages", _messages, _our_messages),
    ("responses", _responses, _our_responses),
]


@pytest.mark.parametrize("full", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["sample", "all"])
@pytest.mark.parametrize(("name", "theirs", "ours"), CASES, ids=[name for name, _, _ in CASES])
def test_streams_fold_to_what_the_sdk_finds(
    name: str,
    theirs: Callable[[list[Any]], dict[str, Any]],
    ours: Callable[[Answer], dict[str, Any]],
    full: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    compared, refused, differ = 0, Counter[str](), {}
    for it in sample(full, step=5):
        if it.endpoint.name != name or not it.streamed or events_of(it.answer, it.content_type) is None:
            continue
        try:
            expected = theirs(_values(it))
        except Exception as error:
            refused[type(error).__name__] += 1
            continue
        compared += 1
        found = ours(it.read())
        unlike = {key: (found[key], value) for key, value in expected.items() if not _agrees(found[key], value)}
        if unlike:
            differ[it.id] = unlike
    with capsys.disabled():
        print(f"\n  {name}: {compared} streams compared, {dict(refused)} refused by the SDK", end="")
    assert not differ
    assert compared
