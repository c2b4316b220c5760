"""LiteLLM's own package, told to record: one record per ``litellm_call_id``, whatever becomes of the call."""

from __future__ import annotations

import asyncio
import gc
import importlib
import io
import json
import logging
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from tests.faults.children import forked
from tests.seams.conftest import Tape, Written

from thence.frames import Asked
from thence.params import Layer, Parameter, ParameterSource, reconcile
from thence.providers import find, read_answer
from thence.testing import Answer, Provider

litellm = pytest.importorskip("litellm", reason="LiteLLM is not installed here; tests/contract runs these where it is")

from thence.litellm import Callback  # noqa: E402
from thence.seams.callback import CallbackSeam  # noqa: E402

KEY = "sk-do-not-write-me-0123456789abcdef"
HELLO = [{"role": "user", "content": "hi"}]
REFUSED = Answer({"error": {"message": "no", "type": "server_error"}}, status=500, headers={"x-should-retry": "false"})


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """LiteLLM imports every integration that it has at its first event, in that thread: a minute, at worst."""
    importlib.import_module("litellm.litellm_core_utils.custom_logger_registry")


@pytest.fixture(autouse=True)
def callback(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> CallbackSeam:
    """The callback, in force and recording to the tape."""
    made = CallbackSeam(lambda: tape.recorder)
    for name in ("input_callback", "success_callback", "failure_callback"):
        monkeypatch.setattr(litellm, name, [])
    for name in ("_async_success_callback", "_async_failure_callback"):
        monkeypatch.setattr(litellm, name, [])
    monkeypatch.setattr(litellm, "callbacks", [made])
    monkeypatch.setattr(litellm, "cache", None)
    monkeypatch.setattr(litellm, "num_retries", None)
    return made


@pytest.fixture
def openai(provider: Provider) -> dict[str, Any]:
    """Arguments of a call that goes through the OpenAI SDK."""
    return {"model": "openai/gpt-4o", "messages": HELLO, "api_base": f"{provider.url}/v1", "api_key": KEY}


@pytest.fixture
def anthropic(provider: Provider) -> dict[str, Any]:
    """Arguments of a call that LiteLLM sends itself."""
    return {"model": "anthropic/claude-sonnet-4-5", "messages": HELLO, "api_base": provider.url, "api_key": KEY}


def settled(tape: Tape, count: int = 1) -> list[Written]:
    """The calls, when LiteLLM's late events are through; nothing that came is allowed to hold the key."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        calls = tape.calls()
        if len(calls) >= count and all(call.end is not None for call in calls):
            break
        time.sleep(0.02)
    time.sleep(0.1)
    calls = tape.calls()
    assert len(calls) == count
    for path in tape.folder.iterdir():
        assert KEY.encode() not in path.read_bytes()
    return calls


def only(tape: Tape) -> Written:
    return settled(tape)[0]


def status(call: Written) -> str:
    assert call.end is not None
    return call.end.status


def parameters(call: Written) -> dict[str, Parameter]:
    """The call's parameters, reconciled with the wire."""
    sent = {n: v for n, v in json.loads(call.request).items() if n not in {"messages", "input"}}
    layers = [layer(asked, sent) for asked in call.begin.asked]
    return dict(reconcile(layers, sent, sdk=call.begin.sdk))


def layer(asked: Asked, sent: dict[str, Any]) -> Layer:
    return Layer(
        ParameterSource[asked.source],
        asked.origin,
        {**asked.values, **{n: sent[n] for n in asked.same}},
        asked.origins,
    )


def said(call: Written) -> bytes:
    """The call's answer, put together where it was streamed."""
    assert call.end is not None
    return json.dumps(read_answer(find("POST", call.begin.url), call.answer, call.end.content_type).body).encode()


async def drained(call: Any) -> None:
    """An async call, read to its end, and LiteLLM's late callbacks with it."""
    stream = await call
    if hasattr(stream, "__aiter__"):
        async for _ in stream:
            pass
    for _ in range(50):
        await asyncio.sleep(0.01)


# -- how calls end


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_every_form_makes_one_record(
    sdk: str, stream: bool, is_async: bool, tape: Tape, provider: Provider, request: pytest.FixtureRequest
) -> None:
    arguments = {**request.getfixturevalue(sdk), "temperature": 0.2, **({"stream": True} if stream else {})}
    if is_async:
        asyncio.run(drained(litellm.acompletion(**arguments)))
    elif stream:
        list(litellm.completion(**arguments))
    else:
        litellm.completion(**arguments)
    call = only(tape)
    assert json.loads(call.request) == provider.seen[0].json
    assert call.begin.url == provider.url + provider.seen[0].path
    assert call.begin.provider == sdk
    assert status(call) == "completed"
    assert b"You said: hi" in said(call)
    assert call.begin.callsite is not None
    assert call.begin.callsite.file == __file__


def test_the_record_of_a_whole_answer_is_there_when_the_call_returns(tape: Tape, openai: dict[str, Any]) -> None:
    litellm.completion(**openai)
    call = tape.only()
    assert status(call) == "completed"
    assert call.end is not None
    assert call.end.content_type == "application/json"


def test_the_raw_answer_is_kept_not_litellms_idea_of_it(tape: Tape, anthropic: dict[str, Any]) -> None:
    litellm.completion(**anthropic)
    assert json.loads(only(tape).answer)["type"] == "message"


def test_a_streamed_answer_says_in_whose_shape_it_is(tape: Tape, anthropic: dict[str, Any]) -> None:
    list(litellm.completion(**anthropic, stream=True))
    end = only(tape).end
    assert end is not None
    assert end.content_type == "text/event-stream; shape=chat_completions"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_response_that_is_continued_has_the_id_that_is_sent(
    stream: bool, tape: Tape, openai: dict[str, Any], provider: Provider
) -> None:
    arguments = {name: value for name, value in openai.items() if name != "messages"}
    answer = litellm.responses(**arguments, input="hi", stream=stream)
    name = [*answer][-1].response.id if stream else answer.id
    litellm.responses(**arguments, input="and?", previous_response_id=name)
    first, second = settled(tape, 2)
    assert first.end is not None
    told = read_answer(find("POST", first.begin.url), first.answer, first.end.content_type)
    assert told.id == json.loads(second.request)["previous_response_id"]
    assert told.id == provider.seen[-1].json["previous_response_id"]


def test_tools_that_a_streamed_answer_calls_are_the_item_that_is_sent_back(
    tape: Tape, anthropic: dict[str, Any], provider: Provider
) -> None:
    use = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    provider.answer(
        Answer.sse(
            [
                {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "usage": {}}},
                {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "let me look"}},
                {"type": "content_block_stop", "index": 0},
                {"type": "content_block_start", "index": 1, "content_block": use},
                {
                    "type": "content_block_delta",
                    "index": 1,
                    "delta": {"type": "input_json_delta", "partial_json": '{"a": 1}'},
                },
                {"type": "content_block_stop", "index": 1},
                {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 1}},
                {"type": "message_stop"},
            ],
            done=False,
        )
    )
    tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]
    chunks = list(litellm.completion(**anthropic, tools=tools, stream=True))
    answer = litellm.stream_chunk_builder(chunks).choices[0].message
    result = {"role": "tool", "tool_call_id": "toolu_1", "content": "42"}
    litellm.completion(**{**anthropic, "messages": [*HELLO, answer, result]}, tools=tools)
    first, second = settled(tape, 2)
    assert first.end is not None
    endpoint = find("POST", first.begin.url)
    (item,) = read_answer(endpoint, first.answer, first.end.content_type).choices[0]
    assert item.canonical == endpoint.former("messages", json.loads(second.request)["messages"][1])


