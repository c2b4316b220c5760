"""How each tool is set up: as its own documentation says for one who starts, with its telemetry sent to loopback.

A class is a tool. What stands in the class is read without the tool; its methods run in the tool's environment.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["TOOLS", "Tool"]

LITELLM = ("litellm>=1.108,!=1.82.7,!=1.82.8", "tenacity>=8")
SDKS = ("openai", "anthropic")


class Tool:
    """A tool that records model calls.

    Attributes:
        name: in the table.
        package: whose version is named.
        requirements: of its environment.
        has_litellm: whether it has a callback or an instrumentation for LiteLLM.
        has_layers: whether it fills parameters itself, from presets and variables.
        environ: what is put into its environment; ``{collector}`` is the address of the collector.
    """

    name: str
    package: str
    requirements: tuple[str, ...] = ()
    has_litellm = True
    has_layers = False
    environ: dict[str, str] = {}  # noqa: RUF012 - read only

    def start(self, collector: str) -> None:
        """Set it up, before any client is made."""

    def openai(self, **settings: Any) -> Any:
        """A client whose calls are recorded."""
        import openai

        return openai.OpenAI(**settings)

    def anthropic(self, **settings: Any) -> Any:
        """A client whose calls are recorded."""
        import anthropic

        return anthropic.Anthropic(**settings)

    def litellm(self) -> Any:
        """LiteLLM, whose calls are recorded."""
        import litellm

        return litellm

    def flush(self) -> None:
        """Send what waits."""

    def recorded(self, parameter: str) -> list[Any] | None:
        """What it recorded of the last call, where that isn't sent to the collector."""


class Thence(Tool):
    """Its own reading of a call: :attr:`thence.Parameter.effective`, the source and the origin."""

    name = "Thence"
    package = "thence"
    has_layers = True

    def __init__(self) -> None:
        self._preset: str | None = None

    def start(self, collector: str) -> None:  # noqa: ARG002 - it sends nothing
        Path("thence.toml").write_text("[presets.frugal]\ntemperature = 0.3\n")

    def with_preset(self, name: str) -> Tool:
        other = Thence()
        other._preset = name
        return other

    def with_variable(self, parameter: str, value: str) -> Tool:
        os.environ[f"THENCE_PARAM_{parameter}"] = value
        return self

    def openai(self, **settings: Any) -> Any:
        import thence

        return thence.wrap(super().openai(**settings), preset=self._preset)

    def anthropic(self, **settings: Any) -> Any:
        import thence

        return thence.wrap(super().anthropic(**settings))

    def litellm(self) -> Any:
        import litellm

        import thence

        litellm.callbacks = [thence.litellm.Callback()]
        return litellm

    def recorded(self, parameter: str) -> list[Any] | None:
        import thence
        from thence.params import ABSENT

        os.environ.pop("THENCE_PARAM_TEMPERATURE", None)
        *_, call = thence.calls()
        if parameter == "messages":
            return [call.request]
        found = call.params.get(parameter)
        if found is None:
            return [{"status": call.status}]
        provenance = {"source": found.source.name, "origin": found.origin, "change": found.change}
        if found.effective is ABSENT:
            return [provenance]
        return [provenance, {"used" if found.sent is ABSENT else "sent": {parameter: found.effective}}]


class OpenInference(Tool):
    name = "OpenInference"
    package = "openinference-instrumentation-openai"
    requirements = (
        "openinference-instrumentation-openai==0.1.66",
        "openinference-instrumentation-anthropic==3.1.0",
        "openinference-instrumentation-litellm==0.1.51",
        "opentelemetry-sdk",
        "opentelemetry-exporter-otlp-proto-http",
        *SDKS,
        *LITELLM,
    )

    def start(self, collector: str) -> None:
        from openinference.instrumentation.anthropic import AnthropicInstrumentor
        from openinference.instrumentation.openai import OpenAIInstrumentor
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor

        self._provider = TracerProvider()
        self._provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{collector}/v1/traces")))
        OpenAIInstrumentor().instrument(tracer_provider=self._provider)
        AnthropicInstrumentor().instrument(tracer_provider=self._provider)

    def litellm(self) -> Any:
        from openinference.instrumentation.litellm import LiteLLMInstrumentor

        LiteLLMInstrumentor().instrument(tracer_provider=self._provider)
        return super().litellm()


