"""What compiling gives: few statements, values of the caller's own, every vendor's words, recorded requests exactly."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from tests.store import journals

from thence import journal
from thence.content import DialogueContent, InstructionContent, ReasoningContent, ToolCallContent, ToolResultContent
from thence.errors import NotFound, ThenceError
from thence.store import Call
from thence.tract import Tract


@contextmanager
def statements(tract: Tract) -> Iterator[list[str]]:
    """The statements that are executed inside."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(tract.store._engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(tract.store._engine, "before_cursor_execute", note)


def record(tract: Tract, *calls: journals.Spoken) -> None:
    """Calls, recorded by another process."""
    journals.write(journal.folder_for(tract.store.url), calls)


def now() -> int:
    """The time, as recorded calls are given it here."""
    return int(time.time()) - journals.EPOCH // journals.SECOND


@pytest.fixture(autouse=True)
def _own_journal(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path / "journal"))


def grown(tract: Tract, turns: int) -> None:
    with tract.batch():
        for number in range(turns):
            tract.commit(f"message {number}", generation_config={"temperature": number % 7 / 7, "tools": ["t" * 2000]})


@pytest.mark.parametrize("turns", [1, 30, 300])
def test_five_statements_however_deep(store_url: str, turns: int) -> None:
    with Tract.open(store_url) as t:
        grown(t, turns)
        t.annotate("HEAD~0", "pin")
        t.commit({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:," + "A" * 20_000}}]})
        t.record_usage({"prompt_tokens": 5})
        last = t.log(1)[0]
        for at in (None, "main", last.hash, last):
            cold = Tract(t.store)
            with statements(t) as seen:
                compiled = cold.compile(at)
                assert len(compiled.messages) == len(compiled.generation_configs) == turns + 1
            assert len(seen) <= 5, seen
            with statements(t) as seen:
                assert cold.compile(at) == compiled
            assert len(seen) <= 1, seen


def test_what_is_given_is_the_callers_own(tract: Tract) -> None:
    tract.commit({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]})
    tract.commit("c", generation_config={"stop": ["x"], "temperature": 1})
    first, same = tract.compile(), tract.compile()
    for context in (first, tract.compile()):
        context.messages[0]["content"][0]["text"] = "changed"
        context.messages.append({})
        context.generation_configs[0]["temperature"] = 2
        context.generation_configs[1]["stop"].append("y")
    assert tract.compile() == same != first


def test_same_roles_are_put_together_and_configurations_are_not(tract: Tract) -> None:
    tract.commit("a", generation_config={"temperature": 0.1})
    image = {"type": "image_url", "image_url": {"url": "https://host/a.png"}}
    tract.commit({"role": "user", "content": [image]})
    tract.commit({"role": "assistant", "content": "c"})
    together = tract.compile(aggregate=True)
    both = [{"type": "text", "text": "a"}, image]
    assert together.messages == [{"role": "user", "content": both}, {"role": "assistant", "content": "c"}]
    assert together.generation_configs == [{"temperature": 0.1}, {}, {}]
    assert together.commit_count == 3


def test_every_vendors_words(tract: Tract) -> None:
    tract.commit(InstructionContent(text="Be brief."), generation_config={"model": "m", "max_tokens": 9})
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    tract.commit(DialogueContent(role="user", parts=[{"type": "text", "text": "Weather?"}, image]))
    tract.commit(ReasoningContent(text="I should ask."))
    tract.commit(ToolCallContent(id="c1", name="weather", arguments={"city": "Oslo"}))
    tract.commit(ToolResultContent(tool_call_id="c1", text="rain"))
    tract.commit({"role": "assistant", "content": "Rain."})
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Oslo"}'}}
    openai = tract.compile(to="openai")
    assert openai == tract.compile(to="litellm") == json.loads(openai.body)
    assert openai == {
        "model": "m",
        "max_tokens": 9,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Weather?"}, image]},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "rain"},
            {"role": "assistant", "content": "Rain."},
        ],
    }
    source = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
    assert tract.compile(to="anthropic") == {
        "model": "m",
        "max_tokens": 9,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Weather?"}, {"type": "image", "source": source}]},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Oslo"}}],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "rain"}]}
                ],
            },
            {"role": "assistant", "content": "Rain."},
        ],
    }
    assert [item.get("type", item.get("role")) for item in tract.compile(to="responses")["input"]] == [
        *("system", "user", "reasoning", "function_call", "function_call_output", "assistant")
    ]
    with pytest.raises(ThenceError, match="no API"):
        tract.compile(to="morse")  # type: ignore[call-overload]


