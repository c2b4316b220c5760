"""The Python face builds the same trees as text does."""

from __future__ import annotations

import copy
import enum
import pickle
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from thence.errors import QueryError
from thence.params import ParameterSource
from thence.query import (
    FIELDS,
    FUNCTIONS,
    Expression,
    P,
    asked,
    change,
    config_query,
    origin,
    parse,
    sent,
    source,
    used,
)

SAME: list[tuple[Expression, str]] = [
    (P.temperature > 0.8, "temperature > 0.8"),
    (P.temperature == 1, "temperature = 1"),
    (P.temperature != None, "temperature != null"),  # noqa: E711  # builds a condition
    ((P.a >= 1) & (P.a <= 2) & (P.b < 3), "a >= 1 and a <= 2 and b < 3"),
    ((P.a == 1) | ~(P.b == True), "a = 1 or not b = true"),  # noqa: E712  # builds a condition
    (P.response_format.type == "json_object", "response_format.type = json_object"),
    (P["a.b"].c[0] == "x", '"a.b".c[0] = x'),
    (P.extra_body.min_p == 0.5, "min_p = 0.5"),
    (P.params.status == "x", "params.status = x"),
    (P.status == "failed", "status = failed"),
    (P.usage.output_tokens > 1000, "usage.output_tokens > 1000"),
    (P.tags.contains("x"), "tag contains x"),
    (P.model.in_("a", "b"), "model in (a, b)"),
    (P.model.in_(["a", "b"]), "model in (a, b)"),
    (P.model.not_in({"a"}), "model not in (a)"),
    (P.top_p.between(0.1, 0.9), "top_p between 0.1 and 0.9"),
    (P.model.glob("gpt-4*"), 'model ~ "gpt-4*"'),
    (P.seed.exists() & P.stop.missing(), "seed exists and stop missing"),
    (P["contains"].contains("x"), '"contains" contains x'),
    (P.stop == ["a", "b"], 'stop = ["a", "b"]'),
    (source(P.temperature) == ParameterSource.PRESET, "source(temperature) = preset"),
    (source("temperature") <= "session", "source(temperature) <= session"),
    (source(P.status) == "call", "source(status) = call"),
    (origin(P.temperature).glob("*.toml*"), 'origin(temperature) ~ "*.toml*"'),
    (asked(P.a) == 1, "asked(a) = 1"),
    (sent('"a.b"') == 1, 'sent("a.b") = 1'),
    (used(P.model).exists(), "used(model) exists"),
    (change(P.max_tokens) == "filled", "change(max_tokens) = filled"),
    (P.duration > timedelta(seconds=2), "duration > 2s"),
    (P.started_at >= datetime(2026, 11, 22, tzinfo=timezone.utc), "started_at >= 2026-11-22T00:00Z"),
    (P.started_at >= date(2026, 11, 22), "started_at >= 2026-11-22"),
    (P.a == Decimal("0.5"), "a = 0.5"),
]


@pytest.mark.parametrize(("tree", "text"), SAME, ids=[text for _, text in SAME])
def test_both_faces_build_one_tree(tree: Expression, text: str) -> None:
    assert tree == parse(text)


def test_values_of_other_types() -> None:
    class Effort(enum.Enum):
        LOW = "low"

    class Scalar:
        def __float__(self) -> float:
            return 0.25

    assert (P.effort == Effort.LOW) == parse("effort = low")
    assert (P.a == Scalar()) == parse("a = 0.25")
    with pytest.raises(QueryError, match="can't compare with a object"):
        _ = P.a == object()
    with pytest.raises(QueryError, match="can't compare"):
        _ = P.a == [object()]


def test_pythons_own_and_is_refused() -> None:
    with pytest.raises(TypeError, match="&"):
        _ = P.a > 1 and P.b > 2
    with pytest.raises(TypeError, match="between"):
        _ = 0 < P.a < 1
    with pytest.raises(TypeError, match="iterate"):
        list(P.a)
    with pytest.raises(TypeError):
        _ = P[-1]
    with pytest.raises(TypeError):
        hash(P.a)


def test_names_are_no_magic() -> None:
    assert not hasattr(P, "__wrapped__")
    with pytest.raises(QueryError, match=r"P\.temperature"):
        P.exists()
    with pytest.raises(QueryError, match="no field"):
        _ = P.usage.nothing == 1


def test_halves_of_a_character_are_that_character() -> None:
    for value in ("\ud83d\ude00", ["\ud83d\ude00"]):
        assert parse(str(P.a == value)) == (P.a == value)


def test_trees_travel() -> None:
    tree = parse("not (a = 1 or b in (1, 2)) and source(c) = call")
    assert pickle.loads(pickle.dumps(tree)) == tree == copy.deepcopy(tree)
    assert hash(tree) == hash(parse(str(tree)))


class Settings(BaseModel):
    """A configuration as a user would declare it."""

    temperature: float = 1.0
    model: str
    response_format: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("what", "text"),
    [
        (("temperature", ">", 0.8), "sent(temperature) > 0.8"),
        ((("temperature", ">", 0.8),), "sent(temperature) > 0.8"),
        (("model", "in", ["a", "b"]), "sent(model) in (a, b)"),
        (("top_p", "between", (0, 1)), "sent(top_p) between 0 and 1"),
        (("top_p", "between", 0, 1), "sent(top_p) between 0 and 1"),
        (("seed", "exists"), "sent(seed) exists"),
        (("stop", "=", ["a"]), 'sent(stop) = ["a"]'),
        (('"a.b".c', "not in", [1]), 'sent("a.b".c) not in (1)'),
        (("status", "=", "x"), "sent(status) = x"),
        (([("a", ">", 1), ("b", "missing")],), "sent(a) > 1 and sent(b) missing"),
        (({"a": {"b": 1, "c.d": None}, "e": {}},), 'sent(a.b) = 1 and sent(a."c.d") = null and sent(e) exists'),
        ((Settings(model="x", response_format={"type": "t"}),), "sent(model) = x and sent(response_format.type) = t"),
        ((P.a > 1,), "a > 1"),
    ],
)
def test_conditions_on_a_configuration(what: tuple[Any, ...], text: str) -> None:
    assert config_query(*what) == parse(text)


@pytest.mark.parametrize("what", [(), ({},), ([],), (5,), ("a", ">"), ("a", "~~", 1), ("a b", "=", 1), ([{}],)])
def test_what_describes_no_query(what: tuple[Any, ...]) -> None:
    with pytest.raises((QueryError, TypeError)):
        config_query(*what)


def test_every_name_has_a_meaning() -> None:
    assert all(name.meaning for name in [*FIELDS.values(), *FUNCTIONS.values()])
