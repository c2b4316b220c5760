"""The decorator: every kind of function stays what it is, and each provider call makes exactly one record."""

from __future__ import annotations

import asyncio
import copy
import gc
import inspect
import pickle
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest
from openai.types.chat import ChatCompletion
from tests.faults.children import forked
from tests.seams.conftest import Tape

import thence.decorator
from thence import scope
from thence.decorator import record
from thence.frames import Asked
from thence.testing import Provider

HELLO = [{"role": "user", "content": "hi"}]


@pytest.fixture(autouse=True)
def _onto_the_tape(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thence.decorator, "recorder_for", lambda **_: tape.recorder)


@pytest.fixture
def client(tape: Tape, provider: Provider) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=provider.url + "/v1", api_key="k", max_retries=0) as made:
        yield tape.wrap(made)


def layers(asked: list[Asked], name: str) -> list[tuple[str, bool]]:
    """Who asked for ``name``, most explicit first, and whether theirs is the value on the wire."""
    return [(a.source, name in a.same) for a in asked if name in a.same or name in a.values]


# -- a function that is only a label


def test_a_call_made_inside_is_labelled_and_recorded_once(tape: Tape, client: openai.OpenAI) -> None:
    @record
    def ask() -> str | None:
        return client.chat.completions.create(model="m", messages=HELLO).choices[0].message.content  # type: ignore[arg-type]

    assert ask() == "You said: hi"
    assert tape.only().begin.label == "test_a_call_made_inside_is_labelled_and_recorded_once.<locals>.ask"


def test_the_innermost_label_counts_and_outer_ones_record_nothing(tape: Tape, client: openai.OpenAI) -> None:
    @record(label="inner")
    def inner() -> str:
        client.chat.completions.create(model="m", messages=HELLO)  # type: ignore[arg-type]
        return "text"

    @record(label="outer")
    def outer() -> str:
        return str(inner())

    outer()
    assert tape.only().begin.label == "inner"


def test_decorator_values_fill_what_the_call_leaves_unset(
    tape: Tape, client: openai.OpenAI, provider: Provider
) -> None:
    @record(temperature=0.2, top_p=0.5)
    def ask() -> None:
        client.chat.completions.create(model="m", messages=HELLO, top_p=0.9)  # type: ignore[arg-type]

    ask()
    assert provider.seen[0].json["temperature"] == 0.2
    assert provider.seen[0].json["top_p"] == 0.9
    (layer,) = [a for a in tape.only().begin.asked if a.source == "DECORATOR"]
    assert layer.values == {"temperature": 0.2, "top_p": 0.5}
    assert layer.origin is not None
    assert "test_callsite.py:" in layer.origin


@pytest.mark.parametrize(
    ("arguments", "found"),
    [({}, [("DECORATOR", True)]), ({"temperature": 0.9}, [("CALL", True), ("DECORATOR", False)])],
    ids=["default", "passed"],
)
def test_a_default_is_told_apart_from_what_the_caller_passed(
    arguments: dict[str, Any], found: list[tuple[str, bool]], tape: Tape, client: openai.OpenAI
) -> None:
    @record
    def ask(question: str, *, temperature: float = 0.3) -> None:
        message: Any = [{"role": "user", "content": question}]
        client.chat.completions.create(model="m", messages=message, temperature=temperature)

    ask("hi", **arguments)
    asked = tape.only().begin.asked
    assert layers(asked, "temperature") == found
    assert layers(asked, "model") == [("CALL", True)]