def test_a_stream_that_nobody_reads_on_is_closed_with_what_came(tape: Tape, openai: dict[str, Any]) -> None:
    stream = litellm.completion(**openai, stream=True)
    next(stream)
    next(stream)
    del stream
    gc.collect()
    call = only(tape)
    assert status(call) == "closed"
    assert call.end is not None
    assert call.end.content_type == "text/event-stream; shape=chat_completions"
    assert call.end.parts >= 1
    assert call.answer.startswith(b"data: ")


def test_a_forked_child_lets_go_of_its_parents_stream(tape: Tape, openai: dict[str, Any]) -> None:
    streams = [litellm.completion(**openai, stream=True)]
    next(streams[0])

    def child() -> bool:
        weakref.finalize._exitfunc()  # type: ignore[attr-defined]
        return True

    assert forked(child) == 0
    assert [call.end for call in tape.calls()] == [None]
    assert list(streams[0])
    call = only(tape)
    assert status(call) == "completed"
    assert b"said:" in call.answer


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
def test_a_stream_whose_event_loop_is_gone_before_litellm_tells_of_it_is_complete(
    sdk: str, tape: Tape, request: pytest.FixtureRequest
) -> None:
    async def main() -> None:
        async for _ in await litellm.acompletion(**request.getfixturevalue(sdk), stream=True):
            pass

    asyncio.run(main())
    gc.collect()
    call = only(tape)
    assert status(call) == "completed"
    assert b"said:" in call.answer


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
def test_an_async_stream_that_nobody_reads_on_is_closed_with_what_came(
    sdk: str, tape: Tape, request: pytest.FixtureRequest
) -> None:
    async def main() -> None:
        stream = await litellm.acompletion(**request.getfixturevalue(sdk), stream=True)
        for _ in range(3):
            await anext(stream)

    litellm.callbacks.append(CallbackSeam(lambda: tape.recorder))
    asyncio.run(main())
    for call in settled(tape, 2):
        assert status(call) == "closed"
        assert b"said:" in call.answer


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_stream_of_responses_that_nobody_reads_on_is_closed_with_what_came(
    is_async: bool, tape: Tape, provider: Provider
) -> None:
    arguments = {"model": "openai/gpt-4o", "input": "hi", "api_base": f"{provider.url}/v1", "api_key": KEY}

    async def main() -> None:
        stream = await litellm.aresponses(**arguments, stream=True)
        for _ in range(5):
            await anext(stream)

    def read() -> None:
        stream = litellm.responses(**arguments, stream=True)
        for _ in range(5):
            next(stream)

    asyncio.run(main()) if is_async else read()
    call = only(tape)
    assert status(call) == "closed"
    assert call.end is not None
    assert call.end.content_type == "text/event-stream; shape=responses"
    assert b'"delta":"You"' in call.answer


