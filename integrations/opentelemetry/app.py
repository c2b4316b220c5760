"""A program that traces itself and records its calls: each call knows the span that it was made in."""

import openai
from opentelemetry.sdk.trace import TracerProvider

import thence

tracer = TracerProvider().get_tracer("app")
client = thence.wrap(openai.OpenAI(), params={"top_p": 0.9})
with tracer.start_as_current_span("answer a question") as span:
    client.chat.completions.create(model="m", temperature=0.2, messages=[{"role": "user", "content": "hi"}])
    print(f"{span.get_span_context().trace_id:032x} {span.get_span_context().span_id:016x}")
client.chat.completions.create(model="m", messages=[{"role": "user", "content": "in no span"}])
