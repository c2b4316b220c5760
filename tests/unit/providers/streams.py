"""One hand-made stream a shape, and what it must fold to."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import msgspec

from thence import providers

__all__ = ["STREAMS", "Stream"]


class Stream(msgspec.Struct, frozen=True):
    """A stream's bytes, and the answer that they hold."""

    endpoint: providers.Endpoint
    content_type: str
    body: bytes
    said: list[Any]
    identity: tuple[str | None, str | None]
    finish: list[str]
    usage: providers.Usage


def _sse(events: Sequence[Any], *, named: bool = False, end: str = "") -> bytes:
    lines = [
        (f"event: {event['type']}\r\n" if named else "") + f"data: {json.dumps(event, ensure_ascii=False)}\r\n\r\n"
        for event in events
    ]
    return ("".join([": hello\n\n", *lines]) + end).encode()


def _frame(name: str, payload: Any) -> bytes:
    headers = b""
    for key, value in ((":event-type", name), (":content-type", "application/json"), (":message-type", "event")):
        headers += struct.pack("!B", len(key)) + key.encode() + b"\x07" + struct.pack("!H", len(value)) + value.encode()
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(body), len(headers))
    prelude += struct.pack("!I", zlib.crc32(prelude))
    return prelude + headers + body + struct.pack("!I", zlib.crc32(prelude + headers + body))


def _chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m-1", "choices": [choice], **more}


def _call(**function: str) -> dict[str, Any]:
    return {"tool_calls": [{"index": 0, "function": function}]}


CHAT = Stream(
    providers.find("POST", "/v1/chat/completions"),
    "text/event-stream; charset=utf-8",
    _sse(
        [
            {"id": "", "model": "", "choices": [], "prompt_filter_results": []},
            _chunk({"role": "assistant", "content": "", "refusal": None}),
            _chunk({"content": "Grüß"}),
            _chunk({"role": "assistant", "content": " dich 🌍"}),
            _chunk(
                {
                    "tool_calls": [
                        {"index": 0, "id": "t", "type": "function", "function": {"name": "f", "arguments": ""}}
                    ]
                }
            ),
            _chunk(_call(arguments='{"a"')),
            _chunk(_call(arguments=": 1}")),
            _chunk({}, "tool_calls", usage={"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}),
            {"id": "c1", "model": "m-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}},
        ],
        end="data: [DONE]\n\n",
    ),
    [
        {
            "role": "assistant",
            "content": "Grüß dich 🌍",
            "refusal": None,
            "tool_calls": [
                {"index": 0, "id": "t", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
            ],
        }
    ],
    ("c1", "m-1"),
    ["tool_calls"],
    providers.Usage(input_tokens=3, output_tokens=4),
)

MESSAGES = Stream(
    providers.find("POST", "/v1/messages"),
    "text/event-stream",
    _sse(
        [
            {
                "type": "message_start",
                "message": {
                    "id": "msg_1",
                    "type": "message",
                    "role": "assistant",
                    "model": "c-1",
                    "content": [],
                    "stop_reason": None,
                    "usage": {"input_tokens": 9, "output_tokens": 1, "cache_read_input_tokens": 0},
                },
            },
            {
                "type": "content_block_start",
                "index": 0,
                "content_block": {"type": "thinking", "thinking": "", "signature": ""},
            },
            {"type": "ping"},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "h"}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "m"}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s"}},
            {"type": "content_block_stop", "index": 0},
            {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "ye"}},
            {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "s"}},
            {"type": "content_block_delta", "index": 1, "delta": {"type": "citations_delta", "citation": {"n": 1}}},
            {
                "type": "content_block_start",
                "index": 2,
                "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}},
            },
            {
                "type": "content_block_delta",
                "index": 2,
                "delta": {"type": "input_json_delta", "partial_json": '{"a": 5'},
            },
            {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": ".00}"}},
            {
                "type": "message_delta",
                "delta": {"stop_reason": "tool_use", "stop_sequence": None},
                "usage": {"output_tokens": 7},
            },
            {"type": "message_stop"},
        ],
        named=True,
    ),
    [
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "text", "text": "yes", "citations": [{"n": 1}]},
                {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 5.0}},
            ],
        }
    ],
    ("msg_1", "c-1"),
    ["tool_use"],
    providers.Usage(input_tokens=9, output_tokens=7, cache_read_input_tokens=0),
)