def test_a_call_that_is_cancelled_is_interrupted(tape: Tape, provider: Provider, openai: dict[str, Any]) -> None:
    provider.answer(Answer({}, delay=1))

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(litellm.acompletion(**openai), 0.3)

    asyncio.run(main())
    gc.collect()
    assert status(only(tape)) == "interrupted"


def test_of_a_stream_nothing_is_recorded_that_nobody_said(
    tape: Tape, provider: Provider, openai: dict[str, Any]
) -> None:
    """LiteLLM mixes the texts of two choices, and counts tokens where the provider tells of none."""
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-2024"}
    deltas = [(0, "one"), (1, "two"), (0, " more"), (1, " less")]
    choices = [{"index": n, "delta": {"content": text}, "finish_reason": None} for n, text in deltas]
    last: list[Any] = [{"index": n, "delta": {}, "finish_reason": "stop"} for n in (0, 1)]
    provider.answer(Answer.sse([{**head, "choices": [choice]} for choice in [*choices, *last]]))
    list(litellm.completion(**openai, n=2, stream=True))
    call = only(tape)
    assert status(call) == "completed"
    assert call.end is not None
    found = read_answer(find("POST", call.begin.url), call.answer, call.end.content_type).body
    assert [choice["message"]["content"] for choice in found["choices"]] == ["one more", "two less"]
    assert "usage" not in found


def test_what_the_proxys_caller_left_is_closed(tape: Tape, callback: CallbackSeam) -> None:
    answer = litellm.ModelResponse(choices=[{"message": {"role": "assistant", "content": "half"}}])
    left = {"metadata": {"client_disconnected": True}}
    told = {"litellm_call_id": "1", "call_type": "acompletion", "model": "m", "stream": True, "litellm_params": left}
    callback.log_success_event(told, answer, None, None)
    call = only(tape)
    assert status(call) == "closed"
    assert b"half" in call.answer
    assert b"usage" not in call.answer  # all zero: LiteLLM's own


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_failure_is_recorded_once(is_async: bool, tape: Tape, provider: Provider, openai: dict[str, Any]) -> None:
    provider.answer(REFUSED)
    with pytest.raises(litellm.InternalServerError):
        if is_async:
            asyncio.run(drained(litellm.acompletion(**openai, max_retries=0)))
        else:
            litellm.completion(**openai, max_retries=0)
    call = only(tape)
    assert status(call) == "failed"
    assert call.end is not None
    assert "InternalServerError" in str(call.end.error)
    assert [attempt.status for attempt in call.end.attempts] == [500]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_retries_are_attempts_of_one_call(
    is_async: bool, tape: Tape, provider: Provider, openai: dict[str, Any]
) -> None:
    pytest.importorskip("tenacity")
    provider.answer(REFUSED, REFUSED)
    arguments = {**openai, "max_retries": 0, "num_retries": 2}
    if is_async:
        asyncio.run(drained(litellm.acompletion(**arguments)))
    else:
        litellm.completion(**arguments)
    call = only(tape)
    assert status(call) == "completed"
    assert call.end is not None
    assert len(call.end.attempts) == 3