def test_blocks_of_anthropic_in_the_words_of_chat(tract: Tract) -> None:
    tract.commit(
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "text", "text": "Look:"},
                {"type": "tool_use", "id": "c1", "name": "f", "input": {"n": 1.50}},
            ],
        }
    )
    tract.commit({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "ok"}]})
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"n":1.5}'}}
    assert tract.compile(to="openai")["messages"] == [
        {"role": "assistant", "content": [{"type": "text", "text": "Look:"}], "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "ok"},
    ]
    assert tract.compile(to="anthropic")["messages"][0]["content"][0]["signature"] == "s"


def test_a_tool_that_gives_nothing_back(tract: Tract) -> None:
    tract.commit(ToolCallContent(id="c1", name="f"))
    tract.commit({"role": "tool", "tool_call_id": "c1", "content": None})
    assert tract.compile(to="openai")["messages"][1] == {"role": "tool", "tool_call_id": "c1", "content": ""}
    output = {"type": "function_call_output", "call_id": "c1", "output": ""}
    assert tract.compile(to="responses")["input"][1] == output
    assert tract.compile(to="anthropic")["messages"][1]["content"][0]["content"] == ""


def test_an_item_of_the_responses_api_stays_one(tract: Tract) -> None:
    tract.commit("a")
    tract.commit({"type": "compaction", "id": "cmp_1", "encrypted_content": "xyz"})
    assert tract.compile(to="responses")["input"][1] == {"type": "compaction", "encrypted_content": "xyz"}
    assert len(tract.compile(to="openai")["messages"]) == len(tract.compile(to="anthropic")["messages"]) == 1


def test_an_item_of_the_responses_api_has_what_it_must_have(tract: Tract) -> None:
    call = journals.responses(1, "hi", "yes", "resp_1")
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"}
    call.answer["output"].insert(0, thought)
    record(tract, call)
    _, item, answer = tract.compile(to="responses")["input"]
    assert item == {"type": "reasoning", "summary": [], "encrypted_content": "e"}
    assert answer["content"] == "yes"


def test_images_in_each_vendors_words(tract: Tract) -> None:
    url = "data:image/png;base64,AAAA"
    block = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    chat, item = {"type": "image_url", "image_url": {"url": url}}, {"type": "input_image", "image_url": url}
    for part in (block, chat, item):
        tract.commit({"role": "user", "content": [part]})
    assert [each["content"] for each in tract.compile(to="openai")["messages"]] == [[chat]] * 3
    assert [each["content"] for each in tract.compile(to="responses")["input"]] == [[item]] * 3
    assert tract.compile(to="anthropic")["messages"] == [{"role": "user", "content": [block] * 3}]
    result = {"type": "tool_result", "tool_use_id": "c1", "content": [block, {"type": "text", "text": "there"}]}
    tract.commit({"role": "user", "content": [result]})
    assert tract.compile(to="openai")["messages"][3]["content"] == [chat, {"type": "text", "text": "there"}]
    assert tract.compile(to="responses")["input"][3]["output"] == [item, {"type": "input_text", "text": "there"}]


def test_calls_of_functions_and_of_custom_tools(tract: Tract) -> None:
    tract.commit({"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": '{"a": 1}'}})
    tract.commit({"role": "function", "name": "f", "content": "one"})
    custom = {"id": "c1", "type": "custom", "custom": {"name": "shell", "input": "ls"}}
    tract.commit({"role": "assistant", "content": None, "tool_calls": [custom]})
    tract.commit({"role": "tool", "tool_call_id": "c1", "content": "two"})
    messages = tract.compile(to="openai")["messages"]
    assert messages[0]["function_call"] == {"name": "f", "arguments": '{"a":1}'}
    assert messages[2]["tool_calls"] == [custom]
    assert tract.compile(to="responses")["input"] == [
        {"type": "function_call", "call_id": "f", "name": "f", "arguments": '{"a":1}'},
        {"type": "function_call_output", "call_id": "f", "output": "one"},
        {"type": "custom_tool_call", "call_id": "c1", "name": "shell", "input": "ls"},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "two"},
    ]
    turns = [turn["content"][0] for turn in tract.compile(to="anthropic")["messages"]]
    assert turns[0] == {"type": "tool_use", "id": "f", "name": "f", "input": {"a": 1}}
    assert turns[1]["tool_use_id"] == "f"
    assert turns[2] == {"type": "tool_use", "id": "c1", "name": "shell", "input": {"input": "ls"}}


