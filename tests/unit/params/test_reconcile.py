"""What is recorded of a call, against an oracle that is written another way, and case by case."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thence.params import ABSENT, Candidate, Layer, ParameterSource, ResolvedConfig, fill, reconcile
from thence.params.exact import same
from thence.params.source import BUILT_IN

S = ParameterSource
NAMES = ["temperature", "top_p", "seed", "vendor.x", "model"]
names = st.sampled_from(NAMES)
values = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-1, 1) | st.text(max_size=2)
members = st.dictionaries(names, values, max_size=4)
layers = st.lists(st.builds(Layer, st.sampled_from(BUILT_IN[:8]), st.just("here"), members), max_size=5)


def layer(source: ParameterSource, **values: Any) -> Layer:
    return Layer(source, source.name.lower(), values)


@given(layers, members, members)
def test_oracle(asked: list[Layer], sent: dict[str, Any], used: dict[str, Any]) -> None:
    config = reconcile(asked, sent, sdk="sdk 1", used={name: (value, "body." + name) for name, value in used.items()})
    assert set(config) == {name for each in asked for name in each.values} | set(sent) | set(used)
    for name, found in config.items():
        offers = [
            Candidate(source, "here", each.values[name])
            for source in BUILT_IN
            for each in asked
            if each.source is source and name in each.values
        ]
        assert found.used == used.get(name, ABSENT)
        assert found.asked == (offers[0].value if offers else ABSENT)
        assert list(found.shadowed) == offers[1:]
        if name in sent:
            assert found.sent is found.value is sent[name]
            assert found.source is (offers[0].source if offers else S.SDK)
            assert found.origin == ("here" if offers else "sdk 1")
            assert found.state == ("null" if sent[name] is None else "sent")
            rewritten = bool(offers) and not same(offers[0].value, sent[name])
            expected = "rewritten" if rewritten else None if offers else "filled"
            assert (found.change or "resolved") == (expected or "resolved")
        elif offers:
            assert (found.state, found.change, found.sent) == ("dropped", "dropped", ABSENT)
            assert found.source is offers[0].source
        else:
            assert (found.state, found.source, found.origin) == ("server", S.PROVIDER, "body." + name)
            assert found.value is used[name]
    assert ResolvedConfig.from_json(config.to_json()) == config


@given(layers, members)
def test_filled_requests_are_recorded_as_sent(offered: list[Layer], given_: dict[str, Any]) -> None:
    offered = [each for each in offered if each.source is not S.CALL]
    filled = fill(given_, offered, model=None, endpoint="/chat/completions")
    sent = {**given_, **filled.values}
    config = reconcile([Layer(S.CALL, "app.py:1", given_), *filled.layers], sent, sdk="sdk 1")
    assert config.wire() == config.to_dict() == sent
    for name, value in sent.items():
        found = config[name]
        assert same(found.value, value)
        assert found.change is None
        locked = any(each.source is S.OVERRIDE and name in each.values for each in offered)
        assert found.source is S.OVERRIDE if locked else name not in given_ or found.source is S.CALL


@pytest.mark.parametrize(("above", "below"), list(itertools.combinations(BUILT_IN[:8], 2)), ids=str)
def test_of_every_two_layers_the_loser_is_shadowed(above: ParameterSource, below: ParameterSource) -> None:
    found = reconcile([layer(below, top_p=2), layer(above, top_p=1)], {"top_p": 1})["top_p"]
    assert (found.source, found.origin, found.change) == (above, above.name.lower(), None)
    assert found.shadowed == (Candidate(below, below.name.lower(), 2),)


def test_presence_decides_and_never_comparison() -> None:
    found = reconcile([layer(S.PRESET, top_p=1.0), layer(S.CALL, top_p=1.0)], {"top_p": 1.0})["top_p"]
    assert found.source is S.CALL
    assert found.shadowed == (Candidate(S.PRESET, "preset", 1.0),)


def test_extra_body_over_keyword() -> None:
    call = [Layer(S.CALL, "a.py:1", {"temperature": 0.1}), Layer(S.CALL, "a.py:1", {"temperature": 0.7})]
    found = reconcile(call, {"temperature": 0.1})["temperature"]
    assert (found.value, found.asked, found.sent, found.change) == (0.1, 0.1, 0.1, None)
    assert found.shadowed == (Candidate(S.CALL, "a.py:1", 0.7),)


@pytest.mark.parametrize(("asked", "sent"), [("0.2", 0.2), (1, 1.0), (True, 1), (None, 5), ([1], [1, 2])])
def test_coercions_show(asked: Any, sent: Any) -> None:
    found = reconcile([layer(S.CALL, top_p=asked)], {"top_p": sent})["top_p"]
    assert (found.value, found.asked, found.sent, found.change) == (sent, asked, sent, "rewritten")


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({"max_tokens": 5}, {"max_completion_tokens": 5}),
        ({"max_completion_tokens": 5}, {"max_tokens": 5}),
        ({"stop": "x"}, {"stop_sequences": ["x"]}),
    ],
)
def test_a_renamed_parameter_is_found_under_both_names(asked: dict[str, Any], sent: dict[str, Any]) -> None:
    config = reconcile([layer(S.CALL, **asked)], sent, sdk="litellm 1")
    ((old, value),), ((new, on_wire),) = asked.items(), sent.items()
    assert (config[new].source, config[new].asked, config[new].sent) == (S.CALL, value, on_wire)
    assert (config[new].change, config[new].alias, config[new].state) == ("renamed", old, "sent")
    assert (config[old].change, config[old].alias, config[old].state) == ("renamed", new, "dropped")
    assert config.to_dict() == sent


def test_a_rename_with_another_value_is_rewritten() -> None:
    found = reconcile([layer(S.CALL, max_tokens=9)], {"max_completion_tokens": 5})["max_completion_tokens"]
    assert (found.change, found.alias, found.asked, found.sent) == ("rewritten", "max_tokens", 9, 5)


def test_an_alias_that_lost_is_shadowed_and_nothing_else() -> None:
    config = reconcile(
        [layer(S.CALL, max_completion_tokens=5), layer(S.PRESET, max_tokens=9)], {"max_completion_tokens": 5}
    )
    assert list(config) == ["max_completion_tokens"]
    assert config["max_completion_tokens"].shadowed == (Candidate(S.PRESET, "preset", 9),)
    locked = reconcile(
        [layer(S.CALL, max_completion_tokens=5), layer(S.OVERRIDE, max_tokens=1)], {"max_completion_tokens": 1}
    )["max_completion_tokens"]
    assert (locked.source, locked.alias, locked.shadowed) == (S.OVERRIDE, "max_tokens", (Candidate(S.CALL, "call", 5),))


def test_the_resolved_model() -> None:
    found = reconcile([layer(S.CALL, model="gpt-4o")], {"model": "gpt-4o"}, used={"model": ("gpt-4o-2024", "model")})
    model = found["model"]
    assert (model.asked, model.sent, model.used) == ("gpt-4o", "gpt-4o", "gpt-4o-2024")
    assert (model.value, model.source, model.change, model.state) == ("gpt-4o", S.CALL, "resolved", "sent")


@pytest.mark.parametrize(
    ("sent", "used", "change"),
    [
        (1, 1.0, None),
        (0.05, 0.05000000074505806, None),
        (0.05, 0.051, "resolved"),
        (1e300, 1e299, "resolved"),
        ({"effort": "low"}, {"effort": "low", "summary": None}, None),
        ({"effort": "low"}, {"effort": "high"}, "resolved"),
        ("auto", "default", "resolved"),
        (None, 1.0, "resolved"),
    ],
)
def test_an_echo_agrees_or_resolves(sent: Any, used: Any, change: str | None) -> None:
    found = reconcile([layer(S.CALL, x=sent)], {"x": sent}, used={"x": (used, "x")})["x"]
    assert (found.value, found.used, found.change) == (sent, used, change)


def test_content_is_no_parameter() -> None:
    config = reconcile([layer(S.CALL, messages=[], seed=1)], {"seed": 1}, content={"messages"})
    assert list(config) == ["seed"]


def test_of_two_sessions_the_inner_one_set_it_whatever_name_it_used() -> None:
    inner, outer = Layer(S.SESSION, "inner", {"max_tokens": 1}), Layer(S.SESSION, "outer", {"max_output_tokens": 2})
    filled = fill({}, [inner, outer], endpoint="/v1/responses")
    found = reconcile(filled.layers, filled.values)["max_output_tokens"]
    assert (found.origin, found.asked, found.sent, found.change) == ("inner", 1, 1, "renamed")
    assert found.shadowed == (Candidate(S.SESSION, "outer", 2),)


def test_names_that_lost_are_in_one_order_in_every_process() -> None:
    program = (
        "from thence.params import Layer, ParameterSource as S, reconcile\n"
        "lost = [Layer(S.ENV, n, {n: 1}) for n in ('max_tokens', 'max_output_tokens', 'max_tokens_to_sample')]\n"
        "sent = {'max_completion_tokens': 5}\n"
        "found = reconcile([Layer(S.CALL, 'call', sent), *lost], sent)['max_completion_tokens']\n"
        "print([each.origin for each in found.shadowed])\n"
    )
    said = {
        subprocess.check_output([sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed})
        for seed in "1234"
    }
    assert [each.split() for each in said] == [[b"['max_tokens',", b"'max_output_tokens',", b"'max_tokens_to_sample']"]]


def test_what_stands_within_an_object_that_nobody_asked_for_is_renamed() -> None:
    asked = [layer(S.CALL, temperature=0.2, max_tokens=5, stop="x", n=2, top_k=3, seed=1)]
    sent = {"generationConfig": {"temperature": 0.2, "max_output_tokens": 16, "stop_sequences": ["x"], "n": 2}}
    common = {
        "temperature": ("generation_config.temperature", "generationConfig.temperature"),
        "max_tokens": ("generationConfig.max_output_tokens",),
        "stop": ("generationConfig.stop_sequences",),
        "choice_count": ("generationConfig.n",),
        "top_k": ("generationConfig.topK",),
        "seed": ("seed",),
    }
    found = reconcile(asked, sent, common=common)
    assert {name: (found[name].change, found[name].alias) for name in asked[0].values} == {
        "temperature": ("renamed", "generationConfig.temperature"),
        "max_tokens": ("rewritten", "generationConfig.max_output_tokens"),
        "stop": ("renamed", "generationConfig.stop_sequences"),
        "n": ("renamed", "generationConfig.n"),
        "top_k": ("dropped", None),
        "seed": ("dropped", None),
    }
    both = [*asked, layer(S.CLIENT, generationConfig={"temperature": 1})]
    assert reconcile(both, sent, common=common)["temperature"].change == "dropped"