def test_retries_that_all_fail_are_one_failed_call(tape: Tape, provider: Provider, openai: dict[str, Any]) -> None:
    pytest.importorskip("tenacity")
    provider.answer(REFUSED, REFUSED, REFUSED)

    def call() -> None:
        with pytest.raises(litellm.InternalServerError):
            litellm.completion(**openai, max_retries=0, num_retries=2)

    call()
    gc.collect()
    assert status(only(tape)) == "failed"
    assert len(provider.seen) == 3


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
@pytest.mark.parametrize("form", ["sync", "async", "stream"])
def test_a_fallback_is_an_attempt_of_one_call(
    form: str, sdk: str, tape: Tape, provider: Provider, request: pytest.FixtureRequest
) -> None:
    provider.answer(REFUSED)
    first = request.getfixturevalue(sdk)
    arguments = {**first, "max_retries": 0, "fallbacks": [{"model": f"{first['model']}-mini", "temperature": 0.3}]}
    if form == "sync":
        litellm.completion(**arguments)
        asyncio.run(
            drained(litellm.acompletion(**first))
        )  # what LiteLLM tells late of a sync call waits for an async one
    else:
        asyncio.run(drained(litellm.acompletion(**arguments, stream=form == "stream")))
    call = settled(tape, len(provider.seen) - 1)[0]
    assert status(call) == "completed"
    assert json.loads(call.request)["model"].endswith("-mini")
    assert call.answer
    assert call.end is not None
    assert len(call.end.attempts) == 2


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_fallbacks_that_all_fail_are_one_failed_call(
    is_async: bool, tape: Tape, provider: Provider, openai: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("LiteLLM"), "disabled", True)  # pytest keeps the tracebacks that it logs
    provider.answer(REFUSED, REFUSED)
    arguments = {**openai, "max_retries": 0, "fallbacks": ["openai/gpt-4o-mini"]}

    def call() -> None:
        with pytest.raises(Exception, match="All fallback attempts failed"):
            if is_async:
                asyncio.run(drained(litellm.acompletion(**arguments)))
            else:
                litellm.completion(**arguments)

    call()
    gc.collect()
    found = only(tape)
    assert status(found) == "failed"
    assert found.end is not None
    assert len(found.end.attempts) == len(provider.seen) == 2


def test_a_mock_is_a_call(tape: Tape, provider: Provider, openai: dict[str, Any]) -> None:
    litellm.completion(**openai, mock_response="mocked", temperature=0.3)
    call = only(tape)
    assert provider.seen == []
    assert b'"content":"mocked"' in call.answer
    assert parameters(call)["temperature"].asked == 0.3


def test_a_cache_hit_is_a_call_that_says_so(tape: Tape, provider: Provider, openai: dict[str, Any]) -> None:
    litellm.cache = litellm.Cache()
    litellm.completion(**openai, caching=True, temperature=0.3)
    settled(tape)
    litellm.completion(**openai, caching=True, temperature=0.3)
    first, second = settled(tape, 2)
    assert len(provider.seen) == 1
    assert "cache_hit" not in first.begin.metadata
    assert second.begin.metadata["cache_hit"] is True
    assert (parameters(second)["temperature"].asked, parameters(second)["temperature"].sent) == (0.3, 0.3)
    assert b"You said: hi" in second.answer


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_router_that_falls_back_makes_a_record_of_each_call(
    is_async: bool, tape: Tape, provider: Provider, openai: dict[str, Any]
) -> None:
    provider.script = lambda seen: REFUSED if seen.json["model"] == "broken" else None
    base = {"api_base": openai["api_base"], "api_key": KEY, "max_retries": 0}
    router = litellm.Router(
        model_list=[
            {"model_name": "first", "litellm_params": {**base, "model": "openai/broken"}},
            {"model_name": "second", "litellm_params": {**base, "model": "openai/gpt-4o", "top_p": 0.25}},
        ],
        fallbacks=[{"first": ["second"]}],
        num_retries=0,
    )
    if is_async:
        asyncio.run(drained(router.acompletion(model="first", messages=HELLO, temperature=0.4)))
    else:
        router.completion(model="first", messages=HELLO, temperature=0.4)
    failed, answered = settled(tape, 2)
    assert (status(failed), status(answered)) == ("failed", "completed")
    assert len({call.begin.metadata["litellm_call_id"] for call in (failed, answered)}) == 2
    found = parameters(answered)
    assert (found["temperature"].source, found["temperature"].asked) == (ParameterSource.CALL, 0.4)
    assert (found["top_p"].source, found["top_p"].origin) == (
        ParameterSource.CONFIG_FILE,
        "litellm model_list: second",
    )
    assert (found["model"].asked, found["model"].sent) == ("second", "gpt-4o")


