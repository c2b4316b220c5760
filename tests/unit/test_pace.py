"""The background thread rests after work, and after nothing else."""

from __future__ import annotations

import time

import pytest

from thence.ingest.pace import Pace


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long a thread slept, each time; it takes no time here."""
    found: list[float] = []
    monkeypatch.setattr("thence.ingest.pace.pause", found.append)
    return found


def work(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_work_is_followed_by_a_rest(slept: list[float]) -> None:
    pace = Pace()
    pace.rest()
    slept.clear()
    for _ in range(3):
        work(0.001)
        pace.rest()
    assert len(slept) == 3
    assert all(0 < seconds <= 0.001 for seconds in slept)


def test_who_has_not_worked_does_not_rest(slept: list[float]) -> None:
    pace = Pace()
    work(0.001)
    pace.rest()
    slept.clear()
    pace.rest()
    assert slept == []
