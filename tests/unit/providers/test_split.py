"""Cutting a body and joining it again: holes, odd bodies, growing conversations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from thence import providers
from thence.providers.split import LARGE

CHAT = providers.find("POST", "/v1/chat/completions")
MESSAGES = providers.find("POST", "/v1/messages")
COHERE_V1 = providers.find("POST", "/v1/chat")


def rejoined(cut: providers.Split) -> str:
    return providers.join(
        cut.shape, [item.text for item in cut.items], {name: member.text for name, member in cut.params.items()}
    )


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def talk(turns: int) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[turn % 2], "content": f"turn {turn}"} for turn in range(turns)]


def test_content_becomes_items_and_the_rest_parameters() -> None:
    cut = providers.split(CHAT, '{"messages":[{"role":"user","content":"hi"}],"model":"gpt-4o","temperature":0.70}')
    assert [item.text for item in cut.items] == ['{"role":"user","content":"hi"}']
    assert {name: member.text for name, member in cut.params.items()} == {"model": '"gpt-4o"', "temperature": "0.70"}
    assert cut.params["temperature"].value == 0.7


def test_the_shape_of_a_conversation_does_not_grow() -> None:
    shapes = {
        providers.split(CHAT, compact({"messages": talk(turns), "model": "m", "seed": turns})).shape
        for turns in range(1, 40)
    }
    assert len(shapes) == 1


def test_items_stand_in_the_order_of_the_conversation() -> None:
    cut = providers.split(
        MESSAGES, compact({"max_tokens": 9, "messages": talk(2), "model": "m", "system": "Be brief."})
    )
    assert [item.field for item in cut.items] == ["system", "messages", "messages"]
    assert rejoined(cut) == cut.text


def test_a_field_behind_the_growing_one_is_counted_from_the_end() -> None:
    body = {"message": "And now?", "chat_history": [{"role": "USER", "message": "a"}] * 3, "preamble": "Be brief."}
    cut = providers.split(COHERE_V1, compact(body))
    assert [item.field for item in cut.items] == ["preamble", *["chat_history"] * 3, "message"]
    assert rejoined(cut) == cut.text
    longer = providers.split(COHERE_V1, compact({**body, "chat_history": [{"role": "USER", "message": "a"}] * 5}))
    assert longer.shape == cut.shape


def test_large_and_volatile_members_are_holes() -> None:
    body = {"messages": talk(1), "tools": [{"name": "x" * LARGE}], "user": "ann", "metadata": {"run": 7}, "top_p": 1}
    cut = providers.split(CHAT, compact(body))
    assert "ann" not in cut.shape
    assert "run" not in cut.shape
    assert len(cut.shape) < 200
    assert '"top_p":1' in cut.shape
    assert rejoined(cut) == cut.text


def test_a_null_where_content_could_stand_is_a_parameter() -> None:
    cut = providers.split(MESSAGES, '{"system":null,"messages":[]}')
    assert cut.params["system"] == providers.Member("null", None)
    assert cut.items == ()
    assert rejoined(cut) == cut.text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "null",
        "[]",
        '"text"',
        "{",
        "}",
        "{} {}",
        '{"messages":[{"a":1}',
        '{"messages":[1,]}',
        '{"messages" [1]}',
        "{model:1}",
        '{"messages":[{}]}\x1a',
        "\x1a=x",
        "\x1a",
        "\ufeff{}",
        "<html>",
        "[" * 100_000,
        '{"messages":[' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "]}",
        '{"x":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a":"\x01"}',
        '{"a":"\ud800"}',
    ],
    ids=range(22),
)
def test_what_can_not_be_cut_is_its_own_shape(text: str) -> None:
    cut = providers.split(CHAT, text)
    assert rejoined(cut) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"messages":[{"a":1}, {"b":2},{"c":3}],"model":"m"}',
        '{"model":"a","messages":[{"a":1}],"model":"b"}',
        '{"messages":[{"a":1}],"messages":[{"b":2}]}',
    ],
)
def test_an_irregular_body_keeps_its_items_and_its_text(text: str) -> None:
    cut = providers.split(CHAT, text)
    assert rejoined(cut) == text
    assert [item.value for item in cut.items] == json.loads(text)["messages"]
    assert {name: member.value for name, member in cut.params.items()} == {
        name: value for name, value in json.loads(text).items() if name != "messages"
    }


def test_numbers_keep_their_text_and_their_size() -> None:
    digits = "1" + "0" * 5000
    rest = '"b":-0,"c":1e400,"d":NaN,"e":[0.10]'
    cut = providers.split(CHAT, f'{{"a":{digits},{rest},"f":-{digits},"messages":[]}}')
    assert cut.params["a"].value == 10**5000
    assert cut.params["f"].value == -(10**5000)
    assert cut.params["a"].text == digits
    assert cut.params["c"].value == float("inf")
    assert cut.params["d"].value != cut.params["d"].value
    assert cut.params["e"].text == "[0.10]"
    assert rejoined(cut) == cut.text


@pytest.mark.parametrize("spaced", [False, True])
def test_a_longer_conversation_takes_over_what_is_known(spaced: bool) -> None:
    write = json.dumps if spaced else compact
    before = providers.split(CHAT, write({"messages": talk(20), "model": "m"}))
    text = write({"messages": talk(24), "model": "other", "temperature": 1})
    cut = providers.split(CHAT, text, before)
    assert cut.reused == 20
    assert all(new is old for new, old in zip(cut.items, before.items, strict=False))
    fresh = providers.split(CHAT, text)
    assert ([item.text for item in cut.items], cut.params, cut.shape) == (
        [item.text for item in fresh.items],
        fresh.params,
        fresh.shape,
    )


def test_an_edited_conversation_takes_over_what_comes_before_the_edit() -> None:
    before = providers.split(CHAT, compact({"messages": talk(20), "model": "m"}))
    edited = talk(20)
    edited[13]["content"] = "another turn"
    cut = providers.split(CHAT, compact({"messages": edited, "model": "m"}), before)
    assert cut.reused == 13
    assert rejoined(cut) == cut.text
    assert [item.value for item in cut.items] == edited


def test_a_shortened_conversation_takes_over_what_is_left() -> None:
    before = providers.split(CHAT, compact({"messages": talk(20), "model": "m"}))
    cut = providers.split(CHAT, compact({"messages": talk(5), "model": "m"}), before)
    assert cut.reused == 5
    assert rejoined(cut) == cut.text


@pytest.mark.parametrize(
    "text",
    [
        '{"model":"n","messages":[1,2]}',
        '{"messages":[12,3]}',
        '{"messages":[]}',
        '{"messages":[1',
        "",
    ],
)
def test_a_body_that_begins_otherwise_is_read_from_its_beginning(text: str) -> None:
    before = providers.split(CHAT, '{"messages":[1,2]}')
    assert providers.split(CHAT, text, before).reused == 0
    assert rejoined(providers.split(CHAT, text, before)) == text


def test_another_shape_is_read_from_its_beginning() -> None:
    text = compact({"messages": talk(4)})
    assert providers.split(MESSAGES, text, providers.split(CHAT, text)).reused == 0