_ITEM = {"id": "m1", "type": "message", "role": "assistant", "status": "completed"}
_PART = {"type": "output_text", "text": "yes", "annotations": []}
_RESPONSE = {"id": "resp_1", "model": "g-1", "object": "response", "output": []}

RESPONSES = Stream(
    providers.find("POST", "/v1/responses"),
    "text/event-stream",
    _sse(
        [
            {"type": "response.created", "response": {**_RESPONSE, "status": "in_progress"}},
            {"type": "response.output_item.added", "output_index": 0, "item": {**_ITEM, "content": []}},
            {
                "type": "response.content_part.added",
                "output_index": 0,
                "content_index": 0,
                "part": {**_PART, "text": ""},
            },
            {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "yes"},
            {"type": "response.output_item.done", "output_index": 0, "item": {**_ITEM, "content": [_PART]}},
            {
                "type": "response.completed",
                "response": {
                    **_RESPONSE,
                    "status": "completed",
                    "output": [{**_ITEM, "content": [_PART]}],
                    "usage": {"input_tokens": 2, "output_tokens": 1, "output_tokens_details": {"reasoning_tokens": 0}},
                },
            },
        ],
        named=True,
    ),
    [{**_ITEM, "content": [_PART]}],
    ("resp_1", "g-1"),
    ["completed"],
    providers.Usage(input_tokens=2, output_tokens=1, reasoning_output_tokens=0),
)

COMPLETIONS = Stream(
    providers.find("POST", "/v1/completions"),
    "text/event-stream",
    _sse(
        [
            {"id": "c", "model": "m", "choices": [{"index": 0, "text": "on", "finish_reason": None}]},
            {"id": "c", "model": "m", "choices": [{"index": 0, "text": "ce", "finish_reason": "stop"}]},
        ],
        end="data: [DONE]\n\n",
    ),
    ["once"],
    ("c", "m"),
    ["stop"],
    providers.Usage(),
)

COMPLETE = Stream(
    providers.find("POST", "/v1/complete"),
    "text/event-stream",
    _sse(
        [
            {"type": "completion", "id": "compl", "completion": " on", "stop_reason": None, "model": "c-2"},
            {"type": "ping"},
            {"type": "completion", "id": "compl", "completion": "ce", "stop_reason": "max_tokens", "model": "c-2"},
        ],
        named=True,
    ),
    [" once"],
    ("compl", "c-2"),
    ["max_tokens"],
    providers.Usage(),
)


def _candidate(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    said = {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "index": 0, **more}]}
    return {
        **said,
        "modelVersion": "gem",
        "responseId": "r",
        "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 7},
    }


GEMINI = Stream(
    providers.find("POST", "/v1beta/models/gem:streamGenerateContent?alt=sse"),
    "text/event-stream",
    _sse(
        [
            _candidate({"text": "hm", "thought": True}),
            _candidate({"text": "ye"}),
            _candidate({"text": "s"}),
            _candidate({"functionCall": {"name": "f", "args": {}}}),
            _candidate({"text": ""}, finishReason="STOP"),
        ]
    ),
    [
        {
            "role": "model",
            "parts": [
                {"text": "hm", "thought": True},
                {"text": "yes"},
                {"functionCall": {"name": "f", "args": {}}},
                {"text": ""},
            ],
        }
    ],
    ("r", "gem"),
    ["STOP"],
    providers.Usage(input_tokens=5, total_tokens=7),
)

CONVERSE = Stream(
    providers.find("POST", "/model/anthropic.claude-v1%3A0/converse-stream"),
    "application/vnd.amazon.eventstream",
    b"".join(
        _frame(name, payload)
        for name, payload in [
            ("messageStart", {"role": "assistant", "p": "abc"}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "h"}}}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "m"}}}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "s"}}}),
            ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "ye"}}),
            ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "s"}}),
            ("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "t", "name": "f"}}}),
            ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"a":'}}}),
            ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": "1}"}}}),
            ("contentBlockStop", {"contentBlockIndex": 2}),
            ("messageStop", {"stopReason": "tool_use"}),
            (
                "metadata",
                {"usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}, "metrics": {"latencyMs": 1}},
            ),
        ]
    ),
    [
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
                {"text": "yes"},
                {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1}}},
            ],
        }
    ],
    (None, None),
    ["tool_use"],
    providers.Usage(input_tokens=3, output_tokens=2, total_tokens=5),
)

