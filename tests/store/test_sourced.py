"""Who sets which parameter, counted by the database, against a count of the calls; the same on both databases."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.store.journals import Spoken, reply, stored

from thence.frames import Asked
from thence.reading.usage import over_time
from thence.store import Calls, Store
from thence.store.sourced import contests, sourced
from thence.store.totals import span

DAY = 86_400


def spoken() -> list[Spoken]:
    """Calls of three kinds; one has a parameter of its own on each, and two layers that contend."""
    calls = []
    for number in range(24):
        body: dict[str, Any] = {
            "model": "m" if number % 3 else "n",
            "messages": [{"role": "user", "content": f"q{number}"}],
        }
        asked = [Asked("CALL", "app.py:7 main", {}, ["model", "seed"])]
        if number % 2:
            body |= {"temperature": 0.2, "seed": number}
            asked[0] = Asked("CALL", "app.py:7 main", {}, ["model", "temperature", "seed"])
            asked.append(Asked("CONFIG_FILE", "thence.toml:1", {"temperature": 0.7, "seed": 1}))
        elif number % 4:
            body |= {"temperature": 0.7}
            asked.append(Asked("CONFIG_FILE", "thence.toml:1", {"temperature": 0.7}))
        calls.append(Spoken(number * DAY // 4, body, reply(f"a{number}", number), asked=asked))
    return calls


@pytest.fixture
def store(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path / "journal"))
    return stored(store_url, spoken())[0]


def counted(calls: Calls) -> Counter[tuple[str, str]]:
    return Counter((name, parameter.source.name) for call in calls for name, parameter in call.params.items())


@pytest.mark.parametrize("query", ["", "model = m", "temperature > 0.5", "seed exists", "model = nobody"])
def test_counts_are_those_of_the_calls(store: Store, query: str) -> None:
    calls = store.calls().where(query) if query else store.calls()
    assert sourced(calls) == counted(calls)
    assert sourced(calls.last(5)) == counted(calls.last(5))


def test_two_layers_that_set_the_same(store: Store) -> None:
    found = {(each.won.name, each.over.source.name): each for each in contests(store.calls())}
    temperature = found["temperature", "CONFIG_FILE"]
    assert (temperature.won.value, temperature.over.value, temperature.calls) == (0.2, 0.7, 12)
    assert sum(each.calls for each in contests(store.calls()) if each.won.name == "seed") == 12
    assert contests(store.calls().where("temperature = 0.7")) == []


def test_usage_over_time(store: Store) -> None:
    calls = store.calls()
    first, last = span(calls) or (0, 0)
    assert last - first == 23 * DAY // 4 * 10**9
    told = over_time(calls, "model", "day")
    assert told["groups"] == ["m", "n"]
    for group, line in zip(told["groups"], told["rows"], strict=True):
        assert sum(row["calls"] for row in line if row) == sum(call.request_model == group for call in calls)
        assert sum(row["in"] or 0 for row in line if row) == sum(
            call.usage.input_tokens or 0 for call in calls if call.request_model == group
        )
    assert len(told["spans"]) == len(told["rows"][0])
    assert over_time(calls.where("model = nobody"), "model")["spans"] == []
    assert set(over_time(calls, "source(temperature)")["groups"]) == {"CALL", "CONFIG_FILE", "not set"}


def test_a_span_that_would_be_too_many_rows_is_a_longer_one(store: Store) -> None:
    assert over_time(store.calls(), "model", "minute")["every"] == "6 hours"
    assert over_time(store.calls(), "model")["every"] == "6 hours"


def test_a_day_is_a_day_of_the_clock_here(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        told = over_time(store.calls(), "model", "day")
        days = Counter(call.started_at.astimezone().date().isoformat() for call in store.calls())
    finally:
        monkeypatch.undo()
        time.tzset()
    counted = [sum(row["calls"] for row in cells if row) for cells in zip(*told["rows"], strict=True)]
    assert dict(zip((at[:10] for at in told["spans"]), counted, strict=True)) == days
    assert {at[10:] for at in told["spans"]} == {"T00:00:00+05:30"}
