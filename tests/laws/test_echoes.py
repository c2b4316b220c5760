"""An answer that is sent back, in any of the forms in which programs do that, links to the commit of that answer."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.seams.forms import client_of

import thence
from thence.testing import Provider

USAGE = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7, "prompt_tokens": 3, "completion_tokens": 4}
ARGUMENTS = '{"place": "Bern", "days": [1, 2], "unit": "é"}'
Form = Callable[[Any], list[Any]]


def chat(**message: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": "stop", "logprobs": None}
    said = {"role": "assistant", "content": None, "refusal": None, "annotations": [], **message}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "usage": USAGE}
    return {**head, "choices": [{**choice, "message": said}]}


def message(*content: dict[str, Any]) -> dict[str, Any]:
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "usage": USAGE}
    return {**head, "content": list(content), "stop_reason": "end_turn", "stop_sequence": None}


def response(*output: dict[str, Any]) -> dict[str, Any]:
    head = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m", "tools": []}
    return {**head, "output": list(output), "usage": USAGE, "error": None, "metadata": {}}


_CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": ARGUMENTS}}
_TEXT = {"type": "output_text", "text": "hello there", "annotations": [], "logprobs": []}
_SPOKEN = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [_TEXT]}
_THOUGHT = {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}
_CALLED = {"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1", "name": "look"}

ANSWERS: dict[str, dict[str, dict[str, Any]]] = {
    "chat_completions": {
        "text": chat(content="hello there"),
        "text with odd letters": chat(
            content="e\u0301 \u2028 \ud83d\ude00 \x00".encode("utf-16", "surrogatepass").decode("utf-16")
        ),
        "tool calls": chat(tool_calls=[_CALL, {**_CALL, "id": "call_2"}]),
        "text and a tool call": chat(content="let me look", tool_calls=[_CALL]),
        "refusal": chat(refusal="no"),
        "reasoning beside the text": chat(content="hello", reasoning_content="hm"),
    },
    "messages": {
        "text": message({"type": "text", "text": "hello there"}),
        "two texts": message({"type": "text", "text": "hello"}, {"type": "text", "text": "there"}),
        "thinking": message(
            {"type": "thinking", "thinking": "hm", "signature": "c2ln"}, {"type": "text", "text": "hello"}
        ),
        "redacted thinking": message({"type": "redacted_thinking", "data": "b3BhcXVl"}, {"type": "text", "text": "hi"}),
        "tool use": message(
            {"type": "text", "text": "let me look"},
            {"type": "tool_use", "id": "toolu_1", "name": "look", "input": json.loads(ARGUMENTS)},
        ),
    },
    "responses": {
        "text": response(_SPOKEN),
        "reasoning": response({**_THOUGHT, "encrypted_content": "b3BhcXVl"}, _SPOKEN),
        "a function call": response(_THOUGHT, {**_CALLED, "arguments": ARGUMENTS}),
    },
}


def respaced(text: str) -> str:
    return json.dumps(dict(reversed(json.loads(text).items())), indent=2)


def _chat_message(result: Any) -> Any:
    return result.choices[0].message


def _by_hand(result: Any) -> list[Any]:
    said = _chat_message(result).model_dump(exclude_none=True)
    return [{name: said[name] for name in ("role", "content", "tool_calls", "refusal") if name in said}]


def _in_parts(result: Any) -> list[Any]:
    (said,) = _by_hand(result)
    text = said.get("content")
    return [{**said, "content": [{"type": "text", "text": text}]} if text else said]


def _spaced(result: Any) -> list[Any]:
    (said,) = copy.deepcopy(_by_hand(result))
    for call in said.get("tool_calls", ()):
        call["function"]["arguments"] = respaced(call["function"]["arguments"])
    return [said]


def _blocks(result: Any) -> list[Any]:
    (first, *_), count = result.content, len(result.content)
    content = first.text if count == 1 and first.type == "text" else [dict(block) for block in _dumped(result.content)]
    return [{"role": "assistant", "content": content}]


def _dumped(models: Any, **how: Any) -> list[Any]:
    return [model.model_dump(**how) for model in models]


def _without_ids(items: list[Any]) -> list[Any]:
    return [{name: value for name, value in item.items() if name not in {"id", "status"}} for item in items]


def _easy(result: Any) -> list[Any]:
    """The short form of a message in the Responses API; other items as they are."""
    items = _dumped(result.output, exclude_none=True)
    return [
        {"role": "assistant", "content": item["content"][0]["text"]} if item["type"] == "message" else item
        for item in items
    ]


def _respaced_items(result: Any) -> list[Any]:
    items = _dumped(result.output, exclude_none=True)
    return [{**i, "arguments": respaced(i["arguments"])} if "arguments" in i else i for i in items]


FORMS: dict[str, dict[str, Form]] = {
    "chat_completions": {
        "the object": lambda r: [_chat_message(r)],
        "model_dump": lambda r: [_chat_message(r).model_dump()],
        "model_dump without nulls": lambda r: [_chat_message(r).model_dump(exclude_none=True)],
        "to_dict": lambda r: [_chat_message(r).to_dict()],
        "by hand": _by_hand,
        "in parts": _in_parts,
        "arguments respaced": _spaced,
    },
    "messages": {
        "the blocks": lambda r: [{"role": "assistant", "content": r.content}],
        "model_dump": lambda r: [{"role": "assistant", "content": _dumped(r.content)}],
        "model_dump without nulls": lambda r: [{"role": "assistant", "content": _dumped(r.content, exclude_none=True)}],
        "role and content of the whole": lambda r: [{n: r.model_dump()[n] for n in ("role", "content")}],
        "by hand": _blocks,
    },
    "responses": {
        "the items": lambda r: list(r.output),
        "model_dump": lambda r: _dumped(r.output),
        "model_dump without nulls": lambda r: _dumped(r.output, exclude_none=True),
        "without ids": lambda r: _without_ids(_dumped(r.output, exclude_none=True)),
        "the short form": _easy,
        "arguments respaced": _respaced_items,
    },
}
CASES = [(shape, said, form) for shape in FORMS for said in ANSWERS[shape] for form in FORMS[shape]]


def asked(client: Any, shape: str, items: list[Any]) -> Any:
    """One request with ``items`` as its conversation."""
    if shape == "chat_completions":
        return client.chat.completions.create(model="m", messages=items)
    if shape == "messages":
        return client.messages.create(model="m", max_tokens=9, messages=items)
    return client.responses.create(model="m", input=items)


def test_every_usual_form_of_an_echo_links(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Provider() as provider:
        clients = {
            sdk: thence.wrap(client_of(sdk, provider.url), store=tmp_path / "store.db")
            for sdk in ("openai", "anthropic")
        }
        for shape, said, form in CASES:
            client = clients["anthropic" if shape == "messages" else "openai"]
            provider.answer(ANSWERS[shape][said])
            with thence.session(tract=f"{shape}, {said}, {form}"):
                hello = [{"role": "user", "content": "hi"}]
                result = asked(client, shape, hello)
                asked(client, shape, [*hello, *FORMS[shape][form](result), {"role": "user", "content": "and now?"}])
    linked, broken = Counter[str](), []
    with thence.open(tmp_path / "store.db") as store:
        store.flush(120)
        for shape, said, form in CASES:
            first, second = store.calls(tract=f"{shape}, {said}, {form}")
            assert first.commit is not None
            assert second.base is not None
            if second.base.parent == first.commit.hash:
                linked[shape] += 1
            else:
                broken.append((shape, said, form))
    with capsys.disabled():
        for shape in FORMS:
            print(f"\n  {shape}: {linked[shape]} of {sum(case[0] == shape for case in CASES)} echoes link", end="")
    assert not broken
