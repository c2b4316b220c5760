"""Processes that end: by signals, and in every other way, with the store at hand and with the store dead."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.torture import asking
from tests.torture.place import PATIENCE, Place
from tests.torture.told import Log, Turn
from tests.torture.trial import Trial

__all__ = ["ENDS", "ROWS", "held"]

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LOST = 60.0  # seconds for which an interrupt that was lost is given again
PATIENT = 4.0  # seconds in which a program that was interrupted has ended
ADDED = 2.0  # seconds that Thence may add to a program's end

PROGRAM = """
import os, sys, time
from pathlib import Path
from tests.torture import asking
folder, store, url = sys.argv[1:]
asks = asking.Asking(Path(folder), "w", store, url, threads=2, calls=3, ways=asking.STREAMS)
more = asking.Asking(Path(folder), "more", store, url, threads=1, calls=3, ways=asking.STREAMS)
asking.run(asks)
Path(folder, "ends").write_text(str(time.time()))
{end}
"""
ENDS: dict[str, tuple[str, int]] = {
    "falls off its end": ("", 0),
    "sys.exit": ("sys.exit(3)", 3),
    "an exception": ("raise LookupError", 1),
    "os._exit": ("os._exit(4)", 4),
    "os.abort": ("os.abort()", -signal.SIGABRT),
    "kill -9": ("os.kill(os.getpid(), 9)", -signal.SIGKILL),
    "a call at exit": ("import atexit; atexit.register(asking.run, more)", 0),
    "a thread that goes on": ("import threading; threading.Thread(target=asking.run, args=(more,)).start()", 0),
    "a daemon thread in a call": (
        """
import threading
more = asking.Asking(Path(folder), "more", store, url, threads=1, ways=(asking.Way("slow"),))
threading.Thread(target=asking.run, args=(more,), daemon=True).start(); time.sleep(0.2)
Path(folder, "ends").write_text(str(time.time()))
""",
        0,
    ),
    "another program in its place": ("os.execv(sys.executable, [sys.executable, '-S', '-c', 'pass'])", 0),
    "a broken pointer": ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV),
    "a stream left open": (
        """
