"""A context in the words of a vendor's API.

Canonical values speak the language of chat completions, with the parts that other vendors added as they are. A target
takes what it has a word for: a tool's call and result, text and images go over; what it has none for (another vendor's
signed thoughts) is left out.

==============  =====================================================================
``openai``      ``messages`` of ``/v1/chat/completions``
``litellm``     the same
``responses``   ``input`` of ``/v1/responses``
``anthropic``   ``system`` and ``messages`` of ``/v1/messages``; one message a turn
==============  =====================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from thence.compile.effective import Link
from thence.providers.exact import dumps, loads

__all__ = ["SHAPES", "TARGETS", "aggregated", "chat", "neutral", "request"]

Value = dict[str, Any]

SHAPES: Final = MappingProxyType(
    {"openai": "chat_completions", "litellm": "chat_completions", "responses": "responses", "anthropic": "messages"}
)
"""The wire shape of each target: a recorded call of that shape is given back as it was sent."""

TARGETS: Final = tuple(SHAPES)


def neutral(link: Link) -> Value:
    """The message of one commit: with a role where it has one, and never left out."""
    value = loads(link.text or "{}")
    if not isinstance(value, dict):
        return {"role": link.role or "user", "content": dumps(value)}
    if link.content_type == "freeform" and "payload" in value:
        payload = value["payload"]
        return {"role": link.role or "user", "content": payload if isinstance(payload, str) else dumps(payload)}
    if link.content_type == "artifact":
        return {"role": value.get("role"), "content": value.get("content")}
    if "tool_calls" in value:
        value["tool_calls"] = [_spelled(call) for call in value["tool_calls"]]
        value.setdefault("content", None)
    return value


def _spelled(call: Any) -> Any:
    """A tool call with its arguments as text, as chat completions want them."""
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or isinstance(function.get("arguments"), str):
        return call
    return {**call, "function": {**function, "arguments": dumps(function.get("arguments", {}))}}


def request(target: str, messages: Sequence[Value], config: Mapping[str, Any]) -> Value:
    """The body of a request: the context in the words of ``target``, and the settings of ``config`` as they are."""
    members = _WRITERS[target](messages)
    settings = {name: value for name, value in config.items() if name not in members}
    return {**settings, **members}


def aggregated(messages: Iterable[Value]) -> list[Value]:
    """Neighbours of one role, which hold nothing but content, as one message."""
    found: list[Value] = []
    for message in messages:
        before = found[-1] if found else None
        if before and before.keys() == message.keys() == {"role", "content"} and before["role"] == message["role"]:
            found[-1] = {"role": before["role"], "content": _joined(before["content"], message["content"])}
        else:
            found.append(message)
    return found


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, str) and isinstance(other, str):
        return f"{one}\n\n{other}"
    return [*_parts(one), *_parts(other)]


def _parts(content: Any) -> list[Any]:
    if content is None or content == "":
        return []
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def chat(messages: Iterable[Value]) -> Value:
    """Messages of chat completions."""
    return {"messages": [said for message in messages for said in _chat(message)]}


def _chat(message: Value) -> Iterator[Value]:
    if "role" not in message:
        return
    content = message.get("content")
    if not isinstance(content, list):
        yield message
        return
    kinds = {part.get("type") for part in content if isinstance(part, dict)}
    for part in content:
        if isinstance(part, dict) and part.get("type") == "tool_result":
            yield {"role": "tool", "tool_call_id": part.get("tool_use_id"), "content": part.get("content", "")}
    kept = [_chat_part(part) for part in content if _kind(part) not in _NO_CHAT]
    calls = [_chat_call(part) for part in content if _kind(part) == "tool_use"]
    if kept or calls or not kinds & _NO_CHAT:
        said = {**message, "content": kept or None}
        yield {**said, "tool_calls": calls} if calls else said


_NO_CHAT: Final = frozenset({"tool_use", "tool_result", "thinking", "redacted_thinking"})


def _kind(part: Any) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    return kind if isinstance(kind, str) else ""


def _chat_part(part: Any) -> Any:
    if _kind(part) == "image" and isinstance(part.get("source"), dict):
        source = part["source"]
        url = source.get("url") or f"data:{source.get('media_type')};base64,{source.get('data')}"
        return {"type": "image_url", "image_url": {"url": url}}
    if _kind(part) == "input_image":
        return {"type": "image_url", "image_url": {"url": part.get("image_url")}}
    return part


def _chat_call(part: Value) -> Value:
    function = {"name": part.get("name"), "arguments": dumps(part.get("input", {}))}
    return {"id": part.get("id"), "type": "function", "function": function}


def _responses(messages: Iterable[Value]) -> Value:
    return {"input": [item for message in messages for item in _items(message)]}


def _items(message: Value) -> Iterator[Value]:
    if "role" not in message:
        yield message  # an item of this API already
        return
    for said in _chat(message):
        if said["role"] == "tool":
            called = {"type": "function_call_output", "call_id": said.get("tool_call_id")}
            yield {**called, "output": _input_parts(said["content"], "user")}
            continue
        if said.get("content") not in (None, "", []):
            yield {"role": said["role"], "content": _input_parts(said["content"], said["role"])}
        for call in said.get("tool_calls", ()):
            function = call.get("function", {})
            named = {"type": "function_call", "call_id": call.get("id"), "name": function.get("name")}
            yield {**named, "arguments": function.get("arguments", "{}")}


def _input_parts(content: Any, role: str) -> Any:
    if not isinstance(content, list):
        return content
    text = "output_text" if role == "assistant" else "input_text"
    return [
        {**part, "type": text}
        if _kind(part) == "text"
        else {"type": "input_image", "image_url": part["image_url"].get("url")}
        if _kind(part) == "image_url"
        else part
        for part in content
    ]


def _anthropic(messages: Iterable[Value]) -> Value:
    system: list[Any] = []
    turns: list[Value] = []
    for message in messages:
        if message.get("role") in ("system", "developer"):
            system += _parts(message.get("content"))
        elif "role" in message:
            role = "assistant" if message["role"] == "assistant" else "user"
            blocks = _blocks(message)
            if turns and turns[-1]["role"] == role:
                turns[-1]["content"] = [*_parts(turns[-1]["content"]), *_parts(blocks)]
            else:
                turns.append({"role": role, "content": blocks})
    if not system:
        return {"messages": turns}
    alone = system[0]["text"] if len(system) == 1 and system[0].keys() == {"type", "text"} else system
    return {"system": alone, "messages": turns}


def _blocks(message: Value) -> Any:
    content = message.get("content")
    if message["role"] in ("tool", "function"):
        result = {"type": "tool_result", "tool_use_id": message.get("tool_call_id")}
        return [{**result, "content": [_block(part) for part in _parts(content)] if content else ""}]
    calls = message.get("tool_calls")
    if isinstance(content, str) and not calls:
        return content
    return [*(_block(part) for part in _parts(content)), *(_tool_use(call) for call in calls or ())]


def _block(part: Any) -> Any:
    if _kind(part) != "image_url":
        return part
    url = part["image_url"].get("url", "")
    head, comma, body = url.partition(";base64,")
    if comma and head.startswith("data:"):
        return {"type": "image", "source": {"type": "base64", "media_type": head[5:], "data": body}}
    return {"type": "image", "source": {"type": "url", "url": url}}


def _tool_use(call: Value) -> Value:
    function = call.get("function", {})
    try:
        spelled = loads(function.get("arguments") or "{}")
    except ValueError:
        spelled = {}
    return {"type": "tool_use", "id": call.get("id"), "name": function.get("name"), "input": spelled}


_WRITERS: Final[Mapping[str, Callable[[Iterable[Value]], Value]]] = {
    "openai": chat,
    "litellm": chat,
    "responses": _responses,
    "anthropic": _anthropic,
}
