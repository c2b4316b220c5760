"""Raw and streaming responses: what the caller does not read, nobody reads; what it parses, it parses as ever."""

from __future__ import annotations

import asyncio
import gc
import inspect
import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from types import AsyncGeneratorType
from typing import Any, cast

import pytest
from tests.seams.conftest import Tape
from tests.seams.forms import USER, client_of, entered, items, settled

from thence.testing import Answer, Provider

both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
sdks = pytest.mark.parametrize("sdk", ["openai", "anthropic"])
SSE = {"content-type": "text/event-stream"}
CHUNK = b'data: {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}\n\n'
PING = b'event: ping\ndata: {"type": "ping"}\n\n'


def owner_of(client: Any) -> Any:
    """The resource whose ``create`` is called."""
    return client.chat.completions if hasattr(client, "chat") else client.messages


def asked(sdk: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": USER, **({} if sdk == "openai" else {"max_tokens": 9}), **more}


async def told(value: Any) -> Any:
    """A parsed value as something that compares."""
    if hasattr(value, "__stream__") or hasattr(value, "__next__") or hasattr(value, "__anext__"):
        return type(value), [item.model_dump() async for item in items(value)]
    return type(value), value.model_dump()


async def zero(_: Any) -> Any:
    return None


async def once(response: Any) -> Any:
    return await told(await settled(response.parse()))


async def twice(response: Any) -> Any:
    first, second = await settled(response.parse()), await settled(response.parse())
    return first is second, await told(first)


Times = Callable[[Any], Awaitable[Any]]


@both
@sdks
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("times", [zero, once, twice])
@pytest.mark.parametrize("way", ["with_raw_response", "with_streaming_response"])
def test_parsed_as_often_as_without(
    way: str, times: Times, stream: bool, sdk: str, is_async: bool, tape: Tape, provider: Provider
) -> None:
    async def drive(client: Any) -> Any:
        made = getattr(owner_of(client), way).create(**asked(sdk, stream=stream))
        awaitable = inspect.isawaitable(made)
        if way == "with_raw_response":
            response = await settled(made)
            return (
                awaitable,
                type(response),
                response.status_code,
                "x-request-id" in response.headers,
                await times(response),
            )
        async with entered(made) as response:
            parse_awaitable = inspect.iscoroutinefunction(response.parse)
            return awaitable, type(response), response.status_code, parse_awaitable, await times(response)

    def run(tape: Tape | None) -> Any:
        with Provider() as own:
            client = client_of(sdk, own.url, is_async=is_async)
            return asyncio.run(drive(tape.wrap(client) if tape else client))

    del provider
    assert run(tape) == run(None)
    end = tape.ended()
    if times is not zero:
        assert end.size == len(tape.only().answer) > 0


@both
@sdks
def test_headers_are_there_before_the_body(sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    """The provider never ends its answer: whoever read it ahead would wait forever."""
    provider.answer(Answer([CHUNK if sdk == "openai" else PING], headers={**SSE, "x-said": "first"}, stall=True))
    client = tape.wrap(client_of(sdk, provider.url, is_async=is_async))

    async def main() -> None:
        response = await settled(owner_of(client).with_raw_response.create(**asked(sdk, stream=True)))
        assert response.headers["x-said"] == "first"
        assert tape.only().end is None
        stream = await settled(response.parse())
        assert tape.only().end is None
        await settled(stream.close())

    asyncio.run(main())
    assert tape.ended().status == "closed"


@both
@sdks
@pytest.mark.parametrize("kind", ["application/json", "application/octet-stream", "text/event-stream"])
def test_a_body_that_is_never_read(kind: str, sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    """Of an answer that stays on the way, the record says that it was closed with nothing read."""
    provider.answer(Answer([b"{"], headers={"content-type": kind}, stall=True))
    client = tape.wrap(client_of(sdk, provider.url, is_async=is_async))

    async def main() -> None:
        async with entered(owner_of(client).with_streaming_response.create(**asked(sdk))) as response:
            assert response.status_code == 200

    asyncio.run(main())
    end = tape.ended()
    assert (end.status, end.size, end.parts) == ("closed", 0, 0)


@sdks
def test_a_reading_that_is_closed_leaves_open_what_it_does_without(sdk: str, tape: Tape, provider: Provider) -> None:
    """Who closes the bytes of an answer in the middle closes the transport's generators, too; no collector has to."""
    started: list[AsyncGeneratorType[Any, Any]] = []

    async def left_open(client: Any) -> list[str]:
        provider.answer(Answer([CHUNK, CHUNK], headers=SSE, stall=True))
        watched = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(firstiter=lambda made: started.append(cast("AsyncGeneratorType[Any, Any]", made)))
        async with owner_of(client).with_streaming_response.create(**asked(sdk)) as response:
            async with aclosing(response.http_response.aiter_raw()) as parts:
                await anext(parts)
            left = [generator.__qualname__ for generator in started if generator.ag_frame is not None]
            for generator in started:
                await generator.aclose()
        sys.set_asyncgen_hooks(*watched)
        started.clear()
        return left

    bare = asyncio.run(left_open(client_of(sdk, provider.url, is_async=True)))
    assert asyncio.run(left_open(tape.wrap(client_of(sdk, provider.url, is_async=True)))) == bare
    assert tape.ended().status == "closed"


@both
@pytest.mark.parametrize("way", ["iter_bytes", "stream_to_file", "read", "drop"])
def test_a_file_is_read_as_the_caller_reads_it(
    way: str, is_async: bool, tape: Tape, provider: Provider, tmp_path: Any
) -> None:
    """Size and digest of a binary answer are known; its bytes are not kept."""
    pieces = [b"\x00\x01", b"\x02\x03", b"\x04"]
    provider.answer(Answer(pieces, headers={"content-type": "audio/mpeg"}))
    client = tape.wrap(client_of("openai", provider.url, is_async=is_async))

    async def main() -> Any:
        made = client.audio.speech.with_streaming_response.create(model="m", voice="v", input="hi")
        async with entered(made) as response:
            if way == "iter_bytes":
                return b"".join([piece async for piece in items(response.iter_bytes())])
            if way == "read":
                return await settled(response.read())
            if way == "stream_to_file":
                await settled(response.stream_to_file(tmp_path / "a"))
                return (tmp_path / "a").read_bytes()
            return None

    read = asyncio.run(main())
    call, end = tape.only(), tape.ended()
    assert call.answer == b""
    assert not end.kept
    if way == "drop":
        assert (read, end.status, end.size) == (None, "closed", 0)
    else:
        assert (read, end.size) == (b"".join(pieces), 5)
        assert end.digest is not None


@both
@sdks
def test_a_raw_stream_that_is_dropped(sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    """Neither parsed nor closed: the call ends when nobody holds the response any more."""
    provider.answer(Answer([CHUNK if sdk == "openai" else PING], headers=SSE, stall=True))
    client = tape.wrap(client_of(sdk, provider.url, is_async=is_async))

    async def main() -> None:
        response = await settled(owner_of(client).with_raw_response.create(**asked(sdk, stream=True)))
        del response
        gc.collect()
        await asyncio.sleep(0.02)
        gc.collect()

    asyncio.run(main())
    assert tape.ended().status == "closed"
