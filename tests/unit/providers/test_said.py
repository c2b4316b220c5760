"""Items of context as text, in the shapes that providers give them."""

from __future__ import annotations

from typing import Any

import pytest

from thence.providers.said import said, words


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("hi", "hi"),
        (None, ""),
        ({"role": "user", "content": "hi"}, "hi"),
        ({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "a\nb"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}, "[image_url]"),
        ({"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]}, 'f({"a": 1})'),
        ({"role": "tool", "content": "42", "tool_call_id": "1"}, "42"),
        ({"content": [{"type": "tool_use", "name": "f", "input": {}}, {"type": "text", "text": "x"}]}, "f({})\nx"),
        ({"content": [{"type": "tool_result", "content": [{"type": "text", "text": "42"}]}]}, "42"),
        ({"content": [{"type": "thinking", "thinking": "hm", "signature": "s"}]}, "(thinking) hm"),
        ({"type": "reasoning", "summary": [{"type": "summary_text", "text": "so"}]}, "(thinking) so"),
        ({"type": "reasoning", "encrypted_content": "e"}, "[reasoning]"),
        ({"content": [{"type": "thinking", "thinking": "", "signature": "s"}]}, "[thinking]"),
        ({"type": "web_search_call", "action": {"query": "q"}}, 'web_search_call({"query": "q"})'),
        ({"type": "code_interpreter_call", "code": "1", "outputs": [{"logs": "2"}]}, "code_interpreter_call(1)\n2"),
        ({"type": "mcp_call", "name": "f", "arguments": "{}", "output": "42"}, "f({})\n42"),
        ({"type": "code_execution_result", "stdout": "42", "stderr": ""}, "42"),
        ({"type": "image_generation_call", "id": "ig_1"}, "[image_generation_call]"),
        ({"role": "model", "parts": [{"text": "hi"}]}, "hi"),
        ({"role": "model", "parts": [{"text": "hm", "thought": True}, {"text": "hi"}]}, "(thinking) hm\nhi"),
        ({"role": "assistant", "refusal": "no"}, "no"),
        ({"role": "assistant", "content": ""}, ""),
        ({"role": "assistant", "content": None}, ""),
        ({"role": "assistant", "audio": {"id": "a"}}, "[role, audio]"),
        ([1, 2.5, True], "1\n2.5\ntrue"),
        ({}, "[]"),
    ],
)
def test_it_says_what_was_said(content: Any, text: str) -> None:
    assert said(content) == text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("hi", "hi"),
        ({"role": "assistant", "content": "hi", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}, "hi"),
        ({"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a"}, {"text": "b"}]}, "a\nb"),
        ({"role": "model", "parts": [{"text": "hm", "thought": True}, {"text": "hi"}]}, "hi"),
        ({"type": "reasoning", "summary": [{"type": "summary_text", "text": "so"}]}, ""),
        ({"type": "mcp_call", "name": "f", "arguments": "{}", "output": "42"}, ""),
        ({"type": "mcp_tool_result", "content": [{"type": "text", "text": "42"}]}, ""),
        ({"type": "code_execution_result", "stdout": "42", "stderr": ""}, ""),
        ({"content": [{"type": "image_url", "image_url": {"url": "data:"}}, {"type": "text", "text": "a"}]}, "a"),
        ({"role": "assistant", "refusal": "no"}, "no"),
    ],
)
def test_words_are_what_a_program_shows_its_user(content: Any, text: str) -> None:
    assert words(content) == text


def test_depth_is_bounded() -> None:
    content: Any = "deep"
    for _ in range(5000):
        content = {"content": content}
    assert said(content) == ""
