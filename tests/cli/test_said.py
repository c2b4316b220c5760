"""Items of context as text, in the shapes that providers give them."""

from __future__ import annotations

from typing import Any

import pytest

from thence.reading.said import said


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
        ({"role": "model", "parts": [{"text": "hi"}]}, "hi"),
        ({"role": "assistant", "refusal": "no"}, "no"),
        ([1, 2.5, True], "1\n2.5\ntrue"),
        ({}, "[]"),
    ],
)
def test_it_says_what_was_said(content: Any, text: str) -> None:
    assert said(content) == text


def test_depth_is_bounded() -> None:
    content: Any = "deep"
    for _ in range(5000):
        content = {"content": content}
    assert said(content) == ""