COHERE = Stream(
    providers.find("POST", "/v2/chat"),
    "text/event-stream",
    _sse(
        [
            {
                "type": "message-start",
                "id": "co",
                "delta": {"message": {"role": "assistant", "content": [], "tool_plan": ""}},
            },
            {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "plan"}}},
            {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
            {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "ye"}}}},
            {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "s"}}}},
            {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {"tokens": {"input_tokens": 4}}}},
        ],
        named=True,
    ),
    [{"role": "assistant", "content": [{"type": "text", "text": "yes"}], "tool_plan": "plan"}],
    ("co", None),
    ["COMPLETE"],
    providers.Usage(input_tokens=4),
)

COHERE_V1 = Stream(
    providers.find("POST", "/v1/chat"),
    "application/stream+json",
    b"\n".join(
        json.dumps(event).encode()
        for event in [
            {"event_type": "stream-start", "generation_id": "g"},
            {"event_type": "text-generation", "text": "yes"},
            {
                "event_type": "stream-end",
                "finish_reason": "COMPLETE",
                "response": {
                    "response_id": "r",
                    "generation_id": "g",
                    "text": "yes",
                    "meta": {"billed_units": {"input_tokens": 4.0}},
                },
            },
        ]
    ),
    [{"role": "CHATBOT", "message": "yes"}],
    ("g", None),
    ["COMPLETE"],
    providers.Usage(input_tokens=4),
)

OLLAMA = Stream(
    providers.find("POST", "/api/chat"),
    "application/x-ndjson",
    b"".join(
        json.dumps({"model": "ll", "message": {"role": "assistant", "content": text}, "done": done, **more}).encode()
        + b"\n"
        for text, done, more in [
            ("ye", False, {}),
            ("s", False, {}),
            ("", True, {"done_reason": "stop", "prompt_eval_count": 6, "eval_count": 2}),
        ]
    ),
    [{"role": "assistant", "content": "yes"}],
    (None, "ll"),
    ["stop"],
    providers.Usage(input_tokens=6, output_tokens=2),
)

_SETTINGS = {"size": "1x1", "quality": "low", "created_at": 1}

IMAGES = Stream(
    providers.find("POST", "/v1/images/generations"),
    "text/event-stream",
    _sse(
        [
            {"type": "image_generation.partial_image", "b64_json": "A", "partial_image_index": 0, **_SETTINGS},
            {"type": "image_generation.partial_image", "b64_json": "AB", "partial_image_index": 1, **_SETTINGS},
            {
                "type": "image_generation.completed",
                "b64_json": "ABC",
                **_SETTINGS,
                "usage": {"input_tokens": 5, "output_tokens": 6, "total_tokens": 11},
            },
        ],
        named=True,
    ),
    [],
    (None, None),
    [],
    providers.Usage(input_tokens=5, output_tokens=6, total_tokens=11),
)

TRANSCRIPTIONS = Stream(
    providers.find("POST", "/v1/audio/transcriptions"),
    "text/event-stream",
    _sse(
        [
            {"type": "transcript.text.delta", "delta": "Ruby", "logprobs": [{"token": "Ruby", "logprob": -0.1}]},
            {"type": "transcript.text.delta", "delta": " is", "segment_id": "s1"},
            {"type": "transcript.text.segment", "id": "s1", "speaker": "A", "text": "Ruby is", "start": 0, "end": 1},
            {
                "type": "transcript.text.done",
                "text": "Ruby is",
                "usage": {"type": "tokens", "input_tokens": 37, "output_tokens": 12, "total_tokens": 49},
            },
        ],
        end="data: [DONE]\n\n",
    ),
    [],
    (None, None),
    [],
    providers.Usage(input_tokens=37, output_tokens=12, total_tokens=49),
)

SPEECH = Stream(
    providers.find("POST", "/v1/audio/speech"),
    "text/event-stream",
    _sse(
        [
            {"type": "speech.audio.delta", "audio": "AAAA"},
            {"type": "speech.audio.done", "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}},
        ]
    ),
    [],
    (None, None),
    [],
    providers.Usage(input_tokens=1, output_tokens=2, total_tokens=3),
)

STREAMS = {
    stream.endpoint.name: stream
    for stream in (
        CHAT,
        MESSAGES,
        RESPONSES,
        COMPLETIONS,
        COMPLETE,
        GEMINI,
        CONVERSE,
        COHERE,
        COHERE_V1,
        OLLAMA,
        IMAGES,
        TRANSCRIPTIONS,
        SPEECH,
    )
}
