"""The span around a call is kept with it, for every seam; without OpenTelemetry nothing is imported or asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import openai
import pytest
from tests.seams.conftest import Tape

import thence
from thence.testing import Provider

trace = pytest.importorskip("opentelemetry.trace")
sdk = pytest.importorskip("opentelemetry.sdk.trace")
ASK = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def test_the_ids_of_the_active_span_are_kept(tape: Tape, provider: Provider) -> None:
    client = tape.wrap(openai.OpenAI(base_url=f"{provider.url}/v1", api_key="k"))
    tracer = sdk.TracerProvider().get_tracer("test")
    with tracer.start_as_current_span("outer"), tracer.start_as_current_span("inner") as inner:
        client.chat.completions.create(**ASK)  # type: ignore[call-overload]
    client.chat.completions.create(**ASK)  # type: ignore[call-overload]
    traced, plain = tape.calls()
    context = inner.get_span_context()
    assert (traced.begin.trace_id, traced.begin.span_id) == (f"{context.trace_id:032x}", f"{context.span_id:016x}")
    assert (plain.begin.trace_id, plain.begin.span_id) == (None, None)


def test_a_program_that_looks_who_asks_finds_itself(
    tape: Tape, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    client = tape.wrap(openai.OpenAI(base_url=f"{provider.url}/v1", api_key="k"))
    with sdk.TracerProvider().get_tracer("test").start_as_current_span("outer"), monkeypatch.context() as patched:
        patched.setattr(trace, "get_current_span", asked.append)
        client.chat.completions.create(**ASK)  # type: ignore[call-overload]
    assert tape.only().begin.trace_id
    assert asked == []


def test_a_decorated_functions_call_has_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_STORE", str(tmp_path / "store.db"))

    @thence.record
    def ask(prompt: str, temperature: float = 0.5) -> str:
        return f"{prompt} {temperature}"

    with sdk.TracerProvider().get_tracer("test").start_as_current_span("outer") as outer:
        ask("hello")
    wanted = f"{outer.get_span_context().trace_id:032x}"
    with thence.open(tmp_path / "store.db") as store:
        store.flush()
        (call,) = store.calls().where(f'trace_id = "{wanted}"')
        assert call.span_id == f"{outer.get_span_context().span_id:016x}"
        assert not store.calls().where("trace_id missing")


def test_opentelemetry_that_another_thread_is_importing_is_no_fault(
    tape: Tape, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "opentelemetry.trace.propagation"
    monkeypatch.setitem(sys.modules, name, ModuleType(name))  # as it stands there until its code has run
    before = thence.faults.counts()
    client = tape.wrap(openai.OpenAI(api_key="sk-test", base_url=f"{provider.url}/v1"))
    client.chat.completions.create(model="m", messages=[])
    (call,) = tape.calls()
    assert call.begin.trace_id is None
    assert thence.faults.counts() == before


def test_nothing_is_imported_for_it(tmp_path: Path) -> None:
    program = """
import sys, openai, thence
from thence.testing import Provider
with Provider() as provider:
    client = thence.wrap(openai.OpenAI(base_url=provider.url + "/v1", api_key="k"))
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
