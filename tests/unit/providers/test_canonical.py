"""One item however it is written, and two where two things were said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from thence import providers
from thence.providers import Canonical

CHAT = providers.find("POST", "/v1/chat/completions")
RESPONSES = providers.find("POST", "/v1/responses")
MESSAGES = providers.find("POST", "/v1/messages")
GEMINI = providers.find("POST", "/v1beta/models/g:generateContent")
CONVERSE = providers.find("POST", "/model/m/converse")


def form(endpoint: providers.Endpoint, value: Any, field: str | None = None) -> Canonical:
    name = field or endpoint.growing
    body = {name: value if field else [value]}
    (item,) = providers.split(endpoint, json.dumps(body)).items
    return item.canonical


def test_the_same_words_are_the_same_item_in_every_shape() -> None:
    assert {
        form(CHAT, {"role": "user", "content": "hi"}),
        form(CHAT, {"role": "user", "content": [{"type": "text", "text": "hi"}]}),
        form(RESPONSES, {"role": "user", "content": "hi"}),
        form(RESPONSES, {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}),
        form(RESPONSES, "hi", "input"),
        form(MESSAGES, {"role": "user", "content": "hi"}),
        form(MESSAGES, {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": {"type": "x"}}]}),
        form(GEMINI, {"role": "user", "parts": [{"text": "hi"}]}),
        form(GEMINI, {"parts": [{"text": "hi"}]}),
        form(CONVERSE, {"role": "user", "content": [{"text": "hi"}, {"cachePoint": {"type": "default"}}]}),
    } == {Canonical("dialogue", "user", '{"content":"hi","role":"user"}')}


def test_an_instruction_is_the_same_item_in_every_shape() -> None:
    assert {
        form(CHAT, {"role": "system", "content": "Be brief."}),
        form(RESPONSES, "Be brief.", "instructions"),
        form(MESSAGES, "Be brief.", "system"),
        form(MESSAGES, [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}], "system"),
        form(GEMINI, {"parts": [{"text": "Be brief."}]}, "systemInstruction"),
        form(CONVERSE, [{"text": "Be brief."}], "system"),
    } == {Canonical("instruction", "system", '{"content":"Be brief.","role":"system"}')}


CALL: dict[str, Any] = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "f", "arguments": '{"b": 1,  "a": [null, 0.5]}'},
}
PARSED = {
    **CALL,
    "function": {"name": "f", "arguments": '{"b": 1, "a": [null, 0.5]}', "parsed_arguments": {"b": 1}},
}
ECHOES: dict[str, tuple[providers.Endpoint, list[Any]]] = {
    "an answer of text": (
        CHAT,
        [
            {
                "role": "assistant",
                "content": "yes",
                "refusal": None,
                "annotations": [],
                "audio": None,
                "tool_calls": None,
            },
            {"role": "assistant", "content": "yes"},
            {"content": "yes", "role": "assistant", "function_call": None, "tool_calls": []},
            {"role": "assistant", "content": [{"type": "text", "text": "yes"}]},
            {"role": "assistant", "content": "yes", "reasoning_content": "hm", "id": "msg_1"},
            {"role": "assistant", "content": "yes", "refusal": "", "name": ""},
            {"role": "assistant", "content": "yes", "name": "assistant", "token_id": 7},
            {"role": "assistant", "content": "yes", "parsed": {"x": 1}, "end_turn": True, "extra_content": {"x": 1}},
            {"role": "assistant", "content": "yes", "thinking_blocks": [{"type": "thinking", "thinking": "hm"}]},
            {"role": "assistant", "content": "yes", "context": {"citations": [{"url": "u"}]}, "search_results": [1]},
        ],
    ),
    "a tool call": (
        CHAT,
        [
            {"role": "assistant", "content": None, "tool_calls": [CALL], "refusal": None},
            {"role": "assistant", "tool_calls": [{**CALL, "index": 0}]},
            {
                "role": "assistant",
                "tool_calls": [{**CALL, "function": {**CALL["function"], "parsed_arguments": {"b": 1}}}],
            },
            {"role": "assistant", "content": "", "tool_calls": [CALL]},
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "call_1",
                        "function": {"arguments": '{"a":[null,0.50],"b":1}', "name": "f"},
                        "type": "function",
                    }
                ],
            },
        ],
    ),
    "blocks": (
        MESSAGES,
        [
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "s"},
                    {"type": "redacted_thinking", "data": "d"},
                    {"type": "text", "text": "yes", "citations": None},
                    {"type": "tool_use", "id": "t", "name": "f", "input": {"x": None}, "caller": {"type": "direct"}},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "s"},
                    {"type": "redacted_thinking", "data": "d"},
                    {"type": "text", "text": "yes"},
                    {"input": {"x": None}, "name": "f", "id": "t", "type": "tool_use"},
                ],
            },
        ],
    ),
    "a message item": (
        RESPONSES,
        [
            {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": "yes", "annotations": [], "logprobs": []}],
            },
            {"role": "assistant", "content": "yes"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "yes"}]},
        ],
    ),
    "a function call item": (
        RESPONSES,
        [
            {
                "id": "fc_1",
                "type": "function_call",
                "call_id": "c",
                "name": "f",
                "arguments": "{ }",
                "status": "completed",
            },
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        ],
    ),
    "encrypted reasoning": (
        RESPONSES,
        [
            {
                "id": "rs_1",
                "type": "reasoning",
                "summary": [],
                "encrypted_content": "e",
                "status": None,
                "content": None,
            },
            {"type": "reasoning", "summary": [], "encrypted_content": "e"},
        ],
    ),
    "what is cached up to here": (
        RESPONSES,
        [
            {"role": "user", "content": "hi"},
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "hi", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}}
                ],
            },
        ],
    ),
    "a chat answer that an SDK has parsed": (
        CHAT,
        [
            {"role": "assistant", "content": "{}", "tool_calls": [CALL]},
            {
                "role": "assistant",
                "content": "{}",
                "parsed": {},
                "tool_calls": [PARSED],
            },
        ],
    ),
    "a response that an SDK has parsed": (
        RESPONSES,
        [
            {"role": "assistant", "content": [{"type": "output_text", "text": "{}"}]},
            {"role": "assistant", "content": [{"type": "output_text", "text": "{}", "parsed": {}}]},
        ],
    ),
    "a message that an SDK has parsed": (
        MESSAGES,
        [
            {"role": "assistant", "content": [{"type": "text", "text": "{}"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "{}", "parsed_output": {}}]},
        ],
    ),
    "thinking of which only the length is told": (
        MESSAGES,
        [
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "", "signature": "s"}]},
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "", "signature": "s", "estimated_tokens": 50}],
            },
        ],
    ),
    "a reference": (
        RESPONSES,
        [{"type": "item_reference", "id": "msg_1"}, {"id": "msg_1"}, {"type": None, "id": "msg_1"}],
    ),
    "an image, whole and by its id": (
        RESPONSES,
        [
            {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "AAAA", "size": "1x1"},
            {"type": "image_generation_call", "id": "ig_1"},
        ],
    ),
}


@pytest.mark.parametrize("name", ECHOES)
def test_an_echo_is_the_same_item(name: str) -> None:
    endpoint, values = ECHOES[name]
    assert len({form(endpoint, value) for value in values}) == 1


DIFFERENT: dict[str, tuple[providers.Endpoint, list[Any]]] = {
    "roles, names, refusals and parts": (
        CHAT,
        [
            {"role": "user", "content": "yes"},
            {"role": "assistant", "content": "yes"},
            {"role": "system", "content": "yes"},
            {"role": "developer", "content": "yes"},
            {"role": "user", "content": "yes", "name": "ann"},
            {"role": "assistant", "content": "yes", "refusal": "no"},
            {"role": "assistant", "refusal": "yes"},
            {"role": "assistant", "content": "yes", "prefix": True},
            {"role": "user", "content": "yes "},
            {"role": "user", "content": "y\u0065\u0301s"},
            {"role": "user", "content": "y\u00e9s"},
            {"role": "user", "content": ["yes", ""]},
            {"role": "user", "content": [{"type": "text", "text": "y"}, {"type": "text", "text": "es"}]},
            {"role": "user", "content": [{"type": "text", "text": "yes", "unknown": 1}]},
            {"role": "user", "content": ""},
            {"role": "user"},
            {"role": "user", "content": 1},
            {"role": "user", "content": 1.0},
            {"role": "user", "content": True},
            {"role": "user", "content": "1"},
            {"role": "tool", "tool_call_id": "a", "content": "yes"},
            {"role": "tool", "tool_call_id": "b", "content": "yes"},
        ],
    ),
    "calls": (
        CHAT,
        [
            {"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f", "arguments": arguments}}]}
            for arguments in ["{}", '"{}"', "[]", "null", "not json", '{"a":null}', '{"a":1}', '{"a":1.0}', '{"a":"1"}']
        ]
        + [
            {"role": "assistant", "tool_calls": [{**CALL, "id": "call_2"}]},
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "assistant", "tool_calls": [CALL, CALL]},
            {"role": "assistant", "content": "f", "tool_calls": [CALL]},
        ],
    ),
    "blocks": (
        MESSAGES,
        [
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "t"}]},
            {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "d"}]},
            {"role": "assistant", "content": "hm"},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "hm"}]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t", "content": "hm", "is_error": True}],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "u", "content": "hm"}]},
        ],
    ),
    "items": (
        RESPONSES,
        [
            {"type": "item_reference", "id": "a"},
            {"type": "item_reference", "id": "b"},
            {"type": "reasoning", "id": "a", "summary": []},
            {"type": "reasoning", "id": "b", "summary": []},
            {"type": "reasoning", "id": "a", "summary": [], "encrypted_content": "e"},
            {"type": "web_search_call", "id": "a"},
            {"type": "image_generation_call", "id": "a"},
            {"type": "image_generation_call", "id": "b", "result": "AAAA"},
            {"type": "image_generation_call", "result": "AAAA"},
            {"type": "function_call_output", "call_id": "c", "output": "x"},
            {"type": "custom_tool_call_output", "call_id": "c", "output": "x"},
            {"type": "compaction", "encrypted_content": "e"},
        ],
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_two_things_are_two_items(name: str) -> None:
    endpoint, values = DIFFERENT[name]
    assert len({form(endpoint, value).text for value in values}) == len(values)


def test_a_number_is_written_by_its_value() -> None:
    def number(text: str) -> str:
        use = f'{{"type":"tool_use","id":"t","name":"f","input":{{"n":{text}}}}}'
        body = f'{{"messages":[{{"role":"assistant","content":[{use}]}}]}}'
        (item,) = providers.split(MESSAGES, body).items
        return item.canonical.text

    assert number("5.00") == number("5.0") == number("0.5e1")
    assert number("1e400") != number("1e401")
    assert len({number(text) for text in ("5", "5.0", "true", '"5"', "-0", "0", "0.0", "-0.0")}) == 7
    assert "0.1000000000000000055511151231257827" in number("0.1000000000000000055511151231257827")
    assert "9" * 5000 in number("9" * 5000)


def test_the_form_is_text_that_any_store_takes() -> None:
    said = form(CHAT, {"role": "user", "content": "\ud800 \x00 é \u2028"})
    assert said.text.encode() == '{"content":"\\ud800 \\u0000 é \u2028","role":"user"}'.encode()


def test_a_value_nested_too_deeply_is_its_own_text() -> None:
    text = "[" * 500 + "]" * 500
    (item,) = providers.split(CHAT, f'{{"messages":[{text}]}}').items
    assert item.canonical == Canonical("freeform", None, text)


@pytest.mark.parametrize(
    ("endpoint", "value", "kind"),
    [
        (CHAT, {"role": "developer", "content": "x"}, "instruction"),
        (CHAT, {"role": "user", "content": "x"}, "dialogue"),
        (CHAT, {"role": "assistant", "content": "x"}, "dialogue"),
        (CHAT, {"role": "assistant", "tool_calls": [CALL]}, "tool_call"),
        (CHAT, {"role": "tool", "tool_call_id": "c", "content": "x"}, "tool_result"),
        (MESSAGES, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}, "tool_result"),
        (MESSAGES, {"role": "assistant", "content": [{"type": "tool_use", "id": "t"}]}, "tool_call"),
        (RESPONSES, {"type": "reasoning", "summary": []}, "reasoning"),
        (RESPONSES, {"type": "web_search_call", "id": "w"}, "tool_call"),
        (RESPONSES, {"type": "computer_call_output", "call_id": "c", "output": {"type": "x"}}, "tool_result"),
        (RESPONSES, {"type": "compaction", "encrypted_content": "e"}, "artifact"),
        (CHAT, 7, "freeform"),
    ],
)
def test_what_kind_of_item_it_is(endpoint: providers.Endpoint, value: Any, kind: str) -> None:
    assert form(endpoint, value).content_type == kind


def test_chat_and_responses_call_and_answer_a_tool_alike() -> None:
    call = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": CALL["function"]["arguments"]}
    assert form(RESPONSES, call) == form(CHAT, {"role": "assistant", "content": None, "tool_calls": [CALL]})
    output = {"type": "function_call_output", "call_id": "call_1", "output": "7"}
    assert form(RESPONSES, output) == form(CHAT, {"role": "tool", "tool_call_id": "call_1", "content": "7"})
