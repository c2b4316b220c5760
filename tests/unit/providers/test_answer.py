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
    assert read(MESSAGES, {"usage": {"service_tier": "batch"}}).used["service_tier"] == ("batch", "usage.service_tier")


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
