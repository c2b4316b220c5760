"""A message of chat completions in the words of another shape: as a gateway sends it back there.

A gateway (LiteLLM) asks in the shape of the API behind it, and may give the answer in that of chat completions alone.
Thoughts come first. Of a streamed answer that calls no tools they don't: who gathers a streamed text keeps just that.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from thence.providers.endpoint import dig
from thence.providers.exact import loads

__all__ = ["as_blocks", "as_parts"]

Value = dict[str, Any]


def as_blocks(message: Value, streamed: bool) -> Value:
    """The message in Anthropic's blocks."""
    content = message.get("content") or []
    said = content if isinstance(content, list) else [{"type": "text", "text": content}]
    calls = [
        {"type": "tool_use", "id": call.get("id"), "name": function.get("name"), "input": _arguments(function)}
        for call, function in _calls(message)
    ]
    thoughts = dig(message, "thinking_blocks.*") if calls or not streamed else ()
    return {"role": "assistant", "content": [*thoughts, *said, *calls]}


def as_parts(message: Value, streamed: bool) -> Value:
    """The message in Gemini's parts."""
    said = [{"text": message["content"]}] if message.get("content") else []
    calls = [
        {
            "functionCall": {"name": function.get("name"), "args": _arguments(function)},
            "thoughtSignature": next(dig(call, "provider_specific_fields.thought_signature"), None),
        }
        for call, function in _calls(message)
    ]
    thought = message.get("reasoning_content") if calls or not streamed else None
    return {"role": "model", "parts": [*([{"text": thought, "thought": True}] if thought else []), *said, *calls]}


def _calls(message: Value) -> list[tuple[Value, Value]]:
    """The tool calls of a message, each with what it says of its function."""
    calls = [call for call in dig(message, "tool_calls.*") if isinstance(call, dict)]
    return [(call, function) for call in calls for function in dig(call, "function") if isinstance(function, dict)]


def _arguments(function: Value) -> Any:
    """The value that a call's arguments spell; those that were cut off stay as they came."""
    arguments = function.get("arguments") or "{}"
    with suppress(TypeError, ValueError, RecursionError):
        return loads(arguments)
    return arguments