def test_a_passed_value_has_the_place_of_the_functions_caller(tape: Tape, client: openai.OpenAI) -> None:
    @record
    def ask(temperature: float) -> None:
        client.chat.completions.create(model="m", messages=HELLO, temperature=temperature)  # type: ignore[arg-type]

    frame = inspect.currentframe()
    assert frame is not None
    line = frame.f_lineno + 1
    ask(0.9)
    (call,) = [a for a in tape.only().begin.asked if a.source == "CALL"]
    assert f"test_callsite.py:{line} " in call.origins["temperature"]
    assert "model" not in call.origins


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({}, [("DECORATOR", True)]),
        ({"metadata": {"a": "p"}}, [("CALL", True), ("DECORATOR", False)]),
    ],
    ids=["default", "passed"],
)
def test_an_object_of_which_the_sdk_makes_another_came_through_the_parameter(
    arguments: dict[str, Any], found: list[tuple[str, bool]], tape: Tape, client: openai.OpenAI
) -> None:
    @record
    def ask(metadata: dict[str, str] = {"a": "d"}) -> None:  # noqa: B006 - the default is what this is about
        client.responses.create(model="m", input="hi", metadata=metadata)

    ask(**arguments)
    assert layers(tape.only().begin.asked, "metadata") == found


def test_an_object_of_other_members_did_not_come_through_the_parameter(tape: Tape, client: openai.OpenAI) -> None:
    @record
    def ask(metadata: dict[str, str]) -> None:
        client.responses.create(model="m", input="hi", metadata={**metadata, "b": "2"})

    ask({"a": "1"})
    assert all("metadata" not in asked.origins for asked in tape.only().begin.asked)


def test_a_value_that_did_not_come_through_the_parameter_stays_a_call(tape: Tape, client: openai.OpenAI) -> None:
    @record
    def ask(temperature: float = 0.3) -> None:
        client.chat.completions.create(model="m", messages=HELLO, temperature=temperature / 3)  # type: ignore[arg-type]

    ask()
    assert layers(tape.only().begin.asked, "temperature") == [("CALL", True)]


def test_a_functions_defaults_put_nothing_on_the_wire(client: openai.OpenAI, provider: Provider) -> None:
    @record
    def search(top_k: int = 5, *, seed: int = 1) -> None:
        assert top_k
        assert seed
        client.chat.completions.create(model="m", messages=HELLO)  # type: ignore[arg-type]

    search()
    assert set(provider.seen[0].json) == {"model", "messages"}


async def _gathered(provider: Provider, tape: Tape) -> None:
    async with openai.AsyncOpenAI(base_url=provider.url + "/v1", api_key="k") as made:
        client = tape.wrap(made)

        @record(label="one")
        async def one() -> str:
            await asyncio.gather(*(client.chat.completions.create(model="m", messages=HELLO) for _ in range(3)))  # type: ignore[arg-type]
            return "text"

        @record(label="two")
        async def two() -> str:
            await client.chat.completions.create(model="m", messages=HELLO)  # type: ignore[arg-type]
            return "text"

        await asyncio.gather(one(), two())


def test_labels_stay_with_their_tasks(tape: Tape, provider: Provider) -> None:
    asyncio.run(_gathered(provider, tape))
    assert sorted(str(call.begin.label) for call in tape.calls()) == ["one", "one", "one", "two"]


def test_nothing_stays_set_across_a_yield(tape: Tape, client: openai.OpenAI) -> None:
    @record(label="inside", temperature=0.2)
    def ask() -> Iterator[int]:
        for number in range(2):
            client.chat.completions.create(model="m", messages=HELLO)  # type: ignore[arg-type]
            yield number

    for _ in ask():
        assert scope.current() is None
        client.chat.completions.create(model="outside", messages=HELLO)  # type: ignore[arg-type]
    assert [call.begin.label for call in tape.calls()] == ["inside", None, "inside", None]


def test_nothing_stays_set_across_a_yield_of_an_async_generator() -> None:
    @record(label="inside")
    async def ask() -> AsyncIterator[int]:
        yield 1

    async def main() -> None:
        async for _ in ask():
            assert scope.current() is None

    asyncio.run(main())


# -- a function that is the call