class Langfuse(Tool):
    name = "Langfuse"
    package = "langfuse"
    requirements = ("langfuse==5.0.4", "opentelemetry-instrumentation-anthropic==0.62.4", *SDKS, *LITELLM)
    environ = {  # noqa: RUF012
        "LANGFUSE_PUBLIC_KEY": "pk-lf-none",
        "LANGFUSE_SECRET_KEY": "sk-lf-none",
        "LANGFUSE_BASE_URL": "{collector}",
        "LANGFUSE_HOST": "{collector}",
        "LANGFUSE_OTEL_HOST": "{collector}",
    }

    def start(self, collector: str) -> None:  # noqa: ARG002 - told by variables
        from langfuse import get_client
        from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor

        self._langfuse = get_client()
        AnthropicInstrumentor().instrument()

    def openai(self, **settings: Any) -> Any:
        from langfuse.openai import OpenAI

        return OpenAI(**settings)

    def litellm(self) -> Any:
        import litellm

        litellm.callbacks = ["langfuse_otel"]
        return litellm

    def flush(self) -> None:
        self._langfuse.flush()


class LangSmith(Tool):
    name = "LangSmith"
    package = "langsmith"
    requirements = ("langsmith==0.15.0", *SDKS, *LITELLM)
    environ = {  # noqa: RUF012
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_API_KEY": "lsv2_none",
        "LANGSMITH_ENDPOINT": "{collector}",
        "LANGSMITH_BASE_URL": "{collector}",
        "LANGSMITH_BATCH_SIZE": "1",
        "LANGSMITH_DISABLE_RUN_COMPRESSION": "true",
    }

    def openai(self, **settings: Any) -> Any:
        from langsmith.wrappers import wrap_openai

        return wrap_openai(super().openai(**settings))

    def anthropic(self, **settings: Any) -> Any:
        from langsmith.wrappers import wrap_anthropic

        return wrap_anthropic(super().anthropic(**settings))

    def litellm(self) -> Any:
        import litellm

        litellm.callbacks = ["langsmith"]
        return litellm


class Logfire(Tool):
    name = "Logfire"
    package = "logfire"
    requirements = ("logfire[litellm]==5.4.0", *SDKS, *LITELLM)
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "{collector}"}  # noqa: RUF012

    def start(self, collector: str) -> None:  # noqa: ARG002 - told by variables
        import logfire

        logfire.configure(send_to_logfire=False, console=False)
        logfire.instrument_openai()
        logfire.instrument_anthropic()

    def litellm(self) -> Any:
        import logfire

        logfire.instrument_litellm()
        return super().litellm()

    def flush(self) -> None:
        import logfire

        logfire.force_flush()


class OpenLLMetry(Tool):
    name = "OpenLLMetry"
    package = "opentelemetry-instrumentation-openai"
    requirements = (
        "traceloop-sdk",
        "opentelemetry-instrumentation-openai==0.62.4",
        "opentelemetry-instrumentation-anthropic==0.62.4",
        *SDKS,
        *LITELLM,
    )
    environ = {"TRACELOOP_BASE_URL": "{collector}", "TRACELOOP_TELEMETRY": "false"}  # noqa: RUF012

    def start(self, collector: str) -> None:
        from traceloop.sdk import Traceloop

        Traceloop.init(app_name="fidelity", api_endpoint=collector, disable_batch=True)


class Opik(Tool):
    name = "Opik"
    package = "opik"
    requirements = ("opik==2.2.122", *SDKS, "tenacity>=8")  # it brings a LiteLLM, and with it an older openai
    environ = {  # noqa: RUF012
        "OPIK_URL_OVERRIDE": "{collector}",
        "OPIK_API_KEY": "none",
        "OPIK_WORKSPACE": "default",
        "OPIK_SENTRY_ENABLE": "false",
        "OPIK_CHECK_TLS_CERTIFICATE": "false",
    }

    def openai(self, **settings: Any) -> Any:
        from opik.integrations.openai import track_openai

        return track_openai(super().openai(**settings))

    def anthropic(self, **settings: Any) -> Any:
        from opik.integrations.anthropic import track_anthropic

        return track_anthropic(super().anthropic(**settings))

    def litellm(self) -> Any:
        import litellm
        from litellm.integrations.opik.opik import OpikLogger

        litellm.callbacks = [OpikLogger()]
        return litellm

    def flush(self) -> None:
        import opik

        opik.flush_tracker()


TOOLS: dict[str, type[Tool]] = {
    "thence": Thence,
    "langfuse": Langfuse,
    "langsmith": LangSmith,
    "openllmetry": OpenLLMetry,
    "openinference": OpenInference,
    "logfire": Logfire,
    "opik": Opik,
}
