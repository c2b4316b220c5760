"""Reading an answer: streams, encodings, errors, echoes of parameters."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.providers.streams import MESSAGES as MESSAGES_STREAM
from tests.unit.providers.streams import STREAMS

from thence import providers
from thence.providers import encodings

CHAT = providers.find("POST", "/v1/chat/completions")
RESPONSES = providers.find("POST", "/v1/responses")
MESSAGES = providers.find("POST", "/v1/messages")
UNKNOWN = providers.UNKNOWN
COMPLETION: dict[str, Any] = {
    "id": "c1",
    "model": "gpt-4o-2024-08-06",
    "service_tier": "default",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"},
        {"index": 1, "message": {"role": "assistant", "content": "no"}, "finish_reason": "length"},
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4, "cost": 1e-05},
}


def read(endpoint: providers.Endpoint, body: Any, status: int = 200) -> providers.Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return providers.read_answer(endpoint, raw, "application/json", None, status, {})


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_folds_to_what_was_said(name: str) -> None:
    stream = STREAMS[name]
    answer = providers.read_answer(stream.endpoint, stream.body, stream.content_type, None, 200, {})
    assert [item.value for choice in answer.choices for item in choice] == stream.said
    assert (answer.id, answer.model) == stream.identity
    assert answer.finish_reasons == stream.finish
    assert answer.usage == stream.usage
    assert (answer.streamed, answer.truncated, answer.error, answer.text) == (True, False, None, None)


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_that_was_cut_says_so(name: str) -> None:
    stream = STREAMS[name]
    answer = providers.read_answer(stream.endpoint, stream.body[: len(stream.body) // 3], stream.content_type)
    assert answer.truncated


def test_a_plain_answer() -> None:
    answer = read(CHAT, COMPLETION)
    assert [[item.value["content"] for item in choice] for choice in answer.choices] == [["yes"], ["no"]]
    assert (answer.id, answer.model, answer.finish_reasons) == ("c1", "gpt-4o-2024-08-06", ["stop", "length"])
    assert answer.usage_verbatim == COMPLETION["usage"]
    assert answer.usage == providers.Usage(input_tokens=3, output_tokens=1, total_tokens=4)
    assert answer.used == {"model": ("gpt-4o-2024-08-06", "model"), "service_tier": ("default", "service_tier")}
    assert answer.text == json.dumps(COMPLETION)


def test_an_answer_and_its_echo_are_one_item() -> None:
    ((item,), _) = read(CHAT, COMPLETION).choices
    echo = providers.split(CHAT, '{"messages":[{"content":[{"type":"text","text":"yes"}],"role":"assistant"}]}').items[
        0
    ]
    assert item.canonical == echo.canonical
    assert item.field == "messages"


SIGNED = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
LOOK = {"name": "look", "arguments": '{"a": 1}'}


@pytest.mark.parametrize(
    ("path", "field", "echo"),
    [
        (
            "/v1/messages",
            "messages",
            {
                "role": "assistant",
                "content": [
                    SIGNED,
                    {"type": "text", "text": "let me look"},
                    {"type": "tool_use", "id": "call_1", "name": "look", "input": {"a": 1}},
                ],
            },
        ),
        (
            "/model/m/converse",
            "messages",
            {
                "role": "assistant",
                "content": [
                    SIGNED,
                    {"text": "let me look"},
                    {"toolUse": {"toolUseId": "call_1", "name": "look", "input": {"a": 1}}},
                ],
            },
        ),
        (
            "/v1beta/models/m:generateContent",
            "contents",
            {
                "role": "model",
                "parts": [
                    {"text": "hm", "thought": True},
                    {"text": "let me look"},
                    {"function_call": {"name": "look", "args": {"a": 1}}, "thoughtSignature": "c2ln"},
                ],
            },
        ),
    ],
)
def test_an_answer_in_a_gateways_words_is_the_item_that_the_gateway_sends_back(
    path: str, field: str, echo: dict[str, Any]
) -> None:
    signed = {"provider_specific_fields": {"thought_signature": "c2ln"}}
    message = {
        "role": "assistant",
        "content": "let me look",
        "reasoning_content": "hm",
        "thinking_blocks": [{**SIGNED, "index": 0}],
        "tool_calls": [{"id": "call_1", "type": "function", "index": 0, "function": LOOK, **signed}],
    }
    body = json.dumps({"id": "c1", "choices": [{"index": 0, "message": message}]}).encode()
    endpoint = providers.find("POST", path)
    answer = providers.read_answer(endpoint, body, "application/json; shape=chat_completions")
    (item,) = answer.choices[0]
    assert item.canonical == endpoint.former(field, echo)
    assert answer.body["choices"][0]["message"] == message


@pytest.mark.parametrize("path", ["/v1/messages", "/model/m/converse", "/v1beta/models/m:generateContent"])
def test_of_a_gateways_streamed_answer_without_calls_its_text_is_what_is_sent_back(path: str) -> None:
    message = {"role": "assistant", "content": "hello", "reasoning_content": "hm", "thinking_blocks": [SIGNED]}
    chunks = [{"choices": [{"delta": message}]}, {"choices": [{"index": 1, "delta": {"tool_calls": [None]}}]}]
    body = b"".join(b"data: %s\n\n" % json.dumps(chunk).encode() for chunk in chunks)
    answer = providers.read_answer(providers.find("POST", path), body, "text/event-stream; shape=chat_completions")
    assert answer.choices[0][0].canonical.text == '{"content":"hello","role":"assistant"}'
    assert len(answer.choices) == 2


def test_of_a_gateways_whole_answer_thoughts_are_sent_back() -> None:
    message = {"role": "assistant", "content": "hello", "thinking_blocks": [SIGNED]}
    body = json.dumps({"choices": [{"message": message}]}).encode()
    answer = providers.read_answer(MESSAGES, body, "application/json; shape=chat_completions")
    echo = {"role": "assistant", "content": [SIGNED, {"type": "text", "text": "hello"}]}
    assert answer.choices[0][0].canonical == MESSAGES.former("messages", echo)


def test_settings_that_a_response_repeats() -> None:
    answer = read(
        RESPONSES, {"temperature": 1.0, "truncation": "disabled", "reasoning": {"effort": None}, "user": None}
    )
    assert answer.used["temperature"] == (1.0, "temperature")
    assert answer.used["reasoning"] == ({"effort": None}, "reasoning")
    assert "user" not in answer.used


def test_settings_that_a_local_server_tells() -> None:
    answer = read(
        CHAT, {"model": "m", "__verbose": {"generation_settings": {"top_k": 40, "min_p": 0.05, "lora": None}}}
    )
    assert answer.used["min_p"] == (0.05, "__verbose.generation_settings.min_p")
    assert "lora" not in answer.used


def test_the_tier_that_anthropic_used() -> None:
    answer = read(MESSAGES, {"usage": {"service_tier": "batch", "speed": "fast"}})
    assert answer.used == {"service_tier": ("batch", "usage.service_tier"), "speed": ("fast", "usage.speed")}


@pytest.mark.parametrize(("state", "reasons"), [("queued", []), ("in_progress", []), ("cancelled", ["cancelled"])])
def test_an_answer_that_is_still_to_come_has_no_reason_for_its_end(state: str, reasons: list[str]) -> None:
    assert read(RESPONSES, {"id": "r", "status": state, "output": []}).finish_reasons == reasons


def streamed(endpoint: providers.Endpoint, *events: dict[str, Any]) -> providers.Answer:
    body = b"".join(b"event: %s\ndata: %s\n\n" % (e["type"].encode(), json.dumps(e).encode()) for e in events)
    return providers.read_answer(endpoint, body, "text/event-stream", None, 200)


STARTED = {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "model": "a"}}
CREATED = {"type": "response.created", "response": {"id": "r", "model": "g", "status": "in_progress", "output": []}}


def test_after_a_fallback_the_answer_is_the_other_models() -> None:
    block = {"type": "fallback", "from": {"model": "a"}, "to": {"model": "b-1"}, "trigger": {"type": "refusal"}}
    answer = streamed(MESSAGES, STARTED, {"type": "content_block_start", "index": 0, "content_block": block})
    assert (answer.model, answer.used["model"]) == ("b-1", ("b-1", "model"))
    assert answer.body["content"] == [block]


def test_an_event_may_be_of_any_kind() -> None:
    body = b'data: {"type": "message_start", "message": {"id": "m"}}\n\ndata: {"type": {}}\n\ndata: 7\n\n'
    answer = providers.read_answer(MESSAGES, body, "text/event-stream", None, 200)
    assert (answer.id, answer.body["events"]) == ("m", [{"type": {}}, 7])


def test_deltas_that_nobody_knows_are_kept_in_their_block() -> None:
    deltas: list[dict[str, Any]] = [
        {"text": "x", "n": 1, "list": [1], "object": {"a": 1}},
        {"list": [2], "object": {"b": 2}, "n": None},
    ]
    answer = streamed(
        MESSAGES,
        STARTED,
        {"type": "content_block_start", "index": 0, "content_block": {"type": "new"}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "new_delta", **delta}} for delta in deltas),
        *({"type": "content_block_delta", "index": 0, "delta": {"estimated_tokens": n}} for n in (50, None, 100)),
    )
    kept = {"type": "new", "text": "x", "n": 1, "list": [1, 2], "object": {"a": 1, "b": 2}, "estimated_tokens": 150}
    assert answer.body["content"] == [kept]


@pytest.mark.parametrize(
    ("endpoint", "first"), [(MESSAGES, STARTED), (RESPONSES, CREATED)], ids=["messages", "responses"]
)
def test_events_that_nobody_knows_are_kept_beside_the_answer(
    endpoint: providers.Endpoint, first: dict[str, Any]
) -> None:
    new = {"type": "brand.new", "note": [1]}
    answer = streamed(endpoint, first, {"type": "ping"}, new)
    assert answer.body["events"] == [new]
    assert "events" not in streamed(endpoint, first, {"type": "ping"}).body


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "later"}}, "overloaded_error: later"),
        ({"type": "error", "code": "rate_limit", "message": "slow", "sequence_number": 3}, "rate_limit: slow"),
        ({"type": "response.error", "error": {"code": "c", "message": "no"}}, "c: no"),
        (
            {"type": "response.failed", "response": {"status": "failed", "error": {"code": "c", "message": "no"}}},
            "c: no",
        ),
    ],
)
def test_a_stream_that_tells_of_an_error_has_failed(event: dict[str, Any], error: str) -> None:
    answer = streamed(RESPONSES, CREATED, event)
    assert answer.error == error
    assert [answer.ending(status) for status in ("completed", "closed", "interrupted")] == [
        "failed",
        "failed",
        "interrupted",
    ]
    assert (event in answer.body.get("events", [])) == (event["type"] != "response.failed")


def test_a_tool_that_fails_is_no_failure_of_the_stream() -> None:
    failed = {"type": "response.mcp_call.failed", "output_index": 0, "item_id": "mcp_1", "error": {"message": "no"}}
    assert streamed(RESPONSES, CREATED, failed).error is None


def test_a_response_that_failed_has_failed_and_one_that_is_only_looked_at_has_not() -> None:
    body = {"id": "r", "status": "failed", "error": {"code": "c", "message": "no"}, "output": []}
    assert read(RESPONSES, body).ending("completed") == "failed"
    looked = read(providers.find("GET", "/v1/responses/r"), body)
    assert (looked.error, looked.ending("completed")) == ("c: no", "completed")


def test_a_stream_of_a_picture_or_a_transcript_is_put_together() -> None:
    def body(name: str, pieces: int) -> Any:
        stream = STREAMS[name]
        cut = b"\r\n\r\n".join(stream.body.split(b"\r\n\r\n")[:pieces]) + b"\r\n\r\n"
        return providers.read_answer(stream.endpoint, cut, stream.content_type).body

    settings = {"size": "1x1", "quality": "low", "created": 1}
    usage = {"input_tokens": 5, "output_tokens": 6, "total_tokens": 11}
    assert body("images", 2) == {**settings, "data": [{"b64_json": "AB", "partial_image_index": 1}]}
    assert body("images", 3) == {**settings, "data": [{"b64_json": "ABC"}], "usage": usage}
    odds = [{"token": "Ruby", "logprob": -0.1}]
    segments = [{"id": "s1", "speaker": "A", "text": "Ruby is", "start": 0, "end": 1}]
    assert body("transcriptions", 2) == {"text": "Ruby is", "logprobs": odds}
    assert body("transcriptions", 9).items() >= {"text": "Ruby is", "segments": segments, "logprobs": odds}.items()
    assert body("speech", 2)["events"] == [{"type": "speech.audio.delta", "audio": "AAAA"}]


@pytest.mark.parametrize("route", ["/v1/images/generations", "/v1/audio/transcriptions", "/v1/audio/speech", "/v1/new"])
@pytest.mark.parametrize("told", [{"error": {"message": "no"}}, {"type": "error", "message": "no"}, "no"])
def test_a_stream_of_any_endpoint_that_tells_of_an_error_has_failed(route: str, told: Any) -> None:
    body = f"data: {{}}\n\nevent: error\ndata: {told if told == 'no' else json.dumps(told)}\n\n".encode()
    answer = providers.read_answer(providers.find("POST", route), body, "text/event-stream", None, 200)
    assert (answer.ending("closed"), answer.ending("completed")) == ("failed", "failed")
    assert answer.error is not None
    assert answer.error.endswith("no")
    lines = b'{"id": "a", "error": null}\n{"id": "b", "error": {"message": "no"}}\n'  # results of a batch
    assert providers.read_answer(providers.find("GET", route), lines, "application/jsonl").error is None


def test_a_response_that_is_cut_has_all_that_came() -> None:
    message = {"type": "message", "id": "m", "role": "assistant", "content": []}
    text = {"output_index": 0, "content_index": 0}
    odds = [{"token": "a", "logprob": -1.0}]
    page = {"type": "url_citation", "url": "u"}
    patch = {"type": "apply_patch_call", "operation": {"type": "create_file", "diff": ""}}
    answer = streamed(
        RESPONSES,
        CREATED,
        {"type": "response.output_item.added", "output_index": 0, "item": message},
        *({"type": "response.output_text.delta", **text, "delta": piece, "logprobs": odds} for piece in "ab"),
        {"type": "response.output_text.annotation.added", **text, "annotation_index": 0, "annotation": page},
        {"type": "response.output_item.added", "output_index": 1, "item": patch},
        *(
            {"type": "response.apply_patch_call_operation_diff.delta", "output_index": 1, "delta": piece}
            for piece in ("+he", "llo")
        ),
        {"type": "response.output_item.added", "output_index": 2, "item": {"type": "shell_call", "action": {}}},
        *(
            {"type": "response.shell_call_command.delta", "output_index": 2, "command_index": 1, "delta": piece}
            for piece in ("l", "s")
        ),
        {
            "type": "response.shell_call_output_content.delta",
            "output_index": 3,
            "command_index": 0,
            "delta": {"stdout": "x"},
        },
        {
            "type": "response.image_generation_call.partial_image",
            "output_index": 4,
            "partial_image_b64": "AAAA",
        },
        {"type": "response.function_call_arguments.done", "output_index": 5, "arguments": "{}"},
        {"type": "response.web_search_call.searching", "output_index": 6, "item_id": "w", "sequence_number": 9},
    )
    assert answer.truncated
    assert answer.body["output"] == [
        {**message, "content": [{"text": "ab", "logprobs": odds * 2, "annotations": [page]}]},
        {**patch, "operation": {"type": "create_file", "diff": "+hello"}},
        {"type": "shell_call", "action": {"commands": ["", "ls"]}},
        {"output": [{"stdout": "x"}]},
        {"partial_image_b64": "AAAA"},
        {"arguments": "{}"},
    ]
    assert "events" not in answer.body


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate", "identity", "gzip, gzip"])
def test_encodings_are_undone(encoding: str) -> None:
    body = json.dumps(COMPLETION).encode()
    bare = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    encoded = {
        "gzip": gzip.compress(body),
        "deflate": zlib.compress(body),
        "raw deflate": bare.compress(body) + bare.flush(),
        "identity": body,
        "gzip, gzip": gzip.compress(gzip.compress(body)),
    }[encoding]
    answer = providers.read_answer(CHAT, encoded, "application/json", encoding.removeprefix("raw "))
    assert answer.id == "c1"


class Inflating:
    """A decompressor with the face of Brotli's, over bytes that zlib can read."""

    def __init__(self) -> None:
        self.process = zlib.decompressobj().decompress