def test_a_function_without_a_wrapped_client_is_the_call(tape: Tape) -> None:
    @record(top_p=0.5, temperature=0.1)
    def ask(prompt: str, model: str = "m", *, temperature: float = 0.7) -> str:
        return f"{model} at {temperature}: {prompt}"

    assert ask("hi", temperature=0.9) == "m at 0.9: hi"
    call = tape.only()
    assert call.begin.seam == "callsite"
    assert call.begin.body == "options"
    assert call.begin.url == "/v1/chat/completions"
    assert call.request == (b'{"messages":[{"role":"user","content":"hi"}],"top_p":0.5,"temperature":0.9,"model":"m"}')
    assert layers(call.begin.asked, "temperature") == [("CALL", True), ("DECORATOR", False), ("DECORATOR", False)]
    assert layers(call.begin.asked, "model") == [("DECORATOR", True)]
    assert layers(call.begin.asked, "top_p") == [("DECORATOR", True)]
    assert call.end is not None
    assert call.end.status == "completed"
    assert b'"content":"m at 0.9: hi"' in call.answer
    assert call.begin.callsite is not None
    assert call.begin.callsite.file == __file__


COMPLETION = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "m-2024",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [{"type": "text", "text": "hello"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 2},
}


@pytest.mark.parametrize(
    ("result", "url", "provider"),
    [
        (COMPLETION, "/v1/chat/completions", "unknown"),
        (ChatCompletion.model_validate(COMPLETION), "/v1/chat/completions", "openai"),
        (MESSAGE, "/v1/messages", "unknown"),
        (anthropic.types.Message.model_validate(MESSAGE), "/v1/messages", "anthropic"),
        ({"text": "hello", "usage": {"total_tokens": 3}, "model": "m"}, "/v1/chat/completions", "unknown"),
        ("hello", "/v1/chat/completions", "unknown"),
    ],
    ids=["dict", "openai", "messages", "anthropic", "facts", "text"],
)
def test_answers_are_read_from_what_is_returned(result: Any, url: str, provider: str, tape: Tape) -> None:
    @record
    def ask(messages: Any) -> Any:
        assert messages
        return result

    assert ask(HELLO) is result
    call = tape.only()
    assert (call.begin.url, call.begin.provider) == (url, provider)
    assert b'"hello"' in call.answer
    assert b'"messages":[{"role":"user","content":"hi"}]' in call.request


def test_an_extractor_says_what_the_answer_is(tape: Tape) -> None:
    @record(extract=lambda pair: {"text": pair[0], "usage": {"total_tokens": pair[1]}})
    def ask(prompt: str) -> tuple[str, int]:
        return prompt.upper(), 7

    assert ask("hi") == ("HI", 7)
    assert tape.only().answer.endswith(
        b'"usage":{"total_tokens":7},"choices":[{"index":0,"message":'
        b'{"role":"assistant","content":"HI"},"finish_reason":null}]}'
    )


