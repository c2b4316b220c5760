"""``/completions``: a prompt and its continuation, before there was chat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thence.providers.canonical import Canonical, seal
from thence.providers.endpoint import Content, Endpoint, Folded, dig
from thence.providers.fold import grown, merge, place
from thence.providers.sse import Event

__all__ = ["COMPLETIONS", "continuation"]


def continuation(field: str, value: Any) -> Canonical:
    """A prompt, or the text that continues one. A list of prompts is one item: they follow no one another."""
    return seal("freeform", "user" if field == "prompt" else "assistant", value)


def _choices(body: Any) -> list[list[Any]]:
    return [[text] for text in dig(body, "choices.*.text") if isinstance(text, str)]


def _fold(events: Sequence[Event]) -> Folded:
    body: dict[str, Any] = {}
    found: dict[int, dict[str, Any]] = {}
    done, error = False, None
    for event in events:
        done = done or event.data.startswith("[DONE]")
        chunk = event.value
        if not isinstance(chunk, dict):
            continue
        error = chunk.get("error") or error
        for choice in dig(chunk, "choices.*"):
            if isinstance(choice, dict):
                into = found.setdefault(place(choice), {})
                reason = into.get("finish_reason")
                into.pop("finish_reason", None)
                merge(into, {name: value for name, value in choice.items() if name != "finish_reason"})
                into["finish_reason"] = choice.get("finish_reason") or reason
        body.update({name: value for name, value in chunk.items() if value is not None and name != "choices"})
    body["choices"] = [grown(found[index]) for index in sorted(found)]
    finished = bool(found) and all(choice.get("finish_reason") for choice in found.values())
    return Folded(body, done or finished, error)


COMPLETIONS = Endpoint(
    name="completions",
    operation="text_completion",
    routes=("/completions",),
    content=(Content("prompt"),),
    former=continuation,
    choices=_choices,
    fold=_fold,
    finish=("choices.*.finish_reason",),
    injected={"stream": True},
)