LIBRARIES: dict[str, Any] = {
    "brotli": SimpleNamespace(Decompressor=Inflating),
    "brotlicffi": SimpleNamespace(Decompressor=Inflating),
    "compression.zstd": SimpleNamespace(ZstdDecompressor=zlib.decompressobj),
    "backports.zstd": SimpleNamespace(ZstdDecompressor=zlib.decompressobj),
    "zstandard": SimpleNamespace(ZstdDecompressor=lambda: SimpleNamespace(decompressobj=zlib.decompressobj)),
}


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """An encoding of which just one library is installed."""
    for name, module in LIBRARIES.items():
        monkeypatch.setitem(sys.modules, name, module if name == request.param else None)
    return "br" if "brotli" in request.param else "zstd"


def test_whatever_library_a_client_decodes_with_is_taken(library: str) -> None:
    body = json.dumps(COMPLETION).encode()
    assert providers.read_answer(CHAT, zlib.compress(body), "application/json", library).id == "c1"
    framed = zlib.compress(body[:50]) + (zlib.compress(body[50:]) if library == "zstd" else b"")
    assert encodings.decoded(framed, library) == (body if library == "zstd" else body[:50])
    other = {"br": "zstd", "zstd": "br"}[library]
    assert "is installed" in (providers.read_answer(CHAT, b"", None, other).error or "")


