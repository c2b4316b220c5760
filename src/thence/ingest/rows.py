"""The rows of a call, one function a kind."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import msgspec

from thence.frames import Attempt, restore
from thence.hashing import content_hash, to_text
from thence.ingest.reading import LIMIT, Call, Settings, response_of
from thence.lineage import LOOSE, Form, Step, forms, steps
from thence.providers import Answer, Endpoint, Split, common, model_of, provider_of, read_of
from thence.providers.split import LARGE
from thence.store import schema
from thence.store.batch import Batch
from thence.store.configuration import is_volatile
from thence.store.packing import pack
from thence.store.projection import compact, encode
from thence.store.recall import CONVERSATION, READ
from thence.store.sealing import seal_of

__all__ = [
    "commit",
    "configuration",
    "facts",
    "followed",
    "form",
    "large",
    "loose",
    "pending",
    "request",
    "response",
    "seal",
]

Row = dict[str, Any]
_pack = msgspec.msgpack.Encoder(order="sorted").encode

_BULKY = 8192  # bytes of one string inside an item, from which on it is a blob of its own: an image, a file
_LONG = re.compile(rb'[^"\\]{%d,}' % _BULKY)


def commit(batch: Batch, tract: str, step: Step, at: int, config: str | None = None) -> None:
    """A commit and its content. ``config``: the generation config of the call that answered with it."""
    content(batch, tract, step.content_hash, step.content)
    batch.add(
        schema.commits,
        tract_id=tract,
        hash=step.commit,
        parent=step.parent,
        depth=step.depth,
        content_type=step.canonical.content_type,
        operation="append",
        edit_target=None,
        content_hash=step.content_hash,
        role=step.canonical.role,
        generation_config_json=config,
        metadata_json=None,
        message=None,
        produced_at=at if config is not None else None,
        created_at=at,
    )


def content(batch: Batch, tract: str, name: bytes, text: bytes) -> None:
    """An item's canonical text; long strings in it (images, files) stand in blobs of their own, once."""
    bases = []
    if len(text) > _BULKY:
        for found in _LONG.finditer(text):
            bulk = found.group()
            bases.append((content_hash(bulk), bulk))
            batch.blob(tract, *bases[-1])
    batch.blob(tract, name, text, bases)


def form(batch: Batch, tract: str, form: Form, step: Step) -> None:
    """How the request wrote an item."""
    codec, body = pack(form.exact, [step.content])
    batch.add(
        schema.forms,
        tract_id=tract,
        hash=form.name,
        parent=form.parent,
        content_hash=step.content_hash,
        codec=codec,
        body=body,
    )


def loose(batch: Batch, tract: str, cut: Split) -> bytes | None:
    """The forms of a request that is no conversation; the last of them."""
    last = None
    for written, step in zip(forms(cut.items, LOOSE), steps(cut.items), strict=True):
        content(batch, tract, step.content_hash, step.content)
        form(batch, tract, written, step)
        last = written.name
    return last


def followed(call: Call, cut: Split) -> str | None:
    """The id of the response that a call continues or reads, or of the conversation that the provider keeps for it."""
    read = read_of(call.begin.url, call.begin.method)
    if read:
        return READ + read
    member = cut.params.get("previous_response_id")
    if member and isinstance(member.value, str) and member.value:
        return member.value
    thread = cut.params.get("thread")  # Anthropic's
    if thread and isinstance(thread.value, dict):
        name = thread.value.get("previous_message_id")
        return name if isinstance(name, str) and name else None
    talk = cut.params.get("conversation")
    name = talk.value.get("id") if talk and isinstance(talk.value, dict) else talk.value if talk else None
    return CONVERSATION + name if isinstance(name, str) and name else None


def large(batch: Batch, tract: str, cut: Split) -> dict[str, bytes]:
    """The members that stand in blobs of their own, as name and hash."""
    names = {}
    for name, member in cut.params.items():
        if len(member.text) > LARGE and not is_volatile(name):
            exact = member.text.encode("utf-8", "surrogatepass")
            names[name] = content_hash(exact)
            batch.blob(tract, names[name], exact)
    return names


def configuration(batch: Batch, tract: str, settings: Settings, cut: Split, large: Mapping[str, bytes]) -> None:
    """A configuration, its rows, and the blobs of what is too long for them."""
    batch.configuration(tract, settings.name, settings.rows)
    for story in settings.stories:
        base = large.get(story.parameter)
        bases = [(base, cut.params[story.parameter].text.encode("utf-8", "surrogatepass"))] if base else []
        batch.blob(tract, story.name, story.content, bases)


def request(batch: Batch, tract: str, call: Call, cut: Split | None, large: Mapping[str, bytes]) -> Row:
    """What the request's exact body is put together from, beside forms and parameters; ``cut`` is None for no text."""
    row: Row = {
        "body": call.begin.body,
        "request_size": len(call.request),
        "request_digest": None,
        "envelope_hash": None,
    }
    if len(call.request) > LIMIT:
        return row | {"request_digest": hashlib.sha256(call.request).digest()}
    if cut is not None:
        envelope = _envelope(cut.shape, tuple(large.items()))
    elif call.request:
        envelope = call.request
        row["body"] = "bytes"
    else:
        return row
    row["envelope_hash"] = name = content_hash(envelope)
    batch.blob(tract, name, envelope)
    return row