def test_an_extractor_that_fails_harms_nobody(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THENCE_STRICT")

    @record(extract=lambda _: 1 / 0)
    def ask() -> int:
        return 1

    assert ask() == 1
    assert tape.only().answer == b""


def test_a_function_that_fails_is_a_failed_call(tape: Tape) -> None:
    error = RuntimeError("no")

    @record
    def ask(prompt: str) -> str:
        raise error from KeyError(prompt)

    with pytest.raises(RuntimeError) as caught:
        ask("hi")
    assert caught.value is error
    end = tape.ended()
    assert (end.status, end.error) == ("failed", "RuntimeError: no")


def test_a_function_that_gives_nothing_is_no_call(tape: Tape) -> None:
    @record
    def run() -> None:
        return None

    run()
    assert tape.calls() == []


def pieces(*, fail: bool = False) -> Iterator[str]:
    yield "one "
    if fail:
        raise ValueError("broken")
    yield "two"


@pytest.mark.parametrize(
    ("consume", "status", "text"),
    [
        (list, "completed", b"one two"),
        (next, "closed", b"one "),
        (lambda g: (next(g), g.close()), "closed", b"one "),
    ],
    ids=["read", "dropped", "closed"],
)
def test_a_generator_is_recorded_once_however_it_ends(
    consume: Callable[[Any], Any], status: str, text: bytes, tape: Tape
) -> None:
    consume(record(pieces)())
    gc.collect()
    call = tape.only()
    assert call.end is not None
    assert call.end.status == status
    assert b'"content":"' + text + b'"' in call.answer


def test_a_forked_child_lets_go_of_its_parents_generator(tape: Tape) -> None:
    generators = [record(pieces)()]
    read = [next(generators[0])]

    def child() -> bool:
        generators.clear()
        gc.collect()
        return True

    assert forked(child) == 0
    assert tape.calls() == []
    assert [*read, *generators[0]] == ["one ", "two"]
    assert tape.ended().status == "completed"


def test_a_generator_that_breaks_is_a_failed_call_with_what_it_gave(tape: Tape) -> None:
    with pytest.raises(ValueError, match="broken"):
        list(record(pieces)(fail=True))
    assert tape.ended().status == "failed"
    assert b"one " in tape.only().answer


def test_a_generator_never_begun_is_no_call(tape: Tape) -> None:
    record(pieces)()
    assert tape.calls() == []


def test_chunks_are_kept_as_the_stream_that_they_are(tape: Tape) -> None:
    chunks = [{"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": c}}]} for c in "ab"]

    @record
    def ask() -> Iterator[dict[str, Any]]:
        yield from chunks

    assert list(ask()) == chunks
    end = tape.ended()
    assert (end.content_type, end.parts) == ("text/event-stream", 2)
    assert tape.only().answer.count(b"data: ") == 2


def test_generators_take_what_is_sent_and_thrown() -> None:
    @record
    def echo() -> Any:
        got = yield "ready"
        try:
            yield got
        except KeyError as error:
            yield error
        return "done"

    run = echo()
    thrown = KeyError("k")
    assert [next(run), run.send("x"), run.throw(thrown)] == ["ready", "x", thrown]
    with pytest.raises(StopIteration) as stop:
        next(run)
    assert stop.value.value == "done"


def test_async_generators_take_what_is_sent_and_thrown(tape: Tape) -> None:
    @record
    async def echo() -> Any:
        got = yield "ready"
        try:
            yield got
        except KeyError:
            yield "caught"

    async def main() -> list[Any]:
        run = echo()
        told = [await run.__anext__(), await run.asend("x"), await run.athrow(KeyError("k"))]
        await run.aclose()
        return told

    assert asyncio.run(main()) == ["ready", "x", "caught"]
    assert tape.ended().status == "closed"


def test_a_cancelled_coroutine_is_interrupted(tape: Tape) -> None:
    @record
    async def ask() -> str:
        await asyncio.sleep(10)
        return "late"

    async def main() -> None:
        task = asyncio.ensure_future(ask())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert tape.ended().status == "interrupted"


def test_a_coroutine_cancelled_unbegun_warns_of_nothing(recwarn: pytest.WarningsRecorder) -> None:
    @record
    async def ask() -> str:
        return "late"

    async def main() -> None:
        task = asyncio.ensure_future(ask())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    gc.collect()
    assert [str(each.message) for each in recwarn] == []


def test_an_event_loop_that_ends_closes_a_generator_once(caplog: pytest.LogCaptureFixture) -> None:
    ends = []
    kept = []

    @record
    async def ask() -> AsyncIterator[str]:
        try:
            yield "a"
        finally:
            await asyncio.sleep(0)
            ends.append("closed")

    async def main() -> None:
        kept.append(ask())
        await anext(kept[0])

    asyncio.run(main())
    assert ends == ["closed"]
    assert caplog.messages == []


def test_what_is_no_error_interrupts(tape: Tape) -> None:
    """As trio cancels: by what is no ``Exception``, and none of asyncio's."""

    class Cancelled(BaseException):
        pass

    @record
    def ask() -> str:
        raise Cancelled

    with pytest.raises(Cancelled):
        ask()
    assert tape.ended().status == "interrupted"


# -- transparency


