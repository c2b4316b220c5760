"""``capture="params"``: no text is left, all else is, and conversations still link up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from thence.capture import strip_answer, strip_request
from thence.providers import Endpoint, find, read_answer, split

CHAT = find("POST", "/v1/chat/completions")
RESPONSES = find("POST", "/v1/responses")
MESSAGES = find("POST", "/v1/messages")
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells zebra weather",
        "parameters": {
            "type": "object",
            "properties": {"unit": {"type": "string", "enum": ["celsius", "kelvin"], "description": "zebra"}},
        },
    },
}


def _request(endpoint: Endpoint, body: dict[str, Any]) -> Any:
    return json.loads(strip_request(endpoint, json.dumps(body).encode()))


def _answer(endpoint: Endpoint, body: Any) -> Any:
    return json.loads(strip_answer(endpoint, json.dumps(body).encode(), "application/json"))


REQUESTS: list[tuple[Endpoint, dict[str, Any]]] = [
    (
        CHAT,
        {
            "model": "gpt-4o",
            "temperature": 0.25,
            "seed": 12345678901234567890,
            "stop": ["\n\nHuman:"],
            "tools": [TOOL],
            "response_format": {"type": "json_object"},
            "messages": [
                {"role": "system", "content": "zebra"},
                {"role": "user", "content": [{"type": "text", "text": "zebra"}], "name": "zebra"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "get_weather", "arguments": '{"city": "zebra", "n": 4711}'},
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": "call_1", "content": "zebra"},
            ],
        },
    ),
    (
        RESPONSES,
        {
            "model": "gpt-5",
            "reasoning": {"effort": "low", "summary": "auto"},
            "text": {"verbosity": "low", "format": {"type": "text"}},
            "instructions": "zebra",
            "prompt": {"id": "pmpt_1", "variables": {"name": "zebra", "age": 4711}},
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "zebra"}]},
                {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"n":4711,"s":"zebra"}'},
                {"type": "function_call_output", "call_id": "c", "output": "zebra"},
            ],
        },
    ),
    (
        MESSAGES,
        {
            "model": "claude",
            "max_tokens": 100,
            "system": [{"type": "text", "text": "zebra", "cache_control": {"type": "ephemeral"}}],
            "messages": [
                {"role": "user", "content": "zebra"},
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {"z": "zebra"}}],
                },
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "zebra"}]},
            ],
        },
    ),
    (find("POST", "/v1/embeddings"), {"model": "m", "input": [[4711, 4711, 2]], "dimensions": 8}),
    (find("POST", "/v1/completions"), {"model": "m", "prompt": "zebra", "suffix": "zebra", "logprobs": 3}),
    (find("POST", "/v1/images/generations"), {"model": "m", "prompt": "zebra", "size": "1024x1024"}),
    (find("POST", "/v1/audio/transcriptions"), {"model": "m", "language": "en", "known_speaker_names": ["zebra"]}),
    (find("POST", "/somewhere/else"), {"model": "m", "top_p": 0.5, "question": "what is a zebra?"}),
]


@pytest.mark.parametrize(("endpoint", "body"), REQUESTS)
def test_no_text_of_a_request_is_left(endpoint: Endpoint, body: dict[str, Any]) -> None:
    told = json.dumps(_request(endpoint, body))
    assert "zebra" not in told
    assert "4711" not in told


@pytest.mark.parametrize(("endpoint", "body"), REQUESTS)
def test_parameters_are_kept(endpoint: Endpoint, body: dict[str, Any]) -> None:
    before = split(endpoint, json.dumps(body)).params
    after = split(endpoint, strip_request(endpoint, json.dumps(body).encode()).decode()).params
    assert set(before) == set(after)
    for name in set(before) - {"tools", "prompt", "question", "suffix", "known_speaker_names"}:
        assert after[name].text.replace(" ", "") == before[name].text.replace(" ", "")


def test_tools_keep_their_names_and_shape() -> None:
    (tool,) = _request(*REQUESTS[0])["tools"]
    assert tool["function"]["name"] == "get_weather"
    assert tool["function"]["parameters"]["properties"]["unit"]["enum"] == ["celsius", "kelvin"]


@pytest.mark.parametrize(("endpoint", "body"), REQUESTS[:3])
def test_items_keep_their_place_kind_and_role(endpoint: Endpoint, body: dict[str, Any]) -> None:
    before = split(endpoint, json.dumps(body)).items
    after = split(endpoint, strip_request(endpoint, json.dumps(body).encode()).decode()).items
    assert [(i.canonical.content_type, i.canonical.role) for i in before] == [
        (i.canonical.content_type, i.canonical.role) for i in after
    ]


def test_equal_texts_stay_equal_and_others_apart() -> None:
    marks = [_request(CHAT, {"messages": [{"role": "user", "content": text}]}) for text in ("a b", "a b", "a c", "")]
    assert marks[0] == marks[1] != marks[2]
    assert marks[3]["messages"][0]["content"] == ""
    assert marks[0]["messages"][0]["content"].startswith("[withheld:3:")


MESSAGE = {
    "role": "assistant",
    "content": "zebra",
    "refusal": None,
    "annotations": [],
    "tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"city":"zebra","n":4711}'}}
    ],
}
ECHO = {
    "role": "assistant",
    "content": [{"type": "text", "text": "zebra"}],
    "tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"n": 4711, "city": "zebra"}'}}
    ],
}
COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "gpt-4o-2024-08-06",
    "choices": [{"index": 0, "message": MESSAGE, "finish_reason": "tool_calls", "logprobs": {"content": ["zebra"]}}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
    "system_fingerprint": "fp_1",
}


def test_an_answer_keeps_what_it_says_of_itself() -> None:
    stripped = strip_answer(CHAT, json.dumps(COMPLETION).encode(), "application/json")
    assert b"zebra" not in stripped
    assert b"4711" not in stripped
    answer = read_answer(CHAT, stripped, "application/json")
    assert (answer.id, answer.model, answer.finish_reasons) == ("chatcmpl-1", "gpt-4o-2024-08-06", ["tool_calls"])
    assert answer.usage_verbatim == COMPLETION["usage"]


def test_an_answer_and_its_echo_are_one_item() -> None:
    answer = read_answer(CHAT, strip_answer(CHAT, json.dumps(COMPLETION).encode(), "application/json"))
    echo = split(CHAT, strip_request(CHAT, json.dumps({"messages": [ECHO]}).encode()).decode())
    assert answer.choices[0][0].canonical == echo.items[0].canonical


def test_a_stream_is_folded_and_equals_the_whole_answer() -> None:
    chunks = [
        {"id": "c", "choices": [{"index": 0, "delta": {"role": "assistant", "content": t}}]} for t in ("ze", "bra")
    ]
    chunks.append({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    stream = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode() + b"data: [DONE]\n\n"
    stripped = strip_answer(CHAT, stream, "text/event-stream")
    (choice,) = read_answer(CHAT, stripped, "application/json").choices
    whole = _answer(CHAT, {"choices": [{"message": {"role": "assistant", "content": "zebra"}}]})
    (other,) = read_answer(CHAT, json.dumps(whole).encode(), "application/json").choices
    assert choice[0].canonical == other[0].canonical


def test_answers_of_other_shapes() -> None:
    bodies: list[tuple[Endpoint, Any]] = [
        (
            RESPONSES,
            {"id": "r", "instructions": "zebra", "output": [{"type": "reasoning", "summary": [{"text": "zebra"}]}]},
        ),
        (MESSAGES, {"id": "m", "content": [{"type": "thinking", "thinking": "zebra", "signature": "zebra"}]}),
        (
            find("POST", "/v1/embeddings"),
            {"data": [{"index": 0, "embedding": [0.4711, 2]}], "usage": {"total_tokens": 1}},
        ),
        (CHAT, {"error": {"message": "bad zebra", "type": "invalid_request_error", "code": "x"}}),
        (find("GET", "/v1/else"), {"answer": "a zebra it is", "n": 3}),
        (
            find("POST", "/v1/audio/transcriptions"),
            {"words": [{"word": "zebra", "end": 1}], "segments": [{"text": "zebra", "speaker": "zebra"}]},
        ),
        (find("POST", "/v1/images/generations"), {"data": [{"revised_prompt": "zebra"}]}),
        (find("POST", "/v1/vector_stores/vs_1/search"), {"search_query": ["zebra"], "data": [{"filename": "zebra"}]}),
        (find("GET", "/v1/evals/e/runs/r/output_items/o"), {"datasource_item": {"question": "zebra"}}),
    ]
    for endpoint, body in bodies:
        told = json.dumps(_answer(endpoint, body))
        assert "zebra" not in told
        assert "4711" not in told
    assert _answer(*bodies[3])["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("body", [b"", b"zebra", b"\xff\xfe", b'{"a": ', b"[" * 100_000])
def test_what_is_no_json_is_not_kept(body: bytes) -> None:
    assert strip_request(CHAT, body) == b""
    assert strip_answer(CHAT, body, "text/plain") == b""


def test_a_body_that_is_no_object_is_text_as_a_whole() -> None:
    assert b"zebra" not in strip_request(CHAT, b'["zebra", {"name": "zebra"}]')
    assert b"zebra" not in strip_request(CHAT, b'"zebra"')
