"""``/completions``: a prompt and its continuation, before there was chat.

Some hosts give a chat's answer here: Mistral's fill-in-the-middle, Portkey's stored prompts. Writer's streams are
values without choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from thence.providers.canonical import Canonical, message, seal
from thence.providers.endpoint import Content, Endpoint, Folded, dig
from thence.providers.shapes.chat_completions import chunks
from thence.providers.sse import Event

__all__ = ["COMPLETIONS", "continuation"]


def continuation(field: str, value: Any) -> Canonical:
    """A prompt, or the text that continues one. A list of prompts is one item: they follow no one another."""
    if field != "prompt" and isinstance(value, dict):
        return message(field, value)
    return seal("freeform", "user" if field == "prompt" else "assistant", value)


def _choices(body: Any) -> list[list[Any]]:
    choices = [choice for choice in dig(body, "choices.*") if isinstance(choice, dict)]
    said = [choice.get("text") or choice.get("message", choice.get("text")) for choice in choices]
    return [[each] for each in said if isinstance(each, (str, dict))]


def _fold(events: Sequence[Event]) -> Folded:
    return chunks([_choice(event) for event in events])


def _choice(event: Event) -> Event:
    """An event that is a bare value, as a chunk."""
    chunk = event.value
    if not isinstance(chunk, dict) or "choices" in chunk or not isinstance(chunk.get("value"), str):
        return event
    rest = {name: member for name, member in chunk.items() if name != "value"}
    return msgspec.structs.replace(event, value={**rest, "choices": [{"text": chunk["value"]}]})


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
