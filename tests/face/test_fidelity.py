"""The comparison with other tools: Thence's own column is right throughout, and the judge can tell right from wrong."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai")
pytest.importorskip("anthropic")

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SOURCES = {
    "zero": "call site",
    "extra-body": "extra_body",
    "anthropic": "extra_body",
    "null": "call site",
    "unknown": "extra_body",
    "preset": "preset",
    "environment": "variable",
    "echo": "answer",
}


def test_thence_records_what_was_sent_and_names_its_source() -> None:
    command = [sys.executable, str(BENCHMARKS / "fidelity.py"), "--only", "thence", "--without-litellm", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    calls = json.loads(done.stdout)["tools"]["thence"]["calls"]
    assert len(calls) == 11
    assert {name: call["note"] for name, call in calls.items() if call["verdict"] != "right"} == {}
    assert {name: call["source"] for name, call in calls.items() if call["source"]} == SOURCES


@pytest.mark.parametrize(
    ("call", "sent", "record", "verdict"),
    [
        ("zero", {"temperature": 0}, {"gen_ai.request.temperature": 0.0}, "right"),
        ("zero", {"temperature": 0}, {"input": '{"temperature": 1}'}, "wrong"),
        ("zero", {"temperature": 0}, {"model": "m"}, "missing"),
        ("zero", {}, {"temperature": 0}, "changed"),
        ("extra-body", {"temperature": 0.1}, {"temperature": 0.7, "extra_body": {"temperature": 0.1}}, "beside"),
        ("null", {"temperature": None}, {"temperature": None}, "right"),
        ("null", {"temperature": None}, {}, "missing"),
        ("not-given", {}, {"temperature": "NOT_GIVEN"}, "right"),
        ("nothing", {}, {"temperature": 1}, "wrong"),
        ("echo", {}, {"output": {"temperature": 0.85}}, "right"),
    ],
)
def test_a_record_is_judged_by_the_wire(
    call: str, sent: Any, record: Any, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    calls, reading = importlib.import_module("fidelity.calls"), importlib.import_module("fidelity.reading")
    form = next(form for form in calls.CALLS if form.id == call)
    assert reading.judge(form, [sent], {"failed": None, "documents": [record]}).verdict == verdict
