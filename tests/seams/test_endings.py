"""However a call ends, it is recorded once, with what had arrived and the right status."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
import traceback
import weakref
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any

import anthropic
import pytest
from openai._models import FinalRequestOptions
from tests.faults.children import forked
from tests.interrupting import interrupted
from tests.seams.conftest import Tape
from tests.seams.forms import client_of, entered, items, settled

from thence import faults
from thence.seams import stainless, wire
from thence.seams.recording import Recording
from thence.testing import Answer, Provider

both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
sdks = pytest.mark.parametrize("sdk", ["openai", "anthropic"])
USER = [{"role": "user", "content": "one two three four"}]


async def stream_of(client: Any) -> Any:
    """A raw event stream of either SDK."""
    if type(client).__name__.endswith("Anthropic"):
        return await settled(client.messages.create(model="m", max_tokens=9, messages=USER, stream=True))
    return await settled(client.chat.completions.create(model="m", messages=USER, stream=True))


async def read_to_the_end(stream: Any) -> None:
    assert [item async for item in items(stream)]


async def break_inside_with(stream: Any) -> None:
    async with entered(stream) as inner:
        async for _ in items(inner):
            break


async def break_and_close(stream: Any) -> None:
    await first(stream)
    await settled((getattr(stream, "aclose", None) or stream.close)())


async def first(stream: Any) -> None:
    step = stream.__anext__() if hasattr(stream, "__anext__") else stream.__next__()
    await settled(step)


async def break_and_drop(stream: Any) -> None:
    await first(stream)


async def never_iterated(stream: Any) -> None:
    del stream


async def raise_in_the_loop(stream: Any) -> None:
    with pytest.raises(LookupError):
        async with entered(stream) as inner:
            async for _ in items(inner):
                raise LookupError


ENDINGS: list[tuple[Callable[[Any], Awaitable[None]], set[str]]] = [
    # A stream that the SDK closes at its last event, before its last byte, is told from a broken one by the ingest.
    (read_to_the_end, {"completed", "closed"}),
    (break_inside_with, {"closed", "completed"}),
    (break_and_close, {"closed", "completed"}),
    (break_and_drop, {"closed", "completed"}),
    (never_iterated, {"closed"}),
    (raise_in_the_loop, {"closed", "completed"}),
]


@both
@sdks
@pytest.mark.parametrize(("ending", "statuses"), ENDINGS, ids=[e[0].__name__ for e in ENDINGS])
def test_streams(ending: Any, statuses: set[str], sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    client = tape.wrap(client_of(sdk, provider.url, is_async=is_async))

    async def main() -> None:
        await ending(await stream_of(client))
        gc.collect()
        await asyncio.sleep(0.02)
        gc.collect()

    asyncio.run(main())
    call, end = tape.only(), tape.ended()
    assert end.status in statuses
    assert end.attempts[0].status == 200
    assert end.size == len(call.answer)
    assert (end.parts > 0) == (call.answer != b"")
    if end.status == "completed" or ending is not never_iterated:
        assert call.answer.startswith(b"data: " if sdk == "openai" else b"event: message_start")
        assert end.first_chunk is not None
        assert 0 < end.first_chunk <= end.elapsed


@both
@sdks
def test_a_stream_that_breaks(sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    pieces = [b'data: {"choices": []}\n\n'] * 3
    provider.answer(Answer(pieces, headers={"content-type": "text/event-stream"}, cut_after=2))
    client = tape.wrap(client_of(sdk, provider.url, is_async=is_async))

    async def main() -> None:
        stream = await stream_of(client)
        with pytest.raises(Exception, match=r"(?i)incomplete|peer|connection"):
            await read_to_the_end(stream)

    asyncio.run(main())
    end = tape.ended()
    assert end.status == "failed"
    assert end.error is not None
    assert tape.only().answer == b"".join(pieces[:2])


@both
@sdks
def test_no_connection(sdk: str, is_async: bool, tape: Tape) -> None:
    client = tape.wrap(client_of(sdk, "http://127.0.0.1:9", is_async=is_async, max_retries=1))

    async def main() -> None:
        with pytest.raises(Exception, match=r"(?i)connection"):
            await stream_of(client)

    asyncio.run(main())
    end = tape.ended()
    assert end.status == "failed"
    assert "APIConnectionError" in (end.error or "")
    assert [attempt.status for attempt in end.attempts] == [None, None]


@both
@sdks
def test_retries_are_attempts_of_one_call(sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    again = {"retry-after-ms": "1"}
    provider.answer(Answer({"error": {}}, status=500, headers=again), Answer({}, status=429, headers=again))
    client = tape.wrap(client_of(sdk, provider.url, is_async=is_async, max_retries=3))

    async def main() -> None:
        await read_to_the_end(await stream_of(client))

    asyncio.run(main())
    end = tape.ended()
    assert end.status in {"completed", "closed"}
    assert [attempt.status for attempt in end.attempts] == [500, 429, 200]
    assert [attempt.request_id for attempt in end.attempts] == ["req_1", "req_2", "req_3"]
    assert len(tape.calls()) == 1


@both
@sdks
def test_a_timeout(sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    provider.answer(Answer({}, delay=1.0))
    client = tape.wrap(client_of(sdk, provider.url, is_async=is_async, timeout=0.1))

    async def main() -> None:
        with pytest.raises(Exception, match=r"(?i)timed out"):
            await stream_of(client)

    asyncio.run(main())
    end = tape.ended()
    assert end.status == "failed"
    assert "APITimeoutError" in (end.error or "")


@sdks
def test_a_cancelled_task(sdk: str, tape: Tape, provider: Provider) -> None:
    provider.answer(Answer({}, delay=5))
    client = tape.wrap(client_of(sdk, provider.url, is_async=True))

    async def main() -> None:
        task = asyncio.create_task(stream_of(client))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert tape.ended().status == "interrupted"


@sdks
def test_a_task_cancelled_while_reading(sdk: str, tape: Tape, provider: Provider) -> None:
    piece = b'event: ping\ndata: {"type": "ping"}\n\n'
    provider.answer(Answer([piece], headers={"content-type": "text/event-stream"}, stall=True))
    client = tape.wrap(client_of(sdk, provider.url, is_async=True))

    async def main() -> None:
        stream = await stream_of(client)
        task = asyncio.create_task(read_to_the_end(stream))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert tape.ended().status == "interrupted"
    assert tape.only().answer == piece


@sdks
@pytest.mark.parametrize("let_go", [gc.collect, weakref.finalize._exitfunc], ids=["dropped", "at exit"])  # type: ignore[attr-defined]
def test_a_forked_child_lets_go_of_its_parents_stream(
    let_go: Callable[[], object], sdk: str, tape: Tape, provider: Provider
) -> None:
    streams = [asyncio.run(stream_of(tape.wrap(client_of(sdk, provider.url))))]
    next(streams[0])

    def child() -> bool:
        streams.clear()
        let_go()
        return True

    assert forked(child) == 0
    assert tape.only().end is None
    assert list(streams[0])
    assert tape.ended().status in {"completed", "closed"}
    assert tape.only().answer


@both
@sdks
def test_a_client_unwrapped_while_a_call_is_on_its_way(
    sdk: str, is_async: bool, tape: Tape, provider: Provider
) -> None:
    """The call is recorded whole; those made from then on are not, and no hook is left."""
    client = tape.wrap(client_of(sdk, provider.url, is_async=is_async))

    def unwrap(_seen: object) -> None:
        stainless.uncover(client)

    provider.script = unwrap

    async def main() -> None:
        await read_to_the_end(await stream_of(client))
        await read_to_the_end(await stream_of(client))

    asyncio.run(main())
    assert len(provider.seen) == 2
    call = tape.only()
    assert call.answer
    assert tape.ended().attempts[0].status == 200
    assert {type(hooks) for hooks in client._client.event_hooks.values()} == {list}


def test_a_call_that_never_left(tape: Tape, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
    client = tape.wrap(anthropic.Anthropic(base_url=provider.url, api_key=None, auth_token=None))
    with pytest.raises(Exception, match="authentication"):
        client.messages.create(model="m", max_tokens=9, messages=USER)  # type: ignore[arg-type]
    assert provider.seen == []
    assert tape.ended().status == "failed"
    assert json.loads(tape.only().request) == {"model": "m", "max_tokens": 9, "messages": USER}


class Cancelled(BaseException):
    """What an event loop other than asyncio's cancels with: trio's is no ``Exception`` either."""


@pytest.mark.parametrize("kind", [KeyboardInterrupt, Cancelled])
def test_what_is_no_error_interrupts(kind: type[BaseException], tape: Tape, provider: Provider) -> None:
    client = client_of("openai", provider.url)

    def interrupt(_request: object) -> None:
        raise kind

    tape.wrap(client)
    client._client.event_hooks["request"].append(interrupt)
    with pytest.raises(kind):
        client.models.list()
    assert tape.ended().status == "interrupted"


@pytest.mark.timeout(600)  # every line is traced, a hundred calls over: a busy machine stretches that
@pytest.mark.parametrize("kind", [KeyboardInterrupt, TimeoutError, ValueError])
def test_an_interrupt_while_the_request_is_written_down(
    kind: type[BaseException], tape: Tape, provider: Provider
) -> None:
    client = tape.wrap(client_of("openai", provider.url))
    ask = partial(client.chat.completions.create, model="m", messages=USER)
    ask()
    step = 1
    while (error := interrupted(wire._on_request.__code__, step, ask, kind)) is not None:
        assert isinstance(error.__cause__ or error, kind), step
        call = tape.calls()[-1]
        assert json.loads(call.request) == {"model": "m", "messages": USER}, step
        assert call.end is not None
        assert call.end.status == ("interrupted" if kind is KeyboardInterrupt else "failed"), step
        step += 1
    assert step > 40
    assert len(tape.calls()) == step + 1
    assert len(provider.seen) == 2


@pytest.mark.timeout(600)  # every line is traced, a hundred calls over: a busy machine stretches that
@pytest.mark.parametrize("place", [stainless._open, wire._on_response, stainless._settle])
def test_what_a_signal_handler_raises_within_a_call_reaches_the_program(
    place: FunctionType, tape: Tape, provider: Provider
) -> None:
    client = tape.wrap(client_of("openai", provider.url))
    ask = partial(client.chat.completions.create, model="m", messages=USER)
    ask()
    counted, step = faults.counts(), 1
    while (error := interrupted(place.__code__, step, ask, TimeoutError)) is not None:
        assert isinstance(error.__cause__ or error, TimeoutError), step
        step += 1
    assert step > 5
    assert faults.counts() == counted
    assert all(call.end is not None for call in tape.calls(twice=True))


@pytest.mark.parametrize("streamed", [False, True])
def test_an_end_that_an_interrupt_meets_is_written(streamed: bool, tape: Tape, provider: Provider) -> None:
    client = tape.wrap(client_of("openai", provider.url))

    def ask() -> None:
        answer = client.chat.completions.create(model="m", messages=USER, stream=streamed)
        if streamed:
            assert list(answer)

    ask()
    step = 1
    while interrupted(Recording._end.__code__, step, ask, TimeoutError) is not None:
        call = tape.calls(twice=True)[-1]
        assert call.end is not None, step
        assert call.end.status in {"completed", "closed", "failed"}, step
        assert b"[DONE]" in call.answer or json.loads(call.answer)["choices"], step
        step += 1
    assert step > 20


@both
def test_an_answer_that_is_no_json(is_async: bool, tape: Tape, provider: Provider) -> None:
    provider.answer(Answer("<html>busy</html>", headers={"content-type": "text/html"}))
    client = tape.wrap(client_of("openai", provider.url, is_async=is_async))

    async def main() -> Any:
        return await settled(client.chat.completions.create(model="m", messages=USER))

    assert asyncio.run(main()) == "<html>busy</html>"
    assert tape.only().answer == b"<html>busy</html>"
    assert tape.ended().content_type == "text/html"


@pytest.mark.parametrize("year", [1950, 9999])
def test_a_clock_of_any_year(year: int, tape: Tape, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests set the clock back and forth (freezegun, time-machine)."""
    client = tape.wrap(client_of("openai", provider.url))
    monkeypatch.setattr(time, "time_ns", lambda: (year - 1970) * 31_556_952 * 10**9)
    client.chat.completions.create(model="m", messages=USER)
    begin = tape.only().begin
    assert 0 <= begin.at < 1 << 63
    assert tape.ended().status == "completed"


