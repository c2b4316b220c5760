"""A program that is instrumented by somebody else too: ``python -m tests.seams.beside PEER ORDER SDK``.

It makes the same calls whatever is installed, and prints as JSON what the provider saw, what the calls gave, and what
Thence wrote. ``ORDER`` is ``alone`` (without Thence), ``before`` (the peer first) or ``after`` (Thence first).
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.seams.conftest import Tape
from tests.seams.forms import USER, client_of, settled

from thence import journal
from thence.testing import Answer, Provider

VOLATILE = {"host", "content-length", "traceparent", "tracestate", "baggage", "x-stainless-retry-count"}
NOWHERE = "http://127.0.0.1:9"
SURROUNDINGS = {
    "LANGFUSE_PUBLIC_KEY": "pk-test",
    "LANGFUSE_SECRET_KEY": "sk-test",
    "LANGFUSE_HOST": NOWHERE,
    "LANGSMITH_TRACING": "true",
    "LANGSMITH_API_KEY": "test",
    "LANGSMITH_ENDPOINT": NOWHERE,
    "DD_TRACE_AGENT_URL": NOWHERE,
    "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
    "OTEL_TRACES_EXPORTER": "none",
}

Peer = Callable[[str, Any], Any]
"""Takes the SDK's name and a client; gives what the program calls from then on. A process-wide one is given None."""


def _instrumentor(package: str) -> Peer:
    def install(sdk: str, client: Any) -> Any:
        if client is None:
            name = {"openai": "OpenAIInstrumentor", "anthropic": "AnthropicInstrumentor"}[sdk]
            getattr(importlib.import_module(package.format(sdk=sdk)), name)().instrument()
        return client

    return install


def _langfuse(_sdk: str, client: Any) -> Any:
    if client is None:
        importlib.import_module("langfuse.openai")
    return client


def _langsmith(sdk: str, client: Any) -> Any:
    wrappers = importlib.import_module("langsmith.wrappers")
    return client if client is None else getattr(wrappers, f"wrap_{sdk}")(client)


def _instructor(sdk: str, client: Any) -> Any:
    instructor = importlib.import_module("instructor")
    return client if client is None else getattr(instructor, f"from_{sdk}")(client)


def _ddtrace(sdk: str, client: Any) -> Any:
    if client is None:
        importlib.import_module("ddtrace").patch(**{sdk: True})
    return client


PEERS: dict[str, tuple[str, tuple[str, ...], Peer]] = {
    "opentelemetry": (
        "opentelemetry.instrumentation.openai_v2",
        ("openai",),
        _instrumentor("opentelemetry.instrumentation.{sdk}_v2"),
    ),
    "openllmetry": (
        "opentelemetry.instrumentation.anthropic",
        ("openai", "anthropic"),
        _instrumentor("opentelemetry.instrumentation.{sdk}"),
    ),
    "openinference": (
        "openinference.instrumentation.openai",
        ("openai", "anthropic"),
        _instrumentor("openinference.instrumentation.{sdk}"),
    ),
    "langfuse": ("langfuse.openai", ("openai",), _langfuse),
    "langsmith": ("langsmith.wrappers", ("openai", "anthropic"), _langsmith),
    "instructor": ("instructor", ("openai", "anthropic"), _instructor),
    "ddtrace": ("ddtrace", ("openai", "anthropic"), _ddtrace),
}
"""Module that must be there, SDKs that it instruments, and how it is installed."""


async def calls(sdk: str, client: Any, *, is_async: bool) -> list[Any]:
    """One whole answer, one streamed and read, one streamed and left."""
    create = client.chat.completions.create if sdk == "openai" else client.messages.create
    asked: dict[str, Any] = {"model": "m", "messages": USER, **({} if sdk == "openai" else {"max_tokens": 9})}
    whole = await settled(create(**asked))
    stream = await settled(create(**asked, stream=True))
    read = [type(item).__name__ for item in ([item async for item in stream] if is_async else list(stream))]
    left = await settled(create(**asked, stream=True))
    await settled(left.__anext__() if is_async else next(iter(left)))
    await settled(left.close())
    return [type(whole).__name__, whole.model_dump(mode="json"), read]


async def structured(sdk: str, client: Any, **_: bool) -> list[Any]:
    """What instructor is for: an answer as an object."""
    from pydantic import BaseModel

    class City(BaseModel):
        name: str

    asked: dict[str, Any] = {"model": "m", "messages": USER, **({} if sdk == "openai" else {"max_tokens": 9})}
    city = await settled(client.chat.completions.create(**asked, response_model=City, max_retries=1))
    return [type(city).__name__, city.model_dump()]


def tool_call(sdk: str) -> Answer:
    """An answer that instructor takes."""
    if sdk == "anthropic":
        used = {"type": "tool_use", "id": "t", "name": "City", "input": {"name": "Bern"}}
        usage = {"input_tokens": 1, "output_tokens": 1}
        said = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [used], "usage": usage}
        return Answer({**said, "stop_reason": "tool_use", "stop_sequence": None})
    call = {"id": "c", "type": "function", "function": {"name": "City", "arguments": '{"name": "Bern"}'}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    return Answer({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})


def main(peer: str, order: str, sdk: str) -> dict[str, Any]:
    """Make the calls, sync and async; what can be seen of them."""
    os.environ.update(SURROUNDINGS)
    _module, _sdks, install = PEERS[peer]
    folder = Path(tempfile.mkdtemp())
    tape = Tape(folder, journal.Writer(folder))
    results = []
    with Provider() as provider:
        if order != "after":
            install(sdk, None)
        for is_async in (False, True):
            client = client_of(sdk, provider.url, is_async=is_async)
            called = install(sdk, client) if order != "after" else client
            if order != "alone":
                tape.wrap(client)
            if order == "after":
                install(sdk, None)
                called = install(sdk, client)
            if peer == "instructor":
                provider.answer(tool_call(sdk))
            results.append(asyncio.run((structured if peer == "instructor" else calls)(sdk, called, is_async=is_async)))
            gc.collect()
        sent = [
            [seen.method, seen.path, {n: v for n, v in seen.headers.items() if n not in VOLATILE}, seen.body.decode()]
            for seen in provider.seen
        ]
    written = [[call.request.decode(), call.end.status if call.end else None] for call in tape.calls()]
    return {"sent": sent, "results": results, "written": written}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:4])), flush=True)
    os._exit(0)  # whatever the peer would still send goes nowhere