def response(batch: Batch, tract: str, call: Call, endpoint: Endpoint, answer: Answer, said: Sequence[Step]) -> Row:
    """What came back. ``said`` are the answer's commits, whose content the body repeats."""
    end = call.end
    usage = answer.usage
    row: Row = {
        "response_id": answer.id,
        "response_model": answer.model,
        "finish_reasons": answer.finish_reasons or None,
        "error": (end.error if end else None) or answer.error,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "cache_read_input_tokens": usage.cache_read_input_tokens,
        "cache_creation_input_tokens": usage.cache_creation_input_tokens,
        "reasoning_output_tokens": usage.reasoning_output_tokens,
        "usage_verbatim": None if answer.usage_verbatim is None else encode(answer.usage_verbatim),
        "streamed": answer.streamed,
        "truncated": answer.truncated,
        "response_hash": None,
        "response_size": None,
        "response_digest": None,
    }
    if end is None:
        return row
    if call.answer or end.size is not None:
        row["response_size"] = len(call.answer) if end.size is None else end.size
        row["response_digest"] = end.digest or hashlib.sha256(call.answer).digest()
    body = response_of(endpoint, answer)
    if body is not None:
        row["response_hash"] = name = content_hash(body)
        batch.blob(tract, name, body, [(step.content_hash, step.content) for step in said])
    return row


def facts(batch: Batch, tract: str, call: Call, endpoint: Endpoint) -> Row:
    """What is known of a call without its bodies."""
    begin, end = call.begin, call.end
    row = _begun(tract, call, endpoint)
    name, text = _surroundings(_pack([begin.versions, begin.client, begin.headers, begin.sdk]))
    row["surroundings_hash"] = name
    batch.blob(tract, name, text)
    if end is not None:
        row |= {
            "duration": end.elapsed,
            "time_to_first_chunk": end.first_chunk,
            "attempts": compact([_attempt(attempt) for attempt in end.attempts]),
            "attempt_count": len(end.attempts),
            "http_status": end.attempts[-1].status if end.attempts else None,
            "response_type": end.content_type,
            "parts": end.parts,
        }
    return row


def pending(tract: str, call: Call, endpoint: Endpoint, cut: Split) -> Row:
    """A call in flight: who asks whom, for now. The rest is stored when it has ended."""
    model = common(endpoint, cut.params).get("request.model") or model_of(call.begin.url, call.begin.method)
    return _begun(tract, call, endpoint) | {"request_model": model if isinstance(model, str) else None}


def seal(row: Row, answers: Sequence[bytes], settings: Settings) -> bytes:
    """The call's seal; see :mod:`thence.store.sealing`."""
    own = sorted((each["name"], each["record"]) for each in settings.own if not each["path"])
    return seal_of(row, answers, own, row["usage_verbatim"])


def _begun(tract: str, call: Call, endpoint: Endpoint) -> Row:
    begin = call.begin
    host, path = _place(begin.url)
    site = begin.callsite
    return {
        "tract_id": tract,
        "id": begin.call_id,
        "status": call.status,
        "started_at": begin.at,
        "provider": begin.provider or provider_of(host, endpoint),
        "operation": begin.operation or endpoint.operation,
        "shape": endpoint.name,
        "method": begin.method,
        "url": begin.url,
        "endpoint": path,
        "seam": begin.seam,
        "label": begin.label,
        "callsite": f"{site.file}:{site.line} {site.function}".rstrip() if site else None,
        "branch": begin.branch,
        "parent_id": begin.parent,
        "capture": begin.capture,
        "tags": begin.tags or None,
        "metadata": restore(begin.metadata) or None,
        "trace_id": begin.trace_id,
        "span_id": begin.span_id,
        "attempt_count": 0,
    }


def _attempt(attempt: Attempt) -> Row:
    """One HTTP request; times in nanoseconds after the call's begin."""
    row: Row = {"started": attempt.started, "ended": attempt.ended, "status": attempt.status}
    for name in ("request_id", "error", "headers"):
        value = getattr(attempt, name)
        if value:
            row[name] = value
    return row


# What follows is the same for most calls of a program, so the newest answers are kept.


@lru_cache(maxsize=256)
def _place(url: str) -> tuple[str, str]:
    """Host and path of a URL."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.path


@lru_cache(maxsize=256)
def _envelope(shape: str, large: tuple[tuple[str, bytes], ...]) -> bytes:
    """What a request is put together from, as a blob."""
    return encode({"shape": shape, "large": {name: to_text(blob) for name, blob in large}}).encode()


@lru_cache(maxsize=256)
def _surroundings(packed: bytes) -> tuple[bytes, bytes]:
    """What surrounded a call, as a blob: its name and bytes."""
    versions, client, headers, sdk = msgspec.msgpack.decode(packed)
    around = {"versions": versions, "client": restore(client), "headers": headers, "sdk": sdk}
    text = encode(around).encode()
    return content_hash(text), text