def _deep(steps: int, ask: Callable[[], object]) -> object:
    return ask() if steps <= 0 else _deep(steps - 1, ask)


def test_where_the_stack_is_full(tape: Tape, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK needs more of it than Thence does: the program hears of it from the SDK, and the call has its request."""
    monkeypatch.delenv("THENCE_STRICT")
    client = tape.wrap(client_of("openai", provider.url))
    ask = partial(client.chat.completions.create, model="m", messages=USER)
    ask()
    outcomes = []
    for steps in range(sys.getrecursionlimit() - 250, sys.getrecursionlimit() - 20):
        try:
            _deep(steps, ask)
            outcomes.append("answered")
        except Exception as error:
            kind = type(error.__cause__ or error)
            outcomes.append(f"{kind.__name__} {Path(traceback.extract_tb(error.__traceback__)[-1].filename).name}")
    assert {each.partition(" ")[0] for each in outcomes} == {"answered", "RecursionError"}
    assert "RecursionError faults.py" not in outcomes
    calls = tape.calls(twice=True)
    assert len(calls) > outcomes.count("answered")
    assert sum(call.end is None for call in calls) <= tape.writer.dropped


def test_a_request_that_cannot_be_described(tape: Tape, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THENCE_STRICT")
    client = tape.wrap(client_of("openai", provider.url))
    options = FinalRequestOptions.construct(method="post", url="/files", files=[("file",)])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="unpack"):
        client.request(object, options)
    assert tape.ended().status == "failed"
