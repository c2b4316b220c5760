"""The rows, one module a wire shape. A new shape is a module here and a name in :data:`ENDPOINTS`."""

from __future__ import annotations

from thence.providers.endpoint import Endpoint
from thence.providers.shapes.chat_completions import CHAT_COMPLETIONS
from thence.providers.shapes.completions import COMPLETIONS
from thence.providers.shapes.embeddings import EMBEDDINGS
from thence.providers.shapes.messages import MESSAGES
from thence.providers.shapes.responses import RESPONSES, RESPONSES_READ
from thence.providers.shapes.unknown import UNKNOWN

__all__ = ["ENDPOINTS", "UNKNOWN"]

ENDPOINTS: tuple[Endpoint, ...] = (
    CHAT_COMPLETIONS,
    COMPLETIONS,
    EMBEDDINGS,
    MESSAGES,
    RESPONSES,
    RESPONSES_READ,
)
