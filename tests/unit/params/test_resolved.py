"""A call's configuration as a whole: selections, text, the one serialiser and its schema."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thence.params import Layer, Parameter, ParameterSource, ResolvedConfig, reconcile
from thence.params.reference import PAGES, resolved_config_schema
from thence.params.source import BUILT_IN

S = ParameterSource
DOCS = Path(__file__).parents[3] / "docs"

CONFIG = reconcile(
    [
        Layer(
            S.CALL, "app.py:12 main", {"temperature": 0.2, "model": "gpt-4o", "logit_bias": None, "verbosity": "low"}
        ),
        Layer(S.SESSION, "app.py:8", {"temperature": 0.7, "seed": 1}),
        Layer(S.CONFIG_FILE, "thence.toml:4", {"top_p": 0.9}),
        Layer(S.PRESET, "thence.toml:9 [precise]", {"top_p": 1, "max_tokens": 5}),
    ],
    {
        "temperature": 0.2,
        "model": "gpt-4o",
        "logit_bias": None,
        "seed": 1,
        "top_p": 0.9,
        "max_completion_tokens": 5,
        "encoding_format": "base64",
    },
    sdk="openai 3.5",
    used={"model": ("gpt-4o-2024-08-06", "model"), "service_tier": ("default", "service_tier")},
)


def test_it_is_a_mapping_that_names_sources() -> None:
    assert CONFIG["temperature"].value == 0.2
    assert CONFIG.source_of("temperature") is S.CALL
    assert CONFIG.source_of("nothing") is None
    assert CONFIG.get_provenance("seed") is CONFIG["seed"]
    assert CONFIG.get_provenance("nothing") is None
    assert list(CONFIG) == sorted(CONFIG)
    assert list(CONFIG.get_parameters_by_source(S.SESSION)) == ["seed"]


def test_selections() -> None:
    whole = CONFIG.to_dict()
    assert whole["service_tier"] == "default"
    assert whole["model"] == "gpt-4o"
    assert "verbosity" not in whole
    assert whole["logit_bias"] is None
    assert list(CONFIG.explicit()) == ["logit_bias", "model", "seed", "temperature", "verbosity"]
    assert list(CONFIG.non_default()) == ["logit_bias", "model", "seed", "temperature", "top_p", "verbosity"]
    assert CONFIG.get_non_default_parameters() == CONFIG.non_default()
    assert CONFIG.get_overrides() == CONFIG.overrides()


def test_the_whole_without_the_overrides_is_the_defaults() -> None:
    defaults = {name for name in CONFIG.to_dict() if name not in CONFIG.overrides()}
    assert defaults == {"encoding_format", "service_tier"}
    assert CONFIG.wire() == {name: value for name, value in CONFIG.to_dict().items() if name != "service_tier"}


def test_summary_is_json() -> None:
    summary = json.loads(json.dumps(CONFIG.to_summary_dict(), allow_nan=False))
    assert summary["temperature"] == {"value": 0.2, "source": "CALL"}


def test_display() -> None:
    assert (
        CONFIG.display()
        == str(CONFIG)
        == "\n".join(  # noqa: FLY002 - one line a line
            [
                "CALL",
                "  logit_bias = null           app.py:12 main",
                '  model = "gpt-4o"            app.py:12 main resolved',
                '    used "gpt-4o-2024-08-06"',
                "  temperature = 0.2           app.py:12 main",
                "    over 0.7                  SESSION app.py:8",
                '  verbosity = "low"           app.py:12 main dropped',
                "SESSION",
                "  seed = 1                    app.py:8",
                "CONFIG_FILE",
                "  top_p = 0.9                 thence.toml:4",
                "    over 1                    PRESET thence.toml:9 [precise]",
                "not shown: 2 PRESET, 1 SDK, 1 PROVIDER",
            ]
        )
    )
    assert "encoding_format" in CONFIG.display(everything=True)
    assert ResolvedConfig().display() == ""
    wide = ResolvedConfig([Parameter("x" * 300, "y" * 300, S.CALL, "z" * 300)])
    assert max(map(len, wide.display().splitlines())) <= 80


odd = st.sampled_from(["a.b", "$int", "", '"', "é", "__proto__", "\0", "\ud800"]) | st.text(max_size=4)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just(10**30)
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(odd, inner, max_size=2))
members = st.dictionaries(odd, trees, max_size=3)


@given(
    st.lists(st.builds(Layer, st.sampled_from(BUILT_IN[:8]), st.none() | st.text(max_size=3), members), max_size=3),
    members,
    members,
)
def test_round_trip(layers: list[Layer], sent: dict[str, Any], used: dict[str, Any]) -> None:
    config = reconcile(layers, sent, used={name: (value, "body") for name, value in used.items()})
    text = config.to_json()
    again = ResolvedConfig.from_json(text)
    assert again.to_json() == text
    assert again == config
    assert hash(again) == hash(config)
    assert json.loads(text, parse_constant=pytest.fail)


def test_order_of_the_request_makes_no_other_configuration() -> None:
    assert reconcile([], {"a": 1, "b": 2}) == reconcile([], {"b": 2, "a": 1})
    assert reconcile([], {"a": {"x": 1, "y": 2}}) != reconcile([], {"a": {"y": 2, "x": 1}})
    assert reconcile([], {"a": 1}) != reconcile([], {"a": 1.0})
    assert reconcile([], {"a": math.nan}) == reconcile([], {"a": math.nan})
    assert reconcile([], {"a": None}) != reconcile([], {})


def test_a_big_value_is_stored_once() -> None:
    tools = [{"description": "x" * 10_000}]
    text = reconcile([Layer(S.CALL, "a:1", {"t": tools})], {"t": tools}, used={"t": (tools, "t")}).to_json()
    assert len(text) < 11_000
    assert ResolvedConfig.from_json(text)["t"].used == tools


def test_a_plug_in_of_another_process_is_read_back() -> None:
    source = ParameterSource.stored("ELSEWHERE", 555)
    config = reconcile([Layer(source, "x", {"a": 1})], {"a": 1})
    again = ResolvedConfig.from_json(config.to_json())
    assert S.CLIENT < again["a"].source < S.ENV
    assert again == config


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format":2,"parameters":{}}', '{"format":1,"parameters":{"a":{}}}'])
def test_what_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own error is one
        ResolvedConfig.from_json(text)


@pytest.mark.parametrize("page", PAGES)
def test_the_reference_is_current(page: str) -> None:
    written = (DOCS / page).read_text("utf-8")
    assert PAGES[page](written) == written, "run: python -m thence.params.reference docs"


def test_the_schema_says_what_is_written() -> None:
    schema = resolved_config_schema()
    document = json.loads(CONFIG.to_json())
    parameter, candidate = schema["$defs"]["parameter"], schema["$defs"]["candidate"]
    assert set(document) <= set(schema["properties"])
    for entry in document["parameters"].values():
        assert set(parameter["required"]) <= set(entry) <= set(parameter["properties"])
        assert entry["state"] in parameter["properties"]["state"]["enum"]
        for each in entry.get("shadowed", ()):
            assert set(candidate["required"]) <= set(each) <= set(candidate["properties"])
