"""The forms of call: one table, driven sync and async, bare and wrapped, and in every way a caller can let it end.

A row says what is called and what the wire then carries. It says nothing of sync, async, raw or streaming-response: the
driver multiplies.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import anthropic
import openai

USER = [{"role": "user", "content": "hi"}]
TOOL = {"name": "look", "description": "look", "input_schema": {"type": "object", "properties": {}}}


@dataclass(frozen=True)
class Form:
    """One way to call. ``path`` leads from the client to the method; ``streams`` if it gives a stream of events."""

    name: str
    sdk: str
    path: str
    kwargs: dict[str, Any] = field(default_factory=dict)
    args: tuple[Any, ...] = ()
    streams: bool = False
    since: str = "0"
    answer: Any = None
    manager: bool = False

    def available(self) -> bool:
        """Whether the SDK at hand has it."""
        try:
            method_of(client_class(self.sdk, is_async=False)(api_key="x"), self.path)
        except AttributeError:
            return False
        return True

    def __str__(self) -> str:
        return f"{self.sdk}-{self.name}"


def _binary(kind: str) -> Any:
    from thence.testing import Answer

    return Answer(b"\x00\x01binary", headers={"content-type": kind})


_FILE = {
    "id": "file_1",
    "object": "file",
    "bytes": 1,
    "created_at": 1,
    "filename": "f",
    "purpose": "batch",
    "status": "ok",
}
_THREAD = {"id": "thread_1", "object": "thread", "created_at": 1, "metadata": {}}
_BATCH = {"id": "batch_1", "object": "batch", "endpoint": "/v1/responses", "input_file_id": "f", "created_at": 1}
_IMAGES = {"created": 1, "data": [{"b64_json": "AAAA"}]}
_MODERATION = {"id": "modr_1", "model": "m", "results": []}
_COMPLETION = {
    "id": "cmpl_1",
    "object": "text_completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "text": " there", "finish_reason": "stop", "logprobs": None}],
}
_RETRIEVED = {"id": "resp_1", "object": "response", "status": "completed", "output": [], "model": "m", "tools": []}
_DECISION = {"id": "dec_1", "object": "decision", "created_at": 1, "model": "m", "answers": []}
_PAGE = {"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "o"}], "has_more": False}
_APAGE = {"data": [], "has_more": False, "first_id": None, "last_id": None}
_ABATCH = {"id": "msgbatch_1", "type": "message_batch", "processing_status": "in_progress", "request_counts": {}}


def _events(*events: Any) -> Any:
    from thence.testing import Answer

    return Answer.sse([(event["type"], event) if "type" in event else event for event in events])


_RUN = {"id": "run_1", "object": "thread.run", "created_at": 1, "thread_id": "t", "status": "queued"}
_LINE = b'{"custom_id": "a", "result": {"type": "canceled"}}\n'
_ACOMPLETION = {
    "id": "compl_1",
    "type": "completion",
    "completion": " hi",
    "model": "m",
    "stop_reason": "stop_sequence",
}

FORMS: tuple[Form, ...] = (
    Form("chat", "openai", "chat.completions.create", {"model": "m", "messages": USER, "temperature": 0.2}),
    Form(
        "chat-stream",
        "openai",
        "chat.completions.create",
        {"model": "m", "messages": USER, "stream": True},
        streams=True,
    ),
    Form("chat-parse", "openai", "chat.completions.parse", {"model": "m", "messages": USER}),
    Form(
        "chat-helper", "openai", "chat.completions.stream", {"model": "m", "messages": USER}, streams=True, manager=True
    ),
    Form("responses", "openai", "responses.create", {"model": "m", "input": "hi", "instructions": "be brief"}),
    Form("responses-stream", "openai", "responses.create", {"model": "m", "input": "hi", "stream": True}, streams=True),
    Form("responses-parse", "openai", "responses.parse", {"model": "m", "input": "hi"}),
    Form("responses-helper", "openai", "responses.stream", {"model": "m", "input": "hi"}, streams=True, manager=True),
    Form("responses-retrieve", "openai", "responses.retrieve", args=("resp_1",), answer=_RETRIEVED),
    Form("responses-compact", "openai", "responses.compact", {"model": "m", "input": "hi"}, answer=_RETRIEVED),
    Form(
        "responses-background",
        "openai",
        "responses.create",
        {"model": "m", "input": "hi", "background": True, "store": True},
    ),
    Form(
        "responses-retrieve-stream",
        "openai",
        "responses.retrieve",
        {"stream": True, "starting_after": 1},
        ("resp_1",),
        streams=True,
        answer=_events({"type": "response.completed", "sequence_number": 2, "response": _RETRIEVED}),
    ),
    Form("responses-cancel", "openai", "responses.cancel", args=("resp_1",), answer=_RETRIEVED),
    Form("responses-delete", "openai", "responses.delete", args=("resp_1",), answer=_binary("application/json")),
    Form(
        "input-tokens",
        "openai",
        "responses.input_tokens.count",
        {"model": "m", "input": "hi"},
        answer={"object": "response.input_tokens", "input_tokens": 3},
    ),
    Form("decisions", "openai", "decisions.create", {"model": "m", "input": "hi", "questions": []}, answer=_DECISION),
    Form("conversations", "openai", "conversations.create", {"items": []}, answer={"id": "conv_1", "created_at": 1}),
    Form("models", "openai", "models.list", answer=_PAGE),
    Form("files-content", "openai", "files.content", args=("file_1",), answer=_binary("application/octet-stream")),
    Form(
        "translation",
        "openai",
        "audio.translations.create",
        {"model": "m", "file": ("a.wav", b"RIFF")},
        answer={"text": "hi"},
    ),
    Form(
        "transcription-stream",
        "openai",
        "audio.transcriptions.create",
        {"model": "m", "file": ("a.wav", b"RIFF"), "stream": True},
        streams=True,
        answer=_events({"type": "transcript.text.done", "text": "hi"}),
    ),
    Form(
        "runs-stream",
        "openai",
        "beta.threads.runs.create",
        {"thread_id": "t", "assistant_id": "a", "stream": True},
        streams=True,
        answer=_events({"event": "thread.run.created", "data": _RUN}),
    ),
    Form("embeddings", "openai", "embeddings.create", {"model": "m", "input": ["a", "b"]}),
    Form("completions", "openai", "completions.create", {"model": "m", "prompt": "hi"}, answer=_COMPLETION),
    Form("images", "openai", "images.generate", {"prompt": "a cat"}, answer=_IMAGES),
    Form("images-edit", "openai", "images.edit", {"prompt": "a cat", "image": b"png"}, answer=_IMAGES),
    Form(
        "speech",
        "openai",
        "audio.speech.create",
        {"model": "m", "voice": "v", "input": "hi"},
        answer=_binary("audio/mpeg"),
    ),
    Form(
        "transcription",
        "openai",
        "audio.transcriptions.create",
        {"model": "m", "file": ("a.wav", b"RIFF")},
        answer={"text": "hi"},
    ),
    Form("moderations", "openai", "moderations.create", {"input": "hi"}, answer=_MODERATION),
    Form(
        "batches",
        "openai",
        "batches.create",
        {"input_file_id": "f", "endpoint": "/v1/responses", "completion_window": "24h"},
        answer=_BATCH,
    ),
    Form("files", "openai", "files.create", {"file": ("a.jsonl", b"{}"), "purpose": "batch"}, answer=_FILE),
    Form("threads", "openai", "beta.threads.create", {"messages": USER}, answer=_THREAD),
    Form(
        "post",
        "openai",
        "post",
        {"body": {"model": "m", "messages": USER}, "cast_to": object},
        args=("/chat/completions",),
    ),
    Form("messages", "anthropic", "messages.create", {"model": "m", "max_tokens": 9, "messages": USER}),
    Form(
        "messages-stream",
        "anthropic",
        "messages.create",
        {"model": "m", "max_tokens": 9, "messages": USER, "stream": True},
        streams=True,
    ),
    Form(
        "messages-helper",
        "anthropic",
        "messages.stream",
        {"model": "m", "max_tokens": 9, "messages": USER},
        streams=True,
        manager=True,
    ),
    Form("messages-parse", "anthropic", "messages.parse", {"model": "m", "max_tokens": 9, "messages": USER}),
    Form(
        "messages-beta",
        "anthropic",
        "beta.messages.create",
        {"model": "m", "max_tokens": 9, "messages": USER, "betas": ["output-300k-2026-03-24"]},
    ),
    Form(
        "beta-stream",
        "anthropic",
        "beta.messages.create",
        {"model": "m", "max_tokens": 9, "messages": USER, "stream": True},
        streams=True,
    ),
    Form(
        "beta-helper",
        "anthropic",
        "beta.messages.stream",
        {"model": "m", "max_tokens": 9, "messages": USER, "tools": [TOOL]},
        streams=True,
        manager=True,
    ),
    Form("beta-parse", "anthropic", "beta.messages.parse", {"model": "m", "max_tokens": 9, "messages": USER}),
    Form(
        "beta-count-tokens",
        "anthropic",
        "beta.messages.count_tokens",
        {"model": "m", "messages": USER},
        answer={"input_tokens": 3},
    ),
    Form("beta-files", "anthropic", "beta.files.list", answer=_APAGE),
    Form("models", "anthropic", "models.list", answer=_APAGE),
    Form(
        "completions",
        "anthropic",
        "completions.create",
        {"model": "m", "max_tokens_to_sample": 9, "prompt": "hi"},
        answer=_ACOMPLETION,
    ),
    Form(
        "count-tokens",
        "anthropic",
        "messages.count_tokens",
        {"model": "m", "messages": USER},
        answer={"input_tokens": 3},
    ),
    Form("message-batches", "anthropic", "messages.batches.create", {"requests": []}, answer=_ABATCH),
    Form(
        "post",
        "anthropic",
        "post",
        {"body": {"model": "m", "max_tokens": 9, "messages": USER}, "cast_to": object},
        args=("/v1/messages",),
    ),
)


def client_class(sdk: str, *, is_async: bool) -> Any:
    """The client class of an SDK."""
    module = {"openai": openai, "anthropic": anthropic}[sdk]
    name = {"openai": "OpenAI", "anthropic": "Anthropic"}[sdk]
    return getattr(module, f"Async{name}" if is_async else name)


def base_url(sdk: str, url: str) -> str:
    """What an SDK takes for a base URL of a provider at ``url``."""
    return f"{url}/v1" if sdk == "openai" else url


def client_of(sdk: str, url: str, *, is_async: bool = False, **more: Any) -> Any:
    """A bare client that talks to the provider at ``url``."""
    return client_class(sdk, is_async=is_async)(
        api_key="sk-test-0123456789abcdef", base_url=base_url(sdk, url), **{"max_retries": 0, **more}
    )


def method_of(root: Any, path: str) -> Any:
    """The attribute that a dotted path leads to."""
    for name in path.split("."):
        root = getattr(root, name)
    return root


async def settled(value: Any) -> Any:
    """A value, awaited where it must be."""
    return await value if inspect.isawaitable(value) else value


@contextlib.asynccontextmanager
async def entered(value: Any) -> AsyncIterator[Any]:
    """A sync or async context manager, entered."""
    if hasattr(value, "__aenter__"):
        async with value as inner:
            yield inner
    else:
        with value as inner:
            yield inner


async def items(stream: Any) -> AsyncIterator[Any]:
    """The items of a sync or async stream."""
    if hasattr(stream, "__aiter__"):
        async for item in stream:
            yield item
    else:
        for item in stream:
            yield item
