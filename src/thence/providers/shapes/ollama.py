"""Ollama's own ``/api/chat`` and ``/api/generate``: lines of JSON, counts beside the answer, ``options`` apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thence.providers.endpoint import Content, Endpoint, Folded, dig
from thence.providers.fold import grown, merge
from thence.providers.shapes.completions import continuation
from thence.providers.sse import Event

__all__ = ["OLLAMA_CHAT", "OLLAMA_GENERATE"]


def _fold(events: Sequence[Event]) -> Folded:
    """Lines as one answer; all but the text is what the last line says."""
    body: dict[str, Any] = {}
    pieces: dict[str, Any] = {}
    for event in events:
        if isinstance(event.value, dict):
            texts = {name: event.value[name] for name in ("message", "response", "thinking") if name in event.value}
            merge(pieces, texts)
            body.update({name: value for name, value in event.value.items() if name not in texts})
    return Folded({**body, **grown(pieces)}, bool(body.get("done")), body.get("error"))


def _said(body: Any) -> list[list[Any]]:
    return [[message] for message in dig(body, "message") if isinstance(message, dict)]


def _response(body: Any) -> list[list[Any]]:
    return [[text] for text in dig(body, "response") if isinstance(text, str)]


_COMMON = {
    "request.model": ("model",),
    "max_tokens": ("options.num_predict",),
    "stream": ("stream",),
    **{
        name: (f"options.{name}",)
        for name in ("temperature", "top_p", "top_k", "stop", "seed", "frequency_penalty", "presence_penalty")
    },
}
_COUNTED = (
    "prompt_eval_count",
    "eval_count",
    "total_duration",
    "load_duration",
    "prompt_eval_duration",
    "eval_duration",
)

OLLAMA_CHAT = Endpoint(
    name="ollama_chat",
    operation="chat",
    routes=("/api/chat",),
    content=(Content("messages", growing=True),),
    choices=_said,
    fold=_fold,
    id=(),
    finish=("done_reason",),
    usage=(),
    counted=_COUNTED,
    common=_COMMON,
    conversation=True,
    provider="ollama",
)

OLLAMA_GENERATE = Endpoint(
    name="ollama_generate",
    operation="text_completion",
    routes=("/api/generate",),
    content=(Content("system"), Content("prompt")),
    former=continuation,
    choices=_response,
    fold=_fold,
    id=(),
    finish=("done_reason",),
    usage=(),
    counted=_COUNTED,
    common=_COMMON,
    provider="ollama",
)