def test_embeddings_and_responses_are_calls(tape: Tape, provider: Provider, openai: dict[str, Any]) -> None:
    where = {"api_base": openai["api_base"], "api_key": KEY}
    litellm.embedding(model="openai/text-embedding-3-small", input=["a"], dimensions=3, **where)
    litellm.responses(model="openai/gpt-4o", input="hi", temperature=0.5, **where)
    embedded, responded = settled(tape, 2)
    for call, seen in zip((embedded, responded), provider.seen, strict=True):
        assert call.begin.url == provider.url + seen.path
        assert parameters(call)["model"].sent == seen.json["model"]
    assert parameters(responded)["temperature"].asked == 0.5
    assert parameters(embedded)["dimensions"].asked == 3
    assert json.loads(responded.answer)["object"] == "response"


def test_a_completion_by_way_of_a_chat_is_a_chat(tape: Tape, provider: Provider, openai: dict[str, Any]) -> None:
    del openai["messages"]
    litellm.text_completion(**openai, prompt="hi", max_tokens=4)
    assert only(tape).begin.url == provider.url + provider.seen[0].path == f"{provider.url}/v1/chat/completions"


def test_sound_is_a_call_with_its_text_in_or_out(tape: Tape, provider: Provider) -> None:
    where = {"api_base": f"{provider.url}/v1", "api_key": KEY}
    provider.answer(Answer(b"ID3", headers={"content-type": "audio/mpeg"}), {"text": "hello"})
    litellm.speech(model="openai/tts-1", voice="alloy", input="hi", **where)
    sound = io.BytesIO(b"RIFF")
    sound.name = "a.wav"
    litellm.transcription(model="openai/whisper-1", file=sound, language="en", **where)
    spoken, heard = settled(tape, 2)
    assert json.loads(spoken.request) == provider.seen[0].json
    assert (status(spoken), spoken.answer) == ("completed", b"")
    assert json.loads(heard.request)["files"] == [{"name": "file", "filename": "a.wav", "size": 4}]
    assert heard.begin.body == "form"
    assert parameters(heard)["language"].asked == "en"
    assert "file" not in parameters(heard)


# -- what was asked, and what was sent


def test_a_call_that_litellm_refuses_says_what_was_asked(tape: Tape, anthropic: dict[str, Any]) -> None:
    with pytest.raises(litellm.UnsupportedParamsError):
        litellm.completion(**anthropic, frequency_penalty=0.3)
    call = only(tape)
    assert (status(call), call.begin.provider) == ("failed", "anthropic")
    assert parameters(call)["frequency_penalty"].asked == 0.3


def test_what_litellm_changes_is_told_from_what_was_asked(tape: Tape, anthropic: dict[str, Any]) -> None:
    litellm.completion(**anthropic, temperature=0.2, stop=["x"], frequency_penalty=0.3, drop_params=True)
    call = only(tape)
    found = parameters(call)
    assert found["temperature"].change is None
    assert found["temperature"].source is ParameterSource.CALL
    assert (found["max_tokens"].change, found["max_tokens"].source) == ("filled", ParameterSource.SDK)
    assert found["max_tokens"].origin is not None
    assert found["max_tokens"].origin.startswith("litellm 1.")
    assert (found["frequency_penalty"].change, found["frequency_penalty"].asked) == ("dropped", 0.3)
    assert (found["stop_sequences"].change, found["stop_sequences"].alias) == ("renamed", "stop")
    assert (found["model"].change, found["model"].asked) == ("rewritten", "anthropic/claude-sonnet-4-5")


