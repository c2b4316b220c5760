"""Every form of call, sync and async, leaves one record, sends the same bytes and gives back the same thing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.seams.conftest import Tape, Written
from tests.seams.forms import FORMS, Form, client_of, entered, items, method_of, settled

from thence.testing import Answer, Provider

VOLATILE = {"x-stainless-retry-count", "idempotency-key", "host", "content-type", "content-length"}
both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
forms = pytest.mark.parametrize("form", [form for form in FORMS if form.available()], ids=str)


def plain(value: Any) -> Any:
    """A result as something that compares: its type, and what it says."""
    said = value.model_dump() if hasattr(value, "model_dump") else None
    if hasattr(value, "read") and hasattr(value, "content"):
        said = value.content
    return type(value), said if said is not None or isinstance(value, (str, dict)) else repr(type(value))


async def call(form: Form, client: Any) -> Any:
    """Make the call and read it to its end."""
    made = method_of(client, form.path)(*form.args, **form.kwargs)
    if form.manager:
        async with entered(made) as stream:
            return [plain(item) async for item in items(stream)]
    result = await settled(made)
    if form.streams:
        return [type(result), *[plain(item) async for item in items(result)]]
    return plain(result)


def outcome(form: Form, *, is_async: bool, tape: Tape | None, status: int = 200) -> tuple[Any, list[Any]]:
    """What a call gives or raises, and what the provider saw."""
    with Provider() as provider:
        if status != 200:
            provider.answer(Answer({"error": {"message": "no", "type": "bad"}}, status=status))
        elif form.answer is not None:
            provider.answer(form.answer)
        client = client_of(form.sdk, provider.url, is_async=is_async)
        kind = type(client)
        if tape is not None:
            assert tape.wrap(client) is client
        assert type(client) is kind

        async def main() -> Any:
            try:
                return await call(form, client)
            except Exception as error:
                return type(error), str(error), getattr(error, "body", None)

        result = asyncio.run(main())
        seen = [
            (s.method, s.path, {k: v for k, v in s.headers.items() if k not in VOLATILE}, masked(s.headers, s.body))
            for s in provider.seen
        ]
        return result, seen


def masked(headers: dict[str, str], body: bytes) -> bytes:
    """A body without the random boundary of a multipart form."""
    boundary = headers.get("content-type", "").partition("boundary=")[2]
    return body.replace(boundary.encode(), b"boundary") if boundary else body


@both
@forms
def test_one_record_same_request_same_result(form: Form, is_async: bool, tape: Tape) -> None:
    bare, sent_bare = outcome(form, is_async=is_async, tape=None)
    wrapped, sent_wrapped = outcome(form, is_async=is_async, tape=tape)
    assert wrapped == bare
    assert sent_wrapped == sent_bare
    assert len(sent_wrapped) == 1
    call = tape.only()
    end = tape.ended()
    assert read_whole(call)
    assert [attempt.status for attempt in end.attempts] == [200]
    assert call.begin.url.endswith(sent_wrapped[0][1])
    if call.begin.body == "json":
        assert call.request == sent_wrapped[0][3]
    assert call.begin.callsite is not None
    assert Path(call.begin.callsite.file).parent == Path(__file__).parent


@both
@forms
@pytest.mark.parametrize("status", [400, 500])
def test_http_errors(form: Form, is_async: bool, status: int, tape: Tape) -> None:
    bare, sent_bare = outcome(form, is_async=is_async, tape=None, status=status)
    wrapped, sent_wrapped = outcome(form, is_async=is_async, tape=tape, status=status)
    assert wrapped == bare
    assert issubclass(wrapped[0], Exception)
    assert sent_wrapped == sent_bare
    end = tape.ended()
    assert end.status == "failed"
    assert end.error is not None
    assert wrapped[0].__name__ in end.error
    assert b'"bad"' in tape.only().answer


@both
@forms
@pytest.mark.parametrize("way", ["with_raw_response", "with_streaming_response"])
def test_raw_and_streaming_response(form: Form, way: str, is_async: bool, tape: Tape) -> None:
    if form.manager or form.name == "post":
        pytest.skip("has no raw form")

    def drive(tape: Tape | None) -> Any:
        with Provider() as provider:
            if form.answer is not None:
                provider.answer(form.answer)
            client = client_of(form.sdk, provider.url, is_async=is_async)
            if tape is not None:
                tape.wrap(client)
            owner, _, name = form.path.rpartition(".")
            method = getattr(getattr(method_of(client, owner), way, None), name, None)
            if method is None:
                pytest.skip("has no raw form")

            async def main() -> Any:
                made = method(*form.args, **form.kwargs)
                if way == "with_raw_response":
                    response = await settled(made)
                    return type(response), response.headers["x-request-id"], await parsed(form, response)
                async with entered(made) as response:
                    if tape is not None and form.streams:
                        assert tape.only().end is None, "the body was read early"
                    body = b"".join([piece async for piece in items(response.iter_bytes())])
                    return type(response), response.headers["x-request-id"], body

            return asyncio.run(main())

    assert drive(tape) == drive(None)
    assert read_whole(tape.only())
    assert (tape.ended().size or 0) > 0


def read_whole(call: Written) -> bool:
    """Whether the answer was read to its end. Some SDKs close a stream at its last event, before its last byte."""
    assert call.end is not None
    return call.end.status == "completed" or (call.end.status == "closed" and b"[DONE]" in call.answer)


async def parsed(form: Form, response: Any) -> Any:
    """``.parse()`` twice: a stream's items, or the parsed object."""
    value = await settled(response.parse())
    again = await settled(response.parse())
    assert type(value) is type(again)
    return [plain(item) async for item in items(value)] if form.streams else plain(value)


@both
def test_options_chains_stay_wrapped(is_async: bool, tape: Tape, provider: Provider) -> None:
    client = tape.wrap(client_of("openai", provider.url, is_async=is_async))
    chained = client.with_options(timeout=7).copy(max_retries=1).with_options(default_headers={"x-a": "b"})
    assert type(chained) is type(client)

    async def main() -> None:
        await settled(chained.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}]))

    asyncio.run(main())
    begin = tape.only().begin
    assert begin.client["max_retries"] == 1
    assert begin.client["timeout"] == 7
