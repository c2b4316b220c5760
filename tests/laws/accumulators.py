"""What the SDKs' own accumulators find in a stream, and what Thence does, in one form that compares."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from thence.providers import Answer

openai = pytest.importorskip("openai")
anthropic = pytest.importorskip("anthropic")

__all__ = ["CASES", "agrees", "events", "plain"]


def events(sdk: str, body: bytes) -> list[Any]:
    """The data of the events that the SDK's own decoder finds, as far as its stream would read."""
    from anthropic._streaming import SSEDecoder as Anthropics
    from openai._streaming import SSEDecoder as OpenAIs

    decoder: Any = {"openai": OpenAIs, "anthropic": Anthropics}[sdk]()
    found: list[Any] = []
    for event in decoder.iter_bytes(iter([body])):
        if event.data.startswith("[DONE]"):
            break
        if event.data:
            found.append(event.json())
    return found


def plain(value: Any) -> Any:
    """An SDK's model as plain values, nulls left out."""
    if hasattr(value, "to_dict"):
        value = value.to_dict()
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items() if member is not None}
    return [plain(member) for member in value] if isinstance(value, list) else value


def chat(values: list[Any]) -> dict[str, Any]:
    from openai.lib.streaming.chat import ChatCompletionStreamState
    from openai.types.chat import ChatCompletionChunk

    state: Any = ChatCompletionStreamState()
    usage = None
    for value in values:
        chunk = ChatCompletionChunk.construct(**value)
        state.handle_chunk(chunk)
        usage = plain(chunk.usage) or usage
    whole = plain(state.current_completion_snapshot)
    return {
        "id": whole.get("id"),
        "model": whole.get("model"),
        "usage": usage,
        "finish": [choice.get("finish_reason") for choice in whole["choices"]],
        "said": [said(choice["message"]) for choice in whole["choices"]],
    }


def said(message: dict[str, Any]) -> dict[str, Any]:
    calls = [
        {"id": call.get("id"), "name": call["function"].get("name"), "arguments": call["function"].get("arguments")}
        for call in message.get("tool_calls") or []
        if "function" in call
    ]
    return {"content": message.get("content") or "", "refusal": message.get("refusal"), "calls": calls}


def our_chat(answer: Answer) -> dict[str, Any]:
    choices = plain(answer.body["choices"])
    return {
        "id": answer.body.get("id"),
        "model": answer.body.get("model"),
        "usage": plain(answer.body.get("usage")),
        "finish": [choice.get("finish_reason") for choice in choices],
        "said": [said(choice["message"]) for choice in choices],
    }


def messages(values: list[Any]) -> dict[str, Any]:
    from anthropic.lib.streaming._messages import accumulate_event

    snapshot: Any = None
    takes_buffers = "json_bufs" in inspect.signature(accumulate_event).parameters  # since 1.0
    more: dict[str, Any] = {"json_bufs": {}} if takes_buffers else {}
    for value in values:
        if value.get("type") in {"ping", "error"}:
            continue
        snapshot = accumulate_event(event=value, current_snapshot=snapshot, **more)
    whole = plain(snapshot)
    return {
        name: whole.get(name) for name in ("id", "model", "role", "stop_reason", "stop_sequence", "content", "usage")
    }


def our_messages(answer: Answer) -> dict[str, Any]:
    whole = plain(answer.body)
    return {
        name: whole.get(name) for name in ("id", "model", "role", "stop_reason", "stop_sequence", "content", "usage")
    }


def responses(values: list[Any]) -> dict[str, Any]:
    from openai._models import construct_type_unchecked
    from openai._types import omit
    from openai.lib.streaming.responses._responses import ResponseStreamState
    from openai.types.responses import ResponseStreamEvent

    kind: Any = ResponseStreamEvent
    state: Any = ResponseStreamState(text_format=omit, input_tools=omit)
    for value in values:
        state.handle_event(construct_type_unchecked(type_=kind, value=value))
    whole = plain(state._completed_response)
    return {name: whole.get(name) for name in ("id", "model", "status", "usage", "output")}


def our_responses(answer: Answer) -> dict[str, Any]:
    whole = plain(answer.body)
    return {name: whole.get(name) for name in ("id", "model", "status", "usage", "output")}


def agrees(found: Any, expected: Any) -> bool:
    """Whether all that the SDK found is found; what its models don't know, it loses, and what comes late, it misses."""
    if isinstance(expected, dict) and str(expected.get("type", "")).startswith("mcp_"):
        expected = {name: value for name, value in expected.items() if name in {"type", "id", "tool_use_id"}}
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(agrees(found.get(name), value) for name, value in expected.items())
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(agrees, found, expected))
    if isinstance(expected, str) and isinstance(found, list):  # parts as deltas: of these it keeps the plain text only
        return expected in "".join(part.get("text", "") for part in found if isinstance(part, dict))
    return expected in {"", found} if isinstance(expected, str) else bool(found == expected)


CASES: list[tuple[str, Callable[[list[Any]], dict[str, Any]], Callable[[Answer], dict[str, Any]]]] = [
    ("chat_completions", chat, our_chat),
    ("messages", messages, our_messages),
    ("responses", responses, our_responses),
]
