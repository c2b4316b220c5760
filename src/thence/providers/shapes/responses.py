"""``/responses``: OpenAI's newer shape, in which an answer is a list of items and may repeat every setting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thence.providers.endpoint import COMMON, Content, Endpoint, Folded
from thence.providers.fold import append, grown, kept_beside, member
from thence.providers.sse import Event

__all__ = ["RESPONSES", "RESPONSES_COMPACT", "RESPONSES_READ", "choices", "fold"]

_DELTAS = {
    "response.output_text": ("content", "content_index", "text"),
    "response.refusal": ("content", "content_index", "refusal"),
    "response.reasoning_text": ("content", "content_index", "text"),
    "response.reasoning_summary_text": ("summary", "summary_index", "text"),
    "response.function_call_arguments": (None, None, "arguments"),
    "response.custom_tool_call_input": (None, None, "input"),
    "response.mcp_call_arguments": (None, None, "arguments"),
    "response.code_interpreter_call_code": (None, None, "code"),
    "response.apply_patch_call_operation_diff": ("operation", None, "diff"),
}
"""Where a text that comes as ``.delta`` and ``.done`` stands in its item: list or object, index in it, member."""

_PARTS = {
    "response.content_part": ("content", "content_index"),
    "response.reasoning_part": ("content", "content_index"),
    "response.reasoning_summary_part": ("summary", "summary_index"),
}
_PLACE = frozenset(
    {
        "type",
        "sequence_number",
        "event_id",
        "obfuscation",
        "item_id",
        "output_index",
        "content_index",
        "summary_index",
        "command_index",
    }
)
"""Members that say where an event belongs: one that holds nothing else says no more than that time goes by."""

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
    others: list[Event] = []
    complete, error = False, None
    for event in events:
        value = event.value if isinstance(event.value, dict) else {}
        kind = str(value.get("type") or event.name or "")
        complete = complete or kind in _ENDS
        if isinstance(value.get("response"), dict):
            body = {**body, **value["response"]}
        elif kind == "error" or (value.get("error") and not value.keys() & {"output_index", "item_id"}):
            error = value.get("error") or {name: told for name, told in value.items() if name != "type"}
            others.append(event)
        elif not value or not (_piece(output, kind, value) or value.keys() <= _PLACE):
            others.append(event)
    if body.get("output"):  # it holds what was told of its items
        others = [event for event in others if not isinstance(event.value, dict) or "output_index" not in event.value]
    elif output:
        body["output"] = [grown(output[index]) for index in sorted(output) if output[index]]
    return Folded(kept_beside(body, others), complete, error)


def _piece(output: dict[int, dict[str, Any]], kind: str, event: dict[str, Any]) -> bool:
    """Put a piece of an item where it belongs; False for one that no item is known to be made of."""
    index = event.get("output_index")
    if not isinstance(index, int):
        return False
    stem, _, step = kind.rpartition(".")
    if stem == "response.output_item" and isinstance(event.get("item"), dict):
        output[index] = dict(event["item"])
    elif stem in _PARTS:
        listed, position = _PARTS[stem]
        _at(output.setdefault(index, {}), listed, event.get(position)).update(member(event, "part"))
    elif stem in _DELTAS:
        _text(output.setdefault(index, {}), _DELTAS[stem], event, step)
    elif stem in _BESIDE:
        _BESIDE[stem](output.setdefault(index, {}), event, step)
    else:
        return False
    return True


def _text(item: dict[str, Any], where: tuple[str | None, str | None, str], event: dict[str, Any], step: str) -> None:
    """A piece of a text, or all of it."""
    inside, position, name = where
    into = item
    if inside and position:
        into = _at(item, inside, event.get(position))
    elif inside:
        into = item[inside] = dict(member(item, inside))
    if step == "delta" and isinstance(event.get("delta"), str):
        append(into, name, event["delta"])
    elif step == "done" and isinstance(event.get(name), str):
        into[name] = event[name]
    odds = event.get("logprobs")
    if isinstance(odds, list) and odds:
        _extend(into, "logprobs", odds, anew=step == "done")


def _extend(part: dict[str, Any], name: str, more: list[Any], *, anew: bool = False) -> None:
    known = part.get(name)
    if isinstance(known, list) and not anew:
        known.extend(more)
    else:
        part[name] = list(more)


def _annotation(item: dict[str, Any], event: dict[str, Any], step: str) -> None:
    del step
    _extend(_at(item, "content", event.get("content_index")), "annotations", [event.get("annotation")])


def _command(item: dict[str, Any], event: dict[str, Any], step: str) -> None:
    action = item["action"] = dict(member(item, "action"))
    commands = action["commands"] = list(action["commands"]) if isinstance(action.get("commands"), list) else []
    at = _index(event.get("command_index"))
    commands += ["" for _ in range(at + 1 - len(commands))]
    into = {"command": commands[at]}
    if step == "delta" and isinstance(event.get("delta"), str):
        append(into, "command", event["delta"])
    elif isinstance(event.get("command"), str):
        into["command"] = event["command"]
    commands[at] = into["command"]


def _printed(item: dict[str, Any], event: dict[str, Any], step: str) -> None:
    if step == "delta":
        into = _at(item, "output", event.get("command_index"))
        for name, piece in member(event, "delta").items():
            if isinstance(piece, str):
                append(into, name, piece)


def _image(item: dict[str, Any], event: dict[str, Any], step: str) -> None:
    """What is there of an image, the newest; the whole image comes as the item's result."""
    if step == "partial_image":
        item.update({name: value for name, value in event.items() if name not in _PLACE})


_BESIDE = {
    "response.output_text.annotation": _annotation,
    "response.shell_call_command": _command,
    "response.shell_call_output_content": _printed,
    "response.image_generation_call": _image,
}
"""Other pieces, by what begins their names."""


def _index(position: Any) -> int:
    return position if isinstance(position, int) and 0 <= position < _MOST_PARTS else 0


def _at(item: dict[str, Any], listed: str, position: Any) -> dict[str, Any]:
    """The part of an item at a position of one of its lists; made where it is not there yet."""
    parts = item[listed] = item[listed] if isinstance(item.get(listed), list) else []
    at = _index(position)
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
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
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
    "access_programs",
    "image",
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
