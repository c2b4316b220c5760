"""Streams as a provider might send them and none of ours does: known deltas in any order, unknown members, nulls, and
every liberty that server-sent events leave to whoever writes them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

__all__ = ["chat_streams", "framed", "message_streams", "response_streams"]

words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6) | st.sampled_from(
    [
        "\u2028",
        "\x85",
        "é",
        "\x00",
        "\r\n",
        " ",
        "data: x",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ]
)
names = st.sampled_from(["look", "f", "a_b", "tool-1"])
unknown = st.dictionaries(
    st.sampled_from(["x_new", "obfuscation", "p", "nvext"]),
    st.none() | st.text(max_size=3) | st.lists(st.integers(), max_size=2) | st.just({"deep": {"er": None}}),
    max_size=2,
)
counts = st.integers(0, 10**6)
arguments = st.dictionaries(names, st.none() | counts | words | st.lists(words, max_size=2), max_size=3)


def cut(draw: st.DrawFn, text: str, most: int = 4) -> list[str]:
    """A text in pieces, some of them empty."""
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=most)))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


def woven(draw: st.DrawFn, lanes: Sequence[Sequence[Any]]) -> list[Any]:
    """Several sequences as one, each in its own order. The first of each lane comes in the order of the lanes."""
    waiting = [list(lane) for lane in lanes if lane]
    out = [lane.pop(0) for lane in waiting]
    while any(waiting):
        lane = draw(st.sampled_from([lane for lane in waiting if lane]))
        out.append(lane.pop(0))
    return out


# -- chat completions


def _tool_call(draw: st.DrawFn, index: int) -> list[dict[str, Any]]:
    pieces = cut(draw, json.dumps(draw(arguments), ensure_ascii=False))
    head: dict[str, Any] = {
        "index": index,
        "id": f"call_{index}",
        "type": "function",
        "function": {"name": draw(names)},
    }
    if draw(st.booleans()):
        head["function"]["arguments"] = pieces.pop(0)
    rest = [{"index": index, "function": {"arguments": piece}} for piece in pieces]
    if draw(st.booleans()):
        rest = [{**entry, "id": None} for entry in rest]
    return [{"tool_calls": [entry]} for entry in (head, *rest)]


def _logprob(draw: st.DrawFn) -> dict[str, Any]:
    return {"token": draw(words), "logprob": -0.5, "bytes": None, "top_logprobs": []}


@st.composite
def _choice(draw: st.DrawFn, index: int) -> list[dict[str, Any]]:
    """The chunks' choices of one choice: its role, its deltas woven together, its end."""
    lanes: list[list[dict[str, Any]]] = []
    if draw(st.booleans()):
        lanes.append([{"content": piece} for piece in cut(draw, draw(words) * 3)])
    if draw(st.integers(0, 3)) == 0:
        lanes.append([{"refusal": piece} for piece in cut(draw, draw(words))])
    if draw(st.integers(0, 3)) == 0:
        lanes.append([{"reasoning_content": piece} for piece in cut(draw, draw(words))])
    if draw(st.integers(0, 3)) == 0:
        sound = [{"audio": {"transcript": piece}} for piece in cut(draw, draw(words))]
        lanes.append([{"audio": {"id": "audio_1"}}, *sound, {"audio": {"expires_at": 7}}])
    calls = draw(st.integers(0, 3))
    if calls:
        lanes.append(woven(draw, [_tool_call(draw, n) for n in range(calls)]))
    head = {"role": "assistant", **draw(st.sampled_from([{}, {"content": ""}, {"content": None, "refusal": None}]))}
    parts = [{"index": index, "delta": {**delta, **draw(unknown)}} for delta in (head, *woven(draw, lanes))]
    for part in parts[1:]:  # those of a choice's first chunk, OpenAI's accumulator takes twice
        if draw(st.integers(0, 4)) == 0:
            kind = draw(st.sampled_from(["content", "refusal"]))
            part["logprobs"] = {"content": None, "refusal": None, kind: [_logprob(draw)]}
        elif draw(st.booleans()):
            part["logprobs"] = None
        if draw(st.booleans()):
            part["finish_reason"] = None
    end = {"index": index, "delta": {}, "finish_reason": draw(st.sampled_from(["stop", "length", "tool_calls"]))}
    return [*parts, end]


