"""Callers: real calls through the SDKs' own clients, wrapped, in every way a call can end, each told outside Thence.

A caller holds conversations: what was answered is sent again with the next question, so that each record must stand on
the ones before it. What it asks is a token that only this call has.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import random
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.seams.forms import client_of, items, settled
from tests.torture.told import Log, Turn

import thence

__all__ = [
    "CALM",
    "ROUGH",
    "STREAMS",
    "Asking",
    "Way",
    "ask",
    "asks",
    "asks_in_task",
    "asks_in_tasks",
    "at_once",
    "run",
]

Messages = list[dict[str, Any]]
T = TypeVar("T")
LONGEST = 4  # turns of a conversation


@dataclass(frozen=True)
class Way:
    """One way to call: the provider's mood, streamed or not, and what the caller does with the stream."""

    model: str
    stream: bool = False
    leaves: str = ""
    timeout: float | None = None

    def __str__(self) -> str:
        return f"{self.model}{' stream' if self.stream else ''}{' ' + self.leaves if self.leaves else ''}"


CALM = (Way("plain"), Way("plain"), Way("plain", stream=True), Way("flaky"), Way("slow"))
STREAMS = (Way("plain"), Way("plain", stream=True))
ROUGH = (
    *CALM,
    Way("plain", stream=True, leaves="breaks"),
    Way("plain", stream=True, leaves="drops"),
    Way("plain", stream=True, leaves="raises"),
    Way("cut", stream=True),
    Way("cut"),
    Way("busy"),
    Way("overloaded"),
    Way("broken"),
    Way("html"),
    Way("stall", timeout=0.1),
    Way("stall", stream=True, timeout=0.1),
    Way("stall", leaves="cancels"),
    Way("stall", stream=True, leaves="cancels"),
)


@dataclass(frozen=True)
class Asking:
    """What one process asks: so many threads or tasks, so many calls each, in some of the ways.

    Attributes:
        folder: where what was told is written.
        name: of the process; part of every token.
        store: where it records.
        url: the provider's.
        seed: what it asks, in which ways.
        threads: threads, or tasks where ``tasks`` is true.
        calls: of each.
        sdks: whose clients.
        ways: the ways to call.
        options: for ``thence.wrap``.
    """

    folder: Path
    name: str
    store: str
    url: str
    seed: int = 0
    threads: int = 2
    calls: int = 1_000_000
    tasks: bool = False
    sdks: Sequence[str] = ("openai", "anthropic")
    ways: Sequence[Way] = CALM
    options: tuple[tuple[str, Any], ...] = ()

    def sdk_of(self, number: int) -> str:
        """Which SDK a thread uses: in a conversation it is always the same."""
        return random.Random(f"{self.seed} {self.name} {number}").choice(self.sdks)

    def client(self, sdk: str) -> Any:
        """A wrapped client."""
        bare = client_of(sdk, self.url, is_async=self.tasks, max_retries=2)
        return thence.wrap(bare, store=self.store, **dict(self.options))


def run(asking: Asking) -> None:
    """Make every call of a process."""
    log = Log(asking.folder, asking.name)
    clients = {sdk: asking.client(sdk) for sdk in {asking.sdk_of(number) for number in range(asking.threads)}}
    if asking.tasks:
        asyncio.run(_in_tasks_and_closed(asking, log, clients))
        return
    others = [threading.Thread(target=asks, args=(asking, log, clients, number)) for number in range(1, asking.threads)]
    for thread in others:
        thread.start()
    asks(asking, log, clients, 0)
    for thread in others:
        thread.join()


def asks(asking: Asking, log: Log, clients: dict[str, Any], number: int) -> None:
    """The calls of one thread."""
    at_once(asks_in_task(asking, log, clients, number))


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that never waits for anything, because its client is a sync one."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    raise AssertionError("a sync client waited")


async def asks_in_tasks(asking: Asking, log: Log, clients: dict[str, Any]) -> None:
    """The calls of all tasks."""
    await asyncio.gather(*(asks_in_task(asking, log, clients, number) for number in range(asking.threads)))


async def _in_tasks_and_closed(asking: Asking, log: Log, clients: dict[str, Any]) -> None:
    await asks_in_tasks(asking, log, clients)
    for client in clients.values():
        await client.close()


