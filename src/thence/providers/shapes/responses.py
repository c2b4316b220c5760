"""``/responses``: OpenAI's newer shape, in which an answer is a list of items and may repeat every setting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thence.providers.endpoint import COMMON, Content, Endpoint, Folded
from thence.providers.fold import append, grown, member
from thence.providers.sse import Event

__all__ = ["RESPONSES", "RESPONSES_COMPACT", "RESPONSES_READ", "choices", "fold"]

_DELTAS = {
    "response.output_text.delta": ("content", "content_index", "text"),
    "response.refusal.delta": ("content", "content_index", "refusal"),
    "response.reasoning_text.delta": ("content", "content_index", "text"),
    "response.reasoning_summary_text.delta": ("summary", "summary_index", "text"),
    "response.function_call_arguments.delta": (None, None, "arguments"),
    "response.custom_tool_call_input.delta": (None, None, "input"),
    "response.mcp_call_arguments.delta": (None, None, "arguments"),
    "response.code_interpreter_call_code.delta": (None, None, "code"),
}
"""Where a delta goes within its item: the list, the index in it, the member."""

_PARTS = {
    "response.content_part": ("content", "content_index"),
    "response.reasoning_summary_part": ("summary", "summary_index"),
}
_MOST_PARTS = 10_000
_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed", "response.done"})


def choices(body: Any) -> list[list[Any]]:
    """One choice of several items."""
    output = body.get("output") if isinstance(body, dict) else None
    return [output] if isinstance(output, list) and output else []


def fold(events: Sequence[Event]) -> Folded:
    """The response of the last event that carries one; where none came at the end, what the pieces before it make."""
    body: dict[str, Any] = {}
    output: dict[int, dict[str, Any]] = {}
    complete, error = False, None
    for event in events:
        value = event.value
        if not isinstance(value, dict):
            continue
        kind = str(value.get("type") or event.name or "")
        if isinstance(value.get("response"), dict):
            body = {**body, **value["response"]}
        complete = complete or kind in _ENDS
        if kind == "error" or (value.get("error") and "response" not in value):
            error = value.get("error") or value
        else:
            _piece(output, kind, value)
    if output and not body.get("output"):
        body["output"] = [grown(output[index]) for index in sorted(output)]
    return Folded(body, complete, error)


def _piece(output: dict[int, dict[str, Any]], kind: str, event: dict[str, Any]) -> None:
    index = event.get("output_index")
    if not isinstance(index, int):
        return
    stem, _, step = kind.rpartition(".")
    if stem == "response.output_item" and isinstance(event.get("item"), dict):
        output[index] = dict(event["item"])
    elif stem in _PARTS:
        listed, position = _PARTS[stem]
        _at(output.setdefault(index, {}), listed, event.get(position)).update(member(event, "part"))
    elif kind in _DELTAS and step == "delta" and isinstance(event.get("delta"), str):
        listed_in, position_in, name = _DELTAS[kind]
        into = output.setdefault(index, {})
        if listed_in and position_in:
            into = _at(into, listed_in, event.get(position_in))
        append(into, name, event["delta"])


def _at(item: dict[str, Any], listed: str, position: Any) -> dict[str, Any]:
    """The part of an item at a position of one of its lists; made where it is not there yet."""
    parts = item[listed] = item[listed] if isinstance(item.get(listed), list) else []
    at = position if isinstance(position, int) and 0 <= position < _MOST_PARTS else 0
    parts += [{} for _ in range(at + 1 - len(parts))]
    if not isinstance(parts[at], dict):
        parts[at] = {}
    part: dict[str, Any] = parts[at]
    return part


_ECHOED = (
    "model",
    "temperature",
    "top_p",
    "max_output_tokens",
    "max_tool_calls",
    "parallel_tool_calls",
    "presence_penalty",
    "frequency_penalty",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "text",
    "tool_choice",
    "top_logprobs",
    "truncation",
    "background",
    "previous_response_id",
    "user",
)

RESPONSES = Endpoint(
    name="responses",
    operation="chat",
    routes=("/responses",),
    content=(Content("instructions"), Content("input", growing=True)),
    choices=choices,
    fold=fold,
    finish=("incomplete_details.reason", "status"),
    echoed={name: name for name in _ECHOED},
    echoed_whole=("__verbose.generation_settings", "generation_settings"),
    common={**COMMON, "max_tokens": ("max_output_tokens",)},
    injected={"stream": True},
    conversation=True,
)

RESPONSES_COMPACT = Endpoint(
    name="responses_compact",
    operation="compact",
    routes=("/responses/compact",),
    content=RESPONSES.content,
    choices=choices,
    fold=fold,
    conversation=True,
)
"""A conversation made shorter: the answer's items are what the next call is asked in."""

RESPONSES_READ = Endpoint(
    name="responses_read",
    operation="chat",
    routes=("/responses/{response}",),
    methods=("GET",),
    choices=choices,
    fold=fold,
    finish=RESPONSES.finish,
    echoed=RESPONSES.echoed,
)
"""A background response, read later."""
