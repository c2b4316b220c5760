"""``THENCE_CAPTURE=params``: a real client, a real store, and no text in either journal, store or output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai
import pytest

import thence
from thence.seams import stainless
from thence.testing import Answer, Provider

WORD = "Nightjar"


def _answer(text: str) -> Any:
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "model": "m-2024",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    }


def _files(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_no_text_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_CAPTURE", "params")
    monkeypatch.setenv("THENCE_STORE", str(tmp_path / "store.db"))
    with Provider() as provider:
        client = thence.wrap(openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none", max_retries=0))
        object.__setattr__(stainless.covered(client), "wake", lambda: None)
        messages: list[Any] = [
            {"role": "system", "content": f"You are a {WORD}"},
            {"role": "user", "content": WORD},
        ]
        for turn in range(3):
            provider.answer(_answer(f"{WORD} {turn}"))
            said = client.chat.completions.create(model="m", temperature=0.25, messages=messages)
            messages += [said.choices[0].message, {"role": "user", "content": f"{WORD}? {turn}"}]
        pieces = [WORD[:3], WORD[3:]]
        provider.answer(Answer.sse([{"id": "s", "choices": [{"index": 0, "delta": {"content": p}}]} for p in pieces]))
        assert len(list(client.chat.completions.create(model="m", messages=messages, stream=True))) == 2
        provider.answer(Answer({"error": {"message": f"no {WORD}", "type": "invalid"}}, status=400))
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model="m", messages=messages, extra_query={"q": WORD + " asks"})
    journal = _files(tmp_path)
    assert journal
    assert WORD.encode() not in journal
    with thence.open(tmp_path / "store.db") as store:
        store.flush()
        calls = list(store.calls())
        assert [call.status for call in calls] == ["completed", "completed", "completed", "completed", "failed"]
        told = json.dumps([[call.request, call.response, call.error, call.generation_config] for call in calls])
        assert WORD not in told
        assert [call.generation_config.get("temperature") for call in calls[:3]] == [0.25] * 3
        assert [call.usage.total_tokens for call in calls[:3]] == [7] * 3
        assert calls[0].response_id == "chatcmpl-1"
        assert calls[0].finish_reasons == ["stop"]
        # Conversations link up though nobody knows what was said: each turn is asked on top of the one before.
        for before, after in ((calls[0], calls[1]), (calls[1], calls[2])):
            assert before.commit is not None
            assert after.base is not None
            assert after.base.parent == before.commit.hash
    assert WORD.encode() not in _files(tmp_path)
