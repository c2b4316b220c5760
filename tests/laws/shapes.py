"""Bodies, streams and echoes of our own making, in the shapes that real traffic has."""

from __future__ import annotations

import json
import string
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

__all__ = ["bodies", "chat_messages", "json_texts", "json_values", "pieces", "written"]

texts = st.text(st.characters(codec=None, exclude_categories=()), max_size=12) | st.sampled_from(
    ["", " ", "\x00", "\u2028", "é", "e\u0301", '"\\/', "\ud800", "a.b", "$", "__proto__", "\x1a", "{", "]"]
)
numbers = (
    st.integers()
    | st.sampled_from([2**63, -(2**63) - 1, 10**30, 0, -1])
    | st.floats(allow_nan=False)
    | st.sampled_from([1.0, -0.0, 1e-6, 1e22, 0.1])
)
scalars = st.none() | st.booleans() | numbers | texts
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)

number_texts = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
spaces = st.sampled_from(["", "", "", " ", "\n  ", "\t\r\n"])


@st.composite
def json_texts(draw: st.DrawFn, depth: int = 3) -> str:
    """A JSON text as nobody's encoder would write it: any spacing, any number text, members twice."""
    kind = draw(st.sampled_from(["scalar", "number"] + ["list", "object"] * (depth > 0)))
    if kind == "scalar":
        return json.dumps(draw(st.none() | st.booleans() | texts), ensure_ascii=draw(st.booleans()))
    if kind == "number":
        return draw(number_texts | st.sampled_from(["NaN", "-Infinity", "-0", "1" + "0" * 4400]))
    space, comma = draw(spaces), draw(spaces)
    inner = draw(st.lists(json_texts(depth - 1), max_size=3))
    if kind == "list":
        return f"[{space}" + f"{comma},{space}".join(inner) + f"{space}]"
    names = [json.dumps(draw(texts)) for _ in inner]
    members = [f"{name}{comma}:{space}{value}" for name, value in zip(names, inner, strict=True)]
    return f"{{{space}" + f"{comma},{space}".join(members) + f"{comma}}}"


roles = st.sampled_from(["user", "assistant", "system", "developer", "tool"])
parts = st.builds(lambda text: {"type": "text", "text": text}, texts) | st.fixed_dictionaries(
    {"type": st.sampled_from(["image_url", "input_audio", "thinking"]), "value": json_values}
)
arguments = st.dictionaries(texts, json_values, max_size=3)


def _call(identity: str, name: str, values: dict[str, Any]) -> dict[str, Any]:
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": json.dumps(values)}}


names = st.text(string.ascii_lowercase, min_size=1, max_size=8)
calls = st.builds(_call, names, names, arguments)
chat_messages = st.fixed_dictionaries(
    {"role": roles, "content": texts | st.lists(parts, max_size=3)},
    optional={"name": names, "tool_calls": st.lists(calls, max_size=2), "unknown": json_values},
)


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """A request of any conversational shape: content fields, known and unknown parameters, in any order."""
    fields: dict[str, st.SearchStrategy[Any]] = {
        "messages": st.lists(chat_messages, max_size=4),
        "input": texts | st.lists(chat_messages, max_size=3),
        "system": texts | st.lists(parts, max_size=2),
        "instructions": texts,
        "contents": st.lists(chat_messages, max_size=2),
        "chat_history": st.lists(chat_messages, max_size=2),
        "message": texts,
        "prompt": texts | st.lists(texts, max_size=2),
        "temperature": numbers | st.none(),
        "metadata": json_values,
        "seed": st.integers(),
        "tools": st.lists(json_values, max_size=2) | st.just([{"description": "x" * 1100}]),
        "stop": texts | st.lists(texts, max_size=2),
    }
    known = draw(st.fixed_dictionaries({}, optional=fields))
    unknown = draw(st.dictionaries(texts, json_values, max_size=2))
    members = list({**unknown, **known}.items())
    return dict(draw(st.permutations(members)))


written = st.sampled_from([(",", ":"), (", ", ": ")])
"""The separators that the newer and the older SDKs write."""


def pieces(whole: bytes, cuts: list[int]) -> list[bytes]:
    """Bytes cut at the given places."""
    places = [0, *sorted(cut % (len(whole) + 1) for cut in cuts), len(whole)]
    return [whole[start:end] for start, end in pairwise(places)]