def test_functions_stay_what_they_are() -> None:
    async def coroutine(a: int, *, b: str = "x") -> None:
        """Doc."""

    async def stream() -> AsyncIterator[int]:
        yield 1

    assert inspect.iscoroutinefunction(record(coroutine))
    assert inspect.isasyncgenfunction(record(stream))
    assert inspect.isgeneratorfunction(record(pieces))
    assert inspect.isgenerator(record(pieces)())
    covered: Any = record(coroutine)
    assert inspect.signature(covered) == inspect.signature(coroutine)
    assert (covered.__doc__, covered.__name__, covered.__wrapped__) == ("Doc.", "coroutine", coroutine)
    assert "coroutine" in repr(covered)


def test_methods_bind_in_every_stacking(tape: Tape) -> None:
    class Bot:
        @record(label="plain")
        def plain(self, prompt: str) -> str:
            return f"{type(self).__name__} {prompt}"

        @record
        @classmethod
        def above(cls, prompt: str) -> str:
            return f"{cls.__name__} {prompt}"

        @classmethod
        @record
        def below(cls, prompt: str) -> str:
            return f"{cls.__name__} {prompt}"

        @record
        @staticmethod
        def static(prompt: str) -> str:
            return prompt

    class Child(Bot):
        pass

    assert Child().plain("x") == "Child x"
    assert Bot.plain(Child(), "x") == "Child x"
    assert [Child.above("x"), Child.below("x")] == ["Child x", "Child x"]
    assert [Child().static("x"), Bot.static("x")] == ["x", "x"]
    for call in tape.calls():
        assert call.request == b'{"messages":[{"role":"user","content":"x"}]}'


def test_wrong_arguments_raise_what_the_function_raises() -> None:
    def ask(prompt: str) -> str:
        return prompt

    with pytest.raises(TypeError) as bare:
        ask()  # type: ignore[call-arg]
    with pytest.raises(TypeError) as covered:
        record(ask)()  # type: ignore[call-arg]
    assert str(covered.value) == str(bare.value)


def test_wrong_arguments_tell_of_no_other_error() -> None:
    @record
    def ask(prompt: str) -> str:
        return prompt

    with pytest.raises(TypeError) as caught:
        ask()  # type: ignore[call-arg]
    assert caught.value.__context__ is None


def test_arguments_are_left_as_they_are(tape: Tape) -> None:
    class Hostile:
        def __repr__(self) -> str:
            raise AssertionError

        __eq__ = __iter__ = __len__ = __bool__ = __repr__  # type: ignore[assignment]
        __hash__ = object.__hash__

    @record
    def ask(messages: Any, hostile: Any, *rest: Any, **more: Any) -> str:
        assert (type(messages), type(hostile), rest, more) == (list, Hostile, (1, 2), {"top_k": 3})
        return "text"

    messages = [{"role": "user", "content": "hi"}]
    kept = copy.deepcopy(messages)
    ask(messages, Hostile(), 1, 2, top_k=3)
    assert messages == kept
    assert b'"top_k":3' in tape.only().request


@record
def importable() -> str:
    return "text"


def test_functions_are_pickled_and_copied_as_functions_are() -> None:
    assert pickle.loads(pickle.dumps(importable)) is importable
    assert copy.copy(importable) is importable
    assert copy.deepcopy({"f": importable})["f"] is importable


def test_a_fault_of_ours_harms_nobody(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THENCE_STRICT")
    monkeypatch.setattr(thence.decorator, "recorder_for", lambda **_: 1 / 0)

    @record
    def ask() -> str:
        return "text"

    assert ask() == "text"
    assert tape.calls() == []


def test_switched_off_it_is_not_there(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_DISABLED", "1")

    @record
    def ask() -> str:
        return "text"

    assert ask() == "text"
    assert tape.calls() == []


def test_switched_off_a_function_is_only_called(monkeypatch: pytest.MonkeyPatch) -> None:
    @record(temperature=0.2)
    def ask() -> Any:
        return scope.current()

    assert ask() is not None
    monkeypatch.setenv("THENCE_DISABLED", "1")
    assert ask() is None
