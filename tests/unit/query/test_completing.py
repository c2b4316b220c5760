"""What a query may go on with, at each place of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thence.query.completing import completions

NAMES = ("temperature", "top_p", "model", "a.b")
VALUES = {"model": ("gpt-4o", "claude 3", "0.5"), "source(temperature)": ("call", "preset"), "provider": ("openai",)}


def found(query: str) -> list[str]:
    return [each.text for each in completions(query, NAMES, lambda name: VALUES.get(name, ()), most=99).found]


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        ("", "temperature"),
        ("", "status"),
        ("", "source("),
        ("te", "temperature"),
        ("temperature > 1 and to", "top_p"),
        ("not ", "model"),
        ("(", "model"),
        ("temperature ", ">="),
        ("source(temperature) ", "="),
        ("source(te", "temperature"),
        ("temperature > 0.8 ", "and"),
        ("temperature > 0.8 a", "and"),
        ("model exists ", "or"),
        ("(temperature > 1) ", "and"),
        ("model = ", "gpt-4o"),
        ("model = cl", '"claude 3"'),
        ('model = "cl', '"claude 3"'),
        ("model in (", "gpt-4o"),
        ("model in (o3, ", "gpt-4o"),
        ("status = ", "failed"),
        ("status = fa", "failed"),
        ("provider = ", "openai"),
        ("source(temperature) = ", "preset"),
        ("change(temperature) = ", "dropped"),
        ("a", '"a.b"'),
    ],
)
def test_what_is_offered(query: str, offered: str) -> None:
    assert offered in found(query)


@pytest.mark.parametrize(
    ("query", "not_offered"),
    [
        ("temperature ", "model"),
        ("temperature > 0.8 ", "status"),
        ("model = ", "and"),
        ("source(", "source("),
        ("te", "status"),
        ("status = failed", "failed"),  # it is there
    ],
)
def test_what_is_not(query: str, not_offered: str) -> None:
    assert not_offered not in found(query)


@pytest.mark.parametrize(
    ("query", "start"), [("te", 0), ("temperature > 1 and to", 20), ("model = ", 8), ('a = "x y', 4)]
)
def test_from_where_it_replaces(query: str, start: int) -> None:
    assert completions(query, NAMES, lambda _: ()).start == start


def test_what_begins_so_stands_first() -> None:
    assert found("to")[0] == "top_p"


@given(st.text(max_size=60))
def test_no_text_is_too_much(query: str) -> None:
    start, _ = completions(query, NAMES, lambda _: ("x",))
    assert 0 <= start <= len(query)
