"""A thousand tasks on one loop: no context of one on another, and the loop is not held.

How long is a loop held? Every callback of the loop is timed: the time it took, less the time for which the operating
system had taken the processor away from a thread of this process (``/proc/self/task/*/schedstat``), which is nobody's
doing here, and less the interpreter's own collections of garbage: they go through all that a program has, and take 50
to 250 ms in this one, with and without Thence. How many they were and how long they took is told beside it. What is
left is work on the loop's thread, and waiting for the interpreter's lock while the ingest holds it. The same tasks are
run without Thence, in turn, and what counts is how much longer the longest is.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import threading
import time
from contextlib import suppress
from typing import Any

import tests.torture.asking as caller
from tests.torture.place import Place
from tests.torture.told import Log, told_in
from tests.torture.trial import SLOW, Trial

import thence
from thence.ingest import open_store

__all__ = ["ROWS"]

HELD = 0.010  # seconds that Thence may hold a loop
TURNS = 3  # of measuring, with and without Thence


def tasks(place: Place) -> None:
    """A thousand tasks, each a session of its own with twenty calls; then how long the loop is held."""
    many, calls = (100, 4) if place.short else (1000, 20)
    place.begin()
    place.wait_all(place.fork(lambda: asyncio.run(_sessions(place, many, calls))), patience=1500)
    place.check()
    with open_store(place.store) as store:
        strayed = [
            call.id for call in store.calls() if call.tags != [_series(call)] or call.params["top_p"].value is None
        ]
    place.hold(not strayed, f"{len(strayed)} calls have another task's context", "context")


def _series(call: Any) -> str:
    token = str(call.response_id).partition("~")[2]
    return token.rpartition(".")[0]


async def _sessions(place: Place, many: int, calls: int) -> None:
    log = Log(place.folder, "w")
    asks = place.asking("w", tasks=True, calls=calls, sdks=("openai",), ways=(caller.Way("plain"),))
    clients = {"openai": asks.client("openai")}
    crowd = asyncio.Semaphore(100)  # connections at a time

    async def one(number: int) -> None:
        async with crowd, thence.session(tags=[f"w.{number}"], params={"top_p": number / many}):
            await caller.asks_in_task(asks, log, clients, number)

    await asyncio.gather(*(one(number) for number in range(many)))


def loop_held(place: Place) -> None:
    """The longest that callbacks take, without and with Thence."""
    many, calls = (40, 5) if place.short else (1000, 2)
    place.begin()
    for turn in range(TURNS):
        for name in ("bare", "wrapped"):
            place.wait_all(place.fork(lambda n=name, t=turn: _timed(place, n, t, many, calls)), patience=600)  # type: ignore[misc]
    bare, wrapped = (_median(place, name, "longest") for name in ("bare", "wrapped"))
    place.figures |= {"longest_ms": wrapped * 1e3, "longest_bare_ms": bare * 1e3}
    place.figures["held_more_ms"] = max(0.0, wrapped - bare) * 1e3
    place.figures["collection_ms"] = _median(place, "wrapped", "collection") * 1e3
    place.figures["collection_bare_ms"] = _median(place, "bare", "collection") * 1e3
    allowed = max(HELD, 3 * bare) if place.short else HELD  # a few seconds on a busy machine say less
    said = f"a callback took {wrapped * 1e3:.1f} ms, {bare * 1e3:.1f} ms without Thence"
    place.hold(wrapped - bare <= allowed, said, SLOW)
    place.told += len(told_in(place.folder).acknowledged)


def _median(place: Place, name: str, what: str) -> float:
    found = [json.loads(path.read_text())[what] for path in place.folder.glob(f"{name}*.held")]
    return float(sorted(found)[len(found) // 2])


def _timed(place: Place, name: str, turn: int, many: int, calls: int) -> None:
    asks = place.asking(f"{name}{turn}", tasks=True, threads=many, calls=calls, sdks=("openai",), ways=caller.STREAMS)
    clients = {"openai": asks.client("openai")}
    if name == "bare":
        thence.unwrap(clients["openai"])
    log = Log(place.folder, f"{name}{turn}")
    longest = _watch()
    asyncio.run(caller.asks_in_tasks(asks, log, clients))
    (place.folder / f"{name}{turn}.held").write_text(json.dumps(longest))


def _watch() -> dict[str, float]:
    """Time every callback and every collection of garbage from now on; the longest of each, in seconds."""
    longest = {"longest": 0.0, "collection": 0.0}
    run = asyncio.events.Handle._run
    collected = _Collected()
    gc.callbacks.append(collected)
    files: dict[int, int] = {}

    def taken_away() -> int:
        if len(files) != threading.active_count():
            for each in threading.enumerate():
                number = each.native_id or 0
                if number not in files:
                    with suppress(FileNotFoundError):  # it has ended since
                        files[number] = os.open(f"/proc/self/task/{number}/schedstat", os.O_RDONLY)
        return sum(map(_waited, files.values())) + collected.total

    def timed(handle: asyncio.Handle) -> None:
        away, began = taken_away(), time.perf_counter_ns()
        run(handle)
        held = time.perf_counter_ns() - began - (taken_away() - away)
        longest["longest"] = max(longest["longest"], held / 1e9)
        longest["collection"] = max(longest["collection"], collected.longest / 1e9)

    asyncio.events.Handle._run = timed  # type: ignore[assignment,method-assign]
    return longest


class _Collected:
    """What the interpreter's collections of garbage took, in nanoseconds."""

    def __init__(self) -> None:
        self.total = self.longest = self._began = 0

    def __call__(self, phase: str, _: object) -> None:
        if phase == "start":
            self._began = time.perf_counter_ns()
            return
        took = time.perf_counter_ns() - self._began
        self.total += took
        self.longest = max(self.longest, took)


def _waited(file: int) -> int:
    """For how long a thread could have run and was not let, in nanoseconds; nothing where it has ended."""
    try:
        return int(os.pread(file, 80, 0).split()[1])
    except ProcessLookupError:
        return 0


ROWS = (
    Trial(
        "tasks",
        "1,000 asyncio tasks, each a session of its own with 20 calls",
        "all recorded, and no context of one task on another",
        tasks,
        patience=1800,
    ),
    Trial(
        "loop-held",
        "1,000 asyncio tasks of 2 calls, all at once, half of them streams, with and without Thence in turn",
        "no callback of the loop takes 10 ms more than without Thence, collections of garbage left out",
        loop_held,
        alone=True,
        patience=900,
    ),
)
