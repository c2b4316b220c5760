"""What was asked and what was answered, as text: of one call, of a commit, and of many as rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.store.journals import RESPONSES, Spoken, chat, reply, stored

from thence.errors import Erased
from thence.reading.document import call_documents
from thence.upkeep import erase

USER = {"role": "user", "content": "Weather?"}
TOOL_CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"at": "Delft"}'}}
SAID = {"type": "output_text", "text": "Let me see.", "annotations": []}
MESSAGES = "https://api.anthropic.com/v1/messages"


def answers() -> dict[str, Spoken]:
    """One call of each kind of answer."""
    body: dict[str, Any] = {"model": "gpt-4o", "messages": [USER]}
    calls_a_tool = reply("", 2)
    calls_a_tool["choices"][0]["message"] = {"role": "assistant", "content": None, "tool_calls": [TOOL_CALL]}
    several = reply("one", 3)
    several["choices"].append({"index": 1, "message": {"role": "assistant", "content": "two"}, "finish_reason": "stop"})
    response = {
        "id": "resp_1",
        "object": "response",
        "model": "gpt-5",
        "status": "completed",
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "I should look."}]},
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [SAID]},
            {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "weather", "arguments": "{}"},
        ],
    }
    message = {
        "id": "msg_2",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-4-5",
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "s"},
            {"type": "text", "text": "I look"},
            {"type": "server_tool_use", "id": "st_1", "name": "web_search", "input": {"query": "Delft"}},
            {"type": "web_search_tool_result", "tool_use_id": "st_1", "content": []},
            {"type": "text", "text": "It rains."},
        ],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    claude = {"model": "claude-opus-4-5", "max_tokens": 9, "messages": [USER]}
    return {
        "It rains.": chat(1, [USER], "It rains."),
        "": Spoken(2, body, calls_a_tool),
        "one": Spoken(3, {**body, "n": 2}, several),
        "Let me see.": Spoken(4, {"model": "gpt-5", "input": "Weather?"}, response, url=RESPONSES),
        "I look\nIt rains.": Spoken(5, claude, message, url=MESSAGES),
    }


def test_a_call_says_what_was_asked_and_answered(store_url: str) -> None:
    spoken = answers()
    failed = Spoken(6, {"model": "gpt-4o", "messages": [USER]}, {"error": {"message": "no"}}, status="failed")
    store, _ = stored(store_url, [*spoken.values(), failed])
    calls = list(store.calls())
    assert [call.output_text for call in calls] == [*spoken, None]
    assert [call.input_text for call in calls] == ["Weather?"] * 6
    assert calls[1].commit
    assert calls[1].commit.text == 'weather({"at": "Delft"})'
    (answer,) = calls[3].answers
    assert [commit.text for commit in answer] == ["(thinking) I should look.", "Let me see.", "weather({})"]
    rows = store.calls().to_dicts()
    assert [row["input_text"] for row in rows] == ["Weather?"] * 6
    assert [row["output_text"] for row in rows] == [*spoken, None]
    table = store.calls().to_arrow()
    assert table["output_text"].to_pylist() == [*spoken, None]


def test_what_was_erased_is_null_in_a_row(tmp_path: Path) -> None:
    store, _ = stored(tmp_path / "store.db", [chat(1, [USER], "It rains."), chat(2, [USER], "It pours.")])
    first = store.calls()[0]
    assert first.commit
    erase(store, commits=[first.commit])
    with pytest.raises(Erased):
        _ = store.calls()[0].output_text
    assert [row["output_text"] for row in store.calls().to_dicts()] == [None, "It pours."]
    assert [each.get("output_text", "left out") for each in call_documents(store.calls())] == ["left out", "It pours."]


def test_half_a_character_fits_into_a_column(tmp_path: Path) -> None:
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "\ud83d"}]}).encode()
    store, _ = stored(tmp_path / "store.db", [Spoken(1, body, reply("a\0b", 1))])
    table = store.calls().to_arrow()
    assert (table["input_text"].to_pylist(), table["output_text"].to_pylist()) == (["\\ud83d"], ["a\\x00b"])
