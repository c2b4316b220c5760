"""A stream that tells of an error: the SDK raises, and the call has failed with what had come."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.seams.forms import USER, client_of, items, settled

import thence
from thence.testing import Answer, Provider

both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
SSE = {"content-type": "text/event-stream"}
_START = (
    b'event: message_start\ndata: {"type": "message_start", "message": {"id": "c", "type": "message", "model": "m", '
    b'"role": "assistant", "content": [], "usage": {"input_tokens": 1, "output_tokens": 1}}}\n\n'
)
PIECES = {
    "openai": [
        b'data: {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"content": "hel"}}]}\n\n',
        b'data: {"error": {"message": "boom", "type": "server_error"}}\n\n',
    ],
    "openai, whose choice has ended": [
        b'data: {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"content": "hel"}}]}\n\n',
        b'data: {"error": {"message": "boom"}, "choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]}\n\n',
        b"data: [DONE]\n\n",
    ],
    "anthropic": [
        _START,
        b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "boom"}}\n\n',
    ],
}


@both
@pytest.mark.parametrize("told", PIECES)
@pytest.mark.parametrize("capture", ["full", "params"])
def test_the_call_has_failed(capture: str, told: str, is_async: bool, provider: Provider, tmp_path: Path) -> None:
    sdk = told.partition(",")[0]
    provider.answer(Answer(PIECES[told], headers=SSE))
    client = thence.wrap(client_of(sdk, provider.url, is_async=is_async), store=tmp_path / "store.db", capture=capture)

    async def main() -> Any:
        asked: dict[str, Any] = {"model": "m", "messages": USER, "stream": True}
        if sdk == "openai":
            stream = await settled(client.chat.completions.create(**asked))
        else:
            stream = await settled(client.messages.create(max_tokens=9, **asked))
        with pytest.raises(Exception, match="boom"):
            [item async for item in items(stream)]

    asyncio.run(main())
    with thence.open(tmp_path / "store.db") as store:
        store.flush()
        (call,) = store.calls()
        assert call.status == "failed"
        assert call.commit is None
        assert call.response_id == "c"
        assert [attempt.status for attempt in call.attempts] == [200]
        if capture == "full":
            assert "boom" in (call.error or "")


@both
def test_one_that_is_left_before_was_closed(is_async: bool, provider: Provider, tmp_path: Path) -> None:
    provider.answer(Answer(PIECES["openai"][:1], headers=SSE, stall=True))
    client = thence.wrap(client_of("openai", provider.url, is_async=is_async), store=tmp_path / "store.db")

    async def main() -> None:
        stream = await settled(client.chat.completions.create(model="m", messages=USER, stream=True))
        async for _ in items(stream):
            break
        await settled(stream.close())

    asyncio.run(main())
    with thence.open(tmp_path / "store.db") as store:
        store.flush()
        (call,) = store.calls()
        assert (call.status, call.error) == ("closed", None)


def test_one_that_a_hook_of_the_program_gives_up_before_the_sdk_returns_was_closed(
    provider: Provider, tmp_path: Path
) -> None:
    def peek(response: Any) -> None:
        reading = response.iter_raw()
        next(reading)
        reading.close()

    provider.answer(Answer(PIECES["openai"][:1], headers=SSE))
    client = thence.wrap(client_of("openai", provider.url, is_async=False), store=tmp_path / "store.db")
    client._client.event_hooks["response"].append(peek)
    client.chat.completions.create(model="m", messages=USER, stream=True)
    with thence.open(tmp_path / "store.db") as store:
        store.flush()
        (call,) = store.calls()
        assert (call.status, call.response_id) == ("closed", "c")
