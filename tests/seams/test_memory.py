"""Recording leaves nothing behind: memory is flat, no class is made per call, and nobody's objects are kept alive."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.seams.conftest import Tape
from tests.seams.forms import client_of, settled

import thence
from thence.testing import Provider

Step = Callable[[Any, Any], Any]
FEW, MANY = 150, 10_000
SPARE = 64
"""Bytes a call that may stay, beside what the libraries cache: less than any object of ours."""


class Message(dict[str, Any]):
    """A dict that can be watched."""


class Messages(list[Any]):
    """A list that can be watched."""


def asked(**more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": Messages([Message(role="user", content="hi " * 20)]), **more}


def answered(client: Any, kwargs: dict[str, Any]) -> Any:
    return client.chat.completions.create(**kwargs)


def streamed(client: Any, kwargs: dict[str, Any]) -> Any:
    stream = client.chat.completions.create(**kwargs, stream=True)
    for _ in stream:
        pass
    return stream


def abandoned(client: Any, kwargs: dict[str, Any]) -> Any:
    stream = client.chat.completions.create(**kwargs, stream=True)
    next(iter(stream))
    return stream


def failed(client: Any, kwargs: dict[str, Any]) -> Any:
    with pytest.raises(Exception, match="404"):
        client.get("/nowhere/at/all", cast_to=object, options={"params": {"q": kwargs["model"]}})


STEPS: list[Step] = [answered, streamed, abandoned, failed]
steps = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)


@pytest.fixture
def client(tape: Tape, provider: Provider) -> Iterator[Any]:
    with client_of("openai", provider.url) as bare:
        yield tape.wrap(bare)


def kinds() -> Counter[str]:
    """How many objects of each of Thence's and the HTTP libraries' classes there are, and how many classes."""
    gc.collect()
    found: Counter[str] = Counter()
    for thing in gc.get_objects():
        kind = type(thing)
        if str(kind.__module__).partition(".")[0] in {
            "thence",
            "httpx",
            "httpx2",
            "httpcore",
            "httpcore2",
            "openai",
            "anthropic",
        }:
            found[f"{kind.__module__}.{kind.__qualname__}"] += 1
        elif isinstance(thing, type):
            found["classes"] += 1
    return found


def made(step: Step, client: Any) -> None:
    """One call. A stream that is abandoned is collected here, and not wherever the collector happens to run: inside its
    pool's lock ``httpcore`` would wait for itself, with Thence or without.
    """
    step(client, asked())
    if step in {abandoned, messaged_and_left}:
        gc.collect()


def grown(step: Step, client: Any, provider: Provider, times: int) -> tuple[float, Counter[str]]:
    """Bytes of Python memory, and objects, that ``times`` calls leave behind."""
    for _ in range(20):
        made(step, client)
    provider.seen.clear()
    before = kinds()
    tracemalloc.start()
    try:
        for _ in range(5):
            made(step, client)
        gc.collect()
        first = tracemalloc.get_traced_memory()[0]
        for n in range(times):
            made(step, client)
            if n % 50 == 0:
                provider.seen.clear()
        provider.seen.clear()
        gc.collect()
        last = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    return (last - first) / times, kinds() - before


def messaged(client: Any, kwargs: dict[str, Any]) -> Any:
    return client.messages.create(max_tokens=9, **kwargs)


def messaged_and_left(client: Any, kwargs: dict[str, Any]) -> Any:
    stream = client.messages.create(max_tokens=9, **kwargs, stream=True)
    next(iter(stream))
    return stream


@pytest.mark.parametrize("step", [messaged, messaged_and_left], ids=lambda step: step.__name__)
def test_memory_is_flat_with_anthropic(step: Step, tape: Tape, provider: Provider) -> None:
    with client_of("anthropic", provider.url) as bare:
        size, objects = grown(step, tape.wrap(bare), provider, FEW)
    assert not {kind: n for kind, n in objects.items() if n >= FEW / 10}, "objects that each call leaves"
    assert objects["classes"] == 0, "classes made while calls were made"
    assert size < SPARE + 150_000 / FEW, f"{size:.0f} bytes a call"


@steps
@pytest.mark.parametrize("times", [FEW, pytest.param(MANY, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_memory_is_flat(step: Step, times: int, client: Any, provider: Provider) -> None:
    size, objects = grown(step, client, provider, times)
    assert not {kind: n for kind, n in objects.items() if n >= times / 10}, "objects that each call leaves"
    assert objects["classes"] == 0, "classes made while calls were made"
    assert size < SPARE + 150_000 / times, f"{size:.0f} bytes a call"


@steps
def test_nothing_of_the_caller_is_kept(step: Step, client: Any) -> None:
    kwargs = asked(extra_body=Message(min_p=0.1), tools=Messages([]), metadata=Message(a="b"))
    watched = [weakref.ref(kwargs[name]) for name in ("messages", "extra_body", "tools", "metadata")]
    watched.append(weakref.ref(kwargs["messages"][0]))
    result = step(client, kwargs)
    if result is not None:
        watched.append(weakref.ref(result))
    del kwargs, result
    gc.collect()
    assert [ref() for ref in watched] == [None] * len(watched)


def test_nothing_of_an_async_caller_is_kept(tape: Tape, provider: Provider) -> None:
    async def main() -> list[Any]:
        client = tape.wrap(client_of("openai", provider.url, is_async=True))
        watched = []
        for stream in (False, True):
            kwargs = asked(stream=stream)
            result = await settled(client.chat.completions.create(**kwargs))
            watched += [weakref.ref(kwargs["messages"]), weakref.ref(kwargs["messages"][0]), weakref.ref(result)]
            del kwargs, result
        gc.collect()
        await asyncio.sleep(0)
        gc.collect()
        return [ref() for ref in watched]

    assert asyncio.run(main()) == [None] * 6
    assert {call.end is not None for call in tape.calls()} == {True}


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_client_is_not_kept(is_async: bool, provider: Provider, tmp_path: Any) -> None:
    client = thence.wrap(client_of("openai", provider.url, is_async=is_async), store=tmp_path / "store.db")
    copied = client.with_options(timeout=3)
    if not is_async:
        answered(copied, asked())
    watched = [weakref.ref(client), weakref.ref(copied), weakref.ref(client._client)]
    del client, copied
    gc.collect()
    assert [ref() for ref in watched] == [None] * 3


def test_an_exception_keeps_no_more_than_without_thence(tape: Tape) -> None:
    def alive(client: Any) -> bool:
        kwargs = asked()
        watched = weakref.ref(kwargs["messages"])
        with pytest.raises(Exception, match="onnection"):
            client.chat.completions.create(**kwargs)
        del kwargs
        gc.collect()
        return watched() is not None

    nowhere = "http://127.0.0.1:9"
    assert alive(client_of("openai", nowhere)) == alive(tape.wrap(client_of("openai", nowhere)))
