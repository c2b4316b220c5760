"""What layers fill into a request: order, locks, nulls, protected names, aliases, models and endpoints."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from thence.params import ABSENT, Layer, ParameterSource, Where, fill
from thence.params.names import PROTECTED
from thence.params.source import BUILT_IN

CHAT = "/chat/completions"
S = ParameterSource


def layer(source: ParameterSource, **values: Any) -> Layer:
    return Layer(source, source.name.lower(), values)


class NotGiven:
    """As the OpenAI SDK names its mark."""


@pytest.mark.parametrize(("above", "below"), list(itertools.combinations(BUILT_IN, 2)), ids=str)
def test_of_every_two_layers_the_more_explicit_wins(above: ParameterSource, below: ParameterSource) -> None:
    filled = fill({}, [layer(below, temperature=2), layer(above, temperature=1)], endpoint=CHAT)
    assert filled.values == {"temperature": 1}
    assert [each.source for each in filled.layers] == [above, below]


@pytest.mark.parametrize("source", BUILT_IN[2:], ids=str)
@pytest.mark.parametrize("given", [0.7, None, 0, ""], ids=repr)
def test_what_the_caller_gave_stands(source: ParameterSource, given: Any) -> None:
    assert fill({"temperature": given}, [layer(source, temperature=1)], endpoint=CHAT).values == {}


@pytest.mark.parametrize("given", [ABSENT, NotGiven()], ids=["ABSENT", "NotGiven"])
def test_a_mark_is_unset(given: Any) -> None:
    assert fill({"temperature": given}, [layer(S.PRESET, temperature=1)], endpoint=CHAT).values == {"temperature": 1}
    assert fill({}, [layer(S.SESSION, temperature=given)], endpoint=CHAT).values == {}


def test_an_override_locks_and_so_does_a_plug_in_above_the_call() -> None:
    assert fill({"temperature": 0.7}, [layer(S.OVERRIDE, temperature=0)], endpoint=CHAT).values == {"temperature": 0}
    lock = ParameterSource.register("POLICY", between=(S.OVERRIDE, S.CALL))
    assert fill({"temperature": 0.7}, [layer(lock, temperature=1)], endpoint=CHAT).values == {"temperature": 1}


def test_within_one_source_the_earlier_wins() -> None:
    inner, outer = layer(S.SESSION, temperature=1), layer(S.SESSION, temperature=2, top_p=0.5)
    assert fill({}, [inner, outer], endpoint=CHAT).values == {"temperature": 1, "top_p": 0.5}


def test_an_explicit_null_of_a_layer_is_filled_and_stops_the_rest() -> None:
    layers = [layer(S.SESSION, stop=None), layer(S.PRESET, stop="x")]
    assert fill({}, layers, endpoint=CHAT).values == {"stop": None}


@pytest.mark.parametrize("name", sorted(PROTECTED))
@pytest.mark.parametrize("source", [S.OVERRIDE, S.PRESET], ids=str)
def test_protected_names_are_never_filled(name: str, source: ParameterSource) -> None:
    assert fill({}, [layer(source, **{name: 1})], endpoint=CHAT).values == {}


def test_text_is_protected_only_where_it_holds_a_format() -> None:
    assert fill({}, [layer(S.ENV, text={"verbosity": "low"})], endpoint="/responses").values
    assert not fill({}, [layer(S.ENV, text={"format": {}})], endpoint="/responses").values


@pytest.mark.parametrize("name", ["text", "output_config"])
def test_an_override_keeps_the_format_that_the_caller_asked_for(name: str) -> None:
    given = {name: {"format": {"type": "json_schema"}, "verbosity": "high"}}
    locked = fill(given, [layer(S.OVERRIDE, **{name: {"verbosity": "low"}})], endpoint="/responses")
    assert locked.values == {name: {"verbosity": "low", "format": {"type": "json_schema"}}}
    assert fill(given, [layer(S.OVERRIDE, **{name: None})], endpoint="/responses").values == {}
    assert fill({name: {}}, [layer(S.OVERRIDE, **{name: None})], endpoint="/responses").values == {name: None}


def test_one_text_to_stop_at_is_a_list_where_lists_are_taken() -> None:
    preset = layer(S.PRESET, stop="END")
    assert fill({}, [preset], endpoint="/v1/messages").values == {"stop_sequences": ["END"]}
    assert fill({}, [preset], endpoint=CHAT).values == {"stop": "END"}
    locked = fill({"stop_sequences": ["a"]}, [layer(S.OVERRIDE, stop="b")], endpoint="/v1/messages")
    assert locked.values == {"stop_sequences": ["b"]}


def test_of_two_names_in_one_layer_the_one_that_is_sent_has_its_own_value() -> None:
    both = layer(S.SESSION, max_tokens=1, max_output_tokens=2)
    assert fill({}, [both], endpoint="/v1/responses").values == {"max_output_tokens": 2}
    assert fill({}, [both], endpoint="/v1/messages").values == {"max_tokens": 1}


def test_two_names_of_one_parameter_are_never_both_sent() -> None:
    preset = layer(S.PRESET, max_tokens=50)
    assert fill({"max_completion_tokens": 100}, [preset], endpoint=CHAT).values == {}
    locked = fill({"max_completion_tokens": 100}, [layer(S.OVERRIDE, max_tokens=5)], endpoint=CHAT)
    assert locked.values == {"max_completion_tokens": 5}
    assert fill({}, [layer(S.ENV, max_output_tokens=1), preset], endpoint="/v1/messages").values == {"max_tokens": 1}


@pytest.mark.parametrize(
    ("endpoint", "spelling"),
    [
        ("/chat/completions", "max_tokens"),
        ("/v1/responses", "max_output_tokens"),
        ("/v1/messages?beta=true", "max_tokens"),
        ("/openai/deployments/mine/chat/completions", "max_tokens"),
    ],
)
def test_the_endpoint_spells_the_name(endpoint: str, spelling: str) -> None:
    assert fill({}, [layer(S.PRESET, max_tokens=5)], endpoint=endpoint).values == {spelling: 5}


@pytest.mark.parametrize(
    "endpoint",
    ["/embeddings", "/v1/moderations", "/images/generations", "/models", "/files", "/v1/threads/thread_1/messages"],
)
def test_a_layer_without_an_endpoint_speaks_to_text_generation_only(endpoint: str) -> None:
    filled = fill({}, [layer(S.OVERRIDE, temperature=1), layer(S.ENV, temperature=1)], endpoint=endpoint)
    assert filled.values == {}
    assert filled.layers == ()


@pytest.mark.parametrize("pattern", ["/v1/embeddings", "/embeddings", "embeddings", "/v1/embed*"])
@pytest.mark.parametrize("endpoint", ["/embeddings", "/v1/embeddings", "/openai/deployments/x/embeddings"])
def test_a_layer_that_names_its_endpoint_fills_it(pattern: str, endpoint: str) -> None:
    own = Layer(S.CONFIG_FILE, "f:1", {"dimensions": 8}, where=Where(endpoint=pattern))
    assert fill({}, [own], endpoint=endpoint).values == {"dimensions": 8}
    assert fill({}, [own], endpoint=CHAT).values == {}


def test_patterns_match_the_model_that_will_be_asked_for() -> None:
    gpt = Layer(S.CONFIG_FILE, "f:1", {"top_p": 0.5}, where=Where(model="gpt-4*"))
    assert fill({"model": "gpt-4o"}, [gpt], model="gpt-4o", endpoint=CHAT).values == {"top_p": 0.5}
    assert fill({"model": "o3"}, [gpt], model="o3", endpoint=CHAT).values == {}
    assert fill({}, [gpt], endpoint=CHAT).values == {}
    assert fill({}, [gpt, layer(S.SESSION, model="gpt-4o")], endpoint=CHAT).values["top_p"] == 0.5
    locked = fill({"model": "o3"}, [gpt, layer(S.OVERRIDE, model="gpt-4o")], model="o3", endpoint=CHAT)
    assert locked.values == {"model": "gpt-4o", "top_p": 0.5}


def test_extra_body_of_a_layer_is_opened() -> None:
    own = layer(S.SESSION, top_k=1, extra_body={"min_p": 0.1, "top_k": 2})
    assert fill({}, [own], endpoint=CHAT).values == {"top_k": 2, "min_p": 0.1}


def test_without_layers_nothing_is_looked_at() -> None:
    class Untouched(dict[str, Any]):
        def items(self) -> Any:
            raise AssertionError

    filled = fill(Untouched(), (), endpoint=CHAT)
    assert not filled.values
    assert filled.layers == ()
