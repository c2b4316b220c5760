"""What a wrapped client costs the caller: thread CPU time added to one call, beside the bare client.

Both clients talk to a transport in memory, so that no socket hides the difference; the wrapped one
has all that ``wrap`` installs, the search for secrets included. Rounds of the two are interleaved,
each figure is the median of the differences of neighbouring rounds. The ingest runs elsewhere and is left out.

    python benchmarks/overhead.py [--rounds 40]
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
from openai import _base_client

from thence.seams import stainless
from thence.wrapping import recorder_for

http = getattr(_base_client, "httpx2", None) or _base_client.httpx

CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
ANSWER = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "x" * 1500}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


class Chunks(http.SyncByteStream):  # type: ignore[misc, name-defined]
    """A body that arrives in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Any:
        return iter(self._pieces)


def client(pieces: list[bytes], kind: str) -> openai.OpenAI:
    """A client whose transport answers with ``pieces``, from memory."""

    def answer(_request: Any) -> Any:
        return http.Response(200, headers={"content-type": kind, "x-request-id": "r"}, stream=Chunks(pieces))

    return openai.OpenAI(
        api_key="sk-test", base_url="http://loop/v1", http_client=http.Client(transport=http.MockTransport(answer))
    )


def median_added(
    bare: Callable[[], None], wrapped: Callable[[], None], *, rounds: int, calls: int
) -> tuple[float, float]:
    """Microseconds of thread CPU time a call: of the bare client, and added by the wrapped one."""
    for _ in range(5):
        bare(), wrapped()
    gc.collect()
    plain: list[float] = []
    added: list[float] = []
    for n in range(rounds):
        times = {}
        for call in (bare, wrapped) if n % 2 else (wrapped, bare):
            begin = time.thread_time_ns()
            for _ in range(calls):
                call()
            times[call] = (time.thread_time_ns() - begin) / calls / 1000
        plain.append(times[bare])
        added.append(times[wrapped] - times[bare])
    return statistics.median(plain), statistics.median(added)


def chat(client: openai.OpenAI, text: str) -> Callable[[], None]:
    """One call with a message of ``text``."""
    messages: Any = [{"role": "user", "content": text}]

    def call() -> None:
        client.chat.completions.create(model="m", messages=messages, temperature=0.2)

    return call


def stream(client: openai.OpenAI) -> Callable[[], None]:
    """One streamed call, read to its end."""
    messages: Any = [{"role": "user", "content": "hi"}]

    def call() -> None:
        for _ in client.chat.completions.create(model="m", messages=messages, stream=True):
            pass

    return call


def import_time() -> float:
    """Milliseconds of CPU that ``import thence`` adds to an interpreter; median of nine."""
    code = "import time; a = time.process_time(); import thence; print((time.process_time() - a) * 1000)"
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout) for _ in range(9)
    ]
    return statistics.median(runs)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    whole = [json.dumps(ANSWER).encode()]
    event = (
        b"data: " + json.dumps({**CHUNK, "choices": [{"index": 0, "delta": {"content": "word "}}]}).encode() + b"\n\n"
    )
    events = [event] * 100 + [b"data: [DONE]\n\n"]
    cases = {
        "2 kB call": (whole, "application/json", lambda c: chat(c, "x" * 500), 50, 50),
        "100-chunk stream": (events, "text/event-stream", stream, 10, 100),
        "200 kB request": (whole, "application/json", lambda c: chat(c, "x" * 200_000), 20, 150),
    }
    with tempfile.TemporaryDirectory() as folder:
        recorder = recorder_for(store=Path(folder) / "store.db")
        assert recorder is not None
        recorder = replace(recorder, wake=lambda: None)
        print(f"{'':18} {'bare µs':>9} {'added µs':>9} {'at most':>8}")
        for name, (body, kind, make, calls, limit) in cases.items():
            wrapped = client(body, kind)
            stainless.cover(wrapped, recorder)
            bare, added = median_added(make(client(body, kind)), make(wrapped), rounds=rounds, calls=calls)
            print(f"{name:18} {bare:9.0f} {added:9.1f} {limit:8}")
        print(f"{'import thence, ms':18} {'':9} {import_time():9.1f} {60:8}")


if __name__ == "__main__":
    main()
