"""What a function that talks to a model said: its return value, read as an answer in a wire shape that is known.

Thence reads answers by tables of wire shapes; so an answer that comes back as an SDK's object, a dict or plain text is
written in one of those shapes, and nothing later needs to know that it never was on a wire that Thence saw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import json

from thence.frames import plain

__all__ = ["CHAT", "Said", "said", "said_in_pieces", "simple"]

CHAT = "/v1/chat/completions"

# The shape of an answer by the members that only it has. The first row that fits counts.
_SHAPES: tuple[tuple[str, Callable[[Mapping[str, Any]], bool]], ...] = (
    ("/v1/responses", lambda body: body.get("object") == "response" and isinstance(body.get("output"), list)),
    ("/v1/completions", lambda body: _first(body, "choices", "text")),
    (CHAT, lambda body: _first(body, "choices", "message") or _first(body, "choices", "delta")),
    ("/v1/messages", lambda body: body.get("type") == "message" and isinstance(body.get("content"), list)),
    ("/v1/embeddings", lambda body: _first(body, "data", "embedding")),
)
_TEXTS = ("text", "content", "output_text", "answer", "response", "completion", "message")
_FACTS = ("id", "model", "usage", "created", "service_tier", "system_fingerprint")


class Said:
    """An answer: the route whose shape it has, its body, and whose it is."""

    __slots__ = ("body", "kind", "provider", "route")

    def __init__(self, route: str, body: bytes, *, provider: str | None = None, kind: str = "application/json") -> None:
        self.route = route
        self.body = body
        self.provider = provider
        self.kind = kind


def _first(body: Mapping[str, Any], member: str, needed: str) -> bool:
    found = body.get(member)
    return isinstance(found, list) and bool(found) and isinstance(found[0], dict) and needed in found[0]


def simple(value: Any, depth: int = 32) -> Any:
    """``value`` as JSON can hold it; SDK objects (which are Pydantic models) as the dicts that they stand for."""
    if depth and not isinstance(value, type) and callable(getattr(type(value), "model_dump", None)):
        return simple(value.model_dump(mode="json", exclude_unset=True), depth - 1)
    if depth and isinstance(value, Mapping):
        return {str(name): simple(item, depth - 1) for name, item in value.items()}
    if depth and isinstance(value, (list, tuple)):
        return [simple(item, depth - 1) for item in value]
    return plain(value)


def said(result: Any) -> Said | None:
    """The answer that ``result`` is; None where it is none (``None``, or an object that is no answer of any kind)."""
    provider = type(result).__module__.partition(".")[0]
    if isinstance(result, str):
        return _text({"text": result})
    body = simple(result)
    if not isinstance(body, dict) or "$type" in body:
        return None
    for route, fits in _SHAPES:
        if fits(body):
            return Said(route, json.encode(body), provider=body.get("provider") or _package(provider))
    return _text(body)


def said_in_pieces(pieces: Sequence[Any]) -> Said | None:
    """The answer that a generator passed on piece by piece: text, or the events of a provider's stream."""
    if not pieces:
        return None
    if all(isinstance(piece, str) for piece in pieces):
        return _text({"text": "".join(pieces)})
    return _events([simple(piece) for piece in pieces], type(pieces[0]).__module__.partition(".")[0])


def _package(name: str) -> str | None:
    return None if name in {"builtins", "collections", "__main__"} else name


def _text(body: Mapping[str, Any]) -> Said | None:
    """An answer that is text with some facts beside it, as a chat completion."""
    text = next((body[name] for name in _TEXTS if isinstance(body.get(name), str)), None)
    if text is None and "usage" not in body:
        return None
    choice: dict[str, Any] = {"index": 0, "message": {"role": "assistant", "content": text}}
    finish = body.get("finish_reason") or body.get("stop_reason")
    choice["finish_reason"] = finish if isinstance(finish, str) else None
    facts = {name: body[name] for name in _FACTS if body.get(name) is not None}
    provider = body.get("provider")
    encoded = json.encode({"object": "chat.completion", **facts, "choices": [choice]})
    return Said(CHAT, encoded, provider=provider if isinstance(provider, str) else None)


def _events(items: Sequence[Any], package: str) -> Said | None:
    """The pieces of a stream that a generator passed on, as the event stream that they came from."""
    first = items[0]
    if not isinstance(first, dict):
        return None
    kind = first.get("type")
    route = CHAT
    if isinstance(kind, str):
        route = "/v1/responses" if kind.startswith("response.") else "/v1/messages"
    elif not _first(first, "choices", "delta") and "choices" not in first:
        return None
    lines = [b"data: " + json.encode(item) + b"\n\n" for item in items]
    return Said(route, b"".join(lines), provider=_package(package), kind="text/event-stream")
