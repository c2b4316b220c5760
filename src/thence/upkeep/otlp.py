"""Recorded calls as spans, sent to any receiver of OpenTelemetry's protocol, each once.

The receiver takes a batch, then the store marks its calls. So a run that was killed between the two sends one batch
again, with the same ids; nothing else is ever sent twice, and nothing is left out. The protocol, its retries, headers
and certificates are the OpenTelemetry SDK's own: ``OTEL_EXPORTER_OTLP_HEADERS``, ``OTEL_SERVICE_NAME``, ....
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from thence.errors import ThenceError, Unavailable
from thence.ingest import drain
from thence.store import Call
from thence.store.exported import mark, unexported, unexported_count
from thence.store.naming import tract_id_of
from thence.upkeep.spans import attributes_of, error_of, ids_of, name_of

if TYPE_CHECKING:
    from thence.store import Store

__all__ = ["endpoint_of", "export_otlp"]

_BATCH = 256
_PATH = "/v1/traces"


def export_otlp(
    store: Store, destination: str, *, tract: str | None = None, batch: int = _BATCH
) -> Iterator[tuple[int, int]]:
    """Send the calls that ``destination`` has not been given yet, oldest first; yields after each batch.

    What the journal holds is taken in first. Calls in flight are left for another run; so are calls committed by hand,
    which were never made. One run at a time may send to a destination.

    Args:
        store: where the calls are.
        destination: a receiver of OTLP over HTTP: ``http://localhost:4318``, or the whole address of its traces.
        tract: one tract; all, where it is None.
        batch: calls of one request.

    Yields:
        How many calls are done, and how many there were to do.

    Raises:
        Unavailable: the receiver does not take them. What it took before is marked.
        ModuleNotFoundError: the OpenTelemetry SDK is missing (``pip install 'thence[otel]'``).
    """
    endpoint = endpoint_of(destination)
    exporter = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter").OTLPSpanExporter(endpoint)
    make = _Spans()
    drain(store)
    tracts = store.tracts() if tract is None else [tract_id_of(tract)]
    total, done = sum(int(store.scalar(unexported_count(each, endpoint))) for each in tracts), 0
    try:
        yield done, total
        for each in tracts:
            while calls := [Call(store, row) for row in store.rows(unexported(each, endpoint, batch))]:
                _send(exporter, endpoint, [make(call) for call in calls])
                with store.writing() as connection:
                    mark(connection, each, endpoint, [call.id for call in calls])
                done += len(calls)
                yield done, total
    finally:
        exporter.shutdown()


def endpoint_of(destination: str) -> str:
    """Where traces go: the address itself, or the protocol's path on a host.

    Raises:
        ThenceError: it is no web address.
    """
    parts = urlsplit(destination)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ThenceError(f"{destination} is no address of a receiver", hint="for example http://localhost:4318")
    return destination if parts.path.strip("/") else destination.rstrip("/") + _PATH


def _send(exporter: Any, endpoint: str, spans: Sequence[Any]) -> None:
    """One batch.

    Raises:
        Unavailable: it was not taken.
    """
    if exporter.export(spans).name != "SUCCESS":
        raise Unavailable(
            f"{endpoint} did not take {len(spans)} calls",
            hint="the OpenTelemetry SDK has logged why; run it again when the receiver is there",
        )


class _Spans:
    """Makes the SDK's spans of calls."""

    def __init__(self) -> None:
        from thence import __version__

        self._trace = import_module("opentelemetry.trace")
        self._sdk = import_module("opentelemetry.sdk.trace")
        self._resource = import_module("opentelemetry.sdk.resources").Resource.create()
        scope = import_module("opentelemetry.sdk.util.instrumentation").InstrumentationScope
        self._scope = scope("thence", __version__)

    def __call__(self, call: Call) -> Any:
        ids, trace = ids_of(call), self._trace
        began = int(call._row["started_at"])
        error = error_of(call)
        code = trace.StatusCode.UNSET if error is None else trace.StatusCode.ERROR
        return self._sdk.ReadableSpan(
            name=name_of(call),
            context=self._context(ids.trace, ids.span),
            parent=self._context(ids.trace, ids.parent) if ids.parent else None,
            resource=self._resource,
            attributes=attributes_of(call),
            kind=trace.SpanKind.CLIENT,
            instrumentation_scope=self._scope,
            status=trace.Status(code, None if error is None else call.error),
            start_time=began,
            end_time=began + int(call._row["duration"] or 0),
        )

    def _context(self, trace_id: int, span_id: int) -> Any:
        flags = self._trace.TraceFlags(self._trace.TraceFlags.SAMPLED)
        return self._trace.SpanContext(trace_id, span_id, is_remote=False, trace_flags=flags)
