"""The laws of exactness and of growth: every request comes back byte for byte, and a turn costs what is new in it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.journals import CHAT, RESPONSES, Spoken, chat, conversation, reply, stored

from thence import journal
from thence.ingest import drain
from thence.store import Store, open_store

AWKWARD = [
    b'{"model":"m","messages":[]}',
    b' {\n "messages" : [ {"role":"user", "content":"a"} ,{"content":"b","role":"user"}],\n"model":"m" }\n',
    b'{"model":"m","model":"n","messages":[{"role":"user","content":"a"}]}',
    b'{"messages":[{"role":"user","content":"a"}],"messages":[{"role":"user","content":"b"}]}',
    b'{"temperature":0.70,"top_p":1e0,"seed":-0,"x":1e999,"y":NaN,"z":12345678901234567890123,"messages":[]}',
    b'{"messages":[{"role":"user","content":"\\u0000 \\ud800 \\u00e9 \xc3\xa9"}],"stop":"\\u0000"}',
    b"[1,2,3]",
    b'"text"',
    b"not json at all",
    b"\xff\xfe\x00",
    b'{"messages":"no list","tools":{"a":1}}',
    b'{"user":"\\ud800","metadata":{"a":null},"messages":[{"role":"user","content":null}]}',
    b'{"messages":[' + b"[" * 500 + b"]" * 500 + b"]}",
    b'{"messages":[{"role":"user","content":"'
    + b"x" * 100_000
    + b'"}],"tools":['
    + b'{"a":"'
    + b"y" * 40_000
    + b'"}]}',
    json.dumps({"messages": [], "n" * 400: 1, "user": "u" * 5000, "prompt_cache_key": {"a": [1]}}).encode(),
]


@pytest.mark.parametrize("url", [CHAT, RESPONSES, "https://api.anthropic.com/v1/messages", "https://x.example/unknown"])
def test_awkward_requests_come_back_byte_for_byte(tmp_path: Path, url: str) -> None:
    calls = [Spoken(n, body, reply("ok", n), url=url) for n, body in enumerate(AWKWARD)]
    store, report = stored(tmp_path / "store.db", calls)
    assert report.calls == len(calls)
    assert [call.request_body for call in store.calls()] == AWKWARD
    assert all(call.params is not None for call in store.calls())


texts = st.text(st.characters(exclude_categories=[]), max_size=40)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
messages = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "system", "tool"]), "content": values}),
    max_size=6,
)
bodies = st.fixed_dictionaries(
    {"messages": messages},
    optional={
        "model": texts,
        "temperature": st.floats(),
        "user": values,
        "metadata": values,
        "x y": values,
        "tools": values,
    },
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(bodies, st.booleans(), st.booleans()), min_size=1, max_size=6))
def test_any_request_comes_back_byte_for_byte(drawn: list[tuple[Any, bool, bool]]) -> None:
    texts_sent = [
        json.dumps(body, ensure_ascii=escaped, separators=(",", ":") if tight else None).encode(
            "utf-8", "surrogatepass"
        )
        for body, escaped, tight in drawn
    ]
    with tempfile.TemporaryDirectory() as folder:
        calls = [Spoken(n, text, reply("ok", n)) for n, text in enumerate(texts_sent)]
        store, _ = stored(Path(folder) / "store.db", calls)
        assert [call.request_body for call in store.calls()] == texts_sent
        store.close()


def test_images_are_stored_once(tmp_path: Path) -> None:
    image = "data:image/png;base64," + ("iVBORw0KGgo" * 20_000)
    parts = [{"type": "image_url", "image_url": {"url": image}}, {"type": "text", "text": "what is it?"}]
    calls = [
        chat(n, [{"role": "user", "content": [*parts, {"type": "text", "text": f"try {n}"}]}], user=str(n))
        for n in range(9)
    ]
    store, _ = stored(tmp_path / "store.db", calls)
    with store.reading() as connection:
        stored_bytes = connection.exec_driver_sql("SELECT sum(length(body)) FROM blobs").scalar_one()
        forms = connection.exec_driver_sql("SELECT sum(length(body)) FROM forms").scalar_one()
    assert forms < 9 * 300
    assert stored_bytes < 9 * 1500 + 5000
    assert [call.request for call in store.calls()] == [call.body for call in calls]


def rows(store: Store) -> dict[str, int]:
    tables = ("commits", "blobs", "forms", "calls", "answers", "parameters", "configurations", "call_parameters")
    with store.reading() as connection:
        return {table: connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() for table in tables}


def test_each_turn_adds_the_same_rows(tmp_path: Path) -> None:
    store, _ = stored(tmp_path / "store.db", conversation(12))
    before = rows(store)
    from tests.store.journals import write

    write(journal.folder_for(store.url), conversation(24)[12:])
    drain(store)
    added = {table: count - before[table] for table, count in rows(store).items()}
    assert added == {
        "commits": 24,
        "blobs": 36,  # question, answer, response body
        "forms": 24,
        "calls": 12,
        "answers": 12,
        "parameters": 0,
        "configurations": 0,
        "call_parameters": 0,
    }


def test_tools_are_stored_once(tmp_path: Path) -> None:
    tools = [{"type": "function", "function": {"name": f"f{n}", "description": "does it " * 40}} for n in range(90)]
    calls = [chat(n, [{"role": "user", "content": f"go {n}"}], tools=tools, temperature=n / 10) for n in range(20)]
    store, _ = stored(tmp_path / "store.db", calls)
    with store.reading() as connection:
        large = connection.exec_driver_sql(
            "SELECT count(*) FROM blobs WHERE size > 25000 AND codec = 'zlib'"
        ).scalar_one()
        kept = connection.exec_driver_sql("SELECT sum(length(body)) FROM blobs").scalar_one()
    assert large == 1
    assert kept < 60_000
    assert [call.request for call in store.calls()] == [call.body for call in calls]
    (first, *_) = store.calls()
    assert first.params["tools"].value == tools
    assert first.commit is not None
    assert first.commit.generation_config is not None
    assert first.commit.generation_config["tools"] == tools


def test_two_hundred_turns_take_at_most_three_times_their_text(tmp_path: Path) -> None:
    import random

    chosen = random.Random(1)
    words = ["".join(chosen.choices("etaoinshrdlu", k=chosen.randint(2, 9))) for _ in range(3000)]

    def prose() -> str:
        return " ".join(chosen.choices(words, k=180))[:1000]

    said: list[dict[str, str]] = []
    calls = []
    for turn in range(200):
        said.append({"role": "user", "content": prose()})
        answer = prose()
        calls.append(chat(turn, said, answer, user="someone"))
        said.append({"role": "assistant", "content": answer})
    store, _ = stored(tmp_path / "store.db", calls)
    store.close()
    open_store(tmp_path / "store.db").close()
    size = sum(path.stat().st_size for path in tmp_path.glob("store.db*") if path.is_file())
    assert size <= 3 * 400_000
