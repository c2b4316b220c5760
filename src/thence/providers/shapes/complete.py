"""``/v1/complete``: Anthropic's shape before Messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thence.providers.endpoint import COMMON, Content, Endpoint, Folded, dig
from thence.providers.shapes.completions import continuation
from thence.providers.sse import Event

__all__ = ["COMPLETE"]


def _choices(body: Any) -> list[list[Any]]:
    return [[text] for text in dig(body, "completion") if isinstance(text, str)]


def _fold(events: Sequence[Event]) -> Folded:
    body: dict[str, Any] = {}
    texts: list[str] = []
    error = None
    for event in events:
        value = event.value
        if not isinstance(value, dict) or value.get("type") == "ping":
            continue
        error = value.get("error") or error
        texts += [value["completion"]] if isinstance(value.get("completion"), str) else []
        body.update({name: member for name, member in value.items() if member is not None or name not in body})
    body["completion"] = "".join(texts)
    return Folded(body, bool(body.get("stop_reason")), error)


COMPLETE = Endpoint(
    name="complete",
    operation="text_completion",
    routes=("/v1/complete",),
    content=(Content("prompt"),),
    former=continuation,
    choices=_choices,
    fold=_fold,
    finish=("stop_reason",),
    common={**COMMON, "max_tokens": ("max_tokens_to_sample",)},
    injected={"stream": True},
)
