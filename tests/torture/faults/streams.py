"""Calls cut off at random: by the provider, by the caller, and by time limits that a signal handler raises."""

from __future__ import annotations

import json
import signal
import time
import traceback
from types import FrameType

from tests.torture import asking
from tests.torture.checker import token_in
from tests.torture.place import Place
from tests.torture.told import Log, Turn
from tests.torture.trial import Trial

from thence.ingest import open_store

__all__ = ["ROWS"]

CUTS = tuple(way for way in asking.ROUGH if way.leaves or way.model in {"cut", "stall"})
EACH = 25
LIMITED = 100
CAME = "limits.json"  # of a round: where each limit came


class Limit(Exception):
    """A time limit as a task queue's soft one is: an ordinary exception."""


def cut_streams(place: Place) -> None:
    """Twenty-five calls, each of which is cut off somewhere; in threads or in tasks."""
    place.begin()
    tasks = bool(place.seed % 2)
    place.wait_all(place.ask("w", threads=5, calls=EACH // 5, ways=CUTS, tasks=tasks))
    place.check()


def time_limits(place: Place) -> None:
    """Calls with a time limit each, which comes anywhere in them, or soon after."""
    place.begin()
    place.wait_all(place.fork(lambda: _limited(place)))
    place.check()
    with open_store(place.store) as store:
        left = [token_in(call) for call in store.calls() if call.status == "interrupted"]
    came = json.loads((place.folder / CAME).read_text())
    # An exception that comes while a finaliser runs is lost by Python, and what the finaliser was at, too.
    for token in [] if "Exception ignored in" in place.said() else left:
        place.fail("promise", f"{token} has no end; its limit came at\n{came.get(token)}")


def _limited(place: Place) -> None:
    """Make the calls; of one whose limit came its caller says nothing: it may have been before there was a call."""
    running, came = False, dict[str, str]()

    def reached(_number: int, frame: FrameType | None) -> None:
        if running:
            came[turn.token] = "".join(traceback.format_stack(frame, 12)[-12:])
            raise Limit

    signal.signal(signal.SIGALRM, reached)
    asks, log = place.asking("w"), Log(place.folder, "w")
    took, chance = 0.02, place.chance
    for number in range(LIMITED):
        # Each with a client of its own: an exception in the midst of an HTTP library may leave its pool unusable.
        client = asks.client(chance.choice(asks.sdks)).with_options(max_retries=0)
        way = chance.choice(asking.STREAMS)
        turn = Turn("w", f"w.{number}")
        log.before(turn)
        began = time.monotonic()
        try:
            running = True
            signal.setitimer(signal.ITIMER_REAL, 1e-6 + 2 * took * chance.random())
            outcome, text = asking.at_once(asking.ask(client, way, turn))
            running = False
        except Limit:
            running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        if turn.token not in came:
            log.after(turn, outcome, text)
            took += (time.monotonic() - began - took) / 8
    (place.folder / CAME).write_text(json.dumps(came))


ROWS = (
    Trial(
        "cut-streams",
        f"{EACH} calls a round, cut off at random: by the provider in the middle of a body or a stream, by a limit, "
        "by `break`, an exception, a dropped stream, a cancelled task",
        "one record each, with the end that the caller saw",
        cut_streams,
        rounds=20,
        short=1,
    ),
    Trial(
        "time-limits",
        f"{LIMITED} calls a round, each with a limit (`SIGALRM`) whose handler raises, anywhere in it: in the SDK, in "
        "Thence, in the midst of a write",
        "no call is left without an end, no number without a record; where no limit came, nothing is different",
        time_limits,
        rounds=20,
        short=1,
    ),
)
