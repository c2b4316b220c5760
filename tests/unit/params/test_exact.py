"""Exact JSON: every value comes back as the value it was, and only as that."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thence.params.exact import Opaque, decode, encode, same

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**53 - 3, max_value=10**40)
    | st.floats()
    | st.text(alphabet=st.characters(), max_size=8)
    | st.binary(max_size=8)
    | st.decimals(allow_nan=False)
)
keys = st.sampled_from(["a.b", "a[0]", "$", "$int", "$dict", "", '"', "\\", "é", "; drop table", "__proto__", "\0"])
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(keys | st.text(max_size=3), inner, max_size=3)
        | st.dictionaries(st.integers(), inner, max_size=2)
    ),
    max_leaves=8,
)


@given(values)
def test_round_trip_through_text(value: Any) -> None:
    text = json.dumps(encode(value), allow_nan=False)
    assert same(decode(json.loads(text)), value)


@pytest.mark.parametrize(
    "value",
    [10**30, -(10**30), 2**63, 10**5000, math.nan, math.inf, -math.inf, -0.0, Decimal("1.10"), b"\xff", "\ud800"],
    ids=lambda value: str(type(value).__name__),
)
def test_what_json_loses_is_kept(value: Any) -> None:
    assert same(decode(json.loads(json.dumps(encode(value), allow_nan=False))), value)


def test_four_ones_are_four_values() -> None:
    ones: list[Any] = [1, 1.0, True, "1", Decimal(1), b"1"]
    assert [[same(a, b) for b in ones] for a in ones] == [[i == j for j in range(6)] for i in range(6)]
    assert same(1, 1.0, numbers=True)
    assert not same(1, True, numbers=True)
    assert not same(0.0, -0.0)
    assert same((1, [2]), [1, (2,)])
    assert not same({"a": 1}, {"a": 1, "b": None})


class Hostile:
    """Every way of looking at it raises."""

    def __repr__(self) -> str:
        raise AssertionError

    def __eq__(self, other: object) -> bool:
        raise AssertionError

    def __hash__(self) -> int:
        raise AssertionError

    def __iter__(self) -> Any:
        raise AssertionError


def test_a_stranger_is_kept_as_its_type_and_never_called() -> None:
    kept = decode(encode({"tools": [Hostile()]}))
    assert kept == {"tools": [Opaque(f"{__name__}.Hostile")]}
    assert not same(Hostile(), Hostile())


def test_depth_is_bounded() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert "$opaque" in json.dumps(encode(deep))
    assert not same(deep, [deep])


@pytest.mark.parametrize("text", ['{"$nope": "1"}', '{"$int": 1}', '{"$number": "x"}', '{"$bytes": "%"}'])
def test_an_unknown_tag_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the kinds of ValueError differ
        decode(json.loads(text))
