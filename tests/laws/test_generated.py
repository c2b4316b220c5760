"""The laws of the provider tables over bodies and streams of our own making."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.laws.shapes import bodies, chat_messages, json_texts, json_values, pieces, written
from tests.unit.providers.streams import STREAMS

from thence import providers
from thence.providers.answer import events_of
from thence.providers.exact import canonical_text, dumps, loads
from thence.providers.sse import decoder_for

ENDPOINTS = st.sampled_from([*providers.ENDPOINTS, providers.UNKNOWN])
CHAT = providers.find("POST", "/v1/chat/completions")
RESPONSES = providers.find("POST", "/v1/responses")
MESSAGES = providers.find("POST", "/v1/messages")


@pytest.fixture(autouse=True, scope="module")
def _strict() -> Iterator[None]:
    """A fault that would be counted is raised here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THENCE_STRICT", "1")
        yield


def rejoined(cut: providers.Split) -> str:
    return providers.join(
        cut.shape, [item.text for item in cut.items], {name: member.text for name, member in cut.params.items()}
    )


@given(ENDPOINTS, bodies(), written, st.booleans())
def test_a_body_is_split_and_joined(
    endpoint: providers.Endpoint, body: dict[str, Any], separators: tuple[str, str], escaped: bool
) -> None:
    text = json.dumps(body, separators=separators, ensure_ascii=escaped)
    cut = providers.split(endpoint, text)
    assert rejoined(cut) == text
    said = {item.field for item in cut.items}
    for name, value in body.items():
        in_params = name in cut.params and json.dumps(cut.params[name].value) == json.dumps(value)
        assert in_params or name in said or value == [], name


@given(ENDPOINTS, json_texts() | st.text(max_size=40))
def test_any_text_is_split_and_joined(endpoint: providers.Endpoint, text: str) -> None:
    cut = providers.split(endpoint, text)
    assert rejoined(cut) == text
    for item in cut.items:
        item.canonical.text.encode()


@given(ENDPOINTS, bodies(), bodies(), written, st.data())
def test_what_was_known_before_changes_nothing(
    endpoint: providers.Endpoint,
    first: dict[str, Any],
    second: dict[str, Any],
    separators: tuple[str, str],
    data: st.DataObject,
) -> None:
    kept = {name: first[name] for name in first if data.draw(st.booleans())}
    body = {**kept, **second}
    for name in ("messages", "input", "contents", "chat_history"):
        if isinstance(first.get(name), list):
            body[name] = first[name][: data.draw(st.integers(0, 4))] + data.draw(st.lists(chat_messages, max_size=2))
    before = providers.split(endpoint, json.dumps(first, separators=separators))
    text = json.dumps(body, separators=separators)
    cut, fresh = providers.split(endpoint, text, before), providers.split(endpoint, text)
    assert rejoined(cut) == text
    assert [(item.field, item.text) for item in cut.items] == [(item.field, item.text) for item in fresh.items]
    assert (repr(cut.params), cut.shape) == (repr(fresh.params), fresh.shape)


@given(chat_messages, st.data())
def test_an_echo_in_any_usual_form_is_the_same_item(message: dict[str, Any], data: st.DataObject) -> None:
    echo = dict(data.draw(st.permutations(list(message.items()))))
    for name in ("refusal", "audio", "function_call", "annotations", "tool_calls"):
        if name not in echo and data.draw(st.booleans()):
            echo[name] = data.draw(st.sampled_from([None, []]))
    if (
        isinstance(echo["content"], str)
        and data.draw(st.booleans())
        and (echo["content"] or not echo.get("tool_calls"))
    ):
        echo["content"] = [{"type": "text", "text": echo["content"]}]
    for name in ("id", "status"):
        if data.draw(st.booleans()):
            echo[name] = "added"
    if echo.get("tool_calls"):
        echo["tool_calls"] = [_respaced(call) for call in echo["tool_calls"]]
    assert _form(CHAT, message) == _form(CHAT, echo) == _form(RESPONSES, {"type": "message", **echo})


def _respaced(call: dict[str, Any]) -> dict[str, Any]:
    values = json.loads(call["function"]["arguments"])
    written_again = json.dumps(dict(reversed(values.items())), indent=1, ensure_ascii=False)
    return {**call, "index": 0, "function": {**call["function"], "arguments": written_again}}


