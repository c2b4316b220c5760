"""Images, speech and moderation: one request, one answer, no conversation."""

from __future__ import annotations

from thence.providers.endpoint import Content, Endpoint
from thence.providers.shapes.embeddings import material

__all__ = ["IMAGES", "MODERATIONS", "SPEECH", "TRANSCRIPTIONS", "TRANSLATIONS"]

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
    id=(),
    echoed={name: name for name in ("model", "background", "output_format", "quality", "size")},
)

SPEECH = Endpoint(
    name="speech",
    operation="speech",
    routes=("/audio/speech",),
    content=(Content("input"),),
    former=material,
    id=(),
)

TRANSCRIPTIONS = Endpoint(name="transcriptions", operation="transcription", routes=("/audio/transcriptions",), id=())

TRANSLATIONS = Endpoint(name="translations", operation="translation", routes=("/audio/translations",), id=())
