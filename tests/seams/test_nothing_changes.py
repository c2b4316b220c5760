"""What a caller can do with what it gets, and what it can see of the wrapper: as without Thence."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import copy
import inspect
import pickle
import threading
import traceback
import warnings
from typing import Any

import anthropic
import openai
import pytest
from tests.seams.conftest import Tape
from tests.seams.forms import TOOL, USER, client_of, entered, items, settled

import thence
from thence.seams import stainless
from thence.testing import Answer, Provider

both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
sdks = pytest.mark.parametrize("sdk", ["openai", "anthropic"])


async def asked(client: Any, **more: Any) -> Any:
    if hasattr(client, "chat"):
        return await settled(client.chat.completions.create(model="m", messages=USER, **more))
    return await settled(client.messages.create(model="m", max_tokens=9, messages=USER, **more))


@both
@sdks
def test_answers_are_pickled_and_copied(sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    answer = asyncio.run(asked(tape.wrap(client_of(sdk, provider.url, is_async=is_async))))
    for again in (pickle.loads(pickle.dumps(answer)), copy.copy(answer), copy.deepcopy(answer), answer.model_copy()):
        assert type(again) is type(answer)
        assert again == answer
        assert again._request_id == answer._request_id


@both
@sdks
def test_errors_are_pickled_and_copied_as_without(sdk: str, is_async: bool, tape: Tape) -> None:
    def outcome(tape: Tape | None) -> Any:
        with Provider() as provider:
            provider.answer(Answer({"error": {"message": "no"}}, status=400))
            client = client_of(sdk, provider.url, is_async=is_async)
            try:
                asyncio.run(asked(tape.wrap(client) if tape else client))
            except Exception as error:
                return [_tried(how, error) for how in (pickle.dumps, copy.copy)]
            raise AssertionError("no error")

    assert outcome(tape) == outcome(None)


def _tried(how: Any, value: Any) -> str:
    try:
        return type(how(value)).__name__
    except Exception as error:
        return repr(error)


def _like(client: Any) -> Any:
    """A client with what another one holds, covers and all."""
    made = object.__new__(type(client))
    vars(made).update(vars(client))
    return made


@both
@sdks
@pytest.mark.parametrize("by", [copy.copy, _like], ids=["copied", "filled"])
def test_a_client_is_copied_as_without(by: Any, sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    """A client that the standard library copies is its own: another key, another address. It may be wrapped again."""

    def changed(client: Any) -> Any:
        again = by(client)
        again.base_url, again.api_key = f"{provider.url}/elsewhere/v1", "another-key"
        return again

    client = tape.wrap(client_of(sdk, provider.url, is_async=is_async))
    again = changed(client)
    assert type(again) is type(client)
    assert stainless.covered(again) is None
    tape.wrap(again)
    asyncio.run(asked(again))
    bare = changed(client_of(sdk, provider.url, is_async=is_async))
    asyncio.run(asked(bare))
    seen, seen_bare = provider.seen
    assert seen.path == seen_bare.path
    assert "elsewhere" in seen.path
    assert ["another-key" in str(each.headers) for each in (seen, seen_bare)] == [True, True]
    assert tape.only().begin.url.endswith(seen.path)
    stainless.uncover(again)
    assert stainless.covered(client) is tape.recorder


@both
@sdks
def test_a_copy_that_is_not_wrapped_again_is_bare(sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    again = copy.copy(tape.wrap(client_of(sdk, provider.url, is_async=is_async)))
    assert sorted(vars(again)) == sorted(vars(client_of(sdk, provider.url, is_async=is_async)))
    again.api_key = "another-key"
    asyncio.run(asked(again))
    assert "another-key" in str(provider.seen[0].headers)
    assert tape.calls() == []


@both
@sdks
def test_a_method_looks_as_it_did(sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    bare, wrapped = (client_of(sdk, provider.url, is_async=is_async) for _ in range(2))
    tape.wrap(wrapped)
    for name in ("request", "copy", "with_options"):
        one, other = getattr(bare, name), getattr(wrapped, name)
        assert inspect.signature(one) == inspect.signature(other)
        assert (one.__name__, one.__doc__, one.__module__) == (other.__name__, other.__doc__, other.__module__)
        assert inspect.iscoroutinefunction(one) == inspect.iscoroutinefunction(other)
    assert repr(type(bare)) == repr(type(wrapped))
    assert dir(type(bare)) == dir(type(wrapped))


@both
@sdks
def test_a_copy_of_a_wrapped_client_equals_it(sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    client = tape.wrap(client_of(sdk, provider.url, is_async=is_async))
    again = client.copy()
    for name in ("request", "copy", "with_options"):
        assert vars(client)[name] == vars(again)[name]
        assert hash(vars(client)[name]) == hash(vars(again)[name])
        assert (
            vars(client)[name]
            != vars(tape.wrap(client_of(sdk, provider.url)))["request" if name != "request" else "copy"]
        )


@both
@sdks
def test_a_traceback_is_the_sdks_own(sdk: str, is_async: bool, tape: Tape) -> None:
    """Cause, context and frames of an exception; the frames of the cover itself aside."""

    def outcome(tape: Tape | None) -> Any:
        with Provider() as provider:
            provider.answer(Answer({"error": {"message": "no"}}, status=500))
            client = client_of(sdk, provider.url, is_async=is_async)
            try:
                asyncio.run(asked(tape.wrap(client) if tape else client))
            except Exception as error:
                frames = [(f.filename, f.name) for f in traceback.extract_tb(error.__traceback__)]
                return (
                    [frame for frame in frames if "thence" not in frame[0] or "tests" in frame[0]],
                    type(error.__cause__),
                    type(error.__context__),
                    error.__suppress_context__,
                    getattr(error, "__notes__", None),
                )
            raise AssertionError("no error")

    assert outcome(tape) == outcome(None)


@both
@sdks
def test_no_warning_and_no_word_in_the_log(
    sdk: str, is_async: bool, tape: Tape, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    async def main(client: Any) -> None:
        await asked(client)
        stream = await asked(client, stream=True)
        [item async for item in items(stream)]
        await settled(client.close())

    def said(caught: list[warnings.WarningMessage]) -> list[str]:
        return [str(each.message) for each in caught if each.category is not ResourceWarning]  # other tests' garbage

    with warnings.catch_warnings(record=True) as bare:
        warnings.simplefilter("always")
        asyncio.run(main(client_of(sdk, provider.url, is_async=is_async)))
    with warnings.catch_warnings(record=True) as wrapped, caplog.at_level("DEBUG"):
        warnings.simplefilter("always")
        asyncio.run(main(tape.wrap(client_of(sdk, provider.url, is_async=is_async))))
    assert said(wrapped) == said(bare)
    mine = [record for record in caplog.records if record.thread == threading.get_ident()]  # not an ingest's of before
    assert not [record for record in mine if record.name.startswith("thence")]


@both
@sdks
def test_a_deprecation_is_said_at_the_callers_line(sdk: str, is_async: bool, tape: Tape, provider: Provider) -> None:
    """Warnings of the SDK name the line that they named."""

    def line(tape: Tape | None) -> Any:
        client = client_of(sdk, provider.url, is_async=is_async)
        if tape:
            tape.wrap(client)

        async def main() -> None:
            if sdk == "openai":
                await settled(client.beta.threads.create())
            else:
                model = "claude-2.1"  # long gone, and the SDK says so
                await settled(client.messages.create(model=model, max_tokens=9, messages=USER))

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with contextlib.suppress(openai.NotFoundError, anthropic.NotFoundError):
                asyncio.run(main())
        return [(w.filename, w.lineno, str(w.message)) for w in caught if w.category is DeprecationWarning]

    assert line(tape) == line(None)


@both
@sdks
def test_a_session_is_that_of_the_call_and_not_of_the_reading(
    sdk: str, is_async: bool, tape: Tape, provider: Provider
) -> None:
    """A stream that is read after the session has been left, elsewhere, belongs to the session it was asked in."""
    client = tape.wrap(client_of(sdk, provider.url, is_async=is_async))

    async def main() -> None:
        with thence.session(tags=["here"]):
            stream = await asked(client, stream=True)
        with thence.session(tags=["elsewhere"]):
            await asyncio.create_task(_read(stream))

    asyncio.run(main())
    assert tape.only().begin.tags == ["here"]
    assert tape.ended().status in {"completed", "closed"}


async def _read(stream: Any) -> None:
    [item async for item in items(stream)]


@sdks
def test_a_stream_may_be_read_in_another_thread(sdk: str, tape: Tape, provider: Provider) -> None:
    client = tape.wrap(client_of(sdk, provider.url))
    stream = asyncio.run(asked(client, stream=True))
    read: list[Any] = []
    thread = threading.Thread(target=lambda: read.extend(stream))
    thread.start()
    thread.join()
    assert read
    assert tape.ended().status in {"completed", "closed"}


@sdks
def test_a_thread_has_the_session_of_the_context_it_runs_in(sdk: str, tape: Tape, provider: Provider) -> None:
    client = tape.wrap(client_of(sdk, provider.url))

    def call() -> None:
        asyncio.run(asked(client))

    with thence.session(tags=["inside"]):
        inside = contextvars.copy_context()
    for run in (lambda: inside.run(call), call):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert [written.begin.tags for written in tape.calls()] == [["inside"], []]


@both
def test_nothing_is_left_in_the_context(is_async: bool, tape: Tape, provider: Provider) -> None:
    """Between the items of a stream, another call is another call, and no hook thinks that the first is in flight."""
    client = tape.wrap(client_of("openai", provider.url, is_async=is_async))

    async def main() -> None:
        stream = await asked(client, stream=True)
        async for _ in items(stream):
            await asked(client, temperature=0.5)

    asyncio.run(main())
    calls = tape.calls()
    assert len(calls) == len(provider.seen) > 2
    assert all(len(written.end.attempts) == 1 for written in calls if written.end)
    assert [written.request for written in calls] == [seen.body for seen in provider.seen]


@both
def test_beside_anthropics_own_tracing(is_async: bool, tape: Tape, provider: Provider) -> None:
    """Its spans are made as they are made without Thence, and the call is recorded once."""
    if "open_telemetry" not in inspect.signature(anthropic.Anthropic).parameters:
        pytest.skip(f"anthropic {anthropic.__version__} has no tracing")
    sdk_trace = pytest.importorskip("opentelemetry.sdk.trace")
    export = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    processor = pytest.importorskip("opentelemetry.sdk.trace.export").SimpleSpanProcessor

    def spans(tape: Tape | None) -> Any:
        exporter, traces = export.InMemorySpanExporter(), sdk_trace.TracerProvider()
        traces.add_span_processor(processor(exporter))
        options: Any = {"traces": {"content_mode": "content"}, "tracer_provider": traces}
        client = client_of("anthropic", provider.url, is_async=is_async, open_telemetry=options)
        if tape:
            tape.wrap(client)

        async def main() -> None:
            await asked(client)
            async with entered(client.messages.stream(model="m", max_tokens=9, messages=USER, tools=[TOOL])) as stream:
                [item async for item in items(stream)]

        asyncio.run(main())
        return [
            (span.name, sorted(span.attributes or {}), span.status.status_code)
            for span in exporter.get_finished_spans()
        ]

    bare = spans(None)
    assert bare
    assert spans(tape) == bare
    assert len(tape.calls()) == 2


def test_subclasses_of_a_users_own(tape: Tape, provider: Provider) -> None:
    class Mine(openai.OpenAI):
        """A client of the user's own class, with a request of its own."""

        asked = 0

        def request(self, *args: Any, **kwargs: Any) -> Any:
            self.asked += 1
            return super().request(*args, **kwargs)

    client = tape.wrap(Mine(api_key="x", base_url=f"{provider.url}/v1"))
    asyncio.run(asked(client))
    assert type(client) is Mine
    assert client.asked == 1
    tape.only()