def test_parts_that_a_target_has_no_word_for_are_left_out(tract: Tract) -> None:
    pdf = "data:application/pdf;base64,AAAA"
    parts = [
        {"type": "text", "text": "see"},
        {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
        {"type": "file", "file": {"file_data": pdf, "filename": "a.pdf"}},
        {"type": "search_result", "source": "s", "title": "t"},
        {"type": "input_file", "file_url": "https://host/a.pdf"},
        {"type": "of_tomorrow"},
    ]
    tract.commit({"role": "user", "content": parts})
    tract.commit({"role": "user", "content": [{"type": "container_upload", "file_id": "f1"}]})
    kinds = {
        "openai": ["text", "input_audio", "file", "of_tomorrow"],
        "responses": ["input_text", "input_file", "input_file", "of_tomorrow"],
        "anthropic": ["text", "document", "search_result", "of_tomorrow", "container_upload"],
    }
    for target, expected in kinds.items():
        body = tract.compile(to=target)  # type: ignore[call-overload]
        messages = body.get("messages") or body["input"]
        assert [part["type"] for message in messages for part in message["content"]] == expected
    assert len(tract.compile(to="openai")["messages"]) == 1


def test_a_recorded_request_comes_back_byte_for_byte(tract: Tract) -> None:
    body = (
        '{"messages" : [{"role":"user","content":[{"type":"text","text":"h\\u00e9 1.50"}]}],'
        '\n "temperature":0.70, "seed": 1e2, "tools": ["' + "t" * 3000 + '"], "model":"m"}'
    ).encode()
    record(tract, journals.Spoken(now(), body, journals.reply("hi")))
    answer = tract.show()
    assert not isinstance(answer, Call)
    call = tract.store.calls_of(answer)[0]
    for at in (call, call.id, call.id[:18]):
        found = tract.compile(at, to="openai")
        assert (found.body, found.exact) == (body, True)
        assert found == json.loads(body)
    assert tract.compile(call).messages == [{"role": "user", "content": "h\u00e9 1.50"}]
    other = tract.compile(call, to="anthropic")
    assert not other.exact
    assert (other["temperature"], other["messages"][0]["content"]) == (0.7, "h\u00e9 1.50")


def test_what_the_provider_keeps_is_not_named_where_all_of_it_is_said(tract: Tract) -> None:
    for name, value in (("previous_response_id", "resp_1"), ("conversation", "conv_1"), ("thread", {"type": "x"})):
        tract.commit("hi", generation_config={"model": "m", name: value})
        assert tract.compile(to="responses").keys() == {"model", "input"}


def test_a_call_without_context(tract: Tract) -> None:
    record(tract, journals.Spoken(now(), {"model": "e", "input": "x"}, {}, url="https://api.openai.com/v1/embeddings"))
    tract.log()
    with pytest.raises(NotFound, match="no context"):
        tract.compile(tract.store.calls()[0])


def test_what_is_said_by_hand_and_what_is_recorded_are_one_history(tract: Tract) -> None:
    tract.commit(InstructionContent(text="Be brief."))
    asked = tract.commit(DialogueContent(role="user", text="hi"))
    messages = tract.compile(to="openai")["messages"]
    record(tract, journals.chat(now() + 5, messages, "hello"))
    answer, before, _ = tract.log()
    assert before == asked
    assert answer.content == {"role": "assistant", "content": "hello"}
    assert (tract.compile().token_count, tract.compile().token_source) == (15, "usage")
    assert tract.compile(before).token_count == 10
    assert tract.query_by_config("temperature", "=", 0.5) == [answer]
    tract.commit("bye", generation_config={"temperature": 0.25})
    assert [config.get("temperature") for config in tract.compile().generation_configs] == [None, None, 0.5, 0.25]
    assert tract.compile().token_source == "usage+estimate"
    tract.reset(before)
    again = tract.commit(DialogueContent(role="assistant", text="hello"))
    assert again == answer


def test_a_configuration_that_changes_elsewhere_is_seen(tract: Tract) -> None:
    tract.commit("hi")
    other = Tract(tract.store)
    for change in (
        lambda: other.record_usage({"prompt_tokens": 3}, generation_config={"temperature": 0}),
        lambda: other.record_usage({"prompt_tokens": 4}),
        lambda: other.annotate("HEAD", "skip"),
        lambda: other.annotate("HEAD", "normal"),
        lambda: record(tract, journals.chat(now() + 9, [{"role": "user", "content": "hi"}], "hello")),
        lambda: record(tract, journals.chat(now() + 99, [{"role": "user", "content": "hi"}], "hello", seed=1)),
    ):
        before = tract.compile()
        change()
        assert tract.compile() == Tract(tract.store).compile() != before
