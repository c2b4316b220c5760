"""Anthropic's messages, for :mod:`thence.testing.canned`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from thence.testing.fitting import answer_text, forced_tool, words

__all__ = ["message", "message_events"]


def message(request: dict[str, Any], number: int) -> dict[str, Any]:
    """A whole answer."""
    tool = forced_tool(request)
    block: dict[str, Any] = {"type": "text", "text": answer_text(request)}
    if tool is not None:
        block = {"type": "tool_use", "id": f"toolu_{number}", "name": tool.name, "input": tool.arguments}
    return {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": request.get("model"),
        "content": [block],
        "stop_reason": "end_turn" if tool is None else "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 9,
            "cache_creation_input_tokens": 1,
            "cache_read_input_tokens": 2,
            "output_tokens": 7,
            "service_tier": "standard",
        },
    }


def message_events(request: dict[str, Any], number: int) -> Iterator[Any]:
    """The same answer as a stream: event names and values."""
    whole = message(request, number)
    block = whole["content"][0]
    empty: dict[str, Any]
    if block["type"] == "text":
        empty, deltas = {"text": ""}, [{"type": "text_delta", "text": piece} for piece in block["text"].partition(" ")]
    else:
        pieces = words(json.dumps(block["input"]))
        empty, deltas = {"input": {}}, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    usage = {**whole["usage"], "output_tokens": 1}
    steps: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**whole, "content": [], "stop_reason": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {**block, **empty}},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": whole["stop_reason"], "stop_sequence": None},
            "usage": {"output_tokens": whole["usage"]["output_tokens"]},
        },
        {"type": "message_stop"},
    ]
    for step in steps:
        yield step["type"], step
