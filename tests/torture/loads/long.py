"""A long run: memory, descriptors and the write-ahead log stay as they are."""

from __future__ import annotations

import gc
import json
import os
import time
from pathlib import Path

from tests.torture import asking
from tests.torture.place import Place
from tests.torture.told import Log
from tests.torture.trial import Trial

__all__ = ["ROWS"]

MORE_MB = 24.0  # that may be had in the second half of a run: caches that fill, the allocator's pages
WAL_MB = 64.0


def soak(place: Place) -> None:
    """Calls in every way that they can end, as fast as they come, for a while."""
    seconds = 6.0 if place.short else float(os.environ.get("TORTURE_SOAK_S", "300"))
    place.begin()
    place.wait_all(place.fork(lambda: _asked(place, seconds)), patience=seconds + 300)
    measured = json.loads((place.folder / "measured").read_text())
    half = measured[len(measured) // 2 :]
    memory, descriptors, wal = zip(*half, strict=True)
    place.figures |= {"seconds": seconds, "memory_mb": memory[-1], "descriptors": max(descriptors), "wal_mb": max(wal)}
    place.figures["grown_mb"] = max(0.0, memory[-1] - memory[0])
    place.hold(memory[-1] - memory[0] <= MORE_MB, f"memory went from {memory[0]:.0f} to {memory[-1]:.0f} MB")
    place.hold(
        max(descriptors) - min(descriptors) <= 24, f"descriptors went from {min(descriptors)} to {max(descriptors)}"
    )
    place.hold(max(wal) <= WAL_MB, f"the write-ahead log grew to {max(wal):.0f} MB")
    place.check()


def _asked(place: Place, seconds: float) -> None:
    log = Log(place.folder, "w")
    asks = place.asking("w", threads=1, calls=8, ways=asking.ROUGH)
    clients = {sdk: asks.client(sdk) for sdk in asks.sdks}
    wal = Path(place.store + "-wal")
    measured: list[tuple[float, int, float]] = []
    until, number = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        asking.asks(asks, log, clients, number)
        number += 1
        gc.collect()
        size = wal.stat().st_size if wal.exists() else 0
        measured.append((_memory(), len(os.listdir("/proc/self/fd")), size / (1 << 20)))  # noqa: PTH208
    (place.folder / "measured").write_text(json.dumps(measured))


def _memory() -> float:
    """What this process has in memory, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


ROWS = (
    Trial(
        "soak",
        "calls in every way that they can end, for a long time (6 s in the short form; `TORTURE_SOAK_S` says how long)",
        "memory and descriptors stay, the write-ahead log is bounded, all is recorded",
        soak,
        patience=4000,
    ),
)
