"""A store that a stranger holds, and a clock that jumps."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from tests.torture import asking
from tests.torture.faults.ending import held
from tests.torture.place import Place
from tests.torture.told import Log, Turn
from tests.torture.trial import SLOW, Trial

import thence

__all__ = ["ROWS", "percentile"]

P99 = 0.003  # seconds that a held store may add to the slowest call in a hundred
HOUR, YEAR = 3600, 366 * 86400


def store_locked(place: Place) -> None:
    """Callers while a stranger holds the store; every other call is made without Thence, for comparison."""
    seconds = 4.0 if place.short else 30.0
    place.begin()

    def ask() -> None:
        began = time.monotonic()
        threads = [threading.Thread(target=_alternately, args=(place, n, began + seconds + 1)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    caller = place.fork(ask)
    with held(place.store):
        place.wait_told(4)
        time.sleep(seconds)
    place.wait_all(caller)
    bare, wrapped = [], []
    for path in place.folder.glob("*.times"):
        times = json.loads(Path(path).read_text())
        bare += times[0]
        wrapped += times[1]
    own, theirs = percentile(wrapped, 0.99), percentile(bare, 0.99)
    place.figures |= {"p99_ms": own * 1e3, "p99_bare_ms": theirs * 1e3, "held_s": seconds}
    place.figures["p99_added_ms"] = max(0.0, own - theirs) * 1e3
    calm = theirs < P99  # on a machine where a bare call takes longer than that, only the ratio says anything
    said = f"p99 {own * 1e3:.1f} ms, {theirs * 1e3:.1f} ms without Thence"
    place.hold(own - theirs <= (P99 if calm else theirs), said, SLOW)
    place.check()


def _alternately(place: Place, number: int, until: float) -> None:
    """A call without Thence, one with it, and so on; their times in a file."""
    log = Log(place.folder, f"w{number}")
    client = place.asking("w", sdks=("openai",)).client("openai")
    bare = thence.unwrap(place.asking("w").client("openai"))
    times: tuple[list[float], list[float]] = ([], [])
    count = 0
    while time.monotonic() < until:
        turn = Turn(f"w{number}", f"w{number}.{count}")
        for each, kept in ((bare, times[0]), (client, times[1])):
            if each is client:
                log.before(turn)
            began = time.perf_counter()
            each.chat.completions.create(
                model="plain", messages=[{"role": "user", "content": turn.token}], temperature=0.5
            )
            kept.append(time.perf_counter() - began)
        log.after(turn, "completed", f"You said: {turn.token}")
        count += 1
        time.sleep(0.004)
    (place.folder / f"{number}.times").write_text(json.dumps(times))


def percentile(values: list[float], part: float) -> float:
    """The value that ``part`` of the values are below."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def clock(place: Place) -> None:
    """The clock jumps while a program calls; then another one begins, with the right time."""
    jump = (-HOUR, YEAR, -YEAR)[place.seed % 3]
    place.begin()

    def ask() -> None:
        asking.run(place.asking("before", threads=1, calls=3))
        _shift(jump)
        asking.run(place.asking("during", threads=2, calls=6, ways=asking.ROUGH))

    place.wait_all(place.fork(ask))
    place.wait_all(place.ask("after", threads=1, calls=3))
    place.check(ordered=False)


def _shift(seconds: int) -> None:
    """Set this process' clock. The machine's own is not ours to set."""
    now, nanoseconds = time.time, time.time_ns
    time.time = lambda: now() + seconds
    time.time_ns = lambda: nanoseconds() + seconds * 1_000_000_000


ROWS = (
    Trial(
        "store-locked",
        "the store locked by a stranger, for 30 s (4 s in the short form)",
        "callers do not notice: the slowest of a hundred calls takes at most 3 ms more than without Thence; nothing is "
        "lost",
        store_locked,
        rounds=1,
        short=1,
        alone=True,
    ),
    Trial(
        "clock",
        "the process' clock goes back an hour, forward a year, back a year, in the middle of calls",
        "nothing is lost, and conversations stay whole",
        clock,
        rounds=9,
        short=1,
    ),
)
