"""A context in the words of a vendor's API.

Canonical values speak the language of chat completions, with the parts that other vendors added as they are. A target
takes what it has a word for: a tool's call and result, text, images and files go over (:mod:`thence.compile.parts`);
what it has none for (another vendor's signed thoughts) is left out.

==============  =====================================================================
``openai``      ``messages`` of ``/v1/chat/completions``
``litellm``     the same
``responses``   ``input`` of ``/v1/responses``
``anthropic``   ``system`` and ``messages`` of ``/v1/messages``; one message a turn
==============  =====================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from thence.compile.effective import Link
from thence.compile.parts import anthropic_part, chat_part, kind_of, responses_part
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
    if link.content_type == "artifact" and "kind" in value:  # of a hand's; a provider's is an item of its API
        return {"role": value.get("role"), "content": value.get("content")}
    if "tool_calls" in value:
        value["tool_calls"] = [_spelled(call) for call in value["tool_calls"]]
        value.setdefault("content", None)
    if isinstance(value.get("function_call"), dict):
        value["function_call"] = _spelled({"function": value["function_call"]})["function"]
        value.setdefault("content", None)
    return value


def _spelled(call: Any) -> Any:
    """A tool call with its arguments as text, as chat completions want them."""
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or isinstance(function.get("arguments"), str):
        return call
    return {**call, "function": {**function, "arguments": dumps(function.get("arguments", {}))}}


def request(target: str, messages: Sequence[Value], config: Mapping[str, Any]) -> Value:
    """The body of a request: the context in the words of ``target``, and the settings of ``config`` as they are.

    Those that name a context which the provider keeps are left out: all of it is here.
    """
    members = _WRITERS[target](messages)
    settings = {name: value for name, value in config.items() if name not in members and name not in _KEPT_ELSEWHERE}
    return {**settings, **members}


_KEPT_ELSEWHERE: Final = frozenset({"previous_response_id", "conversation", "thread"})


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
    for said in _split(message):
        content = _written(said.get("content"), chat_part)
        if said["role"] in _RESULTS:
            yield {**said, "content": content or ""}
        elif content != []:
            yield said if content is None else {**said, "content": content}
        elif said.keys() - {"role", "content"}:
            yield {**said, "content": None}


_RESULTS: Final = frozenset({"tool", "function"})


def _split(message: Value) -> Iterator[Value]:
    """A message as chat completions cut it: results of tools by themselves, calls of tools beside the content."""
    if "role" not in message:
        return
    content = message.get("content")
    if not isinstance(content, list):
        yield message
        return
    for part in content:
        if kind_of(part) == "tool_result":
            yield {"role": "tool", "tool_call_id": part.get("tool_use_id"), "content": part.get("content", "")}
    kept = [part for part in content if kind_of(part) not in ("tool_use", "tool_result")]
    calls = [_chat_call(part) for part in content if kind_of(part) == "tool_use"]
    if kept or calls or not content:
        said = {**message, "content": kept}
        yield {**said, "tool_calls": calls} if calls else said


def _written(content: Any, write: Callable[[Any], Any]) -> Any:
    """Content with its parts as ``write`` gives them, without those that it has no word for."""
    if not isinstance(content, list):
        return content
    return [part for part in map(write, content) if part is not None]


def _chat_call(part: Value) -> Value:
    function = {"name": part.get("name"), "arguments": dumps(part.get("input", {}))}
    return {"id": part.get("id"), "type": "function", "function": function}


def _calls(message: Value) -> list[Value]:
    """The tools that a message calls. The API that knew one call a turn named it, and its result, by the function."""
    calls = [call for call in message.get("tool_calls") or () if isinstance(call, dict)]
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        calls.append({"id": legacy.get("name"), "type": "function", "function": legacy})
    return calls


def _responses(messages: Iterable[Value]) -> Value:
    custom: set[Any] = set()
    return {"input": [item for message in messages for item in _items(message, custom)]}


def _items(message: Value, custom: set[Any]) -> Iterator[Value]:
    """``custom``: the ids of the calls so far whose results have a word of their own."""
    if "role" not in message:
        must = _LISTS.get(str(message.get("type")))
        yield {must: [], **message} if must else message  # an item of this API already
        return
    for said in _split(message):
        role = said["role"]
        content = _written(said.get("content"), partial(responses_part, role="user" if role in _RESULTS else role))
        if role in _RESULTS:
            name = said.get("tool_call_id") or said.get("name")
            kind = "custom_tool_call_output" if name in custom else "function_call_output"
            yield {"type": kind, "call_id": name, "output": content or ""}
            continue
        if content not in (None, "", []):
            yield {"role": role, "content": content}
        for call in _calls(said):
            if call.get("type") == "custom":
                custom.add(call.get("id"))
            yield _called(call)


_LISTS: Final = MappingProxyType({"reasoning": "summary", "computer_call": "pending_safety_checks"})
"""Lists that an item must have though they are empty; a canonical value has none that are."""


def _called(call: Value) -> Value:
    """A tool's call as an item of the Responses API."""
    if call.get("type") == "custom":
        asked = call.get("custom") or {}
        named = {"type": "custom_tool_call", "call_id": call.get("id"), "name": asked.get("name")}
        return {**named, "input": asked.get("input", "")}
    function = call.get("function") or {}
    named = {"type": "function_call", "call_id": call.get("id"), "name": function.get("name")}
    return {**named, "arguments": function.get("arguments", "{}")}


def _anthropic(messages: Iterable[Value]) -> Value:
    system: list[Any] = []
    turns: list[Value] = []
    for message in messages:
        if message.get("role") in ("system", "developer"):
            system += _written(_parts(message.get("content")), anthropic_part)
        elif "role" in message and (blocks := _blocks(message)) != []:
            role = "assistant" if message["role"] == "assistant" else "user"
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
    written = _written(_parts(content), anthropic_part)
    if message["role"] in _RESULTS:
        name = message.get("tool_call_id") or message.get("name")
        return [{"type": "tool_result", "tool_use_id": name, "content": written or ""}]
    calls = _calls(message)
    return content if isinstance(content, str) and not calls else [*written, *map(_tool_use, calls)]


def _tool_use(call: Value) -> Value:
    if call.get("type") == "custom":  # its input is a text, and here inputs are objects
        asked = call.get("custom") or {}
        return {
            "type": "tool_use",
            "id": call.get("id"),
            "name": asked.get("name"),
            "input": {"input": asked.get("input")},
        }
    function = call.get("function") or {}
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
