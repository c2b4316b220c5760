"""The canonical form of one item of context: what was said, whoever wrote it down and however.

An answer and its echo in a later request must be one item, or no conversation would link up; two different things
must never be one. Both are decided here, for the shapes whose vocabulary OpenAI and Anthropic made.

One item, however it is written:

- A string is one text part; ``text``, ``input_text`` and ``output_text`` are text. The same words are the same item in
  chat completions, Responses and Messages; ``system`` and ``instructions`` are a message of the role ``system``.
- Nulls and empty lists are absent, and so is an empty string beside tool calls.
- Arguments of a tool call are the JSON value they spell, however spaced, none being an empty object; text
  that spells no object stays text.
- What an API adds to its own answer is no part of it: ``id``, ``status`` and ``phase`` (where anything else identifies
  the item; the ids that tie a tool call to its result stay), ``index``, ``annotations``, ``logprobs``, and, in messages
  whose content is text, the model's reasoning and sources beside it (callers send them back or not; most don't).
- An assistant's empty ``refusal`` or ``name`` is absent, and so is a name that is the role.
- ``cache_control``, ``cachePoint`` and ``prompt_cache_breakpoint`` are no content: they say where a cache ends and
  wander from turn to turn.
- What an SDK adds to an answer that it has parsed (``parsed``, ``parsed_arguments``) repeats what is there.

Everything else is content and stays: ``refusal``, ``name``, signatures of thinking blocks and of tool calls (without
which a vendor may refuse them), encrypted reasoning, citations, unknown fields. Text parts are not merged, roles not
unified, strings not normalised. The exact text of a request is kept beside this form, so nothing depends on it but
identity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from thence.providers.exact import canonical_text, loads

__all__ = ["Canonical", "Item", "instruction", "message", "plain", "pruned", "seal"]


class Canonical(msgspec.Struct, frozen=True):
    """The identity of an item: what is hashed. ``text`` is canonical JSON; see the module."""

    content_type: str
    role: str | None
    text: str


Former = Callable[[str, Any], Canonical]
"""Gives the canonical form of a value that stood in a field."""


class Item:
    """One item of context: the field it stood in, its exact JSON text, its value; its canonical form on demand."""

    __slots__ = ("_canonical", "_former", "field", "text", "value")

    def __init__(self, field: str, text: str, value: Any, former: Former) -> None:
        self.field = field
        self.text = text
        self.value = value
        self._former = former
        self._canonical: Canonical | None = None

    @property
    def canonical(self) -> Canonical:
        """What this item is, however it was written. A value nested too deeply is its own text."""
        if self._canonical is None:
            try:
                self._canonical = self._former(self.field, self.value)
            except (RecursionError, TypeError, ValueError):
                self._canonical = Canonical("freeform", None, self.text)
        return self._canonical

    def __repr__(self) -> str:
        return f"Item({self.field!r}, {self.text!r})"


_NO_CONTENT = frozenset(
    {
        "cache_control",
        "prompt_cache_breakpoint",
        "annotations",
        "logprobs",
        "index",
        "parsed",
        "parsed_arguments",
        "parsed_output",
        "estimated_tokens",
    }
)
_OPAQUE = frozenset({"input", "arguments", "args", "json", "parameters"})
_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})
_BESIDE_THE_ANSWER = _NO_CONTENT | {
    "id",
    "status",
    "phase",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "reasoning_opaque",
    "reasoning_steps",
    "reasoning_text",
    "thinking",
    "thinking_blocks",
    "tool_plan",
    "citations",
    "context",
    "extra_content",
    "provider_specific_fields",
    "end_turn",
    "search_results",
    "executed_tools",
    "token_id",
}


def seal(content_type: str, role: str | None, value: Any) -> Canonical:
    """The canonical form of a value that has been brought into its neutral shape."""
    return Canonical(content_type, role, canonical_text(value))


def pruned(value: Any) -> Any:
    """A value without nulls, empty lists and what is no content, at every depth; arguments are left as they are."""
    if isinstance(value, dict):
        return {
            name: member if name in _OPAQUE else pruned(member)
            for name, member in value.items()
            if member is not None and (member != [] or name in _OPAQUE) and name not in _NO_CONTENT
        }
    if isinstance(value, list):
        return [pruned(member) for member in value]
    return value


def plain(content: Any) -> Any:
    """Content with its text parts in one form; a lone text part is a string."""
    if not isinstance(content, list):
        return pruned(content)
    parts = [_part(part) for part in content]
    if len(parts) == 1 and isinstance(parts[0], dict) and parts[0].keys() == {"type", "text"}:
        only = parts[0]
        if only["type"] == "text" and isinstance(only["text"], str):
            return only["text"]
    return parts


def _part(part: Any) -> Any:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if not isinstance(part, dict):
        return part
    kept: dict[str, Any] = pruned(part)
    kind = kept.get("type")
    if kind in _TEXT_PARTS:
        kept["type"] = "text"
    elif kind == "tool_result" and "content" in kept:
        kept["content"] = plain(part["content"])
    if kept.get("caller") == {"type": "direct"}:  # as it is where nothing is said
        del kept["caller"]
    if kept.get("closed") is True:
        del kept["closed"]
    return kept


def instruction(field: str, value: Any) -> Canonical:
    """A system prompt that stands in a field of its own."""
    del field
    return seal("instruction", "system", {"role": "system", "content": plain(value)})


def message(field: str, value: Any) -> Canonical:
    """An element of ``messages`` or ``input``, or the system prompt beside it."""
    if field in {"system", "instructions"}:
        return instruction(field, value)
    if isinstance(value, str):
        value = {"role": "user", "content": value}
    if not isinstance(value, dict):
        return seal("freeform", None, value)
    kind = value.get("type")
    if "role" in value and kind in {None, "message"}:
        return _spoken(value)
    return _typed(value, kind if isinstance(kind, str) else "")


def _spoken(value: dict[str, Any]) -> Canonical:
    """A message with a role."""
    kept: dict[str, Any] = {name: pruned(member) for name, member in value.items() if name not in _BESIDE_THE_ANSWER}
    kept = {name: member for name, member in kept.items() if member is not None and member != []}
    kept.pop("type", None)
    if kept.get("prefix") is False:  # as it is where nothing is said
        del kept["prefix"]
    if value["role"] == "assistant":
        kept = {name: member for name, member in kept.items() if member not in _SAYING_NOTHING.get(name, ())}
    calls = kept.get("tool_calls")
    if isinstance(calls, list):
        kept["tool_calls"] = [_called(call) for call in calls]
    call = kept.get("function_call")
    if isinstance(call, dict) and "arguments" in call:
        kept["function_call"] = {**call, "arguments": _spelled(call["arguments"])}
    if "content" in kept:
        kept["content"] = plain(value["content"])
        if kept["content"] == "" and (calls or call):
            del kept["content"]
    audio = kept.get("audio")
    if isinstance(audio, dict) and "id" in audio:
        kept["audio"] = {"id": audio["id"]}  # all that an echo may hold
    role = value["role"] if isinstance(value["role"], str) else None
    return seal(_kind_of(role, kept), role, kept)


_SAYING_NOTHING = {"refusal": ("",), "name": ("", "assistant")}


def _kind_of(role: str | None, kept: dict[str, Any]) -> str:
    if role in {"system", "developer"}:
        return "instruction"
    if role in {"tool", "function"}:
        return "tool_result"
    content = kept.get("content")
    if isinstance(content, list) and content:
        kinds = {part.get("type") for part in content if isinstance(part, dict)}
        if kinds == {"tool_result"}:
            return "tool_result"
        if kinds == {"tool_use"}:
            return "tool_call"
    if "content" not in kept and ("tool_calls" in kept or "function_call" in kept):
        return "tool_call"
    return "dialogue"


def _called(call: Any) -> Any:
    """A tool call with its arguments as the value that they spell."""
    if not isinstance(call, dict):
        return call
    kept = dict(call)
    function = kept.get("function")
    if isinstance(function, dict):
        kept.setdefault("type", "function")
        if "arguments" in function:
            kept["function"] = {**function, "arguments": _spelled(function["arguments"])}
    return kept


def _spelled(arguments: Any) -> Any:
    """The object that an argument string spells; the string itself where it spells none, {} where empty."""
    if not isinstance(arguments, str):
        return arguments
    try:
        value = loads(arguments or "{}")
    except (ValueError, RecursionError):
        return arguments
    return value if isinstance(value, dict) else arguments


def _typed(value: dict[str, Any], kind: str) -> Canonical:
    """An item of the Responses API that is no message."""
    kept: dict[str, Any] = pruned(value)
    if kept.keys() == {"id"}:  # a reference, which needs no type
        kept["type"] = "item_reference"
    kept.pop("status", None)
    if kind == "image_generation_call" and "id" in kept:
        kept = {"type": kind, "id": kept["id"]}  # all that an echo may hold
    elif kept.keys() - {"type", "id"}:
        kept.pop("id", None)
    if kind == "function_call":
        named = {name: kept.pop(name) for name in ("name", "arguments") if name in kept}
        if "call_id" in kept:
            kept["id"] = kept.pop("call_id")
        call = {**kept, "type": "function", "function": named}
        return seal("tool_call", "assistant", {"role": "assistant", "tool_calls": [_called(call)]})
    if kind == "function_call_output" and "call_id" in kept:
        rest = {name: member for name, member in kept.items() if name not in {"type", "call_id", "output"}}
        said = {"role": "tool", "tool_call_id": kept["call_id"], "content": plain(value.get("output")), **rest}
        return seal("tool_result", "tool", said)
    if kind.endswith("_output"):
        return seal("tool_result", "tool", {**kept, "output": plain(value.get("output"))})
    if kind == "reasoning":
        return seal("reasoning", "assistant", kept)
    if kind.endswith("_call"):
        return seal("tool_call", "assistant", kept)
    return seal("artifact" if kind == "compaction" else "freeform", None, kept)
