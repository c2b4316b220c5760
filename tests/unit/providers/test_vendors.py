"""Streams in the manner of the hosts that speak OpenAI's shapes, and what each must fold to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from thence import providers

CHAT = providers.find("POST", "/v1/chat/completions")
COMPLETIONS = providers.find("POST", "/v1/completions")
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
USED = providers.Usage(input_tokens=3, output_tokens=4, total_tokens=7)


def read(chunks: list[Any], endpoint: providers.Endpoint = CHAT) -> providers.Answer:
    body = b"".join(b"data: %s\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n"
    return providers.read_answer(endpoint, body, "text/event-stream", None, 200, {})


def chunk(delta: Any = None, finish: str | None = None, **choice: Any) -> dict[str, Any]:
    head = {"id": "c1", "object": "chat.completion.chunk", "model": "m"}
    return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish, **choice}]}


def said(answer: providers.Answer) -> dict[str, Any]:
    message: dict[str, Any] = answer.body["choices"][0]["message"]
    return message


def tool(name: str | None, arguments: str | None, **more: Any) -> dict[str, Any]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    return {"tool_calls": [{**more, "function": function}]}


ONE = [("a", "look", '{"x": 1}')]
TWO = [*ONE, ("b", "see", "{}")]
TWICE = [("", "look", '{"x": 1}'), ("", "look", '{"x": 2}')]
CALLS: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str, str]]]] = {
    "pieces without an index": (
        [tool("look", "", id="a"), tool(None, '{"x": '), tool(None, "1}"), tool("see", "{}", id="b")],
        TWO,
    ),
    "ids repeated, no index": ([tool("look", '{"x"', id="a"), tool("look", ": 1}", id="a")], ONE),
    "an index that is null": ([tool("look", '{"x"', id="a", index=None), tool(None, ": 1}", index=None)], ONE),
    "name and id repeated": ([tool("look", '{"x"', id="a", index=0), tool("look", ": 1}", id="a", index=0)], ONE),
    "name repeated": ([tool("look", '{"x"', id="a", index=0), tool("look", ": 1}", index=0)], ONE),
    "name repeated to the end": ([tool("look", '{"x": 1}', id="a", index=0), tool("look", "", index=0)], ONE),
    "name in pieces": ([tool("lo", "", id="a", index=0), tool("ok", '{"x": 1}', id="a", index=0)], ONE),
    "whole calls at one index": (
        [tool("look", '{"x": 1}', id="", index=0), tool("look", '{"x": 2}', id="", index=0)],
        TWICE,
    ),
    "one id after another at one index": (
        [tool("look", '{"x": 1}', id="a", index=0), tool("see", "", id="b", index=0), tool(None, "{}", index=0)],
        TWO,
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_tool_calls_however_they_come(name: str) -> None:
    deltas, expected = CALLS[name]
    calls = said(read([*map(chunk, deltas), chunk({}, "tool_calls")]))["tool_calls"]
    assert [(c.get("id"), c["function"]["name"], c["function"]["arguments"]) for c in calls] == expected


def test_what_is_repeated_in_every_delta_is_said_once() -> None:
    answer = read([chunk({"role": "assistant", "content": piece, "name": "assistant"}) for piece in ("a", "b")])
    assert said(answer) == {"role": "assistant", "content": "ab", "name": "assistant"}
    sound = [chunk({"audio": {"id": "s1", "transcript": piece}}) for piece in ("a", "b")]
    assert said(read(sound))["audio"] == {"id": "s1", "transcript": "ab"}


def test_a_tool_that_the_host_ran_is_told_again_with_its_result() -> None:
    tool = {"index": 0, "type": "python", "arguments": '{"code": "1"}'}
    deltas = [{"executed_tools": [tool]}, {"executed_tools": [{**tool, "output": "1"}]}, {"content": "1"}]
    assert said(read([chunk(delta) for delta in deltas]))["executed_tools"] == [{**tool, "output": "1"}]


def test_reasoning_of_another_type_at_the_same_index_stays_apart() -> None:
    summary = {"type": "reasoning.summary", "summary": "h", "index": 0}
    sealed = {"type": "reasoning.encrypted", "data": "x", "id": "rs_1", "index": 0}
    details = [summary, {**summary, "summary": "m"}, sealed]
    answer = read([chunk({"reasoning_details": [detail]}) for detail in details])
    assert said(answer)["reasoning_details"] == [{**summary, "summary": "hm"}, sealed]


def test_parts_without_an_index_are_pieces_until_a_signature_ends_them() -> None:
    def thought(text: str, signature: str | None = None) -> dict[str, Any]:
        return {"type": "thinking", "thinking": text, "signature": signature}

    blocks = [thought("h"), thought("m"), thought("", "s1"), thought("so", "s2")]
    answer = read([chunk({"thinking_blocks": [block]}) for block in blocks])
    assert said(answer)["thinking_blocks"] == [thought("hm", "s1"), thought("so", "s2")]

    def reason(text: str) -> dict[str, Any]:
        return {"type": "reasoning", "summary": [{"type": "summary_text", "text": text}]}

    answer = read([chunk({"content": [part]}) for part in (reason("h"), reason("m"), {"type": "text", "text": "yes"})])
    assert said(answer)["content"] == [reason("hm"), {"type": "text", "text": "yes"}]


def test_an_empty_value_says_nothing() -> None:
    safe = {"hate": {"filtered": False, "severity": "safe"}}
    first = {"object": "", "model": "", "choices": [], "citations": ["u"], "usage": USAGE}
    answer = read(
        [
            first,
            chunk({"role": "", "content": "yes"}, content_filter_results=safe),
            {**chunk(None, "stop", content_filter_results={}), "citations": [], "usage": {}},
            chunk({}, ""),
        ]
    )
    (choice,) = answer.body["choices"]
    assert choice["content_filter_results"] == safe
    assert choice["message"] == {"role": "assistant", "content": "yes"}
    assert (answer.body["citations"], answer.usage, answer.finish_reasons) == (["u"], USED, ["stop"])


def test_what_stands_beside_a_delta_goes_together() -> None:
    answer = read(
        [
            {**chunk({"content": "a"}, text="a", token_ids=[1, 2]), "x_groq": {"id": "r"}},
            {**chunk({"content": "b"}, "stop", text="b", token_ids=[3]), "x_groq": {"usage": USAGE}},
        ]
    )
    (choice,) = answer.body["choices"]
    assert (choice["text"], choice["token_ids"]) == ("ab", [1, 2, 3])
    assert answer.body["x_groq"] == {"id": "r", "usage": USAGE}
    assert answer.usage == USED


def test_usage_of_a_choice_counts() -> None:
    assert read([chunk({"content": "a"}, "stop", usage=USAGE)]).usage == USED  # Moonshot


def test_tokens_from_a_cache_by_mistrals_first_name() -> None:
    answer = providers.read_answer(CHAT, json.dumps({"usage": {**USAGE, "num_cached_tokens": 2}}).encode())
    assert answer.usage.cache_read_input_tokens == 2


@pytest.mark.parametrize(("seeds", "used"), [([7], 7), ([7, 7], 7), ([7, 8], None), ([None], None)])
def test_the_seed_that_a_choice_was_drawn_with(seeds: list[int | None], used: int | None) -> None:
    body = {"choices": [{"index": n, "seed": seed} for n, seed in enumerate(seeds)]}
    answer = providers.read_answer(CHAT, json.dumps(body).encode())
    assert answer.used.get("seed") == (used and (used, "choices.*.seed"))


def test_a_character_that_was_cut_in_two_is_one_again() -> None:
    (item,) = read([chunk({"content": "\ud83d"}), chunk({"content": "\ude00"}, "stop")]).choices[0]
    assert item.value["content"] == "\U0001f600"


@pytest.mark.parametrize(
    ("tail", "error"),
    [
        (b'data: {"error": {"message": "boom", "code": 502}}', "502: boom"),
        (b'event: error\ndata: {"message": "boom", "code": 502}', "502: boom"),
        (b"event: error\ndata: boom", "boom"),
        (b'error: {"message": "boom", "code": 502}', "502: boom"),
        (b'data: {"object": "error", "message": "boom", "code": 502}', "502: boom"),
        (b'data: {"choices": [{"index": 0, "error": {"message": "boom", "code": 502}}]}', "502: boom"),
        (b'data: {"choices": [], "x_groq": {"error": "boom"}}', "boom"),
    ],
)
def test_an_error_in_mid_stream(tail: bytes, error: str) -> None:
    begun = json.dumps(chunk({"role": "assistant", "content": "ye"})).encode()
    answer = providers.read_answer(CHAT, b"data: %s\n\n%s\n\n" % (begun, tail), "text/event-stream", None, 200, {})
    assert answer.error == error
    assert answer.truncated
    assert said(answer)["content"] == "ye"


def test_an_error_in_a_list() -> None:
    body = b'[{"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}}]'
    assert providers.read_answer(CHAT, body, "application/json", None, 400, {}).error == "400: bad"


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", None])
@pytest.mark.parametrize("lead", [b"", b"\n", b"\xef\xbb\xbf", b": hello\n\n", b"retry: 3\n", b"event: x\n"])
def test_a_stream_of_another_content_type(kind: str | None, lead: bytes) -> None:
    body = lead + b"data: %s\n\ndata: [DONE]\n\n" % json.dumps(chunk({"content": "yes"}, "stop")).encode()
    answer = providers.read_answer(CHAT, body, kind, None, 200, {})
    assert answer.streamed
    assert said(answer)["content"] == "yes"


def test_an_answer_that_passes_for_a_stream() -> None:
    answer = providers.read_answer(CHAT, b'{"error": {"message": "bad"}}', "text/event-stream", None, 200, {})
    assert (answer.streamed, answer.error) == (False, "bad")


def test_a_completion_in_values() -> None:
    answer = read([{"value": "a"}, {"value": "b"}], COMPLETIONS)  # Writer
    assert [[item.value for item in choice] for choice in answer.choices] == [["ab"]]


def test_a_completion_in_a_chats_shape() -> None:
    whole = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}]}
    plain = providers.read_answer(COMPLETIONS, json.dumps(whole).encode())  # Mistral, Portkey
    streamed = read([chunk({"role": "assistant", "content": "ye"}), chunk({"content": "s"}, "stop")], COMPLETIONS)
    assert plain.choices[0][0].canonical == streamed.choices[0][0].canonical
    assert plain.choices[0][0].canonical.role == "assistant"


def test_what_stands_beside_a_continuation() -> None:
    safe = {"hate": {"filtered": False, "severity": "safe"}}
    pieces = [{"index": 0, "text": text, "content_filter_results": safe, "stop_reason": "x"} for text in "ab"]
    (choice,) = read([{"choices": [piece]} for piece in pieces], COMPLETIONS).body["choices"]
    assert choice == {"index": 0, "text": "ab", "content_filter_results": safe, "stop_reason": "x"}