@st.composite
def chat_streams(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The chunks of a chat completion of one to three choices, with or without usage."""
    lanes = [draw(_choice(n)) for n in range(draw(st.integers(1, 3)))]
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": draw(names)}
    chunks = [{**head, "choices": [part], **draw(unknown)} for part in woven(draw, lanes)]
    usage: dict[str, Any] = {
        "prompt_tokens": draw(counts),
        "completion_tokens": draw(counts),
        "total_tokens": draw(counts),
        **draw(unknown),
    }
    how = draw(st.sampled_from(["none", "own chunk", "last chunk", "every chunk"]))
    if how == "own chunk":
        chunks = [{**chunk, "usage": None} for chunk in chunks] + [{**head, "choices": [], "usage": usage}]
    elif how == "last chunk":
        chunks[-1]["usage"] = usage
    elif how == "every chunk":
        chunks = [{**chunk, "usage": {**usage, "completion_tokens": n}} for n, chunk in enumerate(chunks)]
    return chunks


# -- messages


@st.composite
def _block(draw: st.DrawFn, index: int) -> list[dict[str, Any]]:
    """The events of one content block: begun, delta by delta, ended."""
    kind = draw(st.sampled_from(["text", "thinking", "tool_use", "redacted_thinking", "web_search", "cited"]))
    deltas: list[dict[str, Any]] = []
    if kind in {"text", "cited"}:
        block: dict[str, Any] = {"type": "text", "text": "", **draw(st.sampled_from([{}, {"citations": None}]))}
        deltas = [{"type": "text_delta", "text": piece} for piece in cut(draw, draw(words) * 2)]
        if kind == "cited":
            page = {"type": "char_location", "cited_text": "x", "document_index": 0, "start_char_index": 0}
            deltas += [{"type": "citations_delta", "citation": {**page, "end_char_index": n}} for n in range(2)]
    elif kind == "thinking":
        block = {"type": "thinking", "thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in cut(draw, draw(words))]
        deltas.append({"type": "signature_delta", "signature": draw(words)})
    elif kind == "redacted_thinking":
        block = {"type": kind, "data": draw(words)}
    else:
        name, kind = ("web_search", "server_tool_use") if kind == "web_search" else (draw(names), kind)
        block = {"type": kind, "id": f"toolu_{index}", "name": name, "input": {}}
        value = draw(arguments)
        pieces = cut(draw, json.dumps(value, ensure_ascii=False)) if bool(value) or draw(st.booleans()) else [""]
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return [
        {"type": "content_block_start", "index": index, "content_block": {**block, **draw(unknown)}},
        *({"type": "content_block_delta", "index": index, "delta": delta, **draw(unknown)} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


@st.composite
def message_streams(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The events of a message, its blocks one after the other or woven, with events between them that nobody knows."""
    lanes = [draw(_block(n)) for n in range(draw(st.integers(0, 4)))]
    blocks = woven(draw, lanes) if draw(st.booleans()) else [event for lane in lanes for event in lane]
    usage: dict[str, Any] = {
        "input_tokens": draw(counts),
        "output_tokens": 1,
        "cache_read_input_tokens": draw(st.none() | counts),
    }
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": draw(names),
        "content": [],
        "usage": usage,
    }
    message |= {"stop_reason": None, "stop_sequence": None}
    later: dict[str, Any] = {"output_tokens": draw(counts)}
    if draw(st.booleans()):
        later |= {
            "input_tokens": draw(st.none() | counts),
            "server_tool_use": draw(st.none() | st.just({"web_search_requests": 1})),
        }
    stop = draw(st.sampled_from([("end_turn", None), ("stop_sequence", "\n"), ("tool_use", None), ("refusal", None)]))
    delta = {"stop_reason": stop[0], "stop_sequence": stop[1]}
    events = [
        {"type": "message_start", "message": message, **draw(unknown)},
        *blocks,
        {"type": "message_delta", "delta": delta, "usage": {**later, **draw(unknown)}},
        {"type": "message_stop"},
    ]
    for _ in range(draw(st.integers(0, 2))):
        events.insert(draw(st.integers(1, len(events) - 1)), {"type": "ping"})
    return events


