"""How many tokens a request would be: the content of Messages and Responses, and a number for an answer."""

from __future__ import annotations

from thence.providers.endpoint import Endpoint
from thence.providers.shapes.messages import MESSAGES
from thence.providers.shapes.responses import RESPONSES

__all__ = ["COUNT_TOKENS", "INPUT_TOKENS"]

COUNT_TOKENS = Endpoint(
    name="count_tokens",
    operation="count_tokens",
    routes=("/v1/messages/count_tokens", "/publishers/anthropic/models/count-tokens:rawPredict"),
    content=MESSAGES.content,
    usage=(),
    counted=("input_tokens",),
)

INPUT_TOKENS = Endpoint(
    name="input_tokens",
    operation="count_tokens",
    routes=("/responses/input_tokens",),
    content=RESPONSES.content,
    usage=(),
    counted=("input_tokens",),
)