from tests.torture.told import Log, Turn
client = more.client("openai"); message = {"role": "user", "content": "more.0.0"}
Log(Path(folder), "more").before(Turn("more.0", "more.0.0"))
left = client.chat.completions.create(model="plain", messages=[message], stream=True, temperature=0.5)
next(iter(left))
""",
        0,
    ),
}
"""The ways in which a program ends, and its exit code."""


def handlers() -> dict[int, Any]:
    """What this process does about each signal."""
    return {number: signal.getsignal(number) for number in signal.valid_signals()}


def signals(place: Place) -> None:
    """A signal while calls are made and records wait."""
    number = SIGNALS[place.seed % len(SIGNALS)]
    place.begin()

    def ask() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which nohup lets its children ignore
        found = handlers()
        asking.run(place.asking("calm", calls=3))
        if handlers() != found:
            raise AssertionError("a signal handler was installed")
        asking.run(place.asking("w", threads=3, ways=ways))

    # A KeyboardInterrupt that comes while a finaliser runs is lost by Python, and what the finaliser was at, too.
    ways = [way for way in asking.ROUGH if way.leaves != "drops"] if number == signal.SIGINT else asking.ROUGH
    caller = place.fork(ask)
    place.wait_told(16)
    time.sleep(place.chance.random() * 0.2)
    os.kill(caller, number)
    if number == signal.SIGINT:
        _press_again(place, caller)
    code = place.wait(caller)
    wanted = 1 if number == signal.SIGINT else -number  # a KeyboardInterrupt is an exception as any other
    place.hold(code == wanted, f"{signal.Signals(number).name} ended the process with {code}: {place.said()[-600:]}")
    place.check()


def _press_again(place: Place, caller: int) -> None:
    """Interrupt again, as a person would: where Python says that it lost one in a finaliser, and now and then.

    Nobody says that pydantic loses those that come while it builds a serialiser, which takes its first calls some time.
    """
    pressed, until = 1, time.monotonic() + LOST
    again = time.monotonic() + PATIENT
    while time.monotonic() < until and os.waitid(os.P_PID, caller, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if place.said().count("Exception ignored in") >= pressed:
            os.kill(caller, signal.SIGINT)
            pressed += 1
        elif time.monotonic() > again:
            os.kill(caller, signal.SIGINT)
            again += PATIENT
        time.sleep(0.01)


def every_exit(place: Place) -> None:
    """A whole interpreter that ends in one of the ways, beside one that does not record."""
    names = list(ENDS)
    end = names[place.seed % len(names)]
    dead = bool(place.seed // len(names) % 2)
    place.begin()
    bare = place.folder / "bare"
    bare.mkdir()
    with held(place.store if dead else None):
        processes = [_started(place, bare, end, THENCE_DISABLED="1"), _started(place, place.folder, end)]
        took, codes = _watched(processes, [bare, place.folder])
    said = [process.stderr.read() for process in processes if process.stderr]
    _, wanted = ENDS[end]
    place.hold(codes == [wanted, wanted], f"{end}: exit codes {codes}, bare and recorded; {said[1][-600:]!r}")
    place.hold(took[1] - took[0] <= ADDED, f"{end}: {took[1]:.2f} s to end, {took[0]:.2f} s without Thence")
    place.figures["added_at_exit_s"] = max(0.0, took[1] - took[0])
    place.check()


def _started(place: Place, folder: Path, end: str, **more: str) -> subprocess.Popen[str]:
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", PROGRAM.format(end=ENDS[end][0]), str(folder), place.store, place.url]
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "src")]), **more}
    return subprocess.Popen(command, env=surroundings, stderr=subprocess.PIPE, text=True, errors="replace")


def _watched(processes: list[subprocess.Popen[str]], folders: list[Path]) -> tuple[list[float], list[int]]:
    """How long after its last line each process was gone, and its exit code."""
    ended: dict[int, float] = {}
    until = time.monotonic() + 2 * PATIENCE
    while len(ended) < len(processes):
        for number, process in enumerate(processes):
            if number not in ended and process.poll() is not None:
                ended[number] = time.time()
        if time.monotonic() > until:
            for process in processes:
                process.kill()
            raise TimeoutError("a program did not end")
        time.sleep(0.005)
    began = [float((folder / "ends").read_text()) for folder in folders]
    return [ended[number] - began[number] for number in range(len(processes))], [each.returncode for each in processes]


@contextmanager
def held(store: str | None) -> Iterator[None]:
    """A store that a stranger holds meanwhile, so that nobody else can write it; nothing where it is None."""
    if store is None:
        yield
        return
    stranger = sqlite3.connect(store, isolation_level=None, check_same_thread=False)
    stranger.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        stranger.execute("ROLLBACK")
        stranger.close()


def event_loops(place: Place) -> None:
    """One event loop after the other, and loops that are closed while something is still open."""
    place.begin()

    def ask() -> None:
        for name in ("first", "second"):
            asking.run(place.asking(name, tasks=True, threads=6, calls=4, ways=asking.ROUGH))
        log = Log(place.folder, "left")
        streams = [asyncio.run(_left(place, log, number)) for number in range(3)]
        del streams
        gc.collect()
        loop = asyncio.new_event_loop()
        task = loop.create_task(_left(place, log, 3))
        loop.run_until_complete(asyncio.sleep(0.02))
        loop.close()
        del task
        gc.collect()
        asking.run(place.asking("third", tasks=True, threads=3, calls=3))

    place.wait_all(place.fork(ask))
    place.check()


async def _left(place: Place, log: Log, number: int) -> Any:
    """A stream that is still open when its loop is not any more."""
    client = place.asking("left", tasks=True).client("openai")
    turn = Turn(f"left.{number}", f"left.{number}.0")
    log.before(turn)
    message = {"role": "user", "content": turn.token}
    stream = await client.chat.completions.create(model="stall", messages=[message], stream=True, temperature=0.5)
    await stream.__anext__()
    return stream


ROWS = (
    Trial(
        "signals",
        "SIGTERM, SIGINT and SIGHUP while calls are made and records wait",
        "no handler is installed; the process ends as it would; nothing is lost",
        signals,
        rounds=18,
        short=1,
    ),
    Trial(
        "every-exit",
        f"{len(ENDS)} ways in which a program ends, `os._exit`, abort, exec and a broken pointer among them; the store "
        "at hand, and locked by a stranger",
        "the exit code is the program's own; at most 2 s more than without Thence; nothing is lost",
        every_exit,
        rounds=2 * len(ENDS),
        short=1,
    ),
    Trial(
        "event-loops",
        "`asyncio.run` again and again, loops closed under open streams and running tasks",
        "nothing is lost, and no loop is held on to",
        event_loops,
        rounds=10,
        short=1,
    ),
)