def _form(endpoint: providers.Endpoint, value: Any) -> providers.Canonical:
    (item,) = providers.split(endpoint, json.dumps({endpoint.growing: [value]})).items
    return item.canonical


@given(json_values, json_values)
def test_different_content_is_a_different_item(one: Any, other: Any) -> None:
    first, second = ({"role": "user", "content": [{"type": "custom", "input": value}]} for value in (one, other))
    assert (_form(MESSAGES, first) == _form(MESSAGES, second)) == (_told(one) == _told(other))


def _told(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@given(json_values)
def test_json_is_written_and_read_without_loss(value: Any) -> None:
    assert json.dumps(loads(dumps(value))) == json.dumps(value)
    assert canonical_text(loads(canonical_text(value))) == canonical_text(value)


@given(json_texts())
def test_number_text_survives(text: str) -> None:
    once = dumps(loads(text))
    assert dumps(loads(once)) == once
    assert canonical_text(loads(once)) == canonical_text(loads(text))


@pytest.mark.parametrize("name", STREAMS)
@given(cuts=st.lists(st.integers(0, 10_000), max_size=12))
def test_a_stream_is_the_same_in_any_pieces(name: str, cuts: list[int]) -> None:
    stream = STREAMS[name]
    decoder = decoder_for(stream.content_type, stream.body)
    assert decoder is not None
    events = [event for piece in pieces(stream.body, cuts) for event in decoder.feed(piece)]
    assert [*events, *decoder.close()] == events_of(stream.body, stream.content_type)


@pytest.mark.parametrize("name", STREAMS)
@given(end=st.integers(0, 10_000))
def test_a_stream_that_is_cut_is_read_as_far_as_it_came(name: str, end: int) -> None:
    stream = STREAMS[name]
    body = stream.body[: end % len(stream.body)]
    answer = providers.read_answer(stream.endpoint, body, stream.content_type, None, 200, {})
    whole = providers.read_answer(stream.endpoint, stream.body, stream.content_type, None, 200, {})
    assert answer.streamed
    assert answer.id in {None, whole.id}
    assert answer.model in {None, whole.model}


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every value within a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, member in inner for place in _places(member, (*path, name)))]


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    changed: Any = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = _replaced(value[path[0]], path[1:], new)
    return changed


ODD = json_values | st.sampled_from([[], {}, [1], [[]], [{}], {"index": []}, {"type": 1}, "text", -1, 10**9])


@pytest.mark.parametrize("name", STREAMS)
@given(data=st.data())
def test_no_answer_is_refused(name: str, data: st.DataObject) -> None:
    """Streams in which any value has become any other; read by the row they are for, or by any other row."""
    stream = STREAMS[name]
    events = [event for event in events_of(stream.body, stream.content_type) or [] if event.value is not None]
    texts = []
    for event in events:
        value = event.value
        if data.draw(st.integers(0, 2)) == 0:
            value = _replaced(value, data.draw(st.sampled_from(_places(value))), data.draw(ODD))
        texts.append(json.dumps({event.name: value} if stream.endpoint.name == "converse" else value))
    endpoint = data.draw(st.just(stream.endpoint) | ENDPOINTS)
    sse = "".join(f"data: {text}\n\n" for text in texts)
    lines = "\n".join(texts)
    for body, kind in ((sse, "text/event-stream"), (lines, "application/jsonl"), (texts[-1], "application/json")):
        answer = providers.read_answer(endpoint, body.encode(), kind, None, 200, {})
        assert answer.streamed == (kind != "application/json")
        for choice in answer.choices:
            for item in choice:
                item.canonical.text.encode()


@given(
    ENDPOINTS,
    st.binary(max_size=60),
    st.sampled_from([None, "text/event-stream", "application/vnd.amazon.eventstream"]),
)
def test_no_bytes_are_refused(endpoint: providers.Endpoint, body: bytes, content_type: str | None) -> None:
    answer = providers.read_answer(endpoint, body, content_type, None, 200, {})
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if content_type == "text/event-stream":
        assert answer.streamed == (not start.startswith((b"{", b"[")))
    else:
        begun = start.startswith((b"data:", b"event:", b":", b"id:", b"retry:"))
        assert answer.streamed == (content_type is not None or begun)
