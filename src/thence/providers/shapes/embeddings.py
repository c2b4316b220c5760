"""``/embeddings``: text in, vectors out. The input is content; no answer is ever sent back."""

from __future__ import annotations

from typing import Any

from thence.providers.canonical import Canonical, seal
from thence.providers.endpoint import Content, Endpoint

__all__ = ["EMBEDDINGS", "material"]


def material(field: str, value: Any) -> Canonical:
    """What a call works on, where that is no conversation."""
    del field
    return seal("freeform", "user", value)


EMBEDDINGS = Endpoint(
    name="embeddings",
    operation="embeddings",
    routes=("/embeddings",),
    content=(Content("input"),),
    former=material,
    id=(),
    injected={"encoding_format": "base64"},
)
