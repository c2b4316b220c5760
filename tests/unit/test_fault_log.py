"""The log of faults raises nothing itself, whatever it is given and whoever listens."""

from __future__ import annotations

import logging

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
