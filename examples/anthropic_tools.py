"""Anthropic's SDK with streaming and tools: what streams past is recorded whole, tool call and result included.
The small model on this machine calls no tools, so the answers are recorded ones, sent over a real socket.
Runs on ``thence.testing``'s provider: ``pip install 'thence[anthropic]'``, then ``python examples/anthropic_tools.py``.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import anthropic

import thence
from thence.testing import Answer, Provider

TOOL: Any = {
    "name": "tide",
    "description": "When the tide is high at a place.",
    "input_schema": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
}


def stream(block: dict[str, Any], deltas: list[dict[str, Any]], stop: str, tokens: int) -> Answer:
    """An answer of one block, as Anthropic streams it."""
    message = {"id": f"msg_{tokens}", "type": "message", "role": "assistant", "model": "claude-opus-4-5-20251101"}
    usage = {"input_tokens": 60, "output_tokens": 1}
    return Answer.sse(
        [
            ("message_start", {"type": "message_start", "message": {**message, "content": [], "usage": usage}}),
            ("content_block_start", {"type": "content_block_start", "index": 0, "content_block": block}),
            *(("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}) for delta in deltas),
            ("content_block_stop", {"type": "content_block_stop", "index": 0}),
            (
                "message_delta",
                {"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": tokens}},
            ),
            ("message_stop", {"type": "message_stop"}),
        ],
        done=False,
    )


def main() -> None:
    """A question, a tool call, its result, the answer."""
    asks = [{"type": "input_json_delta", "partial_json": piece} for piece in ('{"place"', ': "Dover"}')]
    says = [{"type": "text_delta", "text": piece} for piece in ("High tide at Dover ", "is at 14:20.")]
    with Provider() as provider:
        provider.answer(
            stream({"type": "tool_use", "id": "toolu_1", "name": "tide", "input": {}}, asks, "tool_use", 22),
            stream({"type": "text", "text": ""}, says, "end_turn", 11),
        )
        client = thence.wrap(anthropic.Anthropic(base_url=provider.url, api_key="none"))
        messages: list[Any] = [{"role": "user", "content": "When is the tide high at Dover?"}]
        while True:
            with client.messages.stream(
                model="claude-opus-4-5", max_tokens=200, messages=messages, tools=[TOOL]
            ) as answer:
                for text in answer.text_stream:
                    print(text, end="", flush=True)
            message = answer.get_final_message()
            calls = [block for block in message.content if block.type == "tool_use"]
            if not calls:
                break
            messages.append({"role": "assistant", "content": [block.model_dump() for block in message.content]})
            results = [{"type": "tool_result", "tool_use_id": call.id, "content": "14:20"} for call in calls]
            messages.append({"role": "user", "content": results})
    print("\n\n$ thence log --graph", flush=True)
    subprocess.run([sys.executable, "-m", "thence.cli", "log", "--graph"], check=True)


if __name__ == "__main__":
    main()
