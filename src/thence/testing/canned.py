"""Answers in the shapes of the providers' own, for :class:`thence.testing.Provider`.

Each says back what it was asked, so that a test can tell one call from another: the answer's text is ``You said: …``.
Ids carry the number of the request, so that the same requests get the same answers. A tool that the request insists on
is called, and an answer whose schema it gives fits that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from thence.testing.canned_messages import message, message_events
from thence.testing.fitting import ToolCall, answer_text, forced_tool, words

__all__ = ["canned"]

_STAMP = 1_700_000_000


def _chat(request: dict[str, Any], number: int) -> dict[str, Any]:
    tool = forced_tool(request)
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    if tool is None:
        message["content"] = answer_text(request)
    else:
        function = {"name": tool.name, "arguments": tool.text}
        message["tool_calls"] = [{"id": f"call_{number}", "type": "function", "function": function}]
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": _STAMP,
        "model": f"{request.get('model')}-2024-08-06",
        "service_tier": "default",
        "system_fingerprint": "fp_canned",
        "choices": [
            {
                "index": n,
                "message": message,
                "logprobs": None,
                "finish_reason": "stop" if tool is None else "tool_calls",
            }
            for n in range(request.get("n") or 1)
        ],
        "usage": {
            "prompt_tokens": 11,
            "completion_tokens": 7,
            "total_tokens": 18,
            "prompt_tokens_details": {"cached_tokens": 2},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    }


def _chat_events(request: dict[str, Any], number: int) -> Iterator[Any]:
    whole = _chat(request, number)
    head = {k: whole[k] for k in ("id", "created", "model", "service_tier", "system_fingerprint")}
    head["object"] = "chat.completion.chunk"
    choice = whole["choices"][0]
    text = choice["message"]["content"]
    deltas = [{"role": "assistant", "content": None if text is None else ""}]
    if text is None:
        deltas += _tool_deltas(choice["message"]["tool_calls"][0])
    else:
        deltas += [{"content": piece} for piece in words(text)]
    for delta in deltas:
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]}
    if (request.get("stream_options") or {}).get("include_usage"):
        yield {**head, "choices": [], "usage": whole["usage"]}


def _tool_deltas(call: dict[str, Any]) -> Iterator[dict[str, Any]]:
    function = call["function"]
    yield {"tool_calls": [{"index": 0, **call, "function": {**function, "arguments": ""}}]}
    for piece in words(function["arguments"]):
        yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


def _response(request: dict[str, Any], number: int) -> dict[str, Any]:
    tool = forced_tool(request)
    item = _message_item(request, number) if tool is None else _function_call(tool, number)
    echoed = ("instructions", "temperature", "top_p", "truncation", "tool_choice", "previous_response_id", "metadata")
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": _STAMP,
        "status": "completed",
        "error": None,
        "model": f"{request.get('model')}-2024-08-06",
        "output": [item],
        "parallel_tool_calls": True,
        "tools": request.get("tools") or [],
        "text": {"format": {"type": "text"}},
        "temperature": 1.0,
        "top_p": 1.0,
        "truncation": "disabled",
        "tool_choice": "auto",
        "metadata": {},
        **{name: request[name] for name in echoed if name in request},
        "usage": {
            "input_tokens": 11,
            "input_tokens_details": {"cached_tokens": 2},
            "output_tokens": 7,
            "output_tokens_details": {"reasoning_tokens": 3},
            "total_tokens": 18,
        },
    }


def _message_item(request: dict[str, Any], number: int) -> dict[str, Any]:
    part = {"type": "output_text", "text": answer_text(request), "annotations": [], "logprobs": []}
    return {
        "type": "message",
        "id": f"msg_{number}",
        "status": "completed",
        "role": "assistant",
        "content": [part],
    }


def _function_call(tool: ToolCall, number: int) -> dict[str, Any]:
    return {
        "type": "function_call",
        "id": f"fc_{number}",
        "status": "completed",
        "call_id": f"call_{number}",
        "name": tool.name,
        "arguments": tool.text,
    }


def _response_events(request: dict[str, Any], number: int) -> Iterator[Any]:
    whole = _response(request, number)
    item = whole["output"][0]
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    empty: dict[str, Any] = {"arguments": ""} if item["type"] == "function_call" else {"content": []}
    added = {**item, **empty, "status": "in_progress"}
    steps: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": added},
        *(_argument_events(item) if "arguments" in item else _text_events(item)),
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    ]
    for sequence, step in enumerate(steps):
        yield step["type"], {**step, "sequence_number": sequence}


def _text_events(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    part = item["content"][0]
    at = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    yield {"type": "response.content_part.added", **at, "part": {**part, "text": ""}}
    for piece in part["text"].partition(" "):
        yield {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **at, "part": part}


def _argument_events(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    at = {"item_id": item["id"], "output_index": 0}
    for piece in words(item["arguments"]):
        yield {"type": "response.function_call_arguments.delta", **at, "delta": piece}
    done = {"name": item["name"], "arguments": item["arguments"]}
    yield {"type": "response.function_call_arguments.done", **at, **done}


def _embeddings(request: dict[str, Any], _number: int) -> dict[str, Any]:
    given = request.get("input")
    vector: Any = "AACAPwAAAEAAAEBA" if request.get("encoding_format") == "base64" else [1.0, 2.0, 3.0]
    count = len(given) if isinstance(given, list) else 1
    return {
        "object": "list",
        "data": [{"object": "embedding", "index": n, "embedding": vector} for n in range(count)],
        "model": request.get("model"),
        "usage": {"prompt_tokens": 5, "total_tokens": 5},
    }


_SHAPES: dict[str, tuple[Callable[..., Any], Callable[..., Any] | None]] = {
    "/chat/completions": (_chat, _chat_events),
    "/responses": (_response, _response_events),
    "/messages": (message, message_events),
    "/embeddings": (_embeddings, None),
}


def canned(method: str, path: str, request: Any, number: int) -> tuple[int, Any, list[Any] | None]:
    """Status, body and, where it streams, the events of a provider's answer to its ``number``-th request."""
    route = path.partition("?")[0]
    for suffix, (whole, events) in _SHAPES.items():
        if method == "POST" and isinstance(request, dict) and route.endswith(suffix):
            if request.get("stream") and events is not None:
                return 200, None, list(events(request, number))
            return 200, whole(request, number), None
    return 404, {"error": {"message": f"no such route: {method} {route}", "type": "not_found_error"}}, None
