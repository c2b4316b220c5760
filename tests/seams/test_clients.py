"""Every kind of client stays of its class, sends what it sent, and is recorded; so is every client that it makes."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anthropic
import openai
import pytest
from tests.seams.conftest import Tape
from tests.seams.forms import USER, client_of, items, settled

from thence.testing import Answer, Provider
from thence.testing.canned import canned

both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
KEY = "sk-test-0123456789abcdef"
TOKEN = "a-bearers-token-0123456789"
VOLATILE = {"x-stainless-retry-count", "idempotency-key", "host", "x-amz-date", "authorization"}


def _token() -> str:
    return TOKEN


async def _token_later() -> str:
    return TOKEN


@dataclass(frozen=True)
class Kind:
    """A client class of an SDK: its name, and what it is made with for a provider at a URL."""

    sdk: str
    name: str
    given: Callable[[str], dict[str, Any]]
    asynchronous: dict[str, Any] = field(default_factory=dict)
    needs: str = ""

    def __str__(self) -> str:
        return f"{self.sdk}.{self.name}"

    def client(self, url: str, *, is_async: bool) -> Any:
        """A bare client; the test is skipped where the SDK at hand has no such class."""
        module = {"openai": openai, "anthropic": anthropic}[self.sdk]
        made = getattr(module, f"Async{self.name}" if is_async else self.name, None)
        if made is None:
            pytest.skip(f"{self.sdk} {module.__version__} has no {self.name}")
        if self.needs:
            pytest.importorskip(self.needs)
        return made(**{**self.given(url), **(self.asynchronous if is_async else {}), "max_retries": 0})


KINDS = [
    Kind("openai", "OpenAI", lambda url: {"base_url": f"{url}/v1", "api_key": KEY}),
    Kind(
        "openai",
        "AzureOpenAI",
        lambda url: {"azure_endpoint": url, "api_version": "2025-01-01", "api_key": KEY},
    ),
    Kind(
        "openai",
        "AzureOpenAI",
        lambda url: {"base_url": url, "api_version": "2025-01-01", "azure_ad_token_provider": _token},
        {"azure_ad_token_provider": _token_later},
    ),
    Kind("openai", "BedrockOpenAI", lambda url: {"base_url": url, "api_key": KEY}),
    Kind("anthropic", "Anthropic", lambda url: {"base_url": url, "api_key": KEY}),
    Kind("anthropic", "AnthropicBedrock", lambda url: {"base_url": url, "api_key": KEY, "aws_region": "us-east-1"}),
    Kind(
        "anthropic",
        "AnthropicBedrock",
        lambda url: {"base_url": url, "aws_access_key": "a", "aws_secret_key": "b", "aws_region": "us-east-1"},
        needs="botocore",
    ),
    Kind("anthropic", "AnthropicBedrockMantle", lambda url: {"base_url": url, "api_key": KEY}),
    Kind("anthropic", "AnthropicAWS", lambda url: {"base_url": url, "api_key": KEY, "workspace_id": "w"}),
    Kind("anthropic", "AnthropicFoundry", lambda url: {"base_url": url, "api_key": KEY}),
    Kind(
        "anthropic",
        "AnthropicVertex",
        lambda url: {"base_url": f"{url}/v1", "region": "r", "project_id": "p", "access_token": TOKEN},
    ),
    Kind(
        "anthropic",
        "AnthropicGoogleCloud",
        lambda url: {"base_url": url, "workspace_id": "w", "token_provider": _token},
        {"token_provider": _token_later},
    ),
]
kinds = pytest.mark.parametrize("kind", KINDS, ids=[f"{kind}-{n}" for n, kind in enumerate(KINDS)])


async def asked(client: Any, **more: Any) -> Any:
    """One call as the SDK's users make it."""
    if hasattr(client, "chat"):
        return await settled(client.chat.completions.create(model="m", messages=USER, temperature=0.5, **more))
    return await settled(client.messages.create(model="m", max_tokens=9, messages=USER, **more))


def answered(seen: Any) -> Any:
    """The SDK's own kind of answer, whatever the route that a platform's client makes of its request."""
    path = "/v1/chat/completions" if "chat/completions" in seen.path else "/v1/messages"
    return canned(seen.method, path, seen.json, 1)[1]


def outcome(kind: Kind, tape: Tape | None, *, is_async: bool, chain: bool = False) -> tuple[Any, Any]:
    """What a client gives, and what it sends."""
    with Provider(answered) as provider:
        client = kind.client(provider.url, is_async=is_async)
        before = type(client)
        if tape is not None:
            assert tape.wrap(client) is client
        if chain:
            client = client.with_options(timeout=7).copy().with_options(default_headers={"x-a": "b"})
        assert type(client) is before
        result = asyncio.run(asked(client))
        sent = [
            (seen.method, seen.path, {n: v for n, v in seen.headers.items() if n not in VOLATILE}, seen.body)
            for seen in provider.seen
        ]
        return (type(result), result.model_dump(exclude={"created"})), sent


@both
@kinds
@pytest.mark.parametrize("chain", [False, True], ids=["itself", "copies"])
def test_it_sends_and_gives_what_it_did(kind: Kind, chain: bool, is_async: bool, tape: Tape) -> None:
    bare, sent_bare = outcome(kind, None, is_async=is_async, chain=chain)
    wrapped, sent = outcome(kind, tape, is_async=is_async, chain=chain)
    assert wrapped == bare
    assert sent == sent_bare
    call = tape.only()
    assert call.request == sent[0][3]
    assert call.begin.url.endswith(sent[0][1])
    assert tape.ended().status == "completed"
    for secret in (KEY, TOKEN):
        assert secret not in repr(call.begin)


