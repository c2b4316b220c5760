"""Streams of our own making fold to what the SDKs find: their decoder and their accumulator, on the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from tests.laws.accumulators import CASES, agrees, events, plain
from tests.laws.shapes import pieces
from tests.laws.wild import chat_streams, framed, message_streams, response_streams

from thence import providers
from thence.providers.answer import events_of
from thence.providers.sse import decoder_for

SDKS = {"chat_completions": "openai", "responses": "openai", "messages": "anthropic"}
ROUTES = {"chat_completions": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}
STREAMS = {"chat_completions": chat_streams(), "responses": response_streams(), "messages": message_streams()}
pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer")
often = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def read(name: str, body: bytes) -> providers.Answer:
    """The stream as Thence reads it."""
    endpoint = providers.find("POST", ROUTES[name])
    return providers.read_answer(endpoint, body, "text/event-stream", None, 200, {})


@often
@pytest.mark.parametrize(("name", "theirs", "ours"), CASES, ids=[name for name, _, _ in CASES])
@given(data=st.data())
def test_any_stream_folds_to_what_the_sdk_finds(
    name: str,
    theirs: Callable[[list[Any]], dict[str, Any]],
    ours: Callable[[providers.Answer], dict[str, Any]],
    data: st.DataObject,
) -> None:
    values = data.draw(STREAMS[name])
    body = data.draw(framed(values, done=name != "messages"))
    assert events(SDKS[name], body) == values
    answer = read(name, body)
    try:
        expected = theirs(values)
    except (TypeError, RuntimeError):  # an older release refuses what a newer one takes: there is nothing to compare
        reject()
    found = ours(answer)
    unlike = {key: (found[key], value) for key, value in expected.items() if not agrees(found[key], value)}
    assert not unlike
    assert not answer.truncated
    assert answer.usage_verbatim == (expected["usage"] and answer.usage_verbatim)


@often
@given(chat_streams())
def test_what_stands_beside_the_text(values: list[dict[str, Any]]) -> None:
    """Log probabilities and sound of every choice, as OpenAI's accumulator has them."""
    from openai.lib.streaming.chat import ChatCompletionStreamState
    from openai.types.chat import ChatCompletionChunk

    state: Any = ChatCompletionStreamState()
    for value in values:
        state.handle_chunk(ChatCompletionChunk.construct(**value))
    expected = plain(state.current_completion_snapshot)
    found = read("chat_completions", b"".join(b"data: %s\n\n" % _json(value) for value in values)).body
    for theirs, ours in zip(expected["choices"], found["choices"], strict=True):
        for name in ("content", "refusal"):
            probabilities = plain((ours.get("logprobs") or {}).get(name) or [])
            assert probabilities == ((theirs.get("logprobs") or {}).get(name) or [])
        assert plain(ours["message"].get("audio")) == theirs["message"].get("audio")
        assert ours["message"].get("reasoning_content") == theirs["message"].get("reasoning_content")


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


@often
@given(response_streams(), st.data())
def test_a_response_that_is_cut_has_what_came(values: list[dict[str, Any]], data: st.DataObject) -> None:
    """Before the event that has it all, the items are what their pieces make."""
    from openai._models import construct_type_unchecked
    from openai._types import omit
    from openai.lib.streaming.responses._responses import ResponseStreamState
    from openai.types.responses import ResponseStreamEvent

    kind: Any = ResponseStreamEvent
    state: Any = ResponseStreamState(text_format=omit, input_tools=omit)
    came = values[: data.draw(st.integers(1, len(values) - 1))]
    for value in came:
        state.handle_event(construct_type_unchecked(type_=kind, value=value))
    expected = [plain(item) for item in state._ResponseStreamState__current_snapshot.output]
    answer = read("responses", data.draw(framed(came, done=False)))
    for theirs, ours in zip(expected, plain(answer.body["output"]), strict=True):
        if theirs["type"] != "reasoning":  # of its summary the accumulator keeps nothing
            assert _said(ours) == _said(theirs)
    assert answer.truncated


def _said(item: dict[str, Any]) -> Any:
    texts = [part.get("text") for part in item.get("content") or []]
    return item["id"], item.get("name"), item.get("arguments"), texts


@pytest.mark.parametrize("name", STREAMS)
@given(cuts=st.lists(st.integers(0, 10_000), max_size=8), data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_pieces_make_no_difference(name: str, cuts: list[int], data: st.DataObject) -> None:
    body = data.draw(framed(data.draw(STREAMS[name]), done=True))
    decoder = decoder_for("text/event-stream", body)
    assert decoder is not None
    found = [event for piece in pieces(body, cuts) for event in decoder.feed(piece)]
    assert [*found, *decoder.close()] == events_of(body, "text/event-stream")
