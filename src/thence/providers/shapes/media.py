"""Images, speech and moderation: one request, one answer, no conversation.

A streamed picture, transcript or sound is put together to what the whole answer says of it; its usage comes with the
last event.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thence.providers.endpoint import Content, Endpoint, Folded
from thence.providers.fold import error_of, grown, kept_beside, merge
from thence.providers.shapes.embeddings import material
from thence.providers.sse import Event

__all__ = ["IMAGES", "MODERATIONS", "SPEECH", "TRANSCRIPTIONS", "TRANSLATIONS"]

_PICTURE = frozenset({"b64_json", "url", "revised_prompt", "partial_image_index"})
_PLACE = frozenset({"type", "segment_id"})


def _parted(events: Sequence[Event], *steps: str) -> tuple[list[tuple[str, dict[str, Any]]], list[Event]]:
    """What the events of these steps say, by the last word of their type; and the other events."""
    told, others = [], []
    for event in events:
        value = event.value if isinstance(event.value, dict) else {}
        step = str(value.get("type") or event.name or "").rpartition(".")[2]
        if step in steps:
            told.append((step, {name: each for name, each in value.items() if name not in _PLACE}))
        else:
            others.append(event)
    return told, others


def _folded(body: dict[str, Any], others: Sequence[Event], *, complete: bool) -> Folded:
    error = next((error for event in others if (error := error_of(event))), None)
    return Folded(kept_beside(grown(body), others), complete, error)


def _images(events: Sequence[Event]) -> Folded:
    """The images that came whole, and of one that did not the newest that was there of it."""
    told, others = _parted(events, "partial_image", "completed")
    body: dict[str, Any] = {}
    whole: list[dict[str, Any]] = []
    for step, value in told:
        picture = {name: each for name, each in value.items() if name in _PICTURE}
        rest = {name: each for name, each in value.items() if name not in _PICTURE}
        body |= {"created" if name == "created_at" else name: each for name, each in rest.items()}
        body["data"] = [*whole, picture]
        if step == "completed":
            whole.append(picture)
    return _folded(body, others, complete=bool(whole))


def _transcript(events: Sequence[Event]) -> Folded:
    """The text, and who said which part of it; of a transcript that was cut, as much as came."""
    told, others = _parted(events, "delta", "segment", "done")
    body: dict[str, Any] = {}
    for step, value in told:
        if step == "delta":
            merge(body, {"text" if name == "delta" else name: each for name, each in value.items()})
        elif step == "segment":
            body.setdefault("segments", []).append(value)
        else:
            body |= value
    return _folded(body, others, complete=any(step == "done" for step, _ in told))


def _sound(events: Sequence[Event]) -> Folded:
    """What the end says; the pieces stand beside it, as they came."""
    told, others = _parted(events, "done")
    return _folded(told[-1][1] if told else {}, others, complete=bool(told))


MODERATIONS = Endpoint(
    name="moderations",
    operation="moderation",
    routes=("/moderations",),
    content=(Content("input"),),
    former=material,
)

IMAGES = Endpoint(
    name="images",
    operation="image_generation",
    routes=("/images/generations", "/images/edits", "/images/variations"),
    content=(Content("prompt"),),
    former=material,
    fold=_images,
    id=(),
    echoed={name: name for name in ("model", "background", "output_format", "quality", "size")},
)

SPEECH = Endpoint(
    name="speech",
    operation="speech",
    routes=("/audio/speech",),
    content=(Content("input"),),
    former=material,
    fold=_sound,
    id=(),
)

TRANSCRIPTIONS = Endpoint(
    name="transcriptions",
    operation="transcription",
    routes=("/audio/transcriptions",),
    fold=_transcript,
    id=(),
)

TRANSLATIONS = Endpoint(name="translations", operation="translation", routes=("/audio/translations",), id=())
