"""Calls as spans, sent by OpenTelemetry's own exporter to a real server: right, once, and again after a failure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.store.journals import chat, stored
from tests.upkeep.stores import calls_of_everything

from thence import frames
from thence.errors import ThenceError
from thence.store import Store
from thence.testing import Answer, Provider
from thence.upkeep import export_otlp, fsck

service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def receiver() -> Iterator[Provider]:
    with Provider(lambda _: Answer(b"")) as running:
        yield running


def spans(receiver: Provider) -> list[Any]:
    """Every span that the receiver was given, whatever came of it."""
    found = []
    for seen in receiver.seen:
        assert (seen.path, seen.headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
        request = service.ExportTraceServiceRequest.FromString(seen.body)
        found += [span for each in request.resource_spans for scope in each.scope_spans for span in scope.spans]
    return found


def attributes(span: Any) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        kind = value.WhichOneof("value")
        return [plain(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, kind)

    return {each.key: plain(each.value) for each in span.attributes}


def test_a_call_is_a_span_of_the_conventions(tmp_path: Path, receiver: Provider) -> None:
    call = chat(1, [{"role": "user", "content": "secret words"}], "an answer", temperature=0.25, stop="END", seed=7)
    call.asked = [frames.Asked("PRESET", "thence.toml:3", same=["temperature"])]
    call.facts = {"trace_id": TRACE, "span_id": SPAN, "tags": ["a"]}
    store, _ = stored(tmp_path / "store.db", [call])
    with store:
        (recorded,) = store.calls()
        assert [*export_otlp(store, receiver.url)] == [(0, 1), (1, 1)]
    (span,) = spans(receiver)
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, SPAN)
    assert (span.name, span.kind) == (f"chat {recorded.request_model}", 3)
    assert span.start_time_unix_nano // 1000 == round(recorded.started_at.timestamp() * 10**6)
    assert (span.end_time_unix_nano - span.start_time_unix_nano) / 10**9 == recorded.duration
    said = attributes(span)
    assert said["gen_ai.operation.name"] == "chat"
    assert said["gen_ai.provider.name"] == "openai"
    assert said["gen_ai.request.temperature"] == 0.25
    assert said["gen_ai.request.stop_sequences"] == ["END"]
    assert said["gen_ai.request.seed"] == 7
    assert said["gen_ai.usage.input_tokens"] == recorded.usage.input_tokens
    assert said["gen_ai.response.finish_reasons"] == ["stop"]
    assert said["server.address"] == "api.openai.com"
    assert said["thence.call.id"] == recorded.id
    assert said["thence.parameter.temperature.source"] == "PRESET"
    assert said["thence.parameter.temperature.origin"] == "thence.toml:3"
    assert "secret words" not in str(span)
    assert "an answer" not in str(span)


def test_each_call_is_sent_once_late_ones_too(tmp_path: Path, receiver: Provider) -> None:
    calls = calls_of_everything()
    store, _ = stored(tmp_path / "store.db", calls[2:])
    with store:
        list(export_otlp(store, receiver.url, batch=3))
        stored(tmp_path / "store.db", calls[:2])[0].close()  # older than what was sent
        assert [*export_otlp(store, receiver.url)][-1] == (2, 2)
        assert [*export_otlp(store, receiver.url)] == [(0, 0)]
        assert len(store.calls()) == len(spans(receiver)) == len({span.span_id for span in spans(receiver)})
        failed = next(span for span in spans(receiver) if span.status.code == 2)
        assert attributes(failed)["error.type"] == "400"
        assert fsck(store) == []


def test_what_a_receiver_refuses_is_sent_again(tmp_path: Path, receiver: Provider) -> None:
    store: Store
    store, _ = stored(tmp_path / "store.db", calls_of_everything())
    with store:
        count = len(store.calls())
        receiver.answer(Answer(b""), Answer({"error": "no"}, status=400))
        with pytest.raises(ThenceError, match="did not take 4 calls"):
            list(export_otlp(store, receiver.url, batch=4))
        assert [*export_otlp(store, receiver.url, batch=4)][-1][0] == count - 4
        refused = spans(receiver)[4:8]
        assert [span.span_id for span in refused] == [span.span_id for span in spans(receiver)[8:12]]
    with pytest.raises(ThenceError, match="no address"):
        next(export_otlp(store, "localhost:4318"))