def test_a_stream_of_bedrocks_own_frames(tape: Tape) -> None:
    """Bedrock streams in frames of its own, which only botocore can read."""
    pytest.importorskip("botocore")

    def frame(value: bytes) -> bytes:
        headers = b"".join(
            bytes([len(n)]) + n + b"\x07" + len(v).to_bytes(2, "big") + v
            for n, v in [(b":event-type", b"chunk"), (b":message-type", b"event")]
        )
        payload = b'{"bytes": "' + base64.b64encode(value) + b'"}'
        head = (16 + len(headers) + len(payload)).to_bytes(4, "big") + len(headers).to_bytes(4, "big")
        body = head + binascii.crc32(head).to_bytes(4, "big") + headers + payload
        return body + binascii.crc32(body).to_bytes(4, "big")

    said = {"id": "m1", "type": "message", "role": "assistant", "model": "c", "content": []}
    usage = {"input_tokens": 3, "output_tokens": 1}
    text: dict[str, Any] = {"type": "text", "text": ""}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**said, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": text},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hello"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]
    frames = [frame(json.dumps(event).encode()) for event in events]
    kind = next(kind for kind in KINDS if kind.name == "AnthropicBedrock")

    def read(tape: Tape | None) -> list[Any]:
        with Provider() as provider:
            provider.answer(Answer(frames, headers={"content-type": "application/vnd.amazon.eventstream"}))
            client = kind.client(provider.url, is_async=False)
            if tape is not None:
                tape.wrap(client)
            return [
                event.model_dump()
                for event in client.messages.create(model="m", max_tokens=9, messages=USER, stream=True)
            ]

    assert read(tape) == read(None)
    assert tape.only().answer == b"".join(frames)


@both
def test_other_middleware_stays_in_force(is_async: bool, tape: Tape, provider: Provider) -> None:
    """A client with middleware is recorded as it is sent, however often the middleware asks again."""
    if not hasattr(anthropic.Anthropic, "with_middleware"):
        pytest.skip(f"anthropic {anthropic.__version__} has no middleware")
    went = []

    def once(request: Any, call_next: Any) -> Any:
        went.append(request.method)
        return call_next(request)

    async def once_later(request: Any, call_next: Any) -> Any:
        went.append(request.method)
        return await call_next(request)

    client = tape.wrap(client_of("anthropic", provider.url, is_async=is_async))
    more = client.with_middleware(once_later if is_async else once)
    assert type(more) is type(client)
    assert asyncio.run(asked(more)).content
    assert len(went) == 1
    assert tape.only().request == provider.seen[0].body
    assert tape.ended().status == "completed"


@both
def test_middleware_that_asks_twice_is_one_call(is_async: bool, tape: Tape, provider: Provider) -> None:
    if not hasattr(anthropic.Anthropic, "with_middleware"):
        pytest.skip(f"anthropic {anthropic.__version__} has no middleware")

    def twice(request: Any, call_next: Any) -> Any:
        call_next(request)
        return call_next(request)

    async def twice_later(request: Any, call_next: Any) -> Any:
        await call_next(request)
        return await call_next(request)

    client = tape.wrap(client_of("anthropic", provider.url, is_async=is_async))
    asyncio.run(asked(client.with_middleware(twice_later if is_async else twice)))
    assert len(provider.seen) == 2
    assert [attempt.status for attempt in tape.ended().attempts] == [200, 200]


@pytest.mark.parametrize("order", ["wrapped twice", "wrapped after a copy", "copied after wrapping twice"])
@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
@both
def test_one_record_however_often_it_is_wrapped(
    order: str, sdk: str, is_async: bool, tape: Tape, provider: Provider
) -> None:
    client = tape.wrap(client_of(sdk, provider.url, is_async=is_async))
    if order == "wrapped after a copy":
        client = tape.wrap(client.copy())
    else:
        tape.wrap(client)
        client = client if order == "wrapped twice" else client.copy()
    asyncio.run(asked(client))
    tape.only()


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
@both
def test_another_client_is_not_recorded(sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    """Not even one that shares the HTTP client, nor the one that a copy was made of."""
    bare = client_of(sdk, provider.url, is_async=is_async)
    shared = bare.with_options(timeout=3)
    tape.wrap(shared)
    assert shared._client is bare._client

    async def main() -> None:
        await asked(bare)
        await asked(shared)

    asyncio.run(main())
    assert len(provider.seen) == 2
    tape.only()


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
@both
def test_its_streams_are_the_sdks_own(sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    """The class, the response behind it, and every attribute that a bare client's stream has."""

    async def opened(client: Any) -> tuple[Any, ...]:
        stream = await asked(client, stream=True)
        response = stream.response
        seen = (type(stream), type(response), sorted(vars(stream)), response.status_code, response.http_version)
        await settled(stream.close())
        return seen

    bare = asyncio.run(opened(client_of(sdk, provider.url, is_async=is_async)))
    assert asyncio.run(opened(tape.wrap(client_of(sdk, provider.url, is_async=is_async)))) == bare
    module = {"openai": openai, "anthropic": anthropic}[sdk]
    assert issubclass(bare[0], module.AsyncStream if is_async else module.Stream)


@both
def test_items_are_there_as_soon_as_they_are_sent(is_async: bool, tape: Tape, provider: Provider) -> None:
    """A stream is read as it comes: the first item is there while the provider has not sent the second."""
    piece = b'data: {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}\n\n'
    provider.answer(Answer([piece], headers={"content-type": "text/event-stream"}, stall=True))
    client = tape.wrap(client_of("openai", provider.url, is_async=is_async))

    async def main() -> None:
        stream = await asked(client, stream=True)
        async for item in items(stream):
            assert item.id == "c"
            break
        await settled(stream.close())

    asyncio.run(main())
    assert tape.only().answer == piece
