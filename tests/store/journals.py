"""Frames as a seam writes them, for tests of what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from thence import frames, journal
from thence.ingest import drain
from thence.ingest.chunk import Report
from thence.store import Store, open_store
from thence.store.identity import new_id

__all__ = [
    "SECOND",
    "Spoken",
    "background",
    "chat",
    "conversation",
    "frames_of",
    "reply",
    "responses",
    "stored",
    "streamed",
    "write",
]

SECOND = 10**9
EPOCH = 1_700_000_000 * SECOND

CHAT = "https://api.openai.com/v1/chat/completions"
RESPONSES = "https://api.openai.com/v1/responses"


@dataclass
class Spoken:
    """One call: what was sent, what came back, when; ``end`` is False for one that was killed while it waited."""

    at: int
    body: Any
    answer: Any = None
    url: str = CHAT
    status: str = "completed"
    http_status: int = 200
    content_type: str = "application/json"
    asked: Sequence[frames.Asked] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    end: bool = True
    method: str = "POST"

    @property
    def call_id(self) -> bytes:
        """The same for the same time."""
        return new_id(EPOCH + self.at * SECOND)[:8] + self.at.to_bytes(8, "big", signed=True)

    @property
    def request(self) -> bytes:
        """The exact body."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


def frames_of(call: Spoken) -> list[tuple[bytes, bytes]]:
    """The begin frame and, where there is one, the end frame, as header and payload."""
    begin = frames.Begin(
        call_id=call.call_id,
        at=EPOCH + call.at * SECOND,
        seam="test",
        method=call.method,
        url=call.url,
        body="json",
        sdk="openai 3.54.0",
        asked=list(call.asked) or [frames.Asked("CALL", "app.py:7 main", {}, ["model", "temperature"])],
        callsite=frames.Origin("/srv/app.py", 7, "main"),
        versions={"python": "3.11.7"},
        **call.facts,
    )
    written = [(frames.encode(begin), call.request)]
    if call.end:
        payload = call.answer if isinstance(call.answer, bytes) else json.dumps(call.answer).encode()
        attempts = [frames.Attempt(1000, SECOND // 2, call.http_status, "req_1")]
        end = frames.End(
            call.call_id, SECOND // 2, call.status, attempts=attempts, parts=1, content_type=call.content_type
        )
        written.append((frames.encode(end), payload))
    return written


def write(folder: Path, calls: Iterable[Spoken], **options: Any) -> None:
    """Write calls into a journal, one after the other, as a process that is gone by now."""
    writer = journal.Writer(folder, **options)
    for call in calls:
        for header, payload in frames_of(call):
            assert writer.append(header, payload)
    writer.close()


def stored(location: Path | str, calls: Iterable[Spoken]) -> tuple[Store, Report]:
    """A store with these calls in it, and the report of their ingest."""
    store = open_store(location)
    write(journal.folder_for(store.url), calls)
    return store, drain(store)


def reply(text: str, number: int = 0, **message: Any) -> dict[str, Any]:
    """A chat completion."""
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "gpt-4o-2024-08-06",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": None, **message},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }


def streamed(text: str) -> bytes:
    """A chat completion as it is streamed, a chunk a word."""
    pieces = [text[at : at + 4] for at in range(0, len(text), 4)]
    chunks: list[dict[str, Any]] = [{"delta": {"role": "assistant", "content": ""}, "finish_reason": None}]
    chunks += [{"delta": {"content": piece}, "finish_reason": None} for piece in pieces]
    chunks.append({"delta": {}, "finish_reason": "stop"})
    lines = [
        json.dumps(
            {
                "id": "chatcmpl-s",
                "object": "chat.completion.chunk",
                "model": "gpt-4o-2024-08-06",
                "choices": [{"index": 0, **chunk}],
            }
        )
        for chunk in chunks
    ]
    return b"".join(f"data: {line}\n\n".encode() for line in [*lines, "[DONE]"])


def chat(at: int, messages: Sequence[dict[str, Any]], text: str = "", **more: Any) -> Spoken:
    """A chat call; members of the body beyond the model and a temperature in ``more``."""
    body = {"model": "gpt-4o", "temperature": 0.5, "messages": list(messages), **more}
    return Spoken(at, body, reply(text or f"answer {at}", at))


def conversation(turns: int, start: int = 1, size: int = 0, system: str = "Be brief.") -> list[Spoken]:
    """A conversation that is sent whole at each turn."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}]
    calls = []
    for turn in range(turns):
        messages.append({"role": "user", "content": f"question {turn} of {start}".ljust(size, ".")})
        answer = f"answer {turn} of {start}".ljust(size, "!")
        calls.append(chat(start + turn, messages, answer))
        messages.append({"role": "assistant", "content": answer})
    return calls


def responses(at: int, said: str, text: str, response_id: str, previous: str | None = None) -> Spoken:
    """A call of the Responses API, which continues another by its id."""
    body: dict[str, Any] = {"model": "gpt-4o", "input": said}
    if previous:
        body["previous_response_id"] = previous
    answer = {
        "id": response_id,
        "object": "response",
        "model": "gpt-4o-2024-08-06",
        "status": "completed",
        "output": [
            {
                "type": "message",
                "id": f"msg_{response_id}",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": text, "annotations": []}],
            }
        ],
        "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
    }
    return Spoken(at, body, answer, url=RESPONSES)


def background(at: int, said: str, text: str, response_id: str, previous: str | None = None) -> list[Spoken]:
    """A response that is asked for, looked for in vain, and read twice."""
    asked = responses(at, said, text, response_id, previous)
    asked.body["background"] = True
    waiting = {**asked.answer, "status": "in_progress", "output": [], "usage": None}
    url = f"{RESPONSES}/{response_id}"
    reads = [Spoken(at + n, b"", answer, url, method="GET") for n, answer in ((1, waiting), (2, asked.answer))]
    again = Spoken(at + 3, b"", asked.answer, url, method="GET")
    asked.answer = waiting
    return [asked, *reads, again]
