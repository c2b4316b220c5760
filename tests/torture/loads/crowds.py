"""Many calls: of one thread, of many, of many processes; recorded calls, and commits by hand."""

from __future__ import annotations

import time

from tests.torture import asking
from tests.torture.faults import servers, writers
from tests.torture.place import Place
from tests.torture.trial import Trial

__all__ = ["ROWS"]

HALF = (asking.Way("plain"), asking.Way("plain", stream=True))


def _crowd(place: Place, processes: int, threads: int, calls: int, ways: tuple[asking.Way, ...]) -> None:
    place.begin()
    began = time.monotonic()
    callers = [place.ask(f"w{n}", threads=threads, calls=calls, ways=ways) for n in range(processes)]
    place.wait_all(*callers, patience=1500)
    place.figures["calls_per_s"] = processes * threads * calls / (time.monotonic() - began)
    place.check()


def one_thread(place: Place) -> None:
    """One thread, 20,000 calls."""
    _crowd(place, 1, 1, 300 if place.short else 20_000, (asking.Way("plain"),))


def processes(place: Place) -> None:
    """Four processes of four threads, 500 calls each."""
    _crowd(place, 4, 4, 6 if place.short else 500, HALF[:1])


def one_client(place: Place) -> None:
    """Sixty-four threads share one client."""
    _crowd(place, 1, 64, 2 if place.short else 40, (asking.Way("plain"), asking.Way("flaky")))


def half_streams(place: Place) -> None:
    """Every other call is a stream."""
    _crowd(place, 2, 4, 6 if place.short else 250, (*HALF, asking.Way("slow"), asking.Way("slow", stream=True)))


def one_branch(place: Place) -> None:
    """Sixteen processes of four threads commit to one branch."""
    place.begin()
    writers.chain(place, *((8, 4, 2) if place.short else (16, 4, 5)))


ROWS = (
    Trial("one-thread", "one thread, 20,000 calls", "all recorded", one_thread, patience=1800),
    Trial("processes", "4 processes of 4 threads, 500 calls each", "all recorded", processes, patience=1800),
    Trial(
        "one-branch",
        "16 processes of 4 threads commit to one branch",
        "a chain of exactly what was acknowledged",
        one_branch,
        patience=1200,
    ),
    Trial("one-client", "64 threads share one client", "all recorded", one_client, patience=1200),
    Trial(
        "half-streams",
        "2 processes of 4 threads, every other call a stream",
        "all recorded",
        half_streams,
        patience=1200,
    ),
    Trial(
        "postgres-writers",
        "8 programs record in one PostgreSQL database",
        "all recorded",
        servers.writers,
        patience=900,
    ),
)
