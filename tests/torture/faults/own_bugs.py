"""Our own bugs: every function on the way of a call raises, one at a time, and the caller must not notice."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from tests.torture import asking
from tests.torture.place import Place
from tests.torture.told import Turn
from tests.torture.trial import Trial

from thence import faults

__all__ = ["ROWS", "targets"]

MODULES = (
    "thence.seams.asking",
    "thence.seams.keys",
    "thence.seams.origin",
    "thence.seams.recording",
    "thence.seams.stainless",
    "thence.seams.tee",
    "thence.seams.versions",
    "thence.seams.wire",
    "thence.seams.written",
    "thence.wrapping",
    "thence.scope",
    "thence.frames",
    "thence.params.chain",
    "thence.params.reconcile",
    "thence.params.names",
    "thence.redact.redactor",
    "thence.redact.known",
    "thence.redact.kinds",
    "thence.journal.writer",
    "thence.journal.segment",
    "thence.journal.layout",
    "thence.journal.room",
    "thence.journal.folder",
    "thence.ingest.background",
    "thence.ingest.draining",
    "thence.ingest.chunk",
    "thence.ingest.weaving",
    "thence.ingest.reading",
    "thence.lineage",
    "thence.store.writing",
    "thence.store.batch",
)
BOUNDARY = frozenset(
    {
        # The seam itself: these are the caller's method, not something that it calls.
        "thence.seams.stainless:_Cover.__init__",
        "thence.seams.stainless:_Request.__call__",
        "thence.seams.stainless:_AsyncRequest.__call__",
        "thence.seams.stainless:_Copy.__call__",
        "thence.seams.stainless:_settle",
        "thence.seams.stainless:_landed",
        "thence.seams.wire:_on_request",
        "thence.seams.wire:_on_response",
        "thence.seams.wire:_Hooks.__iter__",
        "thence.seams.stainless:_open",
        "thence.seams.tee:_SyncTee.__iter__",
        "thence.seams.tee:_SyncTee.close",
        "thence.seams.tee:_AsyncTee.__aiter__",
        "thence.seams.tee:_AsyncTee.aclose",
        "thence.seams.tee:_Tee.__getattr__",
        "thence.seams.tee:_Tee._take",
        "thence.seams.tee:_Tee._over",
    }
)
"""What guards the rest, and so has nothing above it that could guard it."""
WAYS = (
    (asking.Way("plain"), "completed"),
    (asking.Way("plain", stream=True), "completed"),
    (asking.Way("flaky"), "completed"),
    (asking.Way("broken"), "failed"),
    (asking.Way("plain", stream=True, leaves="breaks"), "closed"),
)
BATCH = 12


class Bug(Exception):
    """Ours."""


def targets() -> list[str]:
    """Every function and method of the modules on the way of a call, but for those that are the seam."""
    return [name for module in MODULES for name in _functions(module) if name not in BOUNDARY]


def _functions(module: str) -> Iterator[str]:
    found = import_module(module)
    for name, value in sorted(vars(found).items()):
        if inspect.isfunction(value) and value.__module__ == module:
            yield f"{module}:{name}"
        if inspect.isclass(value) and value.__module__ == module and not issubclass(value, BaseException):
            for method, what in sorted(vars(value).items()):
                if inspect.isfunction(what) and method not in {"__del__", "__eq__", "__hash__", "__repr__"}:
                    yield f"{module}:{name}.{method}"


def own_bugs(place: Place) -> None:
    """A dozen functions, one after the other, each in a process of its own."""
    place.begin()
    every = targets()
    batches = -(-len(every) // BATCH)
    for number, target in enumerate(every[place.seed % batches :: batches]):
        name = f"b{number % 2}.{number}"
        code = place.wait(place.fork(lambda target=target, name=name: _bitten(place, target, name)))  # type: ignore[misc]
        place.hold(code == 0, f"a bug in {target} reached the caller: {place.said()[-700:]}", "caller")
        place.told += 2 * len(WAYS)
    place.hold(any(place.folder.glob("*.hit")), "none of these functions was on the way of a call")
    place.figures["functions"] = len(every)


def _bitten(place: Place, target: str, name: str) -> None:
    """A sync client of the one SDK and an async one of the other, and a bug in what they are recorded with."""
    sdks = ("openai", "anthropic") if name.startswith("b0") else ("anthropic", "openai")
    asks = [place.asking(name, tasks=tasks) for tasks in (False, True)]
    clients = [(each.tasks, sdk, each.client(sdk)) for each, sdk in zip(asks, sdks, strict=True)]
    hits = _plant(target)
    for tasks, sdk, client in clients:
        asked = _asked(client, f"{name}.{sdk}")
        asyncio.run(asked) if tasks else asking.at_once(asked)
    if hits:
        (place.folder / f"{name}.hit").touch()
    if hits and target.startswith("thence.seams") and not faults.counts():
        raise AssertionError(f"{target} raised, and nobody counted it")


async def _asked(client: Any, series: str) -> None:
    for number, (way, wanted) in enumerate(WAYS):
        turn = Turn(series, f"{series}.{number}")
        outcome, text = await asking.ask(client, way, turn)
        if outcome != wanted or (wanted == "completed" and text != f"You said: {turn.token}"):
            raise AssertionError(f"{way} of {type(client).__name__}: {outcome}, {text}")


def _plant(target: str) -> list[str]:
    """Make a function raise; the list fills with its calls. Whoever imported it by name gets the bug, too."""
    module, _, path = target.partition(":")
    owner: Any = import_module(module)
    *parts, name = path.split(".")
    for part in parts:
        owner = getattr(owner, part)
    original, hits = getattr(owner, name), []

    def bug(*_args: Any, **_kwargs: Any) -> Any:
        hits.append(target)
        raise Bug(target)

    setattr(owner, name, bug)
    for other in [each for label, each in list(sys.modules.items()) if label.startswith("thence")]:
        for label, value in list(vars(other).items()):
            if value is original and callable(value):
                setattr(other, label, bug)
    return hits


ROWS = (
    Trial(
        "own-bugs",
        "every function on the way of a call raises, one at a time: plain, streamed, retried, refused and broken-off "
        "calls of both SDKs, sync and async",
        "the caller gets what it gets without Thence; the fault is counted",
        own_bugs,
        rounds=-(-len(targets()) // BATCH),
        short=1,
    ),
)
