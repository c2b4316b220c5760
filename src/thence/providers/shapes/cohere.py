"""Cohere's chat: version 2, close to chat completions, and version 1, in which the newest message stands alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thence.providers.canonical import Canonical, instruction, message
from thence.providers.endpoint import COMMON, Content, Endpoint, Folded, dig
from thence.providers.fold import grown, merge
from thence.providers.shapes.embeddings import material
from thence.providers.sse import Event

__all__ = ["COHERE", "COHERE_EMBED", "COHERE_V1", "RERANK"]

_ROLES = {"USER": "user", "CHATBOT": "assistant", "SYSTEM": "system", "TOOL": "tool"}
_COMMON = {**COMMON, "top_p": ("p",), "top_k": ("k",), "stop": ("stop_sequences",)}


def _choices(body: Any) -> list[list[Any]]:
    return [[said] for said in dig(body, "message") if isinstance(said, dict)]


def _fold(events: Sequence[Event]) -> Folded:
    """Events as one answer: parts and tool calls by their index, and what the last event says of the whole."""
    body: dict[str, Any] = {}
    said: dict[str, Any] = {}
    complete = False
    for event in events:
        value = event.value
        if not isinstance(value, dict):
            continue
        delta = value.get("delta")
        delta = delta if isinstance(delta, dict) else {}
        piece = delta.get("message")
        if isinstance(piece, dict):
            index = value.get("index", 0)
            merge(said, {name: _placed(name, member, index) for name, member in piece.items()})
        if value.get("type") == "message-end":
            complete = True
            body.update(delta)
        if value.get("id"):
            body["id"] = value["id"]
    if said:
        body["message"] = _unplaced(grown(said))
    return Folded(body, complete, body.get("error"))


def _placed(name: str, member: Any, index: Any) -> Any:
    """A part or tool call as an entry of a list, so that pieces of one index meet."""
    if name in {"content", "tool_calls", "citations"} and isinstance(member, dict):
        return [{"index": f"{name}:{index}", **member}]
    return member


def _unplaced(said: dict[str, Any]) -> dict[str, Any]:
    for name in ("content", "tool_calls", "citations"):
        for entry in dig(said, f"{name}.*"):
            if isinstance(entry, dict):
                entry.pop("index", None)
    return said


COHERE = Endpoint(
    name="cohere_chat",
    operation="chat",
    routes=("/v2/chat",),
    content=(Content("messages", growing=True),),
    choices=_choices,
    fold=_fold,
    finish=("finish_reason",),
    error=("error",),
    common=_COMMON,
    conversation=True,
)


def _turn(field: str, value: Any) -> Canonical:
    """A turn of version 1 as a message; the newest one is the user's."""
    if field == "preamble":
        return instruction(field, value)
    if field == "message":
        return message(field, {"role": "user", "content": value})
    if isinstance(value, dict) and "role" in value:
        rest = {name: member for name, member in value.items() if name not in {"role", "message"}}
        value = {"role": _ROLES.get(value["role"], value["role"]), "content": value.get("message"), **rest}
    return message(field, value)


def _v1_choices(body: Any) -> list[list[Any]]:
    if not isinstance(body, dict) or not isinstance(body.get("text"), str):
        return []
    calls = {"tool_calls": body["tool_calls"]} if body.get("tool_calls") else {}
    return [[{"role": "CHATBOT", "message": body["text"], **calls}]]


def _v1_fold(events: Sequence[Event]) -> Folded:
    """The last event holds the whole; without it, the pieces of text."""
    body: dict[str, Any] = {}
    texts: list[str] = []
    for event in events:
        value = event.value
        if isinstance(value, dict):
            if isinstance(value.get("response"), dict):
                return Folded({**body, **value["response"], "finish_reason": value.get("finish_reason")}, complete=True)
            body.update({name: value[name] for name in ("generation_id",) if name in value})
            texts += [value["text"]] if isinstance(value.get("text"), str) else []
    return Folded({**body, "text": "".join(texts)}, complete=False)


COHERE_V1 = Endpoint(
    name="cohere_chat_v1",
    operation="chat",
    routes=("/v1/chat",),
    content=(Content("preamble"), Content("chat_history", growing=True), Content("message")),
    former=_turn,
    choices=_v1_choices,
    fold=_v1_fold,
    id=("generation_id", "response_id"),
    finish=("finish_reason",),
    usage=("meta", "token_count"),
    error=("error",),
    common=_COMMON,
    conversation=True,
)

COHERE_EMBED = Endpoint(
    name="cohere_embeddings",
    operation="embeddings",
    routes=("/v1/embed", "/v2/embed"),
    content=(Content("texts"), Content("inputs"), Content("images")),
    former=material,
    usage=("meta",),
)

RERANK = Endpoint(
    name="rerank",
    operation="rerank",
    routes=("/rerank",),
    content=(Content("query"), Content("documents")),
    former=material,
    usage=("usage", "meta"),
)
