"""Processes killed with ``kill -9``: at any moment, and at every point of the way from a call to the store."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tests.torture import asking
from tests.torture.place import Place
from tests.torture.trial import Trial

from thence import journal
from thence.ingest import open_store

__all__ = ["POINTS", "ROWS", "killing"]

Point = tuple[str, str]
POINTS: tuple[Point, ...] = tuple(
    (target, when)
    for target, whens in {
        "thence.seams.stainless:_open": "before after",
        "thence.seams.recording:Recording._write_begin": "before after",
        "thence.seams.recording:Recording.answered": "after",
        "thence.seams.tee:Body.add": "before after",
        "thence.seams.recording:Recording._end": "before after",
        "thence.seams.stainless:_settle": "before after",
        "thence.journal.writer:Writer._try": "before after",
        "thence.journal.writer:Writer._introduce": "before after",
        "thence.journal.writer:Writer._release": "before after",
        "thence.journal.segment:OpenSegment.append": "before after",
        "os:writev": "half",
        "thence.ingest.draining:Ingest._drain": "before after",
        "thence.ingest.draining:Ingest._keep": "before after",
        "thence.ingest.draining:Ingest._interrupt": "before after",
        "thence.store.ledger:claim": "before after",
        "thence.store.batch:Batch.write": "before after",
        "thence.store.ledger:close": "before after",
        "thence.store.refs:advance": "before after",
        "thence.store.writing:relink": "before after",
        "thence.store.writing:_commit": "before after",
        "thence.journal:retire": "before after",
        "thence.store.ledger:retire": "before after",
        "thence.store.migrations:write_ahead": "before after",
        "thence.store.migrations:_upgrade": "before after",
    }.items()
    for when in whens.split()
)
"""Every point at which the way from a call to the store may break off: before a step, after it, in the middle of it."""


def kill_anywhere(place: Place) -> None:
    """Callers, and somebody who ingests, killed when chance says so; twice where chance says so."""
    chance = place.chance
    place.begin(fresh=chance.random() < 0.15)
    for generation in range(chance.choice([1, 1, 2])):
        lines = chance.choice([0, 1, 4, 8, 16, 25]) * (generation + 1)
        ways = chance.choice([asking.CALM, asking.CALM, asking.ROUGH])
        pids = [
            place.ask(f"g{generation}w{number}", threads=chance.randint(1, 3), ways=ways, tasks=chance.random() < 0.3)
            for number in range(chance.choice([1, 1, 2, 3]))
        ]
        if chance.random() < 0.3:
            pids.append(place.fork(lambda: _ingest_on(place.store)))
        place.wait_told(lines)
        chance.shuffle(pids)
        for pid in pids:
            time.sleep(chance.choice([0, chance.random() * 0.02, chance.random() * 0.3]))
            place.kill(pid)
    place.check()


def _ingest_on(store: str) -> None:
    while True:
        with open_store(store) as opened:
            opened.flush(10)


def kill_at_point(place: Place) -> None:
    """A caller that is killed by its own hand at one point, at its first, second or later passing."""
    target, when = POINTS[place.seed % len(POINTS)]
    passing = place.chance.choice([1, 1, 2, 4])
    if "migrations" in target or "_introduce" in target:
        passing = 1
    place.begin(fresh="migrations" in target)
    if "migrations" not in target:  # somebody must be dead before there is anything to close and to clear away
        first = place.ask("before", calls=10_000)
        place.wait_told(6)
        place.kill(first)

    def ask() -> None:
        arm(target, when, passing)
        defaults: Any = journal.Writer.__init__.__kwdefaults__
        defaults["segment_size"] = 3_000  # so that segments end, too
        asking.run(place.asking("armed", threads=1, ways=(*asking.STREAMS, asking.Way("flaky"))))

    code = place.wait(place.fork(ask))
    place.kills += 1
    place.hold(code == -signal.SIGKILL, f"{when} {target} was never reached: {code} {place.said()[-500:]}")
    place.check()


def arm(target: str, when: str, passing: int) -> None:
    """Let this process kill itself when it passes a point for the ``passing``-th time."""
    module, _, path = target.partition(":")
    owner: Any = import_module(module)
    *parts, name = path.split(".")
    for part in parts:
        owner = getattr(owner, part)
    setattr(owner, name, killing(getattr(owner, name), when, passing))


def killing(original: Callable[..., Any], when: str, passing: int) -> Callable[..., Any]:
    """A function that is killed with the whole process."""
    left = passing

    def armed(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if left:
            return original(*args, **kwargs)
        if when == "half":
            fd, buffers = args
            os.write(fd, (whole := b"".join(buffers))[: max(1, len(whole) // 2)])
        elif when == "after":
            original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")

    return armed


ROWS = (
    Trial(
        "kill-anywhere",
        "one to three calling processes and one that ingests, killed with `kill -9` at random moments",
        "what a caller was told is in the store once",
        kill_anywhere,
        rounds=1000,
        short=10,
    ),
    Trial(
        "kill-at-point",
        f"`kill -9` at each of {len(POINTS)} points: before, after and inside the steps from the call to the store",
        "the point is reached; what a caller was told is in the store once",
        kill_at_point,
        rounds=len(POINTS),
        short=4,
    ),
)
