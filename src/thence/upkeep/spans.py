"""A recorded call as a span of OpenTelemetry's semantic conventions for generative AI.

A table: what of a call stands under which attribute. What the conventions have no name for stands under ``thence.``:
the call's id and commit, and for each parameter where its value came from. Nothing that somebody said is in a span: for
that, ask Thence for the call.

Ids are made from the call's own, so a call has the same span however often it is exported. A call that was made inside
a span of the program is that span's child; any other is a trace of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from thence.providers import ENDPOINTS, UNKNOWN, common

if TYPE_CHECKING:
    from thence.store import Call

__all__ = ["Ids", "attributes_of", "error_of", "ids_of", "name_of"]

# Thence's name of a provider, where the conventions have another.
_PROVIDERS: Final = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "google": "gcp.gemini",
    "vertex": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "mistral": "mistral_ai",
    "xai": "x_ai",
}
_REQUEST: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_tokens": "max_tokens",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "choice_count": "choice.count",
}
_USAGE: Final = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_input_tokens": "cache_read.input_tokens",
    "cache_creation_input_tokens": "cache_creation.input_tokens",
    "reasoning_output_tokens": "reasoning.output_tokens",
}
_SHAPES: Final = {endpoint.name: endpoint for endpoint in ENDPOINTS}


class Ids(NamedTuple):
    """The ids of a call's span, and of the span around it: 0 where there is none."""

    trace: int
    span: int
    parent: int


def ids_of(call: Call) -> Ids:
    """The same ones for the same call. 63 bits of a digest are a span's: some backends take no more."""
    own = UUID(call.id)
    span = int.from_bytes(hashlib.sha256(own.bytes).digest()[:8], "big") >> 1 or 1
    if call.trace_id and call.span_id:
        return Ids(int(call.trace_id, 16), span, int(call.span_id, 16))
    return Ids(own.int, span, 0)


def name_of(call: Call) -> str:
    """``chat gpt-4o``."""
    return f"{call.operation} {call.request_model}" if call.request_model else call.operation


def error_of(call: Call) -> str | None:
    """``error.type``: the status of the answer, else the class of what was raised; None of a call that went well."""
    if call.status not in ("failed", "interrupted"):
        return None
    if call.http_status is not None and call.http_status >= 400:
        return str(call.http_status)
    return (call.error or call.status).partition(":")[0]


def attributes_of(call: Call) -> dict[str, Any]:
    """What is known of a call, under the conventions' names. What is not known is not there."""
    found = {name: value for name, value in _attributes(call) if value is not None and value != []}
    for name, parameter in call.params.items():
        found[f"thence.parameter.{name}.source"] = parameter.source.name
        if parameter.origin:
            found[f"thence.parameter.{name}.origin"] = parameter.origin
    return found


def _attributes(call: Call) -> Iterator[tuple[str, Any]]:
    yield "gen_ai.operation.name", call.operation
    yield "gen_ai.provider.name", _PROVIDERS.get(call.provider, call.provider)
    yield "gen_ai.request.model", call.request_model
    view = common(_SHAPES.get(call.shape, UNKNOWN), call.generation_config)
    for ours, theirs in _REQUEST.items():
        yield f"gen_ai.request.{theirs}", _number(view.get(ours))
    stop = view.get("stop")
    yield "gen_ai.request.stop_sequences", [stop] if isinstance(stop, str) else _texts(stop)
    yield "gen_ai.response.id", call.response_id
    yield "gen_ai.response.model", call.response_model
    yield "gen_ai.response.finish_reasons", call.finish_reasons
    for ours, theirs in _USAGE.items():
        yield f"gen_ai.usage.{theirs}", getattr(call.usage, ours)
    where = urlsplit(call.url)
    yield "server.address", where.hostname
    yield "server.port", where.port
    yield "error.type", error_of(call)
    yield "http.response.status_code", call.http_status
    yield "thence.call.id", call.id
    yield "thence.call.status", call.status
    yield "thence.commit", call.commit and call.commit.hash
    yield "thence.tract", call.tract
    yield "thence.tags", call.tags
    yield "code.function.name", call.label
    yield "thence.callsite", call.callsite


def _number(value: Any) -> Any:
    """A number that OTLP can hold; anything else is no number of the conventions."""
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63):
        return value
    return None


def _texts(value: Any) -> list[str] | None:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else None