def test_a_stream_that_was_closed_is_read_as_far_as_it_came(library: str) -> None:
    stream = STREAMS["chat_completions"]
    whole = zlib.compressobj()
    encoded = whole.compress(stream.body) + whole.flush(zlib.Z_SYNC_FLUSH)  # and no end
    answer = providers.read_answer(CHAT, encoded, stream.content_type, library)
    assert [item.value for choice in answer.choices for item in choice] == stream.said


def test_no_library_inflates_a_bomb(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "DECODED_LIMIT", 10_000)
    with pytest.raises(ValueError, match="10000 bytes"):
        encodings.decoded(zlib.compress(b" " * 10_000_000), library)


def test_an_encoding_that_can_not_be_undone_is_said() -> None:
    assert "gzip" in (providers.read_answer(CHAT, b"no gzip", None, "gzip").error or "")
    assert "rot13" in (providers.read_answer(CHAT, b"{}", None, "rot13").error or "")


def test_a_bomb_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "DECODED_LIMIT", 10_000)
    answer = providers.read_answer(CHAT, gzip.compress(b" " * 1_000_000), None, "gzip")
    assert answer.body is None
    assert "10000 bytes" in (answer.error or "")


def test_a_compressed_answer_that_was_cut_is_read_as_far_as_it_goes() -> None:
    whole = gzip.compress(MESSAGES_STREAM.body)
    answer = providers.read_answer(MESSAGES, whole[:-40], "text/event-stream", "gzip")
    assert answer.id == "msg_1"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"error": {"message": "no", "type": "invalid"}}, 400, "invalid: no"),
        ({"error": "no"}, 500, "no"),
        ({"type": "error", "error": {"type": "overloaded", "message": "later"}}, 529, "overloaded: later"),
        ({"message": "Too many"}, 429, "HTTP 429: Too many"),
        (b"<html>Bad gateway</html>", 502, "HTTP 502: <html>Bad gateway</html>"),
        (b"", 503, "HTTP 503"),
        ({"error": {"message": "inside"}}, 200, "inside"),
        ({"error": None}, 200, None),
    ],
)
def test_errors_are_told(body: Any, status: int, error: str | None) -> None:
    assert read(CHAT, body, status).error == error


