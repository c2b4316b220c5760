"""A traced program, its calls sent by ``thence export`` to a receiver of OTLP: each once, in the caller's trace."""

import os
import subprocess
import sys
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

sys.path.insert(0, str(Path(__file__).parents[1]))

from program import ran, told

from thence.testing import Answer, Provider


def thence(*arguments: str, store: Path) -> str:
    """A command of Thence's; what it prints."""
    environ = {**os.environ, "OTEL_SERVICE_NAME": "smoke", "OTEL_EXPORTER_OTLP_TIMEOUT": "300", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "thence.cli", *arguments, "--store", str(store)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


with ran(Path(__file__).with_name("app.py")) as run, Provider(lambda _: Answer(b"")) as receiver:
    print(*map(told, run.calls), sep="\n")
    trace_id, span_id = run.said.split()
    traced, alone = run.calls
    assert (traced.trace_id, traced.span_id, alone.trace_id) == (trace_id, span_id, None)
    assert trace_id in thence("show", traced.id, store=run.store)
    assert traced.id in thence("query", f'trace_id = "{trace_id}"', "--json", store=run.store)

    assert thence("export", "--format", "otlp", receiver.url, store=run.store) == "2 calls\n"
    assert thence("export", "--format", "otlp", receiver.url, store=run.store) == "0 calls\n"
    (request,) = [ExportTraceServiceRequest.FromString(seen.body) for seen in receiver.seen]
    (resource,) = request.resource_spans
    assert {each.key: each.value.string_value for each in resource.resource.attributes}["service.name"] == "smoke"
    first, second = resource.scope_spans[0].spans
    assert (first.trace_id.hex(), first.parent_span_id.hex()) == (trace_id, span_id)
    assert (second.parent_span_id, first.name) == (b"", "chat m")
    said = {each.key: each.value for each in first.attributes}
    assert said["gen_ai.request.temperature"].double_value == 0.2
    assert said["gen_ai.usage.output_tokens"].int_value == 7
    assert said["thence.parameter.top_p.source"].string_value == "CLIENT"
    print(first)