async def asks_in_task(asking: Asking, log: Log, clients: dict[str, Any], number: int) -> None:
    """The calls of one task, one after the other."""
    series = f"{asking.name}.{number}"
    chance = random.Random(f"{asking.seed} {series}")
    sdk = asking.sdk_of(number)
    history: list[str] = []
    for count in range(asking.calls):
        if len(history) == LONGEST:
            history = []
        turn = Turn(series, f"{series}.{count}", tuple(history))
        way = chance.choice([way for way in asking.ways if asking.tasks or way.leaves != "cancels"])
        log.before(turn)
        outcome, text = await ask(clients[sdk], way, turn)
        log.after(turn, outcome, text)
        if outcome == "completed" and text == f"You said: {turn.token}":
            history.append(turn.token)


async def ask(client: Any, way: Way, turn: Turn) -> tuple[str, str | None]:
    """One call, and what its caller is told: how it ended, and the answer."""
    messages: Messages = []
    for token in turn.history:
        messages.append({"role": "user", "content": token})
        messages.append({"role": "assistant", "content": f"You said: {token}"})
    messages.append({"role": "user", "content": turn.token})
    if way.leaves == "cancels":
        return await _cancelled(_reading(_sent(client, way, messages), way))
    try:
        return await _reading(_sent(client, way, messages), way)
    except Exception:
        return "failed", None


def _sent(client: Any, way: Way, messages: Messages) -> Any:
    kwargs: dict[str, Any] = {"model": way.model, "messages": messages, "stream": way.stream}
    if way.model in {"busy", "overloaded", "broken", "stall", "cut"}:
        client = client.with_options(max_retries=0)
    if way.timeout:
        kwargs["timeout"] = way.timeout
    if hasattr(client, "chat"):
        return lambda: client.chat.completions.create(temperature=0.5, **kwargs)
    return lambda: client.messages.create(max_tokens=64, **kwargs)


class _Changed(Exception):
    """The caller's own."""


async def _reading(sent: Callable[[], Any], way: Way) -> tuple[str, str | None]:
    answer = sent()
    answer = await answer if inspect.isawaitable(answer) else answer
    if not way.stream:
        return "completed", _whole(answer)
    if way.leaves == "drops":
        await _first(answer)
        gone, is_async = weakref.ref(answer), hasattr(answer, "__anext__")
        del answer
        _collect(gone)
        if is_async:
            await asyncio.sleep(0.01)  # its loop closes a generator that was collected
        return "dropped", None
    pieces: list[str] = []
    try:
        async for piece in items(answer):
            pieces.append(_piece(piece))
            _changed(way)
            if way.leaves == "breaks":
                break
    except _Changed:
        pass
    if way.leaves:
        await settled(answer.close())
        return "closed", None
    return "completed", "".join(pieces)


def _changed(way: Way) -> None:
    if way.leaves == "raises":
        raise _Changed


def _collect(gone: weakref.ref[Any]) -> None:
    """Collect garbage until something is gone: while another thread collects, asking for it does nothing."""
    until = time.monotonic() + 20
    gc.collect()
    while gone() is not None and time.monotonic() < until:
        time.sleep(0.001)
        gc.collect()


async def _first(stream: Any) -> None:
    step = stream.__anext__() if hasattr(stream, "__anext__") else stream.__next__()
    await settled(step)


async def _cancelled(reading: Awaitable[tuple[str, str | None]]) -> tuple[str, str | None]:
    """Cut a task off in the middle."""
    task = asyncio.ensure_future(reading)
    await asyncio.sleep(0.05)
    task.cancel()
    try:
        return await task
    except asyncio.CancelledError:
        return "interrupted", None


def _whole(answer: Any) -> str | None:
    if isinstance(answer, str):
        return answer
    if hasattr(answer, "choices"):
        return str(answer.choices[0].message.content)
    return "".join(part.text for part in answer.content)


def _piece(event: Any) -> str:
    if hasattr(event, "choices"):
        return (event.choices[0].delta.content or "") if event.choices else ""
    delta = getattr(event, "delta", None)
    return getattr(delta, "text", None) or ""