def test_an_error_inside_a_stream_is_told() -> None:
    body = b'data: {"id":"c","choices":[]}\n\ndata: {"error":{"message":"broke","code":500}}\n\n'
    answer = providers.read_answer(CHAT, body, "text/event-stream", None, 200)
    assert (answer.error, answer.truncated) == ("500: broke", True)


def test_counts_in_headers() -> None:
    endpoint = providers.find("POST", "/model/meta.llama/invoke")
    headers = {"x-amzn-bedrock-input-token-count": "8"}
    answer = providers.read_answer(endpoint, b'{"generation":"x"}', "application/json", None, 200, headers)
    assert answer.usage == providers.Usage(input_tokens=8)


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00RIFF", b"<html>", b"[" * 100_000, b"null", b'{"choices":7,"usage":[]}']
)
@pytest.mark.parametrize("endpoint", [CHAT, MESSAGES, RESPONSES, UNKNOWN], ids=lambda endpoint: str(endpoint.name))
def test_what_is_no_answer_is_no_error_of_ours(endpoint: providers.Endpoint, body: bytes) -> None:
    answer = read(endpoint, body)
    assert answer.choices == ()
    assert answer.usage == providers.Usage()


def test_tool_calls_that_share_an_index_stay_apart() -> None:
    def piece(identity: str) -> bytes:
        call = {"index": 0, "id": identity, "type": "function", "function": {"name": "f", "arguments": "{}"}}
        return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}).encode() + b"\n\n"

    answer = providers.read_answer(CHAT, piece("a") + piece("b") + piece("b"), "text/event-stream")
    calls = answer.body["choices"][0]["message"]["tool_calls"]
    assert [(call["id"], call["function"]["name"]) for call in calls] == [("a", "f"), ("b", "f")]


def test_parts_as_deltas_are_one_text_each() -> None:
    def piece(content: Any) -> bytes:
        return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": content}}]}).encode() + b"\n\n"

    thoughts = [piece([{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]) for text in ("h", "m")]
    answer = providers.read_answer(CHAT, b"".join([*thoughts, piece("ye"), piece("s")]), "text/event-stream")
    assert answer.body["choices"][0]["message"]["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "yes"},
    ]
