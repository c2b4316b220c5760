"""The log of faults raises nothing itself, whatever it is given and whoever listens."""

from __future__ import annotations

import functools
import logging
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from thence import faults


class Unsaid(Exception):
    """One whose text can't be had."""

    def __str__(self) -> str:
        raise ValueError("no text")


def unsearched(_text: str) -> str:
    raise RuntimeError("the search for secrets is broken")


def test_what_cannot_be_searched_for_secrets_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_hidden", unsearched)
    faults.note("unsearched", ValueError("sk-secret"))
    assert faults.counts()["unsearched"] == 1
    assert faults.last()["unsearched"] == "ValueError, whose text can't be read or searched for secrets"


def test_an_error_without_a_text_is_counted() -> None:
    with faults.guard("unsaid"):
        raise Unsaid
    assert faults.last()["unsaid"].startswith("Unsaid")


def test_listeners_that_fail_reach_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def fails(record: logging.LogRecord) -> bool:
        told.append(record.getMessage())
        raise RuntimeError("a filter of the program's")

    def tells(kind: str, said: str) -> None:
        told.append(f"{kind} {said}")
        raise OSError("no folder")

    monkeypatch.setattr(faults, "_tell", tells)
    faults.log.addFilter(fails)
    try:
        faults.note("unheard", "it broke")
    finally:
        faults.log.removeFilter(fails)
    counts = faults.counts()
    assert counts["unheard"] == counts["log of faults"] == counts["file of faults"] == 1
    assert told == ["thence: unheard: it broke (counted from now on; see `thence doctor`)", "unheard it broke"]


def limit(_number: int, _frame: FrameType | None) -> None:
    raise SoftLimit


def any_arguments(*_: object) -> None:
    raise SoftLimit


def renames_its_arguments(*rest: object) -> None:
    rest = None  # type: ignore[assignment]
    raise SoftLimit(rest)


class Limits:
    """Handlers that are methods, and one that is an object."""

    def limit(self, _number: int, _frame: object = None, *, more: str = "") -> None:
        raise SoftLimit(more)

    def __call__(self, *passed: Any, **named: Any) -> None:
        self.limit(*passed, **named)


class SoftLimit(Exception):
    """As a task queue's soft time limit is: an ordinary exception."""


@functools.wraps(limit)
def decorated(*passed: Any) -> None:
    limit(*passed)


HANDLERS: list[Callable[..., None]] = [
    limit,
    any_arguments,
    Limits().limit,
    Limits(),
    functools.partial(Limits().limit, more="said"),
    decorated,
]


@pytest.mark.parametrize("handler", HANDLERS)
def test_what_a_signal_handler_raises_passes(handler: Callable[..., None]) -> None:
    before, counted = signal.signal(signal.SIGUSR1, handler), faults.counts()
    try:
        with pytest.raises(SoftLimit) as raised, faults.guard("limited"):
            list(map(signal.raise_signal, [signal.SIGUSR1]))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert faults.from_outside(raised.value)
    assert faults.counts() == counted


def test_what_is_raised_within_a_call_is_a_fault() -> None:
    with faults.guard("own"):
        limit(1, None)
    with faults.guard("own"):
        any_arguments(test_what_is_raised_within_a_call_is_a_fault)
    with faults.guard("own"):
        renames_its_arguments(1, 2)
    assert faults.counts()["own"] == 3


def test_every_fault_is_traced_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(faults, "_hidden", lambda text: text.replace("sk-secret", "[redacted]"))
    for debug in ("", "0", "1", "1"):
        monkeypatch.setenv("THENCE_DEBUG", debug)
        with faults.guard("traced"):
            raise ValueError("sk-secret")
    first, *traced = (record.getMessage() for record in caplog.records if record.name == "thence")
    assert "Traceback" not in first
    assert len(traced) == 2
    for message in traced:
        assert "Traceback" in message
        assert __file__ in message
        assert message.endswith("ValueError: [redacted]\n")
