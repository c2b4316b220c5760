"""A journal with one call of each kind, the same to the byte each time: what the golden screens are of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from thence.frames import Asked, Attempt, Begin, End, Origin, encode
from thence.journal import Writer, folder_for

START = 1_772_000_000_000_000_000  # 2026-02-25 06:13:20 UTC
SECOND = 1_000_000_000
PROGRAM = "/srv/colours/app.py"

SYSTEM = {"role": "system", "content": "You answer in one short sentence."}
COLOUR = {"role": "user", "content": "Name a colour."}
BLUE = {"role": "assistant", "content": "Blue, as the sea at noon."}
FRUIT = {"role": "user", "content": "And a fruit of that colour?"}
HOSTILE = "\x1b[2J\x1b]0;owned\x07All \u202egood\u202c."

JSON = "application/json"


class History:
    """Writes calls to the journal of a store, one a second."""

    def __init__(self, store: Path) -> None:
        self.writer = Writer(folder_for(str(store)))
        self.calls = 0

    def begin(self, path: str, body: dict[str, Any], asked: Sequence[Asked] = (), **facts: Any) -> bytes:
        """A call begins; the id is given."""
        self.calls += 1
        milliseconds = START // 1_000_000 + 1000 * self.calls
        call_id = milliseconds.to_bytes(6, "big") + b"\x70\x00\x80" + bytes(6) + bytes([self.calls])
        begin = Begin(
            call_id=call_id,
            at=START + SECOND * self.calls,
            seam="stainless",
            method="POST",
            url=f"https://api.openai.com/v1/{path}",
            body="json",
            sdk="openai 3.54.0",
            asked=[Asked("CALL", f"{PROGRAM}:{10 + self.calls}", same=list(body)), *asked],
            callsite=Origin(PROGRAM, 10 + self.calls, "main"),
            versions={"python": "3.12.1", "openai": "3.54.0"},
        )
        for name, value in facts.items():
            setattr(begin, name, value)
        self.writer.append(encode(begin), json.dumps(body).encode())
        return call_id

    def end(self, call_id: bytes, answer: bytes, kind: str = JSON, code: int = 200, **facts: Any) -> None:
        """A call ends after 420 milliseconds."""
        attempt = Attempt(started=1_000_000, ended=400_000_000, status=code, request_id=f"req_{self.calls:03}")
        end = End(
            call_id=call_id,
            elapsed=420_000_000,
            status="completed",
            attempts=[attempt],
            first_chunk=400_000_000,
            parts=1,
            content_type=kind,
        )
        for name, value in facts.items():
            setattr(end, name, value)
        self.writer.append(encode(end), answer)

    def chat(
        self, messages: list[dict[str, Any]], answer: dict[str, Any], asked: Sequence[Asked] = (), **body: Any
    ) -> None:
        """A chat completion, from beginning to end."""
        call_id = self.begin("chat/completions", {"model": "gpt-4o", "messages": messages, **body}, asked)
        self.end(call_id, chat_answer(self.calls, answer))


def chat_answer(number: int, message: dict[str, Any]) -> bytes:
    document = {
        "id": f"chatcmpl-{number:03}",
        "object": "chat.completion",
        "created": START // SECOND,
        "model": "gpt-4o-2024-08-06",
        "service_tier": "default",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 31, "completion_tokens": 9, "total_tokens": 40},
    }
    return json.dumps(document).encode()


def write(store: Path) -> None:
    """Turns, retries, a stream, another provider, hostile text, an embedding, a failure and an interruption."""
    history = History(store)
    history.chat([SYSTEM, COLOUR], BLUE, temperature=0.2)
    turn = [SYSTEM, COLOUR, BLUE, FRUIT]
    history.chat(turn, {"role": "assistant", "content": "A blueberry."}, temperature=0.2)
    file = Asked(
        "CONFIG_FILE", "/srv/colours/thence.toml", {"temperature": 0.7}, origins={"temperature": "thence.toml:4"}
    )
    client = Asked("CLIENT", f"{PROGRAM}:7", {"max_tokens": 48}, same=[])
    answer = {"role": "assistant", "content": "A plum, at a stretch."}
    layers = [client, file, Asked("PRESET", "thence.toml:14, preset precise", {"temperature": 0.0, "top_p": 1})]
    history.chat(turn, answer, layers, temperature=1.2, max_tokens=48, seed=7)
    messages(history)
    embedding = history.begin(
        "embeddings", {"model": "text-embedding-3-small", "input": "blue", "encoding_format": "base64"}
    )
    vector = {"object": "list", "data": [{"index": 0, "embedding": "AAAA"}], "model": "text-embedding-3-small"}
    history.end(embedding, json.dumps({**vector, "usage": {"prompt_tokens": 1, "total_tokens": 1}}).encode())
    limited = history.begin("chat/completions", {"model": "gpt-4o", "messages": [COLOUR], "temperature": 0.2})
    refusal = json.dumps(
        {"error": {"message": "Rate limit reached", "type": "requests", "code": "rate_limit"}}
    ).encode()
    history.end(limited, refusal, code=429, status="failed", error="openai.RateLimitError: Rate limit reached")
    history.begin("chat/completions", {"model": "gpt-4o", "messages": [COLOUR, BLUE], "temperature": 0.2})
    history.writer.close()


def messages(history: History) -> None:
    """A call of Anthropic's API whose answer would like to control the terminal."""
    body = {"model": "claude-sonnet-4", "max_tokens": 64, "temperature": 0.4, "messages": [COLOUR]}
    call_id = history.begin("messages", body, url="https://api.anthropic.com/v1/messages", sdk="anthropic 2.12.0")
    answer = {
        "id": "msg_004",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-20250514",
        "content": [{"type": "text", "text": HOSTILE}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 12, "output_tokens": 6, "cache_read_input_tokens": 0},
    }
    history.end(call_id, json.dumps(answer).encode())
