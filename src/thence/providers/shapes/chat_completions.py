"""``/chat/completions``: OpenAI's first chat shape, spoken by most other hosts and by every local server.

Also LiteLLM's, Mistral's (parts as deltas), Azure's (the deployment in the path) and llama.cpp's, which says with
``verbose`` which settings it used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thence.providers.endpoint import COMMON, Content, Endpoint, Folded, dig
from thence.providers.fold import append, grown, keep, member, merge, place
from thence.providers.sse import Event

__all__ = ["CHAT_COMPLETIONS", "chunks", "fold"]

_FIRST = frozenset({"id", "object", "created", "model"})
"""Members of a chunk that name the answer: the first chunk that has them says; of the others the last one does."""


def choices(body: Any) -> list[list[Any]]:
    """The message of each choice: just what a caller sends back."""
    return [[message] for message in dig(body, "choices.*.message") if isinstance(message, dict)]


def fold(events: Sequence[Event]) -> Folded:
    """Chunks as one chat completion."""
    folded = chunks(events)
    for choice in folded.body["choices"]:
        message = choice.setdefault("message", {})
        message["role"] = message.get("role") or "assistant"
        message.setdefault("content", None)
    return folded


def chunks(events: Sequence[Event]) -> Folded:
    """Chunks as one completion. Usage is that of the last chunk which has any: some hosts repeat it, cumulative."""
    body: dict[str, Any] = {}
    found: dict[int, dict[str, Any]] = {}
    done, error = False, None
    for event in events:
        if event.data.startswith("[DONE]"):
            done = True
            break
        chunk = _chunk(event)
        error = chunk.get("error") or error
        for name, value in chunk.items():
            if name == "choices":
                _choices(found, value)
            elif not (name in _FIRST and body.get(name)):
                keep(body, name, value)
    kind = body.get("object")
    if isinstance(kind, str) and kind.startswith("chat."):
        body["object"] = "chat.completion"
    body["choices"] = [grown(found[index]) for index in sorted(found)]
    finished = bool(found) and all(choice.get("finish_reason") for choice in found.values())
    return Folded(body, done or finished, error)


def _chunk(event: Event) -> dict[str, Any]:
    """What an event says. An error may be told by the event's name, or by an object that is nothing else."""
    chunk = event.value
    if not isinstance(chunk, dict):
        return {"error": event.data} if event.name == "error" else {}
    if (event.name == "error" or chunk.get("object") == "error") and not chunk.get("error"):
        return {"error": chunk}
    return chunk


def _choices(found: dict[int, dict[str, Any]], chunk: Any) -> None:
    for choice in chunk if isinstance(chunk, list) else []:
        if not isinstance(choice, dict):
            continue
        into = found.setdefault(place(choice), {})
        for name, value in choice.items():
            if name in {"delta", "message"}:
                if isinstance(value, dict) and (name == "delta" or not isinstance(choice.get("delta"), dict)):
                    merge(into.setdefault("message", {}), value)  # beside a delta, `message` is what has come so far
            elif name == "logprobs" and isinstance(value, dict):
                into["logprobs"] = member(into, "logprobs")
                merge(into["logprobs"], value)
            elif name == "text" and isinstance(value, str):
                append(into, "text", value)
            elif isinstance(value, list):
                before = into.get(name)
                into[name] = before if isinstance(before, list) else []
                into[name] += value
            else:
                keep(into, name, value)


CHAT_COMPLETIONS = Endpoint(
    name="chat_completions",
    operation="chat",
    routes=("/chat/completions", "/agents/completions"),
    content=(Content("messages", growing=True),),
    choices=choices,
    fold=fold,
    finish=("choices.*.finish_reason",),
    usage=("usage", "x_groq.usage", "choices.*.usage"),
    error=("error", "choices.*.error", "x_groq.error"),
    echoed={"model": "model", "service_tier": "service_tier", "seed": "choices.*.seed"},
    echoed_whole=("__verbose.generation_settings", "generation_settings"),
    common={**COMMON, "top_k": ("top_k",), "max_tokens": ("max_completion_tokens", "max_tokens")},
    injected={"stream": True},
    conversation=True,
)