def test_extra_body_is_what_the_wire_makes_of_it(tape: Tape, provider: Provider, openai: dict[str, Any]) -> None:
    litellm.completion(**openai, temperature=0.7, extra_body={"temperature": 0.1, "min_p": 0.05})
    call = only(tape)
    assert json.loads(call.request) == provider.seen[0].json
    found = parameters(call)
    assert (found["min_p"].source, found["min_p"].value) == (ParameterSource.CALL, 0.05)
    assert found["temperature"].sent == 0.1


def test_nothing_but_parameters_is_read(tape: Tape, openai: dict[str, Any]) -> None:
    litellm.completion(**openai, timeout=30, extra_headers={"x-secret": KEY}, metadata={"trace": "t"}, num_retries=0)
    call = only(tape)
    assert set(json.loads(call.request)) == {"model", "messages"}
    assert set(parameters(call)) == {"model"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_litellms_own_switch_withholds_text(
    stream: bool, tape: Tape, openai: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(litellm, "turn_off_message_logging", True)
    answer = litellm.completion(**openai, temperature=0.2, stream=stream)
    list(answer)
    call = only(tape)
    assert call.begin.capture == "params"
    assert b'"hi"' not in call.request
    assert b"said" not in call.answer
    assert parameters(call)["temperature"].sent == 0.2


# -- beside a wrapped client, and inside a decorated function


def test_a_wrapped_client_inside_litellm_is_recorded_once(tape: Tape, openai: dict[str, Any]) -> None:
    import openai as sdk

    with sdk.OpenAI(base_url=openai["api_base"], api_key=KEY) as client:
        tape.wrap(client)
        litellm.completion(model="openai/gpt-4o", messages=HELLO, client=client)
        assert only(tape).begin.seam == "litellm"
        client.chat.completions.create(model="m", messages=HELLO)  # type: ignore[arg-type]
    assert [call.begin.seam for call in settled(tape, 2)] == ["litellm", "stainless"]


def test_what_litellm_tells_of_in_a_thread_is_recorded_once(tape: Tape, provider: Provider) -> None:
    import openai as sdk

    async def main() -> None:
        async with sdk.AsyncOpenAI(base_url=f"{provider.url}/v1", api_key=KEY) as client:
            tape.wrap(client)
            await litellm.aembedding(model="openai/text-embedding-3-small", input=["a"], client=client)

    asyncio.run(main())
    assert only(tape).begin.seam == "litellm"


def test_a_decorated_function_is_a_label(tape: Tape, openai: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    import thence.decorator

    monkeypatch.setattr(thence.decorator, "recorder_for", lambda **_: tape.recorder)

    @thence.decorator.record(label="ask")
    def ask(*, temperature: float = 0.3, top_p: float = 0.5) -> str:
        answer = litellm.completion(**openai, temperature=temperature, top_p=top_p)
        return str(answer.choices[0].message.content)

    assert ask(top_p=0.9) == "You said: hi"
    call = only(tape)
    assert call.begin.label == "ask"
    found = parameters(call)
    assert found["temperature"].source is ParameterSource.DECORATOR
    assert found["top_p"].source is ParameterSource.CALL


# -- harm


@pytest.mark.parametrize("broken", [lambda: 1 / 0, lambda: None], ids=["broken", "off"])
def test_a_callback_that_can_not_record_harms_nobody(
    broken: Callable[[], Any], tape: Tape, openai: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THENCE_STRICT")
    monkeypatch.setattr(litellm, "input_callback", [])
    monkeypatch.setattr(litellm, "callbacks", [CallbackSeam(broken)])
    litellm.success_callback.clear()
    litellm.failure_callback.clear()
    assert litellm.completion(**openai).choices[0].message.content == "You said: hi"
    assert tape.calls() == []


def test_the_public_callback_takes_what_wrap_takes(tape: Tape, tmp_path: Any) -> None:
    made = Callback(store=tmp_path / "other.db", tract="t", branch="b", capture="params")
    assert isinstance(made, CallbackSeam)
    recorder = made._recorder
    assert recorder is not None
    assert (recorder.tract, recorder.branch, recorder.capture) == ("t", "b", "params")
    assert tape.calls() == []