# -- responses


@st.composite
def _item(draw: st.DrawFn, index: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The events of one output item, and the item that they make."""
    kind = draw(st.sampled_from(["message", "function_call", "reasoning"]))
    base: dict[str, Any] = {"id": f"item_{index}", "type": kind, "status": "in_progress"}
    at = {"output_index": index, "item_id": base["id"]}
    if kind == "function_call":
        text = json.dumps(draw(arguments), ensure_ascii=False)
        begun = {**base, "name": draw(names), "call_id": f"call_{index}", "arguments": ""}
        middle = [{"type": "response.function_call_arguments.delta", **at, "delta": piece} for piece in cut(draw, text)]
        done = {**begun, "arguments": text}
    elif kind == "reasoning":
        text = draw(words)
        begun = {**base, "summary": []}
        part = {**at, "summary_index": 0}
        middle = [
            {"type": "response.reasoning_summary_part.added", **part, "part": {"type": "summary_text", "text": ""}},
            *({"type": "response.reasoning_summary_text.delta", **part, "delta": piece} for piece in cut(draw, text)),
        ]
        done = {**begun, "summary": [{"type": "summary_text", "text": text}]}
    else:
        text = draw(words) * 2
        begun = {**base, "role": "assistant", "content": []}
        part = {**at, "content_index": 0}
        said: dict[str, Any] = {"type": "output_text", "text": "", "annotations": []}
        middle = [
            {"type": "response.content_part.added", **part, "part": said},
            *(
                {"type": "response.output_text.delta", **part, "delta": piece, "logprobs": []}
                for piece in cut(draw, text)
            ),
        ]
        done = {**begun, "content": [{**said, "text": text}]}
    done = {**done, "status": "completed"}
    return [
        {"type": "response.output_item.added", "output_index": index, "item": begun},
        *middle,
        {"type": "response.output_item.done", "output_index": index, "item": done},
    ], done


@st.composite
def response_streams(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The events of a response; the last one may leave its output to the events before it."""
    made = [draw(_item(n)) for n in range(draw(st.integers(0, 3)))]
    head = {"id": "resp_1", "object": "response", "created_at": 1, "model": draw(names), "tools": [], "output": []}
    usage = {"input_tokens": draw(counts), "output_tokens": draw(counts), "total_tokens": draw(counts)}
    output = draw(st.sampled_from([[item for _, item in made], None if made else []]))
    whole = {**head, "status": "completed", "output": output, "usage": usage, **draw(unknown)}
    events = [
        {"type": "response.created", "response": {**head, "status": "in_progress"}},
        {"type": "response.in_progress", "response": {**head, "status": "in_progress"}},
        *woven(draw, [events for events, _ in made]),
        {"type": "response.completed", "response": whole},
    ]
    return [{**event, "sequence_number": n, **draw(unknown)} for n, event in enumerate(events)]


# -- on the wire


@st.composite
def framed(draw: st.DrawFn, events: Sequence[dict[str, Any]], *, done: bool) -> bytes:
    """Events as server-sent events: any line end, any spacing, comments, ids, data in several lines."""
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    named = draw(st.booleans())
    lines: list[str] = []
    for event in events:
        if draw(st.integers(0, 3)) == 0:
            lines += draw(st.sampled_from([[": ping"], [":", ""], ["", ""], ["retry: 3"], ["id: 7"], ["new: field"]]))
        if named and "type" in event:
            lines.append(f"event: {event['type']}")
        escaped, indent = draw(st.booleans()), draw(st.sampled_from([None, None, 1]))
        text = json.dumps(event, ensure_ascii=escaped, indent=indent)
        space = draw(st.sampled_from(["", " "]))
        lines += [f"data:{space}{line}" for line in text.split("\n")] + [""]
    if done:
        lines += ["data: [DONE]", ""]
    return "".join(line + end for line in lines).encode()
