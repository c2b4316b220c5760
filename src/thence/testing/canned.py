"""Answers in the shapes of the providers' own, for :class:`thence.testing.Provider`.

Each says back what it was asked, so that a test can tell one call from another: the answer's text is ``You said: …``.
Ids carry the number of the request, so that the same requests get the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["canned"]

_STAMP = 1_700_000_000


def _last_text(request: dict[str, Any]) -> str:
    """The newest text of a request in any of the shapes."""
    asked = request.get("messages") or request.get("input") or request.get("prompt") or ""
    while isinstance(asked, (list, dict)):
        if isinstance(asked, dict):
            asked = asked.get("content") or asked.get("text") or asked.get("output") or ""
        else:
            asked = asked[-1] if asked else ""
    return str(asked)


def _chat(request: dict[str, Any], number: int) -> dict[str, Any]:
    text = f"You said: {_last_text(request)}"
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
                "message": {"role": "assistant", "content": text, "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
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
    text = whole["choices"][0]["message"]["content"]
    yield {**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}
    for word in text.split(" "):
        piece = word if text.startswith(word) else f" {word}"
        yield {**head, "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    if (request.get("stream_options") or {}).get("include_usage"):
        yield {**head, "choices": [], "usage": whole["usage"]}


def _response(request: dict[str, Any], number: int) -> dict[str, Any]:
    echoed = ("instructions", "temperature", "top_p", "truncation", "tool_choice", "previous_response_id", "metadata")
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": _STAMP,
        "status": "completed",
        "error": None,
        "model": f"{request.get('model')}-2024-08-06",
        "output": [
            {
                "type": "message",
                "id": f"msg_{number}",
                "status": "completed",
                "role": "assistant",
                "content": [
                    {
                        "type": "output_text",
                        "text": f"You said: {_last_text(request)}",
                        "annotations": [],
                        "logprobs": [],
                    }
                ],
            }
        ],
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


def _response_events(request: dict[str, Any], number: int) -> Iterator[Any]:
    whole = _response(request, number)
    item = whole["output"][0]
    part = item["content"][0]
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    at = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    steps: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**item, "content": [], "status": "in_progress"},
        },
        {"type": "response.content_part.added", **at, "part": {**part, "text": ""}},
        *(
            {"type": "response.output_text.delta", **at, "delta": letter, "logprobs": []}
            for letter in part["text"].partition(" ")
        ),
        {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []},
        {"type": "response.content_part.done", **at, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    ]
    for sequence, step in enumerate(steps):
        yield step["type"], {**step, "sequence_number": sequence}


def _message(request: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": request.get("model"),
        "content": [{"type": "text", "text": f"You said: {_last_text(request)}"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 9,
            "cache_creation_input_tokens": 1,
            "cache_read_input_tokens": 2,
            "output_tokens": 7,
            "service_tier": "standard",
        },
    }


def _message_events(request: dict[str, Any], number: int) -> Iterator[Any]:
    whole = _message(request, number)
    text = whole["content"][0]["text"]
    usage = {**whole["usage"], "output_tokens": 1}
    steps: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**whole, "content": [], "stop_reason": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
            for piece in text.partition(" ")
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": whole["usage"]["output_tokens"]},
        },
        {"type": "message_stop"},
    ]
    for step in steps:
        yield step["type"], step


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
    "/messages": (_message, _message_events),
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
