"""Calls chosen by queries, in either order, as objects, dicts and columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from tests.store.journals import EPOCH, Spoken, chat, stored

from thence import frames
from thence.errors import QueryError
from thence.query import P, source
from thence.store import Call, Calls, Store

COUNT = 600


def spoken(number: int) -> Spoken:
    """One of many calls of three configurations in two tracts; every tenth has a user of its own."""
    call = chat(number, [{"role": "user", "content": f"{number}"}], temperature=(number % 3) / 2)
    if number % 10 == 0:
        call.body["user"] = f"u{number}"
    if number % 3 == 0:
        call.asked = [frames.Asked("PRESET", "thence.toml:3", same=["temperature"])]
    call.facts = {"tract": "main" if number % 2 else "other", "tags": ["odd"] if number % 2 else []}
    return call


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with :data:`COUNT` calls."""
    made, _ = stored(
        tmp_path_factory.mktemp("choosing") / "store.db", [spoken(number) for number in range(1, COUNT + 1)]
    )
    yield made
    made.close()


def numbers(calls: Calls | list[Call] | Iterator[Call]) -> list[int]:
    """Which calls these are."""
    return [round(call.started_at.timestamp()) - EPOCH // 10**9 for call in calls]


@pytest.mark.parametrize(
    ("query", "right"),
    [
        ("temperature > 0.8", lambda n: n % 3 == 2),
        ("temperature = 0 or user exists", lambda n: n % 3 == 0 or n % 10 == 0),
        ("user = u30", lambda n: n == 30),
        ("user missing and tag = odd", lambda n: n % 2 == 1),
        ("source(temperature) = preset", lambda n: n % 3 == 0),
        ("source(temperature) < preset and not temperature = 0.5", lambda n: n % 3 == 2),
        ("tract = other", lambda n: n % 2 == 0),
        ("nothing exists", lambda _: False),
        ("nothing missing", lambda _: True),
    ],
)
def test_choices_in_every_order(store: Store, query: str, right: Any) -> None:
    expected = [number for number in range(1, COUNT + 1) if right(number)]
    found = store.calls().where(query)
    assert numbers(found) == expected
    assert numbers(found.newest_first()) == numbers(found.order("newest")) == expected[::-1]
    assert numbers(found.last(7)) == expected[-7:]
    assert numbers(found.last(7).order("newest")) == expected[-7:][::-1]
    assert len(found) == len(expected)
    assert len(found.last(7)) == min(7, len(expected))
    assert bool(found) == bool(expected)
    assert numbers(found[2:5]) == expected[2:5]
    for index in (0, 3, -1, -4):
        if -len(expected) <= index < len(expected):
            assert numbers([found[index], found.order("newest")[index]]) == [expected[index], expected[::-1][index]]
        else:
            with pytest.raises(IndexError):
                found[index]


def test_both_faces_and_fields_join(store: Store) -> None:
    one = store.calls("main").where(P.temperature > 0.8, "tag = odd", source(P.temperature) == "call", model="gpt-4o")
    two = store.calls("main").where(P.temperature > 0.8).where("tag = odd and source(temperature) = call")
    assert numbers(one) == numbers(two) == [n for n in range(1, COUNT + 1) if n % 6 == 5]
    assert numbers(store.calls().where()) == numbers(store.calls())
    with pytest.raises(QueryError, match="did you mean"):
        store.calls().where("status = complete")


def test_times(store: Store) -> None:
    begin = datetime.fromtimestamp(EPOCH // 10**9, timezone.utc)
    some = store.calls().since(begin + timedelta(seconds=100)).until(begin + timedelta(seconds=110))
    assert numbers(some) == list(range(100, 110))
    assert len(store.calls().since("2h ago")) == len(store.calls().since(timedelta(days=1))) == 0
    assert len(store.calls().until("today")) == COUNT


def test_misspelt_names_are_told(store: Store) -> None:
    found = store.calls().where("temprature > 1 and user exists and qqq = 1").misspelt()
    assert found == {"qqq": None, "temprature": "did you mean `temperature`?"}


def test_dicts_and_columns(store: Store) -> None:
    some = store.calls().where("temperature = 0").last(3)
    first = some.to_dicts()[0]
    assert first["params"]["temperature"] == 0
    assert first["sources"]["temperature"] == "PRESET"
    assert set(first["usage"]) >= {"input_tokens", "output_tokens"}
    table = some.to_arrow()
    assert table.num_rows == 3
    assert table["id"].to_pylist() == [call.id for call in some]
    assert table["param.temperature"].to_pylist() == [0.0, 0.0, 0.0]
    assert table["source.temperature"].to_pylist() == ["PRESET"] * 3
    assert table["started_at"].to_pylist()[0] == first["started_at"]
    hashes = [(call.base and call.base.hash, call.commit and call.commit.hash) for call in some]
    assert [(row["base"], row["commit"]) for row in some.to_dicts()] == hashes
    assert list(zip(table["base"].to_pylist(), table["commit"].to_pylist(), strict=True)) == hashes
    assert store.calls().where("nothing exists").to_arrow().num_rows == 0
